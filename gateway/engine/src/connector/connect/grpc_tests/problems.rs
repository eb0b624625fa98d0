//! What a message says and JSON cannot: it is told where it was asked for, and nowhere else.

use super::*;
use service::Service;

const NAN: &[u8] = &[0x5d, 0, 0, 0xc0, 0x7f];
const UNKNOWN_COLOR: &[u8] = &[0x80, 0x01, 99];

/// What is asked of the message, what comes of it, and what is told of that.
type Case<'a> = (&'a str, Json, Vec<(String, Json)>);

#[tokio::test]
async fn problems_are_told_where_they_are_asked_for() {
    let nan = "t.All.fl: NaN has no form in JSON";
    let color = "t.All.color: `t.Color` has no value 99";
    let colors = "t.All.colors: `t.Color` has no value 99";
    let map = "t.All.by_bool: `t.Color` has no value 99";
    let told = |problems: &[(&str, Json)]| -> Vec<(String, Json)> {
        problems.iter().map(|(message, path)| ((*message).to_owned(), path.clone())).collect()
    };
    // A child whose float is no number, colors of which one is known, and a map with one that is not.
    let child = [&[0xd2, 0x01, 5][..], NAN].concat();
    let colors_wire: &[u8] = &[0x8a, 0x01, 2, 1, 99];
    let map_wire: &[u8] = &[0xaa, 0x01, 4, 0x08, 1, 0x10, 99];
    let wire = Bytes::from([NAN, UNKNOWN_COLOR, &child, colors_wire, map_wire].concat());
    #[rustfmt::skip]
    let cases: &[Case<'_>] = &[
        ("i32", json!({"i32":0}), vec![]),
        ("fl", json!({"fl":null}), told(&[(nan, json!(["echo", "fl"]))])),
        ("db color", json!({"db":0,"color":null}), told(&[(color, json!(["echo", "color"]))])),
        ("a: fl b: fl", json!({"a":null,"b":null}), told(&[(nan, json!(["echo", "a"])), (nan, json!(["echo", "b"]))])),
        ("colors", json!({"colors":["RED",null]}), told(&[(colors, json!(["echo", "colors", 1]))])),
        ("child { i32 }", json!({"child":{"i32":0}}), vec![]),
        // Within a value of a custom scalar there is no place to tell it at.
        ("byBool", json!({"byBool":{"true":null}}), told(&[(map, Json::Null)])),
    ];
    for (fields, data, problems) in cases {
        let wire = wire.clone();
        let service = Service::start(move |_| once(Ok(wire.clone()))).await;
        let world = World::new(&service.url(), |_| {});
        let response = world.ask(&format!("{{ echo(input: {{}}) {{ {fields} }} }}"), &json!({})).await;
        assert_eq!(response["data"]["echo"], *data, "{fields}: {response}");
        assert_eq!(errors(&response), *problems, "{fields}: {response}");
    }
}

/// What each error says was wrong, and where.
fn errors(response: &Json) -> Vec<(String, Json)> {
    let errors = response["errors"].as_array().cloned().unwrap_or_default();
    let told = errors.iter().map(|error| {
        assert_eq!(error["extensions"]["code"], "SUBREQUEST_MALFORMED_RESPONSE", "{error}");
        let message = error["message"].as_str().unwrap_or_default();
        let (_, what) = message.split_once("cannot be used: ").unwrap_or_default();
        (what.trim_end_matches('.').to_owned(), error["path"].clone())
    });
    told.collect()
}

const BATCHES: &str = r#"extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
  @link(url: "https://specs.apollo.dev/connect/v0.3", import: ["@source", "@connect"])
  @link(url: "https://specs.weft.dev/connect/v0.1")
  @source(name: "b", grpc: { address: "http://unused.invalid:1", service: "t.Batches", proto: ["types.proto"] })
type Query { item(id: ID!): Item @connect(source: "b", grpc: { method: "Start", body: "id: $args.id" }, selection: "id") }
type Item @key(fields: "id") @connect(source: "b", grpc: { method: "Items", body: "ids: $batch.id" }, batch: { maxSize: 9 },
  selection: "$.items { id color weight }") { id: ID! color: Color weight: Float }
enum Color { RED DEEP_BLUE }
"#;

/// One batch for two operations: each is told of its own entity.
#[tokio::test]
async fn who_shares_a_batch_is_told_of_no_one_elses_entities() {
    let service = Service::start(|call| {
        once(Ok(match call.method.as_str() {
            "Items" => {
                let colors = r#"{"items":[{"id":"1","color":99,"weight":1.5},{"id":"2","color":"RED","weight":2.5}]}"#;
                bytes("t.Items", colors)
            }
            _ => call.message.clone(),
        }))
    })
    .await;
    let window = Some(Duration::from_millis(1));
    let world = World::of(BATCHES, &service.url(), |source| {
        source.batch_window = window;
        source.share_in_flight = true;
    });
    let empty = json!({});
    let (first, second) = tokio::join!(
        world.ask(r#"{ item(id: "1") { color weight } }"#, &empty),
        world.ask(r#"{ item(id: "2") { color weight } }"#, &empty)
    );
    assert_eq!(service.calls().iter().filter(|call| call.method == "Items").count(), 1);
    assert_eq!(first["data"], json!({"item":{"color":null,"weight":1.5}}), "{first}");
    let problem = ("t.Item.color: `t.Color` has no value 99".to_owned(), json!(["item", "color"]));
    assert_eq!(errors(&first), [problem]);
    assert_eq!(second, json!({"data":{"item":{"color":"RED","weight":2.5}}}));
}

/// Events too have only their own.
#[tokio::test]
async fn a_subscription_is_told_with_the_event_that_has_it() {
    let items = [r#"{"id":"1","color":99}"#, r#"{"id":"2","color":"RED"}"#];
    let service = Service::start(move |_| stream::iter(items.map(|item| Ok(bytes("t.Item", item)))).boxed()).await;
    let sdl = BATCHES.replace(
        "type Query",
        r#"type Subscription { changed: Item @connect(source: "b", grpc: { method: "Changes" }, selection: "id color") } type Query"#,
    );
    let world = World::of(&sdl, &service.url(), |_| {});
    let limits = crate::execute::SubscriptionLimits::default();
    let events =
        world.gateway.subscribe_on(&world.connectors, &HeaderMap::new(), "subscription { changed { color } }", limits);
    let events: Vec<Json> =
        events.map(|answer| serde_json::from_slice(&answer.body).expect("JSON")).collect::<Vec<_>>().await;
    assert_eq!(events.iter().map(|event| errors(event).len()).collect::<Vec<_>>(), [1, 0], "{events:?}");
    assert_eq!(events[1], json!({"data":{"changed":{"color":"RED"}}}));
}

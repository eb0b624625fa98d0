//! The GraphQL service over real sockets: entities, the mutation, and subscriptions both ways.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use weft_subgraphs::{Service, reviews};

const ANY_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

async fn start() -> Service {
    reviews::start(ANY_PORT).await.expect("a free port")
}

async fn ask(service: &Service, query: &str, variables: Value) -> Value {
    let request = json!({ "query": query, "variables": variables });
    let response = reqwest::Client::new().post(service.url() + "/graphql").json(&request).send().await;
    let response = response.expect("the service answers");
    assert_eq!(response.status(), 200);
    response.json().await.expect("the answer is JSON")
}

const ADD: &str =
    "mutation($input: AddReview!) { addReview(input: $input) { id rating author { id } product { id } } }";

fn new_review(product_id: &str, rating: i32) -> Value {
    json!({ "input": { "productId": product_id, "authorId": "u1", "rating": rating, "body": "Quite so." } })
}

#[tokio::test]
async fn entities_come_in_the_order_of_their_representations() {
    let service = start().await;
    let query = "query($representations: [_Any!]!) { _entities(representations: $representations) {
        __typename ... on Product { id reviewCount } ... on User { id } ... on Review { id } } }";
    let representations = json!([
        { "__typename": "User", "id": "u7" },
        { "__typename": "Product", "id": "p9" },
        { "__typename": "Product", "id": "p999" },
        { "__typename": "Review", "id": "r5000" },
        { "__typename": "User", "id": "u7" },
    ]);
    let answer = ask(&service, query, json!({ "representations": representations })).await;
    let entities = answer["data"]["_entities"].as_array().expect("a list");
    let ids: Vec<&Value> = entities.iter().map(|entity| &entity["id"]).collect();
    assert_eq!(ids, [&json!("u7"), &json!("p9"), &Value::Null, &json!("r5000"), &json!("u7")]);
    assert_eq!(answer.get("errors"), None, "an entity that does not exist is null and no error");

    let call = &service.calls().list()[0];
    assert_eq!(call.operation, "POST /graphql");
    assert_eq!(call.input["variables"]["representations"], representations);
}

#[tokio::test]
async fn a_product_shows_what_is_said_of_it() {
    let service = start().await;
    let query = "{ _entities(representations: [{ __typename: \"Product\", id: \"p1\" }]) { ... on Product {
        reviewCount averageRating sentiment reviews(first: 100) { rating } feedback(first: 100) { __typename
            ... on Review { createdAt } ... on Question { createdAt } } } } }";
    let product = ask(&service, query, Value::Null).await["data"]["_entities"][0].take();
    let ratings: Vec<i64> =
        product["reviews"].as_array().into_iter().flatten().filter_map(|review| review["rating"].as_i64()).collect();
    assert!(!ratings.is_empty());
    assert_eq!(product["reviewCount"], ratings.len());
    let average = ratings.iter().sum::<i64>() as f64 / ratings.len() as f64;
    assert!((product["averageRating"].as_f64().expect("a number") - average).abs() <= 0.005);
    let feedback = product["feedback"].as_array().expect("a list");
    assert!(feedback.is_sorted_by(|newer, older| newer["createdAt"].as_str() >= older["createdAt"].as_str()));
    assert!(feedback.len() >= ratings.len());
}

#[tokio::test]
async fn posts_are_of_both_kinds() {
    let service = start().await;
    let query = "{ latestPosts(first: 100) { __typename id body author { id } ... on Review { rating }
        ... on Question { answer } } }";
    let answer = ask(&service, query, Value::Null).await;
    let posts = answer["data"]["latestPosts"].as_array().expect("a list");
    assert_eq!(posts.len(), 100);
    for kind in ["Review", "Question"] {
        assert!(posts.iter().any(|post| post["__typename"] == kind), "there is no {kind}");
    }
    for first in [-1, 101] {
        let answer = ask(&service, &format!("{{ latestPosts(first: {first}) {{ id }} }}"), Value::Null).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    }
}

#[tokio::test]
async fn a_review_is_added_or_refused() {
    let service = start().await;
    for (input, says) in [
        (new_review("p3", 0), "rating is 0"),
        (new_review("p3", 6), "rating is 6"),
        (new_review("p999", 4), "there is no product \"p999\""),
    ] {
        let answer = ask(&service, ADD, input).await;
        assert_eq!(answer["data"]["addReview"], Value::Null);
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
        let message = answer["errors"][0]["message"].as_str().expect("a message");
        assert!(message.contains(says), "{message}");
    }
    let added = ask(&service, ADD, new_review("p3", 4)).await["data"]["addReview"].take();
    assert_eq!(added, json!({ "id": "r5001", "rating": 4, "author": { "id": "u1" }, "product": { "id": "p3" } }));
    let latest = ask(&service, "{ review(id: \"r5001\") { rating } }", Value::Null).await;
    assert_eq!(latest["data"]["review"]["rating"], 4);
}

#[tokio::test]
async fn a_subscription_comes_as_events() {
    let service = start().await;
    let subscribe = json!({ "query": "subscription { reviewAdded(productId: \"p3\") { id product { id } } }" });
    let request = reqwest::Client::new().post(service.url() + "/graphql").header("accept", "text/event-stream");
    let mut events = request.json(&subscribe).send().await.expect("an answer");
    assert_eq!(events.headers()["content-type"], "text/event-stream");

    // The stream subscribes when it is first polled, which may be after the headers came. So reviews are added until
    // one is heard of.
    let add = async {
        loop {
            ask(&service, ADD, new_review("p4", 4)).await;
            ask(&service, ADD, new_review("p3", 5)).await;
        }
    };
    let chunk = tokio::select! {
        chunk = events.chunk() => chunk.expect("a chunk").expect("no end"),
        () = add => unreachable!("it loops"),
    };
    let text = String::from_utf8_lossy(&chunk).into_owned();
    assert!(text.starts_with("event: next\ndata: {"), "{text}");
    assert!(text.contains("\"product\":{\"id\":\"p3\"}") && !text.contains("p4"), "{text}");

    service.stop().await;
    let mut rest = String::new();
    while let Some(chunk) = events.chunk().await.expect("a clean end") {
        rest.push_str(&String::from_utf8_lossy(&chunk));
    }
    assert!(rest.trim_end().ends_with("event: complete\ndata:"), "the stream ends when the service does: {rest}");
}

#[tokio::test]
async fn a_subscription_comes_over_a_websocket() {
    let service = start().await;
    let mut request = format!("ws://{}/graphql", service.address()).into_client_request().expect("a URL");
    let protocol = "graphql-transport-ws".parse().expect("a header value");
    request.headers_mut().insert("sec-websocket-protocol", protocol);
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await.expect("a connection");
    let query = "subscription { reviewAdded { product { id } } }";
    for message in
        [json!({ "type": "connection_init" }), json!({ "type": "subscribe", "id": "1", "payload": { "query": query } })]
    {
        socket.send(Message::text(message.to_string())).await.expect("the socket is open");
    }
    let next = async {
        while let Some(message) = socket.next().await {
            let message: Value = serde_json::from_slice(&message.expect("a message").into_data()).expect("JSON");
            if message["type"] == "next" {
                return message["payload"]["data"]["reviewAdded"]["product"]["id"].clone();
            }
        }
        Value::Null
    };
    let add = async {
        loop {
            ask(&service, ADD, new_review("p3", 5)).await;
        }
    };
    let product = tokio::select! {
        product = next => product,
        () = add => unreachable!("it loops"),
    };
    assert_eq!(product, "p3");
    // An open subscription does not keep the service from stopping.
    service.stop().await;
}

//! What clients get of an answer, by mappings that only pick and by others that mean the same.

use http::HeaderMap;
use serde_json::{Value as Json, json};

use super::{LINK, config, errors};
use crate::connector::Connectors;
use crate::policy::Guards;
use crate::testing::{Gateway, Reply, Server};

const SDL: &str = r#"
type Query { posts: [Post] @connect(source: "api", http: { GET: "/posts" }, selection: "MAPPING") }
type Post { id: ID title(length: Int): String meta: JSON author: Author kind: String }
type Author { id: ID name: String }
scalar JSON
"#;

const PICKING: &str = r"id title meta author: { id: by.id name: by.name } kind: $('post')";

/// The same, with a method in each member, so that all of it is evaluated.
const EVALUATED: &str = r"id: id->echo(@) title: title->echo(@) meta: meta->echo(@)
    author: { id: by.id->echo(@) name: by.name->echo(@) } kind: $('post')->echo(@)";

async fn ask(mapping: &str, answer: &str, operation: &str) -> (Json, Json) {
    let answer = answer.to_owned();
    let server = Server::start(move |_| Reply::json(&answer)).await;
    let sdl = format!("{LINK}{}", SDL.replace("\"MAPPING\"", &format!("\"\"\"{mapping}\"\"\"")));
    let gateway = Gateway::composed(&[("blog", sdl)], &|_, _| None);
    let connectors =
        Connectors::new(&gateway.supergraph, &config(&server.url), &Guards::default()).expect("a good configuration");
    let text = gateway.run_on(&connectors, &HeaderMap::new(), operation, "{}").await;
    let response: Json = serde_json::from_str(&text).expect("JSON");
    (response["data"]["posts"].clone(), errors(&response))
}

#[tokio::test]
async fn picking_and_evaluating_give_the_same() {
    const MALFORMED: &str = "SUBREQUEST_MALFORMED_RESPONSE";
    let none = json!([]);
    #[rustfmt::skip]
    let cases = [
        ("{ id title }", r#"[{"title":"a","id":1},null,{"id":"2"}]"#, json!([{"id":"1","title":"a"},null,{"id":"2","title":null}]), none.clone()),
        ("{ a: title(length: 1) b: title(length: 2) title }", r#"[{"title":"t"}]"#, json!([{"a":"t","b":"t","title":"t"}]), none.clone()),
        ("{ author { name id } }", r#"[{"by":{"id":7,"name":"N","more":[]}},{"by":null},{}]"#,
            json!([{"author":{"name":"N","id":"7"}},{"author":{"name":null,"id":null}},{"author":{"name":null,"id":null}}]), none.clone()),
        ("{ meta }", r#"[{"meta":{"a" : [1, {}],"a":[ 2 ]}},{"meta":"x"}]"#, json!([{"meta":{"a":[2]}},{"meta":"x"}]), none.clone()),
        ("{ __typename kind }", r#"[{},"text"]"#, json!([{"__typename":"Post","kind":"post"},{"__typename":"Post","kind":"post"}]), none.clone()),
        ("{ id title }", r#"[{"id":1.5,"title":{}}]"#, json!([{"id":null,"title":null}]),
            json!([[MALFORMED, ["posts", 0, "id"]], [MALFORMED, ["posts", 0, "title"]]])),
        ("{ id }", r#"{"id":1}"#, json!(null), json!([[MALFORMED, ["posts"]]])),
        ("{ id }", r#"[{"id":1}"#, json!(null), json!([[MALFORMED, ["posts"]]])),
        ("{ id }", r#"[{"id":1,"other":"\ud800"}]"#, json!(null), json!([[MALFORMED, ["posts"]]])),
        ("{ id }", "", json!(null), none.clone()),
    ];
    for (selection, answer, data, found) in cases {
        for mapping in [PICKING, EVALUATED] {
            let got = ask(mapping, answer, &format!("{{ posts {selection} }}")).await;
            assert_eq!(got, (data.clone(), found.clone()), "{selection} of {answer} by {mapping}");
        }
    }
}

/// Of the source, which would look for keys in any error.
const ERRORS: &str = r#"errors: { message: "error.message", extensions: "code: error.code status: $status" }"#;

/// What services answer is JSON whatever they call it, and text where a mapping takes text.
#[tokio::test]
async fn answers_are_what_they_can_be_used_as() {
    const SDL: &str = r#"
type Query {
  text: String @connect(source: "api", http: { GET: "/" }, selection: "$")
  size: Int @connect(source: "api", http: { GET: "/" }, selection: "$->size")
  object: Thing @connect(source: "api", http: { GET: "/" }, selection: "id")
  any: Any @connect(source: "api", http: { GET: "/" }, selection: "$")
  told: Thing @connect(source: "api", http: { GET: "/" }, selection: "id", errors: { message: "$" })
}
type Thing { id: ID }
scalar Any
"#;
    let none = json!([]);
    let broken = |field| json!([["SUBREQUEST_MALFORMED_RESPONSE", [field]]]);
    #[rustfmt::skip]
    let cases = [
        ("text", 200, "text/plain", "hello \"you\"\n", json!("hello \"you\"\n"), none.clone(), ""),
        ("text", 200, "text/plain; charset=utf-8", "42", json!("42"), none.clone(), ""),
        ("text", 200, "text/plain", "[1]", json!("[1]"), none.clone(), ""),
        ("text", 200, "text/plain", "", json!(null), none.clone(), ""),
        ("text", 200, "text/html", "<html>", json!(null), broken("text"), "it is `text/html`, and not valid JSON"),
        ("text", 200, "application/json", "hello", json!(null), broken("text"), "cannot be used: not valid JSON"),
        ("size", 200, "text/plain", "hello", json!(5), none.clone(), ""),
        ("any", 200, "text/plain", "{}", json!("{}"), none.clone(), ""),
        ("object", 200, "text/plain", r#"{"id":1}"#, json!({"id":"1"}), none.clone(), ""),
        ("object", 200, "text/html", r#"{"id":1}"#, json!({"id":"1"}), none.clone(), ""),
        ("object", 200, "application/json", "\u{feff}{\"id\":1}", json!({"id":"1"}), none.clone(), ""),
        ("object", 200, "text/plain", "hello", json!(null), broken("object"), "it is `text/plain`"),
        ("told", 409, "text/plain", "It is taken.", json!(null), json!([["CONFLICT", ["told"]]]), "It is taken."),
        ("told", 409, "application/json", "7", json!(null), json!([["CONFLICT", ["told"]]]), "7"),
    ];
    for (field, status, kind, answer, data, found, message) in cases {
        let reply = Reply::http(status, kind, answer);
        let server = Server::start(move |_| reply.clone()).await;
        let gateway = Gateway::composed(&[("shop", format!("{}{SDL}", LINK.replace(ERRORS, "")))], &|_, _| None);
        let connectors = Connectors::new(&gateway.supergraph, &config(&server.url), &Guards::default())
            .expect("a good configuration");
        let braces = if data.is_object() || matches!(field, "object" | "told") { " { id }" } else { "" };
        let text = gateway.run_on(&connectors, &HeaderMap::new(), &format!("{{ {field}{braces} }}"), "{}").await;
        let response: Json = serde_json::from_str(&text).expect("JSON");
        assert_eq!((&response["data"][field], errors(&response)), (&data, found), "{field} {kind} {answer}: {text}");
        let said = response["errors"][0]["message"].as_str().unwrap_or_default();
        assert!(said.contains(message), "{field} {kind} {answer}: {said}");
    }
}

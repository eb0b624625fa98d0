//! Owns the backend of these tests: orders, whose ids say what becomes of them.

use std::net::SocketAddr;

use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub const SDL: &str = r#"
type Query { order(id: ID!): Order  orders(first: Int, tags: [String!], status: Status): [Order!] }
type Order { id: ID!  note: String  card: Card }
type Card { number: String }
enum Status { PLACED SHIPPED }
input NewOrder { note: String  count: Int }
type Mutation { create(input: NewOrder!): Order  remove(id: ID!): Boolean }
"#;

pub struct Backend {
    pub address: SocketAddr,
}

impl Backend {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it listens");
        let router = Router::new().route("/graphql", post(answer));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address }
    }
}

/// `order` is by its id: `missing` is none, what ends in `!` is the code of an error, and `card-lost` has one at its card. `orders` and
/// `create` have what was asked for as the id.
async fn answer(Json(request): Json<Value>) -> Json<Value> {
    let query = request["query"].as_str().unwrap_or_default();
    let variables = &request["variables"];
    let order = |id: &str| json!({ "id": id, "note": format!("note of {id}"), "card": { "number": "4711" } });
    if query.contains("orders") {
        let asked = format!("{}{}", variables, query.split_once("orders").map_or("", |(_, rest)| rest));
        return Json(json!({ "data": { "orders": [order(&asked)] } }));
    }
    if query.contains("create") {
        return Json(json!({ "data": { "create": order(&variables.to_string()) } }));
    }
    if query.contains("remove") {
        return Json(json!({ "data": { "remove": true } }));
    }
    let id = variables.as_object().and_then(|all| all.values().next()?.as_str()).unwrap_or_default();
    Json(match id {
        "missing" => json!({ "data": { "order": null } }),
        lost if lost.ends_with("-lost") => {
            let (mut order, part) = (order(id), lost.trim_end_matches("-lost"));
            order[part] = Value::Null;
            let error = json!({ "message": "lost", "path": ["order", part], "extensions": { "code": "NOT_FOUND" } });
            json!({ "data": { "order": order }, "errors": [error] })
        }
        code if code.ends_with('!') => {
            let code = code.trim_end_matches('!');
            let error = json!({ "message": "as you say", "path": ["order"], "extensions": { "code": code } });
            json!({ "data": { "order": null }, "errors": [error] })
        }
        id => json!({ "data": { "order": order(id) } }),
    })
}

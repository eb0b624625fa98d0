//! Tests of whole operations over scripted backends.

mod authorization;
mod calls;
mod causes;
mod contexts;
mod entities;
mod explain;
mod failures;
mod heavy;
mod hidden;
mod noise;
mod order;
mod repeats;
mod requires;
mod subscribe;
mod views;

use serde_json::Value as Json;

use crate::testing::Gateway;

const USERS: &str = r#"
type Query { me: User users: [User!] user(id: ID!, first: Int = 3): User }
type Mutation { one(v: Int): Int two(v: Int): Int }
type User @key(fields: "id") { id: ID! name: String org: Org }
type Org @key(fields: "id country { code }") { id: ID! country: Country! }
type Country @shareable { code: String! }
"#;
const REVIEWS: &str = r#"
type Query { top: [Review!]! pets: [Pet] }
type Review @key(fields: "id") { id: ID! body: String author: User! editor: User }
type User @key(fields: "id") { id: ID! score: Int! reviews: [Review!] best: Review }
type Mutation { three(v: Int): Int }
interface Pet { id: ID! }
type Cat implements Pet @key(fields: "id") { id: ID! lives: Int }
type Dog implements Pet @key(fields: "id") { id: ID! barks: Boolean }
"#;
const ORGS: &str = r#"
type Org @key(fields: "id country { code }") { id: ID! country: Country! @external title: String }
type Country @shareable { code: String! }
type Cat @key(fields: "id") { id: ID! name: String }
type Dog @key(fields: "id") { id: ID! name: String }
"#;

fn gateway() -> Gateway {
    Gateway::new(&[("orgs", ORGS), ("reviews", REVIEWS), ("users", USERS)])
}

/// The representations of a call.
fn representations(body: &str) -> Json {
    let body: Json = serde_json::from_str(body).expect("JSON");
    body["variables"]["representations"].clone()
}

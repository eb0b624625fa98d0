//! Owns the shop that the benchmark asks about: who has which fields, and their values.
//!
//! Each review has a product and an author of its own choosing, so that hardly anything can be shared between answers.

use serde_json::{Value, json};

/// Name and SDL.
pub const SUBGRAPHS: [(&str, &str); 4] = [
    (
        "accounts",
        r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
        type Query { me: User users: [User] }
        type User @key(fields: "id") { id: ID! username: String name: String }"#,
    ),
    (
        "reviews",
        r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
        type Review { id: ID! body: String author: User product: Product }
        type User @key(fields: "id") { id: ID! reviews: [Review] }
        type Product @key(fields: "upc") { upc: String! reviews: [Review] }"#,
    ),
    (
        "products",
        r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
        type Query { topProducts(first: Int = 5): [Product] }
        type Product @key(fields: "upc") { upc: String! name: String price: Int weight: Int }"#,
    ),
    (
        "inventory",
        r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@external", "@requires"])
        type Product @key(fields: "upc") { upc: String! price: Int @external weight: Int @external inStock: Boolean
          shippingEstimate: Int @requires(fields: "price weight") }"#,
    ),
];

const USERS: usize = 100;
const PRODUCTS: usize = 200;
const REVIEWS: usize = 400;

#[derive(Debug, Clone, Copy)]
pub enum Object {
    Query,
    User(usize),
    Product(usize),
    Review(usize),
}

impl Object {
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Query => "Query",
            Self::User(_) => "User",
            Self::Product(_) => "Product",
            Self::Review(_) => "Review",
        }
    }
}

/// The value of a field.
pub enum Found {
    Leaf(Value),
    One(Object),
    Many(Vec<Object>),
}

/// Looks a field up. None of them has more than one argument.
pub fn field(object: Object, name: &str, argument: Value) -> Found {
    use Found::{Leaf, Many, One};
    match (object, name) {
        (_, "__typename") => Leaf(json!(object.type_name())),

        (Object::Query, "me") => One(Object::User(0)),
        (Object::Query, "users") => Many((0..USERS).map(Object::User).collect()),
        (Object::Query, "topProducts") => {
            let first = argument.as_u64().and_then(|first| usize::try_from(first).ok()).unwrap_or(5);
            Many((0..first.min(PRODUCTS)).map(Object::Product).collect())
        }
        (Object::Query, "_entities") => Many(argument.as_array().into_iter().flatten().map(entity).collect()),

        (Object::User(at), "id") => Leaf(json!(format!("u{at}"))),
        (Object::User(at), "username") => Leaf(json!(format!("user{at}"))),
        (Object::User(at), "name") => Leaf(json!(format!("User the {at}th of the shop"))),
        (Object::User(at), "reviews") => {
            Many((0..REVIEWS).filter(|review| author(*review) == at).map(Object::Review).collect())
        }

        (Object::Product(at), "upc") => Leaf(json!(format!("p{at}"))),
        (Object::Product(at), "name") => Leaf(json!(format!("Product number {at}"))),
        (Object::Product(at), "price") => Leaf(json!(100 + at * 7)),
        (Object::Product(at), "weight") => Leaf(json!(50 + at * 13)),
        (Object::Product(at), "inStock") => Leaf(json!(at % 3 > 0)),
        (Object::Product(at), "shippingEstimate") => Leaf(json!(at % 17)),
        (Object::Product(at), "reviews") => {
            Many((0..REVIEWS).filter(|review| product(*review) == at).map(Object::Review).collect())
        }

        (Object::Review(at), "id") => Leaf(json!(format!("r{at}"))),
        (Object::Review(at), "body") => {
            Leaf(json!(format!("What I think of it, in words that nobody has used before the {at}th review.")))
        }
        (Object::Review(at), "author") => One(Object::User(author(at))),
        (Object::Review(at), "product") => One(Object::Product(product(at))),

        _ => panic!("{} has no field {name}", object.type_name()),
    }
}

fn author(review: usize) -> usize {
    review * 31 % USERS
}

fn product(review: usize) -> usize {
    review * 17 % PRODUCTS
}

fn entity(representation: &Value) -> Object {
    let number = |key: &str| {
        let id = representation[key].as_str().and_then(|id| id.get(1..)?.parse().ok());
        id.unwrap_or_else(|| panic!("{representation} is no representation of an entity"))
    };
    match representation["__typename"].as_str() {
        Some("User") => Object::User(number("id")),
        Some("Product") => Object::Product(number("upc")),
        _ => panic!("{representation} is no representation of an entity"),
    }
}

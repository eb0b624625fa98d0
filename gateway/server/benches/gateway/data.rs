//! Owns the shop that the benchmark asks about: who has which fields, and their values.
//!
//! Each review has a product and an author of its own choosing, so that hardly anything can be shared between answers.

use serde_json::{Value, json};

/// Name and SDL; `BACKEND` in it stands for the backend's address. Of the two REST services one takes many keys at a time.
pub const SUBGRAPHS: [(&str, &str); 5] = [
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
    (
        "rest",
        r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
        @link(url: "https://specs.apollo.dev/connect/v0.3", import: ["@source", "@connect"])
        @source(name: "api", http: { baseURL: "BACKEND/rest" })
        type Query {
          posts: [Post] @connect(source: "api", http: { GET: "/posts" }, selection: "id title author: { id: userId }")
          notes: [Note] @connect(source: "api", http: { GET: "/posts" }, selection: "id title writer: { id: userId }")
        }
        type Post { id: ID! title: String author: Author }
        type Author @key(fields: "id") @connect(source: "api", http: { GET: "/users", queryParams: "id: $batch.id" },
          batch: { maxSize: 100 }, selection: "id name email") { id: ID! name: String email: String }
        type Note { id: ID! title: String writer: Writer }
        type Writer @key(fields: "id") @connect(source: "api", http: { GET: "/users/{$this.id}" },
          selection: "id name email") { id: ID! name: String email: String }"#,
    ),
];

const USERS: usize = 100;
const PRODUCTS: usize = 200;
const REVIEWS: usize = 400;
const POSTS: usize = 100;
/// Ten posts are by one of them.
const AUTHORS: usize = 10;

#[derive(Debug, Clone, Copy)]
pub enum Object {
    Query,
    User(usize),
    Product(usize),
    Review(usize),
    Post(usize),
    /// Who wrote a post.
    Author(usize),
}

impl Object {
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Query => "Query",
            Self::User(_) => "User",
            Self::Product(_) => "Product",
            Self::Review(_) => "Review",
            Self::Post(_) => "Post",
            Self::Author(_) => "Author",
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

        (Object::Query, "posts" | "notes") => Many((0..POSTS).map(Object::Post).collect()),
        (Object::Post(at), "id") => Leaf(json!(format!("{at}"))),
        (Object::Post(at), "title") => Leaf(json!(format!("The {at}th thing that is on my mind today"))),
        (Object::Post(at), "author" | "writer") => One(Object::Author(post_author(at))),
        (Object::Author(at), "id") => Leaf(json!(format!("{at}"))),
        (Object::Author(at), "name") => Leaf(json!(format!("Author the {at}th"))),
        (Object::Author(at), "email") => Leaf(json!(format!("author{at}@example.org"))),

        _ => panic!("{} has no field {name}", object.type_name()),
    }
}

fn post_author(post: usize) -> usize {
    post * 7 % AUTHORS
}

/// What REST services answer: all posts, all users with these ids, and one user. Their ids are numbers, and they hold more
/// than is asked of them.
pub fn rest(path: &str, ids: &[usize]) -> Value {
    let user = |at: usize| {
        json!({ "id": at, "name": format!("Author the {at}th"), "username": format!("user{at}"),
            "email": format!("author{at}@example.org"), "address": { "street": "Kulas Light", "city": "Gwenborough" } })
    };
    match (path, ids) {
        ("posts", _) => (0..POSTS)
            .map(|at| {
                json!({ "userId": post_author(at), "id": at, "title": format!("The {at}th thing that is on my mind today"),
                    "body": format!("Much more could be said of it than stands here, in the {at}th of many posts.") })
            })
            .collect(),
        ("users", ids) => ids.iter().map(|at| user(*at)).collect(),
        ("user", [at]) => user(*at),
        _ => panic!("there is no {path} of {ids:?}"),
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

//! The main job, black box: the built gateway in front of the demo's REST, gRPC and GraphQL backends.
//!
//! What is expected comes from the data that the backends hold, not from the gateway.

#[path = "support/demo.rs"]
mod support;

use serde_json::{Value, json};
use support::Demo;
use weft_subgraphs::FaultSettings;
use weft_subgraphs::data::{Order, Product, User, dataset};

const ORDER_PAGE: &str = "query ($id: ID!) {
  order(id: $id) {
    id status totalMinor
    user { name email }
    items { quantity product { name price } }
    shipment { status trackingCode }
  }
}";

const ORDERS_PAGE: &str = "query ($ids: [ID!]!) {
  orders(ids: $ids) { id user { name } items { product { name } } shipment { status } }
}";

fn user(id: &str) -> &'static User {
    dataset().users.iter().find(|user| user.id == id).expect("orders have users")
}

fn product(id: &str) -> &'static Product {
    dataset().products.iter().find(|product| product.id == id).expect("items have products")
}

fn shipped_order() -> &'static Order {
    let shipped = |order: &&Order| order.shipped && order.items.len() > 1;
    dataset().orders.iter().find(shipped).expect("some have shipped")
}

fn tracking_code(order: &Order) -> Option<&'static str> {
    let shipment = dataset().shipments.iter().find(|shipment| shipment.order_id == order.id)?;
    shipment.tracking_code.as_deref()
}

#[tokio::test]
async fn the_order_page_takes_four_calls() {
    let demo = Demo::start().await;
    let order = shipped_order();
    let (data, calls) = demo.data(ORDER_PAGE, json!({ "id": order.id })).await;
    let page = &data["order"];
    assert_eq!(page["id"], json!(order.id));
    assert_eq!(page["status"], json!("SHIPPED"));
    assert_eq!(page["totalMinor"], json!(order.total_minor.to_string()), "64 bits are a string");
    assert_eq!(page["user"], json!({ "name": user(&order.user_id).full_name, "email": user(&order.user_id).email }));
    let items: Vec<Value> = order
        .items
        .iter()
        .map(|item| {
            let product = product(&item.product_id);
            json!({ "quantity": item.quantity, "product": { "name": product.name, "price": product.price } })
        })
        .collect();
    assert_eq!(page["items"], json!(items));
    assert_eq!(page["shipment"]["trackingCode"], json!(tracking_code(order)));
    assert_eq!(calls, 4);
    assert_eq!(demo.backends.orders.calls().operations(), ["orders.v1.OrderService/BatchGet"]);
    assert_eq!(demo.backends.shipping.calls().operations(), ["GET /shipments/batch"]);
}

#[tokio::test]
async fn fifty_orders_take_four_calls_too() {
    let demo = Demo::start().await;
    let orders: Vec<&Order> = dataset().orders.iter().step_by(37).take(50).collect();
    let ids: Vec<&str> = orders.iter().map(|order| order.id.as_str()).collect();
    let (data, calls) = demo.data(ORDERS_PAGE, json!({ "ids": ids })).await;
    assert_eq!(calls, 4);
    let answered = data["orders"].as_array().expect("a list");
    assert_eq!(answered.len(), 50);
    for answer in answered {
        let order = orders.iter().find(|order| answer["id"] == json!(order.id)).expect("only what was asked for");
        assert_eq!(answer["user"]["name"], json!(user(&order.user_id).full_name), "{answer}");
        let names: Vec<&str> = order.items.iter().map(|item| product(&item.product_id).name.as_str()).collect();
        let answered: Vec<&str> = answer["items"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|item| item["product"]["name"].as_str())
            .collect();
        assert_eq!(answered, names);
    }
    // Each product is asked for once, however many orders have it.
    let batches = demo.backends.catalog.calls().list();
    let asked = batches.iter().find(|call| call.operation == "GET /products/batch").expect("the products' call");
    let mut ids = asked.strings("/query/id");
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

#[tokio::test]
async fn a_users_orders_cross_all_protocols() {
    let demo = Demo::start().await;
    let query = "query ($id: ID!) { user(id: $id) { name orders(first: 3) {
        id items { product { id name reviews(first: 2) { rating body author { id name } } } } } } }";
    let (data, calls) = demo.data(query, json!({ "id": "u7" })).await;
    // user; its orders; products beside reviews; authors.
    assert_eq!(calls, 5);
    assert_eq!(data["user"]["name"], json!(user("u7").full_name));
    let orders = data["user"]["orders"].as_array().expect("a list");
    assert_eq!(orders.len(), 3);
    for answer in orders {
        let order =
            dataset().orders.iter().find(|order| answer["id"] == json!(order.id)).expect("an order of the data");
        assert_eq!(order.user_id, "u7");
        for (answer, item) in answer["items"].as_array().expect("a list").iter().zip(&order.items) {
            assert_eq!(answer["product"]["id"], json!(item.product_id));
            assert_eq!(answer["product"]["name"], json!(product(&item.product_id).name));
            for review in answer["product"]["reviews"].as_array().expect("a list") {
                let id = review["author"]["id"].as_str().expect("an id");
                assert_eq!(review["author"]["name"], json!(user(id).full_name));
                let is_in_data = dataset().reviews.iter().any(|known| {
                    known.product_id == item.product_id && known.author_id == id && review["body"] == json!(known.body)
                });
                assert!(is_in_data, "{review}");
            }
        }
    }
}

#[tokio::test]
async fn mutations_go_through_put_and_grpc_in_order() {
    let demo = Demo::start().await;
    let query = "mutation ($input: CreateOrder!) {
        renameUser(id: \"u1\", name: \"Ada \\\"L\\\" Lovelace\") { id name }
        createOrder(input: $input) { id status user { name } items { quantity product { name } } }
    }";
    let input = json!({ "userId": "u1", "items": [{ "productId": "p3", "quantity": 2 }] });
    let (data, _) = demo.data(query, json!({ "input": input })).await;
    assert_eq!(data["renameUser"], json!({ "id": "u1", "name": "Ada \"L\" Lovelace" }));
    let order = &data["createOrder"];
    assert_eq!(order["status"], json!("PENDING"));
    // The second sees what the first has done.
    assert_eq!(order["user"]["name"], json!("Ada \"L\" Lovelace"));
    assert_eq!(order["items"], json!([{ "quantity": 2, "product": { "name": product("p3").name } }]));
    let (data, _) =
        demo.data("query ($id: ID!) { order(id: $id) { user { id } } }", json!({ "id": order["id"] })).await;
    assert_eq!(data["order"]["user"]["id"], json!("u1"));
}

#[tokio::test]
async fn a_review_is_added_through_graphql() {
    let demo = Demo::start().await;
    let query =
        "mutation ($input: AddReview!) { addReview(input: $input) { rating body author { name } product { name } } }";
    let input =
        |rating: u8| json!({ "input": { "productId": "p1", "authorId": "u2", "rating": rating, "body": "Fine." } });
    let (data, _) = demo.data(query, input(4)).await;
    let expected = json!({ "rating": 4, "body": "Fine.",
        "author": { "name": user("u2").full_name }, "product": { "name": product("p1").name } });
    assert_eq!(data["addReview"], expected);

    let response = demo.ask(query, input(6)).await;
    assert_eq!(response["data"], json!({ "addReview": null }));
    assert_eq!(response["errors"][0]["path"], json!(["addReview"]));
    assert_eq!(response["errors"][0]["extensions"]["service"], json!("reviews"));
}

#[tokio::test]
async fn aliases_fragments_conditions_and_variables() {
    let demo = Demo::start().await;
    let query = "query Q($id: ID!, $first: Int = 2, $with: Boolean!, $without: Boolean!) {
        a: product(id: $id) { ...card }
        b: product(id: \"p2\") { ...card title: name @skip(if: $without) }
        one: user(id: \"u1\") { orders(first: 1) { id } all: orders(first: $first) { id } email @include(if: $with) }
        __typename
    }
    fragment card on Product { __typename id name cost: price ... @include(if: $with) { stock } }";
    let (data, _) = demo.data(query, json!({ "id": "p1", "with": true, "without": true })).await;
    let (p1, p2) = (product("p1"), product("p2"));
    let card =
        |p: &Product| json!({ "__typename": "Product", "id": p.id, "name": p.name, "cost": p.price, "stock": p.stock });
    assert_eq!(data["a"], card(p1));
    assert_eq!(data["b"], card(p2));
    assert_eq!(data["__typename"], json!("Query"));
    assert_eq!(data["one"]["orders"].as_array().map(Vec::len), Some(1));
    assert_eq!(data["one"]["all"].as_array().map(Vec::len), Some(2));
    assert_eq!(data["one"]["all"][0], data["one"]["orders"][0]);
    let keys: Vec<&String> = data.as_object().expect("an object").keys().collect();
    assert_eq!(keys.len(), 4);

    let (data, _) = demo.data(query, json!({ "id": "p1", "with": false, "without": false })).await;
    assert_eq!(data["a"], json!({ "__typename": "Product", "id": "p1", "name": p1.name, "cost": p1.price }));
    assert_eq!(data["b"]["title"], json!(p2.name));
    assert_eq!(data["one"].get("email"), None);
}

#[tokio::test]
async fn interfaces_and_unions() {
    let demo = Demo::start().await;
    let query = "{
        latestPosts(first: 40) { __typename id body author { name } ... on Review { rating } ... on Question { answer } }
        product(id: \"p1\") { feedback(first: 20) { __typename ... on Review { id rating } ... on Question { id body author { name } } } }
    }";
    let (data, _) = demo.data(query, json!({})).await;
    let posts = data["latestPosts"].as_array().expect("a list");
    assert_eq!(posts.len(), 40);
    let mut kinds = std::collections::BTreeSet::new();
    for post in posts {
        let kind = post["__typename"].as_str().expect("a name");
        kinds.insert(kind);
        let id = post["id"].as_str().expect("an id");
        let author = match kind {
            "Review" => {
                let review = dataset().reviews.iter().find(|review| review.id == id).expect("in the data");
                assert_eq!(post["rating"], json!(review.rating));
                assert_eq!(post.get("answer"), None);
                &review.author_id
            }
            "Question" => {
                let question = dataset().questions.iter().find(|question| question.id == id).expect("in the data");
                assert_eq!(post.get("rating"), None);
                &question.author_id
            }
            other => panic!("{other} is no post"),
        };
        assert_eq!(post["author"]["name"], json!(user(author).full_name));
    }
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["Question", "Review"]);
    assert!(data["product"]["feedback"].as_array().is_some_and(|all| !all.is_empty()));
}

/// Each backend down in turn: its fields are null with one error at each place, and all others are intact.
#[tokio::test]
async fn one_backend_down_leaves_the_others() {
    let demo = Demo::start().await;
    let order = shipped_order();
    let query = "query ($id: ID!) { order(id: $id) {
        id user { id name } items { quantity product { id name reviewCount } } shipment { status } } }";
    let variables = json!({ "id": order.id });
    let (whole, _) = demo.data(query, variables.clone()).await;
    let products = order.items.len();

    demo.backends.shipping.faults().set(FaultSettings::resetting()).expect("valid settings");
    let response = demo.ask(query, variables.clone()).await;
    let mut expected = whole.clone();
    expected["order"]["shipment"] = Value::Null;
    assert_eq!(response["data"], expected);
    assert_errors(&response, "shipping", &["SUBREQUEST_UNAVAILABLE"], &[json!(["order"])]);
    demo.backends.reset();

    demo.backends.catalog.faults().set(FaultSettings::failing()).expect("valid settings");
    let response = demo.ask(query, variables.clone()).await;
    let mut expected = whole.clone();
    expected["order"]["user"]["name"] = Value::Null;
    for at in 0..products {
        expected["order"]["items"][at]["product"]["name"] = Value::Null;
    }
    assert_eq!(response["data"], expected);
    let mut paths = vec![json!(["order", "user"])];
    paths.extend((0..products).map(|at| json!(["order", "items", at, "product"])));
    assert_errors(&response, "catalog", &["SUBREQUEST_HTTP_ERROR", "INTERNAL", "INTERNAL_SERVER_ERROR"], &paths);
    demo.backends.reset();

    demo.backends.orders.faults().set(FaultSettings::failing()).expect("valid settings");
    let response =
        demo.ask("query ($id: ID!) { order(id: $id) { id } user(id: \"u1\") { name } }", variables.clone()).await;
    assert_eq!(response["data"], json!({ "order": null, "user": { "name": user("u1").full_name } }));
    assert_errors(&response, "orders", &["SUBREQUEST_UNAVAILABLE", "SUBREQUEST_FAILED"], &[json!(["order"])]);
    demo.backends.reset();

    demo.backends.orders.faults().set(FaultSettings::resetting()).expect("valid settings");
    let response = demo.ask("query ($id: ID!) { order(id: $id) { id } }", variables.clone()).await;
    assert_eq!(response["data"], json!({ "order": null }));
    assert_errors(&response, "orders", &["SUBREQUEST_UNAVAILABLE"], &[json!(["order"])]);
    demo.backends.reset();

    demo.backends.reviews.faults().set(FaultSettings::failing()).expect("valid settings");
    let response = demo.ask(query, variables).await;
    let mut expected = whole;
    for at in 0..products {
        expected["order"]["items"][at]["product"]["reviewCount"] = Value::Null;
    }
    assert_eq!(response["data"], expected);
    let paths: Vec<Value> = (0..products).map(|at| json!(["order", "items", at, "product"])).collect();
    assert_errors(&response, "reviews", &["SUBREQUEST_HTTP_ERROR"], &paths);
}

fn assert_errors(response: &Value, service: &str, codes: &[&str], paths: &[Value]) {
    let errors = response["errors"].as_array().unwrap_or_else(|| panic!("no errors: {response:#}"));
    for error in errors {
        assert_eq!(error["extensions"]["service"], json!(service), "{response:#}");
        let code = error["extensions"]["code"].as_str().unwrap_or_default();
        assert!(codes.contains(&code), "{response:#}");
        assert!(error["message"].is_string(), "{response:#}");
    }
    let mut found: Vec<String> = errors.iter().map(|error| error["path"].to_string()).collect();
    let mut expected: Vec<String> = paths.iter().map(Value::to_string).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected, "{response:#}");
}

/// A stream of a gRPC service, with what REST and GraphQL services add to each of its events.
#[tokio::test]
async fn a_subscription_crosses_all_protocols() {
    let demo = Demo::start().await;
    let pending = |order: &&Order| !order.shipped && !order.items.is_empty();
    let order = dataset().orders.iter().find(pending).expect("some have not shipped");
    let query = "subscription ($id: ID!) { orderChanged(id: $id) {
        id status totalMinor labels { key } user { name } items { quantity product { name reviewCount } } } }";
    let events = demo.events(query, json!({ "id": order.id })).await;
    assert_eq!(events.len(), 2, "{events:#?}");
    for (event, status) in events.iter().zip(["PENDING", "SHIPPED"]) {
        assert_eq!(event.get("errors"), None, "{event:#}");
        let changed = &event["data"]["orderChanged"];
        assert_eq!((&changed["id"], &changed["status"]), (&json!(order.id), &json!(status)));
        assert_eq!(changed["user"]["name"], json!(user(&order.user_id).full_name));
        for (item, ordered) in changed["items"].as_array().expect("a list").iter().zip(&order.items) {
            assert_eq!(item["product"]["name"], json!(product(&ordered.product_id).name));
            assert!(item["product"]["reviewCount"].is_u64(), "{event:#}");
        }
        // The stream does not send them: they are looked up.
        assert_eq!(changed["labels"].as_array().map(Vec::len), Some(order.labels.len()), "{event:#}");
    }
    let events = demo.events(query, json!({ "id": "nope" })).await;
    assert_eq!(events.len(), 1, "{events:#?}");
    assert_eq!(events[0]["data"], json!({ "orderChanged": null }));
    assert_errors(&events[0], "orders", &["NOT_FOUND"], &[json!(["orderChanged"])]);
}

#[tokio::test]
async fn what_is_not_there_is_null_without_an_error() {
    let demo = Demo::start().await;
    let query = "{ user(id: \"u9999\") { name } product(id: \"../users/u1\") { name } order(id: \"nope\") { id } orders(ids: [\"nope\"]) { id } }";
    let (data, _) = demo.data(query, json!({})).await;
    assert_eq!(data, json!({ "user": null, "product": null, "order": null, "orders": [] }));
}

#[tokio::test]
async fn pages_follow_cursors() {
    let demo = Demo::start().await;
    let query = "query ($after: String) { products(first: 100, after: $after) { nodes { id } next } }";
    let (mut seen, mut after) = (0, Value::Null);
    loop {
        let (data, _) = demo.data(query, json!({ "after": after })).await;
        seen += data["products"]["nodes"].as_array().expect("a list").len();
        after = data["products"]["next"].clone();
        if after.is_null() {
            break;
        }
    }
    assert_eq!(seen, dataset().products.len());
}

//! The REST services over real sockets: what they answer, and that they log what they were asked.

use std::net::SocketAddr;

use serde_json::{Value, json};
use weft_subgraphs::{Service, catalog, shipping};

const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

async fn get(service: &Service, path: &str) -> (u16, Value) {
    answer(reqwest::Client::new().get(service.url() + path)).await
}

async fn put(service: &Service, path: &str, body: &str) -> (u16, Value) {
    answer(reqwest::Client::new().put(service.url() + path).body(body.to_owned())).await
}

async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.expect("the service answers");
    let status = response.status().as_u16();
    (status, response.json().await.expect("the answer is JSON"))
}

fn ids<'a>(list: &'a Value, key: &str) -> Vec<&'a str> {
    list.as_array().into_iter().flatten().filter_map(|item| item[key].as_str()).collect()
}

fn keys(object: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = object.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
    keys.sort_unstable();
    keys
}

#[tokio::test]
async fn one_user_and_one_product() {
    let catalog = catalog::start(ANY_PORT).await.expect("a free port");
    let (status, user) = get(&catalog, "/users/u1").await;
    assert_eq!(status, 200);
    assert_eq!(keys(&user), ["avatar_url", "city", "email", "full_name", "id", "member_since"]);
    assert_eq!(user["id"], "u1");

    let (status, product) = get(&catalog, "/products/p500").await;
    assert_eq!(status, 200);
    assert_eq!(keys(&product), ["category", "description", "id", "image_url", "name", "price", "stock"]);
    assert!(product["price"].is_i64());
}

#[tokio::test]
async fn errors_have_a_status_and_a_code() {
    let catalog = catalog::start(ANY_PORT).await.expect("a free port");
    let shipping = shipping::start(ANY_PORT).await.expect("a free port");
    for (service, path, status, code) in [
        (&catalog, "/users/u201", 404, "NOT_FOUND"),
        (&catalog, "/users/u01", 404, "NOT_FOUND"),
        (&catalog, "/users/%2E%2E%2Fadmin", 404, "NOT_FOUND"),
        (&catalog, "/products/p501", 404, "NOT_FOUND"),
        (&catalog, "/elsewhere", 404, "NOT_FOUND"),
        (&catalog, "/users/batch", 400, "BAD_REQUEST"),
        (&catalog, "/products?limit=0", 400, "BAD_REQUEST"),
        (&catalog, "/products?cursor=u1", 400, "BAD_REQUEST"),
        (&shipping, "/shipments/o2001", 404, "NOT_FOUND"),
        (&shipping, "/shipments/batch?id=o1", 400, "BAD_REQUEST"),
    ] {
        let (actual, body) = get(service, path).await;
        assert_eq!((actual, &body["error"]["code"]), (status, &json!(code)), "{path}");
        assert!(body["error"]["message"].is_string(), "{path}: {body}");
    }
    let too_many: Vec<String> = (0..=catalog::MAX_BATCH).map(|number| format!("id=u{number}")).collect();
    assert_eq!(get(&catalog, &format!("/users/batch?{}", too_many.join("&"))).await.0, 400);
    let deleted = reqwest::Client::new().delete(catalog.url() + "/users/u1");
    assert_eq!(answer(deleted).await.0, 405);
}

#[tokio::test]
async fn a_batch_answers_what_exists_in_its_own_order() {
    let catalog = catalog::start(ANY_PORT).await.expect("a free port");
    let shipping = shipping::start(ANY_PORT).await.expect("a free port");
    for (service, path, key, expected) in [
        (&catalog, "/users/batch?id=u3&id=u999&id=u10&id=u3", "id", vec!["u10", "u3"]),
        (&catalog, "/products/batch?id=p1&id=p2", "id", vec!["p2", "p1"]),
        (&catalog, "/products/batch?id=x", "id", vec![]),
        (&shipping, "/shipments/batch?order_id=o1&order_id=o2", "order_id", vec!["o2", "o1"]),
    ] {
        let (status, list) = get(service, path).await;
        assert_eq!((status, ids(&list, key)), (200, expected), "{path}");
    }
    let call = &catalog.calls().list()[0];
    assert_eq!(call.operation, "GET /users/batch");
    assert_eq!(call.strings("/query/id"), ["u3", "u999", "u10", "u3"]);
}

#[tokio::test]
async fn pages_cover_the_list_once() {
    let catalog = catalog::start(ANY_PORT).await.expect("a free port");
    for (path, count) in [("/users", 200), ("/products", 500)] {
        let mut seen: Vec<String> = Vec::new();
        let mut cursor = String::new();
        loop {
            let (status, page) = get(&catalog, &format!("{path}?limit=60&cursor={cursor}")).await;
            assert_eq!(status, 200);
            seen.extend(ids(&page["items"], "id").into_iter().map(str::to_owned));
            match page["next_cursor"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => break,
            }
        }
        assert_eq!(seen.len(), count, "{path}");
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), count, "{path} repeats itself");
    }
}

#[tokio::test]
async fn a_user_is_renamed() {
    let catalog = catalog::start(ANY_PORT).await.expect("a free port");
    for (path, body, status) in [
        ("/users/u7", r#"{"full_name": " "}"#, 422),
        ("/users/u7", r#"{"full_name": 7}"#, 400),
        ("/users/u7", "{", 400),
        ("/users/u999", r#"{"full_name": "Nobody"}"#, 404),
        ("/users/u7", r#"{"full_name": "Grace Hopper"}"#, 200),
    ] {
        assert_eq!(put(&catalog, path, body).await.0, status, "{path} {body}");
    }
    assert_eq!(get(&catalog, "/users/u7").await.1["full_name"], "Grace Hopper");
    let call = &catalog.calls().list()[4];
    assert_eq!(call.operation, "PUT /users/u7");
    assert_eq!(call.input, json!({ "body": { "full_name": "Grace Hopper" } }));
    let another = catalog::start(ANY_PORT).await.expect("a free port");
    assert_ne!(get(&another, "/users/u7").await.1["full_name"], "Grace Hopper", "services share what they change");
}

#[tokio::test]
async fn a_shipment_has_its_fields() {
    let shipping = shipping::start(ANY_PORT).await.expect("a free port");
    let (status, shipment) = get(&shipping, "/shipments/o1").await;
    assert_eq!(status, 200);
    assert_eq!(keys(&shipment), ["carrier", "eta", "order_id", "status", "tracking_code"]);
    assert_eq!(shipment["status"], "DELIVERED");
}

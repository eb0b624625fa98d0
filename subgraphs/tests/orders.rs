//! The gRPC service over real sockets, with the generated client.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use futures_util::{StreamExt as _, stream};
use serde_json::json;
use tonic::Code;
use tonic::transport::Channel;
use weft_subgraphs::orders::proto::order::Payment;
use weft_subgraphs::orders::proto::order_service_client::OrderServiceClient;
use weft_subgraphs::orders::proto::{ByUsers, Create, Id, Ids, Item, Order, OrderStatus};
use weft_subgraphs::{Service, orders};

const ANY_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

async fn start() -> (Service, OrderServiceClient<Channel>) {
    let service = orders::start(ANY_PORT).await.expect("a free port");
    let client = OrderServiceClient::connect(service.url()).await.expect("the service listens");
    (service, client)
}

fn strings(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

fn item(product_id: &str, quantity: i32) -> Item {
    Item { product_id: product_id.to_owned(), quantity }
}

#[tokio::test]
async fn a_batch_answers_what_exists_in_its_own_order() {
    let (service, mut client) = start().await;
    let ids = Ids { ids: strings(&["o1", "o9999", "o1001", "o1", "nonsense"]) };
    let orders = client.batch_get(ids).await.expect("an answer").into_inner().orders;
    let ids: Vec<&str> = orders.iter().map(|order| order.id.as_str()).collect();
    assert_eq!(ids, ["o1001", "o1"]);

    let call = &service.calls().list()[0];
    assert_eq!(call.operation, "orders.v1.OrderService/BatchGet");
    assert_eq!(call.strings("/ids"), ["o1", "o9999", "o1001", "o1", "nonsense"]);
}

#[tokio::test]
async fn orders_use_all_that_the_contract_has() {
    let (_service, mut client) = start().await;
    let mut orders: Vec<Order> = Vec::new();
    for start in (1..=2_000).step_by(orders::MAX_BATCH) {
        let ids = (start..start + orders::MAX_BATCH).map(|number| format!("o{number}")).collect();
        orders.extend(client.batch_get(Ids { ids }).await.expect("an answer").into_inner().orders);
    }
    assert_eq!(orders.len(), 2_000);
    let some = |what: &dyn Fn(&Order) -> bool| orders.iter().any(what);
    assert!(some(&|order| order.status() == OrderStatus::Pending));
    assert!(some(&|order| order.status() == OrderStatus::Shipped));
    assert!(some(&|order| order.note.is_some()) && some(&|order| order.note.is_none()));
    assert!(some(&|order| matches!(order.payment, Some(Payment::Card(_)))));
    assert!(some(&|order| matches!(order.payment, Some(Payment::Wallet(_)))));
    assert!(some(&|order| order.payment.is_none()));
    assert!(some(&|order| order.labels.len() == 2));
    assert!(some(&|order| order.total_minor > i64::from(u32::MAX)));
    assert!(orders.iter().all(|order| order.created_at.is_some() && !order.items.is_empty()));
}

#[tokio::test]
async fn orders_are_listed_by_user() {
    let (service, mut client) = start().await;
    let request = ByUsers { user_ids: strings(&["u1", "u2", "u999"]), per_user: 3 };
    let orders = client.list_by_users(request).await.expect("an answer").into_inner().orders;
    for user in ["u1", "u2"] {
        assert_eq!(orders.iter().filter(|order| order.user_id == user).count(), 3, "{user}");
    }
    assert_eq!(orders.len(), 6);
    let seconds = |order: &Order| order.created_at.map(|at| at.seconds);
    assert!(orders.is_sorted_by_key(|order| std::cmp::Reverse(seconds(order))), "the newest come first");
    assert_eq!(service.calls().list()[0].input, json!({ "user_ids": ["u1", "u2", "u999"], "per_user": 3 }));
}

#[tokio::test]
async fn an_order_is_created() {
    let (service, mut client) = start().await;
    let request = Create { user_id: "u5".to_owned(), items: vec![item("p1", 2), item("p2", 1)] };
    let order = client.create_order(request).await.expect("an order").into_inner();
    assert_eq!((order.id.as_str(), order.status()), ("o2001", OrderStatus::Pending));
    let price = |index: usize| weft_subgraphs::data::dataset().products[index].price;
    assert_eq!(order.total_minor, 2 * price(0) + price(1));
    let call = &service.calls().list()[0];
    assert_eq!(
        call.input["items"],
        json!([{ "product_id": "p1", "quantity": 2 }, { "product_id": "p2", "quantity": 1 }])
    );

    let listed = client.list_by_users(ByUsers { user_ids: strings(&["u5"]), per_user: 1 }).await;
    assert_eq!(listed.expect("an answer").into_inner().orders, [order]);
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let (_service, mut client) = start().await;
    for (user_id, items, says) in [
        ("u999", vec![item("p1", 1)], "there is no user \"u999\""),
        ("u1", vec![], "at least one item"),
        ("u1", vec![item("p999", 1)], "there is no product \"p999\""),
        ("u1", vec![item("p1", 0)], "must be from 1 to 1000"),
    ] {
        let refused = client.create_order(Create { user_id: user_id.to_owned(), items }).await.expect_err("a refusal");
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(refused.message().contains(says), "{refused}");
    }
    let too_many = Ids { ids: vec!["o1".to_owned(); orders::MAX_BATCH + 1] };
    assert_eq!(client.batch_get(too_many).await.expect_err("a refusal").code(), Code::InvalidArgument);
    let negative = ByUsers { user_ids: strings(&["u1"]), per_user: -1 };
    assert_eq!(client.list_by_users(negative).await.expect_err("a refusal").code(), Code::InvalidArgument);
    let nobody = Id { id: "o9999".to_owned() };
    assert_eq!(client.watch(nobody).await.expect_err("a refusal").code(), Code::NotFound);
}

#[tokio::test]
async fn a_watch_sees_the_order_ship_and_ends() {
    let (_service, mut client) = start().await;
    let create = Create { user_id: "u5".to_owned(), items: vec![item("p1", 1)] };
    let id = client.create_order(create).await.expect("an order").into_inner().id;
    let stream = client.watch(Id { id }).await.expect("a stream").into_inner();
    let statuses: Vec<OrderStatus> = stream.map(|order| order.expect("an order").status()).collect().await;
    assert_eq!(statuses, [OrderStatus::Pending, OrderStatus::Shipped]);

    let stream = client.watch(Id { id: "o1".to_owned() }).await.expect("a stream").into_inner();
    let statuses: Vec<OrderStatus> = stream.map(|order| order.expect("an order").status()).collect().await;
    assert_eq!(statuses, [OrderStatus::Shipped], "an order that has shipped changes no more");
}

#[tokio::test]
async fn reflection_names_the_service() {
    use tonic_reflection::pb::v1::ServerReflectionRequest;
    use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
    use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
    use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

    let (service, _) = start().await;
    let endpoint = Channel::from_shared(service.url()).expect("a URL");
    let mut client = ServerReflectionClient::new(endpoint.connect().await.expect("the service listens"));
    let ask = |message_request| ServerReflectionRequest { host: String::new(), message_request: Some(message_request) };
    let asked = stream::iter([
        ask(MessageRequest::ListServices(String::new())),
        ask(MessageRequest::FileContainingSymbol("orders.v1.OrderService".to_owned())),
    ]);
    let answers = client.server_reflection_info(asked).await.expect("a stream").into_inner();
    let answers: Vec<_> = answers.map(|answer| answer.expect("an answer").message_response).collect().await;

    let [Some(MessageResponse::ListServicesResponse(list)), Some(MessageResponse::FileDescriptorResponse(file))] =
        answers.as_slice()
    else {
        panic!("two answers of these kinds were expected: {answers:?}");
    };
    assert!(list.service.iter().any(|service| service.name == "orders.v1.OrderService"), "{list:?}");
    assert!(!file.file_descriptor_proto.is_empty());
    assert_eq!(service.calls().count(), 0, "reflection is not counted");
}

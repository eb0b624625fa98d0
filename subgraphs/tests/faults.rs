//! Faults over real sockets: each kind in each service, switched over the wire and in process.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tonic::Code;
use weft_subgraphs::orders::proto::Ids;
use weft_subgraphs::orders::proto::order_service_client::OrderServiceClient;
use weft_subgraphs::{FaultSettings, Ports, Running, Service, start};

/// Longer than any call that is answered takes on the slowest machine; no call that passes waits for it.
const NEVER: Duration = Duration::from_secs(60);

async fn running() -> Running {
    start(Ports::ANY).await.expect("free ports")
}

/// What became of a call.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Answered,
    Failed,
    ConnectionLost,
}

async fn call(service: &Service) -> Outcome {
    let http = reqwest::Client::new();
    let request = match service.name() {
        "catalog" => http.get(service.url() + "/users/u1"),
        "shipping" => http.get(service.url() + "/shipments/o1"),
        "reviews" => http.post(service.url() + "/graphql").json(&json!({ "query": "{ __typename }" })),
        _ => return call_orders(service).await,
    };
    match request.send().await {
        Ok(response) if response.status() == 200 => Outcome::Answered,
        Ok(response) => {
            assert_eq!(response.status(), 500);
            let body: Value = response.json().await.expect("an error is JSON too");
            assert_eq!(body["error"]["code"], "INTERNAL");
            Outcome::Failed
        }
        Err(error) => {
            assert!(error.is_request(), "{error}");
            Outcome::ConnectionLost
        }
    }
}

async fn call_orders(service: &Service) -> Outcome {
    let mut client = OrderServiceClient::connect(service.url()).await.expect("it listens");
    match client.batch_get(Ids { ids: vec!["o1".to_owned()] }).await {
        Ok(_) => Outcome::Answered,
        // A status of the server's has no source; one that the client made of a broken connection has.
        Err(status) if std::error::Error::source(&status).is_none() => {
            assert_eq!(status.code(), Code::Unavailable);
            Outcome::Failed
        }
        Err(_) => Outcome::ConnectionLost,
    }
}

async fn put_faults(service: &Service, faults: &str) -> (u16, Value) {
    let request = reqwest::Client::new().put(service.url() + "/faults").body(faults.to_owned());
    let response = request.send().await.expect("faults can be switched whatever is on");
    (response.status().as_u16(), response.json().await.expect("JSON"))
}

#[tokio::test]
async fn errors_and_resets_come_and_go() {
    let running = running().await;
    for service in running.services() {
        for (faults, expected) in [
            (r#"{"error_rate": 1}"#, Outcome::Failed),
            (r#"{"reset": true}"#, Outcome::ConnectionLost),
            (r#"{"delay_ms": 1, "error_rate": 1}"#, Outcome::Failed),
            ("{}", Outcome::Answered),
        ] {
            let (status, shown) = put_faults(service, faults).await;
            assert_eq!(status, 200, "{shown}");
            assert_eq!(call(service).await, expected, "{} with {faults}", service.name());
        }
        assert_eq!(service.calls().count(), 4, "calls that met a fault are counted too");
    }
}

#[tokio::test]
async fn a_reset_is_one_of_tcp() {
    let running = running().await;
    running.catalog.faults().set(FaultSettings::resetting()).expect("settings in range");
    let mut socket = TcpStream::connect(running.catalog.address()).await.expect("it listens");
    socket.write_all(b"GET /users/u1 HTTP/1.1\r\nhost: catalog\r\n\r\n").await.expect("the socket is open");
    let mut answer = Vec::new();
    let error = socket.read_to_end(&mut answer).await.expect_err("not an orderly end");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(answer, b"", "no byte of an answer");
}

#[tokio::test]
async fn a_call_that_hangs_does_not_keep_the_service_from_stopping() {
    let running = running().await;
    for service in running.services() {
        service.faults().set(FaultSettings::hanging()).expect("settings in range");
    }
    let Running { catalog, orders, reviews, shipping } = running;
    for service in [catalog, orders, reviews, shipping] {
        // The call is there before the service is told to stop, and loses its connection then.
        let calls = service.calls().clone();
        let (address, name) = (service.address(), service.name());
        let stop = async {
            while calls.count() == 0 {
                tokio::task::yield_now().await;
            }
            service
        };
        let hanging = tokio::spawn(hang(address, name));
        let service = stop.await;
        assert!(!hanging.is_finished(), "{name} answered");
        tokio::time::timeout(NEVER, service.stop()).await.expect("it stops");
        assert_eq!(hanging.await.expect("no panic"), Outcome::ConnectionLost, "{name}");
    }
}

/// A call that ends when its connection does.
async fn hang(address: std::net::SocketAddr, name: &'static str) -> Outcome {
    let url = format!("http://{address}");
    let path = match name {
        "catalog" => "/users/u1",
        "shipping" => "/shipments/o1",
        "reviews" => "/graphql",
        _ => {
            let mut client = OrderServiceClient::connect(url).await.expect("it listens");
            let answer = client.batch_get(Ids { ids: vec!["o1".to_owned()] }).await;
            return if answer.is_ok() { Outcome::Answered } else { Outcome::ConnectionLost };
        }
    };
    let answer = reqwest::Client::new().get(url + path).send().await;
    if answer.is_ok() { Outcome::Answered } else { Outcome::ConnectionLost }
}

#[tokio::test]
async fn a_delay_delays() {
    let running = running().await;
    for service in running.services() {
        service.faults().set(FaultSettings::delayed(NEVER)).expect("settings in range");
        let calls = service.calls().clone();
        let arrived = async {
            while calls.count() == 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            outcome = call(service) => panic!("{} did not wait: {outcome:?}", service.name()),
            () = arrived => {}
        }
        service.faults().set(FaultSettings::delayed(Duration::from_millis(20))).expect("settings in range");
        let start = std::time::Instant::now();
        assert_eq!(call(service).await, Outcome::Answered);
        assert!(start.elapsed() >= Duration::from_millis(20));
    }
}

#[tokio::test]
async fn faults_end_after_so_many_calls() {
    let running = running().await;
    for service in running.services() {
        let faults = FaultSettings { for_calls: Some(1), ..FaultSettings::failing() };
        service.faults().set(faults).expect("settings in range");
        assert_eq!(call(service).await, Outcome::Failed);
        assert_eq!(call(service).await, Outcome::Answered);
    }
}

#[tokio::test]
async fn faults_that_cannot_be_are_refused() {
    let running = running().await;
    let service = &running.catalog;
    for (faults, status) in
        [(r#"{"error_rate": 1.5}"#, 422), (r#"{"error_rate": "much"}"#, 400), (r#"{"hangs": true}"#, 400), ("", 400)]
    {
        let (actual, body) = put_faults(service, faults).await;
        assert_eq!(actual, status, "{faults}: {body}");
    }
    assert_eq!(service.faults().get(), FaultSettings::default());
}

#[tokio::test]
async fn calls_are_shown_and_forgotten() {
    let running = running().await;
    assert_eq!(call(&running.orders).await, Outcome::Answered);
    let url = running.orders.url() + "/calls";
    let shown: Value = reqwest::get(&url).await.expect("an answer").json().await.expect("JSON");
    let call = json!({ "operation": "orders.v1.OrderService/BatchGet", "input": { "ids": ["o1"] } });
    assert_eq!(shown, json!({ "count": 1, "calls": [call] }));
    reqwest::Client::new().delete(&url).send().await.expect("an answer");
    assert_eq!(running.call_count(), 0);
}

#[tokio::test]
async fn a_port_that_is_taken_is_said() {
    let running = running().await;
    let error = weft_subgraphs::catalog::start(running.catalog.address()).await.expect_err("the port is taken");
    let message = error.to_string();
    assert!(message.starts_with("catalog cannot listen on 127.0.0.1:"), "{message}");
    running.stop().await;
}

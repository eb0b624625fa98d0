//! Owns the floor: axum and reqwest, and between them nothing. For each request it makes the upstream calls that the
//! gateway made, one after the other, and answers as the gateway did. For a single call that is a bare reverse proxy.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::post;
use bytes::Bytes;
use serde::Deserialize;
use tokio::net::TcpListener;

/// What was recorded of one request.
#[derive(Deserialize)]
struct Exchange {
    backend: String,
    /// Paths and bodies, in the order in which they came; one without a body is a GET.
    calls: Vec<(String, String)>,
    answer: String,
}

struct Floor {
    client: reqwest::Client,
    calls: Vec<(String, Bytes)>,
    answer: Bytes,
}

/// Serves until the process is ended. `exchange` is the file of a recorded request.
pub fn run(exchange: &Path) {
    let exchange = std::fs::read_to_string(exchange).expect("what was recorded");
    let exchange: Exchange = serde_json::from_str(&exchange).expect("what was recorded");
    let Exchange { backend, calls, answer } = exchange;
    let calls = calls.into_iter().map(|(path, body)| (format!("{backend}{path}"), body.into())).collect();
    let client = reqwest::Client::builder().no_proxy().tcp_nodelay(true).build().expect("a client");
    let floor = Arc::new(Floor { client, calls, answer: answer.into() });
    let router = Router::new().route("/graphql", post(pass)).with_state(floor);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        eprintln!("serving http://{}", listener.local_addr().expect("an address"));
        axum::serve(listener, router).await.expect("the server does not end");
    });
}

async fn pass(State(floor): State<Arc<Floor>>, _request: Bytes) -> impl IntoResponse {
    for (url, body) in &floor.calls {
        let call = if body.is_empty() {
            floor.client.get(url)
        } else {
            floor.client.post(url).header("content-type", "application/json").body(body.clone())
        };
        call.send().await.expect("the backend answers").bytes().await.expect("a whole answer");
    }
    ([("content-type", "application/json")], floor.answer.clone())
}

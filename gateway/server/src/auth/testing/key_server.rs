//! Owns a server that publishes keys for tests.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// A server whose keys the test changes. It answers with 503 while it has none.
pub struct KeyServer {
    pub url: String,
    state: Arc<ServerState>,
}

#[derive(Default)]
struct ServerState {
    document: Mutex<Option<String>>,
    asked: AtomicUsize,
    /// Requests wait while this is closed for them.
    gate: Mutex<Option<Arc<Semaphore>>>,
}

impl KeyServer {
    pub async fn start() -> Self {
        let state = Arc::<ServerState>::default();
        let answer = |State(state): State<Arc<ServerState>>| async move {
            state.asked.fetch_add(1, Ordering::SeqCst);
            let gate = state.gate.lock().expect("no panic before").clone();
            if let Some(gate) = gate {
                gate.acquire().await.expect("nobody closes it").forget();
            }
            let document = state.document.lock().expect("no panic before").clone();
            document.ok_or(StatusCode::SERVICE_UNAVAILABLE)
        };
        let router = Router::new().route("/jwks", get(answer)).with_state(Arc::clone(&state));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/jwks", listener.local_addr().expect("it listens"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, state }
    }

    pub fn publish(&self, keys: &[Value]) {
        *self.state.document.lock().expect("no panic before") = Some(json!({ "keys": keys }).to_string());
    }

    pub fn go_down(&self) {
        *self.state.document.lock().expect("no panic before") = None;
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.state.asked.load(Ordering::SeqCst)
    }

    /// From now on, requests wait until they are let through.
    pub fn close(&self) -> Arc<Semaphore> {
        let gate = Arc::new(Semaphore::new(0));
        *self.state.gate.lock().expect("no panic before") = Some(Arc::clone(&gate));
        gate
    }
}

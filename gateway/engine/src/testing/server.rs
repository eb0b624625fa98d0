//! Owns a backend that speaks raw HTTP/1.1 on a port of its own: it can misbehave in every way.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// What the backend does with a request.
#[derive(Clone)]
pub enum Reply {
    /// Bytes as they are, status line and all; then the connection is closed.
    Raw(Vec<u8>),
    /// Bytes as they are, and nothing more: the connection stays open until the next request comes, and is then closed.
    Once(Vec<u8>),
    /// Nothing comes; the connection stays until the client closes it.
    Silence,
}

impl Reply {
    /// A whole answer.
    pub fn http(status: u16, content_type: &str, body: &str) -> Self {
        let length = body.len();
        Self::Raw(
            format!(
                "HTTP/1.1 {status} X\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            )
            .into_bytes(),
        )
    }

    /// A whole answer, after which the server gives the connection up as soon as it is used again.
    pub fn then_closed(body: &str) -> Self {
        Self::Once(format!("HTTP/1.1 200 X\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes())
    }

    pub fn json(body: &str) -> Self {
        Self::http(200, "application/json", body)
    }
}

pub struct Server {
    pub url: String,
    /// The requests: head and body, as text.
    pub requests: Arc<Mutex<Vec<String>>>,
    /// Told for each request that was read.
    pub received: Arc<Notify>,
    /// Told when the client closes a connection that it got no answer on.
    pub abandoned: Arc<Notify>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Answers each request by what `reply` says to its text.
    pub async fn start(reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::new(Mutex::new(vec![]));
        let (received, abandoned) = (Arc::<Notify>::default(), Arc::<Notify>::default());
        let reply = Arc::new(reply);
        let (log, got, gone) = (Arc::clone(&requests), Arc::clone(&received), Arc::clone(&abandoned));
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (log, reply, got, gone) =
                    (Arc::clone(&log), Arc::clone(&reply), Arc::clone(&got), Arc::clone(&gone));
                tokio::spawn(async move {
                    let Some(request) = read(&mut stream).await else { return };
                    let reply = reply(&request);
                    log.lock().expect("no panic before").push(request);
                    got.notify_one();
                    answer(stream, reply, &gone).await;
                });
            }
        });
        Self { url, requests, received, abandoned, task }
    }

    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no panic before").clone()
    }
}

async fn answer(mut stream: TcpStream, reply: Reply, abandoned: &Notify) {
    match reply {
        Reply::Raw(bytes) => {
            // The client may have gone.
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
        Reply::Once(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.read(&mut [0; 64]).await;
        }
        Reply::Silence => {
            // Nothing more is sent, so what ends this is the connection's end.
            while stream.read(&mut [0; 64]).await.is_ok_and(|count| count > 0) {}
            abandoned.notify_one();
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = vec![];
    loop {
        let mut chunk = [0; 4096];
        let count = stream.read(&mut chunk).await.ok()?;
        bytes.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Some(text);
            }
        }
        if count == 0 {
            return None;
        }
    }
}

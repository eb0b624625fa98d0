//! Owns the load: connections that each send the same request again as soon as it was answered.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::CONNECTIONS;

/// Runs the load in a process of its own; gives the number of requests that were answered.
pub fn start(mut itself: Command, url: &str, body: &Path, time: Duration) -> u64 {
    let load = itself.arg("load").arg(format!("{url}/graphql")).arg(body).arg(time.as_millis().to_string());
    let done = load.stderr(Stdio::inherit()).output().expect("this program again");
    let said = String::from_utf8_lossy(&done.stdout);
    said.trim().parse().unwrap_or_else(|_| panic!("the load generator failed: {said}"))
}

/// Sends the request in the file `body`, and prints how many of them were answered.
pub fn run(url: &str, body: &Path, milliseconds: u64) {
    let body = Bytes::from(std::fs::read(body).expect("the request"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let requests = runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().tcp_nodelay(true).build().expect("a client");
        let expected = ask(&client, url, &body).await;
        let end = Instant::now() + Duration::from_millis(milliseconds);
        let connections = (0..CONNECTIONS).map(|_| async {
            let mut requests = 0_u64;
            while Instant::now() < end {
                assert_eq!(ask(&client, url, &body).await, expected, "answers differ");
                requests += 1;
            }
            requests
        });
        futures_util::future::join_all(connections).await.into_iter().sum::<u64>()
    });
    println!("{requests}");
}

async fn ask(client: &reqwest::Client, url: &str, body: &Bytes) -> Bytes {
    let request = client.post(url).header("content-type", "application/json").header("accept", "application/json");
    let response = request.body(body.clone()).send().await.expect("an answer");
    assert!(response.status().is_success(), "{}", response.status());
    response.bytes().await.expect("a whole answer")
}

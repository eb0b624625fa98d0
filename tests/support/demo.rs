//! Owns the demo under test: the demo backends in this process, on free ports, and the built `weft` in front of
//! them, composed and served as an operator would.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use weft_subgraphs::{Ports, Running, Service};

pub struct Demo {
    pub backends: Running,
    _gateway: Gateway,
    url: String,
    client: reqwest::Client,
    _folder: TempDir,
}

impl Demo {
    pub async fn start() -> Self {
        let backends = weft_subgraphs::start(Ports::ANY).await.expect("free ports");
        let folder = TempDir::new().expect("a folder for temporary files");
        point_schemas_at(&backends, folder.path());
        let supergraph = folder.path().join("composed.graphql");
        let config = folder.path().join("supergraph.yaml");
        let composed = weft().arg("compose").arg("--config").arg(config).arg("-o").arg(&supergraph).output();
        let composed = composed.expect("the built binary");
        assert!(composed.status.success(), "{}", String::from_utf8_lossy(&composed.stderr));
        let (gateway, url) = serve(&supergraph);
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { backends, _gateway: gateway, url, client, _folder: folder }
    }

    /// The whole response to an operation.
    pub async fn ask(&self, query: &str, variables: Value) -> Value {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let request = self.client.post(&self.url).header("content-type", "application/json").body(body);
        let response = request.send().await.expect("the gateway answers");
        let text = response.text().await.expect("the answer arrives whole");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// The answers of a subscription, as server-sent events bring them, until it is complete.
    pub async fn events(&self, query: &str, variables: Value) -> Vec<Value> {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let request = self.client.post(&self.url).header("content-type", "application/json").body(body);
        let response = request.header("accept", "text/event-stream").send().await.expect("the gateway answers");
        assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8");
        let text = response.text().await.expect("the stream ends");
        let events =
            text.strip_suffix("event: complete\ndata:\n\n").unwrap_or_else(|| panic!("not completed:\n{text}"));
        let events = events.split_terminator("\n\n").filter(|event| !event.starts_with(':'));
        let data = events.map(|event| event.strip_prefix("event: next\ndata: ").unwrap_or_else(|| panic!("{text}")));
        data.map(|json| serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"))).collect()
    }

    /// The data of an operation that has no errors, and how many calls it took.
    pub async fn data(&self, query: &str, variables: Value) -> (Value, u64) {
        let before = self.backends.call_count();
        let mut response = self.ask(query, variables).await;
        assert_eq!(response.get("errors"), None, "{response:#}");
        (response["data"].take(), self.backends.call_count() - before)
    }
}

/// The gateway's process; it ends with this, however a test ends.
struct Gateway(Child);

impl Drop for Gateway {
    fn drop(&mut self) {
        // It is gone already, or it goes now.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn weft() -> Command {
    Command::new(env!("CARGO_BIN_EXE_weft"))
}

/// Starts `weft serve`; gives the URL that it says it serves.
fn serve(supergraph: &Path) -> (Gateway, String) {
    let mut command = weft();
    command.args(["serve", "--listen", "127.0.0.1:0", "--dev", "--supergraph"]).arg(supergraph);
    let mut gateway = Gateway(command.stderr(Stdio::piped()).spawn().expect("the built binary"));
    let stderr = gateway.0.stderr.take().expect("it is piped");
    let mut lines = BufReader::new(stderr).lines().map_while(Result::ok);
    let mut said = String::new();
    let url = lines.by_ref().find_map(|line| {
        said.push_str(&line);
        said.push('\n');
        line.split_whitespace().find(|word| word.starts_with("http://")).map(str::to_owned)
    });
    // What it says later is read, so that it never waits for a reader.
    std::thread::spawn(move || lines.for_each(drop));
    (gateway, url.unwrap_or_else(|| panic!("weft serve did not say where it listens:\n{said}")))
}

/// Copies `schemas/`, with the demo's fixed addresses replaced by those of this test's backends.
pub fn point_schemas_at(backends: &Running, folder: &Path) {
    let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas");
    let moved: [(&str, &Service); 4] = [
        ("http://127.0.0.1:4101", &backends.catalog),
        ("http://127.0.0.1:4102", &backends.orders),
        ("http://127.0.0.1:4103", &backends.reviews),
        ("http://127.0.0.1:4104", &backends.shipping),
    ];
    for entry in fs::read_dir(schemas).expect("the repository has schemas") {
        let path = entry.expect("they can be listed").path();
        let mut text = fs::read_to_string(&path).expect("they are text");
        // In two steps, since a new address can begin like an old one.
        for (from, _) in moved {
            text = text.replace(from, &format!("<{from}>"));
        }
        for (from, to) in moved {
            text = text.replace(&format!("<{from}>"), &to.url());
        }
        let name = path.file_name().expect("a file has a name");
        fs::write(folder.join(name), text).expect("a temporary file");
    }
}

//! Owns a gateway with clients' files, and tables of requests to it.

use std::path::Path;

use reqwest::{Client, Method};
use serde_json::Value;
use tempfile::TempDir;

use crate::backend::{Backend, SDL};
use crate::support;
use crate::support::process::{Serving, command};

pub struct Gateway {
    pub serving: Serving,
    /// As long as it is served.
    _folder: TempDir,
}

/// A folder with a gateway's files; those of clients are by their paths.
pub fn folder(backend: &Backend, clients: &[(String, String)], yaml: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let supergraph = support::composed(&[("orders", &format!("http://{}/graphql", backend.address), SDL)]);
    write(folder.path(), "supergraph.graphql", &supergraph.text);
    let base = "listen: 127.0.0.1:0\nsupergraph: { path: supergraph.graphql }\nbff: { path: clients }\n";
    write(folder.path(), "weft.yaml", &format!("{base}{yaml}"));
    for (name, text) in clients {
        write(folder.path(), &format!("clients/{name}"), text);
    }
    folder
}

pub async fn start(backend: &Backend, clients: &[(String, String)], yaml: &str) -> Gateway {
    let folder = folder(backend, clients, yaml);
    let command = command(folder.path(), &["serve"]);
    let serving = tokio::task::spawn_blocking(move || Serving::start(command)).await.expect("it starts");
    Gateway { serving, _folder: folder }
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("it is in the folder")).expect("a folder");
    std::fs::write(path, text).expect("a file");
}

#[derive(Debug, Clone)]
pub struct Request {
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: String,
}

pub fn post(client: &str, body: &Value) -> Request {
    request("POST", &format!("/bff/{client}/graphql")).sending(&body.to_string())
}

pub fn get(client: &str, parameters: &[(&str, &str)]) -> Request {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    request("GET", &format!("/bff/{client}/graphql?{query}"))
}

pub fn request(method: &str, path: &str) -> Request {
    let method = method.parse().expect("a method");
    Request { method, path: path.to_owned(), headers: vec![], body: String::new() }
}

impl Request {
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn sending(mut self, json: &str) -> Self {
        json.clone_into(&mut self.body);
        self.with("content-type", "application/json")
    }

    pub fn accepting(self, ty: &str) -> Self {
        self.with("accept", ty)
    }

    pub fn to(mut self, path: &str) -> Self {
        path.clone_into(&mut self.path);
        self
    }
}

/// A request, and what is expected of its response: texts that are in the body, or with `!` before them are not; and headers, of
/// which an empty value says that there is none.
pub struct Case {
    name: String,
    request: Request,
    status: u16,
    texts: Vec<String>,
    headers: Vec<(String, String)>,
}

impl Case {
    pub fn new(name: impl Into<String>, request: Request, status: u16, texts: &[&str]) -> Self {
        let texts = texts.iter().map(|text| (*text).to_owned()).collect();
        Self { name: name.into(), request, status, texts, headers: vec![] }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// Sends the requests one by one, and tells of all that are not answered as expected.
pub async fn check(gateway: &Gateway, cases: Vec<Case>) {
    let client = Client::new();
    let mut failures = vec![];
    for Case { name, request, status, texts, headers } in cases {
        let url = format!("{}{}", gateway.serving.url, request.path);
        let mut sent = client.request(request.method, url).body(request.body);
        for (name, value) in request.headers {
            sent = sent.header(name, value);
        }
        let response = sent.send().await.unwrap_or_else(|error| panic!("{name}: {error}"));
        let (got, got_headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.text().await.unwrap_or_else(|error| panic!("{name}: {error}"));
        let has = |text: &String| match text.strip_prefix('!') {
            Some(absent) => !body.contains(absent),
            None => body.contains(text.as_str()),
        };
        let shows = |(name, value): &(String, String)| {
            got_headers.get(name).map_or(value.is_empty(), |got| got.to_str().is_ok_and(|got| got == value))
        };
        if got != status || !texts.iter().all(has) || !headers.iter().all(shows) {
            failures
                .push(format!("{name}: {got}\n  {body}\n  {got_headers:?}\n  expected {status} {texts:?} {headers:?}"));
        }
    }
    assert!(failures.is_empty(), "{} cases fail:\n{}", failures.len(), failures.join("\n"));
}

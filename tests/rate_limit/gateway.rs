//! Owns a gateway with clients in two tiers, and what it is asked.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::digest::{SHA256, digest};
use jsonwebtoken::{EncodingKey, Header, encode};
use reqwest::Client;
use reqwest::header::HeaderMap;
use serde_json::json;
use tempfile::TempDir;

use crate::support::Backend;
use crate::support::process::{Serving, command};

const SECRET: &str = "a secret of thirty-two bytes, or more";

const SCHEMA: &str = "type Query { hello(name: String): String }";

/// With its name and what follows from it.
const OPERATION: &str = r#"query Hello @rest(path: "/hello", root: "hello") { hello }"#;

pub struct Gateway {
    pub serving: Serving,
    client: Client,
    _backend: Backend,
    /// As long as it is served.
    _folder: TempDir,
}

/// One request.
#[derive(Debug, Clone)]
pub struct Asked {
    /// What is sent by POST.
    query: Option<String>,
    path: String,
    headers: Vec<(String, String)>,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

fn path(client: &str) -> String {
    if client.is_empty() { "/graphql".to_owned() } else { format!("/bff/{client}/graphql") }
}

/// An operation for a client, or with the name `""` for the supergraph's own endpoint.
pub fn post(client: &str) -> Asked {
    Asked { query: Some("{ hello }".to_owned()), path: path(client), headers: vec![] }
}

pub fn get(client: &str) -> Asked {
    Asked::rest(&format!("{}?query=%7Bhello%7D", path(client)))
}

impl Asked {
    pub fn rest(path: &str) -> Self {
        Self { query: None, path: path.to_owned(), headers: vec![] }
    }

    pub fn asking(mut self, query: &str) -> Self {
        self.query = Some(query.to_owned());
        self
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn bearer(self, token: &str) -> Self {
        self.with("authorization", &format!("Bearer {token}"))
    }

    pub fn api_key(self, key: &str) -> Self {
        self.with("x-api-key", key)
    }
}

/// A token of this issuer for this user.
pub fn token(issuer: &str, subject: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let claims = json!({ "iss": issuer, "sub": subject, "exp": now + 3600 });
    encode(&Header::default(), &claims, &EncodingKey::from_secret(SECRET.as_bytes())).expect("it can be signed")
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("it is in the folder")).expect("a folder");
    std::fs::write(path, text).expect("a file");
}

fn sha256(text: &str) -> String {
    digest(&SHA256, text.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Gateway {
    /// With `more` in its `weft.yaml`. Its clients are `web`, and `vip` in the tier `gold` if there is one.
    pub async fn start(more: &str) -> Self {
        let backend = Backend::start().await;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path();
        write(path, "supergraph.graphql", &backend.supergraph().text);
        let issuer = |name: &str| format!("{{ issuer: '{name}', algorithms: [HS256], key: {{ secret: '{SECRET}' }} }}");
        let yaml = format!(
            "listen: 127.0.0.1:0\n\
             supergraph: {{ path: supergraph.graphql }}\n\
             bff: {{ path: clients }}\n\
             authentication:\n\
             \x20 jwt: {{ issuers: [{}, {}] }}\n\
             \x20 api_keys: {{ file: consumers.yaml }}\n\
             {more}\n",
            issuer("https://auth/"),
            issuer("https://other/"),
        );
        write(path, "weft.yaml", &yaml);
        let gold = if more.contains("gold") { "tier: gold" } else { "" };
        let consumers = format!(
            "consumers:\n\
             \x20 - {{ id: plain, keys: ['sha256:{}', 'sha256:{}'] }}\n\
             \x20 - {{ id: golden, keys: ['sha256:{}'], {gold} }}\n",
            sha256("plain"),
            sha256("plain-2"),
            sha256("gold"),
        );
        write(path, "consumers.yaml", &consumers);
        for (client, policy) in [("web", ""), ("vip", gold)] {
            write(path, &format!("clients/{client}/schema.graphql"), SCHEMA);
            write(path, &format!("clients/{client}/client.yaml"), policy);
            write(path, &format!("clients/{client}/operations/hello.graphql"), OPERATION);
        }
        let command = command(path, &["serve"]);
        let serving = tokio::task::spawn_blocking(move || Serving::start(command)).await.expect("it starts");
        let client = Client::builder().no_proxy().build().expect("a client");
        Self { serving, client, _backend: backend, _folder: folder }
    }

    pub async fn ask(&self, asked: &Asked) -> Answer {
        let url = format!("{}{}", self.serving.url, asked.path);
        let mut request = match &asked.query {
            Some(query) => {
                let request = self.client.post(url).header("content-type", "application/json");
                request.body(json!({ "query": query }).to_string())
            }
            None => self.client.get(url),
        };
        for (name, value) in &asked.headers {
            request = request.header(name, value);
        }
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, body: response.text().await.expect("a body") }
    }
}

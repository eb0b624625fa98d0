//! Tests of gRPC connectors against a service with every type, over a socket.

mod calls;
mod guarded;
mod hostile;
mod large;
mod problems;
mod service;
mod streams;
mod types;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use http::{HeaderMap, HeaderName, HeaderValue};
use prost::Message as _;
use serde_json::{Value as Json, json};
use tonic::Status;
use weft_federation::connect::grpc::{Descriptors, MessageDescriptor, encode};
use weft_federation::connect::mapping::parse_json;

use crate::connector::{Connectors, ConnectorsConfig, SourceConfig};
use crate::policy::Guards;
use crate::testing::Gateway;
use service::{Call, Messages};

const PROTO: &str = include_str!("types.proto");
const SDL: &str = include_str!("types.graphql");
const NAMES: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
  type Thing @key(fields: "id") { id: ID! name: String }"#;

fn files(name: &str) -> Option<Vec<u8>> {
    (name == "types.proto").then(|| PROTO.as_bytes().to_vec())
}

fn message(name: &str) -> MessageDescriptor {
    let descriptors = Descriptors::compile(&["types.proto".to_owned()], &files).expect("the test's own file");
    descriptors.pool().get_message_by_name(name).expect("the test's own message")
}

/// The bytes of a message of the test's file, given as JSON.
fn bytes(name: &str, json: &str) -> Bytes {
    let value = parse_json(json.as_bytes()).expect("JSON");
    encode(&value, &message(name)).expect("it fits").encode_to_vec().into()
}

fn once(answer: Result<Bytes, Status>) -> Messages {
    stream::iter([answer]).boxed()
}

fn never<T: Send + 'static>() -> BoxStream<'static, T> {
    stream::pending().boxed()
}

struct World {
    gateway: Gateway,
    connectors: Connectors,
}

impl World {
    /// A gateway before the service at `url`.
    fn new(url: &str, change: impl FnOnce(&mut SourceConfig)) -> Self {
        Self::of_all(&[("types", SDL.to_owned()), ("names", NAMES.to_owned())], url, change)
    }

    /// The same with a schema of the test's own.
    fn of(sdl: &str, url: &str, change: impl FnOnce(&mut SourceConfig)) -> Self {
        Self::of_all(&[("types", sdl.to_owned())], url, change)
    }

    fn of_all(subgraphs: &[(&str, String)], url: &str, change: impl FnOnce(&mut SourceConfig)) -> Self {
        let gateway = Gateway::composed(subgraphs, &|_, file| files(file));
        let mut all =
            SourceConfig { url: Some(url.to_owned()), timeout: Duration::from_secs(30), ..SourceConfig::default() };
        change(&mut all);
        let config = ConnectorsConfig { all, ..ConnectorsConfig::default() };
        let connectors =
            Connectors::new(&gateway.supergraph, &config, &Guards::default()).expect("a good configuration");
        Self { gateway, connectors }
    }

    async fn ask(&self, operation: &str, variables: &Json) -> Json {
        self.ask_with(operation, variables, &[]).await
    }

    async fn ask_with(&self, operation: &str, variables: &Json, headers: &[(&'static str, &str)]) -> Json {
        let headers = headers.iter().map(|(name, value)| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value of the test's own"))
        });
        let headers: HeaderMap = headers.collect();
        let text = self.gateway.run_on(&self.connectors, &headers, operation, &variables.to_string()).await;
        serde_json::from_str(&text).expect("JSON")
    }
}

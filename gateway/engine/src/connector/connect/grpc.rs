//! Owns gRPC calls: the channel, messages as bytes, metadata and deadlines.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes};
use http::HeaderMap;
use http::uri::PathAndQuery;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::MetadataMap;
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};
use tonic::{Request, Status};
use weft_federation::connect::grpc::{MethodDescriptor, decode};
use weft_federation::connect::mapping::Value;

use super::answer::{Payload, Reply};
use crate::connector::config::SourceConfig;
use crate::execute::{BackendStatus, ErrorOrigin, SubgraphError};

/// More values without JSON than this are not told of.
const MAX_PROBLEMS: usize = 20;

/// A gRPC service.
#[derive(Debug)]
pub struct GrpcClient {
    endpoint: Endpoint,
    config: SourceConfig,
    /// Made with the first call, since it needs the runtime that it is called on.
    channel: OnceLock<Channel>,
}

impl GrpcClient {
    /// A service at `http://host:port`. The error says what is wrong with the address.
    pub fn new(address: &str, config: &SourceConfig) -> Result<Self, String> {
        let endpoint = Endpoint::from_shared(address.to_owned())
            .map_err(|_| format!("its address \"{address}\" is no URL such as http://host:50051"))?;
        let endpoint = if endpoint.uri().scheme_str() == Some("https") {
            let tls = ClientTlsConfig::new().with_native_roots();
            endpoint.tls_config(tls).map_err(|error| format!("no TLS client can be built: {error}"))?
        } else {
            endpoint
        };
        let endpoint = endpoint
            .connect_timeout(config.connect_timeout)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(Duration::from_secs(30))
            .keep_alive_timeout(Duration::from_secs(10))
            .http2_adaptive_window(true);
        Ok(Self { endpoint, config: config.clone(), channel: OnceLock::new() })
    }

    pub fn config(&self) -> &SourceConfig {
        &self.config
    }

    fn channel(&self) -> Channel {
        self.channel.get_or_init(|| self.endpoint.connect_lazy()).clone()
    }
}

/// Calls a unary method; `left` is what remains of the request's time.
pub async fn send(
    client: &GrpcClient,
    method: &MethodDescriptor,
    message: Bytes,
    headers: HeaderMap,
    left: Duration,
    origin: &ErrorOrigin,
) -> Result<Reply, SubgraphError> {
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    let path = PathAndQuery::try_from(path)
        .map_err(|_| SubgraphError::internal("A gRPC method has a name that is no path."))?;
    let timeout = client.config.timeout.min(left);
    let mut request = Request::new(message);
    *request.metadata_mut() = MetadataMap::from_headers(headers);
    request.set_timeout(timeout);
    let mut grpc = tonic::client::Grpc::new(client.channel()).max_decoding_message_size(client.config.max_body);
    let call = async {
        grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        grpc.unary(request, path, Raw).await
    };
    let answer = tokio::time::timeout(timeout, call).await.map_err(|_| SubgraphError::timeout(origin))?;
    match answer {
        Ok(response) => {
            let headers = response.metadata().clone().into_headers();
            let (value, problems) = decode(response.get_ref(), &method.output())
                .map_err(|error| SubgraphError::malformed(origin, &error.to_string()))?;
            let problems = problems.iter().take(MAX_PROBLEMS).map(ToString::to_string).collect();
            let body = Payload::Value { value: Arc::new(value), problems };
            Ok(Reply { status: BackendStatus::Grpc(0), headers, body })
        }
        Err(status) if timed_out(&status) => Err(SubgraphError::timeout(origin)),
        Err(status) if is_of_transport(&status) => Err(SubgraphError::unavailable(origin)),
        Err(status) => Ok(failed(&status)),
    }
}

/// Whether the client itself gave up: it heeds the timeout that it sends, and may do so first.
fn timed_out(status: &Status) -> bool {
    let first = std::error::Error::source(status);
    std::iter::successors(first, |error| error.source()).any(|error| error.is::<tonic::TimeoutExpired>())
}

/// Whether the status was made here, since the connection failed: one that a service sent has no cause.
fn is_of_transport(status: &Status) -> bool {
    std::error::Error::source(status).is_some()
}

/// A failure as connectors' `errors` read it: `google.rpc.Status`.
fn failed(status: &Status) -> Reply {
    let value = Value::Object(vec![
        ("code".into(), Value::integer(i32::from(status.code()))),
        ("message".into(), Value::string(status.message().to_owned())),
        ("details".into(), Value::Array(vec![])),
    ]);
    Reply {
        status: BackendStatus::Grpc(i32::from(status.code())),
        headers: status.metadata().clone().into_headers(),
        body: Payload::Value { value: Arc::new(value), problems: Arc::default() },
    }
}

/// Messages stay bytes: they are encoded and decoded by their descriptors.
#[derive(Debug, Clone, Copy)]
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}

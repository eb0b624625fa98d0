//! Owns gRPC calls: messages as bytes, deadlines, limits, and what a status means.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes};
use http::HeaderMap;
use http::uri::PathAndQuery;
use tokio::time::Instant;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::MetadataMap;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status, Streaming};
use weft_federation::connect::grpc::{MethodDescriptor, decode, decode_status};
use weft_federation::connect::mapping::Value;

use super::answer::{Payload, Reply};
use super::channels::{Channels, Lease};
use super::offload::{Offload, of_message};
use crate::connector::config::SourceConfig;
use crate::connector::tls::system_grpc;
use crate::connector::unreachable::unreachable;
use crate::execute::{BackendStatus, ErrorOrigin, SubgraphError};
use crate::policy::{Again, Attempt, Effect, Guard, Verdict};

/// Connections for calls, and for streams, of one source.
const MAX_CONNECTIONS: usize = 8;
const MAX_STREAM_CONNECTIONS: usize = 64;

/// A connection with calls on it that has been silent for so long is asked whether it is there.
const PING_AFTER: Duration = Duration::from_secs(30);
/// For streams, which may be silent for long: common servers close a connection that is pinged more often than every
/// five minutes while nothing is sent on it. That its peer is there is seen to by TCP meanwhile.
const PING_STREAMS_AFTER: Duration = Duration::from_secs(310);
const PING_TIMEOUT: Duration = Duration::from_secs(10);
const TCP_KEEPALIVE: Duration = Duration::from_secs(30);

/// A gRPC service.
#[derive(Debug)]
pub struct GrpcClient {
    config: SourceConfig,
    guard: Arc<Guard>,
    calls: Channels,
    /// Apart, so that no number of subscriptions keeps a call waiting.
    streams: Channels,
    /// Where large messages are read.
    offload: Offload,
}

impl GrpcClient {
    /// A service at `http://host:port`. The error says what is wrong with the address.
    pub fn new(address: &str, config: &SourceConfig, guard: Arc<Guard>, offload: &Offload) -> Result<Self, String> {
        let endpoint = Endpoint::from_shared(address.to_owned())
            .map_err(|_| format!("its address \"{address}\" is no URL such as http://host:50051"))?;
        let endpoint = if endpoint.uri().scheme_str() == Some("https") {
            let tls = config.tls.as_ref().map_or_else(system_grpc, |own| own.grpc());
            endpoint.tls_config(tls).map_err(|error| format!("no TLS client can be built: {error}"))?
        } else {
            endpoint
        };
        let endpoint = endpoint
            .connect_timeout(config.connect_timeout)
            .tcp_nodelay(true)
            .tcp_keepalive(Some(TCP_KEEPALIVE))
            .keep_alive_timeout(PING_TIMEOUT)
            .http2_adaptive_window(true);
        Ok(Self {
            config: config.clone(),
            guard,
            calls: Channels::new(endpoint.clone().http2_keep_alive_interval(PING_AFTER), MAX_CONNECTIONS),
            streams: Channels::new(endpoint.http2_keep_alive_interval(PING_STREAMS_AFTER), MAX_STREAM_CONNECTIONS),
            offload: offload.clone(),
        })
    }

    pub fn config(&self) -> &SourceConfig {
        &self.config
    }

    pub fn guard(&self) -> &Arc<Guard> {
        &self.guard
    }

    fn grpc(&self, lease: &Lease) -> Grpc<Channel> {
        Grpc::new(lease.channel.clone()).max_decoding_message_size(self.config.max_body)
    }
}

/// What is called, and with what.
pub struct Call<'a> {
    pub client: &'a GrpcClient,
    pub method: &'a MethodDescriptor,
    pub message: Bytes,
    pub headers: HeaderMap,
    pub origin: &'a ErrorOrigin,
}

impl<'a> Call<'a> {
    /// Calls a unary method, as often as that is needed and allowed, by the client's deadline.
    pub async fn send(self, effect: Effect, deadline: Instant) -> Result<Reply, SubgraphError> {
        self.check()?;
        self.client.guard.call(effect, deadline, self.origin, |end| self.attempt(end)).await
    }

    async fn attempt(&self, end: Instant) -> Attempt<Reply> {
        let (mut request, path) = match self.request() {
            Ok(request) => request,
            Err(error) => return Attempt { result: Err(error), verdict: Verdict::Answered },
        };
        // The service is told how much time there is.
        request.set_timeout(end.saturating_duration_since(Instant::now()));
        let lease = self.client.calls.lease();
        let mut grpc = self.client.grpc(&lease);
        let call = async {
            grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
            grpc.unary(request, path, Raw).await
        };
        match call.await {
            Ok(response) => {
                let headers = response.metadata().clone().into_headers();
                let received = received(response.into_inner(), headers, &self.client.offload, self.method, self.origin);
                Attempt { result: received.await, verdict: Verdict::Answered }
            }
            // Whoever waits has the same time, and knows whether that was much.
            Err(status) if matches!(cause(&status), Cause::Timeout) => pending().await,
            Err(status) => {
                let verdict = verdict(&status);
                Attempt { result: failed(&status, self.client, self.method, self.origin), verdict }
            }
        }
    }

    /// Calls a method that streams its responses. There is no deadline: a stream may be silent for as long as it likes,
    /// before its first message too.
    pub async fn open(self) -> Result<Messages<'a>, SubgraphError> {
        self.check()?;
        self.client.guard.check(self.origin)?;
        let (request, path) = self.request()?;
        let Call { client, method, origin, .. } = self;
        let lease = client.streams.lease();
        let mut grpc = client.grpc(&lease);
        let stream = async {
            grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
            grpc.server_streaming(request, path, Raw).await
        };
        let state = match stream.await {
            Ok(response) => {
                let headers = response.metadata().clone().into_headers();
                State::Open { stream: Box::new(response.into_inner()), headers, _lease: lease }
            }
            Err(status) => State::Failed(Box::new(status)),
        };
        Ok(Messages { client, method, origin, state })
    }

    /// Refuses a message that is larger than what is sent.
    fn check(&self) -> Result<(), SubgraphError> {
        let (size, limit) = (self.message.len(), self.client.config.max_request);
        if size > limit {
            let message = format!(
                "The request to the subgraph \"{}\" cannot be made: its message has {size} bytes, and at most {limit} are sent.",
                self.origin.service
            );
            return Err(SubgraphError::new(self.origin, "BAD_USER_INPUT", message));
        }
        Ok(())
    }

    fn request(&self) -> Result<(Request<Bytes>, PathAndQuery), SubgraphError> {
        let path = format!("/{}/{}", self.method.parent_service().full_name(), self.method.name());
        let path = PathAndQuery::try_from(path)
            .map_err(|_| SubgraphError::internal("A gRPC method has a name that is no path."))?;
        let mut request = Request::new(self.message.clone());
        *request.metadata_mut() = MetadataMap::from_headers(self.headers.clone());
        Ok((request, path))
    }
}

/// What a status says of the service, as the table in the documentation has it. Who asks for the wrong thing is no failure of it.
fn verdict(status: &Status) -> Verdict {
    match cause(status) {
        Cause::Transport => return Verdict::Failed(Again::Reads { after: None }),
        Cause::TooLarge => return Verdict::Answered,
        Cause::Timeout | Cause::Service => {}
    }
    match status.code() {
        Code::Unavailable => Verdict::Failed(pushback(status)),
        Code::DeadlineExceeded | Code::Internal | Code::Unknown => Verdict::Failed(Again::None),
        Code::Ok
        | Code::Cancelled
        | Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::ResourceExhausted
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unimplemented
        | Code::DataLoss
        | Code::Unauthenticated => Verdict::Answered,
    }
}

/// When a service wants to be asked again (gRPC's proposal A6): a number below zero, or none at all, is never.
fn pushback(status: &Status) -> Again {
    match status.metadata().get("grpc-retry-pushback-ms") {
        None => Again::Reads { after: None },
        Some(value) => match value.to_str().ok().and_then(|text| text.parse().ok()) {
            Some(milliseconds) => Again::Reads { after: Some(Duration::from_millis(milliseconds)) },
            None => Again::None,
        },
    }
}

/// The messages of a stream. Dropping it resets the call.
pub struct Messages<'a> {
    client: &'a GrpcClient,
    method: &'a MethodDescriptor,
    origin: &'a ErrorOrigin,
    state: State,
}

enum State {
    Open {
        stream: Box<Streaming<Bytes>>,
        headers: HeaderMap,
        _lease: Lease,
    },
    /// It failed before its first message, which is told in its turn.
    Failed(Box<Status>),
    Ended,
}

impl Messages<'_> {
    /// The next message, or the status that the stream failed with; `None` at its end.
    pub async fn next(&mut self) -> Option<Result<Reply, SubgraphError>> {
        let status = match &mut self.state {
            State::Open { stream, headers, .. } => match stream.message().await {
                Ok(Some(message)) => {
                    let headers = headers.clone();
                    return Some(received(message, headers, &self.client.offload, self.method, self.origin).await);
                }
                Ok(None) => None,
                Err(status) => Some(Box::new(status)),
            },
            State::Failed(_) | State::Ended => match std::mem::replace(&mut self.state, State::Ended) {
                State::Failed(status) => Some(status),
                State::Open { .. } | State::Ended => None,
            },
        };
        self.state = State::Ended;
        status.map(|status| failed(&status, self.client, self.method, self.origin))
    }
}

async fn received(
    message: Bytes,
    headers: HeaderMap,
    offload: &Offload,
    method: &MethodDescriptor,
    origin: &ErrorOrigin,
) -> Result<Reply, SubgraphError> {
    let (size, descriptor) = (message.len(), method.output());
    let decoded = offload.run(of_message(size), move || decode(&message, &descriptor)).await?;
    let value = decoded.map_err(|error| SubgraphError::malformed(origin, &error.to_string()))?;
    Ok(Reply { status: BackendStatus::Grpc(0), headers, body: Payload::Value { value: Arc::new(value), size } })
}

/// A status that a service sent is a reply; one that was made here is an error of its own.
fn failed(
    status: &Status,
    client: &GrpcClient,
    method: &MethodDescriptor,
    origin: &ErrorOrigin,
) -> Result<Reply, SubgraphError> {
    match cause(status) {
        Cause::Timeout => Err(SubgraphError::timeout(origin)),
        Cause::Transport => Err(unreachable(origin, status)),
        Cause::TooLarge => {
            let limit = client.config.max_body;
            Err(SubgraphError::malformed(origin, &format!("it is larger than {limit} bytes")))
        }
        Cause::Service => {
            // `google.rpc.Status`, which is what connectors' `errors` read.
            let details = decode_status(status.details(), method.parent_pool());
            let value = Value::Object(vec![
                ("code".into(), Value::integer(i32::from(status.code()))),
                ("message".into(), Value::string(status.message().to_owned())),
                ("details".into(), details),
            ]);
            Ok(Reply {
                status: BackendStatus::Grpc(i32::from(status.code())),
                headers: status.metadata().clone().into_headers(),
                body: Payload::Value { value: Arc::new(value), size: status.details().len() },
            })
        }
    }
}

/// Who made a status.
enum Cause {
    /// The client heeds the timeout that it sends, and may do so before anybody else.
    Timeout,
    /// The connection failed: a status that a service sent has no cause.
    Transport,
    /// The client refused to read the message.
    TooLarge,
    Service,
}

fn cause(status: &Status) -> Cause {
    let first = std::error::Error::source(status);
    if std::iter::successors(first, |error| error.source()).any(|error| error.is::<tonic::TimeoutExpired>()) {
        Cause::Timeout
    } else if first.is_some() {
        Cause::Transport
    } else if status.code() == Code::OutOfRange && status.message().contains("decoded message length too large") {
        // Only its words tell; a test has them said.
        Cause::TooLarge
    } else {
        Cause::Service
    }
}

/// Messages stay bytes: they are encoded and decoded by their descriptors.
#[derive(Debug, Clone, Copy)]
pub(super) struct Raw;

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

//! Asking services that have reflection of either version, or none, and that tell too much, too little or something else.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Request as HttpRequest, Response as HttpResponse};
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{BoxStream, StreamExt};
use prost_types::FileDescriptorSet;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tonic::server::{Grpc, StreamingService};
use tonic::{Response, Streaming};
use tonic_reflection::pb::v1::{ErrorResponse, FileDescriptorResponse, ListServiceResponse, ServiceResponse};

use super::*;

/// What a service says to a question; nothing, for as long as anybody waits, or an answer.
type Say = fn(&MessageRequest) -> Option<Result<MessageResponse, Status>>;

#[derive(Clone)]
struct Service {
    /// The versions that it has.
    paths: &'static [&'static str],
    say: Say,
    asked: Arc<Mutex<Vec<MessageRequest>>>,
}

struct Running {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<MessageRequest>>>,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Running {
    async fn start(paths: &'static [&'static str], say: Say) -> Self {
        let asked = Arc::<Mutex<Vec<MessageRequest>>>::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it listens");
        let router = Router::new().fallback(handle).with_state(Service { paths, say, asked: Arc::clone(&asked) });
        let task = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { address, asked, task }
    }

    async fn ask(&self, limits: Limits) -> Result<Told, ReflectionError> {
        ask_within(&format!("http://{}", self.address), limits).await
    }
}

async fn handle(State(service): State<Service>, request: HttpRequest<Body>) -> HttpResponse<tonic::body::Body> {
    if !service.paths.contains(&request.uri().path()) {
        return Status::unimplemented("no such service").into_http();
    }
    let codec = ProstCodec::<ServerReflectionResponse, ServerReflectionRequest>::default();
    Grpc::new(codec).streaming(service, request).await
}

impl StreamingService<ServerReflectionRequest> for Service {
    type Response = ServerReflectionResponse;
    type ResponseStream = BoxStream<'static, Result<ServerReflectionResponse, Status>>;
    type Future = BoxFuture<'static, Result<Response<Self::ResponseStream>, Status>>;

    fn call(&mut self, request: Request<Streaming<ServerReflectionRequest>>) -> Self::Future {
        let Self { say, asked, .. } = self.clone();
        let answers = request.into_inner().then(move |question| {
            let question = question.ok().and_then(|question| question.message_request).expect("a question");
            let said = say(&question);
            asked.lock().expect("no panic before").push(question);
            async move {
                let Some(answer) = said else { return std::future::pending().await };
                let message_response = Some(answer?);
                Ok(ServerReflectionResponse { message_response, ..ServerReflectionResponse::default() })
            }
        });
        async { Ok(Response::new(answers.boxed())) }.boxed()
    }
}

fn listed(names: &[&str]) -> MessageResponse {
    let service = names.iter().map(|name| ServiceResponse { name: (*name).to_owned() }).collect();
    MessageResponse::ListServicesResponse(ListServiceResponse { service })
}

fn files(files: &[(&str, &[&str])]) -> MessageResponse {
    let files = files.iter().map(|(name, imports)| {
        let dependency = imports.iter().map(|import| (*import).to_owned()).collect();
        let file = FileDescriptorProto { name: Some((*name).to_owned()), dependency, ..FileDescriptorProto::default() };
        file.encode_to_vec()
    });
    MessageResponse::FileDescriptorResponse(FileDescriptorResponse { file_descriptor_proto: files.collect() })
}

fn refused(why: &str) -> MessageResponse {
    MessageResponse::ErrorResponse(ErrorResponse { error_code: 5, error_message: why.to_owned() })
}

/// Two services, and the file that both import.
fn good(question: &MessageRequest) -> Option<Result<MessageResponse, Status>> {
    Some(Ok(match question {
        MessageRequest::ListServices(_) => listed(&["a.A", "b.B", "grpc.reflection.v1.ServerReflection"]),
        MessageRequest::FileContainingSymbol(name) if name == "a.A" => files(&[("a.proto", &["ids.proto"])]),
        MessageRequest::FileContainingSymbol(name) if name == "b.B" => files(&[("b.proto", &["ids.proto"])]),
        MessageRequest::FileByFilename(name) if name == "ids.proto" => files(&[("ids.proto", &[])]),
        other => refused(&format!("nobody asks {other:?}")),
    }))
}

/// As [`good`], but it has no descriptor of one of the two.
fn half(question: &MessageRequest) -> Option<Result<MessageResponse, Status>> {
    match question {
        MessageRequest::FileContainingSymbol(name) if name == "b.B" => Some(Ok(refused("unknown symbol"))),
        other => good(other),
    }
}

/// Says `instead` to all but the question what services there are.
fn listing(question: &MessageRequest, instead: Result<MessageResponse, Status>) -> Result<MessageResponse, Status> {
    match question {
        MessageRequest::ListServices(_) => Ok(listed(&["a.A"])),
        _ => instead,
    }
}

const V1_PATHS: &[&str] = &[V1];
const ALPHA_PATHS: &[&str] = &[V1_ALPHA];

#[tokio::test]
async fn services_are_asked_in_the_version_that_they_have() {
    let ids = ["ids.proto", "a.proto", "b.proto"];
    /// The versions that there are, what is said, the files that come of it, and the services that are left out, with why.
    type Case<'a> = (&'static [&'static str], Say, &'a [&'a str], &'a [(&'a str, &'a str)]);
    let cases: [Case<'_>; 5] = [
        (V1_PATHS, good, &ids, &[]),
        (ALPHA_PATHS, good, &ids, &[]),
        (&[V1, V1_ALPHA], good, &ids, &[]),
        (V1_PATHS, half, &ids[..2], &[("b.B", "unknown symbol")]),
        (ALPHA_PATHS, |question| Some(listing(question, Ok(refused("no")))), &[], &[("a.A", "no")]),
    ];
    for (paths, say, expected, left_out) in cases {
        let service = Running::start(paths, say).await;
        let Told { set, refused } = service.ask(LIMITS).await.unwrap_or_else(|error| panic!("{paths:?}: {error}"));
        let set = FileDescriptorSet::decode(set.as_slice()).expect("it is a set");
        let names: Vec<&str> = set.file.iter().map(FileDescriptorProto::name).collect();
        assert_eq!(names.len(), expected.len(), "{names:?}");
        assert!(expected.iter().all(|name| names.contains(name)), "{names:?}");
        assert_eq!(names.first(), expected.first(), "what others import comes first");
        let refused: Vec<(&str, &str)> = refused.iter().map(|(name, why)| (name.as_str(), why.as_str())).collect();
        assert_eq!(refused, left_out, "{paths:?}");
        // One question what there is, one for each service, and one for the file that both import.
        let asked = service.asked.lock().expect("no panic before").clone();
        let files = asked.iter().filter(|it| matches!(it, MessageRequest::FileByFilename(_))).count();
        assert!(files <= 1, "{asked:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_used_is_told() {
    const SMALL: Limits = Limits { total: 40, ..LIMITS };
    let cases: [(&'static [&'static str], Say, Limits, &str); 9] = [
        (&[], good, LIMITS, "it has no server reflection"),
        (V1_PATHS, |_| Some(Err(Status::unimplemented("not here"))), LIMITS, "it has no server reflection"),
        (V1_PATHS, |_| Some(Err(Status::permission_denied("who are you?"))), LIMITS, "who are you?"),
        (V1_PATHS, |_| Some(Ok(refused("closed"))), LIMITS, "it says: closed"),
        (V1_PATHS, |_| Some(Ok(files(&[]))), LIMITS, "not what was asked for"),
        (V1_PATHS, |question| Some(listing(question, Ok(listed(&[])))), LIMITS, "not what was asked for"),
        (V1_PATHS, |question| Some(listing(question, Ok(broken()))), LIMITS, "a descriptor of it cannot be read"),
        // Three files of 18 to 20 bytes.
        (V1_PATHS, good, SMALL, "its descriptors are more than"),
        (V1_PATHS, good, Limits { answer: 16, ..LIMITS }, "message length too large"),
    ];
    for (paths, say, limits, expected) in cases {
        let service = Running::start(paths, say).await;
        let told = service.ask(limits).await.map(|told| told.refused).expect_err(expected).to_string();
        assert!(told.contains(expected), "{expected}: {told}");
    }
}

/// The total is one of all files: none of them need be large.
#[tokio::test]
async fn a_service_that_tells_of_files_without_end_is_cut_off() {
    let endless: Say = |question| match question {
        MessageRequest::FileByFilename(name) => {
            let next = format!("x{name}");
            Some(Ok(files(&[(name, &[&next])])))
        }
        question => Some(listing(question, Ok(files(&[("a.proto", &["b.proto"])])))),
    };
    let service = Running::start(V1_PATHS, endless).await;
    let told = service.ask(Limits { total: 10_000, ..LIMITS }).await.expect_err("it has no end");
    assert!(matches!(told, ReflectionError::TooLarge(10_000)), "{told}");
}

#[tokio::test]
async fn a_service_that_is_silent_is_given_up() {
    let service = Running::start(V1_PATHS, |_| None).await;
    let told = service.ask(Limits { time: Duration::from_millis(50), ..LIMITS }).await.expect_err("it is silent");
    assert!(matches!(told, ReflectionError::Late(_)), "{told}");
}

fn broken() -> MessageResponse {
    MessageResponse::FileDescriptorResponse(FileDescriptorResponse { file_descriptor_proto: vec![vec![0xff]] })
}

#[test]
fn files_come_after_those_that_they_import_however_long_the_chain() {
    const COUNT: usize = 100_000;
    let file = |at: usize| {
        let name = format!("{at:06}.proto");
        // The last one leads back to the first, which no valid set does.
        let imports = vec![format!("{:06}.proto", (at + 1) % COUNT)];
        let bytes = FileDescriptorProto { name: Some(name.clone()), ..FileDescriptorProto::default() };
        (name, File { bytes: bytes.encode_to_vec(), imports })
    };
    let set = set_of(&(0..COUNT).map(file).collect());
    let set = FileDescriptorSet::decode(set.as_slice()).expect("it is a set");
    let names: Vec<&str> = set.file.iter().map(FileDescriptorProto::name).collect();
    assert_eq!(names.len(), COUNT);
    assert_eq!((names.first(), names.last()), (Some(&"099999.proto"), Some(&"000000.proto")));
}

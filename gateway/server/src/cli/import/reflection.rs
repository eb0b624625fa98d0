//! Owns asking a running gRPC service for its descriptors: `grpc.reflection.v1`, or v1alpha where there is only that.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use prost::Message as _;
use prost_types::FileDescriptorProto;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};
use weft_federation::import::proto::is_about_server;

/// How much a service may tell, and in what time.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// For all its answers.
    time: Duration,
    /// The largest answer, in bytes.
    answer: usize,
    /// What all descriptors may be together, in bytes.
    total: usize,
}

const LIMITS: Limits = Limits { time: Duration::from_secs(60), answer: 64 << 20, total: 256 << 20 };

/// The two versions of the service. Their messages are the same.
const V1: &str = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
const V1_ALPHA: &str = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

/// Why there are no descriptors, in words that follow "does not tell its services:".
#[derive(Debug, thiserror::Error)]
pub enum ReflectionError {
    #[error("{0} is no URL such as http://host:50051")]
    Address(String),
    #[error("{}", innermost(.0))]
    Transport(#[from] tonic::transport::Error),
    #[error("it has no server reflection; import its .proto files instead")]
    Unimplemented,
    #[error("{}", .0.message())]
    Status(#[from] Box<Status>),
    #[error("it says: {0}")]
    Refused(String),
    #[error("its answer is not what was asked for")]
    OtherAnswer,
    #[error("a descriptor of it cannot be read: {0}")]
    Descriptor(#[from] prost::DecodeError),
    #[error("its descriptors are more than {} MB", .0 >> 20)]
    TooLarge(usize),
    #[error("it took longer than {} seconds", .0.as_secs())]
    Late(Duration),
    #[error("cannot start: {0}")]
    Start(#[from] std::io::Error),
}

/// The cause that people understand is the last one: "connection refused", not "transport error".
fn innermost(error: &tonic::transport::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// What a service tells of itself.
#[derive(Debug)]
pub struct Told {
    /// The descriptor set of all services, each file after those that it imports.
    pub set: Vec<u8>,
    /// The services that it has no descriptor of, with what it says of them.
    pub refused: Vec<(String, String)>,
}

/// Asks the service at `url`. Blocks.
pub fn ask_for_descriptors(url: &str) -> Result<Told, ReflectionError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(ask_within(url, LIMITS))
}

async fn ask_within(url: &str, limits: Limits) -> Result<Told, ReflectionError> {
    let read = tokio::time::timeout(limits.time, read_all(url, limits)).await;
    let (files, refused) = read.unwrap_or(Err(ReflectionError::Late(limits.time)))?;
    Ok(Told { set: set_of(&files), refused })
}

/// A file as it came, with the names of those that it imports.
#[derive(Debug)]
struct File {
    bytes: Vec<u8>,
    imports: Vec<String>,
}

type Read = (HashMap<String, File>, Vec<(String, String)>);

async fn read_all(url: &str, limits: Limits) -> Result<Read, ReflectionError> {
    let mut endpoint = Endpoint::from_shared(url.to_owned()).map_err(|_| ReflectionError::Address(url.to_owned()))?;
    if endpoint.uri().scheme_str() == Some("https") {
        endpoint = endpoint.tls_config(ClientTlsConfig::new().with_native_roots())?;
    }
    let channel = endpoint.connect().await?;
    let list = || MessageRequest::ListServices(String::new());
    let ask = |path, request| ask(&channel, path, request, limits.answer);
    let (version, listed) = match ask(V1, list()).await {
        Err(ReflectionError::Unimplemented) => (V1_ALPHA, ask(V1_ALPHA, list()).await?),
        answer => (V1, answer?),
    };
    let MessageResponse::ListServicesResponse(listed) = listed else { return Err(ReflectionError::OtherAnswer) };
    let mut files: HashMap<String, File> = HashMap::new();
    let names = listed.service.into_iter().map(|service| service.name).filter(|name| !is_about_server(name));
    let mut waiting: Vec<MessageRequest> = names.map(MessageRequest::FileContainingSymbol).collect();
    let (mut refused, mut total) = (vec![], 0);
    // Files that were asked for by name: one that comes under another is not asked for again and again.
    let mut asked: HashSet<String> = HashSet::new();
    while let Some(request) = waiting.pop() {
        if let MessageRequest::FileByFilename(name) = &request
            && (files.contains_key(name) || !asked.insert(name.clone()))
        {
            continue;
        }
        let service = match &request {
            MessageRequest::FileContainingSymbol(name) => Some(name.clone()),
            _ => None,
        };
        let answer = match (ask(version, request).await, service) {
            (Ok(MessageResponse::FileDescriptorResponse(answer)), _) => answer,
            // The other services can be imported without it.
            (Err(ReflectionError::Refused(why)), Some(service)) => {
                refused.push((service, why));
                continue;
            }
            (Ok(_), _) => return Err(ReflectionError::OtherAnswer),
            (Err(error), _) => return Err(error),
        };
        for bytes in answer.file_descriptor_proto {
            total += bytes.len();
            if total > limits.total {
                return Err(ReflectionError::TooLarge(limits.total));
            }
            let file = FileDescriptorProto::decode(bytes.as_slice())?;
            waiting.extend(file.dependency.iter().cloned().map(MessageRequest::FileByFilename));
            let name = file.name().to_owned();
            files.insert(name, File { bytes, imports: file.dependency });
        }
    }
    Ok((files, refused))
}

/// One question, on a stream of its own.
async fn ask(
    channel: &Channel,
    path: &'static str,
    request: MessageRequest,
    max_answer: usize,
) -> Result<MessageResponse, ReflectionError> {
    let request = ServerReflectionRequest { host: String::new(), message_request: Some(request) };
    let mut grpc = tonic::client::Grpc::new(channel.clone()).max_decoding_message_size(max_answer);
    grpc.ready().await?;
    let codec = ProstCodec::<ServerReflectionRequest, ServerReflectionResponse>::default();
    let requests = Request::new(futures_util::stream::iter([request]));
    let answer = async {
        let response = grpc.streaming(requests, PathAndQuery::from_static(path), codec).await?;
        response.into_inner().message().await
    };
    match answer.await {
        Err(status) if status.code() == Code::Unimplemented => Err(ReflectionError::Unimplemented),
        Err(status) => Err(Box::new(status).into()),
        Ok(answer) => match answer.and_then(|answer| answer.message_response) {
            Some(MessageResponse::ErrorResponse(error)) => Err(ReflectionError::Refused(error.error_message)),
            Some(answer) => Ok(answer),
            None => Err(ReflectionError::OtherAnswer),
        },
    }
}

/// The files as one set, each after those that it imports. Their bytes stay as they came, with options that are not known
/// here.
fn set_of(files: &HashMap<String, File>) -> Vec<u8> {
    let mut names: Vec<&String> = files.keys().collect();
    names.sort();
    let (mut set, mut done) = (vec![], HashSet::new());
    for name in names {
        push(files, name, &mut done, &mut set);
    }
    set
}

/// Appends a file after those that it imports. The stack is not the program's own: a service says how long its chains of
/// imports are.
fn push<'f>(files: &'f HashMap<String, File>, name: &'f str, done: &mut HashSet<&'f str>, set: &mut Vec<u8>) {
    let mut open = vec![];
    let enter = |name: &'f str, done: &mut HashSet<&'f str>| files.get(name).filter(|_| done.insert(name));
    open.extend(enter(name, done).map(|file| (file, file.imports.iter())));
    while let Some((file, imports)) = open.last_mut() {
        if let Some(import) = imports.next() {
            open.extend(enter(import, done).map(|file| (file, file.imports.iter())));
            continue;
        }
        // Field 1 of FileDescriptorSet, which is of bytes.
        prost::encoding::encode_key(1, prost::encoding::WireType::LengthDelimited, set);
        prost::encoding::encode_varint(file.bytes.len() as u64, set);
        set.extend_from_slice(&file.bytes);
        open.pop();
    }
}

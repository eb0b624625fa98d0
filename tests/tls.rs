//! Services behind TLS, black box: the built binary trusts the authority that `SSL_CERT_FILE` or its configuration names, and no
//! other, and shows a certificate of its own where it has one.

mod support;

use std::path::Path;
use std::pin::Pin;
use std::process::Command;

use axum::routing::get;
use futures_util::Stream;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::service::Routes;
use tonic::transport::{Certificate, Identity, Server, ServerTlsConfig};
use tonic::{Request, Response, Status};
use weft_subgraphs::orders::proto::order_service_server::{OrderService, OrderServiceServer};
use weft_subgraphs::orders::proto::{ByUsers, Create, DESCRIPTORS, Id, Ids, Order, Orders};

use support::process::{Serving, command};

/// An authority that nobody knows but who has its certificate.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its certificate, as PEM.
    certificate: String,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).expect("it signs itself").pem();
        Self { issuer: Issuer::new(params, key), certificate }
    }

    /// A key and a certificate for a host.
    fn identity(&self, host: &str) -> Identity {
        let (certificate, key) = self.signed(host);
        Identity::from_pem(certificate, key)
    }

    /// A certificate for a host or for who calls, and its key.
    fn signed(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new([name.to_owned()]).expect("a name");
        let certificate = params.signed_by(&key, &self.issuer).expect("it is signed");
        (certificate.pem(), key.serialize_pem())
    }
}

/// Answers each batch with the orders that it asks for.
struct Service;

type Watched = Pin<Box<dyn Stream<Item = Result<Order, Status>> + Send>>;

#[tonic::async_trait]
impl OrderService for Service {
    async fn batch_get(&self, request: Request<Ids>) -> Result<Response<Orders>, Status> {
        let orders = request.into_inner().ids.into_iter().map(|id| Order { id, ..Order::default() });
        Ok(Response::new(Orders { orders: orders.collect() }))
    }

    async fn list_by_users(&self, _: Request<ByUsers>) -> Result<Response<Orders>, Status> {
        Err(Status::unimplemented("not asked here"))
    }

    async fn create_order(&self, _: Request<Create>) -> Result<Response<Order>, Status> {
        Err(Status::unimplemented("not asked here"))
    }

    type WatchStream = Watched;

    async fn watch(&self, _: Request<Id>) -> Result<Response<Watched>, Status> {
        Err(Status::unimplemented("not asked here"))
    }
}

/// A service with reflection that shows this identity: its address, and what stops it.
async fn start(identity: Identity) -> (String, JoinHandle<()>) {
    start_with(ServerTlsConfig::new().identity(identity)).await
}

/// A service that speaks REST too, at `/greeting`.
async fn start_with(tls: ServerTlsConfig) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("https://localhost:{}", listener.local_addr().expect("it listens").port());
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(DESCRIPTORS)
        .build_v1()
        .expect("a valid descriptor set");
    let services = Routes::new(OrderServiceServer::new(Service)).add_service(reflection);
    let router = services.into_axum_router().route("/greeting", get(|| async { r#"{"text":"hello"}"# }));
    let server = Server::builder()
        .tls_config(tls)
        .expect("a key and its certificate")
        .add_routes(Routes::from(router))
        .serve_with_incoming(TcpListenerStream::new(listener));
    (address, tokio::spawn(async move { server.await.expect("it serves") }))
}

/// Runs a command that trusts the authorities in this file, and gives its exit code and what it says.
async fn weft(folder: &Path, arguments: &[&str], trusted: &Path) -> (Option<i32>, String) {
    let mut command = command(folder, arguments);
    command.env("SSL_CERT_FILE", trusted).env_remove("SSL_CERT_DIR");
    let run = move || command.output().expect("the binary runs");
    let output = tokio::task::spawn_blocking(run).await.expect("no panic");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

async fn ask(folder: &Path, trusted: &Path) -> Value {
    let mut command = command(folder, &["serve", "-s", "s.graphql", "--listen", "127.0.0.1:0"]);
    command.env("SSL_CERT_FILE", trusted).env_remove("SSL_CERT_DIR");
    ask_of(command, r#"{ batchGet(ids: ["o1"]) { orders { id } } }"#).await
}

/// What a gateway that is started so answers.
async fn ask_of(command: Command, query: &str) -> Value {
    let start = move || Serving::start(command);
    let serving = tokio::task::spawn_blocking(start).await.expect("it serves");
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let request = client.post(format!("{}/graphql", serving.url)).header("content-type", "application/json");
    let request = request.body(json!({ "query": query }).to_string());
    let body = request.send().await.expect("an answer").bytes().await.expect("a body");
    serde_json::from_slice(&body).expect("JSON")
}

#[tokio::test]
async fn a_service_is_trusted_by_its_authority_and_its_name() {
    let (own, other) = (Authority::new(), Authority::new());
    let authorities = tempfile::tempdir().expect("a folder");
    let trusted = |name: &str, authority: &Authority| {
        let file = authorities.path().join(name);
        std::fs::write(&file, &authority.certificate).expect("a file");
        file
    };
    let (own_file, other_file) = (trusted("own.pem", &own), trusted("other.pem", &other));
    let data = json!({"data":{"batchGet":{"orders":[{"id":"o1"}]}}});
    // Who signed, for which host, whom the gateway trusts, and whether that goes well.
    let cases = [
        (&own, "localhost", &own_file, true),
        (&own, "localhost", &other_file, false),
        (&other, "localhost", &own_file, false),
        (&own, "elsewhere.example", &own_file, false),
    ];
    // What the trusted one says of itself is true of all.
    let mut known: Option<(String, String, Vec<u8>)> = None;
    for (authority, host, file, is_trusted) in cases {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path();
        let (sdl, set) = (path.join("api.graphql"), path.join("api.binpb"));
        let (address, service) = start(authority.identity(host)).await;
        let what = format!("{host} {}", file.display());
        let (code, told) = weft(path, &["import", "reflect", &address, "-o", "api.graphql"], file).await;
        assert_eq!(code, Some(i32::from(!is_trusted)), "{what}: {told}");
        match &known {
            None => {
                let text = std::fs::read_to_string(&sdl).expect("the SDL");
                known = Some((address, text, std::fs::read(&set).expect("the descriptors")));
            }
            Some((first, text, descriptors)) => {
                assert!(told.contains("certificate"), "{what}: {told}");
                std::fs::write(&sdl, text.replace(first, &address)).expect("a file");
                std::fs::write(&set, descriptors).expect("a file");
            }
        }
        std::fs::write(path.join("s.yaml"), "subgraphs:\n  api:\n    schema:\n      file: api.graphql\n")
            .expect("a file");
        let (code, told) = weft(path, &["compose", "--config", "s.yaml", "-o", "s.graphql"], file).await;
        assert_eq!(code, Some(0), "{told}");
        let answer = ask(path, file).await;
        if is_trusted {
            assert_eq!(answer, data, "{what}");
        } else {
            assert_eq!(answer["data"], json!({"batchGet":null}), "{what}: {answer}");
            assert_eq!(answer["errors"][0]["extensions"]["code"], "SUBREQUEST_UNAVAILABLE", "{what}: {answer}");
        }
        service.abort();
    }
}

/// For REST and gRPC alike, per source: `tls` in `weft.yaml` says whom to trust and what to show.
#[tokio::test]
async fn configuration_says_whom_to_trust_and_what_to_show() {
    const SDL: &str = r#"
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12")
  @link(url: "https://specs.apollo.dev/connect/v0.3", import: ["@source", "@connect"])
  @link(url: "https://specs.weft.dev/connect/v0.1")
  @source(name: "rest", http: { baseURL: "ADDRESS" })
  @source(name: "orders", grpc: { address: "ADDRESS", service: "orders.v1.OrderService", proto: ["orders.proto"] })
type Query {
  greeting: String @connect(source: "rest", http: { GET: "/greeting" }, selection: "$.text")
  order: ID @connect(source: "orders", grpc: { method: "BatchGet", body: "ids: $(['o1'])" }, selection: "$.orders->first.id")
}
"#;
    let (own, other) = (Authority::new(), Authority::new());
    let shown = own.signed("gateway");
    let strange = other.signed("gateway");
    let files = [
        ("own.pem", &own.certificate),
        ("other.pem", &other.certificate),
        ("gateway.pem", &shown.0),
        ("gateway.key", &shown.1),
        ("strange.pem", &strange.0),
        ("strange.key", &strange.1),
    ];
    let tls = ServerTlsConfig::new().identity(own.identity("localhost"));
    let (open, _open) = start_with(tls.clone()).await;
    let (asking, _asking) = start_with(tls.client_ca_root(Certificate::from_pem(&own.certificate))).await;
    let (reached, refused) = (json!({"greeting":"hello","order":"o1"}), json!({"greeting":null,"order":null}));
    let cases = [
        (&open, "all: { tls: { ca: certs/own.pem } }", &reached),
        (&open, "all: { tls: { ca: certs/other.pem } }", &refused),
        (&open, "all: { tls: { ca: certs/other.pem } }, subgraphs: { api: { tls: { ca: certs/own.pem } } }", &reached),
        (
            &open,
            "all: { tls: { ca: certs/other.pem } }, sources: { api.rest: { tls: { ca: certs/own.pem } }, api.orders: { tls: { ca: certs/own.pem } } }",
            &reached,
        ),
        (&asking, "all: { tls: { ca: certs/own.pem } }", &refused),
        (
            &asking,
            "all: { tls: { ca: certs/own.pem, certificate: certs/gateway.pem, key: certs/gateway.key } }",
            &reached,
        ),
        (
            &asking,
            "all: { tls: { ca: certs/own.pem, certificate: certs/strange.pem, key: certs/strange.key } }",
            &refused,
        ),
    ];
    for (address, traffic, expected) in cases {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path();
        std::fs::create_dir_all(path.join("etc/certs")).expect("a folder");
        for (name, text) in files {
            std::fs::write(path.join("etc/certs").join(name), text).expect("a file");
        }
        let yaml = "subgraphs:\n  api:\n    schema: { file: api.graphql }\n";
        let config = format!("traffic: {{ {traffic} }}\n");
        for (name, text) in [
            ("api.graphql", SDL.replace("ADDRESS", address).as_str()),
            ("orders.proto", include_str!("../schemas/orders.proto")),
            ("s.yaml", yaml),
            // Paths in it are relative to it.
            ("etc/weft.yaml", &config),
        ] {
            std::fs::write(path.join(name), text).expect("a file");
        }
        let (code, told) =
            weft(path, &["compose", "--config", "s.yaml", "-o", "s.graphql"], &path.join("etc/certs/other.pem")).await;
        assert_eq!(code, Some(0), "{told}");
        let serve = command(path, &["serve", "-c", "etc/weft.yaml", "-s", "s.graphql", "--listen", "127.0.0.1:0"]);
        let answer = ask_of(serve, "{ greeting order }").await;
        assert_eq!(&answer["data"], expected, "{traffic}: {answer}");
    }
}

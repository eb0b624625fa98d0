//! `weft import`, black box: what it writes composes, and answers queries from the service that it was made of.

mod support;

use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, Uri};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use weft::Source;
use weft_subgraphs::{Ports, data::dataset};

const PETSTORE: &str = include_str!("../gateway/federation/tests/import/openapi/petstore.yaml");
const ORDERS: &str = include_str!("../schemas/orders.proto");

/// Runs the built binary in a folder, on a thread that may wait for it.
async fn weft(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_weft"));
    command.args(arguments).current_dir(folder);
    let run = move || command.output().expect("the binary runs");
    tokio::task::spawn_blocking(run).await.expect("no panic")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What a command has said on stderr, if it did its work.
async fn done(folder: &Path, arguments: &[&str]) -> String {
    let output = weft(folder, arguments).await;
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}:\n{told}");
    told
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new(""))).expect("its folder");
        std::fs::write(path, text).expect("a file");
    }
    folder
}

/// Composes `api.graphql`, and serves it.
async fn serve(folder: &Path) -> support::Gateway {
    std::fs::write(folder.join("s.yaml"), "subgraphs:\n  api:\n    schema:\n      file: api.graphql\n")
        .expect("a file");
    done(folder, &["compose", "--config", "s.yaml", "-o", "s.graphql"]).await;
    let supergraph = std::fs::read_to_string(folder.join("s.graphql")).expect("the supergraph");
    support::Gateway::start(Source::new("s.graphql", supergraph), false).await
}

async fn ask(gateway: &support::Gateway, query: &str) -> Value {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let body = json!({ "query": query }).to_string();
    let request = client.post(gateway.url("/graphql")).header(CONTENT_TYPE, "application/json").body(body);
    let request = request.header("authorization", "Bearer me");
    let answer = request.send().await.expect("an answer").text().await.expect("its text");
    serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer}"))
}

const PLAIN: [(HeaderName, &str); 1] = [(CONTENT_TYPE, "text/plain")];

/// A pet store that notes what it is asked.
async fn pet_store() -> (String, Arc<Mutex<Vec<String>>>) {
    let calls: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&calls);
    let answer = move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
        let who = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or("nobody").to_owned();
        let form = headers.get(CONTENT_TYPE).is_some_and(|value| value == "application/x-www-form-urlencoded");
        let call = format!("{method} {uri} {} by {who}", text(&body));
        seen.lock().expect("no panic before").push(call);
        let pet = |id: u64| {
            json!({ "id": id, "full_name": "Rex", "status": "on-hold", "born_at": null, "extra": { "any": [1] },
                "mother": { "id": id + 1, "full_name": "of whom less is told" } })
        };
        let (status, answer) = match (method, uri.path()) {
            (Method::GET, "/v1/pets") => (StatusCode::OK, json!([pet(1)])),
            (Method::GET, path) if path.starts_with("/v1/pets/") => {
                (StatusCode::OK, pet(path["/v1/pets/".len()..].parse().unwrap_or_default()))
            }
            (Method::POST, "/v1/pets") => (StatusCode::CREATED, pet(9)),
            (Method::POST, "/v1/store/order") if !form => (StatusCode::UNSUPPORTED_MEDIA_TYPE, json!({})),
            (Method::POST, "/v1/store/order") => return (StatusCode::NO_CONTENT, PLAIN, String::new()),
            (Method::DELETE, "/v1/pets/7") => {
                return (StatusCode::NO_CONTENT, PLAIN, String::new());
            }
            _ => (StatusCode::IM_A_TEAPOT, json!({ "message": "no such pet" })),
        };
        (status, [(CONTENT_TYPE, "application/json")], answer.to_string())
    };
    let answer = move |method, uri, headers, body| std::future::ready(answer(method, uri, headers, body));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("it listens"));
    let document = PETSTORE.replace("https://{region}.example.org/v1", "/v1");
    let router = axum::Router::new()
        .route("/docs/petstore.yaml", axum::routing::get(move || std::future::ready(document)))
        .fallback(answer);
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, calls)
}

#[tokio::test]
async fn an_openapi_document_becomes_a_subgraph_that_answers() {
    let (url, calls) = pet_store().await;
    let folder = folder(&[]);
    // By its URL, which its server is relative to.
    let document = format!("{url}/docs/petstore.yaml");
    let told = done(folder.path(), &["import", "openapi", &document, "-o", "api.graphql"]).await;
    assert!(told.contains("PUT /pets/{petId}/photo is left out") && told.contains("6 imported, 1 left out"), "{told}");
    let gateway = serve(folder.path()).await;
    let query = r#"{ listPets(status: [on_hold], tagIds: [1, 2]) { id fullName status bornAt extra mother { fullName mother { id } } } }"#;
    let expected = json!({ "data": { "listPets": [{ "id": "1", "fullName": "Rex", "status": "on_hold", "bornAt": null,
        "extra": { "any": [1] }, "mother": { "fullName": "Rex", "mother": { "id": "3" } } }] } });
    assert_eq!(ask(&gateway, query).await, expected);
    let mutation = r#"mutation { addPet(input: { fullName: "New", status: on_hold, tags: [{ id: 4 }] }) { id } deletePet(petId: 7) }"#;
    assert_eq!(ask(&gateway, mutation).await, json!({ "data": { "addPet": { "id": "9" }, "deletePet": true } }));
    let form = r#"mutation { order(input: { petId: 3, gift: { wrappedIn: "a box & more", notes: ["x"] }, colors: ["red", "blue"], box: { size: 1 } }) }"#;
    assert_eq!(ask(&gateway, form).await, json!({ "data": { "order": true } }));
    let refused = ask(&gateway, "{ inventory }").await;
    assert_eq!(
        refused["errors"][0]["message"], "no such pet",
        "where the document says that errors have it: {refused}"
    );
    let calls = calls.lock().expect("no panic before").clone();
    let expected = [
        "GET /v1/pets?limit=20&status=on-hold&tag_ids=1%2C2  by Bearer me",
        "GET /v1/pets/2  by Bearer me",
        r#"POST /v1/pets {"full_name":"New","status":"on-hold","tags":[{"id":4}]} by Bearer me"#,
        "DELETE /v1/pets/7  by Bearer me",
        "POST /v1/store/order pet_id=3&gift%5Bwrapped_in%5D=a+box+%26+more&gift%5Bnotes%5D%5B0%5D=x&colors=red%2Cblue&box=%7B%22size%22%3A1%7D by Bearer me",
        "GET /v1/store/inventory  by Bearer me",
    ];
    assert_eq!(calls, expected);
}

#[tokio::test]
async fn a_running_grpc_service_becomes_a_subgraph_that_answers() {
    let backends = weft_subgraphs::start(Ports::ANY).await.expect("free ports");
    let folder = folder(&[]);
    let url = backends.orders.url();
    let address = url.trim_start_matches("http://");
    let told = done(folder.path(), &["import", "reflect", address, "-o", "api.graphql"]).await;
    assert!(told.contains("imported, 0 left out"), "{told}");
    let sdl = std::fs::read_to_string(folder.path().join("api.graphql")).expect("the SDL");
    assert!(!sdl.contains("ServerReflection") && sdl.contains(r#"proto: ["api.binpb"]"#), "{sdl}");
    let gateway = serve(folder.path()).await;
    let order = &dataset().orders[0];
    let query = format!(
        r#"{{ batchGet(ids: ["{}"]) {{ orders {{ id userId totalMinor items {{ quantity }} }} }} }}"#,
        order.id
    );
    let answer = ask(&gateway, &query).await;
    let items: Vec<Value> = order.items.iter().map(|item| json!({ "quantity": item.quantity })).collect();
    let expected = json!([{ "id": order.id, "userId": order.user_id, "totalMinor": order.total_minor.to_string(), "items": items }]);
    assert_eq!(answer["data"]["batchGet"]["orders"], expected, "{answer}");
}

#[tokio::test]
async fn a_proto_file_composes_where_it_is_and_from_elsewhere() {
    let user = "syntax = \"proto3\"; package u; import \"types/id.proto\"; service Users { rpc Get(types.Id) returns (User); } message User { types.Id id = 1; }";
    let id = "syntax = \"proto3\"; package types; message Id { string id = 1; }";
    let files = [("orders.proto", ORDERS), ("protos/u/user.proto", user), ("protos/types/id.proto", id)];
    let cases: [(&[&str], &str, bool); 3] = [
        (&["orders.proto", "-o", "api.graphql"], r#"proto: ["orders.proto"]"#, false),
        (&["orders.proto", "-o", "sub/api.graphql"], r#"proto: ["api.binpb"]"#, true),
        (&["protos/u/user.proto", "-I", "protos", "-o", "api.graphql"], r#"proto: ["api.binpb"]"#, true),
    ];
    for (arguments, expected, set) in cases {
        let folder = folder(&files);
        std::fs::create_dir(folder.path().join("sub")).expect("a folder");
        done(folder.path(), &[&["import", "proto"], arguments].concat()).await;
        let output = Path::new(arguments.last().copied().unwrap_or_default());
        let written = folder.path().join(output);
        let sdl = std::fs::read_to_string(&written).expect("the SDL");
        assert!(sdl.contains(expected), "{sdl}");
        assert_eq!(written.with_extension("binpb").exists(), set, "{arguments:?}");
        let config = format!("subgraphs:\n  api:\n    schema:\n      file: {}\n", output.display());
        std::fs::write(folder.path().join("s.yaml"), config).expect("a file");
        done(folder.path(), &["compose", "--config", "s.yaml"]).await;
    }
}

#[tokio::test]
async fn what_cannot_be_followed_is_told() {
    let relative = PETSTORE.replace("https://{region}.example.org/v1", "/v1");
    let importing = "syntax = \"proto3\"; import \"none.proto\";";
    let files = [
        ("petstore.yaml", PETSTORE),
        ("relative.yaml", relative.as_str()),
        ("there.graphql", "# mine"),
        ("swagger.json", r#"{"swagger": "2.0"}"#),
        ("broken.json", "{"),
        ("importing.proto", importing),
        ("orders.proto", ORDERS),
    ];
    let folder = folder(&files);
    let cases: [(&[&str], i32, &str, &str); 15] = [
        (&["openapi", "petstore.yaml"], 0, "type Query {", "6 imported"),
        (
            &["openapi", "petstore.yaml", "--include", "store", "--prefix", "shop"],
            0,
            "shopInventory: JSON",
            "1 imported",
        ),
        (&["openapi", "petstore.yaml", "--include", "/pets*", "--include", "nope"], 0, "getPet", "--include nope"),
        (&["openapi", "petstore.yaml", "--name", "7"], 2, "", "--name 7"),
        (&["openapi", "petstore.yaml", "-o", "there.graphql"], 2, "", "there.graphql"),
        (
            &["openapi", "petstore.yaml", "--format", "json"],
            0,
            "type Query {",
            r#"{"severity":"warning","code":"IMPORT_LEFT_OUT""#,
        ),
        (&["openapi", "relative.yaml"], 1, "", "--base-url"),
        (&["openapi", "relative.yaml", "--base-url", "http://127.0.0.1:9/v2/"], 0, "http://127.0.0.1:9/v2\"", ""),
        (&["openapi", "swagger.json"], 1, "", "swagger2openapi"),
        (&["openapi", "broken.json"], 1, "", "IMPORT_INVALID_DOCUMENT"),
        (&["openapi", "none.json"], 2, "", "none.json"),
        (&["proto", "importing.proto"], 1, "", "-I"),
        (&["proto", "orders.proto", "-I", "."], 2, "", "-o"),
        (&["reflect", "127.0.0.1:9"], 2, "", "-o"),
        (&["reflect", "127.0.0.1:1", "-o", "new.graphql"], 1, "", "127.0.0.1:1 does not tell its services"),
    ];
    for (arguments, code, stdout, stderr) in cases {
        let output = weft(folder.path(), &[&["import"], arguments].concat()).await;
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{out}\n{err}");
        assert!(out.contains(stdout) && out.is_empty() == stdout.is_empty(), "{arguments:?} stdout:\n{out}");
        assert!(err.contains(stderr), "{arguments:?} stderr:\n{err}");
    }
    assert_eq!(std::fs::read_to_string(folder.path().join("there.graphql")).expect("it is there"), "# mine");
}

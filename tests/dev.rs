//! `weft dev`, black box: the built binary before the demo's backends and schemas, while their files are saved, broken and mended.
//!
//! Nothing is timed: a test asks until what it waits for is so, and gives up after a minute.

#[path = "support/demo.rs"]
mod demo;
mod support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use reqwest::header::HOST;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use support::Backend;
use support::process::{Serving, command};
use tempfile::TempDir;
use weft_subgraphs::Ports;
use weft_subgraphs::data::dataset;

const GIVE_UP: Duration = Duration::from_secs(60);

/// Between two questions, so that they do not keep the gateway from its work.
const PAUSE: Duration = Duration::from_millis(20);

/// A `weft dev` that ends with the test.
struct Dev {
    child: Child,
    log: Receiver<String>,
    url: String,
    client: Client,
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Dev {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let arguments: Vec<&str> = ["dev", "--listen", "127.0.0.1:0"].iter().chain(arguments).copied().collect();
        let mut child = command(folder, &arguments).stderr(Stdio::piped()).spawn().expect("the binary runs");
        let stderr = BufReader::new(child.stderr.take().expect("it is piped"));
        let (tell, log) = channel();
        // It ends with the process, or when nobody listens any more.
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        let client = Client::builder().no_proxy().build().expect("a client");
        let mut dev = Self { child, log, url: String::new(), client };
        let said = dev.hears("serving GraphQL on ");
        let (_, url) = said.rsplit_once("serving GraphQL on ").expect("it was heard");
        dev.url = url.trim().trim_end_matches("/graphql").to_owned();
        dev
    }

    /// What it says until it says this.
    fn hears(&self, text: &str) -> String {
        let (mut said, until) = (String::new(), Instant::now() + GIVE_UP);
        while !said.contains(text) {
            let line = self.log.recv_timeout(until.saturating_duration_since(Instant::now()));
            said += &line.unwrap_or_else(|_| panic!("it never says {text:?}, but:\n{said}"));
            said.push('\n');
        }
        said
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.url))
    }

    fn ask(&self, path: &str, query: &str) -> RequestBuilder {
        let body = json!({ "query": query }).to_string();
        self.client.post(format!("{}{path}", self.url)).header("content-type", "application/json").body(body)
    }

    async fn answer(&self, path: &str, query: &str) -> Value {
        json_of(self.ask(path, query)).await
    }

    /// Asks until the answer is as expected.
    async fn answers(&self, path: &str, query: &str, is_expected: impl Fn(&Value) -> bool) -> Value {
        self.until(|| self.ask(path, query), is_expected).await
    }

    /// The state, once it is as expected.
    async fn state(&self, is_expected: impl Fn(&Value) -> bool) -> Value {
        self.until(|| self.get("/_weft/dev"), is_expected).await
    }

    async fn until(&self, request: impl Fn() -> RequestBuilder, is_expected: impl Fn(&Value) -> bool) -> Value {
        let until = Instant::now() + GIVE_UP;
        loop {
            let answer = json_of(request()).await;
            if is_expected(&answer) {
                return answer;
            }
            assert!(Instant::now() < until, "it is always {answer:#}");
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn page(&self) -> String {
        self.get("/").send().await.expect("it answers").text().await.expect("a text")
    }
}

async fn json_of(request: RequestBuilder) -> Value {
    let text = request.send().await.expect("it answers").text().await.expect("a text");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("it is in the folder")).expect("a folder");
    fs::write(path, text).expect("a file");
}

fn edit(folder: &Path, name: &str, from: &str, to: &str) {
    let text = fs::read_to_string(folder.join(name)).expect("it is there");
    assert!(text.contains(from), "{name} has no {from:?}");
    write(folder, name, &text.replace(from, to));
}

const MOBILE: &str = "bff-configs/mobile/schema.graphql";

/// The demo's files, in front of backends of this test, with two of its clients.
async fn demo() -> (TempDir, weft_subgraphs::Running) {
    demo_with(&["mobile", "web"]).await
}

async fn demo_with(clients: &[&str]) -> (TempDir, weft_subgraphs::Running) {
    let backends = weft_subgraphs::start(Ports::ANY).await.expect("free ports");
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("schemas")).expect("a folder");
    demo::point_schemas_at(&backends, &folder.path().join("schemas"));
    for client in clients {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bff-configs").join(client);
        copy(&from, &folder.path().join("bff-configs").join(client));
    }
    (folder, backends)
}

/// A folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("the repository has it") {
        let path = entry.expect("it can be listed").path();
        let to = to.join(path.file_name().expect("a file has a name"));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(path, to).expect("a file");
        }
    }
}

const OF_THE_DEMO: [&str; 4] = ["--config", "schemas/supergraph.yaml", "-c", "schemas/weft.yaml"];

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_client_is_served_a_broken_one_is_told_of_and_a_mended_one_is_served_again() {
    let (folder, _backends) = demo().await;
    let dev = Dev::start(folder.path(), &OF_THE_DEMO);
    let (path, product) = ("/bff/mobile/graphql", &dataset().products[0]);
    let asking = |field: &str| format!("{{ product(id: \"{}\") {{ {field} }} }}", product.id);
    let expected = |field: &str| json!({ "data": { "product": { field: product.name } } });

    assert_eq!(dev.answer(path, &asking("title")).await, expected("title"));
    let page = dev.page().await;
    for text in ["All good", "/bff/mobile/graphql", "/bff/web/graphql", "/graphql"] {
        assert!(page.contains(text), "{text} is not on the page:\n{page}");
    }

    // A new field is there.
    edit(folder.path(), MOBILE, "title: String", "caption: String @from(path: \"name\")\n  title: String");
    dev.answers(path, &asking("caption"), |answer| *answer == expected("caption")).await;
    let said = dev.hears("reloaded bff-configs/mobile/schema.graphql in ");
    assert!(said.contains("mobile, web"), "{said}");

    // A mistake is told of, in the terminal and on the page, and what was there is served.
    edit(folder.path(), MOBILE, "caption: String @from(path: \"name\")", "caption: String @from(path: \"nam<b>e\")");
    let state = dev.state(|state| state["sound"] == false).await;
    let line = fs::read_to_string(folder.path().join(MOBILE)).expect("it is there");
    let line = line.lines().position(|line| line.contains("nam<b>e")).expect("it was written") + 1;
    let place = format!("{MOBILE}:{line}:");
    assert!(state["errors"][0].as_str().is_some_and(|error| error.starts_with(&place)), "{state:#}");
    assert_eq!(state["endpoints"], json!(["/graphql", "/bff/mobile/graphql", "/bff/web/graphql"]));
    let said = dev.hears("with errors: what was served before still is");
    assert!(said.contains(&place), "{said}");
    let page = dev.page().await;
    for text in [place.as_str(), "nam&lt;b&gt;e", "is served on until it is mended"] {
        assert!(page.contains(text), "{text} is not on the page:\n{page}");
    }
    assert!(!page.contains("nam<b>e"), "it is not escaped:\n{page}");
    assert_eq!(dev.answer(path, &asking("caption")).await, expected("caption"));

    // Mended, and saved by renaming.
    let mended = fs::read_to_string(folder.path().join(MOBILE)).expect("it is there").replace("nam<b>e", "name");
    write(folder.path(), "mended", &mended.replace("caption", "label"));
    fs::rename(folder.path().join("mended"), folder.path().join(MOBILE)).expect("it is there");
    dev.answers(path, &asking("label"), |answer| *answer == expected("label")).await;
    dev.hears("mended: reloaded bff-configs/mobile/schema.graphql in ");
    assert!(dev.page().await.contains("All good"));
}

/// With the token of the demo, by `weft dev` and by `weft serve`.
#[tokio::test(flavor = "multi_thread")]
async fn all_clients_of_the_demo_work_as_they_are() {
    let (folder, _backends) = demo_with(&["iot", "mobile", "partner-v1", "partner-v2", "web"]).await;
    // It goes some day, and the test does not.
    edit(folder.path(), "bff-configs/partner-v1/client.yaml", "2027-12-31", "2999-12-31");
    let token = fs::read_to_string(folder.path().join("schemas/demo.jwt")).expect("it is there");
    let user = dataset().users.iter().find(|user| user.id == "u7").expect("the token is theirs");
    let order = dataset().orders.iter().find(|order| !order.items.is_empty()).expect("some have items");
    let (id, quantity) = (&order.id, order.items[0].quantity);
    let query = |text: String| json!({ "query": text });
    let saved = |name: &str, id: &str| json!({ "operationName": name, "variables": { "id": id } });
    let cases = [
        ("web", query(format!("{{ order(id: \"{id}\") {{ id }} }}")), json!({ "order": { "id": id } })),
        ("mobile", query("{ home { name } }".to_owned()), json!({ "home": { "name": user.full_name } })),
        ("iot", query(format!("{{ s(o: \"{id}\") {{ n }} }}")), json!({ "s": { "n": quantity } })),
        (
            "partner-v1",
            saved("CustomerById", "u7"),
            json!({ "customer": { "id": "u7", "fullName": user.full_name, "city": user.city } }),
        ),
        (
            "partner-v2",
            saved("CustomerById", "u7"),
            json!({ "customer": { "id": "u7", "name": user.full_name, "city": user.city } }),
        ),
    ];
    let dev = Dev::start(folder.path(), &OF_THE_DEMO);
    let composed = ["compose", "--config", "schemas/supergraph.yaml", "-o", "supergraph.graphql"];
    assert!(command(folder.path(), &composed).status().expect("the binary runs").success());
    let serve = command(
        folder.path(),
        &["serve", "-c", "schemas/weft.yaml", "-s", "supergraph.graphql", "--listen", "127.0.0.1:0"],
    );
    let serving = Serving::start(serve);
    for url in [&dev.url, &serving.url] {
        for (client, body, expected) in &cases {
            let ask = || {
                let request = dev.client.post(format!("{url}/bff/{client}/graphql"));
                request.header("content-type", "application/json").body(body.to_string())
            };
            let answer = json_of(ask().header("authorization", format!("Bearer {}", token.trim()))).await;
            assert_eq!(answer, json!({ "data": expected }), "{client}");
            let anonymous = ask().send().await.expect("it answers").status().as_u16();
            assert_eq!(anonymous, if client.starts_with("partner") { 401 } else { 200 }, "{client}");
        }
    }
}

/// What is asked while something is written is no use of it.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_counted() {
    let backend = Backend::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let subgraph = format!("{{ routing_url: 'http://{}/graphql', schema: {{ file: a.graphql }} }}", backend.address);
    write(folder.path(), "supergraph.yaml", &format!("subgraphs: {{ greeter: {subgraph} }}"));
    write(folder.path(), "a.graphql", support::SDL);
    write(folder.path(), "weft.yaml", "usage: { log: 24h }\n");
    let dev = Dev::start(folder.path(), &[]);
    assert_eq!(dev.answer("/graphql", "{ hello }").await, json!({ "data": { "hello": "hi" } }));
    let kill = format!("kill -TERM {}", dev.child.id());
    assert!(std::process::Command::new("sh").args(["-c", &kill]).status().expect("a shell runs").success());
    let said = dev.hears("stopped");
    assert!(!said.contains("weft::usage"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn schemas_protos_configuration_and_clients_are_followed() {
    let (folder, _backends) = demo().await;
    let dev = Dev::start(folder.path(), &OF_THE_DEMO);
    let fails_with = |text: &'static str| {
        move |state: &Value| {
            state["errors"]
                .as_array()
                .is_some_and(|all| all.iter().any(|error| error.as_str().is_some_and(|error| error.contains(text))))
        }
    };
    let is_sound = |state: &Value| state["sound"] == true;

    // A client comes, another one goes.
    write(
        folder.path(),
        "bff-configs/tv/schema.graphql",
        "type Query { user(id: ID!): User }\ntype User { name: String }",
    );
    dev.answers("/bff/tv/graphql", "{ __typename }", |answer| answer["data"]["__typename"] == "Query").await;
    fs::remove_dir_all(folder.path().join("bff-configs/web")).expect("it is there");
    dev.answers("/bff/web/graphql", "{ __typename }", |answer| {
        answer["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    })
    .await;

    // Each kind of file is broken and mended.
    let cases = [
        ("schemas/catalog.graphql", "type Product", "typ Product", "schemas/catalog.graphql:"),
        ("schemas/orders.proto", "message ", "massage ", "orders.proto"),
        ("schemas/supergraph.yaml", "subgraphs:", "subgraph:", "schemas/supergraph.yaml:"),
        ("schemas/weft.yaml", "traffic:", "trafic:", "schemas/weft.yaml:"),
        ("bff-configs/mobile/client.yaml", "tier:", "teir:", "bff-configs/mobile/client.yaml:"),
        ("bff-configs/mobile/operations/Home.graphql", "home", "hme", "bff-configs/mobile/operations/Home.graphql:"),
    ];
    for (file, right, wrong, told) in cases {
        let before = fs::read_to_string(folder.path().join(file)).expect("it is there");
        edit(folder.path(), file, right, wrong);
        dev.state(fails_with(told)).await;
        write(folder.path(), file, &before);
        dev.state(is_sound).await;
    }

    // A file that has gone is told of by its name, and what was made of it is served.
    let away = folder.path().join("away");
    fs::rename(folder.path().join("schemas/reviews.graphql"), &away).expect("it is there");
    dev.state(fails_with("schemas/reviews.graphql")).await;
    let answer = dev.answer("/graphql", "{ __schema { queryType { name } } }").await;
    assert_eq!(answer["data"]["__schema"]["queryType"]["name"], "Query", "introspection is on: {answer}");
    fs::rename(away, folder.path().join("schemas/reviews.graphql")).expect("it is there");
    dev.state(is_sound).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_in_flight_is_answered_from_what_it_began_with() {
    let backend = Backend::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let subgraph = format!("{{ routing_url: 'http://{}/graphql', schema: {{ file: a.graphql }} }}", backend.address);
    write(folder.path(), "supergraph.yaml", &format!("subgraphs: {{ greeter: {subgraph} }}"));
    write(folder.path(), "a.graphql", support::SDL);
    let dev = Dev::start(folder.path(), &[]);
    let slow = tokio::spawn(dev.ask("/graphql", "{ slow }").send());
    backend.slow_call().await;
    edit(folder.path(), "a.graphql", "slow: String", "quick: String");
    let is_unknown = |answer: &Value| answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED";
    dev.answers("/graphql", "query Known { slow @skip(if: true) }", is_unknown).await;
    backend.release();
    let response = slow.await.expect("no panic").expect("it is answered");
    assert_eq!(response.text().await.expect("a text"), r#"{"data":{"slow":"done"}}"#);
}

/// Each event of the demo's stream waits for a backend of this test, so that the schema can be another one by then.
#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_goes_on_as_it_began() {
    let (folder, _backends) = demo().await;
    let gate = Backend::start().await;
    let url = format!("http://{}/graphql", gate.address);
    let subgraph = format!("\n  gate:\n    routing_url: {url}\n    schema:\n      file: gate.graphql\n");
    let config = fs::read_to_string(folder.path().join("schemas/supergraph.yaml")).expect("it is there");
    write(folder.path(), "schemas/supergraph.yaml", &format!("{}{subgraph}", config.trim_end()));
    let link = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.9\", import: [\"@key\"])";
    let order = "type Order @key(fields: \"id\") { id: ID! slow: String }";
    write(folder.path(), "schemas/gate.graphql", &format!("{link}\n{order}"));
    write(folder.path(), "schemas/weft.yaml", "traffic: { request_timeout: 60s, all: { timeout: 60s } }");
    let dev = Dev::start(folder.path(), &OF_THE_DEMO);

    let order = dataset().orders.iter().find(|order| !order.shipped).expect("some have not shipped");
    let query = format!("subscription {{ orderChanged(id: \"{}\") {{ status slow }} }}", order.id);
    let events = dev.ask("/graphql", &query).header("accept", "text/event-stream");
    let events = tokio::spawn(async move { events.send().await?.text().await });
    gate.slow_call().await;
    edit(folder.path(), "schemas/gate.graphql", "slow: String", "quick: String");
    let is_unknown = |answer: &Value| answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED";
    dev.answers("/graphql", &query, is_unknown).await;
    gate.release();
    gate.slow_call().await;
    gate.release();
    let events = events.await.expect("no panic").expect("the stream ends");
    let at = |text: &str| events.find(text).unwrap_or_else(|| panic!("no {text} in:\n{events}"));
    assert!(at("\"PENDING\"") < at("\"SHIPPED\"") && at("\"SHIPPED\"") < at("event: complete"), "{events}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_starts_with_a_mistake_and_serves_when_it_is_mended() {
    let folder = tempfile::tempdir().expect("a folder");
    write(
        folder.path(),
        "supergraph.yaml",
        "subgraphs: { a: { routing_url: 'http://a.invalid', schema: { file: a.graphql } } }",
    );
    let dev = Dev::start(folder.path(), &[]);
    let state = dev.state(|_| true).await;
    assert_eq!((&state["sound"], &state["endpoints"]), (&json!(false), &Value::Null));
    assert!(state["errors"][0].as_str().is_some_and(|error| error.contains("cannot read a.graphql")), "{state:#}");
    assert!(dev.page().await.contains("Nothing is served until it is mended."));
    let refused = dev.ask("/graphql", "{ __typename }").send().await.expect("it answers");
    assert_eq!(refused.status(), 503);
    assert_eq!(dev.get("/health/ready").send().await.expect("it answers").status(), 503);
    write(folder.path(), "a.graphql", "type Query { a: Int }");
    dev.answers("/graphql", "{ __typename }", |answer| answer["data"]["__typename"] == "Query").await;
    assert_eq!(dev.get("/health/ready").send().await.expect("it answers").status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_for_this_machine_and_takes_nothing_from_elsewhere() {
    let folder = tempfile::tempdir().expect("a folder");
    write(
        folder.path(),
        "supergraph.yaml",
        "subgraphs: { a: { routing_url: 'http://a.invalid', schema: { file: a.graphql } } }",
    );
    write(folder.path(), "a.graphql", "type Query { a: Int }");
    let dev = Dev::start(folder.path(), &[]);
    let cases = [
        ("/", None, 200, "text/html; charset=utf-8"),
        ("/_weft/dev", None, 200, "application/json"),
        ("/_weft/dev.css", None, 200, "text/css; charset=utf-8"),
        ("/_weft/dev.js", Some("localhost"), 200, "text/javascript; charset=utf-8"),
        ("/", Some("evil.example"), 403, "text/plain; charset=utf-8"),
        ("/_weft/dev", Some("evil.example:4000"), 403, "text/plain; charset=utf-8"),
    ];
    for (path, host, status, ty) in cases {
        let request = host.iter().fold(dev.get(path), |request, host| request.header(HOST, *host));
        let response = request.send().await.expect("it answers");
        let header =
            |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        assert_eq!((response.status().as_u16(), header("content-type")), (status, ty), "{path} {host:?}");
        assert!(header("content-security-policy").starts_with("default-src 'none'; "), "{path} {host:?}");
        assert_eq!(header("access-control-allow-origin"), "", "{path} {host:?}");
    }
    let page = dev.page().await;
    assert!(!page.contains("<style") && !page.contains("<script>") && !page.contains(" style="), "{page}");
    let addresses = page.split(['"', '>', ' ']).collect::<Vec<_>>();
    let addresses = addresses.windows(2).filter(|pair| pair[0] == "href=" || pair[0] == "src=").map(|pair| pair[1]);
    assert_eq!(addresses.collect::<Vec<_>>(), ["data:,", "/_weft/dev.css", "/_weft/dev.js"]);
}

#[test]
fn what_is_not_there_from_the_start_is_an_error_of_the_command_line() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "there.yaml", "subgraphs: {}");
    let cases: [(&[&str], &str); 3] = [
        (&[], "cannot read supergraph.yaml"),
        (&["--config", "there.yaml", "-c", "weft.yaml"], "cannot read weft.yaml"),
        (&["--config", "there.yaml", "--bff", "clients"], "cannot read clients"),
    ];
    for (arguments, told) in cases {
        let arguments: Vec<&str> = ["dev"].iter().chain(arguments).copied().collect();
        let done = command(folder.path(), &arguments).output().expect("the binary runs");
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(told), "{arguments:?}: {said}");
    }
}

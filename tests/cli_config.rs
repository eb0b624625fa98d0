//! How the built binary takes `weft.yaml`: what it says of one, and that what it says holds in a running gateway.

mod support;

use std::path::Path;

use serde_json::{Value, json};
use support::Backend;
use support::process::{Serving, command};

/// The address in the supergraph, where nobody listens.
const NOWHERE: &str = "http://127.0.0.1:9/graphql";

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let supergraph = support::supergraph(NOWHERE);
    for (name, text) in files.iter().copied().chain([("supergraph.graphql", supergraph.text.as_str())]) {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("it is in the folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    folder
}

/// A command line and a `weft.yaml`, the exit code, and what stdout and stderr hold.
type Case<'a> = (&'a [&'a str], &'a str, i32, &'a str, &'a [&'a str]);

#[test]
fn commands_say_what_is_wrong_with_a_file() {
    let validate = &["config", "validate"][..];
    let serve = &["serve"][..];
    let cases: [Case<'_>; 10] = [
        (validate, "listen: 127.0.0.1:0\n", 0, "weft.yaml is valid", &[]),
        (&["config", "validate", "weft.yaml"], "", 0, "weft.yaml is valid", &[]),
        (
            validate,
            "lsiten: 127.0.0.1:0\ntraffic:\n  all:\n    timeout: 5\n",
            1,
            "",
            &["weft.yaml:1:1", "did you mean `listen`?", "weft.yaml:4:14", "a duration", "2 errors"],
        ),
        (
            &["config", "validate", "--format", "json"],
            "dev: 1\n",
            1,
            "",
            &[r#""code":"INVALID_CONFIG""#, r#""line":1"#],
        ),
        (
            validate,
            "supergraph: { path: supergraph.graphql }\ntraffic:\n  subgraphs:\n    greter: {}\n",
            0,
            "weft.yaml is valid",
            &["Warning", "weft.yaml:4:5", "did you mean `greeter`?"],
        ),
        (&["config", "validate", "none.yaml"], "", 2, "", &["none.yaml"]),
        (&["config", "schema"], "", 0, "\"traffic\"", &[]),
        (serve, "dev: maybe\n", 1, "", &["weft.yaml:1:6"]),
        (serve, "dev: true\n", 2, "", &["weft.yaml does not say what to serve", "--supergraph"]),
        (&["serve", "-c", "none.yaml"], "", 2, "", &["none.yaml"]),
    ];
    for (arguments, yaml, code, stdout, stderr) in cases {
        let folder = folder(&[("weft.yaml", yaml)]);
        let output = command(folder.path(), arguments).output().expect("the binary runs");
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{arguments:?} {yaml}\n{out}\n{err}");
        assert!(out.contains(stdout) && out.is_empty() == stdout.is_empty(), "{arguments:?} {yaml} stdout:\n{out}");
        for part in stderr {
            assert!(err.contains(part), "{arguments:?} {yaml}: nothing of {part} in\n{err}");
        }
    }
}

#[test]
fn serve_says_what_to_do_where_nothing_is_configured() {
    let output = command(folder(&[]).path(), &["serve"]).output().expect("the binary runs");
    assert_eq!(output.status.code(), Some(2));
    let err = String::from_utf8_lossy(&output.stderr);
    for part in ["--config", "--supergraph", "weft.yaml"] {
        assert!(err.contains(part), "nothing of {part} in {err}");
    }
}

async fn post(serving: &Serving, query: &str) -> (reqwest::StatusCode, Value) {
    let request = reqwest::Client::new()
        .post(format!("{}/graphql", serving.url))
        .header("content-type", "application/json")
        .header("x-tenant", "t1")
        .header("x-request-id", "r1")
        .header("x-private", "p1")
        .body(json!({ "query": query }).to_string());
    let response = request.send().await.expect("an answer");
    let status = response.status();
    (status, serde_json::from_str(&response.text().await.expect("a body")).expect("JSON"))
}

/// Of the environment.
type Variables<'a> = &'a [(&'a str, &'a str)];

async fn start(folder: &Path, arguments: &[&str], variables: Variables<'_>) -> Serving {
    let mut command = command(folder, arguments);
    command.envs(variables.iter().copied());
    tokio::task::spawn_blocking(move || Serving::start(command)).await.expect("it starts")
}

#[tokio::test]
async fn what_the_file_says_holds_in_a_running_gateway() {
    let backend = Backend::start().await;
    let yaml = "
listen: 127.0.0.1:0
supergraph: { path: ../supergraph.graphql }
introspection: true
limits: { body: 200B }
traffic:
  subgraphs:
    greeter: { url: '${env.GREETER}' }
    greter: {}
headers:
  all:
    request:
      - propagate: { named: x-tenant, rename: x-organization }
      - propagate: { named: x-absent, default: none }
  subgraphs:
    greeter:
      request:
        - insert: { name: x-key, value: '${env.KEY}' }
        - remove: { named: x-request-id }
";
    // Paths are relative to the file, not to where the program runs.
    let folder = folder(&[("etc/weft.yaml", yaml)]);
    let greeter = format!("http://{}/graphql", backend.address);
    let variables = [("GREETER", greeter.as_str()), ("KEY", "k1")];
    let serving = start(folder.path(), &["serve", "-c", "etc/weft.yaml"], &variables).await;
    assert!(serving.said.contains("etc/weft.yaml:9:5"), "an unused name is warned of: {}", serving.said);

    // The supergraph's own address is nowhere.
    assert_eq!(post(&serving, "{ hello }").await.1, json!({ "data": { "hello": "hi" } }));
    let headers = backend.headers();
    let shown = |name: &str| headers.get(name).map(|value| value.to_str().expect("ASCII"));
    let expected = [
        ("x-organization", Some("t1")),
        ("x-absent", Some("none")),
        ("x-key", Some("k1")),
        ("x-tenant", None),
        ("x-request-id", None),
        ("x-private", None),
    ];
    for (name, value) in expected {
        assert_eq!(shown(name), value, "{name}");
    }

    let (_, schema) = post(&serving, "{ __schema { queryType { name } } }").await;
    assert_eq!(schema, json!({ "data": { "__schema": { "queryType": { "name": "Query" } } } }));

    let (status, large) = post(&serving, &format!("{{ hello {} }}", " ".repeat(200))).await;
    assert_eq!(status, 413);
    assert!(large["errors"][0]["message"].as_str().is_some_and(|text| text.contains("200 bytes")), "{large}");
}

/// The backend answers neither; what ends a call is the timeout, and one is a hundredth of the other.
#[tokio::test]
async fn a_timeout_ends_a_call() {
    let backend = Backend::start().await;
    let yaml = |timeout: &str| {
        let url = format!("http://{}/graphql", backend.address);
        let subgraph = format!("{{ url: '{url}', timeout: {timeout} }}");
        format!(
            "listen: 127.0.0.1:0\nsupergraph: {{ path: supergraph.graphql }}\ntraffic:\n  subgraphs:\n    greeter: {subgraph}\n"
        )
    };
    let folder = folder(&[("short.yaml", &yaml("250ms")), ("long.yaml", &yaml("25s"))]);
    let short = start(folder.path(), &["serve", "-c", "short.yaml"], &[]).await;
    let long = start(folder.path(), &["serve", "-c", "long.yaml"], &[]).await;
    tokio::select! {
        (_, late) = post(&short, "{ slow }") => {
            assert_eq!(late["errors"][0]["extensions"]["code"], "SUBGRAPH_TIMEOUT", "{late}");
        }
        (_, late) = post(&long, "{ slow }") => panic!("the long one is the first: {late}"),
    }
}

/// A field moves where its label is said to be active, and only there.
#[tokio::test]
async fn a_label_moves_a_field() {
    let moved = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@override"])
        type Query { hello(name: String): String @override(from: "old", label: "rollout") }"#;
    for (labels, calls) in [("{ rollout: true }", (0, 1)), ("{ rollout: false }", (1, 0)), ("{}", (1, 0))] {
        let (old, new) = (Backend::start().await, Backend::start().await);
        let url = |backend: &Backend| format!("http://{}/graphql", backend.address);
        let supergraph = support::composed(&[("new", &url(&new), moved), ("old", &url(&old), support::SDL)]);
        let yaml = format!("listen: 127.0.0.1:0\nsupergraph: {{ path: moving.graphql }}\noverride_labels: {labels}\n");
        let folder = folder(&[("moving.graphql", &supergraph.text), ("weft.yaml", &yaml)]);
        let serving = start(folder.path(), &["serve"], &[]).await;
        assert_eq!(post(&serving, "{ hello }").await.1, json!({ "data": { "hello": "hi" } }), "{labels}");
        assert_eq!((old.calls(), new.calls()), calls, "{labels}");
    }
}

/// Where a gateway was started from, and whether it then allows introspection, which tells the files apart.
#[tokio::test]
async fn the_command_line_goes_before_the_file_and_the_file_is_found() {
    let files = [
        ("weft.yaml", "supergraph: { path: supergraph.graphql }\nlisten: 127.0.0.1:0\nintrospection: true\n"),
        ("other.yaml", "supergraph: { path: none.graphql }\nlisten: 127.0.0.1:1\nintrospection: false\n"),
    ];
    let folder = folder(&files);
    let any = ["--listen", "127.0.0.1:0"];
    let cases: [(&[&str], Variables<'_>, bool); 6] = [
        (&["serve"], &[], true),
        (&["serve", "-s", "supergraph.graphql"], &[], false),
        (&["serve", "-s", "supergraph.graphql", "-c", "weft.yaml"], &[], true),
        (&["serve", "-s", "supergraph.graphql", "-c", "other.yaml"], &[], false),
        (&["serve", "-s", "supergraph.graphql"], &[("WEFT_CONFIG_PATH", "weft.yaml")], true),
        (&["serve", "-s", "supergraph.graphql", "--dev"], &[], true),
    ];
    for (arguments, variables, is_open) in cases {
        let arguments = [arguments, &any[..]].concat();
        let serving = start(folder.path(), &arguments, variables).await;
        let (_, answer) = post(&serving, "{ __schema { queryType { name } } }").await;
        assert_eq!(answer["errors"].is_null(), is_open, "{arguments:?} {variables:?}: {answer}");
    }
}

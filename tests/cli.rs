//! How the built binary behaves: what it prints, where, and its exit codes.

mod support;

use std::path::Path;
use std::process::Output;

use support::process::{self, command};

const GREETER: &str = "supergraph.yaml";

fn weft(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().expect("the binary runs")
}

/// A folder with a subgraph, its configuration, its supergraph, and an operation.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let supergraph = support::supergraph("http://127.0.0.1:9/graphql");
    let files = [
        ("greeter.graphql", support::SDL),
        (
            GREETER,
            "federation_version: 2\nsubgraphs:\n  greeter:\n    routing_url: http://127.0.0.1:9/graphql\n    schema:\n      file: greeter.graphql\n",
        ),
        ("broken.yaml", "subgraphs:\n  greeter:\n    schema:\n      file: broken.graphql\n    routing_url: http://x\n"),
        ("broken.graphql", "type Query { a: Missing b: Missing2 }"),
        ("typo.yaml", "subgraphs:\n  greeter:\n    schemas: {}\n"),
        ("supergraph.graphql", supergraph.text.as_str()),
        ("hello.graphql", "query Hello($no: Boolean!) { hello slow @skip(if: $no) }"),
        ("wrong.graphql", "{ nope }"),
    ];
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("a file");
    }
    folder
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A command line, its exit code, and what stdout and stderr hold.
type Case<'a> = (&'a [&'a str], i32, &'a str, &'a str);

#[test]
fn commands_end_with_their_exit_codes_and_say_why() {
    let folder = folder();
    let cases: [Case<'_>; 21] = [
        (&["compose", "--config", GREETER], 0, "join__Graph", ""),
        (&["supergraph", "compose", "--config", GREETER], 0, "join__Graph", ""),
        (&["compose", "--config", "broken.yaml"], 1, "", "Missing2"),
        (&["compose", "--config", "broken.yaml", "--format", "json"], 1, "", r#"{"severity":"error","code":""#),
        (&["compose", "--config", "typo.yaml"], 1, "", "typo.yaml:3:5"),
        (&["compose", "--config", "none.yaml"], 2, "", "none.yaml"),
        (&["compose"], 2, "", "--config"),
        (&["plan", "hello.graphql"], 0, "{ hello slow }", ""),
        (&["plan", "hello.graphql", "--variables", r#"{"no":true}"#], 0, "{ hello }", ""),
        (&["plan", "hello.graphql", "--variables", "{}"], 1, "", "BAD_USER_INPUT"),
        (&["plan", "hello.graphql", "--variables", "{"], 2, "", "--variables"),
        (&["plan", "-s", "supergraph.graphql", "hello.graphql", "--format", "json"], 0, "{", ""),
        (&["plan", "hello.graphql", "--format", "mermaid"], 0, "flowchart", ""),
        (&["plan", "wrong.graphql"], 1, "", "wrong.graphql:1:3"),
        (&["plan", "-s", "greeter.graphql", "hello.graphql"], 1, "", "greeter.graphql"),
        (&["plan", "-s", "-", "-"], 2, "", "--supergraph and OPERATION_FILE would both be read from stdin"),
        (&["check", "--config", "-", "-c", "-"], 2, "", "--config and --gateway-config would both be read from stdin"),
        (&["check", "--config", GREETER, "-c", "-"], 0, "is valid", ""),
        (&["serve", "-s", "none.graphql"], 2, "", "none.graphql"),
        (&["serve", "-s", "supergraph.graphql", "--log", "a=b=c"], 2, "", "--log"),
        (&["serve", "-s", "supergraph.graphql", "--listen", "nowhere"], 1, "", "cannot listen on nowhere"),
    ];
    for (arguments, code, stdout, stderr) in cases {
        let output = weft(folder.path(), arguments);
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{out}\n{err}");
        assert!(out.contains(stdout) && out.is_empty() == stdout.is_empty(), "{arguments:?} stdout:\n{out}");
        assert!(err.contains(stderr), "{arguments:?} stderr:\n{err}");
    }
}

#[test]
fn compose_writes_the_file_that_is_named() {
    let folder = folder();
    let output = weft(folder.path(), &["compose", "--config", GREETER, "-o", "out.graphql"]);
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(0), ""));
    let written = std::fs::read_to_string(folder.path().join("out.graphql")).expect("the file");
    assert_eq!(written, support::supergraph("http://127.0.0.1:9/graphql").text.clone() + "\n");
}

#[test]
fn import_splits_a_supergraph_that_composes_again() {
    let folder = folder();
    let import = || weft(folder.path(), &["import", "supergraph", "supergraph.graphql", "-o", "parts"]);
    let output = import();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout).lines().count(), 2, "a subgraph, and what composes it");
    let output = weft(folder.path(), &["compose", "--config", "parts/supergraph.yaml"]);
    let original = support::supergraph("http://127.0.0.1:9/graphql").text.clone() + "\n";
    assert_eq!(text(&output.stdout), original, "{}", text(&output.stderr));
    // What is there may have been edited.
    let output = import();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("greeter.graphql"), "{}", text(&output.stderr));
}

#[tokio::test]
async fn compose_asks_running_subgraphs_for_their_schemas() {
    let backend = support::Backend::start().await;
    let url = format!("http://{}/graphql", backend.address);
    let yaml = "subgraphs:\n  greeter:\n    schema:\n      subgraph_url: ${env.GREETER}\n";
    let folder = folder();
    std::fs::write(folder.path().join("running.yaml"), yaml).expect("a file");
    let run = |url: String| {
        let mut command = command(folder.path(), &["compose", "--config", "running.yaml"]);
        command.env("GREETER", url);
        tokio::task::spawn_blocking(move || command.output().expect("the binary runs"))
    };
    let output = run(url.clone()).await.expect("no panic");
    assert_eq!(text(&output.stdout), support::supergraph(&url).text.clone() + "\n", "{}", text(&output.stderr));
    let output = run(url.replace("/graphql", "/other")).await.expect("no panic");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("404"), "{}", text(&output.stderr));
}

#[test]
fn all_findings_of_all_files_are_told_at_once() {
    let folder = folder();
    let connectors = r#"extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
  @link(url: "https://specs.apollo.dev/connect/v0.3", import: ["@source", "@connect"])
  @source(name: "api", http: { baseURL: "http://127.0.0.1:9" })
type Query {
  a(id: ID!): String @connect(source: "apii", http: { GET: "/a/{$args.idd}" }, selection: "$.name->frobnicate")
}
"#;
    let yaml = "subgraphs:\n  greeter:\n    routing_url: http://x\n    schema: { file: broken.graphql }\n  rest:\n    schema: { file: rest.graphql }\n";
    std::fs::write(folder.path().join("rest.graphql"), connectors).expect("a file");
    std::fs::write(folder.path().join("both.yaml"), yaml).expect("a file");
    let output = weft(folder.path(), &["compose", "--config", "both.yaml"]);
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    for finding in ["Missing", "Missing2", "did you mean `api`", "frobnicate", "rest.graphql:6:"] {
        assert!(told.contains(finding), "nothing about {finding}:\n{told}");
    }
}

#[test]
fn check_tells_what_will_be_slow_or_has_no_effect() {
    let rest = r#"extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
  @link(url: "https://specs.apollo.dev/connect/v0.3", import: ["@source", "@connect"])
  @source(name: "api", http: { baseURL: "http://127.0.0.1:9" }, errors: { message: "message" })
type Query {
  users(first: Int): [User] @connect(source: "api", http: { GET: "/users" }, selection: "id")
}
type User @connect(source: "api", http: { GET: "/users/{$this.id}" }, selection: "id name") { id: ID! name: String }
"#;
    let one_at_a_time = r#"http: { GET: "/users/{$this.id}" }"#;
    let clean = rest
        .replace(one_at_a_time, r#"http: { GET: "/users", queryParams: "id: $batch.id" }, batch: { maxSize: 9 }"#)
        .replace(r#"http: { GET: "/users" }"#, r#"http: { GET: "/users", queryParams: "n: $args.first" }"#)
        .replace("\"message\"", "\"$.message\"");
    let folder = folder();
    let files = [
        ("rest.graphql", rest),
        ("clean.graphql", clean.as_str()),
        ("rest.yaml", "subgraphs:\n  rest:\n    schema: { file: rest.graphql }\n"),
        ("clean.yaml", "subgraphs:\n  rest:\n    schema: { file: clean.graphql }\n"),
        ("gateway.yaml", "traffic: { sources: { rest.api: { timeout: 1s } } }\n"),
        ("other.yaml", "traffic: { sources: { rest.apis: { timeout: 1s } } }\n"),
        ("wrong.yaml", "trafic: {}\n"),
    ];
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("a file");
    }
    // A command line, its exit code, what of stdout and stderr: all findings have a place, and a mend.
    let cases: [(&[&str], i32, &str, &[&str]); 9] = [
        (
            &["--config", "rest.yaml"],
            0,
            "rest.yaml is valid\n",
            &[
                "ERROR_MESSAGE_IS_OBJECT",
                "rest.graphql:4:84",
                "N_PLUS_ONE",
                "rest.graphql:8:6",
                "`$batch.id`",
                "ARGUMENT_NOT_PASSED_ON",
                "rest.graphql:6:9",
                "SOURCE_WITHOUT_TIMEOUT",
                "rest.graphql:4:3",
                "5s",
                "4 warnings",
            ],
        ),
        (&["--config", "rest.yaml", "-c", "gateway.yaml"], 0, "rest.yaml is valid\n", &["3 warnings"]),
        (&["--config", "clean.yaml", "-c", "gateway.yaml"], 0, "clean.yaml is valid\n", &[]),
        (&["--config", "clean.yaml", "-c", "other.yaml"], 0, "clean.yaml is valid\n", &["rest.apis", "did you mean"]),
        (&["--config", "clean.yaml", "-c", "wrong.yaml"], 1, "", &["wrong.yaml:1:1"]),
        (
            &["--config", "rest.yaml", "--format", "github", "-c", "gateway.yaml"],
            0,
            "rest.yaml is valid\n",
            &["::warning file=rest.graphql,line=8,col=6,title=N_PLUS_ONE::[rest] below the list"],
        ),
        (&["--config", "broken.yaml", "--format", "json"], 1, "", &[r#"{"severity":"error","code":""#]),
        (&["--config", "none.yaml"], 2, "", &["none.yaml"]),
        (&[], 0, "supergraph.yaml is valid\n", &[]),
    ];
    for (arguments, code, stdout, stderr) in cases {
        let arguments: Vec<&str> = ["check"].into_iter().chain(arguments.iter().copied()).collect();
        let output = weft(folder.path(), &arguments);
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert_eq!((output.status.code(), out.as_str()), (Some(code), stdout), "{arguments:?}\n{err}");
        assert_eq!(err.is_empty(), stderr.is_empty(), "{arguments:?}\n{err}");
        for part in stderr {
            assert!(err.contains(part), "{arguments:?}: nothing of {part} in\n{err}");
        }
    }
}

#[test]
fn the_schemas_of_the_demo_are_clean() {
    let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas");
    // Its clients are looked at elsewhere: they lean on what has no effect yet, which is told.
    let nobody = tempfile::tempdir().expect("a folder");
    let output = weft(&schemas, &["check", "--bff", &nobody.path().to_string_lossy()]);
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""), "{}", text(&output.stdout));
}

/// With REST and gRPC subgraphs in it: what was taken from files has to be in files again.
#[test]
fn the_supergraph_of_the_demo_can_be_split_and_composed_again() {
    let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas");
    let folder = tempfile::tempdir().expect("a folder");
    let composed = folder.path().join("composed.graphql");
    let output = weft(&schemas, &["compose", "--config", "supergraph.yaml", "-o", &composed.to_string_lossy()]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    for arguments in [
        ["import", "supergraph", "composed.graphql", "-o", "split"],
        ["compose", "--config", "split/supergraph.yaml", "-o", "again.graphql"],
    ] {
        let output = weft(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
    }
}

#[test]
fn findings_have_colours_only_on_a_terminal() {
    let folder = folder();
    let output = weft(folder.path(), &["compose", "--config", "broken.yaml"]);
    assert!(!text(&output.stderr).contains('\u{1b}'), "{}", text(&output.stderr));
}

/// As in `weft compose … | weft serve -s -`.
#[test]
fn serve_takes_a_supergraph_from_stdin() {
    let folder = folder();
    let supergraph = std::fs::File::open(folder.path().join("supergraph.graphql")).expect("it is there");
    let mut piped = command(folder.path(), &["serve", "-s", "-", "--listen", "127.0.0.1:0"]);
    piped.stdin(supergraph);
    assert!(!process::Serving::start(piped).url.is_empty());
}

#[cfg(unix)]
#[test]
fn serve_says_where_it_listens_and_ends_with_0_at_sigterm() {
    let folder = folder();
    let arguments = ["serve", "-s", "supergraph.graphql", "--listen", "127.0.0.1:0"];
    let serving = process::Serving::start(command(folder.path(), &arguments));
    let (code, rest) = serving.terminate();
    assert_eq!(code, Some(0), "{rest}");
    assert!(rest.contains("stopped"), "{rest}");
}

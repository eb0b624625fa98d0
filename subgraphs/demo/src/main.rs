//! `cargo demo`: the demo backends and the gateway in one process, until Ctrl-C.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use weft::{Config, ServeOptions, SupergraphSource};
use weft_subgraphs::Ports;

/// Where the schemas of this repository are; they say that the backends listen on [`Ports::default`].
const SUPERGRAPH_YAML: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/supergraph.yaml");

/// How the gateway calls them, and whom it lets in.
const WEFT_YAML: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/weft.yaml");

/// The folder of both.
const SCHEMAS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas");

const LISTEN: &str = "127.0.0.1:4000";

/// Three queries to try: a title, and the query on one line.
const QUERIES: [(&str, &str); 3] = [
    (
        "An order's page: gRPC, then REST three times in parallel",
        r#"{ order(id: "o7") { status totalMinor user { name } items { quantity product { name price } } shipment { status carrier } } }"#,
    ),
    (
        "What a user bought and what others say of it: REST, gRPC, REST and GraphQL, REST",
        r#"{ user(id: "u7") { name orders(first: 2) { id items { product { name reviews(first: 2) { rating body author { name } } } } } } }"#,
    ),
    (
        "A change through REST and one through gRPC, one after the other",
        r#"mutation { renameUser(id: "u1", name: "Ada") { name } createOrder(input: { userId: "u1", items: [{ productId: "p3", quantity: 2 }] }) { id status user { name } } }"#,
    ),
];

/// A query of the client `mobile`.
const HOME: &str = "{ home { name recent(limit: 2) { id status firstItem } } }";

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), String> {
    let (supergraph, found) = weft::compose_file(Path::new(SUPERGRAPH_YAML));
    found.iter().for_each(|diagnostic| eprint!("{}", diagnostic.draw(false)));
    let supergraph = supergraph.ok_or("the demo's schemas do not compose")?;

    let text = std::fs::read_to_string(WEFT_YAML).map_err(|error| format!("cannot read {WEFT_YAML}: {error}"))?;
    let config = Config::parse(&weft::Source::new(WEFT_YAML, text), Path::new(SCHEMAS), &BTreeMap::new())
        .map_err(|found| found.iter().map(|diagnostic| diagnostic.draw(false)).collect::<String>())?;

    let backends = weft_subgraphs::start(Ports::default()).await.map_err(|error| error.to_string())?;
    let source = SupergraphSource::Text(weft::Source::new("the demo's supergraph", supergraph));
    let options = ServeOptions { dev: true, config: config.gateway, ..ServeOptions::new(source, LISTEN) };
    let gateway = weft::serve(options, interrupted()).await.map_err(|error| error.to_string())?;

    let url = format!("http://{}/graphql", gateway.addr());
    let mobile = format!("http://{}/bff/mobile/graphql", gateway.addr());
    println!("Backends:");
    for service in backends.services() {
        println!("  {service}");
    }
    println!("\nGateway:\n  {url}\n\nTry:");
    for (title, query) in QUERIES {
        println!("\n# {title}\n{}", curl(&url, query));
    }
    println!("\n# The phone app's home screen, of who the token says; more clients are in bff-configs");
    println!("{} -H \"authorization: Bearer $(cat schemas/demo.jwt)\"", curl(&mobile, HOME));
    println!(
        "\nBreak a backend, ask again, and mend it:\n  curl -X PUT {0}/faults -d '{{\"error_rate\": 1}}'\n  curl -X PUT {0}/faults -d '{{}}'",
        backends.shipping.url()
    );
    println!("\nCtrl-C ends it all.");

    gateway.stopped().await.map_err(|error| error.to_string())?;
    backends.stop().await;
    println!("\nStopped.");
    Ok(())
}

/// A query as a command for a shell.
fn curl(url: &str, query: &str) -> String {
    let body = query.replace('\\', "\\\\").replace('"', "\\\"");
    format!("curl -s {url} -H 'content-type: application/json' -d '{{\"query\": \"{body}\"}}'")
}

/// Ends at Ctrl-C. If the signal cannot be listened for, it never does, and the terminal ends the process.
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

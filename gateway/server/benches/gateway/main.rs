//! What a request costs the gateway beside a floor that makes the same upstream calls and looks into nothing:
//! `cargo bench -p weft --bench gateway`. It prints figures, and asserts nothing of time.
//! `cargo bench -p weft --bench gateway -- 10 5` measures 5 times for 10 seconds each.
//!
//! Backends, floor and load generator are this program again, in processes of their own, so that what is counted is the
//! gateway's process alone. Its CPU time is the figure: unlike requests per second it hardly depends on what else the
//! machine does. docs/performance.md says how to read the table.

mod backend;
mod data;
mod floor;
mod load;
mod process;
mod view;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use process::Process;

/// The gateway's own: what its requests allocate with is part of what they cost, and the floor is to have the same.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CONNECTIONS: usize = 50;
const WARM_UP: Duration = Duration::from_millis(500);

const QUERIES: [(&str, &str); 6] = [
    ("one fetch", "{ me { id username } }"),
    ("two hops", "{ topProducts(first: 5) { upc name inStock } }"),
    (
        "heavy",
        "{ users { id username name reviews { id body product { upc name price inStock shippingEstimate } } }
           topProducts(first: 200) { upc name price weight inStock shippingEstimate
             reviews { id body author { id username name } } } }",
    ),
    ("REST list", "{ posts { id title } }"),
    ("REST batch", "{ posts { id title author { id name email } } }"),
    ("REST each", "{ notes { id title writer { id name email } } }"),
];

fn main() {
    // Cargo adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["backend"] => backend::run(),
        ["floor", exchange] => floor::run(Path::new(exchange)),
        ["load", url, body, milliseconds] => load::run(url, Path::new(body), parse(milliseconds)),
        [] => compare(Duration::from_secs(3), 3),
        [seconds, rounds] => compare(Duration::from_secs(parse(seconds)), parse(rounds)),
        _ => panic!("the arguments are seconds and rounds, such as: 3 3"),
    }
}

fn parse<T: std::str::FromStr>(number: &str) -> T {
    number.parse().unwrap_or_else(|_| panic!("{number} should be a number"))
}

fn compare(time: Duration, rounds: usize) {
    let folder = TempDir::new().expect("a folder for temporary files");
    let backend = Process::start(itself().arg("backend"));
    let weft = gateway(folder.path(), &backend.url);
    println!("CPU time per request, {rounds} rounds of {time:?} in turns, medians (smallest to largest)\n");
    println!("query      calls    answer   floor                   weft                    ratio   weft requests/s");
    for (name, query) in QUERIES {
        let measured = measure(folder.path(), query, &backend, &weft, time, rounds);
        println!("{name:<10} {measured}");
    }
    println!("\n{}", view::compare(folder.path(), &weft.url, &weft, time, rounds));
}

/// This program, to play another part.
fn itself() -> Command {
    Command::new(std::env::current_exe().expect("the path of this program"))
}

/// Composes the supergraph and serves it, as an operator would.
fn gateway(folder: &Path, backend: &str) -> Process {
    let mut config = String::from("subgraphs:\n");
    for (name, sdl) in data::SUBGRAPHS {
        fs::write(folder.join(format!("{name}.graphql")), sdl.replace("BACKEND", backend)).expect("a temporary file");
        config += &format!("  {name}:\n    routing_url: {backend}/{name}\n    schema:\n      file: {name}.graphql\n");
    }
    fs::write(folder.join("supergraph.yaml"), config).expect("a temporary file");
    let weft = || Command::new(env!("CARGO_BIN_EXE_weft"));
    let supergraph = folder.join("composed.graphql");
    let config = folder.join("supergraph.yaml");
    let composed = weft().arg("compose").arg("--config").arg(config).arg("-o").arg(&supergraph).output();
    let composed = composed.expect("the built gateway");
    assert!(composed.status.success(), "{}", String::from_utf8_lossy(&composed.stderr));
    let config = view::write(folder);
    let serve = ["serve", "--listen", "127.0.0.1:0", "--supergraph"];
    let mut gateway = Process::start(weft().args(serve).arg(&supergraph).arg("-c").arg(config));
    // What is said first may be the address of the view.
    let host = gateway.url["http://".len()..].find('/').map(|at| at + "http://".len());
    gateway.url.truncate(host.unwrap_or(gateway.url.len()));
    gateway
}

/// Measures gateway and floor in turns, so that the machine's noise falls on both.
fn measure(folder: &Path, query: &str, backend: &Process, weft: &Process, time: Duration, rounds: usize) -> Measured {
    let body = folder.join("request.json");
    fs::write(&body, json!({ "query": query }).to_string()).expect("a temporary file");
    let exchange = record(query, backend, weft);
    let plan = folder.join("exchange.json");
    fs::write(&plan, exchange.to_string()).expect("a temporary file");
    let floor = Process::start(itself().arg("floor").arg(&plan));

    let mut measured = Measured {
        calls: exchange["calls"].as_array().map_or(0, Vec::len),
        answer: exchange["answer"].as_str().map_or(0, str::len),
        ..Measured::default()
    };
    for process in [&floor, weft] {
        load::start(itself(), &process.url, &body, WARM_UP);
    }
    for _ in 0..rounds {
        for (process, costs) in [(&floor, &mut measured.floor), (weft, &mut measured.weft)] {
            let before = process.cpu();
            let requests = load::start(itself(), &process.url, &body, time);
            let used = process.cpu().zip(before).map(|(after, before)| after - before);
            costs.extend(used.map(|used| used.as_secs_f64() * 1e6 / requests as f64));
            if std::ptr::eq(process, weft) {
                measured.rate.push(requests as f64 / time.as_secs_f64());
            }
        }
    }
    measured
}

/// Sends a query through the gateway; gives its answer and the upstream calls that it took. The backend holds all the
/// data and answers the whole query too, which is how the gateway's answer is known to be right.
fn record(query: &str, backend: &Process, weft: &Process) -> Value {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let post = async |url: &str| {
        let request = client.post(url).header("content-type", "application/json");
        let response = request.body(json!({ "query": query }).to_string()).send().await.expect("an answer");
        response.text().await.expect("a whole answer")
    };
    runtime.block_on(async {
        let expected = post(&format!("{}/all", backend.url)).await;
        let calls = format!("{}/calls", backend.url);
        client.get(&calls).send().await.expect("the calls so far");
        let answer = post(&format!("{}/graphql", weft.url)).await;
        let calls = client.get(&calls).send().await.expect("the calls").text().await.expect("all of them");
        let [expected, got, calls] = [&expected, &answer, &calls].map(|text| -> Value {
            serde_json::from_str(text).unwrap_or_else(|error| panic!("no JSON: {error}: {text}"))
        });
        assert_eq!(got, expected, "the gateway's answer to {query} is wrong");
        json!({ "backend": backend.url, "calls": calls, "answer": answer })
    })
}

/// CPU time in microseconds per request, and what it was measured on.
#[derive(Default)]
struct Measured {
    calls: usize,
    /// Bytes.
    answer: usize,
    floor: Vec<f64>,
    weft: Vec<f64>,
    rate: Vec<f64>,
}

impl std::fmt::Display for Measured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ratio = median(&self.weft).zip(median(&self.floor)).map(|(weft, floor)| weft / floor);
        let ratio = ratio.map_or("unknown".to_owned(), |ratio| format!("{ratio:.2}"));
        let rate = median(&self.rate).unwrap_or_default();
        let (floor, weft) = (spread(&self.floor), spread(&self.weft));
        write!(f, "{:>5} {:>7} B   {floor:<23} {weft:<23} {ratio:<7} {rate:.0}", self.calls, self.answer)
    }
}

fn median(values: &[f64]) -> Option<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

fn spread(values: &[f64]) -> String {
    let Some(median) = median(values) else { return "unknown on this system".to_owned() };
    let smallest = values.iter().copied().fold(f64::INFINITY, f64::min);
    let largest = values.iter().copied().fold(0.0, f64::max);
    format!("{median:.1} µs ({smallest:.1} to {largest:.1})")
}

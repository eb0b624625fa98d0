//! How long a large supergraph takes to compose, load and prove, and how much memory: `cargo bench -p weft-federation`.
//! It prints figures, and asserts nothing of time. `cargo bench -p weft-federation -- 200 10000` takes other numbers.

use std::fmt::Write as _;
use std::time::Instant;

use weft_federation::compose::{compose, prove_composed};
use weft_federation::connect::Composing;
use weft_federation::diagnostics::Source;
use weft_federation::plan::Planner;
use weft_federation::schema::Supergraph;
use weft_federation::schema::subgraph::SubgraphInput;

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse().ok());
    let subgraphs: usize = numbers.next().unwrap_or(100);
    let types: usize = numbers.next().unwrap_or(5_000);
    let wide = (0..subgraphs).map(|at| subgraph(at, subgraphs, types / subgraphs)).collect();
    run(&format!("{subgraphs} subgraphs, {types} types"), wide);
    run("a type that objects of which come from any set of 24 subgraphs", pathological(24));
    let connectors: usize = numbers.next().unwrap_or(2_000);
    run(&format!("a REST service of {connectors} endpoints"), vec![rest(connectors)]);
}

fn run(title: &str, inputs: Vec<SubgraphInput>) {
    println!("{title}");
    let bytes: usize = inputs.iter().map(|input| input.source.text.len()).sum();
    let started = Instant::now();
    let no_protos = |_: &str, _: &str| None;
    let composition = compose(inputs, &mut Composing::new(&no_protos));
    let composed = started.elapsed();
    let errors: Vec<String> =
        composition.diagnostics.iter().filter(|found| found.is_error()).map(ToString::to_string).collect();
    let sdl = composition.supergraph.unwrap_or_else(|| panic!("it does not compose: {errors:#?}"));
    let length = sdl.len();
    let loading = Instant::now();
    let merged = Supergraph::load(&Source::new("supergraph.graphql", sdl));
    let merged = merged.unwrap_or_else(|found| panic!("it does not load: {}", found[0]));
    let loaded = loading.elapsed();
    let proving = Instant::now();
    let (supergraph, found) = prove_composed(merged, &composition.definitions);
    let proved = proving.elapsed();
    let planner = Instant::now();
    let planner = (Planner::new(&supergraph), planner.elapsed());
    println!("  subgraphs   {:>9} kB of SDL", bytes / 1024);
    println!("  supergraph  {:>9} kB of SDL", length / 1024);
    println!("  compose     {:>9.1} ms", composed.as_secs_f64() * 1e3);
    println!("  load        {:>9.1} ms", loaded.as_secs_f64() * 1e3);
    println!("  prove       {:>9.1} ms, {} findings", proved.as_secs_f64() * 1e3, found.len());
    println!("  planner     {:>9.1} ms", planner.1.as_secs_f64() * 1e3);
    println!("  in all      {:>9.1} ms", started.elapsed().as_secs_f64() * 1e3);
    if let Some(peak) = peak_memory() {
        println!("  peak memory {:>9} MB", peak / 1024);
    }
}

/// In kB, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn input(name: String, sdl: String) -> SubgraphInput {
    SubgraphInput { url: format!("http://{name}"), source: Source::new(format!("{name}.graphql"), sdl), name }
}

const HEAD: &str = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.5\", \
                    import: [\"@key\", \"@shareable\", \"@external\", \"@requires\", \"@inaccessible\"])\n";

/// A subgraph as teams write them: entities of its own with values, enums, inputs and an interface, and fields that it
/// adds to entities of others.
fn subgraph(at: usize, subgraphs: usize, types: usize) -> SubgraphInput {
    let mut sdl = String::from(HEAD);
    let entities = types / 5;
    let mut query = String::new();
    // Writing to a String cannot fail.
    for entity in 0..entities {
        let name = format!("E{at}x{entity}");
        let _ = writeln!(
            sdl,
            "type {name} implements Node{at} @key(fields: \"id\") @key(fields: \"sku\") {{ id: ID! sku: String \
             title(locale: String = \"en\"): String value: V{at}x{entity} kind: K{at}x{entity} size: Money \
             next: E{at}x{} others(filter: F{at}x{entity}, first: Int = 10): [E{}x{}] }}",
            (entity + 1) % entities,
            (at + 7) % subgraphs,
            entity,
        );
        let _ = writeln!(sdl, "type V{at}x{entity} {{ a: Int b: String c: [Float!] deep: W{at}x{entity} }}");
        let _ = writeln!(sdl, "type W{at}x{entity} {{ x: Int y: Int owner: E{at}x{entity} }}");
        let _ = writeln!(sdl, "enum K{at}x{entity} {{ ONE TWO THREE }}");
        let _ = writeln!(sdl, "input F{at}x{entity} {{ kind: K{at}x{entity} = ONE ids: [ID!] and: F{at}x{entity} }}");
        let _ = write!(query, " e{at}x{entity}(id: ID!): {name}");
        let other = format!("E{}x{entity}", (at + 7) % subgraphs);
        let _ = writeln!(
            sdl,
            "type {other} @key(fields: \"id\") {{ id: ID! size: Money @external \
             from{at}: Int from{at}b: V{at}x{entity} cost{at}: Int @requires(fields: \"size {{ amount }}\") }}"
        );
    }
    let _ = writeln!(sdl, "interface Node{at} {{ id: ID! title(locale: String = \"en\"): String }}");
    let _ = writeln!(sdl, "union Any{at} = E{at}x0 | E{at}x1");
    let _ = writeln!(sdl, "type Money @shareable {{ amount: Int currency: String }}");
    let _ = writeln!(sdl, "type Query {{{query} node{at}: Node{at} any{at}: [Any{at}] }}");
    input(format!("subgraph{at}"), sdl)
}

/// One subgraph of connectors, as `weft import openapi` writes it for a large service: each endpoint gives some of the
/// same few types, and selects all that is in them.
fn rest(connectors: usize) -> SubgraphInput {
    let mut sdl = String::from(
        "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.12\", import: [\"@key\"]) \
         @link(url: \"https://specs.apollo.dev/connect/v0.3\", import: [\"@source\", \"@connect\"]) \
         @source(name: \"api\", http: { baseURL: \"http://127.0.0.1\" })\n\
         type User @key(fields: \"id\") { id: ID! name: String friend: User }\n\
         type Query {\n\
         user(id: ID!): User @connect(source: \"api\", entity: true, http: { GET: \"/users/{$args.id}\" }, \
         selection: \"id name friend { id }\")\n",
    );
    for at in 0..connectors {
        let ty = at % (connectors / 10).max(1);
        // Writing to a String cannot fail.
        let _ = writeln!(
            sdl,
            "e{at}(id: ID!): T{ty} @connect(source: \"api\", http: {{ GET: \"/e{at}/{{$args.id}}\" }}, \
             selection: \"id size owner {{ id name friend {{ id }} }} related {{ id by {{ id }} }}\")"
        );
    }
    sdl.push_str("}\n");
    for ty in 0..(connectors / 10).max(1) {
        let _ = writeln!(sdl, "type T{ty} {{ id: ID! size: Int owner: User related: [R{ty}!] }}");
        let _ = writeln!(sdl, "type R{ty} {{ id: ID! by: User }}");
    }
    input("rest".to_owned(), sdl)
}

/// A value type of which each subgraph lacks another field, so that objects can come from any set of subgraphs: there
/// are more sets than a proof can look at.
fn pathological(subgraphs: usize) -> Vec<SubgraphInput> {
    let one = |at: usize| {
        let fields: String = (0..subgraphs).filter(|field| *field != at).map(|field| format!(" f{field}: T")).collect();
        let sdl = format!("{HEAD}type T @shareable {{ own: Int{fields} }} type Query @shareable {{ t: T }}\n");
        input(format!("s{at:02}"), sdl)
    };
    (0..subgraphs).map(one).collect()
}

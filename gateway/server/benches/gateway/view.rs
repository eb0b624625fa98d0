//! Owns what a view costs: the same data, fetched directly and through a view that renames and flattens it, in turns.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use super::load;
use super::process::Process;
use super::{WARM_UP, itself, median, spread};

const SCHEMA: &str = r#"
type Query { items(n: Int!): [Item] @from(path: "topProducts(first: $n)") }
type Item @from(type: "Product") {
  code: String! @from(path: "upc")
  title: String @from(path: "name")
  cost: Int @from(path: "price")
  mass: Int @from(path: "weight")
  available: Boolean @from(path: "inStock")
  shipping: Int @from(path: "shippingEstimate")
  comments: [Comment] @from(path: "reviews")
}
type Comment @from(type: "Review") {
  key: ID! @from(path: "id")
  text: String @from(path: "body")
  authorKey: ID @from(path: "author.id")
  authorLogin: String @from(path: "author.username")
  authorName: String @from(path: "author.name")
}
"#;

const DIRECT: &str = "{ topProducts(first: 100) { upc name price weight inStock shippingEstimate
    reviews { id body author { id username name } } } }";

const VIEWED: &str = "{ items(n: 100) { code title cost mass available shipping
    comments { key text authorKey authorLogin authorName } } }";

/// Writes the view and a configuration with it; gives the path of the latter.
pub fn write(folder: &Path) -> PathBuf {
    let client = folder.join("bff-configs").join("bench");
    fs::create_dir_all(&client).expect("a temporary folder");
    fs::write(client.join("schema.graphql"), SCHEMA).expect("a temporary file");
    let config = folder.join("weft.yaml");
    fs::write(&config, "bff: { path: bff-configs }\n").expect("a temporary file");
    config
}

/// What a request through the view costs beside one for the same data without it.
pub fn compare(folder: &Path, url: &str, weft: &Process, time: Duration, rounds: usize) -> String {
    let (mut direct, mut viewed) = (vec![], vec![]);
    let body = |name: &str, query: &str| {
        let path = folder.join(name);
        fs::write(&path, json!({ "query": query }).to_string()).expect("a temporary file");
        path
    };
    let direct_body = body("direct.json", DIRECT);
    let viewed_body = body("viewed.json", VIEWED);
    let client = format!("{url}/bff/bench");
    for (url, body) in [(url, &direct_body), (&client, &viewed_body)] {
        load::start(itself(), url, body, WARM_UP);
    }
    for _ in 0..rounds {
        for (url, body, costs) in [(url, &direct_body, &mut direct), (&client, &viewed_body, &mut viewed)] {
            let before = weft.cpu();
            let requests = load::start(itself(), url, body, time);
            let used = weft.cpu().zip(before).map(|(after, before)| after - before);
            costs.extend(used.map(|used| used.as_secs_f64() * 1e6 / requests as f64));
        }
    }
    let ratio = median(&viewed).zip(median(&direct)).map(|(viewed, direct)| viewed / direct);
    let ratio = ratio.map_or("unknown".to_owned(), |ratio| format!("{ratio:.3}"));
    format!("view       direct {}, through the view {}, ratio {ratio}", spread(&direct), spread(&viewed))
}

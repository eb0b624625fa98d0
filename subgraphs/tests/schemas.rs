//! The files in `schemas/`: that they say what the services are.

use std::path::PathBuf;

use weft_subgraphs::{Ports, catalog, orders, reviews, shipping};

fn schema(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../schemas").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn reviews_is_what_the_service_exports() {
    assert_eq!(
        schema("reviews.graphql"),
        reviews::sdl(),
        "run `cargo run -p weft-subgraphs -- sdl > schemas/reviews.graphql`"
    );
}

#[test]
fn every_file_parses() {
    for name in ["catalog", "orders", "reviews", "shipping"] {
        let text = schema(&format!("{name}.graphql"));
        let document = async_graphql::parser::parse_schema(&text);
        assert!(document.is_ok(), "{name}.graphql: {document:?}");
    }
}

#[test]
fn every_file_names_the_default_port() {
    let Ports { catalog, orders, reviews, shipping } = Ports::default();
    let supergraph = schema("supergraph.yaml");
    for (name, port) in [("catalog", catalog), ("orders", orders), ("reviews", reviews), ("shipping", shipping)] {
        let url = format!("http://127.0.0.1:{port}");
        assert!(supergraph.contains(&format!("  {name}:\n    routing_url: {url}")), "{name} in supergraph.yaml");
        if name != "reviews" {
            assert!(schema(&format!("{name}.graphql")).contains(&format!("\"{url}\"")), "{name}.graphql");
        }
    }
}

#[test]
fn no_batch_is_larger_than_its_service_takes() {
    for (name, max) in
        [("catalog", catalog::MAX_BATCH), ("orders", orders::MAX_BATCH), ("shipping", shipping::MAX_BATCH)]
    {
        let text = schema(&format!("{name}.graphql"));
        let sizes: Vec<usize> = text
            .split("maxSize: ")
            .skip(1)
            .map(|rest| rest.split(|next: char| !next.is_ascii_digit()).next().unwrap_or_default())
            .map(|digits| digits.parse().expect("maxSize is a number"))
            .collect();
        assert!(!sizes.is_empty() && sizes.iter().all(|size| *size <= max), "{name}.graphql: {sizes:?}");
    }
}

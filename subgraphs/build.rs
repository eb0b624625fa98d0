//! Compiles `schemas/orders.proto` to Rust, and to the descriptor set that the reflection service serves. The compiler
//! is protox, so that no `protoc` is needed on the machine.

use std::error::Error;
use std::path::PathBuf;

use prost::Message as _;

/// Requests are logged as JSON, for which they must be serializable. See `calls.rs`.
const LOGGED: [&str; 5] = ["Id", "Ids", "ByUsers", "Create", "Item"];

fn main() -> Result<(), Box<dyn Error>> {
    let schemas = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("../schemas");
    println!("cargo::rerun-if-changed={}", schemas.join("orders.proto").display());

    let descriptors = protox::compile(["orders.proto"], [&schemas])?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("orders.binpb"), descriptors.encode_to_vec())?;

    let mut builder = tonic_prost_build::configure().btree_map(".");
    for message in LOGGED {
        builder = builder.type_attribute(format!("orders.v1.{message}"), "#[derive(serde::Serialize)]");
    }
    builder.compile_fds(descriptors)?;
    Ok(())
}

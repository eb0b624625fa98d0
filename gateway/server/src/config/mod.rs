//! Owns what people configure, on two levels: raw, as it was written, and resolved, with everything expanded and checked.
//! Nothing past the start sees the raw form.

mod client_yaml;
mod consumers_yaml;
#[cfg(test)]
mod consumers_yaml_tests;
mod environment;
#[cfg(test)]
mod reference;
mod supergraph_yaml;
mod values;
mod weft_yaml;
mod yaml;

pub use client_yaml::{ClientPolicy, Lifecycle, Stated, json_schema as client_json_schema};
pub use consumers_yaml::json_schema as consumers_json_schema;
pub use environment::variables;
pub use supergraph_yaml::{SchemaLocation, SubgraphConfig, SupergraphConfig};
pub use values::{Errors, Exposure, Operations};
pub use weft_yaml::{Config, GatewayConfig, json_schema};

use schemars::Schema;
use schemars::transform::transform_subschemas;
use serde_json::{Value, json};

/// Lets a variable stand where true or false does. For texts their patterns say it.
fn or_variable(schema: &mut Schema) {
    let is_switch =
        |ty: &Value| *ty == "boolean" || ty.as_array().is_some_and(|types| types.contains(&"boolean".into()));
    if schema.get("type").is_some_and(is_switch) {
        schema.insert("type".to_owned(), json!(["boolean", "string", "null"]));
        schema.insert("pattern".to_owned(), r"\$\{env\.".into());
    }
    transform_subschemas(&mut or_variable, schema);
}

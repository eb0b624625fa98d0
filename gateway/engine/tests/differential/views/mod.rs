//! Owns the property of views: through a random view over a random supergraph, weft answers as a naive executor does that
//! resolves the view field by field over all the data.

mod generate;
mod naive;
mod spec;

use std::collections::BTreeSet;

use apollo_compiler::executable::ExecutableDocument;
use apollo_compiler::response::{JsonMap, JsonValue};
use weft_federation::diagnostics::Source;
use weft_federation::view::{ClientSchema, ViewInput, build};

use super::data::from_wire;
use super::faults::{Faults, field_faults};
use super::gateway::{Failed, Gateway};
use super::operation::{self, Operation};
use super::rng::{Rng, mix};
use super::{Settings, Summary};
use naive::Naive;
use spec::View;

/// Operations on one view.
const PER_VIEW: usize = 8;
const VIEWS: usize = 3;
const TRIES: usize = 6;

fn views(gateway: &Gateway, seed: u64, summary: &mut Summary) {
    let mut rng = Rng::new(mix(seed ^ 7));
    for _ in 0..VIEWS {
        let view = generate::generate(&mut rng, gateway.api());
        let text = view.render();
        let client = match compile(gateway, &text) {
            Ok(client) => client,
            Err(found) => {
                summary.failures.push(format!("world {seed}: the view does not build: {found}\n{text}"));
                return;
            }
        };
        let possible = operation::possible(&client.schema);
        for _ in 0..PER_VIEW {
            for _ in 0..TRIES {
                let operation = operation::operation(&mut rng, &client.schema, &possible);
                if operation.text.contains("__schema") || operation.text.contains("__type(") {
                    continue;
                }
                let faults = if rng.chance(50) { exact_faults(&mut rng, gateway) } else { Faults::none() };
                match check(gateway, &client, &view, &operation, &faults) {
                    Ok(None) => {
                        summary.invalid += 1;
                        continue;
                    }
                    Ok(Some(())) => {
                        summary.exact += 1;
                        summary.faulted += usize::from(!faults.is_empty());
                    }
                    Err(message) => {
                        let variables = serde_json::to_string(&operation.variables).unwrap_or_default();
                        summary.failures.push(format!(
                            "world {seed}: {message}\n--- view\n{text}\n--- api\n{}\n--- operation\n{}\n--- variables\n{variables}\n--- faults\n{faults:?}\n",
                            gateway.api(),
                            operation.text,
                        ));
                        return;
                    }
                }
                summary.cases += 1;
                break;
            }
        }
    }
}

/// Faults whose consequences the naive executor can tell to the last null.
fn exact_faults(rng: &mut Rng, gateway: &Gateway) -> Faults {
    let faults = Faults { strict: false, ..field_faults(rng, &gateway.world) };
    if faults.are_exact() { faults } else { Faults::none() }
}

fn compile(gateway: &Gateway, text: &str) -> Result<ClientSchema, String> {
    let sources = vec![Source::new("schema.graphql", text)];
    let built = build(&ViewInput { sources, client: "random".to_owned(), wildcard: false }, gateway.supergraph());
    let errors = built.diagnostics.iter().filter(|found| found.is_error());
    let errors: Vec<String> = errors.map(|found| format!("{} {}", found.code, found.draw(false))).collect();
    match built.client {
        Some(client) if errors.is_empty() => Ok(client),
        _ => Err(errors.join("\n")),
    }
}

/// A random view of a gateway, as it is written.
pub fn random(rng: &mut Rng, gateway: &Gateway) -> Result<(String, ClientSchema), String> {
    let text = generate::generate(rng, gateway.api()).render();
    let client = compile(gateway, &text).map_err(|found| format!("the view does not build: {found}\n{text}"))?;
    Ok((text, client))
}

/// Runs an operation on both sides; `None` if it is not valid.
fn check(
    gateway: &Gateway,
    client: &ClientSchema,
    view: &View,
    operation: &Operation,
    faults: &Faults,
) -> Result<Option<()>, String> {
    let answered = match gateway.run_on(client, operation, faults) {
        Ok(answered) => answered,
        Err(Failed::Invalid) => return Ok(None),
        Err(Failed::Broken(message)) => return Err(message),
    };
    if let Some(violation) = answered.record.violations.first() {
        return Err(format!("violation: {violation}"));
    }
    let text = from_wire(&answered.text);
    let weft: JsonMap = serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"))?;
    let document = ExecutableDocument::parse_and_validate(&client.schema, operation.text.as_str(), "operation.graphql")
        .map_err(|invalid| invalid.errors.to_string())?;
    let naive = Naive::new(gateway, &client.schema, view, faults, &operation.variables, &document);
    let expected = naive.execute()?;
    let (data, found) = (expected.data.to_string(), weft.get("data").cloned().unwrap_or_default().to_string());
    if data != found {
        return Err(format!("data:\nnaive: {data}\nweft:  {text}"));
    }
    let degraded = paths(weft.get("extensions").and_then(|extensions| extensions.get("degraded")));
    if degraded != expected.degraded {
        return Err(format!("degraded: naive {:?}, weft {text}", expected.degraded));
    }
    let errors = paths(weft.get("errors"));
    let lost: Vec<&String> = expected.errors.difference(&errors).collect();
    let extra: Vec<&String> = errors.difference(&expected.errors).collect();
    if lost.is_empty() && extra.is_empty() {
        return Ok(Some(()));
    }
    Err(format!("errors: weft lacks {lost:?}, and has {extra:?} more: {text}"))
}

/// The paths of a list of errors.
fn paths(errors: Option<&JsonValue>) -> BTreeSet<String> {
    let errors = errors.and_then(JsonValue::as_array).map(Vec::as_slice).unwrap_or_default();
    errors.iter().map(|error| error.get("path").cloned().unwrap_or_default().to_string()).collect()
}

/// Runs cases until there are enough, or enough disagreements.
pub fn run(settings: &Settings) -> Summary {
    super::run_with(settings, &world)
}

/// Runs the cases of one world's views, as [`run`] does for each.
pub fn world(seed: u64) -> Summary {
    let mut summary = Summary { worlds: 1, ..Summary::default() };
    match super::answerable(super::generate::generate(seed)) {
        // What is given from around an object is not the naive executor's to know.
        Ok(gateway) if has_contexts(&gateway) => summary.refused.entry("contexts".to_owned()).or_default().count += 1,
        Ok(gateway) => views(&gateway, seed, &mut summary),
        Err(_) => summary.refused.entry("world".to_owned()).or_default().count += 1,
    }
    summary
}

fn has_contexts(gateway: &Gateway) -> bool {
    let mut fields = gateway.world.objects.iter().flat_map(|object| &object.fields);
    fields.any(|field| !field.contexts.is_empty())
}

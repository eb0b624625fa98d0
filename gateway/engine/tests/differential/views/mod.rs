//! Owns the property of views: through a random view over a random supergraph, weft answers as a naive executor does that
//! resolves the view field by field over all the data.

mod generate;
mod inputs;
mod naive;
mod paths;
mod refusals;
mod spec;

use std::collections::BTreeSet;

use apollo_compiler::executable::ExecutableDocument;
use apollo_compiler::response::{JsonMap, JsonValue};
use weft_federation::diagnostics::Source;
use weft_federation::operation::Identity;
use weft_federation::view::{ClientSchema, ViewInput, build};

use super::data::from_wire;
use super::faults::{self, Faults, FieldFaultKind, field_faults};
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
/// No more errors are shown than these, and no more places that are degraded.
const MAX_SHOWN: usize = 100;

/// What is asked in a case, of whom and by whom.
#[derive(Clone)]
pub struct Asked<'a> {
    operation: &'a Operation,
    faults: &'a Faults,
    identity: Who,
}

/// The one who asks.
#[derive(Clone)]
pub struct Who {
    claims: Option<serde_json::Map<String, serde_json::Value>>,
}

impl Who {
    fn random(rng: &mut Rng) -> Self {
        let claims = [
            r#"{"sub": "i1", "n": 3, "in": {"ns": [1, 2]}, "scope": "a b"}"#,
            r#"{"sub": "x\"y", "n": 4, "in": {"ns": []}, "scp": ["a"]}"#,
            r#"{"sub": "", "n": null, "scope": "b"}"#,
        ];
        let claims = claims.get(rng.below(4)).map(|text| serde_json::from_str(text).expect("an object"));
        Self { claims }
    }

    fn known(&self) -> Identity {
        self.claims.clone().map_or_else(Identity::anonymous, Identity::verified)
    }

    fn claim(&self, path: &str) -> Option<JsonValue> {
        let claims = serde_json::Value::Object(self.claims.clone()?);
        let found = claims.pointer(&format!("/{}", path.replace('.', "/")))?;
        (!found.is_null()).then(|| found.clone().into())
    }

    fn holds(&self, scope: &str) -> bool {
        let claim = |name: &str| self.claims.as_ref().and_then(|claims| claims.get(name)).map(ToString::to_string);
        let words = |text: String| text.split(|c: char| !c.is_alphabetic()).any(|word| word == scope);
        claim("scope").is_some_and(words) || claim("scp").is_some_and(words)
    }
}

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
                let faults = match rng.below(10) {
                    0..4 => Faults { lax: true, ..Faults::none() },
                    4..8 => exact_faults(&mut rng, gateway),
                    _ => faults::refusals(&mut rng, &gateway.world),
                };
                let asked = Asked { operation: &operation, faults: &faults, identity: Who::random(&mut rng) };
                match check(gateway, &client, &view, &asked) {
                    Ok(None) => {
                        summary.invalid += 1;
                        continue;
                    }
                    Ok(Some(is_exact)) => {
                        summary.exact += usize::from(is_exact);
                        summary.faulted += usize::from(!faults.is_empty());
                    }
                    Err(message) => {
                        let variables = serde_json::to_string(&operation.variables).unwrap_or_default();
                        summary.failures.push(format!(
                            "world {seed}: {message}\n--- view\n{text}\n--- api\n{}\n--- operation\n{}\n--- variables\n{variables}\n--- faults\n{faults:?}\n--- claims\n{:?}\n",
                            gateway.api(),
                            operation.text,
                            asked.identity.claims,
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

/// Faults whose consequences the naive executor can tell to the last null; some are refusals.
fn exact_faults(rng: &mut Rng, gateway: &Gateway) -> Faults {
    let mut faults = Faults { strict: false, ..field_faults(rng, &gateway.world) };
    for fault in faults.fields.iter_mut().filter(|fault| fault.kind == FieldFaultKind::Error) {
        if rng.chance(40) {
            fault.kind = FieldFaultKind::Refused;
        }
    }
    if faults.are_exact() { Faults { lax: true, ..faults } } else { Faults { lax: true, ..Faults::none() } }
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

/// Runs an operation on both sides, and says whether the answers are equal to the byte, and not only as far as refusals allow;
/// `None` if it is not valid.
fn check(gateway: &Gateway, client: &ClientSchema, view: &View, asked: &Asked<'_>) -> Result<Option<bool>, String> {
    let Asked { operation, faults, identity } = asked;
    let answered = match gateway.run_on(client, operation, faults, &identity.known()) {
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
    if faults.refuses {
        let faults = &Faults::none();
        let asked = Asked { faults, ..asked.clone() };
        let best = Naive::new(gateway, &client.schema, view, &asked, &document).execute()?;
        let listed = |list: Option<&JsonValue>| -> Vec<JsonValue> {
            let items = list.and_then(JsonValue::as_array).map(Vec::as_slice).unwrap_or_default();
            items.iter().map(|item| item.get("path").cloned().unwrap_or_default()).collect()
        };
        let degraded = weft.get("extensions").and_then(|extensions| extensions.get("degraded"));
        let degraded: Vec<String> = listed(degraded).iter().map(ToString::to_string).collect();
        let data = weft.get("data").cloned().unwrap_or_default();
        let judged = refusals::check(&best, &data, &listed(weft.get("errors")), &degraded);
        return judged.map(|()| Some(false)).map_err(|found| format!("{found}\nbest: {}\nweft: {text}", best.data));
    }
    let naive = Naive::new(gateway, &client.schema, view, asked, &document);
    let expected = naive.execute()?;
    let (data, found) = (expected.data.to_string(), weft.get("data").cloned().unwrap_or_default().to_string());
    if data != found {
        return Err(format!("data:\nnaive: {data}\nweft:  {text}"));
    }
    if expected.degraded.len() > MAX_SHOWN {
        // Which of them are told instead hangs on the order in which they were met.
        return Ok(Some(true));
    }
    let degraded = weft.get("extensions").and_then(|extensions| extensions.get("degraded"));
    same_paths("degraded", &expected.degraded, degraded).map_err(|found| format!("{found}: {text}"))?;
    same_paths("errors", &expected.errors, weft.get("errors")).map_err(|found| format!("{found}: {text}"))?;
    Ok(Some(true))
}

/// Whether what is listed is at these paths. Past the cap a last item without a path counts the others.
fn same_paths(what: &str, expected: &[String], listed: Option<&JsonValue>) -> Result<(), String> {
    let listed = listed.and_then(JsonValue::as_array).map(Vec::as_slice).unwrap_or_default();
    let path = |item: &JsonValue| item.get("path").map(ToString::to_string);
    let shown: Vec<String> = listed.iter().filter_map(path).collect();
    let not_shown = match listed.iter().filter(|item| path(item).is_none()).collect::<Vec<_>>()[..] {
        [] => 0,
        [item] => {
            let count = item.get("message").and_then(JsonValue::as_str).and_then(|text| text.split(' ').next());
            count.and_then(|count| count.parse().ok()).ok_or_else(|| format!("{what}: one has no path"))?
        }
        _ => return Err(format!("{what}: some have no path")),
    };
    let (told, wanted): (BTreeSet<&String>, BTreeSet<&String>) = (shown.iter().collect(), expected.iter().collect());
    let extra: Vec<_> = told.difference(&wanted).collect();
    let lost: Vec<_> = wanted.difference(&told).collect();
    let is_cut = expected.len() > MAX_SHOWN && shown.len() == MAX_SHOWN;
    if shown.len() + not_shown == expected.len() && extra.is_empty() && (lost.is_empty() || is_cut) {
        return Ok(());
    }
    Err(format!(
        "{what}: {} where {} were expected; weft lacks {lost:?}, and has {extra:?} more",
        shown.len() + not_shown,
        expected.len()
    ))
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

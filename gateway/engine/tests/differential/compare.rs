//! Owns the judgement: whether weft's answer is the naive executor's.
//!
//! Where nothing fails, or what fails is a field wherever it is asked, the answers are equal to the byte. Where a subgraph fails as
//! a whole, what is lost depends on the plan. Then weft's nulls are taken over by the naive executor: all else must
//! follow from them, and each must be explained by an error on its path.

use std::cell::RefCell;

use apollo_compiler::executable::ExecutableDocument;
use apollo_compiler::response::{JsonMap, JsonValue, ResponseDataPathSegment};

use super::data::from_wire;
use super::faults::{Faults, SubgraphFault};
use super::gateway::{Answered, Failed, Gateway};
use super::naive::Naive;
use super::operation::Operation;

/// More errors than this weft does not show.
const MAX_ERRORS: usize = 100;

#[derive(Debug)]
pub enum Verdict {
    Agrees(Agreement),
    /// No valid operation.
    Invalid,
    Disagrees(Disagreement),
}

#[derive(Debug)]
pub struct Agreement {
    /// Whether the answers are equal to the byte, and not only as far as faults allow.
    pub is_exact: bool,
    /// Whether something was to fail.
    pub is_faulted: bool,
    /// How often subgraphs were asked.
    pub calls: usize,
}

#[derive(Debug)]
pub struct Disagreement {
    /// Disagreements of one kind are one bug, as far as shrinking is concerned.
    pub kind: &'static str,
    pub message: String,
    pub calls: Vec<String>,
}

/// Runs an operation on both sides.
pub fn check(gateway: &Gateway, operation: &Operation, faults: &Faults) -> Verdict {
    let answered = match gateway.run(operation, faults) {
        Ok(answered) => answered,
        Err(Failed::Invalid) => return Verdict::Invalid,
        Err(Failed::Broken(message)) => {
            return Verdict::Disagrees(Disagreement { kind: "gateway", message, calls: vec![] });
        }
    };
    match judge(gateway, operation, faults, &answered) {
        Ok(is_exact) => {
            let calls = answered.record.calls.len();
            Verdict::Agrees(Agreement { is_exact, is_faulted: !faults.is_empty(), calls })
        }
        Err((kind, message)) => {
            let message = format!("{message}\nweft:  {}", answered.text);
            Verdict::Disagrees(Disagreement { kind, message, calls: answered.record.calls })
        }
    }
}

type Judged<T> = Result<T, (&'static str, String)>;

struct Response {
    data: JsonValue,
    errors: Vec<Error>,
}

struct Error {
    path: Option<Vec<JsonValue>>,
    service: Option<String>,
}

fn judge(gateway: &Gateway, operation: &Operation, faults: &Faults, answered: &Answered) -> Judged<bool> {
    if let Some(violation) = answered.record.violations.first() {
        return Err(("violation", violation.clone()));
    }
    let weft = response(&from_wire(&answered.text))?;
    let document = ExecutableDocument::parse_and_validate(gateway.api(), operation.text.as_str(), "operation.graphql")
        .map_err(|invalid| ("naive", invalid.errors.to_string()))?;
    let contexts = !faults.lose_silently();
    let naive = |faults: &Faults, nulls: Option<&JsonValue>| {
        let naive = Naive { world: &gateway.world, schema: gateway.api(), faults, nulls, contexts };
        let log = RefCell::new(vec![]);
        let response = naive.execute(&document, &operation.variables, &log).map_err(|error| ("naive", error))?;
        let data = response.data.map(JsonValue::Object).unwrap_or_default();
        let paths: Vec<Vec<JsonValue>> =
            response.errors.iter().map(|error| error.path.iter().map(segment).collect()).collect();
        Ok((data, paths, log.into_inner()))
    };
    let (best, paths, log) = naive(faults, None)?;
    let nothing_fails = faults.fields.is_empty() && !answered.record.faulted;
    // An error that the operation itself makes, such as a null for a non-null argument, is like a fault of a field.
    // What is refused is refused to the last null, unless the operation makes errors of its own.
    let only_refused = nothing_fails && !faults.refused.fields.is_empty() && naive(&Faults::none(), None)?.1.is_empty();
    if (nothing_fails && paths.is_empty()) || only_refused || (faults.are_exact() && !faults.fields.is_empty()) {
        let data = best;
        equal("data", &data, &weft.data)?;
        // What runs after a null that takes all the data is nobody's to see, and the two need not agree on it.
        let ran = &answered.record.log;
        let agrees = if data == JsonValue::Null { ran.starts_with(&log) } else { *ran == log };
        if !agrees {
            return Err(("mutations", format!("naive ran {log:?}, weft ran {:?}", answered.record.log)));
        }
        same_errors(&data, &paths, &weft.errors)?;
        return Ok(true);
    }
    if weft.data != JsonValue::Null {
        let (data, ..) = naive(&Faults::none(), Some(&weft.data))?;
        equal("faulted data", &data, &weft.data)?;
    }
    // Of what fails in a subgraph as a whole it knows nothing.
    no_more(&best, &weft.data, &mut vec![])?;
    if !paths.is_empty() && weft.errors.is_empty() && faults.subgraphs.is_empty() {
        return Err(("errors", format!("naive has errors at {paths:?}")));
    }
    // In a subgraph the error of a field can take the whole entity with it, and what others want of that.
    let anyone = !faults.fields.is_empty() || !paths.is_empty();
    let guilty = |error: &Error| {
        let is_faulty = |service: &String| faults.subgraphs.iter().any(|(sub, _)| *service == format!("s{sub}"));
        anyone || error.service.as_ref().is_none_or(is_faulty)
    };
    let lost = faults.subgraphs.iter().any(|(_, fault)| *fault == SubgraphFault::LostEntities);
    // A null that is allowed where it is, of an error without a place: that is told, but where it belongs cannot be known.
    let is_placeless =
        |error: &Error| error.service.as_ref().is_some_and(|name| answered.record.placeless.contains(name));
    // An entity that is not there is an answer, and needs no error.
    if lost || weft.errors.iter().any(is_placeless) || weft.errors.len() > MAX_ERRORS {
        return Ok(false);
    }
    let causes: Vec<&[JsonValue]> =
        weft.errors.iter().filter(|error| guilty(error)).filter_map(|error| error.path.as_deref()).collect();
    explained(&best, &weft.data, &causes, &mut vec![])?;
    Ok(false)
}

fn response(text: &str) -> Judged<Response> {
    let malformed = |what: &str| ("response", what.to_owned());
    let response: JsonMap = serde_json::from_str(text).map_err(|error| malformed(&error.to_string()))?;
    let data = response.get("data").cloned().ok_or_else(|| malformed("no data"))?;
    let mut errors = vec![];
    for error in response.get("errors").and_then(JsonValue::as_array).map(Vec::as_slice).unwrap_or_default() {
        let service = error.get("extensions").and_then(|extensions| extensions.get("service"));
        errors.push(Error {
            path: error.get("path").and_then(JsonValue::as_array).cloned(),
            service: service.and_then(JsonValue::as_str).map(str::to_owned),
        });
    }
    Ok(Response { data, errors })
}

fn segment(segment: &ResponseDataPathSegment) -> JsonValue {
    match segment {
        ResponseDataPathSegment::Field(name) => JsonValue::String(name.as_str().into()),
        ResponseDataPathSegment::ListIndex(at) => JsonValue::from(*at as u64),
    }
}

/// Equal to the byte, and so in the order of keys.
fn equal(kind: &'static str, naive: &JsonValue, weft: &JsonValue) -> Judged<()> {
    let (naive, weft) = (naive.to_string(), weft.to_string());
    if naive == weft { Ok(()) } else { Err((kind, format!("naive: {naive}\n data: {weft}"))) }
}

/// There are errors on both sides or on none, and those of the naive executor have one of weft's at or below the null that they made.
fn same_errors(data: &JsonValue, naive: &[Vec<JsonValue>], weft: &[Error]) -> Judged<()> {
    if naive.is_empty() && !weft.is_empty() {
        return Err(("errors", "naive has no error".to_owned()));
    }
    if weft.len() > MAX_ERRORS {
        return Ok(());
    }
    for path in naive {
        let null = null_on(data, path);
        let near = |error: &Error| error.path.as_ref().is_some_and(|path| path.starts_with(null));
        if !weft.iter().any(near) {
            return Err(("errors", format!("naive has an error at {}", JsonValue::Array(path.clone()))));
        }
    }
    Ok(())
}

/// The path to the first null on a path.
fn null_on<'p>(data: &JsonValue, path: &'p [JsonValue]) -> &'p [JsonValue] {
    let mut here = data;
    for (at, segment) in path.iter().enumerate() {
        match step(here, segment) {
            Some(below) if *here != JsonValue::Null => here = below,
            _ => return &path[..at],
        }
    }
    path
}

fn step<'v>(value: &'v JsonValue, segment: &JsonValue) -> Option<&'v JsonValue> {
    match segment {
        JsonValue::String(key) => value.get(key.as_str()),
        other => value.get(usize::try_from(other.as_u64()?).ok()?),
    }
}

/// Where the naive executor has null, weft has too.
fn no_more(naive: &JsonValue, weft: &JsonValue, path: &mut Vec<JsonValue>) -> Judged<()> {
    if *weft == JsonValue::Null {
        return Ok(());
    }
    if *naive == JsonValue::Null {
        return Err(("faulted data", format!("naive has null at {}", JsonValue::Array(path.clone()))));
    }
    walk(naive, weft, path, &mut |naive, weft, path| no_more(naive, weft, path))
}

/// Each null that the naive executor does not have has an error: at the null, below it, as nulls propagate, or at the
/// object that it is in, for what befell the object as a whole.
fn explained(best: &JsonValue, weft: &JsonValue, causes: &[&[JsonValue]], path: &mut Vec<JsonValue>) -> Judged<()> {
    if *best == JsonValue::Null {
        return Ok(());
    }
    if *weft != JsonValue::Null {
        return walk(best, weft, path, &mut |best, weft, path| explained(best, weft, causes, path));
    }
    let object = path.split_last().map(|(_, object)| object);
    if causes.iter().any(|cause| cause.starts_with(path) || object == Some(*cause)) {
        Ok(())
    } else {
        Err(("unexplained", format!("nothing explains the null at {}", JsonValue::Array(path.clone()))))
    }
}

/// What is done with two values at the same place.
type Visit<'v> = dyn FnMut(&JsonValue, &JsonValue, &mut Vec<JsonValue>) -> Judged<()> + 'v;

/// Goes to the values below two others that both are objects or lists.
fn walk(one: &JsonValue, other: &JsonValue, path: &mut Vec<JsonValue>, visit: &mut Visit<'_>) -> Judged<()> {
    match (one, other) {
        (JsonValue::Object(one), JsonValue::Object(other)) => {
            for (key, value) in one {
                let Some(other) = other.get(key) else { continue };
                path.push(JsonValue::String(key.clone()));
                visit(value, other, path)?;
                path.pop();
            }
        }
        (JsonValue::Array(one), JsonValue::Array(other)) => {
            for (at, (one, other)) in one.iter().zip(other).enumerate() {
                path.push(JsonValue::from(at as u64));
                visit(one, other, path)?;
                path.pop();
            }
        }
        _ => {}
    }
    Ok(())
}

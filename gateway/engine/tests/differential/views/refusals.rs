//! Owns the judgement where backends refuse: what is lost depends on the plan, and so it is not foretold. But nothing may stand in
//! for it: weft's answer is the one without refusals, with nulls in it that errors explain.

use apollo_compiler::response::JsonValue;

use super::naive::Expected;

/// `best` is the answer if nobody refuses; `errors` and `degraded` are the paths of what weft tells.
pub fn check(best: &Expected, weft: &JsonValue, errors: &[JsonValue], degraded: &[String]) -> Result<(), String> {
    if let Some(other) = degraded.iter().find(|path| !best.degraded.contains(path)) {
        return Err(format!("something stands in for a refusal at {other}"));
    }
    let paths: Vec<&[JsonValue]> = errors.iter().filter_map(|path| path.as_array().map(Vec::as_slice)).collect();
    // Past the cap some errors are not shown.
    let causes = (errors.len() == paths.len()).then_some(&paths[..]);
    compare(&best.data, weft, causes, &mut vec![])
}

fn compare(
    best: &JsonValue,
    weft: &JsonValue,
    causes: Option<&[&[JsonValue]]>,
    path: &mut Vec<JsonValue>,
) -> Result<(), String> {
    let here = |path: &[JsonValue]| JsonValue::Array(path.to_vec());
    match (best, weft) {
        (best, weft) if best == weft => Ok(()),
        (_, JsonValue::Null) => {
            // The object that it is in may be part of another, which is the same one and tells its errors.
            let object = path.split_last().map(|(_, object)| object);
            let outer = object.and_then(|object| object.split_last()).map(|(_, outer)| outer);
            let is_cause =
                |cause: &&[JsonValue]| cause.starts_with(path) || object == Some(*cause) || outer == Some(*cause);
            if causes.is_none_or(|causes| causes.iter().any(is_cause)) {
                return Ok(());
            }
            Err(format!("nothing explains the null at {}", here(path)))
        }
        (JsonValue::Object(best), JsonValue::Object(weft)) => {
            for (key, best) in best {
                let weft = weft.get(key).ok_or_else(|| format!("no {key:?} at {}", here(path)))?;
                path.push(JsonValue::String(key.clone()));
                compare(best, weft, causes, path)?;
                path.pop();
            }
            Ok(())
        }
        (JsonValue::Array(best), JsonValue::Array(weft)) if best.len() == weft.len() => {
            for (at, (best, weft)) in best.iter().zip(weft).enumerate() {
                path.push(JsonValue::from(at as u64));
                compare(best, weft, causes, path)?;
                path.pop();
            }
            Ok(())
        }
        // One null stands for all that lists further in would have had. There is at least that.
        (JsonValue::Array(_), JsonValue::Array(weft)) if weft.contains(&JsonValue::Null) => Ok(()),
        (_, weft) => Err(format!("{weft} stands in for a refusal at {}", here(path))),
    }
}

//! Owns what the methods of the mapping language do.

use super::ast::{Expression, ExpressionKind};
use super::eval::{Evaluator, Found, ProblemKind, Scope};
use super::method::Method;
use super::number::{Arithmetic, Number, compute};
use super::value::Value;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::Range;

/// A method where it stands in a mapping.
pub(super) struct Call<'a, 'c> {
    pub method: Method,
    pub arguments: &'a [Expression],
    pub span: &'c Range<usize>,
}

/// Applies a method. `None` is a missing value, of which a problem has told where it is one.
pub(super) fn call<'s, 'a: 's>(
    evaluator: &mut Evaluator<'a>,
    call: &Call<'a, '_>,
    input: Found<'s, 'a>,
    scope: Scope<'s, 'a>,
) -> Option<Found<'s, 'a>> {
    // Which element to take does not depend on `@`, so these can hand the input's own parts on.
    match call.method {
        Method::First | Method::Last => return end_of(call.method, input),
        Method::Find => return find(evaluator, call, input, scope),
        _ => {}
    }
    let value = input.value();
    let inner = Scope { dollar: scope.dollar, at: value };
    compute_value(evaluator, call, value, inner).map(Found::Owned)
}

fn compute_value<'a>(
    evaluator: &mut Evaluator<'a>,
    call: &Call<'a, '_>,
    value: &Value<'a>,
    scope: Scope<'_, 'a>,
) -> Option<Value<'a>> {
    let argument = |evaluator: &mut Evaluator<'a>, at: usize| {
        call.arguments.get(at).and_then(|it| evaluator.expression(it, scope)).map(Found::into_value)
    };
    match call.method {
        // Taken care of by the caller.
        Method::First | Method::Last | Method::Find => None,
        Method::Echo => argument(evaluator, 0),
        Method::Match => matching(evaluator, call, value, scope),
        Method::Map => map(evaluator, call, value, scope),
        Method::Filter => filter(evaluator, call, value, scope),
        Method::JoinNotNull => join_not_null(evaluator, call, value, scope),
        Method::Slice => slice(evaluator, call, value, scope),
        Method::Get => get(evaluator, call, value, scope),
        Method::Entries => match value {
            Value::Object(fields) => Some(Value::Array(
                fields
                    .iter()
                    .map(|(key, value)| {
                        let key = Value::string(key.clone());
                        Value::Object(vec![(Cow::Borrowed("key"), key), (Cow::Borrowed("value"), value.clone())])
                    })
                    .collect(),
            )),
            other => unfit(evaluator, call, other),
        },
        Method::Size => match value {
            Value::Array(items) => Some(Value::integer(items.len() as i128)),
            Value::Object(fields) => Some(Value::integer(fields.len() as i128)),
            Value::String(text) => Some(Value::integer(text.decode().chars().count() as i128)),
            other => unfit(evaluator, call, other),
        },
        Method::Contains => match value {
            Value::Array(items) => {
                let wanted = argument(evaluator, 0).unwrap_or_default();
                Some(Value::Bool(items.contains(&wanted)))
            }
            other => unfit(evaluator, call, other),
        },
        Method::In => Some(Value::Bool(is_in(evaluator, call, value, scope))),
        Method::Eq => Some(Value::Bool(*value == argument(evaluator, 0).unwrap_or_default())),
        Method::Ne => Some(Value::Bool(*value != argument(evaluator, 0).unwrap_or_default())),
        Method::Lt | Method::Lte | Method::Gt | Method::Gte => {
            let other = argument(evaluator, 0).unwrap_or_default();
            ordered(evaluator, call, value, &other)
        }
        Method::Not => match value {
            Value::Bool(truth) => Some(Value::Bool(!truth)),
            other => unfit(evaluator, call, other),
        },
        Method::And | Method::Or => connective(evaluator, call, value, scope),
        Method::Add | Method::Sub | Method::Mul | Method::Div | Method::Mod => {
            arithmetic(evaluator, call, value, scope)
        }
        Method::ToString => match value {
            Value::String(text) => Some(Value::String(text.clone())),
            Value::Bool(_) | Value::Number(_) => value.scalar_text().map(|text| Value::string(text.into_owned())),
            other @ (Value::Null | Value::Unfit(_) | Value::Array(_) | Value::Object(_)) => {
                unfit(evaluator, call, other)
            }
        },
        Method::ParseInt => parse_int(evaluator, call, value, scope),
        Method::JsonStringify => Some(Value::string(value.to_json())),
    }
}

/// A null that a method is not for stays null, as it does under a key; anything else is a problem.
fn unfit<'a>(evaluator: &mut Evaluator<'a>, call: &Call<'a, '_>, value: &Value<'a>) -> Option<Value<'a>> {
    if value.is_null() {
        return Some(value.clone());
    }
    evaluator.problem(ProblemKind::MethodInput(call.method, value.kind()), call.span);
    None
}

fn unusable<'a>(evaluator: &mut Evaluator<'a>, call: &Call<'a, '_>) -> Option<Value<'a>> {
    evaluator.problem(ProblemKind::MethodArgument(call.method), call.span);
    None
}

/// `->first` and `->last`: of a list the item, of a string the character, of anything else itself.
fn end_of<'s, 'a>(method: Method, input: Found<'s, 'a>) -> Option<Found<'s, 'a>> {
    let last = method == Method::Last;
    let at = match input.value() {
        Value::Array(items) => {
            if last {
                items.len().checked_sub(1)?
            } else {
                0
            }
        }
        Value::String(text) => {
            let text = text.decode();
            let character = if last { text.chars().next_back() } else { text.chars().next() };
            return character.map(|character| Found::Owned(Value::string(character.to_string())));
        }
        Value::Null | Value::Unfit(_) | Value::Bool(_) | Value::Number(_) | Value::Object(_) => return Some(input),
    };
    input.child(at)
}

/// The argument is true of `item`.
fn holds<'a>(evaluator: &mut Evaluator<'a>, call: &Call<'a, '_>, item: &Value<'a>, scope: Scope<'_, 'a>) -> bool {
    let Some(condition) = call.arguments.first() else { return false };
    let result = evaluator.expression(condition, Scope { dollar: scope.dollar, at: item });
    match result.as_ref().map(Found::value) {
        Some(Value::Bool(truth)) => *truth,
        Some(_) | None => {
            evaluator.problem(ProblemKind::MethodArgument(call.method), call.span);
            false
        }
    }
}

fn find<'s, 'a: 's>(
    evaluator: &mut Evaluator<'a>,
    call: &Call<'a, '_>,
    input: Found<'s, 'a>,
    scope: Scope<'s, 'a>,
) -> Option<Found<'s, 'a>> {
    let at = match input.value() {
        Value::Array(items) => items.iter().position(|item| holds(evaluator, call, item, scope))?,
        other => return unfit(evaluator, call, other).map(Found::Owned),
    };
    input.child(at)
}

fn filter<'a>(
    evaluator: &mut Evaluator<'a>,
    call: &Call<'a, '_>,
    value: &Value<'a>,
    scope: Scope<'_, 'a>,
) -> Option<Value<'a>> {
    match value {
        Value::Array(items) => {
            Some(Value::Array(items.iter().filter(|item| holds(evaluator, call, item, scope)).cloned().collect()))
        }
        other => unfit(evaluator, call, other),
    }
}

fn map<'a>(
    evaluator: &mut Evaluator<'a>,
    call: &Call<'a, '_>,
    value: &Value<'a>,
    scope: Scope<'_, 'a>,
) -> Option<Value<'a>> {
    let mut one = |item: &Value<'a>| {
        let scope = Scope { dollar: scope.dollar, at: item };
        let made = call.arguments.first().and_then(|argument| evaluator.expression(argument, scope));
        made.map(Found::into_value).unwrap_or_default()
    };
    match value {
        Value::Null | Value::Unfit(_) => Some(value.clone()),
        Value::Array(items) => Some(Value::Array(items.iter().map(one).collect())),
        // A single value becomes a list of one.
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => Some(Value::Array(vec![one(value)])),
    }
}

fn matching<'a>(
    evaluator: &mut Evaluator<'a>,
    call: &Call<'a, '_>,
    value: &Value<'a>,
    scope: Scope<'_, 'a>,
) -> Option<Value<'a>> {
    for argument in call.arguments {
        let ExpressionKind::List(pair) = &argument.kind else { continue };
        let [candidate, result] = pair.as_slice() else { continue };
        if evaluator.expression(candidate, scope).is_some_and(|candidate| candidate.value() == value) {
            return evaluator.expression(result, scope).map(Found::into_value);
        }
    }
    evaluator.problem(ProblemKind::NoMatch, call.span);
    None
}

fn join_not_null<'a>(
    evaluator: &mut Evaluator<'a>,
    call: &Call<'a, '_>,
    value: &Value<'a>,
    scope: Scope<'_, 'a>,
) -> Option<Value<'a>> {
    let separator = call.arguments.first().and_then(|argument| evaluator.expression(argument, scope));
    let Some(separator) = separator.as_ref().and_then(|separator| separator.value().as_text()) else {
        return unusable(evaluator, call);
    };
    let Value::Array(items) = value else {
        // One scalar is joined to itself.
        return match value.scalar_text() {
            Some(text) => Some(Value::string(text.into_owned())),
            None => unfit(evaluator, call, value),
        };
    };
    let mut joined = String::new();
    let mut first = true;
    for item in items.iter().filter(|item| !item.is_null()) {
        let Some(text) = item.scalar_text() else { return unfit(evaluator, call, item) };
        if !first {
            joined.push_str(&separator);
        }
        first = false;
        joined.push_str(&text);
    }
    Some(Value::string(joined))
}

/// An index argument; `Err` if it is there and is not an integer.
fn index<'a>(
    evaluator: &mut Evaluator<'a>,
    call: &Call<'a, '_>,
    at: usize,
    scope: Scope<'_, 'a>,
) -> Result<Option<i128>, ()> {
    let Some(argument) = call.arguments.get(at) else { return Ok(None) };
    let found = evaluator.expression(argument, scope);
    match found.as_ref().map(Found::value) {
        Some(Value::Number(raw)) => raw.parse().map(Some).map_err(|_| ()),
        Some(Value::Null | Value::Unfit(_)) | None => Ok(None),
        Some(_) => Err(()),
    }
}

/// `index` from the start, or from the end where it is negative, within `0..=length`.
fn clamp(index: i128, length: usize) -> usize {
    let from_start = if index < 0 { index.saturating_add(length as i128) } else { index };
    // Within the bounds of a usize, because clamped to one.
    from_start.clamp(0, length as i128) as usize
}

fn slice<'a>(
    evaluator: &mut Evaluator<'a>,
    call: &Call<'a, '_>,
    value: &Value<'a>,
    scope: Scope<'_, 'a>,
) -> Option<Value<'a>> {
    let (Ok(from), Ok(to)) = (index(evaluator, call, 0, scope), index(evaluator, call, 1, scope)) else {
        return unusable(evaluator, call);
    };
    let bounds = |length: usize| {
        let from = from.map_or(0, |index| clamp(index, length));
        from..to.map_or(length, |index| clamp(index, length)).max(from)
    };
    match value {
        Value::Array(items) => Some(Value::Array(items[bounds(items.len())].to_vec())),
        Value::String(text) => {
            let text = text.decode();
            let range = bounds(text.chars().count());
            let part: String = text.chars().skip(range.start).take(range.len()).collect();
            Some(Value::string(part))
        }
        other => unfit(evaluator, call, other),
    }
}

fn get<'a>(
    evaluator: &mut Evaluator<'a>,
    call: &Call<'a, '_>,
    value: &Value<'a>,
    scope: Scope<'_, 'a>,
) -> Option<Value<'a>> {
    if let Value::Object(_) = value {
        let key = call.arguments.first().and_then(|argument| evaluator.expression(argument, scope));
        let found = key.as_ref().and_then(|key| key.value().as_text()).map(|key| value.get(&key).cloned());
        return match found {
            Some(found) => found,
            None => unusable(evaluator, call),
        };
    }
    let Ok(Some(index)) = index(evaluator, call, 0, scope) else { return unusable(evaluator, call) };
    let position = |length: usize| {
        let from_start = if index < 0 { index.saturating_add(length as i128) } else { index };
        usize::try_from(from_start).ok().filter(|at| *at < length)
    };
    match value {
        Value::Array(items) => position(items.len()).and_then(|at| items.get(at).cloned()),
        Value::String(text) => {
            let text = text.decode();
            let at = position(text.chars().count())?;
            text.chars().nth(at).map(|character| Value::string(character.to_string()))
        }
        other => unfit(evaluator, call, other),
    }
}

fn is_in<'a>(evaluator: &mut Evaluator<'a>, call: &Call<'a, '_>, value: &Value<'a>, scope: Scope<'_, 'a>) -> bool {
    call.arguments.iter().any(|argument| match evaluator.expression(argument, scope).map(Found::into_value) {
        // One list holds the candidates; else the arguments are they.
        Some(Value::Array(items)) if call.arguments.len() == 1 => items.contains(value),
        Some(candidate) => candidate == *value,
        None => false,
    })
}

fn ordered<'a>(
    evaluator: &mut Evaluator<'a>,
    call: &Call<'a, '_>,
    value: &Value<'a>,
    other: &Value<'a>,
) -> Option<Value<'a>> {
    let ordering = match (value, other) {
        (Value::Number(left), Value::Number(right)) => match (Number::parse(left), Number::parse(right)) {
            (Some(left), Some(right)) => left.compare(right),
            _ => None,
        },
        (Value::String(left), Value::String(right)) => Some(left.decode().cmp(&right.decode())),
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        (Value::Null | Value::Unfit(_) | Value::Array(_) | Value::Object(_), _) => {
            return unfit(evaluator, call, value);
        }
        (Value::Number(_) | Value::String(_) | Value::Bool(_), _) => None,
    };
    let Some(ordering) = ordering else { return unusable(evaluator, call) };
    Some(Value::Bool(match call.method {
        Method::Lt => ordering == Ordering::Less,
        Method::Lte => ordering != Ordering::Greater,
        Method::Gt => ordering == Ordering::Greater,
        _ => ordering != Ordering::Less,
    }))
}

fn connective<'a>(
    evaluator: &mut Evaluator<'a>,
    call: &Call<'a, '_>,
    value: &Value<'a>,
    scope: Scope<'_, 'a>,
) -> Option<Value<'a>> {
    let Value::Bool(truth) = value else { return unfit(evaluator, call, value) };
    let decisive = call.method == Method::Or;
    if *truth == decisive {
        return Some(Value::Bool(decisive));
    }
    for argument in call.arguments {
        match evaluator.expression(argument, scope).map(Found::into_value) {
            Some(Value::Bool(truth)) if truth == decisive => return Some(Value::Bool(decisive)),
            Some(Value::Bool(_)) => {}
            _ => return unusable(evaluator, call),
        }
    }
    Some(Value::Bool(!decisive))
}

fn arithmetic<'a>(
    evaluator: &mut Evaluator<'a>,
    call: &Call<'a, '_>,
    value: &Value<'a>,
    scope: Scope<'_, 'a>,
) -> Option<Value<'a>> {
    let operation = match call.method {
        Method::Add => Arithmetic::Add,
        Method::Sub => Arithmetic::Sub,
        Method::Mul => Arithmetic::Mul,
        Method::Div => Arithmetic::Div,
        _ => Arithmetic::Mod,
    };
    let Value::Number(raw) = value else { return unfit(evaluator, call, value) };
    let mut result = Number::parse(raw);
    for argument in call.arguments {
        let Some(Value::Number(raw)) = evaluator.expression(argument, scope).map(Found::into_value) else {
            return unusable(evaluator, call);
        };
        result = match (result, Number::parse(&raw)) {
            (Some(left), Some(right)) => compute(operation, left, right),
            _ => None,
        };
    }
    match result.and_then(Number::to_token) {
        Some(token) => Some(Value::Number(Cow::Owned(token))),
        None => {
            evaluator.problem(ProblemKind::NotComputable(call.method), call.span);
            None
        }
    }
}

/// The integer that a number or a string stands for. The argument is the base of a string, 2 to 36.
fn parse_int<'a>(
    evaluator: &mut Evaluator<'a>,
    call: &Call<'a, '_>,
    value: &Value<'a>,
    scope: Scope<'_, 'a>,
) -> Option<Value<'a>> {
    let Ok(base) = index(evaluator, call, 0, scope) else { return unusable(evaluator, call) };
    let base = match u32::try_from(base.unwrap_or(10)) {
        Ok(base @ 2..=36) => base,
        _ => return unusable(evaluator, call),
    };
    let integer = match value {
        Value::String(text) => i128::from_str_radix(text.decode().trim(), base).ok(),
        Value::Number(raw) => match Number::parse(raw) {
            Some(Number::Integer(integer)) => Some(integer),
            // Past 2^53 a float is no longer a certain integer.
            Some(Number::Float(float)) if float.abs() <= 9_007_199_254_740_992.0 => Some(float.trunc() as i128),
            _ => None,
        },
        other => return unfit(evaluator, call, other),
    };
    match integer {
        Some(integer) => Some(Value::integer(integer)),
        None => {
            evaluator.problem(ProblemKind::NotComputable(call.method), call.span);
            None
        }
    }
}

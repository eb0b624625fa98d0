//! Owns the way from a REST request to the variables of its operation: values are found where the route has them, and texts become
//! values of the variables' types.

use std::borrow::Cow;
use std::collections::HashMap;

use axum::http::HeaderMap;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use crate::operations::Route;
use crate::operations::route::{Form, Input, Place, Text};

/// What a request says.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// The path's parameters, decoded.
    pub path: &'a [(&'a str, String)],
    /// As it was sent.
    pub query: &'a str,
    pub headers: &'a HeaderMap,
    /// Empty where there is none.
    pub body: &'a [u8],
}

/// The variables, as a JSON object; or all that is wrong with the request, a sentence each.
pub fn bind(route: &Route, said: Said<'_>) -> Result<Box<RawValue>, String> {
    let body = Body::read(route, said.body)?;
    let (mut variables, mut wrong) = (HashMap::new(), vec![]);
    for input in &route.inputs {
        match value(input, said, &body) {
            Ok(Some(value)) => {
                variables.insert(input.variable.as_str(), value);
            }
            Ok(None) if input.is_required => wrong.push(format!("{} is required.", shown(input))),
            Ok(None) => {}
            Err(expected) => wrong.push(format!("{} has to be {expected}.", shown(input))),
        }
    }
    if wrong.is_empty() {
        // An object of texts and JSON: it can be written.
        to_raw_value(&variables).map_err(|error| error.to_string())
    } else {
        Err(wrong.join(" "))
    }
}

/// What a client knows a variable by.
fn shown(input: &Input) -> String {
    let Input { name, place, .. } = input;
    match place {
        Place::Path => format!("\"{name}\" in the path"),
        Place::Query => format!("The query parameter \"{name}\""),
        Place::Header => format!("The header \"{name}\""),
        Place::Body => "A body".to_owned(),
        Place::Member => format!("\"{name}\" in the body"),
    }
}

/// The body, as far as the route asks for it.
enum Body<'a> {
    None,
    Whole(&'a RawValue),
    Object(HashMap<Cow<'a, str>, &'a RawValue>),
}

impl<'a> Body<'a> {
    fn read(route: &Route, bytes: &'a [u8]) -> Result<Self, String> {
        let is_asked = |place| route.inputs.iter().any(|input| input.place == place);
        let invalid = |error| format!("The body is not JSON: {error}.");
        if bytes.trim_ascii().is_empty() {
            return Ok(Self::None);
        }
        if is_asked(Place::Body) {
            return serde_json::from_slice(bytes).map(Self::Whole).map_err(invalid);
        }
        if is_asked(Place::Member) {
            if !bytes.trim_ascii_start().starts_with(b"{") {
                return Err("The body has to be a JSON object.".to_owned());
            }
            return serde_json::from_slice(bytes).map(Self::Object).map_err(invalid);
        }
        Ok(Self::None)
    }
}

/// A variable's value; `None` where there is none, or what is expected.
fn value(input: &Input, said: Said<'_>, body: &Body<'_>) -> Result<Option<Box<RawValue>>, &'static str> {
    let texts: Vec<Cow<'_, str>> = match (input.place, body) {
        (Place::Body, Body::Whole(json)) => return Ok(Some((*json).to_owned())),
        (Place::Member, Body::Object(members)) => {
            return Ok(members.get(&*input.name).map(|json| (*json).to_owned()));
        }
        (Place::Body | Place::Member, Body::None | Body::Whole(_) | Body::Object(_)) => return Ok(None),
        (Place::Path, _) => {
            let of_name = said.path.iter().filter(|(name, _)| **name == *input.name);
            of_name.map(|(_, value)| Cow::Borrowed(value.as_str())).collect()
        }
        (Place::Query, _) => in_query(said.query, input).ok_or("text in UTF-8")?,
        (Place::Header, _) => in_headers(said.headers, input).ok_or("visible ASCII characters")?,
    };
    if texts.is_empty() {
        return Ok(None);
    }
    let json = match input.form {
        Form::Text(text) => match &texts[..] {
            [one] => text.json(one).ok_or(text.expected())?,
            _ => return Err("given once"),
        },
        Form::Texts(text) => Value::Array(items(text, &texts)?),
        Form::Json => return Ok(None),
    };
    to_raw_value(&json).map(Some).map_err(|_| "a value")
}

/// An empty text alone is an empty list.
fn items(text: Text, texts: &[Cow<'_, str>]) -> Result<Vec<Value>, &'static str> {
    match texts {
        [one] if one.is_empty() => Ok(vec![]),
        texts => texts.iter().map(|item| text.json(item).ok_or(text.expected())).collect(),
    }
}

/// The values of a parameter in a query string, of a list each item apart: a comma that is escaped separates nothing. `None` for what
/// is not UTF-8.
fn in_query<'q>(query: &'q str, input: &Input) -> Option<Vec<Cow<'q, str>>> {
    let mut values = vec![];
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if decoded(name).is_none_or(|name| *name != *input.name) {
            continue;
        }
        match input.form {
            Form::Texts(_) => values.extend(value.split(',').map(decoded).collect::<Option<Vec<_>>>()?),
            Form::Text(_) | Form::Json => values.push(decoded(value)?),
        }
    }
    Some(values)
}

fn decoded(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains(['%', '+']) {
        return Some(Cow::Borrowed(text));
    }
    let text = text.replace('+', " ");
    percent_decode_str(&text).decode_utf8().ok().map(|text| Cow::Owned(text.into_owned()))
}

fn in_headers<'h>(headers: &'h HeaderMap, input: &Input) -> Option<Vec<Cow<'h, str>>> {
    let mut values = vec![];
    for value in headers.get_all(&*input.name) {
        let value = value.to_str().ok()?;
        match input.form {
            Form::Texts(_) => values.extend(value.split(',').map(|item| Cow::Borrowed(item.trim()))),
            Form::Text(_) | Form::Json => values.push(Cow::Borrowed(value)),
        }
    }
    Some(values)
}

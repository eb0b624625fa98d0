//! Owns the names of fields in selections over messages: both `user_id` and `userId` are understood.
//!
//! A decoded message has JSON names only. So a selection is rewritten to them once, where its paths are checked.

use super::conversion::{Conversion, Fields, field_named};
use crate::connect::mapping::{Selection, Use, UseRoot};
use prost_reflect::MessageDescriptor;
use std::collections::HashMap;
use std::ops::Range;

/// A step of a path that leads nowhere in the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownField {
    pub name: String,
    /// Where in the selection's text.
    pub span: Range<usize>,
    /// Full name of the message, or what the value is instead of one.
    pub message: String,
    /// The fields that there are.
    pub known: Vec<String>,
}

/// Rewrites a selection's keys to JSON names, and returns the keys that no message has.
pub(in crate::connect) fn resolve_names(selection: &mut Selection, response: &MessageDescriptor) -> Vec<UnknownField> {
    let mut unknown: Vec<UnknownField> = Vec::new();
    let mut renames = HashMap::new();
    for found in selection.uses().iter().filter(|found| found.root == UseRoot::Response) {
        if let Some(error) = follow(found, response, &mut renames)
            && !unknown.contains(&error)
        {
            unknown.push(error);
        }
    }
    selection.rename_keys(&renames);
    unknown
}

fn follow(
    found: &Use,
    response: &MessageDescriptor,
    renames: &mut HashMap<Range<usize>, String>,
) -> Option<UnknownField> {
    let mut here = Conversion::of_message(response);
    for segment in &found.path {
        let message = match here.fields() {
            Fields::Known(message) => message.clone(),
            Fields::Unknown => return None,
            Fields::None => {
                return Some(UnknownField {
                    name: segment.name.clone(),
                    span: segment.span.clone(),
                    message: "a scalar".to_owned(),
                    known: Vec::new(),
                });
            }
        };
        let Some(field) = field_named(&message, &segment.name) else {
            return Some(UnknownField {
                name: segment.name.clone(),
                span: segment.span.clone(),
                message: message.full_name().to_owned(),
                known: message.fields().map(|field| field.json_name().to_owned()).collect(),
            });
        };
        if field.json_name() != segment.name {
            renames.insert(segment.span.clone(), field.json_name().to_owned());
        }
        // The keys of a map are data.
        if field.is_map() {
            return None;
        }
        here = Conversion::of(&field.kind());
    }
    None
}

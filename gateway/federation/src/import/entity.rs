//! Owns telling which operations look up an entity by its key. Only where this is certain: the path ends with its only
//! argument, or a message has no other, and the answer has a field that is the same by name and type.

use std::collections::HashMap;

use super::model::{Body, Connect, Definition, Field, Request, Schema, Selected, Type};
use super::names;

/// Marks the lookups, and the keys of their types. Where two operations look up one type neither is marked.
pub fn mark(schema: &mut Schema) {
    let mut found: HashMap<String, Vec<(usize, String)>> = HashMap::new();
    let Some(query) = schema.roots.iter().find(|root| root.name == "Query") else { return };
    for (at, field) in query.fields.iter().enumerate() {
        if let Some(key) = key(schema, field) {
            found.entry(field.ty.inner().to_owned()).or_default().push((at, key));
        }
    }
    for (type_name, lookups) in found {
        let [(at, key)] = lookups.as_slice() else { continue };
        let Some(Definition::Object(object)) = schema.types.get_mut(&type_name) else { continue };
        object.key = Some(key.clone());
        let key_type = object.fields.iter().find(|field| field.name == *key).map(|field| field.ty.clone());
        let query = schema.roots.iter_mut().find(|root| root.name == "Query");
        let field = query.and_then(|query| query.fields.get_mut(*at));
        if let (Some(field), Some(key_type)) = (field, key_type) {
            take_key(field, key, key_type);
        }
    }
}

/// The field by which an operation looks up what it answers.
fn key(schema: &Schema, field: &Field) -> Option<String> {
    let Connect { request, selection: Selected::Fields, .. } = field.connect.as_ref()? else { return None };
    let Some(Definition::Object(object)) = schema.types.get(field.ty.inner()) else { return None };
    let [argument] = field.arguments.as_slice() else { return None };
    let wire = argument.wire.key.as_deref()?;
    // The static path before the argument.
    let before = match request {
        Request::Http { url, query, headers, .. } if query.is_empty() && headers.is_empty() => {
            url.strip_suffix(&format!("/{{$args.{}}}", argument.name))?
        }
        Request::Grpc { body: Some(Body::Arguments), .. } if names::is_id(&argument.name) => "",
        Request::Http { .. } | Request::Grpc { .. } => return None,
    };
    if field.ty.is_list() {
        return None;
    }
    let key_type = argument.ty.clone().non_null();
    let has = |wire: &str| {
        let fits = |field: &&Field| field.wire.key.as_deref() == Some(wire) && field.wire.convert.is_empty();
        // Absent or null it would be no key.
        object.fields.iter().find(fits).filter(|field| field.ty == key_type && !field.ty.is_list())
    };
    let own = has(wire);
    let named_after = || is_of(wire, field.ty.inner(), before).then(|| has("id")).flatten();
    own.or_else(named_after).filter(|field| Schema::is_scalar(field.ty.inner())).map(|field| field.name.clone())
}

/// Whether a parameter is the id of the type that an operation answers: `petId` of `Pet`, or after `/pets`.
fn is_of(parameter: &str, type_name: &str, before: &str) -> bool {
    let parameter = names::camel(parameter).unwrap_or_default();
    let Some(stem) = parameter.strip_suffix("Id").map(str::to_ascii_lowercase) else { return false };
    let segment = before.rsplit('/').next().and_then(names::camel).unwrap_or_default().to_ascii_lowercase();
    stem == type_name.to_ascii_lowercase()
        || [format!("{stem}s"), format!("{stem}es")].contains(&segment)
        || stem == segment
}

fn take_key(field: &mut Field, key: &str, key_type: Type) {
    if let ([argument], Some(connect)) = (field.arguments.as_mut_slice(), field.connect.as_mut()) {
        if let Request::Http { url, .. } = &mut connect.request {
            *url = url.replace(&format!("{{$args.{}}}", argument.name), &format!("{{$args.{key}}}"));
        }
        argument.name = key.to_owned();
        argument.ty = key_type;
        connect.entity = true;
    }
}

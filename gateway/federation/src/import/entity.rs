//! Owns telling which operations look up an entity by its key. Only where this is certain: the operation is called after
//! the type that it answers (`/pets/{id}`, `GetPet`), has one argument, and the answer has a field that is the same by name
//! and type. One that is marked wrongly would answer with another object's data.

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
    let type_name = field.ty.inner().strip_prefix(schema.prefix.as_str()).unwrap_or(field.ty.inner());
    let is_called_after_type = match request {
        Request::Http { url, query, headers, .. } if query.is_empty() && headers.is_empty() => {
            let before = url.strip_suffix(&format!("/{{$args.{}}}", argument.name))?;
            is_name_of(before.rsplit('/').next()?, type_name)
        }
        Request::Grpc { method, body: Some(Body::Arguments) } if names::is_id(&argument.name) => {
            method.rsplit('/').next()?.strip_prefix("Get") == Some(type_name)
        }
        Request::Http { .. } | Request::Grpc { .. } => false,
    };
    if !is_called_after_type || field.ty.is_list() {
        return None;
    }
    let key_type = argument.ty.clone().non_null();
    let has = |wire: &str| {
        let fits = |field: &&Field| field.wire.key.as_deref() == Some(wire) && field.wire.convert.is_empty();
        // Absent or null it would be no key.
        object.fields.iter().find(fits).filter(|field| field.ty == key_type && !field.ty.is_list())
    };
    let own = has(wire);
    let named_after = || is_id_of(wire, type_name).then(|| has("id")).flatten();
    own.or_else(named_after).filter(|field| Schema::is_scalar(field.ty.inner())).map(|field| field.name.clone())
}

/// Whether a path's segment is a type's name, as of one or of many: `pet` and `pets` of `Pet`, `categories` of `Category`.
fn is_name_of(segment: &str, type_name: &str) -> bool {
    let (Some(segment), name) = (names::pascal(segment), type_name.to_ascii_lowercase()) else { return false };
    let segment = segment.to_ascii_lowercase();
    let in_y = name.strip_suffix('y').map(|stem| format!("{stem}ies"));
    segment == name || segment == format!("{name}s") || segment == format!("{name}es") || Some(segment) == in_y
}

/// Whether a parameter is the id of a type: `petId` of `Pet`.
fn is_id_of(parameter: &str, type_name: &str) -> bool {
    let parameter = names::camel(parameter).unwrap_or_default();
    parameter.strip_suffix("Id").is_some_and(|stem| stem.eq_ignore_ascii_case(type_name))
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

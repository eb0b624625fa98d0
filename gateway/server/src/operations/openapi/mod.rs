//! Owns the description of a client's routes as an OpenAPI 3.1 document.

mod inputs;
mod outputs;
#[cfg(test)]
mod tests;

use apollo_compiler::Schema;
use serde_json::{Map, Value, json};

use super::route::{Form, Input, Place, Route, Routes};
use super::{SavedOperation, route::RestMethod};
use inputs::Components;

/// The document of a client. Its version is that of the document, which says nothing of the client's.
pub fn document(client: &str, schema: &Schema, routes: &Routes) -> Value {
    let mut components = Components::new(schema);
    let mut paths: Map<String, Value> = Map::new();
    for (operation, route) in routes.iter() {
        let described = described(operation, route, &mut components);
        let path = paths.entry(route.template()).or_insert_with(|| json!({}));
        path[route.method.name().to_ascii_lowercase()] = described;
    }
    let mut schemas = components.into_schemas();
    schemas.insert("Problem".to_owned(), problem());
    json!({
        "openapi": "3.1.0",
        "info": { "title": client, "version": "1.0.0" },
        "servers": [{ "url": format!("/bff/{client}") }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {
                "Problem": {
                    "description": "What went wrong (RFC 9457)",
                    "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
                },
            },
        },
    })
}

fn described(operation: &SavedOperation, route: &Route, components: &mut Components<'_>) -> Value {
    let mut responses = Map::new();
    responses.insert(route.status.to_string(), success(operation, route, components));
    if route.method == RestMethod::Get {
        responses.insert("304".to_owned(), json!({ "description": "The client has it already" }));
    }
    responses.insert("default".to_owned(), json!({ "$ref": "#/components/responses/Problem" }));
    let parameters: Vec<Value> = route.inputs.iter().filter_map(|input| parameter(input, components)).collect();
    let mut described = json!({ "responses": responses, "parameters": parameters });
    if let Some(name) = &operation.name {
        described["operationId"] = json!(name);
    }
    if let Some(body) = body(route, components) {
        described["requestBody"] = body;
    }
    described
}

fn success(operation: &SavedOperation, route: &Route, components: &mut Components<'_>) -> Value {
    let degraded = json!({
        "description": "In how many places something is missing, or a fallback stands in; left out where all is there",
        "schema": { "type": "integer", "minimum": 1 },
    });
    let mut success = json!({ "description": "What was asked for", "headers": { "weft-degraded": degraded } });
    if !matches!(route.status, 204 | 205) {
        let schema = outputs::response(&operation.document, route.root.as_deref(), components);
        success["content"] = json!({ "application/json": { "schema": schema } });
    }
    success
}

/// What is not in a body.
fn parameter(input: &Input, components: &mut Components<'_>) -> Option<Value> {
    let place = match input.place {
        Place::Path => "path",
        Place::Query => "query",
        Place::Header => "header",
        Place::Body | Place::Member => return None,
    };
    let schema = components.text(&input.ty);
    let mut parameter = json!({
        "name": input.name,
        "in": place,
        // A path has all of its parts.
        "required": input.is_required || input.place == Place::Path,
        "schema": schema,
    });
    if input.place == Place::Query && matches!(input.form, Form::Texts(_)) {
        parameter["style"] = json!("form");
        parameter["explode"] = json!(true);
    }
    Some(parameter)
}

fn body(route: &Route, components: &mut Components<'_>) -> Option<Value> {
    let whole = route.inputs.iter().find(|input| input.place == Place::Body);
    let (schema, is_required) = match whole {
        Some(input) => (components.input(&input.ty), input.is_required),
        None => {
            let members = || route.inputs.iter().filter(|input| input.place == Place::Member);
            members().next()?;
            let properties: Map<String, Value> =
                members().map(|input| (input.name.to_string(), components.input(&input.ty))).collect();
            let required: Vec<&str> = members().filter(|input| input.is_required).map(|input| &*input.name).collect();
            let is_required = !required.is_empty();
            (json!({ "type": "object", "properties": properties, "required": required }), is_required)
        }
    };
    Some(json!({ "required": is_required, "content": { "application/json": { "schema": schema } } }))
}

/// As [`crate::http`] writes problems.
fn problem() -> Value {
    json!({
        "type": "object",
        "properties": {
            "type": { "type": "string" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string" },
            "code": { "type": "string", "description": "What GraphQL has in `extensions.code`" },
        },
        "required": ["type", "title", "status", "detail", "code"],
    })
}

//! Owns compiling a client's files into a [`ClientSchema`].

use std::collections::HashMap;
use std::sync::Arc;

use super::context::{Api, Context, fields_of};
use super::reach::Uses;
use super::types::own;
use super::{
    ClientSchema, ViewMap, client, defaults, enums, fields, freshness, inputs, interfaces, read, types, wildcard,
};
use crate::diagnostics::{Diagnostic, Source};
use crate::schema::{Satisfiable, Supergraph};

/// A client's schema as its team wrote it.
#[derive(Debug, Clone)]
pub struct ViewInput {
    /// `schema.graphql`, or several files that are one schema.
    pub sources: Vec<Arc<Source>>,
    /// The client's name, such as `mobile`.
    pub client: String,
    /// Whether it may take types as the supergraph has them (`exposure: internal`).
    pub wildcard: bool,
}

/// What comes of a client's files.
#[derive(Debug)]
pub struct Built {
    /// Absent if there is an error among the diagnostics.
    pub client: Option<ClientSchema>,
    /// The text of `schema.lock.graphql`: what clients see. Absent as well.
    pub printed: Option<String>,
    /// All that was found, in the order of the files.
    pub diagnostics: Vec<Diagnostic>,
}

/// Compiles a client's schema against the supergraph.
pub fn build(input: &ViewInput, supergraph: &Supergraph<Satisfiable>) -> Built {
    let mut found = vec![];
    let client = compile(input, supergraph, &mut found);
    let place = |diagnostic: &Diagnostic| {
        let span = &diagnostic.labels.first()?.span;
        Some((input.sources.iter().position(|source| Arc::ptr_eq(source, &span.source)), span.start))
    };
    found.sort_by_key(place);
    found.dedup();
    let client = client.filter(|_| !found.iter().any(Diagnostic::is_error));
    let printed = client.as_ref().map(|client| client.schema.to_string());
    Built { client, printed, diagnostics: found }
}

fn compile(
    input: &ViewInput,
    supergraph: &Supergraph<Satisfiable>,
    found: &mut Vec<Diagnostic>,
) -> Option<ClientSchema> {
    let api = Api { model: &supergraph.model, schema: &supergraph.api };
    let (mut schema, mut places) = read::read(&input.sources, found)?;
    wildcard::expand(&mut schema, &mut places, api, input, found);
    let schema = read::validate(schema, &places, found);
    defaults::check(&schema, &places, found);
    let types = types::map(&schema, &places, api, found);
    let uses = Uses::of(&schema);
    uses.check(&schema, &places, found);
    let max_ages = freshness::max_ages(&schema, &places, found);
    let mut map = ViewMap { types: types.composites.clone(), max_ages, ..ViewMap::default() };
    for (name, ty) in own(&schema) {
        let (Some(ty), Some(behind)) = (ty.as_enum(), types.other(name)) else { continue };
        let values = enums::map(ty, behind, api, &places, &uses, found);
        map.enums.extend(values.map(|values| (name.clone(), Arc::new(values))));
    }
    let cx = Context { schema: &schema, places: &places, types: &types, enums: &map.enums, supergraph: api };
    for (name, ty) in own(&schema) {
        if let Some(input) = ty.as_input_object() {
            map.inputs.extend(inputs::object(cx, input, found).map(|input| (name.clone(), input)));
        }
        let (true, Some(behind), Some(definitions)) = (ty.is_object(), types.composite(name), fields_of(ty)) else {
            continue;
        };
        let mut made = HashMap::new();
        for field in definitions.values() {
            let place = fields::Place { owner: name, behind: behind.ty, field };
            made.extend(fields::map(cx, place, found).map(|map| (field.name.clone(), Arc::new(map))));
        }
        map.fields.insert(name.clone(), made);
    }
    let interfaces = interfaces::map(cx, &map.fields, found);
    map.fields.extend(interfaces);
    if found.iter().any(Diagnostic::is_error) {
        return None;
    }
    match client::schema(cx, &map) {
        Ok(schema) => Some(ClientSchema::view(schema, Arc::clone(&supergraph.model), map)),
        Err(message) => {
            let help = "`FieldPath`, `Const` and `FallbackOn` are weft's: give types other names";
            found.push(Diagnostic::error("INVALID_GRAPHQL", message).help(help));
            None
        }
    }
}

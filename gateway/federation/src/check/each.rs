//! Owns finding N+1: connectors that are called once for each item of a list.

use std::collections::{BTreeMap, HashSet};

use apollo_compiler::Schema;
use apollo_compiler::schema::ExtendedType;

use crate::connect::mapping::Output;
use crate::connect::{ConnectedSubgraph, Connector, Coordinate, Request};
use crate::diagnostics::{Diagnostic, Span};

pub fn check(subgraph: &ConnectedSubgraph<'_>) -> Vec<Diagnostic> {
    let many = Many::new(subgraph);
    let all = &subgraph.connectors.connectors;
    let batched = |type_name: &str| {
        all.iter().any(|other| {
            other.coordinate.field.is_none() && other.coordinate.type_name == type_name && other.is_batch()
        })
    };
    all.iter().filter_map(|connector| of_one(subgraph, connector, &many, &batched)).collect()
}

fn of_one(
    subgraph: &ConnectedSubgraph<'_>,
    connector: &Connector,
    many: &Many<'_>,
    batched: &dyn Fn(&str) -> bool,
) -> Option<Diagnostic> {
    if connector.is_batch() {
        return None;
    }
    let Coordinate { type_name, field } = &connector.coordinate;
    let is_root = is_root(subgraph.schema, type_name);
    match field {
        // A root field that looks entities up, and a type's own connector.
        Some(field) if is_root => {
            if !connector.entity {
                return None;
            }
            let entity = subgraph.schema.type_field(type_name, field).ok()?.ty.inner_named_type().to_string();
            if batched(&entity) {
                return None;
            }
            of_entity(subgraph, connector, &entity, many)
        }
        None if batched(type_name) => None,
        None => of_entity(subgraph, connector, type_name, many),
        Some(field) => {
            // What a list's own selection holds is not asked again.
            let list = many.lists.get(type_name.as_str())?.iter().find(|list| !list.given.contains(field.as_str()))?;
            let help = match &connector.request {
                Request::Http(_) => {
                    "ask for many at a time: `$batch` in place of `$this`, such as `queryParams: \"id: $batch.id\"`, with \
                     `batch: { groupBy: \"…\" }` and the key in the selection"
                }
                Request::Grpc(_) => {
                    "ask for many at a time: `$batch` in place of `$this`, such as `body: \"ids: $batch.id\"`, with \
                     `batch: { groupBy: \"…\" }` and the key in the selection"
                }
            };
            Some(warning(subgraph, connector, list, &format!("`{}`", connector.coordinate), help))
        }
    }
}

fn of_entity(
    subgraph: &ConnectedSubgraph<'_>,
    connector: &Connector,
    entity: &str,
    many: &Many<'_>,
) -> Option<Diagnostic> {
    let provided = fields(&connector.selection.output());
    let (list, missing) = many.lists.get(entity)?.iter().find_map(|list| {
        let missing: Vec<&str> = provided.iter().copied().filter(|field| !list.given.contains(*field)).collect();
        (!missing.is_empty()).then_some((list, missing))
    })?;
    let missing = missing.iter().map(|field| format!("`{field}`")).collect::<Vec<_>>().join(", ");
    let example = match &connector.request {
        Request::Http(_) => "http: { GET: \"…\", queryParams: \"id: $batch.id\" }",
        Request::Grpc(_) => "grpc: { method: \"…\", body: \"ids: $batch.id\" }",
    };
    let help = format!(
        "give the type a connector that takes many: `type {entity} @connect({example}, batch: {{ maxSize: 100 }}, \
         selection: \"…\")`"
    );
    Some(warning(subgraph, connector, list, &format!("{missing} of `{entity}`"), &help))
}

fn warning(subgraph: &ConnectedSubgraph<'_>, connector: &Connector, list: &List, what: &str, help: &str) -> Diagnostic {
    let message = format!(
        "`{}` is a list, and {what} takes a call of the connector on `{}` for each of its items",
        list.field, connector.coordinate
    );
    Diagnostic::warning("CONNECTOR_CALL_PER_ITEM", message)
        .in_subgraph(subgraph.name)
        .at(place(subgraph, connector), "")
        .help(help)
}

/// Where the connector says what it calls.
fn place(subgraph: &ConnectedSubgraph<'_>, connector: &Connector) -> Option<Span> {
    match &connector.request {
        Request::Http(request) => request.url.span(subgraph.source, 0..usize::MAX),
        Request::Grpc(_) => connector.selection.span(subgraph.source, 0..usize::MAX),
    }
}

fn is_root(schema: &Schema, type_name: &str) -> bool {
    let schema = &schema.schema_definition;
    let roots = [&schema.query, &schema.mutation, &schema.subscription];
    roots.into_iter().flatten().any(|root| root.name.as_str() == type_name)
        || (schema.query.is_none() && type_name == "Query")
}

fn fields<'s>(output: &Output<'s>) -> Vec<&'s str> {
    match output {
        Output::Object(fields) => fields.iter().map(|field| field.name).collect(),
        Output::Any | Output::Null | Output::Scalar => vec![],
    }
}

/// The lists of objects that connectors yield.
struct Many<'s> {
    /// By the objects' type.
    lists: BTreeMap<&'s str, Vec<List>>,
}

/// A list, or an object in each of its items.
struct List {
    /// The list's field, such as `Query.posts`.
    field: String,
    /// What is known of each object without asking for more.
    given: HashSet<String>,
}

impl<'s> Many<'s> {
    fn new(subgraph: &ConnectedSubgraph<'s>) -> Self {
        let mut many = Self { lists: BTreeMap::new() };
        for connector in &subgraph.connectors.connectors {
            let Coordinate { type_name, field } = &connector.coordinate;
            let output = connector.selection.output();
            match field {
                Some(field) => many.field(subgraph.schema, type_name, field, &output, None),
                None => many.object(subgraph.schema, type_name, &output, None),
            }
        }
        many
    }

    /// Follows a field's value; `within` is the list that it is in.
    fn field(&mut self, schema: &'s Schema, type_name: &str, field: &str, output: &Output<'_>, within: Option<&str>) {
        let Ok(definition) = schema.type_field(type_name, field) else { return };
        let Some((name, ExtendedType::Object(_))) = schema.types.get_key_value(definition.ty.inner_named_type()) else {
            return;
        };
        let own = definition.ty.is_list().then(|| format!("{type_name}.{field}"));
        let within = within.or(own.as_deref());
        if let Some(list) = within {
            let given = fields(output).into_iter().map(str::to_owned).collect();
            self.lists.entry(name.as_str()).or_default().push(List { field: list.to_owned(), given });
        }
        self.object(schema, name, output, within);
    }

    fn object(&mut self, schema: &'s Schema, type_name: &str, output: &Output<'_>, within: Option<&str>) {
        // A selection's text is finite, and so is this.
        let Output::Object(selected) = output else { return };
        for field in selected {
            self.field(schema, type_name, field.name, &field.output, within);
        }
    }
}

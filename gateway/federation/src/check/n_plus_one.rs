//! Owns warning of N+1: calls that are made once per item of a list, because no connector takes many items at a time. The supergraph's
//! teams are told of their connectors, and those of clients of the fields that lean on them.

use std::sync::Arc;

use super::Coordinate::Member;
use super::place::Files;
use crate::compose::Definitions;
use crate::connect::{Connector, Coordinate};
use crate::diagnostics::{Diagnostic, Source};
use crate::plan::{Unbatched, UnbatchedCalls, UnbatchedInView};
use crate::schema::{FieldId, Model, Satisfiable, Supergraph};
use crate::view::ClientSchema;

const CODE: &str = "N_PLUS_ONE";

pub(super) fn check(supergraph: &Supergraph<Satisfiable>, definitions: &Definitions) -> Vec<Diagnostic> {
    let (calls, is_complete) = UnbatchedCalls::new(supergraph).of_supergraph();
    let teller = Teller { model: &supergraph.model, definitions };
    let told =
        calls.iter().filter_map(|call| Some(teller.diagnostic(call, supergraph.connectors.get(call.connector)?)));
    let mut found: Vec<Diagnostic> = told.collect();
    if !is_complete {
        let message = "the supergraph is too large to look everywhere for calls that are made once per item of a list";
        found.push(Diagnostic::warning(CODE, message));
    }
    found
}

/// What of clients' schemas takes such calls; of each the schema, and the files that it was read from. What a wildcard brings is what
/// the supergraph's teams decided, who are told.
pub(super) fn check_views(
    supergraph: &Supergraph<Satisfiable>,
    clients: &[(&ClientSchema, &[Arc<Source>])],
) -> Vec<Diagnostic> {
    let unbatched = UnbatchedCalls::new(supergraph);
    let mut found = vec![];
    for (client, sources) in clients {
        let files = Files { schema: &client.schema, sources };
        let (calls, is_complete) = unbatched.of_view(client);
        for UnbatchedInView { at: (ty, name), list, field, connector } in calls {
            let at = Member(ty, name);
            let (Some(_), Some(connector)) = (files.definition(&at), supergraph.connectors.get(connector)) else {
                continue;
            };
            let (list, field) = (supergraph.model.coordinate(list), supergraph.model.coordinate(field));
            let message = format!(
                "below the list `{list}`, `{at}` takes a call for every item: the connector of `{}` takes one at a time",
                connector.coordinate
            );
            let help = format!(
                "let lists have a type without it, or ask the team of {} for a connector that gives `{field}` of many at once",
                connector.subgraph
            );
            found.push(Diagnostic::warning(CODE, message).at(files.near(&at), "").help(help));
        }
        if !is_complete {
            let message =
                "a client's schema is too large to look everywhere for calls that are made once per item of a list";
            found.push(Diagnostic::warning(CODE, message));
        }
    }
    found
}

struct Teller<'a> {
    model: &'a Model,
    definitions: &'a Definitions,
}

impl Teller<'_> {
    fn diagnostic(&self, call: &Unbatched, connector: &Connector) -> Diagnostic {
        let model = self.model;
        let (list, field) = (model.coordinate(call.list), model.coordinate(call.field));
        let entity = model.type_name(model.field(call.field).parent);
        let (Coordinate { type_name, field: own }, subgraph) = (&connector.coordinate, &connector.subgraph);
        let message = format!(
            "below the list `{list}`, `{field}` takes a call for every item: the connector of `{}` takes one at a time",
            connector.coordinate
        );
        let place = match own {
            Some(own) => self.definitions.field(subgraph, type_name, own),
            None => self.definitions.ty(subgraph, type_name),
        };
        let mut diagnostic = Diagnostic::warning(CODE, message)
            .in_subgraph(subgraph)
            .at(place, "this connector has no `$batch`")
            .help(help(connector, entity));
        // The list may be of another subgraph, or of more than one.
        for join in &model.field(call.list).joins {
            diagnostic = diagnostic.at(self.list(call.list, &model.subgraph(join.subgraph).name), "the list");
        }
        diagnostic
    }

    fn list(&self, list: FieldId, subgraph: &str) -> Option<crate::diagnostics::Span> {
        let def = self.model.field(list);
        self.definitions.field(subgraph, self.model.type_name(def.parent), self.model.name(def.name))
    }
}

/// What to write instead.
fn help(connector: &Connector, entity: &str) -> String {
    let key = connector.key().or_else(|| connector.inputs().this).map(|key| key.to_string());
    let read = match key.filter(|key| !key.is_empty()) {
        Some(key) if key.contains([' ', '{']) => format!("`$batch {{ {key} }}`"),
        Some(key) => format!("`$batch.{key}`"),
        None => "`$batch`".to_owned(),
    };
    match &connector.coordinate.field {
        None => format!(
            "if the service can be asked for many at once, write {read} in place of `$this`, and `batch: {{ maxSize: 100 }}`"
        ),
        Some(_) if connector.entity => format!(
            "if the service can be asked for many at once, give `type {entity}` a connector of its own that reads {read}, with \
             `batch: {{ maxSize: 100 }}`"
        ),
        Some(_) => format!(
            "if the service can be asked for many at once, write {read} in place of `$this`, on the type `{entity}` with \
             `batch: {{ maxSize: 100 }}`, or here, with `batch: {{ groupBy: … }}` and a link to \
             https://specs.weft.dev/connect/v0.1"
        ),
    }
}

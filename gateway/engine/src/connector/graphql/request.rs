//! Owns the text of upstream operations, and the JSON bodies that carry them.

use apollo_compiler::Name;
use weft_federation::operation::{BoundOperation, OperationKind, Variables};
use weft_federation::plan::{FetchContent, FetchEntry, FetchField, FetchNode, FetchSelection};
use weft_federation::schema::{Arguments, Id, Model, VariableId, write_json_string};

use crate::execute::{Batch, asks_typename};

/// The variable that carries the entities.
const REPRESENTATIONS: &str = "representations";

/// A request to a GraphQL server, up to what only the client's request can say.
#[derive(Debug)]
pub struct Request {
    /// The body up to the first variable's value, or to the first variable.
    prefix: Box<[u8]>,
    /// Whether the representations come first.
    entities: bool,
    /// The client's variables that the operation uses: `"name":`.
    variables: Vec<(VariableId, Box<str>)>,
    /// The operation.
    pub text: Box<str>,
}

impl Request {
    pub fn new(fetch: &FetchNode, operation: &BoundOperation, model: &Model) -> Self {
        let names = names(operation);
        let mut used = vec![];
        collect_variables(&fetch.selection, &mut used);
        used.sort_unstable();
        used.dedup();

        let mut text = Text { model, names: &names, out: String::new() };
        let (kind, entities) = match &fetch.entry {
            FetchEntry::Root(kind) => (*kind, false),
            FetchEntry::Entities { .. } => (OperationKind::Query, true),
        };
        text.head(kind, entities, &used, operation);
        if entities {
            text.out.push_str("{_entities(representations:$representations)");
            text.entity_selection(&fetch.selection, asks_typename(fetch));
            text.out.push('}');
        } else {
            text.selection(&fetch.selection);
        }
        let text = text.out;

        let mut prefix = String::from("{\"query\":");
        write_json_string(&text, &mut prefix);
        prefix.push_str(",\"variables\":{");
        if entities {
            prefix.push_str("\"representations\":[");
        }
        let variables = used.into_iter().map(|id| (id, format!("\"{}\":", names[id.index()]).into_boxed_str()));
        Self { prefix: prefix.into_bytes().into(), entities, variables: variables.collect(), text: text.into() }
    }

    /// What the representations of a batch are written behind.
    pub fn prefix(&self) -> &[u8] {
        &self.prefix
    }

    /// The body. A batch of entities must have been written behind [`Self::prefix`].
    pub fn body(&self, batch: Batch, variables: &Variables) -> Vec<u8> {
        let mut body = batch.body;
        let mut first = !self.entities;
        if self.entities {
            body.push(b']');
        } else {
            body.extend_from_slice(&self.prefix);
        }
        for (id, key) in &self.variables {
            // One that was not given is left out, so that the backend's default holds.
            let Some(value) = variables.get(*id) else { continue };
            if !std::mem::replace(&mut first, false) {
                body.push(b',');
            }
            body.extend_from_slice(key.as_bytes());
            body.extend_from_slice(value.as_bytes());
        }
        body.extend_from_slice(b"}}");
        body
    }
}

/// The client's names for its variables, out of the way of ours.
fn names(operation: &BoundOperation) -> Vec<Name> {
    let mut names: Vec<Name> = operation.variables.iter().map(|variable| variable.name.clone()).collect();
    if let Some(at) = names.iter().position(|name| *name == *REPRESENTATIONS) {
        let mut free = format!("{REPRESENTATIONS}_");
        while names.iter().any(|name| *name == *free) {
            free.push('_');
        }
        // Letters and underscores are a name.
        names[at] = Name::new(&free).unwrap_or_else(|_| names[at].clone());
    }
    names
}

fn collect_variables(selection: &FetchSelection, used: &mut Vec<VariableId>) {
    for field in &selection.fields {
        for (_, value) in field.arguments.iter() {
            value.for_each_variable(&mut |id| used.push(id));
        }
        match &field.content {
            FetchContent::Objects(below) => collect_variables(below, used),
            FetchContent::Leaf(_) => {}
        }
    }
}

struct Text<'a> {
    model: &'a Model,
    names: &'a [Name],
    out: String,
}

impl Text<'_> {
    fn head(&mut self, kind: OperationKind, entities: bool, used: &[VariableId], operation: &BoundOperation) {
        if kind != OperationKind::Query || entities || !used.is_empty() {
            self.out.push_str(kind.keyword());
        }
        if !entities && used.is_empty() {
            return;
        }
        self.out.push('(');
        if entities {
            self.out.push_str("$representations:[_Any!]!");
        }
        for (at, id) in used.iter().enumerate() {
            if entities || at > 0 {
                self.out.push(',');
            }
            let variable = &operation.variables[id.index()];
            self.out.push('$');
            self.out.push_str(&self.names[id.index()]);
            self.out.push(':');
            self.out.push_str(&variable.ty.to_string());
            // Its value has the default in it already; it stands here since it makes `$a: Int = 1` fit an `Int!`.
            if let Some(default) = &variable.default {
                self.out.push('=');
                default.write_graphql(&|id| self.names[id.index()].clone(), &mut self.out);
            }
        }
        self.out.push(')');
    }

    /// The fields of entities, which are all of the type `_Entity` and so need conditions.
    fn entity_selection(&mut self, selection: &FetchSelection, typename: bool) {
        self.out.push('{');
        if typename || selection.typename || selection.fields.is_empty() {
            self.out.push_str("__typename ");
        }
        for group in selection.fields.chunk_by(|a, b| a.condition == b.condition) {
            let on = group[0].condition.unwrap_or(selection.on);
            self.group(Some(self.model.type_name(on).clone()), group);
        }
        self.close();
    }

    fn selection(&mut self, selection: &FetchSelection) {
        self.out.push('{');
        if selection.typename || selection.fields.is_empty() {
            self.out.push_str("__typename ");
        }
        for group in selection.fields.chunk_by(|a, b| a.condition == b.condition) {
            let on = group[0].condition.filter(|ty| *ty != selection.on);
            self.group(on.map(|ty| self.model.type_name(ty).clone()), group);
        }
        self.close();
    }

    fn group(&mut self, condition: Option<Name>, fields: &[FetchField]) {
        let narrowed = condition.is_some();
        if let Some(name) = condition {
            self.out.push_str("...on ");
            self.out.push_str(&name);
            self.out.push('{');
        }
        for field in fields {
            self.field(field);
            self.out.push(' ');
        }
        if narrowed {
            self.close();
        }
    }

    fn field(&mut self, field: &FetchField) {
        if field.response_name != field.name {
            self.out.push_str(&field.response_name);
            self.out.push(':');
        }
        self.out.push_str(&field.name);
        self.arguments(&field.arguments);
        match &field.content {
            FetchContent::Leaf(_) => {}
            FetchContent::Objects(selection) => self.selection(selection),
        }
    }

    fn arguments(&mut self, arguments: &Arguments) {
        for (at, (name, value)) in arguments.iter().enumerate() {
            self.out.push(if at == 0 { '(' } else { ',' });
            self.out.push_str(name);
            self.out.push(':');
            value.write_graphql(&|id| self.names[id.index()].clone(), &mut self.out);
        }
        if !arguments.is_empty() {
            self.out.push(')');
        }
    }

    /// Closes a brace, without the space before it.
    fn close(&mut self) {
        if self.out.ends_with(' ') {
            self.out.pop();
        }
        self.out.push('}');
    }
}

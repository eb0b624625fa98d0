//! Owns the text of upstream operations, and the JSON bodies that carry them.

use apollo_compiler::Name;
use weft_federation::operation::{BoundOperation, OperationKind, Variables};
use weft_federation::plan::{
    ContextValue, ContextValueId, FetchContent, FetchEntry, FetchField, FetchNode, FetchSelection,
};
use weft_federation::schema::{Arguments, Id, Model, VariableId, write_json_string};

use crate::execute::{Batch, EntityList};
use crate::policy::Effect;

/// A request to a GraphQL server, up to what only the client's request can say.
#[derive(Debug)]
pub struct Request {
    /// The body up to the first variable; where entities are asked, [`EntityList::opening`] has it.
    prefix: Box<[u8]>,
    /// Whether the representations come first.
    entities: bool,
    /// The variables for what the fetch hands in from contexts: `"name":`.
    contexts: Vec<Box<str>>,
    /// The client's variables that the operation uses: `"name":`.
    variables: Vec<(VariableId, Box<str>)>,
    /// The operation.
    pub text: Box<str>,
    /// Whether operations may share the answer: a mutation has to be sent as often as it is asked for, and what is looked
    /// up after one may differ from what was there before.
    pub is_read: bool,
    /// Looking up what a mutation has changed is a read.
    pub effect: Effect,
}

impl Request {
    /// The request for fetches that travel together, and the lists of entities that it asks for. Fetches that ask the same
    /// of their entities share a list.
    pub fn new(fetches: &[&FetchNode], operation: &BoundOperation, model: &Model) -> (Self, Vec<EntityList>) {
        let is_lookup = |fetch: &&&FetchNode| matches!(fetch.entry, FetchEntry::Entities { .. });
        let lookups: Vec<&FetchNode> = fetches.iter().filter(is_lookup).copied().collect();
        let groups = alike(&lookups, operation, model);
        let lists = ListNames::new(groups.len());
        // Where there are any, the fetch is alone.
        let contexts: &[ContextValue] = fetches.first().map_or(&[], |fetch| &fetch.contexts);
        let names = names(operation, &lists, contexts.len());
        let mut used = vec![];
        fetches.iter().for_each(|fetch| collect_variables(&fetch.selection, &mut used));
        used.sort_unstable();
        used.dedup();

        let mut text = Text { model, names: &names, out: String::new() };
        let kind = fetches.iter().find_map(|fetch| match &fetch.entry {
            FetchEntry::Root(kind) => Some(*kind),
            FetchEntry::Entities { .. } => None,
        });
        let kind = kind.unwrap_or(OperationKind::Query);
        text.head(kind, &lists, contexts, &used, operation);
        match fetches {
            [root] if groups.is_empty() => text.selection(&root.selection),
            _ => text.lists(&lists, &groups),
        }
        let text = text.out;

        let mut prefix = String::from("{\"query\":");
        write_json_string(&text, &mut prefix);
        prefix.push_str(",\"variables\":{");
        let mut entity_lists = vec![];
        for (at, group) in groups.into_iter().enumerate() {
            let before = if at == 0 { std::mem::take(&mut prefix) } else { "],".to_owned() };
            entity_lists.push(EntityList {
                key: lists.keys[at].as_str().into(),
                opening: format!("{before}\"{}\":[", lists.variables[at]).into_bytes().into(),
                asks_typename: asks_typename(&group),
                fetches: group.into_iter().map(|fetch| fetch.id).collect(),
            });
        }
        let variables = used.into_iter().map(|id| (id, format!("\"{}\":", names[id.index()]).into_boxed_str()));
        let request = Self {
            prefix: prefix.into_bytes().into(),
            entities: !entity_lists.is_empty(),
            contexts: (0..contexts.len()).map(|at| format!("\"{}\":", context_name(at)).into()).collect(),
            variables: variables.collect(),
            text: text.into(),
            is_read: operation.kind == OperationKind::Query,
            effect: match kind {
                OperationKind::Query | OperationKind::Subscription => Effect::Reads,
                OperationKind::Mutation => Effect::Writes,
            },
        };
        (request, entity_lists)
    }

    /// What it takes in memory beside itself, in bytes.
    pub fn heap(&self) -> usize {
        let contexts = self.contexts.iter().map(|name| size_of_val(name) + name.len());
        let variables = self.variables.iter().map(|variable| size_of_val(variable) + variable.1.len());
        self.prefix.len() + self.text.len() + contexts.sum::<usize>() + variables.sum::<usize>()
    }

    /// The body. A batch of entities must have been written behind the openings of all the lists.
    pub fn body(&self, batch: Batch, variables: &Variables) -> Vec<u8> {
        let mut body = batch.body;
        let mut first = !self.entities;
        if self.entities {
            body.push(b']');
        } else {
            body.extend_from_slice(&self.prefix);
        }
        for (key, value) in self.contexts.iter().zip(batch.contexts.iter()) {
            body.push(b',');
            body.extend_from_slice(key.as_bytes());
            body.extend_from_slice(value);
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

/// What the lists of entities are called in the request.
struct ListNames {
    /// In the answer.
    keys: Vec<String>,
    /// The variables that carry the representations.
    variables: Vec<String>,
}

impl ListNames {
    /// A list that is alone keeps the names that everyone uses.
    fn new(count: usize) -> Self {
        if count == 1 {
            return Self { keys: vec!["_entities".to_owned()], variables: vec!["representations".to_owned()] };
        }
        let names: Vec<String> = (0..count).map(|at| format!("e{at}")).collect();
        Self { keys: names.clone(), variables: names }
    }
}

/// The fetches by what they ask of their entities, in the text of the request.
fn alike<'f>(fetches: &[&'f FetchNode], operation: &BoundOperation, model: &Model) -> Vec<Vec<&'f FetchNode>> {
    let names: Vec<Name> = operation.variables.iter().map(|variable| variable.name.clone()).collect();
    let mut groups: Vec<(String, Vec<&FetchNode>)> = vec![];
    for fetch in fetches {
        let mut text = Text { model, names: &names, out: String::new() };
        text.entity_selection(&fetch.selection, false);
        match groups.iter_mut().find(|(known, _)| *known == text.out) {
            Some((_, group)) => group.push(fetch),
            None => groups.push((text.out, vec![fetch])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// Whether a list of the fetches' entities is of several types.
fn asks_typename(fetches: &[&FetchNode]) -> bool {
    let types = fetches.iter().flat_map(|fetch| match &fetch.entry {
        FetchEntry::Entities { representations, .. } => &representations[..],
        FetchEntry::Root(_) => &[],
    });
    let mut types = types.map(|representation| representation.ty);
    let first = types.next();
    types.any(|ty| Some(ty) != first)
}

/// The variable for a value from a context.
fn context_name(at: usize) -> String {
    format!("contextualArgument_{at}")
}

/// The client's names for its variables, out of the way of ours.
fn names(operation: &BoundOperation, lists: &ListNames, contexts: usize) -> Vec<Name> {
    let mut names: Vec<Name> = operation.variables.iter().map(|variable| variable.name.clone()).collect();
    let is_ours = |name: &str| {
        lists.variables.iter().any(|ours| ours == name) || (0..contexts).any(|at| context_name(at) == name)
    };
    for at in 0..names.len() {
        if !is_ours(&names[at]) {
            continue;
        }
        let mut free = format!("{}_", names[at]);
        while is_ours(&free) || names.iter().any(|name| *name == *free) {
            free.push('_');
        }
        // A name with underscores behind it is a name.
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
    fn head(
        &mut self,
        kind: OperationKind,
        lists: &ListNames,
        contexts: &[ContextValue],
        used: &[VariableId],
        operation: &BoundOperation,
    ) {
        let has_variables = !lists.variables.is_empty() || !used.is_empty();
        if kind != OperationKind::Query || has_variables {
            self.out.push_str(kind.keyword());
        }
        if !has_variables {
            return;
        }
        self.out.push('(');
        for (at, list) in lists.variables.iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            self.out.extend([comma, "$", list, ":[_Any!]!"]);
        }
        // What is looked up has a list before them.
        for (at, value) in contexts.iter().enumerate() {
            self.out.extend([",$", &context_name(at), ":", &value.ty]);
        }
        for (at, id) in used.iter().enumerate() {
            if at > 0 || !lists.variables.is_empty() {
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

    /// The lists of entities, each with what all of its fetches ask.
    fn lists(&mut self, names: &ListNames, groups: &[Vec<&FetchNode>]) {
        self.out.push('{');
        for ((key, variable), group) in names.keys.iter().zip(&names.variables).zip(groups) {
            let Some(first) = group.first() else { continue };
            if key != "_entities" {
                self.out.extend([key, ":"]);
            }
            self.out.extend(["_entities(representations:$", variable, ")"]);
            self.entity_selection(&first.selection, asks_typename(group));
            self.out.push(' ');
        }
        self.close();
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
        self.arguments(&field.arguments, &field.contexts);
        match &field.content {
            FetchContent::Leaf(_) => {}
            FetchContent::Objects(selection) => self.selection(selection),
        }
    }

    fn arguments(&mut self, arguments: &Arguments, contexts: &[(Name, ContextValueId)]) {
        for (at, (name, value)) in arguments.iter().enumerate() {
            self.out.push(if at == 0 { '(' } else { ',' });
            self.out.push_str(name);
            self.out.push(':');
            value.write_graphql(&|id| self.names[id.index()].clone(), &mut self.out);
        }
        for (at, (name, value)) in contexts.iter().enumerate() {
            self.out.push(if at == 0 && arguments.is_empty() { '(' } else { ',' });
            self.out.extend([name.as_str(), ":$", &context_name(value.index())]);
        }
        if !arguments.is_empty() || !contexts.is_empty() {
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

//! Owns making saved operations of files: each is validated against the client's schema, and bound, so that nothing is wrong with
//! it that does not hang on a request.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use apollo_compiler::Node;
use apollo_compiler::ast::{self, OperationDefinition};
use weft_federation::diagnostics::{Diagnostic, Source, Span};
use weft_federation::operation::{self, BoundOperation, Document, Premise, VariableOrigin};
use weft_federation::view::ClientSchema;

use super::document::{Documents, REST};
use super::manifest::{self, Entry};
use super::mend::mend;
use super::route::{self, Route, Routes, Segment, is_same};
use super::{OPERATION_INVALID, OperationFiles, SavedOperation, SavedOperations, sha256};

/// Reads a client's saved operations, and checks that they hold for its schema. Those that do not are left out, and told.
pub fn compile(files: &OperationFiles, client: &ClientSchema, max_depth: u32) -> (SavedOperations, Vec<Diagnostic>) {
    let mut compiling =
        Compiling { client, max_depth, saved: SavedOperations::default(), routes: vec![], found: vec![] };
    compiling.documents(&files.documents);
    for source in &files.manifests {
        match manifest::read(source) {
            Ok(entries) => entries.into_iter().for_each(|entry| compiling.entry(&entry)),
            Err(found) => compiling.found.push(found),
        }
    }
    compiling.saved.routes = Routes::new(compiling.saved.operations.iter());
    (compiling.saved, compiling.found)
}

/// The operations of documents and manifests as clients send them, each once, with the file that it is in: of all that can be read, be
/// it valid or not.
pub fn written(files: &OperationFiles) -> (Vec<(Arc<Source>, ast::Document)>, Vec<Diagnostic>) {
    let (mut documents, mut found) = (Documents::default(), vec![]);
    let read: Vec<_> = files.documents.iter().map(|source| (source, documents.add(source, &mut found))).collect();
    let each = read.iter().flat_map(|(source, operations)| operations.iter().map(move |operation| (source, operation)));
    let mut each: Vec<_> =
        each.map(|(source, operation)| (Arc::clone(source), documents.document(operation))).collect();
    for source in &files.manifests {
        let entries = manifest::read(source).unwrap_or_else(|wrong| {
            found.push(wrong);
            vec![]
        });
        for Entry { text, .. } in entries {
            let mut documents = Documents::default();
            let operations = documents.add(&text, &mut found);
            each.extend(operations.iter().map(|operation| (Arc::clone(&text), documents.document(operation))));
        }
    }
    // A manifest mostly has what the files have.
    let mut known = HashSet::new();
    each.retain(|(_, document)| known.insert(document.to_string()));
    (each, found)
}

struct Compiling<'a> {
    client: &'a ClientSchema,
    max_depth: u32,
    saved: SavedOperations,
    /// Where the route of each operation is written.
    routes: Vec<Option<Span>>,
    found: Vec<Diagnostic>,
}

impl Compiling<'_> {
    fn documents(&mut self, sources: &[Arc<Source>]) {
        let mut documents = Documents::default();
        // An operation may spread fragments of files that come after it.
        let read: Vec<_> = sources.iter().map(|source| (source, documents.add(source, &mut self.found))).collect();
        let mut names = HashMap::new();
        for (source, operations) in &read {
            for operation in operations {
                let Some(name) = &operation.name else {
                    let help = "write `query Name { … }`: clients, logs and counts know it by its name";
                    let found = documents.invalid(operation.location(), "a saved operation needs a name");
                    self.found.push(found.help(help));
                    continue;
                };
                if let Some(other) = names.insert(name.clone(), name.location()) {
                    let found = documents.invalid(name.location(), format!("two operations are named `{name}`"));
                    let found = found.at(documents.at(other), "the other");
                    self.found.push(found.help("give one of them another name"));
                    continue;
                }
                let Some(at) = self.operation(&documents, operation) else { continue };
                // A file with one operation is what clients may send as it is.
                if operations.len() == 1 {
                    self.known_by_text(at, &source.text);
                }
            }
        }
    }

    /// An entry of a manifest is a document of its own.
    fn entry(&mut self, Entry { id, text }: &Entry) {
        let mut documents = Documents::default();
        let before = self.found.len();
        let operations = documents.add(text, &mut self.found);
        if self.found.len() > before {
            return;
        }
        let [operation] = &operations[..] else {
            let message = format!("an entry of a manifest is one operation, and this one has {}", operations.len());
            self.invalid(text, message);
            return;
        };
        let Some(at) = self.operation(&documents, operation) else { return };
        self.known_by_text(at, &text.text);
        if let Some(other) = self.saved.by_id.insert(id.as_str().into(), at)
            && other != at
        {
            self.invalid(text, format!("the id \"{id}\" is given to two operations"));
        }
    }

    /// Takes an operation in, or finds that it is known already: a manifest mostly has what the files have.
    fn operation(&mut self, documents: &Documents, operation: &Node<OperationDefinition>) -> Option<usize> {
        let ast = documents.document(operation);
        let text = ast.to_string();
        if let Some(at) = self.saved.by_text.get(text.as_str()) {
            return Some(*at);
        }
        let document = match ast.to_executable_validate(&self.client.schema) {
            Ok(document) => document,
            Err(failed) => {
                let mut found = vec![];
                documents.tell(&failed.errors, &mut found);
                self.found.extend(mend(&self.client.schema, found));
                return None;
            }
        };
        // There is one, whatever its name.
        let executable = document.operations.iter().next()?.clone();
        let document = Document { operation: executable, document };
        let bound = match self.bound(&document) {
            Ok(bound) => bound,
            Err((message, help)) => {
                let place = operation.name.as_ref().map_or(operation.location(), |name| name.location());
                self.found.push(documents.invalid(place, message).help(help));
                return None;
            }
        };
        let (max_age, is_personal) = (max_age(self.client, &document), is_personal(&bound));
        let route = route::read(documents, operation, &document, &self.client.schema, &mut self.found);
        let written = operation.directives.get(REST).and_then(|rest| documents.at(rest.location()));
        if let Some(route) = &route {
            self.conflicts(route, written.as_ref());
        }
        self.routes.push(written);
        let (at, hash) = (self.saved.operations.len(), sha256(&text));
        self.saved.by_text.insert(text.as_str().into(), at);
        self.saved.by_id.insert(hash.as_str().into(), at);
        let name = operation.name.as_ref().map(|name| name.as_str().into());
        let saved =
            SavedOperation { name, text: text.into(), hash: hash.into(), document, route, max_age, is_personal };
        self.saved.operations.push(Arc::new(saved));
        Some(at)
    }

    /// A route that answers what another one, or GraphQL, answers too.
    fn conflicts(&mut self, route: &Route, written: Option<&Span>) {
        const CODE: &str = "REST_ROUTE_CONFLICT";
        let told = |message: String| Diagnostic::error(CODE, message).at(written.cloned(), "");
        if let [Segment::Literal(name)] = &route.path[..]
            && **name == *"graphql"
        {
            let help = "the client's GraphQL is served there: choose another path";
            self.found.push(told(format!("`{route}` has the path of GraphQL")).help(help));
        }
        let all = self.saved.operations.iter().zip(&self.routes);
        let mut others = all.filter_map(|(other, written)| Some((other.route.as_ref()?, other, written)));
        let same = others.find(|(other, ..)| other.method == route.method && is_same(&other.path, &route.path));
        if let Some((other, operation, other_written)) = same {
            let name = operation.name.as_deref().unwrap_or("another operation");
            let found = told(format!("`{route}` answers the same requests as `{other}` of {name}"));
            let found = found.at(other_written.clone(), "the other");
            self.found.push(found.help("give one of them another path or method"));
        }
    }

    /// The operation on the supergraph, or what a request would be told, whatever its variables.
    fn bound(&self, document: &Document) -> Result<BoundOperation, (String, &'static str)> {
        let (depth, max) = (operation::depth(document), self.max_depth);
        if usize::try_from(max).is_ok_and(|max| depth > max) {
            let message = format!("the operation nests {depth} fields in one another, and this client may nest {max}");
            let help = "split it, or raise `limits.depth` in client.yaml as far as the tier allows";
            return Err((message, help));
        }
        let document = Document { document: document.document.clone(), operation: document.operation.clone() };
        operation::bind(self.client, document).map_err(|error| (error.message, "make the operation simpler"))
    }

    /// A text as it is in a file, and as an editor's last line break may have changed it.
    fn known_by_text(&mut self, at: usize, text: &str) {
        for text in [text, text.trim()] {
            self.saved.by_text.insert(text.into(), at);
            self.saved.by_id.insert(sha256(text).into(), at);
        }
    }

    fn invalid(&mut self, text: &Arc<Source>, message: String) {
        self.found.push(Diagnostic::error(OPERATION_INVALID, message).at(Span::new(text, 0..0), ""));
    }
}

/// The least of what the root fields say; none of them may say nothing.
fn max_age(client: &ClientSchema, document: &Document) -> Option<u32> {
    let ages = client.map()?.max_ages.get(document.operation.object_type())?;
    let fields = document.operation.selection_set.root_fields(&document.document);
    let fields = fields.filter(|field| field.name != "__typename");
    let ages = fields.map(|field| ages.get(&field.name).copied()).collect::<Option<Vec<_>>>()?;
    ages.into_iter().min()
}

/// Whether what is planned, or what is asked of backends, hangs on a credential.
fn is_personal(bound: &BoundOperation) -> bool {
    bound.conditions.iter().any(Premise::is_need)
        || bound.variables.iter().any(|variable| matches!(variable.origin, VariableOrigin::Claim(_)))
}

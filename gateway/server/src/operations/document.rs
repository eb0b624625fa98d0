//! Owns the way from files with operations to documents with one operation each, as clients send them: with the fragments that it
//! spreads, and without weft's directives.
//!
//! Fragments are shared between a client's files, as code generators have it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use apollo_compiler::ast::{Definition, Document, FragmentDefinition, OperationDefinition, Selection};
use apollo_compiler::diagnostic::ToCliReport as _;
use apollo_compiler::parser::{FileId, Parser, SourceMap, SourceSpan};
use apollo_compiler::validation::DiagnosticList;
use apollo_compiler::{Name, Node};
use weft_federation::diagnostics::{Diagnostic, Source, Span};

use super::OPERATION_INVALID;

/// A file beyond this is no operation that anybody wrote.
const MAX_TOKENS: usize = 100_000;

/// Weft's directives on operations and variables.
pub const REST: &str = "rest";
pub const PARAM: &str = "param";

/// Files that have been parsed together.
#[derive(Default)]
pub struct Documents {
    files: HashMap<FileId, Arc<Source>>,
    sources: SourceMap,
    fragments: HashMap<Name, Node<FragmentDefinition>>,
}

impl Documents {
    /// Takes in a file, and gives its operations as they were written. What is wrong with it is told.
    pub fn add(&mut self, source: &Arc<Source>, found: &mut Vec<Diagnostic>) -> Vec<Node<OperationDefinition>> {
        let mut operations = vec![];
        let mut parser = Parser::new().token_limit(MAX_TOKENS);
        let (document, errors) = match parser.parse_ast(source.text.as_str(), &source.path) {
            Ok(document) => (document, None),
            Err(failed) => (failed.partial, Some(failed.errors)),
        };
        self.files.extend(document.sources.keys().map(|file| (*file, Arc::clone(source))));
        if let Some(errors) = errors {
            self.tell(&errors, found);
            return operations;
        }
        Arc::make_mut(&mut self.sources).extend(document.sources.iter().map(|(id, file)| (*id, Arc::clone(file))));
        for definition in document.definitions {
            match definition {
                Definition::OperationDefinition(operation) => operations.push(operation),
                Definition::FragmentDefinition(fragment) => {
                    if let Some(other) = self.fragments.insert(fragment.name.clone(), fragment.clone()) {
                        let message = format!("the fragment `{}` is defined twice", other.name);
                        let help = "fragments are shared between all files of a client: give them different names";
                        found.push(
                            self.invalid(fragment.location(), message)
                                .at(self.at(other.location()), "here too")
                                .help(help),
                        );
                    }
                }
                other => {
                    let message = "this is no operation and no fragment";
                    let help = "what clients see is written in schema.graphql";
                    found.push(self.invalid(other.location(), message).help(help));
                }
            }
        }
        operations
    }

    /// The document that clients send for an operation.
    pub fn document(&self, operation: &Node<OperationDefinition>) -> Document {
        let mut operation = operation.clone();
        strip(&mut operation);
        let (mut reached, mut fragments) = (HashSet::new(), vec![]);
        let mut pending: Vec<&Selection> = operation.selection_set.iter().collect();
        while let Some(selection) = pending.pop() {
            match selection {
                Selection::Field(field) => pending.extend(&field.selection_set),
                Selection::InlineFragment(fragment) => pending.extend(&fragment.selection_set),
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.fragments.get(&spread.fragment_name)
                        && reached.insert(&fragment.name)
                    {
                        fragments.push(fragment.clone());
                        pending.extend(&fragment.selection_set);
                    }
                }
            }
        }
        fragments.sort_by(|one, other| one.name.cmp(&other.name));
        let fragments = fragments.into_iter().map(Definition::FragmentDefinition).collect::<Vec<_>>();
        let mut definitions = vec![Definition::OperationDefinition(operation.clone())];
        definitions.extend(fragments);
        Document { sources: Arc::clone(&self.sources), definitions }
    }

    pub fn tell(&self, errors: &DiagnosticList, found: &mut Vec<Diagnostic>) {
        for error in errors.iter() {
            found.push(self.invalid(error.error.location(), error.error.to_string()));
        }
    }

    pub fn invalid(&self, location: Option<SourceSpan>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(OPERATION_INVALID, message).at(self.at(location), "")
    }

    pub fn at(&self, location: Option<SourceSpan>) -> Option<Span> {
        let location = location?;
        let source = self.files.get(&location.file_id())?;
        Some(Span::new(source, location.offset()..location.end_offset()))
    }
}

fn strip(operation: &mut Node<OperationDefinition>) {
    let operation = operation.make_mut();
    operation.directives.0.retain(|directive| directive.name != REST);
    for variable in operation.variables.iter_mut().filter(|variable| variable.directives.has(PARAM)) {
        variable.make_mut().directives.0.retain(|directive| directive.name != PARAM);
    }
}

/// A text as all texts are written that differ from it only in what GraphQL ignores, in the order of definitions, and in weft's
/// directives. `None` for what is no document of operations and fragments.
pub fn canonical(text: &str, max_tokens: usize) -> Option<String> {
    let mut document = Parser::new().token_limit(max_tokens).parse_ast(text, "operation").ok()?;
    for definition in &mut document.definitions {
        match definition {
            Definition::OperationDefinition(operation) => strip(operation),
            Definition::FragmentDefinition(_) => {}
            _ => return None,
        }
    }
    document.definitions.sort_by(|one, other| {
        let key = |definition: &Definition| (definition.as_fragment_definition().is_some(), definition.name().cloned());
        key(one).cmp(&key(other))
    });
    Some(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_graphql_ignores_makes_no_difference() {
        let text = "query A($id: ID!) { a(id: $id) { ...F ...G } }\nfragment G on A { c }\nfragment F on A { b }";
        let same = [
            "query A($id:ID!){a(id:$id){...F...G}} fragment F on A{b} fragment G on A{c}",
            "# a comment\nfragment G on A { c },\nquery A($id: ID!,) { a(id: $id) { ...F, ...G } } fragment F on A { b }",
            "query A($id: ID! @param(in: PATH)) @rest(path: \"/a/{id}\") { a(id: $id) { ...F ...G } }
             fragment G on A { c } fragment F on A { b }",
        ];
        for other in same {
            assert_eq!(canonical(other, 1000), canonical(text, 1000), "{other}");
        }
        let others = [
            "query B($id: ID!) { a(id: $id) { ...F ...G } } fragment G on A { c } fragment F on A { b }",
            "query A($id: ID!) { a(id: $id) { ...G ...F } } fragment G on A { c } fragment F on A { b }",
            "query A($id: ID!) { x: a(id: $id) { ...F ...G } } fragment G on A { c } fragment F on A { b }",
            "query A($id: ID!) @skip(if: true) { a(id: $id) { ...F ...G } } fragment G on A { c } fragment F on A { b }",
        ];
        for other in others {
            assert_ne!(canonical(other, 1000), canonical(text, 1000), "{other}");
        }
        assert_eq!(canonical("type A { a: Int }", 1000), None);
        assert_eq!(canonical("{ a ", 1000), None);
        assert_eq!(canonical(text, 10), None);
    }
}

//! Owns saved operations: a client's own, in files beside its schema, that must work as long as the schema is theirs.

use std::sync::Arc;

use apollo_compiler::ast::{self, Definition};
use apollo_compiler::diagnostic::ToCliReport as _;
use apollo_compiler::executable::Operation;
use apollo_compiler::validation::{DiagnosticData, DiagnosticList, Valid};
use apollo_compiler::{ExecutableDocument, Name, Node, Schema};

use super::Usage;
use crate::diagnostics::{Diagnostic, Source, Span};
use crate::operation::{Document, bind, depth};
use crate::suggest::closest;
use crate::view::{ClientSchema, fields_of};

const CODE: &str = "OPERATION_INVALID";

/// A file with a client's operations, as it is written.
#[derive(Debug)]
pub struct SavedOperation {
    source: Arc<Source>,
    document: ast::Document,
}

impl SavedOperation {
    /// Reads a file. What is said of it is about the text alone, whatever the schema.
    pub fn read(source: &Arc<Source>) -> Result<Self, Vec<Diagnostic>> {
        let mut document = ast::Document::parse(source.text.as_str(), &source.path)
            .map_err(|failed| located(source, &failed.errors, |_| "correct the operation".to_owned()))?;
        if !document.definitions.iter().any(|definition| matches!(definition, Definition::OperationDefinition(_))) {
            let help = "write a query, mutation or subscription, or move the file elsewhere";
            let message = format!("{} has no operation", source.path);
            return Err(vec![Diagnostic::error(CODE, message).at(Span::new(source, 0..0), "").help(help)]);
        }
        take_out_facade(&mut document);
        Ok(Self { source: Arc::clone(source), document })
    }

    /// The names of its operations; of one without a name that of its file.
    pub fn names(&self) -> Vec<String> {
        let file = || {
            let name = self.source.path.rsplit(['/', '\\']).next().unwrap_or_default();
            name.strip_suffix(".graphql").unwrap_or(name).to_owned()
        };
        let name = |name: &Option<Name>| name.as_ref().map_or_else(file, Name::to_string);
        let operations = self.document.definitions.iter().filter_map(Definition::as_operation_definition);
        operations.map(|operation| name(&operation.name)).collect()
    }

    /// What it uses of a schema, if it is valid there.
    pub fn usage(&self, schema: &Valid<Schema>) -> Option<Usage> {
        let document = self.document.to_executable_validate(schema).ok()?;
        Some(Usage::of(schema, &document))
    }

    /// All that is wrong with it for a client, whose operations can be nested as deep as `max_depth` says.
    pub fn check(&self, client: &ClientSchema, max_depth: Option<u32>) -> Vec<Diagnostic> {
        let document = match self.document.to_executable_validate(&client.schema) {
            Ok(document) => document,
            Err(failed) => return located(&self.source, &failed.errors, |message| mend(&client.schema, message)),
        };
        document.operations.iter().filter_map(|operation| self.wrong(client, &document, operation, max_depth)).collect()
    }

    /// What is wrong with a valid operation.
    fn wrong(
        &self,
        client: &ClientSchema,
        document: &Valid<ExecutableDocument>,
        operation: &Node<Operation>,
        max_depth: Option<u32>,
    ) -> Option<Diagnostic> {
        let name = operation.name.as_ref().and_then(Name::location).or_else(|| operation.location());
        let at = name.map(|at| Span::new(&self.source, at.offset()..at.end_offset()));
        let document = Document { document: document.clone(), operation: operation.clone() };
        let nested = depth(&document);
        if let Some(max) = max_depth.filter(|max| nested > usize::try_from(*max).unwrap_or(usize::MAX)) {
            let message = format!("the operation nests {nested} fields in one another, and this client may nest {max}");
            let help = "split it, or raise `limits.depth` in client.yaml as far as the tier allows";
            return Some(Diagnostic::error(CODE, message).at(at, "").help(help));
        }
        let error = bind(client, document).err()?;
        Some(Diagnostic::error(CODE, error.message).at(at, "").help("make the operation simpler"))
    }
}

/// `@rest` and `@param` are of the REST facade, and no schema has them.
fn take_out_facade(document: &mut ast::Document) {
    for definition in &mut document.definitions {
        let Definition::OperationDefinition(operation) = definition else { continue };
        let operation = operation.make_mut();
        operation.directives.0.retain(|directive| directive.name != "rest");
        for variable in &mut operation.variables {
            variable.make_mut().directives.0.retain(|directive| directive.name != "param");
        }
    }
}

/// What to do about what validation says.
fn mend(schema: &Schema, message: &str) -> String {
    // Which type and field it is about, validation tells by its message alone.
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let near = match (message.contains(" does not have a field "), names.as_slice()) {
        (true, [ty, field]) => {
            let fields = schema.types.get(*ty).and_then(fields_of);
            closest(field, fields.into_iter().flat_map(|fields| fields.keys().map(Name::as_str)))
        }
        (true | false, _) => None,
    };
    near.map_or_else(|| "write it for the schema as it is now".to_owned(), |near| format!("did you mean `{near}`?"))
}

fn located(source: &Arc<Source>, errors: &DiagnosticList, help: impl Fn(&str) -> String) -> Vec<Diagnostic> {
    let one = |error: apollo_compiler::diagnostic::Diagnostic<'_, DiagnosticData>| {
        // What an error points to in the schema is no place in this file.
        let at = error.error.location().filter(|at| at.end_offset() <= source.text.len());
        let at = at.map(|at| Span::new(source, at.offset()..at.end_offset()));
        let message = error.error.to_string();
        let help = help(&message);
        Diagnostic::error(CODE, message).at(at, "").help(help)
    };
    let mut found: Vec<Diagnostic> = errors.iter().map(one).collect();
    // Where no field of a selection set is known, validation says too that there is none.
    let places: Vec<Span> = found.iter().flat_map(|found| &found.labels).map(|label| label.span.clone()).collect();
    found.retain(|found| {
        let is_around = |span: &Span| places.iter().any(|place| place != span && span.contains(place));
        !found.message.ends_with("must have a subselection set")
            || !found.labels.iter().any(|label| is_around(&label.span))
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::{NoConnectors, compose, prove};
    use crate::schema::Supergraph;
    use crate::schema::subgraph::SubgraphInput;

    const SCHEMA: &str = "type Query { order(id: ID!): Order } type Order { id: ID! status: String user: User }
        type User { name: String orders: [Order] }";

    fn client() -> ClientSchema {
        let source = Source::new("a.graphql", SCHEMA);
        let input = SubgraphInput { name: "a".into(), url: "http://a".into(), source };
        let composed = compose(vec![input], &mut NoConnectors).supergraph.expect("one subgraph composes");
        let supergraph = Supergraph::load(&Source::new("supergraph.graphql", composed)).expect("weft's own supergraph");
        ClientSchema::identity(&prove(supergraph).0)
    }

    fn told(client: &ClientSchema, text: &str) -> Vec<Diagnostic> {
        match SavedOperation::read(&Source::new("operations/A.graphql", text)) {
            Ok(operation) => operation.check(client, Some(3)),
            Err(found) => found,
        }
    }

    #[test]
    fn operations_are_valid_or_told_in_place_with_a_mend() {
        let cases: [(&str, &[&str]); 10] = [
            ("query A($id: ID!) @rest(path: \"/a/{id}\") { order(id: $id) { id } }", &[]),
            ("query A($id: ID! @param(in: PATH)) { order(id: $id) { id } }", &[]),
            ("query A { order(id: 1) { ...F } } fragment F on Order { id } query B { order(id: 2) { id } }", &[]),
            (
                "query A { order(id: 1) { statuss } }",
                &["1:26: type `Order` does not have a field `statuss` (did you mean `status`?)"],
            ),
            (
                "query A { order(id: 1) { x } } query B { order(id: 1) { y } }",
                &[
                    "1:26: type `Order` does not have a field `x` (write it for the schema as it is now)",
                    "1:57: type `Order` does not have a field `y` (write it for the schema as it is now)",
                ],
            ),
            (
                "query A @other { order(id: 1) { id } }",
                &["1:9: cannot find directive `@other` in this document (write it for the schema as it is now)"],
            ),
            (
                "query A { order { id } }",
                &[
                    "1:11: the required argument `Query.order(id:)` is not provided (write it for the schema as it is now)",
                ],
            ),
            (
                "query A { order(id: 1) { user { orders { id } } } }",
                &[
                    "1:7: the operation nests 4 fields in one another, and this client may nest 3 (split it, or raise `limits.depth` in client.yaml as far as the tier allows)",
                ],
            ),
            (
                "query A {",
                &[
                    "1:10: syntax error: expected at least one Selection in Selection Set (correct the operation)",
                    "1:10: syntax error: expected R_CURLY, got EOF (correct the operation)",
                ],
            ),
            (
                "fragment F on Order { id }",
                &[
                    "1:1: operations/A.graphql has no operation (write a query, mutation or subscription, or move the file elsewhere)",
                ],
            ),
        ];
        let client = client();
        for (text, expected) in cases {
            let line = |found: &Diagnostic| {
                let (line, column) =
                    found.labels.first().map_or((0, 0), |at| at.span.source.line_column(at.span.start));
                assert_eq!(found.code, "OPERATION_INVALID", "{text}");
                format!("{line}:{column}: {} ({})", found.message, found.help.as_deref().unwrap_or_default())
            };
            let found: Vec<String> = told(&client, text).iter().map(line).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_drawn() {
        let found = told(&client(), "query A {\n  order(id: 1) { statuss }\n}\n");
        let drawn: String = found.iter().map(|found| found.draw(false)).collect();
        let lines: Vec<&str> = drawn.lines().map(str::trim_end).collect();
        let expected = [
            "[OPERATION_INVALID] Error: type `Order` does not have a field `statuss`",
            "   ╭─[ operations/A.graphql:2:18 ]",
            "   │",
            " 2 │   order(id: 1) { statuss }",
            "   │                  ───┬───",
            "   │                     ╰─────",
            "   │",
            "   │ Help: did you mean `status`?",
            "───╯",
        ];
        assert_eq!(lines, expected);
    }
}

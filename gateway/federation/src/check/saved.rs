//! Owns saved operations: a client's own, in files beside its schema, that must work as long as the schema is theirs. Who reads
//! them says whether they do.

use std::sync::Arc;

use apollo_compiler::ast::{self, Definition};
use apollo_compiler::validation::Valid;
use apollo_compiler::{Name, Schema};

use super::Usage;
use crate::diagnostics::Source;

/// A document with a client's operations, as it is written but for weft's directives.
#[derive(Debug)]
pub struct SavedOperation {
    source: Arc<Source>,
    document: ast::Document,
}

impl SavedOperation {
    /// A document with operations, and the file that they are in.
    pub fn new(source: &Arc<Source>, document: ast::Document) -> Self {
        Self { source: Arc::clone(source), document }
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
}

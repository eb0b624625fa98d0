//! Owns the states of a supergraph: merged, then proved satisfiable.

use std::marker::PhantomData;
use std::sync::Arc;

use apollo_compiler::Schema;
use apollo_compiler::validation::Valid;

use super::api::api_schema;
use super::join;
use super::model::Model;
use crate::connect::Connectors;
use crate::diagnostics::{Diagnostic, Source};

/// Read and interned, but nothing says yet that every field can be reached.
#[derive(Debug)]
pub enum Merged {}

/// Looked through for fields that no plan could reach; what was found is known.
#[derive(Debug)]
pub enum Satisfiable {}

/// A supergraph in one of its states.
#[derive(Debug)]
pub struct Supergraph<State> {
    pub model: Arc<Model>,
    /// What clients of the whole supergraph see.
    pub api: Valid<Schema>,
    pub connectors: Arc<Connectors>,
    state: PhantomData<State>,
}

impl Supergraph<Merged> {
    /// Reads a supergraph file, of weft or of another composer (join v0.1 to v0.5).
    pub fn load(source: &Arc<Source>) -> Result<Self, Vec<Diagnostic>> {
        let parsed = join::read(source)?;
        let api = api_schema(&parsed.document).map_err(|message| {
            vec![
                Diagnostic::error("INVALID_SUPERGRAPH", message)
                    .help("the supergraph without its join directives is not a valid schema; compose it again"),
            ]
        })?;
        Ok(Self { model: Arc::new(parsed.model), api, connectors: Arc::new(parsed.connectors), state: PhantomData })
    }

    /// States that the supergraph was proved, or that what cannot be resolved in it was reported.
    pub(crate) fn proved(self) -> Supergraph<Satisfiable> {
        Supergraph { model: self.model, api: self.api, connectors: self.connectors, state: PhantomData }
    }
}

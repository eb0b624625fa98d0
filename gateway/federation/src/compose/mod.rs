//! Owns composition: subgraphs in, a supergraph's SDL out, with everything there is to say about them.
//!
//! The phases are folders or files of their own: [`ingest`] parses, [`federation_one`] upgrades old subgraphs, `validate`
//! looks at each subgraph alone, `merge` puts them together kind by kind, `render` prints. A phase returns all its findings;
//! the next one starts only where there is no error. Whether every query can be resolved is not decided here but on the planner's graph.

mod definitions;
mod federation_one;
mod ingest;
mod links;
mod merge;
mod merged;
mod names;
mod normalize;
mod redefinition;
mod render;
mod satisfiability;
mod split;
mod validate;
mod values;

pub use definitions::Definitions;
pub use satisfiability::{prove, prove_composed};
pub use split::{SplitSubgraph, split};

use apollo_compiler::Name;

use crate::diagnostics::Diagnostic;
use crate::schema::subgraph::{Federation, Parsed, Subgraph, SubgraphInput, Validated};

/// What composition makes of a set of subgraphs.
#[derive(Debug, Clone)]
pub struct Composition {
    /// The supergraph's SDL; absent if there is an error among the diagnostics.
    pub supergraph: Option<String>,
    /// In a stable order: by phase, and in it by subgraph and place, or by name.
    pub diagnostics: Vec<Diagnostic>,
    /// Where the supergraph's parts were defined; empty if there is none.
    pub definitions: Definitions,
}

impl Composition {
    fn failed(diagnostics: Vec<Diagnostic>) -> Self {
        Self { supergraph: None, diagnostics, definitions: Definitions::default() }
    }
}

/// A value to put into an argument of one of a subgraph's `@source` directives, such as a descriptor set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRewrite {
    /// The `name` of the `@source`.
    pub source: String,
    /// The argument with the input object, such as `grpc`.
    pub argument: &'static str,
    /// The input field to set, such as `descriptors`, and the string to set it to.
    pub field: &'static str,
    pub value: String,
}

/// A key that a type has because of its connectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImpliedKey {
    pub type_name: Name,
    /// A field set, such as `id organization { id }`.
    pub fields: String,
}

/// What the module of connectors contributes to composition. The methods are called once per subgraph that links a
/// connector specification, in the order of the subgraphs' names.
pub trait ConnectorHooks {
    /// Keys that connectors imply; called before validation.
    fn implied_keys(&mut self, subgraph: &Subgraph<Parsed>) -> Vec<ImpliedKey>;

    /// Validates the connectors, and says what to add to their sources; called after validation.
    fn check(&mut self, subgraph: &Subgraph<Validated>) -> (Vec<SourceRewrite>, Vec<Diagnostic>);
}

/// Hooks that do nothing: connectors are carried as written.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoConnectors;

impl ConnectorHooks for NoConnectors {
    fn implied_keys(&mut self, _: &Subgraph<Parsed>) -> Vec<ImpliedKey> {
        Vec::new()
    }

    fn check(&mut self, _: &Subgraph<Validated>) -> (Vec<SourceRewrite>, Vec<Diagnostic>) {
        (Vec::new(), Vec::new())
    }
}

/// Composes subgraphs into a supergraph. The order of `inputs` does not matter, to the byte.
pub fn compose(mut inputs: Vec<SubgraphInput>, connectors: &mut dyn ConnectorHooks) -> Composition {
    inputs.sort_by(|a, b| a.name.cmp(&b.name));
    let mut diagnostics = names::check(&inputs);
    let mut parsed = ingest::ingest_all(inputs, &mut diagnostics);
    let all_parsed = !has_errors(&diagnostics);
    for subgraph in parsed.iter_mut().filter(|subgraph| subgraph.has_connectors()) {
        for key in connectors.implied_keys(subgraph) {
            subgraph.add_key(&key.type_name, &key.fields);
        }
    }
    if all_parsed {
        diagnostics.extend(federation_one::upgrade(&mut parsed));
    } else {
        // What Federation 1 leaves out is in the other subgraphs, and one of them could not be read.
        parsed.retain(|subgraph| subgraph.federation != Federation::One);
    }
    let mut subgraphs: Vec<_> =
        parsed.into_iter().map(|subgraph| validate::validate(subgraph, &mut diagnostics)).collect();
    for subgraph in subgraphs.iter_mut().filter(|subgraph| subgraph.has_connectors()) {
        let (rewrites, found) = connectors.check(subgraph);
        diagnostics.extend(found);
        subgraph.rewrite_sources(&rewrites);
    }
    if has_errors(&diagnostics) {
        return Composition::failed(diagnostics);
    }
    let merged = merge::merge(&subgraphs, &mut diagnostics);
    if has_errors(&diagnostics) {
        return Composition::failed(diagnostics);
    }
    diagnostics.extend(validate::merged(&merged));
    if has_errors(&diagnostics) {
        return Composition::failed(diagnostics);
    }
    let supergraph = Some(render::render(&merged));
    drop(merged);
    Composition { supergraph, diagnostics, definitions: Definitions::of(subgraphs) }
}

fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(Diagnostic::is_error)
}

//! (in progress)
use std::sync::Arc;
#[derive(Debug, Default)]
pub struct Connectors {}
impl Connectors {
    pub fn serve(&self, _subgraph: crate::schema::SubgraphId) -> bool {
        false
    }
    pub fn coordinate(&self, _: ConnectorId) -> String {
        String::new()
    }
}
pub fn read_supergraph(
    _schema: &apollo_compiler::Schema,
    _model: &crate::schema::Model,
    _source: &Arc<crate::diagnostics::Source>,
) -> (Connectors, Vec<crate::diagnostics::Diagnostic>) {
    (Connectors::default(), vec![])
}
crate::schema::ids! {
    /// A connector of the supergraph.
    ConnectorId,
}

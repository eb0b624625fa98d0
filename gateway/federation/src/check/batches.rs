//! Owns warning of batches that nothing bounds and that are sent in a URL, which services take only so much of.

use crate::compose::Definitions;
use crate::connect::Coordinate;
use crate::diagnostics::Diagnostic;
use crate::schema::{Satisfiable, Supergraph};

const CODE: &str = "BATCH_WITHOUT_MAX_SIZE";

pub(super) fn check(supergraph: &Supergraph<Satisfiable>, definitions: &Definitions) -> Vec<Diagnostic> {
    let mut found = vec![];
    for connector in &supergraph.connectors.connectors {
        let is_bounded = connector.batch.as_ref().is_some_and(|batch| batch.max_size.is_some());
        if is_bounded || !connector.sends_batch_in_url() {
            continue;
        }
        let (Coordinate { type_name, field }, subgraph) = (&connector.coordinate, &connector.subgraph);
        let place = match field {
            Some(field) => definitions.field(subgraph, type_name, field),
            None => definitions.ty(subgraph, type_name),
        };
        let coordinate = &connector.coordinate;
        let message = format!(
            "the connector of `{coordinate}` puts all keys of a batch into one URL, and nothing says how many: services refuse \
             one that is too long"
        );
        found.push(
            Diagnostic::warning(CODE, message)
                .in_subgraph(subgraph)
                .at(place, "this connector has no `maxSize`")
                .help("say how many at most: `batch: { maxSize: 50 }`"),
        );
    }
    found
}

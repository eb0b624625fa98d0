//! Owns telling people what in a supergraph cannot be reached. The proof itself is the planner's.

use crate::diagnostics::Diagnostic;
use crate::plan;
use crate::schema::{Merged, Satisfiable, Supergraph};

const CODE: &str = "SATISFIABILITY_ERROR";

/// Proves a supergraph. What cannot be resolved is told; the rest of the supergraph can be served all the same.
pub fn prove(supergraph: Supergraph<Merged>) -> (Supergraph<Satisfiable>, Vec<Diagnostic>) {
    let model = &supergraph.model;
    let (unreachable, is_complete) = plan::unreachable(&supergraph);
    let mut found = vec![];
    for lack in unreachable {
        let coordinate = model.coordinate(lack.field);
        let mut path: Vec<&str> = lack.path.iter().map(|field| model.name(model.field(*field).name).as_str()).collect();
        path.push(model.name(model.field(lack.field).name));
        let mut message = format!("{coordinate} cannot be resolved on the path {{ {} }}", path.join(" { "));
        message.push_str(&" }".repeat(path.len()));
        for (subgraph, reason) in &lack.reasons {
            message.push_str(&format!("\n  - {}: {reason}", model.subgraph(*subgraph).name));
        }
        let parent = model.type_name(model.field(lack.field).parent);
        found.push(Diagnostic::error(CODE, message).help(format!(
            "give {parent} a key in one of these subgraphs that the subgraphs on the path can supply, or move the field"
        )));
    }
    if !is_complete {
        found.push(Diagnostic::warning(CODE, "the supergraph is too large to prove that every field can be reached"));
    }
    (supergraph.proved(), found)
}

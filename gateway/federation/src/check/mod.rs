//! Owns what is worth saying of schemas that compose: advice, never a refusal.

mod arguments;
mod each;
#[cfg(test)]
mod tests;

use crate::connect::Composing;
use crate::diagnostics::Diagnostic;

/// Advice on the connectors of the subgraphs that were composed, by subgraph and place.
pub fn connectors(composing: &Composing<'_>) -> Vec<Diagnostic> {
    let subgraphs = composing.subgraphs();
    let mut found = vec![];
    for subgraph in &subgraphs {
        found.extend(each::check(subgraph));
        found.extend(arguments::check(subgraph));
    }
    found
}

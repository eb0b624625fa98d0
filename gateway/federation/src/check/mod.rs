//! Owns what `weft check` says of a supergraph that works: what in it will be slow, or does nothing.
//!
//! What is wrong with it, composition says; these are warnings. A check is a file. A supergraph that was loaded and not
//! composed has no [`Definitions`], and the warnings then have no places.

mod arguments;
mod n_plus_one;
#[cfg(test)]
mod tests;

use crate::compose::Definitions;
use crate::diagnostics::Diagnostic;
use crate::schema::{Satisfiable, Supergraph};

/// Looks through a supergraph. The warnings are in the order of the checks, and in each of the supergraph.
pub fn check(supergraph: &Supergraph<Satisfiable>, definitions: &Definitions) -> Vec<Diagnostic> {
    let mut found = n_plus_one::check(supergraph, definitions);
    found.extend(arguments::check(supergraph, definitions));
    found
}

//! Owns what `weft check` says: what in a supergraph that works will be slow or does nothing, and whom a change of a
//! schema breaks.
//!
//! What is wrong with a supergraph, composition says, and with a client's schema, [`crate::view::build`]; [`check`] and
//! [`check_views`] have warnings. A check is a file. A supergraph that was loaded and not
//! composed has no [`Definitions`], and the warnings then have no places.

mod arguments;
mod batches;
mod coordinate;
pub mod diff;
mod leaning;
mod lock;
mod n_plus_one;
mod place;
mod promise;
mod saved;
mod supergraph;
#[cfg(test)]
mod tests;
mod usage;

use std::sync::Arc;

use crate::compose::Definitions;
use crate::diagnostics::{Diagnostic, Source};
use crate::schema::{Satisfiable, Supergraph};
use crate::view::ClientSchema;

pub use coordinate::Coordinate;
pub use lock::{Facts, Lock, Policy, Unseen};
pub use promise::{Promise, Users};
pub use saved::SavedOperation;
pub use supergraph::{ChangedClient, changes};
pub use usage::Usage;

/// Looks through the schemas of clients, in their order: of each the schema, and the files that it was read from.
pub fn check_views(
    supergraph: &Supergraph<Satisfiable>,
    clients: &[(&ClientSchema, &[Arc<Source>])],
) -> Vec<Diagnostic> {
    n_plus_one::check_views(supergraph, clients)
}

/// Looks through a supergraph. The warnings are in the order of the checks, and in each of the supergraph.
pub fn check(supergraph: &Supergraph<Satisfiable>, definitions: &Definitions) -> Vec<Diagnostic> {
    let mut found = n_plus_one::check(supergraph, definitions);
    found.extend(arguments::check(supergraph, definitions));
    found.extend(batches::check(supergraph, definitions));
    found
}

//! Owns `all: true`: it brings the fields of the supergraph's type, and the types that they lead to.

use apollo_compiler::Schema;

use super::build::ViewInput;
use super::context::Api;
use super::directives::From;
use super::read::Places;
use super::types::own;
use crate::diagnostics::Diagnostic;

pub(super) fn expand(
    schema: &mut Schema,
    places: &mut Places,
    _api: Api<'_>,
    input: &ViewInput,
    found: &mut Vec<Diagnostic>,
) {
    for (name, ty) in own(schema) {
        let from = From::of(ty.directives().get("from").map(|directive| &directive.node));
        if from.all && !input.wildcard {
            let message = format!("`{name}` takes all that the supergraph has, and `{}` may not", input.client);
            let help = "list the fields that clients need; `all: true` is for clients with `exposure: internal`";
            let at = from.directive.and_then(|directive| places.of(directive));
            found.push(Diagnostic::error("WILDCARD_NOT_ALLOWED", message).at(at, "").help(help));
        }
    }
}

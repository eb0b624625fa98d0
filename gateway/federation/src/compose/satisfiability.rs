//! Owns telling people what in a supergraph cannot be reached. The proof itself is the planner's.

use std::fmt::Write as _;

use super::definitions::Definitions;
use crate::connect::Connectors;
use crate::diagnostics::Diagnostic;
use crate::plan::{self, Lack, Unreachable};
use crate::schema::{FieldId, Merged, Model, Satisfiable, SubgraphId, Supergraph, TypeId};

const CODE: &str = "SATISFIABILITY_ERROR";

/// Proves a supergraph. What cannot be resolved is told; the rest of the supergraph can be served all the same.
pub fn prove(supergraph: Supergraph<Merged>) -> (Supergraph<Satisfiable>, Vec<Diagnostic>) {
    prove_composed(supergraph, &Definitions::default())
}

/// Proves a supergraph that was composed, and shows the places in the subgraphs' files.
pub fn prove_composed(
    supergraph: Supergraph<Merged>,
    definitions: &Definitions,
) -> (Supergraph<Satisfiable>, Vec<Diagnostic>) {
    let (unreachable, is_complete) = plan::unreachable(&supergraph);
    let teller = Teller { model: &supergraph.model, connectors: &supergraph.connectors, definitions };
    let mut found: Vec<Diagnostic> = unreachable.iter().map(|lack| teller.diagnostic(lack)).collect();
    if !is_complete {
        found.push(Diagnostic::warning(CODE, "the supergraph is too large to prove that every field can be reached"));
    }
    (supergraph.proved(), found)
}

struct Teller<'a> {
    model: &'a Model,
    connectors: &'a Connectors,
    definitions: &'a Definitions,
}

impl Teller<'_> {
    fn diagnostic(&self, unreachable: &Unreachable) -> Diagnostic {
        let mut message = format!("no plan can resolve this query:\n{}\n", self.query(unreachable));
        message.push_str("because:");
        for (subgraph, reason) in &unreachable.reasons {
            // Writing to a String cannot fail.
            let _ = write!(message, "\n- {}: {reason}", self.name(*subgraph));
        }
        let help = match unreachable.lack {
            Lack::Field(field) if unreachable.reasons.iter().all(|(subgraph, _)| self.has_connectors(*subgraph)) => {
                format!(
                    "select {} in a connector that gives {}, or give it a connector of its own",
                    self.model.name(self.model.field(field).name),
                    self.model.type_name(self.model.field(field).parent)
                )
            }
            Lack::Field(field) => format!(
                "give {} a @key in one of these subgraphs that the subgraphs on the path can supply, or let one of \
                 those resolve {} too",
                self.model.type_name(self.model.field(field).parent),
                self.model.coordinate(field)
            ),
            Lack::Context(field) => format!(
                "set the context with @context on a type around {} on this path, where all that is selected of it can \
                 be had",
                self.model.type_name(self.model.field(field).parent)
            ),
            Lack::Types(interface) => format!(
                "give the interface {0} a resolvable @key in a subgraph that defines its types, and {0} the same key \
                 where it is an @interfaceObject",
                self.model.type_name(interface)
            ),
            Lack::OneSource(field) => format!(
                "let one of these subgraphs resolve {} for all types that it gives, or select it on each type",
                self.model.coordinate(field)
            ),
        };
        let mut diagnostic = match unreachable.lack {
            Lack::Field(_) | Lack::Context(_) | Lack::Types(_) => Diagnostic::error(CODE, message),
            // The reference lets it pass; and what is selected on the types one by one can be had.
            Lack::OneSource(_) => Diagnostic::warning(CODE, message),
        }
        .help(help);
        for (subgraph, _) in &unreachable.reasons {
            let (name, note) = (self.name(*subgraph), format!("{} has it here", self.name(*subgraph)));
            diagnostic = match unreachable.lack {
                Lack::Field(field) | Lack::Context(field) => diagnostic.at(self.field(name, field), note),
                Lack::OneSource(_) => diagnostic,
                Lack::Types(interface) if self.is_interface_object(interface, *subgraph) => diagnostic,
                Lack::Types(interface) => {
                    diagnostic.at(self.definitions.ty(name, self.model.type_name(interface)), note)
                }
            };
        }
        if let Some(last) = unreachable.path.last() {
            for (subgraph, _) in &unreachable.reasons {
                let name = self.name(*subgraph);
                diagnostic = diagnostic.at(self.field(name, *last), "the path comes through here");
            }
        }
        diagnostic
    }

    fn name(&self, subgraph: SubgraphId) -> &str {
        &self.model.subgraph(subgraph).name
    }

    fn has_connectors(&self, subgraph: SubgraphId) -> bool {
        let name = self.name(subgraph);
        self.connectors.connectors.iter().any(|connector| connector.subgraph == name)
    }

    fn field(&self, subgraph: &str, field: FieldId) -> Option<crate::diagnostics::Span> {
        let def = self.model.field(field);
        self.definitions.field(subgraph, self.model.type_name(def.parent), self.model.name(def.name))
    }

    fn is_interface_object(&self, ty: TypeId, subgraph: SubgraphId) -> bool {
        self.model.join(ty, subgraph).is_some_and(|join| join.is_interface_object)
    }

    /// The path as an operation, with types where it is narrowed to one.
    fn query(&self, unreachable: &Unreachable) -> String {
        let model = self.model;
        let mut levels: Vec<String> = vec![];
        let mut base: Option<TypeId> = None;
        let asked = match unreachable.lack {
            Lack::Field(field) | Lack::Context(field) | Lack::OneSource(field) => Some(field),
            Lack::Types(_) => None,
        };
        for field in unreachable.path.iter().copied().chain(asked) {
            let def = model.field(field);
            if base.is_some_and(|base| base != def.parent) {
                levels.push(format!("... on {}", model.type_name(def.parent)));
            }
            levels.push(self.call(field));
            base = Some(def.base);
        }
        let is_leaf = base.is_some_and(|base| !model.is_composite(base));
        let innermost = match unreachable.lack {
            Lack::Field(_) | Lack::Context(_) | Lack::OneSource(_) if is_leaf => None,
            Lack::Field(_) | Lack::Context(_) | Lack::OneSource(_) => Some("..."),
            Lack::Types(_) => Some("__typename"),
        };
        levels.extend(innermost.map(str::to_owned));
        let root = unreachable.path.first().copied().or(asked).map(|field| model.field(field).parent);
        let keyword = match root {
            root if root.is_some() && root == model.mutation => "mutation ",
            root if root.is_some() && root == model.subscription => "subscription ",
            Some(_) | None => "",
        };
        let mut text = format!("{keyword}{{\n");
        for (depth, level) in levels.iter().enumerate() {
            let end = if depth + 1 < levels.len() { " {" } else { "" };
            text.push_str(&format!("{}{level}{end}\n", "  ".repeat(depth + 1)));
        }
        for depth in (0..levels.len()).rev() {
            text.push_str(&format!("{}}}", "  ".repeat(depth)));
            if depth > 0 {
                text.push('\n');
            }
        }
        text
    }

    /// A field as it is asked for, with variables for the arguments that it must have.
    fn call(&self, field: FieldId) -> String {
        let def = self.model.field(field);
        let name = self.model.name(def.name);
        let required = def.arguments.iter().filter(|argument| argument.ty.ends_with('!') && argument.default.is_none());
        let arguments: Vec<String> = required.map(|argument| format!("{0}: ${0}", argument.name)).collect();
        if arguments.is_empty() { name.to_string() } else { format!("{name}({})", arguments.join(", ")) }
    }
}

//! Owns the rules of interfaces with keys, and of `@interfaceObject`, within one subgraph.

use apollo_compiler::ast::Selection;

use crate::diagnostics::Diagnostic;
use crate::schema::subgraph::facts::interfaces_of;
use crate::schema::subgraph::field_set::FieldSet;
use crate::schema::subgraph::{SpecDirective, Subgraph, Validated};

pub fn check(subgraph: &Subgraph<Validated>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let facts = subgraph.facts();
    for (name, ty) in subgraph.types() {
        if let Some(directive) = ty.directives().get(SpecDirective::InterfaceObject.canonical())
            && !facts.keys.contains_key(name)
        {
            let message = format!(
                "The @interfaceObject directive can only be applied to entity types but type \"{name}\" has no @key in this subgraph."
            );
            found.push(subgraph.error("INTERFACE_OBJECT_USAGE_ERROR", message, directive.location()));
        }
        if !ty.is_interface() {
            continue;
        }
        for key in facts.keys.get(name).into_iter().flatten() {
            let Ok(set) = FieldSet::parse(&key.text) else { continue };
            let expected = canonical(&set.selections);
            for (implementation, _) in subgraph
                .types()
                .filter(|(_, ty)| ty.is_object() && interfaces_of(ty).any(|interface| interface == name))
            {
                let same =
                    facts.keys.get(implementation).into_iter().flatten().find(|other| {
                        FieldSet::parse(&other.text).is_ok_and(|set| canonical(&set.selections) == expected)
                    });
                let problem = match same {
                    None => format!("is missing on implementation type \"{implementation}\"."),
                    Some(same) if key.resolvable && !same.resolvable => format!(
                        "should be resolvable on all implementation types, but is declared with argument \"@key(resolvable:)\" set to false in type \"{implementation}\"."
                    ),
                    Some(_) => continue,
                };
                let message = format!("Key @key(fields: \"{}\") on interface type \"{name}\" {problem}", key.text);
                let at = subgraph.schema.types.get(implementation).and_then(|ty| ty.name().location());
                found.push(subgraph.error("INTERFACE_KEY_NOT_ON_IMPLEMENTATION", message, at));
            }
        }
    }
    found
}

/// A field set in an order that does not depend on how it was written.
pub(crate) fn canonical(selections: &[Selection]) -> String {
    let mut parts: Vec<String> = selections
        .iter()
        .map(|selection| match selection {
            Selection::Field(field) if field.selection_set.is_empty() => field.name.to_string(),
            Selection::Field(field) => format!("{} {{ {} }}", field.name, canonical(&field.selection_set)),
            Selection::InlineFragment(fragment) => {
                let condition = fragment.type_condition.as_deref().unwrap_or("");
                format!("... {condition} {{ {} }}", canonical(&fragment.selection_set))
            }
            Selection::FragmentSpread(spread) => format!("...{}", spread.fragment_name),
        })
        .collect();
    parts.sort();
    parts.dedup();
    parts.join(" ")
}

//! Owns how requirements of authorization combine: over the subgraphs that state them, from implementations to the
//! interfaces through which they are reached, and from a field to what its `@requires` reads.
//!
//! Scopes and policies are disjunctions of conjunctions, and so is what two of them ask for together.

use apollo_compiler::Name;
use apollo_compiler::Node;
use apollo_compiler::ast::{Selection, Value};
use apollo_compiler::collections::{IndexMap, IndexSet};

use super::Merge;
use super::directive::Origin;
use crate::compose::merged::{Applied, MergedKind, MergedType};
use crate::diagnostics::Diagnostic;
use crate::schema::subgraph::field_set::{FieldSet, fields_of};
use crate::schema::subgraph::{SpecDirective, facts};

/// One of the inner lists is enough; all that is in it is needed.
pub(crate) type Alternatives = Vec<Vec<String>>;

/// Reads `[["a", "b"], ["c"]]`; a list or string that stands for a list of itself is coerced.
pub(crate) fn read(value: &Value) -> Alternatives {
    let inner = |value: &Value| -> Vec<String> {
        let mut all: Vec<String> = match value.as_list() {
            Some(list) => list.iter().filter_map(|item| item.as_str()).map(str::to_owned).collect(),
            None => value.as_str().map(str::to_owned).into_iter().collect(),
        };
        all.sort();
        all.dedup();
        all
    };
    match value.as_list() {
        Some(list) => list.iter().map(|item| inner(item)).collect(),
        None => vec![inner(value)],
    }
}

pub(crate) fn write(alternatives: &Alternatives) -> Value {
    let list = |items: Vec<Value>| Value::List(items.into_iter().map(Node::new).collect());
    list(alternatives.iter().map(|all| list(all.iter().cloned().map(Value::String).collect())).collect())
}

/// How many alternatives may come of combining those of several subgraphs. Each subgraph multiplies them, and nobody reads
/// so many.
const MOST_ALTERNATIVES: usize = 1024;

/// What both ask for; alternatives that ask for more than another are left out. `None` if there are too many.
pub(crate) fn both(left: &Alternatives, right: &Alternatives) -> Option<Alternatives> {
    let mut product: IndexSet<Vec<String>> = IndexSet::default();
    for a in left {
        for b in right {
            let mut all: Vec<String> = a.iter().chain(b).cloned().collect();
            all.sort();
            all.dedup();
            product.insert(all);
            if product.len() > MOST_ALTERNATIVES * 4 {
                return None;
            }
        }
    }
    let mut minimal: Alternatives = product.into_iter().collect();
    minimal.sort_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
    // A shorter one comes first, so that what is kept is never needless.
    let mut kept: Alternatives = Vec::new();
    for candidate in minimal {
        if !kept.iter().any(|other| other.iter().all(|scope| candidate.contains(scope))) {
            kept.push(candidate);
        }
    }
    (kept.len() <= MOST_ALTERNATIVES).then_some(kept)
}

/// Whether who has what `granted` asks for also has what `needed` asks for.
fn implies(granted: &Alternatives, needed: &Alternatives) -> bool {
    granted.iter().all(|have| needed.iter().any(|need| need.iter().all(|scope| have.contains(scope))))
}

/// The requirements of an element, by directive as the supergraph calls it; `@authenticated` has no alternatives.
type Requirements = IndexMap<String, (SpecDirective, Alternatives)>;

fn argument(directive: SpecDirective) -> Option<&'static str> {
    match directive {
        SpecDirective::RequiresScopes => Some("scopes"),
        SpecDirective::Policy => Some("policies"),
        _ => None,
    }
}

fn requirements(merge: &Merge<'_>, applied: &[Applied]) -> Requirements {
    let mut found = Requirements::default();
    for directive in [SpecDirective::Authenticated, SpecDirective::RequiresScopes, SpecDirective::Policy] {
        let Some(composed) = merge.composed.get(directive.canonical()) else { continue };
        for applied in applied.iter().filter(|applied| applied.name == composed.name) {
            let own = applied.arguments.iter().map(|(name, value)| (*name, value));
            let carried = applied.carried.iter().map(|(name, value)| (name.as_str(), value.as_ref()));
            let value = own.chain(carried).find(|(name, _)| Some(*name) == argument(directive)).map(|(_, value)| value);
            found.insert(composed.name.clone(), (directive, value.map(read).unwrap_or_default()));
        }
    }
    found
}

/// A directive whose requirements became others by combining; whether they can be written down.
struct Combined {
    directive: String,
    too_many: bool,
}

impl Combined {
    fn report(&self, merge: &mut Merge<'_>, what: &str) {
        match self.too_many {
            true => report_too_many(merge, &self.directive, what),
            false => merge.hint_combined(&self.directive, what),
        }
    }
}

pub(crate) fn report_too_many(merge: &mut Merge<'_>, directive: &str, what: &str) {
    let message = format!(
        "What @{directive} asks for on \"{what}\" in several subgraphs comes to more than {MOST_ALTERNATIVES} alternatives"
    );
    let diagnostic = Diagnostic::error("AUTH_REQUIREMENTS_TOO_COMPLEX", message);
    merge.diagnostics.push(diagnostic.help("ask for the same in all subgraphs, or for fewer alternatives"));
}

/// Adds what is required too; returns what became something else by it.
fn add(requirements: &mut Requirements, more: &Requirements) -> Vec<Combined> {
    let mut all = Vec::new();
    for (name, (directive, alternatives)) in more {
        match requirements.get_mut(name) {
            Some((_, own)) if own != alternatives => {
                let combined = both(own, alternatives);
                all.push(Combined { directive: name.clone(), too_many: combined.is_none() });
                *own = combined.unwrap_or_default();
            }
            Some(_) => {}
            None => {
                requirements.insert(name.clone(), (*directive, alternatives.clone()));
            }
        }
    }
    all
}

/// Puts requirements into an element's directives, in the place of those that it had.
fn set(applied: &mut Vec<Applied>, requirements: Requirements, order: &[String]) {
    for (name, (directive, alternatives)) in requirements {
        let mut found = Applied::new(&name);
        if let Some(argument) = argument(directive) {
            found = found.with(argument, write(&alternatives));
        }
        match applied.iter_mut().find(|applied| applied.name == name) {
            Some(old) => *old = found,
            None => applied.push(found),
        }
    }
    // Kept in the supergraph's order: stable, so that the others stay where they are.
    let is_one = |applied: &Applied| order.iter().position(|name| *name == applied.name);
    let places: Vec<usize> = (0..applied.len()).filter(|index| is_one(&applied[*index]).is_some()).collect();
    let mut own: Vec<Applied> = places.iter().map(|index| applied[*index].clone()).collect();
    own.sort_by_key(|applied| is_one(applied));
    for (place, own) in places.into_iter().zip(own) {
        applied[place] = own;
    }
}

/// What the supergraph calls the directives of authorization, in its order.
fn order(merge: &Merge<'_>) -> Vec<String> {
    let composed = merge.composed.values();
    let own = composed.filter(|found| matches!(found.origin, Origin::Spec(directive) if directive.is_authorization()));
    own.map(|found| found.name.clone()).collect()
}

/// What interface objects ask for holds for the implementations that have the field themselves.
pub(crate) fn pass_to_implementations(merge: &mut Merge<'_>, types: &mut IndexMap<Name, MergedType>) {
    let order = order(merge);
    for (interface, field, more) in interface_fields(merge, types) {
        for ty in types.values_mut().filter(|ty| is_implementation(ty, &interface)) {
            if let MergedKind::Object { fields, .. } = &mut ty.kind
                && let Some(own) = fields.get_mut(&field)
            {
                let mut all = requirements(merge, &own.applied);
                for combined in add(&mut all, &more) {
                    combined.report(merge, field.as_str());
                }
                set(&mut own.applied, all, &order);
            }
        }
    }
}

fn interface_fields(merge: &Merge<'_>, types: &IndexMap<Name, MergedType>) -> Vec<(Name, Name, Requirements)> {
    let mut all = Vec::new();
    for (interface, ty) in types.iter() {
        let MergedKind::Interface { fields, .. } = &ty.kind else { continue };
        for (name, field) in fields {
            let found = requirements(merge, &field.applied);
            if !found.is_empty() {
                all.push((interface.clone(), name.clone(), found));
            }
        }
    }
    all
}

fn is_implementation(ty: &MergedType, interface: &Name) -> bool {
    matches!(&ty.kind, MergedKind::Object { implements, .. } if implements.contains(interface))
}

/// An interface asks for what all its implementations ask for, since any of them may be behind it.
pub(crate) fn pass_to_interfaces(merge: &mut Merge<'_>, types: &mut IndexMap<Name, MergedType>) {
    let order = order(merge);
    let interfaces: Vec<Name> = types
        .iter()
        .filter(|(_, ty)| matches!(ty.kind, MergedKind::Interface { .. }))
        .map(|(name, _)| name.clone())
        .collect();
    for interface in interfaces {
        let mut on_type = Requirements::default();
        let mut on_fields: IndexMap<Name, Requirements> = IndexMap::default();
        for ty in types.values().filter(|ty| is_implementation(ty, &interface)) {
            for combined in add(&mut on_type, &requirements(merge, &ty.applied)) {
                combined.report(merge, &interface);
            }
            for (name, field) in ty.fields().into_iter().flatten() {
                let found = requirements(merge, &field.applied);
                for combined in add(on_fields.entry(name.clone()).or_default(), &found) {
                    combined.report(merge, &format!("{interface}.{name}"));
                }
            }
        }
        let Some(ty) = types.get_mut(&interface) else { continue };
        set(&mut ty.applied, on_type, &order);
        if let MergedKind::Interface { fields, .. } = &mut ty.kind {
            for (name, more) in on_fields {
                let Some(field) = fields.get_mut(&name) else { continue };
                let mut all = requirements(merge, &field.applied);
                for combined in add(&mut all, &more) {
                    combined.report(merge, &format!("{interface}.{name}"));
                }
                set(&mut field.applied, all, &order);
            }
        }
    }
}

/// Who may see a field must be allowed to see what its `@requires` reads.
pub(crate) fn check_requires(merge: &mut Merge<'_>, types: &IndexMap<Name, MergedType>) {
    let subgraphs = merge.subgraphs;
    for subgraph in subgraphs {
        for (name, ty) in subgraph.types() {
            for field in fields_of(ty).into_iter().flat_map(|fields| fields.values()) {
                let Some(directive) = field.directives.get(SpecDirective::Requires.canonical()) else { continue };
                let Some(Ok(set)) = facts::fields_text(directive).map(FieldSet::parse) else { continue };
                let Some(merged) = types.get(name) else { continue };
                let mut granted = requirements(merge, &merged.applied);
                if let Some(field) = merged.fields().and_then(|fields| fields.get(&field.name)) {
                    add(&mut granted, &requirements(merge, &field.applied));
                }
                let mut missing = Vec::new();
                find_missing(merge, types, name, &set.selections, &granted, &mut missing);
                for coordinate in missing {
                    let message = format!(
                        "Field \"{name}.{}\" does not specify necessary @authenticated, @requiresScopes and/or @policy auth requirements to access the transitive field \"{coordinate}\" data from @requires selection set.",
                        field.name
                    );
                    merge.diagnostics.push(subgraph.error(
                        "MISSING_TRANSITIVE_AUTH_REQUIREMENTS",
                        message,
                        directive.location(),
                    ));
                }
            }
        }
    }
}

fn find_missing(
    merge: &Merge<'_>,
    types: &IndexMap<Name, MergedType>,
    parent: &Name,
    selections: &[Selection],
    granted: &Requirements,
    missing: &mut Vec<String>,
) {
    let is_granted = |applied: &[Applied]| {
        requirements(merge, applied).iter().all(|(name, (_, needed))| {
            granted.get(name).is_some_and(|(_, have)| needed.is_empty() || implies(have, needed))
        })
    };
    for selection in selections {
        match selection {
            Selection::FragmentSpread(_) => {}
            Selection::InlineFragment(fragment) => {
                let condition = fragment.type_condition.as_ref().unwrap_or(parent);
                if types.get(condition).is_some_and(|ty| !is_granted(&ty.applied)) {
                    missing.push(condition.to_string());
                }
                find_missing(merge, types, condition, &fragment.selection_set, granted, missing);
            }
            Selection::Field(field) => {
                let Some(merged) = types.get(parent).and_then(MergedType::fields).and_then(|all| all.get(&field.name))
                else {
                    continue;
                };
                let inner = merged.ty.inner_named_type();
                let returned = types.get(inner).is_none_or(|ty| is_granted(&ty.applied));
                if !returned || !is_granted(&merged.applied) {
                    missing.push(format!("{parent}.{}", field.name));
                }
                find_missing(merge, types, inner, &field.selection_set, granted, missing);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alternatives(text: &str) -> Alternatives {
        text.split('|').map(|all| all.split('&').map(str::to_owned).collect()).collect()
    }

    #[test]
    fn both_is_minimal_and_implied_by_itself() {
        for (left, right, expected) in
            [("a", "b", "a&b"), ("a|b", "a", "a"), ("a&b|c", "c|d", "c|a&b&d"), ("a", "a&b|c", "a&b|a&c")]
        {
            let found = both(&alternatives(left), &alternatives(right)).expect("there are few alternatives");
            assert_eq!(found, alternatives(expected), "{left} and {right}");
            assert!(implies(&found, &alternatives(left)) && implies(&found, &alternatives(right)));
        }
        assert!(!implies(&alternatives("a|b"), &alternatives("a")));
    }
}

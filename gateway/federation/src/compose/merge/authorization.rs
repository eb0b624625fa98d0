//! Owns how requirements of authorization combine: over the subgraphs that state them, from implementations to the
//! interfaces through which they are reached, and from a field to what its `@requires` reads.
//!
//! Scopes and policies are disjunctions of conjunctions, and so is what two of them ask for together.

use apollo_compiler::Name;
use apollo_compiler::Node;
use apollo_compiler::ast::{Selection, Value};
use apollo_compiler::collections::IndexMap;

use super::Merge;
use crate::compose::merged::{Applied, MergedKind, MergedType};
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

/// What both ask for; alternatives that ask for more than another are left out.
pub(crate) fn both(left: &Alternatives, right: &Alternatives) -> Alternatives {
    let mut product: Alternatives = Vec::new();
    for a in left {
        for b in right {
            let mut all: Vec<String> = a.iter().chain(b).cloned().collect();
            all.sort();
            all.dedup();
            if !product.contains(&all) {
                product.push(all);
            }
        }
    }
    let needless = |candidate: &Vec<String>| {
        product.iter().any(|other| other != candidate && other.iter().all(|scope| candidate.contains(scope)))
    };
    let mut minimal: Alternatives = product.iter().filter(|candidate| !needless(candidate)).cloned().collect();
    minimal.sort_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
    minimal
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

/// Adds what is required too; returns the directives whose requirements became others by it.
fn add(requirements: &mut Requirements, more: &Requirements) -> Vec<String> {
    let mut combined = Vec::new();
    for (name, (directive, alternatives)) in more {
        match requirements.get_mut(name) {
            Some((_, own)) if own != alternatives => {
                *own = both(own, alternatives);
                combined.push(name.clone());
            }
            Some(_) => {}
            None => {
                requirements.insert(name.clone(), (*directive, alternatives.clone()));
            }
        }
    }
    combined
}

/// Puts requirements into an element's directives, in the place of those that it had.
fn set(applied: &mut Vec<Applied>, requirements: Requirements) {
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
}

/// What interface objects ask for holds for the implementations that have the field themselves.
pub(crate) fn pass_to_implementations(merge: &mut Merge<'_>, types: &mut IndexMap<Name, MergedType>) {
    for (interface, field, more) in interface_fields(merge, types) {
        for ty in types.values_mut().filter(|ty| is_implementation(ty, &interface)) {
            if let MergedKind::Object { fields, .. } = &mut ty.kind
                && let Some(own) = fields.get_mut(&field)
            {
                let mut all = requirements(merge, &own.applied);
                for directive in add(&mut all, &more) {
                    merge.hint_combined(&directive, field.as_str());
                }
                set(&mut own.applied, all);
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
    let interfaces: Vec<Name> = types
        .iter()
        .filter(|(_, ty)| matches!(ty.kind, MergedKind::Interface { .. }))
        .map(|(name, _)| name.clone())
        .collect();
    for interface in interfaces {
        let mut on_type = Requirements::default();
        let mut on_fields: IndexMap<Name, Requirements> = IndexMap::default();
        for ty in types.values().filter(|ty| is_implementation(ty, &interface)) {
            for directive in add(&mut on_type, &requirements(merge, &ty.applied)) {
                merge.hint_combined(&directive, &interface);
            }
            for (name, field) in ty.fields().into_iter().flatten() {
                let found = requirements(merge, &field.applied);
                for directive in add(on_fields.entry(name.clone()).or_default(), &found) {
                    merge.hint_combined(&directive, &format!("{interface}.{name}"));
                }
            }
        }
        let Some(ty) = types.get_mut(&interface) else { continue };
        set(&mut ty.applied, on_type);
        if let MergedKind::Interface { fields, .. } = &mut ty.kind {
            for (name, more) in on_fields {
                let Some(field) = fields.get_mut(&name) else { continue };
                let mut all = requirements(merge, &field.applied);
                for directive in add(&mut all, &more) {
                    merge.hint_combined(&directive, &format!("{interface}.{name}"));
                }
                set(&mut field.applied, all);
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
            let found = both(&alternatives(left), &alternatives(right));
            assert_eq!(found, alternatives(expected), "{left} and {right}");
            assert!(implies(&found, &alternatives(left)) && implies(&found, &alternatives(right)));
        }
        assert!(!implies(&alternatives("a|b"), &alternatives("a")));
    }
}

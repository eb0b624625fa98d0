//! Owns the upgrade of Federation 1 subgraphs to the meaning that they have in Federation 2: sharing was implicit,
//! `@external` was written where it said nothing, and types were extended across subgraphs.

use apollo_compiler::ast::{FieldDefinition, Selection};
use apollo_compiler::collections::{HashMap, HashSet};
use apollo_compiler::schema::{Component, ComponentOrigin, ExtendedType};
use apollo_compiler::{Name, Node};

use crate::diagnostics::Diagnostic;
use crate::schema::subgraph::facts::{self, Coordinate, Facts};
use crate::schema::subgraph::field_set::{FieldSet, fields_of};
use crate::schema::subgraph::{Federation, Parsed, Subgraph};

const KEY: &str = "federation__key";
const EXTERNAL: &str = "federation__external";
const EXTENDS: &str = "federation__extends";
const PROVIDES: &str = "federation__provides";
const REQUIRES: &str = "federation__requires";
const SHAREABLE: &str = "federation__shareable";

/// Upgrades every Federation 1 subgraph; the others are read, since sharing depends on them.
pub fn upgrade(subgraphs: &mut [Subgraph<Parsed>]) -> Vec<Diagnostic> {
    if subgraphs.iter().all(|subgraph| subgraph.federation != Federation::One) {
        return Vec::new();
    }
    let mut found = missing_bases(subgraphs);
    let keys = keys_of_definitions(subgraphs);
    for subgraph in subgraphs.iter_mut().filter(|subgraph| subgraph.federation == Federation::One) {
        fix_fields_arguments(subgraph);
        let facts = Facts::collect(&subgraph.schema);
        remove_from_interfaces(subgraph);
        remove_idle_externals(subgraph, &facts, &keys);
        remove_idle_field_sets(subgraph);
        remove_unused_externals(subgraph, &mut found);
        define_extended(subgraph);
    }
    share(subgraphs);
    found
}

/// A type that is extended, by `extend` or by `@extends`, must be more than extended in another subgraph. There `@extends`
/// on a definition counts as a definition: so the reference reads it.
fn missing_bases(subgraphs: &[Subgraph<Parsed>]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (index, subgraph) in subgraphs.iter().enumerate() {
        if subgraph.federation != Federation::One {
            continue;
        }
        for (name, ty) in subgraph.types() {
            let extends = subgraph.extended.contains(name) || ty.directives().has(EXTENDS);
            // Every subgraph extends the roots.
            if is_root(name) || !extends {
                continue;
            }
            let defined_elsewhere = subgraphs.iter().enumerate().any(|(other, subgraph)| {
                other != index && subgraph.schema.types.contains_key(name) && !subgraph.extended.contains(name)
            });
            if defined_elsewhere {
                continue;
            }
            let message = format!(
                "Type \"{name}\" is an extension type, but there is no type definition for \"{name}\" in any subgraph."
            );
            let at = ty.iter_origins().find_map(|origin| origin.extension_id()?.location()).or(ty.name().location());
            found.push(subgraph.error("EXTENSION_WITH_NO_BASE", message, at));
        }
    }
    found
}

fn is_root(name: &Name) -> bool {
    matches!(name.as_str(), "Query" | "Mutation" | "Subscription")
}

/// `fields: ["a", "b"]` and `fields: a` were understood; a string says the same.
fn fix_fields_arguments(subgraph: &mut Subgraph<Parsed>) {
    use apollo_compiler::ast::{Directive, Value};
    let fix = |directive: &mut Directive| {
        let Some(value) = directive.specified_argument_by_name_mut("fields") else { return };
        let text = |value: &Value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Enum(name) => Some(name.to_string()),
            _ => None,
        };
        let fixed = match value.as_ref() {
            Value::List(items) => {
                items.iter().map(|item| text(item)).collect::<Option<Vec<_>>>().map(|all| all.join(" "))
            }
            Value::Enum(name) => Some(name.to_string()),
            _ => None,
        };
        if let Some(fixed) = fixed {
            *value.make_mut() = Value::String(fixed);
        }
    };
    for ty in subgraph.schema.types.values_mut() {
        let directives = match ty {
            ExtendedType::Object(ty) => &mut ty.make_mut().directives,
            ExtendedType::Interface(ty) => &mut ty.make_mut().directives,
            ExtendedType::Scalar(_) | ExtendedType::Union(_) | ExtendedType::Enum(_) | ExtendedType::InputObject(_) => {
                continue;
            }
        };
        for directive in directives.iter_mut().filter(|directive| directive.name == KEY) {
            fix(directive.make_mut());
        }
        for_fields(ty, &mut |_, field| {
            for directive in field.directives.iter_mut().filter(|d| d.name == PROVIDES || d.name == REQUIRES) {
                fix(directive.make_mut());
            }
        });
    }
}

/// Calls `change` with every field of an object or interface type.
fn for_fields(ty: &mut ExtendedType, change: &mut dyn FnMut(&Name, &mut FieldDefinition)) {
    let (name, fields) = match ty {
        ExtendedType::Object(ty) => {
            let ty = ty.make_mut();
            (&ty.name, &mut ty.fields)
        }
        ExtendedType::Interface(ty) => {
            let ty = ty.make_mut();
            (&ty.name, &mut ty.fields)
        }
        ExtendedType::Scalar(_) | ExtendedType::Union(_) | ExtendedType::Enum(_) | ExtendedType::InputObject(_) => {
            return;
        }
    };
    for field in fields.values_mut() {
        change(name, field.make_mut());
    }
}

/// Keys and `@external` on interfaces said nothing; nor did `@provides` and `@requires` there.
fn remove_from_interfaces(subgraph: &mut Subgraph<Parsed>) {
    for ty in subgraph.schema.types.values_mut().filter(|ty| ty.is_interface()) {
        if let ExtendedType::Interface(ty) = ty {
            ty.make_mut().directives.0.retain(|directive| directive.name != KEY);
        }
        for_fields(ty, &mut |_, field| {
            field.directives.0.retain(|d| d.name != EXTERNAL && d.name != PROVIDES && d.name != REQUIRES);
        });
    }
}

/// The fields of all keys, by type, where it is defined and not extended.
fn keys_of_definitions(subgraphs: &[Subgraph<Parsed>]) -> HashSet<Coordinate> {
    let mut keys = HashSet::default();
    for subgraph in subgraphs {
        let facts = Facts::collect(&subgraph.schema);
        for name in facts.keys.iter().filter(|(_, keys)| keys.iter().any(|key| !key.extension)).map(|(name, _)| name) {
            keys.extend(facts.key_fields.iter().filter(|(ty, _)| ty == name).cloned());
        }
    }
    keys
}

/// `@external` on whole types, and on the key fields of extensions, which the subgraph resolves. An extension without a
/// key has those of the type that it extends.
fn remove_idle_externals(subgraph: &mut Subgraph<Parsed>, facts: &Facts, keys: &HashSet<Coordinate>) {
    let keyless: HashSet<Name> = subgraph
        .types()
        .filter(|(name, ty)| subgraph.extended.contains(*name) || ty.directives().has(EXTENDS))
        .filter(|(name, _)| !facts.keys.contains_key(*name))
        .map(|(name, _)| name.clone())
        .collect();
    for ty in subgraph.schema.types.values_mut() {
        if let ExtendedType::Object(ty) = ty {
            ty.make_mut().directives.0.retain(|directive| directive.name != EXTERNAL);
        }
        for_fields(ty, &mut |name, field| {
            let coordinate = (name.clone(), field.name.clone());
            let of_key = keyless.contains(name) && keys.contains(&coordinate);
            if of_key || facts.nominally_external.contains(&coordinate) {
                field.directives.0.retain(|directive| directive.name != EXTERNAL);
            }
        });
    }
}

/// Where `@provides` or `@requires` selects something that is not external, that part said nothing.
fn remove_idle_field_sets(subgraph: &mut Subgraph<Parsed>) {
    let facts = Facts::collect(&subgraph.schema);
    let schema = subgraph.schema.clone();
    for ty in subgraph.schema.types.values_mut() {
        for_fields(ty, &mut |parent, field| {
            let inner = field.ty.inner_named_type().clone();
            field.directives.0.retain_mut(|directive| {
                let target = match directive.name.as_str() {
                    PROVIDES => &inner,
                    REQUIRES => parent,
                    _ => return true,
                };
                if directive.name == PROVIDES && schema.types.get(target).is_none_or(ExtendedType::is_leaf) {
                    return false;
                }
                let Some(set) = facts::fields_text(directive).and_then(|text| FieldSet::parse(text).ok()) else {
                    return true;
                };
                let Some(kept) = active(&schema, &facts, target, &set.selections) else { return true };
                if kept.1 {
                    return true;
                }
                if kept.0.is_empty() {
                    return false;
                }
                if let Some(value) = directive.make_mut().specified_argument_by_name_mut("fields") {
                    *value.make_mut() = apollo_compiler::ast::Value::String(kept.0);
                }
                true
            });
        });
    }
}

/// What of a selection is external, and whether that is all of it; `None` where the selection does not fit the schema.
fn active(
    schema: &apollo_compiler::Schema,
    facts: &Facts,
    parent: &Name,
    selections: &[Selection],
) -> Option<(String, bool)> {
    let mut kept = Vec::new();
    let mut all = true;
    for selection in selections {
        match selection {
            Selection::FragmentSpread(_) => return None,
            Selection::InlineFragment(fragment) => {
                let condition = fragment.type_condition.as_ref().unwrap_or(parent);
                let (inner, whole) = active(schema, facts, condition, &fragment.selection_set)?;
                all &= whole;
                if !inner.is_empty() {
                    kept.push(format!("... on {condition} {{ {inner} }}"));
                }
            }
            Selection::Field(field) => {
                let definition = schema.type_field(parent, &field.name).ok()?;
                let leaf = schema.types.get(definition.ty.inner_named_type()).is_none_or(ExtendedType::is_leaf);
                if !leaf && field.selection_set.is_empty() {
                    return None;
                }
                let external = facts.is_external(parent, &field.name);
                if external || is_external_in_implementation(schema, facts, parent, &field.name) {
                    kept.push(field.serialize().no_indent().to_string());
                } else if field.selection_set.is_empty() {
                    all = false;
                } else {
                    let (inner, whole) = active(schema, facts, definition.ty.inner_named_type(), &field.selection_set)?;
                    all &= whole;
                    if !inner.is_empty() {
                        kept.push(format!("{} {{ {inner} }}", field.name));
                    }
                }
            }
        }
    }
    Some((kept.join(" "), all))
}

/// A field of an interface is not external itself, but may be in what implements it.
fn is_external_in_implementation(schema: &apollo_compiler::Schema, facts: &Facts, parent: &Name, field: &Name) -> bool {
    schema.get_interface(parent).is_some()
        && schema.types.iter().any(|(name, ty)| {
            facts::interfaces_of(ty).any(|interface| interface == parent) && facts.is_external(name, field)
        })
}

/// External fields that nothing needs are left out; a type of nothing else too.
fn remove_unused_externals(subgraph: &mut Subgraph<Parsed>, found: &mut Vec<Diagnostic>) {
    let facts = Facts::collect(&subgraph.schema);
    let unused = |name: &Name, field: &Component<FieldDefinition>| {
        facts.is_external(name, &field.name) && !facts.is_used(name, &field.name)
    };
    for ty in subgraph.schema.types.values_mut() {
        if let ExtendedType::Object(ty) = ty
            && ty.fields.values().any(|field| unused(&ty.name, field))
        {
            let ty = ty.make_mut();
            let name = ty.name.clone();
            ty.fields.retain(|_, field| !unused(&name, field));
        }
    }
    let empty =
        |ty: &ExtendedType| matches!(ty, ExtendedType::Object(ty) if ty.fields.is_empty() && !is_root(&ty.name));
    let emptied: Vec<Name> = subgraph.types().filter(|(_, ty)| empty(ty)).map(|(name, _)| name.clone()).collect();
    for name in emptied {
        if is_referenced(&subgraph.schema, &name) {
            let message = format!(
                "Type {name} contains only external fields and all those fields are all unused (they do not appear in any @key, @provides or @requires)."
            );
            let at = subgraph.schema.types.get(&name).and_then(|ty| ty.name().location());
            found.push(subgraph.error("TYPE_WITH_ONLY_UNUSED_EXTERNAL", message, at));
        } else {
            subgraph.schema.types.shift_remove(&name);
        }
    }
}

/// Whether a field or a union still names the type.
fn is_referenced(schema: &apollo_compiler::Schema, name: &Name) -> bool {
    schema.types.values().any(|ty| match ty {
        ExtendedType::Union(union) => union.members.iter().any(|member| member.name == *name),
        other => fields_of(other).into_iter().flatten().any(|(_, field)| field.ty.inner_named_type() == name),
    })
}

/// A type that was only extended is defined now: in Federation 2 there is no owner of a type.
fn define_extended(subgraph: &mut Subgraph<Parsed>) {
    for name in std::mem::take(&mut subgraph.extended) {
        let Some(ExtendedType::Object(ty)) = subgraph.schema.types.get_mut(&name) else { continue };
        let ty = ty.make_mut();
        ty.directives.iter_mut().for_each(|directive| directive.origin = ComponentOrigin::Definition);
        ty.fields.values_mut().for_each(|field| field.origin = ComponentOrigin::Definition);
    }
}

/// Marks as shareable what Federation 1 let several subgraphs resolve: fields of value types that others have too, and
/// fields of entities that others provide.
fn share(subgraphs: &mut [Subgraph<Parsed>]) {
    let mut owners: HashMap<(Name, Name), usize> = HashMap::default();
    for subgraph in subgraphs.iter() {
        let facts = Facts::collect(&subgraph.schema);
        for (name, ty) in subgraph.types().filter(|(_, ty)| ty.is_object()) {
            for field in fields_of(ty).into_iter().flat_map(|fields| fields.keys()) {
                let provided = facts.provided.contains(&(name.clone(), field.clone()));
                if !facts.is_external(name, field) || provided {
                    *owners.entry((name.clone(), field.clone())).or_default() += 1;
                }
            }
        }
    }
    for subgraph in subgraphs.iter_mut().filter(|subgraph| subgraph.federation == Federation::One) {
        let facts = Facts::collect(&subgraph.schema);
        let shared = |name: &Name, field: &Name| {
            owners.get(&(name.clone(), field.clone())).is_some_and(|count| *count > 1)
                && !facts.is_external(name, field)
        };
        for ty in subgraph.schema.types.values_mut() {
            if !ty.is_object() || ty.name() == "Subscription" {
                continue;
            }
            // Of a value type that is defined and extended, only the definition was shared.
            let value_type = !ty.directives().has(KEY);
            let extensions: HashSet<Name> = match fields_of(ty) {
                Some(fields) if value_type && !is_root(ty.name()) => {
                    let extended = fields.values().filter(|field| field.origin.extension_id().is_some());
                    extended.map(|field| field.name.clone()).collect()
                }
                _ => HashSet::default(),
            };
            for_fields(ty, &mut |name, field| {
                if shared(name, &field.name) && !extensions.contains(&field.name) {
                    field.directives.push(Node::new(apollo_compiler::ast::Directive {
                        name: Name::new_unchecked(SHAREABLE),
                        arguments: Vec::new(),
                    }));
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::subgraph::SpecDirective;

    #[test]
    fn the_names_here_are_the_canonical_ones() {
        for (name, directive) in [
            (KEY, SpecDirective::Key),
            (EXTERNAL, SpecDirective::External),
            (EXTENDS, SpecDirective::Extends),
            (PROVIDES, SpecDirective::Provides),
            (REQUIRES, SpecDirective::Requires),
            (SHAREABLE, SpecDirective::Shareable),
        ] {
            assert_eq!(name, directive.canonical());
        }
    }
}

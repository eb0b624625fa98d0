//! Owns the merge of applied directives: `@deprecated` and `@specifiedBy`, and those that the supergraph carries. Which
//! applications survive where subgraphs differ is a matter of the directive.

use apollo_compiler::ast::{Directive, DirectiveList as NodeList, Value};
use apollo_compiler::collections::IndexSet;
use apollo_compiler::schema::DirectiveList as ComponentList;
use apollo_compiler::{Name, Node};

use super::directive::Origin;
use super::{Merge, Source, SubgraphIndex, authorization, joined, most_frequent};
use crate::compose::merged::Applied;
use crate::compose::values;
use crate::schema::subgraph::SpecDirective;

/// A directive's application in a subgraph.
pub(crate) type Application<'a> = (SubgraphIndex, &'a Directive);

pub(crate) fn merge_components(
    merge: &mut Merge<'_>,
    what: &str,
    sources: &[Source<'_, ComponentList>],
) -> Vec<Applied> {
    let all: Vec<Application<'_>> = sources
        .iter()
        .flat_map(|source| source.node.iter().map(|directive| (source.subgraph, directive.node.as_ref())))
        .collect();
    merge_all(merge, what, &all)
}

pub(crate) fn merge_nodes(merge: &mut Merge<'_>, what: &str, sources: &[Source<'_, NodeList>]) -> Vec<Applied> {
    let all: Vec<Application<'_>> = sources
        .iter()
        .flat_map(|source| source.node.iter().map(|directive| (source.subgraph, directive.as_ref())))
        .collect();
    merge_all(merge, what, &all)
}

fn merge_all(merge: &mut Merge<'_>, what: &str, all: &[Application<'_>]) -> Vec<Applied> {
    let names: IndexSet<&Name> = all.iter().map(|(_, directive)| &directive.name).collect();
    let mut merged = joined::merge(merge, all);
    for name in names {
        let applications: Vec<Application<'_>> =
            all.iter().copied().filter(|(_, directive)| directive.name == *name).collect();
        if matches!(name.as_str(), "deprecated" | "specifiedBy") {
            merged.push(one(merge, what, name, &applications));
            continue;
        }
        let Some(composed) = merge.composed.get(name.as_str()).cloned() else { continue };
        match &composed.origin {
            Origin::Spec(SpecDirective::CacheTag) => {}
            Origin::Spec(spec) => {
                if spec.combines_arguments() && first_seen(&applications).len() > 1 {
                    merge.hint_combined(&composed.name, what);
                }
                merged.extend(of_spec(merge, what, *spec, &composed.name, &applications));
            }
            Origin::Custom { definition, subgraphs, .. } => {
                let asked: Vec<Application<'_>> =
                    applications.into_iter().filter(|(index, _)| subgraphs.contains(merge.name(*index))).collect();
                if definition.repeatable {
                    merged.extend(distinct(&composed.name, &asked));
                } else if !asked.is_empty() {
                    merged.push(one(merge, what, &composed.name, &asked));
                }
            }
        }
    }
    merged
}

fn of_spec(
    merge: &mut Merge<'_>,
    what: &str,
    spec: SpecDirective,
    name: &str,
    applications: &[Application<'_>],
) -> Vec<Applied> {
    let arguments = |argument: &'static str| {
        applications.iter().map(move |(_, directive)| directive.specified_argument_by_name(argument).map(Node::as_ref))
    };
    match spec {
        SpecDirective::RequiresScopes => vec![conjunction(merge, what, name, "scopes", applications)],
        SpecDirective::Policy => vec![conjunction(merge, what, name, "policies", applications)],
        SpecDirective::Cost => {
            let weight = arguments("weight").flatten().filter_map(Value::to_i32).max();
            vec![
                weight.map_or_else(
                    || Applied::new(name),
                    |weight| Applied::new(name).with("weight", Value::from(weight)),
                ),
            ]
        }
        SpecDirective::ListSize => vec![list_size(name, applications)],
        SpecDirective::Context => {
            // Contexts of different subgraphs are different contexts.
            let qualified = applications.iter().filter_map(|(subgraph, directive)| {
                let context = directive.specified_argument_by_name("name")?.as_str()?;
                Some(Applied::new(name).string("name", &format!("{}__{context}", merge.name(*subgraph))))
            });
            qualified.collect()
        }
        _ => distinct(name, applications),
    }
}

/// The reference's order of what stands on a field or an enum value: `@inaccessible`, the joins, who may see it, the rest.
pub(crate) fn sort(merge: &Merge<'_>, applied: &mut [Applied]) {
    // Stable: the rest stays as it is.
    applied.sort_by_key(|applied| {
        let composed = merge.composed.values().position(|composed| composed.name == applied.name);
        match composed.map(|index| (index, &merge.composed[index].origin)) {
            Some((_, Origin::Spec(SpecDirective::Inaccessible))) => (0, 0),
            None if applied.name.starts_with("join__") => (1, 0),
            Some((index, Origin::Spec(directive))) if directive.is_authorization() => (2, index),
            Some(_) | None => (3, 0),
        }
    });
}

/// Every application once.
fn distinct(name: &str, applications: &[Application<'_>]) -> Vec<Applied> {
    first_seen(applications).into_iter().map(|directive| carry(name, directive)).collect()
}

fn first_seen<'a>(applications: &[Application<'a>]) -> Vec<&'a Directive> {
    let mut seen: Vec<&Directive> = Vec::new();
    for (_, directive) in applications {
        if !seen.iter().any(|other| same_arguments(other, directive)) {
            seen.push(directive);
        }
    }
    seen
}

/// The application that most subgraphs have.
fn one(merge: &mut Merge<'_>, what: &str, name: &str, applications: &[Application<'_>]) -> Applied {
    let counts = most_frequent(applications.iter().map(|(_, directive)| *directive), |a, b| same_arguments(a, b));
    if counts.len() > 1 {
        merge.hint(
            "INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS",
            format!("Non-repeatable directive @{name} is applied to \"{what}\" in multiple subgraphs but with incompatible arguments; the supergraph uses the most frequent ones"),
        );
    }
    // There is at least one application: the name was taken from it.
    counts.first().map_or_else(|| Applied::new(name), |(directive, _)| carry(name, directive))
}

fn carry(name: &str, directive: &Directive) -> Applied {
    let carried = directive.arguments.iter().map(|argument| (argument.name.clone(), argument.value.clone())).collect();
    Applied { name: name.to_owned(), arguments: Vec::new(), carried }
}

pub(crate) fn same_arguments(a: &Directive, b: &Directive) -> bool {
    a.arguments.len() == b.arguments.len()
        && a.arguments
            .iter()
            .all(|argument| values::same_option(Some(&argument.value), b.specified_argument_by_name(&argument.name)))
}

/// Requirements of several subgraphs hold together.
fn conjunction(
    merge: &mut Merge<'_>,
    what: &str,
    name: &str,
    argument: &'static str,
    applications: &[Application<'_>],
) -> Applied {
    if let [directive] = first_seen(applications).as_slice() {
        return carry(name, directive);
    }
    let all = applications.iter().filter_map(|(_, directive)| directive.specified_argument_by_name(argument));
    let combined = all
        .map(|value| Some(authorization::read(value)))
        .reduce(|left, right| authorization::both(&left?, &right?))
        .flatten();
    if combined.is_none() {
        authorization::report_too_many(merge, name, what);
    }
    Applied::new(name).with(argument, authorization::write(&combined.unwrap_or_default()))
}

/// The largest size, all slicing arguments and sized fields, and "one slicing argument" only where all ask for it.
fn list_size(name: &str, applications: &[Application<'_>]) -> Applied {
    if let [directive] = first_seen(applications).as_slice() {
        return carry(name, directive);
    }
    let values = |argument: &'static str| {
        applications.iter().filter_map(move |(_, directive)| directive.specified_argument_by_name(argument))
    };
    let union = |argument: &'static str| -> Option<Value> {
        let mut all: Vec<Node<Value>> = Vec::new();
        let mut any = false;
        for list in values(argument).filter_map(|value| value.as_list()) {
            any = true;
            for item in list {
                if !all.iter().any(|other| values::same(other, item)) {
                    all.push(item.clone());
                }
            }
        }
        any.then_some(Value::List(all))
    };
    let assumed = values("assumedSize").filter_map(|value| value.to_i32()).max();
    let require_one: Vec<bool> = values("requireOneSlicingArgument").filter_map(|value| value.to_bool()).collect();
    let mut applied = Applied::new(name);
    if let Some(size) = assumed {
        applied = applied.with("assumedSize", Value::from(size));
    }
    if let Some(list) = union("slicingArguments") {
        applied = applied.with("slicingArguments", list);
    }
    if let Some(list) = union("sizedFields") {
        applied = applied.with("sizedFields", list);
    }
    // What an application leaves out is true by default.
    applied.with("requireOneSlicingArgument", Value::Boolean(require_one.iter().all(|value| *value)))
}

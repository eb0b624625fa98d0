//! Owns the merge of what has a type and may have a default value: arguments and input fields.

use apollo_compiler::ast::{InputValueDefinition, Type, Value};
use apollo_compiler::collections::{IndexMap, IndexSet};
use apollo_compiler::{Name, Node};

use super::kinds::Kind;
use super::type_reference::{self, Direction};
use super::{Merge, Source, SubgraphIndex, applied, description};
use crate::compose::merged::MergedInput;
use crate::compose::names::subgraph_list;
use crate::compose::values;
use crate::schema::subgraph::SpecDirective;

/// The codes and words of arguments or of input fields.
pub(crate) struct Words {
    what: &'static str,
    type_mismatch: &'static str,
    inconsistent_type: &'static str,
    default_mismatch: &'static str,
}

pub(crate) const ARGUMENT: Words = Words {
    what: "argument",
    type_mismatch: "FIELD_ARGUMENT_TYPE_MISMATCH",
    inconsistent_type: "INCONSISTENT_BUT_COMPATIBLE_ARGUMENT_TYPE",
    default_mismatch: "FIELD_ARGUMENT_DEFAULT_MISMATCH",
};
pub(crate) const INPUT_FIELD: Words = Words {
    what: "field",
    type_mismatch: "FIELD_TYPE_MISMATCH",
    inconsistent_type: "INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE",
    default_mismatch: "INPUT_FIELD_DEFAULT_MISMATCH",
};

/// Merges one argument or input field; also tells whether all sources have the same type. `None` if there was an error.
pub(crate) fn merge(
    merge: &mut Merge<'_>,
    coordinate: &str,
    words: &Words,
    sources: &[Source<'_, InputValueDefinition>],
) -> Option<(MergedInput, bool)> {
    let types: Vec<(usize, &Type)> = sources.iter().map(|source| (source.subgraph, source.node.ty.as_ref())).collect();
    let reference = match type_reference::merge(merge, Direction::Input, &types) {
        Ok(reference) => reference?,
        Err(disagreement) => {
            let places = sources.iter().map(|source| merge.place(source.subgraph, &source.node.name)).collect();
            let message =
                format!("Type of {} \"{coordinate}\" is incompatible across subgraphs: {disagreement}", words.what);
            merge.error(words.type_mismatch, message, places);
            return None;
        }
    };
    if !reference.same {
        merge.hint(
            words.inconsistent_type,
            format!(
                "Type of {} \"{coordinate}\" is inconsistent but compatible across subgraphs: the supergraph uses \"{}\"",
                words.what, reference.ty
            ),
        );
    }
    let default = default_value(merge, coordinate, words, sources)?;
    let descriptions: Vec<_> =
        sources.iter().map(|source| source.node.description.as_ref().map(|text| text.as_str())).collect();
    let description = description::merge(merge, coordinate, descriptions.into_iter());
    let directives: Vec<_> =
        sources.iter().map(|source| Source { subgraph: source.subgraph, node: &source.node.directives }).collect();
    let applied = applied::merge_nodes(merge, coordinate, &directives);
    Some((MergedInput { description, ty: reference.ty, default, applied }, reference.same))
}

/// The default that all have; `None` after an error.
#[allow(clippy::option_option)]
fn default_value(
    merge: &mut Merge<'_>,
    coordinate: &str,
    words: &Words,
    sources: &[Source<'_, InputValueDefinition>],
) -> Option<Option<Value>> {
    let mut defaults = sources.iter().filter_map(|source| source.node.default_value.as_ref());
    let Some(first) = defaults.next() else { return Some(None) };
    if defaults.any(|other| !values::same(first, other)) {
        let parts: Vec<String> = sources
            .iter()
            .map(|source| {
                let shown = source.node.default_value.as_ref().map_or_else(
                    || "no default value".to_owned(),
                    |value| format!("default value {}", values::to_string(value)),
                );
                format!("{shown} in subgraph \"{}\"", merge.name(source.subgraph))
            })
            .collect();
        let places = sources.iter().map(|source| merge.place(source.subgraph, &source.node.name)).collect();
        let message = format!(
            "{} \"{coordinate}\" has incompatible default values across subgraphs: it has {}",
            if words.what == "argument" { "Argument" } else { "Input field" },
            parts.join(" but ")
        );
        merge.error(words.default_mismatch, message, places);
        return None;
    }
    if sources.iter().any(|source| source.node.default_value.is_none()) {
        let message =
            format!("\"{coordinate}\" has a default value in only some subgraphs: the supergraph will not use it");
        merge.hint("INCONSISTENT_DEFAULT_VALUE_PRESENCE", message);
        return Some(None);
    }
    Some(Some(enum_default(merge, first, sources[0].node.ty.inner_named_type())))
}

/// A default that names an enum value in quotes becomes that value.
fn enum_default(merge: &Merge<'_>, value: &Value, ty: &Name) -> Value {
    match value {
        Value::String(text) if merge.kinds.get(ty) == Some(&Kind::Enum) => Value::Enum(Name::new_unchecked(text)),
        Value::List(items) => Value::List(items.iter().map(|item| Node::new(enum_default(merge, item, ty))).collect()),
        other => other.clone(),
    }
}

/// One subgraph's arguments of a field or a directive.
pub(crate) type Arguments<'a> = (SubgraphIndex, &'a [Node<InputValueDefinition>]);

/// Merges arguments: those that every source has, apart from contextual ones, which clients never see.
pub(crate) fn merge_all(
    merge: &mut Merge<'_>,
    coordinate: &str,
    sources: &[Arguments<'_>],
) -> IndexMap<Name, MergedInput> {
    let names: IndexSet<&Name> =
        sources.iter().flat_map(|(_, arguments)| arguments.iter().map(|argument| &argument.name)).collect();
    let mut merged = IndexMap::default();
    for name in names {
        let argument = format!("{coordinate}({name}:)");
        let found: Vec<_> = sources
            .iter()
            .filter_map(|(subgraph, arguments)| {
                let node = arguments.iter().find(|argument| argument.name == *name)?;
                Some(Source { subgraph: *subgraph, node: node.as_ref() })
            })
            .collect();
        if found.iter().any(|source| is_contextual(source.node)) {
            contextual(merge, &argument, &found);
            continue;
        }
        if found.len() < sources.len() {
            partial(merge, &argument, sources, &found);
            continue;
        }
        if let Some((value, _)) = self::merge(merge, &argument, &ARGUMENT, &found) {
            merged.insert(name.clone(), value);
        }
    }
    merged
}

pub(crate) fn is_contextual(argument: &InputValueDefinition) -> bool {
    argument.directives.has(SpecDirective::FromContext.canonical())
}

/// An argument that one subgraph takes from a context cannot be required of clients by another.
fn contextual(merge: &mut Merge<'_>, coordinate: &str, found: &[Source<'_, InputValueDefinition>]) {
    for source in found.iter().filter(|source| !is_contextual(source.node)) {
        if source.node.is_required() {
            let place = vec![merge.place(source.subgraph, &source.node.name)];
            let message = format!(
                "Argument \"{coordinate}\" is contextual in at least one subgraph but in \"{coordinate}\" it does not have @fromContext, is not nullable and has no default value."
            );
            merge.error("CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS", message, place);
        } else {
            let message = format!(
                "Contextual argument \"{coordinate}\" will not be included in the supergraph since it is contextual in at least one subgraph"
            );
            merge.hint("CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS", message);
        }
    }
}

/// An argument that only some sources have: left out, and an error if one of them needs it.
fn partial(
    merge: &mut Merge<'_>,
    coordinate: &str,
    sources: &[Arguments<'_>],
    found: &[Source<'_, InputValueDefinition>],
) {
    let with: Vec<usize> = found.iter().map(|source| source.subgraph).collect();
    let without = subgraph_list(
        sources
            .iter()
            .map(|(subgraph, _)| *subgraph)
            .filter(|index| !with.contains(index))
            .map(|index| merge.name(index)),
    );
    let required: Vec<_> = found.iter().filter(|source| source.node.is_required()).collect();
    if required.is_empty() {
        let with = subgraph_list(with.iter().map(|index| merge.name(*index)));
        let message = format!(
            "Optional argument \"{coordinate}\" will not be included in the supergraph as it does not appear in all subgraphs: it is defined in {with} but not in {without}"
        );
        merge.hint("INCONSISTENT_ARGUMENT_PRESENCE", message);
        return;
    }
    let required_in = subgraph_list(required.iter().map(|source| merge.name(source.subgraph)));
    let places = required.iter().map(|source| merge.place(source.subgraph, &source.node.name)).collect();
    let message = format!(
        "Argument \"{coordinate}\" is required in some subgraphs but does not appear in all subgraphs: it is required in {required_in} but does not appear in {without}"
    );
    merge.error("REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH", message, places);
}

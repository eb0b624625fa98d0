//! Owns the merge of one field of an object or interface type, and its `@join__field`s.

use apollo_compiler::Name;
use apollo_compiler::ast::{FieldDefinition, Type, Value};

use super::overriding::{self, Overrides};
use super::type_reference::{self, Direction};
use super::{Merge, Source, SubgraphIndex, applied, argument, description, external, sharing};
use crate::compose::merged::{Applied, MergedField};
use crate::compose::names::subgraph_list;
use crate::schema::subgraph::SpecDirective;
use crate::schema::subgraph::facts::fields_text;
use crate::schema::subgraph::field_set;

/// A field as the subgraphs that have its type see it.
pub(crate) struct FieldSources<'a> {
    pub parent: &'a Name,
    pub name: &'a Name,
    pub on_interface: bool,
    pub defined: Vec<Source<'a, FieldDefinition>>,
    /// Subgraphs that have the type without this field.
    pub missing: Vec<SubgraphIndex>,
    /// Subgraphs that resolve it for an interface of the type, as an interface object.
    pub abstracted: Vec<Source<'a, FieldDefinition>>,
}

impl FieldSources<'_> {
    pub fn coordinate(&self) -> String {
        format!("{}.{}", self.parent, self.name)
    }
}

pub(crate) fn merge(merge: &mut Merge<'_>, sources: &FieldSources<'_>) -> Option<MergedField> {
    let coordinate = sources.coordinate();
    let facts = |merge: &Merge<'_>, subgraph: SubgraphIndex| {
        merge.subgraphs[subgraph].facts().is_external(sources.parent, sources.name)
    };
    let (external, mut resolved): (Vec<_>, Vec<_>) =
        sources.defined.iter().copied().partition(|source| facts(merge, source.subgraph));
    if resolved.is_empty() {
        // An interface object resolves it for all implementations.
        resolved.extend(&sources.abstracted);
    }
    if resolved.is_empty() {
        let names = subgraph_list(external.iter().map(|source| merge.name(source.subgraph)));
        let places = external.iter().map(|source| merge.place(source.subgraph, &source.node.name)).collect();
        let message =
            format!("Field \"{coordinate}\" is marked @external on all the subgraphs in which it is listed ({names}).");
        merge.error("EXTERNAL_MISSING_ON_BASE", message, places);
        return None;
    }
    external::check_directives(merge, &coordinate, &external);
    let overrides = overriding::find(merge, sources);
    if !sources.on_interface {
        sharing::check(merge, sources, &overrides);
        sharing::check_subscription(merge, sources);
    }
    let types: Vec<(SubgraphIndex, &Type)> = resolved.iter().map(|source| (source.subgraph, &source.node.ty)).collect();
    let reference = match type_reference::merge(merge, Direction::Output, &types) {
        Ok(reference) => reference?,
        Err(disagreement) => {
            let places = resolved.iter().map(|source| merge.place(source.subgraph, &source.node.name)).collect();
            let message = format!("Type of field \"{coordinate}\" is incompatible across subgraphs: {disagreement}");
            merge.error("FIELD_TYPE_MISMATCH", message, places);
            return None;
        }
    };
    if !sources.on_interface {
        sharing::check_runtime_types(merge, sources, &overrides);
    }
    if !reference.same {
        let message = format!(
            "Type of field \"{coordinate}\" is inconsistent but compatible across subgraphs: the supergraph uses \"{}\"",
            reference.ty
        );
        merge.hint("INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE", message);
    }
    let lists: Vec<_> = resolved.iter().map(|source| (source.subgraph, source.node.arguments.as_slice())).collect();
    let arguments = argument::merge_all(merge, &coordinate, &lists);
    let mut merged = MergedField { description: None, arguments, ty: reference.ty, applied: Vec::new() };
    let same_types = external::check(merge, &coordinate, &merged, &external) && reference.same;
    let descriptions: Vec<_> =
        resolved.iter().map(|source| source.node.description.as_ref().map(|text| text.as_str())).collect();
    merged.description = description::merge(merge, &coordinate, descriptions.into_iter());
    merged.applied = joins(merge, sources, &overrides, same_types);
    let directives: Vec<_> =
        resolved.iter().map(|source| Source { subgraph: source.subgraph, node: &source.node.directives }).collect();
    merged.applied.extend(applied::merge_nodes(merge, &coordinate, &directives));
    applied::sort(merge, &mut merged.applied);
    Some(merged)
}

/// The `@join__field`s; none where every subgraph with the type resolves the field alike.
fn joins(merge: &Merge<'_>, sources: &FieldSources<'_>, overrides: &Overrides, same_types: bool) -> Vec<Applied> {
    let special = |source: &Source<'_, FieldDefinition>| {
        let facts = merge.subgraphs[source.subgraph].facts();
        let marked = [SpecDirective::Requires, SpecDirective::Provides]
            .iter()
            .any(|directive| source.node.directives.has(directive.canonical()));
        marked
            || overrides.is_overriding(source.subgraph)
            || facts.is_external(sources.parent, sources.name)
            || overrides.is_overridden(source.subgraph)
            || source.node.arguments.iter().any(|argument| argument::is_contextual(argument))
    };
    let needed = !same_types || !sources.missing.is_empty() || sources.defined.iter().any(special);
    if !needed {
        return Vec::new();
    }
    sources.defined.iter().filter_map(|source| join(merge, sources, overrides, source, same_types)).collect()
}

fn join(
    merge: &Merge<'_>,
    sources: &FieldSources<'_>,
    overrides: &Overrides,
    source: &Source<'_, FieldDefinition>,
    same_types: bool,
) -> Option<Applied> {
    let subgraph = source.subgraph;
    let label = overrides.label(subgraph);
    if overrides.is_overridden(subgraph) && !overrides.is_used(subgraph) && label.is_none() {
        return None;
    }
    let text =
        |directive: SpecDirective| source.node.directives.get(directive.canonical()).and_then(|node| fields_text(node));
    let mut join = Applied::new("join__field").graph(merge.graph(subgraph));
    if let Some(fields) = text(SpecDirective::Requires) {
        join = join.string("requires", fields);
    }
    if let Some(fields) = text(SpecDirective::Provides) {
        join = join.string("provides", fields);
    }
    if let Some(from) = overrides.from(subgraph) {
        join = join.string("override", from);
    }
    if !same_types {
        join = join.string("type", &source.node.ty.to_string());
    }
    join = join.flag("external", merge.subgraphs[subgraph].facts().is_external(sources.parent, sources.name));
    join = join.flag("usedOverridden", overrides.is_used(subgraph));
    if let Some(label) = label {
        join = join.string("overrideLabel", label);
    }
    let contextual = context_arguments(merge, source);
    if !contextual.is_empty() {
        join = join.with("contextArguments", Value::List(contextual));
    }
    Some(join)
}

/// What `@fromContext` says of a field's arguments, as the supergraph has it.
fn context_arguments(merge: &Merge<'_>, source: &Source<'_, FieldDefinition>) -> Vec<apollo_compiler::Node<Value>> {
    let mut all = Vec::new();
    for argument in &source.node.arguments {
        let Some(directive) = argument.directives.get(SpecDirective::FromContext.canonical()) else { continue };
        let Some(field) = directive.specified_argument_by_name("field").and_then(|value| value.as_str()) else {
            continue;
        };
        let Some((context, selection)) = field_set::split_context(field) else { continue };
        let string = |text: String| apollo_compiler::Node::new(Value::String(text));
        let entry = |name: &'static str, value: String| (Name::new_unchecked(name), string(value));
        all.push(apollo_compiler::Node::new(Value::Object(vec![
            entry("context", format!("{}__{context}", merge.name(source.subgraph))),
            entry("name", argument.name.to_string()),
            entry("type", argument.ty.to_string()),
            entry("selection", selection.to_owned()),
        ])));
    }
    all
}

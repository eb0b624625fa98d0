//! Owns the merge: subgraphs that are each valid become one schema, kind by kind. Findings accumulate in [`Merge`];
//! a type or field that could not be merged is left out, and an error says why.

mod applied;
mod argument;
mod authorization;
mod consistency;
mod custom;
mod definitions;
mod description;
mod directive;
mod enum_;
mod executable;
mod external;
mod field;
mod input_object;
mod interface;
mod joined;
mod kinds;
mod object;
mod one_of;
mod override_label;
mod overriding;
mod post;
mod runtime_types;
mod scalar;
mod sharing;
mod type_reference;
mod union;

use apollo_compiler::Name;
use apollo_compiler::collections::{HashMap, IndexMap, IndexSet};
use apollo_compiler::schema::ExtendedType;

use super::merged::{Applied, MergedKind, MergedSchema, MergedType};
use super::names;
use crate::diagnostics::{Diagnostic, Span};
use crate::schema::subgraph::{SpecDirective, Subgraph, Validated};
use kinds::Kind;

/// Index of a subgraph in the order of names.
pub(crate) type SubgraphIndex = usize;

/// What merging reads and where it leaves findings. Everything but `diagnostics` is fixed once built.
pub(crate) struct Merge<'a> {
    pub subgraphs: &'a [Subgraph<Validated>],
    /// The `join__Graph` value of each subgraph.
    pub graphs: Vec<Name>,
    pub kinds: IndexMap<Name, Kind>,
    /// What each object or interface type implements, in any subgraph.
    pub implements: IndexMap<Name, IndexSet<Name>>,
    pub union_members: IndexMap<Name, IndexSet<Name>>,
    /// The directives that the supergraph carries.
    pub composed: directive::Composed,
    pub diagnostics: &'a mut Vec<Diagnostic>,
    /// Findings that depend on what operations can get to.
    pub deferred: Vec<runtime_types::Finding>,
}

pub fn merge(subgraphs: &[Subgraph<Validated>], diagnostics: &mut Vec<Diagnostic>) -> MergedSchema {
    let graphs = names::graph_enum_values(subgraphs.iter().map(|subgraph| subgraph.name.as_str()));
    let composed = directive::collect(subgraphs, diagnostics);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return MergedSchema::default();
    }
    let kinds = kinds::merge(subgraphs, diagnostics);
    let mut merge = Merge {
        subgraphs,
        graphs,
        implements: kinds::implements(subgraphs, &kinds),
        union_members: kinds::union_members(subgraphs, &kinds),
        kinds,
        composed,
        diagnostics,
        deferred: Vec::new(),
    };
    let mut types = IndexMap::default();
    for (name, kind) in merge.kinds.clone() {
        let merged = match kind {
            Kind::Scalar => scalar::merge(&mut merge, &name),
            Kind::Object => object::merge(&mut merge, &name),
            Kind::Interface => interface::merge(&mut merge, &name),
            Kind::Union => union::merge(&mut merge, &name),
            Kind::InputObject => input_object::merge(&mut merge, &name),
            // What an enum holds depends on where the merged types use it.
            Kind::Enum => continue,
        };
        types.insert(name, merged);
    }
    authorization::pass_to_implementations(&mut merge, &mut types);
    object::add_fields_of_interface_objects(&merge, &mut types);
    authorization::pass_to_interfaces(&mut merge, &mut types);
    let directives = [executable::merge(&mut merge), custom::definitions(&mut merge)].concat();
    let usage = enum_::usage(&merge, &types, &directives);
    for (name, kind) in merge.kinds.clone() {
        if kind == Kind::Enum {
            let merged = enum_::merge(&mut merge, &name, usage.get(&name).copied().unwrap_or_default());
            types.insert(name, merged);
        }
    }
    object::drop_empty_roots(&mut types);
    custom::check(&mut merge);
    post::check(&mut merge, &types);
    let deferred = runtime_types::reachable(
        std::mem::take(&mut merge.deferred),
        &types,
        merge.composed.get(SpecDirective::Inaccessible.canonical()).map(|composed| &composed.name),
    );
    MergedSchema { deferred, ..definitions::schema(&mut merge, types, &directives) }
}

/// One subgraph's part in a merged element.
pub(crate) struct Source<'a, T: ?Sized> {
    pub subgraph: SubgraphIndex,
    pub node: &'a T,
}

impl<T: ?Sized> Clone for Source<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Source<'_, T> {}

impl<'a> Merge<'a> {
    /// The subgraphs that have the type, with their definition of it.
    pub fn sources(&self, name: &Name) -> Vec<Source<'a, ExtendedType>> {
        let subgraphs = self.subgraphs;
        subgraphs
            .iter()
            .enumerate()
            .filter_map(|(subgraph, found)| {
                let node = found.schema.types.get(name).filter(|ty| !ty.is_built_in())?;
                Some(Source { subgraph, node })
            })
            .collect()
    }

    pub fn name(&self, subgraph: SubgraphIndex) -> &'a str {
        let subgraphs = self.subgraphs;
        &subgraphs[subgraph].name
    }

    pub fn graph(&self, subgraph: SubgraphIndex) -> &Name {
        &self.graphs[subgraph]
    }

    pub fn error(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        places: Vec<(SubgraphIndex, Option<Span>)>,
    ) {
        self.report(Diagnostic::error(code, message), places);
    }

    /// Tells that requirements or sizes of several subgraphs became one.
    pub fn hint_combined(&mut self, directive: &str, what: &str) {
        let message = format!(
            "Directive @{directive} is applied to \"{what}\" in multiple subgraphs with different arguments: the supergraph combines them"
        );
        self.hint("MERGED_NON_REPEATABLE_DIRECTIVE_ARGUMENTS", message);
    }

    pub fn hint(&mut self, code: &'static str, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic::hint(code, message));
    }

    fn report(&mut self, mut diagnostic: Diagnostic, places: Vec<(SubgraphIndex, Option<Span>)>) {
        for (subgraph, span) in places {
            diagnostic = diagnostic.at(span, format!("in subgraph \"{}\"", self.name(subgraph)));
        }
        self.diagnostics.push(diagnostic);
    }

    /// The place of a name in its subgraph's file.
    pub fn place(&self, subgraph: SubgraphIndex, name: &Name) -> (SubgraphIndex, Option<Span>) {
        (subgraph, self.subgraphs[subgraph].span(name.location()))
    }

    /// What a type has whatever its kind: its description, `@join__type` and the directives it carries.
    pub(crate) fn merged_type(
        &mut self,
        name: &Name,
        sources: &[Source<'a, ExtendedType>],
        mut joins: Vec<Applied>,
        kind: MergedKind,
    ) -> MergedType {
        let description = description::merge(
            self,
            name,
            sources.iter().map(|source| source.node.description().map(|text| text.as_str())),
        );
        let directives: Vec<_> =
            sources.iter().map(|source| Source { subgraph: source.subgraph, node: source.node.directives() }).collect();
        joins.extend(applied::merge_components(self, name, &directives));
        applied::sort_on_type(self, &mut joins);
        MergedType { description, applied: joins, kind }
    }

    /// `@join__type` for every subgraph that has the type, once for each of its keys there.
    pub fn join_types(&self, name: &Name, sources: &[Source<'a, ExtendedType>]) -> Vec<Applied> {
        let mut joins = Vec::new();
        for source in sources {
            let facts = self.subgraphs[source.subgraph].facts();
            let is_interface_object = facts.interface_objects.contains(name);
            let base = || Applied::new("join__type").graph(self.graph(source.subgraph));
            match facts.keys.get(name) {
                None => joins.push(base().flag("isInterfaceObject", is_interface_object)),
                Some(keys) => joins.extend(keys.iter().map(|key| {
                    let mut join = base().string("key", &key.text).flag("extension", key.extension);
                    if key.says_resolvable {
                        join = join.with("resolvable", apollo_compiler::ast::Value::Boolean(key.resolvable));
                    }
                    join.flag("isInterfaceObject", is_interface_object)
                })),
            }
        }
        joins
    }

    /// `@join__implements` for every interface that a subgraph has the type implement.
    pub fn join_implements(&self, sources: &[Source<'a, ExtendedType>]) -> Vec<Applied> {
        sources
            .iter()
            .flat_map(|source| {
                let graph = self.graph(source.subgraph);
                crate::schema::subgraph::facts::interfaces_of(source.node)
                    .map(move |interface| Applied::new("join__implements").graph(graph).string("interface", interface))
            })
            .collect()
    }

    pub fn is_subtype(&self, supertype: &Name, subtype: &Name) -> bool {
        let contains = |map: &IndexMap<Name, IndexSet<Name>>, of: &Name, what: &Name| {
            map.get(of).is_some_and(|set| set.contains(what))
        };
        contains(&self.implements, subtype, supertype) || contains(&self.union_members, supertype, subtype)
    }
}

/// How many subgraphs say the same: the most frequent value, the first of them on a tie.
pub(crate) fn most_frequent<T: Clone>(
    values: impl Iterator<Item = T>,
    same: impl Fn(&T, &T) -> bool,
) -> Vec<(T, usize)> {
    let mut counts: Vec<(T, usize)> = Vec::new();
    for value in values {
        match counts.iter_mut().find(|(other, _)| same(other, &value)) {
            Some((_, count)) => *count += 1,
            None => counts.push((value, 1)),
        }
    }
    // Stable: the first of equals stays first.
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}

/// Types by name, for lookups that do not care for order.
pub(crate) type ByName<T> = HashMap<Name, T>;

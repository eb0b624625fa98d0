//! Owns which types there are and of which kind, and how they relate: what must be known before any is merged.

use apollo_compiler::Name;
use apollo_compiler::collections::{IndexMap, IndexSet};
use apollo_compiler::schema::ExtendedType;

use crate::compose::names::{quoted_list, subgraph_list};
use crate::diagnostics::Diagnostic;
use crate::schema::subgraph::facts::interfaces_of;
use crate::schema::subgraph::{Subgraph, Validated};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Scalar,
    Object,
    Interface,
    Union,
    Enum,
    InputObject,
}

impl Kind {
    fn of(subgraph: &Subgraph<Validated>, name: &Name, ty: &ExtendedType) -> Self {
        match ty {
            ExtendedType::Scalar(_) => Self::Scalar,
            // To the other subgraphs an interface object is an interface.
            ExtendedType::Object(_) if subgraph.facts().interface_objects.contains(name) => Self::Interface,
            ExtendedType::Object(_) => Self::Object,
            ExtendedType::Interface(_) => Self::Interface,
            ExtendedType::Union(_) => Self::Union,
            ExtendedType::Enum(_) => Self::Enum,
            ExtendedType::InputObject(_) => Self::InputObject,
        }
    }

    fn describe(self) -> &'static str {
        match self {
            Self::Scalar => "Scalar",
            Self::Object => "Object",
            Self::Interface => "Interface",
            Self::Union => "Union",
            Self::Enum => "Enum",
            Self::InputObject => "InputObject",
        }
    }
}

/// The kind of every type; a type that is of several is reported, and left out.
pub fn merge(subgraphs: &[Subgraph<Validated>], diagnostics: &mut Vec<Diagnostic>) -> IndexMap<Name, Kind> {
    let mut found: IndexMap<Name, Vec<(usize, Kind)>> = IndexMap::default();
    for (index, subgraph) in subgraphs.iter().enumerate() {
        for (name, ty) in subgraph.types() {
            found.entry(name.clone()).or_default().push((index, Kind::of(subgraph, name, ty)));
        }
    }
    let mut kinds = IndexMap::default();
    for (name, sources) in found {
        let first = sources[0].1;
        if sources.iter().all(|(_, kind)| *kind == first) {
            check_interface_object(subgraphs, &name, &sources, diagnostics);
            kinds.insert(name, first);
            continue;
        }
        let mut parts: Vec<String> = Vec::new();
        let mut distinct: Vec<Kind> = sources.iter().map(|(_, kind)| *kind).collect();
        distinct.sort();
        distinct.dedup();
        for kind in distinct {
            let names =
                sources.iter().filter(|(_, other)| *other == kind).map(|(index, _)| subgraphs[*index].name.as_str());
            parts.push(format!("{} Type in {}", kind.describe(), subgraph_list(names)));
        }
        let mut diagnostic = Diagnostic::error(
            "TYPE_KIND_MISMATCH",
            format!("Type \"{name}\" has mismatched kind: it is defined as {}", parts.join(" but ")),
        );
        for (index, kind) in &sources {
            let subgraph = &subgraphs[*index];
            let place = subgraph.schema.types.get(&name).and_then(|ty| subgraph.span(ty.name().location()));
            diagnostic = diagnostic.at(place, format!("{} in subgraph \"{}\"", kind.describe(), subgraph.name));
        }
        diagnostics.push(diagnostic);
    }
    kinds
}

/// An interface object needs the interface in another subgraph.
fn check_interface_object(
    subgraphs: &[Subgraph<Validated>],
    name: &Name,
    sources: &[(usize, Kind)],
    diagnostics: &mut Vec<Diagnostic>,
) {
    let is_interface_object = |index: &usize| subgraphs[*index].facts().interface_objects.contains(name);
    if sources.iter().all(|(index, _)| is_interface_object(index)) && sources[0].1 == Kind::Interface {
        let names = quoted_list(sources.iter().map(|(index, _)| subgraphs[*index].name.as_str()));
        diagnostics.push(Diagnostic::error(
            "INTERFACE_OBJECT_USAGE_ERROR",
            format!(
                "Type \"{name}\" is declared with @interfaceObject in all the subgraphs in which it is defined (it is defined in {names} but should be defined as an interface in at least one subgraph)"
            ),
        ));
    }
}

/// What each type implements in any subgraph, in the order in which it is met.
pub fn implements(subgraphs: &[Subgraph<Validated>], kinds: &IndexMap<Name, Kind>) -> IndexMap<Name, IndexSet<Name>> {
    let mut all: IndexMap<Name, IndexSet<Name>> = IndexMap::default();
    for subgraph in subgraphs {
        for (name, ty) in subgraph.types().filter(|(name, _)| kinds.contains_key(*name)) {
            for interface in interfaces_of(ty) {
                all.entry(name.clone()).or_default().insert(interface.clone());
            }
        }
    }
    all
}

pub fn union_members(
    subgraphs: &[Subgraph<Validated>],
    kinds: &IndexMap<Name, Kind>,
) -> IndexMap<Name, IndexSet<Name>> {
    let mut all: IndexMap<Name, IndexSet<Name>> = IndexMap::default();
    for subgraph in subgraphs {
        for (name, ty) in subgraph.types().filter(|(name, _)| kinds.get(*name) == Some(&Kind::Union)) {
            if let ExtendedType::Union(union) = ty {
                all.entry(name.clone()).or_default().extend(union.members.iter().map(|member| member.name.clone()));
            }
        }
    }
    all
}

//! Owns which directives the supergraph carries: those of known features that are used, and those that
//! `@composeDirective` names.

use apollo_compiler::ast::DirectiveDefinition;
use apollo_compiler::collections::{IndexMap, IndexSet};
use apollo_compiler::{Name, Node};

use super::custom;
use crate::compose::names::subgraph_list;
use crate::diagnostics::Diagnostic;
use crate::schema::subgraph::link::Version;
use crate::schema::subgraph::spec::ROWS;
use crate::schema::subgraph::{SpecDirective, Subgraph, Validated};

/// A directive that is carried.
#[derive(Debug, Clone)]
pub struct ComposedDirective {
    /// What the supergraph calls it.
    pub name: String,
    pub origin: Origin,
}

#[derive(Debug, Clone)]
pub enum Origin {
    Spec(SpecDirective),
    /// Of a specification of the user's own, with what the supergraph links it as.
    Custom {
        link: CustomLink,
        element: String,
        definition: Node<DirectiveDefinition>,
        /// The subgraph that the definition is of.
        defined_in: String,
        /// The subgraphs that ask for it: the others' applications are theirs alone.
        subgraphs: IndexSet<String>,
    },
}

#[derive(Debug, Clone)]
pub struct CustomLink {
    pub identity: String,
    pub url: String,
    pub version: Version,
}

/// By the name that subgraphs' schemas have them under.
pub type Composed = IndexMap<String, ComposedDirective>;

pub fn collect(subgraphs: &[Subgraph<Validated>], diagnostics: &mut Vec<Diagnostic>) -> Composed {
    let mut composed = Composed::default();
    for subgraph in subgraphs {
        let used = used_directives(subgraph);
        for row in ROWS.iter().filter(|row| row.feature.is_some() && used.contains(row.canonical)) {
            let Some(local) = subgraph.links.local_name(row.directive) else { continue };
            composed
                .entry(row.canonical.to_owned())
                .or_insert(ComposedDirective { name: local, origin: Origin::Spec(row.directive) });
        }
    }
    check_spec_names(subgraphs, &composed, diagnostics);
    custom::collect(subgraphs, &mut composed, diagnostics);
    composed
}

/// All subgraphs must call a directive of a feature the same.
fn check_spec_names(subgraphs: &[Subgraph<Validated>], composed: &Composed, diagnostics: &mut Vec<Diagnostic>) {
    for (canonical, directive) in composed {
        let Origin::Spec(spec) = directive.origin else { continue };
        if spec == SpecDirective::CacheTag {
            continue;
        }
        let mut names: Vec<(String, Vec<&str>)> = Vec::new();
        for subgraph in subgraphs.iter().filter(|subgraph| used_directives(subgraph).contains(canonical.as_str())) {
            let Some(local) = subgraph.links.local_name(spec) else { continue };
            match names.iter_mut().find(|(name, _)| *name == local) {
                Some((_, list)) => list.push(&subgraph.name),
                None => names.push((local, vec![&subgraph.name])),
            }
        }
        if names.len() > 1 {
            let parts: Vec<String> =
                names.into_iter().map(|(name, list)| format!("name \"@{name}\" in {}", subgraph_list(list))).collect();
            diagnostics.push(Diagnostic::error(
                "LINK_IMPORT_NAME_MISMATCH",
                format!(
                    "The \"@{}\" directive is imported with mismatched name between subgraphs: it is imported as {}",
                    spec.name(),
                    parts.join(" but ")
                ),
            ));
        }
    }
}

/// The names of all directives that a subgraph applies to types and what is in them, or to its schema.
pub fn used_directives(subgraph: &Subgraph<Validated>) -> IndexSet<&str> {
    use apollo_compiler::schema::ExtendedType;
    let mut used: IndexSet<&str> = subgraph.schema_directives.iter().map(|directive| directive.name.as_str()).collect();
    let add = |directives: &'_ apollo_compiler::ast::DirectiveList| -> Vec<Name> {
        directives.iter().map(|directive| directive.name.clone()).collect()
    };
    let mut names: Vec<Name> = Vec::new();
    for definition in subgraph.schema.directive_definitions.values().filter(|definition| !definition.is_built_in()) {
        names.extend(definition.arguments.iter().flat_map(|argument| add(&argument.directives)));
    }
    for (_, ty) in subgraph.types() {
        used.extend(ty.directives().iter().map(|directive| directive.name.as_str()));
        match ty {
            ExtendedType::Object(_) | ExtendedType::Interface(_) => {
                for field in
                    crate::schema::subgraph::field_set::fields_of(ty).into_iter().flat_map(|fields| fields.values())
                {
                    names.extend(add(&field.directives));
                    names.extend(field.arguments.iter().flat_map(|argument| add(&argument.directives)));
                }
            }
            ExtendedType::Enum(ty) => names.extend(ty.values.values().flat_map(|value| add(&value.directives))),
            ExtendedType::InputObject(ty) => names.extend(ty.fields.values().flat_map(|field| add(&field.directives))),
            ExtendedType::Scalar(_) | ExtendedType::Union(_) => {}
        }
    }
    // The definitions live as long as the subgraph; the collected names do not.
    for name in names {
        if let Some((known, _)) = subgraph.schema.directive_definitions.get_key_value(&name) {
            used.insert(known.as_str());
        }
    }
    used
}

//! Owns which directives the supergraph carries: those of known features, those that `@composeDirective` names, and those
//! that operations may use and every subgraph defines.

use apollo_compiler::ast::DirectiveDefinition;
use apollo_compiler::collections::{IndexMap, IndexSet};
use apollo_compiler::{Name, Node};

use crate::compose::names::subgraph_list;
use crate::diagnostics::Diagnostic;
use crate::schema::subgraph::link::{Link, Version};
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
        /// The subgraphs that ask for it: the others' applications are theirs alone.
        subgraphs: IndexSet<String>,
    },
}

#[derive(Debug, Clone)]
pub struct CustomLink {
    pub identity: String,
    pub url: String,
    pub alias: Option<String>,
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
    for subgraph in subgraphs {
        for directive in
            subgraph.schema_directives.iter().filter(|d| d.name == SpecDirective::ComposeDirective.canonical())
        {
            if let Err(message) = custom(subgraph, directive, &mut composed) {
                diagnostics.push(subgraph.error("DIRECTIVE_COMPOSITION_ERROR", message, directive.location()));
            }
        }
    }
    check_custom(&composed, diagnostics);
    composed
}

/// One element of a specification has one name, and one specification one major version, over all subgraphs.
fn check_custom(composed: &Composed, diagnostics: &mut Vec<Diagnostic>) {
    let mut seen: IndexMap<(&str, &str), &str> = IndexMap::default();
    let mut majors: IndexMap<&str, u32> = IndexMap::default();
    for directive in composed.values() {
        let Origin::Custom { link, element, .. } = &directive.origin else { continue };
        let other = *seen.entry((&link.identity, element)).or_insert(&directive.name);
        if other != directive.name {
            diagnostics.push(Diagnostic::error(
                "DIRECTIVE_COMPOSITION_ERROR",
                format!(
                    "Composed directive \"@{element}\" of \"{}\" does not have the same name in all subgraphs: it is \"@{other}\" and \"@{}\"",
                    link.identity, directive.name
                ),
            ));
        }
        if *majors.entry(&link.identity).or_insert(link.version.major) != link.version.major {
            diagnostics.push(Diagnostic::error(
                "DIRECTIVE_COMPOSITION_ERROR",
                format!(
                    "Core feature \"{}\" requested to be merged has major version mismatch across subgraphs",
                    link.identity
                ),
            ));
        }
    }
}

/// All subgraphs must call a directive of a feature the same.
fn check_spec_names(subgraphs: &[Subgraph<Validated>], composed: &Composed, diagnostics: &mut Vec<Diagnostic>) {
    for (canonical, directive) in composed {
        let Origin::Spec(spec) = directive.origin else { continue };
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

/// Reads one `@composeDirective`.
fn custom(
    subgraph: &Subgraph<Validated>,
    directive: &Node<apollo_compiler::ast::Directive>,
    composed: &mut Composed,
) -> Result<(), String> {
    let argument = directive.specified_argument_by_name("name").and_then(|value| value.as_str());
    let Some(text) = argument.filter(|text| !text.is_empty()) else {
        return Err(format!(
            "Argument to @composeDirective in subgraph \"{}\" cannot be NULL or an empty String",
            subgraph.name
        ));
    };
    let Some(name) = text.strip_prefix('@') else {
        return Err(format!(
            "Argument to @composeDirective \"{text}\" in subgraph \"{}\" must have a leading \"@\"",
            subgraph.name
        ));
    };
    let Some(definition) = subgraph.schema.directive_definitions.get(name) else {
        let built_in = ROWS.iter().any(|row| subgraph.links.local_name(row.directive).as_deref() == Some(name));
        return Err(if built_in {
            format!(
                "Directive \"@{name}\" in subgraph \"{}\" cannot be composed because it is a federation directive",
                subgraph.name
            )
        } else {
            format!(
                "Could not find matching directive definition for argument to @composeDirective \"@{name}\" in subgraph \"{}\".",
                subgraph.name
            )
        });
    };
    let Some((link, element)) = subgraph.links.feature_of(name) else {
        return Err(format!(
            "Directive \"@{name}\" in subgraph \"{}\" cannot be composed because it is not a member of a core feature",
            subgraph.name
        ));
    };
    let found = ComposedDirective {
        name: name.to_owned(),
        origin: Origin::Custom {
            link: custom_link(link),
            element: element.clone(),
            definition: definition.clone(),
            subgraphs: IndexSet::from_iter([subgraph.name.clone()]),
        },
    };
    match composed.get_mut(name) {
        None => {
            composed.insert(name.to_owned(), found);
        }
        Some(known) => {
            let Origin::Custom { link: known_link, element: known_element, definition: merged, subgraphs } =
                &mut known.origin
            else {
                return Ok(());
            };
            if known_link.identity != link.identity {
                return Err(format!(
                    "Composed directive \"@{name}\" is of \"{}\" in subgraph \"{}\" but of \"{}\" in another",
                    link.identity, subgraph.name, known_link.identity
                ));
            }
            if known_link.version.major != link.version.major {
                return Err(format!(
                    "Core feature \"{}\" requested to be merged has major version mismatch across subgraphs",
                    link.identity
                ));
            }
            if *known_element != element {
                return Err(format!(
                    "Composed directive \"@{name}\" is \"@{element}\" of its specification in subgraph \"{}\" but \"@{known_element}\" in another",
                    subgraph.name
                ));
            }
            subgraphs.insert(subgraph.name.clone());
            // The newest definition is used, wherever any of them may stand.
            let (mut newest, other) = if link.version > known_link.version {
                (definition.clone(), merged.clone())
            } else {
                (merged.clone(), definition.clone())
            };
            let missing: Vec<_> =
                other.locations.iter().filter(|location| !newest.locations.contains(location)).copied().collect();
            if !missing.is_empty() {
                newest.make_mut().locations.extend(missing);
            }
            if link.version > known_link.version {
                *known_link = custom_link(link);
            }
            *merged = newest;
        }
    }
    Ok(())
}

fn custom_link(link: &Link) -> CustomLink {
    CustomLink {
        identity: link.identity.clone(),
        url: link.url.clone(),
        alias: link.alias.clone(),
        version: link.version,
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

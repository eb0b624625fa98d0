//! Owns `@composeDirective`: directives of the users' own specifications that the supergraph carries, and what of the
//! subgraphs' use of them does not go together.

use apollo_compiler::Node;
use apollo_compiler::ast::{Directive, DirectiveList, DirectiveLocation};
use apollo_compiler::collections::{IndexMap, IndexSet};
use apollo_compiler::schema::ExtendedType;

use super::directive::{Composed, ComposedDirective, CustomLink, Origin};
use super::{Merge, Source, SubgraphIndex, applied};
use crate::compose::merged::{MergedDirective, MergedInput};
use crate::diagnostics::Diagnostic;
use crate::schema::subgraph::field_set::fields_of;
use crate::schema::subgraph::link::Link;
use crate::schema::subgraph::spec::ROWS;
use crate::schema::subgraph::{SpecDirective, Subgraph, Validated};

const ERROR: &str = "DIRECTIVE_COMPOSITION_ERROR";

/// Adds what `@composeDirective` names to what is carried.
pub(crate) fn collect(subgraphs: &[Subgraph<Validated>], composed: &mut Composed, diagnostics: &mut Vec<Diagnostic>) {
    for subgraph in subgraphs {
        let canonical = SpecDirective::ComposeDirective.canonical();
        for directive in subgraph.schema_directives.iter().filter(|directive| directive.name == canonical) {
            match read(subgraph, directive, composed) {
                Ok(None) => {}
                Ok(Some(hint)) => diagnostics.push(Diagnostic::hint("DIRECTIVE_COMPOSITION_INFO", hint)),
                Err(message) => diagnostics.push(subgraph.error(ERROR, message, directive.location())),
            }
        }
    }
    check_names(composed, diagnostics);
    check_versions(subgraphs, diagnostics);
    check_other_names(subgraphs, composed, diagnostics);
}

/// One element of a specification has one name, and one specification one major version, where they are composed.
fn check_names(composed: &Composed, diagnostics: &mut Vec<Diagnostic>) {
    let mut seen: IndexMap<(&str, &str), &str> = IndexMap::default();
    let mut majors: IndexMap<&str, u32> = IndexMap::default();
    for directive in composed.values() {
        let Origin::Custom { link, element, .. } = &directive.origin else { continue };
        let other = *seen.entry((&link.identity, element)).or_insert(&directive.name);
        if other != directive.name {
            diagnostics.push(Diagnostic::error(
                ERROR,
                format!(
                    "Composed directive \"@{element}\" of \"{}\" does not have the same name in all subgraphs: it is \"@{other}\" and \"@{}\"",
                    link.identity, directive.name
                ),
            ));
        }
        if *majors.entry(&link.identity).or_insert(link.version.major) != link.version.major {
            diagnostics.push(Diagnostic::error(
                ERROR,
                format!(
                    "Core feature \"{}\" requested to be merged has major version mismatch across subgraphs",
                    link.identity
                ),
            ));
        }
    }
}

/// Other major versions where nothing is composed do no harm.
fn check_versions(subgraphs: &[Subgraph<Validated>], diagnostics: &mut Vec<Diagnostic>) {
    let failed = diagnostics.iter().any(Diagnostic::is_error);
    let is_known = |identity: &str| identity.starts_with("https://specs.apollo.dev/");
    let mut majors: IndexMap<&str, IndexSet<u32>> = IndexMap::default();
    for link in subgraphs.iter().flat_map(|subgraph| &subgraph.links.0).filter(|link| !is_known(&link.identity)) {
        majors.entry(&link.identity).or_default().insert(link.version.major);
    }
    for (identity, _) in majors.iter().filter(|(_, majors)| majors.len() > 1 && !failed) {
        let message = format!("Non-composed core feature \"{identity}\" has major version mismatch across subgraphs");
        diagnostics.push(Diagnostic::hint("DIRECTIVE_COMPOSITION_INFO", message));
    }
}

/// A subgraph that does not compose a directive may call it something else, for now.
fn check_other_names(subgraphs: &[Subgraph<Validated>], composed: &Composed, diagnostics: &mut Vec<Diagnostic>) {
    for directive in composed.values() {
        let Origin::Custom { link, element, subgraphs: asking, .. } = &directive.origin else { continue };
        let named_otherwise = |subgraph: &&Subgraph<Validated>| {
            let imported = subgraph
                .links
                .get(&link.identity)
                .and_then(|link| link.imports.iter().find(|import| import.is_directive && import.name == *element));
            !asking.contains(&subgraph.name) && imported.is_some_and(|import| import.local != directive.name)
        };
        for subgraph in subgraphs.iter().filter(named_otherwise) {
            let message = format!(
                "Composed directive \"@{}\" is named differently in subgraph \"{}\", which does not export it. Consistent naming will be required to export it.",
                directive.name, subgraph.name
            );
            diagnostics.push(Diagnostic::hint("DIRECTIVE_COMPOSITION_WARN", message));
        }
    }
}

/// Reads one `@composeDirective`; a directive that is composed in any case gives a hint.
fn read(
    subgraph: &Subgraph<Validated>,
    directive: &Node<Directive>,
    composed: &mut Composed,
) -> Result<Option<String>, String> {
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
    if let Some(row) = ROWS.iter().find(|row| subgraph.links.local_name(row.directive).as_deref() == Some(name)) {
        if row.feature.is_some() {
            return Ok(Some(format!(
                "Directive \"@{name}\" in subgraph \"{}\" need not be composed with @composeDirective: it always is",
                subgraph.name
            )));
        }
        return Err(format!(
            "Directive \"@{name}\" in subgraph \"{}\" cannot be composed because it is a federation directive",
            subgraph.name
        ));
    }
    let Some(definition) = subgraph.schema.directive_definitions.get(name) else {
        return Err(format!(
            "Could not find matching directive definition for argument to @composeDirective \"@{name}\" in subgraph \"{}\".",
            subgraph.name
        ));
    };
    let Some((link, element)) = subgraph.links.feature_of(name) else {
        return Err(format!(
            "Directive \"@{name}\" in subgraph \"{}\" cannot be composed because it is not a member of a core feature",
            subgraph.name
        ));
    };
    let found = Origin::Custom {
        link: custom_link(link),
        element: element.clone(),
        definition: definition.clone(),
        defined_in: subgraph.name.clone(),
        subgraphs: IndexSet::from_iter([subgraph.name.clone()]),
    };
    let Some(known) = composed.get_mut(name) else {
        composed.insert(name.to_owned(), ComposedDirective { name: name.to_owned(), origin: found });
        return Ok(None);
    };
    let Origin::Custom { link: known_link, element: known_element, definition: newest, defined_in, subgraphs } =
        &mut known.origin
    else {
        return Ok(None);
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
    // The newest definition counts, of equals the last.
    if link.version >= known_link.version {
        *known_link = custom_link(link);
        *newest = definition.clone();
        defined_in.clone_from(&subgraph.name);
    }
    Ok(None)
}

fn custom_link(link: &Link) -> CustomLink {
    CustomLink { identity: link.identity.clone(), url: link.url.clone(), version: link.version }
}

/// The definitions that the supergraph has of composed directives.
pub(crate) fn definitions(merge: &mut Merge<'_>) -> Vec<MergedDirective> {
    let composed: Vec<ComposedDirective> = merge.composed.values().cloned().collect();
    let definition = |composed: ComposedDirective| {
        let Origin::Custom { definition, defined_in, .. } = composed.origin else { return None };
        let subgraph = merge.subgraphs.iter().position(|subgraph| subgraph.name == defined_in)?;
        let mut arguments = IndexMap::default();
        for argument in &definition.arguments {
            let coordinate = format!("@{}({}:)", composed.name, argument.name);
            let applied = applied::merge_nodes(merge, &coordinate, &[Source { subgraph, node: &argument.directives }]);
            let merged = MergedInput {
                description: argument.description.as_ref().map(|text| text.to_string()),
                ty: argument.ty.as_ref().clone(),
                default: argument.default_value.as_ref().map(|value| value.as_ref().clone()),
                applied,
            };
            arguments.insert(argument.name.clone(), merged);
        }
        Some(MergedDirective {
            name: composed.name,
            description: definition.description.as_ref().map(|text| text.to_string()),
            arguments,
            repeatable: definition.repeatable,
            locations: definition.locations.clone(),
        })
    };
    composed.into_iter().filter_map(definition).collect()
}

/// One definition is carried, and every application must fit it.
pub(crate) fn check(merge: &mut Merge<'_>) {
    let subgraphs = merge.subgraphs;
    for (index, subgraph) in subgraphs.iter().enumerate() {
        for (_, ty) in subgraph.types() {
            let on_type: Vec<&Directive> = ty.directives().iter().map(|directive| directive.node.as_ref()).collect();
            check_list(merge, index, location_of(ty), &on_type);
            for field in fields_of(ty).into_iter().flat_map(|fields| fields.values()) {
                check_nodes(merge, index, DirectiveLocation::FieldDefinition, &field.directives);
                for argument in &field.arguments {
                    check_nodes(merge, index, DirectiveLocation::ArgumentDefinition, &argument.directives);
                }
            }
            match ty {
                ExtendedType::Enum(ty) => {
                    for value in ty.values.values() {
                        check_nodes(merge, index, DirectiveLocation::EnumValue, &value.directives);
                    }
                }
                ExtendedType::InputObject(ty) => {
                    for field in ty.fields.values() {
                        check_nodes(merge, index, DirectiveLocation::InputFieldDefinition, &field.directives);
                    }
                }
                ExtendedType::Scalar(_)
                | ExtendedType::Object(_)
                | ExtendedType::Interface(_)
                | ExtendedType::Union(_) => {}
            }
        }
    }
}

fn location_of(ty: &ExtendedType) -> DirectiveLocation {
    match ty {
        ExtendedType::Scalar(_) => DirectiveLocation::Scalar,
        ExtendedType::Object(_) => DirectiveLocation::Object,
        ExtendedType::Interface(_) => DirectiveLocation::Interface,
        ExtendedType::Union(_) => DirectiveLocation::Union,
        ExtendedType::Enum(_) => DirectiveLocation::Enum,
        ExtendedType::InputObject(_) => DirectiveLocation::InputObject,
    }
}

fn check_nodes(merge: &mut Merge<'_>, subgraph: SubgraphIndex, location: DirectiveLocation, list: &DirectiveList) {
    let all: Vec<&Directive> = list.iter().map(Node::as_ref).collect();
    check_list(merge, subgraph, location, &all);
}

fn check_list(merge: &mut Merge<'_>, subgraph: SubgraphIndex, location: DirectiveLocation, list: &[&Directive]) {
    let subgraphs = merge.subgraphs;
    for directive in list {
        let name = &directive.name;
        let Some(ComposedDirective { origin: Origin::Custom { definition, subgraphs: asking, .. }, .. }) =
            merge.composed.get(name.as_str())
        else {
            continue;
        };
        if !asking.contains(&subgraphs[subgraph].name) {
            continue;
        }
        let unknown = directive.arguments.iter().find(|argument| definition.argument_by_name(&argument.name).is_none());
        let missing = definition
            .arguments
            .iter()
            .find(|argument| argument.is_required() && directive.specified_argument_by_name(&argument.name).is_none());
        let problem = if !definition.locations.contains(&location) {
            format!("may not be used on {location}")
        } else if let Some(argument) = unknown {
            format!("has no argument \"{}\"", argument.name)
        } else if let Some(argument) = missing {
            format!("requires the argument \"{}\"", argument.name)
        } else {
            continue;
        };
        let message = format!("Directive \"@{name}\" {problem} in the definition that is composed of all subgraphs.");
        let place = name.location().or(definition.name.location());
        let diagnostic = subgraphs[subgraph]
            .error("INVALID_GRAPHQL", message, place)
            .help("define the directive alike in all subgraphs that compose it");
        merge.diagnostics.push(diagnostic);
    }
}

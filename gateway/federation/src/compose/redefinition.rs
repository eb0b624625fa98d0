//! Owns what happens to a file's own definitions of a specification's directives and types: they are checked against
//! the specification, and taken out, since ours are added.

use apollo_compiler::ast::{Definition, DirectiveDefinition, Document};
use apollo_compiler::parser::FileId;
use apollo_compiler::{Name, Schema};

use crate::diagnostics::{Diagnostic, Span};
use crate::schema::subgraph::link::Links;
use crate::schema::subgraph::spec::{self, Row};
use crate::schema::subgraph::{Federation, SubgraphInput};

/// Removes them from the document; returns what is wrong with them.
pub fn take(
    document: &mut Document,
    links: &Links,
    rows: &[&Row],
    federation: Federation,
    input: &SubgraphInput,
    file: Option<FileId>,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let local: Vec<(String, &Row)> =
        rows.iter().filter_map(|row| Some((links.local_name(row.directive)?, *row))).collect();
    let link_name = links.get(spec::LINK).map_or_else(|| "link".to_owned(), |link| link.local_directive("link"));
    let types = machinery_types(links, federation);
    let mut error = |code, message: String, name: &Name| {
        let at = name.location().filter(|at| Some(at.file_id()) == file);
        let at = at.map(|at| Span::new(&input.source, at.offset()..at.end_offset()));
        found.push(Diagnostic::error(code, message).in_subgraph(&input.name).at(at, ""));
    };
    document.definitions.retain(|definition| match definition {
        Definition::DirectiveDefinition(node) => {
            if let Some((_, row)) = local.iter().find(|(name, _)| node.name == name.as_str()) {
                if let Some(problem) = problem(node, row) {
                    error("DIRECTIVE_DEFINITION_INVALID", format!("Invalid definition for directive \"@{}\": {problem}", node.name), &node.name);
                }
                return false;
            }
            node.name != link_name.as_str()
        }
        other => {
            let Some(name) = other.name() else { return true };
            let Some((_, kind)) = types.iter().find(|(local, _)| name == local.as_str()) else {
                return true;
            };
            let actual = kind_of(other);
            if *kind != "any" && actual != *kind {
                error("TYPE_DEFINITION_INVALID", format!("Invalid definition for type {name}: {name} should be a {kind} type, but it is defined as a {actual} type"), name);
            }
            false
        }
    });
    found
}

/// Local names of the specifications' types, and the kind that each must have (`any` where it does not matter).
fn machinery_types(links: &Links, federation: Federation) -> Vec<(String, &'static str)> {
    let mut types: Vec<(String, &'static str)> =
        [("_Any", "scalar"), ("_Entity", "union"), ("_Service", "object"), ("_FieldSet", "scalar")]
            .map(|(name, kind)| (name.to_owned(), kind))
            .to_vec();
    if federation == Federation::One {
        types.push(("FieldSet".to_owned(), "scalar"));
    }
    if let Some(link) = links.federation() {
        for name in ["FieldSet", "Scope", "Policy", "ContextFieldValue"] {
            types.push((link.local_type(name), "scalar"));
        }
    }
    let (import, purpose) = match links.get(spec::LINK) {
        Some(link) => (link.local_type("Import"), link.local_type("Purpose")),
        None => ("link__Import".to_owned(), "link__Purpose".to_owned()),
    };
    types.extend([(import, "scalar"), (purpose, "enum")]);
    if let Some(link) = links.get(spec::CONNECT) {
        for import in link.imports.iter().filter(|import| !import.is_directive) {
            types.push((import.local.clone(), "any"));
        }
        for name in [
            "JSONSelection",
            "URLTemplate",
            "SourceHTTP",
            "ConnectHTTP",
            "HTTPHeaderMapping",
            "ConnectorErrors",
            "SourceGRPC",
            "ConnectGRPC",
            "ConnectBatch",
        ] {
            types.push((link.local_type(name), "any"));
        }
    }
    types
}

fn kind_of(definition: &Definition) -> &'static str {
    match definition {
        Definition::ScalarTypeDefinition(_) | Definition::ScalarTypeExtension(_) => "scalar",
        Definition::ObjectTypeDefinition(_) | Definition::ObjectTypeExtension(_) => "object",
        Definition::InterfaceTypeDefinition(_) | Definition::InterfaceTypeExtension(_) => "interface",
        Definition::UnionTypeDefinition(_) | Definition::UnionTypeExtension(_) => "union",
        Definition::EnumTypeDefinition(_) | Definition::EnumTypeExtension(_) => "enum",
        Definition::InputObjectTypeDefinition(_) | Definition::InputObjectTypeExtension(_) => "input object",
        Definition::OperationDefinition(_)
        | Definition::FragmentDefinition(_)
        | Definition::DirectiveDefinition(_)
        | Definition::SchemaDefinition(_)
        | Definition::SchemaExtension(_) => "schema",
    }
}

/// Why a definition is not compatible with the specification's, if it is not.
fn problem(own: &DirectiveDefinition, row: &Row) -> Option<String> {
    let text = format!("directive @{} {}", row.canonical, row.definition);
    // The text is ours; the types that it names do not matter here, nor do the errors about their absence.
    let reference = match Schema::parse(text, "specification.graphql") {
        Ok(schema) => schema,
        Err(failed) => failed.partial,
    };
    let reference = reference.directive_definitions.get(row.canonical)?;
    for argument in &reference.arguments {
        match own.arguments.iter().find(|own| own.name == argument.name) {
            None if argument.is_required() => return Some(format!("missing required argument \"{}\"", argument.name)),
            None => {}
            Some(found) => {
                let name = |ty: &apollo_compiler::ast::Type| {
                    let name = ty.inner_named_type().as_str();
                    if name.ends_with("FieldSet") {
                        "String".to_owned()
                    } else {
                        name.trim_start_matches("federation__").to_owned()
                    }
                };
                let same_shape = found.ty.is_list() == argument.ty.is_list();
                // Scopes and policies may be imported under any name.
                let same_name =
                    argument.ty.inner_named_type().starts_with("federation__") || name(&found.ty) == name(&argument.ty);
                if !same_shape
                    || !same_name
                    || (found.ty.is_non_null()
                        && !argument.ty.is_non_null()
                        && found.default_value.is_none()
                        && argument.default_value.is_none())
                {
                    return Some(format!(
                        "argument \"{}\" should have type \"{}\" but found type \"{}\"",
                        argument.name, argument.ty, found.ty
                    ));
                }
            }
        }
    }
    if let Some(unknown) =
        own.arguments.iter().find(|own| reference.arguments.iter().all(|argument| argument.name != own.name))
    {
        return Some(format!("unknown/unsupported argument \"{}\"", unknown.name));
    }
    if own.repeatable && !reference.repeatable {
        return Some(format!("\"@{}\" should not be repeatable", own.name));
    }
    if let Some(location) = own.locations.iter().find(|location| !reference.locations.contains(location)) {
        let own_locations: Vec<&str> = own.locations.iter().map(|location| location.name()).collect();
        let allowed: Vec<&str> = reference.locations.iter().map(|location| location.name()).collect();
        return Some(format!(
            "\"@{}\" should have locations {}, but found (non-subset) {}: {} is not among them",
            own.name,
            allowed.join(", "),
            own_locations.join(", "),
            location.name()
        ));
    }
    None
}

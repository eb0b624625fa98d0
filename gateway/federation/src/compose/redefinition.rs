//! Owns what happens to a file's own definitions of a specification's directives and types: they are checked against
//! the specification, and taken out, since ours are added.

use apollo_compiler::ast::{Definition, DirectiveDefinition, Document, Type};
use apollo_compiler::parser::FileId;
use apollo_compiler::{Name, Schema};

use super::values;
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
    let types = machinery_types(links);
    let mut error = |code, message: String, name: &Name| {
        let at = name.location().filter(|at| Some(at.file_id()) == file);
        let at = at.map(|at| Span::new(&input.source, at.offset()..at.end_offset()));
        found.push(Diagnostic::error(code, message).in_subgraph(&input.name).at(at, ""));
    };
    remove_machinery_fields(document);
    document.definitions.retain(|definition| match definition {
        Definition::DirectiveDefinition(node) => {
            // Under its full name a directive may be defined too, wherever it is imported to.
            let full = |row: &Row| node.name == row.canonical;
            if let Some((_, row)) = local.iter().find(|(name, row)| node.name == name.as_str() || full(row)) {
                if let Some(problem) = problem(node, row, links, federation) {
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

/// `_service` and `_entities` are every subgraph's, and no supergraph's; some tools write them into the file.
fn remove_machinery_fields(document: &mut Document) {
    for definition in &mut document.definitions {
        let fields = match definition {
            Definition::ObjectTypeDefinition(node) => &mut node.make_mut().fields,
            Definition::ObjectTypeExtension(node) => &mut node.make_mut().fields,
            _ => continue,
        };
        fields.retain(|field| !spec::is_machinery_field(&field.name));
    }
}

/// Local names of the specifications' types, and the kind that each must have (`any` where it does not matter).
fn machinery_types(links: &Links) -> Vec<(String, &'static str)> {
    let mut types: Vec<(String, &'static str)> =
        [("_Any", "scalar"), ("_Entity", "union"), ("_Service", "object"), ("_FieldSet", "scalar")]
            .map(|(name, kind)| (name.to_owned(), kind))
            .to_vec();
    if let Some(link) = links.federation() {
        for name in ["FieldSet", "Scope", "Policy", "ContextFieldValue"] {
            types.push((link.local_type(name), "scalar"));
            types.push((format!("federation__{name}"), "scalar"));
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

/// Whether a file may write `found` where the specification has `expected`: the scalars of federation go by several names.
fn is_allowed_type(found: &Type, expected: &Type, links: &Links, federation: Federation) -> bool {
    let expected_name = expected.inner_named_type().as_str();
    let found_name = found.inner_named_type().as_str();
    let Some(element) = expected_name.strip_prefix("federation__") else {
        let element = expected_name.strip_prefix("connect__").unwrap_or(expected_name);
        return found_name.ends_with(element) && found.is_list() == expected.is_list();
    };
    let local = links.federation().map(|link| link.local_type(element));
    let known = local.as_deref() == Some(found_name)
        || found_name == expected_name
        || found_name == "String"
        || (element == "FieldSet" && found_name == "_FieldSet");
    // Federation 1 libraries also wrote lists of fields.
    known && (found.is_list() == expected.is_list() || federation == Federation::One)
}

/// Why a definition is not compatible with the specification's, if it is not.
fn problem(own: &DirectiveDefinition, row: &Row, links: &Links, federation: Federation) -> Option<String> {
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
            Some(found) if !is_allowed_type(&found.ty, &argument.ty, links, federation) => {
                return Some(format!(
                    "argument \"{}\" should have type \"{}\" but found type \"{}\"",
                    argument.name, argument.ty, found.ty
                ));
            }
            Some(found) => {
                if let Some(expected) = &argument.default_value
                    && !values::same_option(found.default_value.as_ref(), Some(expected))
                {
                    let shown = found
                        .default_value
                        .as_ref()
                        .map_or_else(|| "null".to_owned(), |value| values::to_string(value));
                    return Some(format!(
                        "argument \"{}\" should have default value {} but found default value {shown}",
                        argument.name,
                        values::to_string(expected)
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

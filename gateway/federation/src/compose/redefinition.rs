//! Owns what happens to a file's own definitions of a specification's directives and types: they are checked against
//! the specification. Those of directives then hold in place of ours; those of types are taken out, since ours are added.

use apollo_compiler::ast::{Definition, DirectiveDefinition, Document, Type};
use apollo_compiler::collections::HashSet;
use apollo_compiler::parser::FileId;
use apollo_compiler::{Name, Schema};

use super::values;
use crate::diagnostics::{Diagnostic, Span};
use crate::schema::subgraph::link::Links;
use crate::schema::subgraph::spec::{self, Row};
use crate::schema::subgraph::{Federation, SubgraphInput};

/// What a file has of specifications itself.
#[derive(Default)]
pub struct Own {
    /// The directives that it defines, by canonical name: their definitions hold in the file, as narrow as they are.
    pub directives: HashSet<&'static str>,
    pub problems: Vec<Diagnostic>,
}

/// Gives the file's definitions of directives their canonical names, and takes its definitions of types out.
pub fn take(
    document: &mut Document,
    links: &Links,
    rows: &[&'static Row],
    federation: Federation,
    input: &SubgraphInput,
    file: Option<FileId>,
) -> Own {
    let mut own = Own::default();
    let local: Vec<(String, &'static Row)> =
        rows.iter().filter_map(|row| Some((links.local_name(row.directive)?, *row))).collect();
    let link_name = links.get(spec::LINK).map_or_else(|| "link".to_owned(), |link| link.local_directive("link"));
    let types = machinery_types(links);
    remove_machinery_fields(document);
    let defined: HashSet<Name> = document.definitions.iter().filter_map(|found| found.name()).cloned().collect();
    let scalars: HashSet<Name> = document
        .definitions
        .iter()
        .filter(|definition| matches!(definition, Definition::ScalarTypeDefinition(_)))
        .filter_map(|definition| definition.name())
        .cloned()
        .collect();
    let mut error = |code, message: String, name: &Name| {
        let at = name.location().filter(|at| Some(at.file_id()) == file);
        let at = at.map(|at| Span::new(&input.source, at.offset()..at.end_offset()));
        own.problems.push(Diagnostic::error(code, message).in_subgraph(&input.name).at(at, ""));
    };
    document.definitions.retain_mut(|definition| match definition {
        Definition::DirectiveDefinition(node) => {
            // Ours are added for our own definitions only: the file's must bring what they name.
            let unknown = node.arguments.iter().map(|argument| argument.ty.inner_named_type()).find(|name| {
                !defined.contains(*name) && types.iter().any(|(machinery, _)| machinery == name.as_str())
            });
            if let Some(unknown) = unknown {
                error("INVALID_GRAPHQL", format!("Unknown type {unknown}"), unknown);
                return false;
            }
            let is_link = node.name == link_name.as_str();
            let row = local.iter().find(|(name, _)| node.name == name.as_str()).map(|(_, row)| *row);
            let full = |row: &&(String, &Row)| node.name == row.1.canonical;
            if row.is_none() && local.iter().any(|row| full(&row)) {
                // Nothing in the file has that name: it is imported under another.
                return false;
            }
            let expected = match row {
                Some(row) => row.definition_in(federation, links.get(spec::WEFT_CONNECT).is_some()),
                None if is_link => spec::LINK_DEFINITION.to_owned(),
                None => return true,
            };
            let first_of_row = row.is_none_or(|row| own.directives.insert(row.canonical));
            if let Some(problem) = problem(node, &expected, &Types { links, federation, scalars: &scalars }) {
                let message = format!("Invalid definition for directive \"@{}\": {problem}", node.name);
                error("DIRECTIVE_DEFINITION_INVALID", message, &node.name);
            }
            if let Some(row) = row.filter(|_| first_of_row) {
                node.make_mut().name = Name::new_unchecked(row.canonical);
            }
            !is_link
        }
        other => {
            let Some(name) = other.name() else { return true };
            let Some((_, kind)) = types.iter().find(|(local, _)| name == local.as_str()) else {
                return true;
            };
            let actual = kind_of(other);
            if *kind != "any" && actual != *kind {
                error(
                    "TYPE_DEFINITION_INVALID",
                    format!("Invalid definition for type {name}: {name} should be a {kind} type, but it is defined as a {actual} type"),
                    name,
                );
            }
            false
        }
    });
    own
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
        spec::FEDERATION_ONE_TYPES.map(|name| (name.to_owned(), "any")).to_vec();
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

/// What a file's types are, for comparing them with those of a specification.
struct Types<'a> {
    links: &'a Links,
    federation: Federation,
    /// The scalars that the file defines.
    scalars: &'a HashSet<Name>,
}

impl Types<'_> {
    /// Whether a file may write `found` where the specification has `expected`: it may ask for what is optional, and give
    /// the specification's scalars any type but another scalar of its own.
    fn allow(&self, found: &Type, expected: &Type) -> bool {
        match (expected, found) {
            (Type::NonNullNamed(name), _) => {
                found.is_non_null() && self.is_named(&found.clone().nullable(), name.as_str())
            }
            (Type::Named(name), _) => self.is_named(&found.clone().nullable(), name.as_str()),
            (Type::NonNullList(expected), Type::NonNullList(found))
            | (Type::List(expected), Type::List(found) | Type::NonNullList(found)) => self.allow(found, expected),
            (Type::NonNullList(_) | Type::List(_), _) => false,
        }
    }

    fn is_named(&self, found: &Type, expected: &str) -> bool {
        let name = found.inner_named_type();
        let Some((specification, element)) = expected.split_once("__") else {
            return !found.is_list() && name == expected;
        };
        let local = match specification {
            "link" => self.links.get(spec::LINK).map(|link| link.local_type(element)),
            _ => self.links.federation().map(|link| link.local_type(element)),
        };
        let federation_one = self.federation == Federation::One && element == "FieldSet" && name == "_FieldSet";
        let same = !found.is_list() && (name == expected || local.as_deref() == Some(name.as_str()) || federation_one);
        // An enum is no scalar.
        same || (element != "Purpose" && !self.scalars.contains(name))
    }
}

/// Why a definition is not compatible with the specification's, given as what follows the name, if it is not.
fn problem(own: &DirectiveDefinition, expected: &str, types: &Types<'_>) -> Option<String> {
    // The text is ours; the types that it names do not matter here, nor do the errors about their absence.
    let reference = match Schema::parse(format!("directive @expected {expected}"), "specification.graphql") {
        Ok(schema) => schema,
        Err(failed) => failed.partial,
    };
    let reference = reference.directive_definitions.get("expected")?;
    for argument in &reference.arguments {
        match own.arguments.iter().find(|own| own.name == argument.name) {
            None if argument.is_required() => return Some(format!("missing required argument \"{}\"", argument.name)),
            None => {}
            Some(found) if !types.allow(&found.ty, &argument.ty) => {
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

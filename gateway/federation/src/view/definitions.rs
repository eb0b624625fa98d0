//! Owns the directives that a view is written in: their definitions, and which names are weft's and never a client's.

use apollo_compiler::ast::{Definition, DirectiveDefinition, Document};
use apollo_compiler::{Node, Schema};

use crate::schema::is_executable;

/// Added to every client's file, so that what is written with them is validated like the rest of it. A `Const` that must
/// be there could not be `null` here, which it can: that there is one is checked where it is read.
pub(super) const SDL: &str = r#"
scalar FieldPath
scalar Const
enum FallbackOn { ERROR NULL }
directive @from(type: String, path: FieldPath, name: String, all: Boolean = false, except: [String!])
  on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | FIELD_DEFINITION | ARGUMENT_DEFINITION
   | INPUT_FIELD_DEFINITION | ENUM_VALUE
directive @constant(value: Const) on FIELD_DEFINITION
directive @fallback(value: Const, on: [FallbackOn!] = [ERROR], report: Boolean = false) on FIELD_DEFINITION
directive @limit(max: Int!) on FIELD_DEFINITION
directive @mask(keepLast: Int = 0, char: String = "*", unlessScopes: [String!]) on FIELD_DEFINITION
directive @catchAll on ENUM_VALUE
directive @dropUnknown on FIELD_DEFINITION
directive @cacheControl(maxAge: Int!) on FIELD_DEFINITION | OBJECT
directive @authenticated on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ENUM | SCALAR
directive @oneOf on INPUT_OBJECT
directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ENUM | SCALAR
"#;

const TYPES: [&str; 3] = ["FieldPath", "Const", "FallbackOn"];
pub(super) const DIRECTIVES: [&str; 11] = [
    "from",
    "constant",
    "fallback",
    "limit",
    "mask",
    "catchAll",
    "dropUnknown",
    "cacheControl",
    "authenticated",
    "requiresScopes",
    "oneOf",
];
/// Directives of the specification, which clients may see on types and fields.
const SHOWN: [&str; 3] = ["deprecated", "specifiedBy", "oneOf"];

/// Whether a type is there for weft's directives alone.
pub(super) fn is_machinery(ty: &str) -> bool {
    TYPES.contains(&ty)
}

/// Whether clients see a directive where it stands on a part of the schema.
pub(super) fn is_shown(directive: &str) -> bool {
    SHOWN.contains(&directive)
}

/// Whether clients see a directive's definition: they do if they can write it in operations, or meet it in the schema.
pub(super) fn is_defined_for_clients(directive: &Node<DirectiveDefinition>, schema: &Schema) -> bool {
    let is_one_of = directive.name == "oneOf";
    directive.is_built_in()
        || is_one_of && schema.types.values().any(|ty| ty.is_input_object() && ty.directives().has("oneOf"))
        || directive.locations.iter().any(|location| is_executable(*location))
}

/// Takes out definitions of weft's own, which files have for the sake of editors.
pub(super) fn take_out(document: &mut Document) {
    document.definitions.retain(|definition| match definition {
        Definition::DirectiveDefinition(directive) => !DIRECTIVES.contains(&directive.name.as_str()),
        Definition::ScalarTypeDefinition(_) | Definition::EnumTypeDefinition(_) => {
            !definition.name().is_some_and(|name| is_machinery(name))
        }
        Definition::OperationDefinition(_)
        | Definition::FragmentDefinition(_)
        | Definition::SchemaDefinition(_)
        | Definition::ObjectTypeDefinition(_)
        | Definition::InterfaceTypeDefinition(_)
        | Definition::UnionTypeDefinition(_)
        | Definition::InputObjectTypeDefinition(_)
        | Definition::SchemaExtension(_)
        | Definition::ScalarTypeExtension(_)
        | Definition::ObjectTypeExtension(_)
        | Definition::InterfaceTypeExtension(_)
        | Definition::UnionTypeExtension(_)
        | Definition::EnumTypeExtension(_)
        | Definition::InputObjectTypeExtension(_) => true,
    });
}

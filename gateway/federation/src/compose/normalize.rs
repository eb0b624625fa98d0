//! Owns the renaming of a parsed document: specification directives and root types get the names that the rest of
//! composition knows them by, so that nothing later asks about imports or about `schema { query: ... }`.

use apollo_compiler::Name;
use apollo_compiler::Node;
use apollo_compiler::ast::{Definition, Document, FieldDefinition, OperationType, Type};
use apollo_compiler::collections::HashMap;

use crate::schema::visit::for_directives;

/// Renames the applications of directives by `renames` (local name → new name).
pub fn rename_directives(document: &mut Document, renames: &HashMap<String, &'static str>) {
    for_directives(document, &mut |directives| {
        for directive in &mut directives.0 {
            if let Some(canonical) = renames.get(directive.name.as_str()) {
                rename(&mut directive.make_mut().name, canonical);
            }
        }
    });
}

/// The new name has no place in the file: a place is as long as the name that it shows. Nodes keep theirs.
fn rename(name: &mut Name, to: &str) {
    // `to` is the name of a specification's directive or of a root type.
    *name = Name::new_unchecked(to);
}

/// The types that the document makes roots under names of their own.
pub fn custom_roots(document: &Document) -> Vec<(OperationType, Name)> {
    let mut roots = Vec::new();
    for definition in &document.definitions {
        let operations = match definition {
            Definition::SchemaDefinition(node) => &node.root_operations,
            Definition::SchemaExtension(node) => &node.root_operations,
            _ => continue,
        };
        for operation in operations {
            let (kind, name) = operation.as_ref();
            roots.push((*kind, name.clone()));
        }
    }
    roots
}

/// What a root type is called in every supergraph.
pub fn default_root_name(operation: OperationType) -> &'static str {
    match operation {
        OperationType::Query => "Query",
        OperationType::Mutation => "Mutation",
        OperationType::Subscription => "Subscription",
    }
}

/// Renames an object type and everything that refers to it.
pub fn rename_object(document: &mut Document, from: &str, to: &str) {
    let in_fields = |fields: &mut Vec<Node<FieldDefinition>>| {
        for field in fields {
            if field.ty.inner_named_type() == from {
                rename_in_type(&mut field.make_mut().ty, to);
            }
        }
    };
    for definition in &mut document.definitions {
        macro_rules! named {
            ($node:expr, $and:expr) => {{
                let node = $node.make_mut();
                if node.name == from {
                    rename(&mut node.name, to);
                }
                #[allow(clippy::redundant_closure_call)]
                $and(node);
            }};
        }
        match definition {
            Definition::ObjectTypeDefinition(node) => {
                named!(node, |node: &mut apollo_compiler::ast::ObjectTypeDefinition| in_fields(&mut node.fields))
            }
            Definition::ObjectTypeExtension(node) => {
                named!(node, |node: &mut apollo_compiler::ast::ObjectTypeExtension| in_fields(&mut node.fields))
            }
            Definition::InterfaceTypeDefinition(node) => in_fields(&mut node.make_mut().fields),
            Definition::InterfaceTypeExtension(node) => in_fields(&mut node.make_mut().fields),
            Definition::UnionTypeDefinition(node) => rename_in_list(&mut node.make_mut().members, from, to),
            Definition::UnionTypeExtension(node) => rename_in_list(&mut node.make_mut().members, from, to),
            Definition::SchemaDefinition(node) => rename_roots(&mut node.make_mut().root_operations, from, to),
            Definition::SchemaExtension(node) => rename_roots(&mut node.make_mut().root_operations, from, to),
            Definition::OperationDefinition(_)
            | Definition::FragmentDefinition(_)
            | Definition::DirectiveDefinition(_)
            | Definition::ScalarTypeDefinition(_)
            | Definition::ScalarTypeExtension(_)
            | Definition::EnumTypeDefinition(_)
            | Definition::EnumTypeExtension(_)
            | Definition::InputObjectTypeDefinition(_)
            | Definition::InputObjectTypeExtension(_) => {}
        }
    }
}

fn rename_in_list(names: &mut [Name], from: &str, to: &str) {
    for name in names.iter_mut().filter(|name| *name == from) {
        rename(name, to);
    }
}

fn rename_roots(roots: &mut [Node<(OperationType, Name)>], from: &str, to: &str) {
    for root in roots.iter_mut().filter(|root| root.1 == from) {
        rename(&mut root.make_mut().1, to);
    }
}

fn rename_in_type(ty: &mut Type, to: &str) {
    match ty {
        Type::Named(name) | Type::NonNullNamed(name) => rename(name, to),
        Type::List(inner) | Type::NonNullList(inner) => rename_in_type(inner, to),
    }
}

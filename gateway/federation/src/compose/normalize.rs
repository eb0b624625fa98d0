//! Owns the renaming of a parsed document: specification directives and root types get the names that the rest of
//! composition knows them by, so that nothing later asks about imports or about `schema { query: ... }`.

use apollo_compiler::Name;
use apollo_compiler::Node;
use apollo_compiler::ast::{
    Definition, Directive, DirectiveList, Document, EnumValueDefinition, FieldDefinition, InputValueDefinition,
    OperationType, Type,
};
use apollo_compiler::collections::HashMap;

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

/// Calls `visit` with every list of directive applications in the document.
pub fn for_directives(document: &mut Document, visit: &mut dyn FnMut(&mut DirectiveList)) {
    for definition in &mut document.definitions {
        directive_lists(definition, visit);
    }
}

/// The new name has no place in the file: a place is as long as the name that it shows. Nodes keep theirs.
fn rename(name: &mut Name, to: &str) {
    // `to` is the name of a specification's directive or of a root type.
    *name = Name::new_unchecked(to);
}

/// Calls `visit` with every list of directive applications under a definition.
fn directive_lists(definition: &mut Definition, visit: &mut dyn FnMut(&mut DirectiveList)) {
    fn arguments(list: &mut [Node<InputValueDefinition>], visit: &mut dyn FnMut(&mut DirectiveList)) {
        for argument in list {
            if !argument.directives.is_empty() {
                visit(&mut argument.make_mut().directives);
            }
        }
    }
    fn fields(list: &mut [Node<FieldDefinition>], visit: &mut dyn FnMut(&mut DirectiveList)) {
        for field in list {
            let field = field.make_mut();
            visit(&mut field.directives);
            arguments(&mut field.arguments, visit);
        }
    }
    fn values(list: &mut [Node<EnumValueDefinition>], visit: &mut dyn FnMut(&mut DirectiveList)) {
        for value in list {
            visit(&mut value.make_mut().directives);
        }
    }
    macro_rules! with_fields {
        ($node:expr, $items:ident, $children:expr) => {{
            let node = $node.make_mut();
            visit(&mut node.directives);
            $children(&mut node.$items, visit);
        }};
    }
    match definition {
        Definition::OperationDefinition(_) | Definition::FragmentDefinition(_) => {}
        Definition::DirectiveDefinition(node) => arguments(&mut node.make_mut().arguments, visit),
        Definition::SchemaDefinition(node) => visit(&mut node.make_mut().directives),
        Definition::SchemaExtension(node) => visit(&mut node.make_mut().directives),
        Definition::ScalarTypeDefinition(node) => visit(&mut node.make_mut().directives),
        Definition::ScalarTypeExtension(node) => visit(&mut node.make_mut().directives),
        Definition::UnionTypeDefinition(node) => visit(&mut node.make_mut().directives),
        Definition::UnionTypeExtension(node) => visit(&mut node.make_mut().directives),
        Definition::ObjectTypeDefinition(node) => with_fields!(node, fields, fields),
        Definition::ObjectTypeExtension(node) => with_fields!(node, fields, fields),
        Definition::InterfaceTypeDefinition(node) => with_fields!(node, fields, fields),
        Definition::InterfaceTypeExtension(node) => with_fields!(node, fields, fields),
        Definition::EnumTypeDefinition(node) => with_fields!(node, values, values),
        Definition::EnumTypeExtension(node) => with_fields!(node, values, values),
        Definition::InputObjectTypeDefinition(node) => with_fields!(node, fields, arguments),
        Definition::InputObjectTypeExtension(node) => with_fields!(node, fields, arguments),
    }
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

/// All applications of directives on the schema, of its definition and its extensions.
pub fn schema_directives(document: &Document) -> Vec<Node<Directive>> {
    let mut all = Vec::new();
    for definition in &document.definitions {
        match definition {
            Definition::SchemaDefinition(node) => all.extend(node.directives.iter().cloned()),
            Definition::SchemaExtension(node) => all.extend(node.directives.iter().cloned()),
            _ => {}
        }
    }
    all
}

//! Owns going through the directives that a parsed document applies.

use apollo_compiler::Node;
use apollo_compiler::ast::{
    Definition, Directive, DirectiveList, Document, EnumValueDefinition, FieldDefinition, InputValueDefinition,
};

/// Calls `visit` with every list of directive applications in the document.
pub fn for_directives(document: &mut Document, visit: &mut dyn FnMut(&mut DirectiveList)) {
    for definition in &mut document.definitions {
        directive_lists(definition, visit);
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

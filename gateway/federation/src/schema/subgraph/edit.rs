//! Owns the few changes that are made to a subgraph after it was parsed: keys that connectors imply, and what they put
//! into their sources.

use apollo_compiler::Name;
use apollo_compiler::ast::{Argument, Directive, Value};
use apollo_compiler::schema::{Component, ComponentOrigin, ExtendedType};
use apollo_compiler::{Node, collections::IndexMap};

use super::{Facts, SpecDirective, Subgraph, Validated, spec};
use crate::compose::SourceRewrite;

impl<State> Subgraph<State> {
    /// Whether it links a connector specification.
    pub fn has_connectors(&self) -> bool {
        [spec::CONNECT, spec::WEFT_CONNECT].iter().any(|identity| self.links.get(identity).is_some())
    }

    /// Adds a `@key`, unless the type has that one.
    pub(crate) fn add_key(&mut self, type_name: &Name, fields: &str) {
        let key = super::facts::with_string_argument(SpecDirective::Key.canonical(), "fields", fields);
        let Some(ty) = self.schema.types.get_mut(type_name) else { return };
        let directives = match ty {
            ExtendedType::Object(ty) => &mut ty.make_mut().directives,
            ExtendedType::Interface(ty) => &mut ty.make_mut().directives,
            ExtendedType::Scalar(_) | ExtendedType::Union(_) | ExtendedType::Enum(_) | ExtendedType::InputObject(_) => {
                return;
            }
        };
        let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let present = directives
            .get_all(SpecDirective::Key.canonical())
            .any(|key| super::facts::fields_text(key).is_some_and(|text| squeeze(text) == squeeze(fields)));
        if !present {
            directives.0.push(Component { origin: ComponentOrigin::Definition, node: key });
        }
    }
}

impl Subgraph<Validated> {
    /// The keys of every type.
    pub fn keys(&self) -> &IndexMap<Name, Vec<super::facts::Key>> {
        let Facts { keys, .. } = self.facts();
        keys
    }

    pub(crate) fn rewrite_sources(&mut self, rewrites: &[SourceRewrite]) {
        for rewrite in rewrites {
            for directive in &mut self.schema_directives {
                let named = directive.specified_argument_by_name("name").and_then(|value| value.as_str());
                if directive.name == SpecDirective::Source.canonical() && named == Some(rewrite.source.as_str()) {
                    set_field(directive.make_mut(), rewrite);
                }
            }
        }
    }
}

fn set_field(directive: &mut Directive, rewrite: &SourceRewrite) {
    let argument: Option<&mut Node<Argument>> =
        directive.arguments.iter_mut().find(|argument| argument.name == rewrite.argument);
    let Some(argument) = argument else { return };
    let value = Node::new(Value::String(rewrite.value.clone()));
    if let Value::Object(fields) = argument.make_mut().value.make_mut() {
        match fields.iter_mut().find(|(name, _)| name == rewrite.field) {
            Some(field) => field.1 = value,
            None => fields.push((Name::new_unchecked(rewrite.field), value)),
        }
    }
}

//! Owns what every part of the compilation looks things up in.

use std::collections::HashMap;
use std::sync::Arc;

use apollo_compiler::ast::FieldDefinition;
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Name, Node, Schema};

use super::map::EnumMap;
use super::read::Places;
use super::types::Types;
use crate::schema::{FieldId, Model, TypeId};

#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    /// The client's, with weft's directives.
    pub schema: &'a Schema,
    pub places: &'a Places,
    pub types: &'a Types,
    pub enums: &'a HashMap<Name, Arc<EnumMap>>,
    pub supergraph: Api<'a>,
}

/// The supergraph as clients may see it: nothing in it is `@inaccessible`.
#[derive(Clone, Copy)]
pub(super) struct Api<'a> {
    pub model: &'a Model,
    pub schema: &'a Schema,
}

impl<'a> Api<'a> {
    pub fn ty(self, name: &str) -> Option<&'a ExtendedType> {
        self.schema.types.get(name)
    }

    /// The names of its types, without those that every schema has.
    pub fn type_names(self) -> impl Iterator<Item = &'a str> {
        self.schema.types.iter().filter(|(_, ty)| !ty.is_built_in()).map(|(name, _)| name.as_str())
    }

    pub fn field(self, ty: TypeId, name: &str) -> Option<(FieldId, &'a Node<FieldDefinition>)> {
        let definition = fields_of(self.ty(self.model.type_name(ty))?)?.get(name)?;
        Some((self.model.field_named(ty, name)?, &definition.node))
    }

    pub fn definition(self, field: FieldId) -> Option<&'a Node<FieldDefinition>> {
        let def = self.model.field(field);
        self.field(def.parent, self.model.name(def.name)).map(|(_, definition)| definition)
    }

    pub fn field_names(self, ty: TypeId) -> impl Iterator<Item = &'a str> {
        let fields = self.ty(self.model.type_name(ty)).and_then(fields_of);
        fields.into_iter().flat_map(|fields| fields.keys().map(Name::as_str))
    }
}

pub(crate) fn fields_of(
    ty: &ExtendedType,
) -> Option<&apollo_compiler::collections::IndexMap<Name, apollo_compiler::schema::Component<FieldDefinition>>> {
    match ty {
        ExtendedType::Object(object) => Some(&object.fields),
        ExtendedType::Interface(interface) => Some(&interface.fields),
        ExtendedType::Scalar(_) | ExtendedType::Union(_) | ExtendedType::Enum(_) | ExtendedType::InputObject(_) => None,
    }
}

/// What people call a type of this kind.
pub(crate) fn kind(ty: &ExtendedType) -> &'static str {
    match ty {
        ExtendedType::Scalar(_) => "a scalar",
        ExtendedType::Object(_) => "an object type",
        ExtendedType::Interface(_) => "an interface",
        ExtendedType::Union(_) => "a union",
        ExtendedType::Enum(_) => "an enum",
        ExtendedType::InputObject(_) => "an input type",
    }
}

/// Ready to stand after another sentence's help.
pub(super) fn did_you_mean(near: Option<&str>) -> Option<String> {
    near.map(|near| format!("did you mean `{near}`?"))
}

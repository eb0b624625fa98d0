//! Owns which types of a schema clients are given, and which they give. Enums can be both.

use std::collections::HashSet;

use apollo_compiler::Schema;
use apollo_compiler::schema::ExtendedType;

use crate::view::fields_of;

pub(super) struct Directions<'a> {
    given: HashSet<&'a str>,
    taken: HashSet<&'a str>,
}

impl<'a> Directions<'a> {
    pub fn of(schema: &'a Schema) -> Self {
        let mut directions = Self { given: HashSet::new(), taken: HashSet::new() };
        for ty in schema.types.values().filter(|ty| !ty.is_built_in()) {
            for field in fields_of(ty).into_iter().flat_map(|fields| fields.values()) {
                directions.given.insert(field.ty.inner_named_type());
                let arguments = field.arguments.iter().map(|argument| argument.ty.inner_named_type().as_str());
                directions.taken.extend(arguments);
            }
            if let ExtendedType::InputObject(input) = ty {
                directions.taken.extend(input.fields.values().map(|field| field.ty.inner_named_type().as_str()));
            }
        }
        directions
    }

    /// Whether clients can get values of the type.
    pub fn is_given(&self, ty: &str) -> bool {
        self.given.contains(ty)
    }

    /// Whether clients can write values of the type.
    pub fn is_taken(&self, ty: &str) -> bool {
        self.taken.contains(ty)
    }
}

//! Owns where in the files of a schema a part of it stands.

use std::sync::Arc;

use apollo_compiler::parser::SourceSpan;
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Name, Schema};

use super::Coordinate;
use crate::diagnostics::{Source, Span};
use crate::view::fields_of;

/// A schema, and the files that it was read from. Parts of it may be of other files, which have no place.
#[derive(Clone, Copy)]
pub(super) struct Files<'a> {
    pub schema: &'a Schema,
    pub sources: &'a [Arc<Source>],
}

impl Files<'_> {
    /// The name of a part of the schema, or of the nearest around it that is written.
    pub fn near(self, at: &Coordinate) -> Option<Span> {
        let mut at = at.clone();
        loop {
            if let Some(span) = self.name(&at).and_then(Name::location).and_then(|location| self.span(location)) {
                return Some(span);
            }
            let around = at.around();
            if around == at {
                return None;
            }
            at = around;
        }
    }

    /// All of a part of the schema, with its directives.
    pub fn definition(self, at: &Coordinate) -> Option<Span> {
        let ty = self.schema.types.get(at.type_name())?;
        let location = match at {
            Coordinate::Type(_) => ty.location(),
            Coordinate::Member(_, name) => match ty {
                ExtendedType::Object(_) | ExtendedType::Interface(_) => fields_of(ty)?.get(name)?.location(),
                ExtendedType::Enum(ty) => ty.values.get(name)?.location(),
                ExtendedType::InputObject(ty) => ty.fields.get(name)?.location(),
                ExtendedType::Scalar(_) | ExtendedType::Union(_) => None,
            },
            Coordinate::Argument(_, field, name) => fields_of(ty)?.get(field)?.argument_by_name(name)?.location(),
        };
        self.span(location?)
    }

    /// The name where it is defined.
    fn name(&self, at: &Coordinate) -> Option<&Name> {
        let ty = self.schema.types.get(at.type_name())?;
        match at {
            Coordinate::Type(_) => Some(ty.name()),
            Coordinate::Member(_, name) => match ty {
                ExtendedType::Object(_) | ExtendedType::Interface(_) => Some(&fields_of(ty)?.get(name)?.name),
                ExtendedType::Enum(ty) => Some(&ty.values.get(name)?.value),
                ExtendedType::InputObject(ty) => Some(&ty.fields.get(name)?.name),
                ExtendedType::Scalar(_) | ExtendedType::Union(_) => None,
            },
            Coordinate::Argument(_, field, name) => Some(&fields_of(ty)?.get(field)?.argument_by_name(name)?.name),
        }
    }

    fn span(&self, location: SourceSpan) -> Option<Span> {
        let file = self.schema.sources.get(&location.file_id())?;
        let source = self.sources.iter().find(|source| std::path::Path::new(&source.path) == file.path())?;
        Some(Span::new(source, location.offset()..location.end_offset()))
    }
}

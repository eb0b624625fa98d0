//! Owns schema coordinates: how a part of a schema is named, as the GraphQL specification's *Schema Coordinates* has it.

use std::cmp::Ordering;
use std::fmt;

use apollo_compiler::Name;

/// A part of a schema. Ordered by name, with what is in a type after the type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Coordinate {
    /// `Order`
    Type(Name),
    /// A field, an input object's field or an enum's value: `Order.id`.
    Member(Name, Name),
    /// `Query.order(id:)`
    Argument(Name, Name, Name),
}

impl Coordinate {
    /// Reads what [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let name = |text: &str| Name::new(text).ok();
        let Some((ty, rest)) = text.split_once('.') else { return Some(Self::Type(name(text)?)) };
        Some(match rest.split_once('(') {
            None => Self::Member(name(ty)?, name(rest)?),
            Some((field, argument)) => Self::Argument(name(ty)?, name(field)?, name(argument.strip_suffix(":)")?)?),
        })
    }

    /// Its own name, without those that it is in.
    pub fn name(&self) -> &Name {
        match self {
            Self::Type(name) | Self::Member(_, name) | Self::Argument(_, _, name) => name,
        }
    }

    /// The type that it is, or is in.
    pub fn type_name(&self) -> &Name {
        match self {
            Self::Type(ty) | Self::Member(ty, _) | Self::Argument(ty, _, _) => ty,
        }
    }

    /// The field or type that it is in; of a type that is the type.
    pub fn around(&self) -> Self {
        match self {
            Self::Type(ty) | Self::Member(ty, _) => Self::Type(ty.clone()),
            Self::Argument(ty, field, _) => Self::Member(ty.clone(), field.clone()),
        }
    }
}

impl Ord for Coordinate {
    fn cmp(&self, other: &Self) -> Ordering {
        fn key(at: &Coordinate) -> (&Name, Option<&Name>, Option<&Name>) {
            match at {
                Coordinate::Type(ty) => (ty, None, None),
                Coordinate::Member(ty, member) => (ty, Some(member), None),
                Coordinate::Argument(ty, field, argument) => (ty, Some(field), Some(argument)),
            }
        }
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for Coordinate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Coordinate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type(ty) => f.write_str(ty),
            Self::Member(ty, member) => write!(f, "{ty}.{member}"),
            Self::Argument(ty, field, argument) => write!(f, "{ty}.{field}({argument}:)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Coordinate;

    #[test]
    fn coordinates_are_read_as_they_are_written() {
        for text in ["Order", "Order.id", "Status.UNKNOWN", "Query.order(id:)"] {
            assert_eq!(Coordinate::parse(text).map(|read| read.to_string()).as_deref(), Some(text));
        }
        for text in ["", "1", "Order.", ".id", "Order.id(", "Order.id(a)", "Order.id(a:", "Order id"] {
            assert_eq!(Coordinate::parse(text), None, "{text}");
        }
    }
}

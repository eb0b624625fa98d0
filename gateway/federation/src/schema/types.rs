//! Owns the two small shapes that types take everywhere: [`Wrapping`] (lists and non-nulls around
//! a named type) and [`TypeSet`] (the object types that a place can hold).

use apollo_compiler::Name;
use apollo_compiler::ast::Type;

use super::ids::TypeId;

/// The list and non-null wrappers of a type. Level 0 is the outermost; level `lists` is the named type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Wrapping {
    lists: u8,
    non_null: u32,
}

impl Wrapping {
    /// At most this many lists are told apart; a type nested deeper is refused where schemas are read.
    pub const MAX_LISTS: u8 = 30;

    /// `T!`
    pub const NON_NULL: Self = Self { lists: 0, non_null: 1 };

    /// The wrappers of a type, and the name that they wrap. `None` if it is nested beyond [`Self::MAX_LISTS`].
    pub fn of(ty: &Type) -> Option<(Self, &Name)> {
        let mut wrapping = Self::default();
        let mut ty = ty;
        loop {
            match ty {
                Type::Named(name) => return Some((wrapping, name)),
                Type::NonNullNamed(name) => {
                    wrapping.non_null |= 1 << wrapping.lists;
                    return Some((wrapping, name));
                }
                Type::List(inner) => ty = inner,
                Type::NonNullList(inner) => {
                    wrapping.non_null |= 1 << wrapping.lists;
                    ty = inner;
                }
            }
            wrapping.lists += 1;
            if wrapping.lists > Self::MAX_LISTS {
                return None;
            }
        }
    }

    /// How many lists are around the named type.
    pub fn lists(self) -> u8 {
        self.lists
    }

    pub fn is_list(self) -> bool {
        self.lists > 0
    }

    /// Whether the outermost level refuses null.
    pub fn is_non_null(self) -> bool {
        self.non_null & 1 == 1
    }

    /// The same, with null allowed at the outermost level.
    #[must_use]
    pub fn nullable(self) -> Self {
        Self { non_null: self.non_null & !1, ..self }
    }

    /// The wrapping of a list's items; itself where there is no list.
    pub fn item(self) -> Self {
        match self.lists {
            0 => self,
            lists => Self { lists: lists - 1, non_null: self.non_null >> 1 },
        }
    }

    /// `[Name!]!` for the name given.
    pub fn display(self, name: &str) -> String {
        let bang = |level: u8| if self.non_null >> level & 1 == 1 { "!" } else { "" };
        let mut text = "[".repeat(self.lists.into());
        text.push_str(name);
        text.push_str(bang(self.lists));
        for level in (0..self.lists).rev() {
            text.push(']');
            text.push_str(bang(level));
        }
        text
    }
}

/// A set of object types, sorted: small, compared and iterated often.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct TypeSet(Box<[TypeId]>);

impl TypeSet {
    pub fn one(ty: TypeId) -> Self {
        Self(Box::new([ty]))
    }

    #[inline]
    pub fn contains(&self, ty: TypeId) -> bool {
        match *self.0 {
            // Most sets are of one type, and are asked for every value of an answer.
            [only] => only == ty,
            _ => self.0.binary_search(&ty).is_ok(),
        }
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = TypeId> + '_ {
        self.0.iter().copied()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The only member, if there is exactly one.
    pub fn single(&self) -> Option<TypeId> {
        match *self.0 {
            [only] => Some(only),
            _ => None,
        }
    }

    pub fn intersect(&self, other: &Self) -> Self {
        self.iter().filter(|ty| other.contains(*ty)).collect()
    }

    pub fn union(&self, other: &Self) -> Self {
        self.iter().chain(other.iter()).collect()
    }

    pub fn is_subset(&self, other: &Self) -> bool {
        self.iter().all(|ty| other.contains(ty))
    }
}

impl FromIterator<TypeId> for TypeSet {
    fn from_iter<I: IntoIterator<Item = TypeId>>(types: I) -> Self {
        let mut types: Vec<_> = types.into_iter().collect();
        types.sort_unstable();
        types.dedup();
        Self(types.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapping_round_trips_through_display() {
        for text in ["T", "T!", "[T]", "[T!]", "[T]!", "[T!]!", "[[T!]]!", "[[T]!]", "[[[T!]!]!]!"] {
            let ty = Type::parse(text, "test").expect("a type of the test's own");
            let (wrapping, name) = Wrapping::of(&ty).expect("few lists");
            assert_eq!(wrapping.display(name), text);
        }
    }
}

//! Owns the ids: small numbers that stand for names, so that nothing past the edges compares strings.

/// A table index with a type of its own.
pub trait Id: Copy + Eq + Ord {
    fn index(self) -> usize;
    fn from_index(index: usize) -> Self;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub u32);

        impl $crate::schema::Id for $name {
            fn index(self) -> usize {
                self.0 as usize
            }

            /// Tables are far from 2^32 rows; an index beyond saturates and then misses every table.
            fn from_index(index: usize) -> Self {
                Self(u32::try_from(index).unwrap_or(u32::MAX))
            }
        }
    )*};
}
pub(crate) use ids;

ids! {
    /// A subgraph, in the order of the supergraph's `join__Graph`.
    SubgraphId,
    /// A type of the supergraph, in the order of the file.
    TypeId,
    /// A field of one object or interface type.
    FieldId,
    /// A field's name, whatever the type: `I.name` and `T.name` share it.
    NameId,
    /// What is demanded of those who ask, wherever in the supergraph that is.
    NeedId,
}

//! (in progress)
crate::schema::ids! {
    /// A way into a type of a subgraph.
    LookupId,
}

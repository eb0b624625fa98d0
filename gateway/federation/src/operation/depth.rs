//! Owns the depth of an operation, as its client wrote it.

use std::collections::HashMap;

use apollo_compiler::executable::{Selection, SelectionSet};
use apollo_compiler::{ExecutableDocument, Name};

use super::document::Document;

/// How many fields are nested in one another, at most: `{ a { b } }` has a depth of two. Fragments do not count, and neither do the
/// introspection fields, which have a bound of their own.
pub fn depth(document: &Document) -> usize {
    let mut depths = Depths { document: &document.document, fragments: HashMap::new() };
    depths.of(&document.operation.selection_set)
}

struct Depths<'a> {
    document: &'a ExecutableDocument,
    /// Each fragment is measured once, however often it is spread.
    fragments: HashMap<&'a Name, usize>,
}

impl<'a> Depths<'a> {
    fn of(&mut self, set: &'a SelectionSet) -> usize {
        let depths = set.selections.iter().map(|selection| match selection {
            Selection::Field(field) if matches!(field.name.as_str(), "__schema" | "__type") => 0,
            Selection::Field(field) => 1 + self.of(&field.selection_set),
            Selection::InlineFragment(fragment) => self.of(&fragment.selection_set),
            Selection::FragmentSpread(spread) => self.of_fragment(&spread.fragment_name),
        });
        depths.max().unwrap_or_default()
    }

    fn of_fragment(&mut self, name: &'a Name) -> usize {
        if let Some(depth) = self.fragments.get(name) {
            return *depth;
        }
        // It is there, and spreads itself nowhere: the document is valid.
        let depth = self.document.fragments.get(name).map_or(0, |fragment| self.of(&fragment.selection_set));
        self.fragments.insert(name, depth);
        depth
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::{NoConnectors, compose, prove};
    use crate::diagnostics::Source;
    use crate::operation::parse;
    use crate::schema::Supergraph;
    use crate::schema::subgraph::SubgraphInput;
    use crate::view::ClientSchema;

    fn client(sdl: &str) -> ClientSchema {
        let input = SubgraphInput { name: "a".into(), url: "http://a".into(), source: Source::new("a.graphql", sdl) };
        let composed = compose(vec![input], &mut NoConnectors).supergraph.expect("one subgraph composes");
        let supergraph = Supergraph::load(&Source::new("supergraph.graphql", composed)).expect("weft's own supergraph");
        ClientSchema::identity(&prove(supergraph).0)
    }

    #[test]
    fn nested_fields_count_and_fragments_do_not() {
        let mut doubling = String::from("{ ...F0 }");
        for at in 0..20 {
            let next = at + 1;
            doubling += &format!(" fragment F{at} on Query {{ x: self {{ ...F{next} }} y: self {{ ...F{next} }} }}");
        }
        doubling += " fragment F20 on Query { a }";
        let cases = [
            ("{ a }", 1),
            ("{ a self { a } }", 2),
            ("{ self { self { a } } a }", 3),
            ("{ ... { ... on Query { self { ... { a } } } } }", 2),
            ("{ ...F self { ...F } } fragment F on Query { self { a } }", 3),
            ("query A { a }", 1),
            ("{ __schema { types { fields { type { name } } } } a }", 1),
            ("{ __typename }", 1),
            (&doubling, 21),
        ];
        let client = client("type Query { a: Int self: Query }");
        for (text, expected) in cases {
            let document = parse(&client, text, None).unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
            assert_eq!(depth(&document), expected, "{text}");
        }
    }
}

//! Owns what of a schema an operation uses, in the schema's coordinates.

use std::collections::HashSet;

use apollo_compiler::ast::{Type, Value};
use apollo_compiler::executable::{Field, Selection, SelectionSet};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{ExecutableDocument, Name, Schema};

use super::Coordinate;

/// What an operation uses: types that it is given, names or writes; fields that it selects or may write; arguments that it
/// gives; values that it may write.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage(HashSet<Coordinate>);

impl Usage {
    /// Of all operations and fragments of a document that is valid on the schema.
    pub fn of(schema: &Schema, document: &ExecutableDocument) -> Self {
        let mut walk = Walk { schema, used: HashSet::new() };
        for operation in document.operations.iter() {
            for variable in &operation.variables {
                walk.written(&variable.ty);
            }
            walk.selections(&operation.selection_set);
        }
        document.fragments.values().for_each(|fragment| walk.selections(&fragment.selection_set));
        Self(walk.used)
    }

    pub fn uses(&self, coordinate: &Coordinate) -> bool {
        self.0.contains(coordinate)
    }

    /// Adds what another one uses.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}

struct Walk<'a> {
    schema: &'a Schema,
    used: HashSet<Coordinate>,
}

impl Walk<'_> {
    fn selections(&mut self, set: &SelectionSet) {
        self.ty(&set.ty);
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => self.field(&set.ty, field),
                Selection::InlineFragment(fragment) => self.selections(&fragment.selection_set),
                // Fragments are walked through once, wherever they are spread.
                Selection::FragmentSpread(_) => {}
            }
        }
    }

    fn field(&mut self, parent: &Name, field: &Field) {
        self.used.insert(Coordinate::Member(parent.clone(), field.name.clone()));
        self.ty(field.ty().inner_named_type());
        for argument in &field.arguments {
            self.used.insert(Coordinate::Argument(parent.clone(), field.name.clone(), argument.name.clone()));
            if let Some(definition) = field.definition.argument_by_name(&argument.name) {
                self.literal(&definition.ty, &argument.value);
            }
        }
        self.selections(&field.selection_set);
    }

    fn ty(&mut self, name: &Name) {
        self.used.insert(Coordinate::Type(name.clone()));
    }

    /// A literal names what it writes.
    fn literal(&mut self, ty: &Type, value: &Value) {
        let name = ty.inner_named_type();
        self.ty(name);
        match value {
            Value::List(items) => items.iter().for_each(|item| self.literal(ty, item)),
            Value::Enum(value) => {
                self.used.insert(Coordinate::Member(name.clone(), value.clone()));
            }
            Value::Object(fields) => {
                let Some(input) = self.schema.get_input_object(name) else { return };
                for (field, value) in fields {
                    self.used.insert(Coordinate::Member(name.clone(), field.clone()));
                    if let Some(definition) = input.fields.get(field) {
                        self.literal(&definition.ty, value);
                    }
                }
            }
            // What a variable can be is known from its own type.
            Value::Variable(_)
            | Value::Null
            | Value::String(_)
            | Value::Float(_)
            | Value::Int(_)
            | Value::Boolean(_) => {}
        }
    }

    /// A variable can be all that its type can be.
    fn written(&mut self, ty: &Type) {
        let name = ty.inner_named_type();
        // An input type can be in itself.
        if !self.used.insert(Coordinate::Type(name.clone())) {
            return;
        }
        let member = |member: &Name| Coordinate::Member(name.clone(), member.clone());
        match self.schema.types.get(name) {
            Some(ExtendedType::Enum(ty)) => self.used.extend(ty.values.keys().map(member)),
            Some(ExtendedType::InputObject(ty)) => {
                self.used.extend(ty.fields.keys().map(member));
                ty.fields.values().for_each(|field| self.written(&field.ty));
            }
            Some(
                ExtendedType::Scalar(_) | ExtendedType::Object(_) | ExtendedType::Interface(_) | ExtendedType::Union(_),
            )
            | None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = "
        type Query { order(id: ID!, by: Sort = UP): Order posts(filter: Filter): [Post!] }
        type Order { id: ID! status: Status user: User }
        type User { name: String }
        interface Post { body: String }
        type Review implements Post { body: String rating: Int }
        input Filter { text: String sort: Sort inner: Filter }
        enum Sort { UP DOWN }
        enum Status { NEW SENT }";

    #[test]
    fn an_operation_uses_what_it_names_and_what_its_variables_can_be() {
        let cases = [
            ("{ order(id: 1) { id } }", "Query Query.order Query.order(id:) ID Order Order.id"),
            (
                "{ order(id: 1, by: DOWN) { status } }",
                "Query Query.order Query.order(id:) Query.order(by:) ID Sort Sort.DOWN Order Order.status Status",
            ),
            (
                "query A($by: Sort) { order(id: 1, by: $by) { __typename } }",
                "Query Query.order Query.order(id:) Query.order(by:) ID Sort Sort.UP Sort.DOWN Order Order.__typename String",
            ),
            (
                "{ posts(filter: { inner: { text: \"a\" } }) { ... on Review { rating } } }",
                "Query Query.posts Query.posts(filter:) Filter Filter.inner Filter.text String Post Review Review.rating Int",
            ),
            (
                "query A($f: Filter) { posts(filter: $f) { body } }",
                "Query Query.posts Query.posts(filter:) Filter Filter.text Filter.sort Filter.inner String Sort Sort.UP Sort.DOWN Post Post.body",
            ),
            (
                "{ order(id: 1) { ...F } } fragment F on Order { user { name } }",
                "Query Query.order Query.order(id:) ID Order Order.user User User.name String",
            ),
        ];
        let schema = Schema::parse_and_validate(SCHEMA, "schema.graphql").expect("it is valid");
        for (text, expected) in cases {
            let document = ExecutableDocument::parse_and_validate(&schema, text, "a.graphql");
            let usage = Usage::of(&schema, &document.unwrap_or_else(|found| panic!("{text}: {found}")));
            let mut found: Vec<String> = usage.0.iter().map(ToString::to_string).collect();
            let mut expected: Vec<&str> = expected.split(' ').collect();
            found.sort();
            expected.sort_unstable();
            assert_eq!(found, expected, "{text}");
        }
    }
}

//! Owns gathering what a client's files say that its users do not see, by the part of the schema that it is said of.

use std::collections::BTreeMap;
use std::sync::Arc;

use apollo_compiler::Name;
use apollo_compiler::ast::{
    Definition, DirectiveList, Document, EnumValueDefinition, FieldDefinition, InputValueDefinition,
};

use super::super::Coordinate;
use super::facts::Facts;
use crate::diagnostics::Source;

/// What users do not see, by what it is said of. What is not in it is said nothing of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unseen(BTreeMap<Coordinate, Facts>);

impl Unseen {
    /// From the files of a client's schema, as far as they can be read.
    pub fn of(sources: &[Arc<Source>]) -> Self {
        let (mut unseen, mut types) = (Self::default(), BTreeMap::<Name, DirectiveList>::new());
        for source in sources {
            // What is wrong with a file is told where the schema is compiled.
            let Ok(document) = Document::parse(source.text.as_str(), &source.path) else { continue };
            for definition in &document.definitions {
                // A type and its extensions are one.
                if let Some(ty) = unseen.members(definition) {
                    types.entry(ty.clone()).or_default().0.extend(definition.directives().iter().cloned());
                }
            }
        }
        types.iter().for_each(|(ty, directives)| unseen.say(Coordinate::Type(ty.clone()), ty, directives));
        unseen
    }

    pub fn get(&self, coordinate: &Coordinate) -> Option<&Facts> {
        self.0.get(coordinate)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Coordinate, &Facts)> {
        self.0.iter()
    }

    pub(super) fn insert(&mut self, coordinate: Coordinate, facts: Facts) {
        if !facts.is_empty() {
            self.0.insert(coordinate, facts);
        }
    }

    /// Notes what is in a type, whose name is given back.
    fn members<'a>(&mut self, definition: &'a Definition) -> Option<&'a Name> {
        let ty = definition.name()?;
        match definition {
            Definition::ObjectTypeDefinition(object) => self.fields(ty, &object.fields),
            Definition::ObjectTypeExtension(object) => self.fields(ty, &object.fields),
            Definition::InterfaceTypeDefinition(interface) => self.fields(ty, &interface.fields),
            Definition::InterfaceTypeExtension(interface) => self.fields(ty, &interface.fields),
            Definition::EnumTypeDefinition(enumeration) => self.values(ty, &enumeration.values),
            Definition::EnumTypeExtension(enumeration) => self.values(ty, &enumeration.values),
            Definition::InputObjectTypeDefinition(input) => self.inputs(ty, &input.fields),
            Definition::InputObjectTypeExtension(input) => self.inputs(ty, &input.fields),
            Definition::ScalarTypeDefinition(_)
            | Definition::ScalarTypeExtension(_)
            | Definition::UnionTypeDefinition(_)
            | Definition::UnionTypeExtension(_) => {}
            Definition::OperationDefinition(_)
            | Definition::FragmentDefinition(_)
            | Definition::DirectiveDefinition(_)
            | Definition::SchemaDefinition(_)
            | Definition::SchemaExtension(_) => return None,
        }
        Some(ty)
    }

    fn fields(&mut self, ty: &Name, fields: &[apollo_compiler::Node<FieldDefinition>]) {
        for field in fields {
            self.say(Coordinate::Member(ty.clone(), field.name.clone()), &field.name, &field.directives);
            for argument in &field.arguments {
                let at = Coordinate::Argument(ty.clone(), field.name.clone(), argument.name.clone());
                self.say(at, &argument.name, &argument.directives);
            }
        }
    }

    fn values(&mut self, ty: &Name, values: &[apollo_compiler::Node<EnumValueDefinition>]) {
        for value in values {
            self.say(Coordinate::Member(ty.clone(), value.value.clone()), &value.value, &value.directives);
        }
    }

    fn inputs(&mut self, ty: &Name, fields: &[apollo_compiler::Node<InputValueDefinition>]) {
        for field in fields {
            self.say(Coordinate::Member(ty.clone(), field.name.clone()), &field.name, &field.directives);
        }
    }

    fn say(&mut self, at: Coordinate, name: &str, directives: &DirectiveList) {
        self.insert(at, Facts::of(name, directives));
    }
}

/// Reads a line of a lock: a coordinate, and directives after it.
pub(super) fn parse_line(line: &str) -> Option<(Coordinate, Facts)> {
    let (coordinate, directives) = line.split_once(' ')?;
    let at = Coordinate::parse(coordinate)?;
    let document = Document::parse(format!("scalar Line {directives}"), "line").ok()?;
    let [Definition::ScalarTypeDefinition(scalar)] = document.definitions.as_slice() else { return None };
    let facts = Facts::of(at.name(), &scalar.directives);
    // All of it is understood if it would be written so again.
    (format!(" {directives}") == facts.to_string()).then_some((at, facts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gathered_is_read_as_it_is_written() {
        let text = r#"
            type Home @from(type: "Query") @authenticated {
              name(of: ID @from(name: "id")): String @from(path: "user(id: $of, say: \"\\\"hi\\\"\").name") @fallback(value: "a \"b\" \\n")
              list: [P] @limit(max: 3) @dropUnknown @fallback(on: NULL, value: [], report: true)
              same: Int @from(path: "same") @deprecated @cacheControl(maxAge: 3)
            }
            extend type Home @requiresScopes(scopes: [["a", "b"], ["c"]]) {
              mask: ID @mask(char: "-", unlessScopes: "b")
              one: Int! @constant(value: 1)
            }
            enum E { A @from(name: "B") C @catchAll }
            input I @from(type: "J") { a: Int @from(name: "b") }
            "#;
        let expected = [
            r#"E.A @from(name: "B")"#,
            "E.C @catchAll",
            r#"Home @from(type: "Query") @authenticated @requiresScopes(scopes: [["a", "b"], ["c"]])"#,
            "Home.list @fallback(value: [], on: [NULL], report: true) @limit(max: 3) @dropUnknown",
            r#"Home.mask @mask(keepLast: 0, unlessScopes: ["b"])"#,
            r#"Home.name @from(path: "user(id: $of, say: \"\\\"hi\\\"\").name") @fallback(value: "a \"b\" \\n", on: [ERROR], report: false)"#,
            r#"Home.name(of:) @from(name: "id")"#,
            "Home.one @constant(value: 1)",
            r#"I @from(type: "J")"#,
            r#"I.a @from(name: "b")"#,
        ];
        let unseen = Unseen::of(&[Source::new("schema.graphql", text)]);
        let written: Vec<String> = unseen.iter().map(|(at, facts)| format!("{at}{facts}")).collect();
        assert_eq!(written, expected);
        let mut read = Unseen::default();
        for line in &written {
            let (at, facts) = parse_line(line).unwrap_or_else(|| panic!("{line}"));
            read.insert(at, facts);
        }
        assert_eq!(read, unseen);
    }

    #[test]
    fn what_is_written_otherwise_is_not_taken_for_less() {
        for line in
            ["A", "A.b @limit", "A.b @limit(max: 3) @other", "A.b @mask", "1 @catchAll", "A.b  @catchAll", "A.b @from("]
        {
            assert_eq!(parse_line(line), None, "{line}");
        }
    }
}

//! A table of edits, and what is said of each.

use apollo_compiler::Schema;
use apollo_compiler::validation::Valid;

use super::{Change, Level, diff, unseen};
use crate::check::{Lock, Policy, Unseen};
use crate::diagnostics::Source;

fn schema(text: &str) -> Valid<Schema> {
    let has_query = text.contains("type Query") || text.contains("schema {");
    let text = if has_query { text.to_owned() } else { format!("type Query {{ ok: Int }} {text}") };
    Schema::parse_and_validate(&text, "case.graphql").unwrap_or_else(|found| panic!("{text}\n{found}"))
}

/// `breaking CODE: Order.items removed (now Order.lines)`
fn told(changes: &[Change]) -> Vec<String> {
    let line = |change: &Change| {
        let level = match change.level {
            Level::Breaking => "breaking",
            Level::Dangerous => "dangerous",
        };
        let renamed = change.renamed.as_ref().map(|now| format!(" (now {now})")).unwrap_or_default();
        format!("{level} {}: {change}{renamed}", change.code)
    };
    changes.iter().map(line).collect()
}

/// The old schema, the new one, and what is said.
type Case<'a> = (&'a str, &'a str, &'a [&'a str]);

fn check(cases: &[Case<'_>], compare: impl Fn(&str, &str) -> Vec<Change>) {
    let wrong = cases.iter().filter_map(|(old, new, expected)| {
        let found = told(&compare(old, new));
        (found != *expected).then(|| format!("{old}\n{new}\n-> {found:#?}"))
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn visible(old: &str, new: &str) -> Vec<Change> {
    diff(&schema(old), &schema(new))
}

#[test]
fn types() {
    let cases: [Case<'_>; 13] = [
        ("type A { a: Int }", "type A { a: Int } type B { b: Int }", &[]),
        ("type A { a: Int } type B { b: Int }", "type A { a: Int }", &["breaking TYPE_REMOVED: B removed"]),
        ("type Orders { a: Int }", "type Order { a: Int }", &["breaking TYPE_REMOVED: Orders removed (now Order)"]),
        ("scalar Date", "scalar DateTime", &["breaking TYPE_REMOVED: Date removed"]),
        ("scalar S", "enum S { A }", &["breaking TYPE_KIND_CHANGED: S is now an enum, no longer a scalar"]),
        (
            "interface I { a: Int } type A implements I { a: Int }",
            "interface I { a: Int } type A { a: Int }",
            &["breaking IMPLEMENTATION_REMOVED: A no longer implements I"],
        ),
        (
            "interface I { a: Int } type A implements I { a: Int }",
            "interface I { a: Int } type A implements I { a: Int } type B implements I { a: Int }",
            &["dangerous IMPLEMENTATION_ADDED: I can now be B"],
        ),
        (
            "interface I { a: Int } type A { a: Int }",
            "interface I { a: Int } type A implements I { a: Int }",
            &["dangerous IMPLEMENTATION_ADDED: I can now be A"],
        ),
        (
            "type A { a: Int } type B { a: Int } union U = A | B",
            "type A { a: Int } type B { a: Int } union U = A",
            &["breaking UNION_MEMBER_REMOVED: U can no longer be B"],
        ),
        (
            "type A { a: Int } type B { a: Int } union U = A",
            "type A { a: Int } type B { a: Int } union U = A | B",
            &["dangerous UNION_MEMBER_ADDED: U can now be B"],
        ),
        (
            "schema { query: Q mutation: M } type Q { a: Int } type M { a: Int }",
            "schema { query: Q } type Q { a: Int } type M { a: Int }",
            &["breaking ROOT_REMOVED: M is no longer where a mutation begins"],
        ),
        (
            "schema { query: Q mutation: M } type Q { a: Int } type M { a: Int }",
            "schema { query: Q } type Q { a: Int }",
            &["breaking TYPE_REMOVED: M removed"],
        ),
        ("\"Of one.\" type A { a: Int }", "\"Of all.\" type A { \"One.\" a: Int @deprecated }", &[]),
    ];
    check(&cases, visible);
}

#[test]
fn fields() {
    let cases: [Case<'_>; 12] = [
        ("type A { a: Int }", "type A { a: Int b: Int }", &[]),
        ("type A { a: Int b: Int }", "type A { a: Int }", &["breaking FIELD_REMOVED: A.b removed"]),
        (
            "type A { total: Int }",
            "type A { totals: Int }",
            &["breaking FIELD_REMOVED: A.total removed (now A.totals)"],
        ),
        // The only new one of its type.
        (
            "type A { a: Int x: Float }",
            "type A { other: Int x: Float }",
            &["breaking FIELD_REMOVED: A.a removed (now A.other)"],
        ),
        ("type A { a: Int }", "type A { other: Int another: Int }", &["breaking FIELD_REMOVED: A.a removed"]),
        (
            "type A { a: Int b: Int }",
            "type A { other: Int }",
            &["breaking FIELD_REMOVED: A.a removed", "breaking FIELD_REMOVED: A.b removed"],
        ),
        ("type A { a: Int }", "type A { a: Int! }", &[]),
        (
            "type A { a: Int! }",
            "type A { a: Int }",
            &["breaking FIELD_TYPE_CHANGED: A.a is now `Int`, no longer `Int!`"],
        ),
        (
            "type A { a: [Int!] }",
            "type A { a: [Int]! }",
            &["breaking FIELD_TYPE_CHANGED: A.a is now `[Int]!`, no longer `[Int!]`"],
        ),
        (
            "type A { a: Int }",
            "type A { a: Float }",
            &["breaking FIELD_TYPE_CHANGED: A.a is now `Float`, no longer `Int`"],
        ),
        (
            "type A { a: Int }",
            "type A { a: [Int] }",
            &["breaking FIELD_TYPE_CHANGED: A.a is now `[Int]`, no longer `Int`"],
        ),
        (
            "interface I { a: Int b: Int } type A implements I { a: Int b: Int }",
            "interface I { a: Int } type A implements I { a: Int }",
            &["breaking FIELD_REMOVED: I.b removed", "breaking FIELD_REMOVED: A.b removed"],
        ),
    ];
    check(&cases, visible);
}

#[test]
fn arguments() {
    let cases: [Case<'_>; 15] = [
        ("type A { a: Int }", "type A { a(x: Int): Int }", &[]),
        ("type A { a: Int }", "type A { a(x: Int! = 1): Int }", &[]),
        (
            "type A { a: Int }",
            "type A { a(x: Int!): Int }",
            &["breaking REQUIRED_ARGUMENT_ADDED: A.a(x:) added, and must be given"],
        ),
        ("type A { a(x: Int): Int }", "type A { a: Int }", &["breaking ARGUMENT_REMOVED: A.a(x:) removed"]),
        (
            "type A { a(first: Int): Int }",
            "type A { a(frist: Int): Int }",
            &["breaking ARGUMENT_REMOVED: A.a(first:) removed (now A.a(frist:))"],
        ),
        ("type A { a(x: Int!): Int }", "type A { a(x: Int): Int }", &[]),
        (
            "type A { a(x: Int): Int }",
            "type A { a(x: Int!): Int }",
            &["breaking ARGUMENT_TYPE_CHANGED: A.a(x:) is now `Int!`, no longer `Int`"],
        ),
        (
            "type A { a(x: Int): Int }",
            "type A { a(x: Int! = 1): Int }",
            &["breaking ARGUMENT_TYPE_CHANGED: A.a(x:) is now `Int!`, no longer `Int`"],
        ),
        ("type A { a(x: [Int!]): Int }", "type A { a(x: [Int]): Int }", &[]),
        (
            "type A { a(x: Int): Int }",
            "type A { a(x: Float): Int }",
            &["breaking ARGUMENT_TYPE_CHANGED: A.a(x:) is now `Float`, no longer `Int`"],
        ),
        (
            "type A { a(x: Int = 1): Int }",
            "type A { a(x: Int = 2): Int }",
            &["dangerous DEFAULT_CHANGED: A.a(x:) now defaults to `2`, no longer to `1`"],
        ),
        (
            "type A { a(x: Int): Int }",
            "type A { a(x: Int = 2): Int }",
            &["dangerous DEFAULT_CHANGED: A.a(x:) now defaults to `2`"],
        ),
        (
            "type A { a(x: Int = 1): Int }",
            "type A { a(x: Int): Int }",
            &["dangerous DEFAULT_CHANGED: A.a(x:) no longer defaults to `1`"],
        ),
        (
            "type A { a(x: Int! = 1): Int }",
            "type A { a(x: Int!): Int }",
            &["breaking ARGUMENT_REQUIRED: A.a(x:) no longer defaults to `1`"],
        ),
        ("type A { a(x: Int = null): Int }", "type A { a(x: Int): Int }", &[]),
    ];
    check(&cases, visible);
}

#[test]
fn input_fields() {
    let cases: [Case<'_>; 8] = [
        ("input A { a: Int }", "input A { a: Int b: Int c: Int! = 1 }", &[]),
        (
            "input A { a: Int }",
            "input A { a: Int b: Int! }",
            &["breaking REQUIRED_INPUT_FIELD_ADDED: A.b added, and must be given"],
        ),
        ("input A { a: Int b: Int }", "input A { a: Int }", &["breaking INPUT_FIELD_REMOVED: A.b removed"]),
        (
            "input A { stars: Int }",
            "input A { star: Int }",
            &["breaking INPUT_FIELD_REMOVED: A.stars removed (now A.star)"],
        ),
        ("input A { a: Int! }", "input A { a: Int }", &[]),
        (
            "input A { a: Int }",
            "input A { a: Int! }",
            &["breaking INPUT_FIELD_TYPE_CHANGED: A.a is now `Int!`, no longer `Int`"],
        ),
        (
            "input A { a: Int! = 1 }",
            "input A { a: Int! }",
            &["breaking INPUT_FIELD_REQUIRED: A.a no longer defaults to `1`"],
        ),
        (
            "input A { a: Int = 1 }",
            "input A { a: Int = 2 }",
            &["dangerous DEFAULT_CHANGED: A.a now defaults to `2`, no longer to `1`"],
        ),
    ];
    check(&cases, visible);
}

#[test]
fn enum_values_matter_by_where_they_go() {
    let given = |values: &str| format!("type Query {{ e: E }} enum E {{ {values} }}");
    let taken = |values: &str| format!("type Query {{ a(e: E): Int }} enum E {{ {values} }}");
    let within = |values: &str| format!("type Query {{ a(i: I): Int }} input I {{ e: [E!] }} enum E {{ {values} }}");
    let cases = [
        (given("A"), given("A B"), vec!["dangerous ENUM_VALUE_ADDED: E.B added"]),
        (given("A B"), given("A"), vec![]),
        (taken("A"), taken("A B"), vec![]),
        (taken("A B"), taken("A"), vec!["breaking ENUM_VALUE_REMOVED: E.B removed"]),
        (within("A B"), within("A"), vec!["breaking ENUM_VALUE_REMOVED: E.B removed"]),
        (taken("SHIPED"), taken("SHIPPED"), vec!["breaking ENUM_VALUE_REMOVED: E.SHIPED removed (now E.SHIPPED)"]),
    ];
    for (old, new, expected) in &cases {
        check(&[(old, new, expected)], visible);
    }
}

/// What weft's directives say in a client's file, and the schema that is left of it.
fn written(text: &str) -> (Valid<Schema>, Unseen) {
    let document = format!("type Query {{ ok: Int }} {text}");
    let unseen = Unseen::of(&[Source::new("schema.graphql", document.as_str())]);
    let mut plain = apollo_compiler::ast::Document::parse(document, "case.graphql").expect("it is GraphQL");
    for definition in &mut plain.definitions {
        use apollo_compiler::ast::Definition as D;
        match definition {
            D::ObjectTypeDefinition(object) => {
                let object = object.make_mut();
                object.directives.0.clear();
                for field in &mut object.fields {
                    field.make_mut().directives.0.clear();
                }
            }
            D::EnumTypeDefinition(enumeration) => {
                let enumeration = enumeration.make_mut();
                enumeration.directives.0.clear();
                for value in &mut enumeration.values {
                    value.make_mut().directives.0.clear();
                }
            }
            _ => {}
        }
    }
    (plain.to_schema_validate().expect("it is valid"), unseen)
}

fn hidden(old: &str, new: &str) -> Vec<Change> {
    let (schema, unseen_before) = written(old);
    let lock = Lock { schema, unseen: unseen_before, policy: Policy::default() };
    let (schema, unseen_now) = written(new);
    assert_eq!(diff(&lock.schema, &schema), [], "{old} -> {new}");
    unseen(&lock, &schema, &unseen_now)
}

#[test]
fn what_clients_do_not_see() {
    let cases: [(&str, &str, &[&str]); 25] = [
        ("", "", &[]),
        ("", r#"@from(path: "f")"#, &[]),
        (r#"@from(path: "a.b")"#, r#"@from(path: "a.b") @cacheControl(maxAge: 3) @deprecated"#, &[]),
        (
            r#"@from(path: "a.b")"#,
            r#"@from(path: "a.c")"#,
            &["TARGET_CHANGED: A.f now comes from `a.c`, no longer from `a.b`"],
        ),
        ("", r#"@from(path: "a")"#, &["TARGET_CHANGED: A.f now comes from `a`, no longer from `f`"]),
        (r#"@from(path: "a")"#, "", &["TARGET_CHANGED: A.f now comes from `f`, no longer from `a`"]),
        ("", "@constant(value: 1)", &["TARGET_CHANGED: A.f now comes from the constant `1`, no longer from `f`"]),
        ("@limit(max: 3)", "@limit(max: 4)", &[]),
        ("@limit(max: 3)", "", &[]),
        ("@limit(max: 3)", "@limit(max: 2)", &["LIMIT_LOWERED: A.f now has at most 2 items, no longer 3"]),
        ("", "@limit(max: 2)", &["LIMIT_LOWERED: A.f now has at most 2 items"]),
        ("@mask(keepLast: 4)", "", &[]),
        ("", "@mask", &["MASK_STRICTER: A.f is now masked"]),
        ("@mask(keepLast: 4)", "@mask(keepLast: 5)", &[]),
        ("@mask(keepLast: 4)", "@mask(keepLast: 3)", &["MASK_STRICTER: A.f is now masked for more, or more of it"]),
        (r#"@mask(unlessScopes: ["a", "b"])"#, r#"@mask(unlessScopes: ["b"])"#, &[]),
        ("@mask", r#"@mask(unlessScopes: ["b"])"#, &[]),
        (
            r#"@mask(unlessScopes: ["a"])"#,
            r#"@mask(unlessScopes: ["a", "b"])"#,
            &["MASK_STRICTER: A.f is now masked for more, or more of it"],
        ),
        (r#"@mask(unlessScopes: ["a"])"#, "@mask", &["MASK_STRICTER: A.f is now masked for more, or more of it"]),
        ("@fallback(value: 1)", "@fallback(value: 1, on: ERROR, report: false)", &[]),
        (
            "@fallback(value: 1)",
            "@fallback(value: 1, on: [NULL, ERROR])",
            &[
                "FALLBACK_CHANGED: A.f now falls back as `value: 1, on: [ERROR, NULL], report: false`, no longer as `value: 1, on: [ERROR], report: false`",
            ],
        ),
        ("@fallback(value: 1)", "", &["FALLBACK_CHANGED: A.f no longer has a fallback"]),
        ("", "@fallback(value: 1)", &["FALLBACK_CHANGED: A.f now falls back: `value: 1, on: [ERROR], report: false`"]),
        ("", "@authenticated", &["ACCESS_NARROWED: A.f is now only for who is authenticated"]),
        (
            "@authenticated",
            r#"@requiresScopes(scopes: [["a"]])"#,
            &[r#"ACCESS_NARROWED: A.f now needs the scopes `[["a"]]`"#],
        ),
    ];
    for (old, new, expected) in cases {
        let expected: Vec<String> = expected.iter().map(|line| format!("dangerous {line}")).collect();
        let file = |directives: &str| format!("type A {{ f: Int {directives} }}");
        assert_eq!(told(&hidden(&file(old), &file(new))), expected, "{old} -> {new}");
    }
}

#[test]
fn what_clients_do_not_see_of_types_and_values() {
    let cases: [Case<'_>; 5] = [
        (
            r#"type A @from(type: "B") { f: Int }"#,
            "type A { f: Int }",
            &["dangerous TARGET_CHANGED: A now comes from `A`, no longer from `B`"],
        ),
        (
            r#"enum E @from(type: "F") { A @from(name: "B") C }"#,
            r#"enum E @from(type: "F") { A C }"#,
            &["dangerous TARGET_CHANGED: E.A now comes from `A`, no longer from `B`"],
        ),
        (
            "enum E { A C @catchAll }",
            "enum E { A C }",
            &["dangerous CATCH_ALL_CHANGED: E.C no longer stands for values that the enum does not have"],
        ),
        (
            "type A { f: [Int] @dropUnknown }",
            "type A { f: [Int] }",
            &["dangerous DROP_UNKNOWN_CHANGED: A.f no longer leaves out, and has null for, items of other types"],
        ),
        // What is new or gone is told by what can be seen.
        (r#"type A { f: Int }"#, r#"type A { f: Int g: Int @from(path: "x") }"#, &[]),
    ];
    check(&cases, hidden);
}

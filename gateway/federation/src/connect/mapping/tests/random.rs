//! Owns random mappings and random answers that they fit, mostly.

use proptest::prelude::*;

fn key() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "c"]).prop_map(str::to_owned)
}

fn path() -> impl Strategy<Value = String> {
    prop::collection::vec(key(), 1..3).prop_map(|keys| keys.join("."))
}

/// A path that something is done to.
fn computed() -> impl Strategy<Value = String> {
    let ends =
        ["->first", "->size", "->map({ p: @.a, q: $.b })", "->filter(@.a->eq(1))", "?.b", " ?? b", "->jsonStringify"];
    (path(), prop::sample::select(ends.to_vec())).prop_map(|(path, end)| format!("{path}{end}"))
}

/// The fields of a selection set. Its aliases differ, and its keys may not: then the mapping is refused where it is read.
fn fields(depth: u32) -> BoxedStrategy<String> {
    let leaf =
        prop_oneof![key(), path().prop_map(|path| format!("#: {path}")), computed().prop_map(|it| format!("#: {it}"))];
    let field = if depth == 0 {
        leaf.boxed()
    } else {
        let set = || fields(depth - 1);
        prop_oneof![
            2 => leaf,
            1 => (key(), set()).prop_map(|(key, set)| format!("{key} {{ {set} }}")),
            1 => (path(), set()).prop_map(|(path, set)| format!("#: {path} {{ {set} }}")),
            1 => set().prop_map(|set| format!("#: {{ {set} }}")),
            1 => (path(), set()).prop_map(|(path, set)| format!("$.{path} {{ {set} }}")),
            1 => (path(), set()).prop_map(|(path, set)| format!("#: $.{path}->first {{ {set} }}")),
        ]
        .boxed()
    };
    let number = move |(at, field): (usize, String)| field.replacen('#', &format!("x{depth}{at}"), 1);
    prop::collection::vec(field, 1..4)
        .prop_map(move |fields| fields.into_iter().enumerate().map(number).collect::<Vec<_>>().join(" "))
        .boxed()
}

/// The text of a mapping.
pub fn mapping() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => fields(2),
        1 => Just("$".to_owned()),
        1 => path().prop_map(|path| format!("$.{path}")),
        1 => computed().prop_map(|path| format!("$.{path}")),
        2 => (path(), fields(1)).prop_map(|(path, set)| format!("$.{path} {{ {set} }}")),
    ]
}

/// The text of an answer, with keys that are escaped and keys that come twice.
pub fn json() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec!["null", "true", "1", "-2.50e3", r#""t""#, r#""\u00e9\n é""#, "[]", "{}"]);
    let leaf = leaf.prop_map(str::to_owned);
    leaf.prop_recursive(5, 48, 5, |inner| {
        let name = prop::sample::select(vec!["a", "a", "b", "b", "c", "d", r"\u0061", "e f"]);
        let field = (name, inner.clone()).prop_map(|(name, value)| format!("\"{name}\" :{value}"));
        prop_oneof![
            1 => prop::collection::vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
            3 => prop::collection::vec(field, 0..6).prop_map(|fields| format!("{{ {}}}", fields.join(","))),
        ]
    })
}

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

/// The members of a selection set, by what they are without sets in them and with. `#` stands for a name that no other
/// has.
#[derive(Clone, Copy)]
struct Grammar {
    leaf: fn() -> BoxedStrategy<String>,
    nested: fn(BoxedStrategy<String>) -> BoxedStrategy<String>,
}

const PICKING: Grammar = Grammar {
    leaf: || {
        prop_oneof![3 => key(), 3 => path().prop_map(|path| format!("#: {path}")), 1 => Just("#: $('T')".to_owned())]
            .boxed()
    },
    nested: |set| {
        prop_oneof![
            (key(), set.clone()).prop_map(|(key, set)| format!("{key} {{ {set} }}")),
            (path(), set.clone()).prop_map(|(path, set)| format!("#: {path} {{ {set} }}")),
            set.prop_map(|set| format!("#: {{ {set} }}")),
        ]
        .boxed()
    },
};

const ANY: Grammar = Grammar {
    leaf: || prop_oneof![2 => (PICKING.leaf)(), 1 => computed().prop_map(|it| format!("#: {it}"))].boxed(),
    nested: |set| {
        prop_oneof![
            3 => (PICKING.nested)(set.clone()),
            1 => (path(), set.clone()).prop_map(|(path, set)| format!("$.{path} {{ {set} }}")),
            1 => (path(), set).prop_map(|(path, set)| format!("#: $.{path}->first {{ {set} }}")),
        ]
        .boxed()
    },
};

/// The members of a set. Their keys may be the same: then the mapping is refused where it is read.
fn members(grammar: Grammar, depth: u32) -> BoxedStrategy<String> {
    let leaf = (grammar.leaf)();
    let member = match depth.checked_sub(1) {
        None => leaf,
        Some(below) => prop_oneof![2 => leaf, 3 => (grammar.nested)(members(grammar, below))].boxed(),
    };
    let named = move |(at, member): (usize, String)| member.replacen('#', &format!("x{depth}{at}"), 1);
    prop::collection::vec(member, 1..4)
        .prop_map(move |members| members.into_iter().enumerate().map(named).collect::<Vec<_>>().join(" "))
        .boxed()
}

/// The text of a mapping.
pub fn mapping() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => members(ANY, 2),
        1 => Just("$".to_owned()),
        1 => computed().prop_map(|path| format!("$.{path}")),
        2 => (path(), members(ANY, 1)).prop_map(|(path, set)| format!("$.{path} {{ {set} }}")),
    ]
}

/// The text of a mapping that only picks.
pub fn picking() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => members(PICKING, 2),
        1 => path().prop_map(|path| format!("$.{path}")),
        2 => (path(), members(PICKING, 1)).prop_map(|(path, set)| format!("$.{path} {{ {set} }}")),
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

//! Picking from the text of an answer yields what evaluating over its tree does.

use proptest::prelude::*;

use super::super::*;
use super::random;

fn of(mapping: &str) -> Option<Picks> {
    Picks::of(&Selection::parse(mapping).unwrap(), &FieldTree::whole())
}

/// What picking writes and what evaluating yields, if the mapping only picks.
fn both(mapping: &str, json: &str) -> Option<[String; 2]> {
    let selection = Selection::parse(mapping).ok()?;
    let picks = Picks::of(&selection, &FieldTree::whole())?;
    let mut picked = vec![];
    picks.write(json.as_bytes(), usize::MAX, &mut picked).unwrap();
    let data = parse_json(json.as_bytes()).unwrap();
    let (value, _) = eval(&selection, &Vars::default(), &data);
    Some([String::from_utf8(picked).unwrap(), value.to_json()])
}

#[test]
fn mappings_that_pick_are_known() {
    for mapping in
        ["id name: full_name", "$", "$.a.b", "a.b { c }", "id user: { id: userId n: a.b { c } }", "@.a", "x: $('T') id"]
    {
        assert!(of(mapping).is_some(), "{mapping}");
    }
    for mapping in
        ["x: a->first", "$(1)", "x: a ?? b", "x: a?.b", "x: $args.id", "a $.b { c }", "x: $ { a }", r#"x: "a\\b""#]
    {
        assert!(of(mapping).is_none(), "{mapping}");
    }
}

#[test]
fn no_more_is_picked_than_is_wanted() {
    let wanted = FieldTree::from_paths([&["user", "name"][..], &["id"]]);
    for (mapping, expected) in [("id user { name }", true), ("id user: { name: n }", true), ("id user", false)] {
        let selection = Selection::parse(mapping).unwrap();
        assert_eq!(Picks::of(&selection, &wanted).is_some(), expected, "{mapping}");
    }
}

#[test]
fn what_is_picked_is_what_is_yielded() {
    #[rustfmt::skip]
    let cases = [
        ("id name: n", r#"[{"n":"x","more":[{}],"id":1},null,[{"id":2}],"text"]"#, r#"[{"id":1,"name":"x"},null,[{"id":2}],{}]"#),
        ("id user: { id: userId }", r#"{"userId":7,"id":1}"#, r#"{"id":1,"user":{"id":7}}"#),
        ("id user: { id: userId }", "5", r#"{"user":{}}"#),
        ("x: a.b", r#"{"a":[{"b":1},{},null,2,[{"b":3}]]}"#, r#"{"x":[1,null,null,null,[3]]}"#),
        ("x: a.b y: a.c", r#"{"a":{"c":1}}"#, r#"{"y":1}"#),
        (r#"t: $("a\"") n: $(null) m: { t: $(-1.50) }"#, "1", r#"{"t":"a\"","n":null,"m":{"t":-1.50}}"#),
        ("id t: $('T')", "[{},null]", r#"[{"t":"T"},null]"#),
        ("x: a.b", r#"{"a":null}"#, r#"{"x":null}"#),
        ("$.data.list { id }", r#"{"data":{"list":[{"id":1}]},"data":{"list":[{"id":2}]}}"#, r#"[{"id":2}]"#),
        ("$.data.list { id }", r#"{"data":{"list":[{"id":1}]},"data":{}}"#, "null"),
        ("$.a", r#"{"a":{"b" : 1,"b":[ 2 ]}}"#, r#"{"b":[2]}"#),
        ("a", r#"{"\u0061":"\u0061"}"#, r#"{"a":"\u0061"}"#),
        ("a", "[]", "[]"),
        ("a", "{}", "{}"),
    ];
    for (mapping, json, expected) in cases {
        assert_eq!(both(mapping, json).unwrap(), [expected, expected], "{mapping} of {json}");
    }
}

#[test]
fn deep_answers_are_walked() {
    let deep = format!("{}{{\"a\":{{\"b\":1}}}}{}", "[".repeat(MAX_DEPTH - 4), "]".repeat(MAX_DEPTH - 4));
    for mapping in ["$.a.b", "a { b }", "x: a.b"] {
        let [picked, evaluated] = both(mapping, &deep).unwrap();
        assert_eq!(picked, evaluated, "{mapping}");
    }
}

#[test]
fn what_is_no_json_writes_nothing() {
    let picks = of("id").unwrap();
    for json in ["", "[{\"id\":1},", "{\"id\":1}}", "{\"id\":\"\\ud800\"}", &"[".repeat(MAX_DEPTH + 1)] {
        let mut out = vec![];
        let error = picks.write(json.as_bytes(), usize::MAX, &mut out).unwrap_err();
        let expected = PickError::Json(parse_json(json.as_bytes()).unwrap_err());
        assert_eq!((error, out.len()), (expected, 0), "{json}");
    }
}

#[test]
fn no_more_is_picked_than_there_is_room_for() {
    // Each says the same more than once.
    let cases = [
        ("a: v b: v", r#"{"v":"0123456789"}"#),
        ("a: v b: v", r#"[{"v":1},{"v":2},{"v":3}]"#),
        ("a: $('constant') b: $('constant')", "[0,0]"),
        ("a: { b: v c: { d: v } }", r#"{"v":[1,2]}"#),
        ("a: v.x b: v.x { y }", r#"{"v":[{"x":{"y":1}},{"x":{}},{}]}"#),
        ("$.v", r#"{"v":"0123456789"}"#),
    ];
    for (mapping, json) in cases {
        let picks = of(mapping).unwrap();
        let before = b"before";
        let pick = |max| {
            let mut out = before.to_vec();
            picks.write(json.as_bytes(), max, &mut out).map(|()| out.len() - before.len()).map_err(|it| (it, out.len()))
        };
        let length = pick(usize::MAX).unwrap();
        assert_eq!(pick(length), Ok(length), "{mapping} of {json}");
        for max in 0..length {
            assert_eq!(pick(max), Err((PickError::TooLarge, before.len())), "{mapping} of {json} in {max}");
        }
    }
    // What there is no room for is not written first.
    let repeating = (0..1000).map(|at| format!("x{at}: v ")).collect::<String>();
    let mut out = vec![];
    let json = format!("{{\"v\":\"{}\"}}", "x".repeat(1 << 10));
    assert_eq!(of(&repeating).unwrap().write(json.as_bytes(), 4 << 10, &mut out), Err(PickError::TooLarge));
    assert!(out.capacity() < 32 << 10, "{}", out.capacity());
}

proptest! {
    // No files of seeds beside the source: what a run finds becomes a case in a table.
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn picking_is_evaluating(mapping in random::picking(), json in random::json()) {
        // Two fields of one name are refused, and not all that is made picks only.
        if let Some([picked, evaluated]) = both(&mapping, &json) {
            prop_assert_eq!(picked, evaluated, "{} of {}", mapping, json);
        }
    }
}

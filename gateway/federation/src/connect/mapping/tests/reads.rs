//! What a mapping makes of an answer of which only what it reads is kept.

use proptest::prelude::*;

use super::super::*;
use super::random;

#[test]
fn keeps_what_is_read_and_nothing_else() {
    let data = r#"{"a":{"b":1,"c":[{"d":2,"e":"x"}]},"f":[3],"g":"\u00e9"}"#;
    #[rustfmt::skip]
    let cases = [
        ("f", r#"{"f":[3]}"#),
        ("x: a.b g", r#"{"a":{"b":1},"g":"\u00e9"}"#),
        ("x: a.c { d }", r#"{"a":{"c":[{"d":2}]}}"#),
        ("x: a.c->map(1)", r#"{"a":{"c":[{}]}}"#),
        ("x: a.c->filter(@.d->eq(2)) { e }", r#"{"a":{"c":[{"d":2,"e":"x"}]}}"#),
        ("x: a { b } y: a.c", r#"{"a":{"b":1,"c":[{"d":2,"e":"x"}]}}"#),
        ("x: a { b } y: a", r#"{"a":{"b":1,"c":[{"d":2,"e":"x"}]}}"#),
        ("x: $status", "{}"),
        ("$", data),
    ];
    for (mapping, expected) in cases {
        let selection = Selection::parse(mapping).unwrap();
        let kept = parse_json_read(data.as_bytes(), &Reads::of([&selection])).unwrap();
        assert_eq!(kept.to_json(), expected, "{mapping}");
    }
}

#[test]
fn what_is_left_out_is_no_value_that_counts() {
    let reads = Reads::of([&Selection::parse("a").unwrap()]);
    let within = |values| json::parse_within(br#"{"b":[1,2,3],"a":1}"#, reads.interest(), values);
    assert!(within(1).is_err());
    assert_eq!(within(2).unwrap().to_json(), r#"{"a":1}"#);
}

proptest! {
    // No files of seeds beside the source: what a run finds becomes a case in a table.
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn it_makes_the_same_as_of_all(mapping in random::mapping(), json in random::json()) {
        // Two fields of one name are refused.
        let Ok(selection) = Selection::parse(&mapping) else { return Ok(()) };
        let all = parse_json(json.as_bytes()).unwrap();
        let kept = parse_json_read(json.as_bytes(), &Reads::of([&selection])).unwrap();
        let [all, kept] = [all, kept].map(|data| {
            let (value, problems) = eval(&selection, &Vars::default(), &data);
            (value.to_json(), problems)
        });
        prop_assert_eq!(all, kept, "{} of {}", mapping, json);
    }

    #[test]
    fn what_is_no_json_is_told_the_same(mapping in random::mapping(), json in random::json(), cut in any::<prop::sample::Index>(), byte in 0_u8..128) {
        let Ok(selection) = Selection::parse(&mapping) else { return Ok(()) };
        let mut json = json.into_bytes();
        let at = cut.index(json.len());
        json[at] = byte;
        for text in [&json[..], &json[..at]] {
            let kept = parse_json_read(text, &Reads::of([&selection]));
            prop_assert_eq!(parse_json(text).err(), kept.err());
        }
    }
}

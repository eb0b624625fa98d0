//! Every method, with what it is for and what it is not: input, mapping, value, problems.
//!
//! A null stays null under a method that is not for it; any other kind is missing, with a problem. What is missing is left out
//! of the object `x` here.

use super::super::Method;
use super::run;

/// Input JSON, mapping of `x`, the value of `x` (none where it is missing), and the problems without their places.
type Case<'a> = (&'a str, &'a str, Option<&'a str>, &'a [&'a str]);

const NONE: &[&str] = &[];

#[rustfmt::skip]
const CASES: &[Case<'_>] = &[
    // echo: the argument, whatever it is applied to
    ("null", "->echo(1)", Some("1"), NONE),
    ("[1]", "->echo([@, 2])", Some("[[1],2]"), NONE),
    ("1", "->echo(@.a)", None, &["a key of a number"]),
    // match
    ("\"b\"", "->match(['a', 1], ['b', 2])", Some("2"), NONE),
    ("null", "->match([null, 'none'], [@, 'some'])", Some("\"none\""), NONE),
    ("1.0", "->match([1, 'one'])", Some("\"one\""), NONE),
    ("\"1\"", "->match([1, 'one'])", None, &["no candidate of `->match` fits the value"]),
    ("{\"a\":1}", "->match([{ a: 1 }, true])", Some("true"), NONE),
    ("[]", "->match([[], 'empty'], [@, 'full'])", Some("\"empty\""), NONE),
    ("9", "->match([1, 2], [@, @])", Some("9"), NONE),
    // first, last
    ("[1,2]", "->first", Some("1"), NONE),
    ("[]", "->first", None, NONE),
    ("[null]", "->first", Some("null"), NONE),
    ("\"éa\"", "->first", Some("\"é\""), NONE),
    ("\"\"", "->first", None, NONE),
    ("{\"a\":1}", "->first", Some("{\"a\":1}"), NONE),
    ("null", "->first", Some("null"), NONE),
    ("[1,2]", "->last", Some("2"), NONE),
    ("[]", "->last", None, NONE),
    ("\"a😀\"", "->last", Some("\"😀\""), NONE),
    ("7", "->last", Some("7"), NONE),
    // map: a single value is a list of one
    ("[1,2]", "->map(@->add(1))", Some("[2,3]"), NONE),
    ("[]", "->map(1)", Some("[]"), NONE),
    ("{\"a\":1}", "->map(@.a)", Some("[1]"), NONE),
    ("null", "->map(1)", Some("null"), NONE),
    ("[{\"a\":1},{}]", "->map(@.a)", Some("[1,null]"), &["the object has no such key"]),
    ("[[1],[]]", "->map(@->size)", Some("[1,0]"), NONE),
    // joinNotNull
    ("[\"a\",null,\"b\"]", "->joinNotNull(', ')", Some("\"a, b\""), NONE),
    ("[]", "->joinNotNull(',')", Some("\"\""), NONE),
    ("[null]", "->joinNotNull(',')", Some("\"\""), NONE),
    ("[1,true,\"é\"]", "->joinNotNull('·')", Some("\"1·true·é\""), NONE),
    ("\"a\"", "->joinNotNull(',')", Some("\"a\""), NONE),
    ("null", "->joinNotNull(',')", Some("null"), NONE),
    ("[[1]]", "->joinNotNull(',')", None, &["`->joinNotNull` does not apply to a list"]),
    ("[1]", "->joinNotNull(2)", None, &["an argument that `->joinNotNull` cannot use"]),
    // slice
    ("[1,2,3]", "->slice(1)", Some("[2,3]"), NONE),
    ("[1,2,3]", "->slice(0, 2)", Some("[1,2]"), NONE),
    ("[1,2,3]", "->slice(-2)", Some("[2,3]"), NONE),
    ("[1,2,3]", "->slice(-9, 9)", Some("[1,2,3]"), NONE),
    ("[1,2,3]", "->slice(2, 1)", Some("[]"), NONE),
    ("[1,2,3]", "->slice(0, -1)", Some("[1,2]"), NONE),
    ("\"aé😀b\"", "->slice(1, 3)", Some("\"é😀\""), NONE),
    ("\"abc\"", "->slice(5)", Some("\"\""), NONE),
    ("\"abc\"", "->slice(1.5)", None, &["an argument that `->slice` cannot use"]),
    ("[1,2]", "->slice('1')", None, &["an argument that `->slice` cannot use"]),
    ("null", "->slice(1)", Some("null"), NONE),
    ("12", "->slice(1)", None, &["`->slice` does not apply to a number"]),
    // entries
    ("{\"a\":1,\"b\":null}", "->entries", Some("[{\"key\":\"a\",\"value\":1},{\"key\":\"b\",\"value\":null}]"), NONE),
    ("{}", "->entries", Some("[]"), NONE),
    ("{\"é\\n\":1}", "->entries->first.key", Some("\"é\\n\""), NONE),
    ("null", "->entries", Some("null"), NONE),
    ("[1]", "->entries", None, &["`->entries` does not apply to a list"]),
    // size
    ("[1,null]", "->size", Some("2"), NONE),
    ("{\"a\":1}", "->size", Some("1"), NONE),
    ("\"é😀\"", "->size", Some("2"), NONE),
    ("\"\"", "->size", Some("0"), NONE),
    ("null", "->size", Some("null"), NONE),
    ("true", "->size", None, &["`->size` does not apply to a boolean"]),
    // filter, find
    ("[1,2,3,4]", "->filter(@->mod(2)->eq(0))", Some("[2,4]"), NONE),
    ("[]", "->filter(true)", Some("[]"), NONE),
    ("[1]", "->filter(@)", Some("[]"), &["an argument that `->filter` cannot use"]),
    ("null", "->filter(true)", Some("null"), NONE),
    ("{}", "->filter(true)", None, &["`->filter` does not apply to an object"]),
    ("[1,2,3]", "->find(@->gt(1))", Some("2"), NONE),
    ("[1]", "->find(@->gt(1))", None, NONE),
    ("[{\"a\":1,\"b\":2}]", "->find(@.a->eq(1)).b", Some("2"), NONE),
    ("null", "->find(true)", Some("null"), NONE),
    ("\"a\"", "->find(true)", None, &["`->find` does not apply to a string"]),
    // get
    ("[1,2]", "->get(0)", Some("1"), NONE),
    ("[1,2]", "->get(-1)", Some("2"), NONE),
    ("[1,2]", "->get(2)", None, NONE),
    ("[1,2]", "->get(-3)", None, NONE),
    ("{\"a b\":1}", "->get('a b')", Some("1"), NONE),
    ("{\"a\":1}", "->get('b')", None, NONE),
    ("\"aé\"", "->get(1)", Some("\"é\""), NONE),
    ("[1]", "->get('0')", None, &["an argument that `->get` cannot use"]),
    ("{\"a\":1}", "->get(0)", None, &["an argument that `->get` cannot use"]),
    ("null", "->get(0)", Some("null"), NONE),
    // contains, in
    ("[1,2]", "->contains(2.0)", Some("true"), NONE),
    ("[1,\"2\"]", "->contains(2)", Some("false"), NONE),
    ("[{\"a\":1}]", "->contains({ a: 1 })", Some("true"), NONE),
    ("[]", "->contains(null)", Some("false"), NONE),
    ("null", "->contains(1)", Some("null"), NONE),
    ("\"ab\"", "->contains('a')", None, &["`->contains` does not apply to a string"]),
    ("2", "->in([1, 2])", Some("true"), NONE),
    ("2", "->in(1, 2)", Some("true"), NONE),
    ("2", "->in([])", Some("false"), NONE),
    ("null", "->in([null])", Some("true"), NONE),
    // eq, ne: by meaning, whatever the kinds
    ("1", "->eq(1.0)", Some("true"), NONE),
    ("1", "->eq('1')", Some("false"), NONE),
    ("null", "->eq(null)", Some("true"), NONE),
    ("{\"a\":1,\"b\":2}", "->eq({ b: 2, a: 1 })", Some("true"), NONE),
    ("[1,2]", "->eq([2, 1])", Some("false"), NONE),
    ("\"\\u00e9\"", "->eq('é')", Some("true"), NONE),
    ("9007199254740993", "->eq(9007199254740992)", Some("false"), NONE),
    ("1", "->ne(2)", Some("true"), NONE),
    ("null", "->ne(1)", Some("true"), NONE),
    ("\"\\u0061\"", "->ne('a')", Some("false"), NONE),
    // lt, lte, gt, gte
    ("1", "->lt(2)", Some("true"), NONE),
    ("2", "->lt(2)", Some("false"), NONE),
    ("2", "->lte(2)", Some("true"), NONE),
    ("null", "->lte(2)", Some("null"), NONE),
    ("2", "->lte(null)", None, &["an argument that `->lte` cannot use"]),
    ("\"b\"", "->gt('a')", Some("true"), NONE),
    ("-1.5", "->gte(-1.5)", Some("true"), NONE),
    ("\"a\"", "->gte('é')", Some("false"), NONE),
    ("{}", "->gte(1)", None, &["`->gte` does not apply to an object"]),
    ("true", "->gt(false)", Some("true"), NONE),
    ("null", "->gt(1)", Some("null"), NONE),
    ("\"1\"", "->gt(1)", None, &["an argument that `->gt` cannot use"]),
    ("[1]", "->lt([2])", None, &["`->lt` does not apply to a list"]),
    // not, and, or
    ("true", "->not", Some("false"), NONE),
    ("null", "->not", Some("null"), NONE),
    ("0", "->not", None, &["`->not` does not apply to a number"]),
    ("true", "->and(true, true)", Some("true"), NONE),
    ("false", "->and(1)", Some("false"), NONE),
    ("true", "->and(1)", None, &["an argument that `->and` cannot use"]),
    ("null", "->and(true)", Some("null"), NONE),
    ("false", "->or(false, true)", Some("true"), NONE),
    ("true", "->or(1)", Some("true"), NONE),
    ("\"\"", "->or(true)", None, &["`->or` does not apply to a string"]),
    // add, sub, mul, div, mod: exact among integers
    ("9007199254740993", "->add(1)", Some("9007199254740994"), NONE),
    ("1", "->add(2, 3.5)", Some("6.5"), NONE),
    ("-3", "->sub(1)", Some("-4"), NONE),
    ("10", "->sub(1, 2)", Some("7"), NONE),
    ("null", "->sub(1)", Some("null"), NONE),
    ("[]", "->sub(1)", None, &["`->sub` does not apply to a list"]),
    ("6", "->mul(7)", Some("42"), NONE),
    ("0.5", "->mul(4)", Some("2"), NONE),
    ("2", "->mul(null)", None, &["an argument that `->mul` cannot use"]),
    ("7", "->div(2)", Some("3.5"), NONE),
    ("6", "->div(3)", Some("2"), NONE),
    ("1", "->div(0)", None, &["`->div` has no number as its result"]),
    ("7", "->mod(3)", Some("1"), NONE),
    ("-7", "->mod(3)", Some("-1"), NONE),
    ("7", "->mod(0)", None, &["`->mod` has no number as its result"]),
    ("null", "->add(1)", Some("null"), NONE),
    ("\"1\"", "->add(1)", None, &["`->add` does not apply to a string"]),
    ("1", "->add('1')", None, &["an argument that `->add` cannot use"]),
    // toString
    ("1.50", "->toString", Some("\"1.50\""), NONE),
    ("true", "->toString", Some("\"true\""), NONE),
    ("\"é\"", "->toString", Some("\"é\""), NONE),
    ("null", "->toString", Some("null"), NONE),
    ("[1]", "->toString", None, &["`->toString` does not apply to a list"]),
    // parseInt
    ("\"42\"", "->parseInt", Some("42"), NONE),
    ("\" -7 \"", "->parseInt", Some("-7"), NONE),
    ("\"ff\"", "->parseInt(16)", Some("255"), NONE),
    ("\"101\"", "->parseInt(2)", Some("5"), NONE),
    ("3.9", "->parseInt", Some("3"), NONE),
    ("\"\"", "->parseInt", None, &["`->parseInt` has no number as its result"]),
    ("\"12px\"", "->parseInt", None, &["`->parseInt` has no number as its result"]),
    ("\"1\"", "->parseInt(37)", None, &["an argument that `->parseInt` cannot use"]),
    ("null", "->parseInt", Some("null"), NONE),
    ("true", "->parseInt", None, &["`->parseInt` does not apply to a boolean"]),
    // jsonStringify: of null too
    ("{\"a\":[1,null]}", "->jsonStringify", Some("\"{\\\"a\\\":[1,null]}\""), NONE),
    ("\"é\\\"\"", "->jsonStringify", Some("\"\\\"é\\\\\\\"\\\"\""), NONE),
    ("null", "->jsonStringify", Some("\"null\""), NONE),
];

#[test]
fn do_what_the_table_says() {
    for (input, method, expected, problems) in CASES {
        let mapping = format!("x: $.v{method}");
        let (value, found) = run(&mapping, &format!("{{\"v\":{input}}}"), "{}");
        let expected = expected.map_or_else(|| "{}".to_owned(), |value| format!("{{\"x\":{value}}}"));
        assert_eq!(value, expected, "{input} {method}");
        // Places and counts are another table's.
        let found: Vec<&str> = found.iter().filter_map(|problem| Some(problem.split_once(": ")?.1)).collect();
        assert_eq!(found, *problems, "{input} {method}");
    }
}

#[test]
fn are_all_in_the_table() {
    for method in Method::ALL {
        let name = format!("->{}", method.name());
        let calls = |text: &str| {
            text.match_indices(&name).any(|(at, _)| !text[at + name.len()..].starts_with(|c: char| c.is_alphabetic()))
        };
        let cases = CASES.iter().filter(|(_, mapping, ..)| calls(mapping)).count();
        assert!(cases >= 3, "{name} has {cases} cases");
    }
}

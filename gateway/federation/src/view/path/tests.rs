//! Tables of paths: what they are read as, and what is said of those that are none.

use super::{FieldPath, PathArgument, PathValue, PathValueKind, parse};
use crate::view::map::ListStep;

fn shown(path: &FieldPath) -> String {
    let FieldPath::Segments(segments) = path else { return ".".to_owned() };
    let segments = segments.iter().map(|segment| {
        let mut text = segment.name.text.to_string();
        if !segment.arguments.is_empty() {
            text += &format!("({})", arguments(&segment.arguments));
        }
        text += &segment.narrow.as_ref().map(|ty| format!("<{}>", ty.text)).unwrap_or_default();
        for (step, _) in &segment.lists {
            text += &match step {
                ListStep::Each => "[]".to_owned(),
                ListStep::At(index) => format!("[{index}]"),
            };
        }
        text
    });
    segments.collect::<Vec<_>>().join(".")
}

fn arguments(arguments: &[PathArgument]) -> String {
    let one = |argument: &PathArgument| format!("{}: {}", argument.name.text, value(&argument.value));
    arguments.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn value(given: &PathValue) -> String {
    match &given.kind {
        PathValueKind::Null => "null".to_owned(),
        PathValueKind::Boolean(value) => value.to_string(),
        PathValueKind::Int(text) | PathValueKind::Float(text) => text.clone(),
        PathValueKind::String(text) => format!("{text:?}"),
        PathValueKind::Enum(name) => name.to_string(),
        PathValueKind::List(items) => format!("[{}]", items.iter().map(value).collect::<Vec<_>>().join(", ")),
        PathValueKind::Object(fields) => format!("{{{}}}", arguments(fields)),
        PathValueKind::Argument(name) => format!("${name}"),
        PathValueKind::Claim(names) => format!("$claims.{}", names.join(".")),
    }
}

#[test]
fn paths_are_read() {
    let cases = [
        (".", "."),
        (" . ", "."),
        ("a", "a"),
        ("a . b", "a.b"),
        ("items[0].product[].name", "items[0].product[].name"),
        ("a[][2][]", "a[][2][]"),
        ("post<Review>.rating", "post<Review>.rating"),
        ("posts(first: 3)<Review>[].rating", "posts(first: 3)<Review>[].rating"),
        ("user(id: $claims.sub).name", "user(id: $claims.sub).name"),
        ("a(x: $claims.org.id y: $arg)", "a(x: $claims.org.id, y: $arg)"),
        (r#"a(x: "q\"\u00e9", y: -1, z: 1.5e3)"#, r#"a(x: "q\"é", y: -1, z: 1.5e3)"#),
        ("a(x: {b: [1, $c], d: {}}, e: RED, f: null, g: true)", "a(x: {b: [1, $c], d: {}}, e: RED, f: null, g: true)"),
    ];
    for (text, expected) in cases {
        let path = parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        assert_eq!(shown(&path), expected, "{text}");
    }
}

#[test]
fn what_is_no_path_is_told_where_it_stands() {
    let cases = [
        ("", "", "the path is empty"),
        ("a.", "", "the path ends"),
        (".a", ".", "expected the name of a field"),
        ("a..b", ".", "expected the name of a field"),
        ("a b", "b", "a path goes on with `.`"),
        ("a[x]", "x", "expected `]`"),
        ("a[-1]", "-1", "no place in a list"),
        ("a[99999999999]", "99999999999", "no place in a list"),
        ("a(b)", ")", "expected `:`"),
        ("a(b: 1, b: 2)", "b", "given twice"),
        ("a(b: )", ")", "expected a value"),
        ("a(b: 1x)", "1x", "no number"),
        ("a(b: 01)", "01", "no number"),
        ("a(b: $claims)", "claims", "is all that a credential says"),
        ("a(b: $c.d)", "d", "stands for the whole argument"),
        ("a<>", ">", "expected the name of a type"),
        ("a<B", "", "expected `>`"),
        ("a(b: \"x", "\"x", "does not end"),
        ("a(b: \"\\q\")", "\"\\q\"", "an escape"),
        ("a;b", ";", "no meaning"),
        ("é", "é", "no meaning"),
        ("__typename", "__typename", "is no field"),
    ];
    for (text, at, expected) in cases {
        let error = parse(text).expect_err(text);
        assert_eq!(text.get(error.span.clone()), Some(at), "{text}: {error:?}");
        assert!(error.message.contains(expected), "{text}: {}", error.message);
    }
    let mistyped = parse("a(b: $claim.sub)").expect_err("there is no `$claim`");
    assert_eq!(mistyped.help.as_deref(), Some("did you mean `$claims.sub`?"));
    let deep = format!("a(b: {}1{})", "[".repeat(40), "]".repeat(40));
    assert!(parse(&deep).expect_err("too deep").message.contains("nested deeper"));
}

//! The mapping language as tables: text and input in, JSON out.

mod methods;
mod picks;
mod random;
mod reads;

use super::*;

/// Evaluates `mapping` over `data`, with `$args` and the like taken from the object `vars`.
fn run(mapping: &str, data: &str, vars: &str) -> (String, Vec<String>) {
    let selection = Selection::parse(mapping).unwrap_or_else(|error| panic!("{mapping}: {error}"));
    let data = parse_json(data.as_bytes()).unwrap();
    let given = parse_json(vars.as_bytes()).unwrap();
    let mut vars = Vars::default();
    for variable in Variable::ALL {
        if let Some(value) = given.get(variable.name()) {
            vars = vars.with(variable, value);
        }
    }
    let (value, problems) = eval(&selection, &vars, &data);
    let problems = problems.iter().map(|problem| format!("{}: {problem}", &mapping[problem.span.clone()]));
    (value.to_json(), problems.collect())
}

const VARS: &str = r#"{ "args": { "id": "7", "n": 3, "input": { "a": 1, "b": { "c": 2 } }, "list": ["x", "y"] },
  "this": { "id": 5 }, "batch": [{ "id": 1, "org": "a" }, { "id": 2, "org": "b" }], "config": { "k": "v" },
  "env": { "TOKEN": "secret" }, "status": 201, "request": { "headers": { "x-one": ["1"] } } }"#;

const DATA: &str = r#"{ "id": 1, "full_name": "Ada \"L\"", "nested": { "a": 1, "b": null, "c": { "d": [1, 2] } },
  "items": [{ "id": 1, "tags": ["p", "q"] }, { "id": 2 }, null], "nothing": null, "x-y": 9, "big": 12345678901234567890,
  "price": 1.50, "words": ["a", null, "b"], "yes": true, "empty": [] }"#;

/// Whatever is done with it, it is null; and where it comes out, it still says why.
#[test]
fn an_unfit_value_is_a_null() {
    #[rustfmt::skip]
    let cases = [
        // mapping, whether it still says why
        ("$.x", true), ("x", true), ("y: x", true), ("$.x { a }", true), ("$.x.a.b", true), ("$.list { x }", true), ("$.list->last.x", true),
        ("$.list->map(@.x)", true), ("$.o->entries", true), ("$.x->entries", true), ("$.x->map(@)", true), ("$.x->toString", true), ("$.x->first", true),
        ("$.x->echo(@)", true), ("$([$.x, 1])", true), ("$.x->add(1)", true), ("$.list", true), ("a: $.none ?? $.x", true),
        ("a: $.x?", false), ("a: $.x?->toString", false), ("a: $.x ?? $(1)", false), ("$.x->eq(null)", false), ("$.x->match([null, 'none'], [@, 'some'])", false),
        ("$.o->jsonStringify", false), ("$([$.x, 'a'])->joinNotNull(',')", false), ("$([1])->contains($.x)", false), ("id $.x { a }", false),
        ("$('abc')->slice($.x, 2)", false), ("$.x->in(1, null)", false), ("$.list->filter(@.x->eq(null))->size", false),
    ];
    let unfit = || Value::Unfit("why".into());
    let data = |x: fn() -> Value<'static>| {
        let field = |name: &'static str, value| (name.into(), value);
        let list = Value::Array(vec![Value::Object(vec![field("x", x())]); 2]);
        let object = Value::Object(vec![field("k", x())]);
        Value::Object(vec![field("id", Value::integer(1)), field("x", x()), field("list", list), field("o", object)])
    };
    assert_eq!(data(unfit), data(Value::default));
    for (mapping, says) in cases {
        let selection = Selection::parse(mapping).unwrap_or_else(|error| panic!("{mapping}: {error}"));
        let of_null = data(Value::default);
        let (null, null_problems) = eval(&selection, &Vars::default(), &of_null);
        let of_unfit = data(unfit);
        let (value, problems) = eval(&selection, &Vars::default(), &of_unfit);
        assert_eq!((value.to_json(), problems), (null.to_json(), null_problems), "{mapping}");
        let mut told = vec![];
        write_json_telling(&value.into_owned(), &mut vec![], &mut |why| told.push(why.to_string()));
        assert_eq!(!told.is_empty(), says, "{mapping}: {told:?}");
        assert!(told.iter().all(|told| told == "why"));
    }
}

#[test]
fn yields() {
    #[rustfmt::skip]
    let cases = [
        // names, aliases, quotes, comments, commas
        ("id", r#"{"id":1}"#),
        ("id name: full_name", r#"{"id":1,"name":"Ada \"L\""}"#),
        ("id, name: full_name,", r#"{"id":1,"name":"Ada \"L\""}"#),
        ("{ id }", r#"{"id":1}"#),
        ("# one\nid # two\n", r#"{"id":1}"#),
        (r#"xy: "x-y""#, r#"{"xy":9}"#),
        ("xy: $.'x-y'", r#"{"xy":9}"#),
        (r#""x-y""#, r#"{"x-y":9}"#),
        (r#""a b": id"#, r#"{"a b":1}"#),
        // numbers and strings stay as they were
        ("big price full_name", r#"{"big":12345678901234567890,"price":1.50,"full_name":"Ada \"L\""}"#),
        // paths
        ("$", DATA),
        ("$.id", "1"),
        ("nested.a", "1"),
        ("x: nested.c.d", r#"{"x":[1,2]}"#),
        ("$.nested.c { d }", r#"{"d":[1,2]}"#),
        ("nested { a c { d } }", r#"{"nested":{"a":1,"c":{"d":[1,2]}}}"#),
        ("n: nested { a }", r#"{"n":{"a":1}}"#),
        ("id $.nested { a }", r#"{"id":1,"a":1}"#),
        ("$.nested { a } id", r#"{"a":1,"id":1}"#),
        ("nested.c { d } id", r#"{"d":[1,2],"id":1}"#),
        // objects made of the current value
        ("user: { id name: full_name }", r#"{"user":{"id":1,"name":"Ada \"L\""}}"#),
        ("items { id self: { id: $.id } }", r#"{"items":[{"id":1,"self":{"id":1}},{"id":2,"self":{"id":2}},null]}"#),
        // lists are mapped over; what is missing is null inside a list and left out of an object
        ("ids: items.id", r#"{"ids":[1,2,null]}"#),
        ("items.tags", r#"[["p","q"],null,null]"#),
        ("$.items { tags }", r#"[{"tags":["p","q"]},{},null]"#),
        ("id gone", r#"{"id":1}"#),
        ("nothing { id }", r#"{"nothing":null}"#),
        ("x: nothing.id", r#"{"x":null}"#),
        ("x: nothing?.id", r#"{}"#),
        ("x: gone?.id", r#"{}"#),
        ("x: nested?.a", r#"{"x":1}"#),
        ("x: nothing?->size", r#"{}"#),
        // coalescing
        ("x: nothing ?? 1", r#"{"x":1}"#),
        ("x: gone ?? 'none'", r#"{"x":"none"}"#),
        ("x: id ?? 2", r#"{"x":1}"#),
        ("x: nothing ?! 1", r#"{"x":null}"#),
        ("x: gone ?! 1", r#"{"x":1}"#),
        ("x: $(gone ?? nothing ?? id)", r#"{"x":1}"#),
        // literals
        ("$(1)", "1"),
        ("$(-2.50e3)", "-2.50e3"),
        ("$('it')", r#""it""#),
        (r#"$("a\n\u00e9\ud83d\ude00\\")"#, "\"a\\n\u{e9}\u{1f600}\\\\\""),
        ("$(true)", "true"),
        ("x: $(null)", r#"{"x":null}"#),
        ("$([1, 'a', $.id, id,])", r#"[1,"a",1,1]"#),
        ("$({ a: 1, b: { c: [id] }, id })", r#"{"a":1,"b":{"c":[1]},"id":1}"#),
        ("$({ all: $.items->size })", r#"{"all":3}"#),
        ("$({ a: { b: 4 } }).a.b", "4"),
        ("$([])", "[]"),
        ("$({})", "{}"),
        // variables
        ("$args.id", r#""7""#),
        ("$args.input { a }", r#"{"a":1}"#),
        ("a: $args.input.b.c t: $this.id k: $config.k e: $env.TOKEN s: $status", r#"{"a":2,"t":5,"k":"v","e":"secret","s":201}"#),
        ("ids: $batch.id", r#"{"ids":[1,2]}"#),
        ("$batch { id }", r#"[{"id":1},{"id":2}]"#),
        ("$request.headers.'x-one'->first", r#""1""#),
        ("items { id of: $args.id }", r#"{"items":[{"id":1,"of":"7"},{"id":2,"of":"7"},null]}"#),
        // methods
        ("$->echo(5)", "5"),
        ("id->echo({ it: @, top: $.yes })", r#"{"it":1,"top":true}"#),
        ("x: id->match([1, 'one'], [2, 'two'])", r#"{"x":"one"}"#),
        ("x: id->match([2, 'two'], [@, 'other'])", r#"{"x":"other"}"#),
        ("x: id->match([2, 'two'], [@, @])", r#"{"x":1}"#),
        ("x: nothing->match([null, 'none'])", r#"{"x":"none"}"#),
        ("items->first.id", "1"),
        ("items->first { id }", r#"{"id":1}"#),
        ("items->last", "null"),
        ("full_name->first", r#""A""#),
        ("full_name->last", r#""\"""#),
        ("id->first", "1"),
        ("x: empty->first", "{}"),
        ("words->map({ w: @ })", r#"[{"w":"a"},{"w":null},{"w":"b"}]"#),
        ("items->map(@.id)", "[1,2,null]"),
        ("items->map(id)", "[1,2,null]"),
        ("id->map(@->add(1))", "[2]"),
        ("words->joinNotNull(',')", r#""a,b""#),
        ("$([1, true, 'x'])->joinNotNull('-')", r#""1-true-x""#),
        ("full_name->slice(0, 3)", r#""Ada""#),
        ("full_name->slice(-3, 99)", r#""\"L\"""#),
        ("words->slice(1)", r#"[null,"b"]"#),
        ("words->slice(2, 1)", "[]"),
        ("$({ a: 1, b: 'x' })->entries", r#"[{"key":"a","value":1},{"key":"b","value":"x"}]"#),
        ("$({ a: 1 })->entries { k: key value }", r#"[{"k":"a","value":1}]"#),
        ("words->size", "3"),
        ("nested->size", "3"),
        ("full_name->size", "7"),
        ("$([1, 2, 3, 4])->filter(@->mod(2)->eq(0))", "[2,4]"),
        ("$([1, 2, 3, 4])->find(@->gt(2))", "3"),
        ("x: $([1])->find(@->gt(2))", "{}"),
        ("items->find(@.id->eq(2)) { id }", r#"{"id":2}"#),
        ("words->get(0)", r#""a""#),
        ("words->get(-1)", r#""b""#),
        ("nested->get('a')", "1"),
        ("full_name->get(1)", r#""d""#),
        ("words->contains('b')", "true"),
        ("id->in([1, 2])", "true"),
        ("id->in(2, 3)", "false"),
        ("id->eq(1.0)", "true"),
        ("id->eq('1')", "false"),
        ("full_name->eq('Ada \"L\"')", "true"),
        ("nested.c->eq({ d: [1, 2] })", "true"),
        ("id->ne(1)", "false"),
        ("$([1->lt(2), 2->lte(2), 3->gt(3), 'b'->gte('a')])", "[true,true,false,true]"),
        ("big->gt(12345678901234567889)", "true"),
        ("yes->not", "false"),
        ("yes->and(true, false)", "false"),
        ("yes->and(true)", "true"),
        ("yes->not->or(false, true)", "true"),
        ("$(7->add(1, 2)->mul(2)->sub(1)->mod(10))", "9"),
        ("$(7->div(2))", "3.5"),
        ("$(8->div(2))", "4"),
        ("$(0.1->add(0.2))", "0.30000000000000004"),
        ("big->toString", r#""12345678901234567890""#),
        ("yes->toString", r#""true""#),
        ("$(' 42 ')->parseInt", "42"),
        ("$('ff')->parseInt(16)", "255"),
        ("price->parseInt", "1"),
        ("nested->jsonStringify", r#""{\"a\":1,\"b\":null,\"c\":{\"d\":[1,2]}}""#),
        ("full_name->jsonStringify", r#""\"Ada \\\"L\\\"\"""#),
        // a null that a method is not for stays null
        ("x: nothing->first y: nothing->size z: nothing->map(1)", r#"{"x":null,"y":null,"z":null}"#),
    ];
    let compact = parse_json(DATA.as_bytes()).unwrap().to_json();
    for (mapping, expected) in cases {
        let expected = if expected == DATA { compact.as_str() } else { expected };
        assert_eq!(run(mapping, DATA, VARS).0, expected, "{mapping}");
    }
}

#[test]
fn input_that_is_a_list_or_null() {
    assert_eq!(run("id name: n", r#"[{"id":1,"n":2},{"id":3}]"#, "{}").0, r#"[{"id":1,"name":2},{"id":3}]"#);
    assert_eq!(run("id", "[[{\"id\":1}],null]", "{}").0, r#"[[{"id":1}],null]"#);
    assert_eq!(run("id", "null", "{}").0, "null");
    assert_eq!(run("$.id", "null", "{}").0, "null");
    let body = Selection::parse("name: $args.n user: { id: $args.id }").unwrap();
    let args = parse_json(br#"{"n":"x","id":4}"#).unwrap();
    let (value, problems) = body.eval_request(&Vars::default().with(Variable::Args, &args));
    assert_eq!((value.to_json().as_str(), problems.len()), (r#"{"name":"x","user":{"id":4}}"#, 0));
}

#[test]
fn tells_problems() {
    #[rustfmt::skip]
    let cases: &[(&str, &[&str])] = &[
        ("gone", &["gone: the object has no such key"]),
        ("x: gone?", &[]),
        ("x: gone?.more", &[]),
        ("items { tags }", &["tags: the object has no such key"]),
        ("x: id.a", &["a: a key of a number"]),
        ("$response.x", &["$response.x: `$response` has no value here"]),
        ("id->entries", &["entries: `->entries` does not apply to a number"]),
        ("id->lt('a')", &["lt('a'): an argument that `->lt` cannot use"]),
        ("id->match([2, 3])", &["match([2, 3]): no candidate of `->match` fits the value"]),
        ("id->div(0)", &["div(0): `->div` has no number as its result"]),
        ("$('x')->parseInt", &["parseInt: `->parseInt` has no number as its result"]),
        ("$('1')->parseInt(99)", &["parseInt(99): an argument that `->parseInt` cannot use"]),
        ("words->filter(1)", &["filter(1): an argument that `->filter` cannot use (3 times)"]),
        ("id $.items { id }", &["$.items { id }: expected an object to take fields from, found a list"]),
    ];
    for (mapping, expected) in cases {
        assert_eq!(run(mapping, DATA, VARS).1, *expected, "{mapping}");
    }
}

#[test]
fn refuses_with_a_span() {
    #[rustfmt::skip]
    let cases = [
        // text, the part that the error points at, a part of its message and help
        ("", "", "empty"),
        ("  # only\n", "", "empty"),
        ("id->sort", "sort", "no method `sort`"),
        ("id->frist", "frist", "did you mean `->first`"),
        ("$arg.id", "$arg", "did you mean `$args`"),
        ("$context.x", "$context", "not supported yet"),
        ("$foo", "$foo", "`$.foo`"),
        ("id name: ", "", "expected a value, found the end"),
        ("id: 1", "1", "$(1)"),
        ("a { b", "{", "never closed"),
        ("a { }", "{ }", "select nothing"),
        ("a b }", "}", "found `}`"),
        ("a a", "a", "selected twice"),
        ("x: a { b b }", "b", "selected twice"),
        ("id $.a", "$.a", "no name in the object"),
        ("id a.b", "a.b", "no name in the object"),
        ("id->map", "map", "takes one argument, not 0"),
        ("id->first(1)", "first(1)", "takes no arguments, not 1"),
        ("id->slice(1, 2, 3)", "slice(1, 2, 3)", "1 to 2 arguments"),
        ("id->match(1)", "1", "a pair"),
        ("id->match()", "match()", "at least one"),
        ("a.0", "0", "->get(0)"),
        ("$('a", "'a", "closing quote"),
        ("$('\\q')", "\\q", "escape"),
        ("$('\\ud800')", "\\ud800", "not a character"),
        ("$(01)", "01", "not a number"),
        ("$(1", "", "expected `)`"),
        ("$([1 2])", "2", "expected `]`"),
        // of later versions
        ("...a", "...", "not supported yet"),
        ("id ... $.a { b }", "...", "`...` is not supported yet"),
        ("a as $b c: $b", "as", "`as` is not supported yet"),
        ("id x: a->as($b)", "as", "method `as` is of a later version"),
        ("x: a->split(',')", "split", "method `split` is of a later version"),
        ("x: a->jsonParse", "jsonParse", "method `jsonParse` is of a later version"),
        ("x: $(a + 1)", "+", "`->add`"),
        ("x: $(a - 1)", "-", "`->sub`"),
        ("x: $(a * 2)", "*", "`->mul`"),
        ("x: $(a / 2)", "/", "`->div`"),
        ("x: $(a == 2)", "=", "`->eq`"),
        ("x: $(a && b)", "&", "`->and`"),
        ("x: $(!a)", "!", "`->not`"),
        ("page[size]: a", "[", "such as `\"page[size]\"`"),
        ("a: %", "%", "no meaning"),
        ("a: é", "é", "no meaning"),
        ("$.a { b } c: ", "", "expected a value"),
    ];
    for (text, at, message) in cases {
        let error = Selection::parse(text).expect_err(text);
        let all = format!("{} {}", error.message, error.help.clone().unwrap_or_default());
        let message = if message == "at least one" { "at least 1 argument" } else { message };
        assert!(all.contains(message), "{text}: {all}");
        assert_eq!(&text[error.span.clone()], at, "{text}: {all}");
    }
}

#[test]
fn hostile_nesting_is_an_error() {
    for (open, close) in [("a { ", " }"), ("$(", ")"), ("$([", "])"), ("a->map(", ")"), ("a: { ", "}")] {
        let text = format!("{}id{}", open.repeat(100_000), close.repeat(100_000));
        let error = Selection::parse(&text).expect_err(open);
        assert!(error.message.contains("nested more than 64 deep"), "{open}: {}", error.message);
    }
    let chain = format!("x: a{}", " ?? b".repeat(10_000));
    assert!(Selection::parse(&chain).is_err());
    let steps = format!("x: a{}", "->first".repeat(10_000));
    assert!(Selection::parse(&steps).is_ok());
}

/// As deep as JSON may be, and on a thread's usual stack.
#[test]
fn deep_data_is_walked() {
    let deep = |inner: &str| format!("{}{inner}{}", "[".repeat(MAX_DEPTH - 4), "]".repeat(MAX_DEPTH - 4));
    for (mapping, inner, found) in [
        ("a.b", r#"{"a":{"b":1}}"#, "[1]"),
        ("a { b }", r#"{"a":{"b":1}}"#, r#"[{"a":{"b":1}}]"#),
        ("$ { x: a.b }", r#"{"a":{"b":1}}"#, r#"[{"x":1}]"#),
        ("$->echo(@)", "1", "[1]"),
    ] {
        let (value, problems) = run(mapping, &deep(inner), "{}");
        assert!(value.contains(found) && problems.is_empty(), "{mapping}: {problems:?}");
    }
    // A mapping that goes down the same lists again and again comes to an end too.
    let vars = format!(r#"{{"args":{{"l":{}}}}}"#, deep("{\"l\":1}"));
    let again = format!("{}$args.l{}", "$args.l { x: ".repeat(20), " }".repeat(20));
    let (_, problems) = run(&again, "{}", &vars);
    assert!(problems.iter().any(|problem| problem.contains("nested too deep")), "{problems:?}");
}

#[test]
fn output_names() {
    fn show(output: &Output<'_>) -> String {
        match output {
            Output::Any => "any".to_owned(),
            Output::Null => "null".to_owned(),
            Output::Scalar => "scalar".to_owned(),
            Output::Object(fields) => {
                let fields: Vec<_> = fields.iter().map(|f| format!("{}:{}", f.name, show(&f.output))).collect();
                format!("{{{}}}", fields.join(","))
            }
        }
    }
    #[rustfmt::skip]
    let cases = [
        ("id user: { id: userId } $.a { b c: d.e }", "{id:any,user:{id:any},b:any,c:any}"),
        ("$.orders->first { id }", "{id:any}"),
        ("$", "any"),
        ("$([1])", "scalar"),
        ("x: labels->entries { key value }", "{x:{key:any,value:any}}"),
        ("labels->entries", "{key:scalar,value:any}"),
        ("x->map({ id: @ })->first", "{id:any}"),
        ("x->match([1, { a: 1 }], [2, { b: $ }], [@, null])", "{a:scalar,b:any}"),
        ("x: a->size y: a ?? 1", "{x:scalar,y:any}"),
        ("$({ a: { b: 1 } }).a", "{b:scalar}"),
    ];
    for (text, expected) in cases {
        assert_eq!(show(&Selection::parse(text).unwrap().output()), expected, "{text}");
    }
}

#[test]
fn prunes_to_what_is_wanted() {
    let data = r#"{"a":1,"b":{"c":2,"d":3},"list":[{"x":1,"y":2}]}"#;
    #[rustfmt::skip]
    let cases: &[(&str, &[&[&str]], &str)] = &[
        ("a b { c d }", &[&["a"]], r#"{"a":1}"#),
        ("a b { c d }", &[&["b", "d"]], r#"{"b":{"d":3}}"#),
        ("a b { c d }", &[&["b"]], r#"{"b":{"c":2,"d":3}}"#),
        ("a b { c d }", &[], r#"{"a":1,"b":{"c":2,"d":3}}"#),
        ("a b { c d }", &[&["b", "__typename"]], r#"{"b":{}}"#),
        ("a $.b { c d }", &[&["d"]], r#"{"d":3}"#),
        ("a $.b { c d }", &[&["a"]], r#"{"a":1}"#),
        ("$.list->first { x y }", &[&["y"]], r#"{"y":2}"#),
        ("list->map({ x: @.x, y: @.y })", &[&["y"]], r#"[{"y":2}]"#),
        ("l: list->map({ x: @.x, y: @.y })->filter(@.x->eq(1))", &[&["l", "y"]], r#"{"l":[{"x":1,"y":2}]}"#),
        ("v: a->match([1, { p: 1, q: 2 }])", &[&["v", "q"]], r#"{"v":{"q":2}}"#),
        ("v: $({ p: 1, q: 2 }) w: a", &[&["v", "q"]], r#"{"v":{"q":2}}"#),
    ];
    for (text, wanted, expected) in cases {
        let pruned = Selection::parse(text).unwrap().prune(&FieldTree::from_paths(wanted.iter().copied()));
        let data = parse_json(data.as_bytes()).unwrap();
        let (value, _) = eval(&pruned, &Vars::default(), &data);
        assert_eq!(value.to_json(), *expected, "{text} {wanted:?}");
    }
}

#[test]
fn knows_what_it_reads() {
    #[rustfmt::skip]
    let cases = [
        ("id: $batch.id", Variable::Batch, Some("id")),
        ("ids: $batch { id org { n } }", Variable::Batch, Some("id org { n }")),
        ("ids: $batch->map({ id: @.id, o: @.org.n })", Variable::Batch, Some("id org { n }")),
        ("$batch.id->joinNotNull(',')", Variable::Batch, Some("id")),
        ("a: $args.input { x } b: $args.input.y", Variable::Args, Some("input { x y }")),
        ("a: $args.input { x } b: $args.input", Variable::Args, Some("input")),
        ("a: $args.list->filter(@.on) { id }", Variable::Args, Some("list { on id }")),
        ("$args", Variable::Args, Some("")),
        ("a: $({ i: [$this.id ?? $this.k] })", Variable::This, Some("id k")),
        ("a: b->match([$this.id, $args.x])", Variable::This, Some("id")),
        ("$.a { b: $this.id }", Variable::This, Some("id")),
        ("$.a { b }", Variable::This, None),
    ];
    for (text, variable, expected) in cases {
        let tree = Selection::parse(text).unwrap().variable_paths(variable);
        assert_eq!(tree.map(|tree| tree.to_string()).as_deref(), expected, "{text}");
    }
    let uses = Selection::parse("$.orders { id user: { id: userId } n: items->first.n }").unwrap().uses();
    let response: Vec<_> = uses
        .iter()
        .map(|found| found.path.iter().map(|segment| segment.name.as_str()).collect::<Vec<_>>().join("."))
        .collect();
    assert_eq!(response, ["orders", "orders.id", "orders.userId", "orders.items.n"]);
}

mod json {
    use super::super::reads::Interest;
    use super::super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_and_writes() {
        #[rustfmt::skip]
        let cases = [
            (" { } ", "{}"), ("[ ]", "[]"), ("[1 , 2]", "[1,2]"), ("-0.0e-1", "-0.0e-1"), ("\"\\u00e9\\n\"", "\"\\u00e9\\n\""),
            ("{\"a\":1,\"b\":2,\"a\":3}", "{\"a\":3,\"b\":2}"), ("{\"\\u0061\":1,\"a\":2}", "{\"a\":2}"),
            ("123456789012345678901234567890", "123456789012345678901234567890"), ("\"\\ud83d\\ude00\"", "\"\\ud83d\\ude00\""),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_json(text.as_bytes()).unwrap().to_json(), expected, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_not_json() {
        #[rustfmt::skip]
        let cases: &[&[u8]] = &[
            b"", b" ", b"{", b"[", b"[1,]", b"{\"a\"}", b"{\"a\":}", b"{a:1}", b"{\"a\":1,}", b"01", b"1.", b".5", b"1e", b"+1",
            b"-", b"NaN", b"Infinity", b"-Infinity", b"nul", b"True", b"\"", b"\"\\x\"", b"\"\\u12\"", b"\"\\ud800\"",
            b"\"\\udc00\"", b"\"\\ud800\\u0041\"", b"\"\n\"", b"1 2", b"{} x", b"\"\xff\"", b"[1 2]", b"'a'", b"// c\n1",
        ];
        for bytes in cases {
            assert!(parse_json(bytes).is_err(), "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn values_are_bounded() {
        for (text, count) in [("1", 1), ("[]", 1), ("[0,0,0]", 4), (r#"{"a":[{}],"b":null,"b":1}"#, 5)] {
            assert!(
                crate::connect::mapping::json::parse_within(text.as_bytes(), Interest::Whole, count).is_ok(),
                "{text}"
            );
            let error =
                crate::connect::mapping::json::parse_within(text.as_bytes(), Interest::Whole, count - 1).unwrap_err();
            assert!(error.to_string().contains("more values"), "{text}: {error}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse_json(nested(MAX_DEPTH).as_bytes()).is_ok());
        for depth in [MAX_DEPTH + 1, 1_000_000] {
            let error = parse_json(nested(depth).as_bytes()).unwrap_err();
            assert!(error.to_string().contains("nested more than 512 deep"), "{error}");
        }
    }

    #[test]
    fn wide_objects_keep_the_last_of_a_key() {
        let fields: Vec<_> = (0..100).map(|n| format!("\"k{}\":{n}", n % 60)).collect();
        let text = format!("{{{}}}", fields.join(","));
        let value = parse_json(text.as_bytes()).unwrap();
        assert_eq!(value.get("k3").and_then(Value::scalar_text).as_deref(), Some("63"));
        assert_eq!(value.get("k50").and_then(Value::scalar_text).as_deref(), Some("50"));
        assert!(matches!(&value, Value::Object(fields) if fields.len() == 60));
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<f64>().prop_map(Into::into),
            ".*".prop_map(|text: String| serde_json::Value::String(text)),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
                prop::collection::btree_map(".*", inner, 0..6)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        // No files of seeds beside the source: what a run finds becomes a case in a table.
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn round_trip(json in any_json()) {
            let text = json.to_string();
            let value = parse_json(text.as_bytes()).unwrap();
            prop_assert_eq!(&value.to_json(), &text);
            // Decoded and written anew it still means the same.
            let again: serde_json::Value = serde_json::from_str(&value.into_owned().to_json()).unwrap();
            let before: serde_json::Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(again, before);
        }

        #[test]
        fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..64), text in r#"[\{\}\[\]:,"\\ud0-9a-e.\-]{0,40}"#) {
            let _ = parse_json(&bytes);
            let ours = parse_json(text.as_bytes()).is_ok();
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            // serde_json refuses numbers out of a float's range, which stay tokens here.
            if let Err(error) = &theirs && error.to_string().contains("out of range") { return Ok(()); }
            prop_assert_eq!(ours, theirs.is_ok(), "{}", text);
        }

        #[test]
        fn mapping_parser_never_panics(text in r##"[\{\}\[\]\(\)$@:,.?!'"#\\ a-c0-2>-]{0,40}"##) {
            if let Ok(selection) = Selection::parse(&text) {
                selection.output();
                selection.uses();
                let data = parse_json(br#"{"a":[{"b":1}],"b":"x","c":null}"#).unwrap();
                eval(&selection, &Vars::default(), &data);
            }
        }
    }
}

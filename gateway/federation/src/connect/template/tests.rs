//! Templates as tables: parts and variables in, a URL or a header out.

use super::*;
use crate::connect::mapping::{Variable, parse_json};

fn with_vars<T>(vars: &str, run: impl FnOnce(&Vars<'_>) -> T) -> T {
    let given = parse_json(vars.as_bytes()).unwrap();
    let mut vars = Vars::default();
    for variable in Variable::ALL {
        if let Some(value) = given.get(variable.name()) {
            vars = vars.with(variable, value);
        }
    }
    run(&vars)
}

fn url(template: &str, vars: &str) -> Result<String, String> {
    let template = UrlTemplate::parse(template).map_err(|error| error.to_string())?;
    let base = BaseUrl::parse("http://h/api/").unwrap();
    let parts = UrlParts { base: Some(&base), template: Some(&template), ..UrlParts::default() };
    with_vars(vars, |vars| render_url(&parts, vars)).map_err(|error| error.to_string())
}

#[test]
fn renders_urls() {
    #[rustfmt::skip]
    let cases = [
        ("/users/{$args.id}", r#"{"args":{"id":"7"}}"#, "http://h/api/users/7"),
        ("users/{$args.id}", r#"{"args":{"id":7}}"#, "http://h/api/users/7"),
        ("/", "{}", "http://h/api/"),
        ("", "{}", "http://h/api"),
        ("https://other:1/x", "{}", "https://other:1/x"),
        ("https://other?a=1", "{}", "https://other?a=1"),
        ("/a-{$args.x}.json", r#"{"args":{"x":"b c"}}"#, "http://h/api/a-b%20c.json"),
        ("/u?y={$args.y}", r#"{"args":{"y":"a&b=c#d+e"}}"#, "http://h/api/u?y=a%26b%3Dc%23d%2Be"),
        ("/u?y={$args.y}&z=1", r#"{"args":{"y":null}}"#, "http://h/api/u?z=1"),
        ("/u?y={$args.y}", "{}", "http://h/api/u"),
        ("/u?y=p{$args.y}", "{}", "http://h/api/u"),
        ("/u?{$args.n}={$args.y}", r#"{"args":{"n":"k=","y":true}}"#, "http://h/api/u?k%3D=true"),
        ("/u?id={$batch.id}", r#"{"batch":[{"id":1},{"id":"b,"}]}"#, "http://h/api/u?id=1&id=b%2C"),
        ("/u?ids={$args.ids->joinNotNull(',')}", r#"{"args":{"ids":[1,2]}}"#, "http://h/api/u?ids=1%2C2"),
        ("/u?flag&x=", "{}", "http://h/api/u?flag=&x="),
        ("/u?", "{}", "http://h/api/u"),
        ("\n  /a/\n  {$args.x}\n  ?q=1\n", r#"{"args":{"x":"v"}}"#, "http://h/api/a/v?q=1"),
        ("/a b/é%20", "{}", "http://h/api/a%20b/%C3%A9%20"),
        ("/{$('}')}/{$args.x ?? 'd'}", "{}", "http://h/api/%7D/d"),
        // a value stays one value
        ("/users/{$args.id}", r#"{"args":{"id":"../admin?x="}}"#, "http://h/api/users/..%2Fadmin%3Fx%3D"),
        ("/users/{$args.id}", r#"{"args":{"id":"a/b#c%2F\\\r\n"}}"#, "http://h/api/users/a%2Fb%23c%252F%5C%0D%0A"),
        ("/users/{$args.id}", r#"{"args":{"id":"%2e%2e"}}"#, "http://h/api/users/%252e%252e"),
        ("/users/{$args.id}", r#"{"args":{"id":"..."}}"#, "http://h/api/users/..."),
    ];
    for (template, vars, expected) in cases {
        assert_eq!(url(template, vars).as_deref(), Ok(expected), "{template} {vars}");
    }
}

#[test]
fn refuses_values_that_change_the_path() {
    #[rustfmt::skip]
    let cases = [
        ("/u/{$args.id}", r#"{"args":{"id":".."}}"#, "`$args.id` would make"),
        ("/u/{$args.id}/x", r#"{"args":{"id":"."}}"#, "would make"),
        ("/u/.{$args.id}/x", r#"{"args":{"id":"."}}"#, "would make"),
        ("/u/{$args.id}", r#"{"args":{"id":""}}"#, "would make"),
        ("/u/{$args.id}", r#"{"args":{"id":null}}"#, "`$args.id` in the URL's path has no value"),
        ("/u/{$args.id}", "{}", "has no value"),
        ("/u/{$args.id}", r#"{"args":{"id":[1]}}"#, "not a string"),
        ("/u?a={$args.id}", r#"{"args":{"id":{}}}"#, "not a string"),
        ("/u?a={$args.id}", r#"{"args":{"id":[[1]]}}"#, "not a string"),
        // templates that are wrong themselves
        ("{$args.id}/x", "{}", "cannot begin a URL"),
        ("http://{$args.host}/x", "{}", "URL"),
        ("http://a{$args.host}/x", "{}", "part of the host"),
        ("http://u:p@h/x", "{}", "credentials"),
        ("ftp://h/x", "{}", "starts with"),
        ("/a#b", "{}", "fragment"),
        ("/a/{$args.id", "{}", "never closed"),
        ("/a/}", "{}", "closes nothing"),
        ("/a/{}", "{}", "expected a value"),
        ("/a/{$args.id->frob}", "{}", "no method"),
    ];
    for (template, vars, message) in cases {
        let error = url(template, vars).expect_err(template);
        assert!(error.contains(message), "{template} {vars}: {error}");
    }
}

#[test]
fn joins_all_parts_of_a_url() {
    let base = BaseUrl::parse("https://h/v1?key=k").unwrap();
    let (source_path, source_query) = (Selection::parse("$(['t', $args.t])"), Selection::parse("lang: $config.lang"));
    let template = UrlTemplate::parse("/items?a=1").unwrap();
    let (path, query) = (Selection::parse("$([$args.id, 'x/y'])"), Selection::parse("id: $batch.id none: $args.none"));
    let parts = UrlParts {
        base: Some(&base),
        source_path: source_path.as_ref().ok(),
        source_query: source_query.as_ref().ok(),
        template: Some(&template),
        path: path.as_ref().ok(),
        query: query.as_ref().ok(),
    };
    let vars =
        r#"{"args":{"t":"a b","id":5,"none":null},"config":{"lang":"de"},"batch":[{"id":1},{"id":2},{"id":null}]}"#;
    let url = with_vars(vars, |vars| render_url(&parts, vars)).unwrap();
    assert_eq!(url, "https://h/v1/t/a%20b/items/5/x%2Fy?key=k&lang=de&a=1&id=1&id=2");
    let refused = with_vars(r#"{"args":{"t":"..","id":5}}"#, |vars| render_url(&parts, vars)).unwrap_err();
    assert_eq!(refused.kind, RenderErrorKind::PathStep);
}

#[test]
fn base_urls() {
    for text in [
        "",
        "h",
        "/x",
        "ftp://h",
        "http://",
        "http:///x",
        "http://h/{$args.x}",
        "http://h#f",
        "http://a b",
        "http://u@h",
    ] {
        assert!(BaseUrl::parse(text).is_err(), "{text}");
    }
}

#[test]
fn renders_forms() {
    let cases = [
        (r#"{"a":1,"b":"x y&z=\u00e9","c":true,"d":null}"#, Some("a=1&b=x+y%26z%3D%C3%A9&c=true")),
        (
            r#"{"l":[1,null,"x"],"o":{"k":{"d":2}},"m":[{"n":1},{"n":2}]}"#,
            Some("l%5B0%5D=1&l%5B2%5D=x&o%5Bk%5D%5Bd%5D=2&m%5B0%5D%5Bn%5D=1&m%5B1%5D%5Bn%5D=2"),
        ),
        (r#"{"a&b=":"","e":[],"f":{}}"#, Some("a%26b%3D=")),
        ("{}", Some("")),
        ("null", Some("")),
        ("[1]", None),
        ("1", None),
    ];
    for (body, expected) in cases {
        let body = crate::connect::mapping::parse_json(body.as_bytes()).unwrap();
        assert_eq!(super::render_form(&body).ok().as_deref(), expected, "{}", body.to_json());
    }
}

#[test]
fn renders_headers() {
    #[rustfmt::skip]
    let cases = [
        ("plain", "{}", Ok(Some("plain"))),
        ("Bearer {$env.T}", r#"{"env":{"T":"x=\"y\""}}"#, Ok(Some("Bearer x=\"y\""))),
        ("Bearer {$env.T}", r#"{"env":{}}"#, Ok(None)),
        ("{$args.n}", r#"{"args":{"n":1.50}}"#, Ok(Some("1.50"))),
        ("{$request.headers.a}", r#"{"request":{"headers":{"a":["1","2"]}}}"#, Ok(Some("1, 2"))),
        ("{$args.a}", r#"{"args":{"a":[]}}"#, Ok(None)),
        ("{$args.a}", r#"{"args":{"a":"x\r\nevil: 1"}}"#, Err(RenderErrorKind::ControlCharacter)),
        ("{$args.a}", r#"{"args":{"a":"x\u0000"}}"#, Err(RenderErrorKind::ControlCharacter)),
        ("{$args.a}", r#"{"args":{"a":["x","\n"]}}"#, Err(RenderErrorKind::ControlCharacter)),
        ("{$args.a}", r#"{"args":{"a":{}}}"#, Err(RenderErrorKind::NotScalar)),
    ];
    for (text, vars, expected) in cases {
        let template = HeaderTemplate::parse(text).unwrap();
        let rendered = with_vars(vars, |vars| template.render(vars));
        assert_eq!(rendered.as_ref().map(Option::as_deref).map_err(|error| error.kind), expected, "{text} {vars}");
    }
    assert!(HeaderTemplate::parse("a\r\nb: c").is_err());
}

#[test]
fn errors_point_into_the_template() {
    let text = "/users/{$args.id->frob}/x";
    let error = UrlTemplate::parse(text).unwrap_err();
    assert_eq!(&text[error.span], "frob");
}

mod any_value {
    use super::*;
    use crate::connect::mapping::Value;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Whatever a client sends, the URL has the parts that its author gave it.
        #[test]
        fn stays_in_its_place(id in any::<String>(), q in r"[./?&=#%\\ \r\n;:@a2eE-]{0,12}") {
            let template = UrlTemplate::parse("/users/{$args.id}/x?q={$args.q}&p={$args.id}").unwrap();
            let base = BaseUrl::parse("http://h").unwrap();
            let parts = UrlParts { base: Some(&base), template: Some(&template), ..UrlParts::default() };
            for (id, q) in [(&id, &q), (&q, &id)] {
                let args = Value::Object(vec![
                    ("id".into(), Value::string(id.as_str())),
                    ("q".into(), Value::string(q.as_str())),
                ]);
                let vars = Vars::default().with(Variable::Args, &args);
                match render_url(&parts, &vars) {
                    Ok(url) => {
                        let (path, query) = url["http://h".len()..].split_once('?').unwrap();
                        let segments: Vec<&str> = path.split('/').collect();
                        prop_assert_eq!((segments.len(), segments[1], segments[3]), (4, "users", "x"), "{}", url);
                        prop_assert!(!matches!(segments[2], "" | "." | ".."), "{}", url);
                        prop_assert_eq!(query.split(['&', '?']).count(), 2, "{}", url);
                        prop_assert!(url.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#'), "{}", url);
                    }
                    Err(error) => {
                        prop_assert_eq!(error.kind, RenderErrorKind::PathStep);
                        prop_assert!(matches!(id.as_str(), "" | "." | ".."));
                    }
                }
            }
        }

        #[test]
        fn parsers_never_panic(text in r#"[{}$./?&=#'"a: \nhtp@-]{0,30}"#) {
            let _ = UrlTemplate::parse(&text);
            let _ = BaseUrl::parse(&text);
            let _ = HeaderTemplate::parse(&text);
        }
    }
}

//! Tests of `weft.yaml`: what is wrong is told, and what is right is resolved.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use weft_engine::SourceConfig;
use weft_federation::compose::{NoConnectors, compose};
use weft_federation::connect::Composing;
use weft_federation::diagnostics::{Diagnostic, Source};
use weft_federation::schema::subgraph::SubgraphInput;
use weft_federation::schema::{Merged, Supergraph};

use super::{Config, json_schema};

fn parse(text: &str) -> Result<Config, Vec<Diagnostic>> {
    let environment = [("NUMBER", "7"), ("TIME", "3s"), ("YES", "true"), ("SECRET", "hunter2")];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    Config::parse(&Source::new("weft.yaml", text), Path::new("etc"), &environment)
}

fn resolved(text: &str) -> Config {
    parse(text).unwrap_or_else(|found| panic!("{}", lines(&found)))
}

/// A finding a line, with its help.
fn lines(found: &[Diagnostic]) -> String {
    let line = |found: &Diagnostic| match &found.help {
        Some(help) => format!("{found} ({help})"),
        None => found.to_string(),
    };
    found.iter().map(line).collect::<Vec<_>>().join("\n").replace("error[INVALID_CONFIG]: ", "")
}

/// Nothing is shared between requests unless it is said, and a source takes that from its subgraph, key by key.
#[test]
fn what_requests_share_is_said_by_subgraph_and_source() {
    let config = resolved(
        "traffic:\n  subgraphs:\n    users: { batch_window: 2ms, share_in_flight: true }\n  sources:\n    users.api: { share_in_flight: false }\n",
    );
    let connectors = config.gateway.connectors;
    let shown = |config: &SourceConfig| (config.batch_window, config.share_in_flight);
    let two = Some(Duration::from_millis(2));
    assert_eq!(shown(connectors.of("other")), (None, false));
    assert_eq!(shown(connectors.of("users")), (two, true));
    assert_eq!(shown(connectors.of_source("users", "other")), (two, true));
    assert_eq!(shown(connectors.of_source("users", "api")), (two, false));
}

#[test]
fn what_is_wrong_is_told_all_at_once_and_where() {
    let cases = [
        ("lsiten: x", "weft.yaml:1:1: there is no key `lsiten` here (did you mean `listen`?)"),
        (
            "plugins: {}",
            "weft.yaml:1:1: there is no key `plugins` here (the keys are `listen`, `supergraph`, `dev`, `introspection`, `traffic`, \
             `headers`, `override_labels`, `connectors`, `limits`, `bff`, `tiers`, `rate_limit`, `apq`, `usage`, `authentication`, \
             `authorization`)",
        ),
        (
            "authorization:\n  policies:\n    a: $args.id\n    b: id name\n    c: $.roles->includes(1)",
            "weft.yaml:3:8: the policy \"a\" cannot be read: a policy has no `$args` (`$` is the claims of the credential)\n\
             weft.yaml:4:8: the policy \"b\" cannot be read: this makes an object, and a policy is true or not (begin with `$`, which is the claims: `$.roles->contains(\"admin\")`)\n\
             weft.yaml:5:8: the policy \"c\" cannot be read: there is no method `includes` (an example: $.roles->contains(\"staff\"))",
        ),
        ("listen: 4000", "weft.yaml:1:9: expected an address as host:port, such as 127.0.0.1:4000"),
        (
            "- listen",
            "weft.yaml:1:1: expected a mapping of `listen`, `supergraph`, `dev`, `introspection`, `traffic`, \
             `headers`, `override_labels`, `connectors`, `limits`, `bff`, `tiers`, `rate_limit`, `apq`, `usage`, `authentication`, \
             `authorization`, found a list",
        ),
        ("listen: [a", "weft.yaml:1:9: unclosed bracket '['"),
        ("dev: true\ndev: true", "weft.yaml:2:1: duplicate mapping key: dev"),
        (
            "limits: { body: ${env.NUMBER}MB }",
            "weft.yaml:1:18: while parsing a flow mapping, did not find expected ',' or '}' (inside of { } and [ ], quote a \
             value with a variable: \"${env.NAME}\")",
        ),
        ("dev: 1", "weft.yaml:1:6: expected true or false, found 1"),
        ("dev: 'true'", "weft.yaml:1:6: expected true or false, found the text \"true\""),
        ("dev: ${env.SECRET}", "weft.yaml:1:6: expected true or false, found what the variable holds"),
        ("limits: { body: 0B }", "weft.yaml:1:17: expected a size from 1B to 4GiB, such as 512B, 64kB, 2MB or 2MiB"),
        ("limits: 5", "weft.yaml:1:9: expected a mapping of `body`, `depth`, found 5"),
        (
            "traffic:\n  request_timeout: 5 parsecs\n  all:\n    timout: 1s\n    max_body: 2\n  subgraphs:\n    a:\n      url: localhost\n      timeout: ${env.NONE}\n    b: []\nlimits:\n  body: ${env.SECRET}\n",
            "weft.yaml:2:20: expected a duration from 1ms to 24h, such as 250ms, 30s, 5m or 1h\n\
             weft.yaml:4:5: there is no key `timout` here (did you mean `timeout`?)\n\
             weft.yaml:5:15: expected a size from 1B to 4GiB, such as 512B, 64kB, 2MB or 2MiB\n\
             weft.yaml:8:12: expected a URL that starts with http:// or https://\n\
             weft.yaml:9:16: the environment variable NONE is not set\n\
             weft.yaml:10:5: expected a mapping of `url`, `timeout`, `connect_timeout`, `retry`, `circuit_breaker`, `max_in_flight`, `max_body`, `batch_window`, `share_in_flight`, `tls`, found a list\n\
             weft.yaml:12:9: expected a size from 1B to 4GiB, such as 512B, 64kB, 2MB or 2MiB",
        ),
        (
            "traffic: { sources: { api: { timeout: 1s } } }",
            "weft.yaml:1:23: expected a source with its subgraph, as subgraph.source",
        ),
        (
            "headers:\n  all:\n    request:\n      - propagat: { named: a }\n      - propagate: { named: 'a b' }\n      - propagate: {}\n      - propagate: { named: a, matching: b }\n      - propagate: { matching: '(' }\n      - propagate: { matching: a, rename: b }\n      - insert: { name: x }\n      - insert: { nmae: x, value: y }\n      - insert: { name: content-length, value: '1' }\n      - remove: { named: te }\n      - remove: x\n      - { remove: { named: a }, insert: { name: b, value: c } }\n      - insert: { name: x, value: \"a\\nb\" }\n      - insert: { name: X-User-Id, value: u }\n      - propagate: { named: x-me, rename: x-user_roles }\n      - propagate: { named: x-user-id, rename: x-me }\n      - remove: { named: x-user-scopes }\n",
            "weft.yaml:4:9: there is no key `propagat` here (did you mean `propagate`?)\n\
             weft.yaml:5:29: expected the name of a header, such as x-request-id\n\
             weft.yaml:6:9: expected either `named` or `matching`\n\
             weft.yaml:7:9: expected either `named` or `matching`\n\
             weft.yaml:8:32: expected a regular expression, such as ^x-\n\
             weft.yaml:9:9: `rename` and `default` are for one header: they need `named`, not `matching`\n\
             weft.yaml:10:9: `value` is missing\n\
             weft.yaml:11:19: there is no key `nmae` here (did you mean `name`?)\n\
             weft.yaml:12:9: `content-length` belongs to the connection or the message; no rule can set or remove it\n\
             weft.yaml:13:9: `te` belongs to the connection or the message; no rule can set or remove it\n\
             weft.yaml:14:17: expected a mapping of `named`, `matching`, found the text \"x\"\n\
             weft.yaml:15:9: expected exactly one of `propagate`, `insert`, `remove`\n\
             weft.yaml:16:35: expected the value of a header: one line of visible characters\n\
             weft.yaml:17:9: `x-user-id` is set by the gateway, from the caller's credential; `authentication.claims` says from which claim\n\
             weft.yaml:18:9: `x-user_roles` is set by the gateway, from the caller's credential; `authentication.claims` says from which claim",
        ),
        (
            "traffic:\n  all: { tls: { ca: none.pem } }\n  subgraphs:\n    a: { tls: { key: a.key } }\n    b: { tls: { certificate: none.pem, key: none.key } }\n    c: { tls: { cert: x } }\n",
            "weft.yaml:6:17: there is no key `cert` here (the keys are `ca`, `certificate`, `key`)\n\
             weft.yaml:2:21: cannot read etc/none.pem: No such file or directory (os error 2) (paths are relative to the folder of the configuration)\n\
             weft.yaml:4:22: a certificate is of use with its `key` alone, and a key with its `certificate` (give both, or neither)\n\
             weft.yaml:5:30: cannot read etc/none.pem: No such file or directory (os error 2) (paths are relative to the folder of the configuration)\n\
             weft.yaml:5:45: cannot read etc/none.key: No such file or directory (os error 2) (paths are relative to the folder of the configuration)",
        ),
        ("override_labels: { a: on, b: maybe }", "weft.yaml:1:30: expected true or false, found the text \"maybe\""),
        (
            "traffic: { sources: { s.api: { url: 'http://a' } } }\nconnectors: { sources: { s.api: { override_url: 'http://b' } } }",
            "weft.yaml:2:49: the source has a `url` in `traffic` too (take one of them out; `override_url` is what routers call it)",
        ),
        (
            "connectors: { sources: { s.api: { config: {} } } }",
            "weft.yaml:1:35: there is no key `config` here (did you mean `$config`?)",
        ),
        ("connectors: { subgraphs: { s: { $config: 5 } } }", "weft.yaml:1:42: expected a mapping, found 5"),
        (
            "authorization: { require_authentication: true }",
            "weft.yaml:1:42: no credential is taken, so that nobody would be let in (say in `authentication` whose tokens or \
             API keys are taken)",
        ),
        (
            "authentication:\n  claims: { user_id: '', roles: [], scopes: [a, { b: c }] }\n",
            "weft.yaml:2:22: a claim has a name\n\
             weft.yaml:2:26: a claim has a name\n\
             weft.yaml:2:49: expected a text, found a mapping",
        ),
        ("bff: bff-configs", "weft.yaml:1:6: expected a mapping of `path`, found the text \"bff-configs\""),
        (
            "tiers:\n  bronze: { limits: { depth: none }, timeout: 5, rate: { limit: 100 } }\n",
            "weft.yaml:2:30: expected a whole number of at least 1\n\
             weft.yaml:2:47: expected a duration from 1ms to 24h, such as 250ms, 30s, 5m or 1h\n\
             weft.yaml:2:50: `per` is missing",
        ),
    ];
    let told = |text| parse(text).map_or_else(|found| lines(&found), |config| format!("{config:?}"));
    let failures: Vec<String> = cases
        .iter()
        .filter(|(text, expected)| told(text) != *expected)
        .map(|(text, _)| format!("{text}\n-> {}", told(text)))
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn a_file_without_keys_is_the_default() {
    let default = format!("{:?}", Config::without_file(&BTreeMap::new()));
    for text in ["", "# nothing\n", "{}", "---\n", "traffic:\nheaders:\n  all:\n"] {
        assert_eq!(format!("{:?}", resolved(text)), default, "{text:?}");
    }
}

/// What the schema, and with it the documentation, says of defaults is what holds.
#[test]
fn the_defaults_that_are_documented_hold() {
    fn defaults(root: &Value, schema: &Value) -> Value {
        let properties = |schema: &Value| schema["properties"].as_object().cloned().unwrap_or_default();
        let mut found = serde_json::Map::new();
        for (key, property) in properties(schema) {
            let name = property["$ref"].as_str().and_then(|path| path.rsplit('/').next()).unwrap_or_default();
            let below = defaults(root, &root["$defs"][name]);
            match property.get("default") {
                Some(default) => drop(found.insert(key, default.clone())),
                None if below != json!({}) => drop(found.insert(key, below)),
                None => {}
            }
        }
        Value::Object(found)
    }
    let schema = json_schema();
    let written = defaults(&schema, &schema);
    assert_eq!(written["traffic"]["all"]["timeout"], "5s", "they are found: {written}");
    let mut config = resolved(&written.to_string());
    // Without one the environment counts, and without a variable for it this.
    assert_eq!(config.listen.take().as_deref(), Some("127.0.0.1:4000"));
    // Without one it follows `dev`.
    assert_eq!(config.gateway.introspection.take(), Some(false));
    // That a timeout is written is known, even if it is the default.
    assert!(std::mem::take(&mut config.gateway.timeouts).all);
    assert_eq!(format!("{config:?}"), format!("{:?}", Config::without_file(&BTreeMap::new())));
}

#[test]
fn values_are_expanded_and_paths_belong_to_the_folder() {
    let config = resolved(
        "listen: '0.0.0.0:${env.PORT:-80}'\nsupergraph: { path: 'a/${env.NUMBER}.graphql' }\ndev: ${env.YES}\n\
         limits:\n  body: ${env.NUMBER}MB\ntraffic:\n  request_timeout: ${env.TIME}\noverride_labels:\n  a: ${env.YES}\n  b: false\n",
    );
    assert_eq!(config.listen.as_deref(), Some("0.0.0.0:80"));
    assert_eq!(config.supergraph.as_deref(), Some(Path::new("etc/a/7.graphql")));
    let gateway = config.gateway;
    assert!(gateway.dev);
    assert_eq!(gateway.introspection, None);
    assert_eq!(gateway.max_body, 7_000_000);
    assert_eq!(gateway.request_timeout, Duration::from_secs(3));
    assert_eq!(gateway.override_labels, [("a".to_owned(), true), ("b".to_owned(), false)].into());
    assert_eq!(gateway.connectors.env["NUMBER"], "7");
}

#[test]
fn calls_inherit_key_by_key() {
    let config = resolved(
        r#"
traffic:
  all: { timeout: 2s, connect_timeout: 3s }
  subgraphs:
    users: { timeout: 4s, url: http://users/graphql }
    catalog: { max_body: 5B }
  sources:
    catalog.api: { timeout: 6s, url: http://catalog }
    orders.grpc: { connect_timeout: 7s }
connectors:
  sources:
    orders.grpc: { override_url: "http://orders:50051" }
headers: { subgraphs: { reviews: { request: [] } } }
"#,
    );
    let connectors = config.gateway.connectors;
    let shown = |config: &SourceConfig| {
        let SourceConfig { url, timeout, connect_timeout, max_body, .. } = config;
        let url = url.as_deref().unwrap_or("-");
        format!("{url} {} {} {max_body}", timeout.as_secs(), connect_timeout.as_secs())
    };
    let cases = [
        ("other", None, "- 2 3 67108864"),
        ("reviews", None, "- 2 3 67108864"),
        ("users", None, "http://users/graphql 4 3 67108864"),
        ("catalog", None, "- 2 3 5"),
        ("catalog", Some("api"), "http://catalog 6 3 5"),
        ("catalog", Some("other"), "- 2 3 5"),
        ("orders", Some("grpc"), "http://orders:50051 2 7 67108864"),
    ];
    for (subgraph, source, expected) in cases {
        let found = match source {
            Some(source) => connectors.of_source(subgraph, source),
            None => connectors.of(subgraph),
        };
        assert_eq!(shown(found), expected, "{subgraph} {source:?}");
    }
}

#[test]
fn header_rules_of_a_subgraph_come_after_those_for_all() {
    let config = resolved(
        r"
headers:
  all: { request: [{ propagate: { named: X-A, rename: x-b, default: secret } }, { remove: { matching: ^x-i } }] }
  subgraphs:
    users: { request: [{ insert: { name: x-key, value: '${env.SECRET}' } }, { remove: { named: x-request-id } }] }
traffic: { sources: { users.api: { timeout: 1s } } }
",
    );
    let connectors = config.gateway.connectors;
    let shown = |config: &SourceConfig| {
        let rules = config.headers.iter().map(|rule| format!("{rule:?}"));
        rules.collect::<Vec<_>>().join("\n")
    };
    let all = "Propagate { from: \"x-request-id\", to: \"x-request-id\", default: None }\n\
               Exactly(\"x-user-id\")\n\
               Exactly(\"x-user-roles\")\n\
               Exactly(\"x-user-scopes\")\n\
               Propagate { from: \"x-a\", to: \"x-b\", default: Some(Sensitive) }\n\
               RemoveMatching(Regex(\"^x-i\"))";
    let users = format!("{all}\nInsert(\"x-key\", Sensitive)\nRemove(\"x-request-id\")");
    assert_eq!(shown(connectors.of("other")), all);
    assert_eq!(shown(connectors.of("users")), users);
    assert_eq!(shown(connectors.of_source("users", "api")), users);
    assert_eq!(shown(connectors.of_source("users", "other")), users);
}

#[test]
fn config_values_of_a_source_are_laid_over_those_of_its_subgraph() {
    let config = resolved(
        "connectors:\n  subgraphs:\n    s:\n      $config: { a: 1, b: [x, true, null, 1.5], c: '${env.NUMBER}' }\n  sources:\n    s.api:\n      $config: { a: { d: 2 } }\n    t.api:\n      $config: {}\n",
    );
    let connectors = config.gateway.connectors;
    let read = |json: &String| -> Value { serde_json::from_str(json).expect("JSON") };
    let of_source = |subgraph: &str| read(&connectors.source_values[&(subgraph.to_owned(), "api".to_owned())]);
    // A text stays one: nothing says what type is wanted.
    assert_eq!(read(&connectors.values["s"]), json!({"a": 1, "b": ["x", true, null, 1.5], "c": "7"}));
    assert_eq!(of_source("s"), json!({"a": {"d": 2}, "b": ["x", true, null, 1.5], "c": "7"}));
    assert_eq!(of_source("t"), json!({}));
}

#[test]
fn secrets_are_not_shown() {
    let config = resolved(
        "headers:\n  all:\n    request:\n      - insert: { name: x-key, value: '${env.SECRET}' }\n\
         connectors:\n  subgraphs:\n    s:\n      $config: { key: '${env.SECRET}' }\n  sources:\n    s.api:\n      $config: { key: '${env.SECRET}' }\n",
    );
    assert!(config.gateway.connectors.values["s"].contains("hunter2"), "it is there");
    assert!(!format!("{config:?}").contains("hunter2"), "{config:?}");
    let found = parse("listen: ${env.SECRET}\ndev: ${env.SECRET}\nlimits: '${env.SECRET}'").expect_err("it is wrong");
    let drawn: String = found.iter().map(|found| found.draw(false)).collect();
    assert_eq!(found.len(), 3, "{drawn}");
    assert!(!drawn.contains("hunter2"), "{drawn}");
    // Where they are written out, what is drawn of their lines shows stars.
    let found = parse(
        "authentication: { jwt: { issuers: [{ issuer: a, algorithms: [RS256], key: { secret: hunter2 } }] } }\n\
         headers: { all: { request: [{ insert: { name: te, value: hunter2 } }, { insert: { nmae: x, value: 'hunter2' } }] } }\n\
         connectors: { subgraphs: { s: { $config: { key: [hunter2, 1] }, config: 1 } } }\n",
    );
    let found = found.expect_err("it is wrong");
    let drawn: String = found.iter().map(|found| found.draw(false)).collect();
    assert_eq!((found.len(), drawn.matches("*******").count() > 2), (4, true), "{drawn}");
    assert!(!drawn.contains("hunter2"), "{drawn}");
}

#[test]
fn names_that_the_supergraph_does_not_have_are_warned_of() {
    let subgraph = |name: &str| SubgraphInput {
        name: name.to_owned(),
        url: format!("http://{name}/"),
        source: Source::new(format!("{name}.graphql"), format!("type Query {{ {name}: Int }}")),
    };
    let composition = compose(vec![subgraph("users"), subgraph("reviews")], &mut NoConnectors);
    let text = composition.supergraph.expect("it composes");
    let supergraph = Supergraph::load(&Source::new("supergraph.graphql", text)).expect("it loads");
    let config = resolved(
        "traffic:\n  subgraphs:\n    user: {}\n    users: {}\n  sources:\n    users.api: {}\nheaders:\n  subgraphs:\n    billing: {}\n",
    );
    assert_eq!(
        lines(&config.gateway.unused(&supergraph)),
        "weft.yaml:3:5: warning[UNUSED_CONFIG]: the supergraph has no subgraph \"user\"; what is said of it does nothing \
         (did you mean `users`?)\n\
         weft.yaml:6:5: warning[UNUSED_CONFIG]: the supergraph has no source \"users.api\"; what is said of it does nothing \
         (it has no sources at all)\n\
         weft.yaml:9:5: warning[UNUSED_CONFIG]: the supergraph has no subgraph \"billing\"; what is said of it does nothing \
         (it has reviews, users)"
    );
}

#[test]
fn an_address_that_several_sources_share_is_warned_of() {
    let sdl = r#"extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12")
  @link(url: "https://specs.apollo.dev/connect/v0.3", import: ["@source", "@connect"])
  @source(name: "one", http: { baseURL: "http://one.invalid" })
  @source(name: "two", http: { baseURL: "http://two.invalid" })
type Query {
  one: Int @connect(source: "one", http: { GET: "/" }, selection: "$")
  two: Int @connect(source: "two", http: { GET: "/" }, selection: "$")
}"#;
    let supergraph = shop(sdl);
    let url = "traffic:\n  subgraphs:\n    shop: { url: 'http://s' }\n";
    let one = "  sources:\n    shop.one: { url: 'http://1' }\n";
    assert_eq!(
        lines(&resolved(url).gateway.unused(&supergraph)),
        "weft.yaml:3:18: warning[SHARED_URL]: all of the sources one, two are called at this address \
         (say the `url` of each in `traffic.sources`, such as `shop.one`)"
    );
    assert_eq!(lines(&resolved(&format!("{url}{one}")).gateway.unused(&supergraph)), "");
}

/// The supergraph of one subgraph, `shop`.
fn shop(sdl: &str) -> Supergraph<Merged> {
    let source = Source::new("shop.graphql", sdl);
    let input = SubgraphInput { name: "shop".to_owned(), url: String::new(), source };
    let composition = compose(vec![input], &mut Composing::new(&|_, _| None));
    let text = composition.supergraph.unwrap_or_else(|| panic!("{}", lines(&composition.diagnostics)));
    Supergraph::load(&Source::new("supergraph.graphql", text)).expect("it loads")
}

#[test]
fn variables_that_nobody_sets_are_warned_of() {
    let supergraph = shop(
        r#"extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12")
  @link(url: "https://specs.apollo.dev/connect/v0.3", import: ["@source", "@connect"])
  @source(name: "one", http: { baseURL: "http://one.invalid", headers: [{ name: "x-key", value: "{$env.KEY}{$env.SECRET}{$env.ZONE ?? $config.zone ?? 'a'}" }] })
type Query {
  one: Int @connect(source: "one", http: { GET: "/{$config.region}" }, selection: "$")
  two: Int @connect(http: { GET: "http://two.invalid/{$config.region}" }, selection: "$config.more.deep")
}"#,
    );
    let key = "warning[VARIABLE_NOT_SET]: connectors read `$env.KEY`, and there is no such variable: it is null (set KEY in the \
               environment of the gateway)";
    let config = |whose: &str, name: &str, section: &str| {
        format!(
            "\nwarning[VARIABLE_NOT_SET]: connectors of `{whose}` read `$config.{name}`, which nobody sets: it is null (say it in \
             weft.yaml: `connectors: {{ {section}: {{ {whose}: {{ $config: {{ {name}: … }} }} }} }}`)"
        )
    };
    let (of_one, of_two, deep) = (
        config("shop.one", "region", "sources"),
        config("shop", "region", "subgraphs"),
        config("shop", "more", "subgraphs"),
    );
    let cases = [
        ("", format!("{key}{deep}{of_two}{of_one}")),
        ("connectors: { sources: { shop.one: { $config: { region: eu } } } }", format!("{key}{deep}{of_two}")),
        ("connectors: { subgraphs: { shop: { $config: { region: eu, more: {} } } } }", key.to_owned()),
    ];
    for (text, expected) in cases {
        assert_eq!(lines(&resolved(text).gateway.unset(&supergraph)), expected, "{text}");
    }
}

/// The excerpt shows the line, and marks what is meant.
#[test]
fn a_finding_is_drawn_with_its_excerpt() {
    let found = parse("traffic:\n  all:\n    timeout: soon\n").expect_err("it is wrong");
    let drawn = found[0].draw(false);
    assert!(drawn.contains("timeout: soon") && drawn.contains("weft.yaml:3:14"), "{drawn}");
}

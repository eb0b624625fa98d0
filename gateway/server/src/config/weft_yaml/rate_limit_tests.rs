//! Tests of the section `rate_limit`, and of the rates of tiers.

use std::collections::BTreeMap;
use std::path::Path;

use weft_federation::diagnostics::{Diagnostic, Source};

use super::Config;

fn parse(text: &str) -> Result<Config, Vec<Diagnostic>> {
    Config::parse(&Source::new("weft.yaml", text), Path::new(""), &BTreeMap::new())
}

fn lines<'a>(found: impl IntoIterator<Item = &'a Diagnostic>) -> Vec<String> {
    let line = |found: &Diagnostic| match &found.help {
        Some(help) => format!("{found} ({help})"),
        None => found.to_string(),
    };
    found.into_iter().map(line).collect()
}

const RATE: &str = "tiers: { default: { rate: { limit: 5, per: 1m } } }\n";

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let cases = [
        ("rate_limit: {}", vec!["weft.yaml:1:1: `keys` is missing"]),
        (
            "rate_limit: { keys: [] }",
            vec![
                "weft.yaml:1:15: requests are counted by nothing (name some of ip, user, api_key and bff, or take `rate_limit` out)",
            ],
        ),
        (
            "rate_limit: { keys: [ip, host, ip], algorithm: leaky, unit: bytes, storage: disk, max_keys: 0, \
             trusted_proxies: [10.0.0.0/40] }",
            vec![
                "weft.yaml:1:26: expected ip, user, api_key or bff",
                "weft.yaml:1:48: expected token_bucket, fixed_window or sliding_window",
                "weft.yaml:1:61: expected requests or cost",
                "weft.yaml:1:77: expected memory or redis",
                "weft.yaml:1:93: expected a whole number of at least 1",
                "weft.yaml:1:114: expected an address or a network, such as 192.0.2.1, 10.0.0.0/8 or fd00::/8",
                "weft.yaml:1:32: `ip` is there twice (take one of them out)",
            ],
        ),
        (
            "rate_limit: { keys: [ip], storage: redis }",
            vec![
                "weft.yaml:1:36: it is not said where the Redis is (say it as `redis: { url: \"redis://host:6379\" }`)",
            ],
        ),
        (
            "rate_limit: { keys: [ip], storage: redis, redis: { url: 'http://:hunter2@host', on_error: shut } }",
            vec![
                "weft.yaml:1:57: expected a URL such as redis://:password@host:6379/0, or rediss:// for TLS",
                "weft.yaml:1:91: expected open or closed",
            ],
        ),
        (
            "tiers: { default: { rate: { limit: 2000, per: 1ms } } }",
            vec![
                "weft.yaml:1:21: this is more than one in a microsecond, which is no limit (who needs no limit says no `rate`)",
            ],
        ),
        (
            "tiers: { default: { rate: { limit: 1, per: 24h, burst: 31 } } }",
            vec![
                "weft.yaml:1:21: a bucket of `burst` tokens would take more than 30 days to be full (write a smaller `burst`, or a higher `limit`)",
            ],
        ),
    ];
    for (text, expected) in cases {
        let found = parse(text).expect_err(text);
        let told = lines(&found).join("\n").replace("error[INVALID_CONFIG]: ", "");
        assert_eq!(told, expected.join("\n"), "{text}");
    }
}

#[test]
fn what_does_nothing_is_warned_of() {
    let jwt = "authentication: { jwt: { issuers: [{ issuer: i, audiences: [weft], algorithms: [HS256], key: { secret: 'a secret of thirty-two characters' } }] } }\n";
    let cases = [
        (RATE.to_owned() + "rate_limit: { keys: [ip, bff] }", vec![]),
        (RATE.to_owned() + jwt + "rate_limit: { keys: [user] }", vec![]),
        ("rate_limit: { keys: [ip] }".to_owned(), vec!["weft.yaml:1:15: nothing is limited: no tier has a `rate`"]),
        (
            RATE.to_owned(),
            vec![
                "weft.yaml:1:21: this limits nothing without `rate_limit` (say by what requests are counted, such as `rate_limit: { keys: [ip, user] }`)",
            ],
        ),
        (
            RATE.to_owned() + "rate_limit: { keys: [user, api_key] }",
            vec![
                "weft.yaml:2:22: `user` counts nothing: there is no `authentication.jwt`",
                "weft.yaml:2:28: `api_key` counts nothing: there is no `authentication.api_keys`",
            ],
        ),
        (
            RATE.to_owned() + "rate_limit: { keys: [ip], redis: { url: 'redis://:hunter2@host' } }",
            vec!["weft.yaml:2:27: `redis` is not used: `storage` is `memory`"],
        ),
        (
            RATE.to_owned() + "rate_limit: { keys: [ip], unit: cost }",
            vec!["weft.yaml:2:33: the cost of operations is not measured yet: each counts as 1"],
        ),
    ];
    for (text, expected) in cases {
        let config = parse(&text).unwrap_or_else(|found| panic!("{text}: {:?}", lines(&found)));
        let told = lines(&config.gateway.warnings).join("\n").replace("warning[NOT_IN_EFFECT]: ", "");
        assert_eq!(told, expected.join("\n"), "{text}");
    }
}

#[test]
fn no_excerpt_shows_a_password() {
    for text in [
        "rate_limit: { keys: [ip], storage: redis, redis: { url: 'http://:hunter2@host' } }",
        "rate_limit:\n  keys: [ip]\n  redis:\n    url: redis://:hunter2@host\n    timout: 1s\n",
    ] {
        let found = parse(text).expect_err(text);
        let drawn = format!("{found:?}");
        assert!(!drawn.contains("hunter2"), "{drawn}");
    }
    let text = "rate_limit: { keys: [ip], storage: redis, redis: { url: 'redis://:hunter2@host' } }";
    let config = parse(text).unwrap_or_else(|found| panic!("{:?}", lines(&found)));
    assert!(!format!("{config:?}").contains("hunter2"));
}

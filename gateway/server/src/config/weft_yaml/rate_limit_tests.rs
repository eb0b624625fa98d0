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
                "weft.yaml:1:77: expected memory",
                "weft.yaml:1:93: expected a whole number of at least 1",
                "weft.yaml:1:114: expected an address or a network, such as 192.0.2.1, 10.0.0.0/8 or fd00::/8",
                "weft.yaml:1:32: `ip` is there twice (take one of them out)",
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
            RATE.to_owned() + "rate_limit: { keys: [ip], unit: cost }",
            vec!["weft.yaml:2:27: the cost of operations is not measured yet: each counts as 1"],
        ),
    ];
    for (text, expected) in cases {
        let config = parse(&text).unwrap_or_else(|found| panic!("{text}: {:?}", lines(&found)));
        let told = lines(&config.gateway.warnings).join("\n").replace("warning[NOT_IN_EFFECT]: ", "");
        assert_eq!(told, expected.join("\n"), "{text}");
    }
}

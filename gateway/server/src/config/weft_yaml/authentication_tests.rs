//! Tests of the section `authentication`: an issuer's key fits its algorithms, or it is said why not.

use std::collections::BTreeMap;
use std::path::Path;

use weft_federation::diagnostics::{Diagnostic, Source};

use super::Config;
use crate::auth::{JwksConfig, KeySource, Schedule, testing};

const SECRET: &str = "a secret of thirty-two bytes, or more";

/// What is wrong with issuers, a line each, or how many there are.
fn issuers(folder: &Path, items: &str) -> Result<usize, String> {
    let environment: BTreeMap<String, String> =
        [("SECRET", SECRET), ("SHORT", "hunter2")].map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let text = format!("authentication:\n  jwt:\n    issuers:\n{items}");
    let line = |found: &Diagnostic| match &found.help {
        Some(help) => format!("{found} ({help})"),
        None => found.to_string(),
    };
    let lines = |found: &[Diagnostic]| found.iter().map(line).collect::<Vec<_>>().join("\n");
    match Config::parse(&Source::new("weft.yaml", text), folder, &environment) {
        Ok(config) if config.gateway.warnings.is_empty() => {
            Ok(config.gateway.authentication.and_then(|found| found.jwt).map_or(0, |jwt| jwt.issuers.len()))
        }
        Ok(config) => Err(lines(&config.gateway.warnings)),
        Err(found) => Err(lines(&found).replace("error[INVALID_CONFIG]: ", "")),
    }
}

#[test]
fn keys_fit_their_algorithms() {
    let folder = tempfile::tempdir().expect("a folder");
    let keys =
        [("rsa", testing::rsa()), ("p256", testing::p256()), ("p384", testing::p384()), ("ed", testing::ed25519())];
    for (name, key) in &keys {
        std::fs::write(folder.path().join(format!("{name}.pem")), &key.public_pem).expect("a file");
    }
    let inline = keys[1].1.public_pem.replace('\n', "\n            ");
    let inline = format!(
        "      - issuer: a\n        audiences: [weft]\n        algorithms: [ES256]\n        key:\n          public_key_pem: |\n            {inline}\n"
    );
    let of = |algorithms: &str, key: &str| {
        format!("      - {{ issuer: a, algorithms: [{algorithms}], key: {{ {key} }}, audiences: [weft] }}\n")
    };
    let published = |algorithms: &str, url: &str| {
        format!("      - {{ issuer: a, algorithms: [{algorithms}], jwks_url: '{url}', audiences: [weft] }}\n")
    };
    let unread = format!("weft.yaml:4:56: cannot read {}: ", folder.path().join("none.pem").display());
    let cases = [
        (of("HS256, HS512", "secret: 'a secret of sixty-four bytes, which is as many as the hash of HS512'"), Ok(1)),
        (of("HS256", "secret: '${env.SECRET}'"), Ok(1)),
        (of("RS256, PS512", "file: rsa.pem"), Ok(1)),
        (of("ES256", "file: p256.pem"), Ok(1)),
        (of("ES384", "file: p384.pem"), Ok(1)),
        (of("EdDSA", "file: ed.pem"), Ok(1)),
        (inline, Ok(1)),
        (of("RS256", "file: rsa.pem").repeat(2), Ok(2)),
        (
            of("HS256", "secret: '${env.SHORT}'"),
            Err(
                "weft.yaml:4:43: warning[WEAK_SECRET]: the secret has 7 bytes; one as short can be guessed (for HS256 it should have 32 bytes at least)",
            ),
        ),
        (
            of("RS256", "secret: '${env.SECRET}'"),
            Err(
                "weft.yaml:4:43: a secret does not fit RS256 (tokens that are signed so are checked with a public key: `public_key_pem` or `file`)",
            ),
        ),
        (
            of("HS256", "file: rsa.pem"),
            Err(
                "weft.yaml:4:43: a public key does not fit HS256 (a public key is for RS256, PS256, ES256, EdDSA and the like; a shared secret is `secret`)",
            ),
        ),
        (
            of("RS256, ES256", "file: rsa.pem"),
            Err("weft.yaml:4:42: ES256 and RS256 need keys of different kinds (name the issuer once for each key)"),
        ),
        (
            of("RS256", "file: p256.pem"),
            Err(
                "weft.yaml:4:56: this is not an RSA key in PEM, which RS256 needs (it begins with -----BEGIN PUBLIC KEY-----)",
            ),
        ),
        (
            of("ES384", "file: p256.pem"),
            Err(
                "weft.yaml:4:56: the key is on another curve than ES384 needs (ES256 needs one on P-256, ES384 one on P-384)",
            ),
        ),
        (of("ES256", "file: none.pem"), Err(unread.as_str())),
        (
            of("none", "file: rsa.pem"),
            Err("weft.yaml:4:35: expected an algorithm such as HS256, RS256, PS256, ES256 or EdDSA"),
        ),
        (
            of("", "file: rsa.pem"),
            Err(
                "weft.yaml:4:22: an issuer has no `algorithms` (name those that the issuer signs with, such as `algorithms: [RS256]`)",
            ),
        ),
        (of("HS256", ""), Err("weft.yaml:4:43: a key has exactly one of `secret`, `public_key_pem` and `file`")),
        (
            "      - { issuer: 'https://a/', algorithms: [HS256], key: { secret: '${env.SECRET}' } }\n".to_owned(),
            Err(
                "weft.yaml:4:19: warning[AUDIENCE_NOT_CHECKED]: tokens of https://a/ hold here whatever service they were issued for: \
                 `audiences` is not said (write what the issuer has as `aud` in tokens for this gateway, such as `audiences: [weft]`)",
            ),
        ),
        (
            "      - { issuer: '${env.NOBODY:-}', algorithms: [HS256], key: { secret: '${env.SECRET}' }, audiences: [a] }\n"
                .to_owned(),
            Err(
                "weft.yaml:4:19: the issuer has no name, so that tokens of nobody in particular would hold (write what its tokens \
                 have as the claim `iss`, such as `issuer: https://auth.example.com/`)",
            ),
        ),
        (
            "      []\n".to_owned(),
            Err(
                "weft.yaml:3:5: there are no issuers, so that no token would be taken (name one, or take `jwt` out: without it nobody is authenticated)",
            ),
        ),
        (published("RS256, ES256, EdDSA", "https://a/jwks"), Ok(1)),
        (published("RS256", "http://127.0.0.1:4000/jwks"), Ok(1)),
        (published("RS256", "http://localhost/jwks"), Ok(1)),
        (published("RS256", "http://[::1]/jwks"), Ok(1)),
        (
            published("RS256", "http://a/jwks"),
            Err(
                "weft.yaml:4:53: whoever is between could put in keys of their own, since this is neither https nor this machine (use https; or allow it with `allow_http: true` in `authentication.jwt.jwks`, if the network is to be trusted)",
            ),
        ),
        (
            published("RS256", "ftp://a/jwks"),
            Err("weft.yaml:4:53: expected a URL that starts with http:// or https://"),
        ),
        (
            published("RS256, HS256", "https://a/jwks"),
            Err(
                "weft.yaml:4:42: HS256 needs a secret, and published keys are no secret (name those of public keys: RS256, PS256, ES256, EdDSA and the like)",
            ),
        ),
        (
            "      - { issuer: a, algorithms: [RS256] }\n".to_owned(),
            Err(
                "weft.yaml:4:9: an issuer has no keys to check its tokens with (say where it publishes them in `jwks_url`, or give its `key`)",
            ),
        ),
        (
            "      - { issuer: a, algorithms: [RS256], key: { file: rsa.pem }, jwks_url: 'https://a/' }\n".to_owned(),
            Err(
                "weft.yaml:4:77: an issuer has either `key` or `jwks_url` (take one of them out; an issuer may be named once for each)",
            ),
        ),
        (
            format!(
                "{}    jwks: {{ allow_http: true, refresh: 1m, cool_down: 5s, timeout: 1s }}\n",
                published("RS256", "http://a/")
            ),
            Ok(1),
        ),
    ];
    let fits = |expected: &Result<usize, &str>, found: &Result<usize, String>| match (expected, found) {
        // What the system says of a file differs from one to another.
        (Err(expected), Err(found)) => found == expected || expected.ends_with(": ") && found.starts_with(*expected),
        (Ok(expected), Ok(found)) => expected == found,
        _ => false,
    };
    let failures: Vec<String> = cases
        .iter()
        .map(|(items, expected)| (items, expected, issuers(folder.path(), items)))
        .filter(|(_, expected, found)| !fits(expected, found))
        .map(|(items, _, found)| format!("{items}-> {found:?}"))
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn nothing_of_a_key_is_shown_and_the_leeway_is_half_a_minute() {
    let text = format!(
        "authentication: {{ jwt: {{ issuers: [{{ issuer: a, algorithms: [HS256], key: {{ secret: '{SECRET}' }} }}] }} }}"
    );
    let config = Config::parse(&Source::new("weft.yaml", text), Path::new(""), &BTreeMap::new()).expect("it is valid");
    assert!(!format!("{config:?}").contains("thirty-two"), "{config:?}");
    assert_eq!(config.gateway.authentication.and_then(|found| found.jwt).map(|jwt| jwt.leeway.as_secs()), Some(30));
}

#[test]
fn how_keys_are_got_follows_from_what_is_said_and_the_defaults() {
    let schedule = |jwks: &str| {
        let issuer = "{ issuer: a, algorithms: [RS256], jwks_url: 'https://a/jwks' }";
        let text = format!("authentication: {{ jwt: {{ issuers: [{issuer}], jwks: {jwks} }} }}");
        let config =
            Config::parse(&Source::new("weft.yaml", text), Path::new(""), &BTreeMap::new()).expect("it is valid");
        let jwt = config.gateway.authentication.and_then(|found| found.jwt).expect("it is there");
        match &jwt.issuers[0].keys {
            KeySource::Published(JwksConfig { url, timeout, schedule: Schedule { refresh, cool_down } }) => {
                format!("{url} {timeout:?} {refresh:?} {cool_down:?}")
            }
            KeySource::Fixed(_) => panic!("it is published"),
        }
    };
    assert_eq!(schedule("{}"), "https://a/jwks 5s 900s 30s");
    assert_eq!(schedule("{ timeout: 1s, refresh: 2m, cool_down: 500ms }"), "https://a/jwks 1s 120s 500ms");
}

#[test]
fn api_keys_come_in_a_header_that_is_free_and_from_a_file_that_is_there() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("consumers.yaml"), "consumers: [{ id: a, tier: gold }, { id: a }]")
        .expect("a file");
    let told = |api_keys: &str| {
        let text = format!("tiers: {{ gold: {{}} }}\nauthentication:\n  api_keys: {{ {api_keys} }}\n");
        match Config::parse(&Source::new("weft.yaml", text), folder.path(), &BTreeMap::new()) {
            Ok(config) => {
                format!("{:?}", config.gateway.authentication.and_then(|found| found.api_keys).map(|keys| keys.header))
            }
            Err(found) => found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
        }
    };
    let place = folder.path().display();
    let cases = [
        (
            "header: x-key, file: none.yaml",
            format!("weft.yaml:3:36: error[INVALID_CONFIG]: cannot read {place}/none.yaml: "),
        ),
        (
            "file: consumers.yaml",
            format!("{place}/consumers.yaml:1:42: error[INVALID_CONFIG]: there are two consumers \"a\""),
        ),
        (
            "header: Authorization, file: consumers.yaml",
            "weft.yaml:3:23: error[INVALID_CONFIG]: `authorization` carries something else, and cannot carry API keys"
                .to_owned(),
        ),
        (
            "header: x-user-id, file: consumers.yaml",
            "weft.yaml:3:23: error[INVALID_CONFIG]: `x-user-id` carries".to_owned(),
        ),
        ("header: x-key", "weft.yaml:3:3: error[INVALID_CONFIG]: `file` is missing".to_owned()),
    ];
    for (api_keys, expected) in cases {
        assert!(told(api_keys).starts_with(&expected), "{api_keys}: {}", told(api_keys));
    }
    std::fs::write(folder.path().join("consumers.yaml"), "consumers: [{ id: a, tier: gold }]").expect("a file");
    assert_eq!(told("file: consumers.yaml"), "Some(\"x-api-key\")");
    assert_eq!(told("file: consumers.yaml, header: X-Key"), "Some(\"x-key\")");
}

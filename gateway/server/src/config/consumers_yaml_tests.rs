//! Tests of `consumers.yaml`: what is wrong is told with its place and without its keys, and what is right says what a token would.

use std::collections::BTreeMap;
use std::sync::Arc;

use weft_federation::diagnostics::{Diagnostic, Source};

use super::consumers_yaml::{Surroundings, parse};
use super::weft_yaml::Tier;
use crate::auth::Consumer;

/// Of `k`.
const HASH: &str = "sha256:8254c329a92850f6d539dd376f4816ee2764517da5e0235514af433164480d7a";

fn read(text: &str) -> (Vec<Consumer>, Vec<Diagnostic>) {
    let tiers = BTreeMap::from([("bronze".to_owned(), Tier::default())]);
    let environment = BTreeMap::from([("ACME".to_owned(), HASH.to_owned())]);
    parse(
        &Source::new("consumers.yaml", text),
        Surroundings { tiers: &tiers, environment: &environment, policies: &Arc::default() },
    )
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let expected_hash =
        "expected `sha256:` and 64 hexadecimal digits, which `printf %s KEY | openssl dgst -sha256` prints";
    let cases = [
        ("consumers: []", String::new()),
        ("", String::new()),
        ("consumers:\n  - { id: a, keys: ['${env.ACME}'] }\n", String::new()),
        ("- a", "1:1: expected a mapping of `consumers`, found a list".to_owned()),
        ("consumers:\n  - { key: [] }\n", "2:7: there is no key `key` here (did you mean `keys`?)".to_owned()),
        ("consumers:\n  - { keys: [] }\n", "2:5: `id` is missing".to_owned()),
        ("consumers:\n  - { id: '' }\n", "2:11: a consumer has an `id` (name who has the keys)".to_owned()),
        ("consumers:\n  - { id: a, keys: [hunter2] }\n", format!("2:21: {expected_hash}")),
        ("consumers:\n  - { id: a, keys: ['sha256:12'] }\n", format!("2:21: {expected_hash}")),
        (
            "consumers:\n  - { id: a }\n  - { id: a }\n",
            "3:11: there are two consumers \"a\" (one may have several `keys`)".to_owned(),
        ),
        (
            "consumers:\n  - { id: a, keys: ['${env.ACME}'] }\n  - { id: b, keys: ['${env.ACME}'] }\n",
            "3:21: this key is there twice (a key is of one consumer)".to_owned(),
        ),
        (
            "consumers:\n  - { id: a, tier: bronz }\n",
            "2:20: weft.yaml has no tier \"bronz\" (did you mean `bronze`?)".to_owned(),
        ),
        ("consumers:\n  - { id: a, scopes: [r w] }\n", "2:23: a scope is a word (write several as a list)".to_owned()),
        (
            "consumers:\n  - { id: a, claims: { sub: b } }\n",
            "2:14: `sub` cannot be said in `claims` (say it in `id`)".to_owned(),
        ),
    ];
    for (text, expected) in cases {
        let line = |found: &Diagnostic| match &found.help {
            Some(help) => format!("{found} ({help})"),
            None => found.to_string(),
        };
        let told: Vec<String> = read(text).1.iter().map(line).collect();
        let told = told.join("\n").replace("consumers.yaml:", "").replace("error[INVALID_CONFIG]: ", "");
        assert_eq!(told, expected, "{text}");
    }
}

#[test]
fn a_key_that_was_written_instead_of_its_hash_is_not_shown() {
    let (_, found) = read("consumers:\n  - { id: a, keys: [hunter2], tier: none }\n");
    let drawn: Vec<String> = found.iter().map(|found| found.draw(false)).collect();
    let drawn = drawn.join("\n");
    assert!(found.len() == 2 && drawn.contains("tier: none") && !drawn.contains("hunter2"), "{drawn}");
}

#[test]
fn a_consumer_is_as_a_token_would_say_it() {
    let (consumers, found) = read(
        "consumers:\n  - { id: a, keys: ['${env.ACME}'], tier: bronze, scopes: [w, r], roles: [x], audiences: [b], claims: { org: { id: 7 } } }\n  - { id: b, disabled: true }\n",
    );
    assert_eq!(found, []);
    let shown = consumers.iter().map(|consumer| {
        let Consumer { id, keys, tier, is_disabled, credential } = consumer;
        let claim = |path: &[&str]| {
            let path: Vec<Box<str>> = path.iter().map(|name| Box::from(*name)).collect();
            credential.identity.claim(&path).map_or("-".to_owned(), ToString::to_string)
        };
        let claims = [claim(&["sub"]), claim(&["roles"]), claim(&["org", "id"])].join(" ");
        let scopes = credential.identity.scopes().join(",");
        let first = keys.first().map_or(0, |key| key[0]);
        format!("{id} {first:x} {tier:?} {is_disabled} {claims} {scopes} {:?}", credential.audiences)
    });
    let shown: Vec<String> = shown.collect();
    assert_eq!(
        shown,
        [r#"a 82 Some("bronze") false "a" ["x"] 7 r,w ["b"]"#.to_owned(), r#"b 0 None true "b" - -  []"#.to_owned(),]
    );
}

//! Tests of authentication: which tokens hold, and what is said of those that do not.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderValue};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::FutureExt;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use serde_json::{Value, json};

use super::testing::{self, SECRET, token};
use super::*;

/// In seconds since 1970.
const NOW: u64 = 1_800_000_000;

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn issuer(name: &str, audiences: &[&str], algorithm: Algorithm, key: DecodingKey) -> Issuer {
    let audiences = audiences.iter().map(|audience| (*audience).to_owned()).collect();
    Issuer { issuer: name.to_owned(), audiences, algorithms: vec![algorithm], keys: KeySource::Fixed(key) }
}

fn authenticator(issuers: Vec<Issuer>) -> Authenticator {
    let jwt = Some(JwtConfig { issuers, leeway: Duration::from_secs(30) });
    Authenticator::new(&AuthenticationConfig { jwt, ..AuthenticationConfig::default() })
}

fn of_a_secret() -> Authenticator {
    authenticator(vec![issuer("https://a/", &["weft", "other"], Algorithm::HS256, DecodingKey::from_secret(SECRET))])
}

fn with_token(token: &str) -> HeaderMap {
    let value = HeaderValue::from_str(&format!("Bearer {token}")).expect("a token is ASCII");
    HeaderMap::from_iter([(AUTHORIZATION, value)])
}

const ALL: Schemes = Schemes { jwt: true, api_key: true };

/// Who sends these headers.
fn caller(authenticator: &Authenticator, headers: &HeaderMap, now: u64) -> Result<Caller, Refusal> {
    let deadline = Instant::now() + Duration::from_secs(60);
    let asked = authenticator.authenticate(headers, ALL, at(now), deadline);
    // With keys that are fixed there is nothing to wait for.
    asked.now_or_never().expect("it waits for nothing")
}

/// The claim `sub` of who is let in by a token.
fn subject(authenticator: &Authenticator, token: &str, now: u64) -> Result<String, TokenFault> {
    match caller(authenticator, &with_token(token), now) {
        Ok(caller) => {
            let subject = caller.identity().claim(&["sub".into()]).and_then(Value::as_str);
            Ok(subject.unwrap_or("anonymous").to_owned())
        }
        Err(Refusal::Token(fault)) => Err(fault),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn a_token_holds_as_its_claims_say() {
    let base = json!({ "iss": "https://a/", "aud": "weft", "sub": "u1", "exp": NOW + 60 });
    let cases: Vec<(Value, Result<&str, TokenFault>)> = vec![
        (json!({}), Ok("u1")),
        (json!({ "aud": ["x", "other"] }), Ok("u1")),
        (json!({ "iss": ["https://b/", "https://a/"] }), Ok("u1")),
        (json!({ "exp": NOW as f64 + 0.5 }), Ok("u1")),
        (json!({ "exp": NOW - 29 }), Ok("u1")),
        (json!({ "exp": NOW - 30 }), Err(TokenFault::Expired)),
        (json!({ "exp": -1 }), Err(TokenFault::Expired)),
        (json!({ "exp": null }), Err(TokenFault::Claim("exp"))),
        (json!({ "exp": "1800000060" }), Err(TokenFault::Claim("exp"))),
        (json!({ "nbf": NOW + 30 }), Ok("u1")),
        (json!({ "nbf": NOW + 31 }), Err(TokenFault::NotYet)),
        (json!({ "nbf": "soon" }), Err(TokenFault::Claim("nbf"))),
        (json!({ "nbf": null }), Ok("u1")),
        (json!({ "aud": "x" }), Err(TokenFault::Audience)),
        (json!({ "aud": [] }), Err(TokenFault::Audience)),
        (json!({ "aud": null }), Err(TokenFault::Audience)),
        (json!({ "aud": "weft " }), Err(TokenFault::Audience)),
        (json!({ "aud": [1, "weft"] }), Err(TokenFault::Claim("aud"))),
        (json!({ "aud": { "weft": true } }), Err(TokenFault::Claim("aud"))),
        (json!({ "iss": "https://a" }), Err(TokenFault::Issuer)),
        (json!({ "iss": null }), Err(TokenFault::Issuer)),
        (json!({ "iss": 7 }), Err(TokenFault::Claim("iss"))),
        (json!({ "sub": {} }), Err(TokenFault::Malformed)),
    ];
    for (changed, expected) in cases {
        let mut claims = base.clone();
        for (name, value) in changed.as_object().expect("an object") {
            claims[name] = value.clone();
        }
        let token = token(&Header::default(), &claims, &EncodingKey::from_secret(SECRET));
        assert_eq!(subject(&of_a_secret(), &token, NOW), expected.map(str::to_owned), "{changed}");
    }
}

#[test]
fn a_signature_is_of_the_issuers_key_and_in_an_allowed_way() {
    let (rsa, p256, p384, ed) = (testing::rsa(), testing::p256(), testing::p384(), testing::ed25519());
    let decoding = |pem: &str, read: fn(&[u8]) -> jsonwebtoken::errors::Result<DecodingKey>| {
        read(pem.as_bytes()).expect("a public key")
    };
    let rsa_key = decoding(&rsa.public_pem, DecodingKey::from_rsa_pem);
    let authenticator = authenticator(vec![
        issuer("rsa", &[], Algorithm::RS256, rsa_key.clone()),
        issuer("pss", &[], Algorithm::PS256, rsa_key),
        issuer("p256", &[], Algorithm::ES256, decoding(&p256.public_pem, DecodingKey::from_ec_pem)),
        issuer("p384", &[], Algorithm::ES384, decoding(&p384.public_pem, DecodingKey::from_ec_pem)),
        issuer("ed", &[], Algorithm::EdDSA, decoding(&ed.public_pem, DecodingKey::from_ed_pem)),
        issuer("secret", &[], Algorithm::HS256, DecodingKey::from_secret(SECRET)),
        // While its key is replaced.
        issuer("secret", &[], Algorithm::HS256, DecodingKey::from_secret(b"another one")),
    ]);
    let (public, other) = (EncodingKey::from_secret(rsa.public_pem.as_bytes()), EncodingKey::from_secret(b"a guess"));
    let secret = EncodingKey::from_secret(SECRET);
    let replaced = EncodingKey::from_secret(b"another one");
    let cases = [
        ("rsa", Algorithm::RS256, &rsa.signing, Ok("u1")),
        ("pss", Algorithm::PS256, &rsa.signing, Ok("u1")),
        ("p256", Algorithm::ES256, &p256.signing, Ok("u1")),
        ("p384", Algorithm::ES384, &p384.signing, Ok("u1")),
        ("ed", Algorithm::EdDSA, &ed.signing, Ok("u1")),
        ("secret", Algorithm::HS256, &secret, Ok("u1")),
        ("secret", Algorithm::HS256, &replaced, Ok("u1")),
        ("secret", Algorithm::HS256, &other, Err(TokenFault::Signature)),
        ("secret", Algorithm::HS512, &secret, Err(TokenFault::Algorithm)),
        ("rsa", Algorithm::PS256, &rsa.signing, Err(TokenFault::Algorithm)),
        // The public key is no secret.
        ("rsa", Algorithm::HS256, &public, Err(TokenFault::Algorithm)),
        ("p256", Algorithm::RS256, &rsa.signing, Err(TokenFault::Algorithm)),
        ("nobody", Algorithm::RS256, &rsa.signing, Err(TokenFault::Issuer)),
    ];
    for (name, algorithm, key, expected) in cases {
        let claims = json!({ "iss": name, "sub": "u1", "exp": NOW + 60 });
        let token = token(&Header::new(algorithm), &claims, key);
        assert_eq!(subject(&authenticator, &token, NOW), expected.map(str::to_owned), "{name} {algorithm:?}");
    }
}

#[test]
fn what_is_no_token_that_can_be_trusted_is_refused() {
    let claims = json!({ "iss": "https://a/", "aud": "weft", "sub": "u1", "exp": NOW + 60 });
    let signed = |header: &Header| token(header, &claims, &EncodingKey::from_secret(SECRET));
    let good = signed(&Header::default());
    let (head, signature) = good.rsplit_once('.').expect("three parts");
    let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
    let payload = head.split_once('.').expect("two parts").1;
    let forged = part(&claims.to_string().replace("u1", "admin"));
    let critical = Header { crit: Some(vec!["b64".to_owned()]), ..Header::default() };
    // Where a key is said to be does not matter.
    let elsewhere = Header {
        jku: Some("http://127.0.0.1:9/".to_owned()),
        x5u: Some("http://127.0.0.1:9/".to_owned()),
        kid: Some("../../../dev/zero".to_owned()),
        ..Header::default()
    };
    // A key of the sender's own, with which the token is signed.
    let own = testing::rsa();
    let with_own = Header {
        jwk: serde_json::from_value(own.jwk(Algorithm::RS256, &json!({}))).ok(),
        ..Header::new(Algorithm::RS256)
    };
    let cases = [
        (signed(&elsewhere), Ok("u1")),
        (token(&with_own, &claims, &own.signing), Err(TokenFault::Algorithm)),
        (format!("{}.{payload}.", part(r#"{"alg":"None"}"#)), Err(TokenFault::Malformed)),
        (format!("{}.{payload}.{signature}", part(r#"{"alg":["HS256"]}"#)), Err(TokenFault::Malformed)),
        (format!("{}.{payload}.{signature}", part(r#"{"alg":"HS256","alg":"none"}"#)), Err(TokenFault::Malformed)),
        (good[..good.len() - 1].to_owned(), Err(TokenFault::Signature)),
        (good[..good.len() - 4].to_owned(), Err(TokenFault::Signature)),
        ("a".repeat(bearer::MAX_TOKEN), Err(TokenFault::Malformed)),
        ("a".repeat(bearer::MAX_TOKEN + 1), Err(TokenFault::TooLong)),
        (signed(&critical), Err(TokenFault::Critical)),
        (format!("{}.{payload}.", part(r#"{"alg":"none"}"#)), Err(TokenFault::Malformed)),
        (format!("{head}."), Err(TokenFault::Signature)),
        (format!("{}.{forged}.{signature}", part(r#"{"alg":"HS256"}"#)), Err(TokenFault::Signature)),
        (format!("{good}A"), Err(TokenFault::Signature)),
        (head.to_owned(), Err(TokenFault::Malformed)),
        (format!("{good}.{signature}"), Err(TokenFault::Malformed)),
        (format!("{}.{}.{signature}", part(r#"{"alg":"HS256"}"#), part("[]")), Err(TokenFault::Malformed)),
        ("a.b.c".to_owned(), Err(TokenFault::Malformed)),
        ("ghp_0123456789".to_owned(), Err(TokenFault::Malformed)),
    ];
    for (token, expected) in cases {
        assert_eq!(subject(&of_a_secret(), &token, NOW), expected.map(str::to_owned), "{token}");
    }
}

#[test]
fn a_token_that_is_remembered_expires_all_the_same() {
    let authenticator = of_a_secret();
    let claims = json!({ "iss": "https://a/", "aud": "weft", "sub": "u1", "exp": NOW });
    let token = token(&Header::default(), &claims, &EncodingKey::from_secret(SECRET));
    let credential = || caller(&authenticator, &with_token(&token), NOW).expect("it holds").token.expect("it is sent");
    assert!(Arc::ptr_eq(&credential(), &credential()), "it is remembered");
    assert_eq!(subject(&authenticator, &token, NOW + 30), Err(TokenFault::Expired));
    assert_eq!(subject(&authenticator, &token, NOW + 30), Err(TokenFault::Expired), "and not taken again");
}

fn consumer(id: &str, key: &str, audiences: &[&str]) -> Arc<Consumer> {
    let mut hash = KeyHash::default();
    hash.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, key.as_bytes()).as_ref());
    let claims = serde_json::Map::from_iter([("sub".to_owned(), id.into())]);
    let audiences = audiences.iter().map(|audience| (*audience).to_owned()).collect();
    let credential = Credential::new(claims, audiences, &IdentityClaims::default());
    Arc::new(Consumer { id: id.into(), keys: vec![hash], tier: None, is_disabled: false, credential })
}

/// One that takes tokens, API keys, or both.
fn of_schemes(schemes: Schemes) -> Authenticator {
    let key = DecodingKey::from_secret(SECRET);
    let issuers = vec![issuer("https://a/", &[], Algorithm::HS256, key)];
    let jwt = schemes.jwt.then_some(JwtConfig { issuers, leeway: Duration::ZERO });
    let header = HeaderName::from_static("x-api-key");
    let api_keys = schemes.api_key.then(|| ApiKeysConfig { header, consumers: vec![consumer("acme", "k", &["weft"])] });
    Authenticator::new(&AuthenticationConfig { jwt, api_keys, claims: IdentityClaims::default() })
}

#[test]
fn each_credential_that_is_sent_has_to_hold() {
    const JWT: Schemes = Schemes { jwt: true, api_key: false };
    const API_KEY: Schemes = Schemes { jwt: false, api_key: true };
    const NONE: Schemes = Schemes { jwt: false, api_key: false };
    let claims = json!({ "iss": "https://a/", "sub": "u1", "exp": NOW + 60 });
    let good = token(&Header::default(), &claims, &EncodingKey::from_secret(SECRET));
    let (good, bad) = (format!("Bearer {good}"), "Bearer a.b.c".to_owned());
    let (good, bad, basic) = (Some(good.as_str()), Some(bad.as_str()), Some("Basic dTpw"));
    let (malformed, unknown) = (Refusal::Token(TokenFault::Malformed), Refusal::ApiKey(ApiKeyFault::Unknown));
    // What is configured, what the client takes, what is sent, and whose identity it gives.
    let cases = [
        (ALL, ALL, None, None, Ok("nobody")),
        (ALL, ALL, good, None, Ok("u1")),
        (ALL, ALL, None, Some("k"), Ok("acme")),
        (ALL, ALL, good, Some("k"), Ok("u1")),
        (ALL, ALL, bad, Some("k"), Err(malformed)),
        (ALL, ALL, good, Some("x"), Err(unknown)),
        (ALL, ALL, bad, Some("x"), Err(unknown)),
        (ALL, ALL, basic, Some("k"), Err(Refusal::Token(TokenFault::NotBearer))),
        (ALL, JWT, good, Some("x"), Ok("u1")),
        (ALL, API_KEY, bad, Some("k"), Ok("acme")),
        (ALL, API_KEY, good, None, Ok("nobody")),
        (JWT, JWT, None, Some("x"), Ok("nobody")),
        (API_KEY, API_KEY, basic, Some("k"), Ok("acme")),
        (NONE, NONE, bad, Some("x"), Ok("nobody")),
    ];
    for (configured, taken, authorization, key, expected) in cases {
        let mut headers = HeaderMap::new();
        for (name, value) in [("authorization", authorization), ("x-api-key", key)] {
            headers.extend(
                value.map(|value| {
                    (HeaderName::from_static(name), HeaderValue::from_str(value).expect("the test's own"))
                }),
            );
        }
        let authenticator = of_schemes(configured);
        let asked = authenticator.authenticate(&headers, taken, at(NOW), Instant::now());
        let found = asked.now_or_never().expect("it waits for nothing").map(|caller| {
            let subject = caller.identity().claim(&["sub".into()]).and_then(Value::as_str).map(str::to_owned);
            assert_eq!(subject.is_none(), caller.is_anonymous());
            subject.unwrap_or("nobody".to_owned())
        });
        assert_eq!(found, expected.map(str::to_owned), "{configured:?} {taken:?} {headers:?}");
    }
}

#[test]
fn a_client_lets_its_audiences_in() {
    let token = |audiences: &[&str]| {
        let audiences = audiences.iter().map(|audience| (*audience).to_owned()).collect();
        Some(Arc::new(Credential { audiences, ..Credential::default() }))
    };
    let key = |audiences: &[&str]| Some(consumer("acme", "k", audiences));
    let (missing, foreign) = (Refusal::Missing(ALL), Refusal::Token(TokenFault::OtherClient));
    let foreign_key = Refusal::ApiKey(ApiKeyFault::OtherClient);
    let cases = [
        (Caller { token: None, consumer: None }, &[][..], false, Ok(())),
        (Caller { token: None, consumer: None }, &[], true, Err(missing)),
        (Caller { token: None, consumer: None }, &["partner"], false, Err(missing)),
        (Caller { token: token(&["weft"]), consumer: None }, &[], true, Ok(())),
        (Caller { token: token(&["weft", "partner"]), consumer: None }, &["partner"], false, Ok(())),
        (Caller { token: token(&["weft"]), consumer: None }, &["partner"], false, Err(foreign)),
        (Caller { token: token(&[]), consumer: None }, &["partner"], false, Err(foreign)),
        (Caller { token: None, consumer: key(&["partner"]) }, &["partner"], true, Ok(())),
        (Caller { token: None, consumer: key(&["weft"]) }, &["partner"], false, Err(foreign_key)),
        (Caller { token: None, consumer: key(&[]) }, &[], true, Ok(())),
        (Caller { token: token(&["partner"]), consumer: key(&["partner"]) }, &["partner"], false, Ok(())),
        (Caller { token: token(&["partner"]), consumer: key(&["weft"]) }, &["partner"], false, Err(foreign_key)),
        (Caller { token: token(&["weft"]), consumer: key(&["partner"]) }, &["partner"], false, Err(foreign)),
    ];
    for (caller, audiences, is_required, expected) in cases {
        let audiences = audiences.iter().map(|audience| (*audience).to_owned()).collect();
        let admission = Admission { schemes: ALL, is_required, audiences };
        assert_eq!(admission.admit(&caller), expected, "{caller:?} {admission:?}");
    }
}

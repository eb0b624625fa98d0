//! Tests of authentication: which tokens hold, and what is said of those that do not.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderValue};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use serde_json::{Value, json};

use super::testing::{self, token};
use super::*;

const SECRET: &[u8] = b"a secret of thirty-two bytes, or more";

/// In seconds since 1970.
const NOW: u64 = 1_800_000_000;

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn issuer(name: &str, audiences: &[&str], algorithm: Algorithm, key: DecodingKey) -> Issuer {
    let audiences = audiences.iter().map(|audience| (*audience).to_owned()).collect();
    Issuer { issuer: name.to_owned(), audiences, algorithms: vec![algorithm], key }
}

fn authenticator(issuers: Vec<Issuer>) -> Authenticator {
    Authenticator::new(Some(&JwtConfig { issuers, leeway: Duration::from_secs(30) }), &Authorization::default())
}

fn of_a_secret() -> Authenticator {
    authenticator(vec![issuer("https://a/", &["weft", "other"], Algorithm::HS256, DecodingKey::from_secret(SECRET))])
}

fn with_token(token: &str) -> HeaderMap {
    let value = HeaderValue::from_str(&format!("Bearer {token}")).expect("a token is ASCII");
    HeaderMap::from_iter([(AUTHORIZATION, value)])
}

/// The claim `sub` of who is let in.
fn subject(authenticator: &Authenticator, token: &str, now: u64) -> Result<String, Refusal> {
    let caller = authenticator.authenticate(&with_token(token), at(now))?;
    let subject = caller.identity.claim(&["sub".into()]).and_then(Value::as_str);
    Ok(subject.unwrap_or("anonymous").to_owned())
}

#[test]
fn a_token_holds_as_its_claims_say() {
    let base = json!({ "iss": "https://a/", "aud": "weft", "sub": "u1", "exp": NOW + 60 });
    let cases: Vec<(Value, Result<&str, Refusal>)> = vec![
        (json!({}), Ok("u1")),
        (json!({ "aud": ["x", "other"] }), Ok("u1")),
        (json!({ "iss": ["https://b/", "https://a/"] }), Ok("u1")),
        (json!({ "exp": NOW as f64 + 0.5 }), Ok("u1")),
        (json!({ "exp": NOW - 29 }), Ok("u1")),
        (json!({ "exp": NOW - 30 }), Err(Refusal::Expired)),
        (json!({ "exp": -1 }), Err(Refusal::Expired)),
        (json!({ "exp": null }), Err(Refusal::Claim("exp"))),
        (json!({ "exp": "1800000060" }), Err(Refusal::Claim("exp"))),
        (json!({ "nbf": NOW + 30 }), Ok("u1")),
        (json!({ "nbf": NOW + 31 }), Err(Refusal::NotYet)),
        (json!({ "nbf": "soon" }), Err(Refusal::Claim("nbf"))),
        (json!({ "nbf": null }), Ok("u1")),
        (json!({ "aud": "x" }), Err(Refusal::Audience)),
        (json!({ "aud": [] }), Err(Refusal::Audience)),
        (json!({ "aud": null }), Err(Refusal::Audience)),
        (json!({ "aud": "weft " }), Err(Refusal::Audience)),
        (json!({ "aud": [1, "weft"] }), Err(Refusal::Claim("aud"))),
        (json!({ "aud": { "weft": true } }), Err(Refusal::Claim("aud"))),
        (json!({ "iss": "https://a" }), Err(Refusal::Issuer)),
        (json!({ "iss": null }), Err(Refusal::Issuer)),
        (json!({ "iss": 7 }), Err(Refusal::Claim("iss"))),
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
        ("secret", Algorithm::HS256, &other, Err(Refusal::Signature)),
        ("secret", Algorithm::HS512, &secret, Err(Refusal::Algorithm)),
        ("rsa", Algorithm::PS256, &rsa.signing, Err(Refusal::Algorithm)),
        // The public key is no secret.
        ("rsa", Algorithm::HS256, &public, Err(Refusal::Algorithm)),
        ("p256", Algorithm::RS256, &rsa.signing, Err(Refusal::Algorithm)),
        ("nobody", Algorithm::RS256, &rsa.signing, Err(Refusal::Issuer)),
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
    let elsewhere = Header { jku: Some("http://127.0.0.1:9/".to_owned()), ..Header::default() };
    let cases = [
        (signed(&elsewhere), Ok("u1")),
        (signed(&critical), Err(Refusal::Critical)),
        (format!("{}.{payload}.", part(r#"{"alg":"none"}"#)), Err(Refusal::Malformed)),
        (format!("{head}."), Err(Refusal::Signature)),
        (format!("{}.{forged}.{signature}", part(r#"{"alg":"HS256"}"#)), Err(Refusal::Signature)),
        (format!("{good}A"), Err(Refusal::Signature)),
        (head.to_owned(), Err(Refusal::Malformed)),
        (format!("{good}.{signature}"), Err(Refusal::Malformed)),
        (format!("{}.{}.{signature}", part(r#"{"alg":"HS256"}"#), part("[]")), Err(Refusal::Malformed)),
        ("a.b.c".to_owned(), Err(Refusal::Malformed)),
        ("ghp_0123456789".to_owned(), Err(Refusal::Malformed)),
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
    let caller = || authenticator.authenticate(&with_token(&token), at(NOW)).expect("it holds");
    assert!(Arc::ptr_eq(&caller(), &caller()), "it is remembered");
    assert_eq!(subject(&authenticator, &token, NOW + 30), Err(Refusal::Expired));
    assert_eq!(subject(&authenticator, &token, NOW + 30), Err(Refusal::Expired), "and not taken again");
}

#[test]
fn who_sends_nothing_is_anonymous_and_so_is_everybody_where_nothing_is_configured() {
    let is_anonymous = |authenticator: &Authenticator, headers: &HeaderMap| {
        authenticator.authenticate(headers, at(NOW)).map(|caller| caller.identity.is_anonymous())
    };
    let nothing_configured = Authenticator::new(None, &Authorization::default());
    assert_eq!(is_anonymous(&of_a_secret(), &HeaderMap::new()), Ok(true));
    assert_eq!(is_anonymous(&nothing_configured, &HeaderMap::new()), Ok(true));
    assert_eq!(is_anonymous(&nothing_configured, &with_token("a.b.c")), Ok(true));
    let basic = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static("Basic dTpw"))]);
    assert_eq!(is_anonymous(&nothing_configured, &basic), Ok(true));
    assert_eq!(is_anonymous(&of_a_secret(), &basic), Err(Refusal::NotBearer));
}

#[test]
fn a_client_lets_its_audiences_in() {
    let known = |audiences: &[&str]| Caller {
        identity: Identity::verified(serde_json::Map::new()),
        audiences: audiences.iter().map(|audience| (*audience).to_owned()).collect(),
    };
    let cases = [
        (Caller::default(), &[][..], Ok(())),
        (known(&["weft"]), &[], Ok(())),
        (known(&["weft", "partner"]), &["partner"], Ok(())),
        (known(&["weft"]), &["partner"], Err(Refusal::OtherClient)),
        (known(&[]), &["partner"], Err(Refusal::OtherClient)),
        (Caller::default(), &["partner"], Err(Refusal::Missing)),
    ];
    for (caller, audiences, expected) in cases {
        let audiences: Vec<String> = audiences.iter().map(|audience| (*audience).to_owned()).collect();
        assert_eq!(admit(&caller, &audiences), expected, "{caller:?} {audiences:?}");
    }
}

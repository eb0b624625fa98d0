//! Tests of reading key sets, and of asking servers for them.

use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use axum::routing::get;
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::super::document::read;
use super::super::fetch::Server;
use crate::auth::testing;

#[test]
fn a_key_that_can_be_used_is_taken_and_of_others_it_is_said_why_not() {
    let (rsa, p256, p384, ed) = (testing::rsa(), testing::p256(), testing::p384(), testing::ed25519());
    let rs = |members: Value| rsa.jwk(Algorithm::RS256, &members);
    let ec = |members: Value| p256.jwk(Algorithm::ES256, &members);
    // One key, and how many algorithms it is for, or why it is none.
    let cases: Vec<(Value, Result<usize, &str>)> = vec![
        (rs(json!({ "kid": "a" })), Ok(6)),
        (rs(json!({ "kid": "a", "use": "sig", "alg": "RS256" })), Ok(1)),
        (rs(json!({ "alg": "PS512" })), Ok(1)),
        (rs(json!({ "key_ops": ["verify"] })), Ok(6)),
        (rs(json!({ "x5c": ["!"], "x5u": "http://127.0.0.1:9/", "more": {} })), Ok(6)),
        (ec(json!({})), Ok(1)),
        (p384.jwk(Algorithm::ES384, &json!({ "alg": "ES384" })), Ok(1)),
        (ed.jwk(Algorithm::EdDSA, &json!({ "alg": "EdDSA" })), Ok(1)),
        (rs(json!({ "use": "enc" })), Err("the key number 1 is not for signatures")),
        (rs(json!({ "kid": "a", "key_ops": ["encrypt"] })), Err("the key \"a\" is not for signatures")),
        (rs(json!({ "use": "sig", "key_ops": [] })), Err("the key number 1 is not for signatures")),
        (
            rs(json!({ "alg": "ES256" })),
            Err("the key number 1 is for an algorithm that is not known, or does not fit its type"),
        ),
        (
            rs(json!({ "alg": "HS256" })),
            Err("the key number 1 is for an algorithm that is not known, or does not fit its type"),
        ),
        (
            rs(json!({ "alg": "RSA-OAEP" })),
            Err("the key number 1 is for an algorithm that is not known, or does not fit its type"),
        ),
        (
            ec(json!({ "alg": "ES384" })),
            Err("the key number 1 is for an algorithm that is not known, or does not fit its type"),
        ),
        (rs(json!({ "n": "AQAB" })), Err("the key number 1 has not between 2048 and 8192 bits")),
        (
            rs(json!({ "n": format!("{}BBBB", "A".repeat(400)) })),
            Err("the key number 1 has not between 2048 and 8192 bits"),
        ),
        (rs(json!({ "e": null })), Err("the key number 1 lacks a part")),
        (rs(json!({ "e": "+/" })), Err("the key number 1 is not written in base64url")),
        (ec(json!({ "x": "AQAB" })), Err("the key number 1 has not the length of its curve")),
        (ec(json!({ "crv": "P-384" })), Err("the key number 1 has not the length of its curve")),
        (ec(json!({ "crv": "secp256k1" })), Err("the key number 1 is on a curve that is not known")),
        (
            json!({ "kty": "oct", "k": "c2VjcmV0", "alg": "HS256", "kid": "s" }),
            Err("the key \"s\" is a shared secret, which no published key is"),
        ),
        (json!({ "kty": "AKP" }), Err("the key number 1 is of a type that is not known")),
        (json!({ "kid": 7 }), Err("the key number 1 is no JSON Web Key")),
        (json!("key"), Err("the key number 1 is no JSON Web Key")),
    ];
    for (key, expected) in cases {
        let published = read(json!({ "keys": [key] }).to_string().as_bytes()).expect("a key set");
        let found = match (published.keys.as_slice(), published.left_out.as_slice()) {
            ([key], []) => Ok(key.algorithms.len()),
            ([], [reason]) => Err(reason.as_str()),
            other => panic!("{other:?}"),
        };
        assert_eq!(found, expected, "{key}");
    }
}

#[test]
fn a_set_is_read_as_far_as_it_can_be() {
    let key = testing::ed25519().jwk(Algorithm::EdDSA, &json!({}));
    let mixed = json!({ "keys": [key, 7, key], "more": 1 });
    let published = read(mixed.to_string().as_bytes()).expect("a key set");
    assert_eq!((published.keys.len(), published.left_out.len()), (2, 1));
    let many = json!({ "keys": vec![&key; 200] });
    let published = read(many.to_string().as_bytes()).expect("a key set");
    assert_eq!(
        (published.keys.len(), &published.left_out[..]),
        (128, &["all keys after the first 128".to_owned()][..])
    );
    for none in ["", "[]", "{}", r#"{"keys":{}}"#, "<html>"] {
        assert!(read(none.as_bytes()).is_err_and(|reason| reason.starts_with("is no JSON Web Key Set: ")), "{none}");
    }
}

#[tokio::test]
async fn an_answer_that_is_no_key_set_or_does_not_end_is_a_failure_with_its_reason() {
    let key = testing::ed25519().jwk(Algorithm::EdDSA, &json!({}));
    let good = json!({ "keys": [key] }).to_string();
    let padded = format!("{good}{}", " ".repeat(512 * 1024));
    let answer = |text: String| get(move || async move { text });
    let router = Router::new()
        .route("/good", answer(good))
        .route("/large", answer(padded))
        .route("/html", answer("<html>".to_owned()))
        .route("/empty", answer(r#"{"keys":[]}"#.to_owned()))
        .route("/secret", answer(r#"{"keys":[{"kty":"oct","k":"AA"}]}"#.to_owned()))
        .route("/moved", get(|| async { (StatusCode::FOUND, [(LOCATION, "/good")]).into_response() }))
        .route("/broken", get(|| async { StatusCode::INTERNAL_SERVER_ERROR }))
        .route("/silent", get(std::future::pending::<()>));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it listens");
    tokio::spawn(async move { axum::serve(listener, router).await });
    let nobody = TcpListener::bind("127.0.0.1:0").await.expect("a free port").local_addr().expect("it listened");
    let cases = [
        (format!("http://{address}/good"), ""),
        (format!("http://{address}/large"), "the answer is larger than 524288 bytes"),
        (format!("http://{address}/html"), "the answer is no JSON Web Key Set: "),
        (format!("http://{address}/empty"), "the answer has no key that can be used"),
        (
            format!("http://{address}/secret"),
            "the answer has no key that can be used; the key number 1 is a shared secret",
        ),
        (format!("http://{address}/moved"), "the answer is a redirect (302 Found), which is not followed"),
        (format!("http://{address}/broken"), "the answer has the status 500"),
        (format!("http://{nobody}/"), "Connection refused"),
    ];
    for (url, expected) in cases {
        let server = Server::new(&url.parse().expect("a URL"), Duration::from_secs(60)).expect("a client");
        match server.fetch().await {
            Ok(fetched) => assert_eq!((expected, fetched.published.keys.len()), ("", 1), "{url}"),
            Err(reason) => assert!(!expected.is_empty() && reason.starts_with(expected), "{url}: {reason}"),
        }
    }
    let server = Server::new(&format!("http://{address}/silent").parse().expect("a URL"), Duration::from_millis(20));
    assert!(server.expect("a client").fetch().await.is_err(), "it does not wait without end");
}

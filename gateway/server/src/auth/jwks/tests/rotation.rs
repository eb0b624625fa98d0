//! Tests of tokens before a server that publishes keys, replaces them, and is down.

use std::collections::HashSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout};

use crate::auth::jwks::{JwksConfig, KeyServers, Schedule};
use crate::auth::jwt::Tokens;
use crate::auth::testing::{self, KeyServer, Keys};
use crate::auth::{IdentityClaims, Issuer, JwtConfig, KeySource, TokenFault};

const NOW: u64 = 1_800_000_000;
const LONG: Duration = Duration::from_secs(3600);
const GIVE_UP: Duration = Duration::from_secs(60);

/// How the keys of this server are got.
fn config(server: &KeyServer, schedule: Schedule) -> JwksConfig {
    JwksConfig { url: server.url.parse().expect("a URL"), timeout: GIVE_UP, schedule }
}

/// Whose tokens are checked with the keys of this server: it is asked for the sake of tokens, and not with time.
fn following(server: &KeyServer, cool_down: Duration) -> (Tokens, KeyServers) {
    let servers = KeyServers::new(Some(Handle::current()));
    (following_by(server, cool_down, &servers), servers)
}

fn following_by(server: &KeyServer, cool_down: Duration, servers: &KeyServers) -> Tokens {
    let keys = KeySource::Published(config(server, Schedule { refresh: LONG, cool_down }));
    let algorithms = vec![Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA];
    let issuers = vec![Issuer { issuer: "a".to_owned(), audiences: vec![], algorithms, keys }];
    let mut tokens = Tokens::new(&JwtConfig { issuers, leeway: Duration::ZERO }, &IdentityClaims::default());
    tokens.longest_wait = GIVE_UP;
    tokens.follow(servers);
    tokens
}

fn signed(algorithm: Algorithm, kid: Option<&str>, key: &EncodingKey) -> String {
    let header = Header { kid: kid.map(str::to_owned), ..Header::new(algorithm) };
    testing::token(&header, &json!({ "iss": "a", "sub": "u1", "exp": NOW + 60 }), key)
}

/// What comes of a token, with as much time as it needs.
async fn verified(tokens: &Tokens, token: &str) -> Result<(), TokenFault> {
    let now: SystemTime = UNIX_EPOCH + Duration::from_secs(NOW);
    let verified = timeout(GIVE_UP, tokens.verify(token, now, Instant::now() + GIVE_UP)).await;
    verified.expect("it does not wait without end").map(|credential| assert!(!credential.identity.is_anonymous()))
}

fn ec(key: &Keys, kid: &str) -> Value {
    key.jwk(Algorithm::ES256, &json!({ "kid": kid }))
}

#[tokio::test]
async fn tokens_end_with_their_keys_and_new_ones_are_taken() {
    let (server, old, new) = (KeyServer::start().await, testing::p256(), testing::p256());
    server.publish(&[ec(&old, "1")]);
    let (tokens, _servers) = following(&server, Duration::ZERO);
    let of_old = signed(Algorithm::ES256, Some("1"), &old.signing);
    let of_new = signed(Algorithm::ES256, Some("2"), &new.signing);
    assert_eq!(verified(&tokens, &of_old).await, Ok(()), "the first answer is waited for");
    assert_eq!(verified(&tokens, &of_old).await, Ok(()), "it is remembered");
    assert_eq!(verified(&tokens, &of_new).await, Err(TokenFault::UnknownKey));
    server.publish(&[ec(&old, "1"), ec(&new, "2")]);
    assert_eq!(verified(&tokens, &of_new).await, Ok(()));
    assert_eq!(verified(&tokens, &of_old).await, Ok(()), "both hold while one is replaced");
    server.publish(&[ec(&new, "2")]);
    assert_eq!(
        verified(&tokens, &signed(Algorithm::ES256, Some("3"), &new.signing)).await,
        Err(TokenFault::UnknownKey)
    );
    assert_eq!(verified(&tokens, &of_old).await, Err(TokenFault::UnknownKey), "though it was remembered");
    assert_eq!(verified(&tokens, &of_new).await, Ok(()));
}

#[tokio::test]
async fn a_token_is_checked_with_keys_that_fit_what_it_says_and_nothing_else() {
    let (rsa, p256, ed, other) = (testing::rsa(), testing::p256(), testing::ed25519(), testing::p256());
    let server = KeyServer::start().await;
    server.publish(&[
        rsa.jwk(Algorithm::RS256, &json!({ "kid": "rsa", "alg": "RS256" })),
        rsa.jwk(Algorithm::RS256, &json!({ "kid": "enc", "use": "enc" })),
        rsa.jwk(Algorithm::RS256, &json!({ "kid": "pss", "alg": "PS256" })),
        ec(&p256, "ec"),
        ed.jwk(Algorithm::EdDSA, &json!({})),
        json!({ "kty": "oct", "kid": "oct", "k": "YSBzZWNyZXQ" }),
    ]);
    let (tokens, _servers) = following(&server, LONG);
    let public = EncodingKey::from_secret(rsa.public_pem.as_bytes());
    let cases = [
        ("by name", Algorithm::RS256, Some("rsa"), &rsa.signing, Ok(())),
        ("another type", Algorithm::ES256, Some("ec"), &p256.signing, Ok(())),
        ("without a name", Algorithm::ES256, None, &p256.signing, Ok(())),
        ("of a key without a name", Algorithm::EdDSA, Some("any"), &ed.signing, Ok(())),
        ("another signed it", Algorithm::ES256, Some("ec"), &other.signing, Err(TokenFault::Signature)),
        ("no name, and another signed it", Algorithm::ES256, None, &other.signing, Err(TokenFault::UnknownKey)),
        ("an unknown name", Algorithm::ES256, Some("rsa"), &p256.signing, Err(TokenFault::UnknownKey)),
        ("not for signatures", Algorithm::RS256, Some("enc"), &rsa.signing, Err(TokenFault::UnknownKey)),
        ("for another algorithm", Algorithm::RS256, Some("pss"), &rsa.signing, Err(TokenFault::UnknownKey)),
        ("an algorithm that is not allowed", Algorithm::PS256, Some("pss"), &rsa.signing, Err(TokenFault::Algorithm)),
        ("a public key as a secret", Algorithm::HS256, Some("rsa"), &public, Err(TokenFault::Algorithm)),
        (
            "a published secret",
            Algorithm::HS256,
            Some("oct"),
            &EncodingKey::from_secret(b"a secret"),
            Err(TokenFault::Algorithm),
        ),
    ];
    for (name, algorithm, kid, key, expected) in cases {
        assert_eq!(verified(&tokens, &signed(algorithm, kid, key)).await, expected, "{name}");
    }
}

#[tokio::test]
async fn unknown_keys_cause_one_request_and_tokens_that_are_known_do_not_wait_for_it() {
    let (server, key) = (KeyServer::start().await, testing::p256());
    server.publish(&[ec(&key, "1")]);
    let (tokens, _servers) = following(&server, LONG);
    let good = signed(Algorithm::ES256, Some("1"), &key.signing);
    assert_eq!(verified(&tokens, &good).await, Ok(()));
    for kid in 0..100 {
        let unknown = signed(Algorithm::ES256, Some(&format!("no{kid}")), &key.signing);
        assert_eq!(verified(&tokens, &unknown).await, Err(TokenFault::UnknownKey));
    }
    assert_eq!(server.asked(), 1);

    let (tokens, _servers) = following(&server, Duration::ZERO);
    assert_eq!(verified(&tokens, &good).await, Ok(()));
    let gate = server.close();
    let unknown = signed(Algorithm::ES256, Some("no"), &key.signing);
    let late = verified(&tokens, &unknown);
    let meanwhile = async {
        while server.asked() < 3 {
            tokio::task::yield_now().await;
        }
        let another = signed(Algorithm::ES256, None, &key.signing);
        assert_eq!(verified(&tokens, &good).await, Ok(()), "it is remembered");
        assert_eq!(verified(&tokens, &another).await, Ok(()), "its key is known");
        gate.add_permits(1);
    };
    assert_eq!(futures_util::future::join(late, meanwhile).await.0, Err(TokenFault::UnknownKey));
    let (now, hasty) = (UNIX_EPOCH + Duration::from_secs(NOW), Instant::now());
    assert_eq!(tokens.verify(&unknown, now, hasty).await.err(), Some(TokenFault::NoKeys), "it may come to be known");
}

#[tokio::test]
async fn a_server_that_is_down_ends_no_token_that_holds_and_refuses_none_that_may_hold() {
    let (server, key) = (KeyServer::start().await, testing::p256());
    let (tokens, _servers) = following(&server, Duration::ZERO);
    let good = signed(Algorithm::ES256, Some("1"), &key.signing);
    assert_eq!(verified(&tokens, &good).await, Err(TokenFault::NoKeys), "it was never up");
    assert_eq!(tokens.without_keys().collect::<Vec<_>>(), ["a"]);
    server.publish(&[ec(&key, "1")]);
    assert_eq!(verified(&tokens, &good).await, Ok(()));
    assert_eq!(tokens.without_keys().count(), 0);
    server.go_down();
    let unknown = signed(Algorithm::ES256, Some("2"), &key.signing);
    assert_eq!(verified(&tokens, &unknown).await, Err(TokenFault::NoKeys), "nobody knows");
    assert_eq!(verified(&tokens, &good).await, Ok(()), "what is known is known");
    let another = signed(Algorithm::ES256, None, &key.signing);
    assert_eq!(verified(&tokens, &another).await, Ok(()), "with the keys from before");
    server.publish(&[]);
    assert_eq!(verified(&tokens, &unknown).await, Err(TokenFault::NoKeys), "no keys at all are no answer");
    assert_eq!(verified(&tokens, &good).await, Ok(()));
}

#[tokio::test]
async fn keys_outlive_a_reload_and_nothing_is_left_when_nobody_needs_them() {
    let (server, key) = (KeyServer::start().await, testing::p256());
    server.publish(&[ec(&key, "1")]);
    let (first, servers) = following(&server, LONG);
    let good = signed(Algorithm::ES256, Some("1"), &key.signing);
    assert_eq!(verified(&first, &good).await, Ok(()));
    server.go_down();
    let second = following_by(&server, LONG, &servers);
    drop(first);
    assert_eq!(verified(&second, &good).await, Ok(()), "the keys are still there");
    assert_eq!(server.asked(), 1, "and were not asked for again");
    let other = following_by(&server, LONG * 2, &servers);
    assert_eq!(verified(&other, &good).await, Err(TokenFault::NoKeys), "what is configured otherwise begins anew");

    let config = config(&server, Schedule { refresh: LONG, cool_down: LONG });
    let task = servers.follow(&config).expect("there is a runtime").task.clone();
    assert!(!task.is_finished());
    drop(second);
    timeout(GIVE_UP, async {
        while !task.is_finished() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("it ends with the last that needs it");
}

#[test]
fn without_a_runtime_nothing_is_fetched() {
    let config = JwksConfig {
        url: "http://127.0.0.1:9/".parse().expect("a URL"),
        timeout: LONG,
        schedule: Schedule { refresh: LONG, cool_down: LONG },
    };
    assert!(KeyServers::new(None).follow(&config).is_none());
    let distinct: HashSet<JwksConfig> = [config.clone(), config].into();
    assert_eq!(distinct.len(), 1);
}

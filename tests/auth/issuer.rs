//! Owns an issuer of tokens: its keys, and the server that publishes them.

use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The claim `iss` of its tokens.
pub const NAME: &str = "https://auth.example.com/";

pub struct Key {
    name: &'static str,
    signing: EncodingKey,
    jwk: Value,
}

impl Key {
    pub fn new(name: &'static str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
        let private = pair.to_pkcs8v1().expect("its encoding");
        // A point that is not compressed: a byte that says so, and both coordinates.
        let point = pair.public_key().as_ref();
        let [x, y] = [&point[1..33], &point[33..65]].map(|part| URL_SAFE_NO_PAD.encode(part));
        let jwk = json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": name, "x": x, "y": y });
        Self { name, signing: EncodingKey::from_ec_der(private.as_ref()), jwk }
    }

    /// A token for `weft` that expires so many seconds from now, with more claims.
    pub fn token(&self, claims: Value, expires_in: i64) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        let expires = i64::try_from(now).expect("it fits") + expires_in;
        let mut all = json!({ "iss": NAME, "aud": "weft", "sub": "u1", "exp": expires });
        for (name, value) in claims.as_object().expect("an object") {
            all[name] = value.clone();
        }
        let header = Header { kid: Some(self.name.to_owned()), ..Header::new(Algorithm::ES256) };
        encode(&header, &all, &self.signing).expect("it can be signed")
    }
}

/// Publishes keys, and answers with 503 while it has none.
pub struct KeyServer {
    pub url: String,
    document: Arc<Mutex<Option<String>>>,
}

impl KeyServer {
    pub async fn start() -> Self {
        let document = Arc::<Mutex<Option<String>>>::default();
        let answer = |State(document): State<Arc<Mutex<Option<String>>>>| async move {
            document.lock().expect("no panic before").clone().ok_or(StatusCode::SERVICE_UNAVAILABLE)
        };
        let router = Router::new().route("/jwks", get(answer)).with_state(Arc::clone(&document));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/jwks", listener.local_addr().expect("it listens"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, document }
    }

    pub fn publish(&self, keys: &[&Key]) {
        let keys: Vec<&Value> = keys.iter().map(|key| &key.jwk).collect();
        *self.document.lock().expect("no panic before") = Some(json!({ "keys": keys }).to_string());
    }
}

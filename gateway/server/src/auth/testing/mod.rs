//! Owns keys and tokens for tests. The keys are made anew for each run.

mod key_server;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    Ed25519KeyPair, KeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, EncodingKey, Header, encode};
use serde_json::Value;

pub use key_server::KeyServer;

/// The one that issuers share with the gateway.
pub const SECRET: &[u8] = b"a secret of thirty-two bytes, or more";

/// A key that signs, and the one that checks, in PEM.
pub struct Keys {
    pub signing: EncodingKey,
    pub public_pem: String,
}

impl Keys {
    /// As a server publishes it, with whatever members besides.
    pub fn jwk(&self, algorithm: Algorithm, members: &Value) -> Value {
        let pem = self.public_pem.as_bytes();
        let key = match algorithm.family() {
            AlgorithmFamily::Rsa => DecodingKey::from_rsa_pem(pem),
            AlgorithmFamily::Ec => DecodingKey::from_ec_pem(pem),
            AlgorithmFamily::Ed => DecodingKey::from_ed_pem(pem),
            AlgorithmFamily::Hmac => panic!("secrets are not published"),
        };
        let jwk = Jwk::from_decoding_key(&key.expect("it fits"), None).expect("its parts");
        let mut jwk = serde_json::to_value(jwk).expect("JSON");
        for (name, value) in members.as_object().expect("an object") {
            jwk[name] = value.clone();
        }
        jwk
    }
}

pub fn rsa() -> Keys {
    let pair = rsa::KeyPair::generate(KeySize::Rsa2048).expect("a key");
    let private: aws_lc_rs::encoding::Pkcs8V1Der<'static> = pair.as_der().expect("its encoding");
    let signing = EncodingKey::from_rsa_pem(pem("PRIVATE KEY", private.as_ref()).as_bytes()).expect("it is one");
    Keys { signing, public_pem: public_pem(pair.public_key()) }
}

pub fn p256() -> Keys {
    ec(&ECDSA_P256_SHA256_FIXED_SIGNING)
}

pub fn p384() -> Keys {
    ec(&ECDSA_P384_SHA384_FIXED_SIGNING)
}

fn ec(algorithm: &'static EcdsaSigningAlgorithm) -> Keys {
    let pair = EcdsaKeyPair::generate(algorithm).expect("a key");
    let private = pair.to_pkcs8v1().expect("its encoding");
    Keys { signing: EncodingKey::from_ec_der(private.as_ref()), public_pem: public_pem(pair.public_key()) }
}

pub fn ed25519() -> Keys {
    let pair = Ed25519KeyPair::generate().expect("a key");
    let private = pair.to_pkcs8v1().expect("its encoding");
    Keys { signing: EncodingKey::from_ed_der(private.as_ref()), public_pem: public_pem(pair.public_key()) }
}

fn public_pem(key: &impl AsDer<PublicKeyX509Der<'static>>) -> String {
    pem("PUBLIC KEY", key.as_der().expect("its encoding").as_ref())
}

fn pem(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let lines: Vec<&str> = body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

pub fn token(header: &Header, claims: &Value, key: &EncodingKey) -> String {
    encode(header, claims, key).expect("it can be signed")
}

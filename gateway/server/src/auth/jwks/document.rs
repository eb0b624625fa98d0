//! Owns reading a key set as a server publishes it (RFC 7517). What of it cannot be used is left out, and told.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::auth::keys::Key;

/// More keys than any issuer has.
const MAX_KEYS: usize = 128;

/// The shortest RSA key, in bytes (RFC 7518, 3.3).
const MIN_MODULUS: usize = 256;
/// The longest that can be checked with.
const MAX_MODULUS: usize = 1024;

/// What a document has.
#[derive(Debug, Default)]
pub struct Published {
    pub keys: Vec<Key>,
    /// Why others are left out, each by its name.
    pub left_out: Vec<String>,
}

#[derive(Deserialize)]
struct RawSet<'a> {
    #[serde(borrow)]
    keys: Vec<&'a RawValue>,
}

/// Members that are not here, such as certificates, are not looked at.
#[derive(Deserialize)]
struct RawKey {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

/// Reads a document. The error says why it is none, in words that follow "the answer".
pub fn read(document: &[u8]) -> Result<Published, String> {
    let set: RawSet<'_> =
        serde_json::from_slice(document).map_err(|error| format!("is no JSON Web Key Set: {error}"))?;
    let mut published = Published::default();
    for (at, raw) in set.keys.iter().take(MAX_KEYS).enumerate() {
        let read = serde_json::from_str::<RawKey>(raw.get()).map_err(|_| (None, "is no JSON Web Key"));
        match read.and_then(|raw| raw.key().map_err(|reason| (raw.kid, reason))) {
            Ok(key) => published.keys.push(key),
            Err((Some(id), reason)) => published.left_out.push(format!("the key {id:?} {reason}")),
            Err((None, reason)) => published.left_out.push(format!("the key number {} {reason}", at + 1)),
        }
    }
    if set.keys.len() > MAX_KEYS {
        published.left_out.push(format!("all keys after the first {MAX_KEYS}"));
    }
    Ok(published)
}

impl RawKey {
    /// The error says why it cannot be used.
    fn key(&self) -> Result<Key, &'static str> {
        let is_for_signatures = match (&self.purpose, &self.key_ops) {
            (Some(purpose), _) if purpose != "sig" => false,
            (_, Some(operations)) => operations.iter().any(|operation| operation == "verify"),
            (_, None) => true,
        };
        if !is_for_signatures {
            return Err("is not for signatures");
        }
        let (decoding, fitting) = self.material()?;
        let algorithms = match &self.alg {
            None => fitting.to_vec(),
            Some(named) => match named.parse::<Algorithm>() {
                Ok(algorithm) if fitting.contains(&algorithm) => vec![algorithm],
                Ok(_) | Err(_) => return Err("is for an algorithm that is not known, or does not fit its type"),
            },
        };
        Ok(Key { id: self.kid.as_deref().map(Box::from), algorithms, decoding })
    }

    /// The key itself, and what its type can be used for.
    fn material(&self) -> Result<(DecodingKey, &'static [Algorithm]), &'static str> {
        match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => {
                let (modulus, exponent) = (bytes(&self.n)?, bytes(&self.e)?);
                let significant = modulus.iter().skip_while(|byte| **byte == 0).count();
                if !(MIN_MODULUS..=MAX_MODULUS).contains(&significant) {
                    return Err("has not between 2048 and 8192 bits");
                }
                const RSA: [Algorithm; 6] = [
                    Algorithm::RS256,
                    Algorithm::RS384,
                    Algorithm::RS512,
                    Algorithm::PS256,
                    Algorithm::PS384,
                    Algorithm::PS512,
                ];
                Ok((DecodingKey::from_rsa_raw_components(&modulus, &exponent), &RSA))
            }
            ("EC", Some("P-256")) => Ok((self.point(32)?, &[Algorithm::ES256])),
            ("EC", Some("P-384")) => Ok((self.point(48)?, &[Algorithm::ES384])),
            ("OKP", Some("Ed25519")) => {
                let x = bytes(&self.x)?;
                if x.len() != 32 {
                    return Err("has not the length of its curve");
                }
                Ok((DecodingKey::from_ed_der(&x), &[Algorithm::EdDSA]))
            }
            // Whoever can read a published secret could sign with it.
            ("oct", _) => Err("is a shared secret, which no published key is"),
            ("EC" | "OKP", _) => Err("is on a curve that is not known"),
            _ => Err("is of a type that is not known"),
        }
    }

    /// An uncompressed point with coordinates of so many bytes.
    fn point(&self, length: usize) -> Result<DecodingKey, &'static str> {
        let (x, y) = (bytes(&self.x)?, bytes(&self.y)?);
        if x.len() != length || y.len() != length {
            return Err("has not the length of its curve");
        }
        Ok(DecodingKey::from_ec_der(&[&[4], &x[..], &y[..]].concat()))
    }
}

fn bytes(member: &Option<String>) -> Result<Vec<u8>, &'static str> {
    let text = member.as_ref().ok_or("lacks a part")?;
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).map_err(|_| "is not written in base64url")
}

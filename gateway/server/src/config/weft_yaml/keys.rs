//! Owns how one fixed key of an issuer is written, and reading it: it fits the issuer's algorithms, or it is said why not.

use std::ops::Range;
use std::path::Path;

use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use schemars::JsonSchema;
use serde::Deserialize;
use weft_federation::diagnostics::Diagnostic;

use super::Resolving;
use crate::config::values::{SecretText, TokenAlgorithm};
use crate::config::yaml::{self, Located};

#[derive(Debug, Deserialize)]
#[serde(try_from = "RawKey")]
pub enum Key {
    Secret(String),
    Pem(String),
    File(Located<String>),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Key")]
pub struct RawKey {
    /// A secret that the issuer shares. It is never shown.
    #[schemars(example = "${env.JWT_SECRET}")]
    secret: Option<SecretText>,
    /// A public key in PEM.
    #[schemars(example = "${env.JWT_PUBLIC_KEY}")]
    public_key_pem: Option<String>,
    /// A file with a public key in PEM.
    #[schemars(example = "keys/issuer.pem")]
    file: Option<Located<String>>,
}

impl TryFrom<RawKey> for Key {
    type Error = &'static str;

    fn try_from(raw: RawKey) -> Result<Self, &'static str> {
        match (raw.secret, raw.public_key_pem, raw.file) {
            (Some(secret), None, None) => Ok(Self::Secret(secret.0)),
            (None, Some(pem), None) => Ok(Self::Pem(pem)),
            (None, None, Some(file)) => Ok(Self::File(file)),
            _ => Err("a key has exactly one of `secret`, `public_key_pem` and `file`"),
        }
    }
}

impl Located<Key> {
    /// Reads the key. There is at least one algorithm, and all are of one family, or that is told.
    pub(super) fn resolve(
        self,
        algorithms: &[Located<TokenAlgorithm>],
        resolving: &mut Resolving<'_>,
        folder: &Path,
    ) -> Option<DecodingKey> {
        let family = one_family(algorithms, resolving)?;
        let algorithms: Vec<Algorithm> = algorithms.iter().map(|algorithm| algorithm.value.0).collect();
        match (self.value, family) {
            (Key::Secret(secret), AlgorithmFamily::Hmac) => {
                Some(shared_secret(&secret, &algorithms, &self.span, resolving))
            }
            (Key::Secret(_), AlgorithmFamily::Rsa | AlgorithmFamily::Ec | AlgorithmFamily::Ed) => {
                let help = "tokens that are signed so are checked with a public key: `public_key_pem` or `file`";
                resolving.error(&self.span, format!("a secret does not fit {:?}", algorithms[0]), help);
                None
            }
            (Key::Pem(_) | Key::File(_), AlgorithmFamily::Hmac) => {
                // With the public key as the secret, everybody could sign.
                let help = "a public key is for RS256, PS256, ES256, EdDSA and the like; a shared secret is `secret`";
                resolving.error(&self.span, format!("a public key does not fit {:?}", algorithms[0]), help);
                None
            }
            (Key::Pem(pem), _) => public_key(pem.as_bytes(), &algorithms, &self.span, resolving),
            (Key::File(file), _) => match resolving.files.read(&folder.join(&file.value)) {
                Ok(pem) => public_key(&pem, &algorithms, &file.span, resolving),
                Err(error) => {
                    let message = format!("cannot read {}: {error}", folder.join(&file.value).display());
                    resolving.error(&file.span, message, "paths are relative to the folder of the configuration");
                    None
                }
            },
        }
    }
}

/// The family that all algorithms are of.
fn one_family(algorithms: &[Located<TokenAlgorithm>], resolving: &mut Resolving<'_>) -> Option<AlgorithmFamily> {
    let (first, others) = algorithms.split_first()?;
    let (first, mut is_one) = (first.value.0, true);
    for other in others.iter().filter(|other| other.value.0.family() != first.family()) {
        let message = format!("{:?} and {first:?} need keys of different kinds", other.value.0);
        resolving.error(&other.span, message, "name the issuer once for each key");
        is_one = false;
    }
    is_one.then(|| first.family())
}

fn shared_secret(
    secret: &str,
    algorithms: &[Algorithm],
    place: &Range<usize>,
    resolving: &mut Resolving<'_>,
) -> DecodingKey {
    let longest = algorithms.iter().max_by_key(|algorithm| digest_length(**algorithm));
    if let Some(algorithm) = longest.filter(|algorithm| secret.len() < digest_length(**algorithm)) {
        let message = format!("the secret has {} bytes; one as short can be guessed", secret.len());
        let help = format!("for {algorithm:?} it should have {} bytes at least", digest_length(*algorithm));
        let place = yaml::span(resolving.source, place);
        resolving.warnings.push(Diagnostic::warning("WEAK_SECRET", message).at(place, "").help(help));
    }
    DecodingKey::from_secret(secret.as_bytes())
}

/// Reads a public key that fits the algorithms, which are of one family.
fn public_key(
    pem: &[u8],
    algorithms: &[Algorithm],
    place: &Range<usize>,
    resolving: &mut Resolving<'_>,
) -> Option<DecodingKey> {
    let first = algorithms.first()?;
    let (read, kind) = match first.family() {
        AlgorithmFamily::Rsa => (DecodingKey::from_rsa_pem(pem), "an RSA key"),
        AlgorithmFamily::Ec => (DecodingKey::from_ec_pem(pem), "a key on an elliptic curve"),
        AlgorithmFamily::Ed => (DecodingKey::from_ed_pem(pem), "an Ed25519 key"),
        AlgorithmFamily::Hmac => return None,
    };
    let Ok(key) = read else {
        let message = format!("this is not {kind} in PEM, which {first:?} needs");
        resolving.error(place, message, "it begins with -----BEGIN PUBLIC KEY-----");
        return None;
    };
    let length = key.try_get_as_bytes().map_or(0, <[u8]>::len);
    if let Some(wrong) = algorithms.iter().find(|algorithm| point_length(**algorithm).is_some_and(|l| l != length)) {
        let message = format!("the key is on another curve than {wrong:?} needs");
        resolving.error(place, message, "ES256 needs one on P-256, ES384 one on P-384");
        return None;
    }
    Some(key)
}

/// Of the hash that an algorithm with a secret uses, in bytes. A secret should have as many (RFC 7518, 3.2).
fn digest_length(algorithm: Algorithm) -> usize {
    match algorithm {
        Algorithm::HS384 => 48,
        Algorithm::HS512 => 64,
        _ => 32,
    }
}

/// Of an uncompressed point on the curve that the algorithm uses, in bytes.
fn point_length(algorithm: Algorithm) -> Option<usize> {
    match algorithm {
        Algorithm::ES256 => Some(65),
        Algorithm::ES384 => Some(97),
        _ => None,
    }
}

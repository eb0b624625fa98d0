//! Owns the section `authentication`: whose tokens are taken, and with which keys they are checked.

use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use schemars::JsonSchema;
use serde::Deserialize;
use weft_federation::diagnostics::Diagnostic;

use super::Resolving;
use crate::auth::{Issuer, JwtConfig};
use crate::config::values::{SecretText, Time, TokenAlgorithm};
use crate::config::yaml::{self, Located};

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Authentication {
    /// JSON Web Tokens, as `Authorization: Bearer …`. A request without one is anonymous, one with an invalid one is refused.
    jwt: Option<RawJwt>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Jwt")]
struct RawJwt {
    /// Whose tokens are taken. An issuer may be there twice, such as while its key is replaced.
    issuers: Located<Vec<RawIssuer>>,
    /// How far the clocks of issuers may be off, for `exp` and `nbf`; 30 seconds if nothing is said.
    #[schemars(example = "10s")]
    leeway: Option<Time>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Issuer")]
struct RawIssuer {
    /// The claim `iss` of its tokens, exactly.
    #[schemars(example = "https://auth.example.com/")]
    issuer: Located<String>,
    /// The claim `aud` of a token has to have one of these. Without any it may be what it likes, which is a warning.
    #[serde(default)]
    #[schemars(example = ["weft"])]
    audiences: Vec<String>,
    /// How its tokens may be signed: `HS256`, `HS384` or `HS512` with a secret; with a public key `RS256`, `RS384`, `RS512`,
    /// `PS256`, `PS384`, `PS512`, `ES256`, `ES384` or `EdDSA`, as the key is.
    #[schemars(example = ["RS256"])]
    algorithms: Vec<Located<TokenAlgorithm>>,
    /// What its tokens are checked with.
    #[schemars(with = "RawKey")]
    key: Located<Key>,
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "RawKey")]
enum Key {
    Secret(String),
    Pem(String),
    File(Located<String>),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Key")]
struct RawKey {
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

impl Authentication {
    /// `None` where nothing is to be authenticated.
    pub fn resolve(self, resolving: &mut Resolving<'_>, folder: &Path) -> Option<JwtConfig> {
        let RawJwt { issuers, leeway } = self.jwt?;
        if issuers.value.is_empty() && !resolving.is_damaged {
            let help = "name one, or take `jwt` out: without it nobody is authenticated";
            resolving.error(&issuers.span, "there are no issuers, so that no token would be taken", help);
        }
        let issuers = issuers.value.into_iter().filter_map(|issuer| issuer.resolve(resolving, folder)).collect();
        Some(JwtConfig { issuers, leeway: leeway.map_or(Duration::from_secs(30), |time| time.0) })
    }
}

impl RawIssuer {
    fn resolve(self, resolving: &mut Resolving<'_>, folder: &Path) -> Option<Issuer> {
        let Self { issuer, audiences, algorithms, key } = self;
        if issuer.value.is_empty() {
            let help = "write what its tokens have as the claim `iss`, such as `issuer: https://auth.example.com/`";
            resolving.error(
                &issuer.span,
                "the issuer has no name, so that tokens of nobody in particular would hold",
                help,
            );
        }
        if audiences.is_empty() && !resolving.is_damaged {
            warn_of_any_audience(&issuer, resolving);
        }
        let family = one_family(&algorithms, &key.span, resolving)?;
        let algorithms: Vec<Algorithm> = algorithms.iter().map(|algorithm| algorithm.value.0).collect();
        let key = match (key.value, family) {
            (Key::Secret(secret), AlgorithmFamily::Hmac) => shared_secret(&secret, &algorithms, &key.span, resolving),
            (Key::Secret(_), AlgorithmFamily::Rsa | AlgorithmFamily::Ec | AlgorithmFamily::Ed) => {
                let help = "tokens that are signed so are checked with a public key: `public_key_pem` or `file`";
                resolving.error(&key.span, format!("a secret does not fit {:?}", algorithms[0]), help);
                return None;
            }
            (Key::Pem(_) | Key::File(_), AlgorithmFamily::Hmac) => {
                // With the public key as the secret, everybody could sign.
                let help = "a public key is for RS256, PS256, ES256, EdDSA and the like; a shared secret is `secret`";
                resolving.error(&key.span, format!("a public key does not fit {:?}", algorithms[0]), help);
                return None;
            }
            (Key::Pem(pem), _) => public_key(pem.as_bytes(), &algorithms, &key.span, resolving)?,
            (Key::File(file), _) => match resolving.files.read(&folder.join(&file.value)) {
                Ok(pem) => public_key(&pem, &algorithms, &file.span, resolving)?,
                Err(error) => {
                    let message = format!("cannot read {}: {error}", folder.join(&file.value).display());
                    resolving.error(&file.span, message, "paths are relative to the folder of the configuration");
                    return None;
                }
            },
        };
        Some(Issuer { issuer: issuer.value, audiences, algorithms, key })
    }
}

/// The family that all algorithms are of: there is at least one then. `place` is that of the key.
fn one_family(
    algorithms: &[Located<TokenAlgorithm>],
    place: &Range<usize>,
    resolving: &mut Resolving<'_>,
) -> Option<AlgorithmFamily> {
    let Some((first, others)) = algorithms.split_first() else {
        if !resolving.is_damaged {
            let help = "name those that the issuer signs with, such as `algorithms: [RS256]`";
            resolving.error(place, "an issuer with this key has no `algorithms`", help);
        }
        return None;
    };
    let (first, mut is_one) = (first.value.0, true);
    for other in others.iter().filter(|other| other.value.0.family() != first.family()) {
        let message = format!("{:?} and {first:?} need keys of different kinds", other.value.0);
        resolving.error(&other.span, message, "name the issuer once for each key");
        is_one = false;
    }
    is_one.then(|| first.family())
}

/// One issuer mostly issues tokens for many services, and each of these could use those of its users here.
fn warn_of_any_audience(issuer: &Located<String>, resolving: &mut Resolving<'_>) {
    let message =
        format!("tokens of {} hold here whatever service they were issued for: `audiences` is not said", issuer.value);
    let help = "write what the issuer has as `aud` in tokens for this gateway, such as `audiences: [weft]`";
    let place = yaml::span(resolving.source, &issuer.span);
    resolving.warnings.push(Diagnostic::warning("AUDIENCE_NOT_CHECKED", message).at(place, "").help(help));
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

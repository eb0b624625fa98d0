//! Owns the section `authentication`: whose tokens and API keys are taken, and what of them says who it is.

use std::path::Path;
use std::time::Duration;

use jsonwebtoken::AlgorithmFamily;
use reqwest::Url;
use schemars::JsonSchema;
use serde::Deserialize;
use weft_federation::diagnostics::Diagnostic;

use super::Resolving;
use super::api_keys::RawApiKeys;
use super::identity::RawIdentity;
use super::keys::{Key, RawKey};
use crate::auth::{AuthenticationConfig, Issuer, JwksConfig, JwtConfig, KeySource, Schedule};
use crate::config::values::{HttpUrl, Time, TokenAlgorithm};
use crate::config::yaml::{self, Located};
use crate::this_machine::is_this_machine;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Authentication {
    /// JSON Web Tokens, as `Authorization: Bearer …`. A request without one is anonymous, one with an invalid one is refused.
    jwt: Option<RawJwt>,
    /// API keys of applications and organizations. A request with an unknown one is refused. With a token beside it both have to
    /// hold, and the token says who asks.
    api_keys: Option<RawApiKeys>,
    /// Which claims of a token say what of a caller, to backends (`x-user-id`, `x-user-roles`, `x-user-scopes`) and to
    /// `@requiresScopes`. A claim inside of another is written as a list: `[realm_access, roles]`.
    claims: RawIdentity,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Jwt")]
struct RawJwt {
    /// Whose tokens are taken. An issuer may be there twice, such as while its key is replaced.
    issuers: Located<Vec<Located<RawIssuer>>>,
    /// How far the clocks of issuers may be off, for `exp` and `nbf`; 30 seconds if nothing is said.
    #[schemars(example = "10s")]
    leeway: Option<Time>,
    /// How keys are got from `jwks_url`.
    #[serde(default)]
    jwks: RawJwks,
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
    algorithms: Located<Vec<Located<TokenAlgorithm>>>,
    /// What its tokens are checked with. Either this or `jwks_url`.
    #[schemars(with = "Option<RawKey>")]
    key: Option<Located<Key>>,
    /// Where it publishes its keys, as a JSON Web Key Set: `https`, or a server on this machine. The keys are fetched at the start
    /// and again and again. Redirects are not followed.
    #[schemars(example = "https://auth.example.com/.well-known/jwks.json")]
    jwks_url: Option<Located<HttpUrl>>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "Jwks")]
struct RawJwks {
    /// Keys are fetched anew when they are so old, or when their server says (`Cache-Control: max-age`) if that is sooner, but not
    /// before a minute.
    #[schemars(extend("default" = "15m"))]
    refresh: Option<Time>,
    /// A token that is signed with an unknown key has the keys fetched anew, but not more often than this.
    #[schemars(extend("default" = "30s"))]
    cool_down: Option<Time>,
    /// How long a server may take for its whole answer.
    #[schemars(extend("default" = "5s"))]
    timeout: Option<Time>,
    /// Whether keys may be got by `http` from other machines: whoever is between can then sign as the issuer.
    #[schemars(extend("default" = false))]
    allow_http: bool,
}

impl Authentication {
    /// `None` where nothing is to be authenticated.
    pub fn resolve(self, resolving: &mut Resolving<'_>, folder: &Path) -> Option<AuthenticationConfig> {
        let jwt = self.jwt.map(|jwt| jwt.resolve(resolving, folder));
        let api_keys = self.api_keys.map(|api_keys| api_keys.resolve(resolving, folder));
        let claims = self.claims.resolve(&resolving.policies);
        (jwt.is_some() || api_keys.is_some()).then_some(AuthenticationConfig { jwt, api_keys, claims })
    }
}

impl RawJwt {
    fn resolve(self, resolving: &mut Resolving<'_>, folder: &Path) -> JwtConfig {
        let Self { issuers, leeway, jwks } = self;
        if issuers.value.is_empty() && !resolving.is_damaged {
            let help = "name one, or take `jwt` out: without it nobody is authenticated";
            resolving.error(&issuers.span, "there are no issuers, so that no token would be taken", help);
        }
        let issuers = issuers.value.into_iter().filter_map(|issuer| issuer.resolve(&jwks, resolving, folder)).collect();
        JwtConfig { issuers, leeway: leeway.map_or(Duration::from_secs(30), |time| time.0) }
    }
}

impl Located<RawIssuer> {
    fn resolve(self, jwks: &RawJwks, resolving: &mut Resolving<'_>, folder: &Path) -> Option<Issuer> {
        let place = self.span;
        let RawIssuer { issuer, audiences, algorithms, key, jwks_url } = self.value;
        let Located { value: algorithms, span: place_of_algorithms } = algorithms;
        if issuer.value.is_empty() {
            let message = "the issuer has no name, so that tokens of nobody in particular would hold";
            let help = "write what its tokens have as the claim `iss`, such as `issuer: https://auth.example.com/`";
            resolving.error(&issuer.span, message, help);
        }
        if audiences.is_empty() && !resolving.is_damaged {
            warn_of_any_audience(&issuer, resolving);
        }
        if algorithms.is_empty() {
            if !resolving.is_damaged {
                let help = "name those that the issuer signs with, such as `algorithms: [RS256]`";
                resolving.error(&place_of_algorithms, "an issuer has no `algorithms`", help);
            }
            return None;
        }
        let keys = match (key, jwks_url) {
            (Some(key), None) => KeySource::Fixed(key.resolve(&algorithms, resolving, folder)?),
            (None, Some(url)) => {
                for algorithm in
                    algorithms.iter().filter(|algorithm| algorithm.value.0.family() == AlgorithmFamily::Hmac)
                {
                    let message = format!("{:?} needs a secret, and published keys are no secret", algorithm.value.0);
                    resolving.error(
                        &algorithm.span,
                        message,
                        "name those of public keys: RS256, PS256, ES256, EdDSA and the like",
                    );
                }
                KeySource::Published(jwks.of(&url, resolving)?)
            }
            (Some(_), Some(url)) => {
                let help = "take one of them out; an issuer may be named once for each";
                resolving.error(&url.span, "an issuer has either `key` or `jwks_url`", help);
                return None;
            }
            (None, None) => {
                if !resolving.is_damaged {
                    let help = "say where it publishes them in `jwks_url`, or give its `key`";
                    resolving.error(&place, "an issuer has no keys to check its tokens with", help);
                }
                return None;
            }
        };
        let algorithms = algorithms.iter().map(|algorithm| algorithm.value.0).collect();
        Some(Issuer { issuer: issuer.value, audiences, algorithms, keys })
    }
}

/// One issuer mostly issues tokens for many services, and each of these could use those of its users here.
fn warn_of_any_audience(issuer: &Located<String>, resolving: &mut Resolving<'_>) {
    let message =
        format!("tokens of {} hold here whatever service they were issued for: `audiences` is not said", issuer.value);
    let help = "write what the issuer has as `aud` in tokens for this gateway, such as `audiences: [weft]`";
    let place = yaml::span(resolving.source, &issuer.span);
    resolving.warnings.push(Diagnostic::warning("AUDIENCE_NOT_CHECKED", message).at(place, "").help(help));
}

impl RawJwks {
    fn of(&self, place: &Located<HttpUrl>, resolving: &mut Resolving<'_>) -> Option<JwksConfig> {
        // It was checked as it was read.
        let url = Url::parse(&place.value.0).ok()?;
        let is_safe = url.scheme() == "https" || url.host_str().is_some_and(is_this_machine);
        if !is_safe && !self.allow_http {
            let help = "use https; or allow it with `allow_http: true` in `authentication.jwt.jwks`, if the network is to be trusted";
            let message =
                "whoever is between could put in keys of their own, since this is neither https nor this machine";
            resolving.error(&place.span, message, help);
            return None;
        }
        let time = |time: &Option<Time>, usual| time.map_or(Duration::from_secs(usual), |time| time.0);
        let schedule = Schedule { refresh: time(&self.refresh, 15 * 60), cool_down: time(&self.cool_down, 30) };
        Some(JwksConfig { url, timeout: time(&self.timeout, 5), schedule })
    }
}

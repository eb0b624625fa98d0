//! Owns the values that are one of a few words.

use std::borrow::Cow;
use std::marker::PhantomData;

use jsonwebtoken::Algorithm as Signing;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserialize, Deserializer};

use super::{Text, TextVisitor, text_schema};
use crate::rate_limit;

/// As a regular expression.
macro_rules! alternatives {
    ($first:literal $(, $word:literal)*) => { concat!("(", $first, $("|", $word,)* ")") };
}

/// Texts that are one of a few words.
macro_rules! words {
    ($($type:ty, $name:literal: $($word:literal => $value:expr),+;)*) => {$(
        impl Text for $type {
            const NAME: &'static str = $name;
            const EXPECTED: &'static str = $name;
            const PATTERN: Option<&'static str> = Some(alternatives!($($word),+));

            fn parse(text: &str) -> Option<Self> {
                match text {
                    $($word => Some($value),)+
                    _ => None,
                }
            }
        }
    )*};
}

words! {
    Exposure, "internal, first-party or partner":
        "internal" => Self::Internal, "first-party" => Self::FirstParty, "partner" => Self::Partner;
    Operations, "open or registered": "open" => Self::Open, "registered" => Self::Registered;
    Errors, "masked or full": "masked" => Self::Masked, "full" => Self::Full;
    Scheme, "jwt or api_key": "jwt" => Self::Jwt, "api_key" => Self::ApiKey;
    By, "ip, user, api_key or bff":
        "ip" => Self(rate_limit::By::Ip), "user" => Self(rate_limit::By::User), "api_key" => Self(rate_limit::By::ApiKey),
        "bff" => Self(rate_limit::By::Bff);
    Algorithm, "token_bucket, fixed_window or sliding_window":
        "token_bucket" => Self(rate_limit::Algorithm::TokenBucket), "fixed_window" => Self(rate_limit::Algorithm::FixedWindow),
        "sliding_window" => Self(rate_limit::Algorithm::SlidingWindow);
    Unit, "requests or cost": "requests" => Self(rate_limit::Unit::Requests), "cost" => Self(rate_limit::Unit::Cost);
    StorageKind, "memory or redis": "memory" => Self::Memory, "redis" => Self::Redis;
    OnError, "open or closed":
        "open" => Self(rate_limit::OnError::Open), "closed" => Self(rate_limit::OnError::Closed);
    TokenAlgorithm, "an algorithm such as HS256, RS256, PS256, ES256 or EdDSA":
        "HS256" => Self(Signing::HS256), "HS384" => Self(Signing::HS384), "HS512" => Self(Signing::HS512),
        "RS256" => Self(Signing::RS256), "RS384" => Self(Signing::RS384), "RS512" => Self(Signing::RS512),
        "PS256" => Self(Signing::PS256), "PS384" => Self(Signing::PS384), "PS512" => Self(Signing::PS512),
        "ES256" => Self(Signing::ES256), "ES384" => Self(Signing::ES384), "EdDSA" => Self(Signing::EdDSA);
}

/// A way to say who one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    Jwt,
    ApiKey,
}

/// Who a client belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Exposure {
    /// Our own tools. They alone may take in whole types of the supergraph.
    Internal,
    /// Our own applications.
    #[default]
    FirstParty,
    /// Others, who count on a contract.
    Partner,
}

/// Which operations a client may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Operations {
    #[default]
    Open,
    /// Those that were saved before.
    Registered,
}

/// What a client learns of what went wrong behind the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errors {
    /// That it did, and its code.
    Masked,
    /// Also what the backend says, and which one it was.
    Full,
}

/// How tokens are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenAlgorithm(pub Signing);

/// By what requests are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct By(pub rate_limit::By);

/// How requests are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Algorithm(pub rate_limit::Algorithm);

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit(pub rate_limit::Unit);

/// Where something is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StorageKind {
    #[default]
    Memory,
    Redis,
}

/// What becomes of what cannot be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnError(pub rate_limit::OnError);

texts!(Exposure, Operations, Errors, Scheme, By, Algorithm, Unit, StorageKind, OnError, TokenAlgorithm);

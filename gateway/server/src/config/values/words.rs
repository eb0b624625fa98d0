//! Owns the values that are one of a few words.

use std::borrow::Cow;
use std::marker::PhantomData;

use jsonwebtoken::Algorithm;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserialize, Deserializer};

use super::{Text, TextVisitor, text_schema};

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
    TokenAlgorithm, "an algorithm such as HS256, RS256, PS256, ES256 or EdDSA":
        "HS256" => Self(Algorithm::HS256), "HS384" => Self(Algorithm::HS384), "HS512" => Self(Algorithm::HS512),
        "RS256" => Self(Algorithm::RS256), "RS384" => Self(Algorithm::RS384), "RS512" => Self(Algorithm::RS512),
        "PS256" => Self(Algorithm::PS256), "PS384" => Self(Algorithm::PS384), "PS512" => Self(Algorithm::PS512),
        "ES256" => Self(Algorithm::ES256), "ES384" => Self(Algorithm::ES384), "EdDSA" => Self(Algorithm::EdDSA);
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
pub struct TokenAlgorithm(pub Algorithm);

texts!(Exposure, Operations, Errors, Scheme, TokenAlgorithm);

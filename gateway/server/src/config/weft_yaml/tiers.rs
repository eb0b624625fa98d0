//! Owns the section `tiers`: bounds that clients name, and can only tighten.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use weft_federation::diagnostics::Span;

use super::Resolving;
use crate::config::values::{Count, Time};
use crate::config::yaml::{self, Located};

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawTier {
    /// Of one operation.
    limits: RawLimits,
    /// How long one request may take.
    #[schemars(example = "5s")]
    timeout: Option<Located<Time>>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "TierLimits")]
struct RawLimits {
    /// How many fields may be nested in one another. Without it `limits.depth` holds.
    #[schemars(example = 10)]
    depth: Option<Located<Count>>,
    /// Not measured yet: only the `cost` of clients is compared with it.
    #[schemars(example = 1000)]
    cost: Option<Located<Count>>,
}

/// The bounds of a tier.
#[derive(Debug, Clone, Default)]
pub struct Tier {
    pub depth: Option<Bound<u32>>,
    pub cost: Option<Bound<u32>>,
    pub timeout: Option<Bound<Duration>>,
}

/// A bound, and where it is written.
#[derive(Debug, Clone)]
pub struct Bound<T> {
    pub value: T,
    pub span: Span,
}

pub fn resolve(raw: BTreeMap<String, RawTier>, resolving: &Resolving<'_>) -> BTreeMap<String, Tier> {
    let count = |count: Located<Count>| resolving.bound(count, |count| count.0);
    let tier = |RawTier { limits, timeout }| Tier {
        depth: limits.depth.map(count),
        cost: limits.cost.map(count),
        timeout: timeout.map(|timeout| resolving.bound(timeout, |time| time.0)),
    };
    raw.into_iter().map(|(name, raw)| (name, tier(raw))).collect()
}

impl Resolving<'_> {
    fn bound<R, T>(&self, raw: Located<R>, value: impl FnOnce(R) -> T) -> Bound<T> {
        Bound { value: value(raw.value), span: yaml::span(self.source, &raw.span) }
    }
}

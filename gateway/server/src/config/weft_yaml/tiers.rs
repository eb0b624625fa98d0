//! Owns the section `tiers`: bounds that clients name, and can only tighten.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::ops::Range;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use weft_federation::diagnostics::Span;

use super::Resolving;
use crate::config::values::{Count, Time};
use crate::config::yaml::{self, Located};
use crate::rate_limit::Rate;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawTier {
    /// How much may be asked for in what time, by each of what `rate_limit` counts by.
    rate: Option<Located<RawRate>>,
    /// Of one operation.
    limits: RawLimits,
    /// How long one request may take.
    #[schemars(example = "5s")]
    timeout: Option<Located<Time>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Rate")]
struct RawRate {
    /// How many requests, or what they may cost.
    #[schemars(example = 100)]
    limit: Count,
    /// In what time.
    #[schemars(example = "1m")]
    per: Time,
    /// How much a token bucket holds: so much may come at once. Without it that is `limit`.
    #[serde(default)]
    #[schemars(example = 50)]
    burst: Option<Count>,
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
    pub rate: Option<Rate>,
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

impl RawTier {
    pub fn place_of_rate(&self) -> Option<&Range<usize>> {
        self.rate.as_ref().map(|rate| &rate.span)
    }
}

pub fn resolve(raw: BTreeMap<String, RawTier>, resolving: &mut Resolving<'_>) -> BTreeMap<String, Tier> {
    let mut tier = |RawTier { rate, limits, timeout }| {
        let rate = rate.map(|rate| rate.resolve(resolving));
        let count = |count: Located<Count>| resolving.bound(count, |count| count.0);
        Tier {
            rate,
            depth: limits.depth.map(count),
            cost: limits.cost.map(count),
            timeout: timeout.map(|timeout| resolving.bound(timeout, |time| time.0)),
        }
    };
    raw.into_iter().map(|(name, raw)| (name, tier(raw))).collect()
}

/// So that no bucket takes longer to be full, and times can be reckoned with.
const FILLED_WITHIN: Duration = Duration::from_secs(30 * 24 * 60 * 60);

impl Located<RawRate> {
    fn resolve(self, resolving: &mut Resolving<'_>) -> Rate {
        let RawRate { limit, per: Time(per), burst } = self.value;
        // It is at least 1.
        let count = |Count(count)| NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
        let rate = Rate { limit: count(limit), per, burst: count(burst.unwrap_or(limit)) };
        if u128::from(limit.0) > per.as_micros() {
            let help = "who needs no limit says no `rate`";
            resolving.error(&self.span, "this is more than one in a microsecond, which is no limit", help);
        } else if rate.filled_in() > FILLED_WITHIN {
            let message = "a bucket of `burst` tokens would take more than 30 days to be full";
            resolving.error(&self.span, message, "write a smaller `burst`, or a higher `limit`");
        }
        rate
    }
}

impl Resolving<'_> {
    fn bound<R, T>(&self, raw: Located<R>, value: impl FnOnce(R) -> T) -> Bound<T> {
        Bound { value: value(raw.value), span: yaml::span(self.source, &raw.span) }
    }
}

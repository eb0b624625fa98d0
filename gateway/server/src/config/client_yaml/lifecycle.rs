//! Owns `lifecycle`: when a client's schema is given up, when it is gone, and which one to take then.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use schemars::JsonSchema;
use serde::Deserialize;
use weft_federation::diagnostics::Span;

use super::{CODE, Resolving};
use crate::config::values::Date;
use crate::config::yaml::Located;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "Lifecycle")]
pub struct RawLifecycle {
    /// Since when, or from when on, nobody should begin to use it: sent as `Deprecation` (RFC 9745).
    #[schemars(example = "2026-01-01")]
    deprecated: Option<Located<Date>>,
    /// From when on it is gone, at 0:00 UTC: sent as `Sunset` (RFC 8594), and then it is answered with 410.
    #[schemars(example = "2027-12-31")]
    sunset: Option<Located<Date>>,
    /// The client to use instead: sent as `Link` with `rel="successor-version"`.
    #[schemars(example = "partner-v2")]
    successor: Option<Located<String>>,
}

#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    /// In seconds since 1970.
    pub deprecated: Option<u64>,
    /// In seconds since 1970.
    pub sunset: Option<u64>,
    pub successor: Option<Successor>,
}

/// Another client, which may or may not be there.
#[derive(Debug, Clone)]
pub struct Successor {
    pub name: String,
    /// Where it is named.
    pub span: Span,
}

impl Lifecycle {
    /// Whether the schema is gone at this time.
    pub fn is_over(&self, now: SystemTime) -> bool {
        self.sunset.is_some_and(|sunset| now >= UNIX_EPOCH + Duration::from_secs(sunset))
    }
}

impl RawLifecycle {
    pub fn resolve(self, resolving: &mut Resolving<'_>) -> Lifecycle {
        let Self { deprecated, sunset, successor } = self;
        if let (Some(deprecated), Some(sunset)) = (&deprecated, &sunset)
            && sunset.value < deprecated.value
        {
            let message = "the schema would be gone before it is deprecated";
            resolving.error(CODE, &sunset.span, message, "`sunset` is the same day as `deprecated`, or a later one");
        }
        Lifecycle {
            deprecated: deprecated.map(|date| date.value.0),
            sunset: sunset.map(|date| date.value.0),
            successor: successor.map(|Located { value: name, span }| Successor { name, span: resolving.span(&span) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUNSET_AT: u64 = 1_830_211_200;

    #[test]
    fn a_schema_is_over_from_its_sunset_on() {
        let until = |sunset| Lifecycle { sunset, ..Lifecycle::default() };
        let cases =
            [(None, u64::MAX / 4, false), (Some(SUNSET_AT), SUNSET_AT - 1, false), (Some(SUNSET_AT), SUNSET_AT, true)];
        for (sunset, now, expected) in cases {
            let now = UNIX_EPOCH + Duration::from_secs(now);
            assert_eq!(until(sunset).is_over(now), expected, "{sunset:?} {now:?}");
        }
    }
}

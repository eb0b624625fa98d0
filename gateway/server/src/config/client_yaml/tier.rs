//! Owns the comparison of a client with its tier: what the tier bounds, the client can only tighten.

use std::fmt::Display;
use std::time::Duration;

use weft_federation::diagnostics::Diagnostic;
use weft_federation::suggest::closest;

use super::{Raw, Resolving};
use crate::config::weft_yaml::{Bound, DEFAULT_TIER, Tier};
use crate::config::yaml::{CODE, Located};

/// A tier, with the name that it is known by.
pub struct NamedTier {
    pub name: String,
    tier: Tier,
}

impl Resolving<'_> {
    /// The tier that is named. One that is not there bounds nothing, which is an error.
    pub fn tier(&mut self, named: Option<&Located<String>>) -> NamedTier {
        let tiers = &self.gateway.tiers;
        let name = named.map_or(DEFAULT_TIER, |named| &named.value);
        let found = tiers.get(name).cloned();
        if let (None, Some(Located { span, .. })) = (&found, named)
            && name != DEFAULT_TIER
        {
            let help = match closest(name, tiers.keys().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None if tiers.is_empty() => "weft.yaml has no `tiers`".to_owned(),
                None => format!("the tiers are {}", tiers.keys().cloned().collect::<Vec<_>>().join(", ")),
            };
            self.error(CODE, span, format!("weft.yaml has no tier \"{name}\""), help);
        }
        NamedTier { name: name.to_owned(), tier: found.unwrap_or_default() }
    }

    /// Depth and timeout, as the client says, or else its tier. What is beyond the tier is an error.
    pub fn bounds(&mut self, NamedTier { name, tier }: &NamedTier, raw: &Raw) -> (Option<u32>, Option<Duration>) {
        let count =
            |count: &Located<crate::config::values::Count>| Located { value: count.value.0, span: count.span.clone() };
        let (depth, cost) = (raw.limits.depth.as_ref().map(count), raw.limits.cost.as_ref().map(count));
        let timeout = raw.timeout.as_ref().map(|time| Located { value: time.value.0, span: time.span.clone() });
        if let Some(cost) = &cost {
            self.not_in_effect(&cost.span, "the cost of operations is not measured yet: `limits.cost` has no effect");
        }
        self.tightened("limits.cost", cost, name, tier.cost.as_ref(), u32::to_string);
        (
            self.tightened("limits.depth", depth, name, tier.depth.as_ref(), u32::to_string),
            self.tightened("timeout", timeout, name, tier.timeout.as_ref(), |time| format!("{time:?}")),
        )
    }

    fn tightened<T: Copy + PartialOrd>(
        &mut self,
        key: &str,
        own: Option<Located<T>>,
        tier: &str,
        bound: Option<&Bound<T>>,
        shown: impl Fn(&T) -> String,
    ) -> Option<T> {
        let (own, bound) = match (own, bound) {
            (Some(own), Some(bound)) => (own, bound),
            (own, bound) => return own.map(|own| own.value).or_else(|| bound.map(|bound| bound.value)),
        };
        if own.value > bound.value {
            self.found.push(
                exceeds(key, tier, shown(&own.value), shown(&bound.value))
                    .at(self.span(&own.span), "")
                    .at(bound.span.clone(), "the tier's"),
            );
        }
        Some(own.value)
    }
}

fn exceeds(key: &str, tier: &str, own: impl Display, bound: impl Display) -> Diagnostic {
    let message = format!("`{key}` is {own}, and the tier \"{tier}\" allows {bound}");
    let help = format!("write {bound} or less, or ask for another tier");
    Diagnostic::error("POLICY_EXCEEDS_TIER", message).help(help)
}

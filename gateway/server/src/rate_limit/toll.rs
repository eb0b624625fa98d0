//! Owns one request's way through the limits: which of them hold for it, in which order, and what it is answered about them.
//!
//! The address is first, before anybody is asked who it is; then who asks, from the narrowest to the widest: the user, the consumer, the
//! client. The first that is exhausted ends it, so that what is refused takes nothing from wider limits. What was taken is not given back.

use std::net::IpAddr;
use std::num::NonZeroU32;

use axum::http::HeaderMap;
use std::time::Duration;

use super::key::{By, Key};
use super::limit::{Limit, Uncounted};
use super::rate::Decision;
use super::{OnError, RateLimits, TierLimits, Unit, address, headers};
use crate::auth::Caller;

/// Why a request goes no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Limited {
    /// More may come only after this time.
    #[error("Too many requests {}; send it again in {} s.", of(*.by), headers::seconds(*.wait))]
    Exhausted { by: By, wait: Duration },
    /// Nobody knows how much there was before.
    #[error("Requests cannot be counted now; send it again later.")]
    Uncounted,
}

pub const RATE_LIMITED: &str = "RATE_LIMITED";
pub const SERVICE_UNAVAILABLE: &str = "SERVICE_UNAVAILABLE";

impl Limited {
    /// For `extensions.code`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Exhausted { .. } => RATE_LIMITED,
            Self::Uncounted => SERVICE_UNAVAILABLE,
        }
    }
}

fn of(by: By) -> &'static str {
    match by {
        By::Ip => "come from this address",
        By::User => "of this user",
        By::ApiKey => "with keys of this consumer",
        By::Bff => "for this client",
    }
}

/// What one request pays.
pub struct Toll<'a> {
    limits: &'a RateLimits,
    client: Option<&'a str>,
    /// Of the client.
    tier: Option<&'a TierLimits>,
    /// What is to be paid once it is known what the operation costs.
    due: Vec<(&'a Limit, Key)>,
    paid: Vec<(&'a Limit, Decision)>,
    limited: Option<Limited>,
}

const ONE: NonZeroU32 = NonZeroU32::MIN;

impl<'a> Toll<'a> {
    pub(super) fn new(limits: &'a RateLimits, client: Option<&'a str>, tier: Option<&'a TierLimits>) -> Self {
        Self { limits, client, tier, due: vec![], paid: vec![], limited: None }
    }

    /// Counts the address that a request comes from: that of the connection, or whom trusted proxies have heard from.
    pub async fn address(&mut self, peer: IpAddr, headers: &HeaderMap) -> Result<(), Limited> {
        let Some(limit) = RateLimits::limit(self.tier, By::Ip) else { return Ok(()) };
        let sender = address::sender(peer, headers, &self.limits.trusted_proxies);
        self.take(limit, &Key::of_address(sender), ONE).await
    }

    /// Counts a request of this caller, unless it is the operation's cost that counts. The tier of a consumer holds for its keys.
    pub async fn caller(&mut self, caller: &Caller) -> Result<(), Limited> {
        if self.limits.tiers.is_empty() {
            return Ok(());
        }
        let user = RateLimits::limit(self.tier, By::User).and_then(|limit| {
            let (issuer, subject) = caller.user()?;
            Some((limit, Key::of_user(issuer, subject)))
        });
        let consumer = caller.consumer().and_then(|consumer| {
            let tier = match &consumer.tier {
                Some(tier) => self.limits.tiers.get(tier),
                None => self.tier,
            };
            Some((RateLimits::limit(tier, By::ApiKey)?, Key::of_consumer(&consumer.id)))
        });
        let client = RateLimits::limit(self.tier, By::Bff).map(|limit| (limit, Key::of_client(self.client)));
        for (limit, key) in user.into_iter().chain(consumer).chain(client) {
            match limit.unit {
                Unit::Requests => self.take(limit, &key, ONE).await?,
                Unit::Cost => self.due.push((limit, key)),
            }
        }
        Ok(())
    }

    /// Charges what an operation costs, where that is what counts.
    pub async fn charge(&mut self, cost: NonZeroU32) -> Result<(), Limited> {
        for (limit, key) in std::mem::take(&mut self.due) {
            self.take(limit, &key, cost).await?;
        }
        Ok(())
    }

    /// Tells in a response's headers how the limits stand.
    pub fn announce(&self, headers: &mut HeaderMap) {
        if !self.paid.is_empty() {
            headers.extend(headers::standing(&self.paid));
        }
        match self.limited {
            None => {}
            Some(Limited::Exhausted { wait, .. }) => headers.extend(headers::retry_after(wait)),
            Some(Limited::Uncounted) => headers.extend(headers::retry_after(Duration::ZERO)),
        }
    }

    async fn take(&mut self, limit: &'a Limit, key: &Key, units: NonZeroU32) -> Result<(), Limited> {
        let limited = match limit.take(key, units).await {
            Ok(decision) => {
                self.paid.push((limit, decision));
                decision.wait.map(|wait| Limited::Exhausted { by: limit.by, wait })
            }
            Err(Uncounted(OnError::Open)) => None,
            Err(Uncounted(OnError::Closed)) => Some(Limited::Uncounted),
        };
        self.limited = limited;
        limited.map_or(Ok(()), Err)
    }
}

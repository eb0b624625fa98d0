//! Owns what a rate is, and what becomes of a request under one.

use std::num::NonZeroU32;
use std::time::Duration;

/// How much may be taken in what time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rate {
    pub limit: NonZeroU32,
    /// In which `limit` may be taken. Whole microseconds, since that is what Redis counts in.
    pub per: Duration,
    /// How much a token bucket holds. Windows know none.
    pub burst: NonZeroU32,
}

impl Rate {
    /// How long an empty bucket takes until it is full.
    pub fn filled_in(&self) -> Duration {
        let nanos = self.per.as_nanos() * u128::from(self.burst.get()) / u128::from(self.limit.get());
        nanoseconds(nanos)
    }
}

/// How requests under a rate are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Algorithm {
    #[default]
    TokenBucket,
    FixedWindow,
    SlidingWindow,
}

impl Algorithm {
    pub fn name(self) -> &'static str {
        match self {
            Self::TokenBucket => "token_bucket",
            Self::FixedWindow => "fixed_window",
            Self::SlidingWindow => "sliding_window",
        }
    }

    /// The most that can be taken at once.
    pub fn most(self, rate: &Rate) -> NonZeroU32 {
        match self {
            Self::TokenBucket => rate.burst,
            Self::FixedWindow | Self::SlidingWindow => rate.limit,
        }
    }

    /// What is taken for so many units. What is worth more than there can ever be takes all, or it could never be had.
    pub fn units(self, rate: &Rate, units: NonZeroU32) -> NonZeroU32 {
        units.min(self.most(rate))
    }

    /// After how long without a request nothing is left to remember of a key.
    pub fn forgets_after(self, rate: &Rate) -> Duration {
        match self {
            Self::TokenBucket => rate.filled_in(),
            Self::FixedWindow => rate.per,
            Self::SlidingWindow => rate.per * 2,
        }
    }
}

/// What became of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// How much may still be taken now.
    pub remaining: u32,
    /// When all may be taken again, if nothing is until then.
    pub reset: Duration,
    /// `None` for one that is admitted; else how long it has to wait, if nothing else is taken until then.
    pub wait: Option<Duration>,
}

/// A number that fits but for rates that no configuration has.
pub fn nanoseconds(nanos: u128) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

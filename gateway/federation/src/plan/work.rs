//! Owns what planning may spend: steps, counted and not timed, so that the same input always ends alike; and no
//! more of them once nobody waits for the plan.

use std::cell::Cell;

use super::error::PlanError;

/// A number of steps that is spent bit by bit, by whoever works on the same thing.
pub(super) struct Work<'w> {
    most: u64,
    left: Cell<u64>,
    is_wanted: &'w dyn Fn() -> bool,
}

/// Why work ended before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stopped {
    /// All the steps are spent: the operation is refused, not the gateway held up.
    Exhausted { most: u64 },
    /// Nobody waits for it any more.
    Unwanted,
}

impl Work<'static> {
    pub fn new(steps: u64) -> Self {
        Self { most: steps, left: Cell::new(steps), is_wanted: &|| true }
    }
}

impl<'w> Work<'w> {
    /// Work that ends early once `is_wanted` says no.
    pub fn wanted(steps: u64, is_wanted: &'w dyn Fn() -> bool) -> Self {
        Self { most: steps, left: Cell::new(steps), is_wanted }
    }

    /// As much again to be spent on something else, for the same who wait.
    pub fn beside(&self, steps: u64) -> Self {
        Self::wanted(steps, self.is_wanted)
    }

    pub fn spend(&self, steps: usize) -> Result<(), Stopped> {
        self.go_on()?;
        let left = self.left.get().checked_sub(steps as u64 + 1).ok_or(Stopped::Exhausted { most: self.most })?;
        self.left.set(left);
        Ok(())
    }

    /// For work that has a bound of its own.
    pub fn go_on(&self) -> Result<(), Stopped> {
        if (self.is_wanted)() { Ok(()) } else { Err(Stopped::Unwanted) }
    }
}

impl From<Stopped> for PlanError {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Exhausted { most } => Self::too_complex(format!("it has more than {most} steps")),
            Stopped::Unwanted => Self::unwanted(),
        }
    }
}

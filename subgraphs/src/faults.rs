//! Owns the faults of a service: what is switched on now, and what that means for the next call.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::data::Random;

/// What goes wrong in a service, as `PUT /faults` takes it and `GET /faults` shows it. The default is nothing.
///
/// `reset` comes before `hang`, and `hang` before `error_rate`; a delay comes before all of them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FaultSettings {
    /// How long each call waits first, in milliseconds.
    pub delay_ms: u64,
    /// The share of calls that fail, from 0 to 1: HTTP 500 or gRPC UNAVAILABLE.
    pub error_rate: f64,
    /// Calls never get an answer.
    pub hang: bool,
    /// The connection is reset instead of an answer.
    pub reset: bool,
    /// Chooses which calls fail when only some do: the same seed, the same sequence.
    pub seed: u64,
    /// After so many calls all is well again; absent, the faults stay.
    pub for_calls: Option<u64>,
}

impl FaultSettings {
    /// Every call fails.
    pub fn failing() -> Self {
        Self { error_rate: 1.0, ..Self::default() }
    }

    /// No call is answered.
    pub fn hanging() -> Self {
        Self { hang: true, ..Self::default() }
    }

    /// Every call's connection is reset.
    pub fn resetting() -> Self {
        Self { reset: true, ..Self::default() }
    }

    /// Every call takes longer by `delay`, in whole milliseconds.
    pub fn delayed(delay: Duration) -> Self {
        Self { delay_ms: u64::try_from(delay.as_millis()).unwrap_or(u64::MAX), ..Self::default() }
    }
}

/// Settings that cannot be.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("error_rate is {0}; it must be a number from 0 (no call fails) to 1 (every call fails)")]
pub struct InvalidErrorRate(pub f64);

/// The switch of one service's faults. Clones switch the same service.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    settings: FaultSettings,
    random: Random,
}

impl Default for State {
    fn default() -> Self {
        Self { settings: FaultSettings::default(), random: Random::new(0) }
    }
}

/// What happens to one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fate {
    pub delay: Duration,
    pub ending: Ending,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Answer,
    Error,
    Hang,
    Reset,
}

impl Faults {
    /// Replaces the settings. The sequence of errors starts anew, from the settings' seed.
    pub fn set(&self, settings: FaultSettings) -> Result<(), InvalidErrorRate> {
        if !(0.0..=1.0).contains(&settings.error_rate) {
            return Err(InvalidErrorRate(settings.error_rate));
        }
        *self.state() = State { random: Random::new(settings.seed), settings };
        Ok(())
    }

    /// The settings as they are now; `for_calls` is what is left of it.
    pub fn get(&self) -> FaultSettings {
        self.state().settings.clone()
    }

    /// Switches all faults off.
    pub fn clear(&self) {
        *self.state() = State::default();
    }

    /// Decides the next call's fate.
    pub(crate) fn draw(&self) -> Fate {
        let mut state = self.state();
        let fate = Fate { delay: Duration::from_millis(state.settings.delay_ms), ending: state.ending() };
        match &mut state.settings.for_calls {
            None => {}
            Some(0 | 1) => *state = State::default(),
            Some(left) => *left -= 1,
        }
        fate
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves settings that are whole: each change is one assignment.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn ending(&mut self) -> Ending {
        let FaultSettings { error_rate, hang, reset, .. } = self.settings;
        if reset {
            Ending::Reset
        } else if hang {
            Ending::Hang
        } else if self.random.fraction() < error_rate {
            Ending::Error
        } else {
            Ending::Answer
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endings(faults: &Faults, count: usize) -> Vec<Ending> {
        (0..count).map(|_| faults.draw().ending).collect()
    }

    #[test]
    fn settings_decide_the_ending() {
        let with = |settings: FaultSettings| {
            let faults = Faults::default();
            faults.set(settings).expect("the rates of this test are in range");
            endings(&faults, 50)
        };
        assert_eq!(with(FaultSettings::default()), [Ending::Answer; 50]);
        assert_eq!(with(FaultSettings::failing()), [Ending::Error; 50]);
        assert_eq!(with(FaultSettings::hanging()), [Ending::Hang; 50]);
        assert_eq!(with(FaultSettings { hang: true, ..FaultSettings::resetting() }), [Ending::Reset; 50]);
    }

    #[test]
    fn a_seed_gives_one_sequence() {
        let sequence = |seed| {
            let faults = Faults::default();
            let settings = FaultSettings { error_rate: 0.3, seed, ..FaultSettings::default() };
            faults.set(settings).expect("0.3 is in range");
            endings(&faults, 1000)
        };
        assert_eq!(sequence(7), sequence(7));
        assert_ne!(sequence(7), sequence(8));
        let errors = sequence(7).iter().filter(|ending| **ending == Ending::Error).count();
        assert!((250..350).contains(&errors), "about 300 of 1000 calls should fail, {errors} did");
    }

    #[test]
    fn faults_for_some_calls_then_end() {
        let faults = Faults::default();
        faults.set(FaultSettings { for_calls: Some(2), ..FaultSettings::failing() }).expect("1 is in range");
        assert_eq!(endings(&faults, 3), [Ending::Error, Ending::Error, Ending::Answer]);
        assert_eq!(faults.get(), FaultSettings::default());
    }

    #[test]
    fn a_rate_out_of_range_changes_nothing() {
        let faults = Faults::default();
        for rate in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert!(faults.set(FaultSettings { error_rate: rate, ..FaultSettings::default() }).is_err(), "{rate}");
        }
        assert_eq!(faults.get(), FaultSettings::default());
    }
}

//! Tests of the circuit breaker: what it does step by step, that it does what a naive model does whatever comes, and that threads
//! cannot make it let more probes through.

use std::sync::atomic::{AtomicU32, AtomicUsize};
use std::thread;

use proptest::prelude::*;

use super::*;

fn config(trip: Trip) -> BreakerConfig {
    let (window, open_for) = (Duration::from_secs(60), Duration::from_secs(30));
    BreakerConfig { trip, window, open_for, half_open_requests: 2 }
}

/// What is done with a breaker, a letter a step: `.` a call that succeeds, `!` one that fails, `?` one that is given up, `r` one that
/// is refused, `(` one that goes out, and `)` and `X` for the eldest that is out to succeed and to fail, `~` for it to be given up;
/// `s` passes a second, `m` half a minute. At the end comes the state.
fn check(trip: Trip, steps: &str) -> String {
    let breaker = Breaker::new(config(trip));
    let mut now = Instant::now();
    let mut out: VecDeque<Permit<'_>> = VecDeque::new();
    for (at, step) in steps.chars().enumerate() {
        let admit = || breaker.admit(|| now);
        let admitted = || admit().unwrap_or_else(|_| panic!("refused: step {at} of {steps}"));
        let mut eldest = || out.pop_front().unwrap_or_else(|| panic!("none is out: step {at} of {steps}"));
        match step {
            '.' => drop(admitted().succeeded(|| now)),
            '!' => drop(admitted().failed(now)),
            '?' => drop(admitted()),
            'r' => assert!(admit().is_err(), "let through: step {at} of {steps}"),
            '(' => out.push_back(admitted()),
            ')' => drop(eldest().succeeded(|| now)),
            'X' => drop(eldest().failed(now)),
            '~' => drop(eldest()),
            's' => now += Duration::from_secs(1),
            'm' => now += Duration::from_secs(30),
            ' ' => {}
            other => panic!("{other} is no step"),
        }
    }
    match breaker.state(|| now) {
        CircuitState::Closed => "closed".to_owned(),
        CircuitState::HalfOpen => "half-open".to_owned(),
        CircuitState::Open { for_another } => format!("open for {for_another:?}"),
    }
}

#[test]
fn failures_in_a_row_open_it_and_probes_close_it() {
    let cases = [
        ("", "closed"),
        ("!!", "closed"),
        ("!!!", "open for 30s"),
        // Calls that are given up say nothing, and a success begins anew.
        ("!!??!", "open for 30s"),
        ("!!.!!", "closed"),
        ("!!.!!!", "open for 30s"),
        // A failure is forgotten after a minute.
        ("!m!m!", "closed"),
        ("!m!m!!", "open for 30s"),
        ("!!!rsr", "open for 29s"),
        ("!!!m", "half-open"),
        // Two probes at a time, and no more.
        ("!!!m((rr", "half-open"),
        ("!!!m(()(r~(r", "half-open"),
        ("!!!m..", "closed"),
        ("!!!m.!r", "open for 30s"),
        ("!!!m(())", "closed"),
        ("!!!m(()X", "open for 30s"),
        // A probe that is given up gives its place back, and no verdict.
        ("!!!m??????((r", "half-open"),
        ("!!!m.?.!!", "closed"),
        // Closed again, it counts from the beginning.
        ("!!!m..!!", "closed"),
        ("!!!m..!!!", "open for 30s"),
        // What was let through before says nothing of what is after.
        ("(((!!!m)X~((r", "half-open"),
        ("(!!!m..X!!", "closed"),
        // A probe of the time before that is still out takes no place of the probes of now.
        ("!!!m((Xm((rX", "half-open"),
    ];
    for (steps, expected) in cases {
        assert_eq!(check(Trip::Failures(3), steps), expected, "{steps}");
    }
}

#[test]
fn a_share_of_failures_opens_it() {
    let cases = [
        ("!!!", "closed"),
        ("!!!!", "open for 30s"),
        ("...!!!", "open for 30s"),
        ("....!.!.!.", "closed"),
        (".!.!", "open for 30s"),
        // What is given up is no call.
        ("!!!???", "closed"),
        // It is forgotten after a minute, and the count with it.
        ("!!!mm!", "closed"),
        ("!!!sm!", "open for 30s"),
        ("!!!!m..", "closed"),
        ("!!!!m..!!!", "closed"),
    ];
    for (steps, expected) in cases {
        assert_eq!(check(Trip::Rate { share: 0.5, min_requests: 4 }, steps), expected, "{steps}");
    }
}

/// The same by remembering everything that happened.
struct Model {
    config: BreakerConfig,
    phase: ModelPhase,
    /// How many phases there were before.
    number: usize,
    /// When calls of this phase ended, and whether well.
    ended: Vec<(Instant, bool)>,
    /// How many calls of this phase are out.
    out: u32,
}

#[derive(Clone, Copy, PartialEq)]
enum ModelPhase {
    Closed,
    Open(Instant),
    HalfOpen,
}

impl Model {
    fn enter(&mut self, phase: ModelPhase) {
        self.phase = phase;
        self.number += 1;
        self.ended.clear();
        self.out = 0;
    }

    /// The phase of the call that is let through.
    fn admit(&mut self, now: Instant) -> Option<usize> {
        if let ModelPhase::Open(since) = self.phase
            && now - since >= self.config.open_for
        {
            self.enter(ModelPhase::HalfOpen);
        }
        let passes = match self.phase {
            ModelPhase::Closed => true,
            ModelPhase::Open(_) => false,
            ModelPhase::HalfOpen => self.out < self.config.half_open_requests,
        };
        self.out += u32::from(passes);
        passes.then_some(self.number)
    }

    fn end(&mut self, number: usize, now: Instant, is_good: Option<bool>) {
        if number != self.number {
            return;
        }
        self.out -= 1;
        let Some(is_good) = is_good else { return };
        self.ended.push((now, is_good));
        let good = self.ended.iter().filter(|(_, is_good)| *is_good).count();
        match self.phase {
            ModelPhase::Closed if !is_good && self.is_too_much(now) => self.enter(ModelPhase::Open(now)),
            ModelPhase::HalfOpen if !is_good => self.enter(ModelPhase::Open(now)),
            ModelPhase::HalfOpen if good >= self.config.half_open_requests as usize => self.enter(ModelPhase::Closed),
            _ => {}
        }
    }

    fn is_too_much(&self, now: Instant) -> bool {
        match self.config.trip {
            Trip::Failures(most) => {
                let row = self.ended.iter().rev().take_while(|(_, is_good)| !is_good);
                row.filter(|(at, _)| now - *at < self.config.window).count() >= most as usize
            }
            Trip::Rate { share, min_requests } => {
                let slice = |at: Instant| (at - self.ended[0].0).as_nanos() / (self.config.window.as_nanos() / 10);
                let recent: Vec<bool> =
                    self.ended.iter().filter(|(at, _)| slice(*at) + 10 > slice(now)).map(|e| e.1).collect();
                let bad = recent.iter().filter(|is_good| !**is_good).count();
                recent.len() >= min_requests as usize && bad as f64 / recent.len() as f64 >= share
            }
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    Admit,
    /// One of the calls that are out, and how it ends.
    End(prop::sample::Index, Option<bool>),
    Pass(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let end =
        (any::<prop::sample::Index>(), prop_oneof![3 => Just(Some(false)), 2 => Just(Some(true)), 1 => Just(None)]);
    let time = prop_oneof![4 => 0..2_000u64, 1 => 0..40_000u64];
    let step = prop_oneof![
        4 => Just(Step::Admit),
        3 => end.prop_map(|(which, how)| Step::End(which, how)),
        1 => time.prop_map(Step::Pass),
    ];
    prop::collection::vec(step, 0..300)
}

fn trips() -> impl Strategy<Value = Trip> {
    prop_oneof![
        (1..6u32).prop_map(Trip::Failures),
        (1..=4u32, 1..8u32)
            .prop_map(|(quarters, min_requests)| Trip::Rate { share: f64::from(quarters) / 4.0, min_requests }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn it_does_what_the_model_does(trip in trips(), half_open_requests in 1..4u32, steps in steps()) {
        let (window, open_for) = (Duration::from_secs(10), Duration::from_secs(5));
        let config = BreakerConfig { trip, window, open_for, half_open_requests };
        let breaker = Breaker::new(config.clone());
        let mut model = Model { config, phase: ModelPhase::Closed, number: 0, ended: vec![], out: 0 };
        let (mut now, mut out) = (Instant::now(), vec![]);
        for step in steps {
            match step {
                Step::Pass(milliseconds) => now += Duration::from_millis(milliseconds),
                Step::Admit => {
                    let (permit, number) = (breaker.admit(|| now), model.admit(now));
                    prop_assert_eq!(permit.is_ok(), number.is_some());
                    out.extend(permit.ok().zip(number));
                }
                Step::End(which, how) if !out.is_empty() => {
                    let (permit, number) = out.swap_remove(which.index(out.len()));
                    let before = model.number;
                    model.end(number, now, how);
                    let change = match how {
                        Some(true) => permit.succeeded(|| now),
                        Some(false) => permit.failed(now),
                        None => { drop(permit); None }
                    };
                    let expected = (before != model.number).then_some(match model.phase {
                        ModelPhase::Open(_) => Change::Opened,
                        ModelPhase::Closed | ModelPhase::HalfOpen => Change::Closed,
                    });
                    prop_assert_eq!(change, expected);
                }
                Step::End(..) => {}
            }
        }
    }
}

/// Threads that come and go as they like never have more probes out than are allowed, and no place is lost.
#[test]
fn threads_have_no_more_probes_out_than_allowed() {
    const PROBES: u32 = 3;
    let config = BreakerConfig {
        trip: Trip::Failures(1),
        open_for: Duration::ZERO,
        half_open_requests: PROBES,
        ..BreakerConfig::default()
    };
    let start = Instant::now();
    for _ in 0..50 {
        let breaker = Breaker::new(config.clone());
        assert_eq!(breaker.admit(|| start).expect("it is closed").failed(start), Some(Change::Opened));
        let (out, most, through) = (AtomicU32::new(0), AtomicU32::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let Ok(permit) = breaker.admit(|| start) else { continue };
                        most.fetch_max(out.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        through.fetch_add(1, Ordering::SeqCst);
                        thread::yield_now();
                        // Given up: it goes on being half-open.
                        out.fetch_sub(1, Ordering::SeqCst);
                        drop(permit);
                    }
                });
            }
        });
        assert!((1..=PROBES).contains(&most.into_inner()));
        assert!(through.into_inner() > 0);
        let all: Vec<_> = (0..PROBES).map(|_| breaker.admit(|| start).expect("all places are free")).collect();
        assert!(breaker.admit(|| start).is_err());
        drop(all);
    }
}

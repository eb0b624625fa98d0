//! Tests of a call's way: what is sent again, what opens the circuit, and that nothing is held longer than it is used.

use std::cell::{Cell, RefCell};
use std::future::pending;
use std::rc::Rc;

use futures_util::future::join_all;
use tokio::task::{LocalSet, spawn_local};

use super::*;
use crate::policy::Trip;

const TIMEOUT: Duration = Duration::from_secs(2);

fn config() -> GuardConfig {
    GuardConfig {
        timeout: TIMEOUT,
        retry: RetryConfig { attempts: 2, budget: 1.0 },
        circuit_breaker: Some(BreakerConfig {
            trip: Trip::Failures(3),
            half_open_requests: 1,
            ..BreakerConfig::default()
        }),
        max_in_flight: Some(2),
    }
}

fn guard(config: GuardConfig) -> Guard {
    Guard::new(EndpointName { subgraph: "a".to_owned(), source: None }, config)
}

/// What an endpoint does with one attempt.
#[derive(Debug, Clone, Copy)]
enum Does {
    Answers,
    Fails(Again),
    /// Nothing comes.
    Hangs,
}

const RESET: Does = Does::Fails(Again::Reads { after: None });
const UNSENT: Does = Does::Fails(Again::All);
const BROKEN: Does = Does::Fails(Again::None);

async fn attempt(does: Does) -> Attempt<&'static str> {
    match does {
        Does::Answers => Attempt { result: Ok("answer"), verdict: Verdict::Answered },
        Does::Fails(again) => {
            let error = SubgraphError::unavailable(&ErrorOrigin::default());
            Attempt { result: Err(error), verdict: Verdict::Failed(again) }
        }
        Does::Hangs => pending().await,
    }
}

/// What came of a call, and how many attempts there were at it.
async fn call(guard: &Guard, effect: Effect, left: Duration, script: &[Does]) -> (String, usize) {
    let made = Cell::new(0);
    let send = |_| {
        let at = made.replace(made.get() + 1);
        attempt(*script.get(at).unwrap_or_else(|| panic!("attempt {at} of {script:?}")))
    };
    let result = guard.call(effect, Instant::now() + left, &ErrorOrigin::default(), send).await;
    let shown = result.map_or_else(|error| error.code.into_owned(), str::to_owned);
    (shown, made.get())
}

/// A name, what the call does, the time that its request has left, what the endpoint does with each attempt, and what comes of it after
/// how many.
type Case = (&'static str, Effect, Duration, &'static [Does], (&'static str, usize));

#[tokio::test(start_paused = true)]
async fn calls_are_made_again_where_that_may_help() {
    use Does::{Answers, Hangs};
    use Effect::{Reads, Writes};
    let long = Duration::from_secs(60);
    const LATE: Does = Does::Fails(Again::Reads { after: Some(Duration::from_secs(3)) });
    let cases: [Case; 11] = [
        ("nothing is wrong", Reads, long, &[Answers], ("answer", 1)),
        ("reset once", Reads, long, &[RESET, Answers], ("answer", 2)),
        ("reset twice", Reads, long, &[RESET, RESET, Answers], ("answer", 3)),
        ("no more attempts", Reads, long, &[RESET, RESET, RESET], ("SUBREQUEST_UNAVAILABLE", 3)),
        ("it would not help", Reads, long, &[BROKEN], ("SUBREQUEST_UNAVAILABLE", 1)),
        ("reset, a mutation", Writes, long, &[RESET], ("SUBREQUEST_UNAVAILABLE", 1)),
        ("never sent, a mutation", Writes, long, &[UNSENT, Answers], ("answer", 2)),
        ("the backend wants more time than there is", Reads, long, &[LATE], ("SUBREQUEST_UNAVAILABLE", 1)),
        ("too little time is left", Reads, Duration::from_millis(10), &[RESET], ("SUBREQUEST_UNAVAILABLE", 1)),
        ("what takes too long", Reads, long, &[Hangs], ("SUBGRAPH_TIMEOUT", 1)),
        ("all attempts have one time", Reads, long, &[RESET, Hangs], ("SUBGRAPH_TIMEOUT", 2)),
    ];
    for (name, effect, left, script, expected) in cases {
        let (start, guard) = (Instant::now(), guard(GuardConfig { circuit_breaker: None, ..config() }));
        let (shown, made) = call(&guard, effect, left, script).await;
        assert_eq!((shown.as_str(), made), expected, "{name}");
        assert!(start.elapsed() <= TIMEOUT.min(left) + Duration::from_millis(1), "{name}: {:?}", start.elapsed());
        assert_eq!(guard.health().load.map(|load| load.in_flight), Some(0), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn failures_open_the_circuit_and_time_closes_it() {
    use Does::{Answers, Hangs};
    let long = Duration::from_secs(60);
    let guard = guard(GuardConfig { retry: RetryConfig { attempts: 0, budget: 0.2 }, ..config() });
    let once = async |does: Does, left| call(&guard, Effect::Reads, left, &[does]).await.0;
    // A call that the request's own deadline ended early says nothing of the endpoint.
    for _ in 0..10 {
        assert_eq!(once(Hangs, Duration::from_millis(900)).await, "SUBGRAPH_TIMEOUT");
    }
    assert_eq!(guard.health().circuit, Some(CircuitState::Closed));
    assert_eq!(once(Hangs, long).await, "SUBGRAPH_TIMEOUT");
    assert_eq!(once(Hangs, Duration::from_secs(1)).await, "SUBGRAPH_TIMEOUT");
    assert_eq!(once(BROKEN, long).await, "SUBREQUEST_UNAVAILABLE");
    let start = Instant::now();
    assert_eq!(call(&guard, Effect::Reads, long, &[]).await, ("CIRCUIT_OPEN".to_owned(), 0));
    assert_eq!(guard.check(&ErrorOrigin::default()).map_err(|error| error.code), Err("CIRCUIT_OPEN".into()));
    assert_eq!(start.elapsed(), Duration::ZERO, "it ends at once");
    tokio::time::advance(Duration::from_secs(30)).await;
    assert_eq!(guard.health().circuit, Some(CircuitState::HalfOpen));
    assert_eq!(once(Answers, long).await, "answer");
    assert_eq!(guard.health().circuit, Some(CircuitState::Closed));
}

#[tokio::test(start_paused = true)]
async fn a_circuit_that_opens_ends_further_attempts_and_lets_go_who_waits() {
    let long = Duration::from_secs(60);
    let trip = |failures| Some(BreakerConfig { trip: Trip::Failures(failures), ..BreakerConfig::default() });
    let opens = guard(GuardConfig { circuit_breaker: trip(1), ..config() });
    let other = async {
        sleep(Duration::from_millis(1)).await;
        call(&opens, Effect::Reads, long, &[BROKEN]).await
    };
    // While it pauses another call opens the circuit. What the endpoint said is told, and not that it is not asked again.
    let (first, _) = tokio::join!(call(&opens, Effect::Reads, long, &[RESET]), other);
    assert_eq!(first, ("SUBREQUEST_UNAVAILABLE".to_owned(), 1));
    assert!(matches!(opens.health().circuit, Some(CircuitState::Open { .. })));

    // Nor is it sent when the circuit is half-open by then: it is none of the probes.
    let short = Some(BreakerConfig { trip: Trip::Failures(1), open_for: Duration::ZERO, ..BreakerConfig::default() });
    let opens = guard(GuardConfig { circuit_breaker: short, ..config() });
    let other = async {
        sleep(Duration::from_millis(1)).await;
        call(&opens, Effect::Reads, long, &[BROKEN]).await
    };
    let (first, _) = tokio::join!(call(&opens, Effect::Reads, long, &[RESET]), other);
    assert_eq!((first.1, opens.health().circuit), (1, Some(CircuitState::HalfOpen)));

    let guard = guard(GuardConfig { circuit_breaker: trip(1), max_in_flight: Some(1), ..config() });
    let (start, origin) = (Instant::now(), ErrorOrigin::default());
    let fails = guard.call(Effect::Reads, start + long, &origin, async |_| {
        sleep(Duration::from_millis(10)).await;
        attempt(BROKEN).await
    });
    let (failed, waited) = tokio::join!(fails, call(&guard, Effect::Reads, long, &[]));
    assert!(failed.is_err());
    assert_eq!(waited, ("CIRCUIT_OPEN".to_owned(), 0));
    assert!(start.elapsed() < Duration::from_millis(20), "it waits no longer");
}

#[tokio::test(start_paused = true)]
async fn a_call_with_all_its_attempts_counts_once() {
    let guard = guard(config());
    let long = Duration::from_secs(60);
    let all = [RESET, RESET, RESET];
    for (script, is_open) in [
        (&all[..], false),
        (&all, false),
        // It helped: that is no failure.
        (&[RESET, RESET, Does::Answers], false),
        (&all, false),
        (&all, false),
        (&all, true),
    ] {
        call(&guard, Effect::Reads, long, script).await;
        assert_eq!(guard.health().circuit != Some(CircuitState::Closed), is_open);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_finds_no_place_fails_before_its_time_is_over() {
    let guard = guard(config());
    let long = Duration::from_secs(60);
    let hangs = || call(&guard, Effect::Reads, long, &[Does::Hangs]);
    let start = Instant::now();
    let third = async {
        let refused = call(&guard, Effect::Reads, long, &[]).await;
        (refused, start.elapsed())
    };
    let (.., (refused, after)) = tokio::join!(hangs(), hangs(), third);
    assert_eq!(refused, ("OVERLOADED".to_owned(), 0));
    assert!(after < TIMEOUT / 5, "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_leaves_nothing_behind() {
    let guard = guard(config());
    let long = Duration::from_secs(60);
    for _ in 0..3 {
        call(&guard, Effect::Reads, long, &[BROKEN]).await;
    }
    tokio::time::advance(Duration::from_secs(30)).await;
    // One probe at a time: had one kept its place, the next would be refused.
    for _ in 0..5 {
        let hangs = call(&guard, Effect::Reads, long, &[Does::Hangs]);
        assert!(tokio::time::timeout(Duration::from_millis(1), hangs).await.is_err());
        assert_eq!(guard.health().load.map(|load| load.in_flight), Some(0));
    }
    assert_eq!(call(&guard, Effect::Reads, long, &[Does::Answers]).await, ("answer".to_owned(), 1));
}

/// An endpoint that can answer so many calls a second, and takes as many at a time as the guard lets through, each of which then takes
/// longer. Whoever asks has gone after a second.
async fn goodput(times_capacity: u32) -> f64 {
    const AT_A_TIME: usize = 20;
    const TAKES: Duration = Duration::from_millis(100);
    const CAPACITY: u32 = 200;
    const SECONDS: u32 = 10;
    let guard = Rc::new(guard(GuardConfig {
        timeout: Duration::from_secs(5),
        retry: RetryConfig::default(),
        circuit_breaker: Some(BreakerConfig::default()),
        max_in_flight: Some(4 * AT_A_TIME),
    }));
    // The endpoint works on what it was sent, in the order in which it came, also where nobody waits for it any more.
    let endpoint = Rc::new(tokio::sync::Semaphore::new(AT_A_TIME));
    let (answered, calls) = (Rc::new(Cell::new(0u32)), RefCell::new(vec![]));
    let local = LocalSet::new();
    local
        .run_until(async {
            for _ in 0..CAPACITY * times_capacity * SECONDS {
                sleep(Duration::from_secs(1) / (CAPACITY * times_capacity)).await;
                let (guard, endpoint, answered) = (Rc::clone(&guard), Rc::clone(&endpoint), Rc::clone(&answered));
                calls.borrow_mut().push(spawn_local(async move {
                    let send = |_| {
                        let endpoint = Rc::clone(&endpoint);
                        let work = spawn_local(async move {
                            let _turn = endpoint.acquire().await.expect("nobody closes it");
                            sleep(TAKES).await;
                        });
                        async move {
                            work.await.expect("no panic");
                            attempt(Does::Answers).await
                        }
                    };
                    let end = Instant::now() + Duration::from_secs(60);
                    let origin = ErrorOrigin::default();
                    let call = guard.call(Effect::Reads, end, &origin, send);
                    if tokio::time::timeout(Duration::from_secs(1), call).await.is_ok_and(|result| result.is_ok()) {
                        answered.set(answered.get() + 1);
                    }
                }));
            }
            let all = calls.take();
            join_all(all).await;
        })
        .await;
    f64::from(answered.get()) / f64::from(CAPACITY * SECONDS)
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_is_used_to_the_full_however_much_more_is_asked_of_it() {
    for times in [1, 2, 5] {
        let goodput = goodput(times).await;
        assert!(goodput > 0.9, "at {times} times its capacity it answers {goodput} of what it could");
    }
}

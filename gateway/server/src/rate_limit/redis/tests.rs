//! Tests of counting in Redis, with a server that each test starts.

mod server;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use redis::{Client, cmd};
use tokio::time::timeout;

use super::{Counter, Redis, RedisConfig, RedisFault, RedisUrl};
use crate::rate_limit::Key;
use crate::rate_limit::memory;
use crate::rate_limit::rate::{Algorithm, Rate};
use server::{Server, Stalling, is_here};

/// A test that has waited so long waits for nothing: it fails instead of hanging.
const GIVE_UP: Duration = Duration::from_secs(60);

const ALGORITHMS: [Algorithm; 3] = [Algorithm::TokenBucket, Algorithm::FixedWindow, Algorithm::SlidingWindow];

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn some(count: u32) -> NonZeroU32 {
    NonZeroU32::new(count).expect("more than none")
}

fn rate(limit: u32, per: Duration) -> Rate {
    Rate { limit: some(limit), per, burst: some(limit) }
}

fn key(name: &str) -> Key {
    Key::of_consumer(name)
}

/// A gateway's, which waits for an answer as long as is said.
fn counter(url: &str, algorithm: Algorithm, rate: Rate, timeout: Duration) -> Counter {
    let url = RedisUrl::parse(url).expect("a URL");
    let redis = Redis::new(&RedisConfig { url, prefix: String::new(), timeout });
    Counter::new(Arc::new(redis), format!("test:{}", algorithm.name()), algorithm, rate)
}

async fn tell(url: &str, words: &[&str]) {
    let mut connection =
        Client::open(url).expect("a URL").get_multiplexed_async_connection().await.expect("it is there");
    cmd(words[0]).arg(&words[1..]).query_async::<()>(&mut connection).await.expect("it does so");
}

#[tokio::test]
async fn decisions_are_those_of_memory_and_all_gateways_share_them() {
    let Some(server) = is_here().then(Server::start) else { return };
    for algorithm in ALGORITHMS {
        let rate = Rate { burst: some(7), ..rate(10, DAY) };
        let gateways = [0, 1].map(|_| counter(&server.url(), algorithm, rate, GIVE_UP));
        let in_memory = memory::Counter::new(algorithm, rate, 100);
        for (number, (name, units)) in
            [("a", 3), ("b", 1), ("a", 5), ("a", 4), ("a", 3), ("b", 6), ("b", 4), ("a", 1), ("c", 7)]
                .iter()
                .enumerate()
        {
            let (name, units) = (key(name), some(*units));
            let decided = gateways[number % 2].take(&name, units).await.expect("it is there");
            let expected = in_memory.take(&name, units);
            assert_eq!(
                (decided.remaining, decided.wait.is_some()),
                (expected.remaining, expected.wait.is_some()),
                "{algorithm:?} {number}"
            );
            // Between both there is hardly a minute.
            let (reset, wait) = (decided.reset.abs_diff(expected.reset), decided.wait.zip(expected.wait));
            assert!(reset < GIVE_UP && wait.is_none_or(|(a, b)| a.abs_diff(b) < GIVE_UP), "{decided:?} {expected:?}");
        }
    }
}

#[tokio::test]
async fn who_waits_as_long_as_told_is_admitted() {
    let Some(server) = is_here().then(Server::start) else { return };
    for algorithm in ALGORITHMS {
        let counter = counter(&server.url(), algorithm, rate(3, Duration::from_millis(300)), GIVE_UP);
        let refused = async {
            loop {
                let decision = counter.take(&key("k"), some(1)).await.expect("it is there");
                if let Some(wait) = decision.wait {
                    return wait;
                }
            }
        };
        let wait = timeout(GIVE_UP, refused).await.expect("there is an end");
        assert!(wait <= Duration::from_millis(600), "{algorithm:?}: {wait:?}");
        let admitted = async { while counter.take(&key("k"), some(1)).await.expect("it is there").wait.is_some() {} };
        timeout(GIVE_UP, admitted).await.expect("it is admitted again");
    }
}

#[tokio::test]
async fn of_many_at_a_time_as_many_are_admitted_as_may_be() {
    let Some(server) = is_here().then(Server::start) else { return };
    for algorithm in ALGORITHMS {
        let counter = counter(&server.url(), algorithm, rate(10, DAY), GIVE_UP);
        let name = key("k");
        let decisions = join_all((0..100).map(|_| counter.take(&name, some(1)))).await;
        let admitted = decisions.iter().filter(|decision| matches!(decision, Ok(decision) if decision.wait.is_none()));
        assert_eq!(admitted.count(), 10, "{algorithm:?}");
    }
}

#[tokio::test]
async fn all_that_is_kept_ends() {
    let Some(server) = is_here().then(Server::start) else { return };
    let mut connection =
        Client::open(server.url()).expect("a URL").get_multiplexed_async_connection().await.expect("it is there");
    for algorithm in ALGORITHMS {
        let counter = counter(&server.url(), algorithm, rate(10, Duration::from_secs(60)), GIVE_UP);
        for _ in 0..3 {
            counter.take(&key("k"), some(2)).await.expect("it is there");
        }
        let name = format!("test:{}:{{k}}", algorithm.name());
        let left: i64 = cmd("PTTL").arg(name).query_async(&mut connection).await.expect("it is there");
        assert!((1..=120_000).contains(&left), "{algorithm:?}: {left}");
    }
}

#[tokio::test]
async fn scripts_are_sent_again_where_they_are_forgotten() {
    let Some(server) = is_here().then(Server::start) else { return };
    for algorithm in ALGORITHMS {
        let counter = counter(&server.url(), algorithm, rate(10, DAY), GIVE_UP);
        for left in (5..10).rev() {
            let decision = counter.take(&key("k"), some(1)).await.expect("it is there");
            assert_eq!(decision.remaining, left, "{algorithm:?}");
            tell(&server.url(), &["SCRIPT", "FLUSH"]).await;
        }
    }
}

#[tokio::test]
async fn without_a_server_there_is_no_decision_until_it_is_back() {
    let Some(mut server) = is_here().then(Server::start) else { return };
    let counter = counter(&server.url(), Algorithm::TokenBucket, rate(10, DAY), GIVE_UP);
    counter.take(&key("k"), some(1)).await.expect("it is there");
    server.stop();
    assert!(counter.take(&key("k"), some(1)).await.is_err());
    assert!(counter.take(&key("k"), some(1)).await.is_err());
    if !server.start_again() {
        println!("skipped: another process has taken the port");
        return;
    }
    let back = async { while counter.take(&key("k"), some(1)).await.is_err() {} };
    timeout(GIVE_UP, back).await.expect("it is connected again");
}

#[tokio::test]
async fn a_server_that_stalls_is_not_waited_for() {
    let Some(server) = is_here().then(Server::start) else { return };
    let between = Stalling::start(server.address).await;
    let url = format!("redis://{}", between.address);
    let patient = counter(&url, Algorithm::FixedWindow, rate(1000, DAY), GIVE_UP);
    let hasty = counter(&url, Algorithm::FixedWindow, rate(1000, DAY), Duration::from_millis(5));
    patient.take(&key("k"), some(1)).await.expect("it is there");
    between.stall();
    let late = timeout(GIVE_UP, hasty.take(&key("k"), some(1))).await.expect("it does not wait");
    assert!(matches!(late, Err(RedisFault::Late)), "{late:?}");
    between.go_on();
    let back = async { while hasty.take(&key("k"), some(1)).await.is_err() {} };
    timeout(GIVE_UP, back).await.expect("it answers again");
}

#[test]
fn a_password_is_not_shown() {
    let url = RedisUrl::parse("redis://:hunter2@127.0.0.1/").expect("a URL");
    let config = RedisConfig { url, prefix: "weft".to_owned(), timeout: GIVE_UP };
    assert!(!format!("{config:?}").contains("hunter2"));
}

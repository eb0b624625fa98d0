//! Tests of when a server is asked, in time that is not waited for.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, sleep};

use super::super::document::Published;
use super::super::refresh::{Asked, Fetched, Refreshed, Schedule};

const REFRESH: Duration = Duration::from_secs(900);
const COOL_DOWN: Duration = Duration::from_secs(30);

/// How long the server takes for an answer.
const ANSWER: Duration = Duration::from_secs(1);

/// What a server answers: a document and how long it holds, or nothing.
type Script = fn(usize) -> Option<(&'static str, Option<u64>)>;

/// Key sets that follow a scripted server, and when it was asked, in whole seconds from the start.
fn follow(script: Script) -> (Arc<Refreshed>, Arc<Mutex<Vec<u64>>>) {
    let schedule = Schedule { refresh: REFRESH, cool_down: COOL_DOWN };
    let refreshed = Arc::new(Refreshed::new("a test".to_owned(), schedule));
    let (start, asked) = (Instant::now(), Arc::<Mutex<Vec<u64>>>::default());
    let (following, times, count) = (Arc::clone(&refreshed), Arc::clone(&asked), Arc::new(AtomicUsize::new(0)));
    tokio::spawn(async move {
        let fetch = || {
            times.lock().expect("no panic before").push(start.elapsed().as_secs());
            let answer = script(count.fetch_add(1, Ordering::SeqCst));
            async move {
                sleep(ANSWER).await;
                let (document, max_age) = answer.ok_or("it is down")?;
                let max_age = max_age.map(Duration::from_secs);
                Ok(Fetched { published: Published::default(), document: document.into(), max_age })
            }
        };
        following.follow(fetch).await;
    });
    (refreshed, asked)
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(10)
}

/// The times between requests.
fn pauses(asked: &Mutex<Vec<u64>>) -> Vec<u64> {
    asked.lock().expect("no panic before").windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[tokio::test(start_paused = true)]
async fn a_server_is_asked_again_when_its_answer_is_old() {
    // For how long answers hold, and between which seconds the next request comes: up to a tenth earlier, and an answer later.
    let cases: [(Script, std::ops::RangeInclusive<u64>); 5] = [
        (|_| Some(("a", None)), 810..=901),
        (|_| Some(("a", Some(600))), 540..=601),
        (|_| Some(("a", Some(86_400))), 810..=901),
        (|_| Some(("a", Some(0))), 54..=61),
        (|_| Some(("a", Some(7))), 54..=61),
    ];
    for (at, (script, expected)) in cases.into_iter().enumerate() {
        let (_refreshed, asked) = follow(script);
        sleep(Duration::from_secs(3600)).await;
        let pauses = pauses(&asked);
        assert!(pauses.len() >= 3 && pauses.iter().all(|pause| expected.contains(pause)), "case {at}: {pauses:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_down_is_asked_less_and_less_often_and_the_keys_from_before_serve() {
    let (refreshed, asked) = follow(|at| (at == 0).then_some(("a", None)));
    sleep(Duration::from_secs(900 + 600)).await;
    let pauses = pauses(&asked);
    assert!(pauses[1..].is_sorted_by(|one, next| *next >= *one || *next >= 54), "{pauses:?}");
    assert!(pauses[1] <= 2 && pauses.iter().skip(8).all(|pause| (54..=61).contains(pause)), "{pauses:?}");
    assert_eq!((refreshed.generation(), refreshed.is_stale()), (Some(0), true));
}

#[tokio::test(start_paused = true)]
async fn keys_are_others_only_where_the_document_is() {
    let (refreshed, _) = follow(|at| Some((["a", "a", "b"][at.min(2)], None)));
    let mut seen = vec![];
    for _ in 0..4 {
        sleep(Duration::from_secs(905)).await;
        seen.push(refreshed.generation());
    }
    assert_eq!(seen, [Some(0), Some(1), Some(1), Some(1)]);
}

#[tokio::test(start_paused = true)]
async fn who_needs_another_key_has_it_asked_for_once_per_cool_down() {
    let (refreshed, asked) = follow(|_| Some(("a", None)));
    assert_eq!(refreshed.ask_again(soon()).await, Asked::Answered, "the first answer is waited for");
    assert_eq!(refreshed.ask_again(soon()).await, Asked::NotNow, "it has just been asked");
    sleep(COOL_DOWN).await;
    let all = join_all((0..1000).map(|_| refreshed.ask_again(soon()))).await;
    assert!(all.into_iter().all(|asked| asked == Asked::Answered), "they wait for the same answer");
    for _ in 0..1000 {
        assert_eq!(refreshed.ask_again(soon()).await, Asked::NotNow);
    }
    assert_eq!(asked.lock().expect("no panic before").len(), 2);
    sleep(COOL_DOWN).await;
    let before = Instant::now();
    assert_eq!(refreshed.ask_again(before + ANSWER / 2).await, Asked::TooLate, "nobody waits past the deadline");
    assert_eq!(before.elapsed(), ANSWER / 2);
    assert_eq!(refreshed.ask_again(soon()).await, Asked::Answered, "what is asked already is waited for");
    assert_eq!(asked.lock().expect("no panic before").len(), 3);
}

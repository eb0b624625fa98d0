//! weft's answers against those of one naive executor over the whole schema, on random cases. More of them:
//! `cargo run --release -p weft-engine --example differential -- --seed 1 --cases 200000`.

#[path = "differential/mod.rs"]
mod harness;

#[test]
fn weft_answers_as_one_server_would() {
    let summary = harness::run(&harness::Settings { seed: 1, cases: 2000, failures: 1, threads: 2 });
    assert!(summary.failures.is_empty(), "{summary}");
    assert!(summary.cases >= 2000, "{summary}");
    // Worlds and operations that are refused test nothing.
    let refused: usize = summary.refused.values().map(|refusals| refusals.count).sum();
    assert!(refused * 20 < summary.worlds, "{summary}");
    assert!(summary.invalid < summary.cases, "{summary}");
}

#[test]
fn worlds_that_were_once_answered_wrongly_or_refused() {
    // The first five disagreed, the last was refused.
    for seed in [
        11149478502718524011,
        14401773370473863325,
        5600490095696922208,
        10057229023142563236,
        3507485672782845715,
        12876469128893618486,
    ] {
        let summary = harness::world(seed);
        assert!(summary.failures.is_empty() && summary.refused.is_empty(), "{summary}");
    }
}

#[test]
fn weft_answers_through_views_as_one_server_would() {
    let summary = harness::views::run(&harness::Settings { seed: 1, cases: 1000, failures: 1, threads: 2 });
    assert!(summary.failures.is_empty(), "{summary}");
    assert!(summary.cases >= 1000 && summary.invalid < summary.cases, "{summary}");
}

#[test]
fn weft_refuses_what_one_server_would_and_asks_nobody_for_it() {
    let summary = harness::authorization::run(&harness::Settings { seed: 1, cases: 400, failures: 1, threads: 2 });
    assert!(summary.failures.is_empty(), "{summary}");
    // Of most of those who ask something is refused, and few operations are wrong in themselves.
    assert!(summary.cases >= 400 && summary.faulted * 2 > summary.cases, "{summary}");
    assert!(summary.exact * 10 > summary.cases * 9 && summary.calls > summary.cases, "{summary}");
}

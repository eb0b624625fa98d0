//! Runs the differential property test for any number of cases, and prints what it finds with its seed and shrunk.
//!
//! `--seed N` and `--cases N` choose the cases, `--failures N` how many disagreements are enough, `--threads N` the
//! threads. `--world SEED` runs one world again, by the seed that a failure names. With `--views 1` the operations are on
//! random views.

#[path = "../tests/differential/mod.rs"]
mod harness;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut settings = harness::Settings { seed: 1, cases: 2000, failures: 5, threads: 2 };
    let mut world = None;
    let mut views = false;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().and_then(|value| value.parse::<u64>().ok());
        let Some(value) = value else {
            eprintln!("{argument} needs a number");
            return ExitCode::from(2);
        };
        let count = usize::try_from(value).unwrap_or(usize::MAX);
        match argument.as_str() {
            "--seed" => settings.seed = value,
            "--cases" => settings.cases = count,
            "--failures" => settings.failures = count,
            "--threads" => settings.threads = count,
            "--world" => world = Some(value),
            "--views" => views = value > 0,
            _ => {
                eprintln!(
                    "{argument} is not known; there are --seed, --cases, --failures, --threads, --world and --views"
                );
                return ExitCode::from(2);
            }
        }
    }
    let summary = match (world, views) {
        (Some(seed), false) => harness::world(seed),
        (None, false) => harness::run(&settings),
        (Some(seed), true) => harness::views::world(seed),
        (None, true) => harness::views::run(&settings),
    };
    print!("{summary}");
    if summary.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

//! Runs the differential property test for any number of cases, and prints what it finds with its seed and shrunk.
//!
//! `--seed N` and `--cases N` choose the cases, `--failures N` how many disagreements are enough, `--threads N` the
//! threads. `--world SEED` runs one world again, by the seed that a failure names. With `--views 1` the operations are on
//! random views, with `--authorization 1` some of it is refused.

#[path = "../tests/differential/mod.rs"]
mod harness;

use std::process::ExitCode;

/// What is looked for.
enum Property {
    Answers,
    Views,
    Authorization,
}

fn main() -> ExitCode {
    let mut settings = harness::Settings { seed: 1, cases: 2000, failures: 5, threads: 2 };
    let mut world = None;
    let mut property = Property::Answers;
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
            "--views" if value > 0 => property = Property::Views,
            "--authorization" if value > 0 => property = Property::Authorization,
            "--views" | "--authorization" => {}
            _ => {
                eprintln!(
                    "{argument} is not known; there are --seed, --cases, --failures, --threads, --world, --views and --authorization"
                );
                return ExitCode::from(2);
            }
        }
    }
    let summary = match (world, property) {
        (Some(seed), Property::Answers) => harness::world(seed),
        (None, Property::Answers) => harness::run(&settings),
        (Some(seed), Property::Views) => harness::views::world(seed),
        (None, Property::Views) => harness::views::run(&settings),
        (Some(seed), Property::Authorization) => harness::authorization::world(seed),
        (None, Property::Authorization) => harness::authorization::run(&settings),
    };
    print!("{summary}");
    if summary.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

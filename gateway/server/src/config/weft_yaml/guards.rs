//! Owns what keeps calls to backends in bounds: `retry`, `circuit_breaker` and `max_in_flight`, of all, of a subgraph or of a source.

use schemars::JsonSchema;
use serde::Deserialize;
use weft_engine::SourceConfig;
use weft_engine::policy::{BreakerConfig, RetryConfig, Trip};

use super::Resolving;
use crate::config::values::{Count, Number, Share, Time};
use crate::config::yaml::Located;

/// How many calls a failure rate is made of at least, where nothing is said.
const MIN_REQUESTS: u32 = 20;

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Retry {
    /// How many there are beyond the first; 0 is off.
    #[schemars(extend("default" = 2), example = 1)]
    attempts: Option<Number>,
    /// How many calls may be tried again, as a share of all calls to the endpoint; 0 is off. One a second always may.
    #[schemars(extend("default" = 0.2), example = 0.1)]
    budget: Option<Share>,
}

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CircuitBreaker {
    /// How many calls have to fail in a row; 0 is off.
    #[schemars(extend("default" = 5), example = 10)]
    failure_threshold: Option<Number>,
    /// Which share of the calls in the window have to fail; 0 is off. It stands in place of `failure_threshold`.
    #[schemars(example = 0.5)]
    failure_rate: Option<Located<Share>>,
    /// With `failure_rate`: of how many calls at least it is taken; 20 if nothing is said.
    #[schemars(example = 50)]
    min_requests: Option<Count>,
    /// How long a call counts.
    #[schemars(extend("default" = "60s"), example = "10s")]
    window: Option<Time>,
    /// How long calls are refused before the endpoint is tried again.
    #[schemars(extend("default" = "30s"), example = "5s")]
    open_for: Option<Time>,
    /// As many calls at a time try it then, and as many have to succeed.
    #[schemars(extend("default" = 3), example = 1)]
    half_open_requests: Option<Count>,
}

/// What is said at one place.
#[derive(Debug, Default)]
pub struct RawGuards {
    pub retry: Retry,
    pub circuit_breaker: CircuitBreaker,
    pub max_in_flight: Option<Number>,
}

impl RawGuards {
    /// Puts what is said here in place of what `config` has from further out.
    pub fn lay_over(self, config: &mut SourceConfig, resolving: &mut Resolving<'_>) {
        let Self { retry, circuit_breaker, max_in_flight } = self;
        config.retry = RetryConfig {
            attempts: retry.attempts.map_or(config.retry.attempts, |attempts| attempts.0),
            budget: retry.budget.map_or(config.retry.budget, |budget| budget.0),
        };
        config.circuit_breaker = circuit_breaker.over(config.circuit_breaker.take(), resolving);
        if let Some(most) = max_in_flight {
            config.max_in_flight = most.unless_zero();
        }
    }
}

impl CircuitBreaker {
    fn over(self, outer: Option<BreakerConfig>, resolving: &mut Resolving<'_>) -> Option<BreakerConfig> {
        let Self { failure_threshold, failure_rate, min_requests, window, open_for, half_open_requests } = self;
        if let (Some(_), Some(rate)) = (&failure_threshold, &failure_rate) {
            let help = "take one of them out; they are two ways to open the circuit";
            resolving.error(&rate.span, "`failure_rate` stands beside a `failure_threshold`", help);
        }
        let said = |min: u32| match (&failure_threshold, &failure_rate) {
            (Some(failures), _) => Some(Trip::Failures(failures.0)),
            (None, Some(rate)) => Some(Trip::Rate { share: rate.value.0, min_requests: min }),
            (None, None) => None,
        };
        let min_requests = min_requests.map(|min| min.0);
        let inherited = outer.as_ref().map(|outer| outer.trip);
        let trip = match inherited {
            Some(Trip::Rate { share, min_requests: outer }) => {
                let min_requests = min_requests.unwrap_or(outer);
                said(min_requests).unwrap_or(Trip::Rate { share, min_requests })
            }
            Some(Trip::Failures(_)) | None => said(min_requests.unwrap_or(MIN_REQUESTS)).or(inherited)?,
        };
        let is_off = match trip {
            Trip::Failures(failures) => failures == 0,
            Trip::Rate { share, .. } => share <= 0.0,
        };
        let outer = outer.unwrap_or_default();
        (!is_off).then(|| BreakerConfig {
            trip,
            window: window.map_or(outer.window, |window| window.0),
            open_for: open_for.map_or(outer.open_for, |time| time.0),
            half_open_requests: half_open_requests.map_or(outer.half_open_requests, |count| count.0),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use weft_federation::diagnostics::Source;

    use super::super::Config;

    fn parse(text: &str) -> Result<Config, String> {
        let parsed = Config::parse(&Source::new("weft.yaml", text), Path::new(""), &BTreeMap::new());
        parsed.map_err(|found| found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    }

    /// What holds for a subgraph `a`, for its source `s`, and for any other, in one line each.
    fn check(text: &str) -> [String; 3] {
        let connectors = parse(text).unwrap_or_else(|found| panic!("{found}")).gateway.connectors;
        [connectors.of("a"), connectors.of_source("a", "s"), connectors.of("b")].map(|config| {
            let circuit = config.circuit_breaker.as_ref().map(|circuit| {
                let (window, open_for) = (circuit.window.as_secs(), circuit.open_for.as_secs());
                format!("{:?} {window} {open_for} {}", circuit.trip, circuit.half_open_requests)
            });
            let circuit = circuit.as_deref().unwrap_or("off");
            format!("{} {} | {circuit} | {:?}", config.retry.attempts, config.retry.budget, config.max_in_flight)
        })
    }

    #[test]
    fn guards_are_inherited_key_by_key_and_what_opens_a_circuit_as_one() {
        const DEFAULT: &str = "2 0.2 | Failures(5) 60 30 3 | Some(256)";
        let cases = [
            ("", [DEFAULT; 3]),
            (
                "all: { retry: { attempts: 1 }, circuit_breaker: { window: 5s }, max_in_flight: 7 }\n  subgraphs: { a: { retry: { budget: 0.5 }, circuit_breaker: { failure_threshold: 9 } } }",
                [
                    "1 0.5 | Failures(9) 5 30 3 | Some(7)",
                    "1 0.5 | Failures(9) 5 30 3 | Some(7)",
                    "1 0.2 | Failures(5) 5 30 3 | Some(7)",
                ],
            ),
            (
                "subgraphs: { a: { circuit_breaker: { failure_rate: 0.5, open_for: 1s } } }\n  sources: { a.s: { circuit_breaker: { min_requests: 3, half_open_requests: 1 } } }",
                [
                    "2 0.2 | Rate { share: 0.5, min_requests: 20 } 60 1 3 | Some(256)",
                    "2 0.2 | Rate { share: 0.5, min_requests: 3 } 60 1 1 | Some(256)",
                    DEFAULT,
                ],
            ),
            (
                "all: { retry: { attempts: 0 }, circuit_breaker: { failure_threshold: 0 }, max_in_flight: 0 }\n  subgraphs: { a: { circuit_breaker: { window: 5s } } }\n  sources: { a.s: { circuit_breaker: { failure_rate: 1, min_requests: 2 }, max_in_flight: 1 } }",
                [
                    "0 0.2 | off | None",
                    "0 0.2 | Rate { share: 1.0, min_requests: 2 } 60 30 3 | Some(1)",
                    "0 0.2 | off | None",
                ],
            ),
            (
                "all: { circuit_breaker: { failure_rate: 0.1 } }\n  subgraphs: { a: { circuit_breaker: { failure_rate: 0 } } }\n  sources: { a.s: { circuit_breaker: { failure_threshold: 2 } } }",
                [
                    "2 0.2 | off | Some(256)",
                    "2 0.2 | Failures(2) 60 30 3 | Some(256)",
                    "2 0.2 | Rate { share: 0.1, min_requests: 20 } 60 30 3 | Some(256)",
                ],
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(check(&format!("traffic:\n  {text}\n")), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_guard_is_told() {
        let (number, share) = ("expected a whole number, such as 0 or 3", "expected a share from 0 to 1, such as 0.2");
        // What is written, what of it is wrong, and why.
        let cases = [
            ("retry: { attempts: -1 }", "-1", number),
            ("retry: { attempts: 1.5 }", "1.5", number),
            ("retry: { budget: 1.1 }", "1.1", share),
            ("retry: { budget: nan }", "nan", share),
            ("retry: { atempts: 1 }", "atempts", "there is no key `atempts` here"),
            ("circuit_breaker: { half_open_requests: 0 }", "0 }", "expected a whole number of at least 1"),
            ("circuit_breaker: { open_for: 30 }", "30", "expected a duration"),
            (
                "circuit_breaker: { failure_threshold: 5, failure_rate: 0.5 }",
                "0.5",
                "`failure_rate` stands beside a `failure_threshold`",
            ),
            ("max_in_flight: many", "many", number),
        ];
        for (text, wrong, message) in cases {
            let line = format!("  all: {{ {text} }}");
            let column = line.find(wrong).expect("it is in the line") + 1;
            let found = parse(&format!("traffic:\n{line}\n")).map(drop);
            let expected = format!("weft.yaml:2:{column}: error[INVALID_CONFIG]: {message}");
            assert!(found.as_ref().is_err_and(|found| found.starts_with(&expected)), "{text}: {found:?}");
        }
    }
}

//! Owns a call's way to one endpoint: a place, the circuit, the time that it may take, and once more if that may help.

#[cfg(test)]
mod tests;

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use super::breaker::{Breaker, BreakerConfig, Change, CircuitState, Permit};
use super::bulkhead::{Bulkhead, Place};
use super::guards::EndpointName;
use super::retry::{Again, Effect, Retries, RetryConfig};
use crate::execute::{ErrorOrigin, SubgraphError};

/// How calls to an endpoint are kept in bounds.
#[derive(Debug, Clone, PartialEq)]
pub struct GuardConfig {
    /// For a call with all its attempts, from its start to the last byte of its answer.
    pub timeout: Duration,
    pub retry: RetryConfig,
    /// `None` is off.
    pub circuit_breaker: Option<BreakerConfig>,
    /// How many calls are out at a time; `None` is without a bound.
    pub max_in_flight: Option<usize>,
}

/// What stands before one endpoint, for all requests that call it.
#[derive(Debug)]
pub struct Guard {
    name: EndpointName,
    timeout: Duration,
    breaker: Option<Breaker>,
    bulkhead: Option<Bulkhead>,
    retries: Option<Retries>,
}

/// How one attempt at a call has ended.
#[derive(Debug)]
pub struct Attempt<T> {
    pub result: Result<T, SubgraphError>,
    pub verdict: Verdict,
}

/// What an attempt says of its endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It answered, whatever it said.
    Answered,
    Failed(Again),
}

/// How an endpoint is, for people and tools.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointHealth {
    pub name: EndpointName,
    /// `None` where it has no breaker.
    pub circuit: Option<CircuitState>,
    /// `None` where its calls have no bound.
    pub load: Option<Load>,
}

/// How many calls to an endpoint there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    pub in_flight: usize,
    pub max_in_flight: usize,
    pub waiting: usize,
}

impl Guard {
    pub fn new(name: EndpointName, config: GuardConfig) -> Self {
        let GuardConfig { timeout, retry, circuit_breaker, max_in_flight } = config;
        Self {
            name,
            timeout,
            breaker: circuit_breaker.map(Breaker::new),
            bulkhead: max_in_flight.map(Bulkhead::new),
            retries: Retries::new(&retry),
        }
    }

    /// Makes a call, which ends by `deadline`. `send` makes one attempt, which is given up at the time that it is told. For the
    /// circuit a call with all its attempts is one, and ends as the last of them.
    pub async fn call<T, F: Future<Output = Attempt<T>>>(
        &self,
        effect: Effect,
        deadline: Instant,
        origin: &ErrorOrigin,
        mut send: impl FnMut(Instant) -> F,
    ) -> Result<T, SubgraphError> {
        let started = Instant::now();
        let end = deadline.min(started + self.timeout);
        if let Some(retries) = &self.retries {
            retries.called();
        }
        let mut place = self.place(end, origin).await?;
        // After the wait: what opens the circuit meanwhile is not called.
        let permit = self.breaker.as_ref().map(|breaker| breaker.admit(Instant::now)).transpose();
        let permit = permit.map_err(|_| SubgraphError::circuit_open(origin))?;
        let mut made = 0;
        loop {
            let Attempt { result, verdict } = match timeout_at(end, send(end)).await {
                Ok(attempt) => attempt,
                Err(_) => {
                    // Who comes with little time is no judge of the endpoint.
                    let had_time = end.saturating_duration_since(started) >= self.timeout / 2;
                    self.settle(permit.filter(|_| had_time), Verdict::Failed(Again::None));
                    return Err(SubgraphError::timeout(origin));
                }
            };
            let pause = match (verdict, &self.retries) {
                (Verdict::Failed(again), Some(retries)) => retries.pause(effect, again, made, Instant::now(), end),
                (Verdict::Answered, _) | (_, None) => None,
            };
            let Some(pause) = pause else {
                self.settle(permit, verdict);
                return result;
            };
            drop(place.take());
            sleep(pause).await;
            // What the endpoint said tells more than that it is not asked again.
            place = match self.place(end, origin).await {
                Ok(place) if permit.as_ref().is_none_or(Permit::holds) => place,
                Ok(_) | Err(_) => {
                    self.settle(permit, verdict);
                    return result;
                }
            };
            made += 1;
        }
    }

    /// Refuses while the circuit is open. That is all there is for a stream: it may last for ever, so it is no probe and takes no
    /// place.
    pub fn check(&self, origin: &ErrorOrigin) -> Result<(), SubgraphError> {
        match self.breaker.as_ref().map(|breaker| breaker.state(Instant::now)) {
            Some(CircuitState::Open { .. }) => Err(SubgraphError::circuit_open(origin)),
            Some(CircuitState::Closed | CircuitState::HalfOpen) | None => Ok(()),
        }
    }

    pub fn health(&self) -> EndpointHealth {
        EndpointHealth {
            name: self.name.clone(),
            circuit: self.breaker.as_ref().map(|breaker| breaker.state(Instant::now)),
            load: self.bulkhead.as_ref().map(|bulkhead| Load {
                in_flight: bulkhead.taken(),
                max_in_flight: bulkhead.limit(),
                waiting: bulkhead.waiting(),
            }),
        }
    }

    /// A place among the calls that are out; `None` where they have no bound.
    async fn place(&self, end: Instant, origin: &ErrorOrigin) -> Result<Option<Place<'_>>, SubgraphError> {
        let Some(bulkhead) = &self.bulkhead else { return Ok(None) };
        if let Some(place) = bulkhead.try_enter() {
            return Ok(Some(place));
        }
        self.check(origin)?;
        let place = bulkhead.enter(self.timeout, end).await;
        place.map(Some).map_err(|_| SubgraphError::overloaded(origin, bulkhead.limit()))
    }

    /// Notes how a call has ended.
    fn settle(&self, permit: Option<Permit<'_>>, verdict: Verdict) {
        let change = permit.and_then(|permit| match verdict {
            Verdict::Answered => permit.succeeded(Instant::now),
            Verdict::Failed(_) => permit.failed(Instant::now()),
        });
        match change {
            Some(Change::Opened) => tracing::warn!(endpoint = %self.name, "circuit opened: too many calls failed"),
            Some(Change::Closed) => tracing::info!(endpoint = %self.name, "circuit closed: calls succeed again"),
            None => {}
        }
    }
}

//! Owns the connections to one gRPC service.
//!
//! One HTTP/2 connection carries many calls at once, and no more than its server allows: a call past that waits, and one
//! behind streams that never end waits for ever. So another connection is opened where those that there are have
//! [`CALLS_PER_CONNECTION`] calls each, and let go when it is not needed any more.

use std::sync::{Arc, Mutex, PoisonError};

use tonic::transport::{Channel, Endpoint};

/// Below the 100 that servers and proxies commonly allow, which is also the least that HTTP/2 recommends.
const CALLS_PER_CONNECTION: usize = 90;

#[derive(Debug)]
pub struct Channels {
    endpoint: Endpoint,
    /// With so many connections, calls go to the one that has the fewest.
    max: usize,
    open: Mutex<Vec<Connection>>,
}

#[derive(Debug)]
struct Connection {
    channel: Channel,
    /// Cloned into each call, so that its count tells how many there are.
    calls: Arc<()>,
}

impl Connection {
    fn load(&self) -> usize {
        Arc::strong_count(&self.calls) - 1
    }
}

/// A place on a connection, for as long as this lives.
#[derive(Debug)]
pub struct Lease {
    pub channel: Channel,
    _call: Arc<()>,
}

impl Channels {
    pub fn new(endpoint: Endpoint, max: usize) -> Self {
        Self { endpoint, max, open: Mutex::default() }
    }

    /// A connection with room for one more call. It connects when the call is made, and again when it was lost.
    pub fn lease(&self) -> Lease {
        // Nothing panics while it is held.
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        // One that is idle is let go if the one before it has room to spare, so that they do not come and go.
        while let [.., before, last] = &open[..]
            && last.load() == 0
            && before.load() < CALLS_PER_CONNECTION / 2
        {
            open.pop();
        }
        let first = open.iter().position(|connection| connection.load() < CALLS_PER_CONNECTION);
        let at = match first {
            Some(at) => at,
            None if open.len() < self.max => {
                open.push(Connection { channel: self.endpoint.connect_lazy(), calls: Arc::new(()) });
                open.len() - 1
            }
            None => open.iter().enumerate().min_by_key(|(_, connection)| connection.load()).map_or(0, |(at, _)| at),
        };
        let Connection { channel, calls } = &open[at];
        Lease { channel: channel.clone(), _call: Arc::clone(calls) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loads(channels: &Channels) -> Vec<usize> {
        channels.open.lock().unwrap_or_else(PoisonError::into_inner).iter().map(Connection::load).collect()
    }

    #[tokio::test]
    async fn a_connection_is_opened_where_the_others_are_full() {
        let channels = Channels::new(Endpoint::from_static("http://unused.invalid:1"), 2);
        let mut leases: Vec<Lease> = (0..CALLS_PER_CONNECTION).map(|_| channels.lease()).collect();
        assert_eq!(loads(&channels), [90]);
        leases.extend((0..CALLS_PER_CONNECTION).map(|_| channels.lease()));
        assert_eq!(loads(&channels), [90, 90]);
        // No more than two: the fuller ones get fuller, evenly.
        leases.extend((0..4).map(|_| channels.lease()));
        assert_eq!(loads(&channels), [92, 92]);
        // A place that is free on the first is taken before one on the second.
        drop(leases.drain(..10));
        leases.push(channels.lease());
        assert_eq!(loads(&channels), [83, 92]);
        leases.clear();
        let _one = channels.lease();
        assert_eq!(loads(&channels), [1], "the second is not needed any more");
    }
}

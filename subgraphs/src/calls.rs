//! Owns the log of the calls that a service received, by which tests count upstream calls and see what was batched.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::HeaderMap;
use serde::Serialize;
use serde_json::Value;

/// Older calls are forgotten past this number, so that a benchmark does not fill the memory.
const CAPACITY: usize = 10_000;

/// One call as it came in, whatever became of it: calls that met a fault are here too.
#[derive(Debug, Clone, Serialize)]
pub struct Call {
    /// Method and path, `GET /users/batch`, or the rpc, `orders.v1.OrderService/BatchGet`.
    pub operation: String,
    /// REST: `{"query": {"id": ["u1", "u2"]}, "body": {…}}`, without what the request had not. gRPC: the message.
    /// GraphQL: the request, `{"query": …, "variables": …}`.
    pub input: Value,
    /// As received; not shown by `GET /calls`, since they hold credentials.
    #[serde(skip)]
    pub headers: HeaderMap,
}

impl Call {
    /// The strings at a [JSON pointer](https://www.rfc-editor.org/rfc/rfc6901) of the input, such as `/query/id` or
    /// `/ids`; empty where there is no list.
    pub fn strings(&self, pointer: &str) -> Vec<&str> {
        let list = self.input.pointer(pointer).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).collect()
    }
}

/// The log of one service. Clones are the same log.
#[derive(Debug, Clone, Default)]
pub struct Calls(Arc<Mutex<Log>>);

#[derive(Debug, Default)]
struct Log {
    calls: VecDeque<Call>,
    count: u64,
}

impl Calls {
    /// How many calls came since the start or the last [`Calls::clear`].
    pub fn count(&self) -> u64 {
        self.log().count
    }

    /// The latest calls, oldest first; at most 10,000.
    pub fn list(&self) -> Vec<Call> {
        self.log().calls.iter().cloned().collect()
    }

    /// The operations of the latest calls, oldest first.
    pub fn operations(&self) -> Vec<String> {
        self.log().calls.iter().map(|call| call.operation.clone()).collect()
    }

    /// Forgets all calls.
    pub fn clear(&self) {
        *self.log() = Log::default();
    }

    pub(crate) fn record(&self, call: Call) {
        let mut log = self.log();
        if log.calls.len() == CAPACITY {
            log.calls.pop_front();
        }
        log.calls.push_back(call);
        log.count += 1;
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        // A panic elsewhere cannot leave half a call behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

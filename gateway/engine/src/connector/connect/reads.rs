//! Owns sharing equal reads within an operation: the second waits for the first's answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use super::answer::Reply;
use crate::execute::SubgraphError;

type Shared = Arc<OnceCell<Result<Reply, SubgraphError>>>;

/// The reads of one operation, by all that makes them what they are.
#[derive(Debug, Default)]
pub struct Reads(Mutex<HashMap<Vec<u8>, Shared>>);

impl Reads {
    /// The answer to the call with this key; `call` makes it, unless another one has.
    pub(super) async fn share(
        &self,
        key: Vec<u8>,
        call: impl Future<Output = Result<Reply, SubgraphError>>,
    ) -> Result<Reply, SubgraphError> {
        // Nothing panics while it is held, and a map is whole at any time.
        let cell = Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default());
        cell.get_or_init(|| call).await.clone()
    }
}

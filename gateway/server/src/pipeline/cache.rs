//! Owns the two caches of a snapshot: from a client's text to a bound operation, and from that to a prepared plan.
//!
//! Keys are compared whole; a hash only finds the place to compare at. What is missing is made once, however many
//! requests wait for it, and what could not be made is not remembered.

use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use moka::Equivalent;
use moka::future::Cache;
use weft_engine::PreparedPlan;
use weft_federation::operation::{BoundOperation, OperationError};

use super::overrides::Labels;

/// How much operation text the caches may stand for, in bytes. What is kept for a text is some twenty times its size.
const MAX_TEXT: u64 = 16 * 1024 * 1024;

/// What an entry costs beside its text, in the same measure.
const ENTRY: usize = 256;

/// Which client's schema an operation was bound through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum View {
    /// The supergraph's own API.
    Supergraph,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct OperationKey {
    view: View,
    text: Box<str>,
    operation_name: Option<Box<str>>,
}

/// An [`OperationKey`] of borrowed parts, so that finding one costs no copy. It hashes as the owned one does.
#[derive(Debug, Clone, Copy, Hash)]
pub struct OperationKeyRef<'a> {
    pub view: View,
    pub text: &'a str,
    pub operation_name: Option<&'a str>,
}

impl Equivalent<OperationKey> for OperationKeyRef<'_> {
    fn equivalent(&self, key: &OperationKey) -> bool {
        self.view == key.view && self.text == &*key.text && self.operation_name == key.operation_name.as_deref()
    }
}

impl OperationKeyRef<'_> {
    fn to_owned(self) -> OperationKey {
        OperationKey { view: self.view, text: self.text.into(), operation_name: self.operation_name.map(Into::into) }
    }
}

/// A bound operation, with a number that no other one has: it stands for the whole key in the cache of plans.
#[derive(Debug)]
pub struct CachedOperation {
    /// Shared with subscriptions, which outlive their request.
    pub bound: Arc<BoundOperation>,
    /// The labels of progressive overrides on which its plans can depend.
    pub labels: Labels,
    number: u64,
    text_length: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct PlanKey {
    operation: u64,
    condition_bits: u64,
    /// Those of the operation's labels that are active.
    labels: Labels,
}

struct CachedPlan {
    plan: Arc<PreparedPlan>,
    text_length: usize,
}

/// What a request is told when what it needs could not be made.
pub type Refusal = Arc<Vec<OperationError>>;

pub struct Caches {
    operations: Cache<OperationKey, Arc<CachedOperation>>,
    plans: Cache<PlanKey, Arc<CachedPlan>>,
    next_number: AtomicU64,
}

impl Caches {
    pub fn new() -> Self {
        Self {
            operations: Cache::builder()
                .max_capacity(MAX_TEXT)
                .weigher(|_, operation: &Arc<CachedOperation>| weight(operation.text_length))
                .build(),
            plans: Cache::builder()
                .max_capacity(MAX_TEXT)
                .weigher(|_, plan: &Arc<CachedPlan>| weight(plan.text_length))
                .build(),
            next_number: AtomicU64::new(0),
        }
    }

    /// The operation of a text; `bind` makes it if it is not known.
    pub async fn operation(
        &self,
        key: OperationKeyRef<'_>,
        bind: impl Future<Output = Result<(BoundOperation, Labels), Vec<OperationError>>>,
    ) -> Result<Arc<CachedOperation>, Refusal> {
        if let Some(known) = self.operations.get(&key).await {
            return Ok(known);
        }
        let text_length = key.text.len();
        let made = async {
            let number = self.next_number.fetch_add(1, Ordering::Relaxed);
            let (bound, labels) = bind.await?;
            Ok(Arc::new(CachedOperation { bound: Arc::new(bound), labels, number, text_length }))
        };
        self.operations.try_get_with(key.to_owned(), made).await
    }

    /// The plan of an operation under the values of its conditions, with these of its labels active; `make` makes it if it is not known.
    pub async fn plan(
        &self,
        operation: &CachedOperation,
        condition_bits: u64,
        labels: &Labels,
        make: impl Future<Output = Result<PreparedPlan, Vec<OperationError>>>,
    ) -> Result<Arc<PreparedPlan>, Refusal> {
        let key = PlanKey { operation: operation.number, condition_bits, labels: labels.clone() };
        if let Some(known) = self.plans.get(&key).await {
            return Ok(Arc::clone(&known.plan));
        }
        let text_length = operation.text_length;
        let made = async { Ok(Arc::new(CachedPlan { plan: Arc::new(make.await?), text_length })) };
        self.plans.try_get_with(key, made).await.map(|cached| Arc::clone(&cached.plan))
    }
}

fn weight(text_length: usize) -> u32 {
    u32::try_from(text_length + ENTRY).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    use weft_federation::operation::OperationKind;
    use weft_federation::schema::TypeId;

    fn bound() -> (BoundOperation, Labels) {
        let bound = BoundOperation {
            kind: OperationKind::Query,
            root: TypeId(0),
            selection_set: Arc::default(),
            variables: vec![],
            conditions: vec![],
            introspection: None,
        };
        (bound, Labels::default())
    }

    fn key<'a>(text: &'a str, operation_name: Option<&'a str>) -> OperationKeyRef<'a> {
        OperationKeyRef { view: View::Supergraph, text, operation_name }
    }

    #[tokio::test]
    async fn an_operation_is_made_once_for_all_who_wait_and_once_per_key() {
        let (caches, made) = (Caches::new(), AtomicUsize::new(0));
        let ask = |text, name| {
            let make = async {
                made.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                Ok(bound())
            };
            caches.operation(key(text, name), make)
        };
        let (one, two, named, other) =
            tokio::join!(ask("{a}", None), ask("{a}", None), ask("{a}", Some("A")), ask("{b}", None));
        let again = ask("{a}", None).await;
        let numbers = [one, two, again, named, other].map(|operation| operation.map(|operation| operation.number));
        assert_eq!(made.load(Ordering::Relaxed), 3);
        assert!(numbers[0] == numbers[1] && numbers[1] == numbers[2], "{numbers:?}");
        assert!(numbers[0] != numbers[3] && numbers[0] != numbers[4] && numbers[3] != numbers[4], "{numbers:?}");
    }

    #[tokio::test]
    async fn what_could_not_be_made_is_tried_again() {
        let caches = Caches::new();
        let failed = async { Err(vec![OperationError::new("BAD_USER_INPUT", "no")]) };
        assert!(caches.operation(key("{a}", None), failed).await.is_err());
        assert!(caches.operation(key("{a}", None), async { Ok(bound()) }).await.is_ok());
    }
}

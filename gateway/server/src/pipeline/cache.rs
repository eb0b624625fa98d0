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

use super::clients::View;
use super::overrides::Labels;
use crate::usage::Used;

/// How much each of the two caches may hold, in bytes. A plan of usual size has some tens of kilobytes.
const MAX_BYTES: u64 = 256 << 20;

/// What an entry costs the cache beside its value, in bytes.
const ENTRY: usize = 256;

/// How much larger than its text a parsed document is, roughly.
const DOCUMENT_FACTOR: usize = 20;

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
    /// Of the client's schema. Empty where nobody counts.
    pub used: Used,
    number: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct PlanKey {
    operation: u64,
    condition_bits: u64,
    /// Those of the operation's labels that are active.
    labels: Labels,
}

/// What a request is told when what it needs could not be made.
pub type Refusal = Arc<Vec<OperationError>>;

pub struct Caches {
    operations: Cache<OperationKey, Arc<CachedOperation>>,
    plans: Cache<PlanKey, Arc<PreparedPlan>>,
    next_number: AtomicU64,
}

impl Caches {
    pub fn new() -> Self {
        Self {
            operations: Cache::builder()
                .max_capacity(MAX_BYTES)
                .weigher(|key: &OperationKey, operation: &Arc<CachedOperation>| {
                    weight(text_footprint(&key.text, &operation.bound) + operation.bound.footprint())
                })
                .build(),
            plans: Cache::builder()
                .max_capacity(MAX_BYTES)
                .weigher(|_, plan: &Arc<PreparedPlan>| weight(plan.footprint()))
                .build(),
            next_number: AtomicU64::new(0),
        }
    }

    /// The operation of a text; `bind` makes it if it is not known.
    pub async fn operation(
        &self,
        key: OperationKeyRef<'_>,
        bind: impl Future<Output = Result<(BoundOperation, Labels, Used), Vec<OperationError>>>,
    ) -> Result<Arc<CachedOperation>, Refusal> {
        if let Some(known) = self.operations.get(&key).await {
            return Ok(known);
        }
        let made = async {
            let number = self.next_number.fetch_add(1, Ordering::Relaxed);
            let (bound, labels, used) = bind.await?;
            Ok(Arc::new(CachedOperation { bound: Arc::new(bound), labels, used, number }))
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
            return Ok(known);
        }
        self.plans.try_get_with(key, async { make.await.map(Arc::new) }).await
    }
}

/// What the text of an operation costs: itself, and where introspection keeps it, the document that it was parsed to.
fn text_footprint(text: &str, bound: &BoundOperation) -> usize {
    if bound.introspection.is_some() { text.len() * DOCUMENT_FACTOR } else { text.len() }
}

fn weight(bytes: usize) -> u32 {
    u32::try_from(bytes + ENTRY).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    use weft_engine::policy::Guards;
    use weft_federation::compose::{NoConnectors, compose};
    use weft_federation::diagnostics::Source;
    use weft_federation::operation::OperationKind;
    use weft_federation::plan::{FetchField, ProjectedField, Slot};
    use weft_federation::schema::TypeId;
    use weft_federation::schema::subgraph::SubgraphInput;

    use crate::config::GatewayConfig;
    use crate::pipeline::{Loaded, Snapshot, bind};

    fn bound() -> (BoundOperation, Labels, Used) {
        let bound = BoundOperation {
            kind: OperationKind::Query,
            root: TypeId(0),
            selection_set: Arc::default(),
            variables: vec![],
            conditions: vec![],
            demanded: vec![],
            introspection: None,
        };
        (bound, Labels::default(), Used::default())
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

    /// Each fragment spreads the next one twice, under other arguments: the plan is 2^depth times as large as the text.
    fn doubling(depth: usize) -> String {
        let mut text = String::from("{ ...F0 }");
        for at in 0..depth {
            let next = at + 1;
            text += &format!(
                " fragment F{at} on Query {{ x: self(n: 1) {{ ...F{next} }} y: self(n: 2) {{ ...F{next} }} }}"
            );
        }
        text + &format!(" fragment F{depth} on Query {{ a }}")
    }

    #[test]
    fn a_plan_weighs_what_it_holds_and_an_operation_what_it_selects() {
        let source = Source::new("a.graphql", "type Query { a: Int self(n: Int): Query }");
        let input = SubgraphInput { name: "a".to_owned(), url: "http://a.invalid".to_owned(), source };
        let sdl = compose(vec![input], &mut NoConnectors).supergraph.expect("one subgraph composes");
        let loaded = Snapshot::load(
            &Source::new("supergraph.graphql", sdl),
            vec![],
            &GatewayConfig::default(),
            &Guards::default(),
        );
        let Ok(Loaded { snapshot, .. }) = loaded else { panic!("what was composed loads") };
        let weigh = |depth| {
            let bound = bind(snapshot.clients.get(View::Supergraph), &doubling(depth), None).expect("it is valid");
            let labels = snapshot.engine.overrides().decide(&Labels::default());
            let plan = snapshot.engine.plan(&bound, 0, &labels, &|| true).expect("it can be planned");
            (plan.footprint(), bound.footprint(), plan.plan.shape.slots.len())
        };
        let (small, small_operation, _) = weigh(2);
        let (large, large_operation, slots) = weigh(10);
        assert!(slots >= 2000, "it doubles: {slots}");
        // Per slot there is at least the slot itself, a field that is fetched into it, and one that is projected from it.
        let counted = slots * (size_of::<Slot>() + size_of::<FetchField>() + size_of::<ProjectedField>());
        assert!((counted..3 * counted).contains(&large), "{large} bytes, where {counted} are certain");
        assert!(large > 100 * small, "{small} {large}");
        assert!((2 * small_operation..10 * small_operation).contains(&large_operation), "{large_operation}");
    }
}

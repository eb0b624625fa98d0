//! Owns the stream of one order's changes.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, stream};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::proto::{Order, OrderStatus};
use super::store::Store;

/// A pending order ships so long after a watch on it began.
const SHIPS_AFTER: Duration = Duration::from_millis(500);

struct Watch {
    store: Arc<Store>,
    id: String,
    versions: watch::Receiver<u64>,
    ships_at: Instant,
    stopping: CancellationToken,
    /// What the watcher saw last.
    seen: Option<OrderStatus>,
}

/// The order as it is, and again at each change of its status, until it has shipped.
pub(super) fn changes(
    store: Arc<Store>,
    id: String,
    stopping: CancellationToken,
) -> impl Stream<Item = Result<Order, Status>> {
    let versions = store.versions();
    let watch = Watch { store, id, versions, ships_at: Instant::now() + SHIPS_AFTER, stopping, seen: None };
    stream::unfold(Some(watch), |watch| async { next(watch?).await })
}

/// The next element, and what to go on with if it is not the last.
async fn next(mut watch: Watch) -> Option<(Result<Order, Status>, Option<Watch>)> {
    loop {
        // Orders are never deleted, so this ends only if the watch was on none.
        let order = watch.store.get(&watch.id)?;
        if watch.seen != Some(order.status()) {
            watch.seen = Some(order.status());
            return Some((Ok(order), Some(watch)));
        }
        if order.status() == OrderStatus::Shipped {
            return None;
        }
        tokio::select! {
            () = watch.stopping.cancelled() => return Some((Err(Status::unavailable("the service stops")), None)),
            () = tokio::time::sleep_until(watch.ships_at) => watch.store.ship(&watch.id),
            // The sender lives in the store, which this watch holds.
            _ = watch.versions.changed() => {}
        }
    }
}

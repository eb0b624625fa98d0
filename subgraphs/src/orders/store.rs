//! Owns the orders as they are now, and says when one has changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::proto::{self, OrderStatus};
use crate::data::{Dataset, Timestamp, index_of};

const MAX_QUANTITY: i32 = 1_000;

/// A minute passes on the shop's clock for each new order: the wall's clock would make answers differ.
const SECONDS_BETWEEN_ORDERS: i64 = 60;

pub(super) struct Store {
    data: &'static Dataset,
    orders: Mutex<Orders>,
    /// Counts changes. Who waits for one looks at the order again, so that nobody can fall behind.
    version: watch::Sender<u64>,
}

struct Orders {
    /// In the order of their ids, which is also that of time.
    list: Vec<proto::Order>,
    /// The positions of each user's orders.
    by_user: BTreeMap<String, Vec<usize>>,
    clock: Timestamp,
}

/// Why an order cannot be.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum CreateError {
    #[error("there is no user {0:?}")]
    User(String),
    #[error("an order needs at least one item")]
    NoItems,
    #[error("there is no product {0:?}")]
    Product(String),
    #[error("{1} of product {0:?} cannot be ordered; the quantity must be from 1 to {MAX_QUANTITY}")]
    Quantity(String, i32),
}

impl Store {
    pub(super) fn new(data: &'static Dataset) -> Self {
        let clock = data.orders.last().map_or(Timestamp::OPENING, |order| order.created_at);
        let mut orders = Orders { list: Vec::new(), by_user: BTreeMap::new(), clock };
        for order in &data.orders {
            orders.push(order.into());
        }
        Self { data, orders: Mutex::new(orders), version: watch::Sender::new(0) }
    }

    pub(super) fn get(&self, id: &str) -> Option<proto::Order> {
        self.orders().list.get(index_of(id, 'o')?).cloned()
    }

    /// Those that exist, each once, the newest first.
    pub(super) fn batch(&self, ids: &[String]) -> Vec<proto::Order> {
        let indices: BTreeSet<usize> = ids.iter().filter_map(|id| index_of(id, 'o')).collect();
        let orders = self.orders();
        indices.into_iter().rev().filter_map(|index| orders.list.get(index)).cloned().collect()
    }

    /// The latest `per_user` orders of each user, all together, the newest first: one user's are not side by side.
    pub(super) fn latest_of(&self, user_ids: &[String], per_user: usize) -> Vec<proto::Order> {
        let orders = self.orders();
        let indices: BTreeSet<usize> = user_ids
            .iter()
            .filter_map(|user_id| orders.by_user.get(user_id))
            .flat_map(|indices| indices.iter().rev().take(per_user))
            .copied()
            .collect();
        indices.into_iter().rev().map(|index| orders.list[index].clone()).collect()
    }

    pub(super) fn create(&self, user_id: String, items: Vec<proto::Item>) -> Result<proto::Order, CreateError> {
        if index_of(&user_id, 'u').is_none_or(|index| index >= self.data.users.len()) {
            return Err(CreateError::User(user_id));
        }
        if items.is_empty() {
            return Err(CreateError::NoItems);
        }
        let mut total_minor = 0;
        for proto::Item { product_id, quantity } in &items {
            let product = index_of(product_id, 'p')
                .and_then(|index| self.data.products.get(index))
                .ok_or_else(|| CreateError::Product(product_id.clone()))?;
            if !(1..=MAX_QUANTITY).contains(quantity) {
                return Err(CreateError::Quantity(product_id.clone(), *quantity));
            }
            total_minor += product.price * i64::from(*quantity);
        }

        let mut orders = self.orders();
        orders.clock = orders.clock.plus_seconds(SECONDS_BETWEEN_ORDERS);
        let order = proto::Order {
            id: format!("o{}", orders.list.len() + 1),
            user_id,
            status: OrderStatus::Pending.into(),
            total_minor,
            items,
            created_at: Some(orders.clock.into()),
            note: None,
            labels: BTreeMap::new(),
            payment: None,
        };
        orders.push(order.clone());
        Ok(order)
    }

    /// Marks an order as shipped. One that does not exist, or has shipped already, stays as it is.
    pub(super) fn ship(&self, id: &str) {
        let Some(index) = index_of(id, 'o') else { return };
        if let Some(order) = self.orders().list.get_mut(index) {
            order.set_status(OrderStatus::Shipped);
        }
        self.version.send_modify(|version| *version += 1);
    }

    /// Changes whenever an order does.
    pub(super) fn versions(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    fn orders(&self) -> MutexGuard<'_, Orders> {
        // A panic elsewhere leaves the orders whole: the one write of several steps, `push`, cannot panic between them.
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Orders {
    fn push(&mut self, order: proto::Order) {
        self.by_user.entry(order.user_id.clone()).or_default().push(self.list.len());
        self.list.push(order);
    }
}

//! Owns how an order of the data set is written as a message.

use super::proto::{self, OrderStatus};
use crate::data::{Item, Order, Payment, Timestamp};

impl From<&Order> for proto::Order {
    fn from(order: &Order) -> Self {
        Self {
            id: order.id.clone(),
            user_id: order.user_id.clone(),
            status: if order.shipped { OrderStatus::Shipped } else { OrderStatus::Pending }.into(),
            total_minor: order.total_minor,
            items: order.items.iter().map(proto::Item::from).collect(),
            created_at: Some(order.created_at.into()),
            note: order.note.map(str::to_owned),
            labels: order.labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            payment: order.payment.as_ref().map(proto::order::Payment::from),
        }
    }
}

impl From<&Item> for proto::Item {
    fn from(item: &Item) -> Self {
        Self { product_id: item.product_id.clone(), quantity: item.quantity }
    }
}

impl From<&Payment> for proto::order::Payment {
    fn from(payment: &Payment) -> Self {
        match payment {
            Payment::Card { brand, number } => {
                Self::Card(proto::Card { brand: (*brand).to_owned(), number: number.clone() })
            }
            Payment::Wallet { provider } => Self::Wallet(proto::Wallet { provider: (*provider).to_owned() }),
        }
    }
}

impl From<Timestamp> for prost_types::Timestamp {
    fn from(Timestamp(seconds): Timestamp) -> Self {
        Self { seconds, nanos: 0 }
    }
}

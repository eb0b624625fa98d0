//! Owns the shop's orders and their shipments.

use serde::Serialize;

use super::{Product, Random, Timestamp, User};

/// An order, as the gRPC service keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    pub id: String,
    pub user_id: String,
    /// Shipped, or still pending.
    pub shipped: bool,
    /// In cents; the sum over the items.
    pub total_minor: i64,
    pub items: Vec<Item>,
    pub created_at: Timestamp,
    pub note: Option<&'static str>,
    pub labels: Vec<(&'static str, &'static str)>,
    pub payment: Option<Payment>,
}

/// So many of one product; an order names no product twice.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    pub product_id: String,
    pub quantity: i32,
}

/// How an order was paid. One without is paid on delivery.
#[derive(Debug, Clone, PartialEq)]
pub enum Payment {
    Card { brand: &'static str, number: String },
    Wallet { provider: &'static str },
}

/// A parcel, as the shipping service's REST API shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shipment {
    pub order_id: String,
    pub status: ShipmentStatus,
    /// Absent, as is the code, until the parcel is handed over.
    pub carrier: Option<&'static str>,
    pub tracking_code: Option<String>,
    pub eta: Timestamp,
}

/// How far a parcel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ShipmentStatus {
    Preparing,
    InTransit,
    Delivered,
}

const ORDERS: usize = 2_000;

/// So many orders go around all users in turn, which gives everyone five; who places the rest is up to chance.
const EVERYONES_ORDERS: usize = 1_000;

/// The one order of a wholesaler: its total does not fit into 32 bits.
const WHOLESALE_ORDER: usize = 41;
const WHOLESALE_QUANTITY: i32 = 2_000_000;

/// The latest orders have not shipped yet, for the most part.
const RECENT_ORDERS: usize = 300;

const NOTES: [&str; 6] = [
    "Please leave it with the neighbour on the ground floor.",
    "Ring twice, the bell is quiet.",
    "It is a present: no invoice in the box, please.",
    "Deliver after six.",
    "Call when you are at the gate.",
    "No hurry.",
];

const CHANNELS: [&str; 3] = ["web", "app", "phone"];

const WALLETS: [&str; 3] = ["PayPal", "Apple Pay", "Google Pay"];

pub(super) fn orders(random: &mut Random, users: &[User], products: &[Product]) -> Vec<Order> {
    let mut created_at = Timestamp::OPENING;
    (0..ORDERS)
        .map(|index| {
            // About four orders a day.
            created_at = created_at.plus_seconds(random.between(600, 42_000));
            let user = if index < EVERYONES_ORDERS { &users[index % users.len()] } else { random.pick(users) };
            let (items, total_minor) = items(random, products, index == WHOLESALE_ORDER);
            let mut labels = vec![("channel", *random.pick(&CHANNELS))];
            if random.chance(15) {
                labels.push(("gift", "true"));
            }
            Order {
                id: format!("o{}", index + 1),
                user_id: user.id.clone(),
                shipped: index + RECENT_ORDERS < ORDERS || random.chance(20),
                total_minor,
                items,
                created_at,
                note: random.chance(20).then(|| *random.pick(&NOTES)),
                labels,
                payment: payment(random),
            }
        })
        .collect()
}

/// From one to four different products, and what they cost together.
fn items(random: &mut Random, products: &[Product], wholesale: bool) -> (Vec<Item>, i64) {
    let mut items: Vec<Item> = Vec::new();
    let mut total = 0;
    for _ in 0..=random.below(4) {
        let product = random.pick(products);
        if items.iter().any(|item| item.product_id == product.id) {
            continue;
        }
        let quantity = match () {
            () if wholesale => WHOLESALE_QUANTITY,
            () if random.chance(75) => 1,
            () => random.between(2, 4) as i32,
        };
        total += product.price * i64::from(quantity);
        items.push(Item { product_id: product.id.clone(), quantity });
    }
    (items, total)
}

fn payment(random: &mut Random) -> Option<Payment> {
    match random.below(20) {
        // Paid on delivery.
        0 => None,
        1..=13 => {
            let (brand, first_digits) = *random.pick(&[("Visa", 4242), ("Mastercard", 5454)]);
            let number = format!("{first_digits}0000{:08}", random.below(100_000_000));
            Some(Payment::Card { brand, number })
        }
        _ => {
            let provider = *random.pick(&WALLETS);
            Some(Payment::Wallet { provider })
        }
    }
}

pub(super) fn shipments(random: &mut Random, orders: &[Order]) -> Vec<Shipment> {
    let latest = orders.last().map_or(Timestamp::OPENING, |order| order.created_at);
    orders
        .iter()
        .map(|order| {
            let eta = order.created_at.plus_days(random.between(2, 9));
            let carrier = *random.pick(&["Parcelbird", "Northpost", "Swiftline"]);
            let number = random.below(1_000_000_000);
            let status = match order.shipped {
                false => ShipmentStatus::Preparing,
                true if eta > latest => ShipmentStatus::InTransit,
                true => ShipmentStatus::Delivered,
            };
            Shipment {
                order_id: order.id.clone(),
                status,
                carrier: order.shipped.then_some(carrier),
                tracking_code: order.shipped.then(|| format!("{}-{number:09}", &carrier[..2].to_uppercase())),
                eta,
            }
        })
        .collect()
}

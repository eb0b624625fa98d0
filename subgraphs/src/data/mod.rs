//! Owns the data that the services answer from: one shop, the same on every machine, since all of it comes from one seed.
//!
//! The services share it as a starting point and nothing else: what one of them changes, the others do not see.

mod catalog;
mod orders;
mod random;
mod reviews;
mod time;

use std::sync::LazyLock;

pub use catalog::{Product, User};
pub use orders::{Item, Order, Payment, Shipment, ShipmentStatus};
pub use random::Random;
pub use reviews::{Question, Review};
pub use time::Timestamp;

/// The seed of [`dataset`].
pub const SEED: u64 = 0x77e5_7000;

/// Everything in the shop. Ids are a letter and a number that counts from 1 (`u1`, `p17`, `o1001`, `r3`, `q8`), and each
/// list is in the order of its ids.
#[derive(Debug, PartialEq)]
pub struct Dataset {
    pub users: Vec<User>,
    pub products: Vec<Product>,
    pub orders: Vec<Order>,
    /// One for each order, in the order of the orders.
    pub shipments: Vec<Shipment>,
    pub reviews: Vec<Review>,
    pub questions: Vec<Question>,
}

impl Dataset {
    /// 200 users, 500 products, 2,000 orders and shipments, 5,000 reviews, 400 questions. Each part has a sequence of its
    /// own, so that a change in one does not move the others.
    pub fn generate(seed: u64) -> Self {
        let part = |number: u64| Random::new(seed ^ (number << 32));
        let users = catalog::users(&mut part(1));
        let products = catalog::products(&mut part(2));
        let orders = orders::orders(&mut part(3), &users, &products);
        let shipments = orders::shipments(&mut part(4), &orders);
        let reviews = reviews::reviews(&mut part(5), &users, &products, &orders);
        let questions = reviews::questions(&mut part(6), &users, &products, &orders);
        Self { users, products, orders, shipments, reviews, questions }
    }
}

/// The data of the demo, made at first use.
pub fn dataset() -> &'static Dataset {
    static DATASET: LazyLock<Dataset> = LazyLock::new(|| Dataset::generate(SEED));
    &DATASET
}

/// The position in its list of the entity with this id, if the id has the right letter and a number from 1.
pub(crate) fn index_of(id: &str, letter: char) -> Option<usize> {
    let number = id.strip_prefix(letter)?;
    // A number has one spelling: neither "u01" nor "u+1" is "u1".
    if number.starts_with('0') || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    number.parse::<usize>().ok()?.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;

    #[test]
    fn an_id_has_one_spelling() {
        for (id, index) in [
            ("u1", Some(0)),
            ("u200", Some(199)),
            ("u0", None),
            ("u01", None),
            ("u+1", None),
            ("u", None),
            ("", None),
            ("p1", None),
            ("u99999999999999999999999", None),
        ] {
            assert_eq!(index_of(id, 'u'), index, "{id}");
        }
    }

    #[test]
    fn the_shop_has_its_size() {
        let data = dataset();
        assert_eq!(data.users.len(), 200);
        assert_eq!(data.products.len(), 500);
        assert_eq!(data.orders.len(), 2_000);
        assert_eq!(data.shipments.len(), 2_000);
        assert_eq!(data.reviews.len(), 5_000);
        assert_eq!(data.questions.len(), 400);
    }

    #[test]
    fn ids_are_positions() {
        let data = dataset();
        let lists: [(char, Vec<&str>); 5] = [
            ('u', data.users.iter().map(|user| user.id.as_str()).collect()),
            ('p', data.products.iter().map(|product| product.id.as_str()).collect()),
            ('o', data.orders.iter().map(|order| order.id.as_str()).collect()),
            ('r', data.reviews.iter().map(|review| review.id.as_str()).collect()),
            ('q', data.questions.iter().map(|question| question.id.as_str()).collect()),
        ];
        for (letter, ids) in lists {
            for (index, id) in ids.into_iter().enumerate() {
                assert_eq!(index_of(id, letter), Some(index), "{id}");
            }
        }
    }

    #[test]
    fn references_lead_somewhere() {
        let data = dataset();
        let user = |id: &str| index_of(id, 'u').is_some_and(|index| index < data.users.len());
        let product = |id: &str| index_of(id, 'p').and_then(|index| data.products.get(index));
        for order in &data.orders {
            assert!(user(&order.user_id), "{order:?}");
            let total: i64 = order
                .items
                .iter()
                .map(|item| product(&item.product_id).map_or(0, |product| product.price * i64::from(item.quantity)))
                .sum();
            assert_eq!(order.total_minor, total, "{order:?}");
            assert!(!order.items.is_empty() && order.items.iter().all(|item| item.quantity > 0), "{order:?}");
        }
        for review in &data.reviews {
            assert!(user(&review.author_id) && product(&review.product_id).is_some(), "{review:?}");
            assert!((1..=5).contains(&review.rating), "{review:?}");
        }
        for question in &data.questions {
            assert!(user(&question.author_id) && product(&question.product_id).is_some(), "{question:?}");
        }
        for (order, shipment) in data.orders.iter().zip(&data.shipments) {
            assert_eq!(order.id, shipment.order_id);
        }
    }

    #[test]
    fn every_user_has_orders_and_every_name_is_taken_once() {
        let data = dataset();
        let mut orders: HashMap<&str, usize> = HashMap::new();
        for order in &data.orders {
            *orders.entry(&order.user_id).or_default() += 1;
        }
        assert!(data.users.iter().all(|user| orders.get(user.id.as_str()).is_some_and(|count| *count >= 3)));

        let users: HashSet<&str> = data.users.iter().map(|user| user.full_name.as_str()).collect();
        let products: HashSet<&str> = data.products.iter().map(|product| product.name.as_str()).collect();
        assert_eq!((users.len(), products.len()), (200, 500));
    }

    #[test]
    fn time_runs_forward() {
        let data = dataset();
        assert!(data.orders.is_sorted_by_key(|order| order.created_at));
        assert!(data.reviews.is_sorted_by_key(|review| review.created_at));
        assert!(data.questions.is_sorted_by_key(|question| question.created_at));
        for review in data.reviews.iter().filter(|review| review.verified) {
            let bought_before = data.orders.iter().any(|order| {
                order.user_id == review.author_id
                    && order.created_at < review.created_at
                    && order.items.iter().any(|item| item.product_id == review.product_id)
            });
            assert!(bought_before, "{review:?}");
        }
    }

    #[test]
    fn one_total_needs_more_than_32_bits() {
        assert!(dataset().orders.iter().any(|order| order.total_minor > i64::from(u32::MAX)));
    }

    #[test]
    fn a_seed_gives_one_shop() {
        assert_eq!(Dataset::generate(1), Dataset::generate(1));
        assert_ne!(Dataset::generate(1), Dataset::generate(2));
    }

    /// A change here means that saved answers elsewhere (tests, documentation) have changed too.
    #[test]
    fn the_shop_is_the_one_we_know() {
        let text = format!("{:?}", Dataset::generate(SEED));
        // FNV-1a, 64 bits.
        let hash = text
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        assert_eq!(format!("{hash:016x}"), "766bc09966ee1b1e");
    }
}

//! Owns the reviews as they are now, finds them by product and author, and tells of new ones.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use tokio::sync::broadcast;

use crate::data::{Dataset, Question, Review, Timestamp, index_of};

/// A subscriber that falls further behind than this misses reviews.
const BACKLOG: usize = 256;

/// A minute passes on the shop's clock for each new review: the wall's clock would make answers differ.
const SECONDS_BETWEEN_REVIEWS: i64 = 60;

const MAX_BODY: usize = 2_000;

pub(super) struct Store {
    data: &'static Dataset,
    reviews: RwLock<Reviews>,
    questions_by_product: HashMap<&'static str, Vec<Arc<Question>>>,
    questions: Vec<Arc<Question>>,
    added: broadcast::Sender<Arc<Review>>,
}

/// Each list is in the order of time.
#[derive(Default)]
struct Reviews {
    list: Vec<Arc<Review>>,
    by_product: HashMap<String, Vec<Arc<Review>>>,
    by_author: HashMap<String, Vec<Arc<Review>>>,
}

/// What a new review says.
pub(super) struct NewReview {
    pub product_id: String,
    pub author_id: String,
    pub rating: i32,
    pub body: String,
}

/// Why a review cannot be.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum AddError {
    #[error("rating is {0}; it must be from 1 to 5")]
    Rating(i32),
    #[error("body must have from 1 to {MAX_BODY} characters")]
    Body,
    #[error("there is no product {0:?}")]
    Product(String),
    #[error("there is no user {0:?}")]
    Author(String),
}

impl Store {
    pub(super) fn new(data: &'static Dataset) -> Self {
        let mut reviews = Reviews::default();
        for review in &data.reviews {
            reviews.push(Arc::new(review.clone()));
        }
        let questions: Vec<Arc<Question>> = data.questions.iter().cloned().map(Arc::new).collect();
        let mut questions_by_product: HashMap<&str, Vec<Arc<Question>>> = HashMap::new();
        for (kept, question) in data.questions.iter().zip(&questions) {
            questions_by_product.entry(&kept.product_id).or_default().push(Arc::clone(question));
        }
        let (added, _) = broadcast::channel(BACKLOG);
        Self { data, reviews: RwLock::new(reviews), questions_by_product, questions, added }
    }

    pub(super) fn has_product(&self, id: &str) -> bool {
        index_of(id, 'p').is_some_and(|index| index < self.data.products.len())
    }

    pub(super) fn has_user(&self, id: &str) -> bool {
        index_of(id, 'u').is_some_and(|index| index < self.data.users.len())
    }

    pub(super) fn review(&self, id: &str) -> Option<Arc<Review>> {
        self.reviews().list.get(index_of(id, 'r')?).cloned()
    }

    pub(super) fn question(&self, id: &str) -> Option<Arc<Question>> {
        self.questions.get(index_of(id, 'q')?).cloned()
    }

    /// The newest first, as in all lists here.
    pub(super) fn latest_reviews(&self, count: usize) -> Vec<Arc<Review>> {
        newest(&self.reviews().list, count)
    }

    pub(super) fn latest_questions(&self, count: usize) -> Vec<Arc<Question>> {
        newest(&self.questions, count)
    }

    pub(super) fn reviews_of_product(&self, product_id: &str, count: usize) -> Vec<Arc<Review>> {
        newest(self.reviews().by_product.get(product_id).map_or(&[], Vec::as_slice), count)
    }

    pub(super) fn questions_of_product(&self, product_id: &str, count: usize) -> Vec<Arc<Question>> {
        newest(self.questions_by_product.get(product_id).map_or(&[], Vec::as_slice), count)
    }

    pub(super) fn reviews_by_author(&self, author_id: &str, count: usize) -> Vec<Arc<Review>> {
        newest(self.reviews().by_author.get(author_id).map_or(&[], Vec::as_slice), count)
    }

    /// How many reviews a product has, and the sum of their ratings.
    pub(super) fn ratings(&self, product_id: &str) -> (usize, i32) {
        let reviews = self.reviews();
        let reviews = reviews.by_product.get(product_id).map_or(&[][..], Vec::as_slice);
        (reviews.len(), reviews.iter().map(|review| review.rating).sum())
    }

    pub(super) fn add(&self, new: NewReview) -> Result<Arc<Review>, AddError> {
        let NewReview { product_id, author_id, rating, body } = new;
        if !(1..=5).contains(&rating) {
            return Err(AddError::Rating(rating));
        }
        if body.trim().is_empty() || body.chars().count() > MAX_BODY {
            return Err(AddError::Body);
        }
        if !self.has_product(&product_id) {
            return Err(AddError::Product(product_id));
        }
        if !self.has_user(&author_id) {
            return Err(AddError::Author(author_id));
        }
        let verified =
            self.data.orders.iter().any(|order| {
                order.user_id == author_id && order.items.iter().any(|item| item.product_id == product_id)
            });
        let mut reviews = self.reviews.write().unwrap_or_else(PoisonError::into_inner);
        let latest = reviews.list.last().map_or(Timestamp::OPENING, |review| review.created_at);
        let review = Arc::new(Review {
            id: format!("r{}", reviews.list.len() + 1),
            product_id,
            author_id,
            rating,
            body,
            verified,
            created_at: latest.plus_seconds(SECONDS_BETWEEN_REVIEWS),
        });
        reviews.push(Arc::clone(&review));
        drop(reviews);
        // It fails if nobody listens, which is no failure.
        let _ = self.added.send(Arc::clone(&review));
        Ok(review)
    }

    /// Receives the reviews that are added from now on.
    pub(super) fn subscribe(&self) -> broadcast::Receiver<Arc<Review>> {
        self.added.subscribe()
    }

    fn reviews(&self) -> RwLockReadGuard<'_, Reviews> {
        // Reviews are only ever appended, so a panic elsewhere leaves nothing half done that could be seen.
        self.reviews.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reviews {
    fn push(&mut self, review: Arc<Review>) {
        self.by_product.entry(review.product_id.clone()).or_default().push(Arc::clone(&review));
        self.by_author.entry(review.author_id.clone()).or_default().push(Arc::clone(&review));
        self.list.push(review);
    }
}

fn newest<T>(all: &[Arc<T>], count: usize) -> Vec<Arc<T>> {
    all.iter().rev().take(count).cloned().collect()
}

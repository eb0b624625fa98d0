//! Owns the types of the schema: what a review, a question, and this service's part of a product and a user show.
//!
//! Products and users live elsewhere. Fields that lead to them are nullable, so that an outage there costs no review; and
//! `Product.reviews` is, so that an outage here costs no product. `Product.feedback` is not, for the other case to exist.

use std::cmp::Reverse;
use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Interface, Object, Result, Union};

use super::schema::{DateTime, count, store};
use crate::data;

/// A review, by reference to the store's.
#[derive(Clone)]
pub(super) struct Review(pub Arc<data::Review>);

/// A question, by reference to the store's.
#[derive(Clone)]
pub(super) struct Question(pub Arc<data::Question>);

/// The catalog's product, of which only the id is known here.
pub(super) struct Product {
    pub id: String,
}

/// The catalog's user, of whom only the id is known here.
pub(super) struct User {
    pub id: String,
}

/// Something that a user wrote.
#[derive(Interface)]
#[graphql(
    field(name = "id", ty = "ID"),
    field(name = "body", ty = "String"),
    field(name = "author", ty = "Option<User>"),
    field(name = "product", ty = "Option<Product>"),
    field(name = "created_at", ty = "DateTime")
)]
pub(super) enum Post {
    Review(Review),
    Question(Question),
}

/// What users say about a product.
#[derive(Union)]
pub(super) enum Feedback {
    Review(Review),
    Question(Question),
}

/// What the ratings of a product come to.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sentiment {
    Loved,
    Liked,
    Mixed,
    Disliked,
}

#[Object]
impl Review {
    async fn id(&self) -> ID {
        ID(self.0.id.clone())
    }

    /// From 1 to 5.
    async fn rating(&self) -> i32 {
        self.0.rating
    }

    async fn body(&self) -> String {
        self.0.body.clone()
    }

    /// Written by someone who bought the product here.
    async fn verified(&self) -> bool {
        self.0.verified
    }

    async fn author(&self) -> Option<User> {
        Some(User { id: self.0.author_id.clone() })
    }

    async fn product(&self) -> Option<Product> {
        Some(Product { id: self.0.product_id.clone() })
    }

    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }
}

#[Object]
impl Question {
    async fn id(&self) -> ID {
        ID(self.0.id.clone())
    }

    async fn body(&self) -> String {
        self.0.body.clone()
    }

    /// The shop's answer, if there is one yet.
    async fn answer(&self) -> Option<&str> {
        self.0.answer
    }

    async fn author(&self) -> Option<User> {
        Some(User { id: self.0.author_id.clone() })
    }

    async fn product(&self) -> Option<Product> {
        Some(Product { id: self.0.product_id.clone() })
    }

    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }
}

#[Object]
impl Product {
    async fn id(&self) -> ID {
        ID(self.id.clone())
    }

    /// The newest first.
    async fn reviews(&self, context: &Context<'_>, #[graphql(default = 10)] first: i32) -> Result<Option<Vec<Review>>> {
        let reviews = store(context)?.reviews_of_product(&self.id, count(first)?);
        Ok(Some(reviews.into_iter().map(Review).collect()))
    }

    async fn review_count(&self, context: &Context<'_>) -> Result<Option<usize>> {
        Ok(Some(store(context)?.ratings(&self.id).0))
    }

    /// From 1 to 5, to two decimals; null without reviews.
    async fn average_rating(&self, context: &Context<'_>) -> Result<Option<f64>> {
        Ok(average(store(context)?.ratings(&self.id)))
    }

    /// Null without reviews.
    async fn sentiment(&self, context: &Context<'_>) -> Result<Option<Sentiment>> {
        Ok(average(store(context)?.ratings(&self.id)).map(|average| match average {
            4.25.. => Sentiment::Loved,
            3.5.. => Sentiment::Liked,
            2.5.. => Sentiment::Mixed,
            _ => Sentiment::Disliked,
        }))
    }

    /// Reviews and questions, the newest first.
    async fn feedback(&self, context: &Context<'_>, #[graphql(default = 10)] first: i32) -> Result<Vec<Feedback>> {
        let (store, count) = (store(context)?, count(first)?);
        let reviews = store.reviews_of_product(&self.id, count).into_iter();
        let questions = store.questions_of_product(&self.id, count).into_iter();
        let reviews = reviews.map(|review| (review.created_at, Feedback::Review(Review(review))));
        let questions = questions.map(|question| (question.created_at, Feedback::Question(Question(question))));
        Ok(merge_newest(reviews.chain(questions).collect(), count))
    }
}

#[Object]
impl User {
    async fn id(&self) -> ID {
        ID(self.id.clone())
    }

    /// The newest first.
    async fn reviews(&self, context: &Context<'_>, #[graphql(default = 10)] first: i32) -> Result<Option<Vec<Review>>> {
        let reviews = store(context)?.reviews_by_author(&self.id, count(first)?);
        Ok(Some(reviews.into_iter().map(Review).collect()))
    }
}

/// The `count` newest of `dated`. Sorting is stable, so equal times keep their order.
pub(super) fn merge_newest<T>(mut dated: Vec<(data::Timestamp, T)>, count: usize) -> Vec<T> {
    dated.sort_by_key(|(at, _)| Reverse(*at));
    dated.into_iter().take(count).map(|(_, item)| item).collect()
}

fn average((count, sum): (usize, i32)) -> Option<f64> {
    let hundredths = (f64::from(sum) * 100.0 / count as f64).round();
    (count > 0).then_some(hundredths / 100.0)
}

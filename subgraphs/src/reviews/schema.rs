//! Owns the roots of the schema, its entities, and how it is printed.

use std::sync::Arc;

use async_graphql::{
    Context, Error, ErrorExtensions as _, ID, InputObject, Object, Result, SDLExportOptions, Scalar, ScalarType,
    Schema, Subscription, Value,
};
use async_graphql::{InputValueError, InputValueResult};
use futures_util::{Stream, StreamExt as _, future};
use tokio_stream::wrappers::BroadcastStream;
use tokio_util::sync::CancellationToken;

use super::objects::{Post, Product, Question, Review, User, merge_newest};
use super::store::{NewReview, Store};
use crate::data::Timestamp;

/// The most items that one list gives.
const MAX_FIRST: i32 = 100;

pub(super) type ReviewsSchema = Schema<Query, Mutation, Subscriptions>;

pub(super) fn build(store: Arc<Store>, stopping: CancellationToken) -> ReviewsSchema {
    Schema::build(Query, Mutation, Subscriptions { stopping })
        .enable_federation()
        .enable_subscription_in_federation()
        .data(store)
        .finish()
}

pub(super) fn sdl(schema: &ReviewsSchema) -> String {
    schema.sdl_with_options(SDLExportOptions::new().federation().prefer_single_line_descriptions().use_space_ident())
}

/// The store that [`build`] put into the schema.
pub(super) fn store<'a>(context: &Context<'a>) -> Result<&'a Store> {
    context.data::<Arc<Store>>().map(Arc::as_ref)
}

/// `first`, if it can be answered.
pub(super) fn count(first: i32) -> Result<usize> {
    match usize::try_from(first) {
        Ok(count) if first <= MAX_FIRST => Ok(count),
        Ok(_) | Err(_) => Err(bad_user_input(format!("first is {first}; it must be from 0 to {MAX_FIRST}"))),
    }
}

fn bad_user_input(message: impl Into<String>) -> Error {
    Error::new(message).extend_with(|_, extensions| extensions.set("code", "BAD_USER_INPUT"))
}

/// RFC 3339, in UTC.
pub(super) struct DateTime(String);

impl From<Timestamp> for DateTime {
    fn from(at: Timestamp) -> Self {
        Self(at.to_string())
    }
}

#[Scalar]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => Ok(Self(text)),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

pub(super) struct Query;

#[Object]
impl Query {
    async fn review(&self, context: &Context<'_>, id: ID) -> Result<Option<Review>> {
        Ok(store(context)?.review(&id).map(Review))
    }

    /// Reviews and questions, the newest first.
    async fn latest_posts(
        &self,
        context: &Context<'_>,
        #[graphql(default = 10)] first: i32,
    ) -> Result<Option<Vec<Post>>> {
        let (store, count) = (store(context)?, count(first)?);
        let reviews = store.latest_reviews(count).into_iter();
        let questions = store.latest_questions(count).into_iter();
        let reviews = reviews.map(|review| (review.created_at, Post::Review(Review(review))));
        let questions = questions.map(|question| (question.created_at, Post::Question(Question(question))));
        Ok(Some(merge_newest(reviews.chain(questions).collect(), count)))
    }

    #[graphql(entity)]
    async fn find_review_by_id(&self, context: &Context<'_>, id: ID) -> Result<Option<Review>> {
        Ok(store(context)?.review(&id).map(Review))
    }

    #[graphql(entity)]
    async fn find_question_by_id(&self, context: &Context<'_>, id: ID) -> Result<Option<Question>> {
        Ok(store(context)?.question(&id).map(Question))
    }

    #[graphql(entity)]
    async fn find_product_by_id(&self, context: &Context<'_>, id: ID) -> Result<Option<Product>> {
        Ok(store(context)?.has_product(&id).then_some(Product { id: id.0 }))
    }

    #[graphql(entity)]
    async fn find_user_by_id(&self, context: &Context<'_>, id: ID) -> Result<Option<User>> {
        Ok(store(context)?.has_user(&id).then_some(User { id: id.0 }))
    }
}

#[derive(InputObject)]
struct AddReview {
    product_id: ID,
    author_id: ID,
    /// From 1 to 5.
    rating: i32,
    body: String,
}

pub(super) struct Mutation;

#[Object]
impl Mutation {
    async fn add_review(&self, context: &Context<'_>, input: AddReview) -> Result<Option<Review>> {
        let AddReview { product_id, author_id, rating, body } = input;
        let new = NewReview { product_id: product_id.0, author_id: author_id.0, rating, body };
        let added = store(context)?.add(new).map_err(|error| bad_user_input(error.to_string()))?;
        Ok(Some(Review(added)))
    }
}

pub(super) struct Subscriptions {
    stopping: CancellationToken,
}

#[Subscription(name = "Subscription")]
impl Subscriptions {
    /// Reviews that are added from now on: of one product, or of all.
    async fn review_added(
        &self,
        context: &Context<'_>,
        product_id: Option<ID>,
    ) -> Result<impl Stream<Item = Review> + use<>> {
        let added = BroadcastStream::new(store(context)?.subscribe());
        let wanted = added.filter_map(move |review| {
            // An error says that this subscriber was too slow and missed some; it goes on with what comes next.
            let review = review.ok().filter(|review| product_id.as_ref().is_none_or(|id| review.product_id == id.0));
            future::ready(review.map(Review))
        });
        Ok(wanted.take_until(self.stopping.clone().cancelled_owned()))
    }
}

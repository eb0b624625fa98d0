//! The REST service of users and products.
//!
//! | route | answers |
//! |---|---|
//! | `GET /users/{id}`, `GET /products/{id}` | one, or 404 |
//! | `GET /users/batch?id=&id=`, `GET /products/batch?id=&id=` | a list of those that exist, in an order of its own; at most 200 ids |
//! | `GET /users?limit=&cursor=`, `GET /products?limit=&cursor=` | `{"items": […], "next_cursor": …}` |
//! | `PUT /users/{id}` with `{"full_name": …}` | the changed user |

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;

use crate::data::{Dataset, Product, User, dataset, index_of};
use crate::gate::{Gate, Protocol};
use crate::rest::{ApiError, Page, PageRequest, batch_ids, pick};
use crate::service::{Service, StartError};

/// The most ids that one batch may name.
pub const MAX_BATCH: usize = 200;

/// The most characters that a name may have.
const MAX_NAME: usize = 100;

/// Starts the service.
pub async fn start(address: SocketAddr) -> Result<Service, StartError> {
    let gate = Gate::default();
    let router = gate.guard(Protocol::Rest, routes(Catalog::new(dataset())));
    Service::start("catalog", address, gate, router).await
}

#[derive(Clone)]
struct Catalog {
    /// They can be renamed.
    users: Arc<RwLock<Vec<User>>>,
    products: &'static [Product],
}

impl Catalog {
    fn new(data: &'static Dataset) -> Self {
        Self { users: Arc::new(RwLock::new(data.users.clone())), products: &data.products }
    }

    fn with_users<R>(&self, read: impl FnOnce(&[User]) -> R) -> R {
        read(&self.users.read().unwrap_or_else(PoisonError::into_inner))
    }
}

fn routes(catalog: Catalog) -> Router {
    Router::new()
        .route("/users", get(list_users))
        .route("/users/batch", get(batch_users))
        .route("/users/{id}", get(one_user).put(rename_user))
        .route("/products", get(list_products))
        .route("/products/batch", get(batch_products))
        .route("/products/{id}", get(one_product))
        .with_state(catalog)
}

async fn one_user(State(catalog): State<Catalog>, Path(id): Path<String>) -> Result<Json<User>, ApiError> {
    let user = catalog.with_users(|users| index_of(&id, 'u').and_then(|index| users.get(index)).cloned());
    user.map(Json).ok_or_else(|| ApiError::not_found(format!("there is no user {id:?}")))
}

async fn batch_users(State(catalog): State<Catalog>, uri: Uri) -> Result<Json<Vec<User>>, ApiError> {
    let ids = batch_ids(&uri, "id", MAX_BATCH)?;
    Ok(Json(catalog.with_users(|users| pick(users, &ids, 'u'))))
}

async fn list_users(State(catalog): State<Catalog>, uri: Uri) -> Result<Json<Page<User>>, ApiError> {
    let page = PageRequest::parse(&uri)?;
    catalog.with_users(|users| page.of(users, |user| &user.id)).map(Json)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rename {
    full_name: String,
}

async fn rename_user(
    State(catalog): State<Catalog>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<User>, ApiError> {
    let Rename { full_name } = serde_json::from_slice(&body)
        .map_err(|error| ApiError::bad_request(format!("the body must be {{\"full_name\": \"…\"}}: {error}")))?;
    let full_name = full_name.trim();
    if full_name.is_empty() || full_name.chars().count() > MAX_NAME {
        return Err(ApiError::invalid(format!("full_name must have from 1 to {MAX_NAME} characters")));
    }
    let mut users = catalog.users.write().unwrap_or_else(PoisonError::into_inner);
    let user = index_of(&id, 'u')
        .and_then(|index| users.get_mut(index))
        .ok_or_else(|| ApiError::not_found(format!("there is no user {id:?}")))?;
    user.full_name = full_name.to_owned();
    Ok(Json(user.clone()))
}

async fn one_product(
    State(catalog): State<Catalog>,
    Path(id): Path<String>,
) -> Result<Json<&'static Product>, ApiError> {
    let product = index_of(&id, 'p').and_then(|index| catalog.products.get(index));
    product.map(Json).ok_or_else(|| ApiError::not_found(format!("there is no product {id:?}")))
}

async fn batch_products(State(catalog): State<Catalog>, uri: Uri) -> Result<Json<Vec<Product>>, ApiError> {
    let ids = batch_ids(&uri, "id", MAX_BATCH)?;
    Ok(Json(pick(catalog.products, &ids, 'p')))
}

async fn list_products(State(catalog): State<Catalog>, uri: Uri) -> Result<Json<Page<Product>>, ApiError> {
    PageRequest::parse(&uri)?.of(catalog.products, |product| &product.id).map(Json)
}

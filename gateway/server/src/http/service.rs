//! Owns which requests go to the router. Nearly all are operations by POST: they go past it, since routing costs more than
//! finding a prepared plan does.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Method, Request, Response};
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;

use super::endpoint::endpoint;
use super::{Gateway, graphql, router};

/// Answers all requests of a connection.
#[derive(Clone)]
pub struct Endpoints {
    gateway: Arc<Gateway>,
    router: TowerToHyperService<axum::Router>,
}

impl Endpoints {
    /// `more` are routes besides those that every gateway has.
    pub fn new(gateway: Arc<Gateway>, more: axum::Router<Arc<Gateway>>) -> Self {
        let router = TowerToHyperService::new(router(Arc::clone(&gateway), more));
        Self { gateway, router }
    }
}

impl Service<Request<Incoming>> for Endpoints {
    type Response = Response<Body>;
    type Error = Infallible;
    /// In a box, or the connection would move the largest of futures for each request.
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        if request.method() == Method::POST && endpoint(request.uri().path()).is_some() {
            let gateway = Arc::clone(&self.gateway);
            return Box::pin(async move { Ok(graphql::handle(State(gateway), request.map(Body::new)).await) });
        }
        Box::pin(self.router.call(request))
    }
}

//! Owns which requests go to the router. Nearly all are operations by POST: they go past it, since routing costs more than
//! finding a prepared plan does.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request, Response};
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;

use super::endpoint::endpoint;
use super::peer::Peer;
use super::{Gateway, graphql, router};

/// What answers requests.
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

    /// What answers those of one connection.
    pub fn of(&self, peer: Peer) -> Connection {
        Connection { endpoints: self.clone(), peer }
    }
}

/// Answers all requests of a connection.
#[derive(Clone)]
pub struct Connection {
    endpoints: Endpoints,
    peer: Peer,
}

impl Service<Request<Incoming>> for Connection {
    type Response = Response<Body>;
    type Error = Infallible;
    /// In a box, or the connection would move the largest of futures for each request.
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        let (Endpoints { gateway, router }, peer) = (&self.endpoints, self.peer);
        if request.method() == Method::POST && endpoint(request.uri().path()).is_some() {
            let gateway = Arc::clone(gateway);
            return Box::pin(async move { Ok(graphql::serve(&gateway, peer, request.map(Body::new)).await) });
        }
        request.extensions_mut().insert(peer);
        Box::pin(router.call(request))
    }
}

//! Owns the connections: accepting them, HTTP/1.1 and HTTP/2 (with prior knowledge) on each, and letting them go in peace.

use std::io::ErrorKind;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

use super::drain::Drain;
use super::peer::Peer;
use super::service::Endpoints;

/// How long a connection may be without a whole request head. It is longer than what load balancers keep an idle
/// connection for (60 s is common), so that it is not the gateway that closes one just as a request comes.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);

/// Out of file descriptors, there is nothing to do but to wait for some.
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);

/// Serves until `shutdown`, then drains: while requests are in flight the listener stays open, so that a load balancer
/// sees `/health/ready` fail and whoever still comes is served; then idle connections are closed, and the others when their
/// request is answered. What is not done after `drain_for` is cut off.
pub async fn run(
    listener: TcpListener,
    endpoints: Endpoints,
    drain: Arc<Drain>,
    shutdown: impl Future<Output = ()>,
    drain_for: Duration,
) {
    let mut connections = Connections { builder: builder(), endpoints, open: GracefulShutdown::new() };
    let mut shutdown = pin!(shutdown);
    let stop = async {
        shutdown.as_mut().await;
        drain.begin();
        tracing::info!("stopping: not ready any more, waiting for the requests in flight");
        // Half of the time is kept for closing connections: with steady traffic there is always a request in flight.
        let _ = timeout(drain_for / 2, drain.idle()).await;
    };
    tokio::select! {
        never = accept(&listener, &mut connections) => match never {},
        () = stop => {}
    }
    drop(listener);
    if timeout(drain_for / 2, connections.open.shutdown()).await.is_err() {
        tracing::warn!("stopping: connections were still busy after {drain_for:?}, and are cut off");
    }
}

struct Connections {
    builder: Builder<TokioExecutor>,
    endpoints: Endpoints,
    open: GracefulShutdown,
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    builder.http2().timer(TokioTimer::new());
    builder
}

async fn accept(listener: &TcpListener, connections: &mut Connections) -> std::convert::Infallible {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => connections.serve(stream, Peer(peer.ip())),
            // The client went away before it was accepted.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused
                ) => {}
            Err(error) => {
                tracing::error!("cannot accept connections: {error}");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

impl Connections {
    fn serve(&mut self, stream: TcpStream, peer: Peer) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!("cannot set TCP_NODELAY: {error}");
        }
        let connection = self.builder.serve_connection(TokioIo::new(stream), self.endpoints.of(peer)).into_owned();
        let connection = self.open.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!("connection ended: {error}");
            }
        });
    }
}

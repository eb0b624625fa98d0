//! Owns the sockets: a listener whose connections can be cut from within a request.
//!
//! A server library gives no handle to the connection a request came on, and a fault that resets it needs one. So each
//! connection carries a token; when it is cancelled, the next read or write of the server fails and the socket closes
//! with a TCP reset.

use std::future::Future as _;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// How long to wait when the system has no file descriptor left for a new connection.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// Accepts connections that end when they are reset, or all at once when `cut_all` is cancelled.
pub(crate) struct Listener {
    tcp: TcpListener,
    cut_all: CancellationToken,
}

impl Listener {
    pub(crate) fn new(tcp: TcpListener, cut_all: CancellationToken) -> Self {
        Self { tcp, cut_all }
    }
}

impl axum::serve::Listener for Listener {
    type Io = Stream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Stream, SocketAddr) {
        loop {
            match self.tcp.accept().await {
                Ok((tcp, peer)) => {
                    // Best effort: without it answers are only slower.
                    let _ = tcp.set_nodelay(true);
                    return (Stream::new(tcp, self.cut_all.child_token()), peer);
                }
                // The peer is gone already, or the process is out of descriptors; neither may stop the server.
                Err(_) => tokio::time::sleep(ACCEPT_RETRY).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

/// The connection that a request came on, as handlers see it.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    cut: CancellationToken,
}

impl Connection {
    /// Closes the socket with a TCP reset. Nothing that the server writes afterwards reaches the peer.
    pub(crate) fn reset(&self) {
        self.cut.cancel();
    }
}

impl Connected<IncomingStream<'_, Listener>> for Connection {
    fn connect_info(stream: IncomingStream<'_, Listener>) -> Self {
        Self { cut: stream.io().cut.clone() }
    }
}

/// A TCP stream that fails as soon as its token is cancelled.
pub(crate) struct Stream {
    tcp: TcpStream,
    cut: CancellationToken,
    cancelled: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl Stream {
    fn new(tcp: TcpStream, cut: CancellationToken) -> Self {
        let cancelled = Box::pin(cut.clone().cancelled_owned());
        Self { tcp, cut, cancelled }
    }

    /// Fails if the connection was cut, and otherwise arranges for this task to be woken when it is.
    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        if self.cut.is_cancelled() || self.cancelled.as_mut().poll(context).is_ready() {
            // With a zero linger time the close that follows is a reset. If it fails the peer sees a plain close.
            let _ = self.tcp.set_zero_linger();
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(context)?;
        Pin::new(&mut self.tcp).poll_read(context, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.check(context)?;
        Pin::new(&mut self.tcp).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(context)?;
        Pin::new(&mut self.tcp).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(context)?;
        Pin::new(&mut self.tcp).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check(context)?;
        Pin::new(&mut self.tcp).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }
}

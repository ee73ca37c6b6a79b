//! The listening side: connections, their number, and their deadlines.
//!
//! HTTP/1 only: browsers speak HTTP/2 over TLS alone, and that ends at the proxy in front. A connection
//! that has not brought its first request in time, or on which nothing moves any more, is cut; above the
//! bound new ones are closed at once, so that those inside keep their service. At the order to stop, what
//! runs may finish until a deadline.

use super::auth::Peer;
use super::config::WebConfig;
use crate::domain::time::Span;
use crate::shutdown::pause;
use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

/// Largest head of a request in bytes.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Most headers of a request.
const HEADERS_MAX: usize = 100;
/// How long what runs may go on after the order to stop.
const STOP_SPAN: Span = Span::seconds(10);
/// A connection on which neither side moved a byte for this long is cut; live pages send a sign of
/// life more often than that.
const STILL_SPAN: Span = Span::seconds(75);

/// Serves until the order to stop, then lets what runs finish, at most ten seconds.
pub async fn serve(listener: TcpListener, router: Router, config: &WebConfig, shutdown: CancellationToken) {
    let free = Arc::new(Semaphore::new(config.connections_max.max(1)));
    let tasks = TaskTracker::new();
    let cut = CancellationToken::new();
    let builder = Arc::new(builder(config));
    let head = Duration::from_secs(config.header_seconds.max(1).unsigned_abs());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.cancelled() => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file handles, mostly: those inside will free some.
                tracing::warn!(%error, "a connection could not be accepted");
                pause(Span(100), &shutdown).await;
                continue;
            }
        };
        let Ok(place) = free.clone().try_acquire_owned() else {
            metrics::counter!("webcared_web_connections_refused_total").increment(1);
            continue;
        };
        let connection = connection(stream, peer, builder.clone(), router.clone(), head, shutdown.clone());
        let cut = cut.clone();
        tasks.spawn(async move {
            let _place = place;
            tokio::select! {
                () = connection => {}
                () = cut.cancelled() => {}
            }
        });
    }
    drop(listener);
    tasks.close();
    if timeout(STOP_SPAN.to_std(), tasks.wait()).await.is_err() {
        tracing::warn!(connections = tasks.len(), "connections were cut at the end of the stopping time");
        cut.cancel();
        tasks.wait().await;
    }
}

fn builder(config: &WebConfig) -> Builder {
    let head = Duration::from_secs(config.header_seconds.max(1).unsigned_abs());
    let mut builder = Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(head)
        // It may read as much again before it looks.
        .max_buf_size(HEAD_BYTES_MAX / 2)
        .max_headers(HEADERS_MAX);
    builder
}

/// One connection to its end.
async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    builder: Arc<Builder>,
    router: Router,
    head: Duration,
    shutdown: CancellationToken,
) {
    // Small answers leave at once; a failure here only makes them slower.
    let _ = stream.set_nodelay(true);
    let signs = Arc::new(Signs::new());
    let watched = Watched { stream, signs: signs.clone() };
    let seen = signs.clone();
    let service = hyper::service::service_fn(move |mut request: http::Request<Incoming>| {
        seen.asked.store(true, Ordering::Relaxed);
        request.extensions_mut().insert(Peer(peer));
        router.clone().oneshot(request.map(Body::new))
    });
    let connection = builder.serve_connection(TokioIo::new(watched), service);
    let mut connection = std::pin::pin!(connection);
    let look = (head / 4).clamp(Duration::from_millis(100), Duration::from_secs(1));
    let mut stopping = false;
    loop {
        tokio::select! {
            // What the connection ended with is the other side's doing, and of no use to anybody.
            ended = timeout(look, connection.as_mut()) => if ended.is_ok() { return },
            () = shutdown.cancelled(), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
            }
        }
        if signs.is_over(head) {
            metrics::counter!("webcared_web_connections_cut_total").increment(1);
            return;
        }
    }
}

/// Signs of life on one connection.
#[derive(Debug)]
struct Signs {
    since: Instant,
    /// Milliseconds after `since` at which a byte last moved.
    moved_ms: AtomicU64,
    /// Whether a request has come.
    asked: AtomicBool,
}

impl Signs {
    fn new() -> Self {
        Self { since: Instant::now(), moved_ms: AtomicU64::new(0), asked: AtomicBool::new(false) }
    }

    fn moved(&self) {
        self.moved_ms.store(self.since.elapsed().as_millis() as u64, Ordering::Relaxed);
    }

    /// Whether it took too long to ask, or stands still.
    fn is_over(&self, head: Duration) -> bool {
        let age = self.since.elapsed();
        if !self.asked.load(Ordering::Relaxed) {
            return age > head;
        }
        let still = age.saturating_sub(Duration::from_millis(self.moved_ms.load(Ordering::Relaxed)));
        still > STILL_SPAN.to_std()
    }
}

/// A stream that notes when bytes move.
#[derive(Debug)]
struct Watched {
    stream: TcpStream,
    signs: Arc<Signs>,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        if polled.is_ready() {
            self.signs.moved();
        }
        polled
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, buf);
        if polled.is_ready() {
            self.signs.moved();
        }
        polled
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        if polled.is_ready() {
            self.signs.moved();
        }
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

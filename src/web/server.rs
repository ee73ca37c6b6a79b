//! Serving HTTP with bounds: on the head, the body, the time, the number of connections.
//!
//! axum's own `serve` gives a client for ever to send its head; here hyper is served directly with
//! a deadline for it. HTTP/1.1 only: whoever wants more puts a proxy in front.

use super::config::WebConfig;
use crate::domain::time::Span;
use crate::shutdown::pause;
use axum::Router;
use axum::extract::connect_info::ConnectInfo;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower::Service;

/// How long open requests may go on after the order to stop.
const LAST_REQUESTS: Span = Span::seconds(5);
/// Longest head of a request, in bytes.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// Serves until the order to stop, then lets open requests finish for a moment.
pub async fn serve(listener: TcpListener, router: Router, config: WebConfig, token: CancellationToken) {
    let room = Arc::new(Semaphore::new(config.connections_max.max(1)));
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            () = token.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file handles, mostly: wait a little rather than spin.
                tracing::warn!(%error, "a connection could not be accepted");
                pause(Span(100), &token).await;
                continue;
            }
        };
        // Over the bound a connection is closed at once: waiting ones would only pile up.
        let Ok(place) = room.clone().try_acquire_owned() else {
            metrics::counter!("webcared_connections_refused_total").increment(1);
            continue;
        };
        let connection = graceful.watch(one(stream, peer, router.clone(), &config));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(place);
        });
    }
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => {}
        () = pauses(LAST_REQUESTS) => tracing::info!("some requests were cut off at the end"),
    }
}

async fn pauses(span: Span) {
    pause(span, &CancellationToken::new()).await;
}

fn one(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    config: &WebConfig,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> + Send + 'static {
    // An answer of a few bytes should not wait for more to fill a packet; failing to say so is harmless.
    let _ = stream.set_nodelay(true);
    let service = hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let mut router = router.clone();
        let mut request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        async move { router.call(request).await }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Span::seconds(config.header_seconds.max(1)).to_std())
        .max_buf_size(HEAD_BYTES_MAX)
        .keep_alive(true)
        .serve_connection(TokioIo::new(stream), service)
}

//! Whether it lives, whether it is ready, and what it measures.

use super::state::AppState;
use crate::domain::time::{Span, Timestamp};
use crate::store::{inbox, outbox, source};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use secrecy::ExposeSecret;
use std::net::SocketAddr;
use subtle::ConstantTimeEq;

/// How old the oldest payload in the inbox may be before readiness says so.
const BACKLOG_MAX: Span = Span::minutes(1);

/// `GET /healthz`: the process answers.
pub async fn live() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: what it needs is there; names what is broken. A source that is deaf is named but
/// does not make it unready, for the rest goes on.
pub async fn ready(State(app): State<AppState>) -> Response {
    let now = app.clock.now();
    let looked = app.db.read("asking whether it is ready", |tx| {
        Box::pin(async move {
            let (_, oldest) = inbox::backlog(tx).await?;
            let stopped = outbox::switch(tx, outbox::KILL_SWITCH).await?;
            Ok((oldest, stopped, source::list(tx).await?))
        })
    });
    let mut lines = Vec::new();
    let mut status = StatusCode::OK;
    match looked.await {
        Err(_) => {
            status = StatusCode::SERVICE_UNAVAILABLE;
            lines.push("database: does not answer".to_owned());
        }
        Ok((oldest, stopped, sources)) => {
            lines.push("database: ok".to_owned());
            let age = oldest.map_or(Span::ZERO, |at| now.since(Timestamp(at)));
            if age > BACKLOG_MAX {
                status = StatusCode::SERVICE_UNAVAILABLE;
                lines.push(format!("intake: the oldest delivery waits for {age}"));
            } else {
                lines.push("intake: ok".to_owned());
            }
            if stopped {
                lines.push("outbox: stopped by the kill switch".to_owned());
            }
            lines.extend(sources.iter().map(|s| format!("source {}: {}", s.name, s.state)));
        }
    }
    (status, lines.join("\n") + "\n").into_response()
}

/// `GET /metrics`: from this machine, or with the token.
pub async fn metrics(
    State(app): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    let wanted = app.config.metrics_token.as_ref().map(|t| format!("Bearer {}", t.expose_secret()));
    let given = headers.get(header::AUTHORIZATION).map(|v| v.as_bytes().to_vec()).unwrap_or_default();
    // Behind a proxy on this machine everybody would seem to be local.
    let local = peer.ip().is_loopback() && !headers.contains_key("x-forwarded-for");
    let allowed = local || wanted.is_some_and(|w| w.as_bytes().ct_eq(&given).into());
    if !allowed {
        return (StatusCode::FORBIDDEN, "metrics are for this machine or for who has the token\n")
            .into_response();
    }
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (kind, (app.metrics)()).into_response()
}

//! Alive, ready, measured: what watchers of the machine ask.
//!
//! Ready means that this process can do its work: its database answers. What else is wrong (posts
//! that wait, sources not heard) is named and does not take the console away, for the rest goes on
//! without it. No name, number or word of the data is told.

use super::App;
use super::auth::Asked;
use crate::domain::time::{Span, Timestamp};
use crate::store::console::ShownSource;
use crate::store::{console, inbox, outbox};
use axum::extract::{Extension, MatchedPath, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use secrecy::ExposeSecret;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
use subtle::ConstantTimeEq;

/// Posts that wait longer than this for intake are a problem.
const BACKLOG_SPAN: Span = Span::minutes(1);
/// The database has so long to answer.
const ASK_SPAN: Span = Span::seconds(3);
/// How long an answer is good: asking often must not load the database.
const GOOD_FOR: Span = Span::seconds(1);
/// States of a source in which it works as it should.
const WELL: [&str; 6] = ["ok", "running", "starting", "idle", "listening", "connected"];

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which part: `database`, `intake`, `sources`, …
    pub part: String,
    /// What is wrong, without data.
    pub what: String,
    /// Whether the process cannot do its work because of it.
    pub fatal: bool,
}

/// What is wrong at present; nothing, mostly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// The problems.
    pub problems: Vec<Problem>,
}

/// The last answer and when it was found.
#[derive(Debug, Default)]
pub struct Remembered(Mutex<Option<(Timestamp, Health)>>);

/// The process runs.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// The process can work, or what keeps it from it.
pub async fn ready(State(app): State<App>) -> Response {
    let health = look(&app).await;
    let fatal = health.problems.iter().any(|p| p.fatal);
    let mut text = String::from(if fatal { "not ready\n" } else { "ready\n" });
    for problem in &health.problems {
        let _ = writeln!(text, "{}: {}", problem.part, problem.what);
    }
    let status = if fatal { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    (status, axum::Extension(super::error::Made), text).into_response()
}

async fn look(app: &App) -> Health {
    let now = app.clock.now();
    let last = app.ready.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some((at, health)) = last
        && (0..GOOD_FOR.millis()).contains(&now.since(at).millis())
    {
        return health;
    }
    let mut health = (app.health)();
    let mut add = |part: &str, what: String, fatal| {
        health.problems.push(Problem { part: part.to_owned(), what, fatal });
    };
    let asked = app.db.read("looking after the intake", |tx| {
        Box::pin(async move {
            let stopped = outbox::switch(tx, outbox::KILL_SWITCH).await?;
            Ok((inbox::backlog(tx).await?, console::sources(tx).await?, stopped))
        })
    });
    match tokio::time::timeout(ASK_SPAN.to_std(), asked).await {
        Err(_) => add("database", format!("did not answer within {ASK_SPAN}"), true),
        Ok(Err(_)) => add("database", "failed".to_owned(), true),
        Ok(Ok(((_, oldest), sources, stopped))) => {
            if stopped {
                add("sending", "all sending is stopped".to_owned(), false);
            }
            if let Some(age) = oldest.map(|at| now.since(Timestamp(at))).filter(|age| *age > BACKLOG_SPAN) {
                add("intake", format!("the oldest delivery waits since {age}"), false);
            }
            let unwell: Vec<&ShownSource> =
                sources.iter().filter(|s| !WELL.contains(&s.state.as_str())).collect();
            if !unwell.is_empty() {
                let which: BTreeSet<String> =
                    unwell.iter().map(|s| format!("{} {}", s.kind, s.state.replace('_', " "))).collect();
                let which = which.into_iter().collect::<Vec<_>>().join(", ");
                let counted = format!("{} of {}", unwell.len(), sources.len());
                add("sources", format!("{counted} not heard as they should be: {which}"), false);
            }
        }
    }
    if app.db.is_failing_to_write() {
        // Not fatal: what is tried next may come through, and only who is asked tries.
        add("database", "nothing could be written the last time that it was tried".to_owned(), false);
    }
    *app.ready.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, health.clone()));
    health
}

/// Counts what is answered, by route and status; what no route fits has one name, so that strangers make no series.
pub async fn counted(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let response = next.run(request).await;
    let labels = [("route", route), ("status", response.status().as_str().to_owned())];
    metrics::counter!("webcared_http_requests_total", &labels).increment(1);
    response
}

/// The metrics, for this machine or whoever has the token.
pub async fn metrics(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    headers: HeaderMap,
) -> Response {
    let sent = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()?.strip_prefix("Bearer "));
    let knows = match (&app.metrics_token, sent) {
        (Some(token), Some(sent)) => bool::from(token.expose_secret().as_bytes().ct_eq(sent.as_bytes())),
        _ => false,
    };
    if !asked.local && !knows {
        return StatusCode::FORBIDDEN.into_response();
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], (app.metrics)()).into_response()
}

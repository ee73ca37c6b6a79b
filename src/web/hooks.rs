//! The HTTP part of webhooks: bounds first, then whoever knows the signatures.
//!
//! Nothing is parsed here. A delivery is counted against its source's rate, its bytes are read up
//! to the bound, and [`Hooks::take`] says what became of it; a 2xx leaves only after that said so.

use super::App;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// Where deliveries go.
pub const PATH: &str = "/hooks/{source}";
/// Most deliveries that are read and taken at a time; with the bound of a body it bounds memory.
const AT_ONCE_MAX: usize = 128;
/// Longest query of a question whether we are who takes deliveries.
const QUERY_BYTES_MAX: usize = 2_048;

/// What became of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookAnswer {
    /// It is stored, so many posts.
    Accepted {
        /// How many.
        n: usize,
    },
    /// The same, told as platforms want it that take nothing but 200 for taken.
    Ok {
        /// How many.
        n: usize,
    },
    /// There is no such source.
    Unknown,
    /// The signature is missing or wrong; the text says what was looked for, not what it should be.
    BadSignature(String),
    /// Come again later.
    TooMany {
        /// After so many seconds.
        retry_after_s: u64,
    },
    /// It cannot be read; sending it again will not help.
    BadRequest(String),
    /// It could not be stored; come again.
    Unavailable,
}

/// Takes deliveries of the sources that others call.
#[async_trait::async_trait]
pub trait Hooks: Send + Sync {
    /// How many deliveries a second a source takes; nothing if there is no such source.
    fn per_second_max(&self, source: &str) -> Option<u32>;

    /// What is answered to a platform that asks by a query whether we are who takes its deliveries, as media type
    /// and body; nothing if it is no such question, or not of ours.
    fn challenge(&self, source: &str, query: &str) -> Option<(&'static str, String)> {
        let _ = (source, query);
        None
    }

    /// Checks and stores one delivery; returns after it is committed.
    async fn take(&self, source: &str, headers: &HeaderMap, body: Bytes) -> HookAnswer;
}

/// The rates of the sources, and how much may be in hand.
pub struct Limits {
    rates: Mutex<HashMap<String, (u32, Arc<DefaultDirectRateLimiter>)>>,
    in_hand: Semaphore,
}

impl Default for Limits {
    fn default() -> Self {
        Self { rates: Mutex::default(), in_hand: Semaphore::new(AT_ONCE_MAX) }
    }
}

impl Limits {
    /// Whether a source has a delivery left in this second. Only sources that exist come here, so
    /// the list stays as long as the settings.
    fn has_room(&self, source: &str, per_second: u32) -> bool {
        let per_second = NonZeroU32::new(per_second).unwrap_or(NonZeroU32::MIN);
        let mut rates = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || (per_second.get(), Arc::new(RateLimiter::direct(Quota::per_second(per_second))));
        let entry = rates.entry(source.to_owned()).or_insert_with(fresh);
        if entry.0 != per_second.get() {
            *entry = fresh();
        }
        entry.1.check().is_ok()
    }
}

/// `POST /hooks/{source}`.
pub async fn take(
    State(app): State<App>,
    Path(source): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let answer = taken(&app, &source, &headers, body).await;
    let (status, text, retry) = match answer {
        Ok(HookAnswer::Accepted { n }) => (StatusCode::ACCEPTED, format!("{{\"accepted\":{n}}}"), None),
        Ok(HookAnswer::Ok { n }) => (StatusCode::OK, format!("{{\"accepted\":{n}}}"), None),
        Ok(HookAnswer::Unknown) => (StatusCode::NOT_FOUND, said("there is no such source"), None),
        Ok(HookAnswer::BadSignature(why)) => (StatusCode::UNAUTHORIZED, said(&why), None),
        Ok(HookAnswer::TooMany { retry_after_s }) => {
            (StatusCode::TOO_MANY_REQUESTS, said("too many deliveries"), Some(retry_after_s))
        }
        Ok(HookAnswer::BadRequest(why)) => (StatusCode::BAD_REQUEST, said(&why), None),
        Ok(HookAnswer::Unavailable) => {
            (StatusCode::SERVICE_UNAVAILABLE, said("not stored; send it again"), Some(5))
        }
        Err(TooLarge(max)) => {
            (StatusCode::PAYLOAD_TOO_LARGE, said(&format!("at most {max} bytes are taken")), None)
        }
    };
    metrics::counter!("webcared_hook_deliveries_total", "status" => status.as_u16().to_string()).increment(1);
    let mut response = (status, [(header::CONTENT_TYPE, "application/json")], text + "\n").into_response();
    if let Some(seconds) = retry {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// `GET /hooks/{source}`: a platform asks whether we are who takes its deliveries. Nothing is read or written.
pub async fn challenged(
    State(app): State<App>,
    Path(source): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    // Not counted against the source's rate: whoever asks without end must not keep deliveries out.
    let query = query.filter(|q| q.len() <= QUERY_BYTES_MAX).unwrap_or_default();
    let answer = app.hooks.challenge(&source, &query);
    let status = if answer.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    metrics::counter!("webcared_hook_challenges_total", "status" => status.as_u16().to_string()).increment(1);
    let (kind, body) = answer
        .unwrap_or_else(|| ("application/json", said("there is no such source, or it was not asked so")));
    (status, [(header::CONTENT_TYPE, kind)], body).into_response()
}

fn said(why: &str) -> String {
    serde_json::json!({ "error": why }).to_string()
}

struct TooLarge(usize);

async fn taken(app: &App, source: &str, headers: &HeaderMap, body: Body) -> Result<HookAnswer, TooLarge> {
    let Some(per_second) = app.hooks.per_second_max(source) else { return Ok(HookAnswer::Unknown) };
    if !app.limits.has_room(source, per_second) {
        return Ok(HookAnswer::TooMany { retry_after_s: 1 });
    }
    let Ok(_place) = app.limits.in_hand.try_acquire() else { return Ok(HookAnswer::Unavailable) };
    let max = app.config.body_bytes_max;
    let told = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    if told.is_some_and(|bytes| bytes > max) {
        return Err(TooLarge(max));
    }
    let bytes = to_bytes(body, max).await.map_err(|_| TooLarge(max))?;
    Ok(app.hooks.take(source, headers, bytes).await)
}

//! Webhooks: raw bytes, a signature, a commit, an answer. Nothing is decided here.

use super::state::AppState;
use crate::receiving::NotTaken;
use crate::sources::webhook::{Refusal, split};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// `POST /hooks/{source}`: 202 only after the commit.
pub async fn take(
    State(app): State<AppState>,
    Path(source): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(hook) = app.hooks.get(&source) else {
        return (StatusCode::NOT_FOUND, "there is no such webhook\n").into_response();
    };
    if hook.limit.check().is_err() {
        return later(StatusCode::TOO_MANY_REQUESTS, "too many deliveries a second; come again\n");
    }
    let delivery = match hook.webhook.verify(&headers, &body, app.clock.now()) {
        Ok(delivery) => delivery,
        Err(refusal) => {
            metrics::counter!("webcared_deliveries_refused_total", "source" => source).increment(1);
            let status = match refusal {
                Refusal::Missing(_) | Refusal::Unreadable(_) => StatusCode::BAD_REQUEST,
                _ => StatusCode::UNAUTHORIZED,
            };
            return (status, format!("{refusal}\n")).into_response();
        }
    };
    let items = match split(&delivery.id, &body) {
        Ok(items) => items.into_iter().map(|item| (item.place, item.body)).collect(),
        Err(refusal) => return (StatusCode::BAD_REQUEST, format!("{refusal}\n")).into_response(),
    };
    match app.receiving.take(&source, items).await {
        Ok(n) => (StatusCode::ACCEPTED, format!("{{\"stored\":{n}}}\n")).into_response(),
        Err(NotTaken::Full) => {
            later(StatusCode::SERVICE_UNAVAILABLE, "too many deliveries wait; come again\n")
        }
        Err(NotTaken::Store(_) | NotTaken::Stopping) => {
            later(StatusCode::SERVICE_UNAVAILABLE, "it could not be stored; come again\n")
        }
    }
}

fn later(status: StatusCode, text: &'static str) -> Response {
    (status, [(header::RETRY_AFTER, "2")], text).into_response()
}

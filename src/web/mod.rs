//! The web: console, webhooks, health.
//!
//! The table of routes is in one place, below. Everything needs log-in but what [`OPEN`] lists; a
//! test walks the table. Pages read through the store and write only through casework, people and
//! the outbox. Every answer carries headers that forbid foreign content.

pub mod assets;
pub mod auth;
pub mod case;
pub mod config;
pub mod error;
pub mod health;
pub mod hooks;
pub mod inbox;
pub mod lists;
pub mod live;
pub mod pages;
pub mod server;
pub mod shown;
pub mod state;

pub use state::{AppState, Hook, Hooks};

use crate::domain::time::Span;
use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

/// Every route: method and path as the router has it.
pub const ROUTES: &[(&str, &str)] = &[
    ("GET", "/"),
    ("GET", "/cases/{id}"),
    ("POST", "/cases/{id}/act"),
    ("GET", "/c/{brand}/{number}"),
    ("GET", "/sources"),
    ("GET", "/outbox"),
    ("POST", "/outbox/switch"),
    ("POST", "/outbox/{id}"),
    ("GET", "/live"),
    ("GET", "/password"),
    ("POST", "/password"),
    ("POST", "/logout"),
    ("GET", "/login"),
    ("POST", "/login"),
    ("GET", "/login/{token}"),
    ("POST", "/login/{token}"),
    ("GET", "/assets/{name}"),
    ("GET", "/help"),
    ("GET", "/help/{page}"),
    ("POST", "/hooks/{source}"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
];

/// The routes that need no log-in: coming in, files of ours, webhooks (signed), health (no data).
pub const OPEN: &[&str] = &[
    "/login",
    "/login/{token}",
    "/assets/{name}",
    "/help",
    "/help/{page}",
    "/hooks/{source}",
    "/healthz",
    "/readyz",
    "/metrics",
];

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The router with everything around it.
pub fn router(app: AppState) -> Router {
    let within = Span::seconds(app.config.request_seconds.max(1)).to_std();
    let bytes_max = app.config.body_bytes_max;
    let timed = Router::new()
        .route("/", get(inbox::page))
        .route("/cases/{id}", get(case::page))
        .route("/cases/{id}/act", post(case::act))
        .route("/c/{brand}/{number}", get(case::short))
        .route("/sources", get(lists::sources))
        .route("/outbox", get(lists::outbox_page))
        .route("/outbox/switch", post(lists::switch))
        .route("/outbox/{id}", post(lists::decide))
        .route("/password", get(auth::password_form).post(auth::set_password))
        .route("/logout", post(auth::leave))
        .route("/login", get(auth::form).post(auth::enter))
        .route("/login/{token}", get(auth::link).post(auth::enter_by_link))
        .route("/assets/{name}", get(assets::file))
        .route("/help", get(assets::help))
        .route("/help/{page}", get(assets::help_page))
        .route("/hooks/{source}", post(hooks::take))
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, within));
    // A stream of hints is open for as long as the page is.
    let compressed = DefaultPredicate::new().and(NotForContentType::new("text/event-stream"));
    timed
        .route("/live", get(live::hints))
        .fallback(|| async { error::WebError::NotFound })
        .layer(middleware::from_fn(counted))
        .layer(CompressionLayer::new().compress_when(compressed))
        .layer(DefaultBodyLimit::max(bytes_max))
        .layer(always(header::CONTENT_SECURITY_POLICY, POLICY))
        .layer(always(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(always(header::REFERRER_POLICY, "no-referrer"))
        .layer(always(header::X_FRAME_OPTIONS, "DENY"))
        .layer(always(HeaderName::from_static("cross-origin-opener-policy"), "same-origin"))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        ))
        .layer(CatchPanicLayer::new())
        .with_state(app)
}

fn always(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value))
}

/// Counts requests by route and status.
async fn counted(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let response = next.run(request).await;
    let labels = [("route", route), ("status", response.status().as_u16().to_string())];
    metrics::counter!("webcared_http_requests_total", &labels).increment(1);
    response
}

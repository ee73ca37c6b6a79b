//! What a page says when it cannot do what was asked, and what every answer carries.
//!
//! A failure is logged once, with a number; the page shows the number and tells nothing else. The
//! same place puts the headers on every answer that keep browsers from doing what we never want.

use super::auth::{Asked, Peer};
use super::frame::Frame;
use super::texts::refused;
use super::{App, texts::Texts};
use crate::casework::CaseworkError;
use crate::domain::ids::InboxId;
use crate::people::PeopleError;
use crate::store::StoreError;
use askama::Template;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use http_body_util::Full;
use std::any::Any;
use std::sync::Arc;

/// Why a request was not done.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing, or it is another brand's.
    #[error("not found")]
    NotFound,
    /// Nobody is logged in, and the request is none that a log-in page can follow.
    #[error("not logged in")]
    Unauthorized,
    /// The role does not allow it.
    #[error("forbidden")]
    Forbidden,
    /// The form is not of this session, or comes from another site.
    #[error("the form's token is missing or wrong")]
    Csrf,
    /// What was sent is not allowed; the text says what is.
    #[error("{0}")]
    Invalid(String),
    /// More than the bound.
    #[error("too large")]
    TooLarge,
    /// Too much at once; come again.
    #[error("busy")]
    Busy,
    /// Something failed on our side.
    #[error("{0}")]
    Internal(String),
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<PeopleError> for Error {
    fn from(error: PeopleError) -> Self {
        match error {
            PeopleError::Store(error) => error.into(),
            PeopleError::TooMany(_) => Self::Busy,
            other => Self::Invalid(other.to_string()),
        }
    }
}

impl From<CaseworkError> for Error {
    fn from(error: CaseworkError) -> Self {
        match error {
            CaseworkError::NotFound => Self::NotFound,
            CaseworkError::Store(error) => error.into(),
            other => Self::Invalid(other.to_string()),
        }
    }
}

impl From<askama::Error> for Error {
    fn from(error: askama::Error) -> Self {
        Self::Internal(format!("printing a page: {error}"))
    }
}

/// An error on its way to the layer that makes a page of it.
#[derive(Clone, Debug)]
pub struct Failure(Arc<Error>);

impl Failure {
    /// The status that tells of it.
    pub fn status(&self) -> StatusCode {
        match *self.0 {
            Error::NotFound => StatusCode::NOT_FOUND,
            Error::Unauthorized => StatusCode::UNAUTHORIZED,
            Error::Forbidden | Error::Csrf => StatusCode::FORBIDDEN,
            Error::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Error::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Error::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// Marks an answer that says itself what is wrong, so that no page is put over it.
#[derive(Clone, Copy, Debug)]
pub struct Made;

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        Failure(Arc::new(self)).into_response()
    }
}

/// What no route answers.
pub async fn nowhere() -> Error {
    Error::NotFound
}

/// A handler panicked: the request ends as a failure of ours, the server goes on. What the panic
/// says is left to the process's own report, for it may hold words from outside.
pub fn panicked(_panic: Box<dyn Any + Send + 'static>) -> http::Response<Full<bytes::Bytes>> {
    let mut response = http::Response::new(Full::default());
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response.extensions_mut().insert(Failure(Arc::new(Error::Internal("a page panicked".to_owned()))));
    response
}

#[derive(Template)]
#[template(path = "error.html", config = "src/web/askama.toml")]
struct Page<'a> {
    frame: Frame,
    text: &'a str,
    detail: Option<&'a str>,
    id: Option<&'a str>,
}

/// The outermost layer of ours: reads the head of the request, makes pages of failures, and puts
/// the protecting headers on every answer.
pub async fn dress(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>().map(|p| p.0.ip());
    let asked = Asked::of(request.headers(), peer, (&app.proxies, &app.modules.languages));
    let (texts, spoken) = (asked.texts, Arc::clone(&asked.spoken));
    let wants_page = request.headers().get(header::ACCEPT).is_some_and(|a| contains(a, "text/html"));
    request.extensions_mut().insert(crate::api::Near(asked.address.clone()));
    request.extensions_mut().insert(Arc::new(asked));
    let mut response = next.run(request).await;
    if response.status().is_client_error() || response.status().is_server_error() {
        let texts = spoken.get().copied().unwrap_or(texts);
        response = explained(&app, response, texts, wants_page);
    }
    protect(&app, &mut response);
    response
}

fn contains(value: &HeaderValue, word: &str) -> bool {
    value.to_str().is_ok_and(|v| v.contains(word))
}

fn explained(app: &App, response: Response, t: &'static Texts, wants_page: bool) -> Response {
    let status = response.status();
    let failure = response.extensions().get::<Failure>().cloned();
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_made = kind.is_some_and(|k| contains(k, "text/html") || contains(k, "json"));
    let is_made = is_made || response.extensions().get::<Made>().is_some();
    if failure.is_none() && (is_made || !wants_page) {
        return response;
    }
    let error = failure.map(|f| f.0);
    let id = match error.as_deref() {
        Some(Error::Internal(what)) => {
            let id = app.mint.id(app.clock.now(), InboxId::new).to_string();
            let id = id.trim_start_matches("inb_").chars().rev().take(10).collect::<String>();
            tracing::error!(error.id = id, error = what, "a request failed");
            Some(id)
        }
        _ => None,
    };
    let text = match status {
        StatusCode::NOT_FOUND => t.error_not_found,
        StatusCode::UNAUTHORIZED => t.login_again,
        StatusCode::FORBIDDEN if matches!(error.as_deref(), Some(Error::Csrf)) => t.error_csrf,
        StatusCode::FORBIDDEN => t.error_forbidden,
        StatusCode::PAYLOAD_TOO_LARGE => t.error_large,
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => t.error_busy,
        s if s.is_server_error() => t.error_internal,
        _ => t.error_request,
    };
    let detail = match error.as_deref() {
        Some(Error::Invalid(what)) => Some(refused::told(t, what)),
        _ => None,
    };
    let detail = detail.as_deref();
    let retry = response.headers().get(header::RETRY_AFTER).cloned();
    let mut made = if wants_page {
        let page = Page { frame: Frame::bare(app, t, text), text, detail, id: id.as_deref() };
        page.render().map_or_else(|_| text.into_response(), |html| Html(html).into_response())
    } else {
        let id = id.map(|id| format!(" ({id})")).unwrap_or_default();
        format!("{}{id}\n", detail.unwrap_or(text)).into_response()
    };
    *made.status_mut() = status;
    if let Some(retry) = retry {
        made.headers_mut().insert(header::RETRY_AFTER, retry);
    } else if status == StatusCode::SERVICE_UNAVAILABLE {
        made.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    }
    made
}

/// What every answer says to browsers: load nothing but our own, run nothing written into a page,
/// be framed by nobody, keep nothing.
const HEADERS: [(HeaderName, &str); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; \
         trusted-types webcared",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    // Not `no-referrer`: with it browsers send forms of our own with `Origin: null`.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=(), payment=()"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

fn protect(app: &App, response: &mut Response<Body>) {
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        // A file says itself that even less may be done with it, and a public figure that pages of others may show it.
        let own = name == header::CONTENT_SECURITY_POLICY || name == "cross-origin-resource-policy";
        if own && headers.contains_key(&name) {
            continue;
        }
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if app.scheme == super::auth::Scheme::Secure {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
}

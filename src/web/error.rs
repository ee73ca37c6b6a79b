//! What a handler answers when it cannot do what was asked: logged once, told without detail.

use super::pages::MessagePage;
use crate::casework::CaseworkError;
use crate::people::PeopleError;
use crate::store::StoreError;
use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};

/// Why a page cannot be shown.
#[derive(Debug)]
pub enum WebError {
    /// There is no such thing, or not for this person.
    NotFound,
    /// Not logged in.
    LogIn,
    /// Logged in, but not allowed; or a form from elsewhere.
    Forbidden(&'static str),
    /// What was given is not allowed; the text says what is.
    Invalid(String),
    /// Something else happened meanwhile.
    Conflict(String),
    /// Too many tries.
    TooMany(String),
    /// It went wrong here; logged, not told.
    Internal(String),
}

impl IntoResponse for WebError {
    fn into_response(self) -> Response {
        let (status, title, text) = match self {
            Self::LogIn => return Redirect::to("/login").into_response(),
            Self::NotFound => (StatusCode::NOT_FOUND, "Not found", "There is nothing here.".to_owned()),
            Self::Forbidden(why) => (StatusCode::FORBIDDEN, "Not allowed", why.to_owned()),
            Self::Invalid(what) => (StatusCode::UNPROCESSABLE_ENTITY, "Not understood", what),
            Self::Conflict(what) => (StatusCode::CONFLICT, "Changed meanwhile", what),
            Self::TooMany(what) => (StatusCode::TOO_MANY_REQUESTS, "Too many tries", what),
            Self::Internal(error) => {
                tracing::error!(%error, "a page could not be made");
                let text = "Something went wrong here. It was logged; try again in a moment.".to_owned();
                (StatusCode::INTERNAL_SERVER_ERROR, "Trouble", text)
            }
        };
        let page = MessagePage { title, text: &text };
        match page.render() {
            Ok(html) => (status, Html(html)).into_response(),
            Err(_) => (status, text).into_response(),
        }
    }
}

impl From<StoreError> for WebError {
    fn from(error: StoreError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<askama::Error> for WebError {
    fn from(error: askama::Error) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<PeopleError> for WebError {
    fn from(error: PeopleError) -> Self {
        match error {
            PeopleError::Invalid(text) => Self::Invalid(text),
            PeopleError::Denied(text) => Self::Invalid(text.to_owned()),
            PeopleError::TooMany(_) => Self::TooMany(error.to_string()),
            PeopleError::Store(error) => error.into(),
        }
    }
}

impl From<CaseworkError> for WebError {
    fn from(error: CaseworkError) -> Self {
        match error {
            CaseworkError::NotFound => Self::NotFound,
            CaseworkError::Stale { .. } => Self::Conflict(error.to_string()),
            CaseworkError::Refused(text) => Self::Conflict(text),
            CaseworkError::Invalid { .. } => Self::Invalid(error.to_string()),
            CaseworkError::Store(error) => error.into(),
        }
    }
}

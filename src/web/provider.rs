//! To a provider of identities and back. Where none is set up, neither address exists.

use super::App;
use super::auth::{Asked, safe_next};
use super::error::Error;
use super::login::{admitted, again, people};
use super::second::step;
use crate::people::PeopleError;
use crate::provider::{Back, ProviderError};
use axum::extract::{Extension, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::CookieJar;
use std::collections::HashMap;
use std::sync::Arc;

/// What went wrong: the reason to the log, and what may be known to who stands there.
fn failed(app: &App, asked: &Asked, error: ProviderError) -> Result<Response, Error> {
    let d = asked.texts.doors();
    let (status, text) = match error {
        ProviderError::Store(error) => return Err(error.into()),
        ProviderError::Denied(why) => {
            tracing::warn!(why, "nobody came in by the provider");
            (StatusCode::FORBIDDEN, d.provider_no)
        }
        ProviderError::Refused(why) => {
            tracing::warn!(why, "nobody came in by the provider");
            (StatusCode::UNAUTHORIZED, d.provider_failed)
        }
        ProviderError::Outside(why) => {
            tracing::error!(why, "the provider of identities cannot be used");
            (StatusCode::BAD_GATEWAY, d.provider_failed)
        }
    };
    Ok((status, again(app, asked, "/", text.to_owned())?).into_response())
}

/// `GET /login/provider`: a link, for a form may lead to pages of ours only.
pub async fn begin(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Query(query): Query<HashMap<String, String>>,
    jar: CookieJar,
) -> Result<Response, Error> {
    let Some(provider) = &app.modules.provider else { return Err(Error::NotFound) };
    if app.scheme.refused().is_some() {
        return Err(Error::Forbidden);
    }
    let next = safe_next(query.get("next").map_or("/", String::as_str));
    match app.people.count_visit(&asked.address).await {
        Ok(()) => {}
        Err(PeopleError::TooMany(span)) => {
            let page = again(&app, &asked, next, format!("{} {span}.", asked.texts.too_many))?;
            return Ok((StatusCode::TOO_MANY_REQUESTS, page).into_response());
        }
        Err(error) => return Err(error.into()),
    }
    let proof = query.get("proof").is_some_and(|v| v == "1");
    match provider.begin(next, proof).await {
        Ok((url, browser)) => {
            Ok((jar.add(app.scheme.step(browser)), Redirect::to(url.as_str())).into_response())
        }
        Err(error) => failed(&app, &asked, error),
    }
}

/// `GET /login/provider/back`: the provider sends somebody back.
pub async fn back(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Query(said): Query<Back>,
    jar: CookieJar,
) -> Result<Response, Error> {
    let Some(provider) = &app.modules.provider else { return Err(Error::NotFound) };
    if app.scheme.refused().is_some() {
        return Err(Error::Forbidden);
    }
    let browser = step(&app, &jar).unwrap_or_default();
    match provider.finish(&said, &browser, &people(&app, &asked)).await {
        Ok((token, next)) => admitted(&app, jar, token, &next).await,
        Err(error) => failed(&app, &asked, error),
    }
}

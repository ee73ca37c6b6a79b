//! The forms of a case page: each press becomes one act of casework.
//!
//! A form carries the version that its page showed and a number of its own, so that a stale view is
//! answered with what changed and a double press does nothing. What somebody typed is never lost.

use super::App;
use super::auth::{Asked, Fields, Viewer};
use super::case::{Said, brand_for, shown};
use super::error::Error;
use super::frame::first_press;
use crate::casework::{Act, Actor, CaseworkError};
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;

/// `POST /cases/{id}/act`.
pub async fn act(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let (brand_id, _) = brand_for(&app, &viewer, &id).await?;
    let (name, reason) = (fields.get("act"), fields.get("reason").to_owned());
    let act = named(name, &reason).ok_or_else(|| Error::Invalid(format!("act: '{name}' is not known")))?;
    let seen: i64 = fields
        .get("version")
        .parse()
        .map_err(|_| Error::Invalid("version: the number of the view is missing".to_owned()))?;
    if !first_press(&app, fields.get("nonce"), &format!("{id}:{name}")).await? {
        return Ok(Redirect::to(&format!("/cases/{id}?twice=1")).into_response());
    }
    let actor = Actor { person: viewer.person.id.clone(), lead: viewer.person.is_lead() };
    let again = Some((name.to_owned(), reason));
    let (status, said) = match app.casework.act(&brand_id, &id, seen, &actor, act).await {
        Ok(_) => return Ok(Redirect::to(&format!("/cases/{id}")).into_response()),
        Err(CaseworkError::Stale { .. }) => {
            let notice = Some(asked.texts.stale.to_owned());
            (StatusCode::CONFLICT, Said { notice, since: Some(seen), again })
        }
        Err(error @ CaseworkError::Refused(_)) => {
            (StatusCode::CONFLICT, Said { notice: Some(error.to_string()), since: None, again })
        }
        Err(error @ CaseworkError::Invalid { .. }) => {
            (StatusCode::UNPROCESSABLE_ENTITY, Said { notice: Some(error.to_string()), since: None, again })
        }
        Err(error) => return Err(error.into()),
    };
    Ok((status, shown(&app, &asked, &viewer, &id, said, false).await?).into_response())
}

fn named(name: &str, reason: &str) -> Option<Act> {
    Some(match name {
        "claim" => Act::Claim { until: None },
        "release" => Act::Release,
        "wait" => Act::AwaitCustomer,
        "resolve" => Act::Resolve { reason: reason.to_owned() },
        "dismiss" => Act::Dismiss { reason: reason.to_owned() },
        "reopen" => Act::Reopen,
        _ => return None,
    })
}

//! The forms of an incident's page.

use super::super::App;
use super::super::auth::{Asked, Fields, Viewer, prove_first};
use super::super::case::actor;
use super::super::error::Error;
use super::super::frame::{casework_of, first_press, forget_press};
use super::{found, numbered, page_for, shown, ticked};
use crate::casework::{CaseworkError, IncidentAct};
use crate::domain::incident::Purpose;
use crate::domain::language::Language;
use crate::web::texts::refused;
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use std::fmt::Write;
use std::sync::Arc;

/// `POST /incidents/{id}`.
pub async fn act(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let (brand, row) = found(&app, &viewer, &id).await?;
    // One press speaks to many in the brand's name: a browser that was left open is not enough.
    let purpose = Purpose::from_code(fields.get("purpose")).unwrap_or(Purpose::Answer);
    if fields.get("do") == "send" && !viewer.person.is_proved(app.clock.now()) {
        return Ok(prove_first(&page_for(&id, purpose)));
    }
    let once = format!("incident:{id}:{}:{}", fields.get("do"), fields.get("line"));
    if !first_press(&app, fields.get("nonce"), &once).await? {
        return Ok(Redirect::to(&format!("/incidents/{id}")).into_response());
    }
    let done = match fields.get("do") {
        "send" => return send(&app, &asked, &viewer, &fields, (&brand.id, &id, purpose, &once)).await,
        "remove" => remove(&app, &viewer, &fields, (&brand.id, &id)).await,
        _ => match named(&app, &fields, &brand.id).await {
            Ok(act) => casework_of(&app, &viewer)
                .incident(&brand.id, &row.row.id, &actor(&viewer), act)
                .await
                .map(|_| ()),
            Err(Error::Invalid(what)) => Err(CaseworkError::Refused(what)),
            Err(error) => {
                // Nothing was done: the same form may come again.
                forget_press(&app, fields.get("nonce"), &once).await;
                return Err(error);
            }
        },
    };
    match done {
        Ok(()) => {
            let back = crate::domain::ids::CaseId::parse(fields.get("back")).ok();
            let to =
                back.map_or_else(|| format!("/incidents/{id}?done=1"), |c| format!("/cases/{c}#incident"));
            Ok(Redirect::to(&to).into_response())
        }
        Err(error @ CaseworkError::Store(_)) => {
            forget_press(&app, fields.get("nonce"), &once).await;
            Err(error.into())
        }
        Err(CaseworkError::NotFound) => Err(Error::NotFound),
        Err(error) => {
            let status = match error {
                CaseworkError::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
                _ => StatusCode::CONFLICT,
            };
            let why = refused::told(asked.texts, &error.to_string());
            let said = (purpose, Some(&*fields), Some(("bad", why)));
            Ok((status, shown(&app, &asked, &viewer, &id, said).await?).into_response())
        }
    }
}

async fn named(app: &App, fields: &Fields, brand_id: &str) -> Result<IncidentAct, Error> {
    let line = fields.get("line").to_owned();
    let unknown = |field: &str| Error::Invalid(format!("{field}: '{}' is not known", fields.get(field)));
    Ok(match fields.get("do") {
        "add" => {
            let mut cases = numbered(app, brand_id, fields.get("numbers")).await?;
            cases.extend(ticked(fields)?.into_iter().map(|c| c.0));
            IncidentAct::Add { cases }
        }
        "write" => IncidentAct::Write {
            language: Language::from_code(fields.get("language")).ok_or_else(|| unknown("language"))?,
            purpose: Purpose::from_code(fields.get("purpose")).ok_or_else(|| unknown("purpose"))?,
            text: fields.get("text").replace("\r\n", "\n"),
        },
        "approve" => IncidentAct::Approve { line },
        "withdraw" => IncidentAct::Withdraw { line },
        "end" => IncidentAct::End,
        "stop" => IncidentAct::Stop,
        _ => return Err(unknown("do")),
    })
}

async fn remove(
    app: &App,
    viewer: &Viewer,
    fields: &Fields,
    (brand_id, id): (&str, &str),
) -> Result<(), CaseworkError> {
    let chosen = ticked(fields).map_err(|e| CaseworkError::Refused(e.to_string()))?;
    for (case, _) in chosen {
        casework_of(app, viewer).incident(brand_id, id, &actor(viewer), IncidentAct::Remove { case }).await?;
    }
    Ok(())
}

/// Answers those that are ticked, and says of each that got none why.
async fn send(
    app: &App,
    asked: &Asked,
    viewer: &Viewer,
    fields: &Fields,
    (brand_id, id, purpose, once): (&str, &str, Purpose, &str),
) -> Result<Response, Error> {
    let i = asked.texts.incidents();
    let chosen = ticked(fields)?;
    let done =
        match casework_of(app, viewer).answer_many(brand_id, id, purpose, &chosen, &actor(viewer)).await {
            Ok(done) => done,
            Err(error @ CaseworkError::Store(_)) => {
                // What was made stands and is not made again: the same form may come again.
                forget_press(app, fields.get("nonce"), once).await;
                return Err(error.into());
            }
            Err(error) => {
                let said = (purpose, None, Some(("bad", refused::told(asked.texts, &error.to_string()))));
                let page = shown(app, asked, viewer, id, said).await?;
                return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
            }
        };
    let (_, now) = found(app, viewer, id).await?;
    let mut text = format!("{} {}", done.made, i.inc_done_sent);
    for (case, why) in &done.refused {
        let number = now.chosen.members.iter().find(|m| m.case_id == *case).map_or(0, |m| m.number);
        let why = refused::told(asked.texts, why);
        let _ = write!(text, "; #{number} {}: {why}", i.inc_done_refused);
    }
    let kind = if done.refused.is_empty() { "good" } else { "bad" };
    shown(app, asked, viewer, id, (purpose, None, Some((kind, text)))).await
}

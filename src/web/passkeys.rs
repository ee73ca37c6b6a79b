//! Passkeys in the browser: challenges for the script, and what it brings back in ordinary forms.

use super::App;
use super::auth::{Asked, ENROL, Fields, Viewer, prove_first, safe_next};
use super::error::Error;
use super::login::{admitted, again, people};
use super::second::{refused, step};
use super::sessions;
use crate::people::{Assertion, PeopleError, Present, Purpose};
use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::CookieJar;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use std::sync::Arc;

/// What the script needs to ask the browser for a key.
#[derive(Serialize)]
struct Challenge {
    challenge: String,
    rp: String,
    /// The keys that may answer, or that are there already.
    keys: Vec<String>,
    /// Whose a new key is: id in base 64, login, name.
    user: Option<(String, String, String)>,
}

async fn made(
    app: &App,
    asked: &Asked,
    purpose: Purpose,
    person: &str,
    user: Option<&Present>,
) -> Result<Response, Error> {
    let Some(relying) = &app.relying else {
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, asked.texts.doors().passkeys_no).into_response());
    };
    match app.people.challenge(purpose, person, &asked.address).await {
        Ok((challenge, keys)) => Ok(Json(Challenge {
            challenge,
            rp: relying.id.clone(),
            keys,
            user: user.map(|p| (URL_SAFE_NO_PAD.encode(p.id.as_str()), p.login.clone(), p.name.clone())),
        })
        .into_response()),
        Err(PeopleError::TooMany(span)) => {
            let text = format!("{} {span}.", asked.texts.too_many);
            Ok((StatusCode::TOO_MANY_REQUESTS, text).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

fn bytes(fields: &Fields, name: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(fields.get(name)).unwrap_or_default()
}

fn assertion(fields: &Fields) -> Assertion {
    Assertion {
        id: fields.get("id").to_owned(),
        client: bytes(fields, "client"),
        data: bytes(fields, "data"),
        signature: bytes(fields, "signature"),
    }
}

/// `POST /login/challenge`: for whoever comes, or for who has shown a password.
pub async fn enter_challenge(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    jar: CookieJar,
) -> Result<Response, Error> {
    let waiting = match step(&app, &jar) {
        Some(token) => app.people.waiting(&token).await?,
        None => None,
    };
    let person = waiting.map(|w| w.person).unwrap_or_default();
    made(&app, &asked, Purpose::Enter, &person, None).await
}

/// `POST /login/passkey`.
pub async fn enter(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(fields): Extension<Arc<Fields>>,
    jar: CookieJar,
) -> Result<Response, Error> {
    let next = fields.get("next");
    let entered = match &app.relying {
        Some(relying) => {
            let mut begun = step(&app, &jar);
            // A step that is over is no step: they come in by the key alone.
            if let Some(token) = &begun
                && app.people.waiting(token).await?.is_none()
            {
                begun = None;
            }
            let people = people(&app, &asked);
            people.enter_by_passkey(relying, &assertion(&fields), begun.as_deref(), &asked.address).await
        }
        None => Err(PeopleError::Denied("no passkeys here")),
    };
    match entered {
        Ok(token) => admitted(&app, jar, token, next).await,
        Err(PeopleError::Store(error)) => Err(error.into()),
        Err(_) => {
            let page = again(&app, &asked, next, asked.texts.doors().passkey_wrong.to_owned())?;
            Ok((StatusCode::UNAUTHORIZED, page).into_response())
        }
    }
}

/// `POST /account/passkeys/challenge`: for a new key, or to show who holds the log-in.
pub async fn challenge(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
) -> Result<Response, Error> {
    let who = &viewer.person;
    let (purpose, user) = match fields.get("what") {
        "add" => (Purpose::Add, Some(who)),
        "prove" => (Purpose::Prove, None),
        _ => return Err(Error::Invalid("what: add or prove".to_owned())),
    };
    made(&app, &asked, purpose, who.id.as_str(), user).await
}

/// `POST /account/passkeys`: adds one, or removes one. Wants a proof of the last minutes.
pub async fn change(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
) -> Result<Response, Error> {
    let who = &viewer.person;
    if !who.is_proved(app.clock.now()) {
        return Ok(prove_first(ENROL));
    }
    let mine = app.people.by(viewer.caller.clone());
    if fields.get("act") == "remove" {
        if mine.remove_passkey(who, fields.get("id")).await? {
            return Ok(Redirect::to(ENROL).into_response());
        }
        return Err(Error::NotFound);
    }
    let Some(relying) = &app.relying else {
        let why = PeopleError::Invalid(asked.texts.doors().passkeys_no.to_owned());
        return refused(&app, &asked, &viewer, why).await;
    };
    let said = (bytes(&fields, "client"), bytes(&fields, "statement"));
    match mine.add_passkey(who, &viewer.token, relying, fields.get("name"), (&said.0, &said.1)).await {
        Ok(()) => Ok(Redirect::to(ENROL).into_response()),
        Err(PeopleError::Denied(_)) => {
            let why = PeopleError::Invalid(asked.texts.doors().passkey_wrong.to_owned());
            refused(&app, &asked, &viewer, why).await
        }
        Err(error) => refused(&app, &asked, &viewer, error).await,
    }
}

/// `POST /account/prove/passkey`.
pub async fn prove(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
    jar: CookieJar,
) -> Result<Response, Error> {
    let (who, next) = (&viewer.person, fields.get("next"));
    let mine = app.people.by(viewer.caller.clone());
    let proved = match &app.relying {
        Some(relying) => {
            let given = assertion(&fields);
            mine.prove_by_passkey(who, &viewer.token, relying, &given, &asked.address).await
        }
        None => Err(PeopleError::Denied("no passkeys here")),
    };
    match proved {
        Ok(token) => Ok((jar.add(app.scheme.cookie(token)), Redirect::to(safe_next(next))).into_response()),
        Err(PeopleError::Store(error)) => Err(error.into()),
        Err(_) => {
            let problem = Some(asked.texts.doors().passkey_wrong.to_owned());
            let page = sessions::shown(&app, &asked, &viewer, next, problem).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

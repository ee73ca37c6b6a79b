//! Open log-ins of whoever looks, ending them, and showing once more who one is.

use super::App;
use super::auth::{Asked, Fields, Viewer, safe_next};
use super::error::Error;
use super::frame::{Frame, is_stopped, page as print};
use super::second::CODE_BYTES_MAX;
use super::shown::Moment;
use super::texts::people::PeopleTexts;
use crate::people::PeopleError;
use askama::Template;
use axum::extract::{Extension, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::CookieJar;
use std::collections::HashMap;
use std::sync::Arc;

/// One open log-in as the account page shows it.
pub struct Open {
    /// What names it.
    pub id: String,
    /// When it began.
    pub since: Moment,
    /// When it was last used.
    pub seen: Moment,
    /// From which network.
    pub source: String,
    /// Whether it is this one.
    pub this: bool,
}

/// The open log-ins of whoever looks.
pub async fn open(app: &App, viewer: &Viewer) -> Result<Vec<Open>, Error> {
    let all = app.people.open_logins(&viewer.person, &viewer.token).await?;
    let one = |l: crate::people::OpenLogin| Open {
        id: l.id,
        since: Moment::of(l.since.millis()),
        seen: Moment::of(l.seen.millis()),
        source: l.source,
        this: l.this,
    };
    Ok(all.into_iter().map(one).collect())
}

/// `POST /account/logins`: ends one, or all but this one.
pub async fn end(
    State(app): State<App>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
) -> Result<Response, Error> {
    let people = app.people.by(viewer.caller.clone());
    if fields.get("others") == "1" {
        people.leave_elsewhere(&viewer.person.id, &viewer.token).await?;
    } else if !people.end_login(&viewer.person.id, fields.get("id")).await? {
        return Err(Error::NotFound);
    }
    Ok(Redirect::to("/account").into_response())
}

#[derive(Template)]
#[template(path = "prove.html", config = "src/web/askama.toml")]
struct ProvePage {
    frame: Frame,
    p: &'static PeopleTexts,
    login: String,
    /// Whether a password, with a code where they have an app, shows who they are.
    has_password: bool,
    /// Whether a code is wanted as well.
    has_code: bool,
    /// Whether they may show a passkey instead.
    has_passkey: bool,
    /// Whether the provider that let them in may ask them anew.
    by_provider: bool,
    next: String,
    problem: Option<String>,
}

/// The page on which somebody shows who they are.
pub async fn shown(
    app: &App,
    asked: &Asked,
    viewer: &Viewer,
    next: &str,
    problem: Option<String>,
) -> Result<Response, Error> {
    let p = asked.texts.people();
    let ways = app.people.ways(viewer.person.id.as_str()).await?;
    let kill = app.db.read("reading a switch", |tx| Box::pin(is_stopped(tx))).await?;
    print(&ProvePage {
        frame: Frame::of(app, asked, viewer, "account", p.prove, kill),
        p,
        login: viewer.person.login.clone(),
        has_password: viewer.person.has_password && (ways.app || !ways.is_some()),
        has_code: ways.app,
        has_passkey: app.relying.is_some() && ways.passkeys > 0,
        by_provider: !viewer.person.provider.is_empty() && app.modules.provider.is_some(),
        next: safe_next(next).to_owned(),
        problem,
    })
}

/// `GET /account/prove`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    shown(&app, &asked, &viewer, query.get("next").map_or("/", String::as_str), None).await
}

/// `POST /account/prove`.
pub async fn prove(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
    jar: CookieJar,
) -> Result<Response, Error> {
    let (people, password) = (app.people.by(viewer.caller.clone()), fields.get("password"));
    let code = fields.get("code");
    let proved = if password.len() > 4096 || code.len() > CODE_BYTES_MAX {
        Err(PeopleError::Denied("too long"))
    } else {
        people.prove(&viewer.person.login, &viewer.token, (password, code), &asked.address).await
    };
    let (status, problem) = match proved {
        Ok(token) => {
            let next = Redirect::to(safe_next(fields.get("next")));
            return Ok((jar.add(app.scheme.cookie(token)), next).into_response());
        }
        Err(PeopleError::Store(error)) => return Err(error.into()),
        Err(PeopleError::TooMany(span)) => {
            (StatusCode::TOO_MANY_REQUESTS, format!("{} {span}.", asked.texts.too_many))
        }
        Err(_) => (StatusCode::UNPROCESSABLE_ENTITY, asked.texts.login_wrong.to_owned()),
    };
    let page = shown(&app, &asked, &viewer, fields.get("next"), Some(problem)).await?;
    Ok((status, page).into_response())
}

//! The tokens by which programs come in: leads make them, see when they were used, and take them back. A token
//! itself is on the page that makes it and nowhere else. Scopes are those that the one who makes it has.

use super::App;
use super::auth::{Asked, Fields, Viewer};
use super::error::Error;
use super::frame::{Frame, brands_of, is_stopped, page as print};
use super::shown::Moment;
use super::texts::refused;
use super::texts::tokens::TokenTexts;
use crate::tokens::{Held, Scope, TokenError, Wanted};
use askama::Template;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;

struct Row {
    id: String,
    name: String,
    state: String,
    good: bool,
    acts_as: String,
    brands: String,
    scopes: String,
    until: Moment,
    used: Option<Moment>,
}

#[derive(Template)]
#[template(path = "tokens.html", config = "src/web/askama.toml")]
struct TokensPage {
    frame: Frame,
    p: &'static TokenTexts,
    held: Vec<Row>,
    /// What can be ticked, and what was in a form that was not taken: a tick that got lost would open every brand.
    scopes: Vec<(&'static str, String, bool)>,
    brands: Vec<(String, String, bool)>,
    typed_name: String,
    typed_days: String,
    mine: bool,
    made: Option<String>,
    link: Option<String>,
    problem: Option<String>,
}

impl From<TokenError> for Error {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Invalid(what) => Self::Invalid(what),
            TokenError::Store(error) => error.into(),
        }
    }
}

/// The tokens that somebody may see: none that sees a brand which they do not.
async fn held(app: &App, viewer: &Viewer) -> Result<Vec<Held>, Error> {
    let mut all = app.tokens.list().await?;
    if !viewer.person.walls.is_open() {
        let seen = brands_of(app, viewer);
        let is_seen = |name: &String| seen.iter().any(|b| b.brand.name.eq_ignore_ascii_case(name));
        all.retain(|h| !h.brands.is_empty() && h.brands.iter().all(is_seen));
    }
    Ok(all)
}

async fn shown(
    app: &App,
    asked: &Asked,
    viewer: &Viewer,
    (made, problem): (Option<(String, Option<String>)>, Option<String>),
    fields: Option<&Fields>,
) -> Result<Response, Error> {
    let t = asked.texts;
    let typed = |name: &str| fields.map_or("", |f| f.get(name));
    let scope = |s: Scope| {
        let ticked = typed(&format!("scope_{}", s.code())) == "1";
        (s.code(), t.name("scope", s.code()), ticked)
    };
    let brand = |b: crate::catalogue::Watched| {
        let ticked = typed(&format!("brand_{}", b.id)) == "1";
        (b.id, b.brand.name, ticked)
    };
    let (made, link) = made.map_or((None, None), |(token, link)| (Some(token), link));
    let kill = app.db.read("reading a switch", |tx| Box::pin(is_stopped(tx))).await?;
    let row = |h: Held| Row {
        state: t.name("tokenstate", h.state),
        good: h.state == "good",
        brands: if h.brands.is_empty() { t.all_brands.to_owned() } else { h.brands.join(", ") },
        scopes: h.scopes.iter().map(|s| t.name("scope", s.code())).collect::<Vec<_>>().join("; "),
        until: Moment::of(h.until.millis()),
        used: h.used_at.map(|at| Moment::of(at.millis())),
        id: h.id,
        name: h.name,
        acts_as: h.acts_as,
    };
    let mine = Scope::ALL.into_iter().filter(|s| s.fits(viewer.person.role));
    print(&TokensPage {
        held: held(app, viewer).await?.into_iter().map(row).collect(),
        scopes: mine.map(scope).collect(),
        brands: brands_of(app, viewer).into_iter().map(brand).collect(),
        typed_name: typed("name").to_owned(),
        typed_days: fields.map_or("90", |f| f.get("days")).to_owned(),
        mine: typed("mine") == "1",
        frame: Frame::of(app, asked, viewer, "tokens", t.programs().tokens, kill),
        p: t.programs(),
        made,
        link,
        problem,
    })
}

/// `GET /tokens`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
) -> Result<Response, Error> {
    shown(&app, &asked, &viewer, (None, None), None).await
}

/// `POST /tokens`.
pub async fn make(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
) -> Result<Response, Error> {
    let chosen = |name: &str| fields.get(name) == "1";
    // Nobody gives away more than they have.
    let scopes = Scope::ALL.into_iter().filter(|s| chosen(&format!("scope_{}", s.code())));
    let brands = brands_of(&app, &viewer);
    let walled = !viewer.person.walls.is_open();
    let chosen_any = brands.iter().any(|b| chosen(&format!("brand_{}", b.id)));
    let known: Vec<String> = brands.iter().map(|b| b.brand.name.clone()).collect();
    let wanted = Wanted {
        name: fields.get("name").to_owned(),
        person: chosen("mine").then(|| viewer.person.login.clone()),
        scopes: scopes.filter(|s| s.fits(viewer.person.role)).collect(),
        brands: brands
            .into_iter()
            // Of one who does not see all, none chosen means all that they see.
            .filter(|b| chosen(&format!("brand_{}", b.id)) || (walled && !chosen_any))
            .map(|b| b.brand.name)
            .collect(),
        days: fields.get("days").parse().unwrap_or(0),
    };
    match app.tokens.by(viewer.caller.clone()).add(&wanted, viewer.person.id.as_str(), &known).await {
        Ok((id, token)) => {
            tracing::warn!(token.id = id, person.id = viewer.person.id.as_str(), "a token was made");
            let is_wall = wanted.scopes == [Scope::Wall];
            let link = is_wall.then(|| format!("{}/wall/{token}", app.public_url.trim_end_matches('/')));
            shown(&app, &asked, &viewer, (Some((token, link)), None), None).await
        }
        Err(TokenError::Invalid(why)) => {
            let why = Some(refused::told(asked.texts, &why));
            let page = shown(&app, &asked, &viewer, (None, why), Some(&*fields)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /tokens/revoke`.
pub async fn revoke(
    State(app): State<App>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
) -> Result<Response, Error> {
    if !held(&app, &viewer).await?.iter().any(|h| h.id == fields.get("id")) {
        return Err(Error::NotFound);
    }
    app.tokens.by(viewer.caller.clone()).revoke(fields.get("id")).await?;
    tracing::warn!(
        token.id = fields.get("id"),
        person.id = viewer.person.id.as_str(),
        "a token was taken back"
    );
    Ok(Redirect::to("/tokens").into_response())
}

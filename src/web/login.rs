//! Coming in and going out: password, one-time link, account.
//!
//! A link is used up by a button, not by looking at it, for chats and mail programs look at every
//! address they show. What was wrong with a log-in is not told.

use super::auth::{Asked, Fields, Viewer, prove_first, safe_next, viewer};
use super::error::Error;
use super::frame::{Frame, is_stopped, page as print};
use super::sessions::{Open, open};
use super::shown::Moment;
use super::signs::{Sign, signs_of};
use super::texts::refused;
use super::{App, zones};
use crate::domain::audit::{Caller, Via, network};
use crate::domain::role::Right;
use crate::people::{Entered, People, PeopleError};
use askama::Template;
use axum::extract::{Extension, Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::CookieJar;
use std::collections::HashMap;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "login.html", config = "src/web/askama.toml")]
struct LoginPage {
    frame: Frame,
    refused: Option<String>,
    problem: Option<String>,
    login: String,
    next: String,
    /// The token of a one-time link, when there is one.
    link: Option<String>,
    /// Whether passwords let anybody in who is not the one that always comes in.
    passwords: bool,
    /// Whether passkeys do.
    passkeys: bool,
    /// What the button of the provider says.
    provider: Option<String>,
    /// Where to log out at the provider as well.
    out: Option<String>,
}

impl LoginPage {
    fn new(app: &App, asked: &Asked, next: &str) -> Self {
        Self {
            frame: Frame::bare(app, asked.texts, asked.texts.log_in),
            refused: app.login_refused().map(ToOwned::to_owned),
            problem: None,
            login: String::new(),
            next: safe_next(next).to_owned(),
            link: None,
            passwords: app.people.rules().passwords,
            passkeys: app.relying.is_some() && app.people.rules().passwords,
            provider: app.modules.provider.as_ref().map(|p| p.button().to_owned()),
            out: None,
        }
    }
}

/// The page again, with what was wrong.
pub fn again(app: &App, asked: &Asked, next: &str, problem: String) -> Result<Response, Error> {
    let mut page = LoginPage::new(app, asked, next);
    page.problem = Some(problem);
    print(&page)
}

/// Who may come in, for somebody of whom only the address is known.
pub fn people(app: &App, asked: &Asked) -> People {
    app.people.by(Caller { via: Via::Console, from: network(&asked.address), ..Caller::default() })
}

/// `GET /login`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Query(query): Query<HashMap<String, String>>,
    jar: CookieJar,
) -> Result<Response, Error> {
    let next = query.get("next").map_or("/", String::as_str);
    if viewer(&app, &jar).await?.is_some() {
        return Ok(Redirect::to(safe_next(next)).into_response());
    }
    let mut page = LoginPage::new(&app, &asked, next);
    if let (true, Some(provider)) = (query.contains_key("out"), &app.modules.provider) {
        page.out = provider.log_out().await.map(|url| url.to_string());
    }
    print(&page)
}

/// `POST /login`.
pub async fn enter(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(fields): Extension<Arc<Fields>>,
    jar: CookieJar,
) -> Result<Response, Error> {
    let mut again = LoginPage::new(&app, &asked, fields.get("next"));
    if again.refused.is_some() {
        return Ok((StatusCode::FORBIDDEN, print(&again)?).into_response());
    }
    let login: String = fields.get("login").chars().take(64).collect();
    let password = fields.get("password");
    let entered = if password.len() > 4096 {
        Err(PeopleError::Denied("too long"))
    } else {
        people(&app, &asked).enter(&login, password, &asked.address).await
    };
    match entered {
        Ok(entered) => came(&app, jar, entered, &again.next).await,
        Err(PeopleError::TooMany(span)) => {
            again.problem = Some(format!("{} {span}.", asked.texts.too_many));
            again.login = login;
            let seconds = HeaderValue::from((span.millis() / 1000 + 1).max(1));
            let retry = [(header::RETRY_AFTER, seconds)];
            Ok((StatusCode::TOO_MANY_REQUESTS, retry, print(&again)?).into_response())
        }
        Err(PeopleError::Denied(_) | PeopleError::Invalid(_)) => {
            again.problem = Some(asked.texts.login_wrong.to_owned());
            again.login = login;
            Ok((StatusCode::UNAUTHORIZED, print(&again)?).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /login/{token}`: a button, so that looking at the address does not use the link up.
pub async fn link_page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Path(token): Path<String>,
) -> Result<Response, Error> {
    let mut page = LoginPage::new(&app, &asked, "/");
    page.link =
        Some(token.chars().filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).take(64).collect());
    print(&page)
}

/// `POST /login/{token}`.
pub async fn enter_by_link(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Path(token): Path<String>,
    jar: CookieJar,
) -> Result<Response, Error> {
    let mut again = LoginPage::new(&app, &asked, "/");
    if again.refused.is_some() {
        return Ok((StatusCode::FORBIDDEN, print(&again)?).into_response());
    }
    match people(&app, &asked).enter_by_link(&token).await {
        Ok(entered) => came(&app, jar, entered, "/account").await,
        Err(PeopleError::Store(error)) => Err(error.into()),
        Err(_) => {
            again.problem = Some(asked.texts.link_bad.to_owned());
            Ok((StatusCode::UNAUTHORIZED, print(&again)?).into_response())
        }
    }
}

/// In, or on to the second factor.
async fn came(app: &App, jar: CookieJar, entered: Entered, next: &str) -> Result<Response, Error> {
    match entered {
        Entered::In(token) => admitted(app, jar, token, next).await,
        Entered::Second(token) => {
            let next: String = url::form_urlencoded::byte_serialize(safe_next(next).as_bytes()).collect();
            let page = Redirect::to(&format!("/login/second?next={next}"));
            Ok((jar.add(app.scheme.step(token)), page).into_response())
        }
    }
}

/// A new session under a new token; whatever session the browser had before ends. Who was told something reads it
/// first.
pub async fn admitted(app: &App, jar: CookieJar, token: String, next: &str) -> Result<Response, Error> {
    if let Some(old) = viewer(app, &jar).await? {
        app.people.by(old.person.caller("")).leave(&old.token).await?;
    }
    let (mut told, mut briefed) = (false, false);
    if let Some(person) = app.people.who(&token).await? {
        told = !app.people.told(&person).await?.is_empty();
        // Who was on the way to something else gets there; who just comes in reads first what there is to know.
        if !told && safe_next(next) == "/" && person.may(Right::See) {
            let all = app.catalogue.get();
            let seen = all.brands.iter().filter(|b| person.walls.let_see(&b.id));
            let brands: Vec<String> = seen.map(|b| b.id.clone()).collect();
            briefed = super::briefing::has_news(app, &brands).await?;
        }
    }
    let next = match (told, briefed) {
        (true, _) => "/account",
        (false, true) => "/briefing",
        (false, false) => safe_next(next),
    };
    let is_stepping = jar.get(app.scheme.step_name()).is_some();
    let mut jar = jar.add(app.scheme.cookie(token));
    if is_stepping {
        jar = jar.add(app.scheme.step(String::new()));
    }
    Ok((jar, Redirect::to(next)).into_response())
}

/// `POST /logout`. Who came in by a provider is told how to log out there as well.
pub async fn leave(
    State(app): State<App>,
    Extension(viewer): Extension<Arc<Viewer>>,
    jar: CookieJar,
) -> Result<Response, Error> {
    app.people.by(viewer.caller.clone()).leave(&viewer.token).await?;
    let page = if viewer.person.provider.is_empty() { "/login" } else { "/login?out=1" };
    Ok((jar.add(app.scheme.cookie(String::new())), Redirect::to(page)).into_response())
}

/// `POST /account/told`: somebody has read what was done to their account.
pub async fn told(
    State(app): State<App>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
) -> Result<Response, Error> {
    let up_to = fields.get("up_to").parse().map_err(|_| Error::Invalid("up_to: a number".to_owned()))?;
    app.people.saw(&viewer.person, up_to).await?;
    Ok(Redirect::to("/account").into_response())
}

#[derive(Template)]
#[template(path = "account.html", config = "src/web/askama.toml")]
struct AccountPage {
    frame: Frame,
    login: String,
    has_password: bool,
    problem: Option<String>,
    done: Option<&'static str>,
    signs: Vec<Sign>,
    logins: Vec<Open>,
    tokens: bool,
    people: bool,
    audit: bool,
    /// Whether a password lets them in.
    passwords: bool,
    /// What they have beside it, in words.
    factors: String,
    /// What others did to the account: when, what; and the last number of it.
    told: Vec<(Moment, String)>,
    told_up_to: i64,
    /// The languages of the pages: tag, name, whether it was chosen.
    languages: Vec<(&'static str, &'static str, bool)>,
    /// The zones of times that may be chosen, and that of the team.
    zones: Vec<String>,
    team_zone: String,
}

/// What the account page has to say.
#[derive(Default)]
pub struct Note {
    /// What went wrong.
    pub problem: Option<String>,
    /// What was done.
    pub done: Option<&'static str>,
}

/// The account page.
pub async fn account_page(app: &App, asked: &Asked, viewer: &Viewer, note: Note) -> Result<Response, Error> {
    let kill = app.db.read("reading a switch", |tx| Box::pin(is_stopped(tx))).await?;
    let told = app.people.told(&viewer.person).await?;
    let ways = app.people.ways(viewer.person.id.as_str()).await?;
    print(&AccountPage {
        passwords: app.people.rules().lets_in(&viewer.person.login),
        factors: super::second::in_words(asked.texts.doors(), ways),
        languages: asked.languages.clone(),
        zones: zones::names(),
        team_zone: zones::name(&app.zone),
        told_up_to: told.last().map_or(0, |t| t.id),
        told: told
            .into_iter()
            .map(|t| (Moment::of(t.at.millis()), asked.texts.doors().told(&t.what)))
            .collect(),
        frame: Frame::of(app, asked, viewer, "account", asked.texts.account, kill),
        login: viewer.person.login.clone(),
        has_password: viewer.person.has_password,
        problem: note.problem,
        done: note.done,
        logins: open(app, viewer).await?,
        tokens: viewer.person.may(Right::Tokens),
        people: viewer.person.may(Right::People) && viewer.person.walls.is_open(),
        audit: viewer.person.may(Right::Audit),
        signs: if viewer.person.may_work() { signs_of(app, asked, viewer).await? } else { Vec::new() },
    })
}

/// `GET /account`.
pub async fn account(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let t = asked.texts;
    let done = match (query.contains_key("done"), query.contains_key("sign")) {
        (true, _) => Some(t.password_set),
        (_, true) => Some(t.sign_set),
        _ => None,
    };
    account_page(&app, &asked, &viewer, Note { problem: None, done }).await
}

/// `POST /account/password`. Who has a password shows it first, so that a session left open is not
/// enough to take an account over; the session is exchanged for a new one.
pub async fn set_password(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
    jar: CookieJar,
) -> Result<Response, Error> {
    let person = &viewer.person;
    let mine = app.people.by(viewer.caller.clone());
    // Nobody sets a first password in a session that somebody left open, nor another one without the second factor.
    let by_more = !person.has_password || app.people.ways(person.id.as_str()).await?.is_some();
    if by_more && !person.is_proved(app.clock.now()) {
        return Ok(prove_first("/account"));
    }
    // Whoever shows the present one holds the session under another token from here on.
    let mut kept = viewer.token.clone();
    if person.has_password {
        let present = fields.get("present");
        match mine.show_password(&person.login, &viewer.token, present, &asked.address).await {
            Ok(token) => kept = token,
            Err(PeopleError::Store(error)) => return Err(error.into()),
            Err(error) => {
                let problem = match error {
                    PeopleError::TooMany(span) => format!("{} {span}.", asked.texts.too_many),
                    _ => asked.texts.login_wrong.to_owned(),
                };
                let page =
                    account_page(&app, &asked, &viewer, Note { problem: Some(problem), done: None }).await?;
                return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
            }
        }
    }
    let answer = match mine.set_password(person, fields.get("password"), &kept).await {
        Ok(()) => Redirect::to("/account?done=1").into_response(),
        Err(PeopleError::Store(error)) => return Err(error.into()),
        Err(error) => {
            let why = refused::told(asked.texts, &error.to_string());
            let note = Note { problem: Some(why), done: None };
            let again = match app.people.who(&kept).await? {
                // Its forms must carry the token that holds now.
                Some(person) => Viewer { person, token: kept.clone(), caller: viewer.caller.clone() },
                None => (*viewer).clone(),
            };
            let page = account_page(&app, &asked, &again, note).await?;
            (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
        }
    };
    Ok((jar.add(app.scheme.cookie(kept)), answer).into_response())
}

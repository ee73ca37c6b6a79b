//! The second factor: asked for after a password, and set up by whose it is.
//!
//! The picture for apps is drawn here and stands in the page itself; nothing of the secret is an address that
//! anything could be asked for again.

use super::App;
use super::auth::{Asked, ENROL, Fields, Viewer, prove_first, safe_next};
use super::error::Error;
use super::frame::{Frame, is_stopped, page as print};
use super::login::{admitted, again, people};
use super::shown::Moment;
use super::texts::doors::DoorTexts;
use super::texts::refused;
use crate::people::totp::{address, base32};
use crate::people::{PeopleError, Ways};
use askama::Template;
use axum::extract::{Extension, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::CookieJar;
use qrcodegen::{QrCode, QrCodeEcc};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

/// Longest code that is looked at, in bytes.
pub const CODE_BYTES_MAX: usize = 64;

#[derive(Template)]
#[template(path = "second.html", config = "src/web/askama.toml")]
struct SecondPage {
    frame: Frame,
    d: &'static DoorTexts,
    app: bool,
    passkeys: bool,
    next: String,
    problem: Option<String>,
}

/// The token of somebody who is on the way in.
pub fn step(app: &App, jar: &CookieJar) -> Option<String> {
    let token = jar.get(app.scheme.step_name())?.value();
    (!token.is_empty() && token.len() <= 128).then(|| token.to_owned())
}

async fn asks(
    app: &App,
    asked: &Asked,
    jar: &CookieJar,
    next: &str,
    problem: Option<String>,
) -> Result<Option<Response>, Error> {
    let Some(token) = step(app, jar) else { return Ok(None) };
    let Some(waiting) = app.people.waiting(&token).await? else { return Ok(None) };
    let d = asked.texts.doors();
    let page = SecondPage {
        frame: Frame::bare(app, asked.texts, d.second),
        d,
        app: waiting.app,
        passkeys: waiting.passkeys && app.relying.is_some(),
        next: safe_next(next).to_owned(),
        problem,
    };
    print(&page).map(Some)
}

/// `GET /login/second`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Query(query): Query<HashMap<String, String>>,
    jar: CookieJar,
) -> Result<Response, Error> {
    let next = query.get("next").map_or("/", String::as_str);
    let page = asks(&app, &asked, &jar, next, None).await?;
    Ok(page.unwrap_or_else(|| Redirect::to("/login").into_response()))
}

/// `POST /login/second`.
pub async fn enter(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(fields): Extension<Arc<Fields>>,
    jar: CookieJar,
) -> Result<Response, Error> {
    let (d, next) = (asked.texts.doors(), fields.get("next"));
    let token = step(&app, &jar).unwrap_or_default();
    let code = fields.get("code");
    let entered = if code.len() > CODE_BYTES_MAX {
        Err(PeopleError::Denied("too long"))
    } else {
        people(&app, &asked).second(&token, code, &asked.address).await
    };
    let (status, problem) = match entered {
        Ok(token) => return admitted(&app, jar, token, next).await,
        Err(PeopleError::Store(error)) => return Err(error.into()),
        Err(PeopleError::TooMany(span)) => {
            let problem = format!("{} {span}.", asked.texts.too_many);
            let seconds = HeaderValue::from((span.millis() / 1000 + 1).max(1));
            let page = asks(&app, &asked, &jar, next, Some(problem)).await?;
            let page = page.unwrap_or_else(|| Redirect::to("/login").into_response());
            return Ok(
                (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, seconds)], page).into_response()
            );
        }
        Err(_) => (StatusCode::UNAUTHORIZED, d.code_wrong.to_owned()),
    };
    match asks(&app, &asked, &jar, next, Some(problem)).await? {
        Some(page) => Ok((status, page).into_response()),
        None => Ok((status, again(&app, &asked, next, d.late.to_owned())?).into_response()),
    }
}

/// One passkey as its owner sees it.
struct Shown {
    id: String,
    name: String,
    since: Moment,
    used: Option<Moment>,
}

#[derive(Template)]
#[template(path = "factors.html", config = "src/web/askama.toml")]
struct FactorsPage {
    frame: Frame,
    d: &'static DoorTexts,
    must: bool,
    ways: Ways,
    /// The secret of an app that was begun, in groups, and its picture: its size and the path of its dark fields.
    secret: Option<(String, i32, String)>,
    /// Recovery codes, shown once.
    codes: Vec<String>,
    passkeys: Vec<Shown>,
    /// Whether the public address lets passkeys be used.
    can: bool,
    problem: Option<String>,
}

/// What somebody has, in words.
pub fn in_words(d: &DoorTexts, ways: Ways) -> String {
    let keys = match ways.passkeys {
        0 => None,
        1 => Some(d.ways_passkey.to_owned()),
        n => Some(format!("{n} {}", d.ways_passkeys)),
    };
    let all: Vec<String> = ways.app.then(|| d.ways_app.to_owned()).into_iter().chain(keys).collect();
    if all.is_empty() { d.ways_none.to_owned() } else { all.join(", ") }
}

/// The picture of a text: its size in fields, quiet ones around it included, and the path of its dark ones.
fn picture(text: &str) -> Option<(i32, String)> {
    const QUIET: i32 = 4;
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let mut path = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            // Writing to a text cannot fail.
            let _ = write!(path, "M{} {}h1v1h-1z", x + QUIET, y + QUIET);
        }
    }
    Some((code.size() + 2 * QUIET, path))
}

fn grouped(secret: &str) -> String {
    let groups: Vec<String> =
        secret.chars().collect::<Vec<_>>().chunks(4).map(|c| c.iter().collect()).collect();
    groups.join(" ")
}

/// The page of somebody's own factors.
pub async fn shown(
    app: &App,
    asked: &Asked,
    viewer: &Viewer,
    (codes, problem): (Vec<String>, Option<String>),
) -> Result<Response, Error> {
    let (d, who) = (asked.texts.doors(), &viewer.person);
    let kill = app.db.read("reading a switch", |tx| Box::pin(is_stopped(tx))).await?;
    let host = url::Url::parse(&app.public_url).ok().and_then(|u| u.host_str().map(ToOwned::to_owned));
    let issuer = host.map_or_else(|| "webcared".to_owned(), |host| format!("webcared-{host}"));
    let secret = app.people.begun_app(who).await?.and_then(|secret| {
        let (size, path) = picture(&address(&issuer, &who.login, &secret))?;
        Some((grouped(&base32(&secret)), size, path))
    });
    let one = |k: crate::people::Passkey| Shown {
        id: k.id,
        name: k.name,
        since: Moment::of(k.since.millis()),
        used: k.used.map(|at| Moment::of(at.millis())),
    };
    let ways = app.people.ways(who.id.as_str()).await?;
    print(&FactorsPage {
        frame: Frame::of(app, asked, viewer, "account", d.ways, kill),
        d,
        must: who.must_enrol && !ways.is_some(),
        ways,
        secret,
        codes,
        passkeys: app.people.passkeys(who).await?.into_iter().map(one).collect(),
        can: app.relying.is_some(),
        problem,
    })
}

/// `GET /account/second`.
pub async fn own(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
) -> Result<Response, Error> {
    shown(&app, &asked, &viewer, (Vec::new(), None)).await
}

/// The page again with what was wrong.
pub async fn refused(
    app: &App,
    asked: &Asked,
    viewer: &Viewer,
    error: PeopleError,
) -> Result<Response, Error> {
    let (status, problem) = match error {
        PeopleError::Store(error) => return Err(error.into()),
        PeopleError::TooMany(span) => {
            (StatusCode::TOO_MANY_REQUESTS, format!("{} {span}.", asked.texts.too_many))
        }
        PeopleError::Denied(_) => {
            (StatusCode::UNPROCESSABLE_ENTITY, asked.texts.doors().code_wrong.to_owned())
        }
        PeopleError::Invalid(why) => (StatusCode::UNPROCESSABLE_ENTITY, refused::told(asked.texts, &why)),
    };
    let page = shown(app, asked, viewer, (Vec::new(), Some(problem))).await?;
    Ok((status, page).into_response())
}

/// `POST /account/second`: begins, confirms, removes an app; makes recovery codes. Wants a proof of the last minutes.
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
    let done = match fields.get("act") {
        "begin" => mine.begin_app(who).await.map(|()| None),
        "confirm" if fields.get("code").len() <= CODE_BYTES_MAX => {
            let confirmed = mine.confirm_app(who, fields.get("code"), &viewer.token, &asked.address).await;
            confirmed.map(Some)
        }
        "codes" => mine.new_codes(who).await.map(Some),
        "remove" => mine.remove_app(who).await.map(|()| None),
        _ => return Err(Error::Invalid("act: begin, confirm, codes or remove".to_owned())),
    };
    match done {
        Ok(None) => Ok(Redirect::to(ENROL).into_response()),
        Ok(Some(codes)) => shown(&app, &asked, &viewer, (codes, None)).await,
        Err(error) => refused(&app, &asked, &viewer, error).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_its_corners_and_a_quiet_edge() {
        let (size, path) = picture("otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ").unwrap();
        assert!((size - 8 - 17) % 4 == 0, "{size}");
        assert!(path.starts_with("M4 4h1v1h-1z"), "the corner is dark");
        assert!(!path.contains("M3 ") && !path.contains(" 3h"));
        assert_eq!(grouped("ABCDEFGHIJ"), "ABCD EFGH IJ");
    }
}

//! What people may ask of us, for leads: what is kept about somebody, all of it as a file, erasing it, watching them no
//! more; cases that are held; and what retention did. Names are sent in forms, never in addresses.

use super::App;
use super::auth::{Asked, Fields, Viewer};
use super::error::Error;
use super::frame::{Frame, brands_of, first_press, forget_press, is_stopped, page as print};
use super::shown::{Moment, Shown, marked};
use super::texts::privacy::PrivacyTexts;
use super::texts::refused;
use crate::domain::time::Span;
use crate::privacy::{By, Preview, PrivacyError, Remains};
use crate::store::sweep::{self, OwedRow};
use crate::store::{erase, hold, objection, person, restored, retention, ticket_note};
use askama::Template;
use axum::extract::{Extension, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::collections::HashMap;
use std::sync::Arc;

struct Hold {
    case_id: String,
    name: String,
    by: String,
    until: Moment,
    ground: String,
}

/// Words of somebody who was erased that still stand on a ticket.
struct Remaining {
    link: String,
    ticket: String,
    url: Option<String>,
    case: String,
    case_id: String,
    by_hand: i64,
    going: i64,
}

#[derive(Template)]
#[template(path = "privacy.html", config = "src/web/askama.toml")]
struct PrivacyPage {
    frame: Frame,
    p: &'static PrivacyTexts,
    problem: Option<String>,
    notice: Option<String>,
    restored: bool,
    who: String,
    preview: Option<Preview>,
    /// What platforms call the accounts that were found.
    accounts: Vec<Shown>,
    pieces: Vec<(String, i64)>,
    objections: Vec<(String, Moment)>,
    filtered: i64,
    holds: Vec<Hold>,
    went: Vec<(String, String, i64)>,
    erasures: Vec<(Moment, String)>,
    remains: Vec<Remaining>,
    /// What is still to be taken out of the database's files: how much, since when, why not yet.
    owed: Option<(usize, Moment, String)>,
}

/// What an act has to tell on the page that follows.
#[derive(Default)]
struct Told {
    who: String,
    preview: Option<Preview>,
    notice: Option<String>,
    problem: Option<String>,
}

impl From<PrivacyError> for Error {
    fn from(error: PrivacyError) -> Self {
        match error {
            PrivacyError::Refused(what) => Self::Invalid(what),
            PrivacyError::Store(error) => error.into(),
        }
    }
}

async fn shown(app: &App, asked: &Asked, viewer: &Viewer, told: Told) -> Result<Response, Error> {
    let (t, now) = (asked.texts, app.clock.now());
    let brands: Vec<(String, String)> =
        brands_of(app, viewer).into_iter().map(|b| (b.id, b.brand.name)).collect();
    // Times are made of what was read only here, where it is known in whose zone.
    let read = app.db.read("reading about privacy", move |tx| {
        Box::pin(async move {
            let mut holds = Vec::new();
            for (id, brand) in &brands {
                let held = hold::of_brand(tx, id, now).await?.into_iter();
                holds.extend(held.map(|h| (brand.clone(), h)));
            }
            let names: HashMap<String, String> =
                person::all(tx).await?.into_iter().map(|p| (p.id, p.name)).collect();
            let erasures: Vec<(i64, String)> = erase::latest(tx)
                .await?
                .into_iter()
                .map(|(at, by, _)| (at, names.get(&by).cloned().unwrap_or(by)))
                .collect();
            let remains = remaining(ticket_note::of_erased(tx).await?, &brands);
            let owed = sweep::owed(tx).await?;
            let objections = objection::all(tx).await?;
            let filtered = objection::filtered(tx).await?;
            let (went, from_backup) = (retention::latest(tx).await?, restored::is_held(tx).await?);
            let kill = is_stopped(tx).await?;
            Ok(((holds, erasures, remains, owed), objections, filtered, went, from_backup, kill))
        })
    });
    let ((holds, erasures, remains, owed), objections, filtered, went, restored, kill) = read.await?;
    let held = |(brand, h): (String, hold::ShownHold)| Hold {
        name: format!("{brand}#{}", h.number),
        case_id: h.case_id,
        by: h.login.unwrap_or_default(),
        until: Moment::of(h.until_ms),
        ground: marked(&h.ground.unwrap_or_default()),
    };
    let counts = told.preview.iter().flat_map(|p| &p.counts).filter(|c| c.1 > 0);
    let accounts = told.preview.iter().flat_map(|p| &p.accounts);
    print(&PrivacyPage {
        accounts: accounts.map(|one| Shown::plain(one)).collect(),
        pieces: counts.map(|(name, n)| (t.name("piece", name), *n)).collect(),
        frame: Frame::of(app, asked, viewer, "privacy", t.privacy().privacy, kill),
        p: t.privacy(),
        problem: told.problem,
        notice: told.notice,
        who: told.who,
        preview: told.preview,
        objections: objections.into_iter().map(|o| (o.label, Moment::of(o.at))).collect(),
        restored,
        filtered,
        holds: holds.into_iter().map(held).collect(),
        went,
        erasures: erasures.into_iter().map(|(at, by)| (Moment::of(at), by)).collect(),
        remains,
        owed: in_files(&owed),
    })
}

/// What is owed of the files, by what waits longest and what was said of why.
fn in_files(owed: &[OwedRow]) -> Option<(usize, Moment, String)> {
    let since = owed.iter().map(|o| o.since).min()?;
    let why = owed.iter().find(|o| !o.why.is_empty()).map_or_else(String::new, |o| o.why.clone());
    Some((owed.len(), Moment::of(since), why))
}

fn remaining(all: Vec<Remains>, brands: &[(String, String)]) -> Vec<Remaining> {
    let name = |id: &str| brands.iter().find(|b| b.0 == id).map_or("", |b| &b.1).to_owned();
    let one = |r: Remains| Remaining {
        ticket: format!("{} #{}", r.system, r.ticket_id),
        url: super::case::web_address(&r.url),
        case: format!("{} #{}", name(&r.brand_id), r.number),
        case_id: r.case_id,
        by_hand: r.by_hand,
        going: r.notes - r.by_hand,
        link: r.link_id,
    };
    all.into_iter().map(one).collect()
}

/// `GET /privacy`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
) -> Result<Response, Error> {
    unwalled(&viewer)?;
    shown(&app, &asked, &viewer, Told::default()).await
}

/// A person is looked for in every brand, so whoever is kept to some of them asks a colleague.
fn unwalled(viewer: &Viewer) -> Result<(), Error> {
    if viewer.person.walls.is_open() { Ok(()) } else { Err(Error::Forbidden) }
}

/// `POST /privacy`.
pub async fn act(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
) -> Result<Response, Error> {
    unwalled(&viewer)?;
    let act = fields.get("act");
    if act == "export" {
        return match app.privacy.called(viewer.caller.clone()).export(fields.get("who")).await {
            Ok(lines) => Ok(file(&lines)),
            Err(error) => refused(&app, &asked, &viewer, &fields, error).await,
        };
    }
    let nonce = fields.get("nonce");
    if act != "look" && !first_press(&app, nonce, "privacy").await? {
        let told = Told { notice: Some(asked.texts.twice.to_owned()), ..Told::default() };
        return shown(&app, &asked, &viewer, told).await;
    }
    match carry_out(&app, &asked, &viewer, &fields).await {
        Ok(told) => shown(&app, &asked, &viewer, told).await,
        Err(error) => {
            forget_press(&app, nonce, "privacy").await;
            refused(&app, &asked, &viewer, &fields, error).await
        }
    }
}

async fn carry_out(app: &App, asked: &Asked, viewer: &Viewer, fields: &Fields) -> Result<Told, PrivacyError> {
    let (p, who, by) = (asked.texts.privacy(), fields.get("who"), By::Person(viewer.person.id.clone()));
    let privacy = app.privacy.called(viewer.caller.clone());
    let notice = match fields.get("act") {
        "look" => {
            let preview = Some(app.privacy.preview(who).await?);
            return Ok(Told { who: who.to_owned(), preview, ..Told::default() });
        }
        "erase" if fields.get("sure") != "1" => {
            return Err(PrivacyError::Refused(p.sure.to_owned()));
        }
        "erase" => {
            let done = privacy.erase(who, fields.get("stop_watching") == "1", &by).await?;
            done.objection.map_or_else(|| p.erased.to_owned(), |o| format!("{} {} {o}", p.erased, p.label))
        }
        "words_gone" => {
            privacy.words_gone(fields.get("link")).await?;
            asked.texts.settled.to_owned()
        }
        "object" => format!("{} {}", p.label, privacy.object(who, &by).await?),
        "take_back" => {
            privacy.take_back(fields.get("label"), &by).await?;
            asked.texts.settled.to_owned()
        }
        "hold" => {
            let (brand, case) = app.privacy.case_of(who).await?;
            let days = fields.get("days").parse().unwrap_or(0_i64).clamp(0, 36_500);
            let until = app.clock.now().plus(Span::days(days));
            privacy.hold(&brand, &case, fields.get("ground"), until, &by).await?;
            asked.texts.settled.to_owned()
        }
        "release" => {
            let (brand, case) = app.privacy.case_of(who).await?;
            privacy.release(&brand, &case, &by).await?;
            asked.texts.settled.to_owned()
        }
        other => return Err(PrivacyError::Refused(format!("act: '{other}' is not known"))),
    };
    Ok(Told { notice: Some(notice), ..Told::default() })
}

async fn refused(
    app: &App,
    asked: &Asked,
    viewer: &Viewer,
    fields: &Fields,
    error: PrivacyError,
) -> Result<Response, Error> {
    let PrivacyError::Refused(why) = error else { return Err(error.into()) };
    let problem = Some(refused::told(asked.texts, &why));
    let told = Told { who: fields.get("who").to_owned(), problem, ..Told::default() };
    let page = shown(app, asked, viewer, told).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// All about a person as a file; what it is called tells nobody's name.
fn file(lines: &[String]) -> Response {
    let mut body = lines.join("\n");
    body.push('\n');
    let headers = [
        (header::CONTENT_TYPE, "application/jsonl; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"person.jsonl\""),
    ];
    (headers, body).into_response()
}

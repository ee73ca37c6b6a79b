//! The briefing in the console: what to know at the begin of a shift, what is asked at its end, and what is left to the
//! next one; and the forms of leads.

use super::auth::{Asked, Fields, Viewer};
use super::case::actor;
use super::case::forms::colleagues;
use super::case::promise::local;
use super::error::Error;
use super::frame::{Frame, brands_of, casework_of, first_press, forget_press, is_stopped, page as print};
use super::shown::{Moment, Shown, marked};
use super::texts::Texts;
use super::texts::shift::ShiftTexts;
use super::{App, zones};
use crate::casework::CaseworkError;
use crate::casework::briefing::{self, Briefing, Summary};
use crate::domain::judgement::Level;
use crate::domain::time::Timestamp;
use crate::duty;
use crate::store::briefing::{LineRow, NoteRow};
use crate::store::rows::CaseRow;
use crate::store::{StoreError, Tx, person, shift};
use crate::web::texts::refused;
use askama::Template;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use std::collections::HashMap;
use std::sync::Arc;

/// Where the page is.
const HERE: &str = "/briefing";

struct Line {
    id: String,
    text: Shown,
    until: Moment,
    by: String,
    approved: Option<String>,
}

struct Case {
    id: String,
    number: i64,
    level: &'static str,
    due: Option<Moment>,
    version: i64,
}

struct Sum {
    at: Moment,
    by: Option<String>,
    /// Level, open, late, of nobody.
    open: Vec<(&'static str, i64, i64, i64)>,
    risk: Vec<(i64, &'static str)>,
    promises: Vec<(i64, Moment)>,
    talks: Vec<i64>,
    late: Vec<i64>,
}

struct Part {
    brand: String,
    lines: Vec<Line>,
    waiting: Vec<Line>,
    incidents: Vec<(String, i64)>,
    peaks: Vec<(String, Moment)>,
    /// Case, number, when, and whether it is of who looks.
    promises: Vec<(String, i64, Moment, bool)>,
    urgent: Vec<Case>,
    notes: Vec<(Shown, String, Moment)>,
    sum: Option<Sum>,
    /// What who looks is asked at the end of their shift.
    asks: Vec<Case>,
}

#[derive(Template)]
#[template(path = "briefing.html", config = "src/web/askama.toml")]
struct BriefingPage {
    frame: Frame,
    s: &'static ShiftTexts,
    parts: Vec<Part>,
    works: bool,
    lead: bool,
    brands: Vec<String>,
    colleagues: Vec<(String, String)>,
    notice: Option<String>,
    /// What was typed into a form that was not taken: of which brand, the line, until when, the note, whether at once.
    typed: [String; 5],
}

impl BriefingPage {
    /// Whether the form that was not taken was of this brand.
    fn is_typed(&self, brand: &str) -> bool {
        self.typed[0] == brand
    }
}

/// What one look at the store brings of one brand.
struct Found {
    told: Briefing,
    asks: Vec<CaseRow>,
}

/// Whether a briefing says anything that is worth a page at log-in.
pub async fn has_news(app: &App, brands: &[String]) -> Result<bool, StoreError> {
    let (now, brands) = (app.clock.now(), brands.to_vec());
    let read = app.db.read("looking for a briefing", move |tx| {
        Box::pin(async move { briefing::has_news(tx, &brands, now).await })
    });
    read.await
}

fn case(c: &CaseRow) -> Case {
    Case {
        id: c.id.clone(),
        number: c.number,
        level: Level::from_number(c.level).code(),
        due: c.due_at.map(Moment::of),
        version: c.version,
    }
}

fn part(brand: String, found: &Found, names: &HashMap<String, String>, me: &str, t: &Texts) -> Part {
    let b = &found.told;
    let name = |id: &str| names.get(id).cloned().unwrap_or_else(|| t.who_person.to_owned());
    let line = |(row, text): &(LineRow, String)| Line {
        id: row.id.clone(),
        text: Shown::plain(text),
        until: Moment::of(row.until_at),
        by: name(&row.written_by),
        approved: row.approved_by.as_deref().map(name),
    };
    let note = |(row, text): &(NoteRow, String)| (Shown::plain(text), name(&row.made_by), Moment::of(row.at));
    let code = |n: i64| Level::from_number(n).code();
    Part {
        brand,
        lines: b.lines.iter().map(line).collect(),
        waiting: b.waiting.iter().map(line).collect(),
        incidents: b.incidents.iter().map(|i| (i.id.clone(), i.number)).collect(),
        peaks: b.peaks.iter().map(|(p, title)| (marked(title), Moment::of(p.until_at))).collect(),
        promises: b
            .promises
            .iter()
            .map(|p| {
                let mine = p.made_by == me || p.claimed_by.as_deref() == Some(me);
                (p.case_id.clone(), p.number, Moment::of(p.due_at), mine)
            })
            .collect(),
        urgent: b.urgent.iter().map(case).collect(),
        notes: b.notes.iter().map(note).collect(),
        sum: b.summary.as_ref().map(|row| {
            let sum = Summary::of(row);
            Sum {
                at: Moment::of(row.at),
                by: Some(row.made_by.as_str()).filter(|by| !by.is_empty()).map(name),
                open: sum.open.iter().map(|(n, open, late, free)| (code(*n), *open, *late, *free)).collect(),
                risk: sum.risk.iter().map(|c| (c.number, code(c.level))).collect(),
                promises: sum.promises.iter().map(|(n, due)| (*n, Moment::of(*due))).collect(),
                talks: sum.talks,
                late: sum.late,
            }
        }),
        asks: found.asks.iter().map(case).collect(),
    }
}

type Looked = (Vec<(String, Found)>, Vec<person::PersonRow>, super::peaks::Switches);

async fn look(tx: &mut Tx, brands: &[String], me: &str, now: Timestamp) -> Result<Looked, StoreError> {
    let on = duty::on_at(tx, now).await?;
    let until = on.iter().find(|o| o.present.person == me).map(|o| o.present.until);
    let mut found = Vec::new();
    for brand in brands {
        let told = briefing::read(tx, brand, until, now).await?;
        let asks = shift::open_for(tx, brand, me).await?;
        found.push((brand.clone(), Found { told, asks }));
    }
    Ok((found, person::all(tx).await?, is_stopped(tx).await?))
}

async fn shown(
    app: &App,
    (asked, viewer): (&Asked, &Viewer),
    fields: Option<&Fields>,
    notice: Option<String>,
) -> Result<Response, Error> {
    let (brands, t, now) = (brands_of(app, viewer), asked.texts, app.clock.now());
    let ids: Vec<String> = brands.iter().map(|b| b.id.clone()).collect();
    let me = viewer.person.id.to_string();
    let looked = {
        let me = me.clone();
        app.db.read("reading the briefing", move |tx| Box::pin(async move { look(tx, &ids, &me, now).await }))
    };
    let (found, people, kill) = looked.await?;
    let mut others = Vec::new();
    for brand in &brands {
        for colleague in colleagues(&people, &brand.id) {
            if !others.contains(&colleague) {
                others.push(colleague);
            }
        }
    }
    let names: HashMap<String, String> = people.into_iter().map(|p| (p.id, p.name)).collect();
    let named = |id: &str| brands.iter().find(|b| b.id == id).map_or("", |b| b.brand.name.as_str());
    print(&BriefingPage {
        frame: Frame::of(app, asked, viewer, "briefing", t.shift().briefing, kill),
        s: t.shift(),
        parts: found.iter().map(|(id, f)| part(named(id).to_owned(), f, &names, &me, t)).collect(),
        works: viewer.person.may_work(),
        lead: viewer.person.is_lead(),
        brands: brands.iter().map(|b| b.brand.name.clone()).collect(),
        colleagues: others,
        notice,
        typed: ["brand", "text", "until", "note", "approve"]
            .map(|name| fields.map_or("", |f| f.get(name)).to_owned()),
    })
}

/// `GET /briefing`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
) -> Result<Response, Error> {
    shown(&app, (&asked, &viewer), None, None).await
}

fn brand_of(app: &App, viewer: &Viewer, fields: &Fields) -> Result<String, Error> {
    let brands = brands_of(app, viewer);
    let found = brands.iter().find(|b| b.brand.name == fields.get("brand"));
    found.map(|b| b.id.clone()).ok_or(Error::NotFound)
}

/// `POST /briefing`: a line for the next shift, or a summary of what is open.
pub async fn hand_over(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
) -> Result<Response, Error> {
    let brand = brand_of(&app, &viewer, &fields)?;
    if !first_press(&app, fields.get("nonce"), "shift").await? {
        return Ok(Redirect::to(HERE).into_response());
    }
    let note = fields.get("note").replace("\r\n", "\n");
    let sum = fields.get("do") == "sum";
    let done = casework_of(&app, &viewer).hand_over(&brand, (&note, sum), &actor(&viewer)).await;
    answered(&app, (&asked, &viewer, &fields), "shift", done).await
}

/// `POST /briefing/lines`: writes a line, approves one, or takes one away.
pub async fn lines(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
) -> Result<Response, Error> {
    let brand = brand_of(&app, &viewer, &fields)?;
    if !first_press(&app, fields.get("nonce"), "briefing").await? {
        return Ok(Redirect::to(HERE).into_response());
    }
    let (casework, by) = (casework_of(&app, &viewer), actor(&viewer));
    let done = match fields.get("do") {
        "write" => {
            let text = fields.get("text").replace("\r\n", "\n");
            let until = local(fields.get("until"), &zones::here());
            casework.write_line(&brand, (&text, until), fields.get("approve") == "1", &by).await
        }
        "approve" => casework.decide_line(&brand, fields.get("line"), true, &by).await,
        "end" => casework.decide_line(&brand, fields.get("line"), false, &by).await,
        other => return Err(Error::Invalid(format!("do: '{other}'; allowed are write, approve and end"))),
    };
    answered(&app, (&asked, &viewer, &fields), "briefing", done).await
}

async fn answered(
    app: &App,
    (asked, viewer, fields): (&Asked, &Viewer, &Fields),
    what: &str,
    done: Result<(), CaseworkError>,
) -> Result<Response, Error> {
    match done {
        Ok(()) => Ok(Redirect::to(HERE).into_response()),
        Err(CaseworkError::NotFound) => Err(Error::NotFound),
        Err(error @ CaseworkError::Store(_)) => {
            forget_press(app, fields.get("nonce"), what).await;
            Err(error.into())
        }
        Err(error) => {
            let why = refused::told(asked.texts, &error.to_string());
            let page = shown(app, (asked, viewer), Some(fields), Some(why)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

//! Incidents in the console: the list, one with its cases and its words for many, and what people do with it.
//!
//! The page ticks only what [`crate::domain::incident`] lets it; what is sent is what comes back ticked, each case with
//! the version that was shown.

mod acting;
mod listing;

pub use acting::act;
pub use listing::{listed, page};

use super::App;
use super::auth::{Asked, Fields, Viewer, prove_at};
use super::case::actor;
use super::error::Error;
use super::frame::{
    Frame, brands_of, casework_of, first_press, forget_press, hue, is_stopped, page as print,
};
use super::inbox::{covers, words};
use super::shown::{Left, Moment, Shown, marked};
use super::texts::Texts;
use super::texts::incidents::IncidentTexts;
use crate::casework::CaseworkError;
use crate::casework::selecting::Choosing;
use crate::catalogue::Watched;
use crate::domain::ids::{CaseId, IncidentId};
use crate::domain::incident::Purpose;
use crate::domain::judgement::Level;
use crate::domain::language::Language;
use crate::domain::role::Right;
use crate::domain::time::Timestamp;
use crate::store::incident::{self, IncidentEventRow, IncidentRow, LineRow, MemberRow};
use crate::store::{StoreError, Tx, answer, case, person};
use crate::web::texts::refused;
use askama::Template;
use axum::extract::{Extension, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use std::collections::HashMap;
use std::sync::Arc;

/// Most cases of an incident on its page, and in one press.
const SHOWN_MAX: i64 = 200;
/// Most cases to choose from, and events.
const FREE_MAX: i64 = 50;
/// Characters of a post.
const EXCERPT: usize = 200;

struct Line {
    id: String,
    language: String,
    purpose: String,
    state: String,
    text: Shown,
    by: String,
    may_approve: bool,
    may_withdraw: bool,
}

struct Member {
    id: String,
    number: i64,
    version: i64,
    level: &'static str,
    state: String,
    language: String,
    /// The tag of the language of its words.
    tongue: Option<&'static str>,
    platform: String,
    left: Left,
    text: Option<Shown>,
    marks: Vec<String>,
    ticked: bool,
    may_tick: bool,
}

struct Happened {
    what: String,
    who: String,
    at: Moment,
}

#[derive(Template)]
#[template(path = "incident.html", config = "src/web/askama.toml")]
struct IncidentPage {
    frame: Frame,
    i: &'static IncidentTexts,
    id: String,
    number: i64,
    title: String,
    brand: String,
    hue: u8,
    open: bool,
    told: String,
    counts: (i64, i64, i64),
    more: i64,
    stoppable: usize,
    lines: Vec<Line>,
    members: Vec<Member>,
    free: Vec<(String, i64, String)>,
    events: Vec<Happened>,
    /// What words can be written in and for, and which was chosen of each.
    languages: Vec<(&'static str, bool)>,
    purposes: Vec<(&'static str, String, bool)>,
    solved: bool,
    works: bool,
    /// Whether they answer many at once, and end what many belong to.
    bulk: bool,
    /// Where they show who they are before they tick; none where they just did, or answer nobody here.
    prove: Option<String>,
    /// Words and numbers of a form that was not taken.
    typed: String,
    typed_numbers: String,
    notice: Option<(&'static str, String)>,
}

/// What one look at the store brings.
struct Found {
    row: IncidentRow,
    counts: (i64, i64, i64),
    chosen: Choosing,
    contents: HashMap<String, String>,
    events: Vec<IncidentEventRow>,
    free: Vec<(String, i64, String, String)>,
    stoppable: usize,
    names: HashMap<String, String>,
    kill: super::peaks::Switches,
}

async fn find(tx: &mut Tx, brand_id: &str, id: &str, now: Timestamp) -> Result<Option<Found>, StoreError> {
    let Some(row) = incident::look(tx, brand_id, id).await? else { return Ok(None) };
    let chosen = Choosing::read(tx, brand_id, id, SHOWN_MAX, now).await?;
    let mut ids: Vec<String> = chosen.lines.iter().map(LineRow::content_id).collect();
    ids.push(row.title_id());
    Ok(Some(Found {
        counts: incident::counts(tx, brand_id, id).await?,
        contents: answer::contents(tx, &ids).await?.into_iter().collect(),
        events: incident::events(tx, brand_id, id, FREE_MAX).await?,
        free: if row.open == 1 { incident::free(tx, brand_id, FREE_MAX).await? } else { Vec::new() },
        stoppable: incident::waiting(tx, brand_id, id).await?.len(),
        names: person::all(tx).await?.into_iter().map(|p| (p.id, p.name)).collect(),
        kill: is_stopped(tx).await?,
        row,
        chosen,
    }))
}

/// What an incident is about: as its rise was found, or as a person called it.
fn title(row: &IncidentRow, contents: &HashMap<String, String>, t: &Texts) -> String {
    let named = contents.get(&row.title_id()).map(|title| marked(title));
    named.unwrap_or_else(|| {
        let (kind, name) = row.topic.split_once(':').unwrap_or(("", row.topic.as_str()));
        let name = if kind == "intent" { t.name("intent", name) } else { name.to_owned() };
        format!("{name}, {}", row.language)
    })
}

/// Since when it runs, who opened it, what was usual.
fn told(row: &IncidentRow, names: &HashMap<String, String>, t: &Texts) -> String {
    let i = t.incidents();
    let name = |id: &Option<String>| {
        id.as_ref().map(|id| names.get(id).cloned().unwrap_or_else(|| t.who_person.to_owned()))
    };
    let by = name(&row.opened_by).map_or_else(|| i.inc_rise.to_owned(), |n| format!("{} {n}", i.inc_person));
    let mut text = format!("{by}, {} {}", i.inc_began, Moment::of(row.opened_at).text);
    if row.origin == "rise" {
        text = format!("{text}; {} {}, {} {}", i.inc_most, row.most, i.inc_usual, row.expected);
    }
    if let Some(at) = row.ended_at {
        let by = name(&row.ended_by).map(|n| format!(" ({n})")).unwrap_or_default();
        text = format!("{text}; {} {}{by}", i.inc_ended, Moment::of(at).text);
    }
    text
}

/// The brand and the row of an incident that the viewer may see.
async fn found(app: &App, viewer: &Viewer, id: &str) -> Result<(Watched, Found), Error> {
    let id = IncidentId::parse(id).map_err(|_| Error::NotFound)?.to_string();
    let brands = brands_of(app, viewer);
    let ids: Vec<String> = brands.iter().map(|b| b.id.clone()).collect();
    let now = app.clock.now();
    let read = app.db.read("reading an incident", move |tx| {
        Box::pin(async move {
            for brand in &ids {
                if let Some(found) = find(tx, brand, &id, now).await? {
                    return Ok(Some(found));
                }
            }
            Ok(None)
        })
    });
    let found = read.await?.ok_or(Error::NotFound)?;
    let brand = brands.into_iter().find(|b| b.id == found.row.brand_id).ok_or(Error::NotFound)?;
    Ok((brand, found))
}

fn line(l: &LineRow, found: &Found, viewer: &Viewer, t: &Texts) -> Line {
    let i = t.incidents();
    let name = |id: &str| found.names.get(id).cloned().unwrap_or_else(|| t.who_person.to_owned());
    let by = match (&l.approved_by, l.approved_at) {
        (Some(by), Some(at)) => format!("{} {}, {}", i.inc_approved_by, name(by), Moment::of(at).text),
        _ => format!("{} {}", i.inc_written_by, name(&l.written_by)),
    };
    Line {
        id: l.id.clone(),
        language: l.language.clone(),
        purpose: t.name("purpose", &l.purpose),
        state: t.name("linestate", &l.state),
        text: Shown::plain(found.contents.get(&l.content_id()).map_or(t.no_text, String::as_str)),
        by,
        may_approve: l.state == "written" && viewer.person.is_lead(),
        may_withdraw: l.state != "withdrawn" && viewer.person.may(Right::Bulk),
    }
}

fn member(m: &MemberRow, found: &Found, purpose: Purpose, me: &str, now: Timestamp, t: &Texts) -> Member {
    let written = found.chosen.written_in(&m.case_id);
    let why = found.chosen.unticked(m, purpose, me, now);
    let mut marks: Vec<String> = why.iter().map(|w| t.name("unticked", w.code())).collect();
    for (state, purpose) in [(&m.told, Purpose::Answer), (&m.told_solved, Purpose::Solved)] {
        marks.extend(
            state.iter().map(|s| format!("{}: {}", t.name("purpose", purpose.code()), t.name("action", s))),
        );
    }
    if m.by_rise == 1 {
        marks.push(t.incidents().inc_by_rise.to_owned());
    }
    let latest = written.first().and_then(|w| Some((words(w.body.as_deref())?, covers(&w.personal_data))));
    Member {
        id: m.case_id.clone(),
        number: m.number,
        version: m.version,
        level: Level::from_number(m.level).code(),
        state: t.name("state", &m.state),
        language: m.language.clone(),
        tongue: Language::tag_of(&m.language),
        platform: m.platform.clone(),
        left: Left::of(m.due_at, now, t),
        text: latest.map(|(text, covers)| Shown::excerpt(&text, &covers, EXCERPT, t)),
        marks,
        ticked: why.is_none(),
        // What cannot be answered so may still be taken out.
        may_tick: true,
    }
}

fn happened(e: &IncidentEventRow, found: &Found, t: &Texts) -> Happened {
    let body: serde_json::Value = serde_json::from_str(&e.body).unwrap_or_default();
    let n = body.get("answers").and_then(serde_json::Value::as_i64);
    let what = t.name("incevent", &e.kind);
    Happened {
        what: n.map_or_else(|| what.clone(), |n| format!("{what}: {n}")),
        who: e.who.as_ref().map_or_else(
            || t.incidents().inc_rise.to_owned(),
            |id| found.names.get(id).cloned().unwrap_or_else(|| t.who_person.to_owned()),
        ),
        at: Moment::of(e.at),
    }
}

async fn shown(
    app: &App,
    asked: &Asked,
    viewer: &Viewer,
    id: &str,
    (purpose, fields, notice): (Purpose, Option<&Fields>, Option<(&'static str, String)>),
) -> Result<Response, Error> {
    let (brand, found) = found(app, viewer, id).await?;
    let (t, now, works) = (asked.texts, app.clock.now(), viewer.person.may_work());
    let (i, row, me) = (t.incidents(), &found.row, viewer.person.id.as_str());
    let typed = |name: &str| fields.map_or("", |f| f.get(name)).to_owned();
    let (language, meant) = (typed("language"), typed("purpose"));
    let title = title(row, &found.contents, t);
    let bulk = viewer.person.may(Right::Bulk);
    let shown = i64::try_from(found.chosen.members.len()).unwrap_or(0);
    let members = found.chosen.members.iter().map(|m| member(m, &found, purpose, me, now, t));
    let members = members.map(|m| Member { may_tick: works, ..m }).collect();
    let free = |(id, number, intent, language): &(String, i64, String, String)| {
        (id.clone(), *number, format!("{} · {language}", t.name("intent", intent)))
    };
    print(&IncidentPage {
        frame: Frame::of(
            app,
            asked,
            viewer,
            "incidents",
            &format!("{} {}", i.inc_case, row.number),
            found.kill.clone(),
        ),
        i,
        id: row.id.clone(),
        number: row.number,
        title,
        hue: hue(&brand.brand.name),
        brand: brand.brand.name,
        open: row.open == 1,
        told: told(row, &found.names, t),
        counts: found.counts,
        more: found.counts.0 - shown,
        stoppable: found.stoppable,
        lines: found.chosen.lines.iter().map(|l| line(l, &found, viewer, t)).collect(),
        members,
        free: found.free.iter().map(free).collect(),
        events: found.events.iter().map(|e| happened(e, &found, t)).collect(),
        languages: Language::TEN.iter().map(|l| (l.code(), l.code() == language)).collect(),
        purposes: Purpose::ALL
            .iter()
            .map(|p| (p.code(), t.name("purpose", p.code()), p.code() == meant))
            .collect(),
        solved: purpose == Purpose::Solved,
        works,
        bulk,
        prove: (bulk && !viewer.person.is_proved(now)).then(|| prove_at(&page_for(id, purpose))),
        typed: typed("text"),
        typed_numbers: typed("numbers"),
        notice,
    })
}

/// The page of an incident as it is for one purpose.
fn page_for(id: &str, purpose: Purpose) -> String {
    let of = if purpose == Purpose::Solved { "?for=solved" } else { "" };
    format!("/incidents/{id}{of}")
}

/// `GET /incidents/{id}`.
pub async fn one(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Path(id): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let purpose = query.get("for").and_then(|p| Purpose::from_code(p)).unwrap_or(Purpose::Answer);
    let notice = query.contains_key("done").then(|| ("good", asked.texts.incidents().inc_done.to_owned()));
    shown(&app, &asked, &viewer, &id, (purpose, None, notice)).await
}

/// The cases of a brand by the numbers that somebody typed.
async fn numbered(app: &App, brand_id: &str, text: &str) -> Result<Vec<String>, Error> {
    let mut numbers = Vec::new();
    for word in
        text.split([' ', ',', ';', '\n']).map(|w| w.trim().trim_start_matches('#')).filter(|w| !w.is_empty())
    {
        let number: i64 =
            word.parse().map_err(|_| Error::Invalid(format!("numbers: '{word}' is no number")))?;
        numbers.push(number);
    }
    let brand_id = brand_id.to_owned();
    let read = app.db.read("reading cases by number", move |tx| {
        Box::pin(async move {
            let mut ids = Vec::new();
            for number in numbers.into_iter().take(crate::casework::incidents::ADDED_MAX) {
                ids.extend(case::by_number(tx, &brand_id, number).await?);
            }
            Ok(ids)
        })
    });
    Ok(read.await?)
}

/// `POST /incidents`.
pub async fn open(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
) -> Result<Response, Error> {
    let brands = brands_of(&app, &viewer);
    let brand = brands.iter().find(|b| b.brand.name == fields.get("brand")).ok_or(Error::NotFound)?;
    if !first_press(&app, fields.get("nonce"), "incident").await? {
        return Ok(Redirect::to("/incidents").into_response());
    }
    let made = match numbered(&app, &brand.id, fields.get("numbers")).await {
        Ok(cases) => {
            casework_of(&app, &viewer)
                .open_incident(&brand.id, fields.get("title"), &cases, &actor(&viewer))
                .await
        }
        Err(Error::Invalid(what)) => Err(CaseworkError::Invalid { field: "numbers", what }),
        Err(error) => {
            // Nothing was done: the same form may come again.
            forget_press(&app, fields.get("nonce"), "incident").await;
            return Err(error);
        }
    };
    match made {
        Ok(id) => Ok(Redirect::to(&format!("/incidents/{id}")).into_response()),
        Err(error @ CaseworkError::Store(_)) => {
            forget_press(&app, fields.get("nonce"), "incident").await;
            Err(error.into())
        }
        Err(error) => {
            let page = listed(
                &app,
                &asked,
                &viewer,
                &HashMap::new(),
                (Some(&fields), Some(refused::told(asked.texts, &error.to_string()))),
            )
            .await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// The cases that were ticked, each with the version that was shown.
fn ticked(fields: &Fields) -> Result<Vec<(String, i64)>, Error> {
    let one = |word: &str| {
        let (id, version) = word.split_once(':')?;
        Some((CaseId::parse(id).ok()?.to_string(), version.parse().ok()?))
    };
    let read = |word: &str| one(word).ok_or_else(|| Error::Invalid(format!("case: '{word}' is not known")));
    fields.all("case").map(read).collect()
}

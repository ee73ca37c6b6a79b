//! Findings: what makes cases and who can take it away, with its cases, its state, and whether it helped.

use super::App;
use super::auth::{Asked, Fields, Viewer};
use super::case::actor;
use super::error::Error;
use super::frame::{Frame, brands_of, casework_of, hue, is_stopped, page as print};
use super::part::Part;
use super::shown::{Moment, Shown, marked};
use super::texts::Texts;
use crate::casework::CaseworkError;
use crate::domain::finding::{COMPARED, FindingState};
use crate::domain::role::Right;
use crate::domain::time::Timestamp;
use crate::reports::office::masking::without_names;
use crate::store::finding::{self, Counted, FindingRow};
use crate::store::{StoreError, Tx, answer, back_door, person};
use askama::Template;
use axum::extract::{Extension, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Most findings of a brand on the page.
const SHOWN_MAX: i64 = 200;
/// Most cases that are listed with one finding.
const CASES_MAX: i64 = 50;

struct Card {
    id: String,
    number: i64,
    version: i64,
    brand: String,
    hue: u8,
    state: String,
    class: &'static str,
    title: Option<Shown>,
    rest: Option<Shown>,
    owner: String,
    /// Who raised it; names of colleagues are not for the front office.
    raised_by: Option<String>,
    raised: Moment,
    decided: Option<Moment>,
    cases: i64,
    links: Vec<(i64, String)>,
    /// Cases before and after it was fixed, and whether the four weeks after are still running.
    helped: Option<(i64, i64, bool)>,
    news: bool,
    /// What it may become: code and words.
    may: Vec<(&'static str, &'static str)>,
}

#[derive(Template)]
#[template(path = "findings.html", config = "src/web/askama.toml")]
struct FindingsPage {
    frame: Frame,
    cards: Vec<Card>,
    part: Part,
    notice: Option<String>,
}

/// What one look at the store brings.
struct Found {
    rows: Vec<FindingRow>,
    words: HashMap<String, String>,
    counted: HashMap<String, Counted>,
    cases: HashMap<String, Vec<(i64, String)>>,
    names: HashMap<String, String>,
    /// Names and log-ins of colleagues, which the front office does not see.
    covered: Vec<String>,
    news: HashSet<String>,
    queues: Vec<(String, String)>,
    kill: super::peaks::Switches,
}

async fn find(tx: &mut Tx, brands: &[String], me: &str) -> Result<Found, StoreError> {
    let (mut rows, mut counted, mut cases) = (Vec::new(), HashMap::new(), HashMap::new());
    for brand in brands {
        let of = finding::of_brand(tx, brand, None, SHOWN_MAX).await?;
        let ids: Vec<String> = of.iter().map(|f| f.id.clone()).collect();
        for count in finding::counted(tx, brand, &ids, COMPARED.millis()).await? {
            counted.insert(count.finding_id.clone(), count);
        }
        for id in ids {
            let listed = finding::cases_of(tx, brand, &id, CASES_MAX).await?;
            cases.insert(id, listed);
        }
        rows.extend(of);
    }
    let ids: Vec<String> = rows.iter().map(FindingRow::content_id).collect();
    let people = person::all(tx).await?;
    Ok(Found {
        words: answer::contents(tx, &ids).await?.into_iter().collect(),
        rows,
        counted,
        cases,
        covered: people.iter().flat_map(|p| [p.name.clone(), p.login.clone()]).collect(),
        names: people.into_iter().map(|p| (p.id, p.name)).collect(),
        news: finding::news_of(tx, me).await?.into_iter().collect(),
        queues: back_door::queues_of(tx, me).await?,
        kill: is_stopped(tx).await?,
    })
}

/// Whether a finding is addressed to somebody: by login, or by the name of one of their queues in its brand.
fn is_theirs(viewer: &Viewer, queues: &[(String, String)], brand: &str, owner: &str) -> bool {
    let same = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
    same(&viewer.person.login, owner) || queues.iter().any(|(b, q)| same(b, brand) && same(q, owner))
}

async fn shown(
    app: &App,
    asked: &Asked,
    viewer: &Viewer,
    query: &HashMap<String, String>,
    notice: Option<String>,
) -> Result<Response, Error> {
    let (brands, t, now) = (brands_of(app, viewer), asked.texts, app.clock.now());
    let ids: Vec<String> = brands.iter().map(|b| b.id.clone()).collect();
    let names: HashMap<String, String> =
        brands.iter().map(|b| (b.id.clone(), b.brand.name.clone())).collect();
    let me = viewer.person.id.to_string();
    let found =
        app.db.read("reading findings", move |tx| Box::pin(async move { find(tx, &ids, &me).await })).await?;
    let brand_of = |row: &FindingRow| names.get(&row.brand_id).cloned().unwrap_or_default();
    let office = viewer.person.is_front_office();
    let mut found = found;
    if office {
        let names = std::mem::take(&mut found.covered);
        found.words.values_mut().for_each(|words| *words = without_names(words, &names));
    }
    let theirs = |row: &&FindingRow| !office || is_theirs(viewer, &found.queues, &brand_of(row), &row.owner);
    let state = |s: FindingState| (s.code().to_owned(), t.name("findingstate", s.code()));
    let brands: Vec<String> = brands.iter().map(|b| b.brand.name.clone()).collect();
    let mut part = Part::read("/findings", query, FindingState::ALL.into_iter().map(state).collect(), brands);
    let all: Vec<&FindingRow> = found.rows.iter().filter(theirs).collect();
    let words = |f: &FindingRow| {
        let words = found.words.get(&f.content_id()).map_or("", String::as_str);
        format!("{} {} {words}", f.number, f.owner)
    };
    let there = all.len();
    let fitting: Vec<&FindingRow> =
        all.into_iter().filter(|f| part.fits(&words(f), &f.state, &brand_of(f))).collect();
    // Mails and other pages lead to one of them, on whatever page it stands by now.
    let wanted = query.get("at").and_then(|at| at.parse::<i64>().ok());
    part.turn_to(wanted.and_then(|at| fitting.iter().position(|f| f.number == at)));
    let shown = part.cut(fitting, there);
    let cards = shown.into_iter().map(|f| card(f, &found, viewer, brand_of(f), now, t)).collect();
    print(&FindingsPage {
        cards,
        part,
        frame: Frame::of(app, asked, viewer, "findings", t.office().findings, found.kill.clone()),
        notice,
    })
}

fn card(
    f: &FindingRow,
    found: &Found,
    viewer: &Viewer,
    brand: String,
    now: Timestamp,
    t: &'static Texts,
) -> Card {
    let state = FindingState::from_code(&f.state).unwrap_or(FindingState::Open);
    let words = found.words.get(&f.content_id());
    let (title, rest) = words.map_or(("", ""), |w| w.split_once('\n').unwrap_or((w, "")));
    let count = found.counted.get(&f.id);
    let office = viewer.person.is_front_office();
    let theirs = viewer.person.is_lead() || is_theirs(viewer, &found.queues, &brand, &f.owner);
    let may = theirs && viewer.person.may(Right::FindingsDecide);
    let o = t.office();
    let word = |s: FindingState| match s {
        FindingState::Accepted => o.finding_accept,
        FindingState::Fixed => o.finding_fix,
        FindingState::Declined => o.finding_decline,
        FindingState::Open => o.finding_reopen,
    };
    let next = FindingState::ALL.into_iter().filter(|s| state.may_become(*s));
    let text = |words: &str| Some(Shown::plain(words.trim())).filter(|_| !words.trim().is_empty());
    Card {
        id: f.id.clone(),
        number: f.number,
        version: f.version,
        hue: hue(&brand),
        state: t.name("findingstate", &f.state),
        class: state.code(),
        title: text(title),
        rest: text(rest),
        owner: marked(&f.owner),
        raised_by: found.names.get(&f.raised_by).filter(|_| !office).map(|name| marked(name)),
        raised: Moment::of(f.raised_at),
        decided: f.decided_at.map(Moment::of),
        cases: count.map_or(0, |c| c.cases),
        links: if office { Vec::new() } else { found.cases.get(&f.id).cloned().unwrap_or_default() },
        helped: count
            .zip(f.decided_at.filter(|_| state == FindingState::Fixed))
            .map(|(c, at)| (c.before, c.after, now.since(Timestamp(at)) < COMPARED)),
        news: found.news.contains(&f.id),
        may: if may { next.map(|s| (s.code(), word(s))).collect() } else { Vec::new() },
        brand,
    }
}

/// `GET /findings`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    shown(&app, &asked, &viewer, &query, None).await
}

/// `POST /findings/{id}`: decides, or notes that news was seen.
pub async fn decide(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    if fields.get("seen") == "1" {
        casework_of(&app, &viewer).saw_finding(&id, &actor(&viewer)).await?;
        return Ok(Redirect::to("/findings").into_response());
    }
    let word = fields.get("state");
    let state = FindingState::from_code(word);
    let (brands, me) = (brands_of(&app, &viewer), viewer.person.id.to_string());
    let wanted = id.clone();
    let found = app.db.read("reading a finding", move |tx| {
        Box::pin(async move {
            let queues = back_door::queues_of(tx, &me).await?;
            for brand in brands {
                if let Some(row) = finding::look(tx, &brand.id, &wanted).await? {
                    return Ok(Some((row, brand.brand.name.clone(), queues)));
                }
            }
            Ok(None)
        })
    });
    let (row, brand, queues) = found.await?.ok_or(Error::NotFound)?;
    let theirs = is_theirs(&viewer, &queues, &brand, &row.owner);
    if !theirs && viewer.person.is_front_office() {
        // What is not addressed to them is not there for them.
        return Err(Error::NotFound);
    }
    if !theirs && !viewer.person.is_lead() {
        return Err(Error::Forbidden);
    }
    let state = state.ok_or_else(|| Error::Invalid(format!("state: '{word}' is not known")))?;
    let version = fields.get("version").parse().unwrap_or(0);
    match casework_of(&app, &viewer)
        .decide_finding((&row.brand_id, &row.id), version, state, &actor(&viewer))
        .await
    {
        Ok(()) => Ok(Redirect::to(&format!("/findings?at={0}#f-{0}", row.number)).into_response()),
        Err(CaseworkError::Refused(why)) => {
            let page = shown(&app, &asked, &viewer, &HashMap::new(), Some(why)).await?;
            Ok((StatusCode::CONFLICT, page).into_response())
        }
        Err(CaseworkError::NotFound) => Err(Error::NotFound),
        Err(error) => Err(error.into()),
    }
}

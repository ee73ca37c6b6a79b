//! Findings: what makes cases and who can take it away, with its cases, its state, and whether it helped.

use super::App;
use super::auth::{Asked, Fields, Viewer};
use super::case::actor;
use super::error::Error;
use super::frame::{Frame, brands_of, casework_of, hue, is_stopped, page as print};
use super::part::{BATCH, PAGE, Part, Walk};
use super::shown::{Moment, Shown, marked};
use super::texts::{Texts, refused};
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

/// Who looks, and for what.
struct Look {
    /// The brands that they see: id and name.
    brands: Vec<(String, String)>,
    /// Their id and login.
    me: (String, String),
    /// Whether they see only what is addressed to them, and no names of colleagues.
    office: bool,
    /// The number of the finding to which an address leads.
    at: Option<i64>,
    part: Part,
}

/// What one look at the store brings.
struct Found {
    /// The findings of the page.
    rows: Vec<FindingRow>,
    words: HashMap<String, String>,
    counted: HashMap<String, Counted>,
    cases: HashMap<String, Vec<(i64, String)>>,
    names: HashMap<String, String>,
    news: HashSet<String>,
    queues: Vec<(String, String)>,
    part: Part,
    kill: super::peaks::Switches,
}

async fn find(tx: &mut Tx, mut look: Look) -> Result<Found, StoreError> {
    let people = person::all(tx).await?;
    // Names and log-ins of colleagues, which the front office does not see.
    let named = people.iter().filter(|_| look.office);
    let covered: Vec<String> = named.flat_map(|p| [p.name.clone(), p.login.clone()]).collect();
    let queues = back_door::queues_of(tx, &look.me.0).await?;
    let mut part = std::mem::take(&mut look.part);
    let rows = if look.office || look.at.is_some() || !part.words.is_empty() {
        walked(tx, &look, (&queues, &covered), &mut part).await?
    } else {
        paged(tx, &look.brands, &mut part).await?
    };
    let (mut counted, mut cases) = (HashMap::new(), HashMap::new());
    for (brand, _) in &look.brands {
        let of = rows.iter().filter(|f| &f.brand_id == brand);
        let ids: Vec<String> = of.map(|f| f.id.clone()).collect();
        for count in finding::counted(tx, brand, &ids, COMPARED.millis()).await? {
            counted.insert(count.finding_id.clone(), count);
        }
        // Cases are not for the front office.
        for id in ids.into_iter().filter(|_| !look.office) {
            let listed = finding::cases_of(tx, brand, &id, CASES_MAX).await?;
            cases.insert(id, listed);
        }
    }
    Ok(Found {
        words: words_of(tx, &rows, &covered).await?,
        rows,
        counted,
        cases,
        names: people.into_iter().map(|p| (p.id, p.name)).collect(),
        news: finding::news_of(tx, &look.me.0).await?.into_iter().collect(),
        queues,
        part,
        kill: is_stopped(tx).await?,
    })
}

/// The words of findings by their id, with these names covered.
async fn words_of(
    tx: &mut Tx,
    rows: &[FindingRow],
    covered: &[String],
) -> Result<HashMap<String, String>, StoreError> {
    let ids: Vec<String> = rows.iter().map(FindingRow::content_id).collect();
    let mut words: HashMap<String, String> = answer::contents(tx, &ids).await?.into_iter().collect();
    if !covered.is_empty() {
        for words in words.values_mut() {
            *words = without_names(words, covered);
        }
    }
    Ok(words)
}

/// The page that is asked for, counted and cut by the store.
async fn paged(
    tx: &mut Tx,
    brands: &[(String, String)],
    part: &mut Part,
) -> Result<Vec<FindingRow>, StoreError> {
    let mut counts = Vec::new();
    for (brand, name) in brands {
        if part.is_of(name) {
            counts.push((brand, finding::count(tx, brand, &part.state).await?));
        }
    }
    let mut ahead = part.set(counts.iter().map(|(_, count)| count).sum());
    let mut rows = Vec::new();
    for (brand, count) in counts {
        if ahead < count && rows.len() < PAGE {
            let room = PAGE - rows.len();
            rows.extend(finding::part(tx, brand, &part.state, (room, ahead)).await?);
        }
        ahead = ahead.saturating_sub(count);
    }
    Ok(rows)
}

/// The same where words tell what fits, whom it is addressed to, or on which page one stands.
async fn walked(
    tx: &mut Tx,
    look: &Look,
    (queues, covered): (&[(String, String)], &[String]),
    part: &mut Part,
) -> Result<Vec<FindingRow>, StoreError> {
    let (mut walk, mut at) = (Walk::of(part), look.at);
    for (brand, name) in &look.brands {
        let mut behind = None;
        loop {
            let batch = finding::of_brand(tx, brand, behind, BATCH).await?;
            let Some(last) = batch.last() else { break };
            behind = Some((last.rank(), last.number));
            let words =
                if part.words.is_empty() { HashMap::new() } else { words_of(tx, &batch, covered).await? };
            for row in batch {
                let theirs = !look.office || is_theirs(&look.me.1, queues, name, &row.owner);
                let words = words.get(&row.content_id()).map_or("", String::as_str);
                let words = format!("{} {} {words}", row.number, row.owner);
                if theirs && part.fits(&words, &row.state, name) {
                    let is_wanted = at == Some(row.number);
                    at = at.filter(|_| !is_wanted);
                    walk.take(row, is_wanted);
                }
            }
        }
    }
    Ok(walk.end(part))
}

/// Whether a finding is addressed to somebody: by login, or by the name of one of their queues in its brand.
fn is_theirs(login: &str, queues: &[(String, String)], brand: &str, owner: &str) -> bool {
    let same = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
    same(login, owner) || queues.iter().any(|(b, q)| same(b, brand) && same(q, owner))
}

async fn shown(
    app: &App,
    asked: &Asked,
    viewer: &Viewer,
    query: &HashMap<String, String>,
    notice: Option<String>,
) -> Result<Response, Error> {
    let (brands, t, now) = (brands_of(app, viewer), asked.texts, app.clock.now());
    let brands: Vec<(String, String)> = brands.iter().map(|b| (b.id.clone(), b.brand.name.clone())).collect();
    let state = |s: FindingState| (s.code().to_owned(), t.name("findingstate", s.code()));
    let names = brands.iter().map(|(_, name)| name.clone()).collect();
    let look = Look {
        me: (viewer.person.id.to_string(), viewer.person.login.clone()),
        office: viewer.person.is_front_office(),
        // Mails and other pages lead to one of them, on whatever page it stands by now.
        at: query.get("at").and_then(|at| at.parse().ok()),
        part: Part::read("/findings", query, FindingState::ALL.into_iter().map(state).collect(), names),
        brands: brands.clone(),
    };
    let read = app.db.read("reading findings", move |tx| Box::pin(find(tx, look)));
    let found = read.await?;
    let brand_of = |f: &FindingRow| {
        brands.iter().find(|(id, _)| *id == f.brand_id).map(|(_, name)| name.clone()).unwrap_or_default()
    };
    let cards = found.rows.iter().map(|f| card(f, &found, viewer, brand_of(f), now, t)).collect();
    print(&FindingsPage {
        cards,
        frame: Frame::of(app, asked, viewer, "findings", t.office().findings, found.kill),
        part: found.part,
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
    let theirs = viewer.person.is_lead() || is_theirs(&viewer.person.login, &found.queues, &brand, &f.owner);
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
    let theirs = is_theirs(&viewer.person.login, &queues, &brand, &row.owner);
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
            let why = refused::told(asked.texts, &why);
            let page = shown(&app, &asked, &viewer, &HashMap::new(), Some(why)).await?;
            Ok((StatusCode::CONFLICT, page).into_response())
        }
        Err(CaseworkError::NotFound) => Err(Error::NotFound),
        Err(error) => Err(error.into()),
    }
}

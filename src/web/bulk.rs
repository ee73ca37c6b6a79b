//! Acts on many cases: a page on which what was chosen is reviewed, and one that tells what was done and undoes it.
//!
//! What is done is what comes back ticked, each case with the version that was shown.

use super::App;
use super::auth::{Asked, Fields, PROOF_OVER, Viewer, prove_at};
use super::case::{actor, colleagues};
use super::error::Error;
use super::frame::{
    Frame, brands_of, casework_of, first_press, forget_press, hue, is_stopped, page as print,
};
use super::inbox::{Asks, covers, words};
use super::shown::{Moment, Shown};
use super::texts::Texts;
use super::texts::working::WorkingTexts;
use crate::casework::CaseworkError;
use crate::casework::batch::{Chosen, Wanted};
use crate::domain::batch::{CASES_MAX, Kind, Known, unticked};
use crate::domain::ids::CaseId;
use crate::domain::judgement::Level;
use crate::domain::label::Label;
use crate::domain::time::Timestamp;
use crate::store::batch::{BatchCaseRow, BatchRow};
use crate::store::console::{self, ShownMessage};
use crate::store::person::PersonRow;
use crate::store::rows::CaseRow;
use crate::store::{StoreError, Tx, person, protocol};
use crate::web::texts::refused;
use askama::Template;
use axum::extract::{Extension, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Characters of the first message.
const EXCERPT: usize = 160;

struct Row {
    /// Case and version.
    value: String,
    ticked: bool,
    level: &'static str,
    number: i64,
    brand: String,
    hue: u8,
    excerpt: Option<Shown>,
    why: Option<String>,
    state: String,
    with: Option<String>,
}

/// An act of the viewer that can be undone, or was.
struct Latest {
    id: String,
    kind: String,
    at: Moment,
    undone: bool,
}

#[derive(Template)]
#[template(path = "bulk.html", config = "src/web/askama.toml")]
struct BulkPage {
    frame: Frame,
    w: &'static WorkingTexts,
    problem: Option<String>,
    /// Where the viewer shows who they are, if there is enough here to want that.
    prove: Option<String>,
    rows: Vec<Row>,
    more: bool,
    back: String,
    query: String,
    kinds: Vec<(&'static str, String, bool)>,
    reason: String,
    colleague: String,
    colleagues: Vec<(String, String)>,
    labels: Vec<(&'static str, String, bool)>,
    latest: Vec<Latest>,
}

#[derive(Template)]
#[template(path = "bulk_done.html", config = "src/web/askama.toml")]
struct DonePage {
    frame: Frame,
    w: &'static WorkingTexts,
    id: String,
    kind: String,
    done: usize,
    undone: bool,
    until: Option<Moment>,
    refused: Vec<(String, i64, String)>,
}

/// What was found to choose from.
struct Found {
    cases: Vec<CaseRow>,
    messages: HashMap<String, ShownMessage>,
    people: Vec<PersonRow>,
    protocols: HashSet<String>,
    latest: Vec<BatchRow>,
    kill: super::peaks::Switches,
}

async fn find(
    tx: &mut Tx,
    brands: &[String],
    asks: &Asks,
    picked: &[String],
    (who, now): (&str, Timestamp),
) -> Result<Found, StoreError> {
    let mut cases = Vec::new();
    if picked.is_empty() {
        cases = asks.first(tx, brands, who, now, CASES_MAX + 1).await?;
    }
    for id in picked {
        // What the viewer may not see is not there.
        let brand = crate::store::case::brand_of(tx, id).await?.filter(|b| brands.contains(b));
        if let Some(brand) = brand {
            cases.extend(console::case(tx, &brand, id).await?);
        }
    }
    let pairs: Vec<(String, String)> =
        cases.iter().map(|c| (c.brand_id.clone(), c.first_mention_id.clone())).collect();
    let messages = console::messages(tx, &pairs).await?;
    let ids: Vec<String> = cases.iter().map(|c| c.id.clone()).collect();
    Ok(Found {
        messages: messages.into_iter().map(|m| (format!("{}/{}", m.brand_id, m.mention_id), m)).collect(),
        people: person::all(tx).await?,
        protocols: protocol::open_of(tx, &ids).await?.into_iter().map(|p| p.case_id).collect(),
        latest: crate::store::batch::latest(tx, who, now, 20).await?,
        kill: is_stopped(tx).await?,
        cases,
    })
}

/// What a refusal leaves on the page: what was typed and ticked.
#[derive(Default)]
struct Again {
    problem: Option<String>,
    kind: String,
    reason: String,
    colleague: String,
    label: String,
    ticked: Option<HashSet<String>>,
}

fn latest(all: Vec<BatchRow>, t: &Texts) -> Vec<Latest> {
    let one = |b: BatchRow| Latest {
        kind: t.name("batch", &b.kind),
        at: Moment::of(b.made_at),
        undone: b.undone_at.is_some(),
        id: b.id,
    };
    all.into_iter().map(one).collect()
}

async fn shown(
    app: &App,
    asked: &Asked,
    viewer: &Viewer,
    (query, picked): (&[(String, String)], Vec<String>),
    again: Again,
) -> Result<Response, Error> {
    let (t, now, all) = (asked.texts, app.clock.now(), brands_of(app, viewer));
    let asks = Asks::read(query).seeing(&all);
    let brands = asks.brands(&all);
    let (back, who) = (asks.href(), viewer.person.id.to_string());
    let read = app.db.read("reading what is chosen", move |tx| {
        Box::pin(async move { find(tx, &brands, &asks, &picked, (&who, now)).await })
    });
    let mut found = read.await?;
    let more = found.cases.len() > CASES_MAX;
    found.cases.truncate(CASES_MAX);
    let me = viewer.person.id.as_str();
    let row = |c: &CaseRow| {
        let held = c.claim().filter(|h| h.until.is_none_or(|u| u > now));
        let known = Known {
            level: c.level,
            claimed: held.as_ref().is_some_and(|h| h.by.as_str() != me),
            protocol: found.protocols.contains(&c.id),
        };
        let why = unticked(known);
        let first = found.messages.get(&format!("{}/{}", c.brand_id, c.first_mention_id));
        let text = first.and_then(|m| words(m.body.as_deref()));
        let covers = first.map(|m| covers(&m.personal_data)).unwrap_or_default();
        let brand = all.iter().find(|b| b.id == c.brand_id).map_or("", |b| b.brand.name.as_str()).to_owned();
        let name = |id: &str| found.people.iter().find(|p| p.id == id).map(|p| p.name.clone());
        Row {
            value: format!("{}:{}", c.id, c.version),
            ticked: again.ticked.as_ref().map_or(why.is_none(), |t| t.contains(&c.id)),
            level: Level::from_number(c.level).code(),
            number: c.number,
            hue: hue(&brand),
            brand,
            excerpt: text.map(|text| Shown::excerpt(&text, &covers, EXCERPT, t)),
            why: why.map(|w| t.name("unticked", w.code())),
            state: t.name("state", &c.state),
            with: held.and_then(|h| name(h.by.as_str())),
        }
    };
    let mut people: Vec<(String, String)> = Vec::new();
    for brand in &all {
        for one in colleagues(&found.people, &brand.id) {
            if !people.contains(&one) {
                people.push(one);
            }
        }
    }
    let proved = viewer.person.is_proved(now);
    print(&BulkPage {
        w: t.working(),
        prove: (found.cases.len() > PROOF_OVER && !proved).then(|| prove_at("/bulk")),
        rows: found.cases.iter().map(row).collect(),
        latest: latest(found.latest, t),
        more,
        query: back.trim_start_matches("/?").to_owned(),
        back,
        kinds: Kind::ALL.map(|k| (k.code(), t.name("batch", k.code()), k.code() == again.kind)).to_vec(),
        reason: again.reason,
        colleague: again.colleague,
        colleagues: people,
        labels: Label::ALL.map(|l| (l.code(), t.name("label", l.code()), l.code() == again.label)).to_vec(),
        problem: again.problem,
        frame: Frame::of(app, asked, viewer, "inbox", t.working().many_title, found.kill),
    })
}

/// `GET /bulk`: what was chosen, or the first of what a filter shows.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Response, Error> {
    let picked = query.iter().filter(|(k, _)| k == "case").filter_map(|(_, v)| CaseId::parse(v).ok());
    let picked = picked.take(CASES_MAX).map(|id| id.to_string()).collect();
    shown(&app, &asked, &viewer, (&query, picked), Again::default()).await
}

/// What came back ticked: case and version.
fn ticked(fields: &Fields) -> Result<Vec<(String, i64)>, Error> {
    let one = |text: &str| {
        let (id, version) = text.split_once(':')?;
        Some((CaseId::parse(id).ok()?.to_string(), version.parse().ok()?))
    };
    let all =
        fields.all("case").map(|text| one(text).ok_or_else(|| Error::Invalid("case: not known".to_owned())));
    all.collect()
}

/// The page once more with what was typed and ticked, and why nothing was done.
async fn once_more(
    app: &App,
    (asked, viewer): (&Asked, &Viewer),
    fields: &Fields,
    ticked: Vec<(String, i64)>,
    problem: String,
) -> Result<Response, Error> {
    let query: Vec<(String, String)> =
        url::form_urlencoded::parse(fields.get("query").as_bytes()).into_owned().collect();
    let again = Again {
        problem: Some(problem),
        kind: fields.get("do").to_owned(),
        reason: fields.get("reason").to_owned(),
        colleague: fields.get("colleague").to_owned(),
        label: fields.get("label").to_owned(),
        ticked: Some(ticked.iter().map(|t| t.0.clone()).collect()),
    };
    let picked = ticked.into_iter().map(|t| t.0).collect();
    let page = shown(app, asked, viewer, (&query, picked), again).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// `POST /bulk`: does it.
pub async fn act(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
) -> Result<Response, Error> {
    let ticked = ticked(&fields)?;
    let (word, label) = (fields.get("do"), fields.get("label"));
    let kind = Kind::from_code(word).ok_or_else(|| Error::Invalid(format!("do: '{word}' is not known")))?;
    let wanted = Wanted {
        kind,
        reason: fields.get("reason").to_owned(),
        colleague: fields.get("colleague").to_owned(),
        label: Label::from_code(label),
    };
    if ticked.len() > PROOF_OVER && !viewer.person.is_proved(app.clock.now()) {
        let problem = asked.texts.doors().prove_first.to_owned();
        return once_more(&app, (&asked, &viewer), &fields, ticked, problem).await;
    }
    if !first_press(&app, fields.get("nonce"), "bulk").await? {
        // A page gone back to has done its work: what is on it now is said, and can be pressed anew.
        return once_more(&app, (&asked, &viewer), &fields, ticked, asked.texts.twice.to_owned()).await;
    }
    let (brands, ids): (Vec<String>, Vec<_>) =
        (brands_of(&app, &viewer).into_iter().map(|b| b.id).collect(), ticked.clone());
    let read = app.db.read("reading what is chosen", move |tx| {
        Box::pin(async move {
            let mut chosen: Vec<Chosen> = Vec::new();
            for (id, seen) in ids {
                let brand = crate::store::case::brand_of(tx, &id).await?;
                // What the viewer may not see is not there.
                chosen.extend(brand.filter(|b| brands.contains(b)).map(|b| (b, id, seen)));
            }
            Ok(chosen)
        })
    });
    let chosen = read.await?;
    match casework_of(&app, &viewer).batch(&chosen, &wanted, &actor(&viewer)).await {
        Ok(done) => Ok(Redirect::to(&format!("/bulk/{}", done.id)).into_response()),
        Err(error @ CaseworkError::Store(_)) => Err(error.into()),
        Err(error) => {
            // Nothing was begun: the same form may come again.
            forget_press(&app, fields.get("nonce"), "bulk").await;
            once_more(
                &app,
                (&asked, &viewer),
                &fields,
                ticked,
                refused::told(asked.texts, &error.to_string()),
            )
            .await
        }
    }
}

/// `GET /bulk/{id}`: what was done, and why not with some.
pub async fn done(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let (t, now) = (asked.texts, app.clock.now());
    let (row, cases) = batch_of(&app, &viewer, &id).await?;
    let undone = row.undone_at.is_some();
    let why = |c: &BatchCaseRow| if undone { c.undo_why.clone() } else { c.why.clone() };
    let done =
        cases.iter().filter(|c| if undone { c.undone_at.is_some() } else { c.version.is_some() }).count();
    let mut left_out: Vec<(String, String, String)> = Vec::new();
    for case in &cases {
        left_out.extend(why(case).map(|why| (case.brand_id.clone(), case.case_id.clone(), why)));
    }
    let read = app.db.read("reading an act on many", move |tx| {
        Box::pin(async move {
            let mut all = Vec::new();
            for (brand, id, why) in left_out {
                let number = console::case(tx, &brand, &id).await?.map_or(0, |c| c.number);
                all.push((id, number, refused::told(t, &why)));
            }
            Ok((all, is_stopped(tx).await?))
        })
    });
    let (refused, kill) = read.await?;
    // What was under way when it was undone is left to be undone.
    let left = cases.iter().any(|c| c.version.is_some() && c.undone_at.is_none() && c.undo_why.is_none());
    let until = Some(row.until_ms).filter(|u| left && *u >= now.millis()).map(Moment::of);
    print(&DonePage {
        frame: Frame::of(&app, &asked, &viewer, "inbox", t.working().many_title, kill),
        w: t.working(),
        kind: t.name("batch", &row.kind),
        id,
        done,
        undone,
        until,
        refused,
    })
}

/// An act on many of whose cases the viewer may see all.
async fn batch_of(app: &App, viewer: &Viewer, id: &str) -> Result<(BatchRow, Vec<BatchCaseRow>), Error> {
    let found = casework_of(app, viewer).batch_of(id, &actor(viewer)).await;
    let (row, cases) = match found {
        Err(CaseworkError::NotFound) => return Err(Error::NotFound),
        found => found?,
    };
    let brands: HashSet<String> = brands_of(app, viewer).into_iter().map(|b| b.id).collect();
    if cases.iter().any(|c| !brands.contains(&c.brand_id)) {
        return Err(Error::NotFound);
    }
    Ok((row, cases))
}

/// `POST /bulk/{id}`: undoes it.
pub async fn undo(
    State(app): State<App>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    batch_of(&app, &viewer, &id).await?;
    match casework_of(&app, &viewer).undo_batch(&id, &actor(&viewer)).await {
        Ok(_) | Err(CaseworkError::Refused(_)) => Ok(Redirect::to(&format!("/bulk/{id}")).into_response()),
        Err(CaseworkError::NotFound) => Err(Error::NotFound),
        Err(error) => Err(error.into()),
    }
}

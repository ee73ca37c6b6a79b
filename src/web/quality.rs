//! The quality of answers: what waits for a colleague's score, what was said of one's own, and averages for leads. An
//! optional module: where no brand has it on there is no trace of it.

use super::App;
use super::auth::{Asked, Fields, Viewer};
use super::case::actor;
use super::error::Error;
use super::frame::{
    Frame, brands_of, casework_of, first_press, forget_press, hue, is_stopped, page as print,
};
use super::inbox::{covers, words};
use super::shown::{Moment, Shown};
use super::texts::Texts;
use crate::casework::CaseworkError;
use crate::casework::scoring::WORD_CHARS_MAX;
use crate::catalogue::Watched;
use crate::domain::ids::QualityId;
use crate::domain::judgement::Level;
use crate::domain::quality::{Average, Criterion, PEOPLE_MIN, Score};
use crate::domain::role::Right;
use crate::domain::time::{Span, Timestamp};
use crate::reports::Ask;
use crate::reports::quality as averages;
use crate::store::quality::{self as store, SampleRow};
use crate::store::{StoreError, Tx, person};
use crate::web::texts::refused;
use askama::Template;
use axum::extract::{Extension, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Most answers of a brand in each list.
const SHOWN_MAX: i64 = 50;
/// Most characters of what a customer wrote.
const CHARS_MAX: usize = 1000;
/// Averages are of so long.
const BACK: Span = Span::days(28);

/// One criterion as a form asks it.
struct Asks {
    field: String,
    name: String,
    about: String,
    /// Each that can be given, and whether it was.
    points: Vec<(i64, bool)>,
}

struct Card {
    id: String,
    case_id: String,
    number: i64,
    brand: String,
    hue: u8,
    platform: String,
    language: String,
    level: &'static str,
    at: Moment,
    until: Moment,
    asked: Option<Shown>,
    answered: Option<Shown>,
    card: Vec<Asks>,
    scores: Vec<(String, i64, i64)>,
    by: String,
    word: String,
    line: String,
    seen: Option<Moment>,
}

struct Row {
    name: String,
    answers: i64,
    people: usize,
    mean: Option<String>,
    /// Why there is none.
    hidden: &'static str,
}

#[derive(Template)]
#[template(path = "quality.html", config = "src/web/askama.toml")]
struct QualityPage {
    frame: Frame,
    scores: bool,
    to_score: Vec<Card>,
    mine: Vec<Card>,
    leads: bool,
    averages: Vec<(String, Vec<Row>)>,
    chars_max: usize,
    notice: Option<(&'static str, String)>,
}

/// What one look at the store brings, by brand.
struct Found {
    to_score: Vec<SampleRow>,
    mine: Vec<SampleRow>,
    averages: Vec<(String, Vec<Average>)>,
    names: HashMap<String, String>,
    kill: super::peaks::Switches,
}

fn brands_on(app: &App, viewer: &Viewer) -> Result<Vec<Watched>, Error> {
    let mut brands = brands_of(app, viewer);
    brands.retain(|b| b.brand.quality.enabled);
    if brands.is_empty() { Err(Error::NotFound) } else { Ok(brands) }
}

async fn find(
    tx: &mut Tx,
    brands: &[Watched],
    me: &str,
    (scores, leads): (bool, bool),
    now: Timestamp,
) -> Result<Found, StoreError> {
    let (mut to_score, mut mine, mut means) = (Vec::new(), Vec::new(), Vec::new());
    for brand in brands {
        if scores {
            to_score.extend(store::to_score(tx, &brand.id, me, (now, SHOWN_MAX)).await?);
        }
        mine.extend(store::of_person(tx, &brand.id, me, SHOWN_MAX).await?);
    }
    let mut groups: Vec<(String, Vec<String>)> =
        brands.iter().map(|b| (b.brand.name.clone(), vec![b.id.clone()])).collect();
    if groups.len() > 1 {
        groups.push((String::new(), brands.iter().map(|b| b.id.clone()).collect()));
    }
    for (name, brands) in groups.into_iter().filter(|_| leads) {
        // Averages tell of no days and no weeks.
        let zone = jiff::tz::TimeZone::UTC;
        let asked = Ask { from: now.minus(BACK), to: now.plus(Span(1)), brands, zone };
        means.push((name, averages::of(tx, &asked, now).await?));
    }
    let names = person::all(tx).await?.into_iter().map(|p| (p.id, p.name)).collect();
    Ok(Found { to_score, mine, averages: means, names, kill: is_stopped(tx).await? })
}

fn named(t: &'static Texts, name: &str) -> String {
    // A name of the settings is shown as it stands there; those of the ready-made card have words.
    t.quality().criterion(name).map_or_else(|| name.to_owned(), ToOwned::to_owned)
}

fn asks(t: &'static Texts, c: &Criterion, ready: bool) -> Asks {
    let about =
        t.quality().about(&c.name).filter(|_| ready).map_or_else(|| c.about.clone(), ToOwned::to_owned);
    let name = if ready { named(t, &c.name) } else { c.name.clone() };
    Asks {
        field: format!("score:{}", c.name),
        name,
        about,
        points: (1..=c.scale).map(|n| (n, false)).collect(),
    }
}

fn card(row: &SampleRow, brand: &Watched, found: &Found, t: &'static Texts) -> Card {
    let ready = brand.brand.quality.criteria.is_empty();
    let covered = row.asked_personal.as_deref().map(covers).unwrap_or_default();
    let scores: Vec<Score> =
        row.scores.as_deref().and_then(|s| serde_json::from_str(s).ok()).unwrap_or_default();
    Card {
        id: row.id.clone(),
        case_id: row.case_id.clone(),
        number: row.number,
        brand: brand.brand.name.clone(),
        hue: hue(&brand.brand.name),
        platform: row.platform.clone(),
        language: row.language.clone(),
        level: Level::from_number(row.level).code(),
        at: Moment::of(row.posted_at),
        until: Moment::of(row.until_at),
        asked: words(row.asked.as_deref()).map(|text| Shown::excerpt(&text, &covered, CHARS_MAX, t)),
        answered: words(row.body.as_deref()).map(|text| Shown::plain(&text)),
        card: brand.brand.quality.card().iter().map(|c| asks(t, c, ready)).collect(),
        scores: scores.into_iter().map(|(name, points, scale)| (named(t, &name), points, scale)).collect(),
        by: row.scored_by.as_ref().and_then(|id| found.names.get(id).cloned()).unwrap_or_default(),
        word: row.word.clone().unwrap_or_default(),
        line: row.line.clone().unwrap_or_default(),
        seen: row.seen_at.map(Moment::of),
    }
}

/// Fills a card in again whose form was not taken, as it came.
fn fill_in(cards: &mut [Card], id: &str, fields: &Fields) {
    for card in cards.iter_mut().filter(|card| card.id == id && card.seen.is_none()) {
        if fields.get("act") == "seen" {
            fields.get("line").clone_into(&mut card.line);
            continue;
        }
        fields.get("word").clone_into(&mut card.word);
        for asks in &mut card.card {
            let given: Option<i64> = fields.get(&asks.field).parse().ok();
            asks.points.iter_mut().for_each(|(n, here)| *here = given == Some(*n));
        }
    }
}

async fn shown(
    app: &App,
    (asked, viewer): (&Asked, &Viewer),
    notice: Option<(&'static str, String)>,
    again: Option<(&str, &Fields)>,
) -> Result<Response, Error> {
    let (t, now) = (asked.texts, app.clock.now());
    let brands = brands_on(app, viewer)?;
    let may = (viewer.person.may(Right::Answer), viewer.person.may(Right::Steer));
    let (of, me) = (brands.clone(), viewer.person.id.to_string());
    let found = app.db.read("reading the quality of answers", move |tx| {
        Box::pin(async move { find(tx, &of, &me, may, now).await })
    });
    let found = found.await?;
    let brand = |row: &SampleRow| brands.iter().find(|b| b.id == row.brand_id);
    let cards = |rows: &[SampleRow]| -> Vec<Card> {
        rows.iter().filter_map(|row| Some(card(row, brand(row)?, &found, t))).collect()
    };
    let (mut to_score, mut mine) = (cards(&found.to_score), cards(&found.mine));
    if let Some((id, fields)) = again {
        match fields.get("act") {
            "seen" => fill_in(&mut mine, id, fields),
            _ => fill_in(&mut to_score, id, fields),
        }
    }
    let row = |a: &Average| Row {
        name: named(t, &a.name),
        answers: a.answers,
        people: a.people,
        mean: a.tenths.map(|n| format!("{}.{} {} {}", n / 10, n % 10, t.quality().of, a.scale)),
        hidden: if a.people < PEOPLE_MIN { t.quality().too_few } else { t.quality().too_few_left },
    };
    let group = |(name, of): &(String, Vec<Average>)| {
        let name = if name.is_empty() { t.all_brands.to_owned() } else { name.clone() };
        (name, of.iter().map(row).collect())
    };
    print(&QualityPage {
        frame: Frame::of(app, asked, viewer, "quality", t.quality().quality, found.kill.clone()),
        scores: may.0,
        to_score,
        mine,
        leads: may.1,
        averages: found
            .averages
            .iter()
            .map(group)
            .filter(|(_, rows): &(_, Vec<Row>)| !rows.is_empty())
            .collect(),
        chars_max: WORD_CHARS_MAX,
        notice,
    })
}

/// `GET /quality`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let q = asked.texts.quality();
    let notice = match query.get("said").map(String::as_str) {
        Some("noted") => Some(("good", q.noted.to_owned())),
        Some("already") => Some(("bad", q.already.to_owned())),
        Some("twice") => Some(("bad", asked.texts.twice.to_owned())),
        _ => None,
    };
    shown(&app, (&asked, &viewer), notice, None).await
}

/// The points that a form gives; what is no number is missing.
fn given(fields: &Fields, brand: &Watched) -> BTreeMap<String, i64> {
    let one = |c: Criterion| {
        let points = fields.get(&format!("score:{}", c.name)).parse().ok()?;
        Some((c.name, points))
    };
    brand.brand.quality.card().into_iter().filter_map(one).collect()
}

/// `POST /quality/{id}`: a score, or that one's own was seen.
pub async fn act(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let id = QualityId::parse(&id).map_err(|_| Error::NotFound)?.to_string();
    let brands = brands_on(&app, &viewer)?;
    let wanted = id.clone();
    let read = app.db.read("reading a drawn answer", move |tx| {
        Box::pin(async move { store::brand_of(tx, &wanted).await })
    });
    let brand = read.await?.and_then(|of| brands.iter().find(|b| b.id == of)).ok_or(Error::NotFound)?;
    let once = format!("quality:{id}");
    if !first_press(&app, fields.get("nonce"), &once).await? {
        return Ok(Redirect::to("/quality?said=twice").into_response());
    }
    let (casework, pair, who) =
        (casework_of(&app, &viewer), (brand.id.as_str(), id.as_str()), actor(&viewer));
    let done = match fields.get("act") {
        "seen" => casework.score_seen(pair, fields.get("line"), &who).await,
        _ => casework.score(pair, &given(&fields, brand), fields.get("word"), &who).await,
    };
    if done.is_err() {
        forget_press(&app, fields.get("nonce"), &once).await;
    }
    match done {
        Ok(true) => Ok(Redirect::to("/quality?said=noted").into_response()),
        Ok(false) => Ok(Redirect::to("/quality?said=already").into_response()),
        Err(CaseworkError::NotFound) => Err(Error::NotFound),
        Err(error @ (CaseworkError::Invalid { .. } | CaseworkError::Refused(_))) => {
            let notice = Some(("bad", refused::told(asked.texts, &error.to_string())));
            let page = shown(&app, (&asked, &viewer), notice, Some((id.as_str(), &*fields))).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

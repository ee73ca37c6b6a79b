//! The library of answers: the page on which it is read, written and decided about, and what of it is like a case.

use super::App;
use super::auth::{Asked, Fields, Viewer};
use super::case::{actor, brand_for};
use super::error::Error;
use super::frame::{
    Frame, brands_of, casework_of, first_press, forget_press, hue, is_stopped, page as print,
};
use super::inbox::words;
use super::part::Part;
use super::shown::Moment;
use super::texts::Texts;
use super::texts::working::WorkingTexts;
use crate::casework::library::{TITLE_CHARS_MAX, Written, filled};
use crate::casework::templates::Length;
use crate::casework::{Casework, CaseworkError, Keep};
use crate::domain::language::Language;
use crate::domain::similar::ranked;
use crate::domain::time::Timestamp;
use crate::store::library::{self, LibraryRow};
use crate::store::{StoreError, Tx, about, console, person};
use crate::web::texts::refused;
use askama::Template;
use axum::extract::{Extension, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Arc;

/// Most answers of a brand that are looked at. Answers are written by hand and replaced when there are better ones, so they are
/// bounded by nature, and likeness is told of all of them at once.
const LOOKED_MAX: i64 = 5_000;
/// Most that a case is offered.
const OFFERED_MAX: usize = 6;
/// Messages of a case by which it is told what is like it.
const MESSAGES: i64 = 5;

struct Card {
    id: String,
    brand: String,
    hue: u8,
    language: String,
    state: String,
    proposed: bool,
    title: String,
    text: String,
    by: String,
    at: Moment,
    used: i64,
    edited: i64,
    resolved: i64,
    reopened: i64,
    /// Where the brand answers and it does not fit.
    too_long: Vec<Length>,
}

#[derive(Template)]
#[template(path = "library.html", config = "src/web/askama.toml")]
struct LibraryPage {
    frame: Frame,
    w: &'static WorkingTexts,
    notice: Option<String>,
    text: String,
    brand: String,
    language: String,
    brands: Vec<String>,
    languages: Vec<&'static str>,
    cards: Vec<Card>,
    part: Part,
    works: bool,
    steers: bool,
    /// What was typed and not taken: title, words, and what they are to replace.
    typed: [String; 3],
    title_max: usize,
}

/// An answer that may fit a case.
struct Offer {
    id: String,
    title: String,
    text: String,
    /// On the platform of the case, if it does not fit there.
    too_long: Vec<Length>,
    /// How like it is to what was asked for, in per cent; none where nothing was.
    like: Option<String>,
    /// Its language, and what came of it; none where it was taken away meanwhile.
    row: Option<LibraryRow>,
}

#[derive(Template)]
#[template(path = "library_case.html", config = "src/web/askama.toml")]
struct OfferPart {
    t: &'static Texts,
    case: String,
    text: String,
    offers: Vec<Offer>,
}

#[derive(Template)]
#[template(path = "library_for.html", config = "src/web/askama.toml")]
struct OfferPage {
    frame: Frame,
    part: OfferPart,
}

impl askama::filters::HtmlSafe for OfferPart {}

/// What is like some words, or all of it where there are none; the places of those that are shown, and how like they
/// are.
fn chosen(wanted: &str, all: &[(String, String)], most: usize) -> Vec<(usize, Option<f64>)> {
    if wanted.trim().is_empty() {
        return (0..all.len()).rev().take(most).map(|place| (place, None)).collect();
    }
    let texts: Vec<String> = all.iter().map(|(title, text)| format!("{title} {text}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    ranked(wanted, &texts, most).into_iter().map(|(place, like)| (place, Some(like))).collect()
}

/// An answer as the page shows it.
fn card(
    (brand, row, (title, text)): &(String, LibraryRow, (String, String)),
    names: &HashMap<String, String>,
    (casework, t): (&Casework, &Texts),
) -> Card {
    Card {
        id: row.id.clone(),
        brand: brand.clone(),
        hue: hue(brand),
        language: row.language.clone(),
        state: t.name("library", &row.state),
        proposed: row.state == "proposed",
        title: title.clone(),
        text: text.clone(),
        by: names.get(&row.made_by).cloned().unwrap_or_default(),
        at: Moment::of(row.made_at),
        used: row.used,
        edited: row.edited,
        resolved: row.resolved,
        reopened: row.reopened,
        too_long: casework.too_long(brand, text),
    }
}

/// The answers of the page of these brands, by id and name. Only of those is counted what came of them.
async fn found(
    tx: &mut Tx,
    brands: &[(String, String)],
    (language, sought): (&str, &str),
    part: &mut Part,
) -> Result<Vec<(String, LibraryRow, (String, String))>, StoreError> {
    let mut keys: Vec<(usize, &str, String)> = Vec::new();
    let mut said: Vec<(String, String)> = Vec::new();
    for (at, (brand_id, _)) in brands.iter().enumerate() {
        for state in ["proposed", "approved"] {
            for (id, body) in library::words(tx, brand_id, (state, language), LOOKED_MAX).await? {
                if let Ok(words) = serde_json::from_str::<(String, String)>(&body) {
                    keys.push((at, state, id));
                    said.push(words);
                }
            }
        }
    }
    let mut places: Vec<usize> =
        chosen(sought, &said, said.len()).into_iter().map(|(place, _)| place).collect();
    // What waits for a lead stands first, also where there is more than the page shows.
    places.sort_by_key(|place| keys[*place].1 != "proposed");
    let mut rows = Vec::new();
    for place in part.cut(places) {
        let (at, _, id) = &keys[place];
        let (brand_id, name) = &brands[*at];
        let Some(row) = library::get(tx, brand_id, id).await? else { continue };
        if let Some(words) = row.said() {
            rows.push((name.clone(), row, words));
        }
    }
    Ok(rows)
}

async fn shown(
    app: &App,
    asked: &Asked,
    viewer: &Viewer,
    query: &HashMap<String, String>,
    (notice, typed): (Option<String>, [String; 3]),
) -> Result<Response, Error> {
    let t = asked.texts;
    let get = |name: &str| query.get(name).cloned().unwrap_or_default();
    let (text, brand, language) = (get("text"), get("brand"), get("language"));
    let all = brands_of(app, viewer);
    let brands: Vec<(String, String)> = all
        .iter()
        .filter(|b| brand.is_empty() || b.brand.name == brand)
        .map(|b| (b.id.clone(), b.brand.name.clone()))
        .collect();
    let (wanted, sought) = (language.clone(), text.clone());
    let names = all.iter().map(|b| b.brand.name.clone()).collect();
    let part = Part::read("/library", query, Vec::new(), names);
    let mut part = part.beside("text", &text).beside("language", &language);
    let read = app.db.read("reading the library", move |tx| {
        Box::pin(async move {
            let found = found(tx, &brands, (&wanted, &sought), &mut part).await?;
            let names: HashMap<String, String> =
                person::all(tx).await?.into_iter().map(|p| (p.id, p.name)).collect();
            Ok(((found, part), names, is_stopped(tx).await?))
        })
    });
    let ((rows, part), names, kill) = read.await?;
    let casework = casework_of(app, viewer);
    print(&LibraryPage {
        frame: Frame::of(app, asked, viewer, "library", t.working().library, kill),
        w: t.working(),
        notice,
        text,
        brand,
        language,
        brands: all.iter().map(|b| b.brand.name.clone()).collect(),
        languages: Language::TEN.map(Language::code).to_vec(),
        cards: rows.iter().map(|row| card(row, &names, (&casework, t))).collect(),
        part,
        works: viewer.person.may_work(),
        steers: viewer.person.is_lead(),
        typed,
        title_max: TITLE_CHARS_MAX,
    })
}

/// `GET /library`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    shown(&app, &asked, &viewer, &query, (None, <[String; 3]>::default())).await
}

/// By what a form that is pressed twice is known; other words on a page to which somebody went back are another answer.
fn once(brand_id: &str, written: &Written) -> String {
    let replaces = written.replaces.as_deref().unwrap_or_default();
    let all = [brand_id, written.language.code(), replaces, written.title.as_str(), written.text.as_str()];
    let sum = Sha256::digest(all.join("\n").as_bytes());
    let hex = u64::from_be_bytes(std::array::from_fn(|at| sum[at]));
    format!("library:{hex}")
}

/// `POST /library`: writes an answer, or decides about one.
pub async fn act(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
) -> Result<Response, Error> {
    let text = |field: &str| fields.get(field).to_owned();
    let brands = brands_of(&app, &viewer);
    let brand = brands.iter().find(|b| b.brand.name == fields.get("brand")).ok_or(Error::NotFound)?;
    let (casework, who) = (casework_of(&app, &viewer), actor(&viewer));
    let done = match fields.get("do") {
        "approve" | "withdraw" => {
            let goes = fields.get("do") == "approve";
            casework.decide_answer(&brand.id, fields.get("id"), goes, &who).await.map(|_| ())
        }
        _ => {
            let word = fields.get("language");
            let language = Language::from_code(word)
                .ok_or_else(|| Error::Invalid(format!("language: '{word}' is not known")))?;
            let replaces = Some(text("replaces")).filter(|r| !r.is_empty());
            let words = text("text").replace("\r\n", "\n");
            let written = Written { language, title: text("title"), text: words, replaces };
            let (nonce, once) = (fields.get("nonce"), once(&brand.id, &written));
            if !first_press(&app, nonce, &once).await? {
                return Ok(Redirect::to("/library").into_response());
            }
            let written = casework.write_answer(&brand.id, &written, &who).await.map(|_| ());
            if written.is_err() {
                forget_press(&app, nonce, &once).await;
            }
            written
        }
    };
    match done {
        Ok(()) => Ok(Redirect::to("/library").into_response()),
        Err(CaseworkError::NotFound) => Err(Error::NotFound),
        Err(error @ CaseworkError::Store(_)) => Err(error.into()),
        Err(error) => {
            let status = match error {
                CaseworkError::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
                _ => StatusCode::CONFLICT,
            };
            let query: HashMap<String, String> =
                [("brand".to_owned(), brand.brand.name.clone()), ("language".to_owned(), text("language"))]
                    .into();
            let typed = ["title", "text", "replaces"].map(text);
            let said = (Some(refused::told(asked.texts, &error.to_string())), typed);
            Ok((status, shown(&app, &asked, &viewer, &query, said).await?).into_response())
        }
    }
}

/// The name that the author of a message shows.
fn name_of(profile: Option<&str>) -> String {
    let profile: serde_json::Value = profile.and_then(|p| serde_json::from_str(p).ok()).unwrap_or_default();
    profile["name"].as_str().unwrap_or_default().to_owned()
}

/// The name of whose matter a case is, where that is somebody else than who wrote; only for who has the case.
async fn customer_for(
    tx: &mut Tx,
    (brand_id, case_id): (&str, &str),
    me: &str,
    now: Timestamp,
) -> Result<String, StoreError> {
    let case = console::case(tx, brand_id, case_id).await?;
    let claim = case.and_then(|c| c.claim());
    if !claim.is_some_and(|c| c.by.as_str() == me && c.until.is_none_or(|until| until > now)) {
        return Ok(String::new());
    }
    Ok(about::words(tx, brand_id, case_id).await?.map(|c| c.name).unwrap_or_default())
}

/// An answer of the library with its words filled in for a case of a brand.
pub async fn filled_for(
    app: &App,
    viewer: &Viewer,
    (brand_id, brand): (&str, &str),
    case_id: &str,
    id: &str,
) -> Result<Option<String>, Error> {
    let (of, case, id) = (brand_id.to_owned(), case_id.to_owned(), id.to_owned());
    let (me, now) = (viewer.person.id.to_string(), app.clock.now());
    let read = app.db.read("reading an answer of the library", move |tx| {
        Box::pin(async move {
            let row = library::get(tx, &of, &id).await?.filter(|r| r.state == "approved");
            let customer = customer_for(tx, (&of, &case), &me, now).await?;
            Ok((row, console::messages_of(tx, &of, &case, 1).await?, customer))
        })
    });
    let (row, messages, customer) = read.await?;
    let name = name_of(messages.first().and_then(|m| m.profile.as_deref()));
    Ok(row.and_then(|r| r.said()).map(|(_, text)| filled(&text, (&name, &customer), brand)))
}

/// What is written with an answer that was made of one of the library: that it was used, and whether it was changed.
pub async fn used(
    app: &App,
    viewer: &Viewer,
    brand: &(String, String),
    case_id: &str,
    (id, text): (&str, &str),
) -> Result<Keep, Error> {
    if id.is_empty() {
        return Ok(Arc::new(|_, _| Box::pin(async { Ok(()) })));
    }
    let words = filled_for(app, viewer, (&brand.0, &brand.1), case_id, id).await?;
    let Some(words) = words else { return Ok(Arc::new(|_, _| Box::pin(async { Ok(()) }))) };
    let (edited, id, now) = (words.trim() != text.trim(), id.to_owned(), app.clock.now());
    Ok(Arc::new(move |tx, case| {
        let id = id.clone();
        Box::pin(async move {
            library::used(tx, (&case.brand_id, &id), (&case.id, case.version), edited, now).await
        })
    }))
}

/// `GET /cases/{id}/library`: the answers that are most like what the customer wrote, or like what is searched for.
pub async fn for_case(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Path(id): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let (t, text) = (asked.texts, query.get("text").cloned().unwrap_or_default());
    let (brand_id, brand) = brand_for(&app, &viewer, &id).await?;
    let (case_id, of) = (id.clone(), brand_id.clone());
    let (me, now) = (viewer.person.id.to_string(), app.clock.now());
    let read = app.db.read("looking for answers that fit", move |tx| {
        Box::pin(async move {
            let Some(case) = console::case(tx, &brand_id, &case_id).await? else { return Ok(None) };
            let messages = console::messages_of(tx, &brand_id, &case_id, MESSAGES).await?;
            let all = library::words(tx, &brand_id, ("approved", &case.language), LOOKED_MAX).await?;
            let customer = customer_for(tx, (&brand_id, &case_id), &me, now).await?;
            Ok(Some((messages, all, case.platform, customer, is_stopped(tx).await?)))
        })
    });
    let (messages, all, platform, customer, kill) = read.await?.ok_or(Error::NotFound)?;
    let casework = casework_of(&app, &viewer);
    let name = name_of(messages.first().and_then(|m| m.profile.as_deref()));
    let written: Vec<String> = messages.iter().filter_map(|m| words(m.body.as_deref())).collect();
    let wanted = if text.trim().is_empty() { written.join("\n") } else { text.clone() };
    let said: Vec<(String, (String, String))> =
        all.into_iter().filter_map(|(id, body)| Some((id, serde_json::from_str(&body).ok()?))).collect();
    let texts: Vec<(String, String)> = said.iter().map(|s| s.1.clone()).collect();
    let places = chosen(&wanted, &texts, OFFERED_MAX);
    let ids: Vec<String> = places.iter().map(|(at, _)| said[*at].0.clone()).collect();
    let read = app.db.read("reading what came of answers", move |tx| {
        Box::pin(async move {
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            library::these(tx, &of, &ids).await
        })
    });
    let rows = read.await?;
    let offer = |(at, like): (usize, Option<f64>)| {
        let (id, (title, text)) = &said[at];
        let text = filled(text, (&name, &customer), &brand);
        let mut too_long = casework.too_long(&brand, &text);
        too_long.retain(|l| l.platform == platform);
        Offer {
            id: id.clone(),
            title: title.clone(),
            text,
            too_long,
            like: like.map(|like| format!("{:.0} %", like * 100.0)),
            row: rows.iter().find(|r| r.id == *id).cloned(),
        }
    };
    let offers = places.into_iter().map(offer).collect();
    let part = OfferPart { t, case: id, text, offers };
    if query.contains_key("fragment") {
        return print(&part);
    }
    let frame = Frame::of(&app, &asked, &viewer, "inbox", t.working().library, kill);
    print(&OfferPage { frame, part })
}

//! The thank-you list: a few cases a day that deserve a card, who wrote it, and what was given. An optional module: where
//! no brand has it on there is no trace of it.

use super::App;
use super::auth::{Asked, Fields, Viewer};
use super::case::actor;
use super::error::Error;
use super::frame::{
    Frame, brands_of, casework_of, first_press, forget_press, hue, is_stopped, page as print,
};
use super::shown::Moment;
use super::texts::Texts;
use super::texts::refused;
use crate::casework::CaseworkError;
use crate::casework::thanking::{Given, WORDS_CHARS_MAX};
use crate::catalogue::Watched;
use crate::domain::ids::CaseId;
use crate::domain::thanks::{Gesture, amount, micros};
use crate::domain::time::Span;
use crate::store::thanks::{self as store, GestureRow, ListedCase};
use crate::store::{StoreError, Tx, case, person};
use askama::Template;
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use std::collections::HashMap;
use std::sync::Arc;

/// How far back lists are shown.
const SHOWN_FOR: Span = Span::days(14);
/// Most cases of a brand on the page.
const SHOWN_MAX: i64 = 200;

struct Given1 {
    kind: String,
    worth: Option<String>,
    words: String,
    who: String,
    at: Moment,
}

struct Card {
    id: String,
    number: i64,
    brand: String,
    hue: u8,
    platform: String,
    language: String,
    day: String,
    name: String,
    why: Vec<String>,
    written: Option<(String, Moment)>,
    given: Vec<Given1>,
    /// Whether the form was not taken, and then stands open as it came.
    open: bool,
    kinds: Vec<(&'static str, String, bool)>,
    words: String,
    amount: String,
    currency: String,
}

#[derive(Template)]
#[template(path = "thanks.html", config = "src/web/askama.toml")]
struct ThanksPage {
    frame: Frame,
    cards: Vec<Card>,
    words_max: usize,
    notice: Option<String>,
}

/// What one look at the store brings.
struct Found {
    listed: Vec<(String, ListedCase)>,
    given: HashMap<String, Vec<GestureRow>>,
    names: HashMap<String, String>,
    kill: super::peaks::Switches,
}

fn brands_on(app: &App, viewer: &Viewer) -> Result<Vec<Watched>, Error> {
    let mut brands = brands_of(app, viewer);
    brands.retain(|b| b.brand.thanks.enabled);
    if brands.is_empty() { Err(Error::NotFound) } else { Ok(brands) }
}

async fn find(tx: &mut Tx, brands: &[(String, String)], since: &str) -> Result<Found, StoreError> {
    let (mut listed, mut given) = (Vec::new(), HashMap::<String, Vec<GestureRow>>::new());
    for (id, name) in brands {
        let of = store::lists(tx, id, since, SHOWN_MAX).await?;
        let ids: Vec<String> = of.iter().map(|c| c.case_id.clone()).collect();
        for gesture in store::gestures(tx, id, &ids).await? {
            given.entry(gesture.case_id.clone()).or_default().push(gesture);
        }
        listed.extend(of.into_iter().map(|c| (name.clone(), c)));
    }
    let names = person::all(tx).await?.into_iter().map(|p| (p.id, p.name)).collect();
    Ok(Found { listed, given, names, kill: is_stopped(tx).await? })
}

async fn shown(
    app: &App,
    asked: &Asked,
    viewer: &Viewer,
    (notice, again): (Option<String>, Option<(&str, &Fields)>),
) -> Result<Response, Error> {
    let t = asked.texts;
    let brands: Vec<(String, String)> =
        brands_on(app, viewer)?.into_iter().map(|b| (b.id, b.brand.name)).collect();
    let since = app.clock.now().minus(SHOWN_FOR).day();
    let found = app.db.read("reading the thank-you list", move |tx| {
        Box::pin(async move { find(tx, &brands, &since).await })
    });
    let mut found = found.await?;
    found
        .listed
        .sort_by(|a, b| (&b.1.day, b.1.points, &a.1.case_id).cmp(&(&a.1.day, a.1.points, &b.1.case_id)));
    print(&ThanksPage {
        frame: Frame::of(app, asked, viewer, "thanks", t.voice().thanks, found.kill.clone()),
        cards: found.listed.iter().map(|(brand, c)| card(brand, c, &found, again, t)).collect(),
        words_max: WORDS_CHARS_MAX,
        notice,
    })
}

fn card(
    brand: &str,
    c: &ListedCase,
    found: &Found,
    again: Option<(&str, &Fields)>,
    t: &'static Texts,
) -> Card {
    let typed = again.filter(|(id, _)| *id == c.case_id).map(|(_, fields)| fields);
    let field = |name: &str, usual: &str| typed.map_or(usual, |f| f.get(name)).to_owned();
    let chosen = field("kind", "");
    let kind = |g: &Gesture| (g.code(), t.name("gesture", g.code()), g.code() == chosen);
    let who = |id: &str| found.names.get(id).cloned().unwrap_or_default();
    let profile: serde_json::Value =
        c.profile.as_deref().and_then(|p| serde_json::from_str(p).ok()).unwrap_or_default();
    let reasons: Vec<String> = serde_json::from_str(&c.reasons).unwrap_or_default();
    let given = |g: &GestureRow| Given1 {
        kind: t.name("gesture", &g.kind),
        worth: g.micros.map(|m| format!("{} {}", g.currency, amount(m))),
        words: g.words.clone().unwrap_or_default(),
        who: who(&g.person_id),
        at: Moment::of(g.at),
    };
    Card {
        id: c.case_id.clone(),
        number: c.number,
        brand: brand.to_owned(),
        hue: hue(brand),
        platform: c.platform.clone(),
        language: c.language.clone(),
        day: c.day.clone(),
        name: profile["name"].as_str().unwrap_or_default().to_owned(),
        why: reasons.iter().map(|r| t.name("why", r)).collect(),
        written: c.written_by.as_deref().zip(c.written_at).map(|(by, at)| (who(by), Moment::of(at))),
        given: found.given.get(&c.case_id).into_iter().flatten().map(given).collect(),
        open: typed.is_some(),
        kinds: Gesture::ALL.iter().map(kind).collect(),
        words: field("words", ""),
        amount: field("amount", ""),
        currency: field("currency", "EUR"),
    }
}

/// `GET /thanks`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
) -> Result<Response, Error> {
    shown(&app, &asked, &viewer, (None, None)).await
}

fn given(fields: &Fields) -> Result<Given, String> {
    let kind = Gesture::from_code(fields.get("kind")).ok_or_else(|| "kind: not known".to_owned())?;
    let typed = fields.get("amount").trim();
    let micros = match typed {
        "" => None,
        text => Some(micros(text).ok_or_else(|| "amount: wanted is one such as 12.50".to_owned())?),
    };
    let currency = fields.get("currency").trim().to_uppercase();
    Ok(Given { kind, words: fields.get("words").to_owned(), micros, currency })
}

/// `POST /thanks/{id}`: the card is written, or something was given.
pub async fn act(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let id = CaseId::parse(&id).map_err(|_| Error::NotFound)?.to_string();
    let brands = brands_on(&app, &viewer)?;
    let wanted = id.clone();
    let read = app
        .db
        .read("reading a case's brand", move |tx| Box::pin(async move { case::brand_of(tx, &wanted).await }));
    let brand_id = read.await?.filter(|b| brands.iter().any(|w| w.id == *b)).ok_or(Error::NotFound)?;
    let (pair, who) = ((brand_id.as_str(), id.as_str()), actor(&viewer));
    let done = if fields.get("act") == "written" {
        casework_of(&app, &viewer).card_written(pair, &who).await.map(|_| ())
    } else {
        let nonce = fields.get("nonce");
        let given = match given(&fields) {
            Ok(given) => given,
            Err(what) => {
                let why = refused::told(asked.texts, &what);
                let page = shown(&app, &asked, &viewer, (Some(why), Some((id.as_str(), &*fields)))).await?;
                return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
            }
        };
        if !first_press(&app, nonce, &format!("gesture:{id}")).await? {
            return Ok(Redirect::to(&format!("/thanks#c-{id}")).into_response());
        }
        let done = casework_of(&app, &viewer).give(pair, &given, &who).await;
        if done.is_err() {
            forget_press(&app, nonce, &format!("gesture:{id}")).await;
        }
        done
    };
    match done {
        Ok(()) => Ok(Redirect::to(&format!("/thanks#c-{id}")).into_response()),
        Err(CaseworkError::Invalid { field, what }) => {
            let why = refused::told(asked.texts, &format!("{field}: {what}"));
            let page = shown(&app, &asked, &viewer, (Some(why), Some((id.as_str(), &*fields)))).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(CaseworkError::NotFound) => Err(Error::NotFound),
        Err(error) => Err(error.into()),
    }
}

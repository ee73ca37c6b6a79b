//! What was drawn of the cases that triage thought to need no answer: a person says of each whether
//! it was right. Personal data stays covered, for nobody has claimed these cases.

use super::App;
use super::auth::{Asked, Fields, Viewer};
use super::case::{actor, brand_for, kinds_named};
use super::error::Error;
use super::frame::{
    Frame, brands_of, casework_of, first_press, forget_press, hue, is_stopped, page as print,
};
use super::inbox::{covers, words};
use super::shown::{Moment, Shown};
use super::texts::Texts;
use crate::casework::{CaseworkError, Verdict};
use crate::domain::judgement::Level;
use crate::domain::language::Language;
use crate::domain::time::Span;
use crate::store::console::{self, ShownMessage};
use crate::store::safety::{self, ToCheck};
use askama::Template;
use axum::extract::{Extension, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use std::collections::HashMap;
use std::sync::Arc;

/// How long what was drawn is asked for.
const ASKED_FOR: Span = Span::days(7);
/// Most cases of one brand on the page.
const SHOWN_MAX: i64 = 100;
/// Most characters of a post that are shown.
const CHARS_MAX: usize = 1000;

struct Card {
    id: String,
    number: i64,
    brand: String,
    hue: u8,
    platform: String,
    language: String,
    /// The tag of the language of its words.
    tongue: Option<&'static str>,
    level: &'static str,
    at: Option<Moment>,
    text: Option<Shown>,
}

#[derive(Template)]
#[template(path = "checks.html", config = "src/web/askama.toml")]
struct ChecksPage {
    frame: Frame,
    cards: Vec<Card>,
    works: bool,
    lead: bool,
    notice: Option<&'static str>,
    /// Public answers with personal data that somebody let pass alone: case, kinds, when.
    reviews: Vec<(String, String, Moment)>,
    to_review: &'static str,
}

/// `GET /checks`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let (t, since) = (asked.texts, app.clock.now().minus(ASKED_FOR));
    let brands = brands_of(&app, &viewer);
    let names: HashMap<String, String> =
        brands.iter().map(|b| (b.id.clone(), b.brand.name.clone())).collect();
    let passed = app.casework.to_review(brands.iter().map(|b| b.id.clone()).collect()).await?;
    let found = app.db.read("reading what is to be checked", move |tx| {
        Box::pin(async move {
            let mut found = Vec::new();
            for brand in &brands {
                found.extend(safety::to_check(tx, &brand.id, since, (None, SHOWN_MAX)).await?);
            }
            let pairs: Vec<_> = found.iter().map(|c| (c.brand_id.clone(), c.mention_id.clone())).collect();
            let messages = console::messages(tx, &pairs).await?;
            Ok((found, messages, is_stopped(tx).await?))
        })
    });
    let (found, messages, kill) = found.await?;
    let messages: HashMap<(&str, &str), &ShownMessage> =
        messages.iter().map(|m| ((m.brand_id.as_str(), m.mention_id.as_str()), m)).collect();
    let one = |c: &ToCheck| {
        let message = messages.get(&(c.brand_id.as_str(), c.mention_id.as_str())).copied();
        card(c, message, names.get(&c.brand_id).cloned().unwrap_or_default(), t)
    };
    print(&ChecksPage {
        cards: found.iter().map(one).collect(),
        frame: Frame::of(&app, &asked, &viewer, "checks", t.checks, kill),
        works: viewer.person.may_work(),
        lead: viewer.person.is_lead(),
        reviews: passed
            .into_iter()
            .map(|p| (p.case_id, kinds_named(&p.kinds, t), Moment::of(p.asked_at)))
            .collect(),
        to_review: t.more().to_review,
        notice: match query.get("said").map(String::as_str) {
            Some("noted") => Some(t.check_noted),
            Some("already") => Some(t.check_already),
            Some("twice") => Some(t.twice),
            _ => None,
        },
    })
}

fn card(check: &ToCheck, message: Option<&ShownMessage>, brand: String, t: &Texts) -> Card {
    let text = message.and_then(|m| words(m.body.as_deref()));
    let covered = message.map(|m| covers(&m.personal_data)).unwrap_or_default();
    Card {
        id: check.case_id.clone(),
        number: check.number,
        hue: hue(&brand),
        brand,
        platform: check.platform.clone(),
        language: check.language.clone(),
        tongue: Language::tag_of(&check.language),
        level: Level::from_number(check.level).code(),
        at: message.map(|m| Moment::of(m.posted_at)),
        text: text.map(|text| Shown::excerpt(&text, &covered, CHARS_MAX, t)),
    }
}

/// `POST /checks/{id}`.
pub async fn decide(
    State(app): State<App>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let (brand_id, _) = brand_for(&app, &viewer, &id).await?;
    let word = fields.get("verdict");
    let verdict = Verdict::from_code(word)
        .ok_or_else(|| Error::Invalid(format!("verdict: '{word}'; allowed are right and missed")))?;
    let once = format!("{id}:check");
    if !first_press(&app, fields.get("nonce"), &once).await? {
        return Ok(Redirect::to("/checks?said=twice").into_response());
    }
    let said = match casework_of(&app, &viewer).check(&brand_id, &id, &actor(&viewer), verdict).await {
        Ok(true) => "noted",
        Ok(false) => "already",
        Err(error) => {
            forget_press(&app, fields.get("nonce"), &once).await;
            return Err(match error {
                CaseworkError::NotFound => Error::NotFound,
                error => error.into(),
            });
        }
    };
    Ok(Redirect::to(&format!("/checks?said={said}")).into_response())
}

//! Brands in the console: what each of those that somebody sees watches, who else sees it, and for a post that is pasted
//! which brands it would match, by what, and how it would be judged.

use super::App;
use super::auth::{Asked, Fields, Viewer};
use super::error::Error;
use super::frame::{Frame, brands_of, casework_of, hue, is_stopped, page as print};
use super::shown::Shown;
use super::texts::Texts;
use crate::casework::CaseworkError;
use crate::casework::trying::{OfBrand, Pasted, TEXT_CHARS_MAX, TermKind, kind_of_word};
use crate::catalogue::Watched;
use crate::domain::judgement::{Judgement, PersonalData};
use crate::domain::language::Language;
use crate::domain::role::{Right, Role, Walls};
use crate::store::person::{self, PersonRow};
use askama::Template;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// What a brand watches, as the page shows it.
struct One {
    name: String,
    hue: u8,
    /// What it is named by and what stops that: words about each list, and the list.
    lists: Vec<(&'static str, Vec<String>)>,
    compounds: bool,
    policy: String,
    promise: String,
    languages: String,
    thresholds: Vec<(String, i8)>,
    words: Vec<(String, String)>,
    texts: usize,
    seen_by: Option<Vec<String>>,
}

/// A reason as the page shows it.
struct Reason {
    what: String,
    weight: i32,
    words: Option<Shown>,
}

/// What one brand makes of what was pasted.
struct Told {
    brand: String,
    hue: u8,
    matches: bool,
    by: Option<String>,
    own_account: Option<String>,
    hits: Vec<(String, String, bool)>,
    stopped_by: String,
    lacks: Option<String>,
    supported_by: String,
    level: &'static str,
    urgency: u8,
    intent: String,
    tone: String,
    language: &'static str,
    needs_answer: bool,
    needs_private: bool,
    protocols: String,
    personal: String,
    reasons: Vec<Reason>,
}

/// What came of it: the words as they were read, and what each brand makes of them.
struct Outcome {
    text: Shown,
    brands: Vec<Told>,
}

#[derive(Template)]
#[template(path = "brands.html", config = "src/web/askama.toml")]
struct BrandsPage {
    frame: Frame,
    all: Vec<One>,
    typed: Pasted,
    text_max: usize,
    languages: Vec<&'static str>,
    problem: Option<&'static str>,
    outcome: Option<Outcome>,
}

/// Who sees a brand, by name: nobody who was shut out, and nobody whose role sees no cases.
fn seen_by(watched: &Watched, people: &[PersonRow]) -> Vec<String> {
    let sees = |p: &&PersonRow| {
        let role = Role::from_code(&p.role).is_some_and(|role| role.may(Right::See));
        role && p.disabled_at.is_none() && Walls::stored(p.brands.as_deref()).let_see(&watched.id)
    };
    people.iter().filter(sees).map(|p| p.name.clone()).collect()
}

fn one(watched: &Watched, people: Option<&[PersonRow]>, t: &'static Texts) -> One {
    let (b, brand) = (t.brands(), &watched.brand);
    let (phrases, keywords): (Vec<String>, Vec<String>) =
        brand.keywords.iter().cloned().partition(|word| kind_of_word(word) == TermKind::Phrase);
    let own = brand.own_accounts.iter().map(|a| format!("{}: {}", a.platform, a.account)).collect();
    let biases = brand.triage.biases().into_iter().filter(|(_, bias)| *bias != 0);
    let languages: Vec<&str> = brand.languages.iter().map(|l| l.code()).collect();
    One {
        name: brand.name.clone(),
        hue: hue(&brand.name),
        lists: vec![
            (b.handles, brand.handles.clone()),
            (b.hashtags, brand.hashtags.clone()),
            (b.keywords, keywords),
            (b.phrases, phrases),
            (b.domains, brand.domains.clone()),
            (b.exclude, brand.exclude.clone()),
            (b.context, brand.context.clone()),
            (b.references, brand.references.clone()),
            (b.own_accounts, own),
        ],
        compounds: brand.compounds,
        policy: watched.policy.1.name.clone(),
        promise: watched.policy.1.in_words_in(t.wording()),
        languages: if languages.is_empty() { b.every_language.to_owned() } else { languages.join(", ") },
        thresholds: biases.map(|(name, bias)| (t.name("threshold", name), bias)).collect(),
        words: brand.triage.words.iter().map(|(k, w)| (k.replace('_', " "), w.join(", "))).collect(),
        texts: brand.templates.len(),
        seen_by: people.map(|people| seen_by(watched, people)),
    }
}

/// The reasons of a judgement, with the words that gave them; personal data in these stays covered.
fn reasons(judgement: &Judgement, text: &str, t: &Texts) -> Vec<Reason> {
    let overlaps = |d: &PersonalData, start: usize, end: usize| d.start < end && start < d.end;
    let one = |reason: &crate::domain::judgement::Reason| {
        let hidden =
            reason.at.is_some_and(|at| judgement.personal_data.iter().any(|d| overlaps(d, at.start, at.end)));
        let words = Judgement::words_of(reason, text).filter(|_| !hidden);
        Reason { what: t.name("reason", &reason.what), weight: reason.weight, words: words.map(Shown::plain) }
    };
    judgement.reasons.iter().map(one).collect()
}

fn told(of: OfBrand, text: &str, watched: &[Watched], t: &'static Texts) -> Told {
    let judged = &of.judgement;
    let context = watched.iter().find(|w| w.brand.name == of.brand).map(|w| w.brand.context.join(", "));
    let mut personal: Vec<String> =
        judged.personal_data.iter().map(|d| t.name("data", d.kind.code())).collect();
    personal.dedup();
    let protocols: Vec<String> = judged.protocols.iter().map(|p| t.name("protocol", p.code())).collect();
    Told {
        hue: hue(&of.brand),
        matches: of.matches,
        by: of.by.map(|by| t.name("namedby", by)),
        hits: of
            .hits
            .iter()
            .map(|hit| (t.name("namedby", hit.kind.code()), hit.term.clone(), hit.counts))
            .collect(),
        stopped_by: of.stopped_by.join(", "),
        lacks: context.filter(|_| of.lacks_context),
        supported_by: of.supported_by.join(", "),
        level: judged.level.code(),
        urgency: judged.urgency,
        intent: t.name("intent", judged.intent.code()),
        tone: t.name("tone", judged.sentiment.code()),
        language: judged.language.code(),
        needs_answer: judged.needs_answer,
        needs_private: judged.needs_private,
        protocols: protocols.join(", "),
        personal: personal.join(", "),
        reasons: reasons(judged, text, t),
        own_account: of.own_account,
        brand: of.brand,
    }
}

/// The page, with what was typed and what came of it.
async fn shown(
    app: &App,
    (asked, viewer): (&Asked, &Viewer),
    typed: Pasted,
    (problem, outcome): (Option<&'static str>, Option<Outcome>),
) -> Result<Response, Error> {
    let (t, lists) = (asked.texts, viewer.person.may(Right::Steer));
    let read = app.db.read("reading who sees brands", move |tx| {
        Box::pin(async move {
            let people = if lists { Some(person::all(tx).await?) } else { None };
            Ok((people, is_stopped(tx).await?))
        })
    });
    let (people, kill) = read.await?;
    let brands = brands_of(app, viewer);
    let page = print(&BrandsPage {
        all: brands.iter().map(|w| one(w, people.as_deref(), t)).collect(),
        typed,
        text_max: TEXT_CHARS_MAX,
        languages: Language::TEN.into_iter().map(Language::code).collect(),
        problem,
        outcome,
        frame: Frame::of(app, asked, viewer, "brands", t.brands().brands, kill),
    })?;
    Ok(if problem.is_some() { (StatusCode::UNPROCESSABLE_ENTITY, page).into_response() } else { page })
}

/// `GET /brands`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
) -> Result<Response, Error> {
    shown(&app, (&asked, &viewer), Pasted::default(), (None, None)).await
}

/// `POST /brands/try`: a form that changes nothing; it is sent so that the words stand in no address and no log.
pub async fn attempt(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
) -> Result<Response, Error> {
    let (t, brands) = (asked.texts, brands_of(&app, &viewer));
    let field = |name: &str| fields.get(name).trim().to_owned();
    let typed = Pasted {
        text: fields.get("text").replace("\r\n", "\n"),
        language: field("language"),
        author: field("author"),
        handle: field("handle"),
    };
    let tried = match casework_of(&app, &viewer).try_post(&brands, &typed).await {
        Ok(tried) => tried,
        Err(CaseworkError::Invalid { .. }) => {
            return shown(&app, (&asked, &viewer), typed, (Some(t.brands().bad_text), None)).await;
        }
        Err(error) => return Err(error.into()),
    };
    let mut all: Vec<Told> = tried.brands.into_iter().map(|of| told(of, &tried.text, &brands, t)).collect();
    // Those that match first, then those where something stops it.
    all.sort_by_key(|told| (!told.matches, told.hits.is_empty()));
    let outcome = Outcome { text: Shown::plain(&tried.text), brands: all };
    shown(&app, (&asked, &viewer), typed, (None, Some(outcome))).await
}

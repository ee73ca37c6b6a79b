//! Texts of brands in the console: all that there are, with an example filled in, their length where they may be sent and
//! what uses them; for leads those that are written here, changed and retired.

use super::App;
use super::auth::{Asked, Fields, Viewer, prove_at, prove_first};
use super::case::actor;
use super::error::Error;
use super::frame::{
    Frame, brands_of, casework_of, first_press, forget_press, hue, is_stopped, page as print,
};
use super::shown::Moment;
use super::texts::Texts;
use super::texts::refused;
use crate::casework::CaseworkError;
use crate::casework::templates::{Example, Listed, TEXT_CHARS_MAX};
use crate::catalogue::{Watched, maker};
use crate::domain::judgement::Level;
use crate::domain::template::{PLATFORMS, Template as Words, TemplateKind};
use crate::store::person;
use askama::Template;
use axum::extract::{Extension, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use std::collections::HashMap;
use std::sync::Arc;

/// A text as the page shows it.
struct Card {
    brand: String,
    hue: u8,
    kind: String,
    uses: String,
    language: String,
    level: String,
    platform: String,
    text: String,
    example: Example,
    /// Its place in the settings; empty for one that was written here.
    place: String,
    /// Its id, version, who made that and when, where it was written here.
    kept: Option<(String, i64, String, Moment)>,
    retired: bool,
    shadowed: bool,
    off: bool,
}

/// What the page is narrowed to.
#[derive(Default)]
struct Asking {
    brand: String,
    kind: String,
    language: String,
    text: String,
}

#[derive(Template)]
#[template(path = "written.html", config = "src/web/askama.toml")]
struct ListPage {
    frame: Frame,
    asking: Asking,
    brands: Vec<String>,
    kinds: Vec<(&'static str, String)>,
    languages: Vec<String>,
    cards: Vec<Card>,
    steers: bool,
    notice: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "written_edit.html", config = "src/web/askama.toml")]
struct EditPage {
    frame: Frame,
    brand: String,
    brands: Vec<String>,
    /// The text and its version that is changed; empty for a new one.
    of: (String, String),
    kind: &'static str,
    language: String,
    level: &'static str,
    platform: String,
    text: String,
    kinds: Vec<(&'static str, String)>,
    levels: Vec<&'static str>,
    platforms: [&'static str; PLATFORMS.len()],
    mistakes: Vec<String>,
    example: Option<Example>,
    text_max: usize,
    /// Where somebody shows who they are, if a text is to be kept and the last proof is long ago.
    prove: Option<String>,
}

fn kinds(t: &Texts) -> Vec<(&'static str, String)> {
    TemplateKind::ALL.into_iter().map(|k| (k.code(), t.name("textkind", k.code()))).collect()
}

fn card(watched: &Watched, listed: Listed, names: &HashMap<String, String>, t: &Texts) -> Card {
    let (w, kind) = (t.templates(), listed.template.kind.code());
    let or = |value: Option<&str>, word: &str| value.unwrap_or(word).to_owned();
    let kept = listed.kept.map(|k| {
        let by = maker(&k.origin).and_then(|id| names.get(id)).cloned().unwrap_or_default();
        (k.id, k.version, by, Moment::of(k.made_at))
    });
    Card {
        brand: watched.brand.name.clone(),
        hue: hue(&watched.brand.name),
        kind: t.name("textkind", kind),
        uses: t.name("textuse", kind),
        language: or(listed.template.language.as_deref(), w.every_language),
        level: or(listed.template.level.map(Level::code), w.every_level),
        platform: or(listed.template.platform.as_deref(), w.everywhere),
        text: listed.template.text,
        example: listed.example,
        place: listed.place,
        kept,
        retired: listed.retired,
        shadowed: listed.shadowed,
        off: listed.off,
    }
}

/// Whether a text is one that was asked for.
fn fits(asking: &Asking, listed: &Listed) -> bool {
    let (template, sought) = (&listed.template, asking.text.trim().to_lowercase());
    let language = template.language.as_deref().unwrap_or_default();
    (asking.kind.is_empty() || asking.kind == template.kind.code())
        && (asking.language.is_empty() || asking.language.eq_ignore_ascii_case(language))
        && (sought.is_empty() || template.text.to_lowercase().contains(&sought))
}

/// `GET /templates`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let (t, brands) = (asked.texts, brands_of(&app, &viewer));
    let get = |name: &str| query.get(name).cloned().unwrap_or_default();
    let asking =
        Asking { brand: get("brand"), kind: get("kind"), language: get("language"), text: get("text") };
    let read = app.db.read("reading who wrote texts", |tx| {
        Box::pin(async move { Ok((person::all(tx).await?, is_stopped(tx).await?)) })
    });
    let (people, kill) = read.await?;
    let names: HashMap<String, String> = people.into_iter().map(|p| (p.id, p.name)).collect();
    let casework = casework_of(&app, &viewer);
    let (mut cards, mut languages) = (Vec::new(), Vec::new());
    for watched in &brands {
        let all = casework.templates(&watched.id);
        languages.extend(all.iter().filter_map(|l| l.template.language.clone()));
        if asking.brand.is_empty() || asking.brand.eq_ignore_ascii_case(&watched.brand.name) {
            let wanted = all.into_iter().filter(|listed| fits(&asking, listed));
            cards.extend(wanted.map(|listed| card(watched, listed, &names, t)));
        }
    }
    languages.sort();
    languages.dedup();
    let w = t.templates();
    print(&ListPage {
        asking,
        brands: brands.into_iter().map(|b| b.brand.name).collect(),
        kinds: kinds(t),
        languages,
        cards,
        steers: viewer.person.is_lead(),
        notice: match query.get("done").map(String::as_str) {
            Some("kept") => Some(w.kept),
            Some("retired") => Some(w.gone),
            _ => None,
        },
        frame: Frame::of(&app, &asked, &viewer, "templates", w.templates, kill),
    })
}

/// What a form holds: the brand, the text and version that it changes, and the words.
struct Typed {
    brand: String,
    of: (String, String),
    words: Words,
    mistakes: Vec<String>,
}

/// The form of a new text.
fn blank(brand: String) -> Typed {
    Typed { brand, of: (String::new(), String::new()), words: Words::default(), mistakes: Vec::new() }
}

async fn editing(
    app: &App,
    (asked, viewer): (&Asked, &Viewer),
    typed: Typed,
    example: Option<Example>,
) -> Result<Response, Error> {
    let kill = app.db.read("reading a switch", |tx| Box::pin(is_stopped(tx))).await?;
    let w = asked.texts.templates();
    let title = if typed.of.0.is_empty() { w.add } else { w.change_title };
    let wrong = !typed.mistakes.is_empty();
    let page = print(&EditPage {
        frame: Frame::of(app, asked, viewer, "templates", title, kill),
        brand: typed.brand,
        brands: brands_of(app, viewer).into_iter().map(|b| b.brand.name).collect(),
        of: typed.of,
        kind: typed.words.kind.code(),
        language: typed.words.language.unwrap_or_default(),
        level: typed.words.level.map(Level::code).unwrap_or_default(),
        platform: typed.words.platform.unwrap_or_default(),
        text: typed.words.text,
        kinds: kinds(asked.texts),
        levels: Level::ALL.into_iter().map(Level::code).collect(),
        platforms: PLATFORMS,
        mistakes: typed.mistakes,
        example,
        text_max: TEXT_CHARS_MAX,
        prove: (!viewer.person.is_proved(app.clock.now())).then(|| prove_at("/templates")),
    })?;
    Ok(if wrong { (StatusCode::UNPROCESSABLE_ENTITY, page).into_response() } else { page })
}

/// `GET /templates/edit`: a new text, or one of those that were written here.
pub async fn edit(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let brands = brands_of(&app, &viewer);
    let Some(name) = query.get("brand") else {
        let brand = brands.into_iter().next().map(|b| b.brand.name).unwrap_or_default();
        return editing(&app, (&asked, &viewer), blank(brand), None).await;
    };
    let watched = brands.iter().find(|b| b.brand.name.eq_ignore_ascii_case(name)).ok_or(Error::NotFound)?;
    let mut typed = blank(watched.brand.name.clone());
    let Some(id) = query.get("id") else { return editing(&app, (&asked, &viewer), typed, None).await };
    let all = casework_of(&app, &viewer).templates(&watched.id);
    let found = all.into_iter().find_map(|l| l.kept.filter(|k| k.id == *id)).ok_or(Error::NotFound)?;
    typed.of = (found.id, found.version.to_string());
    typed.words = found.text.template;
    let example = casework_of(&app, &viewer).example(watched, &typed.words);
    editing(&app, (&asked, &viewer), typed, Some(example)).await
}

/// What was typed, with what is wrong with it before any check of texts.
fn typed(fields: &Fields, brand: &str) -> Typed {
    let filled = |name: &str| Some(fields.get(name).trim().to_owned()).filter(|v| !v.is_empty());
    let (kind, level) = (TemplateKind::from_code(fields.get("kind")), filled("level"));
    let known = level.as_ref().and_then(|code| Level::ALL.into_iter().find(|l| l.code() == code));
    let mut mistakes = Vec::new();
    if kind.is_none() {
        mistakes.push("kind: wanted is one of the list".to_owned());
    }
    if level.is_some() && known.is_none() {
        mistakes.push("level: wanted is one of the list".to_owned());
    }
    let text = fields.get("text").replace("\r\n", "\n").trim().to_owned();
    let words = Words {
        kind: kind.unwrap_or_default(),
        language: filled("language"),
        level: known,
        platform: filled("platform"),
        text,
    };
    let of = (fields.get("id").to_owned(), fields.get("version").to_owned());
    Typed { brand: brand.to_owned(), of, words, mistakes }
}

/// `POST /templates`: looks at a text, keeps it, or retires one.
pub async fn act(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
) -> Result<Response, Error> {
    let brands = brands_of(&app, &viewer);
    let name = fields.get("brand");
    let watched = brands.iter().find(|b| b.brand.name.eq_ignore_ascii_case(name)).ok_or(Error::NotFound)?;
    let mut typed = typed(&fields, &watched.brand.name);
    let (casework, retires) = (casework_of(&app, &viewer), fields.get("do") == "retire");
    if !retires {
        let mistakes = casework.template_mistakes(&watched.id, &typed.words);
        typed.mistakes.extend(mistakes.into_iter().map(|(field, what)| format!("{field}: {what}")));
        typed.mistakes.iter_mut().for_each(|m| *m = refused::mistake(asked.texts, m));
        if !typed.mistakes.is_empty() || fields.get("do") != "keep" {
            let example = casework.example(watched, &typed.words);
            return editing(&app, (&asked, &viewer), typed, Some(example)).await;
        }
    }
    // What is sent in the brand's name without a person's hand wants a proof of the last minutes; what was typed stays on
    // the page until then.
    if !viewer.person.is_proved(app.clock.now()) {
        if retires {
            return Ok(prove_first("/templates"));
        }
        let example = casework.example(watched, &typed.words);
        return editing(&app, (&asked, &viewer), typed, Some(example)).await;
    }
    let once = format!("template:{}", watched.id);
    let done = if retires { "/templates?done=retired" } else { "/templates?done=kept" };
    if !first_press(&app, fields.get("nonce"), &once).await? {
        return Ok(Redirect::to(done).into_response());
    }
    let (who, seen) = (actor(&viewer), typed.of.1.parse().unwrap_or(0));
    let kept = match typed.of.0.as_str() {
        "" if retires => Err(CaseworkError::NotFound),
        "" => casework.add_template(&watched.id, &typed.words, &who).await.map(|_| ()),
        id if retires => casework.retire_template(&watched.id, (id, seen), &who).await.map(|_| ()),
        id => casework.change_template(&watched.id, (id, seen), &typed.words, &who).await.map(|_| ()),
    };
    let Err(error) = kept else { return Ok(Redirect::to(done).into_response()) };
    forget_press(&app, fields.get("nonce"), &once).await;
    match error {
        CaseworkError::Invalid { .. } | CaseworkError::Refused(_) if !retires => {
            typed.mistakes.push(refused::told(asked.texts, &error.to_string()));
            let example = casework.example(watched, &typed.words);
            editing(&app, (&asked, &viewer), typed, Some(example)).await
        }
        error => Err(error.into()),
    }
}

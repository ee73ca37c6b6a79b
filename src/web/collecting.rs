//! What is collected: the list, the posts of one case's collection, and the part of the case page.

use super::App;
use super::auth::{Asked, Fields, Viewer};
use super::case::promise::local;
use super::case::{actor, brand_for};
use super::error::Error;
use super::frame::{
    Frame, brands_of, casework_of, first_press, forget_press, hue, is_stopped, page as print,
};
use super::inbox::{covers, words};
use super::shown::{Moment, Shown};
use super::texts::Texts;
use super::texts::collecting::CollectingTexts;
use crate::casework::{Act, CaseworkError, CollectAct};
use crate::domain::collecting::Scope;
use crate::domain::ids::MentionId;
use crate::domain::judgement::Level;
use crate::domain::role::Right;
use crate::domain::time::{Span, Timestamp};
use crate::sources::reply::Measure;
use crate::store::case;
use crate::store::collecting::{self as store, ListedPost, ShownCollecting};
use crate::store::rows::CaseRow;
use askama::Template;
use axum::extract::{Extension, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::tz::TimeZone;
use std::collections::HashMap;
use std::sync::Arc;

/// How long one that is over stays in the list.
const KEPT: Span = Span::days(30);
/// Most of a brand in the list.
const SHOWN_MAX: i64 = 200;
/// Posts on a page.
const PAGE: i64 = 50;

/// What a form says about collecting, if anything.
pub fn form(fields: &Fields, zone: &TimeZone) -> Result<Option<Act>, Error> {
    let unknown = |what: &str, word: &str| Error::Invalid(format!("{what}: '{word}' is not known"));
    let scope = || {
        let word = fields.get("scope");
        Scope::from_code(word).ok_or_else(|| unknown("scope", word))
    };
    Ok(Some(Act::Collect(match fields.get("act") {
        "collect" => {
            // A day means its end.
            let until = Some(fields.get("until")).filter(|day| !day.is_empty());
            let until =
                until.map(|day| local(&format!("{day}T23:59"), zone).ok_or_else(|| unknown("until", day)));
            let reason = fields.get("reason").to_owned();
            CollectAct::Set { scope: scope()?, reason, until: until.transpose()? }
        }
        "collect_end" => CollectAct::End { scope: scope()? },
        "collect_release" => CollectAct::Release { mention: fields.get("mention").to_owned() },
        _ => return Ok(None),
    })))
}

/// One that goes on or was.
pub struct Line {
    pub case: String,
    pub number: i64,
    pub brand: String,
    pub hue: u8,
    pub platform: String,
    pub account: Option<Shown>,
    pub code: &'static str,
    pub scope: String,
    pub holds: bool,
    pub by: String,
    pub since: Moment,
    pub until: Moment,
    pub reason: Option<Shown>,
    pub posts: i64,
    pub authors: i64,
    /// Whether who looks may end it.
    pub may_end: bool,
}

fn line(c: ShownCollecting, brand: &str, viewer: &Viewer, now: Timestamp, t: &Texts) -> Line {
    let profile: serde_json::Value =
        c.profile.as_deref().and_then(|p| serde_json::from_str(p).ok()).unwrap_or_default();
    let (holds, scope) = (c.holds(now), Scope::from_code(&c.scope).unwrap_or(Scope::Thread));
    let heads = scope == Scope::Thread || viewer.person.is_lead();
    Line {
        may_end: holds && heads && viewer.person.may(Right::Moderate),
        case: c.case_id,
        number: c.number,
        hue: hue(brand),
        brand: brand.to_owned(),
        platform: c.platform,
        account: profile["handle"].as_str().filter(|_| scope == Scope::Author).map(Shown::plain),
        code: scope.code(),
        scope: t.name("collectscope", scope.code()),
        holds,
        by: c.name.unwrap_or_else(|| t.who_person.to_owned()),
        since: Moment::of(c.set_at),
        until: Moment::of(c.ended_at.map_or(c.until_ms, |ended| ended.min(c.until_ms))),
        reason: c.reason.map(|r| Shown::plain(&r)),
        posts: c.posts,
        authors: c.authors,
    }
}

/// The part of a case page.
#[derive(Default)]
pub struct Part {
    pub lines: Vec<Line>,
    /// What may be set: code and words.
    pub choice: Vec<(&'static str, String)>,
    /// How many posts the case keeps in all.
    pub posts: i64,
}

/// Makes the part.
pub fn part(rows: &[ShownCollecting], case: &CaseRow, viewer: &Viewer, now: Timestamp, t: &Texts) -> Part {
    let may = case.open == 1 && viewer.person.may(Right::Moderate) && viewer.person.may_work();
    let free = |s: &Scope| !rows.iter().any(|r| r.scope == s.code() && r.holds(now));
    let allowed = |s: &Scope| match s {
        Scope::Thread => case.private == 0,
        Scope::Author => viewer.person.is_lead(),
    };
    let choice = Scope::ALL.into_iter().filter(|s| may && free(s) && allowed(s));
    Part {
        posts: rows.iter().map(|r| r.posts).sum(),
        choice: choice.map(|s| (s.code(), t.name("collectscope", s.code()))).collect(),
        lines: rows.iter().map(|r| line(r.clone(), "", viewer, now, t)).collect(),
    }
}

#[derive(Template)]
#[template(path = "collecting.html", config = "src/web/askama.toml")]
struct ListPage {
    frame: Frame,
    p: &'static CollectingTexts,
    lines: Vec<Line>,
}

/// `GET /collecting`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
) -> Result<Response, Error> {
    let (brands, now, t) = (brands_of(&app, &viewer), app.clock.now(), asked.texts);
    let all: Vec<(String, String)> = brands.iter().map(|b| (b.id.clone(), b.brand.name.clone())).collect();
    let read = app.db.read("listing what is collected", move |tx| {
        Box::pin(async move {
            let mut rows: Vec<(ShownCollecting, String)> = Vec::new();
            for (id, name) in all {
                let found = store::of_brand(tx, &id, now.minus(KEPT), now, SHOWN_MAX).await?;
                rows.extend(found.into_iter().map(|r| (r, name.clone())));
            }
            Ok((rows, is_stopped(tx).await?))
        })
    });
    let (mut rows, kill) = read.await?;
    rows.sort_by_key(|(r, _)| (!r.holds(now), -r.set_at));
    print(&ListPage {
        lines: rows.into_iter().map(|(r, brand)| line(r, &brand, &viewer, now, t)).collect(),
        p: t.collecting(),
        frame: Frame::of(&app, &asked, &viewer, "collecting", t.collecting().collecting, kill),
    })
}

struct PostLine {
    mention: String,
    author: Shown,
    at: Moment,
    level: &'static str,
    intent: String,
    language: String,
    text: Option<Shown>,
    url: Option<String>,
}

#[derive(Template)]
#[template(path = "collected.html", config = "src/web/askama.toml")]
struct PostsPage {
    frame: Frame,
    p: &'static CollectingTexts,
    case: String,
    number: i64,
    version: i64,
    brand: String,
    hue: u8,
    posts: Vec<PostLine>,
    /// Where the next page begins, and whether this is not the first.
    next: Option<String>,
    later: bool,
    works: bool,
    hides: bool,
    notice: Option<String>,
}

fn post(m: ListedPost, t: &Texts) -> PostLine {
    let profile: serde_json::Value =
        m.profile.as_deref().and_then(|p| serde_json::from_str(p).ok()).unwrap_or_default();
    let body: serde_json::Value =
        m.body.as_deref().and_then(|b| serde_json::from_str(b).ok()).unwrap_or_default();
    let url = body["url"].as_str().filter(|u| u.starts_with("https://"));
    PostLine {
        author: Shown::plain(profile["handle"].as_str().unwrap_or(t.no_text)),
        at: Moment::of(m.posted_at),
        level: Level::from_number(m.level).code(),
        intent: t.name("intent", &m.intent),
        text: words(m.body.as_deref()).map(|text| Shown::of(&text, &covers(&m.personal_data), t)),
        url: url.map(ToOwned::to_owned),
        language: m.language,
        mention: m.mention_id,
    }
}

/// The post behind which a page begins, by its time and its mention. An address that counted posts, as earlier versions
/// made them, leads to the first page.
fn behind(text: &str) -> Option<(i64, String)> {
    let (at, mention) = text.split_once('.')?;
    Some((at.parse().ok()?, MentionId::parse(mention).ok()?.to_string()))
}

/// `GET /collecting/{id}`: what the case of that id keeps.
pub async fn posts(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Path(id): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let (brand_id, brand) = brand_for(&app, &viewer, &id).await?;
    let behind = query.get("after").and_then(|text| behind(text));
    let later = behind.is_some();
    let (from, mention) = behind.unwrap_or((i64::MAX, String::new()));
    let (t, looked) = (asked.texts, id.clone());
    let read = app.db.read("reading collected posts", move |tx| {
        Box::pin(async move {
            let case = case::look(tx, &brand_id, &looked).await?;
            let rows = store::posts(tx, (&brand_id, &looked), (from, &mention), PAGE + 1).await?;
            Ok((case, rows, is_stopped(tx).await?))
        })
    });
    let (case, mut rows, kill) = read.await?;
    let case = case.ok_or(Error::NotFound)?;
    let more = rows.len() as i64 > PAGE;
    rows.truncate(PAGE as usize);
    let next = rows.last().filter(|_| more).map(|m| format!("{}.{}", m.posted_at, m.mention_id));
    let hidden = query.get("hidden").and_then(|n| n.parse::<u32>().ok());
    print(&PostsPage {
        posts: rows.into_iter().map(|m| post(m, t)).collect(),
        next,
        later,
        works: viewer.person.may_work(),
        hides: viewer.person.may(Right::Moderate) && !is_over(&case),
        notice: hidden.map(|n| format!("{} {n}", t.collecting().collect_hidden)),
        number: case.number,
        version: case.version,
        hue: hue(&brand),
        p: t.collecting(),
        frame: Frame::of(&app, &asked, &viewer, "collecting", t.collecting().collect_title, kill),
        case: id,
        brand,
    })
}

/// Whether nothing is sent for a case any more: the outbox calls off what is asked for then.
fn is_over(case: &CaseRow) -> bool {
    matches!(case.state.as_str(), "dismissed" | "closed")
}

/// `POST /collecting/{id}`: hides what is ticked, one after another, each by the outbox.
pub async fn hide(
    State(app): State<App>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let (brand_id, _) = brand_for(&app, &viewer, &id).await?;
    let ticked = fields.all("mention").take(PAGE as usize);
    let ticked: Vec<String> = ticked.filter(|m| MentionId::parse(m).is_ok()).map(ToOwned::to_owned).collect();
    let once = format!("collected:{id}");
    let mut hidden = 0;
    if first_press(&app, fields.get("nonce"), &once).await? {
        let (casework, reason) = (casework_of(&app, &viewer), fields.get("reason").to_owned());
        for mention in ticked {
            let (wall, case_id) = (brand_id.clone(), id.clone());
            let read = app.db.read("reading a case", move |tx| {
                Box::pin(async move { case::look(tx, &wall, &case_id).await })
            });
            let case = read.await?.ok_or(Error::NotFound)?;
            if is_over(&case) {
                forget_press(&app, fields.get("nonce"), &once).await;
                return Err(CaseworkError::Refused("the case is over; reopen it first".to_owned()).into());
            }
            let seen = case.version;
            let (mention, reason) = (Some(mention), reason.clone());
            let act = Act::Moderate { measure: Measure::Hide, mention, reason };
            match casework.act(&brand_id, &id, seen, &actor(&viewer), act).await {
                Ok(_) => hidden += 1,
                // Its author took it away meanwhile, or a colleague out of what is collected.
                Err(CaseworkError::NotFound | CaseworkError::AuthorRemoved) => {}
                // What was asked for is not asked for again by another press: the page tells how many it was.
                Err(_) if hidden > 0 => break,
                Err(error) => {
                    forget_press(&app, fields.get("nonce"), &once).await;
                    return Err(error.into());
                }
            }
        }
    }
    Ok(Redirect::to(&format!("/collecting/{id}?hidden={hidden}")).into_response())
}

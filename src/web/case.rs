//! The page of one case: the conversation, why it is urgent, its clocks, its timeline, the forms.
//!
//! Everything is read in one look at the store, so that the page is of one moment; the version it
//! shows goes with every form. Personal data stays covered until the viewer has claimed the case or
//! asks for it.

use super::App;
use super::auth::{Asked, Viewer};
use super::error::Error;
use super::frame::{Frame, brands_of, is_stopped, page as print};
use super::inbox::{covers, words};
use super::shown::{Left, Moment, Shown};
use super::texts::Texts;
use crate::domain::case::{self as states, CaseEvent};
use crate::domain::clocks::{ObligationState, Stage};
use crate::domain::ids::CaseId;
use crate::domain::judgement::{Level, Reason};
use crate::domain::time::{Span, Timestamp};
use crate::store::console::{self, ShownAnswer, ShownMessage};
use crate::store::rows::{ActionRow, CaseEventRow, CaseRow, ClockEventRow, ObligationRow};
use crate::store::{self, StoreError, Tx, person};
use askama::Template;
use axum::extract::{Extension, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use std::collections::HashMap;
use std::sync::Arc;

/// Most messages, answers and events on one page; the latest are shown.
const SHOWN_MAX: i64 = 200;

/// One look at the store.
pub struct Loaded {
    case: CaseRow,
    messages: Vec<ShownMessage>,
    answers: Vec<ShownAnswer>,
    timeline: Vec<CaseEventRow>,
    clocks: Vec<ObligationRow>,
    fell: Vec<ClockEventRow>,
    actions: Vec<ActionRow>,
    names: HashMap<String, String>,
    kill: bool,
}

/// What an act left to say on the page.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// What went wrong or must be known.
    pub notice: Option<String>,
    /// What happened since the viewer last looked, by version.
    pub since: Option<i64>,
    /// The act whose form is filled in again, and its reason.
    pub again: Option<(String, String)>,
}

/// One post of the conversation.
struct Post {
    ours: bool,
    who: Shown,
    handle: Option<Shown>,
    at: Moment,
    text: Option<Shown>,
    gone: Option<&'static str>,
    marks: Vec<String>,
    url: Option<String>,
}

struct Clock {
    kind: String,
    state: String,
    class: &'static str,
    left: Option<Left>,
    ended: Option<Moment>,
    due: Moment,
    target: String,
}

struct Fell {
    what: &'static str,
    kind: String,
    at: Moment,
    annulled: bool,
    breach: bool,
}

struct Event {
    at: Moment,
    what: String,
    who: String,
    reason: Option<Shown>,
    fresh: bool,
}

struct Sent {
    kind: String,
    state: String,
    at: Moment,
}

/// One act as a form.
struct Form {
    act: &'static str,
    label: &'static str,
    reason: Option<&'static str>,
    needed: bool,
    filled: String,
    again: bool,
}

#[derive(Template)]
#[template(path = "case.html", config = "src/web/askama.toml")]
struct CasePage {
    frame: Frame,
    id: String,
    number: i64,
    version: i64,
    brand: String,
    platform: String,
    language: String,
    level: &'static str,
    urgency: i64,
    intent: String,
    state: String,
    with: Option<String>,
    left: Left,
    marks: Vec<&'static str>,
    ended_why: Option<Shown>,
    previous: Option<String>,
    posts: Vec<Post>,
    older: bool,
    covered: bool,
    reasons: Vec<(String, i32)>,
    clocks: Vec<Clock>,
    fell: Vec<Fell>,
    events: Vec<Event>,
    sent: Vec<Sent>,
    forms: Vec<Form>,
    notice: Option<String>,
}

/// `GET /cases/{id}`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Path(id): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let mut said = Said::default();
    if query.contains_key("twice") {
        said.notice = Some(asked.texts.twice.to_owned());
    }
    shown(&app, &asked, &viewer, &id, said, query.get("unmask").is_some_and(|u| u == "1")).await
}

/// `GET /c/{brand}/{number}`.
pub async fn by_number(
    State(app): State<App>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Path((brand, number)): Path<(String, i64)>,
) -> Result<Response, Error> {
    let brands = brands_of(&app, &viewer);
    let brand = brands.iter().find(|b| b.brand.name.eq_ignore_ascii_case(&brand)).ok_or(Error::NotFound)?;
    let brand_id = brand.id.clone();
    let found = app.db.read("reading a case by number", move |tx| {
        Box::pin(async move { store::case::by_number(tx, &brand_id, number).await })
    });
    let id = found.await?.ok_or(Error::NotFound)?;
    Ok(Redirect::to(&format!("/cases/{id}")).into_response())
}

/// The brand of a case, if the viewer may see it.
pub async fn brand_for(app: &App, viewer: &Viewer, id: &str) -> Result<(String, String), Error> {
    let id = CaseId::parse(id).map_err(|_| Error::NotFound)?.to_string();
    let found = app.db.read("reading a case's brand", move |tx| {
        Box::pin(async move { store::case::brand_of(tx, &id).await })
    });
    let brand_id = found.await?.ok_or(Error::NotFound)?;
    let brands = brands_of(app, viewer);
    let brand = brands.into_iter().find(|b| b.id == brand_id).ok_or(Error::NotFound)?;
    Ok((brand.id, brand.brand.name))
}

/// Prints the page, with what an act left to say.
pub async fn shown(
    app: &App,
    asked: &Asked,
    viewer: &Viewer,
    id: &str,
    said: Said,
    unmask: bool,
) -> Result<Response, Error> {
    let (brand_id, brand) = brand_for(app, viewer, id).await?;
    let case_id = id.to_owned();
    let loaded =
        app.db.read("reading a case", move |tx| Box::pin(async move { load(tx, &brand_id, &case_id).await }));
    let loaded = loaded.await?.ok_or(Error::NotFound)?;
    print(&compose(app, asked, viewer, &loaded, brand, said, unmask))
}

async fn load(tx: &mut Tx, brand_id: &str, id: &str) -> Result<Option<Loaded>, StoreError> {
    let Some(case) = console::case(tx, brand_id, id).await? else { return Ok(None) };
    let (clocks, fell) = console::clocks(tx, brand_id, id).await?;
    Ok(Some(Loaded {
        messages: console::messages_of(tx, brand_id, id, SHOWN_MAX).await?,
        answers: console::answers_in(tx, brand_id, &case.conversation_id, SHOWN_MAX).await?,
        timeline: console::timeline(tx, brand_id, id, SHOWN_MAX).await?,
        actions: console::actions_of(tx, brand_id, id, 20).await?,
        names: person::all(tx).await?.into_iter().map(|p| (p.id, p.name)).collect(),
        kill: is_stopped(tx).await?,
        case,
        clocks,
        fell,
    }))
}

fn compose(
    app: &App,
    asked: &Asked,
    viewer: &Viewer,
    found: &Loaded,
    brand: String,
    said: Said,
    unmask: bool,
) -> CasePage {
    let (t, now, case) = (asked.texts, app.clock.now(), &found.case);
    let held = case.claim().filter(|c| c.until.is_none_or(|u| u > now));
    let mine = held.as_ref().is_some_and(|c| c.by == viewer.person.id);
    let open = unmask || mine;
    let flags = [(case.sample, t.sample), (case.historic, t.historic), (case.private, t.private)];
    CasePage {
        frame: Frame::of(app, asked, viewer, "inbox", &format!("#{} {brand}", case.number), found.kill),
        id: case.id.clone(),
        number: case.number,
        version: case.version,
        brand,
        platform: case.platform.clone(),
        language: case.language.clone(),
        level: Level::from_number(case.level).code(),
        urgency: case.urgency,
        intent: t.name("intent", &case.intent),
        state: t.name("state", &case.state),
        with: held
            .map(|c| found.names.get(c.by.as_str()).cloned().unwrap_or_else(|| t.who_person.to_owned())),
        left: Left::of(case.due_at, now, t),
        marks: flags.iter().filter(|(is, _)| *is == 1).map(|(_, mark)| *mark).collect(),
        ended_why: case.ended_why.as_deref().filter(|w| !w.is_empty()).map(Shown::plain),
        previous: case.previous_case_id.clone(),
        posts: posts(found, open, t),
        older: found.messages.len() as i64 == SHOWN_MAX || found.answers.len() as i64 == SHOWN_MAX,
        covered: !open && found.messages.iter().any(|m| !covers(&m.personal_data).is_empty()),
        reasons: reasons(found, t),
        clocks: found.clocks.iter().map(|o| clock(o, now, t)).collect(),
        fell: found.fell.iter().map(|f| fell(f, t)).collect(),
        events: found.timeline.iter().map(|e| event(e, found, said.since, t)).collect(),
        sent: found.actions.iter().map(|a| sent(a, t)).collect(),
        forms: if viewer.person.may_work() {
            forms(case, now, mine, viewer, said.again.as_ref(), t)
        } else {
            Vec::new()
        },
        notice: said.notice,
    }
}

/// Messages and answers in the order in which the platform has them.
fn posts(found: &Loaded, open: bool, t: &'static Texts) -> Vec<Post> {
    let messages = found.messages.iter().map(|m| ((m.posted_at, &m.external_id), message(m, open, t)));
    let answers = found.answers.iter().map(|a| ((a.posted_at, &a.external_id), answer(a, &found.case, t)));
    let mut all: Vec<_> = messages.chain(answers).collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all.into_iter().map(|(_, post)| post).collect()
}

fn message(m: &ShownMessage, open: bool, t: &'static Texts) -> Post {
    let profile: serde_json::Value =
        m.profile.as_deref().and_then(|p| serde_json::from_str(p).ok()).unwrap_or_default();
    let name =
        |key: &str| profile.get(key).and_then(|n| n.as_str()).filter(|n| !n.is_empty()).map(Shown::plain);
    let covers = if open { Vec::new() } else { covers(&m.personal_data) };
    let text = words(m.body.as_deref()).filter(|_| m.deleted_at.is_none());
    let mut marks = Vec::new();
    if m.revision > 1 {
        marks.push(t.edited.to_owned());
    }
    if m.private == 1 {
        marks.push(t.private.to_owned());
    }
    Post {
        ours: false,
        who: name("name").or_else(|| name("handle")).unwrap_or_else(|| Shown::plain(t.who_customer)),
        handle: name("handle"),
        at: Moment::of(m.posted_at),
        gone: match (&text, m.deleted_at) {
            (Some(_), _) => None,
            (None, Some(_)) => Some(t.removed),
            (None, None) => Some(t.no_text),
        },
        text: text.map(|text| Shown::of(&text, &covers)),
        marks,
        url: link(m.body.as_deref()),
    }
}

fn answer(a: &ShownAnswer, case: &CaseRow, t: &'static Texts) -> Post {
    let text = words(a.body.as_deref()).filter(|_| a.deleted_at.is_none());
    let to_them = a.answers_author_id.as_deref() == Some(case.author_id.as_str());
    Post {
        ours: true,
        who: Shown::plain(if to_them { t.us } else { t.us_unanswered }),
        handle: None,
        at: Moment::of(a.posted_at),
        gone: if text.is_some() { None } else { Some(t.no_text) },
        text: text.map(|text| Shown::plain(&text)),
        marks: Vec::new(),
        url: link(a.body.as_deref()),
    }
}

/// Where the platform shows a post; only web addresses become links.
fn link(body: Option<&str>) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(body?).ok()?;
    let url = url::Url::parse(body.get("url")?.as_str()?).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.to_string())
}

/// The reasons of the message that made the case as urgent as it is.
fn reasons(found: &Loaded, t: &Texts) -> Vec<(String, i32)> {
    let worst = found.messages.iter().min_by_key(|m| (m.level, -m.urgency, m.posted_at));
    let reasons: Vec<Reason> = worst.and_then(|m| serde_json::from_str(&m.reasons).ok()).unwrap_or_default();
    reasons.iter().map(|r| (t.name("reason", &r.what), r.weight)).collect()
}

fn clock(o: &ObligationRow, now: Timestamp, t: &Texts) -> Clock {
    let state = ObligationState::from_code(&o.state);
    Clock {
        kind: t.name("clock", &o.kind),
        state: t.name("clockstate", &o.state),
        class: state.code(),
        left: (state == ObligationState::Running).then(|| Left::of(Some(o.due_at), now, t)),
        ended: o.ended_at.map(Moment::of),
        due: Moment::of(o.due_at),
        target: Span(o.target_ms).to_string(),
    }
}

fn fell(f: &ClockEventRow, t: &Texts) -> Fell {
    let breach = Stage::from_number(f.stage) == Stage::Breach;
    Fell {
        what: if breach { t.breach } else { t.warning },
        kind: t.name("clock", &f.kind),
        at: Moment::of(f.at),
        annulled: f.annulled_at.is_some(),
        breach,
    }
}

fn event(e: &CaseEventRow, found: &Loaded, since: Option<i64>, t: &Texts) -> Event {
    let body: serde_json::Value = serde_json::from_str(&e.body).unwrap_or_default();
    let named = e.who.as_ref().and_then(|w| found.names.get(w)).cloned();
    let who = match e.who_kind.as_str() {
        "person" => named.unwrap_or_else(|| t.who_person.to_owned()),
        "rule" => format!("{} {}", t.who_rule, e.who.as_deref().unwrap_or_default()),
        other => t.name("who", other),
    };
    let reason = body.get("reason").and_then(|r| r.as_str()).filter(|r| !r.is_empty());
    let of_clock = body.get("kind").and_then(|k| k.as_str()).filter(|_| e.who_kind == "rule");
    let what = match of_clock {
        Some(kind) => format!("{}: {}", t.name("event", &e.kind), t.name("clock", kind)),
        None => t.name("event", &e.kind),
    };
    Event {
        at: Moment::of(e.at),
        what,
        who,
        reason: reason.map(Shown::plain),
        fresh: since.is_some_and(|seen| e.seq > seen),
    }
}

fn sent(a: &ActionRow, t: &Texts) -> Sent {
    Sent { kind: t.name("kind", &a.kind), state: t.name("action", &a.state), at: Moment::of(a.created_at) }
}

/// The acts that the state and the claim allow this viewer.
fn forms(
    case: &CaseRow,
    now: Timestamp,
    mine: bool,
    viewer: &Viewer,
    again: Option<&(String, String)>,
    t: &'static Texts,
) -> Vec<Form> {
    let Ok(state) = case.case_state() else { return Vec::new() };
    let held = case.claim();
    let may = |event| states::next(state, held.is_some(), event).is_ok();
    let can_claim = !mine && states::claim(state, held.as_ref(), &viewer.person.id, now).is_ok();
    let can_release =
        states::release(state, held.as_ref(), &viewer.person.id, viewer.person.is_lead()).is_ok();
    let all = [
        (can_claim, "claim", t.act_claim, None, false),
        (may(CaseEvent::AwaitCustomer) && case.state != "waiting_customer", "wait", t.act_wait, None, false),
        (may(CaseEvent::Resolve), "resolve", t.act_resolve, Some(t.reason_resolve), false),
        (may(CaseEvent::Dismiss), "dismiss", t.act_dismiss, Some(t.reason_dismiss), true),
        (can_release, "release", t.act_release, None, false),
        (!state.is_open() && may(CaseEvent::Reopen), "reopen", t.act_reopen, None, false),
    ];
    let form = |(_, act, label, reason, needed)| {
        let kept = again.filter(|(which, _)| which == act);
        let filled = kept.map(|(_, reason)| reason.clone()).unwrap_or_default();
        Form { act, label, reason, needed, filled, again: kept.is_some() }
    };
    all.into_iter().filter(|(fits, ..)| *fits).map(form).collect()
}

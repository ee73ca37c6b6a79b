//! The page of one case, and the forms on it.

use super::auth::{In, check_form};
use super::error::WebError;
use super::inbox::{author, line};
use super::pages::{CasePage, ClockLine, EventLine, TalkLine, Viewer, html};
use super::shown;
use super::state::AppState;
use crate::casework::{Act, Actor, CaseworkError};
use crate::domain::clocks::ObligationState;
use crate::domain::ids::CaseId;
use crate::domain::judgement::{Level, Reason};
use crate::domain::time::Timestamp;
use crate::people::Present;
use crate::store::console::{self, Message, OwnMessage};
use crate::store::person::{self, PersonRow};
use crate::store::rows::{CaseEventRow, CaseRow, ObligationRow};
use crate::store::{StoreError, case};
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

/// Everything a page of a case shows.
struct Seen {
    case: CaseRow,
    clocks: Vec<ObligationRow>,
    messages: Vec<Message>,
    own: Vec<OwnMessage>,
    events: Vec<CaseEventRow>,
    people: Vec<PersonRow>,
}

/// What the address of a case may say.
#[derive(Deserialize)]
pub struct Asked {
    unmask: Option<u8>,
}

/// `GET /cases/{id}`.
pub async fn page(
    State(app): State<AppState>,
    In(present): In,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let seen = see(&app, &id).await?;
    let unmask = asked.unmask == Some(1) && present.may_work();
    html(&made(&app, &present, &seen, unmask, String::new(), &[], String::new()))
}

/// `GET /c/{brand}/{number}`: the short address that cards carry.
pub async fn short(
    State(app): State<AppState>,
    In(_): In,
    Path((brand, number)): Path<(String, i64)>,
) -> Result<Response, WebError> {
    let id = app.current.get().named(&brand).map(|w| w.id.clone()).ok_or(WebError::NotFound)?;
    let found = app.db.read("finding a case by number", move |tx| {
        Box::pin(async move { case::by_number(tx, &id, number).await })
    });
    let id = found.await?.ok_or(WebError::NotFound)?;
    Ok(Redirect::to(&format!("/cases/{id}")).into_response())
}

/// What a form of a case sends.
#[derive(Deserialize)]
pub struct ActForm {
    csrf: String,
    version: i64,
    act: String,
    #[serde(default)]
    reason: String,
}

/// `POST /cases/{id}/act`.
pub async fn act(
    State(app): State<AppState>,
    In(present): In,
    Path(id): Path<String>,
    headers: HeaderMap,
    Form(form): Form<ActForm>,
) -> Result<Response, WebError> {
    check_form(&present, &headers, &form.csrf)?;
    if !present.may_work() {
        return Err(WebError::Forbidden("Your role may look but not work on cases."));
    }
    let act = asked_act(&form)?;
    let brand = brand_of(&app, &id).await?;
    let actor = Actor { person: present.id.clone(), lead: present.is_lead() };
    match app.casework.act(&brand, &id, form.version, &actor, act).await {
        Ok(_) => Ok(Redirect::to(&format!("/cases/{id}")).into_response()),
        Err(CaseworkError::Stale { since, .. }) => {
            let seen = see(&app, &id).await?;
            let notice = "This case has changed since you saw it. Nothing was done; look again and decide.";
            let page = made(&app, &present, &seen, false, notice.to_owned(), &since, form.reason);
            Ok((StatusCode::CONFLICT, html(&page)?).into_response())
        }
        Err(CaseworkError::Invalid { field, what }) => {
            again(&app, &present, &id, format!("{field}: {what}"), form.reason).await
        }
        Err(CaseworkError::Refused(why)) => again(&app, &present, &id, why, form.reason).await,
        Err(error) => Err(error.into()),
    }
}

async fn again(
    app: &AppState,
    present: &Present,
    id: &str,
    why: String,
    typed: String,
) -> Result<Response, WebError> {
    let seen = see(app, id).await?;
    let page = made(app, present, &seen, false, why, &[], typed);
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
}

fn asked_act(form: &ActForm) -> Result<Act, WebError> {
    Ok(match form.act.as_str() {
        "claim" => Act::Claim { until: None },
        "release" => Act::Release,
        "await_customer" => Act::AwaitCustomer,
        "await_front_office" => Act::AwaitFrontOffice,
        "resolve" => Act::Resolve { reason: form.reason.clone() },
        "dismiss" => Act::Dismiss { reason: form.reason.clone() },
        "close" => Act::Close,
        "reopen" => Act::Reopen,
        other => {
            return Err(WebError::Invalid(format!(
                "act '{}': there is no such act",
                other.chars().take(32).collect::<String>()
            )));
        }
    })
}

async fn brand_of(app: &AppState, id: &str) -> Result<String, WebError> {
    CaseId::parse(id).map_err(|_| WebError::NotFound)?;
    let id = id.to_owned();
    let found =
        app.db.read("finding a case", move |tx| Box::pin(async move { case::brand_of(tx, &id).await }));
    found.await?.ok_or(WebError::NotFound)
}

async fn see(app: &AppState, id: &str) -> Result<Seen, WebError> {
    let brand = brand_of(app, id).await?;
    let id = id.to_owned();
    let seen = app.db.read("making the page of a case", move |tx| {
        Box::pin(async move {
            let Some(row) = case::look(tx, &brand, &id).await? else { return Ok(None) };
            Ok::<_, StoreError>(Some(Seen {
                clocks: case::clocks(tx, &id).await?,
                messages: console::messages(tx, &brand, &[&id]).await?,
                own: console::own_messages(tx, &brand, &row.conversation_id).await?,
                events: console::events_since(tx, &brand, &id, 0).await?,
                people: person::all(tx).await?,
                case: row,
            }))
        })
    });
    seen.await?.ok_or(WebError::NotFound)
}

fn made(
    app: &AppState,
    present: &Present,
    seen: &Seen,
    unmask: bool,
    notice: String,
    since: &[CaseEventRow],
    typed: String,
) -> CasePage {
    let now = app.clock.now();
    let case = &seen.case;
    let mine = case.claimed_by.as_deref() == Some(present.id.as_str());
    let masked = !(mine || unmask);
    let first = seen.messages.iter().find(|m| m.mention_id == case.first_mention_id);
    let brand = app.current.get().brand(&case.brand_id).map(|w| w.brand.name.clone()).unwrap_or_default();
    let worst = seen.messages.iter().max_by_key(|m| m.urgency);
    let reasons: Vec<Reason> = worst.and_then(|m| serde_json::from_str(&m.reasons).ok()).unwrap_or_default();
    let has_personal_data = seen.messages.iter().any(|m| m.personal_data.len() > 2);
    CasePage {
        viewer: Viewer::of(present),
        brand,
        line: line(case, first, &seen.people, now),
        version: case.version,
        notice,
        since: since.iter().map(|e| event_line(e, &seen.people, now)).collect(),
        talk: talk(seen, masked, now),
        reasons: reasons.into_iter().map(|r| (r.what.replace('_', " "), r.weight)).collect(),
        urgency: case.urgency,
        clocks: clock_lines(&seen.clocks, now),
        events: seen.events.iter().rev().map(|e| event_line(e, &seen.people, now)).collect(),
        masked: masked && has_personal_data,
        mine,
        claimed: case.claimed_by.is_some(),
        open: case.open == 1,
        needs_private: case.needs_private == 1,
        typed,
        may_work: present.may_work(),
    }
}

/// The talk in the platform's order: the customer's messages and our posts to them.
fn talk(seen: &Seen, masked: bool, now: Timestamp) -> Vec<TalkLine> {
    let mut lines: Vec<(i64, TalkLine)> = Vec::new();
    for m in &seen.messages {
        let text = shown::field(m.body.as_deref(), "text");
        let text = if masked { shown::masked(&text, &m.personal_data) } else { text };
        let mut marks = Vec::new();
        if m.revision > 1 {
            marks.push("edited");
        }
        if m.private == 1 {
            marks.push("private");
        }
        let gone = m.body.is_none() || m.deleted_at.is_some();
        let judged =
            format!("{} · {} · {}", Level::from_number(m.level), m.intent.replace('_', " "), m.language);
        lines.push((
            m.posted_at,
            TalkLine {
                ours: false,
                who: author(m.profile.as_deref()),
                text: if gone { "(removed by its author)".to_owned() } else { shown::visible(&text) },
                url: shown::field(m.body.as_deref(), "url"),
                at: Timestamp(m.posted_at).rfc3339(),
                ago: shown::ago(m.posted_at, now),
                marks: marks.join(" · "),
                judged,
            },
        ));
    }
    let to_this = |o: &&OwnMessage| o.answers_author_id.as_deref() == Some(seen.case.author_id.as_str());
    for o in seen.own.iter().filter(to_this) {
        lines.push((
            o.posted_at,
            TalkLine {
                ours: true,
                who: "we".to_owned(),
                text: shown::visible(&shown::field(o.body.as_deref(), "text")),
                url: shown::field(o.body.as_deref(), "url"),
                at: Timestamp(o.posted_at).rfc3339(),
                ago: shown::ago(o.posted_at, now),
                marks: if o.counts == 1 { String::new() } else { "counts as no answer".to_owned() },
                judged: String::new(),
            },
        ));
    }
    lines.sort_by_key(|(at, _)| *at);
    lines.into_iter().map(|(_, line)| line).collect()
}

fn clock_lines(clocks: &[ObligationRow], now: Timestamp) -> Vec<ClockLine> {
    let line = |o: &ObligationRow| {
        let state = ObligationState::from_code(&o.state);
        let late = state.is_open() && o.due_at < now.millis();
        let runs = state == ObligationState::Running;
        ClockLine {
            kind: o.kind.replace('_', " "),
            state: if late { "late".to_owned() } else { o.state.clone() },
            due: Timestamp(o.due_at).rfc3339(),
            left: if runs { shown::time_left(Some(o.due_at), now) } else { String::new() },
            bad: late || state == ObligationState::Broken,
        }
    };
    clocks.iter().filter(|o| o.state != ObligationState::Superseded.code()).map(line).collect()
}

fn event_line(e: &CaseEventRow, people: &[PersonRow], now: Timestamp) -> EventLine {
    let body: serde_json::Value = serde_json::from_str(&e.body).unwrap_or_default();
    let said =
        |name: &str| body.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().replace('_', " ");
    let reason = said("reason");
    let what = match e.kind.as_str() {
        "opened" => "opened by a message".to_owned(),
        "customer_message" => "the customer wrote".to_owned(),
        "answer_seen" => "our answer is on the platform".to_owned(),
        "broken" | "warned" => format!("{}: {}", e.kind, said("kind")),
        "dismiss" | "resolve" if !reason.is_empty() => format!("{}: {reason}", e.kind),
        other => other.replace('_', " "),
    };
    let who = match (e.who_kind.as_str(), e.who.as_deref()) {
        ("person", Some(id)) => {
            people.iter().find(|p| p.id == id).map_or("somebody", |p| p.name.as_str()).to_owned()
        }
        ("rule", Some(name)) => name.replace('_', " "),
        (kind, _) => kind.replace('_', " "),
    };
    EventLine { at: Timestamp(e.at).rfc3339(), ago: shown::ago(e.at, now), what, who }
}

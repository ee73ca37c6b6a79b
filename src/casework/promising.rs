//! Promises that people make to a customer: written down with a time, kept, moved, or called off.
//!
//! Each has a clock like every other, so that it is warned of and, unkept at its time, broken once, whatever
//! the hours. One that contradicts what stands already is refused with what stands, until somebody says which
//! holds. What is recognised in an answer is only proposed (see [`super::proposing`]).

use super::answering::invalid;
use super::{Act, Asked, CaseworkError, REASON_CHARS_MAX};
use crate::casefile::{CaseFile, When, Who};
use crate::domain::clocks::{ObligationKind, ObligationState};
use crate::domain::policy::Policy;
use crate::domain::time::{Span, Timestamp};
use crate::store::promise::{self, Call, PromiseRow, TryRow};
use crate::store::rows::{ActionRow, ObligationRow};
use crate::store::ticket::LinkRow;
use crate::store::{StoreError, Tx, answer};
use serde_json::json;

/// Longest promise, in characters.
pub(super) const TEXT_CHARS_MAX: usize = 500;
/// Longest name of a team that owes one, in characters.
const OWED_CHARS_MAX: usize = 60;
/// Longest number or name of who is to be called, in characters.
const CALL_CHARS_MAX: usize = 120;
/// How far ahead a promise may lie.
const AHEAD_MAX: Span = Span::days(366);
/// Who owes what the front office promised.
pub const FRONT_OFFICE: &str = "front_office";

type Acted = Result<Result<Vec<ActionRow>, CaseworkError>, StoreError>;

/// A promise as somebody makes it, or writes down that it was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewPromise {
    /// The words.
    pub text: String,
    /// Until when.
    pub due: Timestamp,
    /// Who owes it: `webcare`, `front_office`, or a team by name.
    pub owed_by: String,
    /// What is to be done, a code of [`crate::domain::promise::Act`]; may be empty.
    pub act: String,
    /// Whom to call, if it is a call.
    pub call: Call,
    /// The customer told of it: somebody else made it.
    pub told: bool,
    /// What becomes of what stands already and says otherwise.
    pub beside: Beside,
}

/// What becomes of a promise that stands, when another contradicts it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Beside {
    /// Nobody said: it is refused, with what stands.
    #[default]
    Ask,
    /// The new one takes its place; a ticket whose promise it was is told.
    Replace,
    /// Both stand.
    Both {
        /// Why.
        reason: String,
    },
}

/// A promise that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its wait.
    pub wait: i64,
    /// Its words.
    pub text: String,
    /// Who owes it.
    pub owed_by: String,
    /// Until when.
    pub due: Timestamp,
    /// The link to the ticket whose due date it is.
    pub link_id: Option<String>,
}

/// What stands already on the case and is due at another time: of the front office all, of others what is of the
/// same kind or of none.
pub(super) async fn standing(
    tx: &mut Tx,
    file: &CaseFile,
    due: Timestamp,
    act: &str,
) -> Result<Vec<Standing>, StoreError> {
    let rows = promise::of_case(tx, &file.case.brand_id, &file.case.id).await?;
    let clashes =
        |p: &PromiseRow| p.owed_by == FRONT_OFFICE || act.is_empty() || p.act.is_empty() || p.act == act;
    let mut found = Vec::new();
    for row in rows.iter().filter(|p| clashes(p)) {
        let Some(at) = file.running_promise(row.wait) else { continue };
        if file.clocks[at].due_at == due.millis() {
            continue;
        }
        let words = answer::contents(tx, &[row.content_id()]).await?;
        found.push(Standing {
            wait: row.wait,
            text: words.into_iter().next().map(|w| w.1).unwrap_or_default(),
            owed_by: row.owed_by.clone(),
            due: Timestamp(file.clocks[at].due_at),
            link_id: row.link_id.clone(),
        });
    }
    Ok(found)
}

/// What is wrong with a promise, if anything is.
fn mistake(new: &NewPromise, now: Timestamp) -> Option<CaseworkError> {
    let long = |text: &str, max: usize| text.trim().chars().count() > max;
    let wrong = |field, what: String| invalid::<()>(field, what).err();
    if new.text.trim().is_empty() || long(&new.text, TEXT_CHARS_MAX) {
        return wrong("text", format!("a promise has 1 to {TEXT_CHARS_MAX} characters"));
    }
    if new.owed_by.trim().is_empty() || long(&new.owed_by, OWED_CHARS_MAX) {
        return wrong("owed_by", "say who owes it: webcare, front_office, or a team by name".to_owned());
    }
    if new.due <= now || new.due > now.plus(AHEAD_MAX) {
        return wrong("due", "a promise is for later, within a year".to_owned());
    }
    if long(&new.call.number, CALL_CHARS_MAX) || long(&new.call.whom, CALL_CHARS_MAX) {
        return wrong("number", format!("longer than {CALL_CHARS_MAX} characters"));
    }
    match &new.beside {
        Beside::Both { reason } if reason.trim().is_empty() || long(reason, REASON_CHARS_MAX) => {
            wrong("reason", "say in a few words why both stand".to_owned())
        }
        _ => None,
    }
}

/// Whether a promise can be written down; gives what it contradicts. Nothing is written.
pub(super) async fn checked(
    tx: &mut Tx,
    file: &CaseFile,
    asked: &Asked,
    new: &NewPromise,
) -> Result<Result<Vec<Standing>, CaseworkError>, StoreError> {
    if let Some(wrong) = mistake(new, asked.now) {
        return Ok(Err(wrong));
    }
    if !file.case.case_state()?.is_open() {
        let why = "the case is over; reopen it to promise something".to_owned();
        return Ok(Err(CaseworkError::Refused(why)));
    }
    let standing = standing(tx, file, new.due, &new.act).await?;
    if new.beside == Beside::Ask && !standing.is_empty() {
        let proposal = super::Proposal {
            text: new.text.trim().to_owned(),
            due: new.due,
            act: new.act.clone(),
            owed_by: new.owed_by.trim().to_owned(),
            standing,
        };
        return Ok(Err(CaseworkError::Promise(Box::new(proposal))));
    }
    Ok(Ok(standing))
}

/// What people do with promises.
pub(super) async fn act(tx: &mut Tx, file: &mut CaseFile, asked: &Asked) -> Acted {
    let done = match &asked.act {
        Act::Promise(new) => return promise(tx, file, asked, new).await,
        Act::CallTried { wait, reached, next } => tried(tx, file, asked, (*wait, *reached, *next)).await?,
        Act::KeepPromise { wait } => keep(file, asked, *wait)?,
        Act::DropPromise { wait, reason } => call_off(file, asked, *wait, reason)?,
        _ => Ok(()),
    };
    Ok(done.map(|()| Vec::new()))
}

/// Writes a promise down and begins its clock.
async fn promise(tx: &mut Tx, file: &mut CaseFile, asked: &Asked, new: &NewPromise) -> Acted {
    let standing = match checked(tx, file, asked, new).await? {
        Ok(standing) => standing,
        Err(refused) => return Ok(Err(refused)),
    };
    write(tx, file, asked, new, (&standing, None)).await?;
    Ok(Ok(Vec::new()))
}

/// Writes down what [`checked`] let pass.
pub(super) async fn write(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    new: &NewPromise,
    (standing, action): (&[Standing], Option<&str>),
) -> Result<(), StoreError> {
    let now = asked.now;
    let Some(watched) = asked.catalogue.brand(&asked.brand_id) else { return Ok(()) };
    let (who, when) = (Who::Person(asked.actor.person.clone()), When::now(now));
    if new.beside == Beside::Replace {
        for old in standing {
            let Some(at) = file.running_promise(old.wait) else { continue };
            file.end_promise(at, ObligationState::Superseded, "replaced", when)?;
            let body = json!({
                "wait": old.wait, "link": old.link_id, "due": old.due.millis(), "until": new.due.millis(),
            });
            file.note("promise_replaced", &who, when, &body);
        }
    }
    let wait = file.open_promise(new.due, now, now, &watched.policy);
    let origin = match (action, new.told) {
        (Some(_), _) => "answer",
        (None, true) => "customer",
        (None, false) => "person",
    };
    let row = PromiseRow {
        case_id: file.case.id.clone(),
        wait,
        brand_id: asked.brand_id.clone(),
        owed_by: new.owed_by.trim().to_owned(),
        made_by: asked.actor.person.to_string(),
        made_at: now.millis(),
        act: new.act.clone(),
        origin: origin.to_owned(),
        link_id: None,
        action_id: action.map(ToOwned::to_owned),
    };
    promise::put(tx, &row).await?;
    let subject = file.case.author_id.clone();
    answer::put_content(tx, &row.content_id(), &subject, "promise", new.text.trim()).await?;
    if !new.call.number.trim().is_empty() || !new.call.whom.trim().is_empty() {
        let call = Call { number: new.call.number.trim().to_owned(), whom: new.call.whom.trim().to_owned() };
        // A struct of texts can always be written.
        let body = serde_json::to_string(&call).unwrap_or_default();
        answer::put_content(tx, &row.call_id(), &subject, "call", &body).await?;
    }
    let mut body = json!({
        "content": row.content_id(), "wait": wait, "until": new.due.millis(), "owed_by": row.owed_by, "act": row.act,
        "origin": origin,
    });
    if let (Beside::Both { reason }, false) = (&new.beside, standing.is_empty()) {
        body["reason"] = json!(reason.trim());
        body["beside"] = json!(standing.iter().map(|s| s.wait).collect::<Vec<_>>());
    }
    file.note("promised", &who, when, &body);
    Ok(())
}

/// A promise was kept, now: in time, or late.
fn keep(file: &mut CaseFile, asked: &Asked, wait: i64) -> Result<Result<(), CaseworkError>, StoreError> {
    let Some(at) = file.running_promise(wait) else { return Ok(Err(CaseworkError::NotFound)) };
    let when = When::now(asked.now);
    file.keep_promise(at, "kept", when)?;
    let body = json!({ "wait": wait, "content": format!("{}/promise/{wait}", file.case.id) });
    file.note("promise_kept", &Who::Person(asked.actor.person.clone()), when, &body);
    Ok(Ok(()))
}

/// A promise need not be kept any more; it stays on record, without result unless it was broken.
fn call_off(
    file: &mut CaseFile,
    asked: &Asked,
    wait: i64,
    reason: &str,
) -> Result<Result<(), CaseworkError>, StoreError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX {
        return Ok(invalid("reason", "say in a few words why it need not be kept"));
    }
    let Some(at) = file.running_promise(wait) else { return Ok(Err(CaseworkError::NotFound)) };
    let when = When::now(asked.now);
    file.end_promise(at, ObligationState::Void, "called_off", when)?;
    let body = json!({ "wait": wait, "reason": reason });
    file.note("promise_called_off", &Who::Person(asked.actor.person.clone()), when, &body);
    Ok(Ok(()))
}

/// The answer was called back in which promises were made: they were not made.
pub(super) async fn unsaid(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    action_id: &str,
) -> Result<(), StoreError> {
    let rows = promise::of_case(tx, &asked.brand_id, &asked.case_id).await?;
    for row in &rows {
        if row.action_id.as_deref() != Some(action_id) {
            continue;
        }
        let Some(at) = file.running_promise(row.wait) else { continue };
        let when = When::now(asked.now);
        file.end_promise(at, ObligationState::Void, "answer_undone", when)?;
        let who = Who::Person(asked.actor.person.clone());
        let body = json!({ "wait": row.wait, "action": action_id });
        file.note("promise_called_off", &who, when, &body);
        // What it took the place of holds again, from its own beginning.
        for at in 0..file.clocks.len() {
            let o = &file.clocks[at];
            let replaced = o.ended_by.as_deref() == Some("replaced") && o.ended_at == Some(row.made_at);
            if !(replaced && o.kind == ObligationKind::Promise.code()) {
                continue;
            }
            let (wait, due) = (o.wait, o.due_at);
            let link = rows.iter().find(|p| p.wait == wait).and_then(|p| p.link_id.clone());
            file.revive(at, "answer_undone", asked.now)?;
            let body = json!({ "wait": wait, "link": link, "until": due });
            file.note("promise_restored", &who, when, &body);
        }
    }
    Ok(())
}

/// Somebody tried to call: reached, which keeps the promise, or not, which counts and may say when again.
async fn tried(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    (wait, reached, next): (i64, bool, Option<Timestamp>),
) -> Result<Result<(), CaseworkError>, StoreError> {
    let rows = promise::of_case(tx, &asked.brand_id, &asked.case_id).await?;
    let is_call = rows.iter().any(|p| p.wait == wait && p.is_call());
    if !is_call || file.running_promise(wait).is_none() {
        return Ok(Err(CaseworkError::NotFound));
    }
    if next.is_some_and(|at| at <= asked.now || at > asked.now.plus(AHEAD_MAX)) {
        return Ok(invalid("next", "the next try is later, within a year"));
    }
    let before = promise::tries_of(tx, &asked.brand_id, &asked.case_id).await?;
    let n = before.iter().filter(|t| t.wait == wait).map(|t| t.n).max().unwrap_or(0) + 1;
    let row = TryRow {
        case_id: asked.case_id.clone(),
        wait,
        n,
        brand_id: asked.brand_id.clone(),
        at: asked.now.millis(),
        person_id: asked.actor.person.to_string(),
        reached: i64::from(reached),
        next_at: next.filter(|_| !reached).map(Timestamp::millis),
    };
    promise::add_try(tx, &row).await?;
    if reached {
        return keep(file, asked, wait);
    }
    let body = json!({ "wait": wait, "n": n, "until": row.next_at });
    let who = Who::Person(asked.actor.person.clone());
    file.note("call_not_reached", &who, When::now(asked.now), &body);
    Ok(Ok(()))
}

/// Lays what a ticket promises beside the promise that is known of it: a due date begins a promise of the front
/// office, another moves it, a ticket that is solved keeps it, and one that promises nothing any more ends it. `text`
/// is what the ticket is about. Does nothing where nothing changed.
pub async fn of_ticket(
    tx: &mut Tx,
    file: &mut CaseFile,
    link: &LinkRow,
    (policy, text): (&(i64, Policy), &str),
    now: Timestamp,
) -> Result<(), StoreError> {
    let due = link.due_at.map(Timestamp).filter(|_| link.is_live() && link.state == "open");
    let rows = promise::of_case(tx, &link.brand_id, &link.case_id).await?;
    let mut of_link = rows.iter().filter(|p| p.link_id.as_deref() == Some(link.id.as_str()));
    let open = of_link.clone().find_map(|p| file.running_promise(p.wait));
    let changed = link.changed_at.map(Timestamp).filter(|at| *at <= now).unwrap_or(now);
    match (open, due) {
        (Some(at), Some(due)) if file.clocks[at].due_at != due.millis() => {
            file.move_promise(at, due, "moved", When::now(now))
        }
        (Some(_), Some(_)) | (None, None) => Ok(()),
        (Some(at), None) if link.state == "solved" => {
            let made = Timestamp(file.clocks[at].started_at);
            file.keep_promise(at, "ticket_solved", When { at: changed.max(made), now })
        }
        (Some(at), None) => {
            let by = if link.is_live() { "withdrawn" } else { "unlinked" };
            file.end_promise(at, ObligationState::Void, by, When::now(now))
        }
        (None, Some(due)) => {
            // One that a person kept or replaced is not begun again by what the ticket said all along.
            let settled = |by: Option<&str>| matches!(by, Some("kept" | "replaced" | "called_off"));
            let known = |p: &PromiseRow| {
                let same = |o: &&ObligationRow| o.wait == p.wait && o.due_at == due.millis();
                file.clocks.iter().filter(same).any(|o| settled(o.ended_by.as_deref()))
            };
            if of_link.any(known) || !file.case.case_state()?.is_open() {
                return Ok(());
            }
            let made = Timestamp(link.opened_at.unwrap_or(link.linked_at)).min(due).min(now);
            let wait = file.open_promise(due, made, now, policy);
            let row = PromiseRow {
                case_id: link.case_id.clone(),
                wait,
                brand_id: link.brand_id.clone(),
                owed_by: FRONT_OFFICE.to_owned(),
                made_by: String::new(),
                made_at: made.millis(),
                act: String::new(),
                origin: "ticket".to_owned(),
                link_id: Some(link.id.clone()),
                action_id: None,
            };
            promise::put(tx, &row).await?;
            let subject = file.case.author_id.clone();
            answer::put_content(tx, &row.content_id(), &subject, "promise", text).await
        }
    }
}

//! Promises that people make to a customer: written down with a time, kept, moved, or called off.
//!
//! Each has a clock like every other, so that it is warned of and, unkept at its time, broken once, whatever
//! the hours. One that contradicts what stands already is refused with what stands, until somebody says which
//! holds. What is recognised in an answer is only proposed (see [`super::proposing`]).

mod of_ticket;

pub use crate::casefile::UNSENT;
pub use of_ticket::of_ticket;

use super::answering::invalid;
use super::{Act, Asked, CaseworkError, REASON_CHARS_MAX};
use crate::casefile::{CaseFile, When, Who};
use crate::domain::clocks::ObligationState;
use crate::domain::promise::whom::ToWhom;
use crate::domain::time::{Span, Timestamp};
use crate::store::promise::{self, Call, PromiseRow, TryRow};
use crate::store::rows::ActionRow;
use crate::store::{StoreError, Tx, about, answer};
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
/// What ends the part of a clock whose promise is due at another time from then on.
const LATER: &str = "due_moved";

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
    /// To whom it is made; without a word the customer where one was said, else who wrote.
    pub to: Option<ToWhom>,
    /// Who that is, where it is neither of these.
    pub to_words: String,
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
    /// Its own name.
    pub id: String,
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
            id: row.id.clone(),
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
    let other = new.to == Some(ToWhom::Other);
    if other == new.to_words.trim().is_empty() || long(&new.to_words, CALL_CHARS_MAX) {
        let what = format!("say in at most {CALL_CHARS_MAX} characters to whom, where it is somebody else");
        return wrong("to_words", what);
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
        return Ok(Err(CaseworkError::Promise(vec![proposal(new, standing)])));
    }
    Ok(Ok(standing))
}

/// A promise with what it contradicts, as it is asked about.
pub(super) fn proposal(new: &NewPromise, standing: Vec<Standing>) -> super::Proposal {
    super::Proposal {
        text: new.text.trim().to_owned(),
        due: new.due,
        act: new.act.clone(),
        owed_by: new.owed_by.trim().to_owned(),
        standing,
    }
}

/// What people do with promises.
pub(super) async fn act(tx: &mut Tx, file: &mut CaseFile, asked: &Asked) -> Acted {
    let done = match &asked.act {
        Act::Promise(new) => return promise(tx, file, asked, new).await,
        Act::CallTried { wait, reached, next } => tried(tx, file, asked, (*wait, *reached, *next)).await?,
        Act::KeepPromise { wait } => keep(tx, file, asked, *wait).await?,
        Act::MovePromise { wait, due, reason, beside } => {
            later(tx, file, asked, (*wait, *due, reason, beside)).await?
        }
        Act::BreakPromise { wait, reason } => give_up(tx, file, asked, *wait, reason).await?,
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

/// What stands gives way to a promise that is due at `until`.
fn replace(
    file: &mut CaseFile,
    standing: &[Standing],
    (until, to): (Timestamp, &str),
    (who, when): (&Who, When),
) -> Result<(), StoreError> {
    for old in standing {
        let Some(at) = file.running_promise(old.wait) else { continue };
        file.end_promise(at, ObligationState::Superseded, "replaced", when)?;
        let body = json!({
            "wait": old.wait, "link": old.link_id, "due": old.due.millis(), "until": until.millis(), "to": to,
        });
        file.note("promise_replaced", who, when, &body);
    }
    Ok(())
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
    let differs = about::of_case(tx, &asked.brand_id, &file.case.id).await?.is_some();
    let to = ToWhom::settled(new.to, differs);
    if new.beside == Beside::Replace {
        replace(file, standing, (new.due, to.code()), (&who, when))?;
    }
    let wait = file.open_promise(new.due, now, now, &watched.policy);
    let origin = match (action, new.told) {
        (Some(_), _) => "answer",
        (None, true) => "customer",
        (None, false) => "person",
    };
    let (id, words_id) = PromiseRow::named(&file.case.id, wait);
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
        id,
        words_id,
        answer: None,
        to_whom: to.code().to_owned(),
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
    if to == ToWhom::Other {
        answer::put_content(tx, &row.whom_id(), &subject, "promise_to", new.to_words.trim()).await?;
    }
    let mut body = json!({
        "content": row.content_id(), "promise": row.id, "wait": wait, "until": new.due.millis(),
        "owed_by": row.owed_by, "act": row.act, "origin": origin, "to": row.to_whom,
    });
    if let (Beside::Both { reason }, false) = (&new.beside, standing.is_empty()) {
        body["reason"] = json!(reason.trim());
        body["beside"] = json!(standing.iter().map(|s| s.wait).collect::<Vec<_>>());
    }
    file.note("promised", &who, when, &body);
    Ok(())
}

/// One promise of the case that is still to be kept, with its clock.
async fn running(
    tx: &mut Tx,
    file: &CaseFile,
    wait: i64,
) -> Result<Result<(usize, PromiseRow), CaseworkError>, StoreError> {
    let rows = promise::of_case(tx, &file.case.brand_id, &file.case.id).await?;
    let row = rows.into_iter().find(|p| p.wait == wait);
    Ok(file.running_promise(wait).zip(row).ok_or(CaseworkError::NotFound))
}

fn reasoned(reason: &str) -> Result<&str, CaseworkError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX {
        return invalid(
            "reason",
            format!("say in a few words why, in at most {REASON_CHARS_MAX} characters"),
        );
    }
    Ok(reason)
}

/// A promise was kept, now: in time, or late.
async fn keep(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    wait: i64,
) -> Result<Result<(), CaseworkError>, StoreError> {
    let (at, row) = match running(tx, file, wait).await? {
        Ok(found) => found,
        Err(refused) => return Ok(Err(refused)),
    };
    let when = When::now(asked.now);
    file.keep_promise(at, "kept", when)?;
    let body = json!({ "wait": wait, "promise": row.id, "content": row.words_id });
    file.note("promise_kept", &Who::Person(asked.actor.person.clone()), when, &body);
    Ok(Ok(()))
}

/// A promise is due at another time. What contradicts that is asked about, as when one is made.
async fn later(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    (wait, due, reason, beside): (i64, Timestamp, &str, &Beside),
) -> Result<Result<(), CaseworkError>, StoreError> {
    let reason = match reasoned(reason) {
        Ok(reason) => reason,
        Err(wrong) => return Ok(Err(wrong)),
    };
    let (at, row) = match running(tx, file, wait).await? {
        Ok(found) => found,
        Err(refused) => return Ok(Err(refused)),
    };
    let words = answer::contents(tx, &[row.content_id()]).await?;
    let new = NewPromise {
        text: words.into_iter().next().map(|w| w.1).unwrap_or_default(),
        due,
        owed_by: row.owed_by.clone(),
        act: row.act.clone(),
        beside: beside.clone(),
        ..NewPromise::default()
    };
    if let Some(wrong) = mistake(&NewPromise { text: "-".to_owned(), ..new.clone() }, asked.now) {
        return Ok(Err(wrong));
    }
    let mut standing = standing(tx, file, due, &row.act).await?;
    standing.retain(|s| s.wait != wait);
    if *beside == Beside::Ask && !standing.is_empty() {
        return Ok(Err(CaseworkError::Promise(vec![proposal(&new, standing)])));
    }
    let (who, when) = (Who::Person(asked.actor.person.clone()), When::now(asked.now));
    if *beside == Beside::Replace {
        replace(file, &standing, (due, &row.to_whom), (&who, when))?;
    }
    let was = file.clocks[at].due_at;
    file.move_promise(at, due, LATER, when)?;
    let body = json!({
        "wait": wait, "promise": row.id, "content": row.words_id, "was": was, "until": due.millis(), "reason": reason,
    });
    file.note("promise_later", &who, when, &body);
    Ok(Ok(()))
}

/// A promise will not be kept, as somebody says.
async fn give_up(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    wait: i64,
    reason: &str,
) -> Result<Result<(), CaseworkError>, StoreError> {
    let reason = match reasoned(reason) {
        Ok(reason) => reason,
        Err(wrong) => return Ok(Err(wrong)),
    };
    let (at, row) = match running(tx, file, wait).await? {
        Ok(found) => found,
        Err(refused) => return Ok(Err(refused)),
    };
    let when = When::now(asked.now);
    file.break_promise(at, when)?;
    let body = json!({ "wait": wait, "promise": row.id, "content": row.words_id, "reason": reason });
    file.note("promise_given_up", &Who::Person(asked.actor.person.clone()), when, &body);
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
        return keep(tx, file, asked, wait).await;
    }
    let body = json!({ "wait": wait, "n": n, "until": row.next_at });
    let who = Who::Person(asked.actor.person.clone());
    file.note("call_not_reached", &who, When::now(asked.now), &body);
    Ok(Ok(()))
}

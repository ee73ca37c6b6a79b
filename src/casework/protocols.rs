//! Protocols at work: proposed by words and labels, begun by a person, told, taken, done step by step, ended with a reason.
//!
//! What [`crate::domain::protocol`] decides is carried out here in the transaction of the act, with what follows: answers
//! that have not left are called off, evidence is held, a deadline runs as a promise of its own. The team hears of an alarm
//! before anybody confirmed it, and again until somebody takes it.

mod gate;
mod proposing;
mod telling;

pub(super) use gate::{gate, is_locked, not_again};
pub use proposing::propose;

use super::allowing::NO_PERSON;
use super::answering::invalid;
use super::{Asked, CaseworkError, REASON_CHARS_MAX, withdrawing};
use crate::casefile::{CaseFile, StepError, When, Who};
use crate::catalogue::Catalogue;
use crate::clock::Mint;
use crate::domain::clocks::ObligationState;
use crate::domain::ids::{ActionId, ProtocolId};
use crate::domain::promise::whom::ToWhom;
use crate::domain::protocol::{
    NO_FURTHER, NO_FURTHER_AGREED, ProtocolEvent, ProtocolKind, ProtocolRule, ProtocolState, StepRole,
    missing, next,
};
use crate::domain::role::Right;
use crate::domain::time::{Span, Timestamp};
use crate::store::hold::{self, HoldRow};
use crate::store::promise::PromiseRow;
use crate::store::protocol::{self as store, ProtocolRow, StepRow};
use crate::store::rows::ActionRow;
use crate::store::{StoreError, Tx, answer, promise};
use serde_json::json;

/// Longest note of a step, in characters.
pub const NOTE_CHARS_MAX: usize = 2_000;
/// Most protocols that one round looks at.
const ROUND: i64 = 200;
/// Where a promise comes from that is the deadline of a protocol.
pub const ORIGIN: &str = "protocol";

/// What a person does about a protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProtocolAct {
    /// Begin it: one that is proposed, or one that nobody proposed.
    Start {
        /// Which.
        kind: ProtocolKind,
    },
    /// It is not needed.
    Decline {
        /// Which.
        kind: ProtocolKind,
        /// Why; must not be empty.
        reason: String,
    },
    /// Take it: nobody is called any more.
    Take {
        /// Which.
        kind: ProtocolKind,
    },
    /// A step was done.
    Step {
        /// Which protocol.
        kind: ProtocolKind,
        /// The step by its code.
        step: String,
        /// What was found or done.
        note: String,
    },
    /// It is over.
    End {
        /// Which.
        kind: ProtocolKind,
        /// Why; must not be empty.
        reason: String,
        /// It was a false alarm: its notes need not be filled.
        false_alarm: bool,
    },
}

impl ProtocolAct {
    /// The word in the audit.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Start { .. } => "protocol.start",
            Self::Decline { .. } => "protocol.decline",
            Self::Take { .. } => "protocol.take",
            Self::Step { .. } => "protocol.step",
            Self::End { .. } => "protocol.end",
        }
    }

    const fn kind(&self) -> ProtocolKind {
        match self {
            Self::Start { kind }
            | Self::Decline { kind, .. }
            | Self::Take { kind }
            | Self::Step { kind, .. }
            | Self::End { kind, .. } => *kind,
        }
    }
}

type Done = Result<Result<Vec<ActionRow>, CaseworkError>, StoreError>;

#[expect(clippy::unnecessary_wraps, reason = "each step gives a refusal as a value, and may fail")]
fn refused<T>(why: impl Into<String>) -> Result<Result<T, CaseworkError>, StoreError> {
    Ok(Err(CaseworkError::Refused(why.into())))
}

/// The kind and state of a row, if we know them.
pub fn standing(row: &ProtocolRow) -> Option<(ProtocolKind, ProtocolState)> {
    Some((ProtocolKind::from_code(&row.kind)?, ProtocolState::from_code(&row.state)?))
}

/// Whether the press's protocol runs on a case: then it is about the press, whatever triage says.
pub(super) async fn is_for_the_press(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<bool, StoreError> {
    let rows = store::of_case(tx, brand_id, case_id).await?;
    let runs = |(kind, state): (ProtocolKind, ProtocolState)| kind == ProtocolKind::Press && state.locks();
    Ok(rows.iter().filter_map(standing).any(runs))
}

/// What runs on a case with the steps that were done.
struct Running {
    row: ProtocolRow,
    kind: ProtocolKind,
    state: ProtocolState,
    done: Vec<String>,
}

async fn running(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<Vec<Running>, StoreError> {
    let rows = store::of_case(tx, brand_id, case_id).await?;
    let open: Vec<ProtocolRow> = rows.into_iter().filter(|r| r.open == 1).collect();
    if open.is_empty() {
        return Ok(Vec::new());
    }
    let steps = store::steps_of(tx, brand_id, case_id).await?;
    let one = |row: ProtocolRow| {
        let (kind, state) = standing(&row)?;
        let done = steps.iter().filter(|s| s.protocol_id == row.id).map(|s| s.step.clone()).collect();
        Some(Running { row, kind, state, done })
    };
    Ok(open.into_iter().filter_map(one).collect())
}

impl Asked {
    fn speaks_to_press(&self) -> bool {
        self.may(Right::AnswerPress)
    }
}

fn name(kind: ProtocolKind) -> String {
    kind.code().replace('_', " ")
}

/// What is done about a protocol.
pub(super) async fn act(tx: &mut Tx, file: &mut CaseFile, asked: &Asked, act: &ProtocolAct) -> Done {
    let kind = act.kind();
    let rows = running(tx, &asked.brand_id, &asked.case_id).await?;
    let found = rows.into_iter().find(|r| r.kind == kind);
    let event = match act {
        ProtocolAct::Start { .. } => ProtocolEvent::Start,
        ProtocolAct::Decline { .. } => ProtocolEvent::Decline,
        ProtocolAct::Take { .. } => ProtocolEvent::Take,
        ProtocolAct::Step { .. } => ProtocolEvent::Step,
        ProtocolAct::End { .. } => ProtocolEvent::End,
    };
    let state = match next(found.as_ref().map(|f| f.state), event) {
        Ok(state) => state,
        Err(why) => return refused(why.to_string()),
    };
    if let ProtocolAct::Decline { reason, .. } | ProtocolAct::End { reason, .. } = act {
        let n = reason.trim().chars().count();
        if n == 0 || n > REASON_CHARS_MAX {
            return Ok(invalid("reason", format!("say in 1 to {REASON_CHARS_MAX} characters why")));
        }
    }
    match (act, found) {
        (ProtocolAct::Start { kind }, found) => start(tx, file, asked, (*kind, found.map(|f| f.row))).await,
        (_, None) => Ok(Err(CaseworkError::NotFound)),
        (ProtocolAct::Decline { reason, .. }, Some(f)) => {
            over(tx, file, asked, f.row, (state, event, reason)).await
        }
        (ProtocolAct::Take { .. }, Some(f)) => {
            if !may_lead(asked, f.kind) {
                return refused("it is taken by a lead, or by who speaks to the press where that asks");
            }
            let mut row = f.row;
            take(file, asked, &mut row)?;
            store::put(tx, &row).await?;
            Ok(Ok(Vec::new()))
        }
        (ProtocolAct::Step { step, note, .. }, Some(f)) => do_step(tx, file, asked, f, (step, note)).await,
        (ProtocolAct::End { reason, false_alarm, .. }, Some(f)) => {
            end(tx, file, asked, f, (state, event, reason, *false_alarm)).await
        }
    }
}

/// Whether somebody may take a protocol and end it.
fn may_lead(asked: &Asked, kind: ProtocolKind) -> bool {
    asked.actor.lead
        || (kind == ProtocolKind::Press && asked.speaks_to_press())
        || kind == ProtocolKind::Troll
}

fn rule_of(catalogue: &Catalogue, brand_id: &str, kind: ProtocolKind) -> ProtocolRule {
    let rules = catalogue.brand(brand_id).map_or(&[][..], |w| w.brand.protocols.as_slice());
    ProtocolRule::of(rules, kind)
}

fn blank(
    mint: &Mint,
    (brand_id, case_id): (&str, &str),
    kind: ProtocolKind,
    origin: &str,
    now: Timestamp,
) -> ProtocolRow {
    ProtocolRow {
        id: mint.id(now, ProtocolId::new).to_string(),
        brand_id: brand_id.to_owned(),
        case_id: case_id.to_owned(),
        kind: kind.code().to_owned(),
        state: ProtocolState::Proposed.code().to_owned(),
        open: 1,
        origin: origin.to_owned(),
        proposed_at: now.millis(),
        started_at: None,
        started_by: None,
        taken_at: None,
        taken_by: None,
        ended_at: None,
        ended_by: None,
        wait: None,
        again_at: None,
        told: 0,
    }
}

fn note(file: &mut CaseFile, who: &Who, now: Timestamp, event: ProtocolEvent, body: &serde_json::Value) {
    file.note(event.code(), who, When::now(now), body);
}

fn person(asked: &Asked) -> Who {
    Who::Person(asked.actor.person.clone())
}

/// Begins a protocol: what has not left is called off, evidence is held, its deadline runs, and it is told.
async fn start(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    (kind, found): (ProtocolKind, Option<ProtocolRow>),
) -> Done {
    if file.case.open == 0 {
        return refused("the case is over; reopen it first");
    }
    let (now, rule) = (asked.now, rule_of(&asked.catalogue, &asked.brand_id, kind));
    let of = (asked.brand_id.as_str(), asked.case_id.as_str());
    let mut row = found.unwrap_or_else(|| blank(&asked.mint, of, kind, "person", now));
    ProtocolState::Running.code().clone_into(&mut row.state);
    (row.started_at, row.started_by) = (Some(now.millis()), Some(asked.actor.person.to_string()));
    note(file, &person(asked), now, ProtocolEvent::Start, &json!({ "protocol": kind.code() }));
    let mut stopped = 0;
    for id in store::waiting_answers(tx, of.0, of.1).await? {
        let taken = withdrawing::called_off(tx, asked, &id).await?;
        if let Some(action) = taken.first() {
            // Its words are its writer's again, to be said otherwise or not at all.
            let writer = action.made_by.as_deref().filter(|by| by.starts_with("per_"));
            withdrawing::given_back(tx, file, asked, &taken, writer).await?;
            stopped += 1;
        }
    }
    if stopped > 0 {
        let body = json!({ "protocol": kind.code(), "answers": stopped });
        file.note("protocol_stopped", &person(asked), When::now(now), &body);
    }
    if kind.is_alarm() && rule.hold_days > 0 {
        hold_evidence(tx, file, asked, (kind, rule.hold_days)).await?;
    }
    if let Some(within) = rule.deadline() {
        row.wait = deadline(tx, file, asked, (kind, within)).await?;
    }
    // Who begins it and may take it has taken it.
    let taken = may_lead(asked, kind) && kind != ProtocolKind::Troll;
    if taken {
        take(file, asked, &mut row)?;
    }
    let told = (&*asked.catalogue, &*asked.mint);
    let actions = telling::tell(tx, told, &file.case, &mut row, "started", now).await?;
    if taken {
        row.again_at = None;
    }
    if !store::put(tx, &row).await? {
        // What was called off and held meanwhile is so only with it.
        return Err(StoreError::Refused("somebody began it just now".to_owned()));
    }
    Ok(Ok(actions))
}

/// Takes a protocol, and the case with it where the table of states lets it be handed on: who answers for it works on it.
fn take(file: &mut CaseFile, asked: &Asked, row: &mut ProtocolRow) -> Result<(), StoreError> {
    let me = &asked.actor.person;
    if file.case.claimed_by.as_deref() != Some(me.as_str())
        && let Err(StepError::Store(error)) = file.hand_to(me, me, true, When::now(asked.now))
    {
        return Err(error);
    }
    ProtocolState::Taken.code().clone_into(&mut row.state);
    (row.taken_at, row.taken_by) = (Some(asked.now.millis()), Some(asked.actor.person.to_string()));
    row.again_at = None;
    note(file, &person(asked), asked.now, ProtocolEvent::Take, &json!({ "protocol": row.kind }));
    Ok(())
}

/// Holds the case as evidence, unless it is held that long already.
async fn hold_evidence(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    (kind, days): (ProtocolKind, i64),
) -> Result<(), StoreError> {
    let until = asked.now.plus(Span::days(days));
    let standing = hold::standing(tx, std::slice::from_ref(&asked.case_id), asked.now).await?;
    if standing.iter().any(|h| h.until_ms >= until.millis()) {
        return Ok(());
    }
    let row = HoldRow {
        id: asked.mint.id(asked.now, ActionId::new).to_string().replace("act_", "hld_"),
        brand_id: asked.brand_id.clone(),
        case_id: asked.case_id.clone(),
        set_by: asked.actor.person.to_string(),
        set_at: asked.now.millis(),
        until_ms: until.millis(),
        ended_by: None,
        ended_at: None,
    };
    hold::add(tx, &row, &format!("evidence: protocol {}", name(kind))).await?;
    file.note("hold", &person(asked), When::now(asked.now), &json!({ "until": until.millis() }));
    Ok(())
}

/// Begins the clock of the last step, as a promise of its own. Gives its wait.
async fn deadline(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    (kind, within): (ProtocolKind, Span),
) -> Result<Option<i64>, StoreError> {
    let Some(watched) = asked.catalogue.brand(&asked.brand_id) else { return Ok(None) };
    let (now, due) = (asked.now, asked.now.plus(within));
    let wait = file.open_promise(due, now, now, &watched.policy);
    let owed = if kind == ProtocolKind::Press { "communications" } else { "webcare" };
    let (id, words_id) = PromiseRow::named(&asked.case_id, wait);
    let row = PromiseRow {
        case_id: asked.case_id.clone(),
        wait,
        brand_id: asked.brand_id.clone(),
        owed_by: owed.to_owned(),
        made_by: asked.actor.person.to_string(),
        made_at: now.millis(),
        act: String::new(),
        origin: ORIGIN.to_owned(),
        link_id: None,
        action_id: None,
        id,
        words_id,
        answer: None,
        to_whom: ToWhom::Reporter.code().to_owned(),
    };
    promise::put(tx, &row).await?;
    let words = format!("protocol {}", name(kind));
    answer::put_content(tx, &row.content_id(), &file.case.author_id, "promise", &words).await?;
    Ok(Some(wait))
}

/// Notes a step as done.
async fn do_step(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    found: Running,
    (code, text): (&str, &str),
) -> Done {
    let (kind, now, text) = (found.kind, asked.now, text.trim());
    let Some(step) = kind.step(code) else {
        let known: Vec<&str> = kind.steps().iter().map(|s| s.code).collect();
        return Ok(invalid("step", format!("'{code}' is no step of it; there are {}", known.join(", "))));
    };
    let may = match step.role {
        StepRole::Anybody | StepRole::TwoPeople => true,
        StepRole::Lead => asked.actor.lead,
        StepRole::Communications => asked.actor.lead || asked.speaks_to_press(),
    };
    if !may {
        return refused(format!("this step is for {}", step.role.code()));
    }
    if (step.note && text.is_empty()) || text.chars().count() > NOTE_CHARS_MAX {
        return Ok(invalid(
            "note",
            format!("say in 1 to {NOTE_CHARS_MAX} characters what was found or done"),
        ));
    }
    if step.role == StepRole::TwoPeople && asked.is_program() {
        return refused(NO_PERSON);
    }
    if code == NO_FURTHER_AGREED {
        let steps = store::steps_of(tx, &asked.brand_id, &asked.case_id).await?;
        let first = steps.iter().find(|s| s.protocol_id == found.row.id && s.step == NO_FURTHER);
        match first {
            None => return refused("somebody first says that nothing more is answered, and why"),
            Some(s) if s.done_by == asked.actor.person.as_str() => {
                return refused("a second person agrees, not the one who said it");
            }
            Some(_) => {}
        }
    }
    let done = StepRow {
        protocol_id: found.row.id.clone(),
        step: code.to_owned(),
        brand_id: asked.brand_id.clone(),
        done_at: now.millis(),
        done_by: asked.actor.person.to_string(),
    };
    if !store::add_step(tx, &done).await? {
        return refused("this step is done already");
    }
    let mut body = json!({ "protocol": kind.code(), "step": code });
    if !text.is_empty() {
        let id = found.row.note_id(code);
        answer::put_content(tx, &id, &file.case.author_id, "protocol", text).await?;
        body["content"] = json!(id);
    }
    note(file, &person(asked), now, ProtocolEvent::Step, &body);
    if let Some(at) = found.row.wait.filter(|_| step.last).and_then(|w| file.running_promise(w)) {
        file.keep_promise(at, "protocol", When::now(now))?;
    }
    if code == NO_FURTHER_AGREED {
        file.void_responses(NO_FURTHER, When::now(now))?;
    }
    Ok(Ok(Vec::new()))
}

/// Ends a protocol that ran.
async fn end(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    found: Running,
    (state, event, reason, false_alarm): (ProtocolState, ProtocolEvent, &str, bool),
) -> Done {
    if !may_lead(asked, found.kind) {
        return refused("it is ended by a lead, or by who speaks to the press where that asked");
    }
    let done: Vec<&str> = found.done.iter().map(String::as_str).collect();
    let missing = missing(found.kind, &done);
    if !(missing.is_empty() || false_alarm && asked.actor.lead) {
        let why = format!("first say {}; a lead may end a false alarm without", missing.join(", "));
        return refused(why.replace('_', " "));
    }
    over(tx, file, asked, found.row, (state, event, reason)).await
}

/// It is over: its deadline ends without result if it still runs.
async fn over(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    mut row: ProtocolRow,
    (state, event, reason): (ProtocolState, ProtocolEvent, &str),
) -> Done {
    finish(tx, file, &mut row, (state, asked.actor.person.as_str()), asked.now).await?;
    let body = json!({ "protocol": row.kind, "reason": reason.trim() });
    note(file, &person(asked), asked.now, event, &body);
    Ok(Ok(Vec::new()))
}

async fn finish(
    tx: &mut Tx,
    file: &mut CaseFile,
    row: &mut ProtocolRow,
    (state, by): (ProtocolState, &str),
    now: Timestamp,
) -> Result<(), StoreError> {
    state.code().clone_into(&mut row.state);
    row.open = 0;
    (row.ended_at, row.ended_by, row.again_at) = (Some(now.millis()), Some(by.to_owned()), None);
    if let Some(at) = row.wait.and_then(|w| file.running_promise(w)) {
        file.end_promise(at, ObligationState::Void, "protocol", When::now(now))?;
    }
    store::put(tx, row).await?;
    Ok(())
}

//! The clocks of a case brought in line with the waits that its messages and answers make.
//!
//! Waits are found anew from all messages and answers each time, so what came in late changes them
//! as if it had come in time: a wait may begin earlier, end earlier, or turn out to be two.

use super::{Answer, Wait, waits};
use crate::casefile::{CaseFile, MOVED, When};
use crate::domain::clocks::{Obligation, ObligationKind, ObligationState};
use crate::domain::judgement::Level;
use crate::domain::policy::{Policy, Promise, Selector};
use crate::domain::scope::Message;
use crate::domain::time::Timestamp;
use crate::store::StoreError;
use crate::store::intake::CaseMessage;
use crate::store::rows::ObligationRow;
use std::collections::BTreeSet;

/// Why a clock ended whose message needs no answer after all: a person said so. It says nothing of
/// the messages that come later, and it runs again if a person says otherwise.
pub const NO_ANSWER: &str = "no_answer_needed";

/// Brings the clocks in line with the waits that messages and answers make at `now`; what is new
/// runs under `policy`. With `answer_removed` a wait whose answer is gone runs on.
pub fn run_clocks(
    now: Timestamp,
    file: &mut CaseFile,
    policy: &(i64, Policy),
    messages: &[CaseMessage],
    answers: &[Answer],
    answer_removed: bool,
) -> Result<(), StoreError> {
    let ends: Vec<Timestamp> = file
        .clocks
        .iter()
        .filter(|o| o.state == ObligationState::Void.code() && !by_itself(o))
        // A promise that was called off ended nothing but itself, and so does a complaint.
        .filter(|o| !ObligationKind::from_code(&o.kind).is_some_and(ObligationKind::is_apart))
        .filter_map(|o| o.ended_at.map(Timestamp))
        .collect();
    let begun: BTreeSet<String> = file.clocks.iter().filter_map(|o| o.mention_id.clone()).collect();
    // A clock that runs stays, whatever the scope says of its message now.
    let is_covered =
        |m: &CaseMessage| begun.contains(&m.mention_id) || covers(&policy.1, file.case.selector(), m);
    let waits = waits(messages, answers, &ends, is_covered);
    let mut left: Vec<usize> = Vec::new();
    let mut matched = BTreeSet::new();
    for (n, wait) in waits.iter().enumerate() {
        match find_wait(file, &wait.mention_id) {
            Some(at) => {
                matched.insert(file.clocks[at].wait);
                let same = file.clocks[at].kind == kind_of(wait).code();
                let at = if same { at } else { begin_anew(now, file, at, wait, &policy.1, messages)? };
                if is_unneeded(&file.clocks[at]) {
                    file.revive(at, "corrected", now)?;
                }
                let at = find_wait(file, &wait.mention_id).unwrap_or(at);
                if answer_removed && wait.answered.is_none() && is_answered(&file.clocks[at]) {
                    file.revive(at, "answer_removed", now)?;
                }
                end_wait(now, file, at, wait)?;
            }
            None => left.push(n),
        }
    }
    for at in spare_waits(file, &matched) {
        // The wait in whose time its message stands now, if that has no clock yet.
        let start = Timestamp(file.clocks[at].started_at);
        let owner = waits.iter().rposition(|w| w.start <= start);
        match left.iter().position(|n| Some(*n) == owner) {
            Some(place) => {
                let wait = &waits[left.remove(place)];
                let at = begin_anew(now, file, at, wait, &policy.1, messages)?;
                end_wait(now, file, at, wait)?;
            }
            None => join(now, file, at)?,
        }
    }
    for n in left {
        open_wait(now, file, policy, &waits[n], messages)?;
    }
    open_resolutions(now, file, policy, messages)
}

/// Whether a promise covers a message of a case of this language and channel.
pub fn covers(policy: &Policy, on: Selector, message: &CaseMessage) -> bool {
    let facts = Message {
        handles: Some(&message.handles),
        source: Some(&message.source),
        kind: Some(&message.kind),
        language: on.language,
        channel: on.channel,
        level: Some(Level::from_number(message.level)),
        private: Some(message.private == 1),
    };
    policy.covers(&facts).is_ok()
}

/// Whether a clock was voided by what messages were found to be, not by somebody who ended the case.
pub(super) fn by_itself(row: &ObligationRow) -> bool {
    matches!(row.ended_by.as_deref(), Some("joined" | NO_ANSWER | MOVED))
}

/// Whether a clock ended because a person said that no answer is needed, or because its message stood
/// in another case for a time: it runs again if its message begins a wait after all.
fn is_unneeded(row: &ObligationRow) -> bool {
    row.state == ObligationState::Void.code() && matches!(row.ended_by.as_deref(), Some(NO_ANSWER | MOVED))
}

/// Whether a clock was ended by an answer.
fn is_answered(row: &ObligationRow) -> bool {
    matches!(ObligationState::from_code(&row.state), ObligationState::Kept | ObligationState::Broken)
}

const fn kind_of(wait: &Wait) -> ObligationKind {
    if wait.first { ObligationKind::FirstResponse } else { ObligationKind::NextResponse }
}

/// An open clock whose message turned out to be part of another wait.
fn join(now: Timestamp, file: &mut CaseFile, at: usize) -> Result<(), StoreError> {
    if !ObligationState::from_code(&file.clocks[at].state).is_open() {
        return Ok(());
    }
    file.with_clock(at, When::now(now), |o| {
        o.end(ObligationState::Void, now);
        Vec::new()
    })?;
    file.clocks[at].ended_by = Some("joined".to_owned());
    Ok(())
}

/// The last part of the wait that a message began.
fn find_wait(file: &CaseFile, mention_id: &str) -> Option<usize> {
    file.clocks.iter().rposition(|o| {
        o.mention_id.as_deref() == Some(mention_id) && o.state != ObligationState::Superseded.code()
    })
}

/// Response clocks that no message begins any more, in their order: an earlier message came late.
/// What people ended stays as they left it.
fn spare_waits(file: &CaseFile, matched: &BTreeSet<i64>) -> Vec<usize> {
    let spare = |at: &usize| {
        let o = &file.clocks[*at];
        let state = ObligationState::from_code(&o.state);
        ObligationKind::from_code(&o.kind).is_some_and(ObligationKind::is_response)
            && (state.is_open() || matches!(state, ObligationState::Kept | ObligationState::Broken))
            && !matched.contains(&o.wait)
    };
    (0..file.clocks.len()).filter(spare).collect()
}

fn open_wait(
    now: Timestamp,
    file: &mut CaseFile,
    policy: &(i64, Policy),
    wait: &Wait,
    messages: &[CaseMessage],
) -> Result<(), StoreError> {
    let levels = levels(messages, wait.start, wait.answered.as_ref());
    match open_clock(file, policy, (kind_of(wait), Some(&wait.mention_id)), &levels)? {
        Some(at) => end_wait(now, file, at, wait),
        None => Ok(()),
    }
}

/// How urgent a case was when a wait began, and from when on more so, until its answer.
fn levels(messages: &[CaseMessage], start: Timestamp, answer: Option<&Answer>) -> Vec<(Timestamp, Level)> {
    let mut found: Vec<(Timestamp, Level)> = Vec::new();
    for message in messages {
        let (at, level) = (Timestamp(message.posted_at).max(start), Level::from_number(message.level));
        if answer.is_some_and(|a| a.at < at) {
            break;
        }
        match found.last_mut() {
            Some((_, last)) if *last <= level => {}
            Some((since, last)) if *since == at => *last = level,
            _ => found.push((at, level)),
        }
    }
    found
}

/// Opens a clock by how urgent the case was when its wait began; what made it more urgent later counts from then. Where
/// nothing was promised at first, it begins when something is.
fn open_clock(
    file: &mut CaseFile,
    policy: &(i64, Policy),
    (kind, mention): (ObligationKind, Option<&str>),
    levels: &[(Timestamp, Level)],
) -> Result<Option<usize>, StoreError> {
    for (n, (since, level)) in levels.iter().enumerate() {
        let on = Selector { level: *level, ..file.case.selector() };
        if let Some(at) = file.open_wait_on(kind, mention, *since, policy, on) {
            return file.raise_through(at, &levels[n + 1..]).map(Some);
        }
    }
    Ok(None)
}

/// Ends a wait by its answer, or earlier than thought if an earlier answer turned up; what had
/// been recorded after the answer is annulled, never deleted.
fn end_wait(now: Timestamp, file: &mut CaseFile, at: usize, wait: &Wait) -> Result<(), StoreError> {
    let Some(answer) = &wait.answered else { return Ok(()) };
    let old = file.obligation(at)?;
    let later = match old.state {
        ObligationState::Running | ObligationState::Held => true,
        ObligationState::Kept | ObligationState::Broken => {
            old.ended_at.is_some_and(|ended| answer.at < ended)
        }
        _ => false,
    };
    if !later {
        return Ok(());
    }
    let recorded = usize::try_from(old.stages_done).unwrap_or(0);
    let stages = old.warn_at.iter().chain([&old.due_at]);
    if stages.take(recorded).any(|stage| *stage >= answer.at) {
        file.annulled.push((old.wait, answer.at, answer.own_post_id.clone()));
    }
    let when = When { at: answer.at, now };
    file.with_clock(at, when, |o| {
        if !o.state.is_open() {
            o.state = ObligationState::Running;
        }
        o.fulfil(answer.at)
    })?;
    file.clocks[at].ended_by = Some(answer.own_post_id.clone());
    Ok(())
}

/// The wait begins with another message than thought, or is another kind of wait, for something
/// earlier came in late. Its stages are found anew; what was recorded is put right, never deleted. Gives the place of its
/// last part.
fn begin_anew(
    now: Timestamp,
    file: &mut CaseFile,
    at: usize,
    wait: &Wait,
    current: &Policy,
    messages: &[CaseMessage],
) -> Result<usize, StoreError> {
    let policy = file.policy_of(at).unwrap_or_else(|| current.clone());
    let old = file.obligation(at)?;
    let levels = levels(messages, wait.start, wait.answered.as_ref());
    // As in a wait that opens: it begins when something is promised.
    let begun = levels.iter().enumerate().find_map(|(n, (since, level))| {
        let on = Selector { level: *level, ..file.case.selector() };
        policy.target(kind_of(wait), &on).map(|promise| (n + 1, *since, promise))
    });
    let (rest, since, promise) = begun.unwrap_or_else(|| {
        let promise = Promise { span: old.target, hours: old.hours.clone() };
        (levels.len(), wait.start, promise)
    });
    let mut fresh = Obligation::open(kind_of(wait), old.wait, since, promise, &policy);
    fresh.part = old.part;
    let until = wait.answered.as_ref().map_or(now, |answer| answer.at);
    if let Some(answer) = wait.answered.as_ref().filter(|_| old.stages_done > 0) {
        file.annulled.push((old.wait, answer.at, answer.own_post_id.clone()));
    }
    let raises = levels.get(rest..).unwrap_or_default();
    let unraised = raises.first().map_or(until, |(since, _)| until.min(*since));
    file.with_clock(at, When { at: until, now }, |o| {
        *o = fresh;
        o.fall_due(unraised.min(now))
    })?;
    file.clocks[at].mention_id = Some(wait.mention_id.clone());
    file.clocks[at].ended_by = None;
    let last = file.raise_through(at, raises)?;
    file.with_clock(last, When { at: until, now }, |o| o.fall_due(until.min(now)))?;
    Ok(last)
}

/// The resolution clocks begin with the first covered message that needs an answer.
fn open_resolutions(
    now: Timestamp,
    file: &mut CaseFile,
    policy: &(i64, Policy),
    messages: &[CaseMessage],
) -> Result<(), StoreError> {
    let asks = |m: &&CaseMessage| m.needs_answer == 1 && m.historic == 0;
    let Some(first) = messages.iter().find(|m| asks(m) && covers(&policy.1, file.case.selector(), m)) else {
        return Ok(());
    };
    let start = Timestamp(first.posted_at);
    for kind in [ObligationKind::FirstResolution, ObligationKind::TotalResolution] {
        // One that ended because an earlier message needs no answer is not that of this message.
        let begun = |o: &ObligationRow| !is_unneeded(o) || o.started_at >= start.millis();
        let standing = file.clocks.iter().rposition(|o| o.kind == kind.code() && begun(o));
        match standing {
            None => {
                let opened = open_clock(file, policy, (kind, None), &levels(messages, start, None))?;
                let Some(at) = opened else { continue };
                let state = file.case.case_state()?;
                if state.holds_resolution() {
                    let since = Timestamp(file.case.state_since).max(start);
                    file.with_clock(at, When::now(now), |o| {
                        o.hold(since);
                        Vec::new()
                    })?;
                }
            }
            Some(at) if is_unneeded(&file.clocks[at]) => {
                file.revive(at, "corrected", now)?;
                let (last, held) = (file.clocks.len() - 1, file.case.case_state()?.holds_resolution());
                if held {
                    let since = Timestamp(file.case.state_since).max(start);
                    file.with_clock(last, When::now(now), |o| {
                        o.hold(since);
                        Vec::new()
                    })?;
                }
            }
            Some(at) if file.clocks[at].started_at > start.millis() && file.clocks[at].ended_at.is_none() => {
                file.with_clock(at, When::now(now), |o| {
                    o.begin_earlier(start);
                    Vec::new()
                })?;
            }
            Some(_) => {}
        }
    }
    Ok(())
}

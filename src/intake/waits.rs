//! The clocks of a case brought in line with the waits that its messages and answers make.
//!
//! Waits are found anew from all messages and answers each time, so what came in late changes them
//! as if it had come in time: a wait may begin earlier, end earlier, or turn out to be two.

use super::covered;
use super::fold::{self, Answer, Wait};
use super::plan::Planner;
use crate::casefile::{CaseFile, When};
use crate::catalogue::Watched;
use crate::domain::clocks::{Obligation, ObligationKind, ObligationState};
use crate::domain::policy::Promise;
use crate::domain::time::Timestamp;
use crate::store::StoreError;
use crate::store::intake::CaseMessage;
use crate::store::rows::ObligationRow;
use std::collections::BTreeSet;

/// Brings the clocks in line with the waits that messages and answers make.
pub fn run_clocks(
    p: &Planner<'_>,
    file: &mut CaseFile,
    watched: &Watched,
    messages: &[CaseMessage],
    answers: &[Answer],
    answer_removed: bool,
) -> Result<(), StoreError> {
    let ends: Vec<Timestamp> = file
        .clocks
        .iter()
        .filter(|o| o.state == ObligationState::Void.code() && o.ended_by.as_deref() != Some("joined"))
        .filter_map(|o| o.ended_at.map(Timestamp))
        .collect();
    let begun: BTreeSet<String> = file.clocks.iter().filter_map(|o| o.mention_id.clone()).collect();
    // A clock that runs stays, whatever the scope says of its message now.
    let covers = |m: &CaseMessage| begun.contains(&m.mention_id) || covered::covers(watched, &file.case, m);
    let waits = fold::waits(messages, answers, &ends, covers);
    let mut left: Vec<usize> = Vec::new();
    let mut matched = BTreeSet::new();
    for (n, wait) in waits.iter().enumerate() {
        match find_wait(file, &wait.mention_id) {
            Some(at) => {
                matched.insert(file.clocks[at].wait);
                if file.clocks[at].kind != kind_of(wait).code() {
                    begin_anew(p, file, at, wait, watched)?;
                }
                if answer_removed && wait.answered.is_none() && is_answered(&file.clocks[at]) {
                    file.revive(at, "answer_removed", p.now)?;
                }
                end_wait(p, file, at, wait)?;
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
                begin_anew(p, file, at, wait, watched)?;
                end_wait(p, file, at, wait)?;
            }
            None => join(p, file, at)?,
        }
    }
    for n in left {
        open_wait(p, file, watched, &waits[n])?;
    }
    open_resolutions(p, file, watched, messages)
}

/// Whether a clock was ended by an answer.
fn is_answered(row: &ObligationRow) -> bool {
    matches!(ObligationState::from_code(&row.state), ObligationState::Kept | ObligationState::Broken)
}

const fn kind_of(wait: &Wait) -> ObligationKind {
    if wait.first { ObligationKind::FirstResponse } else { ObligationKind::NextResponse }
}

/// An open clock whose message turned out to be part of another wait.
fn join(p: &Planner<'_>, file: &mut CaseFile, at: usize) -> Result<(), StoreError> {
    if !ObligationState::from_code(&file.clocks[at].state).is_open() {
        return Ok(());
    }
    file.with_clock(at, When::now(p.now), |o| {
        o.end(ObligationState::Void, p.now);
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

fn open_wait(p: &Planner<'_>, file: &mut CaseFile, watched: &Watched, wait: &Wait) -> Result<(), StoreError> {
    match file.open_wait(kind_of(wait), Some(&wait.mention_id), wait.start, &watched.policy) {
        Some(at) => end_wait(p, file, at, wait),
        None => Ok(()),
    }
}

/// Ends a wait by its answer, or earlier than thought if an earlier answer turned up; what had
/// been recorded after the answer is annulled, never deleted.
fn end_wait(p: &Planner<'_>, file: &mut CaseFile, at: usize, wait: &Wait) -> Result<(), StoreError> {
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
    let when = When { at: answer.at, now: p.now };
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
/// earlier came in late. Its stages are found anew; what was recorded is put right, never deleted.
fn begin_anew(
    p: &Planner<'_>,
    file: &mut CaseFile,
    at: usize,
    wait: &Wait,
    watched: &Watched,
) -> Result<(), StoreError> {
    let policy = file.policy_of(at).unwrap_or_else(|| watched.policy.1.clone());
    let old = file.obligation(at)?;
    let promise = Promise { span: old.target, hours: old.hours.clone() };
    let mut fresh = Obligation::open(kind_of(wait), old.wait, wait.start, promise, &policy);
    fresh.part = old.part;
    let until = wait.answered.as_ref().map_or(p.now, |answer| answer.at);
    if let Some(answer) = wait.answered.as_ref().filter(|_| old.stages_done > 0) {
        file.annulled.push((old.wait, answer.at, answer.own_post_id.clone()));
    }
    file.with_clock(at, When { at: until, now: p.now }, |o| {
        *o = fresh;
        o.fall_due(until.min(p.now))
    })?;
    file.clocks[at].mention_id = Some(wait.mention_id.clone());
    file.clocks[at].ended_by = None;
    Ok(())
}

/// The resolution clocks begin with the first covered message that needs an answer.
fn open_resolutions(
    p: &Planner<'_>,
    file: &mut CaseFile,
    watched: &Watched,
    messages: &[CaseMessage],
) -> Result<(), StoreError> {
    let asks = |m: &&CaseMessage| m.needs_answer == 1 && m.historic == 0;
    let Some(first) = messages.iter().find(|m| asks(m) && covered::covers(watched, &file.case, m)) else {
        return Ok(());
    };
    let start = Timestamp(first.posted_at);
    for kind in [ObligationKind::FirstResolution, ObligationKind::TotalResolution] {
        let standing = file.clocks.iter().rposition(|o| o.kind == kind.code());
        match standing {
            None => {
                let Some(at) = file.open_wait(kind, None, start, &watched.policy) else { continue };
                let state = file.case.case_state()?;
                if state.holds_resolution() {
                    let since = Timestamp(file.case.state_since).max(start);
                    file.with_clock(at, When::now(p.now), |o| {
                        o.hold(since);
                        Vec::new()
                    })?;
                }
            }
            Some(at) if file.clocks[at].started_at > start.millis() && file.clocks[at].ended_at.is_none() => {
                file.with_clock(at, When::now(p.now), |o| {
                    o.begin_earlier(start);
                    Vec::new()
                })?;
            }
            Some(_) => {}
        }
    }
    Ok(())
}

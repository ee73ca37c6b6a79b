//! A question that is left to the members of a forum first: for how long, and when that is over.
//!
//! Only what is neither urgent nor private is left to them, and only until somebody of ours takes it, its
//! answer is late, or it turns out to be more than it seemed. Its clocks run on. Pure.

use crate::domain::case::CaseState;
use crate::domain::judgement::Level;
use crate::domain::time::{Span, Timestamp};
use crate::store::rows::CaseRow;

/// Whether a case may be left to members: a question in public that nobody of ours has to do with yet, no P1
/// or P2, with nothing in it that belongs into a private channel.
pub fn may_wait(case: &CaseRow) -> bool {
    case.state == CaseState::New.code()
        && case.claimed_by.is_none()
        && case.first_answer_at.is_none()
        && case.needs_answer == 1
        && case.needs_private == 0
        && case.private == 0
        && case.historic == 0
        && case.sample == 0
        && Level::from_number(case.level) > Level::P2
}

/// Leaves a case that was just made to the members, if it may be and that is not over already; tells whether
/// it is.
pub fn begin(case: &mut CaseRow, span: Option<Span>, now: Timestamp) -> bool {
    let Some(span) = span.filter(|s| s.millis() > 0) else { return false };
    let until = Timestamp(case.opened_at).plus(span);
    let held = may_wait(case) && until > now;
    if held {
        case.held_until = Some(until.millis());
        case.snoozed_until = case.held_until;
    }
    held
}

/// Ends it for a case that may not wait any longer; otherwise it stays with the members, also when its author
/// wrote again. An earlier first message moves the end with it.
pub fn keep(case: &mut CaseRow, span: Option<Span>, now: Timestamp) {
    let Some(until) = case.held_until else { return };
    if !may_wait(case) {
        return case.end_hold();
    }
    let until = span.map_or(until, |span| until.min(Timestamp(case.opened_at).plus(span).millis()));
    case.held_until = Some(until);
    case.snoozed_until = case.held_until.filter(|until| *until > now.millis());
}

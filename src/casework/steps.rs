//! The plain steps: those that need the case and its clocks alone.

use super::{Act, Actor};
use crate::casefile::{CaseFile, StepError, When, Who};
use crate::domain::case::CaseEvent;
use crate::domain::time::{Span, Timestamp};
use serde_json::json;

pub(super) fn take(file: &mut CaseFile, actor: &Actor, act: &Act, now: Timestamp) -> Result<(), StepError> {
    let when = When::now(now);
    let who = Who::Person(actor.person.clone());
    match act {
        Act::Claim { until } => file.claim(&actor.person, *until, when),
        Act::Release => file.release(&actor.person, actor.lead, when),
        Act::AwaitCustomer => file.step(CaseEvent::AwaitCustomer, &who, when, &json!({})),
        Act::AwaitFrontOffice => file.step(CaseEvent::AwaitFrontOffice, &who, when, &json!({})),
        Act::Resolve { reason, .. } => {
            file.case.ended_why = Some(reason.trim().to_owned());
            file.step(CaseEvent::Resolve, &who, when, &json!({ "reason": reason.trim() }))
        }
        Act::Close => file.step(CaseEvent::Close, &who, when, &json!({})),
        Act::Dismiss { reason } => {
            file.case.ended_why = Some(reason.trim().to_owned());
            let last_fifth = last_fifth(file, now);
            file.step(
                CaseEvent::Dismiss,
                &who,
                when,
                &json!({ "reason": reason.trim(), "last_fifth": last_fifth }),
            )
        }
        Act::Reopen => file.step(CaseEvent::Reopen, &who, when, &json!({})),
        Act::Snooze { until } => {
            file.case.snoozed_until = Some(until.millis()).filter(|u| *u > now.millis());
            file.note("snooze", &who, when, &json!({ "until": until.millis() }));
            Ok(())
        }
        // These read and write more than the case; each has its own place.
        Act::Assign { .. }
        | Act::Answer(_)
        | Act::Undo { .. }
        | Act::Note { .. }
        | Act::Correct(_)
        | Act::Ending(_)
        | Act::Sector { .. }
        | Act::Contact { .. }
        | Act::RaiseFinding { .. }
        | Act::AttachFinding { .. }
        | Act::Moderate { .. }
        | Act::LinkTicket { .. }
        | Act::CreateTicket { .. }
        | Act::UnlinkTicket { .. }
        | Act::NotSolved { .. }
        | Act::TicketWordsGone { .. }
        | Act::Promise(_)
        | Act::CallTried { .. }
        | Act::KeepPromise { .. }
        | Act::MovePromise { .. }
        | Act::BreakPromise { .. }
        | Act::Goodwill(_)
        | Act::Complaint(_)
        | Act::Customer(_)
        | Act::DropPromise { .. }
        | Act::Private(_)
        | Act::AskPass { .. }
        | Act::Pass { .. }
        | Act::Review { .. }
        | Act::TakeBack { .. }
        | Act::Protocol(_)
        | Act::Label(_)
        | Act::Collect(_)
        | Act::Shift(_) => Ok(()),
    }
}

/// Whether a response that is owed is in the last fifth of its time: such dismissals are listed.
fn last_fifth(file: &CaseFile, now: Timestamp) -> bool {
    let open = |at: &usize| file.clocks[*at].ended_at.is_none();
    (0..file.clocks.len())
        .filter(open)
        .filter_map(|at| file.obligation(at).ok())
        .any(|o| now <= o.due_at && o.hours.between(now, o.due_at) < Span(o.target.millis() / 5))
}

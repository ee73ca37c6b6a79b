//! What a protocol that runs lets people do: who answers, who waits for a lead, and what is wanted before a case ends.

use super::super::{Act, Answer, Asked, CaseworkError, PrivateAct};
use super::{name, refused, running};
use crate::domain::protocol::{Lock, NO_FURTHER_AGREED, ProtocolKind, Writer, lock, missing};
use crate::domain::time::Timestamp;
use crate::store::protocol as store;
use crate::store::rows::ActionRow;
use crate::store::{StoreError, Tx};

const FOR_A_LEAD: &str = "a protocol runs: a lead sends what goes there";

/// Whether an act may be carried out while protocols run; `true` where what is written waits for a lead.
pub(in crate::casework) async fn gate(
    tx: &mut Tx,
    asked: &Asked,
) -> Result<Result<bool, CaseworkError>, StoreError> {
    let speaks = matches!(
        asked.act,
        Act::Answer(_)
            | Act::AskPass { .. }
            | Act::Pass { goes: true, .. }
            | Act::Private(PrivateAct::Offer { .. } | PrivateAct::Holding { .. })
    );
    let ends = asked.act.ends() || matches!(asked.act, Act::Answer(Answer { resolve: Some(_), .. }));
    if !speaks && !ends {
        return Ok(Ok(false));
    }
    let running = running(tx, &asked.brand_id, &asked.case_id).await?;
    let locked = running.iter().filter(|r| r.state.locks());
    let mut strictest = Lock::Free;
    for r in locked {
        let done: Vec<&str> = r.done.iter().map(String::as_str).collect();
        let missing = missing(r.kind, &done);
        if ends && !missing.is_empty() {
            let why = format!("the protocol '{}' runs: first say {}", r.kind.code(), missing.join(", "));
            return refused(why.replace('_', " "));
        }
        if !speaks {
            continue;
        }
        if matches!(
            asked.act,
            Act::Private(PrivateAct::Holding { .. }) | Act::Answer(Answer { many: Some(_), .. })
        ) {
            return refused(format!("a protocol runs ({}): no ready-made words go there", name(r.kind)));
        }
        let since = Timestamp(r.row.started_at.unwrap_or(r.row.proposed_at));
        let answers = store::answers_since(tx, &asked.brand_id, &asked.case_id, since).await?;
        let writer = Writer {
            lead: asked.actor.lead,
            communications: asked.speaks_to_press(),
            answers: usize::try_from(answers).unwrap_or(0),
            silent: done.contains(&NO_FURTHER_AGREED),
        };
        let found = lock(r.kind, r.state, writer);
        if found == Lock::Locked {
            return refused(why_locked(r.kind));
        }
        strictest = strictest.max(found);
    }
    match (&asked.act, strictest) {
        (Act::Answer(_) | Act::AskPass { .. }, Lock::Approval) => Ok(Ok(true)),
        (_, Lock::Approval) => refused(FOR_A_LEAD),
        _ => Ok(Ok(false)),
    }
}

/// Whether a protocol that locks runs on a case: nothing that nobody wrote for it goes there by itself.
pub(in crate::casework) async fn is_locked(
    tx: &mut Tx,
    brand_id: &str,
    case_id: &str,
) -> Result<bool, StoreError> {
    Ok(running(tx, brand_id, case_id).await?.iter().any(|r| r.state.locks()))
}

/// Why an answer that was made may not be sent once more by somebody, a lead or who speaks to the press, while
/// protocols run; nothing where it may.
pub(in crate::casework) async fn not_again(
    tx: &mut Tx,
    (action, case_id): (&ActionRow, &str),
    (lead, communications): (bool, bool),
) -> Result<Option<String>, StoreError> {
    let running = running(tx, &action.brand_id, case_id).await?;
    let payload: serde_json::Value = serde_json::from_str(&action.payload).unwrap_or_default();
    let is_ready_made = !payload["many"].is_null() || payload["handed"] == "reminder";
    for r in running.iter().filter(|r| r.state.locks()) {
        if is_ready_made {
            return Ok(Some(format!("a protocol runs ({}): no ready-made words go there", name(r.kind))));
        }
        let since = Timestamp(r.row.started_at.unwrap_or(r.row.proposed_at));
        let made = store::answers_since(tx, &action.brand_id, case_id, since).await?;
        // This one may be among them.
        let own = i64::from(action.created_at >= since.millis() && action.state != "refused");
        let writer = Writer {
            lead,
            communications,
            answers: usize::try_from(made - own).unwrap_or(0),
            silent: r.done.iter().any(|step| step == NO_FURTHER_AGREED),
        };
        match lock(r.kind, r.state, writer) {
            Lock::Free => {}
            Lock::Approval => return Ok(Some(FOR_A_LEAD.to_owned())),
            Lock::Locked => return Ok(Some(why_locked(r.kind).to_owned())),
        }
    }
    Ok(None)
}

const fn why_locked(kind: ProtocolKind) -> &'static str {
    match kind {
        ProtocolKind::Press => "the protocol for the press runs: communications or a lead answers",
        ProtocolKind::Troll => "the protocol for trolls runs: one answer was given, and nothing more is said",
        _ => "a protocol runs: nothing goes there",
    }
}

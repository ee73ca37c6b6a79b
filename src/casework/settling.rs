//! What a person says of an answer that the outbox may not decide alone: it stands there, it goes
//! again, or it is left. The console and the bot both ask here, so that both do the same.
//!
//! The decision and its event on the case's timeline go in one transaction. A decision about a
//! state that was not the one seen changes nothing.

use super::{Actor, CaseChanged, Casework, CaseworkError};
use crate::casefile::{CaseFile, When, Who};
use crate::domain::policy::Policies;
use crate::domain::role::Right;
use crate::domain::time::Timestamp;
use crate::store::outbox::{self, CUSTOMER_KINDS, Decision, TICKET_KINDS};
use crate::store::rows::ActionRow;
use crate::store::{StoreError, Tx, audit, case, console, hook, part};
use crate::telling::CREATE;
use serde_json::json;

/// What came of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settling {
    /// It was decided now.
    Settled,
    /// There was nothing to decide any more; the action as it stands.
    Already(Box<ActionRow>),
}

/// One decision with all that it needs.
#[derive(Clone)]
struct Decided {
    brand_id: String,
    action_id: String,
    seen: Option<(String, i64)>,
    decision: Decision,
    actor: Actor,
    communications: bool,
    now: Timestamp,
    policies: Policies,
}

impl Casework {
    /// Settles an action by a person's word. With `seen`, only while it is in this state and after exactly so many
    /// attempts: a view that is older decides nothing, for what went again meanwhile would go once more.
    pub async fn settle(
        &self,
        brand_id: &str,
        action_id: &str,
        seen: Option<(&str, i64)>,
        decision: Decision,
        actor: &Actor,
    ) -> Result<Settling, CaseworkError> {
        let word = match decision {
            Decision::Done => "outbox.done",
            Decision::Again => "outbox.again",
            Decision::Cancel => "outbox.cancel",
        };
        self.require(actor, Right::Answer, word, (brand_id, action_id)).await?;
        let (at, effect) = (brand_id.to_owned(), action_id.to_owned());
        let asked = self.db.read("reading an action", move |tx| {
            Box::pin(async move { console::action(tx, &at, &effect).await })
        });
        // What goes to programs is settled by who steers, by every door.
        if asked.await?.is_some_and(|a| a.kind == hook::KIND) {
            self.require(actor, Right::Steer, word, (brand_id, action_id)).await?;
        }
        let decided = Decided {
            brand_id: brand_id.to_owned(),
            action_id: action_id.to_owned(),
            seen: seen.map(|(state, attempts)| (state.to_owned(), attempts)),
            decision,
            actor: actor.clone(),
            communications: self.caller_of(actor).role.is_some_and(|role| role.may(Right::AnswerPress)),
            now: self.clock.now(),
            policies: self.catalogue.get().policies.clone(),
        };
        let entry = self.done(actor, word, (brand_id, action_id));
        let done = self.db.write_again("settling an action", move |tx| {
            let decided = decided.clone();
            let entry = entry.clone();
            Box::pin(async move {
                let done = one(tx, &decided).await?;
                if matches!(done, Ok(Some((Settling::Settled, _)))) {
                    audit::append(tx, &entry, decided.now).await?;
                }
                Ok(done)
            })
        });
        let done = match done.await? {
            Err(error @ CaseworkError::Refused(_)) => {
                return self.noted_refusal(actor, word, (brand_id, action_id), error).await;
            }
            done => done?,
        };
        let Some((settling, case_id)) = done else { return Err(CaseworkError::NotFound) };
        self.outbox.notify_waiters();
        if let Some(case_id) = case_id {
            // Nobody listening is fine: pages and cards also look by themselves.
            let _ = self.changed.send(CaseChanged { brand_id: brand_id.to_owned(), case_id });
        }
        Ok(settling)
    }
}

/// What was settled, with the case whose timeline tells of it; nothing where there is no such action.
type Settled = Option<(Settling, Option<String>)>;

/// One decision in an open transaction; a refusal is a value.
async fn one(tx: &mut Tx, d: &Decided) -> Result<Result<Settled, CaseworkError>, StoreError> {
    let Some(found) = console::action(tx, &d.brand_id, &d.action_id).await? else { return Ok(Ok(None)) };
    // Whoever writes a case locks it before its actions.
    let case = match &found.case_id {
        Some(id) => case::get(tx, &d.brand_id, id).await?,
        None => None,
    };
    let Some(action) = console::action(tx, &d.brand_id, &d.action_id).await? else { return Ok(Ok(None)) };
    let as_seen = d
        .seen
        .as_ref()
        .is_none_or(|(state, attempts)| action.state == *state && action.attempts == *attempts);
    if let Some(id) = action.case_id.as_deref().filter(|_| as_seen && is_sent_anew(&action, d.decision)) {
        let who = (d.actor.lead, d.communications);
        if let Some(why) = super::protocols::not_again(tx, (&action, id), who).await? {
            return Ok(Err(CaseworkError::Refused(why)));
        }
    }
    if !as_seen || !outbox::decide(tx, &action.id, d.decision, d.actor.person.as_str(), d.now).await? {
        return Ok(Ok(Some((Settling::Already(Box::new(action)), None))));
    }
    match d.decision {
        Decision::Cancel => part::leave_rest(tx, &action.id, d.actor.person.as_str(), d.now).await?,
        Decision::Done => part::hold_next(tx, &action.id).await?,
        Decision::Again => part::decide_rest(tx, &action.id, d.actor.person.as_str(), d.now).await?,
    };
    let told = CUSTOMER_KINDS.iter().chain(&TICKET_KINDS).any(|kind| *kind == action.kind);
    let Some(case) = case.filter(|_| told) else { return Ok(Ok(Some((Settling::Settled, None)))) };
    let clocks = case::clocks(tx, &case.id).await?;
    let mut file = CaseFile::new(case, clocks, &d.policies);
    let kind = if action.state == "unknown" { "unknown_settled" } else { "action_settled" };
    let body = json!({ "action": action.id, "was": action.state, "decision": d.decision.code() });
    file.note(kind, &Who::Person(d.actor.person.clone()), When::now(d.now), &body);
    if action.kind == CREATE && d.decision != Decision::Again {
        super::ticketing::given_up(tx, &d.brand_id, &action, d.actor.person.as_str(), d.now).await?;
    }
    super::save(tx, &file, &[], d.now).await?;
    Ok(Ok(Some((Settling::Settled, Some(file.case.id)))))
}

/// Whether a customer would get it by this decision: an answer that is to be settled, and goes again.
fn is_sent_anew(action: &ActionRow, decision: Decision) -> bool {
    let is_open = matches!(action.state.as_str(), "unknown" | "held" | "by_hand" | "refused");
    decision == Decision::Again && action.kind == "reply" && is_open
}

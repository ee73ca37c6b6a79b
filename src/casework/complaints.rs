//! Formal complaints: marked on a case, acknowledged, decided; each with a clock of its own. Where a brand keeps no
//! register nothing of this can be done.

use super::answering::invalid;
use super::{Asked, CaseworkError, REASON_CHARS_MAX};
use crate::casefile::{CaseFile, When, Who};
use crate::domain::clocks::ObligationKind;
use crate::domain::complaint::Outcome;
use crate::domain::time::Timestamp;
use crate::store::complaint::{self, ComplaintRow};
use crate::store::rows::{ActionRow, ObligationRow};
use crate::store::{StoreError, Tx, answer};
use serde_json::json;

/// What a person does about a formal complaint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ComplaintAct {
    /// It is one.
    Mark {
        /// When it was made; without a word when the customer last wrote.
        made: Option<Timestamp>,
    },
    /// The customer has our word that we have it.
    Acknowledge,
    /// This is decided; also puts right what was decided before.
    Decide {
        /// What.
        outcome: Outcome,
        /// Why; must not be empty.
        reason: String,
    },
    /// It is none after all.
    Unmark {
        /// Why; must not be empty.
        reason: String,
    },
}

impl ComplaintAct {
    /// The word in the audit.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Mark { .. } => "case.complaint",
            Self::Acknowledge => "case.complaint_acknowledge",
            Self::Decide { .. } => "case.complaint_decide",
            Self::Unmark { .. } => "case.complaint_unmark",
        }
    }
}

type Acted = Result<Result<Vec<ActionRow>, CaseworkError>, StoreError>;

fn refused<T>(why: &str) -> Result<T, CaseworkError> {
    Err(CaseworkError::Refused(why.to_owned()))
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

/// Why a case cannot be dismissed while its formal complaint is open.
pub(super) const OWED: &str = "a formal complaint is owed an answer: decide it first, or say with a reason that it is none; then dismiss the case";

/// Whether a formal complaint of the case is still to be decided. Where the brand keeps no register any more, nobody
/// could decide it, and nothing is in the way.
pub(super) fn is_owed(file: &CaseFile, asked: &Asked) -> bool {
    let open = |o: &ObligationRow| o.kind == ObligationKind::ComplaintDecision.code() && o.ended_at.is_none();
    is_kept(asked) && file.clocks.iter().any(open)
}

fn is_kept(asked: &Asked) -> bool {
    asked.catalogue.brand(&asked.brand_id).is_some_and(|w| w.brand.front_office.complaints)
}

pub(super) async fn act(tx: &mut Tx, file: &mut CaseFile, asked: &Asked, wanted: &ComplaintAct) -> Acted {
    if !is_kept(asked) {
        return Ok(refused(
            "this brand keeps no register of complaints; [brand.front_office] complaints = true",
        ));
    }
    let row = complaint::of_case(tx, &asked.brand_id, &asked.case_id).await?;
    let standing = row.filter(|r| r.unmarked_at.is_none());
    match (wanted, standing) {
        (ComplaintAct::Mark { .. }, Some(_)) => Ok(refused("it is marked as a formal complaint already")),
        (ComplaintAct::Mark { made }, None) => mark(tx, file, asked, *made).await,
        (_, None) => Ok(refused("it is not marked as a formal complaint")),
        (ComplaintAct::Acknowledge, Some(row)) => acknowledge(tx, file, asked, row).await,
        (ComplaintAct::Decide { outcome, reason }, Some(row)) => {
            decide(tx, file, asked, row, (*outcome, reason)).await
        }
        (ComplaintAct::Unmark { reason }, Some(row)) => unmark(tx, file, asked, row, reason).await,
    }
}

fn who(asked: &Asked) -> Who {
    Who::Person(asked.actor.person.clone())
}

async fn mark(tx: &mut Tx, file: &mut CaseFile, asked: &Asked, made: Option<Timestamp>) -> Acted {
    let made = made.unwrap_or(Timestamp(file.case.last_message_at)).min(asked.now);
    let Some(watched) = asked.catalogue.brand(&asked.brand_id) else {
        return Ok(Err(CaseworkError::NotFound));
    };
    let acknowledge = file.open_complaint(ObligationKind::ComplaintAcknowledge, made, &watched.policy);
    let decide = file.open_complaint(ObligationKind::ComplaintDecision, made, &watched.policy);
    let row = ComplaintRow {
        brand_id: asked.brand_id.clone(),
        case_id: asked.case_id.clone(),
        marked_by: asked.actor.person.to_string(),
        marked_at: made.millis(),
        acknowledge_wait: acknowledge,
        decide_wait: decide,
        acknowledged_by: None,
        acknowledged_at: None,
        outcome: None,
        decided_by: None,
        decided_at: None,
        unmarked_at: None,
    };
    complaint::put(tx, &row).await?;
    file.note("complaint", &who(asked), When::now(asked.now), &json!({ "made": made.millis() }));
    // What was due before anybody marked it is late already.
    file.fall_due_noted(asked.now)?;
    Ok(Ok(Vec::new()))
}

async fn acknowledge(tx: &mut Tx, file: &mut CaseFile, asked: &Asked, mut row: ComplaintRow) -> Acted {
    if row.acknowledged_at.is_some() {
        return Ok(refused("the customer has our word already"));
    }
    file.end_complaint(row.acknowledge_wait, None, When::now(asked.now))?;
    row.acknowledged_by = Some(asked.actor.person.to_string());
    row.acknowledged_at = Some(asked.now.millis());
    complaint::put(tx, &row).await?;
    file.note("complaint_acknowledged", &who(asked), When::now(asked.now), &json!({}));
    Ok(Ok(Vec::new()))
}

async fn decide(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    mut row: ComplaintRow,
    (outcome, reason): (Outcome, &str),
) -> Acted {
    let reason = match reasoned(reason) {
        Ok(reason) => reason,
        Err(wrong) => return Ok(Err(wrong)),
    };
    let void = (outcome == Outcome::Withdrawn).then_some("withdrawn");
    let when = When::now(asked.now);
    // Who is told what was decided knows that we had it.
    for wait in [row.acknowledge_wait, row.decide_wait] {
        file.end_complaint(wait, void, when)?;
    }
    if row.acknowledged_at.is_none() && void.is_none() {
        row.acknowledged_by = Some(asked.actor.person.to_string());
        row.acknowledged_at = Some(asked.now.millis());
    }
    row.outcome = Some(outcome.code().to_owned());
    row.decided_by = Some(asked.actor.person.to_string());
    // The first word ended the wait; putting it right later changes no time.
    row.decided_at = row.decided_at.or(Some(asked.now.millis()));
    complaint::put(tx, &row).await?;
    answer::put_content(tx, &row.why_id(), &file.case.author_id, "complaint", reason).await?;
    let body = json!({ "outcome": outcome.code(), "content": row.why_id() });
    file.note("complaint_decided", &who(asked), when, &body);
    Ok(Ok(Vec::new()))
}

async fn unmark(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    mut row: ComplaintRow,
    reason: &str,
) -> Acted {
    let reason = match reasoned(reason) {
        Ok(reason) => reason,
        Err(wrong) => return Ok(Err(wrong)),
    };
    if row.outcome.is_some() {
        return Ok(refused("it is decided; a complaint that was decided stays in the register"));
    }
    for wait in [row.acknowledge_wait, row.decide_wait] {
        file.end_complaint(wait, Some("unmarked"), When::now(asked.now))?;
    }
    row.unmarked_at = Some(asked.now.millis());
    complaint::put(tx, &row).await?;
    file.note("complaint_unmarked", &who(asked), When::now(asked.now), &json!({ "reason": reason }));
    Ok(Ok(Vec::new()))
}

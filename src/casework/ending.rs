//! How a case ended that is the front office's to solve: proposed from its tickets and answers, confirmed or changed
//! by the person who resolves it, put right later by whoever knows better.
//!
//! Where no form asks (one press on a solved ticket, an older page) what is proposed is kept, marked as seen by
//! nobody. What was said holds until somebody says otherwise, and counts while the case is resolved or closed.

use super::{Act, Asked, CaseworkError};
use crate::casefile::{CaseFile, When, Who};
use crate::domain::back_door::Clues;
use crate::domain::case::CaseState;
use crate::domain::ending::{Ending, Known, Solved, Taken, Tied, propose, why};
use crate::domain::judgement::Intent;
use crate::domain::time::Timestamp;
use crate::store::ending::{self, EndingRow};
use crate::store::rows::{ActionRow, CaseRow};
use crate::store::ticket::LinkRow;
use crate::store::{StoreError, Tx, sector};
use serde_json::json;

/// What is known of a case from which its ending is proposed.
pub fn known(case: &CaseRow, links: &[LinkRow], answered_at: Option<Timestamp>, clues: Clues) -> Known {
    let tied = |l: &LinkRow| Tied {
        made_at: Timestamp(l.opened_at.map_or(l.linked_at, |at| at.min(l.linked_at))),
        solved: l.solved_at.is_some(),
        due_at: l.due_at.map(Timestamp),
    };
    Known {
        needs_private: case.needs_private == 1,
        complaint: case.intent == Intent::Complaint.code(),
        opened_at: Timestamp(case.opened_at),
        answered_at,
        tickets: links.iter().filter(|l| l.is_live()).map(tied).collect(),
        clues,
    }
}

impl Act {
    /// Whether it ends the case as solved, now or once the answer stands.
    const fn resolves(&self) -> bool {
        match self {
            Self::Answer(answer) => answer.resolve.is_some(),
            act => matches!(act, Self::Resolve { .. }),
        }
    }

    /// What it says of how the case ends.
    const fn said(&self) -> Option<Ending> {
        match self {
            Self::Resolve { ending, .. } => *ending,
            Self::Answer(answer) => answer.ending,
            _ => None,
        }
    }
}

/// Notes how the case ends, if the act resolves it: now, or once the answer stands.
pub(super) async fn resolved(tx: &mut Tx, file: &mut CaseFile, asked: &Asked) -> Result<(), StoreError> {
    if !asked.act.resolves() {
        return Ok(());
    }
    let said = asked.act.said().map(Ending::fitting);
    // The answer that resolves is itself the one that solves.
    let answered = match asked.act {
        Act::Answer(_) => Some(asked.now),
        _ => ending::answered_at(tx, &asked.brand_id, &asked.case_id).await?,
    };
    let known = known(&file.case, &file.links, answered, sector::clues(tx, &file.case).await?);
    let proposed = asked_of(asked, propose(&known));
    if said.is_none() {
        match ending::of_case(tx, &asked.brand_id, &asked.case_id).await? {
            // A person's word holds over every press that says nothing; what nobody saw is proposed anew.
            Some(mut row) if row.taken != Taken::Unseen.code() => {
                row.at = asked.now.millis();
                return ending::put(tx, &row).await;
            }
            None if !proposed.solved.is_theirs() => return Ok(()),
            _ => {}
        }
    }
    let mut row = blank(asked, asked.now);
    row.say(said.unwrap_or(proposed), proposed, proposed.taken(said));
    let certainty = why(&known).filter(|_| row.proposed_back_door.is_some()).map_or(0, |w| w.1);
    sector::put_asked(tx, (&asked.brand_id, &asked.case_id), asks(asked), certainty).await?;
    write(tx, file, asked, &row).await
}

/// Whether reasons are asked on this case.
fn asks(asked: &Asked) -> bool {
    asked.catalogue.brand(&asked.brand_id).is_none_or(|w| w.brand.front_office.asks(&asked.case_id))
}

/// What is proposed where reasons are not asked: no reason, so that what nobody looked at counts nowhere.
fn asked_of(asked: &Asked, proposed: Ending) -> Ending {
    if asks(asked) { proposed } else { Ending { back_door: None, ..proposed } }
}

/// Puts right how a case ended that is over.
pub(super) async fn correct(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    said: Ending,
) -> Result<Result<Vec<ActionRow>, CaseworkError>, StoreError> {
    let before = ending::of_case(tx, &asked.brand_id, &asked.case_id).await?;
    // What its author took back is closed, and was not solved by anybody.
    let solved = match file.case.case_state()? {
        CaseState::Resolved => true,
        CaseState::Closed => before.is_some(),
        _ => false,
    };
    if !solved {
        let why = "the case is not solved; how it ended is said when it is".to_owned();
        return Ok(Err(CaseworkError::Refused(why)));
    }
    let (mut row, proposed) = if let Some(row) = before {
        let proposed = row.proposed()?;
        (row, proposed)
    } else {
        let answered = ending::answered_at(tx, &asked.brand_id, &asked.case_id).await?;
        let known = known(&file.case, &file.links, answered, sector::clues(tx, &file.case).await?);
        let proposed = asked_of(asked, propose(&known));
        // Whether its reasons are asked is noted as when it was resolved, for the sample counts only those.
        sector::put_asked(tx, (&asked.brand_id, &asked.case_id), asks(asked), 0).await?;
        (blank(asked, Timestamp(file.case.state_since)), proposed)
    };
    let said = said.fitting();
    row.say(said, proposed, proposed.taken(Some(said)));
    row.person_id = asked.actor.person.to_string();
    row.said_at = asked.now.millis();
    write(tx, file, asked, &row).await?;
    Ok(Ok(Vec::new()))
}

fn blank(asked: &Asked, at: Timestamp) -> EndingRow {
    EndingRow {
        brand_id: asked.brand_id.clone(),
        case_id: asked.case_id.clone(),
        solved: Solved::NotTheirs.code().to_owned(),
        difference: None,
        back_door: None,
        proposed_solved: Solved::NotTheirs.code().to_owned(),
        proposed_back_door: None,
        taken: Taken::Unseen.code().to_owned(),
        at: at.millis(),
        person_id: asked.actor.person.to_string(),
        said_at: asked.now.millis(),
    }
}

async fn write(tx: &mut Tx, file: &mut CaseFile, asked: &Asked, row: &EndingRow) -> Result<(), StoreError> {
    let body = json!({
        "solved": row.solved,
        "difference": row.difference,
        "back_door": row.back_door,
        "taken": row.taken,
    });
    file.note("ending", &Who::Person(asked.actor.person.clone()), When::now(asked.now), &body);
    ending::put(tx, row).await
}

//! What the front office says about a case of the list 'yesterday at the back door': who sees to it, what they do, by
//! when. Nothing of the case changes, and webcare's clocks do not move.

use super::{Actor, Casework, CaseworkError};
use crate::store::back_door::{self, LineRow};
use crate::store::{answer, audit, case};

/// Longest words of an action, in characters.
pub const ACTION_CHARS_MAX: usize = 500;
/// Longest name of an owner, in characters.
pub const OWNER_CHARS_MAX: usize = 60;

/// What is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Who sees to it: a login or a team.
    pub owner: String,
    /// What they do.
    pub action: String,
    /// By which day, `2026-11-30`; empty for none.
    pub due_day: String,
}

impl Line {
    fn check(&self) -> Result<(), CaseworkError> {
        let invalid = |field, what: String| Err(CaseworkError::Invalid { field, what });
        if self.owner.chars().count() > OWNER_CHARS_MAX {
            return invalid("owner", format!("at most {OWNER_CHARS_MAX} characters"));
        }
        if self.action.chars().count() > ACTION_CHARS_MAX {
            return invalid("action", format!("at most {ACTION_CHARS_MAX} characters"));
        }
        if !self.due_day.is_empty() && self.due_day.parse::<jiff::civil::Date>().is_err() {
            return invalid("due", format!("'{}' is not a day such as 2026-11-30", self.due_day));
        }
        Ok(())
    }
}

impl Casework {
    /// Writes it down. Whether the person may see the case is the caller's to know.
    pub async fn say_line(
        &self,
        (brand_id, case_id): (&str, &str),
        line: &Line,
        actor: &Actor,
    ) -> Result<(), CaseworkError> {
        line.check()?;
        let now = self.clock.now();
        let row = LineRow {
            brand_id: brand_id.to_owned(),
            case_id: case_id.to_owned(),
            owner: line.owner.trim().to_owned(),
            due_day: line.due_day.clone(),
            person_id: actor.person.to_string(),
            at: now.millis(),
            action: Some(line.action.trim().to_owned()),
        };
        let entry = self.done(actor, "case.line", (brand_id, case_id));
        let done = self.db.write_again("writing what is done about a case", move |tx| {
            let (row, entry) = (row.clone(), entry.clone());
            Box::pin(async move {
                if case::look(tx, &row.brand_id, &row.case_id).await?.is_none() {
                    return Ok(false);
                }
                let mut row = row;
                // Who only moves the day or the owner has not acted anew.
                if let Some(before) = back_door::line(tx, &row.brand_id, &row.case_id).await?
                    && before.action == row.action
                {
                    row.at = before.at;
                }
                back_door::put(tx, &row).await?;
                let words = row.action.as_deref().unwrap_or_default();
                let id = back_door::content_id(&row.case_id);
                // The words are a colleague's: they go with that person, not with the customer.
                answer::put_content(tx, &id, &row.person_id, "line", words).await?;
                audit::append(tx, &entry, now).await?;
                Ok(true)
            })
        });
        if done.await? { Ok(()) } else { Err(CaseworkError::NotFound) }
    }
}

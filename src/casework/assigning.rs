//! Handing a case to a colleague, with a line on what they should know.

use super::answering::invalid;
use super::{Asked, CaseworkError, noting, refused};
use crate::casefile::{CaseFile, When};
use crate::domain::ids::PersonId;
use crate::domain::role::{Right, Role, Walls};
use crate::store::rows::ActionRow;
use crate::store::{StoreError, Tx, person};

/// Hands the case to the person with this login. An unclaimed case and one's own may be handed on; a lead
/// may hand on anybody's. The line, if there is one, is a note for colleagues.
pub(super) async fn assign(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    (to, line): (&str, &str),
) -> Result<Result<Vec<ActionRow>, CaseworkError>, StoreError> {
    let login = to.trim().to_lowercase();
    if login.is_empty() {
        return Ok(invalid("to", "empty; wanted is the login of a colleague".to_owned()));
    }
    let found = person::by_login(tx, &login).await?;
    let Some(found) = found.filter(|p| p.disabled_at.is_none()) else {
        let short: String = login.chars().take(60).collect();
        return Ok(invalid("to", format!("'{short}' is the login of nobody who may log in")));
    };
    if !Role::from_code(&found.role).is_some_and(|role| role.may(Right::Work)) {
        return Ok(invalid("to", format!("{login} reads and does not work on cases")));
    }
    if !Walls::stored(found.brands.as_deref()).let_see(&asked.brand_id) {
        return Ok(invalid("to", format!("{login} does not see this brand")));
    }
    let mut told = Vec::new();
    if !line.trim().is_empty() {
        match noting::note(tx, file, asked, line).await? {
            Ok(actions) => told = actions,
            Err(error) => return Ok(Err(error)),
        }
    }
    let (to, by) = (PersonId::stored(found.id), &asked.actor.person);
    match file.hand_to(&to, by, asked.actor.lead, When::now(asked.now)) {
        Ok(()) => Ok(Ok(told)),
        Err(error) => refused(error),
    }
}

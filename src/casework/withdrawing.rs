//! What follows when an answer was called off before it left.

use super::{Asked, CaseworkError, enclosing, unsaid};
use crate::casefile::{CaseFile, When, Who};
use crate::store::rows::ActionRow;
use crate::store::{StoreError, Tx, answer, console, ending};
use serde_json::json;

/// Its promises and its end hold no more, and its words are `whose` draft again, if they are anybody's.
pub(super) async fn given_back(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    action: &ActionRow,
    whose: Option<&str>,
) -> Result<(), StoreError> {
    let payload: serde_json::Value = serde_json::from_str(&action.payload).unwrap_or_default();
    if payload["resolve"].is_string() && file.case.case_state()?.is_open() {
        // It would have resolved; what was said of that end holds no more.
        ending::forget(tx, &asked.brand_id, &asked.case_id).await?;
    }
    let action_id = action.id.as_str();
    let body = json!({ "action": action_id });
    file.note("answer_undone", &Who::Person(asked.actor.person.clone()), When::now(asked.now), &body);
    unsaid::called_back(tx, file, asked, action_id).await?;
    if let Some(whose) = whose {
        enclosing::give_back(tx, asked, action_id, whose).await?;
    }
    let found = answer::contents(tx, &[format!("{action_id}/text")]).await?;
    if let (Some((_, text)), Some(whose)) = (found.into_iter().next(), whose) {
        let mut words = bare(&text);
        // What was begun since is kept below it.
        let drafts = answer::drafts(tx, &asked.brand_id, &asked.case_id).await?;
        let begun = drafts.into_iter().find(|d| d.person_id == whose).and_then(|d| d.text);
        if let Some(begun) = begun.filter(|b| b.trim() != words) {
            words = format!("{words}\n\n{}", begun.trim());
        }
        let draft = answer::Draft {
            case_id: asked.case_id.clone(),
            person_id: whose.to_owned(),
            seen: file.case.version,
            updated_at: asked.now.millis(),
            text: Some(words),
        };
        answer::put_draft(tx, &asked.brand_id, &file.case.author_id, &draft).await?;
    }
    Ok(())
}

/// The words of a composed answer: without the handles in front and the signature behind.
fn bare(text: &str) -> String {
    let mut words = text.trim();
    while let Some(rest) = words.strip_prefix('@') {
        words = rest.split_once(char::is_whitespace).map_or("", |(_, rest)| rest).trim_start();
    }
    match crate::domain::reply::sign_of(words) {
        Some(_) => words.rsplit_once('^').map_or(words, |(before, _)| before).trim_end().to_owned(),
        None => words.to_owned(),
    }
}

/// Calls back an answer that has not left yet; its words become the person's draft again.
pub(super) async fn undo(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    action_id: &str,
) -> Result<Result<(), CaseworkError>, StoreError> {
    let by = asked.actor.person.as_str();
    let action = console::action(tx, &asked.brand_id, action_id).await?;
    let Some(action) = action.filter(|a| a.case_id.as_deref() == Some(asked.case_id.as_str())) else {
        return Ok(Err(CaseworkError::NotFound));
    };
    if !answer::call_off(tx, &asked.brand_id, action_id, by, asked.now).await? {
        return Ok(Err(CaseworkError::Refused("it has left already, or was called off".to_owned())));
    }
    given_back(tx, file, asked, &action, Some(by)).await?;
    Ok(Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_called_back_becomes_the_words_that_were_typed() {
        assert_eq!(bare("@jan@toot.example Hi, on it! ^Ann"), "Hi, on it!");
        assert_eq!(bare("@a @b Hi\nthere"), "Hi\nthere");
        assert_eq!(bare("Hi 2^10"), "Hi 2^10");
    }
}

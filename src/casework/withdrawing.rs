//! What follows when an answer was called off before it left.

use super::{Asked, CaseworkError, enclosing, unsaid};
use crate::casefile::{CaseFile, When, Who};
use crate::domain::reply::sign_of;
use crate::domain::split::unnumbered;
use crate::store::rows::ActionRow;
use crate::store::{StoreError, Tx, answer, console, ending, part};
use serde_json::json;
use std::collections::HashMap;

/// Calls an action off; of an answer in parts all that has not left, whichever part is named, for what stands behind a
/// part would go on nothing. Gives what was called off, in order; nothing where all of it has left.
pub(super) async fn called_off(
    tx: &mut Tx,
    asked: &Asked,
    action_id: &str,
) -> Result<Vec<ActionRow>, StoreError> {
    let (brand, by) = (asked.brand_id.as_str(), asked.actor.person.as_str());
    let chain = part::chain(tx, brand, action_id).await?;
    let mut ids: Vec<String> = chain.into_iter().map(|p| p.action_id).collect();
    if ids.is_empty() {
        ids.push(action_id.to_owned());
    }
    let mut taken = Vec::new();
    for id in &ids {
        let action = console::action(tx, brand, id).await?;
        if answer::call_off(tx, brand, id, by, asked.now).await? {
            taken.extend(action);
        }
    }
    Ok(taken)
}

/// The promises and the end of what was called off hold no more, and its words are `whose` draft again, if they are
/// anybody's.
pub(super) async fn given_back(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    actions: &[ActionRow],
    whose: Option<&str>,
) -> Result<(), StoreError> {
    let Some(first) = actions.first() else { return Ok(()) };
    if actions.iter().any(|a| payload(a)["resolve"].is_string()) && file.case.case_state()?.is_open() {
        // It would have resolved; what was said of that end holds no more.
        ending::forget(tx, &asked.brand_id, &asked.case_id).await?;
    }
    let body = json!({ "action": first.id });
    file.note("answer_undone", &Who::Person(asked.actor.person.clone()), When::now(asked.now), &body);
    for action in actions {
        unsaid::called_back(tx, file, asked, &action.id).await?;
        if let Some(whose) = whose {
            enclosing::give_back(tx, asked, &action.id, whose).await?;
        }
    }
    let ids: Vec<String> = actions.iter().map(|a| format!("{}/text", a.id)).collect();
    let found: HashMap<String, String> = answer::contents(tx, &ids).await?.into_iter().collect();
    let texts: Vec<(serde_json::Value, &str)> = actions
        .iter()
        .zip(&ids)
        .filter_map(|(action, id)| Some((payload(action), found.get(id)?.as_str())))
        .collect();
    if let Some(whose) = whose.filter(|_| !texts.is_empty()) {
        let mut words = joined(&texts);
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

fn payload(action: &ActionRow) -> serde_json::Value {
    serde_json::from_str(&action.payload).unwrap_or_default()
}

/// The words that were typed, of an answer in one piece or of the parts that were called off.
fn joined(texts: &[(serde_json::Value, &str)]) -> String {
    let mut words = String::new();
    for (payload, text) in texts {
        let part = &payload["part"];
        let number = |name: &str| part[name].as_u64().and_then(|n| usize::try_from(n).ok());
        let (Some(n), Some(of)) = (number("n"), number("of")) else {
            words.push_str(&bare(text));
            continue;
        };
        words.push_str(bare_part(text, part["front"] == true, (n, of)));
        words.push_str(part["gap"].as_str().unwrap_or_default());
    }
    words.trim_end().to_owned()
}

/// The words of one part: without the one handle that the platform needs in front, and without its number. Handles
/// behind that were typed.
fn bare_part(text: &str, front: bool, (n, of): (usize, usize)) -> &str {
    let mut words = text.trim();
    if front && words.starts_with('@') {
        words = words.split_once(char::is_whitespace).map_or("", |(_, rest)| rest).trim_start();
    }
    if n == of && sign_of(words).is_some() {
        words = words.rsplit_once('^').map_or(words, |(before, _)| before).trim_end();
    }
    unnumbered(words, n, of)
}

/// The words of a composed answer: without the handles in front and the signature behind.
fn bare(text: &str) -> String {
    let mut words = text.trim();
    while let Some(rest) = words.strip_prefix('@') {
        words = rest.split_once(char::is_whitespace).map_or("", |(_, rest)| rest).trim_start();
    }
    match sign_of(words) {
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
    if action.is_none_or(|a| a.case_id.as_deref() != Some(asked.case_id.as_str())) {
        return Ok(Err(CaseworkError::NotFound));
    }
    let taken = called_off(tx, asked, action_id).await?;
    if taken.is_empty() {
        return Ok(Err(CaseworkError::Refused("it has left already, or was called off".to_owned())));
    }
    given_back(tx, file, asked, &taken, Some(by)).await?;
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

    #[test]
    fn parts_called_back_are_the_words_that_were_typed() {
        let part = |n: usize, gap: &str| json!({ "part": { "n": n, "of": 3, "gap": gap, "front": true } });
        let texts = [
            (part(1, "\n\n"), "@jan@toot.example It is 1/3 full. 1/3"),
            (part(2, " "), "@jan@toot.example @acme told us so. 2/3"),
            (part(3, ""), "@jan@toot.example We call you. 3/3 ^Ann"),
        ];
        assert_eq!(joined(&texts), "It is 1/3 full.\n\n@acme told us so. We call you.");
        assert_eq!(joined(&texts[1..]), "@acme told us so. We call you.");
        assert_eq!(joined(&[(json!({}), "@jan Hi ^Ann")]), "Hi");
    }
}

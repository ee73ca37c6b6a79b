//! Notes: what people write for colleagues.

use super::answering::{TEXT_CHARS_MAX, invalid};
use super::typing::Typing;
use super::{Asked, CaseworkError, asking};
use crate::casefile::{CaseFile, When, Who};
use crate::domain::naming::named;
use crate::domain::role::{Right, Role, Walls};
use crate::store::person::{self, PersonRow};
use crate::store::rows::ActionRow;
use crate::store::{StoreError, Tx, answer, called_in, draft_beside};
use serde_json::json;

/// Writes a note for colleagues.
pub(super) async fn note(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    text: &str,
) -> Result<Result<Vec<ActionRow>, CaseworkError>, StoreError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > TEXT_CHARS_MAX {
        return Ok(invalid("text", format!("a note has 1 to {TEXT_CHARS_MAX} characters")));
    }
    let id = format!("{}/note/{}", file.case.id, file.case.version + 1);
    answer::put_content(tx, &id, &file.case.author_id, "note", text).await?;
    let who = Who::Person(asked.actor.person.clone());
    let called = called(tx, asked, text).await?;
    let ids: Vec<&str> = called.iter().map(|p| p.id.as_str()).collect();
    let body = if ids.is_empty() { json!({ "content": id }) } else { json!({ "content": id, "named": ids }) };
    file.note("note", &who, When::now(asked.now), &body);
    for id in &ids {
        let of = (asked.brand_id.as_str(), file.case.id.as_str(), file.case.version);
        called_in::put(tx, of, (id, asked.actor.person.as_str()), asked.now).await?;
    }
    Ok(Ok(asking::named(tx, file, asked, &ids).await?))
}

/// Writes a note that was typed into its box, whose draft goes.
pub(super) async fn typed(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    text: &str,
) -> Result<Result<Vec<ActionRow>, CaseworkError>, StoreError> {
    let done = note(tx, file, asked, text).await?;
    if done.is_ok() {
        let place = (asked.case_id.as_str(), asked.actor.person.as_str(), Typing::Note.code());
        draft_beside::drop(tx, place).await?;
    }
    Ok(done)
}

/// The colleagues whom a note names, who see this brand; who writes it is none of them.
async fn called(tx: &mut Tx, asked: &Asked, text: &str) -> Result<Vec<PersonRow>, StoreError> {
    let mut all = Vec::new();
    for login in named(text) {
        let found = person::by_login(tx, &login).await?;
        let fits = |p: &PersonRow| {
            p.disabled_at.is_none()
                && p.id != asked.actor.person.as_str()
                && Walls::stored(p.brands.as_deref()).let_see(&asked.brand_id)
                && Role::from_code(&p.role).is_some_and(|role| role.may(Right::See))
        };
        all.extend(found.filter(fits));
    }
    Ok(all)
}

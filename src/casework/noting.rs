//! Notes: what people write for colleagues.

use super::answering::{TEXT_CHARS_MAX, invalid};
use super::{Asked, CaseworkError};
use crate::casefile::{CaseFile, When, Who};
use crate::store::{StoreError, Tx, answer};
use serde_json::json;

/// Writes a note for colleagues.
pub(super) async fn note(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    text: &str,
) -> Result<Result<(), CaseworkError>, StoreError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > TEXT_CHARS_MAX {
        return Ok(invalid("text", format!("a note has 1 to {TEXT_CHARS_MAX} characters")));
    }
    let id = format!("{}/note/{}", file.case.id, file.case.version + 1);
    answer::put_content(tx, &id, &file.case.author_id, "note", text).await?;
    let who = Who::Person(asked.actor.person.clone());
    file.note("note", &who, When::now(asked.now), &json!({ "content": id }));
    Ok(Ok(()))
}

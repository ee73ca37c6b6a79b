//! Measures of moderation: what people do about posts and their authors beside answering.

use super::answering::{Answer, invalid, prepare};
use super::{Asked, CaseworkError};
use crate::casefile::{CaseFile, When, Who};
use crate::domain::ids::ActionId;
use crate::sources::reply::Measure;
use crate::store::rows::ActionRow;
use crate::store::{StoreError, Tx};
use serde_json::json;

const MODERATION_PRIORITY: i64 = 50;

/// Makes a measure of moderation an intent.
pub(super) async fn moderate(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    measure: Measure,
    mention: Option<&str>,
    reason: &str,
) -> Result<Result<Vec<ActionRow>, CaseworkError>, StoreError> {
    if measure.needs_reason() && reason.trim().is_empty() {
        return Ok(invalid("reason", "empty; name the house rule"));
    }
    if reason.chars().count() > super::REASON_CHARS_MAX {
        return Ok(invalid("reason", format!("longer than {} characters", super::REASON_CHARS_MAX)));
    }
    if measure.needs_lead() && !asked.actor.lead {
        return Ok(Err(CaseworkError::Refused(format!("'{}' needs a lead", measure.code()))));
    }
    let prepared = match prepare(
        tx,
        asked,
        &Answer { to: mention.map(ToOwned::to_owned), ..Answer::default() },
    )
    .await?
    {
        Ok(prepared) => prepared,
        Err(refused) => return Ok(Err(refused)),
    };
    let Some(reply) = prepared.account.source.reply().filter(|r| r.measures().contains(&measure)) else {
        let why = format!("{} has no '{}'", prepared.target.platform, measure.code());
        return Ok(Err(CaseworkError::Refused(why)));
    };
    let id = asked.mint.id(asked.now, ActionId::new).to_string();
    let once = format!("moderate:{id}");
    let mut action =
        ActionRow::ready(id.clone(), &asked.brand_id, "moderate", reply.credential(), once, asked.now);
    action.priority = MODERATION_PRIORITY;
    action.case_id = Some(asked.case_id.clone());
    action.mention_id = Some(prepared.target.mention_id.clone());
    action.made_by = Some(asked.actor.person.to_string());
    let reason = reason.trim();
    action.payload = json!({ "key": id, "measure": measure, "reason": reason }).to_string();
    let body = json!({ "action": id, "measure": measure.code(), "reason": reason });
    file.note("moderated", &Who::Person(asked.actor.person.clone()), When::now(asked.now), &body);
    Ok(Ok(vec![action]))
}

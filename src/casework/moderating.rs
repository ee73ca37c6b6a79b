//! Measures of moderation: what people do about posts and their authors beside answering.
//!
//! What takes somebody's words or voice away (block, delete, silence) needs a lead, or two people: the first one's wish
//! stands in the timeline for a day, and whoever else does the same within that time carries it out.

use super::allowing::NO_PERSON;
use super::answering::{Answer, invalid, prepare};
use super::{Asked, CaseworkError};
use crate::casefile::{CaseFile, When, Who};
use crate::domain::ids::ActionId;
use crate::domain::time::Span;
use crate::sources::reply::Measure;
use crate::store::rows::{ActionRow, CaseEventRow};
use crate::store::{StoreError, Tx, console};
use serde_json::{Value, json};

const MODERATION_PRIORITY: i64 = 50;
/// The event of a wish that waits for a second person.
const ASKED: &str = "moderation_asked";
/// How long it waits.
const SECOND_WITHIN: Span = Span::hours(24);

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
    if measure.needs_lead() && !asked.actor.lead {
        if asked.is_program() {
            return Ok(Err(CaseworkError::Refused(NO_PERSON.to_owned())));
        }
        let about = prepared.target.mention_id.as_str();
        match first_of_two(tx, asked, measure, about).await? {
            None => {
                let body = json!({ "measure": measure.code(), "reason": reason.trim(), "mention": about });
                file.note(ASKED, &Who::Person(asked.actor.person.clone()), When::now(asked.now), &body);
                return Ok(Ok(Vec::new()));
            }
            Some(first) if first == asked.actor.person.as_str() => {
                let why = format!("'{}' waits for a second person or a lead", measure.code());
                return Ok(Err(CaseworkError::Refused(why)));
            }
            Some(_) => {}
        }
    }
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

/// Who asked for this measure before, and waits for a second person: somebody else before whoever asks now.
async fn first_of_two(
    tx: &mut Tx,
    asked: &Asked,
    measure: Measure,
    about: &str,
) -> Result<Option<String>, StoreError> {
    let since = asked.now.minus(SECOND_WITHIN).millis();
    let events = console::events_since(tx, &asked.brand_id, &asked.case_id, 0).await?;
    let is_it = |event: &CaseEventRow| {
        let body: Value = serde_json::from_str(&event.body).unwrap_or_default();
        // What was done tells no post: after it, whatever is like it is asked for anew.
        body["measure"] == measure.code() && (event.kind != ASKED || body["mention"] == about)
    };
    // A wish that was carried out is none any more.
    let done = events.iter().filter(|e| e.kind == "moderated" && is_it(e)).map(|e| e.seq).max();
    let waiting = events.into_iter().filter(|e| {
        e.kind == ASKED && e.recorded_at > since && done.is_none_or(|done| e.seq > done) && is_it(e)
    });
    let people: Vec<String> = waiting.filter_map(|event| event.who).collect();
    let other = people.iter().find(|who| who.as_str() != asked.actor.person.as_str());
    Ok(other.or_else(|| people.first()).cloned())
}

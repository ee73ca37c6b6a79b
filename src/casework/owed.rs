//! Who hears that a promise to a customer is due soon: whoever has the case, or made the promise and is on duty, in their
//! own chat with the bot; where that is nobody, the teams of the brand. Told once, to the one or to the others.

use super::personal;
use crate::alerting;
use crate::domain::time::Timestamp;
use crate::duty;
use crate::store::rows::ActionRow;
use crate::store::{StoreError, Tx, promise};
use serde_json::{Value, json};
use std::borrow::Cow;

/// Actions as they are to be written: of those that tell of one promise the person's own, or those of the teams.
pub async fn routed<'a>(
    tx: &mut Tx,
    actions: &'a [ActionRow],
    now: Timestamp,
) -> Result<Cow<'a, [ActionRow]>, StoreError> {
    if !actions.iter().any(alerting::is_owed) {
        return Ok(Cow::Borrowed(actions));
    }
    let (owed, mut rest): (Vec<ActionRow>, Vec<ActionRow>) =
        actions.iter().cloned().partition(alerting::is_owed);
    let (own, teams): (Vec<ActionRow>, Vec<ActionRow>) =
        owed.into_iter().partition(|action| said(action)["chat"] == "");
    for action in own {
        match chat_of(tx, &action, now).await? {
            Some(chat) => rest.push(addressed(action, &chat)),
            None => rest.extend(teams.iter().filter(|other| is_same(other, &action)).cloned()),
        }
    }
    Ok(Cow::Owned(rest))
}

fn said(action: &ActionRow) -> Value {
    serde_json::from_str(&action.payload).unwrap_or_default()
}

/// Whether both tell of the same promise.
fn is_same(a: &ActionRow, b: &ActionRow) -> bool {
    a.case_id == b.case_id && said(a)["wait"] == said(b)["wait"]
}

/// The chat of the one who is to hear of it; nothing where the teams are.
async fn chat_of(tx: &mut Tx, action: &ActionRow, now: Timestamp) -> Result<Option<String>, StoreError> {
    let body = said(action);
    let brand = &action.brand_id;
    if let Some(holder) = body["has"].as_str() {
        let found = personal::chats(tx, brand, &[holder.to_owned()]).await?.pop();
        if let Some((_, chat)) = found {
            return Ok(Some(chat));
        }
    }
    let (Some(case), Some(wait)) = (action.case_id.as_deref(), body["wait"].as_i64()) else {
        return Ok(None);
    };
    let rows = promise::of_case(tx, brand, case).await?;
    let Some(row) = rows.into_iter().find(|p| p.wait == wait) else { return Ok(None) };
    let Some((maker, chat)) = personal::chats(tx, brand, &[row.made_by]).await?.pop() else {
        return Ok(None);
    };
    // Where people say when they are on, whoever went home keeps nothing tonight.
    let on = duty::on_at(tx, now).await?;
    Ok((on.is_empty() || on.iter().any(|o| o.present.person == maker)).then_some(chat))
}

/// The alert, for this chat.
fn addressed(mut action: ActionRow, chat: &str) -> ActionRow {
    let mut body = said(&action);
    body["chat"] = json!(chat);
    action.payload = body.to_string();
    let nobody = format!("alert:{}::", action.credential);
    action.once_key = action.once_key.replacen(&nobody, &format!("alert:{}:{chat}:", action.credential), 1);
    action
}

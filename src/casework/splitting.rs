//! An answer that is too long for one post, in parts, where who writes it asks for that.
//!
//! Each part is an intent of its own with a key of its own, and the outbox sends it only once the one before it stands.
//! All of them are written in one transaction, so that there is no answer of which a part is missing. Files go with
//! the first; what resolves the case stands with the last.

use super::Asked;
use super::answering::{Answer, Prepared, keep_words};
use crate::domain::ids::ActionId;
use crate::domain::reply::sign_of;
use crate::domain::split::split;
use crate::domain::time::Span;
use crate::sources::Reply;
use crate::sources::reply::{Composed, Draft};
use crate::store::rows::ActionRow;
use crate::store::{StoreError, Tx, answer, part};
use serde_json::{Value, json};

/// One part as the platform would get it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What the platform would get.
    pub composed: Composed,
    /// The blanks that were typed between its words and those of the next.
    pub gap: String,
}

/// The parts in which an answer could go; none where it fits in one post, or the platform has no threads.
pub(super) fn pieces(reply: &dyn Reply, draft: &Draft, whole: &Composed) -> Vec<Piece> {
    if whole.measure.fits || !reply.threads() {
        return Vec::new();
    }
    let (words, sign) = apart(&draft.text, &draft.sign);
    let compose = |words: &str, last: bool| {
        let sign = if last { sign.to_owned() } else { String::new() };
        reply.compose(&Draft { text: words.to_owned(), sign, to: draft.to.clone() })
    };
    let fits = |words: &str, last: bool| compose(words, last).refused.is_none();
    let found = split(words, &fits).unwrap_or_default();
    let total = found.len();
    let piece = |(at, part): (usize, crate::domain::split::Part)| Piece {
        composed: compose(&part.text, at + 1 == total),
        gap: part.gap,
    };
    found.into_iter().enumerate().map(piece).collect()
}

/// The words and the sign that stands behind the last part: one that was typed is not signed a second time.
fn apart<'a>(text: &'a str, sign: &'a str) -> (&'a str, &'a str) {
    match (sign_of(text), text.trim_end().rsplit_once('^')) {
        (Some(typed), Some((words, _))) if sign.is_empty() || typed.eq_ignore_ascii_case(sign) => {
            (words.trim_end(), typed)
        }
        _ => (text, sign),
    }
}

/// Writes the words of an answer, and makes as many intents of one as it has parts.
pub(super) async fn written(
    tx: &mut Tx,
    asked: &Asked,
    wanted: &Answer,
    prepared: &Prepared,
    action: ActionRow,
) -> Result<Vec<ActionRow>, StoreError> {
    let Some(reply) = prepared.account.source.reply().filter(|_| prepared.goes_in_parts(wanted)) else {
        keep_words(tx, &action.id, prepared).await?;
        return Ok(vec![action]);
    };
    let subject = prepared.target.author_id.as_str();
    let actions = chain(asked, reply, prepared, &action);
    for (action, piece) in actions.iter().zip(&prepared.parts) {
        let id = format!("{}/text", action.id);
        answer::put_content(tx, &id, subject, "reply", &piece.composed.text).await?;
    }
    let ids: Vec<String> = actions.iter().map(|a| a.id.clone()).collect();
    part::add(tx, (&asked.brand_id, &asked.case_id), &ids).await?;
    Ok(actions)
}

/// The intents of the parts, made of the one that the whole would be.
fn chain(asked: &Asked, reply: &dyn Reply, prepared: &Prepared, whole: &ActionRow) -> Vec<ActionRow> {
    let mut payload: Value = serde_json::from_str(&whole.payload).unwrap_or_default();
    let mut taken = |name: &str| payload.as_object_mut().and_then(|p| p.remove(name));
    let (files, resolve) = (taken("files"), taken("resolve"));
    let total = prepared.parts.len();
    let one = |(at, piece): (usize, &Piece)| {
        let (mut action, mut own) = (whole.clone(), payload.clone());
        if at > 0 {
            action.id = asked.mint.id(asked.now, ActionId::new).to_string();
            action.once_key = format!("reply:{}", action.id);
            // Where a platform shows our time, they stand in their order.
            let made_at = asked.now.plus(Span(at as i64));
            action.created_at = made_at.millis();
            let key = reply.new_key(made_at, chance(asked));
            action.expected_id = reply.expected_id(&key);
            // What it answers is known once the part before it stands.
            action.answers_id = None;
            own["key"] = json!(key);
        } else if let Some(files) = &files {
            own["files"] = files.clone();
        }
        if let Some(resolve) = resolve.as_ref().filter(|_| at + 1 == total) {
            own["resolve"] = resolve.clone();
        }
        let front = !prepared.around.0.trim().is_empty();
        own["part"] = json!({ "n": at + 1, "of": total, "gap": piece.gap, "front": front });
        action.payload = own.to_string();
        action
    };
    prepared.parts.iter().enumerate().map(one).collect()
}

fn chance(asked: &Asked) -> u64 {
    u64::from_le_bytes(asked.mint.chance().token_bytes()[..8].try_into().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_that_was_typed_stands_behind_the_last_part_once() {
        assert_eq!(apart("We look into it. ^Jan", "Jan"), ("We look into it.", "Jan"));
        assert_eq!(apart("We look into it. ^Jan", ""), ("We look into it.", "Jan"));
        assert_eq!(apart("We look into it. ^Ann", "Jan"), ("We look into it. ^Ann", "Jan"));
        assert_eq!(apart("2^10 is large", "Jan"), ("2^10 is large", "Jan"));
    }
}

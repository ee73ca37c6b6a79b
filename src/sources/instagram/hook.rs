//! What Instagram delivers: the handshake, the signature over the bytes as received, and comments, mentions and private
//! messages in them.
//!
//! One delivery may hold several accounts of one app; each source takes what is its own account's and leaves the rest to
//! the others. A comment comes without a time, so the delivery's stands for it; one without author or words, and a mention,
//! which comes by ids alone, is put down as a notice and looked up at once. A comment below a boosted post is told twice.
//! Events of kinds that we do not know, and those about which nothing is to be done, are acknowledged and left.

use super::comment::{Told, comment_id, is_id, mention_id, notice};
use super::message::Said;
use super::{Instagram, KIND};
use crate::domain::time::Timestamp;
use crate::sources::RawItem;
use crate::sources::meta::talks::referral;
use crate::sources::meta::{self, read};
use crate::sources::webhook::{Challenge, Hook, Refusal};
use http::HeaderMap;
use read::{field, id_in, millis_in};
use serde_json::Value;

/// How many deliveries a second are taken: the platform delivers to all at once what happens at once.
const PER_SECOND_MAX: u32 = 2_000;

impl Hook for Instagram {
    fn limit_per_second(&self) -> u32 {
        PER_SECOND_MAX
    }

    fn challenge(&self, query: &str) -> Option<Challenge> {
        meta::handshake(self.verify_token.as_ref()?, query)
    }

    fn wants_plain_ok(&self) -> bool {
        true
    }

    fn shared_by(&self) -> Option<&'static str> {
        Some(KIND)
    }

    fn items(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<Vec<RawItem>, Refusal> {
        meta::verify(&self.secrets, headers, body)?;
        let changed = |change: &Value, at| self.changed(change, at, now);
        let said = |event: &Value| self.messages.then(|| self.said(event, now)).flatten();
        meta::delivered(body, ("instagram", self.us.id.as_str()), now, &changed, &said)
    }
}

impl Instagram {
    /// What one change of a field tells.
    fn changed(&self, change: &Value, at: Timestamp, now: Timestamp) -> Option<RawItem> {
        let value = &change["value"];
        match field(change, "field")? {
            "comments" | "live_comments" => {
                let unreadable = |()| Some(RawItem::unreadable(&change.to_string()));
                self.commented(value, at, now).unwrap_or_else(unreadable)
            }
            "mentions" => match id_in(value, "media_id").filter(|id| is_id(id)) {
                Some(media) => self.named(&media, id_in(value, "comment_id").as_deref(), at),
                None => Some(RawItem::unreadable(&change.to_string())),
            },
            _ => None,
        }
    }

    /// A comment as it was delivered; nothing if it was told before under another id.
    fn commented(&self, value: &Value, at: Timestamp, now: Timestamp) -> Result<Option<RawItem>, ()> {
        let mut told = Told::delivered(value).filter(|t| is_id(&t.id)).ok_or(())?;
        let Some((author, name)) = told.from.clone().filter(|_| !told.words.is_empty()) else {
            return Ok(Some(self.noted(&comment_id(&told.id), at)));
        };
        let below = &value["media"];
        let original = id_in(below, "original_media_id");
        let boosted = original.is_some() || id_in(below, "ad_id").is_some();
        // A picture of an album and an advertisement are told by their own ids.
        told.media = original.or(told.media).map(|media| self.memory.album_of(&media));
        let media = told.media.clone().unwrap_or_default();
        let writer = if author.is_empty() { &name } else { &author };
        let words = (writer.as_str(), media.as_str(), told.words.as_str());
        if self.memory.is_twin(&told.id, words, at, boosted) {
            return Ok(None);
        }
        told.url = told.url.or_else(|| self.memory.link_of(&media));
        told.at = told.at.or(Some(at));
        let posted = told.at.unwrap_or(at).min(now);
        Ok(Some(RawItem::of(format!("hook/{}/add", told.id), &told.post(&self.us, now), posted)))
    }

    /// Something elsewhere that names us, of which only ids are told.
    fn named(&self, media: &str, comment: Option<&str>, at: Timestamp) -> Option<RawItem> {
        // What is written below our own posts comes as a comment.
        if comment.is_some() && self.memory.is_ours(media) {
            return None;
        }
        let comment = comment.filter(|id| is_id(id)).unwrap_or_default();
        Some(self.noted(&mention_id(media, comment), at))
    }

    /// Has something looked up at once, and puts it down so that it is not forgotten.
    fn noted(&self, what: &str, at: Timestamp) -> RawItem {
        self.memory.want(what);
        RawItem::of(format!("hook/{what}"), &notice(what, &self.us, at), at)
    }

    /// What one event of a conversation tells.
    fn said(&self, event: &Value, now: Timestamp) -> Option<RawItem> {
        let sender = id_in(&event["sender"], "id").unwrap_or_default();
        if let Some(code) = referral(event).filter(|_| !sender.is_empty() && sender != self.us.id) {
            self.referrals.note(&sender, code);
        }
        let has_words =
            ["message", "message_edit"].iter().any(|k| event.get(k).is_some_and(Value::is_object));
        if !has_words {
            return self.pressed(event, now);
        }
        let mid = ["message", "message_edit"].iter().find_map(|k| id_in(&event[*k], "mid"));
        let code = mid.and_then(|mid| self.referrals.of(&sender, &mid));
        let Some(said) = Said::delivered(event, &self.us, code.as_deref()) else {
            return Some(RawItem::unreadable(&event.to_string()));
        };
        let kind = match (said.deleted, said.edited) {
            (true, _) => "deleted",
            (_, Some(_)) => "edited",
            _ => "said",
        };
        let post = said.post(&self.us, now);
        Some(RawItem::of(format!("hook/dm/{}/{kind}", said.mid), &post, said.at.unwrap_or(now).min(now)))
    }

    /// A button that somebody pressed says what stands on it.
    fn pressed(&self, event: &Value, now: Timestamp) -> Option<RawItem> {
        let postback = event.get("postback").filter(|p| p.is_object())?;
        let (mid, title) = (id_in(postback, "mid")?, field(postback, "title")?);
        let person = id_in(&event["sender"], "id").filter(|p| *p != self.us.id)?;
        let at = millis_in(event, "timestamp");
        let said = Said { mid, person, text: format!("[pressed: {title}]"), at, ..Said::default() };
        Some(RawItem::of(
            format!("hook/dm/{}/said", said.mid),
            &said.post(&self.us, now),
            at.unwrap_or(now).min(now),
        ))
    }
}

//! What Facebook delivers: the handshake, the signature over the bytes as received, and comments, posts, mentions and
//! private messages in them.
//!
//! One delivery may hold several pages of one app; each source takes what is its own page's and leaves the rest to the
//! others. Events of kinds that we do not know, and those about which nothing is to be done, are acknowledged and left.
//! That a comment was hidden is no deletion: its words stand, and whoever hid it knows.

use super::comment::{Told, gone};
use super::message::Said;
use super::{Facebook, KIND};
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

impl Hook for Facebook {
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
        meta::delivered(body, ("page", self.page.as_str()), now, &changed, &said)
    }
}

impl Facebook {
    /// What one change of `feed` or `mention` tells.
    fn changed(&self, change: &Value, at: Timestamp, now: Timestamp) -> Option<RawItem> {
        let (what, value) = (field(change, "field")?, &change["value"]);
        if !matches!(what, "feed" | "mention") {
            return None;
        }
        let (item, verb) =
            (field(value, "item").unwrap_or_default(), field(value, "verb").unwrap_or_default());
        if !matches!(item, "comment" | "post" | "status" | "photo" | "video" | "share" | "album") {
            return None;
        }
        let Some(mut told) = Told::delivered(value) else {
            return Some(RawItem::unreadable(&change.to_string()));
        };
        told.elsewhere = what == "mention";
        let place = format!("hook/{}/{verb}", told.id);
        match verb {
            "remove" => {
                let own = told.is_of(&self.page);
                Some(RawItem::of(place, &gone(&told.id, own), now))
            }
            "add" | "edited" | "edit" | "unhide" => {
                told.edited = Some(at).filter(|_| matches!(verb, "edited" | "edit"));
                // A post without time is told when it was made.
                told.at = told.at.or(Some(at));
                let posted = told.at.unwrap_or(at).min(now);
                Some(RawItem::of(place, &told.post(&self.page, now), posted))
            }
            _ => None,
        }
    }

    /// What one event of a conversation tells.
    fn said(&self, event: &Value, now: Timestamp) -> Option<RawItem> {
        let sender = id_in(&event["sender"], "id").unwrap_or_default();
        if let Some(code) = referral(event).filter(|_| !sender.is_empty() && sender != self.page) {
            self.referrals.note(&sender, code);
        }
        let has_words =
            ["message", "message_edit"].iter().any(|k| event.get(k).is_some_and(Value::is_object));
        if !has_words {
            return self.pressed(event, now);
        }
        let mid = ["message", "message_edit"].iter().find_map(|k| id_in(&event[*k], "mid"));
        let code = mid.and_then(|mid| self.referrals.of(&sender, &mid));
        let Some(said) = Said::delivered(event, &self.page, code.as_deref()) else {
            return Some(RawItem::unreadable(&event.to_string()));
        };
        let kind = match (said.deleted, said.edited) {
            (true, _) => "deleted",
            (_, Some(_)) => "edited",
            _ => "said",
        };
        let post = said.post(&self.page, now);
        Some(RawItem::of(format!("hook/dm/{}/{kind}", said.mid), &post, said.at.unwrap_or(now).min(now)))
    }

    /// A button that somebody pressed says what stands on it.
    fn pressed(&self, event: &Value, now: Timestamp) -> Option<RawItem> {
        let postback = event.get("postback").filter(|p| p.is_object())?;
        let (mid, title) = (id_in(postback, "mid")?, field(postback, "title")?);
        let person = id_in(&event["sender"], "id").filter(|p| *p != self.page)?;
        let at = millis_in(event, "timestamp");
        let said = Said { mid, person, text: format!("[pressed: {title}]"), at, ..Said::default() };
        Some(RawItem::of(
            format!("hook/dm/{}/said", said.mid),
            &said.post(&self.page, now),
            at.unwrap_or(now).min(now),
        ))
    }
}

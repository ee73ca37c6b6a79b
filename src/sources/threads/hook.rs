//! What Threads delivers: the handshake, the signature over the bytes as received, and replies, mentions, own posts and
//! deletions in them.
//!
//! The form is another one than that of pages: one account and its values at the top. Several accounts of one app share
//! an address; each source takes what is its own account's and leaves the rest to the others. Events of kinds that we do
//! not know are acknowledged and left.

use super::post::{Seen, Told, gone, is_id};
use super::{KIND, Threads};
use crate::domain::time::Timestamp;
use crate::sources::RawItem;
use crate::sources::meta::{self, read};
use crate::sources::webhook::{Challenge, Hook, ITEMS_MAX, Refusal};
use http::HeaderMap;
use read::{field, id_in};
use serde_json::Value;

/// How many deliveries a second are taken: the platform delivers to all at once what happens at once.
const PER_SECOND_MAX: u32 = 2_000;

impl Hook for Threads {
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
        let Ok(value) = serde_json::from_slice::<Value>(body) else {
            return Ok(vec![RawItem::unreadable(&String::from_utf8_lossy(body))]);
        };
        // One value or several.
        let changes: Vec<&Value> = match &value["values"] {
            Value::Array(all) => all.iter().collect(),
            one => vec![one],
        };
        if changes.len() > ITEMS_MAX {
            return Err(Refusal::TooMany { found: changes.len() });
        }
        let target = id_in(&value, "target_id");
        Ok(changes.into_iter().filter_map(|change| self.changed(change, target.as_deref(), now)).collect())
    }
}

impl Threads {
    /// What one value tells.
    fn changed(&self, change: &Value, target: Option<&str>, now: Timestamp) -> Option<RawItem> {
        let (what, value) = (field(change, "field")?, &change["value"]);
        if what == "delete" {
            return self.deleted(value, target, now);
        }
        let seen = match what {
            "replies" => Seen::Below,
            "mentions" => Seen::Named,
            "publish" => Seen::Found,
            _ => return None,
        };
        let Some(told) = Told::of(value) else {
            // Whose it is cannot be known, unless the delivery says so.
            return (target == Some(self.me.id.as_str())).then(|| RawItem::unreadable(&change.to_string()));
        };
        let is_ours = target == Some(self.me.id.as_str())
            || told.is_of(&self.me)
            || match seen {
                Seen::Below => told.is_below(&self.me),
                Seen::Named => self.me.is_named_in(&told.words),
                Seen::Found => false,
            };
        // What others publish is none of ours, whomever it is delivered to.
        if !is_ours || (seen == Seen::Found && !told.is_of(&self.me)) {
            return None;
        }
        let at = told.at.unwrap_or(now).min(now);
        let post = told.post(&self.me, seen, None, now);
        Some(RawItem::of(format!("hook/{}/{what}", told.id), &post, at))
    }

    /// Deletions are told of accounts that gave the app leave: of ours.
    fn deleted(&self, value: &Value, target: Option<&str>, now: Timestamp) -> Option<RawItem> {
        let id = id_in(value, "id").filter(|id| is_id(id))?;
        let owner = id_in(&value["owner"], "owner_id").or_else(|| id_in(&value["owner"], "id"));
        let own = owner.as_deref() == Some(self.me.id.as_str())
            || field(value, "username").is_some_and(|name| self.me.is(name))
            || (owner.is_none() && target == Some(self.me.id.as_str()));
        own.then(|| RawItem::of(format!("hook/{id}/delete"), &gone(&id, true), now))
    }
}

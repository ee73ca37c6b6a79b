//! What the platform delivers: the only way in.
//!
//! One app signs for all its numbers and may put several into one delivery; what is another number's is none of ours.
//! Nothing is decided here, and one element that cannot be read leaves the others as they are. What is told of messages
//! that we never sent, or of things that we do not know, is acknowledged and left: a refusal would have the platform send
//! everything again.

use super::Whatsapp;
use super::message::{Scene, Told, echo, message, status};
use crate::domain::time::Timestamp;
use crate::sources::RawItem;
use crate::sources::meta::{handshake, verify};
use crate::sources::webhook::{Challenge, Hook, Refusal};
use http::HeaderMap;
use serde_json::Value;

/// How many deliveries a second are taken: the platform delivers at once what happens at once.
const PER_SECOND_MAX: u32 = 2_000;

impl Hook for Whatsapp {
    fn limit_per_second(&self) -> u32 {
        PER_SECOND_MAX
    }

    fn challenge(&self, query: &str) -> Option<Challenge> {
        handshake(&self.verify_token, query)
    }

    fn wants_plain_ok(&self) -> bool {
        true
    }

    fn items(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<Vec<RawItem>, Refusal> {
        verify(&self.secrets, headers, body)?;
        let Ok(value) = serde_json::from_slice::<Value>(body) else {
            return Ok(vec![RawItem::unreadable(&String::from_utf8_lossy(body))]);
        };
        if value["object"] != "whatsapp_business_account" {
            return Ok(Vec::new());
        }
        let entries = value["entry"].as_array().into_iter().flatten();
        let changes = entries.filter_map(|e| e["changes"].as_array()).flatten();
        Ok(changes.flat_map(|change| self.changed(change, now)).collect())
    }
}

impl Whatsapp {
    fn changed(&self, change: &Value, now: Timestamp) -> Vec<RawItem> {
        let value = &change["value"];
        let told = value["metadata"]["phone_number_id"].as_str().unwrap_or_default();
        let Some(number) = self.numbers.iter().find(|n| n.id == told) else {
            return Vec::new();
        };
        let me = self.me();
        let scene = Scene { number: &number.id, me: &me, contacts: &value["contacts"], now };
        let list = |key: &str| value[key].as_array().map_or(&[][..], Vec::as_slice);
        let each = |list: &[Value], read: fn(&Value, Scene<'_>) -> Told| -> Vec<RawItem> {
            list.iter().filter_map(|one| item(read(one, scene), one)).collect()
        };
        match change["field"].as_str() {
            // What customers say goes first: what is told of our own must never keep it.
            Some("messages") => {
                let mut items = each(list("messages"), message);
                items.extend(each(list("statuses"), status));
                items
            }
            Some("smb_message_echoes") => each(list("message_echoes"), echo),
            _ => Vec::new(),
        }
    }
}

fn item(told: Told, raw: &Value) -> Option<RawItem> {
    match told {
        Told::Post(place, post, at) => Some(RawItem::of(place, &post, at)),
        Told::Unreadable => Some(RawItem::unreadable(&raw.to_string())),
        Told::Passed => None,
    }
}

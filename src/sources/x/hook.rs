//! What X delivers: the challenge by which it sees that we are who takes deliveries, the signature over the bytes as
//! received, and the posts and messages in them.
//!
//! The platform signs deliveries and has us sign the challenge with one and the same key, so whoever may have us sign
//! anything could sign deliveries: a challenge is only taken where it holds letters, digits and a few signs, of which
//! no delivery can be made. Events of kinds that we do not know, and those about which nothing is to be done, are
//! acknowledged and left. What is missed the looks bring.

use super::X;
use super::config::Unit;
use super::messages::{Said, conversation_of, message};
use super::post::{Seen, gone, post, time_of};
use super::read::{Includes, field, id_in, list};
use crate::domain::time::Timestamp;
use crate::sources::webhook::{Challenge, Hook, Refusal, keyed};
use crate::sources::{RawItem, Right};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::Mac;
use http::HeaderMap;
use secrecy::SecretString;
use serde_json::{Value, json};

const SIGNATURE: &str = "x-twitter-webhooks-signature";
const HEADER_BYTES_MAX: usize = 256;
const CHALLENGE_BYTES_MAX: usize = 256;
/// How many deliveries a second are taken: the platform delivers to all at once what happens at once.
const PER_SECOND_MAX: u32 = 2_000;

/// Signs as the platform does.
pub fn sign(secret: &SecretString, bytes: &[u8]) -> String {
    let tag =
        keyed(secret).map(|mac| mac.chain_update(bytes).finalize().into_bytes().to_vec()).unwrap_or_default();
    format!("sha256={}", STANDARD.encode(tag))
}

/// Whether bytes hold nothing but what a challenge may hold.
fn is_challenge(bytes: &[u8]) -> bool {
    let fine =
        |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'=' | b'+' | b'/' | b'~');
    !bytes.is_empty() && bytes.len() <= CHALLENGE_BYTES_MAX && bytes.iter().all(fine)
}

impl Hook for X {
    fn limit_per_second(&self) -> u32 {
        PER_SECOND_MAX
    }

    fn challenge(&self, query: &str) -> Option<Challenge> {
        let mut tokens = url::form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == "crc_token");
        let (token, more) = (tokens.next()?.1, tokens.next());
        let key = self.keys.first().filter(|_| more.is_none() && is_challenge(token.as_bytes()))?;
        let body = json!({ "response_token": sign(key, token.as_bytes()) }).to_string();
        Some(Challenge { content_type: "application/json", body })
    }

    fn wants_plain_ok(&self) -> bool {
        true
    }

    fn items(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<Vec<RawItem>, Refusal> {
        let signature = header(headers)?;
        if !self.is_signed(signature, body) || is_challenge(body) {
            return Err(Refusal::Signature);
        }
        let Ok(value) = serde_json::from_slice::<Value>(body) else {
            return Ok(vec![RawItem::unreadable(&String::from_utf8_lossy(body))]);
        };
        Ok(self.delivered(&value["data"], now))
    }
}

/// The only value of the signature's header, as text.
fn header(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut values = headers.get_all(SIGNATURE).iter();
    let value = values.next().ok_or(Refusal::Missing(SIGNATURE))?;
    let text = value.to_str().map_err(|_| Refusal::Unreadable(SIGNATURE))?;
    if values.next().is_some() || text.len() > HEADER_BYTES_MAX {
        return Err(Refusal::Unreadable(SIGNATURE));
    }
    Ok(text)
}

impl X {
    fn is_signed(&self, signature: &str, body: &[u8]) -> bool {
        let Some(tag) = signature.strip_prefix("sha256=").and_then(|s| STANDARD.decode(s).ok()) else {
            return false;
        };
        // All keys are tried, without stopping early.
        self.keys
            .iter()
            .filter_map(keyed)
            .fold(false, |found, mac| mac.chain_update(body).verify_slice(&tag).is_ok() | found)
    }

    fn delivered(&self, event: &Value, now: Timestamp) -> Vec<RawItem> {
        let (kind, payload) = (field(event, "event_type").unwrap_or_default(), &event["payload"]);
        if kind == "post.delete" {
            return vec![self.deletion(event, now)];
        }
        let Some(me) = self.me.get().cloned().or_else(|| self.of_filter(event)) else { return Vec::new() };
        // An app of several brands signs for all of them: what is another account's is none of ours.
        if id_in(&event["filter"], "user_id").is_some_and(|of| of != me.id) {
            return Vec::new();
        }
        let includes = Includes::of(&event["includes"]);
        match kind {
            "post.mention.create" | "post.quote.create" | "post.reply.create" | "post.create" => {
                let seen = Seen {
                    summoned: matches!(kind, "post.mention.create" | "post.quote.create"),
                    context: false,
                };
                let id = id_in(payload, "id");
                match post(payload, &includes, &me, seen, now) {
                    Ok((raw, at)) => {
                        self.versions.note(payload);
                        self.spend_on(Unit::PostEvent, &id.into_iter().collect::<Vec<_>>());
                        vec![RawItem::of(format!("hook/{}/{kind}", raw.external_id), &raw, at)]
                    }
                    Err(_) => vec![RawItem::unreadable(&event.to_string())],
                }
            }
            "dm.received" | "dm.sent" => self.messages_delivered(payload, &me, now),
            "oauth.revoke" => {
                // Its filter may be empty: whose leave it was stands in what it tells. Others gave the app theirs, too.
                let of = id_in(payload, "user_id").or_else(|| id_in(&event["filter"], "user_id"));
                if of.as_deref() == Some(me.id.as_str()) {
                    self.leave_taken_back();
                }
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// The looks meet the refusal; that answers are refused is known at once.
    fn leave_taken_back(&self) {
        let why = "the account took its leave from the app back";
        self.client.tokens.grants.lost(Right::Answer, why);
        if self.messages {
            self.client.tokens.grants.lost(Right::Private, why);
        }
    }

    /// A post that was deleted, ours or anybody's of whom posts are kept.
    fn deletion(&self, event: &Value, now: Timestamp) -> RawItem {
        let payload = &event["payload"];
        let Some(id) = id_in(payload, "id") else { return RawItem::unreadable(&event.to_string()) };
        let author = id_in(payload, "author_id");
        let own = if let Some(me) = self.me.get() {
            author.is_some_and(|a| a == me.id)
        } else {
            // Of whom it was asked for tells who we are, unless it was asked for of others.
            let of_others = field(event, "tag") == Some(self.tag_of_deletes().as_str());
            !of_others && author.is_some() && author == id_in(&event["filter"], "user_id")
        };
        self.spend_on(Unit::DeleteEvent, std::slice::from_ref(&id));
        let root = self.versions.root(&id);
        RawItem::of(format!("hook/{root}/post.delete"), &gone(&root, own), now)
    }

    /// Who we are, of whom the platform was told that it is about; only our own subscriptions are delivered.
    fn of_filter(&self, event: &Value) -> Option<super::post::Me> {
        let id = id_in(&event["filter"], "user_id")?;
        Some(super::post::Me { id, name: self.account.to_lowercase() })
    }

    fn messages_delivered(&self, payload: &Value, me: &super::post::Me, now: Timestamp) -> Vec<RawItem> {
        let mut items = Vec::new();
        for event in list(&payload["direct_message_events"]) {
            if field(event, "type").is_some_and(|t| t != "message_create") {
                continue;
            }
            let created = &event["message_create"];
            let (Some(id), Some(sender), Some(recipient)) =
                (id_in(event, "id"), id_in(created, "sender_id"), id_in(&created["target"], "recipient_id"))
            else {
                items.push(RawItem::unreadable(&event.to_string()));
                continue;
            };
            let told = id_in(event, "created_timestamp").and_then(|t| t.parse().ok()).map(Timestamp);
            let conversation = conversation_of(&sender, &recipient);
            let profile = payload["users"].get(sender.as_str());
            let said = Said {
                conversation: &conversation,
                text: field(&created["message_data"], "text").unwrap_or_default(),
                at: told.or_else(|| time_of(&id)).unwrap_or(now).min(now),
                profile: profile.map(|u| if u["data"].is_object() { &u["data"] } else { u }),
                sender,
                id: id.clone(),
            };
            // What the account sends itself is delivered free of charge.
            if said.sender != me.id {
                self.spend_on(Unit::MessageEvent, std::slice::from_ref(&id));
            }
            items.push(RawItem::of(format!("hook/dm/{id}"), &message(&said, me), said.at));
        }
        items
    }
}

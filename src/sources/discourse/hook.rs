//! What a forum delivers by its webhook: the signature over the bytes as received, and the post in them.
//!
//! A delivery that is sent again has an id of its own, so the same post comes twice at times: it is known by
//! its own id, and its version tells an edit. What is no post, and what is not for everybody, is acknowledged
//! and left: a forum switches off a webhook that refuses.

use super::Discourse;
use super::post::ForumPost;
use crate::domain::time::Timestamp;
use crate::sources::RawItem;
use crate::sources::webhook::{Hook, PER_SECOND_MAX, Refusal, keyed};
use hmac::Mac;
use http::HeaderMap;
use serde_json::Value;

const SIGNATURE: &str = "x-discourse-event-signature";
const EVENT: &str = "x-discourse-event";
const HEADER_BYTES_MAX: usize = 256;

impl Hook for Discourse {
    fn limit_per_second(&self) -> u32 {
        PER_SECOND_MAX
    }

    fn items(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<Vec<RawItem>, Refusal> {
        let signature = header(headers, SIGNATURE)?.ok_or(Refusal::Missing(SIGNATURE))?;
        if !self.is_signed(signature, body) {
            return Err(Refusal::Signature);
        }
        let event = header(headers, EVENT)?.unwrap_or_default();
        let Ok(value) = serde_json::from_slice::<Value>(body) else {
            return Ok(vec![RawItem::unreadable(&String::from_utf8_lossy(body))]);
        };
        let Some(post) = value.get("post").or_else(|| value.get("solved")) else { return Ok(Vec::new()) };
        match serde_json::from_value::<ForumPost>(post.clone()) {
            Ok(post) => Ok(self.delivered(post, event, now).into_iter().collect()),
            Err(_) => Ok(vec![RawItem::unreadable(&post.to_string())]),
        }
    }
}

impl Discourse {
    fn is_signed(&self, signature: &str, body: &[u8]) -> bool {
        let Some(secret) = &self.hook_secret else { return false };
        let Some(tag) = signature.strip_prefix("sha256=").and_then(unhex) else { return false };
        keyed(secret).is_some_and(|mac| mac.chain_update(body).verify_slice(&tag).is_ok())
    }

    fn delivered(&self, mut post: ForumPost, event: &str, now: Timestamp) -> Option<RawItem> {
        if !post.is_read() || event == "unaccepted_solution" {
            return None;
        }
        post.accepted_answer |= event == "accepted_solution";
        let watched = self.categories.is_empty()
            || post.is_private()
            || post.category_id.is_some_and(|id| self.categories.contains(&id));
        if !watched {
            return None;
        }
        if event == "post_destroyed" || post.is_gone() {
            let raw = self.forum.gone(&post.id.to_string(), self.forum.is_own(&post));
            return Some(RawItem::of(format!("hook/{}/{event}", post.id), &raw, now));
        }
        // Nothing is fetched here: what has no category, or is hidden, is left to the look.
        if post.hidden {
            return None;
        }
        self.threads.note(&post);
        let edited =
            (event == "post_edited").then(|| post.updated_at().filter(|at| *at <= now).unwrap_or(now));
        Some(self.item(&post, edited, now))
    }
}

/// The only value of a header, as text.
fn header<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a str>, Refusal> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().map_err(|_| Refusal::Unreadable(name))?;
    if values.next().is_some() || text.len() > HEADER_BYTES_MAX {
        return Err(Refusal::Unreadable(name));
    }
    Ok(Some(text))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}

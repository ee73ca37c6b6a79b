//! Conversations on both platforms: their ids, and by which link somebody came.
//!
//! A conversation is one person with us, so it is called by the person's id for this page or account; the id of a message
//! holds it, so that what is answered tells to whom. Somebody who comes by a link with our code may say nothing about it:
//! the code is put behind their next words.

use super::read::field;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// What ids of messages begin with; no id of a comment does.
const DM: &str = "dm/";
/// Most people of whom it is remembered by which link they came.
const REFERRALS_MAX: usize = 1_000;
/// Longest word of a link that is looked at.
const REF_CHARS_MAX: usize = 64;

/// The id of a message: its person and the platform's id.
pub fn message_id(person: &str, mid: &str) -> String {
    format!("{DM}{person}/{mid}")
}

/// The person and the platform's id of a message, of an id of ours.
pub fn split_id(id: &str) -> Option<(&str, &str)> {
    let (person, mid) = id.strip_prefix(DM)?.split_once('/')?;
    (!person.is_empty() && !mid.is_empty()).then_some((person, mid))
}

/// The key of a conversation.
pub fn conversation_key(person: &str) -> String {
    format!("{DM}{person}")
}

/// A code that a link carried, in words behind a message.
pub fn with_code(text: &str, code: Option<&str>) -> String {
    match code {
        Some(code) if !text.contains(code) => behind(text, &format!("[came by the link {code}]")),
        _ => text.to_owned(),
    }
}

/// A line behind words.
pub fn behind(text: &str, line: &str) -> String {
    format!("{text}\n{line}").trim().to_owned()
}

/// A code and the message behind which it was put, if there was one.
type Came = (String, Option<String>);

/// By which link people came who have not written yet. Memory ends with the process: what is lost then is proposed
/// by other evidence.
#[derive(Debug, Default)]
pub struct Referrals(Mutex<HashMap<String, Came>>);

impl Referrals {
    /// Notes the code of the link by which somebody came.
    pub fn note(&self, person: &str, code: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= REFERRALS_MAX && !all.contains_key(person) {
            all.retain(|_, (_, put)| put.is_none());
            if all.len() >= REFERRALS_MAX {
                return;
            }
        }
        all.insert(person.to_owned(), (code.chars().take(REF_CHARS_MAX).collect(), None));
    }

    /// The code of the link by which somebody came, for the first message of theirs that asks: told again it has it
    /// again, and later ones have not.
    pub fn of(&self, person: &str, mid: &str) -> Option<String> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (code, put) = all.get_mut(person)?;
        let put = put.get_or_insert_with(|| mid.to_owned());
        (put.as_str() == mid).then(|| code.clone())
    }
}

/// The word of the link by which somebody came, wherever an event tells it.
pub fn referral(event: &Value) -> Option<&str> {
    let places = [&event["referral"], &event["postback"]["referral"], &event["message"]["referral"]];
    places.into_iter().find_map(|r| field(r, "ref"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_stands_behind_the_first_message_only() {
        let referrals = Referrals::default();
        referrals.note("55", "WC-7K3F");
        assert_eq!(referrals.of("55", "m_1").as_deref(), Some("WC-7K3F"));
        assert_eq!(referrals.of("55", "m_1").as_deref(), Some("WC-7K3F"), "told again");
        assert_eq!((referrals.of("55", "m_2"), referrals.of("56", "m_1")), (None, None));
        // Those who have written make room for others.
        for n in 0..REFERRALS_MAX {
            referrals.note(&format!("p{n}"), "WC-0000");
        }
        assert!(referrals.of(&format!("p{}", REFERRALS_MAX - 1), "m").is_some());
    }
}

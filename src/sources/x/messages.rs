//! Private messages: reading them by looking and as they are delivered, each in the one form.
//!
//! A conversation of two is called by the numbers of both, the smaller first, as the platform does; deliveries do not
//! name it, so it is made of sender and receiver there. What is encrypted (`chat.received`) cannot be read by an app.

use super::X;
use super::client::{As, Failed, Family};
use super::config::Unit;
use super::poll::{MESSAGES, Page, WITHIN, is_page};
use super::post::{KIND, Me, is_later, time_of};
use super::read::{Includes, field, id_in, list};
use crate::domain::post::{RawAuthor, RawPost};
use crate::domain::time::Timestamp;
use crate::sources::RawItem;
use serde_json::Value;

/// What ids of messages begin with; no id of a post does.
const DM: &str = "dm/";

/// The id of a message: its conversation and the platform's id.
pub fn message_id(conversation: &str, event: &str) -> String {
    format!("{DM}{conversation}/{event}")
}

/// The conversation and the platform's id of a message, of an id of ours.
pub fn split_id(id: &str) -> Option<(&str, &str)> {
    let (conversation, event) = id.strip_prefix(DM)?.split_once('/')?;
    (!conversation.is_empty() && !event.is_empty()).then_some((conversation, event))
}

/// The key of a conversation.
pub fn conversation_key(conversation: &str) -> String {
    format!("{DM}{conversation}")
}

/// The conversation of two.
pub fn conversation_of(a: &str, b: &str) -> String {
    if is_later(a, b) { format!("{b}-{a}") } else { format!("{a}-{b}") }
}

/// The platform's name of a conversation as we write it, and who is in it beside us; nobody in one of several.
fn placed(conversation: &str, me: &str) -> (String, Option<String>) {
    match conversation.split_once('-') {
        Some((a, b)) => {
            let other = if a == me { b } else { a };
            (conversation_of(a, b), Some(other.to_owned()))
        }
        None => (conversation.to_owned(), None),
    }
}

/// A message as it was read, in whatever form.
pub struct Said<'a> {
    /// The platform's id.
    pub id: String,
    /// The conversation.
    pub conversation: &'a str,
    /// Who wrote it.
    pub sender: String,
    /// The words.
    pub text: &'a str,
    /// When.
    pub at: Timestamp,
    /// The writer's profile, if it came along.
    pub profile: Option<&'a Value>,
}

/// A message in our form.
pub fn message(said: &Said<'_>, me: &Me) -> RawPost {
    let (conversation, other) = placed(said.conversation, &me.id);
    let own = said.sender == me.id;
    RawPost {
        platform: KIND.to_owned(),
        external_id: message_id(&conversation, &said.id),
        author: RawAuthor {
            id: said.sender.clone(),
            handle: said.profile.and_then(|u| field(u, "username")).map(ToOwned::to_owned),
            name: said.profile.and_then(|u| field(u, "name")).map(ToOwned::to_owned),
            followers: said.profile.and_then(|u| u["public_metrics"]["followers_count"].as_i64()),
        },
        text: if said.text.trim().is_empty() { "[file]".to_owned() } else { said.text.to_owned() },
        created_at: said.at.rfc3339(),
        kind: Some("message".to_owned()),
        conversation_id: Some(conversation_key(&conversation)),
        private: true,
        visibility: Some("direct".to_owned()),
        own,
        addressed: !own,
        answers: other.filter(|_| own),
        ..RawPost::default()
    }
}

impl X {
    /// A page of the newest messages; the list has no mark of ours, so it is read down to where the last look ended.
    pub(super) async fn messages_page(&self, token: Option<&str>, since: &str) -> Result<Page, Failed> {
        let mut query = vec![
            (
                "dm_event.fields",
                "id,text,event_type,created_at,sender_id,dm_conversation_id,attachments,referenced_tweets",
            ),
            ("event_types", "MessageCreate"),
            ("expansions", "sender_id"),
            ("user.fields", "username,name,public_metrics"),
            ("max_results", "50"),
        ];
        query.extend(token.map(|t| ("pagination_token", t)));
        let asked = self.client.get((Family::Messages, As::Account), &["dm_events"], &query, WITHIN);
        let mut value = asked.await?;
        is_page(&value)?;
        let ids: Vec<String> = list(&value["data"]).filter_map(|m| id_in(m, "id")).collect();
        let cost = self.spend_on(Unit::MessageRead, &ids);
        let reached = !since.is_empty() && ids.iter().any(|id| !is_later(id, since));
        if reached && let Some(meta) = value["meta"].as_object_mut() {
            meta.remove("next_token");
        }
        Ok(Page { value, cost })
    }

    /// The messages of a page in our form, oldest first.
    pub(super) async fn messages_of(&self, page: &Value) -> Result<(Vec<RawItem>, Vec<String>), Failed> {
        let me = self.me().await?;
        let includes = Includes::of(&page["includes"]);
        let now = self.client.now();
        let (mut items, mut handed) = (Vec::new(), Vec::new());
        let mut all: Vec<&Value> = list(&page["data"]).collect();
        all.reverse();
        for value in all {
            // Who came and went says nothing.
            if field(value, "event_type").is_some_and(|t| t != "MessageCreate") {
                continue;
            }
            let Some(id) = id_in(value, "id") else {
                items.push(RawItem::unreadable(&value.to_string()));
                continue;
            };
            let (Some(conversation), Some(sender)) =
                (field(value, "dm_conversation_id"), id_in(value, "sender_id"))
            else {
                continue;
            };
            if self.known.holds(MESSAGES, &id) {
                continue;
            }
            let at =
                field(value, "created_at").and_then(|t| Timestamp::parse(t).ok()).or_else(|| time_of(&id));
            let said = Said {
                conversation,
                text: field(value, "text").unwrap_or_default(),
                at: at.unwrap_or(now).min(now),
                profile: includes.user(&sender),
                sender,
                id: id.clone(),
            };
            items.push(RawItem::of(format!("messages/{id}"), &message(&said, &me), said.at));
            handed.push(id);
        }
        Ok((items, handed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_is_called_alike_from_both_sides_and_ids_hold_it() {
        assert_eq!(conversation_of("2222", "1111"), "1111-2222");
        assert_eq!(
            conversation_of("999", "1111"),
            "999-1111",
            "the smaller number first, not the smaller text"
        );
        let id = message_id("1111-2222", "77");
        assert_eq!(split_id(&id), Some(("1111-2222", "77")));
        assert!(id.starts_with(&conversation_key("1111-2222")));
        assert_eq!(split_id("2080765813578191303"), None);
        assert_eq!(placed("2222-1111", "1111"), ("1111-2222".to_owned(), Some("2222".to_owned())));
        assert_eq!(placed("1585800614365339648", "1111"), ("1585800614365339648".to_owned(), None));
    }
}

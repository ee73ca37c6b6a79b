//! Private messages in our form, as lists and as deliveries tell them. Pure.
//!
//! What conversations and their messages are called, and by which link somebody came, is told in [`crate::sources::meta::talks`].

use super::KIND;
use crate::domain::file::FileNote;
use crate::domain::post::{RawAuthor, RawPost};
use crate::domain::time::Timestamp;
use crate::sources::meta::read::{field, id_in, list, time_in};
use crate::sources::meta::talks::{conversation_key, message_id, with_code};
use serde_json::Value;

/// What stands before the id of what is answered in what comes back with an echo.
const ANSWERS: &str = "answers:";

/// What goes along with a message and comes back with its echo: what it answers.
pub fn metadata(answered: &str) -> String {
    format!("{ANSWERS}{answered}")
}

/// A message as it was read, in whatever form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The platform's id.
    pub mid: String,
    /// The person with whom the page talks.
    pub person: String,
    /// Whether the page wrote it.
    pub own: bool,
    /// The person's name, where it is told.
    pub name: Option<String>,
    /// The words.
    pub text: String,
    /// When.
    pub at: Option<Timestamp>,
    /// When it was changed.
    pub edited: Option<Timestamp>,
    /// What it answers, as an id of ours.
    pub answers: Option<String>,
    /// Files in it.
    pub files: Vec<FileNote>,
    /// Its author took it back.
    pub deleted: bool,
}

/// The files of a message as deliveries tell them, and the address of a shared link.
fn delivered_files(message: &Value) -> (Vec<FileNote>, Option<String>) {
    let (mut files, mut link) = (Vec::new(), None);
    for one in list(&message["attachments"]) {
        let kind = field(one, "type").unwrap_or("file");
        let url = one["payload"]["url"].as_str().or_else(|| field(one, "url")).unwrap_or_default();
        match kind {
            "image" | "video" | "audio" | "file" => {
                let kind = kind.to_owned();
                files.push(FileNote { kind, url: url.to_owned(), ..FileNote::default() });
            }
            // Shared posts, links, places: what can be shown of them is their address.
            _ => link = link.or_else(|| Some(url.to_owned()).filter(|u| !u.is_empty())),
        }
    }
    (files, link)
}

impl Said {
    /// A message of a delivery; nothing if it tells of none. `code` is that of the link by which the person came.
    pub fn delivered(event: &Value, page: &str, code: Option<&str>) -> Option<Self> {
        let edit = event.get("message_edit").filter(|e| e.is_object());
        let message = edit.or_else(|| event.get("message").filter(|m| m.is_object()))?;
        let mid = id_in(message, "mid")?;
        let (sender, recipient) = (id_in(&event["sender"], "id")?, id_in(&event["recipient"], "id")?);
        let own = message["is_echo"].as_bool() == Some(true) || sender == page;
        let person = if sender == page { recipient } else { sender };
        let at = event["timestamp"].as_i64().filter(|n| *n > 0).map(Timestamp);
        let (files, link) = delivered_files(message);
        let text = field(message, "text").map(ToOwned::to_owned).or(link).unwrap_or_default();
        let sent_for = field(message, "metadata").and_then(|m| m.strip_prefix(ANSWERS)).filter(|_| own);
        let reply = message.get("reply_to").and_then(|r| id_in(r, "mid")).map(|m| message_id(&person, &m));
        Some(Self {
            deleted: message["is_deleted"].as_bool() == Some(true),
            answers: sent_for.map(ToOwned::to_owned).or(reply),
            text: with_code(&text, code.filter(|_| !own)),
            edited: edit.and(at),
            mid,
            person,
            own,
            at,
            files,
            name: None,
        })
    }

    /// A message of a list; nothing if it is none.
    pub fn listed(value: &Value, page: &str) -> Option<Self> {
        let from = &value["from"];
        let sender = id_in(from, "id")?;
        let own = sender == page;
        let person = if own { list(&value["to"]["data"]).find_map(|t| id_in(t, "id"))? } else { sender };
        let file = |one: &Value| {
            let image = field(&one["image_data"], "url");
            let kind = if image.is_some() { "image" } else { field(one, "mime_type").unwrap_or("file") };
            FileNote {
                kind: kind.to_owned(),
                name: field(one, "name").unwrap_or_default().to_owned(),
                url: image.or_else(|| field(one, "file_url")).unwrap_or_default().to_owned(),
                ..FileNote::default()
            }
        };
        Some(Self {
            mid: id_in(value, "id")?,
            name: field(from, "name").filter(|_| !own).map(ToOwned::to_owned),
            text: field(value, "message").unwrap_or_default().to_owned(),
            at: time_in(value, "created_time"),
            files: list(&value["attachments"]["data"]).map(file).collect(),
            person,
            own,
            ..Self::default()
        })
    }

    /// As one of our posts.
    pub fn post(&self, page: &str, now: Timestamp) -> RawPost {
        let external_id = message_id(&self.person, &self.mid);
        if self.deleted {
            return RawPost {
                platform: KIND.to_owned(),
                external_id,
                own: self.own,
                deleted: true,
                ..RawPost::default()
            };
        }
        let author = if self.own { page.to_owned() } else { self.person.clone() };
        RawPost {
            platform: KIND.to_owned(),
            external_id,
            author: RawAuthor { id: author, name: self.name.clone(), ..RawAuthor::default() },
            text: if self.text.trim().is_empty() { "[file]".to_owned() } else { self.text.clone() },
            created_at: self.at.unwrap_or(now).min(now).rfc3339(),
            kind: Some("message".to_owned()),
            conversation_id: Some(conversation_key(&self.person)),
            in_reply_to: self.answers.clone(),
            private: true,
            visibility: Some("direct".to_owned()),
            own: self.own,
            addressed: !self.own,
            answers: Some(self.person.clone()).filter(|_| self.own),
            edited_at: self.edited.map(|at| at.min(now).rfc3339()),
            attachments: self.files.clone(),
            ..RawPost::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::meta::talks::split_id;
    use serde_json::json;

    const NOW: Timestamp = Timestamp(1_795_608_000_000);

    #[test]
    fn an_id_tells_its_person_and_both_sides_have_one_conversation() {
        let id = message_id("55", "m_a/b");
        assert_eq!(split_id(&id), Some(("55", "m_a/b")));
        assert_eq!(split_id("901_903"), None);
        let event = |from: &str, to: &str, message: Value| json!({ "sender": { "id": from }, "recipient": { "id": to }, "timestamp": 1_795_607_000_000_i64, "message": message });
        let theirs = event("55", "77", json!({ "mid": "m_1", "text": "hi", "reply_to": { "mid": "m_0" } }));
        let theirs = Said::delivered(&theirs, "77", Some("WC-7K3F")).unwrap().post("77", NOW);
        assert_eq!(theirs.text, "hi\n[came by the link WC-7K3F]");
        assert_eq!(theirs.in_reply_to.as_deref(), Some("dm/55/m_0"));
        let ours = event(
            "77",
            "55",
            json!({ "mid": "m_2", "text": "yes", "is_echo": true, "metadata": metadata("9_1") }),
        );
        let ours = Said::delivered(&ours, "77", None).unwrap().post("77", NOW);
        assert!(ours.own && ours.private && theirs.private && theirs.addressed);
        assert_eq!(ours.conversation_id, theirs.conversation_id);
        assert_eq!((ours.in_reply_to.as_deref(), ours.answers.as_deref()), (Some("9_1"), Some("55")));
        // A customer cannot claim to be an echo of something.
        let forged = event("55", "77", json!({ "mid": "m_3", "text": "x", "metadata": metadata("9_1") }));
        assert_eq!(Said::delivered(&forged, "77", None).unwrap().answers, None);
    }
}

//! Private messages in our form, as lists and as deliveries tell them. Pure.
//!
//! What conversations and their messages are called, and by which link somebody came, is told in
//! [`crate::sources::meta::talks`]. Answers to stories and stories that name us come as messages: words say so, and the
//! message's address leads to the story as long as it is there. A story is not fetched: its author has it end within a day.

use super::KIND;
use super::comment::Us;
use crate::domain::file::FileNote;
use crate::domain::post::{RawAuthor, RawPost};
use crate::domain::time::Timestamp;
use crate::sources::meta::read::{field, id_in, list, time_in};
use crate::sources::meta::talks::{behind, conversation_key, message_id, with_code};
use serde_json::Value;

/// What stands in place of words, or behind them.
const NAMED_IN_STORY: &str = "[named you in a story]";
const ABOUT_STORY: &str = "[about your story]";
const UNSHOWN: &str = "[something that the platform shows in its own app only]";

/// A message as it was read, in whatever form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The platform's id.
    pub mid: String,
    /// The person with whom the account talks.
    pub person: String,
    /// Whether the account wrote it.
    pub own: bool,
    /// The person's name on the platform, where it is told.
    pub handle: Option<String>,
    /// The words.
    pub text: String,
    /// When.
    pub at: Option<Timestamp>,
    /// When it was changed.
    pub edited: Option<Timestamp>,
    /// What it answers, as an id of ours.
    pub answers: Option<String>,
    /// Where the story is that it is about, as long as it is there.
    pub story: Option<String>,
    /// Files in it.
    pub files: Vec<FileNote>,
    /// Its author took it back.
    pub deleted: bool,
}

/// What a message has beyond its words.
#[derive(Debug, Default)]
struct Beyond {
    files: Vec<FileNote>,
    /// The address of something shared.
    link: Option<String>,
    story: Option<String>,
    named_in_story: bool,
    unshown: bool,
}

/// What deliveries tell of a message beyond its words.
fn delivered_beyond(message: &Value) -> Beyond {
    let mut beyond = Beyond { unshown: is_set(&message["is_unsupported"]), ..Beyond::default() };
    for one in list(&message["attachments"]) {
        let url = one["payload"]["url"].as_str().or_else(|| field(one, "url")).unwrap_or_default();
        let address = Some(url.to_owned()).filter(|u| !u.is_empty());
        match field(one, "type").unwrap_or("file") {
            kind @ ("image" | "video" | "audio" | "file") => {
                beyond.files.push(FileNote {
                    kind: kind.to_owned(),
                    url: url.to_owned(),
                    ..FileNote::default()
                });
            }
            "story_mention" => {
                beyond.named_in_story = true;
                beyond.story = beyond.story.or(address);
            }
            "unsupported_type" => beyond.unshown = true,
            // Shared posts and films: what can be shown of them is their address.
            _ => beyond.link = beyond.link.or(address),
        }
    }
    beyond
}

/// A flag, which some answers write as a text.
fn is_set(value: &Value) -> bool {
    value.as_bool() == Some(true) || value.as_str() == Some("true")
}

/// The words of a message with what stands in place of them, or behind them.
fn words(text: &str, beyond: &Beyond, about_story: bool) -> String {
    let text = text.trim();
    let text = match &beyond.link {
        Some(link) if text.is_empty() => link.clone(),
        _ => text.to_owned(),
    };
    let text = if beyond.named_in_story { behind(&text, NAMED_IN_STORY) } else { text };
    let text = if about_story { behind(&text, ABOUT_STORY) } else { text };
    if text.is_empty() && beyond.unshown { UNSHOWN.to_owned() } else { text }
}

impl Said {
    /// A message of a delivery; nothing if it tells of none. `code` is that of the link by which the person came.
    pub fn delivered(event: &Value, us: &Us, code: Option<&str>) -> Option<Self> {
        let edit = event.get("message_edit").filter(|e| e.is_object());
        let message = edit.or_else(|| event.get("message").filter(|m| m.is_object()))?;
        let mid = id_in(message, "mid")?;
        let (sender, recipient) = (id_in(&event["sender"], "id")?, id_in(&event["recipient"], "id")?);
        let own = message["is_echo"].as_bool() == Some(true) || sender == us.id;
        // Who claims an echo towards us has written it.
        let person = if own && recipient != us.id { recipient } else { sender };
        let at = event["timestamp"].as_i64().filter(|n| *n > 0).map(Timestamp);
        let beyond = delivered_beyond(message);
        let told = &message["reply_to"]["story"];
        let text = words(field(message, "text").unwrap_or_default(), &beyond, told.is_object());
        let reply = message.get("reply_to").and_then(|r| id_in(r, "mid")).map(|m| message_id(&person, &m));
        Some(Self {
            deleted: is_set(&message["is_deleted"]),
            answers: reply,
            text: with_code(&text, code.filter(|_| !own)),
            edited: edit.and(at),
            story: field(told, "url").map(ToOwned::to_owned).or(beyond.story),
            files: beyond.files,
            handle: None,
            mid,
            person,
            own,
            at,
        })
    }

    /// A message of a list; nothing if it is none.
    pub fn listed(value: &Value, us: &Us, pages: &str) -> Option<Self> {
        let from = &value["from"];
        let (sender, name) = (id_in(from, "id")?, field(from, "username").unwrap_or_default());
        let own = us.is(&sender, name) || sender == pages;
        let person = if own { list(&value["to"]["data"]).find_map(|t| id_in(t, "id"))? } else { sender };
        let file = |one: &Value| {
            let image = field(&one["image_data"], "url");
            let video = field(&one["video_data"], "url");
            let kind = match (image, video) {
                (Some(_), _) => "image",
                (None, Some(_)) => "video",
                _ => field(one, "mime_type").unwrap_or("file"),
            };
            FileNote {
                kind: kind.to_owned(),
                name: field(one, "name").unwrap_or_default().to_owned(),
                url: image.or(video).or_else(|| field(one, "file_url")).unwrap_or_default().to_owned(),
                ..FileNote::default()
            }
        };
        let (about, named) = (&value["story"]["reply_to"], &value["story"]["mention"]);
        let beyond = Beyond {
            link: list(&value["shares"]["data"]).find_map(|s| field(s, "link")).map(ToOwned::to_owned),
            named_in_story: named.is_object(),
            unshown: is_set(&value["is_unsupported"]),
            ..Beyond::default()
        };
        let story = field(about, "link").or_else(|| field(named, "link"));
        Some(Self {
            mid: id_in(value, "id")?,
            handle: Some(name.to_owned()).filter(|n| !own && !n.is_empty()),
            text: words(field(value, "message").unwrap_or_default(), &beyond, about.is_object()),
            at: time_in(value, "created_time"),
            story: story.map(ToOwned::to_owned),
            files: list(&value["attachments"]["data"]).map(file).collect(),
            person,
            own,
            ..Self::default()
        })
    }

    /// As one of our posts.
    pub fn post(&self, us: &Us, now: Timestamp) -> RawPost {
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
        let author = if self.own { us.id.clone() } else { self.person.clone() };
        RawPost {
            platform: KIND.to_owned(),
            external_id,
            author: RawAuthor { id: author, handle: self.handle.clone(), ..RawAuthor::default() },
            text: if self.text.trim().is_empty() { "[file]".to_owned() } else { self.text.clone() },
            created_at: self.at.unwrap_or(now).min(now).rfc3339(),
            kind: Some("message".to_owned()),
            conversation_id: Some(conversation_key(&self.person)),
            in_reply_to: self.answers.clone(),
            url: self.story.clone(),
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

    fn us() -> Us {
        Us { id: "77".to_owned(), username: "acme".to_owned() }
    }

    fn event(from: &str, to: &str, message: &Value) -> Value {
        json!({ "sender": { "id": from }, "recipient": { "id": to }, "timestamp": 1_795_607_000_000_i64, "message": message })
    }

    fn said(message: &Value) -> RawPost {
        Said::delivered(&event("55", "77", message), &us(), None).unwrap().post(&us(), NOW)
    }

    #[test]
    fn an_id_tells_its_person_and_both_sides_have_one_conversation() {
        assert_eq!(split_id(&message_id("55", "m_a/b")), Some(("55", "m_a/b")));
        assert_eq!(split_id("17900"), None);
        let theirs = json!({ "mid": "m_1", "text": "hi", "reply_to": { "mid": "m_0" } });
        let theirs =
            Said::delivered(&event("55", "77", &theirs), &us(), Some("WC-7K3F")).unwrap().post(&us(), NOW);
        assert_eq!(theirs.text, "hi\n[came by the link WC-7K3F]");
        assert_eq!(theirs.in_reply_to.as_deref(), Some("dm/55/m_0"));
        let ours = json!({ "mid": "m_2", "text": "yes", "is_echo": true });
        let ours = Said::delivered(&event("77", "55", &ours), &us(), None).unwrap().post(&us(), NOW);
        assert!(ours.own && ours.private && theirs.private && theirs.addressed);
        assert_eq!(ours.conversation_id, theirs.conversation_id);
        assert_eq!(ours.answers.as_deref(), Some("55"));
        assert!(said(&json!({ "mid": "m_1", "is_deleted": true })).deleted);
    }

    #[test]
    fn stories_come_as_messages() {
        let about = said(&json!({ "mid": "m_3", "text": "how much?",
            "reply_to": { "story": { "id": "9", "url": "https://cdn.example/s" } } }));
        assert_eq!(about.text, "how much?\n[about your story]");
        assert_eq!(about.url.as_deref(), Some("https://cdn.example/s"));
        let named = said(&json!({ "mid": "m_4", "attachments": [
            { "type": "story_mention", "payload": { "url": "https://cdn.example/t" } }] }));
        assert_eq!(named.text, "[named you in a story]");
        assert!(named.attachments.is_empty() && named.url.as_deref() == Some("https://cdn.example/t"));
        // Listed they read the same.
        let listed = json!({ "id": "m_3", "message": "how much?", "from": { "id": "55", "username": "mia" },
            "story": { "reply_to": { "id": "9", "link": "https://cdn.example/s" } } });
        assert_eq!(Said::listed(&listed, &us(), "78").unwrap().text, about.text);
        let listed = json!({ "id": "m_4", "message": "", "from": { "id": "55" },
            "story": { "mention": { "id": "9", "link": "https://cdn.example/t" } } });
        assert_eq!(Said::listed(&listed, &us(), "78").unwrap().text, named.text);
        let unshown = said(&json!({ "mid": "m_5", "attachments": [{ "type": "unsupported_type" }] }));
        assert_eq!(unshown.text, UNSHOWN);
    }
}

//! One update of a bot as a post in our form; pure.
//!
//! A message is known by chat and number, within one bot. What has no words is named by what it is, since an agent
//! must see that something came. `/start` with a code is how a customer comes by a link that holds one.

use crate::domain::post::{RawAuthor, RawPost};
use crate::domain::time::{Span, Timestamp};
use serde::Deserialize;
use serde_json::Value;

/// What an update is to us.
#[derive(Debug)]
pub enum Read {
    /// Somebody wrote.
    Message {
        /// The update's number.
        update: i64,
        /// The message in our form.
        post: Box<RawPost>,
        /// When the platform got it.
        at: Timestamp,
    },
    /// Nothing for us.
    Passed {
        /// The update's number.
        update: i64,
    },
    /// It cannot be read.
    Unreadable {
        /// The update's number, where that much can be read.
        update: Option<i64>,
    },
}

#[derive(Deserialize)]
struct Update {
    update_id: i64,
    #[serde(default)]
    message: Option<Message>,
    #[serde(default)]
    edited_message: Option<Message>,
}

#[derive(Deserialize)]
struct Message {
    message_id: i64,
    #[serde(default)]
    from: Option<From>,
    chat: Chat,
    date: i64,
    #[serde(default)]
    edit_date: Option<i64>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    caption: Option<String>,
    #[serde(default)]
    reply_to_message: Option<Answered>,
    /// Everything else that a message may be.
    #[serde(flatten)]
    rest: serde_json::Map<String, Value>,
}

#[derive(Deserialize)]
struct Answered {
    message_id: i64,
}

#[derive(Deserialize)]
struct Chat {
    id: i64,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct From {
    id: i64,
    #[serde(default)]
    is_bot: bool,
    #[serde(default)]
    first_name: String,
    #[serde(default)]
    last_name: String,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    language_code: Option<String>,
}

/// What a message without words can be, as the platform names it, and how it is shown.
const WORDLESS: [(&str, &str); 11] = [
    ("photo", "[picture]"),
    ("document", "[file]"),
    ("video", "[video]"),
    ("video_note", "[video]"),
    ("animation", "[animation]"),
    ("voice", "[voice message]"),
    ("audio", "[sound]"),
    ("sticker", "[sticker]"),
    ("location", "[place]"),
    ("venue", "[place]"),
    ("contact", "[contact]"),
];

/// The id of a message within a bot.
pub fn id_of(chat: i64, message: i64) -> String {
    format!("{chat}/{message}")
}

/// Reads an update that came to a bot.
pub fn read(raw: &str, bot: &str, now: Timestamp) -> Read {
    let Ok(update) = serde_json::from_str::<Update>(raw) else {
        let number = serde_json::from_str::<Value>(raw).ok().and_then(|v| v["update_id"].as_i64());
        return Read::Unreadable { update: number };
    };
    let number = update.update_id;
    let Some(message) = update.message.or(update.edited_message) else {
        return Read::Passed { update: number };
    };
    match post(message, bot, now) {
        Some((post, at)) => Read::Message { update: number, post: Box::new(post), at },
        None => Read::Passed { update: number },
    }
}

fn post(message: Message, bot: &str, now: Timestamp) -> Option<(RawPost, Timestamp)> {
    let from = message.from.filter(|f| !f.is_bot)?;
    if message.chat.kind != "private" {
        return None;
    }
    let kind = WORDLESS.iter().find(|(name, _)| message.rest.contains_key(*name)).map(|(_, shown)| *shown);
    let words = message.text.or(message.caption).unwrap_or_default();
    let text = match (kind, words.trim()) {
        (None, "" | "/start" | "/help") => return None,
        (None, words) => words.strip_prefix("/start ").unwrap_or(words).to_owned(),
        (Some(kind), "") => kind.to_owned(),
        (Some(kind), words) => format!("{kind} {words}"),
    };
    let second = |at: i64| Timestamp(0).plus(Span::seconds(at)).min(now);
    let at = second(message.date);
    let name = format!("{} {}", from.first_name, from.last_name).trim().to_owned();
    let chat = message.chat.id;
    let post = RawPost {
        platform: super::KIND.to_owned(),
        authority: Some(bot.to_owned()),
        external_id: id_of(chat, message.message_id),
        author: RawAuthor {
            id: from.id.to_string(),
            handle: from.username,
            name: Some(name).filter(|n| !n.is_empty()),
            followers: None,
        },
        text,
        created_at: at.rfc3339(),
        kind: Some("message".to_owned()),
        lang: from.language_code,
        conversation_id: Some(chat.to_string()),
        in_reply_to: message.reply_to_message.map(|m| id_of(chat, m.message_id)),
        private: true,
        edited_at: message.edit_date.map(|at| second(at).rfc3339()),
        addressed: true,
        attachments: super::files::of(&message.rest),
        ..RawPost::default()
    };
    Some((post, at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: Timestamp = Timestamp(1_795_688_579_000);

    fn update(message: &Value) -> Read {
        read(&json!({ "update_id": 7, "message": message }).to_string(), "42", NOW)
    }

    fn message(more: &Value) -> Value {
        let mut message = json!({ "message_id": 5, "date": 1_795_688_000, "chat": { "id": 77, "type": "private" },
            "from": { "id": 77, "is_bot": false, "first_name": "Ann", "username": "ann", "language_code": "nl" } });
        message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        message
    }

    fn words(more: &Value) -> Option<String> {
        match update(&message(more)) {
            Read::Message { post, .. } => Some(post.text),
            _ => None,
        }
    }

    #[test]
    fn a_message_is_private_and_known_by_chat_and_number() {
        let Read::Message { update, post, at } = update(&message(&json!({ "text": "waar is mijn pakket",
            "reply_to_message": { "message_id": 4, "date": 1, "chat": {} } })))
        else {
            panic!("it is one")
        };
        assert_eq!((update, at), (7, Timestamp(1_795_688_000_000)));
        assert_eq!((post.external_id.as_str(), post.authority.as_deref()), ("77/5", Some("42")));
        assert_eq!(
            (post.in_reply_to.as_deref(), post.conversation_id.as_deref()),
            (Some("77/4"), Some("77"))
        );
        assert_eq!((post.author.id.as_str(), post.author.name.as_deref()), ("77", Some("Ann")));
        assert!(post.private && post.addressed && post.check().is_ok());
    }

    #[test]
    fn what_has_no_words_is_named_and_what_says_nothing_is_passed() {
        assert_eq!(
            words(&json!({ "photo": [{ "file_id": "a" }], "caption": "broken" })).unwrap(),
            "[picture] broken"
        );
        assert_eq!(words(&json!({ "voice": { "file_id": "a" } })).unwrap(), "[voice message]");
        assert_eq!(
            words(&json!({ "text": "/start K7XQ2M" })).unwrap(),
            "K7XQ2M",
            "how a link brings its code"
        );
        for nothing in
            [json!({ "text": "/start" }), json!({ "text": "  " }), json!({ "new_chat_members": [] })]
        {
            assert_eq!(words(&nothing), None);
        }
        assert_eq!(words(&json!({ "text": "hi", "chat": { "id": -5, "type": "supergroup" } })), None);
        assert_eq!(words(&json!({ "text": "hi", "from": { "id": 1, "is_bot": true } })), None);
    }

    #[test]
    fn an_edit_says_so_and_junk_keeps_its_number() {
        let edit = json!({ "update_id": 8, "edited_message": message(&json!({ "text": "x", "edit_date": 1_795_688_100 })) });
        let Read::Message { post, .. } = read(&edit.to_string(), "42", NOW) else { panic!("it is one") };
        assert!(post.edited_at.is_some());
        let junk = read(r#"{"update_id":9,"message":{"message_id":"x"}}"#, "42", NOW);
        assert!(matches!(junk, Read::Unreadable { update: Some(9) }));
        assert!(matches!(read("[]", "42", NOW), Read::Unreadable { update: None }));
        assert!(matches!(read(r#"{"update_id":9,"poll":{}}"#, "42", NOW), Read::Passed { update: 9 }));
    }
}

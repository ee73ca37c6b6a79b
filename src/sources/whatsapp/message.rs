//! What comes in as posts in our form: messages, edits, messages taken back, a number that changed, and what became of
//! what we sent. Pure.
//!
//! A customer is known by the id that the platform gives them for this business (`CC.…`); a number may be missing, and is
//! only what they were known by before. What has no words is named by what it is, since an agent must see that
//! something came.

use crate::domain::file::FileNote;
use crate::domain::letter::Undelivered;
use crate::domain::post::{RawAuthor, RawPost, Receipt};
use crate::domain::time::{Span, Timestamp};
use serde_json::Value;

/// The name of the kind, and of the platform.
pub const KIND: &str = "whatsapp";
/// How the way to reach somebody is written where it is by the platform's id of them.
const BY_USER: &str = "user:";
/// The same where it is by their number.
const BY_PHONE: &str = "phone:";

/// Where something came in.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The platform's id of our number.
    pub number: &'a str,
    /// Who we are.
    pub me: &'a RawAuthor,
    /// The profiles that came along.
    pub contacts: &'a Value,
    /// The present instant.
    pub now: Timestamp,
}

/// What an element of a delivery is to us.
#[derive(Debug)]
pub enum Told {
    /// A post, with the place at which it stood and the platform's time.
    Post(String, Box<RawPost>, Timestamp),
    /// Nothing for us.
    Passed,
    /// It cannot be read.
    Unreadable,
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value[key].as_str().map(str::trim).filter(|t| !t.is_empty())
}

/// Digits alone, as the platform writes numbers.
fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}

/// A time as the platform tells it: a text of seconds.
fn time(value: &Value, now: Timestamp) -> Timestamp {
    let told = value["timestamp"].as_str().and_then(|t| t.parse().ok()).or(value["timestamp"].as_i64());
    told.map_or(now, |s: i64| Timestamp(0).plus(Span::seconds(s.clamp(0, 32_503_680_000))).min(now))
}

/// Whether an id is the platform's of a person, and no number.
pub fn is_user(id: &str) -> bool {
    id.split_once('.').is_some_and(|(country, rest)| {
        country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase()) && !rest.is_empty()
    })
}

/// How somebody is reached: by the platform's id of them, or by their number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// By id.
    User(String),
    /// By number.
    Phone(String),
}

impl Address {
    /// Of what was kept with a post, or of its author's id.
    pub fn of(local_id: Option<&str>, author_id: &str) -> Option<Self> {
        let kept = local_id.and_then(|l| {
            let user = l.strip_prefix(BY_USER).map(|id| Self::User(id.to_owned()));
            user.or_else(|| l.strip_prefix(BY_PHONE).map(|id| Self::Phone(id.to_owned())))
        });
        let is_phone = (6..=20).contains(&author_id.len()) && author_id.bytes().all(|b| b.is_ascii_digit());
        kept.or_else(|| is_user(author_id).then(|| Self::User(author_id.to_owned())))
            .or_else(|| is_phone.then(|| Self::Phone(author_id.to_owned())))
    }

    fn kept(&self) -> String {
        match self {
            Self::User(id) => format!("{BY_USER}{id}"),
            Self::Phone(id) => format!("{BY_PHONE}{id}"),
        }
    }
}

/// Who wrote a message, by what number they may be known, and how they are reached; `None` where neither id nor number is told.
fn author(message: &Value, contacts: &Value) -> Option<(RawAuthor, Option<String>, Address)> {
    let (user, phone) = (text(message, "from_user_id"), text(message, "from"));
    let contacts = contacts.as_array().map_or(&[][..], Vec::as_slice);
    let same = |c: &&Value| {
        (user.is_some() && text(c, "user_id") == user) || (phone.is_some() && text(c, "wa_id") == phone)
    };
    // A profile that came along alone is theirs, unless it says that it is somebody else's.
    let fits = |told: Option<&str>, known: Option<&str>| told.is_none() || known.is_none();
    let open = |c: &&Value| fits(text(c, "user_id"), user) && fits(text(c, "wa_id"), phone);
    let alone = || contacts.first().filter(|_| contacts.len() == 1).filter(open);
    let contact = contacts.iter().find(same).or_else(alone);
    let empty = Value::Null;
    let contact = contact.unwrap_or(&empty);
    let user = user.or_else(|| text(contact, "user_id")).map(ToOwned::to_owned);
    let phone = phone.or_else(|| text(contact, "wa_id")).map(digits).filter(|p| !p.is_empty());
    let (id, also, address) = match (user, phone) {
        // Without a number it is looked up all the same, for it may be another name of somebody we know.
        (Some(user), phone) => (user.clone(), phone.or_else(|| Some(user.clone())), Address::User(user)),
        (None, Some(phone)) => (phone.clone(), Some(phone.clone()), Address::Phone(phone)),
        (None, None) => return None,
    };
    let profile = &contact["profile"];
    let author = RawAuthor {
        id,
        handle: text(profile, "username").map(|h| h.trim_start_matches('@').to_owned()),
        name: text(profile, "name").map(ToOwned::to_owned),
        followers: None,
    };
    Some((author, also, address))
}

/// Reads a message of a customer.
pub fn message(message: &Value, scene: Scene<'_>) -> Told {
    let (Some(id), Some(kind)) = (text(message, "id"), text(message, "type")) else {
        return Told::Unreadable;
    };
    let at = time(message, scene.now);
    match kind {
        "system" => return number_changed(message, id, scene),
        "revoke" => {
            let Some(original) = text(&message["revoke"], "original_message_id") else {
                return Told::Unreadable;
            };
            let post = RawPost {
                platform: KIND.to_owned(),
                authority: Some(scene.number.to_owned()),
                external_id: original.to_owned(),
                deleted: true,
                ..RawPost::default()
            };
            return Told::Post(format!("hook/{original}/revoke"), Box::new(post), at);
        }
        _ => {}
    }
    let Some((author, author_also, address)) = author(message, scene.contacts) else {
        return Told::Unreadable;
    };
    let (inner, external_id, edited_at) = match kind {
        "edit" => {
            let edit = &message["edit"];
            let Some(original) = text(edit, "original_message_id") else { return Told::Unreadable };
            (&edit["message"], original, Some(at.rfc3339()))
        }
        _ => (message, id, None),
    };
    let Some((words, attachments)) = content(inner) else { return Told::Passed };
    let answered = text(&inner["reaction"], "message_id").or_else(|| text(&inner["context"], "id"));
    let post = RawPost {
        platform: KIND.to_owned(),
        authority: Some(scene.number.to_owned()),
        external_id: external_id.to_owned(),
        conversation_id: Some(author.id.clone()),
        local_id: Some(address.kept()),
        author,
        author_also,
        text: words,
        created_at: at.rfc3339(),
        kind: Some("message".to_owned()),
        in_reply_to: answered.filter(|a| *a != external_id).map(ToOwned::to_owned),
        private: true,
        addressed: true,
        edited_at,
        attachments,
        ..RawPost::default()
    };
    Told::Post(format!("hook/{id}"), Box::new(post), at)
}

/// The words of a message and its files; `None` for what says nothing.
fn content(message: &Value) -> Option<(String, Vec<FileNote>)> {
    let kind = text(message, "type").unwrap_or_default();
    let inner = &message[kind];
    let named = |name: &str, rest: Option<&str>| match rest {
        Some(rest) => format!("[{name}] {rest}"),
        None => format!("[{name}]"),
    };
    let file = |name: &str, kind: &str| {
        let note = FileNote {
            name: text(inner, "filename").unwrap_or_default().to_owned(),
            kind: text(inner, "mime_type")
                .and_then(|m| m.split(';').next())
                .unwrap_or(kind)
                .trim()
                .to_owned(),
            handle: text(inner, "id").unwrap_or_default().to_owned(),
            ..FileNote::default()
        };
        (named(name, text(inner, "caption")), vec![note])
    };
    let words = match kind {
        "text" => text(inner, "body")?.to_owned(),
        "image" => return Some(file("picture", "image")),
        "video" => return Some(file("video", "video")),
        "audio" if inner["voice"] == true => return Some(file("voice message", "audio")),
        "audio" => return Some(file("sound", "audio")),
        "document" => return Some(file("file", "file")),
        "sticker" => return Some(file("sticker", "image")),
        "location" => place(inner),
        "contacts" => {
            let names = inner.as_array().into_iter().flatten();
            let names: Vec<&str> = names.filter_map(|c| text(&c["name"], "formatted_name")).collect();
            named("contact", Some(names.join(", ").as_str()).filter(|n| !n.is_empty()))
        }
        // One that was taken back has no sign any more, and does not say which it was.
        "reaction" => text(inner, "emoji")?.to_owned(),
        "button" => text(inner, "text").or_else(|| text(inner, "payload"))?.to_owned(),
        "interactive" => pressed(inner),
        "order" => {
            let items = inner["product_items"].as_array().map_or(0, Vec::len);
            named(&format!("order of {items}"), text(inner, "text"))
        }
        "request_welcome" => return None,
        _ => "[a message that WhatsApp does not hand over]".to_owned(),
    };
    Some((words, Vec::new()))
}

fn place(location: &Value) -> String {
    let number = |key: &str| location[key].as_f64().map(|n| format!("{n:.5}"));
    let point = number("latitude").zip(number("longitude")).map(|(lat, long)| format!("{lat}, {long}"));
    let parts = [
        text(location, "name").map(ToOwned::to_owned),
        text(location, "address").map(ToOwned::to_owned),
        point,
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    format!("[place] {}", parts.join(", ")).trim_end().to_owned()
}

fn pressed(interactive: &Value) -> String {
    let reply = ["button_reply", "list_reply"].into_iter().map(|k| &interactive[k]).find(|r| r.is_object());
    let title = reply.and_then(|r| text(r, "title"));
    let more = reply.and_then(|r| text(r, "description"));
    match (title, more) {
        (Some(title), Some(more)) => format!("{title}: {more}"),
        (Some(title), None) => title.to_owned(),
        (None, _) => {
            text(&interactive["nfm_reply"], "body").map_or("[form]".to_owned(), |b| format!("[form] {b}"))
        }
    }
}

/// Somebody has another number now: who they are is the same.
fn number_changed(message: &Value, id: &str, scene: Scene<'_>) -> Told {
    let system = &message["system"];
    if !text(system, "type").unwrap_or("user_changed_number").contains("number") {
        return Told::Passed;
    }
    let phone = text(system, "wa_id").or_else(|| text(system, "new_wa_id")).map(digits);
    let user = text(system, "user_id").map(ToOwned::to_owned);
    let old =
        text(message, "from_user_id").map(ToOwned::to_owned).or_else(|| text(message, "from").map(digits));
    let (Some(new), Some(old)) = (user.clone().or_else(|| phone.clone()), old) else {
        return Told::Unreadable;
    };
    if new == old {
        return Told::Passed;
    }
    let at = time(message, scene.now);
    let author = RawAuthor { id: new, ..RawAuthor::default() };
    let post = RawPost {
        platform: KIND.to_owned(),
        authority: Some(scene.number.to_owned()),
        external_id: id.to_owned(),
        author,
        author_also: phone.filter(|_| user.is_some()),
        author_was: Some(old),
        text: "[has another number now]".to_owned(),
        created_at: at.rfc3339(),
        private: true,
        filtered: Some("number_changed".to_owned()),
        ..RawPost::default()
    };
    Told::Post(format!("hook/{id}"), Box::new(post), at)
}

/// What we hand over with a message, so that what is told of it later names the intent.
pub fn callback(action: &str, key: &str) -> String {
    format!("{action}/{key}")
}

fn receipt(status: &Value) -> Option<Receipt> {
    let (action, key) = text(status, "biz_opaque_callback_data")?.split_once('/')?;
    let fine = |t: &str| !t.is_empty() && t.len() <= 128;
    (fine(action) && fine(key)).then(|| Receipt { action: action.to_owned(), key: key.to_owned() })
}

/// Reads what became of a message of ours. It may come before we know that it was taken, in any order, and without the
/// profile of whom it went to.
pub fn status(status: &Value, scene: Scene<'_>) -> Told {
    let (Some(id), Some(state)) = (text(status, "id"), text(status, "status")) else {
        return Told::Unreadable;
    };
    let (at, receipt) = (time(status, scene.now), receipt(status));
    let undelivered = match state {
        "failed" => {
            let code = status["errors"][0]["code"].as_i64().unwrap_or(0);
            Some(Undelivered { of: id.to_owned(), failed: true, status: code.to_string() })
        }
        // What was not sent by us, or by a version of us that handed nothing over, settles nothing.
        "sent" | "delivered" | "read" if receipt.is_some() => None,
        _ => return Told::Passed,
    };
    let filtered = receipt.is_none().then(|| "delivery_report".to_owned());
    let post = RawPost {
        platform: KIND.to_owned(),
        authority: Some(scene.number.to_owned()),
        external_id: id.to_owned(),
        author: scene.me.clone(),
        created_at: at.rfc3339(),
        kind: Some("message".to_owned()),
        private: true,
        own: true,
        receipt,
        undelivered,
        filtered,
        ..RawPost::default()
    };
    Told::Post(format!("hook/{id}/{state}"), Box::new(post), at)
}

/// Reads a message that somebody of the business wrote in WhatsApp's own app.
pub fn echo(message: &Value, scene: Scene<'_>) -> Told {
    let Some(id) = text(message, "id") else { return Told::Unreadable };
    let to = text(message, "to_user_id").map(ToOwned::to_owned).or_else(|| text(message, "to").map(digits));
    let Some(to) = to.filter(|t| !t.is_empty()) else { return Told::Unreadable };
    if matches!(text(message, "type"), Some("revoke" | "edit" | "system")) {
        return Told::Passed;
    }
    let Some((words, _)) = content(message) else { return Told::Passed };
    let at = time(message, scene.now);
    let post = RawPost {
        platform: KIND.to_owned(),
        authority: Some(scene.number.to_owned()),
        external_id: id.to_owned(),
        author: scene.me.clone(),
        text: words,
        created_at: at.rfc3339(),
        kind: Some("message".to_owned()),
        conversation_id: Some(to.clone()),
        in_reply_to: text(&message["context"], "id").map(ToOwned::to_owned),
        private: true,
        own: true,
        answers: Some(to),
        ..RawPost::default()
    };
    Told::Post(format!("hook/{id}"), Box::new(post), at)
}

#[cfg(test)]
#[path = "message_tests.rs"]
mod tests;

//! One mail as it came to one post in our form. Pure.
//!
//! Broken mails are read as far as they can be: charsets that are not what they say, parts that never
//! end, heads without dates. What has no sender is handed on all the same and ends in quarantine, kept as
//! it came. Markup becomes text; nothing of it is interpreted.

use super::super::RawItem;
use super::super::{alts, html};
use super::{address, bounce, fold, loops, parts, subject, thread};
use crate::domain::file::{FILES_MAX, FileNote};
use crate::domain::letter::Letter;
use crate::domain::post::{RawAuthor, RawPost};
use crate::domain::time::Timestamp;
use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders, PartType};

/// Longest part of HTML that is read, in bytes.
const HTML_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Longest text of one mail that is kept, in characters.
const TEXT_CHARS_MAX: usize = 50_000;
const FOLDED_CHARS_MAX: usize = 20_000;
/// Most attachments that are named.
const ATTACHMENTS_MAX: usize = 20;

/// What is known of a mailbox, to read its mails by.
#[derive(Clone, Debug, Default)]
pub struct Desk {
    /// The address in whose name is answered, in small letters; it names the mailbox.
    pub address: String,
    /// All our addresses, in small letters.
    pub own: Vec<String>,
    /// The domain of the Message-IDs that we give.
    pub domain: String,
    /// What stands before the number of a case in subjects.
    pub tag: String,
}

/// What the mail server says of a mail.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// Folder, validity and number: where it stood.
    pub place: String,
    /// When the server took it; `None` where it did not say.
    pub at: Option<Timestamp>,
    /// The present instant.
    pub now: Timestamp,
    /// Its size, in bytes, if only its head was read.
    pub too_large: Option<u64>,
    /// Whether only its head was read because the server does not give it out.
    pub kept_back: bool,
    /// Whether it stands in the folder of what was sent.
    pub sent: bool,
}

impl Desk {
    /// Reads one mail.
    pub fn read(&self, raw: &[u8], envelope: &Envelope) -> RawItem {
        let Some(message) = MessageParser::default().parse(raw) else {
            // Not one line of a head: kept as it came, and never taken for our own JSON.
            let kept = String::from_utf8_lossy(&raw[..raw.len().min(HTML_BYTES_MAX)]);
            let body = format!("a mail that cannot be read:\n{kept}").into_bytes();
            return RawItem { place: envelope.place.clone(), body, posted_at: envelope.at, late: false };
        };
        let claimed = message.date().map(|d| Timestamp(d.to_timestamp().saturating_mul(1000)));
        let at = envelope.at.or(claimed).unwrap_or(envelope.now).min(envelope.now);
        let post = self.post(&message, raw, envelope, at);
        RawItem::of(envelope.place.clone(), &post, at)
    }

    /// The id of a mail, made up from its words where it has none.
    pub fn identity(raw: &[u8]) -> String {
        let message = MessageParser::default().parse(raw);
        message.map_or_else(String::new, |m| id_of(&m, raw))
    }

    fn post(&self, message: &Message<'_>, raw: &[u8], envelope: &Envelope, at: Timestamp) -> RawPost {
        let id = id_of(message, raw);
        let given = thread::is_own_id(&id, &self.domain);
        let (sender, name, own) = self.sender(message, envelope.sent, given);
        let rule = if own && (given || envelope.sent) {
            None
        } else {
            loops::rule(message, &sender, given && !own).filter(|_| !sender.is_empty())
        };
        let references = thread::ids(message.references());
        let parent = thread::ids(message.in_reply_to()).into_iter().next();
        let parent = parent.or_else(|| references.last().cloned()).filter(|p| *p != id);
        let root = references.first().or(parent.as_ref()).unwrap_or(&id).clone();
        let titled = subject::clean(message.subject().unwrap_or_default());
        let (text, folded) = self.text(message, envelope, &titled, parent.is_some());
        let said_to = address::all(message.to()).into_iter().next().map(|(to, _)| to);
        let above = references.iter().rev().filter(|r| Some(*r) != parent.as_ref() && **r != id);
        RawPost {
            platform: super::PLATFORM.to_owned(),
            external_id: id.clone(),
            authority: Some(self.address.clone()),
            author: RawAuthor {
                handle: Some(sender.clone()).filter(|s| !s.is_empty()),
                id: sender,
                name: Some(name).filter(|n| !n.is_empty()),
                followers: None,
            },
            text,
            created_at: at.rfc3339(),
            kind: Some("mail".to_owned()),
            conversation_id: Some(root),
            above: above.take(30).cloned().collect(),
            in_reply_to: parent,
            private: true,
            own,
            addressed: !own,
            answers: said_to.filter(|to| own && !self.own.contains(to)),
            case_number: subject::case_number(&titled, &self.tag).filter(|_| !own),
            letter: Some(Letter { subject: titled, references, folded }),
            attachments: if envelope.too_large.is_some() {
                Vec::new()
            } else {
                let said = message.parts.iter().flat_map(pictured);
                parts::notes(message, &envelope.place).into_iter().chain(said).take(FILES_MAX).collect()
            },
            undelivered: bounce::of(message).filter(|_| rule.is_some()),
            filtered: rule.map(str::to_owned),
            ..RawPost::default()
        }
    }

    /// Who wrote it: address, name, and whether that is us. A form that sends in our name or in nobody's
    /// tells its writer by `Reply-To`.
    fn sender(&self, message: &Message<'_>, sent: bool, given: bool) -> (String, String, bool) {
        let from = address::all(message.from()).into_iter().next();
        let from = from.or_else(|| address::all(message.sender()).into_iter().next());
        let (address, name) = from.unwrap_or_default();
        let own = self.own.contains(&address);
        if sent || given {
            return (address, name, own || sent);
        }
        if own || address::is_nobody(&address) {
            let back = address::all(message.reply_to());
            if let [(writer, called)] = back.as_slice()
                && !self.own.contains(writer)
                && !address::is_nobody(writer)
            {
                return (writer.clone(), called.clone(), false);
            }
        }
        (address, name, own)
    }

    /// What was written, and what was folded away.
    fn text(
        &self,
        message: &Message<'_>,
        envelope: &Envelope,
        titled: &str,
        is_answer: bool,
    ) -> (String, String) {
        let (mut text, mut folded) = apart(message.text_bodies());
        if text.is_empty() {
            // Some programs send a plain form without a word beside the one in markup.
            (text, folded) = apart(message.html_bodies());
        }
        let bare = subject::bare(titled, &self.tag);
        let mut out = text.chars().take(TEXT_CHARS_MAX).collect::<String>();
        if !bare.is_empty() && (!is_answer || out.is_empty()) {
            format!("{bare}\n\n{out}").trim().clone_into(&mut out);
        }
        if let Some(bytes) = envelope.too_large {
            let size = size(bytes);
            let said = format!("\n\n[the mail is too large ({size}); only its head was read]");
            out.push_str(&said);
        }
        if envelope.kept_back {
            out.push_str("\n\n[the mail server does not give this mail out; only its head was read]");
        }
        for attached in message.attachments().filter_map(attached).take(ATTACHMENTS_MAX) {
            out.push_str("\n\n");
            out.push_str(&attached);
        }
        (out.trim().to_owned(), folded.chars().take(FOLDED_CHARS_MAX).collect())
    }
}

/// What was written in some parts, and what was folded away.
fn apart<'a>(parts: impl Iterator<Item = &'a MessagePart<'a>>) -> (String, String) {
    let (mut text, mut folded) = (String::new(), String::new());
    for part in parts {
        let (plain, quotes) = words(part);
        let apart = fold::fold(&plain);
        below(&mut text, &apart.text);
        below(&mut folded, &apart.rest);
        below(&mut folded, &quotes);
    }
    (text, folded)
}

/// Puts a text below another.
fn below(all: &mut String, one: &str) {
    if !one.is_empty() {
        all.push_str(if all.is_empty() { "" } else { "\n\n" });
        all.push_str(one);
    }
}

/// The words of a part, and what was quoted in its markup.
fn words(part: &MessagePart<'_>) -> (String, String) {
    match &part.body {
        PartType::Text(text) => (text.to_string(), String::new()),
        PartType::Html(markup) => {
            let markup = shortened(markup);
            let (kept, quotes) = fold::without_quotes(markup);
            let plain = html::to_text(body_of(&kept));
            let only_quotes = plain.lines().all(|l| l.trim().is_empty() || l == fold::HTML_QUOTE);
            if only_quotes {
                (html::to_text(body_of(markup)), String::new())
            } else {
                (plain, html::to_text(&quotes))
            }
        }
        _ => (String::new(), String::new()),
    }
}

/// What is said of the pictures in a part's markup, but for those in what it quotes.
fn pictured(part: &MessagePart<'_>) -> Vec<FileNote> {
    match &part.body {
        PartType::Html(markup) => alts::of(body_of(&fold::without_quotes(shortened(markup)).0)),
        _ => Vec::new(),
    }
}

fn shortened(text: &str) -> &str {
    let mut end = text.len().min(HTML_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// What stands behind the head of a page, where titles are.
fn body_of(markup: &str) -> &str {
    let lower = markup.to_ascii_lowercase();
    let end = lower.find("</head>").map(|at| at + "</head>".len());
    end.or_else(|| lower.find("<body")).map_or(markup, |at| &markup[at..])
}

/// An attachment in one line; pictures that only decorate the text have no name and are left out.
fn attached(part: &MessagePart<'_>) -> Option<String> {
    let name = subject::clean(part.attachment_name().unwrap_or_default());
    let kind = parts::kind(part).unwrap_or_else(|| "file".to_owned());
    let name = if name.is_empty() { "without name" } else { &name };
    (!parts::decorates(part))
        .then(|| format!("[attached: {name}, {}, {}]", subject::clean(&kind), size(part.body.len() as u64)))
}

fn size(bytes: u64) -> String {
    match bytes {
        0..=1_023 => format!("{bytes} bytes"),
        1_024..=1_048_575 => format!("{} KiB", bytes / 1_024),
        _ => format!("{} MiB", bytes / 1_048_576),
    }
}

fn id_of(message: &Message<'_>, raw: &[u8]) -> String {
    message.message_id().and_then(thread::plain).unwrap_or_else(|| made_up(message, raw))
}

/// The id of a mail that has none.
fn made_up(message: &Message<'_>, raw: &[u8]) -> String {
    let head = |name: &'static str| message.header_raw(name).unwrap_or_default().trim().as_bytes();
    let body = raw.get(message.root_part().raw_body_offset() as usize..).unwrap_or_default();
    thread::made_up(&[head("Date"), head("From"), head("To"), head("Subject"), body])
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;

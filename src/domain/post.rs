//! A post as a source hands it over, in the one JSON form that webhook, replay and sample share.
//!
//! `RawPost` is what stands in a line or a delivery; `Post` is that after checking. The form is
//! documented for users in `src/docs/webhook.md`.

use super::file::{self, FILES_MAX, FileNote};
use super::language::Language;
use super::letter::{Letter, Undelivered};
use super::review::{self, ReviewNote};
use super::time::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

/// Longest text taken, in characters; what stands beyond is cut and the post marked as cut.
pub const TEXT_CHARS_MAX: usize = 50_000;
/// Longest id of a platform, in bytes.
pub const ID_BYTES_MAX: usize = 2_048;

/// Who wrote a post, as the platform tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawAuthor {
    /// The platform's stable id of the account.
    pub id: String,
    /// The name by which the account is addressed, without `@`.
    #[serde(default)]
    pub handle: Option<String>,
    /// The name shown.
    #[serde(default)]
    pub name: Option<String>,
    /// How many follow the account.
    #[serde(default)]
    pub followers: Option<i64>,
}

/// That something of ours was taken by a platform, with the words by which we know the intent: only the platform was
/// told them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The action.
    pub action: String,
    /// The key of its intent.
    pub key: String,
}

/// What else may stand under that name in a delivery of somebody's own is no receipt, and no post is lost for it.
fn lenient_receipt<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Receipt>, D::Error> {
    let value = serde_json::Value::deserialize(from)?;
    Ok(serde_json::from_value::<Receipt>(value).ok())
}

/// One post in our documented JSON, before it is checked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "a post as one JSON object")]
pub struct RawPost {
    /// `mastodon`, `bluesky`, `x`, `email`, …: any short word.
    pub platform: String,
    /// The platform's id of the post.
    pub external_id: String,
    /// Who wrote it; may be left out where `deleted` is set.
    #[serde(default)]
    pub author: RawAuthor,
    /// The words, as plain text; may be left out where `deleted` is set.
    #[serde(default)]
    pub text: String,
    /// When the platform's server says it was posted, RFC 3339; may be left out where `deleted` is set.
    #[serde(default)]
    pub created_at: String,
    /// The namespace in which `external_id` is unique; empty where ids are unique everywhere.
    #[serde(default)]
    pub authority: Option<String>,
    /// `post`, `comment`, `review`, `message`, `mail`, …
    #[serde(default)]
    pub kind: Option<String>,
    /// The platform's language tag (BCP 47).
    #[serde(default)]
    pub lang: Option<String>,
    /// The platform's id of the conversation.
    #[serde(default)]
    pub conversation_id: Option<String>,
    /// The id of the post that this one answers.
    #[serde(default)]
    pub in_reply_to: Option<String>,
    /// Where people can read it.
    #[serde(default)]
    pub url: Option<String>,
    /// Whether only we can read it.
    #[serde(default)]
    pub private: bool,
    /// Whether one of our own accounts wrote it: an answer, never a mention.
    #[serde(default)]
    pub own: bool,
    /// The id by which this source reaches the post, where it differs from `external_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_id: Option<String>,
    /// Accounts that the post addresses, as handles or platform ids: structure beats words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<String>,
    /// When it was last edited, RFC 3339; absent if it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<String>,
    /// Set by `run --sample`: shown as sample everywhere.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sample: bool,
    /// Its author deleted it: what we hold of it is to go. Only the identity is needed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// How visible it is: `public`, `unlisted`, `private`, `direct`; an answer is never more visible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<String>,
    /// It only shows what a conversation is about; it is no mention by itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub context: bool,
    /// It is addressed to the account that the source belongs to, whatever its words are.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub addressed: bool,
    /// The platform's id of the account to which it is said, where nothing that it answers tells that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<String>,
    /// It was marked as what solves its topic.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub solves: bool,
    /// The action of ours that it came of; taken from our own outbox only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// Why its source could make no post of it; then `text` is what stood there, and it is put aside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unmapped: Option<String>,
    /// Further posts that it stands below, nearest first, where the platform names several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub above: Vec<String>,
    /// The post that it quotes, which the platform shows within it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quotes: Option<String>,
    /// The number of the case that it names, where nothing else tells to what it belongs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_number: Option<i64>,
    /// What a mail has beyond its words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub letter: Option<Letter>,
    /// The rule by which its source filters it: it is kept as it came and never becomes a case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filtered: Option<String>,
    /// The content warning before it; where its author wrote one, it stands in front of the words, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
    /// What it reports of a mail of ours; such a report is filtered besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undelivered: Option<Undelivered>,
    /// A weaker id of its author's account, such as a number that may one day be another's: who was known by it before
    /// is the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author_also: Option<String>,
    /// The id that its author's account had until now, by the platform's own word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author_was: Option<String>,
    /// By what an own post is known for an intent of ours, where the platform tells it back.
    #[serde(default, deserialize_with = "lenient_receipt", skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Receipt>,
    /// Files that were put into it.
    #[serde(default, deserialize_with = "file::lenient", skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<FileNote>,
    /// What a review has beyond its words.
    #[serde(default, deserialize_with = "review::lenient", skip_serializing_if = "Option::is_none")]
    pub review: Option<ReviewNote>,
}

/// What is wrong with a raw post; the text names the field, what stood there and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPost {
    /// A field that must hold something is empty.
    #[error("{field}: empty; it must hold the {what}")]
    Empty {
        /// The field's name.
        field: &'static str,
        /// What it should hold.
        what: &'static str,
    },
    /// A field is longer than we keep.
    #[error("{field}: {found} bytes; at most {max} are allowed")]
    TooLong {
        /// The field's name.
        field: &'static str,
        /// How long it is.
        found: usize,
        /// How long it may be.
        max: usize,
    },
    /// The time cannot be read.
    #[error("created_at: {0}")]
    Time(#[from] super::time::BadTimestamp),
    /// The platform's name has characters that would confuse everything after.
    #[error("platform: '{0}'; allowed are 1 to 32 letters, digits, '-' and '_'")]
    Platform(String),
    /// Its source could make no post of it.
    #[error("{0}")]
    Unmapped(String),
}

/// Who wrote a post, checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Author {
    /// The platform's stable id of the account.
    pub id: String,
    /// The name by which the account is addressed, without `@`.
    pub handle: String,
    /// The name shown.
    pub name: String,
    /// How many follow the account, if the platform tells.
    pub followers: Option<i64>,
}

/// One post, checked and cleaned: what triage judges and intake stores.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Post {
    /// `mastodon`, `bluesky`, …
    pub platform: String,
    /// The namespace of `external_id`, often empty.
    pub authority: String,
    /// The platform's id of the post.
    pub external_id: String,
    /// The id by which this source reaches the post, where it differs.
    pub local_id: Option<String>,
    /// Who wrote it.
    pub author: Author,
    /// The words, without U+0000, at most [`TEXT_CHARS_MAX`] characters.
    pub text: String,
    /// The time of the platform's server.
    pub posted_at: Timestamp,
    /// `post`, `comment`, …
    pub kind: String,
    /// The platform's language tag as it came.
    pub lang_tag: String,
    /// The conversation as the platform names it.
    pub conversation: Option<String>,
    /// The post that this one answers.
    pub in_reply_to: Option<String>,
    /// Where people can read it.
    pub url: Option<String>,
    /// Whether only we can read it.
    pub private: bool,
    /// Whether one of our own accounts wrote it.
    pub own: bool,
    /// Accounts that the post addresses.
    pub mentions: Vec<String>,
    /// When it was last edited.
    pub edited_at: Option<Timestamp>,
    /// Whether it is one of the sample posts.
    pub sample: bool,
    /// Whether its author deleted it; then only the identity is set.
    pub deleted: bool,
    /// How visible it is, in one word; empty where the platform tells nothing.
    pub visibility: String,
    /// Whether it only shows what a conversation is about.
    pub context: bool,
    /// Whether it is addressed to the account of its source.
    pub addressed: bool,
    /// The account to which it is said, by the platform's id, where the source tells it.
    pub answers: Option<String>,
    /// Whether it was marked as what solves its topic.
    pub solves: bool,
    /// The action of ours that it came of.
    pub action: Option<String>,
    /// Further posts that it stands below, nearest first.
    pub above: Vec<String>,
    /// The post that it quotes.
    pub quotes: Option<String>,
    /// The number of the case that it names.
    pub case_number: Option<i64>,
    /// What a mail has beyond its words.
    pub letter: Option<Letter>,
    /// The rule by which its source filters it.
    pub filtered: Option<String>,
    /// The content warning before it.
    pub warning: Option<String>,
    /// What it reports of a mail of ours.
    pub undelivered: Option<Undelivered>,
    /// A weaker id of its author's account.
    pub author_also: Option<String>,
    /// The id that its author's account had until now.
    pub author_was: Option<String>,
    /// By what it is known for an intent of ours.
    pub receipt: Option<Receipt>,
    /// Files that were put into it.
    pub files: Vec<FileNote>,
    /// What a review has beyond its words.
    pub review: Option<ReviewNote>,
}

/// What can be seen of a post before anything is made of it: enough to tell whether it is about a brand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Glimpse<'a> {
    /// `mastodon`, `bluesky`, …
    pub platform: &'a str,
    /// The platform's id of the author.
    pub author_id: &'a str,
    /// The name by which the author is addressed, without `@`; empty if it is not known.
    pub author_handle: &'a str,
    /// The words as they came.
    pub text: &'a str,
    /// Accounts that the post addresses.
    pub mentions: Vec<&'a str>,
}

impl<'a> From<&'a Post> for Glimpse<'a> {
    fn from(post: &'a Post) -> Self {
        Self {
            platform: &post.platform,
            author_id: &post.author.id,
            author_handle: &post.author.handle,
            text: &post.text,
            mentions: post.mentions.iter().map(String::as_str).collect(),
        }
    }
}

impl RawPost {
    /// Checks and cleans; nothing is guessed, an empty optional field counts as absent.
    pub fn check(self) -> Result<Post, BadPost> {
        if let Some(why) = self.unmapped {
            return Err(BadPost::Unmapped(clean(&why.chars().take(1_000).collect::<String>())));
        }
        let platform = self.platform.trim().to_ascii_lowercase();
        let fine = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if platform.is_empty() || platform.len() > 32 || !platform.chars().all(fine) {
            return Err(BadPost::Platform(self.platform.chars().take(48).collect()));
        }
        let external_id = required("external_id", "platform's id of the post", self.external_id)?;
        let authority = bounded("authority", self.authority, ID_BYTES_MAX / 4)?.unwrap_or_default();
        if self.deleted {
            return Ok(Post {
                platform,
                authority,
                external_id,
                deleted: true,
                own: self.own,
                ..Post::default()
            });
        }
        let author_id = required("author.id", "platform's id of the account", self.author.id)?;
        let posted_at = Timestamp::parse(&self.created_at)?;
        Ok(Post {
            platform,
            authority,
            external_id,
            local_id: optional("local_id", self.local_id)?,
            author: Author {
                id: author_id,
                handle: clean(self.author.handle.unwrap_or_default().trim().trim_start_matches('@')),
                name: clean(self.author.name.unwrap_or_default().trim()),
                followers: self.author.followers.filter(|n| *n >= 0),
            },
            text: clean(&cut(self.text)),
            posted_at,
            kind: optional("kind", self.kind)?.unwrap_or_else(|| "post".to_owned()),
            lang_tag: optional("lang", self.lang)?.unwrap_or_default(),
            conversation: optional("conversation_id", self.conversation_id)?,
            in_reply_to: optional("in_reply_to", self.in_reply_to)?,
            url: optional("url", self.url)?.filter(|u| u.starts_with("https://") || u.starts_with("http://")),
            private: self.private,
            own: self.own,
            mentions: self.mentions.iter().map(|m| clean(m.trim_start_matches('@'))).collect(),
            edited_at: self.edited_at.as_deref().map(Timestamp::parse).transpose()?,
            sample: self.sample,
            deleted: false,
            visibility: optional("visibility", self.visibility)?.unwrap_or_default(),
            context: self.context,
            addressed: self.addressed,
            answers: optional("answers", self.answers)?,
            solves: self.solves,
            action: optional("action", self.action)?,
            above: self.above.iter().filter(|id| id.len() <= ID_BYTES_MAX).map(|id| clean(id)).collect(),
            quotes: optional("quotes", self.quotes)?,
            case_number: self.case_number,
            letter: self.letter.map(cleaned),
            filtered: optional("filtered", self.filtered)?,
            warning: self
                .warning
                .map(|w| clean(w.trim()))
                .filter(|w| !w.is_empty() && w.len() <= ID_BYTES_MAX),
            undelivered: self.undelivered.map(Undelivered::cleaned),
            author_also: optional("author_also", self.author_also)?,
            author_was: optional("author_was", self.author_was)?,
            receipt: self.receipt.map(|r| Receipt { action: clean(&r.action), key: clean(&r.key) }),
            files: self.attachments.into_iter().filter_map(FileNote::cleaned).take(FILES_MAX).collect(),
            review: self.review.map(ReviewNote::cleaned),
        })
    }
}

impl Post {
    /// The name under which this post's conversation is known: the platform's own, else the post
    /// that it answers, else the post itself, so that a root and its replies meet.
    pub fn conversation_key(&self) -> &str {
        self.conversation.as_deref().or(self.in_reply_to.as_deref()).unwrap_or(&self.external_id)
    }

    /// The language the platform claims.
    pub fn claimed_language(&self) -> Language {
        Language::from_tag(&self.lang_tag)
    }
}

fn cut(text: String) -> String {
    match text.char_indices().nth(TEXT_CHARS_MAX) {
        Some((at, _)) => text[..at].to_owned(),
        None => text,
    }
}

/// U+0000 becomes U+FFFD: PostgreSQL keeps no NUL, and both engines must hold the same.
fn clean(text: &str) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text.to_owned() }
}

fn cleaned(letter: Letter) -> Letter {
    Letter {
        subject: clean(&letter.subject),
        references: letter.references.iter().map(|id| clean(id)).collect(),
        folded: clean(&cut(letter.folded)),
    }
}

fn required(field: &'static str, what: &'static str, value: String) -> Result<String, BadPost> {
    optional(field, Some(value))?.ok_or(BadPost::Empty { field, what })
}

fn optional(field: &'static str, value: Option<String>) -> Result<Option<String>, BadPost> {
    bounded(field, value, ID_BYTES_MAX)
}

/// A shorter bound for an authority: with an id it stands in one index, whose rows PostgreSQL bounds.
fn bounded(field: &'static str, value: Option<String>, max: usize) -> Result<Option<String>, BadPost> {
    let Some(value) = value else { return Ok(None) };
    let trimmed = value.trim();
    if trimmed.len() > max {
        return Err(BadPost::TooLong { field, found: trimmed.len(), max });
    }
    Ok((!trimmed.is_empty()).then(|| clean(trimmed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw() -> RawPost {
        RawPost {
            platform: "Mastodon".into(),
            external_id: " 1 ".into(),
            author: RawAuthor { id: "a".into(), handle: Some("@jan".into()), ..RawAuthor::default() },
            text: "hi\0there".into(),
            created_at: "2026-11-24T09:30:00Z".into(),
            ..RawPost::default()
        }
    }

    #[test]
    fn cleans_what_it_takes() {
        let post = raw().check().unwrap();
        assert_eq!(post.platform, "mastodon");
        assert_eq!(post.external_id, "1");
        assert_eq!(post.author.handle, "jan");
        assert_eq!(post.text, "hi\u{fffd}there");
        assert_eq!(post.conversation_key(), "1");
        let mut told = raw();
        told.undelivered = Some(Undelivered { of: "m\0".into(), failed: true, status: "5.\0".into() });
        told.receipt = Some(Receipt { action: "a\0".into(), key: "\0".into() });
        assert!(!format!("{:?}", told.check().unwrap()).contains("\\0"));
    }

    #[test]
    fn names_what_is_wrong() {
        let bad = |change: fn(&mut RawPost)| {
            let mut post = raw();
            change(&mut post);
            post.check().unwrap_err().to_string()
        };
        assert!(bad(|p| p.external_id = " ".into()).starts_with("external_id: empty"));
        assert!(bad(|p| p.author.id.clear()).starts_with("author.id: empty"));
        assert!(bad(|p| p.created_at = "soon".into()).contains("'soon'"));
        assert!(bad(|p| p.platform = "a b".into()).contains("allowed are"));
        assert!(bad(|p| p.external_id = "x".repeat(3_000)).contains("at most 2048"));
        assert!(bad(|p| p.authority = Some("x".repeat(600))).contains("at most 512"));
    }

    #[test]
    fn of_a_deleted_post_the_identity_is_enough() {
        let json = r#"{"platform":"mastodon","external_id":"https://x.example/1","deleted":true}"#;
        let post = serde_json::from_str::<RawPost>(json).unwrap().check().unwrap();
        assert!(post.deleted && post.text.is_empty() && post.author.id.is_empty());
        let without = json.replace(r#","deleted":true"#, "");
        let error = serde_json::from_str::<RawPost>(&without).unwrap().check().unwrap_err();
        assert!(error.to_string().starts_with("author.id: empty"), "{error}");
    }

    #[test]
    fn a_link_that_is_no_web_address_is_dropped() {
        let mut post = raw();
        post.url = Some("javascript:alert(1)".into());
        assert_eq!(post.check().unwrap().url, None);
    }
}

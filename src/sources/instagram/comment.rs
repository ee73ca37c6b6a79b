//! Comments, what the account posted, and what names it elsewhere, in our form; pure.
//!
//! A thread is a comment with what stands below it, so the conversation is called by that comment; a caption that names
//! us begins one of its own. Ids of comments and of what they stand below are numbers alike, so the latter are called
//! `media/ID`. Who wrote is told by an id for this account, or elsewhere only by a name; where neither is told, a comment
//! has an author of its own.

use super::KIND;
use crate::domain::file::FileNote;
use crate::domain::post::{RawAuthor, RawPost};
use crate::domain::time::Timestamp;
use crate::sources::meta::read::{field, id_in, list, time_in};
use serde_json::Value;

/// What ids of posted pictures and films begin with.
const MEDIA: &str = "media/";
/// How what names us elsewhere is reached: `mention/MEDIA/COMMENT`, without a comment for a caption.
const MENTION: &str = "mention/";
/// How what tags us elsewhere is reached.
const TAGGED: &str = "tagged/";
/// What a comment is called that is to be looked up.
const COMMENT: &str = "comment/";

/// The account: its id and its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Us {
    /// Its id.
    pub id: String,
    /// Its name, without `@`.
    pub username: String,
}

impl Us {
    /// Whether this is the account itself.
    pub fn is(&self, id: &str, username: &str) -> bool {
        id == self.id || (!username.is_empty() && username.eq_ignore_ascii_case(&self.username))
    }

    /// Whether words name the account by `@NAME`.
    fn is_named(&self, words: &str) -> bool {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
        words.split('@').skip(1).any(|after| {
            let end = after.find(|c| !is_name(c)).unwrap_or(after.len());
            after[..end].trim_end_matches('.').eq_ignore_ascii_case(&self.username)
        })
    }
}

/// Where something stands, and how it is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Where {
    /// On the account.
    #[default]
    Here,
    /// Elsewhere, naming us.
    Mention,
    /// Elsewhere, tagging us.
    Tagged,
}

/// A comment, or a picture or film, whatever told it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Its id, a number.
    pub id: String,
    /// Whether it is a comment.
    pub comment: bool,
    /// What it stands below; for a comment, where that is told.
    pub media: Option<String>,
    /// The comment below which it stands.
    pub parent: Option<String>,
    /// Who wrote it: the id for this account, empty where only the name is told, and the name.
    pub from: Option<(String, String)>,
    /// The words.
    pub words: String,
    /// When it was posted.
    pub at: Option<Timestamp>,
    /// When it was changed.
    pub edited: Option<Timestamp>,
    /// Where people read it.
    pub url: Option<String>,
    /// Pictures in it.
    pub files: Vec<FileNote>,
    /// Where it stands.
    pub place: Where,
}

fn from(value: &Value) -> Option<(String, String)> {
    let named = value.get("from").filter(|f| f.is_object());
    let id = named.and_then(|f| id_in(f, "id")).unwrap_or_default();
    let name = named.and_then(|f| field(f, "username")).or_else(|| field(value, "username"));
    let name = name.unwrap_or_default().to_owned();
    (!id.is_empty() || !name.is_empty()).then_some((id, name))
}

fn owned(text: Option<&str>) -> Option<String> {
    text.map(ToOwned::to_owned)
}

impl Told {
    /// A comment of a list, or asked for by its id; nothing if it is none. `media` and `parent` are what the list stands
    /// below; where they are not given, the comment tells them.
    pub fn listed_comment(value: &Value, media: Option<&str>, parent: Option<&str>) -> Option<Self> {
        let below = &value["media"];
        Some(Self {
            id: id_in(value, "id")?,
            comment: true,
            media: owned(media).or_else(|| id_in(below, "id")),
            parent: id_in(value, "parent_id").or_else(|| owned(parent)),
            from: from(value),
            words: field(value, "text").unwrap_or_default().to_owned(),
            at: time_in(value, "timestamp"),
            url: owned(field(below, "permalink")),
            ..Self::default()
        })
    }

    /// Something posted, of a list; nothing if it is none.
    pub fn listed_media(value: &Value) -> Option<Self> {
        let image = field(value, "media_url").filter(|_| field(value, "media_type") == Some("IMAGE"));
        let picture =
            |url: &str| FileNote { kind: "image".to_owned(), url: url.to_owned(), ..FileNote::default() };
        Some(Self {
            id: id_in(value, "id")?,
            from: from(value),
            words: field(value, "caption").unwrap_or_default().to_owned(),
            at: time_in(value, "timestamp"),
            url: owned(field(value, "permalink")),
            files: image.map(picture).into_iter().collect(),
            ..Self::default()
        })
    }

    /// What a delivery tells of a comment; nothing if it tells of none.
    pub fn delivered(value: &Value) -> Option<Self> {
        Self::listed_comment(value, None, None)
    }

    /// A comment elsewhere that names us, as it was looked up.
    pub fn named_comment(value: &Value, media: &str, comment: &str) -> Self {
        let told = Self::listed_comment(value, Some(media), None).unwrap_or_default();
        Self {
            id: comment.to_owned(),
            comment: true,
            media: Some(media.to_owned()),
            from: from(value),
            words: field(value, "text").unwrap_or_default().to_owned(),
            at: time_in(value, "timestamp"),
            url: owned(field(&value["media"], "permalink")),
            place: Where::Mention,
            ..told
        }
    }

    /// A caption elsewhere that names us, as it was looked up.
    pub fn named_media(value: &Value, media: &str) -> Self {
        let mut value = value.clone();
        if let Some(of) = value.as_object_mut() {
            of.insert("id".to_owned(), Value::from(media));
        }
        Self { id: media.to_owned(), place: Where::Mention, ..Self::listed_media(&value).unwrap_or_default() }
    }

    /// Whether the account wrote it.
    pub fn is_of(&self, us: &Us) -> bool {
        self.from.as_ref().is_some_and(|(id, name)| us.is(id, name))
    }

    /// By which id it is known.
    pub fn external_id(&self) -> String {
        if self.comment { self.id.clone() } else { media_id(&self.id) }
    }

    /// How it is reached, where it stands elsewhere.
    fn local_id(&self) -> Option<String> {
        match (self.place, self.comment) {
            (Where::Here, _) => None,
            (Where::Tagged, _) => Some(format!("{TAGGED}{}", self.id)),
            (Where::Mention, true) => Some(mention_id(self.media.as_deref()?, &self.id)),
            (Where::Mention, false) => Some(mention_id(&self.id, "")),
        }
    }

    /// As one of our posts. What begins a thread on the account is said to us, and so is what names us; what others answer
    /// one another shows what it is about.
    pub fn post(&self, us: &Us, now: Timestamp) -> RawPost {
        let own = self.is_of(us);
        let author = match &self.from {
            // However the account is told, it is one.
            Some(_) if own => us.id.clone(),
            Some((id, name)) if id.is_empty() => format!("@{}", name.to_lowercase()),
            Some((id, _)) => id.clone(),
            None => format!("of/{}", self.id),
        };
        let handle = self.from.as_ref().map(|(_, name)| name.clone()).filter(|n| !n.is_empty());
        let (elsewhere, is_reply) = (self.place != Where::Here, self.parent.is_some());
        let media = self.media.as_deref().filter(|_| self.comment).map(media_id);
        let to_us = elsewhere || !is_reply || us.is_named(&self.words);
        let id = self.external_id();
        let kind = if self.comment { "comment" } else { "post" };
        RawPost {
            platform: KIND.to_owned(),
            author: RawAuthor { id: author, handle, ..RawAuthor::default() },
            text: if self.words.trim().is_empty() {
                "[without words]".to_owned()
            } else {
                self.words.clone()
            },
            created_at: self.at.unwrap_or(now).min(now).rfc3339(),
            kind: Some(kind.to_owned()),
            conversation_id: Some(self.parent.clone().unwrap_or_else(|| id.clone())),
            in_reply_to: self.parent.clone().or_else(|| media.clone()),
            above: if is_reply { media.into_iter().collect() } else { Vec::new() },
            url: self.url.clone(),
            own,
            addressed: !own && to_us,
            context: !own && !to_us,
            local_id: self.local_id(),
            visibility: Some("public".to_owned()),
            edited_at: self.edited.map(|at| at.min(now).rfc3339()),
            attachments: self.files.clone(),
            external_id: id,
            ..RawPost::default()
        }
    }
}

/// The pictures of an album.
pub fn pictures(value: &Value) -> Vec<String> {
    list(&value["children"]["data"]).filter_map(|child| id_in(child, "id")).collect()
}

/// The id of something posted.
pub fn media_id(media: &str) -> String {
    format!("{MEDIA}{media}")
}

/// The platform's id of something posted, of an id of ours.
pub fn media_of(id: &str) -> Option<&str> {
    id.strip_prefix(MEDIA).filter(|id| is_id(id))
}

/// How something elsewhere is reached that names us; `comment` is empty for a caption.
pub fn mention_id(media: &str, comment: &str) -> String {
    format!("{MENTION}{media}/{comment}")
}

/// What names us elsewhere, by how it is reached: what it stands below, and the comment unless it is a caption.
pub fn mention_of(id: &str) -> Option<(&str, Option<&str>)> {
    let (media, comment) = id.strip_prefix(MENTION)?.split_once('/')?;
    let fine = is_id(media) && (comment.is_empty() || is_id(comment));
    fine.then_some((media, Some(comment).filter(|c| !c.is_empty())))
}

/// What tags us elsewhere, by how it is reached.
pub fn tagged_of(id: &str) -> Option<&str> {
    id.strip_prefix(TAGGED).filter(|id| is_id(id))
}

/// What a comment is called that is to be looked up.
pub fn comment_id(id: &str) -> String {
    format!("{COMMENT}{id}")
}

/// A comment that is to be looked up.
pub fn comment_of(id: &str) -> Option<&str> {
    id.strip_prefix(COMMENT).filter(|id| is_id(id))
}

/// A notice that something is to be looked up. It stands among our own, says nothing and answers nobody: it is kept so
/// that it is asked for again if it could not be looked up at once.
pub fn notice(what: &str, us: &Us, at: Timestamp) -> RawPost {
    RawPost {
        platform: KIND.to_owned(),
        external_id: what.to_owned(),
        author: RawAuthor { id: us.id.clone(), ..RawAuthor::default() },
        text: "…".to_owned(),
        created_at: at.rfc3339(),
        kind: Some("notice".to_owned()),
        conversation_id: Some(what.to_owned()),
        own: true,
        ..RawPost::default()
    }
}

/// Whether something stands elsewhere than on the account, by how it is reached.
pub fn is_elsewhere(local_id: Option<&str>) -> bool {
    local_id.is_some_and(|id| id.starts_with(MENTION) || id.starts_with(TAGGED))
}

/// Whether a text may be an id of the platform; it goes into an address.
pub fn is_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= 200 && id.bytes().all(|b| b.is_ascii_digit() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: Timestamp = Timestamp(1_795_608_000_000);

    fn us() -> Us {
        Us { id: "77".to_owned(), username: "acme.shop".to_owned() }
    }

    #[test]
    fn a_comment_is_said_to_us_and_a_reply_stands_in_its_thread() {
        let first = json!({ "id": "101", "text": "help", "from": { "id": 5, "username": "mia" },
            "media": { "id": "90", "media_product_type": "FEED" } });
        let told = Told::delivered(&first).unwrap();
        let raw = told.post(&us(), NOW);
        assert!(raw.addressed && !raw.own && !raw.context);
        assert_eq!(
            (raw.conversation_id.as_deref(), raw.in_reply_to.as_deref()),
            (Some("101"), Some("media/90"))
        );
        assert_eq!((raw.author.id.as_str(), raw.author.handle.as_deref()), ("5", Some("mia")));
        let reply = json!({ "id": "102", "text": "me too", "from": { "id": "6", "username": "jo" },
            "timestamp": "2026-11-25T11:43:20+0000" });
        let raw = Told::listed_comment(&reply, Some("90"), Some("101")).unwrap().post(&us(), NOW);
        assert!(raw.context && !raw.addressed);
        assert_eq!((raw.conversation_id.as_deref(), raw.in_reply_to.as_deref()), (Some("101"), Some("101")));
        assert_eq!(raw.above, ["media/90"]);
        let named = json!({ "id": "103", "text": "(@Acme.Shop.) and mine?", "from": { "id": "6" }, "parent_id": "101" });
        let raw = Told::delivered(&named).unwrap().post(&us(), NOW);
        assert!(raw.addressed && !raw.context);
    }

    #[test]
    fn our_own_is_known_by_id_and_by_name() {
        for from in [json!({ "id": "77" }), json!({ "id": "17841", "username": "ACME.shop" })] {
            let value = json!({ "id": "104", "text": "sorry", "from": from, "parent_id": "101" });
            let raw = Told::delivered(&value).unwrap().post(&us(), NOW);
            assert!(raw.own && !raw.addressed && !raw.context);
            assert_eq!(raw.author.id, "77");
        }
        assert!(
            !us().is_named("acme.shop")
                && !us().is_named("@acme.shopping")
                && us().is_named("hi @acme.shop!")
        );
    }

    #[test]
    fn what_names_us_elsewhere_tells_how_it_is_reached() {
        let value = json!({ "text": "@acme.shop help", "username": "Mia", "timestamp": "2026-11-25T11:43:20+0000",
            "media": { "id": "80", "permalink": "https://www.instagram.com/p/B/" } });
        let raw = Told::named_comment(&value, "80", "201").post(&us(), NOW);
        assert_eq!((raw.external_id.as_str(), raw.local_id.as_deref()), ("201", Some("mention/80/201")));
        assert_eq!((raw.author.id.as_str(), raw.author.handle.as_deref()), ("@mia", Some("Mia")));
        assert_eq!(raw.url.as_deref(), Some("https://www.instagram.com/p/B/"));
        let value = json!({ "caption": "love @acme.shop", "username": "mia" });
        let raw = Told::named_media(&value, "80").post(&us(), NOW);
        assert_eq!((raw.external_id.as_str(), raw.local_id.as_deref()), ("media/80", Some("mention/80/")));
        assert!(raw.addressed && is_elsewhere(raw.local_id.as_deref()));
        assert_eq!(mention_of("mention/80/201"), Some(("80", Some("201"))));
        assert_eq!(mention_of("mention/80/"), Some(("80", None)));
        assert_eq!((mention_of("mention/8x/1"), mention_of("201"), media_of("media/")), (None, None, None));
    }
}

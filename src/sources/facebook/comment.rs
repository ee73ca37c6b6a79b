//! Comments and posts in our form, as lists and as deliveries tell them; pure.
//!
//! A thread is a comment on a post with what stands below it, so the conversation is called by that comment; a post of a
//! visitor begins one of its own. Who wrote is left out where the platform keeps it to itself: such a comment has an
//! author of its own, called by the comment.

use super::KIND;
use crate::domain::file::FileNote;
use crate::domain::post::{RawAuthor, RawPost};
use crate::domain::time::Timestamp;
use crate::sources::meta::read::{field, id_in, list, seconds_in, time_in};
use serde_json::Value;
use url::Url;

/// How what stands elsewhere than on our page is reached; no id begins so.
const ELSEWHERE: &str = "elsewhere/";

/// A comment or a post, whatever told it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Its id.
    pub id: String,
    /// The post below which it stands; nothing for a post.
    pub post: Option<String>,
    /// The comment below which it stands.
    pub parent: Option<String>,
    /// Who wrote it: id and name.
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
    /// Whether it stands elsewhere than on our page and names us.
    pub elsewhere: bool,
}

fn picture(url: &str) -> FileNote {
    FileNote { kind: "image".to_owned(), url: url.to_owned(), ..FileNote::default() }
}

fn from(value: &Value) -> Option<(String, String)> {
    let named = value.get("from").filter(|f| f.is_object());
    let id = named.and_then(|f| id_in(f, "id")).or_else(|| id_in(value, "sender_id"))?;
    let name = named.and_then(|f| field(f, "name")).or_else(|| field(value, "sender_name"));
    Some((id, name.unwrap_or_default().to_owned()))
}

/// Where a shared link leads: the platform wraps it in an address of its own that is another each time it is asked.
fn unwrapped(link: &str) -> String {
    let wrap = Url::parse(link).ok().filter(|url| url.path() == "/l.php");
    let inner = wrap.and_then(|url| url.query_pairs().find(|(k, _)| k == "u").map(|(_, to)| to.into_owned()));
    inner.unwrap_or_else(|| link.to_owned())
}

/// The words, or what stands there where there are none; a shared link stands behind them.
fn words(message: Option<&str>, link: Option<&str>, has_files: bool) -> String {
    let text = message.unwrap_or_default().trim();
    let link = link.map(unwrapped);
    match (text.is_empty(), link.as_deref()) {
        (false, Some(link)) if !text.contains(link) => format!("{text}\n{link}"),
        (false, _) => text.to_owned(),
        (true, Some(link)) => link.to_owned(),
        (true, None) if has_files => "[file]".to_owned(),
        (true, None) => String::new(),
    }
}

impl Told {
    /// A comment of a list; nothing if it is none. `post` is the post below which the list stands.
    pub fn listed_comment(value: &Value, post: &str) -> Option<Self> {
        let attached = &value["attachment"];
        let image = attached["media"]["image"]["src"].as_str().filter(|s| !s.is_empty());
        let link = field(attached, "url").filter(|_| image.is_none());
        Some(Self {
            id: id_in(value, "id")?,
            post: Some(post.to_owned()),
            parent: value.get("parent").and_then(|p| id_in(p, "id")).filter(|p| p != post),
            from: from(value),
            words: words(field(value, "message"), link, image.is_some()),
            at: time_in(value, "created_time"),
            url: field(value, "permalink_url").map(ToOwned::to_owned),
            files: image.map(picture).into_iter().collect(),
            ..Self::default()
        })
    }

    /// A post of a list; nothing if it is none.
    pub fn listed_post(value: &Value) -> Option<Self> {
        let image = field(value, "full_picture");
        Some(Self {
            id: id_in(value, "id")?,
            from: from(value),
            words: words(field(value, "message"), None, image.is_some()),
            at: time_in(value, "created_time"),
            url: field(value, "permalink_url").map(ToOwned::to_owned),
            files: image.map(picture).into_iter().collect(),
            ..Self::default()
        })
    }

    /// What a delivery tells of a comment or a post; nothing if it tells of neither.
    pub fn delivered(value: &Value) -> Option<Self> {
        let is_comment = field(value, "item") == Some("comment");
        let post = id_in(value, "post_id");
        let id = if is_comment { id_in(value, "comment_id") } else { post.clone() }?;
        let parent = id_in(value, "parent_id").filter(|p| is_comment && Some(p) != post.as_ref());
        let photos = list(&value["photos"]).filter_map(Value::as_str);
        let of_item = field(value, "photo")
            .or_else(|| field(value, "link").filter(|_| field(value, "item") == Some("photo")));
        let files: Vec<FileNote> = of_item.into_iter().chain(photos).map(picture).collect();
        let link = field(value, "link").filter(|_| files.is_empty());
        let url = field(value, "permalink_url").or_else(|| field(&value["post"], "permalink_url"));
        Some(Self {
            id,
            post: post.filter(|_| is_comment),
            parent,
            from: from(value),
            words: words(field(value, "message"), link, !files.is_empty()),
            at: seconds_in(value, "created_time"),
            url: url.map(ToOwned::to_owned),
            files,
            ..Self::default()
        })
    }

    /// Whether the page wrote it.
    pub fn is_of(&self, page: &str) -> bool {
        self.from.as_ref().is_some_and(|(id, _)| id == page)
    }

    /// As one of our posts. What begins a thread on our page is said to us, and so is what names us elsewhere; what
    /// others answer one another shows what it is about.
    pub fn post(&self, page: &str, now: Timestamp) -> RawPost {
        let own = self.is_of(page);
        let (author, name) = match &self.from {
            Some((id, name)) => (id.clone(), Some(name.clone()).filter(|n| !n.is_empty())),
            None => (format!("of/{}", self.id), None),
        };
        let is_reply = self.parent.is_some();
        let below = self.parent.clone().or_else(|| self.post.clone());
        let kind = if self.post.is_some() { "comment" } else { "post" };
        RawPost {
            platform: KIND.to_owned(),
            external_id: self.id.clone(),
            author: RawAuthor { id: author, name, ..RawAuthor::default() },
            text: if self.words.is_empty() {
                "[nothing but a sign or a sticker]".to_owned()
            } else {
                self.words.clone()
            },
            created_at: self.at.unwrap_or(now).min(now).rfc3339(),
            kind: Some(kind.to_owned()),
            conversation_id: Some(self.parent.clone().unwrap_or_else(|| self.id.clone())),
            in_reply_to: below,
            above: if is_reply { self.post.clone().into_iter().collect() } else { Vec::new() },
            url: self.url.clone(),
            own,
            addressed: !own && (self.elsewhere || !is_reply),
            context: !own && is_reply && !self.elsewhere,
            local_id: self.elsewhere.then(|| format!("{ELSEWHERE}{}", self.id)),
            visibility: Some("public".to_owned()),
            edited_at: self.edited.map(|at| at.min(now).rfc3339()),
            attachments: self.files.clone(),
            ..RawPost::default()
        }
    }
}

/// What is gone, in our form.
pub fn gone(id: &str, own: bool) -> RawPost {
    RawPost {
        platform: KIND.to_owned(),
        external_id: id.to_owned(),
        own,
        deleted: true,
        ..RawPost::default()
    }
}

/// Whether something stands elsewhere than on our page, by how it is reached.
pub fn is_elsewhere(local_id: Option<&str>) -> bool {
    local_id.is_some_and(|id| id.starts_with(ELSEWHERE))
}

/// Whether a text may be an id of a comment or post; it goes into an address.
pub fn is_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= 200 && id.bytes().all(|b| b.is_ascii_digit() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: Timestamp = Timestamp(1_795_608_000_000);

    #[test]
    fn a_comment_is_said_to_us_and_a_reply_stands_in_its_thread() {
        let first = json!({ "item": "comment", "verb": "add", "comment_id": "9_1", "post_id": "77_9",
            "parent_id": "77_9", "from": { "id": 5, "name": "Mia" }, "message": "help", "created_time": 1_795_607_000 });
        let told = Told::delivered(&first).unwrap();
        let raw = told.post("77", NOW);
        assert!(raw.addressed && !raw.own && !raw.context);
        assert_eq!((raw.conversation_id.as_deref(), raw.in_reply_to.as_deref()), (Some("9_1"), Some("77_9")));
        assert_eq!((raw.author.id.as_str(), raw.author.name.as_deref()), ("5", Some("Mia")));
        // Told by a list it is the same.
        let listed = json!({ "id": "9_1", "message": "help", "from": { "id": "5", "name": "Mia" },
            "created_time": "2026-11-25T11:43:20+0000" });
        assert_eq!(Told::listed_comment(&listed, "77_9").unwrap().post("77", NOW), raw);
        let reply = json!({ "item": "comment", "comment_id": "9_2", "post_id": "77_9", "parent_id": "9_1",
            "from": { "id": "77" }, "message": "sorry" });
        let raw = Told::delivered(&reply).unwrap().post("77", NOW);
        assert!(raw.own && !raw.addressed);
        assert_eq!((raw.conversation_id.as_deref(), raw.in_reply_to.as_deref()), (Some("9_1"), Some("9_1")));
        assert_eq!(raw.above, ["77_9"]);
    }

    #[test]
    fn a_shared_link_reads_the_same_however_it_is_wrapped() {
        let listed = |h: &str| {
            let url = format!("https://l.facebook.com/l.php?u=https%3A%2F%2Fx.example%2Fa%3Fb%3D1&h={h}");
            let value =
                json!({ "id": "9_1", "message": "see", "attachment": { "type": "share", "url": url } });
            Told::listed_comment(&value, "77_9").unwrap().words
        };
        assert_eq!(listed("AT0one"), "see\nhttps://x.example/a?b=1");
        assert_eq!(listed("AT0one"), listed("AT0two"));
        assert_eq!(
            words(Some("see"), Some("https://x.example/l.php2?u=1"), false),
            "see\nhttps://x.example/l.php2?u=1"
        );
    }

    #[test]
    fn who_is_not_told_has_no_name_and_pictures_are_noted() {
        let value =
            json!({ "item": "comment", "comment_id": "9_1", "post_id": "77_9", "photo": "https://x/1.jpg" });
        let raw = Told::delivered(&value).unwrap().post("77", NOW);
        assert_eq!((raw.author.id.as_str(), raw.text.as_str()), ("of/9_1", "[file]"));
        assert_eq!(raw.attachments[0].url, "https://x/1.jpg");
        assert!(is_id("77_9") && !is_id("77/9") && !is_id(""));
    }
}

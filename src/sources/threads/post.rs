//! Posts and replies in our form, as lists and as deliveries tell them; pure.
//!
//! The platform keeps the number of an author to itself: who wrote is known by the name alone, so the name is the id, and
//! who changes it is another author. A conversation is called by the post that began it.

use super::KIND;
use crate::domain::file::FileNote;
use crate::domain::post::{RawAuthor, RawPost};
use crate::domain::time::Timestamp;
use crate::sources::meta::read::{field, id_in, time_in};
use serde_json::Value;

/// How what stands elsewhere than below our posts is reached; no id begins so.
const ELSEWHERE: &str = "elsewhere/";

/// Who we are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Me {
    /// The account's number.
    pub id: String,
    /// Its name, in lower case.
    pub name: String,
}

impl Me {
    /// Whether a name is ours.
    pub fn is(&self, name: &str) -> bool {
        name.trim_start_matches('@').eq_ignore_ascii_case(&self.name)
    }

    /// Whether words name us.
    pub fn is_named_in(&self, words: &str) -> bool {
        let names = words.split('@').skip(1);
        let name_of = |rest: &str| -> String {
            let name: String =
                rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.')).collect();
            name.trim_end_matches('.').to_owned()
        };
        names.map(name_of).any(|name| self.is(&name))
    }
}

/// By which way something was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The platform says that it names us.
    Named,
    /// It stands below a post of ours.
    Below,
    /// It was searched for, or is our own.
    Found,
}

/// A post or a reply, whatever told it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Its id.
    pub id: String,
    /// Who wrote it, by name.
    pub author: Option<String>,
    /// The words.
    pub words: String,
    /// When it was posted.
    pub at: Option<Timestamp>,
    /// Where people read it.
    pub url: Option<String>,
    /// What it answers.
    pub parent: Option<String>,
    /// The post that began the conversation.
    pub root: Option<String>,
    /// Who wrote that, by name or number, where it is told.
    pub root_of: Option<String>,
    /// Whether it is somebody's post told on without words.
    pub is_repost: bool,
    /// Whether anything stands below it, where that is told.
    pub has_replies: Option<bool>,
    /// Pictures in it.
    pub files: Vec<FileNote>,
}

fn files(value: &Value) -> Vec<FileNote> {
    let kind = field(value, "media_type").unwrap_or_default();
    let url = match kind {
        "IMAGE" | "CAROUSEL_ALBUM" => field(value, "media_url"),
        "VIDEO" => field(value, "thumbnail_url"),
        _ => None,
    };
    let one = |url: &str| FileNote {
        name: if kind == "VIDEO" { "video, preview".to_owned() } else { String::new() },
        kind: "image".to_owned(),
        alt: field(value, "alt_text").unwrap_or_default().to_owned(),
        url: url.to_owned(),
        ..FileNote::default()
    };
    url.map(one).into_iter().collect()
}

impl Told {
    /// What a list or a delivery tells; nothing if it is no post.
    pub fn of(value: &Value) -> Option<Self> {
        let id = id_in(value, "id").filter(|id| is_id(id))?;
        let kind = field(value, "media_type").unwrap_or("TEXT_POST");
        let text = field(value, "text").unwrap_or_default().trim().to_owned();
        let root = &value["root_post"];
        Some(Self {
            id,
            author: field(value, "username").map(|name| name.trim_start_matches('@').to_lowercase()),
            words: if text.is_empty() && kind != "TEXT_POST" { "[file]".to_owned() } else { text },
            at: time_in(value, "timestamp"),
            url: field(value, "permalink").filter(|url| url.starts_with("https://")).map(ToOwned::to_owned),
            parent: id_in(&value["replied_to"], "id"),
            root: id_in(root, "id"),
            root_of: field(root, "username").map(ToOwned::to_owned).or_else(|| id_in(root, "owner_id")),
            is_repost: kind == "REPOST_FACADE",
            has_replies: value["has_replies"].as_bool(),
            files: files(value),
        })
    }

    /// Whether we wrote it.
    pub fn is_of(&self, me: &Me) -> bool {
        self.author.as_deref().is_some_and(|name| me.is(name))
    }

    /// Whether it stands in a conversation that we began, as far as it tells.
    pub fn is_below(&self, me: &Me) -> bool {
        self.root_of.as_deref().is_some_and(|of| of == me.id || me.is(of))
    }

    /// As one of our posts. What names us is said to us, and so is what answers a post of ours at once; what others answer
    /// one another there shows what it is about, unless what they answer is known.
    pub fn post(&self, me: &Me, seen: Seen, edited: Option<Timestamp>, now: Timestamp) -> RawPost {
        let own = self.is_of(me);
        let below = seen == Seen::Below || self.is_below(me);
        let answers_root = self.parent.is_some() && (self.root.is_none() || self.parent == self.root);
        let named = seen == Seen::Named || me.is_named_in(&self.words);
        let addressed = !own && (named || (below && answers_root));
        let author = match &self.author {
            Some(name) => RawAuthor { id: name.clone(), handle: Some(name.clone()), ..RawAuthor::default() },
            None => RawAuthor { id: format!("of/{}", self.id), ..RawAuthor::default() },
        };
        let root = self.root.clone();
        RawPost {
            platform: KIND.to_owned(),
            external_id: self.id.clone(),
            author,
            text: if self.words.is_empty() { "[nothing but a sign]".to_owned() } else { self.words.clone() },
            created_at: self.at.unwrap_or(now).min(now).rfc3339(),
            kind: Some(if self.parent.is_some() { "comment" } else { "post" }.to_owned()),
            conversation_id: Some(root.clone().unwrap_or_else(|| self.id.clone())),
            in_reply_to: self.parent.clone(),
            above: root
                .filter(|root| Some(root) != self.parent.as_ref() && *root != self.id)
                .into_iter()
                .collect(),
            url: self.url.clone(),
            own,
            addressed,
            context: !own && below && !addressed,
            local_id: (!own && !below).then(|| format!("{ELSEWHERE}{}", self.id)),
            visibility: Some("public".to_owned()),
            edited_at: edited.map(|at| at.min(now).rfc3339()),
            filtered: self.is_repost.then(|| "a repost, of which the post itself is read".to_owned()),
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

/// Whether something stands elsewhere than below our posts, by how it is reached.
pub fn is_elsewhere(local_id: Option<&str>) -> bool {
    local_id.is_some_and(|id| id.starts_with(ELSEWHERE))
}

/// Whether a text may be an id; it goes into an address.
pub fn is_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= 100 && id.bytes().all(|b| b.is_ascii_digit() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: Timestamp = Timestamp(1_795_608_000_000);

    fn me() -> Me {
        Me { id: "77".to_owned(), name: "acme".to_owned() }
    }

    #[test]
    fn a_reply_to_our_post_is_said_to_us_and_what_others_answer_one_another_is_not() {
        let value = json!({ "id": "12", "username": "Mia", "text": "help", "media_type": "TEXT_POST",
            "permalink": "https://www.threads.net/@mia/post/P", "replied_to": { "id": "9" },
            "root_post": { "id": "9", "owner_id": "77", "username": "acme" },
            "timestamp": "2026-11-25T11:43:20+0000" });
        let raw = Told::of(&value).unwrap().post(&me(), Seen::Found, None, NOW);
        assert!(raw.addressed && !raw.own && !raw.context && raw.local_id.is_none());
        assert_eq!((raw.author.id.as_str(), raw.author.handle.as_deref()), ("mia", Some("mia")));
        assert_eq!((raw.conversation_id.as_deref(), raw.in_reply_to.as_deref()), (Some("9"), Some("9")));
        let mut other = value.clone();
        other["replied_to"] = json!({ "id": "12" });
        let raw = Told::of(&other).unwrap().post(&me(), Seen::Below, None, NOW);
        assert!(raw.context && !raw.addressed && raw.above == ["9"]);
        other["text"] = json!("ask @ACME.");
        assert!(Told::of(&other).unwrap().post(&me(), Seen::Below, None, NOW).addressed);
        other["username"] = json!("acme");
        let raw = Told::of(&other).unwrap().post(&me(), Seen::Below, None, NOW);
        assert!(raw.own && !raw.addressed && !raw.context);
    }

    #[test]
    fn what_names_us_elsewhere_is_said_to_us_and_what_was_searched_for_is_judged_by_its_words() {
        let value = json!({ "id": 13, "text": "my phone died", "username": "bob" });
        let told = Told::of(&value).unwrap();
        let named = told.post(&me(), Seen::Named, None, NOW);
        assert!(named.addressed && is_elsewhere(named.local_id.as_deref()));
        let found = told.post(&me(), Seen::Found, None, NOW);
        assert!(!found.addressed && !found.context);
        assert_eq!(found.created_at, NOW.rfc3339(), "without a time it is new");
        assert!(!me().is_named_in("@acmegroup and a@acme_x") && me().is_named_in("so,@Acme!"));
    }

    #[test]
    fn what_is_hidden_or_empty_is_read_all_the_same() {
        let image = json!({ "id": "14", "media_type": "IMAGE", "media_url": "https://x.example/1.jpg" });
        let raw = Told::of(&image).unwrap().post(&me(), Seen::Named, None, NOW);
        assert_eq!((raw.author.id.as_str(), raw.text.as_str()), ("of/14", "[file]"));
        assert_eq!(raw.attachments[0].url, "https://x.example/1.jpg");
        let repost = json!({ "id": "15", "media_type": "REPOST_FACADE", "username": "bob" });
        assert!(Told::of(&repost).unwrap().post(&me(), Seen::Named, None, NOW).filtered.is_some());
        for none in [json!({}), json!({ "id": "a/b" }), json!("x")] {
            assert_eq!(Told::of(&none), None, "{none}");
        }
    }
}

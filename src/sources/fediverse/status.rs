//! A status of Mastodon's API in our form.
//!
//! The post's identity is its ActivityPub `uri`, the same through whichever server it was seen; the
//! author's is the profile's address, for the same reason. What a status answers is left out here:
//! the API gives only this server's own id of it, which no other server shares; who can ask for the
//! thread puts it in. Built from Mastodon's published documentation.

use super::super::html::to_text;
use super::lenient;
use crate::domain::file::FileNote;
use crate::domain::post::{RawAuthor, RawPost};
use crate::domain::time::{Span, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

/// How far back a time may lie that a foreign server claims.
const CLAIMED_BACK_MAX: Span = Span::days(7);

/// The parts of a status that we use.
#[derive(Clone, Debug, Deserialize)]
pub struct Status {
    /// This server's id of it.
    #[serde(deserialize_with = "lenient::id")]
    pub id: String,
    #[serde(default, deserialize_with = "lenient::text")]
    created_at: String,
    #[serde(default, deserialize_with = "lenient::maybe")]
    edited_at: Option<String>,
    /// Its identity, the same on every server.
    #[serde(default, deserialize_with = "lenient::maybe")]
    pub uri: Option<String>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    url: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    content: String,
    #[serde(default, deserialize_with = "lenient::maybe")]
    spoiler_text: Option<String>,
    /// Who may read it, in the server's word.
    #[serde(default, deserialize_with = "lenient::maybe")]
    pub visibility: Option<String>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    language: Option<String>,
    #[serde(default)]
    in_reply_to_id: Option<Value>,
    /// The status that this one only passes on.
    #[serde(default)]
    pub reblog: Option<Value>,
    /// Who wrote it.
    pub account: Account,
    #[serde(default, deserialize_with = "lenient::each")]
    mentions: Vec<Mention>,
    #[serde(default)]
    media_attachments: Value,
    /// What it asks its readers to choose from.
    #[serde(default)]
    poll: Value,
    /// What it quotes, in one of two forms: the status itself, or a state with the status in it.
    #[serde(default)]
    quote: Value,
}

/// The parts of an account that we use.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Account {
    /// This server's id of it.
    #[serde(default, deserialize_with = "lenient::text")]
    pub id: String,
    /// Its handle; without a domain where it is at home on this server.
    #[serde(deserialize_with = "lenient::id")]
    pub acct: String,
    /// Where people can see it.
    #[serde(default, deserialize_with = "lenient::maybe")]
    pub url: Option<String>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    uri: Option<String>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    display_name: Option<String>,
    #[serde(default, deserialize_with = "lenient::count")]
    followers_count: Option<i64>,
}

#[derive(Clone, Debug, Deserialize)]
struct Mention {
    #[serde(default, deserialize_with = "lenient::text")]
    id: String,
    #[serde(default, deserialize_with = "lenient::text")]
    acct: String,
    #[serde(default, deserialize_with = "lenient::maybe")]
    url: Option<String>,
}

impl Account {
    /// In our form. `server` is the host that showed it.
    pub fn author(&self, server: &str) -> RawAuthor {
        let handle = full_handle(&self.acct, self.url.as_deref(), server);
        RawAuthor {
            id: first_of([self.url.clone(), self.uri.clone()]).unwrap_or_else(|| handle.clone()),
            handle: Some(handle),
            name: self.display_name.clone().filter(|n| !n.is_empty()),
            followers: self.followers_count,
        }
    }
}

impl Status {
    /// This server's id of the status that it answers.
    pub fn answers(&self) -> Option<String> {
        match self.in_reply_to_id.as_ref()? {
            Value::String(id) if !id.is_empty() => Some(id.clone()),
            Value::Number(id) => Some(id.to_string()),
            _ => None,
        }
    }

    /// The status that it quotes, where the server shows it; of an answer only what it answers counts.
    pub fn quoted(&self) -> Option<Self> {
        self.embedded().filter(|_| self.answers().is_none())
    }

    /// The status that it quotes, also where it answers another.
    fn embedded(&self) -> Option<Self> {
        if !self.quote.is_object() {
            return None;
        }
        let inner = &self.quote["quoted_status"];
        let told = if inner.is_object() { inner } else { &self.quote };
        serde_json::from_value(told.clone()).ok()
    }

    /// Whether it addresses an account, by this server's id of it.
    pub fn addresses(&self, account: &str) -> bool {
        self.mentions.iter().any(|m| m.id == account)
    }

    /// Its identity: its `uri`, or where people can read it.
    pub fn identity(&self) -> Option<String> {
        first_of([self.uri.clone(), self.url.clone()])
    }

    /// The time that its server gives, if it can be read.
    pub fn claimed(&self) -> Option<Timestamp> {
        Timestamp::parse(&self.created_at).ok()
    }

    /// Its words as plain text.
    pub fn words(&self) -> String {
        to_text(&self.content)
    }

    /// Whether only some may read it. What a kind of server calls by a word of its own (`limited`, `mutuals_only`,
    /// `list:7`) is taken for that; `local` is open to a whole server.
    pub fn is_for_few(&self) -> bool {
        let told = self.visibility.as_deref().filter(|v| !v.is_empty());
        told.is_some_and(|v| !matches!(v, "public" | "unlisted" | "local"))
    }

    /// What its readers may choose from, a line each.
    fn choices(&self) -> String {
        let options = self.poll["options"].as_array().into_iter().flatten();
        options.filter_map(|o| o["title"].as_str()).fold(String::new(), |all, title| all + "\n- " + title)
    }

    /// The content warning before it.
    pub fn warning(&self) -> Option<String> {
        self.spoiler_text.as_deref().map(str::trim).filter(|w| !w.is_empty()).map(ToOwned::to_owned)
    }

    /// The files that were put into it, as far as they are described as documented.
    fn files(&self) -> Vec<FileNote> {
        let text = |one: &Value, key: &str| one[key].as_str().unwrap_or_default().to_owned();
        let address = |one: &Value| {
            let own = text(one, "url");
            // A server that does not keep what others show gives only where it comes from.
            if own.is_empty() { text(one, "remote_url") } else { own }
        };
        let note = |one: &Value| FileNote {
            kind: text(one, "type"),
            alt: text(one, "description"),
            url: address(one),
            ..FileNote::default()
        };
        self.media_attachments.as_array().map(|all| all.iter().map(note).collect()).unwrap_or_default()
    }

    /// In our form, with its time. `server` is the host that showed it, `first_seen` when that got
    /// it: a foreign server may claim a time up to seven days before, and none after.
    pub fn post(&self, server: &str, first_seen: Timestamp) -> (RawPost, Timestamp) {
        let claimed = self.claimed().unwrap_or(first_seen);
        let at = claimed.clamp(first_seen.minus(CLAIMED_BACK_MAX), first_seen);
        let words = self.words() + &self.choices();
        let warning = self.warning();
        let text = match &warning {
            Some(warning) => format!("[CW: {warning}] {words}"),
            None => words,
        };
        let mentions = self.mentions.iter().filter(|m| !m.acct.is_empty());
        let edited = self.edited_at.as_deref().and_then(|t| Timestamp::parse(t).ok());
        let url = first_of([self.url.clone(), self.uri.clone()]);
        let quoted = self.quoted().and_then(|quoted| quoted.identity());
        let post = RawPost {
            platform: "mastodon".to_owned(),
            external_id: self.identity().unwrap_or_default(),
            author: self.account.author(server),
            text,
            created_at: at.rfc3339(),
            kind: Some(if self.answers().is_some() { "comment" } else { "post" }.to_owned()),
            lang: self.language.clone(),
            url,
            private: self.is_for_few(),
            visibility: self.visibility.clone().filter(|v| !v.is_empty()),
            edited_at: edited.map(Timestamp::rfc3339),
            local_id: Some(self.id.clone()),
            warning,
            above: quoted.into_iter().collect(),
            quotes: self.embedded().and_then(|quoted| quoted.identity()),
            attachments: self.files(),
            mentions: mentions.map(|m| full_handle(&m.acct, m.url.as_deref(), server)).collect(),
            ..RawPost::default()
        };
        (post, at)
    }
}

fn first_of(texts: [Option<String>; 2]) -> Option<String> {
    texts.into_iter().flatten().find(|t| !t.is_empty())
}

/// `user@domain`: users of the server itself come without a domain, which their profile tells.
pub fn full_handle(acct: &str, profile: Option<&str>, server: &str) -> String {
    let acct = acct.trim_start_matches('@');
    if acct.contains('@') {
        return acct.to_owned();
    }
    let host = profile.and_then(|p| Url::parse(p).ok()).and_then(|u| u.host_str().map(str::to_owned));
    format!("{acct}@{}", host.unwrap_or_else(|| server.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn now() -> Timestamp {
        Timestamp::parse("2026-11-24T09:30:00Z").unwrap()
    }

    fn full() -> serde_json::Value {
        json!({
            "id": "109348677773283527", "created_at": "2026-11-24T09:06:48.410Z", "edited_at": null,
            "in_reply_to_id": "109348677773283500", "visibility": "unlisted", "language": "nl",
            "spoiler_text": "post", "uri": "https://remote.example/users/jan/statuses/1",
            "url": "https://remote.example/@jan/1",
            "content": "<p><span class=\"h-card\"><a href=\"https://inst.example/@acme\">@<span>acme</span></a></span> pakket kwijt</p>",
            "account": {"id": "1", "username": "jan", "acct": "jan@remote.example", "display_name": "Jan :blobcat:",
                "url": "https://remote.example/@jan", "uri": "https://remote.example/users/jan", "followers_count": 12},
            "mentions": [{"id": "1", "username": "acme", "acct": "acme", "url": "https://inst.example/@acme"}]
        })
    }

    fn post(change: impl FnOnce(&mut serde_json::Value)) -> RawPost {
        let mut value = full();
        change(&mut value);
        serde_json::from_value::<Status>(value).unwrap().post("inst.example", now()).0
    }

    #[test]
    fn a_whole_status() {
        let post = post(|_| {});
        assert_eq!(post.external_id, "https://remote.example/users/jan/statuses/1");
        assert_eq!(post.local_id.as_deref(), Some("109348677773283527"));
        assert_eq!(post.author.id, "https://remote.example/@jan");
        assert_eq!(post.author.handle.as_deref(), Some("jan@remote.example"));
        assert_eq!(post.text, "[CW: post] @acme pakket kwijt");
        assert_eq!(post.warning.as_deref(), Some("post"));
        assert_eq!(post.created_at, "2026-11-24T09:06:48.410Z");
        assert_eq!(post.mentions, ["acme@inst.example"]);
        assert_eq!((post.conversation_id.clone(), post.in_reply_to.clone()), (None, None));
        assert!(!post.private);
        assert_eq!((post.visibility.as_deref(), post.edited_at.as_deref()), (Some("unlisted"), None));
        assert!(post.check().is_ok());
    }

    #[test]
    fn a_quote_stands_below_what_it_quotes_in_either_form() {
        let other = json!({"id": "9", "created_at": "2026-11-24T09:00:00.000Z", "uri": "https://far.example/9",
            "account": {"id": "2", "acct": "lou@far.example"}});
        for quote in [json!({"state": "accepted", "quoted_status": other}), other.clone()] {
            let found = post(|v| {
                v["in_reply_to_id"] = json!(null);
                v["quote"] = quote.clone();
            });
            assert_eq!(
                (found.above, found.kind.as_deref()),
                (vec!["https://far.example/9".to_owned()], Some("post"))
            );
            let found = post(|v| v["quote"] = quote);
            assert!(found.above.is_empty(), "an answer belongs to what it answers");
            assert_eq!(found.quotes.as_deref(), Some("https://far.example/9"), "and shows what it quotes");
        }
        for none in [json!(null), json!({"state": "pending", "quoted_status": null}), json!("x")] {
            let found = post(|v| {
                v["in_reply_to_id"] = json!(null);
                v["quote"] = none;
            });
            assert!(found.above.is_empty() && found.quotes.is_none());
        }
    }

    #[test]
    fn files_are_noted_with_what_their_author_says_and_junk_costs_nothing() {
        let found = post(|v| {
            v["media_attachments"] = json!([
                {"id": "1", "type": "image", "url": "https://files.example/1.jpg", "description": "a broken hinge"},
                {"id": "2", "type": "image", "url": null, "remote_url": "https://far.example/2.png"},
                {"id": "3", "type": "video", "url": "https://files.example/3.mp4"}
            ]);
        });
        let told: Vec<(&str, &str, bool)> =
            found.attachments.iter().map(|f| (f.url.as_str(), f.alt.as_str(), f.may_be_kept())).collect();
        assert_eq!(
            told,
            [
                ("https://files.example/1.jpg", "a broken hinge", true),
                ("https://far.example/2.png", "", true),
                ("https://files.example/3.mp4", "", false)
            ]
        );
        for junk in [json!(null), json!("x"), json!([])] {
            assert!(post(|v| v["media_attachments"] = junk.clone()).attachments.is_empty());
        }
    }

    #[test]
    fn an_edit_has_its_time_and_one_that_cannot_be_read_does_no_harm() {
        let edited = post(|v| v["edited_at"] = json!("2026-11-24T09:20:00+00:00"));
        assert_eq!(edited.edited_at.as_deref(), Some("2026-11-24T09:20:00.000Z"));
        let junk = post(|v| v["edited_at"] = json!("just now"));
        assert_eq!(junk.edited_at, None);
        assert!(junk.check().is_ok());
    }

    #[test]
    fn ids_of_what_is_answered_come_in_two_shapes() {
        let answers = |id: serde_json::Value| {
            let mut value = full();
            value["in_reply_to_id"] = id;
            serde_json::from_value::<Status>(value).unwrap().answers()
        };
        assert_eq!(answers(json!("12")).as_deref(), Some("12"));
        assert_eq!(answers(json!(12)).as_deref(), Some("12"));
        assert_eq!(answers(json!(null)), None);
    }

    #[test]
    fn a_local_author_gets_the_server_s_domain() {
        let local = post(|v| {
            v["account"]["acct"] = json!("mia");
            v["account"]["url"] = json!("https://inst.example/@mia");
        });
        assert_eq!(local.author.handle.as_deref(), Some("mia@inst.example"));
        let bare = post(|v| v["account"] = json!({"acct": "mia"}));
        assert_eq!(
            (bare.author.id.as_str(), bare.author.handle.as_deref()),
            ("mia@inst.example", Some("mia@inst.example"))
        );
    }

    #[test]
    fn claimed_times_are_held_within_a_week() {
        let at = |claimed: &str| post(|v| v["created_at"] = json!(claimed)).created_at;
        assert_eq!(at("1970-01-01T00:00:00Z"), "2026-11-17T09:30:00.000Z");
        assert_eq!(at("2099-01-01T00:00:00Z"), "2026-11-24T09:30:00.000Z");
        assert_eq!(at("soon"), "2026-11-24T09:30:00.000Z");
    }

    #[test]
    fn what_few_may_read_is_private() {
        for (visibility, private) in [
            ("public", false),
            ("unlisted", false),
            ("private", true),
            ("direct", true),
            ("limited", true),
            ("mutuals_only", true),
            ("list:7", true),
            ("local", false),
            ("", false),
        ] {
            assert_eq!(post(|v| v["visibility"] = json!(visibility)).private, private);
        }
    }

    #[test]
    fn what_is_null_missing_or_in_another_shape_costs_no_post() {
        let found = post(|v| {
            v["id"] = json!(7);
            v["account"]["id"] = json!(1);
            v["account"]["followers_count"] = json!("many");
            v["account"]["display_name"] = json!(null);
            for none in
                ["content", "spoiler_text", "visibility", "language", "edited_at", "media_attachments"]
            {
                v[none] = json!(null);
            }
            v["mentions"] = json!([{"id": 12, "acct": "acme", "url": null}, "x", {"acct": null}]);
            v["filtered"] = json!([{"filter": null}]);
            v["emojis"] = json!(null);
        });
        assert_eq!((found.local_id.as_deref(), found.text.as_str()), (Some("7"), ""));
        assert_eq!(found.mentions, ["acme@inst.example"]);
        assert_eq!((found.warning, found.visibility, found.author.followers), (None, None, None));
        let bare = json!({"id": "1", "account": {"acct": "mia@r.example"}, "uri": "https://r.example/1"});
        let (bare, at) = serde_json::from_value::<Status>(bare).unwrap().post("inst.example", now());
        assert_eq!((bare.external_id.as_str(), at), ("https://r.example/1", now()));
        let addressed = serde_json::from_value::<Status>(json!({"id": "1", "account": {"acct": "mia"},
            "mentions": [{"id": 12, "acct": "acme"}]}));
        assert!(addressed.unwrap().addresses("12"));
        assert!(serde_json::from_value::<Status>(json!({"id": "1", "account": null})).is_err());
    }

    #[test]
    fn what_a_poll_offers_is_read_with_its_question() {
        let found = post(|v| {
            v["spoiler_text"] = json!("");
            v["content"] = json!("<p>Was your parcel late?</p>");
            v["poll"] = json!({"options": [{"title": "Yes", "votes_count": 1}, {"title": "No"}, {}]});
        });
        assert_eq!(found.text, "Was your parcel late?\n- Yes\n- No");
        assert_eq!(post(|v| v["poll"] = json!(null)).text, post(|_| {}).text);
    }
}

//! A status of Mastodon's API in our form.
//!
//! The post's identity is its ActivityPub `uri`, the same through whichever server it was seen; the
//! author's is the profile's address, for the same reason. What a status answers is left out: the
//! API gives only this server's own id of it, which no other server shares, so every reply stands
//! as a conversation of its own until a source tells more. Built from Mastodon's published
//! documentation; never reached while building.

use super::super::html::to_text;
use crate::domain::post::{RawAuthor, RawPost};
use crate::domain::time::{Span, Timestamp};
use serde::Deserialize;
use url::Url;

/// How far back a time may lie that a foreign server claims.
const CLAIMED_BACK_MAX: Span = Span::days(7);

/// The parts of a status that we use.
#[derive(Debug, Deserialize)]
pub struct Status {
    /// This server's id of it.
    pub id: String,
    created_at: String,
    #[serde(default)]
    uri: Option<String>,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    content: String,
    #[serde(default)]
    spoiler_text: Option<String>,
    #[serde(default)]
    visibility: Option<String>,
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    in_reply_to_id: Option<serde_json::Value>,
    account: Account,
    #[serde(default)]
    mentions: Vec<Mention>,
}

#[derive(Debug, Deserialize)]
struct Account {
    acct: String,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    uri: Option<String>,
    #[serde(default)]
    display_name: Option<String>,
    #[serde(default)]
    followers_count: Option<i64>,
}

#[derive(Debug, Deserialize)]
struct Mention {
    #[serde(default)]
    acct: String,
    #[serde(default)]
    url: Option<String>,
}

impl Status {
    /// In our form, with its time. `server` is the host that showed it.
    pub fn post(self, server: &str, now: Timestamp) -> (RawPost, Timestamp) {
        let claimed = Timestamp::parse(&self.created_at).unwrap_or(now);
        let at = claimed.clamp(now.minus(CLAIMED_BACK_MAX), now);
        let words = to_text(&self.content);
        let text = match self.spoiler_text.as_deref().map(str::trim) {
            Some(warning) if !warning.is_empty() => format!("[CW: {warning}] {words}"),
            _ => words,
        };
        let handle = full_handle(&self.account.acct, self.account.url.as_deref(), server);
        let id = first_of([self.account.url, self.account.uri]).unwrap_or_else(|| handle.clone());
        let mentions = self.mentions.into_iter().filter(|m| !m.acct.is_empty());
        let url = first_of([self.url, self.uri.clone()]);
        let post = RawPost {
            platform: "mastodon".to_owned(),
            external_id: first_of([self.uri, url.clone()]).unwrap_or_default(),
            author: RawAuthor {
                id,
                handle: Some(handle),
                name: self.account.display_name.filter(|n| !n.is_empty()),
                followers: self.account.followers_count,
            },
            text,
            created_at: at.rfc3339(),
            kind: Some(
                if self.in_reply_to_id.is_some_and(|v| !v.is_null()) { "comment" } else { "post" }.into(),
            ),
            lang: self.language,
            url,
            private: matches!(self.visibility.as_deref(), Some("private" | "direct")),
            local_id: Some(self.id),
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
fn full_handle(acct: &str, profile: Option<&str>, server: &str) -> String {
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
        assert_eq!(post.created_at, "2026-11-24T09:06:48.410Z");
        assert_eq!(post.mentions, ["acme@inst.example"]);
        assert_eq!((post.conversation_id.clone(), post.in_reply_to.clone()), (None, None));
        assert!(!post.private);
        assert!(post.check().is_ok());
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
        for (visibility, private) in
            [("public", false), ("private", true), ("direct", true), ("local", false)]
        {
            assert_eq!(post(|v| v["visibility"] = json!(visibility)).private, private);
        }
    }
}

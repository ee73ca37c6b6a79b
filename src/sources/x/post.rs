//! A post of X in our form; pure.
//!
//! Each edit has an id of its own and names all before it; the first of them is what the post is called here, and the
//! last is how it is reached. Long posts have their words in a field of their own. Links are shown as they lead, not
//! as they are shortened. Only strings decide; numbers and what is not known are passed over.

use super::read::{Includes, field, id_in, list, plain, referenced, root_of, strings};
use crate::domain::file::FileNote;
use crate::domain::post::{RawAuthor, RawPost};
use crate::domain::time::Timestamp;
use serde_json::Value;

/// The platform's word.
pub const KIND: &str = "x";
/// The first millisecond of the platform's ids.
const EPOCH: i64 = 1_288_834_974_657;
/// The last of how a post is reached: its author named or quoted us, so that the platform lets us answer.
const SUMMONED: &str = "s";
/// The same: its author did neither.
const UNASKED: &str = "n";

/// Who we are there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Me {
    /// The account's number.
    pub id: String,
    /// The account's name, in small letters.
    pub name: String,
}

/// What is known of a post beside what stands in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The platform itself lists it as said to us.
    pub summoned: bool,
    /// It is only what a conversation is about.
    pub context: bool,
}

/// How a post is reached: its last version, and whether we are let answer it.
pub fn handle(id: &str, summoned: bool) -> String {
    format!("{id}:{}", if summoned { SUMMONED } else { UNASKED })
}

/// The last version, and whether we are let answer, of how a post is reached.
pub fn split_handle(handle: &str) -> (&str, Option<bool>) {
    match handle.split_once(':') {
        Some((id, mark)) => (id, Some(mark == SUMMONED)),
        None => (handle, None),
    }
}

/// When an id was given.
pub fn time_of(id: &str) -> Option<Timestamp> {
    let number: i64 = id.parse().ok()?;
    // Ids from before 2010 tell no time.
    (number > 1 << 40).then(|| Timestamp((number >> 22).saturating_add(EPOCH)))
}

/// The smallest id that could have been given at an instant.
pub fn id_at(at: Timestamp) -> String {
    (at.millis().saturating_sub(EPOCH).max(0) << 22).to_string()
}

/// Whether of two ids the first is the later one; they may have different lengths.
pub fn is_later(a: &str, b: &str) -> bool {
    (a.len(), a) > (b.len(), b)
}

/// The address of a post.
pub fn url_of(author: Option<&str>, id: &str) -> String {
    format!("https://x.com/{}/status/{id}", author.unwrap_or("i"))
}

/// Makes a post; `Err` says why it cannot be one.
pub fn post(
    tweet: &Value,
    includes: &Includes<'_>,
    me: &Me,
    seen: Seen,
    now: Timestamp,
) -> Result<(RawPost, Timestamp), String> {
    let id = id_in(tweet, "id").ok_or("it has no id")?;
    let author_id = id_in(tweet, "author_id").ok_or("it has no author")?;
    let author = includes.user(&author_id);
    let username = author.and_then(|u| field(u, "username"));
    let versions = strings(&tweet["edit_history_tweet_ids"]);
    let root = root_of(tweet).unwrap_or_else(|| id.clone());
    let written = field(tweet, "created_at").and_then(|t| Timestamp::parse(t).ok()).or_else(|| time_of(&id));
    let written = written.ok_or("it has no time")?.min(now);
    let is_edited = versions.len() > 1 && root != id;
    let posted = if is_edited { time_of(&root).unwrap_or(written).min(written) } else { written };
    let parent = referenced(tweet, "replied_to");
    let quoted = referenced(tweet, "quoted");
    let named: Vec<String> = list(&entities(tweet)["mentions"])
        .flat_map(|m| [field(m, "username").map(ToOwned::to_owned), id_in(m, "id")])
        .flatten()
        .collect();
    let is_own = author_id == me.id;
    let names_us = named.iter().any(|n| *n == me.id || n.eq_ignore_ascii_case(&me.name));
    let quotes_us = quoted.as_deref().and_then(|q| includes.tweet(q)).and_then(|q| id_in(q, "author_id"))
        == Some(me.id.clone());
    let answers_us = id_in(tweet, "in_reply_to_user_id").is_some_and(|u| u == me.id);
    let is_hidden = author.is_some_and(|u| u["protected"].as_bool() == Some(true));
    let raw = RawPost {
        platform: KIND.to_owned(),
        external_id: root,
        author: RawAuthor {
            id: author_id,
            handle: username.map(ToOwned::to_owned),
            name: author.and_then(|u| field(u, "name")).map(ToOwned::to_owned),
            followers: author.and_then(|u| u["public_metrics"]["followers_count"].as_i64()),
        },
        text: words(tweet),
        created_at: posted.rfc3339(),
        kind: Some(if parent.is_some() { "comment" } else { "post" }.to_owned()),
        lang: field(tweet, "lang").filter(|l| !matches!(*l, "und" | "qme" | "zxx")).map(ToOwned::to_owned),
        conversation_id: id_in(tweet, "conversation_id"),
        in_reply_to: parent,
        above: quoted.iter().cloned().collect(),
        quotes: quoted,
        url: Some(url_of(username, &id)),
        own: is_own,
        local_id: Some(handle(&id, seen.summoned || names_us || quotes_us)),
        mentions: named,
        edited_at: is_edited.then(|| written.rfc3339()),
        visibility: Some(if is_hidden { "private" } else { "public" }.to_owned()),
        context: seen.context && !is_own,
        addressed: !is_own && !seen.context && (seen.summoned || names_us || quotes_us || answers_us),
        filtered: referenced(tweet, "retweeted")
            .map(|_| "a repost, of which the post itself is read".to_owned()),
        attachments: files(tweet, includes),
        ..RawPost::default()
    };
    Ok((raw, posted))
}

/// The entities of the words that are shown.
fn entities(tweet: &Value) -> &Value {
    let long = &tweet["note_tweet"]["entities"];
    if long.is_object() { long } else { &tweet["entities"] }
}

/// The whole words, with links as they lead.
fn words(tweet: &Value) -> String {
    let long = field(&tweet["note_tweet"], "text");
    let mut text = long.or_else(|| field(tweet, "text")).unwrap_or_default().to_owned();
    for link in list(&entities(tweet)["urls"]) {
        let (Some(short), Some(whole)) = (field(link, "url"), field(link, "expanded_url")) else { continue };
        // Links to its own pictures say nothing that the pictures do not.
        let is_media = field(link, "media_key").is_some();
        text = text.replace(short, if is_media { "" } else { whole });
    }
    plain(&text).trim().to_owned()
}

/// The files of a post: pictures whole, of films what is shown before they run.
fn files(tweet: &Value, includes: &Includes<'_>) -> Vec<FileNote> {
    let keys = strings(&tweet["attachments"]["media_keys"]);
    let of = |key: &String| {
        let media = includes.media(key)?;
        let kind = field(media, "type").unwrap_or("photo");
        let url = field(media, "url").or_else(|| field(media, "preview_image_url"))?;
        Some(FileNote {
            name: if kind == "photo" { String::new() } else { format!("{kind}, preview") },
            kind: "image".to_owned(),
            alt: field(media, "alt_text").unwrap_or_default().to_owned(),
            url: url.to_owned(),
            ..FileNote::default()
        })
    };
    keys.iter().filter_map(of).collect()
}

/// That a post is gone.
pub fn gone(root: &str, own: bool) -> RawPost {
    RawPost {
        platform: KIND.to_owned(),
        external_id: root.to_owned(),
        deleted: true,
        own,
        ..RawPost::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: Timestamp = Timestamp(1_795_688_579_000);

    fn me() -> Me {
        Me { id: "1111".into(), name: "acme".into() }
    }

    fn of(tweet: &Value, all: &Value, seen: Seen) -> RawPost {
        post(tweet, &Includes::of(all), &me(), seen, NOW).unwrap().0
    }

    fn documented() -> Value {
        serde_json::from_str(include_str!("../../../tests/fixtures/x/mentions.json")).unwrap()
    }

    #[test]
    fn the_documented_post_is_read_whole() {
        let page = documented();
        let raw = of(&page["data"][0], &page["includes"], Seen { summoned: true, ..Seen::default() });
        assert_eq!(raw.external_id, "2080765813578191303");
        assert_eq!((raw.author.handle.as_deref(), raw.author.followers), (Some("jan_x"), Some(97)));
        assert_eq!(raw.text, "(full text when >280) see https://acme.example/orders?a=1&b=2");
        assert_eq!(raw.in_reply_to.as_deref(), Some("2080700000000000000"));
        assert_eq!(raw.url.as_deref(), Some("https://x.com/jan_x/status/2080765813578191303"));
        assert_eq!(raw.local_id.as_deref(), Some("2080765813578191303:s"));
        assert_eq!(raw.attachments[0].url, "https://pbs.twimg.com/media/parcel.jpg");
        assert!(raw.addressed && !raw.own && raw.edited_at.is_none());
        assert!(raw.check().is_ok());
    }

    #[test]
    fn an_edit_keeps_the_first_name_and_says_when() {
        let tweet = json!({"id": "2080765900000000000", "author_id": "2222", "text": "order 77",
            "created_at": "2026-07-24T21:30:00.000Z",
            "edit_history_tweet_ids": ["2080765813578191303", "2080765900000000000"]});
        let raw = of(&tweet, &json!({}), Seen::default());
        assert_eq!(raw.external_id, "2080765813578191303");
        assert_eq!(split_handle(raw.local_id.as_deref().unwrap()), ("2080765900000000000", Some(false)));
        assert_eq!(raw.edited_at.as_deref(), Some("2026-07-24T21:30:00.000Z"));
        assert!(raw.created_at < raw.edited_at.unwrap(), "it was posted when its first version was");
    }

    #[test]
    fn who_may_be_answered_is_known_beforehand() {
        let plain = json!({"id": "2080765813578191303", "author_id": "2222", "text": "acme is slow"});
        let is_summoned = |tweet: &Value, all: &Value| {
            split_handle(&of(tweet, all, Seen::default()).local_id.unwrap()).1.unwrap()
        };
        assert!(!is_summoned(&plain, &json!({})));
        let mut names = plain.clone();
        names["entities"] = json!({"mentions": [{"username": "Acme", "id": "1111"}]});
        assert!(is_summoned(&names, &json!({})));
        let mut quotes = plain.clone();
        quotes["referenced_tweets"] = json!([{"type": "quoted", "id": "5"}]);
        let ours = json!({"tweets": [{"id": "5", "author_id": "1111", "text": "sale"}]});
        assert!(is_summoned(&quotes, &ours));
        let others = json!({"tweets": [{"id": "5", "author_id": "9", "text": "sale"}]});
        assert!(!is_summoned(&quotes, &others));
        let own = json!({"id": "2080765813578191303", "author_id": "1111", "text": "sorry!"});
        assert!(of(&own, &json!({}), Seen::default()).own);
    }

    #[test]
    fn ids_tell_their_time_and_order() {
        let at = time_of("2080765813578191303").unwrap();
        assert!(is_later("2080765813578191303", "999"));
        assert!(!is_later("999", "2080765813578191303"));
        let least = id_at(at);
        assert!(time_of(&least) == Some(at) && !is_later(&least, "2080765813578191303"));
        assert_eq!(time_of("20"), None);
    }

    #[test]
    fn what_lacks_id_or_author_is_no_post_and_odd_fields_do_no_harm() {
        for bad in [json!({}), json!({"id": "5"}), json!({"id": {}, "author_id": "2"}), json!(42), json!("x")]
        {
            assert!(post(&bad, &Includes::of(&json!({})), &me(), Seen::default(), NOW).is_err(), "{bad}");
        }
        let odd = json!({"id": 2_080_765_813_578_191_303_i64, "id_str": "2080765813578191303", "author_id": "2222", "text": 7,
            "entities": [], "attachments": "x", "referenced_tweets": {"a": 1}, "edit_history_tweet_ids": "y"});
        assert_eq!(of(&odd, &json!([]), Seen::default()).external_id, "2080765813578191303");
    }
}

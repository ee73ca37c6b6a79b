//! A post of Bluesky as its record describes it, whichever way it reached us.
//!
//! Firehose, search, notifications and threads wrap the same record in different envelopes; this is
//! the one place that turns a record into our form. What an author claims (`createdAt`) is not used
//! as a time; but servers tell that claim as their own `indexedAt` where it is earlier, so the time in
//! a record's key is looked at too ([`tid::time_of`]). Built from the published lexicon
//! `app.bsky.feed.post`; views were read from the authors' own server in November 2026.

pub mod blobs;
mod labels;
mod pictures;
mod quotes;
pub mod searching;
pub mod tid;
pub mod view;
pub mod windows;

use crate::domain::post::{RawAuthor, RawPost};
use crate::domain::time::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The collection of posts.
pub const POSTS: &str = "app.bsky.feed.post";
/// The kind of a stretch of text that addresses an account.
const MENTION: &str = "app.bsky.richtext.facet#mention";

/// The parts of a record that we use.
#[derive(Debug, Default, Deserialize)]
pub struct Record<'a> {
    /// The words.
    #[serde(borrow)]
    pub text: Cow<'a, str>,
    #[serde(borrow, default)]
    langs: Option<Vec<Cow<'a, str>>>,
    #[serde(borrow, default)]
    facets: Option<Vec<Facet<'a>>>,
    #[serde(borrow, default)]
    reply: Option<Reply<'a>>,
    #[serde(borrow, default)]
    embed: Option<&'a RawValue>,
    #[serde(borrow, default)]
    labels: Option<&'a RawValue>,
}

#[derive(Debug, Deserialize)]
struct Facet<'a> {
    #[serde(borrow, default)]
    features: Vec<Feature<'a>>,
}

#[derive(Debug, Deserialize)]
struct Feature<'a> {
    #[serde(borrow, default, rename = "$type")]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    did: Option<Cow<'a, str>>,
}

#[derive(Debug, Deserialize)]
struct Reply<'a> {
    #[serde(borrow)]
    root: Link<'a>,
    #[serde(borrow)]
    parent: Link<'a>,
}

#[derive(Debug, Deserialize)]
struct Link<'a> {
    #[serde(borrow)]
    uri: Cow<'a, str>,
}

#[derive(Deserialize)]
struct TextOnly<'a> {
    #[serde(borrow)]
    text: Cow<'a, str>,
}

impl<'a> Record<'a> {
    /// Reads a record; one whose languages, facets or reply are not as described still gives its
    /// text, since anybody may write anything there.
    pub fn read(json: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json).or_else(|error| match serde_json::from_str::<TextOnly<'a>>(json) {
            Ok(TextOnly { text }) => Ok(Self { text, ..Self::default() }),
            Err(_) => Err(error),
        })
    }
}

impl Record<'_> {
    /// The accounts that the author addressed, by DID.
    pub fn mentions(&self) -> impl Iterator<Item = &str> {
        let features = self.facets.iter().flatten().flat_map(|f| &f.features);
        features.filter(|f| f.kind == MENTION).filter_map(|f| f.did.as_deref())
    }
}

/// Where a record stands and who wrote it.
#[derive(Debug)]
pub struct Frame<'a> {
    /// The author's DID.
    pub did: &'a str,
    /// The record's key.
    pub rkey: &'a str,
    /// The hash of this version.
    pub cid: &'a str,
    /// The server's time.
    pub at: Timestamp,
}

/// A record in our form.
pub fn post(frame: &Frame<'_>, record: Record<'_>) -> RawPost {
    let uri = format!("at://{}/{POSTS}/{}", frame.did, frame.rkey);
    let mentions = record.mentions().map(str::to_owned).collect();
    let attachments = record.embed.map(|e| pictures::of(e.get(), frame.did)).unwrap_or_default();
    let quotes = record.embed.and_then(|e| quotes::of(e.get()));
    let quoted = quotes.clone().filter(|_| record.reply.is_none());
    let (root, parent) = match record.reply {
        Some(reply) => (reply.root.uri.into_owned(), Some(reply.parent.uri.into_owned())),
        // A quote belongs to what it quotes.
        None => (quoted.clone().unwrap_or_else(|| uri.clone()), None),
    };
    RawPost {
        platform: "bluesky".to_owned(),
        author: RawAuthor { id: frame.did.to_owned(), ..RawAuthor::default() },
        text: record.text.into_owned(),
        created_at: frame.at.rfc3339(),
        kind: Some(if parent.is_some() { "comment" } else { "post" }.to_owned()),
        lang: record.langs.and_then(|l| l.into_iter().next()).map(Cow::into_owned),
        conversation_id: Some(root),
        in_reply_to: parent,
        above: quoted.into_iter().collect(),
        quotes,
        url: Some(format!("https://bsky.app/profile/{}/post/{}", frame.did, frame.rkey)),
        local_id: Some(frame.cid.to_owned()).filter(|cid| !cid.is_empty()),
        mentions,
        attachments,
        warning: labels::warning(record.labels.map(RawValue::get), None),
        external_id: uri,
        ..RawPost::default()
    }
}

/// A post as the view of posts shows it: in search, in lists, by its address, as a notification.
#[derive(Debug, Deserialize)]
struct View<'a> {
    #[serde(borrow)]
    uri: Cow<'a, str>,
    #[serde(borrow)]
    cid: Cow<'a, str>,
    #[serde(borrow)]
    author: Author<'a>,
    #[serde(borrow)]
    record: &'a RawValue,
    #[serde(borrow, default)]
    embed: Option<&'a RawValue>,
    #[serde(borrow, default)]
    labels: Option<&'a RawValue>,
    #[serde(borrow, rename = "indexedAt")]
    indexed_at: Cow<'a, str>,
}

#[derive(Debug, Deserialize)]
struct Author<'a> {
    #[serde(borrow)]
    did: Cow<'a, str>,
    #[serde(borrow, default)]
    handle: Option<Cow<'a, str>>,
    #[serde(borrow, default, rename = "displayName")]
    display_name: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Claim<'a> {
    #[serde(borrow, default, rename = "createdAt")]
    created_at: Option<Cow<'a, str>>,
}

/// A post that was shown to us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The post in our form.
    pub post: RawPost,
    /// When it came to its server.
    pub at: Timestamp,
    /// The time by which its list is sorted, as far as it is told.
    pub indexed: Timestamp,
    /// The time by which the search sorts it: what its author claims, where that is earlier.
    pub sorted: Timestamp,
}

/// Reads a post as the view shows it.
pub fn shown(raw: &str, now: Timestamp) -> Option<Shown> {
    let view: View<'_> = serde_json::from_str(raw).ok()?;
    let (_, rkey) = split_uri(&view.uri)?;
    let indexed = Timestamp::parse(&view.indexed_at).ok()?.min(now);
    let claim: Option<Claim<'_>> = serde_json::from_str(view.record.get()).ok();
    let claimed = claim.and_then(|c| c.created_at).and_then(|c| Timestamp::parse(&c).ok());
    let at = tid::time_of(rkey, indexed, now);
    let frame = Frame { did: &view.author.did, rkey, cid: &view.cid, at };
    let record = Record::read(view.record.get()).ok()?;
    let warning = labels::warning(record.labels.map(RawValue::get), view.labels.map(RawValue::get));
    let mut post = RawPost { warning, ..post(&frame, record) };
    if let Some(embed) = view.embed {
        pictures::shown_at(&mut post.attachments, embed.get());
        let began = post.above.first().and_then(|quoted| quotes::began(embed.get(), quoted));
        post.conversation_id = began.or(post.conversation_id);
    }
    // What stands there when a handle does not lead back to its account.
    let handle = view.author.handle.filter(|h| h != "handle.invalid");
    post.author.handle = handle.map(Cow::into_owned);
    post.author.name = view.author.display_name.map(Cow::into_owned);
    Some(Shown { post, at, indexed, sorted: claimed.map_or(indexed, |c| c.min(indexed)) })
}

/// The account and the key of a post's address.
pub fn split_uri(uri: &str) -> Option<(&str, &str)> {
    let (account, key) = uri.strip_prefix("at://")?.split_once(&format!("/{POSTS}/"))?;
    (!account.is_empty() && !key.is_empty() && !key.contains('/')).then_some((account, key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_post_is_told_by_the_server_s_time() {
        let raw = r#"{"uri":"at://did:plc:a/app.bsky.feed.post/3k","cid":"c","author":{"did":"did:plc:a",
            "handle":"anna.example","displayName":"Anna"},"record":{"text":"hi","createdAt":"2020-01-01T00:00:00Z"},
            "indexedAt":"2026-11-24T09:00:00.000Z"}"#;
        let now = Timestamp::parse("2026-11-24T09:30:00Z").unwrap();
        let found = shown(raw, now).unwrap();
        assert_eq!(found.post.external_id, "at://did:plc:a/app.bsky.feed.post/3k");
        assert_eq!(found.post.created_at, "2026-11-24T09:00:00.000Z");
        assert_eq!(found.post.author.handle.as_deref(), Some("anna.example"));
        assert_eq!(found.sorted, Timestamp::parse("2020-01-01T00:00:00Z").unwrap());
        assert!(shown("{}", now).is_none());
        let nameless = raw.replace("anna.example", "handle.invalid");
        assert_eq!(shown(&nameless, now).unwrap().post.author.handle, None);
    }

    #[test]
    fn labels_that_ask_to_cover_a_post_warn_of_it() {
        let raw = r#"{"uri":"at://did:plc:a/app.bsky.feed.post/3k","cid":"c","author":{"did":"did:plc:a"},
            "record":{"text":"hi","labels":{"$type":"com.atproto.label.defs#selfLabels","values":[{"val":"nudity"}]}},
            "labels":[{"src":"did:plc:m","uri":"at://x","val":"graphic-media"}],"indexedAt":"2026-11-24T09:00:00.000Z"}"#;
        let now = Timestamp::parse("2026-11-24T09:30:00Z").unwrap();
        let post = shown(raw, now).unwrap().post;
        assert_eq!(post.warning.as_deref(), Some("nudity, graphic media"));
        assert_eq!(post.text, "hi", "the words stay as they are");
        let odd = raw.replace(
            r#""labels":[{"src":"did:plc:m","uri":"at://x","val":"graphic-media"}]"#,
            r#""labels":7"#,
        );
        assert_eq!(shown(&odd, now).unwrap().post.warning.as_deref(), Some("nudity"));
    }

    #[test]
    fn a_back_dated_post_is_told_by_its_key() {
        let (now, came) = (Timestamp(1_795_688_579_000), Timestamp(1_795_688_500_000));
        let raw = format!(
            r#"{{"uri":"at://did:plc:a/{POSTS}/{}","cid":"c","author":{{"did":"did:plc:a"}},
            "record":{{"text":"hi"}},"indexedAt":"1985-10-26T00:00:00.000Z"}}"#,
            tid::of(came, 7)
        );
        let found = shown(&raw, now).unwrap();
        assert_eq!((found.at, found.post.created_at), (came, came.rfc3339()));
        assert!(found.indexed < came);
    }

    #[test]
    fn only_addresses_of_posts_are_split() {
        assert_eq!(split_uri("at://did:plc:a/app.bsky.feed.post/3k"), Some(("did:plc:a", "3k")));
        for other in ["at://did:plc:a/app.bsky.feed.like/3k", "https://x", "at:///app.bsky.feed.post/", ""] {
            assert_eq!(split_uri(other), None, "{other}");
        }
    }
}

//! A post of Bluesky as its record describes it, whichever way it reached us.
//!
//! Firehose and search wrap the same record in different envelopes; this is the one place that
//! turns a record into our form. Built from the published lexicon `app.bsky.feed.post`; never
//! reached while building. What an author claims (`createdAt`) is not used as a time.

use crate::domain::post::{RawAuthor, RawPost};
use crate::domain::time::Timestamp;
use serde::Deserialize;
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
    let (root, parent) = match record.reply {
        Some(reply) => (reply.root.uri.into_owned(), Some(reply.parent.uri.into_owned())),
        None => (uri.clone(), None),
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
        url: Some(format!("https://bsky.app/profile/{}/post/{}", frame.did, frame.rkey)),
        local_id: Some(frame.cid.to_owned()).filter(|cid| !cid.is_empty()),
        mentions,
        external_id: uri,
        ..RawPost::default()
    }
}

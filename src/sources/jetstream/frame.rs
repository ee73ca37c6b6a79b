//! The frames of Jetstream, in both versions, and the addresses to ask for them.
//!
//! Version 1 nests the commit and tells time in microseconds; version 2 is flat within an envelope
//! and counts. Only new posts are read to the end; all else is told apart by a few borrowed fields.
//! Built from the published descriptions of both versions; never reached while building.

use super::super::bluesky::{Frame, POSTS, Record, post};
use crate::domain::post::{Glimpse, RawPost};
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use url::Url;

/// What a frame is to us.
#[derive(Debug)]
pub enum Event<'a> {
    /// A new post.
    Post(Box<Seen<'a>>, Position),
    /// A post was changed or deleted, or something else happened; only its place counts.
    Other(What, Position),
    /// Word from the server about our cursor: the name of it.
    Info(String),
    /// The server ends the stream and says why.
    Failed(String),
    /// It could not be read.
    Unreadable,
}

/// What else happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A post was changed.
    Update,
    /// A post was deleted.
    Delete,
    /// An account or an identity changed, or another collection.
    Elsewhere,
}

impl What {
    /// As a label.
    pub fn label(self) -> &'static str {
        match self {
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Elsewhere => "elsewhere",
        }
    }
}

/// A place in the stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The server's time in microseconds.
    pub micros: i64,
    /// The number in version 2.
    pub seq: Option<i64>,
}

/// A new post as it stands in its frame; most are looked at and dropped.
#[derive(Debug)]
pub struct Seen<'a> {
    did: Cow<'a, str>,
    rkey: Cow<'a, str>,
    cid: Cow<'a, str>,
    at: Timestamp,
    record: Record<'a>,
}

impl Seen<'_> {
    /// What tells whether it is about a brand.
    pub fn glimpse(&self) -> Glimpse<'_> {
        Glimpse {
            platform: "bluesky",
            author_id: &self.did,
            author_handle: "",
            text: &self.record.text,
            mentions: self.record.mentions().collect(),
        }
    }

    /// In our form.
    pub fn post(self) -> RawPost {
        let frame = Frame { did: &self.did, rkey: &self.rkey, cid: &self.cid, at: self.at };
        post(&frame, self.record)
    }
}

/// A frame; `R` is how its record is read.
#[derive(Deserialize)]
#[serde(bound(deserialize = "R: Deserialize<'de>"))]
struct V1<'a, R> {
    #[serde(borrow)]
    did: Cow<'a, str>,
    time_us: i64,
    #[serde(default = "nothing")]
    commit: Option<Commit<'a, R>>,
}

const fn nothing<T>() -> Option<T> {
    None
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "R: Deserialize<'de>"))]
struct Commit<'a, R> {
    #[serde(borrow)]
    operation: Cow<'a, str>,
    #[serde(borrow)]
    collection: Cow<'a, str>,
    #[serde(borrow)]
    rkey: Cow<'a, str>,
    #[serde(borrow, default)]
    cid: Cow<'a, str>,
    #[serde(default = "nothing")]
    record: Option<R>,
}

#[derive(Deserialize)]
struct V2<'a> {
    #[serde(borrow, rename = "$type")]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    payload: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(borrow, rename = "$type")]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    did: Cow<'a, str>,
    #[serde(default)]
    seq: Option<i64>,
    #[serde(borrow, default)]
    time: Cow<'a, str>,
    #[serde(borrow, default)]
    name: Cow<'a, str>,
}

/// Reads a frame of version 1 or 2.
pub fn read(version: u8, text: &str) -> Event<'_> {
    let found = if version == 2 { read_v2(text) } else { read_v1(text) };
    found.unwrap_or(Event::Unreadable)
}

fn read_v1(text: &str) -> Option<Event<'_>> {
    // A record as described is read with its frame; any other is cut out and read as well as it goes.
    if let Ok(frame) = serde_json::from_str::<V1<'_, Record<'_>>>(text) {
        return event_v1(frame, Some);
    }
    event_v1(serde_json::from_str::<V1<'_, &RawValue>>(text).ok()?, lenient)
}

fn event_v1<'a, R>(frame: V1<'a, R>, read: impl FnOnce(R) -> Option<Record<'a>>) -> Option<Event<'a>> {
    let position = Position { micros: frame.time_us, seq: None };
    match frame.commit {
        Some(commit) => commit_event(frame.did, commit, position, read),
        None => Some(Event::Other(What::Elsewhere, position)),
    }
}

fn lenient(json: &RawValue) -> Option<Record<'_>> {
    Record::read(json.get()).ok()
}

fn read_v2(text: &str) -> Option<Event<'_>> {
    let frame: V2<'_> = serde_json::from_str(text).ok()?;
    if frame.kind == "error" {
        return Some(Event::Failed(frame.error.unwrap_or_default().into_owned()));
    }
    let json = frame.payload?.get();
    let payload: Payload<'_> = serde_json::from_str(json).ok()?;
    let kind = payload.kind.rsplit('#').next().unwrap_or_default();
    if kind == "info" {
        return Some(Event::Info(payload.name.into_owned()));
    }
    let position = Position { micros: micros(&payload.time)?, seq: payload.seq };
    if kind != "commit" {
        return Some(Event::Other(What::Elsewhere, position));
    }
    let commit: Commit<'_, &RawValue> = serde_json::from_str(json).ok()?;
    commit_event(payload.did, commit, position, lenient)
}

fn commit_event<'a, R>(
    did: Cow<'a, str>,
    commit: Commit<'a, R>,
    position: Position,
    read: impl FnOnce(R) -> Option<Record<'a>>,
) -> Option<Event<'a>> {
    let what = match (&*commit.collection, &*commit.operation) {
        (POSTS, "create") => None,
        (POSTS, "update") => Some(What::Update),
        (POSTS, "delete") => Some(What::Delete),
        _ => Some(What::Elsewhere),
    };
    if let Some(what) = what {
        return Some(Event::Other(what, position));
    }
    let record = read(commit.record?)?;
    let at = Timestamp(position.micros.div_euclid(1000));
    let seen = Seen { did, rkey: commit.rkey, cid: commit.cid, at, record };
    Some(Event::Post(Box::new(seen), position))
}

/// Microseconds since the epoch of an RFC 3339 instant.
fn micros(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_microsecond)
}

/// How far a stream was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The server's time in microseconds.
    pub us: i64,
    /// The number in version 2; means something at `server` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<i64>,
    /// The server that gave the number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
}

impl Cursor {
    /// Reads a stored cursor.
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// As it is stored.
    pub fn write(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }
}

/// Where to go on at `server`: by number where it is this server's own, else by time, a little
/// earlier, since servers differ by seconds.
pub fn resume_at(version: u8, server: &str, cursor: &Cursor, overlap_us: i64) -> i64 {
    match (version, cursor.seq) {
        (2, Some(seq)) if cursor.server.as_deref() == Some(server) => seq,
        _ => (cursor.us - overlap_us).max(0),
    }
}

/// The address to ask for posts from `at` on.
pub fn address(version: u8, server: &str, at: Option<i64>) -> Option<Url> {
    let mut url = Url::parse(server).ok()?;
    let base = url.path().trim_end_matches('/').to_owned();
    if version == 2 {
        url.set_path(&format!("{base}/xrpc/network.bsky.jetstream.subscribeEvents"));
        url.query_pairs_mut().append_pair("kinds", "commit").append_pair("collections", POSTS);
    } else {
        url.set_path(&format!("{base}/subscribe"));
        url.query_pairs_mut().append_pair("wantedCollections", POSTS);
    }
    if let Some(at) = at {
        url.query_pairs_mut().append_pair("cursor", &at.to_string());
    }
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    const V1_POST: &str = r#"{"did":"did:plc:anna","time_us":1795512600123456,"kind":"commit","commit":{
        "rev":"3l","operation":"create","collection":"app.bsky.feed.post","rkey":"3lxyz","cid":"bafyrei1",
        "record":{"$type":"app.bsky.feed.post","text":"@acme.example waar is \"mijn\" pakket? 📦",
        "createdAt":"1970-01-01T00:00:00.000Z","langs":["nl","en"],
        "facets":[{"index":{"byteStart":0,"byteEnd":13},"features":[
            {"$type":"app.bsky.richtext.facet#mention","did":"did:plc:brand"},
            {"$type":"app.bsky.richtext.facet#tag","tag":"x"}]}],
        "reply":{"root":{"uri":"at://did:plc:o/app.bsky.feed.post/1","cid":"a"},
            "parent":{"uri":"at://did:plc:o/app.bsky.feed.post/2","cid":"b"}}}}}"#;

    fn v2(kind: &str, rest: &str) -> String {
        format!(
            r#"{{"$type":"message","payload":{{"$type":"network.bsky.jetstream.subscribeEvents#{kind}"{rest}}}}}"#
        )
    }

    #[test]
    fn a_new_post_of_version_1() {
        let Event::Post(seen, position) = read(1, V1_POST) else { panic!("a post") };
        assert_eq!(seen.glimpse().mentions, ["did:plc:brand"]);
        let post = seen.post();
        assert_eq!(position, Position { micros: 1_795_512_600_123_456, seq: None });
        assert_eq!(post.external_id, "at://did:plc:anna/app.bsky.feed.post/3lxyz");
        assert_eq!(post.author.id, "did:plc:anna");
        assert_eq!(post.created_at, "2026-11-24T09:30:00.123Z", "the server's time, not the author's");
        assert_eq!(post.text, "@acme.example waar is \"mijn\" pakket? 📦");
        assert_eq!(post.lang.as_deref(), Some("nl"));
        assert_eq!(post.conversation_id.as_deref(), Some("at://did:plc:o/app.bsky.feed.post/1"));
        assert_eq!(post.in_reply_to.as_deref(), Some("at://did:plc:o/app.bsky.feed.post/2"));
        assert_eq!(post.url.as_deref(), Some("https://bsky.app/profile/did:plc:anna/post/3lxyz"));
        assert_eq!(post.local_id.as_deref(), Some("bafyrei1"));
        assert_eq!(post.mentions, ["did:plc:brand"]);
        assert!(post.check().is_ok());
    }

    #[test]
    fn a_new_post_of_version_2() {
        let rest = r#","seq":24647190112,"did":"did:plc:anna","time":"2026-11-24T09:30:00.123456Z","rev":"3l",
            "operation":"create","collection":"app.bsky.feed.post","rkey":"3lxyz","cid":"bafyrei1",
            "record":{"$type":"app.bsky.feed.post","text":"hej"}"#;
        let frame = v2("commit", rest);
        let Event::Post(seen, position) = read(2, &frame) else { panic!("a post") };
        let post = seen.post();
        assert_eq!(position, Position { micros: 1_795_512_600_123_456, seq: Some(24_647_190_112) });
        assert_eq!(post.conversation_id.as_deref(), Some(post.external_id.as_str()));
        assert_eq!((post.in_reply_to, post.lang), (None, None));
    }

    #[test]
    fn what_is_no_new_post_is_told_apart() {
        let v1 = |operation: &str, collection: &str| {
            let text = format!(
                r#"{{"did":"d","time_us":5,"kind":"commit","commit":{{"operation":"{operation}",
                "collection":"{collection}","rkey":"k","rev":"r","record":{{"text":"x"}}}}}}"#
            );
            match read(1, &text) {
                Event::Other(what, position) => Some((what, position.micros)),
                _ => None,
            }
        };
        assert_eq!(v1("update", POSTS), Some((What::Update, 5)));
        assert_eq!(v1("delete", POSTS), Some((What::Delete, 5)));
        assert_eq!(v1("create", "app.bsky.feed.like"), Some((What::Elsewhere, 5)));
        let account = r#"{"did":"d","time_us":6,"kind":"account","account":{"active":false,"did":"d"}}"#;
        assert!(matches!(read(1, account), Event::Other(What::Elsewhere, Position { micros: 6, .. })));
        let rest = r#","seq":9,"did":"d","time":"2026-11-24T09:30:00Z","identity":{}"#;
        assert!(
            matches!(read(2, &v2("identity", rest)), Event::Other(What::Elsewhere, p) if p.seq == Some(9))
        );
        let info = v2("info", r#","name":"OutdatedCursor","message":"m""#);
        assert!(matches!(read(2, &info), Event::Info(name) if name == "OutdatedCursor"));
        let failed = r#"{"$type":"error","error":"ConsumerTooSlow","message":"m"}"#;
        assert!(matches!(read(2, failed), Event::Failed(name) if name == "ConsumerTooSlow"));
    }

    #[test]
    fn an_odd_record_still_gives_its_text_and_junk_gives_nothing() {
        let odd = V1_POST.replace(r#"["nl","en"]"#, "7").replace(r#""facets":["#, r#""facets":[1,"#);
        let Event::Post(seen, _) = read(1, &odd) else { panic!("a post") };
        let post = seen.post();
        assert!(post.text.contains("pakket") && post.lang.is_none() && post.mentions.is_empty());
        for junk in
            ["", "null", "[]", "{}", "{\"did\":1}", &V1_POST[..80], &V1_POST.replace("\"text\"", "\"t\"")]
        {
            assert!(matches!(read(1, junk), Event::Unreadable), "{junk}");
            assert!(matches!(read(2, junk), Event::Unreadable), "{junk}");
        }
    }

    #[test]
    fn a_cursor_goes_by_number_at_home_and_by_time_elsewhere() {
        let home = Cursor { us: 1_795_512_600_000_000, seq: Some(42), server: Some("wss://a".into()) };
        assert_eq!(Cursor::read(&home.write().unwrap()), Some(home.clone()));
        assert_eq!(resume_at(2, "wss://a", &home, 5_000_000), 42);
        assert_eq!(resume_at(2, "wss://b", &home, 5_000_000), 1_795_512_595_000_000);
        assert_eq!(resume_at(1, "wss://a", &home, 5_000_000), 1_795_512_595_000_000);
    }

    #[test]
    fn addresses_follow_the_version() {
        assert_eq!(
            address(1, "wss://a.example/", Some(7)).unwrap().as_str(),
            "wss://a.example/subscribe?wantedCollections=app.bsky.feed.post&cursor=7"
        );
        assert_eq!(
            address(2, "wss://a.example", None).unwrap().as_str(),
            "wss://a.example/xrpc/network.bsky.jetstream.subscribeEvents?kinds=commit&collections=app.bsky.feed.post"
        );
    }
}

//! The frames of Jetstream, in both versions, and the addresses to ask for them.
//!
//! Version 1 nests the commit and tells time in microseconds; version 2 is flat within an envelope
//! and counts. Only posts are read to the end; all else is told apart by a few borrowed fields.
//! Built from the published descriptions of both versions; never reached while building.

use super::super::bluesky::{Frame, POSTS, Record, post, tid};
use super::super::held::{AccountNews, Away};
use crate::domain::post::{Glimpse, RawPost};
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use url::Url;

/// The kinds of frames that version 2 is asked for; version 1 sends those of accounts unasked.
const KINDS: [&str; 3] = ["commit", "account", "identity"];

/// What a frame is to us.
#[derive(Debug)]
pub enum Event<'a> {
    /// A new post.
    Post(Box<Seen<'a>>, Position),
    /// A post was changed: as it stands now.
    Edited(Box<Seen<'a>>, Position),
    /// A post was deleted: its address.
    Deleted(String, Position),
    /// An account went away, came back, or is called otherwise now.
    Account(AccountNews, Position),
    /// Something else happened; only its place counts.
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
    /// An account or an identity changed.
    Account,
    /// Another collection, or what was not known when this was written.
    Elsewhere,
}

impl What {
    /// As a label.
    pub fn label(self) -> &'static str {
        match self {
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Account => "account",
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

    /// In our form, of a post that was changed: it was posted when its key was made, where that tells.
    pub fn edited(self) -> RawPost {
        let made = tid::instant(&self.rkey).filter(|made| *made <= self.at).unwrap_or(self.at);
        let edited_at = Some(self.at.rfc3339());
        RawPost { edited_at, ..Seen { at: made, ..self }.post() }
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
    #[serde(default)]
    account: Option<AccountNote>,
    #[serde(default)]
    identity: Option<IdentityNote>,
}

/// That an account is there or away.
#[derive(Deserialize)]
struct AccountNote {
    active: bool,
    #[serde(default)]
    status: Option<String>,
}

/// How an account is called.
#[derive(Deserialize)]
struct IdentityNote {
    #[serde(default)]
    handle: Option<String>,
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
    #[serde(default)]
    active: Option<bool>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    handle: Option<String>,
    #[serde(default)]
    account: Option<AccountNote>,
    #[serde(default)]
    identity: Option<IdentityNote>,
}

impl Payload<'_> {
    /// What it says of an account, whether that lies flat in it or in a part of its own, as in version 1.
    fn news(self) -> Option<AccountNews> {
        let flat = self.active.map(|active| AccountNote { active, status: self.status });
        let named = self.handle.map(|handle| IdentityNote { handle: Some(handle) });
        let at = Timestamp(micros(&self.time)?.div_euclid(1000));
        news(&self.did, at, self.account.or(flat), self.identity.or(named))
    }
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
    if let Some(commit) = frame.commit {
        return commit_event(frame.did, commit, position, read);
    }
    let at = Timestamp(frame.time_us.div_euclid(1000));
    Some(about_account(news(&frame.did, at, frame.account, frame.identity), position))
}

fn about_account<'a>(news: Option<AccountNews>, position: Position) -> Event<'a> {
    news.map_or(Event::Other(What::Elsewhere, position), |news| Event::Account(news, position))
}

/// What is told of an account; nothing where it is told nothing that we keep.
fn news(
    did: &str,
    at: Timestamp,
    account: Option<AccountNote>,
    identity: Option<IdentityNote>,
) -> Option<AccountNews> {
    // One that is not active for another reason keeps the state that was told before.
    let away = |a: AccountNote| {
        if a.active { Some(None) } else { a.status.as_deref().and_then(Away::told).map(Some) }
    };
    let handle = identity.and_then(|i| i.handle).filter(|handle| is_handle(handle));
    let news = AccountNews { id: did.to_owned(), away: account.and_then(away), handle, at };
    (news.away.is_some() || news.handle.is_some()).then_some(news)
}

/// Whether something is a name by which an account is addressed; what stands there when none leads back is none.
fn is_handle(text: &str) -> bool {
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    text.len() <= 253 && text.contains('.') && text.chars().all(fine) && text != "handle.invalid"
}

fn uri(did: &str, rkey: &str) -> String {
    format!("at://{did}/{POSTS}/{rkey}")
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
        return Some(about_account(payload.news(), position));
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
    let is_edit = match (&*commit.collection, &*commit.operation) {
        (POSTS, "create") => false,
        (POSTS, "update") => true,
        (POSTS, "delete") => return Some(Event::Deleted(uri(&did, &commit.rkey), position)),
        _ => return Some(Event::Other(What::Elsewhere, position)),
    };
    let Some(record) = commit.record.and_then(read) else {
        // Of what was changed to something that is no post, the next look tells.
        return is_edit.then_some(Event::Other(What::Update, position));
    };
    let at = Timestamp(position.micros.div_euclid(1000));
    let seen = Box::new(Seen { did, rkey: commit.rkey, cid: commit.cid, at, record });
    Some(if is_edit { Event::Edited(seen, position) } else { Event::Post(seen, position) })
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
        url.query_pairs_mut().extend_pairs(KINDS.map(|kind| ("kinds", kind)));
        url.query_pairs_mut().append_pair("collections", POSTS);
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
mod tests;

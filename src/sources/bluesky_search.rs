//! Bluesky's public search, asked again and again for each word.
//!
//! Answers come newest first; a look walks back by windows of time until nothing is left, and only
//! then moves the beginning of the next look, ten minutes before the newest post seen, since the
//! index lags. Most servers show search only to accounts; that is told as a state. The search may
//! hide posts and follows the author's claim of time where that is earlier. Built from the
//! published lexicon `app.bsky.feed.searchPosts`; never reached while building.

use super::bluesky::{Frame, POSTS, Record, post};
use super::config::BlueskySearchConfig;
use super::known::Known;
use super::{Batch, Outside, Poll, RawItem, Source, SourceTrouble, Tally, TroubleState, Words};
use crate::clock::Clock;
use crate::domain::time::{Span, Timestamp};
use crate::http_client::{Budget, Call, CallError, HttpClient};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::num::NonZeroU32;
use std::sync::Arc;
use url::Url;

const PAGE: usize = 100;
/// How far back of the newest post every look begins.
const OVERLAP: Span = Span::minutes(10);
/// How far back the first look goes.
const FIRST: Span = Span::hours(1);
/// Windows one look may walk back at most; what is left then is told as a hole.
const WINDOWS_MAX: u32 = 50;
const CALLS_A_MINUTE: NonZeroU32 = NonZeroU32::new(60).unwrap();

/// Public search.
pub struct BlueskySearch {
    name: String,
    counts_from: Option<Timestamp>,
    config: BlueskySearchConfig,
    http: HttpClient,
    clock: Arc<dyn Clock>,
    terms: Words,
    budget: Budget,
    tally: Tally,
    known: Known,
}

/// How far a word was searched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Cursor {
    /// Everything before is done.
    since: i64,
    /// The newest post seen in the look under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    newest: Option<i64>,
    /// The look under way has come back to here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<i64>,
    /// How many windows it took so far.
    #[serde(default)]
    windows: u32,
}

#[derive(Deserialize)]
struct Found<'a> {
    #[serde(borrow)]
    posts: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct View<'a> {
    #[serde(borrow)]
    uri: Cow<'a, str>,
    #[serde(borrow)]
    cid: Cow<'a, str>,
    #[serde(borrow)]
    author: Author<'a>,
    #[serde(borrow)]
    record: &'a RawValue,
    #[serde(borrow, rename = "indexedAt")]
    indexed_at: Cow<'a, str>,
}

#[derive(Deserialize)]
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

impl BlueskySearch {
    /// Search after the settings.
    pub fn new(
        name: &str,
        counts_from: Option<Timestamp>,
        config: &BlueskySearchConfig,
        outside: &Outside,
    ) -> Self {
        Self {
            name: name.to_owned(),
            counts_from,
            config: config.clone(),
            http: outside.http.clone(),
            clock: outside.clock.clone(),
            terms: outside.terms.clone(),
            budget: Budget::new(outside.clock.clone(), CALLS_A_MINUTE, Span::minutes(1)),
            tally: Tally::default(),
            known: Known::default(),
        }
    }

    async fn ask(&self, term: &str, cursor: &Cursor) -> Result<bytes::Bytes, SourceTrouble> {
        let broken = || SourceTrouble::new(TroubleState::Broken, "the server's address cannot be read");
        let mut url = Url::parse(&self.config.server).map_err(|_| broken())?;
        url.path_segments_mut()
            .map_err(|()| broken())?
            .pop_if_empty()
            .extend(["xrpc", "app.bsky.feed.searchPosts"]);
        url.query_pairs_mut()
            .append_pair("q", &format!("\"{}\"", term.replace('"', " ")))
            .append_pair("sort", "latest")
            .append_pair("limit", &PAGE.to_string())
            .append_pair("since", &Timestamp(cursor.since).rfc3339());
        if let Some(until) = cursor.until {
            url.query_pairs_mut().append_pair("until", &Timestamp(until).rfc3339());
        }
        let key = format!("public@{}", url.host_str().unwrap_or_default());
        let now = self.clock.now();
        self.budget.take(&key).map_err(|until| SourceTrouble::spent(until, now))?;
        self.tally.add(&key);
        let answer = self.http.send(Call::get(url)).await.map_err(|error| {
            let now = self.clock.now();
            if let CallError::Status { code: 429, hint, .. } = &error {
                self.budget.close(&key, now.plus(hint.wait.unwrap_or(Span::minutes(5))));
            }
            SourceTrouble::of(&error, TroubleState::NeedsAccount, now)
        })?;
        Ok(answer.body)
    }
}

/// One found post as an item, and the time by which the search sorts it.
fn item(raw: &str, now: Timestamp) -> Option<(RawItem, Timestamp)> {
    let view: View<'_> = serde_json::from_str(raw).ok()?;
    let (_, rkey) = view.uri.strip_prefix("at://")?.split_once(&format!("/{POSTS}/"))?;
    let at = Timestamp::parse(&view.indexed_at).ok()?.min(now);
    let claim: Option<Claim<'_>> = serde_json::from_str(view.record.get()).ok();
    let claimed = claim.and_then(|c| c.created_at).and_then(|c| Timestamp::parse(&c).ok());
    let frame = Frame { did: &view.author.did, rkey, cid: &view.cid, at };
    let mut post = post(&frame, Record::read(view.record.get()).ok()?);
    post.author.handle = view.author.handle.map(Cow::into_owned);
    post.author.name = view.author.display_name.map(Cow::into_owned);
    Some((RawItem::of(post.external_id.clone(), &post, at), claimed.map_or(at, |c| c.min(at))))
}

/// Goes on from a page whose posts are sorted by the times in `sorted`.
fn next(mut cursor: Cursor, sorted: &[Timestamp], now: Timestamp) -> (Cursor, bool) {
    if let Some(newest) = sorted.iter().max() {
        cursor.newest = cursor.newest.max(Some(newest.millis()));
    }
    // One millisecond more, so that others of the same instant are not cut off; where that does
    // not get on, the instant itself.
    let oldest = sorted.iter().min().map(|t| t.millis());
    let until = oldest.map(|t| if cursor.until.is_some_and(|u| t + 1 >= u) { t } else { t + 1 });
    cursor.windows += 1;
    match until {
        Some(until) if until > cursor.since && cursor.windows < WINDOWS_MAX => {
            cursor.until = Some(until);
            (cursor, true)
        }
        _ => {
            let newest = cursor.newest.map_or(cursor.since, |n| n.min(now.millis()));
            let since = cursor.since.max(newest - OVERLAP.millis());
            (Cursor { since, ..Cursor::default() }, false)
        }
    }
}

#[async_trait]
impl Poll for BlueskySearch {
    fn every(&self) -> Span {
        Span::seconds(self.config.every_seconds.clamp(10, 86_400))
    }

    fn streams(&self) -> Vec<String> {
        let mut terms: Vec<String> = (self.terms)().iter().map(|t| t.trim().to_owned()).collect();
        terms.retain(|t| !t.is_empty());
        terms.sort();
        terms.dedup();
        terms
    }

    async fn poll(&self, stream: &str, cursor: Option<&str>) -> Result<Batch, SourceTrouble> {
        let now = self.clock.now();
        self.known.confirm(stream, cursor);
        let asked = cursor
            .and_then(|c| serde_json::from_str(c).ok())
            .unwrap_or(Cursor { since: now.minus(FIRST).millis(), ..Cursor::default() });
        let body = self.ask(stream, &asked).await?;
        let found: Found<'_> = serde_json::from_slice(&body)
            .map_err(|_| SourceTrouble::new(TroubleState::Broken, "the answer is no list of posts"))?;
        let (mut items, mut sorted, mut handed) = (Vec::new(), Vec::new(), Vec::new());
        for raw in &found.posts {
            match item(raw.get(), now) {
                Some((item, by)) => {
                    sorted.push(by);
                    if !self.known.holds(stream, &item.place) {
                        handed.push(item.place.clone());
                        items.push(item);
                    }
                }
                None => items.push(RawItem {
                    place: "unreadable".to_owned(),
                    body: raw.get().as_bytes().to_vec(),
                    posted_at: None,
                }),
            }
        }
        items.reverse();
        let (next, more) = next(asked, &sorted, now);
        let next = serde_json::to_string(&next).ok().filter(|n| Some(n.as_str()) != cursor);
        self.known.hand(stream, next.clone().or_else(|| cursor.map(str::to_owned)), handed);
        Ok(Batch { items, cursor: next, more })
    }
}

impl Source for BlueskySearch {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "bluesky_search"
    }

    fn counts_from(&self) -> Option<Timestamp> {
        self.counts_from
    }

    fn poll(&self) -> Option<&dyn Poll> {
        Some(self)
    }

    fn take_calls(&self) -> Vec<(String, i64)> {
        self.tally.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_found_post_is_told_by_the_server_s_time() {
        let raw = r#"{"uri":"at://did:plc:a/app.bsky.feed.post/3k","cid":"c","author":{"did":"did:plc:a",
            "handle":"anna.example","displayName":"Anna"},"record":{"text":"hi","createdAt":"2020-01-01T00:00:00Z"},
            "indexedAt":"2026-11-24T09:00:00.000Z"}"#;
        let now = Timestamp::parse("2026-11-24T09:30:00Z").unwrap();
        let (item, by) = item(raw, now).unwrap();
        let post: crate::domain::post::RawPost = serde_json::from_slice(&item.body).unwrap();
        assert_eq!(post.external_id, "at://did:plc:a/app.bsky.feed.post/3k");
        assert_eq!(post.created_at, "2026-11-24T09:00:00.000Z");
        assert_eq!(post.author.handle.as_deref(), Some("anna.example"));
        assert_eq!(by, Timestamp::parse("2020-01-01T00:00:00Z").unwrap());
        assert!(super::item("{}", now).is_none());
    }

    #[test]
    fn a_look_walks_back_and_then_moves_on() {
        let now = Timestamp(100_000_000);
        let start = Cursor { since: 50_000_000, ..Cursor::default() };
        let (one, more) = next(start, &[Timestamp(90_000_000), Timestamp(80_000_000)], now);
        assert_eq!((one.until, one.newest, more), (Some(80_000_001), Some(90_000_000), true));
        let (stuck, more) = next(one, &[Timestamp(80_000_000)], now);
        assert_eq!((stuck.until, more), (Some(80_000_000), true), "the same instant is passed");
        let (done, more) = next(stuck, &[], now);
        assert_eq!((done, more), (Cursor { since: 90_000_000 - 600_000, ..Cursor::default() }, false));
    }
}

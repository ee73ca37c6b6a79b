//! Public tag timelines of Mastodon and servers that speak its API, read without an account.
//!
//! A timeline is read forward from a cursor, page by page, until it is empty. The id of a status
//! follows the time its author's server gives, so a post that arrives late stands *behind* newer
//! ones: every look therefore begins a quarter of an hour back, and what was handed over already is
//! left out. What arrives later than that is missed by this server; following several servers
//! helps. A tag timeline shows only posts that reached the server. Built from Mastodon's published
//! documentation; never reached while building.

mod status;

use super::config::MastodonTagsConfig;
use super::known::Known;
use super::{Batch, Outside, Poll, RawItem, Source, SourceTrouble, Tally, TroubleState, Words};
use crate::clock::Clock;
use crate::domain::time::{Span, Timestamp};
use crate::http_client::{Answer, Budget, Call, CallError, HttpClient};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use status::Status;
use std::num::NonZeroU32;
use std::sync::Arc;
use url::Url;

/// How many statuses a page holds at most.
const PAGE: &str = "40";
/// How far back of the newest post every look begins.
const OVERLAP: Span = Span::minutes(15);
/// How far apart the marks stand that remember which post was newest when.
const MARK_EVERY: Span = Span::minutes(1);
/// Calls a minute to one server; servers allow 60 and count by address, which others may share.
const CALLS_A_MINUTE: NonZeroU32 = NonZeroU32::new(50).unwrap();

/// The tag timelines of some servers.
pub struct MastodonTags {
    name: String,
    counts_from: Option<Timestamp>,
    config: MastodonTagsConfig,
    http: HttpClient,
    clock: Arc<dyn Clock>,
    tags: Words,
    budget: Budget,
    tally: Tally,
    known: Known,
}

/// How far a timeline was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Cursor {
    /// Where the next look begins; `None` while nothing was ever seen.
    low: Option<String>,
    /// Where a look that is under way goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    /// Which post was the newest when: id and time in milliseconds, oldest first.
    #[serde(default)]
    marks: Vec<(String, i64)>,
}

impl Cursor {
    /// Ends a look: notes the newest post and moves the beginning of the next look on.
    fn end_look(&mut self, now: Timestamp) {
        if let Some(newest) = self.at.take() {
            let last = self.marks.last();
            let newer = last.is_none_or(|(id, _)| order(id) < order(&newest));
            let due = last.is_none_or(|(_, at)| now.millis() - at >= MARK_EVERY.millis());
            if newer && due {
                self.marks.push((newest, now.millis()));
            }
        }
        let before = now.minus(OVERLAP).millis();
        while self.marks.first().is_some_and(|(_, at)| *at <= before) {
            let (id, _) = self.marks.remove(0);
            if self.low.as_ref().is_none_or(|low| order(low) < order(&id)) {
                self.low = Some(id);
            }
        }
    }
}

/// Ids are opaque, but a longer one is newer, and of equal length the greater.
fn order(id: &str) -> (usize, &str) {
    (id.len(), id)
}

impl MastodonTags {
    /// Timelines after the settings.
    pub fn new(
        name: &str,
        counts_from: Option<Timestamp>,
        config: &MastodonTagsConfig,
        outside: &Outside,
    ) -> Self {
        Self {
            name: name.to_owned(),
            counts_from,
            config: config.clone(),
            http: outside.http.clone(),
            clock: outside.clock.clone(),
            tags: outside.tags.clone(),
            budget: Budget::new(outside.clock.clone(), CALLS_A_MINUTE, Span::minutes(1)),
            tally: Tally::default(),
            known: Known::default(),
        }
    }

    fn tags(&self) -> Vec<String> {
        let tags = if self.config.tags.is_empty() { (self.tags)() } else { self.config.tags.clone() };
        let mut tags: Vec<String> = tags
            .iter()
            .map(|t| t.trim().trim_start_matches('#').to_owned())
            .filter(|t| !t.is_empty())
            .collect();
        tags.sort();
        tags.dedup();
        tags
    }

    /// Asks for one page, within the budget of the server.
    async fn page(&self, server: &str, tag: &str, min_id: Option<&str>) -> Result<Answer, SourceTrouble> {
        let broken = || SourceTrouble::new(TroubleState::Broken, format!("'{server}' is no web address"));
        let mut url = Url::parse(server).map_err(|_| broken())?;
        url.path_segments_mut().map_err(|()| broken())?.pop_if_empty().extend([
            "api",
            "v1",
            "timelines",
            "tag",
            tag,
        ]);
        url.query_pairs_mut().append_pair("limit", PAGE);
        if let Some(min_id) = min_id {
            url.query_pairs_mut().append_pair("min_id", min_id);
        }
        let key = format!("public@{}", url.host_str().unwrap_or_default());
        let now = self.clock.now();
        self.budget.take(&key).map_err(|until| SourceTrouble::spent(until, now))?;
        self.tally.add(&key);
        let answer = self.http.send(Call::get(url)).await;
        let now = self.clock.now();
        let wait = match &answer {
            Ok(answer) => answer.hint.spent(),
            Err(CallError::Status { code: 429, hint, .. }) => hint.wait,
            Err(_) => None,
        };
        if let Some(wait) = wait {
            self.budget.close(&key, now.plus(wait));
        }
        answer.map_err(|e| SourceTrouble::of(&e, TroubleState::NeedsToken, now))
    }
}

/// The statuses of a page, newest first as they come; what cannot be read as one comes as it is.
fn statuses(body: &[u8]) -> Result<Vec<Result<Status, String>>, SourceTrouble> {
    let list: Vec<&RawValue> = serde_json::from_slice(body)
        .map_err(|_| SourceTrouble::new(TroubleState::Broken, "the answer is no list of posts"))?;
    Ok(list.iter().map(|s| serde_json::from_str(s.get()).map_err(|_| s.get().to_owned())).collect())
}

#[async_trait]
impl Poll for MastodonTags {
    fn every(&self) -> Span {
        Span::seconds(self.config.every_seconds.clamp(1, 86_400))
    }

    fn streams(&self) -> Vec<String> {
        let tags = self.tags();
        let of = |server: &String| tags.iter().map(|t| format!("{server}#{t}")).collect::<Vec<_>>();
        self.config.servers.iter().flat_map(of).collect()
    }

    async fn poll(&self, stream: &str, cursor: Option<&str>) -> Result<Batch, SourceTrouble> {
        let (server, tag) = stream
            .split_once('#')
            .ok_or_else(|| SourceTrouble::new(TroubleState::Broken, "a stream is SERVER#TAG"))?;
        self.known.confirm(stream, cursor);
        let asked: Option<Cursor> = cursor.and_then(|c| serde_json::from_str(c).ok());
        // A timeline that was empty at the first look is read from its very beginning later.
        let min_id = asked.as_ref().map(|c| c.at.as_deref().or(c.low.as_deref()).unwrap_or("0"));
        let answer = self.page(server, tag, min_id).await?;
        let now = self.clock.now();
        let host = Url::parse(server).ok().and_then(|u| u.host_str().map(str::to_owned)).unwrap_or_default();
        let mut page = Page::default();
        for status in statuses(&answer.body)? {
            let known = |id: &str| self.known.holds(stream, id);
            page.take(status, &known, &host, now);
        }
        let (next, more) = page.next(asked.clone(), min_id, now);
        let next = serde_json::to_string(&next).ok();
        let next = next.filter(|n| Some(n.as_str()) != cursor);
        let with = next.clone().or_else(|| cursor.map(str::to_owned));
        self.known.hand(stream, with, page.handed);
        page.items.reverse();
        Ok(Batch { items: page.items, cursor: next, more })
    }
}

/// What one page held.
#[derive(Default)]
struct Page {
    items: Vec<RawItem>,
    handed: Vec<String>,
    newest: Option<String>,
    oldest: Option<String>,
}

impl Page {
    fn take(
        &mut self,
        status: Result<Status, String>,
        known: &dyn Fn(&str) -> bool,
        host: &str,
        now: Timestamp,
    ) {
        let status = match status {
            Ok(status) => status,
            Err(raw) => {
                let item =
                    RawItem { place: format!("{host}/unreadable"), body: raw.into_bytes(), posted_at: None };
                return self.items.push(item);
            }
        };
        let id = status.id.clone();
        if self.newest.as_ref().is_none_or(|n| order(n) < order(&id)) {
            self.newest = Some(id.clone());
        }
        if self.oldest.as_ref().is_none_or(|o| order(o) > order(&id)) {
            self.oldest = Some(id.clone());
        }
        if !known(&id) {
            let (post, at) = status.post(host, now);
            self.items.push(RawItem::of(format!("{host}/{id}"), &post, at));
            self.handed.push(id);
        }
    }

    /// The cursor behind this page, and whether to ask for another at once.
    fn next(&self, asked: Option<Cursor>, min_id: Option<&str>, now: Timestamp) -> (Cursor, bool) {
        let first_look = asked.is_none();
        let mut cursor = asked.unwrap_or_default();
        let further = self.newest.as_ref().filter(|n| min_id.is_none_or(|m| order(m) < order(n)));
        match further {
            Some(newest) if first_look => {
                cursor.low.clone_from(&self.oldest);
                cursor.at = Some(newest.clone());
                cursor.end_look(now);
                (cursor, false)
            }
            Some(newest) => {
                cursor.at = Some(newest.clone());
                (cursor, true)
            }
            None => {
                cursor.end_look(now);
                (cursor, false)
            }
        }
    }
}

impl Source for MastodonTags {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "mastodon_tags"
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
    fn the_next_look_begins_a_quarter_of_an_hour_back() {
        let start = Timestamp(1_000_000_000);
        let mut cursor = Cursor { low: Some("100".into()), ..Cursor::default() };
        for minute in 0..60 {
            cursor.at = Some((200 + minute).to_string());
            cursor.end_look(start.plus(Span::minutes(minute)));
            assert!(cursor.marks.len() <= 16, "marks do not pile up");
        }
        assert_eq!(cursor.low.as_deref(), Some("244"));
    }

    #[test]
    fn longer_ids_are_newer() {
        assert!(order("99") < order("100"));
        assert!(order("01HQ") < order("01HR"));
    }
}

//! What is said to the account: mentions, replies and quotes, with what they answer.
//!
//! The list is sorted by a time that is the author's claim where that is earlier than the server's,
//! and its cursor is 'strictly before': rows of one millisecond at the edge of a page would be lost, and
//! a back-dated row stands deep in the list. So pages are asked for by a time of our own, a
//! millisecond later, rows are known by their address, and once an hour a look goes many pages deep.
//! Whether somebody has read a notification plays no part, and nothing is marked as read. A row that
//! its author dated back *and* gave an old key is not found here; the public stream shows it.

use super::BlueskyAccount;
use super::caller::Purpose;
use super::line::of_looking;
use crate::domain::time::{Span, Timestamp};
use crate::sources::bluesky::searching::{about, beside, beside_id};
use crate::sources::bluesky::view::STEPS_MAX;
use crate::sources::bluesky::windows::{WINDOWS_MAX, Window};
use crate::sources::bluesky::{shown, split_uri};
use crate::sources::{Batch, RawItem, SourceTrouble, TroubleState};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::{BTreeSet, HashSet};

/// The stream's name.
pub const STREAM: &str = "notifications";
const METHOD: &str = "app.bsky.notification.listNotifications";
const PAGE: usize = 100;
/// How far back the first look goes; what is older is history that nobody waits for.
pub const FIRST: Span = Span::days(1);
/// How often a look goes deep, and how many pages.
const DEEP_EVERY: Span = Span::hours(1);
const DEEP_PAGES: u32 = 10;

/// How far the list was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    #[serde(flatten)]
    window: Window,
    /// What came before this is left alone.
    begun: i64,
    /// When the last deep look began.
    swept: i64,
    /// Whether the look under way is a deep one.
    #[serde(default)]
    deep: bool,
    /// The server's own cursor, where it is not a time that we could make ourselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    page: Option<String>,
}

#[derive(Deserialize)]
struct Listed<'a> {
    #[serde(borrow)]
    notifications: Vec<&'a RawValue>,
    #[serde(default)]
    cursor: Option<String>,
}

impl Mark {
    fn first(now: Timestamp) -> Self {
        let begun = now.minus(FIRST);
        let (window, begun) = (Window::from(begun), begun.millis());
        Self { window, begun, swept: now.millis(), deep: false, page: None }
    }

    /// Begins a look, which is a deep one when it is time for it.
    fn begin(mut self, now: Timestamp) -> Self {
        let between_looks = self.window.until.is_none() && self.page.is_none();
        if between_looks && now.since(Timestamp(self.swept)) >= DEEP_EVERY {
            (self.deep, self.swept) = (true, now.millis());
        }
        self
    }

    /// Whether only a deep look shows what is sorted by this time.
    const fn is_late(&self, sorted: Timestamp) -> bool {
        self.deep && sorted.millis() < self.window.since
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        let reasons = ["mention", "reply", "quote"].map(|r| ("reasons", r.to_owned()));
        let mut asked = vec![("priority", "false".to_owned()), ("limit", PAGE.to_string())];
        asked.extend(reasons);
        let cursor = self.page.clone().or_else(|| self.window.until.map(|u| Timestamp(u).rfc3339()));
        asked.extend(cursor.map(|c| ("cursor", c)));
        asked
    }

    /// Goes on from a page whose rows are sorted by the times in `sorted`.
    fn next(mut self, sorted: &[Timestamp], cursor: Option<String>, now: Timestamp) -> (Self, bool) {
        let floor = if self.deep { i64::MIN } else { self.window.since };
        let pages_max = if self.deep { DEEP_PAGES } else { WINDOWS_MAX };
        let more = match &cursor {
            None => {
                self.window.back(sorted, i64::MAX, 0);
                false
            }
            // The server may filter a page until nothing is left of it, though more follows.
            Some(_) if sorted.is_empty() => {
                self.window.windows += 1;
                self.window.windows < pages_max
            }
            Some(_) => self.window.back(sorted, floor, pages_max),
        };
        if !more {
            (self.window, self.deep, self.page) = (self.window.done(now), false, None);
            return (self, false);
        }
        let is_time = cursor.as_deref().is_some_and(|c| Timestamp::parse(c).is_ok());
        self.page = cursor.filter(|_| sorted.is_empty() || !is_time);
        (self, true)
    }
}

impl BlueskyAccount {
    /// One page of notifications, with the posts that they answer and nobody has seen yet.
    pub(super) async fn notifications(&self, cursor: Option<&str>) -> Result<Batch, SourceTrouble> {
        let now = self.clock.now();
        self.known.confirm(STREAM, cursor);
        let mark = cursor.and_then(|c| serde_json::from_str(c).ok()).unwrap_or_else(|| Mark::first(now));
        let mark = mark.begin(now);
        let answer = self.line.query(METHOD, &mark.parameters(), Purpose::Look).await;
        let answer = answer.map_err(|t| of_looking(&t, now))?;
        let listed: Listed<'_> = serde_json::from_slice(&answer.body).map_err(|_| {
            SourceTrouble::new(TroubleState::Broken, "the answer is no list of notifications")
        })?;
        let own = self.line.session.who().did;
        let (mut items, mut sorted, mut handed) = (Vec::new(), Vec::new(), Vec::new());
        let mut answered: BTreeSet<String> = BTreeSet::new();
        for raw in &listed.notifications {
            let Some(mut found) = shown(raw.get(), now) else {
                let id = unreadable_id(raw.get());
                if !self.known.holds(STREAM, &id) {
                    handed.push(id);
                    items.push(RawItem::unreadable(raw.get()));
                }
                continue;
            };
            sorted.push(found.indexed);
            if found.at.millis() < mark.begun {
                continue;
            }
            let uri = found.post.external_id.clone();
            let version = format!("{uri} {}", found.post.local_id.as_deref().unwrap_or_default());
            if self.known.holds(STREAM, &version) {
                continue;
            }
            if self.known.holds(STREAM, &uri) {
                found.post.edited_at = Some(now.rfc3339());
            }
            found.post.own = own.as_deref() == Some(found.post.author.id.as_str());
            found.post.addressed = !found.post.own;
            answered.extend(found.post.in_reply_to.iter().chain(&found.post.above).cloned());
            answered.extend(found.post.conversation_id.clone());
            let mut item = RawItem::of(uri.clone(), &found.post, found.at);
            item.late = mark.is_late(found.indexed);
            items.push(item);
            handed.extend([uri, version]);
        }
        items.reverse();
        let here: HashSet<&String> = handed.iter().collect();
        let is_new = |u: &String| !here.contains(u) && !self.known.holds(STREAM, &beside_id(u));
        let wanted: Vec<String> = answered.into_iter().filter(|u| is_new(u)).collect();
        let mut context = self.context((&wanted, &items), own.as_deref(), now).await;
        handed.extend(context.iter().map(|item| beside_id(&item.place)));
        context.append(&mut items);
        let (next, more) = mark.next(&sorted, listed.cursor, now);
        let next = serde_json::to_string(&next).ok().filter(|n| Some(n.as_str()) != cursor);
        self.known.hand(STREAM, next.clone().or_else(|| cursor.map(str::to_owned)), handed);
        Ok(Batch { items: context, cursor: next, more })
    }

    /// What was answered, and what stands above that, a few steps up, to show what a conversation is about; what cannot be
    /// had is left out, for the posts that answer it must not wait; what stands on the page itself comes from there.
    pub(super) async fn context(
        &self,
        (uris, page): (&[String], &[RawItem]),
        own: Option<&str>,
        now: Timestamp,
    ) -> Vec<RawItem> {
        let mut wanted: Vec<String> = uris.iter().filter(|u| split_uri(u).is_some()).cloned().collect();
        let mut asked: HashSet<String> = page.iter().map(|item| item.place.clone()).collect();
        let mut above: Vec<RawItem> = Vec::new();
        for _ in 0..STEPS_MAX {
            if wanted.is_empty() {
                break;
            }
            let found = match self.line.posts(&wanted, Purpose::Look).await {
                Ok(found) => found,
                Err(trouble) => {
                    let why = of_looking(&trouble, now).why;
                    tracing::debug!(source = self.name, why, "what was answered could not be read");
                    break;
                }
            };
            asked.extend(wanted);
            let views: Vec<String> = found.values().map(ToString::to_string).collect();
            let views: Vec<&str> = views.iter().map(String::as_str).collect();
            let mut step = beside(&views, own, now);
            wanted = about(&step, |uri| asked.contains(uri));
            above.append(&mut step);
        }
        above.sort_by_key(|item| item.posted_at);
        above
    }
}

/// By what a row that cannot be read is known again.
fn unreadable_id(raw: &str) -> String {
    let read: Value = serde_json::from_str(raw).unwrap_or_default();
    format!("unreadable {}", read["uri"].as_str().unwrap_or(raw))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_688_579_000);

    fn at(seconds: i64) -> Timestamp {
        NOW.minus(Span::seconds(seconds))
    }

    #[test]
    fn a_page_is_asked_for_a_millisecond_later_so_that_none_of_an_instant_is_lost() {
        let mark = Mark::first(NOW);
        let (next, more) = mark.next(&[at(1), at(2), at(2)], Some(at(2).rfc3339()), NOW);
        assert!(more);
        let cursor = next.parameters().into_iter().find(|(k, _)| *k == "cursor").unwrap().1;
        assert_eq!(cursor, at(2).plus(Span(1)).rfc3339());
        let (next, more) = next.next(&[at(2), at(3)], None, NOW);
        assert!(!more && next.page.is_none());
        assert_eq!(next.window.since, at(1).minus(Span::minutes(10)).millis());
    }

    #[test]
    fn a_page_filtered_to_nothing_and_a_cursor_that_is_no_time_are_gone_on_from() {
        let (next, more) = Mark::first(NOW).next(&[], Some("opaque".into()), NOW);
        assert_eq!((more, next.page.as_deref()), (true, Some("opaque")));
        let (next, more) = next.next(&[at(5)], Some("more".into()), NOW);
        assert_eq!((more, next.page.as_deref()), (true, Some("more")));
        let (next, more) = next.next(&[at(6)], Some(at(6).rfc3339()), NOW);
        assert_eq!((more, next.page), (true, None));
    }

    #[test]
    fn once_an_hour_a_look_goes_deep_and_has_an_end() {
        let mut mark = Mark::first(NOW);
        mark.window = Window::from(at(60));
        assert!(!mark.clone().begin(NOW.plus(Span::minutes(59))).deep);
        let later = NOW.plus(Span::hours(1));
        let mut mark = mark.begin(later);
        assert!(mark.deep);
        let mut pages = 0;
        loop {
            pages += 1;
            let (next, more) = mark.next(&[at(86_400 * 365 * i64::from(pages))], Some(NOW.rfc3339()), later);
            mark = next;
            if !more {
                break;
            }
        }
        assert_eq!((pages, mark.deep), (DEEP_PAGES, false));
        assert!(!mark.begin(later).deep, "not again at once");
    }
}

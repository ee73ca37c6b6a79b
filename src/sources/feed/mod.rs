//! Feeds: RSS, Atom and JSON Feed, read and never answered.
//!
//! A feed is asked again with the words by which its server knew it last (`ETag`, `Last-Modified`), kept as
//! they came, some of which servers spell oddly and want back so. What was taken stands in the cursor, so a
//! change is seen as an edit, an item that drops off is not taken for a deletion, and one that comes under a
//! new id with the same link and words is not taken twice. Nothing is ever written: an item has a link and
//! no other way to its author.
//!
//! **What was verified, and how.** HTTP's rules for conditional requests, redirects and waiting against a fake with a
//! ledger (November 2026); the formats are read by `feed-rs`. No feed of others was reached while building.

mod config;
mod fetch;
mod item;

pub use config::FeedConfig;

use super::taken::{Met, Taken};
use super::{Aside, Batch, Outside, Poll, RawItem, Source, SourceTrouble, Tally, TroubleState};
use crate::clock::Clock;
use crate::domain::time::{Span, Timestamp};
use crate::http_client::{Budget, HttpClient};
use async_trait::async_trait;
use fetch::{Fetched, Known};
use item::{Item, Reader};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use url::Url;

/// Most items of one look; of more, those with the newest dates.
const ITEMS_MAX: usize = 500;
/// The longest that a feed may ask to be left alone.
const REST_MAX: Span = Span::days(1);
// Unwrapped while compiling: a zero would not build.
/// Calls a minute to one host, whatever number of feeds it has.
const CALLS_A_MINUTE: NonZeroU32 = NonZeroU32::new(60).unwrap();
/// How often the same new address must have been told before it is asked directly.
const MOVED_SURE: u32 = 3;

/// Where a feed was left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Cursor {
    known: Known,
    /// The address to which it has moved for good, and how often that was told.
    moved: Option<(String, u32)>,
    /// How long its publisher says that a look is good for, in seconds.
    ttl: i64,
    taken: Taken,
}

/// Some feeds.
pub struct Feed {
    name: String,
    counts_from: Option<Timestamp>,
    config: FeedConfig,
    http: HttpClient,
    clock: Arc<dyn Clock>,
    /// The feeds by the name of their stream, which holds no query: that may be a secret.
    feeds: Vec<(String, Url)>,
    budget: Budget,
    tally: Tally,
    asides: Mutex<HashMap<String, Aside>>,
}

impl Feed {
    /// Feeds after the settings; what is wrong with them is said in words.
    pub fn new(
        name: &str,
        counts_from: Option<Timestamp>,
        config: &FeedConfig,
        outside: &Outside,
    ) -> Result<Self, String> {
        let mut feeds: Vec<(String, Url)> = Vec::new();
        for text in &config.urls {
            let url = web_address(text).ok_or("feed.urls: an entry is no web address")?;
            let stream = shown(&url);
            if feeds.iter().any(|(s, _)| *s == stream) {
                return Err(format!("feed.urls: '{stream}' stands here twice"));
            }
            feeds.push((stream, url));
        }
        if feeds.is_empty() {
            return Err("feed.urls: empty; at least one feed is needed".to_owned());
        }
        Ok(Self {
            name: name.to_owned(),
            counts_from,
            config: config.clone(),
            http: outside.http.clone(),
            clock: outside.clock.clone(),
            feeds,
            budget: Budget::new(outside.clock.clone(), CALLS_A_MINUTE, Span::minutes(1)),
            tally: Tally::default(),
            asides: Mutex::default(),
        })
    }

    /// Since when an item must have been published to be taken on the first look; `None` takes all.
    fn since(&self, now: Timestamp) -> Option<Timestamp> {
        let days = now.minus(Span::days(self.config.first_days.clamp(0, 3_660)));
        match self.counts_from {
            Some(from) if from.millis() <= 0 => None,
            Some(from) => Some(from.min(days)),
            None => Some(days),
        }
    }

    fn set_aside(&self, stream: &str, aside: Aside) {
        self.asides.lock().unwrap_or_else(PoisonError::into_inner).insert(stream.to_owned(), aside);
    }

    /// Takes what is new or changed of a feed's items, oldest first.
    fn take(&self, items: Vec<Item>, taken: &mut Taken, is_first: bool, now: Timestamp) -> Vec<RawItem> {
        let since = self.since(now);
        let names: std::collections::HashSet<u64> = items.iter().map(|i| i.name).collect();
        let mut out: Vec<(Timestamp, RawItem)> = Vec::new();
        // A feed begins with what is newest: what was published first is taken first.
        for item in items.into_iter().rev() {
            let met = taken.meet(item.name, item.words);
            let renamed = || taken.name_of(item.words).is_some_and(|n| !names.contains(&n));
            if met == Met::Same {
                taken.touch(item.name);
                continue;
            }
            if met == Met::New && renamed() {
                taken.keep(item.name, item.words, item.published.unwrap_or(now));
                continue;
            }
            let edited = match met {
                Met::Changed { before } => Some(item.updated.filter(|at| *at > before).unwrap_or(now)),
                _ => None,
            };
            taken.keep(item.name, item.words, edited.or(item.published).unwrap_or(now));
            if is_first && since.is_some_and(|since| item.published.is_none_or(|at| at < since)) {
                continue;
            }
            out.push(item.raw(edited, now));
        }
        out.sort_by_key(|(at, _)| *at);
        out.into_iter().map(|(_, raw)| raw).collect()
    }
}

/// A web address without name and password.
fn web_address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|u| matches!(u.scheme(), "http" | "https") && u.has_host())?;
    (url.username().is_empty() && url.password().is_none()).then_some(url)
}

/// An address as it may be shown: a query, which may hold a secret, only as a mark that tells it from others.
fn shown(url: &Url) -> String {
    let port = url.port().map(|p| format!(":{p}")).unwrap_or_default();
    let place = format!("{}{port}{}", url.host_str().unwrap_or_default(), url.path());
    match url.query() {
        None => place,
        Some(query) => format!("{place}?{:08x}", super::taken::hash(&[query]) >> 32),
    }
}

#[async_trait]
impl Poll for Feed {
    fn every(&self) -> Span {
        Span::seconds(self.config.every_seconds.clamp(1, 86_400))
    }

    fn streams(&self) -> Vec<String> {
        self.feeds.iter().map(|(stream, _)| stream.clone()).collect()
    }

    async fn poll(&self, stream: &str, cursor: Option<&str>) -> Result<Batch, SourceTrouble> {
        let configured = self.feeds.iter().find(|(name, _)| name == stream).map(|(_, url)| url);
        let configured =
            configured.ok_or_else(|| SourceTrouble::new(TroubleState::Broken, "there is no such feed"))?;
        let before = cursor.and_then(|c| serde_json::from_str::<Cursor>(c).ok());
        let is_first = before.is_none();
        let mut next = before.clone().unwrap_or_default();
        let fetched = self.fetch(configured, &next).await?;
        let now = self.clock.now();
        let note = Self::moved(&mut next, &fetched, configured);
        let mut items = Vec::new();
        if let Some(body) = &fetched.body {
            let reader = Reader { config: &self.config, base: &fetched.url, authority: stream, now };
            let read = reader.read(body)?;
            next.ttl = read.ttl.millis() / 1000;
            next.known = fetched.known;
            items = self.take(read.items, &mut next.taken, is_first, now);
        }
        let rest = Span::seconds(next.ttl).max(fetched.rest).clamp(Span(0), REST_MAX);
        self.set_aside(stream, Aside { note, rest });
        let changed = before.as_ref() != Some(&next);
        // Hashes, numbers and texts, all of which JSON can write.
        let cursor = changed.then(|| serde_json::to_string(&next).unwrap_or_default());
        Ok(Batch { items, cursor, more: false })
    }

    fn aside(&self, stream: &str) -> Aside {
        self.asides.lock().unwrap_or_else(PoisonError::into_inner).get(stream).cloned().unwrap_or_default()
    }
}

impl Feed {
    /// Asks for a feed where it is known to be; where that fails, where the settings say.
    async fn fetch(&self, configured: &Url, cursor: &Cursor) -> Result<Fetched, SourceTrouble> {
        let sure = cursor.moved.as_ref().filter(|(_, times)| *times >= MOVED_SURE);
        let moved = sure.and_then(|(url, _)| web_address(url));
        let fetch = |url| fetch::Fetch {
            http: &self.http,
            clock: &self.clock,
            budget: &self.budget,
            tally: &self.tally,
            bytes_max: self.config.bytes_max,
            url,
            known: &cursor.known,
        };
        match moved {
            None => fetch(configured.clone()).run().await,
            Some(moved) => match fetch(moved).run().await {
                Err(trouble) if !matches!(trouble.state, TroubleState::RateLimited { .. }) => {
                    tracing::debug!(feed = shown(configured), why = trouble.why, "not at its new address");
                    fetch(configured.clone()).run().await
                }
                other => other,
            },
        }
    }

    /// Notes where a feed has moved, and says so.
    fn moved(next: &mut Cursor, fetched: &Fetched, configured: &Url) -> Option<String> {
        match &fetched.moved {
            Some(to) => {
                let told = next.moved.as_ref().filter(|(url, _)| url == to.as_str()).map_or(0, |(_, n)| *n);
                next.moved = Some((to.to_string(), told.saturating_add(1).min(MOVED_SURE)));
            }
            // Asked at its new address it tells of no move; asked at the old one it has come back.
            None if fetched.asked == *configured => next.moved = None,
            None => {}
        }
        let (url, _) = next.moved.as_ref()?;
        Some(format!("it has moved for good to {}; change the settings", shown(&web_address(url)?)))
    }
}

impl Source for Feed {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "feed"
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

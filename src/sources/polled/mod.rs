//! Any JSON API as a source, by a mapping in the settings: no code of ours knows it.
//!
//! A look reads pages until there is nothing new, no next page, or a bound is reached; where it is stands in
//! the cursor with what was taken, so that a stop in the middle loses nothing. A list that begins with what is
//! newest is read from the front each time; if a look did not reach what was known, the next one does not stop
//! where it meets what is known. What cannot be mapped is put aside once, with the pointers named. Headers may hold
//! secrets and go to one host only: a redirect or a next page elsewhere is refused.
//!
//! **What was verified, and how.** The rules of JSON Pointer (RFC 6901), of `Link` (RFC 8288) and of waiting, against a
//! fake with a ledger (November 2026); no API in particular is known here.

mod config;
mod mapping;
mod paging;

pub use config::{
    FieldsConfig, HeaderConfig, HttpConfig, Method, Order, PagingConfig, SinceConfig, TimeFormat,
    is_free_header, is_pointer,
};

use super::taken::{Met, Taken, hash};
use super::{Aside, Batch, Outside, Poll, RawItem, Source, SourceTrouble, Tally, TroubleState};
use crate::clock::Clock;
use crate::domain::time::{Span, Timestamp};
use crate::http_client::{Budget, Call, CallError, HttpClient};
use async_trait::async_trait;
use http::{HeaderName, HeaderValue};
use mapping::{Mapped, Mapping, kind_of};
use paging::{At, Pages};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use url::Url;

/// Most items of one page that are read.
const ITEMS_MAX: usize = 1_000;

/// Where the source was left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Cursor {
    /// The page to go on with; none begins at the front.
    at: Option<At>,
    /// How many pages of this look were read.
    pages: u32,
    /// Whether a look did not reach what was known, so that known pages do not end this one.
    gap: bool,
    /// Whether a look has come to its end yet.
    ran: bool,
    /// The newest time of the looks that came to their end, and of this one.
    newest: Option<i64>,
    seen: Option<i64>,
    taken: Taken,
}

/// A JSON API.
pub struct Polled {
    name: String,
    counts_from: Option<Timestamp>,
    config: HttpConfig,
    url: Url,
    headers: Vec<(HeaderName, HeaderValue)>,
    mapping: Mapping,
    pages: Pages,
    http: HttpClient,
    clock: Arc<dyn Clock>,
    credential: String,
    budget: Budget,
    tally: Tally,
    aside: Mutex<Aside>,
}

impl Polled {
    /// A source after the settings; what is wrong with them is said in words.
    pub fn new(
        name: &str,
        counts_from: Option<Timestamp>,
        config: &HttpConfig,
        outside: &Outside,
    ) -> Result<Self, String> {
        let url =
            Url::parse(&config.url).ok().filter(|u| matches!(u.scheme(), "http" | "https") && u.has_host());
        let url = url.ok_or("http.url: it is no web address")?;
        let http =
            if config.allow_private { outside.http.allowing_private() } else { Ok(outside.http.clone()) };
        let calls = NonZeroU32::new(config.calls_per_minute).unwrap_or(NonZeroU32::MIN);
        Ok(Self {
            name: name.to_owned(),
            counts_from,
            headers: headers(&config.headers)?,
            mapping: Mapping::new(config, &url),
            pages: Pages::new(config)?,
            http: http.map_err(|e| e.to_string())?,
            clock: outside.clock.clone(),
            credential: format!("http:{name}@{}", url.host_str().unwrap_or_default()),
            budget: Budget::new(outside.clock.clone(), calls, Span::minutes(1)),
            tally: Tally::default(),
            aside: Mutex::default(),
            config: config.clone(),
            url,
        })
    }

    /// Since when an item must have been posted to be taken on the first look; `None` takes all.
    fn since(&self, now: Timestamp) -> Option<Timestamp> {
        let days = now.minus(Span::days(self.config.first_days.clamp(0, 3_660)));
        match self.counts_from {
            Some(from) if from.millis() <= 0 => None,
            Some(from) => Some(from.min(days)),
            None => Some(days),
        }
    }

    async fn ask(&self, cursor: &Cursor) -> Result<Value, Failed> {
        let now = self.clock.now();
        let newest = cursor.newest.map(Timestamp).or_else(|| self.since(now));
        let url = self.pages.address(&self.url, cursor.at.as_ref(), newest);
        self.budget
            .take(&self.credential)
            .map_err(|until| Failed::Trouble(SourceTrouble::spent(until, now)))?;
        self.tally.add(&self.credential);
        let call = match (self.config.method, &self.config.body) {
            (Method::Get, _) => Call::get(url),
            (Method::Post, body) => {
                let body = body.clone().unwrap_or_else(|| "{}".to_owned());
                Call::new(http::Method::POST, url).body("application/json", body)
            }
        };
        let call = call.header(http::header::ACCEPT, HeaderValue::from_static("application/json"));
        let call =
            self.headers.iter().fold(call, |call, (name, value)| call.secret(name.clone(), value.clone()));
        let answer = self.http.send(call).await;
        let now = self.clock.now();
        let wait = match &answer {
            Ok(answer) => answer.hint.spent(),
            Err(CallError::Status { code: 429, hint, .. }) => hint.wait,
            Err(_) => None,
        };
        if let Some(wait) = wait {
            self.budget.close(&self.credential, now.plus(wait));
        }
        let answer = answer.map_err(|error| {
            let lapsed = matches!(error, CallError::Status { code: 400 | 404 | 410 | 422, .. });
            let trouble = SourceTrouble::of(&error, TroubleState::NeedsToken, now);
            if lapsed { Failed::Lapsed(trouble) } else { Failed::Trouble(trouble) }
        })?;
        let no_json = || SourceTrouble::new(TroubleState::Broken, "the answer is no whole JSON");
        serde_json::from_slice(&answer.body).map_err(|_| Failed::Trouble(no_json()))
    }

    /// The items of a page.
    fn items<'a>(&self, answer: &'a Value) -> Result<&'a [Value], SourceTrouble> {
        let pointer = &self.config.list;
        let broken = |found: &str| {
            let why = format!("list '{pointer}': {found}; wanted is a list");
            SourceTrouble::new(TroubleState::Broken, why)
        };
        match answer.pointer(pointer) {
            Some(Value::Array(items)) => Ok(&items[..items.len().min(ITEMS_MAX)]),
            Some(other) => Err(broken(kind_of(other))),
            None => Err(broken("not there")),
        }
    }

    /// Takes what is new or changed, oldest first; and whether the last item was, behind which more may be.
    fn take(&self, items: &[Value], cursor: &mut Cursor, now: Timestamp) -> (Vec<RawItem>, bool) {
        let since = self.since(now).filter(|_| !cursor.ran);
        let (mut out, mut fresh) = (Vec::new(), false);
        for item in items {
            fresh = false;
            match self.mapping.map(item, now) {
                Ok(mapped) => {
                    cursor.seen = cursor.seen.max(Some(mapped.posted_at.millis()));
                    if let Some(raw) = self.taken(mapped, cursor, now, &mut fresh)
                        && since.is_none_or(|since| raw.0 >= since)
                    {
                        out.push(raw);
                    }
                }
                Err(why) => {
                    let raw = item.to_string();
                    let name = hash(&["unmapped", &raw]);
                    if cursor.taken.meet(name, 0) == Met::New {
                        fresh = true;
                        cursor.taken.keep(name, 0, now);
                        let place = format!("{}/unmapped/{name:016x}", self.name);
                        let raw = RawItem::unmapped(place, &self.config.platform, &why, &raw);
                        out.push((now, raw));
                    }
                }
            }
        }
        out.sort_by_key(|(at, _)| *at);
        (out.into_iter().map(|(_, raw)| raw).collect(), fresh)
    }

    /// An item as it goes into the inbox, if it is new or changed.
    fn taken(
        &self,
        mapped: Mapped,
        cursor: &mut Cursor,
        now: Timestamp,
        fresh: &mut bool,
    ) -> Option<(Timestamp, RawItem)> {
        let edited = match cursor.taken.meet(mapped.name, mapped.words) {
            Met::Same => {
                cursor.taken.touch(mapped.name);
                return None;
            }
            Met::New => None,
            Met::Changed { before } => {
                Some(mapped.edited_at.filter(|at| *at > before && *at <= now).unwrap_or(now))
            }
        };
        *fresh = true;
        cursor.taken.keep(mapped.name, mapped.words, edited.unwrap_or(mapped.posted_at));
        let mut post = mapped.post;
        post.edited_at = edited.filter(|_| !post.deleted).map(Timestamp::rfc3339);
        let place = format!("{}/{}", self.name, post.external_id);
        Some((mapped.posted_at, RawItem::of(place, &post, mapped.posted_at)))
    }
}

/// How a page could not be had.
enum Failed {
    /// The word for the page is not known, or no longer.
    Lapsed(SourceTrouble),
    /// Anything else.
    Trouble(SourceTrouble),
}

fn headers(configs: &[HeaderConfig]) -> Result<Vec<(HeaderName, HeaderValue)>, String> {
    let one = |config: &HeaderConfig| {
        let wrong = |what: &str| format!("http.headers: '{}': {what}", config.name);
        let name =
            HeaderName::from_bytes(config.name.as_bytes()).ok().filter(|_| is_free_header(&config.name));
        let name = name.ok_or_else(|| wrong("it cannot be set"))?;
        let value = config.value.as_ref().ok_or_else(|| wrong("it needs value or value_file"))?;
        let value = HeaderValue::from_str(value.expose_secret().trim())
            .map_err(|_| wrong("its value fits in no header"))?;
        Ok((name, value))
    };
    configs.iter().map(one).collect()
}

#[async_trait]
impl Poll for Polled {
    fn every(&self) -> Span {
        Span::seconds(self.config.every_seconds.clamp(1, 86_400))
    }

    fn streams(&self) -> Vec<String> {
        vec![String::new()]
    }

    async fn poll(&self, _stream: &str, cursor: Option<&str>) -> Result<Batch, SourceTrouble> {
        let before = cursor.and_then(|c| serde_json::from_str::<Cursor>(c).ok());
        let mut next = before.clone().unwrap_or_default();
        let answer = match self.ask(&next).await {
            // The word for the page has lapsed: from the front, past what is known.
            Err(Failed::Lapsed(_)) if next.at.is_some() => {
                next = Cursor { at: None, pages: 0, gap: next.ran, ..next };
                self.ask(&next).await
            }
            other => other,
        };
        let answer = answer.map_err(|failed| match failed {
            Failed::Lapsed(trouble) | Failed::Trouble(trouble) => trouble,
        })?;
        let now = self.clock.now();
        let listed = self.items(&answer)?;
        let (items, fresh) = self.take(listed, &mut next, now);
        let following = self.pages.following(&self.url, next.at.as_ref(), &answer, listed.len());
        let following = following.map_err(|why| SourceTrouble::new(TroubleState::Broken, why))?;
        let (more, note) = self.go_on(&mut next, following, fresh);
        *self.aside.lock().unwrap_or_else(PoisonError::into_inner) = Aside { note, rest: Span(0) };
        let changed = before.as_ref() != Some(&next);
        // Hashes, numbers and texts, all of which JSON can write.
        let cursor = changed.then(|| serde_json::to_string(&next).unwrap_or_default());
        Ok(Batch { items, cursor, more })
    }

    fn aside(&self, _stream: &str) -> Aside {
        self.aside.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Polled {
    /// Whether this look goes on, where, and what is to know if it ends too early.
    fn go_on(&self, next: &mut Cursor, following: Option<At>, fresh: bool) -> (bool, Option<String>) {
        next.pages = next.pages.saturating_add(1);
        let forward = self.pages.is_forward();
        let known = !forward && !fresh && !next.gap;
        // Of a list that begins with what is newest the first look reads one page: the rest is history.
        let enough = !forward && (!next.ran || next.pages >= self.pages.most());
        match following {
            Some(at) if !known && !enough => {
                next.at = Some(at);
                (true, None)
            }
            following => {
                let cut = enough && next.ran && !known && following.is_some();
                let note =
                    cut.then(|| format!("one look was not enough: it ended after {} pages", next.pages));
                let newest = next.newest.max(next.seen);
                let at = if forward { following.or(next.at.take()) } else { None };
                *next = Cursor {
                    at,
                    pages: 0,
                    gap: cut,
                    ran: true,
                    newest,
                    seen: None,
                    taken: std::mem::take(&mut next.taken),
                };
                (false, note)
            }
        }
    }
}

impl Source for Polled {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "http"
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

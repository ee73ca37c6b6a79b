//! Public tag timelines of Mastodon and servers that speak its API, read without an account.
//!
//! A timeline is read forward from a cursor, page by page, until it is empty. The id of a status
//! follows the time its author's server gives, so a post that arrives late stands *behind* newer
//! ones: every look therefore begins a quarter of an hour back, and what was handed over already is
//! left out. What arrives later than that is missed by this server; following several servers
//! helps. A tag timeline shows only posts that reached the server. Built from Mastodon's published
//! documentation (as of July 2026); never reached while building.
//!
//! Whether a post still stands is asked of the server on which it was found (`/api/v1/statuses/:id`), for its number holds
//! there alone: another one, or one that is no longer followed, knows nothing of it. That one is gone is believed only of
//! a server that has shown another in this way before: some tell strangers of none.

use super::config::MastodonTagsConfig;
use super::fediverse::cursor::{Cursor, Seen, order};
use super::fediverse::links::Edges;
use super::fediverse::status::Status;
use super::fediverse::{further, list};
use super::known::Known;
use super::reply::PostRef;
use super::sweep::only_unseen;
use super::{Batch, Outside, Poll, RawItem, Source, SourceTrouble, Tally, TroubleState, Words};
use super::{Recheck, Standing, Sweep, SweptPage, Unseen};
use crate::clock::Clock;
use crate::domain::post::RawPost;
use crate::domain::time::{Span, Timestamp};
use crate::http_client::{Answer, Budget, Call, CallError, HttpClient};
use async_trait::async_trait;
use std::collections::HashSet;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use url::Url;

/// How many statuses a page holds at most.
const PAGE: &str = "40";
/// How far back of the newest post every look begins.
const OVERLAP: Span = Span::minutes(15);
// Unwrapped while compiling: a zero would not build.
/// Calls a minute to one server; servers allow 60 and count by address.
const CALLS_A_MINUTE: NonZeroU32 = NonZeroU32::new(50).unwrap();
/// The same for looking again, so that the looks keep their share.
const AGAIN_A_MINUTE: NonZeroU32 = NonZeroU32::new(10).unwrap();
/// Most posts in one round of questions.
const AT_ONCE: usize = 5;

/// The tag timelines of some servers.
pub struct MastodonTags {
    name: String,
    counts_from: Option<Timestamp>,
    config: MastodonTagsConfig,
    http: HttpClient,
    clock: Arc<dyn Clock>,
    tags: Words,
    budget: Budget,
    again: Budget,
    /// Servers that have shown a post by its number.
    showing: Mutex<HashSet<String>>,
    tally: Tally,
    known: Known,
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
            again: Budget::new(outside.clock.clone(), AGAIN_A_MINUTE, Span::minutes(1)),
            showing: Mutex::default(),
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

    /// Asks for one page, within the budget of the server; `edge` is where it begins or ends.
    async fn page(
        &self,
        server: &str,
        tag: &str,
        edge: Option<(&str, &str)>,
    ) -> Result<Answer, SourceTrouble> {
        let mut query = vec![("limit", PAGE)];
        query.extend(edge);
        let answer = self.ask(server, &["timelines", "tag", tag], &query, &self.budget).await?;
        answer.map_err(|e| SourceTrouble::of(&e, TroubleState::NeedsToken, self.clock.now()))
    }

    /// Asks a server within a budget; the outer failure is one of ours.
    async fn ask(
        &self,
        server: &str,
        path: &[&str],
        query: &[(&str, &str)],
        budget: &Budget,
    ) -> Result<Result<Answer, CallError>, SourceTrouble> {
        let broken = || SourceTrouble::new(TroubleState::Broken, format!("'{server}' is no web address"));
        let mut url = Url::parse(server).map_err(|_| broken())?;
        url.path_segments_mut().map_err(|()| broken())?.pop_if_empty().extend(["api", "v1"]).extend(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let key = format!("public@{}", url.host_str().unwrap_or_default());
        let now = self.clock.now();
        budget.take(&key).map_err(|until| SourceTrouble::spent(until, now))?;
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
            self.again.close(&key, now.plus(wait));
        }
        Ok(answer)
    }

    fn shows(&self, server: &str) {
        self.showing.lock().unwrap_or_else(PoisonError::into_inner).insert(server.to_owned());
    }

    fn has_shown(&self, server: &str) -> bool {
        self.showing.lock().unwrap_or_else(PoisonError::into_inner).contains(server)
    }

    /// How a post stands, by the server that gave it its number.
    async fn stands(&self, asked: &PostRef) -> Result<Standing, SourceTrouble> {
        let Some((of, id)) = asked.local_id.as_deref().and_then(|l| l.split_once('/')) else {
            return Ok(Standing::Unknown);
        };
        let (mut absent, mut unsure) = (false, false);
        let several = self.config.servers.len() > 1;
        for server in self.config.servers.iter().filter(|server| host(server) == of) {
            match self.ask(server, &["statuses", id], &[], &self.again).await? {
                Ok(answer) => {
                    let Ok(status) = serde_json::from_slice::<Status>(&answer.body) else {
                        unsure = true;
                        continue;
                    };
                    self.shows(server);
                    if status.identity().as_deref() == Some(asked.external_id.as_str()) {
                        let (post, _) = read(&status, of, self.clock.now());
                        return Ok(Standing::Stands(Box::new(post)));
                    }
                }
                Err(CallError::Status { code: 404 | 410, .. }) if self.has_shown(server) => absent = true,
                Err(CallError::Status { code: 400..=428 | 430..=499, .. }) => unsure = true,
                // One that is down keeps nobody from looking at the others'; its posts have their turn again.
                Err(error) if several && !matches!(error, CallError::Status { code: 429, .. }) => {
                    unsure = true;
                }
                Err(error) => {
                    return Err(SourceTrouble::of(&error, TroubleState::NeedsToken, self.clock.now()));
                }
            }
        }
        Ok(if absent && !unsure { Standing::Gone } else { Standing::Unknown })
    }
}

/// A status in our form. Its number is kept with the server's name, for it holds nowhere else.
fn read(status: &Status, host: &str, now: Timestamp) -> (RawPost, Timestamp) {
    let (mut post, at) = status.post(host, now);
    post.local_id = post.local_id.map(|id| format!("{host}/{id}"));
    (post, at)
}

/// The statuses of a page, newest first as they come; what cannot be read as one comes as it is.
fn statuses(body: &[u8]) -> Result<Vec<Result<Status, String>>, SourceTrouble> {
    let list = list(body)
        .ok_or_else(|| SourceTrouble::new(TroubleState::Broken, "the answer is no list of posts"))?;
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
        let (server, tag) = server_and_tag(stream)?;
        self.known.confirm(stream, cursor);
        let asked = Cursor::parse(cursor);
        let min_id = asked.as_ref().map(|c| ("min_id", c.min_id()));
        let answer = self.page(server, tag, min_id).await?;
        let now = self.clock.now();
        let host = host(server);
        let mut page = Page::default();
        for status in statuses(&answer.body)? {
            let known = |id: &str| self.known.holds(stream, id);
            page.take(status, &known, &host, now);
        }
        let newer = Edges::read(&answer.headers).newer;
        let (next, more) = if newer.is_some() || asked.as_ref().is_some_and(Cursor::is_linked) {
            // They came newest first.
            page.seen.ends = page.seen.ends.map(|(first, last)| (last, first));
            Cursor::led(asked, &page.seen, newer.as_deref(), OVERLAP, now)
        } else {
            Cursor::behind(asked, &page.seen, OVERLAP, now)
        };
        let next = next.stored();
        let next = next.filter(|n| Some(n.as_str()) != cursor);
        let with = next.clone().or_else(|| cursor.map(str::to_owned));
        self.known.hand(stream, with, page.handed);
        page.items.reverse();
        Ok(Batch { items: page.items, cursor: next, more })
    }
}

#[async_trait]
impl Sweep for MastodonTags {
    fn streams(&self) -> Vec<String> {
        Poll::streams(self)
    }

    async fn page(
        &self,
        stream: &str,
        from: Timestamp,
        page: Option<&str>,
        unseen: &dyn Unseen,
    ) -> Result<SweptPage, SourceTrouble> {
        let (server, tag) = server_and_tag(stream)?;
        let answer = MastodonTags::page(self, server, tag, page.map(|id| ("max_id", id))).await?;
        let (now, host) = (self.clock.now(), host(server));
        // What cannot be read was put aside when it was first seen.
        let listed: Vec<Status> = statuses(&answer.body)?.into_iter().flatten().collect();
        // Of a page of which every row is held back only where it leads is shown; it must lead back.
        let falls = |id: &str| page.is_none_or(|page| order(id) < order(page));
        let led = Edges::read(&answer.headers).older;
        let led = led.filter(|id| Some(id.as_str()) != page && (!listed.is_empty() || falls(id)));
        let next =
            if listed.is_empty() { led } else { further(&listed, from).map(|last| led.unwrap_or(last)) };
        let mut found: Vec<_> = listed.into_iter().map(|s| (s.id.clone(), read(&s, &host, now))).collect();
        let shown = found.len();
        found.retain(|(_, (_, at))| *at >= from);
        let mut new = only_unseen(found, |(_, (post, _))| post, unseen).await?;
        new.reverse();
        let item =
            |(id, (post, at)): (String, (RawPost, Timestamp))| RawItem::of(format!("{host}/{id}"), &post, at);
        Ok(SweptPage { shown, items: new.into_iter().map(item).collect(), next })
    }
}

#[async_trait]
impl Recheck for MastodonTags {
    fn at_once(&self) -> usize {
        AT_ONCE
    }

    async fn standing(&self, posts: &[PostRef]) -> Result<Vec<Standing>, SourceTrouble> {
        let mut found = Vec::new();
        for post in posts {
            found.push(self.stands(post).await?);
        }
        Ok(found)
    }
}

fn server_and_tag(stream: &str) -> Result<(&str, &str), SourceTrouble> {
    let parts = stream.split_once('#');
    parts.ok_or_else(|| SourceTrouble::new(TroubleState::Broken, "a stream is SERVER#TAG"))
}

fn host(server: &str) -> String {
    Url::parse(server).ok().and_then(|u| u.host_str().map(str::to_owned)).unwrap_or_default()
}

/// What one page held.
#[derive(Default)]
struct Page {
    items: Vec<RawItem>,
    handed: Vec<String>,
    seen: Seen,
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
                let item = RawItem::raw(format!("{host}/unreadable"), raw.into_bytes());
                return self.items.push(item);
            }
        };
        let id = status.id.clone();
        self.seen.note(&id);
        if !known(&id) {
            let (post, at) = read(&status, host, now);
            self.items.push(RawItem::of(format!("{host}/{id}"), &post, at));
            self.handed.push(id);
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

    fn sweep(&self) -> Option<&dyn Sweep> {
        Some(self)
    }

    fn recheck(&self) -> Option<&dyn Recheck> {
        Some(self)
    }

    fn take_calls(&self) -> Vec<(String, i64)> {
        self.tally.take()
    }
}

//! Reading: what is said to the account, and what the account itself says.
//!
//! Notifications are read forward, page by page, until nothing more comes; also those that the
//! server holds back from people (`include_filtered`), since a customer in trouble is often a new
//! account. The server numbers them itself as they arrive, so a few minutes of overlap are plenty. A
//! notification whose status is gone is passed over; kinds that we do not know are too. Hashtags are
//! read in the same way, with the account's token, where the settings name some.

use super::super::fediverse::cursor::{BEGINNING, Cursor, Seen, order};
use super::super::fediverse::lenient;
use super::super::fediverse::links::Edges;
use super::super::fediverse::status::{Account, Status};
use super::super::sweep::only_unseen;
use super::super::{Batch, Poll, RawItem, SourceTrouble, Sweep, SweptPage, TroubleState, Unseen};
use super::Mastodon;
use super::client::{Failed, PER, READS, Share};
use super::lists::{self, HOME, SEARCH};
use super::threads::Placed;
use crate::domain::post::RawPost;
use crate::domain::time::{Span, Timestamp};
use crate::http_client::{Answer, CallError, NotSent};
use async_trait::async_trait;
use http::Method;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What is said to us.
pub const NOTIFICATIONS: &str = "notifications";
/// What we say.
pub const OWN: &str = "own";
/// What carries a hashtag; its name follows.
pub const TAG: &str = "tag/";
/// Under which nothing was ever handed over: what a sweep found is not known.
const SWEPT: &str = "swept";
/// How far back of the newest every look begins.
const OVERLAP: Span = Span::minutes(5);
/// The same of all else: there posts stand by the time of their author's server, however late they arrive, and a search
/// knows them later still.
const TAG_OVERLAP: Span = Span::minutes(15);
/// The kinds of notifications that are about somebody's words.
const KINDS: [&str; 4] = ["mention", "quote", "update", "quoted_update"];
/// Most threads that are asked for while one page is read; the rest of the page is read again.
const THREADS_MAX: usize = 30;

/// A notification as it comes.
#[derive(Deserialize)]
struct Notification<'a> {
    #[serde(deserialize_with = "lenient::id")]
    id: String,
    #[serde(rename = "type", default, deserialize_with = "lenient::text")]
    kind: String,
    #[serde(default, deserialize_with = "lenient::maybe")]
    created_at: Option<String>,
    #[serde(borrow, default)]
    status: Option<&'a RawValue>,
}

/// One row of a page, read as far as it can be.
pub(super) enum Row {
    /// Nothing for us; only its place counts.
    Passed { id: String },
    /// A status.
    Post { id: String, status: Box<Status>, addressed: bool, first_seen: Timestamp },
    /// It cannot be read.
    Junk { id: Option<String>, raw: String },
}

impl Row {
    fn id(&self) -> Option<&str> {
        match self {
            Self::Passed { id } | Self::Post { id, .. } => Some(id),
            Self::Junk { id, .. } => id.as_deref(),
        }
    }

    /// The time by which it stands in its list: when the server told of it, or the status's own.
    fn listed_at(&self, stream: &str) -> Option<Timestamp> {
        match self {
            Self::Post { first_seen, .. } if stream == NOTIFICATIONS => Some(*first_seen),
            Self::Post { status, .. } => status.claimed(),
            Self::Passed { .. } | Self::Junk { .. } => None,
        }
    }

    /// The status in our form, without its place in a conversation.
    fn post(&self, host: &str) -> Option<RawPost> {
        match self {
            Self::Post { status, first_seen, .. } => Some(status.post(host, *first_seen).0),
            Self::Passed { .. } | Self::Junk { .. } => None,
        }
    }

    pub(super) fn of_notification(raw: &RawValue, me: &Account, now: Timestamp) -> Self {
        let Ok(n) = serde_json::from_str::<Notification<'_>>(raw.get()) else {
            return Self::Junk { id: None, raw: raw.get().to_owned() };
        };
        let Some(status) = n.status.filter(|_| KINDS.contains(&n.kind.as_str())) else {
            return Self::Passed { id: n.id };
        };
        match serde_json::from_str::<Status>(status.get()) {
            Ok(status) => {
                // An edit is told to who passed the post on, too; that does not address us.
                let addressed = matches!(n.kind.as_str(), "mention" | "quote") || status.addresses(&me.id);
                let told = n.created_at.as_deref().and_then(|t| Timestamp::parse(t).ok());
                let first_seen = told.unwrap_or(now).min(now);
                Self::Post { id: n.id, status: Box::new(status), addressed, first_seen }
            }
            Err(_) => Self::Junk { id: Some(n.id), raw: status.get().to_owned() },
        }
    }

    /// A status of a list that stands by the times of servers: our own, and what carries a tag.
    pub(super) fn of_tagged(raw: &RawValue, me: &Account, now: Timestamp) -> Self {
        match serde_json::from_str::<Status>(raw.get()) {
            Ok(status) if status.account.id != me.id => {
                let addressed = status.addresses(&me.id);
                Self::Post { id: status.id.clone(), status: Box::new(status), addressed, first_seen: now }
            }
            _ => Self::of_own(raw, now),
        }
    }

    pub(super) fn of_own(raw: &RawValue, now: Timestamp) -> Self {
        match serde_json::from_str::<Status>(raw.get()) {
            Ok(status) if status.reblog.as_ref().is_some_and(|r| !r.is_null()) => {
                Self::Passed { id: status.id }
            }
            Ok(status) => {
                // Our own server gave the time.
                let first_seen = status.claimed().unwrap_or(now).min(now);
                Self::Post { id: status.id.clone(), status: Box::new(status), addressed: false, first_seen }
            }
            Err(_) => Self::Junk { id: None, raw: raw.get().to_owned() },
        }
    }
}

/// What one page gave.
#[derive(Default)]
pub(super) struct Page {
    pub(super) items: Vec<RawItem>,
    pub(super) handed: Vec<String>,
    seen: Seen,
    threads: usize,
}

impl Page {
    /// Whether it was left before its end.
    pub(super) const fn is_cut(&self) -> bool {
        self.seen.cut
    }
}

/// The page ends here, to be read on later.
enum Stop {
    /// Enough threads were asked for.
    Enough,
    /// Nothing more can be asked at present.
    Failed(Failed),
}

/// How long must lie between two looks, so that notifications, own posts and all hashtags together stay within four
/// fifths of what reading may use; the rest is for pages, threads and the second look.
fn least_between(tags: usize) -> Span {
    let calls = i64::try_from(tags).unwrap_or(i64::MAX).saturating_add(2);
    let budget = i64::from(READS.get()) * 4 / 5;
    Span(PER.millis().saturating_mul(calls) / budget)
}

#[async_trait]
impl Poll for Mastodon {
    fn every(&self) -> Span {
        // Notifications and own posts are counted already.
        self.every.max(least_between(Poll::streams(self).len().saturating_sub(2)))
    }

    fn streams(&self) -> Vec<String> {
        let tags = self.tags.iter().map(|t| format!("{TAG}{t}"));
        [NOTIFICATIONS.to_owned(), OWN.to_owned()].into_iter().chain(self.lists()).chain(tags).collect()
    }

    async fn poll(&self, stream: &str, cursor: Option<&str>) -> Result<Batch, SourceTrouble> {
        self.known.confirm(stream, cursor);
        let trouble = |failed: Failed| self.client.trouble(&failed);
        // What is said to us waits for nothing but whose token it is; the next list learns what the server takes.
        let me = match stream {
            NOTIFICATIONS => self.profile.whose(&self.client, Share::Reading).await,
            _ => self.profile.know(&self.client, Share::Reading).await,
        };
        let me = me.map_err(trouble)?;
        let asked = Cursor::parse(cursor);
        // Some number lists from one and refuse to be asked for what comes before; they show their newest then.
        let from_zero = self.profile.instance().kind.from_zero;
        let min_id = asked.as_ref().map(Cursor::min_id).filter(|id| from_zero || *id != BEGINNING);
        let answer = match stream {
            NOTIFICATIONS => {
                let edge = min_id.map(|id| ("min_id", id));
                let ((), told) = tokio::join!(self.watch_rights(), self.notifications(edge));
                told.map_err(trouble)?
            }
            OWN => self.own_statuses(&me, min_id).await.map_err(trouble)?,
            _ => self.tagged(stream, min_id.map(|id| ("min_id", id))).await?,
        };
        let now = self.client.now();
        let Some(raws) = lists::rows(stream, &answer.body) else { return Err(trouble(Failed::Unreadable)) };
        let read = |raw: &&RawValue| match stream {
            NOTIFICATIONS => Row::of_notification(raw, &me, now),
            OWN => Row::of_own(raw, now),
            _ => self.listed(stream, raw, &me, now),
        };
        let mut rows: Vec<Row> = raws.iter().map(read).collect();
        let newer = Edges::read(&answer.headers).newer;
        let is_led = newer.is_some() || asked.as_ref().is_some_and(Cursor::is_linked);
        if is_led {
            oldest_first(stream, newer.as_deref(), &mut rows);
        } else {
            rows.sort_by(|a, b| a.id().map(order).cmp(&b.id().map(order)));
        }
        let page = self.page(stream, rows, &me).await.map_err(trouble)?;
        let (next, more) = if is_led {
            Cursor::led(asked, &page.seen, newer.as_deref(), overlap(stream), now)
        } else {
            Cursor::behind(asked, &page.seen, overlap(stream), now)
        };
        let next = next.stored().filter(|n| Some(n.as_str()) != cursor);
        let with = next.clone().or_else(|| cursor.map(str::to_owned));
        self.known.hand(stream, with, page.handed);
        Ok(Batch { items: page.items, cursor: next, more })
    }
}

#[async_trait]
impl Sweep for Mastodon {
    fn streams(&self) -> Vec<String> {
        let tags = self.tags.iter().map(|t| format!("{TAG}{t}"));
        std::iter::once(NOTIFICATIONS.to_owned()).chain(self.lists()).chain(tags).collect()
    }

    /// The server numbers notifications as they arrive, so their own times tell where to end; how old the
    /// status of one is does not.
    async fn page(
        &self,
        stream: &str,
        from: Timestamp,
        page: Option<&str>,
        unseen: &dyn Unseen,
    ) -> Result<SweptPage, SourceTrouble> {
        let trouble = |failed: Failed| self.client.trouble(&failed);
        let me = self.profile.know(&self.client, Share::Reading).await.map_err(trouble)?;
        let edge = page.map(|id| ("max_id", id));
        let answer = match stream {
            NOTIFICATIONS => self.notifications(edge).await.map_err(trouble)?,
            _ => self.tagged(stream, edge).await?,
        };
        let now = self.client.now();
        let Some(raws) = lists::rows(stream, &answer.body) else { return Err(trouble(Failed::Unreadable)) };
        let read = |raw: &&RawValue| match stream {
            NOTIFICATIONS => Row::of_notification(raw, &me, now),
            _ => self.listed(stream, raw, &me, now),
        };
        let rows: Vec<Row> = raws.iter().map(read).collect();
        let shown = rows.len();
        let youngest = rows.iter().filter_map(|row| row.listed_at(stream)).max();
        let last = rows.iter().filter_map(Row::id).min_by(|a, b| order(a).cmp(&order(b))).map(str::to_owned);
        // Of a page of which every row is held back only where it leads is shown; it must lead back.
        let falls = |id: &str| page.is_none_or(|page| order(id) < order(page));
        let led = Edges::read(&answer.headers).older;
        let led = led.filter(|id| Some(id.as_str()) != page && (shown > 0 || falls(id)));
        let next = led.or(last).filter(|_| youngest.is_none_or(|at| at >= from));
        let host = self.client.host();
        let read = rows.into_iter().filter(|row| row.listed_at(stream).is_some_and(|at| at >= from));
        let posts = read.filter_map(|row| Some((row.post(host)?, row))).collect();
        let new = only_unseen(posts, |(post, _)| post, unseen).await?;
        let rows = new.into_iter().rev().map(|(_, row)| row).collect();
        let found = Mastodon::page(self, SWEPT, rows, &me).await.map_err(trouble)?;
        Ok(SweptPage { shown, items: found.items, next })
    }
}

impl Mastodon {
    /// A page of notifications; `edge` is where it begins or ends.
    async fn notifications(&self, edge: Option<(&'static str, &str)>) -> Result<Answer, Failed> {
        let ask = async |kinds: bool| {
            let mut query = vec![("limit", "80"), ("include_filtered", "true")];
            query.extend(KINDS.iter().filter(|_| kinds).map(|k| ("types[]", *k)));
            query.extend(edge);
            let call = self.client.call(Method::GET, &["v1", "notifications"], &query);
            self.client.send(Share::Reading, call).await
        };
        let kinds = self.asks_by_kind.load(Ordering::Relaxed);
        match ask(kinds).await {
            // Some servers refuse kinds that they do not know; ours are told apart here anyway.
            Err(failed) if kinds && matches!(failed.status(), Some(400 | 422)) => {
                let answer = ask(false).await?;
                self.asks_by_kind.store(false, Ordering::Relaxed);
                Ok(answer)
            }
            answer => answer,
        }
    }

    /// A page of the home, of what holds a word or carries a tag; `edge` is where it begins or ends.
    async fn tagged(
        &self,
        stream: &str,
        edge: Option<(&'static str, &str)>,
    ) -> Result<Answer, SourceTrouble> {
        let word = stream.strip_prefix(SEARCH).map(lists::quoted);
        let mut query = vec![("limit", "40")];
        query.extend(edge);
        let path = match (&word, stream.strip_prefix(TAG)) {
            (Some(word), _) => {
                query.extend([("q", word.as_str()), ("type", "statuses"), ("resolve", "false")]);
                vec!["v2", "search"]
            }
            (None, Some(tag)) => vec!["v1", "timelines", "tag", tag],
            (None, None) if stream == HOME => vec!["v1", "timelines", "home"],
            (None, None) => {
                return Err(SourceTrouble::new(TroubleState::Broken, "there is no such stream"));
            }
        };
        let call = self.client.call(Method::GET, &path, &query);
        let answer = self.client.send(Share::Reading, call).await;
        answer.map_err(|failed| self.client.trouble(&failed))
    }

    async fn own_statuses(&self, me: &Account, min_id: Option<&str>) -> Result<Answer, Failed> {
        let mut query = vec![("limit", "40"), ("exclude_reblogs", "true")];
        query.extend(min_id.map(|id| ("min_id", id)));
        let call = self.client.call(Method::GET, &["v1", "accounts", &me.id, "statuses"], &query);
        self.client.send(Share::Reading, call).await
    }

    /// Takes the rows of a page, oldest first, as far as their threads can be asked for.
    pub(super) async fn page(&self, stream: &str, rows: Vec<Row>, me: &Arc<Account>) -> Result<Page, Failed> {
        let mut page = Page::default();
        for row in rows {
            let id = row.id().map(ToOwned::to_owned);
            match self.row(stream, row, me, &mut page).await {
                Ok(()) => id.iter().for_each(|id| page.seen.note(id)),
                Err(Stop::Failed(failed)) if page.seen.newest.is_none() => return Err(failed),
                Err(Stop::Failed(_) | Stop::Enough) => {
                    page.seen.cut = true;
                    break;
                }
            }
        }
        Ok(page)
    }

    async fn row(&self, stream: &str, row: Row, me: &Account, page: &mut Page) -> Result<(), Stop> {
        let host = self.client.host();
        let (id, status, addressed, first_seen) = match row {
            Row::Passed { .. } => return Ok(()),
            Row::Junk { raw, .. } => {
                // Without a number of its own it is known again by what it says.
                let mut hasher = DefaultHasher::new();
                raw.hash(&mut hasher);
                let key = format!("junk/{:x}", hasher.finish());
                if !self.known.holds(stream, &key) {
                    page.handed.push(key);
                    let place = format!("{host}/unreadable");
                    page.items.push(RawItem::raw(place, raw.into_bytes()));
                }
                return Ok(());
            }
            Row::Post { id, status, addressed, first_seen } => (id, status, addressed, first_seen),
        };
        let (mut post, at) = status.post(host, first_seen);
        // An edit shows in the old notification: it is known with the time of its last edit.
        let key = format!("{id}/{}", post.edited_at.as_deref().unwrap_or_default());
        if self.known.holds(stream, &key) {
            return Ok(());
        }
        let placed = self.placed(stream, &status, at, me, page).await?;
        settle(&mut post, placed);
        post.own = status.account.id == me.id;
        post.addressed = addressed && !post.own;
        page.items.push(RawItem::of(format!("{host}/{}", status.id), &post, at));
        page.handed.extend([key, shown(&status.id)]);
        Ok(())
    }

    /// Where a status stands; what stands above it goes along.
    async fn placed(
        &self,
        stream: &str,
        status: &Status,
        at: Timestamp,
        me: &Account,
        page: &mut Page,
    ) -> Result<Placed, Stop> {
        let Some(parent) = status.answers() else {
            if let Some(quoted) = status.quoted() {
                // Where it was met in its thread it stays there.
                let placed = self.threads.remembered(&quoted).unwrap_or_else(|| self.threads.alone(&quoted));
                self.beside(stream, &quoted, placed, at, me, page);
            }
            return Ok(self.threads.alone(status));
        };
        // What stands above was stored before, or is not needed to know whom we answered.
        let above_is_there = stream == OWN
            || self.known.holds(stream, &shown(&parent))
            || page.handed.contains(&shown(&parent));
        if above_is_there && let Some(placed) = self.threads.remembered(status) {
            return Ok(placed);
        }
        if page.threads == THREADS_MAX {
            return Err(Stop::Enough);
        }
        page.threads += 1;
        let thread = match self.threads.ask(&self.client, status).await {
            Ok(thread) => thread,
            Err(failed) if passes(&failed) => return Err(Stop::Failed(failed)),
            Err(_) => return Ok(self.threads.alone(status)),
        };
        for (above, placed) in thread.above {
            self.beside(stream, &above, placed, at, me, page);
        }
        Ok(thread.placed)
    }

    /// Hands along what a status of this time answers or quotes, unless it was handed over before.
    fn beside(
        &self,
        stream: &str,
        above: &Status,
        placed: Placed,
        at: Timestamp,
        me: &Account,
        page: &mut Page,
    ) {
        let (host, key) = (self.client.host(), shown(&above.id));
        if above.id.is_empty() || self.known.holds(stream, &key) || page.handed.contains(&key) {
            return;
        }
        let own = above.account.id == me.id;
        // What somebody said to their followers was not said to us, though we may follow them.
        if above.is_for_few() && !own && !matches!(stream, NOTIFICATIONS | OWN) {
            return;
        }
        // What is answered was there before; our own server's time of our own post is its time.
        let seen = if own { above.claimed().unwrap_or(at).min(at) } else { at };
        let (mut post, posted_at) = above.post(host, seen);
        settle(&mut post, placed);
        (post.own, post.context) = (own, !own);
        page.items.push(RawItem::of(format!("{host}/{}", above.id), &post, posted_at));
        page.handed.push(key);
    }
}

/// Turns the rows of a page whose ids tell nothing: lists come newest first, unless the server says that the last one is
/// the newest, or their times do; what came late has an old time, so that times alone may mislead.
fn oldest_first(stream: &str, newer: Option<&str>, rows: &mut [Row]) {
    let at = |row: Option<&Row>| row.and_then(|row| row.listed_at(stream));
    let is_newest = |row: Option<&Row>| newer.is_some() && row.and_then(Row::id) == newer;
    let (first, last) = (rows.first(), rows.last());
    let rises = if is_newest(first) || is_newest(last) {
        !is_newest(first)
    } else {
        matches!((at(first), at(last)), (Some(first), Some(last)) if first < last)
    };
    if !rises {
        rows.reverse();
    }
}

fn overlap(stream: &str) -> Span {
    if matches!(stream, NOTIFICATIONS | OWN) { OVERLAP } else { TAG_OVERLAP }
}

/// The name under which a status is known that was handed over.
fn shown(id: &str) -> String {
    format!("status/{id}")
}

fn settle(post: &mut RawPost, placed: Placed) {
    post.conversation_id = placed.conversation;
    post.in_reply_to = placed.in_reply_to;
}

/// Whether a failure will pass, so that waiting for the thread loses nothing; whatever may fail
/// again each time must not hold up the mention.
fn passes(failed: &Failed) -> bool {
    match failed {
        Failed::Spent(_) => true,
        Failed::Call(CallError::NotSent { cause, .. }) => matches!(cause, NotSent::Dns | NotSent::Connect),
        failed => failed.status() == Some(429),
    }
}

//! Reading a channel: its newest threads page by page down to where the last look ended, and how many replies the
//! threads of the last days have by now.

use super::Youtube;
use super::client::Failed;
use super::comment::{Comment, CommentPage, Thread, ThreadPage};
use super::units::Share;
use crate::domain::time::{Span, Timestamp};
use crate::sources::taken::{Met, Taken, hash};
use crate::sources::{Batch, Poll, RawItem, SourceTrouble};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Threads on a page.
pub(super) const PAGE: &str = "100";
/// Most pages of one look.
const PAGES_MAX: u32 = 40;
/// How many threads are asked for their replies at once.
const ASKED_AT_ONCE: usize = 50;
/// How long a thread is asked after its last news, and how many at most.
const ASKED_FOR: Span = Span::days(14);
const ASKED_MAX: usize = 500;
/// How much later than it was written a reply may be shown.
const LAG: Span = Span::hours(1);
/// How old a reply may be that took the place of another since the thread was asked last; by the usual looks that is within a
/// day. Of older ones it may be forgotten by now that they were taken.
const FRESH: Span = Span::days(1);
/// Most pages of replies of one thread in one look.
const REPLY_PAGES_MAX: u32 = 3;
pub(super) const WITHIN: Span = Span::seconds(12);

/// A thread that may get replies: how many were seen, and when it last had news.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Watched(u32, i64);

/// Where the stream was left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Cursor {
    /// The newest comment that looks which came to their end have seen.
    top: i64,
    /// The page at which this look goes on, and the newest comment that it has seen.
    at: Option<(String, i64)>,
    pages: u32,
    taken: Taken,
    threads: BTreeMap<String, Watched>,
    /// The thread after which the next batch is asked for.
    asked: String,
}

#[async_trait]
impl Poll for Youtube {
    fn every(&self) -> Span {
        self.every
    }

    fn streams(&self) -> Vec<String> {
        vec![String::new()]
    }

    async fn poll(&self, _stream: &str, cursor: Option<&str>) -> Result<Batch, SourceTrouble> {
        let trouble = |failed: Failed| self.client.trouble(&failed);
        let before = cursor.and_then(|c| serde_json::from_str::<Cursor>(c).ok());
        let is_first = before.is_none();
        let mut next = before.clone().unwrap_or_default();
        let token = next.at.as_ref().map(|(token, _)| token.clone());
        let page = match self.threads(token.as_deref()).await {
            // The word for a page lapses after a while: from the front, past what is known.
            Err(failed) if failed.status() == Some(400) && token.is_some() => {
                (next.at, next.pages) = (None, 0);
                self.threads(None).await
            }
            page => page,
        };
        let page = page.map_err(trouble)?;
        let now = self.client.now();
        let mut looked = Look { items: Vec::new(), page: BTreeSet::new(), now };
        let mut newest = 0;
        let mut oldest = i64::MAX;
        for value in page.items.iter().rev() {
            match Thread::deserialize(value) {
                Ok(thread) => {
                    let at = thread.snippet.top_level_comment.posted_at().unwrap_or(now).millis();
                    (newest, oldest) = (newest.max(at), oldest.min(at));
                    looked.page.insert(thread.id.clone());
                    self.take_thread(&thread, &mut next, &mut looked).await.map_err(trouble)?;
                }
                Err(_) => looked.unreadable(&value.to_string(), &mut next.taken),
            }
        }
        let more = go_on(&mut next, page.next_page_token, (newest, oldest), is_first);
        // What the page brought is not held back for it: the next look asks again.
        if !more
            && let Err(failed) = self.ask_again(&mut next, &mut looked).await
            && looked.items.is_empty()
        {
            return Err(trouble(failed));
        }
        let changed = before.as_ref() != Some(&next);
        // Hashes, numbers and ids, all of which JSON can write.
        let cursor = changed.then(|| serde_json::to_string(&next).unwrap_or_default());
        Ok(Batch { items: looked.items, cursor, more })
    }
}

/// Notes where a look stands; whether it goes on.
fn go_on(next: &mut Cursor, page: Option<String>, (newest, oldest): (i64, i64), is_first: bool) -> bool {
    let top = next.at.as_ref().map_or(0, |(_, top)| *top).max(newest);
    next.pages = next.pages.saturating_add(1);
    let known = is_first || oldest <= next.top || next.pages >= PAGES_MAX;
    if let Some(token) = page.filter(|_| !known) {
        next.at = Some((token, top));
        true
    } else {
        (next.at, next.pages, next.top) = (None, 0, next.top.max(top));
        false
    }
}

/// Whether a thread shows a reply since an instant that was not taken: where one came and another went, there are as many
/// as before.
fn has_new_reply(thread: &Thread, since: Timestamp, taken: &Taken) -> bool {
    let from = since.minus(LAG);
    let shown = thread.replies.iter().flat_map(|r| &r.comments).filter_map(|v| Comment::deserialize(v).ok());
    let mut late = shown.filter(|c| c.posted_at().is_some_and(|at| at >= from) && !c.is_kept_back());
    late.any(|c| taken.meet(hash(&[&c.id]), 0) == Met::New)
}

/// What one look found.
struct Look {
    items: Vec<RawItem>,
    /// The threads on the page: as long as they stand there, how many replies they had is remembered, or the
    /// replies of old ones would be read anew with each look.
    page: BTreeSet<String>,
    now: Timestamp,
}

impl Look {
    fn unreadable(&mut self, raw: &str, taken: &mut Taken) {
        let name = hash(&["unreadable", raw]);
        if taken.meet(name, 0) == Met::New {
            taken.keep(name, 0, self.now);
            self.items.push(RawItem::unreadable(raw));
        }
    }
}

impl Youtube {
    /// A page of threads, newest first.
    pub(super) async fn threads(&self, page: Option<&str>) -> Result<ThreadPage, Failed> {
        let mut query = vec![
            ("part", "snippet,replies"),
            ("allThreadsRelatedToChannelId", self.channel.as_str()),
            ("order", "time"),
            ("maxResults", PAGE),
            ("textFormat", "plainText"),
        ];
        query.extend(page.map(|token| ("pageToken", token)));
        self.client.get(Share::Reading, "commentThreads", &query, WITHIN).await
    }

    /// Threads by their ids, with some of their replies.
    async fn threads_by_id(&self, ids: &str) -> Result<ThreadPage, Failed> {
        let query = [("part", "snippet,replies"), ("id", ids), ("textFormat", "plainText")];
        self.client.get(Share::Reading, "commentThreads", &query, WITHIN).await
    }

    /// A page of a thread's replies.
    pub(super) async fn replies(
        &self,
        share: Share,
        thread: &str,
        page: Option<&str>,
    ) -> Result<CommentPage, Failed> {
        let mut query = vec![
            ("part", "snippet"),
            ("parentId", thread),
            ("maxResults", PAGE),
            ("textFormat", "plainText"),
        ];
        query.extend(page.map(|token| ("pageToken", token)));
        self.client.get(share, "comments", &query, WITHIN).await
    }

    /// Takes what is new or changed of a thread, and its replies where there are more than were seen.
    async fn take_thread(&self, thread: &Thread, next: &mut Cursor, look: &mut Look) -> Result<(), Failed> {
        let (count, video) = (thread.snippet.total_reply_count, thread.snippet.video_id.as_deref());
        let first = &thread.snippet.top_level_comment;
        self.take_comment(first, video, &mut next.taken, look);
        let seen = next.threads.get(&thread.id).copied();
        let shown = thread.replies.iter().flat_map(|r| &r.comments).collect::<Vec<_>>();
        if count > seen.map_or(0, |w| w.0) && count as usize > shown.len() {
            self.take_replies(&thread.id, video, next, look).await?;
        } else {
            for value in shown {
                match Comment::deserialize(value) {
                    Ok(reply) => self.take_comment(&reply, video, &mut next.taken, look),
                    Err(_) => look.unreadable(&value.to_string(), &mut next.taken),
                }
            }
        }
        let news = if seen.is_some_and(|w| w.0 == count) {
            seen.map_or(0, |w| w.1)
        } else {
            first
                .posted_at()
                .unwrap_or(look.now)
                .max(if seen.is_some() { look.now } else { Timestamp(0) })
                .millis()
        };
        next.threads.insert(thread.id.clone(), Watched(count, news));
        Ok(())
    }

    async fn take_replies(
        &self,
        thread: &str,
        video: Option<&str>,
        next: &mut Cursor,
        look: &mut Look,
    ) -> Result<(), Failed> {
        let mut page: Option<String> = None;
        let mut found = Vec::new();
        for _ in 0..REPLY_PAGES_MAX {
            let answer = match self.replies(Share::Reading, thread, page.as_deref()).await {
                Ok(answer) => answer,
                // It went in between.
                Err(failed) if failed.is_absent() => break,
                Err(failed) => return Err(failed),
            };
            found.extend(answer.items);
            page = answer.next_page_token;
            if page.is_none() {
                break;
            }
        }
        let mut replies = Vec::new();
        for value in found {
            match Comment::deserialize(&value) {
                Ok(reply) => replies.push(reply),
                Err(_) => look.unreadable(&value.to_string(), &mut next.taken),
            }
        }
        replies.sort_by_key(Comment::posted_at);
        for reply in &replies {
            self.take_comment(reply, video, &mut next.taken, look);
        }
        Ok(())
    }

    fn take_comment(&self, comment: &Comment, video: Option<&str>, taken: &mut Taken, look: &mut Look) {
        if comment.is_kept_back() {
            return;
        }
        let (name, words) = (hash(&[&comment.id]), hash(&[comment.words()]));
        let edited = match taken.meet(name, words) {
            Met::Same => {
                taken.touch(name);
                return;
            }
            Met::New => None,
            Met::Changed { before } => {
                Some(comment.edited_at().filter(|at| *at > before && *at <= look.now).unwrap_or(look.now))
            }
        };
        taken.keep(name, words, edited.or(comment.posted_at()).unwrap_or(look.now));
        look.items.push(self.item(comment, video, edited, look.now));
    }

    pub(super) fn item(
        &self,
        comment: &Comment,
        video: Option<&str>,
        edited: Option<Timestamp>,
        now: Timestamp,
    ) -> RawItem {
        let post = comment.post(&self.channel, video, edited, now);
        RawItem::of(format!("{}/{}", self.name, comment.id), &post, comment.posted_at().unwrap_or(now))
    }

    /// Asks a batch of older threads how many replies they have.
    async fn ask_again(&self, next: &mut Cursor, look: &mut Look) -> Result<(), Failed> {
        let until = look.now.minus(ASKED_FOR).millis();
        next.threads.retain(|id, watched| watched.1 >= until || look.page.contains(id));
        while next.threads.len() > ASKED_MAX {
            let oldest = next.threads.iter().min_by_key(|(_, w)| w.1).map(|(id, _)| id.clone());
            let Some(oldest) = oldest else { break };
            next.threads.remove(&oldest);
        }
        let after = next.threads.keys().filter(|id| **id > next.asked);
        let mut asked: Vec<String> = after.take(ASKED_AT_ONCE).cloned().collect();
        if asked.is_empty() {
            asked = next.threads.keys().take(ASKED_AT_ONCE).cloned().collect();
        }
        let Some(last) = asked.last().cloned() else { return Ok(()) };
        let found = match self.threads_by_id(&asked.join(",")).await {
            Ok(page) => page.items,
            // One that is gone may have the whole question refused: each by itself then, without it from now on.
            Err(failed) if failed.is_absent() => {
                let mut found = Vec::new();
                for id in &asked {
                    match self.threads_by_id(id).await {
                        Ok(page) => found.extend(page.items),
                        Err(failed) if failed.is_absent() => {
                            next.threads.remove(id);
                        }
                        Err(failed) => return Err(failed),
                    }
                }
                found
            }
            Err(failed) => return Err(failed),
        };
        for value in &found {
            let Ok(thread) = Thread::deserialize(value) else { continue };
            let Watched(seen, news) = next.threads.get(&thread.id).copied().unwrap_or(Watched(0, 0));
            if thread.snippet.total_reply_count != seen
                || has_new_reply(&thread, Timestamp(news).max(look.now.minus(FRESH)), &next.taken)
                || next.taken.name_of(hash(&[thread.snippet.top_level_comment.words()])).is_none()
            {
                self.take_thread(&thread, next, look).await?;
            }
        }
        next.asked = last;
        Ok(())
    }
}

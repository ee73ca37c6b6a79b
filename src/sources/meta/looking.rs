//! Looking at what a page or an account has, newest first: where a look stands, how far it reads, what is new in it, and
//! conversations, which both have alike.
//!
//! Words for pages of a list live shortly, so they are only used within a look; where one has lapsed, the look begins at
//! the front again, past what is known. What was taken is part of the cursor, by hashes: what is there again is left, and
//! what reads otherwise is an edit.

use super::graph::{Failed, Graph, Share};
use super::read::{field, id_in, list, time_in};
use crate::domain::post::RawPost;
use crate::domain::time::{Span, Timestamp};
use crate::sources::taken::{Met, Taken, hash};
use crate::sources::{Batch, RawItem, SourceTrouble};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// What was posted, and comments below it.
pub const COMMENTS: &str = "comments";
/// Posts elsewhere that tag us.
pub const TAGGED: &str = "tagged";
/// Private messages.
pub const MESSAGES: &str = "messages";

/// How long a call may take.
pub const WITHIN: Span = Span::seconds(15);
/// Most further pages of comments of one post in one look.
pub const COMMENT_PAGES_MAX: usize = 10;
/// How old a comment below older posts may be to be taken.
pub const ASKED_BACK: Span = Span::days(3);
/// Most pages of one look.
const PAGES_MAX: u32 = 20;
/// Most pages of messages of one conversation in one look.
const MESSAGE_PAGES_MAX: usize = 10;
/// How many older posts are asked again at once, how long after they were posted, and how many at most.
const ASKED_AT_ONCE: usize = 20;
const ASKED_FOR: Span = Span::days(30);
const ASKED_MAX: usize = 400;
/// As many posts as the first page shows with each look.
const SHOWN: usize = 25;
/// So long before the newest post of the last look this one ends: what comes late has an earlier time.
const OVERLAP: Span = Span::minutes(10);

/// Where a stream was left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cursor {
    /// The newest that looks which came to their end have seen.
    top: i64,
    /// The page at which this look goes on, and the newest that it has seen.
    at: Option<(String, i64)>,
    pages: u32,
    /// When a look last came to its end.
    looked: i64,
    /// What was taken.
    pub taken: Taken,
    /// Posts that may get comments, and when they were posted.
    posts: BTreeMap<String, i64>,
    /// The post after which the next batch is asked for.
    asked: String,
}

impl Cursor {
    /// Whether a look has come to its end before.
    pub const fn has_looked(&self) -> bool {
        self.looked > 0
    }

    /// Since when comments are read: how far is told by time and not by what is known, of which only so much is kept.
    pub fn comments_from(&self) -> Timestamp {
        Timestamp(self.looked.saturating_sub(OVERLAP.millis()))
    }

    /// A post that may get comments.
    pub fn posted(&mut self, id: &str, at: Timestamp) {
        self.posts.entry(id.to_owned()).or_insert_with(|| at.millis());
    }

    /// A post that gets none any more.
    pub fn gone(&mut self, id: &str) {
        self.posts.remove(id);
    }

    /// The next batch of older posts to ask for comments: a new comment does not bring its post to the front.
    pub fn to_ask(&mut self, now: Timestamp) -> Vec<String> {
        let until = now.minus(ASKED_FOR).millis();
        self.posts.retain(|_, at| *at >= until);
        while self.posts.len() > ASKED_MAX {
            let oldest = self.posts.iter().min_by_key(|(_, at)| **at).map(|(id, _)| id.clone());
            let Some(oldest) = oldest else { break };
            self.posts.remove(&oldest);
        }
        if self.posts.len() <= SHOWN {
            return Vec::new();
        }
        let after = self.posts.keys().filter(|id| **id > self.asked);
        let asked: Vec<String> = after.take(ASKED_AT_ONCE).cloned().collect();
        if asked.is_empty() { self.posts.keys().take(ASKED_AT_ONCE).cloned().collect() } else { asked }
    }

    /// Notes that a batch was asked.
    pub fn asked(&mut self, batch: &[String]) {
        if let Some(last) = batch.last() {
            self.asked.clone_from(last);
        }
    }

    /// Notes where a look stands; whether it goes on.
    fn go_on(&mut self, page: Option<String>, (newest, oldest): (i64, i64), is_first: bool) -> bool {
        let top = self.at.as_ref().map_or(0, |(_, top)| *top).max(newest);
        self.pages = self.pages.saturating_add(1);
        let reached = oldest <= self.top.saturating_sub(OVERLAP.millis());
        let same = |token: &String| self.at.as_ref().is_some_and(|(before, _)| before == token);
        if let Some(token) = page.filter(|t| !is_first && !reached && !same(t) && self.pages < PAGES_MAX) {
            self.at = Some((token, top));
            true
        } else {
            // One, so that a page without anything on it is no first look again.
            (self.at, self.pages, self.top) = (None, 0, self.top.max(top).max(1));
            false
        }
    }
}

/// What one look found.
pub struct Look {
    /// What is new, in the order in which it was taken.
    pub items: Vec<RawItem>,
    /// When it is.
    pub now: Timestamp,
    /// At what it looks.
    pub stream: &'static str,
}

impl Look {
    /// Puts aside what cannot be read, once.
    pub fn unreadable(&mut self, raw: &Value, taken: &mut Taken) {
        let raw = raw.to_string();
        let name = hash(&["unreadable", &raw]);
        if taken.meet(name, 0) == Met::New {
            taken.keep(name, 0, self.now);
            self.items.push(RawItem::unreadable(&raw));
        }
    }

    /// Takes something that is new or reads otherwise; `post` is told when it was changed.
    pub fn take(
        &mut self,
        id: &str,
        words: &str,
        at: Option<Timestamp>,
        taken: &mut Taken,
        post: impl Fn(Option<Timestamp>) -> RawPost,
    ) {
        let (name, words) = (hash(&[id]), hash(&[words]));
        let edited = match taken.meet(name, words) {
            Met::Same => {
                taken.touch(name);
                return;
            }
            Met::New => None,
            Met::Changed { .. } => Some(self.now),
        };
        taken.keep(name, words, edited.or(at).unwrap_or(self.now));
        let place = format!("{}/{id}", self.stream);
        self.items.push(RawItem::of(place, &post(edited), at.unwrap_or(self.now).min(self.now)));
    }
}

/// The word for the next page, if there is one.
pub fn next_page(list: &Value) -> Option<String> {
    list["paging"].get("next")?;
    field(&list["paging"]["cursors"], "after").map(ToOwned::to_owned)
}

/// An answer with a list.
pub fn is_page(value: Value) -> Result<Value, Failed> {
    if value["data"].is_array() { Ok(value) } else { Err(Failed::Unreadable) }
}

/// What is looked at of one page or account.
#[async_trait]
pub trait Lists: Send + Sync {
    /// The calls in its name.
    fn graph(&self) -> &Graph;

    /// The field that tells when something of a stream was last written.
    fn time_field(&self, stream: &str) -> &'static str;

    /// A page of a stream, newest first.
    async fn page_of(&self, stream: &str, after: Option<&str>) -> Result<Value, Failed>;

    /// Takes something of a stream's page, with what is new below it.
    async fn take(
        &self,
        stream: &str,
        value: &Value,
        next: &mut Cursor,
        look: &mut Look,
    ) -> Result<(), Failed>;

    /// Takes what is new below an older post that is asked again.
    async fn take_below(&self, id: &str, next: &mut Cursor, look: &mut Look) -> Result<(), Failed>;
}

/// Looks at a stream once: a page of it, and, where that was the last one, a batch of older posts.
pub async fn look_at(lists: &dyn Lists, stream: &str, cursor: Option<&str>) -> Result<Batch, SourceTrouble> {
    let stream = match stream {
        MESSAGES => MESSAGES,
        TAGGED => TAGGED,
        _ => COMMENTS,
    };
    let before = cursor.and_then(|c| serde_json::from_str::<Cursor>(c).ok());
    let looked = look(lists, stream, before.as_ref()).await;
    looked.map_err(|failed| lists.graph().trouble(&failed))
}

async fn look(lists: &dyn Lists, stream: &'static str, before: Option<&Cursor>) -> Result<Batch, Failed> {
    lists.graph().may_look()?;
    let mut next = before.cloned().unwrap_or_default();
    let token = next.at.as_ref().map(|(token, _)| token.clone());
    let page = match lists.page_of(stream, token.as_deref()).await {
        // The word for a page has lapsed: from the front, past what is known.
        Err(Failed::Refused { status: 400, .. }) if token.is_some() => {
            (next.at, next.pages) = (None, 0);
            lists.page_of(stream, None).await?
        }
        page => page?,
    };
    let mut look = Look { items: Vec::new(), now: lists.graph().now(), stream };
    let (mut newest, mut oldest) = (0, i64::MAX);
    for value in list(&page["data"]).rev() {
        let at = time_in(value, lists.time_field(stream)).unwrap_or(look.now).millis();
        (newest, oldest) = (newest.max(at), oldest.min(at));
        lists.take(stream, value, &mut next, &mut look).await?;
    }
    let more = next.go_on(next_page(&page), (newest, oldest), before.is_none());
    // What the page brought is not held back for it: the next look asks again.
    if !more
        && stream == COMMENTS
        && let Err(failed) = ask_again(lists, &mut next, &mut look).await
        && look.items.is_empty()
    {
        return Err(failed);
    }
    if !more {
        // In steps, so that looks that find nothing mostly leave the cursor as it was.
        let now = look.now.millis();
        next.looked = now - now % OVERLAP.millis();
    }
    // Hashes, numbers and ids, all of which JSON can write.
    let cursor = (before != Some(&next)).then(|| serde_json::to_string(&next).unwrap_or_default());
    Ok(Batch { items: look.items, cursor, more })
}

/// Asks a batch of older posts for their newest comments.
async fn ask_again(lists: &dyn Lists, next: &mut Cursor, look: &mut Look) -> Result<(), Failed> {
    let batch = next.to_ask(look.now);
    for id in &batch {
        match lists.take_below(id, next, look).await {
            Ok(()) => {}
            // Gone, or of a kind that has no such list: it would hold up the others with each look.
            Err(failed) if failed.is_gone() || failed.meaning() == Some(super::GraphMeaning::Other) => {
                next.gone(id);
            }
            Err(failed) => return Err(failed),
        }
    }
    next.asked(&batch);
    Ok(())
}

impl Graph {
    /// A page that is shown with something, and further pages of its list back to an instant, by what the field `time` of
    /// each tells; none where `goes_on` says so.
    pub async fn back_to(
        &self,
        (shown, goes_on): (&Value, bool),
        (path, query): (&[&str], &[(&str, &str)]),
        (time, from): (&str, Timestamp),
        pages_max: usize,
    ) -> Result<Vec<Value>, Failed> {
        let mut pages = vec![shown.clone()];
        let mut token = next_page(shown).filter(|_| goes_on);
        while let Some(after) = token.take().filter(|_| pages.len() < pages_max) {
            let oldest = pages.last().and_then(|page| list(&page["data"]).next_back());
            if oldest.and_then(|one| time_in(one, time)).is_none_or(|at| at < from) {
                break;
            }
            let mut asked = query.to_vec();
            asked.push(("after", after.as_str()));
            let page = match self.get(Share::Reading, path, &asked, WITHIN).await.and_then(is_page) {
                Ok(page) => page,
                // It went in between.
                Err(failed) if failed.is_gone() => break,
                Err(failed) => return Err(failed),
            };
            token = next_page(&page).filter(|t| *t != after);
            pages.push(page);
        }
        Ok(pages)
    }

    /// The messages of a conversation of the list, oldest first: those that are shown with it, and further pages back to
    /// where the last look ended.
    pub async fn messages_of(&self, talk: &Value, fields: &str, next: &Cursor) -> Result<Vec<Value>, Failed> {
        let id = id_in(talk, "id").unwrap_or_default();
        let from = Timestamp(next.top.saturating_sub(OVERLAP.millis()));
        let goes_on = next.top > 0 && !id.is_empty();
        let (path, query) = ([id.as_str(), "messages"], [("fields", fields), ("limit", "50")]);
        let shown = (&talk["messages"], goes_on);
        let when = ("created_time", from);
        let pages = self.back_to(shown, (&path, &query), when, MESSAGE_PAGES_MAX).await?;
        let mut all = Vec::new();
        for (n, page) in pages.iter().enumerate().rev() {
            // What stands further back was taken by looks before, or is older than the first of them.
            let fresh = |m: &&Value| n == 0 || time_in(m, "created_time").is_none_or(|at| at >= from);
            all.extend(list(&page["data"]).rev().filter(fresh).cloned());
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_608_000_000);

    #[test]
    fn a_look_goes_on_until_it_meets_the_last_one_and_never_at_the_first() {
        let token = || Some("p2".to_owned());
        let mut first = Cursor::default();
        assert!(!first.go_on(token(), (500_000, 400_000), true));
        assert_eq!(first.top, 500_000);
        let mut later = Cursor { top: 500_000, ..Cursor::default() };
        assert!(later.go_on(token(), (9_000_000, 8_000_000), false));
        assert_eq!(later.top, 500_000, "until it has come to its end");
        assert!(!later.go_on(token(), (8_000_000, 7_000_000), false), "the same page again ends it");
        assert_eq!((later.top, later.pages), (9_000_000, 0));
        let mut met = Cursor { top: 500_000, ..Cursor::default() };
        assert!(!met.go_on(token(), (600_000, -100_000), false), "so far back it is known");
    }

    #[test]
    fn older_posts_are_asked_in_turn_and_the_oldest_make_room() {
        let mut next = Cursor::default();
        for n in 0..ASKED_MAX + 30 {
            next.posted(&format!("{n:04}"), NOW.minus(Span::minutes(n as i64)));
        }
        next.posted("old", NOW.minus(Span::days(31)));
        let first = next.to_ask(NOW);
        assert_eq!((first.len(), next.posts.len()), (ASKED_AT_ONCE, ASKED_MAX));
        assert!(
            !next.posts.contains_key("old") && !next.posts.contains_key(&format!("{:04}", ASKED_MAX + 29))
        );
        next.asked(&first);
        let second = next.to_ask(NOW);
        assert!(second[0] > first[ASKED_AT_ONCE - 1]);
        for _ in 0..ASKED_MAX / ASKED_AT_ONCE - 1 {
            let batch = next.to_ask(NOW);
            next.asked(&batch);
        }
        assert_eq!(next.to_ask(NOW), first, "and again from the front");
        let mut few = Cursor::default();
        few.posted("1", NOW);
        assert!(few.to_ask(NOW).is_empty(), "the first page shows them");
    }
}

//! Looking at an account: what names it, what is answered below its posts, what it says itself, and what names the brand.
//!
//! Words for pages of a list live shortly, so they are only used within a look; where one has lapsed, the look begins at
//! the front again. What was taken is part of the cursor, by hashes: what is there again is left, and what reads otherwise
//! is an edit. A reply does not bring an old post to the front, so posts of the last weeks are asked again, a batch with
//! each look. Each of the brand's words is a search of its own, within what the platform allows in a day.

use super::Threads;
use super::client::Failed;
use super::post::{Seen, Told};
use super::searches::Counted;
use crate::domain::time::{Span, Timestamp};
use crate::sources::meta::GraphMeaning;
use crate::sources::meta::graph::{Failed as Refusal, Share};
use crate::sources::meta::looking::{Look, next_page};
use crate::sources::meta::read::{list, time_in};
use crate::sources::taken::Taken;
use crate::sources::{Aside, Batch, Poll, SourceTrouble};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// What names the account.
pub const MENTIONS: &str = "mentions";
/// What stands below its posts, and its posts.
pub const REPLIES: &str = "replies";
/// What it answers itself.
pub const OWN: &str = "own replies";
/// What names the brand.
pub const SEARCH: &str = "search";

/// What is asked for of each post.
pub(super) const FIELDS: &str = "id,text,username,permalink,timestamp,media_type,media_url,shortcode,is_reply,replied_to,root_post,has_replies,is_quote_post";
pub(super) const WITHIN: Span = Span::seconds(15);
/// The earliest instant for which lists may be asked, in seconds.
const EARLIEST: i64 = 1_688_540_400;
/// Most pages of one look, and most further pages below one post.
const PAGES_MAX: u32 = 20;
const BELOW_PAGES_MAX: u32 = 10;
/// So long before the newest of the last look this one ends: what comes late has an earlier time.
const OVERLAP: Span = Span::minutes(10);
/// The search shows later what it finds.
const SEARCH_OVERLAP: Span = Span::hours(6);
/// How many posts are asked for what stands below them: the newest, and some older ones in turns.
const NEWEST: usize = 5;
const ASKED_AT_ONCE: usize = 10;
/// How long after they were posted, how many at most, and how old a reply may be to be taken.
const ASKED_FOR: Span = Span::days(30);
const ASKED_MAX: usize = 400;
const ASKED_BACK: Span = Span::days(3);

/// Where a stream was left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Cursor {
    /// The newest that looks which came to their end have seen.
    top: i64,
    /// The newest that this look has seen.
    newest: i64,
    /// The page at which this look goes on, and which of the searched words it is of.
    after: Option<String>,
    term: usize,
    pages: u32,
    taken: Taken,
    /// Posts of ours, when they were posted, and when they were last asked for what stands below.
    posts: BTreeMap<String, (i64, i64)>,
    /// The post after which the next batch is asked for.
    asked: String,
    /// What was searched in the last day.
    searched: Counted,
}

/// An answer with a list.
pub(super) fn is_page(value: Value) -> Result<Value, Failed> {
    if value["data"].is_array() { Ok(value) } else { Err(Failed::Graph(Refusal::Unreadable)) }
}

/// When the oldest on a page was posted.
pub(super) fn oldest_of(page: &Value) -> Option<Timestamp> {
    list(&page["data"]).filter_map(|value| time_in(value, "timestamp")).min()
}

#[async_trait]
impl Poll for Threads {
    fn every(&self) -> Span {
        self.every
    }

    fn every_of(&self, stream: &str) -> Span {
        match stream {
            SEARCH => self.searches.pace(self.client.now(), self.search_every, self.sought().len()),
            OWN => Span(self.every.millis().saturating_mul(3)),
            _ => self.every,
        }
    }

    fn streams(&self) -> Vec<String> {
        let search = (self.search && !self.sought().is_empty()).then_some(SEARCH);
        [MENTIONS, REPLIES, OWN].into_iter().chain(search).map(ToOwned::to_owned).collect()
    }

    async fn poll(&self, stream: &str, cursor: Option<&str>) -> Result<Batch, SourceTrouble> {
        let stream = match stream {
            REPLIES => REPLIES,
            OWN => OWN,
            SEARCH => SEARCH,
            _ => MENTIONS,
        };
        let before = cursor.and_then(|c| serde_json::from_str::<Cursor>(c).ok());
        let looked = self.look(stream, before.as_ref()).await;
        looked.map_err(|failed| self.client.trouble(&failed))
    }

    fn aside(&self, stream: &str) -> Aside {
        let note = match stream {
            MENTIONS => self.client.tokens.why_not_renewed(),
            SEARCH => {
                let (used, max) = self.searches.used(self.client.now());
                (u64::from(used) * 10 >= u64::from(max) * 8)
                    .then(|| format!("{used} of the {max} searches of a day are used"))
            }
            _ => None,
        };
        Aside { note, rest: Span::ZERO }
    }
}

impl Threads {
    async fn look(&self, stream: &'static str, before: Option<&Cursor>) -> Result<Batch, Failed> {
        self.client.graph().may_look()?;
        let mut next = before.cloned().unwrap_or_default();
        let mut look = Look { items: Vec::new(), now: self.client.now(), stream };
        let more = if stream == REPLIES {
            self.look_below(&mut next, &mut look).await?;
            false
        } else {
            self.look_at_list(&mut next, &mut look).await?
        };
        // Hashes, numbers and ids, all of which JSON can write.
        let cursor = (before != Some(&next)).then(|| serde_json::to_string(&next).unwrap_or_default());
        Ok(Batch { items: look.items, cursor, more })
    }

    /// One page of a list, newest first.
    async fn look_at_list(&self, next: &mut Cursor, look: &mut Look) -> Result<bool, Failed> {
        let terms = if look.stream == SEARCH { self.sought() } else { Vec::new() };
        let overlap = if look.stream == SEARCH { SEARCH_OVERLAP } else { OVERLAP };
        let from = (next.top > 1).then(|| Timestamp(next.top).minus(overlap));
        self.searches.learn(look.now, &next.searched);
        // The words may have become fewer meanwhile.
        let term = terms.get(next.term).or_else(|| terms.first()).cloned();
        let page = match self.page_of(look.stream, term.as_deref(), from, next.after.as_deref()).await {
            // The word for a page has lapsed: from the front, past what is known.
            Err(Failed::Graph(Refusal::Refused { status: 400, .. })) if next.after.is_some() => {
                (next.after, next.pages) = (None, 0);
                self.page_of(look.stream, term.as_deref(), from, None).await?
            }
            page => page?,
        };
        let seen = if look.stream == MENTIONS { Seen::Named } else { Seen::Found };
        let mut newest = 0;
        for value in list(&page["data"]).rev() {
            newest = newest.max(time_in(value, "timestamp").unwrap_or(look.now).min(look.now).millis());
            self.take(value, seen, &mut next.taken, look);
        }
        if look.stream == SEARCH {
            next.searched = self.searches.to_keep(look.now);
        }
        let reached = from.is_some_and(|from| oldest_of(&page).is_none_or(|oldest| oldest < from));
        Ok(go_on(next, next_page(&page).filter(|_| !reached), newest, terms.len()))
    }

    fn take(&self, value: &Value, seen: Seen, taken: &mut Taken, look: &mut Look) {
        let now = look.now;
        match Told::of(value) {
            Some(told) => look
                .take(&told.id, &told.words, told.at, taken, |edited| told.post(&self.me, seen, edited, now)),
            None => look.unreadable(value, taken),
        }
    }

    /// A page of a stream that is a list.
    pub(super) async fn page_of(
        &self,
        stream: &str,
        term: Option<&str>,
        from: Option<Timestamp>,
        after: Option<&str>,
    ) -> Result<Value, Failed> {
        let since = from.map(|at| at.millis().div_euclid(1_000).max(EARLIEST).to_string());
        let mut query = vec![("fields", FIELDS), ("limit", "100")];
        query.extend(since.as_deref().map(|since| ("since", since)));
        query.extend(after.map(|after| ("after", after)));
        let edge = match stream {
            SEARCH => return self.search(term.unwrap_or_default(), query).await,
            OWN => "replies",
            _ => "mentions",
        };
        is_page(self.client.get(Share::Reading, &[&self.me.id, edge], &query, WITHIN).await?)
    }

    /// Searches for one word; counted where it finds something, and where nobody knows.
    async fn search<'a>(&self, term: &'a str, mut query: Vec<(&'a str, &'a str)>) -> Result<Value, Failed> {
        let now = self.client.now();
        self.searches.may(now).map_err(Failed::Searched)?;
        let (word, mode) = term.strip_prefix('#').map_or((term, "KEYWORD"), |tag| (tag, "TAG"));
        query.extend([("q", word), ("search_type", "RECENT"), ("search_mode", mode)]);
        let found =
            self.client.get(Share::Reading, &["keyword_search"], &query, WITHIN).await.and_then(is_page);
        let counts = match &found {
            Ok(page) => list(&page["data"]).next().is_some(),
            Err(failed) => !failed.is_unsent() && !failed.is_refusal(),
        };
        if counts {
            self.searches.count(now);
        }
        found
    }

    /// Our newest posts, and what stands below them and below some older ones.
    async fn look_below(&self, next: &mut Cursor, look: &mut Look) -> Result<(), Failed> {
        let page = self.own_posts(None).await?;
        let mut silent: Vec<String> = Vec::new();
        for value in list(&page["data"]).rev() {
            self.take(value, Seen::Found, &mut next.taken, look);
            let Some(told) = Told::of(value).filter(|told| !told.is_repost) else { continue };
            let at = told.at.unwrap_or(look.now).millis();
            next.posts.entry(told.id.clone()).or_insert((at, 0));
            if told.has_replies == Some(false) {
                silent.push(told.id);
            }
        }
        let until = look.now.minus(ASKED_FOR).millis();
        next.posts.retain(|_, (at, _)| *at >= until);
        while next.posts.len() > ASKED_MAX {
            let oldest = next.posts.iter().min_by_key(|(_, (at, _))| *at).map(|(id, _)| id.clone());
            let Some(oldest) = oldest else { break };
            next.posts.remove(&oldest);
        }
        let failed = self.ask_below(next, look, &silent).await.err();
        next.top = next.top.max(1);
        // What was found is not held back for it: the next look asks again.
        match failed {
            Some(failed) if look.items.is_empty() => Err(failed),
            _ => Ok(()),
        }
    }

    async fn ask_below(&self, next: &mut Cursor, look: &mut Look, silent: &[String]) -> Result<(), Failed> {
        let mut newest: Vec<(i64, String)> =
            next.posts.iter().map(|(id, (at, _))| (*at, id.clone())).collect();
        newest.sort_unstable();
        let newest: Vec<String> = newest.into_iter().rev().take(NEWEST).map(|(_, id)| id).collect();
        let others: Vec<String> = next.posts.keys().filter(|id| !newest.contains(id)).cloned().collect();
        let later = others.iter().filter(|id| **id > next.asked);
        let mut turn: Vec<String> = later.take(ASKED_AT_ONCE).cloned().collect();
        if turn.is_empty() {
            turn = others.into_iter().take(ASKED_AT_ONCE).collect();
        }
        if let Some(last) = turn.last() {
            next.asked.clone_from(last);
        }
        for id in newest.into_iter().chain(turn).filter(|id| !silent.contains(id)) {
            let Some((at, asked)) = next.posts.get(&id).copied() else { continue };
            let back = (asked > 0).then(|| Timestamp(asked).minus(OVERLAP));
            let from = look.now.minus(ASKED_BACK);
            match self.below(Share::Reading, &id, back, from).await {
                Ok(below) => {
                    for value in below.iter().rev() {
                        self.take(value, Seen::Below, &mut next.taken, look);
                    }
                    // In steps, so that looks that find nothing mostly leave the cursor as it was.
                    let now = look.now.millis();
                    next.posts.insert(id, (at, now - now % OVERLAP.millis()));
                }
                // Gone, or of a kind that has no such list: it would hold up the others with each look.
                Err(failed) if failed.is_gone() || failed.meaning() == Some(GraphMeaning::Other) => {
                    next.posts.remove(&id);
                }
                Err(failed) => return Err(failed),
            }
        }
        Ok(())
    }

    /// A page of our own posts, newest first.
    pub(super) async fn own_posts(&self, after: Option<&str>) -> Result<Value, Failed> {
        let mut query = vec![("fields", FIELDS), ("limit", "25")];
        query.extend(after.map(|after| ("after", after)));
        is_page(self.client.get(Share::Reading, &[&self.me.id, "threads"], &query, WITHIN).await?)
    }

    /// What stands below a post on all levels, newest first: one page, and further ones back to `back`; nothing that was
    /// posted before `from`.
    pub(super) async fn below(
        &self,
        share: Share,
        id: &str,
        back: Option<Timestamp>,
        from: Timestamp,
    ) -> Result<Vec<Value>, Failed> {
        let (mut all, mut after): (Vec<Value>, Option<String>) = (Vec::new(), None);
        for _ in 0..BELOW_PAGES_MAX {
            let mut query = vec![("fields", FIELDS), ("limit", "100"), ("reverse", "true")];
            query.extend(after.as_deref().map(|after| ("after", after)));
            let page = is_page(self.client.get(share, &[id, "conversation"], &query, WITHIN).await?)?;
            let is_late = |v: &&Value| time_in(v, "timestamp").is_none_or(|at| at >= from);
            all.extend(list(&page["data"]).filter(is_late).cloned());
            let goes_on = back.is_some_and(|back| oldest_of(&page).is_some_and(|oldest| oldest >= back));
            let token = next_page(&page).filter(|t| goes_on && Some(t) != after.as_ref());
            let Some(token) = token else { break };
            after = Some(token);
        }
        Ok(all)
    }
}

/// Notes where a look stands; whether it goes on. A first look reads one page of each word.
fn go_on(next: &mut Cursor, page: Option<String>, newest: i64, terms: usize) -> bool {
    let is_first = next.top == 0;
    next.newest = next.newest.max(newest);
    next.pages = next.pages.saturating_add(1);
    let goes_on = |token: &String| !is_first && next.after.as_ref() != Some(token) && next.pages < PAGES_MAX;
    if let Some(token) = page.filter(goes_on) {
        next.after = Some(token);
        return true;
    }
    (next.after, next.pages) = (None, 0);
    next.term = next.term.saturating_add(1);
    if next.term < terms {
        return true;
    }
    // One, so that a look that found nothing is no first look again.
    (next.term, next.top, next.newest) = (0, next.top.max(next.newest).max(1), 0);
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_moves_only_when_all_pages_of_all_words_were_read() {
        let mut next = Cursor::default();
        assert!(go_on(&mut next, Some("a".into()), 300, 2), "the first look: the next word");
        assert!(!go_on(&mut next, None, 200, 2));
        assert_eq!((next.top, next.term, next.after.as_deref()), (300, 0, None));
        assert!(go_on(&mut next, Some("a".into()), 900, 2));
        assert_eq!((next.top, next.after.as_deref()), (300, Some("a")));
        assert!(go_on(&mut next, Some("a".into()), 800, 2), "a page that names itself ends its word");
        assert_eq!((next.top, next.term), (300, 1));
        assert!(!go_on(&mut next, None, 0, 2));
        assert_eq!((next.top, next.term), (900, 0));
        let mut nothing = Cursor::default();
        assert!(!go_on(&mut nothing, None, 0, 0));
        assert_eq!(nothing.top, 1);
    }
}

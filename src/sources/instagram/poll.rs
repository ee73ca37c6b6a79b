//! Looking at an account: its newest posts with the newest comments below them and what stands below those, posts
//! elsewhere that tag it, and its conversations.
//!
//! Words for pages of a list live shortly, so they are only used within a look; where one has lapsed, the look begins at
//! the front again, past what is known. What was taken is part of the cursor, by hashes: what is there again is left, and
//! what reads otherwise is an edit. A new comment does not bring an old post to the front, so posts of the last weeks are
//! asked again, a batch with each look.

use super::Instagram;
use super::comment::{Told, Where, pictures};
use super::message::Said;
use crate::domain::post::RawPost;
use crate::domain::time::{Span, Timestamp};
use crate::sources::meta::GraphMeaning;
use crate::sources::meta::graph::{Failed, Share};
use crate::sources::meta::read::{field, id_in, list, time_in};
use crate::sources::taken::{Met, Taken, hash};
use crate::sources::{Batch, Poll, RawItem, SourceTrouble};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What the account posted, and comments below it.
pub const COMMENTS: &str = "comments";
/// What tags the account elsewhere.
pub const TAGGED: &str = "tagged";
/// Private messages.
pub const MESSAGES: &str = "messages";

/// What is asked for of a comment.
pub(super) const OF_COMMENT: &str = "id,text,timestamp,username,from{id,username},parent_id,hidden";
/// What is asked for of something posted.
pub(super) const OF_MEDIA: &str = "id,caption,timestamp,permalink,username,media_type,media_url,children{id}";
/// What is asked for of a message.
pub(super) const OF_MESSAGE: &str = "id,message,from,to,created_time,attachments{mime_type,name,image_data,video_data,file_url},story,shares,is_unsupported";
pub(super) const WITHIN: Span = Span::seconds(15);
/// Where comments stand below something posted, and what stands below a comment.
pub(super) const BELOW: &str = "comments";
pub(super) const REPLIES: &str = "replies";
/// Most pages of one look.
const PAGES_MAX: u32 = 20;
/// Most further pages of comments of one post in one look.
const COMMENT_PAGES_MAX: u32 = 10;
/// Most further pages of what stands below one comment.
pub(super) const REPLY_PAGES_MAX: u32 = 4;
/// Most pages of messages of one conversation in one look.
const MESSAGE_PAGES_MAX: usize = 10;
/// How many older posts are asked again at once, how long after they were posted, and how many at most.
const ASKED_AT_ONCE: usize = 20;
const ASKED_FOR: Span = Span::days(30);
const ASKED_MAX: usize = 400;
/// How old a comment below them may be to be taken.
const ASKED_BACK: Span = Span::days(3);
/// So long before the newest post of the last look this one ends: what comes late has an earlier time.
const OVERLAP: Span = Span::minutes(10);

/// Where a stream was left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Cursor {
    /// The newest that looks which came to their end have seen.
    top: i64,
    /// The page at which this look goes on, and the newest that it has seen.
    at: Option<(String, i64)>,
    pages: u32,
    /// When a look last came to its end.
    looked: i64,
    taken: Taken,
    /// Posts that may get comments, and when they were posted.
    posts: BTreeMap<String, i64>,
    /// The post after which the next batch is asked for.
    asked: String,
}

/// What one look found.
struct Look {
    items: Vec<RawItem>,
    now: Timestamp,
    stream: &'static str,
}

impl Look {
    fn unreadable(&mut self, raw: &Value, taken: &mut Taken) {
        let raw = raw.to_string();
        let name = hash(&["unreadable", &raw]);
        if taken.meet(name, 0) == Met::New {
            taken.keep(name, 0, self.now);
            self.items.push(RawItem::unreadable(&raw));
        }
    }

    /// Takes something that is new or reads otherwise.
    fn take(
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

/// What is asked for of a comment with what stands below it.
fn with_replies() -> String {
    format!("{OF_COMMENT},replies.limit(50){{{OF_COMMENT}}}")
}

/// The word for the next page, if there is one.
pub(super) fn next_page(list: &Value) -> Option<String> {
    list["paging"].get("next")?;
    field(&list["paging"]["cursors"], "after").map(ToOwned::to_owned)
}

/// An answer with a list.
pub(super) fn is_page(value: Value) -> Result<Value, Failed> {
    if value["data"].is_array() { Ok(value) } else { Err(Failed::Unreadable) }
}

#[async_trait]
impl Poll for Instagram {
    fn every(&self) -> Span {
        self.every
    }

    fn every_of(&self, stream: &str) -> Span {
        match stream {
            MESSAGES => self.messages_every,
            TAGGED => Span(self.every.millis().saturating_mul(3)),
            _ => self.every,
        }
    }

    fn streams(&self) -> Vec<String> {
        let (tagged, messages) = ((!self.own_login).then_some(TAGGED), self.messages.then_some(MESSAGES));
        std::iter::once(COMMENTS).chain(tagged).chain(messages).map(ToOwned::to_owned).collect()
    }

    async fn poll(&self, stream: &str, cursor: Option<&str>) -> Result<Batch, SourceTrouble> {
        let stream = match stream {
            MESSAGES => MESSAGES,
            TAGGED => TAGGED,
            _ => COMMENTS,
        };
        let before = cursor.and_then(|c| serde_json::from_str::<Cursor>(c).ok());
        let looked = self.look(stream, before.as_ref()).await;
        looked.map_err(|failed| self.graph.trouble(&failed))
    }
}

impl Instagram {
    async fn look(&self, stream: &'static str, before: Option<&Cursor>) -> Result<Batch, Failed> {
        self.graph.may_look()?;
        let mut next = before.cloned().unwrap_or_default();
        let token = next.at.as_ref().map(|(token, _)| token.clone());
        let page = match self.page_of(stream, token.as_deref()).await {
            // The word for a page has lapsed: from the front, past what is known.
            Err(Failed::Refused { status: 400, .. }) if token.is_some() => {
                (next.at, next.pages) = (None, 0);
                self.page_of(stream, None).await?
            }
            page => page?,
        };
        let mut look = Look { items: Vec::new(), now: self.graph.now(), stream };
        let (mut newest, mut oldest) = (0, i64::MAX);
        for value in list(&page["data"]).rev() {
            let at = time_in(value, if stream == MESSAGES { "updated_time" } else { "timestamp" });
            let at = at.unwrap_or(look.now).millis();
            (newest, oldest) = (newest.max(at), oldest.min(at));
            match stream {
                MESSAGES => self.take_conversation(value, &mut next, &mut look).await?,
                TAGGED => self.take_tagged(value, &mut next, &mut look),
                _ => self.take_media(value, &mut next, &mut look).await?,
            }
        }
        let more = go_on(&mut next, next_page(&page), (newest, oldest), before.is_none());
        // What the page brought is not held back for it: the next look asks again.
        if !more
            && stream == COMMENTS
            && let Err(failed) = self.ask_again(&mut next, &mut look).await
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

    /// A page of a stream, newest first.
    pub(super) async fn page_of(&self, stream: &str, after: Option<&str>) -> Result<Value, Failed> {
        let comments = format!("{OF_MEDIA},comments.limit(25){{{}}}", with_replies());
        let talks = format!("id,updated_time,messages.limit(20){{{OF_MESSAGE}}}");
        let (at, edge, fields) = match stream {
            MESSAGES => (&self.talks_at, "conversations", talks.as_str()),
            TAGGED => (&self.us.id, "tags", OF_MEDIA),
            _ => (&self.us.id, "media", comments.as_str()),
        };
        let mut query = vec![("fields", fields), ("limit", "25")];
        query.extend((stream == MESSAGES).then_some(("platform", "instagram")));
        query.extend(after.map(|a| ("after", a)));
        let page = self.graph.get(Share::Reading, &[at, edge], &query, WITHIN).await?;
        is_page(page)
    }

    /// A page of the comments below something posted, newest first, with what stands below each; or of what stands below a
    /// comment.
    pub(super) async fn below(
        &self,
        share: Share,
        (id, edge): (&str, &str),
        after: Option<&str>,
    ) -> Result<Value, Failed> {
        let fields = if edge == REPLIES { OF_COMMENT.to_owned() } else { with_replies() };
        let mut query = vec![("fields", fields.as_str()), ("limit", "50")];
        query.extend(after.map(|a| ("after", a)));
        is_page(self.graph.get(share, &[id, edge], &query, WITHIN).await?)
    }

    /// Takes something of the account's list and what is new below it.
    async fn take_media(&self, value: &Value, next: &mut Cursor, look: &mut Look) -> Result<(), Failed> {
        let Some(mut told) = Told::listed_media(value) else {
            look.unreadable(value, &mut next.taken);
            return Ok(());
        };
        self.memory.posted(&told.id, told.url.as_deref(), &pictures(value));
        // What the account's list shows is the account's, with whomever it was posted together.
        told.from = Some((self.us.id.clone(), self.us.username.clone()));
        next.posts.entry(told.id.clone()).or_insert_with(|| told.at.unwrap_or(look.now).millis());
        self.take_told(&told, &mut next.taken, look);
        self.take_comments(&told.id, &value["comments"], next, look).await
    }

    fn take_told(&self, told: &Told, taken: &mut Taken, look: &mut Look) {
        let now = look.now;
        look.take(&told.external_id(), &told.words, told.at, taken, |edited| {
            Told { edited, ..told.clone() }.post(&self.us, now)
        });
    }

    /// Takes comments below something posted: those that are shown with it, and further pages back to where the last look
    /// ended. How far is told by time and not by what is known: of that only so much is kept.
    async fn take_comments(
        &self,
        media: &str,
        shown: &Value,
        next: &mut Cursor,
        look: &mut Look,
    ) -> Result<(), Failed> {
        let from = next.looked.saturating_sub(OVERLAP.millis());
        let mut pages = vec![shown.clone()];
        let mut token = next_page(shown).filter(|_| next.looked > 0);
        while let Some(after) = token.take().filter(|_| pages.len() < COMMENT_PAGES_MAX as usize) {
            let oldest = pages.last().and_then(|page| list(&page["data"]).next_back());
            if oldest.and_then(|c| time_in(c, "timestamp")).is_none_or(|at| at.millis() < from) {
                break;
            }
            let page = match self.below(Share::Reading, (media, BELOW), Some(&after)).await {
                Ok(page) => page,
                // It went in between.
                Err(failed) if failed.is_gone() => break,
                Err(failed) => return Err(failed),
            };
            token = next_page(&page).filter(|t| *t != after);
            pages.push(page);
        }
        let rows: Vec<&Value> = pages.iter().rev().flat_map(|page| list(&page["data"]).rev()).collect();
        for value in rows {
            let Some(told) = Told::listed_comment(value, Some(media), None) else {
                look.unreadable(value, &mut next.taken);
                continue;
            };
            self.take_told(&self.linked(told), &mut next.taken, look);
            self.take_replies(value, media, next, look).await?;
        }
        Ok(())
    }

    /// Takes what stands below a comment: what is shown with it, and what did not fit there.
    async fn take_replies(
        &self,
        comment: &Value,
        media: &str,
        next: &mut Cursor,
        look: &mut Look,
    ) -> Result<(), Failed> {
        let Some(parent) = id_in(comment, "id") else { return Ok(()) };
        // The first look takes what is shown.
        let pages = if next.looked > 0 { REPLY_PAGES_MAX } else { 0 };
        for value in self.replies_of(&parent, &comment["replies"], pages).await? {
            match Told::listed_comment(&value, Some(media), Some(&parent)) {
                Some(told) => self.take_told(&self.linked(told), &mut next.taken, look),
                None => look.unreadable(&value, &mut next.taken),
            }
        }
        Ok(())
    }

    /// What stands below a comment, oldest first. Whether its list begins with the newest or the oldest the platform does
    /// not tell, so it is read to its end.
    pub(super) async fn replies_of(
        &self,
        comment: &str,
        shown: &Value,
        pages_max: u32,
    ) -> Result<Vec<Value>, Failed> {
        let mut all: Vec<Value> = list(&shown["data"]).cloned().collect();
        let mut token = next_page(shown);
        for _ in 0..pages_max {
            let Some(after) = token.take() else { break };
            let page = match self.below(Share::Reading, (comment, REPLIES), Some(&after)).await {
                Ok(page) => page,
                // It went in between.
                Err(failed) if failed.is_gone() => break,
                Err(failed) => return Err(failed),
            };
            token = next_page(&page).filter(|t| *t != after);
            all.extend(list(&page["data"]).cloned());
        }
        all.sort_by_key(|value| time_in(value, "timestamp"));
        Ok(all)
    }

    /// A comment with where what it stands below is read.
    pub(super) fn linked(&self, told: Told) -> Told {
        let url = told.media.as_deref().and_then(|media| self.memory.link_of(media));
        Told { url: told.url.or(url), ..told }
    }

    fn take_tagged(&self, value: &Value, next: &mut Cursor, look: &mut Look) {
        match Told::listed_media(value) {
            Some(told) => {
                self.take_told(&Told { place: Where::Tagged, ..told }, &mut next.taken, look);
            }
            None => look.unreadable(value, &mut next.taken),
        }
    }

    /// Takes a conversation of the list: the messages that are shown with it, and further pages back to where the last
    /// look ended.
    async fn take_conversation(
        &self,
        value: &Value,
        next: &mut Cursor,
        look: &mut Look,
    ) -> Result<(), Failed> {
        if !value.is_object() {
            look.unreadable(value, &mut next.taken);
            return Ok(());
        }
        let (id, from) = (id_in(value, "id").unwrap_or_default(), next.top.saturating_sub(OVERLAP.millis()));
        let mut pages = vec![value["messages"].clone()];
        let mut token = next_page(&value["messages"]).filter(|_| next.top > 0 && !id.is_empty());
        while let Some(after) = token.take().filter(|_| pages.len() < MESSAGE_PAGES_MAX) {
            let oldest = pages.last().and_then(|page| list(&page["data"]).next_back());
            if oldest.and_then(|m| time_in(m, "created_time")).is_none_or(|at| at.millis() < from) {
                break;
            }
            let query = [("fields", OF_MESSAGE), ("limit", "50"), ("after", after.as_str())];
            let page = self.graph.get(Share::Reading, &[id.as_str(), "messages"], &query, WITHIN).await;
            let page = match page.and_then(is_page) {
                Ok(page) => page,
                // It went in between.
                Err(failed) if failed.is_gone() => break,
                Err(failed) => return Err(failed),
            };
            token = next_page(&page).filter(|t| *t != after);
            pages.push(page);
        }
        for (n, page) in pages.iter().enumerate().rev() {
            for value in list(&page["data"]).rev() {
                let Some(said) = Said::listed(value, &self.us, &self.talks_at) else {
                    look.unreadable(value, &mut next.taken);
                    continue;
                };
                // What stands further back was taken by looks before, or is older than the first of them.
                if n > 0 && said.at.is_some_and(|at| at.millis() < from) {
                    continue;
                }
                let now = look.now;
                // A message that was taken back is listed without words; whether it was, a delivery tells.
                look.take(&said.mid, &said.text, said.at, &mut next.taken, |edited| {
                    Said { edited, ..said.clone() }.post(&self.us, now)
                });
            }
        }
        Ok(())
    }

    /// Asks a batch of older posts for their newest comments.
    async fn ask_again(&self, next: &mut Cursor, look: &mut Look) -> Result<(), Failed> {
        let until = look.now.minus(ASKED_FOR).millis();
        next.posts.retain(|_, at| *at >= until);
        while next.posts.len() > ASKED_MAX {
            let oldest = next.posts.iter().min_by_key(|(_, at)| **at).map(|(id, _)| id.clone());
            let Some(oldest) = oldest else { break };
            next.posts.remove(&oldest);
        }
        // The first page shows the newest with each look.
        if next.posts.len() <= 25 {
            return Ok(());
        }
        let after = next.posts.keys().filter(|id| **id > next.asked);
        let mut asked: Vec<String> = after.take(ASKED_AT_ONCE).cloned().collect();
        if asked.is_empty() {
            asked = next.posts.keys().take(ASKED_AT_ONCE).cloned().collect();
        }
        let Some(last) = asked.last().cloned() else { return Ok(()) };
        // All that ever stood there would crowd out what is known of the newest.
        let back_to = look.now.minus(ASKED_BACK);
        for id in &asked {
            match self.below(Share::Reading, (id.as_str(), BELOW), None).await {
                Ok(page) => {
                    let is_late = |c: &&Value| {
                        let below = list(&c["replies"]["data"]).filter_map(|r| time_in(r, "timestamp"));
                        let at = time_in(c, "timestamp").into_iter().chain(below).max();
                        at.is_none_or(|at| at >= back_to)
                    };
                    let late: Vec<&Value> = list(&page["data"]).filter(is_late).collect();
                    let page = json!({ "data": late, "paging": page["paging"] });
                    self.take_comments(id, &page, next, look).await?;
                }
                // Gone, or of a kind that has no such list: it would hold up the others with each look.
                Err(failed) if failed.is_gone() || failed.meaning() == Some(GraphMeaning::Other) => {
                    next.posts.remove(id);
                }
                Err(failed) => return Err(failed),
            }
        }
        next.asked = last;
        Ok(())
    }
}

/// Notes where a look stands; whether it goes on.
fn go_on(next: &mut Cursor, page: Option<String>, (newest, oldest): (i64, i64), is_first: bool) -> bool {
    let top = next.at.as_ref().map_or(0, |(_, top)| *top).max(newest);
    next.pages = next.pages.saturating_add(1);
    let reached = oldest <= next.top.saturating_sub(OVERLAP.millis());
    let same = |token: &String| next.at.as_ref().is_some_and(|(before, _)| before == token);
    if let Some(token) = page.filter(|t| !is_first && !reached && !same(t) && next.pages < PAGES_MAX) {
        next.at = Some((token, top));
        true
    } else {
        // One, so that a page without anything on it is no first look again.
        (next.at, next.pages, next.top) = (None, 0, next.top.max(top).max(1));
        false
    }
}

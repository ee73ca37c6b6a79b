//! Reading a forum: its newest posts, and the private messages of our account.
//!
//! Pages go from what is newest down to where the last look ended. A forum lists a window of ids, so a page
//! may be empty although there is more behind it; only where the last look ended is the end. The newest page
//! is read each time, whole: what was changed or removed there is seen, and so is what appears late. Beside
//! a reply stands what began its topic, so that people see what it is about.

use super::Discourse;
use super::client::{Failed, Share};
use super::post::ForumPost;
use crate::domain::time::{Span, Timestamp};
use crate::sources::taken::{Met, Taken, hash};
use crate::sources::{Batch, Poll, RawItem, SourceTrouble};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The public posts.
pub const PUBLIC: &str = "posts";
/// The private messages of our account.
pub const PRIVATE: &str = "private-posts";
/// How many ids a page looks at on older forums.
pub(super) const WINDOW: i64 = 50;
/// Most pages of one look.
const PAGES_MAX: u32 = 60;
/// Most posts asked for beside those of one page.
const BESIDE_MAX: usize = 10;
const WITHIN: Span = Span::seconds(15);

/// Where a stream was left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Cursor {
    /// The highest id that looks which came to their end have seen.
    top: i64,
    /// Where this look goes on, and the highest id that it has seen.
    at: Option<(i64, i64)>,
    pages: u32,
    taken: Taken,
}

#[async_trait]
impl Poll for Discourse {
    fn every(&self) -> Span {
        self.every
    }

    fn streams(&self) -> Vec<String> {
        vec![PUBLIC.to_owned(), PRIVATE.to_owned()]
    }

    async fn poll(&self, stream: &str, cursor: Option<&str>) -> Result<Batch, SourceTrouble> {
        self.know_ourselves().await;
        let trouble = |failed: Failed| self.client.trouble(&failed);
        let before = cursor.and_then(|c| serde_json::from_str::<Cursor>(c).ok());
        let is_first = before.is_none();
        let mut next = before.clone().unwrap_or_default();
        let page = self.listed(stream, next.at.map(|(below, _)| below)).await.map_err(trouble)?;
        let now = self.client.now();
        let ids: Vec<i64> = page.iter().filter_map(|p| p.as_ref().ok()).map(|p| p.id).collect();
        let items = self.take(page, stream == PRIVATE, &mut next.taken, now).await.map_err(trouble)?;
        let more = go_on(&mut next, &ids, is_first);
        let changed = before.as_ref() != Some(&next);
        // Hashes and numbers, all of which JSON can write.
        let cursor = changed.then(|| serde_json::to_string(&next).unwrap_or_default());
        Ok(Batch { items, cursor, more })
    }
}

/// Notes where a look stands; whether it goes on.
fn go_on(next: &mut Cursor, ids: &[i64], is_first: bool) -> bool {
    let (below, top) = next.at.unwrap_or((i64::MAX, 0));
    let top = ids.iter().copied().max().unwrap_or(0).max(top);
    let lowest = ids.iter().copied().min().unwrap_or_else(|| below.saturating_sub(WINDOW));
    // A page that does not go further down would be read for ever.
    let lowest = if lowest < below { lowest } else { below.saturating_sub(WINDOW) };
    next.pages = next.pages.saturating_add(1);
    let nothing_at_all = ids.is_empty() && next.at.is_none();
    let ended = is_first || nothing_at_all || lowest <= next.top.max(1) || next.pages >= PAGES_MAX;
    if ended {
        (next.at, next.pages, next.top) = (None, 0, next.top.max(top));
    } else {
        next.at = Some((lowest, top));
    }
    !ended
}

impl Discourse {
    /// One page below an id, newest first; what cannot be read comes as it is.
    pub(super) async fn listed(
        &self,
        stream: &str,
        below: Option<i64>,
    ) -> Result<Vec<Result<ForumPost, String>>, Failed> {
        let (file, before) = (format!("{stream}.json"), below.map(|id| id.to_string()));
        let query: Vec<(&str, &str)> = before.as_deref().map(|id| ("before", id)).into_iter().collect();
        let answer: Value = self.client.get(Share::Reading, &[&file], &query, WITHIN).await?;
        let root = if stream == PRIVATE { "private_posts" } else { "latest_posts" };
        let list = answer.get(root).and_then(Value::as_array).ok_or(Failed::Unreadable)?;
        Ok(list.iter().map(|v| ForumPost::deserialize(v).map_err(|_| v.to_string())).collect())
    }

    /// Takes what is new or changed, oldest first.
    async fn take(
        &self,
        page: Vec<Result<ForumPost, String>>,
        private: bool,
        taken: &mut Taken,
        now: Timestamp,
    ) -> Result<Vec<RawItem>, Failed> {
        page.iter().flatten().for_each(|post| self.threads.note(post));
        let (mut items, mut beside) = (Vec::new(), 0);
        for post in page.into_iter().rev() {
            let mut post = match post {
                Ok(post) => post,
                Err(raw) => {
                    let name = hash(&["unreadable", &raw]);
                    if taken.meet(name, 0) == Met::New {
                        taken.keep(name, 0, now);
                        items.push(RawItem::unreadable(&raw));
                    }
                    continue;
                }
            };
            if private {
                post.topic_archetype = Some("private_message".to_owned());
            }
            if !post.is_read() || (post.hidden && !post.is_gone()) || !self.is_watched(&post).await? {
                continue;
            }
            // Who asked must be known before a liked answer is met: unknown after a start, it would be met as changed.
            if self.threads.placed(&post).asker.is_none() && self.forum.is_well_received(&post, Some("")) {
                items.extend(self.beginning(&post, &mut beside, now).await?);
            }
            let liked = self.forum.is_well_received(&post, self.threads.placed(&post).asker.as_deref());
            let (name, words) = (post.id.unsigned_abs(), words_of(&post, liked));
            let edited = match taken.meet(name, words) {
                Met::Same => {
                    taken.touch(name);
                    continue;
                }
                Met::New => None,
                Met::Changed { before } => {
                    Some(post.updated_at().filter(|at| *at > before && *at <= now).unwrap_or(now))
                }
            };
            items.extend(self.beginning(&post, &mut beside, now).await?);
            taken.keep(name, words, edited.or(post.posted_at()).unwrap_or(now));
            items.push(self.item(&post, edited, now));
        }
        Ok(items)
    }

    /// Whether a post stands where we read.
    pub(super) async fn is_watched(&self, post: &ForumPost) -> Result<bool, Failed> {
        if self.categories.is_empty() || post.is_private() {
            return Ok(true);
        }
        match self.threads.category(&self.client, post).await {
            Ok(category) => Ok(category.is_some_and(|id| self.categories.contains(&id))),
            // A topic that we may not see is none of ours.
            Err(failed) if matches!(failed.status(), Some(403 | 404 | 410)) => Ok(false),
            Err(failed) => Err(failed),
        }
    }

    /// What began the topic of a reply, where it was not seen yet; and whom one of ours answers.
    pub(super) async fn beginning(
        &self,
        post: &ForumPost,
        beside: &mut usize,
        now: Timestamp,
    ) -> Result<Option<RawItem>, Failed> {
        let named = post.reply_to_post_number.filter(|n| *n > 1 && self.forum.is_own(post));
        if post.post_number <= 1 || *beside >= BESIDE_MAX {
            return Ok(None);
        }
        let lost = |failed: &Failed| {
            matches!(failed.status(), Some(403 | 404 | 410 | 500..)) || *failed == Failed::Unreadable
        };
        if let Some(number) = named.filter(|_| self.threads.placed(post).in_reply_to.is_none()) {
            *beside += 1;
            match self.threads.fetch(&self.client, post.topic_id, number).await {
                Ok(_) => {}
                Err(failed) if lost(&failed) => {}
                Err(failed) => return Err(failed),
            }
        }
        if self.threads.has_begun(post.topic_id) {
            return Ok(None);
        }
        *beside += 1;
        match self.threads.fetch(&self.client, post.topic_id, 1).await {
            Ok(mut first) if first.is_read() && !first.is_gone() && !first.hidden => {
                first.topic_archetype = first.topic_archetype.or_else(|| post.topic_archetype.clone());
                let mut raw = self.forum.post(&first, self.threads.placed(&first), None, now);
                (raw.addressed, raw.context) = (false, !raw.own);
                let at = first.posted_at().unwrap_or(now);
                Ok(Some(RawItem::of(self.place(&first), &raw, at)))
            }
            Ok(_) => Ok(None),
            Err(failed) if lost(&failed) => Ok(None),
            Err(failed) => Err(failed),
        }
    }

    /// A post as it goes into the inbox.
    pub(super) fn item(&self, post: &ForumPost, edited: Option<Timestamp>, now: Timestamp) -> RawItem {
        let raw = self.forum.post(post, self.threads.placed(post), edited, now);
        RawItem::of(self.place(post), &raw, post.posted_at().unwrap_or(now).min(now))
    }

    fn place(&self, post: &ForumPost) -> String {
        format!("{}/{}/{}", self.forum.authority, post.topic_id, post.id)
    }

    /// Learns the number of our own account, once.
    pub(super) async fn know_ourselves(&self) {
        if self.me.get().is_some() {
            return;
        }
        let file = format!("{}.json", self.account);
        let found: Result<Value, Failed> = self.client.get(Share::Reading, &["u", &file], &[], WITHIN).await;
        if let Some(id) = found.ok().and_then(|v| v["user"]["id"].as_i64()) {
            let _ = self.me.set(id.to_string());
        }
    }
}

/// A hash of what a change would change.
fn words_of(post: &ForumPost, liked: bool) -> u64 {
    let gone = if post.is_gone() { "gone" } else { "" };
    let solves = if post.accepted_answer || liked { "solves" } else { "" };
    hash(&[&post.words(), gone, solves])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_goes_down_to_where_the_last_one_ended() {
        let mut cursor = Cursor::default();
        assert!(!go_on(&mut cursor, &[100, 99, 98], true), "the first look reads one page");
        assert_eq!((cursor.top, cursor.at), (100, None));
        assert!(go_on(&mut cursor, &[300, 299, 260], false));
        assert_eq!(cursor.at, Some((260, 300)));
        assert!(go_on(&mut cursor, &[], false), "an empty window is not the end");
        assert_eq!(cursor.at, Some((210, 300)));
        assert!(go_on(&mut cursor, &[210], false), "a page that stands still goes on all the same");
        assert_eq!(cursor.at, Some((160, 300)));
        assert!(!go_on(&mut cursor, &[159, 97], false));
        assert_eq!((cursor.top, cursor.at, cursor.pages), (300, None, 0));
        assert!(!go_on(&mut cursor, &[], false), "a forum that shows nothing");
        assert_eq!(cursor.top, 300);
    }
}

//! Reading a forum a second time: its newest posts page by page back to an instant, whatever the looks have
//! read, and only what is not known is gone into.

use super::Discourse;
use super::client::Failed;
use super::poll::{PRIVATE, PUBLIC, WINDOW};
use super::post::ForumPost;
use crate::domain::post::RawPost;
use crate::domain::time::Timestamp;
use crate::sources::sweep::only_unseen;
use crate::sources::{SourceTrouble, Sweep, SweptPage, Unseen};
use async_trait::async_trait;

#[async_trait]
impl Sweep for Discourse {
    fn streams(&self) -> Vec<String> {
        vec![PUBLIC.to_owned(), PRIVATE.to_owned()]
    }

    async fn page(
        &self,
        stream: &str,
        from: Timestamp,
        page: Option<&str>,
        unseen: &dyn Unseen,
    ) -> Result<SweptPage, SourceTrouble> {
        let trouble = |failed: Failed| self.client.trouble(&failed);
        self.know_ourselves().await;
        let below = page.and_then(|p| p.parse::<i64>().ok());
        let listed = self.listed(stream, below).await.map_err(trouble)?;
        let now = self.client.now();
        // What cannot be read was put aside when it was first seen.
        let posts: Vec<ForumPost> = listed.into_iter().flatten().collect();
        for post in &posts {
            self.threads.note(post);
        }
        let (shown, next) = (posts.len(), next_below(&posts, below, from));
        let mut found: Vec<(ForumPost, RawPost)> = Vec::new();
        for mut post in posts {
            if stream == PRIVATE {
                post.topic_archetype = Some("private_message".to_owned());
            }
            let recent = post.posted_at().is_some_and(|at| at >= from);
            if !recent || !post.is_read() || post.hidden || post.is_gone() {
                continue;
            }
            if self.is_watched(&post).await.map_err(trouble)? {
                let raw = self.forum.post(&post, self.threads.placed(&post), None, now);
                found.push((post, raw));
            }
        }
        let (mut items, mut beside) = (Vec::new(), 0);
        for (post, _) in only_unseen(found, |(_, raw)| raw, unseen).await?.into_iter().rev() {
            items.extend(self.beginning(&post, &mut beside, now).await.map_err(trouble)?);
            items.push(self.item(&post, None, now));
        }
        Ok(SweptPage { shown, items, next })
    }
}

/// Where the next page begins: forums list a window of ids, so an empty page below another is not the end.
fn next_below(posts: &[ForumPost], below: Option<i64>, from: Timestamp) -> Option<String> {
    let youngest = posts.iter().filter_map(ForumPost::posted_at).max();
    let lowest = posts.iter().map(|p| p.id).min();
    let next = match (lowest, below) {
        _ if youngest.is_some_and(|at| at < from) => return None,
        (Some(lowest), Some(below)) if lowest >= below => below - WINDOW,
        (Some(lowest), _) => lowest,
        (None, Some(below)) => below - WINDOW,
        (None, None) => return None,
    };
    (next > 1).then(|| next.to_string())
}

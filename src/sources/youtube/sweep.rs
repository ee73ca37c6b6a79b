//! Reading a channel a second time: its threads page by page back to an instant, whatever the looks have read.

use super::Youtube;
use super::client::Failed;
use super::comment::{Comment, Thread};
use crate::domain::post::RawPost;
use crate::domain::time::Timestamp;
use crate::sources::sweep::only_unseen;
use crate::sources::{SourceTrouble, Sweep, SweptPage, Unseen};
use async_trait::async_trait;
use serde::Deserialize;

#[async_trait]
impl Sweep for Youtube {
    fn streams(&self) -> Vec<String> {
        vec![String::new()]
    }

    async fn page(
        &self,
        _stream: &str,
        from: Timestamp,
        page: Option<&str>,
        unseen: &dyn Unseen,
    ) -> Result<SweptPage, SourceTrouble> {
        let listed = self.threads(page).await.map_err(|failed: Failed| self.client.trouble(&failed))?;
        let now = self.client.now();
        // What cannot be read was put aside when it was first seen.
        let threads: Vec<Thread> = listed.items.iter().filter_map(|v| Thread::deserialize(v).ok()).collect();
        let mut found: Vec<(Comment, Option<String>, RawPost)> = Vec::new();
        let mut youngest = None;
        for thread in &threads {
            let first = &thread.snippet.top_level_comment;
            youngest = youngest.max(first.posted_at());
            let video = thread.snippet.video_id.clone();
            let replies = thread.replies.iter().flat_map(|r| &r.comments);
            let replies = replies.filter_map(|v| Comment::deserialize(v).ok());
            for comment in std::iter::once(first.clone()).chain(replies) {
                if comment.posted_at().is_some_and(|at| at >= from) && !comment.is_kept_back() {
                    let raw = comment.post(&self.channel, video.as_deref(), None, now);
                    found.push((comment, video.clone(), raw));
                }
            }
        }
        let shown = found.len();
        let mut new = only_unseen(found, |(_, _, raw)| raw, unseen).await?;
        new.sort_by_key(|(comment, ..)| comment.posted_at());
        let items = new.iter().map(|(c, video, _)| self.item(c, video.as_deref(), None, now)).collect();
        let is_new = |token: &String| Some(token.as_str()) != page;
        let next = listed.next_page_token.filter(|t| is_new(t) && youngest.is_some_and(|at| at >= from));
        Ok(SweptPage { shown, items, next })
    }
}

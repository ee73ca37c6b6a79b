//! Whether comments still stand, and how they read by now: many with one question.

use super::Youtube;
use super::client::Failed;
use super::comment::{Comment, CommentPage};
use super::poll::WITHIN;
use super::units::Share;
use crate::sources::reply::PostRef;
use crate::sources::{Recheck, SourceTrouble, Standing};
use async_trait::async_trait;
use serde::Deserialize;

/// Most comments in one question.
const AT_ONCE: usize = 50;

#[async_trait]
impl Recheck for Youtube {
    fn at_once(&self) -> usize {
        AT_ONCE
    }

    async fn standing(&self, posts: &[PostRef]) -> Result<Vec<Standing>, SourceTrouble> {
        let ids: Vec<&str> = posts.iter().map(|p| p.external_id.as_str()).collect();
        let joined = ids.join(",");
        let page = match self.comments(&joined).await {
            // One that is gone may have the whole question refused: each by itself then.
            Err(failed) if failed.is_absent() => {
                let mut page = CommentPage::default();
                for id in &ids {
                    match self.comments(id).await {
                        Ok(one) => page.items.extend(one.items),
                        Err(failed) if failed.is_absent() => {}
                        Err(failed) => return Err(self.client.trouble(&failed)),
                    }
                }
                page
            }
            page => page.map_err(|failed| self.client.trouble(&failed))?,
        };
        let now = self.client.now();
        let found: Vec<Comment> = page.items.iter().filter_map(|v| Comment::deserialize(v).ok()).collect();
        // What could not be read is there, whatever it says.
        let named = |id: &str| page.items.iter().any(|v| v["id"] == id);
        Ok(posts
            .iter()
            .map(|asked| match found.iter().find(|c| c.id == asked.external_id) {
                Some(comment) if comment.is_kept_back() => Standing::Unknown,
                Some(comment) => {
                    let post = comment.post(&self.channel, None, comment.edited_at(), now);
                    let url = post.url.clone().or_else(|| asked.url.clone());
                    Standing::Stands(Box::new(crate::domain::post::RawPost { url, ..post }))
                }
                None if named(&asked.external_id) => Standing::Unknown,
                // A list leaves out what is gone, and says nothing else of it; to others than the channel also what
                // waits for a moderator.
                None if !self.client.has_login() => Standing::Unknown,
                None => Standing::Gone,
            })
            .collect())
    }
}

impl Youtube {
    /// Comments by their ids.
    async fn comments(&self, ids: &str) -> Result<CommentPage, Failed> {
        let query = [("part", "snippet"), ("id", ids), ("textFormat", "plainText")];
        self.client.get(Share::Reading, "comments", &query, WITHIN).await
    }
}

//! Whether comments and posts still stand, and how they read by now.
//!
//! The platform answers alike for what is gone and for what we may not see, so that something is gone is believed only
//! where the page's own list is still shown to us, comments included. Messages cannot be asked for: that one was taken
//! back is delivered.

use super::Facebook;
use super::comment::{Told, is_elsewhere, is_id};
use super::poll::{OF_COMMENT, OF_POST, WITHIN};
use crate::sources::meta::graph::{Failed, Share};
use crate::sources::reply::PostRef;
use crate::sources::{Recheck, SourceTrouble, Standing};
use async_trait::async_trait;

/// Most posts in one question; each is a call.
const AT_ONCE: usize = 10;

#[async_trait]
impl Recheck for Facebook {
    fn at_once(&self) -> usize {
        AT_ONCE
    }

    async fn standing(&self, posts: &[PostRef]) -> Result<Vec<Standing>, SourceTrouble> {
        self.graph.may_look().map_err(|failed| self.graph.trouble(&failed))?;
        let mut standing = Vec::new();
        let mut sees: Option<bool> = None;
        for post in posts {
            standing.push(match self.one(post).await {
                Ok(found) => found,
                Err(failed) if failed.is_gone() && !is_elsewhere(post.local_id.as_deref()) => {
                    let seen = match sees {
                        Some(seen) => seen,
                        None => self.sees_comments().await.map_err(|f| self.graph.trouble(&f))?,
                    };
                    sees = Some(seen);
                    if seen { Standing::Gone } else { Standing::Unknown }
                }
                Err(failed) if failed.is_gone() => Standing::Unknown,
                Err(failed) => return Err(self.graph.trouble(&failed)),
            });
        }
        Ok(standing)
    }
}

impl Facebook {
    async fn one(&self, post: &PostRef) -> Result<Standing, Failed> {
        let id = post.external_id.as_str();
        if !is_id(id) {
            return Ok(Standing::Unknown);
        }
        let is_post = id.split_once('_').is_some_and(|(of, _)| of == self.page);
        let fields = if is_post { OF_POST } else { OF_COMMENT };
        let value = self.graph.get(Share::Reading, &[id], &[("fields", fields)], WITHIN).await?;
        let told = if is_post {
            Told::listed_post(&value)
        } else {
            let post = id.split_once('_').map_or(String::new(), |(of, _)| format!("{}_{of}", self.page));
            Told::listed_comment(&value, &post)
        };
        let elsewhere = is_elsewhere(post.local_id.as_deref());
        let now = self.graph.now();
        Ok(told.map_or(Standing::Unknown, |told| {
            Standing::Stands(Box::new(Told { elsewhere, ..told }.post(&self.page, now)))
        }))
    }

    /// Whether the page's own list is shown to us.
    async fn sees_comments(&self) -> Result<bool, Failed> {
        let query = [("fields", "id,comments.limit(1){id,message}"), ("limit", "1")];
        let page = self.graph.get(Share::Reading, &[&self.page, "feed"], &query, WITHIN).await?;
        Ok(page["data"].is_array())
    }
}

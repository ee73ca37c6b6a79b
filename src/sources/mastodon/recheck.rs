//! Whether posts still stand, and how they read by now.
//!
//! Where the server can be asked for several at once it is; what is missing in that answer, and
//! everything elsewhere, is asked for one by one. Gone is only what the API itself says is not there.

use super::super::fediverse::list;
use super::super::fediverse::status::Status;
use super::super::reply::PostRef;
use super::super::{Recheck, SourceTrouble, Standing};
use super::Mastodon;
use super::client::{Failed, Share};
use crate::http_client::CallError;
use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use http::Method;
use std::collections::HashMap;

/// Most posts in one question; servers take twenty.
const AT_ONCE: usize = 20;
/// How many are asked for side by side.
const SIDE_BY_SIDE: usize = 4;

#[async_trait]
impl Recheck for Mastodon {
    fn at_once(&self) -> usize {
        AT_ONCE
    }

    async fn standing(&self, posts: &[PostRef]) -> Result<Vec<Standing>, SourceTrouble> {
        let trouble = |failed: Failed| self.client.trouble(&failed);
        let me = self.profile.know(&self.client, Share::Reading).await.map_err(trouble)?;
        let many = self.many(posts).await.map_err(trouble)?;
        let one = async |post: &PostRef| match post.local_id.as_ref().and_then(|id| many.get(id)) {
            Some(status) => Ok(self.stands(status, post, &me.id)),
            None => self.one(post, &me.id).await,
        };
        let asked: Vec<Result<Standing, Failed>> =
            stream::iter(posts).map(one).buffered(SIDE_BY_SIDE).collect().await;
        asked.into_iter().collect::<Result<Vec<Standing>, Failed>>().map_err(trouble)
    }
}

impl Mastodon {
    /// Those that the server gives in one answer, by its ids; none where it cannot.
    async fn many(&self, posts: &[PostRef]) -> Result<HashMap<String, Status>, Failed> {
        let ids: Vec<(&str, &str)> =
            posts.iter().filter_map(|p| Some(("id[]", p.local_id.as_deref()?))).collect();
        if ids.len() < 2 || !self.profile.instance().has_many() {
            return Ok(HashMap::new());
        }
        let call = self.client.call(Method::GET, &["v1", "statuses"], &ids);
        let answer = match self.client.send(Share::Reading, call).await {
            Ok(answer) => answer,
            Err(failed) if matches!(failed.status(), Some(400 | 404 | 405 | 422 | 500..)) => {
                return Ok(HashMap::new());
            }
            Err(failed) => return Err(failed),
        };
        let raws = list(&answer.body).unwrap_or_default();
        let read = raws.iter().filter_map(|raw| serde_json::from_str::<Status>(raw.get()).ok());
        Ok(read.map(|s| (s.id.clone(), s)).collect())
    }

    async fn one(&self, post: &PostRef, me: &str) -> Result<Standing, Failed> {
        let asked = match &post.local_id {
            Some(id) => self.status(id, Share::Reading).await.map(Some),
            None => self.resolve(&post.external_id, Share::Reading).await,
        };
        match asked {
            Ok(Some(status)) => Ok(self.stands(&status, post, me)),
            Ok(None) => Ok(Standing::Unknown),
            // A search that finds nothing says nothing: this server may never have seen it.
            Err(failed) if failed.is_absent() && post.local_id.is_some() => Ok(Standing::Gone),
            Err(failed) => match &failed {
                Failed::Spent(_) | Failed::Call(CallError::NotSent { .. } | CallError::Unknown { .. }) => {
                    Err(failed)
                }
                _ if matches!(failed.status(), Some(401 | 429)) => Err(failed),
                // One post that a server cannot show must not hold up the others.
                _ => Ok(Standing::Unknown),
            },
        }
    }

    fn stands(&self, status: &Status, asked: &PostRef, me: &str) -> Standing {
        if status.identity().as_deref() != Some(asked.external_id.as_str()) {
            return Standing::Unknown; // the number stands for another post by now
        }
        let now = self.client.now();
        let (mut post, _) = status.post(self.client.host(), now);
        if let Some(placed) = self.threads.remembered(status) {
            (post.conversation_id, post.in_reply_to) = (placed.conversation, placed.in_reply_to);
        }
        post.own = status.account.id == me;
        Standing::Stands(Box::new(post))
    }
}

//! Reading an account a second time: what names it, page by page back to an instant, and what stands below its posts of a
//! month before it, whatever the looks have read. The search is not swept: it costs what looks need.

use super::Threads;
use super::client::Failed;
use super::poll::{MENTIONS, REPLIES, oldest_of};
use super::post::{Seen, Told};
use crate::domain::post::RawPost;
use crate::domain::time::{Span, Timestamp};
use crate::sources::meta::GraphMeaning;
use crate::sources::meta::graph::Share;
use crate::sources::meta::looking::next_page;
use crate::sources::meta::read::list;
use crate::sources::sweep::new_items;
use crate::sources::{SourceTrouble, Sweep, SweptPage, Unseen};
use async_trait::async_trait;
use serde_json::Value;

/// Posts so much older than the instant may still get replies.
const BEFORE: Span = Span::days(30);

#[async_trait]
impl Sweep for Threads {
    fn streams(&self) -> Vec<String> {
        vec![MENTIONS.to_owned(), REPLIES.to_owned()]
    }

    async fn page(
        &self,
        stream: &str,
        from: Timestamp,
        page: Option<&str>,
        unseen: &dyn Unseen,
    ) -> Result<SweptPage, SourceTrouble> {
        let trouble = |failed: Failed| self.client.trouble(&failed);
        self.client.graph().may_look().map_err(|refusal| trouble(refusal.into()))?;
        let is_below = stream == REPLIES;
        let listed = if is_below {
            self.own_posts(page).await
        } else {
            self.page_of(MENTIONS, None, Some(from), page).await
        };
        let listed = listed.map_err(trouble)?;
        let seen = if is_below { Seen::Found } else { Seen::Named };
        let mut found: Vec<(RawPost, Timestamp)> = Vec::new();
        for value in list(&listed["data"]) {
            // What cannot be read was put aside when it was first seen.
            found.extend(self.swept(value, seen, from));
            let Some(own) = Told::of(value).filter(|own| is_below && own.has_replies != Some(false)) else {
                continue;
            };
            let below = self.all_below(&own.id, from).await.map_err(trouble)?;
            found.extend(below.iter().filter_map(|value| self.swept(value, Seen::Below, from)));
        }
        let shown = found.len();
        let items = new_items(found, unseen).await?;
        let until = if is_below { from.minus(BEFORE) } else { from };
        let reaches = oldest_of(&listed).is_some_and(|oldest| oldest >= until);
        let next = next_page(&listed).filter(|token| reaches && Some(token.as_str()) != page);
        Ok(SweptPage { shown, items, next })
    }
}

impl Threads {
    fn swept(&self, value: &Value, seen: Seen, from: Timestamp) -> Option<(RawPost, Timestamp)> {
        let told = Told::of(value)?;
        let at = told.at.filter(|at| *at >= from)?;
        Some((told.post(&self.me, seen, None, self.client.now()), at))
    }

    async fn all_below(&self, id: &str, from: Timestamp) -> Result<Vec<Value>, Failed> {
        match self.below(Share::Reading, id, Some(from), from).await {
            // It went in between, or is of a kind that has no such list.
            Err(failed) if failed.is_gone() || failed.meaning() == Some(GraphMeaning::Other) => {
                Ok(Vec::new())
            }
            below => below,
        }
    }
}

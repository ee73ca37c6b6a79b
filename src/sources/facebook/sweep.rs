//! Reading a page a second time: its posts with their comments, page by page back to an instant and a month of posts
//! before it, whatever the looks have read.

use super::Facebook;
use super::comment::Told;
use super::poll::ALL_COMMENTS;
use crate::domain::post::RawPost;
use crate::domain::time::{Span, Timestamp};
use crate::sources::meta::graph::Failed;
use crate::sources::meta::looking::{COMMENT_PAGES_MAX, COMMENTS, Lists, next_page};
use crate::sources::meta::read::list;
use crate::sources::sweep::new_items;
use crate::sources::{SourceTrouble, Sweep, SweptPage, Unseen};
use async_trait::async_trait;
use serde_json::Value;

/// Posts so much older than the instant may still get comments.
const BEFORE: Span = Span::days(30);

#[async_trait]
impl Sweep for Facebook {
    fn streams(&self) -> Vec<String> {
        vec![COMMENTS.to_owned()]
    }

    async fn page(
        &self,
        _stream: &str,
        from: Timestamp,
        page: Option<&str>,
        unseen: &dyn Unseen,
    ) -> Result<SweptPage, SourceTrouble> {
        self.graph.may_look().map_err(|failed| self.graph.trouble(&failed))?;
        let listed = self.page_of(COMMENTS, page).await.map_err(|failed| self.graph.trouble(&failed))?;
        let now = self.graph.now();
        let (mut found, mut oldest): (Vec<(RawPost, Timestamp)>, _) = (Vec::new(), None::<Timestamp>);
        for value in list(&listed["data"]) {
            // What cannot be read was put aside when it was first seen.
            let Some(post) = Told::listed_post(value) else { continue };
            oldest = match (oldest, post.at) {
                (Some(before), Some(at)) => Some(before.min(at)),
                (before, at) => before.or(at),
            };
            let below = self.comments_below(&post.id, &value["comments"], from).await;
            let below = below.map_err(|failed| self.graph.trouble(&failed))?;
            let below = below.iter().filter_map(|c| Told::listed_comment(c, &post.id));
            let all = below.chain(std::iter::once(post.clone()));
            found.extend(all.filter_map(|told| {
                let at = told.at.filter(|at| *at >= from)?;
                Some((told.post(&self.page, now), at))
            }));
        }
        let shown = found.len();
        let items = new_items(found, unseen).await?;
        let reaches =
            list(&listed["data"]).next().is_some() && oldest.is_some_and(|at| at >= from.minus(BEFORE));
        let next = next_page(&listed).filter(|token| reaches && Some(token.as_str()) != page);
        Ok(SweptPage { shown, items, next })
    }
}

impl Facebook {
    /// The comments of a post, newest first: those that are shown with it, and further pages back to an instant.
    async fn comments_below(&self, post: &str, shown: &Value, from: Timestamp) -> Result<Vec<Value>, Failed> {
        let (path, query) = ([post, "comments"], ALL_COMMENTS);
        let when = ("created_time", from);
        let pages = self.graph.back_to((shown, true), (&path, &query), when, COMMENT_PAGES_MAX + 1).await?;
        Ok(pages.iter().flat_map(|page| list(&page["data"]).cloned()).collect())
    }
}

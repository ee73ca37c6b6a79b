//! Reading an account a second time: what it posted with the comments below, page by page back to an instant and a month
//! of posts before it, whatever the looks have read.

use super::Instagram;
use super::comment::Told;
use super::poll::{BELOW, REPLY_PAGES_MAX, with_replies};
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
impl Sweep for Instagram {
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
            let Some(media) = Told::listed_media(value) else { continue };
            oldest = match (oldest, media.at) {
                (Some(before), Some(at)) => Some(before.min(at)),
                (before, at) => before.or(at),
            };
            let ours = Some((self.us.id.clone(), self.us.username.clone()));
            let below = self.comments_below(&media.id, &value["comments"], from).await;
            let below = below.map_err(|failed| self.graph.trouble(&failed))?;
            let all = below.into_iter().chain(std::iter::once(Told { from: ours, ..media }));
            found.extend(all.filter_map(|told| {
                let at = told.at.filter(|at| *at >= from)?;
                Some((told.post(&self.us, now), at))
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

impl Instagram {
    /// The comments of a post with what stands below them: those that are shown with it, and further pages back to an
    /// instant.
    async fn comments_below(&self, media: &str, shown: &Value, from: Timestamp) -> Result<Vec<Told>, Failed> {
        let fields = with_replies();
        let (path, query) = ([media, BELOW], [("fields", fields.as_str()), ("limit", "50")]);
        let when = ("timestamp", from);
        let pages = self.graph.back_to((shown, true), (&path, &query), when, COMMENT_PAGES_MAX + 1).await?;
        let mut told = Vec::new();
        for value in pages.iter().flat_map(|page| list(&page["data"])) {
            let Some(comment) = Told::listed_comment(value, Some(media), None) else { continue };
            for reply in self.replies_of(&comment.id, &value["replies"], REPLY_PAGES_MAX).await? {
                told.extend(Told::listed_comment(&reply, Some(media), Some(&comment.id)));
            }
            told.push(comment);
        }
        Ok(told.into_iter().map(|one| self.linked(one)).collect())
    }
}

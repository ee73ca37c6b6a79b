//! Reading a place a second time: its reviews page by page back to an instant, whatever the looks have read.

use super::Reviews;
use super::client::Failed;
use crate::domain::post::RawPost;
use crate::domain::time::Timestamp;
use crate::sources::sweep::only_unseen;
use crate::sources::{SourceTrouble, Sweep, SweptPage, Unseen};
use async_trait::async_trait;

#[async_trait]
impl Sweep for Reviews {
    fn streams(&self) -> Vec<String> {
        self.places.clone()
    }

    async fn page(
        &self,
        stream: &str,
        from: Timestamp,
        page: Option<&str>,
        unseen: &dyn Unseen,
    ) -> Result<SweptPage, SourceTrouble> {
        let listed =
            self.page_of(stream, page).await.map_err(|failed: Failed| self.client.trouble(&failed))?;
        let now = self.client.now();
        let mut found: Vec<(Timestamp, RawPost)> = Vec::new();
        let mut youngest = None;
        // What cannot be read was put aside when it was first seen.
        for review in listed.reviews.iter().flatten() {
            youngest = youngest.max(review.last_at());
            let within = |at: Option<Timestamp>| at.filter(|at| *at >= from);
            if let Some(at) = within(review.posted_at) {
                found.push((at, review.post(self.about(), None, now)));
            }
            let answered = within(review.answer.as_ref().and_then(|a| a.at));
            if let (Some(at), Some(ours)) = (answered, review.our_post(self.about(), now)) {
                found.push((at, ours));
            }
        }
        let shown = found.len();
        let mut new = only_unseen(found, |(_, raw)| raw, unseen).await?;
        new.sort_by_key(|(at, _)| *at);
        let items = new.into_iter().map(|(_, post)| self.item(&post, now)).collect();
        let is_new = |token: &String| Some(token.as_str()) != page;
        let next = listed.next.filter(|t| is_new(t) && youngest.is_some_and(|at| at >= from));
        Ok(SweptPage { shown, items, next })
    }
}

//! Reading an account a second time: its inbox, chosen subreddits and searches page by page back to an instant,
//! whatever the looks have read.

use super::Reddit;
use super::thing::{Thing, thing};
use crate::domain::time::Timestamp;
use crate::sources::sweep::only_unseen;
use crate::sources::{RawItem, SourceTrouble, Sweep, SweptPage, Unseen};
use async_trait::async_trait;

#[async_trait]
impl Sweep for Reddit {
    fn streams(&self) -> Vec<String> {
        self.of_others()
    }

    async fn page(
        &self,
        stream: &str,
        from: Timestamp,
        page: Option<&str>,
        unseen: &dyn Unseen,
    ) -> Result<SweptPage, SourceTrouble> {
        let listed = self.listing(stream, page).await?;
        let now = self.client.now();
        // What cannot be read was put aside when it was first seen.
        let read: Vec<Thing> = listed.children.iter().filter_map(|v| thing(v, &self.us, now)).collect();
        let youngest = read.iter().map(|found| found.at).max();
        let wanted =
            |found: &Thing| found.at >= from && !found.is_gone && (self.messages || !found.raw.private);
        let found: Vec<Thing> = read.into_iter().filter(wanted).collect();
        let shown = found.len();
        let mut new = only_unseen(found, |found| &found.raw, unseen).await?;
        new.sort_by_key(|found| found.at);
        let item =
            |found: &Thing| RawItem::of(format!("{stream}/{}", found.raw.external_id), &found.raw, found.at);
        let items = new.iter().map(item).collect();
        let is_new = |after: &String| Some(after.as_str()) != page;
        let next = listed.after.filter(|a| is_new(a) && youngest.is_some_and(|at| at >= from));
        Ok(SweptPage { shown, items, next })
    }
}

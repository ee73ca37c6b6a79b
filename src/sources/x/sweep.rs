//! Reading X a second time: the mentions timeline page by page back to an instant, whatever mark the looks stand at.

use super::X;
use super::client::{As, Family};
use super::config::Unit;
use super::poll::{FIELDS, MENTIONS, WITHIN, is_page};
use super::post::{Seen, post};
use super::read::{Includes, field, list};
use crate::domain::post::RawPost;
use crate::domain::time::Timestamp;
use crate::sources::sweep::only_unseen;
use crate::sources::{RawItem, SourceTrouble, Sweep, SweptPage, Unseen};
use async_trait::async_trait;

#[async_trait]
impl Sweep for X {
    fn streams(&self) -> Vec<String> {
        vec![MENTIONS.to_owned()]
    }

    async fn page(
        &self,
        _stream: &str,
        from: Timestamp,
        page: Option<&str>,
        unseen: &dyn Unseen,
    ) -> Result<SweptPage, SourceTrouble> {
        self.may_read()?;
        let trouble = |failed| self.client.trouble(&failed);
        let me = self.me().await.map_err(trouble)?;
        let start = from.rfc3339();
        let mut query: Vec<(&str, &str)> = FIELDS.to_vec();
        query.extend([("max_results", "100"), ("start_time", start.as_str())]);
        query.extend(page.map(|token| ("pagination_token", token)));
        let path = ["users", me.id.as_str(), "mentions"];
        let asked = self.client.get((Family::Timeline, As::Account), &path, &query, WITHIN);
        let value = asked.await.map_err(trouble)?;
        is_page(&value).map_err(trouble)?;
        self.bill(Unit::OwnedRead, &value);
        let (includes, now) = (Includes::of(&value["includes"]), self.client.now());
        let seen = Seen { summoned: true, context: false };
        // What cannot be read was put aside when it was first seen.
        let read = list(&value["data"]).filter_map(|t| post(t, &includes, &me, seen, now).ok());
        let found: Vec<(RawPost, Timestamp)> = read.filter(|(_, at)| *at >= from).collect();
        let shown = list(&value["data"]).count();
        let next =
            field(&value["meta"], "next_token").map(ToOwned::to_owned).filter(|n| Some(n.as_str()) != page);
        let fresh = only_unseen(found, |(raw, _)| raw, unseen).await?;
        let items = fresh
            .into_iter()
            .rev()
            .map(|(raw, at)| RawItem::of(format!("swept/{}", raw.external_id), &raw, at));
        Ok(SweptPage { shown, items: items.collect(), next })
    }
}

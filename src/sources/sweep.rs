//! Reading a source a second time, by another way than its looks: what they passed over is found, and
//! how often that happens is counted.
//!
//! A sweep goes page by page from the newest back to an instant, whatever cursor the looks stand at.
//! It asks which of the posts are known before it fetches anything more about them, for nearly all are.

use super::{RawItem, SourceTrouble};
use crate::domain::post::RawPost;
use crate::domain::time::Timestamp;
use async_trait::async_trait;

/// Tells which posts were not taken in yet.
#[async_trait]
pub trait Unseen: Send + Sync {
    /// For each of these posts, in order, whether it is new to us.
    async fn unseen(&self, posts: &[&RawPost]) -> Result<Vec<bool>, SourceTrouble>;
}

/// A page of a sweep.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SweptPage {
    /// How many posts it showed, known or not.
    pub shown: usize,
    /// What was not known, oldest first.
    pub items: Vec<RawItem>,
    /// Where the next page begins; `None` at the end, or once all on the page are older than asked for.
    pub next: Option<String>,
}

/// A source that can be read a second time.
#[async_trait]
pub trait Sweep: Send + Sync {
    /// What can be swept, each by itself; may change while the daemon runs.
    fn streams(&self) -> Vec<String>;

    /// One page of what a stream shows from `from` on, newest first; the first one where `page` is `None`.
    async fn page(
        &self,
        stream: &str,
        from: Timestamp,
        page: Option<&str>,
        unseen: &dyn Unseen,
    ) -> Result<SweptPage, SourceTrouble>;
}

/// Of some posts the ones that are new to us.
pub(crate) async fn only_unseen<T: Send>(
    found: Vec<T>,
    post: impl Fn(&T) -> &RawPost + Send,
    unseen: &dyn Unseen,
) -> Result<Vec<T>, SourceTrouble> {
    let asked: Vec<RawPost> = found.iter().map(|f| post(f).clone()).collect();
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let refs: Vec<&RawPost> = asked.iter().collect();
    let new = unseen.unseen(&refs).await?;
    Ok(found.into_iter().zip(new).filter(|(_, new)| *new).map(|(f, _)| f).collect())
}

/// The same as items, oldest first, of posts with the instants at which they were made.
pub(crate) async fn new_items(
    found: Vec<(RawPost, Timestamp)>,
    unseen: &dyn Unseen,
) -> Result<Vec<RawItem>, SourceTrouble> {
    let mut fresh = only_unseen(found, |(raw, _)| raw, unseen).await?;
    fresh.sort_by_key(|(_, at)| *at);
    let item = |(raw, at): (RawPost, Timestamp)| RawItem::of(format!("swept/{}", raw.external_id), &raw, at);
    Ok(fresh.into_iter().map(item).collect())
}

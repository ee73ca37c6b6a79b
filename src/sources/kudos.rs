//! How answers of members were received: marked as the solution, liked, flagged, removed.

use super::SourceTrouble;
use super::reply::PostRef;
use crate::domain::kudos::Void;
use async_trait::async_trait;

/// How one answer was received, as far as can be seen now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// Whether it is marked as the solution of its topic.
    pub accepted: bool,
    /// How many like it.
    pub likes: i64,
    /// Why it counts for nothing, if so.
    pub void: Option<Void>,
}

/// A source that can tell how answers of members were received.
#[async_trait]
pub trait Helpers: Send + Sync {
    /// How each of these was received, in order; `None` where that cannot be told now. Changes nothing.
    async fn received(&self, posts: &[PostRef]) -> Result<Vec<Option<Received>>, SourceTrouble>;
}

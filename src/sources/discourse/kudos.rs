//! How members' answers were received: the mark of the plugin *solved*, likes, flags, removals; asked one by one,
//! within the budget of reading.
//!
//! From the published serializer of posts (`actions_summary`, `accepted_answer`, `hidden`), as of November 2026, and
//! checked against a fake. Counts of flags are shown only to those who may see them; that a post is hidden for its
//! flags everybody is told.

use super::Discourse;
use super::client::Share;
use super::post::{ForumPost, LIKE};
use crate::domain::kudos::Void;
use crate::domain::time::Span;
use crate::sources::SourceTrouble;
use crate::sources::kudos::{Helpers, Received};
use crate::sources::reply::PostRef;
use async_trait::async_trait;

const WITHIN: Span = Span::seconds(8);
/// Off topic, inappropriate, spam, illegal.
const FLAGS: [i64; 4] = [3, 4, 8, 10];

#[async_trait]
impl Helpers for Discourse {
    async fn received(&self, posts: &[PostRef]) -> Result<Vec<Option<Received>>, SourceTrouble> {
        let mut found = Vec::new();
        for asked in posts {
            found.push(self.one_received(asked).await?);
        }
        Ok(found)
    }
}

impl Discourse {
    async fn one_received(&self, asked: &PostRef) -> Result<Option<Received>, SourceTrouble> {
        let gone = Received { void: Some(Void::Gone), ..Received::default() };
        let file = format!("{}.json", asked.external_id);
        match self.client.get::<ForumPost>(Share::Reading, &["posts", &file], &[], WITHIN).await {
            Ok(post) if post.id.to_string() != asked.external_id => Ok(None),
            Ok(post) => Ok(Some(received(&post))),
            Err(failed) if failed.is_absent() => Ok(Some(gone)),
            Err(failed) if matches!(failed.status(), Some(403 | 404 | 410)) => Ok(None),
            Err(failed) => Err(self.client.trouble(&failed)),
        }
    }
}

fn received(post: &ForumPost) -> Received {
    let void = if post.is_gone() {
        Some(Void::Gone)
    } else if post.staff || post.admin || post.moderator {
        Some(Void::Staff)
    } else if post.hidden || FLAGS.iter().any(|kind| post.count(*kind) > 0) {
        Some(Void::Flagged)
    } else {
        None
    };
    Received { accepted: post.accepted_answer, likes: post.count(LIKE), void }
}

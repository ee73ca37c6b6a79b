//! Whether posts still stand, and how they read by now; asked one by one, within the budget of reading.

use super::Discourse;
use super::client::Share;
use super::post::ForumPost;
use crate::domain::time::Span;
use crate::sources::reply::PostRef;
use crate::sources::{Recheck, SourceTrouble, Standing};
use async_trait::async_trait;

/// Most posts in one round of questions.
const AT_ONCE: usize = 10;
const WITHIN: Span = Span::seconds(8);

#[async_trait]
impl Recheck for Discourse {
    fn at_once(&self) -> usize {
        AT_ONCE
    }

    async fn standing(&self, posts: &[PostRef]) -> Result<Vec<Standing>, SourceTrouble> {
        let mut found = Vec::new();
        for post in posts {
            found.push(self.stands(post).await?);
        }
        Ok(found)
    }
}

impl Discourse {
    async fn stands(&self, asked: &PostRef) -> Result<Standing, SourceTrouble> {
        let file = format!("{}.json", asked.external_id);
        let query = [("include_raw", "true")];
        let answer = self.client.get::<ForumPost>(Share::Reading, &["posts", &file], &query, WITHIN).await;
        match answer {
            Ok(post) if post.id.to_string() != asked.external_id => Ok(Standing::Unknown),
            Ok(post) if post.is_gone() => Ok(Standing::Gone),
            Ok(post) if post.hidden => Ok(Standing::Unknown),
            Ok(post) => {
                // The page of one post tells neither its title nor whether it is a message.
                let post = self.in_topic(post).await;
                let edited =
                    post.updated_at().filter(|at| post.posted_at().is_some_and(|posted| *at > posted));
                let raw = self.forum.post(&post, self.threads.placed(&post), edited, self.client.now());
                Ok(Standing::Stands(Box::new(raw)))
            }
            Err(failed) if failed.is_absent() => Ok(Standing::Gone),
            // One post that we may not see must not hold up the others.
            Err(failed) if matches!(failed.status(), Some(403 | 404 | 410)) => Ok(Standing::Unknown),
            Err(failed) => Err(self.client.trouble(&failed)),
        }
    }

    /// A post with what its page does not tell: of which kind its topic is, and what that is called where the post began
    /// it.
    async fn in_topic(&self, post: ForumPost) -> ForumPost {
        let needs_title = post.post_number == 1 && post.topic_title.is_none();
        let kind = post.topic_archetype.clone().or_else(|| self.threads.kind(post.topic_id));
        if !needs_title && kind.is_some() {
            return ForumPost { topic_archetype: kind, ..post };
        }
        match super::threads::topic(&self.client, Share::Reading, post.topic_id).await {
            Ok(topic) => {
                let kind = kind.or(topic.archetype);
                if let Some(kind) = &kind {
                    self.threads.note_kind(post.topic_id, kind);
                }
                let title = if needs_title { Some(topic.title) } else { post.topic_title.clone() };
                ForumPost { topic_title: title, topic_archetype: kind, ..post }
            }
            // Without these it would look edited, or said in public: better say nothing of an edit.
            Err(_) => ForumPost { updated_at: None, ..post },
        }
    }
}

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
                // The page of one post tells no title; an edit of a first post is read with that of its topic.
                let post = self.with_title(post).await;
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

    async fn with_title(&self, post: ForumPost) -> ForumPost {
        if post.post_number != 1 || post.topic_title.is_some() {
            return post;
        }
        match super::threads::topic(&self.client, Share::Reading, post.topic_id).await {
            Ok(topic) => {
                let archetype = post.topic_archetype.clone().or(topic.archetype);
                ForumPost { topic_title: Some(topic.title), topic_archetype: archetype, ..post }
            }
            // Without its title it would look edited: better say nothing of an edit.
            Err(_) => ForumPost { updated_at: None, ..post },
        }
    }
}

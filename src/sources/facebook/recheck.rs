//! Whether comments and posts still stand, and how they read by now.
//!
//! The platform answers alike for what is gone and for what we may not see, so that something is gone is believed only
//! where the page's own list is still shown to us, comments included. Messages cannot be asked for: that one was taken
//! back is delivered.

use super::Facebook;
use super::comment::{Told, is_elsewhere, is_id};
use super::poll::{OF_COMMENT, OF_POST};
use crate::sources::meta::GraphMeaning;
use crate::sources::meta::graph::{Failed, Share};
use crate::sources::meta::looking::WITHIN;
use crate::sources::reply::PostRef;
use crate::sources::{Recheck, SourceTrouble, Standing};
use async_trait::async_trait;

/// Most posts in one question; each is a call.
const AT_ONCE: usize = 10;

/// Whether a refusal is about one post only, so that the others are still asked for: it is gone, the question does not fit
/// what it is, or it stands elsewhere and is not shown to us.
fn is_of_one(failed: &Failed, elsewhere: bool) -> bool {
    match failed.meaning() {
        Some(GraphMeaning::Gone) => true,
        Some(GraphMeaning::NoRight) => elsewhere,
        Some(GraphMeaning::Other) => matches!(failed, Failed::Refused { status: 400 | 404, .. }),
        _ => false,
    }
}

#[async_trait]
impl Recheck for Facebook {
    fn at_once(&self) -> usize {
        AT_ONCE
    }

    async fn standing(&self, posts: &[PostRef]) -> Result<Vec<Standing>, SourceTrouble> {
        self.graph.may_look().map_err(|failed| self.graph.trouble(&failed))?;
        let mut standing = Vec::new();
        let mut sees: Option<bool> = None;
        for post in posts {
            standing.push(match self.one(post).await {
                Ok(found) => found,
                Err(failed) if failed.is_gone() && !is_elsewhere(post.local_id.as_deref()) => {
                    let seen = match sees {
                        Some(seen) => seen,
                        None => self.sees_comments().await.map_err(|f| self.graph.trouble(&f))?,
                    };
                    sees = Some(seen);
                    if seen { Standing::Gone } else { Standing::Unknown }
                }
                Err(failed) if is_of_one(&failed, is_elsewhere(post.local_id.as_deref())) => {
                    Standing::Unknown
                }
                Err(failed) => return Err(self.graph.trouble(&failed)),
            });
        }
        Ok(standing)
    }
}

impl Facebook {
    async fn one(&self, post: &PostRef) -> Result<Standing, Failed> {
        let id = post.external_id.as_str();
        if !is_id(id) {
            return Ok(Standing::Unknown);
        }
        let is_post = id.split_once('_').is_some_and(|(of, _)| of == self.page);
        let fields = if is_post { OF_POST } else { OF_COMMENT };
        let value = self.graph.get(Share::Reading, &[id], &[("fields", fields)], WITHIN).await?;
        let told = if is_post {
            Told::listed_post(&value)
        } else {
            let post = id.split_once('_').map_or(String::new(), |(of, _)| format!("{}_{of}", self.page));
            Told::listed_comment(&value, &post)
        };
        let elsewhere = is_elsewhere(post.local_id.as_deref());
        let now = self.graph.now();
        Ok(told.map_or(Standing::Unknown, |told| {
            Standing::Stands(Box::new(Told { elsewhere, ..told }.post(&self.page, now)))
        }))
    }

    /// Whether the page's own list is shown to us.
    async fn sees_comments(&self) -> Result<bool, Failed> {
        let query = [("fields", "id,comments.limit(1){id,message}"), ("limit", "1")];
        let page = self.graph.get(Share::Reading, &[&self.page, "feed"], &query, WITHIN).await?;
        Ok(page["data"].is_array())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::meta::GraphError;

    #[test]
    fn a_post_that_cannot_be_asked_for_does_not_hold_up_the_others() {
        let refused = |status: u16, code: i64, subcode: i64| Failed::Refused {
            status,
            error: GraphError { code, subcode, ..GraphError::default() },
            says: String::new(),
            wait: None,
        };
        assert!(is_of_one(&refused(400, 100, 33), true) && is_of_one(&refused(400, 100, 0), false));
        assert!(is_of_one(&refused(403, 10, 0), true) && !is_of_one(&refused(403, 10, 0), false));
        assert!(!is_of_one(&refused(400, 190, 0), true) && !is_of_one(&refused(401, 0, 0), true));
        assert!(!is_of_one(&refused(400, 4, 0), true) && !is_of_one(&Failed::Unreadable, true));
    }
}

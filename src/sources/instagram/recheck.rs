//! Whether comments and posts still stand, and how they read by now.
//!
//! No delivery tells that a comment was deleted, so this is how it is learned. The platform answers alike for what is gone
//! and for what we may not see, so that something is gone is believed only where the account's own list is still shown to
//! us, comments included. Messages cannot be asked for: that one was taken back is delivered. A notice of what could not be
//! looked up at once is looked up here.

use super::Instagram;
use super::comment::{Told, Where, is_elsewhere, is_id, media_of, mention_of, tagged_of};
use super::poll::{OF_COMMENT, OF_MEDIA};
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

/// Whether something is a notice, or stands elsewhere.
fn is_not_here(post: &PostRef) -> bool {
    let id = post.external_id.as_str();
    is_elsewhere(post.local_id.as_deref()) || !(is_id(id) || media_of(id).is_some())
}

#[async_trait]
impl Recheck for Instagram {
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
                Err(failed) if failed.is_gone() && !is_not_here(post) => {
                    let seen = match sees {
                        Some(seen) => seen,
                        None => self.sees_comments().await.map_err(|f| self.graph.trouble(&f))?,
                    };
                    sees = Some(seen);
                    if seen { Standing::Gone } else { Standing::Unknown }
                }
                Err(failed) if is_of_one(&failed, is_not_here(post)) => Standing::Unknown,
                Err(failed) => return Err(self.graph.trouble(&failed)),
            });
        }
        Ok(standing)
    }
}

impl Instagram {
    async fn one(&self, post: &PostRef) -> Result<Standing, Failed> {
        let (id, now) = (post.external_id.as_str(), self.graph.now());
        let told = if let Some((media, comment)) = post.local_id.as_deref().and_then(mention_of) {
            self.look_up_named(media, comment).await?
        } else if let Some(media) = post.local_id.as_deref().and_then(tagged_of) {
            let value = self.graph.get(Share::Reading, &[media], &[("fields", OF_MEDIA)], WITHIN).await?;
            Told::listed_media(&value).map(|told| Told { place: Where::Tagged, ..told })
        } else if let Some(media) = media_of(id) {
            let value = self.graph.get(Share::Reading, &[media], &[("fields", OF_MEDIA)], WITHIN).await?;
            let ours = Some((self.us.id.clone(), self.us.username.clone()));
            Told::listed_media(&value).map(|told| Told { from: ours, ..told })
        } else if is_id(id) {
            let fields = format!("{OF_COMMENT},media{{id,permalink}}");
            let query = [("fields", fields.as_str())];
            let value = self.graph.get(Share::Reading, &[id], &query, WITHIN).await?;
            Told::listed_comment(&value, None, None)
        } else {
            return self.noticed(id).await;
        };
        let stands = |told: Told| Standing::Stands(Box::new(told.post(&self.us, now)));
        Ok(told.map_or(Standing::Unknown, stands))
    }

    /// What a notice is about, if it was not looked up at once. It is handed over as changed: only what changed is taken.
    async fn noticed(&self, what: &str) -> Result<Standing, Failed> {
        if self.memory.was_looked_up(what) {
            return Ok(Standing::Unknown);
        }
        // Until it is taken it may be asked for once more: what is known is not taken twice.
        let found = self.look_up(what).await?;
        Ok(found.map_or(Standing::Unknown, |(mut post, at)| {
            post.edited_at = Some(at.rfc3339());
            Standing::Stands(Box::new(post))
        }))
    }

    /// Whether the account's own list is shown to us.
    async fn sees_comments(&self) -> Result<bool, Failed> {
        let query = [("fields", "id,comments.limit(1){id,text}"), ("limit", "1")];
        let page = self.graph.get(Share::Reading, &[&self.us.id, "media"], &query, WITHIN).await?;
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
        let of = |id: &str| PostRef { external_id: id.to_owned(), ..PostRef::default() };
        assert!(
            is_not_here(&of("mention/80/201")) && !is_not_here(&of("101")) && !is_not_here(&of("media/90"))
        );
    }
}

//! Whether posts still stand, and how they read by now.
//!
//! The platform answers alike for what is gone and for what we may not see, so that something of somebody else is gone is
//! believed only where another such post, the newest that names us, is still shown to us by its id. What stands below our
//! own posts is ours to see as long as the account is.

use super::Threads;
use super::client::Failed;
use super::poll::{FIELDS, MENTIONS, WITHIN};
use super::post::{Seen, Told, is_elsewhere, is_id};
use crate::sources::meta::GraphMeaning;
use crate::sources::meta::graph::{Failed as Refusal, Share};
use crate::sources::meta::read::{id_in, list};
use crate::sources::reply::PostRef;
use crate::sources::{Recheck, SourceTrouble, Standing};
use async_trait::async_trait;
use serde_json::Value;

/// Most posts in one question; each is a call.
const AT_ONCE: usize = 10;
/// Most of those that name us that are asked for to see whether we see such posts at all.
const PROBES_MAX: usize = 3;

/// Whether a refusal is about one post only, so that the others are still asked for.
fn is_of_one(failed: &Failed, elsewhere: bool) -> bool {
    match failed.meaning() {
        Some(GraphMeaning::Gone) => true,
        Some(GraphMeaning::NoRight) => elsewhere,
        Some(GraphMeaning::Other) => {
            matches!(failed, Failed::Graph(Refusal::Refused { status: 400 | 404, .. }))
        }
        _ => false,
    }
}

#[async_trait]
impl Recheck for Threads {
    fn at_once(&self) -> usize {
        AT_ONCE
    }

    async fn standing(&self, posts: &[PostRef]) -> Result<Vec<Standing>, SourceTrouble> {
        let trouble = |failed: Failed| self.client.trouble(&failed);
        self.client.graph().may_look().map_err(|refusal| trouble(refusal.into()))?;
        let mut standing = Vec::new();
        let (mut sees_own, mut sees_others): (Option<bool>, Option<bool>) = (None, None);
        for post in posts {
            let elsewhere = is_elsewhere(post.local_id.as_deref());
            standing.push(match self.one(post).await {
                Ok(found) => found,
                Err(failed) if failed.is_gone() => {
                    let known = if elsewhere { &mut sees_others } else { &mut sees_own };
                    let sees = match *known {
                        Some(sees) => sees,
                        None if elsewhere => self.sees_others().await.map_err(trouble)?,
                        None => self.sees_own().await.map_err(trouble)?,
                    };
                    *known = Some(sees);
                    if sees { Standing::Gone } else { Standing::Unknown }
                }
                Err(failed) if is_of_one(&failed, elsewhere) => Standing::Unknown,
                Err(failed) => return Err(trouble(failed)),
            });
        }
        Ok(standing)
    }
}

impl Threads {
    async fn shown(&self, id: &str) -> Result<Value, Failed> {
        self.client.get(Share::Reading, &[id], &[("fields", FIELDS)], WITHIN).await
    }

    async fn one(&self, post: &PostRef) -> Result<Standing, Failed> {
        let id = post.external_id.as_str();
        if !is_id(id) {
            return Ok(Standing::Unknown);
        }
        let told = Told::of(&self.shown(id).await?).filter(|told| told.id == id);
        // As it was found first: who is named stays named.
        let seen = if is_elsewhere(post.local_id.as_deref()) { Seen::Found } else { Seen::Below };
        let now = self.client.now();
        Ok(told.map_or(Standing::Unknown, |told| {
            Standing::Stands(Box::new(told.post(&self.me, seen, None, now)))
        }))
    }

    /// Whether our own account is shown to us.
    async fn sees_own(&self) -> Result<bool, Failed> {
        let page = self.own_posts(None).await?;
        Ok(page["data"].is_array())
    }

    /// Whether a post of somebody else that surely stands is shown to us by its id.
    async fn sees_others(&self) -> Result<bool, Failed> {
        let page = self.page_of(MENTIONS, None, None, None).await?;
        for id in
            list(&page["data"]).filter_map(|value| id_in(value, "id")).filter(|id| is_id(id)).take(PROBES_MAX)
        {
            match self.shown(&id).await {
                Ok(_) => return Ok(true),
                Err(failed) if is_of_one(&failed, true) => {}
                Err(failed) => return Err(failed),
            }
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::meta::GraphError;

    #[test]
    fn a_post_that_cannot_be_asked_for_does_not_hold_up_the_others() {
        let refused = |status: u16, code: i64, subcode: i64| {
            let error = GraphError { code, subcode, ..GraphError::default() };
            Failed::Graph(Refusal::Refused { status, error, says: String::new(), wait: None })
        };
        assert!(is_of_one(&refused(400, 100, 33), true) && is_of_one(&refused(400, 100, 0), false));
        assert!(is_of_one(&refused(403, 10, 0), true) && !is_of_one(&refused(403, 10, 0), false));
        assert!(!is_of_one(&refused(400, 190, 0), true) && !is_of_one(&refused(400, 4, 0), true));
    }
}

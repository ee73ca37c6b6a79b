//! Whether posts still stand, and how they read by now: up to a hundred in one question.
//!
//! Only that a post is not found proves that it is gone; that we may not see it proves nothing. An old version names
//! the newer ones, which are asked for then. Where our budget is used up nothing is asked, and nothing is forgotten.

use super::X;
use super::messages::split_id;
use super::post::{Seen, post, split_handle};
use super::read::{Includes, field, id_in, list, strings};
use crate::sources::reply::PostRef;
use crate::sources::{Recheck, SourceTrouble, Standing};
use async_trait::async_trait;
use serde_json::Value;

/// Most posts in one question.
const AT_ONCE: usize = 100;

#[async_trait]
impl Recheck for X {
    fn at_once(&self) -> usize {
        AT_ONCE
    }

    async fn standing(&self, posts: &[PostRef]) -> Result<Vec<Standing>, SourceTrouble> {
        self.may_read()?;
        let asked: Vec<Option<String>> = posts.iter().map(id_of).collect();
        let ids: Vec<String> = asked.iter().flatten().cloned().collect();
        if ids.is_empty() {
            return Ok(vec![Standing::Unknown; posts.len()]);
        }
        let told = self.posts_by_id(&ids).await.map_err(|failed| self.client.trouble(&failed))?;
        let newer: Vec<String> = list(&told["data"]).filter_map(newest).collect();
        let again = if newer.is_empty() {
            Value::Null
        } else {
            self.posts_by_id(&newer).await.map_err(|failed| self.client.trouble(&failed))?
        };
        let all = [&again, &told];
        let mut standing = Vec::new();
        for id in asked {
            standing.push(match id {
                Some(id) => self.stands(&id, &all),
                None => Standing::Unknown,
            });
        }
        Ok(standing)
    }
}

/// The id by which a post is asked for; messages cannot be.
fn id_of(post: &PostRef) -> Option<String> {
    if split_id(&post.external_id).is_some() {
        return None;
    }
    let id = post.local_id.as_deref().map_or(post.external_id.as_str(), |handle| split_handle(handle).0);
    (!id.is_empty() && id.bytes().all(|b| b.is_ascii_digit())).then(|| id.to_owned())
}

/// The last version of a post, if it is another one.
fn newest(tweet: &Value) -> Option<String> {
    let last = strings(&tweet["edit_history_tweet_ids"]).pop()?;
    (Some(&last) != id_in(tweet, "id").as_ref()).then_some(last)
}

impl X {
    fn stands(&self, id: &str, all: &[&Value]) -> Standing {
        let Some(me) = self.me.get() else { return Standing::Unknown };
        for page in all {
            let found = list(&page["data"]).find(|t| {
                id_in(t, "id").is_some_and(|i| i == id)
                    || strings(&t["edit_history_tweet_ids"]).iter().any(|v| v == id)
            });
            if let Some(tweet) = found {
                self.versions.note(tweet);
                let read =
                    post(tweet, &Includes::of(&page["includes"]), me, Seen::default(), self.client.now());
                return read.map_or(Standing::Unknown, |(raw, _)| Standing::Stands(Box::new(raw)));
            }
            let is_gone = list(&page["errors"]).any(|e| {
                id_in(e, "resource_id").or_else(|| id_in(e, "value")).is_some_and(|i| i == id)
                    && field(e, "type").is_some_and(|t| t.ends_with("/resource-not-found"))
            });
            if is_gone {
                return Standing::Gone;
            }
        }
        Standing::Unknown
    }
}

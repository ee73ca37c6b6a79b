//! Whether posts still stand, and whether they were edited, asked by address, 25 at a time.
//!
//! What the view does not show is gone only if it says so when asked for that post alone: it also
//! hides posts between accounts that block each other, and those are not deleted. Nor are those of an account that is
//! away, of which it says the same as of deleted ones: the account is looked at before that is believed. An edit is known
//! by another `cid` than the one that we hold; the platform tells no time of it, so the instant at
//! which it was seen counts.

use super::BlueskyAccount;
use super::caller::{Failed, Purpose};
use super::line::{AT_ONCE, Trouble, of_looking};
use crate::http_client::CallError;
use crate::sources::bluesky::{POSTS, shown, split_uri};
use crate::sources::held::Away;
use crate::sources::reply::PostRef;
use crate::sources::{Recheck, SourceTrouble, Standing};
use async_trait::async_trait;

/// Most posts that are asked for by themselves in one round; the others keep their place.
const ALONE_MAX: usize = 10;

impl BlueskyAccount {
    /// Whether a post is our own and not certainly gone from our repository, which knows better than
    /// the view.
    async fn stands_in_our_own(&self, uri: &str) -> bool {
        let own = self.line.session.who().did;
        match split_uri(uri) {
            Some((did, key)) if own.as_deref() == Some(did) => {
                !matches!(self.line.own_record(POSTS, key).await, Ok(None))
            }
            _ => false,
        }
    }

    /// How a post stands that the view does not show.
    async fn not_shown(&self, uri: &str) -> Result<Standing, Trouble> {
        let gone = of_one(self.line.is_gone(uri, Purpose::Look).await)?.flatten();
        let Some((account, _)) = split_uri(uri).filter(|_| gone == Some(true)) else {
            return Ok(Standing::Unknown);
        };
        if self.stands_in_our_own(uri).await {
            return Ok(Standing::Unknown);
        }
        Ok(match of_one(self.line.away(account, Purpose::Look).await)? {
            // Nobody can tell whether the account is only away.
            None => Standing::Unknown,
            Some(Some(away)) if away != Away::Deleted => Standing::Away(away),
            Some(_) => Standing::Gone,
        })
    }
}

/// What is wrong with one post or account keeps nobody from looking at the others.
fn of_one<T>(found: Result<T, Trouble>) -> Result<Option<T>, Trouble> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(Trouble::Failed(Failed::Call(CallError::Status { code, .. })))
            if !matches!(code, 401 | 403 | 429) =>
        {
            Ok(None)
        }
        Err(trouble) => Err(trouble),
    }
}

#[async_trait]
impl Recheck for BlueskyAccount {
    fn at_once(&self) -> usize {
        AT_ONCE
    }

    fn dates_edits(&self) -> bool {
        false
    }

    async fn standing(&self, posts: &[PostRef]) -> Result<Vec<Standing>, SourceTrouble> {
        let now = self.clock.now();
        let trouble = |t| of_looking(&t, now);
        // Private messages have no address that the view knows; nobody else can take them back.
        let in_public = |p: &&PostRef| split_uri(&p.external_id).is_some();
        let uris: Vec<String> = posts.iter().filter(in_public).map(|p| p.external_id.clone()).collect();
        let found = self.line.posts(&uris, Purpose::Look).await.map_err(trouble)?;
        let own = self.line.session.who().did;
        let mut standing = Vec::with_capacity(posts.len());
        let mut alone = 0;
        for asked in posts {
            if !in_public(&asked) {
                standing.push(Standing::Unknown);
                continue;
            }
            let Some(view) = found.get(&asked.external_id) else {
                alone += 1;
                standing.push(if alone <= ALONE_MAX {
                    self.not_shown(&asked.external_id).await.map_err(trouble)?
                } else {
                    Standing::Unknown
                });
                continue;
            };
            let Some(mut post) = shown(&view.to_string(), now).map(|s| s.post) else {
                standing.push(Standing::Unknown);
                continue;
            };
            post.own = own.as_deref() == Some(post.author.id.as_str());
            // Of posts that another source brought no version is known here: intake compares the
            // words, and keeps this version. Our own are known by the version that was read back.
            let no_version = asked.local_id.is_none();
            let is_other = if no_version { !post.own } else { asked.local_id != post.local_id };
            post.edited_at = is_other.then(|| now.rfc3339());
            standing.push(Standing::Stands(Box::new(post)));
        }
        Ok(standing)
    }
}

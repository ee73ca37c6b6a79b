//! What a stream of a whole network asks of the store: which posts and accounts that it names are known here.
//!
//! Most of what such a stream tells is about nobody who ever wrote to us; it is looked up many at once and dropped. An
//! account that is away is noted with its author; of one that is said to be deleted the posts are looked at again at once,
//! however old they are. The stream's word alone takes nothing away there: one frame that is wrong would take all that
//! somebody ever wrote, for good, while a look costs a second.

use super::read::Reading;
use crate::domain::time::Timestamp;
use crate::sources::Closed;
use crate::sources::held::{AccountNews, Away};
use crate::store::{StoreError, Tx, answer, held};
use futures_util::FutureExt;
use serde_json::Value;

/// Whether an id may be one that is kept. None is with U+0000 in it, which PostgreSQL takes in no question; and anybody
/// may write anything into a record of theirs.
fn may_be_kept(id: &str) -> bool {
    !id.contains('\0')
}

impl Reading<'_> {
    /// Which posts are kept and still stand, or wait to be taken in; however often it takes.
    pub(super) async fn held(&self, platform: &'static str, ids: Vec<String>) -> Result<Vec<String>, Closed> {
        let ids: Vec<String> = ids.into_iter().filter(|id| may_be_kept(id)).collect();
        let mut failures = 0;
        loop {
            let ids = ids.clone();
            let read = self.collector.db.read("looking up what a stream told of", move |tx| {
                async move { held::posts(tx, platform, &ids).await }.boxed()
            });
            match read.await {
                Ok(found) => return Ok(found),
                Err(error) => {
                    failures += 1;
                    if !self.database_failed(&error, failures).await {
                        return Err(Closed);
                    }
                }
            }
        }
    }

    /// Notes what became of accounts, of those that are known; however often it takes.
    pub(super) async fn accounts(
        &self,
        platform: &'static str,
        news: Vec<AccountNews>,
    ) -> Result<Vec<String>, Closed> {
        let mut failures = 0;
        loop {
            match self.note_accounts(platform, &news).await {
                Ok(known) => return Ok(known),
                Err(error) => {
                    failures += 1;
                    if !self.database_failed(&error, failures).await {
                        return Err(Closed);
                    }
                }
            }
        }
    }

    async fn note_accounts(
        &self,
        platform: &'static str,
        news: &[AccountNews],
    ) -> Result<Vec<String>, StoreError> {
        let ids: Vec<String> = news.iter().map(|n| n.id.clone()).filter(|id| may_be_kept(id)).collect();
        let read = self.collector.db.read("looking up accounts that a stream told of", move |tx| {
            async move { held::accounts(tx, platform, &ids).await }.boxed()
        });
        let known = read.await?;
        let of_known: Vec<AccountNews> = news.iter().filter(|n| known.contains(&n.id)).cloned().collect();
        if !of_known.is_empty() {
            let (source, now) = (self.source.to_owned(), self.now());
            let write = self.collector.db.write_again("noting what became of accounts", move |tx| {
                let (source, news) = (source.clone(), of_known.clone());
                async move { note(tx, &source, platform, &news, now).await }.boxed()
            });
            write.await?;
        }
        Ok(known)
    }
}

async fn note(
    tx: &mut Tx,
    source: &str,
    platform: &str,
    news: &[AccountNews],
    now: Timestamp,
) -> Result<(), StoreError> {
    let states: Vec<(String, Option<&'static str>, i64)> =
        news.iter().filter_map(|n| Some((n.id.clone(), n.away?.map(Away::code), n.at.millis()))).collect();
    held::note_away(tx, platform, &states).await?;
    let deleted: Vec<String> =
        news.iter().filter(|n| n.away == Some(Some(Away::Deleted))).map(|n| n.id.clone()).collect();
    held::look_again_at(tx, source, platform, &deleted, now).await?;
    let renamed: Vec<String> = news.iter().filter(|n| n.handle.is_some()).map(|n| n.id.clone()).collect();
    for (id, author_id, body) in held::profiles(tx, platform, &renamed).await? {
        let handle = news.iter().filter(|n| n.id == id).find_map(|n| n.handle.as_deref());
        if let Some(body) = handle.and_then(|handle| with_handle(&body, handle)) {
            answer::put_content(tx, &author_id, &author_id, "profile", &body).await?;
        }
    }
    Ok(())
}

/// Names as they are kept, with another handle; nothing if it is that one.
fn with_handle(body: &str, handle: &str) -> Option<String> {
    let mut names: Value = serde_json::from_str(body).ok()?;
    if names["handle"] == handle {
        return None;
    }
    names.as_object_mut()?.insert("handle".to_owned(), Value::from(handle));
    Some(names.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_asked_of_ids_that_no_database_keeps() {
        assert!(may_be_kept("at://did:plc:anna/app.bsky.feed.post/3lxyz") && may_be_kept("é"));
        assert!(!may_be_kept("at://did:plc:anna/app.bsky.feed.post/\0"));
    }

    #[test]
    fn another_handle_is_kept_and_the_same_changes_nothing() {
        let kept = r#"{"handle":"anna.example","name":"Anna"}"#;
        assert_eq!(with_handle(kept, "anna.example"), None);
        let other: Value = serde_json::from_str(&with_handle(kept, "anna.test").unwrap()).unwrap();
        assert_eq!((&other["handle"], &other["name"]), (&Value::from("anna.test"), &Value::from("Anna")));
        assert_eq!(with_handle("no object", "x"), None);
        assert_eq!(with_handle("[]", "x"), None);
    }
}

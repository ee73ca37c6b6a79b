//! What the stream can do beside streaming: files of posts, and whether posts still stand.

use super::Jetstream;
use crate::domain::file::FileNote;
use crate::domain::time::Timestamp;
use crate::sources::bluesky::view::AT_ONCE;
use crate::sources::reply::PostRef;
use crate::sources::{Media, Recheck, Source, SourceTrouble, Standing, Stream};
use async_trait::async_trait;
use url::Url;

#[async_trait]
impl Media for Jetstream {
    fn base(&self) -> Option<&Url> {
        None
    }

    async fn elsewhere(&self, file: &FileNote) -> Option<Url> {
        self.blobs.at_author(file).await
    }
}

#[async_trait]
impl Recheck for Jetstream {
    fn at_once(&self) -> usize {
        AT_ONCE
    }

    async fn standing(&self, posts: &[PostRef]) -> Result<Vec<Standing>, SourceTrouble> {
        match &self.view {
            Some(view) => view.standing(posts, &self.tally).await,
            None => Ok(vec![Standing::Unknown; posts.len()]),
        }
    }
}

impl Source for Jetstream {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "jetstream"
    }

    fn media(&self) -> Option<&dyn Media> {
        Some(self)
    }

    fn counts_from(&self) -> Option<Timestamp> {
        self.counts_from
    }

    fn stream(&self) -> Option<&dyn Stream> {
        Some(self)
    }

    fn recheck(&self) -> Option<&dyn Recheck> {
        self.view.is_some().then_some(self as &dyn Recheck)
    }

    fn take_calls(&self) -> Vec<(String, i64)> {
        self.tally.take()
    }
}

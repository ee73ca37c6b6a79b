//! What the stream can do beside streaming: files of posts, and whether posts still stand.

use super::Jetstream;
use crate::domain::file::FileNote;
use crate::domain::time::Timestamp;
use crate::sources::{Media, Recheck, Source, Stream};
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
        self.view.as_ref().map(|view| view as &dyn Recheck)
    }

    fn take_calls(&self) -> Vec<(String, i64)> {
        self.tally.take()
    }
}

//! Bluesky's public search, asked again and again for each word.
//!
//! Answers come newest first; a look walks back by windows of time until nothing is left, and only
//! then moves the beginning of the next look, ten minutes before the newest post seen, since the
//! index lags. Most servers show search only to accounts; that is told as a state. The search may
//! hide posts and follows the author's claim of time where that is earlier. Built from the
//! published lexicon `app.bsky.feed.searchPosts` (as of November 2026); never reached while building.

use super::bluesky::blobs::{Blobs, DIRECTORY};
use super::bluesky::searching;
use super::bluesky::view::PublicView;
use super::bluesky::windows::Window;
use super::config::BlueskySearchConfig;
use super::known::Known;
use super::{
    Batch, Media, Outside, Poll, RawItem, Recheck, Source, SourceTrouble, Sweep, SweptPage, Tally,
    TroubleState, Unseen, Words,
};
use crate::clock::Clock;
use crate::domain::file::FileNote;
use crate::domain::time::{Span, Timestamp};
use crate::http_client::{Budget, Call, CallError, HttpClient};
use async_trait::async_trait;
use std::num::NonZeroU32;
use std::sync::Arc;
use url::Url;

// Unwrapped while compiling: a zero would not build.
const CALLS_A_MINUTE: NonZeroU32 = NonZeroU32::new(60).unwrap();

/// Public search.
pub struct BlueskySearch {
    name: String,
    counts_from: Option<Timestamp>,
    config: BlueskySearchConfig,
    http: HttpClient,
    blobs: Blobs,
    view: Option<PublicView>,
    clock: Arc<dyn Clock>,
    terms: Words,
    budget: Budget,
    tally: Arc<Tally>,
    known: Known,
}

impl BlueskySearch {
    /// Search after the settings.
    pub fn new(
        name: &str,
        counts_from: Option<Timestamp>,
        config: &BlueskySearchConfig,
        outside: &Outside,
    ) -> Self {
        let tally = Arc::<Tally>::default();
        Self {
            name: name.to_owned(),
            counts_from,
            config: config.clone(),
            http: outside.http.clone(),
            blobs: Blobs::new(outside.http.clone(), outside.clock.clone(), DIRECTORY),
            view: PublicView::new(&config.server, outside, tally.clone()),
            clock: outside.clock.clone(),
            terms: outside.words(),
            budget: Budget::new(outside.clock.clone(), CALLS_A_MINUTE, Span::minutes(1)),
            tally,
            known: Known::default(),
        }
    }

    async fn ask(&self, term: &str, window: &Window) -> Result<bytes::Bytes, SourceTrouble> {
        self.get(searching::METHOD, &searching::parameters(term, window)).await
    }

    /// What posts are about, and what stands above that, a few steps up.
    async fn above(&self, wanted: Vec<String>, page: &[RawItem]) -> Vec<RawItem> {
        match &self.view {
            Some(view) => view.steps(wanted, page).await,
            None => Vec::new(),
        }
    }

    async fn get(&self, method: &str, asked: &[(&str, String)]) -> Result<bytes::Bytes, SourceTrouble> {
        let broken = || SourceTrouble::new(TroubleState::Broken, "the server's address cannot be read");
        let mut url = Url::parse(&self.config.server).map_err(|_| broken())?;
        url.path_segments_mut().map_err(|()| broken())?.pop_if_empty().extend(["xrpc", method]);
        url.query_pairs_mut().extend_pairs(asked);
        let key = format!("public@{}", url.host_str().unwrap_or_default());
        let now = self.clock.now();
        self.budget.take(&key).map_err(|until| SourceTrouble::spent(until, now))?;
        self.tally.add(&key);
        let answer = self.http.send(Call::get(url)).await.map_err(|error| {
            let now = self.clock.now();
            if let CallError::Status { code: 429, hint, .. } = &error {
                self.budget.close(&key, now.plus(hint.wait.unwrap_or(Span::minutes(5))));
            }
            SourceTrouble::of(&error, TroubleState::NeedsAccount, now)
        })?;
        Ok(answer.body)
    }
}

#[async_trait]
impl Poll for BlueskySearch {
    fn every(&self) -> Span {
        Span::seconds(self.config.every_seconds.clamp(10, 86_400))
    }

    fn streams(&self) -> Vec<String> {
        searching::terms(&self.terms)
    }

    async fn poll(&self, stream: &str, cursor: Option<&str>) -> Result<Batch, SourceTrouble> {
        let now = self.clock.now();
        self.known.confirm(stream, cursor);
        let asked = searching::window(cursor, now);
        let body = self.ask(stream, &asked).await?;
        let mut batch = searching::page(&body, (stream, cursor), asked, &self.known, None, now)?;
        let has =
            |uri: &str| self.known.holds(stream, uri) || self.known.holds(stream, &searching::beside_id(uri));
        let mut items = self.above(searching::about(&batch.items, has), &batch.items).await;
        self.known.also(stream, items.iter().map(|item| searching::beside_id(&item.place)).collect());
        items.append(&mut batch.items);
        Ok(Batch { items, ..batch })
    }
}

#[async_trait]
impl Sweep for BlueskySearch {
    fn streams(&self) -> Vec<String> {
        searching::terms(&self.terms)
    }

    async fn page(
        &self,
        stream: &str,
        from: Timestamp,
        page: Option<&str>,
        unseen: &dyn Unseen,
    ) -> Result<SweptPage, SourceTrouble> {
        let asked = searching::sweep_window(page, from);
        let body = self.ask(stream, &asked).await?;
        let mut swept = searching::swept(&body, asked, None, self.clock.now(), unseen).await?;
        let mut items = self.above(searching::about(&swept.items, |_| false), &swept.items).await;
        items.append(&mut swept.items);
        Ok(SweptPage { items, ..swept })
    }
}

#[async_trait]
impl Media for BlueskySearch {
    fn base(&self) -> Option<&Url> {
        None
    }

    async fn elsewhere(&self, file: &FileNote) -> Option<Url> {
        self.blobs.at_author(file).await
    }
}

impl Source for BlueskySearch {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "bluesky_search"
    }

    fn media(&self) -> Option<&dyn Media> {
        Some(self)
    }

    fn counts_from(&self) -> Option<Timestamp> {
        self.counts_from
    }

    fn poll(&self) -> Option<&dyn Poll> {
        Some(self)
    }

    fn sweep(&self) -> Option<&dyn Sweep> {
        Some(self)
    }

    fn recheck(&self) -> Option<&dyn Recheck> {
        self.view.as_ref().map(|view| view as &dyn Recheck)
    }

    fn take_calls(&self) -> Vec<(String, i64)> {
        self.tally.take()
    }
}

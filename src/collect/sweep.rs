//! Reading sources a second time: what their looks passed over is found and counted.
//!
//! Every hour the last two days, every day the last week. What is found goes into the inbox like
//! everything else, marked, so that the capture rate can be told: how much of what came in had been seen in
//! its turn. Posts of the last half hour are left to the looks. A sweep that was broken off begins anew; that
//! it was done is written with an epoch, like every cursor.

use super::Collector;
use super::read::Reading;
use crate::domain::post::RawPost;
use crate::domain::time::{Span, Timestamp};
use crate::shutdown::pause;
use crate::sources::{Batch, RawItem, Source, SourceTrouble, Sweep, TroubleState, Unseen};
use crate::store::StoreError;
use crate::store::source;
use crate::store::watch::{self, Identity};
use async_trait::async_trait;
use futures_util::FutureExt;
use serde::{Deserialize, Serialize};
use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// The stream under which is kept when sweeps were done.
const STREAM: &str = "~swept";
/// How often is looked whether a sweep is due.
const PERIOD: Span = Span::minutes(1);
/// The looks come first after a start: they catch up on what was missed while nobody listened.
const AFTER_START: Span = Span::minutes(10);
/// Between two pages, so that the looks keep their share of the calls.
const BETWEEN_PAGES: Span = Span::seconds(5);
/// What is younger is left to the looks.
const SETTLED: Span = Span::minutes(30);
/// Most pages of one stream.
const PAGES_MAX: usize = 200;
/// How many posts are remembered that were handed in: of some nothing remains that could be known.
const HANDED_MAX: usize = 20_000;

/// When sweeps were begun that were brought to their end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Done {
    /// Of the last two days.
    hourly: i64,
    /// Of the last week.
    daily: i64,
}

impl Done {
    /// How far back the sweep goes that is due, if one is; the wider one does for both.
    fn due(self, now: Timestamp) -> Option<Span> {
        let since = |at: i64| now.since(Timestamp(at));
        if since(self.daily) >= Span::days(1) {
            Some(Span::days(7))
        } else if since(self.hourly) >= Span::hours(1) {
            Some(Span::days(2))
        } else {
            None
        }
    }

    const fn with(self, back: Span, now: Timestamp) -> Self {
        let now = now.millis();
        Self { hourly: now, daily: if back.millis() > Span::days(2).millis() { now } else { self.daily } }
    }
}

impl Collector {
    /// Sweeps a source when it is due, until asked to stop or the lease is lost.
    pub(super) async fn sweep(&self, source: &dyn Source, epoch: i64, token: &CancellationToken) {
        let Some(sweep) = source.sweep() else { return std::future::pending().await };
        if !pause(AFTER_START, token).await {
            return;
        }
        let reading = Reading { collector: self, source: source.name(), stream: STREAM, epoch, token };
        let handed = Handed::default();
        let mut failures = 0;
        loop {
            let wait = match self.sweep_if_due(&reading, sweep, &handed).await {
                Ok(()) => {
                    failures = 0;
                    PERIOD
                }
                Err(Stop::Ended) => return,
                Err(Stop::Trouble(trouble)) => {
                    // The looks tell of the same trouble, and loudly.
                    failures += 1;
                    tracing::debug!(source = source.name(), why = trouble.why, "a sweep was broken off");
                    self.wait_after(&trouble, failures).max(PERIOD)
                }
            };
            if !pause(wait, token).await {
                return;
            }
        }
    }

    async fn sweep_if_due(
        &self,
        reading: &Reading<'_>,
        sweep: &dyn Sweep,
        handed: &Handed,
    ) -> Result<(), Stop> {
        let now = self.clock.now();
        let stored = reading.cursor().await.ok_or(Stop::Ended)?;
        let done: Option<Done> = stored.as_deref().and_then(|c| serde_json::from_str(c).ok());
        // The first connection is the beginning of everything: there is nothing behind it.
        let began = Done { hourly: now.millis(), daily: now.millis() };
        let (next, back) = match done.map(|done| (done, done.due(now))) {
            None => (began, None),
            Some((_, None)) => return Ok(()),
            Some((done, Some(back))) => (done.with(back, now), Some(back)),
        };
        if let Some(back) = back {
            let from = now.minus(back).max(self.counts_from(reading.source).await?);
            for stream in sweep.streams() {
                self.sweep_stream(reading, sweep, &stream, from, handed).await?;
            }
        }
        let cursor = serde_json::to_string(&next).ok();
        let batch = Batch { cursor, ..Batch::default() };
        reading.store(batch).await.map_err(|_| Stop::Ended)
    }

    async fn sweep_stream(
        &self,
        reading: &Reading<'_>,
        sweep: &dyn Sweep,
        stream: &str,
        from: Timestamp,
        handed: &Handed,
    ) -> Result<(), Stop> {
        let unseen = Asking { collector: self, handed };
        let mut page: Option<String> = None;
        for _ in 0..PAGES_MAX {
            let found = sweep.page(stream, from, page.as_deref(), &unseen).await?;
            let until = self.clock.now().minus(SETTLED);
            let items: Vec<RawItem> = found
                .items
                .into_iter()
                .filter(|item| item.posted_at.is_none_or(|at| at <= until))
                .map(|item| RawItem { late: true, ..item })
                .collect();
            if !items.is_empty() {
                let (source, count) = (reading.source, items.len());
                tracing::info!(source, stream, count, "a sweep found what the looks had passed over");
                metrics::counter!("webcared_swept_total", "source" => source.to_owned())
                    .increment(count as u64);
                handed.note(&items);
                reading.store(Batch { items, ..Batch::default() }).await.map_err(|_| Stop::Ended)?;
            }
            page = found.next;
            if page.is_none() {
                break;
            }
            if !pause(BETWEEN_PAGES, reading.token).await {
                return Err(Stop::Ended);
            }
        }
        Ok(())
    }

    /// From when a source's posts count: what is older is nobody's miss.
    async fn counts_from(&self, name: &str) -> Result<Timestamp, Stop> {
        let rows = self.db.read("reading a source", |tx| async move { source::list(tx).await }.boxed()).await;
        let rows = rows.map_err(|e| Stop::Trouble(database(&e)))?;
        let counts = rows.into_iter().find(|s| s.name == name).map(|s| s.counts_from);
        Ok(Timestamp(counts.unwrap_or(i64::MIN)))
    }
}

/// Why a sweep ends early.
enum Stop {
    /// The lease is lost, or the order to stop came.
    Ended,
    /// The source or the database.
    Trouble(SourceTrouble),
}

impl From<SourceTrouble> for Stop {
    fn from(trouble: SourceTrouble) -> Self {
        Self::Trouble(trouble)
    }
}

fn database(error: &StoreError) -> SourceTrouble {
    tracing::warn!(%error, "the database failed during a sweep");
    SourceTrouble::new(TroubleState::Broken, "the database does not answer")
}

/// Posts that were handed in by sweeps of this process, by their places; what intake filtered out is not
/// handed in each hour anew.
#[derive(Debug, Default)]
struct Handed(Mutex<(HashSet<String>, VecDeque<String>)>);

impl Handed {
    fn note(&self, items: &[RawItem]) {
        let mut handed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for item in items {
            let Ok(post) = serde_json::from_slice::<RawPost>(&item.body) else { continue };
            if handed.0.insert(post.external_id.clone()) {
                handed.1.push_back(post.external_id);
            }
        }
        while handed.1.len() > HANDED_MAX {
            if let Some(old) = handed.1.pop_front() {
                handed.0.remove(&old);
            }
        }
    }

    fn holds(&self, id: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0.contains(id)
    }
}

/// Asks the database.
struct Asking<'a> {
    collector: &'a Collector,
    handed: &'a Handed,
}

#[async_trait]
impl Unseen for Asking<'_> {
    async fn unseen(&self, posts: &[&RawPost]) -> Result<Vec<bool>, SourceTrouble> {
        let identity = |p: &&RawPost| -> Identity {
            (p.platform.to_lowercase(), p.authority.clone().unwrap_or_default(), p.external_id.clone())
        };
        let asked: Vec<Identity> = posts.iter().map(identity).collect();
        let wanted = asked.clone();
        let known = self.collector.db.read("asking which posts are known", move |tx| {
            async move { watch::known(tx, &wanted).await }.boxed()
        });
        let known: HashSet<Identity> = known.await.map_err(|e| database(&e))?.into_iter().collect();
        Ok(asked.iter().map(|post| !known.contains(post) && !self.handed.holds(&post.2)).collect())
    }
}

#[cfg(test)]
mod tests;

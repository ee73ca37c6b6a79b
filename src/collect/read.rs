//! Reading one source under its lease: its streams side by side, each with a cursor of its own.
//!
//! Items go into the inbox with the cursor behind them, in one transaction. While the database does
//! not take them nothing more is read, and nothing is given up: the same batch is tried again.

use super::live::Bell;
use super::{Collector, newest};
use crate::domain::ids::InboxId;
use crate::domain::time::{Span, Timestamp};
use crate::shutdown::pause;
use crate::sources::held::AccountNews;
use crate::sources::{Batch, Closed, Poll, Sink, Source, Stream};
use crate::store::StoreError;
use crate::store::inbox::{self, CursorMove, Received, SWEPT};
use async_trait::async_trait;
use futures_util::FutureExt;
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio_util::sync::CancellationToken;

/// The stream's name of a source that has only one.
const WHOLE: &str = "";
/// How often the list of streams is looked at again.
const LOOK_AGAIN: Span = Span::seconds(15);
/// A connection that held this long was a good one: the next failure is the first.
pub(super) const GOOD_AFTER: Span = Span::seconds(30);

/// One stream of one source, under a lease.
pub(super) struct Reading<'a> {
    pub(super) collector: &'a Collector,
    pub(super) source: &'a str,
    pub(super) stream: &'a str,
    pub(super) epoch: i64,
    pub(super) token: &'a CancellationToken,
}

impl Collector {
    /// Reads a source until its lease is lost or the order to stop comes.
    pub(super) async fn read(&self, source: &dyn Source, epoch: i64, bell: &Bell, token: &CancellationToken) {
        let name = source.name();
        if let Some(stream) = source.stream() {
            let reading = Reading { collector: self, source: name, stream: WHOLE, epoch, token };
            reading.follow(stream, bell).await;
        } else if let Some(poll) = source.poll() {
            // Every stream on its own, so that one slow server holds up no other.
            let one = async |stream: String, own: CancellationToken| {
                let reading = Reading { collector: self, source: name, stream: &stream, epoch, token: &own };
                reading.poll(poll, bell).await
            };
            self.side_by_side(name, &|| poll.streams(), &one, token).await;
        }
    }

    /// Runs something for each of what is wanted, as it comes and goes, until it says that the lease is lost
    /// or the order to stop comes.
    pub(super) async fn side_by_side<Run, Fut>(
        &self,
        source: &str,
        wanted: &(dyn Fn() -> Vec<String> + Sync),
        run: &Run,
        token: &CancellationToken,
    ) where
        Run: Fn(String, CancellationToken) -> Fut + Sync,
        Fut: Future<Output = Result<(), Closed>> + Send,
    {
        let lost = CancellationToken::new();
        let mut tokens: HashMap<String, CancellationToken> = HashMap::new();
        let mut running = FuturesUnordered::new();
        while !token.is_cancelled() && !lost.is_cancelled() {
            let wanted = wanted();
            tokens.retain(|stream, own| {
                let stays = wanted.contains(stream);
                if !stays {
                    own.cancel();
                    self.board.gone(source, stream, self.clock.now());
                }
                stays
            });
            for stream in wanted {
                if tokens.contains_key(&stream) {
                    continue;
                }
                let own = token.child_token();
                tokens.insert(stream.clone(), own.clone());
                let lost = lost.clone();
                let ran = run(stream, own);
                running.push(async move {
                    if ran.await.is_err() {
                        lost.cancel();
                    }
                });
            }
            tokio::select! {
                () = lost.cancelled() => {}
                _ = pause(LOOK_AGAIN, token) => {}
                () = async { while running.next().await.is_some() {} std::future::pending::<()>().await } => {}
            }
        }
        // What is being stored is stored to its end.
        tokens.values().for_each(CancellationToken::cancel);
        while running.next().await.is_some() {}
    }
}

impl Reading<'_> {
    pub(super) fn now(&self) -> Timestamp {
        self.collector.clock.now()
    }

    /// Polls until the token is cancelled, or the lease is found lost.
    async fn poll(&self, poll: &dyn Poll, bell: &Bell) -> Result<(), Closed> {
        let Some(mut cursor) = self.cursor().await else { return Ok(()) };
        let mut failures = 0;
        while !self.token.is_cancelled() {
            let answer = tokio::select! {
                () = self.token.cancelled() => return Ok(()),
                answer = poll.poll(self.stream, cursor.as_deref()) => answer,
            };
            let wait = match answer {
                Ok(batch) => {
                    failures = 0;
                    let (next, more) = (batch.cursor.clone(), batch.more);
                    self.store(batch).await?;
                    cursor = next.or(cursor);
                    let aside = poll.aside(self.stream);
                    let note = aside.note.unwrap_or_default();
                    self.collector.board.answers(self.source, self.stream, note, self.now());
                    if more {
                        continue;
                    }
                    let wait = self.collector.jittered(Span(poll.every_of(self.stream).millis() * 4 / 3));
                    tokio::select! {
                        _ = pause(wait.max(aside.rest), self.token) => {}
                        // Listening begins anew: what was said meanwhile is looked for at once.
                        () = bell.look.notified(), if aside.rest == Span(0) => {}
                    }
                    continue;
                }
                Err(trouble) => {
                    failures += 1;
                    let wait = self.collector.wait_after(&trouble, failures);
                    let now = self.now();
                    self.collector.board.trouble(self.source, self.stream, &trouble, now.plus(wait), now);
                    wait
                }
            };
            pause(wait, self.token).await;
        }
        Ok(())
    }

    /// Follows a stream, connecting again after every break.
    async fn follow(&self, stream: &dyn Stream, bell: &Bell) {
        let mut failures = 0;
        while !self.token.is_cancelled() {
            let Some(from) = self.cursor().await else { return };
            let began = self.now();
            let sink = Inlet { reading: self, lost: AtomicBool::new(false), bell: Some(bell) };
            let ended = stream.stream(from, &sink, self.token).await;
            if sink.lost.load(Ordering::Relaxed) {
                return;
            }
            let Some(trouble) = ended else { continue };
            let now = self.now();
            failures = if now.since(began) > GOOD_AFTER { 1 } else { failures + 1 };
            let wait = self.collector.wait_after(&trouble, failures);
            self.collector.board.trouble(self.source, self.stream, &trouble, now.plus(wait), now);
            pause(wait, self.token).await;
        }
    }

    /// The stored cursor; `None` when asked to stop before the database gave it.
    pub(super) async fn cursor(&self) -> Option<Option<String>> {
        let mut failures = 0;
        loop {
            let (source, stream) = (self.source.to_owned(), self.stream.to_owned());
            let read = self.collector.db.read("reading a cursor", move |tx| {
                async move { inbox::cursor(tx, &source, &stream).await }.boxed()
            });
            match read.await {
                Ok(cursor) => return Some(cursor),
                Err(error) => {
                    failures += 1;
                    if !self.database_failed(&error, failures).await {
                        return None;
                    }
                }
            }
        }
    }

    /// Stores a batch with its cursor, however often it takes. `Err`: the lease is lost, or the
    /// order to stop came while the database did not take it.
    pub(super) async fn store(&self, batch: Batch) -> Result<(), Closed> {
        if batch.items.is_empty() && batch.cursor.is_none() {
            return Ok(());
        }
        let now = self.now();
        let posted = newest(batch.items.iter().map(|i| i.posted_at));
        let (count, items) = (batch.items.len(), self.received(batch.items, now));
        let cursor = batch.cursor.map(|cursor| CursorMove {
            source: self.source.to_owned(),
            stream: self.stream.to_owned(),
            cursor,
            epoch: self.epoch,
        });
        let mut failures = 0;
        let held = loop {
            let (items, cursor) = (items.clone(), cursor.clone());
            let stored = self.collector.db.write_again("storing deliveries", move |tx| {
                let (items, cursor) = (items.clone(), cursor.clone());
                async move { inbox::receive(tx, &items, cursor.as_ref()).await }.boxed()
            });
            match stored.await {
                Ok(held) => break held,
                Err(error) => {
                    failures += 1;
                    if !self.database_failed(&error, failures).await {
                        return Err(Closed);
                    }
                }
            }
        };
        if count > 0 {
            metrics::counter!("webcared_received_total", "source" => self.source.to_owned())
                .increment(count as u64);
            self.collector.nudge.notify_one();
        }
        if let Some(posted) = posted {
            self.collector.board.posted(self.source, posted);
        }
        if held { Ok(()) } else { Err(Closed) }
    }

    fn received(&self, items: Vec<crate::sources::RawItem>, now: Timestamp) -> Vec<Received> {
        let mut received: Vec<Received> = items
            .into_iter()
            .map(|item| Received {
                id: self.collector.mint.id(now, InboxId::new).to_string(),
                source: self.source.to_owned(),
                place: if item.late { format!("{SWEPT}{}", item.place) } else { item.place },
                received_at: now,
                body: item.body,
            })
            .collect();
        // Ids of one instant are in no order, and intake reads by id: the oldest post gets the first.
        let mut ids: Vec<String> = received.iter().map(|r| r.id.clone()).collect();
        ids.sort();
        for (item, id) in received.iter_mut().zip(ids) {
            item.id = id;
        }
        received
    }

    /// Waits after a failure of the database; `false` when asked to stop.
    pub(super) async fn database_failed(&self, error: &StoreError, failures: u32) -> bool {
        let wait = self.collector.backoff(failures);
        self.collector.database_trouble(self.source, self.stream, error, wait);
        pause(wait, self.token).await
    }
}

/// Where a stream hands over its batches.
pub(super) struct Inlet<'a> {
    pub(super) reading: &'a Reading<'a>,
    pub(super) lost: AtomicBool,
    /// Of what is listened to beside its looks.
    pub(super) bell: Option<&'a Bell>,
}

#[async_trait]
impl Sink for Inlet<'_> {
    async fn commit(&self, batch: Batch) -> Result<(), Closed> {
        let stored = self.reading.store(batch).await;
        if stored.is_ok() {
            self.heard();
        } else {
            self.lost.store(true, Ordering::Relaxed);
        }
        stored
    }

    fn connected(&self, server: &str) {
        tracing::debug!(source = self.reading.source, server, "connected");
        self.heard();
        if let Some(bell) = self.bell {
            bell.look.notify_waiters();
        }
    }

    fn again(&self, local_ids: Vec<String>) {
        if let Some(bell) = self.bell {
            bell.again(local_ids);
        }
    }

    async fn held(&self, platform: &'static str, ids: Vec<String>) -> Result<Vec<String>, Closed> {
        let found = self.reading.held(platform, ids).await;
        found.inspect_err(|_| self.lost.store(true, Ordering::Relaxed))
    }

    async fn accounts(&self, platform: &'static str, news: Vec<AccountNews>) -> Result<Vec<String>, Closed> {
        let known = self.reading.accounts(platform, news).await;
        if let (Ok(found), Some(bell)) = (&known, self.bell)
            && !found.is_empty()
        {
            // Posts of an account that is gone are looked at at once.
            bell.changed.notify_one();
        }
        known.inspect_err(|_| self.lost.store(true, Ordering::Relaxed))
    }

    fn missed(&self, from: Timestamp, until: Timestamp) {
        let source = self.reading.source;
        metrics::counter!("webcared_source_gaps_total", "source" => source.to_owned()).increment(1);
        tracing::warn!(source, %from, %until, "posts of {} were not shown to us: the server keeps no more", until.since(from));
    }
}

impl Inlet<'_> {
    fn heard(&self) {
        self.reading.collector.board.connected(self.reading.source, self.reading.stream, self.reading.now());
    }
}

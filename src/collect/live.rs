//! Listening beside the looks: a source that is told at once what its looks find a little later.
//!
//! What is told goes into the inbox without a cursor; the looks pass over the same posts and stay the truth.
//! After each connection they look at once, which closes the gap. Trouble here is a note on a source that hears,
//! never a deaf source.

use super::Collector;
use super::read::{GOOD_AFTER, Inlet, Reading};
use crate::domain::time::Span;
use crate::shutdown::pause;
use crate::sources::{Closed, Live, Source};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// What is listened to is named so among the streams of a source.
const LIVE: &str = "live/";
/// From how many failures in a row on it is told: a connection that breaks now and then is nothing to know.
const TOLD_FROM: u32 = 3;
/// How often a post is asked for that a stream named and that is not known.
const TRIES: u8 = 5;
/// Most posts that are remembered as changed.
const CHANGED_MAX: usize = 1_000;

/// By which what listens wakes what looks.
#[derive(Debug, Default)]
pub(super) struct Bell {
    /// Look for what is new at once.
    pub(super) look: Notify,
    /// Look again at what changed.
    pub(super) changed: Notify,
    /// The posts that changed, by the platform's ids, and how often each was asked for.
    posts: Mutex<BTreeMap<String, u8>>,
}

impl Bell {
    /// Notes posts of which the platform says that they changed or are gone.
    pub(super) fn again(&self, local_ids: Vec<String>) {
        let mut posts = self.posts.lock().unwrap_or_else(PoisonError::into_inner);
        for id in local_ids {
            if posts.len() < CHANGED_MAX || posts.contains_key(&id) {
                posts.insert(id, 0);
            }
        }
        drop(posts);
        self.changed.notify_one();
    }

    /// The posts that wait for a second look.
    pub(super) fn told(&self) -> Vec<String> {
        self.posts.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    /// Of those told, these were found; the others are asked for again, a few times.
    pub(super) fn found(&self, found: &[String], told: &[String]) {
        let mut posts = self.posts.lock().unwrap_or_else(PoisonError::into_inner);
        posts.retain(|id, tries| {
            if told.contains(id) {
                *tries += 1;
            }
            !found.contains(id) && *tries < TRIES
        });
    }
}

impl Collector {
    /// Listens to all channels of a source until its lease is lost or the order to stop comes.
    pub(super) async fn live(&self, source: &dyn Source, epoch: i64, bell: &Bell, token: &CancellationToken) {
        let Some(live) = source.live() else { return std::future::pending().await };
        let name = source.name();
        let channels = || live.channels().into_iter().map(|c| format!("{LIVE}{c}")).collect();
        let one = async |stream: String, own: CancellationToken| {
            let reading = Reading { collector: self, source: name, stream: &stream, epoch, token: &own };
            reading.listen(live, bell).await
        };
        self.side_by_side(name, &channels, &one, token).await;
        if token.is_cancelled() {
            // The looks end by themselves, and what they are storing is stored.
            std::future::pending::<()>().await;
        }
    }
}

impl Reading<'_> {
    /// Listens to one channel, connecting again after every break.
    async fn listen(&self, live: &dyn Live, bell: &Bell) -> Result<(), Closed> {
        let channel = self.stream.strip_prefix(LIVE).unwrap_or(self.stream);
        let mut failures = 0;
        while !self.token.is_cancelled() {
            let began = self.now();
            let sink = Inlet { reading: self, lost: AtomicBool::new(false), bell: Some(bell) };
            let ended = live.listen(channel, &sink, self.token).await;
            if sink.lost.load(Ordering::Relaxed) {
                return Err(Closed);
            }
            let Some(trouble) = ended else { continue };
            let now = self.now();
            failures = if now.since(began) > GOOD_AFTER { 1 } else { failures + 1 };
            let wait = self.collector.wait_after(&trouble, failures).max(Span::seconds(1));
            let (source, why) = (self.source, trouble.why.as_str());
            metrics::counter!("webcared_live_breaks_total", "source" => source.to_owned()).increment(1);
            tracing::debug!(source, channel, why, "nothing is told at once at present; the looks go on");
            if failures >= TOLD_FROM || wait > Span::minutes(5) {
                let note = format!("{why}; looking goes on");
                self.collector.board.beside(source, self.stream, note, now);
            }
            pause(wait, self.token).await;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_asked_for_a_few_times() {
        let bell = Bell::default();
        bell.again(vec!["1".into(), "2".into()]);
        let told = bell.told();
        assert_eq!(told, ["1", "2"]);
        bell.found(&["1".into()], &told);
        assert_eq!(bell.told(), ["2"]);
        (1..TRIES).for_each(|_| bell.found(&[], &bell.told()));
        assert_eq!(bell.told(), [""; 0]);
    }
}

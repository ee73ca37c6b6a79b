//! Whose turn it is at SQLite's one writer: short writes that somebody waits for go before long ones
//! that nobody does.
//!
//! Writers are served in the order in which they came, so a short write waits for at most one
//! long one. How long that one is, and how often it comes between, is decided here: while short
//! writes keep coming, the long ones are cut and kept apart. Few long pauses delay fewer senders than
//! many short ones, and a larger batch costs less a post. They are never put off for longer than
//! that. On PostgreSQL writers do not wait for each other and nothing is cut.
//!
//! Writes that may have changed what others read are counted: who worked something out before its
//! turn came sees by the count whether it still holds.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// While short writes keep coming, a long one begins no sooner than so long after the last one began:
/// less than one sender in a hundred meets it at thousands of deliveries a second, and a post that
/// wants an alert is not kept waiting.
const APART: Duration = Duration::from_millis(400);
/// After so long without a short write nobody is waiting.
const QUIET: Duration = Duration::from_millis(20);
/// The part of a long write that is done at a time while short ones keep coming.
const PART: usize = 500;

/// After so many payloads the planner counts anew, however fast they come.
const COUNT_EVERY: u64 = 50_000;

/// Counts the short writes; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Turns(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Short writes begun.
    begun: AtomicU64,
    /// Short writes done.
    done: AtomicU64,
    /// When the last long write was let through.
    last: Mutex<Option<Instant>>,
    /// When the last short write ended.
    last_ended: Mutex<Option<Instant>>,
    ended: Notify,
    /// Writes that may have changed what others read.
    changes: AtomicU64,
    /// Whether the file took nothing the last time that something was to be written.
    is_failing: AtomicBool,
    /// Payloads stored since the planner's counts were brought up to date.
    uncounted: AtomicU64,
}

/// A write that may change what others read; counted when dropped, whether it was committed or not.
#[derive(Debug)]
pub struct Changing(Arc<Inner>);

impl Drop for Changing {
    fn drop(&mut self) {
        self.0.changes.fetch_add(1, Ordering::SeqCst);
    }
}

/// A short write on its way; done when dropped.
#[derive(Debug)]
pub struct Short(Arc<Inner>);

impl Drop for Short {
    fn drop(&mut self) {
        *self.0.last_ended.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        self.0.done.fetch_add(1, Ordering::SeqCst);
        self.0.ended.notify_waiters();
    }
}

impl Turns {
    /// Notes that so many payloads are being stored; tells whether it is time to count for the planner.
    pub(super) fn grew(&self, by: u64) -> bool {
        let before = self.0.uncounted.fetch_add(by, Ordering::Relaxed);
        let is_time = before + by >= COUNT_EVERY;
        if is_time {
            self.0.uncounted.store(0, Ordering::Relaxed);
        }
        is_time
    }

    /// Notes whether the file took what was written.
    pub(super) fn wrote(&self, it_did: bool) {
        self.0.is_failing.store(!it_did, Ordering::Relaxed);
    }

    /// Whether the file took nothing the last time that something was to be written.
    pub(super) fn is_failing(&self) -> bool {
        self.0.is_failing.load(Ordering::Relaxed)
    }

    /// Says that a short write begins for which somebody waits.
    pub fn short(&self) -> Short {
        self.0.begun.fetch_add(1, Ordering::SeqCst);
        Short(self.0.clone())
    }

    /// Says that whoever has the writer may change what others read.
    pub fn changing(&self) -> Changing {
        Changing(self.0.clone())
    }

    /// How many writes may have changed what others read. Asked before reading and again in one's
    /// turn: the same count means that what was read still holds.
    pub fn changes(&self) -> u64 {
        self.0.changes.load(Ordering::SeqCst)
    }

    /// Waits until a long write may begin, and says how many of the `wanted` pieces it may do.
    pub async fn long(&self, wanted: usize) -> usize {
        let last = *self.0.last.lock().unwrap_or_else(PoisonError::into_inner);
        let from = last.map_or_else(Instant::now, |last| last + APART);
        let is_quiet = tokio::time::timeout_at(from, self.quiet()).await.is_ok();
        *self.0.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        if is_quiet { wanted } else { wanted.min(PART) }
    }

    /// Waits until no short write is on its way and none came for a moment.
    async fn quiet(&self) {
        loop {
            let ended = self.0.ended.notified();
            let (begun, done) = (self.0.begun.load(Ordering::SeqCst), self.0.done.load(Ordering::SeqCst));
            if begun != done {
                // Whether it ended or takes long, the counts say what is so.
                let _ = tokio::time::timeout(QUIET, ended).await;
                continue;
            }
            let Some(last) = *self.0.last_ended.lock().unwrap_or_else(PoisonError::into_inner) else {
                return;
            };
            if Instant::now() >= last + QUIET {
                return;
            }
            let _ = tokio::time::timeout_at(last + QUIET, ended).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_so_many_payloads_it_is_time_to_count_once() {
        let turns = Turns::default();
        assert!(!turns.grew(COUNT_EVERY - 1));
        assert!(turns.grew(500));
        assert!(!turns.grew(500), "from there it is as far again");
        assert!(turns.grew(COUNT_EVERY));
    }

    #[tokio::test]
    async fn with_nobody_else_a_long_write_is_whole_and_waits_for_nothing() {
        let turns = Turns::default();
        assert_eq!(turns.long(5000).await, 5000);
        drop(turns.short());
        assert_eq!(turns.long(5000).await, 5000, "after a moment of quiet");
        assert_eq!(turns.long(5000).await, 5000);
    }

    #[tokio::test]
    async fn while_short_writes_keep_coming_long_ones_are_cut_and_kept_apart() {
        let turns = Turns::default();
        let others = turns.clone();
        let stream = tokio::spawn(async move {
            loop {
                // On its way for a while, so that the one who waits also sees it there.
                let short = others.short();
                tokio::time::timeout(Duration::from_millis(1), std::future::pending::<()>()).await.ok();
                drop(short);
            }
        });
        tokio::task::yield_now().await;
        assert_eq!(turns.long(5000).await, PART);
        let first = Instant::now();
        assert_eq!(turns.long(5000).await, PART);
        assert!(first.elapsed() + QUIET >= APART, "{:?}", first.elapsed());
        stream.abort();
    }

    #[tokio::test]
    async fn a_short_write_that_hangs_does_not_stop_the_long_ones() {
        let turns = Turns::default();
        let _hanging = turns.short();
        assert_eq!(turns.long(5000).await, PART);
        assert_eq!(turns.long(5000).await, PART);
    }
}

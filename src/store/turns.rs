//! Whose turn it is at SQLite's one writer: short writes that somebody waits for go before long ones
//! that nobody does.
//!
//! Writers are served in the order in which they came, so a short write waits for at most one
//! long one. How long that one is, and how often it comes between, is decided here: while short
//! writes keep coming, the long ones are cut small and let several short ones pass first. They are
//! never put off for ever. On PostgreSQL writers do not wait for each other and nothing is cut.
//!
//! Writes that may have changed what others read are counted: who worked something out before its
//! turn came sees by the count whether it still holds.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

/// Short writes let past between two long ones while they keep coming.
const PASS: u64 = 24;
/// After so long without a short write nobody is waiting.
const QUIET: Duration = Duration::from_millis(2);
/// The part of a long write that is done at a time while short ones keep coming.
const PART: usize = 50;

/// Counts the short writes; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Turns(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Short writes begun.
    begun: AtomicU64,
    /// Short writes done.
    done: AtomicU64,
    /// The count of those done when the last long write was let through.
    seen: AtomicU64,
    ended: Notify,
    /// Writes that may have changed what others read.
    changes: AtomicU64,
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
        self.0.done.fetch_add(1, Ordering::SeqCst);
        self.0.ended.notify_waiters();
    }
}

impl Turns {
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
        let seen = self.0.seen.load(Ordering::SeqCst);
        let mut quiet = self.0.begun.load(Ordering::SeqCst) == seen;
        while !quiet && self.0.done.load(Ordering::SeqCst) < seen + PASS {
            let ended = self.0.ended.notified();
            let done = self.0.done.load(Ordering::SeqCst);
            let nobody_came = tokio::time::timeout(QUIET, ended).await.is_err();
            let begun = self.0.begun.load(Ordering::SeqCst);
            quiet = nobody_came && begun == done && begun == self.0.done.load(Ordering::SeqCst);
            if nobody_came && !quiet {
                // A short write takes long; waiting for it here would only let the queue grow.
                break;
            }
        }
        self.0.seen.store(self.0.done.load(Ordering::SeqCst), Ordering::SeqCst);
        if quiet { wanted } else { wanted.min(PART) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn with_nobody_else_a_long_write_is_whole_and_waits_for_nothing() {
        let turns = Turns::default();
        assert_eq!(turns.long(500).await, 500);
        drop(turns.short());
        assert_eq!(turns.long(500).await, 500, "after a moment of quiet");
        assert_eq!(turns.long(500).await, 500);
    }

    #[tokio::test]
    async fn while_short_writes_keep_coming_it_is_cut_and_lets_some_pass() {
        let turns = Turns::default();
        let others = turns.clone();
        let stream = tokio::spawn(async move {
            loop {
                let short = others.short();
                tokio::task::yield_now().await;
                drop(short);
            }
        });
        tokio::task::yield_now().await;
        assert_eq!(turns.long(500).await, PART);
        let seen = turns.0.seen.load(Ordering::SeqCst);
        assert_eq!(turns.long(500).await, PART);
        assert!(turns.0.seen.load(Ordering::SeqCst) >= seen + PASS);
        stream.abort();
    }

    #[tokio::test]
    async fn a_short_write_that_hangs_does_not_stop_the_long_ones() {
        let turns = Turns::default();
        let _hanging = turns.short();
        assert_eq!(turns.long(500).await, PART);
    }
}

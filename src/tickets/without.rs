//! Something that a system said it does not have: it is not asked for at each look, and is asked for again once a day, for
//! rights and settings change while we run.

use crate::domain::time::{Span, Timestamp};
use std::sync::atomic::{AtomicI64, Ordering};

/// After how long it is asked for again.
const AGAIN: Span = Span::days(1);

/// Until when it is not asked for.
#[derive(Debug)]
pub(super) struct Without(AtomicI64);

impl Without {
    /// Nothing is known yet.
    pub(super) const fn unknown() -> Self {
        Self(AtomicI64::new(i64::MIN))
    }

    /// Whether it was said of late.
    pub(super) fn stands(&self, now: Timestamp) -> bool {
        now.millis() < self.0.load(Ordering::Relaxed)
    }

    /// It was said just now.
    pub(super) fn said(&self, now: Timestamp) {
        self.0.store(now.plus(AGAIN).millis(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lacking_is_asked_for_again_after_a_day() {
        let (without, now) = (Without::unknown(), Timestamp::from_seconds(1_000_000));
        assert!(!without.stands(now));
        without.said(now);
        assert!(without.stands(now.plus(Span::hours(23))));
        assert!(!without.stands(now.plus(Span::hours(24))));
        assert!(without.stands(now), "the clock alone moved");
    }
}

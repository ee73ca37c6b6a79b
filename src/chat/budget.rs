//! How many calls the platform allows, and how long it told us to keep still.
//!
//! One message a second to a chat, twenty a minute to a group, thirty a second in all; edits count.
//! The limits here lie a little below, so that a full window of the platform's is never passed.
//! What it answers with 'too many' holds that chat back for exactly as long as it says.

use crate::clock::Clock;
use crate::domain::time::{Span, Timestamp};
use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The injected clock as the limiter reads it: time since the epoch.
#[derive(Clone, Debug)]
struct Injected(Arc<dyn Clock>);

impl governor::clock::Clock for Injected {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::from_millis(self.0.now().millis().max(0).unsigned_abs())
    }
}

type PerChat = RateLimiter<i64, HashMapStateStore<i64>, Injected, NoOpMiddleware<Duration>>;
type Overall = RateLimiter<NotKeyed, InMemoryState, Injected, NoOpMiddleware<Duration>>;

/// The budget of one bot.
#[derive(Debug)]
pub struct Budget {
    clock: Injected,
    per_chat: PerChat,
    per_group: PerChat,
    overall: Overall,
    held: Mutex<HashMap<i64, Timestamp>>,
}

impl Budget {
    /// A full budget.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let clock = Injected(clock);
        let one = NonZeroU32::MIN;
        let n = |n: u32| NonZeroU32::new(n).unwrap_or(one);
        // Five at once and one every four seconds are never more than twenty in a minute.
        let group = Quota::with_period(Duration::from_secs(4))
            .map_or(Quota::per_minute(one), |q| q.allow_burst(n(5)));
        Self {
            per_chat: RateLimiter::hashmap_with_clock(Quota::per_second(one), clock.clone()),
            per_group: RateLimiter::hashmap_with_clock(group, clock.clone()),
            overall: RateLimiter::direct_with_clock(
                Quota::per_second(n(25)).allow_burst(n(5)),
                clock.clone(),
            ),
            clock,
            held: Mutex::new(HashMap::new()),
        }
    }

    /// Takes one call to a chat, or tells when to ask again.
    pub fn take(&self, chat: i64) -> Result<(), Timestamp> {
        let now = self.clock.now();
        let at = Timestamp(i64::try_from(now.as_millis()).unwrap_or(i64::MAX));
        if let Some(until) = self.held_until(chat).filter(|until| *until > at) {
            return Err(until);
        }
        let later = |wait: Duration| at.plus(Span(i64::try_from(wait.as_millis()).unwrap_or(0) + 1));
        self.per_chat.check_key(&chat).map_err(|no| later(no.wait_time_from(now)))?;
        if chat < 0 {
            self.per_group.check_key(&chat).map_err(|no| later(no.wait_time_from(now)))?;
        }
        self.overall.check().map_err(|no| later(no.wait_time_from(now)))
    }

    /// Keeps still towards a chat.
    pub fn hold(&self, chat: i64, until: Timestamp) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let at = held.entry(chat).or_insert(until);
        *at = (*at).max(until);
    }

    fn held_until(&self, chat: i64) -> Option<Timestamp> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).get(&chat).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    #[test]
    fn no_window_of_a_minute_holds_more_than_twenty() {
        let clock = ManualClock::at(Timestamp(1_800_000_000_000));
        let budget = Budget::new(clock.clone());
        let mut went: Vec<Timestamp> = Vec::new();
        for _ in 0..3_000 {
            clock.advance(Span(100));
            if budget.take(-7).is_ok() {
                went.push(clock.now());
            }
        }
        assert!(went.len() > 60);
        for at in &went {
            let within = |span| went.iter().filter(|t| **t > at.minus(span) && **t <= *at).count();
            assert!(within(Span::minutes(1)) <= 20);
            assert!(within(Span::seconds(1)) <= 1);
        }
    }

    #[test]
    fn many_chats_share_thirty_a_second() {
        let clock = ManualClock::at(Timestamp(1_800_000_000_000));
        let budget = Budget::new(clock.clone());
        let mut went = 0;
        for step in 0..100 {
            went += (0..100).filter(|chat| budget.take(step * 100 + chat + 1).is_ok()).count();
            clock.advance(Span(10));
        }
        assert!((20..=30).contains(&went), "{went}");
    }

    #[test]
    fn told_to_keep_still_it_does_exactly_so_long() {
        let clock = ManualClock::at(Timestamp(1_800_000_000_000));
        let budget = Budget::new(clock.clone());
        let until = clock.now().plus(Span::seconds(14));
        budget.hold(5, until);
        assert_eq!(budget.take(5), Err(until));
        assert_eq!(budget.take(6), Ok(()));
        clock.set(until);
        assert_eq!(budget.take(5), Ok(()));
    }
}

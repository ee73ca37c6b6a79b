//! How often an outside service may be called: what it says itself, and our own budget.
//!
//! Every platform tells in its own dialect when the next call is welcome; [`RateHint`] reads them
//! all and holds the answer within one second and one day. [`Budget`] counts our calls by
//! credential and endpoint before the platform has to complain, and keeps what it said.

use crate::clock::Clock;
use crate::domain::time::{Span, Timestamp};
use governor::clock::{Clock as Ticking, Reference};
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use http::HeaderMap;
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The shortest wait that a platform's word leads to.
pub const WAIT_MIN: Span = Span::seconds(1);
/// The longest wait that a platform's word leads to.
pub const WAIT_MAX: Span = Span::hours(24);

/// What the headers of an answer say about the next call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateHint {
    /// How long to wait before the next call, within [`WAIT_MIN`] and [`WAIT_MAX`].
    pub wait: Option<Span>,
    /// How many calls are left until then.
    pub remaining: Option<i64>,
}

impl RateHint {
    /// Reads `Retry-After`, `X-RateLimit-*`, `X-Rate-Limit-*` and `RateLimit-*`. Instants are measured against the
    /// answer's own `Date`, so that a server whose clock is off does not mislead.
    pub fn read(headers: &HeaderMap, now: Timestamp) -> Self {
        let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).map(str::trim);
        let there = text("date").and_then(http_date).unwrap_or(now);
        let wait = text("retry-after")
            .and_then(|t| wait_of(t, there))
            .or_else(|| text("x-rate-limit-reset").and_then(|t| wait_of(t, there)))
            .or_else(|| text("x-ratelimit-reset").and_then(|t| wait_of(t, there)))
            .or_else(|| text("ratelimit-reset").and_then(|t| wait_of(t, there)));
        let remaining = text("x-rate-limit-remaining").or_else(|| text("x-ratelimit-remaining"));
        let remaining = remaining.or_else(|| text("ratelimit-remaining"));
        Self { wait: wait.map(clamp), remaining: remaining.and_then(number).map(|n| n as i64) }
    }

    /// How long to wait when the answer itself was fine: only if no call is left.
    pub fn spent(&self) -> Option<Span> {
        self.wait.filter(|_| self.remaining == Some(0))
    }
}

fn clamp(wait: Span) -> Span {
    wait.clamp(WAIT_MIN, WAIT_MAX)
}

fn number(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0)
}

/// Seconds from now, seconds or milliseconds since the epoch, an HTTP date or an ISO 8601 instant.
fn wait_of(text: &str, there: Timestamp) -> Option<Span> {
    if let Some(n) = number(text) {
        return Some(match n {
            n if n < 1e9 => Span((n * 1000.0).ceil() as i64),
            n if n < 1e12 => Timestamp((n * 1000.0) as i64).since(there),
            n => Timestamp(n.min(4e18) as i64).since(there),
        });
    }
    http_date(text).or_else(|| Timestamp::parse(text).ok()).map(|at| at.since(there))
}

/// An HTTP date such as `Sun, 06 Nov 1994 08:49:37 GMT`.
fn http_date(text: &str) -> Option<Timestamp> {
    let zoned = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Timestamp(zoned.as_millisecond()))
}

/// How many calls a credential may make at an endpoint, and until when a platform closed it.
/// Keys name both, such as `public@mastodon.social/tag`.
#[derive(Debug)]
pub struct Budget {
    quota: Quota,
    clock: Arc<dyn Clock>,
    keys: Mutex<HashMap<String, Key>>,
}

#[derive(Debug)]
struct Key {
    limiter: RateLimiter<NotKeyed, InMemoryState, Elapsed, NoOpMiddleware<Tick>>,
    closed_until: Timestamp,
}

impl Budget {
    /// `calls` calls every `per`, for each key by itself.
    pub fn new(clock: Arc<dyn Clock>, calls: NonZeroU32, per: Span) -> Self {
        let each = (per.to_std() / calls.get()).max(Duration::from_nanos(1));
        let quota = Quota::with_period(each).unwrap_or_else(|| Quota::per_second(calls)).allow_burst(calls);
        Self { quota, clock, keys: Mutex::default() }
    }

    /// Takes one call of a key's budget, or says when one will be there.
    pub fn take(&self, key: &str) -> Result<(), Timestamp> {
        let now = self.clock.now();
        self.with(key, |key| {
            if key.closed_until > now {
                return Err(key.closed_until);
            }
            key.limiter.check().map_err(|not| {
                let wait = not.wait_time_from(key.limiter.clock().now()).as_millis();
                now.plus(Span(i64::try_from(wait).unwrap_or(i64::MAX)).max(Span(1)))
            })
        })
    }

    /// Closes a key until an instant, as a platform asked.
    pub fn close(&self, key: &str, until: Timestamp) {
        self.with(key, |key| key.closed_until = key.closed_until.max(until));
    }

    fn with<T>(&self, name: &str, act: impl FnOnce(&mut Key) -> T) -> T {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let key = keys.entry(name.to_owned()).or_insert_with(|| Key {
            limiter: RateLimiter::direct_with_clock(self.quota, Elapsed::since(self.clock.clone())),
            closed_until: Timestamp(0),
        });
        act(key)
    }
}

/// The injected clock as a count that never runs backwards, also when the clock is set back.
#[derive(Clone, Debug)]
struct Elapsed {
    clock: Arc<dyn Clock>,
    last: Arc<Mutex<(Timestamp, Duration)>>,
}

impl Elapsed {
    fn since(clock: Arc<dyn Clock>) -> Self {
        let start = clock.now();
        Self { clock, last: Arc::new(Mutex::new((start, Duration::ZERO))) }
    }
}

impl Ticking for Elapsed {
    type Instant = Tick;

    fn now(&self) -> Tick {
        let now = self.clock.now();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = (now, last.1.saturating_add(now.since(last.0).to_std()));
        Tick(last.1)
    }
}

/// A point of [`Elapsed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Tick(Duration);

impl std::ops::Add<governor::nanos::Nanos> for Tick {
    type Output = Self;

    fn add(self, more: governor::nanos::Nanos) -> Self {
        Self(self.0.saturating_add(more.into()))
    }
}

impl Reference for Tick {
    fn duration_since(&self, earlier: Self) -> governor::nanos::Nanos {
        self.0.saturating_sub(earlier.0).into()
    }

    fn saturating_sub(&self, by: governor::nanos::Nanos) -> Self {
        Self(self.0.checked_sub(by.into()).unwrap_or(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    const NOW: &str = "2026-11-24T09:30:00Z";

    fn hint(pairs: &[(&'static str, &str)]) -> RateHint {
        let headers = pairs
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()))
            .collect();
        RateHint::read(&headers, Timestamp::parse(NOW).unwrap())
    }

    fn wait(pairs: &[(&'static str, &str)]) -> Option<Span> {
        hint(pairs).wait
    }

    #[test]
    fn every_dialect_is_understood() {
        assert_eq!(wait(&[("retry-after", "120")]), Some(Span::seconds(120)));
        assert_eq!(wait(&[("retry-after", "1.5")]), Some(Span(1_500)));
        assert_eq!(wait(&[("retry-after", "Tue, 24 Nov 2026 09:31:00 GMT")]), Some(Span::minutes(1)));
        assert_eq!(wait(&[("x-ratelimit-reset", "2026-11-24T09:35:00.146988Z")]), Some(Span(300_146)));
        assert_eq!(wait(&[("x-ratelimit-reset", "1795512630")]), Some(Span::seconds(30)));
        assert_eq!(wait(&[("x-ratelimit-reset", "42.0")]), Some(Span::seconds(42)));
        assert_eq!(wait(&[("x-rate-limit-reset", "1795512630")]), Some(Span::seconds(30)));
        assert_eq!(wait(&[("ratelimit-reset", "1795512630")]), Some(Span::seconds(30)));
        assert_eq!(wait(&[("ratelimit-reset", "1795512630000")]), Some(Span::seconds(30)));
        assert_eq!(wait(&[("retry-after", "5"), ("x-ratelimit-reset", "60")]), Some(Span::seconds(5)));
        assert_eq!(wait(&[("retry-after", "soon"), ("x-ratelimit-reset", "60")]), Some(Span::minutes(1)));
        assert_eq!(wait(&[("retry-after", "soon")]), None);
        assert_eq!(wait(&[("retry-after", "-4")]), None);
        assert_eq!(wait(&[]), None);
    }

    #[test]
    fn waits_stay_within_a_second_and_a_day() {
        assert_eq!(wait(&[("retry-after", "0")]), Some(WAIT_MIN));
        assert_eq!(wait(&[("retry-after", "1e300")]), Some(WAIT_MAX));
        assert_eq!(wait(&[("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")]), Some(WAIT_MIN));
        assert_eq!(wait(&[("x-ratelimit-reset", "2199-01-01T00:00:00Z")]), Some(WAIT_MAX));
    }

    #[test]
    fn a_server_with_a_wrong_clock_is_measured_by_its_own() {
        let pairs =
            [("date", "Tue, 24 Nov 2026 10:30:00 GMT"), ("x-ratelimit-reset", "2026-11-24T10:31:00Z")];
        assert_eq!(wait(&pairs), Some(Span::minutes(1)));
    }

    #[test]
    fn a_good_answer_makes_wait_only_when_nothing_is_left() {
        let of = |left: &str| hint(&[("ratelimit-remaining", left), ("ratelimit-reset", "60")]).spent();
        assert_eq!(of("0"), Some(Span::minutes(1)));
        assert_eq!(of("3"), None);
    }

    #[test]
    fn a_budget_lets_through_what_it_promises() {
        let clock = ManualClock::at(Timestamp(1_000_000));
        let budget = Budget::new(clock.clone(), NonZeroU32::new(3).unwrap(), Span::minutes(1));
        assert!((0..3).all(|_| budget.take("a").is_ok()));
        let at = budget.take("a").unwrap_err();
        assert_eq!(at.since(Timestamp(1_000_000)), Span::seconds(20));
        assert!(budget.take("b").is_ok(), "another key has its own");
        clock.advance(Span::seconds(20));
        assert!(budget.take("a").is_ok());
        assert!(budget.take("a").is_err());
    }

    #[test]
    fn what_a_platform_closed_stays_closed_and_a_clock_set_back_does_no_harm() {
        let clock = ManualClock::at(Timestamp(10_000_000));
        let budget = Budget::new(clock.clone(), NonZeroU32::new(2).unwrap(), Span::seconds(2));
        budget.close("a", Timestamp(10_060_000));
        budget.close("a", Timestamp(10_030_000));
        assert_eq!(budget.take("a"), Err(Timestamp(10_060_000)));
        assert!(budget.take("b").is_ok() && budget.take("b").is_ok());
        clock.set(Timestamp(5_000_000));
        assert!(budget.take("b").is_err());
        clock.advance(Span::seconds(1));
        assert!(budget.take("b").is_ok());
    }
}

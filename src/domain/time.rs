//! Instants and spans in whole milliseconds, the form in which both databases keep them.
//!
//! There is no `now` here: an instant comes from the injected clock or from a platform.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

/// A length of time in milliseconds; may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Span(pub i64);

/// A text that should have been an RFC 3339 instant and was not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{found}' is not an RFC 3339 instant such as 2026-11-24T09:30:00Z")]
pub struct BadTimestamp {
    /// The text as it came.
    pub found: String,
}

impl Timestamp {
    /// Reads an RFC 3339 instant, with any offset; parts of a millisecond are dropped.
    pub fn parse(text: &str) -> Result<Self, BadTimestamp> {
        text.trim()
            .parse::<jiff::Timestamp>()
            .map(|t| Self(t.as_millisecond()))
            .map_err(|_| BadTimestamp { found: text.chars().take(64).collect() })
    }

    /// Seconds since the epoch as a platform gives them.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Milliseconds since the epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The span from `earlier` to this instant.
    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }

    /// This instant moved by `span`.
    pub const fn plus(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// This instant moved back by `span`.
    pub const fn minus(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }

    /// RFC 3339 in UTC with milliseconds: `2026-11-24T09:30:00.000Z`.
    pub fn rfc3339(self) -> String {
        jiff::Timestamp::from_millisecond(self.0)
            .map_or_else(|_| format!("{} ms", self.0), |t| format!("{t:.3}"))
    }

    /// The day in UTC as `2026-11-24`, the key under which counts are kept.
    pub fn day(self) -> String {
        self.rfc3339().chars().take(10).collect()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A span of whole seconds.
    pub const fn seconds(n: i64) -> Self {
        Self(n.saturating_mul(1000))
    }

    /// A span of whole minutes.
    pub const fn minutes(n: i64) -> Self {
        Self::seconds(n.saturating_mul(60))
    }

    /// A span of whole hours.
    pub const fn hours(n: i64) -> Self {
        Self::minutes(n.saturating_mul(60))
    }

    /// A span of whole days of 24 hours.
    pub const fn days(n: i64) -> Self {
        Self::hours(n.saturating_mul(24))
    }

    /// Milliseconds.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// As a standard duration; a negative span becomes none.
    pub const fn to_std(self) -> std::time::Duration {
        std::time::Duration::from_millis(if self.0 < 0 { 0 } else { self.0.unsigned_abs() })
    }
}

impl fmt::Display for Span {
    /// For people: `45 s`, `12 min`, `3 h 05`, `2 d 4 h`, with a leading minus when negative.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let seconds = self.0.unsigned_abs() / 1000;
        let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
        match () {
            () if minutes < 2 => write!(f, "{seconds} s"),
            () if hours < 1 => write!(f, "{minutes} min"),
            () if days < 1 => write!(f, "{hours} h {:02}", minutes % 60),
            () => write!(f, "{days} d {} h", hours % 24),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints_instants() {
        let t = Timestamp::parse("2026-11-24T10:30:00.250+01:00").unwrap();
        assert_eq!(t.rfc3339(), "2026-11-24T09:30:00.250Z");
        assert_eq!(t.day(), "2026-11-24");
        assert!(Timestamp::parse("yesterday").unwrap_err().to_string().contains("yesterday"));
        assert!(Timestamp::parse("2026-11-24").is_err());
    }

    #[test]
    fn spans_read_like_speech() {
        let check = |s: Span, expected: &str| assert_eq!(s.to_string(), expected);
        check(Span::seconds(45), "45 s");
        check(Span::minutes(12), "12 min");
        check(Span::minutes(185), "3 h 05");
        check(Span::hours(52), "2 d 4 h");
        check(Span::minutes(-5), "-5 min");
    }
}

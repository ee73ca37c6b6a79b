//! Preparing recorded posts for replay: which times they get, and when each goes.
//!
//! Pure but for the readers it is given. Without a wish, recorded posts are history; `--as-live`
//! lets them count as they are, `--now` moves all of them so that the last one is posted now.

use crate::domain::time::{Span, Timestamp};
use crate::intake::SourceRules;
use serde_json::Value;

/// The source under which replayed posts are counted.
pub const SOURCE: &str = "replay";

/// What the times of recorded posts mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Times {
    /// They are history: a case at most, no clocks, no alerts.
    #[default]
    History,
    /// They count as they stand.
    AsLive,
    /// They count, moved by this span.
    Shifted(Span),
}

impl Times {
    /// What intake makes of posts with such times, at `now`.
    pub fn rules(self, now: Timestamp) -> SourceRules {
        let counts_from = match self {
            Self::History => now.plus(Span::days(1)),
            Self::AsLive | Self::Shifted(_) => Timestamp(0),
        };
        SourceRules { counts_from, ..SourceRules::default() }
    }

    /// The line with its times moved; a line that is no post stays as it is, to be quarantined.
    pub fn line(self, line: &[u8]) -> Vec<u8> {
        let Self::Shifted(by) = self else { return line.to_vec() };
        let Ok(mut post) = serde_json::from_slice::<Value>(line) else { return line.to_vec() };
        for field in ["created_at", "edited_at"] {
            if let Some(at) = post.get(field).and_then(Value::as_str).and_then(|t| Timestamp::parse(t).ok()) {
                post[field] = at.plus(by).rfc3339().into();
            }
        }
        post.to_string().into_bytes()
    }
}

/// The time of a recorded line, if it has one.
pub fn time_of(line: &[u8]) -> Option<Timestamp> {
    #[derive(serde::Deserialize)]
    struct Only {
        created_at: String,
    }
    let only: Only = serde_json::from_slice(line).ok()?;
    Timestamp::parse(&only.created_at).ok()
}

/// The span by which to move lines so that the last of them is posted at `now`.
pub fn shift_to<'a>(lines: impl Iterator<Item = &'a [u8]>, now: Timestamp) -> Span {
    lines.filter_map(time_of).max().map_or(Span::ZERO, |last| now.since(last))
}

/// How long to wait before a line when recorded time is to pass `speed` times as fast.
pub fn wait_before(previous: Option<Timestamp>, this: Option<Timestamp>, speed: f64) -> Span {
    match (previous, this) {
        (Some(previous), Some(this)) if this > previous && speed > 0.0 => {
            Span((this.since(previous).millis() as f64 / speed) as i64)
        }
        _ => Span::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shifting_moves_every_time_and_leaves_junk_alone() {
        let line = br#"{"created_at":"2026-01-01T00:00:00Z","text":"hi"}"#;
        let now = Timestamp::parse("2026-06-01T12:00:00Z").unwrap();
        let times = Times::Shifted(shift_to([&line[..], b"junk"].into_iter(), now));
        assert_eq!(time_of(&times.line(line)), Some(now));
        assert_eq!(times.line(b"junk"), b"junk");
        assert_eq!(Times::AsLive.line(line), line);
    }

    #[test]
    fn history_counts_from_after_everything() {
        let now = Timestamp(1000);
        assert!(Times::History.rules(now).counts_from > now);
        assert_eq!(Times::AsLive.rules(now).counts_from, Timestamp(0));
    }

    #[test]
    fn speed_divides_the_pauses() {
        let wait = |a, b, speed| wait_before(Some(Timestamp(a)), Some(Timestamp(b)), speed);
        assert_eq!(wait(0, 60_000, 60.0), Span::seconds(1));
        assert_eq!(wait(60_000, 0, 60.0), Span::ZERO);
        assert_eq!(wait_before(None, Some(Timestamp(5)), 1.0), Span::ZERO);
    }
}

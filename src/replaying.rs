//! Preparing recorded posts for replay: which times they get, and when each goes.
//!
//! Pure but for the readers it is given. Without a wish, recorded posts are history; `--as-live`
//! lets them count as they are, `--now` moves all of them so that the last one is posted now.

use crate::domain::time::{Span, Timestamp};
use crate::intake::SourceRules;
use crate::intake::read::parse;

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
        // Read as intake reads it, so that no line keeps its old times and counts from them.
        let Ok(mut post) = parse(line) else { return line.to_vec() };
        for time in [Some(&mut post.created_at), post.edited_at.as_mut()].into_iter().flatten() {
            if let Ok(at) = Timestamp::parse(time) {
                *time = at.plus(by).rfc3339();
            }
        }
        serde_json::to_vec(&post).unwrap_or_else(|_| line.to_vec())
    }
}

/// The time of a recorded line, if it is a post and has one.
pub fn time_of(line: &[u8]) -> Option<Timestamp> {
    Timestamp::parse(&parse(line).ok()?.created_at).ok()
}

/// The span by which to move lines so that the last of them, posted when it was, is posted at `now`.
pub fn shift_to(last: Option<Timestamp>, now: Timestamp) -> Span {
    last.map_or(Span::ZERO, |last| now.since(last))
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
        let line = br#"{"platform":"x","external_id":"1","author":{"id":"a"},"text":"hi","created_at":"2026-01-01T00:00:00Z","edited_at":"2026-01-01T01:00:00Z"}"#;
        let now = Timestamp::parse("2026-06-01T12:00:00Z").unwrap();
        let times = Times::Shifted(shift_to(time_of(line).max(time_of(b"junk")), now));
        assert_eq!(time_of(&times.line(line)), Some(now));
        assert_eq!(times.line(b"junk"), b"junk");
        assert_eq!(Times::AsLive.line(line), line);
        let moved = parse(&times.line(line)).unwrap();
        let edited = moved.edited_at.and_then(|at| Timestamp::parse(&at).ok());
        assert_eq!(edited, Some(now.plus(Span::hours(1))));
        assert_eq!((moved.text.as_str(), moved.author.id.as_str()), ("hi", "a"));
    }

    #[test]
    fn every_line_that_intake_can_read_is_moved() {
        let written = r#"{"platform":"x","external_id":"1","author":{"id":"a"},"text":"hi","created_at":"2016-01-01T00:00:00Z"}"#;
        let now = Timestamp::parse("2026-06-01T12:00:00Z").unwrap();
        let deep = format!(r#""more":{}{},"text""#, "[".repeat(500), "]".repeat(500));
        for odd in [
            format!("\u{feff}{written}"),
            written.replace("hi", r"cut \ud83d"),
            written.replace(r#""text""#, &deep),
        ] {
            let times = Times::Shifted(shift_to(time_of(odd.as_bytes()), now));
            assert_eq!(time_of(&times.line(odd.as_bytes())), Some(now), "{odd}");
        }
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

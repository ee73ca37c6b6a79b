//! What a person puts right in what triage said, and what then holds; how often triage is wrong.
//!
//! A correction stands beside the judgement, which is never changed. It is about one revision of a
//! message. When its author edits the message, the correction holds on towards care only: what a
//! person said needs an answer still does, while new words may be more urgent than a person found
//! the old ones. Words of people are not here.

use super::judgement::{Intent, Level};
use super::language::Language;
use super::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// What of a judgement can be corrected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// How urgent.
    Level,
    /// What the author wants.
    Intent,
    /// In which language.
    Language,
    /// Whether it needs an answer.
    NeedsAnswer,
    /// Whether it needs a private channel.
    NeedsPrivate,
}

impl Field {
    /// All fields, in the order in which they are shown.
    pub const ALL: [Self; 5] =
        [Self::Level, Self::Intent, Self::Language, Self::NeedsAnswer, Self::NeedsPrivate];

    /// The code kept in the database and in forms.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Level => "level",
            Self::Intent => "intent",
            Self::Language => "language",
            Self::NeedsAnswer => "needs_answer",
            Self::NeedsPrivate => "needs_private",
        }
    }

    /// Reads the code that [`Field::code`] prints.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|f| f.code() == code)
    }
}

/// What a person says of a case; a field without a word stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Corrected {
    /// Its level.
    pub level: Option<Level>,
    /// Its intent.
    pub intent: Option<Intent>,
    /// Its language.
    pub language: Option<Language>,
    /// Whether it needs an answer.
    pub needs_answer: Option<bool>,
    /// Whether it needs a private channel.
    pub needs_private: Option<bool>,
}

/// The level for `P1` … `P5`, the code in which corrections hold it.
pub fn level_from_code(code: &str) -> Option<Level> {
    Level::ALL.into_iter().find(|l| l.code() == code)
}

/// `1` or `0`, the codes in which corrections hold yes and no.
pub const fn yes_or_no(is: bool) -> &'static str {
    if is { "1" } else { "0" }
}

/// What stands under triage of a brand, so that its mistakes are seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SafetyNet {
    /// Days from a brand's first, in which nobody can have anything hidden.
    pub sort_only_days: i64,
    /// How many cases a day are drawn to be checked, of those thought to need no answer.
    pub checks_a_day: i64,
    /// Within how many days a second post by the same author brings both up.
    pub wrote_again_days: i64,
}

impl Default for SafetyNet {
    fn default() -> Self {
        Self { sort_only_days: 30, checks_a_day: 20, wrote_again_days: 7 }
    }
}

impl SafetyNet {
    /// From when a lead may have something hidden in a brand that was first seen at `born`.
    pub const fn may_hide_from(&self, born: Timestamp) -> Timestamp {
        born.plus(Span::days(self.sort_only_days))
    }

    /// The settings with their names and the least and most that each may be.
    pub const fn bounds(&self) -> [(&'static str, i64, (i64, i64)); 3] {
        [
            ("sort_only_days", self.sort_only_days, (0, 3650)),
            ("checks_a_day", self.checks_a_day, (0, 500)),
            ("wrote_again_days", self.wrote_again_days, (0, 90)),
        ]
    }
}

/// What part `hits` are of `of`, as percent: as counted, and the bounds between which the true part
/// lies 95 times of 100 (Wilson's interval, which also holds for few and for none). `None` of none.
pub fn share(hits: i64, of: i64) -> Option<(f64, f64, f64)> {
    // The normal distribution leaves 2.5 % beyond this many deviations on either side.
    const Z: f64 = 1.959_963_984_540_054;
    if of <= 0 {
        return None;
    }
    let (n, part) = (of as f64, hits as f64 / of as f64);
    let middle = part + Z * Z / (2.0 * n);
    let reach = Z * (part * (1.0 - part) / n + Z * Z / (4.0 * n * n)).sqrt();
    let bound = |at: f64| (at / (1.0 + Z * Z / n) * 100.0).clamp(0.0, 100.0);
    Some((part * 100.0, bound(middle - reach), bound(middle + reach)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_interval_is_that_of_the_books() {
        // Wilson's formula of 1927, computed apart.
        let near = |found: Option<(f64, f64, f64)>, wanted: (f64, f64, f64)| {
            let found = found.unwrap();
            for (a, b) in [(found.0, wanted.0), (found.1, wanted.1), (found.2, wanted.2)] {
                assert!((a - b).abs() < 0.01, "{found:?} is not {wanted:?}");
            }
        };
        near(share(1, 20), (5.0, 0.888, 23.613));
        near(share(0, 20), (0.0, 0.0, 16.113));
        near(share(20, 20), (100.0, 83.887, 100.0));
        near(share(5, 10), (50.0, 23.659, 76.341));
        assert_eq!(share(0, 0), None);
    }

    proptest! {
        #[test]
        fn the_part_lies_within_its_bounds(hits in 0..400_i64, more in 0..400_i64) {
            if let Some((part, low, high)) = share(hits, hits + more) {
                prop_assert!(0.0 <= low && low <= part + 1e-9 && part <= high + 1e-9 && high <= 100.0);
            }
        }
    }

    #[test]
    fn codes_read_back() {
        for field in Field::ALL {
            assert_eq!(Field::from_code(field.code()), Some(field));
        }
        for level in Level::ALL {
            assert_eq!(level_from_code(level.code()), Some(level));
        }
        assert_eq!(level_from_code("P6"), None);
    }
}

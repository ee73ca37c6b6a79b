//! When what lets us in somewhere ends, and how far ahead that is told.
//!
//! Pure: an instant, what renews it, and the present give a stage; each stage is told once. What renews itself is
//! shown and never told: that it could not be renewed shows as a refusal, which is told anyway.

use super::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// How many days ahead it is told, unless the settings say otherwise.
pub const AHEAD_DAYS: i64 = 7;

/// Something that lets us in, with its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expiry {
    /// What it is, in words without secrets: `access token`.
    pub what: String,
    /// When it ends.
    pub at: Timestamp,
    /// Whether it is renewed without a person.
    pub renews: bool,
}

impl Expiry {
    /// What a person must renew.
    pub fn by_person(what: impl Into<String>, at: Timestamp) -> Self {
        Self { what: what.into(), at, renews: false }
    }

    /// The stage at an instant; `ahead_days` is how far ahead the first one begins.
    pub fn stage(&self, now: Timestamp, ahead_days: i64) -> Stage {
        let left = self.at.since(now);
        match self.renews {
            true => Stage::Far,
            false if left <= Span(0) => Stage::Over,
            false if left <= Span::days(1) => Stage::Day,
            false if left <= Span::days(ahead_days) => Stage::Ahead,
            false => Stage::Far,
        }
    }
}

/// How near the end is, nearest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Nothing to tell.
    Far,
    /// Within the days that the settings say.
    Ahead,
    /// Within a day.
    Day,
    /// It has ended.
    Over,
}

impl Stage {
    /// Its number in the store.
    pub const fn number(self) -> i64 {
        self as i64
    }

    /// The word in messages.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Far => "far",
            Self::Ahead => "ahead",
            Self::Day => "day",
            Self::Over => "over",
        }
    }
}

/// A day as `2027-01-31`, at its beginning in UTC, or an instant of RFC 3339; `None` for anything else.
pub fn day_of(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let is_day = text.len() == 10 && text.is_ascii();
    let whole = if is_day { format!("{text}T00:00:00Z") } else { text.to_owned() };
    Timestamp::parse(&whole).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const END: Timestamp = Timestamp(1_795_688_579_000);

    #[test]
    fn each_stage_begins_where_it_says() {
        let token = Expiry::by_person("token", END);
        let stage = |left: Span| token.stage(END.minus(left), 7);
        assert_eq!(stage(Span(Span::days(7).millis() + 1)), Stage::Far);
        assert_eq!(stage(Span::days(7)), Stage::Ahead);
        assert_eq!(stage(Span(Span::days(1).millis() + 1)), Stage::Ahead);
        assert_eq!(stage(Span::days(1)), Stage::Day);
        assert_eq!(stage(Span(1)), Stage::Day);
        assert_eq!(stage(Span(0)), Stage::Over);
        assert_eq!(token.stage(END.minus(Span::hours(2)), 0), Stage::Day, "a day ahead in any case");
        let renewed = Expiry { renews: true, ..token };
        assert_eq!(renewed.stage(END, 7), Stage::Far);
    }

    #[test]
    fn days_and_instants_are_read_and_nothing_else() {
        assert_eq!(day_of("2027-01-31"), Timestamp::parse("2027-01-31T00:00:00Z").ok());
        assert_eq!(day_of("2027-01-31T12:00:00+01:00"), Timestamp::parse("2027-01-31T11:00:00Z").ok());
        for wrong in ["", "2027-02-30", "31-01-2027", "soon", "2027-1-3"] {
            assert_eq!(day_of(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn stages_only_rise(left in 0_i64..3_000_000_000, later in 0_i64..3_000_000_000, days in 0_i64..60) {
            let token = Expiry::by_person("token", END);
            let now = END.minus(Span(left));
            prop_assert!(token.stage(now, days) <= token.stage(now.plus(Span(later)), days));
        }
    }
}

//! What platforms charge: how near a monthly budget is to its end, and how often to look for what is left of it.
//!
//! Amounts are millionths of the platform's currency. Months are those of UTC, as bills are. Pure.

use super::time::{Span, Timestamp};

/// At how many percent of a budget people are warned.
pub const WARN_PERCENT: i64 = 80;

/// How far a budget is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// There is enough.
    Calm,
    /// Four fifths are gone.
    Near,
    /// All of it is gone: nothing is read any more, answers go on.
    Spent,
}

impl Stage {
    /// The stage of what was spent, in millionths.
    pub fn of(spent: i64, budget: Option<i64>) -> Self {
        match budget {
            None => Self::Calm,
            Some(budget) if spent >= budget => Self::Spent,
            Some(budget) if percent(spent, budget) >= WARN_PERCENT => Self::Near,
            Some(_) => Self::Calm,
        }
    }

    /// Its number, in the order in which the stages come.
    pub const fn number(self) -> i64 {
        match self {
            Self::Calm => 0,
            Self::Near => 1,
            Self::Spent => 2,
        }
    }

    /// Its word in messages and in the store.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Near => "near",
            Self::Spent => "spent",
        }
    }
}

/// How many percent of a budget are gone, rounded down.
pub fn percent(spent: i64, budget: i64) -> i64 {
    let percent = i128::from(spent.max(0)) * 100 / i128::from(budget.max(1));
    i64::try_from(percent).unwrap_or(i64::MAX)
}

/// The month of an instant, such as `2026-11`.
pub fn month(at: Timestamp) -> String {
    at.day().chars().take(7).collect()
}

/// When the month of an instant ends.
pub fn month_end(at: Timestamp) -> Timestamp {
    let month = month(at);
    let mut parts = month.split('-').filter_map(|p| p.parse::<i64>().ok());
    let (year, number) = (parts.next().unwrap_or(1970), parts.next().unwrap_or(1));
    let (year, number) = if number >= 12 { (year + 1, 1) } else { (year, number + 1) };
    // Only an instant beyond all calendars has no next month.
    Timestamp::parse(&format!("{year:04}-{number:02}-01T00:00:00Z")).unwrap_or(at.plus(Span::days(31)))
}

/// An amount for people: `12.34`, with as many places as it needs below a hundredth.
pub fn shown(micros: i64) -> String {
    let (sign, micros) = if micros < 0 { ("-", micros.unsigned_abs()) } else { ("", micros.unsigned_abs()) };
    let (whole, rest) = (micros / 1_000_000, micros % 1_000_000);
    if rest.is_multiple_of(10_000) {
        return format!("{sign}{whole}.{:02}", rest / 10_000);
    }
    let rest = format!("{rest:06}");
    format!("{sign}{whole}.{}", rest.trim_end_matches('0'))
}

/// Something that is looked at again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// How long to wait between two looks where money does not matter: the shorter, the tighter is the deadline.
    pub wanted: Span,
    /// How long to wait at most.
    pub longest: Span,
    /// What one look costs, in millionths.
    pub micros: i64,
}

/// How long to wait between two looks at each of these, so that what is `left` lasts for `time`.
///
/// All are first given their longest wait; what is left after that goes to those whose deadlines are tightest, until
/// each looks as often as it wants. No wait is longer than the longest, however little is left: the hard stop ends it.
pub fn pace(looks: &[Look], left: i64, time: Span) -> Vec<Span> {
    let time = time.millis().max(1);
    let cost = |look: &Look, wait: Span| -> i128 {
        i128::from(look.micros.max(0)) * i128::from(time) / i128::from(wait.millis().max(1))
    };
    let mut waits: Vec<Span> = looks.iter().map(|l| l.longest.max(l.wanted)).collect();
    let at_least: i128 = looks.iter().zip(&waits).map(|(l, w)| cost(l, *w)).sum();
    let mut left = i128::from(left) - at_least;
    let mut order: Vec<usize> = (0..looks.len()).collect();
    order.sort_by_key(|n| looks.get(*n).map(|l| l.wanted));
    for n in order {
        let (Some(look), Some(wait)) = (looks.get(n), waits.get_mut(n)) else { continue };
        let has = left + cost(look, *wait);
        let chosen = if cost(look, look.wanted) <= has {
            look.wanted
        } else if has <= 0 {
            *wait
        } else {
            // Rounded up, so that it costs no more than there is.
            let wait = (i128::from(look.micros.max(0)) * i128::from(time) + has - 1) / has;
            Span(i64::try_from(wait).unwrap_or(i64::MAX)).clamp(look.wanted, look.longest.max(look.wanted))
        };
        left = has - cost(look, chosen);
        *wait = chosen;
    }
    waits
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn stages_come_at_four_fifths_and_at_the_end() {
        let of = |spent| Stage::of(spent, Some(1_000));
        assert_eq!([of(0), of(799), of(800), of(999)], [Stage::Calm, Stage::Calm, Stage::Near, Stage::Near]);
        assert_eq!([of(1_000), of(9_000)], [Stage::Spent, Stage::Spent]);
        assert_eq!(Stage::of(9_000, None), Stage::Calm);
        assert_eq!(Stage::of(0, Some(0)), Stage::Spent, "no money at all");
    }

    #[test]
    fn months_end_with_the_next_ones_first_day() {
        let at = |text: &str| Timestamp::parse(text).unwrap();
        assert_eq!(month(at("2026-11-27T18:00:00Z")), "2026-11");
        assert_eq!(month_end(at("2026-11-27T18:00:00Z")), at("2026-12-01T00:00:00Z"));
        assert_eq!(month_end(at("2026-12-31T23:59:59Z")), at("2027-01-01T00:00:00Z"));
    }

    #[test]
    fn amounts_are_shown_with_the_places_they_need() {
        assert_eq!(shown(12_340_000), "12.34");
        assert_eq!(shown(5_000), "0.005");
        assert_eq!(shown(0), "0.00");
        assert_eq!(shown(-1_500_000), "-1.50");
    }

    fn look(wanted: i64, longest: i64, micros: i64) -> Look {
        Look { wanted: Span::seconds(wanted), longest: Span::seconds(longest), micros }
    }

    #[test]
    fn money_goes_where_deadlines_are_tightest() {
        let looks = [look(300, 3_600, 1_000), look(60, 3_600, 1_000)];
        let day = Span::days(1);
        assert_eq!(pace(&looks, 10_000_000, day), [Span::seconds(300), Span::seconds(60)], "enough for all");
        // 1,440 looks a day of the tight one, and 24 of the other: just enough.
        assert_eq!(pace(&looks, 1_464_000, day), [Span::seconds(3_600), Span::seconds(60)]);
        let between = pace(&looks, 1_560_000, day);
        assert_eq!((between[0], between[1]), (Span::seconds(720), Span::seconds(60)));
        assert_eq!(pace(&looks, 0, day), [Span::seconds(3_600); 2]);
        let free = [look(60, 3_600, 0)];
        assert_eq!(pace(&free, 0, day), [Span::seconds(60)], "what costs nothing never waits");
    }

    proptest! {
        #[test]
        fn what_is_left_is_never_overspent_and_waits_keep_their_bounds(
            all in prop::collection::vec((1_i64..10_000, 1_i64..100_000, 0_i64..100_000), 1..6),
            left in 0_i64..1_000_000_000, hours in 1_i64..800,
        ) {
            let looks: Vec<Look> = all.iter().map(|(w, l, m)| look(*w, (*l).max(*w), *m)).collect();
            let time = Span::hours(hours);
            let waits = pace(&looks, left, time);
            let cost = |waits: &[Span]| -> i128 {
                looks.iter().zip(waits)
                    .map(|(l, w)| i128::from(l.micros) * i128::from(time.millis()) / i128::from(w.millis())).sum()
            };
            for (look, wait) in looks.iter().zip(&waits) {
                prop_assert!(*wait >= look.wanted && *wait <= look.longest);
            }
            let least = cost(&looks.iter().map(|l| l.longest).collect::<Vec<_>>());
            prop_assert!(cost(&waits) <= i128::from(left).max(least));
        }
    }
}

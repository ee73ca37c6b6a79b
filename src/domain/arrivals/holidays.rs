//! Holidays: how much more or less comes on them than on the same day of other weeks, learned from those that were seen and
//! drawn towards 'no difference' where these are few.

use super::{HOURS, Week, forecast};

/// Which days of a week are holidays, Monday first.
pub type Days = [bool; 7];

/// How many days without any difference are believed in before the first holiday was seen.
const DOUBT: f64 = 2.0;
/// The least and the most by which a holiday differs.
const BOUNDS: (f64, f64) = (0.1, 4.0);
/// A factor is learned from weeks that at least so many stand before.
const BEFORE: usize = 2;

fn of(days: &[Days], week: usize) -> Days {
    days.get(week).copied().unwrap_or_default()
}

fn day(week: &Week, at: usize) -> &[f64] {
    week.get(at * 24..at * 24 + 24).unwrap_or(&[])
}

/// The weeks as they would have been without holidays: the hours of one are those of the same day of the nearest week,
/// earlier if there is one, in which it was none.
pub fn without(weeks: &[Week], days: &[Days]) -> Vec<Week> {
    let mut plain = weeks.to_vec();
    for week in 0..weeks.len() {
        for at in (0..7).filter(|at| of(days, week)[*at]) {
            let usual = |w: &usize| !of(days, *w)[at];
            let near = (0..week).rev().find(usual).or_else(|| (week + 1..weeks.len()).find(usual));
            if let (Some(near), Some(to)) = (near, plain.get_mut(week)) {
                to[at * 24..at * 24 + 24].copy_from_slice(day(&weeks[near], at));
            }
        }
    }
    plain
}

/// How much comes on a holiday for each that comes on the same day otherwise; 1 where none was seen.
pub fn factor(weeks: &[Week], days: &[Days]) -> f64 {
    let plain = without(weeks, days);
    let (mut came, mut expected, mut seen) = (0.0, 0.0, 0.0);
    for week in BEFORE..weeks.len() {
        let holidays = of(days, week);
        if !holidays.contains(&true) {
            continue;
        }
        let usual = forecast(&plain[..week], 0);
        for at in (0..7).filter(|at| holidays[*at]) {
            came += day(&weeks[week], at).iter().sum::<f64>();
            expected += day(&usual, at).iter().sum::<f64>();
            seen += 1.0;
        }
    }
    if seen == 0.0 || expected <= 0.0 {
        return 1.0;
    }
    let doubt = DOUBT * expected / seen;
    ((came + doubt) / (expected + doubt)).clamp(BOUNDS.0, BOUNDS.1)
}

/// The week that comes `ahead` weeks after the last of `weeks`, of which these days are holidays.
pub fn forecast_with(weeks: &[Week], days: &[Days], ahead: usize, then: Days) -> Week {
    let mut week = forecast(&without(weeks, days), ahead);
    if then.contains(&true) {
        let factor = factor(weeks, days);
        for hour in (0..HOURS).filter(|h| then[h / 24]) {
            week[hour] *= factor;
        }
    }
    week
}

#[cfg(test)]
mod tests {
    use super::super::score;
    use super::*;
    use proptest::prelude::*;

    /// Weeks of ten an hour, with a third of that on holidays: every fifth Wednesday.
    fn history(n: usize) -> (Vec<Week>, Vec<Days>) {
        let days: Vec<Days> = (0..n).map(|w| std::array::from_fn(|d| d == 2 && w % 5 == 4)).collect();
        let weeks = days.iter().enumerate().map(|(w, days)| {
            std::array::from_fn(|h| if days[h / 24] { 3.0 } else { 9.0 + ((w + h) % 3) as f64 })
        });
        (weeks.collect(), days)
    }

    #[test]
    fn a_holiday_is_expected_as_holidays_were_and_few_are_believed_little() {
        let (weeks, days) = history(30);
        let many = factor(&weeks, &days);
        let few = factor(&weeks[..6], &days[..6]);
        assert!((0.4..0.6).contains(&many), "{many}");
        assert!(few > many + 0.1 && few < 1.0, "{few} beside {many}");
        assert!((factor(&weeks, &[]) - 1.0).abs() < 1e-9, "none was named");
        let then: Days = std::array::from_fn(|d| d == 4);
        let week = forecast_with(&weeks, &days, 0, then);
        let sum = |d: usize| day(&week, d).iter().sum::<f64>();
        assert!(
            sum(4) < sum(3) * 0.65 && sum(2) > sum(3) * 0.9,
            "a Wednesday is as usual: {} {}",
            sum(2),
            sum(3)
        );
    }

    #[test]
    fn on_weeks_held_back_it_does_better_than_without_holidays_and_than_the_week_before() {
        let (weeks, days) = history(30);
        // The last week held back, and the one after a holiday before it, are those that matter.
        let scores = score(&weeks, &days, 6).unwrap();
        let (own, plain, naive) =
            (scores.own.mase.unwrap(), scores.without.mase.unwrap(), scores.naive.mase.unwrap());
        assert!(own < plain * 0.9, "{own} beside {plain}");
        assert!(own < naive * 0.9, "{own} beside {naive}");
        let none = score(&weeks, &[], 6).unwrap();
        assert_eq!(none.own, none.without, "where none is named it is the same");
    }

    proptest! {
        #[test]
        fn nothing_odd_comes_of_any_holidays(
            counts in prop::collection::vec((0u16..500, any::<u8>()), 0..40), ahead in 0usize..4, then in any::<u8>(),
        ) {
            let weeks: Vec<Week> =
                counts.iter().map(|(n, _)| std::array::from_fn(|h| f64::from(n % (h as u16 + 1)))).collect();
            let flags = |bits: u8| -> Days { std::array::from_fn(|d| bits >> d & 1 == 1) };
            let days: Vec<Days> = counts.iter().map(|(_, bits)| flags(*bits)).collect();
            let f = factor(&weeks, &days);
            prop_assert!((BOUNDS.0..=BOUNDS.1).contains(&f));
            let week = forecast_with(&weeks, &days, ahead, flags(then));
            prop_assert!(week.iter().all(|n| n.is_finite() && *n >= 0.0));
        }
    }
}

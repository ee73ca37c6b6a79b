//! What is to be expected: arrivals by hour of the week, with a trend of the weeks and a season of the year where
//! enough was seen; and how wrong that was on weeks that were held back, beside the plainest guess, the same hour
//! of the week before.
//!
//! A week is 168 hours on the wall of a zone, Monday 0:00 first: an hour that a changed clock skips counts nothing, one
//! that comes twice counts both.

mod holidays;

pub use holidays::{Days, factor, forecast_with};

/// Hours of a week.
pub const HOURS: usize = 168;
/// One week: how many came in each hour.
pub type Week = [f64; HOURS];

/// How much the latest week moves the level of the weeks.
const LEVEL: f64 = 0.35;
/// How much it moves their trend.
const TREND: f64 = 0.1;
/// How much of a trend goes on from week to week.
const DAMPED: f64 = 0.8;
/// How much the latest week moves the shape of a week.
const SHAPE: f64 = 0.2;
/// Weeks of a year, and how many around the same week of last year tell what was usual then.
const YEAR: usize = 52;
const AROUND: usize = 4;
/// The season is believed by half, and moves nothing by more than this much.
const SEASON_MOST: f64 = 1.6;

fn total(week: &Week) -> f64 {
    week.iter().sum()
}

/// The level and trend of the weeks' totals.
fn level(weeks: &[Week]) -> (f64, f64) {
    let mut totals = weeks.iter().map(total);
    let mut level = totals.next().unwrap_or(0.0);
    let mut trend = 0.0;
    for n in totals {
        let before = level;
        level = LEVEL * n + (1.0 - LEVEL) * (level + DAMPED * trend);
        trend = TREND * (level - before) + (1.0 - TREND) * DAMPED * trend;
    }
    (level, trend)
}

/// The share of each hour in a week, later weeks weighing more.
fn shape(weeks: &[Week]) -> Week {
    let mut shape = [0.0; HOURS];
    let mut weight = 0.0;
    for week in weeks {
        weight = weight * (1.0 - SHAPE) + 1.0;
        let all = total(week).max(1.0);
        for (s, n) in shape.iter_mut().zip(week) {
            *s = *s * (1.0 - SHAPE) + n / all;
        }
    }
    shape.map(|s| if weight > 0.0 { s / weight } else { 0.0 })
}

/// How much more or less than usual came in the same week of last year; 1 where nobody knows.
fn season(weeks: &[Week], ahead: usize) -> f64 {
    let Some(same) = (weeks.len() + ahead).checked_sub(YEAR) else { return 1.0 };
    let (Some(first), Some(week)) = (same.checked_sub(AROUND), weeks.get(same)) else { return 1.0 };
    let around = weeks.get(first..(same + AROUND + 1).min(weeks.len())).unwrap_or(&[]);
    let usual = around.iter().map(total).sum::<f64>() / around.len().max(1) as f64;
    if usual < 1.0 {
        return 1.0;
    }
    // By half, for one week of one year is not much to go by.
    f64::midpoint(1.0, total(week) / usual).clamp(1.0 / SEASON_MOST, SEASON_MOST)
}

/// The week that comes `ahead` weeks after the last of `weeks` (0 is the next), oldest first.
pub fn forecast(weeks: &[Week], ahead: usize) -> Week {
    let (level, trend) = level(weeks);
    let steps = (0..=ahead).map(|k| DAMPED.powi(i32::try_from(k).unwrap_or(0) + 1)).sum::<f64>();
    let all = ((level + trend * steps) * season(weeks, ahead)).max(0.0);
    shape(weeks).map(|s| s * all)
}

/// The plainest guess: as in the last week.
pub fn naive(weeks: &[Week]) -> Week {
    weeks.last().copied().unwrap_or([0.0; HOURS])
}

/// How wrong a guess was.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Errors {
    /// Mean of the errors for what came, in percent, over hours in which something came.
    pub mape_percent: Option<f64>,
    /// Mean of the errors, for the mean error of 'as in the week before' on the weeks that were not held back; under 1
    /// is better than that.
    pub mase: Option<f64>,
}

/// How wrong the forecast and the plainest guess were, each a week ahead.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scores {
    /// Weeks that were held back.
    pub weeks: usize,
    /// The forecast.
    pub own: Errors,
    /// The same, had it not known of holidays.
    pub without: Errors,
    /// As in the week before.
    pub naive: Errors,
}

fn errors(pairs: &[(f64, f64)], scale: f64) -> Errors {
    let mean = |all: Vec<f64>| (!all.is_empty()).then(|| all.iter().sum::<f64>() / all.len() as f64);
    let came = pairs.iter().filter(|(_, came)| *came > 0.0);
    let shares: Vec<f64> = came.map(|(guess, came)| (guess - came).abs() / came * 100.0).collect();
    let off = mean(pairs.iter().map(|(guess, came)| (guess - came).abs()).collect());
    Errors { mape_percent: mean(shares), mase: off.filter(|_| scale > 0.0).map(|off| off / scale) }
}

/// Holds the last `held` weeks back, tells each from those before it, and compares. None where fewer than two weeks
/// stand before them.
pub fn score(weeks: &[Week], days: &[Days], held: usize) -> Option<Scores> {
    let first = weeks.len().checked_sub(held).filter(|first| *first >= 2 && held > 0)?;
    let learned = weeks.get(..first)?;
    let steps: Vec<f64> = learned
        .windows(2)
        .flat_map(|pair| pair[1].iter().zip(pair[0]).map(|(now, before)| (now - before).abs()))
        .collect();
    let scale = steps.iter().sum::<f64>() / steps.len().max(1) as f64;
    let (mut own, mut without, mut plain) = (Vec::new(), Vec::new(), Vec::new());
    for at in first..weeks.len() {
        let (known, came) = (weeks.get(..at)?, weeks.get(at)?);
        let (seen, then) = (days.get(..at).unwrap_or(days), days.get(at).copied().unwrap_or_default());
        own.extend(forecast_with(known, seen, 0, then).into_iter().zip(*came));
        without.extend(forecast(known, 0).into_iter().zip(*came));
        plain.extend(naive(known).into_iter().zip(*came));
    }
    Some(Scores {
        weeks: held,
        own: errors(&own, scale),
        without: errors(&without, scale),
        naive: errors(&plain, scale),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Weeks of a shop: busy by day, quiet at night, with noise, growing by `growth` a week.
    fn weeks(n: usize, growth: f64, noise: f64) -> Vec<Week> {
        let mut state = 7_u64;
        let mut unit = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        (0..n)
            .map(|w| {
                std::array::from_fn(|h| {
                    let by_day = if (8..22).contains(&(h % 24)) { 20.0 } else { 4.0 };
                    let weekend = if h / 24 >= 5 { 0.6 } else { 1.0 };
                    let mean = by_day * weekend * (1.0 + growth * w as f64);
                    (mean * (1.0 + noise * (unit() + unit() - 1.0))).max(0.0).round()
                })
            })
            .collect()
    }

    #[test]
    fn on_weeks_held_back_it_does_better_than_the_week_before() {
        for (growth, noise) in [(0.0, 0.6), (0.02, 0.6), (-0.01, 0.4)] {
            let scores = score(&weeks(16, growth, noise), &[], 4).unwrap();
            let (own, plain) = (scores.own.mase.unwrap(), scores.naive.mase.unwrap());
            assert!(own < plain * 0.9, "{growth}: {own} beside {plain}");
            assert!(scores.own.mape_percent.unwrap() < scores.naive.mape_percent.unwrap());
        }
        assert_eq!(score(&weeks(4, 0.0, 0.1), &[], 3), None, "too little was seen");
    }

    #[test]
    fn what_always_is_so_is_expected_exactly_and_the_year_is_remembered() {
        let same = vec![[3.0; HOURS]; 10];
        assert!(forecast(&same, 0).iter().all(|n| (n - 3.0).abs() < 1e-9));
        // Twice as much in one week of last year.
        let mut year = vec![[3.0; HOURS]; 60];
        year[60 - 52] = [6.0; HOURS];
        let (usual, then) = (total(&forecast(&year, 3)), total(&forecast(&year, 0)));
        assert!(then > usual * 1.2, "{then} beside {usual}");
    }

    proptest! {
        #[test]
        fn nothing_odd_comes_of_any_history(counts in prop::collection::vec(0u16..500, 0..70), ahead in 0usize..8) {
            let history: Vec<Week> = counts.iter().map(|n| std::array::from_fn(|h| f64::from(n % (h as u16 + 1)))).collect();
            let week = forecast(&history, ahead);
            prop_assert!(week.iter().all(|n| n.is_finite() && *n >= 0.0));
            if let Some(scores) = score(&history, &[], 4) {
                prop_assert!(scores.own.mase.is_none_or(f64::is_finite) && scores.own.mape_percent.is_none_or(f64::is_finite));
            }
        }
    }
}

//! What is known around a post moves its urgency: contributions, each capped, each a reason.
//!
//! The level never changes here. Reach and speed never lower anything, nothing lifts a P5 above 40,
//! and spam is not moved at all. All of it is data given by the caller.

use super::Context;
use super::deadline;
use super::verdict::Verdict;
use crate::domain::course::Rising;
use crate::domain::judgement::{Intent, Level, Reason};

/// Applies the context to a verdict: the urgency after it, and the reasons it adds.
pub fn apply(verdict: &Verdict, context: &Context, lexical: &str, reasons: &mut Vec<Reason>) -> u8 {
    if verdict.intent == Intent::Spam && verdict.level == Level::P5 {
        return verdict.urgency;
    }
    let mut rising = Rising::new(verdict.level, verdict.urgency, reasons);
    if verdict.level < Level::P5 {
        match context
            .now_in_zone_minutes
            .and_then(|now| deadline::minutes_left(lexical, now, verdict.found.plain))
        {
            Some(0..=120) => rising.add("deadline_within_2_hours", 15),
            Some(_) => rising.add("deadline_within_a_day", 8),
            None => {}
        }
    }
    rising.course(&context.course);
    rising.add("reach", reach(context.followers));
    if let Some((what, points)) = context.stars.and_then(stars) {
        rising.add(what, points);
    }
    if let Some(level) = context.thread_level {
        // The thread keeps its level as a floor, whatever this one post sounds like.
        rising.at_least("thread_level", i32::from(level.band().0));
    }
    rising.end()
}

/// Three points for every tenfold above a thousand followers, at most ten.
fn reach(followers: Option<i64>) -> i32 {
    let Some(followers) = followers.filter(|n| *n > 1_000) else { return 0 };
    // Whole steps of a tenth of a decade, without a logarithm that differs between machines.
    let (mut tenths, mut value) = (0, 1_000.0f64);
    while value * 1.258_925_411_794_167_2 <= followers as f64 * (1.0 + 1e-9) && tenths < 34 {
        value *= 1.258_925_411_794_167_2;
        tenths += 1;
    }
    (tenths * 3 / 10).min(10)
}

/// Few stars make a review more urgent by at most ten points; many lower nothing.
fn stars(stars: u8) -> Option<(&'static str, i32)> {
    match stars {
        1 => Some(("stars_1_of_5", 10)),
        2 => Some(("stars_2_of_5", 6)),
        3 => Some(("stars_3_of_5", 2)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_stars_weigh_within_a_cap_and_many_lower_nothing() {
        let points: Vec<i32> = (0..=6).map(|n| stars(n).map_or(0, |(_, points)| points)).collect();
        assert_eq!(points, [0, 10, 6, 2, 0, 0, 0]);
    }

    #[test]
    fn reach_grows_slowly_and_is_capped() {
        assert_eq!(reach(None), 0);
        assert_eq!(reach(Some(-5)), 0);
        assert_eq!(reach(Some(1_000)), 0);
        assert_eq!(reach(Some(10_001)), 3);
        assert_eq!(reach(Some(1_000_100)), 9);
        assert_eq!(reach(Some(i64::MAX)), 10);
    }
}

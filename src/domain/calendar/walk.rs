//! Walking through the openings of a calendar, forward from an instant.
//!
//! Time is cut where the zone changes its offset; within such a stretch wall clock and instants
//! differ by a constant, and openings are found by whole days. Nothing steps by minutes.

use super::dates::Day;
use super::{Calendar, Opening};
use crate::domain::time::{Span, Timestamp};
use std::ops::ControlFlow;

/// How far a walk goes before it gives up.
pub const HORIZON: Span = Span::days(50 * 366);
const DAY: i64 = 86_400_000;
const MINUTE: i64 = 60_000;
/// The instants that can be told in every zone, in milliseconds, with a margin of some days.
const TOLD: (i64, i64) = (-377_700_000_000_000, 253_400_000_000_000);

/// Calls `each` with every open stretch from `from` to `until` in order. Stretches do not overlap;
/// some touch. All in milliseconds.
fn walk(
    calendar: &Calendar,
    from: i64,
    until: i64,
    mut each: impl FnMut(i64, i64) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let until = until.min(TOLD.1);
    let mut at = from.max(TOLD.0);
    while at < until {
        let Ok(instant) = jiff::Timestamp::from_millisecond(at) else { break };
        let offset = i64::from(calendar.zone.to_offset(instant).seconds()) * 1000;
        let change = calendar.zone.following(instant).next().map(|t| t.timestamp().as_millisecond());
        let end = change.filter(|t| *t > at).unwrap_or(until).min(until);
        on_the_wall(calendar, (at + offset, end + offset), |from, to| each(from - offset, to - offset))?;
        at = end;
    }
    ControlFlow::Continue(())
}

/// The open stretches of one run of the wall clock.
fn on_the_wall(
    calendar: &Calendar,
    (from, until): (i64, i64),
    mut each: impl FnMut(i64, i64) -> ControlFlow<()>,
) -> ControlFlow<()> {
    // What is told already: an opening over midnight may run into one of the next day.
    let mut told = from;
    // An opening of the day before may still run.
    for day in from.div_euclid(DAY) - 1..=(until - 1).div_euclid(DAY) {
        for (opens, closes) in calendar.openings(Day(day)) {
            let opens = (day * DAY + opens * MINUTE).max(told);
            let closes = (day * DAY + closes * MINUTE).min(until);
            if opens < closes {
                each(opens, closes)?;
                told = closes;
            }
        }
    }
    ControlFlow::Continue(())
}

/// The instant at which `span` has been counted from `start`, unless it is farther than `horizon`.
pub fn reach(calendar: &Calendar, start: Timestamp, span: Span, horizon: Span) -> Option<Timestamp> {
    let mut left = span.millis().max(0);
    let mut reached = None;
    let _ = walk(calendar, start.millis(), start.plus(horizon).millis(), |from, to| {
        if left <= to - from {
            reached = Some(Timestamp(from + left));
            return ControlFlow::Break(());
        }
        left -= to - from;
        ControlFlow::Continue(())
    });
    reached
}

/// How much is open between two instants.
pub fn between(calendar: &Calendar, from: Timestamp, to: Timestamp) -> Span {
    let mut sum = 0;
    let _ = walk(calendar, from.millis(), to.millis(), |from, to| {
        sum += to - from;
        ControlFlow::Continue(())
    });
    Span(sum)
}

/// The open stretches between two instants, those that touch as one.
pub fn intervals(calendar: &Calendar, from: Timestamp, to: Timestamp) -> Vec<(Timestamp, Timestamp)> {
    let mut found: Vec<(Timestamp, Timestamp)> = Vec::new();
    let _ = walk(calendar, from.millis(), to.millis(), |from, to| {
        match found.last_mut() {
            Some(last) if last.1.millis() == from => last.1 = Timestamp(to),
            _ => found.push((Timestamp(from), Timestamp(to))),
        }
        ControlFlow::Continue(())
    });
    found
}

/// Whether a span is reached within a time, from the first day with hours of its own and from the
/// day after the last.
pub fn reaches_within(calendar: &Calendar, span: Span, within: Span) -> bool {
    // Where no day is special, any will do: that of the first zones' common time.
    const SOME_DAY: Day = Day(18_262);
    let ends = [calendar.special.first(), calendar.special.last()];
    ends.into_iter().all(|end| {
        let day = end.map_or(SOME_DAY, |(day, _): &(Day, Vec<Opening>)| day.plus(1));
        reach(calendar, Timestamp(day.0 * DAY), span, within).is_some()
    })
}

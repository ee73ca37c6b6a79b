//! What goes late at this rate: the open work in the order of its deadlines against how fast a team answers, and how
//! many people more, for how long, would prevent it.
//!
//! Cases are taken up by their deadline, one after another at the team's rate; what comes in meanwhile is due later
//! and comes after them. What is late already is worked on first and is told apart.

use super::time::{Span, Timestamp};

/// How far ahead is looked.
pub const AHEAD: Span = Span::hours(4);
/// Most people that are asked for.
const MORE_MAX: u32 = 20;
/// For how many minutes they are asked for: a multiple of this.
const STEP: i64 = 5;
/// The longest.
const LONGEST: i64 = 240;

/// How a team works.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Answers in an hour, all together.
    pub per_hour: f64,
    /// Answers in an hour by each person more.
    pub per_person: f64,
}

/// What goes late, and what prevents it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// Cases that are late already.
    pub late_now: usize,
    /// Cases that go late at this rate within [`AHEAD`].
    pub goes_late: usize,
    /// When the first of them does.
    pub first: Option<Timestamp>,
    /// By when all of them have.
    pub by: Option<Timestamp>,
    /// People more, and for how many minutes; none where nothing goes late, or no number of people helps.
    pub help: Option<(u32, i64)>,
}

/// How many of `due` go late where a team answers at its pace, with `more` people for `minutes`.
fn goes_late(due: &[Timestamp], now: Timestamp, pace: Pace, (more, minutes): (u32, i64)) -> Vec<Timestamp> {
    let helped = pace.per_hour + pace.per_person * f64::from(more);
    let in_time = helped * minutes as f64 / 60.0;
    let mut late = Vec::new();
    for (at, due) in due.iter().enumerate() {
        let nth = at as f64 + 1.0;
        let hours = if more > 0 && nth <= in_time {
            nth / helped
        } else if pace.per_hour > 0.0 {
            let (before, done) = if more > 0 { (minutes as f64 / 60.0, in_time) } else { (0.0, 0.0) };
            before + (nth - done) / pace.per_hour
        } else {
            f64::INFINITY
        };
        let ready = now.millis() as f64 + hours * 3_600_000.0;
        if *due > now && ready > due.millis() as f64 {
            late.push(*due);
        }
    }
    late
}

/// Looks ahead from the deadlines of the open work.
pub fn outlook(due: &[Timestamp], now: Timestamp, pace: Pace) -> Outlook {
    let mut due: Vec<Timestamp> = due.iter().copied().filter(|at| *at <= now.plus(AHEAD)).collect();
    due.sort_unstable();
    let late_now = due.iter().filter(|at| **at <= now).count();
    let late = goes_late(&due, now, pace, (0, 0));
    let help = (!late.is_empty() && pace.per_person > 0.0).then(|| {
        // The fewest people, and these for as short as will do.
        (1..=MORE_MAX).find(|more| goes_late(&due, now, pace, (*more, LONGEST)).is_empty()).and_then(|more| {
            let minutes = (STEP..=LONGEST).step_by(usize::try_from(STEP).unwrap_or(5));
            let fits = |m: &i64| goes_late(&due, now, pace, (more, *m)).is_empty();
            Some((more, minutes.into_iter().find(fits)?))
        })
    });
    Outlook {
        late_now,
        goes_late: late.len(),
        first: late.first().copied(),
        by: late.last().copied(),
        help: help.flatten(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp(1_790_000_000_000);

    fn in_minutes(list: &[i64]) -> Vec<Timestamp> {
        list.iter().map(|m| NOW.plus(Span::minutes(*m))).collect()
    }

    #[test]
    fn what_goes_late_is_told_before_the_first_is_near() {
        // Twelve an hour is one in five minutes; thirty are due in an hour.
        let due = in_minutes(&[60; 30]);
        let found = outlook(&due, NOW, Pace { per_hour: 12.0, per_person: 6.0 });
        assert_eq!((found.goes_late, found.first), (18, Some(NOW.plus(Span::minutes(60)))));
        assert_eq!(found.help, Some((3, 60)), "thirty in an hour");
        let calm = outlook(&due[..12], NOW, Pace { per_hour: 12.0, per_person: 6.0 });
        assert_eq!((calm.goes_late, calm.help, calm.by), (0, None, None));
        // Nobody answers at all.
        let found = outlook(&in_minutes(&[-5, 20, 30]), NOW, Pace { per_hour: 0.0, per_person: 6.0 });
        assert_eq!((found.late_now, found.goes_late), (1, 2));
        assert_eq!(found.help, Some((1, 30)), "one in ten minutes each");
        assert_eq!(outlook(&in_minutes(&[300]), NOW, Pace { per_hour: 0.0, per_person: 0.0 }).goes_late, 0);
    }

    proptest! {
        #[test]
        fn the_help_that_is_named_helps_and_less_does_not(
            list in prop::collection::vec(-60i64..240, 1..80), per_hour in 0f64..60.0, per_person in 1f64..20.0,
        ) {
            let (due, pace) = (in_minutes(&list), Pace { per_hour, per_person });
            let found = outlook(&due, NOW, pace);
            prop_assert_eq!(found.late_now, list.iter().filter(|m| **m <= 0).count());
            let mut sorted = due.clone();
            sorted.sort_unstable();
            if let Some((more, minutes)) = found.help {
                prop_assert!(found.goes_late > 0);
                prop_assert!(goes_late(&sorted, NOW, pace, (more, minutes)).is_empty());
                prop_assert!(more == 1 || !goes_late(&sorted, NOW, pace, (more - 1, LONGEST)).is_empty());
                prop_assert!(minutes == STEP || !goes_late(&sorted, NOW, pace, (more, minutes - STEP)).is_empty());
            }
            // Faster is never worse.
            let faster = outlook(&due, NOW, Pace { per_hour: per_hour + 1.0, per_person });
            prop_assert!(faster.goes_late <= found.goes_late);
        }
    }
}

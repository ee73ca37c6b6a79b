//! What stands behind the figures of the back door besides its tables: the cases of each count, as links.

use super::shadow::{Links, Why, links, percent};
use super::texts::Texts;
use crate::reports::office::{Could, Office};

/// The cases behind the counts.
pub(super) struct Behind {
    /// Of all cases of the period: by the front office, with a ticket, unregistered.
    pub(super) total: [Links; 3],
    /// Solved the first time, and not yet known.
    pub(super) first: [Links; 2],
    /// A promise was broken when they came.
    pub(super) broken: Links,
    /// Their ticket stands open still.
    pub(super) still_open: Links,
    /// Why webcare could.
    pub(super) could: Vec<Why>,
    /// Of how many a reason was given.
    pub(super) could_given: i64,
    /// Too many are 'something else'.
    pub(super) could_bad: bool,
    /// Nobody said why webcare could.
    pub(super) could_not_said: Links,
    /// Nobody said how they ended.
    pub(super) not_said: Links,
}

impl Behind {
    /// The cases behind a report.
    pub(super) fn of(made: &Office, t: &Texts) -> Self {
        let Could { given, list, too_many_other, not_said, .. } = &made.could;
        let why = |x: &crate::reports::office::Reason| Why {
            name: t.name("difference", x.reason),
            count: x.count,
            percent: percent(Some(x.percent), t),
            cases: links(&x.cases),
        };
        let (total, first) = (&made.total, &made.first_time);
        Self {
            total: [
                links(&total.front_office),
                links(&total.webcare_linked),
                links(&total.webcare_unregistered),
            ],
            first: [links(&first.total.first_time_cases), links(&first.total.not_yet_known_cases)],
            broken: links(&made.tries.broken_cases),
            still_open: links(&made.jump.still_open_cases),
            could: list.iter().map(why).collect(),
            could_given: *given,
            could_bad: *too_many_other,
            could_not_said: links(not_said),
            not_said: links(&made.not_said),
        }
    }
}

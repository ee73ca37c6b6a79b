//! The cases behind a figure of a report to leads, whatever it is counted from.

use super::leads::AskLeads;
use super::office::first_time;
use super::{Ask, beside};
use crate::store::leading::{self, Span};
use crate::store::{StoreError, Tx, leading_more, monday};

/// What is counted from rows and not by the database: whether somebody came again.
pub const FOLLOWED: [&str; 2] = ["first_time", "came_again"];

/// First and later answers together, as the bars of a report count them: a kind of promise for lists alone.
pub const ANSWERS: &str = leading::ANSWERS;

/// A topic that rose, by the code of a reason of triage as the name: for lists of the console alone.
pub const TOPIC: &str = "topic";

/// What is counted from what customers say, where they are asked.
const SAID: &str = "recommended";

/// Whether a figure is of a module that is off for all of these brands, and leaves no trace.
pub fn is_off(kind: &str, ask: &AskLeads) -> bool {
    kind == SAID && !beside::asks_customers(ask)
}

/// Whether a code is of a figure that is no promise.
pub fn is_counted(kind: &str) -> bool {
    leading_more::WHATS.contains(&kind) || FOLLOWED.contains(&kind)
}

/// The cases of a figure in one group of a dimension, or of `total`, by brand and short number, at most `limit` behind one by both; of a
/// kind of promise those that were broken where it is `late`, and otherwise those that were kept.
pub async fn cases(
    tx: &mut Tx,
    of: Span<'_>,
    by: (&str, &str),
    (kind, late): (&str, bool),
    (behind, limit): (Option<(&str, i64)>, i64),
) -> Result<Vec<(String, i64)>, StoreError> {
    if FOLLOWED.contains(&kind) {
        // Lists tell of no days and no weeks.
        let zone = jiff::tz::TimeZone::UTC;
        let asked = Ask { from: of.from, to: of.to, brands: of.brands.to_vec(), zone };
        let mut found = first_time::of(tx, &asked, of.now).await?.cases(by, kind == "came_again");
        if let Some((name, number)) = behind {
            found.retain(|(of, n)| (of.as_str(), *n) > (name, number));
        }
        found.truncate(usize::try_from(limit).unwrap_or(0));
        return Ok(found);
    }
    if kind == TOPIC {
        return monday::cases_of(tx, of.brands, (of.from, of.to), by.1, (behind, limit)).await;
    }
    if is_counted(kind) {
        return leading_more::cases_of(tx, of, kind, by, (behind, limit)).await;
    }
    leading::cases_behind(tx, of, by, kind, late, (behind, limit)).await
}

//! When each of what is claimed may go: what is about one case goes one after the other, and of measures about one post the
//! earlier one goes first, also where it is tried again or looked for.

use crate::domain::time::{Span, Timestamp};
use crate::store::rows::ActionRow;
use crate::store::{Db, outbox};
use std::collections::HashMap;

/// How soon is looked again at what waits for an earlier measure.
const WAITS: Span = Span::seconds(2);
/// The kind of measures.
pub(super) const MODERATE: &str = "moderate";

/// When each may go, of which the first `room` may now; nothing is at once.
pub(super) async fn times(
    db: &Db,
    ready: &[ActionRow],
    room: usize,
    now: Timestamp,
) -> Vec<Option<Timestamp>> {
    let keep = |(at, a): (usize, &ActionRow)| (at >= room).then_some(Timestamp(a.not_before));
    let mut times: Vec<Option<Timestamp>> = ready.iter().enumerate().map(keep).collect();
    let going = ready.iter().take(room).filter(|a| a.kind == MODERATE);
    let measures: Vec<String> = going.map(|a| a.id.clone()).collect();
    if measures.is_empty() {
        return times;
    }
    let before = db.read("reading which measures go first", move |tx| {
        Box::pin(async move { outbox::measures_before(tx, &measures).await })
    });
    let Ok(before) = before.await else { return vec![Some(now.plus(WAITS)); ready.len()] };
    let before: HashMap<String, i64> = before.into_iter().collect();
    for (time, action) in times.iter_mut().zip(ready) {
        if let Some(at) = before.get(&action.id) {
            *time = Some(now.plus(WAITS).max(Timestamp(*at)));
        }
    }
    times
}

//! When each of what is claimed may go: what is about one case goes one after the other, and of measures about one post the
//! earlier one goes first, also where it is tried again or looked for; and whether it may still go when its turn has come.

use crate::domain::delivery::Outcome;
use crate::domain::time::{Span, Timestamp};
use crate::outbox::held_back;
use crate::store::rows::ActionRow;
use crate::store::{Db, outbox};
use std::collections::HashMap;

/// How soon is looked again at what waits for an earlier measure.
const WAITS: Span = Span::seconds(2);
/// How long one answer may take: shorter than the whole round, so that one that hangs leaves the others their outcomes.
pub(super) const EACH: Span = Span::seconds(24);
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

/// The outcome of a call that is given up after a time: then nobody knows how it ended.
pub(super) async fn within(time: Span, call: impl Future<Output = Outcome>) -> Outcome {
    let late = |_| Outcome::Unknown { evidence: format!("no answer within {time}") };
    tokio::time::timeout(time.to_std(), call).await.unwrap_or_else(late)
}

/// What comes of an answer that has not begun and may not any more: all sending was stopped since it was marked, or it is
/// nobody's or somebody else's by now. Nothing where it may go; to be asked right before the first byte leaves.
pub(super) async fn may_not_begin(db: &Db, action: &ActionRow, now: Timestamp) -> Option<Outcome> {
    if let Some(held) = held_back(db).await {
        return Some(held);
    }
    let (id, token) = (action.id.clone(), action.token);
    let ours = db.read("looking whether an answer is still ours", move |tx| {
        Box::pin(async move { outbox::is_still_sending(tx, (&id, token), now).await })
    });
    let why = match ours.await {
        Ok(true) => return None,
        Ok(false) => "it was taken over before anything of it left".to_owned(),
        Err(error) => format!("the database did not answer: {error}"),
    };
    Some(Outcome::Retry { after: None, why })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_hangs_is_unknown_by_itself() {
        let hangs = within(Span(5), std::future::pending()).await;
        assert!(matches!(hangs, Outcome::Unknown { .. }), "{hangs:?}");
        let refused = Outcome::Refused { reason: "no".to_owned() };
        assert_eq!(within(Span::seconds(5), std::future::ready(refused.clone())).await, refused);
    }
}

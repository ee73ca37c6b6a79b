//! What comes in late because its source was deaf: the teams are told of it in one message when the source hears
//! again ([`crate::watching`]), not of each case by itself.
//!
//! Only what was posted while the source was deaf, of which the teams know already, and only what took longer than
//! a post ever takes. A P1 whose promise can still be kept is told at once like any other: there somebody can
//! still be in time.

use super::cases::Group;
use super::plan::Planner;
use super::read::Item;
use crate::casefile::CaseFile;
use crate::domain::clocks::ObligationKind;
use crate::domain::judgement::Level;
use crate::domain::post::Post;
use crate::domain::silence::LATE;
use crate::domain::time::Timestamp;
use crate::store::StoreError;

impl Planner<'_> {
    /// Whether a post is part of what a source catches up on.
    pub(super) fn comes_late(&self, item: &Item, post: &Post) -> bool {
        let deaf = self.known.deaf.iter().find(|a| a.source == item.source);
        let posted = post.posted_at;
        deaf.is_some_and(|a| posted.millis() >= a.since && item.received_at.since(posted) >= LATE)
    }
}

/// Whether nobody is told of a case by itself, because all that is new in it was caught up on. What fell due
/// is then recorded at once, so that nobody is told of that by itself a moment later either.
pub fn is_quiet(file: &mut CaseFile, group: &Group, now: Timestamp) -> Result<bool, StoreError> {
    let all_late = !group.added.is_empty() && group.caught_up >= group.added.len();
    let quiet = all_late && is_left_to_one_message(file, now);
    if quiet {
        file.fall_due_noted(now)?;
    }
    Ok(quiet)
}

/// Whether a case that was caught up on is left to the one message: any but a P1 in time.
fn is_left_to_one_message(file: &CaseFile, now: Timestamp) -> bool {
    let response = |kind: &str| ObligationKind::from_code(kind).is_some_and(ObligationKind::is_response);
    let mut waits = file.clocks.iter().filter(|o| o.ended_at.is_none() && response(&o.kind));
    let is_late = waits.any(|o| o.due_at <= now.millis());
    Level::from_number(file.case.level) > Level::P1 || is_late
}

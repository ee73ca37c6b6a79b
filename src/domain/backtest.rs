//! What another policy would have done to a wait that was: the same arithmetic as the clocks of the daemon, on the
//! start and the end that the wait really had.
//!
//! The selector is the case's as it is now, and a wait counts from its start: what raises and lowerings did in
//! between is not played again. Which messages the scope covers by source, kind and handle is not asked again either,
//! for only waits that began are looked at; its languages are.

use super::clocks::{Obligation, ObligationKind, ObligationState};
use super::policy::{Policy, Selector};
use super::time::Timestamp;
use serde::Serialize;

/// A wait as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// What was promised.
    pub kind: ObligationKind,
    /// What selects the target.
    pub on: Selector,
    /// When it began.
    pub started_at: Timestamp,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
    /// When it ended without an answer.
    pub ended_at: Option<Timestamp>,
}

/// How a wait would have gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Went {
    /// Answered in time.
    Kept,
    /// Answered late, or not at all and past its deadline.
    Broken,
    /// Not due yet, or ended without an answer before it was due: counts neither way.
    Neither,
    /// The policy promises nothing.
    NotPromised,
}

/// Who owed an answer at its deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// The person who had the case.
    Person,
    /// Nobody had it; somebody was on duty for it.
    Duty,
    /// Nobody had it, and nobody was on duty for it.
    Nobody,
    /// Nobody had it, and nobody works with duty here: the team as a whole.
    Team,
}

impl Owner {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Person, Self::Duty, Self::Nobody, Self::Team];

    /// The word in figures.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Duty => "duty",
            Self::Nobody => "nobody",
            Self::Team => "team",
        }
    }
}

/// A step in who had a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hand {
    /// When.
    pub at: Timestamp,
    /// Whether somebody had it from then on.
    pub held: bool,
}

/// Whether somebody had a case at an instant, by its steps in their order.
pub fn was_held(hands: &[Hand], at: Timestamp) -> bool {
    hands.iter().rfind(|h| h.at <= at).is_some_and(|h| h.held)
}

/// What a policy would have done to a wait, as known at `now`: how it went, and when it was due.
pub fn try_on(policy: &Policy, wait: &Wait, now: Timestamp) -> (Went, Option<Timestamp>) {
    let Some(promise) = policy.target(wait.kind, &wait.on) else { return (Went::NotPromised, None) };
    let mut clock = Obligation::open(wait.kind, 0, wait.started_at, promise, policy);
    let due = clock.due_at;
    if let Some(at) = wait.answered_at {
        clock.fulfil(at);
        let kept = clock.state == ObligationState::Kept;
        return (if kept { Went::Kept } else { Went::Broken }, Some(due));
    }
    clock.fall_due(wait.ended_at.unwrap_or(now));
    (if clock.is_breached() { Went::Broken } else { Went::Neither }, Some(due))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::judgement::Level;
    use crate::domain::language::Language;
    use crate::domain::policy::{Channel, Target};
    use proptest::prelude::*;

    fn policy(minutes: i64) -> Policy {
        let target = Target { first_response_minutes: Some(minutes), ..Target::default() };
        Policy { name: "tried".into(), targets: vec![target], ..Policy::default() }
    }

    fn wait(answered: Option<i64>, ended: Option<i64>) -> Wait {
        Wait {
            kind: ObligationKind::FirstResponse,
            on: Selector {
                channel: Channel::Social,
                level: Level::P3,
                language: Language::En,
                private: None,
            },
            started_at: Timestamp(1_000),
            answered_at: answered.map(|m| Timestamp(1_000 + m)),
            ended_at: ended.map(|m| Timestamp(1_000 + m)),
        }
    }

    #[test]
    fn what_is_not_promised_is_said() {
        let mut next = wait(Some(1), None);
        next.kind = ObligationKind::NextResponse;
        assert_eq!(try_on(&policy(30), &next, Timestamp(0)), (Went::NotPromised, None));
    }

    #[test]
    fn who_had_it_is_told_by_the_last_step() {
        let hand = |at: i64, held| Hand { at: Timestamp(at), held };
        let hands = [hand(10, true), hand(20, false), hand(30, true)];
        let told = [9, 10, 19, 20, 29, 30].map(|at| was_held(&hands, Timestamp(at)));
        assert_eq!(told, [false, true, true, false, false, true]);
    }

    proptest! {
        #[test]
        fn round_the_clock_it_is_one_comparison(minutes in 1i64..600, ms in 0i64..40_000_000, how in 0u8..3) {
            let now = Timestamp(1_000 + ms);
            let target = minutes * 60_000;
            let w = match how { 0 => wait(Some(ms), None), 1 => wait(None, Some(ms)), _ => wait(None, None) };
            let expected = match (how, ms > target) {
                (_, true) => Went::Broken,
                (0, false) => Went::Kept,
                (_, false) => Went::Neither,
            };
            prop_assert_eq!(try_on(&policy(minutes), &w, now), (expected, Some(Timestamp(1_000 + target))));
        }

        #[test]
        fn more_time_never_breaks_more(minutes in 1i64..600, more in 0i64..600, ms in 0i64..80_000_000) {
            let broken = |m| try_on(&policy(m), &wait(Some(ms), None), Timestamp(0)).0 == Went::Broken;
            prop_assert!(broken(minutes) || !broken(minutes + more));
        }
    }
}

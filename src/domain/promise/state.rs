//! How a promise stands, in one word, from the last part of its clock.

use crate::domain::clocks::ObligationState;
use crate::domain::time::Timestamp;

/// How a promise stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is to be kept, and its time has not come.
    Running,
    /// Its time has passed, and it is not kept yet.
    Overdue,
    /// Kept in time.
    Kept,
    /// Kept after its time.
    Late,
    /// Somebody said that it will not be kept.
    Broken,
    /// Another took its place.
    Replaced,
    /// The answer in which it was made has not left.
    Unsaid,
    /// It need not be kept.
    CalledOff,
}

impl Standing {
    /// How a promise stands at `now` whose clock is in `state`, ended by `by`, and due at `due`.
    pub fn of(state: ObligationState, by: Option<&str>, due: Timestamp, now: Timestamp) -> Self {
        match (state, by) {
            (ObligationState::Running | ObligationState::Held, _) if now > due => Self::Overdue,
            (ObligationState::Running | ObligationState::Held, _) => Self::Running,
            (ObligationState::Kept, _) => Self::Kept,
            (ObligationState::Broken, Some("given_up")) => Self::Broken,
            (ObligationState::Broken, _) => Self::Late,
            (ObligationState::Superseded, _) => Self::Replaced,
            (_, Some("answer_unsent" | "answer_undone")) => Self::Unsaid,
            _ => Self::CalledOff,
        }
    }

    /// The word that programs get.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Overdue => "overdue",
            Self::Kept => "kept",
            Self::Late => "late",
            Self::Broken => "broken",
            Self::Replaced => "replaced",
            Self::Unsaid => "unsaid",
            Self::CalledOff => "called_off",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_stands_as_the_last_part_of_its_clock_says() {
        let of = |state, by, now| Standing::of(state, by, Timestamp(100), Timestamp(now)).code();
        assert_eq!(of(ObligationState::Running, None, 100), "running", "at its time it can still be kept");
        assert_eq!(of(ObligationState::Running, None, 101), "overdue");
        assert_eq!(of(ObligationState::Kept, Some("kept"), 101), "kept");
        assert_eq!(of(ObligationState::Broken, Some("kept"), 101), "late");
        assert_eq!(of(ObligationState::Broken, Some("given_up"), 50), "broken");
        assert_eq!(of(ObligationState::Superseded, Some("replaced"), 50), "replaced");
        assert_eq!(of(ObligationState::Void, Some("answer_unsent"), 50), "unsaid");
        assert_eq!(of(ObligationState::Void, Some("called_off"), 50), "called_off");
    }
}

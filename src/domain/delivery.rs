//! How one attempt at an effect in the outside world ended, and what follows from it.
//!
//! An adapter says what happened; this module alone decides what state the action is in after it.
//! A second attempt follows only where the first is proved not to have been sent, or where the
//! effect is harmless to repeat.

use super::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// The outcome of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is done; the platform's id of what was made, and its time if it gave one.
    Done {
        /// The platform's id of what was made.
        remote_id: String,
        /// The platform's time of it.
        at: Option<Timestamp>,
    },
    /// It was proved not to be done; try again, not before this long from now.
    Retry {
        /// How long to wait at least, as the other side asked.
        after: Option<Span>,
        /// Why.
        why: String,
    },
    /// The other side said no, and would again.
    Refused {
        /// Why, in its words.
        reason: String,
    },
    /// The request left and no clear answer came: it may be done.
    Unknown {
        /// What is known.
        evidence: String,
    },
    /// No machine can do it; a person must follow the link.
    ByHand {
        /// Where to do it.
        url: String,
    },
}

/// For how long a part of an answer that is refused is tried again: the part before it may not show there yet.
const PART_SHOWS_WITHIN: Span = Span::minutes(2);

/// Why an action that was marked as sending was not begun.
const HELD_BACK: &str = "all sending was stopped before anything of it left";

impl Outcome {
    /// All sending was stopped after it was marked as sending and before its first byte left.
    pub fn held_back(again: Span) -> Self {
        Self::Retry { after: Some(again), why: HELD_BACK.to_owned() }
    }

    /// Whether nothing of it was begun because all sending was stopped: that is no attempt of which there are so many.
    pub fn is_held_back(&self) -> bool {
        matches!(self, Self::Retry { why, .. } if why == HELD_BACK)
    }

    /// The same for what is put below a post that we have just written ourselves: that it cannot be put there means for a
    /// while that the post does not show yet to whoever takes it. What was refused was not done, so trying again is safe.
    /// `tried` is how long ago the first attempt began; nothing for all that goes on nothing of ours.
    pub fn below_our_own(self, tried: Option<Span>) -> Self {
        match self {
            Self::Refused { reason } if tried.is_some_and(|t| t < PART_SHOWS_WITHIN) => Self::Retry {
                after: Some(Span::seconds(10)),
                why: format!("the part before it may not show there yet: {reason}"),
            },
            other => other,
        }
    }
}

/// What a look at the platform says about an effect whose outcome is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Looked {
    /// It stands there.
    Done {
        /// The platform's id of it, as posts read back carry it.
        remote_id: String,
        /// The platform's time of it.
        at: Option<Timestamp>,
    },
    /// It certainly does not stand there, or sending it again with the same key cannot double it:
    /// it may go again.
    Again {
        /// Why that is safe.
        why: String,
    },
    /// It cannot be told yet; look again.
    Later {
        /// What was seen.
        evidence: String,
    },
    /// It cannot be told by looking; a person decides.
    Person {
        /// What was seen.
        evidence: String,
    },
}

/// Where an action stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionState {
    /// Waits for a person to let it go (after a restore, or by the kill switch).
    Held,
    /// Waits for its time.
    Ready,
    /// A worker has it; nothing has been sent.
    Claimed,
    /// The request may have left.
    Sending,
    /// It is done.
    Done,
    /// The other side said no.
    Refused,
    /// It may be done; a person or a look at the platform decides.
    Unknown,
    /// A person must do it.
    ByHand,
    /// It was called off before it was sent.
    Cancelled,
}

impl ActionState {
    /// All states.
    pub const ALL: [Self; 9] = [
        Self::Held,
        Self::Ready,
        Self::Claimed,
        Self::Sending,
        Self::Done,
        Self::Refused,
        Self::Unknown,
        Self::ByHand,
        Self::Cancelled,
    ];

    /// The code kept in the database.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Ready => "ready",
            Self::Claimed => "claimed",
            Self::Sending => "sending",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::ByHand => "by_hand",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads the code that [`ActionState::code`] prints.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.code() == code)
    }
}

/// How an effect may be repeated when it is not known whether it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Never: a person decides. Messages to customers on platforms without keys.
    Never,
    /// Once more, marked as a repeat: alerts to the team, which fail towards one too many.
    OnceMarked,
}

/// How a failed action is tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryLaw {
    /// The waits after the first, second, … attempt; the last is used for all that follow.
    pub waits: Vec<Span>,
    /// After so many attempts the action is refused and shown to a person.
    pub attempts_max: i64,
}

impl Default for RetryLaw {
    /// Quick at first, then slower, for about a day.
    fn default() -> Self {
        let waits = [2, 5, 15, 60, 300, 900, 3600].map(Span::seconds);
        Self { waits: waits.to_vec(), attempts_max: 30 }
    }
}

/// What becomes of an action after one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Its new state.
    pub state: ActionState,
    /// When it may be tried again, if it is ready.
    pub not_before: Option<Timestamp>,
    /// Whether the next attempt must be marked as a possible repeat.
    pub marked_repeat: bool,
}

impl RetryLaw {
    /// Decides what follows from `outcome` of attempt number `attempt` (from 1). `jitter` is a
    /// random number in 0–1 that spreads retries by a fifth either way.
    pub fn settle(
        &self,
        outcome: &Outcome,
        attempt: i64,
        repeat: Repeat,
        now: Timestamp,
        jitter: f64,
    ) -> Settled {
        let end = |state| Settled { state, not_before: None, marked_repeat: false };
        match outcome {
            Outcome::Done { .. } => end(ActionState::Done),
            Outcome::Refused { .. } => end(ActionState::Refused),
            Outcome::ByHand { .. } => end(ActionState::ByHand),
            Outcome::Unknown { .. } if repeat == Repeat::OnceMarked && attempt < self.attempts_max => {
                Settled {
                    state: ActionState::Ready,
                    not_before: Some(now.plus(self.wait(attempt, jitter))),
                    marked_repeat: true,
                }
            }
            Outcome::Unknown { .. } => end(ActionState::Unknown),
            Outcome::Retry { .. } if attempt >= self.attempts_max && !outcome.is_held_back() => {
                end(ActionState::Refused)
            }
            Outcome::Retry { after, .. } => {
                // The switch says when it goes on, not how often something failed before.
                let own = if outcome.is_held_back() { Span::ZERO } else { self.wait(attempt, jitter) };
                let asked = after.map_or(own, |a| a.clamp(Span::ZERO, Span::days(1)));
                Settled {
                    state: ActionState::Ready,
                    not_before: Some(now.plus(asked.max(own))),
                    marked_repeat: false,
                }
            }
        }
    }

    /// When to look at the platform again after look number `looks` (from 1) told nothing.
    pub fn look_again(looks: i64, now: Timestamp) -> Timestamp {
        let waits = [2, 5, 15, 60, 300, 900];
        let at = usize::try_from(looks.max(1) - 1).unwrap_or(0).min(waits.len() - 1);
        now.plus(Span::seconds(waits[at]))
    }

    fn wait(&self, attempt: i64, jitter: f64) -> Span {
        let at = usize::try_from(attempt.max(1) - 1).unwrap_or(0).min(self.waits.len().saturating_sub(1));
        let base = self.waits.get(at).copied().unwrap_or(Span::seconds(60)).millis();
        Span((base as f64 * (0.8 + 0.4 * jitter.clamp(0.0, 1.0))) as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settle(outcome: &Outcome, attempt: i64, repeat: Repeat) -> Settled {
        RetryLaw::default().settle(outcome, attempt, repeat, Timestamp(0), 0.5)
    }

    #[test]
    fn unknown_is_never_ready_again_for_customers() {
        let unknown = Outcome::Unknown { evidence: "timed out".into() };
        assert_eq!(settle(&unknown, 1, Repeat::Never).state, ActionState::Unknown);
        let alert = settle(&unknown, 1, Repeat::OnceMarked);
        assert_eq!((alert.state, alert.marked_repeat), (ActionState::Ready, true));
    }

    #[test]
    fn a_wait_that_was_asked_for_is_kept_and_bounded() {
        let retry = |after| Outcome::Retry { after, why: "429".into() };
        assert_eq!(
            settle(&retry(Some(Span::seconds(300))), 1, Repeat::Never).not_before,
            Some(Timestamp(300_000))
        );
        assert_eq!(settle(&retry(None), 1, Repeat::Never).not_before, Some(Timestamp(2_000)));
        assert_eq!(
            settle(&retry(Some(Span::days(9))), 1, Repeat::Never).not_before,
            Some(Timestamp(86_400_000))
        );
        assert_eq!(settle(&retry(None), 30, Repeat::Never).state, ActionState::Refused);
    }

    #[test]
    fn what_was_held_back_by_the_switch_is_never_given_up_for_that() {
        let held = Outcome::held_back(Span::seconds(2));
        assert!(held.is_held_back());
        assert!(!Outcome::Retry { after: None, why: "429".into() }.is_held_back());
        let settled = settle(&held, 30, Repeat::Never);
        assert_eq!((settled.state, settled.not_before), (ActionState::Ready, Some(Timestamp(2_000))));
    }
}

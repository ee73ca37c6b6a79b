//! The states of a case and what moves it from one to the next.
//!
//! [`next`] is the whole table: for each state and event either the state that follows or the
//! reason why it is refused. A claim stands beside the state; [`claim`] and [`release`] say who
//! may hold it. The table is printed in `ARCHITECTURE.md` and held by one test.

use super::ids::PersonId;
use super::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The states of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseState {
    /// Nobody has it.
    New,
    /// Somebody works on it.
    Working,
    /// We answered; the customer's turn.
    WaitingCustomer,
    /// The front office's turn; the customer still waits.
    WaitingFrontOffice,
    /// The customer was asked into a private channel.
    WaitingPrivate,
    /// Solved; a new message reopens it.
    Resolved,
    /// Over; a new message reopens it within the policy's window only.
    Closed,
    /// Not for us, by a person's word.
    Dismissed,
}

impl CaseState {
    /// All states, in the order of the design.
    pub const ALL: [Self; 8] = [
        Self::New,
        Self::Working,
        Self::WaitingCustomer,
        Self::WaitingFrontOffice,
        Self::WaitingPrivate,
        Self::Resolved,
        Self::Closed,
        Self::Dismissed,
    ];

    /// The code kept in the database.
    pub const fn code(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Working => "working",
            Self::WaitingCustomer => "waiting_customer",
            Self::WaitingFrontOffice => "waiting_front_office",
            Self::WaitingPrivate => "waiting_private",
            Self::Resolved => "resolved",
            Self::Closed => "closed",
            Self::Dismissed => "dismissed",
        }
    }

    /// Reads the code that [`CaseState::code`] prints.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.code() == code)
    }

    /// Whether there is work on it: of these there is at most one per brand, conversation and author.
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Resolved | Self::Closed | Self::Dismissed)
    }

    /// Whether the resolution clocks stand still in it.
    pub const fn holds_resolution(self) -> bool {
        matches!(self, Self::WaitingCustomer | Self::WaitingPrivate)
    }
}

/// What happens to a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseEvent {
    /// The customer wrote.
    CustomerMessage,
    /// An answer of ours stands on the platform.
    AnswerSeen,
    /// A person took it.
    Claim,
    /// A person handed it to a colleague.
    Assign,
    /// A person gave it back, or the shift ended.
    Release,
    /// A person says that the customer must do something.
    AwaitCustomer,
    /// A person says that the front office must do something.
    AwaitFrontOffice,
    /// The customer was asked into a private channel.
    AwaitPrivate,
    /// A person says that it is solved.
    Resolve,
    /// Its time is over, or a person closes it.
    Close,
    /// A person says that it is not for us.
    Dismiss,
    /// A person opens it again.
    Reopen,
    /// The customer did not answer for the policy's days.
    NoReply,
    /// The customer did not come to the private channel.
    Lapse,
}

impl CaseEvent {
    /// All events.
    pub const ALL: [Self; 14] = [
        Self::CustomerMessage,
        Self::AnswerSeen,
        Self::Claim,
        Self::Assign,
        Self::Release,
        Self::AwaitCustomer,
        Self::AwaitFrontOffice,
        Self::AwaitPrivate,
        Self::Resolve,
        Self::Close,
        Self::Dismiss,
        Self::Reopen,
        Self::NoReply,
        Self::Lapse,
    ];

    /// The code kept in the timeline.
    pub const fn code(self) -> &'static str {
        match self {
            Self::CustomerMessage => "customer_message",
            Self::AnswerSeen => "answer_seen",
            Self::Claim => "claim",
            Self::Assign => "assign",
            Self::Release => "release",
            Self::AwaitCustomer => "await_customer",
            Self::AwaitFrontOffice => "await_front_office",
            Self::AwaitPrivate => "await_private",
            Self::Resolve => "resolve",
            Self::Close => "close",
            Self::Dismiss => "dismiss",
            Self::Reopen => "reopen",
            Self::NoReply => "no_reply",
            Self::Lapse => "lapse",
        }
    }
}

/// Why a step is not possible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The state does not allow it.
    #[error("a case that is {state} cannot take '{event}'", state = .state.code(), event = .event.code())]
    State {
        /// The state it is in.
        state: CaseState,
        /// What was tried.
        event: CaseEvent,
    },
    /// Somebody else has it.
    #[error("somebody else has claimed it")]
    ClaimedByOther {
        /// Who has it.
        by: PersonId,
    },
    /// Nobody has it, or not the one who gives it back.
    #[error("it is not claimed")]
    NotClaimed,
}

/// Who has a case, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The person.
    pub by: PersonId,
    /// Since when.
    pub since: Timestamp,
    /// Until when, if it ends by itself (with the shift).
    pub until: Option<Timestamp>,
}

/// The state that follows from an event. Whether a closed case is within its window for reopening
/// is asked before: past it, the message opens a new case.
pub const fn next(state: CaseState, claimed: bool, event: CaseEvent) -> Result<CaseState, Refused> {
    use CaseEvent as E;
    use CaseState as S;
    let back = if claimed { S::Working } else { S::New };
    Ok(match (state, event) {
        (S::New, E::CustomerMessage | E::Release) => S::New,
        (S::Working, E::CustomerMessage | E::Claim | E::Assign) | (S::New, E::Claim | E::Assign) => {
            S::Working
        }
        (S::Working, E::Release) => S::New,
        (
            S::WaitingCustomer | S::WaitingFrontOffice | S::WaitingPrivate,
            E::Claim | E::Assign | E::Release,
        ) => state,
        (S::WaitingCustomer | S::WaitingFrontOffice | S::WaitingPrivate, E::CustomerMessage | E::Reopen) => {
            back
        }
        (S::Resolved | S::Closed, E::CustomerMessage) => back,
        (S::Resolved | S::Closed | S::Dismissed, E::Reopen) => back,

        (S::New | S::Working | S::WaitingCustomer, E::AnswerSeen) => S::WaitingCustomer,
        // The front office or the private talk still decides; a resolved case stays resolved by its last word.
        (_, E::AnswerSeen) => state,

        (
            S::New | S::Working | S::WaitingFrontOffice | S::WaitingPrivate | S::WaitingCustomer,
            E::AwaitCustomer,
        ) => S::WaitingCustomer,
        (
            S::New | S::Working | S::WaitingFrontOffice | S::WaitingPrivate | S::WaitingCustomer,
            E::AwaitFrontOffice,
        ) => S::WaitingFrontOffice,
        (
            S::New | S::Working | S::WaitingFrontOffice | S::WaitingPrivate | S::WaitingCustomer,
            E::AwaitPrivate,
        ) => S::WaitingPrivate,
        (
            S::New | S::Working | S::WaitingFrontOffice | S::WaitingPrivate | S::WaitingCustomer,
            E::Resolve,
        ) => S::Resolved,
        (
            S::New | S::Working | S::WaitingFrontOffice | S::WaitingPrivate | S::WaitingCustomer,
            E::Dismiss,
        ) => S::Dismissed,
        (S::Resolved | S::New, E::Close) => S::Closed,
        (S::WaitingCustomer, E::NoReply) => S::Resolved,
        (S::WaitingPrivate, E::Lapse) => S::Resolved,
        _ => return Err(Refused::State { state, event }),
    })
}

/// Whether `who` may claim: a claim is exclusive, on any open state, and claiming twice is fine.
pub fn claim(
    state: CaseState,
    held: Option<&Claim>,
    who: &PersonId,
    now: Timestamp,
) -> Result<CaseState, Refused> {
    if let Some(other) = held.filter(|c| c.by != *who && c.until.is_none_or(|u| u > now)) {
        return Err(Refused::ClaimedByOther { by: other.by.clone() });
    }
    next(state, true, CaseEvent::Claim)
}

/// Whether `who` may hand it to a colleague: what nobody has, what is theirs, and a lead also another's.
pub fn assign(
    state: CaseState,
    held: Option<&Claim>,
    who: &PersonId,
    lead: bool,
    now: Timestamp,
) -> Result<CaseState, Refused> {
    let holds = |c: &&Claim| c.by != *who && c.until.is_none_or(|u| u > now);
    if let Some(other) = held.filter(|_| !lead).filter(holds) {
        return Err(Refused::ClaimedByOther { by: other.by.clone() });
    }
    next(state, true, CaseEvent::Assign)
}

/// Whether `who` may give it back; a lead may give back another's.
pub fn release(
    state: CaseState,
    held: Option<&Claim>,
    who: &PersonId,
    lead: bool,
) -> Result<CaseState, Refused> {
    match held {
        None => Err(Refused::NotClaimed),
        Some(claim) if claim.by != *who && !lead => Err(Refused::ClaimedByOther { by: claim.by.clone() }),
        Some(_) => next(state, false, CaseEvent::Release),
    }
}

#[cfg(test)]
mod tests {
    use super::super::grid::grid;
    use super::*;

    fn person(n: u8) -> PersonId {
        PersonId::new(Timestamp(0), [n; 10])
    }

    #[test]
    fn the_table_is_the_one_in_the_architecture_page() {
        let page = include_str!("../ARCHITECTURE.md");
        // Unclaimed first, and behind a slash what follows when the case is claimed, where that differs.
        let cell = |state, event| match (next(state, false, event), next(state, true, event)) {
            (Ok(a), Ok(b)) if a == b => a.code().to_owned(),
            (Ok(a), Ok(b)) => format!("{}/{}", a.code(), b.code()),
            _ => "–".to_owned(),
        };
        let expected = grid(&CaseState::ALL, &CaseEvent::ALL, CaseState::code, CaseEvent::code, cell);
        assert!(page.contains(&expected), "put this table into src/ARCHITECTURE.md:\n{expected}");
    }

    #[test]
    fn decisions_about_claims_hold() {
        use CaseEvent as E;
        use CaseState as S;
        assert_eq!(next(S::New, true, E::Claim), Ok(S::Working));
        assert_eq!(next(S::Working, false, E::Release), Ok(S::New));
        for waiting in [S::WaitingCustomer, S::WaitingFrontOffice, S::WaitingPrivate] {
            assert_eq!(next(waiting, false, E::Release), Ok(waiting));
            assert_eq!(next(waiting, true, E::CustomerMessage), Ok(S::Working));
            assert_eq!(next(waiting, false, E::CustomerMessage), Ok(S::New));
        }
        assert_eq!(next(S::WaitingCustomer, false, E::NoReply), Ok(S::Resolved));
        assert!(next(S::Closed, false, E::Resolve).is_err());
        assert!(next(S::Dismissed, false, E::Claim).is_err());
    }

    #[test]
    fn a_claim_is_exclusive_until_it_ends() {
        let held = Claim { by: person(1), since: Timestamp(0), until: Some(Timestamp(100)) };
        let try_at = |who: u8, now| claim(CaseState::Working, Some(&held), &person(who), Timestamp(now));
        assert!(matches!(try_at(2, 50), Err(Refused::ClaimedByOther { .. })));
        assert_eq!(try_at(1, 50), Ok(CaseState::Working));
        assert_eq!(try_at(2, 100), Ok(CaseState::Working));
        assert!(release(CaseState::Working, Some(&held), &person(2), false).is_err());
        assert_eq!(release(CaseState::Working, Some(&held), &person(2), true), Ok(CaseState::New));
        assert_eq!(release(CaseState::Working, None, &person(1), false), Err(Refused::NotClaimed));
    }
}

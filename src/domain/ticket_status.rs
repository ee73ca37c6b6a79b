//! How the status of a ticket and the state of a case follow each other: which status a ticket gets when something
//! becomes of the case, and what a status that the front office chose means to us. Pure.

use super::case::CaseState;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What became of a case, as far as a ticket's status may follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It is resolved or closed.
    Resolved,
    /// It is open again.
    Reopened,
    /// It was set aside.
    Dismissed,
    /// It waits for the front office.
    Waiting,
}

impl Turn {
    /// The word in settings and actions.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Resolved => "resolved",
            Self::Reopened => "reopened",
            Self::Dismissed => "dismissed",
            Self::Waiting => "waiting",
        }
    }

    /// Reads [`Turn::code`].
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Resolved, Self::Reopened, Self::Dismissed, Self::Waiting]
            .into_iter()
            .find(|t| t.code() == code)
    }

    /// What an event of a case comes to, which was in state `before` it and is in state `after` it.
    pub fn of_event(kind: &str, before: CaseState, after: CaseState) -> Option<Self> {
        let waited = matches!(before, CaseState::WaitingFrontOffice) && before != after;
        Some(match kind {
            "resolve" | "no_reply" | "lapse" | "close" => Self::Resolved,
            "dismiss" => Self::Dismissed,
            "await_front_office" => Self::Waiting,
            "reopen" => Self::Reopened,
            // A customer who writes again opens what was resolved, and makes what waited for the front office our work.
            "customer_message" if waited || !before.is_open() => Self::Reopened,
            _ => return None,
        })
    }

    /// Whether a case in this state is still what it became.
    pub const fn holds_for(self, state: CaseState) -> bool {
        match self {
            Self::Resolved => matches!(state, CaseState::Resolved | CaseState::Closed),
            Self::Dismissed => matches!(state, CaseState::Dismissed),
            Self::Waiting => matches!(state, CaseState::WaitingFrontOffice),
            Self::Reopened => state.is_open(),
        }
    }

    /// Whether a ticket that is solved already needs nothing.
    pub const fn is_end(self) -> bool {
        matches!(self, Self::Resolved | Self::Dismissed)
    }
}

/// `tickets.status`: which status a ticket gets; what is left out changes nothing there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Becomes {
    /// When the case is resolved or closed.
    pub resolved: Option<String>,
    /// When it is open again.
    pub reopened: Option<String>,
    /// When it was set aside.
    pub dismissed: Option<String>,
    /// When it waits for the front office.
    pub waiting: Option<String>,
    /// Also on tickets that the front office made; otherwise only on those that we made.
    pub theirs: bool,
}

impl Becomes {
    /// The status that a ticket gets; `ours` is whether we made it.
    pub fn of(&self, turn: Turn, ours: bool) -> Option<&str> {
        let status = match turn {
            Turn::Resolved => &self.resolved,
            Turn::Reopened => &self.reopened,
            Turn::Dismissed => &self.dismissed,
            Turn::Waiting => &self.waiting,
        };
        status.as_deref().filter(|_| ours || self.theirs)
    }

    /// What is given, each with its word.
    pub fn given(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [
            ("resolved", &self.resolved),
            ("reopened", &self.reopened),
            ("dismissed", &self.dismissed),
            ("waiting", &self.waiting),
        ];
        all.into_iter().filter_map(|(name, status)| Some((name, status.as_deref()?)))
    }
}

/// Which status a ticket gets, by system.
pub type Rules = BTreeMap<String, Becomes>;

/// What a status means to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Somebody there is to work on it.
    Open,
    /// It waits for us.
    Waits,
    /// It is solved.
    Solved,
}

/// `tickets.means`: what their statuses mean, in the place of what is ready-made; capitals do not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Means {
    /// Somebody there is to work on it.
    pub open: Vec<String>,
    /// They wait for us.
    pub waiting: Vec<String>,
    /// They hold it for solved.
    pub solved: Vec<String>,
}

/// Whether two statuses are one: systems and people write capitals as they like.
pub fn is_same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

impl Means {
    /// What the settings say of a status; nothing where they do not name it.
    pub fn of(&self, status: &str) -> Option<Meaning> {
        let names = |list: &[String]| list.iter().any(|s| is_same(s, status));
        if names(&self.solved) {
            Some(Meaning::Solved)
        } else if names(&self.waiting) {
            Some(Meaning::Waits)
        } else {
            names(&self.open).then_some(Meaning::Open)
        }
    }

    /// All lists, each with its word.
    pub const fn lists(&self) -> [(&'static str, &Vec<String>); 3] {
        [("open", &self.open), ("waiting", &self.waiting), ("solved", &self.solved)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_status_follows_only_where_the_settings_say_so() {
        let none = Becomes::default();
        assert_eq!(none.of(Turn::Resolved, true), None);
        let some = Becomes { resolved: Some("solved".into()), ..Becomes::default() };
        assert_eq!(some.of(Turn::Resolved, true), Some("solved"));
        assert_eq!(some.of(Turn::Resolved, false), None, "not on a ticket of the front office");
        assert_eq!(some.of(Turn::Reopened, true), None);
        let all = Becomes { theirs: true, ..some };
        assert_eq!(all.of(Turn::Resolved, false), Some("solved"));
        assert_eq!(all.given().collect::<Vec<_>>(), [("resolved", "solved")]);
    }

    #[test]
    fn what_becomes_of_a_case_is_read_from_its_events() {
        use CaseState::{New, Resolved, WaitingCustomer, WaitingFrontOffice, WaitingPrivate, Working};
        let of = Turn::of_event;
        assert_eq!(of("no_reply", WaitingCustomer, Resolved), Some(Turn::Resolved));
        assert_eq!(of("customer_message", Resolved, New), Some(Turn::Reopened));
        assert_eq!(of("claim", New, Working), None);
        // Of the open states, only who waited for the front office told its ticket so.
        assert_eq!(of("customer_message", WaitingFrontOffice, New), Some(Turn::Reopened));
        assert_eq!(of("customer_message", WaitingFrontOffice, Working), Some(Turn::Reopened));
        assert_eq!(of("customer_message", WaitingFrontOffice, WaitingFrontOffice), None, "it still waits");
        for open in [New, Working, WaitingCustomer, WaitingPrivate] {
            assert_eq!(of("customer_message", open, New), None, "{open:?}");
        }
        assert_eq!(of("claim", WaitingFrontOffice, WaitingFrontOffice), None);
    }

    #[test]
    fn statuses_are_read_whatever_their_capitals() {
        let means = Means { waiting: vec!["On Hold".into()], solved: vec!["Done".into()], open: vec![] };
        assert_eq!(means.of("on hold"), Some(Meaning::Waits));
        assert_eq!(means.of("DONE "), Some(Meaning::Solved));
        assert_eq!(means.of("new"), None);
    }

    proptest! {
        /// Every state is what exactly one of resolved, dismissed or open says, and waiting is one of the open ones.
        #[test]
        fn each_state_is_of_one_turn(at in 0..CaseState::ALL.len()) {
            let state = CaseState::ALL[at];
            let holds = [Turn::Resolved, Turn::Dismissed, Turn::Reopened].iter().filter(|t| t.holds_for(state)).count();
            prop_assert_eq!(holds, 1);
            prop_assert!(!Turn::Waiting.holds_for(state) || Turn::Reopened.holds_for(state));
        }
    }
}

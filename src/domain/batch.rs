//! Acts on many cases at once: which there are, which cases are ticked by themselves, and what is kept so that they can
//! be undone.

use super::time::Span;
use serde::{Deserialize, Serialize};

/// Most cases of one act.
pub const CASES_MAX: usize = 100;
/// How long it can be undone.
pub const UNDO: Span = Span::minutes(10);

/// What is done with each case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Take it.
    Claim,
    /// Hand it to a colleague.
    Assign,
    /// It is solved.
    Resolve,
    /// It is not for us.
    Dismiss,
    /// Put a label on its author.
    Label,
}

impl Kind {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 5] = [Self::Claim, Self::Assign, Self::Resolve, Self::Dismiss, Self::Label];

    /// The word in forms and rows.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Assign => "assign",
            Self::Resolve => "resolve",
            Self::Dismiss => "dismiss",
            Self::Label => "label",
        }
    }

    /// Reads the word of [`Kind::code`].
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.code() == code)
    }
}

/// How a case stood before: what undoing it needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stood {
    /// Its state.
    pub state: String,
    /// Since when, in milliseconds.
    pub since: i64,
    /// Who had claimed it, by id.
    pub claimed_by: Option<String>,
    /// Since when.
    pub claimed_since: Option<i64>,
    /// Until when.
    pub claimed_until: Option<i64>,
    /// Whether its author had the label already.
    pub labelled: bool,
}

/// Why a case is not ticked by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unticked {
    /// It is a P1 or a P2: somebody looks at it.
    Urgent,
    /// A colleague works on it.
    Claimed,
    /// A protocol is open.
    Protocol,
}

impl Unticked {
    /// The word by which pages name it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Urgent => "urgent",
            Self::Claimed => "claimed",
            Self::Protocol => "protocol",
        }
    }
}

/// What is known of a case on the page where cases are ticked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// 1 to 5.
    pub level: i64,
    /// Whether somebody else has it.
    pub claimed: bool,
    /// Whether a protocol of it is open.
    pub protocol: bool,
}

/// Why a case is not ticked; none: it is.
pub const fn unticked(known: Known) -> Option<Unticked> {
    if known.level <= 2 {
        Some(Unticked::Urgent)
    } else if known.protocol {
        Some(Unticked::Protocol)
    } else if known.claimed {
        Some(Unticked::Claimed)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_urgent_is_never_ticked(level in 1_i64..=5, claimed: bool, protocol: bool) {
            let found = unticked(Known { level, claimed, protocol });
            prop_assert_eq!(found == Some(Unticked::Urgent), level <= 2);
            prop_assert_eq!(found.is_none(), level > 2 && !claimed && !protocol);
        }
    }

    #[test]
    fn words_read_back() {
        assert!(Kind::ALL.into_iter().all(|k| Kind::from_code(k.code()) == Some(k)));
        assert_eq!(Kind::from_code("delete"), None);
    }
}

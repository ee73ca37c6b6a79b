//! Findings: something in a product or a process that makes cases, addressed to whoever can take it away.

use super::time::Span;

/// How a finding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindingState {
    /// Nobody has said anything to it.
    Open,
    /// Its owner will see to it.
    Accepted,
    /// It is taken away.
    Fixed,
    /// It stays as it is.
    Declined,
}

/// Before and after a decision, cases are compared over this span.
pub const COMPARED: Span = Span::days(28);

impl FindingState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Open, Self::Accepted, Self::Fixed, Self::Declined];

    /// The code kept in the database and in forms.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Fixed => "fixed",
            Self::Declined => "declined",
        }
    }

    /// Reads what [`Self::code`] prints.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.code() == code)
    }

    /// Whether it may become `next`. What was decided is opened again before it is decided otherwise.
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Open => !matches!(next, Self::Open),
            Self::Accepted => matches!(next, Self::Fixed | Self::Declined),
            Self::Fixed | Self::Declined => matches!(next, Self::Open),
        }
    }

    /// Whether those who raised it are told.
    pub const fn is_told(self) -> bool {
        matches!(self, Self::Fixed | Self::Declined)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_decided_is_opened_before_it_is_decided_otherwise() {
        use FindingState::{Accepted, Declined, Fixed, Open};
        let goes = |from: FindingState| -> Vec<FindingState> {
            FindingState::ALL.into_iter().filter(|to| from.may_become(*to)).collect()
        };
        assert_eq!(goes(Open), [Accepted, Fixed, Declined]);
        assert_eq!(goes(Accepted), [Fixed, Declined]);
        assert_eq!((goes(Fixed), goes(Declined)), (vec![Open], vec![Open]));
        assert!(FindingState::ALL.iter().all(|s| FindingState::from_code(s.code()) == Some(*s)));
    }
}

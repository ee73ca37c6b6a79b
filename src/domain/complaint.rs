//! What was decided of a formal complaint.

use super::clocks::ObligationKind;
use super::time::Span;

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The customer is right.
    Upheld,
    /// In part.
    Partly,
    /// The customer is not right.
    NotUpheld,
    /// The customer took it back.
    Withdrawn,
}

impl Outcome {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Upheld, Self::Partly, Self::NotUpheld, Self::Withdrawn];

    /// The code kept in the database and in forms.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Upheld => "upheld",
            Self::Partly => "partly",
            Self::NotUpheld => "not_upheld",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Reads what [`Self::code`] prints.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|o| o.code() == code)
    }
}

/// How long a complaint may take where the policy names nothing: five days to acknowledge it, six weeks to decide.
pub const fn span(kind: ObligationKind) -> Span {
    match kind {
        ObligationKind::ComplaintAcknowledge => Span::days(5),
        _ => Span::days(42),
    }
}

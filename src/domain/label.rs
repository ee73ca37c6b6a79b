//! Labels on authors: what people of the team say of an account for one brand, with a reason and an end.
//!
//! No rule puts one on anybody. A label moves the score of a case by some points and never its level, so none lowers a
//! P1; it may have a protocol proposed, and keeps a case from being ticked for an answer to many.

use super::protocol::ProtocolKind;
use super::time::Span;

/// What is said of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Label {
    /// Writes for the press.
    Press,
    /// Many listen to them.
    Influencer,
    /// A customer with a contract that promises more.
    Vip,
    /// Needs more care than others.
    Vulnerable,
    /// Provokes.
    Troll,
    /// Works for us.
    Employee,
}

/// How long a label holds where nobody says otherwise, and how long at most.
pub const HOLDS: Span = Span::days(90);
/// The longest that one may hold before somebody sets it again.
pub const HOLDS_MAX: Span = Span::days(366);

impl Label {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Press, Self::Influencer, Self::Vip, Self::Vulnerable, Self::Troll, Self::Employee];

    /// The code kept in the database, in forms and addresses.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Press => "press",
            Self::Influencer => "influencer",
            Self::Vip => "vip",
            Self::Vulnerable => "vulnerable",
            Self::Troll => "troll",
            Self::Employee => "employee",
        }
    }

    /// Reads the code that [`Label::code`] prints.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|l| l.code() == code)
    }

    /// By how many points it moves the score; the level stays.
    pub const fn points(self) -> i64 {
        match self {
            Self::Press | Self::Vip => 10,
            Self::Vulnerable => 15,
            Self::Influencer => 5,
            Self::Troll => -10,
            Self::Employee => 0,
        }
    }

    /// The protocol that is proposed for what such an account writes.
    pub const fn proposes(self) -> Option<ProtocolKind> {
        match self {
            Self::Press => Some(ProtocolKind::Press),
            Self::Troll => Some(ProtocolKind::Troll),
            _ => None,
        }
    }

    /// Whether a case of theirs is never ticked by itself for an answer to many.
    pub const fn apart(self) -> bool {
        matches!(self, Self::Press | Self::Vip | Self::Vulnerable)
    }
}

/// The score of a case with the labels of its author: within 0 to 100; nothing lowers that of a P1.
pub fn score(urgency: i64, level: i64, labels: &[Label]) -> i64 {
    let moved = labels.iter().map(|l| l.points()).filter(|p| *p > 0 || level > 1).sum::<i64>();
    (urgency + moved).clamp(0, 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn codes_are_read_back() {
        assert!(Label::ALL.into_iter().all(|l| Label::from_code(l.code()) == Some(l)));
        assert_eq!(Label::from_code("famous"), None);
    }

    proptest! {
        /// Whatever labels there are: the score stays a score, and no label lowers a P1.
        #[test]
        fn no_label_lowers_a_p1(urgency in 0i64..=100, level in 1i64..=5, chosen in prop::collection::vec(0usize..6, 0..6)) {
            let labels: Vec<Label> = chosen.into_iter().map(|n| Label::ALL[n]).collect();
            let after = score(urgency, level, &labels);
            prop_assert!((0..=100).contains(&after));
            if level == 1 {
                prop_assert!(after >= urgency);
            }
            if labels.is_empty() {
                prop_assert_eq!(after, urgency);
            }
        }
    }
}

//! What an answer is beyond its words: its place in a hand-over, and who stands for personal data in it.

/// Who stands for personal data in a public answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Meant {
    /// Nobody: it is refused.
    #[default]
    No,
    /// The one who writes, who must be a lead.
    Sure,
    /// The one who writes, for nobody else is on duty.
    Alone {
        /// Why it must stand in public.
        reason: String,
    },
    /// A second person, who is on record.
    Passed,
}

/// What an answer is in a hand-over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Handed {
    /// An answer like any other.
    #[default]
    No,
    /// The public offer of a private channel.
    Offer,
    /// A private message, whatever is answered.
    Private,
}

impl Handed {
    /// The word in the payload of the action.
    pub(super) const fn code(self) -> Option<&'static str> {
        match self {
            Self::No => None,
            Self::Offer => Some("offer"),
            Self::Private => Some("private"),
        }
    }

    /// The word on the timeline for such an answer on its way.
    pub(super) const fn queued(self) -> &'static str {
        match self {
            Self::No => "answer_queued",
            Self::Offer => "private_offer_queued",
            Self::Private => "private_answer_queued",
        }
    }
}

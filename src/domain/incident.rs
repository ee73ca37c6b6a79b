//! Incidents: which cases an answer to many may be laid before a person for, and what words for many are.
//!
//! Nothing is sent by itself. A person reviews a selection, and what is most likely to need words of its own is never
//! ticked for them: what is urgent, what belongs in private, who asks something of their own.

/// What words for many are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// An answer while it lasts.
    Answer,
    /// That it is solved, for those who were answered.
    Solved,
}

impl Purpose {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Answer, Self::Solved];

    /// The code kept in the database and in forms.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Solved => "solved",
        }
    }

    /// Reads what [`Self::code`] prints.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.code() == code)
    }
}

/// Why a case is not ticked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unticked {
    /// It is over.
    Over,
    /// It was told already, or that is on its way.
    Told,
    /// It was answered by hand, or owes no answer.
    Answered,
    /// Nobody has answered it yet, so there is nobody to whom it is news.
    NotReached,
    /// There are no approved words in its language.
    NoWords,
    /// It is P1 or P2.
    Urgent,
    /// It belongs in private.
    Private,
    /// It asks something of its own.
    OwnQuestion,
    /// Somebody has it.
    Claimed,
    /// A protocol is open, or a label of its author sets it apart.
    Apart,
}

impl Unticked {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Over,
        Self::Told,
        Self::Answered,
        Self::NotReached,
        Self::NoWords,
        Self::Urgent,
        Self::Private,
        Self::OwnQuestion,
        Self::Claimed,
        Self::Apart,
    ];

    /// The code by which it has words.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Over => "over",
            Self::Told => "told",
            Self::Answered => "answered",
            Self::NotReached => "not_reached",
            Self::NoWords => "no_words",
            Self::Urgent => "urgent",
            Self::Private => "private",
            Self::OwnQuestion => "own_question",
            Self::Claimed => "claimed",
            Self::Apart => "apart",
        }
    }
}

/// What is known of a case that is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct After {
    /// It is resolved or closed; what was dismissed was never for us.
    pub ended: bool,
    /// An answer to many of this incident reached its customer while it lasted.
    pub reached: bool,
    /// Nothing is sent there: its words or its customer are gone, they object, or a later case goes on in its conversation.
    pub unwanted: bool,
    /// Its customer wrote again since it ended.
    pub wrote_since: bool,
}

impl After {
    /// Why a case that is over does not hear that it is solved; `None`: it may, and stays as it is.
    pub const fn why_not(self) -> Option<&'static str> {
        if !self.ended {
            Some("the case is over; reopen it to answer")
        } else if !self.reached {
            Some("the case is over, and no answer to many reached it in this incident")
        } else if self.unwanted {
            Some("the case is over, and nothing is sent there any more")
        } else {
            None
        }
    }
}

/// What is known of a case of an incident.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// It is open.
    pub open: bool,
    /// Where it is not.
    pub after: After,
    /// 1 to 5.
    pub level: i64,
    /// It needs a private channel.
    pub needs_private: bool,
    /// A post of it asks something.
    pub own_question: bool,
    /// An answer is owed.
    pub owed: bool,
    /// It was answered, by hand or by an answer to many.
    pub reached: bool,
    /// It was told these words for many, or that is on its way.
    pub told: bool,
    /// There are approved words in its language.
    pub has_words: bool,
    /// Somebody else has it.
    pub claimed: bool,
    /// A protocol is open, or a label of its author sets it apart.
    pub apart: bool,
}

/// Why a case is not ticked for a purpose; `None`: it is.
pub const fn unticked(known: &Known, purpose: Purpose) -> Option<Unticked> {
    let solved = matches!(purpose, Purpose::Solved);
    if !known.open && (!solved || known.after.why_not().is_some()) {
        Some(Unticked::Over)
    } else if known.told {
        Some(Unticked::Told)
    } else if solved && !known.reached {
        Some(Unticked::NotReached)
    } else if known.claimed {
        Some(Unticked::Claimed)
    } else if known.apart {
        Some(Unticked::Apart)
    } else if !known.has_words {
        Some(Unticked::NoWords)
    } else if known.level <= 2 {
        Some(Unticked::Urgent)
    } else if known.needs_private {
        Some(Unticked::Private)
    } else if known.own_question || (solved && (known.owed || known.after.wrote_since)) {
        // Who wrote again since asks something that the good news may not answer.
        Some(Unticked::OwnQuestion)
    } else if !solved && !known.owed {
        Some(Unticked::Answered)
    } else {
        None
    }
}

/// Whether a post asks something: by what triage said of it, or by its marks, in any of our languages.
pub fn asks(intent: &str, text: &str) -> bool {
    matches!(intent, "question" | "request") || text.contains(['?', '\u{ff1f}', '\u{37e}', '\u{61f}', '¿'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NONE: After = After { ended: false, reached: false, unwanted: false, wrote_since: false };
    const PLAIN: Known = Known {
        open: true,
        after: NONE,
        level: 3,
        needs_private: false,
        own_question: false,
        owed: true,
        reached: false,
        told: false,
        has_words: true,
        claimed: false,
        apart: false,
    };

    #[test]
    fn only_the_plain_ones_are_ticked() {
        assert_eq!(unticked(&PLAIN, Purpose::Answer), None);
        let cases = [
            (Known { level: 1, ..PLAIN }, Unticked::Urgent),
            (Known { level: 2, ..PLAIN }, Unticked::Urgent),
            (Known { needs_private: true, ..PLAIN }, Unticked::Private),
            (Known { own_question: true, ..PLAIN }, Unticked::OwnQuestion),
            (Known { open: false, ..PLAIN }, Unticked::Over),
            (Known { told: true, ..PLAIN }, Unticked::Told),
            (Known { owed: false, ..PLAIN }, Unticked::Answered),
            (Known { has_words: false, ..PLAIN }, Unticked::NoWords),
            (Known { claimed: true, ..PLAIN }, Unticked::Claimed),
            (Known { apart: true, ..PLAIN }, Unticked::Apart),
        ];
        for (known, why) in cases {
            assert_eq!(unticked(&known, Purpose::Answer), Some(why));
        }
        let reached = Known { reached: true, owed: false, ..PLAIN };
        assert_eq!(unticked(&reached, Purpose::Solved), None);
        assert_eq!(unticked(&PLAIN, Purpose::Solved), Some(Unticked::NotReached));
        assert_eq!(unticked(&Known { owed: true, ..reached }, Purpose::Solved), Some(Unticked::OwnQuestion));
    }

    #[test]
    fn who_was_reached_hears_that_it_is_solved_also_when_their_case_is_over() {
        let told = After { ended: true, reached: true, ..NONE };
        let over = Known { open: false, owed: false, reached: true, after: told, ..PLAIN };
        assert_eq!(unticked(&over, Purpose::Solved), None);
        assert_eq!(unticked(&over, Purpose::Answer), Some(Unticked::Over), "an answer reopens first");
        let cases = [
            (After { ended: false, ..told }, Unticked::Over),
            (After { reached: false, ..told }, Unticked::Over),
            (After { unwanted: true, ..told }, Unticked::Over),
            (After { wrote_since: true, ..told }, Unticked::OwnQuestion),
        ];
        for (after, why) in cases {
            assert_eq!(unticked(&Known { after, ..over }, Purpose::Solved), Some(why));
        }
        assert_eq!(unticked(&Known { told: true, ..over }, Purpose::Solved), Some(Unticked::Told));
        assert_eq!(unticked(&Known { level: 2, ..over }, Purpose::Solved), Some(Unticked::Urgent));
        assert_eq!(unticked(&Known { apart: true, ..over }, Purpose::Solved), Some(Unticked::Apart));
    }

    #[test]
    fn questions_are_seen_in_every_script() {
        assert!(
            asks("complaint", "いつ直りますか？") && asks("outage", "¿Cuándo?") && asks("question", "when")
        );
        assert!(!asks("outage", "Down again."));
    }

    proptest! {
        /// Whatever else is so: P1, P2, what is private and, of answers, what asks something are never ticked.
        #[test]
        fn what_needs_its_own_words_is_never_ticked(bits in prop::array::uniform13(any::<bool>()), level in 1_i64..6) {
            let [open, needs_private, own_question, owed, reached, told, has_words, claimed, apart, rest @ ..] = bits;
            let after = After { ended: rest[0], reached: rest[1], unwanted: rest[2], wrote_since: rest[3] };
            let known =
                Known { open, after, level, needs_private, own_question, owed, reached, told, has_words, claimed, apart };
            for purpose in Purpose::ALL {
                if unticked(&known, purpose).is_none() {
                    prop_assert!(level > 2 && !needs_private && !told && has_words && !claimed && !apart);
                    prop_assert!(open || (purpose == Purpose::Solved && after.why_not().is_none()));
                    prop_assert!(!own_question && (purpose == Purpose::Solved || owed));
                    prop_assert!(purpose == Purpose::Answer || (reached && !owed));
                }
            }
        }
    }
}

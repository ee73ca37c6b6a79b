//! How a case that is the front office's to solve ended, and the shadow index that counts those endings.
//!
//! The definitions stand here and nowhere else. **Shadow index**: of the cases that were the front office's to
//! solve, how many webcare solved unregistered: no ticket, or one made after the answer that solved it. **Done by
//! webcare**: all that webcare solved, ticket or not; the figure to bring down.

use super::back_door::{self, Clues};
use super::time::{Span, Timestamp};

/// An enum whose values have a code for the database, forms and reports.
macro_rules! coded {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $value:ident = $code:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vmeta])* $value),* }

        impl $name {
            /// All of them, in the order in which they are shown.
            pub const ALL: &'static [Self] = &[$(Self::$value),*];

            /// The code kept in the database and in forms.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$value => $code),* }
            }

            /// Reads what [`Self::code`] prints.
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|v| v.code() == code)
            }
        }
    };
}

coded! {
    /// Who solved a case, and whether the front office's record knows of it.
    Solved {
        /// It was never the front office's to solve: counted nowhere.
        NotTheirs = "not_theirs",
        /// By the front office, with a ticket.
        FrontOffice = "front_office",
        /// By webcare, with a ticket that was made before the answer that solved it.
        Linked = "webcare_linked",
        /// By webcare, without a ticket or with one made afterwards.
        Unregistered = "webcare_unregistered",
    }
}

coded! {
    /// Why webcare could what the front office could not.
    Difference {
        /// It may decide more.
        Mandate = "mandate",
        /// It can look or write where the front office cannot.
        SystemAccess = "system_access",
        /// It knew more.
        Knowledge = "knowledge",
        /// It put wrong data right.
        WrongDataCorrected = "wrong_data_corrected",
        /// It gave something away.
        Goodwill = "goodwill",
        /// It had the time.
        Time = "time",
        /// It reached the supplier.
        Supplier = "supplier",
        /// Something else.
        Other = "other",
    }
}

coded! {
    /// Why this customer came to webcare rather than to the front office.
    BackDoor {
        /// The front office did not answer.
        NoAnswer = "no_answer",
        /// It took too long.
        WaitedTooLong = "waited_too_long",
        /// It promised something and did not keep it.
        PromiseBroken = "promise_broken",
        /// It sent the customer from pillar to post.
        PillarToPost = "pillar_to_post",
        /// It had wrong data.
        WrongData = "wrong_data",
        /// The customer did not accept the outcome.
        OutcomeNotAccepted = "outcome_not_accepted",
        /// Its channel is hard to find.
        ChannelHardToFind = "channel_hard_to_find",
        /// The customer always comes here.
        Habit = "habit",
        /// Something else.
        Other = "other",
    }
}

coded! {
    /// What a person did with what was proposed.
    Taken {
        /// Nobody was shown it: the case was resolved where no form asks.
        Unseen = "unseen",
        /// Left as it was proposed.
        Accepted = "accepted",
        /// Who solved it, or why the customer came, is another than proposed.
        Changed = "changed",
    }
}

impl Solved {
    /// Whether the case was the front office's to solve.
    pub const fn is_theirs(self) -> bool {
        !matches!(self, Self::NotTheirs)
    }

    /// Whether webcare solved what was the front office's.
    pub const fn by_webcare(self) -> bool {
        matches!(self, Self::Linked | Self::Unregistered)
    }
}

/// After how long a ticket that stands open has kept its customer waiting too long.
pub const TOO_LONG: Span = Span::days(7);

/// How a case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Who solved it.
    pub solved: Solved,
    /// Why webcare could.
    pub difference: Option<Difference>,
    /// Why the customer came here.
    pub back_door: Option<BackDoor>,
}

impl Ending {
    /// Without what makes no sense: a difference where webcare did not solve it, a reason to come by the back
    /// door where the matter is webcare's own.
    pub fn fitting(self) -> Self {
        Self {
            solved: self.solved,
            difference: self.difference.filter(|_| self.solved.by_webcare()),
            back_door: self.back_door.filter(|_| self.solved.is_theirs()),
        }
    }

    /// What a person did with `self`, which was proposed, when they said `said`. A difference is never proposed,
    /// so that naming one changes nothing.
    pub fn taken(self, said: Option<Self>) -> Taken {
        match said {
            None => Taken::Unseen,
            Some(said) if said.solved == self.solved && said.back_door == self.back_door => Taken::Accepted,
            Some(_) => Taken::Changed,
        }
    }
}

/// A ticket that a case is tied to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tied {
    /// When it was made: when its system says, or when it was tied, whichever is earlier.
    pub made_at: Timestamp,
    /// Whether the front office solved it while the case was open, and nobody said that it is not solved.
    pub solved: bool,
    /// By when the front office promised something on it.
    pub due_at: Option<Timestamp>,
}

/// What is known of a case when it is resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// It is an account matter: triage or a person said that it needs a private channel.
    pub needs_private: bool,
    /// Its intent is a complaint.
    pub complaint: bool,
    /// When the first message was posted.
    pub opened_at: Timestamp,
    /// When our last answer was given; none if there is none.
    pub answered_at: Option<Timestamp>,
    /// The tickets it is tied to.
    pub tickets: Vec<Tied>,
    /// What else tells why the customer came here.
    pub clues: Clues,
}

/// Whether a case is the front office's to solve, as is proposed: an account matter (a request about account,
/// order, delivery or invoice is one, for triage says that it needs a private channel), a complaint, or anything
/// that the front office has a ticket for.
pub fn front_office_matter(known: &Known) -> bool {
    known.needs_private || known.complaint || !known.tickets.is_empty()
}

/// How a case ended, as is proposed to whoever resolves it.
pub fn propose(known: &Known) -> Ending {
    let solved = if !front_office_matter(known) {
        Solved::NotTheirs
    } else if known.tickets.iter().any(|t| t.solved) {
        Solved::FrontOffice
    } else if known.tickets.iter().any(|t| known.answered_at.is_none_or(|at| t.made_at <= at)) {
        Solved::Linked
    } else {
        Solved::Unregistered
    };
    let back_door = if solved.is_theirs() { why(known).map(|w| w.0) } else { None };
    Ending { solved, difference: None, back_door }
}

/// Why the customer came here, as is proposed, and how certain that is in percent.
pub fn why(known: &Known) -> Option<(BackDoor, i64)> {
    back_door::propose(&known.clues, &known.tickets, known.opened_at)
}

/// The share of 'other' in percent above which reasons are bad data: the list lacks something, or nobody reads it.
pub const OTHER_PERCENT_MAX: f64 = 15.0;

/// `part` of `all` in percent, rounded to a tenth; none where nothing was counted. Some never read as none, nor as all.
pub fn percent(part: i64, all: i64) -> Option<f64> {
    let (least, most) = if 0 < part && part < all { (0.1, 99.9) } else { (0.0, 100.0) };
    (all > 0).then(|| ((part as f64 * 1000.0 / all as f64).round() / 10.0).clamp(least, most))
}

/// How many cases ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shadow {
    /// By the front office.
    pub front_office: i64,
    /// By webcare with a ticket.
    pub linked: i64,
    /// By webcare without one.
    pub unregistered: i64,
}

impl Shadow {
    /// Counts one case; those that were not the front office's count nowhere.
    pub const fn count(&mut self, solved: Solved) {
        match solved {
            Solved::NotTheirs => {}
            Solved::FrontOffice => self.front_office += 1,
            Solved::Linked => self.linked += 1,
            Solved::Unregistered => self.unregistered += 1,
        }
    }

    /// All that was the front office's to solve.
    pub const fn all(&self) -> i64 {
        self.front_office + self.linked + self.unregistered
    }

    /// Unregistered of all, in percent.
    pub fn index_percent(&self) -> Option<f64> {
        percent(self.unregistered, self.all())
    }

    /// Solved by webcare of all, in percent.
    pub fn by_webcare_percent(&self) -> Option<f64> {
        percent(self.linked + self.unregistered, self.all())
    }
}

/// Whether so many 'other' of so many reasons are bad data.
pub const fn too_many_other(other: i64, all: i64) -> bool {
    other as f64 * 100.0 > all as f64 * OTHER_PERCENT_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPENED: Timestamp = Timestamp(1_790_000_000_000);

    fn known(tickets: &[Tied]) -> Known {
        let answered_at = Some(OPENED.plus(Span::hours(2)));
        Known {
            complaint: true,
            opened_at: OPENED,
            answered_at,
            tickets: tickets.to_vec(),
            ..Known::default()
        }
    }

    fn ticket(hours_before: i64) -> Tied {
        Tied { made_at: OPENED.plus(Span::hours(-hours_before)), ..Tied::default() }
    }

    #[test]
    fn what_is_the_front_offices_is_an_account_matter_a_complaint_or_has_a_ticket() {
        let plain = Known { opened_at: OPENED, ..Known::default() };
        assert!(!front_office_matter(&plain));
        assert_eq!(propose(&plain).solved, Solved::NotTheirs);
        assert!(front_office_matter(&Known { needs_private: true, ..plain.clone() }));
        assert!(front_office_matter(&Known { complaint: true, ..plain.clone() }));
        assert!(front_office_matter(&Known { tickets: vec![ticket(1)], ..plain }));
    }

    #[test]
    fn a_ticket_counts_if_it_was_made_by_the_time_of_the_answer() {
        assert_eq!(propose(&known(&[])).solved, Solved::Unregistered);
        assert_eq!(propose(&known(&[ticket(5)])).solved, Solved::Linked);
        assert_eq!(propose(&known(&[ticket(-2)])).solved, Solved::Linked, "at the very instant");
        assert_eq!(propose(&known(&[ticket(-3)])).solved, Solved::Unregistered, "made afterwards");
        assert_eq!(propose(&known(&[ticket(-3), ticket(1)])).solved, Solved::Linked);
        let silent = Known { answered_at: None, ..known(&[ticket(-3)]) };
        assert_eq!(propose(&silent).solved, Solved::Linked, "nothing of ours solved it before");
        let theirs = Tied { solved: true, ..ticket(-3) };
        assert_eq!(propose(&known(&[theirs])).solved, Solved::FrontOffice);
    }

    #[test]
    fn why_they_came_is_proposed_from_what_the_ticket_promised_and_its_age() {
        assert_eq!(propose(&known(&[ticket(5)])).back_door, None);
        assert_eq!(propose(&known(&[ticket(24 * 7)])).back_door, Some(BackDoor::WaitedTooLong));
        let due = |hours| Tied { due_at: Some(OPENED.plus(Span::hours(hours))), ..ticket(24 * 9) };
        assert_eq!(propose(&known(&[due(-1)])).back_door, Some(BackDoor::PromiseBroken));
        assert_eq!(propose(&known(&[due(1)])).back_door, Some(BackDoor::WaitedTooLong), "not yet due then");
    }

    #[test]
    fn reasons_that_make_no_sense_are_dropped_and_what_was_changed_is_known() {
        let full = |solved| Ending {
            solved,
            difference: Some(Difference::Mandate),
            back_door: Some(BackDoor::Habit),
        };
        assert_eq!(full(Solved::Linked).fitting(), full(Solved::Linked));
        let theirs = full(Solved::FrontOffice).fitting();
        assert_eq!((theirs.difference, theirs.back_door), (None, Some(BackDoor::Habit)));
        let ours = full(Solved::NotTheirs).fitting();
        assert_eq!((ours.difference, ours.back_door), (None, None));
        let proposed = Ending { difference: None, ..full(Solved::Linked) };
        assert_eq!(proposed.taken(None), Taken::Unseen);
        assert_eq!(proposed.taken(Some(full(Solved::Linked))), Taken::Accepted);
        assert_eq!(proposed.taken(Some(full(Solved::Unregistered))), Taken::Changed);
        assert_eq!(proposed.taken(Some(Ending { back_door: None, ..proposed })), Taken::Changed);
    }

    #[test]
    fn the_index_is_a_share_of_what_was_theirs_and_nothing_is_not_zero() {
        let mut shadow = Shadow::default();
        assert_eq!((shadow.index_percent(), shadow.by_webcare_percent()), (None, None));
        shadow.count(Solved::NotTheirs);
        assert_eq!(shadow.index_percent(), None, "nothing that was theirs");
        for solved in [Solved::FrontOffice, Solved::Linked, Solved::Unregistered] {
            shadow.count(solved);
        }
        assert_eq!(shadow.all(), 3);
        assert_eq!((shadow.index_percent(), shadow.by_webcare_percent()), (Some(33.3), Some(66.7)));
    }

    #[test]
    fn some_never_read_as_none_nor_as_all() {
        assert_eq!([percent(0, 9), percent(9, 9), percent(0, 0)], [Some(0.0), Some(100.0), None]);
        assert_eq!((percent(1, 9_000), percent(8_999, 9_000)), (Some(0.1), Some(99.9)));
    }

    #[test]
    fn other_is_bad_data_above_fifteen_percent() {
        assert!(!too_many_other(0, 0));
        assert!(!too_many_other(15, 100));
        assert!(too_many_other(16, 100));
    }

    #[test]
    fn every_code_reads_back() {
        assert!(Solved::ALL.iter().all(|v| Solved::from_code(v.code()) == Some(*v)));
        assert!(Difference::ALL.iter().all(|v| Difference::from_code(v.code()) == Some(*v)));
        assert!(BackDoor::ALL.iter().all(|v| BackDoor::from_code(v.code()) == Some(*v)));
        assert!(Taken::ALL.iter().all(|v| Taken::from_code(v.code()) == Some(*v)));
        assert_eq!(Solved::from_code("solved"), None);
    }
}

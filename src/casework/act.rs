//! What people can ask for, and who asks.

use super::shift::ShiftAct;
use super::{
    Answer, Beside, CollectAct, ComplaintAct, CustomerAct, GoodwillAct, LabelAct, NewPromise, PrivateAct,
    ProtocolAct,
};
use crate::domain::batch::{Kind, Stood};
use crate::domain::contact::ContactKind;
use crate::domain::correction::Corrected;
use crate::domain::ending::Ending;
use crate::domain::ids::PersonId;
use crate::domain::role::Right;
use crate::domain::time::Timestamp;
use crate::sources::reply::Measure;
use crate::tickets::Ticket;

/// What a person asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Take it, until an instant if it should end by itself.
    Claim {
        /// When the claim ends by itself.
        until: Option<Timestamp>,
    },
    /// Hand it to a colleague.
    Assign {
        /// Their login.
        to: String,
        /// What they should know; may be empty.
        line: String,
    },
    /// Give it back.
    Release,
    /// Wait for the customer.
    AwaitCustomer,
    /// Wait for the front office.
    AwaitFrontOffice,
    /// It is solved.
    Resolve {
        /// How; may be empty.
        reason: String,
        /// Who solved it and why the customer came here; without a word what is proposed holds.
        ending: Option<Ending>,
    },
    /// Say of which sector it is; empty means of none.
    Sector {
        /// The sector by name.
        name: String,
    },
    /// Write down that the customer made contact elsewhere.
    Contact {
        /// How.
        kind: ContactKind,
        /// When.
        at: Timestamp,
        /// What was said; may be empty.
        text: String,
    },
    /// Raise a finding from it.
    RaiseFinding {
        /// Who should take it away: a login, or a team by name.
        owner: String,
        /// What goes wrong.
        text: String,
    },
    /// Count it to a finding that stands.
    AttachFinding {
        /// The finding by its number.
        number: i64,
    },
    /// Put right how it ended.
    Ending(Ending),
    /// It is over.
    Close,
    /// It is not for us.
    Dismiss {
        /// Why; must not be empty.
        reason: String,
    },
    /// It is not solved after all.
    Reopen,
    /// Answer the customer.
    Answer(Answer),
    /// Call back an answer that has not left yet.
    Undo {
        /// The action.
        action: String,
    },
    /// Write something for colleagues.
    Note {
        /// The words.
        text: String,
    },
    /// Put it away until an instant; its clocks run on.
    Snooze {
        /// Until when.
        until: Timestamp,
    },
    /// Do something about its private channel.
    Private(PrivateAct),
    /// Ask a second person to let a public answer with personal data pass.
    AskPass {
        /// The answer.
        answer: Answer,
        /// Why it must stand in public.
        reason: String,
    },
    /// Decide about one that a colleague asked for.
    Pass {
        /// Which.
        pass: String,
        /// Whether it goes.
        goes: bool,
        /// Why it does not; may be empty.
        reason: String,
    },
    /// Note that one was looked at which a colleague let pass alone.
    Review {
        /// Which.
        pass: String,
    },
    /// Put right what triage said of it.
    Correct(Corrected),
    /// Take a measure against a post or its author.
    Moderate {
        /// Which.
        measure: Measure,
        /// The mention; `None` is the latest of the case.
        mention: Option<String>,
        /// The house rule.
        reason: String,
    },
    /// Tie it to a ticket of the front office.
    LinkTicket {
        /// The ticket system by name.
        system: String,
        /// The ticket by its number.
        ticket: String,
        /// The ticket as it stands; looked up when the act is carried out.
        seen: Option<Box<Ticket>>,
    },
    /// Have a ticket made.
    CreateTicket {
        /// The ticket system by name.
        system: String,
    },
    /// Take a tie away.
    UnlinkTicket {
        /// The link.
        link: String,
    },
    /// The front office holds a ticket for solved, and it is not.
    NotSolved {
        /// The link.
        link: String,
    },
    /// Words that were withdrawn are gone from a ticket: somebody took them away there.
    TicketWordsGone {
        /// The link.
        link: String,
    },
    /// Write down what was promised to the customer.
    Promise(Box<NewPromise>),
    /// Somebody tried to call, as was promised.
    CallTried {
        /// The wait of the promise.
        wait: i64,
        /// They were reached: it is kept.
        reached: bool,
        /// When it is to be tried again, if they were not.
        next: Option<Timestamp>,
    },
    /// A promise was kept.
    KeepPromise {
        /// Its wait.
        wait: i64,
    },
    /// A promise is due at another time, as somebody told the customer.
    MovePromise {
        /// Its wait.
        wait: i64,
        /// Until when.
        due: Timestamp,
        /// Why; must not be empty.
        reason: String,
        /// What becomes of what stands beside it and says otherwise.
        beside: Beside,
    },
    /// A promise will not be kept: it is broken, whether or not its time has come.
    BreakPromise {
        /// Its wait.
        wait: i64,
        /// Why; must not be empty.
        reason: String,
    },
    /// Do something about what is given to the customer.
    Goodwill(GoodwillAct),
    /// Do something about a formal complaint.
    Complaint(ComplaintAct),
    /// Say whose matter it is, where that is not who wrote.
    Customer(CustomerAct),
    /// A promise need not be kept any more.
    DropPromise {
        /// Its wait.
        wait: i64,
        /// Why; must not be empty.
        reason: String,
    },
    /// Take back what an act on many did with it.
    TakeBack {
        /// What that was.
        kind: Kind,
        /// How it stood before.
        stood: Stood,
    },
    /// Do something about a protocol.
    Protocol(ProtocolAct),
    /// Say something of its author, or take that back.
    Label(LabelAct),
    /// Collect its thread or its author, end that, or take something out of it.
    Collect(CollectAct),
    /// Do something about an offer, or at the end of a shift.
    Shift(ShiftAct),
}

impl Act {
    /// What somebody must be allowed to.
    pub fn right(&self) -> Right {
        match self {
            Self::Answer(_) | Self::AskPass { .. } => Right::Answer,
            Self::Private(PrivateAct::Offer { .. } | PrivateAct::Holding { .. }) => Right::Answer,
            Self::Pass { .. } | Self::Review { .. } => Right::Approve,
            Self::Goodwill(GoodwillAct::Decide { .. }) => Right::Approve,
            Self::Correct(_) => Right::Correct,
            Self::Moderate { measure: Measure::Like | Measure::Unlike, .. } => Right::Work,
            Self::Moderate { .. } => Right::Moderate,
            Self::Collect(act) => act.right(),
            _ => Right::Work,
        }
    }

    /// Whether it is about a promise that somebody made.
    pub(super) const fn is_of_promise(&self) -> bool {
        matches!(
            self,
            Self::Promise(_)
                | Self::CallTried { .. }
                | Self::KeepPromise { .. }
                | Self::MovePromise { .. }
                | Self::BreakPromise { .. }
                | Self::DropPromise { .. }
        )
    }

    /// Whether it is written down beside the case.
    pub(super) const fn is_beside(&self) -> bool {
        matches!(
            self,
            Self::Sector { .. }
                | Self::Contact { .. }
                | Self::RaiseFinding { .. }
                | Self::AttachFinding { .. }
                | Self::Assign { .. }
                | Self::Note { .. }
                | Self::Goodwill(_)
                | Self::Complaint(_)
                | Self::Customer(_)
                | Self::TakeBack { .. }
                | Self::Protocol(_)
                | Self::Label(_)
                | Self::Collect(_)
                | Self::Shift(_)
        )
    }

    /// The word in the audit.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Claim { .. } => "case.claim",
            Self::Assign { .. } => "case.assign",
            Self::Release => "case.release",
            Self::AwaitCustomer => "case.await_customer",
            Self::AwaitFrontOffice => "case.await_front_office",
            Self::Resolve { .. } => "case.resolve",
            Self::Sector { .. } => "case.sector",
            Self::Contact { .. } => "case.contact",
            Self::RaiseFinding { .. } => "case.raise_finding",
            Self::AttachFinding { .. } => "case.attach_finding",
            Self::Ending(_) => "case.ending",
            Self::Close => "case.close",
            Self::Dismiss { .. } => "case.dismiss",
            Self::Reopen => "case.reopen",
            Self::Answer(_) => "case.answer",
            Self::Undo { .. } => "case.undo",
            Self::Note { .. } => "case.note",
            Self::Snooze { .. } => "case.snooze",
            Self::Private(_) => "case.private",
            Self::AskPass { .. } => "case.ask_pass",
            Self::Pass { goes: true, .. } => "case.pass",
            Self::Pass { .. } => "case.no_pass",
            Self::Review { .. } => "case.review",
            Self::Correct(_) => "case.correct",
            Self::Moderate { .. } => "case.moderate",
            Self::LinkTicket { .. } => "case.link_ticket",
            Self::CreateTicket { .. } => "case.create_ticket",
            Self::UnlinkTicket { .. } => "case.unlink_ticket",
            Self::NotSolved { .. } => "case.not_solved",
            Self::TicketWordsGone { .. } => "case.ticket_words_gone",
            Self::Promise(_) => "case.promise",
            Self::CallTried { .. } => "case.call_tried",
            Self::KeepPromise { .. } => "case.keep_promise",
            Self::MovePromise { .. } => "case.move_promise",
            Self::BreakPromise { .. } => "case.break_promise",
            Self::Goodwill(act) => act.code(),
            Self::Complaint(act) => act.code(),
            Self::Customer(act) => act.code(),
            Self::DropPromise { .. } => "case.drop_promise",
            Self::TakeBack { .. } => "case.take_back",
            Self::Protocol(act) => act.code(),
            Self::Label(act) => act.code(),
            Self::Collect(act) => act.code(),
            Self::Shift(act) => act.code(),
        }
    }
}

/// Who asks, and what they may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The person.
    pub person: PersonId,
    /// Whether they may do what only a lead may.
    pub lead: bool,
}

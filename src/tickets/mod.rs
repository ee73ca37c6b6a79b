//! Ticket systems of the front office: one value for each that is configured, one file for each kind.
//!
//! A connector searches, reads, makes tickets and writes notes on them; it says how each attempt ended
//! in the five outcomes of [`crate::domain::delivery`] and never decides about cases. What a system can
//! do is data. Nothing here touches the store.

mod build;
pub mod config;
mod contact;
mod desk;
mod dynamics;
mod freshdesk;
mod generic;
mod grant;
mod jira;
mod line;
mod otrs;
pub mod proof;
mod rt;
mod salesforce;
mod text;
mod without;
mod zammad;
mod zendesk;

use crate::domain::delivery::{Looked, Outcome};
use crate::domain::exam::Exam;
use crate::domain::ticket_status::{Meaning, Means};
use crate::domain::time::{Span, Timestamp};
pub use crate::sources::{SourceTrouble, TroubleState};
use async_trait::async_trait;
pub use build::build;
pub use contact::{About, OtherContact};
use proof::Proof;
use std::sync::{Arc, PoisonError, RwLock};
pub use text::{is_ours, shortened};

/// Longest text of an entry that is taken over, in characters.
pub const ENTRY_CHARS_MAX: usize = 20_000;
/// How far a system's clock may lie before ours.
const SECONDS_APART: Span = Span::seconds(30);

/// By what a customer's tickets can be searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Given {
    /// The number of a ticket.
    Ticket,
    /// A mail address.
    Email,
    /// A telephone number.
    Phone,
    /// A customer or order number.
    Reference,
}

impl Given {
    /// The word in calls.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ticket => "ticket",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Reference => "reference",
        }
    }
}

/// Something that a customer gave in private, by which their tickets are searched.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Term {
    /// What it is.
    pub kind: Given,
    /// As it was given, trimmed.
    pub text: String,
}

impl Term {
    /// What a word may be: digits are a ticket, a telephone or a customer number until a search tells.
    pub fn readings(word: &str) -> Vec<Self> {
        let text = word.trim();
        let term = |kind, text: &str| Self { kind, text: text.to_owned() };
        if text.is_empty() || text.chars().count() > 200 || text.chars().any(char::is_control) {
            return Vec::new();
        }
        if text.contains('@') {
            return vec![term(Given::Email, text)];
        }
        let bare = text.trim_start_matches('#');
        let digits: String = bare.chars().filter(char::is_ascii_digit).collect();
        let phone = bare.chars().all(|c| c.is_ascii_digit() || " +-()./".contains(c)) && digits.len() >= 9;
        let mut found = Vec::new();
        if !bare.is_empty() && bare.len() <= 40 && !bare.contains(char::is_whitespace) {
            found.push(term(Given::Ticket, bare));
        }
        if phone {
            found.push(term(Given::Phone, bare));
        }
        if text == bare {
            found.push(term(Given::Reference, bare));
        }
        found
    }
}

/// How what changed in a system comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Back {
    /// We look.
    Polling,
    /// It calls us, signed.
    Webhook,
    /// We look, and it may call us, signed, so that we look sooner.
    Both,
}

/// What a system can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// By what tickets can be searched.
    pub find_by: &'static [Given],
    /// Whether tickets can be made.
    pub create: bool,
    /// Whether something can be written for colleagues only.
    pub note_inside: bool,
    /// Whether something can be written that the customer reads.
    pub note_customer: bool,
    /// Whether a ticket's state can be read.
    pub status: bool,
    /// Whether there are fields of one's own, such as for our key.
    pub fields: bool,
    /// How changes come back.
    pub back: Back,
    /// How what we wrote is taken away again, when its author changes or deletes it.
    pub withdraw: Withdraw,
    /// Whether a ticket's status can be set.
    pub set_status: bool,
    /// Which of its statuses mean that they hold it for solved, where the settings say nothing.
    pub solved: &'static [&'static str],
    /// Which of its statuses mean that they wait for us, where the settings say nothing.
    pub waiting: &'static [&'static str],
}

/// How words that we wrote on a ticket are taken away again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withdraw {
    /// The note is written anew in its place.
    Rewrite,
    /// Words in the note are blacked out.
    Redact,
    /// The interface cannot; a person does.
    ByHand,
}

impl Withdraw {
    /// The word that programs are told.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Rewrite => "rewrite",
            Self::Redact => "redact",
            Self::ByHand => "by_hand",
        }
    }
}

/// How a ticket stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketState {
    /// Somebody is to work on it.
    Open,
    /// It is open, and the front office waits for us.
    Waits,
    /// The front office holds it for solved.
    Solved,
    /// It was deleted.
    Gone,
}

impl TicketState {
    /// The code in the store.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Open | Self::Waits => "open",
            Self::Solved => "solved",
            Self::Gone => "gone",
        }
    }
}

/// A ticket as its system tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The system's id.
    pub id: String,
    /// What it is about.
    pub subject: String,
    /// How it stands.
    pub state: TicketState,
    /// The same in the system's own word.
    pub status: String,
    /// Who has it; empty for nobody.
    pub owner: String,
    /// In which queue it stands.
    pub queue: String,
    /// When it was opened.
    pub opened_at: Option<Timestamp>,
    /// When it last changed.
    pub changed_at: Option<Timestamp>,
    /// By when something was promised.
    pub due_at: Option<Timestamp>,
    /// Where people see it.
    pub url: String,
}

/// What became of a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It stands; where its id is another than asked for, it was merged into that one.
    Stands(Ticket),
    /// It is not there.
    Gone,
    /// We may not see it: it was moved to where our rights end.
    Hidden,
}

/// Something that was written on a ticket, by others than us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The system's id; rises where the system counts.
    pub id: String,
    /// When.
    pub at: Option<Timestamp>,
    /// Who wrote it, by the system's name for them.
    pub by: String,
    /// Whether the customer was meant to read it.
    pub public: bool,
    /// The words.
    pub text: String,
}

/// A ticket that is watched, as we know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// The system's id.
    pub id: String,
    /// When it last changed, as far as we know.
    pub changed_at: Option<Timestamp>,
    /// When it was last looked at.
    pub seen_at: Option<Timestamp>,
    /// The last entry that was taken over; empty for none.
    pub last_entry: String,
}

impl Watched {
    /// Whether a ticket stands as it did when it was last looked at. Systems tell seconds, and their
    /// clocks are not ours: what changed just before the look may have changed again just after it.
    fn stands_at(&self, ticket: &Ticket) -> bool {
        let settled = |at: Timestamp| self.seen_at.is_some_and(|seen| seen.since(at) > SECONDS_APART);
        self.changed_at.is_some_and(|at| Some(at) == ticket.changed_at && settled(at))
    }
}

/// What changed on a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The ticket by the id that we know.
    pub id: String,
    /// What became of it.
    pub now: Found,
    /// What was written since, oldest first.
    pub entries: Vec<Entry>,
}

/// What a delivery says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// What changed.
    Changes(Vec<Change>),
    /// That these tickets changed; what is so is to be read.
    Look(Vec<String>),
    /// That a customer made contact elsewhere.
    Contact(OtherContact),
}

/// A ticket to be made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewTicket {
    /// The action that makes it; kept on the ticket, so that a lost answer can be found out.
    pub action_id: String,
    /// What it is about.
    pub subject: String,
    /// Its first words; the conversation follows as a note.
    pub text: String,
    /// Our case's address.
    pub case_url: String,
    /// The language of the case.
    pub language: String,
    /// `P1` to `P5`.
    pub level: String,
    /// A ticket of the case that is closed there, which this one follows; empty for none.
    pub follows: String,
}

/// A note for a ticket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note {
    /// The action that writes it.
    pub action_id: String,
    /// The ticket.
    pub ticket_id: String,
    /// The words.
    pub text: String,
    /// What it tells: `timeline`, `message`, `edited`, `removed`, `answer` or `state`, and what else the page on tickets names.
    pub what: String,
    /// The post that it is about, by our id; empty for none.
    pub about: String,
    /// Whether it tells what we said to the customer: only that may be theirs to read.
    pub to_customer: bool,
}

/// A note of ours that is to say something else, for words in it were withdrawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rewriting {
    /// The action that asks for it.
    pub action_id: String,
    /// The ticket.
    pub ticket_id: String,
    /// The note by the system's id; empty where it is to be looked for.
    pub note_id: String,
    /// The action that wrote it.
    pub written_by: String,
    /// When that was.
    pub written_at: Timestamp,
    /// Whether it tells what we said to the customer.
    pub to_customer: bool,
    /// What it is to say.
    pub text: String,
}

/// A status that a ticket is to get.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// The action that asks for it.
    pub action_id: String,
    /// The ticket.
    pub ticket_id: String,
    /// The status in the system's own word.
    pub status: String,
}

/// An effect of ours whose outcome is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sought {
    /// The action.
    pub action_id: String,
    /// The ticket on which it should be; `None` for one that was to be made.
    pub ticket_id: Option<String>,
    /// Since when the outcome is unknown.
    pub since: Timestamp,
}

/// A configured ticket system.
#[async_trait]
pub trait TicketSystem: Send + Sync {
    /// The name by which it is listed.
    fn name(&self) -> &str;
    /// Which kind it is.
    fn kind(&self) -> &'static str;
    /// The brand by name whose front office uses it; `None` is every brand's.
    fn brand(&self) -> Option<&str>;
    /// What it can do.
    fn can(&self) -> &'static Capabilities;
    /// The tickets that fit any of these, those that are open first.
    async fn find(&self, terms: &[Term]) -> Result<Vec<Ticket>, SourceTrouble>;
    /// One ticket.
    async fn read(&self, id: &str) -> Result<Found, SourceTrouble>;
    /// Whether a new ticket can be made as what follows this one; asked before the first attempt alone.
    async fn can_follow(&self, _ticket: &str) -> bool {
        false
    }
    /// Makes a ticket; done with its id.
    async fn create(&self, new: &NewTicket) -> Outcome;
    /// Writes on a ticket.
    async fn note(&self, note: &Note) -> Outcome;
    /// Gives a ticket a status; done with the status as it stands then. The same once more is the same.
    async fn put_status(&self, status: &Status) -> Outcome;
    /// Has a note of ours say something else, where [`Capabilities::withdraw`] says that it can. The same once more is
    /// the same. A note that is not there any more is done.
    async fn rewrite(&self, note: &Rewriting) -> Outcome;
    /// What the settings say that its statuses mean, before what is ready-made.
    fn means(&self) -> &Means;
    /// Looks for an effect of ours; changes nothing there.
    async fn look(&self, sought: &Sought) -> Looked;
    /// Tries once whether it lets us in and whether what we need is there; changes nothing. Where it says
    /// nothing, a search is tried.
    async fn examine(&self) -> Vec<Exam> {
        Vec::new()
    }
    /// How often to look what changed; a system that calls us is asked for what it never told of.
    fn every(&self) -> Option<Span> {
        None
    }
    /// What changed on these tickets; those that did not are left out.
    async fn changed(&self, watched: &[Watched]) -> Result<Vec<Change>, SourceTrouble> {
        let _ = watched;
        Ok(Vec::new())
    }
    /// What proves that a delivery is the system's; nothing for one that does not call us.
    fn proof(&self) -> Option<&Proof> {
        None
    }
    /// What a delivery says; the text of an error names what cannot be read.
    fn delivery(&self, body: &[u8]) -> Result<Told, String> {
        let _ = body;
        Err("this system calls nobody".to_owned())
    }
}

/// The credential with which a system is called, as actions name it.
pub fn credential(system: &str) -> String {
    format!("tickets:{system}")
}

/// Several systems.
pub type Several = Vec<Arc<dyn TicketSystem>>;

/// All configured systems; exchanged as a whole.
#[derive(Clone, Default)]
pub struct Systems(Arc<RwLock<Arc<Several>>>);

impl std::fmt::Debug for Systems {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.all().iter().map(|s| s.name().to_owned())).finish()
    }
}

impl Systems {
    /// Puts these in place of what was there.
    pub fn set(&self, systems: Several) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(systems);
    }

    /// All of them.
    pub fn all(&self) -> Arc<Several> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Those of a brand, by the brand's name.
    pub fn of_brand(&self, brand: &str) -> Several {
        let fits = |s: &&Arc<dyn TicketSystem>| s.brand().is_none_or(|b| b.eq_ignore_ascii_case(brand));
        self.all().iter().filter(fits).cloned().collect()
    }

    /// One of a brand by name.
    pub fn named(&self, brand: &str, name: &str) -> Option<Arc<dyn TicketSystem>> {
        self.of_brand(brand).into_iter().find(|s| s.name() == name)
    }
}

/// What every kind is configured with.
#[derive(Clone, Debug)]
struct Placed {
    name: String,
    brand: Option<String>,
    /// Notes go to the customer as well.
    public: bool,
    /// What their statuses mean.
    means: Means,
}

/// How a ticket stands by its status: as the settings say, else as the system's own list says, else as it told.
fn meant(ticket: Ticket, means: &Means, can: &Capabilities) -> Ticket {
    let has = |list: &[&str]| list.iter().any(|s| crate::domain::ticket_status::is_same(s, &ticket.status));
    let ready_made = || {
        let solved = has(can.solved).then_some(Meaning::Solved);
        solved.or_else(|| has(can.waiting).then_some(Meaning::Waits))
    };
    let meaning = means.of(&ticket.status).or_else(ready_made);
    let state = match (ticket.state, meaning) {
        (TicketState::Gone, _) => TicketState::Gone,
        (_, Some(Meaning::Open)) => TicketState::Open,
        (_, Some(Meaning::Waits)) => TicketState::Waits,
        (_, Some(Meaning::Solved)) => TicketState::Solved,
        (told, None) => told,
    };
    Ticket { state, ..ticket }
}

#[cfg(test)]
mod tests;

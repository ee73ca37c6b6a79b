//! What all kinds of ticket system have in common, written once: each kind says how its system is asked and
//! told, and this makes a [`TicketSystem`] of it.
//!
//! A lost call is looked for by the key of its action: on the ticket in a field, a tag or an id of ours, on a
//! note at the end of its words. What changed is laid beside what is known; our own notes come back without
//! words.

use super::line::{Failed, Line};
use super::proof::Proof;
use super::text::{fitted, is_of, is_ours, marked, shortened};
use super::{
    Back, Capabilities, Change, ENTRY_CHARS_MAX, Entry, Found, Given, Means, NewTicket, Note, Placed,
    Rewriting, Sought, SourceTrouble, Status, Term, Ticket, TicketState, TicketSystem, Told, Watched,
    Withdraw, meant,
};
use crate::domain::delivery::{Looked, Outcome};
use crate::domain::exam::Exam;
use crate::domain::ticket_status::is_same;
use crate::domain::time::{Span, Timestamp};
use async_trait::async_trait;

/// Most tickets that a search brings.
pub(super) const FOUND_MAX: usize = 25;
/// How many entries of a ticket are taken over when it is first looked at.
const FIRST_ENTRIES: usize = 10;
/// How many are taken over when it is not known any more which was the last.
const SOME_ENTRIES: usize = 50;
/// How far back is looked for a note that was lost.
const BEFORE: Span = Span::hours(1);
/// With so many entries a list may lack some: no kind lists fewer at once.
const LISTED_MAX: usize = 200;
/// Two lists have an order once nothing can come between any more: times are told in whole seconds.
const ORDERED_AFTER: Span = Span::seconds(3);
/// How often a ticket that was merged is followed on.
const MERGES_MAX: usize = 3;

/// What a kind says of itself.
#[derive(Debug)]
pub(super) struct About {
    /// As it is listed.
    pub kind: &'static str,
    /// What it can do.
    pub can: Capabilities,
    /// How long after a lost call its effect may still turn up in a search.
    pub settles: Span,
    /// The longest words of a note, in bytes.
    pub note_bytes_max: usize,
    /// Whether [`Desk::several`] leaves out only what did not change; otherwise what is left out is asked for.
    pub lists_changes: bool,
    /// Whether letters stand in a list of their own beside what is written on a ticket.
    pub mails_apart: bool,
}

/// What nearly all of them can do.
pub(super) const CAN: Capabilities = Capabilities {
    find_by: &[Given::Ticket, Given::Email, Given::Phone, Given::Reference],
    create: true,
    note_inside: true,
    note_customer: true,
    status: true,
    fields: true,
    back: Back::Polling,
    withdraw: Withdraw::ByHand,
    set_status: true,
    solved: &[],
    waiting: &[],
};

/// A kind as it is set up.
pub(super) struct Set {
    about: &'static About,
    pub place: Placed,
    pub line: Line,
    every: Span,
    proof: Option<Proof>,
}

impl Set {
    /// A kind that is looked at every so many seconds.
    pub fn new(about: &'static About, place: Placed, line: Line, every_seconds: i64) -> Self {
        Self { about, place, line, every: Span::seconds(every_seconds.max(1)), proof: None }
    }

    /// One that may call us as well.
    pub fn proved(self, proof: Option<Proof>) -> Self {
        Self { proof, ..self }
    }
}

/// Whether a ticket was merged into another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Merge {
    /// It was not.
    No,
    /// Into this one.
    Into(String),
    /// It was; into which has to be asked.
    Somewhere,
}

/// A ticket as its system tells of it.
#[derive(Clone, Debug)]
pub(super) struct Got {
    pub ticket: Ticket,
    pub merge: Merge,
}

impl From<Ticket> for Got {
    fn from(ticket: Ticket) -> Self {
        Self { ticket, merge: Merge::No }
    }
}

/// What became of a ticket that was asked for.
#[derive(Clone, Debug)]
pub(super) enum At {
    /// It is there; where its number is another than asked for, it was merged or moved.
    Is(Box<Got>),
    /// It was deleted, for certain.
    Gone,
    /// We may not see it, or its system does not tell that from deleted.
    Hidden,
}

impl At {
    /// It is there.
    pub fn is(got: impl Into<Got>) -> Self {
        Self::Is(Box::new(got.into()))
    }
}

/// Which entries are wanted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Want<'a> {
    /// Those behind this one.
    Behind(&'a str),
    /// Those of late.
    Last,
    /// Those since then.
    Since(Timestamp),
}

/// Which ticket holds a key of ours.
pub(super) enum Holder {
    /// This one, made then.
    Ticket(String, Option<Timestamp>),
    /// None does.
    Nobody,
    /// It cannot be told, and why.
    CannotTell(String),
}

/// Words to be written on a ticket.
pub(super) struct Writing<'a> {
    pub ticket: &'a str,
    pub text: &'a str,
    pub public: bool,
}

/// A note that is to say something else.
pub(super) struct Anew<'a> {
    pub ticket: &'a str,
    /// The note by the system's id.
    pub note: &'a str,
    /// What it says now.
    pub was: &'a str,
    /// What it is to say, marked and cut as notes are.
    pub text: &'a str,
    pub public: bool,
}

/// One kind of ticket system.
#[async_trait]
pub(super) trait Desk: Send + Sync {
    /// What it is, and how it is set up.
    fn set(&self) -> &Set;
    /// Whether a text can be the number of a ticket.
    fn is_number(&self, text: &str) -> bool;
    /// The tickets that fit any of these, in any order.
    async fn search(&self, terms: &[Term]) -> Result<Vec<Ticket>, Failed>;
    /// One ticket.
    async fn one(&self, id: &str) -> Result<At, Failed>;
    /// Several tickets, each with the number by which we know it; what is left out: see [`About`].
    async fn several(&self, watched: &[&Watched]) -> Result<Vec<(String, At)>, Failed>;
    /// Into which ticket one was merged, where only asking tells.
    async fn merged_into(&self, ticket: &Ticket) -> Result<Option<String>, Failed> {
        let _ = ticket;
        Ok(None)
    }
    /// What is written on a ticket, oldest first, ours too; more than wanted does no harm.
    async fn entries(&self, ticket: &str, want: Want<'_>) -> Result<Vec<Entry>, Failed>;
    /// Whether a new ticket can be made as what follows this one.
    async fn can_follow(&self, _ticket: &str) -> bool {
        false
    }
    /// Makes a ticket; its text is marked with our key already.
    async fn make(&self, new: &NewTicket) -> Outcome;
    /// Writes on a ticket.
    async fn write(&self, writing: &Writing<'_>) -> Outcome;
    /// Gives a ticket a status by its own word. Whether it has it then is read afterwards.
    async fn turn(&self, ticket: &str, status: &str) -> Outcome;
    /// Has a note say something else, or blacks out in it what it is not to say any more. A note that is not there is
    /// a refusal.
    async fn anew(&self, anew: &Anew<'_>) -> Outcome {
        let _ = anew;
        Outcome::Refused { reason: "its interface changes nothing that was written".to_owned() }
    }
    /// Which ticket holds the key of an action.
    async fn holder(&self, action_id: &str) -> Result<Holder, Failed>;
    /// Tries once whether what we need is there; where it says nothing, a search is tried.
    async fn examine(&self) -> Vec<Exam> {
        Vec::new()
    }
    /// Which tickets a delivery says changed.
    fn changed_in(&self, body: &[u8]) -> Result<Vec<String>, String> {
        let _ = body;
        Err("this system calls nobody".to_owned())
    }
}

/// A kind as a ticket system.
pub(super) struct Desked(pub Box<dyn Desk>);

/// Those that are open first, the last changed first; none that is gone.
pub(super) fn ordered(mut found: Vec<Ticket>) -> Vec<Ticket> {
    found.retain(|t| t.state != TicketState::Gone);
    found.sort_by(|a, b| {
        let is_over = |t: &Ticket| !matches!(t.state, TicketState::Open | TicketState::Waits);
        let key = |t: &Ticket| (is_over(t), std::cmp::Reverse(t.changed_at));
        key(a).cmp(&key(b)).then_with(|| a.id.cmp(&b.id))
    });
    found.dedup_by(|a, b| a.id == b.id);
    found.truncate(FOUND_MAX);
    found
}

/// Those of all entries that are wanted.
fn wanted(mut entries: Vec<Entry>, want: Want<'_>) -> Vec<Entry> {
    let last = |entries: &mut Vec<Entry>, n: usize| drop(entries.drain(..entries.len().saturating_sub(n)));
    match want {
        Want::Last => last(&mut entries, FIRST_ENTRIES),
        Want::Since(at) => entries.retain(|e| e.at.is_none_or(|told| told >= at)),
        Want::Behind(id) => match (entries.iter().position(|e| e.id == id), id.parse::<u64>()) {
            (Some(at), _) => drop(entries.drain(..=at)),
            (None, Ok(known)) => entries.retain(|e| e.id.parse::<u64>().is_ok_and(|id| id > known)),
            // It was taken away there; what was taken over before is known by its id.
            (None, Err(_)) => last(&mut entries, SOME_ENTRIES),
        },
    }
    entries
}

impl Desked {
    fn trouble(&self, failed: &Failed) -> SourceTrouble {
        self.0.set().line.trouble(failed)
    }

    /// What became of a ticket, after following where it was merged into.
    async fn followed(&self, mut at: At) -> Result<Found, Failed> {
        for _ in 0..MERGES_MAX {
            let got = match at {
                At::Gone => return Ok(Found::Gone),
                At::Hidden => return Ok(Found::Hidden),
                At::Is(got) => got,
            };
            let into = match got.merge {
                Merge::No => None,
                Merge::Into(id) => Some(id),
                Merge::Somewhere => self.0.merged_into(&got.ticket).await?,
            };
            let Some(into) = into.filter(|id| *id != got.ticket.id) else {
                return Ok(self.stands(got.ticket));
            };
            match self.0.one(&into).await? {
                // The one that is left is out of sight: the one that we know still says how it stands.
                At::Gone | At::Hidden => return Ok(self.stands(got.ticket)),
                next @ At::Is(_) => at = next,
            }
        }
        Ok(match at {
            At::Is(got) => self.stands(got.ticket),
            At::Gone => Found::Gone,
            At::Hidden => Found::Hidden,
        })
    }

    fn meant(&self, ticket: Ticket) -> Ticket {
        meant(ticket, &self.0.set().place.means, &self.0.set().about.can)
    }

    fn stands(&self, ticket: Ticket) -> Found {
        let ticket = self.meant(ticket);
        if ticket.state == TicketState::Gone { Found::Gone } else { Found::Stands(ticket) }
    }

    /// A note of ours as it stands: by the id that was told, else by the key at its end. Also whether the list may lack
    /// older ones.
    async fn entry_of(&self, note: &Rewriting) -> Result<(Option<Entry>, bool), Failed> {
        let want = Want::Since(note.written_at.minus(BEFORE));
        let entries = self.0.entries(&note.ticket_id, want).await?;
        let may_lack = entries.len() >= LISTED_MAX;
        let is_it = |e: &Entry| e.id == note.note_id || is_of(&e.text, &note.written_by);
        Ok((wanted(entries, want).into_iter().find(is_it), may_lack))
    }

    /// What others wrote; ours are passed over, and are not asked for again.
    async fn entries_behind(&self, ticket: &str, last: &str) -> Result<Vec<Entry>, Failed> {
        let want = if last.is_empty() { Want::Last } else { Want::Behind(last) };
        let mut found = wanted(self.0.entries(ticket, want).await?, want);
        if self.0.set().about.mails_apart {
            // What is held back is read at the next look: a ticket that changed just now is looked at again.
            let settled = self.0.set().line.now().minus(ORDERED_AFTER);
            found.retain(|e| e.at.is_none_or(|at| at <= settled));
        }
        let take = |e: Entry| {
            let text = if is_ours(&e.text) { String::new() } else { shortened(&e.text, ENTRY_CHARS_MAX) };
            Entry { text, ..e }
        };
        Ok(found.into_iter().map(take).collect())
    }

    async fn changes(&self, watched: &[Watched]) -> Result<Vec<Change>, Failed> {
        let about = self.0.set().about;
        let asked: Vec<&Watched> = watched.iter().filter(|w| self.0.is_number(&w.id)).collect();
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let mut found = self.0.several(&asked).await?;
        let mut changes = Vec::new();
        for known in asked {
            let at = match found.iter().position(|(id, _)| *id == known.id) {
                Some(at) => found.swap_remove(at).1,
                None if about.lists_changes => continue,
                // Deleted, merged or moved out of sight: only asking for it tells.
                None => self.0.one(&known.id).await?,
            };
            if let At::Is(got) = &at
                && got.ticket.id == known.id
                && known.stands_at(&got.ticket)
            {
                continue;
            }
            let now = self.followed(at).await?;
            let entries = match &now {
                Found::Stands(t) => {
                    // The entries of another ticket are counted otherwise.
                    let last = if t.id == known.id { known.last_entry.as_str() } else { "" };
                    self.entries_behind(&t.id, last).await?
                }
                _ => Vec::new(),
            };
            changes.push(Change { id: known.id.clone(), now, entries });
        }
        Ok(changes)
    }

    async fn sought(&self, sought: &Sought) -> Result<Looked, Failed> {
        let Some(ticket) = &sought.ticket_id else {
            return Ok(match self.0.holder(&sought.action_id).await? {
                Holder::Ticket(remote_id, at) => Looked::Done { remote_id, at },
                Holder::CannotTell(evidence) => Looked::Person { evidence },
                Holder::Nobody => self.absent(sought, "no ticket holds our key"),
            });
        };
        let want = Want::Since(sought.since.minus(BEFORE));
        let entries = wanted(self.0.entries(ticket, want).await?, want);
        Ok(match entries.into_iter().find(|e| is_of(&e.text, &sought.action_id)) {
            Some(entry) => Looked::Done { remote_id: entry.id, at: entry.at },
            None => self.absent(sought, "the note is not on the ticket"),
        })
    }

    /// What was lost on its way may still arrive for a while, and a search may know of it later still.
    fn absent(&self, sought: &Sought, why: &str) -> Looked {
        if self.0.set().line.now().since(sought.since) < self.0.set().about.settles {
            return Looked::Later { evidence: format!("{why} yet") };
        }
        Looked::Again { why: why.to_owned() }
    }
}

#[async_trait]
impl TicketSystem for Desked {
    fn name(&self) -> &str {
        &self.0.set().place.name
    }

    fn kind(&self) -> &'static str {
        self.0.set().about.kind
    }

    fn brand(&self) -> Option<&str> {
        self.0.set().place.brand.as_deref()
    }

    fn can(&self) -> &'static Capabilities {
        &self.0.set().about.can
    }

    async fn find(&self, terms: &[Term]) -> Result<Vec<Ticket>, SourceTrouble> {
        if terms.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.0.search(terms).await.map_err(|e| self.trouble(&e))?;
        Ok(ordered(found.into_iter().map(|t| self.meant(t)).collect()))
    }

    async fn read(&self, id: &str) -> Result<Found, SourceTrouble> {
        if !self.0.is_number(id) {
            return Ok(Found::Gone);
        }
        let found = async { self.followed(self.0.one(id).await?).await };
        found.await.map_err(|e| self.trouble(&e))
    }

    async fn can_follow(&self, ticket: &str) -> bool {
        self.0.can_follow(ticket).await
    }

    async fn create(&self, new: &NewTicket) -> Outcome {
        let text = marked(&fitted(&new.text, self.0.set().about.note_bytes_max), &new.action_id);
        self.0.make(&NewTicket { text, ..new.clone() }).await
    }

    async fn note(&self, note: &Note) -> Outcome {
        let text = marked(&fitted(&note.text, self.0.set().about.note_bytes_max), &note.action_id);
        let public = self.0.set().place.public && note.to_customer;
        self.0.write(&Writing { ticket: &note.ticket_id, text: &text, public }).await
    }

    async fn put_status(&self, status: &Status) -> Outcome {
        let (id, wanted) = (status.ticket_id.as_str(), status.status.as_str());
        match self.0.turn(id, wanted).await {
            Outcome::Done { .. } => {}
            other => return other,
        }
        // Some answer a change that they refuse as if it were done.
        match self.0.one(id).await {
            Ok(At::Is(got)) if is_same(&got.ticket.status, wanted) => {
                Outcome::Done { remote_id: got.ticket.status, at: None }
            }
            Ok(At::Is(got)) => {
                let (stands, wanted) = (shortened(&got.ticket.status, 60), shortened(wanted, 60));
                Outcome::Refused { reason: format!("it stands at '{stands}' and not at '{wanted}'") }
            }
            Ok(At::Gone | At::Hidden) => {
                Outcome::Refused { reason: "it does not show us the ticket".to_owned() }
            }
            Err(failed) => Outcome::Unknown { evidence: self.trouble(&failed).why },
        }
    }

    async fn rewrite(&self, note: &Rewriting) -> Outcome {
        let entry = match self.entry_of(note).await {
            Ok((Some(entry), _)) => entry,
            Ok((None, false)) => return Outcome::Done { remote_id: String::new(), at: None },
            // Whether it is gone nobody can tell; a person looks.
            Ok((None, true)) => {
                return Outcome::Refused {
                    reason: "the note is older than what its interface lists".to_owned(),
                };
            }
            Err(failed) => return self.0.set().line.unsent(&failed),
        };
        let text = marked(&fitted(&note.text, self.0.set().about.note_bytes_max), &note.written_by);
        // As it was written, whatever the settings and the case say by now.
        let (ticket, public) = (note.ticket_id.as_str(), entry.public);
        self.0.anew(&Anew { ticket, note: &entry.id, was: &entry.text, text: &text, public }).await
    }

    fn means(&self) -> &Means {
        &self.0.set().place.means
    }

    async fn look(&self, sought: &Sought) -> Looked {
        let looked = self.sought(sought).await;
        looked.unwrap_or_else(|failed| Looked::Later { evidence: self.trouble(&failed).why })
    }

    async fn examine(&self) -> Vec<Exam> {
        self.0.examine().await
    }

    fn every(&self) -> Option<Span> {
        Some(self.0.set().every)
    }

    async fn changed(&self, watched: &[Watched]) -> Result<Vec<Change>, SourceTrouble> {
        self.changes(watched).await.map_err(|e| self.trouble(&e))
    }

    fn proof(&self) -> Option<&Proof> {
        self.0.set().proof.as_ref()
    }

    fn delivery(&self, body: &[u8]) -> Result<Told, String> {
        self.0.changed_in(body).map(Told::Look)
    }
}

//! What people do with cases: claim, give back, answer, wait, resolve, dismiss, reopen, put right what
//! triage said of them.
//!
//! Every act names the version of the case that the person saw. If the case has moved on since in
//! a way that matters, the act is refused with what changed, and nothing is written. Act, event,
//! clocks and outbox go in one transaction.

mod act;
mod allowing;
pub mod answering;
mod asking;
mod assigning;
pub mod batch;
mod beside;
pub mod briefing;
mod carrying;
mod checking;
pub mod collecting;
mod complaints;
mod correcting;
pub mod customers;
pub mod days;
mod desk;
mod doors;
pub mod enclosing;
pub mod ending;
pub mod filters;
pub mod findings;
mod goodwill;
pub mod guarding;
mod handed;
mod holding;
pub mod incidents;
mod joining;
mod kudos;
pub mod labels;
pub mod library;
mod mailed;
pub mod many;
mod moderating;
mod newcomers;
mod noting;
pub mod offering;
pub mod owed;
pub mod peaks;
mod personal;
pub mod policies;
pub mod private;
pub mod promising;
pub mod proposing;
pub mod protocols;
mod saving;
pub mod scoring;
pub mod sectors;
pub mod selecting;
pub mod settling;
pub mod shift;
mod splitting;
mod steps;
pub mod surveying;
pub mod templates;
pub mod thanking;
mod ticketing;
pub mod trying;
mod typing;
mod uncovering;
mod unsaid;
mod windows;
mod withdrawing;
mod wording;
pub mod yesterday;

pub use act::{Act, Actor};
pub use answering::{Answer, Answers, Handed, Meant};
pub use checking::Verdict;
pub use collecting::CollectAct;
pub use complaints::ComplaintAct;
pub use customers::CustomerAct;
pub use desk::Preview;
pub use enclosing::Files;
pub use goodwill::GoodwillAct;
pub use incidents::IncidentAct;
pub use labels::LabelAct;
pub use mailed::Given;
pub use many::{ManyDone, ToMany};
pub use private::{PrivateAct, Ready};
pub use promising::{Beside, NewPromise};
pub use proposing::{Promising, Proposal};
pub use protocols::ProtocolAct;
pub use saving::{save, save_all};
pub use settling::Settling;
pub use shift::ShiftAct;
pub use ticketing::{Search, Searched, take_over};
pub use typing::Typing;
pub use windows::CaseWindow;

use crate::casefile::{CaseFile, StepError};
use crate::catalogue::{Catalogue, Current};
use crate::clock::{Clock, Mint};
use crate::domain::audit::{Caller, Entry};
use crate::domain::judgement::PersonalData;
use crate::domain::time::Timestamp;
use crate::store::rows::{ActionRow, CaseEventRow, CaseRow};
use crate::store::{Db, StoreError, Tx, audit, case, console, handover, ticket};
use crate::tickets::Systems;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use tokio::sync::Notify;

/// Longest reason that is kept, in characters.
pub const REASON_CHARS_MAX: usize = 500;

/// Why an act was refused.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CaseworkError {
    /// There is no such case in this brand.
    #[error("there is no such case")]
    NotFound,
    /// The case moved on since the person saw it.
    #[error("the case has changed since you saw it")]
    Stale {
        /// The case as it is now.
        now: Box<CaseRow>,
        /// What happened since.
        since: Vec<CaseEventRow>,
    },
    /// Somebody has answered this message already, or is about to.
    #[error("an answer to this message stands already or is on its way")]
    AnsweredAlready,
    /// A public answer would give away somebody's data; the places are those in the words typed.
    #[error("a public answer must not hold personal data")]
    PersonalData {
        /// Where.
        found: Vec<PersonalData>,
    },
    /// The words promise something, or what is promised contradicts what stands: somebody says what holds.
    #[error("the words promise something, or contradict a promise that stands: say what holds")]
    Promise(Vec<Proposal>),
    /// The post that is answered is gone: its author removed it.
    #[error("its author has removed the post")]
    AuthorRemoved,
    /// No account of the brand can answer on this platform.
    #[error("no account of {brand} can answer on {platform}; connect one in the settings, or answer there")]
    NoAccount {
        /// The brand by name.
        brand: String,
        /// The platform.
        platform: String,
    },
    /// The rules forbid it; the text says which.
    #[error("{0}")]
    Refused(String),
    /// The person's words are missing or too long.
    #[error("{field}: {what}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What is wrong and what is allowed.
        what: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<StepError> for CaseworkError {
    fn from(error: StepError) -> Self {
        match error {
            StepError::Refused(refused) => Self::Refused(refused.to_string()),
            StepError::Store(error) => Self::Store(error),
        }
    }
}

/// Carries out what people ask for.
#[derive(Clone, Debug)]
pub struct Casework {
    db: Db,
    clock: Arc<dyn Clock>,
    mint: Arc<Mint>,
    catalogue: Current,
    /// Told after each act, so that live pages and cards follow at once.
    changed: tokio::sync::broadcast::Sender<CaseChanged>,
    answers: Answers,
    tickets: Systems,
    /// In which days and hours are meant where no calendar says.
    zone: jiff::tz::TimeZone,
    /// After how many answers that passed unchanged a newcomer needs nobody; 0 leaves that to people.
    newcomer_passes: i64,
    /// After what share of a private window, in percent, it is told that it closes.
    window_percent: i64,
    /// How versions of policies are read.
    policies: policies::PolicyReader,
    /// Woken after each act, since it may have made something to send.
    outbox: Arc<Notify>,
    /// Who asks, as the door that let them in knows them.
    caller: Caller,
}

/// A case changed; a hint for live pages, who read the case themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseChanged {
    /// The brand.
    pub brand_id: String,
    /// The case.
    pub case_id: String,
}

/// Something that is written in the transaction of an act, once the act stands there.
pub type Keep =
    Arc<dyn for<'a> Fn(&'a mut Tx, CaseRow) -> BoxFuture<'a, Result<(), StoreError>> + Send + Sync>;

impl Casework {
    /// Works on `db`; hints about changes go out on `changed`.
    pub fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        mint: Arc<Mint>,
        catalogue: Current,
        changed: tokio::sync::broadcast::Sender<CaseChanged>,
    ) -> Self {
        let (answers, tickets, outbox) = (Answers::default(), Systems::default(), Arc::default());
        let zone = jiff::tz::TimeZone::UTC;
        let (caller, policies) = (Caller::default(), policies::PolicyReader::default());
        Self {
            db,
            clock,
            mint,
            catalogue,
            changed,
            answers,
            tickets,
            zone,
            newcomer_passes: 0,
            window_percent: crate::domain::window::WARN_PERCENT,
            policies,
            outbox,
            caller,
        }
    }

    /// Reads days and hours that people type in this zone, where the calendar of a brand names none.
    pub fn in_zone(mut self, zone: jiff::tz::TimeZone) -> Self {
        self.zone = zone;
        self
    }

    /// Lets people answer by these accounts.
    pub fn answering(mut self, answers: Answers) -> Self {
        self.answers = answers;
        self
    }

    /// Lets people tie cases to tickets of these systems.
    pub fn ticketing(mut self, tickets: Systems) -> Self {
        self.tickets = tickets;
        self
    }

    /// Lets newcomers answer by themselves after so many answers that passed unchanged; 0 leaves that to people.
    pub const fn graduating(mut self, passes: i64) -> Self {
        self.newcomer_passes = passes;
        self
    }

    /// How many answers of a newcomer pass unchanged before they need nobody; 0 leaves that to people.
    pub const fn newcomers_pass(&self) -> i64 {
        self.newcomer_passes
    }

    /// Wakes all who wait for something to send.
    pub fn waking(mut self, outbox: Arc<Notify>) -> Self {
        self.outbox = outbox;
        self
    }

    /// The same, for somebody whom a door let in: their role bounds what they may do, and what they do is written
    /// down with where they came from. Without this an actor is a lead or an agent, and came by a command.
    pub fn called(&self, caller: Caller) -> Self {
        Self { caller, ..self.clone() }
    }

    fn asked(&self, brand_id: &str, case_id: &str, seen: i64, actor: &Actor, act: Act) -> Asked {
        Asked {
            brand_id: brand_id.to_owned(),
            case_id: case_id.to_owned(),
            seen,
            actor: actor.clone(),
            act,
            now: self.clock.now(),
            catalogue: self.catalogue.get(),
            mint: self.mint.clone(),
            answers: self.answers.clone(),
            tickets: self.tickets.clone(),
            newcomer_passes: self.newcomer_passes,
            zone: self.zone.clone(),
            caller: self.caller_of(actor),
        }
    }

    /// Carries out one act on a case that the person saw at version `seen`.
    pub async fn act(
        &self,
        brand_id: &str,
        case_id: &str,
        seen: i64,
        actor: &Actor,
        act: Act,
    ) -> Result<CaseRow, CaseworkError> {
        let nothing: Keep = Arc::new(|_, _| Box::pin(async { Ok(()) }));
        self.act_keeping(brand_id, case_id, seen, actor, act, nothing).await
    }

    /// The same, with something that is written in the transaction of the act.
    pub async fn act_keeping(
        &self,
        brand_id: &str,
        case_id: &str,
        seen: i64,
        actor: &Actor,
        act: Act,
        keep: Keep,
    ) -> Result<CaseRow, CaseworkError> {
        let (word, act) = (act.code(), self.allowed(actor, act));
        let act = match act {
            Ok(act) => act,
            Err(error) => return self.noted_refusal(actor, word, (brand_id, case_id), error).await,
        };
        allowing::check(&act)?;
        let act = self.looked_up(brand_id, act).await?;
        let asked = self.asked(brand_id, case_id, seen, actor, act);
        let done = self
            .db
            .write_again("carrying out an act", move |tx| {
                let (asked, keep) = (asked.clone(), keep.clone());
                Box::pin(async move {
                    let done = one(tx, &asked).await?;
                    if let Ok(case) = &done {
                        keep(tx, case.clone()).await?;
                        let entry = Entry::done(&asked.caller, word, &case.id).in_brand(&case.brand_id);
                        audit::append(tx, &entry, asked.now).await?;
                    }
                    Ok(done)
                })
            })
            .await?;
        let done = match done {
            Err(error @ CaseworkError::Refused(_)) => {
                return self.noted_refusal(actor, word, (brand_id, case_id), error).await;
            }
            done => done?,
        };
        self.outbox.notify_waiters();
        // Nobody listening is fine: pages also look by themselves.
        let _ = self.changed.send(CaseChanged { brand_id: done.brand_id.clone(), case_id: done.id.clone() });
        Ok(done)
    }

    /// The brands that are watched at present.
    pub fn catalogue(&self) -> &Current {
        &self.catalogue
    }
}

type Acted = Result<CaseRow, CaseworkError>;

/// One act with all that it needs.
#[derive(Clone)]
struct Asked {
    brand_id: String,
    case_id: String,
    seen: i64,
    actor: Actor,
    act: Act,
    now: Timestamp,
    catalogue: Arc<Catalogue>,
    mint: Arc<Mint>,
    answers: Answers,
    tickets: Systems,
    zone: jiff::tz::TimeZone,
    newcomer_passes: i64,
    caller: Caller,
}

/// A case, read under its lock, with its clocks, its hand-over and its tickets.
async fn file_of(tx: &mut Tx, catalogue: &Catalogue, row: CaseRow) -> Result<CaseFile, StoreError> {
    let clocks = case::clocks(tx, &row.id).await?;
    let way = handover::of_case(tx, &row.brand_id, &row.id).await?;
    let links =
        if catalogue.has_tickets { ticket::of_case(tx, &row.brand_id, &row.id).await? } else { Vec::new() };
    let mut file = CaseFile::new(row, clocks, &catalogue.policies).with_handover(way);
    file.links = links;
    Ok(file)
}

/// One act in an open transaction. A refusal is a value, so that only trouble of the store counts
/// as a failed transaction; nothing has been written by then.
async fn one(tx: &mut Tx, asked: &Asked) -> Result<Acted, StoreError> {
    let Asked { brand_id, case_id: id, seen, actor, act, now, catalogue, mint, .. } = asked;
    let Some(row) = case::get(tx, brand_id, id).await? else { return Ok(Err(CaseworkError::NotFound)) };
    // Calling something back must not wait for anybody to read what is new.
    if row.version != *seen && !matches!(act, Act::Undo { .. }) {
        let since = console::events_since(tx, brand_id, id, *seen).await?;
        if since.iter().any(|e| matters(e, actor)) {
            return Ok(Err(CaseworkError::Stale { now: Box::new(row), since }));
        }
    }
    let mut file = file_of(tx, catalogue, row).await?;
    file.fall_due(*now)?;
    if let Some(why) = allowing::not_of_the_press(tx, asked).await? {
        return Ok(Err(CaseworkError::Refused(why)));
    }
    // What a protocol locks, a lead may have to send.
    let approval = match protocols::gate(tx, asked).await? {
        Ok(approval) => approval,
        Err(refused) => return Ok(Err(refused)),
    };
    if ticketing::wants_reason(&file, asked) {
        let what = "empty; no ticket knows of this matter: tie it to one, or say why it needs none";
        return Ok(answering::invalid("reason", what.to_owned()));
    }
    let own = carried_out(tx, &mut file, asked, approval).await?;
    let own = match own {
        Ok(own) => own,
        Err(refused) => return Ok(Err(refused)),
    };
    ending::resolved(tx, &mut file, asked).await?;
    let mut actions = catalogue.actions_of(&file, mint, *now);
    actions.extend(own);
    if act.ends() {
        ticketing::settled(tx, &mut file).await?;
    }
    save(tx, &file, &actions, *now).await?;
    if matches!(act, Act::Correct(_)) {
        correcting::mark_writer(tx, &file, asked).await?;
    }
    sectors::follow(tx, asked).await?;
    Ok(Ok(file.case))
}

/// The act itself, on a case that is locked; what it makes leaves with it.
async fn carried_out(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    approval: bool,
) -> Result<Result<Vec<ActionRow>, CaseworkError>, StoreError> {
    let Asked { actor, act, now, .. } = asked;
    Ok(match act {
        Act::Answer(wanted) if approval => guarding::ask(tx, file, asked, (wanted, ""), true).await?,
        Act::Answer(wanted) => many::answer(tx, file, asked, wanted).await?,
        Act::Moderate { measure, mention, reason } => {
            moderating::moderate(tx, file, asked, *measure, mention.as_deref(), reason).await?
        }
        Act::Undo { action } => withdrawing::undo(tx, file, asked, action).await?.map(|()| Vec::new()),
        Act::Correct(wanted) => correcting::correct(tx, file, asked, wanted).await?,
        Act::Private(wanted) => private::act(tx, file, asked, wanted).await?,
        Act::AskPass { answer, reason } => guarding::ask(tx, file, asked, (answer, reason), approval).await?,
        Act::Pass { pass, goes, reason } => guarding::decide(tx, file, asked, (pass, *goes, reason)).await?,
        Act::Review { pass } => guarding::review(tx, file, asked, pass).await?.map(|()| Vec::new()),
        act if act.is_beside() => beside::act(tx, file, asked).await?,
        Act::Ending(said) => ending::correct(tx, file, asked, *said).await?,
        Act::LinkTicket { system, ticket, seen } => {
            ticketing::link(tx, file, asked, (system, ticket), seen.as_deref()).await?
        }
        Act::CreateTicket { system } => ticketing::create(tx, file, asked, system).await?,
        Act::UnlinkTicket { link } => ticketing::unlink(tx, file, asked, link).await?,
        Act::NotSolved { link } => ticketing::not_solved(tx, file, asked, link).await?,
        Act::TicketWordsGone { link } => ticketing::words_gone(tx, file, asked, link).await?,
        act if act.is_of_promise() => promising::act(tx, file, asked).await?,
        Act::Dismiss { .. } if complaints::is_owed(file, asked) => {
            Err(CaseworkError::Refused(complaints::OWED.to_owned()))
        }
        _ => match steps::take(file, actor, act, *now) {
            Ok(()) => Ok(Vec::new()),
            Err(error) => refused(error)?,
        },
    })
}

/// A refusal as a value, trouble of the store as an error.
fn refused<T>(error: StepError) -> Result<Result<T, CaseworkError>, StoreError> {
    match error {
        StepError::Store(error) => Err(error),
        refused @ StepError::Refused(_) => Ok(Err(refused.into())),
    }
}

/// What somebody must see before they act: what others wrote or decided, not the passing of time.
fn matters(event: &CaseEventRow, actor: &Actor) -> bool {
    event.who_kind != "rule" && event.who.as_deref() != Some(actor.person.as_str())
}

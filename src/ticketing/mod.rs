//! Tickets on their way out and back: the outbox's worker for each ticket system, the look at what
//! changed there, and what a case is told of its tickets.
//!
//! Nothing is decided about a case here but what the front office decides: a ticket that it solved
//! proposes to close the case, and a case that waited for it waits no longer.

mod back;
mod deeds;
mod making;
mod polling;
mod words;

pub use back::Back;
pub use polling::Poller;

use crate::casefile::{CaseFile, When, Who};
use crate::casework::CaseChanged;
use crate::catalogue::Current;
use crate::clock::{Chance, Clock, Mint};
use crate::domain::customer::Customer;
use crate::domain::delivery::{Looked, Outcome, Repeat};
use crate::domain::time::{Span, Timestamp};
use crate::outbox::{Deliver, Worker, held_back};
use crate::shutdown::Shutdown;
use crate::store::rows::{ActionRow, CaseRow};
use crate::store::source::{self, Fares, Registered};
use crate::store::ticket::{self, LinkRow, Pending, TellRow};
use crate::store::ticket_note::{self, NoteRow};
use crate::store::{Db, StoreError, Tx, about, case, sector, ticketed};
use crate::telling::{CREATE, NOTE, Payload, STATUS, WITHDRAW};
use crate::tickets::{
    Note, Sought, SourceTrouble, Systems, TicketState, TicketSystem, TroubleState, credential,
};
use futures_util::future::join_all;
use serde_json::json;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Notify, broadcast};
use words::Told;

/// How many effects of one system are under way at once; each takes up to two calls.
const AT_ONCE: usize = 4;
/// How soon is looked again at what waits for another effect.
const WAITS: Span = Span::seconds(2);
/// Why a ticket is told nothing whose making was refused; it is told once it is made after all.
const NOT_MADE: &str = "the ticket was not made";
/// How often the store is told that a system still answers.
const HEARD_EVERY: Span = Span::minutes(1);

/// What working with tickets is run with.
#[derive(Clone)]
pub struct Parts {
    /// The database.
    pub db: Db,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub mint: Arc<Mint>,
    /// The name of this process, as leases know it.
    pub owner: String,
    /// The systems.
    pub systems: Systems,
    /// Brands and teams.
    pub catalogue: Current,
    /// Woken when there is something to send.
    pub outbox: Arc<Notify>,
    /// Woken when a system said that a ticket changed.
    pub looking: Arc<Notify>,
    /// Hints about changed cases.
    pub changed: broadcast::Sender<CaseChanged>,
    /// The address by which people reach the console.
    pub public_url: String,
}

/// Starts a worker and, where we have to look ourselves, a poller for each system.
pub fn spawn(shutdown: &Shutdown, parts: &Parts) {
    for system in parts.systems.all().iter() {
        let board = Arc::new(Board::default());
        let deliver = TicketDeliver::new(parts.clone(), system.clone(), board.clone());
        let (db, clock) = (parts.db.clone(), parts.clock.clone());
        let worker = Worker::new(db, clock, Chance::from_system(), parts.owner.clone(), Arc::new(deliver));
        worker.spawn(shutdown, parts.outbox.clone());
        if system.every().is_some() {
            Poller::new(parts.clone(), system.clone(), board).spawn(shutdown);
        }
    }
}

/// Enters the systems in the store, beside the sources, so that people see how each fares.
pub async fn register(db: &Db, systems: &Systems, now: Timestamp) -> Result<(), StoreError> {
    let one = |s: &Arc<dyn TicketSystem>| Registered {
        name: s.name().to_owned(),
        kind: s.kind().to_owned(),
        counts_from: now,
    };
    let rows: Vec<Registered> = systems.all().iter().map(one).collect();
    db.write("entering ticket systems", move |tx| {
        Box::pin(async move { source::register_tickets(tx, &rows, now).await })
    })
    .await
}

/// How one system fares, as this process last told the store.
#[derive(Debug, Default)]
pub struct Board(Mutex<Option<(String, String, Timestamp, Timestamp)>>);

impl Board {
    /// Notes whether a system answered; the store is told of changes, and now and then that it still does.
    async fn note(&self, parts: &Parts, system: &str, trouble: Option<&SourceTrouble>) {
        let now = parts.clock.now();
        let (state, why) = match trouble.map(|t| (t.state, &t.why)) {
            None => ("connected", String::new()),
            Some((TroubleState::NeedsToken, why)) => ("needs_token", why.clone()),
            Some((_, why)) => ("retrying", why.clone()),
        };
        let since = {
            let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let same = told.as_ref().filter(|t| (t.0.as_str(), &t.1) == (state, &why)).cloned();
            let since = same.as_ref().map_or(now, |t| t.2);
            if same.is_some_and(|t| now.since(t.3) < HEARD_EVERY) {
                return;
            }
            *told = Some((state.to_owned(), why.clone(), since, now));
            since
        };
        if let Some(trouble) = trouble {
            tracing::warn!(
                tickets = system,
                why = trouble.why,
                "a ticket system does not answer as it should"
            );
        }
        let fares = Fares {
            name: system.to_owned(),
            state: state.to_owned(),
            why,
            since,
            retry_at: None,
            heard_at: trouble.is_none().then_some(now),
            posted_at: None,
        };
        let put = parts.db.write("writing how a ticket system fares", move |tx| {
            Box::pin(async move { source::put(tx, &[fares]).await })
        });
        if let Err(error) = put.await {
            tracing::warn!(tickets = system, %error, "how a ticket system fares could not be written");
        }
    }
}

/// Makes tickets and writes on them.
pub struct TicketDeliver {
    parts: Parts,
    system: Arc<dyn TicketSystem>,
    credential: String,
    board: Arc<Board>,
    /// Whose words stand in what is being written, by action, until it is recorded.
    held: Mutex<HashMap<String, deeds::Held>>,
}

/// What one action needs besides itself.
struct Needed {
    link: LinkRow,
    case: CaseRow,
    /// Its sector; empty for none.
    sector: String,
    /// Who the customer is, where that is not who wrote.
    customer: Option<Customer>,
    /// Which change of what is known of them was the last.
    changed: i64,
    said: Vec<TellRow>,
    notes: Vec<NoteRow>,
    /// A ticket of the same system to which the case is tied and that is solved there; empty for none.
    solved: String,
}

/// The ticket that one to be made follows: the last of the same system that is solved there.
fn solved_beside(links: &[LinkRow], made: &LinkRow) -> String {
    let is_beside = |l: &&LinkRow| {
        l.id != made.id && l.system == made.system && l.is_live() && l.state == TicketState::Solved.code()
    };
    let newest = |a: &&LinkRow, b: &&LinkRow| (a.linked_at, &a.id).cmp(&(b.linked_at, &b.id));
    let last = links.iter().filter(is_beside).max_by(newest);
    last.and_then(|l| l.ticket_id.clone()).unwrap_or_default()
}

/// What is kept as JSON; lists of ids can always be written.
fn json_of(held: &deeds::Held) -> String {
    serde_json::to_string(held).unwrap_or_else(|_| "[]".to_owned())
}

impl TicketDeliver {
    /// Works with one system.
    pub fn new(parts: Parts, system: Arc<dyn TicketSystem>, board: Arc<Board>) -> Self {
        let credential = credential(system.name());
        Self { parts, system, credential, board, held: Mutex::default() }
    }

    fn remember(&self, action: &str, held: deeds::Held) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).insert(action.to_owned(), held);
    }

    fn recall(&self, action: &str) -> Option<deeds::Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).remove(action)
    }

    async fn needed(&self, actions: &[ActionRow]) -> Result<HashMap<String, Needed>, StoreError> {
        let asked: Vec<(String, String, String, String)> = actions
            .iter()
            .filter_map(|a| Some((a.id.clone(), a.brand_id.clone(), a.case_id.clone()?, Payload::of(a).link)))
            .collect();
        let found = self.parts.db.read("reading what tickets are told", move |tx| {
            Box::pin(async move {
                let mut found = HashMap::new();
                for (action, brand, case_id, link) in asked {
                    let Some(link) = ticket::get(tx, &brand, &link).await? else { continue };
                    let Some(case) = case::look(tx, &brand, &case_id).await? else { continue };
                    let said = ticket::conversation(tx, &brand, &case_id).await?;
                    let notes = ticket_note::of_case(tx, &brand, &case_id).await?;
                    let sector =
                        sector::of_case(tx, &brand, &case_id).await?.map(|s| s.sector).unwrap_or_default();
                    let customer = about::words(tx, &brand, &case_id).await?;
                    let changed = about::changed(tx, &brand, &case_id, None).await?;
                    let solved = solved_beside(&ticket::of_case(tx, &brand, &case_id).await?, &link);
                    let one = Needed { link, case, sector, customer, changed, said, notes, solved };
                    found.insert(action, one);
                }
                Ok(found)
            })
        });
        found.await
    }

    async fn one(&self, action: &ActionRow, needed: Option<&Needed>) -> Outcome {
        if let Some(held) = held_back(&self.parts.db).await {
            return held;
        }
        let refused = |reason: &str| Outcome::Refused { reason: reason.to_owned() };
        let Some(needed) = needed else {
            return refused("what it is about is no longer stored");
        };
        let Needed { link, case, sector, customer, said, .. } = needed;
        // What was withdrawn is taken away also where the tie was.
        if !link.is_live() && action.kind != WITHDRAW {
            return refused("the case is no longer tied to the ticket");
        }
        let catalogue = self.parts.catalogue.get();
        let brand = catalogue.brand(&case.brand_id).map(|w| w.brand.name.clone()).unwrap_or_default();
        let url = format!("{}/cases/{}", self.parts.public_url, case.id);
        let (customer, withdraw) = (customer.as_ref(), self.system.can().withdraw);
        let changed = needed.changed;
        let told = Told { case, brand: &brand, sector, url, said, customer, changed, withdraw };
        match action.kind.as_str() {
            STATUS => return self.turn(action, needed).await,
            WITHDRAW => return self.withdraw(action, needed, &told).await,
            _ => {}
        }
        if action.kind == CREATE {
            return self.make(action, needed, &told).await;
        }
        if link.followed_by.is_some() {
            // It takes none, and the ticket that follows it is told.
            return deeds::nothing();
        }
        let Some(ticket_id) = link.ticket_id.clone() else {
            return refused(NOT_MADE);
        };
        let payload = Payload::of(action);
        let Some(text) = told.note(&payload) else {
            return refused("what it tells of is no longer stored");
        };
        self.remember(&action.id, told.held(&payload));
        let (what, about) = (payload.what, payload.about);
        // What was said to a reporter is not the customer's to read.
        let to_customer = what == "answer" && customer.is_none();
        self.system
            .note(&Note { action_id: action.id.clone(), ticket_id, text, what, about, to_customer })
            .await
    }

    /// Tells people how the system fares, as an outcome shows.
    async fn note_state(&self, outcomes: &[Outcome]) {
        let trouble = outcomes.iter().filter(|o| !o.is_held_back()).find_map(|o| match o {
            Outcome::Retry { why, .. } | Outcome::Unknown { evidence: why } => {
                Some(SourceTrouble::new(TroubleState::Unreachable, why.clone()))
            }
            _ => None,
        });
        if outcomes.iter().any(|o| matches!(o, Outcome::Done { .. })) || trouble.is_some() {
            self.board.note(&self.parts, self.system.name(), trouble.as_ref()).await;
        }
    }
}

/// What an action waits for: an earlier one of the same link that has not ended. A note whose outcome only
/// a person can tell holds up nobody; a ticket that is not known to stand holds up all its notes.
fn waits_for<'p>(action: &ActionRow, pending: &'p [Pending]) -> Option<&'p Pending> {
    let link = Payload::of(action).link;
    let holds = |p: &&Pending| {
        p.id < action.id
            && (p.kind == CREATE || p.state != "held" && (p.state != "unknown" || p.look_at.is_some()))
            && serde_json::from_str::<Payload>(&p.payload).is_ok_and(|payload| payload.link == link)
    };
    pending.iter().find(holds)
}

#[async_trait::async_trait]
impl Deliver for TicketDeliver {
    fn credential(&self) -> &str {
        &self.credential
    }

    fn repeat(&self) -> Repeat {
        Repeat::Never
    }

    async fn schedule(&self, ready: &[ActionRow], now: Timestamp) -> Vec<Option<Timestamp>> {
        let cases: BTreeSet<String> = ready.iter().filter_map(|a| a.case_id.clone()).collect();
        let cases: Vec<String> = cases.into_iter().collect();
        let pending = self.parts.db.read("reading what goes before what", move |tx| {
            Box::pin(async move { ticket::pending(tx, &cases).await })
        });
        let Ok(pending) = pending.await else {
            return vec![Some(now.plus(WAITS)); ready.len()];
        };
        let mut going: BTreeSet<&str> = BTreeSet::new();
        let mut times = Vec::new();
        for action in ready {
            times.push(match waits_for(action, &pending) {
                // Right behind one that goes now.
                Some(before) if going.contains(before.id.as_str()) => Some(Timestamp(action.not_before)),
                Some(before) if before.state == "ready" => {
                    Some(now.plus(WAITS).max(Timestamp(before.not_before)))
                }
                Some(_) => Some(now.plus(WAITS)),
                None if going.len() < AT_ONCE => {
                    going.insert(&action.id);
                    None
                }
                None => Some(Timestamp(action.not_before)),
            });
        }
        times
    }

    async fn deliver(&self, actions: &[ActionRow]) -> Vec<Outcome> {
        let needed = match self.needed(actions).await {
            Ok(needed) => needed,
            Err(error) => {
                // Nothing has been sent.
                let why = format!("the database did not answer: {error}");
                return vec![Outcome::Retry { after: None, why }; actions.len()];
            }
        };
        let outcomes = join_all(actions.iter().map(|a| self.one(a, needed.get(&a.id)))).await;
        self.note_state(&outcomes).await;
        outcomes
    }

    async fn look(&self, actions: &[ActionRow]) -> Vec<Looked> {
        let Ok(needed) = self.needed(actions).await else { return Vec::new() };
        let one = |action: &ActionRow| {
            let ticket_id = needed.get(&action.id).and_then(|n| n.link.ticket_id.clone());
            let since = Timestamp(action.unknown_since.unwrap_or(action.created_at));
            let is_create = action.kind == CREATE;
            let is_again = matches!(action.kind.as_str(), STATUS | WITHDRAW);
            let ticket_id = ticket_id.filter(|_| !is_create);
            let sought = Sought { action_id: action.id.clone(), ticket_id, since };
            async move {
                if is_again {
                    return Looked::Again { why: "the same once more is the same".to_owned() };
                }
                if !is_create && sought.ticket_id.is_none() {
                    return Looked::Person { evidence: "the ticket it belongs to is not known".to_owned() };
                }
                self.system.look(&sought).await
            }
        };
        join_all(actions.iter().map(one)).await
    }

    async fn refused(&self, tx: &mut Tx, action: &ActionRow, reason: &str) -> Result<(), StoreError> {
        self.flagged(tx, action, reason).await
    }

    async fn stands(&self, tx: &mut Tx, action: &ActionRow, remote_id: &str) -> Result<(), StoreError> {
        match action.kind.as_str() {
            NOTE => return self.noted(tx, action, remote_id).await,
            STATUS => return self.turned(tx, action, remote_id).await,
            WITHDRAW => return self.withdrawn(tx, action, false).await,
            _ => {}
        }
        let Some(case_id) = action.case_id.as_ref().filter(|_| action.kind == CREATE) else { return Ok(()) };
        let now = self.parts.clock.now();
        let Some(row) = case::get(tx, &action.brand_id, case_id).await? else { return Ok(()) };
        // What was kept at the first attempt may be newer than the action in hand.
        let payload = making::kept(tx, action).await?;
        let link = ticket::get(tx, &action.brand_id, &payload.link).await?;
        let Some(mut link) = link.filter(|l| l.ticket_id.is_none()) else { return Ok(()) };
        link.ticket_id = Some(remote_id.to_owned());
        "unseen".clone_into(&mut link.state);
        for why in [&mut link.note_why, &mut link.status_why] {
            if why.as_str() == NOT_MADE {
                why.clear();
            }
        }
        ticket::put(tx, std::slice::from_ref(&link)).await?;
        ticketed::tell_after_all(tx, (&action.brand_id, case_id), (&link.id, NOT_MADE), now).await?;
        making::followed(tx, &link, &payload).await?;
        let clocks = case::clocks(tx, case_id).await?;
        let mut file = CaseFile::new(row, clocks, &self.parts.catalogue.get().policies);
        let body = json!({ "link": link.id, "system": link.system, "ticket": remote_id });
        file.note("ticket_created", &Who::Rule("tickets"), When::now(now), &body);
        crate::casework::save(tx, &file, &[], now).await
    }
}

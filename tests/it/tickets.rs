//! Cases and the tickets of the front office: one suite for every kind of system, against an office that
//! keeps its own ledger.

mod coming_back;
mod contacts;
mod customer;
pub mod desks;
mod dialects;
mod doors;
mod ends;
mod hooks;
mod lost;
pub mod office;
mod promised;
mod shadow;
mod statuses;
mod systems;
mod told;
mod withdrawn;

use crate::harness::{Engine, House, answer, engines, on_each, person, post};
use desks::Kind;
use office::{Mood, Office, SECRET};
use serde_json::json;
use std::sync::Arc;
use tokio::sync::{Notify, broadcast};
use webcared::casework::{Act, Actor, Casework, CaseworkError};
use webcared::catalogue::Catalogue;
use webcared::clock::{Chance, Clock};
use webcared::domain::ticket_status::Becomes;
use webcared::domain::time::Span;
use webcared::http_client::{HttpClient, Outbound};
use webcared::outbox::Worker;
use webcared::store::rows::{ActionRow, CaseEventRow, CaseRow};
use webcared::store::source::{self, SourceRow};
use webcared::store::ticket::{self, LinkRow};
use webcared::ticketing::{Back, Board, Parts, Poller, TicketDeliver, register};
use webcared::tickets::{self, Systems, TicketSystem, Told};

const HELP: &str = "@acme my router has been dead for three days, nobody calls back";
const GIVEN: &str = "@acme you can reach me at jan@example.org";

/// A house with one open case, and a front office with one ticket system.
pub struct Desk {
    pub house: House,
    pub office: Arc<Office>,
    system: Arc<dyn TicketSystem>,
    systems: Systems,
    worker: Worker,
    poller: Poller,
    back: Back,
    pub casework: Casework,
    kind: Kind,
}

impl Desk {
    pub async fn open(house: House, kind: Kind) -> Self {
        Self::open_for(house, kind, "inside").await
    }

    /// With notes that are for colleagues only, or for the customer as well.
    pub async fn open_for(house: House, kind: Kind, notes: &str) -> Self {
        Self::open_by(house, kind, notes, Becomes::default()).await
    }

    /// With statuses that tickets get.
    async fn open_by(house: House, kind: Kind, notes: &str, rules: Becomes) -> Self {
        let office = Office::open(house.clock.clone(), kind).await;
        let mut config = json!([{ "name": "office", "brand": "Acme", "notes": notes }]);
        config[0][kind.code()] = kind.section(&office.url);
        let config = serde_json::from_value::<Vec<_>>(config).unwrap();
        let clock: Arc<dyn Clock> = house.clock.clone();
        let outbound = Outbound { allow_private_addresses: true, timeout_seconds: 2, ..Outbound::default() };
        let http = HttpClient::new(&outbound, clock.clone()).unwrap();
        let systems = Systems::default();
        systems.set(tickets::build(&config, &http, &clock).unwrap());
        let system = systems.all()[0].clone();
        let ticket_status = [("office".to_owned(), rules)].into();
        let before = (*house.current.get()).clone();
        house.current.set(Catalogue { has_tickets: true, ticket_status, ..before });
        let parts = Parts {
            db: house.db.clone(),
            clock: clock.clone(),
            mint: house.mint.clone(),
            owner: "run_test".into(),
            systems: systems.clone(),
            catalogue: house.current.clone(),
            outbox: Arc::new(Notify::new()),
            looking: Arc::default(),
            changed: broadcast::Sender::new(16),
            public_url: "https://webcare.example".into(),
        };
        register(&house.db, &systems, house.clock_now()).await.unwrap();
        let board = Arc::new(Board::default());
        let deliver = TicketDeliver::new(parts.clone(), system.clone(), board.clone());
        let worker =
            Worker::new(house.db.clone(), clock, Chance::seeded(5), "run_test".into(), Arc::new(deliver));
        let poller = Poller::new(parts.clone(), system.clone(), board);
        let casework = house.casework.clone().ticketing(systems.clone());
        house.take(&[post("m1", "jan", "t1", 0, HELP)]).await;
        Self { house, office, system, systems, worker, poller, back: Back::new(parts), casework, kind }
    }

    async fn act(&self, act: Act) -> Result<CaseRow, CaseworkError> {
        let case = self.house.case(1).await;
        let actor = Actor { person: person(1), lead: false };
        self.casework.act(&case.brand_id, &case.id, case.version, &actor, act).await
    }

    async fn link(&self, ticket: u64) -> Result<CaseRow, CaseworkError> {
        let ticket = format!("#{}", self.kind.name(ticket));
        self.act(Act::LinkTicket { system: "office".into(), ticket, seen: None }).await
    }

    async fn create(&self) -> Result<CaseRow, CaseworkError> {
        self.act(Act::CreateTicket { system: "office".into() }).await
    }

    /// Lets time pass and the worker work.
    pub async fn settle(&self, by: Span) {
        self.house.clock.advance(by);
        while self.worker.run_once().await.unwrap() > 0 {}
    }

    /// Lets a minute pass in small steps, as the worker would see it.
    async fn a_minute(&self) {
        for _ in 0..30 {
            self.settle(Span::seconds(2)).await;
        }
    }

    /// Lets time pass until nothing is on its way any more, at most a quarter of an hour.
    pub async fn at_rest(&self) {
        for _ in 0..15 {
            self.a_minute().await;
            let moving = ["ready", "claimed", "sending", "unknown"];
            if !self.actions().await.iter().any(|a| moving.contains(&a.state.as_str())) {
                return;
            }
        }
    }

    /// The ticket of a link, as the ledger knows it.
    fn number(&self, link: &LinkRow) -> Option<u64> {
        link.ticket_id.as_deref().map(|name| self.kind.number(name))
    }

    /// Hears what changed there, by whichever way the system has.
    async fn hear(&self) -> usize {
        self.house.clock.advance(Span::minutes(1));
        if self.kind != Kind::Webhook {
            return self.poller.run_once().await.unwrap();
        }
        let tickets: Vec<u64> = self.office.ledger().tickets.keys().copied().collect();
        let mut told = 0;
        for id in tickets {
            let told_us = self.system.delivery(&self.office.delivery(id)).unwrap();
            let Told::Changes(changes) = told_us else { panic!("it tells all") };
            told += self.back.take("office", &changes).await.unwrap();
        }
        told
    }

    async fn links(&self) -> Vec<LinkRow> {
        self.house.all("SELECT * FROM ticket_link ORDER BY linked_at, id").await
    }

    async fn actions(&self) -> Vec<ActionRow> {
        self.house.all("SELECT * FROM action WHERE kind LIKE 'ticket%' ORDER BY id").await
    }

    async fn events(&self, kind: &str) -> Vec<CaseEventRow> {
        self.house.events().await.into_iter().filter(|e| e.kind == kind).collect()
    }

    async fn state(&self) -> SourceRow {
        let rows = self.house.write(|tx| Box::pin(source::list(tx))).await.unwrap();
        rows.into_iter().find(|r| r.name == "office").unwrap()
    }
}

/// Runs a test with these kinds of system on an engine, each in a thread of its own.
fn with_kinds<F, Fut>(engine: Engine, kinds: &[Kind], test: F)
where
    F: Fn(Desk) -> Fut + Copy + Send,
    Fut: Future<Output = ()>,
{
    std::thread::scope(|scope| {
        for kind in kinds {
            let named = std::thread::Builder::new().name(format!("{kind:?} on {engine:?}"));
            let run = move || {
                let mut runtime = tokio::runtime::Builder::new_multi_thread();
                let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
                runtime.block_on(async { test(Desk::open(House::build(engine).await, *kind).await).await });
            };
            named.spawn_scoped(scope, run).unwrap();
        }
    });
}

/// Runs a test with every kind of system. Kinds never touch the store, so on PostgreSQL two are enough: one
/// that is looked at and one that tells.
fn with_each<F, Fut>(test: F)
where
    F: Fn(Desk) -> Fut + Copy + Send,
    Fut: Future<Output = ()>,
{
    for engine in engines() {
        let kinds: &[Kind] = if engine == Engine::Sqlite { &Kind::ALL } else { &[Kind::Rt, Kind::Webhook] };
        with_kinds(engine, kinds, test);
    }
}

/// The same with those two, for what is not about kinds.
pub fn with_pair<F, Fut>(test: F)
where
    F: Fn(Desk) -> Fut + Copy + Send,
    Fut: Future<Output = ()>,
{
    for engine in engines() {
        with_kinds(engine, &[Kind::Rt, Kind::Webhook], test);
    }
}

#[test]
fn tickets_are_found_by_what_was_given_in_private_only() {
    with_each(|desk| async move {
        desk.office.made("Router dead", "jan@example.org");
        desk.office.made("Somebody else", "mia@example.org");
        let case = desk.house.case(1).await;
        let find = |typed: &'static str| desk.casework.find_tickets(&case.brand_id, &case.id, typed);
        let none = find("").await.unwrap();
        assert!(!none.by_something && none.systems[0].found.as_ref().unwrap().is_empty());
        assert!(desk.office.ledger().calls.is_empty(), "nobody is asked about a public handle");
        let typed = find("jan@example.org").await.unwrap();
        let found = typed.systems[0].found.as_ref().unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].subject.as_str(), found[0].owner.as_str()), ("Router dead", "ann"));
        // Said in public it is not used; said in private it is.
        desk.house.take(&[post("m2", "jan", "t1", 1, GIVEN)]).await;
        assert!(!find("").await.unwrap().by_something);
        let mut private = post("m3", "jan", "t1", 2, GIVEN);
        private["private"] = true.into();
        desk.house.take(&[private]).await;
        let given = find("").await.unwrap();
        assert_eq!(given.systems[0].found.as_ref().unwrap().len(), 1);
        assert!(find(&"x".repeat(501).leak()[..]).await.is_err());
        // A case of another brand is not there, and its systems are its own.
        let other = desk.casework.find_tickets("brd_other", &case.id, "jan@example.org").await;
        assert!(matches!(other, Err(CaseworkError::NotFound)));
        assert!(desk.systems.of_brand("Tempo").is_empty());
    });
}

#[test]
fn a_linked_ticket_hears_everything_once_and_in_order() {
    with_each(|desk| async move {
        let id = desk.office.made("Router dead", "jan@example.org");
        desk.link(id).await.unwrap();
        assert!(matches!(desk.link(id).await, Err(CaseworkError::Refused(_))), "tied once");
        desk.settle(Span::ZERO).await;
        let told = desk.office.told(id);
        assert_eq!(told.len(), 1, "{told:?}");
        for part in ["Webcare case #1 (Acme)", HELP, "language en", "https://webcare.example/cases/"] {
            assert!(told[0].contains(part), "{part} in {}", told[0]);
        }
        assert!(told[0].lines().last().unwrap().starts_with("[webcared act_"));
        let inside = |desk: &Desk| desk.office.ledger().tickets[&id].entries.iter().all(|e| !e.public);
        assert!(inside(&desk), "for colleagues only");
        // What follows is told as it comes: the customer again, an edit, our answer, the end.
        desk.house.take(&[post("m2", "jan", "t1", 1, "@acme still nobody??")]).await;
        let mut edit = post("m2", "jan", "t1", 1, "@acme still nobody at all");
        edit["edited_at"] = desk.house.clock_now().plus(Span::minutes(2)).rfc3339().into();
        desk.house.take(&[edit]).await;
        desk.house.clock.advance(Span::minutes(3));
        desk.house.take(&[answer("own-1", "m2", "t1", 3)]).await;
        desk.act(Act::Resolve { reason: "called back".into(), ending: None }).await.unwrap();
        desk.a_minute().await;
        let told = desk.office.told(id);
        let begins: Vec<&str> = told[1..].iter().map(|t| t.lines().next().unwrap()).collect();
        let expected = [
            "The customer wrote:",
            "The customer changed a message; it says now:",
            "Webcare answered:",
            "Webcare case #1: resolved (called back)",
        ];
        assert_eq!(begins, expected);
        assert!(told[2].contains("still nobody at all") && told[3].contains("looking into it"));
        // The same posts again tell nothing.
        desk.house.take(&[post("m1", "jan", "t1", 0, HELP), answer("own-1", "m2", "t1", 3)]).await;
        desk.a_minute().await;
        assert_eq!(desk.office.told(id).len(), told.len());
        assert!(inside(&desk));
    });
}

#[test]
fn what_its_author_took_back_is_not_told_and_told_to_be_gone() {
    with_each(|desk| async move {
        let id = desk.office.made("Router dead", "");
        desk.link(id).await.unwrap();
        desk.settle(Span::ZERO).await;
        desk.house.take(&[post("m2", "jan", "t1", 1, "@acme my number is a secret")]).await;
        let mut gone = post("m2", "jan", "t1", 1, "");
        gone["deleted"] = true.into();
        desk.house.take(&[gone]).await;
        let mut gone = post("m1", "jan", "t1", 0, "");
        gone["deleted"] = true.into();
        desk.house.take(&[gone]).await;
        desk.a_minute().await;
        let told = desk.office.told(id);
        assert!(!told.iter().any(|t| t.contains("a secret")), "{told:?}");
        let removed = |t: &&String| t.contains("was removed by its author");
        assert_eq!(told.iter().filter(removed).count(), 2, "{told:?}");
        if desk.kind == Kind::Webhook {
            let ledger = desk.office.ledger();
            let asked = ledger.calls.iter().filter(|c| c.1["what"] == "removed");
            assert!(asked.clone().count() == 2 && asked.into_iter().all(|c| c.1["about"] != ""));
        }
        let by_hand = desk.system.can().withdraw == tickets::Withdraw::ByHand;
        assert_eq!(by_hand, !desk.kind.lets_go());
    });
}

#[test]
fn a_tie_taken_away_tells_nothing_more() {
    with_each(|desk| async move {
        let id = desk.office.made("Router dead", "");
        desk.link(id).await.unwrap();
        desk.settle(Span::ZERO).await;
        desk.house.take(&[post("m2", "jan", "t1", 1, "@acme hello?")]).await;
        let link = desk.links().await.remove(0);
        desk.act(Act::UnlinkTicket { link: link.id.clone() }).await.unwrap();
        desk.a_minute().await;
        assert_eq!(desk.office.told(id).len(), 1);
        assert_eq!(desk.actions().await[1].state, "cancelled");
        let again = desk.act(Act::UnlinkTicket { link: link.id }).await;
        assert!(matches!(again, Err(CaseworkError::NotFound)));
        desk.link(id).await.unwrap();
        assert_eq!(desk.links().await.iter().filter(|l| l.is_live()).count(), 1, "it can be tied again");
        // A later case of the same author is shown the earlier ticket.
        desk.house.take(&[post("m9", "jan", "t9", 9, "@acme and another thing is broken")]).await;
        let second = desk.house.case(2).await;
        let search = desk.casework.find_tickets(&second.brand_id, &second.id, "").await.unwrap();
        assert_eq!(search.earlier.len(), 1);
        assert_eq!(search.earlier[0].1.subject, "Router dead");
    });
}

#[test]
fn an_account_matter_without_a_ticket_wants_a_reason() {
    with_each(|desk| async move {
        desk.house.take(&[post("m2", "jan", "t1", 1, GIVEN)]).await;
        assert_eq!(desk.house.case(1).await.needs_private, 1);
        let silent = desk.act(Act::Resolve { reason: " ".into(), ending: None }).await;
        assert!(matches!(silent, Err(CaseworkError::Invalid { field: "reason", .. })));
        let id = desk.office.made("Router dead", "");
        desk.link(id).await.unwrap();
        desk.act(Act::Resolve { reason: String::new(), ending: None }).await.unwrap();
        desk.act(Act::Reopen).await.unwrap();
        let link = desk.links().await.remove(0).id;
        desk.act(Act::UnlinkTicket { link }).await.unwrap();
        desk.act(Act::Resolve { reason: "solved by phone, no ticket needed".into(), ending: None })
            .await
            .unwrap();
    });
}

#[test]
fn the_links_of_one_brand_are_read_by_no_other() {
    with_each(|desk| async move {
        let id = desk.office.made("Router dead", "");
        desk.link(id).await.unwrap();
        let (case, link) = (desk.house.case(1).await, desk.links().await.remove(0));
        let seen = |brand: String| {
            let (case, link) = (case.clone(), link.clone());
            desk.house.write(move |tx| {
                Box::pin(async move {
                    let of_case = ticket::of_case(tx, &brand, &case.id).await?.len();
                    let pairs = [(brand.clone(), case.id.clone())];
                    let of_cases = ticket::of_cases(tx, &pairs).await?.len();
                    let of_author = ticket::of_author(tx, &brand, &case.author_id, 9).await?.len();
                    let one = usize::from(ticket::get(tx, &brand, &link.id).await?.is_some());
                    let said = ticket::conversation(tx, &brand, &case.id).await?.len();
                    Ok([of_case, of_cases, of_author, one, said])
                })
            })
        };
        assert_eq!(seen(case.brand_id.clone()).await.unwrap(), [1; 5]);
        assert_eq!(seen("brd_other".into()).await.unwrap(), [0; 5]);
    });
}

#[test]
fn a_ticket_that_is_not_there_cannot_be_tied() {
    with_each(|desk| async move {
        assert!(matches!(desk.link(4711).await, Err(CaseworkError::Refused(_))));
        let odd = Act::LinkTicket { system: "office".into(), ticket: "1/../2".into(), seen: None };
        assert!(matches!(desk.act(odd).await, Err(CaseworkError::Invalid { field: "ticket", .. })));
        let nowhere = Act::LinkTicket { system: "elsewhere".into(), ticket: "1".into(), seen: None };
        assert!(matches!(desk.act(nowhere).await, Err(CaseworkError::Refused(_))));
        assert!(desk.links().await.is_empty());
    });
}

#[test]
fn only_where_the_settings_say_so_an_answer_is_for_the_customer() {
    for kind in Kind::ALL {
        on_each(|house| async move {
            let desk = Desk::open_for(house, kind, "customer").await;
            let told = desk.system.can().note_customer;
            let id = desk.office.made("Router dead", "");
            desk.link(id).await.unwrap();
            desk.house.clock.advance(Span::minutes(2));
            desk.house.take(&[answer("own-1", "m1", "t1", 2)]).await;
            desk.a_minute().await;
            let public: Vec<(bool, bool)> = desk.office.ledger().tickets[&id]
                .entries
                .iter()
                .map(|e| (e.text.contains("Webcare answered:"), e.public))
                .collect();
            assert_eq!(public, [(false, false), (true, told)], "{kind:?}");
        });
    }
}

#[test]
fn what_was_never_seen_is_asked_for_also_where_the_system_calls_us() {
    with_each(|desk| async move {
        desk.create().await.unwrap();
        desk.a_minute().await;
        assert_eq!(desk.links().await[0].state, "unseen");
        desk.poller.run_once().await.unwrap();
        let link = desk.links().await.remove(0);
        assert_eq!((link.state.as_str(), link.opened_at.is_some()), ("open", true));
    });
}

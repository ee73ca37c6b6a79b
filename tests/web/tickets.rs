//! The box of the front office on a case page, without scripts: search, tie, make, untie, resolve.

use crate::harness::{answer, post};
use crate::site::{Answer, Browser, Site};
use std::sync::{Arc, Mutex};
use webcared::catalogue::Catalogue;
use webcared::domain::delivery::{Looked, Outcome};
use webcared::domain::ticket_status::Means;
use webcared::domain::time::Timestamp;
use webcared::store::ticket::{self, LinkRow};
use webcared::tickets::{
    Back, Capabilities, Found, Given, NewTicket, Note, Rewriting, Sought, SourceTrouble, Status, Term,
    Ticket, TicketState, TicketSystem, TroubleState, Withdraw,
};

const DEAD: &str = "@Acme my router is dead, my mail is jan@example.org";
const CAN: Capabilities = Capabilities {
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

/// A front office of two tickets that answers or does not.
#[derive(Default)]
struct Office {
    down: Mutex<bool>,
    asked: Mutex<Vec<Term>>,
    means: Means,
}

fn ticket_no(id: &str) -> Ticket {
    Ticket {
        id: id.into(),
        subject: "Router <b>dead</b>".into(),
        state: TicketState::Open,
        status: "stalled".into(),
        owner: "ann".into(),
        queue: "Technics".into(),
        opened_at: Some(Timestamp(1_789_000_000_000)),
        changed_at: Some(Timestamp(1_789_000_000_000)),
        due_at: Some(Timestamp(1_789_900_000_000)),
        url: format!("https://rt.example/Ticket/Display.html?id={id}"),
    }
}

impl Office {
    fn trouble(&self) -> Option<SourceTrouble> {
        let down = *self.down.lock().unwrap();
        down.then(|| SourceTrouble::new(TroubleState::Unreachable, "the server does not answer"))
    }
}

#[async_trait::async_trait]
impl TicketSystem for Office {
    fn name(&self) -> &str {
        "office"
    }

    fn kind(&self) -> &'static str {
        "tickets_rt"
    }

    fn brand(&self) -> Option<&str> {
        Some("Acme")
    }

    fn can(&self) -> &'static Capabilities {
        &CAN
    }

    async fn find(&self, terms: &[Term]) -> Result<Vec<Ticket>, SourceTrouble> {
        self.asked.lock().unwrap().extend_from_slice(terms);
        match self.trouble() {
            Some(trouble) => Err(trouble),
            None if terms.is_empty() => Ok(Vec::new()),
            None => Ok(vec![ticket_no("17")]),
        }
    }

    async fn read(&self, id: &str) -> Result<Found, SourceTrouble> {
        match (self.trouble(), id) {
            (Some(trouble), _) => Err(trouble),
            (None, "17") => Ok(Found::Stands(ticket_no("17"))),
            (None, _) => Ok(Found::Gone),
        }
    }

    async fn create(&self, _: &NewTicket) -> Outcome {
        Outcome::Done { remote_id: "18".into(), at: None }
    }

    async fn note(&self, _: &Note) -> Outcome {
        Outcome::Done { remote_id: String::new(), at: None }
    }

    async fn put_status(&self, status: &Status) -> Outcome {
        Outcome::Done { remote_id: status.status.clone(), at: None }
    }

    async fn rewrite(&self, _: &Rewriting) -> Outcome {
        Outcome::Refused { reason: "nobody rewrites here".into() }
    }

    fn means(&self) -> &Means {
        &self.means
    }

    async fn look(&self, _: &Sought) -> Looked {
        Looked::Later { evidence: "nobody looks here".into() }
    }
}

async fn open() -> (Site, Arc<Office>) {
    let site = Site::open().await;
    let office = Arc::new(Office::default());
    site.tickets.set(vec![office.clone()]);
    let catalogue = Catalogue { has_tickets: true, ..(*site.house.current.get()).clone() };
    site.house.current.set(catalogue);
    site.house.take(&[post("1", "jan", "a", 0, DEAD)]).await;
    (site, office)
}

async fn at(site: &Site) -> (String, String) {
    let case = site.house.case(1).await;
    (format!("/cases/{}", case.id), case.version.to_string())
}

async fn act(site: &Site, who: &Browser, fields: &[(&str, &str)]) -> Answer {
    let (path, version) = at(site).await;
    who.press(&path, &format!("{path}/act"), &[&[("version", version.as_str())], fields].concat()).await
}

async fn search(site: &Site, who: &Browser, typed: &str) -> Answer {
    let (path, _) = at(site).await;
    who.press(&path, &format!("{path}/tickets"), &[("q", typed)]).await
}

async fn links(site: &Site) -> Vec<LinkRow> {
    site.house.all("SELECT * FROM ticket_link WHERE unlinked_at IS NULL ORDER BY linked_at, id").await
}

#[track_caller]
fn holds(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "{part:?} is not in {page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_are_searched_by_a_press_and_tied_by_another() {
    let (site, office) = open().await;
    let jan = site.login("jan", "agent").await;
    let (path, _) = at(&site).await;
    let page = jan.get(&path).await.body;
    holds(&page, &["Front office", "No ticket of the front office is tied", "find-tickets"]);
    assert!(!page.contains("create_ticket"), "search first");
    assert!(office.asked.lock().unwrap().is_empty(), "reading a page asks nobody");
    // Said in public: not searched by.
    let nothing = search(&site, &jan, "").await;
    assert_eq!(nothing.status, 200);
    holds(&nothing.body, &["There is nothing to search by"]);
    assert!(office.asked.lock().unwrap().is_empty());
    let found = search(&site, &jan, "jan@example.org").await.body;
    let promised = Timestamp(1_789_900_000_000).rfc3339();
    holds(&found, &["#17", "Router &#60;b&#62;dead", "stalled", "with ann", "Technics", &promised[..10]]);
    holds(&found, &["value=\"jan@example.org\"", "Make a ticket"]);
    let tied = act(&site, &jan, &[("act", "link_ticket"), ("system", "office"), ("ticket", "17")]).await;
    assert_eq!((tied.status, tied.header("location")), (303, Some(format!("{path}#tickets").as_str())));
    let page = jan.get(&path).await.body;
    holds(
        &page,
        &["https://rt.example/Ticket/Display.html?id=17", "1 still to be told", "tied to a ticket (#17)"],
    );
    let again = search(&site, &jan, "jan@example.org").await.body;
    assert!(!again.contains("value=\"link_ticket\""), "tied once");
    assert!(!again.contains("Make a ticket"), "it has an open one");
    let gone = act(&site, &jan, &[("act", "link_ticket"), ("system", "office"), ("ticket", "99")]).await;
    assert_eq!(gone.status, 409);
    holds(&gone.body, &["office has no ticket 99"]);
    let id = links(&site).await.remove(0).id;
    assert_eq!(act(&site, &jan, &[("act", "unlink_ticket"), ("link", &id)]).await.status, 303);
    assert!(links(&site).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_that_is_down_is_said_and_stops_nobody() {
    let (site, office) = open().await;
    let jan = site.login("jan", "agent").await;
    *office.down.lock().unwrap() = true;
    let found = search(&site, &jan, "jan@example.org").await.body;
    holds(
        &found,
        &["the server does not answer. It does not answer; what you do waits for it.", "Make a ticket"],
    );
    let tied = act(&site, &jan, &[("act", "link_ticket"), ("system", "office"), ("ticket", "17")]).await;
    assert_eq!(tied.status, 303);
    holds(&jan.get(&at(&site).await.0).await.body, &["not looked at yet", "1 still to be told"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_front_office_solved_is_marked_and_closed_by_one_press() {
    let (site, _) = open().await;
    let jan = site.login("jan", "agent").await;
    act(&site, &jan, &[("act", "create_ticket"), ("system", "office")]).await;
    holds(&jan.get(&at(&site).await.0).await.body, &["being made"]);
    let mut link = links(&site).await.remove(0);
    link.ticket_id = Some("18".into());
    link.state = "solved".into();
    link.solved_at = Some(site.now().millis());
    let solved = link.clone();
    site.house.write(move |tx| Box::pin(async move { ticket::put(tx, &[solved]).await })).await.unwrap();
    holds(&jan.get("/?lane=all").await.body, &["solved by front office?"]);
    let page = jan.get(&at(&site).await.0).await.body;
    holds(
        &page,
        &["holds this ticket for solved", "Solved by the front office, ticket 18", "It is not solved"],
    );
    let solved = [("act", "resolve"), ("reason", "Solved by the front office, ticket 18")];
    assert_eq!(act(&site, &jan, &solved).await.status, 303);
    assert_eq!(site.house.case(1).await.state, "resolved");
    assert!(!jan.get(&at(&site).await.0).await.body.contains("holds this ticket for solved"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_note_and_a_refused_status_stand_apart_in_the_readers_language() {
    let (site, _) = open().await;
    let jan = site.login("jan", "agent").await;
    act(&site, &jan, &[("act", "create_ticket"), ("system", "office")]).await;
    let mut link = links(&site).await.remove(0);
    link.ticket_id = Some("18".into());
    link.state = "open".into();
    link.status_why = "the ticket system answers 422: no such status".into();
    link.note_why = "You may not write here".into();
    site.house.write(move |tx| Box::pin(async move { ticket::put(tx, &[link]).await })).await.unwrap();
    let page = jan.get(&at(&site).await.0).await.body;
    holds(
        &page,
        &[
            "This ticket did not take the status that we gave it",
            "the ticket system answers 422: no such status",
            "This ticket did not take a note of ours",
            "own words",
            "You may not write here",
        ],
    );
    assert_eq!(jan.press("/account", "/account/language", &[("language", "nl")]).await.status, 303);
    let page = jan.get(&at(&site).await.0).await.body;
    holds(
        &page,
        &[
            "het ticketsysteem antwoordt 422, in zijn eigen woorden:",
            "no such status",
            "Dit ticket nam een notitie van ons niet aan",
            "in de woorden van het systeem:",
            "You may not write here",
        ],
    );
    assert!(!page.contains("the ticket system answers"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_matter_asks_why_no_ticket_knows_of_it() {
    let (site, _) = open().await;
    let jan = site.login("jan", "agent").await;
    assert_eq!(site.house.case(1).await.needs_private, 1);
    let page = jan.get(&at(&site).await.0).await.body;
    holds(&page, &["and why no ticket knows of it"]);
    let silent = act(&site, &jan, &[("act", "resolve"), ("reason", "")]).await;
    assert_eq!(silent.status, 422);
    holds(&silent.body, &["no ticket knows of this matter"]);
    act(&site, &jan, &[("act", "link_ticket"), ("system", "office"), ("ticket", "17")]).await;
    assert!(!jan.get(&at(&site).await.0).await.body.contains("why no ticket knows"));
    site.house.take(&[answer("own-1", "1", "a", 3)]).await;
    assert_eq!(act(&site, &jan, &[("act", "resolve"), ("reason", "")]).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_only_reads_ties_nothing_and_without_systems_there_is_no_box() {
    let (site, _) = open().await;
    let ann = site.login("ann", "auditor").await;
    let (path, _) = at(&site).await;
    let page = ann.get(&path).await.body;
    holds(&page, &["Front office"]);
    assert!(!page.contains("find-tickets"));
    assert_eq!(search(&site, &ann, "x").await.status, 403);
    site.tickets.set(Vec::new());
    assert!(!ann.get(&path).await.body.contains("h-tickets"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_is_written_down_with_its_time_in_the_teams_zone() {
    let (site, _) = open().await;
    let jan = site.login("jan", "agent").await;
    // The start is 16:13:20 on 21 September in Amsterdam.
    let due = Timestamp::parse("2026-09-21T15:30:00Z").unwrap();
    let words = [
        ("act", "promise"),
        ("text", "We call <b>you</b>"),
        ("due", "2026-09-21T17:30"),
        ("owed_by", "webcare"),
    ];
    assert!(due > site.now());
    assert_eq!(act(&site, &jan, &words).await.status, 303);
    let page = jan.get(&at(&site).await.0).await.body;
    holds(
        &page,
        &["We call &#60;b&#62;you", "2026-09-21 17:30 CEST", "Who owes it: webcare", "keep_promise"],
    );
    let odd = [("act", "promise"), ("text", "mail <you>"), ("due", "soon"), ("owed_by", "webcare")];
    let odd = act(&site, &jan, &odd).await;
    assert_eq!(odd.status, 422);
    holds(
        &odd.body,
        &["name=\"promise_text\" maxlength=\"500\" autocomplete=\"off\" value=\"mail &#60;you&#62;\""],
    );
    let odd = [
        ("act", "promise"),
        ("promise", "with"),
        ("promise_text", "mail <you>"),
        ("promise_due", ""),
        ("promise_owed", "webcare"),
    ];
    let odd = act(&site, &jan, &odd).await;
    assert_eq!(odd.status, 422);
    holds(&odd.body, &["value=\"mail &#60;you&#62;\""]);
    let past = [("act", "promise"), ("text", "x"), ("due", "2020-01-01T10:00"), ("owed_by", "webcare")];
    assert_eq!(act(&site, &jan, &past).await.status, 422);
    let wait = page.split("name=\"wait\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(act(&site, &jan, &[("act", "keep_promise"), ("wait", &wait)]).await.status, 303);
    let page = jan.get(&at(&site).await.0).await.body;
    holds(&page, &["kept a promise"]);
    assert!(!page.contains("keep_promise"));
}

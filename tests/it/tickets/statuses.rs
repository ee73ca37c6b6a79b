//! The status of a ticket and the state of a case: each follows the other where the settings say so, and nothing goes
//! round in circles.

use super::*;
use webcared::domain::ticket_status::Means;

fn rules(kind: Kind, theirs: bool) -> Becomes {
    Becomes {
        resolved: Some(kind.status("resolved")),
        reopened: Some(kind.status("open")),
        dismissed: Some(kind.status("resolved")),
        waiting: Some(kind.status("stalled")),
        theirs,
    }
}

/// Runs a test with every kind, whose tickets follow the case.
fn following<F, Fut>(theirs: bool, test: F)
where
    F: Fn(Desk) -> Fut + Copy + Send,
    Fut: Future<Output = ()>,
{
    following_with(&Kind::ALL, theirs, test);
}

/// The same with some kinds on SQLite, and with two of them on PostgreSQL.
pub(super) fn following_with<F, Fut>(on_sqlite: &[Kind], theirs: bool, test: F)
where
    F: Fn(Desk) -> Fut + Copy + Send,
    Fut: Future<Output = ()>,
{
    for engine in engines() {
        let kinds: &[Kind] = if engine == Engine::Sqlite { on_sqlite } else { &[Kind::Rt, Kind::Webhook] };
        std::thread::scope(|scope| {
            for kind in kinds {
                let named = std::thread::Builder::new().name(format!("{kind:?} on {engine:?}"));
                let run = move || {
                    let mut runtime = tokio::runtime::Builder::new_multi_thread();
                    let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
                    runtime.block_on(async {
                        let house = House::build(engine).await;
                        test(Desk::open_by(house, *kind, "inside", rules(*kind, theirs)).await).await;
                    });
                };
                named.spawn_scoped(scope, run).unwrap();
            }
        });
    }
}

pub(super) fn status_of(desk: &Desk, id: u64) -> String {
    desk.office.ledger().tickets[&id].status.clone()
}

/// How many calls gave a status, or asked for one.
async fn given(desk: &Desk) -> Vec<String> {
    let actions = desk.actions().await;
    actions.iter().filter(|a| a.kind == "ticket_status").map(|a| a.state.clone()).collect()
}

#[test]
fn a_ticket_that_we_made_follows_its_case_without_an_echo() {
    following(false, |desk| async move {
        desk.create().await.unwrap();
        desk.at_rest().await;
        desk.hear().await;
        let id = desk.office.ours()[0];
        desk.act(Act::Resolve { reason: "called back".into(), ending: None }).await.unwrap();
        desk.at_rest().await;
        assert_eq!(status_of(&desk, id), "resolved", "{:?}", desk.kind);
        let link = desk.links().await.remove(0);
        assert_eq!((link.state.as_str(), link.status), ("solved", desk.kind.status("resolved")));
        assert!(desk.office.told(id).last().unwrap().contains("resolved (called back)"), "the note stays");
        // What we gave comes back, and is nobody else's.
        for _ in 0..3 {
            desk.hear().await;
            desk.at_rest().await;
        }
        for kind in ["ticket_solved", "ticket_reopened", "ticket_state"] {
            assert!(desk.events(kind).await.is_empty(), "{kind} {:?}", desk.kind);
        }
        // The customer writes again: it is open, here and there.
        desk.house.take(&[post("m2", "jan", "t1", 90, "@acme it is broken again")]).await;
        desk.at_rest().await;
        assert_eq!(status_of(&desk, id), "open", "{:?}", desk.kind);
        desk.act(Act::AwaitFrontOffice).await.unwrap();
        desk.at_rest().await;
        desk.hear().await;
        desk.at_rest().await;
        assert_eq!(status_of(&desk, id), "stalled");
        let link = desk.links().await.remove(0);
        assert_eq!((link.state.as_str(), link.waits), ("open", 1), "{:?}", desk.kind);
        assert_eq!(desk.house.case(1).await.state, "waiting_front_office", "our own word ends no wait");
        desk.act(Act::Dismiss { reason: "spam".into() }).await.unwrap();
        desk.at_rest().await;
        assert_eq!(status_of(&desk, id), "resolved");
        assert_eq!(desk.events("ticket_status").await.len(), 4);
        assert!(given(&desk).await.iter().all(|s| s == "done"));
    });
}

#[test]
fn a_customer_who_writes_ends_the_wait_there_too_and_nothing_echoes() {
    following(false, |desk| async move {
        desk.create().await.unwrap();
        desk.at_rest().await;
        let id = desk.office.ours()[0];
        desk.act(Act::AwaitFrontOffice).await.unwrap();
        desk.at_rest().await;
        desk.hear().await;
        desk.at_rest().await;
        assert_eq!(status_of(&desk, id), "stalled", "{:?}", desk.kind);
        desk.house.take(&[post("m2", "jan", "t1", 90, "@acme it smokes now")]).await;
        desk.at_rest().await;
        assert_ne!(desk.house.case(1).await.state, "waiting_front_office");
        assert_eq!(status_of(&desk, id), "open", "{:?}", desk.kind);
        let (state, count) = (desk.house.case(1).await.state, given(&desk).await.len());
        for _ in 0..3 {
            desk.hear().await;
            desk.at_rest().await;
        }
        assert_eq!(desk.house.case(1).await.state, state, "what we gave comes back as ours");
        assert_eq!((given(&desk).await.len(), count), (2, 2), "{:?}", desk.kind);
        for kind in ["ticket_reopened", "ticket_state", "ticket_waits"] {
            assert!(desk.events(kind).await.is_empty(), "{kind} {:?}", desk.kind);
        }
        assert_eq!(desk.links().await.remove(0).waits, 0, "{:?}", desk.kind);
        // Another word changes nothing: it waits for nobody.
        desk.house.take(&[post("m3", "jan", "t1", 95, "@acme hello?")]).await;
        desk.at_rest().await;
        assert_eq!(given(&desk).await.len(), 2, "{:?}", desk.kind);
    });
}

#[test]
fn a_ticket_of_the_front_office_follows_only_where_the_settings_say_so() {
    following(false, |desk| async move {
        let id = desk.office.made("Router dead", "");
        desk.link(id).await.unwrap();
        desk.act(Act::Resolve { reason: "called back".into(), ending: None }).await.unwrap();
        desk.at_rest().await;
        assert_eq!(status_of(&desk, id), "open", "{:?}", desk.kind);
        assert!(given(&desk).await.is_empty());
    });
    following(true, |desk| async move {
        let id = desk.office.made("Router dead", "");
        desk.link(id).await.unwrap();
        desk.at_rest().await;
        // It was solved there already: nothing is done to it, whatever it is called.
        desk.office.with(id, |t| t.status = "resolved".into());
        desk.hear().await;
        let calls = desk.office.ledger().calls.len();
        desk.act(Act::Resolve { reason: "called back".into(), ending: None }).await.unwrap();
        desk.at_rest().await;
        assert_eq!(given(&desk).await, ["done"], "{:?}", desk.kind);
        let ledger = desk.office.ledger();
        let word = format!("\"{}\"", desk.kind.status("resolved"));
        let gives = |c: &&(String, serde_json::Value)| {
            let body = c.1.to_string();
            body.contains(&word) || body.contains("\"status\":4") || body.contains("\"transition\"")
        };
        assert_eq!(ledger.calls[calls..].iter().filter(gives).count(), 0, "{:?}", desk.kind);
    });
}

#[test]
fn what_its_status_forbids_is_flagged() {
    following(true, |desk| async move {
        let id = desk.office.made("Router dead", "");
        desk.link(id).await.unwrap();
        desk.at_rest().await;
        desk.hear().await;
        desk.office.with(id, |t| t.locked = true);
        desk.act(Act::Resolve { reason: "called back".into(), ending: None }).await.unwrap();
        desk.at_rest().await;
        assert_eq!(given(&desk).await, ["refused"], "{:?}", desk.kind);
        let link = desk.links().await.remove(0);
        assert!(!link.status_why.is_empty(), "{:?}", desk.kind);
        assert_eq!(link.note_why, "", "its note was taken: {:?}", desk.kind);
        assert_eq!(desk.events("ticket_status_refused").await.len(), 1);
        assert_eq!(status_of(&desk, id), "open");
        // Later it can be changed again, and the flag goes.
        desk.office.with(id, |t| t.locked = false);
        desk.act(Act::Reopen).await.unwrap();
        desk.act(Act::Resolve { reason: "called back".into(), ending: None }).await.unwrap();
        desk.at_rest().await;
        assert_eq!(status_of(&desk, id), "resolved", "{:?}", desk.kind);
        assert!(desk.links().await[0].status_why.is_empty());
    });
}

#[test]
fn a_status_whose_answer_was_lost_is_given_once_more_and_one_that_is_past_is_not() {
    following(true, |desk| async move {
        let id = desk.office.made("Router dead", "");
        desk.link(id).await.unwrap();
        desk.at_rest().await;
        desk.office.ledger().down = true;
        desk.act(Act::Resolve { reason: "called back".into(), ending: None }).await.unwrap();
        desk.act(Act::Reopen).await.unwrap();
        desk.a_minute().await;
        desk.office.ledger().down = false;
        desk.at_rest().await;
        assert_eq!(status_of(&desk, id), "open", "what is past is not caught up with: {:?}", desk.kind);
        desk.act(Act::Resolve { reason: "called back".into(), ending: None }).await.unwrap();
        // Its note first; then the status, whose answer breaks off.
        while given(&desk).await.last().is_some_and(|s| s == "ready")
            && desk.actions().await.iter().any(|a| a.kind == "ticket_note" && a.state != "done")
        {
            desk.settle(Span::seconds(1)).await;
        }
        desk.office.ledger().mood = Mood::DoesBreaks;
        desk.at_rest().await;
        assert_eq!(status_of(&desk, id), "resolved", "{:?}", desk.kind);
        assert_eq!(given(&desk).await.last().unwrap(), "done");
    });
}

#[test]
fn what_their_statuses_mean_is_ready_made_and_the_settings_say_otherwise() {
    with_each(|desk| async move {
        let id = desk.office.made("Router dead", "");
        desk.link(id).await.unwrap();
        desk.at_rest().await;
        desk.hear().await;
        desk.act(Act::AwaitFrontOffice).await.unwrap();
        desk.office.with(id, |t| t.status = "stalled".into());
        desk.hear().await;
        let link = desk.links().await.remove(0);
        assert_eq!((link.state.as_str(), link.waits), ("open", 1), "{:?}", desk.kind);
        assert_eq!(desk.events("ticket_waits").await.len(), 1);
        assert_eq!(desk.house.case(1).await.state, "new", "it is our turn");
        let means = serde_json::to_value(Means {
            solved: vec![desk.kind.status("stalled").to_uppercase()],
            open: vec![desk.kind.status("resolved")],
            ..Means::default()
        });
        let mut config = json!([{ "name": "office", "brand": "Acme", "means": means.unwrap() }]);
        config[0][desk.kind.code()] = desk.kind.section(&desk.office.url);
        let clock: Arc<dyn Clock> = desk.house.clock.clone();
        let outbound = Outbound { allow_private_addresses: true, timeout_seconds: 2, ..Outbound::default() };
        let http = HttpClient::new(&outbound, clock.clone()).unwrap();
        let config = serde_json::from_value::<Vec<_>>(config).unwrap();
        let system = tickets::build(&config, &http, &clock).unwrap().remove(0);
        let read = async |status: &str| {
            desk.office.with(id, |t| t.status = status.into());
            let tickets::Found::Stands(ticket) = system.read(&desk.kind.name(id)).await.unwrap() else {
                panic!("it stands");
            };
            ticket.state
        };
        assert_eq!(read("stalled").await, tickets::TicketState::Solved, "{:?}", desk.kind);
        assert_eq!(read("resolved").await, tickets::TicketState::Open, "{:?}", desk.kind);
    });
}

//! What each kind says when it refuses, and what that comes to; tokens; what stands in no log.

use super::desks::PASSWORD;
use super::office::TOKEN;
use super::*;
use std::io::Write;
use std::sync::Mutex;
use webcared::domain::delivery::{Looked, Outcome};
use webcared::tickets::{Back as Comes, Given, NewTicket, Note, Sought, Term, TroubleState};

const WORDS: &str = "that is not allowed";

/// A refusal in the words of a kind: status, and body.
fn refusal(kind: Kind, status: u16) -> (u16, String) {
    let body = match kind {
        Kind::Rt => json!({ "message": WORDS }),
        Kind::Webhook => json!({ "error": WORDS }),
        Kind::Zendesk => json!({ "error": "Odd", "description": WORDS }),
        Kind::Zammad => json!({ "error": "odd", "error_human": WORDS }),
        Kind::Freshdesk => {
            json!({ "description": "Validation failed", "errors": [{ "field": "x", "message": WORDS }] })
        }
        Kind::Jira => json!({ "errorMessages": [WORDS], "errors": {} }),
        Kind::Salesforce => json!([{ "errorCode": "ODD", "message": WORDS }]),
        Kind::Dynamics => json!({ "error": { "code": "0x1", "message": WORDS } }),
        Kind::Otrs => {
            let code = match status {
                401 => "TicketCreate.AuthFail",
                403 => "TicketCreate.AccessDenied",
                _ => "TicketCreate.InvalidParameter",
            };
            return (200, json!({ "Error": { "ErrorCode": code, "ErrorMessage": WORDS } }).to_string());
        }
    };
    (status, body.to_string())
}

fn by_mail() -> [Term; 1] {
    [Term { kind: Given::Email, text: "jan@example.org".into() }]
}

fn new(action: &str) -> NewTicket {
    let (subject, text) = ("Webcare #1".to_owned(), "about a router".to_owned());
    NewTicket { action_id: action.into(), subject, text, level: "P2".into(), ..NewTicket::default() }
}

impl Desk {
    fn cans(&self, status: u16, headers: &[(&'static str, &str)], body: &str) {
        let headers = headers.iter().map(|(n, v)| (*n, (*v).to_owned())).collect();
        self.office.ledger().canned = Some((status, headers, body.to_owned()));
    }

    fn calls(&self) -> usize {
        self.office.ledger().calls.len()
    }
}

#[test]
fn each_refusal_comes_to_what_it_means() {
    with_kinds(Engine::Sqlite, &Kind::ALL, |desk| async move {
        let kind = desk.kind;
        for status in [401, 403, 404, 422] {
            let (code, body) = refusal(kind, status);
            desk.cans(code, &[], &body);
            let made = desk.system.create(&new("act_1")).await;
            match status {
                401 => assert!(matches!(made, Outcome::Retry { after: Some(_), .. }), "{kind:?}: {made:?}"),
                _ => assert!(
                    matches!(&made, Outcome::Refused { reason } if reason.contains(WORDS)),
                    "{kind:?} {status}: {made:?}"
                ),
            }
            let found = desk.system.find(&by_mail()).await;
            let state = found.expect_err("nothing is found in a refusal").state;
            if status <= 403 {
                assert_eq!(state, TroubleState::NeedsToken, "{kind:?} {status}");
            }
        }
        for status in [500, 502, 503, 408] {
            desk.cans(status, &[], "<html>an error</html>");
            let made = desk.system.create(&new("act_1")).await;
            assert!(matches!(made, Outcome::Unknown { .. }), "{kind:?} {status}: {made:?}");
            assert!(desk.system.find(&by_mail()).await.is_err());
        }
    });
}

#[test]
fn junk_and_floods_break_nothing() {
    with_kinds(Engine::Sqlite, &Kind::ALL, |desk| async move {
        let flood = format!("{{\"x\":\"{}\"}}", "y".repeat(5 << 20));
        for body in ["<html>welcome</html>", "", "[]", "{}", "null", "{\"Ticket\":7,\"value\":{}}", &flood] {
            desk.cans(200, &[], body);
            let start = body.get(..12).unwrap_or(body);
            let made = desk.system.create(&new("act_1")).await;
            assert!(matches!(made, Outcome::Unknown { .. }), "{:?} on {start}: {made:?}", desk.kind);
            let read = desk.system.read(&desk.kind.name(1)).await;
            let odd = |at: &tickets::Found| matches!(at, tickets::Found::Stands(_));
            assert!(!read.as_ref().is_ok_and(odd), "{:?} on {start}: {read:?}", desk.kind);
            let sought = Sought { action_id: "act_1".into(), ticket_id: None, since: desk.house.clock_now() };
            let looked = desk.system.look(&sought).await;
            assert!(
                !matches!(looked, Looked::Done { .. } | Looked::Again { .. }),
                "{:?} on {start}: {looked:?}",
                desk.kind
            );
        }
    });
}

#[test]
fn a_system_that_asks_for_fewer_calls_is_left_alone() {
    with_kinds(Engine::Sqlite, &Kind::ALL, |desk| async move {
        let in_42 = desk.house.clock_now().plus(Span::seconds(42)).rfc3339();
        let (status, headers, wait): (u16, Vec<(&str, &str)>, i64) = match desk.kind {
            Kind::Zendesk => (429, vec![("ratelimit-reset", "42"), ("x-rate-limit-remaining", "0")], 42),
            Kind::Jira => {
                (429, vec![("x-ratelimit-reset", &in_42), ("ratelimit-reason", "jira-burst-based")], 42)
            }
            Kind::Salesforce => (403, vec![("sforce-limit-info", "api-usage=5000/5000")], 60),
            // Nothing limits those.
            Kind::Otrs | Kind::Webhook => return,
            _ => (429, vec![("retry-after", "42")], 42),
        };
        let body = match desk.kind {
            Kind::Salesforce => {
                json!([{ "errorCode": "REQUEST_LIMIT_EXCEEDED", "message": WORDS }]).to_string()
            }
            kind => refusal(kind, 429).1,
        };
        // The answer's own clock counts, so it has to be that of the test.
        let date = "Mon, 21 Sep 2026 14:13:20 GMT";
        let headers: Vec<_> = headers.into_iter().chain([("date", date)]).collect();
        desk.cans(status, &headers, &body);
        let made = desk.system.create(&new("act_1")).await;
        let Outcome::Retry { after: Some(after), .. } = made else { panic!("{:?}: {made:?}", desk.kind) };
        assert_eq!(after, Span::seconds(wait), "{:?}", desk.kind);
        if wait != 42 {
            return;
        }
        let trouble = desk.system.find(&by_mail()).await.unwrap_err();
        assert!(matches!(trouble.state, TroubleState::RateLimited { .. }), "{:?}: {trouble:?}", desk.kind);
        let calls = desk.calls();
        desk.office.ledger().canned = None;
        let trouble = desk.system.find(&by_mail()).await.unwrap_err();
        assert!(matches!(trouble.state, TroubleState::RateLimited { .. }), "{trouble:?}");
        assert_eq!(desk.calls(), calls, "it is not called while it asks not to be");
        desk.house.clock.advance(Span::seconds(43));
        desk.system.find(&by_mail()).await.unwrap();
        assert!(desk.calls() > calls);
    });
}

#[test]
fn a_key_that_was_used_is_looked_for_and_a_conflict_comes_again() {
    with_kinds(Engine::Sqlite, &[Kind::Zendesk], |desk| async move {
        let used =
            json!({ "error": "IdempotentRequestError", "description": "Request parameters don't match" });
        desk.cans(400, &[], &used.to_string());
        let made = desk.system.create(&new("act_1")).await;
        assert!(matches!(made, Outcome::Unknown { .. }), "{made:?}");
        desk.cans(409, &[], &json!({ "error": "DatabaseConflict", "description": WORDS }).to_string());
        let made = desk.system.create(&new("act_1")).await;
        assert!(matches!(made, Outcome::Retry { .. }), "{made:?}");
    });
}

#[test]
fn tokens_are_held_fetched_anew_and_never_make_a_second_ticket() {
    with_kinds(Engine::Sqlite, &[Kind::Salesforce, Kind::Dynamics], |desk| async move {
        for n in 0..3 {
            let made = desk.system.create(&new(&format!("act_{n}"))).await;
            assert!(matches!(made, Outcome::Done { .. }), "{made:?}");
        }
        assert_eq!(desk.office.ledger().tokens, 1, "one is fetched and held");
        // Somebody withdrew it: it is fetched anew, and what was refused for it is done once.
        desk.office.ledger().tokens += 1;
        assert!(matches!(desk.system.create(&new("act_3")).await, Outcome::Done { .. }));
        assert_eq!(desk.office.ledger().tokens, 3);
        assert_eq!(desk.office.ours().len(), 4);
        // It ends by itself.
        desk.house.clock.advance(Span::hours(2));
        desk.system.find(&by_mail()).await.unwrap();
        assert_eq!(desk.office.ledger().tokens, 4);
        // None is granted any more.
        desk.house.clock.advance(Span::hours(2));
        desk.office.ledger().grants_none = true;
        let made = desk.system.create(&new("act_4")).await;
        assert!(matches!(made, Outcome::Retry { after: Some(_), .. }), "{made:?}");
        assert_eq!(desk.system.find(&by_mail()).await.unwrap_err().state, TroubleState::NeedsToken);
        assert_eq!(desk.office.ours().len(), 4);
    });
}

#[test]
fn long_words_fit_and_are_known_again() {
    with_kinds(Engine::Sqlite, &Kind::ALL, |desk| async move {
        let id = desk.office.made("Router dead", "");
        let text = format!("Webcare case #1\n{}the newest words", "a router & more <b>é</b>\n".repeat(3_000));
        let (ticket_id, what) = (desk.kind.name(id), "timeline".to_owned());
        let note = Note {
            action_id: "act_1".into(),
            ticket_id: ticket_id.clone(),
            text,
            what,
            about: String::new(),
            to_customer: true,
        };
        let noted = desk.system.note(&note).await;
        assert!(matches!(noted, Outcome::Done { .. }), "{:?}: {noted:?}", desk.kind);
        let told = desk.office.told(id).remove(0);
        assert!(told.starts_with("Webcare case #1") && told.contains("the newest words"), "{:?}", desk.kind);
        let sought =
            Sought { action_id: "act_1".into(), ticket_id: Some(ticket_id), since: desk.house.clock_now() };
        assert!(matches!(desk.system.look(&sought).await, Looked::Done { .. }), "{:?}", desk.kind);
    });
}

#[test]
fn where_a_key_cannot_be_kept_a_person_is_asked() {
    with_kinds(Engine::Sqlite, &[Kind::Rt, Kind::Zammad, Kind::Otrs], |desk| async move {
        desk.office.made("Router dead", "");
        desk.office.ledger().drops_fields = true;
        let since = desk.house.clock_now().minus(Span::hours(1));
        let looked = desk.system.look(&Sought { action_id: "act_1".into(), ticket_id: None, since }).await;
        assert!(matches!(looked, Looked::Person { .. }), "{:?}: {looked:?}", desk.kind);
    });
}

#[test]
fn what_each_kind_can_do_is_data() {
    with_kinds(Engine::Sqlite, &Kind::ALL, |desk| async move {
        let can = desk.system.can();
        assert!(can.create && can.note_inside && can.status && can.find_by.contains(&Given::Ticket));
        assert_eq!(can.note_customer, desk.kind != Kind::Dynamics);
        let calls_us = Kind::SIGNING.contains(&desk.kind);
        assert_eq!(can.back == Comes::Both, calls_us, "{:?}", desk.kind);
        assert_eq!(desk.system.proof().is_some(), calls_us || desk.kind == Kind::Webhook);
        assert_eq!(desk.system.kind(), format!("tickets_{}", desk.kind.code()));
    });
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn no_secret_is_logged_or_told() {
    let mut logged = 0;
    for kind in Kind::ALL {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        let _guard = tracing::subscriber::set_default(subscriber);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let said = runtime.block_on(async {
            let desk = Desk::open(House::build(Engine::Sqlite).await, kind).await;
            let mut said = vec![format!("{:?}", desk.system.create(&new("act_1")).await)];
            said.push(format!("{:?}", desk.system.find(&by_mail()).await));
            for status in [401, 403, 500] {
                let (code, body) = refusal(kind, status);
                desk.cans(code, &[], &body);
                said.push(format!("{:?}", desk.system.create(&new("act_2")).await));
                said.push(format!("{:?}", desk.system.read(&kind.name(1)).await));
            }
            said.join("\n")
        });
        let log = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
        logged += log.len();
        let said = format!("{said}\n{log}");
        for secret in [TOKEN, PASSWORD, "tok-1", super::desks::HOOK] {
            assert!(!said.contains(secret), "{kind:?} shows {secret}");
        }
    }
    assert!(logged > 1_000, "something is logged");
}

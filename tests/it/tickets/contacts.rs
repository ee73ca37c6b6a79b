//! Contacts elsewhere that a system of one's own tells of: signed, at the case that they name, each once.

use super::doors::signed;
use super::*;
use axum::body::Bytes;
use serde_json::Value;
use webcared::casework::CustomerAct;
use webcared::domain::customer::Customer;
use webcared::domain::time::Timestamp;
use webcared::privacy::By;
use webcared::shutdown::Shutdown;
use webcared::web::{HookAnswer, Hooks};

fn contact(id: &str, about: (&str, Value), at: Timestamp) -> Value {
    let mut contact = json!({ "id": id, "kind": "phone", "at": at.rfc3339(), "text": "asks again" });
    contact[about.0] = about.1;
    json!({ "type": "contact.recorded", "contact": contact })
}

async fn rows(desk: &Desk) -> i64 {
    desk.house.count("SELECT COUNT(*) FROM other_contact WHERE kind = 'phone'").await
}

#[test]
fn a_contact_elsewhere_stands_once_at_the_case_that_it_names() {
    on_each(|house| async move {
        let desk = Desk::open(house, Kind::Webhook).await;
        let id = desk.office.made("Router dead", "");
        desk.link(id).await.unwrap();
        desk.at_rest().await;
        let told = desk.office.told(id).len();
        let shutdown = Shutdown::default();
        let hooks = desk.door(&shutdown);
        let now = desk.house.clock_now();
        let take = |value: Value| {
            let (hooks, body) = (&hooks, Bytes::from(value.to_string()));
            async move { hooks.take("office", &signed(SECRET, now, &body), body).await }
        };
        let by_case = contact("call-1", ("case", json!("acme#1")), now.minus(Span::hours(1)));
        assert_eq!(take(by_case.clone()).await, HookAnswer::Accepted { n: 1 });
        assert_eq!(take(by_case.clone()).await, HookAnswer::Accepted { n: 0 }, "the same again");
        let mut by_ticket = contact("call-2", ("ticket", json!(id)), now);
        by_ticket["contact"]["text"] = json!("asks again\0");
        assert_eq!(take(by_ticket).await, HookAnswer::Accepted { n: 1 });
        assert_eq!(rows(&desk).await, 2);
        let events = desk.events("contact").await;
        assert_eq!(events.len(), 2);
        assert_eq!(events[0].who_kind, "front_office");
        assert_eq!(events[0].at, now.minus(Span::hours(1)).millis(), "when it was, not when it was told");
        assert!(!events[0].body.contains("asks again"), "words are content");
        let words: Vec<(String,)> = desk.house.all("SELECT body FROM content WHERE kind = 'contact'").await;
        assert!(words.len() == 2 && words[0].0.contains("asks again"), "{words:?}");
        desk.at_rest().await;
        assert_eq!(desk.office.told(id).len(), told, "it is not told back");
        // Nobody is known by that number yet; once somebody says whose matter it is, their case is found by it.
        let by_number = contact("call-9", ("customer", json!("kl-4711 9")), now);
        let HookAnswer::BadRequest(found) = take(by_number.clone()).await else { panic!("it was taken") };
        assert!(found.contains("names no case") && !found.contains("4711"), "{found}");
        let customer = Customer { number: "KL-4711 9".into(), ..Customer::default() };
        desk.act(Act::Customer(CustomerAct::Say(customer))).await.unwrap();
        assert_eq!(take(by_number.clone()).await, HookAnswer::Accepted { n: 1 });
        assert_eq!(take(by_number.clone()).await, HookAnswer::Accepted { n: 0 }, "the same again");
        assert_eq!(rows(&desk).await, 3);
        // What cannot be taken is named, and leaves nothing behind.
        let mut both = by_case.clone();
        both["contact"]["ticket"] = json!("7");
        let mut fax = by_case;
        fax["contact"]["kind"] = json!("fax");
        for (value, why) in [
            (contact("call-3", ("case", json!("Acme#99")), now), "names no case"),
            (contact("call-3", ("case", json!("Tempo#1")), now), "no case"),
            (contact("call-3", ("ticket", json!("4711")), now), "names no case"),
            (contact("call-3", ("case", json!("Acme#1")), now.plus(Span::hours(1))), "future"),
            (contact("call 3/", ("case", json!("Acme#1")), now), "contact.id"),
            (both, "either a case"),
            (contact("call-3", ("customer", json!("no-such-1")), now), "names no case"),
            (fax, "there are phone, shop, letter, web_form"),
        ] {
            let HookAnswer::BadRequest(found) = take(value).await else { panic!("{why}: it was taken") };
            assert!(found.contains(why), "{why}: {found}");
        }
        assert_eq!(rows(&desk).await, 3);
        // What the customer said is theirs and not that of who wrote: it is shown to them, and goes with them.
        let theirs = "SELECT COUNT(*) FROM content WHERE kind = 'contact' AND subject LIKE 'customer/%'";
        assert_eq!(desk.house.count(theirs).await, 1);
        let privacy = crate::privacy::privacy(&desk.house);
        let lines = privacy.export("KL-4711 9").await.unwrap();
        assert!(
            lines.iter().any(|l| l.contains("con_office_call-9/text") && l.contains("asks again")),
            "{lines:?}"
        );
        privacy.erase("KL-4711 9", false, &By::Command).await.unwrap();
        assert_eq!(desk.house.count(theirs).await, 0);
        assert_eq!(
            take(by_number).await,
            HookAnswer::Accepted { n: 0 },
            "known, though nobody is found by it now"
        );
        shutdown.token.cancel();
        assert!(shutdown.drain(Span::seconds(5)).await);
    });
}

//! What machines write to a mailbox never becomes a case nor an answer, from the mail server to the database: so two
//! mailboxes with responders can never talk to each other through here.

use crate::post_office::{PostOffice, mail};
use crate::walk::House;
use crate::{Fresh, fresh_on_each};
use serde_json::json;
use webcared::clock::{Clock, SystemClock};

/// A mail with more in its head.
fn with(id: &str, from: &str, head: &str, words: &str) -> String {
    format!(
        "From: {from}\r\nTo: care@acme.example\r\nSubject: {words}\r\nMessage-ID: <{id}>\r\n{head}\r\n\r\n{words}\r\n"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn machines_open_no_case_and_nothing_is_sent_to_them() {
    for place in fresh_on_each().await {
        machines(&place).await;
    }
}

async fn machines(place: &Fresh) {
    let office = PostOffice::start().await;
    let now = SystemClock::default().now();
    let machines = [
        ("away@x.example", "jan@x.example", "Auto-Submitted: auto-replied", "I am away"),
        ("older@x.example", "jan@x.example", "X-Autoreply: yes", "I am away"),
        ("bulk@x.example", "shop@x.example", "Precedence: bulk", "Our offers"),
        ("list@x.example", "list@x.example", "List-Id: News <news.x.example>", "News"),
        ("empty@x.example", "jan@x.example", "Return-Path: <>", "Undelivered"),
        ("nobody@x.example", "no-reply@x.example", "X-A: b", "Your order"),
        (
            "report@x.example",
            "MAILER-DAEMON@x.example",
            "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
            "Undelivered",
        ),
    ];
    for (id, from, head, words) in machines {
        office.put("INBOX", now, &with(id, from, head, words));
    }
    // Two responders that answer each other, each below the mail of the other, with our mailbox in copy.
    for n in 0..20 {
        let head = format!("Auto-Submitted: auto-replied\r\nIn-Reply-To: <loop{}@x.example>", n + 1_000 - 1);
        let from = if n % 2 == 0 { "a@x.example" } else { "b@y.example" };
        office.put("INBOX", now, &with(&format!("loop{}@x.example", n + 1_000), from, &head, "I am away"));
    }
    // A person, last: once that one is a case, all before it were judged.
    office.put("INBOX", now, &mail("person@customer.example", "Where is my kettle"));
    let mut config = office.config();
    config["brand"] = "Acme".into();
    config["mail"]["smtp"] = json!({"host": "127.0.0.1", "port": 9, "security": "none", "open": true});
    let house = House::of(place, config).await;
    house
        .read_until("the person's case", async || !house.texts("SELECT id FROM cases").await.is_empty())
        .await;
    assert_eq!(house.texts("SELECT id FROM cases").await.len(), 1);
    assert_eq!(house.texts("SELECT external_id FROM mention").await, ["person@customer.example"]);
    assert!(house.texts("SELECT id FROM own_post").await.is_empty());
    assert!(
        house.texts("SELECT id FROM action WHERE kind = 'reply'").await.is_empty(),
        "nobody answers a machine"
    );
    let authors = house.texts("SELECT external_id FROM author").await;
    assert_eq!(authors, ["mia@customer.example"], "not even who they were");
    assert_eq!(house.worker.run_once().await.unwrap(), 0);
}

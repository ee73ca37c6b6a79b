//! Mails in intake, in the form in which a mailbox hands them over: whose they are, where they belong, what
//! machines' mails leave behind, what ends a wait. On both engines, in any order.

use crate::harness::{House, START, on_each};
use serde_json::{Value, json};
use webcared::domain::time::{Span, Timestamp};
use webcared::intake::{Item, SourceRules};

pub const BOX: &str = "care@acme.example";

pub fn mail(id: &str, author: &str, minutes: i64, text: &str) -> Value {
    json!({
        "platform": "email", "authority": BOX, "external_id": id, "kind": "mail", "private": true,
        "addressed": true, "author": { "id": author, "handle": author }, "text": text,
        "created_at": START.plus(Span::minutes(minutes)).rfc3339(), "conversation_id": id,
        "letter": { "subject": "Broken kettle", "folded": "> somebody else's hidden words" },
    })
}

pub fn below(mut mail: Value, root: &str, parent: &str, above: &[&str]) -> Value {
    mail["conversation_id"] = root.into();
    mail["in_reply_to"] = parent.into();
    mail["above"] = json!(above);
    mail
}

fn ours(id: &str, to: &str, parent: &str, minutes: i64) -> Value {
    let mut post = below(mail(id, BOX, minutes, "A new lid is on its way"), parent, parent, &[]);
    post["own"] = true.into();
    post["addressed"] = false.into();
    post["answers"] = to.into();
    post
}

/// Takes mails in as the mailbox of Acme brings them.
pub async fn take(house: &House, mails: &[Value]) -> webcared::intake::Tally {
    let rules = SourceRules {
        counts_from: Timestamp(0),
        brand: Some("Acme".into()),
        addresses_all: false,
        recheck_by: None,
        members_first: None,
    };
    let (reader, now) = (house.intake.reader(), house.clock_now());
    let item = |(n, mail): (usize, &Value)| {
        let body = mail.to_string().into_bytes();
        let read = reader.read(&body, &rules, now);
        Item { inbox_id: None, source: "care".into(), place: n.to_string(), received_at: now, body, read }
    };
    house.intake.take(mails.iter().enumerate().map(item).collect()).await.unwrap()
}

#[test]
fn a_mail_is_a_private_case_of_its_mailbox_with_two_hours() {
    on_each(|house| async move {
        house.clock.advance(Span::minutes(5));
        // It names another brand, which must not see it.
        take(&house, &[mail("m1", "mia@shop.example", 0, "Tempo was faster than you, where is my kettle?")])
            .await;
        let cases = house.cases().await;
        assert_eq!(cases.len(), 1);
        assert_eq!(
            (cases[0].brand_id.as_str(), cases[0].channel.as_str()),
            (house.brand_id.as_str(), "email")
        );
        assert_eq!(cases[0].private, 1);
        let clocks = house.clocks().await;
        let first = clocks.iter().find(|c| c.kind == "first_response").unwrap();
        assert_eq!(first.due_at, START.plus(Span::hours(2)).millis());
        let words =
            house.count("SELECT COUNT(*) FROM content WHERE body LIKE '%hidden words%' AND kind = 'mention'");
        assert_eq!(words.await, 1, "what was folded is kept beside the words");
        // A second reading under another number is no second mail.
        let again = take(&house, &[mail("m1", "mia@shop.example", 0, "x")]).await;
        assert_eq!((again.duplicate, again.mention), (1, 0));
    });
}

#[test]
fn replies_find_their_case_by_whatever_is_left_of_their_head() {
    on_each(|house| async move {
        house.clock.advance(Span::minutes(30));
        take(
            &house,
            &[
                mail("m1", "mia@shop.example", 0, "Where is my kettle?"),
                ours("o1", "mia@shop.example", "m1", 1),
            ],
        )
        .await;
        let mia = |id: &str, minutes| mail(id, "mia@shop.example", minutes, "And the lid, where is it?");
        take(
            &house,
            &[
                below(mia("m2", 2), "m1", "o1", &["m1"]),
                below(mia("m3", 3), "o1", "o1", &[]),
                // The parent was never seen and the root is somebody else's: what stands between counts.
                below(mia("m4", 4), "strange", "lost", &["o1", "strange"]),
            ],
        )
        .await;
        let mut numbered = mia("m5", 5);
        numbered["case_number"] = 1.into();
        take(&house, &[numbered]).await;
        assert_eq!(house.cases().await.len(), 1, "one case holds them all");
        assert_eq!(house.count("SELECT COUNT(DISTINCT mention_id) FROM judgement").await, 5);

        // Another address that names the number gets a case of its own.
        let mut eve = mail("e1", "eve@evil.example", 6, "What did Mia write, can you tell me?");
        eve["case_number"] = 1.into();
        take(&house, &[eve]).await;
        let cases = house.cases().await;
        assert_eq!(cases.len(), 2);
        assert_ne!(cases[0].conversation_id, cases[1].conversation_id);
        // A number that is no case's is nothing.
        let mut none = mail("n1", "nora@shop.example", 7, "Can you help me with my order?");
        none["case_number"] = 4711.into();
        take(&house, &[none]).await;
        assert_eq!(house.cases().await.len(), 3);
    });
}

#[test]
fn a_thread_read_backwards_gives_the_same_case() {
    on_each(|house| async move {
        house.clock.advance(Span::minutes(30));
        let first = mail("m1", "mia@shop.example", 0, "Where is my kettle?");
        let last = below(mail("m2", "mia@shop.example", 2, "And the lid?"), "m1", "o1", &["m1"]);
        take(&house, &[last]).await;
        take(&house, &[ours("o1", "mia@shop.example", "m1", 1)]).await;
        take(&house, &[first]).await;
        assert_eq!(house.cases().await.len(), 1);
        let clocks = house.clocks().await;
        let state = |kind: &str| clocks.iter().find(|c| c.kind == kind).map(|c| c.state.clone());
        assert_eq!(state("first_response").as_deref(), Some("kept"));
        assert_eq!(state("next_response").as_deref(), Some("running"));
    });
}

#[test]
fn what_was_typed_in_a_mail_program_ends_the_wait_and_opens_nothing() {
    on_each(|house| async move {
        house.clock.advance(Span::minutes(30));
        take(&house, &[mail("m1", "mia@shop.example", 0, "Where is my kettle?")]).await;
        let tally = take(&house, &[ours("typed@pc", "mia@shop.example", "m1", 10)]).await;
        assert_eq!(tally.own_echo, 1);
        assert_eq!(house.cases().await.len(), 1);
        let kept =
            house.count("SELECT COUNT(*) FROM obligation WHERE kind = 'first_response' AND state = 'kept'");
        assert_eq!(kept.await, 1);
    });
}

#[test]
fn machines_leave_a_verdict_with_their_rule_and_nothing_else() {
    on_each(|house| async move {
        house.clock.advance(Span::minutes(30));
        take(
            &house,
            &[
                mail("m1", "mia@shop.example", 0, "Where is my kettle?"),
                ours("o1", "mia@shop.example", "m1", 1),
            ],
        )
        .await;
        let before =
            (house.cases().await, house.clocks().await, house.count("SELECT COUNT(*) FROM action").await);
        // A responder answers our answer, again and again, and again when it is read a second time.
        let reply = |n: i64| {
            let mut reply = below(
                mail(&format!("auto{n}"), "robot@shop.example", 2 + n, "I am away"),
                "m1",
                "o1",
                &["m1"],
            );
            reply["filtered"] = "mail_auto_submitted".into();
            reply
        };
        for n in [0, 1, 2, 2] {
            let tally = take(&house, &[reply(n)]).await;
            assert_eq!((tally.filtered, tally.mention), (1, 0));
        }
        let after =
            (house.cases().await, house.clocks().await, house.count("SELECT COUNT(*) FROM action").await);
        assert_eq!(before, after, "no case, no clock, nothing to send: nobody answers a machine");
        let left = house.count("SELECT COUNT(*) FROM author WHERE external_id = 'robot@shop.example'").await;
        assert_eq!(left, 0, "not even who it was");
        assert_eq!(house.count("SELECT COUNT(*) FROM content WHERE body LIKE '%I am away%'").await, 0);
    });
}

//! A mailbox is read a second time by Message-ID: what stands behind the cursor, in another folder or under other
//! numbers is found, and only what is new is fetched whole.

use crate::built;
use crate::post_office::{PostOffice, mail};
use crate::sweeps::{Known, ids, swept};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use webcared::clock::{Clock, SystemClock};
use webcared::domain::time::{Span, Timestamp};
use webcared::sources::{Batch, TroubleState};

fn ago(hours: i64) -> Timestamp {
    SystemClock::default().now().minus(Span::hours(hours))
}

fn set<const N: usize>(ids: [&str; N]) -> BTreeSet<String> {
    ids.map(str::to_owned).into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_behind_the_cursor_is_found_and_nothing_known_is_fetched_again() {
    let office = PostOffice::start().await;
    for n in 0..120 {
        office.put("INBOX", ago(20), &mail(&format!("{n}@x.example"), "help"));
    }
    office.put("INBOX", ago(80), &mail("old@x.example", "help"));
    let source = built(office.config());
    let poll = source.poll().unwrap();
    let (mut cursor, mut seen) = (None, BTreeSet::new());
    loop {
        let batch = poll.poll("INBOX", cursor.as_deref()).await.unwrap();
        for item in &batch.items {
            let post: serde_json::Value = serde_json::from_slice(&item.body).unwrap();
            seen.insert(post["external_id"].as_str().unwrap().to_owned());
        }
        cursor = batch.cursor.or(cursor);
        if !batch.more {
            break;
        }
    }
    assert_eq!(seen.len(), 121);
    // A server that puts something in under a number that was passed already.
    office.ledger().folders.get_mut("INBOX").unwrap().mails.remove(50);
    let late = crate::post_office::Kept { uid: 51, at: ago(3), raw: mail("late@x.example", "where is it") };
    office.ledger().folders.get_mut("INBOX").unwrap().mails.insert(50, late);
    let batch = poll.poll("INBOX", cursor.as_deref()).await.unwrap();
    assert!(batch.items.is_empty(), "the looks pass it over");
    office.ledger().bodies = 0;
    let known = Known { ids: seen, ..Known::default() };
    let (found, pages) = swept(&*source, ago(48), &known).await;
    assert_eq!((ids(&found), pages), (set(["late@x.example"]), 3), "50, 50, 20");
    assert_eq!(office.ledger().bodies, 1, "of what is known the head is enough");
    assert_eq!(known.asked.lock().unwrap().len(), 120, "what is older is not asked about");
    let changes = office.ledger().asked.iter().any(|a| a.starts_with("SELECT") || a.contains("STORE"));
    assert!(!changes, "nothing is changed there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_rule_moved_and_what_got_new_numbers_is_found_once() {
    let office = PostOffice::start().await;
    office.put("INBOX", ago(5), &mail("stays@x.example", "help"));
    let moved = office.put("INBOX", ago(5), &mail("moved@x.example", "help"));
    office.move_to("INBOX", moved, "Orders");
    office.put("INBOX", ago(4), "From: jan@customer.example\r\nSubject: no id\r\n\r\nhelp\r\n");
    let mut config = office.config();
    config["mail"]["sweep_folders"] = json!(["Orders", "Gone"]);
    let source = built(config.clone());
    let (found, _) = swept(&*source, ago(48), &Known::default()).await;
    assert_eq!(found.len(), 3, "a folder that is not there keeps nothing back: {found:?}");
    assert!(ids(&found).is_superset(&set(["stays@x.example", "moved@x.example"])));
    // Known by Message-ID, whatever folder and number; also what has none, by its words.
    let known = Known { ids: ids(&found), ..Known::default() };
    office.renumber("INBOX");
    office.renumber("Orders");
    let (found, _) = swept(&*source, ago(48), &known).await;
    assert!(found.is_empty(), "{found:?}");
    // New numbers between two pages: the rest is read from the beginning, not passed over.
    for n in 0..70 {
        office.put("INBOX", ago(2), &mail(&format!("n{n}@x.example"), "help"));
    }
    let sweep = source.sweep().unwrap();
    let first = sweep.page("INBOX", ago(48), None, &known).await.unwrap();
    assert!(first.next.is_some() && first.items.len() == 50);
    office.ledger().folders.get_mut("INBOX").unwrap().mails.remove(0);
    office.renumber("INBOX");
    let again = sweep.page("INBOX", ago(48), first.next.as_deref(), &known).await.unwrap();
    assert_eq!(again.shown, 50, "from the newest on");
    // A folder that may not be read is a right that lacks.
    office.ledger().folders.get_mut("INBOX").unwrap().refuses = Some("[NOPERM] not yours");
    let trouble = sweep.page("INBOX", ago(48), None, &known).await.unwrap_err();
    assert_eq!(trouble.state, TroubleState::NeedsRight, "{}", trouble.why);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_the_server_does_not_give_out_holds_up_no_other() {
    let office = PostOffice::start().await;
    for n in 1..=3 {
        office.put("INBOX", ago(2), &mail(&format!("{n}@x.example"), "help"));
    }
    office.ledger().broken = Some(2);
    let source = built(office.config());
    let poll = source.poll().unwrap();
    let first = poll.poll("INBOX", None).await.unwrap();
    assert_eq!((ids(&posts(&first)), first.more), (set(["1@x.example"]), true), "what was read is kept");
    // It is asked for again, and said to be what holds things up.
    let trouble = poll.poll("INBOX", first.cursor.as_deref()).await.unwrap_err();
    assert_eq!(trouble.state, TroubleState::Broken);
    assert!(trouble.why.contains("it cannot be read"), "{}", trouble.why);
    let then = poll.poll("INBOX", first.cursor.as_deref()).await.unwrap();
    assert_eq!((ids(&posts(&then)), then.more), (set(["2@x.example", "3@x.example"]), false));
    let only_head = |post: &Value| post["text"].as_str().unwrap().contains("only its head was read");
    assert_eq!(posts(&then).iter().map(only_head).collect::<Vec<_>>(), [true, false]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_of_which_not_even_the_head_is_given_out_is_passed_over_and_named() {
    let office = PostOffice::start().await;
    for n in 1..=4 {
        office.put("INBOX", ago(2), &mail(&format!("{n}@x.example"), "help"));
    }
    office.ledger().lost = vec![2, 3];
    let source = built(office.config());
    let poll = source.poll().unwrap();
    let (mut cursor, mut seen, mut refused) = (None, Vec::new(), 0);
    for _ in 0..20 {
        match poll.poll("INBOX", cursor.as_deref()).await {
            Ok(batch) => {
                seen.extend(posts(&batch));
                cursor = batch.cursor.or(cursor);
                if !batch.more {
                    break;
                }
            }
            Err(trouble) => {
                refused += 1;
                assert!(trouble.why.contains("SERVERBUG"), "{}", trouble.why);
            }
        }
    }
    let told: Vec<&str> =
        seen.iter().filter_map(|p| p["external_id"].as_str()).filter(|id| !id.is_empty()).collect();
    assert_eq!(told, ["1@x.example", "4@x.example"], "the folder reads on");
    let why: Vec<&str> = seen.iter().filter_map(|p| p["unmapped"].as_str()).collect();
    assert_eq!(why.len(), 2, "{seen:?}");
    assert!(why[0].contains("UID 2 of the folder 'INBOX'") && why[1].contains("UID 3 "), "{why:?}");
    assert!((4..=9).contains(&refused), "each was asked for a few times: {refused}");
    // A second reading goes on around them as well.
    let (found, _) = swept(&*source, ago(48), &Known::default()).await;
    assert_eq!(ids(&found), set(["1@x.example", "4@x.example"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_gives_no_mail_out_at_all_loses_none() {
    let office = PostOffice::start().await;
    for n in 1..=3 {
        office.put("INBOX", ago(2), &mail(&format!("{n}@x.example"), "help"));
    }
    office.ledger().lost = vec![1, 2, 3];
    let source = built(office.config());
    let poll = source.poll().unwrap();
    for n in 0..12 {
        assert!(poll.poll("INBOX", None).await.is_err(), "{n}: it is not one mail that is the trouble");
    }
    office.ledger().lost.clear();
    let batch = poll.poll("INBOX", None).await.unwrap();
    assert_eq!(ids(&posts(&batch)), set(["1@x.example", "2@x.example", "3@x.example"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_server_tells_of_other_mails_moves_no_number() {
    let office = PostOffice::start().await;
    for n in 1..=30 {
        office.put("INBOX", ago(2), &mail(&format!("{n}@x.example"), "help"));
    }
    office.ledger().marks_other = Some(30);
    let source = built(office.config());
    let (mut cursor, mut seen) = (None, BTreeSet::new());
    for _ in 0..2 {
        let batch = source.poll().unwrap().poll("INBOX", cursor.as_deref()).await.unwrap();
        seen.extend(ids(&posts(&batch)));
        cursor = batch.cursor;
    }
    assert_eq!(seen.len(), 30, "25, and the five behind them");
}

fn posts(batch: &Batch) -> Vec<Value> {
    batch.items.iter().map(|item| serde_json::from_slice(&item.body).unwrap()).collect()
}

//! Deletions of others: asked for of those of whom posts are kept, given up when none are, and taken as what they are. What
//! else is asked for and delivered of an account, and what of it is billed.

use super::{Desk, around};
use crate::configured;
use crate::x_site::{JAN, ME, delivered_message};
use serde_json::{Value, json};
use webcared::sources::{Right, build};

const URL: &str = "https://care.acme.example/hooks/x";

/// Of whom deletions are delivered besides our own.
fn followed(desk: &Desk) -> Vec<String> {
    let ledger = desk.fake.ledger();
    let of_others = ledger.subscriptions.iter().filter(|s| s["filter"]["user_id"] != ME);
    of_others
        .map(|s| {
            assert_eq!((&s["event_type"], &s["webhook_id"]), (&json!("post.delete"), &json!("77")), "{s}");
            s["filter"]["user_id"].as_str().unwrap().to_owned()
        })
        .collect()
}

fn deletion(id: &str, author: &str, of: &str) -> Value {
    json!({"data": {"event_uuid": "-7", "event_type": "post.delete", "filter": {"user_id": of},
        "payload": {"id": id, "author_id": author}}})
}

#[tokio::test]
async fn deletions_are_asked_for_of_those_of_whom_posts_are_kept() {
    let desk = Desk::with(|x| x["webhook_url"] = json!(URL)).await;
    let poll = desk.source.poll().unwrap();
    poll.poll("webhook", None).await.unwrap();
    assert!(followed(&desk).is_empty(), "nobody has told of whom");
    let follow = desk.source.follow().unwrap();
    assert_eq!(follow.most(), 1_400);
    follow.these(vec![JAN.to_owned(), ME.to_owned(), "no number".to_owned(), "3333".to_owned()]);
    poll.poll("webhook", None).await.unwrap();
    assert_eq!(followed(&desk), [JAN, "3333"]);
    poll.poll("webhook", None).await.unwrap();
    assert_eq!(followed(&desk), [JAN, "3333"], "once each");
    assert_eq!(desk.fake.ledger().subscriptions.len(), 8, "our own stand as they stood");
    follow.these(vec![JAN.to_owned()]);
    poll.poll("webhook", None).await.unwrap();
    assert_eq!(followed(&desk), [JAN], "of whom nothing is kept is given up");
    // Many are asked for a few at a time.
    follow.these((5_000..5_100).map(|n| n.to_string()).collect());
    desk.clock.advance(webcared::domain::time::Span::minutes(10));
    poll.poll("webhook", None).await.unwrap();
    assert_eq!(followed(&desk).len(), 12);
}

#[tokio::test]
async fn switched_off_nothing_is_asked_for_and_what_was_is_given_up() {
    let desk = Desk::with(|x| x["webhook_url"] = json!(URL)).await;
    let poll = desk.source.poll().unwrap();
    desk.source.follow().unwrap().these(vec![JAN.to_owned()]);
    poll.poll("webhook", None).await.unwrap();
    assert_eq!(followed(&desk), [JAN]);
    let mut config = desk.fake.config();
    (config["x"]["webhook_url"], config["x"]["follow_deletes"]) = (json!(URL), json!(false));
    let off = build(&configured(config), &around(&desk.clock, &desk.vault)).unwrap().remove(0);
    assert_eq!(off.follow().unwrap().most(), 0);
    off.poll().unwrap().poll("webhook", None).await.unwrap();
    assert!(followed(&desk).is_empty());
    // Without a webhook there is nowhere to tell it.
    assert!(desk.another().follow().is_none());
}

#[tokio::test]
async fn a_deletion_of_somebody_is_theirs_and_one_of_ours_is_ours() {
    let desk = Desk::with(|x| x["user_id"] = json!("")).await;
    // Before anybody has learned who we are, of whom it was asked for tells it.
    let ours = desk.deliver(&deletion("9001", ME, ME));
    assert_eq!((ours[0]["deleted"].clone(), ours[0]["own"].clone()), (json!(true), json!(true)));
    let mut theirs = deletion("9002", JAN, JAN);
    theirs["data"]["tag"] = json!("x/deletes");
    let theirs = desk.deliver(&theirs);
    assert_eq!(theirs.len(), 1);
    assert_eq!(
        (theirs[0]["external_id"].clone(), theirs[0]["deleted"].clone()),
        (json!("9002"), json!(true))
    );
    assert_ne!(theirs[0]["own"], true);
    desk.look("mentions", &mut None).await.unwrap();
    assert_ne!(desk.deliver(&deletion("9003", JAN, JAN))[0]["own"], true, "by now we know who we are");
    assert_eq!(desk.deliver(&deletion("9004", ME, ME))[0]["own"], true);
}

#[tokio::test]
async fn one_kind_that_is_refused_keeps_nothing_else_from_being_delivered() {
    let desk = Desk::with(|x| x["webhook_url"] = json!(URL)).await;
    let poll = desk.source.poll().unwrap();
    desk.source.follow().unwrap().these(vec![JAN.to_owned()]);
    desk.fake.ledger().refused_kind = "post.reply.create";
    let trouble = poll.poll("webhook", None).await.unwrap_err();
    assert!(trouble.why.contains("not for you"), "{}", trouble.why);
    let kinds = |desk: &Desk| desk.fake.ledger().subscriptions.len();
    assert_eq!((kinds(&desk), followed(&desk)), (6, vec![JAN.to_owned()]), "five of ours, and theirs");
    desk.fake.ledger().refused_kind = "";
    poll.poll("webhook", None).await.unwrap();
    assert_eq!(kinds(&desk), 7);
    // What is public is asked for by the app, the rest by the account: the app alone would be refused.
    assert!(desk.fake.ledger().subscriptions.iter().any(|s| s["event_type"] == "dm.received"));
}

#[tokio::test]
async fn who_takes_the_apps_leave_back_is_told_by_the_payload_and_may_be_somebody_else() {
    let desk = Desk::with(|_| {}).await;
    let revoke = |of: &str| {
        json!({"data": {"event_uuid": "5", "filter": {}, "event_type": "oauth.revoke",
            "payload": {"date_time": "2026-07-23T21:44:05+00:00", "user_id": of, "app_id": "29820954"}}})
    };
    assert!(desk.deliver(&revoke("9999")).is_empty());
    let grants = desk.source.grants().unwrap();
    assert_eq!(grants.lacks(Right::Answer), None, "another account of the same app");
    assert!(desk.deliver(&revoke(ME)).is_empty());
    assert!(grants.lacks(Right::Answer).is_some() && grants.lacks(Right::Private).is_some());
}

#[tokio::test]
async fn what_the_account_says_itself_is_delivered_free_of_charge() {
    let desk = Desk::with(|_| {}).await;
    for sender in [JAN, ME] {
        let now = desk.now();
        desk.fake.ledger().message(now, sender, "hello");
    }
    let messages = desk.fake.ledger().messages.clone();
    for message in &messages {
        assert_eq!(desk.deliver(&delivered_message(message)).len(), 1);
    }
    let spent = desk.source.purse().unwrap().take();
    let counted: Vec<(&str, i64)> = spent.iter().map(|s| (s.2.as_str(), s.3)).collect();
    assert_eq!(counted, [("message_event", 1)]);
}

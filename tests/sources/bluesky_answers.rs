//! What an account of Bluesky says, on a server with a ledger: an answer stands once whatever becomes of
//! its confirmation, refusals come in words, and a second look tells what is gone.

use crate::Shelf;
use crate::bluesky::{Rig, all, poll};
use crate::pds::{FakePds, Fault, OWN, PASSWORD};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use webcared::domain::delivery::{Looked, Outcome};
use webcared::domain::time::Span;
use webcared::sources::config::BlueskyConfig;
use webcared::sources::reply::{Draft, Measure, Outgoing, PostRef};
use webcared::sources::{Outside, Source, Standing, TroubleState, bluesky_account};

#[tokio::test]
async fn an_answer_is_one_record_and_a_repeat_changes_nothing() {
    let rig = Rig::start().await;
    let (now, source) = (rig.now(), rig.source());
    let root = rig.pds.ledger().post("did:plc:carl", now, now, json!({ "text": "my parcel!" }));
    let to = rig.pds.ledger().reply("did:plc:anna", now, "mine too", &root, &root);
    let reply = source.reply().unwrap();
    let draft = Draft {
        text: "Grüße 👋 @anna.example and @nobody.example, see https://acme.example/ü #help".into(),
        sign: "Jan".into(),
        to: PostRef { external_id: to.clone(), ..PostRef::default() },
    };
    let composed = reply.compose(&draft);
    assert!(composed.text.ends_with("#help ^Jan") && composed.refused.is_none());
    let outgoing = rig.outgoing(&to, &composed.text, 77);
    rig.clock.advance(Span::seconds(5));
    let Outcome::Done { remote_id, at } = reply.send(&outgoing).await else { panic!("not done") };
    assert_eq!(Some(&remote_id), reply.expected_id(&outgoing.key).as_ref());
    assert!(at.is_some(), "the revision tells the server's time");
    let record = rig.pds.ledger().records[&remote_id].record.clone();
    let cid = |uri: &str| json!(rig.pds.ledger().records[uri].cid);
    assert_eq!(record["reply"]["root"], json!({ "uri": root, "cid": cid(&root) }));
    assert_eq!(record["reply"]["parent"], json!({ "uri": to, "cid": cid(&to) }));
    assert_eq!((&record["langs"], &record["createdAt"]), (&json!(["en"]), &json!(now.rfc3339())));
    let text = record["text"].as_str().unwrap();
    let marked: Vec<(&str, &str)> =
        record["facets"].as_array().unwrap().iter().map(|f| facet(text, f)).collect();
    let expected = [
        ("@anna.example", "app.bsky.richtext.facet#mention"),
        ("https://acme.example/ü", "app.bsky.richtext.facet#link"),
        ("#help", "app.bsky.richtext.facet#tag"),
    ];
    assert_eq!(marked, expected);
    // Again, and by a process that knows nothing of the first: the same record, once.
    for _ in 0..2 {
        let again = rig.source().reply().unwrap().send(&outgoing).await;
        assert_eq!(again, Outcome::Done { remote_id: remote_id.clone(), at: None });
    }
    assert_eq!(rig.pds.ledger().written.len(), 1);
    assert_eq!(rig.pds.ledger().attempts, 3);
    // Read back it is told by the time of sending, not by that of the intent in its key.
    let found = all(&source, "own", &mut None).await.unwrap();
    assert!(found.len() == 1 && found[0].own);
    assert_eq!(found[0].created_at, now.plus(Span::seconds(5)).rfc3339());
}

fn facet<'a>(text: &'a str, facet: &'a Value) -> (&'a str, &'a str) {
    let place = |key: &str| facet["index"][key].as_u64().unwrap() as usize;
    (&text[place("byteStart")..place("byteEnd")], facet["features"][0]["$type"].as_str().unwrap())
}

#[tokio::test]
async fn too_long_is_said_before_it_is_sent() {
    let rig = Rig::start().await;
    let reply = rig.source();
    let reply = reply.reply().unwrap();
    let to = PostRef { external_id: "at://did:plc:a/app.bsky.feed.post/3k".into(), ..PostRef::default() };
    let draft = |text: String| Draft { text, sign: String::new(), to: to.clone() };
    assert_eq!(reply.compose(&draft("ü".repeat(300))).refused, None);
    assert!(reply.compose(&draft("ü".repeat(301))).refused.unwrap().contains("301"));
    let families = reply.compose(&draft("👨‍👩‍👧‍👦".repeat(130)));
    assert!(families.measure.length == 130 && families.refused.unwrap().contains("bytes"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_becomes_of_the_confirmation_the_answer_stands_once() {
    let rig = Rig::start().await;
    let (now, source) = (rig.now(), rig.source());
    poll(&source).await.unwrap();
    let to = rig.pds.ledger().mention(now, now, "@brand.example hi");
    let faults = [
        Fault::Written500,
        Fault::WrittenDrop,
        Fault::WrittenStall,
        Fault::WrittenCut,
        Fault::WrittenJunk,
        Fault::Lost500,
    ];
    let sent = faults.into_iter().enumerate().map(|(n, fault)| {
        let outgoing = rig.outgoing(&to, &format!("answer {n}"), n as u64);
        rig.pds.ledger().faults.insert(outgoing.key.clone(), fault);
        let reply = source.reply().unwrap();
        async move { (fault, reply.send(&outgoing).await, outgoing) }
    });
    for (fault, outcome, outgoing) in futures_util::future::join_all(sent).await {
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{fault:?}: {outcome:?}");
        // Somebody else looks: the process that sent may be gone.
        let other = rig.source();
        let looked = other.reply().unwrap().look(&outgoing).await;
        if fault == Fault::Lost500 {
            assert!(matches!(looked, Looked::Again { .. }), "{looked:?}");
            let again = other.reply().unwrap().send(&outgoing).await;
            assert!(matches!(again, Outcome::Done { .. }), "{again:?}");
            continue;
        }
        let Looked::Done { remote_id, .. } = looked else { panic!("{fault:?}: {looked:?}") };
        assert_eq!(Some(remote_id), source.reply().unwrap().expected_id(&outgoing.key));
    }
    let mut texts: BTreeMap<String, usize> = BTreeMap::new();
    let standing = rig.pds.ledger().own_posts();
    for uri in standing {
        let text = rig.pds.ledger().records[&uri].record["text"].as_str().unwrap().to_owned();
        *texts.entry(text).or_default() += 1;
    }
    assert_eq!(texts.len(), faults.len());
    assert!(texts.values().all(|n| *n == 1) && rig.pds.ledger().written.len() == faults.len());
}

#[tokio::test]
async fn what_was_not_sent_may_go_again_when_the_server_says() {
    let rig = Rig::start().await;
    let (now, source) = (rig.now(), rig.source());
    let to = rig.pds.ledger().mention(now, now, "@brand.example hi");
    let outgoing = rig.outgoing(&to, "answer", 1);
    rig.pds.ledger().faults.insert(outgoing.key.clone(), Fault::Limited);
    let reply = source.reply().unwrap();
    let Outcome::Retry { after: Some(after), .. } = reply.send(&outgoing).await else { panic!("no retry") };
    assert!(after > Span::seconds(80) && after <= Span::seconds(90), "{after}");
    assert!(rig.pds.ledger().written.is_empty());
    // Until then nothing more is written, and it is said without a call.
    assert!(matches!(reply.send(&outgoing).await, Outcome::Retry { .. }));
    assert_eq!(rig.pds.ledger().attempts, 1);
    rig.clock.advance(Span::seconds(91));
    rig.pds.ledger().expire();
    assert!(matches!(reply.send(&outgoing).await, Outcome::Done { .. }), "also with an expired token");
    assert_eq!(rig.pds.ledger().written.len(), 1);

    let gone = FakePds::start().await.url.clone();
    let config = BlueskyConfig {
        server: gone,
        account: "brand.example".into(),
        app_password: Some(PASSWORD.to_owned().into()),
        ..BlueskyConfig::default()
    };
    let outside = Outside { vault: Arc::new(Shelf::default()), ..crate::outside() };
    let lonely = bluesky_account::BlueskyAccount::new("x", None, &config, &outside).unwrap();
    let outcome = lonely.reply().unwrap().send(&outgoing).await;
    assert!(matches!(outcome, Outcome::Retry { .. }), "{outcome:?}");
}

#[tokio::test]
async fn what_stands_under_our_key_is_ours_only_if_it_says_the_same() {
    let rig = Rig::start().await;
    let (now, source) = (rig.now(), rig.source());
    let to = rig.pds.ledger().mention(now, now, "@brand.example hi");
    let reply = source.reply().unwrap();
    let first = rig.outgoing(&to, "answer", 1);
    let Outcome::Done { remote_id, .. } = reply.send(&first).await else { panic!("not done") };
    // The customer edited meanwhile: the parent's cid is another, so the record is no longer the same.
    rig.pds.ledger().edit(&to, "@brand.example hello");
    assert_eq!(reply.send(&first).await, Outcome::Done { remote_id, at: None });
    let other = Outgoing { text: "something else".into(), ..first.clone() };
    let outcome = reply.send(&other).await;
    assert!(matches!(&outcome, Outcome::Refused { reason } if reason.contains("key")), "{outcome:?}");
    let looked = reply.look(&other).await;
    assert!(matches!(looked, Looked::Person { .. }), "{looked:?}");
    assert_eq!(rig.pds.ledger().written.len(), 1);
}

#[tokio::test]
async fn what_cannot_be_answered_is_refused_in_words() {
    let rig = Rig::start().await;
    let (now, source) = (rig.now(), rig.source());
    let to = rig.pds.ledger().mention(now, now, "@brand.example hi");
    let (gone, limited) = {
        let mut l = rig.pds.ledger();
        let gone = l.mention(now, now, "gone");
        l.records.remove(&gone);
        let limited = l.mention(now, now, "limited");
        l.limited.insert(limited.clone());
        (gone, limited)
    };
    let reply = source.reply().unwrap();
    let refused = async |to: &str, text: &str| match reply.send(&rig.outgoing(to, text, 9)).await {
        Outcome::Refused { reason } => reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&gone, "x").await, "its author has removed the post");
    assert!(refused(&limited, "x").await.contains("reply"));
    assert!(refused(&to, "forbidden").await.contains("forbidden"));
    assert!(refused("https://toot.example/1", "x").await.contains("Bluesky"));
    rig.pds.ledger().blocking.insert("did:plc:anna".into());
    assert!(refused(&to, "x").await.contains("blocked"));
    assert!(rig.pds.ledger().written.is_empty());
}

#[tokio::test]
async fn looking_again_tells_what_is_gone_what_was_edited_and_what_is_only_hidden() {
    let rig = Rig::start().await;
    let (now, source) = (rig.now(), rig.source());
    let (same, edited, gone, hidden, own) = {
        let mut l = rig.pds.ledger();
        let ids = ["same", "edited", "gone"].map(|t| l.mention(now, now, t));
        let hidden = l.post("did:plc:carl", now, now, json!({ "text": "hidden" }));
        let own = l.post(OWN, now, now, json!({ "text": "ours" }));
        let [same, edited, gone] = ids;
        (same, edited, gone, hidden, own)
    };
    let reference = |uri: &String, known: bool| PostRef {
        external_id: uri.clone(),
        local_id: known.then(|| rig.pds.ledger().records[uri].cid.clone()),
        ..PostRef::default()
    };
    let mut asked = vec![reference(&same, true), reference(&edited, true), reference(&gone, true)];
    asked.extend([reference(&hidden, true), reference(&own, false), reference(&same, false)]);
    rig.pds.ledger().edit(&edited, "edited, really");
    rig.pds.ledger().records.remove(&gone);
    rig.pds.ledger().blocking.insert("did:plc:carl".into());
    let recheck = source.recheck().unwrap();
    assert_eq!(recheck.at_once(), 25);
    let standing = recheck.standing(&asked).await.unwrap();
    let edits: Vec<Option<bool>> = standing
        .iter()
        .map(|s| match s {
            Standing::Stands(post) => Some(post.edited_at.is_some()),
            _ => None,
        })
        .collect();
    assert_eq!(edits, [Some(false), Some(true), None, None, Some(false), Some(true)]);
    assert_eq!((&standing[2], &standing[3]), (&Standing::Gone, &Standing::Unknown));
    // One that the view cannot show holds up no other.
    rig.pds.ledger().broken.insert(hidden.clone());
    let beside = recheck.standing(&[asked[3].clone(), asked[2].clone()]).await.unwrap();
    assert_eq!(beside, [Standing::Unknown, Standing::Gone]);
    let Standing::Stands(post) = &standing[1] else { panic!("gone") };
    assert_eq!(post.text, "edited, really");
    // Our own are known by the version that was read back.
    let ours = reference(&own, true);
    rig.pds.ledger().edit(&own, "ours, put right");
    let found = recheck.standing(&[ours]).await.unwrap();
    let Standing::Stands(post) = &found[0] else { panic!("{found:?}") };
    assert!(post.own && post.edited_at.is_some() && post.text == "ours, put right", "{post:?}");
    rig.pds.ledger().records.remove(&own);
    assert_eq!(recheck.standing(&[asked[4].clone()]).await.unwrap(), [Standing::Gone]);
}

#[tokio::test]
async fn measures_taken_twice_are_taken_once_and_can_be_taken_back() {
    let rig = Rig::start().await;
    let (now, source) = (rig.now(), rig.source());
    let to = rig.pds.ledger().mention(now, now, "@brand.example thanks!");
    let reply = source.reply().unwrap();
    let outgoing = Outgoing { key: "act_1".into(), ..rig.outgoing(&to, "", 1) };
    let take = async |measure| {
        for _ in 0..2 {
            let outcome = reply.moderate(measure, &outgoing, "house rule 3").await;
            assert!(matches!(outcome, Outcome::Done { .. }), "{measure:?}: {outcome:?}");
        }
    };
    let count = |part: &str| rig.pds.ledger().records.keys().filter(|u| u.contains(part)).count();
    take(Measure::Like).await;
    assert_eq!(count("app.bsky.feed.like"), 1);
    take(Measure::Unlike).await;
    assert_eq!(count("app.bsky.feed.like"), 0);
    take(Measure::Block).await;
    assert_eq!(count("app.bsky.graph.block"), 1);
    take(Measure::Unblock).await;
    assert_eq!(count("app.bsky.graph.block"), 0);
    take(Measure::Mute).await;
    assert_eq!(rig.pds.ledger().muted.last().map(String::as_str), Some("did:plc:anna"));
    take(Measure::Unmute).await;
    assert!(rig.pds.ledger().muted.is_empty());
    let told = reply.moderate(Measure::Report, &outgoing, "house rule 3").await;
    assert!(matches!(told, Outcome::Done { .. }));
    let report = rig.pds.ledger().reports[0].clone();
    assert_eq!((&report["subject"]["uri"], &report["reason"]), (&json!(to), &json!("house rule 3")));
    assert_eq!(reply.measures(), Measure::OF_ACCOUNTS);
}

#[tokio::test]
async fn looking_stops_before_the_server_must_say_so_and_answers_still_leave() {
    let rig = Rig::start().await;
    let (now, source) = (rig.now(), rig.source());
    let to = rig.pds.ledger().mention(now, now, "@brand.example hi");
    rig.pds.ledger().remaining = Some(600);
    source.poll().unwrap().poll("notifications", None).await.unwrap();
    let trouble = poll(&source).await.unwrap_err();
    assert!(matches!(trouble.state, TroubleState::RateLimited { .. }), "{trouble:?}");
    let sent = source.reply().unwrap().send(&rig.outgoing(&to, "answer", 1)).await;
    assert!(matches!(sent, Outcome::Done { .. }), "{sent:?}");
    rig.pds.ledger().remaining = Some(2_900);
    rig.clock.advance(Span::seconds(121));
    poll(&source).await.unwrap();
    let calls: usize = rig.pds.ledger().calls.values().sum();
    assert_eq!(source.take_calls(), [("bluesky:brand.example".to_owned(), calls as i64)]);
    assert!(source.take_calls().is_empty());
}

#[tokio::test]
async fn somebody_whose_did_is_their_own_host_is_answered_and_named() {
    const SHOP: &str = "did:web:shop.example";
    let rig = Rig::start().await;
    let now = rig.now();
    let to = rig.pds.ledger().post(SHOP, now, now, json!({ "text": "my parcel!" }));
    assert!(to.starts_with("at://did:web:shop.example/"), "{to}");
    let outgoing = rig.outgoing(&to, "@shop.example it is on its way ^Jan", 78);
    let Outcome::Done { remote_id, .. } = rig.source().reply().unwrap().send(&outgoing).await else {
        panic!("not done")
    };
    let record = rig.pds.ledger().records[&remote_id].record.clone();
    assert_eq!(record["reply"]["parent"]["uri"], json!(to));
    assert_eq!(record["facets"][0]["features"][0]["did"], SHOP, "{record}");
}

//! A forum: what is read and what never is, what is ours, deliveries, and answers that stand there once.

use crate::forum::{ACCOUNT, FakeForum, Mood, NOON, refused};
use crate::site::Reply as Page;
use crate::{Daemon, configured, eventually, fresh_on_each, outside};
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use serde_json::{Value, json};
use std::sync::Arc;
use webcared::clock::{Clock, ManualClock};
use webcared::domain::delivery::{Looked, Outcome};
use webcared::domain::time::Span;
use webcared::sources::discourse::{PRIVATE, PUBLIC};
use webcared::sources::reply::{Draft, Outgoing, PostRef};
use webcared::sources::webhook::Refusal;
use webcared::sources::{Batch, Outside, Reach, Source, SourceTrouble, Standing, TroubleState, build};

const BOB: (i64, &str) = (3, "bob");
const AN: (i64, &str) = (4, "an");
const JAN: (i64, &str) = (5, "Jan.Staff");
const HOOK: &str = "a-secret-of-the-hook";
const VECTOR: &str = "902be8bac819ac8d11b8e71b07056046fb24eb3699ab93dabc93dedf9836c0d3";

pub(crate) fn config(forum: &FakeForum) -> Value {
    json!({"name": "forum", "discourse": {"server": forum.site.url, "account": ACCOUNT,
        "api_key": "s3cret-key-of-the-forum", "webhook_secret": HOOK, "staff": ["jan.staff"], "every_seconds": 5,
        "calls_per_minute": 1000}})
}

/// What an outcome has to be.
type Judged = Box<dyn Fn(&Outcome) -> bool>;
/// What a trouble has to be.
type Seen = fn(&TroubleState) -> bool;

struct Member {
    forum: FakeForum,
    source: Arc<dyn Source>,
    clock: Arc<ManualClock>,
    cursor: Option<String>,
}

impl Member {
    async fn start() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut Value)) -> Self {
        let forum = FakeForum::start().await;
        let clock = ManualClock::at(NOON.plus(Span::hours(1)));
        let mut config = config(&forum);
        change(&mut config);
        let outside = Outside { clock: clock.clone(), ..outside() };
        let source = build(&configured(config), &outside).unwrap().remove(0);
        Self { forum, source, clock, cursor: None }
    }

    async fn poll(&mut self) -> Result<Batch, SourceTrouble> {
        let batch = self.source.poll().unwrap().poll(PUBLIC, self.cursor.as_deref()).await?;
        self.cursor = batch.cursor.clone().or(self.cursor.take());
        Ok(batch)
    }

    async fn look(&mut self) -> Vec<Value> {
        let mut found = Vec::new();
        loop {
            let batch = self.poll().await.unwrap();
            found.extend(posts(&batch));
            if !batch.more {
                return found;
            }
        }
    }

    fn outgoing(id: i64, text: &str) -> Outgoing {
        Outgoing {
            action_id: "act".into(),
            key: "key".into(),
            to: PostRef {
                external_id: id.to_string(),
                author_handle: "bob".into(),
                visibility: "public".into(),
                ..PostRef::default()
            },
            text: text.into(),
            visibility: "public".into(),
            language: "en".into(),
            made_at: NOON,
            first_sent_at: None,
            case_number: None,
            files: Vec::new(),
        }
    }

    async fn send(&self, outgoing: &Outgoing) -> Outcome {
        self.source.reply().unwrap().send(outgoing).await
    }

    fn posted(&self) -> Vec<String> {
        self.forum.ledger().posted.iter().map(|(_, words)| words.clone()).collect()
    }
}

fn posts(batch: &Batch) -> Vec<Value> {
    batch.items.iter().map(|i| serde_json::from_slice(&i.body).unwrap()).collect()
}

fn ids(posts: &[Value]) -> Vec<i64> {
    posts.iter().map(|p| p["external_id"].as_str().unwrap().parse().unwrap()).collect()
}

#[tokio::test]
async fn topics_are_conversations_and_everybody_has_their_part() {
    let mut m = Member::start().await;
    let question = m.forum.post(11, 1, BOB, "My phone is dead");
    let peer = m.forum.post(11, 2, AN, "Pull the battery");
    let staff = m.forum.post(11, 3, JAN, "Send it to us, please");
    m.forum.change(staff, &json!({"reply_to_post_number": 2}));
    let by_rank = m.forum.post(11, 4, (6, "mod"), "Moved here");
    m.forum.change(by_rank, &json!({"moderator": true}));
    let whisper = m.forum.post(11, 5, JAN, "the customer is difficult");
    m.forum.change(whisper, &json!({"post_type": 4}));
    let note = m.forum.post(11, 6, JAN, "closed");
    m.forum.change(note, &json!({"post_type": 3}));
    let found = m.look().await;
    assert_eq!(ids(&found), [question, peer, staff, by_rank], "no whisper, no note, oldest first");
    assert!(found.iter().all(|p| p["conversation_id"] == "topic/11" && p["platform"] == "discourse"));
    assert_eq!(
        (found[0]["addressed"].as_bool(), found[0]["text"].as_str()),
        (Some(true), Some("Topic 11\n\nMy phone is dead"))
    );
    assert_eq!((found[1]["context"].as_bool(), found[1]["in_reply_to"].as_str()), (Some(true), Some("100")));
    assert_eq!(
        (found[2]["own"].as_bool(), found[2]["answers"].as_str(), found[2]["in_reply_to"].as_str()),
        (Some(true), Some("4"), Some("101"))
    );
    assert_eq!(
        (found[3]["own"].as_bool(), found[3]["answers"].as_str()),
        (Some(true), Some("3")),
        "what answers nobody answers who began"
    );
    assert!(m.look().await.is_empty());
}

#[tokio::test]
async fn the_beginning_of_an_older_topic_is_read_along() {
    let mut m = Member::start().await;
    m.forum.post(11, 1, BOB, "My phone is dead");
    for n in 0..40 {
        m.forum.post(50 + n * 10, 1, AN, "other");
    }
    let late = m.forum.post(11, 2, AN, "acme is to blame");
    let found = m.look().await;
    let at = found.iter().position(|p| p["external_id"].as_str() == Some(&*late.to_string())).unwrap();
    assert_eq!(
        (found[at - 1]["external_id"].as_str(), found[at - 1]["context"].as_bool()),
        (Some("100"), Some(true))
    );
    assert_eq!(found[at]["in_reply_to"], "100");
}

#[tokio::test]
async fn nothing_is_missed_behind_a_long_night_and_edits_and_removals_are_seen() {
    let mut m = Member::start().await;
    let first = m.forum.post(11, 1, BOB, "one");
    assert_eq!(ids(&m.look().await), [first]);
    let night: Vec<i64> = (0..130).map(|n| m.forum.post(20 + n, 1, AN, "night")).collect();
    let mut found = ids(&m.look().await);
    found.sort_unstable();
    assert_eq!(found, night);
    m.forum.change(
        night[129],
        &json!({"raw": "night, edited", "version": 2, "updated_at": NOON.plus(Span::minutes(50)).rfc3339()}),
    );
    m.forum.change(night[128], &json!({"user_deleted": true}));
    let found = m.look().await;
    let of = |id: i64| found.iter().find(|p| p["external_id"].as_str() == Some(&*id.to_string())).unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(of(night[129])["edited_at"], NOON.plus(Span::minutes(50)).rfc3339());
    assert_eq!(of(night[128])["deleted"], true);
    let recheck = m.source.recheck().unwrap();
    let asked: Vec<PostRef> = [night[128], night[129], night[0], 77_777]
        .map(|id| PostRef { external_id: id.to_string(), ..PostRef::default() })
        .to_vec();
    let standing = recheck.standing(&asked).await.unwrap();
    assert_eq!((&standing[0], &standing[3]), (&Standing::Gone, &Standing::Gone));
    let Standing::Stands(edited) = &standing[1] else { panic!("{standing:?}") };
    assert_eq!((edited.text.as_str(), edited.edited_at.is_some()), ("Topic 149\n\nnight, edited", true));
    let Standing::Stands(same) = &standing[2] else { panic!("{standing:?}") };
    assert_eq!((same.text.as_str(), same.edited_at.is_none()), ("Topic 20\n\nnight", true));
}

#[tokio::test]
async fn only_the_chosen_categories_are_read() {
    let mut m = Member::with(|c| c["discourse"]["categories"] = json!([1])).await;
    let watched = m.forum.post(11, 1, BOB, "here");
    m.forum.post(12, 1, BOB, "elsewhere");
    let unsaid = m.forum.post(21, 1, BOB, "here too");
    m.forum.change(unsaid, &json!({"category_id": null}));
    assert_eq!(ids(&m.look().await), [watched], "a topic of no category is none of them");
}

fn signed(body: &str, secret: &str, event: &str) -> HeaderMap {
    let mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap().chain_update(body.as_bytes());
    let bytes = mac.finalize().into_bytes();
    let hex = bytes.iter().fold(String::new(), |hex, byte| hex + &*format!("{byte:02x}"));
    let mut headers = HeaderMap::new();
    headers.insert("x-discourse-event-signature", format!("sha256={hex}").parse().unwrap());
    headers.insert("x-discourse-event", event.parse().unwrap());
    headers
}

#[tokio::test]
async fn deliveries_are_checked_and_bring_the_same_posts() {
    let m = Member::start().await;
    let hook = m.source.hook().unwrap();
    let id = m.forum.post(11, 1, BOB, "My phone is dead");
    let take = |body: &str, headers: &HeaderMap| {
        let items = hook.items(headers, body.as_bytes(), m.clock.now())?;
        Ok::<Vec<Value>, Refusal>(
            items.iter().map(|i| serde_json::from_slice(&i.body).unwrap_or_default()).collect(),
        )
    };
    let body = json!({"post": m.forum.shown(id)}).to_string();
    let good = signed(&body, HOOK, "post_created");
    let delivered = take(&body, &good).unwrap();
    assert_eq!(take(&body, &good).unwrap(), delivered, "the same again is the same");
    let polled = m.source.poll().unwrap().poll(PUBLIC, None).await.unwrap();
    assert_eq!(posts(&polled), delivered, "as the look reads it");
    // A vector made with: printf '{"ping":"OK"}' | openssl dgst -sha256 -hmac a-secret-of-the-hook
    let mut vector = HeaderMap::new();
    vector.insert("x-discourse-event-signature", format!("sha256={VECTOR}").parse().unwrap());
    assert_eq!(take("{\"ping\":\"OK\"}", &vector), Ok(Vec::new()));

    for (body, headers) in [
        (body.replace("dead", "alive"), good.clone()),
        (body.clone(), signed(&body, "another-secret", "post_created")),
        (body.clone(), {
            let mut h = good.clone();
            h.insert("x-discourse-event-signature", "sha256=zz".parse().unwrap());
            h
        }),
    ] {
        assert_eq!(take(&body, &headers), Err(Refusal::Signature));
    }
    assert!(matches!(take(&body, &HeaderMap::new()), Err(Refusal::Missing(_))));

    let edited = {
        let mut p = m.forum.shown(id);
        p["version"] = json!(2);
        p["raw"] = json!("My phone lives");
        json!({"post": p}).to_string()
    };
    let edit = take(&edited, &signed(&edited, HOOK, "post_edited")).unwrap().remove(0);
    assert!(edit["edited_at"].is_string() && edit["text"] == "Topic 11\n\nMy phone lives");
    let gone = take(&body, &signed(&body, HOOK, "post_destroyed")).unwrap().remove(0);
    assert!(gone["deleted"] == true && gone["text"] == "");
    for (key, value) in [("post_type", json!(4)), ("post_type", json!(3)), ("hidden", json!(true))] {
        let mut post = m.forum.shown(id);
        post[key] = value;
        let body = json!({ "post": post }).to_string();
        assert_eq!(take(&body, &signed(&body, HOOK, "post_created")).unwrap(), Vec::<Value>::new());
    }
    for body in ["{\"ping\":\"OK\"}", "{\"topic\":{\"id\":1}}", "[]"] {
        assert!(take(body, &signed(body, HOOK, "x")).unwrap().is_empty(), "{body}: acknowledged and left");
    }
    for junk in ["", "not json", "{\"post\":7}"] {
        assert_eq!(
            take(junk, &signed(junk, HOOK, "post_created")).unwrap().len(),
            1,
            "{junk}: kept for a person"
        );
    }
    let without =
        Member::with(|c| drop(c["discourse"].as_object_mut().unwrap().remove("webhook_secret"))).await;
    assert!(without.source.hook().is_none());
}

#[tokio::test]
async fn an_answer_stands_there_once_whatever_becomes_of_the_word() {
    let m = Member::start().await;
    let question = m.forum.post(11, 1, BOB, "My phone is dead");
    let peer = m.forum.post(11, 2, AN, "Mine too");
    let outcome = m.send(&Member::outgoing(peer, "Please send it to us, An.")).await;
    assert!(matches!(outcome, Outcome::Done { at: Some(_), .. }), "{outcome:?}");
    assert_eq!(m.forum.ledger().posts.last().unwrap()["reply_to_post_number"], 2);
    let lost = [
        Page::status(500),
        Page::status(502),
        Page { cut: true, ..Page::ok("{\"id\": 7777777777}") },
        Page { hangs: true, ..Page::ok("") },
        Page::ok("<html>"),
    ];
    for (n, page) in lost.into_iter().enumerate() {
        let text = format!("Please send it to us, Bob. ({n})");
        m.forum.ledger().moods.push_back(Mood::TakesAnd(page));
        let outgoing = Member::outgoing(question, &text);
        let outcome = m.send(&outgoing).await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{n}: {outcome:?}");
        let looked = m.source.reply().unwrap().look(&outgoing).await;
        assert!(matches!(looked, Looked::Done { .. }), "{n}: {looked:?}");
    }
    assert_eq!(m.posted().len(), 6);
}

#[tokio::test]
async fn refusals_and_waits_are_told_apart() {
    let m = Member::start().await;
    let question = m.forum.post(11, 1, BOB, "My phone is dead");
    let slow = |body: &str| Page { body: body.to_owned(), ..Page::status(429) };
    let waits = |seconds: i64| move |o: &Outcome| matches!(o, Outcome::Retry { after: Some(w), .. } if *w == Span::seconds(seconds));
    let table: Vec<(Page, Judged)> = vec![
        (
            refused(422, "Body is too short"),
            Box::new(|o| matches!(o, Outcome::Refused { reason } if reason.contains("too short"))),
        ),
        (refused(403, "You are not permitted"), Box::new(|o| matches!(o, Outcome::Refused { .. }))),
        (Page::status(503), Box::new(|o| matches!(o, Outcome::Unknown { .. }))),
        (slow("").with("retry-after", "33"), Box::new(waits(33))),
        (slow("{\"errors\":[\"x\"],\"extras\":{\"wait_seconds\":17}}"), Box::new(waits(17))),
        (slow("").with("x-ratelimit-reset", "12"), Box::new(waits(12))),
    ];
    for (page, expected) in table {
        let what = format!("{page:?}");
        m.forum.ledger().moods.push_back(Mood::Refuses(page));
        let outcome = m.send(&Member::outgoing(question, "Please send it to us, Bob.")).await;
        assert!(expected(&outcome), "{what}: {outcome:?}");
        assert!(!format!("{outcome:?}").contains("s3cret"), "{what}");
        m.clock.advance(Span::minutes(5));
    }
    assert!(m.posted().is_empty());
    m.forum.ledger().moods.push_back(Mood::Enqueues);
    let waits = m.send(&Member::outgoing(question, "Please send it to us, Bob.")).await;
    assert!(matches!(&waits, Outcome::ByHand { url } if url.ends_with("/review")), "{waits:?}");
    m.forum.change(question, &json!({"user_deleted": true}));
    let gone = m.send(&Member::outgoing(question, "Please send it to us, Bob.")).await;
    assert!(matches!(gone, Outcome::Refused { .. }));
    assert!(matches!(
        m.send(&Member::outgoing(55_555, "Please send it to us.")).await,
        Outcome::Refused { .. }
    ));
    assert!(m.posted().is_empty());
}

#[tokio::test]
async fn what_is_too_similar_is_looked_for_and_never_blindly_repeated() {
    let m = Member::start().await;
    let question = m.forum.post(11, 1, BOB, "My phone is dead");
    m.forum.ledger().moods.push_back(Mood::TakesAnd(Page::status(500)));
    let mut outgoing = Member::outgoing(question, "Please send it to us, Bob.");
    m.send(&outgoing).await;
    // A forum that does not remember the request refuses what is too similar: it stands there already.
    m.forum.ledger().forgets = true;
    let again = m.send(&outgoing).await;
    assert!(matches!(again, Outcome::Done { .. }), "{again:?}");
    let other = m.forum.post(12, 1, AN, "Mine as well");
    let refused = m.send(&Member::outgoing(other, "Please send it to us, Bob.")).await;
    assert!(matches!(refused, Outcome::Refused { .. }), "similar to what stands elsewhere: {refused:?}");
    assert_eq!(m.posted().len(), 1);

    outgoing.text = "Something that never arrived.".into();
    outgoing.first_sent_at = Some(m.clock.now().minus(Span::seconds(20)));
    let reply = m.source.reply().unwrap();
    assert!(
        matches!(reply.look(&outgoing).await, Looked::Again { .. }),
        "the same request has the same answer"
    );
    outgoing.first_sent_at = Some(m.clock.now().minus(Span::minutes(3)));
    assert!(matches!(reply.look(&outgoing).await, Looked::Person { .. }));
    assert!(matches!(m.send(&outgoing).await, Outcome::Unknown { .. }), "too late to be the same request");
    assert_eq!(m.posted().len(), 1);
}

#[tokio::test]
async fn limits_are_known_before_anything_is_sent() {
    let m = Member::start().await;
    let reply = m.source.reply().unwrap();
    let draft = |text: &str| Draft {
        text: text.into(),
        sign: "Jan".into(),
        to: PostRef { visibility: "public".into(), ..PostRef::default() },
    };
    let fine = reply.compose(&draft("Please send it to us."));
    assert_eq!(
        (fine.refused, fine.visibility.as_str(), fine.text.as_str()),
        (None, "public", "Please send it to us. ^Jan")
    );
    assert!(reply.compose(&draft("Hi")).refused.unwrap().contains("no less than 20"));
    assert!(reply.compose(&draft(&"x".repeat(32_001))).refused.unwrap().contains("32000"));
    assert!(reply.compose(&draft(" ")).refused.unwrap().contains("empty"));
    assert_eq!(webcared::sources::reply::documented_limits("discourse"), Some(reply.limits()));
}

#[tokio::test]
async fn a_message_is_a_private_channel() {
    let m = Member::start().await;
    let question = m.forum.post(11, 1, BOB, "My phone is dead");
    let private = m.source.private().unwrap();
    let to = |name: &str| PostRef { author_handle: name.into(), ..PostRef::default() };
    assert_eq!(private.reachable(&to("bob")).await, Reach::Open);
    m.forum.ledger().closed.push("an".into());
    assert!(matches!(private.reachable(&to("an")).await, Reach::Nobody { .. }));
    assert!(matches!(private.reachable(&to("nobody")).await, Reach::Nobody { .. }));
    assert!(private.way_in().unwrap().ends_with("/new-message?username=acme_care&title={code}"));

    m.forum.ledger().moods.push_back(Mood::TakesAnd(Page { hangs: true, ..Page::ok("") }));
    let outgoing = Member::outgoing(question, "Would you tell us your number?");
    assert!(matches!(private.send(&outgoing).await, Outcome::Unknown { .. }));
    let looked = private.look(&outgoing).await;
    let Looked::Done { remote_id, .. } = looked else { panic!("{looked:?}") };
    let sent = m.forum.shown(remote_id.parse().unwrap());
    assert_eq!((sent["topic_title"].as_str(), sent["post_number"].as_i64()), (Some("Re: Topic 11"), Some(1)));
    let topic = sent["topic_id"].as_i64().unwrap();

    let back = m.forum.post(topic, 2, BOB, "It is 12345");
    m.forum.change(back, &json!({"topic_archetype": "private_message"}));
    let read = m.source.poll().unwrap().poll(PRIVATE, None).await.unwrap();
    let read = posts(&read);
    assert_eq!(ids(&read), [remote_id.parse().unwrap(), back]);
    assert_eq!((read[0]["own"].as_bool(), read[0]["private"].as_bool()), (Some(true), Some(true)));
    assert_eq!(
        (read[1]["private"].as_bool(), read[1]["addressed"].as_bool(), read[1]["visibility"].as_str()),
        (Some(true), Some(true), Some("private"))
    );
    let public = m.source.poll().unwrap().poll(PUBLIC, None).await.unwrap();
    assert_eq!(ids(&posts(&public)), [question], "nothing private among what is public");
    let later = NOON.plus(Span::minutes(50)).rfc3339();
    m.forum.change(back, &json!({"raw": "It is 67890", "updated_at": later}));
    let asked = [PostRef { external_id: back.to_string(), ..PostRef::default() }];
    let standing = m.source.recheck().unwrap().standing(&asked).await.unwrap();
    let Standing::Stands(again) = &standing[0] else { panic!("{standing:?}") };
    assert!(again.private && again.addressed && again.edited_at.is_some(), "as private as it was: {again:?}");

    let mut within = Member::outgoing(back, "Thank you, we will look into it.");
    within.to.visibility = "private".into();
    assert!(matches!(private.send(&within).await, Outcome::Done { .. }));
    assert_eq!(m.forum.ledger().posted.last().unwrap().0, topic, "into the same message");
}

#[tokio::test]
async fn trouble_with_reading_is_named() {
    let mut wrong = Member::with(|c| c["discourse"]["api_key"] = json!("another-key-of-the-forum")).await;
    let trouble = wrong.poll().await.unwrap_err();
    assert_eq!(trouble.state, TroubleState::NeedsToken);
    assert!(trouble.why.contains("key") && !format!("{trouble:?}").contains("another-key"), "{trouble:?}");
    let mut m = Member::start().await;
    let id = m.forum.post(11, 1, BOB, "fine");
    let table: Vec<(Page, Seen, Option<Span>)> = vec![
        (Page::status(500), |s| *s == TroubleState::Unreachable, None),
        (
            Page::status(429).with("retry-after", "40"),
            |s| matches!(s, TroubleState::RateLimited { .. }),
            Some(Span::seconds(40)),
        ),
        (Page::ok("{\"latest_posts\": 7}"), |s| *s == TroubleState::Broken, None),
        (Page::ok("<html>"), |s| *s == TroubleState::Broken, None),
        (Page { cut: true, ..Page::ok("{\"latest_posts\": []}") }, |s| *s == TroubleState::Unreachable, None),
        (Page::ok(" ".repeat(5 << 20)), |s| *s == TroubleState::Broken, None),
    ];
    for (page, expected, wait) in table {
        let what = format!("{} {}", page.status, page.body.chars().take(30).collect::<String>());
        let site = crate::site::FakeSite::start().await;
        site.serve("/posts.json", page);
        let mut config = config(&m.forum);
        config["discourse"]["server"] = json!(site.url);
        let outside = Outside { clock: m.clock.clone(), ..outside() };
        let source = build(&configured(config), &outside).unwrap().remove(0);
        let trouble = source.poll().unwrap().poll(PUBLIC, None).await.unwrap_err();
        assert!(expected(&trouble.state), "{what}: {trouble:?}");
        assert_eq!(trouble.retry_after, wait, "{what}");
    }
    assert_eq!(ids(&m.look().await), [id]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forum_is_stored_over_a_restart() {
    for fresh in fresh_on_each().await {
        let forum = FakeForum::start().await;
        let mut fast = config(&forum);
        fast["discourse"]["every_seconds"] = json!(1);
        for n in 0..5 {
            forum.post(20 + n, 1, BOB, "acme");
        }
        let daemon = Daemon::start(&fresh.place, fast.clone(), "first").await;
        eventually("five", async || daemon.identities().await.len() == 5).await;
        daemon.stop().await;
        for n in 5..60 {
            forum.post(20 + n, 1, BOB, "acme");
        }
        let daemon = Daemon::start(&fresh.place, fast, "second").await;
        eventually("all", async || daemon.identities().await.len() == 60).await;
        assert_eq!(daemon.bodies().await.len(), 60, "nothing twice");
        daemon.stop().await;
    }
}

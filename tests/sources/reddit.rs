//! An account on Reddit, before a fake with a ledger: what is read and missed nowhere, what is gone, how comments are
//! answered once, and what is done with log-ins, limits and refusals.

use crate::reddit_site::{AGENT, FakeReddit, Fault, ME, errors};
use crate::site::Reply;
use serde_json::{Value, json};
use webcared::clock::ManualClock;
use webcared::domain::delivery::{Looked, Outcome};
use webcared::domain::exam::Verdict;
use webcared::domain::time::{Span, Timestamp};
use webcared::sources::private::Reach;
use webcared::sources::reddit::{INBOX, OWN, SENT};
use webcared::sources::reply::{Draft, Measure, Outgoing, PostRef};
use webcared::sources::{Right, Source, Standing, TroubleState};

const NOON: Timestamp = Timestamp(1_795_608_000_000);

/// Looks at a stream until nothing more waits.
async fn look(source: &dyn Source, stream: &str, cursor: &mut Option<String>) -> Vec<Value> {
    let mut found = Vec::new();
    loop {
        let batch = source.poll().unwrap().poll(stream, cursor.as_deref()).await.unwrap();
        found.extend(batch.items.iter().map(|i| serde_json::from_slice::<Value>(&i.body).unwrap()));
        *cursor = batch.cursor.or(cursor.take());
        if !batch.more {
            return found;
        }
    }
}

fn ids(found: &[Value]) -> Vec<&str> {
    found.iter().map(|p| p["external_id"].as_str().unwrap()).collect()
}

fn post_ref(id: &str) -> PostRef {
    PostRef { external_id: id.into(), author_id: "mia".into(), ..PostRef::default() }
}

fn outgoing(to: &str, text: &str) -> Outgoing {
    Outgoing {
        action_id: "act_1".into(),
        key: "k".into(),
        to: post_ref(to),
        text: text.into(),
        visibility: "public".into(),
        language: "en".into(),
        made_at: NOON,
        first_sent_at: None,
        case_number: Some(7),
        files: Vec::new(),
    }
}

#[tokio::test]
async fn every_list_is_read_down_to_what_is_known() {
    let (fake, clock) = (FakeReddit::start(NOON).await, ManualClock::at(NOON));
    fake.ledger().page = 2;
    let source = fake.source(
        |c| {
            (c["subreddits"], c["own_subreddits"]) = (json!(["travel"]), json!(["acme"]));
            c["search_in"] = json!(["travel", "europe"]);
        },
        &clock,
    );
    let streams = source.poll().unwrap().streams();
    assert_eq!(
        streams,
        [
            INBOX,
            OWN,
            SENT,
            "new:acme",
            "comments:acme",
            "new:travel",
            "comments:travel",
            "search:acme",
            "within:acme"
        ]
    );
    let link = fake.ledger().post(NOON.minus(Span::hours(9)), "jan", "travel", "Acme lost my bag");
    for n in 0..3 {
        fake.ledger().comment(NOON.minus(Span::hours(8 - n)), "jan", &link, "old");
    }
    let mut cursor = None;
    let stream = "comments:travel";
    assert_eq!(
        ids(&look(&*source, stream, &mut cursor).await),
        ["t1_c3", "t1_c4"],
        "a first look reads one page"
    );
    for n in 0..5 {
        fake.ledger().comment(NOON.minus(Span::minutes(9 - n)), "mia", &link, "new");
    }
    let mut found = look(&*source, stream, &mut cursor).await;
    found.sort_by_key(|p| p["external_id"].as_str().unwrap().to_owned());
    assert_eq!(ids(&found), ["t1_c5", "t1_c6", "t1_c7", "t1_c8", "t1_c9"]);
    assert!(look(&*source, stream, &mut cursor).await.is_empty(), "nothing comes twice");
    // An edit, and something that its author took back.
    clock.advance(Span::minutes(5));
    fake.ledger().set("t1_c9", "body", json!("new, and broken"));
    fake.ledger().set("t1_c9", "edited", json!((NOON.millis() / 1_000 + 60) as f64));
    fake.ledger().delete("t1_c8");
    let found = look(&*source, stream, &mut cursor).await;
    assert_eq!(ids(&found), ["t1_c8", "t1_c9"]);
    assert_eq!((&found[0]["deleted"], &found[0]["text"]), (&json!(true), &json!("")));
    assert_eq!(found[1]["edited_at"], NOON.plus(Span::minutes(1)).rfc3339());
    // The words find posts, everywhere and in chosen places; our own place is said to us.
    assert_eq!(ids(&look(&*source, "search:acme", &mut None).await), [link.as_str()]);
    assert_eq!(ids(&look(&*source, "within:acme", &mut None).await), [link.as_str()]);
    fake.ledger().post(NOON, "mia", "acme", "Nothing works");
    assert_eq!(look(&*source, "new:acme", &mut None).await[0]["addressed"], true);
    let asked = fake.ledger().asked.join("\n");
    assert!(asked.contains("/r/travel+europe/search?") && asked.contains("restrict_sr=1"), "{asked}");
}

#[tokio::test]
async fn a_page_behind_something_that_went_is_read_from_the_front_again() {
    let (fake, clock) = (FakeReddit::start(NOON).await, ManualClock::at(NOON));
    fake.ledger().page = 2;
    let source = fake.source(|c| c["subreddits"] = json!(["travel"]), &clock);
    let link = fake.ledger().post(NOON.minus(Span::hours(9)), "jan", "travel", "x");
    fake.ledger().comment(NOON.minus(Span::hours(8)), "jan", &link, "old");
    let (mut cursor, stream) = (None, "comments:travel");
    assert_eq!(look(&*source, stream, &mut cursor).await.len(), 1);
    let mut names = Vec::new();
    for n in 0..4 {
        names.push(fake.ledger().comment(NOON.minus(Span::minutes(9 - n)), "mia", &link, "new"));
    }
    let batch = source.poll().unwrap().poll(stream, cursor.as_deref()).await.unwrap();
    assert!(batch.more && batch.items.len() == 2);
    fake.ledger().things.retain(|t| t["data"]["name"] != names[2].as_str());
    let mut cursor = batch.cursor;
    assert!(look(&*source, stream, &mut cursor).await.is_empty(), "nothing is told of what stands behind it");
    let found = look(&*source, stream, &mut cursor).await;
    assert_eq!(ids(&found), [names[1].as_str(), names[0].as_str()], "and nothing is lost");
}

#[tokio::test]
async fn the_inbox_is_said_to_us_and_shows_what_it_answers() {
    let (fake, clock) = (FakeReddit::start(NOON).await, ManualClock::at(NOON));
    let source = fake.source(|_| (), &clock);
    let link = fake.ledger().post(NOON.minus(Span::hours(3)), "jan", "travel", "Where to?");
    let above = fake.ledger().comment(NOON.minus(Span::hours(2)), "jan", &link, "anywhere");
    let named =
        fake.ledger().comment(NOON.minus(Span::hours(1)), "Mia", &above, "u/acme_care my bag is gone");
    fake.ledger().message(NOON, "Mia", ME, "Case 7", "here is my number");
    let mut cursor = None;
    let found = look(&*source, INBOX, &mut cursor).await;
    assert_eq!(ids(&found), [link.as_str(), above.as_str(), named.as_str(), "pm/mia/t4_m4"]);
    assert!(found[0]["context"] == true && found[1]["context"] == true && found[0]["addressed"] != true);
    assert_eq!((&found[2]["addressed"], &found[2]["conversation_id"]), (&json!(true), &json!(link)));
    assert_eq!((&found[3]["private"], &found[3]["author"]["id"]), (&json!(true), &json!("mia")));
    assert!(look(&*source, INBOX, &mut cursor).await.is_empty());
    // What we typed in Reddit's own app is ours.
    let own = fake.ledger().comment(NOON, ME, &named, "We look into it ^Jan");
    let found = look(&*source, OWN, &mut None).await;
    assert!(ids(&found) == [own.as_str()] && found[0]["own"] == true && found[0]["addressed"] != true);
    fake.ledger().message(NOON, ME, "mia", "re: Case 7", "thanks");
    let found = look(&*source, SENT, &mut None).await;
    assert_eq!((&found[0]["own"], &found[0]["answers"]), (&json!(true), &json!("mia")));
    let source = fake.source(|c| c["messages"] = json!(false), &clock);
    assert!(source.private().is_none() && !source.poll().unwrap().streams().contains(&SENT.to_owned()));
    assert!(look(&*source, INBOX, &mut None).await.iter().all(|p| p["private"] != true));
}

#[tokio::test]
async fn a_second_reading_finds_what_was_passed_over() {
    struct All;
    #[async_trait::async_trait]
    impl webcared::sources::Unseen for All {
        async fn unseen(
            &self,
            posts: &[&webcared::domain::post::RawPost],
        ) -> Result<Vec<bool>, webcared::sources::SourceTrouble> {
            Ok(vec![true; posts.len()])
        }
    }
    let (fake, clock) = (FakeReddit::start(NOON).await, ManualClock::at(NOON));
    fake.ledger().page = 2;
    let source = fake.source(|c| c["subreddits"] = json!(["travel"]), &clock);
    let link = fake.ledger().post(NOON.minus(Span::hours(9)), "jan", "travel", "x");
    for n in 0..6 {
        fake.ledger().comment(NOON.minus(Span::minutes(20 * n)), "mia", &link, "broken");
    }
    fake.ledger().delete("t1_c2");
    let sweep = source.sweep().unwrap();
    assert!(!sweep.streams().contains(&OWN.to_owned()));
    let (mut page, mut swept) = (None, Vec::new());
    loop {
        let from = NOON.minus(Span::hours(1));
        let read = sweep.page("comments:travel", from, page.as_deref(), &All).await.unwrap();
        swept.extend(read.items);
        page = read.next;
        if page.is_none() {
            break;
        }
    }
    assert_eq!(swept.len(), 3, "four of the last hour, of which one is gone");
}

#[tokio::test]
async fn what_is_deleted_removed_or_of_nobody_is_gone() {
    let (fake, clock) = (FakeReddit::start(NOON).await, ManualClock::at(NOON));
    let source = fake.source(|_| (), &clock);
    let link = fake.ledger().post(NOON, "jan", "travel", "x");
    let names: Vec<String> = (0..5).map(|_| fake.ledger().comment(NOON, "mia", &link, "help")).collect();
    fake.ledger().delete(&names[1]);
    fake.ledger().set(&names[2], "body", json!("[removed]"));
    fake.ledger().set(&names[3], "author", Value::Null);
    fake.ledger().things.retain(|t| t["data"]["name"] != names[4].as_str());
    let mut asked: Vec<PostRef> = names.iter().map(|n| post_ref(n)).collect();
    asked.push(post_ref("pm/mia/t4_m1"));
    let standing = source.recheck().unwrap().standing(&asked).await.unwrap();
    assert!(matches!(&standing[0], Standing::Stands(post) if post.text == "help"), "{standing:?}");
    assert!(standing[1..5].iter().all(|s| *s == Standing::Gone), "{standing:?}");
    assert_eq!(standing[5], Standing::Unknown, "messages cannot be asked for");
    let infos = fake.ledger().asked.iter().filter(|a| a.contains("/api/info")).count();
    assert_eq!(infos, 2, "what an answer lacks is asked for a second time");
    // An answer that holds nothing at all, twice, is a fault of theirs and erases nothing.
    fake.ledger().things.clear();
    let standing = source.recheck().unwrap().standing(&asked).await.unwrap();
    assert!(standing.iter().all(|s| *s == Standing::Unknown), "{standing:?}");
}

#[tokio::test]
async fn answers_go_once_and_refusals_are_told_apart() {
    let (fake, clock) = (FakeReddit::start(NOON).await, ManualClock::at(NOON));
    let source = fake.source(|_| (), &clock);
    let reply = source.reply().unwrap();
    let link = fake.ledger().post(NOON, "mia", "travel", "help");
    let text = "Sorry, /u/mia: *so* sorry_now\n\n> quoted & <b> ^Jan";
    let sent = reply.send(&outgoing(&link, text)).await;
    assert!(matches!(&sent, Outcome::Done { remote_id, .. } if remote_id == "t1_c2"), "{sent:?}");
    assert_eq!(fake.ledger().written[0].1["text"], text, "as it was typed");
    // The token was withdrawn in between.
    fake.ledger().token = "withdrawn".into();
    assert!(matches!(reply.send(&outgoing(&link, "Two")).await, Outcome::Done { .. }));
    assert_eq!(fake.ledger().tokens, 2);
    // A second attempt looks first.
    let again = Outgoing { first_sent_at: Some(NOON), ..outgoing(&link, "Two") };
    let sent = reply.send(&again).await;
    assert!(matches!(&sent, Outcome::Done { remote_id, .. } if remote_id == "t1_c3"), "{sent:?}");
    assert_eq!(fake.ledger().answers(), 2);
    for (code, words) in [
        ("THREAD_LOCKED", "locked"),
        ("TOO_OLD", "archived"),
        ("DELETED_COMMENT", "no longer there"),
        ("NO_TEXT", "no words"),
        ("SUBREDDIT_NOTALLOWED", "may not write"),
        ("SOMETHING_NEW", "SOMETHING_NEW"),
    ] {
        fake.ledger().faults.push_back(Fault::Instead(errors(code, "it is so")));
        let refused = reply.send(&outgoing(&link, "Three")).await;
        assert!(
            matches!(&refused, Outcome::Refused { reason } if reason.contains(words)),
            "{code}: {refused:?}"
        );
    }
    assert_eq!(source.grants().unwrap().lacks(Right::Answer), None);
    let slow = errors("RATELIMIT", "you are doing that too much. try again in 9 minutes.");
    fake.ledger().faults.push_back(Fault::Instead(slow));
    let later = reply.send(&outgoing(&link, "Three")).await;
    assert!(
        matches!(later, Outcome::Retry { after: Some(wait), .. } if wait == Span::minutes(9)),
        "{later:?}"
    );
    let gone = reply.send(&outgoing("t1_c99", "Three")).await;
    assert!(matches!(&gone, Outcome::Refused { reason } if reason.contains("no longer there")), "{gone:?}");
    // It stands there, and nobody hears of it.
    fake.ledger().faults.push_back(Fault::TakesAnd(Reply::status(500)));
    assert!(matches!(reply.send(&outgoing(&link, "Four")).await, Outcome::Unknown { .. }));
    assert!(matches!(reply.look(&outgoing(&link, "Four")).await, Looked::Done { .. }));
    assert!(matches!(reply.look(&outgoing(&link, "Five")).await, Looked::Later { .. }), "lists lag");
    clock.advance(Span::minutes(5));
    assert!(matches!(reply.look(&outgoing(&link, "Five")).await, Looked::Person { .. }));
    let to = post_ref(&link);
    let composed = reply.compose(&Draft { text: " Sorry ".into(), sign: "Jan".into(), to: to.clone() });
    assert_eq!((composed.text.as_str(), composed.refused), ("Sorry ^Jan", None));
    let long = reply.compose(&Draft { text: "x".repeat(10_001), sign: String::new(), to });
    assert!(long.refused.is_some_and(|why| why.contains("10000")));
    for (measure, path) in [
        (Measure::Report, "/api/report"),
        (Measure::Remove, "/api/remove"),
        (Measure::Restore, "/api/approve"),
    ] {
        assert!(matches!(reply.moderate(measure, &outgoing(&link, ""), "spam").await, Outcome::Done { .. }));
        assert_eq!(fake.ledger().written.pop().unwrap().0, path);
    }
}

#[tokio::test]
async fn private_words_reach_who_takes_them() {
    let (fake, clock) = (FakeReddit::start(NOON).await, ManualClock::at(NOON));
    let source = fake.source(|_| (), &clock);
    let private = source.private().unwrap();
    assert_eq!(
        private.way_in().as_deref(),
        Some("https://www.reddit.com/message/compose?to=acme_care&subject={code}")
    );
    assert_eq!(private.reachable(&post_ref("t1_c1")).await, Reach::Open);
    let sent = private.send(&outgoing("t1_c1", "Which order is it?")).await;
    assert!(matches!(&sent, Outcome::Done { remote_id, .. } if remote_id == "pm/mia/t4_m1"), "{sent:?}");
    assert_eq!(fake.ledger().written[0].1["subject"], "u/acme_care #7");
    assert_eq!(private.conversation_of("pm/mia/t4_m1").as_deref(), Some("pm/mia"));
    let came = fake.ledger().message(NOON, "mia", ME, "re: u/acme_care #7", "4711");
    let sent = private.send(&outgoing(&format!("pm/mia/{came}"), "Thank you")).await;
    assert!(matches!(&sent, Outcome::Done { remote_id, .. } if remote_id == "pm/mia/t4_m3"), "{sent:?}");
    assert_eq!(fake.ledger().written[1].1["thing_id"], came);
    fake.ledger().faults.push_back(Fault::TakesAnd(Reply::status(502)));
    assert!(matches!(private.send(&outgoing("t1_c1", "And?")).await, Outcome::Unknown { .. }));
    assert!(matches!(private.look(&outgoing("t1_c1", "And?")).await, Looked::Done { .. }));
    fake.ledger().closed.push("mia".into());
    assert!(matches!(private.reachable(&post_ref("t1_c1")).await, Reach::TheyWrite { .. }));
    let refused = private.send(&outgoing("t1_c1", "Hello?")).await;
    assert!(
        matches!(&refused, Outcome::Refused { reason } if reason.contains("must write first")),
        "{refused:?}"
    );
}

#[tokio::test]
async fn what_reddit_says_of_calls_that_are_left_is_heeded() {
    let (fake, clock) = (FakeReddit::start(NOON).await, ManualClock::at(NOON));
    let source = fake.source(|_| (), &clock);
    let link = fake.ledger().post(NOON, "mia", "travel", "help");
    let left = |n: &str| {
        vec![
            ("x-ratelimit-used", "90".to_owned()),
            ("x-ratelimit-remaining", n.to_owned()),
            ("x-ratelimit-reset", "120".to_owned()),
        ]
    };
    fake.ledger().headers = left("7.0");
    look(&*source, INBOX, &mut None).await;
    let waits = source.poll().unwrap().poll(INBOX, None).await.unwrap_err();
    assert!(matches!(waits.state, TroubleState::RateLimited { .. }), "{waits:?}");
    assert_eq!(waits.retry_after, Some(Span::minutes(2)));
    let reply = source.reply().unwrap();
    assert!(
        matches!(reply.send(&outgoing(&link, "One")).await, Outcome::Done { .. }),
        "few are left to answers"
    );
    fake.ledger().headers = left("0.0");
    assert!(matches!(reply.send(&outgoing(&link, "Two")).await, Outcome::Done { .. }));
    let waits = reply.send(&outgoing(&link, "Three")).await;
    assert!(
        matches!(waits, Outcome::Retry { after: Some(wait), .. } if wait == Span::minutes(2)),
        "{waits:?}"
    );
    assert_eq!(fake.ledger().answers(), 2);
    fake.ledger().headers = Vec::new();
    clock.advance(Span::minutes(3));
    assert!(matches!(reply.send(&outgoing(&link, "Three")).await, Outcome::Done { .. }));
    // Many words and subreddits are looked at less often by themselves.
    let few = |c: &mut Value| (c["calls_per_minute"], c["search_in"]) = (json!(5), json!(["travel"]));
    let source = fake.source(few, &clock);
    assert_eq!(source.poll().unwrap().every_of(INBOX), Span::seconds(5 * 120 / 5));
}

#[tokio::test]
async fn an_account_is_tried_and_a_withdrawn_log_in_is_said() {
    let (fake, clock) = (FakeReddit::start(NOON).await, ManualClock::at(NOON));
    let source = fake.source(|c| c["subreddits"] = json!(["travel", "locked"]), &clock);
    let exams = source.examine().unwrap().examine().await;
    let found: Vec<&str> = exams.iter().map(|e| e.found.as_str()).collect();
    assert_eq!(found[0], "u/acme_care");
    assert!(found[3].contains("not open to the account"), "{exams:?}");
    assert!(found.last().unwrap().contains("does not tell how many are left"), "{exams:?}");
    // What is left is told as Reddit itself says it.
    for (left, verdict) in [("87.0", Verdict::Good), ("7.0", Verdict::Mind)] {
        fake.ledger().headers =
            vec![("x-ratelimit-remaining", left.to_owned()), ("x-ratelimit-reset", "120".to_owned())];
        let source = fake.source(|_| (), &clock);
        let calls = source.examine().unwrap().examine().await.pop().unwrap();
        assert_eq!((calls.what.as_str(), calls.verdict), ("calls", verdict), "{calls:?}");
        let says = format!("Reddit leaves {} for the next {}", left.trim_end_matches(".0"), Span::minutes(2));
        assert!(calls.found.contains(&says), "{calls:?}");
    }
    fake.ledger().headers = Vec::new();
    for asked in fake.site.asked() {
        assert_eq!(asked.header("user-agent"), Some(AGENT), "{}", asked.path);
        assert!(!format!("{}?{}", asked.path, asked.query).contains("s3cret"));
    }
    let source = fake.source(|c| c["refresh_token"] = "withdrawn".into(), &clock);
    let trouble = source.poll().unwrap().poll(INBOX, None).await.unwrap_err();
    assert_eq!(trouble.state, TroubleState::NeedsToken);
    let refused = source.reply().unwrap().send(&outgoing("t1_c1", "One")).await;
    assert!(matches!(refused, Outcome::Refused { .. }), "{refused:?}");
    assert!(source.grants().unwrap().lacks(Right::Answer).is_some());
}

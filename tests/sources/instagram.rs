//! An account on Instagram, before a fake with a ledger: what deliveries and looks bring, refusals by code, private replies
//! that are given once, and the windows of messages.

use crate::facebook_site::{APP_SECRET, Fault, refusal, signed};
use crate::instagram_site::{ACCOUNT, FakeInstagram, MIA, NAME, change, said};
use crate::site::Reply;
use crate::{Shelf, configured, http, outside};
use async_trait::async_trait;
use http::HeaderMap;
use serde_json::{Value, json};
use std::sync::Arc;
use webcared::clock::ManualClock;
use webcared::domain::delivery::{Looked, Outcome};
use webcared::domain::exam::Verdict;
use webcared::domain::post::RawPost;
use webcared::domain::time::{Span, Timestamp};
use webcared::sources::meta::sign;
use webcared::sources::reply::{Draft, Measure, Outgoing, PostRef};
use webcared::sources::webhook::Refusal;
use webcared::sources::{
    Outside, Reach, Right, Source, SourceTrouble, Standing, TroubleState, Unseen, build,
};

pub(crate) const NOON: Timestamp = Timestamp(1_795_608_000_000);

pub(crate) fn source_of(
    fake: &FakeInstagram,
    change: impl Fn(&mut Value),
    clock: &Arc<ManualClock>,
) -> Arc<dyn Source> {
    let mut config = fake.config();
    change(&mut config["instagram"]);
    let (clock, vault) = (clock.clone(), Arc::new(Shelf::default()));
    build(&configured(config), &Outside { http: http(3), clock, vault, ..outside() }).unwrap().remove(0)
}

pub(crate) async fn start() -> (FakeInstagram, Arc<ManualClock>, Arc<dyn Source>) {
    let (fake, clock) = (FakeInstagram::start(NOON).await, ManualClock::at(NOON));
    let source = source_of(&fake, |_| (), &clock);
    (fake, clock, source)
}

/// A recorded body, as if it were our account's.
fn recorded(name: &str) -> Vec<u8> {
    let place = format!("{}/tests/sources/payloads/instagram/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(place).unwrap();
    text.replace(r#""id": "0""#, &format!(r#""id": "{ACCOUNT}""#)).into_bytes()
}

pub(crate) fn delivered(source: &dyn Source, body: &[u8]) -> Vec<Value> {
    let items = source.hook().unwrap().items(&signed(body), body, NOON).unwrap();
    items.iter().map(|i| serde_json::from_slice(&i.body).unwrap()).collect()
}

pub(crate) fn told(source: &dyn Source, field: &str, value: &Value) -> Vec<Value> {
    delivered(source, change(field, value, NOON).to_string().as_bytes())
}

pub(crate) async fn look(source: &dyn Source, stream: &str, cursor: &mut Option<String>) -> Vec<Value> {
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

pub(crate) fn ids(found: &[Value]) -> Vec<&str> {
    found.iter().map(|p| p["external_id"].as_str().unwrap()).collect()
}

pub(crate) fn outgoing(to: &str, text: &str) -> Outgoing {
    Outgoing {
        action_id: "act_1".into(),
        key: "k".into(),
        to: PostRef { external_id: to.into(), author_id: MIA.into(), ..PostRef::default() },
        text: text.into(),
        visibility: "public".into(),
        language: "en".into(),
        made_at: NOON,
        first_sent_at: Some(NOON),
        case_number: None,
        files: Vec::new(),
    }
}

#[tokio::test]
async fn recorded_deliveries_become_what_they_tell() {
    let (fake, clock, source) = start().await;
    let comment = delivered(&*source, &recorded("wh-comments-2021")).remove(0);
    assert_eq!(
        (&comment["external_id"], &comment["text"]),
        (&json!("123456789"), &json!("This is an example."))
    );
    assert_eq!((&comment["conversation_id"], &comment["context"]), (&json!("987654321"), &json!(true)));
    assert_eq!(
        comment["author"],
        json!({"id": "1234536447", "handle": "testuser", "name": null, "followers": null})
    );
    // It comes without a time: the delivery's stands for it.
    assert_eq!(comment["created_at"], Timestamp::from_seconds(1_519_399_307).rfc3339());
    // Of a comment during a broadcast nobody is told, so it is looked up; and so is a mention.
    let live = delivered(&*source, &recorded("wh-livecomments")).remove(0);
    assert_eq!((&live["external_id"], &live["own"]), (&json!("comment/123456789"), &json!(true)));
    let mention = delivered(&*source, &recorded("wh-mentions")).remove(0);
    assert_eq!(mention["external_id"], "mention/17887498072083520/17887498072083520");
    for name in ["wh-story_insights", "messaging-seen"] {
        assert!(delivered(&*source, &recorded(name)).is_empty(), "{name}");
    }
    let unshown = delivered(&*source, &recorded("messaging-attachment-unsupported")).remove(0);
    assert_eq!((&unshown["private"], &unshown["author"]["id"]), (&json!(true), &json!(MIA)));
    assert!(unshown["text"].as_str().unwrap().contains("own app only"));
    // An account of the same app is another source's.
    let other = source_of(&fake, |c| c["account"] = "1".into(), &clock);
    assert!(delivered(&*other, &recorded("wh-mentions")).is_empty());
}

#[tokio::test]
async fn a_delivery_counts_only_with_its_signature_over_the_bytes_as_received() {
    let (fake, clock, source) = start().await;
    let hook = source.hook().unwrap();
    let value = json!({"id": "101", "text": "\u{1f494} / x", "from": {"id": MIA, "username": "mia"}, "media": {"id": "90"}});
    let body = change("comments", &value, NOON).to_string();
    // As the platform writes it: other signs than ASCII are escaped.
    let bytes = body.replace('\u{1f494}', "\\ud83d\\udc94").replace('/', "\\/").into_bytes();
    for _ in 0..2 {
        assert_eq!(hook.items(&signed(&bytes), &bytes, NOON).unwrap().len(), 1, "again it is the same");
    }
    assert_eq!(hook.items(&signed(&bytes), body.as_bytes(), NOON), Err(Refusal::Signature), "in other bytes");
    let with = |value: String| {
        let mut headers = HeaderMap::new();
        headers.insert("x-hub-signature-256", value.parse().unwrap());
        headers
    };
    let wrong = with(sign(&"another secret".to_owned().into(), &bytes));
    assert_eq!(hook.items(&wrong, &bytes, NOON), Err(Refusal::Signature));
    assert_eq!(hook.items(&HeaderMap::new(), &bytes, NOON), Err(Refusal::Missing("x-hub-signature-256")));
    let mut doubled = signed(&bytes);
    doubled.append("x-hub-signature-256", "sha256=00".parse().unwrap());
    assert_eq!(hook.items(&doubled, &bytes, NOON), Err(Refusal::Unreadable("x-hub-signature-256")));
    // While the secret is changed both are taken.
    let rotated = |c: &mut Value| {
        c["app_secret"] = "a new secret".into();
        c["previous_app_secret"] = APP_SECRET.into();
    };
    let changing = source_of(&fake, rotated, &clock);
    for headers in [signed(&bytes), with(sign(&"a new secret".to_owned().into(), &bytes))] {
        assert_eq!(changing.hook().unwrap().items(&headers, &bytes, NOON).unwrap().len(), 1);
    }
    let asked =
        |word: &str| hook.challenge(&format!("hub.mode=subscribe&hub.challenge=115&hub.verify_token={word}"));
    assert_eq!((asked("the+word").map(|c| c.body), asked("another")), (Some("115".to_owned()), None));
}

#[tokio::test]
async fn messages_tell_of_stories_and_what_is_taken_back_is_gone() {
    let (_fake, _clock, source) = start().await;
    let one = |message: &Value| {
        delivered(&*source, said(MIA, ACCOUNT, message, NOON).to_string().as_bytes()).remove(0)
    };
    let first = one(&json!({"mid": "m_1", "text": "hello"}));
    assert_eq!((&first["private"], &first["conversation_id"]), (&json!(true), &json!(format!("dm/{MIA}"))));
    let about = one(
        &json!({"mid": "m_2", "text": "how much?", "reply_to": {"story": {"id": "9", "url": "https://cdn.example/s"}}}),
    );
    assert!(about["text"].as_str().unwrap().ends_with("[about your story]"));
    let named = one(
        &json!({"mid": "m_3", "attachments": [{"type": "story_mention", "payload": {"url": "https://cdn.example/t"}}]}),
    );
    assert_eq!(
        (&named["text"], &named["url"]),
        (&json!("[named you in a story]"), &json!("https://cdn.example/t"))
    );
    let gone = one(&json!({"mid": "m_1", "is_deleted": true}));
    assert_eq!(
        (&gone["deleted"], &gone["text"], &gone["external_id"]),
        (&json!(true), &json!(""), &first["external_id"])
    );
    let echo = said(ACCOUNT, MIA, &json!({"mid": "m_4", "text": "hi", "is_echo": true}), NOON);
    let echo = delivered(&*source, echo.to_string().as_bytes()).remove(0);
    assert_eq!((&echo["own"], &echo["answers"]), (&json!(true), &json!(MIA)));
}

#[tokio::test]
async fn looks_miss_nothing_bring_nothing_twice_and_see_edits() {
    let (fake, clock, source) = start().await;
    let (media, first) = {
        let mut ledger = fake.ledger();
        ledger.page_size = 3;
        let media = ledger.media("Our new phone", NOON.minus(Span::days(2)));
        let first = ledger.comment(&media, MIA, "help", NOON.minus(Span::hours(3)));
        (media, first)
    };
    let mut cursor = None;
    let found = look(&*source, "comments", &mut cursor).await;
    assert_eq!(ids(&found), [format!("media/{media}").as_str(), first.as_str()]);
    assert!(found[0]["own"] == true && found[1]["addressed"] == true);
    assert!(look(&*source, "comments", &mut cursor).await.is_empty());
    // More new ones than are shown with the post, and answers to one.
    clock.advance(Span::hours(1));
    for n in 0..8 {
        fake.ledger().comment(&media, &format!("70{n}"), "me too", NOON.plus(Span::minutes(30 + n)));
    }
    let last = fake.ledger().comment(&media, MIA, "anybody?", NOON.plus(Span::minutes(45)));
    for n in 0..5 {
        fake.ledger().comment(&last, "709", &format!("off and on {n}"), NOON.plus(Span::minutes(50 + n)));
    }
    let found = look(&*source, "comments", &mut cursor).await;
    assert_eq!(found.len(), 14);
    let reply = found.iter().find(|p| p["author"]["id"] == "709").unwrap();
    assert!(reply["context"] == true && reply["conversation_id"] == last.as_str());
    assert!(look(&*source, "comments", &mut cursor).await.is_empty());
    fake.ledger().posts.iter_mut().find(|p| p.words == "anybody?").unwrap().words = "anybody there?".into();
    let found = look(&*source, "comments", &mut cursor).await;
    assert!(found.len() == 1 && found[0]["edited_at"].is_string(), "{found:?}");
    // By a delivery it is the same comment.
    let value =
        json!({"id": first, "text": "help", "from": {"id": MIA, "username": "mia"}, "media": {"id": media}});
    assert_eq!(ids(&told(&*source, "comments", &value)), [first.as_str()]);
    let mut cursor = None;
    let mid = fake.ledger().message(MIA, false, "and my order?", NOON.minus(Span::minutes(1)));
    let found = look(&*source, "messages", &mut cursor).await;
    assert_eq!((ids(&found), &found[0]["private"]), (vec![format!("dm/{MIA}/{mid}").as_str()], &json!(true)));
    assert!(look(&*source, "messages", &mut cursor).await.is_empty());
    assert!(look(&*source, "tagged", &mut None).await.is_empty());
    let streams = |source: &dyn Source| source.poll().unwrap().streams();
    assert_eq!(streams(&*source), ["comments", "tagged", "messages"]);
    let own = source_of(&fake, |c| c["api_url"] = "https://graph.instagram.com".into(), &clock);
    assert_eq!(streams(&*own), ["comments", "messages"]);
}

#[tokio::test]
async fn refusals_are_told_apart_by_code_and_much_use_slows_looks_but_not_answers() {
    let (fake, clock, source) = start().await;
    let trouble = async |reply: Reply| {
        fake.ledger().reads = Some(reply);
        let fresh = source_of(&fake, |_| (), &clock);
        fresh.poll().unwrap().poll("comments", None).await.unwrap_err().state
    };
    assert_eq!(trouble(refusal(400, 190, 463)).await, TroubleState::NeedsToken);
    assert_eq!(trouble(refusal(403, 200, 0)).await, TroubleState::NeedsRight);
    for code in [4, 17, 80_002] {
        let state = trouble(refusal(400, code, 0)).await;
        assert!(matches!(state, TroubleState::RateLimited { until } if until > NOON), "{code}: {state:?}");
    }
    fake.ledger().reads = None;
    let media = fake.ledger().media("Our new phone", NOON);
    let comment = fake.ledger().comment(&media, MIA, "help", NOON);
    fake.ledger().used = 85;
    look(&*source, "comments", &mut None).await;
    let rests = source.poll().unwrap().poll("comments", None).await.unwrap_err();
    assert!(matches!(rests.state, TroubleState::RateLimited { .. }), "{rests:?}");
    let sent = source.reply().unwrap().send(&outgoing(&comment, "Sorry")).await;
    assert!(matches!(sent, Outcome::Done { .. }), "answers go on: {sent:?}");
    for (reply, wanted) in [
        (refusal(400, 190, 0), "refused"),
        (refusal(400, 100, 33), "refused"),
        (refusal(400, 80_002, 0), "retry"),
        (refusal(400, 2, 0), "unknown"),
    ] {
        fake.ledger().faults.push_back(Fault::Instead(reply));
        let is = match source.reply().unwrap().send(&outgoing(&comment, "Sorry")).await {
            Outcome::Refused { .. } => "refused",
            Outcome::Retry { .. } => "retry",
            Outcome::Unknown { .. } => "unknown",
            _ => "else",
        };
        assert_eq!(is, wanted);
    }
    assert!(source.grants().unwrap().lacks(Right::Answer).is_some());
}

#[tokio::test]
async fn an_answer_of_unknown_outcome_is_looked_for_and_measures_are_taken() {
    let (fake, clock, source) = start().await;
    let media = fake.ledger().media("Our new phone", NOON);
    let comment = fake.ledger().comment(&media, MIA, "help", NOON);
    let again = fake.ledger().comment(&comment, MIA, "anybody?", NOON);
    let reply = source.reply().unwrap();
    fake.ledger().faults.push_back(Fault::TakesAnd(Reply::status(500)));
    // The platform puts it below the first comment, whatever was answered.
    let going = outgoing(&again, "We look into it ^Jan");
    assert!(matches!(reply.send(&going).await, Outcome::Unknown { .. }));
    assert!(matches!(reply.look(&going).await, Looked::Done { .. }));
    let never = outgoing(&comment, "never sent");
    assert!(matches!(reply.look(&never).await, Looked::Later { .. }), "lists lag");
    clock.advance(Span::minutes(3));
    assert!(matches!(reply.look(&never).await, Looked::Person { .. }));
    for measure in [Measure::Hide, Measure::Unhide, Measure::Remove] {
        let done = reply.moderate(measure, &outgoing(&comment, ""), "house rule 3").await;
        assert!(matches!(done, Outcome::Done { .. }), "{done:?}");
    }
    assert_eq!(fake.ledger().hidden, [(comment.clone(), true), (comment.clone(), false)]);
    assert_eq!(fake.ledger().removed, std::slice::from_ref(&comment));
    let asked =
        [&comment, &"999".to_owned()].map(|id| PostRef { external_id: id.clone(), ..PostRef::default() });
    let standing = source.recheck().unwrap().standing(&asked).await.unwrap();
    assert!(matches!(standing.as_slice(), [Standing::Stands(_), Standing::Gone]), "{standing:?}");
    // What the platform would not take is said before.
    let compose = |to: &str, text: &str| {
        let to = PostRef { external_id: to.into(), ..PostRef::default() };
        reply.compose(&Draft { text: text.into(), sign: String::new(), to }).refused
    };
    assert_eq!(compose(&comment, &"a".repeat(300)), None);
    for text in
        ["a".repeat(301), "#a #b #c #d #e".to_owned(), "https://a.example https://b.example".to_owned()]
    {
        assert!(compose(&comment, &text).is_some(), "{text}");
    }
    let letter = format!("dm/{MIA}/m_1");
    assert_eq!(compose(&letter, &"a".repeat(1_000)), None);
    assert!(compose(&letter, &"\u{e9}".repeat(501)).unwrap().contains("1002 bytes"));
}

#[tokio::test]
async fn a_comment_takes_one_private_reply_within_seven_days() {
    let (fake, clock, source) = start().await;
    let media = fake.ledger().media("Our new phone", NOON);
    let comment = fake.ledger().comment(&media, MIA, "help", NOON);
    let way = source.private().unwrap();
    let to = outgoing(&comment, "").to;
    assert_eq!(
        way.way_in(),
        Some(format!("https://ig.me/m/{NAME}?ref={{code}}")),
        "the link carries the code"
    );
    assert_eq!(way.reachable(&to).await, Reach::Open);
    clock.set(NOON.plus(Span::days(7)));
    assert!(matches!(way.reachable(&to).await, Reach::TheyWrite { .. }), "seven days are over");
    clock.set(NOON);
    let going = outgoing(&comment, "Which order is it?");
    fake.ledger().faults.push_back(Fault::TakesAnd(Reply::status(500)));
    assert!(matches!(way.send(&going).await, Outcome::Unknown { .. }));
    let Looked::Done { remote_id, .. } = way.look(&going).await else { panic!("not found") };
    assert_eq!(way.conversation_of(&remote_id), Some(format!("dm/{MIA}")));
    // Once more it is the same; other words are one too many.
    let same = way.send(&going).await;
    assert!(matches!(&same, Outcome::Done { remote_id: again, .. } if *again == remote_id), "{same:?}");
    let other = way.send(&outgoing(&comment, "Other words")).await;
    assert!(matches!(&other, Outcome::Refused { reason } if reason.contains("given already")), "{other:?}");
    assert_eq!(fake.ledger().letters.len(), 1);
    assert!(matches!(way.reachable(&to).await, Reach::TheyWrite { .. }));
}

#[tokio::test]
async fn messages_go_within_their_window_and_carry_the_mark_only_where_a_person_wrote() {
    let (fake, clock, source) = start().await;
    let way = source.private().unwrap();
    let id = format!("dm/{MIA}/m_1");
    let at = async |span: Span, automatic: bool| {
        clock.set(NOON.plus(span));
        let mut going = outgoing(&id, "Yes");
        (going.to.last_inbound, going.to.automatic) = (Some(NOON), automatic);
        let outcome = way.send(&going).await;
        let letter = fake.ledger().letters.pop();
        (
            matches!(outcome, Outcome::Done { .. }),
            letter.map(|l| (l["messaging_type"].clone(), l["tag"].clone())),
        )
    };
    let response = Some((json!("RESPONSE"), Value::Null));
    let marked = Some((json!("MESSAGE_TAG"), json!("HUMAN_AGENT")));
    let day = Span::hours(24);
    assert_eq!(at(Span(day.millis() - 1), true).await, (true, response));
    assert_eq!(at(day, false).await, (true, marked.clone()));
    assert_eq!(at(day, true).await, (false, None));
    assert_eq!(at(Span(Span::days(7).millis() - 1), false).await, (true, marked));
    assert_eq!(at(Span::days(7), false).await, (false, None));
    let strict = source_of(&fake, |c| c["human_agent"] = false.into(), &clock);
    assert_eq!(strict.private().unwrap().window().unwrap().by_hand, None);
    clock.set(NOON);
    let mut going = outgoing(&id, "Yes");
    going.to.last_inbound = Some(NOON);
    for (code, sub) in [(10, 2_534_022), (551, 0), (100, 2_018_001)] {
        fake.ledger().faults.push_back(Fault::Instead(refusal(400, code, sub)));
        assert!(matches!(way.send(&going).await, Outcome::Refused { .. }), "{code}");
    }
}

#[tokio::test]
async fn an_account_is_tried_in_seconds() {
    let (fake, clock, source) = start().await;
    let tried = async |source: &dyn Source| {
        let exams = source.examine().unwrap().examine().await;
        exams.into_iter().map(|e| (e.what, e.verdict, e.found)).collect::<Vec<_>>()
    };
    fake.ledger().scopes = vec!["instagram_basic"];
    let found = tried(&*source).await;
    let of = |what: &str| found.iter().find(|e| e.0 == what).unwrap().clone();
    assert_eq!(of("log in").2, format!("the account '{NAME}'"));
    assert!(of("rights").1 == Verdict::Bad && of("rights").2.contains("instagram_manage_comments"));
    assert_eq!(of("deliveries").1, Verdict::Bad);
    assert!(of("windows").2.contains("7 days") && of("usage").1 == Verdict::Good);
    fake.ledger().apps = vec![json!({"id": "1", "subscribed_fields": ["feed"]})];
    assert!(tried(&*source).await.iter().any(|e| e.0 == "deliveries" && e.1 == Verdict::Good));
    assert!(fake.ledger().asked.iter().all(|a| a.starts_with("GET") && !a.contains("s3cret")));
    let other = source_of(&fake, |c| c["username"] = "another".into(), &clock);
    assert_eq!(tried(&*other).await.len(), 1, "another account's id");
    fake.ledger().reads = Some(refusal(400, 190, 0));
    assert_eq!(tried(&*source).await.len(), 1);
}

#[tokio::test]
async fn a_second_reading_shows_all_comments_below_a_post_back_to_its_instant() {
    struct All;
    #[async_trait]
    impl Unseen for All {
        async fn unseen(&self, posts: &[&RawPost]) -> Result<Vec<bool>, SourceTrouble> {
            Ok(vec![true; posts.len()])
        }
    }
    let (fake, _clock, source) = start().await;
    {
        let mut ledger = fake.ledger();
        ledger.page_size = 2;
        let media = ledger.media("News", NOON.minus(Span::days(2)));
        for n in 0..7 {
            let at = NOON.minus(Span::minutes(10 * n + 5));
            let comment = ledger.comment(&media, MIA, &format!("comment {n}"), at);
            if n == 0 {
                ledger.comment(&comment, "709", "me too", at.plus(Span::minutes(1)));
            }
        }
    }
    let sweep = source.sweep().unwrap();
    let read = sweep.page("comments", NOON.minus(Span::minutes(50)), None, &All).await.unwrap();
    assert_eq!((read.items.len(), read.next), (6, None), "two are older, and so is the post");
}

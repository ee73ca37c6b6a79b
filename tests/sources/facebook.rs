//! A page of Facebook, before a fake with a ledger: what deliveries and looks bring, signatures, refusals by code, private
//! replies that are given once, and the windows of Messenger.

use crate::facebook_site::{APP_SECRET, FakeFacebook, Fault, MIA, PAGE, feed, refusal, said, signed};
use crate::site::Reply;
use crate::{Shelf, configured, http, outside};
use http::HeaderMap;
use serde_json::{Value, json};
use std::sync::Arc;
use webcared::clock::ManualClock;
use webcared::domain::delivery::{Looked, Outcome};
use webcared::domain::exam::Verdict;
use webcared::domain::time::{Span, Timestamp};
use webcared::sources::meta::sign;
use webcared::sources::reply::{Measure, Outgoing, PostRef};
use webcared::sources::webhook::Refusal;
use webcared::sources::{Outside, Reach, Right, Source, Standing, TroubleState, build};

const NOON: Timestamp = Timestamp(1_795_608_000_000);

fn source_of(fake: &FakeFacebook, change: impl Fn(&mut Value), clock: &Arc<ManualClock>) -> Arc<dyn Source> {
    let mut config = fake.config();
    change(&mut config["facebook"]);
    let (clock, vault) = (clock.clone(), Arc::new(Shelf::default()));
    build(&configured(config), &Outside { http: http(3), clock, vault, ..outside() }).unwrap().remove(0)
}

async fn start() -> (FakeFacebook, Arc<ManualClock>, Arc<dyn Source>) {
    let (fake, clock) = (FakeFacebook::start(NOON).await, ManualClock::at(NOON));
    let source = source_of(&fake, |_| (), &clock);
    (fake, clock, source)
}

fn recorded(name: &str) -> Vec<u8> {
    let place = format!("{}/tests/sources/payloads/facebook/{name}.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(place).unwrap()
}

fn delivered(source: &dyn Source, body: &[u8]) -> Vec<Value> {
    let items = source.hook().unwrap().items(&signed(body), body, NOON).unwrap();
    items.iter().map(|i| serde_json::from_slice(&i.body).unwrap()).collect()
}

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

fn outgoing(to: &str, text: &str) -> Outgoing {
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
    let (_fake, _clock, source) = start().await;
    let one = |name: &str| {
        let mut found = delivered(&*source, &recorded(name));
        assert_eq!(found.len(), 1, "{name}: {found:?}");
        found.remove(0)
    };
    let own = one("feed-comment-add-211");
    assert_eq!((own["own"].as_bool(), own["text"].as_str()), (Some(true), Some("and the next one")));
    let photo = one("feed-comment-add-with-photo");
    assert!(photo["attachments"][0]["url"].as_str().unwrap().contains("16715996"));
    let edited = one("feed-comment-edited-25");
    assert!(edited["edited_at"].is_string() && edited["external_id"] == "900728623356296_900744590021366");
    let gone = one("feed-comment-remove-25");
    assert_eq!((gone["deleted"].as_bool(), gone["text"].as_str()), (Some(true), Some("")));
    let visitor = one("feed-post-add-25");
    assert_eq!(
        (visitor["author"]["id"].as_str(), visitor["addressed"].as_bool()),
        (Some("8423678347823"), Some(true))
    );
    for name in ["mention-comment-add", "mention-post-add-real"] {
        let mention = one(name);
        assert_eq!(mention["addressed"], true, "{name}");
        assert!(mention["local_id"].as_str().unwrap().starts_with("elsewhere/"));
    }
    // Hidden by a moderator is not deleted; a like, a reaction and other fields say nothing.
    for name in ["feed-comment-hide", "feed-like-add-25", "feed-reaction-add-comment", "feed-two-entries-25"]
    {
        assert!(delivered(&*source, &recorded(name)).is_empty(), "{name}");
    }
}

#[tokio::test]
async fn recorded_messages_become_private_words_of_one_conversation() {
    let (fake, clock, _) = start().await;
    let source = source_of(&fake, |c| c["page"] = "12345654332".into(), &clock);
    let one = |name: &str| delivered(&*source, &recorded(name)).remove(0);
    let first = one("messaging-message-basic");
    assert_eq!((first["text"].as_str(), first["private"].as_bool()), (Some("hello, world!"), Some(true)));
    assert_eq!(first["conversation_id"], "dm/987654321432");
    let echo = one("messaging-message-basic-echo");
    assert_eq!((echo["own"].as_bool(), &echo["external_id"]), (Some(true), &first["external_id"]));
    let edit = one("messaging-message-edits");
    assert!(edit["edited_at"].is_string() && edit["external_id"] == first["external_id"]);
    assert_eq!(one("messaging-message-isdeleted")["deleted"], true);
    assert_eq!(one("messaging-message-fallback-attachment")["text"], "https://www.messenger.com/");
    let media = one("messaging-message-media-attachment");
    assert_eq!((&media["text"], &media["attachments"][0]["url"]), (&json!("[file]"), &json!("IMAGE_URL")));
    assert!(delivered(&*source, &recorded("messaging-delivery-basic")).is_empty());
    // A page of the same app is another source's.
    assert!(delivered(&*source, &recorded("messaging-message-quickreply")).is_empty());
    let two = json!({"object": "page", "entry": [
        {"id": PAGE, "time": 1, "messaging": [said(MIA, PAGE, &json!({"mid": "m_1", "text": "a"}), NOON)["entry"][0]["messaging"][0]]},
        {"id": "12345654332", "time": 1, "messaging": [said("77", "12345654332", &json!({"mid": "m_2", "text": "b"}), NOON)["entry"][0]["messaging"][0]]}]});
    assert_eq!(delivered(&*source, two.to_string().as_bytes())[0]["text"], "b");
}

#[tokio::test]
async fn a_delivery_counts_only_with_its_signature_over_the_bytes_as_received() {
    let (fake, clock, source) = start().await;
    let hook = source.hook().unwrap();
    let body = feed(
        &json!({"item": "comment", "verb": "add", "comment_id": "9_1", "post_id": format!("{PAGE}_9"),
        "parent_id": format!("{PAGE}_9"), "from": {"id": MIA, "name": "Mi\u{e4}"}, "message": "\u{1f494} / x",
        "created_time": 1_795_607_000}),
        NOON,
    );
    // As the platform writes it: other signs than ASCII are escaped.
    let bytes = body.to_string().replace('\u{1f494}', "\\ud83d\\udc94").replace('/', "\\/").into_bytes();
    assert_eq!(hook.items(&signed(&bytes), &bytes, NOON).unwrap().len(), 1);
    assert_eq!(
        hook.items(&signed(&bytes), &bytes, NOON).unwrap().len(),
        1,
        "again it is the same, and is known by its id"
    );
    let reencoded = serde_json::from_slice::<Value>(&bytes).unwrap().to_string();
    let refused = hook.items(&signed(&bytes), reencoded.as_bytes(), NOON);
    assert_eq!(refused, Err(Refusal::Signature), "the same JSON in other bytes");
    let with = |value: String| {
        let mut headers = HeaderMap::new();
        headers.insert("x-hub-signature-256", value.parse().unwrap());
        headers
    };
    let wrong = with(sign(&"another secret".to_owned().into(), &bytes));
    assert_eq!(hook.items(&wrong, &bytes, NOON), Err(Refusal::Signature));
    let missing = hook.items(&HeaderMap::new(), &bytes, NOON);
    assert_eq!(missing, Err(Refusal::Missing("x-hub-signature-256")));
    let mut doubled = signed(&bytes);
    doubled.append("x-hub-signature-256", "sha256=00".parse().unwrap());
    assert_eq!(hook.items(&doubled, &bytes, NOON), Err(Refusal::Unreadable("x-hub-signature-256")));
    // While the secret is changed both are taken.
    let changing = source_of(
        &fake,
        |c| {
            c["app_secret"] = "a new secret".into();
            c["previous_app_secret"] = APP_SECRET.into();
        },
        &clock,
    );
    let new = with(sign(&"a new secret".to_owned().into(), &bytes));
    for headers in [signed(&bytes), new] {
        assert_eq!(changing.hook().unwrap().items(&headers, &bytes, NOON).unwrap().len(), 1);
    }
    let asked =
        |word: &str| hook.challenge(&format!("hub.mode=subscribe&hub.challenge=115&hub.verify_token={word}"));
    assert_eq!(asked("the+word").map(|c| c.body), Some("115".to_owned()));
    assert_eq!(asked("another"), None);
}

#[tokio::test]
async fn looks_miss_nothing_bring_nothing_twice_and_see_edits() {
    let (fake, clock, source) = start().await;
    let (first, post) = {
        let mut ledger = fake.ledger();
        ledger.page_size = 3;
        let post = ledger.post(None, PAGE, "Our new phone", NOON.minus(Span::days(2)));
        (ledger.post(Some(&post), MIA, "help", NOON.minus(Span::hours(3))), post)
    };
    let mut cursor = None;
    let found = look(&*source, "comments", &mut cursor).await;
    assert_eq!(ids(&found), [post.as_str(), first.as_str()]);
    assert!(found[0]["own"] == true && found[1]["addressed"] == true);
    assert!(look(&*source, "comments", &mut cursor).await.is_empty());
    // More new ones than are shown with the post, and a reply of somebody else.
    clock.advance(Span::hours(1));
    for n in 0..8 {
        fake.ledger().post(Some(&post), &format!("70{n}"), "me too", NOON.plus(Span::minutes(30 + n)));
    }
    fake.ledger().post(Some(&first), "709", "have you tried turning it off?", NOON.plus(Span::minutes(50)));
    let found = look(&*source, "comments", &mut cursor).await;
    assert_eq!(found.len(), 9);
    let reply = found.iter().find(|p| p["author"]["id"] == "709").unwrap();
    assert!(reply["context"] == true && reply["conversation_id"] == first.as_str());
    assert!(look(&*source, "comments", &mut cursor).await.is_empty());
    fake.ledger().posts.iter_mut().find(|p| p.3 == "have you tried turning it off?").unwrap().3 =
        "off and on".into();
    let found = look(&*source, "comments", &mut cursor).await;
    assert!(found.len() == 1 && found[0]["edited_at"].is_string(), "{found:?}");
    // By a delivery it is the same comment.
    let body = feed(
        &json!({"item": "comment", "verb": "add", "comment_id": first, "post_id": post, "parent_id": post,
        "from": {"id": MIA}, "message": "help", "created_time": 1_795_597_200}),
        NOON,
    );
    assert_eq!(ids(&delivered(&*source, body.to_string().as_bytes())), [first.as_str()]);
    let mut cursor = None;
    fake.ledger().message(MIA, false, "and my order?", NOON.minus(Span::minutes(1)));
    let found = look(&*source, "messages", &mut cursor).await;
    assert_eq!((ids(&found), &found[0]["private"]), (vec!["dm/555001/m_12"], &json!(true)));
    assert!(look(&*source, "messages", &mut cursor).await.is_empty());
    assert!(look(&*source, "tagged", &mut None).await.is_empty());
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
    for code in [4, 17, 32, 613, 80_001] {
        let state = trouble(refusal(400, code, 0)).await;
        assert!(matches!(state, TroubleState::RateLimited { until } if until > NOON), "{code}: {state:?}");
    }
    assert_eq!(trouble(refusal(500, 2, 0)).await, TroubleState::Unreachable);
    fake.ledger().reads = None;
    let post = fake.ledger().post(None, PAGE, "Our new phone", NOON);
    let comment = fake.ledger().post(Some(&post), MIA, "help", NOON);
    fake.ledger().used = 85;
    look(&*source, "comments", &mut None).await;
    let rests = source.poll().unwrap().poll("comments", None).await.unwrap_err();
    assert!(matches!(rests.state, TroubleState::RateLimited { .. }), "{rests:?}");
    let sent = source.reply().unwrap().send(&outgoing(&comment, "Sorry")).await;
    assert!(matches!(sent, Outcome::Done { .. }), "answers go on: {sent:?}");
    fake.ledger().used = 20;
    clock.advance(Span::minutes(6));
    look(&*source, "comments", &mut None).await;
    for (reply, wanted) in [
        (refusal(400, 190, 0), "refused"),
        (refusal(400, 368, 0), "refused"),
        (refusal(400, 100, 33), "refused"),
        (refusal(400, 32, 0), "retry"),
        (refusal(500, 1, 0), "unknown"),
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
    let post = fake.ledger().post(None, PAGE, "Our new phone", NOON);
    let comment = fake.ledger().post(Some(&post), MIA, "help", NOON);
    let again = fake.ledger().post(Some(&comment), MIA, "anybody?", NOON);
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
    fake.ledger().faults.push_back(Fault::Instead(refusal(403, 200, 0)));
    let refused = reply.moderate(Measure::Hide, &outgoing(&comment, ""), "").await;
    assert!(matches!(refused, Outcome::Refused { .. }), "{refused:?}");
    assert_eq!(source.grants().unwrap().lacks(Right::Answer), None, "of this comment alone");
    for measure in [Measure::Hide, Measure::Unhide, Measure::Remove] {
        let done = reply.moderate(measure, &outgoing(&comment, ""), "house rule 3").await;
        assert!(matches!(done, Outcome::Done { .. }), "{done:?}");
    }
    assert_eq!(fake.ledger().hidden, [(comment.clone(), true), (comment.clone(), false)]);
    assert_eq!(fake.ledger().removed, std::slice::from_ref(&comment));
    let asked =
        [&comment, &"9_9".to_owned()].map(|id| PostRef { external_id: id.clone(), ..PostRef::default() });
    let standing = source.recheck().unwrap().standing(&asked).await.unwrap();
    assert!(matches!(standing.as_slice(), [Standing::Stands(_), Standing::Gone]), "{standing:?}");
}

#[tokio::test]
async fn a_comment_takes_one_private_reply_and_its_person_is_known_by_it() {
    let (fake, clock, source) = start().await;
    let post = fake.ledger().post(None, PAGE, "Our new phone", NOON);
    let comment = fake.ledger().post(Some(&post), "asid-9", "help", NOON);
    let way = source.private().unwrap();
    let to = outgoing(&comment, "").to;
    assert_eq!(way.way_in(), Some(format!("https://m.me/{PAGE}?ref={{code}}")), "the link carries the code");
    assert_eq!(way.reachable(&to).await, Reach::Open);
    let going = outgoing(&comment, "Which order is it?");
    fake.ledger().faults.push_back(Fault::Instead(Reply::status(500)));
    assert!(matches!(way.send(&going).await, Outcome::Unknown { .. }));
    clock.advance(Span::minutes(3));
    assert!(matches!(way.look(&going).await, Looked::Again { .. }), "the comment still takes its reply");
    let Outcome::Done { remote_id, .. } = way.send(&going).await else { panic!("not sent") };
    assert_eq!(remote_id, format!("dm/{MIA}/m_3"));
    assert_eq!(way.conversation_of(&remote_id), Some(format!("dm/{MIA}")));
    // Once more it is the same; other words are one too many.
    let same = way.send(&going).await;
    assert!(matches!(&same, Outcome::Done { remote_id: again, .. } if *again == remote_id), "{same:?}");
    let other = way.send(&outgoing(&comment, "Other words")).await;
    assert!(matches!(&other, Outcome::Refused { reason } if reason.contains("given already")), "{other:?}");
    assert_eq!(fake.ledger().letters.len(), 1);
    assert!(matches!(way.reachable(&to).await, Reach::TheyWrite { .. }));
    assert_eq!(way.way_in(), Some(format!("https://m.me/{PAGE}?ref={{code}}")));
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
    assert_eq!(at(Span(day.millis() - 1), true).await, (true, response.clone()));
    assert_eq!(at(day, false).await, (true, marked.clone()));
    assert_eq!(at(day, true).await, (false, None));
    assert_eq!(at(Span(Span::days(7).millis() - 1), false).await, (true, marked));
    assert_eq!(at(Span::days(7), false).await, (false, None));
    let strict = source_of(&fake, |c| c["human_agent"] = false.into(), &clock);
    assert_eq!(strict.private().unwrap().window().unwrap().by_hand, None);
    // Their echo settles what they answer.
    clock.set(NOON);
    let mut going = outgoing(&id, "Yes");
    going.to.last_inbound = Some(NOON);
    assert!(matches!(way.send(&going).await, Outcome::Done { .. }));
    let letter = fake.ledger().letters.pop().unwrap();
    let echo = said(
        PAGE,
        MIA,
        &json!({"mid": "m_9", "text": "Yes", "is_echo": true,
        "metadata": letter["message"]["metadata"]}),
        NOON,
    );
    let echo = delivered(&*source, echo.to_string().as_bytes()).remove(0);
    assert_eq!((&echo["in_reply_to"], &echo["answers"]), (&json!(id), &json!(MIA)));
    for (code, sub) in [(10, 2_018_278), (551, 0), (100, 2_018_001), (200, 1_545_041)] {
        fake.ledger().faults.push_back(Fault::Instead(refusal(400, code, sub)));
        assert!(matches!(way.send(&going).await, Outcome::Refused { .. }), "{code}");
    }
}

#[tokio::test]
async fn a_page_is_tried_in_seconds() {
    let (fake, _clock, source) = start().await;
    let tried = async || {
        let exams = source.examine().unwrap().examine().await;
        exams.into_iter().map(|e| (e.what, e.verdict, e.found)).collect::<Vec<_>>()
    };
    fake.ledger().fields = vec!["feed", "messages"];
    fake.ledger().scopes = vec!["pages_messaging"];
    let found = tried().await;
    let of = |what: &str| found.iter().find(|e| e.0 == what).unwrap().clone();
    assert_eq!(of("log in").2, "the page 'Acme'");
    assert!(of("rights").1 == Verdict::Bad && of("rights").2.contains("pages_manage_engagement"));
    assert!(of("deliveries").1 == Verdict::Bad && of("deliveries").2.ends_with("mention, message_echoes"));
    assert!(of("windows").2.contains("7 days") && of("usage").1 == Verdict::Good);
    assert!(fake.ledger().asked.iter().all(|a| a.starts_with("GET") && !a.contains("s3cret")));
    let trouble = refusal(400, 190, 0);
    fake.ledger().reads = Some(trouble);
    assert_eq!(tried().await.len(), 1);
}

#[tokio::test]
async fn a_second_reading_shows_all_comments_below_a_post_back_to_its_instant() {
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
    let (fake, _clock, source) = start().await;
    {
        let mut ledger = fake.ledger();
        ledger.page_size = 2;
        let post = ledger.post(None, PAGE, "News", NOON.minus(Span::days(2)));
        for n in 0..7 {
            let at = NOON.minus(Span::minutes(10 * n + 5));
            ledger.post(Some(&post), MIA, &format!("comment {n}"), at);
        }
    }
    let sweep = source.sweep().unwrap();
    let read = sweep.page("comments", NOON.minus(Span::minutes(50)), None, &All).await.unwrap();
    assert_eq!((read.items.len(), read.next), (5, None), "two are older, and so is the post");
}

#[tokio::test]
async fn more_messages_than_are_shown_with_a_conversation_are_all_read() {
    let (fake, _clock, source) = start().await;
    fake.ledger().page_size = 3;
    for n in 0..5 {
        fake.ledger().message(MIA, false, "long ago", NOON.minus(Span::days(10 + n)));
    }
    fake.ledger().message(MIA, false, "hello", NOON.minus(Span::hours(2)));
    let mut cursor = None;
    assert_eq!(look(&*source, "messages", &mut cursor).await.len(), 3, "what is shown first");
    // While nobody looked more was said than one page holds.
    for n in 0..8 {
        fake.ledger().message(MIA, n % 2 == 0, &format!("and {n}"), NOON.minus(Span::minutes(60 - n)));
    }
    let found = look(&*source, "messages", &mut cursor).await;
    assert_eq!(found.len(), 8, "{found:?}");
    assert!(look(&*source, "messages", &mut cursor).await.is_empty());
}

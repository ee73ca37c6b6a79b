//! An account on Threads, before a fake with a ledger: what lists and deliveries bring, the two steps of an answer, the
//! replies and searches of a day, and a token that is renewed and kept before it is used.

use crate::site::Reply;
use crate::threads_site::{APP_SECRET, FIRST_TOKEN, FakeThreads, Fault, ME, delivered, refusal, signed};
use crate::{Shelf, configured, http, outside};
use async_trait::async_trait;
use http::HeaderMap;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use webcared::clock::ManualClock;
use webcared::domain::delivery::{Looked, Outcome};
use webcared::domain::exam::Verdict;
use webcared::domain::post::RawPost;
use webcared::domain::time::{Span, Timestamp};
use webcared::sources::meta::sign;
use webcared::sources::reply::{Draft, Measure, Outgoing, PostRef};
use webcared::sources::webhook::Refusal;
use webcared::sources::{
    Outside, Right, Source, SourceTrouble, Standing, TroubleState, Unseen, Vault, build,
};

const NOON: Timestamp = Timestamp(1_795_608_000_000);

/// A shelf that can be told to keep nothing.
#[derive(Default)]
struct Loose {
    shelf: Shelf,
    is_loose: AtomicBool,
}

#[async_trait]
impl Vault for Loose {
    async fn load(&self, credential: &str) -> Option<Vec<u8>> {
        self.shelf.load(credential).await
    }

    async fn save(&self, credential: &str, sealed: &[u8]) -> bool {
        !self.is_loose.load(Ordering::SeqCst) && self.shelf.save(credential, sealed).await
    }
}

struct Desk {
    fake: FakeThreads,
    clock: Arc<ManualClock>,
    vault: Arc<Loose>,
    source: Arc<dyn Source>,
}

fn source_of(
    fake: &FakeThreads,
    change: impl Fn(&mut Value),
    (clock, vault): (&Arc<ManualClock>, &Arc<Loose>),
) -> Arc<dyn Source> {
    let mut config = fake.config();
    change(&mut config["threads"]);
    let (clock, vault) = (clock.clone(), vault.clone());
    build(&configured(config), &Outside { http: http(3), clock, vault, ..outside() }).unwrap().remove(0)
}

impl Desk {
    async fn start() -> Self {
        Self::with(|_| ()).await
    }

    async fn with(change: impl Fn(&mut Value)) -> Self {
        let (fake, clock) = (FakeThreads::start(NOON).await, ManualClock::at(NOON));
        let vault = Arc::new(Loose::default());
        let source = source_of(&fake, change, (&clock, &vault));
        Self { fake, clock, vault, source }
    }

    /// The same account as another process has it.
    fn another(&self) -> Arc<dyn Source> {
        source_of(&self.fake, |_| (), (&self.clock, &self.vault))
    }

    async fn look(&self, stream: &str, cursor: &mut Option<String>) -> Result<Vec<Value>, SourceTrouble> {
        let mut found = Vec::new();
        loop {
            let batch = self.source.poll().unwrap().poll(stream, cursor.as_deref()).await?;
            found.extend(batch.items.iter().map(|i| serde_json::from_slice::<Value>(&i.body).unwrap()));
            *cursor = batch.cursor.or(cursor.take());
            if !batch.more {
                return Ok(found);
            }
        }
    }

    fn delivered(&self, body: &Value) -> Vec<Value> {
        let bytes = body.to_string().into_bytes();
        let items = self.source.hook().unwrap().items(&signed(&bytes), &bytes, NOON).unwrap();
        items.iter().map(|i| serde_json::from_slice(&i.body).unwrap()).collect()
    }
}

fn ids(found: &[Value]) -> Vec<&str> {
    found.iter().map(|p| p["external_id"].as_str().unwrap()).collect()
}

fn outgoing(to: &str, text: &str) -> Outgoing {
    Outgoing {
        action_id: "act_1".into(),
        key: "k".into(),
        to: PostRef { external_id: to.into(), author_id: "mia".into(), ..PostRef::default() },
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
async fn looks_bring_mentions_replies_and_own_replies_once_and_see_edits() {
    let desk = Desk::start().await;
    desk.fake.ledger().page_size = 3;
    let post = desk.fake.ledger().post("acme", None, "Our new phone", NOON.minus(Span::days(1)));
    let first = desk.fake.ledger().post("mia", Some(&post), "help", NOON.minus(Span::hours(3)));
    let named = desk.fake.ledger().post("bob", None, "look, @acme!", NOON.minus(Span::hours(2)));
    let (mut mentions, mut replies, mut own) = (None, None, None);
    let found = desk.look("mentions", &mut mentions).await.unwrap();
    assert_eq!((ids(&found), &found[0]["addressed"]), (vec![named.as_str()], &json!(true)));
    assert_eq!((&found[0]["author"]["id"], &found[0]["author"]["handle"]), (&json!("bob"), &json!("bob")));
    let found = desk.look("replies", &mut replies).await.unwrap();
    assert_eq!(ids(&found), [post.as_str(), first.as_str()]);
    assert!(found[0]["own"] == true && found[1]["addressed"] == true && found[1]["conversation_id"] == post);
    assert!(desk.look("own replies", &mut own).await.unwrap().is_empty());
    for (stream, cursor) in [("mentions", &mut mentions), ("replies", &mut replies)] {
        assert!(desk.look(stream, cursor).await.unwrap().is_empty(), "{stream}: nothing comes twice");
    }
    // More than a page while nobody looked, an answer of ours, and one of another customer.
    desk.clock.advance(Span::hours(1));
    for n in 0..8 {
        desk.fake.ledger().post("eve", None, "@acme and you?", NOON.plus(Span::minutes(10 + n)));
        desk.fake.ledger().post(&format!("c{n}"), Some(&post), "me too", NOON.plus(Span::minutes(10 + n)));
    }
    let ours = desk.fake.ledger().post("acme", Some(&first), "Sorry! ^Jan", NOON.plus(Span::minutes(30)));
    let other = desk.fake.ledger().post("zoe", Some(&first), "off and on?", NOON.plus(Span::minutes(31)));
    assert_eq!(desk.look("mentions", &mut mentions).await.unwrap().len(), 8);
    let found = desk.look("replies", &mut replies).await.unwrap();
    assert_eq!(found.len(), 10);
    let of = |id: &String| found.iter().find(|p| p["external_id"] == *id).unwrap();
    assert!(
        of(&ours)["own"] == true && of(&other)["context"] == true && of(&other)["above"] == json!([post])
    );
    assert_eq!(ids(&desk.look("own replies", &mut own).await.unwrap()), [ours.as_str()]);
    desk.fake.ledger().posts.iter_mut().find(|p| p.id == other).unwrap().words = "off and on again?".into();
    let found = desk.look("replies", &mut replies).await.unwrap();
    assert!(found.len() == 1 && found[0]["edited_at"].is_string(), "{found:?}");
}

#[tokio::test]
async fn deliveries_count_with_their_signature_and_to_their_account_only() {
    let desk = Desk::start().await;
    let hook = desk.source.hook().unwrap();
    // As the platform documents it.
    let reply = json!({"id": "8901234", "username": "Test_Username", "text": "Reply \u{1f494} / x", "media_type": "TEXT_POST",
        "permalink": "https://www.threads.net/@test_username/post/Pp", "replied_to": {"id": "567890"},
        "root_post": {"id": "123456", "owner_id": ME, "username": "acme"}, "shortcode": "Pp",
        "timestamp": "2024-08-07T10:33:16+0000"});
    let body = delivered("78901", "replies", &reply);
    let found = desk.delivered(&body);
    assert_eq!((ids(&found), &found[0]["author"]["id"]), (vec!["8901234"], &json!("test_username")));
    assert_eq!(found[0]["created_at"], "2024-08-07T10:33:16.000Z");
    let bytes = body.to_string().replace('\u{1f494}', "\\ud83d\\udc94").replace('/', "\\/").into_bytes();
    assert_eq!(hook.items(&signed(&bytes), &bytes, NOON).unwrap().len(), 1);
    let again = serde_json::from_slice::<Value>(&bytes).unwrap().to_string();
    assert_eq!(hook.items(&signed(&bytes), again.as_bytes(), NOON), Err(Refusal::Signature), "other bytes");
    assert_eq!(hook.items(&HeaderMap::new(), &bytes, NOON), Err(Refusal::Missing("x-hub-signature-256")));
    let mut doubled = signed(&bytes);
    doubled.append("x-hub-signature-256", "sha256=00".parse().unwrap());
    assert_eq!(hook.items(&doubled, &bytes, NOON), Err(Refusal::Unreadable("x-hub-signature-256")));
    let changing = source_of(
        &desk.fake,
        |c| {
            c["app_secret"] = "a new secret".into();
            c["previous_app_secret"] = APP_SECRET.into();
        },
        (&desk.clock, &desk.vault),
    );
    let mut new = HeaderMap::new();
    new.insert("x-hub-signature-256", sign(&"a new secret".to_owned().into(), &bytes).parse().unwrap());
    for headers in [signed(&bytes), new] {
        assert_eq!(changing.hook().unwrap().items(&headers, &bytes, NOON).unwrap().len(), 1);
    }
    // Of another account of the same app nothing is ours.
    let mut others = reply.clone();
    others["root_post"] = json!({"id": "5", "owner_id": "999", "username": "other"});
    assert!(desk.delivered(&delivered("999", "replies", &others)).is_empty());
    let mention = json!({"id": "8", "username": "bob", "text": "hi @acme"});
    assert_eq!(desk.delivered(&delivered("999", "mentions", &mention))[0]["addressed"], true);
    let published =
        json!({"id": "9", "username": "acme", "text": "typed in the app", "replied_to": {"id": "8"}});
    assert_eq!(desk.delivered(&delivered(ME, "publish", &published))[0]["own"], true);
    let gone = json!({"id": "9", "owner": {"owner_id": ME}, "deleted_at": "2026-11-25T11:43:20+0000"});
    let gone = desk.delivered(&delivered(ME, "delete", &gone)).remove(0);
    assert!(gone["deleted"] == true && gone["own"] == true);
    assert!(desk.delivered(&delivered(ME, "something new", &json!({"id": "1"}))).is_empty());
    assert!(desk.delivered(&json!({"app_id": "1"})).is_empty());
    let several = json!({"target_id": ME, "values": [{"field": "mentions", "value": mention},
        {"field": "publish", "value": published}]});
    assert_eq!(desk.delivered(&several).len(), 2);
    let asked =
        |word: &str| hook.challenge(&format!("hub.mode=subscribe&hub.challenge=115&hub.verify_token={word}"));
    assert_eq!(asked("the+word").map(|c| c.body), Some("115".to_owned()));
    assert_eq!(asked("another"), None);
}

#[tokio::test]
async fn an_answer_is_made_in_two_steps_of_which_only_the_second_says_anything() {
    let desk = Desk::start().await;
    let mention = desk.fake.ledger().post("mia", None, "@acme help", NOON);
    let reply = desk.source.reply().unwrap();
    let going = outgoing(&mention, "We look into it ^Jan");
    // A first step that is lost leaves nothing that anybody sees.
    desk.fake.ledger().making.push_back(Fault::TakesAnd(Reply::status(500)));
    let lost = reply.send(&going).await;
    assert!(matches!(lost, Outcome::Retry { after: Some(_), .. }), "{lost:?}");
    assert_eq!(desk.fake.ledger().containers.len(), 1);
    assert!(desk.fake.ledger().published.is_empty());
    // A second that is lost is unknown, and found among our own replies.
    desk.fake.ledger().publishing.push_back(Fault::TakesAnd(Reply::status(500)));
    assert!(matches!(reply.send(&going).await, Outcome::Unknown { .. }));
    let id = desk.fake.ledger().published[0].clone();
    let found = desk.another().reply().unwrap().look(&going).await;
    assert!(matches!(&found, Looked::Done { remote_id, at: Some(NOON) } if *remote_id == id), "{found:?}");
    let never = outgoing(&mention, "never published");
    assert!(matches!(reply.look(&never).await, Looked::Later { .. }), "lists lag");
    desk.clock.advance(Span::minutes(3));
    assert!(matches!(reply.look(&never).await, Looked::Person { .. }));
    let sent = reply.send(&outgoing(&mention, "One more")).await;
    assert!(matches!(sent, Outcome::Done { .. }), "{sent:?}");
    let made = desk.fake.ledger().containers.last().cloned().unwrap();
    assert_eq!((&made["media_type"], &made["reply_to_id"]), (&json!("TEXT"), &json!(mention)));
    for (refused, wanted) in [
        (refusal(400, 24, 4_279_009), "retry"),
        (refusal(400, 4, 0), "retry"),
        (refusal(400, 100, 33), "refused"),
        (refusal(400, 368, 0), "refused"),
        (refusal(400, 190, 0), "refused"),
        (refusal(500, 2, 0), "unknown"),
    ] {
        desk.fake.ledger().publishing.push_back(Fault::Instead(refused));
        let is = match reply.send(&going).await {
            Outcome::Refused { .. } => "refused",
            Outcome::Retry { .. } => "retry",
            Outcome::Unknown { .. } => "unknown",
            _ => "else",
        };
        assert_eq!(is, wanted);
    }
    assert!(desk.source.grants().unwrap().lacks(Right::Answer).is_some());
    // Whom programs may not answer, people may.
    let mut elsewhere = going.clone();
    elsewhere.to.local_id = Some(format!("elsewhere/{mention}"));
    elsewhere.to.url = Some("https://www.threads.net/@mia/post/Pp".into());
    desk.fake.ledger().making.push_back(Fault::Instead(refusal(403, 10, 0)));
    assert!(matches!(reply.send(&elsewhere).await, Outcome::ByHand { .. }));
    for measure in [Measure::Hide, Measure::Unhide] {
        assert!(matches!(reply.moderate(measure, &going, "rule 3").await, Outcome::Done { .. }));
    }
    assert_eq!(desk.fake.ledger().hidden, [(mention.clone(), true), (mention.clone(), false)]);
    assert!(matches!(reply.moderate(Measure::Hide, &elsewhere, "").await, Outcome::Refused { .. }));
}

#[tokio::test]
async fn the_replies_of_a_day_are_read_before_each_answer_and_emoji_count_as_bytes() {
    let desk = Desk::start().await;
    let mention = desk.fake.ledger().post("mia", None, "@acme help", NOON);
    let reply = desk.source.reply().unwrap();
    desk.fake.ledger().used = 1_000;
    let full = reply.send(&outgoing(&mention, "Sorry")).await;
    assert!(
        matches!(&full, Outcome::Retry { after: Some(_), why } if why.contains("1000 of 1000")),
        "{full:?}"
    );
    assert!(desk.fake.ledger().containers.is_empty(), "nothing was made");
    desk.fake.ledger().used = 999;
    assert!(matches!(reply.send(&outgoing(&mention, "Sorry")).await, Outcome::Done { .. }));
    let composed = |text: String| reply.compose(&Draft { text, sign: String::new(), to: PostRef::default() });
    assert_eq!(composed("x".repeat(500)).refused, None);
    assert!(composed("x".repeat(501)).refused.is_some());
    let hearts = composed("\u{1f494}".repeat(126));
    assert_eq!(hearts.measure.length, 504);
    assert!(hearts.refused.unwrap().contains("504 characters as Threads counts"));
    assert!(composed("  ".into()).refused.is_some());
}

#[tokio::test]
async fn searches_that_find_something_are_counted_over_restarts_and_end_for_the_day() {
    let desk = Desk::with(|c| c["searches_per_day"] = 2.into()).await;
    let poll = desk.source.poll().unwrap();
    assert_eq!(poll.streams(), ["mentions", "replies", "own replies", "search"]);
    let mut cursor = None;
    for _ in 0..5 {
        assert!(desk.look("search", &mut cursor).await.unwrap().is_empty(), "what finds nothing is free");
    }
    let post = desk.fake.ledger().post("bob", None, "my acme phone is dead", NOON.minus(Span::minutes(1)));
    let found = desk.look("search", &mut cursor).await.unwrap();
    assert_eq!((ids(&found), found[0].get("addressed")), (vec![post.as_str()], None));
    assert!(poll.every_of("search") > Span::hours(10), "what is left lasts for the day");
    assert!(desk.look("search", &mut cursor).await.unwrap().is_empty(), "the same once more");
    let spent = desk.look("search", &mut cursor).await.unwrap_err();
    assert!(matches!(spent.state, TroubleState::RateLimited { until } if until > NOON.plus(Span::hours(23))));
    assert!(spent.why.contains("searches of the day"), "{spent:?}");
    assert!(poll.aside("search").note.unwrap().contains("2 of the 2"));
    let asked = desk.fake.ledger().searches.len();
    // One that begins anew knows it from the cursor.
    let other = source_of(&desk.fake, |c| c["searches_per_day"] = 2.into(), (&desk.clock, &desk.vault));
    assert!(other.poll().unwrap().poll("search", cursor.as_deref()).await.is_err());
    assert_eq!(desk.fake.ledger().searches.len(), asked, "nothing was asked");
    assert!(desk.look("mentions", &mut None).await.is_ok(), "all else goes on");
    desk.clock.advance(Span::hours(26));
    assert!(desk.look("search", &mut cursor).await.is_ok());
}

#[tokio::test]
async fn a_token_is_renewed_when_it_is_a_day_old_and_kept_before_it_is_used() {
    let desk = Desk::start().await;
    desk.look("mentions", &mut None).await.unwrap();
    desk.clock.advance(Span::hours(23));
    desk.look("mentions", &mut None).await.unwrap();
    assert_eq!(desk.fake.ledger().renewals, 0, "younger ones are not renewed");
    assert!(desk.source.grants().unwrap().all_ends().is_empty(), "its end is not known");
    // What cannot be kept is not used, and kept as soon as that works.
    desk.clock.advance(Span::hours(2));
    desk.vault.is_loose.store(true, Ordering::SeqCst);
    let trouble = desk.look("mentions", &mut None).await.unwrap_err();
    assert!(
        trouble.state == TroubleState::Broken && trouble.why.contains("could not be kept"),
        "{trouble:?}"
    );
    desk.vault.is_loose.store(false, Ordering::SeqCst);
    desk.look("mentions", &mut None).await.unwrap();
    assert_eq!(desk.fake.ledger().renewals, 1);
    let end = desk.source.grants().unwrap().all_ends().remove(0);
    assert!(end.renews && end.at == NOON.plus(Span::hours(25)).plus(Span::days(60)), "{end:?}");
    // Another process goes on with what was kept; the settings' own token is no longer taken here.
    desk.another().poll().unwrap().poll("mentions", None).await.unwrap();
    assert_eq!(desk.fake.ledger().renewals, 1);
    // Where renewing fails the present one goes on, people are told, and it is tried again.
    desk.clock.advance(Span::hours(25));
    desk.fake.ledger().no_renewal = Some(Reply::status(500));
    desk.look("mentions", &mut None).await.unwrap();
    let end = desk.source.grants().unwrap().all_ends().remove(0);
    assert!(!end.renews, "from now on a person must know");
    assert!(desk.source.poll().unwrap().aside("mentions").note.unwrap().contains("could not be renewed"));
    desk.clock.advance(Span::minutes(61));
    desk.look("mentions", &mut None).await.unwrap();
    assert_eq!(desk.fake.ledger().renewals, 2);
    assert_eq!(desk.source.poll().unwrap().aside("mentions").note, None);
    // One that the platform has taken back is told as such.
    desk.fake.ledger().token = "s3cret-of-somebody-else".into();
    let trouble = desk.look("mentions", &mut None).await.unwrap_err();
    assert_eq!(trouble.state, TroubleState::NeedsToken);
    let asked = desk.fake.ledger().asked.clone();
    assert!(asked.iter().all(|a| !a.contains("s3cret")), "tokens stand in no address of a list");
}

#[tokio::test]
async fn what_is_gone_is_believed_only_where_such_posts_are_still_shown() {
    let desk = Desk::start().await;
    let post = desk.fake.ledger().post("acme", None, "Our new phone", NOON);
    let below = desk.fake.ledger().post("mia", Some(&post), "help", NOON);
    let named = desk.fake.ledger().post("bob", None, "hi @acme", NOON);
    let other = desk.fake.ledger().post("eve", None, "hello @acme", NOON);
    let elsewhere = |id: &String| PostRef {
        external_id: id.clone(),
        local_id: Some(format!("elsewhere/{id}")),
        ..PostRef::default()
    };
    let ours = PostRef { external_id: below.clone(), ..PostRef::default() };
    let recheck = desk.source.recheck().unwrap();
    let standing = recheck.standing(&[ours.clone(), elsewhere(&named)]).await.unwrap();
    assert!(standing.iter().all(|s| matches!(s, Standing::Stands(_))), "{standing:?}");
    desk.fake.ledger().delete(&below);
    desk.fake.ledger().delete(&named);
    let standing = recheck.standing(&[ours, elsewhere(&named), elsewhere(&other)]).await.unwrap();
    assert!(matches!(&standing[..], [Standing::Gone, Standing::Gone, Standing::Stands(_)]), "{standing:?}");
    // Where nobody else's posts are shown by their id, that says nothing.
    desk.fake.ledger().veiled.push(other.clone());
    let standing = recheck.standing(&[elsewhere(&named), elsewhere(&other)]).await.unwrap();
    assert_eq!(standing, [Standing::Unknown, Standing::Unknown]);
}

#[tokio::test]
async fn a_second_reading_finds_what_the_looks_passed_over() {
    struct All;
    #[async_trait]
    impl Unseen for All {
        async fn unseen(&self, posts: &[&RawPost]) -> Result<Vec<bool>, SourceTrouble> {
            Ok(vec![true; posts.len()])
        }
    }
    let desk = Desk::start().await;
    desk.fake.ledger().page_size = 2;
    let post = desk.fake.ledger().post("acme", None, "News", NOON.minus(Span::days(2)));
    for n in 0..7 {
        let at = NOON.minus(Span::minutes(10 * n + 5));
        desk.fake.ledger().post("mia", Some(&post), &format!("reply {n}"), at);
        desk.fake.ledger().post("bob", None, &format!("@acme {n}"), at);
    }
    let (sweep, from) = (desk.source.sweep().unwrap(), NOON.minus(Span::minutes(50)));
    assert_eq!(sweep.streams(), ["mentions", "replies"]);
    let read = sweep.page("replies", from, None, &All).await.unwrap();
    assert_eq!((read.items.len(), read.next), (5, None), "two are older, and so is the post");
    let (mut all, mut page): (usize, Option<String>) = (0, None);
    loop {
        let read = sweep.page("mentions", from, page.as_deref(), &All).await.unwrap();
        all += read.items.len();
        page = read.next;
        if page.is_none() {
            break;
        }
    }
    assert_eq!(all, 5);
}

#[tokio::test]
async fn refusals_are_told_apart_by_code() {
    let desk = Desk::start().await;
    for (reply, wanted) in [
        (refusal(400, 190, 463), TroubleState::NeedsToken),
        (refusal(403, 200, 0), TroubleState::NeedsRight),
        (refusal(500, 2, 0), TroubleState::Unreachable),
    ] {
        desk.fake.ledger().reads = Some(reply);
        let trouble = desk.another().poll().unwrap().poll("mentions", None).await.unwrap_err();
        assert_eq!(trouble.state, wanted);
    }
    desk.fake.ledger().reads = Some(refusal(400, 4, 0));
    let trouble = desk.another().poll().unwrap().poll("mentions", None).await.unwrap_err();
    assert!(matches!(trouble.state, TroubleState::RateLimited { until } if until > NOON), "{trouble:?}");
}

#[tokio::test]
async fn an_account_is_tried_in_seconds() {
    let desk = Desk::start().await;
    let tried = async |source: &dyn Source| {
        let exams = source.examine().unwrap().examine().await;
        exams.into_iter().map(|e| (e.what, e.verdict, e.found)).collect::<Vec<_>>()
    };
    let found = tried(&*desk.source).await;
    assert!(found.iter().all(|e| e.1 == Verdict::Good), "{found:?}");
    let of = |what: &str| found.iter().find(|e| e.0 == what).unwrap().2.clone();
    assert_eq!(of("log in"), "@acme");
    assert!(of("replies").contains("3 of 1000") && of("posts").contains("4 of 250"));
    assert!(of("private").contains("no private messages") && of("searches").contains("2200"));
    assert!(desk.fake.ledger().containers.is_empty(), "nothing was made");
    desk.fake.ledger().used = 1_000;
    let full = tried(&*desk.source).await;
    assert!(full.iter().any(|e| e.0 == "replies" && e.1 == Verdict::Bad), "{full:?}");
    let wrong = source_of(&desk.fake, |c| c["account"] = "other".into(), (&desk.clock, &desk.vault));
    let wrong = tried(&*wrong).await;
    assert!(wrong.len() == 1 && wrong[0].2.contains("@acme, not of @other"), "{wrong:?}");
    desk.fake.ledger().token = format!("{FIRST_TOKEN}-over");
    let over = tried(&*desk.source).await;
    assert!(over.len() == 1 && over[0].1 == Verdict::Bad, "{over:?}");
}

//! Platforms of reviews, before fakes with ledgers: what is read, how a review is answered once, what a change and a
//! removal do, what is done with log-ins and refusals, and that one that is broken leaves the others alone.

use crate::reviews_site::{FakeReviews, KINDS, Mood, claims, known_as, refusal};
use crate::site::Reply;
use crate::walk::House;
use crate::{Fresh, Shelf, configured, eventually, fresh, fresh_on_each, http, outside};
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::Notify;
use webcared::casework::{Act, Actor, Answer};
use webcared::clock::{Chance, Clock, ManualClock, Mint, SystemClock};
use webcared::domain::delivery::{Looked, Outcome};
use webcared::domain::exam::Verdict;
use webcared::domain::ids::PersonId;
use webcared::domain::post::RawPost;
use webcared::domain::time::{Span, Timestamp};
use webcared::shutdown::Shutdown;
use webcared::sources::reply::{Draft, Outgoing, PostRef};
use webcared::sources::{Outside, Right, Source, SourceTrouble, Standing, TroubleState, Unseen, build};
use webcared::store::{answer, open, source};

const NOON: Timestamp = Timestamp(1_795_608_000_000);

fn source_of(fake: &FakeReviews, change: impl Fn(&mut Value), clock: &Arc<ManualClock>) -> Arc<dyn Source> {
    let mut config = fake.config();
    change(&mut config[fake.kind]);
    let (clock, vault) = (clock.clone(), Arc::new(Shelf::default()));
    let outside = Outside { http: http(3), clock, vault, ..outside() };
    build(&configured(config), &outside).unwrap().remove(0)
}

/// Looks until nothing more waits.
async fn look(source: &dyn Source, cursor: &mut Option<String>) -> Vec<Value> {
    let poll = source.poll().unwrap();
    let stream = poll.streams().remove(0);
    let mut found = Vec::new();
    loop {
        let batch = poll.poll(&stream, cursor.as_deref()).await.unwrap();
        found.extend(batch.items.iter().map(|i| serde_json::from_slice::<Value>(&i.body).unwrap()));
        *cursor = batch.cursor.or(cursor.take());
        if !batch.more {
            return found;
        }
    }
}

fn ids(found: &[Value]) -> Vec<String> {
    found.iter().map(|p| p["external_id"].as_str().unwrap().to_owned()).collect()
}

fn outgoing(to: &str, text: &str) -> Outgoing {
    Outgoing {
        action_id: "act_1".into(),
        key: "k".into(),
        to: PostRef { external_id: to.into(), ..PostRef::default() },
        text: text.into(),
        visibility: "public".into(),
        language: "en".into(),
        made_at: NOON,
        first_sent_at: None,
        case_number: None,
        files: Vec::new(),
    }
}

struct All;

#[async_trait::async_trait]
impl Unseen for All {
    async fn unseen(&self, posts: &[&RawPost]) -> Result<Vec<bool>, SourceTrouble> {
        Ok(vec![true; posts.len()])
    }
}

#[tokio::test]
async fn nothing_is_missed_whether_it_is_new_late_or_changed_and_our_answers_are_ours() {
    for kind in KINDS {
        let (fake, clock) = (FakeReviews::start(kind, NOON).await, ManualClock::at(NOON));
        let id = |n: i64| known_as(kind, &format!("r{n}"));
        // What Trustpilot gives is a hundred at once.
        let small = kind != "trustpilot";
        if small {
            fake.ledger().page = 2;
        }
        let source = source_of(&fake, |_| (), &clock);
        for n in 0..3 {
            fake.review(&format!("r{n}"), 4, "fine", NOON.minus(Span::hours(60 - n)));
        }
        let mut cursor = None;
        let first = look(&*source, &mut cursor).await;
        assert_eq!(first.len(), if small { 2 } else { 3 }, "{kind}: a first look reads one page");
        for n in 3..8 {
            fake.review(&format!("r{n}"), 1, "broken", NOON.minus(Span::minutes(9 - n)));
        }
        let mut found = ids(&look(&*source, &mut cursor).await);
        found.sort();
        // What the first page left out lies within the overlap.
        found.retain(|i| *i != id(0));
        assert_eq!(found, (3..8).map(id).collect::<Vec<_>>(), "{kind}");
        assert!(look(&*source, &mut cursor).await.is_empty(), "{kind}: nothing comes twice");
        // One that shows up late, behind what was read already.
        fake.review("r8", 2, "late", NOON.minus(Span::hours(2)));
        let late = look(&*source, &mut cursor).await;
        assert_eq!(ids(&late), [id(8)], "{kind}");
        assert_eq!(late[0]["review"]["stars"], 2, "{kind}");
        assert!(late[0]["addressed"] == true && late[0]["kind"] == "review", "{kind}");
        // An answer typed in the platform's own app, and a change of stars alone.
        clock.advance(Span::minutes(5));
        fake.ledger().now = clock.now();
        fake.change("r7", |r| r.answer = Some(("Sorry, Mia".into(), NOON.plus(Span::minutes(1)))));
        let ours = look(&*source, &mut cursor).await;
        assert_eq!(
            (ours.len(), &ours[0]["own"], &ours[0]["in_reply_to"]),
            (1, &true.into(), &id(7).into()),
            "{kind}"
        );
        fake.change("r7", |r| (r.stars, r.changed) = (2, Some(NOON.plus(Span::minutes(2)))));
        let changed = look(&*source, &mut cursor).await;
        assert_eq!(changed.len(), 1, "{kind}: {changed:?}");
        assert!(changed[0]["external_id"].as_str().unwrap().starts_with(&format!("{}@", id(7))), "{kind}");
        assert_eq!(changed[0]["conversation_id"], id(7).as_str(), "{kind}");
        // Back and forth: what was said before is said once more, whether or not another time is told for it.
        let mut said = vec![changed[0]["external_id"].clone()];
        for (n, stars) in [(3, 1), (4, 2)] {
            fake.change("r7", |r| (r.stars, r.changed) = (stars, Some(NOON.plus(Span::minutes(n)))));
            let again = look(&*source, &mut cursor).await;
            assert_eq!(again.len(), 1, "{kind}: {again:?}");
            said.push(again[0]["external_id"].clone());
        }
        // An older copy that a list shows once more is no change where the time of one is told.
        if kind != "app_store" {
            for (n, stars) in [(3, 1), (4, 2)] {
                fake.change("r7", |r| (r.stars, r.changed) = (stars, Some(NOON.plus(Span::minutes(n)))));
                for again in look(&*source, &mut cursor).await {
                    assert!(said.contains(&again["external_id"]), "{kind}: {again}");
                }
            }
        }
        said.sort_by_key(ToString::to_string);
        said.dedup();
        assert_eq!(said.len(), 3, "{kind}: each is a message of its own: {said:?}");
        let sweep = source.sweep().unwrap();
        let (mut page, mut swept) = (None, 0);
        loop {
            let stream = sweep.streams().remove(0);
            let read = sweep.page(&stream, NOON.minus(Span::hours(1)), page.as_deref(), &All).await.unwrap();
            swept += read.items.len();
            page = read.next;
            if page.is_none() {
                break;
            }
        }
        assert_eq!(swept, 6, "{kind}: the five of the last hour, and our answer");
    }
}

#[tokio::test]
async fn an_answer_takes_the_place_of_the_one_before_and_is_looked_for() {
    for kind in KINDS {
        let (fake, clock) = (FakeReviews::start(kind, NOON).await, ManualClock::at(NOON));
        let source = source_of(&fake, |_| (), &clock);
        let reply = source.reply().unwrap();
        let id = known_as(kind, "r1");
        fake.review("r1", 1, "broken", NOON.minus(Span::minutes(5)));
        let Outcome::Done { remote_id: first, at } = reply.send(&outgoing(&id, "One")).await else {
            panic!("{kind}")
        };
        assert_eq!(at, Some(NOON), "{kind}: the platform's time");
        // What is answered may be what its author said after a change.
        let again = reply.send(&outgoing(&format!("{id}@0123456789abcdef"), "Two")).await;
        let Outcome::Done { remote_id: second, .. } = again else { panic!("{kind}: {again:?}") };
        assert!(first != second && first.starts_with(&id) && second.starts_with(&id), "{kind}");
        let same = reply.send(&outgoing(&format!("{id}@0123456789abcdef"), "Two ")).await;
        assert!(matches!(&same, Outcome::Refused { reason } if reason.contains("words")), "{same:?}");
        assert_eq!(fake.ledger().answered.len(), 2, "{kind}: the same words are not said again");
        assert!(matches!(reply.look(&outgoing(&id, " Two")).await, Looked::Done { .. }), "{kind}");
        // Somebody else's words stand there by now: nobody writes over them unasked.
        assert!(matches!(reply.look(&outgoing(&id, "Three")).await, Looked::Person { .. }), "{kind}");
        fake.change("r1", |r| r.answer = None);
        assert!(matches!(reply.look(&outgoing(&id, "Three")).await, Looked::Later { .. }), "{kind}");
        clock.advance(Span::minutes(5));
        assert!(matches!(reply.look(&outgoing(&id, "Three")).await, Looked::Again { .. }), "{kind}");
        fake.ledger().reviews.clear();
        assert!(matches!(reply.look(&outgoing(&id, "Three")).await, Looked::Person { .. }), "{kind}");
        let gone = reply.send(&outgoing(&id, "Four")).await;
        assert!(
            matches!(&gone, Outcome::Refused { reason } if reason.contains("no longer there")),
            "{gone:?}"
        );
        let limit = reply.limits().text_max;
        let draft = |n: usize| Draft { text: "x".repeat(n), ..Draft::default() };
        assert!(reply.compose(&draft(limit)).refused.is_none(), "{kind}");
        assert!(reply.compose(&draft(limit + 1)).refused.is_some(), "{kind}");
        assert!(source.private().is_none(), "{kind}: there is no private channel");
    }
    let most = KINDS.map(|kind| webcared::sources::reply::documented_limits(kind).unwrap().text_max);
    assert_eq!(most, [4_096, 350, 5_970, 10_000]);
}

#[tokio::test]
async fn refusals_are_told_apart_and_tokens_are_fetched_anew() {
    for kind in KINDS {
        let (fake, clock) = (FakeReviews::start(kind, NOON).await, ManualClock::at(NOON));
        fake.review("r1", 1, "broken", NOON.minus(Span::minutes(5)));
        let source = source_of(&fake, |_| (), &clock);
        let (reply, id) = (source.reply().unwrap(), known_as(kind, "r1"));
        assert!(matches!(reply.send(&outgoing(&id, "One")).await, Outcome::Done { .. }), "{kind}");
        fake.ledger().token = "withdrawn".into();
        let sent = reply.send(&outgoing(&id, "Two")).await;
        if kind == "app_store" {
            assert!(matches!(sent, Outcome::Refused { .. }), "a key of its own: {sent:?}");
            let trouble = source.poll().unwrap().poll("77", None).await.unwrap_err();
            assert_eq!(trouble.state, TroubleState::NeedsToken);
            fake.ledger().token.clear();
        } else {
            assert!(matches!(sent, Outcome::Done { .. }), "{kind}: {sent:?}");
            assert_eq!(fake.ledger().tokens, 2, "{kind}");
        }
        // A gate on the way is not the platform: it may go again, and nothing is said of the credential.
        let lacked = source.grants().unwrap().lacks(Right::Answer).is_some();
        assert_eq!(lacked, kind == "app_store", "{kind}: only a refused key is said of so far");
        fake.ledger().moods.push_back(Mood::Refuses(Reply::status(403)));
        let gate = reply.send(&outgoing(&id, "Three")).await;
        assert!(matches!(gate, Outcome::Retry { after: Some(_), .. }), "{kind}: {gate:?}");
        assert_eq!(source.grants().unwrap().lacks(Right::Answer).is_some(), lacked, "{kind}");
        fake.ledger().moods.push_back(Mood::Refuses(refusal(kind, 403, "PERMISSION_DENIED")));
        let refused = reply.send(&outgoing(&id, "Three")).await;
        assert!(matches!(refused, Outcome::Refused { .. }), "{kind}: {refused:?}");
        assert!(source.grants().unwrap().lacks(Right::Answer).is_some(), "{kind}");
        assert!(matches!(reply.send(&outgoing(&id, "Three")).await, Outcome::Done { .. }), "{kind}");
        assert!(source.grants().unwrap().lacks(Right::Answer).is_none(), "{kind}: it may again");
        fake.ledger().moods.push_back(Mood::TakesAnd(Reply::status(500)));
        assert!(matches!(reply.send(&outgoing(&id, "Four")).await, Outcome::Unknown { .. }), "{kind}");
        let exams = source.examine().unwrap().examine().await;
        assert!(exams[0].verdict == Verdict::Good && exams[0].found.contains("1 reviews"), "{exams:?}");
        fake.ledger().instead = Some(Reply::status(403));
        let bad = source.examine().unwrap().examine().await;
        assert!(bad[0].verdict == Verdict::Bad && !bad[0].advice.is_empty(), "{kind}: {bad:?}");
        for asked in fake.site.asked() {
            assert!(!format!("{}?{}", asked.path, asked.query).contains("s3cret"), "{kind}: in an address");
            if kind == "app_store" {
                let token = asked.header("authorization").unwrap().strip_prefix("Bearer ").unwrap();
                let life = claims(token)["exp"].as_i64().unwrap() - claims(token)["iat"].as_i64().unwrap();
                assert!(life <= 20 * 60 && claims(token)["aud"] == "appstoreconnect-v1");
            }
        }
    }
}

#[tokio::test]
async fn calls_are_shared_and_answers_keep_a_fifth() {
    let (fake, clock) = (FakeReviews::start("google_play", NOON).await, ManualClock::at(NOON));
    fake.review("r1", 1, "broken", NOON);
    let source = source_of(&fake, |c| c["calls_per_hour"] = 10.into(), &clock);
    let poll = source.poll().unwrap();
    assert!(poll.every() >= Span::minutes(14), "an hour of looks fits: {}", poll.every());
    let mut reads = 0;
    let trouble = loop {
        match poll.poll("com.acme", None).await {
            Ok(_) => reads += 1,
            Err(trouble) => break trouble,
        }
    };
    assert_eq!(reads, 8);
    assert!(matches!(trouble.state, TroubleState::RateLimited { .. }) && trouble.retry_after.is_some());
    let (reply, id) = (source.reply().unwrap(), known_as("google_play", "r1"));
    for n in 0..2 {
        assert!(matches!(reply.send(&outgoing(&id, &format!("Sorry {n}"))).await, Outcome::Done { .. }));
    }
    let third = reply.send(&outgoing(&id, "Sorry 3")).await;
    assert!(matches!(third, Outcome::Retry { after: Some(_), .. }), "{third:?}");
    assert_eq!(fake.ledger().answered.len(), 2);
    assert!(poll.aside("com.acme").note.is_some_and(|n| n.contains("7 days")), "what is not seen is said");
}

#[tokio::test]
async fn what_is_gone_is_told_and_what_is_only_shown_no_more_is_not_taken_for_gone() {
    for kind in KINDS {
        let (fake, clock) = (FakeReviews::start(kind, NOON).await, ManualClock::at(NOON));
        fake.review("r1", 1, "broken", NOON.minus(Span::hours(3)));
        let source = source_of(&fake, |_| (), &clock);
        let found = look(&*source, &mut None).await;
        let local = found[0]["local_id"].as_str().unwrap().to_owned();
        let asked = |id: &str| PostRef {
            external_id: id.into(),
            local_id: Some(local.clone()),
            ..PostRef::default()
        };
        let standing =
            async |post: PostRef| source.recheck().unwrap().standing(&[post]).await.unwrap().remove(0);
        let id = known_as(kind, "r1");
        let stands = standing(asked(&id)).await;
        assert!(
            matches!(&stands, Standing::Stands(p) if p.text == "broken" && p.edited_at.is_none()),
            "{kind}"
        );
        fake.change("r1", |r| (r.text, r.changed) = ("worse".into(), Some(NOON.minus(Span::hours(1)))));
        let changed = standing(asked(&id)).await;
        let Standing::Stands(post) = changed else { panic!("{kind}: {changed:?}") };
        assert!(post.external_id.starts_with(&format!("{id}@")) && post.edited_at.is_some(), "{kind}");
        let first_at = found[0]["created_at"].as_str().unwrap();
        assert!(post.created_at.as_str() > first_at, "{kind}: a change is later than what it changed");
        // Our own answer: as it stands, replaced, taken back.
        fake.change("r1", |r| r.answer = Some(("Sorry".into(), NOON)));
        let ours = look(&*source, &mut None).await.iter().find(|p| p["own"] == true).unwrap().clone();
        let ours = ours["external_id"].as_str().unwrap().to_owned();
        assert!(matches!(standing(asked(&ours)).await, Standing::Stands(_)), "{kind}");
        fake.change("r1", |r| r.answer = Some(("Other words".into(), NOON)));
        assert_eq!(standing(asked(&ours)).await, Standing::Unknown, "{kind}");
        fake.change("r1", |r| r.answer = None);
        assert_eq!(standing(asked(&ours)).await, Standing::Gone, "{kind}");
        fake.ledger().reviews.clear();
        assert_eq!(standing(asked(&id)).await, Standing::Gone, "{kind}");
        assert_eq!(standing(asked(&post.external_id)).await, Standing::Gone, "{kind}");
        fake.ledger().hidden = true;
        let hidden = standing(asked(&id)).await;
        assert_eq!(hidden, Standing::Unknown, "{kind}: a place that we may not see takes no review along");
        fake.ledger().hidden = false;
        fake.ledger().instead = Some(Reply { status: 404, ..Reply::ok("<html>no route</html>") });
        let proxy = source.recheck().unwrap().standing(&[asked(&id)]).await;
        assert!(proxy.is_err(), "{kind}: a page of a proxy proves nothing: {proxy:?}");
        fake.ledger().instead = None;
        clock.advance(Span::days(7));
        let later = standing(asked(&id)).await;
        let expected = if kind == "google_play" { Standing::Unknown } else { Standing::Gone };
        assert!(later == expected || kind != "google_play", "{kind}: {later:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_review_is_answered_once_changed_and_followed_to_its_end() {
    for kind in KINDS {
        for place in fresh_on_each().await {
            walk(kind, &place).await;
        }
    }
}

async fn answered(house: &House, text: &str) {
    let case = house.case().await;
    // The same person each time, or the claim would be somebody else's.
    let actor = Actor { person: PersonId::new(NOON, [1; 10]), lead: false };
    let wanted = Answer { text: text.into(), ..Answer::default() };
    house.casework.act(&case.brand_id, &case.id, case.version, &actor, Act::Answer(wanted)).await.unwrap();
}

async fn walk(kind: &'static str, place: &Fresh) {
    let now = SystemClock::default().now();
    let fake = FakeReviews::start(kind, now).await;
    let house = House::of(place, fake.config()).await;
    fake.review("r1", 1, "My parcel never arrived, where is it?", now.minus(Span::seconds(40)));
    house.read_until("a case", async || house.texts("SELECT id FROM cases").await.len() == 1).await;
    let case = house.case().await;
    assert_eq!((case.platform.as_str(), case.channel.as_str()), (kind, "review"));
    let reasons = house.texts("SELECT reasons FROM judgement").await;
    assert!(reasons[0].contains("stars_1_of_5"), "{kind}: {reasons:?}");
    let body = house.texts("SELECT body FROM content WHERE kind = 'mention'").await;
    assert!(body[0].contains("\"stars\":1"), "{kind}: {body:?}");
    answered(&house, "We look into it, give us an hour.").await;
    // It stands there, and nobody hears of it.
    fake.ledger().now = house.clock.now();
    fake.ledger().moods.push_back(Mood::TakesAnd(Reply::status(500)));
    house.worker.run_once().await.unwrap();
    assert_eq!(house.texts("SELECT state FROM action WHERE kind = 'reply'").await, ["unknown"], "{kind}");
    eventually("a look that finds it", async || {
        house.worker.run_once().await.unwrap();
        house.texts("SELECT state FROM action WHERE kind = 'reply'").await == ["done"]
    })
    .await;
    eventually("the answer in the case", async || {
        house.intake.run_once(500).await.unwrap();
        house.case().await.state == "waiting_customer"
    })
    .await;
    assert_eq!(house.texts("SELECT state FROM obligation WHERE kind = 'first_response'").await, ["kept"]);
    assert_eq!(fake.ledger().answered.len(), 1, "{kind}: said once");
    // Its author changes it: the same case is open again, with a wait of its own.
    let later = house.clock.now();
    fake.change("r1", |r| (r.text, r.changed) = ("Still nothing, where is my parcel?".into(), Some(later)));
    house.read_until("the change", async || house.texts("SELECT id FROM mention").await.len() == 2).await;
    assert_eq!(
        house.texts("SELECT id FROM own_post").await.len(),
        1,
        "{kind}: read back, it is the same answer"
    );
    assert_eq!(house.case().await.state, "working", "{kind}: it is claimed by whoever answered");
    let waits = "SELECT state FROM obligation WHERE kind = 'next_response'";
    assert_eq!(house.texts(waits).await, ["running"], "{kind}");
    // The second answer takes the place of the first.
    fake.ledger().now = house.clock.now();
    answered(&house, "Found it: it comes tomorrow.").await;
    house.worker.run_once().await.unwrap();
    eventually("the second answer in the case", async || {
        house.intake.run_once(500).await.unwrap();
        house.case().await.state == "waiting_customer"
    })
    .await;
    assert_eq!(house.texts(waits).await, ["kept"], "{kind}");
    // Its author takes it back.
    fake.ledger().reviews.clear();
    let ids = house.texts("SELECT id FROM mention").await;
    let due = house
        .db()
        .write("test", move |tx| Box::pin(async move { answer::recheck_now(tx, &ids, Timestamp(0)).await }));
    due.await.unwrap();
    house
        .read_until("the removal", async || {
            house.texts("SELECT id FROM mention WHERE deleted_at IS NOT NULL").await.len() == 2
        })
        .await;
    assert!(house.texts("SELECT body FROM content WHERE kind = 'mention'").await.is_empty(), "{kind}");
    assert_eq!(house.case().await.open, 0, "{kind}");
    house.opened.db.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_typed_in_the_platform_s_app_settles_and_stars_alone_wait_for_nobody() {
    for place in fresh_on_each().await {
        let now = SystemClock::default().now();
        let fake = FakeReviews::start("google_business", now).await;
        let house = House::of(&place, fake.config()).await;
        fake.review("r1", 2, "Where is my parcel?", now.minus(Span::seconds(40)));
        house.read_until("a case", async || house.texts("SELECT id FROM cases").await.len() == 1).await;
        fake.change("r1", |r| r.answer = Some(("On its way, Mia".into(), now)));
        house
            .read_until("our answer", async || house.texts("SELECT id FROM own_post").await.len() == 1)
            .await;
        assert_eq!(house.case().await.state, "waiting_customer");
        assert_eq!(house.texts("SELECT state FROM obligation WHERE kind = 'first_response'").await, ["kept"]);
        fake.ledger().reviews.clear();
        fake.review("r2", 1, "", now.minus(Span::seconds(30)));
        house.read_until("the stars", async || house.texts("SELECT id FROM mention").await.len() == 2).await;
        let asks = "SELECT CAST(needs_answer AS TEXT) FROM cases ORDER BY number";
        assert_eq!(house.texts(asks).await, ["1", "0"], "stars alone need no answer");
        house.opened.db.close().await;
    }
    // Unless they are few and the settings say so.
    let now = SystemClock::default().now();
    let fake = FakeReviews::start("google_business", now).await;
    let mut config = fake.config();
    config["google_business"]["answer_bare_stars"] = true.into();
    let place = fresh();
    let house = House::of(&place, config).await;
    fake.review("r1", 2, "", now.minus(Span::seconds(40)));
    fake.review("r2", 3, "", now.minus(Span::seconds(30)));
    house.read_until("both", async || house.texts("SELECT id FROM cases").await.len() == 2).await;
    let asks = "SELECT CAST(needs_answer AS TEXT) FROM cases ORDER BY number";
    assert_eq!(house.texts(asks).await, ["1", "0"]);
    house.opened.db.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_broken_leaves_the_others_alone() {
    let now = SystemClock::default().now();
    let mut fakes = Vec::new();
    for kind in KINDS {
        let fake = FakeReviews::start(kind, now).await;
        fake.review("r1", 1, "broken", now.minus(Span::minutes(5)));
        fakes.push(fake);
    }
    fakes[0].ledger().instead = Some(Reply::status(401));
    let configs: Vec<_> = fakes
        .iter()
        .flat_map(|fake| {
            let mut config = fake.config();
            config["name"] = fake.kind.replace('_', "-").into();
            configured(config)
        })
        .collect();
    let place = fresh();
    let opened = open::open(&place.place).await.unwrap();
    let (shutdown, db) = (Shutdown::default(), opened.db.clone());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let sources = build(&configs, &outside()).unwrap();
    let (mint, nudge) = (Mint::new(Chance::from_system()), Arc::new(Notify::new()));
    webcared::collect::spawn(&shutdown, db.clone(), clock, mint, sources, nudge, "test".to_owned());
    eventually("three that read and one that is refused", async || {
        let rows = db.read("test", |tx| Box::pin(source::list(tx))).await.unwrap();
        let state = |name: &str| rows.iter().find(|r| r.name == name).map(|r| r.state.clone());
        state("google-business").as_deref() == Some("needs_token")
            && ["google-play", "app-store", "trustpilot"]
                .iter()
                .all(|n| state(n).as_deref() == Some("connected"))
    })
    .await;
    shutdown.token.cancel();
    assert!(shutdown.drain(Span::seconds(10)).await);
    opened.db.close().await;
}

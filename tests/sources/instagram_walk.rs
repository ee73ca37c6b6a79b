//! The whole walk on a real database: a comment comes by delivery and by look and is one case, is answered once although
//! the confirmation was lost, goes on in private by its one private reply, is answered there, and is gone when its author
//! deletes it; and a mention elsewhere, told by ids alone, becomes a case with its author's words.

use crate::facebook_site::{Fault, signed};
use crate::instagram_site::{ACCOUNT, FakeInstagram, MIA, NAME, change, said};
use crate::site::Reply;
use crate::walk::House;
use crate::{Fresh, eventually, fresh_on_each};
use serde_json::{Value, json};
use webcared::casework::{Act, Actor, Answer, CaseworkError, Handed, PrivateAct};
use webcared::clock::{Clock, SystemClock};
use webcared::domain::ids::{InboxId, PersonId};
use webcared::domain::time::Span;
use webcared::sources::Standing;
use webcared::sources::reply::PostRef;
use webcared::store::inbox::{self, Received};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_a_comment_to_private_words_and_to_its_end() {
    for place in fresh_on_each().await {
        walk(&place).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mention_told_by_ids_alone_becomes_a_case_with_its_words() {
    for place in fresh_on_each().await {
        mention(&place).await;
    }
}

/// Puts items into the inbox as the daemon does.
async fn take(house: &House, items: Vec<(String, Vec<u8>)>) {
    let now = house.clock.now();
    let rows: Vec<Received> = items
        .into_iter()
        .map(|(place, body)| Received {
            id: house.mint.id(now, InboxId::new).to_string(),
            source: "insta".into(),
            place,
            received_at: now,
            body,
        })
        .collect();
    house
        .db()
        .write("test", move |tx| Box::pin(async move { inbox::receive(tx, &rows, None).await }))
        .await
        .unwrap();
    house.intake.run_once(500).await.unwrap();
}

/// Delivers as the platform does; what the source makes of it goes into the inbox.
async fn deliver(house: &House, body: &Value) {
    let (bytes, now) = (body.to_string(), house.clock.now());
    let items = house.source.hook().unwrap().items(&signed(bytes.as_bytes()), bytes.as_bytes(), now).unwrap();
    take(house, items.into_iter().map(|i| (i.place, i.body)).collect()).await;
}

async fn mention(place: &Fresh) {
    let fake = FakeInstagram::start(SystemClock::default().now()).await;
    let house = House::of(place, fake.config()).await;
    let words = format!("@{NAME} my parcel never arrived, where is it?");
    fake.ledger().named.insert("201".into(), ("jan.j".into(), words.clone()));
    let told = json!({"media_id": "80", "comment_id": "201"});
    deliver(&house, &change("mentions", &told, house.clock.now())).await;
    assert!(house.texts("SELECT id FROM cases").await.is_empty(), "a notice is no case");
    let notices = house.texts("SELECT external_id FROM own_post").await;
    assert_eq!(notices, ["mention/80/201"], "it is kept until it is looked up");
    // Looked up by its notice, as after a start.
    let notice = [PostRef { external_id: notices[0].clone(), ..PostRef::default() }];
    let found = house.source.recheck().unwrap().standing(&notice).await.unwrap().remove(0);
    let Standing::Stands(post) = found else { panic!("not looked up") };
    take(&house, vec![("again/x".into(), serde_json::to_vec(&post).unwrap())]).await;
    let case = house.case().await;
    assert_eq!((case.state.as_str(), case.platform.as_str()), ("new", "instagram"));
    assert!(
        house
            .texts("SELECT body FROM content WHERE kind = 'mention'")
            .await
            .iter()
            .any(|b| b.contains("parcel"))
    );
    let actor = Actor { person: PersonId::new(house.clock.now(), [1; 10]), lead: false };
    let wanted = Answer { text: "We look into it, give us an hour.".into(), ..Answer::default() };
    house.casework.act(&case.brand_id, &case.id, case.version, &actor, Act::Answer(wanted)).await.unwrap();
    house.worker.run_once().await.unwrap();
    assert_eq!(house.texts("SELECT state FROM action WHERE kind = 'reply'").await, ["done"]);
    assert_eq!(fake.ledger().answered[0]["comment_id"], "201");
    house.opened.db.close().await;
}

async fn walk(place: &Fresh) {
    let fake = FakeInstagram::start(SystemClock::default().now()).await;
    let house = House::of(place, fake.config()).await;
    let now = house.clock.now();
    let media = fake.ledger().media("Our new phone", now.minus(Span::days(1)));
    let words = "My parcel never arrived, where is it?";
    let comment = fake.ledger().comment(&media, MIA, words, now.minus(Span::seconds(40)));
    let add =
        json!({"id": comment, "text": words, "from": {"id": MIA, "username": "mia"}, "media": {"id": media}});
    deliver(&house, &change("comments", &add, now)).await;
    deliver(&house, &change("comments", &add, now)).await;
    assert_eq!(house.texts("SELECT id FROM cases").await.len(), 1);
    house
        .read_until("the look that brings it again", async || {
            house.texts("SELECT external_id FROM own_post").await == [format!("media/{media}")]
        })
        .await;
    assert_eq!(house.texts("SELECT id FROM mention").await.len(), 1, "by delivery and by look: one");
    let case = house.case().await;
    assert_eq!((case.state.as_str(), case.platform.as_str()), ("new", "instagram"));

    // Answered in public; it stands, and nobody hears of it.
    let actor = Actor { person: PersonId::new(now, [1; 10]), lead: false };
    let act = async |act: Act| {
        let case = house.case().await;
        house.casework.act(&case.brand_id, &case.id, case.version, &actor, act).await
    };
    act(Act::Answer(Answer { text: "We look into it, give us an hour.".into(), ..Answer::default() }))
        .await
        .unwrap();
    fake.ledger().now = house.clock.now();
    fake.ledger().faults.push_back(Fault::TakesAnd(Reply::status(500)));
    house.worker.run_once().await.unwrap();
    assert_eq!(house.texts("SELECT state FROM action WHERE kind = 'reply'").await, ["unknown"]);
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
    let said_by_us = |p: &&crate::instagram_site::Post| p.who == ACCOUNT && p.media.is_some();
    assert_eq!(fake.ledger().posts.iter().filter(said_by_us).count(), 1, "said once");

    // Moved to private by the one private reply; that it was taken is looked for in the conversation.
    let case = house.case().await;
    house.casework.ask_reach(&case.brand_id, &case.id, &actor).await.unwrap();
    let wanted = Answer { text: "Which order is it?".into(), handed: Handed::Private, ..Answer::default() };
    act(Act::Answer(wanted)).await.unwrap();
    fake.ledger().now = house.clock.now();
    fake.ledger().faults.push_back(Fault::TakesAnd(Reply::status(502)));
    house.worker.run_once().await.unwrap();
    let mid = fake.ledger().messages[0].0.clone();
    let states = "SELECT state FROM action WHERE kind = 'reply' AND state <> 'done'";
    eventually("a look that settles it", async || {
        house.worker.run_once().await.unwrap();
        house.intake.run_once(500).await.unwrap();
        house.texts(states).await.is_empty()
    })
    .await;
    let echo = json!({"mid": mid, "text": "Which order is it?", "is_echo": true, "app_id": 7});
    deliver(&house, &said(ACCOUNT, MIA, &echo, house.clock.now())).await;
    assert_eq!(fake.ledger().letters.len(), 1);

    // The customer answers there: the same case, whose window is open.
    let their = fake.ledger().message(MIA, false, "It is order 4711", house.clock.now());
    let message = json!({"mid": their, "text": "It is order 4711", "reply_to": {"mid": mid}});
    deliver(&house, &said(MIA, ACCOUNT, &message, house.clock.now())).await;
    eventually("the message in the case", async || {
        house.intake.run_once(500).await.unwrap();
        house.casework.handovers_due().await.unwrap();
        house.texts("SELECT state FROM handover").await == ["linked"]
    })
    .await;
    assert_eq!(house.texts("SELECT id FROM cases WHERE open = 1").await.len(), 1, "the same case");
    let case = house.case().await;
    assert!(house.casework.window_of(&case.brand_id, &case.id).await.unwrap().is_some());
    act(Act::Answer(Answer { text: "Thank you, it comes tomorrow.".into(), ..Answer::default() }))
        .await
        .unwrap();
    fake.ledger().now = house.clock.now();
    eventually("the private answer", async || {
        house.worker.run_once().await.unwrap();
        house.intake.run_once(500).await.unwrap();
        house.texts(states).await.is_empty() && fake.ledger().letters.len() == 2
    })
    .await;
    assert_eq!(fake.ledger().letters[1]["messaging_type"], "RESPONSE");
    let offered = act(Act::Private(PrivateAct::Offer { text: "Write to us".into(), again: true })).await;
    assert!(matches!(offered, Err(CaseworkError::Refused(_))), "they are there already");

    // Its author deletes the comment, of which no delivery tells: looking again finds it gone.
    fake.ledger().posts.retain(|p| p.id != comment);
    let asked = [PostRef { external_id: comment.clone(), ..PostRef::default() }];
    let standing = house.source.recheck().unwrap().standing(&asked).await.unwrap().remove(0);
    assert_eq!(standing, Standing::Gone);
    let gone = json!({"platform": "instagram", "external_id": comment, "deleted": true});
    take(&house, vec![("again/x".into(), gone.to_string().into_bytes())]).await;
    // And they take back what they wrote in private.
    let back = json!({"mid": their, "is_deleted": true});
    deliver(&house, &said(MIA, ACCOUNT, &back, house.clock.now())).await;
    eventually("the deletions", async || {
        house.intake.run_once(500).await.unwrap();
        house.texts("SELECT id FROM mention WHERE deleted_at IS NOT NULL").await.len() == 2
    })
    .await;
    let left = house.texts("SELECT body FROM content WHERE kind = 'mention'").await;
    assert!(left.iter().all(|b| !b.contains("parcel") && !b.contains("4711")), "{left:?}");
    house.opened.db.close().await;
}

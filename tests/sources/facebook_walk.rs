//! The whole walk on a real database: a comment comes by delivery and by look and is one case, is answered once although
//! the confirmation was lost, goes on in private by its one private reply, is answered there, and is gone when its author
//! takes it back.

use crate::facebook_site::{FakeFacebook, Fault, MIA, PAGE, feed, said, signed};
use crate::site::Reply;
use crate::walk::House;
use crate::{Fresh, eventually, fresh_on_each};
use serde_json::{Value, json};
use webcared::casework::{Act, Actor, Answer, CaseworkError, Handed, PrivateAct};
use webcared::clock::{Clock, SystemClock};
use webcared::domain::ids::{InboxId, PersonId};
use webcared::domain::time::Span;
use webcared::store::inbox::{self, Received};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_a_comment_to_private_words_and_to_its_end() {
    for place in fresh_on_each().await {
        walk(&place).await;
    }
}

/// Delivers as the platform does; what the source makes of it goes into the inbox.
async fn deliver(house: &House, body: &Value) {
    let (bytes, now) = (body.to_string(), house.clock.now());
    let items = house.source.hook().unwrap().items(&signed(bytes.as_bytes()), bytes.as_bytes(), now).unwrap();
    let rows: Vec<Received> = items
        .into_iter()
        .map(|i| Received {
            id: house.mint.id(now, InboxId::new).to_string(),
            source: "page".into(),
            place: i.place,
            received_at: now,
            body: i.body,
        })
        .collect();
    house
        .db()
        .write("test", move |tx| Box::pin(async move { inbox::receive(tx, &rows, None).await }))
        .await
        .unwrap();
    house.intake.run_once(500).await.unwrap();
}

async fn walk(place: &Fresh) {
    let fake = FakeFacebook::start(SystemClock::default().now()).await;
    let house = House::of(place, fake.config()).await;
    let now = house.clock.now();
    let post = fake.ledger().post(None, PAGE, "Our new phone", now.minus(Span::days(1)));
    let words = "My parcel never arrived, where is it?";
    let comment = fake.ledger().post(Some(&post), MIA, words, now.minus(Span::seconds(40)));
    let add = json!({"item": "comment", "verb": "add", "comment_id": comment, "post_id": post, "parent_id": post,
        "from": {"id": MIA, "name": "Mia"}, "message": words, "created_time": now.millis() / 1_000 - 40});
    deliver(&house, &feed(&add, now)).await;
    deliver(&house, &feed(&add, now)).await;
    assert_eq!(house.texts("SELECT id FROM cases").await.len(), 1);
    house
        .read_until("the look that brings it again", async || {
            house.texts("SELECT external_id FROM own_post").await == [post.clone()]
        })
        .await;
    assert_eq!(house.texts("SELECT id FROM mention").await.len(), 1, "by delivery and by look: one");
    let case = house.case().await;
    assert_eq!((case.state.as_str(), case.platform.as_str()), ("new", "facebook"));

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
    assert_eq!(fake.ledger().posts.iter().filter(|p| p.2 == PAGE).count(), 2, "said once");

    // Moved to private by the one private reply; its echo comes before anybody hears that it was sent.
    let case = house.case().await;
    house.casework.ask_reach(&case.brand_id, &case.id, &actor).await.unwrap();
    let wanted = Answer { text: "Which order is it?".into(), handed: Handed::Private, ..Answer::default() };
    act(Act::Answer(wanted)).await.unwrap();
    fake.ledger().now = house.clock.now();
    fake.ledger().faults.push_back(Fault::TakesAnd(Reply::status(502)));
    house.worker.run_once().await.unwrap();
    let letter = fake.ledger().letters[0].clone();
    let mid = fake.ledger().messages[0].0.clone();
    let echo = json!({"mid": mid, "text": "Which order is it?", "is_echo": true, "app_id": 7,
        "metadata": letter["message"]["metadata"]});
    deliver(&house, &said(PAGE, MIA, &echo, house.clock.now())).await;
    let states = "SELECT state FROM action WHERE kind = 'reply' AND state <> 'done'";
    eventually("the echo that settles it", async || {
        house.worker.run_once().await.unwrap();
        house.intake.run_once(500).await.unwrap();
        house.texts(states).await.is_empty()
    })
    .await;
    assert_eq!(fake.ledger().letters.len(), 1);

    // The customer answers there: the same case, whose window is open.
    let their = fake.ledger().message(MIA, false, "It is order 4711", house.clock.now());
    let message = json!({"mid": their, "text": "It is order 4711", "reply_to": {"mid": mid}});
    deliver(&house, &said(MIA, PAGE, &message, house.clock.now())).await;
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

    // Its author takes the comment back: nothing of its words stays.
    let remove = json!({"item": "comment", "verb": "remove", "comment_id": comment, "post_id": post, "parent_id": post,
        "from": {"id": MIA}});
    deliver(&house, &feed(&remove, house.clock.now())).await;
    eventually("the deletion", async || {
        house.intake.run_once(500).await.unwrap();
        house.texts("SELECT id FROM mention WHERE deleted_at IS NOT NULL").await.len() == 1
    })
    .await;
    let left = house.texts("SELECT body FROM content WHERE kind = 'mention'").await;
    assert!(left.iter().all(|b| !b.contains("parcel")), "{left:?}");
    house.opened.db.close().await;
}

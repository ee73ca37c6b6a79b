//! The whole walk on a real database: a mention comes by webhook and by look and is one case, is answered once
//! although the confirmation was lost, goes on in private, and is gone when its author takes it back.

use crate::site::Reply;
use crate::walk::House;
use crate::x_site::{API_SECRET, FakeX, Fault, JAN, delivered, delivered_message};
use crate::{Fresh, eventually, fresh_on_each};
use http::HeaderMap;
use serde_json::{Value, json};
use webcared::casework::{Act, Actor, Answer, PrivateAct};
use webcared::clock::{Clock, SystemClock};
use webcared::domain::ids::{InboxId, PersonId};
use webcared::sources::x::sign;
use webcared::store::answer;
use webcared::store::inbox::{self, Received};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_a_mention_to_private_words_and_to_its_end() {
    for place in fresh_on_each().await {
        walk(&place).await;
    }
}

/// Delivers as the platform does; what the source makes of it goes into the inbox.
async fn deliver(house: &House, body: &Value) {
    let (bytes, now) = (body.to_string(), house.clock.now());
    let mut headers = HeaderMap::new();
    let tag = sign(&API_SECRET.to_owned().into(), bytes.as_bytes());
    headers.insert("x-twitter-webhooks-signature", tag.parse().unwrap());
    let items = house.source.hook().unwrap().items(&headers, bytes.as_bytes(), now).unwrap();
    let rows: Vec<Received> = items
        .into_iter()
        .map(|i| Received {
            id: house.mint.id(now, InboxId::new).to_string(),
            source: "x".into(),
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
    let fake = FakeX::start(|| SystemClock::default().now()).await;
    let house = House::of(place, fake.config()).await;
    let now = house.clock.now();
    let mention = fake.ledger().post(now, JAN, "@acme my parcel never arrived, where is it?", None);
    let tweet = fake.ledger().tweet(&mention);
    deliver(&house, &delivered("post.mention.create", &tweet)).await;
    deliver(&house, &delivered("post.mention.create", &tweet)).await;
    assert_eq!(house.texts("SELECT id FROM cases").await.len(), 1);
    house
        .read_until("the look that brings it again", async || {
            house.texts("SELECT state FROM source WHERE state = 'connected'").await.len() == 1
        })
        .await;
    assert_eq!(house.texts("SELECT id FROM mention").await.len(), 1, "by webhook and by look: one");
    let case = house.case().await;
    assert_eq!((case.state.as_str(), case.platform.as_str()), ("new", "x"));
    let whom = house.db().read("test", |tx| Box::pin(answer::authors_looked_after(tx, "x", 10)));
    assert_eq!(whom.await.unwrap(), [JAN], "whose deletions are to be told");

    // Answered in public; it stands, and nobody hears of it.
    let actor = Actor { person: PersonId::new(now, [1; 10]), lead: false };
    let act = async |act: Act| {
        let case = house.case().await;
        house.casework.act(&case.brand_id, &case.id, case.version, &actor, act).await.unwrap();
    };
    act(Act::Answer(Answer { text: "We look into it, give us an hour.".into(), ..Answer::default() })).await;
    fake.ledger().faults.push_back(Fault::TakesAnd(Reply::status(500)));
    house.worker.run_once().await.unwrap();
    assert_eq!(house.texts("SELECT state FROM action WHERE kind = 'reply'").await, ["unknown"]);
    eventually("a look that finds it", async || {
        house.worker.run_once().await.unwrap();
        house.texts("SELECT state FROM action WHERE kind = 'reply'").await == ["done"]
    })
    .await;
    assert_eq!(fake.ledger().attempts.len(), 1, "posted once");
    eventually("the answer in the case", async || {
        house.intake.run_once(500).await.unwrap();
        house.case().await.state == "waiting_customer"
    })
    .await;
    assert_eq!(house.texts("SELECT state FROM obligation WHERE kind = 'first_response'").await, ["kept"]);

    // Moved to private: offered as a button, and the customer comes.
    let way = house.source.private().unwrap().way_in().unwrap().replace("{code}", "K7Q2M");
    let case = house.case().await;
    house.casework.ask_reach(&case.brand_id, &case.id, &actor).await.unwrap();
    act(Act::Private(PrivateAct::Offer { text: format!("Please write to us here: {way}"), again: true }))
        .await;
    eventually("the offer out", async || {
        house.worker.run_once().await.unwrap();
        house.intake.run_once(500).await.unwrap();
        fake.ledger().attempts.len() == 2
    })
    .await;
    assert_eq!(fake.ledger().attempts[1]["direct_message_deep_link"], way);
    fake.ledger().message(house.clock.now(), JAN, "Here I am, it is about order 4711");
    let message = fake.ledger().messages[0].clone();
    deliver(&house, &delivered_message(&message)).await;
    eventually("the message in the case", async || {
        house.intake.run_once(500).await.unwrap();
        house.texts("SELECT state FROM handover").await == ["linked"]
    })
    .await;
    assert_eq!(house.texts("SELECT id FROM cases WHERE open = 1").await.len(), 1, "the same case");

    // Answered there, once, although nobody heard of it.
    act(Act::Answer(Answer { text: "Thank you, it comes tomorrow.".into(), ..Answer::default() })).await;
    fake.ledger().faults.push_back(Fault::TakesAnd(Reply::status(502)));
    eventually("the private answer found", async || {
        house.worker.run_once().await.unwrap();
        house.intake.run_once(500).await.unwrap();
        let open = "SELECT state FROM action WHERE kind = 'reply' AND state <> 'done'";
        fake.ledger().messages.len() == 2 && house.texts(open).await.is_empty()
    })
    .await;
    assert_eq!(fake.ledger().messages[1]["text"], "Thank you, it comes tomorrow.");

    // Its author takes the post back: nothing of its words stays.
    fake.ledger().delete(&mention);
    let mut gone = delivered("post.delete", &json!({"id": mention, "author_id": JAN}));
    (gone["data"]["filter"]["user_id"], gone["data"]["tag"]) = (json!(JAN), json!("x/deletes"));
    deliver(&house, &gone).await;
    eventually("the deletion", async || {
        house.intake.run_once(500).await.unwrap();
        house.texts("SELECT id FROM mention WHERE deleted_at IS NOT NULL").await.len() == 1
    })
    .await;
    let left = house.texts("SELECT body FROM content WHERE kind = 'mention'").await;
    assert!(left.iter().all(|b| !b.contains("parcel")), "{left:?}");
    // What it cost is kept, by kind.
    let spent = house.texts("SELECT DISTINCT unit FROM api_use WHERE micros > 0 ORDER BY unit").await;
    assert!(spent.contains(&"owned_read".to_owned()), "{spent:?}");
    house.opened.db.close().await;
}

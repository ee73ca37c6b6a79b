//! The whole walk on a real database: a mention comes by delivery and by look and is one case, is answered once although
//! the confirmation was lost, and is gone when its author takes it back.

use crate::site::Reply;
use crate::threads_site::{FakeThreads, Fault, ME, delivered, signed};
use crate::walk::House;
use crate::{Fresh, eventually, fresh_on_each};
use serde_json::Value;
use webcared::casework::{Act, Actor, Answer};
use webcared::clock::{Clock, SystemClock};
use webcared::domain::ids::{InboxId, PersonId};
use webcared::domain::time::{Span, Timestamp};
use webcared::store::answer;
use webcared::store::inbox::{self, Received};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_a_mention_to_one_answer_and_to_its_end() {
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
            source: "threads".into(),
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
    let fake = FakeThreads::start(SystemClock::default().now()).await;
    let house = House::of(place, fake.config()).await;
    let now = house.clock.now();
    // An old answer of the account, by which it is seen that its own replies are read.
    let old = fake.ledger().post("bob", None, "nice phone", now.minus(Span::days(2)));
    let own = fake.ledger().post("acme", Some(&old), "Thank you!", now.minus(Span::days(1)));
    let words = "@acme my parcel never arrived, where is it?";
    let mention = fake.ledger().post("mia", None, words, now.minus(Span::seconds(40)));
    let told = {
        let ledger = fake.ledger();
        let post = ledger.posts.iter().find(|p| p.id == mention).cloned().unwrap();
        ledger.shown(&post)
    };
    deliver(&house, &delivered(ME, "mentions", &told)).await;
    deliver(&house, &delivered(ME, "mentions", &told)).await;
    assert_eq!(house.texts("SELECT id FROM cases").await.len(), 1);
    house
        .read_until("the look that brings it again", async || {
            house.texts("SELECT external_id FROM own_post").await == [own.clone()]
                && house.texts("SELECT state FROM source WHERE state = 'connected'").await.len() == 1
        })
        .await;
    assert_eq!(house.texts("SELECT id FROM mention").await.len(), 1, "by delivery and by look: one");
    let case = house.case().await;
    assert_eq!((case.state.as_str(), case.platform.as_str()), ("new", "threads"));

    // Answered; it is published, and nobody hears of it.
    let actor = Actor { person: PersonId::new(now, [1; 10]), lead: false };
    let wanted = Answer { text: "We look into it, give us an hour.".into(), ..Answer::default() };
    house.casework.act(&case.brand_id, &case.id, case.version, &actor, Act::Answer(wanted)).await.unwrap();
    fake.ledger().now = house.clock.now();
    fake.ledger().publishing.push_back(Fault::TakesAnd(Reply::status(500)));
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
    assert_eq!(fake.ledger().published.len(), 1, "said once");
    assert!(house.source.private().is_none(), "there is no private channel");

    // Its author takes it back; another mention shows that such posts are still shown to us.
    fake.ledger().post("eve", None, "hello @acme", house.clock.now().minus(Span::days(400)));
    fake.ledger().delete(&mention);
    let ids = house.texts("SELECT id FROM mention").await;
    let due = house
        .db()
        .write("test", move |tx| Box::pin(async move { answer::recheck_now(tx, &ids, Timestamp(0)).await }));
    due.await.unwrap();
    house
        .read_until("the deletion", async || {
            house.texts("SELECT id FROM mention WHERE deleted_at IS NOT NULL").await.len() == 1
        })
        .await;
    let left = house.texts("SELECT body FROM content WHERE kind = 'mention'").await;
    assert!(left.iter().all(|b| !b.contains("parcel")), "{left:?}");
    house.opened.db.close().await;
}

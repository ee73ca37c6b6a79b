//! The whole walk on a real database: a mention on Reddit is a case, is answered once although the confirmation was
//! lost, goes on in private, and is gone when its author takes it back.

use crate::reddit_site::{FakeReddit, Fault, ME};
use crate::site::Reply;
use crate::walk::House;
use crate::{Fresh, eventually, fresh_on_each};
use webcared::casework::{Act, Actor, Answer, PrivateAct};
use webcared::clock::{Clock, SystemClock};
use webcared::domain::ids::PersonId;
use webcared::domain::time::{Span, Timestamp};
use webcared::store::answer;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_a_comment_to_private_words_and_to_its_end() {
    for place in fresh_on_each().await {
        walk(&place).await;
    }
}

async fn walk(place: &Fresh) {
    let fake = FakeReddit::start(SystemClock::default().now()).await;
    let house = House::of(place, fake.config()).await;
    let now = house.clock.now();
    let link = fake.ledger().post(now.minus(Span::minutes(5)), "jan", "travel", "Who lost a parcel, too?");
    let mention = fake.ledger().comment(
        now.minus(Span::seconds(40)),
        "Mia",
        &link,
        "u/acme_care my parcel never arrived, where is it?",
    );
    house.read_until("a case", async || house.texts("SELECT id FROM cases").await.len() == 1).await;
    let case = house.case().await;
    assert_eq!((case.state.as_str(), case.platform.as_str()), ("new", "reddit"));

    // Answered in public; it stands, and nobody hears of it.
    let actor = Actor { person: PersonId::new(now, [1; 10]), lead: false };
    let act = async |act: Act| {
        let case = house.case().await;
        house.casework.act(&case.brand_id, &case.id, case.version, &actor, act).await.unwrap();
    };
    act(Act::Answer(Answer { text: "We look into it, give us an hour.".into(), ..Answer::default() })).await;
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
    assert_eq!(fake.ledger().answers(), 1, "said once");

    // Moved to private: offered with the link, and the customer comes.
    let way = house.source.private().unwrap().way_in().unwrap().replace("{code}", "order");
    let case = house.case().await;
    house.casework.ask_reach(&case.brand_id, &case.id, &actor).await.unwrap();
    act(Act::Private(PrivateAct::Offer { text: format!("Please write to us here: {way}"), again: true }))
        .await;
    fake.ledger().now = house.clock.now();
    eventually("the offer out", async || {
        house.worker.run_once().await.unwrap();
        house.intake.run_once(500).await.unwrap();
        fake.ledger().answers() == 2
    })
    .await;
    fake.ledger().message(house.clock.now(), "Mia", ME, "Hello", "Here I am, it is about order 4711");
    house
        .read_until("the message in the case", async || {
            house.texts("SELECT state FROM handover").await == ["linked"]
        })
        .await;
    assert_eq!(house.texts("SELECT id FROM cases WHERE open = 1").await.len(), 1, "the same case");

    // Answered there, once, although nobody heard of it.
    act(Act::Answer(Answer { text: "Thank you, it comes tomorrow.".into(), ..Answer::default() })).await;
    fake.ledger().now = house.clock.now();
    fake.ledger().faults.push_back(Fault::TakesAnd(Reply::status(502)));
    eventually("the private answer found", async || {
        house.worker.run_once().await.unwrap();
        house.intake.run_once(500).await.unwrap();
        let open = "SELECT state FROM action WHERE kind = 'reply' AND state <> 'done'";
        fake.ledger().written.len() == 3 && house.texts(open).await.is_empty()
    })
    .await;
    assert_eq!(fake.ledger().written[2].1["text"], "Thank you, it comes tomorrow.");

    // Its author takes the comment back: nothing of its words stays.
    fake.ledger().delete(&mention);
    let ids = house.texts("SELECT id FROM mention").await;
    let due = house
        .db()
        .write("test", move |tx| Box::pin(async move { answer::recheck_now(tx, &ids, Timestamp(0)).await }));
    due.await.unwrap();
    house
        .read_until("the removal", async || {
            house.texts("SELECT id FROM mention WHERE deleted_at IS NOT NULL").await.len() == 1
        })
        .await;
    let left = house.texts("SELECT body FROM content WHERE kind = 'mention'").await;
    assert!(left.iter().all(|b| !b.contains("parcel never")), "{left:?}");
    house.opened.db.close().await;
}

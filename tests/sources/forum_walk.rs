//! The whole walk of a forum on a real database: a question becomes a case, members answer beside it, the
//! team's answer stands once although its confirmation was lost, and what its author takes back is gone.

use crate::forum::{ACCOUNT, FakeForum, Mood};
use crate::site::Reply;
use crate::walk::House;
use crate::{Fresh, eventually, fresh_on_each};
use serde_json::json;
use webcared::casework::{Act, Actor, Answer};
use webcared::domain::ids::PersonId;
use webcared::domain::time::{Span, Timestamp};
use webcared::store::answer;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_in_a_forum_is_answered_once_and_followed_to_its_end() {
    for place in fresh_on_each().await {
        walk(&place).await;
    }
}

async fn walk(place: &Fresh) {
    let forum = FakeForum::start().await;
    let config = json!({"name": "forum", "brand": "Acme", "discourse": {"server": forum.site.url, "account": ACCOUNT,
        "api_key": "s3cret-key-of-the-forum", "every_seconds": 1, "calls_per_minute": 1000}});
    let house = House::of(place, config).await;
    let now = house.clock.now();
    forum.ledger().base = now.minus(Span::seconds(100));
    let question = forum.post(11, 1, (3, "bob"), "My parcel never arrived, where is it?");
    let peer = forum.post(11, 2, (4, "an"), "They are slow these days");
    house
        .read_until("a case, and what stands beside it", async || {
            house.texts("SELECT id FROM cases").await.len() == 1
                && house.texts("SELECT id FROM thread_post").await.len() == 1
        })
        .await;
    let case = house.case().await;
    assert_eq!(
        (case.state.as_str(), case.platform.as_str(), case.channel.as_str()),
        ("new", "discourse", "forum")
    );

    let actor = Actor { person: PersonId::new(now, [1; 10]), lead: false };
    let short = Answer { text: "Sorry!".into(), ..Answer::default() };
    let act =
        |version, answer| house.casework.act(&case.brand_id, &case.id, version, &actor, Act::Answer(answer));
    let refused = act(case.version, short).await.unwrap_err().to_string();
    assert!(refused.contains("no less than 20"), "{refused}");
    let wanted = Answer { text: "We look into it, give us an hour.".into(), ..Answer::default() };
    act(case.version, wanted).await.unwrap();

    // It stands there, and nobody hears of it.
    forum.ledger().moods.push_back(Mood::TakesAnd(Reply::status(500)));
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

    // A member's answer is marked as the solution; read back, ours is the same answer.
    forum.change(peer, &json!({"accepted_answer": true}));
    house.read_until("the mark", async || house.case().await.solved_at.is_some()).await;
    assert_eq!(house.texts("SELECT id FROM own_post").await.len(), 1);
    assert_eq!(forum.ledger().posted.len(), 1);

    // Its author takes it back.
    forum.change(question, &json!({"user_deleted": true}));
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
    assert!(house.texts("SELECT body FROM content WHERE kind = 'mention'").await.is_empty());
    assert_eq!(house.case().await.open, 0);
    house.opened.db.close().await;
}

//! Long answers in parts on the platforms that have threads: each part below the one before it, once although the
//! word about one is lost, known again when it is read back.

use crate::account_poll::config;
use crate::fake_account::{FakeAccount, MIA, Mischief};
use crate::pds::{FakePds, Fault};
use crate::site::Reply;
use crate::threads_site::{self, FakeThreads};
use crate::walk::House;
use crate::{eventually, fresh_on_each};
use std::collections::BTreeSet;
use webcared::casework::{Act, Actor, Answer};
use webcared::clock::{Clock, SystemClock};
use webcared::domain::ids::PersonId;
use webcared::domain::time::Span;

const STATES: &str = "SELECT state FROM action WHERE kind = 'reply' ORDER BY created_at";
const KNOWN: &str = "SELECT external_id FROM own_post WHERE action_id IS NOT NULL";

/// Twelve sentences: three parts of Bluesky, two elsewhere.
fn long() -> String {
    let one = |n: usize| format!("Stop {n}: we looked at the way of your parcel and where it was held up.");
    (1..=12).map(one).collect::<Vec<_>>().join(" ")
}

/// Answers the case in parts; gives how many there are.
async fn answer_in_parts(house: &House) -> usize {
    let case = house.case().await;
    let actor = Actor { person: PersonId::new(house.clock.now(), [1; 10]), lead: false };
    let whole = Answer { text: long(), ..Answer::default() };
    let refused =
        house.casework.act(&case.brand_id, &case.id, case.version, &actor, Act::Answer(whole.clone())).await;
    assert!(refused.is_err(), "nobody asked for parts");
    let wanted = Answer { split: true, ..whole };
    house.casework.act(&case.brand_id, &case.id, case.version, &actor, Act::Answer(wanted)).await.unwrap();
    let states = house.texts(STATES).await;
    assert!(states.iter().all(|s| s == "ready"), "{states:?}");
    // The first leaves alone, for nobody knows its id yet.
    assert_eq!(house.worker.run_once().await.unwrap(), 1);
    let after = house.texts(STATES).await;
    assert_eq!((after[0].as_str(), after[1].as_str()), ("done", "ready"));
    states.len()
}

/// The word about the second is lost; then all of them come to stand.
async fn all_stand(house: &House) {
    house.worker.run_once().await.unwrap();
    assert_eq!(house.texts(STATES).await[1], "unknown");
    eventually("all parts", async || {
        house.worker.run_once().await.unwrap();
        house.texts(STATES).await.iter().all(|s| s == "done")
    })
    .await;
    house.intake.run_once(500).await.unwrap();
    assert_eq!(house.case().await.state, "waiting_customer");
}

async fn is_known(house: &House, ids: &[String]) {
    let wanted: BTreeSet<String> = ids.iter().cloned().collect();
    house
        .read_until("all parts read back", async || {
            house.texts("SELECT id FROM own_post").await.len() == wanted.len()
        })
        .await;
    let known: BTreeSet<String> = house.texts(KNOWN).await.into_iter().collect();
    assert_eq!(known, wanted, "no part is taken for a post that somebody typed");
}

async fn has_case(house: &House) {
    house.read_until("a case", async || house.texts("SELECT id FROM cases").await.len() == 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bluesky_gets_a_chain_of_records_in_the_thread_of_the_question() {
    for place in fresh_on_each().await {
        let pds = FakePds::start().await;
        let house = House::build(&place, &pds).await;
        let now = house.clock.now();
        let mention = pds.ledger().mention(now, now, "@brand.example my parcel never arrived, where is it?");
        has_case(&house).await;
        assert_eq!(answer_in_parts(&house).await, 3);
        pds.ledger().next_fault = Some(Fault::Written500);
        all_stand(&house).await;
        let written = pds.ledger().written.clone();
        assert_eq!((written.len(), pds.ledger().own_posts().len()), (3, 3), "none is written twice");
        let mut above = mention.clone();
        for (n, uri) in written.iter().enumerate() {
            let record = pds.ledger().records[uri].record.clone();
            assert_eq!(record["reply"]["root"]["uri"], mention.as_str());
            assert_eq!(record["reply"]["parent"]["uri"], above.as_str());
            assert_eq!(record["reply"]["parent"]["cid"], pds.ledger().records[&above].cid.as_str());
            assert!(record["text"].as_str().unwrap().ends_with(&format!(" {}/3", n + 1)), "{record}");
            above.clone_from(uri);
        }
        is_known(&house, &written).await;
        house.opened.db.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mastodon_gets_statuses_below_each_other_as_visible_as_the_first() {
    for place in fresh_on_each().await {
        let fake = FakeAccount::start().await;
        let house = House::of(&place, config(&fake.url)).await;
        let asked = fake.mention(MIA, "@acme@inst.example my parcel never arrived, please help me", None);
        has_case(&house).await;
        assert_eq!(answer_in_parts(&house).await, 2);
        fake.ledger().mischief = Mischief::Posts500;
        all_stand(&house).await;
        let own = fake.own();
        assert_eq!((own.len(), fake.ledger().attempts.len()), (2, 2), "each is posted once");
        assert_eq!(own[0]["in_reply_to_id"], asked.to_string().as_str());
        assert_eq!(own[1]["in_reply_to_id"], own[0]["id"]);
        assert!(own.iter().all(|s| s["visibility"] == "unlisted"));
        let attempts = fake.ledger().attempts.clone();
        assert_ne!(attempts[0].0, attempts[1].0, "each has a key of its own");
        for (n, (_, body)) in attempts.iter().enumerate() {
            let text = body["status"].as_str().unwrap();
            assert!(text.starts_with("@mia@remote.example Stop "), "{text}");
            assert!(text.ends_with(&format!(" {}/2", n + 1)), "{text}");
        }
        let uris: Vec<String> = own.iter().map(|s| s["uri"].as_str().unwrap().to_owned()).collect();
        is_known(&house, &uris).await;
        house.opened.db.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn threads_gets_replies_below_each_other() {
    for place in fresh_on_each().await {
        let fake = FakeThreads::start(SystemClock::default().now()).await;
        let house = House::of(&place, fake.config()).await;
        let at = house.clock.now().minus(Span::seconds(40));
        let mention = fake.ledger().post("mia", None, "@acme my parcel never arrived, where is it?", at);
        has_case(&house).await;
        fake.ledger().now = house.clock.now();
        assert_eq!(answer_in_parts(&house).await, 2);
        fake.ledger().now = house.clock.now();
        fake.ledger().publishing.push_back(threads_site::Fault::TakesAnd(Reply::status(500)));
        all_stand(&house).await;
        let published = fake.ledger().published.clone();
        assert_eq!(published.len(), 2, "each is said once");
        let below: Vec<Option<String>> = {
            let ledger = fake.ledger();
            let below = |id: &String| ledger.posts.iter().find(|p| p.id == *id).and_then(|p| p.below.clone());
            published.iter().map(below).collect()
        };
        assert_eq!(below, [Some(mention), Some(published[0].clone())]);
        is_known(&house, &published).await;
        house.opened.db.close().await;
    }
}

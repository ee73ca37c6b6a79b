//! The whole walk on a real database: a customer writes, is answered once although the confirmation was lost, hears of it or
//! does not, comes back by another id, and takes a message back.

use crate::site::Reply;
use crate::walk::House;
use crate::whatsapp_site::{
    ANN, ANN_PHONE, APP_SECRET, FakeWhatsapp, Fault, NUMBER, became, delivered, says, signed,
};
use crate::{Fresh, eventually, fresh_on_each};
use serde_json::{Value, json};
use webcared::casework::{Act, Actor, Answer};
use webcared::domain::ids::{InboxId, PersonId};
use webcared::domain::time::Timestamp;
use webcared::store::inbox::{self, Received};
use webcared::store::subject;

const REPLIES: &str = "SELECT state FROM action WHERE kind = 'reply' ORDER BY created_at, id";

async fn put(house: &House, bodies: &[Value]) {
    let now = house.clock.now();
    let mut rows = Vec::new();
    for body in bodies {
        let bytes = body.to_string();
        let hook = house.source.hook().unwrap();
        let items = hook.items(&signed(APP_SECRET, bytes.as_bytes()), bytes.as_bytes(), now).unwrap();
        rows.extend(items.into_iter().map(|i| Received {
            id: house.mint.id(now, InboxId::new).to_string(),
            source: "wa".into(),
            place: i.place,
            received_at: now,
            body: i.body,
        }));
    }
    house
        .db()
        .write("test", move |tx| Box::pin(async move { inbox::receive(tx, &rows, None).await }))
        .await
        .unwrap();
}

async fn deliver(house: &House, bodies: &[Value]) {
    put(house, bodies).await;
    house.intake.run_once(500).await.unwrap();
}

async fn answer(house: &House, text: &str) {
    let actor = Actor { person: PersonId::new(Timestamp(1_795_688_000_000), [1; 10]), lead: false };
    let case = house.case().await;
    let wanted = Answer { text: text.into(), again: true, ..Answer::default() };
    house.casework.act(&case.brand_id, &case.id, case.version, &actor, Act::Answer(wanted)).await.unwrap();
}

fn seconds(house: &House) -> i64 {
    house.clock.now().millis() / 1000
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_a_first_message_to_the_last_word() {
    for place in fresh_on_each().await {
        walk(&place).await;
    }
}

async fn walk(place: &Fresh) {
    let fake = FakeWhatsapp::start().await;
    let house = House::of(place, fake.config()).await;
    let first = says(
        "wamid.IN1",
        seconds(&house) - 10,
        "Waar is mijn pakket? Het duurt al een week.",
        (None, Some(ANN_PHONE)),
    );
    deliver(&house, &[first.clone(), first]).await;
    let case = house.case().await;
    assert_eq!((case.state.as_str(), case.private, case.platform.as_str()), ("new", 1, "whatsapp"));

    // Nobody heard that it was taken; that it was sent tells it, although it comes twice and late.
    answer(&house, "We zoeken het uit.").await;
    fake.ledger().faults.push_back(Fault::TakesAnd(Reply::status(500)));
    house.worker.run_once().await.unwrap();
    assert_eq!(house.texts(REPLIES).await, ["unknown"]);
    let (id, sent) = fake.ledger().taken[0].clone();
    let data = sent["biz_opaque_callback_data"].clone();
    let forged = json!(data.as_str().unwrap().split('/').next().unwrap().to_owned() + "/guessed");
    deliver(&house, &[became("wamid.EVIL", "sent", seconds(&house) - 3, &forged, None)]).await;
    assert_eq!(house.texts(REPLIES).await, ["unknown"], "only the platform knows the key");
    deliver(
        &house,
        &[
            became(&id, "delivered", seconds(&house) - 3, &data, None),
            became(&id, "sent", seconds(&house) - 3, &data, None),
        ],
    )
    .await;
    assert_eq!(house.texts(REPLIES).await, ["done"]);
    assert_eq!(fake.ledger().taken.len(), 1, "sent once");
    assert_eq!(house.case().await.state, "waiting_customer");
    assert_eq!(house.texts("SELECT state FROM obligation WHERE kind = 'first_response'").await, ["kept"]);
    let words = house.texts("SELECT body FROM content WHERE kind = 'own_post'").await;
    assert!(words.len() == 1 && words[0].contains("We zoeken het uit."), "{words:?}");

    // The same customer writes on under an id of the platform, and without a number.
    deliver(&house, &[says("wamid.IN2", seconds(&house), "En nu?", (Some(ANN), Some(ANN_PHONE)))]).await;
    deliver(&house, &[says("wamid.IN3", seconds(&house), "Hallo?", (Some(ANN), None))]).await;
    assert_eq!(
        house.texts("SELECT external_id FROM author WHERE external_id <> '880480571844883'").await,
        [ANN_PHONE]
    );
    assert_ne!(house.case().await.state, "waiting_customer", "the same case, and it is open again");

    // Taken, and it did not arrive: told before our own note of it was read.
    answer(&house, "Het komt morgen.").await;
    house.worker.run_once().await.unwrap();
    let (id, sent) = fake.ledger().taken[1].clone();
    assert_eq!(sent["recipient"], ANN, "to the id that wrote last");
    let data = sent["biz_opaque_callback_data"].clone();
    put(&house, &[became(&id, "failed", seconds(&house) - 5, &data, Some(131_047))]).await;
    house.intake.run_once(500).await.unwrap();
    assert_eq!(
        house.texts("SELECT undelivered FROM own_post WHERE undelivered IS NOT NULL").await,
        ["131047"]
    );
    let detail =
        house.texts("SELECT detail FROM action WHERE kind = 'reply' AND remote_id = 'wamid.OUT2'").await;
    assert!(detail[0].contains("more than 24 hours"), "{detail:?}");
    assert_ne!(house.case().await.state, "waiting_customer", "nothing answers the customer yet");

    // Told that it failed before it was even known that it had been taken.
    answer(&house, "Nogmaals: het komt morgen.").await;
    fake.ledger().faults.push_back(Fault::TakesAnd(Reply::status(502)));
    house.worker.run_once().await.unwrap();
    let (id, sent) = fake.ledger().taken[2].clone();
    let data = sent["biz_opaque_callback_data"].clone();
    deliver(&house, &[became(&id, "failed", seconds(&house), &data, Some(131_026))]).await;
    assert_eq!(house.texts(REPLIES).await, ["done", "done", "done"], "taken, and it failed");
    assert_eq!(
        house
            .texts("SELECT undelivered FROM own_post WHERE undelivered IS NOT NULL ORDER BY undelivered")
            .await,
        ["131026", "131047"]
    );
    assert_ne!(house.case().await.state, "waiting_customer");

    moves_and_takes_back(&house).await;
    house.opened.db.close().await;
}

/// The customer has another number, and takes the first message back.
async fn moves_and_takes_back(house: &House) {
    // Another number and the id that came with it are the same customer; a message taken back is gone.
    let moved = json!({"messages": [{"id": "wamid.S", "timestamp": seconds(house).to_string(), "type": "system",
        "from_user_id": ANN, "system": {"type": "user_changed_number", "wa_id": "31699999999", "user_id": "NL.2"}}]});
    deliver(house, &[delivered(NUMBER, "messages", &moved)]).await;
    deliver(house, &[says("wamid.IN4", seconds(house), "Nieuw nummer", (Some("NL.2"), Some("31699999999")))])
        .await;
    assert_eq!(
        house.texts("SELECT external_id FROM author WHERE external_id <> '880480571844883'").await,
        [ANN_PHONE]
    );
    // What a person may ask for holds every name by which they are known.
    let accounts = house.texts("SELECT id FROM author WHERE external_id <> '880480571844883'").await;
    let told = house
        .db()
        .read("test", move |tx| Box::pin(async move { subject::export(tx, &accounts, &[], &[], &[]).await }));
    let told = told.await.unwrap();
    let names =
        told.iter().find(|(kind, _)| *kind == "other_name").map(|(_, lines)| lines.join(" ")).unwrap();
    assert!(names.contains(ANN) && names.contains("NL.2") && names.contains("31699999999"), "{names}");
    let revoked = json!({"contacts": [{"user_id": "NL.2"}], "messages": [{"id": "wamid.R", "from_user_id": "NL.2",
        "timestamp": seconds(house).to_string(), "type": "revoke", "revoke": {"original_message_id": "wamid.IN1"}}]});
    deliver(house, &[delivered(NUMBER, "messages", &revoked)]).await;
    eventually("the deletion", async || {
        house.texts("SELECT id FROM mention WHERE deleted_at IS NOT NULL").await.len() == 1
    })
    .await;
    let left = house.texts("SELECT body FROM content WHERE kind = 'mention'").await;
    assert!(left.iter().all(|b| !b.contains("pakket")), "{left:?}");
    assert_eq!(house.texts("SELECT id FROM cases").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_that_is_told_before_the_message_is_known_is_not_lost() {
    for place in fresh_on_each().await {
        let fake = FakeWhatsapp::start().await;
        let house = House::of(&place, fake.config()).await;
        let first = says(
            "wamid.IN1",
            seconds(&house) - 10,
            "Waar is mijn pakket? Het duurt al een week.",
            (None, Some(ANN_PHONE)),
        );
        deliver(&house, &[first]).await;
        // Without the word that we hand over, and read before anything is known of the message; also twice, and of another's.
        let failed = became("wamid.OUT1", "failed", seconds(&house), &Value::Null, Some(131_026));
        deliver(
            &house,
            &[failed.clone(), became("wamid.ELSE", "failed", seconds(&house), &Value::Null, Some(131_047))],
        )
        .await;
        deliver(&house, &[failed]).await;
        assert_eq!(house.case().await.state, "new");
        answer(&house, "Het komt morgen.").await;
        house.worker.run_once().await.unwrap();
        assert_eq!(fake.ledger().taken[0].0, "wamid.OUT1");
        eventually("what became of it", async || {
            house.intake.run_once(500).await.unwrap();
            let told = "SELECT undelivered FROM own_post WHERE undelivered IS NOT NULL";
            house.texts(told).await == ["131026"]
        })
        .await;
        assert_ne!(house.case().await.state, "waiting_customer", "nothing answers the customer yet");
        let detail = house.texts("SELECT detail FROM action WHERE kind = 'reply'").await;
        assert!(detail[0].contains("cannot be reached"), "{detail:?}");
        house.opened.db.close().await;
    }
}

//! The whole walk on a real database: a mention becomes a case, is answered through casework and the
//! outbox, stands once although its confirmation was lost, and is followed when the customer edits
//! and deletes.

use crate::pds::{FakePds, Fault, OWN, PASSWORD};
use crate::{Fresh, Shelf, eventually, fresh_on_each, http};
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{Notify, broadcast};
use webcared::answering::AnswerDeliver;
use webcared::casework::{Act, Actor, Answer, Answers, Casework};
use webcared::catalogue::{self, Current};
use webcared::clock::{Chance, Clock, Mint, SystemClock};
use webcared::domain::brand::Brand;
use webcared::domain::ids::PersonId;
use webcared::domain::time::{Span, Timestamp};
use webcared::intake::{Intake, SourceRules};
use webcared::outbox::Worker;
use webcared::shutdown::Shutdown;
use webcared::sources::{Account, Accounts, Outside, Source, build};
use webcared::store::rows::CaseRow;
use webcared::store::{Db, Opened, answer, open};

pub(crate) struct House {
    pub(crate) opened: Opened,
    pub(crate) intake: Intake,
    pub(crate) casework: Casework,
    pub(crate) worker: Worker,
    pub(crate) source: Arc<dyn Source>,
    pub(crate) mint: Arc<Mint>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl House {
    pub(crate) async fn build(place: &Fresh, pds: &FakePds) -> Self {
        let config = json!({ "name": "bsky", "brand": "Acme", "bluesky": {
            "server": pds.url, "account": "brand.example", "app_password": PASSWORD, "every_seconds": 5 } });
        Self::of(place, config).await
    }

    /// A house with one account.
    pub(crate) async fn of(place: &Fresh, config: serde_json::Value) -> Self {
        let name = config["name"].as_str().unwrap().to_owned();
        let opened = open::open(&place.place).await.unwrap();
        let db = opened.db.clone();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
        let (mint, now) = (Mint::new(Chance::from_system()), clock.now());
        let inner = mint.clone();
        let imported = db.write("import", move |tx| {
            Box::pin(async move {
                catalogue::import(tx, &[Brand::watched("Acme")], &[], "test", &inner, now).await
            })
        });
        let current = Current::new(imported.await.unwrap());
        let changed = broadcast::Sender::new(64);
        let outbox = Arc::new(Notify::new());
        let outside = Outside {
            http: http(5),
            clock: clock.clone(),
            keep: Arc::new(|_| true),
            tags: Arc::new(Vec::new),
            terms: Arc::new(|_: Option<&str>| Vec::new()),
            vault: Arc::new(Shelf::default()),
        };
        let source = build(&[serde_json::from_value(config).unwrap()], &outside).unwrap().remove(0);
        let accounts = Accounts::default();
        accounts.set(vec![Account { source: source.clone(), brand: Some("Acme".into()) }]);
        let intake =
            Intake::new(db.clone(), clock.clone(), mint.clone(), current.clone(), changed.clone(), outbox);
        let rules = SourceRules {
            counts_from: Timestamp(0),
            brand: Some("Acme".into()),
            addresses_all: false,
            members_first: None,
            recheck_by: Some(name.clone()),
        };
        intake.set_rules(HashMap::from([(name, rules)]));
        let casework = Casework::new(db.clone(), clock.clone(), mint.clone(), current, changed)
            .answering(Answers { accounts, undo: Span::ZERO });
        let deliver = AnswerDeliver::new(db.clone(), clock.clone(), mint.clone(), source.clone()).unwrap();
        let chance = Chance::from_system();
        let worker = Worker::new(db, clock.clone(), chance, "test".into(), Arc::new(deliver));
        Self { opened, intake, casework, worker, source, mint, clock }
    }

    pub(crate) fn db(&self) -> &Db {
        &self.opened.db
    }

    async fn rows<T>(&self, sql: &'static str) -> Vec<T>
    where
        T: for<'r> sqlx::FromRow<'r, sqlx::sqlite::SqliteRow>
            + for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>
            + Send
            + Unpin
            + 'static,
    {
        match self.db() {
            Db::Sqlite { readers, .. } => sqlx::query_as(sql).fetch_all(readers).await.unwrap(),
            Db::Postgres(pool) => sqlx::query_as(sql).fetch_all(pool).await.unwrap(),
        }
    }

    pub(crate) async fn texts(&self, sql: &'static str) -> Vec<String> {
        let rows: Vec<(String,)> = self.rows(sql).await;
        rows.into_iter().map(|r| r.0).collect()
    }

    /// Reads the source until something holds, as the daemon does.
    pub(crate) async fn read_until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        let shutdown = Shutdown::default();
        let nudge = Arc::new(Notify::new());
        let (db, clock, mint) = (self.db().clone(), self.clock.clone(), self.mint.clone());
        let sources = vec![self.source.clone()];
        webcared::collect::spawn(&shutdown, db, clock, mint, sources, nudge, "test".to_owned());
        eventually(what, async || {
            self.intake.run_once(500).await.unwrap();
            holds().await
        })
        .await;
        shutdown.token.cancel();
        assert!(shutdown.drain(Span::seconds(10)).await);
    }

    pub(crate) async fn case(&self) -> CaseRow {
        let mut cases: Vec<CaseRow> = self.rows("SELECT * FROM cases").await;
        assert_eq!(cases.len(), 1);
        cases.remove(0)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mention_is_answered_once_and_followed_to_its_end() {
    for place in fresh_on_each().await {
        walk(&place).await;
    }
}

async fn walk(place: &Fresh) {
    let pds = FakePds::start().await;
    let house = House::build(place, &pds).await;
    let now = house.clock.now();
    let mention = pds.ledger().mention(now, now, "@brand.example my parcel never arrived, where is it?");
    house.read_until("a case", async || house.texts("SELECT id FROM cases").await.len() == 1).await;

    let case = house.case().await;
    assert_eq!((case.state.as_str(), case.open), ("new", 1));
    let actor = Actor { person: PersonId::new(now, [1; 10]), lead: false };
    let wanted = Answer { text: "We look into it, give us an hour.".into(), ..Answer::default() };
    house.casework.act(&case.brand_id, &case.id, case.version, &actor, Act::Answer(wanted)).await.unwrap();

    // It is written, and nobody hears of it.
    pds.ledger().next_fault = Some(Fault::Written500);
    house.worker.run_once().await.unwrap();
    assert_eq!(house.texts("SELECT state FROM action WHERE kind = 'reply'").await, ["unknown"]);
    eventually("a look that finds it", async || {
        house.worker.run_once().await.unwrap();
        house.texts("SELECT state FROM action WHERE kind = 'reply'").await == ["done"]
    })
    .await;
    let written = pds.ledger().written.clone();
    assert_eq!((written.len(), pds.ledger().own_posts()), (1, written.clone()));
    let kept = "SELECT state FROM obligation WHERE kind = 'first_response'";
    eventually("the answer in the case", async || {
        house.intake.run_once(500).await.unwrap();
        house.case().await.state == "waiting_customer"
    })
    .await;
    assert_eq!(house.texts(kept).await, ["kept"]);

    // Read back from the platform it is the same answer; the customer edits, and writes again.
    let later = house.clock.now();
    let again = pds.ledger().reply("did:plc:anna", later, "still nothing!", &mention, &written[0]);
    pds.ledger().edit(&mention, "@brand.example my parcel with the red shoes never arrived");
    house
        .read_until("the customer's next words and the edit", async || {
            house.texts("SELECT id FROM mention WHERE revision = 2").await.len() == 1
                && house.texts("SELECT id FROM mention").await.len() == 2
        })
        .await;
    assert_eq!(house.texts("SELECT external_id FROM own_post").await, written);
    assert_eq!(house.texts("SELECT id FROM thread_post").await.len(), 0, "all of the thread was known");
    assert_eq!(house.case().await.state, "working", "the customer wrote again, and it is claimed");

    // Everything is taken back: nothing of it stays.
    pds.ledger().records.remove(&mention);
    pds.ledger().records.remove(&again);
    let ids = house.texts("SELECT id FROM mention").await;
    let due = house
        .db()
        .write("test", move |tx| Box::pin(async move { answer::recheck_now(tx, &ids, Timestamp(0)).await }));
    due.await.unwrap();
    house
        .read_until("the deletions", async || {
            house.texts("SELECT id FROM mention WHERE deleted_at IS NOT NULL").await.len() == 2
        })
        .await;
    let left = house.texts("SELECT body FROM content WHERE kind = 'mention'").await;
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(house.case().await.open, 0);
    assert_eq!(pds.ledger().written.len(), 1);
    assert!(written[0].starts_with(&format!("at://{OWN}/")));
    house.opened.db.close().await;
}

//! One whole walk with an account: somebody asks, a person answers, the server's word is lost on the
//! way, the answer is found again, read back, and the question edited and taken back in the end.

use crate::account_poll::config;
use crate::fake_account::{FakeAccount, LOU, ME, MIA, Mischief, TOKEN};
use crate::{configured, eventually, fresh_on_each, outside};
use std::sync::Arc;
use tokio::sync::{Notify, broadcast};
use webcared::answering::AnswerDeliver;
use webcared::casework::{Act, Actor, Answer, Answers, Casework};
use webcared::catalogue::{self, Current};
use webcared::clock::{Chance, Clock, ManualClock, Mint, SystemClock};
use webcared::domain::brand::Brand;
use webcared::domain::ids::PersonId;
use webcared::domain::time::{Span, Timestamp};
use webcared::intake::{Intake, SourceRules};
use webcared::outbox::Worker;
use webcared::shutdown::Shutdown;
use webcared::sources::{Account, Accounts, Outside, Source, build};
use webcared::store::rows::CaseRow;
use webcared::store::{Db, Opened, Place, open};

/// Everything between the server and the people.
struct World {
    opened: Opened,
    clock: Arc<ManualClock>,
    mint: Arc<Mint>,
    source: Arc<dyn Source>,
    intake: Intake,
    casework: Casework,
    worker: Worker,
    start: Timestamp,
}

impl World {
    async fn build(place: &Place, server: &str) -> Self {
        let opened = open::open(place).await.unwrap();
        let (db, start) = (opened.db.clone(), SystemClock::default().now());
        let clock = ManualClock::at(start);
        let mint = Mint::new(Chance::seeded(5));
        let inner = mint.clone();
        // No word of it stands in what people write: only the account says who is meant.
        let brand = Brand::watched("Zephyr Logistics");
        let catalogue = db
            .write("test", move |tx| {
                Box::pin(async move { catalogue::import(tx, &[brand], &[], "test", &inner, start).await })
            })
            .await
            .unwrap();
        let (current, changed) = (Current::new(catalogue), broadcast::Sender::new(64));
        let outside = Outside { clock: clock.clone(), ..outside() };
        let source = build(&configured(config(server)), &outside).unwrap().remove(0);
        let accounts = Accounts::default();
        accounts.set(vec![Account { source: source.clone(), brand: None }]);
        let dyn_clock: Arc<dyn Clock> = clock.clone();
        let intake = Intake::new(
            db.clone(),
            dyn_clock.clone(),
            mint.clone(),
            current.clone(),
            changed.clone(),
            Arc::new(Notify::new()),
        );
        let rules = SourceRules {
            counts_from: start.minus(Span::hours(1)),
            brand: Some("Zephyr Logistics".into()),
            addresses_all: false,
            members_first: None,
            recheck_by: Some("acme".into()),
        };
        intake.set_rules([("acme".to_owned(), rules)].into_iter().collect());
        let answers = Answers { accounts, undo: Span::seconds(0) };
        let casework =
            Casework::new(db.clone(), dyn_clock.clone(), mint.clone(), current, changed).answering(answers);
        let deliver =
            AnswerDeliver::new(db.clone(), dyn_clock.clone(), mint.clone(), source.clone()).unwrap();
        let worker = Worker::new(db, dyn_clock, Chance::seeded(6), "test".into(), Arc::new(deliver));
        Self { opened, clock, mint, source, intake, casework, worker, start }
    }

    /// Reads the account until asked to stop.
    fn collect(&self) -> Shutdown {
        let shutdown = Shutdown::default();
        let (db, clock): (Db, Arc<dyn Clock>) = (self.opened.db.clone(), self.clock.clone());
        let sources = vec![self.source.clone()];
        let nudge = Arc::new(Notify::new());
        webcared::collect::spawn(&shutdown, db, clock, self.mint.clone(), sources, nudge, "test".into());
        shutdown
    }

    /// Ends reading, lets the time pass after which posts are looked at again, and begins anew.
    async fn again(&self, reading: Shutdown) -> Shutdown {
        reading.token.cancel();
        assert!(reading.drain(Span::seconds(5)).await);
        self.clock.advance(Span::minutes(11));
        self.collect()
    }

    async fn all<T>(&self, sql: &'static str) -> Vec<T>
    where
        T: for<'r> sqlx::FromRow<'r, sqlx::sqlite::SqliteRow>
            + for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>
            + Send
            + Unpin
            + 'static,
    {
        match &self.opened.db {
            Db::Sqlite { readers, .. } => sqlx::query_as(sql).fetch_all(readers).await.unwrap(),
            Db::Postgres(pool) => sqlx::query_as(sql).fetch_all(pool).await.unwrap(),
        }
    }

    async fn count(&self, sql: &'static str) -> i64 {
        let rows: Vec<(i64,)> = self.all(sql).await;
        rows[0].0
    }

    async fn case(&self, number: i64) -> Option<CaseRow> {
        let cases: Vec<CaseRow> = self.all("SELECT * FROM cases").await;
        cases.into_iter().find(|c| c.number == number)
    }

    /// Waits until something holds, while intake takes in what comes.
    async fn until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        eventually(what, async || {
            while self.intake.run_once(500).await.unwrap() > 0 {}
            holds().await
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_a_mention_to_one_answer_and_to_its_end() {
    for fresh in fresh_on_each().await {
        let fake = FakeAccount::start().await;
        let world = World::build(&fresh.place, &fake.url).await;
        let reading = world.collect();
        let asked = fake.mention(MIA, "@acme@inst.example my parcel never arrived, please help me", None);
        world.until("a case", async || world.case(1).await.is_some()).await;
        let case = world.case(1).await.unwrap();
        assert_eq!((case.state.as_str(), case.open), ("new", 1));

        // Its answer stands, and the server's word about it is lost.
        let actor = Actor { person: PersonId::new(world.start, [1; 10]), lead: false };
        let answer = Act::Answer(Answer { text: "We look for it today.".into(), ..Answer::default() });
        world.casework.act(&case.brand_id, &case.id, case.version, &actor, answer).await.unwrap();
        fake.ledger().mischief = Mischief::Posts500;
        world.worker.run_once().await.unwrap();
        assert_eq!(fake.own().len(), 1);
        world.clock.advance(Span::seconds(3));
        world.worker.run_once().await.unwrap();
        let states: Vec<(String,)> = world.all("SELECT state FROM action WHERE kind = 'reply'").await;
        assert_eq!(states[0].0, "done");
        let kept = "SELECT COUNT(*) FROM obligation WHERE kind = 'first_response' AND state = 'kept'";
        world.until("the promise kept", async || world.count(kept).await == 1).await;
        assert_eq!(world.case(1).await.unwrap().state, "waiting_customer");

        // Read back it is the same post, which now can be reached.
        let reached = "SELECT COUNT(*) FROM mention_handle h JOIN own_post o ON o.id = h.mention_id";
        world.until("the answer read back", async || world.count(reached).await == 1).await;
        assert_eq!(world.count("SELECT COUNT(*) FROM own_post").await, 1);
        assert_eq!(fake.ledger().attempts.len(), 1, "posted once, asked once");
        assert_eq!(fake.own()[0]["visibility"], "unlisted");
        assert_eq!(fake.ledger().attempts[0].1["status"], "@mia@remote.example We look for it today.");

        // Another one is answered in the app; that stops the clock, too.
        let other = fake.mention(LOU, "@acme where do I find my invoice?", None);
        world.until("another case", async || world.case(2).await.is_some()).await;
        fake.post(ME, "@lou In your account, under orders ^Jan", Some(other));
        world.until("the answer seen", async || world.count(kept).await == 2).await;
        assert_eq!(world.case(2).await.unwrap().state, "waiting_customer");

        // Edited, then taken back: what no notification tells is found by looking again.
        fake.edit(asked, "@acme@inst.example my parcel never arrived, is anybody there?");
        let ours: u64 = fake.own()[0]["id"].as_str().unwrap().parse().unwrap();
        fake.edit(ours, "@mia@remote.example We have found it.");
        let reading = world.again(reading).await;
        let edited = "SELECT COUNT(*) FROM mention WHERE revision = 2";
        world.until("the edit", async || world.count(edited).await == 1).await;
        let retold = "SELECT COUNT(*) FROM own_post o JOIN content c ON c.id = o.id || '/1'
            WHERE o.edited_at IS NOT NULL AND c.body LIKE '%We have found it.%'";
        world.until("our edit in the app", async || world.count(retold).await == 1).await;
        fake.delete(asked);
        let reading = world.again(reading).await;
        let gone = "SELECT COUNT(*) FROM mention WHERE deleted_at IS NOT NULL";
        world.until("the delete", async || world.count(gone).await == 1).await;
        assert_eq!((world.count("SELECT COUNT(*) FROM mention").await, fake.ledger().attempts.len()), (2, 1));
        reading.token.cancel();
        assert!(reading.drain(Span::seconds(5)).await);
        assert_eq!(fake.own().len(), 2);
        let told: Vec<(String,)> = world.all("SELECT state_why FROM source").await;
        assert!(told.iter().all(|t| !t.0.contains(TOKEN)));
        world.opened.db.close().await;
    }
}

//! A house with everything but the outside: a database, a clock that stands, intake, casework and
//! deadlines. Each test gets its own database, on SQLite and, where a server is given, PostgreSQL.

#[path = "database.rs"]
pub mod database;

use database::Database;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::sync::{Notify, broadcast};
use webcared::alerting::Team;
use webcared::casework::{Act, Actor, Casework, CaseworkError};
use webcared::catalogue::{self, Current};
use webcared::clock::{Chance, Clock, ManualClock, Mint};
use webcared::deadlines::Deadlines;
use webcared::domain::brand::{Brand, OwnAccount};
use webcared::domain::ids::PersonId;
use webcared::domain::time::{Span, Timestamp};
use webcared::intake::{Intake, Item, SourceRules, Tally};
use webcared::store::rows::{CaseEventRow, CaseRow, ClockEventRow, ObligationRow};
use webcared::store::{self, Db, Place, StoreError};

/// The instant at which tests begin.
pub const START: Timestamp = Timestamp(1_790_000_000_000);
/// The environment variable that names a PostgreSQL server for tests.
pub const POSTGRES: &str = "WEBCARED_TEST_POSTGRES";

/// Which engine a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// The engines of this run. Under CI a missing server is a failure, never a silent skip.
pub fn engines() -> Vec<Engine> {
    match (std::env::var(POSTGRES), std::env::var("CI")) {
        (Ok(_), _) => vec![Engine::Sqlite, Engine::Postgres],
        (Err(_), Ok(_)) => panic!("{POSTGRES} must name a PostgreSQL server under CI; tests/run sets it"),
        (Err(_), Err(_)) => vec![Engine::Sqlite],
    }
}

/// Runs a test on every engine.
pub fn on_each<F, Fut>(test: F)
where
    F: Fn(House) -> Fut,
    Fut: Future<Output = ()>,
{
    for engine in engines() {
        eprintln!("on {engine:?}");
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async { test(House::build(engine).await).await });
    }
}

/// A database of its own for one test.
pub struct Place2 {
    pub place: Place,
    _folder: Option<TempDir>,
    _database: Option<Database>,
}

pub async fn fresh_place(engine: Engine) -> Place2 {
    match engine {
        Engine::Sqlite => {
            let folder = tempfile::tempdir().unwrap();
            let place = Place::Folder(folder.path().to_path_buf());
            Place2 { place, _folder: Some(folder), _database: None }
        }
        Engine::Postgres => {
            let database = Database::create(&std::env::var(POSTGRES).unwrap(), "t").await;
            Place2 { place: Place::Postgres(database.url()), _folder: None, _database: Some(database) }
        }
    }
}

/// Everything but the outside.
pub struct House {
    pub db: Db,
    pub clock: Arc<ManualClock>,
    pub mint: Arc<Mint>,
    pub current: Current,
    pub intake: Intake,
    pub casework: Casework,
    pub deadlines: Deadlines,
    pub brand_id: String,
    pub engine: Engine,
    place: Place2,
    _opened: store::Opened,
}

/// The brand of most tests.
pub fn acme() -> Brand {
    let mut brand = Brand::watched("Acme");
    brand.own_accounts.push(OwnAccount { platform: "mastodon".into(), account: "acme-own".into() });
    brand
}

impl House {
    pub async fn build(engine: Engine) -> Self {
        Self::build_in(engine, fresh_place(engine).await, START, 7).await
    }

    pub async fn build_in(engine: Engine, place: Place2, start: Timestamp, seed: u64) -> Self {
        let opened = store::open::open(&place.place).await.unwrap();
        let db = opened.db.clone();
        let clock = ManualClock::at(start);
        let mint = Mint::new(Chance::seeded(seed));
        let (inner, now) = (mint.clone(), clock.now());
        let mut catalogue = db
            .write("import", move |tx| {
                Box::pin(async move {
                    catalogue::import(tx, &[acme(), Brand::watched("Tempo")], &[], "test", &inner, now).await
                })
            })
            .await
            .unwrap();
        catalogue.teams = vec![Team {
            credential: "telegram".into(),
            chat: "-100".into(),
            brands: vec!["Acme".into()],
            ..Team::default()
        }];
        let brand_id = catalogue.named("acme").unwrap().id.clone();
        let current = Current::new(catalogue);
        let changed = broadcast::Sender::new(64);
        let outbox = Arc::new(Notify::new());
        let dyn_clock: Arc<dyn Clock> = clock.clone();
        let intake = Intake::new(
            db.clone(),
            dyn_clock.clone(),
            mint.clone(),
            current.clone(),
            changed.clone(),
            outbox.clone(),
        );
        let casework =
            Casework::new(db.clone(), dyn_clock.clone(), mint.clone(), current.clone(), changed.clone());
        let deadlines =
            Deadlines::new(db.clone(), dyn_clock, mint.clone(), current.clone(), changed.clone(), outbox);
        Self {
            db,
            clock,
            mint,
            current,
            intake,
            casework,
            deadlines,
            brand_id,
            engine,
            place,
            _opened: opened,
        }
    }

    /// Another process on the same PostgreSQL.
    pub async fn replica(&self, seed: u64) -> Self {
        let place = Place2 { place: self.place.place.clone(), _folder: None, _database: None };
        Self::build_in(self.engine, place, self.clock.now(), seed).await
    }

    /// Ends it, and leaves its database to whoever comes next.
    pub async fn leave(self) -> Place2 {
        self.db.close().await;
        self.place
    }

    /// Where its data is.
    pub fn place(&self) -> &Place {
        &self.place.place
    }

    /// Takes posts straight in.
    pub fn clock_now(&self) -> Timestamp {
        self.clock.now()
    }

    pub async fn take(&self, posts: &[serde_json::Value]) -> Tally {
        self.intake.take(self.items(posts)).await.unwrap()
    }

    pub fn items(&self, posts: &[serde_json::Value]) -> Vec<Item> {
        let reader = self.intake.reader();
        let now = self.clock.now();
        let item = |(n, post): (usize, &serde_json::Value)| {
            let body = post.to_string().into_bytes();
            let read = reader.read(&body, &SourceRules::default(), now);
            let (source, place) = ("test".to_owned(), n.to_string());
            Item { inbox_id: None, source, place, received_at: now, body, read }
        };
        posts.iter().enumerate().map(item).collect()
    }

    /// Moves the clock and looks at what falls due.
    pub async fn advance(&self, by: Span) {
        self.clock.advance(by);
        while self.deadlines.run_once().await.unwrap() > 0 {}
    }

    pub async fn cases(&self) -> Vec<CaseRow> {
        self.all("SELECT * FROM cases ORDER BY number").await
    }

    pub async fn case(&self, number: i64) -> CaseRow {
        self.cases().await.into_iter().find(|c| c.number == number && c.brand_id == self.brand_id).unwrap()
    }

    pub async fn clocks(&self) -> Vec<ObligationRow> {
        self.all("SELECT * FROM obligation ORDER BY case_id, wait, part").await
    }

    pub async fn clock_events(&self) -> Vec<ClockEventRow> {
        self.all("SELECT * FROM clock_event ORDER BY case_id, wait, stage").await
    }

    pub async fn events(&self) -> Vec<CaseEventRow> {
        self.all("SELECT * FROM case_event ORDER BY case_id, seq").await
    }

    pub async fn all<T>(&self, sql: &'static str) -> Vec<T>
    where
        T: for<'r> sqlx::FromRow<'r, sqlx::sqlite::SqliteRow>
            + for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>
            + Send
            + Unpin
            + 'static,
    {
        match &self.db {
            Db::Sqlite { readers, .. } => sqlx::query_as(sql).fetch_all(readers).await.unwrap(),
            Db::Postgres(pool) => sqlx::query_as(sql).fetch_all(pool).await.unwrap(),
        }
    }

    pub async fn execute(&self, sql: &'static str) {
        let run = self.write(move |tx| {
            Box::pin(async move {
                match tx {
                    store::Tx::Sqlite(t) => sqlx::query(sql).execute(&mut **t).await.map(|_| ()).unwrap(),
                    store::Tx::Postgres(t) => sqlx::query(sql).execute(&mut **t).await.map(|_| ()).unwrap(),
                }
                Ok(())
            })
        });
        run.await.unwrap();
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        let rows: Vec<(i64,)> = self.all(sql).await;
        rows[0].0
    }

    pub async fn act(&self, case: &CaseRow, who: u8, act: Act) -> Result<CaseRow, CaseworkError> {
        let actor = Actor { person: person(who), lead: false };
        self.casework.act(&case.brand_id, &case.id, case.version, &actor, act).await
    }

    /// What the outbox holds, by kind of occasion.
    pub async fn alerts(&self) -> Vec<(String, String)> {
        let rows: Vec<(String, String)> =
            self.all("SELECT payload, state FROM action ORDER BY created_at, priority, id").await;
        rows.into_iter()
            .map(|(payload, state)| {
                let payload: serde_json::Value = serde_json::from_str(&payload).unwrap();
                (payload["occasion"].as_str().unwrap().to_owned(), state)
            })
            .collect()
    }

    pub async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut store::Tx) -> futures_util::future::BoxFuture<'a, Result<T, StoreError>>
            + Send
            + 'static,
    {
        self.db.write("test", work).await
    }
}

pub fn person(n: u8) -> PersonId {
    PersonId::new(START, [n; 10])
}

/// A post about Acme by somebody, `minutes` after the start.
pub fn post(id: &str, author: &str, thread: &str, minutes: i64, text: &str) -> serde_json::Value {
    serde_json::json!({
        "platform": "mastodon", "external_id": id,
        "author": { "id": author, "handle": format!("{author}@toot.example"), "name": author },
        "text": text, "created_at": START.plus(Span::minutes(minutes)).rfc3339(),
        "conversation_id": thread, "lang": "en",
    })
}

/// An answer by our own account.
pub fn answer(id: &str, to: &str, thread: &str, minutes: i64) -> serde_json::Value {
    let mut post = post(id, "acme-own", thread, minutes, "We are looking into it ^Jan");
    post["in_reply_to"] = to.into();
    post
}

//! A team with a bot on a temporary database, its parts driven one by one.

use crate::account::Toot;
use crate::database::Database;
use crate::fake::Fake;
use crate::rows::case_row;
use secrecy::SecretString;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::sync::{Notify, broadcast};
use webcared::alerting::{self, Team};
use webcared::answering::{AnswerDeliver, Teller};
use webcared::casework::{Act, Actor, Answer, Answers, Casework};
use webcared::catalogue::{self, Current};
use webcared::chat::config::{ChatUser, TeamChat, TelegramConfig};
use webcared::chat::{self, Chat, Parts};
use webcared::clock::{Chance, Clock, ManualClock, Mint};
use webcared::domain::brand::Brand;
use webcared::domain::ids::{CaseId, MentionId, PersonId};
use webcared::domain::time::{Span, Timestamp};
use webcared::outbox::Worker;
use webcared::shutdown::Shutdown;
use webcared::sources::Accounts;
use webcared::store::rows::{ActionRow, CaseEventRow, CaseRow, ObligationRow};
use webcared::store::taken::{Changes, JudgementRow, MentionRow};
use webcared::store::{Db, Opened, Place, Tx, bulk, console, open};

pub const TEAM: i64 = -1001;
pub const LEAD: i64 = 555;
pub const JAN: i64 = 77;
pub const EVA: i64 = 78;
/// A newcomer, once [`World::newcomer`] made them.
pub const NEW: i64 = 80;
pub const START: Timestamp = Timestamp(1_795_512_600_000);

/// Makes of one body a test on SQLite and one on PostgreSQL.
macro_rules! on_each_engine {
    ($name:ident, |$world:ident| $body:block) => {
        mod $name {
            use super::*;

            async fn run($world: World) $body

            #[tokio::test]
            async fn sqlite() {
                run(World::new().await).await;
            }

            #[tokio::test]
            async fn postgres() {
                if let Some(world) = World::on_postgres().await {
                    run(world).await;
                }
            }
        }
    };
}

pub struct World {
    pub clock: Arc<ManualClock>,
    pub mint: Arc<Mint>,
    pub fake: Fake,
    pub casework: Casework,
    pub changed: broadcast::Sender<webcared::casework::CaseChanged>,
    pub opened: Opened,
    pub brand: String,
    pub config: TelegramConfig,
    pub shutdown: Shutdown,
    pub numbers: std::sync::atomic::AtomicI64,
    pub toot: Toot,
    pub from_chat: bool,
    _kept: Kept,
}

/// What a world's database is in, and goes with it.
type Kept = (Option<TempDir>, Option<Database>);

impl World {
    pub async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let place = Place::Folder(folder.path().to_owned());
        Self::at(&place, (Some(folder), None)).await
    }

    /// A database of its own on the server that the environment names, if it names one.
    pub async fn on_postgres() -> Option<Self> {
        let server = std::env::var("WEBCARED_TEST_POSTGRES").ok();
        assert!(server.is_some() || std::env::var("CI").is_err(), "CI must name a PostgreSQL server");
        let database = Database::create(&server?, "chat").await;
        Some(Self::at(&Place::Postgres(database.url()), (None, Some(database))).await)
    }

    async fn at(place: &Place, kept: Kept) -> Self {
        let opened = open::open(place).await.unwrap();
        let clock = ManualClock::at(START);
        let mint = Mint::new(Chance::seeded(3));
        let fake = Fake::start().await;
        let db = opened.db.clone();
        let minted = mint.clone();
        let mut made = db
            .write("importing", move |tx| {
                Box::pin(async move {
                    catalogue::import(tx, &[Brand::watched("Acme & Co")], &[], "test", &minted, START).await
                })
            })
            .await
            .unwrap();
        made.teams = vec![team()];
        let brand = made.brands[0].id.clone();
        let catalogue = Current::new(made);
        let (changed, _) = broadcast::channel(64);
        let (toot, accounts) = (Toot::default(), Accounts::default());
        accounts.set(vec![toot.account()]);
        let casework = Casework::new(db.clone(), clock.clone(), mint.clone(), catalogue, changed.clone())
            .answering(Answers { accounts, undo: Span::seconds(5) });
        let config = TelegramConfig {
            api_url: fake.url.clone(),
            teams: vec![TeamChat { chat: TEAM, ..TeamChat::default() }],
            leads: vec![LEAD],
            users: vec![
                ChatUser { id: JAN, login: "jan".into(), ..ChatUser::default() },
                ChatUser { id: EVA, login: "eva".into(), ..ChatUser::default() },
                ChatUser { id: 79, login: "audit".into(), ..ChatUser::default() },
                ChatUser { id: NEW, login: "new".into(), ..ChatUser::default() },
            ],
            ..TelegramConfig::default()
        };
        let world = Self {
            clock,
            mint,
            fake,
            casework,
            changed,
            opened,
            brand,
            config,
            shutdown: Shutdown::default(),
            numbers: 1.into(),
            toot,
            from_chat: false,
            _kept: kept,
        };
        world.person("per_00000000000000000000000jan", "jan", "Jan", "agent").await;
        world.person("per_00000000000000000000000eva", "eva", "Eva", "agent").await;
        world.person("per_0000000000000000000000audit", "audit", "Aud", "auditor").await;
        let author = "INSERT INTO author (id, platform, authority, external_id, first_seen_at) VALUES ('aut_1', 'mastodon', '', 'mia', 0)";
        world.exec(author.into()).await;
        let profile = "INSERT INTO content (id, subject, kind, body) VALUES ('aut_1', 'aut_1', 'profile', '{\"handle\":\"mia\"}')";
        world.exec(profile.into()).await;
        world
    }

    pub fn clock_now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn db(&self) -> &Db {
        &self.opened.db
    }

    pub async fn person(&self, id: &str, login: &str, name: &str, role: &str) {
        let sql = "INSERT INTO person (id, login, name, role, created_at) VALUES ($1, $2, $3, $4, 0)";
        let [id, login, name, role] = [id, login, name, role].map(str::to_owned);
        let written = self.db().write("a person", move |tx| {
            Box::pin(async move {
                match tx {
                    Tx::Sqlite(t) => {
                        let query = sqlx::query(sql).bind(id).bind(login).bind(name).bind(role);
                        query.execute(&mut **t).await.map(|_| ()).unwrap();
                    }
                    Tx::Postgres(t) => {
                        let query = sqlx::query(sql).bind(id).bind(login).bind(name).bind(role);
                        query.execute(&mut **t).await.map(|_| ()).unwrap();
                    }
                }
                Ok(())
            })
        });
        written.await.unwrap();
    }

    /// A newcomer joins.
    pub async fn newcomer(&self) {
        self.person("per_00000000000000000000000new", "new", "Noa", "newcomer").await;
    }

    /// What the customer of every case wrote, and by which name they are known.
    pub async fn customer(&self, text: &str, name: &str) {
        let (text, name) = (text.replace('\'', "''"), name.replace('\'', "''"));
        self.exec(format!(
            "UPDATE content SET body = '{{\"text\":\"{text}\",\"url\":null}}' WHERE kind = 'mention'"
        ))
        .await;
        self.exec(format!(
            "UPDATE content SET body = '{{\"handle\":\"mia\",\"name\":\"{name}\"}}' WHERE id = 'aut_1'"
        ))
        .await;
    }

    /// All rows of a query made up by a test.
    pub async fn rows<T>(&self, sql: String) -> Vec<T>
    where
        T: for<'r> sqlx::FromRow<'r, sqlx::sqlite::SqliteRow>
            + for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>
            + Send
            + Unpin,
    {
        let sql = sqlx::AssertSqlSafe(sql);
        match self.db() {
            Db::Sqlite { readers, .. } => sqlx::query_as(sql).fetch_all(readers).await.unwrap(),
            Db::Postgres(pool) => sqlx::query_as(sql).fetch_all(pool).await.unwrap(),
        }
    }

    pub fn parts(&self, clock: Arc<dyn Clock>) -> Parts {
        Parts {
            db: self.db().clone(),
            clock,
            chance: Chance::seeded(9),
            mint: self.mint.clone(),
            owner: "test".into(),
            casework: self.casework.clone(),
            changed: self.changed.clone(),
            outbox: Arc::new(Notify::new()),
            public_url: "https://care.example".into(),
            config: self.config.clone(),
            token: SecretString::from("123:TEST"),
            morning: Some("08:30".into()),
            zone: "Europe/Amsterdam".into(),
            from_chat: self.from_chat,
        }
    }

    /// The worker of the account that answers.
    pub fn sender(&self) -> Worker {
        let (db, clock, source) = (self.db().clone(), self.clock.clone(), Arc::new(self.toot.clone()));
        let deliver = AnswerDeliver::new(db.clone(), clock.clone(), self.mint.clone(), source).unwrap();
        Worker::new(db, clock, Chance::seeded(9), "test".into(), Arc::new(deliver))
    }

    /// Tells the team of unknown answers; returns of how many.
    pub async fn tell_unknown(&self) -> usize {
        let teller = Teller {
            db: self.db().clone(),
            clock: self.clock.clone(),
            mint: self.mint.clone(),
            catalogue: self.casework.catalogue().clone(),
            outbox: Arc::new(Notify::new()),
        };
        teller.run_once().await.unwrap()
    }

    pub fn jan() -> Actor {
        Actor { person: PersonId::stored("per_00000000000000000000000jan".into()), lead: false }
    }

    pub fn eva() -> Actor {
        Actor { person: PersonId::stored("per_00000000000000000000000eva".into()), lead: false }
    }

    /// Somebody acts on a case in the console, having seen it as it is.
    pub async fn act(&self, case: &CaseRow, who: &Actor, act: Act) -> CaseRow {
        let seen = self.stored(&case.id).await.version;
        self.casework.act(&case.brand_id, &case.id, seen, who, act).await.unwrap()
    }

    pub async fn answer(&self, case: &CaseRow, who: &Actor, text: &str) -> ActionRow {
        self.act(case, who, Act::Answer(Answer { text: text.into(), ..Answer::default() })).await;
        self.actions("reply").await.pop().unwrap()
    }

    pub async fn exec(&self, sql: String) {
        let sql = sqlx::AssertSqlSafe(sql);
        let run = self.db().write("a test", move |tx| {
            Box::pin(async move {
                match tx {
                    Tx::Sqlite(t) => sqlx::query(sql).execute(&mut **t).await.map(|_| ()).unwrap(),
                    Tx::Postgres(t) => sqlx::query(sql).execute(&mut **t).await.map(|_| ()).unwrap(),
                }
                Ok(())
            })
        });
        run.await.unwrap();
    }

    /// Takes updates in as if the process were killed after handling them and before settling: they
    /// are handled once more.
    pub async fn take_in_twice(&self, chat: &Chat) {
        chat.updates.fetch().await.unwrap();
        let waiting: Vec<(i64, String)> =
            self.rows("SELECT update_id, body FROM chat_update WHERE settled_at IS NULL".into()).await;
        let token = tokio_util::sync::CancellationToken::new();
        chat.updates.handle_waiting(&token).await.unwrap();
        for (id, body) in waiting {
            let body = body.replace('\'', "''");
            self.exec(format!(
                "UPDATE chat_update SET settled_at = NULL, body = '{body}' WHERE update_id = {id}"
            ))
            .await;
        }
        self.chat().updates.handle_waiting(&token).await.unwrap();
    }

    /// Writes an event on a case's timeline as intake would, with what it changes in the case.
    pub async fn happened(
        &self,
        case: &CaseRow,
        kind: &str,
        who: (&str, Option<&str>),
        change: impl FnOnce(&mut CaseRow),
    ) -> (CaseRow, CaseEventRow) {
        let now = self.clock.now().millis();
        let mut row = self.stored(&case.id).await;
        row.version += 1;
        row.changed_at = now;
        change(&mut row);
        let event = CaseEventRow {
            case_id: case.id.clone(),
            seq: row.version,
            brand_id: case.brand_id.clone(),
            at: now,
            recorded_at: now,
            kind: kind.into(),
            who_kind: who.0.into(),
            who: who.1.map(Into::into),
            state: row.state.clone(),
            body: "{}".into(),
        };
        let (rows, events) = (vec![row.clone()], vec![event.clone()]);
        let write = self.db().write("an event", move |tx| {
            Box::pin(async move {
                let mut script = webcared::store::script::Script::of(tx, "a test");
                bulk::put_cases(&mut script, &rows)?;
                bulk::add_case_events(&mut script, &events)?;
                script.run(tx).await
            })
        });
        write.await.unwrap();
        (row, event)
    }

    /// A promised answer of a case, as its clock runs.
    pub async fn clock_of(&self, case: &CaseRow) {
        let (due, now) = (case.due_at.unwrap(), case.opened_at);
        let row = ObligationRow {
            case_id: case.id.clone(),
            wait: 0,
            part: 0,
            brand_id: case.brand_id.clone(),
            kind: "first_response".into(),
            state: "running".into(),
            policy: "social-30m".into(),
            policy_version: 1,
            mention_id: Some(case.first_mention_id.clone()),
            started_at: now,
            target_ms: due - now,
            due_at: due,
            warn_at: "[]".into(),
            stages_done: 0,
            next_at: Some(due),
            held_since: None,
            ended_at: None,
            ended_by: None,
            calendar: String::new(),
            counted_ms: None,
        };
        let write = self.db().write("a clock", move |tx| {
            Box::pin(async move {
                let mut script = webcared::store::script::Script::of(tx, "a test");
                bulk::put_obligations(&mut script, &[row])?;
                script.run(tx).await
            })
        });
        write.await.unwrap();
    }

    pub fn chat(&self) -> Chat {
        chat::build(&self.shutdown, &self.parts(self.clock.clone())).unwrap()
    }

    pub fn worker(&self, chat: &Chat) -> Worker {
        let deliver = Arc::new(chat.deliver.clone());
        Worker::new(self.db().clone(), self.clock.clone(), Chance::seeded(9), "test".into(), deliver)
    }

    /// A case as intake would make it, with its mention, judgement and an answer due in half an hour.
    pub async fn case(&self, level: i64) -> CaseRow {
        let number = self.numbers.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let now = self.clock.now();
        let mention = self.mint.id(now, MentionId::new).to_string();
        let case =
            case_row(&self.mint.id(now, CaseId::new).to_string(), &self.brand, number, level, &mention, now);
        let changes = Changes {
            contents: vec![(
                format!("{mention}/1"),
                "aut_1".into(),
                "mention",
                r#"{"text":"secret words of a customer","url":null}"#.into(),
            )],
            mentions: vec![MentionRow {
                seq: self.mint.seq(now),
                id: mention.clone(),
                platform: "mastodon".into(),
                authority: String::new(),
                external_id: mention.clone(),
                source: "s".into(),
                author_id: "aut_1".into(),
                conversation_id: case.conversation_id.clone(),
                kind: "post".into(),
                in_reply_to: None,
                lang_tag: "nl".into(),
                posted_at: now.millis(),
                received_at: now.millis(),
                private: 0,
                historic: 0,
                sample: case.sample,
                visibility: String::new(),
                quotes: None,
            }],
            judgements: vec![JudgementRow {
                brand_id: self.brand.clone(),
                mention_id: mention,
                revision: 1,
                case_id: case.id.clone(),
                language: "nl".into(),
                language_millis: 900,
                intent: "complaint".into(),
                urgency: 90,
                level,
                needs_answer: 1,
                needs_private: 0,
                personal_data: "[]".into(),
                reasons: r#"[{"what":"danger","weight":60}]"#.into(),
                rules_version: "t",
                handles: String::new(),
            }],
            cases: vec![case.clone()],
            ..Changes::default()
        };
        let write = self.db().write("making a case", move |tx| {
            Box::pin(async move { webcared::store::taken::write(tx, &changes, now).await })
        });
        write.await.unwrap();
        case
    }

    /// Alerts of cases that came in, as intake makes them.
    pub async fn alert(&self, cases: &[CaseRow]) -> Vec<ActionRow> {
        let now = self.clock.now();
        let actions: Vec<ActionRow> = cases
            .iter()
            .flat_map(|c| alerting::arrival(c, "Acme & Co", &[team()], &self.mint, now))
            .collect();
        let rows = actions.clone();
        let write = self
            .db()
            .write("adding alerts", move |tx| Box::pin(async move { bulk::insert_actions(tx, &rows).await }));
        write.await.unwrap();
        actions
    }

    pub async fn action(&self, id: &str) -> ActionRow {
        self.rows(format!("SELECT * FROM action WHERE id = '{id}'")).await.remove(0)
    }

    pub async fn actions(&self, kind: &str) -> Vec<ActionRow> {
        self.rows(format!("SELECT * FROM action WHERE kind = '{kind}' ORDER BY id")).await
    }

    pub async fn stored(&self, id: &str) -> CaseRow {
        self.rows(format!("SELECT * FROM cases WHERE id = '{id}'")).await.remove(0)
    }

    pub async fn events(&self, case: &CaseRow) -> Vec<CaseEventRow> {
        let (brand, id) = (case.brand_id.clone(), case.id.clone());
        let read = self.db().read("reading events", move |tx| {
            Box::pin(async move { console::events_since(tx, &brand, &id, 0).await })
        });
        read.await.unwrap()
    }

    /// Sends, moving the clock a second at a time, until nothing is ready any more.
    pub async fn drain(&self, worker: &Worker) {
        for _ in 0..300 {
            while worker.run_once().await.unwrap() > 0 {}
            let ready: Vec<(String,)> = self.rows("SELECT id FROM action WHERE state = 'ready'".into()).await;
            if ready.is_empty() {
                return;
            }
            self.clock.advance(Span::seconds(1));
        }
        panic!("the outbox did not drain");
    }
}

pub fn team() -> Team {
    Team { credential: "telegram".into(), chat: TEAM.to_string(), ..Team::default() }
}

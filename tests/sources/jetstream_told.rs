//! What the stream tells of posts and accounts that are known: edits, deletes, accounts that go and come; through
//! collector and intake on both engines, in both versions.

use crate::fakes::{FakeJetstream, at_uri};
use crate::jetstream_view::{self, Kept};
use crate::{Fresh, eventually, fresh_on_each, outside};
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{Notify, broadcast};
use webcared::catalogue::{self, Current};
use webcared::clock::{Chance, Clock, Mint, SystemClock};
use webcared::domain::brand::Brand;
use webcared::domain::time::{Span, Timestamp};
use webcared::intake::{Intake, SourceRules};
use webcared::shutdown::Shutdown;
use webcared::sources::{Source, build};
use webcared::store::{Db, Opened, answer, open};

/// Collector, store and intake, with one stream.
struct Here {
    opened: Opened,
    intake: Intake,
    source: Arc<dyn Source>,
    mint: Arc<Mint>,
    clock: Arc<dyn Clock>,
}

impl Here {
    async fn of(place: &Fresh, stream: &str, version: u8, view: &str) -> Self {
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
        let config = json!({ "name": "jet", "jetstream": {
            "servers": [stream], "version": version, "first_minutes": 30, "posts_server": view } });
        let source = build(&[serde_json::from_value(config).unwrap()], &outside()).unwrap().remove(0);
        let (changed, outbox) = (broadcast::Sender::new(64), Arc::new(Notify::new()));
        let intake = Intake::new(db, clock.clone(), mint.clone(), current, changed, outbox);
        let rules = SourceRules {
            counts_from: Timestamp(0),
            brand: None,
            addresses_all: false,
            members_first: None,
            recheck_by: Some("jet".to_owned()),
        };
        intake.set_rules(HashMap::from([("jet".to_owned(), rules)]));
        Self { opened, intake, source, mint, clock }
    }

    async fn texts(&self, sql: &'static str) -> Vec<String> {
        let rows: Vec<(String,)> = match &self.opened.db {
            Db::Sqlite { readers, .. } => sqlx::query_as(sql).fetch_all(readers).await.unwrap(),
            Db::Postgres(pool) => sqlx::query_as(sql).fetch_all(pool).await.unwrap(),
        };
        rows.into_iter().map(|r| r.0).collect()
    }

    /// Reads the stream until a statement gives these rows.
    async fn until(&self, what: &str, sql: &'static str, expected: &[&str]) {
        self.read_until(what, async || self.texts(sql).await == expected).await;
    }

    /// Reads the stream until something holds; then the collector stops, wherever it stands.
    async fn read_until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        let shutdown = Shutdown::default();
        let (db, clock, mint) = (self.opened.db.clone(), self.clock.clone(), self.mint.clone());
        let (sources, nudge) = (vec![self.source.clone()], Arc::new(Notify::new()));
        webcared::collect::spawn(&shutdown, db, clock, mint, sources, nudge, "test".to_owned());
        eventually(what, async || {
            self.intake.run_once(500).await.unwrap();
            holds().await
        })
        .await;
        shutdown.token.cancel();
        assert!(shutdown.drain(Span::seconds(5)).await, "it did not stop");
    }
}

fn now() -> Timestamp {
    SystemClock::default().now()
}

const POSTS: &str = "SELECT external_id || ' ' || CAST(revision AS TEXT) || CASE WHEN deleted_at IS NULL THEN '' ELSE ' gone' END
    FROM mention ORDER BY external_id";
const WORDS: &str = "SELECT body FROM content WHERE kind = 'mention'";
const AWAY: &str = "SELECT COALESCE(away, 'there') FROM author";

async fn followed(version: u8) {
    for place in fresh_on_each().await {
        let fake = FakeJetstream::start(version, 24_000_000_000).await;
        let here = Here::of(&place, &fake.url, version, "").await;
        fake.happen(now(), "create", "k1", "acme where is my parcel");
        fake.happen(now(), "create", "k2", "acme my number is secret");
        let (one, two) = (at_uri("k1"), at_uri("k2"));
        let line = |uri: &str, rest: &str| format!("{uri} {rest}");
        here.until("both posts", POSTS, &[&line(&one, "1"), &line(&two, "1")]).await;

        // One is changed and one taken back; so are some that nobody here knows.
        fake.happen(now(), "update", "k1", "acme where is my red parcel");
        fake.happen(now(), "delete", "k2", "");
        fake.happen(now(), "delete", "k8", "");
        fake.happen(now(), "update", "k9", "acme, somebody else's");
        here.until("edit and deletion", POSTS, &[&line(&one, "2"), &line(&two, "1 gone")]).await;
        let words = here.texts(WORDS).await;
        assert!(words.iter().any(|w| w.contains("red parcel")), "{words:?}");
        assert!(!words.iter().any(|w| w.contains("secret")), "{words:?}");
        assert_eq!(here.texts("SELECT state FROM cases WHERE open = 1").await.len(), 1);

        // What is taken back at once never shows; what was taken back is not brought back by a repeat.
        fake.happen(now(), "create", "k3", "acme oops");
        fake.happen(now(), "delete", "k3", "");
        fake.happen(now(), "create", "k2", "acme my number is secret");
        fake.happen(now(), "create", "k4", "acme and thanks");
        let four = at_uri("k4");
        here.until(
            "the last of them",
            "SELECT external_id FROM mention WHERE deleted_at IS NULL ORDER BY external_id",
            &[&one, &four],
        )
        .await;
        let words = here.texts(WORDS).await;
        assert!(!words.iter().any(|w| w.contains("secret") || w.contains("oops")), "{words:?}");

        // The account goes and comes, and is called otherwise.
        assert_eq!(here.texts(AWAY).await, ["there"]);
        fake.happen(now(), "account", "", "deactivated");
        here.until("the account to be away", AWAY, &["deactivated"]).await;
        let gone = "SELECT id FROM mention WHERE deleted_at IS NOT NULL";
        let before = here.texts(gone).await.len();
        fake.happen(now(), "account", "", "");
        fake.happen(now(), "identity", "", "anna.example");
        here.until("the account to be back", AWAY, &["there"]).await;
        let name = "SELECT CASE WHEN body LIKE '%anna.example%' THEN 'named' ELSE body END FROM content WHERE kind = 'profile'";
        here.until("another handle", name, &["named"]).await;
        assert_eq!(here.texts(gone).await.len(), before, "its posts stay");
        here.opened.db.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edits_deletes_and_accounts_act_as_they_are_told_in_version_1() {
    followed(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edits_deletes_and_accounts_act_as_they_are_told_in_version_2() {
    followed(2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_that_knows_nothing_of_an_edit_brings_no_old_words_back() {
    for place in fresh_on_each().await {
        let (fake, (view, kept)) = (FakeJetstream::start(1, 1).await, jetstream_view::start().await);
        let (one, line) = (at_uri("k1"), |n: u8| format!("{} {n}", at_uri("k1")));
        let shows = |text| drop(kept.lock().unwrap().posts.insert(one.clone(), (text, None)));
        shows("acme where is my parcel");
        let here = Here::of(&place, &fake.url, 1, &view).await;
        fake.happen(now(), "create", "k1", "acme where is my parcel");
        here.until("the post", POSTS, &[&line(1)]).await;
        fake.happen(now(), "update", "k1", "acme where is my red parcel");
        here.until("the edit", POSTS, &[&line(2)]).await;

        let looked = async || {
            let ids = here.texts("SELECT id FROM mention").await;
            let due = here
                .opened
                .db
                .write("test", move |tx| Box::pin(async move { answer::recheck_now(tx, &ids, now()).await }));
            due.await.unwrap();
            let waiting = async || {
                here.texts("SELECT post_id FROM recheck WHERE next_at <= posted_at + 600000").await.is_empty()
            };
            here.read_until("the look", waiting).await;
        };
        // The view shows the first words still, under another version than the one that is held.
        looked().await;
        assert!(kept.lock().unwrap().asked.contains(&one), "it was looked at");
        here.intake.run_once(500).await.unwrap();
        assert_eq!(here.texts(POSTS).await, [line(2)]);
        // What never stood there is an edit all the same.
        shows("acme where is my blue parcel");
        looked().await;
        here.until("the edit that was not told", POSTS, &[&line(3)]).await;
        here.opened.db.close().await;
    }
}

fn account_says(kept: &Kept, error: &'static str, message: &'static str) {
    kept.lock().unwrap().account = Some((error, message));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn posts_of_a_deleted_account_go_only_when_a_look_finds_it_gone() {
    for place in fresh_on_each().await {
        let (fake, (view, kept)) = (FakeJetstream::start(1, 1).await, jetstream_view::start().await);
        let parent = "at://did:plc:olga/app.bsky.feed.post/p1".to_owned();
        kept.lock().unwrap().posts.extend([
            (parent.clone(), ("the parcel is wet", None)),
            (at_uri("k1"), ("acme, what is this?", None)),
        ]);
        fake.ledger().answers.insert("k1".to_owned(), parent.clone());
        fake.happen(now(), "create", "k1", "acme, what is this?");
        let here = Here::of(&place, &fake.url, 1, &view).await;
        let context = "SELECT external_id FROM thread_post";
        here.until("the post and what it answers", context, &[&parent]).await;
        let standing = "SELECT CASE WHEN deleted_at IS NULL THEN 'stands' ELSE 'gone' END FROM mention";
        let due = "SELECT away FROM author WHERE away_at IS NOT NULL AND away IS NOT NULL";

        // A frame that is wrong: the post still shows, and the account is taken for there again.
        fake.happen(now(), "account", "", "deleted");
        here.read_until("the look", async || {
            let looked = kept.lock().unwrap().asked.contains(&at_uri("k1"));
            looked && here.texts(due).await.is_empty()
        })
        .await;
        assert_eq!(here.texts(standing).await, ["stands"]);

        // Closed for a while: nothing shows any more, and yet nothing is deleted.
        kept.lock().unwrap().posts.remove(&at_uri("k1"));
        account_says(&kept, "AccountDeactivated", "Account is deactivated");
        fake.happen(now(), "account", "", "deleted");
        here.until("the second look", due, &["deactivated"]).await;
        assert_eq!(here.texts(standing).await, ["stands"]);

        // Deleted.
        account_says(&kept, "InvalidRequest", "Profile not found");
        fake.happen(now(), "account", "", "deleted");
        here.until("the deletion", standing, &["gone"]).await;
        assert_eq!(here.texts(WORDS).await, [""; 0]);
        // What it answered is somebody's post like any other: it goes when it is deleted.
        assert_eq!(here.texts(context).await, [parent]);
        fake.happen(now(), "update", "p1@olga", "the parcel is dry again");
        let shown = "SELECT CASE WHEN body LIKE '%dry again%' THEN 'edited' ELSE 'as it was' END FROM content WHERE kind = 'thread_post'";
        here.until("the edit of what was answered", shown, &["edited"]).await;
        fake.happen(now(), "delete", "p1@olga", "");
        here.until("the deletion of what was answered", context, &[]).await;
        assert_eq!(here.texts("SELECT id FROM content WHERE kind = 'thread_post'").await, [""; 0]);
        here.opened.db.close().await;
    }
}

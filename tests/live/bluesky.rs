//! The account of Bluesky on the network as its authors publish it: the rig does what it says, the
//! peculiarities that a connector must live with are there, and the real daemon reads, answers and
//! follows what customers write.

use crate::daemon::Start;
use crate::place::{Data, Engine, Look};
use crate::rigs::bluesky::{Account as Somebody, Network, Posted};
use crate::sender::now;
use crate::{wait_for, wait_within};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use webcared::app::Parts;
use webcared::casework::{Act, Actor, Answer};
use webcared::domain::ids::PersonId;
use webcared::domain::time::Timestamp;
use webcared::http_client::{HttpClient, Outbound};
use webcared::settings::Flags;
use webcared::sources::{Account, Outside, Vault};
use webcared::store::{self, rows::CaseRow};

const SHOW_MAX: Duration = Duration::from_secs(30);

fn text(row: &Value) -> &str {
    row["record"]["text"].as_str().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mention_reaches_the_brand_and_a_thread_is_read_back() {
    let Some(network) = Network::start().await else { return };
    let brand = network.create_account("brand.test").await;
    let customer = network.create_account("customer.test").await;

    let asked = customer.post("@brand.test where is my parcel?").await;
    let told = || async { brand.notifications().await.into_iter().find(|n| n["uri"] == asked.uri.as_str()) };
    let told = wait_for("the mention", SHOW_MAX, told).await;
    assert_eq!((&told["reason"], text(&told)), (&json!("mention"), "@brand.test where is my parcel?"));
    assert_eq!((&told["author"]["did"], &told["cid"]), (&json!(customer.did), &json!(asked.cid)));

    let answered = brand.reply("We are looking into it ^Jan", &asked, &asked).await;
    let thanked = customer.reply("Thanks!", &asked, &answered).await;
    let last = "/thread/replies/0/replies/0/post/uri";
    let shown = || async {
        let (_, thread) = brand.thread(&asked.uri).await;
        thread.pointer(last).is_some_and(|uri| uri == thanked.uri.as_str()).then_some(())
    };
    wait_for("the thread", SHOW_MAX, shown).await;
    let posts = customer.posts_of("brand.test").await;
    assert_eq!(posts.len(), 1, "{posts:?}");
    assert_eq!((posts[0].uri.as_str(), posts[0].answers.as_ref()), (answered.uri.as_str(), Some(&asked.uri)));

    // A password for an app is one with which a client logs in.
    let password = brand.app_password("webcare").await;
    let ask = json!({ "identifier": brand.handle, "password": password });
    let (status, session) = brand.call("com.atproto.server.createSession", &ask).await;
    assert_eq!((status, &session["did"]), (200, &json!(brand.did)), "{session}");

    customer.delete(&asked).await;
    let gone = || async { (brand.thread(&asked.uri).await.0 == 400).then_some(()) };
    wait_for("the deletion", SHOW_MAX, gone).await;
    let left = || async {
        let uris: Vec<Value> = brand.notifications().await.iter().map(|n| n["uri"].clone()).collect();
        (!uris.contains(&json!(asked.uri))).then_some(())
    };
    wait_for("the notification to go", SHOW_MAX, left).await;
}

/// What a connector builds on: a repeat with a key of one's own is safe in one form only, a page
/// ends within equal times, and the time shown is the author's where that is earlier.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_cursors_and_times_are_as_a_connector_must_expect() {
    let Some(network) = Network::start_limited().await else { return };
    let brand = network.create_account("brand.test").await;
    let customer = network.create_account("customer.test").await;

    let record = brand.record("an answer").await;
    let put = |record: &Value| {
        json!({ "repo": brand.did, "collection": "app.bsky.feed.post", "rkey": "3mabcdefghi22",
            "swapRecord": null, "record": record })
    };
    let method = "com.atproto.repo.putRecord";
    let (status, first) = brand.call(method, &put(&record)).await;
    assert_eq!(status, 200, "{first}");
    let (status, again) = brand.call(method, &put(&record)).await;
    assert_eq!((status, &again["cid"], &again["commit"]), (200, &first["cid"], &Value::Null), "{again}");
    let (status, other) = brand.call(method, &put(&brand.record("another answer").await)).await;
    assert_eq!((status, &other["error"]), (400, &json!("InvalidSwap")), "{other}");
    let (status, created) = brand.call("com.atproto.repo.createRecord", &put(&record)).await;
    assert_eq!((status, &created["error"]), (500, &json!("InternalServerError")), "{created}");

    for (n, time) in ["2020-01-01T00:00:00.000Z"; 3].into_iter().enumerate() {
        let mut record = customer.record(&format!("@brand.test number {n}")).await;
        record["createdAt"] = json!(time);
        customer.write(record).await;
    }
    let all = || async { Some(brand.notifications().await).filter(|n| n.len() == 3) };
    let all = wait_for("three mentions", SHOW_MAX, all).await;
    assert!(all.iter().all(|n| n["indexedAt"] == "2020-01-01T00:00:00.000Z"), "{all:?}");
    let page = |cursor: &'static str| {
        let brand = &brand;
        async move {
            let ask = [("priority", "false"), ("limit", "2"), ("cursor", cursor)];
            let from = usize::from(cursor.is_empty());
            let (status, page) =
                brand.query("app.bsky.notification.listNotifications", &ask[..3 - from]).await;
            assert_eq!(status, 200, "{page}");
            (page["notifications"].as_array().unwrap().len(), page["cursor"].clone())
        }
    };
    assert_eq!(page("").await, (2, json!("2020-01-01T00:00:00.000Z")));
    assert_eq!(page("2020-01-01T00:00:00.000Z").await, (0, Value::Null), "the third is never shown");
    assert_eq!(page("2020-01-01T00:00:00.001Z").await.0, 2, "any time is taken as a cursor");
}

/// The limits are the platform's own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_log_ins_are_refused() {
    let Some(network) = Network::start_limited().await else { return };
    let brand = network.create_account("brand.test").await;
    let ask = json!({ "identifier": brand.handle, "password": brand.password });
    let url = format!("{}/xrpc/com.atproto.server.createSession", network.pds);
    for n in 1..=31 {
        let answer = crate::sender::client().post(&url).json(&ask).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), if n <= 30 { 200 } else { 429 }, "log-in {n}");
        let left = answer.headers()["ratelimit-remaining"].to_str().unwrap().to_owned();
        assert_eq!(left, (30_u32.saturating_sub(n)).to_string());
    }
    // What needs no account is not touched by that.
    let view = format!("{}/xrpc/app.bsky.feed.searchPosts?q=nothing", network.view);
    assert_eq!(crate::sender::client().get(view).send().await.unwrap().status().as_u16(), 200);
}

/// The settings of a daemon with one account and nothing else.
pub fn settings(port: u16, server: &str, password: &str) -> String {
    format!(
        r#"public_url = "http://127.0.0.1:{port}"

[outbound]
allow_private_addresses = true

[answers]
undo_seconds = 0

[[brand]]
name = "Acme"
handles = ["acme"]
keywords = ["Acme"]

[[source]]
name = "bsky"
brand = "Acme"
counts_from = "2020-01-01T00:00:00Z"
[source.bluesky]
server = "{}"
account = "brand.test"
app_password = "{password}"
every_seconds = 5
"#,
        server
    )
}

/// What a person does, done beside the daemon on the same database.
struct Desk {
    parts: Parts,
}

struct Empty;

#[async_trait::async_trait]
impl Vault for Empty {
    async fn load(&self, _credential: &str) -> Option<Vec<u8>> {
        None
    }

    async fn save(&self, _credential: &str, _sealed: &[u8]) -> bool {
        false
    }
}

impl Desk {
    async fn open(start: &Start, data: &Data) -> Self {
        let database = data.flags(0).into_iter().find(|f| f.starts_with("postgres")).map(Into::into);
        let flags = Flags { database, data: Some(data.folder().join("desk")), listen: None };
        let settings = webcared::settings::load(Some(&start.file), &flags, std::iter::empty()).unwrap();
        let parts = webcared::app::parts(&settings).await.unwrap();
        let http = HttpClient::new(&Outbound::default(), parts.dyn_clock()).unwrap();
        let words = || -> Vec<String> { Vec::new() };
        let outside = Outside {
            http,
            clock: parts.dyn_clock(),
            keep: Arc::new(|_| false),
            tags: Arc::new(words),
            terms: Arc::new(move |_: Option<&str>| words()),
            vault: Arc::new(Empty),
        };
        let built = webcared::sources::build(&settings.sources, &outside).unwrap();
        let account = |source| Account { source, brand: Some("Acme".to_owned()) };
        parts.accounts.set(built.into_iter().map(account).collect());
        Self { parts }
    }

    async fn answer(&self, case: &CaseRow, text: &str) {
        let actor = Actor { person: PersonId::new(now(), [1; 10]), lead: false };
        let act = Act::Answer(Answer { text: text.to_owned(), ..Answer::default() });
        self.parts.casework.act(&case.brand_id, &case.id, case.version, &actor, act).await.unwrap();
    }

    /// Lets the daemon look at every post again, as if the time for it had come.
    async fn look_again(&self, posts: Vec<String>) {
        let due = self.parts.db.write("test", move |tx| {
            Box::pin(async move { store::answer::recheck_now(tx, &posts, Timestamp(0)).await })
        });
        due.await.unwrap();
    }
}

async fn texts(look: &Look, sql: &'static str) -> Vec<String> {
    look.rows::<(String,)>(sql).await.into_iter().map(|r| r.0).collect()
}

pub async fn until(look: &Look, what: &str, sql: &'static str, expected: &[&str]) {
    let holds = || async { (texts(look, sql).await == expected).then_some(()) };
    if wait_within(Duration::from_secs(150), holds).await.is_none() {
        panic!("waited in vain for {what}: {:?}", texts(look, sql).await);
    }
}

/// A mention of somebody else's account on somebody else's network, through the real daemon and back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mention_is_answered_by_the_daemon_and_followed() {
    let Some(network) = Network::start().await else { return };
    let brand = network.create_account("brand.test").await;
    let customer = network.create_account("customer.test").await;
    let password = brand.app_password("webcare").await;
    let data = Data::fresh(Engine::Postgres).await;
    let start = Start::new(&data, 0, None);
    std::fs::write(&start.file, settings(start.port, &network.pds, &password)).unwrap();
    let daemon = start.ready().await;
    let look = data.look().await;

    let asked = customer.post("@brand.test my parcel never arrived, where is it?").await;
    until(&look, "a case", "SELECT state FROM cases", &["new"]).await;
    let case = look.rows::<CaseRow>("SELECT * FROM cases").await.remove(0);
    let desk = Desk::open(&start, &data).await;
    desk.answer(&case, "Grüße 👋 we look into it, see https://acme.example/help").await;
    until(&look, "the answer", "SELECT state FROM action WHERE kind = 'reply'", &["done"]).await;
    until(&look, "the answer in its case", "SELECT state FROM cases", &["waiting_customer"]).await;
    until(&look, "the clock", "SELECT state FROM obligation WHERE kind = 'first_response'", &["kept"]).await;
    let standing = customer.posts_of("brand.test").await;
    assert_eq!(standing.len(), 1, "{standing:?}");
    assert_eq!(standing[0].answers.as_ref(), Some(&asked.uri));
    let told = || async {
        let found = customer.notifications().await;
        let reply = found.into_iter().find(|n| n["uri"] == standing[0].uri.as_str())?;
        Some(reply["record"]["facets"][0]["features"][0]["uri"].clone())
    };
    assert_eq!(wait_for("the customer to be told", SHOW_MAX, told).await, json!("https://acme.example/help"));

    // The customer writes again and edits the first post; a colleague answers in the platform's app.
    let answered = Posted { uri: standing[0].uri.clone(), cid: cid_of(&customer, &standing[0].uri).await };
    let again = customer.reply("still nothing!", &asked, &answered).await;
    let record = customer.record("@brand.test my parcel with the red shoes never arrived").await;
    let edit = json!({ "repo": customer.did, "collection": "app.bsky.feed.post", "rkey": asked.key(),
        "record": record });
    assert_eq!(customer.call("com.atproto.repo.putRecord", &edit).await.0, 200);
    let revisions = "SELECT CAST(revision AS TEXT) FROM mention ORDER BY posted_at";
    until(&look, "the next words and the edit", revisions, &["2", "1"]).await;
    brand.reply("It is on its way ^Ann", &asked, &again).await;
    let answers = "SELECT external_id FROM own_post ORDER BY posted_at";
    let both = || async { Some(texts(&look, answers).await).filter(|a| a.len() == 2) };
    assert_eq!(wait_for("the colleague's answer", SHOW_MAX, both).await[0], answered.uri);

    // The customer takes it back.
    customer.delete(&asked).await;
    let gone = || async { (customer.thread(&asked.uri).await.0 == 400).then_some(()) };
    wait_for("the deletion", SHOW_MAX, gone).await;
    desk.look_again(texts(&look, "SELECT id FROM mention").await).await;
    let deleted =
        "SELECT CASE WHEN deleted_at IS NULL THEN 'stands' ELSE 'gone' END FROM mention ORDER BY posted_at";
    until(&look, "the deletion here", deleted, &["gone", "stands"]).await;
    let kept = texts(&look, "SELECT body FROM content WHERE kind = 'mention'").await;
    assert!(kept.len() == 1 && kept[0].contains("still nothing"), "{kept:?}");

    // What is said while nobody listens is found afterwards; nothing is answered anew.
    daemon.kill().await;
    let dora = network.create_account("dora.test").await;
    let missed = dora.post("@brand.test hello? anybody there?").await;
    let daemon = start.ready().await;
    let found = || async {
        let ids = texts(&look, "SELECT external_id FROM mention").await;
        ids.contains(&missed.uri).then_some(())
    };
    wait_for("what was said meanwhile", Duration::from_secs(60), found).await;
    assert_eq!(customer.posts_of("brand.test").await.len(), 2, "ours and the colleague's");
    daemon.kill().await;
    look.close().await;
}

async fn cid_of(account: &Somebody, uri: &str) -> String {
    let (status, found) = account.query("app.bsky.feed.getPosts", &[("uris", uri)]).await;
    assert_eq!(status, 200, "{found}");
    found["posts"][0]["cid"].as_str().unwrap().to_owned()
}

//! What the public view tells beside the stream and the search: what posts answer, and whether they still stand.

use crate::fakes::{FakeJetstream, at_uri};
use crate::{Daemon, built, eventually, fresh};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use webcared::clock::{Clock, SystemClock};
use webcared::sources::held::Away;
use webcared::sources::reply::PostRef;
use webcared::sources::{Source, Standing};

#[derive(Default)]
pub(crate) struct Ledger {
    /// What is shown: the words and what they answer, by address.
    pub(crate) posts: BTreeMap<String, (&'static str, Option<String>)>,
    /// What is there and is not shown.
    hidden: BTreeSet<String>,
    /// What the server fails at.
    broken: BTreeSet<String>,
    /// Every address asked for, once for each question.
    pub(crate) asked: Vec<String>,
    /// Why no account is shown, if none is: the name of the refusal, and its words.
    pub(crate) account: Option<(&'static str, &'static str)>,
    /// Refuse everything with this status.
    refuse: Option<u16>,
    /// How long each list of posts takes.
    takes: Duration,
}

pub(crate) type Kept = Arc<Mutex<Ledger>>;

fn pairs(query: Option<String>) -> Vec<String> {
    let query = query.unwrap_or_default();
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.filter(|(key, _)| key == "uris" || key == "uri").map(|(_, uri)| uri.into_owned()).collect()
}

async fn posts(State(kept): State<Kept>, RawQuery(query): RawQuery) -> Response {
    let asked = pairs(query);
    let takes = {
        let mut ledger = kept.lock().unwrap();
        ledger.asked.extend(asked.iter().cloned());
        ledger.takes
    };
    // In real time: it is the time of a server elsewhere.
    let _ = tokio::time::timeout(takes, std::future::pending::<()>()).await;
    let ledger = kept.lock().unwrap();
    if let Some(code) = ledger.refuse {
        return (StatusCode::from_u16(code).unwrap(), "no").into_response();
    }
    let at = SystemClock::default().now().rfc3339();
    let view = |uri: &String| -> Option<Value> {
        let (text, answers) = ledger.posts.get(uri)?;
        let mut record = json!({"text": text, "createdAt": at});
        if let Some(above) = answers {
            let link = json!({"uri": above, "cid": "c"});
            record["reply"] = json!({"root": link, "parent": link});
        }
        let did = uri.split('/').nth(2);
        Some(json!({"uri": uri, "cid": "c", "author": {"did": did, "handle": "anna.example"},
            "record": record, "indexedAt": at}))
    };
    let shown: Vec<Value> = asked.iter().filter_map(view).collect();
    axum::Json(json!({ "posts": shown })).into_response()
}

async fn thread(State(kept): State<Kept>, RawQuery(query): RawQuery) -> Response {
    let ledger = kept.lock().unwrap();
    let uri = pairs(query).remove(0);
    if ledger.broken.contains(&uri) {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    if ledger.hidden.contains(&uri) {
        let blocked = json!({"$type": "app.bsky.feed.defs#blockedPost", "uri": uri});
        return axum::Json(json!({ "thread": blocked })).into_response();
    }
    (StatusCode::BAD_REQUEST, axum::Json(json!({"error": "NotFound", "message": "Post not found"})))
        .into_response()
}

async fn profile(State(kept): State<Kept>) -> Response {
    match kept.lock().unwrap().account {
        Some((error, message)) => {
            let told = axum::Json(json!({"error": error, "message": message}));
            (StatusCode::BAD_REQUEST, told).into_response()
        }
        None => axum::Json(json!({"did": "did:plc:anna", "handle": "anna.example"})).into_response(),
    }
}

pub(crate) async fn start() -> (String, Kept) {
    let kept = Kept::default();
    let app = axum::Router::new()
        .route("/xrpc/app.bsky.feed.getPosts", axum::routing::get(posts))
        .route("/xrpc/app.bsky.feed.getPostThread", axum::routing::get(thread))
        .route("/xrpc/app.bsky.actor.getProfile", axum::routing::get(profile))
        .with_state(kept.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (url, kept)
}

fn config(stream: &str, view: &str) -> Value {
    let stream = json!({"servers": [stream], "version": 1, "first_minutes": 30, "posts_server": view});
    json!({"name": "jet", "jetstream": stream})
}

/// A new post that names the brand and answers another.
fn answer(fake: &FakeJetstream, key: &str, to: &str) {
    fake.ledger().answers.insert(key.to_owned(), at_uri(to));
    fake.happen(SystemClock::default().now(), "create", key, "acme, what is this?");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_post_of_the_stream_answers_comes_with_it_once() {
    let (fake, (view, kept)) = (FakeJetstream::start(1, 1).await, start().await);
    kept.lock().unwrap().posts.extend([
        (at_uri("p1"), ("the parcel is wet", Some(at_uri("p0")))),
        (at_uri("p0"), ("look what came", None)),
    ]);
    answer(&fake, "k1", "p1");
    let folder = fresh();
    let daemon = Daemon::start(&folder.place, config(&fake.url, &view), "first").await;
    let all = BTreeSet::from(["k1", "p0", "p1"].map(at_uri));
    eventually("the post and what it answers", async || daemon.identities().await == all).await;
    let bodies = daemon.bodies().await;
    let context = |uri: &str| bodies.iter().any(|b| b["external_id"] == uri && b["context"] == true);
    assert!(context(&at_uri("p0")) && context(&at_uri("p1")) && !context(&at_uri("k1")), "{bodies:?}");
    answer(&fake, "k2", "p1");
    eventually("another answer", async || daemon.identities().await.contains(&at_uri("k2"))).await;
    assert_eq!(kept.lock().unwrap().asked, [at_uri("p1"), at_uri("p0")], "each step once");
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_that_refuses_holds_nothing_back_and_is_left_alone() {
    let (fake, (view, kept)) = (FakeJetstream::start(1, 1).await, start().await);
    kept.lock().unwrap().refuse = Some(403);
    let folder = fresh();
    let daemon = Daemon::start(&folder.place, config(&fake.url, &view), "first").await;
    for (key, to) in [("k1", "p1"), ("k2", "p2")] {
        answer(&fake, key, to);
        eventually("the post alone", async || daemon.identities().await.contains(&at_uri(key))).await;
    }
    assert_eq!(daemon.identities().await, BTreeSet::from(["k1", "k2"].map(at_uri)));
    assert_eq!(kept.lock().unwrap().asked.len(), 1, "not again for a while");
    daemon.until_state("connected").await;
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_view_keeps_no_post_waiting_and_is_asked_once() {
    let (fake, (view, kept)) = (FakeJetstream::start(1, 1).await, start().await);
    {
        let mut ledger = kept.lock().unwrap();
        ledger.takes = Duration::from_secs(2);
        let p1 = ("the parcel is wet", Some(at_uri("p0")));
        ledger.posts.extend([(at_uri("p1"), p1), (at_uri("p0"), ("look what came", None))]);
    }
    answer(&fake, "k1", "p1");
    let folder = fresh();
    let daemon = Daemon::start(&folder.place, config(&fake.url, &view), "first").await;
    eventually("the post", async || daemon.identities().await.contains(&at_uri("k1"))).await;
    answer(&fake, "k2", "p2");
    eventually("another post", async || daemon.identities().await.contains(&at_uri("k2"))).await;
    // The second step would be there after four seconds; nobody waits for it, nor for what comes then.
    let all = BTreeSet::from(["k1", "k2", "p1"].map(at_uri));
    eventually("what was there in time", async || daemon.identities().await == all).await;
    assert_eq!(kept.lock().unwrap().asked, [at_uri("p1"), at_uri("p0")], "and is left alone then");
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_still_to_be_asked_when_a_connection_ended_is_asked_on_the_next() {
    let (fake, (view, kept)) = (FakeJetstream::start(2, 24_000_000_000).await, start().await);
    kept.lock().unwrap().posts.insert(at_uri("p1"), ("the parcel is wet", None));
    // The line is cut behind the second; the next connection begins there, by number, and the first never comes again.
    fake.ledger().cut_after = Some(2);
    answer(&fake, "k1", "p1");
    for key in ["k2", "k3"] {
        fake.happen(SystemClock::default().now(), "create", key, "acme, another");
    }
    let folder = fresh();
    let stream = json!({"servers": [fake.url], "version": 2, "first_minutes": 30, "posts_server": view});
    let daemon = Daemon::start(&folder.place, json!({"name": "jet", "jetstream": stream}), "first").await;
    let all = BTreeSet::from(["k1", "k2", "k3", "p1"].map(at_uri));
    eventually("all posts and what the first answers", async || daemon.identities().await == all).await;
    assert!(fake.ledger().asked.len() > 1, "the line was cut");
    daemon.stop().await;
}

async fn standing(source: &dyn Source, key: &str) -> Standing {
    let asked =
        PostRef { external_id: at_uri(key), local_id: Some("before".to_owned()), ..PostRef::default() };
    source.recheck().unwrap().standing(&[asked]).await.unwrap().remove(0)
}

#[tokio::test]
async fn what_is_gone_is_told_by_everybodys_view() {
    let (view, kept) = start().await;
    kept.lock().unwrap().hidden.insert(at_uri("hidden"));
    kept.lock().unwrap().broken.insert(at_uri("broken"));
    let search = json!({"name": "search", "bluesky_search": {"server": view}});
    for source in [built(config("ws://127.0.0.1:9", &view)), built(search)] {
        let source = &*source;
        kept.lock().unwrap().posts.clear();
        assert_eq!(standing(source, "gone").await, Standing::Unknown, "a view that shows nothing at all");
        kept.lock().unwrap().posts.insert(at_uri("k1"), ("acme, changed", None));
        let Standing::Stands(post) = standing(source, "k1").await else { panic!("it stands") };
        assert!(post.text == "acme, changed" && post.edited_at.is_some(), "another version than ours");
        assert_eq!(standing(source, "gone").await, Standing::Gone);
        assert_eq!(standing(source, "hidden").await, Standing::Unknown, "hidden is not deleted");
        assert_eq!(standing(source, "broken").await, Standing::Unknown, "and keeps no other waiting");
    }
    kept.lock().unwrap().account = Some(("AccountTakedown", "Account has been suspended"));
    let source = built(config("ws://127.0.0.1:9", &view));
    kept.lock().unwrap().posts.insert(at_uri("k1"), ("acme", None));
    assert!(matches!(standing(&*source, "k1").await, Standing::Stands(_)));
    assert_eq!(standing(&*source, "gone").await, Standing::Away(Away::TakenDown), "away is not deleted");
    kept.lock().unwrap().account = Some(("InvalidRequest", "Profile not found"));
    assert_eq!(standing(&*source, "gone").await, Standing::Gone, "its account is deleted");
    assert!(built(config("ws://127.0.0.1:9", "")).recheck().is_none(), "where nobody is to be asked");
}

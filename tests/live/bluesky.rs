//! The rig for Bluesky does what it says: what a customer writes reaches the brand, with the
//! platform's own code in between, and the peculiarities that a connector must live with are there.

use crate::rigs::bluesky::Network;
use crate::wait_for;
use serde_json::{Value, json};
use std::time::Duration;

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

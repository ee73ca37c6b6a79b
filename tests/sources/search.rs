//! Public search: windows of time until nothing is left, and a refusal that asks for an account.

use crate::{Daemon, built, configured, eventually, fresh, outside};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use webcared::clock::{Clock, SystemClock};
use webcared::domain::brand::{Brand, searched};
use webcared::domain::time::{Span, Timestamp};
use webcared::sources::{Outside, TroubleState, build};

#[derive(Default)]
pub(crate) struct Ledger {
    /// When each post was indexed, and its key.
    pub(crate) posts: Vec<(Timestamp, String)>,
    shown: BTreeSet<String>,
    closed: bool,
    calls: usize,
}

async fn search(
    State(ledger): State<Arc<Mutex<Ledger>>>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let mut ledger = ledger.lock().unwrap();
    ledger.calls += 1;
    if ledger.closed {
        return (StatusCode::FORBIDDEN, axum::Json(json!({"error": "AuthMissing"}))).into_response();
    }
    let at = |name: &str| query.get(name).map(|t| Timestamp::parse(t).unwrap());
    assert_eq!(query["q"], "\"acme\"");
    let (since, until) = (at("since").unwrap(), at("until").unwrap_or(Timestamp(i64::MAX)));
    let mut found: Vec<_> = ledger.posts.iter().filter(|(t, _)| *t >= since && *t < until).cloned().collect();
    found.sort_by_key(|(t, _)| std::cmp::Reverse(*t));
    found.truncate(100);
    ledger.shown.extend(found.iter().map(|(_, key)| crate::fakes::at_uri(key)));
    let view = |(at, key): &(Timestamp, String)| {
        json!({"uri": crate::fakes::at_uri(key), "cid": "c", "author": {"did": "did:plc:anna", "handle": "anna.example"},
            "record": {"text": "acme!", "createdAt": at.rfc3339()}, "indexedAt": at.rfc3339()})
    };
    axum::Json(json!({"posts": found.iter().map(view).collect::<Vec<_>>(), "cursor": "unused"}))
        .into_response()
}

pub(crate) async fn start() -> (String, Arc<Mutex<Ledger>>) {
    let ledger: Arc<Mutex<Ledger>> = Arc::default();
    let app = axum::Router::new()
        .route("/xrpc/app.bsky.feed.searchPosts", axum::routing::get(search))
        .with_state(ledger.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (url, ledger)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_walks_back_over_many_pages_and_equal_times() {
    let (url, ledger) = start().await;
    let now = SystemClock::default().now();
    // 350 posts in the last half hour, seven of each instant.
    let posts = (0..350).map(|n| (now.minus(Span::seconds(30 * (n / 7))), format!("k{n}")));
    ledger.lock().unwrap().posts.extend(posts);
    let folder = fresh();
    let config = json!({"name": "search", "bluesky_search": {"server": url, "every_seconds": 10}});
    let daemon = Daemon::start(&folder.place, config, "first").await;
    eventually("all", async || daemon.identities().await.len() == 350).await;
    assert_eq!(daemon.identities().await, ledger.lock().unwrap().shown);
    daemon.until_state("connected").await;
    let (rows, calls) = (daemon.bodies().await.len(), ledger.lock().unwrap().calls);
    eventually("another look", async || ledger.lock().unwrap().calls > calls + 2).await;
    assert_eq!(daemon.bodies().await.len(), rows, "what overlaps is not stored again");
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_wants_an_account_is_told_so() {
    let (url, ledger) = start().await;
    ledger.lock().unwrap().closed = true;
    let source = built(json!({"name": "search", "bluesky_search": {"server": url}}));
    let trouble = source.poll().unwrap().poll("acme", None).await.unwrap_err();
    assert_eq!(trouble.state, TroubleState::NeedsAccount);
    assert!(trouble.why.contains("logged in"), "{}", trouble.why);
}

#[tokio::test]
async fn a_source_of_a_brand_searches_for_that_brands_words_alone() {
    let brands = [Brand::watched("Acme"), Brand::watched("Zebra")];
    let terms = Arc::new(move |brand: Option<&str>| searched(&brands, brand));
    let outside = Outside { terms, ..outside() };
    let kinds = [
        json!({"bluesky_search": {"server": "https://bsky.example"}}),
        json!({"bluesky": {"server": "https://bsky.example", "account": "acme.example", "app_password": "p"}}),
    ];
    for mut config in kinds {
        config["name"] = json!("search");
        for (brand, wanted) in
            [(Some("zebra"), vec!["Zebra", "zebra"]), (None, vec!["Acme", "Zebra", "acme", "zebra"])]
        {
            config["brand"] = json!(brand);
            let source = build(&configured(config.clone()), &outside).unwrap().remove(0);
            assert_eq!(source.sweep().unwrap().streams(), wanted, "{config}");
        }
    }
}

//! Servers whose ids do not rise with time: lists are followed where their `Link` headers lead, forward and back.

use crate::account_poll::config;
use crate::built;
use crate::site::{Asked, FakeSite, Reply};
use crate::sweeps::{Known, ids, swept};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use webcared::clock::{Clock, SystemClock};
use webcared::domain::time::{Span, Timestamp};
use webcared::sources::Source;

/// Ids as somebody's server makes them up, in the order of time.
const IDS: [&str; 9] = ["m4", "zz", "01", "k", "aaaa", "Z", "b7", "9", "q2"];
/// How many stand on a page.
const PAGE: usize = 2;

type List = Arc<Mutex<Vec<&'static str>>>;

fn at(n: usize) -> Timestamp {
    SystemClock::default().now().minus(Span::minutes(60 - i64::try_from(n).unwrap()))
}

fn notification(id: &str) -> Value {
    let n = IDS.iter().position(|i| *i == id).unwrap();
    json!({"id": id, "type": "mention", "created_at": at(n).rfc3339(), "status": {
        "id": format!("s-{id}"), "created_at": at(n).rfc3339(), "uri": format!("https://remote.example/{id}"),
        "url": format!("https://remote.example/@mia/{id}"), "content": "<p>@acme help</p>",
        "visibility": "public", "mentions": [{"id": "1", "acct": "acme", "url": "https://inst.example/@acme"}],
        "account": {"id": "2", "acct": "mia@remote.example", "url": "https://remote.example/@mia"}}})
}

/// A page of the list, newest first, with where it leads.
fn page(list: &[&'static str], asked: &Asked) -> Reply {
    let of = |key: &str| {
        let mut pairs = url::form_urlencoded::parse(asked.query.as_bytes());
        let found = pairs.find(|(name, _)| name == key).map(|(_, id)| id.into_owned());
        found.map(|id| list.iter().position(|i| *i == id).unwrap())
    };
    let range = match (of("min_id"), of("max_id")) {
        (Some(from), _) => from + 1..(from + 1 + PAGE).min(list.len()),
        (None, Some(to)) => to.saturating_sub(PAGE)..to,
        (None, None) => list.len().saturating_sub(PAGE)..list.len(),
    };
    let shown = &list[range];
    let body: Vec<Value> = shown.iter().rev().map(|id| notification(id)).collect();
    let reply = Reply::ok(json!(body).to_string());
    let (Some(oldest), Some(newest)) = (shown.first(), shown.last()) else { return reply };
    let to =
        |key: &str, id: &str| format!("<https://elsewhere.example/their/notifications?theirs=1&{key}={id}>");
    reply.with(
        "link",
        format!("{}; rel=\"next\", {}; rel=\"prev\"", to("max_id", oldest), to("min_id", newest)),
    )
}

async fn server(list: &List) -> FakeSite {
    let (site, list) = (FakeSite::start().await, list.clone());
    let ok = |value: Value| Some(Reply::ok(value.to_string()));
    site.decide(move |asked| match asked.path.as_str() {
        "/api/v1/accounts/verify_credentials" => {
            ok(json!({"id": "1", "acct": "acme", "url": "https://inst.example/@acme"}))
        }
        "/api/v2/instance" => ok(json!({"version": "4.6.0"})),
        "/api/v1/notifications" => Some(page(&list.lock().unwrap(), asked)),
        _ => None,
    });
    site
}

/// One look to its end: what it brought.
async fn look(source: &dyn Source, cursor: &mut Option<String>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for _ in 0..20 {
        let batch = source.poll().unwrap().poll("notifications", cursor.as_deref()).await.unwrap();
        for item in &batch.items {
            let post: Value = serde_json::from_slice(&item.body).unwrap();
            assert!(found.insert(post["external_id"].as_str().unwrap().to_owned()), "twice in one look");
        }
        *cursor = batch.cursor.or(cursor.take());
        if !batch.more {
            return found;
        }
    }
    panic!("a look that comes to no end")
}

fn all(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(|id| format!("https://remote.example/{id}")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_newer_is_found_whatever_its_id_is() {
    let list: List = Arc::new(Mutex::new(IDS[..2].to_vec()));
    let site = server(&list).await;
    let source = built(config(&site.url));
    let mut cursor = None;
    assert_eq!(look(&*source, &mut cursor).await, all(&IDS[..2]));
    // Five more, over three pages; their ids sort before, between and behind those that were read.
    *list.lock().unwrap() = IDS[..7].to_vec();
    assert_eq!(look(&*source, &mut cursor).await, all(&IDS[2..7]));
    // Of a link the id is used and nothing else: what is asked, and whom, are ours to say.
    let asked: Vec<Asked> = site.asked().into_iter().filter(|a| a.path.ends_with("notifications")).collect();
    assert!(asked.iter().any(|a| a.query.contains("min_id=b7")), "it was led");
    for question in &asked {
        assert_eq!(question.path, "/api/v1/notifications");
        assert!(question.query.contains("limit=80") && !question.query.contains("theirs"), "{question:?}");
    }
    assert!(look(&*source, &mut cursor).await.is_empty(), "and none of them again");
    // What arrives late stands behind what is newer: the next look begins some time back.
    let mut late = IDS[..7].to_vec();
    late.insert(4, IDS[7]);
    late.push(IDS[8]);
    *list.lock().unwrap() = late;
    assert_eq!(look(&*source, &mut cursor).await, all(&IDS[7..]));
    // A start in between loses nothing, and stays within the list.
    let again = built(config(&site.url));
    assert!(look(&*again, &mut cursor).await.is_subset(&all(&IDS)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sweep_goes_back_where_the_server_leads() {
    let list: List = Arc::new(Mutex::new(IDS.to_vec()));
    let site = server(&list).await;
    let source = built(config(&site.url));
    let (found, pages) = swept(&*source, at(0).minus(Span::hours(1)), &Known::default()).await;
    assert_eq!(ids(&found), all(&IDS));
    assert!(pages >= IDS.len().div_ceil(PAGE), "{pages}");
}

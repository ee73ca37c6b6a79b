//! Servers that speak Mastodon's API and are not alike: each is handled by what it says it is, and what it puts where
//! something else is documented costs no post.

use crate::account_poll::config;
use crate::built;
use crate::fake_account::{FakeAccount, MIA, uri};
use crate::site::{Asked, FakeSite, Reply};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use webcared::clock::{Clock, SystemClock};
use webcared::domain::delivery::{Looked, Outcome};
use webcared::domain::exam::Verdict;
use webcared::domain::reply::Counting;
use webcared::sources::private::Reach;
use webcared::sources::reply::{Outgoing, PostRef};
use webcared::sources::{Batch, Source};

/// What is expected of a kind.
struct Expected {
    version: &'static str,
    /// What the doctor calls it.
    name: &'static str,
    keys: bool,
    counts_links: bool,
    /// What goes along with the words of an answer.
    content_type: Option<&'static str>,
    direct: bool,
    verdict: Verdict,
}

const fn kind(version: &'static str, name: &'static str, keys: bool, counts_links: bool) -> Expected {
    Expected { version, name, keys, counts_links, content_type: None, direct: true, verdict: Verdict::Good }
}

const PLAIN: Option<&str> = Some("text/plain");

fn all() -> [Expected; 11] {
    [
        kind("4.6.0", "Mastodon: ", true, true),
        Expected { content_type: PLAIN, ..kind("4.4.0+glitch", "Mastodon (glitch): ", true, true) },
        kind("4.0.15+hometown-1.1.1", "Mastodon (Hometown): ", true, true),
        Expected { content_type: PLAIN, ..kind("0.19.1+git-abc", "GoToSocial: ", false, false) },
        Expected {
            content_type: PLAIN,
            ..kind("2.7.2 (compatible; Pleroma 2.9.1)", "Pleroma: ", true, false)
        },
        Expected {
            content_type: PLAIN,
            ..kind("2.7.2 (compatible; Akkoma 3.15.2)", "Akkoma: ", true, false)
        },
        Expected { direct: false, ..kind("3.5.3 (compatible; Pixelfed 0.12.4)", "Pixelfed: ", false, false) },
        Expected {
            verdict: Verdict::Mind,
            ..kind("2.8.0 (compatible; Friendica 2024.12)", "Friendica: ", false, false)
        },
        Expected {
            verdict: Verdict::Mind,
            ..kind("4.2.1 (compatible; Iceshrimp.NET/2025.1)", "Iceshrimp.NET: ", true, false)
        },
        // It says that it is like Akkoma; its keys are not.
        Expected {
            verdict: Verdict::Mind,
            ..kind("3.0.0 (compatible; Sharkey 2025.4.3; like Akkoma)", "Sharkey: ", false, false)
        },
        Expected {
            verdict: Verdict::Mind,
            ..kind("4.0.0 (compatible; Mitra 3.0.0)", "of a kind that is not known here", false, false)
        },
    ]
}

fn going(to: PostRef, key: &str) -> Outgoing {
    let made_at = SystemClock::default().now();
    Outgoing {
        action_id: "act_1".into(),
        key: key.into(),
        to,
        text: "@mia@remote.example On it, *today* ^Jan".into(),
        visibility: "unlisted".into(),
        language: "en".into(),
        made_at,
        first_sent_at: None,
        case_number: None,
        files: Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_server_is_handled_by_what_it_says_it_is() {
    for expected in all() {
        let what = expected.version;
        let fake = FakeAccount::start().await;
        what.clone_into(&mut fake.ledger().version);
        let id = fake.mention(MIA, "help", None);
        let to = PostRef {
            external_id: uri(id),
            local_id: Some(id.to_string()),
            author_handle: "mia@remote.example".into(),
            visibility: "public".into(),
            ..PostRef::default()
        };
        let source = built(config(&fake.url));
        let exams = source.examine().unwrap().examine().await;
        let server = exams.iter().find(|e| e.what == "server").unwrap();
        assert!(server.found.starts_with(expected.name), "{what}: {server:?}");
        assert_eq!(server.verdict, expected.verdict, "{what}");
        let reply = source.reply().unwrap();
        let limits = reply.limits();
        assert_eq!(limits.text_max, 600, "{what}: as it says itself");
        let counting =
            if expected.counts_links { Counting::GraphemesWithLinks { link: 23 } } else { Counting::Scalars };
        assert_eq!(limits.counting, counting, "{what}");
        let reach = source.private().unwrap().reachable(&to).await;
        assert_eq!(matches!(reach, Reach::Open), expected.direct, "{what}: {reach:?}");
        // Nothing stands there yet: only where keys are known does the same go again at once.
        let looked = reply.look(&going(to.clone(), "webcared-1")).await;
        assert_eq!(matches!(looked, Looked::Again { .. }), expected.keys, "{what}: {looked:?}");
        let outcome = reply.send(&going(to, "webcared-1")).await;
        assert!(matches!(outcome, Outcome::Done { .. }), "{what}: {outcome:?}");
        let body = fake.ledger().attempts[0].1.clone();
        assert_eq!(body["content_type"].as_str(), expected.content_type, "{what}");
        assert_eq!(body["visibility"], "unlisted", "{what}");
    }
}

fn json_of(value: &Value) -> Reply {
    Reply::ok(value.to_string())
}

async fn look(source: &Arc<dyn Source>, stream: &str, cursor: Option<&str>) -> Batch {
    source.poll().unwrap().poll(stream, cursor).await.unwrap()
}

fn posts(batch: &Batch) -> Vec<Value> {
    batch.items.iter().map(|item| serde_json::from_slice(&item.body).unwrap()).collect()
}

/// Who the token is of, on a server with numbers for ids.
fn me() -> Value {
    json!({"id": 1, "acct": "acme", "url": "https://inst.example/@acme", "followers_count": "7"})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_nobody_knows_is_read_whatever_shapes_it_uses() {
    let site = FakeSite::start().await;
    let url = site.url.clone();
    site.decide(move |asked: &Asked| {
        let status = |id: i64, more: Value| {
            let mut status = json!({"id": id, "created_at": "2026-11-24T09:06:48Z", "edited_at": null,
                "uri": format!("https://far.example/{id}"), "url": null, "content": null, "spoiler_text": null,
                "visibility": "limited", "language": null, "reblog": null, "in_reply_to_id": null,
                "account": {"id": 2, "acct": "mia", "url": "https://inst.example/@mia"}, "mentions": null,
                "media_attachments": null, "emojis": null, "filtered": [{}], "poll": null, "quote": null});
            for (key, value) in more.as_object().unwrap() {
                status[key] = value.clone();
            }
            status
        };
        let told = match asked.path.as_str() {
            "/api/v1/accounts/verify_credentials" => me(),
            "/api/v1/instance" => json!({"version": "odd one", "urls": [], "configuration": null,
                "max_toot_chars": "3000"}),
            "/.well-known/nodeinfo" => json!({"links": [{"rel": "x", "href": "https://elsewhere.example/steal"},
                {"rel": "y", "href": format!("{url}/nodeinfo/2.0")}]}),
            "/nodeinfo/2.0" => json!({"software": {"name": "gotosocial", "version": "odd"}}),
            "/api/v1/accounts/1/statuses" => json!([]),
            "/api/v1/notifications" => json!([
                {"id": 12, "type": "pleroma:emoji_reaction", "status": {"id": 1}, "emoji": "x"},
                {"id": 11, "type": "mention", "created_at": null, "account": null,
                    "status": status(102, json!({"content": "<p>one<br />two</p>", "visibility": "direct"}))},
                {"id": 10, "type": "mention", "status": status(101, json!({"content":
                    "<p>hi <span class=\"invisible\">https://</span>e.example :blob:</p>",
                    "mentions": [{"id": 1, "acct": "acme"}, 7]}))},
                {"id": 9, "type": "mention", "status": null},
            ]),
            _ => return Some(Reply { status: 404, ..Reply::ok("Not found") }),
        };
        Some(json_of(&told))
    });
    let source = built(config(&format!("{}/", site.url)));
    let found = look(&source, "notifications", None).await;
    let told = posts(&found);
    let pairs: Vec<_> = told.iter().map(|p| (p["external_id"].as_str(), p["text"].as_str())).collect();
    assert_eq!(
        pairs,
        [
            (Some("https://far.example/101"), Some("hi https://e.example :blob:")),
            (Some("https://far.example/102"), Some("one\ntwo"))
        ]
    );
    assert!(told.iter().all(|p| p["private"] == true && p["addressed"] == true), "{told:?}");
    assert_eq!(told[0]["author"]["handle"], "mia@inst.example");
    look(&source, "own", None).await;
    let limits = source.reply().unwrap().limits();
    assert_eq!((limits.text_max, limits.counting), (3000, Counting::Scalars));
    let asked = site.asked();
    let open = asked.iter().filter(|a| a.path.contains("nodeinfo"));
    assert!(open.clone().count() == 2 && open.clone().all(|a| a.header("authorization").is_none()));
    assert!(asked.iter().all(|a| !a.path.contains("//")), "a slash behind the address does no harm");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_was_empty_is_read_on_where_numbers_begin_with_one() {
    let site = FakeSite::start().await;
    let rows: Arc<Mutex<Vec<Value>>> = Arc::default();
    let shown = rows.clone();
    site.decide(move |asked: &Asked| {
        let told = match asked.path.as_str() {
            "/api/v1/accounts/verify_credentials" => me(),
            "/api/v2/instance" => json!({"version": "3.5.3 (compatible; Pixelfed 0.12.4)"}),
            "/api/v1/notifications" | "/api/v1/accounts/1/statuses" if asked.query.contains("min_id=0") => {
                let body = json!({"message": "The min id must be at least 1.", "errors": {}}).to_string();
                return Some(Reply { status: 422, ..Reply::ok(body) });
            }
            "/api/v1/notifications" => json!(*shown.lock().unwrap()),
            _ => json!([]),
        };
        Some(json_of(&told))
    });
    let source = built(config(&site.url));
    let own = look(&source, "own", None).await;
    look(&source, "own", own.cursor.as_deref()).await;
    let first = look(&source, "notifications", None).await;
    assert!(first.items.is_empty() && first.cursor.is_some());
    rows.lock().unwrap().push(json!({"id": "1", "type": "mention", "status": {"id": "5", "content": "help",
        "created_at": "2026-11-24T09:06:48Z", "uri": "https://far.example/5", "account": {"id": "2", "acct": "mia"}}}));
    let then = look(&source, "notifications", first.cursor.as_deref()).await;
    assert_eq!(posts(&then)[0]["external_id"], "https://far.example/5");
}

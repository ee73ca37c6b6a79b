//! Everything outside is tried once: what works, what does not and why, and nothing is left behind.

use crate::fake_account::FakeAccount;
use crate::fakes::{FakeJetstream, FakeMastodon, Mood};
use crate::forum::FakeForum;
use crate::{account_poll, configured, http};
use serde_json::{Value, json};
use std::sync::Arc;
use webcared::clock::{Clock, SystemClock};
use webcared::doctor::{self, Patient};
use webcared::domain::exam::Verdict;
use webcared::settings::Settings;

async fn examined(sources: Vec<Value>, names: &[&str]) -> Vec<Patient> {
    let sources = sources.into_iter().flat_map(configured).collect();
    let settings = Settings { sources, ..Settings::default() };
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    doctor::examine(&settings, &names, &http(3), &clock).await.unwrap()
}

/// What was found for a thing that was tried.
fn of<'a>(patient: &'a Patient, what: &str) -> (Verdict, &'a str) {
    let exam = patient.exams.iter().find(|e| e.what == what);
    let exam = exam.unwrap_or_else(|| panic!("{what} was not tried: {:?}", patient.exams));
    (exam.verdict, &exam.found)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_tells_who_it_is_what_it_may_and_what_it_reads() {
    let fake = FakeAccount::start().await;
    fake.mention(2, "help", None);
    let found = examined(vec![account_poll::config(&fake.url)], &[]).await;
    let (verdict, words) = of(&found[0], "log in");
    assert!(verdict == Verdict::Good && words.contains("@acme") && words.contains("4.6.0"), "{words}");
    assert_eq!(of(&found[0], "rights"), (Verdict::Mind, "the server does not tell what the token may"));
    assert_eq!(of(&found[0], "read notifications").0, Verdict::Good);
    fake.ledger().scopes = Some(vec!["read"]);
    let found = examined(vec![account_poll::config(&fake.url)], &[]).await;
    let (verdict, words) = of(&found[0], "rights");
    assert!(verdict == Verdict::Bad && words.contains("write:statuses"), "{words}");
    let changed = fake.ledger().asked.iter().any(|a| !a.starts_with("GET"));
    assert!(!changed, "nothing was changed there");
    // A token that was withdrawn: said once, with what to do.
    let mut config = account_poll::config(&fake.url);
    config["mastodon"]["token"] = "old".into();
    let found = examined(vec![config], &[]).await;
    assert_eq!(found[0].exams.len(), 1);
    let exam = &found[0].exams[0];
    assert!(exam.verdict == Verdict::Bad && exam.advice.contains("access token"), "{exam:?}");
    assert!(!format!("{found:?}").contains("\"old\""), "no secret is told");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bot_is_tried_without_fetching_what_a_daemon_waits_for() {
    let fake = crate::telegram::Fake::start().await;
    let found = examined(vec![fake.config()], &[]).await;
    let tried: Vec<&str> = found[0].exams.iter().map(|e| e.what.as_str()).collect();
    assert_eq!(tried, ["log in", "messages", "files"]);
    assert_eq!(fake.fetched(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn public_sources_and_webhooks_are_tried_side_by_side_and_by_name() {
    let (tags, stream) = (FakeMastodon::start().await, FakeJetstream::start(1, 1).await);
    tags.post(100..103);
    let sources = vec![
        json!({"name": "tags", "mastodon_tags": {"servers": [tags.url], "tags": ["acme"]}}),
        json!({"name": "stream", "jetstream": {"servers": [stream.url], "version": 1, "posts_server": ""}}),
        json!({"name": "hook", "webhook": {"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}}),
        json!({"name": "gone", "mastodon_tags": {"servers": ["http://127.0.0.1:9"], "tags": ["acme"]}}),
    ];
    let found = examined(sources.clone(), &[]).await;
    let names: Vec<&str> = found.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["tags", "stream", "hook", "gone"]);
    let read = format!("read {}#acme", tags.url);
    assert_eq!(of(&found[0], &read), (Verdict::Good, "it answers; the first page shows 3"));
    assert_eq!(of(&found[1], "connect").0, Verdict::Good);
    let (verdict, words) = of(&found[2], "deliveries");
    assert!(verdict == Verdict::Mind && words.ends_with("/hooks/hook"), "{words}");
    assert_eq!(of(&found[3], "read http://127.0.0.1:9#acme").0, Verdict::Bad);
    tags.ledger().mood = Mood::Refuses(401, Vec::new());
    let found = examined(sources, &["TAGS"]).await;
    assert_eq!((found.len(), of(&found[0], &read).0), (1, Verdict::Bad));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_stream_is_tried_not_only_the_first_ones() {
    let tags = FakeMastodon::start().await;
    let names: Vec<String> = (0..9).map(|n| format!("acme{n}")).collect();
    let source = json!({"name": "tags", "mastodon_tags": {"servers": [tags.url], "tags": names}});
    let found = examined(vec![source], &[]).await;
    for name in &names {
        of(&found[0], &format!("read {}#{name}", tags.url));
    }
    assert!(!found[0].exams.iter().any(|e| e.what == "read more"), "{:?}", found[0].exams);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_tells_how_strong_its_secret_is_and_whether_others_can_come() {
    let hook = |secret: &str| json!({"name": "hook", "webhook": {"secret": secret}});
    let found = examined(vec![hook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")], &[]).await;
    assert_eq!(of(&found[0], "secret").0, Verdict::Good);
    of(&found[0], "address");
    // 'hello hello hello hello hello'.
    let found = examined(vec![hook("whsec_aGVsbG8gaGVsbG8gaGVsbG8gaGVsbG8gaGVsbG8=")], &[]).await;
    assert_eq!(of(&found[0], "secret").0, Verdict::Mind);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forum_tells_whose_key_it_is_and_which_categories_are_there() {
    let forum = FakeForum::start().await;
    forum.post(1, 1, (3, "bob"), "help");
    let mut config = crate::discourse::config(&forum);
    config["discourse"]["categories"] = json!([1, 2]);
    let found = examined(vec![config.clone()], &[]).await;
    let (verdict, words) = of(&found[0], "log in");
    assert!(verdict == Verdict::Good && words.starts_with("@acme_care on 127.0.0.1"), "{words}");
    assert_eq!(of(&found[0], "category 2"), (Verdict::Good, "Category 2"));
    assert!(found[0].exams.iter().any(|e| e.what.starts_with("read ") && e.verdict == Verdict::Good));
    assert!(!found[0].exams.iter().any(|e| e.what == "moderation"), "it is not to moderate");
    // What would be refused later, and what would never be read, is said now.
    config["discourse"]["moderates"] = json!(true);
    config["discourse"]["categories"] = json!([77]);
    let found = examined(vec![config.clone()], &[]).await;
    assert_eq!((of(&found[0], "moderation").0, of(&found[0], "category 77").0), (Verdict::Bad, Verdict::Bad));
    forum.ledger().moderator = true;
    config["discourse"]["categories"] = json!([]);
    let found = examined(vec![config.clone()], &[]).await;
    assert_eq!(of(&found[0], "moderation").0, Verdict::Good);
    // A key with narrow scopes may not ask; one that was withdrawn is refused.
    forum.ledger().narrow = true;
    assert_eq!(of(&examined(vec![config.clone()], &[]).await[0], "log in").0, Verdict::Mind);
    config["discourse"]["api_key"] = json!("withdrawn-key");
    let found = examined(vec![config], &[]).await;
    assert_eq!((found[0].exams.len(), of(&found[0], "log in").0), (1, Verdict::Bad));
    assert!(!format!("{found:?}").contains("withdrawn-key"), "no secret is told");
    assert!(
        forum.ledger().posted.is_empty() && forum.ledger().measures.is_empty(),
        "nothing was changed there"
    );
}

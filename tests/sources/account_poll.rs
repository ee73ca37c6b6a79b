//! An account read through pages, edits, deletes and threads: what it hands over, and what not.

use crate::fake_account::{FakeAccount, LOU, ME, MIA, Refusal, TOKEN, uri};
use crate::{Daemon, built, eventually, fresh_on_each};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use webcared::sources::mastodon::{NOTIFICATIONS, OWN};
use webcared::sources::reply::PostRef;
use webcared::sources::{Source, Standing, TroubleState};

pub(crate) fn config(server: &str) -> Value {
    json!({"name": "acme", "mastodon": {"server": server, "token": TOKEN, "every_seconds": 1}})
}

/// A stream as the collector reads it.
struct Reader {
    source: Arc<dyn Source>,
    stream: &'static str,
    cursor: Option<String>,
}

impl Reader {
    fn new(source: &Arc<dyn Source>, stream: &'static str) -> Self {
        Self { source: source.clone(), stream, cursor: None }
    }

    /// One whole look.
    async fn look(&mut self) -> Vec<Value> {
        let mut found = Vec::new();
        loop {
            let poll = self.source.poll().unwrap();
            let batch = poll.poll(self.stream, self.cursor.as_deref()).await.unwrap();
            found.extend(batch.items.iter().map(|i| serde_json::from_slice(&i.body).unwrap()));
            self.cursor = batch.cursor.or(self.cursor.take());
            if !batch.more {
                return found;
            }
        }
    }
}

fn ids(posts: &[Value]) -> Vec<&str> {
    posts.iter().map(|p| p["external_id"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_mention_is_stored_over_pages_late_ones_and_a_restart() {
    for folder in fresh_on_each().await {
        let fake = FakeAccount::start().await;
        let mut all: BTreeSet<String> =
            (0..50).map(|n| uri(fake.mention(MIA, &format!("help {n}"), None))).collect();
        let daemon = Daemon::start(&folder.place, config(&fake.url), "first").await;
        eventually("the first page", async || daemon.identities().await.len() >= 50).await;
        all.extend((0..170).map(|n| uri(fake.mention(MIA, &format!("more {n}"), None))));
        eventually("three pages", async || daemon.identities().await.len() >= 220).await;
        let late = fake.post(MIA, "late", None);
        fake.tell_late(late);
        all.insert(uri(late));
        eventually("one that came late", async || daemon.identities().await.contains(&uri(late))).await;
        daemon.stop().await;
        all.extend((0..90).map(|n| uri(fake.mention(MIA, &format!("meanwhile {n}"), None))));
        let daemon = Daemon::start(&folder.place, config(&fake.url), "second").await;
        eventually("what came meanwhile", async || daemon.identities().await.len() >= all.len()).await;
        assert_eq!(daemon.identities().await, all);
        // A new process has forgotten what it stored, and stores what its first looks find once more.
        let asked = fake.ledger().asked.len();
        eventually("its first looks", async || fake.ledger().asked.len() > asked + 12).await;
        let (bodies, asked) = (daemon.bodies().await.len(), fake.ledger().asked.len());
        eventually("more looks", async || fake.ledger().asked.len() > asked + 6).await;
        assert_eq!(daemon.bodies().await.len(), bodies, "what is stored is not stored at every look");
        let row = daemon.row().await;
        assert_eq!((row.state.as_str(), row.kind.as_str()), ("connected", "mastodon"));
        daemon.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mention_says_what_it_is() {
    let fake = FakeAccount::start().await;
    let source = built(config(&fake.url));
    let mut reader = Reader::new(&source, NOTIFICATIONS);
    assert!(reader.look().await.is_empty());
    let id = fake.post_as(MIA, "@acme@inst.example my parcel & I", None, "direct");
    fake.tell("mention", id);
    let gone = fake.mention(MIA, "taken back", None);
    fake.delete(gone);
    let odd = fake.post(MIA, "somebody joined", None);
    fake.tell("severed_relationships", odd);
    let posts = reader.look().await;
    assert_eq!(ids(&posts), [uri(id)], "what is gone and what we do not know is passed over");
    let post = &posts[0];
    assert_eq!(post["text"], "@acme my parcel & I");
    assert_eq!(post["author"]["id"], "https://remote.example/@mia");
    assert_eq!(post["author"]["handle"], "mia@remote.example");
    assert_eq!((&post["addressed"], &post["own"]), (&json!(true), &json!(false)));
    assert_eq!((&post["visibility"], &post["private"]), (&json!("direct"), &json!(true)));
    assert_eq!(post["local_id"], id.to_string());
    assert_eq!(post["conversation_id"], uri(id));
    let asked = fake.ledger().asked.iter().find(|a| a.contains("/notifications")).unwrap().clone();
    for wanted in ["types%5B%5D=mention", "types%5B%5D=quote", "include_filtered=true", "limit=80"] {
        assert!(asked.contains(wanted), "{asked}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quote_comes_with_what_it_quotes_and_belongs_to_it() {
    let fake = FakeAccount::start().await;
    let source = built(config(&fake.url));
    let mut reader = Reader::new(&source, NOTIFICATIONS);
    let quoted = fake.post(MIA, "my parcel has not come", None);
    let id = fake.post(MIA, "three weeks now", None);
    {
        let mut ledger = fake.ledger();
        let inner = ledger.statuses[&quoted].clone();
        ledger.statuses.get_mut(&id).unwrap()["quote"] = json!({"state": "accepted", "quoted_status": inner});
    }
    fake.tell("quote", id);
    let seen = reader.look().await;
    assert_eq!(ids(&seen), [uri(quoted), uri(id)], "what it is about first");
    assert_eq!((&seen[0]["context"], &seen[1]["addressed"]), (&json!(true), &json!(true)));
    assert_eq!(seen[1]["above"], json!([uri(quoted)]));
    assert_eq!(seen[1]["conversation_id"], uri(quoted));
    assert!(reader.look().await.is_empty(), "nothing comes twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_names_the_brand_without_telling_us_comes_from_the_home_and_a_search() {
    let fake = FakeAccount::start().await;
    let plain = built(config(&fake.url));
    assert_eq!(plain.poll().unwrap().streams(), [NOTIFICATIONS, OWN], "both are off unless asked for");
    let mut wide = config(&fake.url);
    wide["mastodon"]["home"] = json!(true);
    wide["mastodon"]["search"] = json!(true);
    let source = built(wide);
    assert_eq!(source.poll().unwrap().streams(), [NOTIFICATIONS, OWN, "home", "search/acme"]);
    assert_eq!(source.sweep().unwrap().streams(), [NOTIFICATIONS, "home", "search/acme"]);
    let named = fake.post(MIA, "acme lost my parcel", None);
    fake.post(MIA, "good morning", None);
    fake.post_as(MIA, "acme, said to friends", None, "private");
    fake.post(ME, "acme is open today", None);
    for stream in ["home", "search/acme"] {
        let mut reader = Reader::new(&source, stream);
        let posts = reader.look().await;
        assert_eq!(ids(&posts), [uri(named)], "{stream}");
        assert_eq!(posts[0]["visibility"], "public");
        assert!(reader.look().await.is_empty(), "{stream}: once");
        let more = fake.post(MIA, "acme once more", None);
        assert_eq!(ids(&reader.look().await), [uri(more)], "{stream}: what came since");
        fake.delete(more);
    }
    let asked = fake.ledger().asked.clone();
    let search = asked.iter().find(|a| a.contains("/api/v2/search")).unwrap();
    for part in ["q=acme", "type=statuses", "resolve=false", "limit=40"] {
        assert!(search.contains(part), "{search}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_said_to_followers_does_not_come_with_an_answer_to_it() {
    let fake = FakeAccount::start().await;
    let mut wide = config(&fake.url);
    wide["mastodon"]["home"] = json!(true);
    let source = built(wide);
    let said_to_followers = fake.post_as(LOU, "only for my followers", None, "private");
    let answer = fake.post(MIA, "acme did that to me, too", Some(said_to_followers));
    assert_eq!(ids(&Reader::new(&source, "home").look().await), [uri(answer)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_comes_by_a_second_look_and_by_its_own_notification() {
    let fake = FakeAccount::start().await;
    let source = built(config(&fake.url));
    let mut reader = Reader::new(&source, NOTIFICATIONS);
    fake.mention(LOU, "hello", None);
    let id = fake.mention(MIA, "my parcel", None);
    assert_eq!(reader.look().await.len(), 2);
    assert!(reader.look().await.is_empty());
    fake.edit(id, "my two parcels");
    let seen = reader.look().await;
    assert_eq!((seen[0]["text"].as_str(), seen[0]["edited_at"].is_string()), (Some("my two parcels"), true));
    assert!(reader.look().await.is_empty());
    fake.edit(id, "my three parcels");
    fake.tell("update", id);
    let seen = reader.look().await;
    assert!(
        !seen.is_empty() && seen.iter().all(|p| p["text"] == "my three parcels" && p["addressed"] == true)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replies_stand_in_their_thread_and_bring_along_what_is_above() {
    let fake = FakeAccount::start().await;
    let source = built(config(&fake.url));
    let mut reader = Reader::new(&source, NOTIFICATIONS);
    reader.look().await;
    let root = fake.post(MIA, "the trains again", None);
    let ours = fake.post(ME, "which one?", Some(root));
    let reply = fake.mention(MIA, "@acme the one to Utrecht", Some(ours));
    let posts = reader.look().await;
    let own_uri = format!("https://inst.example/users/{ME}/{ours}");
    assert_eq!(ids(&posts), [uri(root).as_str(), own_uri.as_str(), uri(reply).as_str()]);
    let flags: Vec<_> =
        posts.iter().map(|p| (p["context"] == true, p["own"] == true, p["addressed"] == true)).collect();
    assert_eq!(flags, [(true, false, false), (false, true, false), (false, false, true)]);
    assert!(posts.iter().all(|p| p["conversation_id"] == uri(root)));
    assert_eq!(posts[0]["in_reply_to"], Value::Null);
    assert_eq!(posts[1]["in_reply_to"], uri(root));
    assert_eq!(posts[2]["in_reply_to"], own_uri);

    // The talk goes on: what is above is known and costs no call.
    let threads = |fake: &FakeAccount| fake.ledger().asked.iter().filter(|a| a.ends_with("/context")).count();
    let before = threads(&fake);
    let next = fake.mention(MIA, "@acme still waiting", Some(reply));
    let posts = reader.look().await;
    assert_eq!(ids(&posts), [uri(next)]);
    assert_eq!(
        (&posts[0]["in_reply_to"], &posts[0]["conversation_id"]),
        (&json!(uri(reply)), &json!(uri(root)))
    );
    assert_eq!(threads(&fake), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thread_that_cannot_be_had_never_costs_the_mention() {
    for (code, body) in [(500, "{}"), (404, "{\"error\":\"Record not found\"}"), (200, "junk")] {
        let fake = FakeAccount::start().await;
        let source = built(config(&fake.url));
        let mut reader = Reader::new(&source, NOTIFICATIONS);
        let root = fake.post(MIA, "root", None);
        let reply = fake.mention(MIA, "@acme help", Some(root));
        fake.ledger().refuses.insert("/context", (code, vec![], body.to_owned()));
        let posts = reader.look().await;
        assert_eq!(ids(&posts), [uri(reply)], "{code}");
        assert_eq!((&posts[0]["in_reply_to"], &posts[0]["addressed"]), (&Value::Null, &json!(true)));
    }
    // Where the server asks for patience it is waited for: nothing is passed over.
    let fake = FakeAccount::start().await;
    let source = built(config(&fake.url));
    let first = fake.mention(MIA, "@acme hello", None);
    let reply = fake.mention(LOU, "@acme help", Some(first));
    let wait = vec![("x-ratelimit-reset", "30".to_owned())];
    fake.ledger().refuses.insert("/context", (429, wait, "{\"error\":\"Too many requests\"}".to_owned()));
    let odd = fake.mention(LOU, "@acme and me", None);
    fake.ledger().statuses.get_mut(&reply).unwrap()["in_reply_to_id"] = json!("77");
    let poll = source.poll().unwrap();
    let page = poll.poll(NOTIFICATIONS, None).await.unwrap();
    let found: Vec<Value> = page.items.iter().map(|i| serde_json::from_slice(&i.body).unwrap()).collect();
    assert_eq!(ids(&found), [uri(first)]);
    assert!(page.more);
    let trouble = poll.poll(NOTIFICATIONS, page.cursor.as_deref()).await.unwrap_err();
    assert!(matches!(trouble.state, TroubleState::RateLimited { .. }), "{trouble:?}");
    // In a new process, without the refusal, all come.
    fake.ledger().refuses.clear();
    let source = built(config(&fake.url));
    let mut reader = Reader { source, stream: NOTIFICATIONS, cursor: page.cursor };
    let rest = reader.look().await;
    let of = |id: u64| format!("https://inst.example/users/{LOU}/{id}");
    assert_eq!(ids(&rest), [of(reply), of(odd)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_threads_on_one_page_are_asked_for_in_turn() {
    let fake = FakeAccount::start().await;
    let source = built(config(&fake.url));
    let mut expected = BTreeSet::new();
    for n in 0..70 {
        let root = fake.post(MIA, &format!("root {n}"), None);
        expected.insert((uri(fake.mention(MIA, "@acme help", Some(root))), uri(root)));
    }
    let mut reader = Reader::new(&source, NOTIFICATIONS);
    let posts = reader.look().await;
    let found: BTreeSet<(String, String)> = posts
        .iter()
        .filter(|p| p["addressed"] == true)
        .map(|p| {
            (p["external_id"].as_str().unwrap().to_owned(), p["in_reply_to"].as_str().unwrap().to_owned())
        })
        .collect();
    assert_eq!(found, expected);
    assert_eq!(source.take_calls()[0].0, "mastodon:acme@127.0.0.1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_we_say_in_the_app_names_whom_it_answers() {
    let fake = FakeAccount::start().await;
    let source = built(config(&fake.url));
    let mut own = Reader::new(&source, OWN);
    own.look().await;
    let root = fake.post(MIA, "where is my parcel", None);
    let reply = fake.mention(MIA, "@acme hello?", Some(root));
    let answer = fake.post(ME, "@mia@remote.example On its way ^Jan", Some(reply));
    let posts = own.look().await;
    let mine = posts.iter().find(|p| p["local_id"] == json!(answer.to_string())).unwrap();
    assert_eq!((&mine["own"], &mine["in_reply_to"]), (&json!(true), &json!(uri(reply))));
    assert_eq!(mine["conversation_id"], uri(root));
    assert_eq!(mine["text"], "@mia On its way ^Jan");
    assert!(posts.iter().all(|p| p["addressed"] != true));
    let passed_on = fake.post(ME, "", None);
    fake.ledger().statuses.get_mut(&passed_on).unwrap()["reblog"] = json!({"id": "5"});
    assert!(own.look().await.is_empty(), "what we only pass on is no word of ours");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_are_states_and_what_cannot_be_read_is_kept() {
    let fake = FakeAccount::start().await;
    let mut wrong = config(&fake.url);
    wrong["mastodon"]["token"] = json!("another");
    let trouble = built(wrong).poll().unwrap().poll(NOTIFICATIONS, None).await.unwrap_err();
    assert_eq!(trouble.state, TroubleState::NeedsToken);
    assert!(trouble.why.contains("does not take the token"), "{}", trouble.why);
    let source = built(config(&fake.url));
    fake.ledger().refuses.insert("/notifications", (403, vec![], "{\"error\":\"outside scopes\"}".into()));
    let trouble = source.poll().unwrap().poll(NOTIFICATIONS, None).await.unwrap_err();
    assert_eq!(trouble.state, TroubleState::NeedsRight);
    fake.ledger().refuses.insert("/notifications", (200, vec![], "<html>".into()));
    let trouble = source.poll().unwrap().poll(NOTIFICATIONS, None).await.unwrap_err();
    assert_eq!(trouble.state, TroubleState::Broken);
    let junk =
        "[{\"id\":\"9\",\"type\":\"mention\",\"status\":{\"id\":\"1\"}},{\"id\":\"8\",\"type\":\"mention\"}]";
    fake.ledger().refuses.insert("/notifications", (200, vec![], junk.into()));
    let page = source.poll().unwrap().poll(NOTIFICATIONS, None).await.unwrap();
    assert_eq!(page.items.iter().map(|i| i.body.as_slice()).collect::<Vec<_>>(), [b"{\"id\":\"1\"}"]);
    // A server that refuses kinds it does not know is asked without them.
    fake.ledger().refuses.clear();
    fake.ledger().strict_kinds = true;
    let id = fake.mention(MIA, "@acme hi", None);
    let source = built(config(&fake.url));
    assert_eq!(ids(&Reader::new(&source, NOTIFICATIONS).look().await), [uri(id)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn standing_edited_gone_and_what_nobody_can_tell() {
    for version in ["4.6.0", "4.1.0"] {
        let fake = FakeAccount::start().await;
        fake.ledger().version = version.into();
        let source = built(config(&fake.url));
        let recheck = source.recheck().unwrap();
        assert_eq!(recheck.at_once(), 20);
        let (stands, edited, gone) = (
            fake.mention(MIA, "one", None),
            fake.mention(MIA, "two", None),
            fake.mention(MIA, "three", None),
        );
        fake.edit(edited, "two and a half");
        fake.delete(gone);
        let found = fake.post(MIA, "seen elsewhere first", None);
        fake.ledger().findable.insert(uri(found), found);
        let with = |external: String, local: Option<u64>| PostRef {
            external_id: external,
            local_id: local.map(|id| id.to_string()),
            ..PostRef::default()
        };
        let asked = [
            with(uri(stands), Some(stands)),
            with(uri(edited), Some(edited)),
            with(uri(gone), Some(gone)),
            with(uri(found), None),
            with("https://far.example/1".into(), None),
            with("https://other.example/of/this/number".into(), Some(stands)),
        ];
        let standing = recheck.standing(&asked).await.unwrap();
        let edited_of = |s: &Standing| match s {
            Standing::Stands(post) => Some(post.edited_at.is_some()),
            _ => None,
        };
        assert_eq!(
            standing.iter().map(edited_of).collect::<Vec<_>>(),
            [Some(false), Some(true), None, Some(false), None, None]
        );
        assert!(matches!(&standing[1], Standing::Stands(p) if p.text == "two and a half"));
        assert!(matches!(standing[2], Standing::Gone));
        assert!(matches!((&standing[4], &standing[5]), (Standing::Unknown, Standing::Unknown)));
        let at_once = fake.ledger().asked.iter().any(|a| a.contains("id%5B%5D"));
        assert_eq!(at_once, version == "4.6.0");
        // A proxy that has lost its way makes nobody's post look deleted.
        let lost: Refusal = (404, vec![], "<html>no such host</html>".into());
        fake.ledger().refuses.insert("/statuses", lost.clone());
        let end: &'static str = Box::leak(stands.to_string().into_boxed_str());
        fake.ledger().refuses.insert(end, lost);
        let standing = recheck.standing(&asked[..1]).await.unwrap();
        assert!(matches!(standing[0], Standing::Unknown));
        fake.ledger().refuses.insert(end, (429, vec![("retry-after", "9".into())], String::new()));
        assert!(recheck.standing(&asked[..1]).await.is_err());
    }
}

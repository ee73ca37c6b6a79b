//! Reading a second time: page by page back to an instant, and only what is not known is handed over.

use crate::fake_account::{FakeAccount, LOU, MIA};
use crate::fakes::{self, FakeMastodon};
use crate::forum::FakeForum;
use crate::{account_poll, built, search};
use async_trait::async_trait;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Mutex;
use webcared::clock::{Clock, SystemClock};
use webcared::domain::post::RawPost;
use webcared::domain::time::{Span, Timestamp};
use webcared::sources::{Source, SourceTrouble, Unseen};

/// What is known, and what was asked about.
#[derive(Default)]
pub struct Known {
    pub ids: BTreeSet<String>,
    pub asked: Mutex<Vec<String>>,
}

#[async_trait]
impl Unseen for Known {
    async fn unseen(&self, posts: &[&RawPost]) -> Result<Vec<bool>, SourceTrouble> {
        self.asked.lock().unwrap().extend(posts.iter().map(|p| p.external_id.clone()));
        Ok(posts.iter().map(|p| !self.ids.contains(&p.external_id)).collect())
    }
}

/// A whole sweep: what it hands over, and how many pages it took.
pub async fn swept(source: &dyn Source, from: Timestamp, known: &Known) -> (Vec<Value>, usize) {
    let sweep = source.sweep().unwrap();
    let (mut found, mut pages) = (Vec::new(), 0);
    for stream in sweep.streams() {
        let mut page: Option<String> = None;
        loop {
            let got = sweep.page(&stream, from, page.as_deref(), known).await.unwrap();
            pages += 1;
            assert!(pages < 50, "it comes to an end");
            found.extend(got.items.iter().map(|i| serde_json::from_slice::<Value>(&i.body).unwrap()));
            page = got.next;
            if page.is_none() {
                break;
            }
        }
    }
    (found, pages)
}

pub fn ids(posts: &[Value]) -> BTreeSet<String> {
    posts.iter().map(|p| p["external_id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tags_are_swept_over_pages_and_only_the_unknown_is_handed_over() {
    let fake = FakeMastodon::start().await;
    fake.post(100..200);
    let source = built(json!({"name": "tags", "mastodon_tags": {"servers": [fake.url], "tags": ["acme"]}}));
    let missed: BTreeSet<String> = [105, 150, 199].map(fakes::uri).into();
    let known = Known {
        ids: (100..200).map(fakes::uri).filter(|u| !missed.contains(u)).collect(),
        ..Known::default()
    };
    let (found, pages) = swept(&*source, Timestamp(0), &known).await;
    assert_eq!((ids(&found), pages), (missed, 4), "40, 40, 20 and the end");
    assert_eq!(known.asked.lock().unwrap().len(), 100);
    // All of it is older than what is asked for: one page, and nothing of it.
    let (found, pages) = swept(&*source, SystemClock::default().now(), &Known::default()).await;
    assert_eq!((found.len(), pages), (0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_said_to_an_account_is_swept_with_what_it_answers() {
    let fake = FakeAccount::start().await;
    let mut all: Vec<u64> = (0..150).map(|n| fake.mention(MIA, &format!("help {n}"), None)).collect();
    let above = fake.post(LOU, "my parcel is late too", None);
    all.push(fake.mention(MIA, "see what Lou says", Some(above)));
    all.extend((0..20).map(|n| fake.mention(MIA, &format!("more {n}"), None)));
    let source = built(account_poll::config(&fake.url));
    let uri = |id: &u64| crate::fake_account::uri(*id);
    let missed = [all[3], all[150]];
    let known = all.iter().filter(|id| !missed.contains(id)).map(uri).collect();
    let known = Known { ids: known, ..Known::default() };
    let from = SystemClock::default().now().minus(Span::days(2));
    let (found, _) = swept(&*source, from, &known).await;
    let lous = format!("https://inst.example/users/{LOU}/{above}");
    assert_eq!(ids(&found), [uri(&missed[0]), uri(&missed[1]), lous.clone()].into());
    let of = |id: &str| found.iter().find(|p| p["external_id"] == id).unwrap();
    let second = of(&uri(&missed[1]));
    assert_eq!((of(&lous)["context"].as_bool(), second["addressed"].as_bool()), (Some(true), Some(true)));
    assert_eq!(second["in_reply_to"], lous.as_str());
    let threads = fake.ledger().asked.iter().filter(|a| a.contains("/context")).count();
    assert_eq!(threads, 1, "no thread is asked for that is known");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_is_swept_back_to_an_instant() {
    let (url, ledger) = search::start().await;
    let now = SystemClock::default().now();
    let posts = (0..350).map(|n| (now.minus(Span::minutes(10 * n)), format!("k{n}")));
    ledger.lock().unwrap().posts.extend(posts);
    let source = built(json!({"name": "search", "bluesky_search": {"server": url}}));
    let missed: BTreeSet<String> = ["k7", "k120", "k280"].map(fakes::at_uri).into();
    let all = (0..350).map(|n| fakes::at_uri(&format!("k{n}")));
    let known = Known { ids: all.filter(|u| !missed.contains(u)).collect(), ..Known::default() };
    let (found, _) = swept(&*source, now.minus(Span::days(2)), &known).await;
    assert_eq!(ids(&found), missed);
    let seen = known.asked.lock().unwrap().iter().cloned().collect::<BTreeSet<_>>();
    assert!(!seen.contains(&fakes::at_uri("k300")), "older than two days");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forum_is_swept_with_what_began_a_topic() {
    let forum = FakeForum::start().await;
    let all: Vec<i64> =
        (0..120).map(|n| forum.post(100 + n, 1, (3, "bob"), &format!("question {n}"))).collect();
    let reply = forum.post(100, 2, (4, "an"), "try this");
    let source = built(crate::discourse::config(&forum));
    let everything = swept(&*source, Timestamp(0), &Known::default()).await.0;
    let named = |id: i64| {
        let id = id.to_string();
        let of = |p: &&Value| p["local_id"] == id.as_str() || p["external_id"] == id.as_str();
        everything.iter().find(of).map(|p| p["external_id"].as_str().unwrap().to_owned())
    };
    assert!(all.iter().chain([&reply]).all(|id| named(*id).is_some()), "all of it, over several pages");
    let missed: BTreeSet<String> = [named(all[3]), named(all[70])].into_iter().flatten().collect();
    let known = ids(&everything).difference(&missed).cloned().collect();
    let known = Known { ids: known, ..Known::default() };
    let (found, pages) = swept(&*source, Timestamp(0), &known).await;
    assert_eq!(ids(&found), missed);
    assert!(pages > 2, "{pages}");
    let (found, pages) = swept(&*source, SystemClock::default().now(), &Known::default()).await;
    assert_eq!((found.len(), pages), (0, 2), "one page of each list");
}

//! Tag timelines: nothing that the server showed is missing, and nothing comes again and again.

use crate::fakes::{FakeMastodon, uri};
use crate::{Daemon, Fresh, built, eventually, fresh_on_each};
use serde_json::json;
use std::collections::BTreeSet;
use webcared::sources::Standing;
use webcared::sources::reply::PostRef;

fn config(server: &str) -> serde_json::Value {
    json!({"name": "tags", "mastodon_tags": {"servers": [server], "tags": ["acme"], "every_seconds": 1}})
}

/// Status ids that grow like real ones.
fn id(n: u64) -> u64 {
    115_000_000_000_000_000 + n * 1_000
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_shown_is_stored_also_over_a_restart() {
    for folder in fresh_on_each().await {
        shown_and_stored(&folder).await;
    }
}

async fn shown_and_stored(folder: &Fresh) {
    let fake = FakeMastodon::start().await;
    fake.ledger().leads = true;
    fake.post((0..60).map(id));
    // While pages are read new posts come in, and late ones slip in behind: the pages move.
    fake.ledger().between = (60..100).rev().map(id).collect();
    let daemon = Daemon::start(&folder.place, config(&fake.url), "first").await;
    eventually("the first posts", async || daemon.identities().await.len() > 40).await;
    fake.post((100..230).map(id));
    eventually("a page of the many", async || daemon.identities().await.len() > 60).await;
    daemon.stop().await;

    fake.post((230..300).map(id));
    let daemon = Daemon::start(&folder.place, config(&fake.url), "second").await;
    // Older than what was read, but within the quarter of an hour that every look goes back.
    let late: Vec<u64> = (0..5).map(|n| id(120 + n) + 7).collect();
    eventually("what came while it was down", async || daemon.identities().await.contains(&uri(id(299))))
        .await;
    fake.post(late.clone());
    let all_from_first_page: BTreeSet<String> = (21..300).map(id).chain(late).map(uri).collect();
    eventually("everything", async || daemon.identities().await.is_superset(&all_from_first_page)).await;
    assert_eq!(daemon.identities().await, fake.ledger().shown);

    let before = (daemon.bodies().await.len(), fake.ledger().requests);
    eventually("more looks", async || fake.ledger().requests > before.1 + 4).await;
    assert!(daemon.bodies().await.len() == before.0, "what is stored is not stored again at every look");
    let row = daemon.row().await;
    assert_eq!((row.state.as_str(), row.kind.as_str()), ("connected", "mastodon_tags"));
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tag_nobody_used_yet_is_read_from_its_beginning() {
    for leads in [false, true] {
        from_the_beginning(leads).await;
    }
}

async fn from_the_beginning(leads: bool) {
    let fake = FakeMastodon::start().await;
    fake.ledger().leads = leads;
    let source = built(config(&fake.url));
    let (poll, stream) = (source.poll().unwrap(), format!("{}#acme", fake.url));
    let empty = poll.poll(&stream, None).await.unwrap();
    assert!(empty.items.is_empty() && !empty.more);
    let mut cursor = empty.cursor.unwrap();
    fake.post((0..100).map(id));
    let mut found = BTreeSet::new();
    loop {
        let batch = poll.poll(&stream, Some(&cursor)).await.unwrap();
        found.extend(batch.items.iter().map(|i| i.place.clone()));
        assert!(batch.items.windows(2).all(|w| w[0].place <= w[1].place), "oldest first");
        cursor = batch.cursor.unwrap_or(cursor);
        if !batch.more {
            break;
        }
    }
    assert_eq!(found.len(), 100);
    assert_eq!(source.take_calls().iter().map(|(_, n)| n).sum::<i64>(), 5);
    assert!(source.take_calls().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_was_not_stored_comes_again() {
    let fake = FakeMastodon::start().await;
    fake.post((0..10).map(id));
    let source = built(config(&fake.url));
    let (poll, stream) = (source.poll().unwrap(), format!("{}#acme", fake.url));
    let first = poll.poll(&stream, None).await.unwrap();
    let again = poll.poll(&stream, None).await.unwrap();
    assert_eq!((first.items.len(), again.items.len()), (10, 10));
    let next = poll.poll(&stream, again.cursor.as_deref()).await.unwrap();
    assert!(next.items.is_empty(), "stored: known");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edits_are_seen_and_deletes_believed_of_a_server_that_shows_posts() {
    let fake = FakeMastodon::start().await;
    fake.post((0..3).map(id));
    let source = built(config(&fake.url));
    let recheck = source.recheck().unwrap();
    let at = |host: &str, n: u64| PostRef {
        external_id: uri(id(n)),
        local_id: Some(format!("{host}/{}", id(n))),
        ..PostRef::default()
    };
    let of = |n: u64| at("127.0.0.1", n);
    // A server that tells strangers of no single post says nothing by that.
    fake.ledger().hides = true;
    let unknown = [Standing::Unknown, Standing::Unknown];
    assert_eq!(recheck.standing(&[of(0), of(1)]).await.unwrap(), unknown);
    fake.ledger().hides = false;
    fake.ledger().edit(id(0), "<p>gevonden</p>");
    fake.ledger().delete(id(1));
    let found = recheck.standing(&[of(0), of(1)]).await.unwrap();
    let Standing::Stands(post) = &found[0] else { panic!("{found:?}") };
    assert_eq!((post.text.as_str(), post.edited_at.is_some()), ("gevonden", true));
    assert_eq!(found[1], Standing::Gone);
    // A number that stands for another post, and a post whose number nobody knows.
    let other = PostRef { external_id: uri(id(9)), ..of(2) };
    let bare = PostRef { local_id: None, ..of(1) };
    assert_eq!(recheck.standing(&[other, bare]).await.unwrap(), unknown);
    // Of a server that is no longer followed these know nothing, nor of a number without its server.
    let nameless = PostRef { local_id: Some(id(1).to_string()), ..of(1) };
    assert_eq!(recheck.standing(&[at("elsewhere.example", 1), nameless]).await.unwrap(), unknown);
    // As it comes in, its number is kept with its server.
    let (poll, stream) = (source.poll().unwrap(), format!("{}#acme", fake.url));
    let page = poll.poll(&stream, None).await.unwrap();
    let post: serde_json::Value = serde_json::from_slice(&page.items[0].body).unwrap();
    assert_eq!(post["local_id"], json!(format!("127.0.0.1/{}", id(0))));
}

//! Listening beside the looks: what is said is told at once and comes in once, a gap is closed after each
//! connection, and a server that does not stream is still heard.

use crate::fake_account::{FakeAccount, LOU, ME, MIA, TOKEN, uri};
use crate::streaming::FakeStreaming;
use crate::walk::House;
use crate::{Daemon, eventually, fresh, fresh_on_each};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use webcared::domain::time::Span;
use webcared::shutdown::pause;

/// Looks come once an hour: what arrives sooner was told.
fn config(server: &str) -> Value {
    json!({"name": "acme", "mastodon": {"server": server, "token": TOKEN, "every_seconds": 3600, "tags": ["acme"]}})
}

async fn both() -> (FakeAccount, FakeStreaming) {
    let (fake, streaming) = (FakeAccount::start().await, FakeStreaming::start().await);
    fake.ledger().streaming = Some(streaming.url.clone());
    (fake, streaming)
}

fn status(fake: &FakeAccount, id: u64) -> Value {
    fake.ledger().statuses[&id].clone()
}

async fn listening(streaming: &FakeStreaming) {
    eventually("both connections", async || streaming.ledger().listeners() == 2).await;
}

/// Waits until both channels are listened to and the looks that follow are over.
async fn settled(fake: &FakeAccount, streaming: &FakeStreaming) {
    listening(streaming).await;
    let asked = || fake.ledger().asked.len();
    eventually("an end of the looks", async || {
        let before = asked();
        pause(Span(400), &CancellationToken::new()).await;
        asked() == before
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_said_comes_in_at_once_and_once() {
    for place in fresh_on_each().await {
        let (fake, streaming) = both().await;
        let daemon = Daemon::start(&place.place, config(&fake.url), "one").await;
        daemon.until_state("connected").await;
        settled(&fake, &streaming).await;
        let first = fake.mention(MIA, "where is my parcel?", None);
        streaming.notify(100, "mention", &status(&fake, first));
        let mine = fake.post(ME, "we look into it", Some(first));
        streaming.say("update", &status(&fake, mine).to_string());
        // Somebody whom the account follows: not for us on the account's stream, but found by its tag.
        let other = fake.post(LOU, "nice weather #acme", None);
        streaming.say("update", &status(&fake, other).to_string());
        streaming.say("favourite.of.the.future", "{}");
        streaming.say("notification", "no json");
        eventually("three posts", async || daemon.identities().await.len() == 3).await;
        let bodies = daemon.bodies().await;
        // What our answer answers goes along with it, as what stands around.
        let said = |b: &&Value| b["external_id"] == uri(first) && b["context"] != true;
        let told: Vec<&Value> = bodies.iter().filter(said).collect();
        assert_eq!((told.len(), &told[0]["addressed"]), (1, &json!(true)));
        assert!(bodies.iter().any(|b| b["own"] == true && b["in_reply_to"] == uri(first)), "{bodies:?}");
        // A look meets the same, and brings it no second time.
        let (count, asked) = (bodies.len(), fake.ledger().asked.len());
        streaming.end();
        eventually("looks after the connection", async || {
            let ledger = fake.ledger();
            ["/notifications", "/accounts/1/statuses"]
                .iter()
                .all(|what| ledger.asked[asked..].iter().any(|a| a.contains(what)))
        })
        .await;
        settled(&fake, &streaming).await;
        let marker = fake.mention(MIA, "one more", None);
        streaming.notify(110, "mention", &status(&fake, marker));
        eventually("the next", async || daemon.identities().await.contains(&uri(marker))).await;
        let again = daemon.bodies().await;
        assert_eq!(again.iter().filter(said).count(), 1, "{again:?}");
        assert_eq!(again.len(), count + 1, "{again:?}");
        let asked = streaming.ledger().asked.clone();
        assert!(asked.iter().any(|a| a == "/api/v1/streaming/user"), "{asked:?}");
        assert!(asked.iter().any(|a| a == "/api/v1/streaming/hashtag?tag=acme"), "{asked:?}");
        assert!(asked.iter().all(|a| !a.contains(TOKEN)));
        assert_eq!(streaming.ledger().unauthorised, 0);
        daemon.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_said_while_nobody_listened_is_found_after_the_connection() {
    let (fake, streaming) = both().await;
    let place = fresh();
    let daemon = Daemon::start(&place.place, config(&fake.url), "one").await;
    daemon.until_state("connected").await;
    listening(&streaming).await;
    streaming.ledger().refuses = Some(503);
    streaming.end();
    let missed = uri(fake.mention(MIA, "is nobody there?", None));
    eventually("a refused connection", async || streaming.ledger().asked.len() >= 4).await;
    assert!(!daemon.identities().await.contains(&missed));
    assert_eq!(daemon.row().await.state, "connected", "looking goes on, so nobody is deaf");
    streaming.ledger().refuses = None;
    eventually("what was missed", async || daemon.identities().await.contains(&missed)).await;
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edits_and_deletes_are_followed_at_once() {
    for place in fresh_on_each().await {
        let (fake, streaming) = both().await;
        let house = House::of(&place, config(&fake.url)).await;
        let first = fake.mention(MIA, "where is my parcel?", None);
        let edits = "SELECT id FROM mention WHERE revision = 2";
        house
            .read_until("an edit and a delete", async || {
                let stands = house.texts("SELECT id FROM mention").await.len() == 1;
                if streaming.ledger().listeners() == 2 && stands {
                    if house.texts(edits).await.is_empty() {
                        fake.edit(first, "where is my red parcel?");
                        streaming.say("status.update", &status(&fake, first).to_string());
                    } else if fake.ledger().statuses.contains_key(&first) {
                        fake.delete(first);
                        streaming.say("delete", &first.to_string());
                    }
                }
                house.texts("SELECT id FROM mention WHERE deleted_at IS NOT NULL").await.len() == 1
            })
            .await;
        assert_eq!(house.texts("SELECT body FROM content WHERE kind = 'text'").await, [""; 0]);
        // What the stream says of a post that still stands is not believed.
        let second = fake.mention(MIA, "where is the other one?", None);
        house
            .read_until("another mention", async || house.texts("SELECT id FROM mention").await.len() == 2)
            .await;
        let asked = fake.ledger().asked.len();
        house
            .read_until("a second look", async || {
                if streaming.ledger().listeners() == 2 {
                    streaming.say("delete", &second.to_string());
                }
                fake.ledger().asked[asked..].iter().any(|a| a.ends_with(&format!("/statuses/{second}")))
            })
            .await;
        assert_eq!(house.texts("SELECT id FROM mention WHERE deleted_at IS NULL").await.len(), 1);
    }
}

/// What the page says of a server, and how often it was asked to stream.
async fn said_of(make: impl FnOnce(&FakeAccount, &FakeStreaming)) -> (String, usize) {
    let (fake, streaming) = both().await;
    make(&fake, &streaming);
    let id = uri(fake.mention(MIA, "help", None));
    let place = fresh();
    let daemon = Daemon::start(&place.place, config(&fake.url), "one").await;
    daemon.until_state("connected").await;
    eventually("a note", async || !daemon.row().await.state_why.is_empty()).await;
    eventually("what a look finds", async || daemon.identities().await.contains(&id)).await;
    let row = daemon.row().await;
    assert_eq!(row.state, "connected");
    daemon.stop().await;
    let asked = streaming.ledger().asked.len();
    (row.state_why, asked)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_does_not_stream_is_still_heard_and_says_so() {
    let (why, asked) = said_of(|_, s| s.ledger().refuses = Some(404)).await;
    assert!(why.contains("the server does not stream; looking goes on"), "{why}");
    assert!(asked <= 4, "asked {asked} times: for events and for a socket, each channel once");
    let (why, _) = said_of(|_, s| s.ledger().refuses = Some(401)).await;
    assert!(why.contains("the token may not listen to the stream"), "{why}");
    let (why, _) = said_of(|_, s| s.ledger().content_type = "text/html").await;
    assert!(why.contains("something that is no stream"), "{why}");
    let (why, asked) =
        said_of(|f, _| "2.8.0 (compatible; Friendica 2024.12)".clone_into(&mut f.ledger().version)).await;
    assert!(why.contains("Friendica does not stream"), "{why}");
    assert_eq!(asked, 0, "it is known not to answer");
}

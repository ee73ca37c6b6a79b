//! The same for sources that are not polled over HTTP: mailboxes, the stream of all posts, and those that wait for
//! deliveries. The same item twice, half of something, more than anybody reads, fields that we do not know, and no secret
//! in what is logged.

use super::logged;
use crate::fakes::{FakeJetstream, at_uri};
use crate::post_office::{self, PostOffice, mail};
use crate::sweeps::Known;
use crate::whatsapp_site::{self, ANN, APP_SECRET, says, signed};
use crate::{built, eventually};
use http::HeaderMap;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Mutex;
use tokio_util::sync::CancellationToken;
use webcared::clock::{Clock, SystemClock};
use webcared::domain::time::{Span, Timestamp};
use webcared::sources::webhook::{Key, Refusal};
use webcared::sources::{Batch, Closed, RawItem, Sink, Source, TroubleState};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn now() -> Timestamp {
    SystemClock::default().now()
}

/// What was brought, by identity; what is no post of anybody counts for nothing.
fn identities(items: &[RawItem]) -> BTreeSet<String> {
    let posts = items.iter().filter_map(|i| serde_json::from_slice::<Value>(&i.body).ok());
    let ids = posts.filter_map(|p| Some(p["external_id"].as_str()?.to_owned()));
    ids.filter(|id| !id.is_empty()).collect()
}

/// A source that waits for deliveries.
struct Waits {
    source: Value,
    /// A delivery with these items; with more than we know of where that is asked for.
    delivery: fn(&[i64], bool) -> Value,
    sign: fn(&[u8]) -> HeaderMap,
    secret: &'static str,
}

fn webhook() -> Waits {
    Waits {
        source: json!({"name": "hook", "webhook": {"secret": SECRET}}),
        delivery: |items, more| {
            let post = |n: &i64| {
                let mut post = json!({"platform": "forum", "external_id": format!("p{n}"), "text": "acme help",
                    "author": {"id": "mia"}, "created_at": "2026-11-25T11:00:00Z"});
                if more {
                    post["of_the_future"] = json!({"deep": [1, null, {"er": "x"}]});
                }
                post
            };
            Value::Array(items.iter().map(post).collect())
        },
        sign: |body| {
            let (key, at) = (Key::parse(&SECRET.to_owned().into()).unwrap(), now());
            let mut headers = HeaderMap::new();
            headers.insert("webhook-id", "msg_1".parse().unwrap());
            headers.insert("webhook-timestamp", (at.millis() / 1000).to_string().parse().unwrap());
            headers.insert("webhook-signature", key.sign("msg_1", at, body).parse().unwrap());
            headers
        },
        secret: &SECRET[6..],
    }
}

fn whatsapp() -> Waits {
    Waits {
        source: whatsapp_site::config("http://127.0.0.1:9"),
        delivery: |items, more| {
            let at = now().millis() / 1000;
            let one = |n: &i64| says(&format!("wamid.{n}"), at - 60, "help", (Some(ANN), None));
            let mut all = one(&items[0]);
            for n in &items[1..] {
                all["entry"].as_array_mut().unwrap().push(one(n)["entry"][0].clone());
            }
            if more {
                all["of_the_future"] = json!([{"er": "x"}]);
                let value = &mut all["entry"][0]["changes"][0]["value"];
                value["of_the_future"] = json!({"deep": [1, null]});
                value["messages"][0]["of_the_future"] = json!(7);
            }
            all
        },
        sign: |body| signed(APP_SECRET, body),
        secret: APP_SECRET,
    }
}

fn check_deliveries(waits: &Waits) {
    let source = built(waits.source.clone());
    let kind = source.kind();
    let hook = source.hook().unwrap();
    let take = |body: &[u8]| hook.items(&(waits.sign)(body), body, now());
    let deliver = |items: &[i64], more| {
        let body = (waits.delivery)(items, more).to_string();
        take(body.as_bytes()).unwrap()
    };
    // The same twice.
    let first = deliver(&[1, 2], false);
    assert_eq!(identities(&first).len(), 2, "{kind}");
    assert_eq!(identities(&deliver(&[1, 2], false)), identities(&first), "{kind}: once more");
    assert_eq!(identities(&deliver(&[1, 1, 2, 2], false)), identities(&first), "{kind}: twice in one");
    assert_eq!(identities(&deliver(&[1, 2], true)), identities(&first), "{kind}: fields that we do not know");
    // Half of it: with the signature of the whole it is refused, and with one of its own it is no post.
    let whole = (waits.delivery)(&[1, 2], false).to_string();
    let half = &whole.as_bytes()[..whole.len() / 2];
    let refused = hook.items(&(waits.sign)(whole.as_bytes()), half, now());
    assert!(matches!(refused, Err(Refusal::Signature)), "{kind}: {refused:?}");
    match take(half) {
        Ok(items) => assert!(identities(&items).is_empty(), "{kind}: {items:?}"),
        Err(refusal) => assert!(!refusal.to_string().is_empty(), "{kind}"),
    }
    // More than anybody means: refused or read, and never half of it without a word.
    let many: Vec<i64> = (0..20_000).collect();
    let body = (waits.delivery)(&many, false).to_string();
    match take(body.as_bytes()) {
        Ok(items) => assert_eq!(identities(&items).len(), many.len(), "{kind}"),
        Err(refusal) => assert!(matches!(refusal, Refusal::TooMany { .. }), "{kind}: {refusal:?}"),
    }
    for nothing in ["", "[]", "{}", "null", "<html>maintenance</html>"] {
        if let Ok(items) = take(nothing.as_bytes()) {
            assert!(identities(&items).is_empty(), "{kind}: {nothing}");
        }
    }
    assert!(!format!("{refused:?}").contains(waits.secret), "{kind}");
}

#[test]
fn sources_that_wait_for_deliveries_hold_what_all_must() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for waits in [webhook(), whatsapp()] {
        let checked = async { check_deliveries(&waits) };
        runtime.block_on(logged::silent("deliveries", Some(waits.secret), checked));
    }
}

/// One look at the inbox to its end.
async fn look(source: &dyn Source, cursor: &mut Option<String>) -> Result<Vec<RawItem>, TroubleState> {
    let mut found = Vec::new();
    for _ in 0..20 {
        let batch = source.poll().unwrap().poll("INBOX", cursor.as_deref()).await.map_err(|t| t.state)?;
        found.extend(batch.items);
        *cursor = batch.cursor.or(cursor.take());
        if !batch.more {
            return Ok(found);
        }
    }
    panic!("a look that comes to no end")
}

async fn check_mailbox() {
    let office = PostOffice::start().await;
    let mut config = office.config();
    config["mail"]["bytes_max"] = json!(100_000);
    for id in ["1@x.example", "2@x.example", "1@x.example"] {
        office.put("INBOX", now(), &mail(id, "help"));
    }
    let (source, mut cursor) = (built(config.clone()), None);
    // Cut off in the middle of a mail: nothing is passed over.
    office.ledger().cut = true;
    assert_eq!(look(&*source, &mut cursor).await.map(|i| i.len()), Err(TroubleState::Unreachable));
    // Nor is what a server that goes away did not tell of taken for what is not there.
    for word in ["EXAMINE", "UID SEARCH", "UID FETCH"] {
        office.ledger().hangs_up_at = Some(word);
        let gone = look(&*source, &mut cursor).await.map(|i| i.len());
        assert_eq!(gone, Err(TroubleState::Unreachable), "{word}");
    }
    // A question that is refused is no answer that holds nothing, and what was said is told.
    for (word, said, state) in [
        ("UID SEARCH", "NO [SERVERBUG] the index is being made", TroubleState::Unreachable),
        ("UID SEARCH", "NO the index is broken", TroubleState::Broken),
        ("UID SEARCH", "BAD what is that", TroubleState::Broken),
        ("UID FETCH", "NO the store is broken", TroubleState::Broken),
        ("UID FETCH", "NO [EXPUNGEISSUED] some are gone", TroubleState::Unreachable),
        ("UID FETCH", "BAD what is that", TroubleState::Broken),
    ] {
        office.ledger().says = Some((word, said));
        let refused = source.poll().unwrap().poll("INBOX", cursor.as_deref()).await.unwrap_err();
        assert_eq!(refused.state, state, "{word}: {said}: {}", refused.why);
        let (_, words) = said.split_once(' ').unwrap();
        assert!(refused.why.contains(words), "{said}: {}", refused.why);
        office.ledger().says = Some((word, said));
        let since = now().minus(Span::hours(48));
        let swept = source.sweep().unwrap().page("INBOX", since, None, &Known::default()).await;
        assert_eq!(swept.unwrap_err().state, state, "a second reading as well: {word}: {said}");
        assert!(office.ledger().says.is_none());
    }
    // And what somebody marks just then is read like any other.
    office.ledger().marks = true;
    let first = identities(&look(&*source, &mut cursor).await.unwrap());
    assert_eq!(first, ["1@x.example", "2@x.example"].map(str::to_owned).into(), "the same twice is one");
    assert!(look(&*source, &mut cursor).await.unwrap().is_empty());
    assert_eq!(identities(&look(&*built(config.clone()), &mut None).await.unwrap()), first, "after a start");
    // Half of a mail as it lies there, one that is too large, one with what nobody knows.
    let half = "From: Mia <mia@customer.example>\r\nMessage-ID: <3@x.example>\r\nSubject: half\r\n\
        Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nhelp";
    office.put("INBOX", now(), half);
    office.put("INBOX", now(), &format!("{}{}", mail("4@x.example", "large"), "x".repeat(200_000)));
    let odd = mail("5@x.example", "odd").replacen("Subject:", "X-Of-The-Future: {\"a\": [1]}\r\nSubject:", 1);
    office.put("INBOX", now(), &odd);
    let then = look(&*source, &mut cursor).await.unwrap();
    let wanted = ["3@x.example", "4@x.example", "5@x.example"].map(str::to_owned);
    assert_eq!(identities(&then), wanted.into());
    assert!(then.iter().all(|item| item.body.len() < 50_000), "what is too large is named, not read");
    // A log-in that is refused says nothing of the word.
    config["mail"]["imap"]["password"] = json!("another-p4ssw0rd");
    let trouble = built(config).poll().unwrap().poll("INBOX", None).await.unwrap_err();
    assert_eq!(trouble.state, TroubleState::NeedsToken);
    assert!(!trouble.why.contains("p4ssw0rd"), "{}", trouble.why);
}

#[test]
fn a_mailbox_holds_what_all_must() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(logged::silent("mail", Some(post_office::PASSWORD), check_mailbox()));
}

/// Keeps what a stream hands over.
#[derive(Default)]
struct Basket(Mutex<Vec<RawItem>>);

#[async_trait::async_trait]
impl Sink for Basket {
    async fn commit(&self, batch: Batch) -> Result<(), Closed> {
        self.0.lock().unwrap().extend(batch.items);
        Ok(())
    }

    fn connected(&self, _server: &str) {}

    fn missed(&self, _from: Timestamp, _until: Timestamp) {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stream_of_all_posts_holds_what_all_must() {
    for version in [1, 2] {
        let fake = FakeJetstream::start(version, 24_000_000_000).await;
        let stream =
            json!({"servers": [fake.url], "version": version, "first_minutes": 30, "posts_server": ""});
        let source = built(json!({"name": "jet", "jetstream": stream}));
        // It begins with a frame that is none. Then one twice, what nobody knows, and one of two megabytes.
        let large = format!("nothing for us {}", "x".repeat(2 << 20));
        for (operation, key, text) in [
            ("create", "k1", "acme, help"),
            ("create", "k1", "acme, help"),
            ("of_the_future", "k2", "acme, help"),
            ("create", "k3", large.as_str()),
            ("create", "k4", "acme, help"),
        ] {
            fake.happen(now(), operation, key, text);
        }
        let (basket, token) = (Basket::default(), CancellationToken::new());
        let wanted: BTreeSet<String> = ["k1", "k4"].map(at_uri).into();
        let read = source.stream().unwrap().stream(None, &basket, &token);
        let seen = async {
            eventually("what stands behind the large one", async || {
                identities(&basket.0.lock().unwrap()) == wanted
            })
            .await;
            token.cancel();
        };
        let (ended, ()) = tokio::join!(read, seen);
        assert!(ended.is_none(), "{ended:?}");
        assert_eq!(fake.ledger().asked.len(), 1, "on one connection");
    }
}

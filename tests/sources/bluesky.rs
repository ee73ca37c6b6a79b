//! The account of Bluesky against a server with a ledger: log-ins are few, nothing that was said to us
//! is missed, and an answer stands once whatever becomes of its confirmation.

use crate::pds::{FakePds, Fault, OWN, PASSWORD};
use crate::{Shelf, http};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use webcared::clock::{Clock, ManualClock, SystemClock};
use webcared::domain::delivery::{Looked, Outcome};
use webcared::domain::post::RawPost;
use webcared::domain::time::{Span, Timestamp};
use webcared::sources::config::BlueskyConfig;
use webcared::sources::reply::{Draft, Measure, Outgoing, PostRef};
use webcared::sources::{Outside, Source, SourceTrouble, Standing, TroubleState, Vault, bluesky_account};

struct Rig {
    pds: FakePds,
    clock: Arc<ManualClock>,
    shelf: Arc<Shelf>,
}

/// Keeps nothing and says so.
struct NoShelf;

#[async_trait::async_trait]
impl Vault for NoShelf {
    async fn load(&self, _credential: &str) -> Option<Vec<u8>> {
        None
    }

    async fn save(&self, _credential: &str, _sealed: &[u8]) -> bool {
        false
    }
}

impl Rig {
    async fn start() -> Self {
        // The fake's own writes go by the machine's clock; tests move on from there.
        let now = SystemClock::default().now();
        Self { pds: FakePds::start().await, clock: ManualClock::at(now), shelf: Arc::default() }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn with(&self, password: &str, vault: Arc<dyn Vault>) -> bluesky_account::BlueskyAccount {
        let outside = Outside {
            http: http(5),
            clock: self.clock.clone(),
            keep: Arc::new(|_| true),
            tags: Arc::new(Vec::new),
            terms: Arc::new(|| vec!["acme".to_owned()]),
            vault,
        };
        let config = BlueskyConfig {
            server: self.pds.url.clone(),
            account: "@Brand.example".to_owned(),
            app_password: Some(password.to_owned().into()),
            ..BlueskyConfig::default()
        };
        bluesky_account::BlueskyAccount::new("bsky", None, &config, &outside).unwrap()
    }

    fn source(&self) -> bluesky_account::BlueskyAccount {
        self.with(PASSWORD, self.shelf.clone())
    }

    /// An answer to `to`, asked for now.
    fn outgoing(&self, to: &str, text: &str, chance: u64) -> Outgoing {
        let made_at = self.now();
        Outgoing {
            action_id: format!("act_{chance}"),
            key: self.source().reply().unwrap().new_key(made_at, chance),
            to: PostRef { external_id: to.to_owned(), ..PostRef::default() },
            text: text.to_owned(),
            visibility: "public".to_owned(),
            language: "en".to_owned(),
            made_at,
            first_sent_at: None,
        }
    }
}

/// What a stream brings until there is no more, with the cursor behind it.
async fn all(
    source: &dyn Source,
    stream: &str,
    cursor: &mut Option<String>,
) -> Result<Vec<RawPost>, SourceTrouble> {
    let mut found = Vec::new();
    loop {
        let batch = source.poll().unwrap().poll(stream, cursor.as_deref()).await?;
        found.extend(batch.items.iter().map(|i| serde_json::from_slice(&i.body).unwrap()));
        *cursor = batch.cursor.or(cursor.take());
        if !batch.more {
            return Ok(found);
        }
    }
}

async fn poll(source: &dyn Source) -> Result<Vec<RawPost>, SourceTrouble> {
    all(source, "notifications", &mut None).await
}

#[tokio::test]
async fn a_log_in_is_kept_over_restarts_and_never_in_the_clear() {
    let rig = Rig::start().await;
    let source = rig.source();
    assert_eq!(source.reply().unwrap().expected_id("3k"), None, "nobody told us the DID yet");
    poll(&source).await.unwrap();
    let expected = Some(format!("at://{OWN}/app.bsky.feed.post/3k"));
    assert_eq!(source.reply().unwrap().expected_id("3k"), expected);
    for _ in 0..5 {
        let again = rig.source();
        poll(&again).await.unwrap();
        assert_eq!(again.reply().unwrap().expected_id("3k"), expected);
        assert_eq!(again.reply().unwrap().account().handle.as_deref(), Some("brand.example"));
    }
    assert_eq!(rig.pds.ledger().log_ins, [("brand.example".to_owned(), true)]);
    let sealed = rig.shelf.load("bluesky:brand.example").await.unwrap();
    let shown = String::from_utf8_lossy(&sealed).into_owned();
    assert!(!shown.contains("token") && !shown.contains(OWN) && !shown.contains(PASSWORD), "{shown}");
}

#[tokio::test]
async fn an_expired_token_is_renewed_and_what_was_renewed_is_kept() {
    let rig = Rig::start().await;
    let source = rig.source();
    poll(&source).await.unwrap();
    rig.pds.ledger().expire();
    poll(&source).await.unwrap();
    // Many at once renew it once.
    rig.pds.ledger().expire();
    let both = tokio::join!(poll(&source), poll(&source), poll(&source));
    assert!(both.0.is_ok() && both.1.is_ok() && both.2.is_ok());
    assert_eq!(rig.pds.ledger().refreshes, 2);
    // A second process on the same database renewed it: this one takes over what it kept.
    let other = rig.source();
    poll(&other).await.unwrap();
    rig.pds.ledger().expire();
    poll(&other).await.unwrap();
    poll(&source).await.unwrap();
    assert_eq!(rig.pds.ledger().refreshes, 3);
    assert_eq!(rig.pds.ledger().log_ins.len(), 1);

    // Where nothing kept works any more it logs in once, but not sooner than allowed.
    rig.pds.ledger().forget();
    let early = poll(&rig.source()).await.unwrap_err();
    assert!(matches!(early.state, TroubleState::RateLimited { .. }), "{early:?}");
    rig.clock.advance(Span::minutes(1));
    poll(&rig.source()).await.unwrap();
    assert_eq!(rig.pds.ledger().log_ins.len(), 2);
}

#[tokio::test]
async fn a_refused_password_is_told_and_never_tried_in_a_loop() {
    let rig = Rig::start().await;
    let wrong = "aaaa-bbbb-cccc-dddd";
    for _ in 0..48 {
        // A day of tries by several streams, each time as if after a crash.
        let source = rig.with(wrong, rig.shelf.clone());
        for stream in ["notifications", "own", "search:acme"] {
            let trouble = source.poll().unwrap().poll(stream, None).await.unwrap_err();
            assert_eq!(trouble.state, TroubleState::NeedsAccount);
            assert!(trouble.why.contains("app password") && !trouble.why.contains(wrong), "{}", trouble.why);
        }
        rig.clock.advance(Span::minutes(30));
    }
    let tries = rig.pds.ledger().log_ins.len();
    assert!((2..=10).contains(&tries), "{tries}");
    // Another password is another matter, at once.
    poll(&rig.source()).await.unwrap();
    assert_eq!(rig.pds.ledger().log_ins.len(), tries + 1);
}

#[tokio::test]
async fn each_refusal_of_a_log_in_has_its_own_words() {
    let words = [
        (401, "AccountTakedown", "taken down"),
        (401, "AuthFactorTokenRequired", "app password"),
        (400, "AccountDeactivated", "not active"),
    ];
    for (code, error, said) in words {
        let rig = Rig::start().await;
        rig.pds.ledger().refuse_log_in = Some((code, error));
        let trouble = poll(&rig.source()).await.unwrap_err();
        assert_eq!(trouble.state, TroubleState::NeedsAccount, "{error}");
        assert!(trouble.why.contains(said) && trouble.why.contains("brand.example"), "{}", trouble.why);
    }
}

#[tokio::test]
async fn a_server_in_trouble_is_not_logged_in_to_again_and_again() {
    let rig = Rig::start().await;
    rig.pds.ledger().refuse_log_in = Some((429, "RateLimitExceeded"));
    for _ in 0..3 {
        let trouble = poll(&rig.source()).await.unwrap_err();
        assert!(matches!(trouble.state, TroubleState::RateLimited { .. }), "{trouble:?}");
        rig.clock.advance(Span::seconds(65));
    }
    assert_eq!(rig.pds.ledger().log_ins.len(), 1, "RateLimit-Reset said 200 seconds");
    rig.pds.ledger().refuse_log_in = Some((500, "InternalServerError"));
    for _ in 0..200 {
        assert!(poll(&rig.source()).await.is_err());
        rig.clock.advance(Span::minutes(5));
    }
    let tries = rig.pds.ledger().log_ins.len();
    assert!(tries <= 10, "{tries} in a day");
}

#[tokio::test]
async fn what_cannot_be_kept_is_not_asked_for() {
    let rig = Rig::start().await;
    let source = rig.with(PASSWORD, Arc::new(NoShelf));
    assert!(poll(&source).await.unwrap_err().why.contains("could not be kept"));
    assert!(rig.pds.ledger().log_ins.is_empty());
}

#[tokio::test]
async fn what_is_said_to_us_comes_addressed_and_with_what_it_answers() {
    let rig = Rig::start().await;
    let (now, source) = (rig.now(), rig.source());
    let at = |seconds| now.minus(Span::seconds(seconds));
    let (root, ours, reply, mention) = {
        let mut l = rig.pds.ledger();
        let root = l.post("did:plc:carl", at(500), at(500), json!({ "text": "my parcel!" }));
        let ours = l.reply(OWN, at(400), "We look into it ^Jan", &root, &root);
        let reply = l.reply("did:plc:anna", at(300), "mine too", &root, &ours);
        (root, ours, reply, l.mention(at(200), at(200), "@brand.example hi"))
    };
    let mut cursor = None;
    let found = all(&source, "notifications", &mut cursor).await.unwrap();
    let ids: Vec<&str> = found.iter().map(|p| p.external_id.as_str()).collect();
    assert_eq!(ids, [&root, &ours, &reply, &mention], "what is answered first, oldest first");
    let of = |n: usize| (found[n].addressed, found[n].context, found[n].own);
    assert_eq!([of(0), of(1)], [(false, true, false), (false, false, true)]);
    assert_eq!([of(2), of(3)], [(true, false, false), (true, false, false)]);
    assert_eq!(found[2].in_reply_to.as_ref(), Some(&ours));
    assert_eq!(found[2].conversation_id.as_ref(), Some(&root));
    assert_eq!(
        (found[3].author.id.as_str(), found[3].created_at.clone()),
        ("did:plc:anna", at(200).rfc3339())
    );
    assert_eq!(found[3].author.handle.as_deref(), Some("anna.example"));
    {
        let ledger = rig.pds.ledger();
        let listed = &ledger.listed[0];
        let reasons = listed.iter().filter(|(k, _)| k == "reasons").map(|(_, v)| v.as_str());
        assert_eq!(reasons.collect::<Vec<_>>(), ["mention", "reply", "quote"]);
        assert!(listed.contains(&("priority".into(), "false".into())));
    }
    // Nothing comes twice, also what was only shown as context.
    assert!(all(&source, "notifications", &mut cursor).await.unwrap().is_empty());
    let next = rig.pds.ledger().reply("did:plc:anna", at(100), "hello?", &root, &ours);
    let found = all(&source, "notifications", &mut cursor).await.unwrap();
    assert_eq!(found.iter().map(|p| &p.external_id).collect::<Vec<_>>(), [&next]);
    // An edit is seen while its row is near the top; a delete is nothing to stumble over.
    rig.pds.ledger().edit(&next, "hello, anybody?");
    rig.pds.ledger().records.remove(&mention);
    let found = all(&source, "notifications", &mut cursor).await.unwrap();
    assert_eq!(found.len(), 1);
    assert!(found[0].edited_at.is_some() && found[0].text == "hello, anybody?");
    assert!(all(&source, "notifications", &mut cursor).await.unwrap().is_empty());
}

#[tokio::test]
async fn no_row_is_lost_where_pages_end_within_one_instant() {
    let rig = Rig::start().await;
    let source = rig.source();
    let mut cursor = None;
    assert!(all(&source, "notifications", &mut cursor).await.unwrap().is_empty());
    // Whole seconds, as some clients write them: thirty of each, so that every page ends within one.
    let whole = Timestamp(rig.now().millis() / 1000 * 1000).minus(Span::minutes(20));
    let mut posted: Vec<String> = (0..330)
        .map(|n| {
            let at = whole.plus(Span::seconds(n / 30));
            rig.pds.ledger().mention(at, at, "@brand.example hi")
        })
        .collect();
    let found = all(&source, "notifications", &mut cursor).await.unwrap();
    let mut found: Vec<String> = found.into_iter().map(|p| p.external_id).collect();
    assert_eq!(found.len(), 330, "each once");
    posted.sort();
    found.sort();
    assert_eq!(found, posted);
    assert!(rig.pds.ledger().listed.len() < 12);
}

#[tokio::test]
async fn a_back_dated_mention_is_found_by_the_deep_look_and_told_by_its_key() {
    let rig = Rig::start().await;
    let source = rig.source();
    let early = rig.now().minus(Span::hours(20));
    for n in 0..120 {
        let at = early.plus(Span::minutes(n));
        rig.pds.ledger().mention(at, at, "@brand.example");
    }
    let mut cursor = None;
    assert_eq!(all(&source, "notifications", &mut cursor).await.unwrap().len(), 120);
    let (claimed, came) = (Timestamp::parse("1985-10-26T00:00:00Z").unwrap(), rig.now());
    let hidden = rig.pds.ledger().mention(came, claimed, "@brand.example I come from 1985");
    // Both the claim and the key are old: history, which nobody waits for.
    rig.pds.ledger().mention(claimed, claimed, "@brand.example imported");
    assert!(all(&source, "notifications", &mut cursor).await.unwrap().is_empty());
    rig.clock.advance(Span::hours(1));
    let found = all(&source, "notifications", &mut cursor).await.unwrap();
    assert_eq!(found.iter().map(|p| &p.external_id).collect::<Vec<_>>(), [&hidden]);
    assert_eq!(found[0].created_at, came.rfc3339());
    rig.clock.advance(Span::hours(1));
    assert!(all(&source, "notifications", &mut cursor).await.unwrap().is_empty());
}

#[tokio::test]
async fn our_own_posts_come_as_ours_wherever_they_were_typed() {
    let rig = Rig::start().await;
    let (now, source) = (rig.now(), rig.source());
    let mention = rig.pds.ledger().mention(now.minus(Span::minutes(3)), now, "@brand.example hi");
    let mut cursor = None;
    assert!(all(&source, "own", &mut cursor).await.unwrap().is_empty());
    let typed = rig.pds.ledger().reply(OWN, now.minus(Span::minutes(1)), "On it ^Ann", &mention, &mention);
    let found = all(&source, "own", &mut cursor).await.unwrap();
    assert_eq!(found.len(), 1);
    assert!(found[0].own && found[0].external_id == typed);
    assert_eq!(found[0].in_reply_to.as_ref(), Some(&mention));
    assert_eq!(found[0].created_at, now.minus(Span::minutes(1)).rfc3339());
    for n in 0..130 {
        rig.pds.ledger().post(OWN, now.plus(Span::seconds(n)), now, json!({ "text": "news" }));
    }
    rig.clock.advance(Span::minutes(5));
    assert_eq!(all(&source, "own", &mut cursor).await.unwrap().len(), 130);
    assert!(all(&source, "own", &mut cursor).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_search_goes_through_the_account_and_addresses_nobody() {
    let rig = Rig::start().await;
    let (now, source) = (rig.now(), rig.source());
    let streams = source.poll().unwrap().streams();
    assert_eq!(streams, ["notifications", "own", "search:acme"]);
    let at = now.minus(Span::minutes(2));
    let other = rig.pds.ledger().post("did:plc:anna", at, at, json!({ "text": "acme lost my parcel" }));
    rig.pds.ledger().post(OWN, at.plus(Span(5)), at.plus(Span(5)), json!({ "text": "we are acme" }));
    let mut cursor = None;
    let found = all(&source, "search:acme", &mut cursor).await.unwrap();
    assert_eq!(found.len(), 2);
    assert!(found[0].external_id == other && !found[0].addressed && !found[0].own && found[1].own);
    assert!(all(&source, "search:acme", &mut cursor).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_answer_is_one_record_and_a_repeat_changes_nothing() {
    let rig = Rig::start().await;
    let (now, source) = (rig.now(), rig.source());
    let root = rig.pds.ledger().post("did:plc:carl", now, now, json!({ "text": "my parcel!" }));
    let to = rig.pds.ledger().reply("did:plc:anna", now, "mine too", &root, &root);
    let reply = source.reply().unwrap();
    let draft = Draft {
        text: "Grüße 👋 @anna.example and @nobody.example, see https://acme.example/ü #help".into(),
        sign: "Jan".into(),
        to: PostRef { external_id: to.clone(), ..PostRef::default() },
    };
    let composed = reply.compose(&draft);
    assert!(composed.text.ends_with("#help ^Jan") && composed.refused.is_none());
    let outgoing = rig.outgoing(&to, &composed.text, 77);
    rig.clock.advance(Span::seconds(5));
    let Outcome::Done { remote_id, at } = reply.send(&outgoing).await else { panic!("not done") };
    assert_eq!(Some(&remote_id), reply.expected_id(&outgoing.key).as_ref());
    assert!(at.is_some(), "the revision tells the server's time");
    let record = rig.pds.ledger().records[&remote_id].record.clone();
    let cid = |uri: &str| json!(rig.pds.ledger().records[uri].cid);
    assert_eq!(record["reply"]["root"], json!({ "uri": root, "cid": cid(&root) }));
    assert_eq!(record["reply"]["parent"], json!({ "uri": to, "cid": cid(&to) }));
    assert_eq!((&record["langs"], &record["createdAt"]), (&json!(["en"]), &json!(now.rfc3339())));
    let text = record["text"].as_str().unwrap();
    let marked: Vec<(&str, &str)> =
        record["facets"].as_array().unwrap().iter().map(|f| facet(text, f)).collect();
    let expected = [
        ("@anna.example", "app.bsky.richtext.facet#mention"),
        ("https://acme.example/ü", "app.bsky.richtext.facet#link"),
        ("#help", "app.bsky.richtext.facet#tag"),
    ];
    assert_eq!(marked, expected);
    // Again, and by a process that knows nothing of the first: the same record, once.
    for _ in 0..2 {
        let again = rig.source().reply().unwrap().send(&outgoing).await;
        assert_eq!(again, Outcome::Done { remote_id: remote_id.clone(), at: None });
    }
    assert_eq!(rig.pds.ledger().written.len(), 1);
    assert_eq!(rig.pds.ledger().attempts, 3);
    // Read back it is told by the time of sending, not by that of the intent in its key.
    let found = all(&source, "own", &mut None).await.unwrap();
    assert!(found.len() == 1 && found[0].own);
    assert_eq!(found[0].created_at, now.plus(Span::seconds(5)).rfc3339());
}

fn facet<'a>(text: &'a str, facet: &'a Value) -> (&'a str, &'a str) {
    let place = |key: &str| facet["index"][key].as_u64().unwrap() as usize;
    (&text[place("byteStart")..place("byteEnd")], facet["features"][0]["$type"].as_str().unwrap())
}

#[tokio::test]
async fn too_long_is_said_before_it_is_sent() {
    let rig = Rig::start().await;
    let reply = rig.source();
    let reply = reply.reply().unwrap();
    let to = PostRef { external_id: "at://did:plc:a/app.bsky.feed.post/3k".into(), ..PostRef::default() };
    let draft = |text: String| Draft { text, sign: String::new(), to: to.clone() };
    assert_eq!(reply.compose(&draft("ü".repeat(300))).refused, None);
    assert!(reply.compose(&draft("ü".repeat(301))).refused.unwrap().contains("301"));
    let families = reply.compose(&draft("👨‍👩‍👧‍👦".repeat(130)));
    assert!(families.measure.length == 130 && families.refused.unwrap().contains("bytes"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_becomes_of_the_confirmation_the_answer_stands_once() {
    let rig = Rig::start().await;
    let (now, source) = (rig.now(), rig.source());
    poll(&source).await.unwrap();
    let to = rig.pds.ledger().mention(now, now, "@brand.example hi");
    let faults = [
        Fault::Written500,
        Fault::WrittenDrop,
        Fault::WrittenStall,
        Fault::WrittenCut,
        Fault::WrittenJunk,
        Fault::Lost500,
    ];
    let sent = faults.into_iter().enumerate().map(|(n, fault)| {
        let outgoing = rig.outgoing(&to, &format!("answer {n}"), n as u64);
        rig.pds.ledger().faults.insert(outgoing.key.clone(), fault);
        let reply = source.reply().unwrap();
        async move { (fault, reply.send(&outgoing).await, outgoing) }
    });
    for (fault, outcome, outgoing) in futures_util::future::join_all(sent).await {
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{fault:?}: {outcome:?}");
        // Somebody else looks: the process that sent may be gone.
        let other = rig.source();
        let looked = other.reply().unwrap().look(&outgoing).await;
        if fault == Fault::Lost500 {
            assert!(matches!(looked, Looked::Again { .. }), "{looked:?}");
            let again = other.reply().unwrap().send(&outgoing).await;
            assert!(matches!(again, Outcome::Done { .. }), "{again:?}");
            continue;
        }
        let Looked::Done { remote_id, .. } = looked else { panic!("{fault:?}: {looked:?}") };
        assert_eq!(Some(remote_id), source.reply().unwrap().expected_id(&outgoing.key));
    }
    let mut texts: BTreeMap<String, usize> = BTreeMap::new();
    let standing = rig.pds.ledger().own_posts();
    for uri in standing {
        let text = rig.pds.ledger().records[&uri].record["text"].as_str().unwrap().to_owned();
        *texts.entry(text).or_default() += 1;
    }
    assert_eq!(texts.len(), faults.len());
    assert!(texts.values().all(|n| *n == 1) && rig.pds.ledger().written.len() == faults.len());
}

#[tokio::test]
async fn what_was_not_sent_may_go_again_when_the_server_says() {
    let rig = Rig::start().await;
    let (now, source) = (rig.now(), rig.source());
    let to = rig.pds.ledger().mention(now, now, "@brand.example hi");
    let outgoing = rig.outgoing(&to, "answer", 1);
    rig.pds.ledger().faults.insert(outgoing.key.clone(), Fault::Limited);
    let reply = source.reply().unwrap();
    let Outcome::Retry { after: Some(after), .. } = reply.send(&outgoing).await else { panic!("no retry") };
    assert!(after > Span::seconds(80) && after <= Span::seconds(90), "{after}");
    assert!(rig.pds.ledger().written.is_empty());
    // Until then nothing more is written, and it is said without a call.
    assert!(matches!(reply.send(&outgoing).await, Outcome::Retry { .. }));
    assert_eq!(rig.pds.ledger().attempts, 1);
    rig.clock.advance(Span::seconds(91));
    rig.pds.ledger().expire();
    assert!(matches!(reply.send(&outgoing).await, Outcome::Done { .. }), "also with an expired token");
    assert_eq!(rig.pds.ledger().written.len(), 1);

    let gone = FakePds::start().await.url.clone();
    let config = BlueskyConfig {
        server: gone,
        account: "brand.example".into(),
        app_password: Some(PASSWORD.to_owned().into()),
        ..BlueskyConfig::default()
    };
    let outside = Outside { vault: Arc::new(Shelf::default()), ..crate::outside() };
    let lonely = bluesky_account::BlueskyAccount::new("x", None, &config, &outside).unwrap();
    let outcome = lonely.reply().unwrap().send(&outgoing).await;
    assert!(matches!(outcome, Outcome::Retry { .. }), "{outcome:?}");
}

#[tokio::test]
async fn what_stands_under_our_key_is_ours_only_if_it_says_the_same() {
    let rig = Rig::start().await;
    let (now, source) = (rig.now(), rig.source());
    let to = rig.pds.ledger().mention(now, now, "@brand.example hi");
    let reply = source.reply().unwrap();
    let first = rig.outgoing(&to, "answer", 1);
    let Outcome::Done { remote_id, .. } = reply.send(&first).await else { panic!("not done") };
    // The customer edited meanwhile: the parent's cid is another, so the record is no longer the same.
    rig.pds.ledger().edit(&to, "@brand.example hello");
    assert_eq!(reply.send(&first).await, Outcome::Done { remote_id, at: None });
    let other = Outgoing { text: "something else".into(), ..first.clone() };
    let outcome = reply.send(&other).await;
    assert!(matches!(&outcome, Outcome::Refused { reason } if reason.contains("key")), "{outcome:?}");
    let looked = reply.look(&other).await;
    assert!(matches!(looked, Looked::Person { .. }), "{looked:?}");
    assert_eq!(rig.pds.ledger().written.len(), 1);
}

#[tokio::test]
async fn what_cannot_be_answered_is_refused_in_words() {
    let rig = Rig::start().await;
    let (now, source) = (rig.now(), rig.source());
    let to = rig.pds.ledger().mention(now, now, "@brand.example hi");
    let (gone, limited) = {
        let mut l = rig.pds.ledger();
        let gone = l.mention(now, now, "gone");
        l.records.remove(&gone);
        let limited = l.mention(now, now, "limited");
        l.limited.insert(limited.clone());
        (gone, limited)
    };
    let reply = source.reply().unwrap();
    let refused = async |to: &str, text: &str| match reply.send(&rig.outgoing(to, text, 9)).await {
        Outcome::Refused { reason } => reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&gone, "x").await, "its author has removed the post");
    assert!(refused(&limited, "x").await.contains("reply"));
    assert!(refused(&to, "forbidden").await.contains("forbidden"));
    assert!(refused("https://toot.example/1", "x").await.contains("Bluesky"));
    rig.pds.ledger().blocking.insert("did:plc:anna".into());
    assert!(refused(&to, "x").await.contains("blocked"));
    assert!(rig.pds.ledger().written.is_empty());
}

#[tokio::test]
async fn looking_again_tells_what_is_gone_what_was_edited_and_what_is_only_hidden() {
    let rig = Rig::start().await;
    let (now, source) = (rig.now(), rig.source());
    let (same, edited, gone, hidden, own) = {
        let mut l = rig.pds.ledger();
        let ids = ["same", "edited", "gone"].map(|t| l.mention(now, now, t));
        let hidden = l.post("did:plc:carl", now, now, json!({ "text": "hidden" }));
        let own = l.post(OWN, now, now, json!({ "text": "ours" }));
        let [same, edited, gone] = ids;
        (same, edited, gone, hidden, own)
    };
    let reference = |uri: &String, known: bool| PostRef {
        external_id: uri.clone(),
        local_id: known.then(|| rig.pds.ledger().records[uri].cid.clone()),
        ..PostRef::default()
    };
    let mut asked = vec![reference(&same, true), reference(&edited, true), reference(&gone, true)];
    asked.extend([reference(&hidden, true), reference(&own, false), reference(&same, false)]);
    rig.pds.ledger().edit(&edited, "edited, really");
    rig.pds.ledger().records.remove(&gone);
    rig.pds.ledger().blocking.insert("did:plc:carl".into());
    let recheck = source.recheck().unwrap();
    assert_eq!(recheck.at_once(), 25);
    let standing = recheck.standing(&asked).await.unwrap();
    let edits: Vec<Option<bool>> = standing
        .iter()
        .map(|s| match s {
            Standing::Stands(post) => Some(post.edited_at.is_some()),
            _ => None,
        })
        .collect();
    assert_eq!(edits, [Some(false), Some(true), None, None, Some(false), Some(true)]);
    assert_eq!((&standing[2], &standing[3]), (&Standing::Gone, &Standing::Unknown));
    let Standing::Stands(post) = &standing[1] else { panic!("gone") };
    assert_eq!(post.text, "edited, really");
    rig.pds.ledger().records.remove(&own);
    assert_eq!(recheck.standing(&[asked[4].clone()]).await.unwrap(), [Standing::Gone]);
}

#[tokio::test]
async fn measures_taken_twice_are_taken_once_and_can_be_taken_back() {
    let rig = Rig::start().await;
    let (now, source) = (rig.now(), rig.source());
    let to = rig.pds.ledger().mention(now, now, "@brand.example thanks!");
    let reply = source.reply().unwrap();
    let outgoing = Outgoing { key: "act_1".into(), ..rig.outgoing(&to, "", 1) };
    let take = async |measure| {
        for _ in 0..2 {
            let outcome = reply.moderate(measure, &outgoing, "house rule 3").await;
            assert!(matches!(outcome, Outcome::Done { .. }), "{measure:?}: {outcome:?}");
        }
    };
    let count = |part: &str| rig.pds.ledger().records.keys().filter(|u| u.contains(part)).count();
    take(Measure::Like).await;
    assert_eq!(count("app.bsky.feed.like"), 1);
    take(Measure::Unlike).await;
    assert_eq!(count("app.bsky.feed.like"), 0);
    take(Measure::Block).await;
    assert_eq!(count("app.bsky.graph.block"), 1);
    take(Measure::Unblock).await;
    assert_eq!(count("app.bsky.graph.block"), 0);
    take(Measure::Mute).await;
    assert_eq!(rig.pds.ledger().muted.last().map(String::as_str), Some("did:plc:anna"));
    take(Measure::Unmute).await;
    assert!(rig.pds.ledger().muted.is_empty());
    let told = reply.moderate(Measure::Report, &outgoing, "house rule 3").await;
    assert!(matches!(told, Outcome::Done { .. }));
    let report = rig.pds.ledger().reports[0].clone();
    assert_eq!((&report["subject"]["uri"], &report["reason"]), (&json!(to), &json!("house rule 3")));
    assert_eq!(reply.measures(), Measure::ALL);
}

#[tokio::test]
async fn looking_stops_before_the_server_must_say_so_and_answers_still_leave() {
    let rig = Rig::start().await;
    let (now, source) = (rig.now(), rig.source());
    let to = rig.pds.ledger().mention(now, now, "@brand.example hi");
    rig.pds.ledger().remaining = Some(600);
    source.poll().unwrap().poll("notifications", None).await.unwrap();
    let trouble = poll(&source).await.unwrap_err();
    assert!(matches!(trouble.state, TroubleState::RateLimited { .. }), "{trouble:?}");
    let sent = source.reply().unwrap().send(&rig.outgoing(&to, "answer", 1)).await;
    assert!(matches!(sent, Outcome::Done { .. }), "{sent:?}");
    rig.pds.ledger().remaining = Some(2_900);
    rig.clock.advance(Span::seconds(121));
    poll(&source).await.unwrap();
    let calls: usize = rig.pds.ledger().calls.values().sum();
    assert_eq!(source.take_calls(), [("bluesky:brand.example".to_owned(), calls as i64)]);
    assert!(source.take_calls().is_empty());
}

#[tokio::test]
async fn no_secret_is_shown_in_logs_errors_or_debug() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let rig = Rig::start().await;
    let source = rig.source();
    let mut said = vec![format!("{source:?}")];
    poll(&source).await.unwrap();
    rig.pds.ledger().expire();
    poll(&source).await.unwrap();
    let to = rig.pds.ledger().mention(rig.now(), rig.now(), "@brand.example hi");
    let outgoing = rig.outgoing(&to, "answer", 1);
    rig.pds.ledger().faults.insert(outgoing.key.clone(), Fault::WrittenCut);
    said.push(format!("{:?}", source.reply().unwrap().send(&outgoing).await));
    let wrong = rig.with("aaaa-bbbb-cccc-dddd", Arc::new(Shelf::default()));
    said.push(format!("{:?}", poll(&wrong).await));
    rig.pds.ledger().forget();
    said.push(format!("{:?} {source:?}", poll(&source).await));
    said.push(String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned());
    let said = said.join("\n");
    assert!(said.len() > 500, "the log was not written: {said}");
    for secret in [PASSWORD, "aaaa-bbbb", "access-token-", "refresh-token-", "Bearer"] {
        assert!(!said.contains(secret), "{secret} is shown");
    }
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

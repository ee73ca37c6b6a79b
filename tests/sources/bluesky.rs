//! The account of Bluesky against a server with a ledger: log-ins are few, and nothing that was said to
//! us is missed.

use crate::pds::{FakePds, Fault, OWN, PASSWORD};
use crate::{Shelf, http};
use serde_json::json;
use std::sync::Arc;
use webcared::clock::{Clock, ManualClock, SystemClock};
use webcared::domain::post::RawPost;
use webcared::domain::time::{Span, Timestamp};
use webcared::sources::config::BlueskyConfig;
use webcared::sources::reply::{Outgoing, PostRef};
use webcared::sources::{Outside, Source, SourceTrouble, TroubleState, Vault, bluesky_account};

pub(crate) struct Rig {
    pub(crate) pds: FakePds,
    pub(crate) clock: Arc<ManualClock>,
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
    pub(crate) async fn start() -> Self {
        // The fake's own writes go by the machine's clock; tests move on from there.
        let now = SystemClock::default().now();
        Self { pds: FakePds::start().await, clock: ManualClock::at(now), shelf: Arc::default() }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn with(&self, password: &str, vault: Arc<dyn Vault>) -> bluesky_account::BlueskyAccount {
        let outside = Outside {
            http: http(5),
            clock: self.clock.clone(),
            keep: Arc::new(|_| true),
            tags: Arc::new(Vec::new),
            terms: Arc::new(|_: Option<&str>| vec!["acme".to_owned()]),
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

    pub(crate) fn source(&self) -> bluesky_account::BlueskyAccount {
        self.with(PASSWORD, self.shelf.clone())
    }

    /// An answer to `to`, asked for now.
    pub(crate) fn outgoing(&self, to: &str, text: &str, chance: u64) -> Outgoing {
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
            case_number: None,
            files: Vec::new(),
        }
    }
}

/// What a stream brings until there is no more, with the cursor behind it.
pub(crate) async fn all(
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

pub(crate) async fn poll(source: &dyn Source) -> Result<Vec<RawPost>, SourceTrouble> {
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
async fn a_long_thread_comes_a_few_steps_up_and_nothing_of_the_page_as_context() {
    let rig = Rig::start().await;
    let (now, source) = (rig.now(), rig.source());
    let at = |seconds| now.minus(Span::seconds(seconds));
    let (root, all_above, last) = {
        let mut l = rig.pds.ledger();
        let root = l.post("did:plc:carl", at(900), at(900), json!({ "text": "my parcel!" }));
        let mut above = vec![root.clone()];
        for n in 0..5_i64 {
            let to = above.last().cloned().unwrap();
            above.push(l.reply(OWN, at(800 - n * 10), "we look into it", &root, &to));
        }
        let to = above.last().cloned().unwrap();
        (root.clone(), above, l.reply("did:plc:anna", at(300), "still nothing", &root, &to))
    };
    let found = all(&source, "notifications", &mut None).await.unwrap();
    let ids: Vec<&String> = found.iter().map(|p| &p.external_id).collect();
    let wanted = [&root, &all_above[3], &all_above[4], &all_above[5], &last];
    assert_eq!(ids, wanted, "where it began, three steps up, and the post itself");
    assert!(found[..4].iter().all(|p| p.context || p.own) && !found[4].context);
    // A mention that what is answered answers stands on the same page: it comes as what it is.
    let rig = Rig::start().await;
    let (now, source) = (rig.now(), rig.source());
    let at = |seconds| now.minus(Span::seconds(seconds));
    {
        let mut l = rig.pds.ledger();
        let mention = l.mention(at(500), at(500), "@brand.example where is it?");
        let ours = l.reply(OWN, at(400), "We look into it ^Jan", &mention, &mention);
        l.reply("did:plc:anna", at(300), "and?", &mention, &ours);
    }
    let found = all(&source, "notifications", &mut None).await.unwrap();
    assert_eq!(found.iter().filter(|p| p.addressed && !p.context).count(), 2, "{found:?}");
    assert_eq!(found.len(), 3, "each once: {found:?}");
}

#[tokio::test]
async fn what_is_found_comes_with_what_it_answers_and_quotes() {
    let rig = Rig::start().await;
    let (now, source) = (rig.now(), rig.source());
    let at = |seconds| now.minus(Span::seconds(seconds));
    let (root, reply, quoted, quote) = {
        let mut l = rig.pds.ledger();
        let root = l.post("did:plc:carl", at(500), at(500), json!({ "text": "who lost a parcel?" }));
        let reply = l.reply("did:plc:anna", at(300), "acme lost mine", &root, &root);
        let quoted = l.post("did:plc:carl", at(250), at(250), json!({ "text": "three weeks now" }));
        let embed = json!({ "$type": "app.bsky.embed.record", "record": { "uri": quoted, "cid": "c" } });
        let quote =
            l.post("did:plc:anna", at(200), at(200), json!({ "text": "acme, again", "embed": embed }));
        (root, reply, quoted, quote)
    };
    let mut cursor = None;
    let found = all(&source, "search:acme", &mut cursor).await.unwrap();
    let told: Vec<(&str, bool)> = found.iter().map(|p| (p.external_id.as_str(), p.context)).collect();
    let wanted = [(&root, true), (&quoted, true), (&reply, false), (&quote, false)];
    assert_eq!(told, wanted.map(|(uri, context)| (uri.as_str(), context)), "what it is about first");
    assert_eq!(found[3].above, std::slice::from_ref(&quoted));
    assert_eq!(found[3].conversation_id.as_ref(), Some(&quoted), "a quote belongs to what it quotes");
    assert!(all(&source, "search:acme", &mut cursor).await.unwrap().is_empty(), "nothing comes twice");
    // A notification of a quote brings it too.
    rig.pds.ledger().notifying.push((quote.clone(), "quote"));
    let found = all(&source, "notifications", &mut None).await.unwrap();
    let told: Vec<&String> = found.iter().map(|p| &p.external_id).collect();
    assert!(told.contains(&&quoted) && told.contains(&&quote), "{told:?}");
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

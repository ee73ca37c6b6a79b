//! An account on X against a platform of our own: tokens that are good once, deliveries and their signatures, money,
//! and what may be answered.

use crate::site::Reply;
use crate::x_site::{API_SECRET, FakeX, Fault, JAN, ME, delivered, delivered_message};
use crate::{Shelf, configured, http, outside};
use http::HeaderMap;
use serde_json::{Value, json};
use std::sync::Arc;
use webcared::clock::{Clock, ManualClock, SystemClock};
use webcared::domain::brand::{Brand, searched};
use webcared::domain::delivery::{Looked, Outcome};
use webcared::domain::exam::Verdict;
use webcared::domain::time::{Span, Timestamp};
use webcared::sources::reply::{Draft, Measure, Outgoing, PostRef, Standing};
use webcared::sources::webhook::{Hook, Refusal};
use webcared::sources::x::sign;
use webcared::sources::{Outside, Reach, Source, TroubleState, Vault, build};

mod deletes;
mod stream;
mod tokens;

struct Desk {
    fake: FakeX,
    clock: Arc<ManualClock>,
    vault: Arc<dyn Vault>,
    source: Arc<dyn Source>,
}

impl Desk {
    async fn with(change: impl FnOnce(&mut Value)) -> Self {
        Self::on(Arc::new(Shelf::default()), change).await
    }

    async fn on(vault: Arc<dyn Vault>, change: impl FnOnce(&mut Value)) -> Self {
        let clock = ManualClock::at(SystemClock::default().now());
        let inner = clock.clone();
        let fake = FakeX::start(move || inner.now()).await;
        let mut config = fake.config();
        change(&mut config["x"]);
        let source = build(&configured(config), &around(&clock, &vault)).unwrap().remove(0);
        Self { fake, clock, vault, source }
    }

    /// The same account as another process has it.
    fn another(&self) -> Arc<dyn Source> {
        build(&configured(self.fake.config()), &around(&self.clock, &self.vault)).unwrap().remove(0)
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn look(&self, stream: &str, cursor: &mut Option<String>) -> Result<Vec<Value>, TroubleState> {
        let mut found = Vec::new();
        loop {
            let polled = self.source.poll().unwrap().poll(stream, cursor.as_deref()).await;
            let batch = polled.map_err(|t| t.state)?;
            found.extend(batch.items.iter().map(|i| serde_json::from_slice::<Value>(&i.body).unwrap()));
            *cursor = batch.cursor.or(cursor.take());
            if !batch.more {
                return Ok(found);
            }
        }
    }

    fn hook(&self) -> &dyn Hook {
        self.source.hook().unwrap()
    }

    fn deliver(&self, body: &Value) -> Vec<Value> {
        let bytes = body.to_string();
        let items =
            self.hook().items(&signed(API_SECRET, bytes.as_bytes()), bytes.as_bytes(), self.now()).unwrap();
        items.iter().map(|i| serde_json::from_slice(&i.body).unwrap()).collect()
    }

    fn going(&self, raw: &Value, text: &str) -> Outgoing {
        Outgoing {
            action_id: "act".into(),
            key: "k".into(),
            to: reference(raw),
            text: text.into(),
            visibility: "public".into(),
            language: "en".into(),
            made_at: self.now(),
            first_sent_at: None,
            case_number: None,
            files: Vec::new(),
        }
    }
}

fn around(clock: &Arc<ManualClock>, vault: &Arc<dyn Vault>) -> Outside {
    Outside { http: http(3), clock: clock.clone(), vault: vault.clone(), ..outside() }
}

fn signed(secret: &str, bytes: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let tag = sign(&secret.to_owned().into(), bytes);
    headers.insert("x-twitter-webhooks-signature", tag.parse().unwrap());
    headers
}

fn reference(raw: &Value) -> PostRef {
    let text = |key: &str| raw[key].as_str().unwrap_or_default().to_owned();
    PostRef {
        external_id: text("external_id"),
        local_id: raw["local_id"].as_str().map(ToOwned::to_owned),
        author_id: raw["author"]["id"].as_str().unwrap_or_default().to_owned(),
        author_handle: "jan_x".into(),
        visibility: text("visibility"),
        ..PostRef::default()
    }
}

#[tokio::test]
async fn a_challenge_is_signed_and_never_lends_itself_to_a_delivery() {
    let desk = Desk::with(|_| {}).await;
    let answer = desk.hook().challenge("crc_token=9b4507b3-9040&nonce=1").unwrap();
    // From Python: base64(hmac.new(b's3cret-api-secret-key', b'9b4507b3-9040', sha256)).
    let told: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(told["response_token"], sign(&API_SECRET.to_owned().into(), b"9b4507b3-9040"));
    assert_eq!(answer.content_type, "application/json");
    for bad in [
        "",
        "crc_token=",
        "crc_token=%7B%22data%22%3A1%7D",
        "crc_token=a&crc_token=b",
        "other=1",
        "crc_token=a%20b",
    ] {
        assert_eq!(desk.hook().challenge(bad), None, "{bad}");
    }
    let signed_by_us = signed(API_SECRET, b"9b4507b3-9040");
    let forged = desk.hook().items(&signed_by_us, b"9b4507b3-9040", desk.now());
    assert_eq!(forged, Err(Refusal::Signature), "what we sign for anybody is no delivery");
}

#[tokio::test]
async fn only_what_the_platform_signed_is_taken() {
    let desk = Desk::with(|x| x["previous_api_secret"] = json!("s3cret-key-of-before")).await;
    let now = desk.now();
    let id = desk.fake.ledger().post(now, JAN, "@acme où est mon colis ? a/b", None);
    let body = delivered("post.mention.create", &desk.fake.ledger().tweet(&id)).to_string();
    let take = |headers: &HeaderMap, bytes: &[u8]| desk.hook().items(headers, bytes, now);
    let good = take(&signed(API_SECRET, body.as_bytes()), body.as_bytes()).unwrap();
    assert_eq!(good.len(), 1);
    assert_eq!(
        take(&signed("s3cret-key-of-before", body.as_bytes()), body.as_bytes()).unwrap(),
        good,
        "while it is changed"
    );
    assert_eq!(
        take(&signed(API_SECRET, body.as_bytes()), body.as_bytes()).unwrap(),
        good,
        "again: the same items"
    );
    assert_eq!(
        take(&signed("another-secret-key", body.as_bytes()), body.as_bytes()),
        Err(Refusal::Signature)
    );
    let anew = serde_json::to_string_pretty(&serde_json::from_str::<Value>(&body).unwrap()).unwrap();
    assert_eq!(
        take(&signed(API_SECRET, body.as_bytes()), anew.as_bytes()),
        Err(Refusal::Signature),
        "encoded anew"
    );
    let name = "x-twitter-webhooks-signature";
    assert_eq!(take(&HeaderMap::new(), body.as_bytes()), Err(Refusal::Missing(name)));
    let mut doubled = signed(API_SECRET, body.as_bytes());
    doubled.append(name, doubled[name].clone());
    assert_eq!(take(&doubled, body.as_bytes()), Err(Refusal::Unreadable(name)));
    for odd in ["", "sha256=", "sha1=abc", "sha256=not base64"] {
        let mut headers = HeaderMap::new();
        headers.insert(name, odd.parse().unwrap());
        assert_eq!(take(&headers, body.as_bytes()), Err(Refusal::Signature), "{odd}");
    }
}

#[tokio::test]
async fn what_is_delivered_is_what_the_looks_find() {
    let desk = Desk::with(|_| {}).await;
    let now = desk.now();
    let id = desk.fake.ledger().post(now, JAN, "@acme order 77 is late", None);
    let tweet = desk.fake.ledger().tweet(&id);
    let mut by_hook = desk.deliver(&delivered("post.mention.create", &tweet)).remove(0);
    let by_look = desk.look("mentions", &mut None).await.unwrap().remove(0);
    by_hook["lang"] = by_look["lang"].clone();
    assert_eq!(by_hook, by_look, "one and the same post");
    assert_eq!(
        (by_look["external_id"].as_str().unwrap(), by_look["addressed"].as_bool()),
        (id.as_str(), Some(true))
    );
    // Our own posts, wherever they were written, are known as ours.
    let own = desk.fake.ledger().post(now, ME, "Sorry! ^Jan", Some(&id));
    let found = desk.look("own posts", &mut None).await.unwrap();
    assert_eq!(
        (found[0]["own"].as_bool(), found[0]["external_id"].as_str()),
        (Some(true), Some(own.as_str()))
    );
    // Messages, from both sides.
    let message = desk.fake.ledger().message(now, JAN, "my number is 12");
    let value = desk.fake.ledger().messages[0].clone();
    let by_hook = desk.deliver(&delivered_message(&value)).remove(0);
    let by_look = desk.look("messages", &mut None).await.unwrap().remove(0);
    assert_eq!(by_hook["external_id"], by_look["external_id"]);
    assert_eq!(by_hook["external_id"], format!("dm/{ME}-{JAN}/{message}"));
    assert_eq!(
        (by_hook["private"].as_bool(), by_hook["conversation_id"].as_str()),
        (Some(true), by_look["conversation_id"].as_str())
    );
    // What is another account's of the same app is none of ours.
    let mut others = delivered_message(&value);
    others["data"]["filter"]["user_id"] = json!("9999");
    assert!(desk.deliver(&others).is_empty());
    // A deletion; kinds that are not known, and those that say nothing, are taken and left.
    let gone = desk.deliver(&delivered("post.delete", &json!({"id": id, "author_id": JAN}))).remove(0);
    assert_eq!((gone["deleted"].as_bool(), gone["external_id"].as_str()), (Some(true), Some(id.as_str())));
    for kind in ["profile.update.bio", "dm.indicate_typing", "chat.received", ""] {
        assert!(desk.deliver(&delivered(kind, &json!({"x": 1}))).is_empty(), "{kind}");
    }
    assert!(desk.hook().wants_plain_ok());
}

#[tokio::test]
async fn pages_that_go_on_are_read_to_their_end_and_nothing_comes_twice() {
    let desk = Desk::with(|_| {}).await;
    let start = desk.now();
    desk.fake.ledger().page = 5;
    desk.fake.ledger().post(start, JAN, "@acme first", None);
    let mut cursor = None;
    assert_eq!(desk.look("mentions", &mut cursor).await.unwrap().len(), 1);
    for n in 0..17 {
        desk.fake.ledger().post(start.plus(Span::seconds(n)), JAN, &format!("@acme number {n}"), None);
    }
    desk.clock.advance(Span::minutes(1));
    assert_eq!(desk.look("mentions", &mut cursor).await.unwrap().len(), 17);
    assert_eq!(desk.look("mentions", &mut cursor).await.unwrap().len(), 0);
    // One that can be seen late, with an older id.
    desk.fake.ledger().post(start.plus(Span::seconds(1)), JAN, "@acme late", None);
    assert_eq!(desk.look("mentions", &mut cursor).await.unwrap().len(), 1);
}

#[tokio::test]
async fn money_stops_reading_and_never_an_answer() {
    let desk = Desk::with(|x| x["monthly_usd"] = json!(0.01)).await;
    let now = desk.now();
    let mut cursor = None;
    desk.fake.ledger().post(now, JAN, "@acme where is it", None);
    let found = desk.look("mentions", &mut cursor).await.unwrap();
    let purse = desk.source.purse().unwrap();
    assert_eq!(purse.spent(), 1_000, "a mention of our own list");
    desk.look("mentions", &mut None).await.unwrap();
    assert_eq!(purse.spent(), 1_000, "read twice on one day is billed once");
    let sent = desk.source.reply().unwrap().send(&desk.going(&found[0], "On its way ^Jan")).await;
    assert!(matches!(sent, Outcome::Done { .. }), "{sent:?}");
    assert_eq!(purse.spent(), 11_000, "an answer to who named us");
    let stopped = desk.look("mentions", &mut cursor).await;
    assert!(matches!(stopped, Err(TroubleState::OverBudget { .. })), "{stopped:?}");
    let sent =
        desk.source.reply().unwrap().send(&desk.going(&found[0], "See https://acme.example ^Jan")).await;
    assert!(matches!(sent, Outcome::Done { .. }), "answers go on: {sent:?}");
    let units: Vec<(String, i64, i64)> = purse.take().into_iter().map(|s| (s.2, s.3, s.4)).collect();
    let unit = |name: &str, n, micros| (name.to_owned(), n, micros);
    assert_eq!(
        units,
        [unit("answer", 1, 10_000), unit("owned_read", 1, 1_000), unit("post_with_link", 1, 200_000)]
    );
}

#[tokio::test]
async fn a_window_a_cap_and_credits_are_three_states() {
    let desk = Desk::with(|_| {}).await;
    desk.look("mentions", &mut None).await.unwrap();
    let now = desk.now();
    desk.fake.ledger().post(now, JAN, "@acme help", None);
    let found = desk.look("mentions", &mut None).await.unwrap();
    let refusal = |status: u16, kind: &str| {
        let body = json!({"title": "no", "type": format!("https://api.x.com/2/problems/{kind}")});
        Reply { status, ..Reply::ok(body.to_string()) }
    };
    type Is = fn(&TroubleState) -> bool;
    let states: [(Reply, Is); 3] = [
        (refusal(402, "credits"), |t| *t == TroubleState::WantsMoney),
        (refusal(429, "usage-capped"), |t| *t == TroubleState::Capped),
        (refusal(429, "rate-limit-exceeded"), |t| matches!(t, TroubleState::RateLimited { .. })),
    ];
    for (reply, is_it) in states {
        desk.fake.ledger().reads = Some(reply.clone());
        let state = desk.look("mentions", &mut None).await.unwrap_err();
        assert!(is_it(&state), "{state:?}");
        desk.fake.ledger().faults.push_back(Fault::Instead(reply));
        let sent = desk.source.reply().unwrap().send(&desk.going(&found[0], "On its way")).await;
        assert!(matches!(sent, Outcome::Refused { .. } | Outcome::Retry { .. }), "{sent:?}");
        desk.clock.advance(Span::minutes(16));
    }
}

#[tokio::test]
async fn the_search_is_for_the_words_of_the_accounts_own_brand() {
    let desk = Desk::with(|_| {}).await;
    let mut config = desk.fake.config();
    config["x"]["search"] = json!(true);
    for (brand, words) in
        [(Some("Acme"), "\"Acme\" OR \"acme\""), (None, "\"Acme\" OR \"Zebra\" OR \"acme\" OR \"zebra\"")]
    {
        config["brand"] = json!(brand);
        let brands = [Brand::watched("Acme"), Brand::watched("Zebra")];
        let terms = Arc::new(move |brand: Option<&str>| searched(&brands, brand));
        let outside = Outside { terms, ..around(&desk.clock, &desk.vault) };
        let source = build(&configured(config.clone()), &outside).unwrap().remove(0);
        source.poll().unwrap().poll("search", None).await.unwrap();
        let asked = desk.fake.site.asked().pop().unwrap();
        let mut query = url::form_urlencoded::parse(asked.query.as_bytes());
        let (_, query) = query.find(|(key, _)| key == "query").unwrap();
        assert_eq!(query, format!("({words}) -from:acme -@acme -is:retweet"));
    }
    // Our own name is what the mentions are for.
    let terms = Arc::new(|_: Option<&str>| vec!["@Acme".to_owned()]);
    let outside = Outside { terms, ..around(&desk.clock, &desk.vault) };
    let source = build(&configured(config), &outside).unwrap().remove(0);
    assert!(!source.poll().unwrap().streams().contains(&"search".to_owned()));
}

#[tokio::test]
async fn who_neither_named_nor_quoted_us_is_answered_by_hand() {
    let desk = Desk::with(|x| x["search"] = json!(true)).await;
    let now = desk.now();
    let id = desk.fake.ledger().post(now, JAN, "acme is slow these days", None);
    let found = desk.look("search", &mut None).await.unwrap();
    let reply = desk.source.reply().unwrap();
    let going = desk.going(&found[0], "Sorry! Which order? ^Jan");
    let url = format!("https://x.com/intent/post?in_reply_to={id}&text=Sorry%21+Which+order%3F+%5EJan");
    assert_eq!(
        reply.by_hand(&going.to, &going.text).as_deref(),
        Some(url.as_str()),
        "known before it is sent"
    );
    // What is kept of the outcome holds none of its words.
    let bare = format!("https://x.com/intent/post?in_reply_to={id}&text=");
    assert_eq!(reply.send(&going).await, Outcome::ByHand { url: bare });
    assert!(desk.fake.ledger().attempts.is_empty(), "what would be refused is not sent");
    // The platform's own word about one of whom we thought otherwise.
    let named = desk.fake.ledger().post(now, JAN, "@acme hello?", None);
    let found = desk.look("mentions", &mut None).await.unwrap();
    let body = json!({"detail": "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author of the post you are replying to.", "type": "about:blank", "title": "Forbidden", "status": 403});
    desk.fake.ledger().faults.push_back(Fault::Instead(Reply { status: 403, ..Reply::ok(body.to_string()) }));
    let outcome = reply.send(&desk.going(&found[0], "Hi ^Jan")).await;
    assert!(
        matches!(&outcome, Outcome::ByHand { url } if url.contains(&named) && url.ends_with("&text=")),
        "{outcome:?}"
    );
    // What we say too long, as the platform counts, is told before.
    let draft = |text: String| Draft { text, sign: "Jan".into(), to: going.to.clone() };
    assert!(reply.compose(&draft("語".repeat(140))).refused.is_some());
    assert!(
        reply
            .compose(&draft(format!("https://a.example/{} {}", "x".repeat(300), "a".repeat(240))))
            .refused
            .is_none()
    );
    assert_eq!(
        reply.moderate(Measure::Hide, &going, "spam").await,
        Outcome::Done { remote_id: String::new(), at: None }
    );
    assert_eq!(desk.fake.ledger().hidden, [(id, true)]);
    assert!(desk.source.purse().unwrap().take().iter().any(|s| s.2 == "hide"));
}

#[tokio::test]
async fn the_way_into_private_is_asked_for_and_offered_as_a_button() {
    let desk = Desk::with(|_| {}).await;
    let now = desk.now();
    desk.fake.ledger().post(now, JAN, "@acme my order is lost", None);
    let found = desk.look("mentions", &mut None).await.unwrap();
    let private = desk.source.private().unwrap();
    assert_eq!(private.reachable(&reference(&found[0])).await, Reach::Open);
    desk.fake.ledger().receives_dm = false;
    assert_eq!(private.reachable(&reference(&found[0])).await.code(), "they_write");
    let way = private.way_in().unwrap();
    assert_eq!(way, "https://x.com/messages/compose?recipient_id=1111&text={code}");
    let way = way.replace("{code}", "K7Q2M");
    let offer = desk.going(&found[0], &format!("Hi Jan, write to us here: {way} ^Jan"));
    assert!(matches!(desk.source.reply().unwrap().send(&offer).await, Outcome::Done { .. }));
    let asked = desk.fake.ledger().attempts[0].clone();
    assert_eq!(
        (asked["text"].as_str(), asked["direct_message_deep_link"].as_str()),
        (Some("Hi Jan, write to us here: ^Jan"), Some(way.as_str()))
    );
    // A message whose answer was lost is found by reading back.
    let going = desk.going(&found[0], "Which order is it?");
    desk.fake.ledger().faults.push_back(Fault::TakesAnd(Reply::status(500)));
    assert!(matches!(private.send(&going).await, Outcome::Unknown { .. }));
    let looked = private.look(&going).await;
    assert!(
        matches!(&looked, Looked::Done { remote_id, .. } if remote_id.starts_with("dm/1111-2222/")),
        "{looked:?}"
    );
    assert_eq!(desk.fake.ledger().messages.len(), 1, "it stands once");
}

#[tokio::test]
async fn edits_are_new_ids_and_what_is_gone_is_known_by_asking() {
    let desk = Desk::with(|_| {}).await;
    let now = desk.now();
    let (id, other) = {
        let mut ledger = desk.fake.ledger();
        (ledger.post(now, JAN, "@acme order 7", None), ledger.post(now, JAN, "@acme hello", None))
    };
    let found = desk.look("mentions", &mut None).await.unwrap();
    let refs: Vec<PostRef> = found.iter().map(reference).collect();
    let recheck = desk.source.recheck().unwrap();
    assert!(recheck.standing(&refs).await.unwrap().iter().all(|s| matches!(s, Standing::Stands(_))));
    let new = desk.fake.ledger().edit(&id, now.plus(Span::minutes(2)), "@acme order 77");
    desk.clock.advance(Span::minutes(3));
    desk.fake.ledger().delete(&other);
    let standing = recheck.standing(&refs).await.unwrap();
    let Standing::Stands(edited) = &standing[0] else { panic!("{standing:?}") };
    assert_eq!((edited.external_id.as_str(), edited.text.as_str()), (id.as_str(), "@acme order 77"));
    assert!(edited.edited_at.is_some() && edited.local_id.as_deref().unwrap().starts_with(&new));
    assert_eq!(standing[1], Standing::Gone);
    // The timeline shows the newer one, under the name of the first.
    let again = desk.look("mentions", &mut None).await.unwrap();
    assert_eq!(again.last().unwrap()["external_id"], id);
    // A deletion names the last version.
    let gone = desk.deliver(&delivered("post.delete", &json!({"id": new, "author_id": JAN}))).remove(0);
    assert_eq!(gone["external_id"], id);
}

#[tokio::test]
async fn a_webhook_that_is_no_longer_trusted_is_mended_and_told_of() {
    let url = "https://care.acme.example/hooks/x";
    let desk = Desk::with(|x| x["webhook_url"] = json!(url)).await;
    let poll = desk.source.poll().unwrap();
    poll.poll("webhook", None).await.unwrap();
    let kinds = |desk: &Desk| -> Vec<String> {
        desk.fake
            .ledger()
            .subscriptions
            .iter()
            .map(|s| s["event_type"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(desk.fake.ledger().webhooks[0]["url"], url);
    assert_eq!(
        kinds(&desk),
        [
            "post.mention.create",
            "post.reply.create",
            "post.quote.create",
            "post.delete",
            "dm.received",
            "dm.sent"
        ]
    );
    assert!(poll.aside("webhook").note.unwrap().contains("registered"));
    poll.poll("webhook", None).await.unwrap();
    assert_eq!(
        (kinds(&desk).len(), poll.aside("webhook").note),
        (6, None),
        "all is well: nothing is done or said"
    );
    desk.fake.ledger().webhooks[0]["valid"] = json!(false);
    poll.poll("webhook", None).await.unwrap();
    assert_eq!(desk.fake.ledger().checked, ["77"]);
    assert!(poll.aside("webhook").note.unwrap().contains("check it again"));
    // What went to a webhook that was taken away goes nowhere: it is asked for anew.
    desk.fake.ledger().webhooks[0]["id"] = json!("78");
    poll.poll("webhook", None).await.unwrap();
    assert_eq!(kinds(&desk).len(), 6, "and what went nowhere is given up");
    assert!(desk.fake.ledger().subscriptions.iter().all(|s| s["webhook_id"] == "78"));
    // A source that was called otherwise asked for these at our own address.
    let renamed = json!({"subscription_id": "old", "event_type": "post.delete", "filter": {"user_id": "5555"},
        "webhook_id": "78", "tag": "old/deletes"});
    desk.fake.ledger().subscriptions.push(renamed);
    desk.source.follow().unwrap().these(Vec::new());
    poll.poll("webhook", None).await.unwrap();
    assert!(desk.fake.ledger().subscriptions.iter().all(|s| s["subscription_id"] != "old"));
    assert_eq!(kinds(&desk).len(), 6);
}

#[tokio::test]
async fn a_trial_tells_how_many_posts_may_still_be_read() {
    let desk = Desk::with(|_| {}).await;
    // Less than nothing stands for a platform that does not tell.
    for (used, verdict) in
        [(100, Verdict::Good), (801, Verdict::Mind), (1_000, Verdict::Bad), (-1, Verdict::Mind)]
    {
        desk.fake.ledger().used = used;
        let exams = desk.source.examine().unwrap().examine().await;
        let usage = exams.iter().find(|e| e.what == "usage").unwrap();
        assert_eq!(usage.verdict, verdict, "{usage:?}");
    }
}

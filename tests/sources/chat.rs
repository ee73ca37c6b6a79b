//! Talking in private on Bluesky, against a chat service with a ledger: asked first, said once whatever
//! becomes of the confirmation, and nothing that is said to us is missed.

use crate::chat_service::{ANNA, FakeChat, Mishap, OWN};
use crate::{Shelf, http};
use std::sync::Arc;
use webcared::clock::{Clock, ManualClock, SystemClock};
use webcared::domain::delivery::{Looked, Outcome};
use webcared::domain::post::RawPost;
use webcared::domain::time::{Span, Timestamp};
use webcared::sources::bluesky_account::BlueskyAccount;
use webcared::sources::config::BlueskyConfig;
use webcared::sources::private::Reach;
use webcared::sources::reply::{Draft, Outgoing, PostRef};
use webcared::sources::{Outside, Source, Standing, TroubleState};

struct Rig {
    chat: FakeChat,
    clock: Arc<ManualClock>,
    source: BlueskyAccount,
}

fn account(url: &str, clock: &Arc<ManualClock>, chat: bool) -> BlueskyAccount {
    let outside = Outside {
        http: http(5),
        clock: clock.clone(),
        keep: Arc::new(|_| true),
        tags: Arc::new(Vec::new),
        terms: Arc::new(|_: Option<&str>| Vec::new()),
        vault: Arc::new(Shelf::default()),
    };
    let config = BlueskyConfig {
        server: url.to_owned(),
        account: "brand.example".to_owned(),
        app_password: Some("abcd-efgh-ijkl-mnop".to_owned().into()),
        chat,
        ..BlueskyConfig::default()
    };
    BlueskyAccount::new("bsky", None, &config, &outside).unwrap()
}

impl Rig {
    async fn start() -> Self {
        let clock = ManualClock::at(SystemClock::default().now());
        let chat = FakeChat::start().await;
        let source = account(&chat.url, &clock, true);
        Self { chat, clock, source }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn going(&self, to: &str, text: &str) -> Outgoing {
        Outgoing {
            action_id: "act_1".into(),
            key: "k".into(),
            to: PostRef { external_id: to.into(), author_id: ANNA.into(), ..PostRef::default() },
            text: text.into(),
            visibility: "direct".into(),
            language: "en".into(),
            made_at: self.now(),
            first_sent_at: Some(self.now()),
            case_number: None,
            files: Vec::new(),
        }
    }

    async fn send(&self, going: &Outgoing) -> Outcome {
        self.source.private().unwrap().send(going).await
    }

    async fn look(&self, going: &Outgoing) -> Looked {
        self.source.private().unwrap().look(going).await
    }

    /// What the stream brings until there is no more.
    async fn all(&self, cursor: &mut Option<String>) -> Vec<RawPost> {
        let mut found = Vec::new();
        loop {
            let batch = self.source.poll().unwrap().poll("chat", cursor.as_deref()).await.unwrap();
            found.extend(batch.items.iter().map(|i| serde_json::from_slice::<RawPost>(&i.body).unwrap()));
            *cursor = batch.cursor.or(cursor.take());
            if !batch.more {
                return found;
            }
        }
    }
}

const POST: &str = "at://did:plc:anna/app.bsky.feed.post/3kabc";

#[tokio::test]
async fn who_can_be_reached_is_asked_and_each_refusal_has_its_words() {
    let rig = Rig::start().await;
    let to = rig.going(POST, "").to;
    let reach = async || rig.source.private().unwrap().reachable(&to).await;
    assert_eq!(reach().await, Reach::Open);
    rig.chat.ledger().closed.insert(ANNA.into(), None);
    let Reach::TheyWrite { why } = reach().await else { panic!() };
    assert!(why.contains("only of accounts that they follow"), "{why}");
    for (error, part) in [
        ("MessagesDisabled", "take no private messages"),
        ("BlockedSubject", "have blocked this account"),
        ("BlockedActor", "blocked by this account"),
        ("RecipientNotFound", "gone"),
        ("AccountSuspended", "suspended"),
    ] {
        rig.chat.ledger().closed.insert(ANNA.into(), Some(error));
        let Reach::Nobody { why } = reach().await else { panic!("{error}") };
        assert!(why.contains(part), "{why}");
        let Outcome::Refused { reason } = rig.send(&rig.going(POST, "hi")).await else { panic!("{error}") };
        assert_eq!(reason, why);
    }
    rig.chat.ledger().closed.insert(ANNA.into(), Some("SomethingNew"));
    assert!(matches!(reach().await, Reach::Unasked { .. }));
    assert!(
        rig.chat.ledger().said.is_empty() && rig.chat.ledger().convos.is_empty(),
        "asking changes nothing"
    );
    assert_eq!(rig.chat.ledger().not_handed_on, 0);
}

#[tokio::test]
async fn a_post_that_is_shared_in_private_is_shown_by_its_address() {
    let rig = Rig::start().await;
    let mut cursor = None;
    assert!(rig.all(&mut cursor).await.is_empty());
    let at = rig.now();
    for (text, shared) in
        [("", POST), ("this one", POST), ("a list", "at://did:plc:anna/app.bsky.graph.list/3k")]
    {
        let mut l = rig.chat.ledger();
        l.say(ANNA, ANNA, text, at);
        l.said.last_mut().unwrap().shares = Some(shared.to_owned());
    }
    rig.chat.ledger().say(ANNA, ANNA, "hello", at);
    let found = rig.all(&mut cursor).await;
    let told: Vec<&str> = found.iter().map(|p| p.text.as_str()).collect();
    let address = "https://bsky.app/profile/did:plc:anna/post/3kabc";
    let (bare, both) = (format!("[post] {address}"), format!("this one\n[post] {address}"));
    assert_eq!(told, [bare.as_str(), both.as_str(), "a list", "hello"]);
}

#[tokio::test]
async fn an_app_password_without_direct_messages_is_told_and_no_token_is_wasted() {
    let rig = Rig::start().await;
    rig.chat.ledger().no_scope = true;
    let to = rig.going(POST, "").to;
    for _ in 0..3 {
        let Reach::Nobody { why } = rig.source.private().unwrap().reachable(&to).await else { panic!() };
        assert!(why.contains("app password"), "{why}");
    }
    let trouble = rig.source.poll().unwrap().poll("chat", None).await.unwrap_err();
    assert_eq!(trouble.state, TroubleState::NeedsRight);
    assert_eq!(rig.chat.ledger().calls.get("com.atproto.server.refreshSession"), None);
    let without = account(&rig.chat.url, &rig.clock, false);
    assert!(without.private().is_none());
    assert!(!without.poll().unwrap().streams().contains(&"chat".to_owned()));
}

#[tokio::test]
async fn a_message_goes_where_it_belongs_and_is_measured_before() {
    let rig = Rig::start().await;
    let Outcome::Done { remote_id, at } = rig.send(&rig.going(POST, "Hello Anna ^Jan")).await else {
        panic!()
    };
    assert_eq!(remote_id, "chat:3kconvo0/3kmsg0");
    assert!(at.unwrap() <= rig.now());
    let way = rig.source.private().unwrap();
    assert_eq!(way.conversation_of(&remote_id).as_deref(), Some("chat:3kconvo0"));
    let theirs = rig.chat.ledger().say(ANNA, ANNA, "hello", rig.now());
    let Outcome::Done { .. } = rig.send(&rig.going(&theirs, "And?")).await else { panic!() };
    assert_eq!(rig.chat.ledger().calls["chat.bsky.convo.getConvoForMembers"], 1, "the second knows its talk");
    assert!(rig.chat.ledger().said.iter().all(|m| m.convo == "3kconvo0"));
    let draft = |text: String| Draft { text, sign: "Jan".into(), to: rig.going(POST, "").to };
    assert_eq!(way.compose(&draft("x".repeat(995))).refused, None);
    assert!(way.compose(&draft("x".repeat(996))).refused.unwrap().starts_with("1001 characters"));
    assert_eq!(way.compose(&draft("hi".into())).visibility, "direct");
    assert_eq!(way.way_in().as_deref(), Some("https://bsky.app/profile/brand.example"));
    let gone = rig.send(&rig.going("chat:3knowhere/3k", "x")).await;
    assert!(matches!(gone, Outcome::Refused { .. }), "{gone:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_becomes_of_the_confirmation_it_is_said_once_or_a_person_decides() {
    for (mishap, stands) in [(Mishap::Said500, true), (Mishap::SaidDrop, true), (Mishap::Lost500, false)] {
        let rig = Rig::start().await;
        // The very same words from before do not count.
        rig.chat.ledger().say(OWN, ANNA, "We look into it", rig.now().minus(Span::minutes(5)));
        rig.chat.ledger().mishap = Some(mishap);
        let going = rig.going(POST, "We look into it");
        let outcome = rig.send(&going).await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{mishap:?}: {outcome:?}");
        let looked = rig.look(&going).await;
        if stands {
            let Looked::Done { remote_id, at } = looked else { panic!("{mishap:?}: {looked:?}") };
            assert_eq!((remote_id.as_str(), at.is_some()), ("chat:3kconvo0/3kmsg1", true));
        } else {
            assert!(matches!(looked, Looked::Later { .. }), "it may still come: {looked:?}");
            rig.clock.advance(Span::minutes(2));
            let looked = rig.look(&going).await;
            assert!(matches!(looked, Looked::Person { .. }), "without a key a person decides: {looked:?}");
        }
        assert_eq!(rig.chat.ledger().said.len(), if stands { 2 } else { 1 });
    }
    let rig = Rig::start().await;
    rig.chat.ledger().mishap = Some(Mishap::Limited);
    assert!(matches!(rig.send(&rig.going(POST, "x")).await, Outcome::Retry { .. }));
    assert!(rig.chat.ledger().said.is_empty());
}

#[tokio::test]
async fn everything_said_comes_once_with_who_said_it_to_whom() {
    let rig = Rig::start().await;
    let old = rig.chat.ledger().say(ANNA, ANNA, "before you were there", rig.now().minus(Span::hours(2)));
    let mut cursor = None;
    let first = rig.all(&mut cursor).await;
    assert_eq!(first.iter().map(|p| p.external_id.clone()).collect::<Vec<_>>(), [old]);
    let said = &first[0];
    assert_eq!(
        (said.platform.as_str(), said.private, said.addressed, said.own),
        ("bluesky", true, true, false)
    );
    assert_eq!(said.author.handle.as_deref(), Some("anna.example"));
    assert_eq!(said.conversation_id.as_deref(), Some("chat:3kconvo0"));
    assert_eq!(said.visibility.as_deref(), Some("direct"));
    let texts = ["one", "two", "three", "four", "five"];
    for text in texts {
        rig.chat.ledger().say(ANNA, ANNA, text, rig.now());
    }
    rig.chat.ledger().say(OWN, ANNA, "ours, typed in the app", rig.now());
    let next = rig.all(&mut cursor).await;
    let seen: Vec<&str> = next.iter().map(|p| p.text.as_str()).collect();
    assert_eq!(seen, [&texts[..], &["ours, typed in the app"]].concat());
    let own = next.last().unwrap();
    assert_eq!((own.own, own.answers.as_deref()), (true, Some(ANNA)));
    assert!(rig.all(&mut cursor).await.is_empty());
    // What the log forgets is found by reading the conversations once an hour.
    rig.chat.ledger().say(ANNA, ANNA, "forgotten by the log", rig.now());
    let all = rig.chat.ledger().said.len();
    rig.chat.ledger().forgotten = all;
    assert!(rig.all(&mut cursor).await.is_empty());
    rig.clock.advance(Span::minutes(61));
    let swept = rig.all(&mut cursor).await;
    assert!(swept.iter().any(|p| p.text == "forgotten by the log"), "{swept:?}");
    // Private messages are not asked for by address.
    let posts = [PostRef { external_id: "chat:3kconvo0/3kmsg0".into(), ..PostRef::default() }];
    assert_eq!(rig.source.recheck().unwrap().standing(&posts).await.unwrap(), [Standing::Unknown]);
}

#[tokio::test]
async fn a_sweep_reads_on_where_more_was_said_than_a_page_holds() {
    let rig = Rig::start().await;
    let at = rig.now().minus(Span::hours(1));
    for n in 0..120 {
        rig.chat.ledger().say(ANNA, ANNA, &format!("from anna {n}"), at);
    }
    for n in 0..60 {
        let did = format!("did:plc:other{n}");
        rig.chat.ledger().say(&did, &did, "from another", at);
    }
    // What was said before anybody asks is left alone.
    rig.chat.ledger().say("did:plc:old", "did:plc:old", "long ago", rig.now().minus(Span::days(3)));
    rig.chat.ledger().said.rotate_right(1);
    let mut cursor = None;
    let found = rig.all(&mut cursor).await;
    let of_anna = found.iter().filter(|p| p.author.id == ANNA).count();
    assert_eq!((found.len(), of_anna), (180, 120));
    assert!(found.iter().all(|p| p.text != "long ago"));
}

#[tokio::test]
async fn a_conversation_that_is_not_there_any_more_holds_up_no_other() {
    let rig = Rig::start().await;
    let mut cursor = None;
    assert!(rig.all(&mut cursor).await.is_empty());
    let gone = rig.chat.ledger().convo("did:plc:gone");
    rig.chat.ledger().left.push(gone);
    rig.chat.ledger().say("did:plc:gone", "did:plc:gone", "and away", rig.now());
    rig.chat.ledger().say(ANNA, ANNA, "hello", rig.now());
    let told = |found: &[RawPost]| found.iter().map(|p| p.text.clone()).collect::<Vec<_>>();
    assert_eq!(told(&rig.all(&mut cursor).await), ["hello"], "in the log");
    rig.chat.ledger().say(ANNA, ANNA, "and this", rig.now());
    let all = rig.chat.ledger().said.len();
    rig.chat.ledger().forgotten = all;
    rig.clock.advance(Span::minutes(61));
    let swept = told(&rig.all(&mut cursor).await);
    assert!(swept.contains(&"and this".to_owned()), "in a sweep: {swept:?}");
}

#[tokio::test]
async fn a_page_that_was_not_stored_comes_again() {
    let rig = Rig::start().await;
    let mut cursor = None;
    rig.all(&mut cursor).await;
    rig.chat.ledger().say(ANNA, ANNA, "hello", rig.now());
    let poll = rig.source.poll().unwrap();
    let one = poll.poll("chat", cursor.as_deref()).await.unwrap();
    let again = poll.poll("chat", cursor.as_deref()).await.unwrap();
    assert_eq!((one.items.len(), again.items.len()), (1, 1));
    assert_eq!(one.items[0].place, again.items[0].place);
}

#[tokio::test]
async fn somebody_whose_did_is_their_own_host_is_talked_to_like_any_other() {
    const SHOP: &str = "did:web:shop.example";
    let rig = Rig::start().await;
    let mut cursor = None;
    assert!(rig.all(&mut cursor).await.is_empty());
    let mut going = rig.going("at://did:web:shop.example/app.bsky.feed.post/3kabc", "Hello ^Jan");
    going.to.author_id = SHOP.into();
    let way = rig.source.private().unwrap();
    assert_eq!(way.reachable(&going.to).await, Reach::Open);
    let draft = Draft { text: "Hello".into(), sign: "Jan".into(), to: going.to.clone() };
    assert_eq!(way.compose(&draft).refused, None);
    let Outcome::Done { remote_id, .. } = rig.send(&going).await else { panic!("not done") };
    assert!(rig.chat.ledger().convos.contains_key(SHOP), "the talk is with them");
    rig.chat.ledger().say(SHOP, SHOP, "thank you", rig.now());
    let found = rig.all(&mut cursor).await;
    let theirs = found.iter().find(|p| !p.own).unwrap();
    assert_eq!((theirs.author.id.as_str(), theirs.text.as_str()), (SHOP, "thank you"));
    assert_eq!(theirs.conversation_id, way.conversation_of(&remote_id));
}

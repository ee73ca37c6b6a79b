//! Answers in an account's name: once whatever happens on the way, never wider than the post, never
//! to what is gone; and moderation.

use crate::account_poll::config;
use crate::fake_account::{FakeAccount, LOU, ME, MIA, Mischief, TOKEN, long_ago, uri};
use crate::{built, outside};
use serde_json::json;
use std::sync::Arc;
use webcared::clock::{Clock, SystemClock};
use webcared::domain::delivery::{Looked, Outcome};
use webcared::domain::time::{Span, Timestamp};
use webcared::sources::Source;
use webcared::sources::private::Reach;
use webcared::sources::reply::{Draft, Measure, Outgoing, PostRef};

fn now() -> Timestamp {
    SystemClock::default().now()
}

/// A server, an account on it, and a post of Mia's that is answered.
struct Desk {
    fake: FakeAccount,
    source: Arc<dyn Source>,
    post: u64,
}

impl Desk {
    async fn open() -> Self {
        Self::at("public").await
    }

    async fn at(visibility: &str) -> Self {
        let fake = FakeAccount::start().await;
        let post = fake.post_as(MIA, "@acme where is my parcel", None, visibility);
        Self { source: built(config(&fake.url)), fake, post }
    }

    fn to(&self) -> PostRef {
        PostRef {
            external_id: uri(self.post),
            local_id: Some(self.post.to_string()),
            author_id: "https://remote.example/@mia".into(),
            author_handle: "mia@remote.example".into(),
            visibility: "public".into(),
            ..PostRef::default()
        }
    }

    fn going(&self) -> Outgoing {
        let reply = self.source.reply().unwrap();
        Outgoing {
            action_id: "a1".into(),
            key: reply.new_key(now(), 7),
            to: self.to(),
            text: "@mia@remote.example See https://acme.example/help, or ask @bob@x.example ^Jan".into(),
            visibility: "unlisted".into(),
            language: "en".into(),
            made_at: now(),
            first_sent_at: None,
            case_number: None,
            files: Vec::new(),
        }
    }

    async fn send(&self, going: &Outgoing) -> Outcome {
        self.source.reply().unwrap().send(going).await
    }

    async fn look(&self, going: &Outgoing) -> Looked {
        self.source.reply().unwrap().look(going).await
    }

    async fn refused(&self, going: &Outgoing) -> String {
        match self.send(going).await {
            Outcome::Refused { reason } => reason,
            other => panic!("{other:?}"),
        }
    }
}

fn own_uri(desk: &Desk) -> String {
    desk.fake.own()[0]["uri"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_is_one_post() {
    let desk = Desk::open().await;
    let going = desk.going();
    let before = now().minus(Span::seconds(1));
    let Outcome::Done { remote_id, at } = desk.send(&going).await else { panic!("not done") };
    assert_eq!(remote_id, own_uri(&desk));
    assert!(at.unwrap() > before);
    assert_eq!(desk.send(&going).await, Outcome::Done { remote_id, at });
    assert_eq!((desk.fake.own().len(), desk.fake.ledger().attempts.len()), (1, 2));
    let (key, body) = desk.fake.ledger().attempts[0].clone();
    assert_eq!(key, going.key);
    assert_eq!(
        body,
        json!({"status": going.text, "in_reply_to_id": desk.post.to_string(), "visibility": "unlisted", "language": "en"})
    );
    let reply = desk.source.reply().unwrap();
    assert_ne!(reply.new_key(now(), 1), reply.new_key(now(), 2));
    assert_eq!(reply.account().id, "https://inst.example/@acme");
    assert_eq!(reply.account().handle.as_deref(), Some("acme@inst.example"));
    assert_eq!(desk.fake.ledger().unauthorised, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_becomes_of_the_answer_the_post_is_found_again() {
    for mischief in [
        Mischief::Posts500,
        Mischief::PostsDrops,
        Mischief::PostsStalls,
        Mischief::PostsTruncates,
        Mischief::PostsBabbles,
        Mischief::PostsFloods,
    ] {
        let desk = Desk::open().await;
        let mut going = desk.going();
        desk.fake.ledger().mischief = mischief.clone();
        let outcome = desk.send(&going).await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{mischief:?}: {outcome:?}");
        going.first_sent_at = Some(going.made_at);
        let Looked::Done { remote_id, at } = desk.look(&going).await else { panic!("{mischief:?}") };
        assert_eq!(remote_id, own_uri(&desk));
        assert!(at.is_some());
        assert_eq!((desk.fake.own().len(), desk.fake.ledger().attempts.len()), (1, 1), "{mischief:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_there_goes_again_only_while_the_key_is_known() {
    let desk = Desk::open().await;
    // The same words by others, to others and from before are not it.
    desk.fake.post(LOU, &desk.going().text, Some(desk.post));
    let other = desk.fake.post(MIA, "another matter", None);
    desk.fake.post(ME, &desk.going().text, Some(other));
    let mut going = desk.going();
    desk.fake.ledger().mischief = Mischief::Loses;
    assert!(matches!(desk.send(&going).await, Outcome::Unknown { .. }));
    going.first_sent_at = Some(now());
    assert!(matches!(desk.look(&going).await, Looked::Again { .. }));
    going.first_sent_at = Some(long_ago());
    assert!(matches!(desk.look(&going).await, Looked::Person { .. }));
    // Elsewhere nobody trusts keys: a moment later it is a person's matter.
    let desk = Desk::open().await;
    desk.fake.ledger().version = "2.8.0 (compatible; Friendica 2024.12)".into();
    going.to = desk.to();
    going.first_sent_at = Some(now());
    assert!(matches!(desk.look(&going).await, Looked::Later { .. }), "the server may still be at work");
    going.first_sent_at = Some(now().minus(Span::minutes(2)));
    assert!(matches!(desk.look(&going).await, Looked::Person { .. }));
    // Nobody can be asked: that is not the same as not there.
    for end in ["/context", "/1/statuses"] {
        let desk = Desk::open().await;
        desk.fake.ledger().refuses.insert(end, (500, vec![], String::new()));
        going.to = desk.to();
        assert!(matches!(desk.look(&going).await, Looked::Later { .. }), "{end}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_key_has_lapsed_an_attempt_looks_before_it_sends() {
    let desk = Desk::open().await;
    let mut going = desk.going();
    going.made_at = long_ago();
    assert!(matches!(desk.send(&going).await, Outcome::Done { .. }));
    desk.fake.ledger().honours_keys = false; // it has forgotten
    going.first_sent_at = Some(long_ago());
    let Outcome::Done { remote_id, .. } = desk.send(&going).await else { panic!("not found") };
    assert_eq!(remote_id, own_uri(&desk));
    assert_eq!((desk.fake.own().len(), desk.fake.ledger().attempts.len()), (1, 1));
    // What was never posted, since the server was away all the time, goes now.
    let desk = Desk::open().await;
    going.to = desk.to();
    assert!(matches!(desk.send(&going).await, Outcome::Done { .. }));
    assert_eq!(desk.fake.own().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_come_with_words_and_patience_with_a_time() {
    let desk = Desk::open().await;
    let going = desk.going();
    let refuse = |code, headers, body: &str| {
        desk.fake.ledger().refuses.insert("/v1/statuses", (code, headers, body.to_owned()));
    };
    let soon = now().plus(Span::seconds(90));
    for (header, value) in [
        ("x-ratelimit-reset", soon.rfc3339()),
        ("x-ratelimit-reset", (soon.millis() / 1000).to_string()),
        ("retry-after", "90".to_owned()),
    ] {
        let desk = Desk::open().await;
        let headers = vec![(header, value)];
        desk.fake.ledger().refuses.insert("/v1/statuses", (429, headers, "{\"error\":\"Too many\"}".into()));
        let outcome = desk.send(&desk.going()).await;
        let Outcome::Retry { after: Some(wait), .. } = outcome else { panic!("{outcome:?}") };
        assert!((Span::seconds(80)..=Span::seconds(92)).contains(&wait), "{wait}");
        // The next does not even ask.
        let asked = desk.fake.ledger().asked.len();
        assert!(matches!(desk.send(&desk.going()).await, Outcome::Retry { after: Some(_), .. }));
        assert_eq!(desk.fake.ledger().asked.len(), asked);
    }
    refuse(422, vec![], "{\"error\":\"Validation failed: Text is too long (maximum is 500 characters)\"}");
    assert!(desk.refused(&going).await.contains("Text is too long"));
    refuse(401, vec![], "{\"error\":\"The access token is invalid\"}");
    assert!(desk.refused(&going).await.contains("token is invalid"));
    refuse(403, vec![], "{\"error\":\"This action is outside the authorized scopes\"}");
    assert!(desk.refused(&going).await.contains("scopes"));
    refuse(404, vec![], "{\"error\":\"Record not found\"}");
    assert_eq!(desk.refused(&going).await, "its author has removed the post");
    assert!(desk.fake.own().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_sent_where_something_fails_before() {
    let desk = Desk::open().await;
    desk.fake.delete(desk.post);
    assert_eq!(desk.refused(&desk.going()).await, "its author has removed the post");
    let desk = Desk::open().await;
    for (code, body) in [(500, ""), (503, ""), (404, "<html>")] {
        let end: &'static str = Box::leak(desk.post.to_string().into_boxed_str());
        desk.fake.ledger().refuses.insert(end, (code, vec![], body.to_owned()));
        let outcome = desk.send(&desk.going()).await;
        assert!(matches!(outcome, Outcome::Retry { .. }), "{code}: {outcome:?}");
    }
    let mut nowhere = config("http://127.0.0.1:9");
    nowhere["name"] = json!("nowhere");
    let outcome = built(nowhere).reply().unwrap().send(&desk.going()).await;
    assert!(matches!(outcome, Outcome::Retry { .. }), "{outcome:?}");
    let mut wrong = config(&desk.fake.url);
    wrong["mastodon"]["token"] = json!("another");
    let outcome = built(wrong).reply().unwrap().send(&desk.going()).await;
    assert!(matches!(outcome, Outcome::Refused { .. }), "{outcome:?}");
    assert!(desk.fake.ledger().attempts.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_post_this_server_has_not_seen_is_fetched_and_a_number_that_means_another_is_not_trusted() {
    let desk = Desk::open().await;
    let mut going = desk.going();
    going.to.local_id = None;
    assert!(desk.refused(&going).await.contains("cannot find the post"));
    desk.fake.ledger().findable.insert(uri(desk.post), desk.post);
    assert!(matches!(desk.send(&going).await, Outcome::Done { .. }));
    assert!(
        desk.fake.ledger().asked.iter().any(|a| a.contains("resolve=true") && a.contains("type=statuses"))
    );
    let other = desk.fake.post(LOU, "somebody else's", None);
    let mut going = desk.going();
    going.key = "another".into();
    going.to.local_id = Some(other.to_string());
    assert!(matches!(desk.send(&going).await, Outcome::Done { .. }));
    let posted: Vec<_> =
        desk.fake.ledger().attempts.iter().map(|(_, b)| b["in_reply_to_id"].clone()).collect();
    assert_eq!(posted, [json!(desk.post.to_string()), json!(desk.post.to_string())]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_is_wider_than_its_post() {
    for (post, known_as, sent) in [
        ("public", "public", "unlisted"),
        ("unlisted", "unlisted", "unlisted"),
        ("private", "private", "private"),
        ("direct", "direct", "direct"),
        ("local", "local", "direct"),
        // Stored as public by another source; the server knows better.
        ("private", "public", "private"),
        ("direct", "unlisted", "direct"),
    ] {
        let desk = Desk::at(post).await;
        let mut to = desk.to();
        to.visibility = known_as.into();
        let draft = Draft { text: "Hello".into(), sign: String::new(), to: to.clone() };
        let composed = desk.source.reply().unwrap().compose(&draft);
        assert_eq!(composed.refused, None);
        let going = Outgoing { to, text: composed.text, visibility: composed.visibility, ..desk.going() };
        assert!(matches!(desk.send(&going).await, Outcome::Done { .. }));
        assert_eq!(desk.fake.own()[0]["visibility"], sent, "{post} known as {known_as}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_and_names_are_learned_at_the_first_look() {
    let desk = Desk::open().await;
    let reply = desk.source.reply().unwrap();
    assert_eq!(reply.credential(), "mastodon:acme@127.0.0.1");
    assert_eq!((reply.limits().text_max, reply.account().id.as_str()), (500, "acme@127.0.0.1"));
    desk.source.poll().unwrap().poll("own", None).await.unwrap();
    assert_eq!((reply.limits().text_max, reply.credential()), (600, "mastodon:acme@127.0.0.1"));
    let mut to = desk.to();
    to.author_handle = "lou@inst.example".into();
    let local = reply.compose(&Draft { text: "Hi".into(), sign: "Jan".into(), to });
    assert_eq!(local.text, "@lou Hi ^Jan");
    let asked = |what: &str| desk.fake.ledger().asked.iter().filter(|a| a.contains(what)).count();
    desk.source.poll().unwrap().poll("notifications", None).await.unwrap();
    assert_eq!(
        (asked("accounts/verify_credentials"), asked("instance")),
        (1, 1),
        "asked again after a day only"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn measures_are_taken_and_taking_them_twice_does_no_harm() {
    let desk = Desk::open().await;
    let reply = desk.source.reply().unwrap();
    assert_eq!(reply.measures(), Measure::OF_ACCOUNTS);
    let take = async |measure| {
        for _ in 0..2 {
            let outcome = reply.moderate(measure, &desk.going(), "house rule 3").await;
            assert!(matches!(outcome, Outcome::Done { .. }), "{measure:?}: {outcome:?}");
        }
        let l = desk.fake.ledger();
        (l.favourites.contains(&desk.post), l.muted.contains(&MIA), l.blocked.contains(&MIA))
    };
    assert_eq!(take(Measure::Like).await, (true, false, false));
    assert_eq!(take(Measure::Mute).await, (true, true, false));
    assert_eq!(take(Measure::Block).await, (true, true, true));
    assert_eq!(take(Measure::Unlike).await, (false, true, true));
    assert_eq!(take(Measure::Unmute).await, (false, false, true));
    assert_eq!(take(Measure::Unblock).await, (false, false, false));
    let outcome = reply.moderate(Measure::Report, &desk.going(), "house rule 3").await;
    assert!(matches!(outcome, Outcome::Done { .. }));
    let report = json!({"account_id": "2", "status_ids": [desk.post.to_string()], "comment": "house rule 3", "forward": false});
    assert_eq!(desk.fake.ledger().reports, [report]);
    desk.fake.ledger().refuses.insert("/favourite", (500, vec![], String::new()));
    let outcome = reply.moderate(Measure::Like, &desk.going(), "").await;
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
    desk.fake.delete(desk.post);
    let gone = reply.moderate(Measure::Like, &desk.going(), "").await;
    assert!(matches!(gone, Outcome::Refused { .. }));
    assert!(matches!(reply.moderate(Measure::Unlike, &desk.going(), "").await, Outcome::Done { .. }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_token_shows_nowhere() {
    let desk = Desk::open().await;
    let config: webcared::sources::config::SourceConfig =
        serde_json::from_value(config(&desk.fake.url)).unwrap();
    let source = webcared::sources::mastodon::Mastodon::new(
        "acme",
        None,
        config.mastodon.as_ref().unwrap(),
        &outside(),
    )
    .unwrap();
    let mut said = vec![format!("{source:?}"), format!("{config:?}")];
    for code in [401, 403, 404, 422, 429, 500] {
        let body = "{\"error\":\"no\"}".to_owned();
        for end in ["/statuses", "/notifications", "/context"] {
            desk.fake.ledger().refuses.insert(end, (code, vec![], body.clone()));
        }
        said.push(format!("{:?}", desk.send(&desk.going()).await));
        said.push(format!("{:?}", desk.look(&desk.going()).await));
        said.push(format!("{:?}", desk.source.poll().unwrap().poll("notifications", None).await));
    }
    said.push(format!(
        "{:?}",
        built(crate::account_poll::config("http://127.0.0.1:9")).reply().unwrap().send(&desk.going()).await
    ));
    assert!(said.iter().all(|s| !s.contains(TOKEN) && !s.contains("Bearer")), "{said:#?}");
    assert!(desk.fake.ledger().asked.iter().all(|a| !a.contains(TOKEN)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_private_word_is_read_by_nobody_else_and_is_said_once() {
    let desk = Desk::open().await;
    let way = desk.source.private().unwrap();
    assert_eq!(way.reachable(&desk.to()).await, Reach::Open);
    let nobody = PostRef { author_handle: String::new(), ..desk.to() };
    assert!(matches!(way.reachable(&nobody).await, Reach::Nobody { .. }));
    let draft = Draft { text: "ask @bob@x.example".into(), sign: "Jan".into(), to: desk.to() };
    let composed = way.compose(&draft);
    assert_eq!(composed.visibility, "direct", "of a public post too");
    assert!(composed.text.contains("@\u{200b}bob@x.example"), "nobody is let in: {}", composed.text);
    let going = Outgoing { text: composed.text, visibility: composed.visibility, ..desk.going() };
    desk.fake.ledger().mischief = Mischief::Posts500;
    assert!(matches!(way.send(&going).await, Outcome::Unknown { .. }));
    let Looked::Done { remote_id, .. } = way.look(&going).await else { panic!("not found") };
    assert_eq!(remote_id, own_uri(&desk));
    assert!(matches!(way.send(&going).await, Outcome::Done { .. }), "one key is one post");
    assert_eq!(desk.fake.own().len(), 1);
    assert_eq!(desk.fake.own()[0]["visibility"], "direct");
    // Whatever was asked for, a private word never becomes wider on its way.
    let wide = Outgoing { visibility: "public".into(), key: "another".into(), ..going };
    assert!(matches!(way.send(&wide).await, Outcome::Done { .. }));
    assert!(desk.fake.own().iter().all(|post| post["visibility"] == "direct"));
    assert_eq!(way.way_in().as_deref(), Some("https://inst.example/@acme"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_server_takes_in_private_is_known_before_anything_is_offered() {
    let desk = Desk::open().await;
    desk.fake.ledger().version = "3.5.3 (compatible; Pixelfed 0.12.4)".into();
    let way = desk.source.private().unwrap();
    let Reach::Nobody { why } = way.reachable(&desk.to()).await else { panic!("nothing is possible") };
    assert!(why.contains("Pixelfed"), "{why}");
    assert_eq!(way.way_in(), None, "its messages are not seen by us");
    let draft = Draft { text: "Hello".into(), sign: String::new(), to: desk.to() };
    assert!(way.compose(&draft).refused.unwrap().contains("Pixelfed"));
    assert!(matches!(way.send(&desk.going()).await, Outcome::Refused { .. }));
    assert!(desk.fake.ledger().attempts.is_empty(), "nothing was tried");
    assert_eq!(desk.source.reply().unwrap().compose(&draft).refused, None, "in public it answers");
    let exams = desk.source.examine().unwrap().examine().await;
    assert!(exams.iter().any(|e| e.what == "private messages" && e.found.contains("Pixelfed")), "{exams:?}");
}

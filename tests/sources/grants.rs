//! What connectors learn of their own credentials: when they end, and which right was taken away.

use crate::account_poll;
use crate::bluesky::{Rig, poll};
use crate::built;
use crate::fake_account::{FakeAccount, MIA, uri};
use crate::forum::{ACCOUNT, FakeForum, refused};
use crate::post_office::PostOffice;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;
use webcared::clock::{Clock, SystemClock};
use webcared::domain::delivery::Outcome;
use webcared::domain::time::{Span, Timestamp};
use webcared::sources::reply::{Outgoing, PostRef};
use webcared::sources::{Right, Source, TroubleState};

fn now() -> Timestamp {
    SystemClock::default().now()
}

fn going(source: &dyn Source, to: PostRef, text: &str) -> Outgoing {
    let reply = source.reply().unwrap();
    Outgoing {
        action_id: "a1".into(),
        key: reply.new_key(now(), 7),
        to,
        text: text.into(),
        visibility: "public".into(),
        language: "en".into(),
        made_at: now(),
        first_sent_at: None,
        case_number: None,
        files: Vec::new(),
    }
}

fn reason(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Refused { reason } => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scope_that_is_gone_is_known_before_and_told_with_the_refusal() {
    let fake = FakeAccount::start().await;
    let post = fake.mention(MIA, "@acme where is my parcel", None);
    fake.ledger().scopes = Some(vec!["read"]);
    let source = built(account_poll::config(&fake.url));
    let grants = source.grants().unwrap();
    assert_eq!(grants.lacks(Right::Answer), None, "nothing was asked yet");
    source.poll().unwrap().poll("notifications", None).await.unwrap();
    assert!(grants.lacks(Right::Answer).unwrap().contains("write:statuses"), "asked, not tried");
    assert!(grants.lacks(Right::Private).is_some(), "a private message is a post");
    let asked =
        |fake: &FakeAccount| fake.ledger().asked.iter().filter(|a| a.contains("verify_credentials")).count();
    let before = asked(&fake);
    source.poll().unwrap().poll("notifications", None).await.unwrap();
    assert_eq!(asked(&fake), before, "once an hour");

    let to = PostRef {
        external_id: uri(post),
        local_id: Some(post.to_string()),
        author_handle: "mia@remote.example".into(),
        visibility: "public".into(),
        ..PostRef::default()
    };
    let out_of_scope = r#"{"error":"This action is outside the authorized scopes"}"#.to_owned();
    fake.ledger().refuses.insert("statuses", (403, vec![], out_of_scope.clone()));
    let outgoing = going(&*source, to, "@mia@remote.example on its way");
    let outcome = source.reply().unwrap().send(&outgoing).await;
    assert!(reason(&outcome).contains("write:statuses"), "{outcome:?}");
    // Another refusal tells nothing of rights; an answer that is taken gives them back.
    fake.ledger()
        .refuses
        .insert("statuses", (403, vec![], r#"{"error":"This action is not allowed"}"#.into()));
    let outcome = source.reply().unwrap().send(&outgoing).await;
    assert!(reason(&outcome).contains("not allowed"), "{outcome:?}");
    assert!(grants.lacks(Right::Answer).is_some());
    fake.ledger().refuses.clear();
    assert!(matches!(source.reply().unwrap().send(&outgoing).await, Outcome::Done { .. }));
    assert_eq!(grants.lacks(Right::Answer), None);
    let changes = grants.take().unwrap();
    assert_eq!(changes.rights, [(Right::Answer, None), (Right::Private, None)]);
    // Reading without the right is a state of its own.
    fake.ledger().refuses.insert("notifications", (403, vec![], out_of_scope));
    let trouble = source.poll().unwrap().poll("notifications", None).await.unwrap_err();
    assert_eq!(trouble.state, TroubleState::NeedsRight);
    assert!(trouble.why.contains("outside the authorized scopes"), "{}", trouble.why);
}

#[tokio::test]
async fn a_forum_s_key_that_may_only_read_is_told_with_the_refusal() {
    let forum = FakeForum::start().await;
    let id = forum.post(11, 1, (3, "bob"), "My phone is dead");
    let source = built(json!({"name": "forum", "discourse": {"server": forum.site.url, "account": ACCOUNT,
        "api_key": "s3cret-key-of-the-forum", "calls_per_minute": 1000}}));
    let said = "You are not permitted to view the requested resource. The API username or key is invalid.";
    forum.ledger().moods.push_back(crate::forum::Mood::Refuses(refused(403, said)));
    let to = PostRef { external_id: id.to_string(), visibility: "public".into(), ..PostRef::default() };
    let outgoing = going(&*source, to, "Please try to hold both buttons.");
    let outcome = source.reply().unwrap().send(&outgoing).await;
    assert!(reason(&outcome).contains("right to write posts"), "{outcome:?}");
    let grants = source.grants().unwrap();
    assert!(grants.lacks(Right::Answer).is_some() && grants.lacks(Right::Private).is_some());
    // A topic that is closed is no lack of a right of the key.
    grants.given(Right::Answer);
    let said = "You are not permitted to view the requested resource.";
    forum.ledger().moods.push_back(crate::forum::Mood::Refuses(refused(403, said)));
    let outcome = source.reply().unwrap().send(&outgoing).await;
    assert!(matches!(outcome, Outcome::Refused { .. }), "{outcome:?}");
    assert_eq!(grants.lacks(Right::Answer), None);
}

#[tokio::test]
async fn bluesky_s_log_in_tells_its_end_and_renews_itself() {
    let rig = Rig::start().await;
    let source = rig.source();
    poll(&source).await.unwrap();
    let ends = source.grants().unwrap().all_ends();
    assert!(ends.len() == 2 && ends.iter().all(|e| e.renews), "{ends:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_in_a_file_tells_its_end_and_that_nobody_renewed_it() {
    let office = PostOffice::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let token = |from: Timestamp, until: Timestamp| {
        let claims = json!({"iat": from.millis() / 1000, "exp": until.millis() / 1000}).to_string();
        std::fs::write(&file, format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))).unwrap();
    };
    let mut config = office.config();
    config["mail"]["imap"].as_object_mut().unwrap().remove("password");
    config["mail"]["imap"]["token_file"] = json!(file);
    let source = built(config);
    token(now().minus(Span::days(50)), now().plus(Span::days(10)));
    let _ = source.poll().unwrap().poll("INBOX", None).await.unwrap_err();
    let ends = source.grants().unwrap().all_ends();
    assert!(ends.len() == 1 && !ends[0].renews, "one of sixty days is renewed by a person: {ends:?}");
    token(now().minus(Span::hours(3)), now().minus(Span::hours(2)));
    office.ledger().refuses = Some("[AUTHENTICATIONFAILED] expired");
    let trouble = source.poll().unwrap().poll("INBOX", None).await.unwrap_err();
    assert!(source.grants().unwrap().all_ends()[0].renews, "one of an hour is renewed by a program");
    assert_eq!(trouble.state, TroubleState::NeedsToken);
    assert!(trouble.why.contains("nobody has renewed it"), "{}", trouble.why);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mailbox_is_opened_by_token_as_the_big_providers_want_it() {
    let office = PostOffice::start().await;
    office.put("INBOX", now(), &crate::post_office::mail("1@x.example", "help"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "ya29.s3cret\n").unwrap();
    let mut config = office.config();
    config["mail"]["imap"].as_object_mut().unwrap().remove("password");
    config["mail"]["imap"]["token_file"] = json!(file);
    let source = built(config);
    let batch = source.poll().unwrap().poll("INBOX", None).await.unwrap();
    assert_eq!(batch.items.len(), 1);
    assert!(office.ledger().asked.iter().any(|a| a == "AUTHENTICATE XOAUTH2"), "{:?}", office.ledger().asked);
    let told = STANDARD.decode(office.ledger().words[0].clone()).unwrap();
    assert_eq!(String::from_utf8(told).unwrap(), "user=care@acme.example\x01auth=Bearer ya29.s3cret\x01\x01");
    // A token that was renewed is read anew; one that is refused is told without itself.
    std::fs::write(&file, "ya29.another").unwrap();
    office.ledger().refuses = Some("[AUTHENTICATIONFAILED] Invalid credentials");
    office.ledger().words.clear();
    let source = {
        let mut config = office.config();
        config["mail"]["imap"].as_object_mut().unwrap().remove("password");
        config["mail"]["imap"]["token_file"] = json!(file);
        built(config)
    };
    let trouble = source.poll().unwrap().poll("INBOX", None).await.unwrap_err();
    assert_eq!(trouble.state, TroubleState::NeedsToken);
    assert!(!format!("{trouble:?}").contains("ya29"), "{trouble:?}");
    let words = office.ledger().words.clone();
    assert_eq!((words.len(), words[1].as_str()), (2, ""), "the reason is answered with an empty word");
    assert!(String::from_utf8(STANDARD.decode(&words[0]).unwrap()).unwrap().contains("ya29.another"));
}

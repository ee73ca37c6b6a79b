//! Numbers on WhatsApp: what deliveries hold and whose they must be, how answers end, what doctor finds.

use crate::site::Reply;
use crate::whatsapp_site::{
    ANN, ANN_PHONE, APP_SECRET, FakeWhatsapp, Fault, NUMBER, OLD_SECRET, OTHER, VERIFY, config, delivered,
    refusal, says, signed,
};
use crate::{built, configured, outside};
use http::HeaderMap;
use serde_json::{Value, json};
use webcared::domain::delivery::{Looked, Outcome};
use webcared::domain::exam::Verdict;
use webcared::domain::file::FileNote;
use webcared::domain::post::RawPost;
use webcared::domain::time::{Span, Timestamp};
use webcared::domain::window::WindowRule;
use webcared::sources::media::{Found, Unfound};
use webcared::sources::private::Reach;
use webcared::sources::reply::{Draft, Outgoing, PostRef};
use webcared::sources::webhook::Refusal;
use webcared::sources::{Source, build};

const NOW: Timestamp = Timestamp(1_795_688_579_000);

fn outgoing(text: &str) -> Outgoing {
    Outgoing {
        action_id: "act_1".into(),
        key: "k7".into(),
        to: PostRef {
            external_id: "wamid.IN".into(),
            authority: NUMBER.into(),
            local_id: Some(format!("user:{ANN}")),
            author_id: ANN.into(),
            ..PostRef::default()
        },
        text: text.into(),
        visibility: "direct".into(),
        language: "nl".into(),
        made_at: Timestamp(0),
        first_sent_at: None,
        case_number: None,
        files: Vec::new(),
    }
}

fn posts(source: &dyn Source, body: &Value) -> Vec<RawPost> {
    let bytes = body.to_string();
    let items =
        source.hook().unwrap().items(&signed(APP_SECRET, bytes.as_bytes()), bytes.as_bytes(), NOW).unwrap();
    items.iter().map(|i| serde_json::from_slice(&i.body).unwrap()).collect()
}

fn recorded(name: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/whatsapp").join(name);
    std::fs::read(path).unwrap()
}

#[test]
fn recorded_deliveries_are_read() {
    let source = built(config("https://graph.example"));
    let read = |name: &str| -> Vec<RawPost> {
        // Its number is another's in one of them.
        let text = String::from_utf8(recorded(name)).unwrap().replace("109999999999999", NUMBER);
        let (bytes, headers) = (text.as_bytes(), signed(APP_SECRET, text.as_bytes()));
        let items = source.hook().unwrap().items(&headers, bytes, NOW).unwrap();
        items.iter().map(|i| serde_json::from_slice(&i.body).unwrap()).collect()
    };
    let text = &read("textMessage.json")[0];
    assert_eq!((text.text.as_str(), text.author.id.as_str()), ("hi everyone!", "1111111111111"));
    assert!(text.clone().check().is_ok());
    let image = &read("imageMessage.json")[0];
    assert_eq!(
        (image.text.as_str(), image.attachments[0].handle.as_str()),
        ("[picture]", "8472976218001204")
    );
    assert_eq!(read("reactMessage.json")[0].text, "👍");
    assert_eq!(read("messageDeleted.json")[0].text, "[a message that WhatsApp does not hand over]");
    let failed = &read("reEngagementMessageError.json")[0];
    assert_eq!(failed.undelivered.as_ref().unwrap().status, "131047");
    for name in ["textMessageStatusSent.json", "textMessageStatusDelivered.json"] {
        assert!(read(name).is_empty(), "{name}: it was not sent by us");
    }
}

#[test]
fn only_what_the_platform_signed_is_taken() {
    let source = built(config("https://graph.example"));
    let hook = source.hook().unwrap();
    let body = says("wamid.1", 1_795_688_000, "caf\u{e9} 😀", (Some(ANN), Some(ANN_PHONE))).to_string();
    // As the platform writes it: what is not ASCII is escaped, and so is the slash.
    let sent = body.replace('\u{e9}', "\\u00e9").replace('😀', "\\ud83d\\ude00").replace('/', "\\/");
    let bytes = sent.as_bytes();
    let items = |headers: &HeaderMap, bytes: &[u8]| hook.items(headers, bytes, NOW);
    let first = items(&signed(APP_SECRET, bytes), bytes).unwrap();
    assert_eq!(first.len(), 1);
    assert_eq!(items(&signed(APP_SECRET, bytes), bytes).unwrap(), first, "a replay holds the same");
    assert!(items(&signed(OLD_SECRET, bytes), bytes).is_ok(), "signed with the key before this one");
    assert_eq!(items(&signed("s3cret-of-somebody-else", bytes), bytes), Err(Refusal::Signature));
    assert_eq!(items(&signed(APP_SECRET, bytes), body.as_bytes()), Err(Refusal::Signature), "written anew");
    assert!(matches!(items(&HeaderMap::new(), bytes), Err(Refusal::Missing(_))));
    let mut twice = signed(APP_SECRET, bytes);
    twice.append("x-hub-signature-256", twice["x-hub-signature-256"].clone());
    assert!(matches!(items(&twice, bytes), Err(Refusal::Unreadable(_))));
    let junk = b"{\"object\":";
    assert_eq!(items(&signed(APP_SECRET, junk), junk).unwrap().len(), 1, "kept as it came");
    let asked = |word: &str| {
        hook.challenge(&format!("hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={word}"))
    };
    assert_eq!(asked(VERIFY).unwrap().body, "1158201444");
    assert!(asked("another-word").is_none());
    assert!(hook.wants_plain_ok());
}

#[test]
fn a_batch_of_several_numbers_is_parted_and_one_bad_element_harms_nobody() {
    let source = built(config("https://graph.example"));
    let mut body = says("wamid.1", 1_795_688_000, "een", (Some(ANN), None));
    let other = says("wamid.2", 1_795_688_001, "twee", (Some(ANN), None));
    let mut of_other = other["entry"][0]["changes"][0].clone();
    of_other["value"]["metadata"]["phone_number_id"] = json!(OTHER);
    let mut of_nobody = of_other.clone();
    of_nobody["value"]["metadata"]["phone_number_id"] = json!("1");
    let changes = body["entry"][0]["changes"].as_array_mut().unwrap();
    changes[0]["value"]["messages"].as_array_mut().unwrap().push(json!({"type": 7}));
    changes.extend([of_other, of_nobody, json!({"field": "account_update", "value": {}})]);
    let bytes = body.to_string();
    let items =
        source.hook().unwrap().items(&signed(APP_SECRET, bytes.as_bytes()), bytes.as_bytes(), NOW).unwrap();
    let read: Vec<Option<RawPost>> = items.iter().map(|i| serde_json::from_slice(&i.body).ok()).collect();
    let of: Vec<_> =
        read.iter().map(|p| p.as_ref().map(|p| (p.text.as_str(), p.authority.as_deref()))).collect();
    assert_eq!(of, [Some(("een", Some(NUMBER))), None, Some(("twee", Some(OTHER)))]);
    assert!(posts(&*source, &json!({"object": "page", "entry": [{}]})).is_empty());
    let app = json!({"message_echoes": [{"from": "31201234567", "to": ANN_PHONE, "id": "wamid.E",
        "timestamp": "1795688000", "type": "text", "text": {"body": "We kijken"}}]});
    assert!(posts(&*source, &delivered(NUMBER, "smb_message_echoes", &app))[0].own);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_goes_to_the_id_from_the_number_that_was_written_to() {
    let fake = FakeWhatsapp::start().await;
    let source = built(fake.config());
    let reply = source.reply().unwrap();
    let draft = |text: &str| Draft { text: text.into(), sign: "Jan".into(), to: PostRef::default() };
    assert_eq!(reply.compose(&draft("We zoeken het uit")).text, "We zoeken het uit ^Jan");
    assert!(reply.compose(&draft(&"x".repeat(4_092))).refused.unwrap().contains("4097 characters"));
    assert!(reply.compose(&draft("Hoi {{1}}")).refused.unwrap().contains("not filled in"));
    let done = reply.send(&outgoing("We zoeken het uit ^Jan")).await;
    assert_eq!(done, Outcome::Done { remote_id: "wamid.OUT1".into(), at: None });
    let sent = fake.ledger().taken[0].1.clone();
    assert_eq!((&sent["recipient"], &sent["to"]), (&json!(ANN), &Value::Null));
    assert_eq!((&sent["context"]["message_id"], &sent["type"]), (&json!("wamid.IN"), &json!("text")));
    assert_eq!(sent["biz_opaque_callback_data"], "act_1/k7");
    let mut by_phone = outgoing("x");
    by_phone.to.local_id = Some(format!("phone:{ANN_PHONE}"));
    by_phone.to.authority = OTHER.into();
    assert!(matches!(reply.send(&by_phone).await, Outcome::Done { .. }));
    assert_eq!(fake.ledger().taken[1].1["to"], ANN_PHONE);
    assert_eq!(fake.ledger().paths[1], format!("{OTHER}/messages"));
    by_phone.to.authority = "1".into();
    assert!(matches!(reply.send(&by_phone).await, Outcome::Refused { .. }), "a number that is not ours");
    assert_eq!(fake.ledger().taken.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filled_template_goes_as_one_and_is_counted() {
    let fake = FakeWhatsapp::start().await;
    let source = built(fake.config());
    let (reply, way) = (source.reply().unwrap(), source.private().unwrap());
    let words = "Hoi Ann, we hebben een antwoord over bestelling 4711. Antwoord om verder te praten.";
    let draft = Draft { text: words.into(), sign: "Jan".into(), to: PostRef::default() };
    let composed = reply.compose(&draft);
    assert_eq!(
        (composed.text.as_str(), composed.refused),
        (words, None),
        "no signature below approved words"
    );
    assert!(way.is_approved(words) && !way.is_approved("Hoi Ann"));
    assert_eq!(way.approved()[0].name, "again");
    assert_eq!(way.window(), Some(WindowRule { free: Span::hours(24), by_hand: None, approved: true }));
    assert!(matches!(way.send(&outgoing(words)).await, Outcome::Done { .. }));
    let sent = fake.ledger().taken[0].1.clone();
    assert_eq!((&sent["type"], &sent["template"]["name"]), (&json!("template"), &json!("again")));
    assert_eq!(sent["template"]["language"]["code"], "nl");
    assert_eq!(
        sent["template"]["components"][0]["parameters"],
        json!([{"type": "text", "text": "Ann"}, {"type": "text", "text": "bestelling 4711"}])
    );
    let spent = source.purse().unwrap().take();
    assert_eq!((spent.len(), spent[0].2.as_str(), spent[0].4), (1, "template_utility", 50_000));
    reply.send(&outgoing("vrije woorden")).await;
    assert!(source.purse().unwrap().take().is_empty(), "free words cost nothing");
    // Taken, and nobody heard of it: billed all the same.
    fake.ledger().faults.push_back(Fault::TakesAnd(Reply::status(500)));
    assert!(matches!(way.send(&outgoing(words)).await, Outcome::Unknown { .. }));
    let spent = source.purse().unwrap().take();
    assert_eq!((spent.len(), spent[0].2.as_str(), spent[0].4), (1, "template_utility", 50_000));
    fake.ledger().faults.push_back(Fault::Instead(refusal(400, 132_001)));
    assert!(matches!(way.send(&outgoing(words)).await, Outcome::Refused { .. }));
    assert!(source.purse().unwrap().take().is_empty(), "what was refused costs nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_refusal_is_what_it_is() {
    let fake = FakeWhatsapp::start().await;
    let source = built(fake.config());
    let reply = source.reply().unwrap();
    let send = async |reply_with: Reply| {
        fake.ledger().faults.push_back(Fault::Instead(reply_with));
        reply.send(&outgoing("x")).await
    };
    for (code, words) in [
        (131_047, "24 hours"),
        (131_026, "cannot be reached"),
        (131_048, "restricted"),
        (132_001, "approved"),
        (131_042, "payment"),
        (100, "refused"),
    ] {
        let outcome = send(refusal(400, code)).await;
        let Outcome::Refused { reason } = &outcome else { panic!("{code}: {outcome:?}") };
        assert!(reason.contains(words) && reason.contains(&code.to_string()), "{reason}");
        assert!(!reason.contains("Etwas"), "foreign words: {reason}");
    }
    for code in [130_429, 131_056, 80_007] {
        let outcome = send(refusal(400, code)).await;
        assert!(matches!(outcome, Outcome::Retry { after: Some(_), .. }), "{code}: {outcome:?}");
    }
    let usage = json!({"1": [{"type": "whatsapp", "call_count": 100, "estimated_time_to_regain_access": 3}]});
    let slow = refusal(400, 80_007).with("x-business-use-case-usage", usage.to_string());
    let outcome = send(slow).await;
    assert!(matches!(outcome, Outcome::Retry { after: Some(w), .. } if w == Span::minutes(3)), "{outcome:?}");
    assert!(matches!(send(refusal(401, 190)).await, Outcome::Retry { .. }), "the token can be put right");
    assert!(matches!(send(refusal(400, 2)).await, Outcome::Unknown { .. }), "no proof of anything");
    assert_eq!(fake.ledger().taken.len(), 0);
    for reply_with in
        [Reply::status(500), Reply::ok("{}"), Reply { cut: true, ..Reply::ok("{\"messages\":[]}") }]
    {
        fake.ledger().faults.push_back(Fault::TakesAnd(reply_with));
        let outcome = reply.send(&outgoing("x")).await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
    }
    let mut old = outgoing("x");
    assert!(matches!(reply.look(&old).await, Looked::Person { .. }), "long ago");
    old.first_sent_at = Some(outside().clock.now());
    assert!(matches!(reply.look(&old).await, Looked::Later { .. }), "what became of it may still be told");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_found_at_the_platform_alone() {
    let fake = FakeWhatsapp::start().await;
    let source = built(fake.config());
    let media = source.media().unwrap();
    let find = async |handle: &str, max: usize| {
        media.find(&FileNote { handle: handle.into(), ..FileNote::default() }, max).await
    };
    let Ok(Found::At { url, header: Some((_, value)) }) = find("77", 1_000).await else {
        panic!("it is there")
    };
    assert!(url.as_str().ends_with("/file/77") && value.is_sensitive());
    assert!(matches!(find("77", 2).await, Err(Unfound::TooLarge)));
    assert!(matches!(find("78", 1_000).await, Err(Unfound::Denied)), "the token goes nowhere else");
    assert!(matches!(find("79", 1_000).await, Err(Unfound::Gone)));
    assert!(matches!(find("../1", 1_000).await, Err(Unfound::Gone)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doctor_tells_how_numbers_templates_and_the_webhook_stand() {
    let fake = FakeWhatsapp::start().await;
    let mut config = fake.config();
    config["whatsapp"]["number"].as_array_mut().unwrap().pop();
    let source = build(&configured(config), &outside()).unwrap().remove(0);
    let exams = async || source.examine().unwrap().examine().await;
    let all = exams().await;
    assert!(all.iter().all(|e| e.verdict == Verdict::Good), "{all:?}");
    assert_eq!(
        all.iter().map(|e| e.what.as_str()).collect::<Vec<_>>()[2..],
        ["webhook", "template again (nl)", "window"]
    );
    {
        let mut ledger = fake.ledger();
        (ledger.quality, ledger.subscribed, ledger.approved) = ("RED", false, "PAUSED");
    }
    let verdicts: Vec<Verdict> = exams().await.iter().map(|e| e.verdict).collect();
    assert_eq!(verdicts, [Verdict::Good, Verdict::Mind, Verdict::Bad, Verdict::Bad, Verdict::Good]);
    fake.ledger().status = "PENDING";
    assert_eq!(exams().await[1].verdict, Verdict::Bad);
    fake.ledger().reads = Some(refusal(401, 190));
    let refused = exams().await;
    assert!(refused.len() == 1 && refused[0].found.contains("token is not valid"), "{refused:?}");
}

#[test]
fn a_post_is_not_lost_for_what_is_no_receipt() {
    let read = |receipt: Value| {
        let post = json!({"platform": "shop", "external_id": "1", "author": {"id": "a"}, "text": "hi",
            "created_at": "2026-11-24T09:30:00Z", "receipt": receipt});
        serde_json::from_value::<RawPost>(post).unwrap().receipt
    };
    for none in [Value::Null, json!("R-1"), json!({"number": 7}), json!([])] {
        assert_eq!(read(none.clone()), None, "{none}");
    }
    assert_eq!(read(json!({"action": "act_1", "key": "k"})).map(|r| r.key).as_deref(), Some("k"));
}

#[tokio::test]
async fn everybody_may_come_by_the_number() {
    let source = built(config("https://graph.example"));
    let way = source.private().unwrap();
    assert_eq!(way.way_in().as_deref(), Some("https://wa.me/31201234567?text={code}"));
    assert!(way.takes_everybody());
    assert_eq!(way.reachable(&outgoing("x").to).await, Reach::Open);
    assert!(matches!(way.reachable(&PostRef::default()).await, Reach::TheyWrite { .. }));
}

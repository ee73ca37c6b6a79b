//! A bot to which customers write: what it hands over, what it acknowledges, and how answers end.

use crate::{Daemon, built, eventually, fresh_on_each};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::net::TcpListener;
use webcared::domain::delivery::{Looked, Outcome};
use webcared::domain::exam::Verdict;
use webcared::domain::time::{Span, Timestamp};
use webcared::sources::reply::{Draft, Outgoing, PostRef};
use webcared::sources::{Reach, TroubleState};

const TOKEN: &str = "42:SECRET-key_1";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mood {
    #[default]
    Fine,
    /// It takes the message and then fails.
    SentThen500,
    /// It takes the message and cuts its answer off.
    SentThenCut,
    Refuses(u16, &'static str),
    Babbles,
}

#[derive(Default)]
struct Ledger {
    updates: Vec<Value>,
    /// Every offset that was asked with.
    offsets: Vec<Option<i64>>,
    sent: Vec<Value>,
    mood: Mood,
    webhook: &'static str,
    /// How many updates there ever were.
    last: i64,
}

pub(crate) struct Fake {
    url: String,
    ledger: Arc<Mutex<Ledger>>,
}

impl Fake {
    pub(crate) async fn start() -> Self {
        let ledger: Arc<Mutex<Ledger>> = Arc::default();
        let app = axum::Router::new().fallback(serve).with_state(ledger.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, ledger }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }

    /// How often messages were fetched.
    pub(crate) fn fetched(&self) -> usize {
        self.ledger().offsets.len()
    }

    pub(crate) fn config(&self) -> Value {
        json!({"name": "bot", "telegram": {"token": TOKEN, "api_url": self.url}})
    }

    /// A customer writes.
    fn says(&self, message: i64, text: &str) {
        let mut ledger = self.ledger();
        ledger.last += 1;
        let update = 100 + ledger.last;
        ledger.updates.push(json!({"update_id": update, "message": {"message_id": message, "date": 1_795_688_000,
            "chat": {"id": 77, "type": "private"}, "text": text,
            "from": {"id": 77, "is_bot": false, "first_name": "Ann", "username": "ann", "language_code": "nl"}}}));
    }
}

fn yes(result: &Value) -> Response {
    axum::Json(json!({"ok": true, "result": result})).into_response()
}

fn no(code: u16, description: &str) -> Response {
    let more = if code == 429 { json!({"retry_after": 14}) } else { json!({}) };
    let body = json!({"ok": false, "error_code": code, "description": description, "parameters": more});
    (StatusCode::from_u16(code).unwrap(), axum::Json(body)).into_response()
}

async fn serve(State(ledger): State<Arc<Mutex<Ledger>>>, uri: Uri, body: Bytes) -> Response {
    let mut ledger = ledger.lock().unwrap();
    let ask: Value = serde_json::from_slice(&body).unwrap_or_default();
    let Some(method) = uri.path().strip_prefix(&format!("/bot{TOKEN}/")) else { return no(404, "Not Found") };
    match (ledger.mood, method) {
        (Mood::Refuses(code, why), _) => return no(code, why),
        (Mood::Babbles, _) => return "<html>maintenance</html>".into_response(),
        _ => {}
    }
    match method {
        "getMe" => yes(&json!({"id": 42, "is_bot": true, "username": "acme_help_bot"})),
        "getWebhookInfo" => {
            yes(&json!({"url": ledger.webhook, "pending_update_count": ledger.updates.len()}))
        }
        "getUpdates" => {
            let offset = ask["offset"].as_i64();
            ledger.offsets.push(offset);
            // What lies before the offset is acknowledged, and gone.
            ledger.updates.retain(|u| u["update_id"].as_i64() >= offset);
            yes(&Value::Array(ledger.updates.iter().take(100).cloned().collect()))
        }
        "sendMessage" => {
            ledger.sent.push(ask.clone());
            let sent = json!({"message_id": 900, "date": 1_795_688_100, "chat": {"id": ask["chat_id"]}});
            match ledger.mood {
                Mood::SentThen500 => no(500, "Internal Server Error"),
                Mood::SentThenCut => "{\"ok\":true,\"resu".into_response(),
                _ => yes(&sent),
            }
        }
        _ => no(404, "Not Found"),
    }
}

/// The messages in the inbox; what could not be read is none.
async fn ids(daemon: &Daemon) -> BTreeSet<String> {
    let posts = daemon.bodies().await.into_iter();
    posts.filter_map(|p| p["external_id"].as_str().map(ToOwned::to_owned)).collect()
}

fn outgoing(text: &str) -> Outgoing {
    let to = PostRef { external_id: "77/5".into(), author_id: "77".into(), ..PostRef::default() };
    Outgoing {
        action_id: "act_1".into(),
        key: "k".into(),
        to,
        text: text.into(),
        visibility: "direct".into(),
        language: "nl".into(),
        made_at: Timestamp(1_795_688_000_000),
        first_sent_at: None,
        case_number: None,
        files: Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_message_is_stored_before_it_is_acknowledged_and_once() {
    for folder in fresh_on_each().await {
        let fake = Fake::start().await;
        (0..150).for_each(|n| fake.says(n, &format!("vraag {n}")));
        fake.ledger().updates.insert(3, json!({"update_id": 103, "message": {"message_id": "junk"}}));
        let daemon = Daemon::start(&folder.place, fake.config(), "first").await;
        eventually("all", async || ids(&daemon).await.len() == 150).await;
        eventually("acknowledged", async || fake.ledger().updates.is_empty()).await;
        daemon.stop().await;
        fake.says(500, "nog een");
        let daemon = Daemon::start(&folder.place, fake.config(), "second").await;
        eventually("the last", async || ids(&daemon).await.contains("77/500")).await;
        // Each came once but the junk, which was kept as it came.
        assert_eq!(daemon.bodies().await.len(), 152);
        let first = fake.ledger().offsets[0];
        assert_eq!(first, None, "nothing is acknowledged by the first question");
        daemon.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trouble_is_a_state_in_plain_words() {
    let fake = Fake::start().await;
    let source = built(fake.config());
    let state = async |mood| {
        fake.ledger().mood = mood;
        let trouble = source.poll().unwrap().poll("messages", None).await.unwrap_err();
        (trouble.state, trouble.why)
    };
    let (found, _) = state(Mood::Refuses(401, "Unauthorized")).await;
    assert_eq!(found, TroubleState::NeedsToken);
    let (found, why) = state(Mood::Refuses(409, "Conflict: terminated by other getUpdates request")).await;
    assert!(found == TroubleState::Broken && why.contains("another program"), "{why}");
    let (found, why) =
        state(Mood::Refuses(409, "Conflict: can't use getUpdates while webhook is active")).await;
    assert!(found == TroubleState::Broken && why.contains("webhook"), "{why}");
    assert!(matches!(
        state(Mood::Refuses(429, "Too Many Requests")).await.0,
        TroubleState::RateLimited { .. }
    ));
    assert_eq!(state(Mood::Babbles).await.0, TroubleState::Broken);
    let (_, why) = state(Mood::Refuses(502, "Bad Gateway")).await;
    assert!(!why.contains("SECRET"), "{why}");
    assert!(!format!("{source:?}", source = source.name()).contains("SECRET"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_is_sent_once_and_what_is_unknown_goes_to_a_person() {
    let fake = Fake::start().await;
    let source = built(fake.config());
    let reply = source.reply().unwrap();
    let composed = reply.compose(&Draft {
        text: " We zoeken het uit ".into(),
        sign: "Jan".into(),
        to: PostRef::default(),
    });
    assert_eq!((composed.text.as_str(), composed.refused), ("We zoeken het uit ^Jan", None));
    let long = Draft { text: "😀".repeat(2_050), sign: String::new(), to: PostRef::default() };
    assert!(reply.compose(&long).refused.unwrap().starts_with("4100 characters"), "as the platform counts");
    let done = reply.send(&outgoing(&composed.text)).await;
    let at = Some(Timestamp(1_795_688_100_000));
    assert_eq!(done, Outcome::Done { remote_id: "77/900".into(), at });
    let sent = fake.ledger().sent[0].clone();
    assert_eq!(
        (sent["chat_id"].as_i64(), sent["reply_parameters"]["message_id"].as_i64()),
        (Some(77), Some(5))
    );
    for mood in [Mood::SentThen500, Mood::SentThenCut] {
        fake.ledger().mood = mood;
        let unknown = reply.send(&outgoing("x")).await;
        assert!(matches!(unknown, Outcome::Unknown { .. }), "{mood:?}: {unknown:?}");
    }
    assert!(matches!(reply.look(&outgoing("x")).await, Looked::Person { .. }));
    fake.ledger().mood = Mood::Refuses(403, "Forbidden: bot was blocked by the user");
    assert!(
        matches!(reply.send(&outgoing("x")).await, Outcome::Refused { reason } if reason.contains("blocked"))
    );
    fake.ledger().mood = Mood::Refuses(429, "Too Many Requests");
    let later = reply.send(&outgoing("x")).await;
    assert!(
        matches!(later, Outcome::Retry { after: Some(wait), .. } if wait == Span::seconds(14)),
        "{later:?}"
    );
    assert_eq!(fake.ledger().sent.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_may_come_by_the_link_with_the_code() {
    let fake = Fake::start().await;
    let source = built(fake.config());
    let way = source.private().unwrap();
    assert!(way.takes_everybody());
    assert_eq!(way.way_in(), None, "the bot's name is not known yet");
    source.poll().unwrap().poll("messages", None).await.unwrap();
    assert_eq!(way.way_in().as_deref(), Some("https://t.me/acme_help_bot?start={code}"));
    assert_eq!(way.reachable(&outgoing("x").to).await, Reach::Open);
    assert!(matches!(way.reachable(&PostRef::default()).await, Reach::TheyWrite { .. }));
    // Who comes by it brings the code with the first word.
    fake.says(6, "/start WC-00000000");
    let batch = source.poll().unwrap().poll("messages", None).await.unwrap();
    let post: Value = serde_json::from_slice(&batch.items[0].body).unwrap();
    assert_eq!((post["text"].as_str(), post["private"].as_bool()), (Some("WC-00000000"), Some(true)));
    let sent = way.send(&outgoing("hallo")).await;
    assert!(matches!(sent, Outcome::Done { .. }), "{sent:?}");
    assert_eq!(fake.ledger().sent.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_tried_without_fetching_anything() {
    let fake = Fake::start().await;
    fake.says(1, "hallo");
    let source = built(fake.config());
    let exams = source.examine().unwrap().examine().await;
    assert_eq!((exams[0].verdict, exams[0].found.as_str()), (Verdict::Good, "@acme_help_bot"));
    assert_eq!((exams[1].verdict, exams[1].found.as_str()), (Verdict::Good, "1 wait to be fetched"));
    fake.ledger().webhook = "https://elsewhere.example";
    assert_eq!(source.examine().unwrap().examine().await[1].verdict, Verdict::Bad);
    assert!(fake.ledger().offsets.is_empty());
}

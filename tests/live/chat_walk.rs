//! The way into a private channel on Bluesky as its authors publish it: a mention on their network, an
//! offer that stands there, a private talk, an answer in private whose confirmation is lost while the
//! program is killed, and the end of the case.
//!
//! Their network has no chat service, so that one part is a fake of ours, put in front of the real server:
//! it takes what is handed on to the chat and gives everything else to the server. It keeps the ledger of
//! what was said.

use crate::agent::Agent;
use crate::bluesky::{settings, until};
use crate::daemon::Start;
use crate::mastodon_walk::{case_with, page_with};
use crate::place::{Data, Engine};
use crate::rigs::bluesky::Network;
use crate::sender::{client, now};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

const MENTION: &str = "my parcel never arrived, where is it?";
const CONVO: &str = "3kconvo";

/// The chat in front of a server.
pub struct Front {
    server: String,
    own: String,
    pub url: Mutex<String>,
    /// What was said: by whom, and the words.
    said: Mutex<Vec<(String, String, String)>>,
    pub customer: Mutex<String>,
    /// The next message stands there, and its confirmation is lost.
    pub lose: Mutex<bool>,
    /// The next record stands on the server, and its confirmation is lost.
    pub lose_record: Mutex<bool>,
}

impl Front {
    pub async fn start(server: &str, own: &str) -> Arc<Self> {
        let front = Arc::new(Self {
            server: server.to_owned(),
            own: own.to_owned(),
            url: Mutex::default(),
            said: Mutex::default(),
            customer: Mutex::default(),
            lose: Mutex::new(false),
            lose_record: Mutex::new(false),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        *front.url.lock().unwrap() = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(serve).with_state(front.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        front
    }

    pub fn say(&self, by: &str, words: &str) {
        let at = now().rfc3339();
        self.said.lock().unwrap().push((by.to_owned(), words.to_owned(), at));
    }

    pub fn ours(&self) -> Vec<String> {
        let said = self.said.lock().unwrap();
        said.iter().filter(|(by, ..)| *by == self.own).map(|(_, words, _)| words.clone()).collect()
    }

    fn view(&self, n: usize) -> Value {
        let (by, words, at) = self.said.lock().unwrap()[n].clone();
        json!({ "id": format!("3kmsg{n}"), "rev": "r", "text": words, "sender": { "did": by }, "sentAt": at })
    }

    fn convo(&self) -> Value {
        let count = self.said.lock().unwrap().len();
        let last = count.checked_sub(1).map(|n| self.view(n));
        let customer = self.customer.lock().unwrap().clone();
        json!({ "id": CONVO, "rev": "r", "lastMessage": last,
            "members": [{ "did": self.own, "handle": "brand.test" }, { "did": customer, "handle": "customer.test" }] })
    }

    fn chat(&self, method: &str, query: &str, body: &Value) -> (StatusCode, Value) {
        let count = self.said.lock().unwrap().len();
        let cursor = query.split('&').find_map(|p| p.strip_prefix("cursor=")).and_then(|c| c.parse().ok());
        let answer = match method {
            "chat.bsky.convo.getConvoAvailability" => json!({ "canChat": true }),
            "chat.bsky.convo.getConvoForMembers" | "chat.bsky.convo.getConvo" => {
                json!({ "convo": self.convo() })
            }
            "chat.bsky.convo.listConvos" => {
                json!({ "convos": if count == 0 { json!([]) } else { json!([self.convo()]) } })
            }
            "chat.bsky.convo.getMessages" => {
                json!({ "messages": (0..count).rev().map(|n| self.view(n)).collect::<Vec<_>>() })
            }
            "chat.bsky.convo.getLog" => {
                let from: usize = cursor.unwrap_or(count);
                let log = |n| json!({ "$type": "chat.bsky.convo.defs#logCreateMessage", "convoId": CONVO, "message": self.view(n) });
                json!({ "cursor": count.to_string(), "logs": (from..count).map(log).collect::<Vec<_>>() })
            }
            "chat.bsky.convo.sendMessage" => {
                self.say(&self.own.clone(), body["message"]["text"].as_str().unwrap());
                if std::mem::take(&mut *self.lose.lock().unwrap()) {
                    return (StatusCode::INTERNAL_SERVER_ERROR, json!({ "error": "InternalServerError" }));
                }
                self.view(count)
            }
            other => {
                return (
                    StatusCode::NOT_IMPLEMENTED,
                    json!({ "error": "MethodNotImplemented", "message": other }),
                );
            }
        };
        (StatusCode::OK, answer)
    }
}

async fn serve(State(front): State<Arc<Front>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let method = head.uri.path().trim_start_matches("/xrpc/").to_owned();
    if method.starts_with("chat.bsky.") {
        assert_eq!(head.headers["atproto-proxy"], "did:web:api.bsky.chat#bsky_chat", "handed on to the chat");
        let asked = serde_json::from_slice(&body).unwrap_or_default();
        let (status, answer) = front.chat(&method, head.uri.query().unwrap_or_default(), &asked);
        return (status, axum::Json(answer)).into_response();
    }
    let mut headers = head.headers;
    headers.remove("host");
    let url = format!("{}{}", front.server, head.uri);
    let Ok(answer) = client().request(head.method, url).headers(headers).body(body).send().await else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    let status = answer.status();
    if method == "com.atproto.repo.putRecord"
        && status.is_success()
        && std::mem::take(&mut *front.lose_record.lock().unwrap())
    {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let kind = answer.headers().get("content-type").cloned();
    let bytes = answer.bytes().await.unwrap_or_default();
    // The account's document names its server: that is this one, in front of it.
    let told = String::from_utf8_lossy(&bytes).into_owned();
    let told = if method.ends_with("Session") {
        let url = front.url.lock().unwrap().clone();
        match serde_json::from_str::<Value>(&told) {
            Ok(mut session) if session["didDoc"]["service"].is_array() => {
                for service in session["didDoc"]["service"].as_array_mut().unwrap() {
                    service["serviceEndpoint"] = json!(url);
                }
                session.to_string()
            }
            _ => told,
        }
    } else {
        told
    };
    let mut made = Response::new(Body::from(told));
    *made.status_mut() = status;
    if let Some(kind) = kind {
        made.headers_mut().insert("content-type", kind);
    }
    made
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_is_led_into_the_chat_and_answered_there_once() {
    let Some(network) = Network::start().await else { return };
    let brand = network.create_account("brand.test").await;
    let customer = network.create_account("customer.test").await;
    let password = brand.app_password("webcare").await;
    let front = Front::start(&network.pds, &brand.did).await;
    front.customer.lock().unwrap().clone_from(&customer.did);
    let data = Data::fresh(Engine::Postgres).await;
    let start = Start::new(&data, 0, None);
    let url = front.url.lock().unwrap().clone();
    let text =
        settings(start.port, &url, &password).replace("every_seconds = 5", "every_seconds = 5\nchat = true");
    std::fs::write(&start.file, text).unwrap();
    let daemon = start.ready().await;
    let agent = Agent::log_in(&start, "ann", "agent").await;
    let look = data.look().await;

    // Asked and offered: the offer stands on the real network, once.
    let asked = customer.post(&format!("@brand.test {MENTION}")).await;
    let case = case_with(&agent, MENTION).await;
    agent.act(&case, "private_ask", &[]).await.unwrap();
    page_with(&agent, &case, "They can be written to", "").await;
    let page = agent.act(&case, "private_offer", &[("text", "")]).await.unwrap();
    assert_eq!(page.status, 303, "{}", page.body);
    until(&look, "the offer", "SELECT state FROM handover", &["offered"]).await;
    let standing = customer.posts_of("brand.test").await;
    assert_eq!((standing.len(), standing[0].answers.as_ref()), (1, Some(&asked.uri)), "{standing:?}");
    until(&look, "the public wait", "SELECT state FROM obligation WHERE kind = 'first_response'", &["kept"])
        .await;

    // The customer writes while nobody listens.
    daemon.kill().await;
    front.say(&customer.did, "hello, it is parcel 4711-2290");
    let daemon = start.ready().await;
    until(&look, "the customer", "SELECT state FROM handover", &["linked"]).await;
    assert_eq!(look.count("SELECT COUNT(*) FROM cases").await, 1);
    page_with(&agent, &case, "it is parcel", "").await;

    // The confirmation of the answer is lost, and the program killed: it is looked for in the talk.
    *front.lose.lock().unwrap() = true;
    let words = "We send parcel 4711-2290 again";
    let page = agent.act(&case, "private_send", &[("text", words)]).await.unwrap();
    assert_eq!(page.status, 303, "{}", page.body);
    daemon.kill().await;
    let daemon = start.ready().await;
    let states = "SELECT state FROM action WHERE kind = 'reply' ORDER BY created_at";
    until(&look, "the private answer", states, &["done", "done"]).await;
    let kept = "SELECT state FROM obligation WHERE kind = 'next_response'";
    until(&look, "the private wait", kept, &["kept"]).await;
    assert_eq!(front.ours(), [words], "said once, and only there");
    assert_eq!(customer.posts_of("brand.test").await.len(), 1, "nothing of it in public");
    agent.act(&case, "resolve", &[("reason", "sent again")]).await.unwrap();
    until(&look, "the end", "SELECT state FROM handover", &["closed"]).await;
    daemon.stop().await;
    look.close().await;
}

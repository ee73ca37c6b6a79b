//! A conversation with a customer on a server of Mastodon's API that nobody here wrote: a mention
//! becomes a case, is answered from the console, the answer stands on that server exactly once; the
//! customer replies, edits, deletes, and each is followed; what is posted while the daemon is down
//! is found. The program is the real one; people work in its console by plain forms.
//!
//! The mock's faults come *instead of* the call (429, 500, half a body) or before it (late). It
//! never posts and then fails, so that fault is made by a proxy in front of it, which hands a call
//! on and puts its own answer in place of the server's. Cut connections, answers after the client
//! gave up and kills in between are `sendonce`'s, on the fake of ours. Deletes are learned when a
//! post is looked at again, ten minutes later; the test moves that hour while the daemon is down.

use crate::agent::Agent;
use crate::daemon::Start;
use crate::place::{Data, Engine};
use crate::rigs::mastodon_mock::{Fault, Server, User};
use crate::wait_for;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(90);
const MENTION: &str = "my parcel is a week late and nobody answers";

/// Hands every call on; of posts it counts the attempts, and swallows the word of the next that stand.
pub struct Proxy {
    server: String,
    pub swallow: AtomicUsize,
    attempts: AtomicUsize,
}

impl Proxy {
    async fn start(server: &str) -> (Arc<Self>, String) {
        let proxy = Arc::new(Self {
            server: server.to_owned(),
            swallow: AtomicUsize::new(0),
            attempts: AtomicUsize::new(0),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(hand_on).with_state(proxy.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (proxy, url)
    }
}

async fn hand_on(State(proxy): State<Arc<Proxy>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let posts = head.method == Method::POST && head.uri.path() == "/api/v1/statuses";
    let url = format!("{}{}", proxy.server, head.uri);
    let mut headers = head.headers;
    headers.remove("host");
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let ask = crate::sender::client().request(head.method, url).headers(headers).body(body);
    let Ok(answer) = ask.send().await else { return StatusCode::BAD_GATEWAY.into_response() };
    let mut made = Response::new(Body::empty());
    *made.status_mut() = answer.status();
    for name in ["content-type", "x-ratelimit-reset", "x-ratelimit-remaining", "retry-after", "link"] {
        if let Some(value) = answer.headers().get(name) {
            made.headers_mut().insert(name, value.clone());
        }
    }
    let body = answer.bytes().await.unwrap_or_default();
    if posts {
        proxy.attempts.fetch_add(1, Ordering::SeqCst);
        let stands = serde_json::from_slice::<Value>(&body).is_ok_and(|status| status["uri"].is_string());
        let one_less = |n: usize| n.checked_sub(1);
        if stands && proxy.swallow.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok() {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    }
    *made.body_mut() = Body::from(body);
    made
}

/// Everything of one walk.
pub struct Walk {
    server: Server,
    pub brand: User,
    pub customer: User,
    pub proxy: Arc<Proxy>,
    pub data: Data,
    pub start: Start,
}

impl Walk {
    pub async fn open() -> Option<Self> {
        Self::open_looking_every(5).await
    }

    async fn open_looking_every(seconds: u32) -> Option<Self> {
        let server = Server::start().await?;
        let (brand, customer) = (server.brand().await, server.user("maria").await);
        let (proxy, url) = Proxy::start(&server.url).await;
        let data = Data::fresh(Engine::Sqlite).await;
        let start = Start::new(&data, 0, None);
        let text = std::fs::read_to_string(&start.file).unwrap();
        let account = format!(
            "\n[[source]]\nname = \"acme-toot\"\ncounts_from = \"2020-01-01T00:00:00Z\"\n\
             [source.mastodon]\nserver = \"{url}\"\ntoken = \"{}\"\nevery_seconds = {seconds}\n\
             \n[answers]\nundo_seconds = 0\n",
            brand.token
        );
        std::fs::write(&start.file, format!("{text}{account}")).unwrap();
        Some(Self { server, brand, customer, proxy, data, start })
    }

    /// The answers of the brand that stand there: what they answer, and their words.
    async fn standing(&self) -> Vec<(String, String)> {
        let statuses = self.customer.statuses_of(&self.brand.id).await;
        let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
        statuses.iter().map(|s| (text(&s["in_reply_to_id"]), text(&s["content"]))).collect()
    }

    /// Waits until so many answers are done as the program knows it.
    pub async fn done(&self, count: i64) {
        let look = self.data.look().await;
        let done = "SELECT COUNT(*) FROM action WHERE kind = 'reply' AND state = 'done'";
        wait_for(&format!("{count} answers to be done"), PATIENCE, || async {
            (look.count(done).await == count).then_some(())
        })
        .await;
        look.close().await;
    }

    /// That an answer stands once, below what it answers.
    async fn stands_once(&self, to: &str, words: &str) {
        let standing = self.standing().await;
        let with: Vec<_> = standing.iter().filter(|(_, content)| content.contains(words)).collect();
        assert_eq!(with.len(), 1, "{words}: {standing:?}");
        assert_eq!(with[0].0, to, "below what it answers");
    }
}

/// The case in whose row of the inbox these words stand.
pub async fn case_with(agent: &Agent, words: &str) -> String {
    wait_for(words, PATIENCE, || async {
        let inbox = agent.get("/").await.filter(|p| p.status == 200)?;
        let row = inbox.body.split("<tr").find(|row| row.contains(words))?.to_owned();
        let id = row.split("href=\"/cases/").nth(1)?.split('"').next()?;
        Some(id.to_owned())
    })
    .await
}

/// Waits until the page of a case holds the one and not the other.
pub async fn page_with(agent: &Agent, case: &str, there: &str, gone: &str) -> String {
    let what = format!("a page with '{there}' and without '{gone}'");
    wait_for(&what, PATIENCE, || async {
        let page = agent.get(&format!("/cases/{case}")).await?.body;
        (page.contains(there) && (gone.is_empty() || !page.contains(gone))).then_some(page)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_is_followed_to_its_end() {
    let Some(walk) = Walk::open().await else { return };
    let daemon = walk.start.ready().await;
    let agent = Agent::log_in(&walk.start, "ann", "agent").await;
    let at = &walk.brand.acct;

    // A mention becomes a case; the server wants fewer calls, fails, says nonsense, posts and fails.
    let question = walk.customer.post(&format!("@{at} {MENTION}, where is it?")).await;
    let case = case_with(&agent, MENTION).await;
    let path = "/api/v1/statuses";
    walk.server.fault("POST", path, Fault::TooManyFor(2), 1).await;
    walk.server.fault("POST", path, Fault::Status(500), 1).await;
    walk.server.fault("POST", path, Fault::Malformed, 1).await;
    walk.proxy.swallow.store(1, Ordering::SeqCst);
    let page = agent.act(&case, "answer", &[("text", "We look for it today")]).await.unwrap();
    assert_eq!(page.status, 303, "{}", page.body);
    walk.done(1).await;
    walk.stands_once(&question, "We look for it today").await;
    let attempts = walk.proxy.attempts.load(Ordering::SeqCst);
    assert!(attempts >= 4, "each fault was met: {attempts}");
    assert_eq!(walk.proxy.swallow.load(Ordering::SeqCst), 0, "and a word was lost");

    // The customer replies below the answer, and changes the words.
    let below = walk.customer.statuses_of(&walk.brand.id).await[0]["id"].as_str().unwrap().to_owned();
    let reply = walk.customer.reply(&format!("@{at} the number is in my frist mail"), &below).await;
    page_with(&agent, &case, "in my frist mail", "").await;
    walk.customer.edit(&reply, &format!("@{at} the number is in my second mail")).await;
    let page = page_with(&agent, &case, "in my second mail", "in my frist mail").await;
    assert!(page.contains(MENTION), "one case holds the whole conversation");
    agent.act(&case, "answer", &[("text", "Found it, thank you")]).await.unwrap();
    walk.done(2).await;
    walk.stands_once(&reply, "Found it, thank you").await;

    // Down: a mention is posted, a message taken back, and the hour of looking again comes.
    daemon.kill().await;
    walk.customer.post(&format!("@{at} and do you ship to Norway?")).await;
    walk.customer.delete(&reply).await;
    walk.data.time_to_look_again().await;
    let daemon = walk.start.ready().await;
    let page = page_with(&agent, &case, "Removed by its author", "in my second mail").await;
    assert!(page.contains(MENTION), "what was not taken back stays");
    case_with(&agent, "and do you ship to Norway").await;
    walk.stands_once(&question, "We look for it today").await;
    walk.stands_once(&reply, "Found it, thank you").await;
    assert_eq!(walk.standing().await.len(), 2, "and nothing else was said");
    daemon.stop().await;
}

/// It looks once in a day: what comes in after the first looks was told by the server's stream.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_server_streams_is_followed_at_once() {
    let Some(walk) = Walk::open_looking_every(86_400).await else { return };
    let at = walk.brand.acct.clone();
    // Servers tell of edits and deletes whoever follows the author.
    let follow = format!("/api/v1/accounts/{}/follow", walk.customer.id);
    assert_eq!(walk.brand.send("POST", &follow, &serde_json::json!({})).await.0, 200);
    walk.customer.post(&format!("@{at} my first question, is anybody there?")).await;
    let daemon = walk.start.ready().await;
    let agent = Agent::log_in(&walk.start, "ann", "agent").await;
    case_with(&agent, "my first question").await;
    let mut asked = Vec::new();
    for n in ["second", "third", "fourth"] {
        let id = walk.customer.post(&format!("@{at} my {n} question, please help me")).await;
        asked.push((case_with(&agent, &format!("my {n} question")).await, id));
    }
    let (case, id) = asked.remove(2);
    walk.customer.edit(&id, &format!("@{at} my last question, please help me")).await;
    page_with(&agent, &case, "my last question", "my fourth question").await;
    walk.customer.delete(&id).await;
    page_with(&agent, &case, "Removed by its author", "my last question").await;
    daemon.stop().await;
}

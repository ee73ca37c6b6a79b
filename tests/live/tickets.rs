//! The front office on a Request Tracker that nobody here wrote: a ticket is found by what the customer
//! gave in private, tied, told; what happens there comes back; solved there, it is closed here. A ticket
//! that is made while the process is killed is made once, and a tracker that is away for a while loses
//! nothing. The program is the real one; people work in its console by plain forms.

use crate::agent::{Agent, Page};
use crate::daemon::Start;
use crate::place::{Data, Engine, Look, has_postgres};
use crate::rigs::rt::Server;
use crate::sender::{deliver, post};
use crate::wait_for;
use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use webcared::domain::time::Span;

const PATIENCE: Duration = Duration::from_secs(180);
const HELP: &str = "@acme my router is dead for days, a mechanic would call me and nobody did";

/// Hands every call on; of calls that make a ticket it may keep the answer to itself, for ever.
struct Proxy {
    server: String,
    keep: AtomicBool,
    made: AtomicUsize,
}

impl Proxy {
    async fn start(server: &str) -> (Arc<Self>, String) {
        let proxy = Arc::new(Self {
            server: server.to_owned(),
            keep: AtomicBool::new(false),
            made: AtomicUsize::new(0),
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
    let makes = head.method == Method::POST && head.uri.path().ends_with("/REST/2.0/ticket");
    let url = format!("{}{}", proxy.server, head.uri);
    let mut headers = head.headers;
    headers.remove("host");
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let ask = crate::sender::client().request(head.method, url).headers(headers).body(body);
    let Ok(answer) = ask.send().await else { return StatusCode::BAD_GATEWAY.into_response() };
    let status = answer.status();
    let body = answer.bytes().await.unwrap_or_default();
    if makes && status.is_success() {
        proxy.made.fetch_add(1, Ordering::SeqCst);
        if proxy.keep.swap(false, Ordering::SeqCst) {
            return std::future::pending().await;
        }
    }
    (status, [("content-type", "application/json")], body).into_response()
}

/// Everything of one walk.
struct Walk {
    rt: Server,
    proxy: Arc<Proxy>,
    data: Data,
    start: Start,
}

impl Walk {
    async fn open(engine: Engine) -> Option<Self> {
        let rt = Server::start().await?;
        let (proxy, url) = Proxy::start(&rt.url).await;
        let data = Data::fresh(engine).await;
        let start = Start::new(&data, 0, None);
        let text = std::fs::read_to_string(&start.file).unwrap();
        let section = format!(
            "\n[[tickets]]\nname = \"office\"\n[tickets.rt]\nurl = \"{url}\"\ntoken = \"{}\"\nqueue = \"Webcare\"\n\
             every_seconds = 5\nfields = {{ key = \"CaseKey\", references = [\"OrderNumber\"] }}\n\
             [tickets.status]\nwaiting = \"stalled\"\ntheirs = true\n",
            rt.token
        );
        std::fs::write(&start.file, format!("{text}{section}")).unwrap();
        Some(Self { rt, proxy, data, start })
    }
}

/// Delivers a post and gives the case that it became.
async fn case_of(walk: &Walk, look: &Look, id: &str, text: &str, private: bool) -> String {
    let mut body = post(id, Span::seconds(5), text);
    // Public or private, it is one talk of one customer.
    body["author"] = json!({ "id": "mia", "handle": "mia@toot.example", "name": "Mia" });
    body["conversation_id"] = "talk".into();
    body["private"] = private.into();
    assert_eq!(deliver(walk.start.port, id, &body).await, Some(202));
    wait_for("the case", PATIENCE, || async {
        let found = "SELECT COUNT(*) FROM mention";
        let all: usize = look.count(found).await.try_into().unwrap();
        let sql = "SELECT id FROM cases ORDER BY number DESC LIMIT 1";
        let rows: Vec<(String,)> = look.rows(sql).await;
        rows.into_iter().next().filter(|_| all > 0).map(|r| r.0)
    })
    .await
}

async fn search(agent: &Agent, case: &str, typed: &str) -> Page {
    let page = agent.get(&format!("/cases/{case}")).await.unwrap();
    let csrf = page.field("csrf").unwrap();
    agent.post(&format!("/cases/{case}/tickets"), &[("csrf", &csrf), ("q", typed)]).await.unwrap()
}

/// The case's page, once it holds these words.
async fn page_with(agent: &Agent, case: &str, words: &str) -> String {
    wait_for(words, PATIENCE, || async {
        let page = agent.get(&format!("/cases/{case}")).await?;
        page.body.contains(words).then_some(page.body)
    })
    .await
}

/// What we wrote on a ticket, once it is so many notes.
async fn told(rt: &Server, ticket: &str, count: usize) -> Vec<String> {
    wait_for("the notes", PATIENCE, || async {
        let entries = rt.entries(ticket).await;
        assert!(entries.iter().all(|e| !e.1), "nothing is for the customer: {entries:?}");
        let ours: Vec<String> = entries.into_iter().filter(|e| e.0 == "webcared").map(|e| e.2).collect();
        (ours.len() >= count).then_some(ours)
    })
    .await
}

async fn closes_the_loop(engine: Engine) {
    let Some(walk) = Walk::open(engine).await else { return };
    let (code, said, _) = walk.start.run(&["doctor", "office"]).await;
    assert!(code == Some(0) && said.contains("ok    queue: Webcare, with the field CaseKey"), "{said}");
    let daemon = walk.start.ready().await;
    let (rt, look) = (&walk.rt, walk.data.look().await);
    let ticket = rt.made("Router dead, call back", "mia@example.org").await;
    rt.made("Somebody else", "jan@example.org").await;
    let mailed = rt.mails().len();
    let agent = Agent::log_in(&walk.start, "ann", "agent").await;
    let case = case_of(&walk, &look, "p1", HELP, false).await;
    // Nobody is asked about a public handle; what was said in private finds the ticket.
    assert!(search(&agent, &case, "").await.body.contains("nothing to search by"));
    case_of(&walk, &look, "p2", "@acme my mail is mia@example.org", true).await;
    page_with(&agent, &case, "my mail").await;
    let found = wait_for("the ticket", PATIENCE, || async {
        let page = search(&agent, &case, "").await.body;
        page.contains("Router dead, call back").then_some(page)
    })
    .await;
    assert!(!found.contains("Somebody else"));
    let tie = [("system", "office"), ("ticket", ticket.as_str())];
    assert_eq!(agent.act(&case, "link_ticket", &tie).await.unwrap().status, 303);
    let ours = told(rt, &ticket, 1).await;
    for part in [HELP, "mia@example.org", "/cases/"] {
        assert!(ours[0].contains(part), "{}", ours[0]);
    }
    assert_eq!(agent.act(&case, "front", &[]).await.unwrap().status, 303);
    // It waits for them: the tracker says so, as a note and as its status.
    let ours = told(rt, &ticket, 2).await;
    assert!(ours[1].contains("waits for the front office"), "{}", ours[1]);
    wait_for("the status", PATIENCE, || async {
        (rt.ticket(&ticket).await["Status"] == "stalled").then_some(())
    })
    .await;
    // The customer writes again: the ticket hears it. Ann writes and promises: the case hears it.
    case_of(&walk, &look, "p3", "@acme still waiting, is anybody there", false).await;
    let ours = told(rt, &ticket, 3).await;
    assert!(ours[2].contains("still waiting"), "{}", ours[2]);
    assert_eq!(agent.act(&case, "front", &[]).await.unwrap().status, 303);
    rt.comment(&ticket, "A mechanic comes on Friday").await;
    rt.set(&ticket, json!({ "Owner": "ann", "Due": "2030-01-02 15:00:00" })).await;
    let page = page_with(&agent, &case, "A mechanic comes on Friday").await;
    assert!(page.contains("promised for") || page.contains("Friday"));
    page_with(&agent, &case, "with ann").await;
    // Merged there, it is followed; solved there, it proposes to close, which is one press.
    let other = rt.made("Router dead, again", "mia@example.org").await;
    rt.merge(&ticket, &other).await;
    page_with(&agent, &case, &format!("office #{other}")).await;
    rt.set(&other, json!({ "Status": "resolved" })).await;
    let page = page_with(&agent, &case, "holds this ticket for solved").await;
    assert!(!page.contains("<span>waiting for front office</span>"), "it waits no longer");
    assert!(agent.get("/?lane=all").await.unwrap().body.contains("solved by front office?"));
    let reason = format!("Solved by the front office, ticket {other}");
    assert_eq!(agent.act(&case, "resolve", &[("reason", &reason)]).await.unwrap().status, 303);
    let ours = told(rt, &other, 5).await;
    assert!(ours[4].contains("resolved (Solved by the front office"), "{}", ours[4]);
    // Nothing goes round in circles, and nobody was mailed by what we did.
    tokio::time::sleep(Duration::from_secs(12)).await;
    assert_eq!(told(rt, &other, 5).await.len(), 5);
    let comments = "SELECT COUNT(*) FROM case_event WHERE kind = 'ticket_comment'";
    assert_eq!(look.count(comments).await, 1);
    let to_customer = |m: &&String| m.contains("To: mia@example.org") && m.contains("Webcare");
    let mails = rt.mails();
    assert_eq!(mails.iter().skip(mailed).filter(to_customer).count(), 0);
    look.close().await;
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_is_found_tied_told_and_closed_on_sqlite() {
    closes_the_loop(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_is_found_tied_told_and_closed_on_postgres() {
    if has_postgres() {
        closes_the_loop(Engine::Postgres).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_between_making_and_recording_it_leaves_one_ticket() {
    let Some(walk) = Walk::open(Engine::Sqlite).await else { return };
    let mut daemon = walk.start.ready().await;
    let look = walk.data.look().await;
    let agent = Agent::log_in(&walk.start, "ann", "agent").await;
    let case = case_of(&walk, &look, "p1", HELP, false).await;
    walk.proxy.keep.store(true, Ordering::SeqCst);
    assert_eq!(agent.act(&case, "create_ticket", &[("system", "office")]).await.unwrap().status, 303);
    wait_for("the ticket", PATIENCE, || async { (walk.proxy.made.load(Ordering::SeqCst) > 0).then_some(()) })
        .await;
    daemon.kill().await;
    daemon = walk.start.ready().await;
    let linked = wait_for("the ticket to be known", PATIENCE, || async {
        let sql = "SELECT ticket_id FROM ticket_link WHERE ticket_id IS NOT NULL";
        let rows: Vec<(String,)> = look.rows(sql).await;
        rows.into_iter().next().map(|r| r.0)
    })
    .await;
    let ours = told(&walk.rt, &linked, 1).await;
    assert!(ours.len() == 1 && ours[0].contains(HELP), "{ours:?}");
    let fields = walk.rt.ticket(&linked).await["CustomFields"].to_string();
    assert!(fields.contains("act_"), "the key stands on it: {fields}");
    assert_eq!(walk.rt.found("Queue = 'Webcare'").await, [linked]);
    assert_eq!(walk.proxy.made.load(Ordering::SeqCst), 1);
    look.close().await;
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tracker_that_is_away_for_a_while_loses_nothing() {
    let Some(mut walk) = Walk::open(Engine::Sqlite).await else { return };
    let daemon = walk.start.ready().await;
    let look = walk.data.look().await;
    let ticket = walk.rt.made("Router dead, call back", "mia@example.org").await;
    let agent = Agent::log_in(&walk.start, "ann", "agent").await;
    let case = case_of(&walk, &look, "p1", HELP, false).await;
    walk.rt.stop();
    let silent = search(&agent, &case, &ticket).await.body;
    assert!(silent.contains("what you do waits for it"), "{silent}");
    let tie = [("system", "office"), ("ticket", ticket.as_str())];
    assert_eq!(agent.act(&case, "link_ticket", &tie).await.unwrap().status, 303);
    page_with(&agent, &case, "1 still to be told").await;
    case_of(&walk, &look, "p2", "@acme and another thing", false).await;
    page_with(&agent, &case, "2 still to be told").await;
    assert_eq!(agent.act(&case, "claim", &[]).await.unwrap().status, 303);
    daemon.page_with("/healthz", "").await;
    walk.rt.again().await;
    let ours = told(&walk.rt, &ticket, 2).await;
    assert!(ours[0].contains(HELP) && ours[1].contains("another thing"), "{ours:?}");
    page_with(&agent, &case, "Router dead, call back").await;
    look.close().await;
    daemon.stop().await;
}

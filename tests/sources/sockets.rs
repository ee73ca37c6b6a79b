//! Servers that stream by web sockets: those known to do nothing else, and those that refuse events.

use crate::fake_account::{FakeAccount, MIA, TOKEN, uri};
use crate::{Daemon, eventually, fresh};
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use std::sync::{Arc, Mutex};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_util::sync::CancellationToken;
use webcared::domain::time::Span;
use webcared::shutdown::pause;

/// The streaming half of a server that speaks sockets only, with a ledger of who came and how.
struct Sockets {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
    said: broadcast::Sender<String>,
    task: JoinHandle<()>,
}

impl Sockets {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let (asked, said) = (Arc::new(Mutex::new(Vec::new())), broadcast::Sender::new(16));
        let (ledger, sender) = (asked.clone(), said.clone());
        let task = tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                tokio::spawn(serve(tcp, ledger.clone(), sender.clone()));
            }
        });
        Self { url, asked, said, task }
    }

    fn asked(&self) -> Vec<String> {
        let mut asked = self.asked.lock().unwrap().clone();
        asked.sort();
        asked.dedup();
        asked
    }
}

impl Drop for Sockets {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[expect(clippy::result_large_err, reason = "the library's own form of a refusal")]
async fn serve(mut tcp: TcpStream, asked: Arc<Mutex<Vec<String>>>, said: broadcast::Sender<String>) {
    let mut start = [0; 4_096];
    let n = tcp.peek(&mut start).await.unwrap_or(0);
    if !String::from_utf8_lossy(&start[..n]).to_ascii_lowercase().contains("upgrade: websocket") {
        let _ =
            tcp.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
        return;
    }
    let mut heard = said.subscribe();
    let shake = |request: &Request, mut answer: Response| {
        let named = request.headers().get("sec-websocket-protocol").cloned();
        assert_eq!(
            named.as_ref().and_then(|v| v.to_str().ok()),
            Some(TOKEN),
            "the token is the sub-protocol"
        );
        assert!(!request.uri().to_string().contains(TOKEN));
        asked.lock().unwrap().push(request.uri().to_string());
        answer.headers_mut().insert("sec-websocket-protocol", named.unwrap());
        Ok(answer)
    };
    let Ok(socket) = tokio_tungstenite::accept_hdr_async(tcp, shake).await else { return };
    let (mut out, mut back) = socket.split();
    loop {
        tokio::select! {
            text = heard.recv() => match text {
                Ok(text) if out.send(Message::text(text.clone())).await.is_ok() => {}
                _ => return,
            },
            came = back.next() => if came.is_none() { return },
        }
    }
}

async fn heard_by_socket(version: &str) {
    let (fake, sockets) = (FakeAccount::start().await, Sockets::start().await);
    fake.ledger().streaming = Some(sockets.url.clone());
    version.clone_into(&mut fake.ledger().version);
    let place = fresh();
    let config = json!({"name": "acme", "mastodon":
        {"server": fake.url, "token": TOKEN, "every_seconds": 3600, "tags": ["acme"]}});
    let daemon = Daemon::start(&place.place, config, "one").await;
    daemon.until_state("connected").await;
    eventually("both sockets", async || sockets.said.receiver_count() == 2).await;
    assert_eq!(
        sockets.asked(),
        ["/api/v1/streaming?stream=hashtag&tag=acme", "/api/v1/streaming?stream=user"],
        "{version}"
    );
    let asked = || fake.ledger().asked.len();
    eventually("an end of the looks", async || {
        let before = asked();
        pause(Span(400), &CancellationToken::new()).await;
        asked() == before
    })
    .await;
    let post = fake.mention(MIA, "where is my parcel?", None);
    let status = fake.ledger().statuses[&post].clone();
    let row = json!({"id": "100", "type": "mention", "created_at": status["created_at"],
        "account": status["account"], "status": status});
    for words in [
        "rubbish".to_owned(),
        json!({"stream": ["user"], "event": "notification", "payload": row.to_string()}).to_string(),
    ] {
        sockets.said.send(words).unwrap();
    }
    let id = uri(post);
    eventually("what was told", async || daemon.identities().await.contains(&id)).await;
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_speaks_sockets_only_is_listened_to() {
    heard_by_socket("0.19.1+git-abc").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_refuses_events_is_asked_for_a_socket() {
    heard_by_socket("4.4.0").await;
}

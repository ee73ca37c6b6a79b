//! A client of a few lines, so that a load generator takes little of the machine: one connection that
//! is kept, one request after another.

use super::daemon::{HOOK, SECRET, now};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use webcared::sources::webhook::Key;

/// One kept connection.
pub struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

/// An answer: its status, its head, its body.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Connection {
    pub async fn open(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        Self { stream, read: Vec::with_capacity(64 * 1024) }
    }

    /// Sends one request and reads its answer to the end.
    pub async fn ask(&mut self, request: &[u8]) -> Answer {
        self.stream.write_all(request).await.expect("sending");
        self.read.clear();
        let end = loop {
            if let Some(at) = find(&self.read, b"\r\n\r\n") {
                break at;
            }
            self.more().await;
        };
        let head = String::from_utf8_lossy(&self.read[..end]).into_owned();
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).expect("a status");
        let length = header(&head, "content-length").and_then(|n| n.parse::<usize>().ok());
        let body = match length {
            Some(length) => {
                while self.read.len() < end + 4 + length {
                    self.more().await;
                }
                self.read[end + 4..end + 4 + length].to_vec()
            }
            None if header(&head, "transfer-encoding") == Some("chunked") => {
                while !self.read.ends_with(b"0\r\n\r\n") {
                    self.more().await;
                }
                self.read[end + 4..].to_vec()
            }
            None => Vec::new(),
        };
        Answer { status, head, body }
    }

    async fn more(&mut self) {
        let n = self.stream.read_buf(&mut self.read).await.expect("reading");
        assert!(n > 0, "the connection was closed");
    }
}

/// A field of a head.
pub fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let fields = head.lines().filter_map(|line| line.split_once(':'));
    fields.filter(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|w| w == what)
}

/// A request without a body.
pub fn request(method: &str, port: u16, path: &str, cookie: &str) -> Vec<u8> {
    format!(
        "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\naccept: text/html\r\ncookie: {cookie}\r\n\
         content-length: 0\r\n\r\n"
    )
    .into_bytes()
}

/// A request that hands JSON over.
pub fn post_json(path: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Signs deliveries.
pub struct Sender {
    key: Key,
}

impl Default for Sender {
    fn default() -> Self {
        Self { key: Key::parse(&SECRET.to_owned().into()).expect("the secret") }
    }
}

impl Sender {
    /// One signed delivery as a whole request.
    pub fn delivery(&self, id: &str, body: &[u8]) -> Vec<u8> {
        let at = now();
        let seconds = at.millis() / 1000;
        let signature = self.key.sign(id, at, body);
        let mut request = format!(
            "POST {HOOK} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\nwebhook-id: {id}\r\n\
             webhook-timestamp: {seconds}\r\nwebhook-signature: {signature}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        request
    }
}

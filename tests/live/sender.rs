//! Who delivers: signed as Standard Webhooks says, again until it is acknowledged, with a ledger
//! of what was.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use webcared::domain::time::{Span, Timestamp};

pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8G";

/// The one client of the tests.
pub fn client() -> &'static reqwest::Client {
    static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(|| {
        // A process may have one provider; a second call finds it there.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0);
        builder.timeout(Duration::from_secs(10)).build().unwrap()
    });
    &CLIENT
}

pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp(i64::try_from(since.as_millis()).unwrap())
}

fn signature(id: &str, at: i64, body: &[u8]) -> String {
    let key = STANDARD.decode(SECRET.trim_start_matches("whsec_")).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{id}.{at}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// Delivers once: the status, or nothing when no answer came.
pub async fn deliver(port: u16, id: &str, body: &Value) -> Option<u16> {
    let body = body.to_string().into_bytes();
    let at = now().millis() / 1000;
    let ask = client()
        .post(format!("http://127.0.0.1:{port}/hooks/hook"))
        .header("webhook-id", id)
        .header("webhook-timestamp", at.to_string())
        .header("webhook-signature", signature(id, at, &body))
        .header("content-type", "application/json")
        .body(body);
    ask.send().await.ok().map(|answer| answer.status().as_u16())
}

/// A post, written so long ago.
pub fn post(id: &str, ago: Span, text: &str) -> Value {
    json!({
        "platform": "mastodon", "external_id": id,
        "author": { "id": format!("author-{id}"), "handle": format!("{id}@toot.example"), "name": id },
        "text": text, "created_at": now().minus(ago).rfc3339(), "conversation_id": format!("thread-{id}"),
        "lang": "en",
    })
}

/// An answer of ours to a post, written so long ago.
pub fn answer(id: &str, to: &str, ago: Span) -> Value {
    let mut answer = post(id, ago, "We are looking into it ^Jan");
    answer["author"] = json!({ "id": "acme-own", "handle": "acme-own" });
    answer["in_reply_to"] = to.into();
    answer["conversation_id"] = format!("thread-{to}").into();
    answer
}

pub const URGENT: &str = "@acme your heated blanket just started smoking on my daughters bed, big scorch mark, is it going to catch fire??";
pub const OUTAGE: &str = "@acme whole street has no internet since this morning and I have a deadline today, nobody picks up the phone";
pub const ORDINARY: &str = "@acme my parcel is a week late and nobody answers, where is it?";
pub const QUESTION: &str = "@acme do you ship to Norway?";

/// What was acknowledged, and what is still to be delivered.
#[derive(Clone, Default)]
pub struct Ledger(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    acknowledged: BTreeSet<String>,
    tries: usize,
    open: Vec<(String, Value)>,
}

fn ids(body: &Value) -> Vec<String> {
    let one = |p: &Value| p["external_id"].as_str().unwrap().to_owned();
    body.as_array().map_or_else(|| vec![one(body)], |list| list.iter().map(one).collect())
}

impl Ledger {
    /// Delivers once and writes down what came of it; what was not acknowledged stays to be done.
    pub async fn send(&self, port: u16, id: &str, body: Value) -> bool {
        let status = deliver(port, id, &body).await;
        let mut kept = self.0.lock().unwrap();
        kept.tries += 1;
        if status == Some(202) {
            kept.acknowledged.extend(ids(&body));
            return true;
        }
        assert!(!matches!(status, Some(400..=428)), "refused for good: {status:?}");
        kept.open.push((id.to_owned(), body));
        false
    }

    /// Delivers again what was not acknowledged, until all is.
    pub async fn finish(&self, port: u16) {
        for _ in 0..200 {
            let open = std::mem::take(&mut self.0.lock().unwrap().open);
            if open.is_empty() {
                return;
            }
            for (id, body) in open {
                self.send(port, &id, body).await;
            }
        }
        panic!("some deliveries were never acknowledged");
    }

    pub fn acknowledged(&self) -> BTreeSet<String> {
        self.0.lock().unwrap().acknowledged.clone()
    }

    /// How many were tried and not acknowledged at the time.
    pub fn still_open(&self) -> usize {
        self.0.lock().unwrap().open.len()
    }

    pub fn tries(&self) -> usize {
        self.0.lock().unwrap().tries
    }
}

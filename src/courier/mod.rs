//! Webhooks on their way out: a worker for each endpoint of the settings, signed as Standard Webhooks has it.
//!
//! Each goes at least once: a second one carries the same `webhook-id`, so that whatever is not clearly taken is
//! sent again, more and more seldom, for about four days, and then stands as given up until somebody drives it
//! again. Their order is not promised; the number of the event is in each.

pub mod config;

use crate::clock::{Chance, Clock};
use crate::domain::delivery::{Looked, Outcome, Repeat, RetryLaw};
use crate::domain::time::{Span, Timestamp};
use crate::http_client::{Call, CallError, HttpClient, NotSent};
use crate::outbox::{Deliver, Worker, held_back};
use crate::shutdown::Shutdown;
use crate::sources::webhook::Key;
use crate::store::rows::ActionRow;
use crate::store::{Db, StoreError, answer, console};
use config::HookOutConfig;
use futures_util::future::join_all;
use http::{HeaderName, HeaderValue, Method};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Notify;
use url::Url;

/// How long one endpoint may take over one.
const CALL_MAX: Span = Span::seconds(15);
/// How many go at a time.
const AT_ONCE: usize = 8;
/// How much of an answer is read; nothing in it matters.
const ANSWER_BYTES_MAX: usize = 16 * 1024;

/// What endpoints need.
#[derive(Clone)]
pub struct Parts {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The client for calls outside.
    pub http: HttpClient,
    /// This process among those on the same database.
    pub owner: String,
    /// Wakes the workers.
    pub outbox: Arc<Notify>,
    /// The address by which people reach the console.
    pub public_url: String,
}

/// How a webhook is tried again: quickly at first, then every twelve hours, for about four days.
pub fn law() -> RetryLaw {
    let waits = [5, 30, 120, 600, 1_800, 3_600, 10_800, 21_600, 43_200].map(Span::seconds);
    RetryLaw { waits: waits.to_vec(), attempts_max: 16 }
}

/// Starts a worker for each endpoint.
///
/// # Errors
/// What is wrong with one, in words.
pub fn spawn(shutdown: &Shutdown, parts: &Parts, endpoints: &[HookOutConfig]) -> Result<(), String> {
    for config in endpoints {
        let deliver = Arc::new(Courier::new(parts, config)?);
        let (db, clock) = (parts.db.clone(), parts.clock.clone());
        let worker = Worker::new(db, clock, Chance::from_system(), parts.owner.clone(), deliver);
        worker.by(law()).spawn(shutdown, parts.outbox.clone());
    }
    Ok(())
}

/// Tells one endpoint.
pub struct Courier {
    parts: Parts,
    http: HttpClient,
    credential: String,
    url: Url,
    keys: Vec<Key>,
    with_text: bool,
}

impl Courier {
    /// For one endpoint of the settings.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn new(parts: &Parts, config: &HookOutConfig) -> Result<Self, String> {
        let wrong = |what: String| format!("hook_out '{}': {what}", config.name);
        let url = Url::parse(&config.url).map_err(|e| wrong(e.to_string()))?;
        let secrets = [&config.secret, &config.previous_secret].into_iter().flatten();
        let keys: Result<Vec<Key>, _> = secrets.map(Key::parse).collect();
        let http = if config.allow_private_address {
            parts.http.allowing_private().map_err(|e| wrong(e.to_string()))?
        } else {
            parts.http.clone()
        };
        Ok(Self {
            parts: parts.clone(),
            http,
            credential: config.endpoint().credential(),
            url,
            keys: keys.map_err(|e| wrong(e.to_string()))?,
            with_text: config.with_text,
        })
    }

    /// The words that these tell of, by the id of the post; none where they are not to be told.
    async fn words(&self, actions: &[ActionRow]) -> Result<HashMap<String, String>, StoreError> {
        if !self.with_text {
            return Ok(HashMap::new());
        }
        let (mut messages, mut own) = (Vec::new(), Vec::new());
        for action in actions {
            let payload = payload(action);
            if let Some(id) = payload["event"]["message"].as_str() {
                messages.push((action.brand_id.clone(), id.to_owned()));
            }
            own.extend(payload["event"]["own_post"].as_str().map(|id| format!("{id}/1")));
        }
        let read = self.parts.db.read("reading what a webhook tells", move |tx| {
            Box::pin(async move {
                let mut words = HashMap::new();
                for m in console::messages(tx, &messages).await? {
                    words.extend(text_of(m.body.as_deref()).map(|text| (m.mention_id, text)));
                }
                for (id, body) in answer::contents(tx, &own).await? {
                    let id = id.trim_end_matches("/1").to_owned();
                    words.extend(text_of(Some(&body)).map(|text| (id, text)));
                }
                Ok(words)
            })
        });
        read.await
    }

    /// What is sent of one.
    fn body(&self, action: &ActionRow, words: &HashMap<String, String>) -> String {
        let payload = payload(action);
        let (mut case, event) = (payload["case"].clone(), payload["event"].clone());
        let id = case["id"].as_str().unwrap_or_default().to_owned();
        case["url"] = json!(format!("{}/cases/{id}", self.parts.public_url.trim_end_matches('/')));
        let at = Timestamp(payload["at"].as_i64().unwrap_or(action.created_at)).rfc3339();
        let about = ["message", "own_post"].into_iter().find_map(|k| event[k].as_str());
        let mut data = json!({ "case": case, "event": event });
        if let Some(text) = about.and_then(|id| words.get(id)) {
            data["text"] = json!(text);
        }
        json!({ "type": payload["type"], "timestamp": at, "data": data }).to_string()
    }

    async fn one(&self, action: &ActionRow, words: &HashMap<String, String>) -> Outcome {
        if let Some(held) = held_back(&self.parts.db).await {
            return held;
        }
        let (body, now) = (self.body(action, words), self.parts.clock.now());
        match signed(&self.keys, &self.url, &action.id, now, body) {
            Ok(call) => outcome(self.http.send(call).await.map(|a| a.status)),
            Err(reason) => Outcome::Refused { reason },
        }
    }
}

/// A call that tells a JSON body to an endpoint, signed by each of the keys.
///
/// # Errors
/// Which header cannot be sent.
pub fn signed(keys: &[Key], url: &Url, id: &str, now: Timestamp, body: String) -> Result<Call, String> {
    let signatures: Vec<String> = keys.iter().map(|key| key.sign(id, now, body.as_bytes())).collect();
    let seconds = now.millis().div_euclid(1000).to_string();
    let mut call = Call::new(Method::POST, url.clone()).within(CALL_MAX).bytes_max(ANSWER_BYTES_MAX).stays();
    let headers = [
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", seconds),
        ("webhook-signature", signatures.join(" ")),
    ];
    for (name, value) in headers {
        let value = HeaderValue::from_str(&value).map_err(|_| format!("{name} cannot be sent"))?;
        call = call.header(HeaderName::from_static(name), value);
    }
    Ok(call.body("application/json", body))
}

fn payload(action: &ActionRow) -> Value {
    serde_json::from_str(&action.payload).unwrap_or_default()
}

fn text_of(body: Option<&str>) -> Option<String> {
    let body: Value = serde_json::from_str(body?).ok()?;
    Some(body.get("text")?.as_str()?.to_owned())
}

/// What an answer means: a second one does no harm, so that everything but a clear word is tried again.
pub fn outcome(answer: Result<u16, CallError>) -> Outcome {
    match answer {
        // Whatever it says beyond its status is nobody's business here.
        Ok(_) | Err(CallError::TooLarge { .. }) => Outcome::Done { remote_id: String::new(), at: None },
        Err(CallError::Status { code: 410, .. }) => {
            Outcome::Refused { reason: "answered 410: it wants no more".to_owned() }
        }
        Err(CallError::NotSent { cause: NotSent::Refused | NotSent::BadAddress, detail }) => {
            Outcome::Refused { reason: format!("{detail}; see allow_private_address") }
        }
        Err(CallError::Status { code, hint, .. }) => {
            Outcome::Retry { after: hint.wait, why: format!("answered {code}") }
        }
        Err(error) => Outcome::Retry { after: None, why: error.to_string() },
    }
}

#[async_trait::async_trait]
impl Deliver for Courier {
    fn credential(&self) -> &str {
        &self.credential
    }

    fn repeat(&self) -> Repeat {
        Repeat::OnceMarked
    }

    fn room(&self, ready: &[ActionRow], _: Timestamp) -> usize {
        ready.len().min(AT_ONCE)
    }

    async fn deliver(&self, actions: &[ActionRow]) -> Vec<Outcome> {
        let words = match self.words(actions).await {
            Ok(words) => words,
            Err(error) => {
                let why = format!("the database did not answer: {error}");
                return vec![Outcome::Retry { after: None, why }; actions.len()];
            }
        };
        let outcomes = join_all(actions.iter().map(|a| self.one(a, &words))).await;
        for outcome in outcomes.iter().filter(|o| !o.is_held_back()) {
            let taken = if matches!(outcome, Outcome::Done { .. }) { "taken" } else { "not_taken" };
            metrics::counter!("webcared_hooks_out_total", "outcome" => taken).increment(1);
        }
        outcomes
    }

    async fn look(&self, actions: &[ActionRow]) -> Vec<Looked> {
        let again = || Looked::Again { why: "a second one carries the same id".to_owned() };
        actions.iter().map(|_| again()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http_client::RateHint;

    #[test]
    fn everything_but_a_clear_word_is_tried_again_and_for_days() {
        let status = |code, wait: Option<Span>| {
            let hint = RateHint { wait, remaining: None };
            outcome(Err(CallError::Status { code, hint, start: String::new() }))
        };
        assert!(matches!(outcome(Ok(204)), Outcome::Done { .. }));
        for code in [301, 400, 401, 404, 429, 500, 503] {
            assert!(matches!(status(code, None), Outcome::Retry { after: None, .. }), "{code}");
        }
        let asked = status(429, Some(Span::minutes(7)));
        assert!(matches!(asked, Outcome::Retry { after: Some(wait), .. } if wait == Span::minutes(7)));
        assert!(matches!(status(410, None), Outcome::Refused { .. }));
        let lost = CallError::Unknown { detail: "timed out".to_owned() };
        assert!(matches!(outcome(Err(lost)), Outcome::Retry { .. }));
        let private = CallError::NotSent { cause: NotSent::Refused, detail: "private".to_owned() };
        assert!(matches!(outcome(Err(private)), Outcome::Refused { .. }));

        let law = law();
        let retry = Outcome::Retry { after: None, why: String::new() };
        let (mut at, mut tries) = (Timestamp(0), 1);
        while let Some(next) = law.settle(&retry, tries, Repeat::OnceMarked, at, 0.5).not_before {
            (at, tries) = (next, tries + 1);
        }
        assert_eq!(tries, 16);
        assert!((Span::days(3)..Span::days(5)).contains(&Span(at.millis())), "{at:?}");
    }
}

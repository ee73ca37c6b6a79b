//! A platform like WhatsApp with a ledger of its own: what it took, what it tells of that later, and answers that get
//! lost after a message was taken.

use crate::site::{Asked, FakeSite, Reply};
use http::HeaderMap;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use webcared::sources::meta::sign;

pub const APP_SECRET: &str = "s3cret-of-the-app-0001";
pub const OLD_SECRET: &str = "s3cret-of-the-app-0000";
pub const VERIFY: &str = "s3cret-word-of-ours";
pub const TOKEN: &str = "s3cret-system-user-token";
pub const ACCOUNT: &str = "880480571844883";
pub const NUMBER: &str = "409552778964973";
pub const OTHER: &str = "409552778964974";
pub const ANN: &str = "NL.13491208655302741918";
pub const ANN_PHONE: &str = "31612345678";
pub const TEMPLATE: &str = "Hoi {{1}}, we hebben een antwoord over {{2}}. Antwoord om verder te praten.";

/// What happens to the next message.
pub enum Fault {
    /// It is taken, and answered so.
    TakesAnd(Reply),
    /// It is not taken.
    Instead(Reply),
}

#[derive(Default)]
pub struct Ledger {
    /// The messages that were taken, with the id that each got.
    pub taken: Vec<(String, Value)>,
    /// The paths at which messages were asked for.
    pub paths: Vec<String>,
    pub faults: VecDeque<Fault>,
    pub quality: &'static str,
    pub status: &'static str,
    pub subscribed: bool,
    pub approved: &'static str,
    pub reads: Option<Reply>,
}

pub struct FakeWhatsapp {
    pub site: FakeSite,
    ledger: Arc<Mutex<Ledger>>,
}

fn ok(value: &Value) -> Reply {
    Reply::ok(value.to_string())
}

/// A refusal as the platform writes it.
pub fn refusal(status: u16, code: i64) -> Reply {
    let body = json!({"error": {"message": "(#1) Etwas ging schief", "type": "OAuthException", "code": code, "fbtrace_id": "A1"}});
    Reply { status, ..Reply::ok(body.to_string()) }
}

impl Ledger {
    fn answer(&mut self, asked: &Asked, url: &str) -> Reply {
        if asked.header("authorization") != Some(&format!("Bearer {TOKEN}")) {
            return refusal(401, 190);
        }
        let Some(path) = asked.path.strip_prefix("/v26.0/") else { return Reply::status(404) };
        if asked.method == "POST" && path.ends_with("/messages") {
            self.paths.push(path.to_owned());
            let fault = self.faults.pop_front();
            if let Some(Fault::Instead(reply)) = fault {
                return reply;
            }
            let body: Value = serde_json::from_str(&asked.body).unwrap();
            let id = format!("wamid.OUT{}", self.taken.len() + 1);
            self.taken.push((id.clone(), body.clone()));
            return match fault {
                Some(Fault::TakesAnd(reply)) => reply,
                _ => ok(&json!({"messaging_product": "whatsapp",
                    "contacts": [{"input": body["to"], "user_id": body["recipient"]}], "messages": [{"id": id}]})),
            };
        }
        if let Some(reply) = self.reads.clone() {
            return reply;
        }
        match path {
            ACCOUNT => ok(&json!({"id": ACCOUNT, "name": "Acme"})),
            NUMBER => {
                ok(&json!({"id": NUMBER, "display_phone_number": "+31 20 123 4567", "verified_name": "Acme",
                "quality_rating": self.quality, "status": self.status}))
            }
            "77" => ok(
                &json!({"id": "77", "mime_type": "image/jpeg", "file_size": 3, "url": format!("{url}/file/77")}),
            ),
            "78" => ok(
                &json!({"id": "78", "mime_type": "image/jpeg", "file_size": 3, "url": "https://elsewhere.example/78"}),
            ),
            "79" => refusal(400, 100),
            _ if path.ends_with("/subscribed_apps") => {
                let apps = if self.subscribed {
                    json!([{"whatsapp_business_api_data": {"id": "1"}}])
                } else {
                    json!([])
                };
                ok(&json!({"data": apps}))
            }
            _ if path.ends_with("/message_templates") => ok(&json!({"data": [
                {"name": "again", "language": "nl", "status": self.approved, "category": "UTILITY",
                 "components": [{"type": "BODY", "text": TEMPLATE}]}]})),
            _ => Reply::status(404),
        }
    }
}

impl FakeWhatsapp {
    pub async fn start() -> Self {
        let site = FakeSite::start().await;
        let ledger = Ledger {
            quality: "GREEN",
            status: "CONNECTED",
            subscribed: true,
            approved: "APPROVED",
            ..Ledger::default()
        };
        let ledger = Arc::new(Mutex::new(ledger));
        let (inner, url) = (ledger.clone(), site.url.clone());
        site.decide(move |asked| Some(inner.lock().unwrap().answer(asked, &url)));
        Self { site, ledger }
    }

    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }

    pub fn config(&self) -> Value {
        config(&self.site.url)
    }
}

pub fn config(url: &str) -> Value {
    json!({"name": "wa", "brand": "Acme", "whatsapp": {"account": ACCOUNT, "api_url": url, "token": TOKEN,
        "app_secret": APP_SECRET, "previous_app_secret": OLD_SECRET, "verify_token": VERIFY,
        "number": [{"id": NUMBER, "phone": "+31 20 123 4567"}, {"id": OTHER, "phone": "+31 20 765 4321"}],
        "template": [{"name": "again", "language": "nl", "text": TEMPLATE}]}})
}

/// The headers of a delivery that holds these bytes.
pub fn signed(secret: &str, body: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("x-hub-signature-256", sign(&secret.to_owned().into(), body).parse().unwrap());
    headers
}

/// A delivery to a number.
pub fn delivered(number: &str, field: &str, more: &Value) -> Value {
    let mut value = json!({"messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "31201234567", "phone_number_id": number}});
    value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"object": "whatsapp_business_account",
        "entry": [{"id": ACCOUNT, "changes": [{"field": field, "value": value}]}]})
}

/// A message of Ann; by her number alone, by her id alone, or by both.
pub fn says(id: &str, at_seconds: i64, text: &str, (user, phone): (Option<&str>, Option<&str>)) -> Value {
    let mut message =
        json!({"id": id, "timestamp": at_seconds.to_string(), "type": "text", "text": {"body": text}});
    let mut contact = json!({"profile": {"name": "Ann"}});
    if let Some(user) = user {
        message["from_user_id"] = json!(user);
        contact["user_id"] = json!(user);
    }
    if let Some(phone) = phone {
        message["from"] = json!(phone);
        contact["wa_id"] = json!(phone);
    }
    delivered(NUMBER, "messages", &json!({"contacts": [contact], "messages": [message]}))
}

/// What became of a message of ours.
pub fn became(id: &str, state: &str, at_seconds: i64, data: &Value, code: Option<i64>) -> Value {
    let mut status = json!({"id": id, "status": state, "timestamp": at_seconds.to_string(), "recipient_id": ANN_PHONE,
        "biz_opaque_callback_data": data});
    if let Some(code) = code {
        status["errors"] = json!([{"code": code, "title": "No"}]);
    }
    delivered(NUMBER, "messages", &json!({"statuses": [status]}))
}

//! A platform of reviews with a ledger, in the four dialects: lists, single reviews, answers that replace one another,
//! tokens, and refusals in its own words.

use crate::site::{Asked, FakeSite, Reply};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use webcared::domain::time::{Span, Timestamp};

pub(crate) const SERVICE_ACCOUNT: &str = include_str!("../fixtures/reviews/service-account.json");
pub(crate) const APP_STORE_KEY: &str = include_str!("../fixtures/reviews/app-store-key.pem");
pub(crate) const KINDS: [&str; 4] = ["google_business", "google_play", "app_store", "trustpilot"];
const UNIT: &str = "507f191e810c19729de860ea";

/// How the platform takes the next answer.
#[derive(Clone)]
pub(crate) enum Mood {
    /// It does not.
    Refuses(Reply),
    /// It does, and then says this.
    TakesAnd(Reply),
}

/// A review as the platform has it.
#[derive(Clone)]
pub(crate) struct Rev {
    pub(crate) id: String,
    pub(crate) stars: u8,
    pub(crate) text: String,
    pub(crate) at: Timestamp,
    pub(crate) changed: Option<Timestamp>,
    pub(crate) answer: Option<(String, Timestamp)>,
}

#[derive(Default)]
pub(crate) struct Ledger {
    pub(crate) reviews: Vec<Rev>,
    /// Every answer that was taken: review, words.
    pub(crate) answered: Vec<(String, String)>,
    pub(crate) moods: VecDeque<Mood>,
    /// The token that is taken at present, and how many were given out.
    pub(crate) token: String,
    pub(crate) tokens: usize,
    pub(crate) page: usize,
    pub(crate) now: Timestamp,
    /// Whether we may not see the place any more.
    pub(crate) hidden: bool,
    /// In place of everything.
    pub(crate) instead: Option<Reply>,
}

pub(crate) struct FakeReviews {
    pub(crate) kind: &'static str,
    pub(crate) site: FakeSite,
    ledger: Arc<Mutex<Ledger>>,
}

/// The settings of a source of this kind, for a server at an address.
pub(crate) fn config(kind: &str, url: &str) -> Value {
    let token = format!("{url}/token");
    let own = match kind {
        "google_business" => {
            json!({"locations": ["accounts/1/locations/2"], "client_id": "c", "client_secret": "s3cret-client",
            "refresh_token": "s3cret-refresh", "api_url": url, "token_url": token, "calls_per_minute": 10_000})
        }
        "google_play" => json!({"packages": ["com.acme"], "service_account": SERVICE_ACCOUNT, "api_url": url,
            "token_url": token, "calls_per_hour": 100_000}),
        "app_store" => {
            json!({"apps": ["77"], "issuer_id": "issuer", "key_id": "K1", "private_key": APP_STORE_KEY,
            "api_url": url, "calls_per_hour": 100_000})
        }
        _ => {
            json!({"business_units": [UNIT], "api_key": "key", "api_secret": "s3cret-key", "username": "jan",
            "password": "s3cret-word", "business_user": "user1", "api_url": url, "token_url": token,
            "calls_per_minute": 10_000})
        }
    };
    let mut config = json!({"name": "stars", "brand": "Acme"});
    config[kind] = own;
    config[kind]["every_seconds"] = 1.into();
    config
}

/// The path of the list.
pub(crate) fn list_path(kind: &str) -> String {
    match kind {
        "google_business" => "/v4/accounts/1/locations/2/reviews".into(),
        "google_play" => "/androidpublisher/v3/applications/com.acme/reviews".into(),
        "app_store" => "/v1/apps/77/customerReviews".into(),
        _ => format!("/v1/private/business-units/{UNIT}/reviews"),
    }
}

/// The id by which a review is known here.
pub(crate) fn known_as(kind: &str, id: &str) -> String {
    match kind {
        "google_business" => format!("accounts/1/locations/2/reviews/{id}"),
        "google_play" => format!("com.acme/{id}"),
        "app_store" => format!("77/{id}"),
        _ => id.to_owned(),
    }
}

/// Which review a request answers.
pub(crate) fn answers(kind: &str, asked: &Asked) -> Option<(String, String)> {
    let body = || serde_json::from_str::<Value>(&asked.body).unwrap();
    let own = |value: &Value| value.as_str().unwrap().to_owned();
    let path = asked.path.as_str();
    let of = |front: &str, back: &str| Some(path.strip_prefix(front)?.strip_suffix(back)?.to_owned());
    match (kind, asked.method.as_str()) {
        ("google_business", "PUT") => {
            let id = of("/v4/accounts/1/locations/2/reviews/", "/reply")?;
            Some((id, own(&body()["comment"])))
        }
        ("google_play", "POST") => {
            let id = of("/androidpublisher/v3/applications/com.acme/reviews/", ":reply")?;
            Some((id, own(&body()["replyText"])))
        }
        ("app_store", "POST") if path == "/v1/customerReviewResponses" => {
            let data = &body()["data"];
            let id = own(&data["relationships"]["review"]["data"]["id"]);
            Some((id, own(&data["attributes"]["responseBody"])))
        }
        ("trustpilot", "POST") => {
            let id = of("/v1/private/reviews/", "/reply")?;
            assert_eq!(body()["authorBusinessUserId"], "user1");
            Some((id, own(&body()["message"])))
        }
        _ => None,
    }
}

/// How the platform says that an answer was taken.
pub(crate) fn taken(kind: &str, text: &str, at: Timestamp) -> Value {
    match kind {
        "google_business" => json!({"comment": text, "updateTime": at.rfc3339()}),
        "google_play" => json!({"result": {"replyText": text, "lastEdited": seconds(at)}}),
        "app_store" => json!({"data": {"type": "customerReviewResponses", "id": "a1", "attributes":
            {"responseBody": text, "lastModifiedDate": at.rfc3339(), "state": "PENDING_PUBLISH"}}}),
        _ => json!({"reply": {"message": text, "createdAt": at.rfc3339()}}),
    }
}

fn seconds(at: Timestamp) -> Value {
    json!({"seconds": (at.millis() / 1_000).to_string(), "nanos": (at.millis() % 1_000) * 1_000_000})
}

pub(crate) fn refusal(kind: &str, code: u16, word: &str) -> Reply {
    let body = match kind {
        "app_store" => json!({"errors": [{"status": code.to_string(), "code": word, "detail": "no"}]}),
        "trustpilot" => json!({"message": "no", "errorCode": word}),
        _ => json!({"error": {"code": code, "message": "no", "status": word}}),
    };
    Reply { status: code, ..Reply::ok(body.to_string()) }
}

/// A review in the platform's words.
pub(crate) fn row(kind: &str, rev: &Rev) -> Value {
    let star = ["ONE", "TWO", "THREE", "FOUR", "FIVE"][usize::from(rev.stars) - 1];
    let last = rev.changed.unwrap_or(rev.at);
    match kind {
        "google_business" => {
            let mut row = json!({"name": known_as(kind, &rev.id), "reviewId": rev.id, "starRating": star,
                "reviewer": {"displayName": "Mia"}, "createTime": rev.at.rfc3339(), "updateTime": last.rfc3339()});
            if !rev.text.is_empty() {
                row["comment"] = json!(rev.text);
            }
            if let Some((text, at)) = &rev.answer {
                row["reviewReply"] = json!({"comment": text, "updateTime": at.rfc3339()});
            }
            row
        }
        "google_play" => {
            let mut comments =
                vec![json!({"userComment": {"text": format!("\t{}", rev.text), "starRating": rev.stars,
                "lastModified": seconds(last), "reviewerLanguage": "en", "appVersionName": "4.2"}})];
            if let Some((text, at)) = &rev.answer {
                comments.push(json!({"developerComment": {"text": text, "lastModified": seconds(*at)}}));
            }
            json!({"reviewId": rev.id, "authorName": "Mia", "comments": comments})
        }
        "app_store" => {
            let response = rev
                .answer
                .as_ref()
                .map(|_| json!({"type": "customerReviewResponses", "id": format!("a-{}", rev.id)}));
            json!({"type": "customerReviews", "id": rev.id, "attributes": {"rating": rev.stars, "title": null,
                "body": rev.text, "reviewerNickname": "mia", "createdDate": rev.at.rfc3339(), "territory": "NLD"},
                "relationships": {"response": {"data": response}}})
        }
        _ => json!({"id": rev.id, "stars": rev.stars, "title": "", "text": rev.text, "language": "en",
            "createdAt": rev.at.rfc3339(), "updatedAt": rev.changed.map(Timestamp::rfc3339),
            "consumer": {"id": "c1", "displayName": "Mia"}, "businessUnit": {"id": UNIT, "displayName": "Acme"},
            "companyReply": rev.answer.as_ref().map(|(text, at)| json!({"text": text, "createdAt": at.rfc3339()}))}),
    }
}

/// A page of rows in the platform's words.
pub(crate) fn page(kind: &str, rows: &[Value], answers: &[Value], next: Option<&str>) -> Value {
    match kind {
        "google_business" => json!({"reviews": rows, "nextPageToken": next, "totalReviewCount": 9}),
        "google_play" => json!({"reviews": rows, "tokenPagination": {"nextPageToken": next}}),
        "app_store" => json!({"data": rows, "included": answers,
            "links": {"next": next.map(|n| format!("https://api.example/v1/x?cursor={n}&limit=2"))}}),
        _ => json!({"reviews": rows, "links": []}),
    }
}

impl FakeReviews {
    pub(crate) async fn start(kind: &'static str, now: Timestamp) -> Self {
        let site = FakeSite::start().await;
        let ledger = Arc::new(Mutex::new(Ledger { page: 100, now, ..Ledger::default() }));
        let kept = ledger.clone();
        site.decide(move |asked| Some(kept.lock().unwrap().answer(kind, asked)));
        Self { kind, site, ledger }
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }

    pub(crate) fn config(&self) -> Value {
        config(self.kind, &self.site.url)
    }

    pub(crate) fn review(&self, id: &str, stars: u8, text: &str, at: Timestamp) {
        let rev = Rev { id: id.into(), stars, text: text.into(), at, changed: None, answer: None };
        self.ledger().reviews.push(rev);
    }

    pub(crate) fn change(&self, id: &str, change: impl Fn(&mut Rev)) {
        change(self.ledger().reviews.iter_mut().find(|r| r.id == id).unwrap());
    }
}

impl Ledger {
    /// Whether a request is let in, or the token that it asks for.
    fn let_in(&mut self, kind: &str, asked: &Asked) -> Option<Reply> {
        if asked.path == "/token" {
            let form: HashMap<String, String> =
                url::form_urlencoded::parse(asked.body.as_bytes()).into_owned().collect();
            let of = |key: &str| form.get(key).map(String::as_str).unwrap_or_default();
            let fine = match kind {
                "google_business" => of("refresh_token") == "s3cret-refresh",
                "google_play" => claims(of("assertion"))["iss"] == "care@acme-test.example",
                _ => {
                    let basic = format!("Basic {}", STANDARD.encode("key:s3cret-key"));
                    asked.header("authorization") == Some(&basic) && of("password") == "s3cret-word"
                }
            };
            if !fine {
                return Some(Reply { status: 400, ..Reply::ok(r#"{"error":"invalid_grant"}"#) });
            }
            self.tokens += 1;
            self.token = format!("s3cret-token-{}", self.tokens);
            let told = json!({"access_token": self.token, "expires_in": 3599});
            return Some(Reply::ok(told.to_string()));
        }
        let shown = asked.header("authorization").and_then(|a| a.strip_prefix("Bearer ")).unwrap_or_default();
        let fine = match kind {
            "app_store" => claims(shown)["iss"] == "issuer" && self.token != "withdrawn",
            _ => shown == self.token,
        };
        (!fine).then(|| refusal(kind, 401, "UNAUTHENTICATED"))
    }

    fn answer(&mut self, kind: &str, asked: &Asked) -> Reply {
        if let Some(reply) = &self.instead {
            return reply.clone();
        }
        if let Some(reply) = self.let_in(kind, asked) {
            return reply;
        }
        if let Some((id, text)) = answers(kind, asked) {
            return self.take(kind, &id, &text);
        }
        if asked.path == list_path(kind) {
            if self.hidden {
                return refusal(kind, 403, "PERMISSION_DENIED");
            }
            return self.list(kind, &asked.query);
        }
        let id = asked.path.rsplit('/').next().unwrap_or_default();
        match self.reviews.iter().find(|r| r.id == id) {
            Some(rev) if kind == "app_store" => {
                Reply::ok(json!({"data": row(kind, rev), "included": response(rev)}).to_string())
            }
            Some(rev) => Reply::ok(row(kind, rev).to_string()),
            None => refusal(kind, 404, "NOT_FOUND"),
        }
    }

    fn list(&self, kind: &str, query: &str) -> Reply {
        let query: HashMap<String, String> =
            url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let of = |key: &str| query.get(key).cloned().unwrap_or_default();
        let last = |r: &Rev| if kind == "app_store" { r.at } else { r.changed.unwrap_or(r.at) };
        let mut shown: Vec<&Rev> = self.reviews.iter().collect();
        if kind == "google_play" {
            let week = self.now.minus(Span::days(7));
            shown.retain(|r| !r.text.is_empty() && last(r) >= week);
        }
        shown.sort_by_key(|r| std::cmp::Reverse(last(r)));
        let from: usize = match kind {
            "google_business" => of("pageToken").parse().unwrap_or(0),
            "google_play" => of("token").parse().unwrap_or(0),
            "app_store" => of("cursor").parse().unwrap_or(0),
            _ => (of("page").parse::<usize>().unwrap() - 1) * 100,
        };
        let here: Vec<&Rev> = shown.iter().skip(from).take(self.page).copied().collect();
        let next = (from + here.len() < shown.len()).then(|| (from + here.len()).to_string());
        let rows: Vec<Value> = here.iter().map(|r| row(kind, r)).collect();
        let answers: Vec<Value> = here.iter().flat_map(|r| response(r)).collect();
        Reply::ok(page(kind, &rows, &answers, next.as_deref()).to_string())
    }

    fn take(&mut self, kind: &str, id: &str, text: &str) -> Reply {
        let mood = self.moods.pop_front();
        if let Some(Mood::Refuses(reply)) = mood {
            return reply;
        }
        let now = self.now;
        let Some(rev) = self.reviews.iter_mut().find(|r| r.id == id) else {
            return refusal(kind, 404, "NOT_FOUND");
        };
        rev.answer = Some((text.to_owned(), now));
        self.answered.push((id.to_owned(), text.to_owned()));
        match mood {
            Some(Mood::TakesAnd(reply)) => reply,
            _ => Reply::ok(taken(kind, text, now).to_string()),
        }
    }
}

fn response(rev: &Rev) -> Vec<Value> {
    let of = |(text, at): &(String, Timestamp)| {
        json!({"type": "customerReviewResponses", "id": format!("a-{}", rev.id),
            "attributes": {"responseBody": text, "lastModifiedDate": at.rfc3339(), "state": "PUBLISHED"}})
    };
    rev.answer.iter().map(of).collect()
}

/// What a signed token says; nothing where it is none.
pub(crate) fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap_or_default();
    let bytes = URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or(Value::Null)
}

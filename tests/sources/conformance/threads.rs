//! What an account on Threads brings along to be checked: its lists, and the one call of two by which it posts.

use super::answers::{self, checked};
use super::fixtures::{at, no_more, ok, rows};
use serde_json::{Value, json};
use webcared::sources::TroubleState;
use webcared::sources::reply::PostRef;

fn config(url: &str) -> Value {
    json!({"name": "x", "threads": {"account": "acme", "user_id": "77", "token": "s3cret-token",
        "app_secret": "s3cret-of-the-app", "verify_token": "word", "api_url": url}})
}

pub(super) fn polled() -> super::Fixtures {
    super::Fixtures {
        kind: "threads",
        config,
        is_page: |asked| asked.path == "/v1.0/77/mentions",
        page: |_, items, more| {
            let post = |n: i64| {
                json!({"id": (500 - n).to_string(), "username": "mia", "text": "@acme help", "media_type": "TEXT_POST",
                    "timestamp": at(n).rfc3339().replace('Z', "+0000")})
            };
            json!({"data": rows(items, more, post), "paging": {}}).to_string()
        },
        around: |_| None,
        refused: |state| matches!(state, TroubleState::NeedsToken | TroubleState::NeedsRight),
        limits: no_more,
        heeds_headers: true,
        is_patient: false,
        secret: Some(("s3cret", false)),
    }
}

fn answering() -> answers::Fixtures {
    answers::Fixtures {
        kind: "threads",
        config,
        to: || PostRef { external_id: "91".into(), visibility: "public".into(), ..PostRef::default() },
        is_post: |asked| asked.method == "POST" && asked.path == "/v1.0/77/threads_publish",
        success: |_| json!({"id": "92"}),
        around: |asked| match asked.path.as_str() {
            "/v1.0/77/threads_publishing_limit" => Some(ok(&json!({"data": [{"reply_quota_usage": 3,
                "reply_config": {"quota_total": 1000, "quota_duration": 86400}}]}))),
            "/v1.0/77/threads" => Some(ok(&json!({"id": "17"}))),
            _ => None,
        },
        limits: answers::no_more,
        heeds_headers: true,
        key: None,
        secret: ("s3cret", false),
    }
}

#[tokio::test]
async fn an_account_on_threads_answers_as_all_must() {
    checked(answering()).await;
}

//! What an account on Reddit brings along to be checked: what it reads, and what it answers.

use super::Fixtures;
use super::answers::{self, TEXT, checked, ok};
use super::fixtures::{at, no_more, rows};
use serde_json::json;
use webcared::sources::TroubleState;
use webcared::sources::reply::PostRef;

pub(super) fn polled() -> Fixtures {
    Fixtures {
        kind: "reddit",
        config: |url| {
            json!({"name": "x", "reddit": {"account": "acme_care", "client_id": "c", "client_secret": "s3cret-client",
                "refresh_token": "s3cret-refresh", "api_url": url, "token_url": format!("{url}/token")}})
        },
        is_page: |asked| asked.path == "/message/inbox",
        page: |_, items, more| {
            let came = |n: i64| {
                json!({"kind": "t1", "data": {"name": format!("t1_c{n}"), "author": "mia", "body": "help",
                    "was_comment": true, "parent_id": "t3_p1", "created_utc": at(n).millis() as f64 / 1000.0,
                    "context": format!("/r/travel/comments/p1/t/c{n}/?context=3")}})
            };
            json!({"kind": "Listing", "data": {"after": null, "children": rows(items, more, came)}})
                .to_string()
        },
        around: |asked| match asked.path.as_str() {
            "/token" => Some(ok(&json!({"access_token": "s3cret-access", "expires_in": 3600}))),
            "/api/info" => Some(ok(&json!({"kind": "Listing", "data": {"children": []}}))),
            _ => None,
        },
        refused: |state| matches!(state, TroubleState::NeedsToken | TroubleState::NeedsRight),
        limits: no_more,
        heeds_headers: true,
        is_patient: false,
        secret: Some(("s3cret", false)),
    }
}

fn answering() -> answers::Fixtures {
    answers::Fixtures {
        kind: "reddit",
        config: |url| {
            json!({"name": "x", "reddit": {"account": "acme_care", "client_id": "c", "client_secret": "s3cret-client",
                "password": "s3cret-password", "api_url": url, "token_url": format!("{url}/token")}})
        },
        to: || PostRef { external_id: "t1_c1".into(), visibility: "public".into(), ..PostRef::default() },
        is_post: |asked| asked.method == "POST" && asked.path == "/api/comment",
        success: |_| {
            let made = json!({"kind": "t1", "data": {"name": "t1_c2", "author": "acme_care", "body": TEXT,
                "parent_id": "t1_c1", "link_id": "t3_p1", "created_utc": 1_795_608_000.0}});
            json!({"json": {"errors": [], "data": {"things": [made]}}})
        },
        around: |asked| {
            let granted = json!({"access_token": "s3cret-access", "expires_in": 3600});
            (asked.path == "/token").then(|| ok(&granted))
        },
        limits: || {
            let words = "you are doing that too much. try again in 90 seconds.";
            let body = json!({"json": {"ratelimit": 90.0, "errors": [["RATELIMIT", words, "ratelimit"]]}});
            vec![ok(&body)]
        },
        heeds_headers: true,
        key: None,
        secret: ("s3cret", false),
    }
}

#[tokio::test]
async fn an_account_on_reddit_answers_as_all_must() {
    checked(answering()).await;
}

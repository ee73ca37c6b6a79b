//! Likes, mutes, blocks and reports in the account's name.
//!
//! All but the report can be taken twice without harm, so that an attempt whose outcome is unknown
//! goes again. A report reaches the moderators of our own server only: it is not forwarded, since it
//! may hold what another server's people need not know.

use super::super::reply::{Measure, Outgoing};
use super::Mastodon;
use super::client::{Failed, Share};
use super::reply::Hindered;
use crate::domain::delivery::Outcome;
use crate::domain::time::{Span, Timestamp};
use crate::http_client::CallError;
use serde_json::{Value, json};

/// Longest comment with a report, in characters.
const COMMENT_CHARS_MAX: usize = 1_000;
const WITHIN: Span = Span::seconds(9);

/// Takes a measure once.
pub(super) async fn take(source: &Mastodon, measure: Measure, outgoing: &Outgoing, reason: &str) -> Outcome {
    let client = &source.client;
    let status = match source.parent(&outgoing.to).await {
        Ok(status) => status,
        Err(hindered) => return lifted_or(measure, hindered, client.now()),
    };
    let account = status.account.id.as_str();
    let (path, body): ([&str; 4], Value) = match measure {
        Measure::Like => (["v1", "statuses", &status.id, "favourite"], json!({})),
        Measure::Unlike => (["v1", "statuses", &status.id, "unfavourite"], json!({})),
        Measure::Mute => (["v1", "accounts", account, "mute"], json!({})),
        Measure::Unmute => (["v1", "accounts", account, "unmute"], json!({})),
        Measure::Block => (["v1", "accounts", account, "block"], json!({})),
        Measure::Unblock => (["v1", "accounts", account, "unblock"], json!({})),
        Measure::Report => {
            let comment: String = reason.chars().take(COMMENT_CHARS_MAX).collect();
            let body = json!({
                "account_id": account, "status_ids": [status.id], "comment": comment, "forward": false,
            });
            (["v1", "reports", "", ""], body)
        }
        // What only the moderators of a server do.
        _ => return Outcome::Refused { reason: "an account has no such measure".to_owned() },
    };
    let path: Vec<&str> = path.into_iter().filter(|part| !part.is_empty()).collect();
    taken(client.send(Share::Answering, client.post(&path, &body).within(WITHIN)).await, client.now())
}

/// A like of what is gone is gone with it.
fn lifted_or(measure: Measure, hindered: Hindered, now: Timestamp) -> Outcome {
    match (measure, hindered) {
        (Measure::Unlike, Hindered::Refused(_)) => Outcome::Done { remote_id: String::new(), at: None },
        (_, hindered) => hindered.outcome(now),
    }
}

fn taken(answer: Result<crate::http_client::Answer, Failed>, now: Timestamp) -> Outcome {
    match answer {
        Ok(_) => Outcome::Done { remote_id: String::new(), at: None },
        Err(failed) => match &failed {
            Failed::Spent(_) | Failed::Call(CallError::NotSent { .. }) => {
                Outcome::Retry { after: failed.wait(now), why: failed.words() }
            }
            Failed::Call(CallError::Status { code: 429, .. }) => {
                Outcome::Retry { after: failed.wait(now), why: "the server asks for fewer calls".to_owned() }
            }
            Failed::Call(CallError::Status { code: 400..=407 | 410 | 413 | 415 | 422, .. }) => {
                Outcome::Refused { reason: failed.words() }
            }
            _ => Outcome::Unknown { evidence: failed.words() },
        },
    }
}

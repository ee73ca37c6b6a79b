//! Trying a forum once: whose key it is, what the account may there, and whether the categories that are to be read
//! are there.
//!
//! From Discourse's documentation of its interface (`/session/current.json`, `/c/ID/show.json`, November 2026), never
//! reached while building; a key with narrow scopes may not ask either, which is no fault of it.

use super::Discourse;
use super::client::{Failed, Share};
use crate::domain::exam::Exam;
use crate::domain::time::Span;
use crate::sources::Examine;
use async_trait::async_trait;
use serde_json::Value;

/// How long each question may take.
const WITHIN: Span = Span::seconds(5);
/// How many categories are asked for; the others are read all the same.
const CATEGORIES_MAX: usize = 12;
/// What is tried first.
const LOG_IN: &str = "log in";

#[async_trait]
impl Examine for Discourse {
    async fn examine(&self) -> Vec<Exam> {
        let host = &self.forum.authority;
        let told: Result<Value, Failed> =
            self.client.get(Share::Reading, &["session", "current.json"], &[], WITHIN).await;
        let user = match &told {
            Ok(told) => told["current_user"].as_object(),
            Err(failed) if is_scope(failed) => None,
            Err(failed) => {
                let advice =
                    "Make a key under Admin, API, for the account that answers, with the rights it needs.";
                return vec![self.client.trouble(failed).exam(LOG_IN, advice)];
            }
        };
        let is = |what: &str| user.is_some_and(|u| u.get(what).and_then(Value::as_bool).unwrap_or_default());
        let moderates = is("moderator") || is("admin");
        let mut exams = vec![match user {
            Some(_) if moderates => {
                Exam::good(LOG_IN, format!("@{} on {host}, a moderator there", self.account))
            }
            Some(_) => Exam::good(LOG_IN, format!("@{} on {host}", self.account)),
            None => Exam::mind(
                LOG_IN,
                format!("{host} lets the key in, but does not tell it what @{} may", self.account),
                "Keys with narrow scopes are told little; the first answer shows whether it may post.",
            ),
        }];
        if self.silences.is_some() && user.is_some() {
            exams.push(if moderates {
                Exam::good("moderation", "the account may hide, delete and silence")
            } else {
                let found = format!("`moderates` is set, and @{} is no moderator there", self.account);
                Exam::bad("moderation", found, "Make it a moderator on the forum, or leave `moderates` out.")
            });
        }
        for id in self.categories.iter().take(CATEGORIES_MAX) {
            exams.push(self.category(*id).await);
        }
        exams
    }
}

impl Discourse {
    /// Whether a category that is to be read is there, for the account.
    async fn category(&self, id: i64) -> Exam {
        let (what, page) = (format!("category {id}"), id.to_string());
        let told: Result<Value, Failed> =
            self.client.get(Share::Reading, &["c", &page, "show.json"], &[], WITHIN).await;
        match &told {
            Ok(told) => match told["category"]["name"].as_str() {
                Some(name) => Exam::good(what, name),
                None => Exam::mind(what, "the forum does not tell what it is called", ""),
            },
            Err(failed) if failed.is_absent() => Exam::bad(
                what,
                "it is not there, or the account may not see it: nothing would ever be read of it",
                "Its number stands in the address of its page, behind its name.",
            ),
            Err(failed) if is_scope(failed) => {
                Exam::mind(what, "the key may not ask whether it is there", "")
            }
            Err(failed) => {
                self.client.trouble(failed).exam(what, "Give the key the scope to read categories.")
            }
        }
    }
}

/// Whether a question was refused, and not the key: those with narrow scopes may not ask everything.
fn is_scope(failed: &Failed) -> bool {
    matches!(failed.status(), Some(403 | 404)) && !failed.is_about_key()
}

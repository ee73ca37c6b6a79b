//! Likes, mutes and reports in the account's name.
//!
//! What was done already, here or on the forum itself, is asked first, so that nothing is done twice: a like and a report
//! stand once, a mute is a setting. A mute is of our account alone; silencing somebody for the whole forum is for its
//! moderators, and there is no block. Built from the published interface (`post_actions`, `notification_level`, as of
//! November 2026), checked against a fake.

use super::Discourse;
use super::client::{Failed, Share};
use super::post::ForumPost;
use super::reply::REMOVED;
use crate::domain::delivery::Outcome;
use crate::domain::time::Span;
use crate::sources::reply::{Measure, Outgoing};
use http::Method;
use serde_json::{Value, json};

/// What a forum lets an account do.
pub const MEASURES: &[Measure] =
    &[Measure::Like, Measure::Unlike, Measure::Mute, Measure::Unmute, Measure::Report];
/// Kinds of things done to a post.
const LIKE: i64 = 2;
const TELL_MODERATORS: i64 = 7;
/// Longest word to the moderators, in characters.
const REASON_CHARS_MAX: usize = 1_000;
/// A forum takes no shorter one.
const REASON_CHARS_MIN: usize = 10;
const WITHIN: Span = Span::seconds(9);

impl Discourse {
    pub(super) async fn take_measure(&self, measure: Measure, outgoing: &Outgoing, reason: &str) -> Outcome {
        let post = match self.parent(&outgoing.to).await {
            Ok(post) => post,
            // A like of what is gone is gone with it.
            Err(Outcome::Refused { reason }) if measure == Measure::Unlike && reason == REMOVED => {
                return done();
            }
            Err(outcome) => return outcome,
        };
        match measure {
            Measure::Like if post.acted(LIKE) => done(),
            Measure::Unlike if !post.acted(LIKE) => done(),
            Measure::Report if post.acted(TELL_MODERATORS) => done(),
            Measure::Like => self.act(&json!({ "id": post.id, "post_action_type_id": LIKE })).await,
            Measure::Unlike => {
                let (file, kind) = (format!("{}.json", post.id), LIKE.to_string());
                let query = [("post_action_type_id", kind.as_str())];
                let call = self.client.call(Method::DELETE, &["post_actions", &file], &query);
                self.taken(self.client.send(Share::Answering, call.within(WITHIN)).await.map(drop))
            }
            Measure::Report => {
                let mut words: String = reason.chars().take(REASON_CHARS_MAX).collect();
                if words.chars().count() < REASON_CHARS_MIN {
                    words = format!("House rule: {words}");
                }
                let body = json!({ "id": post.id, "post_action_type_id": TELL_MODERATORS, "message": words });
                self.act(&body).await
            }
            Measure::Mute => self.level(&post, "mute").await,
            Measure::Unmute => self.level(&post, "normal").await,
            Measure::Block | Measure::Unblock => Outcome::Refused {
                reason: "a forum has no block; its moderators can silence somebody".to_owned(),
            },
        }
    }

    async fn act(&self, body: &Value) -> Outcome {
        let call = self.client.call(Method::POST, &["post_actions.json"], &[]);
        let call = call.body("application/json", body.to_string()).within(WITHIN);
        self.taken(self.client.send(Share::Answering, call).await.map(drop))
    }

    /// Sets what our account hears of an author.
    async fn level(&self, post: &ForumPost, level: &str) -> Outcome {
        let Some(name) = post.username.as_deref().filter(|n| !n.is_empty()) else {
            return Outcome::Refused { reason: "its author has no name that can be muted".to_owned() };
        };
        let call = self.client.call(Method::PUT, &["u", name, "notification_level.json"], &[]);
        let body = json!({ "notification_level": level }).to_string();
        let call = call.body("application/json", body).within(WITHIN);
        self.taken(self.client.send(Share::Answering, call).await.map(drop))
    }

    fn taken(&self, answer: Result<(), Failed>) -> Outcome {
        let Err(failed) = answer else { return done() };
        match failed.status() {
            _ if failed.is_unsent() => {
                Outcome::Retry { after: failed.wait(self.client.now()), why: failed.words() }
            }
            Some(429) => Outcome::Retry {
                after: failed.wait(self.client.now()),
                why: "the forum asks for fewer calls".to_owned(),
            },
            Some(400 | 401 | 403 | 404 | 405 | 410 | 413 | 415 | 422) => {
                Outcome::Refused { reason: failed.words() }
            }
            _ => Outcome::Unknown { evidence: failed.words() },
        }
    }
}

const fn done() -> Outcome {
    Outcome::Done { remote_id: String::new(), at: None }
}

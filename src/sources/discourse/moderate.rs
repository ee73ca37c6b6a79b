//! Likes, mutes and reports in the account's name; and, where the account is a moderator of the forum, hiding, taking
//! out of lists, deleting and silencing, each with its way back.
//!
//! What was done already, here or on the forum itself, is asked first, so that nothing is done twice: a like and a report
//! stand once, all else is a setting. A mute is of our account alone. There is no block. Nothing is deleted for good: what
//! a moderator deletes can be brought back.
//!
//! In the source of Discourse, read in November 2026: a post is hidden by a flag of a moderator with `take_action`, and
//! shown again by `PUT /posts/ID/unhide`; `PUT /admin/users/ID/silence` with `silenced_till` and `reason`. From its
//! documentation and from memory: `PUT /t/ID/status` for lists, `DELETE` and `PUT …/recover` of posts and topics, and
//! `post_actions`, `notification_level`. Checked against a fake with a ledger.

use super::Discourse;
use super::client::{Failed, Share};
use super::post::ForumPost;
use super::reply::REMOVED;
use crate::domain::delivery::Outcome;
use crate::domain::time::Span;
use crate::sources::reply::{Measure, Outgoing, PostRef};
use http::Method;
use serde_json::{Value, json};

/// What a forum lets an account do.
pub const MEMBER: &[Measure] =
    &[Measure::Like, Measure::Unlike, Measure::Mute, Measure::Unmute, Measure::Report];
/// What it lets a moderator do.
pub const MODERATOR: &[Measure] = &[
    Measure::Like,
    Measure::Unlike,
    Measure::Mute,
    Measure::Unmute,
    Measure::Report,
    Measure::Hide,
    Measure::Unhide,
    Measure::Unlist,
    Measure::Relist,
    Measure::Remove,
    Measure::Restore,
    Measure::Silence,
    Measure::Unsilence,
];
/// Kinds of things done to a post.
const LIKE: i64 = 2;
const INAPPROPRIATE: i64 = 4;
const TELL_MODERATORS: i64 = 7;
/// Longest word to the moderators, in characters.
const REASON_CHARS_MAX: usize = 1_000;
/// A forum takes no shorter one.
const REASON_CHARS_MIN: usize = 10;
const WITHIN: Span = Span::seconds(9);

impl Discourse {
    pub(super) async fn take_measure(&self, measure: Measure, outgoing: &Outgoing, reason: &str) -> Outcome {
        if !(if self.silences.is_some() { MODERATOR } else { MEMBER }).contains(&measure) {
            let reason = match measure {
                Measure::Block | Measure::Unblock => {
                    "a forum has no block; its moderators can silence somebody"
                }
                _ => "the account is no moderator of the forum, as the settings say",
            };
            return Outcome::Refused { reason: reason.to_owned() };
        }
        if measure == Measure::Restore {
            return self.restored(&outgoing.to).await;
        }
        let post = match self.parent(&outgoing.to).await {
            Ok(post) => post,
            // What is gone takes its like along, and is hidden, out of lists and deleted as it is.
            Err(Outcome::Refused { reason }) if is_moot(measure) && reason == REMOVED => return done(),
            Err(outcome) => return outcome,
        };
        match measure {
            Measure::Like if post.acted(LIKE) => done(),
            Measure::Unlike if !post.acted(LIKE) => done(),
            Measure::Report if post.acted(TELL_MODERATORS) => done(),
            Measure::Hide if post.hidden => done(),
            Measure::Unhide if !post.hidden => done(),
            Measure::Like => self.act(&json!({ "id": post.id, "post_action_type_id": LIKE })).await,
            Measure::Unlike => {
                let (file, kind) = (format!("{}.json", post.id), LIKE.to_string());
                let query = [("post_action_type_id", kind.as_str())];
                let call = self.client.call(Method::DELETE, &["post_actions", &file], &query);
                self.taken(self.client.send(Share::Answering, call.within(WITHIN)).await.map(drop))
            }
            Measure::Report => {
                let words = words(reason);
                let body = json!({ "id": post.id, "post_action_type_id": TELL_MODERATORS, "message": words });
                self.act(&body).await
            }
            Measure::Hide => {
                let kind = INAPPROPRIATE;
                let body = json!({ "id": post.id, "post_action_type_id": kind, "take_action": "true" });
                self.act(&body).await
            }
            Measure::Unhide => {
                self.set(Method::PUT, &["posts", &post.id.to_string(), "unhide.json"], &json!({})).await
            }
            Measure::Unlist => self.in_lists(&post, false).await,
            Measure::Relist => self.in_lists(&post, true).await,
            Measure::Remove => self.removed(&post).await,
            Measure::Mute => self.level(&post, "mute").await,
            Measure::Unmute => self.level(&post, "normal").await,
            Measure::Silence | Measure::Unsilence => self.silenced(measure, &post, reason).await,
            Measure::Restore | Measure::Block | Measure::Unblock => {
                Outcome::Refused { reason: "a forum has no such measure".to_owned() }
            }
        }
    }

    async fn act(&self, body: &Value) -> Outcome {
        self.set(Method::POST, &["post_actions.json"], body).await
    }

    /// One call that changes something; a forum takes the same one again without harm.
    async fn set(&self, method: Method, path: &[&str], body: &Value) -> Outcome {
        let call = self.client.call(method, path, &[]);
        let call = call.body("application/json", body.to_string()).within(WITHIN);
        self.taken(self.client.send(Share::Answering, call).await.map(drop))
    }

    /// Puts a topic into lists, or takes it out of them.
    async fn in_lists(&self, post: &ForumPost, shown: bool) -> Outcome {
        let topic = post.topic_id.to_string();
        let body = json!({ "status": "visible", "enabled": shown.to_string() });
        self.set(Method::PUT, &["t", &topic, "status.json"], &body).await
    }

    /// Deletes a post, and the topic with what began it.
    async fn removed(&self, post: &ForumPost) -> Outcome {
        let (topic, id) = (format!("{}.json", post.topic_id), format!("{}.json", post.id));
        let path: &[&str] = if post.post_number == 1 { &["t", &topic] } else { &["posts", &id] };
        let call = self.client.call(Method::DELETE, path, &[]).within(WITHIN);
        self.taken(self.client.send(Share::Answering, call).await.map(drop))
    }

    /// Brings back what was deleted: moderators still see it.
    async fn restored(&self, to: &PostRef) -> Outcome {
        let post = match self.post_by_id(&to.external_id).await {
            Ok(post) => post,
            Err(failed) if failed.is_absent() => {
                return Outcome::Refused { reason: "the forum does not know the post any more".to_owned() };
            }
            Err(failed) => return self.taken(Err(failed)),
        };
        if post.user_deleted {
            return Outcome::Refused { reason: "its author has removed it".to_owned() };
        }
        let (topic, id) = (post.topic_id.to_string(), post.id.to_string());
        match (post.deleted_at.is_some(), post.post_number) {
            (false, _) => done(),
            (true, 1) => self.set(Method::PUT, &["t", &topic, "recover.json"], &json!({})).await,
            (true, _) => self.set(Method::PUT, &["posts", &id, "recover.json"], &json!({})).await,
        }
    }

    /// Keeps an author from writing for a while, or ends that; colleagues are never silenced.
    async fn silenced(&self, measure: Measure, post: &ForumPost, reason: &str) -> Outcome {
        let Some(id) = post.user_id.filter(|id| *id > 0) else {
            return Outcome::Refused { reason: "its author is nobody who can be silenced".to_owned() };
        };
        if self.forum.is_own(post) || post.staff || post.admin || post.moderator {
            return Outcome::Refused { reason: "its author is a colleague or staff of the forum".to_owned() };
        }
        let id = id.to_string();
        let body = match (measure, self.silences) {
            (Measure::Silence, Some(span)) => {
                let until = self.client.now().plus(span).rfc3339();
                json!({ "silenced_till": until, "reason": words(reason), "post_id": post.id })
            }
            _ => json!({}),
        };
        let word = if measure == Measure::Silence { "silence.json" } else { "unsilence.json" };
        self.set(Method::PUT, &["admin", "users", &id, word], &body).await
    }

    /// Sets what our account hears of an author.
    async fn level(&self, post: &ForumPost, level: &str) -> Outcome {
        let Some(name) = post.username.as_deref().filter(|n| !n.is_empty()) else {
            return Outcome::Refused { reason: "its author has no name that can be muted".to_owned() };
        };
        let body = json!({ "notification_level": level });
        self.set(Method::PUT, &["u", name, "notification_level.json"], &body).await
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

/// Whether a measure has nothing left to do once the post is gone.
const fn is_moot(measure: Measure) -> bool {
    matches!(measure, Measure::Unlike | Measure::Hide | Measure::Unlist | Measure::Remove)
}

/// A reason as a forum takes it.
fn words(reason: &str) -> String {
    let words: String = reason.chars().take(REASON_CHARS_MAX).collect();
    if words.chars().count() < REASON_CHARS_MIN { format!("House rule: {words}") } else { words }
}

const fn done() -> Outcome {
    Outcome::Done { remote_id: String::new(), at: None }
}

//! Answering in a forum, and looking for an answer of which nobody knows whether it left.
//!
//! Before the one call that posts, everything is only read. Once it is written only a readable answer says
//! that it was done, and only a refusal that it was not; the rest is unknown and is looked for among the last
//! posts of the topic. A forum refuses what is too similar to something that the account said lately: then the
//! answer may stand there already, so it is looked for before the refusal is believed.

use super::Discourse;
use super::FILES;
use super::client::{Failed, Share};
use super::enclosed::without_files;
use super::moderate::{MEMBER, MODERATOR};
use super::post::ForumPost;
use super::threads;
use crate::domain::delivery::{Looked, Outcome};
use crate::domain::enclosed::FileLimits;
use crate::domain::post::RawAuthor;
use crate::domain::reply::{Counting, Limits, same_words, signed};
use crate::domain::time::{Span, Timestamp};
use crate::http_client::Answer;
use crate::sources::Right;
use crate::sources::reply::{Composed, Draft, Measure, Outgoing, PostRef, Reply};
use async_trait::async_trait;
use http::Method;
use serde_json::{Value, json};

/// What a forum takes unless it is told otherwise.
pub const LIMITS: Limits = Limits { text_max: 32_000, counting: Counting::Scalars, bytes_max: None };
/// How many of the last posts of a topic are looked at.
const LOOKED_AT: usize = 30;
/// For how long the same request again is harmless: a forum gives the first answer for two minutes. What
/// goes again must arrive within them, so less is trusted when it is decided than when it is sent.
const SAME_ANSWER: Span = Span::seconds(80);
const SAME_ANSWER_AT_MOST: Span = Span::seconds(105);
/// How far its clock may lie before ours.
const CLOCK_SLACK: Span = Span::minutes(1);
const LOOKUP: Span = Span::seconds(5);
const POSTING: Span = Span::seconds(10);
const NOT_THERE: &str = "not among the last posts; it may wait for a moderator";
/// Why nothing can be posted with a key that may read.
const NO_WRITE: &str =
    "the forum does not let the key post: it was withdrawn, or lacks the right to write posts";
pub(super) const REMOVED: &str = "the post is no longer there";

#[async_trait]
impl Reply for Discourse {
    fn credential(&self) -> &str {
        self.client.credential()
    }

    fn account(&self) -> RawAuthor {
        let id =
            self.me.get().cloned().unwrap_or_else(|| format!("{}@{}", self.account, self.forum.authority));
        RawAuthor { id, handle: Some(self.account.clone()), ..RawAuthor::default() }
    }

    fn platform(&self) -> &'static str {
        "discourse"
    }

    fn limits(&self) -> Limits {
        LIMITS
    }

    fn files(&self) -> FileLimits {
        FILES
    }

    fn new_key(&self, made_at: Timestamp, chance: u64) -> String {
        format!("webcared-{:x}-{chance:016x}", made_at.millis())
    }

    fn expected_id(&self, _key: &str) -> Option<String> {
        None
    }

    fn compose(&self, draft: &Draft) -> Composed {
        let visibility = if draft.to.visibility == "private" { "private" } else { "public" };
        self.composed(draft, visibility)
    }

    async fn send(&self, outgoing: &Outgoing) -> Outcome {
        let parent = match self.parent(&outgoing.to).await {
            Ok(parent) => parent,
            Err(outcome) => return outcome,
        };
        if self.is_too_late(outgoing) {
            return Self::settled(self.find_in(parent.topic_id, outgoing).await);
        }
        let raw = match self.raw(outgoing).await {
            Ok(raw) => raw,
            Err(outcome) => return outcome,
        };
        let mut body = json!({ "topic_id": parent.topic_id, "raw": raw });
        if parent.post_number > 1 {
            body["reply_to_post_number"] = json!(parent.post_number);
        }
        let (outcome, may_stand) = self.posted(self.posting(&body).await);
        if may_stand && let Ok(Some(found)) = self.find_in(parent.topic_id, outgoing).await {
            return done(&found);
        }
        if matches!(outcome, Outcome::Refused { .. }) {
            self.forget_uploads(outgoing);
        }
        outcome
    }

    fn measures(&self) -> &'static [Measure] {
        if self.silences.is_some() { MODERATOR } else { MEMBER }
    }

    async fn moderate(&self, measure: Measure, outgoing: &Outgoing, reason: &str) -> Outcome {
        self.take_measure(measure, outgoing, reason).await
    }

    async fn look(&self, outgoing: &Outgoing) -> Looked {
        let id = outgoing.to.external_id.as_str();
        let parent = match self.post_by_id(id).await {
            Ok(parent) => parent,
            Err(failed) if failed.is_absent() => {
                return Looked::Person {
                    evidence: "the post that it answers is gone, and its topic with it".to_owned(),
                };
            }
            Err(failed) => return Looked::Later { evidence: failed.words() },
        };
        let found = self.find_in(parent.topic_id, outgoing).await;
        self.looked(found, outgoing)
    }
}

impl Discourse {
    /// What the forum would get; pure.
    pub(super) fn composed(&self, draft: &Draft, visibility: &str) -> Composed {
        let text = signed(draft.text.trim(), &draft.sign);
        let measure = LIMITS.measure(&text);
        let refused = if draft.text.trim().is_empty() {
            Some("empty; write an answer".to_owned())
        } else if !measure.fits {
            Some(format!("{} characters; the forum takes {}", measure.length, measure.max))
        } else if measure.length < self.length_min {
            Some(format!("{} characters; the forum takes no less than {}", measure.length, self.length_min))
        } else {
            None
        };
        Composed { text, visibility: visibility.to_owned(), measure, refused }
    }

    /// A post as it stands at present.
    pub(super) async fn post_by_id(&self, id: &str) -> Result<ForumPost, Failed> {
        let file = format!("{id}.json");
        self.client.get(Share::Answering, &["posts", &file], &[("include_raw", "true")], LOOKUP).await
    }

    /// The post that is meant; otherwise the outcome of an attempt of which nothing has left.
    pub(super) async fn parent(&self, to: &PostRef) -> Result<ForumPost, Outcome> {
        if !to.external_id.bytes().all(|b| b.is_ascii_digit()) || to.external_id.is_empty() {
            return Err(Outcome::Refused { reason: "its id is none of a forum".to_owned() });
        }
        match self.post_by_id(&to.external_id).await {
            Ok(post) if post.is_gone() => Err(Outcome::Refused { reason: REMOVED.to_owned() }),
            Ok(post) => Ok(post),
            Err(failed) if failed.is_absent() => Err(Outcome::Refused { reason: REMOVED.to_owned() }),
            Err(failed) if matches!(failed.status(), Some(401 | 403)) => {
                Err(Outcome::Refused { reason: failed.words() })
            }
            Err(failed) => Err(Outcome::Retry { after: failed.wait(self.client.now()), why: failed.words() }),
        }
    }

    /// The one call that posts.
    pub(super) async fn posting(&self, body: &Value) -> Result<Answer, Failed> {
        let call = self.client.call(Method::POST, &["posts.json"], &[]);
        self.client
            .send(Share::Answering, call.body("application/json", body.to_string()).within(POSTING))
            .await
    }

    /// How the call that posts ended, and whether what it refused may stand there already.
    pub(super) fn posted(&self, answer: Result<Answer, Failed>) -> (Outcome, bool) {
        let failed = match answer {
            Ok(answer) => {
                self.learned(None);
                return (self.read_answer(&answer), false);
            }
            Err(failed) => failed,
        };
        if failed.is_about_key() {
            self.learned(Some(NO_WRITE));
            return (Outcome::Refused { reason: NO_WRITE.to_owned() }, false);
        }
        let outcome = match failed.status() {
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
        };
        (outcome, failed.status() == Some(422))
    }

    /// Notes whether the key may post.
    fn learned(&self, lacks: Option<&str>) {
        for right in [Right::Answer, Right::Private] {
            match lacks {
                Some(why) => self.grants.lost(right, why),
                None => self.grants.given(right),
            }
        }
    }

    fn read_answer(&self, answer: &Answer) -> Outcome {
        let value: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if value["action"] == "enqueued" {
            // It waits until a moderator lets it through, which no call of ours can do.
            return Outcome::ByHand { url: self.client.address(&["review"]).into() };
        }
        let post = value.get("post").unwrap_or(&value);
        match serde_json::from_value::<ForumPost>(post.clone()) {
            Ok(post) if post.id > 0 => done(&post),
            _ => Outcome::Unknown {
                evidence: format!("the forum answers {}, but with no post", answer.status),
            },
        }
    }

    /// An answer of ours with these words among the last posts of a topic.
    pub(super) async fn find_in(&self, topic: i64, outgoing: &Outgoing) -> Result<Option<ForumPost>, Failed> {
        let topic = threads::topic(&self.client, Share::Answering, topic).await?;
        let last: Vec<String> =
            topic.post_stream.stream.iter().rev().take(LOOKED_AT).map(i64::to_string).collect();
        let mut query: Vec<(&str, &str)> = last.iter().map(|id| ("post_ids[]", id.as_str())).collect();
        query.push(("include_raw", "true"));
        let id = topic.id.to_string();
        let path = ["t", id.as_str(), "posts.json"];
        let answer: threads::Topic = self.client.get(Share::Answering, &path, &query, POSTING).await?;
        let from = outgoing.made_at.minus(CLOCK_SLACK);
        let posts =
            answer.post_stream.posts.into_iter().filter_map(|v| serde_json::from_value::<ForumPost>(v).ok());
        Ok(posts.into_iter().find(|post| {
            let ours = post.username.as_deref().is_some_and(|n| n.eq_ignore_ascii_case(&self.account));
            // What stands first has its title in front; a title is none of an answer's words.
            let post_words = without_files(&ForumPost { topic_title: None, ..post.clone() }.words());
            ours && post.posted_at().is_some_and(|at| at >= from) && same_words(&post_words, &outgoing.text)
        }))
    }

    /// Whether an attempt was made so long ago that the same request may be taken for another.
    pub(super) fn is_too_late(&self, outgoing: &Outgoing) -> bool {
        outgoing.first_sent_at.is_some_and(|first| self.client.now().since(first) >= SAME_ANSWER_AT_MOST)
    }

    /// What is known of an earlier attempt, where none may be made any more.
    pub(super) fn settled(found: Result<Option<ForumPost>, Failed>) -> Outcome {
        match found {
            Ok(Some(post)) => done(&post),
            Ok(None) => Outcome::Unknown { evidence: NOT_THERE.to_owned() },
            Err(failed) => Outcome::Unknown { evidence: failed.words() },
        }
    }

    /// What a look says of an effect whose outcome is unknown.
    pub(super) fn looked(&self, found: Result<Option<ForumPost>, Failed>, outgoing: &Outgoing) -> Looked {
        match found {
            Ok(Some(post)) => Looked::Done { remote_id: post.id.to_string(), at: post.posted_at() },
            Ok(None) => {
                let age = self.client.now().since(outgoing.first_sent_at.unwrap_or(outgoing.made_at));
                if age < SAME_ANSWER {
                    let why =
                        "not among the last posts, and the forum gives the same request the same answer";
                    return Looked::Again { why: why.to_owned() };
                }
                Looked::Person { evidence: NOT_THERE.to_owned() }
            }
            Err(failed) => Looked::Later { evidence: failed.words() },
        }
    }
}

pub(super) fn done(post: &ForumPost) -> Outcome {
    Outcome::Done { remote_id: post.id.to_string(), at: post.posted_at() }
}

//! Answering a comment, and looking for an answer of which nobody knows whether it left.
//!
//! A comment has one level of replies: what answers a reply stands in the same thread, with the name of whom it
//! answers in front. The platform knows no key, so once the call has left only a readable answer says that it was done
//! and only a refusal that it was not; the rest is looked for among the replies of the thread.

use super::Youtube;
use super::client::Failed;
use super::comment::{Comment, thread_of};
use super::units::Share;
use crate::domain::delivery::{Looked, Outcome};
use crate::domain::post::RawAuthor;
use crate::domain::reply::{Counting, Limits, same_words, signed};
use crate::domain::time::{Span, Timestamp};
use crate::sources::Right;
use crate::sources::reply::{Composed, Draft, Measure, Outgoing, Reply};
use async_trait::async_trait;
use serde::Deserialize;
use serde_json::json;

/// What the platform takes.
pub const LIMITS: Limits = Limits { text_max: 10_000, counting: Counting::Scalars, bytes_max: None };
/// What the channel may do with comments under its videos.
const MEASURES: &[Measure] = &[Measure::Hide, Measure::Unhide, Measure::Remove, Measure::Restore];
/// How far its clock may lie before ours.
const CLOCK_SLACK: Span = Span::minutes(1);
/// For how long a list may not show yet what was written.
const LAG: Span = Span::minutes(3);
/// Most pages of replies that are looked through.
const LOOK_PAGES_MAX: u32 = 5;
const POSTING: Span = Span::seconds(12);
const NOT_THERE: &str = "not among the replies of the thread";
const NO_WRITE: &str = "YouTube does not let the log-in comment: it was withdrawn, has ended, or lacks the scope youtube.force-ssl";
const GONE: &str = "the comment is no longer there";

#[async_trait]
impl Reply for Youtube {
    fn credential(&self) -> &str {
        self.client.credential()
    }

    fn account(&self) -> RawAuthor {
        RawAuthor { id: self.channel.clone(), ..RawAuthor::default() }
    }

    fn platform(&self) -> &'static str {
        "youtube"
    }

    fn limits(&self) -> Limits {
        LIMITS
    }

    fn new_key(&self, made_at: Timestamp, chance: u64) -> String {
        format!("webcared-{:x}-{chance:016x}", made_at.millis())
    }

    fn expected_id(&self, _key: &str) -> Option<String> {
        None
    }

    fn compose(&self, draft: &Draft) -> Composed {
        let words = signed(draft.text.trim(), &draft.sign);
        let handle = draft.to.author_handle.trim_start_matches('@');
        let in_front = format!("@{handle} ");
        let named = draft.to.external_id.contains('.') && !handle.is_empty() && !words.starts_with(&in_front);
        let text = if named { format!("{in_front}{words}") } else { words };
        let measure = LIMITS.measure(&text);
        let refused = if draft.text.trim().is_empty() {
            Some("empty; write an answer".to_owned())
        } else if !measure.fits {
            Some(format!("{} characters; YouTube takes {}", measure.length, measure.max))
        } else {
            None
        };
        Composed { text, visibility: "public".to_owned(), measure, refused }
    }

    async fn send(&self, outgoing: &Outgoing) -> Outcome {
        let thread = thread_of(&outgoing.to.external_id);
        let body = json!({ "snippet": { "parentId": thread, "textOriginal": outgoing.text } });
        let failed = match self.client.post("comments", &[("part", "snippet")], Some(&body), POSTING).await {
            Ok(answer) => {
                self.grants.given(Right::Answer);
                return match serde_json::from_slice::<Comment>(&answer.body) {
                    Ok(comment) => done(&comment),
                    Err(_) => {
                        Outcome::Unknown { evidence: "YouTube took it, but tells no comment".to_owned() }
                    }
                };
            }
            Err(failed) => failed,
        };
        // Said of what it takes for a repetition, too: then it may stand there.
        if failed.status() == Some(400) && failed.reason() == "processingFailure" {
            match self.find(outgoing).await {
                Ok(Some(found)) => return done(&found),
                Ok(None) => {}
                Err(why) => {
                    let evidence = format!("{}; looking for it: {}", failed.words(), why.words());
                    return Outcome::Unknown { evidence };
                }
            }
        }
        self.outcome(&failed, outgoing)
    }

    async fn look(&self, outgoing: &Outgoing) -> Looked {
        match self.find(outgoing).await {
            Ok(Some(found)) => Looked::Done { remote_id: found.id.clone(), at: found.posted_at() },
            Ok(None) => {
                let age = self.client.now().since(outgoing.first_sent_at.unwrap_or(outgoing.made_at));
                if age < LAG {
                    return Looked::Later { evidence: NOT_THERE.to_owned() };
                }
                Looked::Person { evidence: NOT_THERE.to_owned() }
            }
            Err(failed) if failed.is_absent() => Looked::Person { evidence: GONE.to_owned() },
            Err(failed) => Looked::Later { evidence: failed.words() },
        }
    }

    fn measures(&self) -> &'static [Measure] {
        MEASURES
    }

    async fn moderate(&self, measure: Measure, outgoing: &Outgoing, _reason: &str) -> Outcome {
        let status = match measure {
            Measure::Hide => "heldForReview",
            Measure::Remove => "rejected",
            Measure::Unhide | Measure::Restore => "published",
            _ => return Outcome::Refused { reason: "YouTube has no such measure".to_owned() },
        };
        let id = outgoing.to.external_id.as_str();
        let query = [("id", id), ("moderationStatus", status)];
        match self.client.post("comments/setModerationStatus", &query, None, POSTING).await {
            Ok(_) => Outcome::Done { remote_id: id.to_owned(), at: None },
            // It is a setting: what is gone needs none, and taking it twice is the same as once.
            Err(failed) if failed.is_absent() && status != "published" => {
                Outcome::Done { remote_id: id.to_owned(), at: None }
            }
            Err(failed) => self.outcome(&failed, outgoing),
        }
    }
}

fn done(comment: &Comment) -> Outcome {
    Outcome::Done { remote_id: comment.id.clone(), at: comment.posted_at() }
}

impl Youtube {
    fn outcome(&self, failed: &Failed, outgoing: &Outgoing) -> Outcome {
        if failed.is_about_login() {
            self.grants.lost(Right::Answer, NO_WRITE);
            return Outcome::Refused { reason: NO_WRITE.to_owned() };
        }
        match (failed.status(), failed.reason().as_str()) {
            _ if failed.is_unsent() || failed.is_too_many() => {
                Outcome::Retry { after: failed.wait(self.client.now()), why: failed.words() }
            }
            (Some(404), _) if failed.is_absent() => Outcome::Refused { reason: GONE.to_owned() },
            // The interface may not, but a person on the page may.
            (Some(403), "commentsDisabled" | "forbidden") => match &outgoing.to.url {
                Some(url) => Outcome::ByHand { url: url.clone() },
                None => Outcome::Refused { reason: failed.words() },
            },
            (Some(400 | 401 | 403 | 404 | 405 | 410 | 413 | 422), _) => {
                Outcome::Refused { reason: failed.words() }
            }
            _ => Outcome::Unknown { evidence: failed.words() },
        }
    }

    /// An answer of ours with these words in the thread.
    async fn find(&self, outgoing: &Outgoing) -> Result<Option<Comment>, Failed> {
        let thread = thread_of(&outgoing.to.external_id);
        let from = outgoing.made_at.minus(CLOCK_SLACK);
        let mut page: Option<String> = None;
        for _ in 0..LOOK_PAGES_MAX {
            let answer = self.replies(Share::Answering, thread, page.as_deref()).await?;
            let found = answer.items.iter().filter_map(|v| Comment::deserialize(v).ok()).find(|comment| {
                comment.channel() == self.channel
                    && comment.posted_at().is_some_and(|at| at >= from)
                    && same_words(comment.words(), &outgoing.text)
            });
            page = answer.next_page_token;
            if found.is_some() || page.is_none() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

//! Answering a comment or a post, and looking for an answer of which nobody knows whether it left.
//!
//! The platform knows no key, so once the call has left only a readable answer says that it was done and only a
//! refusal that it was not; the rest is looked for among the account's own comments, and a second attempt looks there
//! before it writes. Refusals come as success with a list of errors. Words go as they were typed: they are Markdown
//! there, and nothing of them is escaped or added.

use super::Reddit;
use super::client::{Failed, Share};
use super::thing::{Thing, split_id, thing};
use crate::domain::delivery::{Looked, Outcome};
use crate::domain::post::RawAuthor;
use crate::domain::reply::{Counting, Limits, same_words, signed};
use crate::domain::time::{Span, Timestamp};
use crate::sources::Right;
use crate::sources::reply::{Composed, Draft, Measure, Outgoing, Reply};
use async_trait::async_trait;
use serde_json::Value;

/// What the platform takes.
pub const LIMITS: Limits = Limits { text_max: 10_000, counting: Counting::Scalars, bytes_max: None };
/// What the account may do with what others wrote; all but a report only where it is a moderator.
const MEASURES: &[Measure] = &[Measure::Report, Measure::Remove, Measure::Restore];
/// How far its clock may lie before ours.
const CLOCK_SLACK: Span = Span::minutes(1);
/// For how long a list may not show yet what was written.
pub(super) const LAG: Span = Span::minutes(3);
/// Most pages of own comments that are looked through.
const LOOK_PAGES_MAX: u32 = 3;
/// Most characters of a reason of a report.
const REASON_CHARS_MAX: usize = 100;
pub(super) const POSTING: Span = Span::seconds(12);
const NOT_THERE: &str = "not among the account's own comments";
const NO_WRITE: &str =
    "Reddit does not let the log-in comment: it was withdrawn, has ended, or lacks the scope submit";
const GONE: &str = "what is answered is no longer there";

#[async_trait]
impl Reply for Reddit {
    fn credential(&self) -> &str {
        self.client.credential()
    }

    fn account(&self) -> RawAuthor {
        RawAuthor { id: self.us.name.clone(), handle: Some(self.account.clone()), ..RawAuthor::default() }
    }

    fn platform(&self) -> &'static str {
        super::thing::KIND
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
        composed(draft, "public")
    }

    async fn send(&self, outgoing: &Outgoing) -> Outcome {
        let to = outgoing.to.external_id.as_str();
        if !(to.starts_with("t1_") || to.starts_with("t3_")) {
            return Outcome::Refused { reason: "this is no comment and no post of Reddit".to_owned() };
        }
        // After an attempt that was not the first nothing is written before it is certain that it does not stand there.
        if outgoing.first_sent_at.is_some() {
            match self.find(outgoing).await {
                Ok(Some(found)) => return done(&found),
                Ok(None) => {}
                Err(failed) => {
                    let why = format!("looking for an earlier attempt: {}", failed.words());
                    return Outcome::Retry { after: failed.wait(self.client.now()), why };
                }
            }
        }
        let form = [("thing_id", to), ("text", outgoing.text.as_str())];
        match self.client.post("api/comment", &form, POSTING).await {
            Ok(value) => {
                self.grants.given(Right::Answer);
                match self.made(&value) {
                    Some(found) => done(&found),
                    None => Outcome::Unknown { evidence: "Reddit took it, but tells no comment".to_owned() },
                }
            }
            Err(failed) => {
                if failed.is_about_login() {
                    self.grants.lost(Right::Answer, NO_WRITE);
                    return Outcome::Refused { reason: NO_WRITE.to_owned() };
                }
                outcome(&failed, self.client.now())
            }
        }
    }

    async fn look(&self, outgoing: &Outgoing) -> Looked {
        match self.find(outgoing).await {
            Ok(Some(found)) => Looked::Done { remote_id: found.raw.external_id, at: Some(found.at) },
            Ok(None) => {
                let age = self.client.now().since(outgoing.first_sent_at.unwrap_or(outgoing.made_at));
                if age < LAG {
                    return Looked::Later { evidence: NOT_THERE.to_owned() };
                }
                Looked::Person { evidence: NOT_THERE.to_owned() }
            }
            Err(failed) => Looked::Later { evidence: failed.words() },
        }
    }

    fn measures(&self) -> &'static [Measure] {
        MEASURES
    }

    async fn moderate(&self, measure: Measure, outgoing: &Outgoing, reason: &str) -> Outcome {
        let id = outgoing.to.external_id.as_str();
        if split_id(id).is_some() {
            return Outcome::Refused { reason: "a private message cannot be moderated".to_owned() };
        }
        let reason: String = reason.chars().take(REASON_CHARS_MAX).collect();
        let (path, form) = match measure {
            Measure::Report => ("api/report", vec![("thing_id", id), ("reason", reason.as_str())]),
            Measure::Remove => ("api/remove", vec![("id", id), ("spam", "false")]),
            Measure::Restore => ("api/approve", vec![("id", id)]),
            _ => return Outcome::Refused { reason: "Reddit has no such measure".to_owned() },
        };
        match self.client.post(path, &form, POSTING).await {
            Ok(_) => Outcome::Done { remote_id: id.to_owned(), at: None },
            Err(failed) if failed.status() == Some(403) => {
                let reason = format!(
                    "the account is no moderator there, or the log-in lacks modposts ({})",
                    failed.words()
                );
                Outcome::Refused { reason }
            }
            Err(failed) => outcome(&failed, self.client.now()),
        }
    }
}

/// The words as they were typed, with the signature.
pub(super) fn composed(draft: &Draft, visibility: &str) -> Composed {
    let text = signed(draft.text.trim(), &draft.sign);
    let measure = LIMITS.measure(&text);
    let refused = if draft.text.trim().is_empty() {
        Some("empty; write an answer".to_owned())
    } else if !measure.fits {
        Some(format!("{} characters; Reddit takes {}", measure.length, measure.max))
    } else {
        None
    };
    Composed { text, visibility: visibility.to_owned(), measure, refused }
}

fn done(found: &Thing) -> Outcome {
    Outcome::Done { remote_id: found.raw.external_id.clone(), at: Some(found.at) }
}

/// What a failure of something that was to be written means.
pub(super) fn outcome(failed: &Failed, now: Timestamp) -> Outcome {
    if failed.is_unsent() && !failed.is_about_login() || failed.is_too_many() {
        return Outcome::Retry { after: failed.wait(now), why: failed.words() };
    }
    match (failed, failed.status()) {
        (Failed::Said(said), _) => Outcome::Refused { reason: refusal(&said.code, &failed.words()) },
        (Failed::NoToken(_), _) => Outcome::Refused { reason: failed.words() },
        (_, Some(404)) => Outcome::Refused { reason: GONE.to_owned() },
        (_, Some(400 | 401 | 403 | 405 | 410 | 413 | 422)) => Outcome::Refused { reason: failed.words() },
        _ => Outcome::Unknown { evidence: failed.words() },
    }
}

/// A refusal in words for people.
fn refusal(code: &str, said: &str) -> String {
    let plain = match code {
        "DELETED_COMMENT" | "DELETED_LINK" | "COMMENT_UNREPLIABLE" => GONE,
        "THREAD_LOCKED" => "the thread is locked: nobody can answer there",
        "TOO_OLD" => "the thread is archived: nobody can answer there any more",
        "SUBREDDIT_NOTALLOWED" | "SUBREDDIT_NOTALLOWED_BANNED" => {
            "the account may not write in this subreddit"
        }
        "USER_BLOCKED" | "USER_BLOCKED_MESSAGE" => "one of both has blocked the other",
        "NO_TEXT" | "TOO_SHORT" => "there are no words in it",
        "TOO_LONG" => "it is longer than Reddit takes",
        _ => return said.to_owned(),
    };
    format!("{plain} ({said})")
}

impl Reddit {
    /// What was made, as Reddit tells it back.
    pub(super) fn made(&self, value: &Value) -> Option<Thing> {
        let things = &value["json"]["data"]["things"];
        thing(&things[0], &self.us, self.client.now())
    }

    /// A comment of ours with these words below what is answered.
    async fn find(&self, outgoing: &Outgoing) -> Result<Option<Thing>, Failed> {
        let path = format!("user/{}/comments", self.account);
        let from = outgoing.made_at.minus(CLOCK_SLACK);
        let mut after: Option<String> = None;
        for _ in 0..LOOK_PAGES_MAX {
            let mut query = vec![("sort", "new"), ("limit", "100")];
            query.extend(after.as_deref().map(|after| ("after", after)));
            let page = self.list(Share::Answering, &path, &query).await?;
            let now = self.client.now();
            let read: Vec<Thing> = page.children.iter().filter_map(|v| thing(v, &self.us, now)).collect();
            let is_past = read.iter().any(|found| found.at < from);
            let found = read.into_iter().find(|found| {
                found.at >= from
                    && !found.is_gone
                    && found.raw.in_reply_to.as_deref() == Some(outgoing.to.external_id.as_str())
                    && same_words(&found.raw.text, &outgoing.text)
            });
            after = page.after;
            if found.is_some() || is_past || after.is_none() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

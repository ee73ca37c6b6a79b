//! Answering a review: one answer each, and another one takes its place. So an answer whose end nobody heard of is looked
//! for in the review, and may go again where none stands there; where somebody else's words stand by then, a
//! person decides.

use super::client::{Failed, Share};
use super::review::{Named, answer_id};
use super::{Answered, Reviews, limits};
use crate::domain::delivery::{Looked, Outcome};
use crate::domain::post::RawAuthor;
use crate::domain::reply::{Counting, Limits, same_words, signed};
use crate::domain::time::{Span, Timestamp};
use crate::sources::Right;
use crate::sources::reply::{Composed, Draft, Outgoing, Reply};
use async_trait::async_trait;

/// How far its clock may lie before ours.
const CLOCK_SLACK: Span = Span::minutes(1);
/// For how long a review may not show yet what was written.
const LAG: Span = Span::minutes(3);
const POSTING: Span = Span::seconds(12);
/// How long it may take to see what stands there before it is written.
const LOOKING: Span = Span::seconds(4);
/// How long to wait after a refusal that is not the platform's own.
const AGAIN: Span = Span::minutes(1);
const GONE: &str = "the review is no longer there";
const SAME: &str = "the review shows these very words as our answer already; say it in other words";

#[async_trait]
impl Reply for Reviews {
    fn credential(&self) -> &str {
        self.client.credential()
    }

    fn account(&self) -> RawAuthor {
        RawAuthor { id: self.places.first().cloned().unwrap_or_default(), ..RawAuthor::default() }
    }

    fn platform(&self) -> &'static str {
        self.site.platform()
    }

    fn limits(&self) -> Limits {
        let none = Limits { text_max: 350, counting: Counting::Scalars, bytes_max: None };
        limits(self.site.platform()).unwrap_or(none)
    }

    fn new_key(&self, made_at: Timestamp, chance: u64) -> String {
        format!("webcared-{:x}-{chance:016x}", made_at.millis())
    }

    fn expected_id(&self, _key: &str) -> Option<String> {
        None
    }

    fn compose(&self, draft: &Draft) -> Composed {
        let text = signed(draft.text.trim(), &draft.sign);
        let measure = self.limits().measure(&text);
        let refused = if draft.text.trim().is_empty() {
            Some("empty; write an answer".to_owned())
        } else if !measure.fits {
            Some(format!("{} characters; {} takes {}", measure.length, self.site.name(), measure.max))
        } else {
            None
        };
        Composed { text, visibility: "public".to_owned(), measure, refused }
    }

    async fn send(&self, outgoing: &Outgoing) -> Outcome {
        let review = Named::of(&outgoing.to.external_id).review();
        // An answer is known by its words: the same again would be the one before, and end no wait of a change.
        if review != outgoing.to.external_id && self.says_already(review, &outgoing.text).await {
            return Outcome::Refused { reason: SAME.to_owned() };
        }
        let (method, ask, body) = self.site.answer(review, &outgoing.text);
        match self.client.write(&method, &ask, &body, POSTING).await {
            Ok(answer) => {
                if let Some(Answered(at)) = self.site.read_answer(&answer.body) {
                    self.grants.given(Right::Answer);
                    return Outcome::Done { remote_id: answer_id(review, &outgoing.text), at };
                }
                let evidence = format!("{} took it, but its answer cannot be read", self.site.name());
                Outcome::Unknown { evidence }
            }
            Err(failed) => self.outcome(&failed),
        }
    }

    async fn look(&self, outgoing: &Outgoing) -> Looked {
        let id = Named::of(&outgoing.to.external_id).review();
        let review = match self.review(Share::Answering, id).await {
            Ok(Some(review)) => review,
            Ok(None) => return Looked::Person { evidence: GONE.to_owned() },
            Err(failed) => return Looked::Later { evidence: failed.words(self.site.name()) },
        };
        if let Some(ours) = &review.answer {
            if same_words(&ours.text, &outgoing.text) {
                return Looked::Done { remote_id: answer_id(id, &outgoing.text), at: ours.at };
            }
            if ours.at.is_none_or(|at| at >= outgoing.made_at.minus(CLOCK_SLACK)) {
                let evidence = "another answer of ours stands in the review by now".to_owned();
                return Looked::Person { evidence };
            }
        }
        let age = self.client.now().since(outgoing.first_sent_at.unwrap_or(outgoing.made_at));
        if age < LAG {
            return Looked::Later { evidence: "the review does not show it".to_owned() };
        }
        Looked::Again { why: "a review holds one answer: sent again, it takes its own place".to_owned() }
    }
}

impl Reviews {
    /// Whether our answer in a review reads like this already; where nobody can tell, it does not.
    async fn says_already(&self, review: &str, text: &str) -> bool {
        let asked = self.client.get(Share::Answering, &self.site.one(review), LOOKING).await;
        let found = asked.ok().and_then(|told| self.site.read_one(review, &told));
        let ours = found.and_then(|found| found.answer);
        ours.is_some_and(|ours| answer_id(review, &ours.text) == answer_id(review, text))
    }

    fn outcome(&self, failed: &Failed) -> Outcome {
        let words = failed.words(self.site.name());
        if failed.is_nobodys() {
            // Something on the way refused it, not the platform: it was not written, and may go again.
            return Outcome::Retry { after: Some(AGAIN), why: words };
        }
        if failed.is_about_login() {
            let why = format!("{words}: the credential may not answer reviews; {}", self.site.advice());
            self.grants.lost(Right::Answer, &why);
            return Outcome::Refused { reason: why };
        }
        match failed.status() {
            _ if failed.is_unsent() || failed.is_too_many() => {
                Outcome::Retry { after: failed.wait(self.client.now()), why: words }
            }
            Some(404 | 410) if failed.is_absent() => Outcome::Refused { reason: GONE.to_owned() },
            Some(400 | 404 | 405 | 409 | 410 | 413 | 422) => Outcome::Refused { reason: words },
            _ => Outcome::Unknown { evidence: words },
        }
    }
}

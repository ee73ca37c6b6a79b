//! Answering in public, moderating what stands on the page, and looking for an answer of which nobody knows whether it
//! left.
//!
//! Nothing has a key, so only a readable answer says that it was done and only a refusal that it was not; the rest is
//! looked for below what was answered, and otherwise a person decides.

use super::comment::{is_elsewhere, is_id};
use super::{Facebook, KIND};
use crate::domain::delivery::{Looked, Outcome};
use crate::domain::post::RawAuthor;
use crate::domain::reply::{Counting, Limits, same_words, signed};
use crate::domain::time::{Span, Timestamp};
use crate::sources::Right;
use crate::sources::meta::GraphMeaning;
use crate::sources::meta::graph::{Failed, Share};
use crate::sources::meta::looking::next_page;
use crate::sources::meta::read::{field, id_in, list, time_in};
use crate::sources::meta::talks::split_id;
use crate::sources::private::Private;
use crate::sources::reply::{Composed, Draft, Measure, Outgoing, PostRef, Reply};
use async_trait::async_trait;
use http::Method;
use serde_json::json;

/// What the platform takes as a comment.
pub const LIMITS: Limits = Limits { text_max: 8_000, counting: Counting::Scalars, bytes_max: None };
/// What the page may do with what stands on it.
const MEASURES: &[Measure] = &[Measure::Hide, Measure::Unhide, Measure::Remove];
/// How far the platform's clock may lie before ours.
pub(super) const CLOCK_SLACK: Span = Span::minutes(1);
/// How long a request may still be at work after its answer was lost, or a list not show it yet.
pub(super) const AT_WORK: Span = Span::minutes(2);
/// Most pages that are looked through.
const LOOK_PAGES_MAX: u32 = 3;
pub(super) const POSTING: Span = Span::seconds(10);
const GONE: &str = "it is no longer there, or not shown to the page";

#[async_trait]
impl Reply for Facebook {
    fn credential(&self) -> &str {
        self.graph.credential()
    }

    fn account(&self) -> RawAuthor {
        RawAuthor { id: self.page.clone(), ..RawAuthor::default() }
    }

    fn platform(&self) -> &'static str {
        KIND
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
        if split_id(&draft.to.external_id).is_some() {
            return Private::compose(self, draft);
        }
        let text = signed(draft.text.trim(), &draft.sign);
        let measure = LIMITS.measure(&text);
        let refused = if draft.text.trim().is_empty() {
            Some("empty; write an answer".to_owned())
        } else {
            (!measure.fits).then(|| format!("{} characters; Facebook takes {}", measure.length, measure.max))
        };
        Composed { text, visibility: "public".to_owned(), measure, refused }
    }

    async fn send(&self, outgoing: &Outgoing) -> Outcome {
        if split_id(&outgoing.to.external_id).is_some() {
            return Private::send(self, outgoing).await;
        }
        let id = outgoing.to.external_id.as_str();
        if !is_id(id) {
            return Outcome::Refused { reason: "its id is none of Facebook".to_owned() };
        }
        let body = json!({ "message": outgoing.text });
        match self.graph.write((Method::POST, &[id, "comments"]), Some(&body), POSTING).await {
            Ok(value) => match id_in(&value, "id") {
                Some(remote_id) => {
                    self.grants.given(Right::Answer);
                    Outcome::Done { remote_id, at: None }
                }
                None => Outcome::Unknown { evidence: "Facebook answers, but names no comment".to_owned() },
            },
            Err(failed) => self.not_posted(&failed, &outgoing.to),
        }
    }

    async fn look(&self, outgoing: &Outgoing) -> Looked {
        if split_id(&outgoing.to.external_id).is_some() {
            return Private::look(self, outgoing).await;
        }
        match self.find_comment(outgoing).await {
            Ok(Some((remote_id, at))) => Looked::Done { remote_id, at },
            Ok(None) => {
                let evidence = "not among the comments below it".to_owned();
                let age = self.graph.now().since(outgoing.first_sent_at.unwrap_or(outgoing.made_at));
                if age < AT_WORK { Looked::Later { evidence } } else { Looked::Person { evidence } }
            }
            Err(failed) if failed.is_gone() => Looked::Person { evidence: GONE.to_owned() },
            Err(failed) => Looked::Later { evidence: failed.words() },
        }
    }

    fn measures(&self) -> &'static [Measure] {
        MEASURES
    }

    async fn moderate(&self, measure: Measure, outgoing: &Outgoing, _reason: &str) -> Outcome {
        let id = outgoing.to.external_id.as_str();
        if !is_id(id) {
            return Outcome::Refused { reason: "a private message cannot be moderated".to_owned() };
        }
        let body = match measure {
            Measure::Hide => Some(json!({ "is_hidden": true })),
            Measure::Unhide => Some(json!({ "is_hidden": false })),
            Measure::Remove => None,
            _ => return Outcome::Refused { reason: "Facebook has no such measure".to_owned() },
        };
        let method = if body.is_some() { Method::POST } else { Method::DELETE };
        match self.graph.write((method, &[id]), body.as_ref(), POSTING).await {
            Ok(value) if value["success"].as_bool() == Some(false) => {
                Outcome::Refused { reason: "Facebook says that it was not done".to_owned() }
            }
            Ok(_) => Outcome::Done { remote_id: String::new(), at: None },
            // What is gone needs no hiding and no removing.
            Err(failed) if failed.is_gone() && measure != Measure::Unhide => {
                Outcome::Done { remote_id: String::new(), at: None }
            }
            // It may be about this one alone: whether the page may answer is not told by it.
            Err(failed) if is_no_right(&failed) && !is_elsewhere(outgoing.to.local_id.as_deref()) => {
                Outcome::Refused { reason: failed.words() }
            }
            Err(failed) => self.not_posted(&failed, &outgoing.to),
        }
    }
}

fn is_no_right(failed: &Failed) -> bool {
    failed.meaning() == Some(GraphMeaning::NoRight)
}

impl Facebook {
    /// How an attempt in public ended that failed.
    fn not_posted(&self, failed: &Failed, to: &PostRef) -> Outcome {
        match failed.meaning() {
            // On somebody else's page the interface may not, but a person may.
            Some(GraphMeaning::NoRight | GraphMeaning::Gone) if is_elsewhere(to.local_id.as_deref()) => {
                match &to.url {
                    Some(url) => Outcome::ByHand { url: url.clone() },
                    None => Outcome::Refused { reason: failed.words() },
                }
            }
            Some(GraphMeaning::TokenInvalid | GraphMeaning::NoRight | GraphMeaning::Restricted) => {
                self.grants.lost(Right::Answer, &failed.words());
                Outcome::Refused { reason: failed.words() }
            }
            Some(GraphMeaning::Gone) => Outcome::Refused { reason: GONE.to_owned() },
            _ => failed.outcome(self.graph.now()),
        }
    }

    /// An answer of ours with these words: below what was answered, or below the comment that began its thread, where
    /// the platform puts answers to answers.
    async fn find_comment(&self, outgoing: &Outgoing) -> Result<Option<(String, Option<Timestamp>)>, Failed> {
        let from = outgoing.first_sent_at.unwrap_or(outgoing.made_at).minus(CLOCK_SLACK);
        let to = outgoing.to.external_id.as_str();
        let parent = self.graph.get(Share::Answering, &[to], &[("fields", "id,parent{id}")], POSTING).await?;
        let parent = id_in(&parent["parent"], "id").filter(|p| is_id(p));
        for place in std::iter::once(to.to_owned()).chain(parent) {
            let mut after: Option<String> = None;
            for _ in 0..LOOK_PAGES_MAX {
                let page = self.comments_of(Share::Answering, &place, after.as_deref()).await?;
                let found = list(&page["data"]).find(|comment| {
                    id_in(&comment["from"], "id").is_some_and(|f| f == self.page)
                        && time_in(comment, "created_time").is_some_and(|at| at >= from)
                        && same_words(field(comment, "message").unwrap_or_default(), &outgoing.text)
                });
                if let Some(found) = found.and_then(|c| Some((id_in(c, "id")?, time_in(c, "created_time")))) {
                    return Ok(Some(found));
                }
                let all_later =
                    list(&page["data"]).all(|c| time_in(c, "created_time").is_none_or(|at| at >= from));
                after = next_page(&page).filter(|_| all_later);
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(None)
    }
}

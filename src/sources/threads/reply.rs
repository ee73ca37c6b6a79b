//! Answering in public, hiding what stands below our posts, and looking for an answer of which nobody knows whether it was
//! published.
//!
//! An answer is a container first, which nobody sees and which the platform forgets by itself; whatever becomes of that
//! call, nothing was said. Then it is published: nothing has a key there, so only a readable answer says that it was done
//! and only a refusal that it was not. The rest is looked for among our own replies, and otherwise a person decides.

use super::client::Failed;
use super::poll::{FIELDS, is_page};
use super::post::{Told, is_elsewhere, is_id};
use super::{KIND, Threads};
use crate::domain::delivery::{Looked, Outcome};
use crate::domain::post::RawAuthor;
use crate::domain::reply::{Counting, Limits, same_words, signed};
use crate::domain::time::{Span, Timestamp};
use crate::sources::Right;
use crate::sources::meta::GraphMeaning;
use crate::sources::meta::graph::{Failed as Refusal, Share};
use crate::sources::meta::looking::next_page;
use crate::sources::meta::read::{id_in, list};
use crate::sources::reply::{Composed, Draft, Measure, Outgoing, PostRef, Reply};
use async_trait::async_trait;
use serde_json::json;

/// What the platform takes.
pub const LIMITS: Limits = Limits { text_max: 500, counting: Counting::EmojiBytes, bytes_max: None };
/// What the account may do with what stands below its posts.
const MEASURES: &[Measure] = &[Measure::Hide, Measure::Unhide];
/// How far the platform's clock may lie before ours.
const CLOCK_SLACK: Span = Span::minutes(1);
/// How long a request may still be at work after its answer was lost, or a list not show it yet.
const AT_WORK: Span = Span::minutes(2);
/// How soon to try again what was not published for sure.
const SOON: Span = Span::seconds(30);
/// Most pages that are looked through.
const LOOK_PAGES_MAX: u32 = 3;
const POSTING: Span = Span::seconds(10);
/// The platform does not find a container that is not ready yet.
const NOT_READY: i64 = 4_279_009;
const GONE: &str = "it is no longer there, or not shown to the account";

#[async_trait]
impl Reply for Threads {
    fn credential(&self) -> &str {
        self.client.credential()
    }

    fn account(&self) -> RawAuthor {
        let name = self.me.name.clone();
        RawAuthor { id: name.clone(), handle: Some(name), ..RawAuthor::default() }
    }

    fn platform(&self) -> &'static str {
        KIND
    }

    fn limits(&self) -> Limits {
        LIMITS
    }

    fn threads(&self) -> bool {
        true
    }

    fn new_key(&self, made_at: Timestamp, chance: u64) -> String {
        format!("webcared-{:x}-{chance:016x}", made_at.millis())
    }

    fn expected_id(&self, _key: &str) -> Option<String> {
        None
    }

    fn compose(&self, draft: &Draft) -> Composed {
        let text = signed(draft.text.trim(), &draft.sign);
        let measure = LIMITS.measure(&text);
        let refused = if draft.text.trim().is_empty() {
            Some("empty; write an answer".to_owned())
        } else {
            (!measure.fits)
                .then(|| format!("{} characters as Threads counts; it takes {}", measure.length, measure.max))
        };
        Composed { text, visibility: "public".to_owned(), measure, refused }
    }

    async fn send(&self, outgoing: &Outgoing) -> Outcome {
        let id = outgoing.to.external_id.as_str();
        if !is_id(id) {
            return Outcome::Refused { reason: "its id is none of Threads".to_owned() };
        }
        if let Some(full) = self.is_full().await {
            return full;
        }
        let container = match self.container(id, &outgoing.text).await {
            Ok(container) => container,
            Err(failed) => return self.not_made(&failed, &outgoing.to),
        };
        let path = [self.me.id.as_str(), "threads_publish"];
        match self.client.post(&path, &json!({ "creation_id": container }), POSTING).await {
            Ok(value) => match id_in(&value, "id") {
                Some(remote_id) => {
                    self.client.tokens.grants.given(Right::Answer);
                    Outcome::Done { remote_id, at: None }
                }
                None => Outcome::Unknown { evidence: "Threads answers, but names no post".to_owned() },
            },
            Err(failed) => self.not_posted(&failed, &outgoing.to),
        }
    }

    async fn look(&self, outgoing: &Outgoing) -> Looked {
        match self.find_reply(outgoing).await {
            Ok(Some((remote_id, at))) => Looked::Done { remote_id, at },
            Ok(None) => {
                let evidence = "not among the account's own replies".to_owned();
                let age = self.client.now().since(outgoing.first_sent_at.unwrap_or(outgoing.made_at));
                if age < AT_WORK { Looked::Later { evidence } } else { Looked::Person { evidence } }
            }
            Err(failed) => Looked::Later { evidence: failed.words() },
        }
    }

    fn measures(&self) -> &'static [Measure] {
        MEASURES
    }

    async fn moderate(&self, measure: Measure, outgoing: &Outgoing, _reason: &str) -> Outcome {
        let hide = match measure {
            Measure::Hide => true,
            Measure::Unhide => false,
            _ => return Outcome::Refused { reason: "Threads has no such measure".to_owned() },
        };
        let id = outgoing.to.external_id.as_str();
        if !is_id(id) || is_elsewhere(outgoing.to.local_id.as_deref()) {
            let reason = "only what stands below the account's own posts can be hidden".to_owned();
            return Outcome::Refused { reason };
        }
        match self.client.post(&[id, "manage_reply"], &json!({ "hide": hide }), POSTING).await {
            Ok(value) if value["success"].as_bool() == Some(false) => {
                Outcome::Refused { reason: "Threads says that it was not done".to_owned() }
            }
            Ok(_) => Outcome::Done { remote_id: String::new(), at: None },
            // What is gone needs no hiding.
            Err(failed) if failed.is_gone() && hide => Outcome::Done { remote_id: String::new(), at: None },
            // It may be about this one alone: whether the account may answer is not told by it.
            Err(failed) if failed.meaning() == Some(GraphMeaning::NoRight) => {
                Outcome::Refused { reason: failed.words() }
            }
            Err(failed) => self.not_posted(&failed, &outgoing.to),
        }
    }
}

impl Threads {
    /// Whether the replies of the day are used up, or that cannot be asked now. A refusal to tell is no reason to be silent.
    async fn is_full(&self) -> Option<Outcome> {
        match self.quota(POSTING).await {
            Ok(quota) => {
                let used = quota.replies.filter(super::quota::Used::is_up)?;
                let why = format!(
                    "{} replies of the day are used; Threads takes no more of them now",
                    used.words()
                );
                // They come back one by one; when the first does, is not told.
                Some(Outcome::Retry { after: Some(Span::minutes(15).min(used.within)), why })
            }
            Err(failed) if failed.is_refusal() && failed.meaning() != Some(GraphMeaning::TooMany) => None,
            Err(failed) => Some(match failed.outcome(self.client.now()) {
                // It was only a question: nothing was said.
                Outcome::Unknown { evidence } => Outcome::Retry { after: Some(SOON), why: evidence },
                Outcome::Refused { reason } => Outcome::Retry { after: Some(SOON), why: reason },
                other => other,
            }),
        }
    }

    /// Makes what is to be published; nobody sees it.
    async fn container(&self, to: &str, text: &str) -> Result<String, Failed> {
        let body = json!({ "media_type": "TEXT", "text": text, "reply_to_id": to });
        let value = self.client.post(&[&self.me.id, "threads"], &body, POSTING).await?;
        id_in(&value, "id").filter(|id| is_id(id)).ok_or(Failed::Graph(Refusal::Unreadable))
    }

    /// How an attempt ended of which nothing was published.
    fn not_made(&self, failed: &Failed, to: &PostRef) -> Outcome {
        match self.not_posted(failed, to) {
            Outcome::Unknown { evidence } => {
                let why = format!("nothing was published yet: {evidence}");
                Outcome::Retry { after: Some(SOON), why }
            }
            other => other,
        }
    }

    /// How an attempt ended that failed.
    fn not_posted(&self, failed: &Failed, to: &PostRef) -> Outcome {
        if let Failed::Graph(Refusal::Refused { error, .. }) = failed
            && error.subcode == NOT_READY
        {
            return Outcome::Retry { after: Some(SOON), why: failed.words() };
        }
        match failed.meaning() {
            // Who may answer is up to whoever posted it; the interface may not where a person may.
            Some(GraphMeaning::NoRight | GraphMeaning::Gone) if is_elsewhere(to.local_id.as_deref()) => {
                match &to.url {
                    Some(url) => Outcome::ByHand { url: url.clone() },
                    None => Outcome::Refused { reason: failed.words() },
                }
            }
            Some(GraphMeaning::TokenInvalid | GraphMeaning::NoRight | GraphMeaning::Restricted) => {
                self.client.tokens.grants.lost(Right::Answer, &failed.words());
                Outcome::Refused { reason: failed.words() }
            }
            Some(GraphMeaning::Gone) => Outcome::Refused { reason: GONE.to_owned() },
            _ => failed.outcome(self.client.now()),
        }
    }

    /// A reply of ours to this post with these words.
    async fn find_reply(&self, outgoing: &Outgoing) -> Result<Option<(String, Option<Timestamp>)>, Failed> {
        let from = outgoing.first_sent_at.unwrap_or(outgoing.made_at).minus(CLOCK_SLACK);
        let since = from.millis().div_euclid(1_000).to_string();
        let mut after: Option<String> = None;
        for _ in 0..LOOK_PAGES_MAX {
            let mut query = vec![("fields", FIELDS), ("limit", "100"), ("since", since.as_str())];
            query.extend(after.as_deref().map(|after| ("after", after)));
            let path = [self.me.id.as_str(), "replies"];
            let page = is_page(self.client.get(Share::Answering, &path, &query, POSTING).await?)?;
            let found = list(&page["data"]).filter_map(Told::of).find(|told| {
                told.parent.as_deref() == Some(outgoing.to.external_id.as_str())
                    && told.at.is_none_or(|at| at >= from)
                    && same_words(&told.words, &outgoing.text)
            });
            if let Some(found) = found {
                return Ok(Some((found.id, found.at)));
            }
            let token = next_page(&page).filter(|token| after.as_ref() != Some(token));
            let Some(token) = token else { break };
            after = Some(token);
        }
        Ok(None)
    }
}

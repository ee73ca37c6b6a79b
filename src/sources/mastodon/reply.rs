//! Answering in the account's name, and looking for an answer of which nobody knows whether it left.
//!
//! Before the one call that posts, everything is only read: whatever fails there is proved not to
//! have been sent. Once that call is written, only a readable answer says that it was done and only a
//! refusal that it was not; all else is unknown, and is looked for among the thread's and our own
//! statuses before the same key is tried again.

use super::super::fediverse::status::{Account, Status};
use super::super::fediverse::{lenient, list};
use super::super::reply::{Composed, Draft, Measure, Outgoing, PostRef, Reply};
use super::Mastodon;
use super::client::{Client, Failed, Share};
use super::compose::{compose, narrower};
use super::examine::NO_WRITE;
use super::kinds::Markup;
use super::threads::{Around, context_of};
use super::{moderate, threads};
use crate::domain::delivery::{Looked, Outcome};
use crate::domain::enclosed::FileLimits;
use crate::domain::post::RawAuthor;
use crate::domain::reply::{Limits, same_words};
use crate::domain::time::{Span, Timestamp};
use crate::http_client::CallError;
use crate::sources::Right;
use async_trait::async_trait;
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use url::Url;

/// How long a key is trusted; servers keep it for an hour.
const KEY_LIVES: Span = Span::minutes(50);
/// How long a server that knows no keys may still be at work on a request.
const AT_WORK: Span = Span::minutes(1);
/// How far a server's clock may lie before ours.
const CLOCK_SLACK: Span = Span::minutes(1);
/// The calls of one attempt; with who we are they stay below what the outbox waits for.
const LOOKUP: Span = Span::seconds(4);
const RESOLVE: Span = Span::seconds(6);
const POSTING: Span = Span::seconds(9);
/// What is said of a post that is no longer there.
const REMOVED: &str = "its author has removed the post";

/// The answer of a search.
#[derive(Deserialize)]
struct Found {
    #[serde(default, deserialize_with = "lenient::each")]
    statuses: Vec<Value>,
}

/// What keeps an attempt from being made.
pub(super) enum Hindered {
    /// It would be refused again.
    Refused(String),
    /// It may go later.
    Later(Failed),
}

impl Hindered {
    /// What a failed call that only read means for an attempt.
    pub(super) fn of(failed: Failed) -> Self {
        match failed.status() {
            Some(404 | 410) if failed.is_absent() => Self::Refused(REMOVED.to_owned()),
            Some(401 | 403) => Self::Refused(failed.words()),
            _ => Self::Later(failed),
        }
    }

    /// As the outcome of an attempt of which nothing has left.
    pub(super) fn outcome(self, now: Timestamp) -> Outcome {
        match self {
            Self::Refused(reason) => Outcome::Refused { reason },
            Self::Later(failed) => Outcome::Retry { after: failed.wait(now), why: failed.words() },
        }
    }
}

#[async_trait]
impl Reply for Mastodon {
    fn credential(&self) -> &str {
        self.client.credential()
    }

    fn account(&self) -> RawAuthor {
        let host = self.client.host();
        let unknown = || RawAuthor { id: format!("{}@{host}", self.name), ..RawAuthor::default() };
        self.profile.me().map_or_else(unknown, |me| me.author(host))
    }

    fn platform(&self) -> &'static str {
        "mastodon"
    }

    fn limits(&self) -> Limits {
        self.profile.instance().limits()
    }

    fn files(&self) -> FileLimits {
        self.profile.instance().files()
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
        let own = self.profile.me().and_then(|me| me.author(self.client.host()).handle);
        let domain = own.as_deref().and_then(|h| h.split_once('@')).map(|(_, domain)| domain);
        let home: Vec<&str> = domain.into_iter().chain([self.client.host()]).collect();
        compose(draft, &self.limits(), &home)
    }

    async fn send(&self, outgoing: &Outgoing) -> Outcome {
        let (me, parent) = match self.before_sending(outgoing).await {
            Ok(ready) => ready,
            Err(hindered) => return hindered.outcome(self.client.now()),
        };
        let lapsed = |first: &Timestamp| self.client.now().since(*first) >= KEY_LIVES;
        if outgoing.first_sent_at.as_ref().is_some_and(lapsed) {
            // The server has forgotten the key: what stands there counts.
            match self.find(outgoing, &me, Some(&parent.id)).await {
                Ok(Some(found)) => return done(&found),
                Ok(None) => {}
                Err(failed) => return Hindered::Later(failed).outcome(self.client.now()),
            }
        }
        let media = match self.media_ids(outgoing).await {
            Ok(media) => media,
            Err(outcome) => return outcome,
        };
        match self.posting(outgoing, &parent, &media) {
            Some(call) => {
                let outcome = self.sent(self.client.send(Share::Answering, call).await);
                if matches!(outcome, Outcome::Refused { .. }) {
                    self.forget_media(outgoing);
                }
                outcome
            }
            None => Outcome::Refused { reason: "its key fits in no header".to_owned() },
        }
    }

    async fn look(&self, outgoing: &Outgoing) -> Looked {
        let me = match self.profile.know(&self.client, Share::Answering).await {
            Ok(me) => me,
            Err(failed) => return Looked::Later { evidence: failed.words() },
        };
        let local = match self.local_id(&outgoing.to).await {
            Ok(local) => local,
            Err(failed) => return Looked::Later { evidence: failed.words() },
        };
        let found = match self.find(outgoing, &me, local.as_deref()).await {
            Ok(found) => found,
            Err(failed) => return Looked::Later { evidence: failed.words() },
        };
        if let Some(found) = found {
            return Looked::Done { remote_id: found.identity().unwrap_or_default(), at: found.claimed() };
        }
        let age = self.client.now().since(outgoing.first_sent_at.unwrap_or(outgoing.made_at));
        let evidence = "neither in the thread nor among our own posts".to_owned();
        match self.profile.instance() {
            server if server.honours_keys() && age < KEY_LIVES => {
                Looked::Again { why: format!("{evidence}, and the server still knows the key") }
            }
            server if !server.honours_keys() && age < AT_WORK => Looked::Later { evidence },
            _ => Looked::Person { evidence },
        }
    }

    fn measures(&self) -> &'static [Measure] {
        &Measure::OF_ACCOUNTS
    }

    async fn moderate(&self, measure: Measure, outgoing: &Outgoing, reason: &str) -> Outcome {
        moderate::take(self, measure, outgoing, reason).await
    }
}

impl Mastodon {
    /// How the call that posts ended, and what that tells of the token's rights.
    fn sent(&self, answer: Result<crate::http_client::Answer, Failed>) -> Outcome {
        let lacks = answer.as_ref().err().is_some_and(Failed::is_about_right);
        let outcome = posted(answer, self.client.now());
        let known = lacks || matches!(outcome, Outcome::Done { .. });
        for right in [Right::Answer, Right::Private].into_iter().filter(|_| known) {
            if lacks { self.grants.lost(right, NO_WRITE) } else { self.grants.given(right) }
        }
        if lacks { Outcome::Refused { reason: NO_WRITE.to_owned() } } else { outcome }
    }

    /// Everything that must hold before a post leaves; only reads.
    async fn before_sending(&self, outgoing: &Outgoing) -> Result<(Arc<Account>, Status), Hindered> {
        let me = self.profile.account(&self.client).await.map_err(Hindered::of)?;
        let parent = self.parent(&outgoing.to).await?;
        Ok((me, parent))
    }

    /// The post that is meant, as it stands at present.
    pub(super) async fn parent(&self, to: &PostRef) -> Result<Status, Hindered> {
        if let Some(id) = &to.local_id {
            let status = self.status(id, Share::Answering).await.map_err(Hindered::of)?;
            // A server that was set up anew gives its numbers a second time.
            if status.identity().as_deref() == Some(to.external_id.as_str()) {
                return Ok(status);
            }
        }
        if let Some(own) = self.own_status(to).await {
            return Ok(own);
        }
        let resolved = self.resolve(&to.external_id, Share::Answering).await.map_err(|failed| {
            if failed.is_absent() { Hindered::Later(failed) } else { Hindered::of(failed) }
        })?;
        let unknown = || "the account's server cannot find the post; it may be gone, or its server is away";
        resolved.ok_or_else(|| Hindered::Refused(unknown().to_owned()))
    }

    /// A status of our own on which an answer goes, mostly found by the end of its address, for which no right to search
    /// is needed.
    async fn own_status(&self, to: &PostRef) -> Option<Status> {
        let id = self.own_id(&to.external_id).filter(|_| to.local_id.is_none())?;
        let status = self.status(&id, Share::Answering).await.ok()?;
        (status.identity().as_deref() == Some(to.external_id.as_str())).then_some(status)
    }

    /// What may be this server's id of a status of our own.
    fn own_id(&self, uri: &str) -> Option<String> {
        let (url, own) = (Url::parse(uri).ok()?, Url::parse(&self.account().id).ok()?);
        let id = url.path_segments()?.next_back()?;
        let fits = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric());
        (fits && url.host_str() == own.host_str()).then(|| id.to_owned())
    }

    /// A status by this server's id.
    pub(super) async fn status(&self, id: &str, share: Share) -> Result<Status, Failed> {
        self.client.get(share, &["v1", "statuses", id], &[], LOOKUP).await
    }

    /// A post that this server may not have seen yet, by what it is called everywhere.
    pub(super) async fn resolve(&self, uri: &str, share: Share) -> Result<Option<Status>, Failed> {
        if Url::parse(uri).is_err() {
            return Ok(None);
        }
        let query = [("q", uri), ("resolve", "true"), ("type", "statuses"), ("limit", "5")];
        let found: Found = self.client.get(share, &["v2", "search"], &query, RESOLVE).await?;
        let mut statuses =
            found.statuses.into_iter().filter_map(|v| serde_json::from_value::<Status>(v).ok());
        Ok(statuses.find(|s| s.identity().as_deref() == Some(uri)))
    }

    async fn local_id(&self, to: &PostRef) -> Result<Option<String>, Failed> {
        match &to.local_id {
            Some(id) => Ok(Some(id.clone())),
            None => match self.own_status(to).await {
                Some(own) => Ok(Some(own.id)),
                None => Ok(self.resolve(&to.external_id, Share::Answering).await?.map(|s| s.id)),
            },
        }
    }

    /// The one call that posts.
    fn posting(
        &self,
        outgoing: &Outgoing,
        parent: &Status,
        media: &[String],
    ) -> Option<crate::http_client::Call> {
        let stands = parent.visibility.as_deref().unwrap_or_default();
        let mut body = json!({
            "status": outgoing.text,
            "in_reply_to_id": parent.id,
            "visibility": narrower(&outgoing.visibility, stands),
        });
        // As apps do: an answer below a warning keeps it.
        if let Some(warning) = outgoing.to.warning.clone().or_else(|| parent.warning()) {
            body["spoiler_text"] = json!(warning);
        }
        if !media.is_empty() {
            body["media_ids"] = json!(media);
        }
        // Elsewhere the account's own preference would make shape of signs in the words.
        if self.profile.instance().kind.markup == Markup::AsAsked {
            body["content_type"] = json!("text/plain");
        }
        if !outgoing.language.is_empty() {
            body["language"] = json!(outgoing.language);
        }
        let call = self.client.post(&["v1", "statuses"], &body).within(POSTING);
        Client::keyed(call, &outgoing.key)
    }

    /// An answer of ours with these words, below the post or among our latest.
    async fn find(
        &self,
        outgoing: &Outgoing,
        me: &Account,
        parent: Option<&str>,
    ) -> Result<Option<Status>, Failed> {
        let from = outgoing.made_at.minus(CLOCK_SLACK);
        let is_it = |status: &Status| {
            status.account.id == me.id
                && status.claimed().is_some_and(|at| at >= from)
                && same_words(&status.words(), &outgoing.text)
                && match parent {
                    Some(id) => status.answers().as_deref() == Some(id),
                    None => status.answers().is_some(),
                }
        };
        if let Some(id) = parent {
            match self.client.send(Share::Answering, context_of(&self.client, id).within(RESOLVE)).await {
                Ok(answer) => {
                    let around: threads::Around =
                        serde_json::from_slice(&answer.body).map_err(|_| Failed::Unreadable)?;
                    if let Some(found) = below(around).find(|s| is_it(s)) {
                        return Ok(Some(found));
                    }
                }
                // The post is gone, or its thread is too long: our own statuses tell.
                Err(failed) if failed.is_absent() => {}
                Err(Failed::Call(CallError::TooLarge { .. })) => {}
                Err(failed) => return Err(failed),
            }
        }
        let query = [("limit", "40"), ("exclude_reblogs", "true")];
        let call = self.client.call(Method::GET, &["v1", "accounts", &me.id, "statuses"], &query);
        let answer = self.client.send(Share::Answering, call.within(RESOLVE)).await?;
        let raws = list(&answer.body).ok_or(Failed::Unreadable)?;
        let mut own = raws.iter().filter_map(|raw| serde_json::from_str::<Status>(raw.get()).ok());
        Ok(own.find(is_it))
    }
}

fn below(around: Around) -> impl Iterator<Item = Status> {
    around.descendants.into_iter().filter_map(|v| serde_json::from_value(v).ok())
}

fn done(status: &Status) -> Outcome {
    Outcome::Done { remote_id: status.identity().unwrap_or_default(), at: status.claimed() }
}

/// How the call that posts ended.
fn posted(answer: Result<crate::http_client::Answer, Failed>, now: Timestamp) -> Outcome {
    let failed = match answer {
        Ok(answer) => match serde_json::from_slice::<Status>(&answer.body) {
            Ok(status) if status.identity().is_some() => return done(&status),
            _ => {
                let evidence = format!("the server answers {}, but with no status", answer.status);
                return Outcome::Unknown { evidence };
            }
        },
        Err(failed) => failed,
    };
    match &failed {
        Failed::Spent(_) | Failed::Call(CallError::NotSent { .. }) => {
            Outcome::Retry { after: failed.wait(now), why: failed.words() }
        }
        Failed::Call(CallError::Status { code, .. }) => match code {
            429 => {
                Outcome::Retry { after: failed.wait(now), why: "the server asks for fewer calls".to_owned() }
            }
            404 | 410 => Outcome::Refused { reason: REMOVED.to_owned() },
            400 | 401 | 403 | 405 | 406 | 413 | 415 | 422 => Outcome::Refused { reason: failed.words() },
            _ => Outcome::Unknown { evidence: failed.words() },
        },
        Failed::Unreadable | Failed::Call(_) => Outcome::Unknown { evidence: failed.words() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http_client::RateHint;

    fn of(code: u16, start: &str) -> Outcome {
        let hint = RateHint { wait: Some(Span::seconds(70)), remaining: None };
        posted(Err(Failed::Call(CallError::Status { code, hint, start: start.to_owned() })), Timestamp(0))
    }

    #[test]
    fn only_a_refusal_is_a_refusal_and_only_what_never_left_is_tried_again() {
        for code in [400, 401, 403, 404, 410, 422] {
            assert!(matches!(of(code, "{}"), Outcome::Refused { .. }), "{code}");
        }
        for code in [302, 307, 408, 409, 425, 500, 502, 503, 504] {
            assert!(matches!(of(code, "{}"), Outcome::Unknown { .. }), "{code}");
        }
        assert!(matches!(of(429, ""), Outcome::Retry { after: Some(wait), .. } if wait == Span::seconds(70)));
        let said = of(422, r#"{"error":"Validation failed: Text is too long (maximum is 500 characters)"}"#);
        assert!(matches!(said, Outcome::Refused { reason } if reason.contains("maximum is 500")));
        for unclear in [CallError::Unknown { detail: "cut".into() }, CallError::TooLarge { bytes_max: 9 }] {
            let outcome = posted(Err(Failed::Call(unclear)), Timestamp(0));
            assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
        }
    }
}

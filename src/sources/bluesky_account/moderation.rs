//! Measures of moderation: like, mute, block, and telling the platform's moderators.
//!
//! A like and a block are records of our own, under a key made from the intent, so taking one twice
//! makes one. Whether one stands already is asked first, so that what was done in the platform's app
//! is not doubled. A report cannot be taken back nor looked up: where its answer is lost it is unknown.

use super::BlueskyAccount;
use super::caller::{Failed, Purpose, Refusal};
use super::line::{Trouble, after_sending, before_sending, read};
use crate::domain::delivery::Outcome;
use crate::http_client::CallError;
use crate::sources::bluesky::{split_uri, tid};
use crate::sources::reply::{Measure, Outgoing};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const LIKES: &str = "app.bsky.feed.like";
const BLOCKS: &str = "app.bsky.graph.block";
/// Longest reason in a report, in characters (lexicon `com.atproto.moderation.createReport`).
const REASON_MAX: usize = 2_000;

fn done(remote_id: &str) -> Outcome {
    Outcome::Done { remote_id: remote_id.to_owned(), at: None }
}

/// The key of the record that an intent makes: the same at every attempt.
fn key_of(outgoing: &Outgoing) -> String {
    let hash = Sha256::digest(outgoing.key.as_bytes());
    let chance = hash.iter().take(8).fold(0_u64, |n, byte| (n << 8) | u64::from(*byte));
    tid::of(outgoing.made_at, chance)
}

impl BlueskyAccount {
    pub(super) async fn take_measure(&self, measure: Measure, to: &Outgoing, reason: &str) -> Outcome {
        let Some((author, _)) = split_uri(&to.to.external_id) else {
            return Outcome::Refused { reason: "this is no post of Bluesky".to_owned() };
        };
        let taken = match measure {
            Measure::Like | Measure::Unlike => self.like(measure, to).await,
            Measure::Block | Measure::Unblock => self.block(measure, author, to).await,
            Measure::Mute => self.tell("app.bsky.graph.muteActor", &json!({ "actor": author })).await,
            Measure::Unmute => self.tell("app.bsky.graph.unmuteActor", &json!({ "actor": author })).await,
            Measure::Report => self.report(to, reason).await,
            // What only the moderators of a server do.
            _ => Err(Outcome::Refused { reason: "an account has no such measure".to_owned() }),
        };
        taken.unwrap_or_else(|early| early)
    }

    fn before(&self, trouble: &Trouble) -> Outcome {
        before_sending(trouble, self.clock.now())
    }

    async fn tell(&self, method: &str, body: &Value) -> Result<Outcome, Outcome> {
        let told = self.line.procedure(method, body, Purpose::Write).await;
        Ok(told.map_or_else(|trouble| after_sending(&trouble, self.clock.now()), |_| done("")))
    }

    async fn shown_to_us(&self, uri: &str) -> Result<Value, Outcome> {
        let found = self.line.posts(&[uri.to_owned()], Purpose::Act).await.map_err(|t| self.before(&t))?;
        let gone = || Outcome::Refused { reason: "the post is gone, or hidden from this account".to_owned() };
        found.get(uri).cloned().ok_or_else(gone)
    }

    async fn like(&self, measure: Measure, to: &Outgoing) -> Result<Outcome, Outcome> {
        let post = self.shown_to_us(&to.to.external_id).await?;
        let stands = post["viewer"]["like"].as_str();
        if measure == Measure::Unlike {
            return Ok(self.take_back(stands).await);
        }
        if let Some(uri) = stands {
            return Ok(done(uri));
        }
        let subject = json!({ "uri": to.to.external_id, "cid": post["cid"] });
        Ok(self.put_subject(LIKES, to, &subject).await)
    }

    async fn block(&self, measure: Measure, author: &str, to: &Outgoing) -> Result<Outcome, Outcome> {
        let asked = [("actor", author.to_owned())];
        let profile = self.line.query("app.bsky.actor.getProfile", &asked, Purpose::Act).await;
        let profile = profile.and_then(|answer| read(&answer)).map_err(|t| self.before(&t))?;
        let stands = profile["viewer"]["blocking"].as_str();
        match (measure, stands) {
            (Measure::Unblock, stands) => Ok(self.take_back(stands).await),
            (_, Some(uri)) => Ok(done(uri)),
            (_, None) => Ok(self.put_subject(BLOCKS, to, &json!(author)).await),
        }
    }

    async fn put_subject(&self, collection: &str, to: &Outgoing, subject: &Value) -> Outcome {
        let record = json!({ "$type": collection, "subject": subject, "createdAt": to.made_at.rfc3339() });
        match self.line.put(collection, &key_of(to), &record).await {
            Ok(answer) => done(read(&answer).unwrap_or_default()["uri"].as_str().unwrap_or_default()),
            // Our own, from an earlier attempt: nobody else has this key.
            Err(Trouble::Failed(Failed::Call(error)))
                if matches!(error, CallError::Status { code: 400, .. })
                    && Refusal::of(&error).error == "InvalidSwap" =>
            {
                done("")
            }
            Err(trouble) => after_sending(&trouble, self.clock.now()),
        }
    }

    /// Deletes what stands, if anything does.
    async fn take_back(&self, stands: Option<&str>) -> Outcome {
        let Some(uri) = stands else { return done("") };
        match self.line.delete(uri).await {
            Ok(_) => done(""),
            Err(trouble) => after_sending(&trouble, self.clock.now()),
        }
    }

    async fn report(&self, to: &Outgoing, reason: &str) -> Result<Outcome, Outcome> {
        let post = self.shown_to_us(&to.to.external_id).await?;
        let reason: String = reason.chars().take(REASON_MAX).collect();
        let body = json!({
            "reasonType": "com.atproto.moderation.defs#reasonOther",
            "reason": reason,
            "subject": {
                "$type": "com.atproto.repo.strongRef", "uri": to.to.external_id, "cid": post["cid"],
            },
        });
        self.tell("com.atproto.moderation.createReport", &body).await
    }
}

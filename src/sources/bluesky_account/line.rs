//! Calls with the account's token: renewed once if it is no longer taken, never in a loop.
//!
//! What a failure means differs by who asks: whoever looks tells a state, whoever sends tells one of
//! the five outcomes. Here it is only said what happened; a call that failed because of the token
//! was refused, so it was not carried out.

use super::caller::{Asked, Caller, Failed, Purpose, Refusal, is_about_token};
use super::chat::{SCOPE, is_about_scope};
use super::session::{Pass, Session};
use crate::domain::delivery::Outcome;
use crate::domain::time::Timestamp;
use crate::http_client::{Answer, CallError};
use crate::sources::bluesky::POSTS;
use crate::sources::held::Away;
use crate::sources::{SourceTrouble, TroubleState};
use serde_json::{Value, json};
use std::collections::HashMap;

/// Most posts that can be asked for at once.
pub const AT_ONCE: usize = 25;

/// What an account's call failed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// There is no token to be had; nothing was sent.
    LogIn(SourceTrouble),
    /// The call itself.
    Failed(Failed),
}

/// The line of one account to its server.
#[derive(Debug)]
pub struct Line {
    /// Makes the calls.
    pub caller: Caller,
    /// Who we are and with what token.
    pub session: Session,
}

impl Line {
    /// A query with the account's token.
    pub async fn query(
        &self,
        method: &str,
        parameters: &[(&str, String)],
        purpose: Purpose,
    ) -> Result<Answer, Trouble> {
        self.call((method, &Asked::Query(parameters)), purpose).await
    }

    /// A procedure with the account's token.
    pub async fn procedure(&self, method: &str, body: &Value, purpose: Purpose) -> Result<Answer, Trouble> {
        self.call((method, &Asked::Procedure(body.to_string().into_bytes())), purpose).await
    }

    /// Puts a file into the account's repository; a record must name it, or the server drops it.
    pub async fn upload(&self, mime: &'static str, bytes: bytes::Bytes) -> Result<Answer, Trouble> {
        self.call(("com.atproto.repo.uploadBlob", &Asked::Upload(mime, bytes)), Purpose::Upload).await
    }

    async fn call(&self, method: (&str, &Asked<'_>), purpose: Purpose) -> Result<Answer, Trouble> {
        let pass = self.pass().await?;
        let refused = match self.once(&pass, method, purpose).await {
            Err(Failed::Call(error)) if is_about_token(&error) => error,
            other => return other.map_err(Trouble::Failed),
        };
        let fresh = self.session.renew(&self.caller, &pass.access).await.map_err(Trouble::LogIn)?;
        match self.once(&fresh, method, purpose).await {
            Err(Failed::Call(error)) if is_about_token(&error) => {
                let told = Refusal::of(&refused).words();
                let why = format!("the server does not take a token that it has just given: {told}");
                Err(Trouble::LogIn(SourceTrouble::new(TroubleState::Broken, why)))
            }
            other => other.map_err(Trouble::Failed),
        }
    }

    /// A token and the account's DID.
    pub async fn pass(&self) -> Result<Pass, Trouble> {
        self.session.pass(&self.caller).await.map_err(Trouble::LogIn)
    }

    async fn once(
        &self,
        pass: &Pass,
        method: (&str, &Asked<'_>),
        purpose: Purpose,
    ) -> Result<Answer, Failed> {
        self.caller.call(&pass.server, method, Some(&pass.access), purpose).await
    }

    /// Posts as the view shows them to the account, by address; what is gone is left out, and so is
    /// what its author does not let us see.
    pub async fn posts(&self, uris: &[String], purpose: Purpose) -> Result<HashMap<String, Value>, Trouble> {
        let mut found = HashMap::new();
        for part in uris.chunks(AT_ONCE) {
            let parameters: Vec<(&str, String)> = part.iter().map(|u| ("uris", u.clone())).collect();
            let answer = self.query("app.bsky.feed.getPosts", &parameters, purpose).await?;
            let body = read(&answer)?;
            let Some(posts) = body["posts"].as_array() else { return Err(unreadable()) };
            found.extend(posts.iter().filter_map(|p| Some((p["uri"].as_str()?.to_owned(), p.clone()))));
        }
        Ok(found)
    }

    /// Whether a post that the view does not show is really gone, and not only hidden from us.
    pub async fn is_gone(&self, uri: &str, purpose: Purpose) -> Result<Option<bool>, Trouble> {
        let parameters =
            [("uri", uri.to_owned()), ("depth", "0".to_owned()), ("parentHeight", "0".to_owned())];
        match self.query("app.bsky.feed.getPostThread", &parameters, purpose).await {
            Ok(answer) => Ok(match read(&answer)?["thread"]["$type"].as_str() {
                Some(kind) if kind.ends_with("#notFoundPost") => Some(true),
                Some(kind) if kind.ends_with("#blockedPost") => Some(false),
                _ => None,
            }),
            Err(Trouble::Failed(Failed::Call(error)))
                if matches!(error, CallError::Status { code: 400, .. })
                    && Refusal::of(&error).error == "NotFound" =>
            {
                Ok(Some(true))
            }
            Err(trouble) => Err(trouble),
        }
    }

    /// How an account is away, if the view says that it is; of posts of such an account it says that they are gone.
    pub async fn away(&self, account: &str, purpose: Purpose) -> Result<Option<Away>, Trouble> {
        let parameters = [("actor", account.to_owned())];
        match self.query("app.bsky.actor.getProfile", &parameters, purpose).await {
            Err(Trouble::Failed(Failed::Call(error @ CallError::Status { code: 400, .. }))) => {
                let refusal = Refusal::of(&error);
                Ok(Away::refused(&refusal.error, &refusal.message))
            }
            Ok(_) | Err(Trouble::Failed(Failed::Call(CallError::Status { code: 404 | 501, .. }))) => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }

    /// A post of our own as it stands in the repository, asked of its server without a token:
    /// `Ok(None)` means that it certainly does not stand there.
    pub async fn own_record(&self, collection: &str, key: &str) -> Result<Option<Value>, Trouble> {
        let Some((server, did)) = self.session.known().await else {
            let why = "the account's DID is not known yet";
            return Err(Trouble::LogIn(SourceTrouble::new(TroubleState::Unreachable, why)));
        };
        let parameters = [("repo", did), ("collection", collection.to_owned()), ("rkey", key.to_owned())];
        let asked = Asked::Query(&parameters);
        let method = ("com.atproto.repo.getRecord", &asked);
        match self.caller.call(&server, method, None, Purpose::Act).await {
            Ok(answer) => read(&answer).map(Some),
            Err(Failed::Call(error))
                if matches!(error, CallError::Status { code: 400, .. })
                    && Refusal::of(&error).error == "RecordNotFound" =>
            {
                Ok(None)
            }
            Err(failed) => Err(Trouble::Failed(failed)),
        }
    }

    /// Writes a record under a key of ours, unless something stands there already.
    pub async fn put(&self, collection: &str, key: &str, record: &Value) -> Result<Answer, Trouble> {
        let pass = self.pass().await?;
        let body = json!({
            "repo": pass.did, "collection": collection, "rkey": key, "record": record, "swapRecord": null,
        });
        self.procedure("com.atproto.repo.putRecord", &body, Purpose::Write).await
    }

    /// Deletes a record of ours; that it is gone already is fine.
    pub async fn delete(&self, uri: &str) -> Result<Answer, Trouble> {
        let pass = self.pass().await?;
        let mut parts = uri.rsplit('/');
        let (key, collection) = (parts.next().unwrap_or_default(), parts.next().unwrap_or(POSTS));
        let body = json!({ "repo": pass.did, "collection": collection, "rkey": key });
        self.procedure("com.atproto.repo.deleteRecord", &body, Purpose::Write).await
    }
}

/// An answer as JSON.
pub fn read(answer: &Answer) -> Result<Value, Trouble> {
    serde_json::from_slice(&answer.body).map_err(|_| unreadable())
}

/// An answer that is not as described.
pub fn unreadable() -> Trouble {
    let why = "the server's answer is not as described".to_owned();
    Trouble::Failed(Failed::Call(CallError::Unknown { detail: why }))
}

/// What trouble means for looking.
pub fn of_looking(trouble: &Trouble, now: Timestamp) -> SourceTrouble {
    match trouble {
        Trouble::LogIn(trouble) => trouble.clone(),
        Trouble::Failed(Failed::Spent(until)) => SourceTrouble::spent(*until, now),
        Trouble::Failed(Failed::Call(error)) if is_about_scope(&Refusal::of(error)) => {
            SourceTrouble::new(TroubleState::NeedsRight, SCOPE)
        }
        Trouble::Failed(Failed::Call(CallError::Status { code: 400, .. })) => {
            SourceTrouble::new(TroubleState::Broken, "the server does not take what it is asked")
        }
        Trouble::Failed(Failed::Call(error)) => SourceTrouble::of(error, TroubleState::NeedsAccount, now),
    }
}

/// What trouble means for an effect of which nothing has been sent: it was only asked for what the
/// effect needs.
pub fn before_sending(trouble: &Trouble, now: Timestamp) -> Outcome {
    match trouble {
        Trouble::Failed(Failed::Call(error @ CallError::Status { code: 400 | 404 | 501, .. })) => {
            Outcome::Refused { reason: refused(error) }
        }
        other => retry(other, now),
    }
}

/// What trouble means for an effect that was sent.
pub fn after_sending(trouble: &Trouble, now: Timestamp) -> Outcome {
    match trouble {
        Trouble::Failed(Failed::Call(error)) => match error {
            CallError::NotSent { .. } | CallError::Status { code: 429, .. } => retry(trouble, now),
            CallError::Status { code: code @ 400..=499, .. } if *code != 408 => {
                Outcome::Refused { reason: refused(error) }
            }
            CallError::Status { code, .. } => {
                Outcome::Unknown { evidence: format!("the server answered {code}") }
            }
            CallError::Unknown { detail } => Outcome::Unknown { evidence: detail.clone() },
            CallError::TooLarge { .. } => {
                Outcome::Unknown { evidence: "the server's answer was too large".to_owned() }
            }
        },
        before => retry(before, now),
    }
}

fn retry(trouble: &Trouble, now: Timestamp) -> Outcome {
    let trouble = of_looking(trouble, now);
    Outcome::Retry { after: trouble.retry_after, why: trouble.why }
}

pub(super) fn refused(error: &CallError) -> String {
    let told = Refusal::of(error).words();
    match error {
        CallError::Status { code, .. } if told.is_empty() => format!("the server answered {code}"),
        _ => format!("the server says: {told}"),
    }
}

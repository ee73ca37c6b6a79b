//! Talking in private on Bluesky: its chat service, reached through the account's own server.
//!
//! Who can be written to is asked first (`getConvoAvailability`); most people take messages only of
//! accounts that they follow, and then they must write first. A message has no key of ours, so one whose
//! outcome is unknown is looked for by reading the conversation back: if it stands there it is done, if
//! not a person decides, for nothing proves that it will not stand there yet. A message holds words and at most one post
//! that it shares (`chat.bsky.convo.defs#messageInput`, read in November 2026): no files, in either direction. Built from
//! the published lexicons (`chat.bsky.convo`); the service itself was never reached while building.

use super::BlueskyAccount;
use super::caller::{Failed, Purpose, Refusal};
use super::line::{Trouble, after_sending, before_sending, of_looking, read};
use crate::domain::delivery::{Looked, Outcome};
use crate::domain::reply::{Counting, Limits, signed};
use crate::domain::time::{Span, Timestamp};
use crate::http_client::CallError;
use crate::sources::Right;
use crate::sources::private::{Private, Reach};
use crate::sources::reply::{Composed, Draft, Outgoing, PostRef};
use async_trait::async_trait;
use serde_json::{Value, json};

/// What the lexicon `chat.bsky.convo.defs#messageInput` allows.
const LIMITS: Limits = Limits { text_max: 1_000, counting: Counting::Graphemes, bytes_max: Some(10_000) };
/// How far the service's clock may lie before ours.
const CLOCK_SLACK: Span = Span::minutes(1);
/// How long a request may still be at work after its answer was lost.
const AT_WORK: Span = Span::minutes(1);
/// How many messages are read back.
const READ_BACK: &str = "100";
/// What ids of messages begin with; no address of a record does.
const CHAT: &str = "chat:";

/// The id of a message: its conversation and the service's id.
pub(super) fn message_id(convo: &str, message: &str) -> String {
    format!("{CHAT}{convo}/{message}")
}

/// The key of a conversation.
pub(super) fn convo_key(convo: &str) -> String {
    format!("{CHAT}{convo}")
}

/// The service's ids of conversation and message, of an id of ours.
pub(super) fn split_id(id: &str) -> Option<(&str, &str)> {
    let (convo, message) = id.strip_prefix(CHAT)?.split_once('/')?;
    (!convo.is_empty() && !message.is_empty()).then_some((convo, message))
}

/// Why somebody cannot be written to, by the name of the refusal; `None` if it is none of those.
fn refused(refusal: &Refusal) -> Option<Reach> {
    let nobody = |why: &str| Some(Reach::Nobody { why: why.to_owned() });
    match refusal.error.as_str() {
        "NotFollowedBySender" => Some(Reach::TheyWrite { why: THEY_WRITE.to_owned() }),
        "MessagesDisabled" => nobody("they take no private messages"),
        "BlockedActor" => nobody("they are blocked by this account"),
        "BlockedSubject" => nobody("they have blocked this account"),
        "RecipientNotFound" => nobody("the account is gone"),
        "AccountSuspended" => nobody("the account is suspended"),
        _ if is_about_scope(refusal) => nobody(SCOPE),
        _ => None,
    }
}

const THEY_WRITE: &str = "they take private messages only of accounts that they follow";
pub(super) const SCOPE: &str = "the app password may not use direct messages; make one that may";

/// Whether the app password lacks the right to direct messages. No new token mends that.
pub(super) fn is_about_scope(refusal: &Refusal) -> bool {
    let told = refusal.message.to_ascii_lowercase();
    told.contains("bad token method") || told.contains("bad token scope")
}

fn refusal_of(trouble: &Trouble) -> Option<Refusal> {
    match trouble {
        Trouble::Failed(Failed::Call(error @ CallError::Status { code: 400..=403, .. })) => {
            Some(Refusal::of(error))
        }
        _ => None,
    }
}

/// What a failed question before sending means: refusals that people set are told in words.
fn early(trouble: &Trouble, now: Timestamp) -> Outcome {
    match refusal_of(trouble).as_ref().and_then(refused) {
        Some(reach) => Outcome::Refused { reason: reach.why().to_owned() },
        None => before_sending(trouble, now),
    }
}

impl BlueskyAccount {
    /// The conversation with the author of a post: the one it stands in, or the only one of us two,
    /// which the service makes where there is none.
    async fn convo(&self, to: &PostRef) -> Result<String, Trouble> {
        if let Some((convo, _)) = split_id(&to.external_id) {
            return Ok(convo.to_owned());
        }
        let asked = [("members", to.author_id.clone())];
        let answer = self.line.query("chat.bsky.convo.getConvoForMembers", &asked, Purpose::Act).await?;
        let body = read(&answer)?;
        let id = body["convo"]["id"].as_str().filter(|id| !id.is_empty());
        id.map(ToOwned::to_owned).ok_or_else(super::line::unreadable)
    }

    async fn say(&self, outgoing: &Outgoing) -> Result<Outcome, Outcome> {
        let convo = self.convo(&outgoing.to).await.map_err(|t| early(&t, self.clock.now()))?;
        let body = json!({ "convoId": convo, "message": { "text": outgoing.text } });
        let answer = self.line.procedure("chat.bsky.convo.sendMessage", &body, Purpose::Write).await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(trouble) => {
                return Ok(match refusal_of(&trouble).as_ref().and_then(refused) {
                    Some(reach) => Outcome::Refused { reason: reach.why().to_owned() },
                    None => after_sending(&trouble, self.clock.now()),
                });
            }
        };
        let body = read(&answer).unwrap_or_default();
        let sent = sent_at(&body).map(|at| at.min(self.clock.now()));
        Ok(match body["id"].as_str() {
            Some(id) => Outcome::Done { remote_id: message_id(&convo, id), at: sent },
            None => Outcome::Unknown { evidence: "the service's answer names no message".to_owned() },
        })
    }

    /// A message of ours with these words that was not there before the first attempt.
    async fn find(&self, outgoing: &Outgoing) -> Result<Option<(String, Option<Timestamp>)>, Trouble> {
        let pass = self.line.pass().await?;
        let convo = self.convo(&outgoing.to).await?;
        let asked = [("convoId", convo.clone()), ("limit", READ_BACK.to_owned())];
        let answer = self.line.query("chat.bsky.convo.getMessages", &asked, Purpose::Act).await?;
        let body = read(&answer)?;
        let from = outgoing.first_sent_at.unwrap_or(outgoing.made_at).minus(CLOCK_SLACK);
        let is_it = |m: &&Value| {
            m["sender"]["did"].as_str() == Some(pass.did.as_str())
                && m["text"].as_str() == Some(outgoing.text.as_str())
                && sent_at(m).is_some_and(|at| at >= from)
        };
        let found = body["messages"].as_array().and_then(|list| list.iter().find(is_it));
        let id = found.and_then(|m| Some((m["id"].as_str()?, sent_at(m))));
        Ok(id.map(|(id, at)| (message_id(&convo, id), at)))
    }
}

/// When a message was sent, by the service's clock.
pub(super) fn sent_at(message: &Value) -> Option<Timestamp> {
    Timestamp::parse(message["sentAt"].as_str()?).ok()
}

#[async_trait]
impl Private for BlueskyAccount {
    fn limits(&self) -> Limits {
        LIMITS
    }

    fn way_in(&self) -> Option<String> {
        let who = self.line.session.who();
        let name = who.handle.or(who.did)?;
        Some(format!("https://bsky.app/profile/{name}"))
    }

    async fn reachable(&self, to: &PostRef) -> Reach {
        if split_id(&to.external_id).is_some() {
            return Reach::Open;
        }
        let asked = [("members", to.author_id.clone())];
        let answer = self.line.query("chat.bsky.convo.getConvoAvailability", &asked, Purpose::Act).await;
        match answer.and_then(|a| read(&a)) {
            Ok(body) => match body["canChat"].as_bool() {
                Some(true) => Reach::Open,
                Some(false) => Reach::TheyWrite { why: THEY_WRITE.to_owned() },
                None => Reach::Unasked { why: "the chat service does not answer as described".to_owned() },
            },
            Err(trouble) => refusal_of(&trouble)
                .as_ref()
                .and_then(refused)
                .unwrap_or_else(|| Reach::Unasked { why: of_looking(&trouble, self.clock.now()).why }),
        }
    }

    fn compose(&self, draft: &Draft) -> Composed {
        let text = signed(&draft.text, &draft.sign);
        let measure = LIMITS.measure(&text);
        let refused = if !draft.to.author_id.starts_with("did:") {
            Some("this is nobody of Bluesky".to_owned())
        } else if text.trim().is_empty() {
            Some("empty; write an answer".to_owned())
        } else {
            (!measure.fits)
                .then(|| format!("{} characters; a private message holds {}", measure.length, measure.max))
        };
        Composed { text, visibility: "direct".to_owned(), measure, refused }
    }

    async fn send(&self, outgoing: &Outgoing) -> Outcome {
        let outcome = self.say(outgoing).await.unwrap_or_else(|early| early);
        match &outcome {
            Outcome::Done { .. } => self.line.session.grants.given(Right::Private),
            Outcome::Refused { reason } if reason == SCOPE => {
                self.line.session.grants.lost(Right::Private, SCOPE);
            }
            _ => {}
        }
        outcome
    }

    async fn look(&self, outgoing: &Outgoing) -> Looked {
        let now = self.clock.now();
        match self.find(outgoing).await {
            Ok(Some((remote_id, at))) => Looked::Done { remote_id, at },
            Ok(None) => {
                let evidence = "it is not among the latest messages of the conversation".to_owned();
                let age = now.since(outgoing.first_sent_at.unwrap_or(outgoing.made_at));
                // No key: a request that is late may still write it, and nobody would know it again.
                if age < AT_WORK { Looked::Later { evidence } } else { Looked::Person { evidence } }
            }
            Err(trouble) => {
                let why = of_looking(&trouble, now).why;
                Looked::Later { evidence: format!("the conversation could not be read: {why}") }
            }
        }
    }

    fn conversation_of(&self, remote_id: &str) -> Option<String> {
        split_id(remote_id).map(|(convo, _)| convo_key(convo))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_hold_conversation_and_message() {
        let id = message_id("3kconvo", "3kmsg");
        assert_eq!(split_id(&id), Some(("3kconvo", "3kmsg")));
        assert!(id.starts_with(&convo_key("3kconvo")));
        for none in ["chat:", "chat:x", "chat:/y", "chat:x/", "at://did:plc:a/app.bsky.feed.post/3k"] {
            assert_eq!(split_id(none), None, "{none}");
        }
    }

    #[test]
    fn refusals_are_told_apart() {
        let of = |error: &str, message: &str| {
            refused(&Refusal { error: error.into(), message: message.into() }).map(|r| r.code())
        };
        assert_eq!(of("NotFollowedBySender", ""), Some("they_write"));
        for nobody in
            ["MessagesDisabled", "BlockedActor", "BlockedSubject", "RecipientNotFound", "AccountSuspended"]
        {
            assert_eq!(of(nobody, ""), Some("nobody"), "{nobody}");
        }
        assert_eq!(of("InvalidToken", "Bad token method"), Some("nobody"));
        assert_eq!(of("ExpiredToken", "Token has expired"), None);
        assert_eq!(of("InternalServerError", ""), None);
    }
}

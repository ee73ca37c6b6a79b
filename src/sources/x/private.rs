//! Talking in private: direct messages.
//!
//! Whether somebody takes messages of ours the platform tells with their profile (`receives_your_dm`); who does not
//! must write first, by the address that opens a message to us. Nothing has a key, so what is unknown is looked for
//! by reading the conversation back, and otherwise a person decides.

use super::X;
use super::client::{As, Failed, Family, Refused};
use super::config::Unit;
use super::messages::{conversation_key, conversation_of, message_id, split_id};
use super::poll::WITHIN;
use super::read::{field, id_in, list};
use super::reply::{before, is_ours, refused};
use crate::domain::delivery::{Looked, Outcome};
use crate::domain::reply::{Counting, Limits, signed};
use crate::domain::time::{Span, Timestamp};
use crate::sources::Right;
use crate::sources::private::{Private, Reach};
use crate::sources::reply::{Composed, Draft, Outgoing, PostRef};
use async_trait::async_trait;
use http::Method;
use serde_json::json;

/// What a message holds.
pub const MESSAGE_LIMITS: Limits = Limits { text_max: 10_000, counting: Counting::Scalars, bytes_max: None };
const SENDING: Span = Span::seconds(10);
/// How far the platform's clock may lie before ours.
const CLOCK_SLACK: Span = Span::minutes(1);
/// How long a request may still be at work after its answer was lost.
const AT_WORK: Span = Span::minutes(1);
const NO_PERMISSION: &str = "they take no private messages of this account; they must write first";

#[async_trait]
impl Private for X {
    fn limits(&self) -> Limits {
        MESSAGE_LIMITS
    }

    fn way_in(&self) -> Option<String> {
        let me = self.me.get()?;
        // Whoever comes by it need not type the code: it stands in the box already.
        Some(format!("https://x.com/messages/compose?recipient_id={}&text={{code}}", me.id))
    }

    async fn reachable(&self, to: &PostRef) -> Reach {
        if split_id(&to.external_id).is_some() {
            return Reach::Open;
        }
        // The way in names us; where that is not to be learned, there is none to offer.
        let _ = self.me().await;
        let path = ["users", to.author_id.as_str()];
        let query = [("user.fields", "receives_your_dm,protected")];
        match self.client.get((Family::Lookup, As::Account), &path, &query, WITHIN).await {
            Ok(value) => {
                self.spend_on(Unit::UserRead, std::slice::from_ref(&to.author_id));
                match value["data"]["receives_your_dm"].as_bool() {
                    Some(true) => Reach::Open,
                    Some(false) => Reach::TheyWrite { why: NO_PERMISSION.to_owned() },
                    None if value["data"].is_null() => {
                        Reach::Nobody { why: "the account is no longer there, or is suspended".to_owned() }
                    }
                    None => Reach::Unasked { why: "X does not tell whether they take messages".to_owned() },
                }
            }
            Err(failed) => Reach::Unasked { why: self.client.trouble(&failed).why },
        }
    }

    fn compose(&self, draft: &Draft) -> Composed {
        let text = signed(draft.text.trim(), &draft.sign);
        let measure = MESSAGE_LIMITS.measure(&text);
        let refused = if draft.text.trim().is_empty() {
            Some("empty; write an answer".to_owned())
        } else {
            (!measure.fits)
                .then(|| format!("{} characters; a private message holds {}", measure.length, measure.max))
        };
        Composed { text, visibility: "direct".to_owned(), measure, refused }
    }

    async fn send(&self, outgoing: &Outgoing) -> Outcome {
        let to = outgoing.to.author_id.as_str();
        if to.is_empty() || !to.bytes().all(|b| b.is_ascii_digit()) {
            return Outcome::Refused { reason: "this is nobody of X".to_owned() };
        }
        let me = match self.me().await {
            Ok(me) => me,
            Err(failed) => return before(&failed, self.client.now()),
        };
        let path = ["dm_conversations", "with", to, "messages"];
        let body = json!({ "text": outgoing.text });
        let sent = self
            .client
            .write((Family::Message, As::Account), (Method::POST, &path), Some(&body), SENDING)
            .await;
        match sent {
            Ok(value) => match id_in(&value["data"], "dm_event_id") {
                Some(event) => {
                    self.spend(Unit::Message);
                    self.client.tokens.grants.given(Right::Private);
                    Outcome::Done { remote_id: message_id(&conversation_of(&me.id, to), &event), at: None }
                }
                None => Outcome::Unknown { evidence: "X answers, but names no message".to_owned() },
            },
            Err(failed) if failed.status() == Some(403) && is_about_them(&failed) => {
                let said = failed.said().unwrap_or_default();
                Outcome::Refused { reason: format!("{NO_PERMISSION} ({said})") }
            }
            Err(failed) => {
                let outcome = refused(&failed, self.client.now());
                if is_about_scope(&failed) {
                    self.client.tokens.grants.lost(Right::Private, &failed.words());
                }
                outcome
            }
        }
    }

    async fn look(&self, outgoing: &Outgoing) -> Looked {
        match self.find_message(outgoing).await {
            Ok(Some((remote_id, at))) => {
                self.spend(Unit::Message);
                Looked::Done { remote_id, at }
            }
            Ok(None) => {
                let evidence = "it is not among the last messages of the conversation".to_owned();
                let age = self.client.now().since(outgoing.first_sent_at.unwrap_or(outgoing.made_at));
                if age < AT_WORK { Looked::Later { evidence } } else { Looked::Person { evidence } }
            }
            Err(failed) => Looked::Later { evidence: failed.words() },
        }
    }

    fn conversation_of(&self, remote_id: &str) -> Option<String> {
        split_id(remote_id).map(|(conversation, _)| conversation_key(conversation))
    }
}

fn is_about_scope(failed: &Failed) -> bool {
    failed.said().is_some_and(|s| s.to_ascii_lowercase().contains("scope"))
}

/// Whether a refusal is about who is written to, and not about our rights or about money.
fn is_about_them(failed: &Failed) -> bool {
    let is_money = matches!(failed, Failed::Call(error) if Refused::of(error).is_some());
    !is_money && !is_about_scope(failed)
}

impl X {
    /// A message of ours with these words that was not there before the first attempt.
    async fn find_message(&self, outgoing: &Outgoing) -> Result<Option<(String, Option<Timestamp>)>, Failed> {
        let (me, to) = (self.me().await?, outgoing.to.author_id.as_str());
        let path = ["dm_conversations", "with", to, "dm_events"];
        let query = [("dm_event.fields", "id,text,event_type,created_at,sender_id"), ("max_results", "50")];
        let page = self.client.get((Family::Messages, As::Account), &path, &query, WITHIN).await?;
        let ids: Vec<String> = list(&page["data"]).filter_map(|m| id_in(m, "id")).collect();
        self.spend_on(Unit::MessageRead, &ids);
        let from = outgoing.first_sent_at.unwrap_or(outgoing.made_at).minus(CLOCK_SLACK);
        let at = |m: &serde_json::Value| field(m, "created_at").and_then(|t| Timestamp::parse(t).ok());
        let found = list(&page["data"]).find(|m| {
            id_in(m, "sender_id").is_some_and(|s| s == me.id)
                && is_ours(field(m, "text").unwrap_or_default(), &outgoing.text)
                && at(m).is_some_and(|at| at >= from)
        });
        let conversation = conversation_of(&me.id, to);
        Ok(found.and_then(|m| Some((message_id(&conversation, &id_in(m, "id")?), at(m)))))
    }
}

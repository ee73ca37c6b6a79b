//! Answering a customer: free words within the window, an approved template after it.
//!
//! That the platform takes a message is no proof that it arrives, and it has no key for a second attempt. With each
//! goes a word of ours that the platform tells back with everything that becomes of it: by that an attempt of which
//! nobody heard is known to have been taken, or to have failed.

use super::message::{Address, callback};
use super::{Failed, KIND, SLOWER, Template, Whatsapp, micros};
use crate::domain::delivery::{Looked, Outcome};
use crate::domain::letter::refusal;
use crate::domain::post::RawAuthor;
use crate::domain::reply::{Counting, Limits, signed};
use crate::domain::time::{Span, Timestamp};
use crate::domain::window::WindowRule;
use crate::http_client::CallError;
use crate::sources::meta::GraphMeaning;
use crate::sources::private::{Approved, Private, Reach};
use crate::sources::reply::{Composed, Draft, Outgoing, PostRef, Reply};
use async_trait::async_trait;
use http::Method;
use serde_json::{Value, json};

/// What the platform documents.
pub const LIMITS: Limits = Limits { text_max: 4_096, counting: Counting::Scalars, bytes_max: None };
/// How long the customer's last message lets us write freely; nothing is longer for what a person writes by hand.
const FREE: Span = Span::hours(24);
const SENDING: Span = Span::seconds(10);
/// How long we wait to be told what became of an attempt.
const TOLD_WITHIN: Span = Span::minutes(5);

impl Whatsapp {
    /// The template that a text is, with what stands in it.
    fn template_of(&self, text: &str) -> Option<(&Template, Vec<(String, String)>)> {
        self.templates.iter().find_map(|t| Some((t, t.filled(text)?)))
    }

    /// The message as the platform wants it.
    fn body(&self, outgoing: &Outgoing, address: &Address) -> (Value, Option<&Template>) {
        let mut body = json!({
            "messaging_product": KIND,
            "recipient_type": "individual",
            "context": { "message_id": outgoing.to.external_id },
            "biz_opaque_callback_data": callback(&outgoing.action_id, &outgoing.key),
        });
        match address {
            Address::User(id) => body["recipient"] = json!(id),
            Address::Phone(number) => body["to"] = json!(number),
        }
        if let Some((template, values)) = self.template_of(&outgoing.text) {
            body["type"] = json!("template");
            body["template"] = template.body(&values);
            return (body, Some(template));
        }
        body["type"] = json!("text");
        body["text"] = json!({ "body": outgoing.text, "preview_url": false });
        (body, None)
    }

    async fn post(&self, outgoing: &Outgoing) -> Outcome {
        let to = &outgoing.to;
        let Some(number) = self.numbers.iter().find(|n| n.id == to.authority) else {
            return Outcome::Refused {
                reason: "what is answered came to no number of these settings".to_owned(),
            };
        };
        let Some(address) = Address::of(to.local_id.as_deref(), &to.author_id) else {
            return Outcome::Refused { reason: "this is nobody of WhatsApp".to_owned() };
        };
        let (body, template) = self.body(outgoing, &address);
        let path: [&str; 2] = [&number.id, "messages"];
        let outcome = match self.call((Method::POST, &path), &[], Some(&body), SENDING).await {
            Ok(told) => match told["messages"][0]["id"].as_str().filter(|id| !id.is_empty()) {
                Some(id) => {
                    self.note_right(None);
                    Outcome::Done { remote_id: id.to_owned(), at: None }
                }
                None => Outcome::Unknown { evidence: "WhatsApp answers, but names no message".to_owned() },
            },
            Err(failed) => {
                self.note_right(Some(&failed));
                self.not_sent(&failed)
            }
        };
        // What may have been taken is counted too: what is counted is never less than what is billed.
        if let Some(t) =
            template.filter(|_| matches!(outcome, Outcome::Done { .. } | Outcome::Unknown { .. }))
        {
            let name = format!("template_{}", t.category.code());
            self.purse.spend(&name, 1, micros(self.prices.of(t.category)));
        }
        outcome
    }

    fn not_sent(&self, failed: &Failed) -> Outcome {
        let why = failed.words();
        let now = self.clock.now();
        match failed {
            Failed::Spent(until) => Outcome::Retry { after: Some(until.since(now).max(Span(1))), why },
            Failed::Call(CallError::NotSent { detail, .. }) => {
                Outcome::Retry { after: None, why: detail.clone() }
            }
            Failed::Refused(error, status, wait) => match (error.meaning(), *status) {
                (GraphMeaning::TooMany, _) | (_, 429) => {
                    Outcome::Retry { after: Some(wait.unwrap_or(SLOWER)), why }
                }
                // The token can be put right; nothing was sent with it.
                (GraphMeaning::TokenInvalid, _) | (_, 401) => {
                    Outcome::Retry { after: Some(Span::minutes(1)), why: refusal(190).1.to_owned() }
                }
                // It is also said where a customer has blocked us, and proves nothing.
                (GraphMeaning::Transient, _) => Outcome::Unknown { evidence: why },
                _ => Outcome::Refused { reason: why },
            },
            Failed::Call(_) | Failed::Unreadable => Outcome::Unknown { evidence: why },
        }
    }

    fn composed(&self, draft: &Draft) -> Composed {
        let words = draft.text.trim();
        // The words of a template are fixed: no signature goes below them.
        let text = match self.template_of(words) {
            Some(_) => words.to_owned(),
            None => signed(words, &draft.sign),
        };
        let measure = LIMITS.measure(&text);
        let refused = if words.is_empty() {
            Some("empty; write an answer".to_owned())
        } else if words.contains("{{") && words.contains("}}") {
            Some("something is not filled in: put words in the place of {{…}}".to_owned())
        } else {
            (!measure.fits).then(|| format!("{} characters; WhatsApp takes {}", measure.length, measure.max))
        };
        Composed { text, visibility: "direct".to_owned(), measure, refused }
    }

    fn found(&self, outgoing: &Outgoing) -> Looked {
        let evidence =
            "WhatsApp shows nothing of what was sent, and has not told what became of it".to_owned();
        let age = self.clock.now().since(outgoing.first_sent_at.unwrap_or(outgoing.made_at));
        if age < TOLD_WITHIN { Looked::Later { evidence } } else { Looked::Person { evidence } }
    }
}

#[async_trait]
impl Reply for Whatsapp {
    fn credential(&self) -> &str {
        &self.credential
    }

    fn account(&self) -> RawAuthor {
        self.me()
    }

    fn platform(&self) -> &'static str {
        KIND
    }

    fn limits(&self) -> Limits {
        LIMITS
    }

    fn new_key(&self, made_at: Timestamp, chance: u64) -> String {
        format!("{:x}-{chance:016x}", made_at.millis())
    }

    fn expected_id(&self, _key: &str) -> Option<String> {
        None
    }

    fn compose(&self, draft: &Draft) -> Composed {
        self.composed(draft)
    }

    async fn send(&self, outgoing: &Outgoing) -> Outcome {
        self.post(outgoing).await
    }

    async fn look(&self, outgoing: &Outgoing) -> Looked {
        self.found(outgoing)
    }
}

#[async_trait]
impl Private for Whatsapp {
    fn limits(&self) -> Limits {
        LIMITS
    }

    fn window(&self) -> Option<WindowRule> {
        Some(WindowRule { free: FREE, by_hand: None, approved: !self.templates.is_empty() })
    }

    fn approved(&self) -> Vec<Approved> {
        let one = |t: &Template| Approved {
            name: t.name.clone(),
            language: t.language.clone(),
            text: t.text.clone(),
            micros: micros(self.prices.of(t.category)),
            currency: self.purse.currency(),
        };
        self.templates.iter().map(one).collect()
    }

    fn is_approved(&self, text: &str) -> bool {
        self.template_of(text).is_some()
    }

    fn way_in(&self) -> Option<String> {
        let number = self.numbers.first()?;
        Some(format!("https://wa.me/{}?text={{code}}", number.digits()))
    }

    fn takes_everybody(&self) -> bool {
        true
    }

    async fn reachable(&self, to: &PostRef) -> Reach {
        if self.numbers.iter().any(|n| n.id == to.authority) {
            return Reach::Open;
        }
        Reach::TheyWrite {
            why: "a business may answer on WhatsApp, but not begin without being asked".to_owned(),
        }
    }

    fn compose(&self, draft: &Draft) -> Composed {
        self.composed(draft)
    }

    async fn send(&self, outgoing: &Outgoing) -> Outcome {
        self.post(outgoing).await
    }

    async fn look(&self, outgoing: &Outgoing) -> Looked {
        self.found(outgoing)
    }
}

//! Answering a customer in the bot's name.
//!
//! The platform has no key by which it knows a second attempt, and shows nobody what was sent: what is unknown goes
//! to a person. Only its own refusal, and a call that never left, prove that nothing was sent.

use super::update::id_of;
use super::{CALLING, FILES, KIND, Said, TelegramSource, Told, enclosed};
use crate::domain::delivery::{Looked, Outcome};
use crate::domain::enclosed::FileLimits;
use crate::domain::post::RawAuthor;
use crate::domain::reply::{Counting, Limits, signed};
use crate::domain::time::{Span, Timestamp};
use crate::http_client::{Answer, Call, CallError};
use crate::sources::reply::{Composed, Draft, Outgoing, Reply};
use async_trait::async_trait;
use http::Method;
use serde::Deserialize;
use serde_json::json;

/// What the platform documents.
pub const LIMITS: Limits = Limits { text_max: 4_096, counting: Counting::Utf16, bytes_max: None };

/// How long a call that carries files may take; it stays below what the outbox waits for.
const UPLOADING: Span = Span::seconds(20);

/// A message of ours as the platform confirms it.
#[derive(Deserialize)]
struct Sent {
    message_id: i64,
    date: i64,
    chat: Chat,
}

#[derive(Deserialize)]
struct Chat {
    id: i64,
}

#[async_trait]
impl Reply for TelegramSource {
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

    fn files(&self) -> FileLimits {
        FILES
    }

    fn new_key(&self, made_at: Timestamp, chance: u64) -> String {
        format!("{:x}-{chance:016x}", made_at.millis())
    }

    fn expected_id(&self, _key: &str) -> Option<String> {
        None
    }

    fn compose(&self, draft: &Draft) -> Composed {
        let text = signed(draft.text.trim(), &draft.sign);
        let measure = LIMITS.measure(&text);
        let refused = if draft.text.trim().is_empty() {
            Some("empty; write an answer".to_owned())
        } else if !measure.fits {
            Some(format!("{} characters; Telegram takes {}", measure.length, measure.max))
        } else {
            None
        };
        Composed { text, visibility: "direct".to_owned(), measure, refused }
    }

    async fn send(&self, outgoing: &Outgoing) -> Outcome {
        let Some((chat, message)) = place(&outgoing.to.external_id) else {
            return Outcome::Refused { reason: "what is answered is no message of this bot".to_owned() };
        };
        if let Err(until) = self.budget.take(&self.credential) {
            let after = Some(until.since(self.clock.now()).max(Span(1)));
            return Outcome::Retry { after, why: "our own limit of messages a second is reached".to_owned() };
        }
        self.tally.add(&self.credential);
        let answers = json!({ "message_id": message, "allow_sending_without_reply": true });
        if !outgoing.files.is_empty() {
            let (method, form) = enclosed::form(&outgoing.files, &outgoing.text, chat, &answers);
            let call = Call::new(Method::POST, self.address(method)).form(form).within(UPLOADING);
            return outcome(self.http.send(call).await);
        }
        let body = json!({ "chat_id": chat, "text": outgoing.text, "reply_parameters": answers,
            "link_preview_options": { "is_disabled": true } });
        outcome(self.http.send(self.call("sendMessage", &body).within(CALLING)).await)
    }

    async fn look(&self, _outgoing: &Outgoing) -> Looked {
        Looked::Person {
            evidence: "Telegram shows a bot nothing of what it sent; look into the chat".to_owned(),
        }
    }
}

/// Chat and message of an id of ours.
pub(super) fn place(id: &str) -> Option<(i64, i64)> {
    let (chat, message) = id.split_once('/')?;
    Some((chat.parse().ok()?, message.parse().ok()?))
}

/// How the call that sends ended.
fn outcome(answer: Result<Answer, CallError>) -> Outcome {
    match answer {
        Ok(answer) => match sent(&answer.body) {
            Some(sent) => Outcome::Done {
                remote_id: id_of(sent.chat.id, sent.message_id),
                at: Some(Timestamp(0).plus(Span::seconds(sent.date))),
            },
            None => Outcome::Unknown { evidence: "it was answered, but with no message".to_owned() },
        },
        Err(CallError::NotSent { detail, .. }) => Outcome::Retry { after: None, why: detail },
        Err(CallError::Status { code, start, hint }) => refused(code, &Said::of(&start), hint.wait),
        Err(error) => Outcome::Unknown { evidence: super::super::shortened(&error.to_string()) },
    }
}

fn sent(body: &[u8]) -> Option<Sent> {
    let told: Told<'_> = serde_json::from_slice(body).ok()?;
    let result = told.result.filter(|_| told.ok)?.get();
    // An album is answered with all its messages; the words stand with the first.
    let album = || serde_json::from_str::<Vec<Sent>>(result).ok()?.into_iter().next();
    serde_json::from_str(result).ok().or_else(album)
}

fn refused(code: u16, said: &Said, hint: Option<Span>) -> Outcome {
    match code {
        429 => {
            let asked = said.parameters.retry_after.map(|s| Span::seconds(s.clamp(1, 3_600)));
            Outcome::Retry { after: asked.or(hint), why: "the Bot API asks for fewer messages".to_owned() }
        }
        // The token can be put right; nothing was sent with it.
        401 | 404 => Outcome::Retry {
            after: Some(Span::minutes(1)),
            why: "the Bot API does not know the token".to_owned(),
        },
        403 => {
            Outcome::Refused { reason: format!("the customer cannot be written to: {}", said.words(code)) }
        }
        400 | 413 => Outcome::Refused { reason: said.words(code) },
        _ => Outcome::Unknown { evidence: said.words(code) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http_client::RateHint;

    fn of(code: u16, start: &str) -> Outcome {
        outcome(Err(CallError::Status { code, hint: RateHint::default(), start: start.to_owned() }))
    }

    #[test]
    fn only_a_refusal_is_one_and_only_what_never_left_goes_again() {
        let blocked = of(
            403,
            r#"{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}"#,
        );
        assert!(matches!(blocked, Outcome::Refused { reason } if reason.contains("blocked by the user")));
        assert!(matches!(of(400, "{}"), Outcome::Refused { .. }));
        let later = of(429, r#"{"ok":false,"parameters":{"retry_after":14}}"#);
        assert!(matches!(later, Outcome::Retry { after: Some(wait), .. } if wait == Span::seconds(14)));
        for code in [500, 502, 504, 302] {
            assert!(matches!(of(code, "<html>"), Outcome::Unknown { .. }), "{code}");
        }
        let cut = outcome(Err(CallError::Unknown { detail: "cut".into() }));
        assert!(matches!(cut, Outcome::Unknown { .. }));
    }

    #[test]
    fn ids_are_chat_and_message() {
        assert_eq!(place("77/5"), Some((77, 5)));
        assert_eq!(place("77"), None);
        assert_eq!(place("a/b"), None);
    }
}

//! Talking in private: one private reply to a comment, and direct messages.
//!
//! A private reply is given once to each comment, within seven days; the platform tells for which person of this account it
//! was, and nothing more may be written until they answer. Messages go for 24 hours after the customer's last one; after
//! that for seven days with the mark that a person wrote them by hand, where the platform has approved it. That mark never
//! stands on what no person wrote: it is the classic reason for which accounts are banned. An echo carries no word of ours,
//! so a message of unknown outcome is looked for in the conversation.

use super::Instagram;
use super::comment::{is_elsewhere, is_id};
use super::reply::{AT_WORK, CLOCK_SLACK, POSTING};
use crate::domain::delivery::{Looked, Outcome};
use crate::domain::reply::{Counting, Limits, signed};
use crate::domain::time::{Span, Timestamp};
use crate::domain::window::{Standing, WindowRule};
use crate::sources::Right;
use crate::sources::meta::GraphMeaning;
use crate::sources::meta::graph::{Failed, Share};
use crate::sources::meta::letters::{self, LOOK_PAGES_MAX, REPLIED, Sought};
use crate::sources::meta::looking::{Lists, MESSAGES, is_page};
use crate::sources::meta::read::{field, id_in, list, time_in};
use crate::sources::meta::talks::{conversation_key, split_id};
use crate::sources::private::{Private, Reach};
use crate::sources::reply::{Composed, Draft, Outgoing, PostRef};
use async_trait::async_trait;
use http::Method;
use serde_json::{Value, json};

/// What a message holds; the platform counts bytes.
pub const MESSAGE_LIMITS: Limits =
    Limits { text_max: 1_000, counting: Counting::Scalars, bytes_max: Some(1_000) };
/// How long after a comment its private reply may be given.
const REPLY_WITHIN: Span = Span::days(7);

fn they_write(why: &str) -> Reach {
    Reach::TheyWrite { why: why.to_owned() }
}

/// Whether a message may have gone to who is answered: the same words may go to several people in one minute, and where
/// the platform names another one it was not this one.
fn may_be_to(message: &Value, to: &PostRef) -> bool {
    let name = list(&message["to"]["data"]).find_map(|t| field(t, "username"));
    to.author_handle.is_empty() || name.is_none_or(|name| name.eq_ignore_ascii_case(&to.author_handle))
}

#[async_trait]
impl Private for Instagram {
    fn limits(&self) -> Limits {
        MESSAGE_LIMITS
    }

    fn window(&self) -> Option<WindowRule> {
        Some(letters::rule(self.human_agent))
    }

    fn way_in(&self) -> Option<String> {
        // Whoever comes by it need not type the code: the platform tells it with their first words.
        Some(format!("https://ig.me/m/{}?ref={{code}}", self.us.username))
    }

    async fn reachable(&self, to: &PostRef) -> Reach {
        if split_id(&to.external_id).is_some() {
            return match self.standing(to) {
                Some(Standing::Closed) => {
                    they_write("the window for messages is closed; they must write first")
                }
                _ => Reach::Open,
            };
        }
        if !is_id(&to.external_id) || is_elsewhere(to.local_id.as_deref()) {
            return they_write("a private reply goes to comments below the account's own posts only");
        }
        if self.memory.has_reply(&to.external_id) {
            return they_write(REPLIED);
        }
        match self.posted_at(&to.external_id).await {
            Ok(Some(at)) if self.graph.now().since(at) >= REPLY_WITHIN => they_write(
                "the seven days for a private reply to this comment are over; they can write to the account",
            ),
            Ok(_) => Reach::Open,
            Err(failed) if failed.is_gone() => {
                they_write("the comment is gone; they can write to the account")
            }
            Err(failed) => Reach::Unasked { why: self.graph.trouble(&failed).why },
        }
    }

    fn compose(&self, draft: &Draft) -> Composed {
        let text = signed(draft.text.trim(), &draft.sign);
        let measure = MESSAGE_LIMITS.measure(&text);
        let refused = if draft.text.trim().is_empty() {
            Some("empty; write an answer".to_owned())
        } else {
            (!measure.fits).then(|| format!("{} bytes; a private message holds {}", text.len(), measure.max))
        };
        Composed { text, visibility: "direct".to_owned(), measure, refused }
    }

    async fn send(&self, outgoing: &Outgoing) -> Outcome {
        let body = match self.letter(outgoing) {
            Ok(body) => body,
            Err(refused) => return refused,
        };
        // Where a page stands behind the account, the page sends, as it lists the conversations.
        let path = [self.talks_at.as_str(), "messages"];
        match self.graph.write((Method::POST, &path), Some(&body), POSTING).await {
            Ok(value) => {
                let outcome = letters::taken(&value, &outgoing.to, "Instagram");
                if split_id(&outgoing.to.external_id).is_none() && value["message_id"].is_string() {
                    self.memory.replied(&outgoing.to.external_id);
                }
                if matches!(outcome, Outcome::Done { .. }) {
                    self.grants.given(Right::Private);
                    self.sent.note(&outgoing.action_id, &outcome);
                }
                outcome
            }
            Err(failed) => self.not_sent(&failed, outgoing).await,
        }
    }

    async fn look(&self, outgoing: &Outgoing) -> Looked {
        match self.find_message(outgoing).await {
            Ok(Some((remote_id, at))) => return Looked::Done { remote_id, at },
            Ok(None) => {}
            Err(failed) => return Looked::Later { evidence: failed.words() },
        }
        let evidence = "not among the last messages".to_owned();
        let age = self.graph.now().since(outgoing.first_sent_at.unwrap_or(outgoing.made_at));
        if age < AT_WORK { Looked::Later { evidence } } else { Looked::Person { evidence } }
    }

    fn conversation_of(&self, remote_id: &str) -> Option<String> {
        split_id(remote_id).map(|(person, _)| conversation_key(person))
    }
}

impl Instagram {
    /// Where the window stands for who is answered; nothing where it is not known when they last wrote.
    fn standing(&self, to: &PostRef) -> Option<Standing> {
        letters::standing(letters::rule(self.human_agent), to, self.graph.now())
    }

    /// What is sent; `Err` says why nothing is.
    fn letter(&self, outgoing: &Outgoing) -> Result<Value, Outcome> {
        let refused = |reason: &str| Err(Outcome::Refused { reason: reason.to_owned() });
        let to = &outgoing.to;
        let message = json!({ "text": outgoing.text });
        let Some((person, _)) = split_id(&to.external_id) else {
            if !is_id(&to.external_id) || is_elsewhere(to.local_id.as_deref()) {
                return refused("a private reply goes to comments below the account's own posts only");
            }
            return Ok(json!({ "recipient": { "comment_id": to.external_id }, "message": message }));
        };
        letters::body(letters::rule(self.human_agent), to, person, &message, self.graph.now())
    }

    async fn not_sent(&self, failed: &Failed, outgoing: &Outgoing) -> Outcome {
        match failed.meaning() {
            Some(GraphMeaning::AlreadyReplied) => {
                self.memory.replied(&outgoing.to.external_id);
                letters::replied(self.find_message(outgoing).await)
            }
            Some(GraphMeaning::Unreachable) => letters::unreachable(failed),
            Some(GraphMeaning::TokenInvalid | GraphMeaning::NoRight | GraphMeaning::Restricted) => {
                self.grants.lost(Right::Private, &failed.words());
                Outcome::Refused { reason: failed.words() }
            }
            _ => failed.outcome(self.graph.now()),
        }
    }

    /// When a comment was written; nothing where the platform does not tell.
    async fn posted_at(&self, id: &str) -> Result<Option<Timestamp>, Failed> {
        let told = self.graph.get(Share::Answering, &[id], &[("fields", "id,timestamp")], POSTING).await?;
        Ok(time_in(&told, "timestamp"))
    }

    /// A message of ours with these words that was not there before the first attempt: in the conversation, or, for a
    /// private reply, in any of the newest.
    async fn find_message(&self, outgoing: &Outgoing) -> Result<Option<(String, Option<Timestamp>)>, Failed> {
        let mut sought = Sought::of(outgoing, CLOCK_SLACK);
        let (person, mut after) = (sought.person, None::<String>);
        for _ in 0..LOOK_PAGES_MAX {
            let page = match person {
                Some(person) => self.conversation_with(person).await?,
                None => self.page_of(MESSAGES, after.as_deref()).await?,
            };
            let is_ours = |m: &Value| {
                let of = id_in(&m["from"], "id").unwrap_or_default();
                let name = field(&m["from"], "username").unwrap_or_default();
                let may_be = person.is_some() || may_be_to(m, &outgoing.to);
                may_be && (self.us.is(&of, name) || of == self.talks_at)
            };
            after = sought.look_through(&page, &self.sent, is_ours);
            if after.is_none() {
                break;
            }
        }
        Ok(sought.found())
    }

    async fn conversation_with(&self, person: &str) -> Result<Value, Failed> {
        let fields = format!("id,updated_time,messages.limit(50){{{}}}", super::poll::OF_MESSAGE);
        let query = [("platform", "instagram"), ("user_id", person), ("fields", fields.as_str())];
        let page =
            self.graph.get(Share::Answering, &[&self.talks_at, "conversations"], &query, POSTING).await?;
        is_page(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_to_somebody_else_are_not_taken_for_a_lost_reply() {
        let to = |handle: &str| PostRef { author_handle: handle.to_owned(), ..PostRef::default() };
        let message = json!({ "to": { "data": [{ "id": "5", "username": "mia.b" }] } });
        assert!(may_be_to(&message, &to("Mia.B")) && !may_be_to(&message, &to("lou")));
        let unnamed = json!({ "to": { "data": [{ "id": "5" }] } });
        assert!(may_be_to(&unnamed, &to("lou")) && may_be_to(&message, &to("")));
    }
}

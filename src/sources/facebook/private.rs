//! Talking in private: one private reply to a comment, and Messenger.
//!
//! A private reply is given once to each comment, within seven days; the platform tells for which person of this page it
//! was, and what they answer comes from that person. Messages go for 24 hours after the customer's last one; after that
//! for seven days with the mark that a person wrote them by hand, where the platform has approved it. That mark never
//! stands on what no person wrote: it is the classic reason for which pages are banned.

use super::Facebook;
use super::comment::is_id;
use super::message::metadata;
use super::reply::{AT_WORK, CLOCK_SLACK, POSTING};
use crate::domain::delivery::{Looked, Outcome};
use crate::domain::reply::{Counting, Limits, signed};
use crate::domain::time::Timestamp;
use crate::domain::window::{Standing, WindowRule};
use crate::sources::Right;
use crate::sources::meta::GraphMeaning;
use crate::sources::meta::graph::{Failed, Share};
use crate::sources::meta::letters::{self, LOOK_PAGES_MAX, Sought};
use crate::sources::meta::looking::{Lists, MESSAGES, is_page};
use crate::sources::meta::read::id_in;
use crate::sources::meta::talks::{conversation_key, split_id};
use crate::sources::private::{Private, Reach};
use crate::sources::reply::{Composed, Draft, Outgoing, PostRef};
use async_trait::async_trait;
use http::Method;
use serde_json::{Value, json};

/// What a message holds.
pub const MESSAGE_LIMITS: Limits = Limits { text_max: 2_000, counting: Counting::Scalars, bytes_max: None };

#[async_trait]
impl Private for Facebook {
    fn limits(&self) -> Limits {
        MESSAGE_LIMITS
    }

    fn window(&self) -> Option<WindowRule> {
        Some(letters::rule(self.human_agent))
    }

    fn way_in(&self) -> Option<String> {
        // Whoever comes by it need not type the code: the platform tells it with their first words.
        Some(format!("https://m.me/{}?ref={{code}}", self.username))
    }

    async fn reachable(&self, to: &PostRef) -> Reach {
        if split_id(&to.external_id).is_some() {
            return match self.standing(to) {
                Some(Standing::Closed) => Reach::TheyWrite {
                    why: "the window for messages is closed; they must write first".to_owned(),
                },
                _ => Reach::Open,
            };
        }
        if !is_id(&to.external_id) {
            return Reach::Nobody { why: "this is nothing of Facebook".to_owned() };
        }
        match self.may_reply_privately(&to.external_id).await {
            Ok(Some(true)) => Reach::Open,
            Ok(Some(false)) => Reach::TheyWrite {
                why: "no private reply to this comment is possible any more; they can write to the page"
                    .to_owned(),
            },
            Ok(None) => Reach::TheyWrite { why: "they can write to the page".to_owned() },
            Err(failed) => Reach::Unasked { why: self.graph.trouble(&failed).why },
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
        let body = match self.letter(outgoing) {
            Ok(body) => body,
            Err(refused) => return refused,
        };
        let path = [self.page.as_str(), "messages"];
        match self.graph.write((Method::POST, &path), Some(&body), POSTING).await {
            Ok(value) => {
                let outcome = letters::taken(&value, &outgoing.to, "Facebook");
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
        if age < AT_WORK {
            return Looked::Later { evidence };
        }
        // The platform gives one private reply to a comment: where one is still possible, none was given.
        if split_id(&outgoing.to.external_id).is_none()
            && let Ok(Some(true)) = self.may_reply_privately(&outgoing.to.external_id).await
        {
            return Looked::Again { why: "the comment still takes its one private reply".to_owned() };
        }
        Looked::Person { evidence }
    }

    fn conversation_of(&self, remote_id: &str) -> Option<String> {
        split_id(remote_id).map(|(person, _)| conversation_key(person))
    }
}

impl Facebook {
    /// Where the window stands for who is answered; nothing where it is not known when they last wrote.
    fn standing(&self, to: &PostRef) -> Option<Standing> {
        letters::standing(letters::rule(self.human_agent), to, self.graph.now())
    }

    /// What is sent; `Err` says why nothing is.
    fn letter(&self, outgoing: &Outgoing) -> Result<Value, Outcome> {
        let refused = |reason: &str| Err(Outcome::Refused { reason: reason.to_owned() });
        let message = json!({ "text": outgoing.text, "metadata": metadata(&outgoing.to.external_id) });
        let Some((person, _)) = split_id(&outgoing.to.external_id) else {
            if !is_id(&outgoing.to.external_id) {
                return refused("this is nothing of Facebook");
            }
            let is_comment = outgoing.to.external_id.split_once('_').is_some_and(|(of, _)| of != self.page);
            let key = if is_comment { "comment_id" } else { "post_id" };
            return Ok(json!({ "recipient": { key: outgoing.to.external_id }, "message": message }));
        };
        letters::body(letters::rule(self.human_agent), &outgoing.to, person, &message, self.graph.now())
    }

    async fn not_sent(&self, failed: &Failed, outgoing: &Outgoing) -> Outcome {
        match failed.meaning() {
            Some(GraphMeaning::AlreadyReplied) => letters::replied(self.find_message(outgoing).await),
            Some(GraphMeaning::Unreachable) => letters::unreachable(failed),
            Some(GraphMeaning::TokenInvalid | GraphMeaning::NoRight | GraphMeaning::Restricted) => {
                self.grants.lost(Right::Private, &failed.words());
                Outcome::Refused { reason: failed.words() }
            }
            _ => failed.outcome(self.graph.now()),
        }
    }

    /// Whether a comment still takes its one private reply; nothing where the platform does not tell.
    async fn may_reply_privately(&self, id: &str) -> Result<Option<bool>, Failed> {
        let query = [("fields", "can_reply_privately")];
        let told = self.graph.get(Share::Answering, &[id], &query, POSTING).await?;
        Ok(told["can_reply_privately"].as_bool())
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
            let is_ours = |m: &Value| id_in(&m["from"], "id").is_some_and(|f| f == self.page);
            after = sought.look_through(&page, &self.sent, is_ours);
            if after.is_none() {
                break;
            }
        }
        Ok(sought.found())
    }

    async fn conversation_with(&self, person: &str) -> Result<Value, Failed> {
        let fields = format!("id,updated_time,messages.limit(50){{{}}}", super::poll::OF_MESSAGE);
        let query = [("platform", "messenger"), ("user_id", person), ("fields", fields.as_str())];
        let page = self.graph.get(Share::Answering, &[&self.page, "conversations"], &query, POSTING).await?;
        is_page(page)
    }
}

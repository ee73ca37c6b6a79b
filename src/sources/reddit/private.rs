//! Talking in private: messages between two accounts.
//!
//! What answers a message goes as an answer to it and is told back; what begins a conversation is not, so it is looked
//! for among what was sent. Reddit moves messages into its chat, which has no interface: whoever is not reached here
//! gets the link by which they write to us.

use super::Reddit;
use super::client::{Failed, Share};
use super::poll::WITHIN;
use super::reply::{LAG, LIMITS, POSTING, composed, outcome};
use super::thing::{Thing, conversation_key, split_id, thing};
use crate::domain::delivery::{Looked, Outcome};
use crate::domain::reply::{Limits, same_words};
use crate::domain::time::Span;
use crate::sources::Right;
use crate::sources::private::{Private, Reach};
use crate::sources::reply::{Composed, Draft, Outgoing, PostRef};
use async_trait::async_trait;

/// How far the platform's clock may lie before ours.
const CLOCK_SLACK: Span = Span::minutes(1);
const NOT_THERE: &str = "not among the messages that were sent";
const NO_PERMISSION: &str = "they take no private messages of this account; they must write first";
const NO_RIGHT: &str = "Reddit does not let the log-in write messages: it was withdrawn, has ended, or lacks the scope privatemessages";
const NOBODY: &str = "the account is no longer there, or is suspended";

#[async_trait]
impl Private for Reddit {
    fn limits(&self) -> Limits {
        LIMITS
    }

    fn way_in(&self) -> Option<String> {
        Some(format!("https://www.reddit.com/message/compose?to={}&subject={{code}}", self.account))
    }

    async fn reachable(&self, to: &PostRef) -> Reach {
        if split_id(&to.external_id).is_some() {
            return Reach::Open;
        }
        let name = to.author_id.as_str();
        if !super::RedditConfig::is_name(name) {
            return Reach::Nobody { why: NOBODY.to_owned() };
        }
        match self.client.get(Share::Answering, &format!("user/{name}/about"), &[], WITHIN).await {
            Ok(value) if value["data"]["is_suspended"] == true => Reach::Nobody { why: NOBODY.to_owned() },
            Ok(value) if value["data"]["accept_pms"] == false => {
                Reach::TheyWrite { why: NO_PERMISSION.to_owned() }
            }
            Ok(value) if value["data"]["name"].is_string() => Reach::Open,
            Ok(_) => Reach::Unasked { why: "Reddit does not tell whether they take messages".to_owned() },
            Err(failed) if failed.status() == Some(404) => Reach::Nobody { why: NOBODY.to_owned() },
            Err(failed) => Reach::Unasked { why: self.client.trouble(&failed).why },
        }
    }

    fn compose(&self, draft: &Draft) -> Composed {
        composed(draft, "direct")
    }

    async fn send(&self, outgoing: &Outgoing) -> Outcome {
        let to = outgoing.to.author_id.as_str();
        let answered = split_id(&outgoing.to.external_id);
        if answered.is_none() && !super::RedditConfig::is_name(to) {
            return Outcome::Refused { reason: "this is nobody of Reddit".to_owned() };
        }
        if outgoing.first_sent_at.is_some() {
            match self.find_message(outgoing).await {
                Ok(Some(found)) => return done(&found),
                Ok(None) => {}
                Err(failed) => {
                    let why = format!("looking for an earlier attempt: {}", failed.words());
                    return Outcome::Retry { after: failed.wait(self.client.now()), why };
                }
            }
        }
        let subject = outgoing
            .case_number
            .map_or_else(|| format!("u/{}", self.account), |n| format!("u/{} #{n}", self.account));
        let text = outgoing.text.as_str();
        let sent = if let Some((_, name)) = answered {
            self.client.post("api/comment", &[("thing_id", name), ("text", text)], POSTING).await
        } else {
            let form = [("to", to), ("subject", subject.as_str()), ("text", text)];
            self.client.post("api/compose", &form, POSTING).await
        };
        let failed = match sent {
            Ok(value) => {
                self.grants.given(Right::Private);
                if let Some(found) = self.made(&value).filter(|found| found.raw.private) {
                    return done(&found);
                }
                return match self.find_message(outgoing).await {
                    Ok(Some(found)) => done(&found),
                    _ => Outcome::Unknown { evidence: "Reddit took it, but does not show it yet".to_owned() },
                };
            }
            Err(failed) => failed,
        };
        if failed.is_about_login() {
            self.grants.lost(Right::Private, NO_RIGHT);
            return Outcome::Refused { reason: NO_RIGHT.to_owned() };
        }
        match failed.code() {
            "NOT_WHITELISTED_BY_USER_MESSAGE" | "USER_BLOCKED_MESSAGE" | "USER_BLOCKED" => {
                Outcome::Refused { reason: format!("{NO_PERMISSION} ({})", failed.words()) }
            }
            "USER_DOESNT_EXIST" | "INVALID_USER" | "NO_USER" => {
                Outcome::Refused { reason: format!("{NOBODY} ({})", failed.words()) }
            }
            _ => outcome(&failed, self.client.now()),
        }
    }

    async fn look(&self, outgoing: &Outgoing) -> Looked {
        match self.find_message(outgoing).await {
            Ok(Some(found)) => Looked::Done { remote_id: found.raw.external_id, at: Some(found.at) },
            Ok(None) => {
                let evidence = NOT_THERE.to_owned();
                let age = self.client.now().since(outgoing.first_sent_at.unwrap_or(outgoing.made_at));
                if age < LAG { Looked::Later { evidence } } else { Looked::Person { evidence } }
            }
            Err(failed) => Looked::Later { evidence: failed.words() },
        }
    }

    fn conversation_of(&self, remote_id: &str) -> Option<String> {
        split_id(remote_id).map(|(with, _)| conversation_key(with))
    }
}

fn done(found: &Thing) -> Outcome {
    Outcome::Done { remote_id: found.raw.external_id.clone(), at: Some(found.at) }
}

impl Reddit {
    /// A message of ours to them with these words that was not there before the first attempt.
    async fn find_message(&self, outgoing: &Outgoing) -> Result<Option<Thing>, Failed> {
        let with =
            split_id(&outgoing.to.external_id).map_or(outgoing.to.author_id.as_str(), |(with, _)| with);
        let from = outgoing.first_sent_at.unwrap_or(outgoing.made_at).minus(CLOCK_SLACK);
        let page = self.list(Share::Answering, "message/sent", &[("limit", "100")]).await?;
        let now = self.client.now();
        Ok(page.children.iter().filter_map(|value| thing(value, &self.us, now)).find(|found| {
            found.at >= from
                && found.raw.own
                && found.raw.answers.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(with))
                && same_words(&found.raw.text, &outgoing.text)
        }))
    }
}

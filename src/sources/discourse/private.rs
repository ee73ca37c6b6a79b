//! Talking in private: a message of the forum, which only those in it and its administrators can read.
//!
//! To somebody who wrote in public a message of its own is begun; to somebody who wrote a message the answer
//! goes into it. Whether somebody takes messages the forum tells with their page; where it does not, sending
//! shows it.

use super::Discourse;
use super::FILES;
use super::client::{Failed, Share};
use super::reply::{LIMITS, done};
use super::threads;
use crate::domain::delivery::{Looked, Outcome};
use crate::domain::enclosed::FileLimits;
use crate::domain::reply::Limits;
use crate::domain::time::Span;
use crate::sources::private::{Private, Reach};
use crate::sources::reply::{Composed, Draft, Outgoing, PostRef, Reply};
use async_trait::async_trait;
use serde_json::{Value, json};

const WITHIN: Span = Span::seconds(5);
/// Most topics that are looked through for a message of ours.
const TOPICS_MAX: usize = 10;
const TITLE_CHARS_MAX: usize = 200;

#[async_trait]
impl Private for Discourse {
    fn limits(&self) -> Limits {
        LIMITS
    }

    fn files(&self) -> FileLimits {
        FILES
    }

    fn way_in(&self) -> Option<String> {
        let mut url = self.client.address(&["new-message"]);
        url.query_pairs_mut().append_pair("username", &self.account);
        // Whoever comes by it need not type the code: it stands in the title, which is read with the first words.
        Some(format!("{url}&title={{code}}"))
    }

    async fn reachable(&self, to: &PostRef) -> Reach {
        let name = to.author_handle.trim();
        if name.is_empty() {
            return Reach::Nobody { why: "its author has no name that can be addressed".to_owned() };
        }
        let file = format!("{name}.json");
        let found: Result<Value, Failed> =
            self.client.get(Share::Answering, &["u", &file], &[], WITHIN).await;
        match found {
            Ok(page) => match page["user"]["can_send_private_message_to_user"].as_bool() {
                Some(false) => {
                    Reach::Nobody { why: "they take no messages, or the forum lets us send none".to_owned() }
                }
                _ => Reach::Open,
            },
            Err(failed) if failed.is_absent() => {
                Reach::Nobody { why: "the account is no longer there".to_owned() }
            }
            Err(failed) => Reach::Unasked { why: failed.words() },
        }
    }

    fn compose(&self, draft: &Draft) -> Composed {
        self.composed(draft, "private")
    }

    async fn send(&self, outgoing: &Outgoing) -> Outcome {
        if outgoing.to.visibility == "private" {
            return Reply::send(self, outgoing).await;
        }
        let parent = match self.parent(&outgoing.to).await {
            Ok(parent) => parent,
            Err(outcome) => return outcome,
        };
        let Some(name) = parent.username.as_deref().filter(|n| !n.is_empty()) else {
            return Outcome::Refused { reason: "its author has no name that can be addressed".to_owned() };
        };
        let title = match threads::topic(&self.client, Share::Answering, parent.topic_id).await {
            Ok(topic) => title(&topic.title),
            Err(failed) => {
                return Outcome::Retry { after: failed.wait(self.client.now()), why: failed.words() };
            }
        };
        if self.is_too_late(outgoing) {
            return Self::settled(self.find_message(outgoing).await);
        }
        let raw = match self.raw(outgoing).await {
            Ok(raw) => raw,
            Err(outcome) => return outcome,
        };
        let body = json!({
            "title": title, "raw": raw, "target_recipients": name, "archetype": "private_message",
        });
        let (outcome, may_stand) = self.posted(self.posting(&body).await);
        if may_stand && let Ok(Some(found)) = self.find_message(outgoing).await {
            return done(&found);
        }
        if matches!(outcome, Outcome::Refused { .. }) {
            self.forget_uploads(outgoing);
        }
        outcome
    }

    async fn look(&self, outgoing: &Outgoing) -> Looked {
        if outgoing.to.visibility == "private" {
            return Reply::look(self, outgoing).await;
        }
        let found = self.find_message(outgoing).await;
        self.looked(found, outgoing)
    }
}

/// The title of a message about a topic.
fn title(topic: &str) -> String {
    let topic: String = topic.trim().chars().take(TITLE_CHARS_MAX).collect();
    if topic.is_empty() { "Your post in the forum".to_owned() } else { format!("Re: {topic}") }
}

impl Discourse {
    /// A message that we began with these words, among those that we sent last.
    async fn find_message(&self, outgoing: &Outgoing) -> Result<Option<super::post::ForumPost>, Failed> {
        let file = format!("{}.json", self.account);
        let path = ["topics", "private-messages-sent", &file];
        let sent: Value = self.client.get(Share::Answering, &path, &[], WITHIN).await?;
        let topics = sent["topic_list"]["topics"].as_array().ok_or(Failed::Unreadable)?;
        for topic in topics.iter().filter_map(|t| t["id"].as_i64()).take(TOPICS_MAX) {
            if let Some(found) = self.find_in(topic, outgoing).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_called_by_its_topic() {
        assert_eq!(title(" Late again "), "Re: Late again");
        assert_eq!(title(""), "Your post in the forum");
        assert!(title(&"x".repeat(900)).chars().count() < 255);
    }
}

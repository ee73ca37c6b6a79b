//! Keeping the webhook alive: that it is registered, that the platform holds it for valid, and that what is said to
//! the account is delivered to it.
//!
//! The platform stops delivering to a webhook whose challenge failed until it was checked again; so one that is not
//! valid is checked at once, and what was done is told on the page of sources.
//!
//! Deletions are told of anybody, so they are asked for of those of whom posts are kept: where the budget is used up and
//! nothing is looked at again, what was deleted is known all the same.

use super::X;
use super::client::{As, Failed, Family};
use super::poll::WITHIN;
use super::read::{field, id_in, list};
use crate::sources::{Follow, SourceTrouble};
use http::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What is delivered of an account that gave the app leave.
const EVENTS: [&str; 4] = ["post.mention.create", "post.reply.create", "post.quote.create", DELETES];
/// The same, of private messages.
const MESSAGE_EVENTS: [&str; 2] = ["dm.received", "dm.sent"];

/// What tells that something was deleted; of anybody, without leave.
const DELETES: &str = "post.delete";
/// How the tag of what is delivered of others ends.
const OF_DELETES: &str = "/deletes";
/// Most authors of whom deletions are told: an app has 1,500 subscriptions.
const AUTHORS_MAX: usize = 1_400;
/// Most subscriptions that are asked for or given up in one round, within the calls of a quarter of an hour.
const CHANGES_MAX: usize = 24;
/// Most pages of the list of subscriptions.
const LIST_PAGES_MAX: usize = 4;

/// A webhook as the platform tells of it.
pub(super) struct Registered {
    /// Its id.
    pub id: String,
    /// Whether the platform delivers to it.
    pub valid: bool,
}

impl X {
    /// The webhook at our address, if there is one.
    pub(super) async fn registered(&self) -> Result<Option<Registered>, Failed> {
        let value = self.client.get((Family::Manage, As::App), &["webhooks"], &[], WITHIN).await?;
        let ours = list(&value["data"]).find(|w| field(w, "url") == Some(self.webhook_url.as_str()));
        Ok(ours.and_then(|w| {
            Some(Registered { id: id_in(w, "id")?, valid: w["valid"].as_bool() != Some(false) })
        }))
    }

    /// What the platform delivers, as it tells of it.
    async fn subscriptions(&self) -> Result<Vec<Value>, Failed> {
        let (path, mut all, mut next) = (["activity", "subscriptions"], Vec::new(), None::<String>);
        for _ in 0..LIST_PAGES_MAX {
            let query: Vec<(&str, &str)> = next.iter().map(|n| ("pagination_token", n.as_str())).collect();
            let value = self.client.get((Family::Manage, As::App), &path, &query, WITHIN).await?;
            all.extend(list(&value["data"]).cloned());
            next = field(&value["meta"], "next_token").map(ToOwned::to_owned);
            if next.is_none() {
                break;
            }
        }
        Ok(all)
    }

    /// What is delivered already, by the kinds of events; what goes to a webhook that is another one by now is not.
    pub(super) async fn subscribed(&self, me: &str, webhook: Option<&str>) -> Result<Vec<String>, Failed> {
        Ok(of_account(&self.subscriptions().await?, me, webhook))
    }

    /// What should be delivered.
    pub(super) fn wanted_events(&self) -> Vec<&'static str> {
        let messages: &[&str] = if self.messages { &MESSAGE_EVENTS } else { &[] };
        EVENTS.into_iter().chain(messages.iter().copied()).collect()
    }

    /// One round: mends what can be mended.
    pub(super) async fn upkeep(&self) -> Result<(), SourceTrouble> {
        match self.mend().await {
            Ok(done) => {
                let note = (!done.is_empty()).then(|| format!("the webhook: {}", done.join(", ")));
                if let Some(note) = &note {
                    tracing::warn!(source = self.name, note, "the webhook was mended");
                }
                self.note_webhook(note);
                Ok(())
            }
            Err(failed) => {
                let mut trouble = self.client.trouble(&failed);
                let said = failed.said().map(|s| format!(" ({s})")).unwrap_or_default();
                trouble.why = format!("the webhook at X could not be looked after: {}{said}", trouble.why);
                Err(trouble)
            }
        }
    }

    async fn mend(&self) -> Result<Vec<String>, Failed> {
        let mut done = Vec::new();
        let manage = (Family::Manage, As::App);
        let id = match self.registered().await? {
            Some(found) if found.valid => found.id,
            Some(found) => {
                let path = ["webhooks", found.id.as_str()];
                self.client.write(manage, (Method::PUT, &path), None, WITHIN).await.or_else(empty)?;
                done.push("X had stopped delivering and was asked to check it again".to_owned());
                found.id
            }
            None => {
                let body = json!({ "url": self.webhook_url });
                let made =
                    self.client.write(manage, (Method::POST, &["webhooks"]), Some(&body), WITHIN).await?;
                done.push("it was registered".to_owned());
                id_in(&made["data"], "id").or_else(|| id_in(&made, "id")).ok_or(Failed::Unreadable)?
            }
        };
        let me = self.me().await?;
        let all = self.subscriptions().await?;
        let there = of_account(&all, &me.id, Some(&id));
        for event in self.wanted_events() {
            if there.iter().any(|t| t == event) {
                continue;
            }
            let body = json!({ "event_type": event, "filter": { "user_id": me.id }, "webhook_id": id, "tag": self.name });
            let path = ["activity", "subscriptions"];
            self.client.write(manage, (Method::POST, &path), Some(&body), WITHIN).await?;
            done.push(format!("{event} is delivered from now on"));
        }
        self.follow_deletes(&all, &id, &me.id).await?;
        Ok(done)
    }

    /// The tag of what is delivered of others.
    pub(super) fn tag_of_deletes(&self) -> String {
        format!("{}{OF_DELETES}", self.name)
    }

    /// Has it told when somebody deletes something of whom posts are kept, and no more of those of whom none are. A few
    /// at a time: until all are asked for, looking again finds what was deleted.
    async fn follow_deletes(&self, all: &[Value], webhook: &str, me: &str) -> Result<(), Failed> {
        let Some(wanted) = self.authors.wanted(self.follows) else { return Ok(()) };
        let (tag, manage) = (self.tag_of_deletes(), (Family::Manage, As::App));
        let ours: Vec<&Value> = all.iter().filter(|s| field(s, "tag") == Some(tag.as_str())).collect();
        let author = |s: &Value| id_in(&s["filter"], "user_id").unwrap_or_default();
        let stays = |s: &Value| {
            let at = id_in(s, "webhook_id");
            at.is_none_or(|at| at == webhook) && wanted.contains(&author(s))
        };
        let stale = ours.iter().filter(|s| !stays(s));
        let stale = stale.filter_map(|s| id_in(s, "subscription_id").or_else(|| id_in(s, "id")));
        let known: BTreeSet<String> = ours.iter().filter(|s| stays(s)).map(|s| author(s)).collect();
        let now = self.client.now();
        let is_new = |a: &&String| *a != me && !known.contains(*a) && !self.authors.is_refused(a, now);
        let new = wanted.iter().filter(is_new);
        for id in stale.take(CHANGES_MAX / 2) {
            let path = ["activity", "subscriptions", id.as_str()];
            let done = self.client.write(manage, (Method::DELETE, &path), None, WITHIN).await;
            later(done.or_else(empty))?;
        }
        for author in new.take(CHANGES_MAX / 2) {
            let body = json!({ "event_type": DELETES, "filter": { "user_id": author }, "webhook_id": webhook, "tag": tag });
            let path = ["activity", "subscriptions"];
            let done = self.client.write(manage, (Method::POST, &path), Some(&body), WITHIN).await;
            // Who is refused would stand in the way of all behind them, in every round.
            if matches!(done.as_ref().err().and_then(Failed::status), Some(400 | 402..=428)) {
                self.authors.refused(author, now);
            }
            later(done)?;
        }
        Ok(())
    }
}

impl Follow for X {
    fn most(&self) -> usize {
        if self.follows { AUTHORS_MAX } else { 0 }
    }

    fn these(&self, authors: Vec<String>) {
        self.authors.are(authors);
    }
}

/// What is not taken now is asked for later, and keeps nothing else from being looked after; who is not let in is told.
fn later(done: Result<Value, Failed>) -> Result<(), Failed> {
    match done {
        Err(failed) if failed.status() == Some(401) => Err(failed),
        Err(failed) => {
            tracing::debug!(why = failed.words(), "a subscription to deletions is put right later");
            Ok(())
        }
        Ok(_) => Ok(()),
    }
}

/// The kinds of events of an account that go to a webhook.
fn of_account(all: &[Value], me: &str, webhook: Option<&str>) -> Vec<String> {
    let is_there = |s: &&Value| {
        let at = id_in(s, "webhook_id");
        webhook.is_none() || at.is_none() || at.as_deref() == webhook
    };
    let ours = all.iter().filter(|s| is_there(s) && id_in(&s["filter"], "user_id").is_some_and(|u| u == me));
    ours.filter_map(|s| field(s, "event_type")).map(ToOwned::to_owned).collect()
}

/// The platform answers a check with nothing at all.
fn empty(failed: Failed) -> Result<Value, Failed> {
    if failed == Failed::Unreadable { Ok(Value::Null) } else { Err(failed) }
}

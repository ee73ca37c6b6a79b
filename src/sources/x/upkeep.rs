//! Keeping the webhook alive: that it is registered, that the platform holds it for valid, and that what is said to
//! the account is delivered to it.
//!
//! The platform stops delivering to a webhook whose challenge failed until it was checked again; so one that is not
//! valid is checked at once, and what was done is told on the page of sources.

use super::X;
use super::client::{As, Failed, Family};
use super::poll::WITHIN;
use super::read::{field, id_in, list};
use crate::sources::SourceTrouble;
use http::Method;
use serde_json::{Value, json};

/// What is delivered of an account that gave the app leave.
const EVENTS: [&str; 4] = ["post.mention.create", "post.reply.create", "post.quote.create", "post.delete"];
/// The same, of private messages.
const MESSAGE_EVENTS: [&str; 2] = ["dm.received", "dm.sent"];

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

    /// What is delivered already, by the kinds of events; what goes to a webhook that is another one by now is not.
    pub(super) async fn subscribed(&self, me: &str, webhook: Option<&str>) -> Result<Vec<String>, Failed> {
        let path = ["activity", "subscriptions"];
        let value = self.client.get((Family::Manage, As::App), &path, &[], WITHIN).await?;
        let is_there = |s: &&Value| {
            let at = id_in(s, "webhook_id");
            webhook.is_none() || at.is_none() || at.as_deref() == webhook
        };
        let ours = list(&value["data"])
            .filter(|s| is_there(s) && id_in(&s["filter"], "user_id").is_some_and(|u| u == me));
        Ok(ours.filter_map(|s| field(s, "event_type")).map(ToOwned::to_owned).collect())
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
        let there = self.subscribed(&me.id, Some(&id)).await?;
        for event in self.wanted_events() {
            if there.iter().any(|t| t == event) {
                continue;
            }
            let body = json!({ "event_type": event, "filter": { "user_id": me.id }, "webhook_id": id, "tag": self.name });
            let path = ["activity", "subscriptions"];
            self.client.write(manage, (Method::POST, &path), Some(&body), WITHIN).await?;
            done.push(format!("{event} is delivered from now on"));
        }
        Ok(done)
    }
}

/// The platform answers a check with nothing at all.
fn empty(failed: Failed) -> Result<Value, Failed> {
    if failed == Failed::Unreadable { Ok(Value::Null) } else { Err(failed) }
}

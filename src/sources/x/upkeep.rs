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

impl Registered {
    fn of(webhook: &Value) -> Option<Self> {
        Some(Self { id: id_in(webhook, "id")?, valid: webhook["valid"].as_bool() != Some(false) })
    }
}

impl X {
    /// The webhook at our address, if there is one.
    pub(super) async fn registered(&self) -> Result<Option<Registered>, Failed> {
        let all = self.webhooks().await?;
        Ok(all.iter().find(|w| field(w, "url") == Some(self.webhook_url.as_str())).and_then(Registered::of))
    }

    /// All webhooks of the app.
    async fn webhooks(&self) -> Result<Vec<Value>, Failed> {
        let value = self.client.get((Family::Manage, As::App), &["webhooks"], &[], WITHIN).await?;
        Ok(list(&value["data"]).cloned().collect())
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
        let webhooks = self.webhooks().await?;
        let ours = webhooks.iter().find(|w| field(w, "url") == Some(self.webhook_url.as_str()));
        let id = match ours.and_then(Registered::of) {
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
        let mut refused: Option<Failed> = None;
        for event in self.wanted_events() {
            if there.iter().any(|t| t == event) {
                continue;
            }
            let body = json!({ "event_type": event, "filter": { "user_id": me.id }, "webhook_id": id, "tag": self.name });
            let (by, path) = ((Family::Manage, whose(event)), ["activity", "subscriptions"]);
            match self.client.write(by, (Method::POST, &path), Some(&body), WITHIN).await {
                Ok(_) => done.push(format!("{event} is delivered from now on")),
                // One that is refused keeps none of the others from being asked for.
                Err(failed) => refused = refused.or(Some(failed)),
            }
        }
        let left = left_over(&all, (me.id.as_str(), id.as_str()), &alive(&webhooks, &self.webhook_url));
        let left = &left[..left.len().min(CHANGES_MAX / 2)];
        let mut given_up = false;
        for one in left {
            given_up |= self.give_up(one).await?;
        }
        if given_up {
            done.push("what went to a webhook of ours that takes nothing any more was given up".to_owned());
        }
        self.follow_deletes(&all, (&id, &me.id), left).await?;
        refused.map_or(Ok(done), Err)
    }

    /// Has something delivered no more; whether that was taken.
    async fn give_up(&self, subscription: &str) -> Result<bool, Failed> {
        let path = ["activity", "subscriptions", subscription];
        let gone = self.client.write((Family::Manage, As::App), (Method::DELETE, &path), None, WITHIN).await;
        let gone = gone.or_else(empty);
        let is_gone = gone.is_ok();
        later(gone)?;
        Ok(is_gone)
    }

    /// The tag of what is delivered of others.
    pub(super) fn tag_of_deletes(&self) -> String {
        format!("{}{OF_DELETES}", self.name)
    }

    /// Has it told when somebody deletes something of whom posts are kept, and no more of those of whom none are. A few
    /// at a time, with those that were given up in this round: until all are asked for, looking again finds what was
    /// deleted.
    async fn follow_deletes(
        &self,
        all: &[Value],
        (webhook, me): (&str, &str),
        given_up: &[String],
    ) -> Result<(), Failed> {
        let Some(wanted) = self.authors.wanted(self.follows) else { return Ok(()) };
        let (tag, manage) = (self.tag_of_deletes(), (Family::Manage, As::App));
        // At our own webhook a source that was called otherwise asked for the rest, if no other account did.
        let others = others_at(all, me, webhook);
        let is_others = |s: &Value| field(s, "tag").is_some_and(|t| others.contains(t));
        let is_ours = |s: &&Value| {
            field(s, "tag") == Some(tag.as_str()) || (is_renamed(s, &tag, webhook) && !is_others(s))
        };
        let ours: Vec<&Value> = all.iter().filter(is_ours).collect();
        let author = |s: &Value| id_in(&s["filter"], "user_id").unwrap_or_default();
        let stays = |s: &Value| {
            let at = id_in(s, "webhook_id");
            let named = field(s, "tag") == Some(tag.as_str());
            named && at.is_none_or(|at| at == webhook) && wanted.contains(&author(s))
        };
        let stale = ours.iter().filter(|s| !stays(s));
        let stale = stale.filter_map(|s| subscription_of(s)).filter(|id| !given_up.contains(id));
        let known: BTreeSet<String> = ours.iter().filter(|s| stays(s)).map(|s| author(s)).collect();
        let now = self.client.now();
        let is_new = |a: &&String| *a != me && !known.contains(*a) && !self.authors.is_refused(a, now);
        let new = wanted.iter().filter(is_new);
        for id in stale.take((CHANGES_MAX / 2).saturating_sub(given_up.len())) {
            self.give_up(&id).await?;
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

/// The id of a subscription.
fn subscription_of(subscription: &Value) -> Option<String> {
    id_in(subscription, "subscription_id").or_else(|| id_in(subscription, "id"))
}

/// Whether deletions of others are delivered to our webhook under another name than the source's.
fn is_renamed(subscription: &Value, tag: &str, webhook: &str) -> bool {
    let other = field(subscription, "tag").is_some_and(|t| t != tag && t.ends_with(OF_DELETES));
    other
        && field(subscription, "event_type") == Some(DELETES)
        && id_in(subscription, "webhook_id").is_some_and(|at| at == webhook)
}

/// The tags of deletions for other accounts that share our webhook.
fn others_at(all: &[Value], me: &str, webhook: &str) -> BTreeSet<String> {
    let is_other = |s: &&Value| {
        id_in(s, "webhook_id").is_some_and(|at| at == webhook)
            && id_in(&s["filter"], "user_id").is_some_and(|u| u != me)
    };
    let names = all.iter().filter(is_other).filter_map(|s| field(s, "tag"));
    names.filter(|name| !name.ends_with(OF_DELETES)).map(|name| format!("{name}{OF_DELETES}")).collect()
}

/// The webhooks that take something or may again: those that the platform holds for valid, and those that are not beneath
/// our own address, for they are another program's to mend.
fn alive(webhooks: &[Value], ours: &str) -> Vec<String> {
    let place = |url: &str| url.rsplit_once('/').map(|(place, _)| place.to_owned());
    let ours = place(ours).filter(|place| place.ends_with("/hooks"));
    let is_ours = |w: &Value| ours.is_some() && field(w, "url").and_then(place) == ours;
    let told = webhooks.iter().filter_map(|w| Some((is_ours(w), Registered::of(w)?)));
    told.filter(|(is_ours, w)| w.valid || !is_ours).map(|(_, w)| w.id).collect()
}

/// What is delivered of an account, and of others for it, to a webhook that takes nothing any more: one that is
/// registered no longer, or one beneath our own address that the platform holds for invalid, as after a source got another
/// name and with it another address. Other accounts' are left alone. What is of others comes first: by what is of the
/// account it is known whose it is.
fn left_over(all: &[Value], (me, webhook): (&str, &str), alive: &[String]) -> Vec<String> {
    let is_dead = |s: &&Value| id_in(s, "webhook_id").is_some_and(|at| at != webhook && !alive.contains(&at));
    let kind = |s: &Value| field(s, "event_type").unwrap_or_default().to_owned();
    let is_own = |s: &&Value| {
        let known = EVENTS.iter().chain(&MESSAGE_EVENTS).any(|e| *e == kind(s));
        known && id_in(&s["filter"], "user_id").is_some_and(|u| u == me)
    };
    let own: Vec<&Value> = all.iter().filter(is_dead).filter(is_own).collect();
    let place = |s: &Value| (id_in(s, "webhook_id"), field(s, "tag").unwrap_or_default().to_owned());
    let names: BTreeSet<_> = own.iter().map(|s| place(s)).collect();
    let is_beside = |s: &&Value| {
        let (at, tag) = place(s);
        kind(s) == DELETES
            && tag.strip_suffix(OF_DELETES).is_some_and(|t| names.contains(&(at, t.to_owned())))
    };
    let beside = all.iter().filter(is_dead).filter(is_beside);
    beside.chain(own.iter().copied()).filter_map(subscription_of).collect()
}

/// Who asks for a kind of event: what everybody may see the app alone, the rest only the account that gave it leave; the
/// app is refused there.
fn whose(event: &str) -> As {
    if event == DELETES { As::App } else { As::Account }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_nowhere_is_given_up_and_nothing_of_others() {
        let sub = |id: &str, kind: &str, user: &str, at: &str, tag: &str| {
            json!({ "subscription_id": id, "event_type": kind, "filter": { "user_id": user },
                "webhook_id": at, "tag": tag })
        };
        let all = [
            sub("ours", "post.mention.create", "1", "77", "x"),
            // Of a name before, at an address that takes nothing any more.
            sub("old1", "post.mention.create", "1", "70", "old"),
            sub("old2", "post.delete", "5", "70", "old/deletes"),
            // Another account's at that address or at none, and ours at one that is alive.
            sub("keep1", "post.mention.create", "2", "70", "brand2"),
            sub("keep2", "post.delete", "6", "70", "brand2/deletes"),
            sub("keep3", "post.delete", "6", "69", "old/deletes"),
            sub("keep4", "post.mention.create", "1", "71", "elsewhere"),
            // A kind of event that is none of ours.
            sub("keep5", "post.like.create", "1", "70", "old"),
        ];
        let alive = ["71".to_owned(), "77".to_owned()];
        assert_eq!(left_over(&all, ("1", "77"), &alive), ["old2", "old1"]);
        // Ours is being checked again just now.
        assert_eq!(left_over(&all, ("1", "77"), &alive[..1]), ["old2", "old1"]);
        assert!(left_over(&all, ("1", "77"), &["70".to_owned(), "71".to_owned()]).is_empty());
        let hook = |id: &str, url: &str, valid: bool| json!({ "id": id, "url": url, "valid": valid });
        let webhooks = [
            hook("70", "https://care.example/hooks/old", false),
            hook("71", "https://care.example/hooks/brand2", true),
            hook("72", "https://crm.example/hooks/x", false),
        ];
        let alive = |ours: &str| super::alive(&webhooks, ours);
        assert_eq!(alive("https://care.example/hooks/x"), ["71", "72"], "another program mends its own");
        assert_eq!(alive("https://elsewhere.example/x"), ["70", "71", "72"]);
        let renamed = |tag: &str, at: &str| is_renamed(&sub("s", DELETES, "5", at, tag), "x/deletes", "77");
        assert!(renamed("old/deletes", "77"));
        assert!(!renamed("x/deletes", "77") && !renamed("old/deletes", "70") && !renamed("old", "77"));
        let shared = [
            sub("a", "post.mention.create", "1", "77", "x"),
            sub("b", "post.mention.create", "2", "77", "brand2"),
            sub("c", "post.delete", "6", "77", "brand2/deletes"),
            sub("d", "post.delete", "5", "77", "old/deletes"),
            sub("e", "post.mention.create", "3", "70", "old"),
        ];
        assert_eq!(others_at(&shared, "1", "77").into_iter().collect::<Vec<_>>(), ["brand2/deletes"]);
    }
}

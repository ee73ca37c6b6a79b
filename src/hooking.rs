//! Webhook deliveries between the web and the store: signature, split, commit, answer.
//!
//! The web hands over raw bytes; here the source's own signature is checked over them, they are cut
//! into items, and the answer is given after the commit. Nothing is decided about posts.

use crate::clock::Clock;
use crate::domain::time::Timestamp;
use crate::receiving::{NotTaken, Receiving};
use crate::sources::Source;
use crate::sources::webhook::{Hook, Refusal};
use crate::store::{Db, source};
use crate::ticketing::Back;
use crate::tickets::{Systems, TicketSystem, Told};
use crate::web::{HookAnswer, Hooks};
use axum::body::Bytes;
use axum::http::HeaderMap;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// How often the store is told that a webhook was heard, in milliseconds.
const TELL_EVERY_MS: i64 = 5_000;
/// After how many seconds a sender should come again.
const COME_AGAIN_S: u64 = 2;

/// What a delivery holds for one source: where each stood, and its bytes.
type Payloads = Vec<(String, Vec<u8>)>;

/// The configured webhooks.
pub struct Deliveries {
    hooks: HashMap<String, (Arc<dyn Source>, AtomicI64)>,
    receiving: Receiving,
    db: Db,
    clock: Arc<dyn Clock>,
    /// The ticket systems that call us, and who takes over what they tell.
    tickets: Option<(Systems, Back)>,
}

impl Deliveries {
    /// The webhooks among the sources.
    pub fn new(sources: &[Arc<dyn Source>], receiving: Receiving, db: Db, clock: Arc<dyn Clock>) -> Self {
        let hook =
            |s: &Arc<dyn Source>| s.hook().map(|_| (s.name().to_owned(), (s.clone(), AtomicI64::new(0))));
        Self { hooks: sources.iter().filter_map(hook).collect(), receiving, db, clock, tickets: None }
    }

    /// Takes what ticket systems tell as well.
    pub fn with_tickets(mut self, systems: Systems, back: Back) -> Self {
        self.tickets = Some((systems, back));
        self
    }

    fn system(&self, name: &str) -> Option<(Arc<dyn TicketSystem>, &Back)> {
        let (systems, back) = self.tickets.as_ref()?;
        let system = systems.all().iter().find(|s| s.name() == name && s.proof().is_some())?.clone();
        Some((system, back))
    }

    /// One delivery of a ticket system: taken over before it is acknowledged. The same delivery again
    /// changes nothing, so none has to be remembered.
    async fn tickets_told(
        &self,
        system: &dyn TicketSystem,
        back: &Back,
        headers: &HeaderMap,
        body: &[u8],
    ) -> HookAnswer {
        let Some(proof) = system.proof() else { return HookAnswer::Unknown };
        let now = self.clock.now();
        if let Err(refusal) = proof.verify(headers, body, now) {
            return refused(&refusal);
        }
        let taken = match system.delivery(body) {
            Ok(Told::Changes(changes)) => back.take(system.name(), &changes).await,
            Ok(Told::Look(tickets)) => back.look_again(system.name(), &tickets).await,
            Ok(Told::Contact(contact)) => match back.contact(system.name(), &contact).await {
                Ok(Ok(n)) => Ok(n),
                Ok(Err(why)) => return HookAnswer::BadRequest(why),
                Err(error) => Err(error),
            },
            Err(why) => return HookAnswer::BadRequest(why),
        };
        match taken {
            Ok(n) => {
                self.heard(system.name(), now);
                HookAnswer::Accepted { n }
            }
            Err(error) => {
                tracing::warn!(tickets = system.name(), %error, "what a ticket system told could not be stored");
                HookAnswer::Unavailable
            }
        }
    }

    /// What a delivery holds for others of the same platform, as for further pages of one app, which has one address
    /// for all of them: whose signature it does not have gets nothing of it.
    fn beside(
        &self,
        source: &str,
        hook: &dyn Hook,
        headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Vec<(&str, Payloads)> {
        let Some(shared) = hook.shared_by() else { return Vec::new() };
        let others = self.hooks.iter().filter(|(name, _)| name.as_str() != source);
        let held = others.filter_map(|(name, (other, told_at))| {
            let other = other.hook().filter(|h| h.shared_by() == Some(shared))?;
            let items = other.items(headers, body, now).ok().filter(|items| !items.is_empty())?;
            self.tell(name, told_at, now);
            Some((name.as_str(), items.into_iter().map(|item| (item.place, item.body)).collect()))
        });
        held.collect()
    }

    /// Notes that a webhook was heard; every few seconds is enough.
    fn tell(&self, name: &str, told_at: &AtomicI64, now: Timestamp) {
        let before = told_at.load(Ordering::Relaxed);
        let due = now.millis() - before >= TELL_EVERY_MS
            && told_at.compare_exchange(before, now.millis(), Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if !due {
            return;
        }
        self.heard(name, now);
    }

    fn heard(&self, name: &str, now: Timestamp) {
        let (db, name) = (self.db.clone(), name.to_owned());
        tokio::spawn(async move {
            let heard = db.write("noting that a webhook was heard", move |tx| {
                Box::pin(async move { source::heard(tx, &name, now).await })
            });
            if let Err(error) = heard.await {
                tracing::warn!(%error, "could not note that a webhook was heard");
            }
        });
    }
}

#[async_trait::async_trait]
impl Hooks for Deliveries {
    fn per_second_max(&self, source: &str) -> Option<u32> {
        let of_source = self.hooks.get(source).and_then(|(s, _)| Some(s.hook()?.limit_per_second()));
        of_source.or_else(|| Some(self.system(source)?.0.proof()?.limit_per_second()))
    }

    fn challenge(&self, source: &str, query: &str) -> Option<(&'static str, String)> {
        let (source, _) = self.hooks.get(source)?;
        source.hook()?.challenge(query).map(|c| (c.content_type, c.body))
    }

    async fn take(&self, source: &str, headers: &HeaderMap, body: Bytes) -> HookAnswer {
        if let Some((system, back)) = self.system(source) {
            return self.tickets_told(&*system, back, headers, &body).await;
        }
        let found = self.hooks.get(source).and_then(|(s, told_at)| Some((s.hook()?, told_at)));
        let Some((hook, told_at)) = found else { return HookAnswer::Unknown };
        let now = self.clock.now();
        let items: Vec<(String, Vec<u8>)> = match hook.items(headers, &body, now) {
            Ok(items) => items.into_iter().map(|item| (item.place, item.body)).collect(),
            Err(refusal) => return refused(&refusal),
        };
        let mut all = 0;
        for (beside, items) in self.beside(source, hook, headers, &body, now) {
            match self.receiving.take(beside, items).await {
                Ok(n) => all += n,
                Err(NotTaken::Full) => return HookAnswer::TooMany { retry_after_s: COME_AGAIN_S },
                Err(NotTaken::Store(_) | NotTaken::Stopping) => return HookAnswer::Unavailable,
            }
        }
        if items.is_empty() {
            self.tell(source, told_at, now);
            return taken(hook, all);
        }
        match self.receiving.take(source, items).await {
            Ok(n) => {
                self.tell(source, told_at, now);
                taken(hook, all + n)
            }
            Err(NotTaken::Full) => HookAnswer::TooMany { retry_after_s: COME_AGAIN_S },
            Err(NotTaken::Store(_) | NotTaken::Stopping) => HookAnswer::Unavailable,
        }
    }
}

fn taken(hook: &dyn Hook, n: usize) -> HookAnswer {
    if hook.wants_plain_ok() { HookAnswer::Ok { n } } else { HookAnswer::Accepted { n } }
}

fn refused(refusal: &Refusal) -> HookAnswer {
    match refusal {
        Refusal::Missing(_) | Refusal::Unreadable(_) | Refusal::TooMany { .. } => {
            HookAnswer::BadRequest(refusal.to_string())
        }
        _ => HookAnswer::BadSignature(refusal.to_string()),
    }
}

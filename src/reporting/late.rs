//! What goes late at the present rate is told to leads while more people still help, at most once in an hour. A part of
//! the forecast: where that is off, nobody is told.

use super::Parts;
use crate::domain::ids::ActionId;
use crate::domain::outlook::Outlook;
use crate::domain::time::{Span, Timestamp};
use crate::reports::forecast::{self, AskForecast};
use crate::shutdown::Shutdown;
use crate::store::rows::ActionRow;
use crate::store::{StoreError, bulk, console, forecast as store};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

const ROUND: Span = Span::minutes(1);
/// For so long after it was told nothing is told again.
const HOUR: Span = Span::hours(1);
/// Fewer cases than this are told one by one by their own warnings.
const LEAST: usize = 3;
/// What is nearer than this nobody can be called in for.
const NEAR: Span = Span::minutes(10);

/// Looks what goes late, and tells it.
#[derive(Clone)]
pub struct Late {
    /// What reports need.
    pub parts: Parts,
    /// Credential and chat of leads beside those of the teams; they hear of all brands.
    pub leads: Vec<(String, String)>,
    /// How long one answer takes, in minutes, where somebody said so.
    pub handling: Option<f64>,
}

impl Late {
    /// Who is told of which brands: leads, and where there are none the teams.
    fn told_to(&self) -> BTreeMap<(String, String), Vec<String>> {
        let catalogue = self.parts.catalogue.get();
        let of = |leads: bool| {
            let mut all: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
            for team in catalogue.teams.iter().filter(|t| t.leads == leads) {
                // A chat may stand there once for each of its brands.
                let heard = all.entry((team.credential.clone(), team.chat.clone())).or_default();
                for brand in catalogue.brands.iter().filter(|b| team.hears(&b.brand.name)) {
                    if !heard.contains(&brand.id) {
                        heard.push(brand.id.clone());
                    }
                }
            }
            all
        };
        let every: Vec<String> = catalogue.brands.iter().map(|b| b.id.clone()).collect();
        let mut all = of(true);
        for chat in &self.leads {
            all.insert(chat.clone(), every.clone());
        }
        if all.is_empty() { of(false) } else { all }
    }

    /// One round; returns how many messages were made.
    ///
    /// # Errors
    /// The store's; what went before stands.
    pub async fn run_once(&self) -> Result<usize, StoreError> {
        let (now, mut made) = (self.parts.clock.now(), 0);
        let mut known: BTreeMap<Vec<String>, Option<Outlook>> = BTreeMap::new();
        for ((credential, chat), brands) in self.told_to() {
            if brands.is_empty() {
                continue;
            }
            let found = if let Some(found) = known.get(&brands) {
                found.clone()
            } else {
                let found = self.found(&brands, now).await?;
                known.insert(brands, found.clone());
                found
            };
            if let Some(found) = found
                && self.tell(&credential, &chat, &found, now).await?
            {
                made += 1;
            }
        }
        if made > 0 {
            self.parts.outbox.notify_waiters();
        }
        Ok(made)
    }

    /// What is worth telling of these brands now.
    async fn found(&self, brands: &[String], now: Timestamp) -> Result<Option<Outlook>, StoreError> {
        let ask = AskForecast {
            catalogue: self.parts.catalogue.get(),
            brands: brands.to_vec(),
            zone: self.parts.zone.clone(),
            weeks: 1,
            handling: self.handling,
            patience: None,
        };
        let found = forecast::outlook(&self.parts.db, &ask, now).await?;
        let helps = found.by.is_some_and(|by| by.since(now) >= NEAR);
        if found.goes_late < LEAST || !helps {
            return Ok(None);
        }
        // Where nobody answered in the last hour there is no rate: that nobody is on is told elsewhere.
        let of = brands.to_vec();
        let answered = self.parts.db.read("counting the answers of an hour", move |tx| {
            Box::pin(async move { store::answered(tx, &of, now.minus(HOUR)).await })
        });
        Ok((answered.await? > 0).then_some(found))
    }

    async fn tell(
        &self,
        credential: &str,
        chat: &str,
        found: &Outlook,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let name = format!("outlook:{credential}:{chat}");
        let id = self.parts.mint.id(now, ActionId::new).to_string();
        let once = format!("duty:{name}:{}", now.millis());
        let mut action = ActionRow::ready(id, "", "duty", credential, once, now);
        let body = json!({ "chat": chat, "kind": "outlook", "late": found.goes_late,
            "by": found.by.map(Timestamp::millis), "more": found.help.map(|(more, _)| more),
            "minutes": found.help.map(|(_, minutes)| minutes) });
        action.payload = body.to_string();
        let told = self.parts.db.write_again("telling what goes late", move |tx| {
            let (name, action) = (name.clone(), action.clone());
            Box::pin(async move {
                if !console::first_since(tx, &name, now, now.plus(HOUR)).await? {
                    return Ok(false);
                }
                bulk::insert_actions(tx, &[action]).await?;
                Ok(true)
            })
        });
        told.await
    }

    /// Runs until the order to stop.
    pub fn spawn(self, shutdown: &Shutdown) {
        let late = Arc::new(self);
        shutdown.spawn_every("what goes late", ROUND, move || {
            let late = late.clone();
            async move {
                if let Err(error) = late.run_once().await {
                    tracing::warn!(%error, "it could not be looked what goes late; it tries again");
                }
                0
            }
        });
    }
}

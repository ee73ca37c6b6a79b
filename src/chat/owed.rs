//! Promises to a customer in cards and notices: who owes what, and when it is due; never the words. What was kept, moved
//! to another time or given up meanwhile alerts nobody.

use super::card::{Entry, Look};
use super::deliver::{TelegramDeliver, entry};
use super::text::cut;
use crate::alerting;
use crate::domain::delivery::Outcome;
use crate::domain::time::Timestamp;
use crate::store::chat::Facts;
use crate::store::promise::{self, OwedRow};
use crate::store::rows::ActionRow;
use crate::store::{Db, StoreError, Tx, chat};

/// What stands in place of a remote id where a promise is due soon no more.
pub const OVER: &str = "not needed: the promise was kept, moved or given up, or its time has come";
/// Longest name of who owes it, in UTF-16 units.
const WHO_UNITS_MAX: usize = 40;

/// A promise that runs, as a card tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owed {
    /// Who owes it: `webcare`, `front_office`, or a team by name.
    pub owed_by: String,
    /// What is to be done, a code; empty where nobody said.
    pub act: String,
    /// When it is due.
    pub due: i64,
}

impl Entry {
    /// Whether it tells that a promise is due soon.
    fn is_of_promise(&self) -> bool {
        self.occasion == alerting::PROMISE
    }

    /// Finds the promise of which it tells among those that run.
    pub fn find(&mut self, running: &[OwedRow]) {
        let row = running.iter().find(|r| r.case_id == self.case && Some(r.wait) == self.wait);
        let row = row.filter(|_| self.is_of_promise());
        self.owed = row.map(|r| Owed { owed_by: r.owed_by.clone(), act: r.act.clone(), due: r.due_at });
    }

    /// Whether it tells of a promise that is not due soon any more: it runs no more, is due at another time, or is late,
    /// which is told by itself.
    pub fn is_over(&self, now: Timestamp) -> bool {
        let stands = |owed: &Owed| Some(owed.due) == self.at && owed.due > now.millis();
        self.is_of_promise() && !self.owed.as_ref().is_some_and(stands)
    }
}

impl Look {
    /// Who owes what, and how long there is still.
    pub(super) fn owed(&self, owed: &Owed, now: Timestamp) -> String {
        let (t, due) = (self.lang, Timestamp(owed.due));
        let what =
            if owed.act.is_empty() { String::new() } else { format!(" ({})", t.name("act", &owed.act)) };
        let who = cut(&t.name("owed", &owed.owed_by), WHO_UNITS_MAX);
        if due < now {
            return t.promise_late(what, who, t.span(now.since(due)));
        }
        t.promise_due(what, who, t.span(due.since(now)), self.time_from(due, now))
    }
}

fn named(facts: &[Facts]) -> Vec<(String, String)> {
    facts.iter().map(|f| (f.brand_id.clone(), f.id.clone())).collect()
}

/// Finds the promises of which entries tell.
///
/// # Errors
/// The store's.
pub(super) async fn fill(tx: &mut Tx, entries: &mut [Entry], facts: &[Facts]) -> Result<(), StoreError> {
    if !entries.iter().any(Entry::is_of_promise) {
        return Ok(());
    }
    let running = promise::running(tx, &named(facts)).await?;
    for entry in entries {
        entry.find(&running);
    }
    Ok(())
}

/// The promises that run of the cases of which alerts tell, where any of them tells of one.
///
/// # Errors
/// The store's.
pub async fn running(db: &Db, alerts: &[ActionRow], facts: &[Facts]) -> Result<Vec<OwedRow>, StoreError> {
    if !alerts.iter().any(alerting::is_owed) {
        return Ok(Vec::new());
    }
    let cases = named(facts);
    let read = db.read("reading what is promised", move |tx| {
        Box::pin(async move { promise::running(tx, &cases).await })
    });
    read.await
}

impl TelegramDeliver {
    /// What a card shows of these entries; those of which the case is gone are left out.
    pub(super) async fn shown(&self, entries: &mut Vec<Entry>) -> Result<Vec<Facts>, StoreError> {
        let mut asked = entries.clone();
        let read = self.db.read("reading what a card shows", move |tx| {
            Box::pin(async move {
                let cases: Vec<String> = asked.iter().map(|e| e.case.clone()).collect();
                let facts = chat::facts(tx, &cases).await?;
                asked.retain(|e| facts.iter().any(|f| f.id == e.case));
                fill(tx, &mut asked, &facts).await?;
                Ok((asked, facts))
            })
        });
        let (found, facts) = read.await?;
        *entries = found;
        Ok(facts)
    }

    /// Of these alerts those that are still to be told; of the others what came of them.
    pub(super) async fn still_owed<'a>(
        &self,
        alerts: Vec<&'a ActionRow>,
    ) -> (Vec<&'a ActionRow>, Vec<(String, Outcome)>) {
        let of_promises = alerts.iter().filter(|a| alerting::is_owed(a));
        let mut entries: Vec<Entry> = of_promises.filter_map(|a| entry(a)).collect();
        if entries.is_empty() {
            return (alerts, Vec::new());
        }
        if let Err(error) = self.shown(&mut entries).await {
            tracing::warn!(%error, "it cannot be told whether promises still run; they are told");
            return (alerts, Vec::new());
        }
        let now = self.clock.now();
        let over: Vec<String> = entries.into_iter().filter(|e| e.is_over(now)).map(|e| e.action).collect();
        let rest = alerts.into_iter().filter(|a| !over.contains(&a.id)).collect();
        let done = || Outcome::Done { remote_id: OVER.to_owned(), at: None };
        (rest, over.into_iter().map(|id| (id, done())).collect())
    }
}

//! What a connector spends at a platform that charges: counted here, kept by whoever runs it, held against a
//! monthly budget.
//!
//! Each billed read and write is counted by its price as it is answered, by day and unit. A thing that was read
//! twice on one day is billed once, as platforms say; after a restart it is counted again, so that this is never less
//! than what is billed. The budget belongs to the brand: what other sources of that brand spent on the platform is
//! told from the store. Reading stops where it ends; what is owed to customers is never asked for money.

use crate::clock::Clock;
use crate::domain::money::{Stage, month, month_end};
use crate::domain::time::{Span, Timestamp};
use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What was spent on a day: credential, day, unit, how many, millionths.
pub type Spent = (String, String, String, i64, i64);

#[derive(Debug, Default)]
struct State {
    /// The month that `known` is of.
    month: String,
    /// What the store says that the brand has spent this month.
    known: i64,
    /// Counted here and not handed over yet: how many and how much, by day and unit.
    counted: BTreeMap<(String, String), (i64, i64)>,
    /// Handed over, and not in `known` yet.
    handed: Vec<Spent>,
    /// What was read already today.
    day: String,
    read: HashSet<String>,
}

/// The money of one account.
#[derive(Debug)]
pub struct Purse {
    credential: String,
    platform: &'static str,
    brand: String,
    currency: &'static str,
    budget: Option<i64>,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

impl Purse {
    /// A purse of a brand with a budget a month in millionths; without one, everything is only counted.
    pub fn new(
        credential: &str,
        (platform, currency): (&'static str, &'static str),
        brand: Option<&str>,
        budget: Option<i64>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            credential: credential.to_owned(),
            platform,
            brand: brand.unwrap_or_default().to_owned(),
            currency,
            budget,
            clock,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let month = month(self.clock.now());
        if state.month != month {
            state.month = month;
            state.known = 0;
        }
        state
    }

    /// The credential that is billed.
    pub fn credential(&self) -> &str {
        &self.credential
    }

    /// The platform that charges.
    pub const fn platform(&self) -> &'static str {
        self.platform
    }

    /// The brand whose budget it is; empty where there is only one.
    pub fn brand(&self) -> &str {
        &self.brand
    }

    /// The currency in which the platform charges.
    pub const fn currency(&self) -> &'static str {
        self.currency
    }

    /// The budget of a month in millionths.
    pub const fn budget(&self) -> Option<i64> {
        self.budget
    }

    /// Counts so many of a unit, each at a price in millionths.
    pub fn spend(&self, unit: &str, n: i64, micros_each: i64) {
        if n <= 0 {
            return;
        }
        let micros = n.saturating_mul(micros_each);
        metrics::counter!("webcared_spent_micros_total", "credential" => self.credential.clone(),
            "unit" => unit.to_owned())
        .increment(u64::try_from(micros).unwrap_or(0));
        let day = self.clock.now().day();
        let mut state = self.state();
        let entry = state.counted.entry((day, unit.to_owned())).or_default();
        entry.0 = entry.0.saturating_add(n);
        entry.1 = entry.1.saturating_add(micros);
    }

    /// Counts things by their ids, each once a day; tells how much they cost.
    pub fn spend_on<'a>(&self, unit: &str, ids: impl Iterator<Item = &'a str>, micros_each: i64) -> i64 {
        let day = self.clock.now().day();
        let fresh = {
            let mut state = self.state();
            if state.day != day {
                state.day = day;
                state.read.clear();
            }
            ids.filter(|id| state.read.insert(format!("{unit}/{id}"))).count()
        };
        let fresh = i64::try_from(fresh).unwrap_or(i64::MAX);
        self.spend(unit, fresh, micros_each);
        fresh.saturating_mul(micros_each)
    }

    /// What was spent this month, in millionths.
    pub fn spent(&self) -> i64 {
        let state = self.state();
        let of_month = |day: &str| day.starts_with(&state.month);
        let counted: i64 = state.counted.iter().filter(|((day, _), _)| of_month(day)).map(|(_, c)| c.1).sum();
        let handed: i64 = state.handed.iter().filter(|s| of_month(&s.1)).map(|s| s.4).sum();
        state.known.saturating_add(counted).saturating_add(handed)
    }

    /// How far the budget is used up.
    pub fn stage(&self) -> Stage {
        Stage::of(self.spent(), self.budget)
    }

    /// What is left this month and for how long it must last; `None` without a budget.
    pub fn left(&self) -> Option<(i64, Span)> {
        let now = self.clock.now();
        let left = self.budget?.saturating_sub(self.spent()).max(0);
        Some((left, month_end(now).since(now)))
    }

    /// Whether something may still be read; if not, when the next month begins.
    pub fn may_read(&self) -> Result<(), Timestamp> {
        match self.stage() {
            Stage::Spent => Err(month_end(self.clock.now())),
            Stage::Calm | Stage::Near => Ok(()),
        }
    }

    /// What was counted since this was last asked, to be kept; [`Purse::know`] or [`Purse::put_back`] follows.
    pub fn take(&self) -> Vec<Spent> {
        let mut state = self.state();
        let counted = std::mem::take(&mut state.counted);
        let spent: Vec<Spent> = counted
            .into_iter()
            .map(|((day, unit), (n, micros))| (self.credential.clone(), day, unit, n, micros))
            .collect();
        state.handed.extend(spent.iter().cloned());
        spent
    }

    /// What was handed over could not be kept: it is handed over again.
    pub fn put_back(&self) {
        let mut state = self.state();
        for (_, day, unit, n, micros) in std::mem::take(&mut state.handed) {
            let entry = state.counted.entry((day, unit)).or_default();
            entry.0 = entry.0.saturating_add(n);
            entry.1 = entry.1.saturating_add(micros);
        }
    }

    /// What the store says that the brand has spent in a month, with all that was handed over.
    pub fn know(&self, of: &str, micros: i64) {
        let mut state = self.state();
        state.handed.clear();
        if state.month == of {
            state.known = micros;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn purse(budget: i64) -> (Purse, Arc<ManualClock>) {
        let clock = ManualClock::at(at("2026-11-30T23:00:00Z"));
        (Purse::new("x:acme", ("x", "USD"), Some("Acme"), Some(budget), clock.clone()), clock)
    }

    #[test]
    fn what_is_spent_is_held_against_the_month_and_handed_over_once() {
        let (purse, clock) = purse(1_000);
        assert_eq!(purse.spend_on("post_read", ["1", "2", "1"].into_iter(), 300), 600);
        assert_eq!(purse.spend_on("post_read", ["2"].into_iter(), 300), 0, "read again on the same day");
        assert_eq!((purse.spent(), purse.may_read()), (600, Ok(())));
        let taken = purse.take();
        assert_eq!(taken, [("x:acme".into(), "2026-11-30".into(), "post_read".into(), 2, 600)]);
        assert_eq!(purse.spent(), 600, "while it is on its way");
        purse.put_back();
        assert_eq!((purse.spent(), purse.take().len(), purse.take().len()), (600, 1, 0));
        purse.know("2026-11", 850);
        assert_eq!((purse.spent(), purse.stage()), (850, Stage::Near), "others of the brand spent the rest");
        purse.spend("reply", 1, 200);
        assert_eq!(purse.may_read(), Err(at("2026-12-01T00:00:00Z")));
        clock.advance(Span::hours(2));
        assert_eq!((purse.spent(), purse.may_read()), (0, Ok(())), "a new month");
        assert_eq!(purse.left(), Some((1_000, Span::hours(31 * 24 - 1))));
        assert_eq!(purse.spend_on("post_read", ["2"].into_iter(), 300), 300, "another day");
        purse.know("2026-11", 9_999);
        assert_eq!(purse.spent(), 300, "what the store says of a month that is over");
        assert_eq!(purse.take().len(), 2, "what was counted before is still kept, with its day");
    }
}

//! Windows of private channels: how long the platform of a case lets us answer, and which cases have little time left.
//!
//! When a customer last wrote is read from their messages; how long that lets us write is a rule of the account. What a
//! round finds is noted at the cases, for the order of the inbox, and told once: the alert is keyed by the case and the
//! end of its window, so neither a restart nor a second replica tells it again.

use super::{CaseChanged, Casework};
use crate::alerting;
use crate::domain::time::{Span, Timestamp};
use crate::domain::window::{Closing, Standing, WindowRule};
use crate::sources::{Accounts, Private};
use crate::store::{StoreError, Tx, answer, bulk, case, window};
use std::collections::{BTreeMap, BTreeSet};

/// How many messages are looked at in one go.
const AT_ONCE: i64 = 500;

/// Where the window of a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaseWindow {
    /// What may be written.
    pub standing: Standing,
    /// When the customer last wrote.
    pub last_inbound: Timestamp,
    /// The rule of the account.
    pub rule: WindowRule,
}

impl Casework {
    /// Tells that windows close after so many percent of them.
    pub const fn warning_windows(mut self, percent: i64) -> Self {
        self.window_percent = percent;
        self
    }

    /// Where the window of a case stands; nothing where it is not talked about in private, or its platform has none.
    ///
    /// # Errors
    /// The store's.
    pub async fn window_of(&self, brand_id: &str, case_id: &str) -> Result<Option<CaseWindow>, StoreError> {
        let Some(watched) = self.catalogue.get().brand(brand_id).map(|w| w.brand.name.clone()) else {
            return Ok(None);
        };
        let (brand, id) = (brand_id.to_owned(), case_id.to_owned());
        let found = self.db.read("reading the window of a case", move |tx| {
            Box::pin(async move {
                let Some((mention, platform)) = window::of_case(tx, &brand, &id).await? else {
                    return Ok(None);
                };
                let seen_by = answer::seen_by(tx, &mention).await?;
                Ok(window::last_inbound(tx, &mention).await?.map(|at| (platform, seen_by, at)))
            })
        });
        let Some((platform, seen_by, last_inbound)) = found.await? else { return Ok(None) };
        let account = self.answers.accounts.for_post(&platform, &watched, &seen_by);
        let rule = account.and_then(|a| a.source.private()?.window());
        let now = self.clock.now();
        Ok(rule.map(|rule| CaseWindow {
            standing: rule.standing(Some(last_inbound), now),
            last_inbound,
            rule,
        }))
    }

    /// Notes which windows close soon, and tells of each once; returns of how many cases something changed.
    ///
    /// # Errors
    /// The store's; what went before stands.
    pub async fn windows_due(&self) -> Result<usize, StoreError> {
        let catalogue = self.catalogue.get();
        let mut changed = 0;
        for watched in &catalogue.brands {
            changed += self.windows_of(&watched.id, &watched.brand.name).await?;
        }
        if changed > 0 {
            self.outbox.notify_waiters();
        }
        Ok(changed)
    }

    async fn windows_of(&self, brand_id: &str, brand: &str) -> Result<usize, StoreError> {
        let (now, percent) = (self.clock.now(), self.window_percent);
        let accounts = self.answers.accounts.clone();
        let (id, of) = (brand_id.to_owned(), brand.to_owned());
        let found = self.db.read("looking for private windows that close", move |tx| {
            Box::pin(async move { differences(tx, (&id, &of), &accounts, (now, percent)).await })
        });
        let differences = found.await?;
        if differences.is_empty() {
            return Ok(0);
        }
        let (catalogue, mint) = (self.catalogue.get(), self.mint.clone());
        let (of, name) = (brand_id.to_owned(), brand.to_owned());
        let done = self.db.write_again("noting private windows that close", move |tx| {
            let (catalogue, mint) = (catalogue.clone(), mint.clone());
            let (of, name, differences) = (of.clone(), name.clone(), differences.clone());
            Box::pin(async move {
                let (mut changed, mut alerts) = (Vec::new(), Vec::new());
                for (case_id, closing) in differences {
                    if !window::mark(tx, &of, &case_id, closing.map(|c| c.at)).await? {
                        continue;
                    }
                    if let Some(closing) = closing
                        && let Some(case) = case::look(tx, &of, &case_id).await?
                    {
                        alerts.extend(alerting::closing(&case, &name, &catalogue.teams, closing, &mint, now));
                    }
                    changed.push(case_id);
                }
                bulk::insert_actions(tx, &alerts).await?;
                Ok(changed)
            })
        });
        let changed = done.await?;
        for case_id in &changed {
            let of = CaseChanged { brand_id: brand_id.to_owned(), case_id: case_id.clone() };
            let _ = self.changed.send(of);
        }
        Ok(changed.len())
    }
}

/// What the accounts of a brand let us write in private, by platform; each rule once, also that there is none.
fn window_rules(accounts: &Accounts, brand: &str) -> BTreeMap<String, Vec<Option<WindowRule>>> {
    let mut rules: BTreeMap<String, Vec<Option<WindowRule>>> = BTreeMap::new();
    for account in accounts.all().iter() {
        let is_theirs = account.brand.as_ref().is_none_or(|b| b.eq_ignore_ascii_case(brand));
        if let Some(reply) = account.source.reply().filter(|_| is_theirs) {
            let rule = account.source.private().and_then(Private::window);
            let known = rules.entry(reply.platform().to_owned()).or_default();
            if !known.contains(&rule) {
                known.push(rule);
            }
        }
    }
    rules
}

/// The rule by which a message is answered: its account's, where the accounts of its platform differ.
async fn rule_of(
    tx: &mut Tx,
    (platform, brand, mention): (&str, &str, &str),
    accounts: &Accounts,
    rules: &[Option<WindowRule>],
) -> Result<Option<WindowRule>, StoreError> {
    if let [rule] = rules {
        return Ok(*rule);
    }
    let seen_by = answer::seen_by(tx, mention).await?;
    let account = accounts.for_post(platform, brand, &seen_by);
    Ok(account.and_then(|a| a.source.private()?.window()))
}

/// The cases of which something else must be noted than is, and what.
async fn differences(
    tx: &mut Tx,
    (brand_id, brand): (&str, &str),
    accounts: &Accounts,
    (now, percent): (Timestamp, i64),
) -> Result<Vec<(String, Option<Closing>)>, StoreError> {
    let mut wanted: BTreeMap<String, Closing> = BTreeMap::new();
    for (platform, rules) in window_rules(accounts, brand) {
        let known = || rules.iter().flatten();
        let longest = known().map(|rule| rule.ends_at(Timestamp(0)).millis()).max();
        let first = known().map(|rule| rule.told_after(percent)).min();
        let (Some(longest), Some(first)) = (longest, first) else { continue };
        let until = now.minus(first);
        // The first instant whose window may still be open.
        let mut behind: window::Place = (now.minus(Span(longest)).millis() + 1, String::new());
        loop {
            let found = window::owing(tx, (brand_id, &platform), (&behind, until), AT_ONCE).await?;
            let Some((_, mention, last)) = found.last() else { break };
            behind = (*last, mention.clone());
            for (case_id, mention, last) in found {
                let rule = rule_of(tx, (&platform, brand, &mention), accounts, &rules).await?;
                let Some(near) = rule.and_then(|r| r.closing(Timestamp(last), now, percent)) else {
                    continue;
                };
                let sooner = |known: &mut Closing| *known = if near.at < known.at { near } else { *known };
                wanted.entry(case_id).and_modify(sooner).or_insert(near);
            }
        }
    }
    let marked: BTreeMap<String, i64> = window::marked(tx, brand_id).await?.into_iter().collect();
    let cases: BTreeSet<&String> = wanted.keys().chain(marked.keys()).collect();
    let differs = |id: &&&String| wanted.get(**id).map(|c| c.at.millis()) != marked.get(**id).copied();
    Ok(cases.iter().filter(differs).map(|id| ((*id).clone(), wanted.get(*id).copied())).collect())
}

//! The back door in a report: the shadow index by week, brand, channel, language, level, sector, cause, matter and team
//! with the period before beside it, why customers came and what they had tried, whether webcare lets people jump the queue, and whether
//! the first answer solved it. Behind every figure stands the list of its cases.
//!
//! One thin row is read for each case that was the front office's to solve, and all is counted from these rows, so
//! that a figure and its list cannot differ.

mod count;
pub mod demand;
pub mod first_time;
pub mod masking;
pub mod paper;
mod tables;
pub mod yesterday;

pub use count::{Could, Group, Jump, Reason, Reasons, Tries};
pub use first_time::{FirstTime, Of};
pub use tables::{csv_tables, groups, html, html_first_time, lines};

use super::Ask;
use super::period::{as_long_before, days_before};
use crate::domain::time::Timestamp;
use crate::store::office::{self, OfficeCase, OfficeLink};
use crate::store::{Db, StoreError, Tx};
use serde::Serialize;
use std::collections::{HashMap, HashSet};

/// Most cases that are counted; a report tells if there were more.
pub const CASES_MAX: i64 = 100_000;
/// The trend by week goes back at least this far.
const DAYS_BACK: i64 = 56;

/// The part of a report.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Office {
    /// All cases of the period, with the period before.
    pub total: Group,
    /// By week, earliest first; weeks end with the period.
    pub weeks: Vec<Group>,
    /// By brand.
    pub brands: Vec<Group>,
    /// By channel: the platform of the case.
    pub channels: Vec<Group>,
    /// By language.
    pub languages: Vec<Group>,
    /// By level.
    pub levels: Vec<Group>,
    /// By sector.
    pub sectors: Vec<Group>,
    /// By cause: why customers came.
    pub causes: Vec<Group>,
    /// By what customers wanted.
    pub matters: Vec<Group>,
    /// By team of the front office or supplier: the queue of the ticket.
    pub teams: Vec<Group>,
    /// Why customers came.
    pub reasons: Reasons,
    /// Why webcare could what the front office could not.
    pub could: Could,
    /// Cases that look like the front office's, are over, and of which nobody said how they ended: they count in no
    /// figure above. As `BRAND#NUMBER`.
    pub not_said: Vec<String>,
    /// What they had tried before.
    pub tries: Tries,
    /// Whether webcare lets people jump the queue.
    pub jump: Jump,
    /// Whether the first answer solved it.
    pub first_time: FirstTime,
    /// There were more cases than are counted.
    pub cut: bool,
}

impl Office {
    /// The groups of a dimension by its code in [`groups`]; none for what is none.
    pub fn by(&self, dimension: &str) -> &[Group] {
        let found = groups(self).into_iter().find(|(by, ..)| *by == dimension);
        found.map(|(.., list, _)| list).unwrap_or_default()
    }
}

/// The rows that all is counted from.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// The cases, those of the periods before too.
    pub cases: Vec<OfficeCase>,
    /// Their tickets by case.
    pub links: HashMap<String, Vec<OfficeLink>>,
    /// When tickets were solved, by link.
    pub solved: HashMap<String, Timestamp>,
    /// The tickets that we gave a status, by link: where such a one is solved, the front office need not have done it.
    pub given: HashSet<String>,
}

impl Rows {
    /// The tickets of a case.
    pub fn links_of(&self, case: &OfficeCase) -> &[OfficeLink] {
        self.links.get(&case.case_id).map_or(&[], Vec::as_slice)
    }

    /// The team that had the matter: the queue of its first ticket, or that ticket's system; empty without one.
    pub fn team_of(&self, case: &OfficeCase) -> String {
        let first = self.links_of(case).iter().min_by_key(|l| l.opened_at.unwrap_or(l.linked_at));
        first
            .map_or_else(String::new, |l| if l.queue.is_empty() { l.system.clone() } else { l.queue.clone() })
    }
}

/// Which cases somebody may see: all, or those of queues of the front office.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Sight {
    /// All of them.
    #[default]
    All,
    /// Those whose first ticket stands in one of these: brand and queue, by name.
    Queues(Vec<(String, String)>),
}

impl Sight {
    /// Whether a case is seen.
    pub fn sees(&self, rows: &Rows, case: &OfficeCase) -> bool {
        let Self::Queues(queues) = self else { return true };
        let same = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
        let team = rows.team_of(case);
        !team.is_empty() && queues.iter().any(|(b, queue)| same(b, &case.brand) && same(queue, &team))
    }
}

/// Reads the rows of a span.
pub async fn rows(tx: &mut Tx, brands: &[String], span: (Timestamp, Timestamp)) -> Result<Rows, StoreError> {
    let cases = office::cases(tx, brands, span, CASES_MAX + 1).await?;
    let mut links: HashMap<String, Vec<OfficeLink>> = HashMap::new();
    for link in office::links(tx, brands, span).await? {
        links.entry(link.case_id.clone()).or_default().push(link);
    }
    let (mut solved, mut given) = (HashMap::new(), HashSet::new());
    for (kind, at, body) in office::solved(tx, brands, span).await? {
        let body: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
        if let Some(link) = body["link"].as_str() {
            // What was opened again was not solved before.
            match kind.as_str() {
                "ticket_solved" => drop(solved.insert(link.to_owned(), Timestamp(at))),
                "ticket_status" => drop(given.insert(link.to_owned())),
                _ => drop(solved.remove(link)),
            }
        }
    }
    Ok(Rows { cases, links, solved, given })
}

/// From when on cases are read: the period before, and weeks enough to show a trend.
fn first_read(asked: &Ask) -> Timestamp {
    let before = as_long_before((asked.from, asked.to), &asked.zone);
    days_before(asked.to, DAYS_BACK, &asked.zone).min(before)
}

/// Counts a period on one consistent view.
pub async fn report(db: &Db, ask: &Ask, now: Timestamp) -> Result<Office, StoreError> {
    let asked = ask.clone();
    db.read("counting the back door", move |tx| Box::pin(async move { of(tx, &asked, now).await })).await
}

/// Counts a period.
pub async fn of(tx: &mut Tx, asked: &Ask, now: Timestamp) -> Result<Office, StoreError> {
    let mut rows = rows(tx, &asked.brands, (first_read(asked), asked.to)).await?;
    let most = usize::try_from(CASES_MAX).unwrap_or(usize::MAX);
    let cut = rows.cases.len() > most;
    rows.cases.truncate(most);
    let mut made = count::of(&rows, asked, now);
    made.cut = cut;
    made.first_time = first_time::of(tx, asked, now).await?;
    let not_said = office::not_said(tx, &asked.brands, (asked.from, asked.to), CASES_MAX).await?;
    made.not_said = not_said.into_iter().map(|(brand, number)| format!("{brand}#{number}")).collect();
    Ok(made)
}

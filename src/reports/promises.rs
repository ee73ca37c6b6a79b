//! Promises in a report: by who owes them, how many that fell due were kept, kept late, or are broken, with the cases
//! behind each figure.
//!
//! A promise counts in the period in which it was due. One that was moved or called off in time counts nowhere; one
//! that was moved or called off after it was due was broken.

use super::Ask;
use crate::domain::time::Timestamp;
use crate::store::promise::{self, DueRow};
use crate::store::{StoreError, Tx};
use serde::Serialize;
use std::collections::BTreeMap;

/// How many promises are listed one by one.
pub const CASES_MAX: usize = 5_000;
/// The title of the figures.
pub const TITLE: &str = "Promises by who owes them";
/// The title of the list behind them.
pub const CASES: &str = "Promises that were due";

/// The figures of who owes promises of a brand.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// The brand by name.
    pub brand: String,
    /// `webcare`, `front_office`, or a team by name.
    pub owed_by: String,
    /// How many were due.
    pub due: i64,
    /// Of these, kept in time.
    pub kept: i64,
    /// Kept, and late.
    pub late: i64,
    /// Not kept.
    pub broken: i64,
    /// Kept of all that were due, in percent, rounded down to a tenth.
    pub kept_percent: Option<f64>,
}

/// One promise behind the figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Case {
    /// The brand by name.
    pub brand: String,
    /// The case's short number.
    pub number: i64,
    /// Who owes it.
    pub owed_by: String,
    /// What is to be done, a code; may be empty.
    pub act: String,
    /// Where it was made.
    pub origin: String,
    /// To whom: `reporter`, `customer` or `other`.
    pub to_whom: String,
    /// When it was due, RFC 3339.
    pub due_at: String,
    /// When it was kept, RFC 3339.
    pub ended_at: Option<String>,
    /// `kept`, `late` or `broken`.
    pub outcome: &'static str,
}

/// The part of a report.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Promises {
    /// By brand and who owes them.
    pub owners: Vec<Figures>,
    /// The promises behind the figures.
    pub cases: Vec<Case>,
    /// How many are not listed.
    pub cases_not_listed: i64,
}

/// Counts and lists the promises that were due in a period, as things stand at `now`.
pub async fn of(tx: &mut Tx, asked: &Ask, now: Timestamp) -> Result<Promises, StoreError> {
    let rows = promise::due(tx, &asked.brands, asked.from, asked.to.min(now)).await?;
    Ok(put_together(rows))
}

/// What became of one; none if it counts nowhere.
fn outcome(row: &DueRow) -> Option<&'static str> {
    match (row.state.as_str(), row.ended_at) {
        ("kept", _) => Some("kept"),
        // Somebody said that it will not be kept.
        ("broken", _) if row.ended_by.as_deref() == Some("given_up") => Some("broken"),
        ("broken", _) => Some("late"),
        (_, None) => Some("broken"),
        (_, Some(ended)) => (ended > row.due_at).then_some("broken"),
    }
}

fn put_together(rows: Vec<DueRow>) -> Promises {
    let mut owners: BTreeMap<(String, String), Figures> = BTreeMap::new();
    let mut made = Promises::default();
    for row in rows {
        let Some(outcome) = outcome(&row) else { continue };
        let key = (row.brand.clone(), row.owed_by.clone());
        let f = owners.entry(key).or_insert_with(|| Figures {
            brand: row.brand.clone(),
            owed_by: row.owed_by.clone(),
            ..Figures::default()
        });
        f.due += 1;
        match outcome {
            "kept" => f.kept += 1,
            "late" => f.late += 1,
            _ => f.broken += 1,
        }
        if made.cases.len() == CASES_MAX {
            made.cases_not_listed += 1;
            continue;
        }
        let ended = row.ended_at.filter(|_| outcome != "broken");
        made.cases.push(Case {
            brand: row.brand,
            number: row.number,
            owed_by: row.owed_by,
            act: row.act,
            origin: row.origin,
            to_whom: row.to_whom,
            due_at: Timestamp(row.due_at).rfc3339(),
            ended_at: ended.map(|at| Timestamp(at).rfc3339()),
            outcome,
        });
    }
    made.owners = owners.into_values().collect();
    for f in &mut made.owners {
        // Down, as the same promises are told by kind.
        f.kept_percent = (f.due > 0).then(|| (f.kept * 1000 / f.due) as f64 / 10.0);
    }
    made
}

/// The figures in words.
pub fn lines(promises: &Promises) -> Vec<String> {
    if promises.owners.is_empty() {
        return vec!["not measured: no promise was due".to_owned()];
    }
    let one = |f: &Figures| {
        let percent = f.kept_percent.map_or_else(|| "not measured".to_owned(), |p| format!("{p:.1} %"));
        format!(
            "{}: {}: {} due, kept {} ({percent}), late {}, broken {}",
            f.brand,
            f.owed_by.replace('_', " "),
            f.due,
            f.kept,
            f.late,
            f.broken
        )
    };
    promises.owners.iter().map(one).collect()
}

/// To whom, where that is not who wrote.
fn whom(code: &str) -> &'static str {
    match code {
        "customer" => ", to the customer",
        "other" => ", to somebody else",
        _ => "",
    }
}

/// The promises behind the figures, one line each.
pub fn case_lines(promises: &Promises) -> Vec<String> {
    let minute = |at: &str| format!("{}Z", at.get(..16).unwrap_or(at).replace('T', " "));
    let one = |c: &Case| {
        let act = if c.act.is_empty() { String::new() } else { format!(" {}", c.act) };
        format!(
            "{} #{}: {}{act}{}, due {}: {} ({})",
            c.brand,
            c.number,
            c.owed_by.replace('_', " "),
            whom(&c.to_whom),
            minute(&c.due_at),
            c.outcome,
            c.origin
        )
    };
    let more = (promises.cases_not_listed > 0).then(|| format!("and {} more", promises.cases_not_listed));
    promises.cases.iter().map(one).chain(more).collect()
}

/// The figures as a table with its head.
pub fn csv_rows(promises: &Promises) -> Vec<[String; 8]> {
    let head = ["row", "brand", "owed_by", "due", "kept", "late", "broken", "kept_percent"];
    let one = |f: &Figures| {
        [
            "promises".to_owned(),
            f.brand.clone(),
            f.owed_by.clone(),
            f.due.to_string(),
            f.kept.to_string(),
            f.late.to_string(),
            f.broken.to_string(),
            f.kept_percent.map_or_else(String::new, |p| format!("{p:.1}")),
        ]
    };
    std::iter::once(head.map(ToOwned::to_owned)).chain(promises.owners.iter().map(one)).collect()
}

/// The promises behind them as a table with its head.
pub fn csv_cases(promises: &Promises) -> Vec<[String; 9]> {
    let head = ["row", "brand", "number", "owed_by", "act", "origin", "due_at", "outcome", "to_whom"];
    let one = |c: &Case| {
        [
            "promise".to_owned(),
            c.brand.clone(),
            c.number.to_string(),
            c.owed_by.clone(),
            c.act.clone(),
            c.origin.clone(),
            c.due_at.clone(),
            c.outcome.to_owned(),
            c.to_whom.clone(),
        ]
    };
    std::iter::once(head.map(ToOwned::to_owned)).chain(promises.cases.iter().map(one)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_moved_in_time_counts_nowhere_and_what_was_moved_late_was_broken() {
        let row = |owed_by: &str, state: &str, ended_at: Option<i64>| DueRow {
            brand: "Acme".into(),
            number: 1,
            owed_by: owed_by.into(),
            act: "call".into(),
            origin: "answer".into(),
            to_whom: "customer".into(),
            due_at: 1000,
            ended_at,
            state: state.into(),
            ended_by: None,
        };
        let made = put_together(vec![
            row("webcare", "kept", Some(900)),
            row("webcare", "broken", Some(1100)),
            row("webcare", "running", None),
            row("webcare", "superseded", Some(500)),
            row("front_office", "superseded", Some(1500)),
            row("front_office", "void", Some(10)),
        ]);
        let told: Vec<_> =
            made.owners.iter().map(|f| (f.owed_by.as_str(), f.due, f.kept, f.late, f.broken)).collect();
        assert_eq!(told, [("front_office", 1, 0, 0, 1), ("webcare", 3, 1, 1, 1)]);
        assert_eq!(made.owners[1].kept_percent, Some(33.3));
        assert!(lines(&made)[1].contains("webcare: 3 due, kept 1 (33.3 %), late 1, broken 1"));
        assert_eq!(case_lines(&made).len(), 4);
        assert!(case_lines(&made)[0].contains("call, to the customer, due"), "{:?}", case_lines(&made));
        let kept = |n| row("webcare", "kept", Some(n));
        let made = put_together(vec![kept(900), kept(901), row("webcare", "running", None)]);
        assert_eq!(made.owners[0].kept_percent, Some(66.6), "down, as everywhere");
        assert!(lines(&Promises::default())[0].starts_with("not measured"));
    }
}

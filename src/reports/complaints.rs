//! The register of formal complaints in a report: how many were made in a period, which had our word and a decision
//! in time, what was decided, and each of them.

use super::Ask;
use crate::domain::time::Timestamp;
use crate::store::complaint::{self, RegisterRow};
use crate::store::{StoreError, Tx};
use serde::Serialize;
use std::collections::BTreeMap;

/// The title of the figures.
pub const TITLE: &str = "Formal complaints";
/// The title of the list behind them.
pub const CASES: &str = "Formal complaints one by one";

/// One complaint of the register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The brand by name.
    pub brand: String,
    /// The case's short number.
    pub number: i64,
    /// When it was made, RFC 3339.
    pub made_at: String,
    /// By when the customer has to have our word, RFC 3339.
    pub acknowledge_due: Option<String>,
    /// When they had it.
    pub acknowledged_at: Option<String>,
    /// `kept`, `late`, `running`, `overdue` or `none`.
    pub acknowledged: &'static str,
    /// By when it has to be decided.
    pub decide_due: Option<String>,
    /// When it was.
    pub decided_at: Option<String>,
    /// `kept`, `late`, `running`, `overdue` or `none`.
    pub decided: &'static str,
    /// What was decided, a code; none if nothing was.
    pub outcome: Option<String>,
    /// Why, if the words are still there.
    pub why: Option<String>,
    /// The sector; empty for none.
    pub sector: String,
}

/// The part of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Complaints {
    /// How many were made.
    pub made: i64,
    /// How the word that we have it went, by `kept`, `late`, `running`, `overdue`, `none`.
    pub acknowledged: BTreeMap<&'static str, i64>,
    /// How the decision went.
    pub decided: BTreeMap<&'static str, i64>,
    /// What was decided, by code.
    pub outcomes: BTreeMap<String, i64>,
    /// The register.
    pub register: Vec<Line>,
}

/// Reads the register of a period.
pub async fn of(tx: &mut Tx, asked: &Ask, now: Timestamp) -> Result<Complaints, StoreError> {
    let rows = complaint::register(tx, &asked.brands, asked.from, asked.to).await?;
    Ok(put_together(rows, now))
}

fn stands(state: Option<&str>, due: Option<i64>, now: Timestamp) -> &'static str {
    match (state, due) {
        (Some("kept"), _) => "kept",
        (Some("broken"), _) => "late",
        (Some("running" | "held"), Some(due)) if now.millis() > due => "overdue",
        (Some("running" | "held"), _) => "running",
        _ => "none",
    }
}

fn put_together(rows: Vec<RegisterRow>, now: Timestamp) -> Complaints {
    let mut made = Complaints::default();
    let at = |ms: Option<i64>| ms.map(|ms| Timestamp(ms).rfc3339());
    for row in rows {
        let line = Line {
            acknowledged: stands(row.acknowledge_state.as_deref(), row.acknowledge_due, now),
            decided: stands(row.decide_state.as_deref(), row.decide_due, now),
            brand: row.brand,
            number: row.number,
            made_at: Timestamp(row.marked_at).rfc3339(),
            acknowledge_due: at(row.acknowledge_due),
            acknowledged_at: at(row.acknowledged_at),
            decide_due: at(row.decide_due),
            decided_at: at(row.decided_at),
            outcome: row.outcome,
            why: row.why,
            sector: row.sector,
        };
        made.made += 1;
        *made.acknowledged.entry(line.acknowledged).or_default() += 1;
        *made.decided.entry(line.decided).or_default() += 1;
        if let Some(outcome) = &line.outcome {
            *made.outcomes.entry(outcome.clone()).or_default() += 1;
        }
        made.register.push(line);
    }
    made
}

/// The figures in words; none where no complaint was made, so that a register that is off leaves no trace.
pub fn lines(made: &Complaints) -> Vec<String> {
    if made.made == 0 {
        return Vec::new();
    }
    let counts = |of: &BTreeMap<&'static str, i64>| {
        let all: Vec<String> = of.iter().map(|(what, n)| format!("{what} {n}")).collect();
        all.join(", ")
    };
    let outcomes: Vec<String> =
        made.outcomes.iter().map(|(what, n)| format!("{} {n}", what.replace('_', " "))).collect();
    let mut lines = vec![
        format!("made: {}", made.made),
        format!("acknowledged: {}", counts(&made.acknowledged)),
        format!("decided: {}", counts(&made.decided)),
    ];
    if !outcomes.is_empty() {
        lines.push(format!("outcomes: {}", outcomes.join(", ")));
    }
    lines
}

/// The register, one line each.
pub fn case_lines(made: &Complaints) -> Vec<String> {
    let one = |l: &Line| {
        let day = |at: &str| at.get(..10).unwrap_or(at).to_owned();
        let outcome = l.outcome.as_deref().unwrap_or("open").replace('_', " ");
        format!(
            "{} #{}: made {}, acknowledged {}, decided {}: {outcome}",
            l.brand,
            l.number,
            day(&l.made_at),
            l.acknowledged,
            l.decided
        )
    };
    made.register.iter().map(one).collect()
}

/// The register as a table with its head.
pub fn csv_rows(made: &Complaints) -> Vec<Vec<String>> {
    let head = [
        "row",
        "brand",
        "number",
        "made_at",
        "acknowledge_due",
        "acknowledged_at",
        "acknowledged",
        "decide_due",
        "decided_at",
        "decided",
        "outcome",
        "why",
        "sector",
    ];
    let or = |text: &Option<String>| text.clone().unwrap_or_default();
    let one = |l: &Line| {
        vec![
            "complaint".to_owned(),
            l.brand.clone(),
            l.number.to_string(),
            l.made_at.clone(),
            or(&l.acknowledge_due),
            or(&l.acknowledged_at),
            l.acknowledged.to_owned(),
            or(&l.decide_due),
            or(&l.decided_at),
            l.decided.to_owned(),
            or(&l.outcome),
            or(&l.why),
            l.sector.clone(),
        ]
    };
    std::iter::once(head.map(ToOwned::to_owned).to_vec()).chain(made.register.iter().map(one)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_stands_as_its_state_and_time_say() {
        let now = Timestamp(100);
        assert_eq!(stands(Some("kept"), Some(1), now), "kept");
        assert_eq!(stands(Some("broken"), Some(1), now), "late");
        assert_eq!(stands(Some("running"), Some(100), now), "running");
        assert_eq!(stands(Some("running"), Some(99), now), "overdue");
        assert_eq!(stands(Some("void"), Some(99), now), "none");
        assert_eq!(stands(None, None, now), "none");
        assert!(lines(&Complaints::default()).is_empty());
    }
}

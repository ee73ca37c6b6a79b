//! Goodwill in a report: what was given in a period, in sum and number, by brand and currency, by what it was, by
//! sector and by why the customer came, with the cases behind each figure.

use super::Ask;
use crate::domain::goodwill::shown;
use crate::domain::time::Timestamp;
use crate::store::goodwill::{self, GivenRow};
use crate::store::{StoreError, Tx};
use serde::Serialize;
use std::collections::BTreeMap;

/// How many are listed one by one.
pub const CASES_MAX: usize = 5_000;
/// The title of the figures.
pub const TITLE: &str = "Goodwill";
/// The title of the list behind them.
pub const CASES: &str = "Goodwill case by case";

/// What was given in one group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// The brand by name.
    pub brand: String,
    /// The currency.
    pub currency: String,
    /// Of what the group is: `total`, `kind`, `sector` or `back_door`.
    pub by: &'static str,
    /// Its name; empty for cases without.
    pub name: String,
    /// How many were given.
    pub count: i64,
    /// The sum, `12.50`.
    pub amount: String,
    /// The cases by short number.
    pub cases: Vec<i64>,
}

/// One gift behind the figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Case {
    /// The brand by name.
    pub brand: String,
    /// The case's short number.
    pub number: i64,
    /// What it is, a code.
    pub kind: String,
    /// How much.
    pub amount: String,
    /// In what.
    pub currency: String,
    /// `granted`, `asked`, `refused` or `taken_back`.
    pub state: String,
    /// When it was given or asked for, RFC 3339.
    pub at: String,
    /// Whether a second person decided about it.
    pub decided: bool,
    /// The sector; empty for none.
    pub sector: String,
    /// Why the customer came; empty where nobody said.
    pub back_door: String,
}

/// The part of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Goodwill {
    /// By brand, currency and group.
    pub groups: Vec<Figures>,
    /// How many wait for a second person.
    pub waiting: i64,
    /// All that was given, asked for, refused or taken back.
    pub cases: Vec<Case>,
    /// How many are not listed.
    pub cases_not_listed: i64,
}

/// Counts and lists what was given in a period.
pub async fn of(tx: &mut Tx, asked: &Ask) -> Result<Goodwill, StoreError> {
    Ok(put_together(goodwill::given(tx, &asked.brands, asked.from, asked.to).await?))
}

/// Brand, currency, by what, and its name.
type Group = (String, String, usize, String);
/// How many, how much in millionths, and the cases by number.
type Sum = (i64, i64, Vec<i64>);

fn put_together(rows: Vec<GivenRow>) -> Goodwill {
    let mut groups: BTreeMap<Group, Sum> = BTreeMap::new();
    let mut made = Goodwill::default();
    for row in rows {
        let by = ["", row.kind.as_str(), row.sector.as_str(), row.back_door.as_str()];
        if row.state == "granted" {
            for (at, name) in by.into_iter().enumerate() {
                let key = (row.brand.clone(), row.currency.clone(), at, name.to_owned());
                let (count, micros, cases) = groups.entry(key).or_default();
                *count += 1;
                *micros += row.micros;
                if cases.last() != Some(&row.number) {
                    cases.push(row.number);
                }
            }
        }
        made.waiting += i64::from(row.state == "asked");
        if made.cases.len() == CASES_MAX {
            made.cases_not_listed += 1;
            continue;
        }
        made.cases.push(Case {
            brand: row.brand,
            number: row.number,
            kind: row.kind,
            amount: shown(row.micros),
            currency: row.currency,
            state: row.state,
            at: Timestamp(row.made_at).rfc3339(),
            decided: row.approved == 1,
            sector: row.sector,
            back_door: row.back_door,
        });
    }
    const BY: [&str; 4] = ["total", "kind", "sector", "back_door"];
    let one = |((brand, currency, at, name), (count, micros, mut cases)): (Group, Sum)| {
        cases.sort_unstable();
        cases.dedup();
        Figures { brand, currency, by: BY[at], name, count, amount: shown(micros), cases }
    };
    made.groups = groups.into_iter().map(one).collect();
    made
}

fn named(name: &str) -> String {
    if name.is_empty() { "not said".to_owned() } else { name.replace('_', " ") }
}

/// The figures in words; none where nothing was given.
pub fn lines(made: &Goodwill) -> Vec<String> {
    let one = |f: &Figures| {
        let what = if f.by == "total" {
            String::new()
        } else {
            format!("{} {}: ", f.by.replace('_', " "), named(&f.name))
        };
        format!("{}: {what}{} {} in {} times", f.brand, f.amount, f.currency, f.count)
    };
    let waiting = (made.waiting > 0).then(|| format!("{} wait for a second person", made.waiting));
    made.groups.iter().map(one).chain(waiting).collect()
}

/// What is behind the figures, one line each.
pub fn case_lines(made: &Goodwill) -> Vec<String> {
    let one = |c: &Case| {
        let (day, state) = (c.at.get(..10).unwrap_or(&c.at), c.state.replace('_', " "));
        format!("{} #{}: {} {} {}, {day}: {state}", c.brand, c.number, c.kind, c.amount, c.currency)
    };
    let more = (made.cases_not_listed > 0).then(|| format!("and {} more", made.cases_not_listed));
    made.cases.iter().map(one).chain(more).collect()
}

/// The figures as a table with its head.
pub fn csv_rows(made: &Goodwill) -> Vec<Vec<String>> {
    let head = ["row", "brand", "currency", "by", "name", "count", "amount"].map(ToOwned::to_owned).to_vec();
    let one = |f: &Figures| {
        let cells = ["goodwill", &f.brand, &f.currency, f.by, &f.name, &f.count.to_string(), &f.amount];
        cells.map(ToOwned::to_owned).to_vec()
    };
    std::iter::once(head).chain(made.groups.iter().map(one)).collect()
}

/// What is behind them as a table with its head.
pub fn csv_cases(made: &Goodwill) -> Vec<Vec<String>> {
    let head = [
        "row",
        "brand",
        "number",
        "kind",
        "amount",
        "currency",
        "state",
        "at",
        "decided",
        "sector",
        "back_door",
    ];
    let one = |c: &Case| {
        let cells = [
            "gift",
            &c.brand,
            &c.number.to_string(),
            &c.kind,
            &c.amount,
            &c.currency,
            &c.state,
            &c.at,
            if c.decided { "1" } else { "0" },
            &c.sector,
            &c.back_door,
        ];
        cells.map(ToOwned::to_owned).to_vec()
    };
    std::iter::once(head.map(ToOwned::to_owned).to_vec()).chain(made.cases.iter().map(one)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_given_is_counted_and_every_group_sums_to_the_total() {
        let row = |number, kind: &str, micros, state: &str, sector: &str| GivenRow {
            id: format!("gdw_{number}"),
            brand: "Acme".into(),
            case_id: "cas_1".into(),
            number,
            kind: kind.into(),
            micros,
            currency: "EUR".into(),
            state: state.into(),
            made_at: 0,
            approved: 0,
            sector: sector.into(),
            back_door: String::new(),
        };
        let made = put_together(vec![
            row(1, "voucher", 25_000_000, "granted", "repair"),
            row(2, "refund", 10_500_000, "granted", ""),
            row(2, "refund", 99_000_000, "asked", ""),
            row(3, "gift", 1_000_000, "taken_back", ""),
        ]);
        let of = |by: &str| -> Vec<(&str, i64, &str)> {
            let group = made.groups.iter().filter(|f| f.by == by);
            group.map(|f| (f.name.as_str(), f.count, f.amount.as_str())).collect()
        };
        assert_eq!(of("total"), [("", 2, "35.50")]);
        assert_eq!(of("kind"), [("refund", 1, "10.50"), ("voucher", 1, "25.00")]);
        assert_eq!(of("sector"), [("", 1, "10.50"), ("repair", 1, "25.00")]);
        assert_eq!((made.waiting, made.cases.len()), (1, 4));
        assert!(lines(&made).contains(&"Acme: 35.50 EUR in 2 times".to_owned()));
        assert!(lines(&Goodwill::default()).is_empty());
    }
}

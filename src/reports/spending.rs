//! What the platforms that charge were paid in a period, by brand and by what was read or written.
//!
//! Counted by days of UTC, as bills are, by the prices in the settings: an estimate that is never below the bill.

use super::Ask;
use crate::domain::money::shown;
use crate::domain::time::{Span, Timestamp};
use crate::store::purse::{self, SpentRow};
use crate::store::{StoreError, Tx};
use serde::Serialize;

/// The title of the figures.
pub const TITLE: &str = "Spent on platforms";

/// What a brand spent on one platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Spending {
    /// The platform.
    pub platform: String,
    /// The brand; empty where the source serves all of them.
    pub brand: String,
    /// The currency.
    pub currency: String,
    /// How much, in millionths.
    pub micros: i64,
    /// On what.
    pub units: Vec<OnUnit>,
}

/// What was spent on one kind of call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OnUnit {
    /// The kind, as the platform's price list has it.
    pub unit: String,
    /// How many.
    pub units: i64,
    /// How much, in millionths.
    pub micros: i64,
}

/// What was spent in the period, by platform and brand.
pub async fn of(tx: &mut Tx, asked: &Ask) -> Result<Vec<Spending>, StoreError> {
    let (first, last) = utc_days(asked.from, asked.to);
    Ok(summed(purse::between(tx, &asked.brands, &first, &last).await?))
}

/// The days of UTC of a period, first and last: those whose noon lies in it, so that each counts in one day, one week and one month
/// of any zone and in no two. A period without a noon has the day of its end.
fn utc_days(from: Timestamp, to: Timestamp) -> (String, String) {
    const NOON: Span = Span::hours(12);
    let end = to.minus(Span(1));
    let (first, last) = (from.plus(NOON).minus(Span(1)).day(), end.minus(NOON).day());
    // Written so, earlier days come first.
    if last < first { (end.day(), end.day()) } else { (first, last) }
}

fn summed(rows: Vec<SpentRow>) -> Vec<Spending> {
    let mut all: Vec<Spending> = Vec::new();
    for row in rows {
        let unit = OnUnit { unit: row.unit, units: row.units, micros: row.micros };
        match all.last_mut() {
            Some(last)
                if (&last.platform, &last.brand, &last.currency)
                    == (&row.platform, &row.brand, &row.currency) =>
            {
                last.micros += unit.micros;
                last.units.push(unit);
            }
            _ => all.push(Spending {
                platform: row.platform,
                brand: row.brand,
                currency: row.currency,
                micros: unit.micros,
                units: vec![unit],
            }),
        }
    }
    all
}

/// One line a platform and brand.
pub fn lines(spent: &[Spending]) -> Vec<String> {
    let line = |s: &Spending| {
        let of: Vec<String> = s
            .units
            .iter()
            .map(|u| format!("{} {} {}", u.units, u.unit.replace('_', " "), shown(u.micros)))
            .collect();
        let brand = if s.brand.is_empty() { String::new() } else { format!(", {}", s.brand) };
        format!("{}{brand}: {} {} ({})", s.platform, shown(s.micros), s.currency, of.join("; "))
    };
    spent.iter().map(line).collect()
}

/// Rows of CSV with their head.
pub fn csv_rows(spent: &[Spending]) -> Vec<Vec<String>> {
    let head =
        ["row", "platform", "brand", "unit", "units", "amount", "currency"].map(str::to_owned).to_vec();
    let rows = spent.iter().flat_map(|s| {
        s.units.iter().map(|u| {
            let amount = shown(u.micros);
            let cells = ["spent", &s.platform, &s.brand, &u.unit, &u.units.to_string(), &amount, &s.currency];
            cells.map(str::to_owned).to_vec()
        })
    });
    std::iter::once(head).chain(rows).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(platform: &str, brand: &str, unit: &str, units: i64, micros: i64) -> SpentRow {
        SpentRow {
            platform: platform.into(),
            brand: brand.into(),
            currency: "USD".into(),
            unit: unit.into(),
            units,
            micros,
        }
    }

    #[test]
    fn a_day_of_utc_counts_in_one_day_of_any_zone() {
        let of = |from: &str, to: &str| {
            let at = |text: &str| Timestamp::parse(text).unwrap();
            let (first, last) = utc_days(at(from), at(to));
            format!("{first} {last}")
        };
        assert_eq!(of("2026-11-24T00:00:00Z", "2026-11-25T00:00:00Z"), "2026-11-24 2026-11-24");
        // Two days of Amsterdam, one of New York, a month of Amsterdam.
        assert_eq!(of("2026-11-23T23:00:00Z", "2026-11-24T23:00:00Z"), "2026-11-24 2026-11-24");
        assert_eq!(of("2026-11-24T23:00:00Z", "2026-11-25T23:00:00Z"), "2026-11-25 2026-11-25");
        assert_eq!(of("2026-11-24T05:00:00Z", "2026-11-25T05:00:00Z"), "2026-11-24 2026-11-24");
        assert_eq!(of("2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z"), "2026-10-01 2026-10-31");
        assert_eq!(
            of("2026-11-23T23:00:00Z", "2026-11-24T07:00:00Z"),
            "2026-11-24 2026-11-24",
            "this morning"
        );
    }

    #[test]
    fn what_was_spent_is_summed_by_brand_and_told_by_unit() {
        let rows = vec![
            row("x", "Acme", "answer", 2, 20_000),
            row("x", "Acme", "owned_read", 1_500, 1_500_000),
            row("x", "Globex", "answer", 1, 10_000),
        ];
        let spent = summed(rows);
        assert_eq!(spent.iter().map(|s| s.micros).collect::<Vec<_>>(), [1_520_000, 10_000]);
        let told = lines(&spent);
        assert_eq!(told[0], "x, Acme: 1.52 USD (2 answer 0.02; 1500 owned read 1.50)");
        assert_eq!(csv_rows(&spent)[3], ["spent", "x", "Globex", "answer", "1", "0.01", "USD"]);
        assert!(lines(&[]).is_empty());
    }
}

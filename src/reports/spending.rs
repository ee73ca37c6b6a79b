//! What the platforms that charge were paid in a period, by brand and by what was read or written.
//!
//! Counted by days of UTC, as bills are, by the prices in the settings: an estimate that is never below the bill.

use super::Ask;
use crate::domain::money::shown;
use crate::domain::time::Span;
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
    // The period ends before `to`, so its last day is that of the instant before.
    let (first, last) = (asked.from.day(), asked.to.minus(Span(1)).day());
    Ok(summed(purse::between(tx, &asked.brands, &first, &last).await?))
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

//! Credentials that will end, rights that they turned out to lack, and budgets that are used up: each stage is told
//! once, a lack once a day.

use super::AGAIN;
use crate::domain::expiry::Stage;
use crate::domain::money::{self, Stage as Spent};
use crate::domain::time::Timestamp;
use crate::store::{StoreError, Tx, grant, purse, translation};
use serde_json::{Value, json};

/// What is to be told now; noted as told in the same transaction.
pub(super) async fn told(tx: &mut Tx, ahead_days: i64, now: Timestamp) -> Result<Vec<Value>, StoreError> {
    let mut bodies = Vec::new();
    for end in grant::ends(tx).await? {
        let stage = end.expiry().stage(now, ahead_days);
        if stage == Stage::Far || stage.number() <= end.told {
            continue;
        }
        grant::note_told(tx, &end, stage.number()).await?;
        bodies.push(json!({ "source": end.source, "kind": "ends", "what": end.what, "why": "",
            "since": now.millis(), "until": end.at, "stage": stage.code() }));
    }
    for lack in grant::lacks(tx).await? {
        if lack.told_at.is_some_and(|at| now.since(Timestamp(at)) < AGAIN) {
            continue;
        }
        grant::note_lack_told(tx, &lack, now).await?;
        bodies.push(json!({ "source": lack.source, "kind": "lacks", "what": lack.of, "why": lack.why,
            "since": lack.since }));
    }
    bodies.extend(money_told(tx, now).await?);
    bodies.extend(translation_told(tx, now).await?);
    Ok(bodies)
}

/// The limit of translation, where a stage is reached that was not told this month.
async fn translation_told(tx: &mut Tx, now: Timestamp) -> Result<Option<Value>, StoreError> {
    let Some(mut reached) = translation::reached(tx).await? else { return Ok(None) };
    if reached.month != money::month(now) || reached.stage <= reached.told {
        return Ok(None);
    }
    reached.told = reached.stage;
    translation::note_reached(tx, &reached).await?;
    let stage = if reached.stage >= Spent::Spent.number() { Spent::Spent } else { Spent::Near };
    Ok(Some(json!({ "source": reached.service, "kind": "translation", "stage": stage.code(), "why": "",
        "what": format!("{} / {}", reached.used, reached.limit), "since": now.millis(),
        "until": money::month_end(now).millis(), "leads": true })))
}

/// Budgets of which a stage is reached that was not told this month.
async fn money_told(tx: &mut Tx, now: Timestamp) -> Result<Vec<Value>, StoreError> {
    let month = money::month(now);
    let mut bodies = Vec::new();
    let mut seen: Vec<(String, String)> = Vec::new();
    let mut rows = purse::all(tx, &month).await?;
    // Of accounts that share what was spent, the one whose budget is nearest to its end speaks for all.
    rows.sort_by_key(|row| std::cmp::Reverse(Spent::of(row.spent, row.budget).number()));
    for row in rows {
        let stage = Spent::of(row.spent, row.budget);
        let told = if row.told_month == month { row.told } else { 0 };
        let whose = (row.platform.clone(), row.brand.clone());
        if stage.number() == told || seen.contains(&whose) {
            seen.push(whose);
            continue;
        }
        seen.push(whose);
        purse::note_told(tx, &row, &month, stage.number()).await?;
        // With a larger budget the stages come once more.
        if stage.number() < told {
            continue;
        }
        let (spent, budget) = (money::shown(row.spent), money::shown(row.budget.unwrap_or(0)));
        bodies.push(json!({ "source": row.source, "kind": "money", "stage": stage.code(), "why": "",
            "what": format!("{spent} of {budget} {}", row.currency), "since": now.millis(),
            "until": money::month_end(now).millis(), "leads": true, "brand": row.brand }));
    }
    Ok(bodies)
}

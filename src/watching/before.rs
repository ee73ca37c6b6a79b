//! What stood open before a source began to count: told of once, with its cases, for no promise holds for these and
//! nobody is told of them again.

use super::CASES_MAX;
use crate::domain::time::{Span, Timestamp};
use crate::store::source::{self, HOLIDAYS, SourceRow, TICKETS};
use crate::store::watch::{self, BeforeRow};
use crate::store::{StoreError, Tx, chat};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a note begins with that a source was told of; its name follows.
const TOLD: &str = "before_told:";
/// A source must be connected for this long, and nothing of before may have come in
const SETTLED: Span = Span::minutes(3);
/// for so long, or it is connected this long already.
const SETTLED_MAX: Span = Span::minutes(30);
/// Of a source that brought nothing of before by then, nothing is told.
const GIVEN_UP: Span = Span::days(1);

/// What is to be told now; noted as told in the same transaction.
pub(super) async fn told(tx: &mut Tx, brands: &[String], now: Timestamp) -> Result<Vec<Value>, StoreError> {
    let mut ripe = Vec::new();
    for source in source::list(tx).await? {
        let connected = now.since(Timestamp(source.state_since));
        let note = format!("{TOLD}{}", source.name);
        if !counts(&source) || connected < SETTLED || chat::note(tx, &note).await?.is_some() {
            continue;
        }
        let comes_in = watch::history_came(tx, &source.name, now.minus(SETTLED)).await?;
        if !comes_in || connected >= SETTLED_MAX {
            ripe.push((source, connected));
        }
    }
    if ripe.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<String> = ripe.iter().map(|(source, _)| source.name.clone()).collect();
    let found = watch::from_before(tx, brands, &names, CASES_MAX).await?;
    let mut bodies = Vec::new();
    for (source, connected) in ripe {
        let mut cases: Vec<&BeforeRow> = found.iter().filter(|c| c.source == source.name).collect();
        if cases.is_empty() && connected < GIVEN_UP {
            continue;
        }
        chat::set_note(tx, &format!("{TOLD}{}", source.name), &now.millis().to_string()).await?;
        if cases.is_empty() {
            continue;
        }
        let by_brand: BTreeMap<&str, i64> = cases.iter().map(|c| (c.brand_id.as_str(), c.n)).collect();
        let all: i64 = by_brand.values().sum();
        let by_brand: Vec<(&str, i64, i64)> = by_brand.into_iter().map(|(brand, n)| (brand, n, 0)).collect();
        cases.sort_by(|a, b| (a.level, &a.id).cmp(&(b.level, &b.id)));
        let cases: Vec<(&str, &str)> = cases.iter().map(|c| (c.id.as_str(), c.brand_id.as_str())).collect();
        bodies.push(json!({ "source": source.name, "kind": "before", "why": "", "since": source.counts_from,
            "posts": all, "late": 0, "cases": cases, "brands": by_brand }));
    }
    Ok(bodies)
}

/// Whether a source is there, hears, and brings posts.
fn counts(source: &SourceRow) -> bool {
    let posts = source.kind != HOLIDAYS && !source.kind.starts_with(TICKETS);
    posts && source.removed_at.is_none() && source.state == "connected"
}

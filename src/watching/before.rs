//! What stood open before a source began to count: told of once, with its cases, for no promise holds for these and
//! nobody is told of them again.

use super::CASES_MAX;
use crate::domain::time::{Span, Timestamp};
use crate::store::source::{self, HOLIDAYS, SourceRow, TICKETS};
use crate::store::{StoreError, Tx, chat, watch};
use serde_json::{Value, json};

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
    let mut bodies = Vec::new();
    for source in source::list(tx).await? {
        let connected = now.since(Timestamp(source.state_since));
        let note = format!("{TOLD}{}", source.name);
        if !counts(&source) || connected < SETTLED || chat::note(tx, &note).await?.is_some() {
            continue;
        }
        let comes_in = watch::history_came(tx, &source.name, now.minus(SETTLED)).await?;
        if comes_in && connected < SETTLED_MAX {
            continue;
        }
        let (mut cases, mut by_brand, mut all) = (Vec::new(), Vec::new(), 0);
        for brand in brands {
            let found = watch::from_before(tx, brand, &source.name, CASES_MAX).await?;
            if let Some((.., n)) = found.first() {
                by_brand.push((brand, *n, 0));
                all += *n;
            }
            cases.extend(found.into_iter().map(|(id, _, level, _)| (level, id, brand)));
        }
        if cases.is_empty() && connected < GIVEN_UP {
            continue;
        }
        chat::set_note(tx, &note, &now.millis().to_string()).await?;
        if cases.is_empty() {
            continue;
        }
        cases.sort();
        let cases: Vec<_> = cases.into_iter().map(|(_, id, brand)| (id, brand)).collect();
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

//! Who the customer of a case is, seen by one brand: the accounts that it knows to be one person's, and their cases.

use super::each::each_json;
use super::query::query;
use super::rows::CaseRow;
use super::{During, StoreError, Tx, list};

/// Most accounts of one customer.
const ACCOUNTS_MAX: i64 = 20;

/// An account and those that a brand knows to be the same person's, in order: who wrote in a private talk that stands in
/// a case of it, and whose case took in one of its own by a person's word.
pub async fn accounts_of(tx: &mut Tx, brand_id: &str, author_id: &str) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT m.author_id FROM cases k
         JOIN conversation_event e ON e.brand_id = k.brand_id AND e.case_id = k.id AND e.kind = 'merge'
         JOIN conversation v ON v.id = e.conversation_id AND v.merged_as = k.author_id
         JOIN mention m ON m.conversation_id = v.id AND m.private = 1
         WHERE k.author_id = $1 AND k.brand_id = $2
         UNION SELECT o.author_id FROM cases k
         JOIN handover_join h ON h.brand_id = k.brand_id AND h.from_case = k.id AND h.state = 'joined'
         JOIN cases o ON o.id = h.into_case AND o.brand_id = k.brand_id
         WHERE k.author_id = $1 AND k.brand_id = $2 ORDER BY 1 LIMIT $3";
    let found: Vec<(String,)> = query(sql)
        .bind(author_id)
        .bind(brand_id)
        .bind(ACCOUNTS_MAX)
        .all(tx)
        .await
        .during("looking for a customer's accounts")?;
    let mut all = vec![author_id.to_owned()];
    all.extend(found.into_iter().map(|(id,)| id).filter(|id| id != author_id));
    Ok(all)
}

/// The cases of accounts with a brand but for one of them, latest first.
pub async fn cases_of(
    tx: &mut Tx,
    brand_id: &str,
    accounts: &[String],
    but: &str,
    most: i64,
) -> Result<Vec<CaseRow>, StoreError> {
    let what = "reading a customer's other cases";
    let sql = list!(
        tx,
        "SELECT k.* FROM",
        "JOIN cases k ON k.author_id = j.value->>0 AND k.brand_id = $2
         WHERE k.id <> $3 ORDER BY k.opened_at DESC, k.id DESC LIMIT $4"
    );
    let text = each_json(what, accounts)?;
    query(sql).bind(text).bind(brand_id).bind(but).bind(most).all(tx).await.during(what)
}

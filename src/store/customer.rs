//! Who the customer of a case is, seen by one brand: the accounts that it knows to be one person's, and their cases.

use super::each::{each_json, find_each};
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

/// Who wrote some cases.
pub async fn writers(tx: &mut Tx, cases: &[String]) -> Result<Vec<String>, StoreError> {
    let sql = list!(
        tx,
        "SELECT DISTINCT k.author_id FROM",
        "JOIN cases k ON k.id = j.value->>0 ORDER BY k.author_id"
    );
    let rows: Vec<(String,)> = find_each(tx, "reading who wrote", sql, cases).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// What accounts are called on their platforms, each with its platform, and the mail addresses at which we wrote to them
/// at their wish. An address to which we wrote in a case about somebody else is not theirs.
pub async fn called(tx: &mut Tx, accounts: &[String]) -> Result<Vec<(String, String)>, StoreError> {
    let what = "reading what accounts are called";
    let mut all = Vec::new();
    for sql in [
        list!(tx, "SELECT a.platform, a.external_id FROM", "JOIN author a ON a.id = j.value->>0"),
        list!(
            tx,
            "SELECT n.platform, n.external_id FROM",
            "JOIN author_alias n ON n.author_id = j.value->>0"
        ),
        list!(
            tx,
            "SELECT 'email' AS platform, c.body AS external_id FROM",
            "JOIN content c ON c.subject = j.value->>0 AND c.kind = 'reply_to'
             JOIN action a ON a.id = substr(c.id, 1, length(c.id) - 3)
             WHERE NOT EXISTS (SELECT 1 FROM case_customer o WHERE o.case_id = a.case_id)"
        ),
    ] {
        all.extend(find_each::<(String, String)>(tx, what, sql, accounts).await?);
    }
    Ok(all)
}

/// The accounts that write from one of some mail addresses, by any of our mailboxes, and those of other platforms to whom
/// we wrote there at their wish.
pub async fn by_address(tx: &mut Tx, addresses: &[String]) -> Result<Vec<String>, StoreError> {
    let what = "looking for who has a mail address";
    let mut all = Vec::new();
    for sql in [
        list!(
            tx,
            "SELECT a.id FROM",
            "JOIN author a ON a.external_id = j.value->>0 AND a.platform = 'email' WHERE a.erased_at IS NULL"
        ),
        list!(
            tx,
            "SELECT DISTINCT c.subject FROM",
            "JOIN content c ON c.kind = 'reply_to' AND c.body = j.value->>0
             JOIN action a ON a.id = substr(c.id, 1, length(c.id) - 3)
             WHERE NOT EXISTS (SELECT 1 FROM case_customer o WHERE o.case_id = a.case_id)"
        ),
    ] {
        all.extend(find_each::<(String,)>(tx, what, sql, addresses).await?.into_iter().map(|(id,)| id));
    }
    Ok(all)
}

/// The accounts whose id or other name on WhatsApp is a telephone that ends in some digits: account and telephone.
pub async fn by_telephone(tx: &mut Tx, digits: &str) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT id, external_id FROM author
         WHERE platform = 'whatsapp' AND erased_at IS NULL AND external_id LIKE '%' || $1
         UNION SELECT n.author_id, n.external_id FROM author_alias n JOIN author a ON a.id = n.author_id
         WHERE n.platform = 'whatsapp' AND a.erased_at IS NULL AND n.external_id LIKE '%' || $1 ORDER BY 1, 2";
    query(sql).bind(digits).all(tx).await.during("looking for who has a telephone")
}

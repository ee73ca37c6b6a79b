//! Whose matter a case is, where that is not who wrote. What is known of them is content; by keyed hashes of what they
//! gave, cases of one customer are known of each other within a brand.

use super::each::{One, each, find_each};
use super::query::query;
use super::{During, StoreError, Tx, json, list, row};
use crate::domain::customer::Customer;
use crate::domain::time::Timestamp;

row! {
    /// That the customer of a case is somebody else.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct AboutRow {
        /// The case.
        pub case_id: String,
        /// The brand.
        pub brand_id: String,
        /// Who said so last.
        pub said_by: String,
        /// When.
        pub said_at: i64,
        /// When what is known of them was erased.
        pub erased_at: Option<i64>,
    }
}

/// The content that holds what is known of the customer of a case.
pub fn content_id(case_id: &str) -> String {
    format!("{case_id}/customer")
}

/// Whose the words are that are the customer's of a case and not those of who wrote: no export of the latter shows them.
pub fn subject(case_id: &str) -> String {
    format!("customer/{case_id}")
}

/// Whether the customer of a case is somebody else, and who says so.
pub async fn of_case(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<Option<AboutRow>, StoreError> {
    let sql = "SELECT * FROM case_customer WHERE brand_id = $1 AND case_id = $2";
    query(sql).bind(brand_id).bind(case_id).maybe(tx).await.during("reading whose matter a case is")
}

/// What is known of the customer of a case; nothing where that is who wrote, and nothing known where it was erased.
pub async fn words(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<Option<Customer>, StoreError> {
    let sql = "SELECT COALESCE(c.body, '') FROM case_customer a LEFT JOIN content c ON c.id = a.case_id || '/customer'
         WHERE a.brand_id = $1 AND a.case_id = $2";
    let found: Option<(String,)> = query(sql)
        .bind(brand_id)
        .bind(case_id)
        .maybe(tx)
        .await
        .during("reading who the customer of a case is")?;
    Ok(found.map(|(body,)| Customer::of(&body)))
}

/// Which change of what was known of the customer of a case was the last, by the number of its event: 0 for none. With an
/// instant, the last that was written down until then. That somebody is said for the first time changes nothing.
pub async fn changed(
    tx: &mut Tx,
    brand_id: &str,
    case_id: &str,
    until: Option<i64>,
) -> Result<i64, StoreError> {
    let sql = "SELECT COALESCE(MAX(seq), 0) FROM case_event WHERE brand_id = $1 AND case_id = $2
           AND kind IN ('customer_changed', 'customer_taken_back', 'customer_erased') AND recorded_at <= $3";
    let until = until.unwrap_or(i64::MAX);
    let found: (i64,) = query(sql)
        .bind(brand_id)
        .bind(case_id)
        .bind(until)
        .one(tx)
        .await
        .during("reading what changed of a customer")?;
    Ok(found.0)
}

/// Writes down whose matter a case is, in the place of what was said before; `hashes` are those of what they gave.
pub async fn say(
    tx: &mut Tx,
    row: &AboutRow,
    customer: &Customer,
    hashes: &[String],
) -> Result<(), StoreError> {
    let what = "writing down whose matter a case is";
    let sql = "INSERT INTO case_customer (case_id, brand_id, said_by, said_at, erased_at)
         VALUES ($1, $2, $3, $4, NULL)
         ON CONFLICT (case_id) DO UPDATE SET said_by = excluded.said_by, said_at = excluded.said_at, erased_at = NULL";
    query(sql)
        .bind(&row.case_id)
        .bind(&row.brand_id)
        .bind(&row.said_by)
        .bind(row.said_at)
        .run(tx)
        .await
        .map(|_| ())
        .during(what)?;
    let (id, subject) = (content_id(&row.case_id), subject(&row.case_id));
    super::answer::put_content(tx, &id, &subject, "customer", &customer.body()).await?;
    let sql = "DELETE FROM customer_key WHERE case_id = $1";
    query(sql).bind(&row.case_id).run(tx).await.map(|_| ()).during(what)?;
    for hash in hashes {
        let sql = "INSERT INTO customer_key (brand_id, hash, case_id) VALUES ($1, $2, $3)
             ON CONFLICT (brand_id, hash, case_id) DO NOTHING";
        query(sql)
            .bind(&row.brand_id)
            .bind(hash)
            .bind(&row.case_id)
            .run(tx)
            .await
            .map(|_| ())
            .during(what)?;
    }
    Ok(())
}

/// The customer of a case is who wrote, after all: what was known of somebody else goes.
pub async fn take_back(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<(), StoreError> {
    let what = "taking back whose matter a case is";
    for sql in [
        "DELETE FROM content WHERE id = $2 || '/customer'
            AND EXISTS (SELECT 1 FROM case_customer a WHERE a.brand_id = $1 AND a.case_id = $2)",
        "DELETE FROM customer_key WHERE brand_id = $1 AND case_id = $2",
        "DELETE FROM case_customer WHERE brand_id = $1 AND case_id = $2",
    ] {
        query(sql).bind(brand_id).bind(case_id).run(tx).await.map(|_| ()).during(what)?;
    }
    Ok(())
}

/// The brands that know a customer by something, by id.
pub async fn brands(tx: &mut Tx) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT DISTINCT brand_id FROM customer_key ORDER BY brand_id";
    let rows: Vec<(String,)> = query(sql).all(tx).await.during("reading which brands know a customer")?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// The cases of all brands whose customer gave one of these, by hash: brand, case, number, whether it is open.
pub async fn with_hashes(
    tx: &mut Tx,
    hashes: &[String],
) -> Result<Vec<super::subject::SubjectCase>, StoreError> {
    let what = "looking for a customer";
    let sql = list!(
        tx,
        "SELECT DISTINCT k.id, k.brand_id, k.number, k.open FROM",
        "JOIN customer_key y ON y.hash = j.value->>0 JOIN cases k ON k.id = y.case_id ORDER BY k.id"
    );
    find_each(tx, what, sql, hashes).await
}

/// The case of the customers who gave one of these, each a brand and a hash: one that is open before one that is not, of
/// these the one that changed last. Brand and case by id.
pub async fn last_case(
    tx: &mut Tx,
    hashes: &[(String, String)],
) -> Result<Option<(String, String)>, StoreError> {
    let what = "looking for the case of a customer";
    if hashes.is_empty() {
        return Ok(None);
    }
    let sql = list!(
        tx,
        "SELECT k.brand_id, k.id FROM",
        "JOIN customer_key y ON y.brand_id = j.value->>0 AND y.hash = j.value->>1
         JOIN cases k ON k.id = y.case_id AND k.brand_id = y.brand_id
         ORDER BY k.open DESC, k.changed_at DESC, k.id LIMIT 1"
    );
    let text = json(what, hashes)?;
    query(sql).bind(text).maybe(tx).await.during(what)
}

/// The hashes of what the customers of some cases gave.
pub async fn hashes_of(tx: &mut Tx, cases: &[String]) -> Result<Vec<String>, StoreError> {
    let what = "reading what a customer is known by";
    let sql = list!(
        tx,
        "SELECT DISTINCT y.hash FROM",
        "JOIN customer_key y ON y.case_id = j.value->>0 ORDER BY y.hash"
    );
    let rows: Vec<(String,)> = find_each(tx, what, sql, cases).await?;
    Ok(rows.into_iter().map(|(hash,)| hash).collect())
}

/// The cases whose customer was erased after they were said: a backup brought them back.
pub async fn brought_back(tx: &mut Tx) -> Result<Vec<super::subject::SubjectCase>, StoreError> {
    let sql = "SELECT DISTINCT k.id, k.brand_id, k.number, k.open FROM erased_account e
            JOIN customer_key y ON y.hash = e.hash JOIN case_customer a ON a.case_id = y.case_id
            JOIN cases k ON k.id = y.case_id
         WHERE a.said_at <= e.at ORDER BY k.id";
    query(sql).all(tx).await.during("looking for customers that a backup brought back")
}

/// What is kept of the customer of some cases, for who asks for what is kept about them: each a JSON object.
pub async fn export(tx: &mut Tx, cases: &[String]) -> Result<Vec<String>, StoreError> {
    let what = "writing down what is kept about a customer";
    let sql = tx.pick(
        "SELECT json_object('case', a.case_id, 'brand', b.name, 'number', k.number, 'said_at', a.said_at,
                'content', c.body)
         FROM jsonb_each($1) AS j JOIN case_customer a ON a.case_id = j.value->>0
            JOIN cases k ON k.id = a.case_id JOIN brand b ON b.id = a.brand_id
            LEFT JOIN content c ON c.id = a.case_id || '/customer' ORDER BY a.case_id",
        "SELECT json_build_object('case', a.case_id, 'brand', b.name, 'number', k.number, 'said_at', a.said_at,
                'content', c.body)::text
         FROM jsonb_array_elements($1::jsonb) AS j(value) JOIN case_customer a ON a.case_id = j.value->>0
            JOIN cases k ON k.id = a.case_id JOIN brand b ON b.id = a.brand_id
            LEFT JOIN content c ON c.id = a.case_id || '/customer' ORDER BY a.case_id",
    );
    let rows: Vec<(String,)> = find_each(tx, what, sql, cases).await?;
    Ok(rows.into_iter().map(|(line,)| line).collect())
}

/// What the customer of some cases said elsewhere, for the same.
pub async fn said(tx: &mut Tx, cases: &[String]) -> Result<Vec<(String, String)>, StoreError> {
    let what = "reading what a customer said elsewhere";
    let sql = list!(
        tx,
        "SELECT c.id, c.body FROM",
        "JOIN other_contact o ON o.case_id = j.value->>0
         JOIN content c ON c.id = o.id || '/text' AND c.subject LIKE 'customer/%' ORDER BY c.id"
    );
    find_each(tx, what, sql, cases).await
}

/// What was promised to the customer of some cases, in words and numbers, for the same.
pub async fn promised(tx: &mut Tx, cases: &[String]) -> Result<Vec<(String, String)>, StoreError> {
    let what = "reading what was promised to a customer";
    let sql = list!(
        tx,
        "SELECT c.id, c.body FROM",
        "JOIN promise p ON p.case_id = j.value->>0 AND p.to_whom = 'customer'
         JOIN content c ON c.id IN (COALESCE(p.words_id, p.case_id || '/promise/' || p.wait),
            COALESCE(p.words_id, p.case_id || '/promise/' || p.wait) || '/call') ORDER BY c.id"
    );
    find_each(tx, what, sql, cases).await
}

/// What is known of the customer of some cases goes, with what was promised to them; that it was somebody else stays.
pub async fn erase(tx: &mut Tx, cases: &[String], now: Timestamp) -> Result<(), StoreError> {
    let mut script = super::script::Script::of(tx, "erasing a customer");
    let wrapped = each(cases);
    forget(&mut script, &wrapped, now)?;
    let what = "erasing what was promised to a customer";
    for sql in [
        list!(
            script,
            "DELETE FROM content WHERE id IN (SELECT COALESCE(p.words_id, p.case_id || '/promise/' || p.wait) FROM",
            "JOIN promise p ON p.case_id = j.value->>0 AND p.to_whom = 'customer')"
        ),
        list!(
            script,
            "DELETE FROM content WHERE id IN
                (SELECT COALESCE(p.words_id, p.case_id || '/promise/' || p.wait) || '/call' FROM",
            "JOIN promise p ON p.case_id = j.value->>0 AND p.to_whom = 'customer')"
        ),
    ] {
        script.add(what, sql, &wrapped)?;
    }
    script.run(tx).await
}

/// The statements that let go of all of it, over a list of cases.
pub(super) fn rows(script: &super::script::Script) -> [&'static str; 3] {
    [
        // What was said after the words had gone.
        list!(script, "DELETE FROM content WHERE id IN (SELECT j.value->>0 || '/customer' FROM", ")"),
        list!(script, "DELETE FROM customer_key WHERE case_id IN (SELECT j.value->>0 FROM", ")"),
        list!(script, "DELETE FROM case_customer WHERE case_id IN (SELECT j.value->>0 FROM", ")"),
    ]
}

/// What is known of the customer of some cases goes, as part of more; with it why tickets took no note.
pub(super) fn forget(
    script: &mut super::script::Script,
    cases: &[One<'_>],
    now: Timestamp,
) -> Result<(), StoreError> {
    let what = "erasing who a customer is";
    let sql = list!(script, "DELETE FROM content WHERE id IN (SELECT j.value->>0 || '/customer' FROM", ")");
    script.add(what, sql, cases)?;
    // What they said elsewhere.
    let sql = list!(
        script,
        "DELETE FROM content WHERE id IN (SELECT o.id || '/text' FROM",
        "JOIN other_contact o ON o.case_id = j.value->>0) AND subject LIKE 'customer/%'"
    );
    script.add(what, sql, cases)?;
    // What a system said of a note that it did not take may hold what the note said.
    let sql = list!(
        script,
        "UPDATE ticket_link SET status_why = '', note_why = '' WHERE case_id IN (SELECT j.value->>0 FROM",
        ")"
    );
    script.add(what, sql, cases)?;
    let sql = list!(script, "DELETE FROM customer_key WHERE case_id IN (SELECT j.value->>0 FROM", ")");
    script.add(what, sql, cases)?;
    let sql = list!(
        script,
        "UPDATE case_customer SET erased_at = COALESCE(erased_at, $2) WHERE case_id IN (SELECT j.value->>0 FROM",
        ")"
    );
    script.add_at(what, sql, cases, now)
}

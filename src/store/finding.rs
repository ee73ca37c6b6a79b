//! Findings: what somebody should take away, with the cases that it made. The words are content `ID/text`; each
//! belongs to one brand and has a short number there.

use super::each::each_json;
use super::query::query;
use super::{During, StoreError, Tx, list, row};
use crate::domain::time::Timestamp;

row! {
    /// A finding as stored.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct FindingRow {
        /// Id.
        pub id: String,
        /// The brand.
        pub brand_id: String,
        /// Its short number.
        pub number: i64,
        /// `open`, `accepted`, `fixed` or `declined`.
        pub state: String,
        /// Who should take it away: a login, or a team by name.
        pub owner: String,
        /// Who raised it.
        pub raised_by: String,
        /// When.
        pub raised_at: i64,
        /// Who decided last.
        pub decided_by: Option<String>,
        /// When.
        pub decided_at: Option<i64>,
        /// Counts up with every change.
        pub version: i64,
    }
}

impl FindingRow {
    /// The content that holds its words.
    pub fn content_id(&self) -> String {
        format!("{}/text", self.id)
    }
}

row! {
    /// How many cases of a finding began when.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Counted {
        /// The finding.
        pub finding_id: String,
        /// All its cases.
        pub cases: i64,
        /// Those that began in the span before it was decided.
        pub before: i64,
        /// Those that began in the span after.
        pub after: i64,
    }
}

/// Writes a finding, a new one or as it is now.
pub async fn put(tx: &mut Tx, f: &FindingRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO finding (id, brand_id, number, state, owner, raised_by, raised_at, decided_by, decided_at, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (id) DO UPDATE SET state = excluded.state, owner = excluded.owner,
            decided_by = excluded.decided_by, decided_at = excluded.decided_at, version = excluded.version";
    query(sql)
        .bind(&f.id)
        .bind(&f.brand_id)
        .bind(f.number)
        .bind(&f.state)
        .bind(&f.owner)
        .bind(&f.raised_by)
        .bind(f.raised_at)
        .bind(&f.decided_by)
        .bind(f.decided_at)
        .bind(f.version)
        .run(tx)
        .await
        .map(|_| ())
        .during("writing a finding")
}

impl FindingRow {
    /// Where it stands among those of its brand: what is open, what is accepted, the rest.
    pub fn rank(&self) -> i64 {
        match self.state.as_str() {
            "open" => 0,
            "accepted" => 1,
            _ => 2,
        }
    }
}

/// The number that the next finding of a brand gets.
pub async fn next_number(tx: &mut Tx, brand_id: &str) -> Result<i64, StoreError> {
    let sql = "SELECT COALESCE(MAX(number), 0) + 1 FROM finding WHERE brand_id = $1";
    let (n,): (i64,) = query(sql).bind(brand_id).one(tx).await.during("numbering a finding")?;
    Ok(n)
}

/// A finding by its number.
pub async fn by_number(tx: &mut Tx, brand_id: &str, number: i64) -> Result<Option<FindingRow>, StoreError> {
    let sql = "SELECT * FROM finding WHERE brand_id = $1 AND number = $2";
    query(sql).bind(brand_id).bind(number).maybe(tx).await.during("reading a finding")
}

/// A finding by id, for reading only.
pub async fn look(tx: &mut Tx, brand_id: &str, id: &str) -> Result<Option<FindingRow>, StoreError> {
    let sql = "SELECT * FROM finding WHERE brand_id = $1 AND id = $2";
    query(sql).bind(brand_id).bind(id).maybe(tx).await.during("reading a finding")
}

/// A finding by id; on PostgreSQL it is locked.
pub async fn get(tx: &mut Tx, brand_id: &str, id: &str) -> Result<Option<FindingRow>, StoreError> {
    let sql = tx.pick(
        "SELECT * FROM finding WHERE brand_id = $1 AND id = $2",
        "SELECT * FROM finding WHERE brand_id = $1 AND id = $2 FOR UPDATE",
    );
    query(sql).bind(brand_id).bind(id).maybe(tx).await.during("reading a finding")
}

/// The findings of a brand: what is still to be decided first, then the latest; behind one by its rank and number, from
/// the first on without.
pub async fn of_brand(
    tx: &mut Tx,
    brand_id: &str,
    behind: Option<(i64, i64)>,
    limit: i64,
) -> Result<Vec<FindingRow>, StoreError> {
    let sql = "SELECT * FROM finding WHERE brand_id = $1
            AND (CASE state WHEN 'open' THEN 0 WHEN 'accepted' THEN 1 ELSE 2 END, -number) > ($2, $3)
         ORDER BY CASE state WHEN 'open' THEN 0 WHEN 'accepted' THEN 1 ELSE 2 END, number DESC LIMIT $4";
    let (rank, number) = behind.unwrap_or((-1, 0));
    query(sql)
        .bind(brand_id)
        .bind(rank)
        .bind(number.saturating_neg())
        .bind(limit)
        .all(tx)
        .await
        .during("reading findings")
}

/// How many findings a brand has; of one state where it is not empty.
pub async fn count(tx: &mut Tx, brand_id: &str, state: &str) -> Result<usize, StoreError> {
    let sql = "SELECT COUNT(*) FROM finding WHERE brand_id = $1 AND ($2 = '' OR state = $2)";
    let (n,): (i64,) = query(sql).bind(brand_id).bind(state).one(tx).await.during("counting findings")?;
    Ok(usize::try_from(n).unwrap_or(0))
}

/// So many of them from a place on, in the order of [`of_brand`].
pub async fn part(
    tx: &mut Tx,
    brand_id: &str,
    state: &str,
    (limit, from): (usize, usize),
) -> Result<Vec<FindingRow>, StoreError> {
    let sql = "SELECT * FROM finding WHERE brand_id = $1 AND ($2 = '' OR state = $2)
         ORDER BY CASE state WHEN 'open' THEN 0 WHEN 'accepted' THEN 1 ELSE 2 END, number DESC LIMIT $3 OFFSET $4";
    query(sql)
        .bind(brand_id)
        .bind(state)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .bind(i64::try_from(from).unwrap_or(i64::MAX))
        .all(tx)
        .await
        .during("reading a page of findings")
}

/// The findings that a case belongs to.
pub async fn of_case(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<Vec<FindingRow>, StoreError> {
    let sql = "SELECT f.* FROM finding_case c JOIN finding f ON f.id = c.finding_id
         WHERE c.brand_id = $1 AND c.case_id = $2 AND f.brand_id = $1 ORDER BY f.number";
    query(sql).bind(brand_id).bind(case_id).all(tx).await.during("reading the findings of a case")
}

/// Counts a case to a finding; tells whether it was not before.
pub async fn attach(
    tx: &mut Tx,
    finding: &FindingRow,
    case_id: &str,
    by: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO finding_case (brand_id, finding_id, case_id, person_id, at)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (finding_id, case_id) DO NOTHING";
    let n = query(sql)
        .bind(&finding.brand_id)
        .bind(&finding.id)
        .bind(case_id)
        .bind(by)
        .bind(now.millis())
        .run(tx)
        .await
        .during("counting a case to a finding")?;
    Ok(n > 0)
}

/// The cases of a finding by number, earliest first: number and id.
pub async fn cases_of(
    tx: &mut Tx,
    brand_id: &str,
    finding_id: &str,
    limit: i64,
) -> Result<Vec<(i64, String)>, StoreError> {
    let sql = "SELECT k.number, k.id FROM finding_case c JOIN cases k ON k.id = c.case_id AND k.brand_id = c.brand_id
         WHERE c.brand_id = $1 AND c.finding_id = $2 ORDER BY k.number LIMIT $3";
    query(sql)
        .bind(brand_id)
        .bind(finding_id)
        .bind(limit)
        .all(tx)
        .await
        .during("reading the cases of a finding")
}

/// How many cases findings have, and how many began in `span_ms` before and after each was decided.
pub async fn counted(
    tx: &mut Tx,
    brand_id: &str,
    findings: &[String],
    span_ms: i64,
) -> Result<Vec<Counted>, StoreError> {
    let what = "counting the cases of findings";
    if findings.is_empty() {
        return Ok(Vec::new());
    }
    let sql = list!(
        tx,
        "SELECT f.id AS finding_id, COUNT(*) AS cases,
            CAST(SUM(CASE WHEN k.opened_at >= f.decided_at - $3 AND k.opened_at < f.decided_at THEN 1 ELSE 0 END)
                AS BIGINT) AS before,
            CAST(SUM(CASE WHEN k.opened_at >= f.decided_at AND k.opened_at < f.decided_at + $3 THEN 1 ELSE 0 END)
                AS BIGINT) AS after
         FROM",
        "CROSS JOIN finding f JOIN finding_case c ON c.finding_id = f.id
            JOIN cases k ON k.id = c.case_id AND k.brand_id = c.brand_id
         WHERE f.id = j.value->>0 AND f.brand_id = $2 GROUP BY f.id"
    );
    let text = each_json(what, findings)?;
    query(sql).bind(text).bind(brand_id).bind(span_ms).all(tx).await.during(what)
}

/// The findings of all brands that were raised after an instant and of which no action whose key begins with `key` told
/// yet, the earliest first.
pub async fn raised_after(
    tx: &mut Tx,
    at: Timestamp,
    key: &str,
    limit: i64,
) -> Result<Vec<FindingRow>, StoreError> {
    let sql = "SELECT f.* FROM finding f WHERE f.raised_at > $1
            AND NOT EXISTS (SELECT 1 FROM action a WHERE a.once_key = $2 || ':' || f.id)
         ORDER BY f.raised_at, f.id LIMIT $3";
    query(sql).bind(at.millis()).bind(key).bind(limit).all(tx).await.during("reading what was raised")
}

/// Who raised a finding or counted a case to it, by id.
pub async fn who_cares(tx: &mut Tx, finding: &FindingRow) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT raised_by AS p FROM finding WHERE id = $1
         UNION SELECT person_id AS p FROM finding_case WHERE finding_id = $1 ORDER BY p";
    let rows: Vec<(String,)> =
        query(sql).bind(&finding.id).all(tx).await.during("reading who raised a finding")?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Notes that somebody is to be told what became of a finding.
pub async fn put_news(
    tx: &mut Tx,
    finding: &FindingRow,
    person_id: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO finding_news (person_id, finding_id, brand_id, at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (person_id, finding_id) DO UPDATE SET at = excluded.at";
    query(sql)
        .bind(person_id)
        .bind(&finding.id)
        .bind(&finding.brand_id)
        .bind(now.millis())
        .run(tx)
        .await
        .map(|_| ())
        .during("noting news of a finding")
}

/// The findings of which somebody is still to be told.
pub async fn news_of(tx: &mut Tx, person_id: &str) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT finding_id FROM finding_news WHERE person_id = $1";
    let rows: Vec<(String,)> = query(sql).bind(person_id).all(tx).await.during("reading news of findings")?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Somebody has seen what became of a finding.
pub async fn seen(tx: &mut Tx, person_id: &str, finding_id: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM finding_news WHERE person_id = $1 AND finding_id = $2";
    query(sql).bind(person_id).bind(finding_id).run(tx).await.map(|_| ()).during("noting that news was seen")
}

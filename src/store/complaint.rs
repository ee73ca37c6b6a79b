//! Formal complaints: at most one a case. Why it was decided so is content; the clocks stand among the obligations.

use super::query::query;
use super::{During, StoreError, Tx, json, of_brands, row};
use crate::domain::time::Timestamp;

row! {
    /// One complaint as stored.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ComplaintRow {
        /// The brand.
        pub brand_id: String,
        /// The case.
        pub case_id: String,
        /// Who marked it.
        pub marked_by: String,
        /// When it was made.
        pub marked_at: i64,
        /// The wait until the customer has our word.
        pub acknowledge_wait: i64,
        /// The wait until it is decided.
        pub decide_wait: i64,
        /// Who gave our word.
        pub acknowledged_by: Option<String>,
        /// When.
        pub acknowledged_at: Option<i64>,
        /// What was decided, a code.
        pub outcome: Option<String>,
        /// Who said so last.
        pub decided_by: Option<String>,
        /// When it was decided first.
        pub decided_at: Option<i64>,
        /// When somebody said that it is none.
        pub unmarked_at: Option<i64>,
    }
}

impl ComplaintRow {
    /// The content that says why it was decided so.
    pub fn why_id(&self) -> String {
        format!("{}/complaint", self.case_id)
    }
}

/// Writes one, in the place of what it was before.
pub async fn put(tx: &mut Tx, r: &ComplaintRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO complaint (brand_id, case_id, marked_by, marked_at, acknowledge_wait, decide_wait,
            acknowledged_by, acknowledged_at, outcome, decided_by, decided_at, unmarked_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (brand_id, case_id) DO UPDATE SET marked_by = excluded.marked_by,
            marked_at = excluded.marked_at, acknowledge_wait = excluded.acknowledge_wait,
            decide_wait = excluded.decide_wait, acknowledged_by = excluded.acknowledged_by,
            acknowledged_at = excluded.acknowledged_at, outcome = excluded.outcome, decided_by = excluded.decided_by,
            decided_at = excluded.decided_at, unmarked_at = excluded.unmarked_at";
    query(sql)
        .bind(&r.brand_id)
        .bind(&r.case_id)
        .bind(&r.marked_by)
        .bind(r.marked_at)
        .bind(r.acknowledge_wait)
        .bind(r.decide_wait)
        .bind(&r.acknowledged_by)
        .bind(r.acknowledged_at)
        .bind(&r.outcome)
        .bind(&r.decided_by)
        .bind(r.decided_at)
        .bind(r.unmarked_at)
        .run(tx)
        .await
        .map(|_| ())
        .during("writing a complaint")
}

/// The complaint of a case.
pub async fn of_case(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<Option<ComplaintRow>, StoreError> {
    let sql = "SELECT * FROM complaint WHERE brand_id = $1 AND case_id = $2";
    query(sql).bind(brand_id).bind(case_id).maybe(tx).await.during("reading a complaint")
}

/// A complaint is of another case from now on: its row here goes. Its words stay until they are written there.
pub async fn take_away(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM complaint WHERE brand_id = $1 AND case_id = $2";
    query(sql)
        .bind(brand_id)
        .bind(case_id)
        .run(tx)
        .await
        .map(|_| ())
        .during("taking a complaint away from a case")
}

row! {
    /// One line of the register.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct RegisterRow {
        /// The brand by name.
        pub brand: String,
        /// The case.
        pub case_id: String,
        /// Its short number.
        pub number: i64,
        /// When the complaint was made.
        pub marked_at: i64,
        /// By when the customer has to have our word.
        pub acknowledge_due: Option<i64>,
        /// How that clock stands.
        pub acknowledge_state: Option<String>,
        /// When they had it.
        pub acknowledged_at: Option<i64>,
        /// By when it has to be decided.
        pub decide_due: Option<i64>,
        /// How that clock stands.
        pub decide_state: Option<String>,
        /// When it was decided.
        pub decided_at: Option<i64>,
        /// What was decided; none if nothing was.
        pub outcome: Option<String>,
        /// Why, if the words are still there.
        pub why: Option<String>,
        /// The sector of the case; empty for none.
        pub sector: String,
    }
}

/// The complaints made in `[from, to)`, with their clocks. An empty list of brands means all.
pub async fn register(
    tx: &mut Tx,
    brands: &[String],
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<RegisterRow>, StoreError> {
    let what = "reading the register of complaints";
    let sql = of_brands!(
        tx,
        "SELECT b.name AS brand, r.case_id, k.number, r.marked_at, a.due_at AS acknowledge_due,
            a.state AS acknowledge_state, r.acknowledged_at, d.due_at AS decide_due, d.state AS decide_state,
            r.decided_at, r.outcome, w.body AS why, COALESCE(s.sector, '') AS sector
         FROM complaint r JOIN cases k ON k.id = r.case_id AND k.brand_id = r.brand_id
         JOIN brand b ON b.id = r.brand_id
         LEFT JOIN obligation a ON a.case_id = r.case_id AND a.wait = r.acknowledge_wait AND NOT EXISTS
            (SELECT 1 FROM obligation n WHERE n.case_id = a.case_id AND n.wait = a.wait AND n.part > a.part)
         LEFT JOIN obligation d ON d.case_id = r.case_id AND d.wait = r.decide_wait AND NOT EXISTS
            (SELECT 1 FROM obligation n WHERE n.case_id = d.case_id AND n.wait = d.wait AND n.part > d.part)
         LEFT JOIN content w ON w.id = r.case_id || '/complaint'
         LEFT JOIN case_sector s ON s.brand_id = r.brand_id AND s.case_id = r.case_id
         WHERE r.marked_at >= $2 AND r.marked_at < $3 AND r.unmarked_at IS NULL AND k.sample = 0 AND",
        "ORDER BY b.name, r.marked_at, r.case_id"
    );
    let text = json(what, brands)?;
    query(sql).bind(text).bind(from.millis()).bind(to.millis()).all(tx).await.during(what)
}

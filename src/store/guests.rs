//! Guests as stored: who takes support days, and the quarters that were proposed.

use super::query::query;
use super::{During, StoreError, Tx, row};

row! {
    /// Somebody who takes support days.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct GuestRow {
        /// Who.
        pub person_id: String,
        /// How many days a quarter.
        pub owes: i64,
        /// The first day of a newcomer's two weeks.
        pub newcomer_from: Option<String>,
        /// Who looks after them.
        pub buddy_id: Option<String>,
    }
}

row! {
    /// A proposal for a quarter.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct QuarterRow {
        /// Id.
        pub id: String,
        /// As `2026-Q4`.
        pub quarter: String,
        /// `proposed`, `accepted` or `discarded`.
        pub state: String,
        /// A JSON list of day and person.
        pub days: String,
        /// A JSON list of person and how many days too few.
        pub short: String,
        /// Who asked for it.
        pub made_by: String,
        /// When.
        pub made_at: i64,
        /// Who decided about it.
        pub decided_by: Option<String>,
        /// When.
        pub decided_at: Option<i64>,
    }
}

/// Says that somebody takes support days.
pub async fn put(tx: &mut Tx, g: &GuestRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO planner_guest (person_id, owes, newcomer_from, buddy_id) VALUES ($1, $2, $3, $4)
         ON CONFLICT (person_id) DO UPDATE SET owes = excluded.owes, newcomer_from = excluded.newcomer_from,
            buddy_id = excluded.buddy_id";
    query(sql)
        .bind(&g.person_id)
        .bind(g.owes)
        .bind(&g.newcomer_from)
        .bind(&g.buddy_id)
        .run(tx)
        .await
        .map(|_| ())
        .during("noting a guest")
}

/// Says that somebody takes none any more.
pub async fn drop(tx: &mut Tx, person: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM planner_guest WHERE person_id = $1";
    query(sql).bind(person).run(tx).await.map(|_| ()).during("letting a guest go")
}

/// Everybody who takes support days.
pub async fn all(tx: &mut Tx) -> Result<Vec<GuestRow>, StoreError> {
    let sql = "SELECT person_id, owes, newcomer_from, buddy_id FROM planner_guest ORDER BY person_id";
    query(sql).all(tx).await.during("reading guests")
}

/// Writes a proposal, new or decided.
pub async fn put_quarter(tx: &mut Tx, q: &QuarterRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO planner_quarter (id, quarter, state, days, short, made_by, made_at, decided_by, decided_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (id) DO UPDATE SET state = excluded.state, decided_by = excluded.decided_by,
            decided_at = excluded.decided_at";
    query(sql)
        .bind(&q.id)
        .bind(&q.quarter)
        .bind(&q.state)
        .bind(&q.days)
        .bind(&q.short)
        .bind(&q.made_by)
        .bind(q.made_at)
        .bind(&q.decided_by)
        .bind(q.decided_at)
        .run(tx)
        .await
        .map(|_| ())
        .during("writing a quarter")
}

/// The proposals of a quarter, the last made last.
pub async fn quarters(tx: &mut Tx, quarter: &str) -> Result<Vec<QuarterRow>, StoreError> {
    let sql = "SELECT id, quarter, state, days, short, made_by, made_at, decided_by, decided_at FROM planner_quarter
         WHERE quarter = $1 ORDER BY made_at, id";
    query(sql).bind(quarter).all(tx).await.during("reading a quarter")
}

/// The quarter of a proposal, by name.
pub async fn quarter_named(tx: &mut Tx, id: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT quarter FROM planner_quarter WHERE id = $1";
    let found: Option<(String,)> = query(sql).bind(id).maybe(tx).await.during("reading a proposal")?;
    Ok(found.map(|(q,)| q))
}

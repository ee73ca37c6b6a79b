//! What was promised to customers beside what a policy promises. Each has a clock of its own among the
//! obligations of the case, by the same wait; its words are content.

use super::{During, StoreError, Tx, on, row};

row! {
    /// One promise as stored.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct PromiseRow {
        /// The case.
        pub case_id: String,
        /// The wait of its clock.
        pub wait: i64,
        /// The brand.
        pub brand_id: String,
        /// Who owes it: `webcare`, `front_office`, or a team by name.
        pub owed_by: String,
        /// Who wrote it down.
        pub made_by: String,
        /// When.
        pub made_at: i64,
    }
}

impl PromiseRow {
    /// The content that holds its words.
    pub fn content_id(&self) -> String {
        format!("{}/promise/{}", self.case_id, self.wait)
    }
}

/// Writes a promise down.
pub async fn put(tx: &mut Tx, p: &PromiseRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO promise (case_id, wait, brand_id, owed_by, made_by, made_at) VALUES ($1, $2, $3, $4, $5, $6)";
    on!(tx, |c| sqlx::query(sql)
        .bind(&p.case_id)
        .bind(p.wait)
        .bind(&p.brand_id)
        .bind(&p.owed_by)
        .bind(&p.made_by)
        .bind(p.made_at)
        .execute(c)
        .await
        .map(|_| ()))
    .during("writing a promise down")
}

/// The promises of a case, in the order in which they were made.
pub async fn of_case(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<Vec<PromiseRow>, StoreError> {
    let sql = "SELECT * FROM promise WHERE case_id = $2 AND brand_id = $1 ORDER BY wait";
    on!(tx, |c| sqlx::query_as(sql).bind(brand_id).bind(case_id).fetch_all(c).await)
        .during("reading the promises of a case")
}

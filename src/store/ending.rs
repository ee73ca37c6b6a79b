//! How cases ended that were the front office's to solve: one row a case, by brand. Nothing personal is here.

use super::query::query;
use super::{During, StoreError, Tx, json, row};
use crate::domain::ending::{BackDoor, Difference, Ending, Solved, Taken};
use crate::domain::time::Timestamp;

row! {
    /// One ending as stored.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct EndingRow {
        /// The brand.
        pub brand_id: String,
        /// The case.
        pub case_id: String,
        /// Who solved it, a code.
        pub solved: String,
        /// Why webcare could.
        pub difference: Option<String>,
        /// Why the customer came to webcare.
        pub back_door: Option<String>,
        /// Who solved it, as was proposed.
        pub proposed_solved: String,
        /// Why the customer came, as was proposed.
        pub proposed_back_door: Option<String>,
        /// `unseen`, `accepted` or `changed`.
        pub taken: String,
        /// When it was said first: when the case was resolved.
        pub at: i64,
        /// Who said it last.
        pub person_id: String,
        /// When they did.
        pub said_at: i64,
    }
}

impl EndingRow {
    /// What holds.
    pub fn ending(&self) -> Result<Ending, StoreError> {
        Ok(Ending {
            solved: solved(&self.solved)?,
            difference: self.difference.as_deref().and_then(Difference::from_code),
            back_door: self.back_door.as_deref().and_then(BackDoor::from_code),
        })
    }

    /// What was proposed.
    pub fn proposed(&self) -> Result<Ending, StoreError> {
        Ok(Ending {
            solved: solved(&self.proposed_solved)?,
            difference: None,
            back_door: self.proposed_back_door.as_deref().and_then(BackDoor::from_code),
        })
    }

    /// Takes over what somebody said, and what of it was proposed.
    pub fn say(&mut self, said: Ending, proposed: Ending, taken: Taken) {
        said.solved.code().clone_into(&mut self.solved);
        self.difference = said.difference.map(|d| d.code().to_owned());
        self.back_door = said.back_door.map(|b| b.code().to_owned());
        proposed.solved.code().clone_into(&mut self.proposed_solved);
        self.proposed_back_door = proposed.back_door.map(|b| b.code().to_owned());
        taken.code().clone_into(&mut self.taken);
    }
}

fn solved(code: &str) -> Result<Solved, StoreError> {
    let corrupt = || StoreError::Corrupt { what: "reading how a case ended", found: code.to_owned() };
    Solved::from_code(code).ok_or_else(corrupt)
}

/// Writes how a case ended, in the place of what was said before.
pub async fn put(tx: &mut Tx, e: &EndingRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO ending (brand_id, case_id, solved, difference, back_door, proposed_solved,
            proposed_back_door, taken, at, person_id, said_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ON CONFLICT (brand_id, case_id) DO UPDATE SET solved = excluded.solved, difference = excluded.difference,
            back_door = excluded.back_door, proposed_solved = excluded.proposed_solved,
            proposed_back_door = excluded.proposed_back_door, taken = excluded.taken, at = excluded.at,
            person_id = excluded.person_id, said_at = excluded.said_at";
    query(sql)
        .bind(&e.brand_id)
        .bind(&e.case_id)
        .bind(&e.solved)
        .bind(&e.difference)
        .bind(&e.back_door)
        .bind(&e.proposed_solved)
        .bind(&e.proposed_back_door)
        .bind(&e.taken)
        .bind(e.at)
        .bind(&e.person_id)
        .bind(e.said_at)
        .run(tx)
        .await
        .map(|_| ())
        .during("writing how a case ended")
}

/// Forgets how a case was to end.
pub async fn forget(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM ending WHERE brand_id = $1 AND case_id = $2";
    query(sql)
        .bind(brand_id)
        .bind(case_id)
        .run(tx)
        .await
        .map(|_| ())
        .during("forgetting how a case was to end")
}

/// How a case ended, if anybody said so.
pub async fn of_case(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<Option<EndingRow>, StoreError> {
    let sql = "SELECT * FROM ending WHERE brand_id = $1 AND case_id = $2";
    query(sql).bind(brand_id).bind(case_id).maybe(tx).await.during("reading how a case ended")
}

/// When our last answer in a case was given: one that stands on the platform, in public or in private, or one
/// that is on its way.
pub async fn answered_at(
    tx: &mut Tx,
    brand_id: &str,
    case_id: &str,
) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT CAST(MAX(a.at) AS BIGINT) FROM (
            SELECT o.posted_at AS at FROM cases k
                JOIN conversation v ON v.id = k.conversation_id OR v.merged_into = k.conversation_id
                JOIN own_post o ON o.conversation_id = v.id AND o.brand_id = k.brand_id
            WHERE k.brand_id = $1 AND k.id = $2 AND o.deleted_at IS NULL AND o.counts = 1
              AND COALESCE(v.merged_as, o.answers_author_id) = k.author_id
            UNION ALL
            SELECT r.created_at AS at FROM action r WHERE r.brand_id = $1 AND r.case_id = $2 AND r.kind = 'reply'
              AND r.state NOT IN ('cancelled', 'refused')) a";
    let (at,): (Option<i64>,) =
        query(sql).bind(brand_id).bind(case_id).one(tx).await.during("reading when a case was answered")?;
    Ok(at.map(Timestamp))
}

/// Between the two texts stand the endings `e` of a period that count, with their cases `k`: what was the front office's
/// to solve, resolved in `[$2, $3)` and over by now, of the brands in `$1`.
macro_rules! theirs {
    ($tx:expr, $before:literal, $after:literal) => {
        $crate::store::of_brands!(
            $tx,
            concat!(
                $before,
                " WHERE e.at >= $2 AND e.at < $3 AND e.solved <> 'not_theirs' AND k.state IN ('resolved', 'closed')
                    AND k.sample = 0 AND k.historic = 0 AND"
            ),
            $after
        )
    };
}
pub(super) use theirs;

row! {
    /// How many cases of a brand ended in one way.
    #[derive(Clone, Debug)]
    pub struct EndedCount {
        /// The brand by name.
        pub brand: String,
        /// Who solved them, a code.
        pub solved: String,
        /// Why webcare could.
        pub difference: Option<String>,
        /// Why the customers came to webcare.
        pub back_door: Option<String>,
        /// What was done with what was proposed.
        pub taken: String,
        /// How many.
        pub n: i64,
    }
}

row! {
    /// One case and how it ended.
    #[derive(Clone, Debug)]
    pub struct EndedCase {
        /// The brand by name.
        pub brand: String,
        /// The case's short number.
        pub number: i64,
        /// Who solved it, a code.
        pub solved: String,
        /// Why webcare could.
        pub difference: Option<String>,
        /// Why the customer came to webcare.
        pub back_door: Option<String>,
        /// What was done with what was proposed.
        pub taken: String,
    }
}

/// How the cases of a period ended, counted. An empty list of brands means all.
pub async fn counted(
    tx: &mut Tx,
    brands: &[String],
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<EndedCount>, StoreError> {
    let what = "counting how cases ended";
    let sql = theirs!(
        tx,
        "SELECT b.name AS brand, e.solved, e.difference, e.back_door, e.taken, COUNT(*) AS n
         FROM ending e JOIN cases k ON k.id = e.case_id AND k.brand_id = e.brand_id
            JOIN brand b ON b.id = k.brand_id",
        "GROUP BY b.name, e.solved, e.difference, e.back_door, e.taken"
    );
    let text = json(what, brands)?;
    query(sql).bind(text).bind(from.millis()).bind(to.millis()).all(tx).await.during(what)
}

/// The cases behind what [`counted`] counts, at most `max`: by brand, who solved them, and number.
pub async fn listed(
    tx: &mut Tx,
    brands: &[String],
    from: Timestamp,
    to: Timestamp,
    max: usize,
) -> Result<Vec<EndedCase>, StoreError> {
    let what = "reading how cases ended";
    let sql = theirs!(
        tx,
        "SELECT b.name AS brand, k.number, e.solved, e.difference, e.back_door, e.taken
         FROM ending e JOIN cases k ON k.id = e.case_id AND k.brand_id = e.brand_id
            JOIN brand b ON b.id = k.brand_id",
        "ORDER BY b.name, e.solved DESC, k.number LIMIT $4"
    );
    let (text, max) = (json(what, brands)?, i64::try_from(max).unwrap_or(i64::MAX));
    query(sql).bind(text).bind(from.millis()).bind(to.millis()).bind(max).all(tx).await.during(what)
}

//! Who has a case before them and who types. In the database, so that replicas know of each other; each word runs out by
//! itself within the minute.

use super::query::query;
use super::{During, StoreError, Tx, row};
use crate::domain::time::{Span, Timestamp};

/// How long somebody counts as looking after their page said so.
pub const LOOKS: Span = Span::seconds(45);
/// How long somebody counts as typing after their last key.
pub const TYPES: Span = Span::seconds(20);

row! {
    /// Somebody at a case.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct AtCase {
        /// Who.
        pub person_id: String,
        /// Until when they count as typing; past while they only look.
        pub types_until: i64,
    }
}

/// Notes that somebody looks, or types; what has run out long ago is taken away with it.
pub async fn say(
    tx: &mut Tx,
    (brand_id, case_id, person_id): (&str, &str, &str),
    types: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    let what = "noting who is at a case";
    let types_until = if types { now.plus(TYPES).millis() } else { 0 };
    let sql = "INSERT INTO presence (case_id, person_id, brand_id, looks_until, types_until)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (case_id, person_id) DO UPDATE SET
            looks_until = excluded.looks_until,
            types_until = CASE WHEN excluded.types_until > presence.types_until THEN excluded.types_until
                ELSE presence.types_until END";
    query(sql)
        .bind(case_id)
        .bind(person_id)
        .bind(brand_id)
        .bind(now.plus(LOOKS).millis())
        .bind(types_until)
        .run(tx)
        .await
        .map(|_| ())
        .during(what)?;
    let sql = "DELETE FROM presence WHERE looks_until < $1";
    let past = now.minus(Span::minutes(5)).millis();
    query(sql).bind(past).run(tx).await.map(|_| ()).during(what)
}

/// Notes that somebody has left a case.
pub async fn leave(tx: &mut Tx, case_id: &str, person_id: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM presence WHERE case_id = $1 AND person_id = $2";
    query(sql).bind(case_id).bind(person_id).run(tx).await.map(|_| ()).during("noting who left a case")
}

/// Who is at a case of a brand at present, by id.
pub async fn of_case(
    tx: &mut Tx,
    brand_id: &str,
    case_id: &str,
    now: Timestamp,
) -> Result<Vec<AtCase>, StoreError> {
    let sql = "SELECT person_id, types_until FROM presence
         WHERE case_id = $2 AND brand_id = $1 AND looks_until > $3 ORDER BY person_id";
    query(sql)
        .bind(brand_id)
        .bind(case_id)
        .bind(now.millis())
        .all(tx)
        .await
        .during("reading who is at a case")
}

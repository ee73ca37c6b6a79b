//! Offers of cases as stored: rounds, to whom, and what is to be done about them. People stand here by id alone.

use super::each::each_json;
use super::query::query;
use super::{During, StoreError, Tx, json, list, row};
use crate::domain::routing::{Reason, Width};
use crate::domain::time::Timestamp;

/// Most cases that one round looks at.
const LOOKED: i64 = 200;

row! {
    /// One round of offers of a case.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct OfferRow {
        /// The case.
        pub case_id: String,
        /// The how-manieth, from 1.
        pub round: i64,
        /// The brand.
        pub brand_id: String,
        /// A code of [`Width`].
        pub width: String,
        /// When it was made.
        pub made_at: i64,
        /// When the next round follows.
        pub until_at: Option<i64>,
        /// Why that person, a JSON list.
        pub reasons: String,
        /// When it ended.
        pub ended_at: Option<i64>,
        /// Why.
        pub ended_why: String,
    }
}

impl OfferRow {
    /// How wide it is.
    pub fn width(&self) -> Option<Width> {
        Width::from_code(&self.width)
    }

    /// Why that person.
    pub fn why(&self) -> Vec<Reason> {
        serde_json::from_str(&self.reasons).unwrap_or_default()
    }
}

row! {
    /// Somebody to whom a case is offered.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ToRow {
        /// Who.
        pub person_id: String,
        /// When they declined.
        pub declined_at: Option<i64>,
    }
}

/// The wide and the urgent of a brand that nobody has and that are not offered: brand and case, the most urgent first.
/// What has an answer on its way, is put away or left to members is not offered.
pub async fn to_begin(
    tx: &mut Tx,
    brands: &[(String, i64)],
    now: Timestamp,
) -> Result<Vec<(String, String)>, StoreError> {
    let what = "looking for cases to offer";
    let text = json(what, brands)?;
    let sql = list!(
        tx,
        "SELECT k.brand_id, k.id FROM",
        "CROSS JOIN cases k WHERE k.brand_id = j.value->>0 AND k.open = 1 AND k.needs_answer = 1
           AND k.level <= CAST(j.value->>1 AS BIGINT) AND k.state IN ('new', 'working')
           AND (k.claimed_by IS NULL OR k.claimed_until <= $2) AND k.sample = 0 AND k.historic = 0
           AND COALESCE(k.snoozed_until, 0) <= $2 AND COALESCE(k.held_until, 0) <= $2
           AND NOT EXISTS (SELECT 1 FROM offer o WHERE o.case_id = k.id AND o.ended_at IS NULL)
           AND NOT EXISTS (SELECT 1 FROM action a WHERE a.case_id = k.id AND a.kind = 'reply'
                AND a.state IN ('held', 'ready', 'claimed', 'sending', 'unknown')
                AND NOT EXISTS (SELECT 1 FROM answer_part p WHERE p.action_id = a.id AND p.n > 1))
         ORDER BY k.level, k.opened_at LIMIT $3"
    );
    query(sql).bind(text).bind(now.millis()).bind(LOOKED).all(tx).await.during(what)
}

/// Offers that are over, for somebody took the case or it needs nobody: brand, case, and why.
pub async fn over(tx: &mut Tx, now: Timestamp) -> Result<Vec<(String, String, String)>, StoreError> {
    let sql = "SELECT o.brand_id, o.case_id,
            CASE WHEN k.claimed_by IS NOT NULL AND (k.claimed_until IS NULL OR k.claimed_until > $1) THEN 'claimed'
                 ELSE 'over' END
         FROM offer o JOIN cases k ON k.id = o.case_id
         WHERE o.ended_at IS NULL AND (k.open = 0 OR k.needs_answer = 0 OR k.state NOT IN ('new', 'working')
            OR COALESCE(k.snoozed_until, 0) > $1 OR COALESCE(k.held_until, 0) > $1
            OR (k.claimed_by IS NOT NULL AND (k.claimed_until IS NULL OR k.claimed_until > $1))) LIMIT $2";
    query(sql).bind(now.millis()).bind(LOOKED).all(tx).await.during("looking for offers that are over")
}

/// Every offer that stands: brand and case.
pub async fn open(tx: &mut Tx) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT brand_id, case_id FROM offer WHERE ended_at IS NULL";
    query(sql).all(tx).await.during("reading what is offered")
}

/// Offers whose time is over: brand and case.
pub async fn due(tx: &mut Tx, now: Timestamp) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT brand_id, case_id FROM offer WHERE ended_at IS NULL AND until_at <= $1 ORDER BY until_at LIMIT $2";
    query(sql).bind(now.millis()).bind(LOOKED).all(tx).await.during("looking for offers whose time is over")
}

/// The offers that stand and could still widen, with those who did not decline: brand, case, person.
pub async fn standing(tx: &mut Tx) -> Result<Vec<(String, String, Option<String>)>, StoreError> {
    let sql = "SELECT o.brand_id, o.case_id, t.person_id FROM offer o
         LEFT JOIN offer_to t ON t.case_id = o.case_id AND t.round = o.round AND t.declined_at IS NULL
         WHERE o.ended_at IS NULL AND o.until_at IS NOT NULL ORDER BY o.case_id, t.person_id";
    query(sql).all(tx).await.during("reading offers that stand")
}

/// The offers to everybody that stand, with all to whom their case was ever offered, be it that they declined: brand,
/// case, person.
pub async fn wide(tx: &mut Tx) -> Result<Vec<(String, String, String)>, StoreError> {
    let sql =
        "SELECT o.brand_id, o.case_id, t.person_id FROM offer o JOIN offer_to t ON t.case_id = o.case_id
         WHERE o.ended_at IS NULL AND o.until_at IS NULL ORDER BY o.case_id, t.person_id";
    query(sql).all(tx).await.during("reading offers to everybody")
}

/// The round of a case that is open.
pub async fn open_of(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<Option<OfferRow>, StoreError> {
    let sql = "SELECT * FROM offer WHERE brand_id = $1 AND case_id = $2 AND ended_at IS NULL";
    query(sql).bind(brand_id).bind(case_id).maybe(tx).await.during("reading an offer")
}

/// One round of a case.
pub async fn round(
    tx: &mut Tx,
    brand_id: &str,
    case_id: &str,
    round: i64,
) -> Result<Option<OfferRow>, StoreError> {
    let sql = "SELECT * FROM offer WHERE brand_id = $1 AND case_id = $2 AND round = $3";
    query(sql).bind(brand_id).bind(case_id).bind(round).maybe(tx).await.during("reading a round of offers")
}

/// To whom a round goes.
pub async fn people_of(tx: &mut Tx, case_id: &str, round: i64) -> Result<Vec<ToRow>, StoreError> {
    let sql =
        "SELECT person_id, declined_at FROM offer_to WHERE case_id = $1 AND round = $2 ORDER BY person_id";
    query(sql).bind(case_id).bind(round).all(tx).await.during("reading to whom a case is offered")
}

/// Writes a round, with those to whom it goes; its number is the next of the case.
pub async fn begin(tx: &mut Tx, row: &OfferRow, people: &[String]) -> Result<i64, StoreError> {
    let what = "offering a case";
    let sql = "SELECT COALESCE(MAX(round), 0) + 1 FROM offer WHERE case_id = $1";
    let (round,): (i64,) = query(sql).bind(&row.case_id).one(tx).await.during(what)?;
    let sql =
        "INSERT INTO offer (case_id, round, brand_id, width, made_at, until_at, reasons, ended_at, ended_why)
         VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, '')";
    query(sql)
        .bind(&row.case_id)
        .bind(round)
        .bind(&row.brand_id)
        .bind(&row.width)
        .bind(row.made_at)
        .bind(row.until_at)
        .bind(&row.reasons)
        .run(tx)
        .await
        .map(|_| ())
        .during(what)?;
    let rows: Vec<_> = people.iter().map(|p| (&row.case_id, round, p, &row.brand_id)).collect();
    let sql = list!(
        tx,
        "INSERT INTO offer_to (case_id, round, person_id, brand_id, declined_at)
         SELECT j.value->>0, CAST(j.value->>1 AS BIGINT), j.value->>2, j.value->>3, NULL FROM",
        "WHERE true"
    );
    super::bulk::run(tx, what, sql, &rows).await?;
    Ok(round)
}

/// Ends the open round of a case.
pub async fn end(tx: &mut Tx, case_id: &str, why: &str, now: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE offer SET ended_at = $3, ended_why = $2 WHERE case_id = $1 AND ended_at IS NULL";
    query(sql).bind(case_id).bind(why).bind(now.millis()).run(tx).await.map(|_| ()).during("ending an offer")
}

/// Somebody says that an offered case is not for them; tells whether it was offered to them.
pub async fn decline(
    tx: &mut Tx,
    (case_id, round): (&str, i64),
    person: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE offer_to SET declined_at = $4
         WHERE case_id = $1 AND round = $2 AND person_id = $3 AND declined_at IS NULL";
    let done = query(sql)
        .bind(case_id)
        .bind(round)
        .bind(person)
        .bind(now.millis())
        .run(tx)
        .await
        .during("declining an offer")?;
    Ok(done > 0)
}

/// Who declined a case since it was last claimed by anybody.
pub async fn declined(tx: &mut Tx, case_id: &str) -> Result<Vec<(String,)>, StoreError> {
    let sql = "SELECT DISTINCT t.person_id FROM offer_to t WHERE t.case_id = $1 AND t.declined_at IS NOT NULL
           AND t.round > (SELECT COALESCE(MAX(o.round), 0) FROM offer o
                WHERE o.case_id = $1 AND o.ended_why IN ('claimed', 'over'))";
    query(sql).bind(case_id).all(tx).await.during("reading who declined a case")
}

/// What people have in hand, all brands together: person, level, whether it waits for somebody else, how many.
pub async fn in_hand(tx: &mut Tx, now: Timestamp) -> Result<Vec<(String, i64, i64, i64)>, StoreError> {
    let sql = "SELECT claimed_by, level, CAST(CASE WHEN state IN ('new', 'working') THEN 0 ELSE 1 END AS BIGINT) AS waits,
            COUNT(*)
         FROM cases WHERE open = 1 AND claimed_by IS NOT NULL AND (claimed_until IS NULL OR claimed_until > $1)
         GROUP BY 1, 2, 3";
    query(sql).bind(now.millis()).all(tx).await.during("reading what people have in hand")
}

/// What is offered to one person alone at present: person, level, how many.
pub async fn offered_alone(tx: &mut Tx) -> Result<Vec<(String, i64, i64)>, StoreError> {
    let sql = "SELECT t.person_id, k.level, COUNT(*) FROM offer o
         JOIN offer_to t ON t.case_id = o.case_id AND t.round = o.round JOIN cases k ON k.id = o.case_id
         WHERE o.ended_at IS NULL AND o.width = 'person' AND t.declined_at IS NULL GROUP BY 1, 2";
    query(sql).all(tx).await.during("reading what is offered")
}

/// Who had the customer of a case before, in this case or an earlier one of the same author for the brand, the latest
/// first.
pub async fn had_before(
    tx: &mut Tx,
    brand_id: &str,
    (case_id, author_id): (&str, &str),
) -> Result<Vec<(String,)>, StoreError> {
    let sql = "SELECT e.who FROM cases k JOIN case_event e ON e.case_id = k.id
         WHERE k.author_id = $3 AND k.brand_id = $1 AND e.who_kind = 'person' AND e.who IS NOT NULL
           AND (e.kind IN ('claim', 'answer_queued') OR (k.id <> $2 AND e.kind = 'resolve'))
         GROUP BY e.who ORDER BY MAX(e.at) DESC, e.who LIMIT 5";
    query(sql)
        .bind(brand_id)
        .bind(case_id)
        .bind(author_id)
        .all(tx)
        .await
        .during("reading who had a customer before")
}

/// The target of the nearest response that a case owes, in milliseconds.
pub async fn target(tx: &mut Tx, case_id: &str) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT target_ms FROM obligation WHERE case_id = $1 AND ended_at IS NULL
         ORDER BY CASE WHEN kind LIKE '%_response' THEN 0 ELSE 1 END, due_at LIMIT 1";
    let found: Option<(i64,)> =
        query(sql).bind(case_id).maybe(tx).await.during("reading the nearest target")?;
    Ok(found.map(|(ms,)| ms))
}

/// How many cases of a brand are offered to somebody, counted to `most` only.
pub async fn count_for(tx: &mut Tx, brand_id: &str, who: &str, most: i64) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) FROM (SELECT 1 FROM offer_to t JOIN offer o ON o.case_id = t.case_id AND o.round = t.round
         WHERE t.person_id = $2 AND t.brand_id = $1 AND t.declined_at IS NULL AND o.ended_at IS NULL LIMIT $3) f";
    let (n,): (i64,) =
        query(sql).bind(brand_id).bind(who).bind(most).one(tx).await.during("counting what is offered")?;
    Ok(n)
}

/// Of some cases those that are offered to somebody: case, round, width, until when, and why.
pub async fn among(tx: &mut Tx, cases: &[String], who: &str) -> Result<Vec<OfferRow>, StoreError> {
    let what = "reading what is offered to somebody";
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    let text = each_json(what, cases)?;
    let sql = list!(
        tx,
        "SELECT o.* FROM",
        "CROSS JOIN offer o JOIN offer_to t ON t.case_id = o.case_id AND t.round = o.round
         WHERE o.case_id = j.value->>0 AND o.ended_at IS NULL AND t.person_id = $2 AND t.declined_at IS NULL"
    );
    query(sql).bind(text).bind(who).all(tx).await.during(what)
}

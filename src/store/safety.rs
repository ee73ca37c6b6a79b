//! The safety net under triage: whether a brand hides what needs no answer, which cases a person is
//! to check, what they found.
//!
//! Whether a brand hides is a versioned setting, so that who turned it, and when, stays on record.

use super::query::query;
use super::{During, StoreError, Tx, bulk, list, row, setting};
use crate::domain::time::Timestamp;

/// The kind of the versioned setting that says whether a brand hides.
const HIDING: &str = "hide_no_answer";
/// What stands in it when it hides.
const ON: &str = "{\"hide\":true}";
/// What stands in it when it does not.
const OFF: &str = "{\"hide\":false}";

/// Whether the main list of a brand hides what needs no answer. It does not until a lead has said so.
pub async fn hides(tx: &mut Tx, brand_id: &str) -> Result<bool, StoreError> {
    Ok(turns(tx, brand_id, 1).await?.first().is_some_and(Turn::hides))
}

/// Turns hiding on or off; turning it to where it stands changes nothing.
pub async fn turn(tx: &mut Tx, brand_id: &str, on: bool, by: &str, now: Timestamp) -> Result<(), StoreError> {
    setting::put(tx, HIDING, brand_id, by, if on { ON } else { OFF }, now).await.map(|_| ())
}

row! {
    /// One turn of the switch.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Turn {
        /// What was set, a JSON object.
        pub body: String,
        /// Who turned it, by id.
        pub origin: String,
        /// When.
        pub created_at: i64,
    }
}

impl Turn {
    /// Whether it was turned on.
    pub fn hides(&self) -> bool {
        self.body == ON
    }
}

/// The last turns of a brand's switch, latest first.
pub async fn turns(tx: &mut Tx, brand_id: &str, limit: i64) -> Result<Vec<Turn>, StoreError> {
    let sql = "SELECT body, origin, created_at FROM setting_version WHERE kind = $1 AND name = $2
         ORDER BY version DESC LIMIT $3";
    query(sql).bind(HIDING).bind(brand_id).bind(limit).all(tx).await.during("reading whether a brand hides")
}

/// When a brand was first seen.
pub async fn born(tx: &mut Tx, brand_id: &str) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT created_at FROM brand WHERE id = $1";
    let found: Option<(i64,)> =
        query(sql).bind(brand_id).maybe(tx).await.during("reading since when a brand is watched")?;
    Ok(found.map(|(at,)| Timestamp(at)))
}

/// A case that may be drawn: its id, its first mention, and whether a person has said since that it
/// needs an answer.
pub type Candidate = (String, String, i64);

/// The cases of a brand between two ids of which triage thought that nothing in them needs an answer,
/// in the order of their ids. Samples, history and what its author took back are left out.
pub async fn candidates(
    tx: &mut Tx,
    brand_id: &str,
    from: &str,
    to: &str,
) -> Result<Vec<Candidate>, StoreError> {
    let sql = "SELECT k.id, k.first_mention_id, k.needs_answer FROM cases k
         JOIN mention m ON m.id = k.first_mention_id
         WHERE k.id >= $2 AND k.id < $3 AND k.brand_id = $1 AND k.sample = 0 AND k.historic = 0
           AND m.deleted_at IS NULL
           AND NOT EXISTS (SELECT 1 FROM judgement g
                WHERE g.brand_id = k.brand_id AND g.case_id = k.id AND g.needs_answer = 1)
         ORDER BY k.id";
    query(sql).bind(brand_id).bind(from).bind(to).all(tx).await.during("looking for cases to check")
}

/// Notes cases that were drawn: brand, day, case, mention, when. One that a person has corrected
/// already, and found to need an answer, counts as checked.
pub async fn draw(tx: &mut Tx, rows: &[(String, String, String, String, i64)]) -> Result<(), StoreError> {
    let what = "drawing cases to check";
    let sql = list!(
        tx,
        "INSERT INTO triage_check (brand_id, day, case_id, mention_id, drawn_at)
         SELECT j.value->>0, j.value->>1, j.value->>2, j.value->>3, CAST(j.value->>4 AS BIGINT) FROM",
        "WHERE true ON CONFLICT (brand_id, day, case_id) DO NOTHING"
    );
    bulk::run(tx, what, sql, rows).await?;
    let sql = list!(
        tx,
        "UPDATE triage_check SET verdict = 'missed', decided_at = drawn_at,
            person_id = (SELECT k.person_id FROM correction k WHERE k.brand_id = triage_check.brand_id
                AND k.case_id = triage_check.case_id AND k.field = 'needs_answer' ORDER BY k.at DESC, k.id DESC LIMIT 1)
         FROM",
        "WHERE triage_check.brand_id = j.value->>0 AND triage_check.day = j.value->>1
            AND triage_check.case_id = j.value->>2 AND triage_check.verdict IS NULL
            AND EXISTS (SELECT 1 FROM cases c WHERE c.id = triage_check.case_id AND c.missed_at IS NOT NULL)"
    );
    bulk::run(tx, what, sql, rows).await
}

row! {
    /// A case that is to be checked.
    #[derive(Clone, Debug)]
    pub struct ToCheck {
        /// The brand.
        pub brand_id: String,
        /// The day on which it was drawn.
        pub day: String,
        /// The case.
        pub case_id: String,
        /// Its short number.
        pub number: i64,
        /// Its first mention.
        pub mention_id: String,
        /// The platform.
        pub platform: String,
        /// Its language.
        pub language: String,
        /// Its level, 1 to 5.
        pub level: i64,
    }
}

/// What of a brand nobody has checked yet of what was drawn since an instant, oldest first; behind
/// one by its day and case, from the first on without.
pub async fn to_check(
    tx: &mut Tx,
    brand_id: &str,
    since: Timestamp,
    (behind, limit): (Option<(&str, &str)>, i64),
) -> Result<Vec<ToCheck>, StoreError> {
    let sql = "SELECT t.brand_id, t.day, t.case_id, k.number, t.mention_id, k.platform, k.language, k.level
         FROM triage_check t JOIN cases k ON k.id = t.case_id JOIN mention m ON m.id = t.mention_id
         WHERE t.brand_id = $1 AND t.drawn_at >= $2 AND t.verdict IS NULL AND m.deleted_at IS NULL
            AND (t.day, t.case_id) > ($4, $5)
         ORDER BY t.day, t.case_id LIMIT $3";
    let (day, case_id) = behind.unwrap_or_default();
    query(sql)
        .bind(brand_id)
        .bind(since.millis())
        .bind(limit)
        .bind(day)
        .bind(case_id)
        .all(tx)
        .await
        .during("reading what is to be checked")
}

/// Notes what a person found of a case that was drawn, in every day in which it was. With `again`
/// also where somebody had found something before. Tells whether anything was noted.
pub async fn decide(
    tx: &mut Tx,
    brand_id: &str,
    case_id: &str,
    verdict: &str,
    by: &str,
    again: bool,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE triage_check SET verdict = $3, person_id = $4, decided_at = $5
         WHERE brand_id = $1 AND case_id = $2 AND (verdict IS NULL OR ($6 = 1 AND verdict <> $3))";
    let done = query(sql)
        .bind(brand_id)
        .bind(case_id)
        .bind(verdict)
        .bind(by)
        .bind(now.millis())
        .bind(i64::from(again))
        .run(tx)
        .await
        .during("noting what a check found")?;
    Ok(done > 0)
}

/// What was found of a case that was drawn: nothing of one that was not, an empty word of one that
/// nobody has looked at.
pub async fn found(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT COALESCE(verdict, '') FROM triage_check WHERE brand_id = $1 AND case_id = $2
         ORDER BY day DESC LIMIT 1";
    let found: Option<(String,)> =
        query(sql).bind(brand_id).bind(case_id).maybe(tx).await.during("looking whether a case was drawn")?;
    Ok(found.map(|(verdict,)| verdict))
}

row! {
    /// How often triage judged so and a person found so.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Confused {
        /// The level that triage gave, 1 to 5.
        pub judged: i64,
        /// The level that holds, a code or the number that triage gave.
        pub level: String,
        /// Whether triage thought that it needs an answer.
        pub judged_needs: i64,
        /// Whether it does, as `1` or `0`.
        pub needs: String,
        /// How many messages.
        pub n: i64,
    }
}

/// The messages of a brand that people corrected or checked since an instant: what triage said, and
/// what holds.
pub async fn confused(tx: &mut Tx, brand_id: &str, since: Timestamp) -> Result<Vec<Confused>, StoreError> {
    let sql = "SELECT f.judged, f.level, f.judged_needs, f.needs, COUNT(*) AS n FROM (
            SELECT g.level AS judged, g.needs_answer AS judged_needs,
                COALESCE((SELECT k.became FROM correction k WHERE k.brand_id = g.brand_id
                    AND k.mention_id = g.mention_id AND k.field = 'level' ORDER BY k.at DESC, k.id DESC LIMIT 1),
                    CAST(g.level AS TEXT)) AS level,
                COALESCE((SELECT k.became FROM correction k WHERE k.brand_id = g.brand_id
                    AND k.mention_id = g.mention_id AND k.field = 'needs_answer'
                    ORDER BY k.at DESC, k.id DESC LIMIT 1), CAST(g.needs_answer AS TEXT)) AS needs
            FROM (SELECT mention_id FROM correction WHERE brand_id = $1 AND at >= $2
                  UNION SELECT mention_id FROM triage_check WHERE brand_id = $1 AND decided_at >= $2
                    AND verdict IS NOT NULL) s
            JOIN judgement g ON g.mention_id = s.mention_id AND g.brand_id = $1
            JOIN mention m ON m.id = g.mention_id AND m.revision = g.revision) f
         GROUP BY f.judged, f.level, f.judged_needs, f.needs ORDER BY f.judged, f.level, f.judged_needs, f.needs";
    query(sql).bind(brand_id).bind(since.millis()).all(tx).await.during("comparing triage with people")
}

/// How many checks people made in `[from, to)`, and how many of those cases needed an answer, in
/// some brands (none means all).
pub async fn checked(
    tx: &mut Tx,
    brands: &[String],
    from: Timestamp,
    to: Timestamp,
) -> Result<(i64, i64), StoreError> {
    let what = "counting checks";
    let sql = tx.pick(
        "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN k.verdict = 'missed' THEN 1 ELSE 0 END), 0) AS BIGINT)
         FROM triage_check k WHERE k.verdict IS NOT NULL AND k.decided_at >= $2 AND k.decided_at < $3
            AND ($1 = '[]' OR k.brand_id IN (SELECT value FROM json_each($1)))",
        "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN k.verdict = 'missed' THEN 1 ELSE 0 END), 0) AS BIGINT)
         FROM triage_check k WHERE k.verdict IS NOT NULL AND k.decided_at >= $2 AND k.decided_at < $3
            AND ($1 = '[]' OR k.brand_id IN (SELECT jsonb_array_elements_text($1::jsonb)))",
    );
    let text = super::json(what, brands)?;
    query(sql).bind(text).bind(from.millis()).bind(to.millis()).one(tx).await.during(what)
}

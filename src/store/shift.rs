//! What people have in hand when their shift ends, and what they were asked about it.

use super::each::each_json;
use super::query::query;
use super::rows::CaseRow;
use super::{During, StoreError, Tx, list, row};
use crate::domain::shift::{Asked, Held};
use crate::domain::time::Timestamp;

/// Most cases that one round looks at.
const LOOKED: i64 = 500;

row! {
    /// A case in somebody's hand, with what of it matters at the end of their shift.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct HeldRow {
        /// The case.
        pub id: String,
        /// Its brand.
        pub brand_id: String,
        /// 1 to 5.
        pub level: i64,
        /// Whether it is a sample or of before the source counts.
        pub silent: i64,
        /// Who has it.
        pub person_id: String,
        /// Since when.
        pub claimed_since: Option<i64>,
        /// Whether there is a draft of theirs.
        pub draft: i64,
        /// Whether a private talk is open.
        pub talk: i64,
        /// Whether a promise of theirs is open.
        pub promise: i64,
        /// When they were asked about it.
        pub asked_at: Option<i64>,
        /// About which end.
        pub ends_at: Option<i64>,
        /// When again.
        pub again_at: Option<i64>,
        /// When they answered that they keep it.
        pub answered_at: Option<i64>,
    }
}

impl HeldRow {
    /// As the domain decides of it.
    pub fn held(&self) -> Held {
        let asked = |at: i64| Asked {
            at: Timestamp(at),
            ends_at: Timestamp(self.ends_at.unwrap_or(at)),
            again_at: self.again_at.map(Timestamp),
            kept_at: self.answered_at.map(Timestamp),
        };
        Held {
            since: Timestamp(self.claimed_since.unwrap_or(0)),
            p1: self.level == 1 && self.silent == 0,
            holds: self.draft + self.talk + self.promise > 0,
            asked: self.asked_at.map(asked),
        }
    }

    /// What it holds: `draft`, `talk`, `promise`.
    pub fn holds(&self) -> Vec<&'static str> {
        let all = [(self.draft, "draft"), (self.talk, "talk"), (self.promise, "promise")];
        all.into_iter().filter(|(n, _)| *n > 0).map(|(_, what)| what).collect()
    }
}

/// What some people have in hand, one case only where one is named.
pub async fn held(
    tx: &mut Tx,
    people: &[String],
    case_id: Option<&str>,
    now: Timestamp,
) -> Result<Vec<HeldRow>, StoreError> {
    let what = "reading what people have in hand";
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let text = each_json(what, people)?;
    let sql = list!(
        tx,
        "SELECT k.id, k.brand_id, k.level, k.sample + k.historic AS silent, k.claimed_by AS person_id, k.claimed_since,
            CAST(CASE WHEN EXISTS (SELECT 1 FROM draft d WHERE d.case_id = k.id AND d.person_id = k.claimed_by)
                    OR EXISTS (SELECT 1 FROM draft_beside b WHERE b.case_id = k.id AND b.person_id = k.claimed_by
                        AND b.kind <> 'note')
                THEN 1 ELSE 0 END AS BIGINT) AS draft,
            CAST(CASE WHEN EXISTS (SELECT 1 FROM handover h WHERE h.case_id = k.id AND h.state IN ('opened', 'linked'))
                THEN 1 ELSE 0 END AS BIGINT) AS talk,
            CAST(CASE WHEN EXISTS (SELECT 1 FROM promise p JOIN obligation o ON o.case_id = p.case_id AND o.wait = p.wait
                    WHERE p.case_id = k.id AND p.made_by = k.claimed_by AND o.ended_at IS NULL)
                THEN 1 ELSE 0 END AS BIGINT) AS promise,
            a.asked_at, a.ends_at, a.again_at, a.answered_at
         FROM",
        "CROSS JOIN cases k
         LEFT JOIN shift_ask a ON a.case_id = k.id AND a.person_id = k.claimed_by
            AND a.asked_at >= k.claimed_since AND a.answer IN ('', 'kept')
            AND a.n = (SELECT MAX(x.n) FROM shift_ask x WHERE x.case_id = k.id)
         WHERE k.claimed_by = j.value->>0 AND k.open = 1 AND (k.claimed_until IS NULL OR k.claimed_until > $2)
           AND (CAST($3 AS TEXT) IS NULL OR k.id = $3)
         ORDER BY k.level, k.id LIMIT $4"
    );
    query(sql).bind(text).bind(now.millis()).bind(case_id).bind(LOOKED).all(tx).await.during(what)
}

/// Who has anything in hand.
pub async fn holders(tx: &mut Tx) -> Result<Vec<(String,)>, StoreError> {
    let sql = "SELECT DISTINCT claimed_by FROM cases WHERE open = 1 AND claimed_by IS NOT NULL";
    query(sql).all(tx).await.during("reading who has cases")
}

/// Who has anything in hand and may no longer log in.
pub async fn gone(tx: &mut Tx) -> Result<Vec<(String,)>, StoreError> {
    let sql = "SELECT p.id FROM person p WHERE p.disabled_at IS NOT NULL
           AND EXISTS (SELECT 1 FROM cases k WHERE k.claimed_by = p.id AND k.open = 1) ORDER BY p.id";
    query(sql).all(tx).await.during("reading who left with cases in hand")
}

/// Asks somebody about a case of theirs; `again_at` where their duty is over already.
pub async fn ask(
    tx: &mut Tx,
    held: &HeldRow,
    ends_at: Timestamp,
    again_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO shift_ask (case_id, n, brand_id, person_id, asked_at, ends_at, again_at, answer, answered_at)
         SELECT $1, COALESCE(MAX(n), 0) + 1, $2, $3, $4, $5, $6, '', NULL FROM shift_ask WHERE case_id = $1";
    query(sql)
        .bind(&held.id)
        .bind(&held.brand_id)
        .bind(&held.person_id)
        .bind(now.millis())
        .bind(ends_at.millis())
        .bind(again_at.map(Timestamp::millis))
        .run(tx)
        .await
        .map(|_| ())
        .during("asking what becomes of a case")
}

/// Notes that it was asked again, at the end.
pub async fn asked_again(tx: &mut Tx, case_id: &str, now: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE shift_ask SET again_at = $2 WHERE case_id = $1 AND answered_at IS NULL";
    query(sql)
        .bind(case_id)
        .bind(now.millis())
        .run(tx)
        .await
        .map(|_| ())
        .during("asking again what becomes of a case")
}

/// Answers what is open about a case: `kept`, `unanswered` or `settled`. Tells whether anything was.
pub async fn answer(tx: &mut Tx, case_id: &str, answer: &str, now: Timestamp) -> Result<bool, StoreError> {
    let sql = "UPDATE shift_ask SET answer = $2, answered_at = $3 WHERE case_id = $1 AND answered_at IS NULL";
    let done = query(sql)
        .bind(case_id)
        .bind(answer)
        .bind(now.millis())
        .run(tx)
        .await
        .during("answering what becomes of a case")?;
    Ok(done > 0)
}

/// Settles what was asked about cases that the one who was asked has no more.
pub async fn settle_moved(tx: &mut Tx, now: Timestamp) -> Result<u64, StoreError> {
    let sql = "UPDATE shift_ask SET answer = 'settled', answered_at = $1 WHERE answered_at IS NULL
           AND NOT EXISTS (SELECT 1 FROM cases k WHERE k.id = shift_ask.case_id AND k.open = 1
                AND k.claimed_by = shift_ask.person_id)";
    query(sql).bind(now.millis()).run(tx).await.during("settling what was asked")
}

/// Whether anything that was asked is open about a case that moved on.
pub async fn any_moved(tx: &mut Tx) -> Result<bool, StoreError> {
    let sql = "SELECT COUNT(*) FROM shift_ask a WHERE a.answered_at IS NULL
           AND NOT EXISTS (SELECT 1 FROM cases k WHERE k.id = a.case_id AND k.open = 1 AND k.claimed_by = a.person_id)";
    let (n,): (i64,) = query(sql).one(tx).await.during("looking for what was asked")?;
    Ok(n > 0)
}

/// How many questions are open for whom, and the earliest end that they are about.
pub async fn open(tx: &mut Tx) -> Result<Vec<(String, i64, i64)>, StoreError> {
    let sql = "SELECT person_id, COUNT(*), MIN(ends_at) FROM shift_ask WHERE answered_at IS NULL GROUP BY person_id";
    query(sql).all(tx).await.during("reading what is asked at the end of a shift")
}

/// The cases of a brand about which somebody is asked, the earliest end first.
pub async fn open_for(tx: &mut Tx, brand_id: &str, person: &str) -> Result<Vec<CaseRow>, StoreError> {
    let sql = "SELECT k.* FROM shift_ask a JOIN cases k ON k.id = a.case_id
         WHERE a.person_id = $2 AND a.brand_id = $1 AND a.answered_at IS NULL AND k.claimed_by = a.person_id
           AND k.open = 1 ORDER BY a.ends_at, k.level, k.id LIMIT 100";
    query(sql).bind(brand_id).bind(person).all(tx).await.during("reading what somebody is asked about")
}

/// What is asked about a case at present: of whom, and the end that it is about.
pub async fn open_of(
    tx: &mut Tx,
    brand_id: &str,
    case_id: &str,
) -> Result<Option<(String, i64)>, StoreError> {
    let sql = "SELECT person_id, ends_at FROM shift_ask
         WHERE brand_id = $1 AND case_id = $2 AND answered_at IS NULL ORDER BY n DESC LIMIT 1";
    query(sql).bind(brand_id).bind(case_id).maybe(tx).await.during("reading what is asked about a case")
}

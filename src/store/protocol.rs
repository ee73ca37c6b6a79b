//! Protocols of cases, and what was done of each. Notes stand in `content`, under `PROTOCOL/step/STEP`.

use super::each::find_each;
use super::query::query;
use super::{During, StoreError, Tx, json, list, of_brands, row};
use crate::domain::time::Timestamp;

row! {
    /// A protocol as stored.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ProtocolRow {
        /// Id.
        pub id: String,
        /// The brand.
        pub brand_id: String,
        /// The case.
        pub case_id: String,
        /// Which, a code of [`crate::domain::protocol::ProtocolKind`].
        pub kind: String,
        /// Its state.
        pub state: String,
        /// 1 while something is to be done about it.
        pub open: i64,
        /// Why it is there: `words`, `label`, `person`.
        pub origin: String,
        /// When it was proposed or begun.
        pub proposed_at: i64,
        /// When a person began it.
        pub started_at: Option<i64>,
        /// Who.
        pub started_by: Option<String>,
        /// When whom it is for took it.
        pub taken_at: Option<i64>,
        /// Who.
        pub taken_by: Option<String>,
        /// When it was over.
        pub ended_at: Option<i64>,
        /// Who ended or declined it.
        pub ended_by: Option<String>,
        /// The wait by which its deadline runs.
        pub wait: Option<i64>,
        /// When it is told again.
        pub again_at: Option<i64>,
        /// How often it was told.
        pub told: i64,
    }
}

impl ProtocolRow {
    /// The content that holds the note of a step.
    pub fn note_id(&self, step: &str) -> String {
        format!("{}/step/{step}", self.id)
    }
}

row! {
    /// A step that was done.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct StepRow {
        /// The protocol.
        pub protocol_id: String,
        /// Which.
        pub step: String,
        /// The brand.
        pub brand_id: String,
        /// When.
        pub done_at: i64,
        /// By whom.
        pub done_by: String,
    }
}

/// Writes a protocol, a new one or as it is now; `false` for a new one where one of its kind is open on the case.
pub async fn put(tx: &mut Tx, p: &ProtocolRow) -> Result<bool, StoreError> {
    let sql = "UPDATE protocol SET state = $2, open = $3, started_at = $4, started_by = $5, taken_at = $6, taken_by = $7,
            ended_at = $8, ended_by = $9, wait = $10, again_at = $11, told = $12 WHERE id = $1 AND brand_id = $13";
    let what = "writing a protocol";
    let changed = query(sql)
        .bind(&p.id)
        .bind(&p.state)
        .bind(p.open)
        .bind(p.started_at)
        .bind(&p.started_by)
        .bind(p.taken_at)
        .bind(&p.taken_by)
        .bind(p.ended_at)
        .bind(&p.ended_by)
        .bind(p.wait)
        .bind(p.again_at)
        .bind(p.told)
        .bind(&p.brand_id)
        .run(tx)
        .await
        .during(what)?;
    if changed > 0 {
        return Ok(true);
    }
    let sql = "INSERT INTO protocol (id, brand_id, case_id, kind, state, open, origin, proposed_at, started_at, started_by,
            taken_at, taken_by, ended_at, ended_by, wait, again_at, told)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) ON CONFLICT DO NOTHING";
    let added = query(sql)
        .bind(&p.id)
        .bind(&p.brand_id)
        .bind(&p.case_id)
        .bind(&p.kind)
        .bind(&p.state)
        .bind(p.open)
        .bind(&p.origin)
        .bind(p.proposed_at)
        .bind(p.started_at)
        .bind(&p.started_by)
        .bind(p.taken_at)
        .bind(&p.taken_by)
        .bind(p.ended_at)
        .bind(&p.ended_by)
        .bind(p.wait)
        .bind(p.again_at)
        .bind(p.told)
        .run(tx)
        .await
        .during(what)?;
    Ok(added > 0)
}

/// The protocols of a case, the latest first.
pub async fn of_case(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<Vec<ProtocolRow>, StoreError> {
    let sql = "SELECT * FROM protocol WHERE case_id = $2 AND brand_id = $1 ORDER BY open DESC, proposed_at DESC, id";
    query(sql).bind(brand_id).bind(case_id).all(tx).await.during("reading the protocols of a case")
}

/// The open protocols of these cases.
pub async fn open_of(tx: &mut Tx, cases: &[String]) -> Result<Vec<ProtocolRow>, StoreError> {
    let what = "reading open protocols";
    let sql = list!(
        tx,
        "SELECT p.* FROM",
        "CROSS JOIN protocol p WHERE p.case_id = j.value->>0 AND p.open = 1 ORDER BY p.proposed_at, p.id"
    );
    find_each(tx, what, sql, cases).await
}

/// The protocols of a brand that are open, or that were over after `since`; the open ones first, the latest first.
pub async fn of_brand(
    tx: &mut Tx,
    brand_id: &str,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<ProtocolRow>, StoreError> {
    let sql = "SELECT * FROM protocol WHERE brand_id = $1 AND (open = 1 OR ended_at >= $2)
         ORDER BY open DESC, proposed_at DESC, id LIMIT $3";
    query(sql).bind(brand_id).bind(since.millis()).bind(limit).all(tx).await.during("listing protocols")
}

/// Whether a case has or had a protocol of a kind.
pub async fn has_had(tx: &mut Tx, brand_id: &str, case_id: &str, kind: &str) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM protocol WHERE case_id = $2 AND brand_id = $1 AND kind = $3 LIMIT 1";
    let found: Option<(i32,)> = query(sql)
        .bind(brand_id)
        .bind(case_id)
        .bind(kind)
        .maybe(tx)
        .await
        .during("looking for a protocol")?;
    Ok(found.is_some())
}

/// Whether a protocol of a kind is open on a case, or was over only after something was posted: then it is known of.
pub async fn knows_of(
    tx: &mut Tx,
    (brand_id, case_id): (&str, &str),
    kind: &str,
    posted: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM protocol WHERE case_id = $2 AND brand_id = $1 AND kind = $3
         AND (open = 1 OR ended_at >= $4) LIMIT 1";
    let found: Option<(i32,)> = query(sql)
        .bind(brand_id)
        .bind(case_id)
        .bind(kind)
        .bind(posted.millis())
        .maybe(tx)
        .await
        .during("looking for a protocol")?;
    Ok(found.is_some())
}

/// Whether anything was begun on a case that is more than a proposal: no survey goes there.
pub async fn was_begun(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<bool, StoreError> {
    let sql =
        "SELECT 1 FROM protocol WHERE case_id = $2 AND brand_id = $1 AND started_at IS NOT NULL LIMIT 1";
    let found: Option<(i32,)> =
        query(sql).bind(brand_id).bind(case_id).maybe(tx).await.during("looking for a protocol")?;
    Ok(found.is_some())
}

/// Notes a step as done; `false` if it was already.
pub async fn add_step(tx: &mut Tx, s: &StepRow) -> Result<bool, StoreError> {
    let sql = "INSERT INTO protocol_step (protocol_id, step, brand_id, done_at, done_by) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (protocol_id, step) DO NOTHING";
    let added = query(sql)
        .bind(&s.protocol_id)
        .bind(&s.step)
        .bind(&s.brand_id)
        .bind(s.done_at)
        .bind(&s.done_by)
        .run(tx)
        .await
        .during("noting a step of a protocol")?;
    Ok(added > 0)
}

/// The steps that were done on the protocols of a case.
pub async fn steps_of(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<Vec<StepRow>, StoreError> {
    let sql = "SELECT s.* FROM protocol p JOIN protocol_step s ON s.protocol_id = p.id
         WHERE p.case_id = $2 AND p.brand_id = $1 ORDER BY s.done_at, s.step";
    query(sql).bind(brand_id).bind(case_id).all(tx).await.during("reading the steps of protocols")
}

/// The protocols that are to be told again: brand, case and kind.
pub async fn due(
    tx: &mut Tx,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<(String, String, String)>, StoreError> {
    let sql = "SELECT brand_id, case_id, kind FROM protocol WHERE again_at IS NOT NULL AND again_at <= $1
         ORDER BY again_at, id LIMIT $2";
    query(sql)
        .bind(now.millis())
        .bind(limit)
        .all(tx)
        .await
        .during("looking for protocols that are told again")
}

/// Those of a case that is gone are told no more.
pub async fn quiet(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<(), StoreError> {
    let sql = "UPDATE protocol SET again_at = NULL WHERE case_id = $2 AND brand_id = $1";
    query(sql)
        .bind(brand_id)
        .bind(case_id)
        .run(tx)
        .await
        .map(|_| ())
        .during("quieting the protocols of a case that is gone")
}

/// The protocols that are open although their case is over: brand, case and kind.
pub async fn left_behind(tx: &mut Tx, limit: i64) -> Result<Vec<(String, String, String)>, StoreError> {
    let sql = "SELECT p.brand_id, p.case_id, p.kind FROM protocol p JOIN cases k ON k.id = p.case_id
         WHERE p.open = 1 AND k.open = 0 ORDER BY p.id LIMIT $1";
    query(sql).bind(limit).all(tx).await.during("looking for protocols of cases that are over")
}

/// How many answers of ours about a case left or are on their way since an instant; one in parts is one.
pub async fn answers_since(
    tx: &mut Tx,
    brand_id: &str,
    case_id: &str,
    since: Timestamp,
) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) FROM action WHERE case_id = $2 AND brand_id = $1 AND kind = 'reply' AND created_at >= $3
         AND state NOT IN ('cancelled', 'refused')
         AND NOT EXISTS (SELECT 1 FROM answer_part p WHERE p.action_id = action.id AND p.n > 1)";
    let (n,): (i64,) = query(sql)
        .bind(brand_id)
        .bind(case_id)
        .bind(since.millis())
        .one(tx)
        .await
        .during("counting answers since a protocol began")?;
    Ok(n)
}

/// The answers of a case that have not begun to leave.
pub async fn waiting_answers(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT id FROM action WHERE case_id = $2 AND brand_id = $1 AND kind = 'reply'
         AND state IN ('held', 'ready', 'claimed') ORDER BY created_at, id";
    let rows: Vec<(String,)> =
        query(sql).bind(brand_id).bind(case_id).all(tx).await.during("looking for answers on their way")?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Who may be told by role: login and the brands that they see.
pub async fn people_of(tx: &mut Tx, role: &str) -> Result<Vec<(String, Option<String>)>, StoreError> {
    let sql = "SELECT login, brands FROM person WHERE role = $1 AND disabled_at IS NULL ORDER BY login";
    query(sql).bind(role).all(tx).await.during("reading who has a role")
}

row! {
    /// How protocols of one kind went in a span.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct CountRow {
        /// Which.
        pub kind: String,
        /// Proposed by words or labels, or begun by people.
        pub all_of_them: i64,
        /// Begun.
        pub started: i64,
        /// Declined.
        pub declined: i64,
    }
}

/// How many there were by kind that came up in a span; an empty list of brands means all.
pub async fn counts(
    tx: &mut Tx,
    brands: &[String],
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<CountRow>, StoreError> {
    let what = "counting protocols";
    let sql = of_brands!(
        tx,
        "SELECT k.kind, COUNT(*) AS all_of_them,
            CAST(SUM(CASE WHEN k.started_at IS NOT NULL THEN 1 ELSE 0 END) AS BIGINT) AS started,
            CAST(SUM(CASE WHEN k.state = 'declined' THEN 1 ELSE 0 END) AS BIGINT) AS declined
         FROM protocol k WHERE k.proposed_at >= $2 AND k.proposed_at < $3 AND",
        "GROUP BY k.kind ORDER BY k.kind"
    );
    let text = json(what, brands)?;
    query(sql).bind(text).bind(from.millis()).bind(to.millis()).all(tx).await.during(what)
}

/// Of those that came up in a span: kind, how long until somebody of those named was told, and until somebody took it,
/// in milliseconds.
pub async fn times(
    tx: &mut Tx,
    brands: &[String],
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<(String, Option<i64>, Option<i64>)>, StoreError> {
    let what = "reading how fast protocols were told";
    let sql = of_brands!(
        tx,
        "SELECT k.kind, (SELECT MIN(a.settled_at) FROM action a WHERE a.case_id = k.case_id AND a.kind = 'alert'
                AND a.state = 'done' AND a.once_key LIKE '%:' || k.id || ':%') - k.proposed_at,
            k.taken_at - k.proposed_at
         FROM protocol k WHERE k.proposed_at >= $2 AND k.proposed_at < $3 AND",
        "ORDER BY k.kind, k.id"
    );
    let text = json(what, brands)?;
    query(sql).bind(text).bind(from.millis()).bind(to.millis()).all(tx).await.during(what)
}

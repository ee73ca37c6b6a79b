//! Duty as stored: what people said, what was planned, how reading the plans went. People stand here by id alone.

use super::each::each_json;
use super::query::query;
use super::{During, StoreError, Tx, bulk, json, list, row};
use crate::domain::duty::{BadLine, Reach, Role, Said, Shift};
use crate::domain::language::Language;
use crate::domain::time::Timestamp;

row! {
    /// Something that a person said of their duty.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct SaidRow {
        /// Id; they rise with time.
        pub id: String,
        /// Who.
        pub person_id: String,
        /// 1 on, 0 off.
        pub is_on: i64,
        /// When it was said.
        pub from_ms: i64,
        /// Until when it holds.
        pub until_ms: i64,
        /// A JSON list of codes.
        pub languages: String,
        /// A JSON list of names.
        pub sectors: String,
        /// `console`, `bot` or `api`.
        pub via: String,
    }
}

row! {
    /// A planned shift.
    #[derive(Clone, Debug, PartialEq, Eq)]
    struct ShiftRow {
        person_id: String,
        from_ms: i64,
        until_ms: i64,
        languages: String,
        sectors: String,
        role: String,
        buddy_id: Option<String>,
    }
}

row! {
    /// How the last reading of a plan went.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct PlanRow {
        /// Its name.
        pub plan: String,
        /// Of what was read.
        pub digest: String,
        /// When.
        pub read_at: i64,
        /// How many shifts were read.
        pub shifts: i64,
        /// The lines that were passed over, a JSON list.
        pub wrong: String,
        /// Why the last try brought nothing; empty when it did.
        pub trouble: String,
    }
}

impl PlanRow {
    /// The lines that were passed over.
    pub fn bad_lines(&self) -> Vec<BadLine> {
        serde_json::from_str(&self.wrong).unwrap_or_default()
    }
}

fn reach(languages: &str, sectors: &str) -> Reach {
    Reach {
        languages: serde_json::from_str::<Vec<Language>>(languages).unwrap_or_default(),
        sectors: serde_json::from_str(sectors).unwrap_or_default(),
    }
}

fn lists(reach: &Reach) -> Result<(String, String), StoreError> {
    let what = "writing duty";
    Ok((json(what, &reach.languages)?, json(what, &reach.sectors)?))
}

impl SaidRow {
    /// As the domain computes with it.
    pub fn said(&self) -> Said {
        Said {
            person: self.person_id.clone(),
            on: self.is_on == 1,
            from: Timestamp(self.from_ms),
            until: Timestamp(self.until_ms),
            reach: reach(&self.languages, &self.sectors),
        }
    }
}

/// Notes what a person said.
pub async fn say(tx: &mut Tx, id: &str, said: &Said, via: &str) -> Result<(), StoreError> {
    let (languages, sectors) = lists(&said.reach)?;
    let sql = "INSERT INTO duty_said (id, person_id, is_on, from_ms, until_ms, languages, sectors, via)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    query(sql)
        .bind(id)
        .bind(&said.person)
        .bind(i64::from(said.on))
        .bind(said.from.millis())
        .bind(said.until.millis())
        .bind(languages)
        .bind(sectors)
        .bind(via)
        .run(tx)
        .await
        .map(|_| ())
        .during("noting who is on duty")
}

/// What was said that touches a span, in the order in which it was said.
pub async fn said(tx: &mut Tx, from: Timestamp, to: Timestamp) -> Result<Vec<SaidRow>, StoreError> {
    let sql = "SELECT id, person_id, is_on, from_ms, until_ms, languages, sectors, via FROM duty_said
         WHERE until_ms > $1 AND from_ms < $2 ORDER BY from_ms, id";
    query(sql).bind(from.millis()).bind(to.millis()).all(tx).await.during("reading who said they are on duty")
}

/// The last things said, latest first.
pub async fn history(tx: &mut Tx, limit: i64) -> Result<Vec<SaidRow>, StoreError> {
    let sql = "SELECT id, person_id, is_on, from_ms, until_ms, languages, sectors, via FROM duty_said
         ORDER BY from_ms DESC, id DESC LIMIT $1";
    query(sql).bind(limit).all(tx).await.during("reading the history of duty")
}

/// What a person said last when they came on: what they take up.
pub async fn last_reach(tx: &mut Tx, person: &str) -> Result<Option<Reach>, StoreError> {
    let sql = "SELECT languages, sectors FROM duty_said WHERE person_id = $1 AND is_on = 1
         ORDER BY from_ms DESC, id DESC LIMIT 1";
    let found: Option<(String, String)> =
        query(sql).bind(person).maybe(tx).await.during("reading what somebody takes up")?;
    Ok(found.map(|(languages, sectors)| reach(&languages, &sectors)))
}

/// The planned shifts that touch a span.
pub async fn shifts(tx: &mut Tx, from: Timestamp, to: Timestamp) -> Result<Vec<Shift>, StoreError> {
    let sql = "SELECT person_id, from_ms, until_ms, languages, sectors, role, buddy_id FROM duty_shift
         WHERE until_ms > $1 AND from_ms < $2 ORDER BY person_id, from_ms, plan";
    let rows: Vec<ShiftRow> =
        query(sql).bind(from.millis()).bind(to.millis()).all(tx).await.during("reading planned shifts")?;
    let shift = |r: ShiftRow| Shift {
        person: r.person_id,
        from: Timestamp(r.from_ms),
        until: Timestamp(r.until_ms),
        reach: reach(&r.languages, &r.sectors),
        role: Role::from_code(&r.role).unwrap_or_default(),
        buddy: r.buddy_id,
    };
    Ok(rows.into_iter().map(shift).collect())
}

/// Whether anybody has ever said or planned anything: without that, nobody works with duty here.
pub async fn is_used(tx: &mut Tx) -> Result<bool, StoreError> {
    let sql = "SELECT (SELECT COUNT(*) FROM (SELECT 1 AS one FROM duty_said LIMIT 1) AS a)
         + (SELECT COUNT(*) FROM (SELECT 1 AS one FROM duty_shift LIMIT 1) AS b)";
    let (n,): (i64,) = query(sql).one(tx).await.during("looking for duty")?;
    Ok(n > 0)
}

/// Puts what a plan says now in the place of what it said before. What is over stays as it was; a shift that runs and
/// is no longer planned ends now.
pub async fn replace(tx: &mut Tx, plan: &str, shifts: &[Shift], now: Timestamp) -> Result<(), StoreError> {
    let what = "writing planned shifts";
    let mut rows = Vec::with_capacity(shifts.len());
    for s in shifts {
        let (languages, sectors) = lists(&s.reach)?;
        let times = (s.from.millis(), s.until.millis());
        rows.push((plan, &s.person, times.0, times.1, languages, sectors, s.role.code(), &s.buddy));
    }
    let sql = "DELETE FROM duty_shift WHERE plan = $1 AND from_ms >= $2";
    query(sql).bind(plan).bind(now.millis()).run(tx).await.map(|_| ()).during(what)?;
    let sql = "UPDATE duty_shift SET until_ms = $2 WHERE plan = $1 AND until_ms > $2";
    query(sql).bind(plan).bind(now.millis()).run(tx).await.map(|_| ()).during(what)?;
    let sql = list!(
        tx,
        "INSERT INTO duty_shift (plan, person_id, from_ms, until_ms, languages, sectors, role, buddy_id)
         SELECT j.value->>0, j.value->>1, CAST(j.value->>2 AS BIGINT), CAST(j.value->>3 AS BIGINT), j.value->>4,
            j.value->>5, j.value->>6, j.value->>7 FROM",
        "WHERE true ON CONFLICT (plan, person_id, from_ms) DO UPDATE SET until_ms = excluded.until_ms,
            languages = excluded.languages, sectors = excluded.sectors, role = excluded.role,
            buddy_id = excluded.buddy_id"
    );
    bulk::run(tx, what, sql, &rows).await
}

/// Notes how reading a plan went.
pub async fn put_plan(tx: &mut Tx, p: &PlanRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO duty_plan (plan, digest, read_at, shifts, wrong, trouble) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (plan) DO UPDATE SET digest = excluded.digest, read_at = excluded.read_at,
            shifts = excluded.shifts, wrong = excluded.wrong, trouble = excluded.trouble";
    query(sql)
        .bind(&p.plan)
        .bind(&p.digest)
        .bind(p.read_at)
        .bind(p.shifts)
        .bind(&p.wrong)
        .bind(&p.trouble)
        .run(tx)
        .await
        .map(|_| ())
        .during("noting how a plan was read")
}

/// How the plans were read last, by name.
pub async fn plans(tx: &mut Tx) -> Result<Vec<PlanRow>, StoreError> {
    let sql = "SELECT plan, digest, read_at, shifts, wrong, trouble FROM duty_plan ORDER BY plan";
    query(sql).all(tx).await.during("reading how plans were read")
}

/// Forgets that a plan was ever read; what was on duty by it stays.
pub async fn forget_plan(tx: &mut Tx, plan: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM duty_plan WHERE plan = $1";
    query(sql).bind(plan).run(tx).await.map(|_| ()).during("forgetting a plan")
}

/// How many cases that needed an answer came in by hour (of the epoch) and language, since an instant, of some brands.
pub async fn arrivals(
    tx: &mut Tx,
    brands: &[String],
    since: Timestamp,
) -> Result<Vec<(i64, String, i64)>, StoreError> {
    let what = "counting arrivals by hour";
    let sql = list!(
        tx,
        "SELECT k.opened_at / 3600000 AS hour, k.language, COUNT(*) FROM",
        "CROSS JOIN cases k
         WHERE k.brand_id = j.value->>0 AND k.opened_at >= $2 AND k.needs_answer = 1 AND k.sample = 0
           AND k.historic = 0
         GROUP BY 1, 2 ORDER BY 1, 2"
    );
    let text = each_json(what, brands)?;
    query(sql).bind(text).bind(since.millis()).all(tx).await.during(what)
}

/// How many open cases of a brand owe an answer by an instant, late ones too, and how many of these are P1 or P2; what is
/// left to members is not counted.
pub async fn due_by(
    tx: &mut Tx,
    brand_id: &str,
    upto: Timestamp,
    now: Timestamp,
) -> Result<(i64, i64), StoreError> {
    let sql = "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN level <= 2 THEN 1 ELSE 0 END), 0) AS BIGINT)
         FROM cases WHERE brand_id = $1 AND open = 1 AND needs_answer = 1 AND sample = 0
           AND historic = 0 AND due_at IS NOT NULL AND due_at <= $2
           AND (held_until IS NULL OR held_until <= $3)";
    query(sql)
        .bind(brand_id)
        .bind(upto.millis())
        .bind(now.millis())
        .one(tx)
        .await
        .during("counting what is due")
}

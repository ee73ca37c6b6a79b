//! The planner as stored: shifts, swaps, absences, calendars out. People stand here by id alone.

use super::query::query;
use super::{During, StoreError, Tx, json, row};
use crate::domain::duty::{Reach, Role};
use crate::domain::planner::{Absence, Pattern, Swap};
use crate::domain::time::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

row! {
    /// A shift as stored.
    #[derive(Clone, Debug, PartialEq, Eq)]
    struct ShiftRow {
        id: String,
        person_id: String,
        role: String,
        buddy_id: Option<String>,
        languages: String,
        sectors: String,
        zone: String,
        first_day: String,
        last_day: Option<String>,
        starts: i64,
        ends: i64,
        every_weeks: i64,
        weekdays: i64,
        except_days: String,
        sequence: i64,
    }
}

row! {
    /// One day of a shift that somebody wants, or wanted, to give away.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct SwapRow {
        /// Id.
        pub id: String,
        /// The shift.
        pub shift_id: String,
        /// The day.
        pub day: String,
        /// Who asks.
        pub from_id: String,
        /// Who takes it.
        pub to_id: Option<String>,
        /// `asked`, `taken`, `agreed`, `refused` or `withdrawn`.
        pub state: String,
        /// When it was asked.
        pub asked_at: i64,
        /// When somebody took it.
        pub taken_at: Option<i64>,
        /// When it ended.
        pub decided_at: Option<i64>,
        /// Who ended it.
        pub decided_by: Option<String>,
    }
}

row! {
    /// Somebody is away.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct AbsenceRow {
        /// Id.
        pub id: String,
        /// Who.
        pub person_id: String,
        /// Why, as a word.
        pub kind: String,
        /// From when.
        pub from_ms: i64,
        /// Until when.
        pub until_ms: i64,
        /// Who wrote it down.
        pub made_by: String,
        /// When.
        pub made_at: i64,
        /// When it was called off.
        pub called_off_at: Option<i64>,
    }
}

row! {
    /// An address by which calendars read the plan.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct FeedRow {
        /// Id.
        pub id: String,
        /// The hash of its token.
        pub hash: String,
        /// Whose; none for the team's.
        pub person_id: Option<String>,
        /// Who made it.
        pub made_by: String,
        /// When.
        pub made_at: i64,
        /// When it was taken back.
        pub revoked_at: Option<i64>,
    }
}

impl AbsenceRow {
    /// As the domain computes with it.
    pub fn absence(&self) -> Absence {
        Absence {
            person: self.person_id.clone(),
            from: Timestamp(self.from_ms),
            until: Timestamp(self.until_ms),
            called_off: self.called_off_at.is_some(),
        }
    }
}

impl SwapRow {
    /// As the domain computes with it; nothing unless it was agreed.
    pub fn swap(&self) -> Option<Swap> {
        let (to, at) = (self.to_id.clone()?, self.decided_at?);
        let day = self.day.parse().ok()?;
        (self.state == "agreed").then(|| Swap {
            shift: self.shift_id.clone(),
            day,
            from: self.from_id.clone(),
            to,
            at: Timestamp(at),
        })
    }
}

impl ShiftRow {
    fn pattern(self) -> Result<Pattern, StoreError> {
        let corrupt =
            |found: &str| StoreError::Corrupt { what: "reading the planner", found: found.to_owned() };
        let day = |text: &str| text.parse::<Date>().map_err(|_| corrupt(text));
        Ok(Pattern {
            first: day(&self.first_day)?,
            last: self.last_day.as_deref().map(day).transpose()?,
            zone: TimeZone::get(&self.zone).map_err(|_| corrupt(&self.zone))?,
            role: Role::from_code(&self.role).unwrap_or_default(),
            reach: Reach {
                languages: serde_json::from_str(&self.languages).unwrap_or_default(),
                sectors: serde_json::from_str(&self.sectors).unwrap_or_default(),
            },
            except: serde_json::from_str(&self.except_days).map_err(|_| corrupt(&self.except_days))?,
            id: self.id,
            person: self.person_id,
            buddy: self.buddy_id,
            starts: self.starts,
            ends: self.ends,
            every_weeks: self.every_weeks,
            weekdays: self.weekdays,
            sequence: self.sequence,
        })
    }
}

/// Waits until nobody else changes the plan, until the transaction ends: what is read of it after this is what holds, so
/// that of two who press at once one finds what the other did, and none writes a plan without the other's shift.
pub async fn in_turn(tx: &mut Tx) -> Result<(), StoreError> {
    // On SQLite there is one writer.
    if !tx.is_postgres() {
        return Ok(());
    }
    let sql = "SELECT pg_advisory_xact_lock(7034)";
    query(sql).run(tx).await.map(|_| ()).during("waiting for the plan")
}

/// Adds a shift.
pub async fn add_shift(tx: &mut Tx, p: &Pattern, by: &str, now: Timestamp) -> Result<(), StoreError> {
    let what = "planning a shift";
    let lists = (json(what, &p.reach.languages)?, json(what, &p.reach.sectors)?, json(what, &p.except)?);
    let sql = "INSERT INTO planner_shift (id, person_id, role, buddy_id, languages, sectors, zone, first_day, last_day,
            starts, ends, every_weeks, weekdays, except_days, sequence, made_by, made_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";
    query(sql)
        .bind(&p.id)
        .bind(&p.person)
        .bind(p.role.code())
        .bind(&p.buddy)
        .bind(lists.0)
        .bind(lists.1)
        .bind(p.zone.iana_name().unwrap_or("UTC"))
        .bind(p.first.to_string())
        .bind(p.last.map(|d| d.to_string()))
        .bind(p.starts)
        .bind(p.ends)
        .bind(p.every_weeks)
        .bind(p.weekdays)
        .bind(lists.2)
        .bind(p.sequence)
        .bind(by)
        .bind(now.millis())
        .run(tx)
        .await
        .map(|_| ())
        .during(what)
}

/// Writes a new last day and other exceptions of a shift, and that it was changed.
pub async fn change_shift(tx: &mut Tx, p: &Pattern) -> Result<(), StoreError> {
    let what = "changing a shift";
    let except = json(what, &p.except)?;
    let sql =
        "UPDATE planner_shift SET last_day = $2, except_days = $3, sequence = sequence + 1 WHERE id = $1";
    query(sql)
        .bind(&p.id)
        .bind(p.last.map(|d| d.to_string()))
        .bind(except)
        .run(tx)
        .await
        .map(|_| ())
        .during(what)
}

/// Writes a shift anew: who, as what, what is taken up, and its hours; and that it was changed.
pub async fn rewrite_shift(tx: &mut Tx, p: &Pattern) -> Result<(), StoreError> {
    let what = "changing a shift";
    let lists = (json(what, &p.reach.languages)?, json(what, &p.reach.sectors)?);
    let sql =
        "UPDATE planner_shift SET person_id = $2, role = $3, buddy_id = $4, languages = $5, sectors = $6,
            starts = $7, ends = $8, sequence = sequence + 1 WHERE id = $1";
    query(sql)
        .bind(&p.id)
        .bind(&p.person)
        .bind(p.role.code())
        .bind(&p.buddy)
        .bind(lists.0)
        .bind(lists.1)
        .bind(p.starts)
        .bind(p.ends)
        .run(tx)
        .await
        .map(|_| ())
        .during(what)
}

/// Swaps of a shift from a day on, up to another where one is named, are of another shift from now on.
pub async fn carry_swaps(
    tx: &mut Tx,
    (old, new): (&str, &str),
    from: Date,
    until: Option<Date>,
) -> Result<(), StoreError> {
    let sql = "UPDATE planner_swap SET shift_id = $2 WHERE shift_id = $1 AND day >= $3
            AND (CAST($4 AS TEXT) IS NULL OR day <= $4)";
    query(sql)
        .bind(old)
        .bind(new)
        .bind(from.to_string())
        .bind(until.map(|d| d.to_string()))
        .run(tx)
        .await
        .map(|_| ())
        .during("carrying swaps to a changed shift")
}

/// Takes a shift away that never took place.
pub async fn drop_shift(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    for sql in ["DELETE FROM planner_swap WHERE shift_id = $1", "DELETE FROM planner_shift WHERE id = $1"] {
        query(sql).bind(id).run(tx).await.map(|_| ()).during("taking a shift away")?;
    }
    Ok(())
}

/// The shifts that do not end before a day and begin no later than another, by id.
pub async fn shifts(tx: &mut Tx, from: Date, to: Date) -> Result<Vec<Pattern>, StoreError> {
    let sql =
        "SELECT id, person_id, role, buddy_id, languages, sectors, zone, first_day, last_day, starts, ends,
            every_weeks, weekdays, except_days, sequence FROM planner_shift
         WHERE (last_day IS NULL OR last_day >= $1) AND first_day <= $2 ORDER BY id";
    let rows: Vec<ShiftRow> = query(sql)
        .bind(from.to_string())
        .bind(to.to_string())
        .all(tx)
        .await
        .during("reading planned shifts")?;
    rows.into_iter().map(ShiftRow::pattern).collect()
}

/// One shift.
pub async fn shift(tx: &mut Tx, id: &str) -> Result<Option<Pattern>, StoreError> {
    let sql =
        "SELECT id, person_id, role, buddy_id, languages, sectors, zone, first_day, last_day, starts, ends,
            every_weeks, weekdays, except_days, sequence FROM planner_shift WHERE id = $1";
    let row: Option<ShiftRow> = query(sql).bind(id).maybe(tx).await.during("reading a planned shift")?;
    row.map(ShiftRow::pattern).transpose()
}

/// Whether anything was ever planned here.
pub async fn is_used(tx: &mut Tx) -> Result<bool, StoreError> {
    let sql = "SELECT COUNT(*) FROM (SELECT 1 AS one FROM planner_shift LIMIT 1) AS a";
    let (n,): (i64,) = query(sql).one(tx).await.during("looking for plans")?;
    Ok(n > 0)
}

/// Writes a swap, new or changed.
pub async fn put_swap(tx: &mut Tx, s: &SwapRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO planner_swap (id, shift_id, day, from_id, to_id, state, asked_at, taken_at, decided_at,
            decided_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (id) DO UPDATE SET to_id = excluded.to_id, state = excluded.state, taken_at = excluded.taken_at,
            decided_at = excluded.decided_at, decided_by = excluded.decided_by";
    query(sql)
        .bind(&s.id)
        .bind(&s.shift_id)
        .bind(&s.day)
        .bind(&s.from_id)
        .bind(&s.to_id)
        .bind(&s.state)
        .bind(s.asked_at)
        .bind(s.taken_at)
        .bind(s.decided_at)
        .bind(&s.decided_by)
        .run(tx)
        .await
        .map(|_| ())
        .during("writing a swap")
}

/// The swaps of days from one on, by day and id.
pub async fn swaps(tx: &mut Tx, from: Date) -> Result<Vec<SwapRow>, StoreError> {
    let sql = "SELECT id, shift_id, day, from_id, to_id, state, asked_at, taken_at, decided_at, decided_by
         FROM planner_swap WHERE day >= $1 ORDER BY day, id";
    query(sql).bind(from.to_string()).all(tx).await.during("reading swaps")
}

/// One swap.
pub async fn swap(tx: &mut Tx, id: &str) -> Result<Option<SwapRow>, StoreError> {
    let sql = "SELECT id, shift_id, day, from_id, to_id, state, asked_at, taken_at, decided_at, decided_by
         FROM planner_swap WHERE id = $1";
    query(sql).bind(id).maybe(tx).await.during("reading a swap")
}

/// Adds an absence.
pub async fn add_absence(tx: &mut Tx, a: &AbsenceRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO planner_absence (id, person_id, kind, from_ms, until_ms, made_by, made_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)";
    query(sql)
        .bind(&a.id)
        .bind(&a.person_id)
        .bind(&a.kind)
        .bind(a.from_ms)
        .bind(a.until_ms)
        .bind(&a.made_by)
        .bind(a.made_at)
        .run(tx)
        .await
        .map(|_| ())
        .during("writing an absence")
}

/// Calls an absence off.
pub async fn call_absence_off(tx: &mut Tx, id: &str, now: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE planner_absence SET called_off_at = $2 WHERE id = $1 AND called_off_at IS NULL";
    query(sql).bind(id).bind(now.millis()).run(tx).await.map(|_| ()).during("calling an absence off")
}

/// The absences that touch a span, by when they begin; also those that were called off.
pub async fn absences(tx: &mut Tx, from: Timestamp, to: Timestamp) -> Result<Vec<AbsenceRow>, StoreError> {
    let sql =
        "SELECT id, person_id, kind, from_ms, until_ms, made_by, made_at, called_off_at FROM planner_absence
         WHERE until_ms > $1 AND from_ms < $2 ORDER BY from_ms, id";
    query(sql).bind(from.millis()).bind(to.millis()).all(tx).await.during("reading absences")
}

/// Adds an address for calendars.
pub async fn add_feed(tx: &mut Tx, f: &FeedRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO planner_feed (id, hash, person_id, made_by, made_at) VALUES ($1, $2, $3, $4, $5)";
    query(sql)
        .bind(&f.id)
        .bind(&f.hash)
        .bind(&f.person_id)
        .bind(&f.made_by)
        .bind(f.made_at)
        .run(tx)
        .await
        .map(|_| ())
        .during("making an address for calendars")
}

/// The addresses that stand.
pub async fn feeds(tx: &mut Tx) -> Result<Vec<FeedRow>, StoreError> {
    let sql = "SELECT id, hash, person_id, made_by, made_at, revoked_at FROM planner_feed
         WHERE revoked_at IS NULL ORDER BY made_at, id";
    query(sql).all(tx).await.during("reading addresses for calendars")
}

/// The address with a hash, if it stands.
pub async fn feed_by(tx: &mut Tx, hash: &str) -> Result<Option<FeedRow>, StoreError> {
    let sql = "SELECT id, hash, person_id, made_by, made_at, revoked_at FROM planner_feed
         WHERE hash = $1 AND revoked_at IS NULL";
    query(sql).bind(hash).maybe(tx).await.during("looking an address up")
}

/// Takes an address back.
pub async fn revoke_feed(tx: &mut Tx, id: &str, now: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE planner_feed SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    query(sql)
        .bind(id)
        .bind(now.millis())
        .run(tx)
        .await
        .map(|_| ())
        .during("taking an address for calendars back")
}

/// Forgets that absences which ended before an instant were an illness, and lets go those that ended before another,
/// with the swaps, the shifts and the proposals of that time.
pub async fn forget(tx: &mut Tx, ill: Timestamp, before: Timestamp) -> Result<(), StoreError> {
    let what = "letting absences go";
    let sql = "UPDATE planner_absence SET kind = 'other' WHERE kind = 'sick' AND until_ms < $1";
    query(sql).bind(ill.millis()).run(tx).await.map(|_| ()).during(what)?;
    let sql = "DELETE FROM planner_shift WHERE last_day < $1";
    query(sql).bind(before.day()).run(tx).await.map(|_| ()).during(what)?;
    let statements = [
        "DELETE FROM planner_absence WHERE until_ms < $1",
        "DELETE FROM planner_swap WHERE asked_at < $1",
        "DELETE FROM planner_quarter WHERE made_at < $1",
    ];
    for sql in statements {
        query(sql).bind(before.millis()).run(tx).await.map(|_| ()).during(what)?;
    }
    Ok(())
}

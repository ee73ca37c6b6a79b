//! What alerts need beside the outbox: runs of escalation, what channels were told, what was held back and why.

use super::each::{each_json, find_each};
use super::query::query;
use super::rows::ActionRow;
use super::{During, StoreError, Tx, bulk, json, list, row};
use crate::domain::time::{Span, Timestamp};

/// The kinds of actions that tell people something, and go to another channel where they do not get through.
macro_rules! kinds {
    () => {
        "'alert', 'approval', 'duty', 'incident', 'line_chat', 'named', 'offer', 'shift', 'shift_ask', 'source'"
    };
}

/// How long messages of channels are remembered.
const KEPT: Span = Span::days(7);
/// How long it is remembered what was held back, and how runs of escalation went.
const KEPT_LONG: Span = Span::days(30);
/// Most rows that one round looks at.
const ROUND: i64 = 200;
/// Most cases that are held against the chains in a round: those that no chain fits are among them.
const LOOKED: i64 = 2_000;

row! {
    /// A case that nobody has and whose alerts go on.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct RunRow {
        /// The case.
        pub case_id: String,
        /// Which run of it.
        pub n: i64,
        /// Its brand.
        pub brand_id: String,
        /// When the run began.
        pub started_at: i64,
        /// The next step.
        pub step: i64,
        /// When that is due.
        pub next_at: Option<i64>,
        /// When it ended.
        pub ended_at: Option<i64>,
        /// Why.
        pub ended_why: String,
    }
}

row! {
    /// A notice that was held back.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct HeldRow {
        /// The action.
        pub action_id: String,
        /// The brand of its case.
        pub brand_id: String,
        /// Its case.
        pub case_id: String,
        /// The channel that was left in peace.
        pub channel: String,
        /// `quiet` or `limit`.
        pub why: String,
        /// When it was held back.
        pub held_at: i64,
        /// Until when.
        pub until_at: i64,
    }
}

/// Urgent cases that nobody has and for which no run goes on, the most urgent first: brand, case, policy, level.
pub async fn unclaimed(
    tx: &mut Tx,
    brands: &[String],
    level_max: i64,
    now: Timestamp,
) -> Result<Vec<(String, String, String, i64)>, StoreError> {
    let what = "looking for cases that nobody has";
    let text = each_json(what, brands)?;
    let sql = list!(
        tx,
        "SELECT k.brand_id, k.id, k.policy, k.level FROM",
        "CROSS JOIN cases k WHERE k.brand_id = j.value->>0 AND k.open = 1 AND k.needs_answer = 1 AND k.level <= $2
           AND k.state IN ('new', 'working') AND (k.claimed_by IS NULL OR k.claimed_until <= $3)
           AND k.sample = 0 AND k.historic = 0
           AND COALESCE(k.snoozed_until, 0) <= $3 AND COALESCE(k.held_until, 0) <= $3
           AND NOT EXISTS (SELECT 1 FROM escalation e WHERE e.case_id = k.id AND e.ended_at IS NULL)
         ORDER BY k.level, k.opened_at LIMIT $4"
    );
    query(sql).bind(text).bind(level_max).bind(now.millis()).bind(LOOKED).all(tx).await.during(what)
}

/// Begins a run for a case of a level.
pub async fn begin(
    tx: &mut Tx,
    brand_id: &str,
    (case_id, level): (&str, i64),
    next_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO escalation (case_id, n, brand_id, started_at, step, next_at, ended_at, ended_why, level)
         SELECT $1, COALESCE(MAX(n), 0) + 1, $2, $3, 0, $4, NULL, '', $5 FROM escalation WHERE case_id = $1";
    query(sql)
        .bind(case_id)
        .bind(brand_id)
        .bind(now.millis())
        .bind(next_at.map(Timestamp::millis))
        .bind(level)
        .run(tx)
        .await
        .map(|_| ())
        .during("beginning an escalation")
}

/// Runs whose case somebody took, that needs nobody any more, or became a P1 since it began; each with the reason.
pub async fn over(tx: &mut Tx, now: Timestamp) -> Result<Vec<(String, i64, String)>, StoreError> {
    let sql = "SELECT e.case_id, e.n,
            CASE WHEN k.claimed_by IS NOT NULL AND (k.claimed_until IS NULL OR k.claimed_until > $1) THEN 'claimed'
                 WHEN k.needs_answer = 0 THEN 'no answer needed'
                 WHEN COALESCE(k.snoozed_until, 0) > $1 OR COALESCE(k.held_until, 0) > $1 THEN 'put away'
                 WHEN k.state IN ('new', 'working') THEN 'more urgent now'
                 ELSE k.state END
         FROM escalation e JOIN cases k ON k.id = e.case_id
         WHERE e.ended_at IS NULL AND (k.open = 0 OR k.needs_answer = 0 OR k.state NOT IN ('new', 'working')
            OR COALESCE(k.snoozed_until, 0) > $1 OR COALESCE(k.held_until, 0) > $1 OR (k.level = 1 AND e.level > 1)
            OR (k.claimed_by IS NOT NULL AND (k.claimed_until IS NULL OR k.claimed_until > $1))) LIMIT $2";
    query(sql).bind(now.millis()).bind(ROUND).all(tx).await.during("looking for escalations that are over")
}

/// Ends a run.
pub async fn end(tx: &mut Tx, case_id: &str, n: i64, why: &str, now: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE escalation SET ended_at = $3, ended_why = $4, next_at = NULL
         WHERE case_id = $1 AND n = $2 AND ended_at IS NULL";
    query(sql)
        .bind(case_id)
        .bind(n)
        .bind(now.millis())
        .bind(why)
        .run(tx)
        .await
        .map(|_| ())
        .during("ending an escalation")
}

/// Runs whose next step is due.
pub async fn due(tx: &mut Tx, now: Timestamp) -> Result<Vec<RunRow>, StoreError> {
    let sql = "SELECT * FROM escalation WHERE ended_at IS NULL AND next_at <= $1 ORDER BY next_at LIMIT $2";
    query(sql).bind(now.millis()).bind(ROUND).all(tx).await.during("looking for steps of escalations")
}

/// Moves a run on to a step.
pub async fn step(
    tx: &mut Tx,
    run: &RunRow,
    step: i64,
    next_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    let sql =
        "UPDATE escalation SET step = $3, next_at = $4 WHERE case_id = $1 AND n = $2 AND ended_at IS NULL";
    query(sql)
        .bind(&run.case_id)
        .bind(run.n)
        .bind(step)
        .bind(next_at.map(Timestamp::millis))
        .run(tx)
        .await
        .map(|_| ())
        .during("moving an escalation on")
}

/// Alerts of some credentials that did not get through by `before`, or were refused, and for which no other channel
/// was asked yet; those of no case too: that nobody is on duty, that a source is deaf, that a topic rises; and what goes
/// to people in their own chats: answers that wait for them, offers, questions at the end of a shift. What somebody asked
/// for themselves is theirs to ask for again.
pub async fn undelivered(
    tx: &mut Tx,
    credentials: &[String],
    before: Timestamp,
) -> Result<Vec<ActionRow>, StoreError> {
    let what = "looking for alerts that do not get through";
    let text = each_json(what, credentials)?;
    let waiting = list!(
        tx,
        "SELECT a.* FROM",
        concat!(
            "CROSS JOIN action a WHERE a.credential = j.value->>0 AND a.state = 'ready' AND a.kind IN (",
            kinds!(),
            ")
           AND a.created_at <= $2 AND (a.attempts > 0 OR a.not_before <= $2)
           AND a.once_key NOT LIKE 'alert:%:clear:%' AND a.payload NOT LIKE '%\"asked\":true%'
           AND NOT EXISTS (SELECT 1 FROM action b WHERE b.once_key = 'over:' || a.id)
         ORDER BY a.priority, a.created_at LIMIT $3"
        )
    );
    // Refusals of before the channel had another one are old by now.
    let refused = list!(
        tx,
        "SELECT a.* FROM",
        concat!(
            "CROSS JOIN action a WHERE a.credential = j.value->>0 AND a.state = 'refused'
           AND a.state IN ('unknown', 'held', 'by_hand', 'refused') AND a.kind IN (",
            kinds!(),
            ")
           AND a.created_at > $2 - 604800000 AND a.settled_at > $2 - 3600000
           AND a.once_key NOT LIKE 'alert:%:clear:%' AND a.payload NOT LIKE '%\"asked\":true%'
           AND NOT EXISTS (SELECT 1 FROM action b WHERE b.once_key = 'over:' || a.id)
         ORDER BY a.priority, a.created_at LIMIT $3"
        )
    );
    // What hangs on its way once more, where nobody answers; the first try gets its time.
    let hanging = list!(
        tx,
        "SELECT a.* FROM",
        concat!(
            "CROSS JOIN action a WHERE a.credential = j.value->>0 AND a.state IN ('claimed', 'sending') AND a.lease_until > 0
           AND a.kind IN (", kinds!(), ")
           AND a.created_at <= $2 AND (a.attempts > 1 OR (a.attempts > 0 AND a.not_before <= $2))
           AND a.once_key NOT LIKE 'alert:%:clear:%' AND a.payload NOT LIKE '%\"asked\":true%'
           AND NOT EXISTS (SELECT 1 FROM action b WHERE b.once_key = 'over:' || a.id)
         ORDER BY a.priority, a.created_at LIMIT $3"
        )
    );
    let mut found: Vec<ActionRow> = Vec::new();
    for sql in [waiting, refused, hanging] {
        let text = text.clone();
        let rows: Vec<ActionRow> =
            query(sql).bind(text).bind(before.millis()).bind(ROUND).all(tx).await.during(what)?;
        found.extend(rows);
    }
    Ok(found)
}

/// How the alerts stand that have one of these keys: key and state.
pub async fn states(tx: &mut Tx, keys: &[String]) -> Result<Vec<(String, String)>, StoreError> {
    let sql =
        list!(tx, "SELECT a.once_key, a.state FROM", "CROSS JOIN action a WHERE a.once_key = j.value->>0");
    find_each(tx, "looking what a channel hears by itself", sql, keys).await
}

/// Alerts that still wait although another channel delivered them meanwhile.
pub async fn told_otherwise(tx: &mut Tx, credentials: &[String]) -> Result<Vec<(String,)>, StoreError> {
    let what = "looking for alerts that came through elsewhere";
    let text = each_json(what, credentials)?;
    let sql = list!(
        tx,
        "SELECT a.id FROM",
        concat!(
            "CROSS JOIN action a WHERE a.credential = j.value->>0 AND a.state = 'ready' AND a.kind IN (", kinds!(), ")
           AND EXISTS (SELECT 1 FROM action b WHERE b.once_key = 'over:' || a.id AND b.state IN ('done', 'cancelled'))
         LIMIT $2"
        )
    );
    query(sql).bind(text).bind(ROUND).all(tx).await.during(what)
}

/// Alerts on channels that stand in and still wait although the channel itself delivered them after all.
pub async fn told_after_all(tx: &mut Tx, credentials: &[String]) -> Result<Vec<(String,)>, StoreError> {
    let what = "looking for alerts that came through after all";
    let text = each_json(what, credentials)?;
    let sql = list!(
        tx,
        "SELECT b.id FROM",
        concat!(
            "CROSS JOIN action b WHERE b.credential = j.value->>0 AND b.state = 'ready' AND b.kind IN (", kinds!(), ")
           AND b.once_key LIKE 'over:%'
           AND EXISTS (SELECT 1 FROM action a WHERE a.id = substr(b.once_key, 6) AND a.state IN ('done', 'cancelled'))
         LIMIT $2"
        )
    );
    query(sql).bind(text).bind(ROUND).all(tx).await.during(what)
}

/// Notices that are held back although their case is a P1 by now.
pub async fn louder(tx: &mut Tx, now: Timestamp) -> Result<Vec<(String,)>, StoreError> {
    let sql = "SELECT a.id FROM alert_held h JOIN cases k ON k.id = h.case_id JOIN action a ON a.id = h.action_id
         WHERE h.until_at > $1 AND k.level = 1 AND k.open = 1 AND a.state = 'ready' AND a.not_before > $1 LIMIT $2";
    query(sql)
        .bind(now.millis())
        .bind(ROUND)
        .all(tx)
        .await
        .during("looking for notices that must not wait any longer")
}

/// Lets notices go at once.
pub async fn let_go(tx: &mut Tx, ids: &[(String,)], now: Timestamp) -> Result<(), StoreError> {
    let what = "letting notices go";
    let text = json(what, ids)?;
    let sql = list!(
        tx,
        "UPDATE action SET not_before = $2 FROM",
        "WHERE action.id = j.value->>0 AND action.state = 'ready'"
    );
    query(sql).bind(text).bind(now.millis()).run(tx).await.map(|_| ()).during(what)
}

/// Calls off what another channel delivered.
pub async fn call_off(tx: &mut Tx, ids: &[(String,)], now: Timestamp) -> Result<(), StoreError> {
    let what = "calling alerts off that came through elsewhere";
    let text = json(what, ids)?;
    let sql = list!(
        tx,
        "UPDATE action SET state = 'cancelled', settled_at = $2, detail = 'told by another channel' FROM",
        "WHERE action.id = j.value->>0 AND action.state = 'ready'"
    );
    query(sql).bind(text).bind(now.millis()).run(tx).await.map(|_| ()).during(what)
}

/// Notes that a channel took a message about a case.
pub async fn took(tx: &mut Tx, channel: &str, at: Timestamp) -> Result<(), StoreError> {
    let sql = "INSERT INTO alert_message (channel, at, cases) VALUES ($1, $2, 1)
         ON CONFLICT (channel, at) DO UPDATE SET cases = alert_message.cases + 1";
    query(sql).bind(channel).bind(at.millis()).run(tx).await.map(|_| ()).during("noting an alert")
}

/// When a channel took messages since `since`, the earliest first.
pub async fn messages(tx: &mut Tx, channel: &str, since: Timestamp) -> Result<Vec<(i64,)>, StoreError> {
    let sql = "SELECT at FROM alert_message WHERE channel = $1 AND at > $2 ORDER BY at";
    query(sql).bind(channel).bind(since.millis()).all(tx).await.during("reading what a channel took")
}

/// Forgets what matters to nothing any more: messages of channels, what was held back, and runs that are over. The last
/// run of a case stays, for the next one counts on from it.
pub async fn forget(tx: &mut Tx, now: Timestamp) -> Result<(), StoreError> {
    let old = [
        ("DELETE FROM alert_message WHERE at < $1", KEPT),
        ("DELETE FROM alert_held WHERE until_at < $1", KEPT_LONG),
        (
            "DELETE FROM escalation WHERE ended_at < $1
               AND n < (SELECT MAX(x.n) FROM escalation x WHERE x.case_id = escalation.case_id)",
            KEPT_LONG,
        ),
    ];
    for (sql, kept) in old {
        let before = now.minus(kept).millis();
        query(sql).bind(before).run(tx).await.map(|_| ()).during("forgetting old alerts")?;
    }
    Ok(())
}

/// Notes that a channel stands in alarm for a case.
pub async fn stand(
    tx: &mut Tx,
    channel: &str,
    brand_id: &str,
    case_id: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO alert_standing (channel, case_id, brand_id, since) VALUES ($1, $2, $3, $4)
         ON CONFLICT (channel, case_id) DO NOTHING";
    query(sql)
        .bind(channel)
        .bind(case_id)
        .bind(brand_id)
        .bind(now.millis())
        .run(tx)
        .await
        .map(|_| ())
        .during("noting an alarm")
}

/// Alarms whose case somebody took, or that needs nobody: channel, brand, case, since when.
pub async fn to_clear(tx: &mut Tx, now: Timestamp) -> Result<Vec<(String, String, String, i64)>, StoreError> {
    let sql = "SELECT s.channel, s.brand_id, s.case_id, s.since
         FROM alert_standing s LEFT JOIN cases k ON k.id = s.case_id
         WHERE k.id IS NULL OR k.open = 0 OR k.needs_answer = 0
            OR (k.state NOT IN ('new', 'working') AND k.state_since >= s.since)
            OR (k.claimed_by IS NOT NULL AND (k.claimed_until IS NULL OR k.claimed_until > $1)
                AND k.claimed_since >= s.since) LIMIT $2";
    query(sql).bind(now.millis()).bind(ROUND).all(tx).await.during("looking for alarms that are over")
}

/// Whether a channel stands in alarm for a case.
pub async fn stands(tx: &mut Tx, channel: &str, case_id: &str) -> Result<bool, StoreError> {
    let sql = "SELECT COUNT(*) FROM alert_standing WHERE channel = $1 AND case_id = $2";
    let (n,): (i64,) =
        query(sql).bind(channel).bind(case_id).one(tx).await.during("looking whether an alarm stands")?;
    Ok(n > 0)
}

/// An alarm is over.
pub async fn clear(tx: &mut Tx, channel: &str, case_id: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM alert_standing WHERE channel = $1 AND case_id = $2";
    query(sql).bind(channel).bind(case_id).run(tx).await.map(|_| ()).during("ending an alarm")
}

/// Notes why notices are held back.
pub async fn hold(tx: &mut Tx, held: &[HeldRow]) -> Result<(), StoreError> {
    let rows: Vec<_> = held
        .iter()
        .map(|h| (&h.action_id, &h.brand_id, &h.case_id, &h.channel, &h.why, h.held_at, h.until_at))
        .collect();
    let sql = list!(
        tx,
        "INSERT INTO alert_held (action_id, brand_id, case_id, channel, why, held_at, until_at)
         SELECT j.value->>0, j.value->>1, j.value->>2, j.value->>3, j.value->>4, CAST(j.value->>5 AS BIGINT),
            CAST(j.value->>6 AS BIGINT) FROM",
        "WHERE true ON CONFLICT (action_id) DO UPDATE SET why = excluded.why, until_at = excluded.until_at"
    );
    bulk::run(tx, "noting why a notice is held back", sql, &rows).await
}

/// What was held back of a case, the latest first.
pub async fn held(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<Vec<HeldRow>, StoreError> {
    let sql = "SELECT * FROM alert_held WHERE brand_id = $1 AND case_id = $2 ORDER BY held_at DESC LIMIT 20";
    query(sql).bind(brand_id).bind(case_id).all(tx).await.during("reading what was held back")
}

/// What is held back at an instant and is of no case (gaps of duty, deaf sources), the latest first.
pub async fn held_of_none(tx: &mut Tx, now: Timestamp) -> Result<Vec<HeldRow>, StoreError> {
    let sql = "SELECT * FROM alert_held WHERE case_id = '' AND until_at > $1 ORDER BY held_at DESC LIMIT 20";
    query(sql).bind(now.millis()).all(tx).await.during("reading what is held back that is of no case")
}

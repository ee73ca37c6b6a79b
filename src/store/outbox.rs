//! The outbox's statements: claim, mark as sending, record, sweep.
//!
//! Each step is one conditional statement on state and token, so that a stale owner changes
//! nothing. `sending` is committed before the first byte leaves; a `sending` whose lease ran out
//! becomes `unknown`, never ready, except for what only the team reads.

mod before;

use self::before::guard;
pub use self::before::{is_still_sending, measures_before};
use super::query::query;
use super::rows::ActionRow;
use super::{During, StoreError, Tx, bulk, json, list, row};
use crate::domain::delivery::{ActionState, Looked, RetryLaw, Settled};
use crate::domain::time::{Span, Timestamp};

/// Kinds of action that only our own people and programs read: they fail towards one too many. The same list stands in
/// [`sweep`], for whose sake it is a macro.
macro_rules! of_the_team {
    ($($kind:literal),*) => {
        /// Kinds of action that only our own people and programs read.
        pub const TEAM_KINDS: &[&str] = &[$($kind),*];

        /// What of a vanished owner was being sent.
        const VANISHED: &str = concat!(
            "UPDATE action SET lease_until = NULL,
                state = CASE WHEN kind IN (''", $(", '", $kind, "'",)* ") THEN 'ready' ELSE 'unknown' END,
                repeat_marked = CASE WHEN kind IN (''", $(", '", $kind, "'",)* ") THEN 1 ELSE repeat_marked END,
                unknown_since = CASE WHEN kind IN (''", $(", '", $kind, "'",)* ") THEN NULL ELSE $1 END,
                look_at = CASE WHEN kind IN (''", $(", '", $kind, "'",)* ") THEN NULL ELSE $1 END, looks = 0,
                detail = 'the process that sent it vanished before the answer came'
             WHERE state = 'sending' AND lease_until < $1"
        );
    };
}

of_the_team!(
    "alert",
    "approval",
    "call",
    "digest",
    "duty",
    "finding",
    "hook",
    "incident",
    "line_chat",
    "named",
    "offer",
    "report",
    "shift",
    "shift_ask",
    "source"
);

/// Kinds of action whose effect customers see: never twice. The same list stands in what is looked at before they leave.
pub const CUSTOMER_KINDS: [&str; 2] = ["reply", "moderate"];

/// Kinds of action whose effect the front office sees on its tickets: never twice either. The same list
/// stands in [`take_untold`].
pub const TICKET_KINDS: [&str; 4] = ["ticket_create", "ticket_note", "ticket_status", "ticket_withdraw"];

/// How long an action for a customer may wait before it is given up and shown to a person.
pub const GIVE_UP: Span = Span::hours(24);

/// Nothing is put off for longer; what is was put off by a clock that ran ahead.
const AHEAD: Span = Span::days(30);

/// The name of the switch that stops all sending.
pub const KILL_SWITCH: &str = "kill";

/// The outcome of an action that was marked as sending and not begun, for all sending was stopped.
pub const HELD_BACK: &str = "held_back";

/// From when on the first of a credential's ready actions may go; `None` when there is none.
pub async fn next_ready(tx: &mut Tx, credential: &str) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT MIN(not_before) FROM action WHERE state = 'ready' AND credential = $1
            AND NOT EXISTS (SELECT 1 FROM answer_part p
                JOIN answer_part q ON q.first_id = p.first_id AND q.n = p.n - 1 JOIN action b ON b.id = q.action_id
                WHERE p.action_id = action.id AND (b.state <> 'done' OR (action.decided_by IS NULL
                    AND COALESCE(NULLIF(b.remote_id, ''), NULLIF(b.expected_id, '')) IS NULL)))";
    let found: (Option<i64>,) =
        query(sql).bind(credential).one(tx).await.during("looking into the outbox")?;
    Ok(found.0.map(Timestamp))
}

/// Claims actions of one credential that may go now: a part of an answer only once the one before it stands under an id
/// that is known, or a person said that it goes. On SQLite and PostgreSQL alike an action goes to one owner only.
pub async fn claim(
    tx: &mut Tx,
    credential: &str,
    now: Timestamp,
    lease: Span,
    limit: i64,
) -> Result<Vec<ActionRow>, StoreError> {
    let what = "claiming actions";
    let sql = tx.pick(
        "UPDATE action SET state = 'claimed', token = token + 1, lease_until = $3 WHERE id IN
            (SELECT id FROM action WHERE state = 'ready' AND credential = $1 AND not_before <= $2
             AND NOT EXISTS (SELECT 1 FROM answer_part p
                JOIN answer_part q ON q.first_id = p.first_id AND q.n = p.n - 1 JOIN action b ON b.id = q.action_id
                WHERE p.action_id = action.id AND (b.state <> 'done' OR (action.decided_by IS NULL
                    AND COALESCE(NULLIF(b.remote_id, ''), NULLIF(b.expected_id, '')) IS NULL)))
             ORDER BY priority, not_before, id LIMIT $4) RETURNING *",
        "UPDATE action SET state = 'claimed', token = token + 1, lease_until = $3 WHERE id IN
            (SELECT id FROM action WHERE state = 'ready' AND credential = $1 AND not_before <= $2
             AND NOT EXISTS (SELECT 1 FROM answer_part p
                JOIN answer_part q ON q.first_id = p.first_id AND q.n = p.n - 1 JOIN action b ON b.id = q.action_id
                WHERE p.action_id = action.id AND (b.state <> 'done' OR (action.decided_by IS NULL
                    AND COALESCE(NULLIF(b.remote_id, ''), NULLIF(b.expected_id, '')) IS NULL)))
             ORDER BY priority, not_before, id LIMIT $4 FOR UPDATE SKIP LOCKED) RETURNING *",
    );
    let mut rows: Vec<ActionRow> = query(sql)
        .bind(credential)
        .bind(now.millis())
        .bind(now.plus(lease).millis())
        .bind(limit)
        .all(tx)
        .await
        .during(what)?;
    rows.sort_by(|a, b| (a.priority, a.not_before, &a.id).cmp(&(b.priority, b.not_before, &b.id)));
    Ok(rows)
}

/// Marks claimed actions as sending and opens an attempt for each. Left out are those that are no
/// longer ours, those that `guard` stops, and all while the kill switch is on. Returns the ids
/// that may be sent.
pub async fn mark_sending(
    tx: &mut Tx,
    claimed: &[ActionRow],
    now: Timestamp,
) -> Result<Vec<String>, StoreError> {
    let what = "marking actions as sending";
    if claimed.iter().any(|a| CUSTOMER_KINDS.contains(&a.kind.as_str())) {
        guard(tx, claimed, now).await?;
    }
    let pairs: Vec<(&str, i64)> = claimed.iter().map(|a| (a.id.as_str(), a.token)).collect();
    let text = json(what, &pairs)?;
    let sql = list!(
        tx,
        "UPDATE action SET state = 'sending', attempts = attempts + 1 FROM",
        "WHERE action.id = j.value->>0 AND action.token = CAST(j.value->>1 AS BIGINT) AND action.state = 'claimed'
           AND NOT EXISTS (SELECT 1 FROM switch s WHERE s.name = 'kill' AND s.value = 1)
         RETURNING id, attempts, token"
    );
    let moved: Vec<(String, i64, i64)> = query(sql).bind(text).all(tx).await.during(what)?;
    let attempts: Vec<(&String, i64, i64, i64)> =
        moved.iter().map(|(id, n, token)| (id, *n, *token, now.millis())).collect();
    let sql = list!(
        tx,
        "INSERT INTO attempt (action_id, n, token, started_at, detail)
         SELECT j.value->>0, CAST(j.value->>1 AS BIGINT), CAST(j.value->>2 AS BIGINT), CAST(j.value->>3 AS BIGINT), ''
         FROM",
        "WHERE true ON CONFLICT (action_id, n) DO NOTHING"
    );
    bulk::run(tx, "opening attempts", sql, &attempts).await?;
    Ok(moved.into_iter().map(|(id, _, _)| id).collect())
}

/// What one attempt brought, to be recorded.
#[derive(Clone, Debug)]
pub struct Record {
    /// The action.
    pub id: String,
    /// The token under which it was claimed.
    pub token: i64,
    /// The number of the attempt.
    pub attempt: i64,
    /// What follows.
    pub settled: Settled,
    /// `done`, `retry`, `refused`, `unknown`, `by_hand`, or [`HELD_BACK`].
    pub outcome: &'static str,
    /// What is known, for people; never words of a customer or a secret.
    pub detail: String,
    /// The platform's id of what was made.
    pub remote_id: Option<String>,
    /// The platform's time of it.
    pub remote_at: Option<Timestamp>,
}

/// Records the outcome of an attempt. The attempt is always written, as evidence; the action moves
/// only if it is still ours. Tells whether it moved. What was [`HELD_BACK`] was no attempt: it counts as none, and a later
/// first one is the first, by whose time platforms and people go.
pub async fn record(tx: &mut Tx, r: &Record, now: Timestamp) -> Result<bool, StoreError> {
    let what = "recording an outcome";
    let sql = "UPDATE attempt SET ended_at = $3, outcome = $4, detail = $5 WHERE action_id = $1 AND n = $2";
    query(sql)
        .bind(&r.id)
        .bind(r.attempt)
        .bind(now.millis())
        .bind(r.outcome)
        .bind(&r.detail)
        .run(tx)
        .await
        .map(|_| ())
        .during(what)?;
    let ended = !matches!(r.settled.state, ActionState::Ready | ActionState::Unknown);
    let sql = "UPDATE action SET state = $3, not_before = COALESCE($4, not_before), repeat_marked = $5,
            remote_id = COALESCE($6, remote_id), remote_at = COALESCE($7, remote_at), detail = $8, settled_at = $9,
            lease_until = NULL, unknown_since = CASE WHEN $3 = 'unknown' THEN $10 ELSE NULL END,
            look_at = CASE WHEN $3 = 'unknown' THEN $11 ELSE NULL END, looks = 0, attempts = attempts - $12
         WHERE id = $1 AND token = $2 AND state = 'sending'";
    let held_back = r.outcome == HELD_BACK;
    let moved = query(sql)
        .bind(&r.id)
        .bind(r.token)
        .bind(r.settled.state.code())
        .bind(r.settled.not_before.map(Timestamp::millis))
        .bind(i64::from(r.settled.marked_repeat))
        .bind(&r.remote_id)
        .bind(r.remote_at.map(Timestamp::millis))
        .bind(&r.detail)
        .bind(ended.then_some(now.millis()))
        .bind(now.millis())
        .bind(now.plus(Span::seconds(1)).millis())
        .bind(i64::from(held_back))
        .run(tx)
        .await
        .during(what)?;
    if held_back && moved > 0 {
        let sql = "DELETE FROM attempt WHERE action_id = $1 AND n = $2";
        query(sql).bind(&r.id).bind(r.attempt).run(tx).await.map(|_| ()).during(what)?;
    }
    Ok(moved > 0)
}

/// Actions of a credential whose outcome is unknown and at which it is time to look.
pub async fn to_look_for(
    tx: &mut Tx,
    credential: &str,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<ActionRow>, StoreError> {
    let sql = "SELECT * FROM action WHERE state = 'unknown' AND credential = $1 AND look_at <= $2
         ORDER BY look_at LIMIT $3";
    query(sql).bind(credential).bind(now.millis()).bind(limit).all(tx).await.during("reading what is unknown")
}

/// Records what a look brought; tells whether the action was still unknown. What goes again and gets lost again is told
/// again.
pub async fn record_look(
    tx: &mut Tx,
    action: &ActionRow,
    looked: &Looked,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let (state, remote, detail, look_at) = match looked {
        Looked::Done { remote_id, at } => ("done", Some((remote_id, at)), "seen on the platform", None),
        Looked::Again { why } => ("ready", None, why.as_str(), None),
        Looked::Later { evidence } => {
            ("unknown", None, evidence.as_str(), Some(RetryLaw::look_again(action.looks + 1, now)))
        }
        Looked::Person { evidence } => ("unknown", None, evidence.as_str(), None),
    };
    let sql = "UPDATE action SET state = $3, remote_id = COALESCE($4, remote_id), remote_at = COALESCE($5, remote_at),
            detail = $6, look_at = $7, looks = looks + 1, settled_at = $8, not_before = $9,
            told_at = CASE WHEN $3 = 'ready' THEN NULL ELSE told_at END
         WHERE id = $1 AND token = $2 AND state = 'unknown'";
    let moved = query(sql)
        .bind(&action.id)
        .bind(action.token)
        .bind(state)
        .bind(remote.map(|r| r.0))
        .bind(remote.and_then(|r| *r.1).map(Timestamp::millis))
        .bind(detail)
        .bind(look_at.map(Timestamp::millis))
        .bind((state == "done").then_some(now.millis()))
        .bind(now.millis())
        .run(tx)
        .await
        .during("recording a look")?;
    Ok(moved > 0)
}

/// Takes those actions of which a person must hear: unknown since before `before`, and marks them as told.
/// Each is told once. Of what goes to tickets nobody hears while it can still be found out by looking.
pub async fn take_untold(
    tx: &mut Tx,
    before: Timestamp,
    now: Timestamp,
) -> Result<Vec<ActionRow>, StoreError> {
    let sql = tx.pick(
        "UPDATE action SET told_at = $2 WHERE id IN
            (SELECT id FROM action WHERE state = 'unknown' AND told_at IS NULL AND unknown_since < $1
                AND (look_at IS NULL OR kind NOT IN ('ticket_create', 'ticket_note', 'ticket_status', 'ticket_withdraw')) LIMIT 50)
         RETURNING *",
        "UPDATE action SET told_at = $2 WHERE id IN
            (SELECT id FROM action WHERE state = 'unknown' AND told_at IS NULL AND unknown_since < $1
                AND (look_at IS NULL OR kind NOT IN ('ticket_create', 'ticket_note', 'ticket_status', 'ticket_withdraw')) LIMIT 50
             FOR UPDATE SKIP LOCKED) RETURNING *",
    );
    query(sql)
        .bind(before.millis())
        .bind(now.millis())
        .all(tx)
        .await
        .during("reading of what nobody was told")
}

/// Gives up what has waited for a customer longer than [`GIVE_UP`]: a person sees it then.
pub async fn give_up(tx: &mut Tx, now: Timestamp) -> Result<u64, StoreError> {
    let sql =
        "UPDATE action SET state = 'refused', settled_at = $2, detail = 'not sent within a day; ' || detail
         WHERE state = 'ready' AND kind IN ('reply', 'moderate') AND created_at < $1 AND decided_by IS NULL";
    let before = now.minus(GIVE_UP);
    query(sql)
        .bind(before.millis())
        .bind(now.millis())
        .run(tx)
        .await
        .during("giving up what nobody could send")
}

/// Hands back what was claimed but not sent, each with its `not_before`.
pub async fn hand_back(tx: &mut Tx, claimed: &[ActionRow]) -> Result<(), StoreError> {
    let pairs: Vec<(&str, i64, i64)> =
        claimed.iter().map(|a| (a.id.as_str(), a.token, a.not_before)).collect();
    let sql = list!(
        tx,
        "UPDATE action SET state = 'ready', lease_until = NULL, not_before = CAST(j.value->>2 AS BIGINT) FROM",
        "WHERE action.id = j.value->>0 AND action.token = CAST(j.value->>1 AS BIGINT) AND action.state = 'claimed'"
    );
    bulk::run(tx, "handing actions back", sql, &pairs).await
}

/// Cleans up after owners that vanished: `claimed` becomes ready, for nothing was sent; `sending`
/// becomes unknown, or a marked repeat where only the team reads it or a second one does no harm. Returns both counts.
/// What a clock that ran ahead put off goes on now.
pub async fn sweep(tx: &mut Tx, now: Timestamp) -> Result<(u64, u64), StoreError> {
    let what = "sweeping the outbox";
    let sql =
        "UPDATE action SET state = 'ready', lease_until = NULL WHERE state = 'claimed' AND lease_until < $1";
    let ready = query(sql).bind(now.millis()).run(tx).await.during(what)?;
    let unknown = query(VANISHED).bind(now.millis()).run(tx).await.during(what)?;
    for sql in [
        "UPDATE action SET not_before = $1 WHERE state = 'ready' AND not_before > $2",
        "UPDATE action SET look_at = $1 WHERE state = 'unknown' AND look_at > $2",
    ] {
        let ahead = now.plus(AHEAD).millis();
        query(sql).bind(now.millis()).bind(ahead).run(tx).await.map(|_| ()).during(what)?;
    }
    Ok((ready, unknown))
}

/// What a person says of an action that is unknown, held or to be done by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It stands on the platform.
    Done,
    /// It does not; send it again.
    Again,
    /// Leave it.
    Cancel,
}

impl Decision {
    /// The word in forms and on timelines.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Again => "again",
            Self::Cancel => "cancel",
        }
    }
}

/// Settles by a person's word; tells whether there was something to settle. What goes again and gets
/// lost again is told again.
pub async fn decide(
    tx: &mut Tx,
    id: &str,
    decision: Decision,
    by: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let (state, settled) = match decision {
        Decision::Done => ("done", Some(now.millis())),
        Decision::Again => ("ready", None),
        Decision::Cancel => ("cancelled", Some(now.millis())),
    };
    let sql =
        "UPDATE action SET state = $2, decided_by = $3, settled_at = $4, not_before = $5, look_at = NULL,
            told_at = CASE WHEN $2 = 'ready' THEN NULL ELSE told_at END
         WHERE id = $1 AND state IN ('unknown', 'held', 'by_hand', 'refused')";
    let moved = query(sql)
        .bind(id)
        .bind(state)
        .bind(by)
        .bind(settled)
        .bind(now.millis())
        .run(tx)
        .await
        .during("settling an action by a person")?;
    Ok(moved > 0)
}

/// Actions that a person should look at, newest first.
pub async fn to_look_at(tx: &mut Tx, limit: i64) -> Result<Vec<ActionRow>, StoreError> {
    let sql = "SELECT * FROM action WHERE state IN ('unknown', 'held', 'by_hand', 'refused')
         ORDER BY created_at DESC LIMIT $1";
    query(sql).bind(limit).all(tx).await.during("reading the outbox")
}

row! {
    /// How many actions are in a state.
    #[derive(Clone, Debug)]
    pub struct StateCount {
        /// The state.
        pub state: String,
        /// How many.
        pub n: i64,
    }
}

/// How many actions are in each state that is not settled.
pub async fn counts(tx: &mut Tx) -> Result<Vec<StateCount>, StoreError> {
    // Each part has an index of its own; what is done is never read.
    let sql = "SELECT state, COUNT(*) AS n FROM action WHERE state = 'ready' GROUP BY state
         UNION ALL SELECT state, COUNT(*) AS n FROM action WHERE state IN ('claimed', 'sending') GROUP BY state
         UNION ALL SELECT state, COUNT(*) AS n FROM action
             WHERE state IN ('unknown', 'held', 'by_hand', 'refused') GROUP BY state";
    query(sql).all(tx).await.during("counting the outbox")
}

/// Reads a switch.
pub async fn switch(tx: &mut Tx, name: &str) -> Result<bool, StoreError> {
    let sql = "SELECT value FROM switch WHERE name = $1";
    let found: Option<(i64,)> = query(sql).bind(name).maybe(tx).await.during("reading a switch")?;
    Ok(found.is_some_and(|(value,)| value == 1))
}

/// Sets a switch.
pub async fn set_switch(
    tx: &mut Tx,
    name: &str,
    on: bool,
    by: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO switch (name, value, set_by, set_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value, set_by = excluded.set_by, set_at = excluded.set_at";
    query(sql)
        .bind(name)
        .bind(i64::from(on))
        .bind(by)
        .bind(now.millis())
        .run(tx)
        .await
        .map(|_| ())
        .during("setting a switch")
}

/// Stops all sending or lets it go on, with who says so and why.
pub async fn turn_sending(
    tx: &mut Tx,
    stop: bool,
    (by, reason): (&str, &str),
    now: Timestamp,
) -> Result<(), StoreError> {
    set_switch(tx, KILL_SWITCH, stop, by, now).await?;
    let sql = "UPDATE switch SET reason = $2 WHERE name = $1";
    query(sql)
        .bind(KILL_SWITCH)
        .bind(reason)
        .run(tx)
        .await
        .map(|_| ())
        .during("noting why a switch was turned")
}

row! {
    /// How the switch stands.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct SwitchRow {
        /// 1 while all sending is stopped.
        pub value: i64,
        /// Who turned it last: a person's id, or a word.
        pub set_by: Option<String>,
        /// When.
        pub set_at: i64,
        /// Why.
        pub reason: String,
    }
}

/// How the switch for all sending stands; nothing while nobody ever turned it.
pub async fn sending(tx: &mut Tx) -> Result<Option<SwitchRow>, StoreError> {
    let sql = "SELECT value, set_by, set_at, reason FROM switch WHERE name = $1";
    query(sql).bind(KILL_SWITCH).maybe(tx).await.during("reading a switch")
}

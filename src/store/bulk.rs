//! Writing rows of cases, clocks, events and actions in bulk: one statement a table, gathered in a
//! [`Script`].
//!
//! Rows of cases and obligations are inserted or replaced whole; events and actions are only ever
//! added, and an action or clock event that stands already is left alone.

use super::query::query;
use super::rows::{ActionRow, CaseEventRow, CaseRow, ClockEventRow, ObligationRow};
use super::script::Script;
use super::views::{MadeCase, OpenedClock, QuietCase};
use super::{During, StoreError, Tx, json, list};
use futures_util::future::BoxFuture;

/// Inserts cases, or replaces those that stand already.
pub fn put_cases(script: &mut Script, rows: &[CaseRow]) -> Result<(), StoreError> {
    let what = "writing cases";
    let sql = list!(
        script,
        "INSERT INTO cases (id, brand_id, number, conversation_id, author_id, customer_id, previous_case_id,
            first_mention_id, platform, channel, private, historic, sample, state, open, state_since, claimed_by,
            claimed_since, claimed_until, level, urgency, intent, language, needs_answer, needs_private, policy,
            policy_version, opened_at, received_at, last_message_at, first_answer_at, due_at, ended_why, version,
            changed_at, snoozed_until, missed_at, held_until, solved_at, course)
         SELECT j.value->>0, j.value->>1, CAST(j.value->>2 AS BIGINT), j.value->>3, j.value->>4, j.value->>5,
            j.value->>6, j.value->>7, j.value->>8, j.value->>9, CAST(j.value->>10 AS BIGINT),
            CAST(j.value->>11 AS BIGINT), CAST(j.value->>12 AS BIGINT), j.value->>13, CAST(j.value->>14 AS BIGINT),
            CAST(j.value->>15 AS BIGINT), j.value->>16, CAST(j.value->>17 AS BIGINT), CAST(j.value->>18 AS BIGINT),
            CAST(j.value->>19 AS BIGINT), CAST(j.value->>20 AS BIGINT), j.value->>21, j.value->>22,
            CAST(j.value->>23 AS BIGINT), CAST(j.value->>24 AS BIGINT), j.value->>25, CAST(j.value->>26 AS BIGINT),
            CAST(j.value->>27 AS BIGINT), CAST(j.value->>28 AS BIGINT), CAST(j.value->>29 AS BIGINT),
            CAST(j.value->>30 AS BIGINT), CAST(j.value->>31 AS BIGINT), j.value->>32, CAST(j.value->>33 AS BIGINT),
            CAST(j.value->>34 AS BIGINT), CAST(j.value->>35 AS BIGINT), CAST(j.value->>36 AS BIGINT),
            CAST(j.value->>37 AS BIGINT), CAST(j.value->>38 AS BIGINT), j.value->>39
         FROM",
        "WHERE true ON CONFLICT (id) DO UPDATE SET conversation_id = excluded.conversation_id,
            customer_id = excluded.customer_id, first_mention_id = excluded.first_mention_id,
            historic = excluded.historic, state = excluded.state, open = excluded.open,
            state_since = excluded.state_since, claimed_by = excluded.claimed_by,
            claimed_since = excluded.claimed_since, claimed_until = excluded.claimed_until, level = excluded.level,
            urgency = excluded.urgency, intent = excluded.intent, language = excluded.language,
            needs_answer = excluded.needs_answer, needs_private = excluded.needs_private,
            opened_at = excluded.opened_at, received_at = excluded.received_at,
            last_message_at = excluded.last_message_at, first_answer_at = excluded.first_answer_at,
            due_at = excluded.due_at, ended_why = excluded.ended_why, version = excluded.version,
            changed_at = excluded.changed_at, snoozed_until = excluded.snoozed_until,
            missed_at = excluded.missed_at, held_until = excluded.held_until, solved_at = excluded.solved_at,
            course = excluded.course,
            forgotten_at = CASE WHEN excluded.open = 1 THEN NULL ELSE cases.forgotten_at END"
    );
    script.add(what, sql, rows)
}

/// Inserts cases that were just made and to which nothing has happened ([`CaseRow::is_as_made`]), as most that come in. Each
/// column that a statement names is looked for in each row of the list; so what they do not hold is not named.
pub fn make_cases(script: &mut Script, rows: &[CaseRow]) -> Result<(), StoreError> {
    let sql = list!(
        script,
        "INSERT INTO cases (id, brand_id, number, conversation_id, author_id, previous_case_id, first_mention_id,
            platform, channel, private, historic, sample, state, open, state_since, level, urgency, intent, language,
            needs_answer, needs_private, policy, policy_version, opened_at, received_at, last_message_at, due_at, version,
            changed_at)
         SELECT j.value->>0, j.value->>1, CAST(j.value->>2 AS BIGINT), j.value->>3, j.value->>4, j.value->>5,
            j.value->>6, j.value->>7, j.value->>8, CAST(j.value->>9 AS BIGINT), CAST(j.value->>10 AS BIGINT),
            CAST(j.value->>11 AS BIGINT), j.value->>12, CAST(j.value->>13 AS BIGINT), CAST(j.value->>14 AS BIGINT),
            CAST(j.value->>15 AS BIGINT), CAST(j.value->>16 AS BIGINT), j.value->>17, j.value->>18,
            CAST(j.value->>19 AS BIGINT), CAST(j.value->>20 AS BIGINT), j.value->>21, CAST(j.value->>22 AS BIGINT),
            CAST(j.value->>23 AS BIGINT), CAST(j.value->>24 AS BIGINT), CAST(j.value->>25 AS BIGINT),
            CAST(j.value->>26 AS BIGINT), CAST(j.value->>27 AS BIGINT), CAST(j.value->>28 AS BIGINT)
         FROM",
        "WHERE true"
    );
    let rows: Vec<MadeCase<'_>> = rows.iter().map(MadeCase).collect();
    script.add("writing new cases", sql, &rows)
}

/// Writes cases that stand already and keep their place in every index but that of the last change
/// ([`crate::casefile::CaseFile::is_quiet`]). SQLite rewrites each index whose columns are named,
/// even where nothing moved; so they are not named.
pub fn put_quiet_cases(script: &mut Script, rows: &[CaseRow]) -> Result<(), StoreError> {
    let sql = list!(
        script,
        "UPDATE cases SET historic = CAST(j.value->>1 AS BIGINT), state = j.value->>2,
            state_since = CAST(j.value->>3 AS BIGINT), urgency = CAST(j.value->>4 AS BIGINT), intent = j.value->>5,
            language = j.value->>6, needs_private = CAST(j.value->>7 AS BIGINT), first_mention_id = j.value->>8,
            received_at = CAST(j.value->>9 AS BIGINT), last_message_at = CAST(j.value->>10 AS BIGINT),
            first_answer_at = CAST(j.value->>11 AS BIGINT), version = CAST(j.value->>12 AS BIGINT),
            changed_at = CAST(j.value->>13 AS BIGINT), snoozed_until = CAST(j.value->>14 AS BIGINT), course = j.value->>15
         FROM",
        "WHERE cases.id = j.value->>0"
    );
    let rows: Vec<QuietCase<'_>> = rows.iter().map(QuietCase).collect();
    script.add("writing cases", sql, &rows)
}

/// Inserts clocks that were just opened and run ([`ObligationRow::is_as_opened`]).
pub fn open_obligations(script: &mut Script, rows: &[ObligationRow]) -> Result<(), StoreError> {
    let sql = list!(
        script,
        "INSERT INTO obligation (case_id, wait, part, brand_id, kind, state, policy, policy_version, mention_id,
            started_at, target_ms, due_at, warn_at, stages_done, next_at, calendar)
         SELECT j.value->>0, CAST(j.value->>1 AS BIGINT), 0, j.value->>2, j.value->>3, 'running', j.value->>4,
            CAST(j.value->>5 AS BIGINT), j.value->>6, CAST(j.value->>7 AS BIGINT), CAST(j.value->>8 AS BIGINT),
            CAST(j.value->>9 AS BIGINT), j.value->>10, 0, CAST(j.value->>11 AS BIGINT), j.value->>12
         FROM",
        "WHERE true"
    );
    let rows: Vec<OpenedClock<'_>> = rows.iter().map(OpenedClock).collect();
    script.add("opening clocks", sql, &rows)
}

/// Inserts obligations, or replaces those that stand already.
pub fn put_obligations(script: &mut Script, rows: &[ObligationRow]) -> Result<(), StoreError> {
    let sql = list!(
        script,
        "INSERT INTO obligation (case_id, wait, part, brand_id, kind, state, policy, policy_version, mention_id,
            started_at, target_ms, due_at, warn_at, stages_done, next_at, held_since, ended_at, ended_by,
            calendar, counted_ms)
         SELECT j.value->>0, CAST(j.value->>1 AS BIGINT), CAST(j.value->>2 AS BIGINT), j.value->>3, j.value->>4,
            j.value->>5, j.value->>6, CAST(j.value->>7 AS BIGINT), j.value->>8, CAST(j.value->>9 AS BIGINT),
            CAST(j.value->>10 AS BIGINT), CAST(j.value->>11 AS BIGINT), j.value->>12,
            CAST(j.value->>13 AS BIGINT), CAST(j.value->>14 AS BIGINT), CAST(j.value->>15 AS BIGINT),
            CAST(j.value->>16 AS BIGINT), j.value->>17, j.value->>18, CAST(j.value->>19 AS BIGINT)
         FROM",
        "WHERE true ON CONFLICT (case_id, wait, part) DO UPDATE SET kind = excluded.kind,
            state = excluded.state, mention_id = excluded.mention_id, started_at = excluded.started_at, target_ms = excluded.target_ms,
            due_at = excluded.due_at, warn_at = excluded.warn_at, stages_done = excluded.stages_done,
            next_at = excluded.next_at, held_since = excluded.held_since, ended_at = excluded.ended_at,
            ended_by = excluded.ended_by, calendar = excluded.calendar, counted_ms = excluded.counted_ms"
    );
    script.add("writing obligations", sql, rows)
}

/// Adds events to timelines; two writers of the same step are a conflict.
pub fn add_case_events(script: &mut Script, rows: &[CaseEventRow]) -> Result<(), StoreError> {
    let sql = list!(
        script,
        "INSERT INTO case_event (case_id, seq, brand_id, at, recorded_at, kind, who_kind, who, state, body)
         SELECT j.value->>0, CAST(j.value->>1 AS BIGINT), j.value->>2, CAST(j.value->>3 AS BIGINT),
            CAST(j.value->>4 AS BIGINT), j.value->>5, j.value->>6, j.value->>7, j.value->>8, j.value->>9
         FROM",
        "WHERE true"
    );
    script.add("writing the timeline", sql, rows)
}

/// Adds warnings and breaches. One that stands already is left as it is, unless a message that came
/// late shows that it fell due earlier, or in another kind of wait: then its time is put right.
pub fn add_clock_events(script: &mut Script, rows: &[ClockEventRow]) -> Result<(), StoreError> {
    let sql = list!(
        script,
        "INSERT INTO clock_event (case_id, wait, stage, brand_id, part, kind, at, recorded_at, cause, parts,
            annulled_at, annulled_evidence)
         SELECT j.value->>0, CAST(j.value->>1 AS BIGINT), CAST(j.value->>2 AS BIGINT), j.value->>3,
            CAST(j.value->>4 AS BIGINT), j.value->>5, CAST(j.value->>6 AS BIGINT), CAST(j.value->>7 AS BIGINT),
            j.value->>8, j.value->>9, CAST(j.value->>10 AS BIGINT), j.value->>11
         FROM",
        "WHERE true ON CONFLICT (case_id, wait, stage) DO UPDATE SET part = excluded.part, kind = excluded.kind,
            at = excluded.at, cause = excluded.cause, parts = excluded.parts, annulled_at = NULL,
            annulled_evidence = NULL
         WHERE excluded.at < clock_event.at OR excluded.kind <> clock_event.kind"
    );
    script.add("recording what fell due", sql, rows)
}

/// Annuls the warnings and breaches of a wait that fell due at or after `at`: the answer was there
/// already. Each row is `[case, wait, at, now, evidence]`; a row is annulled once.
pub fn annul(script: &mut Script, rows: &[(String, i64, i64, i64, String)]) -> Result<(), StoreError> {
    let sql = list!(
        script,
        "UPDATE clock_event SET annulled_at = CAST(j.value->>3 AS BIGINT), annulled_evidence = j.value->>4 FROM",
        "WHERE clock_event.case_id = j.value->>0 AND clock_event.wait = CAST(j.value->>1 AS BIGINT)
           AND clock_event.at >= CAST(j.value->>2 AS BIGINT) AND clock_event.annulled_at IS NULL"
    );
    script.add("annulling what had fallen due", sql, rows)
}

/// Adds actions to the outbox; an intent that stands already is left as it is.
pub fn add_actions(script: &mut Script, rows: &[ActionRow]) -> Result<(), StoreError> {
    let sql = list!(
        script,
        "INSERT INTO action (id, brand_id, kind, credential, priority, once_key, case_id, mention_id, payload, state,
            not_before, attempts, repeat_marked, token, lease_until, remote_id, remote_at, detail, created_at,
            settled_at, decided_by, made_by, expected_id, answers_id)
         SELECT j.value->>0, j.value->>1, j.value->>2, j.value->>3, CAST(j.value->>4 AS BIGINT), j.value->>5,
            j.value->>6, j.value->>7, j.value->>8, j.value->>9, CAST(j.value->>10 AS BIGINT),
            CAST(j.value->>11 AS BIGINT), CAST(j.value->>12 AS BIGINT), CAST(j.value->>13 AS BIGINT),
            CAST(j.value->>14 AS BIGINT), j.value->>15, CAST(j.value->>16 AS BIGINT), j.value->>17,
            CAST(j.value->>18 AS BIGINT), CAST(j.value->>19 AS BIGINT), j.value->>20, j.value->>21, j.value->>22,
            j.value->>23
         FROM",
        "WHERE true ON CONFLICT (once_key) DO NOTHING"
    );
    script.add("writing actions", sql, rows)
}

/// Adds actions to the outbox where nothing else is written.
pub async fn insert_actions(tx: &mut Tx, rows: &[ActionRow]) -> Result<(), StoreError> {
    let mut script = Script::of(tx, "writing actions");
    add_actions(&mut script, rows)?;
    script.run(tx).await
}

/// Runs one statement over a list; does nothing for an empty one.
pub(super) fn run<'t, T: serde::Serialize>(
    tx: &'t mut Tx,
    what: &'static str,
    sql: &'static str,
    rows: &[T],
) -> BoxFuture<'t, Result<(), StoreError>> {
    let text = (!rows.is_empty()).then(|| json(what, rows));
    run_over(tx, what, sql, text)
}

fn run_over<'t>(
    tx: &'t mut Tx,
    what: &'static str,
    sql: &'static str,
    text: Option<Result<String, StoreError>>,
) -> BoxFuture<'t, Result<(), StoreError>> {
    Box::pin(async move {
        let Some(text) = text else { return Ok(()) };
        query(sql).bind(text?).run(tx).await.map(|_| ()).during(what)
    })
}

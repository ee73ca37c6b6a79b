//! What is kept long enough: which cases those are, and taking their words, and later themselves, away.

use super::each::One;
use super::query::query;
use super::script::Script;
use super::{During, StoreError, Tx, attachment, erase, joined, json, list, row, translation};
use crate::domain::time::Timestamp;

/// Which cases are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// `ended`, `dismissed`, or `no_answer` for open ones that nobody has and that need none.
    pub kind: &'static str,
    /// Those that ended, or of which the last message came, before this.
    pub before: Timestamp,
    /// Only of this platform; none means all but `others`.
    pub platform: Option<String>,
    /// Platforms that have rules of their own.
    pub others: Vec<String>,
}

row! {
    /// A case whose words go.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct DueCase {
        /// Its id.
        pub id: String,
        /// Its brand.
        pub brand_id: String,
        /// Its platform.
        pub platform: String,
    }
}

/// The cases whose time is over, at most `limit`; those that are held are left out, and those
/// that collected since.
pub async fn due(tx: &mut Tx, due: &Due, now: Timestamp, limit: i64) -> Result<Vec<DueCase>, StoreError> {
    let what = "looking for what is kept long enough";
    macro_rules! sql {
        ($where:literal) => {
            tx.pick(
                concat!(
                    "SELECT k.id, k.brand_id, k.platform FROM cases k WHERE ", $where,
                    " AND k.forgotten_at IS NULL AND (k.platform = $2 OR ($2 = '' AND NOT EXISTS
                        (SELECT 1 FROM json_each($3) AS j WHERE j.value = k.platform)))
                      AND NOT EXISTS (SELECT 1 FROM legal_hold h WHERE h.case_id = k.id AND h.ended_at IS NULL
                        AND h.until_ms > $4)
                      AND NOT EXISTS (SELECT 1 FROM collecting z WHERE z.brand_id = k.brand_id AND z.case_id = k.id
                        AND COALESCE(z.ended_at, z.until_ms) >= $1) ORDER BY k.id LIMIT $5"
                ),
                concat!(
                    "SELECT k.id, k.brand_id, k.platform FROM cases k WHERE ", $where,
                    " AND k.forgotten_at IS NULL AND (k.platform = $2 OR ($2 = '' AND NOT EXISTS
                        (SELECT 1 FROM jsonb_array_elements_text($3::jsonb) AS j(value) WHERE j.value = k.platform)))
                      AND NOT EXISTS (SELECT 1 FROM legal_hold h WHERE h.case_id = k.id AND h.ended_at IS NULL
                        AND h.until_ms > $4)
                      AND NOT EXISTS (SELECT 1 FROM collecting z WHERE z.brand_id = k.brand_id AND z.case_id = k.id
                        AND COALESCE(z.ended_at, z.until_ms) >= $1) ORDER BY k.id LIMIT $5"
                ),
            )
        };
    }
    let sql = match due.kind {
        "dismissed" => sql!("k.open = 0 AND k.state = 'dismissed' AND k.state_since < $1"),
        "no_answer" => sql!(
            "k.open = 1 AND k.needs_answer = 0 AND k.state = 'new' AND k.claimed_by IS NULL AND k.last_message_at < $1"
        ),
        _ => sql!("k.open = 0 AND k.state <> 'dismissed' AND k.state_since < $1"),
    };
    let others = json(what, &due.others)?;
    let platform = due.platform.as_deref().unwrap_or_default();
    query(sql)
        .bind(due.before.millis())
        .bind(platform)
        .bind(others)
        .bind(now.millis())
        .bind(limit)
        .all(tx)
        .await
        .during(what)
}

/// What judgements of posts of some cases may name, as JSON: brand with case, or with what the case collects. Asked for
/// by itself, so that the index of judgements is used for each. Tells too whether any of them collects.
async fn places(tx: &mut Tx, what: &'static str, cases: &str) -> Result<(String, bool), StoreError> {
    let sql = list!(tx, "SELECT k.brand_id, k.id FROM", "JOIN cases k ON k.id = j.value->>0");
    let mut all: Vec<(String, String)> = query(sql).bind(cases).all(tx).await.during(what)?;
    let sql = list!(
        tx,
        "SELECT z.brand_id, z.id FROM",
        "JOIN cases k ON k.id = j.value->>0 JOIN collecting z ON z.brand_id = k.brand_id AND z.case_id = k.id"
    );
    let collected: Vec<(String, String)> = query(sql).bind(cases).all(tx).await.during(what)?;
    let collects = !collected.is_empty();
    all.extend(collected);
    Ok((json(what, &all)?, collects))
}

/// The words and files of posts: id, number in the search index, revision.
fn words(script: &mut Script, posts: &[(String, i64, i64)]) -> Result<(), StoreError> {
    let mentions: Vec<(&String,)> = posts.iter().map(|p| (&p.0,)).collect();
    attachment::remove(script, &mentions)?;
    erase::posts_of(script, &posts.iter().map(|p| (&p.0, p.1)).collect::<Vec<_>>())?;
    let bodies: Vec<(String,)> =
        posts.iter().flat_map(|p| (1..=p.2).map(|n| (format!("{}/{n}", p.0),))).collect();
    let sql = list!(script, "DELETE FROM content WHERE id IN (SELECT j.value->>0 FROM", ")");
    script.add("letting words go", sql, &bodies)?;
    translation::forget(script, &mentions)
}

/// The names of who wrote posts that were collected, where nothing else of theirs is kept: they may have no case at all.
fn names(script: &mut Script, posts: &[(String, i64, i64)]) -> Result<(), StoreError> {
    let mentions: Vec<(&String,)> = posts.iter().map(|p| (&p.0,)).collect();
    let sql = list!(
        script,
        "DELETE FROM content WHERE kind = 'profile' AND id IN (SELECT m.author_id FROM",
        "JOIN mention m ON m.id = j.value->>0)
           AND id NOT IN (SELECT q.author_id FROM cases q WHERE q.forgotten_at IS NULL)
           AND id NOT IN (SELECT n.author_id FROM collecting y CROSS JOIN judgement o CROSS JOIN mention n
                JOIN content b ON b.id = n.id || '/' || n.revision
                WHERE o.brand_id = y.brand_id AND o.case_id = y.id AND n.id = o.mention_id)"
    );
    script.add("letting names go", sql, &mentions)
}

/// Words that are collected with a case which was erased: their writers are others, so they go by their age. Returns how
/// many posts, at most `limit`.
pub async fn strangers(
    tx: &mut Tx,
    before: Timestamp,
    now: Timestamp,
    limit: i64,
) -> Result<u64, StoreError> {
    let what = "letting collected words go";
    // In this order, for few threads and authors were ever collected.
    let sql =
        "SELECT DISTINCT m.id, m.seq, m.revision FROM collecting z CROSS JOIN cases q CROSS JOIN judgement g
         CROSS JOIN mention m JOIN content c ON c.id = m.id || '/' || m.revision
         WHERE q.brand_id = z.brand_id AND q.id = z.case_id AND g.brand_id = z.brand_id AND g.case_id = z.id
           AND m.id = g.mention_id AND q.forgotten_at IS NOT NULL AND m.received_at < $1
           AND NOT EXISTS (SELECT 1 FROM legal_hold h WHERE h.case_id = q.id AND h.ended_at IS NULL
                AND h.until_ms > $2)
           AND NOT EXISTS (SELECT 1 FROM judgement o JOIN cases k ON k.id = o.case_id
                WHERE o.mention_id = m.id AND k.forgotten_at IS NULL)
           AND NOT EXISTS (SELECT 1 FROM judgement o JOIN collecting y ON y.id = o.case_id
                JOIN cases k ON k.id = y.case_id WHERE o.mention_id = m.id AND k.forgotten_at IS NULL)
         ORDER BY m.id LIMIT $3";
    let posts: Vec<(String, i64, i64)> =
        query(sql).bind(before.millis()).bind(now.millis()).bind(limit).all(tx).await.during(what)?;
    if posts.is_empty() {
        return Ok(0);
    }
    let mut script = Script::of(tx, what);
    words(&mut script, &posts)?;
    names(&mut script, &posts)?;
    script.run(tx).await?;
    Ok(posts.len() as u64)
}

/// Takes the words, names and files of ended cases away, and counts them by platform. What also belongs to a case
/// that is still kept stays.
pub async fn forget(tx: &mut Tx, cases: &[DueCase], now: Timestamp) -> Result<(), StoreError> {
    let what = "letting words go";
    if cases.is_empty() {
        return Ok(());
    }
    let ids: Vec<One<'_>> = cases.iter().map(|k| (&k.id,)).collect();
    let text = json(what, &ids)?;
    // Marked first, so that what is left of each post can be told by the cases that are still kept.
    let sql = list!(tx, "UPDATE cases SET forgotten_at = $2 FROM", "WHERE cases.id = j.value->>0");
    query(sql).bind(&text).bind(now.millis()).run(tx).await.map(|_| ()).during(what)?;
    let sql = list!(
        tx,
        "SELECT DISTINCT m.id, m.seq, m.revision FROM",
        "CROSS JOIN judgement g JOIN mention m ON m.id = g.mention_id
         WHERE g.brand_id = j.value->>0 AND g.case_id = j.value->>1 AND NOT EXISTS (SELECT 1 FROM judgement o JOIN cases q ON q.id = o.case_id
            WHERE o.mention_id = m.id AND q.forgotten_at IS NULL)
           AND NOT EXISTS (SELECT 1 FROM judgement o JOIN collecting y ON y.id = o.case_id
            JOIN cases q ON q.id = y.case_id WHERE o.mention_id = m.id AND q.forgotten_at IS NULL)"
    );
    let (places, collects) = places(tx, what, &text).await?;
    let posts: Vec<(String, i64, i64)> = query(sql).bind(&places).all(tx).await.during(what)?;
    let mut script = Script::of(tx, what);
    words(&mut script, &posts)?;
    if collects {
        names(&mut script, &posts)?;
    }
    beside(&mut script, &ids)?;
    erase::cases(&mut script, &cases.iter().map(|k| k.id.clone()).collect::<Vec<_>>(), now)?;
    let day = now.day();
    let counts: Vec<(&String, &String)> = cases.iter().map(|k| (&day, &k.platform)).collect();
    let sql = list!(
        script,
        "INSERT INTO retention_count (day, platform, what, n)
         SELECT j.value->>0, j.value->>1, 'cases', COUNT(*) FROM",
        "WHERE true GROUP BY j.value->>0, j.value->>1
         ON CONFLICT (day, platform, what) DO UPDATE SET n = retention_count.n + excluded.n"
    );
    script.add(what, sql, &counts)?;
    script.run(tx).await
}

/// Words that hang on a case and not on its posts.
fn beside(script: &mut Script, cases: &[One<'_>]) -> Result<(), StoreError> {
    let what = "letting words go";
    let statements = [
        list!(script, "DELETE FROM content WHERE id IN (SELECT a.id || '/text' FROM", "JOIN action a ON a.case_id = j.value->>0)"),
        list!(script, "DELETE FROM content WHERE id IN (SELECT a.id || '/to' FROM", "JOIN action a ON a.case_id = j.value->>0)"),
        list!(script, "DELETE FROM content WHERE id IN (SELECT g.id || '/text' FROM", "JOIN guard_pass g ON g.case_id = j.value->>0)"),
        list!(script, "DELETE FROM content WHERE id IN (SELECT f.id FROM", "JOIN answer_file f ON f.case_id = j.value->>0)"),
        list!(script, "DELETE FROM content WHERE id IN (SELECT o.id || '/text' FROM", "JOIN other_contact o ON o.case_id = j.value->>0)"),
        list!(script, "DELETE FROM content WHERE id IN (SELECT g.id || '/text' FROM", "JOIN gesture g ON g.case_id = j.value->>0)"),
        list!(script, "DELETE FROM content WHERE id IN (SELECT q.id || '/word' FROM", "JOIN quality_sample q ON q.case_id = j.value->>0)"),
        list!(script, "DELETE FROM content WHERE id IN (SELECT q.id || '/line' FROM", "JOIN quality_sample q ON q.case_id = j.value->>0)"),
        list!(script, "DELETE FROM content WHERE id IN (SELECT z.id || '/reason' FROM", "JOIN collecting z ON z.case_id = j.value->>0)"),
        list!(script, "DELETE FROM content WHERE id IN (SELECT l.id || '/ticket' FROM", "JOIN ticket_link l ON l.case_id = j.value->>0)"),
        list!(script, "DELETE FROM content WHERE id IN (SELECT 'line/' || (j.value->>0) || '/action' FROM", ")"),
        list!(script, "DELETE FROM content WHERE id IN (SELECT 'draft/' || d.case_id || '/' || d.person_id FROM", "JOIN draft d ON d.case_id = j.value->>0)"),
        list!(script, "DELETE FROM draft WHERE case_id IN (SELECT j.value->>0 FROM", ")"),
        list!(script, "DELETE FROM content WHERE id IN (SELECT 'draft/' || d.case_id || '/' || d.person_id || '/' || d.kind FROM", "JOIN draft_beside d ON d.case_id = j.value->>0)"),
        list!(script, "DELETE FROM draft_beside WHERE case_id IN (SELECT j.value->>0 FROM", ")"),
        // A mail that has not gone may hold an example of theirs; it is made anew.
        list!(script, "DELETE FROM published WHERE sent_at IS NULL AND kind = 'failure_demand' AND EXISTS (SELECT 1 FROM", ")"),
        list!(script, "DELETE FROM content WHERE id IN (SELECT g.id || '/why' FROM", "JOIN goodwill g ON g.case_id = j.value->>0)"),
        list!(script, "DELETE FROM content WHERE id IN (SELECT j.value->>0 || '/complaint' FROM", ")"),
        list!(script, "DELETE FROM content WHERE id IN (SELECT COALESCE(p.words_id, p.case_id || '/promise/' || p.wait) FROM", "JOIN promise p ON p.case_id = j.value->>0)"),
        list!(script, "DELETE FROM content WHERE id IN (SELECT COALESCE(p.words_id, p.case_id || '/promise/' || p.wait) || '/call' FROM", "JOIN promise p ON p.case_id = j.value->>0)"),
        list!(script, "DELETE FROM content WHERE id IN (SELECT COALESCE(p.words_id, p.case_id || '/promise/' || p.wait) || '/whom' FROM", "JOIN promise p ON p.case_id = j.value->>0)"),
        script.pick(
            "DELETE FROM content WHERE id IN (SELECT json_extract(e.body, '$.content') FROM jsonb_each($1) AS j
                JOIN case_event e ON e.case_id = j.value->>0)",
            "DELETE FROM content WHERE id IN (SELECT e.body::jsonb->>'content' FROM jsonb_array_elements($1::jsonb) AS j(value)
                JOIN case_event e ON e.case_id = j.value->>0)",
        ),
        list!(
            script,
            "DELETE FROM content WHERE id IN (SELECT o.id || '/1' FROM",
            "JOIN cases k ON k.id = j.value->>0 JOIN own_post o ON o.conversation_id = k.conversation_id
             WHERE o.answers_author_id = k.author_id AND o.brand_id = k.brand_id AND NOT EXISTS
                (SELECT 1 FROM cases q WHERE q.brand_id = k.brand_id AND q.conversation_id = k.conversation_id
                    AND q.author_id = k.author_id AND q.forgotten_at IS NULL))"
        ),
        list!(
            script,
            "DELETE FROM content WHERE id IN (SELECT o.id || '/1' FROM",
            "JOIN action a ON a.case_id = j.value->>0 JOIN own_post o ON o.action_id = a.id)"
        ),
        // Names go with the last case of an account.
        list!(
            script,
            "DELETE FROM content WHERE kind = 'profile' AND id IN (SELECT k.author_id FROM",
            "JOIN cases k ON k.id = j.value->>0 WHERE NOT EXISTS
                (SELECT 1 FROM cases q WHERE q.author_id = k.author_id AND q.forgotten_at IS NULL))"
        ),
        // So do the numbers and ids by which it was known beside its own.
        list!(
            script,
            "DELETE FROM author_alias WHERE author_id IN (SELECT k.author_id FROM",
            "JOIN cases k ON k.id = j.value->>0 WHERE NOT EXISTS
                (SELECT 1 FROM cases q WHERE q.author_id = k.author_id AND q.forgotten_at IS NULL))"
        ),
    ];
    for sql in statements.into_iter().chain([joined::words(script)]).chain(erase::whys(script)) {
        script.add(what, sql, cases)?;
    }
    Ok(())
}

/// Posts that only show what a thread is about go by their age, but for open and for held cases.
pub async fn threads(tx: &mut Tx, before: Timestamp, now: Timestamp) -> Result<u64, StoreError> {
    let what = "letting threads go";
    let sql =
        "DELETE FROM content WHERE id IN (SELECT t.id || '/1' FROM thread_post t WHERE t.received_at < $1
            AND NOT EXISTS (SELECT 1 FROM cases k WHERE k.conversation_id = t.conversation_id
                AND (k.open = 1 OR EXISTS (SELECT 1 FROM legal_hold h WHERE h.case_id = k.id
                    AND h.ended_at IS NULL AND h.until_ms > $2))))";
    query(sql).bind(before.millis()).bind(now.millis()).run(tx).await.map(|_| ()).during(what)?;
    let beside = [
        "DELETE FROM mention_handle WHERE mention_id IN (SELECT t.id FROM thread_post t WHERE t.received_at < $1
            AND NOT EXISTS (SELECT 1 FROM cases k WHERE k.conversation_id = t.conversation_id
                AND (k.open = 1 OR EXISTS (SELECT 1 FROM legal_hold h WHERE h.case_id = k.id
                    AND h.ended_at IS NULL AND h.until_ms > $2))))",
        "DELETE FROM recheck WHERE post_id IN (SELECT t.id FROM thread_post t WHERE t.received_at < $1
            AND NOT EXISTS (SELECT 1 FROM cases k WHERE k.conversation_id = t.conversation_id
                AND (k.open = 1 OR EXISTS (SELECT 1 FROM legal_hold h WHERE h.case_id = k.id
                    AND h.ended_at IS NULL AND h.until_ms > $2))))",
    ];
    for sql in beside {
        query(sql).bind(before.millis()).bind(now.millis()).run(tx).await.map(|_| ()).during(what)?;
    }
    let sql = "DELETE FROM thread_post WHERE received_at < $1
            AND NOT EXISTS (SELECT 1 FROM cases k WHERE k.conversation_id = thread_post.conversation_id
                AND (k.open = 1 OR EXISTS (SELECT 1 FROM legal_hold h WHERE h.case_id = k.id
                    AND h.ended_at IS NULL AND h.until_ms > $2)))";
    let n = query(sql).bind(before.millis()).bind(now.millis()).run(tx).await.during(what)?;
    let sql = "DELETE FROM erased_account WHERE until_ms < $1";
    query(sql).bind(now.millis()).run(tx).await.map(|_| ()).during(what)?;
    Ok(n)
}

/// Tables whose rows hang on a case by `case_id`, in the order in which they go.
macro_rules! of_cases {
    ($script:expr, [$($table:literal),*]) => {
        [$($script.pick(
            concat!("DELETE FROM ", $table, " WHERE case_id IN (SELECT j.value->>0 FROM jsonb_each($1) AS j)"),
            concat!(
                "DELETE FROM ", $table,
                " WHERE case_id IN (SELECT j.value->>0 FROM jsonb_array_elements($1::jsonb) AS j(value))"
            ),
        )),*]
    };
}

/// Cases without words go whole after a long time, with their clocks and counts; returns how many, at most `limit`.
pub async fn counts(tx: &mut Tx, before: Timestamp, now: Timestamp, limit: i64) -> Result<u64, StoreError> {
    let what = "letting counts go";
    let sql = "SELECT k.id FROM cases k WHERE k.open = 0 AND k.forgotten_at IS NOT NULL AND k.state_since < $1
         AND NOT EXISTS (SELECT 1 FROM legal_hold h WHERE h.case_id = k.id AND h.ended_at IS NULL AND h.until_ms > $2)
         ORDER BY k.id LIMIT $3";
    let found: Vec<(String,)> =
        query(sql).bind(before.millis()).bind(now.millis()).bind(limit).all(tx).await.during(what)?;
    of_days(tx, before).await?;
    if found.is_empty() {
        return Ok(0);
    }
    let ids: Vec<One<'_>> = found.iter().map(|(id,)| (id,)).collect();
    let text = json(what, &ids)?;
    let sql = list!(
        tx,
        "SELECT DISTINCT g.mention_id FROM",
        "CROSS JOIN judgement g WHERE g.brand_id = j.value->>0 AND g.case_id = j.value->>1"
    );
    let (places, _) = places(tx, what, &text).await?;
    let posts: Vec<(String,)> = query(sql).bind(&places).all(tx).await.during(what)?;
    let mut script = Script::of(tx, what);
    let sql = list!(
        script,
        "DELETE FROM judgement WHERE case_id IN (SELECT z.id FROM",
        "JOIN collecting z ON z.case_id = j.value->>0)"
    );
    script.add(what, sql, &ids)?;
    whole(&mut script, &ids)?;
    let sql = list!(script, "DELETE FROM cases WHERE id IN (SELECT j.value->>0 FROM", ")");
    script.add(what, sql, &ids)?;
    let left = [
        list!(
            script,
            "DELETE FROM mention_handle WHERE mention_id IN (SELECT j.value->>0 FROM",
            "WHERE NOT EXISTS (SELECT 1 FROM judgement g WHERE g.mention_id = j.value->>0))"
        ),
        list!(
            script,
            "DELETE FROM swept WHERE mention_id IN (SELECT j.value->>0 FROM",
            "WHERE NOT EXISTS (SELECT 1 FROM judgement g WHERE g.mention_id = j.value->>0))"
        ),
        list!(
            script,
            "DELETE FROM mention WHERE id IN (SELECT j.value->>0 FROM",
            "WHERE NOT EXISTS (SELECT 1 FROM judgement g WHERE g.mention_id = j.value->>0))"
        ),
    ];
    for sql in left {
        script.add(what, sql, &posts)?;
    }
    script.run(tx).await?;
    Ok(found.len() as u64)
}

/// What hangs on cases that go whole.
fn whole(script: &mut Script, ids: &[One<'_>]) -> Result<(), StoreError> {
    let first = [
        list!(script, "DELETE FROM attempt WHERE action_id IN (SELECT a.id FROM", "JOIN action a ON a.case_id = j.value->>0)"),
        list!(script, "DELETE FROM ticket_queue WHERE link_id IN (SELECT l.id FROM", "JOIN ticket_link l ON l.case_id = j.value->>0)"),
        list!(script, "DELETE FROM content WHERE id IN (SELECT h.id || '/ground' FROM", "JOIN legal_hold h ON h.case_id = j.value->>0)"),
        list!(script, "DELETE FROM protocol_step WHERE protocol_id IN (SELECT p.id FROM", "JOIN protocol p ON p.case_id = j.value->>0)"),
        list!(script, "DELETE FROM handover_join WHERE into_case IN (SELECT j.value->>0 FROM", ")"),
        list!(script, "DELETE FROM handover_join WHERE from_case IN (SELECT j.value->>0 FROM", ")"),
        list!(
            script,
            "UPDATE conversation SET external_key = 'erased/' || conversation.id WHERE id IN
                (SELECT k.conversation_id FROM",
            "JOIN cases k ON k.id = j.value->>0 WHERE NOT EXISTS
                (SELECT 1 FROM cases q WHERE q.conversation_id = k.conversation_id AND q.forgotten_at IS NULL))"
        ),
    ];
    let rest = of_cases!(
        script,
        [
            "action",
            "judgement",
            "case_event",
            "obligation",
            "clock_event",
            "promise",
            "promise_move",
            "call_try",
            "goodwill",
            "complaint",
            "ticket_link",
            "ticket_note",
            "handover",
            "guard_pass",
            "answer_part",
            "ending",
            "ending_asked",
            "case_sector",
            "other_contact",
            "finding_case",
            "back_door_line",
            "protocol",
            "collecting",
            "survey",
            "survey_reply",
            "thanks",
            "gesture",
            "quality_sample",
            "correction",
            "triage_check",
            "escalation",
            "alert_standing",
            "alert_held",
            "draft",
            "draft_beside",
            "offer",
            "offer_to",
            "shift_ask",
            "batch_case",
            "called_in",
            "library_use",
            "presence",
            "chat_card_case",
            "conversation_event",
            "legal_hold"
        ]
    );
    let mut all =
        first.into_iter().chain(rest).chain(super::about::rows(script)).chain(joined::names(script));
    all.try_for_each(|sql| script.add("letting counts go", sql, ids))
}

/// Counts by day, and what was written down of erasures.
async fn of_days(tx: &mut Tx, before: Timestamp) -> Result<(), StoreError> {
    let what = "letting counts go";
    for (sql, is_day) in [
        ("DELETE FROM intake_count WHERE day < $1", true),
        ("DELETE FROM retention_count WHERE day < $1", true),
        ("DELETE FROM erasure_done WHERE at < $1", false),
        ("DELETE FROM batch_case WHERE batch_id IN (SELECT id FROM batch WHERE made_at < $1)", false),
        ("DELETE FROM batch WHERE made_at < $1", false),
    ] {
        let asked = if is_day { query(sql).bind(before.day()) } else { query(sql).bind(before.millis()) };
        asked.run(tx).await.during(what)?;
    }
    Ok(())
}

/// What retention took away of late: day, platform, how many cases.
pub async fn latest(tx: &mut Tx) -> Result<Vec<(String, String, i64)>, StoreError> {
    let sql = "SELECT day, platform, n FROM retention_count WHERE what = 'cases' ORDER BY day DESC, platform LIMIT 60";
    query(sql).all(tx).await.during("reading what retention did")
}

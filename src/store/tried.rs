//! What another policy or another triage rule is tried on: the waits of a period, the cases that were thought to need no
//! answer, who had them when, and the words of their messages.

use super::each::find_each;
use super::leading::{Span, asked};
use super::query::query;
use super::{During, StoreError, Tx, json, list, of_brands, row};
use crate::domain::backtest::Hand;
use crate::domain::time::Timestamp;
use std::collections::HashMap;

row! {
    /// A wait of a period, or a case without one.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct WaitRow {
        /// The brand.
        pub brand_id: String,
        /// The brand by name.
        pub brand: String,
        /// The case.
        pub case_id: String,
        /// The case's short number.
        pub number: i64,
        /// The wait; none where the case had none.
        pub wait: Option<i64>,
        /// What was promised.
        pub kind: String,
        /// The platform.
        pub platform: String,
        /// The case's channel.
        pub channel: String,
        /// Whether the case is private.
        pub private: i64,
        /// The language.
        pub language: String,
        /// The sector; empty without one.
        pub sector: String,
        /// 1 to 5.
        pub level: i64,
        /// The policy under which it began.
        pub policy: String,
        /// In which version.
        pub policy_version: i64,
        /// When it began.
        pub started_at: i64,
        /// When it was due; none where nothing was promised.
        pub due_at: Option<i64>,
        /// When it was answered.
        pub answered_at: Option<i64>,
        /// When it ended.
        pub ended_at: Option<i64>,
        /// How it stands; empty where there was none.
        pub state: String,
        /// 1 if it counts as late.
        pub late: i64,
    }
}

/// The case's part of a [`WaitRow`].
macro_rules! of_case {
    () => {
        "SELECT k.brand_id, (SELECT b.name FROM brand b WHERE b.id = k.brand_id) AS brand, k.id AS case_id, k.number,
            k.platform, k.channel, k.private, k.language, k.level,
            COALESCE((SELECT s.sector FROM case_sector s WHERE s.case_id = k.id), '') AS sector,"
    };
}

/// Waits for answers that began in the period, by their start, at most `limit`.
pub async fn waits(tx: &mut Tx, of: Span<'_>, limit: i64) -> Result<Vec<WaitRow>, StoreError> {
    let what = "reading waits";
    let sql = of_brands!(
        tx,
        concat!(
            of_case!(),
            " o.wait, o.kind, o.policy, o.policy_version, o.started_at, o.due_at, o.ended_at, o.state,
                CASE WHEN o.state IN ('kept', 'broken') THEN o.ended_at END AS answered_at,
                CAST(CASE WHEN o.state = 'broken' OR (o.state = 'running' AND o.due_at < $4)
                    OR EXISTS (SELECT 1 FROM clock_event e WHERE e.case_id = o.case_id AND e.wait = o.wait
                        AND e.stage = 100 AND e.annulled_at IS NULL) THEN 1 ELSE 0 END AS BIGINT) AS late
             FROM obligation o JOIN cases k ON k.id = o.case_id
             WHERE o.started_at >= $2 AND o.started_at < $3 AND k.sample = 0 AND k.historic = 0
               AND o.kind IN ('first_response', 'next_response')
               AND NOT EXISTS (SELECT 1 FROM obligation n WHERE n.case_id = o.case_id AND n.wait = o.wait
                    AND n.part > o.part) AND"
        ),
        "ORDER BY o.started_at, o.case_id, o.wait LIMIT $5"
    );
    read(tx, what, sql, of, limit).await
}

/// Cases that began in the period and were thought to need no answer, at most `limit`, as if each were a wait from its
/// first message on that nobody promised anything.
pub async fn unneeded(tx: &mut Tx, of: Span<'_>, limit: i64) -> Result<Vec<WaitRow>, StoreError> {
    let what = "reading cases without a wait";
    let sql = of_brands!(
        tx,
        concat!(
            of_case!(),
            " CAST(NULL AS BIGINT) AS wait, 'first_response' AS kind, k.policy, k.policy_version,
                k.opened_at AS started_at, CAST(NULL AS BIGINT) AS due_at, k.first_answer_at AS answered_at,
                CASE WHEN k.open = 0 THEN k.state_since END AS ended_at, '' AS state, CAST(0 AS BIGINT) AS late
             FROM cases k
             WHERE k.opened_at >= $2 AND k.opened_at < $3 AND CAST($4 AS BIGINT) >= 0 AND k.sample = 0
               AND k.historic = 0 AND k.needs_answer = 0
               AND NOT EXISTS (SELECT 1 FROM obligation o WHERE o.case_id = k.id
                    AND o.kind IN ('first_response', 'next_response')) AND"
        ),
        "ORDER BY k.opened_at, k.id LIMIT $5"
    );
    read(tx, what, sql, of, limit).await
}

async fn read(
    tx: &mut Tx,
    what: &'static str,
    sql: &'static str,
    of: Span<'_>,
    limit: i64,
) -> Result<Vec<WaitRow>, StoreError> {
    let text = json(what, of.brands)?;
    asked!(sql, text, of).bind(limit).all(tx).await.during(what)
}

/// The steps in who had some cases, by case, in their order.
pub async fn hands(tx: &mut Tx, cases: &[String]) -> Result<HashMap<String, Vec<Hand>>, StoreError> {
    let what = "reading who had cases";
    let sql = list!(
        tx,
        "SELECT e.case_id, e.at, CAST(CASE WHEN e.kind IN ('claim', 'assign') THEN 1 ELSE 0 END AS BIGINT) FROM",
        "CROSS JOIN case_event e WHERE e.case_id = j.value->>0
           AND (e.kind IN ('claim', 'assign', 'release') OR e.state IN ('resolved', 'closed', 'dismissed'))
         ORDER BY e.case_id, e.seq"
    );
    let rows: Vec<(String, i64, i64)> = find_each(tx, what, sql, cases).await?;
    let mut found: HashMap<String, Vec<Hand>> = HashMap::new();
    for (case, at, held) in rows {
        found.entry(case).or_default().push(Hand { at: Timestamp(at), held: held == 1 });
    }
    Ok(found)
}

/// The words of the messages of some cases with the platform's tag of their language, by mention. Pairs are (brand,
/// case); what is gone is not there.
pub async fn words(
    tx: &mut Tx,
    cases: &[(String, String)],
) -> Result<HashMap<String, (String, String)>, StoreError> {
    let what = "reading the words of cases";
    let sql = list!(
        tx,
        "SELECT m.id, m.lang_tag, c.body FROM",
        "CROSS JOIN judgement g JOIN mention m ON m.id = g.mention_id AND m.revision = g.revision
         JOIN content c ON c.id = m.id || '/' || m.revision
         WHERE g.brand_id = j.value->>0 AND g.case_id = j.value->>1 AND m.deleted_at IS NULL"
    );
    let text = json(what, cases)?;
    let rows: Vec<(String, String, String)> = query(sql).bind(text).all(tx).await.during(what)?;
    Ok(rows.into_iter().map(|(id, tag, body)| (id, (tag, body))).collect())
}

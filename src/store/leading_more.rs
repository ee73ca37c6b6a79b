//! The cases behind figures of a report to leads that are no promises: what began, what members answered, what
//! changed hands, what is open. A figure is counted by the very condition by which its cases are listed.

use super::leading::{Span, asked, group};
use super::leading_by::{SmallRow, apart, by_all, summed};
use super::query::query;
use super::{During, StoreError, Tx, json, of_brands, row};

/// What can be counted and listed, by its code.
pub const WHATS: [&str; 20] = [
    "begun",
    "needing",
    "offered",
    "opened",
    "linked",
    "given_back",
    "changed_hands",
    "left_to_members",
    "solved_by_members",
    "open",
    "late",
    "soon",
    "posted",
    "found_late",
    "bulk",
    "holding",
    "substantive",
    "front_office",
    "unregistered",
    "recommended",
];

/// Whether an answer that is owed is in the last fifth of its time at `$4`.
macro_rules! soon {
    () => {
        "k.due_at >= CAST($4 AS BIGINT) AND EXISTS (SELECT 1 FROM obligation o WHERE o.case_id = k.id
            AND o.state = 'running' AND o.kind IN ('first_response', 'next_response')
            AND o.due_at >= CAST($4 AS BIGINT) AND o.due_at - o.target_ms / 5 <= CAST($4 AS BIGINT))"
    };
}

/// Whether `o` is a response whose last word was due in the period.
macro_rules! due_response {
    () => {
        "o.due_at >= $2 AND o.due_at < $3 AND o.kind IN ('first_response', 'next_response')
            AND NOT EXISTS (SELECT 1 FROM obligation n WHERE n.case_id = o.case_id AND n.wait = o.wait
                AND n.part > o.part)"
    };
}

/// Whether `o` ended by holding words: the answer was made in the act that says so on the timeline.
macro_rules! by_holding {
    () => {
        "EXISTS (SELECT 1 FROM own_post p JOIN action a ON a.id = p.action_id
            JOIN case_event v ON v.case_id = o.case_id AND v.kind = 'holding_sent' AND v.at = a.created_at
            WHERE p.id = o.ended_by)"
    };
}

/// Whether `o` ended by an answer to many.
macro_rules! by_many {
    () => {
        "EXISTS (SELECT 1 FROM own_post p JOIN incident_sent s ON s.action_id = p.action_id
            WHERE p.id = o.ended_by AND s.case_id = o.case_id)"
    };
}

/// Whether an answer that was due for `k` was given so,
macro_rules! was_given {
    ($so:expr) => {
        concat!(
            "EXISTS (SELECT 1 FROM obligation o WHERE o.case_id = k.id AND o.state IN ('kept', 'broken') AND ",
            due_response!(),
            " AND ",
            $so,
            ")"
        )
    };
}

/// or neither by holding words nor to many, be it that none was given in time.
macro_rules! substantive {
    () => {
        concat!(
            "EXISTS (SELECT 1 FROM obligation o WHERE o.case_id = k.id
                AND (o.state IN ('kept', 'broken') OR o.state = 'running' AND o.due_at < CAST($4 AS BIGINT)
                    OR EXISTS (SELECT 1 FROM clock_event e WHERE e.case_id = o.case_id AND e.wait = o.wait
                        AND e.stage = 100 AND e.annulled_at IS NULL)) AND ",
            due_response!(),
            " AND NOT ",
            by_holding!(),
            " AND NOT ",
            by_many!(),
            ")"
        )
    };
}

/// Whether `k` was the front office's to solve, resolved in the period and over by now, and solved so.
macro_rules! ended {
    ($so:literal) => {
        concat!(
            "k.state IN ('resolved', 'closed') AND EXISTS (SELECT 1 FROM ending e WHERE e.brand_id = k.brand_id
                AND e.case_id = k.id AND e.at >= $2 AND e.at < $3 AND e.solved ",
            $so,
            ")"
        )
    };
}

/// Whether the customer of `k` was asked in the period, and gave a score.
macro_rules! recommended {
    () => {
        "EXISTS (SELECT 1 FROM survey s WHERE s.brand_id = k.brand_id AND s.case_id = k.id AND s.state = 'asked'
            AND s.asked_at >= $2 AND s.asked_at < $3
            AND (s.action_id IS NULL OR EXISTS (SELECT 1 FROM action a WHERE a.id = s.action_id AND a.state = 'done'))
            AND EXISTS (SELECT 1 FROM survey_reply r WHERE r.case_id = s.case_id AND r.score IS NOT NULL))"
    };
}

/// Whether a post of the period is of `k`, or is collected by it.
macro_rules! posted {
    ($join:literal) => {
        concat!(
            "k.id IN (SELECT COALESCE((SELECT z.case_id FROM collecting z WHERE z.id = g.case_id), g.case_id)
                FROM mention m JOIN judgement g ON g.mention_id = m.id AND g.revision = m.revision ",
            $join,
            "WHERE m.posted_at >= $2 AND m.posted_at < $3 AND m.sample = 0 AND m.historic = 0)"
        )
    };
}

macro_rules! each {
    ($tx:expr, $condition:expr) => {
        (
            of_brands!(
                $tx,
                concat!(
                    "SELECT b.name, k.number FROM cases k JOIN brand b ON b.id = k.brand_id
                     WHERE CAST($2 AS BIGINT) <= CAST($3 AS BIGINT) AND CAST($4 AS BIGINT) >= 0 AND k.sample = 0
                       AND k.historic = 0 AND ",
                    $condition,
                    " AND ",
                    group!(),
                    " = $6 AND"
                ),
                " AND (b.name, k.number) > ($8, $9) ORDER BY b.name, k.number LIMIT $7"
            ),
            of_brands!(
                $tx,
                concat!(
                    "SELECT COUNT(*) FROM cases k
                     WHERE CAST($2 AS BIGINT) <= CAST($3 AS BIGINT) AND CAST($4 AS BIGINT) >= 0 AND k.sample = 0
                       AND k.historic = 0 AND ",
                    $condition,
                    " AND"
                ),
                ""
            ),
            of_brands!(
                $tx,
                concat!(
                    summed!(),
                    apart!(),
                    ", 1 AS one, 0 AS two FROM cases k
                     WHERE CAST($2 AS BIGINT) <= CAST($3 AS BIGINT) AND CAST($4 AS BIGINT) >= 0 AND k.sample = 0
                       AND k.historic = 0 AND ",
                    $condition,
                    " AND"
                ),
                by_all!()
            ),
        )
    };
}

/// Listing, counting, and counting by all groups, for one of [`WHATS`].
fn sql(tx: &Tx, what: &str) -> Option<(&'static str, &'static str, &'static str)> {
    Some(match what {
        "begun" => each!(tx, "k.opened_at >= $2 AND k.opened_at < $3"),
        "needing" => each!(tx, "k.opened_at >= $2 AND k.opened_at < $3 AND k.needs_answer = 1"),
        "offered" => each!(
            tx,
            "EXISTS (SELECT 1 FROM handover h WHERE h.case_id = k.id AND h.offered_at >= $2 AND h.offered_at < $3)"
        ),
        "opened" => each!(
            tx,
            "EXISTS (SELECT 1 FROM handover h WHERE h.case_id = k.id AND h.opened_at >= $2 AND h.opened_at < $3)"
        ),
        "linked" => each!(
            tx,
            "EXISTS (SELECT 1 FROM ticket_link l WHERE l.case_id = k.id AND l.linked_at >= $2 AND l.linked_at < $3)"
        ),
        "given_back" => each!(
            tx,
            "k.changed_at >= $2 AND EXISTS (SELECT 1 FROM case_event e WHERE e.case_id = k.id AND e.kind = 'release'
                AND e.who_kind <> 'rule' AND e.at >= $2 AND e.at < $3)"
        ),
        "changed_hands" => each!(
            tx,
            "k.changed_at >= $2 AND EXISTS (SELECT 1 FROM case_event e WHERE e.case_id = k.id AND e.kind = 'claim'
                AND e.at >= $2 AND e.at < $3 AND EXISTS (SELECT 1 FROM case_event o WHERE o.case_id = k.id
                    AND o.kind = 'claim' AND o.seq < e.seq AND o.who <> e.who))"
        ),
        "left_to_members" => {
            each!(tx, "k.held_until IS NOT NULL AND k.opened_at >= $2 AND k.opened_at < $3")
        }
        "solved_by_members" => each!(
            tx,
            "k.held_until IS NOT NULL AND k.opened_at >= $2 AND k.opened_at < $3 AND k.solved_at IS NOT NULL
               AND (k.first_answer_at IS NULL OR k.first_answer_at > k.solved_at)"
        ),
        "open" => each!(tx, "k.open = 1 AND k.needs_answer = 1"),
        "late" => each!(tx, "k.open = 1 AND k.needs_answer = 1 AND k.due_at < CAST($4 AS BIGINT)"),
        "soon" => each!(tx, concat!("k.open = 1 AND k.needs_answer = 1 AND ", soon!())),
        "posted" => each!(tx, posted!("")),
        "found_late" => each!(tx, posted!("JOIN swept w ON w.mention_id = m.id ")),
        "bulk" => each!(tx, was_given!(by_many!())),
        "holding" => each!(tx, was_given!(by_holding!())),
        "substantive" => each!(tx, substantive!()),
        "front_office" => each!(tx, ended!("<> 'not_theirs'")),
        "unregistered" => each!(tx, ended!("= 'webcare_unregistered'")),
        "recommended" => each!(tx, recommended!()),
        _ => return None,
    })
}

/// Counts the answers due in the period that were given so: in time, and not.
macro_rules! given {
    ($tx:expr, $so:expr) => {
        of_brands!(
            $tx,
            concat!(
                "SELECT CAST(COALESCE(SUM(1 - w.late), 0) AS BIGINT), CAST(COALESCE(SUM(w.late), 0) AS BIGINT) FROM (
                    SELECT CASE WHEN EXISTS (SELECT 1 FROM clock_event e WHERE e.case_id = o.case_id
                        AND e.wait = o.wait AND e.stage = 100 AND e.annulled_at IS NULL)
                        OR o.state = 'broken' THEN 1 ELSE 0 END AS late
                    FROM obligation o JOIN cases k ON k.id = o.case_id
                    WHERE o.state IN ('kept', 'broken') AND k.sample = 0 AND k.historic = 0 AND ",
                due_response!(),
                " AND ",
                $so,
                " AND"
            ),
            ") w"
        )
    };
}

/// Answers due in the period that holding words gave: in time, and not.
pub async fn holding(tx: &mut Tx, of: Span<'_>) -> Result<(i64, i64), StoreError> {
    let sql = given!(tx, by_holding!());
    given(tx, of, sql, "counting holding words").await
}

/// The same of answers to many.
pub async fn many(tx: &mut Tx, of: Span<'_>) -> Result<(i64, i64), StoreError> {
    let sql = given!(tx, by_many!());
    given(tx, of, sql, "counting answers to many").await
}

async fn given(
    tx: &mut Tx,
    of: Span<'_>,
    sql: &'static str,
    what: &'static str,
) -> Result<(i64, i64), StoreError> {
    let text = json(what, of.brands)?;
    query(sql).bind(text).bind(of.from.millis()).bind(of.to.millis()).one(tx).await.during(what)
}

/// The cases of one of [`WHATS`], by brand and short number, at most `limit`; none for what is not known.
pub async fn cases(
    tx: &mut Tx,
    of: Span<'_>,
    what: &str,
    limit: i64,
) -> Result<Vec<(String, i64)>, StoreError> {
    cases_of(tx, of, what, ("total", ""), (None, limit)).await
}

/// The same in one group of a dimension; behind one by both, from the first on without.
pub async fn cases_of(
    tx: &mut Tx,
    of: Span<'_>,
    what: &str,
    by: (&str, &str),
    (behind, limit): (Option<(&str, i64)>, i64),
) -> Result<Vec<(String, i64)>, StoreError> {
    let (name, number) = behind.unwrap_or_default();
    let doing = "reading the cases of a figure";
    let Some((sql, ..)) = sql(tx, what) else { return Ok(Vec::new()) };
    let text = json(doing, of.brands)?;
    asked!(sql, text, of)
        .bind(by.0)
        .bind(by.1)
        .bind(limit)
        .bind(name)
        .bind(number)
        .all(tx)
        .await
        .during(doing)
}

/// How many there are.
pub async fn count(tx: &mut Tx, of: Span<'_>, what: &str) -> Result<i64, StoreError> {
    let doing = "counting the cases of a figure";
    let Some((_, sql, _)) = sql(tx, what) else { return Ok(0) };
    let text = json(doing, of.brands)?;
    let (n,): (i64,) = asked!(sql, text, of).one(tx).await.during(doing)?;
    Ok(n)
}

/// How many there are in each of the smallest groups, as its first number.
pub async fn apart_of(tx: &mut Tx, of: Span<'_>, what: &str) -> Result<Vec<SmallRow>, StoreError> {
    let doing = "counting the cases of a figure by group";
    let Some((_, _, sql)) = sql(tx, what) else { return Ok(Vec::new()) };
    let text = json(doing, of.brands)?;
    asked!(sql, text, of).all(tx).await.during(doing)
}

row! {
    /// What is open in one group.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct OpenRow {
        /// The group.
        pub name: String,
        /// Open cases that need an answer.
        pub open_now: i64,
        /// Of these, late.
        pub late: i64,
        /// Of these, in the last fifth of their time.
        pub soon: i64,
    }
}

/// What is open now and needs an answer, in the groups of a dimension.
pub async fn open_by(tx: &mut Tx, of: Span<'_>, by: &str) -> Result<Vec<OpenRow>, StoreError> {
    let what = "counting what is open";
    let sql = of_brands!(
        tx,
        concat!(
            "SELECT w.name, COUNT(*) AS open_now, CAST(SUM(w.late) AS BIGINT) AS late, CAST(SUM(w.soon) AS BIGINT) AS soon
             FROM (SELECT ",
            group!(),
            " AS name, CASE WHEN k.due_at < CAST($4 AS BIGINT) THEN 1 ELSE 0 END AS late, CASE WHEN ",
            soon!(),
            " THEN 1 ELSE 0 END AS soon FROM cases k
             WHERE CAST($2 AS BIGINT) <= CAST($3 AS BIGINT) AND k.open = 1 AND k.needs_answer = 1 AND k.sample = 0
               AND k.historic = 0 AND"
        ),
        ") w GROUP BY w.name ORDER BY w.name"
    );
    let text = json(what, of.brands)?;
    asked!(sql, text, of).bind(by).all(tx).await.during(what)
}

//! Watching the sources: which posts are known, how many each source brings in an hour, what was told of
//! those that are deaf, and how much of what came in was seen in its turn.

use super::each::each_json;
use super::query::{Query, query};
use super::script::Script;
use super::{During, StoreError, Tx, bulk, json, list, row};
use crate::domain::ids::MentionId;
use crate::domain::silence::LATE;
use crate::domain::time::{Span, Timestamp};

/// A post's identity: platform, authority, the platform's id.
pub type Identity = (String, String, String);

/// Which of these posts were taken in, as mentions, as our own, or as what stands around one.
pub async fn known(tx: &mut Tx, posts: &[Identity]) -> Result<Vec<Identity>, StoreError> {
    let what = "asking which posts are known";
    let sql = list!(
        tx,
        "SELECT j.value->>0, j.value->>1, j.value->>2 FROM",
        "WHERE EXISTS (SELECT 1 FROM mention m WHERE m.external_id = j.value->>2
                AND m.platform = j.value->>0 AND m.authority = j.value->>1)
            OR EXISTS (SELECT 1 FROM own_post o WHERE o.external_id = j.value->>2
                AND o.platform = j.value->>0 AND o.authority = j.value->>1)
            OR EXISTS (SELECT 1 FROM thread_post t WHERE t.external_id = j.value->>2
                AND t.platform = j.value->>0 AND t.authority = j.value->>1)"
    );
    let text = json(what, posts)?;
    query(sql).bind(text).all(tx).await.during(what)
}

/// Adds the statement that writes which mentions only a second reading found: mention, source, when.
pub fn add_swept(script: &mut Script, swept: &[(String, String, i64)]) -> Result<(), StoreError> {
    let sql = list!(
        script,
        "INSERT INTO swept (mention_id, source, at)
         SELECT j.value->>0, j.value->>1, CAST(j.value->>2 AS BIGINT) FROM",
        "WHERE true"
    );
    script.add("writing what was found late", sql, swept)
}

/// The first hour that is still to be counted, by its number since 1970: behind the last that was, or the one
/// after the first source began to count. `None` while there is no source.
pub async fn to_be_counted(tx: &mut Tx) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT COALESCE((SELECT MAX(hour) + 1 FROM source_hour),
            (SELECT MIN(counts_from) / $1 + 1 FROM source WHERE removed_at IS NULL))";
    query(sql).bind(Span::hours(1).millis()).one(tx).await.during("reading which hours were counted")
}

/// Counts the mentions that each source brought in an hour, and writes a row for every source that counted
/// then.
pub async fn count_hour(tx: &mut Tx, hour: i64) -> Result<(), StoreError> {
    // Ids rise with the time at which they were made.
    let id = |hour: i64| MentionId::new(Timestamp(hour * Span::hours(1).millis()), [0; 10]).to_string();
    let sql = "INSERT INTO source_hour (source, hour, n)
         SELECT s.name, $1, (SELECT COUNT(*) FROM mention m WHERE m.id >= $2 AND m.id < $3 AND m.source = s.name
            AND m.sample = 0)
         FROM source s WHERE s.removed_at IS NULL AND s.counts_from <= $4
         ON CONFLICT (source, hour) DO UPDATE SET n = excluded.n";
    let (from, to, begin) = (id(hour), id(hour + 1), hour * Span::hours(1).millis());
    query(sql).bind(hour).bind(from).bind(to).bind(begin).run(tx).await.map(|_| ()).during("counting an hour")
}

/// The counts of all sources from an hour on: source, hour, how many.
pub async fn hours(tx: &mut Tx, from: i64) -> Result<Vec<(String, i64, i64)>, StoreError> {
    let sql = "SELECT source, hour, n FROM source_hour WHERE hour >= $1 ORDER BY source, hour";
    query(sql).bind(from).all(tx).await.during("reading what sources bring")
}

/// Forgets the counts of hours before one.
pub async fn forget_hours(tx: &mut Tx, before: i64) -> Result<(), StoreError> {
    let sql = "DELETE FROM source_hour WHERE hour < $1";
    query(sql).bind(before).run(tx).await.map(|_| ()).during("forgetting hours")
}

row! {
    /// What leads were told of a source.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct AlarmRow {
        /// The source.
        pub source: String,
        /// How it is deaf.
        pub kind: String,
        /// Since when.
        pub since: i64,
        /// When that was told.
        pub told_at: i64,
    }
}

/// What stands as told.
pub async fn alarms(tx: &mut Tx) -> Result<Vec<AlarmRow>, StoreError> {
    let sql = "SELECT source, kind, since, told_at FROM source_alarm ORDER BY source";
    query(sql).all(tx).await.during("reading what was told of sources")
}

/// Writes what is told now.
pub async fn put_alarms(tx: &mut Tx, alarms: &[AlarmRow]) -> Result<(), StoreError> {
    let sql = list!(
        tx,
        "INSERT INTO source_alarm (source, kind, since, told_at)
         SELECT j.value->>0, j.value->>1, CAST(j.value->>2 AS BIGINT), CAST(j.value->>3 AS BIGINT) FROM",
        "WHERE true ON CONFLICT (source) DO UPDATE SET kind = excluded.kind, since = excluded.since,
            told_at = excluded.told_at"
    );
    let rows: Vec<_> = alarms.iter().map(|a| (&a.source, &a.kind, a.since, a.told_at)).collect();
    bulk::run(tx, "writing what is told of sources", sql, &rows).await
}

/// Forgets what was told of sources that hear again.
pub async fn drop_alarms(tx: &mut Tx, sources: &[(String,)]) -> Result<(), StoreError> {
    let sql = list!(tx, "DELETE FROM source_alarm WHERE source IN (SELECT j.value->>0 FROM", ")");
    bulk::run(tx, "forgetting what was told of sources", sql, sources).await
}

/// What a source missed while it was deaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed {
    /// What was posted from here
    pub from: Timestamp,
    /// up to here, when it heard again,
    pub until: Timestamp,
    /// and was taken in from here on;
    pub taken_from: Timestamp,
    /// or was taken in from here on, and came in so late as nothing does that is heard.
    pub late_from: Timestamp,
}

impl Missed {
    /// What came in after an instant has an id of after it.
    fn first_id(&self) -> String {
        MentionId::new(self.taken_from.min(self.late_from), [0; 10]).to_string()
    }

    /// A statement with the values that `was_missed!` wants, `$1` to `$7`.
    fn asked<'s>(self, sql: &'static str, source: &'s str) -> Query<'s> {
        query(sql)
            .bind(source)
            .bind(self.from.millis())
            .bind(self.first_id())
            .bind(self.until.millis())
            .bind(self.taken_from.millis())
            .bind(self.late_from.millis())
            .bind(LATE.millis())
    }
}

/// What is so of a mention that was missed, as [`Missed`] says.
macro_rules! was_missed {
    () => {
        "m.source = $1 AND m.posted_at >= $2 AND m.id >= $3 AND m.sample = 0 AND m.historic = 0
            AND ((m.posted_at <= $4 AND m.received_at >= $5)
                OR (m.received_at >= $6 AND m.received_at - m.posted_at >= $7))"
    };
}

/// How many mentions of a source were posted in a time and came in late enough to have been missed by people:
/// how many in all, and of how many the first answer was past its deadline when they came in.
pub async fn caught_up(tx: &mut Tx, source: &str, missed: Missed) -> Result<(i64, i64), StoreError> {
    let sql = concat!(
        "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN EXISTS (SELECT 1 FROM judgement g
                JOIN obligation o ON o.case_id = g.case_id AND o.kind IN ('first_response', 'next_response')
                WHERE g.mention_id = m.id AND o.due_at <= m.received_at AND o.started_at <= m.posted_at)
            THEN 1 ELSE 0 END), 0) AS BIGINT)
         FROM mention m WHERE ",
        was_missed!()
    );
    missed.asked(sql, source).one(tx).await.during("counting what was caught up on")
}

/// The same by brand: brand, how many posts, of how many the first answer was past its deadline. A post about two
/// brands counts for both.
pub async fn caught_up_by_brand(
    tx: &mut Tx,
    source: &str,
    missed: Missed,
) -> Result<Vec<(String, i64, i64)>, StoreError> {
    let sql = concat!(
        "SELECT g.brand_id, COUNT(*), CAST(COALESCE(SUM(CASE WHEN EXISTS (SELECT 1 FROM obligation o
                WHERE o.case_id = g.case_id AND o.kind IN ('first_response', 'next_response')
                    AND o.due_at <= m.received_at AND o.started_at <= m.posted_at)
            THEN 1 ELSE 0 END), 0) AS BIGINT)
         FROM mention m JOIN judgement g ON g.mention_id = m.id AND g.revision = m.revision WHERE ",
        was_missed!(),
        " GROUP BY g.brand_id ORDER BY g.brand_id"
    );
    missed.asked(sql, source).all(tx).await.during("counting what was caught up on by brand")
}

/// The open cases of what was caught up on with their brands, those that are due first before others.
pub async fn caught_up_cases(
    tx: &mut Tx,
    source: &str,
    missed: Missed,
    limit: i64,
) -> Result<Vec<(String, String)>, StoreError> {
    let sql = concat!(
        "SELECT k.id, k.brand_id FROM cases k WHERE k.open = 1 AND k.needs_answer = 1 AND k.id IN (
            SELECT g.case_id FROM mention m JOIN judgement g ON g.mention_id = m.id AND g.revision = m.revision
            WHERE ",
        was_missed!(),
        ") ORDER BY k.level, k.due_at, k.id LIMIT $8"
    );
    missed.asked(sql, source).bind(limit).all(tx).await.during("reading what was caught up on")
}

/// When the first and the last mention of a source came in, from `taken_from` on, that was posted from `from` on and
/// took at least [`LATE`].
pub async fn came_late(
    tx: &mut Tx,
    source: &str,
    from: Timestamp,
    taken_from: Timestamp,
) -> Result<Option<(Timestamp, Timestamp)>, StoreError> {
    let sql = "SELECT MIN(m.received_at), MAX(m.received_at) FROM mention m WHERE m.source = $1 AND m.posted_at >= $2
            AND m.id >= $3 AND m.received_at >= $4 AND m.received_at - m.posted_at >= $5 AND m.sample = 0";
    let first = MentionId::new(taken_from, [0; 10]).to_string();
    let (first, last): (Option<i64>, Option<i64>) = query(sql)
        .bind(source)
        .bind(from.millis())
        .bind(first)
        .bind(taken_from.millis())
        .bind(LATE.millis())
        .one(tx)
        .await
        .during("reading whether a source still catches up")?;
    Ok(first.zip(last).map(|(first, last)| (Timestamp(first), Timestamp(last))))
}

row! {
    /// An open case that a source brought from before it began to count.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct BeforeRow {
        /// The source.
        pub source: String,
        /// The brand.
        pub brand_id: String,
        /// The case.
        pub id: String,
        /// Its short number.
        pub number: i64,
        /// Its level.
        pub level: i64,
        /// How many there are of this source and brand in all.
        pub n: i64,
    }
}

/// The open cases of brands that sources brought from before they began to count and that need an answer: of each source and
/// brand the most urgent first, at most `limit`.
pub async fn from_before(
    tx: &mut Tx,
    brands: &[String],
    sources: &[String],
    limit: i64,
) -> Result<Vec<BeforeRow>, StoreError> {
    let what = "reading what was open before sources counted";
    // No other index of open cases fits what this says of an answer.
    macro_rules! sql {
        ($one:literal, $two:literal) => {
            concat!(
                "SELECT source, brand_id, id, number, level, n FROM (
                    SELECT source, brand_id, id, number, level, COUNT(*) OVER (PARTITION BY source, brand_id) AS n,
                        ROW_NUMBER() OVER (PARTITION BY source, brand_id ORDER BY level, id) AS nth
                    FROM (SELECT DISTINCT m.source, k.brand_id, k.id, k.number, k.level FROM cases k
                        JOIN judgement g ON g.brand_id = k.brand_id AND g.case_id = k.id
                        JOIN mention m ON m.id = g.mention_id
                        WHERE k.open = 1 AND k.historic = 1 AND k.needs_answer + 0 = 1 AND k.sample = 0
                            AND k.brand_id IN (SELECT ",
                $one,
                ") AND m.source IN (SELECT ",
                $two,
                ")) AS f) AS o WHERE nth <= $3 ORDER BY source, brand_id, nth"
            )
        };
    }
    let sql = tx.pick(
        sql!("value FROM json_each($1)", "value FROM json_each($2)"),
        sql!("jsonb_array_elements_text($1::jsonb)", "jsonb_array_elements_text($2::jsonb)"),
    );
    let (brands, sources) = (json(what, brands)?, json(what, sources)?);
    query(sql).bind(brands).bind(sources).bind(limit).all(tx).await.during(what)
}

/// Whether a source brought something of before it counts, from an instant on.
pub async fn history_came(tx: &mut Tx, source: &str, since: Timestamp) -> Result<bool, StoreError> {
    let sql = "SELECT COUNT(*) FROM mention m WHERE m.id >= $1 AND m.source = $2 AND m.historic = 1";
    let first = MentionId::new(since, [0; 10]).to_string();
    let (n,): (i64,) = query(sql)
        .bind(first)
        .bind(source)
        .one(tx)
        .await
        .during("reading whether a source still brings what is old")?;
    Ok(n > 0)
}

/// Notes that these sources were deaf because nobody listened: they were well when they were last heard from,
/// and that is longer ago than `after`.
pub async fn note_downtime(
    tx: &mut Tx,
    sources: &[String],
    now: Timestamp,
    after: Span,
) -> Result<(), StoreError> {
    let what = "noting which sources nobody listened to";
    let sql = list!(
        tx,
        "INSERT INTO source_alarm (source, kind, since, told_at)
         SELECT s.name, 'down', s.last_heard_at, $2 FROM source s
         WHERE s.removed_at IS NULL AND s.state = 'connected' AND s.last_heard_at < $3
            AND s.name IN (SELECT j.value->>0 FROM",
        ") ON CONFLICT (source) DO NOTHING"
    );
    let (text, before) = (each_json(what, sources)?, now.minus(after).millis());
    query(sql).bind(text).bind(now.millis()).bind(before).run(tx).await.map(|_| ()).during(what)
}

row! {
    /// How much of what a source brought was seen in its turn.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct CaptureRow {
        /// The source.
        pub source: String,
        /// Mentions of the period.
        pub mentions: i64,
        /// Of these, how many only a second reading found.
        pub late: i64,
        /// 1 if something reads the source a second time.
        pub swept: i64,
    }
}

/// The mentions of a period by source, and how many of them the looks had passed over; `brands` by id, none
/// means all.
pub async fn capture(
    tx: &mut Tx,
    brands: &[String],
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<CaptureRow>, StoreError> {
    let what = "counting what was seen in its turn";
    let sql = tx.pick(
        "SELECT m.source, COUNT(*) AS mentions, COUNT(w.mention_id) AS late,
            CAST(CASE WHEN EXISTS (SELECT 1 FROM source_cursor c WHERE c.source = m.source AND c.stream = '~swept')
                OR COUNT(w.mention_id) > 0 THEN 1 ELSE 0 END AS BIGINT) AS swept
         FROM mention m LEFT JOIN swept w ON w.mention_id = m.id
         WHERE m.posted_at >= $2 AND m.posted_at < $3 AND m.sample = 0 AND m.historic = 0
            AND EXISTS (SELECT 1 FROM judgement g WHERE g.mention_id = m.id
                AND ($1 = '[]' OR g.brand_id IN (SELECT value FROM json_each($1))))
         GROUP BY m.source ORDER BY m.source",
        "SELECT m.source, COUNT(*) AS mentions, COUNT(w.mention_id) AS late,
            CAST(CASE WHEN EXISTS (SELECT 1 FROM source_cursor c WHERE c.source = m.source AND c.stream = '~swept')
                OR COUNT(w.mention_id) > 0 THEN 1 ELSE 0 END AS BIGINT) AS swept
         FROM mention m LEFT JOIN swept w ON w.mention_id = m.id
         WHERE m.posted_at >= $2 AND m.posted_at < $3 AND m.sample = 0 AND m.historic = 0
            AND EXISTS (SELECT 1 FROM judgement g WHERE g.mention_id = m.id
                AND ($1 = '[]' OR g.brand_id IN (SELECT jsonb_array_elements_text($1::jsonb))))
         GROUP BY m.source ORDER BY m.source",
    );
    let text = json(what, brands)?;
    query(sql).bind(text).bind(from.millis()).bind(to.millis()).all(tx).await.during(what)
}

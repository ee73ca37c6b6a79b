//! Incidents: what many write about at once, with its cases, its events, and the words for many. Words stand in
//! `content`: the title under `ID/title`, a line under `ID/text`.

use super::each::each_json;
use super::query::query;
use super::{During, StoreError, Tx, json, list, row};
use crate::domain::time::Timestamp;

pub use super::many::*;

row! {
    /// An incident as stored.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct IncidentRow {
        /// Id.
        pub id: String,
        /// The brand.
        pub brand_id: String,
        /// Its short number.
        pub number: i64,
        /// `rise` or `person`.
        pub origin: String,
        /// What it is about where a rise found it: `intent:outage`, `sector:repair`.
        pub topic: String,
        /// In which language, where a rise found it.
        pub language: String,
        /// 1 while it runs.
        pub open: i64,
        /// When it began.
        pub opened_at: i64,
        /// Who opened it; none where a rise did.
        pub opened_by: Option<String>,
        /// What was usual in the hour.
        pub expected: i64,
        /// The most that came in one.
        pub most: i64,
        /// Since when the rise has been calm.
        pub calm_since: Option<i64>,
        /// When it was over.
        pub ended_at: Option<i64>,
        /// Who ended it; none where the rise was over.
        pub ended_by: Option<String>,
        /// Counts up with every event.
        pub version: i64,
    }
}

impl IncidentRow {
    /// The content that holds its title.
    pub fn title_id(&self) -> String {
        format!("{}/title", self.id)
    }
}

row! {
    /// One event of an incident. `body` holds ids, never words.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct IncidentEventRow {
        /// The version it had after it.
        pub seq: i64,
        /// When.
        pub at: i64,
        /// What.
        pub kind: String,
        /// Who; none for the rise itself.
        pub who: Option<String>,
        /// More, a JSON object.
        pub body: String,
    }
}

row! {
    /// A case of an incident, as who reviews it needs it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct MemberRow {
        /// The case.
        pub case_id: String,
        /// Its number.
        pub number: i64,
        /// Its version.
        pub version: i64,
        /// 1 to 5.
        pub level: i64,
        /// Its language.
        pub language: String,
        /// Its platform.
        pub platform: String,
        /// Its state.
        pub state: String,
        /// Whether that is open.
        pub open: i64,
        /// The next deadline of an answer that is owed.
        pub due_at: Option<i64>,
        /// When it was first answered.
        pub first_answer_at: Option<i64>,
        /// Whether it needs a private channel.
        pub needs_private: i64,
        /// Whether anything in it needs an answer.
        pub needs_answer: i64,
        /// Who has it.
        pub claimed_by: Option<String>,
        /// Until when.
        pub claimed_until: Option<i64>,
        /// The state of the last answer to many: `answer`.
        pub told: Option<String>,
        /// The same of `solved`.
        pub told_solved: Option<String>,
        /// Whether the rise added it.
        pub by_rise: i64,
    }
}

/// Writes an incident, a new one or as it is now. A rise that runs already is not written twice: `false`.
pub async fn put(tx: &mut Tx, i: &IncidentRow) -> Result<bool, StoreError> {
    let sql = "INSERT INTO incident (id, brand_id, number, origin, topic, language, open, opened_at, opened_by, expected,
            most, calm_since, ended_at, ended_by, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         ON CONFLICT (id) DO UPDATE SET open = excluded.open, expected = excluded.expected, most = excluded.most,
            calm_since = excluded.calm_since, ended_at = excluded.ended_at, ended_by = excluded.ended_by,
            version = excluded.version";
    let put = query(sql)
        .bind(&i.id)
        .bind(&i.brand_id)
        .bind(i.number)
        .bind(&i.origin)
        .bind(&i.topic)
        .bind(&i.language)
        .bind(i.open)
        .bind(i.opened_at)
        .bind(&i.opened_by)
        .bind(i.expected)
        .bind(i.most)
        .bind(i.calm_since)
        .bind(i.ended_at)
        .bind(&i.ended_by)
        .bind(i.version)
        .run(tx)
        .await
        .during("writing an incident")?;
    Ok(put > 0)
}

/// The number that the next incident of a brand gets.
pub async fn next_number(tx: &mut Tx, brand_id: &str) -> Result<i64, StoreError> {
    let sql = "SELECT COALESCE(MAX(number), 0) + 1 FROM incident WHERE brand_id = $1";
    let (n,): (i64,) = query(sql).bind(brand_id).one(tx).await.during("numbering an incident")?;
    Ok(n)
}

/// An incident by id, locked for what is to be done with it.
pub async fn get(tx: &mut Tx, brand_id: &str, id: &str) -> Result<Option<IncidentRow>, StoreError> {
    let sql = tx.pick(
        "SELECT * FROM incident WHERE brand_id = $1 AND id = $2",
        "SELECT * FROM incident WHERE brand_id = $1 AND id = $2 FOR UPDATE",
    );
    query(sql).bind(brand_id).bind(id).maybe(tx).await.during("reading an incident")
}

/// An incident by id, for reading only.
pub async fn look(tx: &mut Tx, brand_id: &str, id: &str) -> Result<Option<IncidentRow>, StoreError> {
    let sql = "SELECT * FROM incident WHERE brand_id = $1 AND id = $2";
    query(sql).bind(brand_id).bind(id).maybe(tx).await.during("reading an incident")
}

/// The id of an incident by its number.
pub async fn by_number(tx: &mut Tx, brand_id: &str, number: i64) -> Result<Option<String>, StoreError> {
    let sql = "SELECT id FROM incident WHERE brand_id = $1 AND number = $2";
    let found: Option<(String,)> =
        query(sql).bind(brand_id).bind(number).maybe(tx).await.during("reading an incident by number")?;
    Ok(found.map(|f| f.0))
}

/// The rises that run, of all brands.
pub async fn rising(tx: &mut Tx) -> Result<Vec<IncidentRow>, StoreError> {
    // Written back afterwards: nobody changes them in between.
    let sql = tx.pick(
        "SELECT * FROM incident WHERE open = 1 AND origin = 'rise' ORDER BY id",
        "SELECT * FROM incident WHERE open = 1 AND origin = 'rise' ORDER BY id FOR UPDATE",
    );
    query(sql).all(tx).await.during("reading rises")
}

/// When the last rise of a kind was over.
pub async fn last_end(
    tx: &mut Tx,
    (brand_id, topic, language): (&str, &str, &str),
) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT MAX(ended_at) FROM incident WHERE brand_id = $1 AND topic = $2 AND language = $3
         AND origin = 'rise'";
    let (at,): (Option<i64>,) = query(sql)
        .bind(brand_id)
        .bind(topic)
        .bind(language)
        .one(tx)
        .await
        .during("reading when a rise was over")?;
    Ok(at.map(Timestamp))
}

/// The incidents of a brand, those that run first and then the latest.
pub async fn of_brand(tx: &mut Tx, brand_id: &str, limit: i64) -> Result<Vec<IncidentRow>, StoreError> {
    listed(tx, (brand_id, None), None, limit).await
}

/// The same of those alone that run, or of those that are over; behind one by whether it runs, when it began, and its id.
pub async fn listed(
    tx: &mut Tx,
    (brand_id, open): (&str, Option<bool>),
    behind: Option<(i64, i64, &str)>,
    limit: i64,
) -> Result<Vec<IncidentRow>, StoreError> {
    let sql = "SELECT * FROM incident WHERE brand_id = $1 AND ($2 < 0 OR open = $2)
            AND (open, opened_at, id) < ($4, $5, $6)
         ORDER BY open DESC, opened_at DESC, id DESC LIMIT $3";
    let (runs, opened_at, id) = behind.unwrap_or((i64::MAX, i64::MAX, ""));
    query(sql)
        .bind(brand_id)
        .bind(open.map_or(-1, i64::from))
        .bind(limit)
        .bind(runs)
        .bind(opened_at)
        .bind(id)
        .all(tx)
        .await
        .during("reading incidents")
}

/// How many incidents some brands have; of those alone that run, or of those that are over.
pub async fn count(tx: &mut Tx, (brands, open): (&[String], Option<bool>)) -> Result<usize, StoreError> {
    let what = "counting incidents";
    let sql = tx.pick(
        "SELECT COUNT(*) FROM incident
         WHERE brand_id IN (SELECT value FROM json_each($1)) AND ($2 < 0 OR open = $2)",
        "SELECT COUNT(*) FROM incident
         WHERE brand_id IN (SELECT jsonb_array_elements_text($1::jsonb)) AND ($2 < 0 OR open = $2)",
    );
    let runs = open.map_or(-1, i64::from);
    let (n,): (i64,) = query(sql).bind(json(what, brands)?).bind(runs).one(tx).await.during(what)?;
    Ok(usize::try_from(n).unwrap_or(0))
}

/// The incidents of some brands in one list, those that run first and then the latest: so many from a place on, behind one by
/// whether it runs, when it began, and its id.
pub async fn part(
    tx: &mut Tx,
    (brands, open): (&[String], Option<bool>),
    behind: Option<(i64, i64, &str)>,
    (limit, from): (i64, usize),
) -> Result<Vec<IncidentRow>, StoreError> {
    let what = "reading a page of incidents";
    let sql = tx.pick(
        "SELECT * FROM incident
         WHERE brand_id IN (SELECT value FROM json_each($1)) AND ($2 < 0 OR open = $2)
            AND (open, opened_at, id) < ($5, $6, $7)
         ORDER BY open DESC, opened_at DESC, id DESC LIMIT $3 OFFSET $4",
        "SELECT * FROM incident
         WHERE brand_id IN (SELECT jsonb_array_elements_text($1::jsonb)) AND ($2 < 0 OR open = $2)
            AND (open, opened_at, id) < ($5, $6, $7)
         ORDER BY open DESC, opened_at DESC, id DESC LIMIT $3 OFFSET $4",
    );
    let (runs, opened_at, id) = behind.unwrap_or((i64::MAX, i64::MAX, ""));
    query(sql)
        .bind(json(what, brands)?)
        .bind(open.map_or(-1, i64::from))
        .bind(limit)
        .bind(i64::try_from(from).unwrap_or(i64::MAX))
        .bind(runs)
        .bind(opened_at)
        .bind(id)
        .all(tx)
        .await
        .during(what)
}

/// Incidents with how many cases each has, and how many of these still wait for an answer.
pub async fn counted(
    tx: &mut Tx,
    rows: Vec<IncidentRow>,
) -> Result<Vec<(IncidentRow, i64, i64)>, StoreError> {
    let what = "counting the cases of incidents";
    let sql = "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN k.open = 1 AND k.due_at IS NOT NULL THEN 1 ELSE 0 END), 0)
            AS BIGINT)
         FROM incident_case i JOIN cases k ON k.id = i.case_id WHERE i.incident_id = $1 AND i.brand_id = $2";
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let (cases, waiting): (i64, i64) =
            query(sql).bind(&row.id).bind(&row.brand_id).one(tx).await.during(what)?;
        found.push((row, cases, waiting));
    }
    Ok(found)
}

/// Notes an event; the version of the row is the one after it.
pub async fn note(
    tx: &mut Tx,
    row: &IncidentRow,
    now: Timestamp,
    kind: &str,
    who: Option<&str>,
    body: &str,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO incident_event (incident_id, seq, brand_id, at, kind, who, body)
         VALUES ($1, $2, $3, $4, $5, $6, $7)";
    query(sql)
        .bind(&row.id)
        .bind(row.version)
        .bind(&row.brand_id)
        .bind(now.millis())
        .bind(kind)
        .bind(who)
        .bind(body)
        .run(tx)
        .await
        .map(|_| ())
        .during("noting an event of an incident")
}

/// What happened to an incident, latest first.
pub async fn events(
    tx: &mut Tx,
    brand_id: &str,
    id: &str,
    limit: i64,
) -> Result<Vec<IncidentEventRow>, StoreError> {
    let sql = "SELECT seq, at, kind, who, body FROM incident_event WHERE incident_id = $2 AND brand_id = $1
         ORDER BY seq DESC LIMIT $3";
    query(sql)
        .bind(brand_id)
        .bind(id)
        .bind(limit)
        .all(tx)
        .await
        .during("reading what happened to an incident")
}

/// Adds a case; `false` if it belongs to one that is open already.
pub async fn add(
    tx: &mut Tx,
    row: &IncidentRow,
    case_id: &str,
    by: Option<&str>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    // Without a named target every unique index counts, and the rule of one open incident among them.
    let sql = "INSERT INTO incident_case (incident_id, case_id, brand_id, added_at, added_by, open)
         VALUES ($1, $2, $3, $4, $5, 1) ON CONFLICT DO NOTHING";
    let put = query(sql)
        .bind(&row.id)
        .bind(case_id)
        .bind(&row.brand_id)
        .bind(now.millis())
        .bind(by)
        .run(tx)
        .await
        .during("adding a case to an incident")?;
    Ok(put > 0)
}

/// Takes a case out of its open incident; `false` if it was in none of this id.
pub async fn remove(tx: &mut Tx, brand_id: &str, id: &str, case_id: &str) -> Result<bool, StoreError> {
    let sql =
        "DELETE FROM incident_case WHERE incident_id = $2 AND case_id = $3 AND brand_id = $1 AND open = 1";
    let gone = query(sql)
        .bind(brand_id)
        .bind(id)
        .bind(case_id)
        .run(tx)
        .await
        .during("taking a case out of an incident")?;
    Ok(gone > 0)
}

/// Its cases belong to no open incident any more.
pub async fn let_go(tx: &mut Tx, brand_id: &str, id: &str) -> Result<(), StoreError> {
    let sql = "UPDATE incident_case SET open = 0 WHERE incident_id = $2 AND brand_id = $1";
    query(sql).bind(brand_id).bind(id).run(tx).await.map(|_| ()).during("letting cases of an incident go")
}

/// The incidents of a case, the open one first: id, number, open.
pub async fn of_case(
    tx: &mut Tx,
    brand_id: &str,
    case_id: &str,
) -> Result<Vec<(String, i64, i64)>, StoreError> {
    let sql = "SELECT i.id, i.number, c.open FROM incident_case c JOIN incident i ON i.id = c.incident_id
         WHERE c.brand_id = $1 AND c.case_id = $2 ORDER BY c.open DESC, i.number DESC";
    query(sql).bind(brand_id).bind(case_id).all(tx).await.during("reading the incidents of a case")
}

/// The open incidents of a brand, to choose from: id, number.
pub async fn open_of(tx: &mut Tx, brand_id: &str) -> Result<Vec<(String, i64)>, StoreError> {
    let sql =
        "SELECT id, number FROM incident WHERE brand_id = $1 AND open = 1 ORDER BY number DESC LIMIT 50";
    query(sql).bind(brand_id).all(tx).await.during("reading open incidents")
}

/// The cases of an incident: what still waits first, by level and deadline, then those who may still hear that it is
/// solved, so that however many were told make room for them.
pub async fn members(
    tx: &mut Tx,
    brand_id: &str,
    id: &str,
    limit: i64,
) -> Result<Vec<MemberRow>, StoreError> {
    let sql = "SELECT k.id AS case_id, k.number, k.version, k.level, k.language, k.platform, k.state, k.open, k.due_at,
            k.first_answer_at, k.needs_private, k.needs_answer, k.claimed_by, k.claimed_until,
            (SELECT a.state FROM incident_sent s JOIN action a ON a.id = s.action_id
                WHERE s.incident_id = i.incident_id AND s.case_id = k.id AND s.purpose = 'answer'
                ORDER BY s.made_at DESC, a.id DESC LIMIT 1) AS told,
            (SELECT a.state FROM incident_sent s JOIN action a ON a.id = s.action_id
                WHERE s.incident_id = i.incident_id AND s.case_id = k.id AND s.purpose = 'solved'
                ORDER BY s.made_at DESC, a.id DESC LIMIT 1) AS told_solved,
            CAST(CASE WHEN i.added_by IS NULL THEN 1 ELSE 0 END AS BIGINT) AS by_rise
         FROM incident_case i JOIN cases k ON k.id = i.case_id AND k.brand_id = i.brand_id
         WHERE i.incident_id = $2 AND i.brand_id = $1
         ORDER BY CASE WHEN k.open = 1 AND k.due_at IS NOT NULL THEN 0
            WHEN EXISTS (SELECT 1 FROM incident_sent s JOIN action a ON a.id = s.action_id
                WHERE s.incident_id = i.incident_id AND s.case_id = k.id AND s.purpose = 'solved'
                    AND a.state NOT IN ('cancelled', 'refused')) THEN 2
            WHEN k.open = 1 THEN 1
            WHEN k.state <> 'dismissed' AND EXISTS (SELECT 1 FROM incident_sent s JOIN action a ON a.id = s.action_id
                WHERE s.incident_id = i.incident_id AND s.case_id = k.id AND s.purpose = 'answer'
                    AND a.state = 'done') THEN 1
            ELSE 2 END, k.level, k.due_at, k.id LIMIT $3";
    query(sql).bind(brand_id).bind(id).bind(limit).all(tx).await.during("reading the cases of an incident")
}

/// How many cases an incident has, how many wait for an answer, how many were told by an answer to many.
pub async fn counts(tx: &mut Tx, brand_id: &str, id: &str) -> Result<(i64, i64, i64), StoreError> {
    let sql = "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN k.open = 1 AND k.due_at IS NOT NULL THEN 1 ELSE 0 END), 0)
            AS BIGINT), CAST(COALESCE(SUM(CASE WHEN EXISTS (SELECT 1 FROM incident_sent s JOIN action a ON a.id = s.action_id
                WHERE s.incident_id = i.incident_id AND s.case_id = k.id AND a.state = 'done')
            THEN 1 ELSE 0 END), 0) AS BIGINT)
         FROM incident_case i JOIN cases k ON k.id = i.case_id WHERE i.incident_id = $2 AND i.brand_id = $1";
    query(sql).bind(brand_id).bind(id).one(tx).await.during("counting the cases of an incident")
}

row! {
    /// What was written in a case, for who looks whether it asks something of its own.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct WordsRow {
        /// The case.
        pub case_id: String,
        /// What its author wants, as triage says.
        pub intent: String,
        /// Where personal data stands in it.
        pub personal_data: String,
        /// The words as JSON.
        pub body: Option<String>,
    }
}

/// What was written in cases of a brand, the latest first.
pub async fn words(tx: &mut Tx, brand_id: &str, cases: &[String]) -> Result<Vec<WordsRow>, StoreError> {
    let what = "reading what was written in an incident";
    let sql = list!(
        tx,
        "SELECT g.case_id, g.intent, g.personal_data, c.body FROM",
        "CROSS JOIN judgement g JOIN mention m ON m.id = g.mention_id AND m.revision = g.revision
            AND m.deleted_at IS NULL
         LEFT JOIN content c ON c.id = m.id || '/' || m.revision
         WHERE g.case_id = j.value->>0 AND g.brand_id = $2 ORDER BY m.posted_at DESC, m.id DESC"
    );
    let text = each_json(what, cases)?;
    query(sql).bind(text).bind(brand_id).all(tx).await.during(what)
}

/// Open cases of a brand that belong to no open incident, latest first, to choose from: id, number, intent, language.
pub async fn free(
    tx: &mut Tx,
    brand_id: &str,
    limit: i64,
) -> Result<Vec<(String, i64, String, String)>, StoreError> {
    let sql = "SELECT k.id, k.number, k.intent, k.language FROM cases k WHERE k.brand_id = $1 AND k.open = 1 AND k.needs_answer = 1
            AND k.sample = 0 AND k.historic = 0
            AND NOT EXISTS (SELECT 1 FROM incident_case i WHERE i.case_id = k.id AND i.open = 1)
         ORDER BY k.number DESC LIMIT $2";
    query(sql).bind(brand_id).bind(limit).all(tx).await.during("reading cases of no incident")
}

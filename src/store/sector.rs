//! The sector of a case, and what else stands beside its ending: whether reasons were asked, what tells why the
//! customer came, and contacts elsewhere. Nothing personal is kept here; words are content.

use super::query::query;
use super::rows::CaseRow;
use super::{During, StoreError, Tx, json, list, row};
use crate::domain::back_door::Clues;
use crate::domain::time::Timestamp;

/// How many messages are read to propose something from their words.
const MESSAGES_MAX: i64 = 20;

row! {
    /// The sector of a case as stored.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct SectorRow {
        /// The case.
        pub case_id: String,
        /// The sector that holds; empty for none.
        pub sector: String,
        /// The one that was proposed; empty for none.
        pub proposed: String,
        /// How certain that was, in percent.
        pub certainty: i64,
        /// Who said which it is; none while it is only proposed.
        pub said_by: Option<String>,
    }
}

row! {
    /// A case with what proposes its sector.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Telling {
        /// The brand.
        pub brand_id: String,
        /// The case.
        pub case_id: String,
        /// Its intent.
        pub intent: String,
        /// The words of one of its messages, a JSON object, if they are there.
        pub body: Option<String>,
    }
}

/// The messages of cases of brands, one row a message; a case without any has none.
pub async fn tellings(tx: &mut Tx, cases: &[(String, String)]) -> Result<Vec<Telling>, StoreError> {
    let what = "reading what proposes a sector";
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    let sql = list!(
        tx,
        "SELECT k.brand_id, k.id AS case_id, k.intent, c.body FROM",
        "CROSS JOIN cases k JOIN judgement g ON g.brand_id = k.brand_id AND g.case_id = k.id
            JOIN mention m ON m.id = g.mention_id AND m.revision = g.revision
            LEFT JOIN content c ON c.id = m.id || '/' || m.revision
         WHERE k.brand_id = j.value->>0 AND k.id = j.value->>1 AND m.deleted_at IS NULL
         ORDER BY k.id, m.posted_at"
    );
    let text = json(what, cases)?;
    query(sql).bind(text).all(tx).await.during(what)
}

/// The queues of the tickets that cases are tied to: case and queue.
pub async fn queues(tx: &mut Tx, cases: &[(String, String)]) -> Result<Vec<(String, String)>, StoreError> {
    let what = "reading queues of tickets";
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    let sql = list!(
        tx,
        "SELECT l.case_id, q.queue FROM",
        "CROSS JOIN ticket_link l JOIN ticket_queue q ON q.link_id = l.id
         WHERE l.brand_id = j.value->>0 AND l.case_id = j.value->>1 AND l.unlinked_at IS NULL AND q.queue <> ''
         ORDER BY l.linked_at, l.id"
    );
    let text = json(what, cases)?;
    query(sql).bind(text).all(tx).await.during(what)
}

/// Notes in which queue a tied ticket stands.
pub async fn put_queue(tx: &mut Tx, link_id: &str, queue: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO ticket_queue (link_id, queue) VALUES ($1, $2)
         ON CONFLICT (link_id) DO UPDATE SET queue = excluded.queue";
    query(sql).bind(link_id).bind(queue).run(tx).await.map(|_| ()).during("noting the queue of a ticket")
}

/// Proposes sectors: brand, case, sector (empty for none), certainty. What a person said stays.
pub async fn propose(
    tx: &mut Tx,
    proposed: &[(String, String, String, i64)],
    now: Timestamp,
) -> Result<(), StoreError> {
    let what = "proposing sectors";
    if proposed.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = proposed.iter().map(|(b, c, s, n)| (b, c, s, n, now.millis())).collect();
    let text = json(what, &rows)?;
    let sql = list!(
        tx,
        "INSERT INTO case_sector (brand_id, case_id, sector, proposed, certainty, said_by, at)
         SELECT j.value->>0, j.value->>1, j.value->>2, j.value->>2, CAST(j.value->>3 AS BIGINT), NULL,
            CAST(j.value->>4 AS BIGINT) FROM",
        "WHERE true ON CONFLICT (brand_id, case_id) DO UPDATE SET proposed = excluded.proposed,
            certainty = excluded.certainty, at = excluded.at,
            sector = CASE WHEN case_sector.said_by IS NULL THEN excluded.sector ELSE case_sector.sector END
         WHERE case_sector.proposed <> excluded.proposed OR case_sector.certainty <> excluded.certainty"
    );
    query(sql).bind(text).run(tx).await.map(|_| ()).during(what)
}

/// Writes the sector that a person says a case is of.
pub async fn say(
    tx: &mut Tx,
    (brand_id, case_id): (&str, &str),
    sector: &str,
    by: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO case_sector (brand_id, case_id, sector, proposed, certainty, said_by, at)
         VALUES ($1, $2, $3, '', 0, $4, $5)
         ON CONFLICT (brand_id, case_id) DO UPDATE SET sector = excluded.sector, said_by = excluded.said_by,
            at = excluded.at";
    query(sql)
        .bind(brand_id)
        .bind(case_id)
        .bind(sector)
        .bind(by)
        .bind(now.millis())
        .run(tx)
        .await
        .map(|_| ())
        .during("writing a sector")
}

/// The sector of a case, if any was proposed or said.
pub async fn of_case(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<Option<SectorRow>, StoreError> {
    let sql = "SELECT case_id, sector, proposed, certainty, said_by FROM case_sector
         WHERE brand_id = $1 AND case_id = $2";
    query(sql).bind(brand_id).bind(case_id).maybe(tx).await.during("reading a sector")
}

/// The sectors of cases, by the case: none of those that are of none.
pub async fn of_cases(tx: &mut Tx, cases: &[(String, String)]) -> Result<Vec<(String, String)>, StoreError> {
    let what = "reading sectors";
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    let sql = list!(
        tx,
        "SELECT s.case_id, s.sector FROM",
        "CROSS JOIN case_sector s WHERE s.brand_id = j.value->>0 AND s.case_id = j.value->>1 AND s.sector <> ''"
    );
    let text = json(what, cases)?;
    query(sql).bind(text).all(tx).await.during(what)
}

/// The cases among these that are of a sector.
pub async fn among(tx: &mut Tx, cases: &[(String, String)], sector: &str) -> Result<Vec<String>, StoreError> {
    let what = "reading sectors";
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    let sql = list!(
        tx,
        "SELECT s.case_id FROM",
        "CROSS JOIN case_sector s WHERE s.brand_id = j.value->>0 AND s.case_id = j.value->>1 AND s.sector = $2"
    );
    let text = json(what, cases)?;
    let rows: Vec<(String,)> = query(sql).bind(text).bind(sector).all(tx).await.during(what)?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// What tells why the customer of a case came here, beside its tickets.
pub async fn clues(tx: &mut Tx, case: &CaseRow) -> Result<Clues, StoreError> {
    let what = "reading why a customer came";
    let sql =
        "SELECT c.body FROM judgement g JOIN mention m ON m.id = g.mention_id AND m.revision = g.revision
            JOIN content c ON c.id = m.id || '/' || m.revision
         WHERE g.brand_id = $1 AND g.case_id = $2 AND m.deleted_at IS NULL
         ORDER BY m.posted_at, m.id LIMIT $3";
    let bodies: Vec<(String,)> =
        query(sql).bind(&case.brand_id).bind(&case.id).bind(MESSAGES_MAX).all(tx).await.during(what)?;
    let sql = "SELECT
            (SELECT COUNT(*) FROM case_event e WHERE e.case_id = $2 AND e.kind = 'ticket_comment'),
            (SELECT COUNT(*) FROM case_event e WHERE e.case_id = $2 AND e.kind = 'ticket_moved'),
            (SELECT COUNT(*) FROM ticket_link l WHERE l.brand_id = $1 AND l.case_id = $2
                AND l.unlinked_at IS NULL AND l.seen_at IS NOT NULL),
            (SELECT COUNT(*) FROM cases k WHERE k.author_id = $3 AND k.brand_id = $1 AND k.opened_at < $4
                AND k.needs_answer = 1)";
    let (entries, moves, looked, earlier): (i64, i64, i64, i64) = query(sql)
        .bind(&case.brand_id)
        .bind(&case.id)
        .bind(&case.author_id)
        .bind(case.opened_at)
        .one(tx)
        .await
        .during(what)?;
    let words: Vec<String> = bodies.iter().filter_map(|(body,)| words_of(body)).collect();
    Ok(Clues { words: words.join("\n"), entries: (looked > 0).then_some(entries), moves, earlier })
}

/// The words in a content row of a post.
pub fn words_of(body: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    Some(body.get("text")?.as_str()?.to_owned())
}

/// Notes whether the reasons of an ending were asked for, and how certain the proposed one was.
pub async fn put_asked(
    tx: &mut Tx,
    (brand_id, case_id): (&str, &str),
    asked: bool,
    certainty: i64,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO ending_asked (brand_id, case_id, asked, certainty) VALUES ($1, $2, $3, $4)
         ON CONFLICT (brand_id, case_id) DO UPDATE SET asked = excluded.asked, certainty = excluded.certainty";
    query(sql)
        .bind(brand_id)
        .bind(case_id)
        .bind(i64::from(asked))
        .bind(certainty)
        .run(tx)
        .await
        .map(|_| ())
        .during("noting whether reasons were asked")
}

row! {
    /// A contact elsewhere as stored.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ContactRow {
        /// Id.
        pub id: String,
        /// The brand.
        pub brand_id: String,
        /// The case it is about.
        pub case_id: String,
        /// `phone`, `shop`, `letter` or `web_form`.
        pub kind: String,
        /// When the customer made it.
        pub at: i64,
        /// Who wrote it down.
        pub person_id: String,
        /// When.
        pub recorded_at: i64,
    }
}

/// Writes a contact elsewhere down.
pub async fn put_contact(tx: &mut Tx, row: &ContactRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO other_contact (id, brand_id, case_id, kind, at, person_id, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)";
    query(sql)
        .bind(&row.id)
        .bind(&row.brand_id)
        .bind(&row.case_id)
        .bind(&row.kind)
        .bind(row.at)
        .bind(&row.person_id)
        .bind(row.recorded_at)
        .run(tx)
        .await
        .map(|_| ())
        .during("writing a contact down")
}

/// Whether a contact is written down already.
pub async fn has_contact(tx: &mut Tx, id: &str) -> Result<bool, StoreError> {
    let sql = "SELECT COUNT(*) FROM other_contact WHERE id = $1";
    let found: (i64,) =
        query(sql).bind(id).one(tx).await.during("looking whether a contact is written down")?;
    Ok(found.0 > 0)
}

/// The contacts elsewhere about a case, earliest first.
pub async fn contacts_of(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<Vec<ContactRow>, StoreError> {
    let sql = "SELECT * FROM other_contact WHERE brand_id = $1 AND case_id = $2 ORDER BY at, id";
    query(sql).bind(brand_id).bind(case_id).all(tx).await.during("reading contacts elsewhere")
}

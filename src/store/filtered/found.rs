//! What names few cases: found first, by an index of its own.

use super::super::lanes::{Lane, Wanted};
use super::super::listed::matching;
use super::super::{During, StoreError, Tx};
use super::{FOUND_MAX, Sift};
use crate::store::query::query;
use std::collections::HashSet;

/// The cases that something names which names few; nothing where nothing does.
pub(super) async fn found_first(
    tx: &mut Tx,
    brand_id: &str,
    wanted: &Wanted,
    sift: &Sift,
) -> Result<Option<Vec<String>>, StoreError> {
    let mut found: Option<Vec<String>> = None;
    let mut meet = |ids: Vec<String>| {
        let before = found.take();
        found = Some(match before {
            None => ids,
            Some(before) => {
                let ids: HashSet<String> = ids.into_iter().collect();
                before.into_iter().filter(|id| ids.contains(id)).collect()
            }
        });
    };
    if !sift.text.is_empty() {
        meet(by_words(tx, brand_id, &sift.text).await?);
    }
    if !sift.incident.is_empty() {
        let sql = "SELECT case_id FROM incident_case WHERE incident_id = $1 AND brand_id = $2 ORDER BY case_id DESC LIMIT $3";
        meet(ids(tx, sql, (&sift.incident, brand_id)).await?);
    }
    if wanted.lane == Lane::Unknown {
        meet(unknown(tx, brand_id).await?);
    }
    if wanted.lane == Lane::Offered {
        let sql = "SELECT t.case_id FROM offer_to t JOIN offer o ON o.case_id = t.case_id AND o.round = t.round
             WHERE t.person_id = $1 AND t.brand_id = $2 AND t.declined_at IS NULL AND o.ended_at IS NULL ORDER BY t.case_id LIMIT $3";
        meet(ids(tx, sql, (&wanted.who, brand_id)).await?);
    }
    if wanted.lane == Lane::Private {
        meet(private(tx, brand_id).await?);
    }
    let who = if wanted.lane == Lane::Mine { &wanted.who } else { &sift.owner };
    if !who.is_empty() && who != "nobody" && wanted.lane != Lane::Closed {
        let sql = "SELECT id FROM cases WHERE claimed_by = $1 AND brand_id = $2 AND open = 1 ORDER BY level, due_at, id LIMIT $3";
        meet(ids(tx, sql, (who, brand_id)).await?);
    }
    Ok(found)
}

async fn ids(
    tx: &mut Tx,
    sql: &'static str,
    (what, brand_id): (&str, &str),
) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> =
        query(sql).bind(what).bind(brand_id).bind(FOUND_MAX).all(tx).await.during("finding cases")?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}

/// Most rows of messages of which the cases of some words are taken: a message that was edited has several.
const ROWS_MAX: i64 = 4 * FOUND_MAX;
/// So many judgements and more make a brand a large one, whose own hits are soon met on the way through all.
const LARGE: i64 = 5_000;

/// The cases of a brand in whose messages all these words stand, those of the latest messages first. The index of words
/// knows no brands, so the wall stands in the statement, before anything is cut off: what a large neighbour holds never
/// hides the hits of a small brand. Of a small brand its own messages are gathered first and the hits are held against
/// them; of a large one the hits are walked from the latest on until there are enough. Words without a token find nothing.
async fn by_words(tx: &mut Tx, brand_id: &str, words: &str) -> Result<Vec<String>, StoreError> {
    let matching = matching(words, tx.is_postgres());
    if matching.is_empty() {
        return Ok(Vec::new());
    }
    let walked = tx.pick(
        "SELECT COALESCE((SELECT z.case_id FROM collecting z WHERE z.id = g.case_id), g.case_id)
         FROM search CROSS JOIN mention m ON m.seq = search.rowid CROSS JOIN judgement g ON g.mention_id = m.id AND g.brand_id = $2
         WHERE search MATCH $1 ORDER BY search.rowid DESC LIMIT $3",
        "WITH hits AS MATERIALIZED (SELECT seq FROM search WHERE tokens @@ CAST($1 AS tsquery))
         SELECT COALESCE((SELECT z.case_id FROM collecting z WHERE z.id = g.case_id), g.case_id)
         FROM hits JOIN mention m ON m.seq = hits.seq
         JOIN judgement g ON g.mention_id = m.id AND g.brand_id = $2 ORDER BY hits.seq DESC LIMIT $3",
    );
    let held = tx.pick(
        "WITH own AS MATERIALIZED (SELECT m.seq,
                COALESCE((SELECT z.case_id FROM collecting z WHERE z.id = g.case_id), g.case_id) AS case_id
            FROM judgement g CROSS JOIN mention m ON m.id = g.mention_id WHERE g.brand_id = $2)
         SELECT own.case_id FROM search CROSS JOIN own ON own.seq = search.rowid
         WHERE search MATCH $1 ORDER BY search.rowid DESC LIMIT $3",
        "WITH own AS MATERIALIZED (SELECT m.seq,
                COALESCE((SELECT z.case_id FROM collecting z WHERE z.id = g.case_id), g.case_id) AS case_id
            FROM judgement g JOIN mention m ON m.id = g.mention_id WHERE g.brand_id = $2)
         SELECT own.case_id FROM own JOIN search s ON s.seq = own.seq
         WHERE s.tokens @@ CAST($1 AS tsquery) ORDER BY own.seq DESC LIMIT $3",
    );
    let sql = if is_large(tx, brand_id).await? { walked } else { held };
    let rows: Vec<(String,)> = query(sql)
        .bind(&matching)
        .bind(brand_id)
        .bind(ROWS_MAX)
        .all(tx)
        .await
        .during("finding cases by their words")?;
    let mut met = HashSet::new();
    let all = rows.into_iter().map(|r| r.0).filter(|id| met.insert(id.clone()));
    Ok(all.take(usize::try_from(FOUND_MAX).unwrap_or(usize::MAX)).collect())
}

/// Whether very many messages are judged for a brand.
async fn is_large(tx: &mut Tx, brand_id: &str) -> Result<bool, StoreError> {
    let sql = "SELECT COUNT(*) FROM (SELECT 1 FROM judgement WHERE brand_id = $1 LIMIT $2) n";
    let (n,): (i64,) = query(sql).bind(brand_id).bind(LARGE).one(tx).await.during("measuring a brand")?;
    Ok(n >= LARGE)
}

/// The cases of a brand of which nobody could tell whether something was sent.
async fn unknown(tx: &mut Tx, brand_id: &str) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT DISTINCT case_id FROM action WHERE state = $1 AND state IN ('unknown', 'held', 'by_hand', 'refused')
         AND brand_id = $2
         AND case_id IS NOT NULL AND kind IN ('reply', 'moderate') LIMIT $3";
    ids(tx, sql, ("unknown", brand_id)).await
}

/// The open cases of a brand that are talked about in private, or are on their way there.
async fn private(tx: &mut Tx, brand_id: &str) -> Result<Vec<String>, StoreError> {
    let begun = "SELECT id FROM cases WHERE brand_id = $2 AND $1 = '' AND open = 1 AND private = 1
         ORDER BY level, due_at, id LIMIT $3";
    let mut all = ids(tx, begun, ("", brand_id)).await?;
    let handed = "SELECT h.case_id FROM handover h WHERE h.brand_id = $2 AND $1 = ''
         AND h.state IN ('offered', 'opened', 'linked', 'by_hand') ORDER BY h.case_id DESC LIMIT $3";
    all.extend(ids(tx, handed, ("", brand_id)).await?);
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

/// How many cases of a brand wait for a person to say whether something was sent.
pub async fn unknown_count(tx: &mut Tx, brand_id: &str) -> Result<i64, StoreError> {
    Ok(unknown(tx, brand_id).await?.len() as i64)
}

/// The languages that somebody said they take up, when they last came on; nothing where they have said none.
pub async fn spoken_by(tx: &mut Tx, person_id: &str) -> Result<Option<String>, StoreError> {
    let reach = super::super::duty::last_reach(tx, person_id).await?;
    let languages = reach.map(|r| r.languages).unwrap_or_default();
    Ok((!languages.is_empty())
        .then(|| super::listed(languages.into_iter().map(crate::domain::language::Language::code))))
}

//! What names few cases: found first, by an index of its own.

use super::super::lanes::{Lane, Wanted};
use super::super::listed::matching;
use super::super::{During, StoreError, Tx, on};
use super::{FOUND_MAX, Sift};
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
        on!(tx, |c| sqlx::query_as(sql).bind(what).bind(brand_id).bind(FOUND_MAX).fetch_all(c).await)
            .during("finding cases")?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}

/// The cases of a brand in whose latest messages all these words stand, those of the latest messages first. Of the messages
/// of all brands the latest 10,000 that hold the words are looked at: the index of words knows no brands, and the words of
/// a large brand are not to hide those of a small one. Words without a token find nothing.
async fn by_words(tx: &mut Tx, brand_id: &str, words: &str) -> Result<Vec<String>, StoreError> {
    let matching = matching(words, tx.is_postgres());
    if matching.is_empty() {
        return Ok(Vec::new());
    }
    let sql = tx.pick(
        "SELECT COALESCE((SELECT z.case_id FROM collecting z WHERE z.id = g.case_id), g.case_id) FROM (SELECT rowid AS seq FROM search WHERE search MATCH $1
            ORDER BY rowid DESC LIMIT 10000) s
         CROSS JOIN mention m ON m.seq = s.seq CROSS JOIN judgement g ON g.mention_id = m.id AND g.brand_id = $2
         GROUP BY 1 ORDER BY MAX(s.seq) DESC LIMIT $3",
        "SELECT COALESCE((SELECT z.case_id FROM collecting z WHERE z.id = g.case_id), g.case_id) FROM (SELECT seq FROM search WHERE tokens @@ CAST($1 AS tsquery)
            ORDER BY seq DESC LIMIT 10000) s
         JOIN mention m ON m.seq = s.seq JOIN judgement g ON g.mention_id = m.id AND g.brand_id = $2
         GROUP BY 1 ORDER BY MAX(s.seq) DESC LIMIT $3",
    );
    ids(tx, sql, (&matching, brand_id)).await
}

/// The cases of a brand of which nobody could tell whether something was sent.
async fn unknown(tx: &mut Tx, brand_id: &str) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT DISTINCT case_id FROM action WHERE state = $1 AND state = 'unknown' AND brand_id = $2
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

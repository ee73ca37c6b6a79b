//! Lists of cases for programs: each case once, in an order that does not depend on how urgent it is at the
//! moment, filtered, and found by their words.

use super::query::query;
use super::rows::CaseRow;
use super::{During, StoreError, Tx};
use crate::domain::text::tokens;

/// In which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// By id, which is the order in which they were opened here, and never changes: none is missed or comes twice.
    #[default]
    Opened,
    /// By the instant of the last change: what changes meanwhile comes again at the end, and none is missed.
    Changed,
}

/// What is asked for. What is `None` filters nothing.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The order.
    pub order: Order,
    /// Behind which case the page begins: its last change, its id.
    pub after: (i64, String),
    /// The state.
    pub state: Option<String>,
    /// Open or not.
    pub open: Option<bool>,
    /// 1 to 5.
    pub level: Option<i64>,
    /// The platform.
    pub platform: Option<String>,
    /// The language.
    pub language: Option<String>,
    /// The intent.
    pub intent: Option<String>,
    /// Whether it needs an answer.
    pub needs_answer: Option<bool>,
    /// Who has claimed it.
    pub claimed_by: Option<String>,
    /// Words that one of its messages holds, all of them.
    pub words: Option<String>,
    /// A label that its author has, and when that is looked at.
    pub label: Option<(String, i64)>,
    /// The sector by name.
    pub sector: Option<String>,
    /// Most cases.
    pub limit: i64,
}

/// Words as the search index of an engine wants them: all of them, each by itself.
pub(super) fn matching(words: &str, is_postgres: bool) -> String {
    let quote = |token: String| {
        if is_postgres {
            format!("'{}'", token.replace('\\', "\\\\").replace('\'', "''"))
        } else {
            format!("\"{}\"", token.replace('"', "\"\""))
        }
    };
    let quoted: Vec<String> = tokens(words).into_iter().map(quote).collect();
    quoted.join(if is_postgres { " & " } else { " AND " })
}

/// Whether there is anything in these words to search by.
pub fn has_words(words: &str) -> bool {
    !tokens(words).is_empty()
}

/// The statement of an order; it differs in how each engine searches.
macro_rules! listed {
    ($tx:expr, $from:literal, $order:literal) => {
        $tx.pick(
            concat!(
                "SELECT * FROM cases WHERE brand_id = $1 AND ", $from,
                " AND (CAST($4 AS TEXT) IS NULL OR state = $4) AND (CAST($5 AS INTEGER) IS NULL OR open = $5)
                  AND (CAST($6 AS INTEGER) IS NULL OR level = $6) AND (CAST($7 AS TEXT) IS NULL OR platform = $7)
                  AND (CAST($8 AS TEXT) IS NULL OR language = $8) AND (CAST($9 AS TEXT) IS NULL OR intent = $9)
                  AND (CAST($10 AS INTEGER) IS NULL OR needs_answer = $10)
                  AND (CAST($11 AS TEXT) IS NULL OR claimed_by = $11)
                  AND (CAST($12 AS TEXT) IS NULL OR id IN (SELECT COALESCE((SELECT z.case_id FROM collecting z WHERE z.id = g.case_id), g.case_id)
                      FROM search
                      JOIN mention m ON m.seq = search.rowid JOIN judgement g ON g.mention_id = m.id
                      WHERE search MATCH $12 AND g.brand_id = $1))
                  AND (CAST($14 AS TEXT) IS NULL OR author_id IN (SELECT l.author_id FROM author_label l
                      WHERE l.brand_id = $1 AND l.label = $14 AND l.ended_at IS NULL AND l.until_ms > $15))
                  AND (CAST($16 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM case_sector s
                      WHERE s.brand_id = $1 AND s.case_id = cases.id AND s.sector = $16))
                  ORDER BY ", $order, " LIMIT $13"
            ),
            concat!(
                "SELECT * FROM cases WHERE brand_id = $1 AND ", $from,
                " AND (CAST($4 AS TEXT) IS NULL OR state = $4) AND (CAST($5 AS BIGINT) IS NULL OR open = $5)
                  AND (CAST($6 AS BIGINT) IS NULL OR level = $6) AND (CAST($7 AS TEXT) IS NULL OR platform = $7)
                  AND (CAST($8 AS TEXT) IS NULL OR language = $8) AND (CAST($9 AS TEXT) IS NULL OR intent = $9)
                  AND (CAST($10 AS BIGINT) IS NULL OR needs_answer = $10)
                  AND (CAST($11 AS TEXT) IS NULL OR claimed_by = $11)
                  AND (CAST($12 AS TEXT) IS NULL OR id IN (SELECT COALESCE((SELECT z.case_id FROM collecting z WHERE z.id = g.case_id), g.case_id)
                      FROM search s
                      JOIN mention m ON m.seq = s.seq JOIN judgement g ON g.mention_id = m.id
                      WHERE s.tokens @@ CAST($12 AS tsquery) AND g.brand_id = $1))
                  AND (CAST($14 AS TEXT) IS NULL OR author_id IN (SELECT l.author_id FROM author_label l
                      WHERE l.brand_id = $1 AND l.label = $14 AND l.ended_at IS NULL AND l.until_ms > $15))
                  AND (CAST($16 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM case_sector s
                      WHERE s.brand_id = $1 AND s.case_id = cases.id AND s.sector = $16))
                  ORDER BY ", $order, " LIMIT $13"
            ),
        )
    };
}

/// One page of the cases of a brand.
pub async fn page(tx: &mut Tx, brand_id: &str, wanted: &Wanted) -> Result<Vec<CaseRow>, StoreError> {
    let sql = match wanted.order {
        Order::Opened => listed!(tx, "$2 = $2 AND id > $3", "id"),
        Order::Changed => listed!(tx, "(changed_at, id) > ($2, $3)", "changed_at, id"),
    };
    let words = wanted.words.as_ref().map(|w| matching(w, tx.is_postgres()));
    query(sql)
        .bind(brand_id)
        .bind(wanted.after.0)
        .bind(&wanted.after.1)
        .bind(&wanted.state)
        .bind(wanted.open.map(i64::from))
        .bind(wanted.level)
        .bind(&wanted.platform)
        .bind(&wanted.language)
        .bind(&wanted.intent)
        .bind(wanted.needs_answer.map(i64::from))
        .bind(&wanted.claimed_by)
        .bind(words)
        .bind(wanted.limit)
        .bind(wanted.label.as_ref().map(|l| l.0.clone()))
        .bind(wanted.label.as_ref().map_or(0, |l| l.1))
        .bind(&wanted.sector)
        .all(tx)
        .await
        .during("listing cases")
}

/// The platforms of the latest cases of a brand, each once.
pub async fn platforms(tx: &mut Tx, brand_id: &str) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT DISTINCT platform FROM (SELECT platform FROM cases WHERE brand_id = $1
         ORDER BY number DESC LIMIT 300) k ORDER BY platform";
    let rows: Vec<(String,)> =
        query(sql).bind(brand_id).all(tx).await.during("reading which platforms there are")?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}

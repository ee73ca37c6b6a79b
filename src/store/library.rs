//! The library of answers of a brand: written by people, used for cases. Title and words are content `ID/text`.

use super::answer::put_content;
use super::query::query;
use super::{During, StoreError, Tx, json, row};
use crate::domain::time::Timestamp;

row! {
    /// An answer of the library, with what came of using it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct LibraryRow {
        /// Id.
        pub id: String,
        /// The brand.
        pub brand_id: String,
        /// The language, a code of ours.
        pub language: String,
        /// `proposed`, `approved`, `withdrawn`.
        pub state: String,
        /// The answer that it replaces.
        pub replaces: Option<String>,
        /// Who wrote it.
        pub made_by: String,
        /// When.
        pub made_at: i64,
        /// Who approved or withdrew it.
        pub decided_by: Option<String>,
        /// When.
        pub decided_at: Option<i64>,
        /// Title and words, a JSON list, if they are still kept.
        pub words: Option<String>,
        /// In how many answers it was used.
        pub used: i64,
        /// In how many of these its words were changed before.
        pub edited: i64,
        /// How many of the cases were resolved after it.
        pub resolved: i64,
        /// How many of these were opened again.
        pub reopened: i64,
    }
}

impl LibraryRow {
    /// Title and words.
    pub fn said(&self) -> Option<(String, String)> {
        serde_json::from_str(self.words.as_deref()?).ok()
    }
}

/// The columns of [`LibraryRow`]; `l` is the answer.
macro_rules! columns {
    ($after:literal) => {
        concat!(
            "SELECT l.id, l.brand_id, l.language, l.state, l.replaces, l.made_by, l.made_at, l.decided_by,
                l.decided_at, c.body AS words,
                (SELECT COUNT(*) FROM library_use u WHERE u.answer_id = l.id) AS used,
                (SELECT COUNT(*) FROM library_use u WHERE u.answer_id = l.id AND u.edited = 1) AS edited,
                (SELECT COUNT(*) FROM library_use u WHERE u.answer_id = l.id AND EXISTS (SELECT 1 FROM case_event r
                    WHERE r.case_id = u.case_id AND r.seq > u.seq AND r.kind = 'resolve')) AS resolved,
                (SELECT COUNT(*) FROM library_use u WHERE u.answer_id = l.id AND EXISTS (SELECT 1 FROM case_event r
                    JOIN case_event o ON o.case_id = r.case_id AND o.seq > r.seq AND o.state IN ('new', 'working')
                    WHERE r.case_id = u.case_id AND r.seq > u.seq AND r.kind = 'resolve')) AS reopened
             FROM library_answer l LEFT JOIN content c ON c.id = l.id || '/text' ",
            $after
        )
    };
}

/// The words of the answers of a brand in a state, by id; in one language, or in all of them: id and words. Nothing is
/// counted.
pub async fn words(
    tx: &mut Tx,
    brand_id: &str,
    (state, language): (&str, &str),
    most: i64,
) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT l.id, c.body FROM library_answer l JOIN content c ON c.id = l.id || '/text'
         WHERE l.brand_id = $1 AND l.state = $2 AND ($3 = '' OR l.language = $3) ORDER BY l.id LIMIT $4";
    query(sql)
        .bind(brand_id)
        .bind(state)
        .bind(language)
        .bind(most)
        .all(tx)
        .await
        .during("reading the words of the library")
}

/// One answer of a brand.
pub async fn get(tx: &mut Tx, brand_id: &str, id: &str) -> Result<Option<LibraryRow>, StoreError> {
    let sql = columns!("WHERE l.brand_id = $1 AND l.id = $2");
    query(sql).bind(brand_id).bind(id).maybe(tx).await.during("reading an answer of the library")
}

/// These answers of a brand, by id, in no order.
pub async fn these(tx: &mut Tx, brand_id: &str, ids: &[&str]) -> Result<Vec<LibraryRow>, StoreError> {
    let what = "reading answers of the library";
    let sql = tx.pick(
        columns!("WHERE l.brand_id = $1 AND l.id IN (SELECT j.value FROM json_each($2) AS j)"),
        columns!(
            "WHERE l.brand_id = $1 AND l.id IN (SELECT j.value FROM jsonb_array_elements_text($2::jsonb) AS j(value))"
        ),
    );
    let ids = json(what, &ids)?;
    query(sql).bind(brand_id).bind(&ids).all(tx).await.during(what)
}

/// Writes an answer down; what it counts is not written.
pub async fn put(tx: &mut Tx, l: &LibraryRow, said: &(String, String)) -> Result<(), StoreError> {
    let what = "writing an answer for the library";
    put_content(tx, &format!("{}/text", l.id), &l.made_by, "library", &json(what, said)?).await?;
    let sql =
        "INSERT INTO library_answer (id, brand_id, language, state, replaces, made_by, made_at, decided_by,
            decided_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    query(sql)
        .bind(&l.id)
        .bind(&l.brand_id)
        .bind(&l.language)
        .bind(&l.state)
        .bind(&l.replaces)
        .bind(&l.made_by)
        .bind(l.made_at)
        .bind(&l.decided_by)
        .bind(l.decided_at)
        .run(tx)
        .await
        .map(|_| ())
        .during(what)
}

/// Moves an answer of a brand from one state to another; `false` where it is in another one by now.
pub async fn decide(
    tx: &mut Tx,
    (brand_id, id): (&str, &str),
    (from, to): (&str, &str),
    by: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE library_answer SET state = $4, decided_by = $5, decided_at = $6
         WHERE brand_id = $1 AND id = $2 AND state = $3";
    let done = query(sql)
        .bind(brand_id)
        .bind(id)
        .bind(from)
        .bind(to)
        .bind(by)
        .bind(now.millis())
        .run(tx)
        .await
        .during("deciding about an answer of the library")?;
    Ok(done > 0)
}

/// Notes that an answer of the library went into a case, at the version that the case has with it.
pub async fn used(
    tx: &mut Tx,
    (brand_id, id): (&str, &str),
    (case_id, seq): (&str, i64),
    edited: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO library_use (answer_id, case_id, seq, brand_id, edited, at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (answer_id, case_id, seq) DO NOTHING";
    query(sql)
        .bind(id)
        .bind(case_id)
        .bind(seq)
        .bind(brand_id)
        .bind(i64::from(edited))
        .bind(now.millis())
        .run(tx)
        .await
        .map(|_| ())
        .during("counting an answer of the library")
}

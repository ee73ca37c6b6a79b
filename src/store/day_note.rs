//! What leads note of days, such as a strike. The words are content `ID/text`.

use super::answer::put_content;
use super::query::query;
use super::{During, StoreError, Tx, json, of_brands, row};

row! {
    /// One note.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct DayNote {
        /// Id; they rise with time.
        pub id: String,
        /// The brand.
        pub brand_id: String,
        /// The brand by name.
        pub brand: String,
        /// The day, as 2026-11-24.
        pub day: String,
        /// Who wrote it.
        pub person_id: String,
        /// When.
        pub at: i64,
        /// The words, if they are still kept.
        pub words: Option<String>,
    }
}

/// Writes a note of a day; `note.brand` need not be known.
pub async fn put(tx: &mut Tx, note: &DayNote) -> Result<(), StoreError> {
    let words = note.words.as_deref().unwrap_or_default();
    put_content(tx, &format!("{}/text", note.id), &note.person_id, "day_note", words).await?;
    let sql = "INSERT INTO day_note (id, brand_id, day, person_id, at) VALUES ($1, $2, $3, $4, $5)";
    query(sql)
        .bind(&note.id)
        .bind(&note.brand_id)
        .bind(&note.day)
        .bind(&note.person_id)
        .bind(note.at)
        .run(tx)
        .await
        .map(|_| ())
        .during("noting something of a day")
}

/// Takes a note of a brand away, with its words; tells whether there was one.
pub async fn remove(tx: &mut Tx, brand_id: &str, id: &str) -> Result<bool, StoreError> {
    let sql = "DELETE FROM day_note WHERE brand_id = $1 AND id = $2";
    let gone = query(sql).bind(brand_id).bind(id).run(tx).await.during("taking a note of a day away")?;
    if gone > 0 {
        let sql = "DELETE FROM content WHERE id = $1";
        let text = format!("{id}/text");
        query(sql).bind(text).run(tx).await.map(|_| ()).during("taking the words of a note away")?;
    }
    Ok(gone > 0)
}

/// One note of a brand.
pub async fn one(tx: &mut Tx, brand_id: &str, id: &str) -> Result<Option<DayNote>, StoreError> {
    let sql =
        "SELECT k.id, k.brand_id, b.name AS brand, k.day, k.person_id, k.at, c.body AS words FROM day_note k
         JOIN brand b ON b.id = k.brand_id LEFT JOIN content c ON c.id = k.id || '/text'
         WHERE k.brand_id = $1 AND k.id = $2";
    query(sql).bind(brand_id).bind(id).maybe(tx).await.during("reading a note of a day")
}

/// The notes of days `first` to `last`, both counted, of some brands (none means all), by day.
pub async fn of_days(
    tx: &mut Tx,
    brands: &[String],
    first: &str,
    last: &str,
) -> Result<Vec<DayNote>, StoreError> {
    let what = "reading notes of days";
    let sql = of_brands!(
        tx,
        "SELECT k.id, k.brand_id, b.name AS brand, k.day, k.person_id, k.at, c.body AS words FROM day_note k
         JOIN brand b ON b.id = k.brand_id LEFT JOIN content c ON c.id = k.id || '/text'
         WHERE k.day >= $2 AND k.day <= $3 AND",
        "ORDER BY k.day, k.id"
    );
    let text = json(what, brands)?;
    query(sql).bind(text).bind(first).bind(last).all(tx).await.during(what)
}

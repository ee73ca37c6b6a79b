//! Reports that were mailed: their figures as sent, which later corrections never change, and the mail itself until
//! it has gone. No words of customers and no names are here.

use super::query::query;
use super::{During, StoreError, Tx, row};
use crate::domain::time::Timestamp;

row! {
    /// One mailed report.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct PublishedRow {
        /// The name of the letter in the settings.
        pub letter: String,
        /// `daily`, `weekly`, `monthly` or `monday`.
        pub kind: String,
        /// The first day.
        pub first_day: String,
        /// The last day, which counts too.
        pub last_day: String,
        /// The zone of the days.
        pub zone: String,
        /// A JSON list of brands by id; an empty one means all.
        pub brands: String,
        /// When the figures were read.
        pub made_at: i64,
        /// When the mail server took the mail.
        pub sent_at: Option<i64>,
        /// A JSON object: figure to number.
        pub figures: String,
        /// The subject; empty once it has gone.
        pub subject: String,
        /// The mail as text; empty once it has gone.
        pub words: String,
        /// The mail as a page; empty once it has gone.
        pub page: String,
    }
}

/// Keeps a report as it is about to be sent. What was kept before under the same letter, kind and day stays: who
/// makes it a second time sends the first.
pub async fn freeze(tx: &mut Tx, p: &PublishedRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO published (letter, kind, first_day, last_day, zone, brands, made_at, sent_at, figures,
            subject, words, page)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (letter, kind, first_day) DO NOTHING";
    query(sql)
        .bind(&p.letter)
        .bind(&p.kind)
        .bind(&p.first_day)
        .bind(&p.last_day)
        .bind(&p.zone)
        .bind(&p.brands)
        .bind(p.made_at)
        .bind(p.sent_at)
        .bind(&p.figures)
        .bind(&p.subject)
        .bind(&p.words)
        .bind(&p.page)
        .run(tx)
        .await
        .map(|_| ())
        .during("keeping a report as it is sent")
}

/// A report as it was kept.
pub async fn get(
    tx: &mut Tx,
    letter: &str,
    kind: &str,
    first_day: &str,
) -> Result<Option<PublishedRow>, StoreError> {
    let sql = "SELECT * FROM published WHERE letter = $1 AND kind = $2 AND first_day = $3";
    query(sql)
        .bind(letter)
        .bind(kind)
        .bind(first_day)
        .maybe(tx)
        .await
        .during("reading a report as it was sent")
}

/// Notes that it has gone; what is left of it are its figures.
pub async fn sent(
    tx: &mut Tx,
    letter: &str,
    kind: &str,
    first_day: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    let sql = "UPDATE published SET sent_at = COALESCE(sent_at, $4), subject = '', words = '', page = ''
         WHERE letter = $1 AND kind = $2 AND first_day = $3";
    query(sql)
        .bind(letter)
        .bind(kind)
        .bind(first_day)
        .bind(at.millis())
        .run(tx)
        .await
        .map(|_| ())
        .during("noting that a report has gone")
}

/// Empties mails that were made before an instant and never went.
pub async fn give_up(tx: &mut Tx, before: Timestamp) -> Result<(), StoreError> {
    let sql =
        "UPDATE published SET subject = '', words = '', page = '' WHERE made_at < $1 AND sent_at IS NULL
           AND page <> ''";
    query(sql).bind(before.millis()).run(tx).await.map(|_| ()).during("giving up mails of reports")
}

/// The reports that have gone, the latest first.
pub async fn list(tx: &mut Tx, limit: i64) -> Result<Vec<PublishedRow>, StoreError> {
    list_behind(tx, (i64::MAX, "", "", ""), limit).await
}

/// The same behind one: when it was made, its letter, its kind and its first day.
pub async fn list_behind(
    tx: &mut Tx,
    (made_at, letter, kind, first_day): (i64, &str, &str, &str),
    limit: i64,
) -> Result<Vec<PublishedRow>, StoreError> {
    let sql = "SELECT * FROM published WHERE sent_at IS NOT NULL
            AND (made_at < $2 OR (made_at = $2 AND (letter, kind, first_day) > ($3, $4, $5)))
         ORDER BY made_at DESC, letter, kind, first_day LIMIT $1";
    query(sql)
        .bind(limit)
        .bind(made_at)
        .bind(letter)
        .bind(kind)
        .bind(first_day)
        .all(tx)
        .await
        .during("reading the reports that were sent")
}

/// What was sent of a kind for the days that begin on one, by letter.
pub async fn of_day(tx: &mut Tx, kind: &str, first_day: &str) -> Result<Vec<PublishedRow>, StoreError> {
    let sql =
        "SELECT * FROM published WHERE kind = $1 AND first_day = $2 AND sent_at IS NOT NULL ORDER BY letter";
    query(sql).bind(kind).bind(first_day).all(tx).await.during("reading what was sent of a period")
}

//! Messages as a machine translated them, and how many characters that took. The words are content `ID/text`, whose
//! subject is the author of the message, so that retention and erasure take them.

use super::answer::put_content;
use super::query::query;
use super::script::Script;
use super::{During, StoreError, Tx, list, row};
use serde::{Deserialize, Serialize};

/// The unit in which services are counted.
const UNIT: &str = "character";

row! {
    /// A message in another language.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct TranslationRow {
        /// Id.
        pub id: String,
        /// The brand for which it was made.
        pub brand_id: String,
        /// The message.
        pub mention_id: String,
        /// Which revision of it.
        pub revision: i64,
        /// Into which language, as a tag.
        pub language: String,
        /// From which one, as the service says; may be empty.
        pub from_language: String,
        /// Which service.
        pub service: String,
        /// Characters that went out.
        pub characters: i64,
        /// How many pieces were covered before.
        pub masked: i64,
        /// When, in epoch milliseconds.
        pub at: i64,
        /// The words, if they are still kept.
        pub words: Option<String>,
    }
}

macro_rules! columns {
    ($after:literal) => {
        concat!(
            "SELECT t.id, t.brand_id, t.mention_id, t.revision, t.language, t.from_language, t.service,
                t.characters, t.masked, t.at, c.body AS words
             FROM translation t LEFT JOIN content c ON c.id = t.id || '/text' ",
            $after
        )
    };
}

/// The translations of a case's messages into a language.
pub async fn of_case(
    tx: &mut Tx,
    brand_id: &str,
    (case_id, language): (&str, &str),
) -> Result<Vec<TranslationRow>, StoreError> {
    let sql = columns!(
        "JOIN judgement g ON g.brand_id = t.brand_id AND g.mention_id = t.mention_id
         WHERE g.brand_id = $1 AND g.case_id = $2 AND t.language = $3 ORDER BY t.id"
    );
    query(sql)
        .bind(brand_id)
        .bind(case_id)
        .bind(language)
        .all(tx)
        .await
        .during("reading translations of a case")
}

/// The translation of a revision of a message into a language, if there is one.
pub async fn get(
    tx: &mut Tx,
    brand_id: &str,
    (mention_id, revision): (&str, i64),
    language: &str,
) -> Result<Option<TranslationRow>, StoreError> {
    let sql = columns!("WHERE t.brand_id = $1 AND t.mention_id = $2 AND t.revision = $3 AND t.language = $4");
    query(sql)
        .bind(brand_id)
        .bind(mention_id)
        .bind(revision)
        .bind(language)
        .maybe(tx)
        .await
        .during("reading a translation")
}

/// Keeps a translation; `false` where the message is gone by now, or another process kept one before.
pub async fn put(tx: &mut Tx, t: &TranslationRow) -> Result<bool, StoreError> {
    let what = "keeping a translation";
    // Whoever took the post back, or was erased, in the meantime is not brought back by a slow answer. The words are
    // held until the end: what takes them away waits for that, and then finds this row (see `forget`).
    let sql = tx.pick(
        "SELECT c.id FROM content c WHERE c.id = $1",
        "SELECT c.id FROM content c WHERE c.id = $1 FOR SHARE",
    );
    let words = format!("{}/{}", t.mention_id, t.revision);
    let held: Option<String> = query(sql).bind(words).maybe(tx).await.during(what)?;
    if held.is_none() {
        return Ok(false);
    }
    let sql = "INSERT INTO translation (id, brand_id, mention_id, revision, language, from_language, service,
            characters, masked, at)
         SELECT $1, $2, m.id, $4, $5, $6, $7, $8, $9, $10 FROM mention m
            JOIN content c ON c.id = m.id || '/' || m.revision
         WHERE m.id = $3 AND m.deleted_at IS NULL AND m.revision = $4
         ON CONFLICT (brand_id, mention_id, revision, language) DO NOTHING";
    let done = query(sql)
        .bind(&t.id)
        .bind(&t.brand_id)
        .bind(&t.mention_id)
        .bind(t.revision)
        .bind(&t.language)
        .bind(&t.from_language)
        .bind(&t.service)
        .bind(t.characters)
        .bind(t.masked)
        .bind(t.at)
        .run(tx)
        .await
        .during(what)?;
    if done == 0 {
        return Ok(false);
    }
    let sql = "SELECT m.author_id FROM mention m WHERE m.id = $1";
    let author: String = query(sql).bind(&t.mention_id).one(tx).await.during(what)?;
    let words = t.words.as_deref().unwrap_or_default();
    put_content(tx, &format!("{}/text", t.id), &author, "translation", words).await?;
    Ok(true)
}

/// Ends the turn to ask for a text: the lease goes whole, for there is one for each text.
pub async fn end_turn(tx: &mut Tx, name: &str, owner: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM lease WHERE name = $1 AND owner = $2";
    query(sql).bind(name).bind(owner).run(tx).await.map(|_| ()).during("ending a turn to translate")
}

/// Takes the translations of messages away, words and rows. It stands behind what takes the words of the messages
/// themselves, for there it waits for whoever is just keeping a translation.
pub fn forget(script: &mut Script, mentions: &[(&String,)]) -> Result<(), StoreError> {
    let what = "taking translations away";
    let words = list!(
        script,
        "DELETE FROM content WHERE id IN (SELECT t.id || '/text' FROM",
        "CROSS JOIN translation t WHERE t.mention_id = j.value->>0)"
    );
    script.add(what, words, mentions)?;
    let rows = list!(script, "DELETE FROM translation WHERE mention_id IN (SELECT j.value->>0 FROM", ")");
    script.add(what, rows, mentions)
}

/// Characters and millionths that a credential used in a month.
pub async fn used(tx: &mut Tx, credential: &str, month: &str) -> Result<(i64, i64), StoreError> {
    let sql = "SELECT CAST(COALESCE(SUM(units), 0) AS BIGINT), CAST(COALESCE(SUM(micros), 0) AS BIGINT)
         FROM api_use WHERE credential = $1 AND unit = $2 AND substr(day, 1, 7) = $3";
    query(sql).bind(credential).bind(UNIT).bind(month).one(tx).await.during("reading how much was translated")
}

/// Counts characters on a day before they go out, in `currency`; `false`, and nothing counted, where the month would
/// hold more than `limit` with them.
pub async fn reserve(
    tx: &mut Tx,
    (credential, day, currency): (&str, &str, &str),
    (characters, micros): (i64, i64),
    limit: Option<i64>,
) -> Result<bool, StoreError> {
    // Written first: whoever counts on the same day waits here, so that two cannot both take the last of it.
    count(tx, (credential, day, currency), (characters, micros)).await?;
    let month = day.get(..7).unwrap_or(day);
    let (sum, _) = used(tx, credential, month).await?;
    if limit.is_none_or(|limit| sum <= limit) {
        return Ok(true);
    }
    count(tx, (credential, day, currency), (-characters, -micros)).await?;
    Ok(false)
}

/// Where it is noted how far the characters of a month are used up.
const REACHED: &str = "translation_reached";

/// How far the characters of a month are used up, as leads are to be told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    /// Which service.
    pub service: String,
    /// The month of UTC.
    pub month: String,
    /// The number of the stage of [`crate::domain::money::Stage`].
    pub stage: i64,
    /// Characters that were used.
    pub used: i64,
    /// How many are allowed.
    pub limit: i64,
    /// The stage of which leads were told.
    pub told: i64,
}

/// What was noted last.
pub async fn reached(tx: &mut Tx) -> Result<Option<Reached>, StoreError> {
    let noted = super::chat::note(tx, REACHED).await?;
    Ok(noted.and_then(|text| serde_json::from_str(&text).ok()))
}

/// Notes it.
pub async fn note_reached(tx: &mut Tx, reached: &Reached) -> Result<(), StoreError> {
    let text = super::json("noting how much was translated", reached)?;
    super::chat::set_note(tx, REACHED, &text).await
}

/// Adds to what was counted on a day, or takes away what never went out.
pub async fn count(
    tx: &mut Tx,
    (credential, day, currency): (&str, &str, &str),
    (characters, micros): (i64, i64),
) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO api_use (credential, day, unit, units, micros, currency) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (credential, day, unit) DO UPDATE SET units = api_use.units + excluded.units,
            micros = api_use.micros + excluded.micros, currency = excluded.currency";
    query(sql)
        .bind(credential)
        .bind(day)
        .bind(UNIT)
        .bind(characters)
        .bind(micros)
        .bind(currency)
        .run(tx)
        .await
        .map(|_| ())
        .during("counting what was translated")
}

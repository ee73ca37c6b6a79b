//! Files that customers put into posts: which there are, what became of each, and their bytes.
//!
//! A row names no person; what a file is called, where it came from and what it shows stands in `content` under the
//! row's id. Bytes are cut into pieces and known by the hash of the whole, so that they stand here once; who keeps
//! some or takes some away holds one row of `meta` meanwhile. A file goes with its post, in the same transaction, and
//! within minutes with its content row, whoever took that away.

use super::query::query;
use super::rows::bulk;
use super::script::Script;
use super::taken::Changes;
use super::{During, StoreError, Tx, list, row};
use crate::domain::file::{FileState, FileWhy, Media};
use crate::domain::time::{Span, Timestamp};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// Largest piece, in bytes.
pub const CHUNK_BYTES: usize = 1024 * 1024;

/// A file of a post, to insert.
#[derive(Clone, Debug)]
pub struct FileRow {
    /// The post's id, a point, and the keyed hash of where the file is.
    pub id: String,
    /// The post.
    pub mention_id: String,
    /// Its place among the files of the post.
    pub place: i64,
    /// The source that brought the post.
    pub source: String,
    /// [`FileState`].
    pub state: &'static str,
    /// [`FileWhy`], or empty.
    pub why: &'static str,
    /// When it is fetched.
    pub next_at: Option<i64>,
}

bulk!(FileRow { id, mention_id, place, source, state, why, next_at });

/// Adds the statements that note the files of new and edited posts.
pub fn gather(script: &mut Script, changes: &Changes, now: Timestamp) -> Result<(), StoreError> {
    let sql = list!(
        script,
        "INSERT INTO attachment (id, mention_id, place, source, state, why, next_at, media, attempts, changed_at)
         SELECT j.value->>0, j.value->>1, CAST(j.value->>2 AS BIGINT), j.value->>3, j.value->>4, j.value->>5,
            CAST(j.value->>6 AS BIGINT), '', 0, $2 FROM",
        "WHERE true ON CONFLICT (id) DO UPDATE SET place = excluded.place"
    );
    script.add_at("noting files", sql, &changes.files, now)?;
    // What its author took out of a post is gone as if the post were.
    let left = list!(
        script,
        "INSERT INTO attachment_loose (digest) SELECT DISTINCT a.digest FROM",
        "CROSS JOIN attachment a WHERE a.mention_id = j.value->>0 AND a.digest IS NOT NULL
           AND j.value->>1 NOT LIKE '%' || a.id || '%' ON CONFLICT (digest) DO NOTHING"
    );
    let contents = list!(
        script,
        "DELETE FROM content WHERE id IN (SELECT a.id FROM",
        "CROSS JOIN attachment a WHERE a.mention_id = j.value->>0 AND j.value->>1 NOT LIKE '%' || a.id || '%')"
    );
    let rows = list!(
        script,
        "DELETE FROM attachment WHERE id IN (SELECT a.id FROM",
        "CROSS JOIN attachment a WHERE a.mention_id = j.value->>0 AND j.value->>1 NOT LIKE '%' || a.id || '%')"
    );
    away(script, &changes.files_left, (left, contents, rows))
}

/// Adds the statements that take away the files of posts that are gone, with their bytes.
pub fn remove(script: &mut Script, mentions: &[(&String,)]) -> Result<(), StoreError> {
    let loose = list!(
        script,
        "INSERT INTO attachment_loose (digest) SELECT DISTINCT a.digest FROM",
        "CROSS JOIN attachment a WHERE a.mention_id = j.value->>0 AND a.digest IS NOT NULL
         ON CONFLICT (digest) DO NOTHING"
    );
    let contents = list!(
        script,
        "DELETE FROM content WHERE id IN (SELECT a.id FROM",
        "CROSS JOIN attachment a WHERE a.mention_id = j.value->>0)"
    );
    let rows = list!(script, "DELETE FROM attachment WHERE mention_id IN (SELECT j.value->>0 FROM", ")");
    away(script, mentions, (loose, contents, rows))
}

/// The order in which files go: the turn is taken, their hashes are noted, then words, rows and bytes go.
fn away<T: serde::Serialize>(
    script: &mut Script,
    list: &[T],
    (loose, contents, rows): (&'static str, &'static str, &'static str),
) -> Result<(), StoreError> {
    let what = "taking files away";
    let turn = list!(
        script,
        "UPDATE meta SET value = '' WHERE name = 'attachment_turn' AND EXISTS (SELECT 1 FROM",
        ")"
    );
    script.add(what, turn, list)?;
    script.add(what, loose, list)?;
    script.add(what, contents, list)?;
    script.add(what, rows, list)?;
    script.add(what, BYTES_AWAY_IF, list)?;
    script.add(what, "DELETE FROM attachment_loose WHERE $1 <> ''", list)
}

const BYTES_AWAY_IF: &str =
    "DELETE FROM attachment_chunk WHERE $1 <> '' AND digest IN (SELECT digest FROM attachment_loose)
     AND NOT EXISTS (SELECT 1 FROM attachment a WHERE a.digest = attachment_chunk.digest)
     AND NOT EXISTS (SELECT 1 FROM answer_file f WHERE f.digest = attachment_chunk.digest)";

row! {
    /// A file that is to be fetched.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct DueFile {
        /// Its id.
        pub id: String,
        /// Its post.
        pub mention_id: String,
        /// The source that brought the post.
        pub source: String,
        /// How often it was tried.
        pub attempts: i64,
        /// Since when it is due.
        pub next_at: i64,
        /// What its source tells of it, a JSON object, if that is still there.
        pub body: Option<String>,
    }
}

/// Takes up files that are due, at most `limit`, those that were tried least first, so that a server that hangs holds
/// up no others: they count as tried, and come due again after `span` if nobody says
/// what became of them, as after the end of a process.
pub async fn take_due(
    tx: &mut Tx,
    now: Timestamp,
    span: Span,
    limit: i64,
) -> Result<Vec<DueFile>, StoreError> {
    let what = "taking files up";
    let sql = tx.pick(
        "SELECT a.id, a.mention_id, a.source, a.attempts, a.next_at, c.body FROM attachment a
         LEFT JOIN content c ON c.id = a.id WHERE a.state = 'waiting' AND a.next_at <= $1 ORDER BY a.attempts, a.next_at LIMIT $2",
        "SELECT a.id, a.mention_id, a.source, a.attempts, a.next_at, c.body FROM attachment a
         LEFT JOIN content c ON c.id = a.id WHERE a.state = 'waiting' AND a.next_at <= $1 ORDER BY a.attempts, a.next_at LIMIT $2
         FOR UPDATE OF a SKIP LOCKED",
    );
    let found: Vec<DueFile> = query(sql).bind(now.millis()).bind(limit).all(tx).await.during(what)?;
    let again = now.plus(span).millis();
    for file in &found {
        let sql = "UPDATE attachment SET attempts = attempts + 1, next_at = $2 WHERE id = $1";
        query(sql).bind(&file.id).bind(again).run(tx).await.map(|_| ()).during(what)?;
    }
    Ok(found)
}

/// When the next file is due, if any waits.
pub async fn next_due(tx: &mut Tx) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT MIN(next_at) FROM attachment WHERE state = 'waiting'";
    let (at,): (Option<i64>,) = query(sql).one(tx).await.during("looking for files")?;
    Ok(at)
}

/// Puts a try off.
pub async fn later(tx: &mut Tx, id: &str, at: Timestamp, now: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE attachment SET next_at = $2, changed_at = $3 WHERE id = $1 AND state = 'waiting'";
    query(sql)
        .bind(id)
        .bind(at.millis())
        .bind(now.millis())
        .run(tx)
        .await
        .map(|_| ())
        .during("putting a file off")
}

/// Says that a file will not be here; tells whether it still waited.
pub async fn end(
    tx: &mut Tx,
    id: &str,
    state: FileState,
    why: Option<FileWhy>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE attachment SET state = $2, why = $3, next_at = NULL, changed_at = $4
         WHERE id = $1 AND state = 'waiting'";
    let why = why.map_or("", FileWhy::code);
    let done = query(sql).bind(id).bind(state.code()).bind(why).bind(now.millis()).run(tx).await;
    Ok(done.during("ending a file")? > 0)
}

/// A file as it is kept.
#[derive(Clone, Debug)]
pub struct Keeping {
    /// What it is.
    pub media: Media,
    /// Its width and height in pixels, for a picture.
    pub size: Option<(i64, i64)>,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Keeps a file; tells whether it still waited. Of a post that was taken away meanwhile nothing is kept.
pub async fn keep(tx: &mut Tx, id: &str, file: &Keeping, now: Timestamp) -> Result<bool, StoreError> {
    let what = "keeping a file";
    let sql = "UPDATE meta SET value = '' WHERE name = 'attachment_turn'";
    query(sql).run(tx).await.map(|_| ()).during(what)?;
    let digest = Sha256::digest(&file.bytes).iter().fold(String::with_capacity(64), |mut hex, b| {
        let _ = write!(hex, "{b:02x}");
        hex
    });
    let sql =
        "UPDATE attachment SET state = 'kept', why = '', next_at = NULL, media = $2, bytes = $3, width = $4,
            height = $5, digest = $6, changed_at = $7
         WHERE id = $1 AND state = 'waiting' AND EXISTS (SELECT 1 FROM content c WHERE c.id = attachment.id)
           AND EXISTS (SELECT 1 FROM mention m WHERE m.id = attachment.mention_id AND m.deleted_at IS NULL)";
    let done = query(sql)
        .bind(id)
        .bind(file.media.mime())
        .bind(file.bytes.len() as i64)
        .bind(file.size.map(|s| s.0))
        .bind(file.size.map(|s| s.1))
        .bind(&digest)
        .bind(now.millis())
        .run(tx)
        .await;
    if done.during(what)? == 0 {
        return Ok(false);
    }
    for (n, piece) in file.bytes.chunks(CHUNK_BYTES).enumerate() {
        let sql = "INSERT INTO attachment_chunk (digest, n, body) VALUES ($1, $2, $3) ON CONFLICT (digest, n) DO NOTHING";
        query(sql).bind(&digest).bind(n as i64).bind(piece).run(tx).await.map(|_| ()).during(what)?;
    }
    Ok(true)
}

row! {
    /// A file as a page shows it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ShownFile {
        /// Its id.
        pub id: String,
        /// Its post.
        pub mention_id: String,
        /// [`FileState`].
        pub state: String,
        /// [`FileWhy`], or empty.
        pub why: String,
        /// What it is, if it is kept.
        pub media: String,
        /// How many bytes it has, if it is kept.
        pub bytes: Option<i64>,
        /// Its width in pixels.
        pub width: Option<i64>,
        /// Its height in pixels.
        pub height: Option<i64>,
        /// What its source tells of it, a JSON object, if that is still there.
        pub body: Option<String>,
    }
}

/// The files of a case's messages, in the order in which they stand there.
pub async fn of_case(
    tx: &mut Tx,
    brand_id: &str,
    case_id: &str,
    limit: i64,
) -> Result<Vec<ShownFile>, StoreError> {
    let sql = "SELECT a.id, a.mention_id, a.state, a.why, a.media, a.bytes, a.width, a.height, c.body
         FROM judgement g JOIN mention m ON m.id = g.mention_id AND m.revision = g.revision
         JOIN attachment a ON a.mention_id = m.id JOIN content c ON c.id = a.id
         WHERE g.brand_id = $1 AND g.case_id = $2 AND m.deleted_at IS NULL ORDER BY a.mention_id, a.place LIMIT $3";
    query(sql).bind(brand_id).bind(case_id).bind(limit).all(tx).await.during("reading the files of a case")
}

row! {
    /// A kept file, to be handed out.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct KeptFile {
        /// The hash of its bytes.
        pub digest: String,
        /// What it is.
        pub media: String,
        /// Its place among the files of its post.
        pub place: i64,
        /// Where personal data stands in its post, a JSON array.
        pub personal_data: String,
        /// Who has claimed the case.
        pub claimed_by: Option<String>,
        /// Until when.
        pub claimed_until: Option<i64>,
    }
}

/// A kept file of a message of a case, if there is one of that id and its post still stands.
pub async fn kept(
    tx: &mut Tx,
    brand_id: &str,
    case_id: &str,
    id: &str,
) -> Result<Option<KeptFile>, StoreError> {
    let sql = "SELECT a.digest, a.media, a.place, g.personal_data, k.claimed_by, k.claimed_until
         FROM attachment a JOIN mention m ON m.id = a.mention_id JOIN content c ON c.id = a.id
         JOIN judgement g ON g.mention_id = m.id AND g.revision = m.revision JOIN cases k ON k.id = g.case_id
         WHERE a.id = $3 AND g.brand_id = $1 AND g.case_id = $2 AND k.brand_id = $1 AND a.state = 'kept'
           AND a.digest IS NOT NULL AND m.deleted_at IS NULL";
    query(sql).bind(brand_id).bind(case_id).bind(id).maybe(tx).await.during("reading a file")
}

/// The bytes of a hash.
pub async fn bytes(tx: &mut Tx, digest: &str) -> Result<Vec<u8>, StoreError> {
    let sql = "SELECT body FROM attachment_chunk WHERE digest = $1 ORDER BY n";
    let pieces: Vec<(Vec<u8>,)> =
        query(sql).bind(digest).all(tx).await.during("reading the bytes of a file")?;
    Ok(pieces.into_iter().flat_map(|(piece,)| piece).collect())
}

/// Files whose fetching was switched off are to be fetched after all; returns how many.
pub async fn wake_off(tx: &mut Tx, now: Timestamp) -> Result<u64, StoreError> {
    let sql = "UPDATE attachment SET state = 'waiting', why = '', attempts = 0, next_at = $1, changed_at = $1
         WHERE state = 'refused' AND why = 'off'";
    query(sql).bind(now.millis()).run(tx).await.during("waking files")
}

/// Files whose own words or whose post's words are gone, whoever took them away, a few hundred at once; not where those
/// are kept for a hold.
pub async fn lost(tx: &mut Tx) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT a.id FROM attachment a LEFT JOIN content c ON c.id = a.id
         LEFT JOIN mention m ON m.id = a.mention_id LEFT JOIN content w ON w.id = m.id || '/' || m.revision
         LEFT JOIN content h ON h.id = 'held/' || m.id || '/' || m.revision
         WHERE c.id IS NULL OR (w.id IS NULL AND h.id IS NULL) LIMIT 500";
    let found: Vec<(String,)> = query(sql).all(tx).await.during("looking for files without words")?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// Takes such files away, with bytes that belong to no file any more.
pub async fn drop_lost(tx: &mut Tx, ids: &[String]) -> Result<(), StoreError> {
    let what = "taking files away";
    let sql = "UPDATE meta SET value = '' WHERE name = 'attachment_turn'";
    query(sql).run(tx).await.map(|_| ()).during(what)?;
    for id in ids {
        for sql in ["DELETE FROM content WHERE id = $1", "DELETE FROM attachment WHERE id = $1"] {
            query(sql).bind(id).run(tx).await.map(|_| ()).during(what)?;
        }
    }
    let sql = "DELETE FROM attachment_chunk WHERE NOT EXISTS
            (SELECT 1 FROM attachment a WHERE a.digest = attachment_chunk.digest)
         AND NOT EXISTS (SELECT 1 FROM answer_file f WHERE f.digest = attachment_chunk.digest)";
    query(sql).run(tx).await.map(|_| ()).during(what)
}

/// How many files there are by state, and how many bytes they have in all.
pub async fn counts(tx: &mut Tx) -> Result<Vec<(String, i64, i64)>, StoreError> {
    let sql =
        "SELECT state, COUNT(*), CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM attachment GROUP BY state";
    query(sql).all(tx).await.during("counting files")
}

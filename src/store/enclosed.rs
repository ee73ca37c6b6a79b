//! Files that go along with our answers: whose draft they stand in, with which answer they wait or went.
//!
//! A row names no customer; what a file is called and shows is `content` under the row's id, with the case's author as
//! its subject, so that an erasure takes it. Bytes are pieces beside those of customers' files. A row whose words are
//! gone is taken away within minutes, and its bytes with it unless another file is the same.

use super::attachment::CHUNK_BYTES;
use super::each::find_each;
use super::query::query;
use super::script::Script;
use super::{During, StoreError, Tx, list, row};
use crate::domain::time::Timestamp;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

row! {
    /// A file of ours.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct FileOfOurs {
        /// Its id.
        pub id: String,
        /// Who put it in.
        pub person_id: String,
        /// `draft`, `asked` or `going`.
        pub state: String,
        /// What it waits or goes with: a pass or an action; empty in a draft.
        pub goes_with: String,
        /// Its place among those it goes with.
        pub place: i64,
        /// Its media type.
        pub media: String,
        /// How many bytes it has.
        pub bytes: i64,
        /// Its width in pixels, for a picture.
        pub width: Option<i64>,
        /// Its height in pixels.
        pub height: Option<i64>,
        /// The hash of its bytes.
        pub digest: String,
        /// What it is called and shows, a JSON object.
        pub body: String,
    }
}

/// A file to be kept.
#[derive(Clone, Debug)]
pub struct New {
    /// Its id.
    pub id: String,
    /// The brand.
    pub brand_id: String,
    /// The case.
    pub case_id: String,
    /// The author of the case, whose erasure takes it.
    pub subject: String,
    /// Who puts it in.
    pub person_id: String,
    /// Its media type.
    pub media: &'static str,
    /// Width and height in pixels.
    pub size: Option<(i64, i64)>,
    /// What it is called and shows, a JSON object.
    pub body: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The hash by which bytes are known.
pub fn digest_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, b| {
        let _ = write!(hex, "{b:02x}");
        hex
    })
}

/// Keeps a file in somebody's draft, behind those that stand there.
pub async fn add(tx: &mut Tx, new: &New, now: Timestamp) -> Result<(), StoreError> {
    let what = "keeping a file of ours";
    turn(tx).await?;
    let digest = digest_of(&new.bytes);
    super::answer::put_content(tx, &new.id, &new.subject, "answer_file", &new.body).await?;
    let sql =
        "INSERT INTO answer_file (id, brand_id, case_id, person_id, state, goes_with, place, media, bytes, width,
            height, digest, created_at)
         VALUES ($1, $2, $3, $4, 'draft', '', (SELECT COALESCE(MAX(place), 0) + 1 FROM answer_file
            WHERE brand_id = $2 AND case_id = $3), $5, $6, $7, $8, $9, $10)";
    query(sql)
        .bind(&new.id)
        .bind(&new.brand_id)
        .bind(&new.case_id)
        .bind(&new.person_id)
        .bind(new.media)
        .bind(new.bytes.len() as i64)
        .bind(new.size.map(|s| s.0))
        .bind(new.size.map(|s| s.1))
        .bind(&digest)
        .bind(now.millis())
        .run(tx)
        .await
        .map(|_| ())
        .during(what)?;
    for (n, piece) in new.bytes.chunks(CHUNK_BYTES).enumerate() {
        let sql = "INSERT INTO attachment_chunk (digest, n, body) VALUES ($1, $2, $3) ON CONFLICT (digest, n) DO NOTHING";
        query(sql).bind(&digest).bind(n as i64).bind(piece).run(tx).await.map(|_| ()).during(what)?;
    }
    Ok(())
}

/// The files of a case, in their places.
pub async fn of_case(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<Vec<FileOfOurs>, StoreError> {
    let sql = "SELECT f.id, f.person_id, f.state, f.goes_with, f.place, f.media, f.bytes, f.width, f.height, f.digest,
            c.body
         FROM answer_file f JOIN content c ON c.id = f.id WHERE f.brand_id = $1 AND f.case_id = $2
         ORDER BY f.place LIMIT 500";
    query(sql).bind(brand_id).bind(case_id).all(tx).await.during("reading files of ours")
}

/// The files in somebody's draft, in their places.
pub async fn of_draft(
    tx: &mut Tx,
    (brand_id, case_id): (&str, &str),
    person_id: &str,
) -> Result<Vec<FileOfOurs>, StoreError> {
    let all = of_case(tx, brand_id, case_id).await?;
    Ok(all.into_iter().filter(|f| f.state == "draft" && f.person_id == person_id).collect())
}

/// The files that go along with these actions.
pub async fn of_actions(tx: &mut Tx, actions: &[String]) -> Result<Vec<FileOfOurs>, StoreError> {
    let what = "reading files that go along";
    let sql = list!(
        tx,
        "SELECT f.id, f.person_id, f.state, f.goes_with, f.place, f.media, f.bytes, f.width, f.height, f.digest, c.body
         FROM",
        "CROSS JOIN answer_file f JOIN content c ON c.id = f.id WHERE f.goes_with = j.value->>0 AND f.state = 'going'
         ORDER BY f.place"
    );
    find_each(tx, what, sql, actions).await
}

/// How many files an action was made with, words or not: one whose words are gone must not leave as less.
pub async fn counts(tx: &mut Tx, actions: &[String]) -> Result<Vec<(String, i64)>, StoreError> {
    let what = "counting files that go along";
    let sql = list!(
        tx,
        "SELECT f.goes_with, COUNT(*) FROM",
        "CROSS JOIN answer_file f WHERE f.goes_with = j.value->>0 AND f.state = 'going' GROUP BY f.goes_with"
    );
    find_each(tx, what, sql, actions).await
}

/// Puts files with what they wait or go with (`asked` or `going`), or back into somebody's draft.
pub async fn put_with(
    tx: &mut Tx,
    ids: &[String],
    (state, goes_with): (&str, &str),
    person_id: Option<&str>,
) -> Result<(), StoreError> {
    for id in ids {
        let sql = "UPDATE answer_file SET state = $2, goes_with = $3, person_id = COALESCE($4, person_id) WHERE id = $1";
        query(sql)
            .bind(id)
            .bind(state)
            .bind(goes_with)
            .bind(person_id)
            .run(tx)
            .await
            .map(|_| ())
            .during("putting files with an answer")?;
    }
    Ok(())
}

async fn turn(tx: &mut Tx) -> Result<(), StoreError> {
    let sql = "UPDATE meta SET value = '' WHERE name = 'attachment_turn'";
    query(sql).run(tx).await.map(|_| ()).during("taking the turn of files")
}

/// Takes files away: words, rows, and bytes that belong to no file any more.
pub async fn remove(tx: &mut Tx, files: &[FileOfOurs]) -> Result<(), StoreError> {
    let what = "taking files of ours away";
    if files.is_empty() {
        return Ok(());
    }
    turn(tx).await?;
    for file in files {
        for sql in ["DELETE FROM content WHERE id = $1", "DELETE FROM answer_file WHERE id = $1"] {
            query(sql).bind(&file.id).run(tx).await.map(|_| ()).during(what)?;
        }
        let sql = "DELETE FROM attachment_chunk WHERE digest = $1
             AND NOT EXISTS (SELECT 1 FROM attachment a WHERE a.digest = $1)
             AND NOT EXISTS (SELECT 1 FROM answer_file f WHERE f.digest = $1)";
        query(sql).bind(&file.digest).run(tx).await.map(|_| ()).during(what)?;
    }
    Ok(())
}

/// Lets the words of files go that were about to be sent about posts that are gone; rows and bytes follow.
pub fn forget_of_posts(script: &mut Script, posts: &[(&String,)]) -> Result<(), StoreError> {
    let sql = list!(
        script,
        "DELETE FROM content WHERE id IN (SELECT f.id FROM",
        "JOIN action a ON a.mention_id = j.value->>0 AND a.state = 'cancelled' JOIN answer_file f ON f.goes_with = a.id)"
    );
    script.add("letting files of ours go", sql, posts)
}

/// Files of ours whose words are gone, whoever took them away, a few hundred at once.
pub async fn lost(tx: &mut Tx) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT f.id, f.digest FROM answer_file f LEFT JOIN content c ON c.id = f.id WHERE c.id IS NULL LIMIT 500";
    query(sql).all(tx).await.during("looking for files of ours without words")
}

/// Takes rows away whose words are gone, with bytes that belong to no file any more.
pub async fn drop_lost(tx: &mut Tx, lost: &[(String, String)]) -> Result<(), StoreError> {
    let bare = |(id, digest): &(String, String)| FileOfOurs {
        id: id.clone(),
        person_id: String::new(),
        state: String::new(),
        goes_with: String::new(),
        place: 0,
        media: String::new(),
        bytes: 0,
        width: None,
        height: None,
        digest: digest.clone(),
        body: String::new(),
    };
    let files: Vec<FileOfOurs> = lost.iter().map(bare).collect();
    remove(tx, &files).await
}

//! Where the mail addresses of customers of other platforms stand: in what they said in private, and as the senders
//! of mails that a case of theirs took in.

use super::query::query;
use super::{During, StoreError, Tx};

/// The platform of mails.
const MAIL: &str = "email";

/// What a customer said in private in a case, by no mail, that still stands: where its words stand, which another version
/// of them does not, and the words, a JSON object; latest first. Of others who write in a talk of theirs it is nothing.
pub async fn said_in_private(
    tx: &mut Tx,
    brand_id: &str,
    case_id: &str,
    limit: i64,
) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT c.id, c.body FROM judgement g JOIN cases k ON k.id = g.case_id AND k.brand_id = g.brand_id
         JOIN mention m ON m.id = g.mention_id AND m.revision = g.revision
         JOIN content c ON c.id = m.id || '/' || m.revision
         WHERE g.brand_id = $1 AND g.case_id = $2 AND m.private = 1 AND m.deleted_at IS NULL AND m.platform <> $3
           AND (m.author_id = k.author_id OR NOT EXISTS (SELECT 1 FROM mention e
                WHERE e.conversation_id = m.conversation_id AND e.private = 1 AND e.author_id <> m.author_id
                    AND (e.posted_at < m.posted_at OR (e.posted_at = m.posted_at AND e.seq < m.seq))))
         ORDER BY m.posted_at DESC, m.id DESC LIMIT $4";
    query(sql)
        .bind(brand_id)
        .bind(case_id)
        .bind(MAIL)
        .bind(limit)
        .all(tx)
        .await
        .during("reading what was said in private")
}

/// The mail accounts whose mails cases of the same customer took in, of this brand only: account and address. Whoever
/// was let into a talk that another began is somebody else.
pub async fn mailed_as(
    tx: &mut Tx,
    brand_id: &str,
    case_id: &str,
) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT DISTINCT w.id, w.external_id FROM cases o JOIN cases k ON k.author_id = o.author_id
         JOIN judgement g ON g.brand_id = k.brand_id AND g.case_id = k.id
         JOIN mention m ON m.id = g.mention_id JOIN author w ON w.id = m.author_id
         WHERE o.brand_id = $1 AND o.id = $2 AND k.brand_id = $1 AND m.platform = $3 AND w.erased_at IS NULL
           AND (m.author_id = k.author_id OR NOT EXISTS (SELECT 1 FROM mention e
                WHERE e.conversation_id = m.conversation_id AND e.private = 1 AND e.author_id <> m.author_id
                    AND (e.posted_at < m.posted_at OR (e.posted_at = m.posted_at AND e.seq < m.seq))))
         ORDER BY w.id LIMIT 10";
    query(sql)
        .bind(brand_id)
        .bind(case_id)
        .bind(MAIL)
        .all(tx)
        .await
        .during("reading by which addresses a customer wrote")
}

//! First-time resolution: which cases of a brand were resolved for the first time in a period, and which contacts of
//! the same customer about the same matter followed.

use super::query::query;
use super::{During, StoreError, Tx, row};
use crate::domain::time::Timestamp;

row! {
    /// A case that was resolved for the first time.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Resolved {
        /// The case.
        pub case_id: String,
        /// Its short number.
        pub number: i64,
        /// The platform.
        pub platform: String,
        /// The language.
        pub language: String,
        /// `P1` … `P5`.
        pub level: String,
        /// Its sector; empty for none.
        pub sector: String,
        /// When.
        pub at: i64,
    }
}

/// The cases of brand `$1` that were resolved for the first time from `$2` until before `$3`; one that was joined to
/// another case counts there.
macro_rules! resolved {
    ($after:literal) => {
        concat!(
            "WITH r AS (SELECT k.id AS case_id, k.number, k.platform, k.language, k.level, k.author_id, k.conversation_id, k.intent,
                MIN(e.at) AS at
             FROM case_event e JOIN cases k ON k.id = e.case_id AND k.brand_id = e.brand_id
             WHERE e.kind = 'resolve' AND e.at >= $2 AND e.at < $3 AND e.brand_id = $1
               AND k.sample = 0 AND k.historic = 0 AND k.needs_answer = 1
               AND NOT EXISTS (SELECT 1 FROM conversation w
                    WHERE w.id = k.conversation_id AND w.merged_into IS NOT NULL)
               AND NOT EXISTS (SELECT 1 FROM case_event p WHERE p.case_id = e.case_id AND p.kind = 'resolve'
                    AND p.at < $2)
             GROUP BY k.id, k.number, k.platform, k.language, k.level, k.author_id, k.conversation_id, k.intent) ",
            $after
        )
    };
}

/// The cases, by number.
pub async fn resolved(
    tx: &mut Tx,
    brand_id: &str,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Resolved>, StoreError> {
    let sql = resolved!(
        "SELECT r.case_id, r.number, r.platform, r.language, 'P' || CAST(r.level AS TEXT) AS level,
            COALESCE((SELECT s.sector FROM case_sector s WHERE s.brand_id = $1 AND s.case_id = r.case_id), '') AS sector,
            r.at
         FROM r ORDER BY r.number"
    );
    query(sql)
        .bind(brand_id)
        .bind(from.millis())
        .bind(to.millis())
        .all(tx)
        .await
        .during("reading what was resolved")
}

/// The contacts that followed within `$4` milliseconds.
const FOLLOWED: &str = resolved!(
    // An account is the same customer's where a case of one took in what the other wrote.
    ", a AS (SELECT r.case_id, r.author_id FROM r
            UNION SELECT r.case_id, m.author_id
             FROM r JOIN cases k ON k.author_id = r.author_id AND k.brand_id = $1
                JOIN judgement g ON g.brand_id = k.brand_id AND g.case_id = k.id JOIN mention m ON m.id = g.mention_id
            UNION SELECT r.case_id, v.merged_as
             FROM r JOIN cases k ON k.author_id = r.author_id AND k.brand_id = $1
                JOIN conversation v ON v.id = k.conversation_id
             WHERE v.merged_as IS NOT NULL),
         same AS (SELECT r.case_id, o.case_id AS other_id
             FROM r JOIN customer_key y ON y.brand_id = $1 AND y.case_id = r.case_id
                JOIN customer_key o ON o.brand_id = $1 AND o.hash = y.hash
             WHERE o.case_id <> r.case_id GROUP BY r.case_id, o.case_id)
         SELECT r.case_id, m.posted_at AS at, m.platform AS how
         FROM r JOIN judgement g ON g.brand_id = $1 AND g.case_id = r.case_id
            JOIN mention m ON m.id = g.mention_id AND m.revision = g.revision
         WHERE m.posted_at > r.at AND m.posted_at <= r.at + $4
           AND COALESCE((SELECT c.became FROM correction c WHERE c.brand_id = g.brand_id
                AND c.mention_id = g.mention_id AND c.field = 'needs_answer'
                ORDER BY c.at DESC, c.id DESC LIMIT 1), CAST(g.needs_answer AS TEXT)) = '1'
         UNION ALL
         SELECT r.case_id, n.opened_at, n.platform
         FROM r JOIN a ON a.case_id = r.case_id JOIN cases n ON n.author_id = a.author_id AND n.brand_id = $1
            AND n.opened_at > r.at AND n.opened_at <= r.at + $4
         WHERE n.id <> r.case_id AND n.needs_answer = 1
           AND (n.previous_case_id = r.case_id
                OR NOT EXISTS (SELECT 1 FROM case_customer y WHERE y.case_id = n.id)
                OR EXISTS (SELECT 1 FROM same z WHERE z.case_id = r.case_id AND z.other_id = n.id))
           AND (n.previous_case_id = r.case_id OR n.conversation_id = r.conversation_id OR n.intent = r.intent
                OR EXISTS (SELECT 1 FROM case_sector s JOIN case_sector o ON o.sector = s.sector
                    WHERE s.brand_id = $1 AND s.case_id = r.case_id AND s.sector <> ''
                      AND o.brand_id = $1 AND o.case_id = n.id))
         UNION ALL
         SELECT r.case_id, n.opened_at, n.platform
         FROM r JOIN same z ON z.case_id = r.case_id JOIN cases n ON n.id = z.other_id AND n.brand_id = $1
            AND n.opened_at > r.at AND n.opened_at <= r.at + $4
         WHERE n.needs_answer = 1
           AND NOT EXISTS (SELECT 1 FROM a WHERE a.case_id = r.case_id AND a.author_id = n.author_id)
           AND (n.intent = r.intent
                OR EXISTS (SELECT 1 FROM case_sector s JOIN case_sector o ON o.sector = s.sector
                    WHERE s.brand_id = $1 AND s.case_id = r.case_id AND s.sector <> ''
                      AND o.brand_id = $1 AND o.case_id = n.id))
         UNION ALL
         SELECT r.case_id, v.at, 'ticket'
         FROM r JOIN case_event v ON v.case_id = r.case_id AND v.kind = 'ticket_reopened'
         WHERE v.at > r.at AND v.at <= r.at + $4
         UNION ALL
         SELECT r.case_id, l.opened_at, 'ticket'
         FROM r JOIN ticket_link l ON l.brand_id = $1 AND l.case_id = r.case_id AND l.action_id IS NULL
         WHERE l.opened_at > r.at AND l.opened_at <= r.at + $4
         UNION ALL
         SELECT r.case_id, o.at, o.kind
         FROM r JOIN other_contact o ON o.brand_id = $1 AND o.case_id = r.case_id
         WHERE o.at > r.at AND o.at <= r.at + $4
         UNION ALL
         SELECT r.case_id, o.at, o.kind
         FROM r JOIN same z ON z.case_id = r.case_id JOIN cases n ON n.id = z.other_id AND n.brand_id = $1
            JOIN other_contact o ON o.brand_id = $1 AND o.case_id = n.id
         WHERE o.at > r.at AND o.at <= r.at + $4
           AND (n.intent = r.intent OR EXISTS (SELECT 1 FROM case_sector s JOIN case_sector q ON q.sector = s.sector
                WHERE s.brand_id = $1 AND s.case_id = r.case_id AND s.sector <> ''
                  AND q.brand_id = $1 AND q.case_id = n.id))
         ORDER BY 1, 2"
);

/// The contacts that followed within `span_ms`: case, when, and by which channel. They are: a later message of the
/// case that needs an answer; another case of the same customer, by this account or one that was joined with it, on the
/// same matter (it follows that case, or is of its conversation, sector or intent). Where somebody said that the customer
/// is not who wrote, what that customer gave decides: another reporter about them counts, and the same reporter about
/// somebody else does not; a ticket of the case that was opened again, or made afterwards; a contact
/// elsewhere that somebody wrote down.
pub async fn followed(
    tx: &mut Tx,
    brand_id: &str,
    from: Timestamp,
    to: Timestamp,
    span_ms: i64,
) -> Result<Vec<(String, i64, String)>, StoreError> {
    let sql = FOLLOWED;
    query(sql)
        .bind(brand_id)
        .bind(from.millis())
        .bind(to.millis())
        .bind(span_ms)
        .all(tx)
        .await
        .during("reading which contacts followed")
}

/// The channels by which anything came in since an instant: platforms of cases, kinds of contacts elsewhere, and
/// `ticket` where cases are tied to tickets.
pub async fn channels(tx: &mut Tx, brand_id: &str, since: Timestamp) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT DISTINCT platform FROM cases WHERE brand_id = $1 AND opened_at >= $2
         UNION SELECT DISTINCT kind FROM other_contact WHERE brand_id = $1 AND at >= $2
         UNION SELECT 'ticket' FROM ticket_link WHERE brand_id = $1 AND linked_at >= $2
         ORDER BY 1";
    let rows: Vec<(String,)> = query(sql)
        .bind(brand_id)
        .bind(since.millis())
        .all(tx)
        .await
        .during("reading which channels are seen")?;
    Ok(rows.into_iter().map(|(name,)| name).collect())
}

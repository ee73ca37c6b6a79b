//! What the first attempt to make a ticket said, kept with its action; and what waits for a ticket that is made late.

use super::query::query;
use super::{During, StoreError, Tx};
use crate::domain::time::Timestamp;

/// Keeps what an action for a ticket asks for, where nobody kept anything since it was as `before`; `of` are its brand
/// and its id.
pub async fn keep(tx: &mut Tx, of: (&str, &str), (before, payload): (&str, &str)) -> Result<(), StoreError> {
    let sql = "UPDATE action SET payload = $3
         WHERE brand_id = $1 AND id = $2 AND kind = 'ticket_create' AND payload = $4";
    query(sql)
        .bind(of.0)
        .bind(of.1)
        .bind(payload)
        .bind(before)
        .run(tx)
        .await
        .map(|_| ())
        .during("keeping what a new ticket says")
}

/// What an action for a ticket asks for, as it is kept now.
pub async fn kept(tx: &mut Tx, of: (&str, &str)) -> Result<Option<String>, StoreError> {
    let sql = "SELECT payload FROM action WHERE brand_id = $1 AND id = $2";
    let found: Option<(String,)> =
        query(sql).bind(of.0).bind(of.1).maybe(tx).await.during("reading what a new ticket says")?;
    Ok(found.map(|(text,)| text))
}

/// Lets go after all what a link's ticket was to be told of a case (brand, id) and was refused because of `why`: that it did
/// not stand yet.
pub async fn tell_after_all(
    tx: &mut Tx,
    of: (&str, &str),
    (link, why): (&str, &str),
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "UPDATE action SET state = 'ready', not_before = $5, settled_at = NULL
         WHERE brand_id = $1 AND case_id = $2 AND kind IN ('ticket_note', 'ticket_status') AND state = 'refused'
            AND detail = $4 AND payload LIKE ('%\"link\":\"' || $3 || '\"%')";
    query(sql)
        .bind(of.0)
        .bind(of.1)
        .bind(link)
        .bind(why)
        .bind(now.millis())
        .run(tx)
        .await
        .map(|_| ())
        .during("telling a ticket that is made now")
}

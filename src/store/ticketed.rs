//! What the first attempt to make a ticket said, kept with its action.

use super::query::query;
use super::{During, StoreError, Tx};

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

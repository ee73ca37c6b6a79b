//! Statements over lists: what is looked up by many keys at once, and ids, which travel as rows of one text.

use super::query::{Read, query};
use super::{During, StoreError, Tx, json};

/// A row of one text.
pub(super) type One<'a> = (&'a String,);

/// Texts as rows of one, the form in which `list!` reads them.
pub(super) fn each(texts: &[String]) -> Vec<One<'_>> {
    texts.iter().map(|one| (one,)).collect()
}

/// The same as the JSON in which it travels to the database.
pub(super) fn each_json(what: &'static str, texts: &[String]) -> Result<String, StoreError> {
    json(what, &each(texts))
}

/// Looks up what a statement finds for each of these keys; an empty list finds nothing without asking.
pub(super) async fn find<T, K>(
    tx: &mut Tx,
    what: &'static str,
    sql: &'static str,
    keys: &[K],
) -> Result<Vec<T>, StoreError>
where
    T: Read,
    K: serde::Serialize,
{
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let text = json(what, keys)?;
    query(sql).bind(text).all(tx).await.during(what)
}

/// The same for texts.
pub(super) async fn find_each<T: Read>(
    tx: &mut Tx,
    what: &'static str,
    sql: &'static str,
    texts: &[String],
) -> Result<Vec<T>, StoreError> {
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    let text = each_json(what, texts)?;
    query(sql).bind(text).all(tx).await.during(what)
}

//! The words of answers that were proposed in the chat and wait for the press that sends them.
//!
//! They are content like all words, under the message that shows the preview, with the author of the
//! case as their subject; they go when the answer is sent, cancelled or a day old.

use super::answer::put_content;
use super::chat::CardRow;
use super::query::query;
use super::{During, StoreError, Tx};
use crate::domain::time::{Span, Timestamp};

/// How long proposed words are kept.
pub const KEPT_FOR: Span = Span::days(1);

fn place(chat: &str, message: &str) -> String {
    format!("chat/{chat}/{message}")
}

/// Keeps the words behind a preview; `subject` is the author of the case.
pub async fn put(
    tx: &mut Tx,
    chat: &str,
    message: &str,
    subject: &str,
    text: &str,
) -> Result<(), StoreError> {
    put_content(tx, &place(chat, message), subject, "draft", text).await
}

/// The words behind a preview, if they are still kept.
pub async fn words(tx: &mut Tx, chat: &str, message: &str) -> Result<Option<String>, StoreError> {
    let (id, sql) = (place(chat, message), "SELECT body FROM content WHERE id = $1");
    let found: Option<(String,)> = query(sql).bind(id).maybe(tx).await.during("reading a proposed answer")?;
    Ok(found.map(|(body,)| body))
}

/// The messages of a kind that were shown in a chat since an instant, the latest first; few at most.
pub async fn since(
    tx: &mut Tx,
    credential: &str,
    (chat, kind): (&str, &str),
    since: Timestamp,
) -> Result<Vec<CardRow>, StoreError> {
    let sql = "SELECT * FROM chat_card WHERE credential = $1 AND chat = $2 AND kind = $3 AND created_at >= $4
         ORDER BY created_at DESC LIMIT 50";
    query(sql)
        .bind(credential)
        .bind(chat)
        .bind(kind)
        .bind(since.millis())
        .all(tx)
        .await
        .during("reading what was shown")
}

/// Forgets the words behind a preview.
pub async fn drop(tx: &mut Tx, chat: &str, message: &str) -> Result<(), StoreError> {
    let (id, sql) = (place(chat, message), "DELETE FROM content WHERE id = $1");
    query(sql).bind(id).run(tx).await.map(|_| ()).during("dropping a proposed answer")
}

/// Forgets the words behind previews shown before an instant; a preview that still shows them is to be edited.
pub async fn forget(tx: &mut Tx, credential: &str, before: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE chat_card SET stale_at = $2
         WHERE credential = $1 AND kind IN ('answer', 'private', 'given') AND created_at < $2 AND EXISTS (SELECT 1 FROM content c
            WHERE c.id = 'chat/' || chat_card.chat || '/' || chat_card.message)";
    let what = "marking old previews";
    query(sql).bind(credential).bind(before.millis()).run(tx).await.map(|_| ()).during(what)?;
    let sql = "DELETE FROM content WHERE id IN (SELECT 'chat/' || chat || '/' || message FROM chat_card
            WHERE credential = $1 AND kind IN ('answer', 'private', 'given') AND created_at < $2)";
    query(sql)
        .bind(credential)
        .bind(before.millis())
        .run(tx)
        .await
        .map(|_| ())
        .during("dropping proposed answers")
}

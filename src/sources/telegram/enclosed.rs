//! Files that go along with an answer: they and the words are one call, so that neither arrives without the other.
//!
//! One picture is a photo, one of everything else a document, several are an album; the words are what stands below the
//! first. Bot API (`sendPhoto`, `sendDocument`, `sendMediaGroup`), as of November 2026.

use crate::domain::enclosed::FileLimits;
use crate::domain::file::Media;
use crate::http_client::form::Form;
use crate::sources::reply::GoingFile;
use serde_json::{Value, json};
use std::borrow::Cow;

/// What the platform documents, within what we keep.
pub const FILES: FileLimits = FileLimits {
    count: 10,
    media: Cow::Borrowed(&Media::ALL),
    alone: &[],
    picture_bytes: 10 * 1024 * 1024,
    document_bytes: 10 * 1024 * 1024,
    total_bytes: 20 * 1024 * 1024,
    alt_chars: None,
    // Below a file stand fewer words than in a message.
    text_utf16: Some(1_024),
};

/// The method and the form that send files with words in one call.
pub fn form(files: &[GoingFile], text: &str, chat: i64, answers: &Value) -> (&'static str, Form) {
    // An album holds photos or documents, never both; a moving picture would stand still as a photo.
    let photos = files.iter().all(|f| f.media.is_picture() && f.media != Media::Gif);
    let start =
        Form::default().field("chat_id", chat.to_string()).field("reply_parameters", answers.to_string());
    let kind = if photos { "photo" } else { "document" };
    if let [file] = files {
        let method = if photos { "sendPhoto" } else { "sendDocument" };
        let form = start.field("caption", text).file(kind, &file.name, file.media.mime(), file.bytes.clone());
        return (method, form);
    }
    let one = |n: usize| {
        let mut media = json!({ "type": kind, "media": format!("attach://file{n}") });
        if n == 0 {
            media["caption"] = json!(text);
        }
        media
    };
    let album: Vec<Value> = (0..files.len()).map(one).collect();
    let mut form = start.field("media", Value::from(album).to_string());
    for (n, file) in files.iter().enumerate() {
        form = form.file(&format!("file{n}"), &file.name, file.media.mime(), file.bytes.clone());
    }
    ("sendMediaGroup", form)
}

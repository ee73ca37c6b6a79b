//! Pictures that go along with an answer: each is put into the account's repository first, and the record names it by
//! the hash of its bytes, so that uploading it again changes nothing. What no record names the server drops by itself.
//!
//! Lexicons `com.atproto.repo.uploadBlob` and `app.bsky.embed.images`, read in November 2026: four pictures of at most
//! 1,000,000 bytes, each with a description.

use super::BlueskyAccount;
use super::caller::Failed;
use super::line::{Trouble, before_sending, read, refused};
use crate::domain::delivery::Outcome;
use crate::domain::enclosed::FileLimits;
use crate::domain::file::Media;
use crate::http_client::CallError;
use crate::sources::reply::{GoingFile, Outgoing};
use crate::sources::uploaded::{failed, uploading};
use serde_json::{Value, json};
use std::borrow::Cow;

/// What the lexicon allows.
pub const FILES: FileLimits = FileLimits {
    count: 4,
    // A GIF would stand still there.
    media: Cow::Borrowed(&[Media::Jpeg, Media::Png, Media::Webp]),
    alone: &[],
    picture_bytes: 1_000_000,
    document_bytes: 0,
    total_bytes: 4_000_000,
    alt_chars: Some(2_000),
    text_utf16: None,
};

impl BlueskyAccount {
    /// The pictures of an answer as its record names them; nothing where it has none.
    pub(super) async fn pictures(&self, outgoing: &Outgoing) -> Result<Option<Value>, Outcome> {
        if outgoing.files.is_empty() {
            return Ok(None);
        }
        let images = uploading(|| self.clock.now(), async {
            let mut images = Vec::new();
            for file in &outgoing.files {
                images.push(image(file, &self.blob(file).await?));
            }
            Ok(images)
        });
        Ok(Some(json!({ "$type": "app.bsky.embed.images", "images": images.await? })))
    }

    async fn blob(&self, file: &GoingFile) -> Result<Value, Outcome> {
        let now = self.clock.now();
        if let Some(blob) = self.uploaded.get(&file.id, now) {
            return Ok(blob);
        }
        let answer = self.line.upload(file.media.mime(), file.bytes.clone()).await;
        let found = answer.and_then(|answer| read(&answer)).map_err(|trouble| match &trouble {
            Trouble::Failed(Failed::Call(error @ CallError::Status { code, .. }))
                if *code != 401 && *code < 500 =>
            {
                let wait = match error {
                    CallError::Status { hint, .. } => hint.wait,
                    _ => None,
                };
                failed(error, &file.told(), refused(error), wait)
            }
            other => match before_sending(other, now) {
                Outcome::Retry { after, why } => {
                    Outcome::Retry { after, why: format!("a file could not be uploaded: {why}") }
                }
                other => other,
            },
        })?;
        let blob = &found["blob"];
        if !blob.is_object() {
            let why = "the server took a file and did not say what it is called".to_owned();
            return Err(Outcome::Retry { after: None, why });
        }
        self.uploaded.note(&file.id, blob.clone(), now);
        Ok(blob.clone())
    }
}

fn image(file: &GoingFile, blob: &Value) -> Value {
    let mut image = json!({ "alt": file.alt, "image": blob });
    if let Some((width, height)) = file.size {
        image["aspectRatio"] = json!({ "width": width, "height": height });
    }
    image
}

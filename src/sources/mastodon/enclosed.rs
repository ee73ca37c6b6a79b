//! Files that go along with an answer: uploaded one by one before the post, which names them.
//!
//! A server may take a file at once or work on it for a while (202, then 206 until it is ready); the post must wait for
//! that. An upload that nobody names in a post is dropped by the server, so one that was lost goes again. Read in the
//! documentation of Mastodon's API (`POST /api/v2/media`, `GET /api/v1/media/:id`), November 2026; GoToSocial, Pleroma
//! and Akkoma describe the same.

use super::Mastodon;
use super::client::{Failed, Share};
use crate::domain::delivery::Outcome;
use crate::domain::enclosed::FileLimits;
use crate::domain::file::Media;
use crate::domain::time::Span;
use crate::http_client::form::Form;
use crate::http_client::{Answer, CallError};
use crate::sources::reply::{GoingFile, Outgoing};
use crate::sources::uploaded::{UPLOAD, failed, uploading};
use http::Method;
use serde_json::Value;
use std::borrow::Cow;

/// What Mastodon documents; a server says what it takes itself.
pub const FILES: FileLimits = FileLimits {
    count: 4,
    media: Cow::Borrowed(&[Media::Jpeg, Media::Png, Media::Webp, Media::Gif]),
    // A moving picture becomes a film, and a film stands alone.
    alone: &[Media::Gif],
    picture_bytes: 10 * 1024 * 1024,
    document_bytes: 0,
    total_bytes: 40 * 1024 * 1024,
    alt_chars: Some(1_500),
    text_utf16: None,
};
const ASKING: Span = Span::seconds(4);
/// After how long is asked again whether a file is ready.
const WORKING: Span = Span::seconds(2);

/// A file on the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct There {
    id: String,
    ready: bool,
}

fn there(answer: &Answer) -> Option<There> {
    let value: Value = serde_json::from_slice(&answer.body).ok()?;
    let id = value["id"]
        .as_str()
        .map(ToOwned::to_owned)
        .or_else(|| value["id"].as_i64().map(|n| n.to_string()))?;
    Some(There { id, ready: !matches!(answer.status, 202 | 206) })
}

impl Mastodon {
    /// The ids of all files of an answer on the server, each ready to be named.
    pub(super) async fn media_ids(&self, outgoing: &Outgoing) -> Result<Vec<String>, Outcome> {
        if outgoing.files.is_empty() {
            return Ok(Vec::new());
        }
        uploading(|| self.client.now(), async {
            let mut ids = Vec::new();
            for file in &outgoing.files {
                ids.push(self.media_id(file).await?);
            }
            Ok(ids)
        })
        .await
    }

    /// Nothing that was uploaded for an answer is trusted any more.
    pub(super) fn forget_media(&self, outgoing: &Outgoing) {
        outgoing.files.iter().for_each(|file| self.uploaded.forget(&file.id));
    }

    async fn media_id(&self, file: &GoingFile) -> Result<String, Outcome> {
        let known = self.uploaded.get(&file.id, self.client.now());
        let mut found = match known {
            Some(found) => found,
            None => self.upload(file).await?,
        };
        if !found.ready {
            found = self.asked_after(file, found).await?;
        }
        if found.ready {
            return Ok(found.id);
        }
        Err(Outcome::Retry { after: Some(WORKING), why: "the server still works on a file of it".to_owned() })
    }

    async fn upload(&self, file: &GoingFile) -> Result<There, Outcome> {
        // What a file is called is shown to nobody there; theirs may name people.
        let called = format!("file.{}", file.media.extension());
        let mut form = Form::default().file("file", &called, file.media.mime(), file.bytes.clone());
        if !file.alt.is_empty() {
            form = form.field("description", file.alt.clone());
        }
        let call = self.client.call(Method::POST, &["v2", "media"], &[]).form(form).within(UPLOAD);
        let answer = self.client.send(Share::Answering, call).await;
        let answer = answer.map_err(|error| self.not_uploaded(&error, &file.told()))?;
        let unreadable = || self.not_uploaded(&Failed::Unreadable, &file.told());
        let found = there(&answer).ok_or_else(unreadable)?;
        self.uploaded.note(&file.id, found.clone(), self.client.now());
        Ok(found)
    }

    /// Whether the server is done with a file.
    async fn asked_after(&self, file: &GoingFile, found: There) -> Result<There, Outcome> {
        let call = self.client.call(Method::GET, &["v1", "media", &found.id], &[]).within(ASKING);
        match self.client.send(Share::Answering, call).await {
            Ok(answer) if answer.status == 206 => Ok(found),
            Ok(_) => {
                let ready = There { ready: true, ..found };
                self.uploaded.note(&file.id, ready.clone(), self.client.now());
                Ok(ready)
            }
            Err(error) => {
                if matches!(error.status(), Some(404 | 410 | 422)) {
                    self.uploaded.forget(&file.id);
                }
                if error.is_absent() {
                    // The server does not know it any more: it goes again with the next attempt.
                    let why = "the server lost a file of it".to_owned();
                    return Err(Outcome::Retry { after: None, why });
                }
                Err(self.not_uploaded(&error, &file.told()))
            }
        }
    }

    fn not_uploaded(&self, error: &Failed, which: &str) -> Outcome {
        let wait = error.wait(self.client.now());
        match error {
            Failed::Call(call @ CallError::Status { .. }) => failed(call, which, error.words(), wait),
            other => Outcome::Retry {
                after: wait,
                why: format!("a file could not be uploaded: {}", other.words()),
            },
        }
    }
}

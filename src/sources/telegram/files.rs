//! Pictures and documents that customers send to a bot.
//!
//! The platform hands out no address but an id; what that leads to holds the bot's token, so it is made at the moment of
//! fetching and written down nowhere. It gives at most 20 MB to bots (`getFile`, as of November 2026).

use super::{CALLING, TelegramSource};
use crate::domain::file::FileNote;
use crate::http_client::CallError;
use crate::sources::media::{Found, Media, Unfound};
use async_trait::async_trait;
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};
use url::Url;

/// What can be in a message and is only named.
const NAMED: [(&str, &str); 5] = [
    ("video", "video"),
    ("video_note", "video"),
    ("animation", "video"),
    ("voice", "audio"),
    ("audio", "audio"),
];

/// The files of a message.
pub fn of(message: &Map<String, Value>) -> Vec<FileNote> {
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let note = |value: &Value, kind: &str| FileNote {
        name: text(value, "file_name"),
        kind: Some(text(value, "mime_type")).filter(|k| !k.is_empty()).unwrap_or_else(|| kind.to_owned()),
        bytes: value["file_size"].as_i64(),
        handle: text(value, "file_id"),
        ..FileNote::default()
    };
    // A picture comes in several sizes, smallest first.
    let largest = message.get("photo").and_then(Value::as_array).and_then(|sizes| sizes.last());
    let mut found: Vec<FileNote> = largest.map(|size| note(size, "image")).into_iter().collect();
    let named = NAMED.iter().find_map(|(key, kind)| Some(note(message.get(*key)?, kind)));
    match named {
        Some(named) => found.push(named),
        None => found.extend(message.get("document").map(|document| note(document, "file"))),
    }
    found
}

#[async_trait]
impl Media for TelegramSource {
    fn base(&self) -> Option<&Url> {
        Some(&self.base)
    }

    async fn find(&self, file: &FileNote, bytes_max: usize) -> Result<Found, Unfound> {
        let now = self.clock.now();
        self.budget.take(&self.credential).map_err(|until| Unfound::Later(Some(until.since(now))))?;
        self.tally.add(&self.credential);
        let call = self.call("getFile", &json!({ "file_id": file.handle })).within(CALLING);
        let answer = match self.http.send(call).await {
            Ok(answer) => answer,
            Err(CallError::Status { code: 400, start, .. }) if start.contains("too big") => {
                return Err(Unfound::TooLarge);
            }
            Err(CallError::Status { code: 400, .. }) => return Err(Unfound::Gone),
            Err(error) => return Err(self.trouble(&error).into()),
        };
        let told: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let told = &told["result"];
        if told["file_size"].as_u64().is_some_and(|n| n > bytes_max as u64) {
            return Err(Unfound::TooLarge);
        }
        let path = told["file_path"].as_str().filter(|p| !p.is_empty()).ok_or(Unfound::Later(None))?;
        let mut url = self.base.clone();
        {
            let mut segments = url.path_segments_mut().map_err(|()| Unfound::Denied)?;
            segments.pop_if_empty().push("file").push(&format!("bot{}", self.token.expose_secret()));
            segments.extend(path.split('/'));
        }
        Ok(Found::At { url, header: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(message: &Value) -> Vec<FileNote> {
        of(message.as_object().unwrap())
    }

    #[test]
    fn the_largest_size_of_a_picture_and_what_is_only_named() {
        let photo =
            files(&json!({"photo": [{"file_id": "s", "file_size": 10}, {"file_id": "l", "file_size": 900}]}));
        assert_eq!((photo.len(), photo[0].handle.as_str(), photo[0].kind.as_str()), (1, "l", "image"));
        let document = files(
            &json!({"document": {"file_id": "d", "file_name": "a.pdf", "mime_type": "application/pdf"}}),
        );
        assert_eq!((document[0].name.as_str(), document[0].may_be_kept()), ("a.pdf", true));
        // A moving picture comes as a document, too.
        let moving = files(
            &json!({"animation": {"file_id": "a"}, "document": {"file_id": "a", "mime_type": "video/mp4"}}),
        );
        assert_eq!((moving.len(), moving[0].may_be_kept()), (1, false));
        assert!(files(&json!({"text": "hi", "photo": []})).is_empty());
    }
}

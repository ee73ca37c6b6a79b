//! Files that go along with an answer: uploaded one by one, then named in the words of the post.
//!
//! A forum says with `POST /uploads.json` under which short address a file stands, and knows the same bytes again, so
//! that a lost upload goes again. What no post names it drops. Which kinds and sizes a forum takes its administrators
//! set, and it tells members nothing of that: what it refuses is told in its words, and nothing is posted then. Read in
//! the API's documentation in November 2026.

use super::Discourse;
use super::client::{Failed, Share};
use crate::domain::delivery::Outcome;
use crate::domain::enclosed::FileLimits;
use crate::domain::file::Media;
use crate::http_client::CallError;
use crate::http_client::form::Form;
use crate::sources::reply::{GoingFile, Outgoing};
use crate::sources::uploaded::{UPLOAD, failed, uploading};
use http::Method;
use serde_json::Value;
use std::borrow::Cow;

/// What a forum takes unless its administrators say otherwise; PDF only where they allow it.
pub const FILES: FileLimits = FileLimits {
    count: 10,
    media: Cow::Borrowed(&Media::ALL),
    alone: &[],
    picture_bytes: 4_096 * 1024,
    document_bytes: 4_096 * 1024,
    total_bytes: 40_960 * 1024,
    alt_chars: Some(500),
    text_utf16: None,
};
/// By what the line of an upload is known.
const SHORT: &str = "](upload://";

impl Discourse {
    /// The words of an answer with its files, as they stand in the forum.
    pub(super) async fn raw(&self, outgoing: &Outgoing) -> Result<String, Outcome> {
        if outgoing.files.is_empty() {
            return Ok(outgoing.text.clone());
        }
        let lines = uploading(|| self.client.now(), async {
            let mut lines = Vec::new();
            for file in &outgoing.files {
                lines.push(self.line_of(file).await?);
            }
            Ok(lines)
        });
        Ok(format!("{}\n\n{}", outgoing.text, lines.await?.join("\n")))
    }

    async fn line_of(&self, file: &GoingFile) -> Result<String, Outcome> {
        let now = self.client.now();
        if let Some(address) = self.uploaded.get(&file.id, now) {
            return Ok(line(file, &address));
        }
        let form = Form::default().field("type", "composer").field("synchronous", "true").file(
            "file",
            &file.name,
            file.media.mime(),
            file.bytes.clone(),
        );
        let call = self.client.call(Method::POST, &["uploads.json"], &[]).form(form).within(UPLOAD);
        let retry = |failed: &Failed| {
            let why = format!("a file could not be uploaded: {}", failed.words());
            Outcome::Retry { after: failed.wait(now), why }
        };
        let answer = match self.client.send(Share::Answering, call).await {
            Ok(answer) => answer,
            Err(error) => {
                return Err(match &error {
                    Failed::Call(call @ CallError::Status { .. }) => {
                        failed(call, &file.told(), error.words(), error.wait(now))
                    }
                    other => retry(other),
                });
            }
        };
        let value: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let short = value["short_url"]
            .as_str()
            .filter(|s| s.starts_with("upload://") && !s.contains([')', ' ', '\n']));
        let Some(short) = short else { return Err(retry(&Failed::Unreadable)) };
        self.uploaded.note(&file.id, short.to_owned(), now);
        Ok(line(file, short))
    }

    /// Nothing that was uploaded for an answer is trusted any more.
    pub(super) fn forget_uploads(&self, outgoing: &Outgoing) {
        outgoing.files.iter().for_each(|file| self.uploaded.forget(&file.id));
    }
}

/// The line by which a post shows a file.
fn line(file: &GoingFile, address: &str) -> String {
    let plain = |text: &str| -> String {
        let breaks = |c: char| matches!(c, '[' | ']' | '|' | '\\' | '`' | '<' | '>' | '\n' | '\r');
        text.chars().map(|c| if breaks(c) { ' ' } else { c }).collect()
    };
    match file.size.filter(|_| file.media.is_picture()) {
        Some((width, height)) => format!("![{}|{width}x{height}]({address})", plain(&file.alt)),
        None => format!("[{}|attachment]({address})", plain(&file.name)),
    }
}

/// The words of a post without the lines of files that stand behind them.
pub fn without_files(words: &str) -> String {
    let lines: Vec<&str> = words.trim_end().lines().collect();
    let is_file = |line: &&&str| {
        let line = line.trim();
        (line.starts_with("![") || line.starts_with('[')) && line.contains(SHORT) && line.ends_with(')')
    };
    let files = lines.iter().rev().take_while(is_file).count();
    lines[..lines.len() - files].join("\n").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_a_line_behind_the_words_and_its_name_breaks_out_of_nothing() {
        let file = GoingFile {
            id: "anf_1".into(),
            name: "a](http://evil|x.pdf".into(),
            alt: "the [new]\nhinge".into(),
            media: Media::Png,
            size: Some((3, 4)),
            bytes: bytes::Bytes::new(),
        };
        assert_eq!(line(&file, "upload://x.png"), "![the  new  hinge|3x4](upload://x.png)");
        let alt = GoingFile { alt: "a\\`<b>".into(), ..file.clone() };
        assert_eq!(
            line(&alt, "upload://x.png"),
            "![a   b |3x4](upload://x.png)",
            "nothing takes the rest of the line"
        );
        let pdf = GoingFile { media: Media::Pdf, size: None, ..file };
        assert_eq!(line(&pdf, "upload://x.pdf"), "[a (http://evil x.pdf|attachment](upload://x.pdf)");
    }

    #[test]
    fn words_are_read_without_the_files_behind_them() {
        let sent =
            "See [this](https://a.example)\n\n![|3x4](upload://x.png)\n[a.pdf|attachment](upload://y.pdf)";
        assert_eq!(without_files(sent), "See [this](https://a.example)");
        assert_eq!(without_files("plain"), "plain");
        assert_eq!(without_files("![a|1x1](upload://x.png)\nbelow it"), "![a|1x1](upload://x.png)\nbelow it");
    }
}

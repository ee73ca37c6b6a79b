//! The files of a mail: noted when it is read, and taken out of it when they are wanted.
//!
//! A file is found by where its mail stood and its number in it. The mail is read once more, so that a page of mails need
//! not carry their files through everything; one that was moved or removed meanwhile is gone.

use super::{Mail, subject};
use crate::domain::file::{FILES_MAX, FileNote};
use crate::sources::media::{Found, Media, Unfound};
use async_trait::async_trait;
use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders};
use url::Url;

/// The files of a mail that stood at `place`.
pub fn notes(message: &Message<'_>, place: &str) -> Vec<FileNote> {
    let named = message.attachments().enumerate().filter(|(_, part)| !decorates(part));
    let note = |(n, part): (usize, &MessagePart<'_>)| FileNote {
        name: subject::clean(part.attachment_name().unwrap_or_default()),
        kind: kind(part).unwrap_or_default(),
        bytes: Some(part.contents().len() as i64),
        handle: format!("{place}#{n}"),
        ..FileNote::default()
    };
    named.map(note).take(FILES_MAX).collect()
}

/// Whether a part only decorates the text: such pictures have no name and are pointed at.
pub fn decorates(part: &MessagePart<'_>) -> bool {
    part.attachment_name().unwrap_or_default().trim().is_empty() && part.content_id().is_some()
}

/// What a part is said to be.
pub fn kind(part: &MessagePart<'_>) -> Option<String> {
    part.content_type().map(|t| format!("{}/{}", t.ctype(), t.subtype().unwrap_or("*")))
}

/// The bytes of a file of a mail, by its number.
fn take(raw: &[u8], n: usize) -> Option<Vec<u8>> {
    let message = MessageParser::default().parse(raw)?;
    let part = message.attachments().nth(n)?;
    Some(part.contents().to_vec())
}

/// Folder, validity, number of the mail, number of the file.
fn split(handle: &str) -> Option<(&str, u32, u32, usize)> {
    let (place, n) = handle.rsplit_once('#')?;
    let (rest, uid) = place.rsplit_once('/')?;
    let (folder, validity) = rest.rsplit_once('/')?;
    Some((folder, validity.parse().ok()?, uid.parse().ok()?, n.parse().ok()?))
}

#[async_trait]
impl Media for Mail {
    fn base(&self) -> Option<&Url> {
        None
    }

    async fn find(&self, file: &FileNote, bytes_max: usize) -> Result<Found, Unfound> {
        let (folder, validity, uid, n) = split(&file.handle).ok_or(Unfound::Gone)?;
        self.tally.add(&self.credential);
        let mut connection = self.mailbox.open().await?;
        if connection.examine(folder).await?.validity != validity {
            return Err(Unfound::Gone);
        }
        let listed = connection.list(&[uid]).await?;
        let mail = listed.first().ok_or(Unfound::Gone)?;
        if mail.size > self.bytes_max {
            return Err(Unfound::TooLarge);
        }
        let raw = connection.mail(uid, false).await?.ok_or(Unfound::Gone)?;
        let bytes = take(&raw, n).ok_or(Unfound::Gone)?;
        if bytes.len() > bytes_max { Err(Unfound::TooLarge) } else { Ok(Found::Bytes(bytes)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &str = "From: a@x\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\n\
        --o\r\nContent-Type: text/plain\r\n\r\nhi\r\n--o\r\nContent-Type: image/gif\r\nContent-ID: <sig>\r\n\
        Content-Disposition: inline\r\nContent-Transfer-Encoding: base64\r\n\r\nR0lGODlh\r\n\
        --o\r\nContent-Type: image/png; name=\"kettle.png\"\r\nContent-Disposition: attachment; filename=\"kettle.png\"\r\n\
        Content-Transfer-Encoding: base64\r\n\r\niVBORw==\r\n--o--\r\n";

    #[test]
    fn a_file_is_found_again_by_its_place() {
        let message = MessageParser::default().parse(MAIL.as_bytes()).unwrap();
        let notes = notes(&message, "INBOX/a/7/12");
        assert_eq!(notes.len(), 1, "what only decorates is no file of theirs");
        assert_eq!(
            (notes[0].name.as_str(), notes[0].kind.as_str(), notes[0].bytes),
            ("kettle.png", "image/png", Some(4))
        );
        let (folder, validity, uid, n) = split(&notes[0].handle).unwrap();
        assert_eq!((folder, validity, uid), ("INBOX/a", 7, 12));
        assert_eq!(take(MAIL.as_bytes(), n).as_deref(), Some(&b"\x89PNG"[..]));
        assert_eq!(take(MAIL.as_bytes(), 9), None);
        for junk in ["", "x", "INBOX/7/12", "INBOX/7/x#1", "7/12#0"] {
            assert_eq!(split(junk), None, "{junk}");
        }
    }
}

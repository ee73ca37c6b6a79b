//! What a mail server tells of one mail, as rows come.

use crate::domain::time::Timestamp;
use async_imap::imap_proto::{AttributeValue, MessageSection, Response, SectionPath};

/// A row of a fetch; what was not told is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Its number.
    pub uid: Option<u32>,
    /// Its size in bytes.
    pub size: Option<u32>,
    /// When the server took it.
    pub at: Option<Timestamp>,
    /// Its head.
    pub head: Option<Vec<u8>>,
    /// All of it.
    pub whole: Option<Vec<u8>>,
}

impl Row {
    /// Reads a row; anything else that a server tells meanwhile is none.
    pub fn of(told: &Response<'_>) -> Option<Self> {
        let Response::Fetch(_, values) = told else { return None };
        let mut row = Self::default();
        for value in values {
            match value {
                AttributeValue::Uid(uid) => row.uid = Some(*uid),
                AttributeValue::Rfc822Size(size) => row.size = Some(*size),
                AttributeValue::InternalDate(text) => row.at = instant(text),
                AttributeValue::BodySection { section: None, data: Some(bytes), .. } => {
                    row.whole = Some(bytes.to_vec());
                }
                AttributeValue::BodySection {
                    section: Some(SectionPath::Full(MessageSection::Header)),
                    data: Some(bytes),
                    ..
                } => row.head = Some(bytes.to_vec()),
                _ => {}
            }
        }
        Some(row)
    }
}

/// A time as servers write it: ` 7-Jul-2026 02:44:25 -0700`, the day with a blank before it.
fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let text = if text.as_bytes().get(1) == Some(&b'-') { format!("0{text}") } else { text.to_owned() };
    let at = jiff::Timestamp::strptime("%d-%b-%Y %H:%M:%S %z", text).ok()?;
    Some(Timestamp(at.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_as_far_as_it_is_told() {
        let row = |text: &str| Row::of(&Response::parse(text.as_bytes()).unwrap().1);
        let listed =
            row("* 2 FETCH (UID 7 RFC822.SIZE 44 INTERNALDATE \" 7-Jul-2026 02:44:25 -0700\")\r\n").unwrap();
        assert_eq!((listed.uid, listed.size, listed.whole), (Some(7), Some(44), None));
        assert_eq!(listed.at, Timestamp::parse("2026-07-07T09:44:25Z").ok());
        let whole = row("* 2 FETCH (UID 7 BODY[] {5}\r\nhello)\r\n").unwrap();
        assert_eq!((whole.whole.as_deref(), whole.head), (Some(b"hello".as_slice()), None));
        let head = row("* 2 FETCH (UID 7 BODY[HEADER] {5}\r\na: b\r)\r\n").unwrap();
        assert_eq!((head.head.as_deref(), head.whole), (Some(b"a: b\r".as_slice()), None));
        let marks = row("* 2 FETCH (UID 7 FLAGS (\\Seen))\r\n").unwrap();
        assert_eq!(marks, Row { uid: Some(7), ..Row::default() });
        assert_eq!(row("* 3 EXISTS\r\n"), None);
        assert_eq!(instant("tomorrow"), None);
    }
}

//! How far a folder was read: which numbers hold, the last one, and the newest time that was seen.

use crate::domain::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// How far back is read again when a server has given all its mails new numbers.
const AGAIN: Span = Span::days(7);

/// How far a folder was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The validity under which the number holds.
    pub validity: u32,
    /// The last number that was read.
    pub uid: u32,
    /// The newest time that was seen, in milliseconds.
    #[serde(default)]
    pub newest: i64,
}

/// What is to be asked for next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// The mails behind a number.
    Behind(u32),
    /// All mails since a day.
    Since(Timestamp),
}

impl Cursor {
    /// Reads a stored cursor.
    pub fn parse(stored: Option<&str>) -> Option<Self> {
        stored.and_then(|c| serde_json::from_str(c).ok())
    }

    /// The form that is stored.
    pub fn stored(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }
}

impl Ask {
    /// What to ask for in a folder with this validity; `first` is since when at the first look.
    pub fn next(cursor: Option<&Cursor>, validity: u32, first: Timestamp) -> Self {
        match cursor {
            Some(c) if c.validity == validity => Self::Behind(c.uid),
            // All numbers are new. What was read comes again and is known by its Message-ID.
            Some(c) if c.newest > 0 => Self::Since(Timestamp(c.newest).minus(AGAIN)),
            _ => Self::Since(first),
        }
    }

    /// The search for it.
    pub fn query(&self) -> String {
        match self {
            Self::Behind(uid) => format!("UID {}:*", u64::from(*uid) + 1),
            Self::Since(day) => format!("SINCE {}", imap_day(*day)),
        }
    }

    /// Those found that are asked for: a server gives its last mail for a range that begins behind it.
    pub fn only(&self, found: Vec<u32>) -> Vec<u32> {
        match self {
            Self::Behind(uid) => found.into_iter().filter(|n| n > uid).collect(),
            Self::Since(_) => found,
        }
    }
}

/// A day as searches name it: one day back, for a server reads it in its own zone.
fn imap_day(at: Timestamp) -> String {
    let day = at.minus(Span::days(1)).millis();
    let shown = jiff::Timestamp::from_millisecond(day).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    shown.strftime("%-d-%b-%Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;

    #[test]
    fn numbers_hold_only_as_long_as_their_validity() {
        let cursor = Cursor { validity: 3, uid: 41, newest: 100 * DAY };
        let first = Timestamp(5 * DAY);
        assert_eq!(Ask::next(Some(&cursor), 3, first), Ask::Behind(41));
        assert_eq!(Ask::next(Some(&cursor), 4, first), Ask::Since(Timestamp(93 * DAY)));
        assert_eq!(Ask::next(None, 4, first), Ask::Since(first));
        let empty = Cursor { newest: 0, ..cursor.clone() };
        assert_eq!(Ask::next(Some(&empty), 4, first), Ask::Since(first));
        let stored = cursor.stored().unwrap();
        assert_eq!(Cursor::parse(Some(&stored)), Some(cursor));
        assert_eq!(Cursor::parse(Some("junk")), None);
    }

    #[test]
    fn the_last_mail_that_a_server_always_gives_is_not_taken_twice() {
        let ask = Ask::Behind(41);
        assert_eq!(ask.query(), "UID 42:*");
        assert_eq!(ask.only(vec![41]), Vec::<u32>::new());
        assert_eq!(ask.only(vec![42, 43]), [42, 43]);
        assert_eq!(Ask::Behind(u32::MAX).query(), "UID 4294967296:*");
    }

    #[test]
    fn days_are_named_as_the_protocol_wants_them() {
        let at = Timestamp::parse("2026-03-02T00:10:00Z").unwrap();
        assert_eq!(Ask::Since(at).query(), "SINCE 1-Mar-2026");
    }
}

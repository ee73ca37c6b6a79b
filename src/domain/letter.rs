//! What a mail has beyond the words of a post: its subject, what it stands below, and the parts that were
//! folded away. Pure; it is personal text and lives where the words live.

use serde::{Deserialize, Serialize};

/// The parts of a mail that are needed to answer it and to show it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Letter {
    /// Its subject as it came.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subject: String,
    /// The Message-IDs that it stands below, oldest first, without angle brackets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<String>,
    /// Quoted text and signature, which nobody wrote for us to read.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub folded: String,
}

/// What a mail system, or a platform, reports of what we sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undelivered {
    /// The Message-ID of our mail, without angle brackets; on a platform its id of our message.
    pub of: String,
    /// Whether it was given up; else it is only late.
    pub failed: bool,
    /// The status code (RFC 3463), such as `5.1.1`; of a platform its own number.
    pub status: String,
}

/// How the detail of an action begins whose effect did not arrive.
pub const UNDELIVERED: &str = "could not be delivered";

impl Undelivered {
    /// As it is kept: with nothing in it that a database does not take.
    pub fn cleaned(self) -> Self {
        let clean = |text: &str| text.replace('\0', "\u{fffd}");
        Self { of: clean(&self.of), status: clean(&self.status), failed: self.failed }
    }

    /// What went wrong, in plain words with the code.
    pub fn words(&self) -> String {
        if let Ok(code) = self.status.parse::<i64>() {
            return format!("{UNDELIVERED}: {} ({code})", refusal(code).1);
        }
        let why = match kind_of(&self.status) {
            "address" => "there is no such address",
            "full" => "the mailbox is full or takes no more",
            "refused" => "their mail system refused it",
            _ => "their mail system gave up",
        };
        format!("{UNDELIVERED}: {why} ({})", self.status)
    }
}

/// What a number of Meta's platforms means that tells why a message was not taken, or did not arrive: one word for
/// pages, and plain words.
pub const fn refusal(code: i64) -> (&'static str, &'static str) {
    match code {
        131_047 => ("window", "more than 24 hours have passed since the customer's last message"),
        131_026 | 551 | 2_018_108 => (
            "unreachable",
            "the customer cannot be reached there: not there any more, an old version, or they blocked us",
        ),
        131_049 | 130_472 => {
            ("held_back", "the platform held it back, so that people hear less from businesses")
        }
        131_048 | 131_031 | 368 => ("restricted", "the platform has restricted our account"),
        131_042 => ("payment", "the platform wants the business's payment settled"),
        131_051 | 131_062 | 131_052 | 131_053 => {
            ("kind", "a kind of message that cannot be sent to this customer")
        }
        132_001 => ("template", "no such template is approved in that language"),
        132_000 | 132_005 | 132_007 | 132_012 | 132_015 | 132_016 => {
            ("template", "the template is not taken as it was filled in, or it is paused")
        }
        133_010 => ("restricted", "the number is not registered"),
        131_056 => ("pace", "too many messages to this customer in a short time"),
        4 | 130_429 | 80_007 => ("pace", "too many messages in a short time"),
        190 => ("token", "the token is not valid any more"),
        3 | 10 | 200..=299 => ("token", "the token lacks a right"),
        _ => ("other", "the platform refused it"),
    }
}

/// What a status code means, in one word: `address`, `full`, `refused`, `other`, or that of a platform's number.
pub fn kind_of(status: &str) -> &'static str {
    if let Ok(code) = status.parse::<i64>() {
        return refusal(code).0;
    }
    match status.split_once('.').map(|(_, rest)| rest) {
        Some(rest) if rest.starts_with("1.") || rest == "2.1" => "address",
        Some("2.2" | "2.3") => "full",
        Some(rest) if rest.starts_with("7.") => "refused",
        _ => "other",
    }
}

/// The content warning that stands before a post, of a stored content row.
pub fn warning_of(body: Option<&str>) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(body?).ok()?;
    body["warning"].as_str().filter(|w| !w.is_empty()).map(ToOwned::to_owned)
}

impl Letter {
    /// The letter of a stored content row, if it has one.
    pub fn stored(body: Option<&str>) -> Option<Self> {
        #[derive(Deserialize)]
        struct Row {
            #[serde(default)]
            letter: Option<Letter>,
        }
        serde_json::from_str::<Row>(body?).ok()?.letter
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platform_and_a_mail_system_say_it_in_their_own_way() {
        let words =
            |status: &str| Undelivered { of: "1".into(), failed: true, status: status.into() }.words();
        assert!(words("131047").contains("more than 24 hours"));
        assert!(words("131026").ends_with("(131026)"));
        assert_eq!((kind_of("131049"), kind_of("5.1.1"), kind_of("0")), ("held_back", "address", "other"));
        assert!(words("5.2.2").contains("the mailbox is full"));
    }

    #[test]
    fn a_row_without_one_has_none() {
        assert_eq!(Letter::stored(None), None);
        assert_eq!(Letter::stored(Some(r#"{"text":"x","url":null}"#)), None);
        assert_eq!(Letter::stored(Some("junk")), None);
        let found = Letter::stored(Some(r#"{"text":"x","letter":{"subject":"Hi"}}"#)).unwrap();
        assert_eq!(found, Letter { subject: "Hi".into(), ..Letter::default() });
    }
}

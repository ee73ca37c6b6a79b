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

/// What a mail system reports of a mail of ours.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undelivered {
    /// The Message-ID of our mail, without angle brackets.
    pub of: String,
    /// Whether it was given up; else it is only late.
    pub failed: bool,
    /// The status code (RFC 3463), such as `5.1.1`.
    pub status: String,
}

/// How the detail of an action begins whose effect did not arrive.
pub const UNDELIVERED: &str = "could not be delivered";

impl Undelivered {
    /// What went wrong, in plain words with the code.
    pub fn words(&self) -> String {
        let why = match kind_of(&self.status) {
            "address" => "there is no such address",
            "full" => "the mailbox is full or takes no more",
            "refused" => "their mail system refused it",
            _ => "their mail system gave up",
        };
        format!("{UNDELIVERED}: {why} ({})", self.status)
    }
}

/// What a status code means, in one word: `address`, `full`, `refused`, `other`.
pub fn kind_of(status: &str) -> &'static str {
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
    fn a_row_without_one_has_none() {
        assert_eq!(Letter::stored(None), None);
        assert_eq!(Letter::stored(Some(r#"{"text":"x","url":null}"#)), None);
        assert_eq!(Letter::stored(Some("junk")), None);
        let found = Letter::stored(Some(r#"{"text":"x","letter":{"subject":"Hi"}}"#)).unwrap();
        assert_eq!(found, Letter { subject: "Hi".into(), ..Letter::default() });
    }
}

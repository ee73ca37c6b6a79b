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

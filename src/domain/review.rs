//! What a review has beyond its words: stars, and what it is about. Pure.
//!
//! Stars are data around the words, as the reach of an author is: they move how urgent a review is, within a cap and as
//! a reason that people read, and never what its words are judged to say.

use serde::{Deserialize, Deserializer, Serialize};

/// The most stars there are.
pub const STARS_MAX: u8 = 5;
/// With so many stars or fewer, a review without words may be one that needs an answer.
pub const FEW_STARS: u8 = 2;
/// Longest name of what is reviewed, in characters.
const ABOUT_CHARS_MAX: usize = 200;

/// What a review has beyond its words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReviewNote {
    /// How many stars, 1 to 5, if any were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stars: Option<u8>,
    /// The place, product and version that it is about, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Whether few stars without a word need an answer, as the source's settings say.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub asks: bool,
}

impl ReviewNote {
    /// As it is kept: stars that there are, a name of bounded length.
    pub fn cleaned(self) -> Self {
        let about = self.about.map(|a| {
            a.chars().filter(|c| !c.is_control()).take(ABOUT_CHARS_MAX).collect::<String>().trim().to_owned()
        });
        Self {
            stars: self.stars.filter(|n| (1..=STARS_MAX).contains(n)),
            about: about.filter(|a| !a.is_empty()),
            asks: self.asks,
        }
    }

    /// The note of a stored content row, if it has one.
    pub fn stored(body: Option<&str>) -> Option<Self> {
        #[derive(Deserialize)]
        struct Row {
            review: Option<ReviewNote>,
        }
        serde_json::from_str::<Row>(body?).ok()?.review
    }

    /// Whether a review with these words needs an answer, given what triage says of the words: stars alone need
    /// none, unless they are few and the settings say so.
    pub fn needs_answer(&self, text: &str, by_words: bool) -> bool {
        if text.chars().any(char::is_alphanumeric) {
            return by_words;
        }
        self.asks && self.stars.is_some_and(|n| n <= FEW_STARS)
    }
}

/// Reads a note as leniently as can be: what is none is left out, for a post must not be lost for it.
pub fn lenient<'de, D: Deserializer<'de>>(from: D) -> Result<Option<ReviewNote>, D::Error> {
    let value = serde_json::Value::deserialize(from)?;
    Ok(Some(value).filter(serde_json::Value::is_object).and_then(|v| serde_json::from_value(v).ok()))
}

/// Stars as people know them.
pub const fn shown(stars: u8) -> &'static str {
    match stars {
        1 => "★☆☆☆☆ 1/5",
        2 => "★★☆☆☆ 2/5",
        3 => "★★★☆☆ 3/5",
        4 => "★★★★☆ 4/5",
        _ => "★★★★★ 5/5",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_alone_need_an_answer_only_where_few_and_wanted() {
        let note = |stars, asks| ReviewNote { stars: Some(stars), about: None, asks };
        for stars in 1..=STARS_MAX {
            assert!(!note(stars, false).needs_answer(" \n", true), "{stars}");
            assert_eq!(note(stars, true).needs_answer("", false), stars <= 2, "{stars}");
            assert!(note(stars, false).needs_answer("where is it?", true), "{stars}");
            assert!(!note(stars, true).needs_answer("fine", false), "words are judged as words");
        }
    }

    #[test]
    fn a_post_is_not_lost_for_a_note_that_is_none() {
        #[derive(Deserialize)]
        struct Holder {
            #[serde(default, deserialize_with = "lenient")]
            review: Option<ReviewNote>,
        }
        let read = |json: &str| serde_json::from_str::<Holder>(json).unwrap().review;
        for none in [
            "{}",
            r#"{"review":null}"#,
            r#"{"review":"fine"}"#,
            r#"{"review":[]}"#,
            r#"{"review":{"stars":4.5}}"#,
        ] {
            assert_eq!(read(none), None, "{none}");
        }
        assert_eq!(read(r#"{"review":{"stars":4,"more":1}}"#).and_then(|n| n.stars), Some(4));
    }

    #[test]
    fn what_is_no_number_of_stars_is_none() {
        let note = ReviewNote { stars: Some(9), about: Some(" Shop\n".into()), asks: true };
        assert_eq!(note.cleaned(), ReviewNote { stars: None, about: Some("Shop".into()), asks: true });
        let body = r#"{"text":"x","url":null,"review":{"stars":2}}"#;
        assert_eq!(ReviewNote::stored(Some(body)).and_then(|n| n.stars), Some(2));
        assert_eq!(ReviewNote::stored(Some(r#"{"text":"x"}"#)), None);
    }
}

//! Where something is said: a chat and, in a group that has them, a topic.

use std::fmt;

/// A chat and its topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The chat's id; groups have negative ones.
    pub chat: i64,
    /// The topic; 0 for none.
    pub topic: i32,
}

impl Place {
    /// A chat without topics.
    pub const fn chat(chat: i64) -> Self {
        Self { chat, topic: 0 }
    }

    /// Whether more than one person reads there.
    pub const fn is_group(self) -> bool {
        self.chat < 0
    }

    /// The same topic of the same group under the id that it has now.
    pub const fn moved_to(self, chat: i64) -> Self {
        Self { chat, ..self }
    }

    /// Reads what [`Place`] prints.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once('/') {
            Some((chat, topic)) => Some(Self { chat: chat.parse().ok()?, topic: topic.parse().ok()? }),
            None => text.parse().ok().map(Self::chat),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.topic {
            0 => write!(f, "{}", self.chat),
            topic => write!(f, "{}/{topic}", self.chat),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_read_back() {
        for place in [Place::chat(-100), Place { chat: -100, topic: 7 }, Place::chat(55)] {
            assert_eq!(Place::parse(&place.to_string()), Some(place));
        }
        assert_eq!((Place::parse("x"), Place::parse("-1/x"), Place::parse("")), (None, None, None));
        assert!(Place::chat(-1).is_group() && !Place::chat(1).is_group());
    }
}

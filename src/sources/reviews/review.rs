//! A review as all these platforms have it, and as posts of ours.
//!
//! Our one answer stands in the review itself; it becomes a post of our own, known by its words, since platforms
//! give it no id. What its author changes becomes a further message of the same case, known by the new words: so a case
//! that was answered is open again with a wait of its own, and what was answered stands above it.

use crate::domain::post::{RawAuthor, RawPost};
use crate::domain::review::ReviewNote;
use crate::domain::time::Timestamp;
use crate::sources::taken::hash;

/// Parts the id of a review from the hash of the words that changed it.
const CHANGED: char = '@';
/// Parts the id of a review from the hash of our answer.
const ANSWER: &str = "#answer-";

/// Our answer, as it stands in the review.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OurAnswer {
    /// Its words.
    pub text: String,
    /// When it was written or changed last.
    pub at: Option<Timestamp>,
}

/// One review.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Review {
    /// Its id, unique on the platform.
    pub id: String,
    /// The place, app or business unit to which it was given.
    pub place: String,
    /// Stars, if any.
    pub stars: Option<u8>,
    /// Its title; often empty.
    pub title: String,
    /// Its words; empty where only stars were given.
    pub text: String,
    /// The name of its author; empty where it is not told.
    pub author: String,
    /// The platform's id of the author, where it has one.
    pub author_id: Option<String>,
    /// The place or product in words, with the version.
    pub about: Option<String>,
    /// The platform's language tag.
    pub language: Option<String>,
    /// Where people read it.
    pub url: Option<String>,
    /// When it was written; where only the last change is told, that.
    pub posted_at: Option<Timestamp>,
    /// When its author changed it, where that is told.
    pub edited_at: Option<Timestamp>,
    /// Our answer.
    pub answer: Option<OurAnswer>,
    /// How often it came back to these words before without another time being told for it; the platform does not
    /// tell that, the looks remember it.
    pub again: u64,
}

/// What a platform's posts have in common.
#[derive(Clone, Copy, Debug)]
pub struct Of<'a> {
    /// The platform.
    pub platform: &'a str,
    /// Whether few stars without a word need an answer.
    pub asks: bool,
}

impl Review {
    /// Title and text, as one.
    pub fn words(&self) -> String {
        let (title, text) = (self.title.trim(), self.text.trim());
        match (title.is_empty(), text.is_empty()) {
            (true, _) => text.to_owned(),
            (_, true) => title.to_owned(),
            _ => format!("{title}\n\n{text}"),
        }
    }

    /// A hash of what its author says: words and stars.
    pub fn mark(&self) -> u64 {
        hash(&[&self.words(), &self.stars.unwrap_or(0).to_string()])
    }

    /// A hash of what its author says and of when it came to that: who changes it back says something once more.
    fn version(&self) -> u64 {
        let at = self.last_at().map_or(0, Timestamp::millis).to_string();
        let mark = format!("{:016x}", self.mark());
        match self.again {
            0 => hash(&[&mark, &at]),
            again => hash(&[&mark, &at, &again.to_string()]),
        }
    }

    /// What a change is called, to count how often it came.
    pub fn change(&self) -> u64 {
        hash(&["change", &self.id, &format!("{:016x}", self.version())])
    }

    /// When it changed last, or was written.
    pub fn last_at(&self) -> Option<Timestamp> {
        self.edited_at.max(self.posted_at)
    }

    /// What its author says, as it is when it is met first, or as what was said after a change.
    pub fn post(&self, of: Of<'_>, changed: Option<Timestamp>, now: Timestamp) -> RawPost {
        let at = changed.or(self.posted_at).unwrap_or(now).min(now);
        let first = changed.is_none();
        RawPost {
            platform: of.platform.to_owned(),
            external_id: if first {
                self.id.clone()
            } else {
                format!("{}{CHANGED}{:016x}", self.id, self.version())
            },
            author: RawAuthor {
                // Whoever has no id wrote one review.
                id: self.author_id.clone().unwrap_or_else(|| self.id.clone()),
                handle: None,
                name: Some(self.author.clone()).filter(|n| !n.is_empty()),
                followers: None,
            },
            text: self.words(),
            created_at: at.rfc3339(),
            kind: Some("review".to_owned()),
            lang: self.language.clone(),
            conversation_id: Some(self.id.clone()),
            in_reply_to: (!first).then(|| self.id.clone()),
            url: self.url.clone(),
            local_id: Some(self.local_id()),
            addressed: true,
            visibility: Some("public".to_owned()),
            edited_at: self.edited_at.filter(|_| first).map(|at| at.min(now).rfc3339()),
            review: Some(ReviewNote { stars: self.stars, about: self.about.clone(), asks: of.asks }),
            ..RawPost::default()
        }
    }

    /// What is kept beside a message to tell later whether its review changed: the mark of its words, and when they
    /// were written.
    fn local_id(&self) -> String {
        format!("{:016x}/{}", self.mark(), self.last_at().map_or(0, Timestamp::millis))
    }

    /// Our answer, as a post of ours.
    pub fn our_post(&self, of: Of<'_>, now: Timestamp) -> Option<RawPost> {
        let answer = self.answer.as_ref().filter(|a| !a.text.trim().is_empty())?;
        Some(RawPost {
            platform: of.platform.to_owned(),
            external_id: answer_id(&self.id, &answer.text),
            author: RawAuthor { id: self.place.clone(), ..RawAuthor::default() },
            text: answer.text.clone(),
            created_at: answer.at.unwrap_or(now).min(now).rfc3339(),
            kind: Some("review".to_owned()),
            conversation_id: Some(self.id.clone()),
            in_reply_to: Some(self.id.clone()),
            url: self.url.clone(),
            own: true,
            visibility: Some("public".to_owned()),
            ..RawPost::default()
        })
    }
}

/// The id of our answer to a review, by its words.
pub fn answer_id(review: &str, text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    format!("{review}{ANSWER}{:016x}", hash(&[&words.join(" ")]))
}

/// What an id names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named<'a> {
    /// What an author says in a review.
    Said(&'a str),
    /// Our answer to a review.
    Answer(&'a str),
}

impl<'a> Named<'a> {
    /// Reads the id of a post.
    pub fn of(id: &'a str) -> Self {
        if let Some((review, _)) = id.rsplit_once(ANSWER) {
            return Self::Answer(review);
        }
        let is_mark = |m: &str| m.len() == 16 && m.bytes().all(|b| b.is_ascii_hexdigit());
        match id.rsplit_once(CHANGED) {
            Some((review, mark)) if is_mark(mark) => Self::Said(review),
            _ => Self::Said(id),
        }
    }

    /// The review.
    pub const fn review(self) -> &'a str {
        match self {
            Self::Said(review) | Self::Answer(review) => review,
        }
    }
}

/// The mark and the time that [`Review::post`] left beside a message.
pub fn left_beside(local_id: Option<&str>) -> Option<(u64, Timestamp)> {
    let (mark, at) = local_id?.split_once('/')?;
    Some((u64::from_str_radix(mark, 16).ok()?, Timestamp(at.parse().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn review() -> Review {
        Review {
            id: "accounts/1/locations/2/reviews/3".into(),
            place: "accounts/1/locations/2".into(),
            stars: Some(2),
            title: "Hm".into(),
            text: "Closed again".into(),
            author: "Mia".into(),
            posted_at: Some(Timestamp(1_000)),
            answer: Some(OurAnswer { text: "Sorry, Mia ^Jan".into(), at: Some(Timestamp(2_000)) }),
            ..Review::default()
        }
    }

    const OF: Of<'static> = Of { platform: "google_business", asks: false };

    #[test]
    fn a_change_is_a_further_message_and_all_of_it_is_known_by_its_review() {
        let now = Timestamp(9_000);
        let first = review().post(OF, None, now);
        assert_eq!((first.text.as_str(), first.review.unwrap().stars), ("Hm\n\nClosed again", Some(2)));
        let fewer = Review { stars: Some(1), ..review() };
        let then = fewer.post(OF, Some(Timestamp(5_000)), now);
        assert_ne!(first.external_id, then.external_id);
        assert_eq!(then.conversation_id.as_deref(), Some(review().id.as_str()));
        assert_eq!(Named::of(&then.external_id), Named::Said(&review().id));
        assert_eq!(Named::of(&first.external_id), Named::Said(&review().id));
        let ours = review().our_post(OF, now).unwrap();
        assert!(ours.own);
        assert_eq!(Named::of(&ours.external_id), Named::Answer(&review().id));
        assert_eq!(ours.external_id, answer_id(&review().id, "Sorry,  Mia\n^Jan "));
        assert_eq!(left_beside(then.local_id.as_deref()).map(|l| l.0), Some(fewer.mark()));
        assert_ne!(fewer.mark(), review().mark(), "stars alone are a change");
        // Back and forth: each time it is said anew, and read twice it is the same.
        let at = |seconds: i64| Review { edited_at: Some(Timestamp(seconds * 1_000)), ..fewer.clone() };
        let id = |review: &Review| review.post(OF, Some(Timestamp(5_000)), now).external_id;
        assert_ne!(id(&at(5)), id(&at(7)));
        assert_eq!(id(&at(7)), at(7).post(OF, Some(now), Timestamp(99_000)).external_id);
    }
}

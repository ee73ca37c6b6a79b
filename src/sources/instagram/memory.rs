//! What an account remembers while it runs: albums, boosted posts that are told twice, private replies that were given,
//! and what is to be looked up at once.
//!
//! Nothing is lost with it: of what is to be looked up a notice stands in the inbox, which is asked for again later; what
//! was told twice is then two comments; and the platform itself gives no second private reply.

use crate::domain::time::{Span, Timestamp};
use crate::sources::taken::hash;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// How many are remembered of each.
const MAX: usize = 10_000;
/// How far apart the two deliveries of one comment below a boosted post may be told.
const TWINS_WITHIN: Span = Span::minutes(5);

/// One comment as it was first told: its id, when, and whether below an advertisement.
#[derive(Clone, Debug)]
struct First {
    id: String,
    at: Timestamp,
    boosted: bool,
}

#[derive(Debug, Default)]
struct Kept {
    /// Which album a picture is of.
    albums: HashMap<String, String>,
    /// Where what we posted is read.
    links: HashMap<String, String>,
    firsts: HashMap<u64, First>,
    replied: HashSet<String>,
    wanted: VecDeque<String>,
    looked_up: HashSet<String>,
}

/// What is remembered.
#[derive(Debug, Default)]
pub struct Memory {
    kept: Mutex<Kept>,
    bell: Notify,
}

impl Memory {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes something that we posted: where it is read, and the pictures of an album.
    pub fn posted(&self, media: &str, link: Option<&str>, pictures: &[String]) {
        let mut kept = self.kept();
        if kept.links.len() > MAX || kept.albums.len() > MAX {
            kept.links.clear();
            kept.albums.clear();
        }
        kept.links.insert(media.to_owned(), link.unwrap_or_default().to_owned());
        for picture in pictures {
            kept.albums.insert(picture.clone(), media.to_owned());
        }
    }

    /// What stands on the account for a picture: its album, or it itself.
    pub fn album_of(&self, media: &str) -> String {
        self.kept().albums.get(media).cloned().unwrap_or_else(|| media.to_owned())
    }

    /// Whether something is known as posted by us.
    pub fn is_ours(&self, media: &str) -> bool {
        let kept = self.kept();
        kept.links.contains_key(media) || kept.albums.contains_key(media)
    }

    /// Where something that we posted is read.
    pub fn link_of(&self, media: &str) -> Option<String> {
        self.kept().links.get(media).filter(|link| !link.is_empty()).cloned()
    }

    /// Whether a comment is one that was told already under another id: below a boosted post it is told once for the post
    /// and once for the advertisement. Told again, the first is the first again.
    pub fn is_twin(
        &self,
        id: &str,
        (author, media, words): (&str, &str, &str),
        at: Timestamp,
        boosted: bool,
    ) -> bool {
        let name = hash(&[author, media, words]);
        let mut kept = self.kept();
        if let Some(first) = kept.firsts.get(&name) {
            let near = at.since(first.at).millis().abs() <= TWINS_WITHIN.millis();
            if first.id == id {
                return false;
            }
            if near && first.boosted != boosted {
                return true;
            }
        }
        if kept.firsts.len() > MAX {
            kept.firsts.clear();
        }
        kept.firsts.insert(name, First { id: id.to_owned(), at, boosted });
        false
    }

    /// Notes that a comment has had its one private reply.
    pub fn replied(&self, comment: &str) {
        let mut kept = self.kept();
        if kept.replied.len() > MAX {
            kept.replied.clear();
        }
        kept.replied.insert(comment.to_owned());
    }

    /// Whether a comment is known to have had its one private reply.
    pub fn has_reply(&self, comment: &str) -> bool {
        self.kept().replied.contains(comment)
    }

    /// Asks for something to be looked up at once; what was looked up already is not.
    pub fn want(&self, what: &str) {
        let mut kept = self.kept();
        let known = kept.looked_up.contains(what) || kept.wanted.iter().any(|w| w == what);
        if !known && kept.wanted.len() < MAX {
            kept.wanted.push_back(what.to_owned());
        }
        drop(kept);
        self.bell.notify_one();
    }

    /// What is to be looked up next; it stays until [`Memory::done`].
    pub fn wanted(&self) -> Option<String> {
        self.kept().wanted.front().cloned()
    }

    /// Notes that something could not be looked up: it is no longer wanted at once, and is asked for by its notice.
    pub fn give_up(&self, what: &str) {
        self.kept().wanted.retain(|w| w != what);
    }

    /// Notes that something was looked up.
    pub fn done(&self, what: &str) {
        let mut kept = self.kept();
        kept.wanted.retain(|w| w != what);
        if kept.looked_up.len() > MAX {
            kept.looked_up.clear();
        }
        kept.looked_up.insert(what.to_owned());
    }

    /// Whether something was looked up already.
    pub fn was_looked_up(&self, what: &str) -> bool {
        self.kept().looked_up.contains(what)
    }

    /// Returns when something may be wanted.
    pub async fn rings(&self) {
        self.bell.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_608_000_000);

    #[test]
    fn a_comment_below_a_boosted_post_is_one() {
        let memory = Memory::default();
        let of = ("5", "90", "help");
        assert!(!memory.is_twin("1", of, NOW, false));
        assert!(memory.is_twin("2", of, NOW.plus(Span::seconds(3)), true), "the advertisement's");
        assert!(!memory.is_twin("1", of, NOW.plus(Span::seconds(9)), false), "told again");
        assert!(!memory.is_twin("3", of, NOW.plus(Span::seconds(9)), false), "said again by the same person");
        assert!(!memory.is_twin("4", of, NOW.plus(Span::hours(1)), true), "much later");
        assert!(!memory.is_twin("5", ("6", "90", "help"), NOW, true), "by somebody else");
    }

    #[test]
    fn what_is_wanted_is_asked_for_once() {
        let memory = Memory::default();
        memory.want("mention/1/2");
        memory.want("mention/1/2");
        memory.want("mention/1/");
        assert_eq!(memory.wanted().as_deref(), Some("mention/1/2"));
        memory.done("mention/1/2");
        memory.want("mention/1/2");
        assert_eq!(memory.wanted().as_deref(), Some("mention/1/"));
        memory.done("mention/1/");
        assert_eq!(memory.wanted(), None);
        memory.want("mention/9/");
        memory.give_up("mention/9/");
        assert_eq!(memory.wanted(), None);
        assert!(memory.was_looked_up("mention/1/2") && !memory.was_looked_up("mention/9/"));
    }

    #[test]
    fn a_picture_is_known_by_its_album() {
        let memory = Memory::default();
        memory.posted("90", Some("https://www.instagram.com/p/A/"), &["91".to_owned(), "92".to_owned()]);
        assert_eq!((memory.album_of("92").as_str(), memory.album_of("80").as_str()), ("90", "80"));
        assert!(memory.is_ours("91") && memory.is_ours("90") && !memory.is_ours("80"));
        assert_eq!(memory.link_of("90").as_deref(), Some("https://www.instagram.com/p/A/"));
    }
}

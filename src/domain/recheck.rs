//! How often a post is looked at again: whether it still stands, and whether it was edited.
//!
//! People take back what they wrote soon or never; so the younger a post, the sooner it is asked
//! for again. A delete of a young post is known within half an hour without any stream that tells it.

use super::time::{Span, Timestamp};

/// How long a post that was deleted must not come in again; longer than the widest sweep.
pub const GONE_FOR: Span = Span::days(45);

/// When to look again at a post from `posted_at`; `None` when it is old enough to be left alone.
pub fn next(posted_at: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let age = now.since(posted_at);
    let wait = match age {
        a if a < Span::hours(2) => Span::minutes(10),
        a if a < Span::hours(48) => Span::minutes(30),
        a if a < Span::days(7) => Span::hours(6),
        a if a < Span::days(30) => Span::days(1),
        _ => return None,
    };
    Some(now.plus(wait))
}

/// The same for a post that only shows what a conversation is about: seldom, for nothing is owed to it; but what its author
/// takes back is not shown for long.
pub fn next_of_context(posted_at: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let wait = match now.since(posted_at) {
        a if a < Span::hours(48) => Span::hours(6),
        a if a < Span::days(30) => Span::days(1),
        _ => return None,
    };
    Some(now.plus(wait))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn young_posts_are_looked_at_more_often() {
        let at = Timestamp(0);
        let wait = |age: Span| next(at, at.plus(age)).map(|n| n.since(at.plus(age)));
        assert_eq!(wait(Span::minutes(1)), Some(Span::minutes(10)));
        assert_eq!(wait(Span::hours(5)), Some(Span::minutes(30)));
        assert_eq!(wait(Span::days(3)), Some(Span::hours(6)));
        assert_eq!(wait(Span::days(8)), Some(Span::days(1)));
        assert_eq!(wait(Span::days(31)), None);
    }

    #[test]
    fn what_only_shows_what_a_talk_is_about_is_looked_at_seldom() {
        let at = Timestamp(0);
        for age in [Span::minutes(1), Span::hours(5), Span::days(3), Span::days(31)] {
            let now = at.plus(age);
            let (seldom, often) = (next_of_context(at, now), next(at, now));
            assert!(seldom.is_none() == often.is_none() && seldom >= often, "{age:?}");
        }
        assert_eq!(next_of_context(at, at.plus(Span::hours(1))), Some(at.plus(Span::hours(7))));
    }
}

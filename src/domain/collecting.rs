//! Collecting: what others say in a thread, or what an author says anywhere, stands with one case, without clocks.
//!
//! Whatever somebody must look at by itself is never collected: P1 and P2, real questions, what belongs into a private
//! channel, what proposes a protocol. Which posts are collected is a function of all posts of an author in a thread and
//! of our answers there, never of the order in which they came. Pure.

use super::time::Span;

/// What is collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// What others than its author say in the thread of a case.
    Thread,
    /// What the author of a case says, in whatever thread.
    Author,
}

impl Scope {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Thread, Self::Author];

    /// The code kept in the database, in forms and addresses.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Thread => "thread",
            Self::Author => "author",
        }
    }

    /// Reads the code that [`Self::code`] prints.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.code() == code)
    }

    /// How long it goes on where nobody says otherwise: a thread grows quiet, a label on an author holds as long.
    pub const fn holds(self) -> Span {
        match self {
            Self::Thread => Span::days(14),
            Self::Author => Span::days(90),
        }
    }
}

/// The longest that it may go on before somebody sets it again.
pub const HOLDS_MAX: Span = Span::days(366);

/// What decides whether a post may be collected at all, as triage judged it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Judged<'a> {
    /// 1 to 5.
    pub level: i64,
    /// The code of its intent.
    pub intent: &'a str,
    /// Whether it needs an answer.
    pub needs_answer: bool,
    /// Whether it needs a private channel; so does one with personal data.
    pub needs_private: bool,
    /// Whether only the brand can read it.
    pub private: bool,
    /// Whether its words propose a protocol.
    pub protocol: bool,
}

/// Whether somebody must look at a post by itself.
pub fn stands_alone(post: &Judged<'_>) -> bool {
    let asks = post.needs_answer && matches!(post.intent, "question" | "request");
    post.level <= 2
        || asks
        || post.needs_private
        || post.private
        || post.protocol
        || post.intent == "safety_legal"
}

/// A stretch in which posts are collected, in epoch ms; the end is outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its first instant.
    pub from: i64,
    /// Its end.
    pub until: i64,
}

impl Window {
    /// Whether an instant is in it.
    pub const fn holds(&self, at: i64) -> bool {
        self.from <= at && at < self.until
    }
}

/// Where a post stands so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// It has just come in.
    New,
    /// With what is collected.
    Collected,
    /// In a case of its author.
    Own,
}

/// The place of a post in the platform's order: when it was posted, and its id there.
pub type Place<'a> = (i64, &'a str);

/// A post of one author in one thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said<'a> {
    /// Its place in the platform's order.
    pub place: Place<'a>,
    /// Whether it [`stands_alone`].
    pub alone: bool,
    /// Whether it needs an answer.
    pub asks: bool,
    /// Where it stands so far.
    pub stands: Stands,
}

/// From which post on an author's words in a thread are a talk of their own: the first that stands alone, that we
/// answered, or that needed an answer while nothing was collected. For an author who is collected only the first of these
/// counts, or one answer of ours would end it in that thread. What stands in a case of theirs stays there.
pub fn own_from<'a>(
    scope: Scope,
    said: &[Said<'a>],
    answers: &[i64],
    windows: &[Window],
) -> Option<Place<'a>> {
    let inside = |at: i64| windows.iter().any(|w| w.holds(at));
    let begins = |s: &&Said<'a>| match (inside(s.place.0), scope) {
        (true, _) => s.alone || s.stands == Stands::Own,
        (false, Scope::Thread) => s.alone || s.asks,
        (false, Scope::Author) => false,
    };
    let posts = said.iter().filter(begins).map(|s| s.place);
    let answers = answers.iter().filter(|_| scope == Scope::Thread).map(|at| (*at, ""));
    posts.chain(answers).min()
}

/// Whether a post is collected, where its author's own talk begins at `own`.
pub fn is_collected(post: &Said<'_>, own: Option<Place<'_>>, windows: &[Window]) -> bool {
    let inside = windows.iter().any(|w| w.holds(post.place.0));
    inside && !post.alone && post.stands != Stands::Own && own.is_none_or(|own| post.place < own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WINDOW: [Window; 1] = [Window { from: 100, until: 200 }];
    const PLAIN: Judged<'static> = Judged {
        level: 4,
        intent: "complaint",
        needs_answer: true,
        needs_private: false,
        private: false,
        protocol: false,
    };

    fn said(at: i64, alone: bool) -> Said<'static> {
        Said { place: (at, "p"), alone, asks: false, stands: Stands::New }
    }

    #[test]
    fn what_somebody_must_look_at_stands_alone() {
        assert!(!stands_alone(&PLAIN));
        for alone in [
            Judged { level: 2, ..PLAIN },
            Judged { intent: "question", ..PLAIN },
            Judged { intent: "request", ..PLAIN },
            Judged { intent: "safety_legal", ..PLAIN },
            Judged { needs_private: true, ..PLAIN },
            Judged { private: true, ..PLAIN },
            Judged { protocol: true, ..PLAIN },
        ] {
            assert!(stands_alone(&alone), "{alone:?}");
        }
        assert!(!stands_alone(&Judged { intent: "question", needs_answer: false, ..PLAIN }));
    }

    #[test]
    fn a_talk_begins_with_a_question_an_answer_or_what_was_asked_before() {
        let own = |said: &[Said<'static>], answers: &[i64]| {
            own_from(Scope::Thread, said, answers, &WINDOW).map(|p| p.0)
        };
        assert_eq!(own(&[said(50, false), said(120, false)], &[]), None);
        assert_eq!(own(&[said(120, false), said(150, true), said(160, true)], &[]), Some(150));
        assert_eq!(own(&[said(120, false)], &[130]), Some(130));
        assert_eq!(own(&[Said { asks: true, ..said(50, false) }], &[]), Some(50));
        assert_eq!(own(&[Said { asks: true, ..said(120, false) }], &[]), None, "no clock for the rest");
        assert_eq!(own(&[Said { stands: Stands::Own, ..said(120, false) }], &[]), Some(120));
        let author = |said: &[Said<'static>], answers: &[i64]| {
            own_from(Scope::Author, said, answers, &WINDOW).map(|p| p.0)
        };
        assert_eq!(author(&[Said { asks: true, ..said(50, true) }], &[130]), None);
        assert_eq!(author(&[said(150, true)], &[130]), Some(150));
    }

    #[test]
    fn the_end_of_a_window_is_outside() {
        let of = |at: i64| is_collected(&said(at, false), None, &WINDOW);
        assert_eq!((of(99), of(100), of(199), of(200)), (false, true, true, false));
        assert!(!is_collected(&said(150, true), None, &WINDOW));
        assert!(!is_collected(&said(150, false), Some((150, "")), &WINDOW));
        assert!(is_collected(&said(150, false), Some((150, "q")), &WINDOW));
    }

    proptest! {
        /// Posts that come in one after another, each looked at with all that came before, end where they would have stood
        /// had they all come at once.
        #[test]
        fn the_order_in_which_posts_come_changes_nothing(
            posts in prop::collection::vec((80i64..220, any::<bool>(), any::<bool>()), 1..12),
            keys in prop::collection::vec(any::<u16>(), 12),
            answers in prop::collection::vec(80i64..220, 0..2),
            author in any::<bool>(),
        ) {
            let scope = if author { Scope::Author } else { Scope::Thread };
            let ids: Vec<String> = (0..posts.len()).map(|n| format!("p{n:02}")).collect();
            let all: Vec<Said<'_>> = posts.iter().zip(&ids)
                .map(|((at, alone, asks), id)| Said {
                    place: (*at, id.as_str()), alone: *alone, asks: *asks, stands: Stands::New,
                })
                .collect();
            let own = own_from(scope, &all, &answers, &WINDOW);
            let at_once: Vec<bool> = all.iter().map(|s| is_collected(s, own, &WINDOW)).collect();
            let mut order: Vec<usize> = (0..all.len()).collect();
            order.sort_by_key(|n| keys[*n]);
            let mut known: Vec<Said<'_>> = Vec::new();
            for n in order {
                known.push(all[n]);
                let own = own_from(scope, &known, &answers, &WINDOW);
                for post in &mut known {
                    let stays = is_collected(post, own, &WINDOW);
                    post.stands = if stays { Stands::Collected } else { Stands::Own };
                }
            }
            for (post, collected) in all.iter().zip(at_once) {
                let found = known.iter().find(|k| k.place == post.place).map(|k| k.stands);
                prop_assert_eq!(found == Some(Stands::Collected), collected);
            }
        }
    }
}

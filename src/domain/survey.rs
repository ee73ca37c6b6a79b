//! The survey after closing: whom to ask, what a reply in private says, and the score with its interval. Pure.
//!
//! Two questions, one after the other: how likely they would recommend the brand, from 1 to 10, and, once a score came, what
//! could have been better. A reply that holds both is read whole, and nothing more is asked. 9 and 10 are promoters, 7 and 8 passives, 1 to 6 detractors.

mod said;
pub mod words;

pub use said::score;

use super::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// What a brand asks of customers; written `[brand.survey]`, off unless switched on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Survey {
    /// Whether anybody is asked.
    pub enabled: bool,
    /// Hours from the end of a case to the question.
    pub delay_hours: i64,
    /// Days in which nobody is asked twice.
    pub cool_down_days: i64,
    /// Days in which a reply is taken for one.
    pub answer_days: i64,
}

impl Default for Survey {
    fn default() -> Self {
        Self { enabled: false, delay_hours: 24, cool_down_days: 90, answer_days: 14 }
    }
}

impl Survey {
    /// Whether it is as it is when nobody says anything.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The settings with their names and the least and most that each may be.
    pub const fn bounds(&self) -> [(&'static str, i64, (i64, i64)); 3] {
        [
            ("delay_hours", self.delay_hours, (1, 168)),
            ("cool_down_days", self.cool_down_days, (1, 730)),
            ("answer_days", self.answer_days, (1, 60)),
        ]
    }
}

/// What is known of a case that ended, and of its customer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Whether an answer of ours stands.
    pub answered: bool,
    /// Whether they left before it was solved: no reply, did not come, took it back.
    pub left: bool,
    /// Whether they wrote in private.
    pub private: bool,
    /// When they were asked last.
    pub asked: Option<Timestamp>,
    /// Whether it is a planned peak or a crisis.
    pub busy: bool,
    /// Whether they were erased, object, what they said is no longer kept, or a protocol was begun about it.
    pub unwanted: bool,
}

/// Why somebody is not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// They got no answer.
    NoAnswer,
    /// They left before it was solved.
    Left,
    /// There is no private channel.
    NotPrivate,
    /// They were asked a short while ago.
    CoolDown,
    /// It is a planned peak or a crisis.
    Busy,
    /// They were erased, or object, or a protocol was begun about what they wrote.
    Unwanted,
    /// The platform lets us not write to them now.
    NoWay,
    /// There are no words in their language.
    NoWords,
}

impl Why {
    /// The code kept in the database.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoAnswer => "no_answer",
            Self::Left => "left",
            Self::NotPrivate => "not_private",
            Self::CoolDown => "cool_down",
            Self::Busy => "busy",
            Self::Unwanted => "unwanted",
            Self::NoWay => "no_way",
            Self::NoWords => "no_words",
        }
    }
}

/// Whether somebody may be asked now; else why not.
pub fn may_ask(facts: &Facts, settings: &Survey, now: Timestamp) -> Result<(), Why> {
    let soon = |at: Timestamp| now.since(at) < Span::days(settings.cool_down_days);
    match facts {
        Facts { unwanted: true, .. } => Err(Why::Unwanted),
        Facts { answered: false, .. } => Err(Why::NoAnswer),
        Facts { left: true, .. } => Err(Why::Left),
        Facts { private: false, .. } => Err(Why::NotPrivate),
        Facts { busy: true, .. } => Err(Why::Busy),
        Facts { asked, .. } if asked.is_some_and(soon) => Err(Why::CoolDown),
        _ => Ok(()),
    }
}

/// What came of a survey so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Whether a score was given.
    pub scored: bool,
    /// Whether the open question was answered.
    pub opened: bool,
}

/// What a private message says to a survey that stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The score, if it holds one.
    pub score: Option<u8>,
    /// Whether it answers the open question.
    pub open: bool,
    /// Whether it is that and nothing else: it begins no wait and opens no case again.
    pub silent: bool,
}

/// Reads a private message; nothing where it has to do with something else. What needs an answer is a message like any
/// other, whatever else it says.
pub fn reply(text: &str, standing: Standing, needs_answer: bool) -> Option<Reply> {
    if !standing.scored
        && let Some((score, rest)) = score(text)
    {
        let open = !rest.is_empty() && !standing.opened;
        return Some(Reply { score: Some(score), open, silent: rest.is_empty() || !needs_answer });
    }
    let open = !standing.opened && (standing.scored || !needs_answer);
    open.then_some(Reply { score: None, open, silent: !needs_answer })
}

/// Whether they would recommend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Band {
    /// 9 or 10.
    Promoter,
    /// 7 or 8.
    Passive,
    /// 1 to 6.
    Detractor,
}

impl Band {
    /// The band of a score.
    pub const fn of(score: i64) -> Self {
        match score {
            9.. => Self::Promoter,
            7 | 8 => Self::Passive,
            _ => Self::Detractor,
        }
    }
}

/// Promoters less detractors, in percent points, and between what it lies 95 times of 100.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Net {
    /// From −100 to 100.
    pub score: f64,
    /// The lower bound.
    pub low: f64,
    /// The upper bound.
    pub high: f64,
}

/// The score of some answers; none of none. The interval is that of a difference of two shares with three more answers
/// added, as good and as bad ones alike, which holds also for few; it always holds the score itself.
pub fn net(promoters: i64, passives: i64, detractors: i64) -> Option<Net> {
    const Z: f64 = 1.959_963_984_540_054;
    let all = promoters + passives + detractors;
    if all <= 0 {
        return None;
    }
    let score = (promoters - detractors) as f64 / all as f64;
    let n = all as f64 + 3.0;
    let (good, bad) = ((promoters as f64 + 0.75) / n, (detractors as f64 + 0.75) / n);
    let middle = good - bad;
    let reach = Z * ((good + bad - middle * middle).max(0.0) / n).sqrt();
    let tenth = |share: f64| (share * 1000.0).round() / 10.0;
    Some(Net {
        score: tenth(score),
        low: tenth((middle - reach).max(-1.0).min(score)),
        high: tenth((middle + reach).min(1.0).max(score)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn who_got_no_answer_or_was_asked_lately_is_not_asked() {
        let (settings, now) = (Survey::default(), Timestamp(1_000_000_000_000));
        let fine = Facts { answered: true, private: true, ..Facts::default() };
        let days = |n| Some(now.minus(Span::days(n)));
        assert_eq!(may_ask(&fine, &settings, now), Ok(()));
        assert_eq!(may_ask(&Facts { asked: days(90), ..fine }, &settings, now), Ok(()));
        for (facts, why) in [
            (Facts { answered: false, ..fine }, Why::NoAnswer),
            (Facts { left: true, ..fine }, Why::Left),
            (Facts { private: false, ..fine }, Why::NotPrivate),
            (Facts { asked: days(89), ..fine }, Why::CoolDown),
            (Facts { busy: true, ..fine }, Why::Busy),
            (Facts { unwanted: true, ..fine }, Why::Unwanted),
        ] {
            assert_eq!(may_ask(&facts, &settings, now), Err(why));
        }
    }

    #[test]
    fn a_score_then_words_then_a_complaint() {
        let (none, scored) = (Standing::default(), Standing { scored: true, opened: false });
        let done = Standing { scored: true, opened: true };
        let of = |score, open, silent| Some(Reply { score, open, silent });
        assert_eq!(
            reply("een 8", none, true),
            of(Some(8), false, true),
            "a bare score never needs an answer"
        );
        assert_eq!(reply("8/10, snel geholpen", none, false), of(Some(8), true, true));
        assert_eq!(reply("2, het is weer stuk!", none, true), of(Some(2), true, false));
        assert_eq!(reply("snel geholpen", scored, false), of(None, true, true));
        assert_eq!(reply("it broke again", scored, true), of(None, true, false));
        assert_eq!(reply("thanks", none, false), of(None, true, true));
        assert_eq!(reply("it broke again", none, true), None);
        assert_eq!(reply("9", done, true), None, "said once");
        assert_eq!(reply("and more", done, false), None);
    }

    #[test]
    fn bands_are_those_of_the_question() {
        let bands: Vec<Band> = (1..=10).map(Band::of).collect();
        assert!(bands[..6].iter().all(|b| *b == Band::Detractor));
        assert_eq!(&bands[6..], [Band::Passive, Band::Passive, Band::Promoter, Band::Promoter]);
    }

    #[test]
    fn the_score_of_few_has_a_wide_interval() {
        assert_eq!(net(0, 0, 0), None);
        let one = net(1, 0, 0).unwrap();
        assert_eq!((one.score, one.high), (100.0, 100.0));
        assert!(one.low < 0.0, "{one:?}");
        let many = net(500, 300, 200).unwrap();
        assert!((many.score - 30.0).abs() < 0.05);
        assert!(many.high - many.low < 10.0 && many.low < 30.0 && many.high > 30.0, "{many:?}");
    }

    proptest! {
        #[test]
        fn the_interval_holds_the_score_and_stays_on_the_scale(p in 0i64..500, n in 0i64..500, d in 0i64..500) {
            if let Some(net) = net(p, n, d) {
                prop_assert!(-100.0 <= net.low && net.low <= net.score);
                prop_assert!(net.score <= net.high && net.high <= 100.0);
            }
        }
    }
}

//! Points for members who help others in a forum: what an answer is worth, and the caps that keep it from being
//! played. Pure.
//!
//! Points are counted anew from what is known of the answers each time, so that an answer that is removed or loses its
//! mark takes its points along. Answers are counted in the order in which they were given: a cap cuts the later ones.

use super::time::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// What is worth how much, and how much at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Points for an answer that was marked as the solution.
    pub accepted: i64,
    /// Points for one that was well received.
    pub liked: i64,
    /// From how many likes on it was well received.
    pub likes_min: i64,
    /// Most points of one helper in a day,
    pub daily_max: i64,
    /// and in a week that begins on Monday.
    pub weekly_max: i64,
    /// How many answers of one helper to the same asker count in a week.
    pub pair_weekly_max: i64,
}

/// Why an answer can have no points at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Void {
    /// It stands in a topic that its author began.
    OwnTopic,
    /// Its author is staff of the forum.
    Staff,
    /// It was removed.
    Gone,
    /// Members flagged it, or it is hidden.
    Flagged,
}

impl Void {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::OwnTopic, Self::Staff, Self::Gone, Self::Flagged];

    /// The word in the store.
    pub const fn code(self) -> &'static str {
        match self {
            Self::OwnTopic => "own_topic",
            Self::Staff => "staff",
            Self::Gone => "gone",
            Self::Flagged => "flagged",
        }
    }

    /// Reads the word that [`Void::code`] prints.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|v| v.code() == code)
    }
}

/// An answer of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The post.
    pub post: String,
    /// Who gave it.
    pub helper: String,
    /// Who had asked; `None` where that is not known any more.
    pub asker: Option<String>,
    /// When it was given.
    pub at: Timestamp,
    /// Whether it is marked as the solution.
    pub accepted: bool,
    /// How many like it.
    pub likes: i64,
    /// Why it counts for nothing.
    pub void: Option<Void>,
}

/// Why an answer has the points it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// Marked as the solution.
    Accepted,
    /// Well received.
    Liked,
    /// Neither, so far.
    Nothing,
    /// It counts for nothing.
    Void(Void),
    /// Enough answers to the same asker counted this week.
    Pair,
    /// The day's points are reached.
    Day,
    /// The week's points are reached.
    Week,
}

/// An answer with its points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scored {
    /// The post.
    pub post: String,
    /// Who gave it.
    pub helper: String,
    /// When it was given.
    pub at: Timestamp,
    /// Its points.
    pub points: i64,
    /// Why so many; a cap where it cut them.
    pub why: Why,
}

/// The day on which something was, in a zone.
fn day_of(at: Timestamp, zone: &TimeZone) -> Date {
    jiff::Timestamp::from_millisecond(at.millis()).unwrap_or_default().to_zoned(zone.clone()).date()
}

/// The Monday of a day's week.
pub fn monday(day: Date) -> Date {
    let back = i64::from(day.weekday().to_monday_zero_offset());
    jiff::Span::new().try_days(back).ok().and_then(|back| day.checked_sub(back).ok()).unwrap_or(day)
}

/// The points of answers. To count a part of a week rightly, all answers of its weeks must be among them.
pub fn score(answers: &[Answer], rules: &Rules, zone: &TimeZone) -> Vec<Scored> {
    let mut sorted: Vec<&Answer> = answers.iter().collect();
    sorted.sort_by(|a, b| (a.at, &a.post).cmp(&(b.at, &b.post)));
    let mut days: BTreeMap<(&str, Date), i64> = BTreeMap::new();
    let mut weeks: BTreeMap<(&str, Date), i64> = BTreeMap::new();
    let mut pairs: BTreeMap<(&str, &str, Date), i64> = BTreeMap::new();
    let mut scored = Vec::with_capacity(sorted.len());
    for answer in sorted {
        let day = day_of(answer.at, zone);
        let week = monday(day);
        let helper = answer.helper.as_str();
        let (worth, why) = worth(answer, rules);
        let pair = answer.asker.as_deref().map(|asker| (helper, asker, week));
        let met = pair.map_or(0, |pair| pairs.get(&pair).copied().unwrap_or(0));
        let left_day = rules.daily_max - days.get(&(helper, day)).copied().unwrap_or(0);
        let left_week = rules.weekly_max - weeks.get(&(helper, week)).copied().unwrap_or(0);
        let (points, why) = match why {
            Why::Accepted | Why::Liked if met >= rules.pair_weekly_max => (0, Why::Pair),
            Why::Accepted | Why::Liked if worth > left_week.min(left_day) => {
                let cut = if left_week < left_day { Why::Week } else { Why::Day };
                (left_week.min(left_day).max(0), cut)
            }
            why => (worth, why),
        };
        if points > 0 {
            *days.entry((helper, day)).or_default() += points;
            *weeks.entry((helper, week)).or_default() += points;
            if let Some(pair) = pair {
                *pairs.entry(pair).or_default() += 1;
            }
        }
        scored.push(Scored {
            post: answer.post.clone(),
            helper: answer.helper.clone(),
            at: answer.at,
            points,
            why,
        });
    }
    scored
}

/// What an answer is worth before any cap.
fn worth(answer: &Answer, rules: &Rules) -> (i64, Why) {
    match answer.void {
        Some(void) => (0, Why::Void(void)),
        None if answer.asker.as_ref() == Some(&answer.helper) => (0, Why::Void(Void::OwnTopic)),
        None if answer.accepted => (rules.accepted, Why::Accepted),
        None if answer.likes >= rules.likes_min => (rules.liked, Why::Liked),
        None => (0, Why::Nothing),
    }
}

/// What one helper did in a period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// How many answers were given, whatever they are worth.
    pub answers: i64,
    /// How many were marked as the solution and have points.
    pub accepted: i64,
    /// How many were well received and have points.
    pub liked: i64,
    /// How many a cap cut.
    pub capped: i64,
    /// How many count for nothing: own topic, staff, gone, flagged.
    pub void: i64,
    /// The points.
    pub points: i64,
}

/// What each helper did from `from` up to `to`, of answers that were counted together.
pub fn sums(scored: &[Scored], from: Timestamp, to: Timestamp) -> BTreeMap<String, Sum> {
    let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
    for s in scored.iter().filter(|s| from <= s.at && s.at < to) {
        let sum = sums.entry(s.helper.clone()).or_default();
        sum.answers += 1;
        sum.points += s.points;
        match s.why {
            Why::Accepted => sum.accepted += 1,
            Why::Liked => sum.liked += 1,
            Why::Pair | Why::Day | Why::Week => sum.capped += 1,
            Why::Void(_) => sum.void += 1,
            Why::Nothing => {}
        }
    }
    sums
}

#[cfg(test)]
#[path = "kudos_tests.rs"]
mod tests;

//! Topics that came more often in a week than they do: reasons of triage, and sectors.

use super::words::Words;
use crate::domain::time::{Span, Timestamp};
use crate::dutch;
use serde::Serialize;

/// How many weeks before tell what is usual, where so many are known.
const WEEKS: i64 = 4;
/// Fewest cases of a topic that rises.
const TOPIC_MIN: i64 = 5;
/// Reasons of triage that say how something is said, by whom or when, and not what it is about.
const NO_TOPICS: [&str; 24] = [
    "question",
    "request",
    "asks_for_help",
    "thanks",
    "rudeness",
    "complaint",
    "deadline_today",
    "deadline_within_2_hours",
    "deadline_within_a_day",
    "past_event",
    "figure_of_speech",
    "hypothetical",
    "other_sense",
    "chatter",
    "praise",
    "spam",
    "solved",
    "news",
    "posts_this_week",
    "unanswered_beyond_target",
    "velocity",
    "reach",
    "thread_level",
    "text_model",
];

/// A topic with how many cases it had before and now.
type Count = (String, i64, i64);

/// A topic that came more often than it does.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rising {
    /// A reason of triage, or a sector by name.
    pub topic: String,
    /// Whether it is a sector.
    pub sector: bool,
    /// Cases of the week.
    pub cases: i64,
    /// Cases of a week before, in the mean of four, or of as many as are known.
    pub usual: f64,
}

/// The words of a topic: a reason of triage, or the name of a sector as it is.
pub fn in_words(code: &str, w: &Words) -> String {
    let dutch = if w.lang == "nl" { dutch::reason(code) } else { None };
    dutch.map_or_else(|| code.replace('_', " "), ToOwned::to_owned)
}

/// How many weeks before an instant are known, at most four; only whole ones tell what is usual.
pub fn weeks_known(first: Option<Timestamp>, from: Timestamp) -> i64 {
    let known = first.map_or(Span::ZERO, |first| from.since(first));
    (known.millis() / Span::days(7).millis()).clamp(0, WEEKS)
}

/// Of reasons of triage and sectors with their counts in so many weeks before and now, the three that rose most for what
/// is usual. Where no week before is known nothing is usual, and nothing rises.
pub fn rising(topics: Vec<Count>, sectors: Vec<Count>, weeks: i64) -> Vec<Rising> {
    if weeks == 0 {
        return Vec::new();
    }
    let topics = topics.into_iter().filter(|(topic, ..)| !NO_TOPICS.contains(&topic.as_str()));
    let all = topics.map(|c| (false, c)).chain(sectors.into_iter().map(|c| (true, c)));
    let mut found: Vec<(f64, Rising)> = all
        .filter_map(|(sector, (topic, before, cases))| {
            let usual = before as f64 / weeks as f64;
            // How many times more than chance moves a count of that size.
            let score = (cases as f64 - usual) / (usual + 1.0).sqrt();
            let rises = cases >= TOPIC_MIN && cases as f64 >= usual * 1.5 && score >= 2.0;
            rises.then_some((score, Rising { topic, sector, cases, usual }))
        })
        .collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.topic.cmp(&b.1.topic)));
    found.into_iter().take(3).map(|(_, r)| r).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_rises_for_what_is_usual_and_not_by_its_size() {
        let of = |list: &[(&str, i64, i64)]| {
            let counts = list.iter().map(|(t, b, n)| ((*t).to_owned(), *b, *n)).collect();
            rising(counts, Vec::new(), WEEKS).into_iter().map(|r| r.topic).collect::<Vec<_>>()
        };
        assert!(
            of(&[("refund", 400, 110), ("question", 0, 50), ("text_model", 0, 90), ("legal", 0, 4)])
                .is_empty()
        );
        let all = [("refund", 400, 160), ("outage", 4, 40), ("lost", 8, 12), ("fraud", 0, 9)];
        assert_eq!(of(&all), ["outage", "fraud", "refund"]);
    }

    #[test]
    fn who_began_a_week_ago_has_no_month_to_be_held_against() {
        let (day, from) = (Span::days(1), Timestamp::parse("2026-11-16T00:00:00Z").unwrap());
        let ago = |days: i64| Some(from.minus(Span(day.millis() * days)));
        let known = [None, ago(6), ago(7), ago(20), ago(28), ago(900)].map(|first| weeks_known(first, from));
        assert_eq!(known, [0, 0, 1, 2, 4, 4]);
        let same = || vec![("refund".to_owned(), 40, 40)];
        assert!(rising(same(), Vec::new(), 1).is_empty(), "forty a week, as ever");
        assert!(rising(same(), same(), 0).is_empty(), "nobody knows");
        let both: Vec<bool> = rising(same(), same(), 4).into_iter().map(|r| r.sector).collect();
        assert_eq!(both, [false, true], "forty after ten a week, as a reason and as a sector");
    }
}

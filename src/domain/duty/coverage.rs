//! Coverage: for each hour and each language that is promised, how many are on duty, and where nobody is.

use super::Present;
use crate::domain::calendar::Hours;
use crate::domain::language::Language;
use crate::domain::time::{Span, Timestamp};

const HOUR: Span = Span::hours(1);

/// What is promised in one language.
#[derive(Clone, Debug)]
pub struct Need {
    /// The language.
    pub language: Language,
    /// The hours in which somebody is owed an answer.
    pub hours: Vec<Hours>,
    /// The tightest promise of a first answer, in minutes.
    pub tightest: Option<i64>,
}

/// One hour of one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hour {
    /// Its first instant.
    pub from: Timestamp,
    /// Whether any clock of the language runs in it.
    pub open: bool,
    /// Least number of people on duty who read it, over the open minutes of the hour.
    pub people: usize,
}

impl Hour {
    /// Whether somebody is owed an answer and nobody is there, be it for a part of the hour.
    pub const fn is_gap(&self) -> bool {
        self.open && self.people == 0
    }

    /// The same hour of other brands, which other people see: it is covered as well as where fewest are.
    pub fn beside(&mut self, other: &Self) {
        self.people = match (self.open, other.open) {
            (true, false) => self.people,
            (false, true) => other.people,
            (true, true) => self.people.min(other.people),
            (false, false) => self.people.max(other.people),
        };
        self.open |= other.open;
    }
}

/// The hours from `from` on, `count` of them.
pub fn hours(need: &Need, on: &[Present], from: Timestamp, count: usize) -> Vec<Hour> {
    let mut found = Vec::with_capacity(count);
    let mut at = from;
    for _ in 0..count {
        found.push(hour(need, on, at));
        at = at.plus(HOUR);
    }
    found
}

fn hour(need: &Need, on: &[Present], from: Timestamp) -> Hour {
    let until = from.plus(HOUR);
    let open: Vec<(Timestamp, Timestamp)> =
        need.hours.iter().flat_map(|h| h.intervals_between(from, until)).collect();
    let there: Vec<&Present> =
        on.iter().filter(|p| p.from < until && p.until > from && p.reach.reads(need.language)).collect();
    // How many there are changes only where somebody comes or goes, or an opening begins.
    let mut marks: Vec<Timestamp> = open.iter().map(|(begins, _)| *begins).collect();
    marks.extend(there.iter().flat_map(|p| [p.from, p.until]));
    let at = |mark: Timestamp| there.iter().filter(|p| p.from <= mark && mark < p.until).count();
    let inside = |mark: &Timestamp| open.iter().any(|(begins, ends)| (*begins..*ends).contains(mark));
    let least = marks.into_iter().filter(inside).map(at).min();
    Hour { from, open: !open.is_empty(), people: least.unwrap_or(there.len()) }
}

/// The stretches of hours without anybody, each as long as it can be; closed hours between them end a stretch.
pub fn gaps(hours: &[Hour]) -> Vec<(Timestamp, Timestamp)> {
    let mut found: Vec<(Timestamp, Timestamp)> = Vec::new();
    for hour in hours.iter().filter(|h| h.is_gap()) {
        match found.last_mut() {
            Some((_, until)) if *until == hour.from => *until = hour.from.plus(HOUR),
            _ => found.push((hour.from, hour.from.plus(HOUR))),
        }
    }
    found
}

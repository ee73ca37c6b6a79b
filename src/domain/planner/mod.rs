//! Our own planner: shifts with patterns, swaps and absences, and what they come to. Pure.
//!
//! A shift is planned in days and times on the wall of a zone, for one day or again and again. Swaps say who stands
//! in for whom on one day; absences take out what of a shift they cover. What is left goes the way of every plan, as
//! shifts of [`super::duty`], so that who is on duty is computed in one place whatever planned it.

mod ical;
mod pattern;

pub use ical::{Feed, write};
pub use pattern::{ENDS_MAX, Pattern, WEEKS_MAX};

use super::duty::{Reach, Role, Shift};
use super::time::Timestamp;
use jiff::civil::Date;

/// Why somebody is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AbsenceKind {
    /// Days off.
    Leave,
    /// Ill.
    Sick,
    /// Learning elsewhere.
    Training,
    /// Something else.
    Other,
}

impl AbsenceKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Leave, Self::Sick, Self::Training, Self::Other];

    /// The word in forms and in the database.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Leave => "leave",
            Self::Sick => "sick",
            Self::Training => "training",
            Self::Other => "other",
        }
    }

    /// Reads the word of [`AbsenceKind::code`].
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.code() == code)
    }
}

/// Somebody is away. One that was called off still counts as a change of what it covered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absence {
    /// Who, by id.
    pub person: String,
    /// First instant.
    pub from: Timestamp,
    /// First instant at which they are back.
    pub until: Timestamp,
    /// Whether it was called off.
    pub called_off: bool,
}

/// A swap that was agreed: on one day of a shift somebody stands in for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swap {
    /// The shift, by id.
    pub shift: String,
    /// The day on which it begins.
    pub day: Date,
    /// Who had it.
    pub from: String,
    /// Who takes it.
    pub to: String,
    /// When it was agreed; later ones build upon earlier ones.
    pub at: Timestamp,
}

/// One day of a shift, with swaps and absences folded in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The shift, by id.
    pub shift: String,
    /// The day on which it begins.
    pub day: Date,
    /// Whose it is now.
    pub person: String,
    /// Who had it before, in the order in which they gave it away.
    pub before: Vec<String>,
    /// As it was planned.
    pub from: Timestamp,
    /// First instant no longer in it.
    pub until: Timestamp,
    /// What is taken up.
    pub reach: Reach,
    /// As what.
    pub role: Role,
    /// Who looks after a newcomer, by id.
    pub buddy: Option<String>,
    /// What is left of it beside absences, in order; nothing where its person is away.
    pub pieces: Vec<(Timestamp, Timestamp)>,
    /// Whether it does not take place on this day.
    pub cancelled: bool,
    /// How often it was changed; it only ever rises.
    pub sequence: i64,
}

impl Planned {
    /// Whether nothing of it is left out.
    pub fn is_whole(&self) -> bool {
        self.pieces == [(self.from, self.until)]
    }

    /// What absences take out of it, in order.
    pub fn holes(&self) -> Vec<(Timestamp, Timestamp)> {
        if self.cancelled { Vec::new() } else { without(&[(self.from, self.until)], &self.pieces) }
    }
}

/// Stretches without what others cover; both in any order, the result in order.
pub fn without(
    stretches: &[(Timestamp, Timestamp)],
    gone: &[(Timestamp, Timestamp)],
) -> Vec<(Timestamp, Timestamp)> {
    let mut left: Vec<(Timestamp, Timestamp)> = stretches.to_vec();
    for &(from, until) in gone {
        let cut = |(a, b): (Timestamp, Timestamp)| [(a, b.min(from)), (a.max(until), b)];
        left = left
            .into_iter()
            .flat_map(|s| if s.0 < until && from < s.1 { cut(s).to_vec() } else { vec![s] })
            .filter(|(a, b)| a < b)
            .collect();
    }
    left.sort_unstable();
    left
}

/// The days of all shifts that touch a span, swaps and absences folded in, by time. Days that were taken out stand there
/// as cancelled.
pub fn fold(
    patterns: &[Pattern],
    swaps: &[Swap],
    absences: &[Absence],
    (from, to): (Timestamp, Timestamp),
) -> Vec<Planned> {
    let mut agreed: Vec<&Swap> = swaps.iter().collect();
    agreed.sort_by_key(|s| s.at);
    let mut found = Vec::new();
    for pattern in patterns {
        for (day, cancelled) in pattern.days_touching(from, to) {
            let Some((begins, ends)) = pattern.span(day) else { continue };
            if ends <= from || begins >= to {
                continue;
            }
            found.push(one(pattern, day, (begins, ends), cancelled, (&agreed, absences)));
        }
    }
    found.sort_by(|a: &Planned, b| (a.from, &a.person, &a.shift).cmp(&(b.from, &b.person, &b.shift)));
    found
}

fn one(
    pattern: &Pattern,
    day: Date,
    (begins, ends): (Timestamp, Timestamp),
    cancelled: bool,
    (agreed, absences): (&[&Swap], &[Absence]),
) -> Planned {
    let (mut person, mut before) = (pattern.person.clone(), Vec::new());
    for swap in agreed.iter().filter(|s| s.shift == pattern.id && s.day == day) {
        // One that was agreed about somebody who no longer had it changes nothing.
        if swap.from == person && swap.to != person {
            before.push(std::mem::replace(&mut person, swap.to.clone()));
        }
    }
    let touches = |a: &&Absence| a.from < ends && a.until > begins;
    let mine: Vec<&Absence> = absences.iter().filter(|a| a.person == person).filter(touches).collect();
    let concerned = |p: &String| *p == person || before.contains(p);
    let changes: i64 = absences
        .iter()
        .filter(|a| concerned(&a.person))
        .filter(touches)
        .map(|a| 1 + i64::from(a.called_off))
        .sum();
    let gone: Vec<(Timestamp, Timestamp)> =
        mine.iter().filter(|a| !a.called_off).map(|a| (a.from, a.until)).collect();
    let pieces = if cancelled { Vec::new() } else { without(&[(begins, ends)], &gone) };
    let swapped = i64::try_from(before.len()).unwrap_or(i64::MAX);
    Planned {
        shift: pattern.id.clone(),
        day,
        person,
        before,
        from: begins,
        until: ends,
        reach: pattern.reach.clone(),
        role: pattern.role,
        buddy: pattern.buddy.clone(),
        pieces,
        cancelled,
        sequence: pattern.sequence.saturating_add(changes).saturating_add(swapped),
    }
}

/// What is left of the days, as shifts of a plan: of one person no two begin at the same instant, the longer one stays.
pub fn shifts(planned: &[Planned]) -> Vec<Shift> {
    let mut all: Vec<Shift> = planned
        .iter()
        .flat_map(|p| {
            p.pieces.iter().map(|&(from, until)| Shift {
                person: p.person.clone(),
                from,
                until,
                reach: p.reach.clone(),
                role: p.role,
                buddy: p.buddy.clone().filter(|b| *b != p.person),
            })
        })
        .collect();
    all.sort_by(|a, b| (&a.person, a.from, b.until).cmp(&(&b.person, b.from, a.until)));
    all.dedup_by(|a, b| a.person == b.person && a.from == b.from);
    all
}

#[cfg(test)]
mod tests;

//! Duty: who is on, from when until when, for which languages and sectors.
//!
//! Two things tell: what a person said of themselves ('I'm on', 'I'm off'), and what was planned. What was said
//! last holds for as long as it was said for, over any plan; otherwise the plan holds. So a team without any
//! rota works by what people say, and a team with one need say nothing. Spans are half open: on at 9:00, off at
//! 17:00 sharp.

mod coverage;
mod csv;
mod ical;
mod reading;
mod repeats;
mod whole;

pub use coverage::{Hour, Need, gaps, hours};
pub use reading::{BYTES_MAX, BadLine, Known, Read, Staff, instant, languages, next_time, read};
pub use whole::{WHOLE_DAY, whole_day};

use super::language::Language;
use super::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// As what somebody is on duty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Somebody of the team.
    #[default]
    Agent,
    /// Who leads the shift.
    Lead,
    /// A colleague from elsewhere on their support day.
    Guest,
    /// Somebody who learns, with a buddy.
    Newcomer,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Agent, Self::Lead, Self::Guest, Self::Newcomer];

    /// The word in plans and in the database.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Lead => "lead",
            Self::Guest => "guest",
            Self::Newcomer => "newcomer",
        }
    }

    /// Reads the word of [`Role::code`], whatever its case.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.code().eq_ignore_ascii_case(code))
    }
}

/// What somebody on duty takes up; an empty list means everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reach {
    /// The languages that they read.
    pub languages: Vec<Language>,
    /// The sectors by name.
    pub sectors: Vec<String>,
}

impl Reach {
    /// Whether they read a language. Too little text to tell is for everybody.
    pub fn reads(&self, language: Language) -> bool {
        self.languages.is_empty() || language == Language::Unknown || self.languages.contains(&language)
    }
}

/// A shift that was planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// Who, by id.
    pub person: String,
    /// First instant.
    pub from: Timestamp,
    /// First instant no longer in it.
    pub until: Timestamp,
    /// What they take up.
    pub reach: Reach,
    /// As what.
    pub role: Role,
    /// Who looks after a newcomer, by id.
    pub buddy: Option<String>,
}

/// What somebody said of themselves, at `from`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Who, by id.
    pub person: String,
    /// Whether they are on or off.
    pub on: bool,
    /// When they said it; from then on it holds.
    pub from: Timestamp,
    /// Until when it holds.
    pub until: Timestamp,
    /// What they take up, when on.
    pub reach: Reach,
}

/// Somebody on duty for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Present {
    /// Who, by id.
    pub person: String,
    /// First instant.
    pub from: Timestamp,
    /// First instant no longer in it.
    pub until: Timestamp,
    /// What they take up.
    pub reach: Reach,
    /// As what.
    pub role: Role,
    /// Who looks after a newcomer, by id.
    pub buddy: Option<String>,
    /// Whether that is so because it was planned; otherwise they said so.
    pub planned: bool,
}

/// How far before and after an instant [`on_at`] looks for where a stretch begins and ends.
const AROUND: Span = Span::hours(48);

/// What holds of one person at an instant. `said` is in the order in which it was said: the last that covers the
/// instant wins. Of several plans the one that begins last does.
fn holds(said: &[&Said], planned: &[&Shift], at: Timestamp) -> Option<(Reach, Role, Option<String>, bool)> {
    let shift = planned.iter().filter(|s| s.from <= at && at < s.until).max_by_key(|s| (s.from, s.until));
    let (role, buddy) = shift.map_or((Role::Agent, None), |s| (s.role, s.buddy.clone()));
    match said.iter().rev().find(|s| s.from <= at && at < s.until) {
        Some(last) if last.on => Some((last.reach.clone(), role, buddy, false)),
        Some(_) => None,
        None => shift.map(|s| (s.reach.clone(), role, buddy, true)),
    }
}

/// Who is on duty between two instants, by person and time: of one person no two stretches overlap, and those
/// that touch and are alike are one.
pub fn spans(said: &[Said], planned: &[Shift], from: Timestamp, to: Timestamp) -> Vec<Present> {
    let people: BTreeSet<&str> =
        said.iter().map(|s| s.person.as_str()).chain(planned.iter().map(|s| s.person.as_str())).collect();
    let mut found: Vec<Present> = Vec::new();
    for person in people {
        let said: Vec<&Said> =
            said.iter().filter(|s| s.person == person && s.from < to && s.until > from).collect();
        let planned: Vec<&Shift> =
            planned.iter().filter(|s| s.person == person && s.from < to && s.until > from).collect();
        let mut cuts: BTreeSet<Timestamp> = [from].into();
        cuts.extend(said.iter().flat_map(|s| [s.from, s.until]));
        cuts.extend(planned.iter().flat_map(|s| [s.from, s.until]));
        let cuts: Vec<Timestamp> = cuts.into_iter().filter(|c| (from..to).contains(c)).chain([to]).collect();
        for pair in cuts.windows(2) {
            let &[left, right] = pair else { continue };
            let Some((reach, role, buddy, plan)) = holds(&said, &planned, left) else { continue };
            let next = Present {
                person: person.to_owned(),
                from: left,
                until: right,
                reach,
                role,
                buddy,
                planned: plan,
            };
            match found.last_mut() {
                Some(last) if goes_on(last, &next) => last.until = right,
                _ => found.push(next),
            }
        }
    }
    found
}

/// Whether one stretch goes on in the next.
fn goes_on(last: &Present, next: &Present) -> bool {
    let same = last.person == next.person && last.until == next.from && last.planned == next.planned;
    same && last.reach == next.reach && last.role == next.role && last.buddy == next.buddy
}

/// Who is on duty at an instant. A stretch that began or ends more than two days away is told from or until then.
pub fn on_at(said: &[Said], planned: &[Shift], at: Timestamp) -> Vec<Present> {
    let all = spans(said, planned, at.minus(AROUND), at.plus(AROUND));
    all.into_iter().filter(|p| p.from <= at && at < p.until).collect()
}

#[cfg(test)]
mod tests;

//! The openings of a calendar in words for people.

use super::{Calendar, Opening};
use crate::domain::spoken::Say;

/// Each with its key.
const DAYS: [(&str, &str); 7] = [
    ("monday", "Monday"),
    ("tuesday", "Tuesday"),
    ("wednesday", "Wednesday"),
    ("thursday", "Thursday"),
    ("friday", "Friday"),
    ("saturday", "Saturday"),
    ("sunday", "Sunday"),
];

/// `9:00`, `24:00`; what lies after midnight is a time of the next day.
pub fn time(minute: i64) -> String {
    let minute = if minute > 1440 { minute - 1440 } else { minute };
    format!("{}:{:02}", minute / 60, minute % 60)
}

fn hours(openings: &[Opening], say: Say<'_>) -> String {
    if openings == [(0, 1440)] {
        return say("all_day", "all day").to_owned();
    }
    let each: Vec<String> =
        openings.iter().map(|(from, to)| format!("{}-{}", time(*from), time(*to))).collect();
    each.join(&format!(" {} ", say("and", "and")))
}

/// Days in a row with the same hours are told once; closed days are left out.
pub fn of(calendar: &Calendar, say: Say<'_>) -> String {
    let name = |day: usize| say(DAYS[day].0, DAYS[day].1);
    let mut told: Vec<String> = Vec::new();
    let mut day = 0;
    while day < 7 {
        let same = calendar.week[day..].iter().take_while(|o| **o == calendar.week[day]).count();
        if !calendar.week[day].is_empty() {
            let names = match same {
                1 => name(day).to_owned(),
                2 => format!("{} {} {}", name(day), say("and", "and"), name(day + 1)),
                _ => format!("{} {} {}", name(day), say("to_day", "to"), name(day + same - 1)),
            };
            told.push(format!("{names} {}", hours(&calendar.week[day], say)));
        }
        day += same;
    }
    let mut text = format!("{} ({})", told.join(", "), calendar.zone());
    let closed = !calendar.yearly.is_empty() || calendar.special.iter().any(|(_, own)| own.is_empty());
    if closed {
        text.push_str(", ");
        text.push_str(say("not_on_holidays", "not on holidays"));
    }
    text
}

//! The openings of a calendar in words for people.

use super::{Calendar, Opening};
use crate::domain::wording::Wording;

/// `9:00`, `24:00`; what lies after midnight is a time of the next day.
pub fn time(minute: i64) -> String {
    let minute = if minute > 1440 { minute - 1440 } else { minute };
    format!("{}:{:02}", minute / 60, minute % 60)
}

fn hours(openings: &[Opening], w: &Wording) -> String {
    if openings == [(0, 1440)] {
        return w.all_day.to_owned();
    }
    let each: Vec<String> =
        openings.iter().map(|(from, to)| format!("{}-{}", time(*from), time(*to))).collect();
    each.join(&format!(" {} ", w.and))
}

/// Days in a row with the same hours are told once; closed days are left out.
pub fn of(calendar: &Calendar, w: &Wording) -> String {
    let named = |day: usize| w.day_of_week(day);
    let mut told: Vec<String> = Vec::new();
    let mut day = 0;
    while day < 7 {
        let same = calendar.week[day..].iter().take_while(|o| **o == calendar.week[day]).count();
        if !calendar.week[day].is_empty() {
            let names = match same {
                1 => named(day).to_owned(),
                2 => format!("{} {} {}", named(day), w.and, named(day + 1)),
                _ => format!("{} {} {}", named(day), w.to_day, named(day + same - 1)),
            };
            told.push(format!("{names} {}", hours(&calendar.week[day], w)));
        }
        day += same;
    }
    let mut text = format!("{} ({})", told.join(", "), calendar.zone());
    let closed = !calendar.yearly.is_empty() || calendar.special.iter().any(|(_, own)| own.is_empty());
    if closed {
        text.push_str(", ");
        text.push_str(w.not_on_holidays);
    }
    text
}

//! The plan as iCal (RFC 5545), for calendars that people have: one event for each piece of each day of a shift. A UID
//! stays what it is whoever has the shift; whoever gave it away sees it as cancelled under the same one.

use super::Planned;
use crate::domain::time::Timestamp;
use std::collections::HashMap;
use std::fmt::Write as _;

/// Longest line in bytes before it is folded.
const LINE_MAX: usize = 73;

/// What a calendar is for.
#[derive(Clone, Debug)]
pub struct Feed<'a> {
    /// Whose it is; none for the team's.
    pub person: Option<&'a str>,
    /// Its name.
    pub name: &'a str,
    /// The names of people, by id.
    pub names: &'a HashMap<String, String>,
    /// The host of the public address, behind which UIDs are our own.
    pub host: &'a str,
    /// When it is written.
    pub now: Timestamp,
}

fn stamp(at: Timestamp) -> String {
    let text = at.rfc3339();
    let digits: String = text.chars().take(19).filter(|c| c.is_ascii_digit() || *c == 'T').collect();
    format!("{digits}Z")
}

/// A text as iCal wants it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// One line, folded so that none is too long.
fn line(out: &mut String, text: &str) {
    let mut bytes = 0;
    for c in text.chars() {
        if bytes + c.len_utf8() > LINE_MAX {
            out.push_str("\r\n ");
            bytes = 1;
        }
        out.push(c);
        bytes += c.len_utf8();
    }
    out.push_str("\r\n");
}

/// Writes the days of shifts as a calendar: of one person those that they have or gave away, else all.
pub fn write(planned: &[Planned], feed: &Feed<'_>) -> String {
    let mut out = String::new();
    for text in ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//webcared//planner//EN", "CALSCALE:GREGORIAN"] {
        line(&mut out, text);
    }
    line(&mut out, "METHOD:PUBLISH");
    line(&mut out, &format!("X-WR-CALNAME:{}", escaped(feed.name)));
    line(&mut out, "REFRESH-INTERVAL;VALUE=DURATION:PT15M");
    for p in planned {
        let mine = feed.person.is_none_or(|me| p.person == me);
        if !mine && !feed.person.is_some_and(|me| p.before.iter().any(|b| b == me)) {
            continue;
        }
        // One that was given away, taken out, or of which nothing is left stands there whole, as cancelled.
        if !mine || p.pieces.is_empty() {
            event(&mut out, p, feed, ((p.from, p.until), 0), false);
            continue;
        }
        for (n, piece) in p.pieces.iter().enumerate() {
            event(&mut out, p, feed, (*piece, n), true);
        }
    }
    line(&mut out, "END:VCALENDAR");
    out
}

fn event(
    out: &mut String,
    p: &Planned,
    feed: &Feed<'_>,
    ((from, until), part): ((Timestamp, Timestamp), usize),
    stands: bool,
) {
    let name = |id: &str| feed.names.get(id).cloned().unwrap_or_else(|| "?".to_owned());
    let part = if part == 0 { String::new() } else { format!("-{}", part + 1) };
    line(out, "BEGIN:VEVENT");
    line(out, &format!("UID:{}-{}{part}@{}", p.shift, p.day, feed.host));
    line(out, &format!("SEQUENCE:{}", p.sequence));
    line(out, &format!("DTSTAMP:{}", stamp(feed.now)));
    line(out, &format!("DTSTART:{}", stamp(from)));
    line(out, &format!("DTEND:{}", stamp(until)));
    line(out, &format!("STATUS:{}", if stands { "CONFIRMED" } else { "CANCELLED" }));
    line(out, &format!("SUMMARY:{}", escaped(&name(&p.person))));
    let mut words: Vec<String> = p.reach.languages.iter().map(|l| l.code().to_owned()).collect();
    words.extend(p.reach.sectors.iter().map(|s| format!("sector:{s}")));
    words.push(format!("role:{}", p.role.code()));
    let words: Vec<String> = words.iter().map(|w| escaped(w)).collect();
    line(out, &format!("CATEGORIES:{}", words.join(",")));
    if let Some(buddy) = p.buddy.as_ref().filter(|b| **b != p.person) {
        let mut text = String::from("DESCRIPTION:");
        let _ = write!(text, "buddy: {}", escaped(&name(buddy)));
        line(out, &text);
    }
    line(out, "TRANSP:OPAQUE");
    line(out, "END:VEVENT");
}

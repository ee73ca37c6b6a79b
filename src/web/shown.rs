//! Making foreign text fit to show: personal data masked, hidden characters visible, time in words.
//!
//! Templates escape everything; what is done here is what escaping does not do.

use crate::domain::judgement::PersonalData;
use crate::domain::text::excerpt;
use crate::domain::time::{Span, Timestamp};

/// A text with personal data replaced by dots.
pub fn masked(text: &str, places_json: &str) -> String {
    let mut places: Vec<PersonalData> = serde_json::from_str(places_json).unwrap_or_default();
    places.sort_by_key(|p| p.start);
    let mut shown = String::with_capacity(text.len());
    let mut at = 0;
    for place in places {
        if place.start < at
            || text.get(at..place.start).is_none()
            || text.get(place.start..place.end).is_none()
        {
            continue;
        }
        shown.push_str(&text[at..place.start]);
        shown.push_str("•••••");
        at = place.end;
    }
    shown.push_str(text.get(at..).unwrap_or_default());
    shown
}

/// Characters that change how text looks without being seen are shown as marks.
pub fn visible(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' => '⇄',
            '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{00ad}' => '␣',
            '\u{e0000}'..='\u{e007f}' => '⌷',
            '\n' | '\t' => c,
            c if c.is_control() => '␀',
            c => c,
        })
        .collect()
}

/// A field of a content row.
pub fn field(body: Option<&str>, name: &str) -> String {
    let value: serde_json::Value = body.and_then(|b| serde_json::from_str(b).ok()).unwrap_or_default();
    value.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}

/// The beginning of a message for a list.
pub fn beginning(body: Option<&str>, places_json: &str) -> String {
    match body {
        None => "(removed)".to_owned(),
        Some(_) => excerpt(&visible(&masked(&field(body, "text"), places_json)).replace('\n', " "), 140),
    }
}

/// How long there is until a deadline, or since it passed.
pub fn time_left(due_at: Option<i64>, now: Timestamp) -> String {
    match due_at.map(|at| Timestamp(at).since(now)) {
        None => String::new(),
        Some(left) if left.millis() >= 0 => format!("{left} left"),
        Some(late) => format!("{} late", Span(-late.millis())),
    }
}

/// How long ago something was.
pub fn ago(at: i64, now: Timestamp) -> String {
    format!("{} ago", Span(now.since(Timestamp(at)).millis().max(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masking_hides_what_was_found_and_survives_junk() {
        let places = r#"[{"kind":"phone","start":5,"end":15}]"#;
        assert_eq!(masked("Call 0612345678 now", places), "Call ••••• now");
        assert_eq!(masked("é short", r#"[{"kind":"phone","start":1,"end":99}]"#), "é short");
        assert_eq!(masked("as it is", "junk"), "as it is");
    }

    #[test]
    fn hidden_characters_are_seen() {
        assert_eq!(visible("a\u{202e}b\u{200b}c\u{7}"), "a⇄b␣c␀");
    }

    #[test]
    fn time_left_says_late() {
        let now = Timestamp(1_000_000);
        assert_eq!(time_left(Some(1_000_000 + 12 * 60_000), now), "12 min left");
        assert_eq!(time_left(Some(1_000_000 - 12 * 60_000), now), "12 min late");
        assert_eq!(time_left(None, now), "");
    }
}

//! Reading the platform's JSON as leniently as can be: what is not there, or is something else, is passed over.
//!
//! Ids are texts in some answers and numbers in others, and larger than what a float holds; times come with an offset
//! that RFC 3339 does not know (`+0000`), as seconds, or as milliseconds.

use crate::domain::time::Timestamp;
use serde_json::Value;

/// A text that is not empty.
pub fn field<'a>(of: &'a Value, key: &str) -> Option<&'a str> {
    of.get(key)?.as_str().filter(|t| !t.is_empty())
}

/// An id: a text, or a whole number.
pub fn id_in(of: &Value, key: &str) -> Option<String> {
    match of.get(key)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        _ => None,
    }
}

/// The elements of a list; none where it is none.
pub fn list(value: &Value) -> impl DoubleEndedIterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// An instant as answers write it: RFC 3339, or the same with an offset without its colon.
pub fn time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Some((at, offset)) = text.len().checked_sub(5).and_then(|n| text.split_at_checked(n)) {
        let (sign, digits) = offset.split_at_checked(1)?;
        if matches!(sign, "+" | "-") && digits.bytes().all(|b| b.is_ascii_digit()) {
            let (hours, minutes) = digits.split_at_checked(2)?;
            return Timestamp::parse(&format!("{at}{sign}{hours}:{minutes}")).ok();
        }
    }
    Timestamp::parse(text).ok()
}

/// An instant in a field, as answers write it.
pub fn time_in(of: &Value, key: &str) -> Option<Timestamp> {
    field(of, key).and_then(time)
}

/// Whole seconds since the epoch, as deliveries write them.
pub fn seconds_in(of: &Value, key: &str) -> Option<Timestamp> {
    of.get(key)?.as_i64().filter(|n| *n > 0).map(Timestamp::from_seconds)
}

/// Milliseconds since the epoch, as deliveries of messages write them.
pub fn millis_in(of: &Value, key: &str) -> Option<Timestamp> {
    of.get(key)?.as_i64().filter(|n| *n > 0).map(Timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn times_and_ids_are_read_in_each_of_their_forms() {
        let noon = Timestamp::parse("2026-11-24T12:00:00Z").unwrap();
        for text in ["2026-11-24T12:00:00+0000", "2026-11-24T12:00:00Z", "2026-11-24T13:00:00+0100"] {
            assert_eq!(time(text), Some(noon), "{text}");
        }
        for odd in ["", "x", "+0000", "2026", "ü+00ü0", "2026-11-24T12:00:00+00é"] {
            assert_eq!(time(odd), None, "{odd}");
        }
        let value =
            json!({ "a": 1_234_567_890_123_456_789_u64, "b": "7", "c": 1.5, "d": null, "e": "", "t": 5 });
        assert_eq!(id_in(&value, "a").as_deref(), Some("1234567890123456789"));
        assert_eq!(id_in(&value, "b").as_deref(), Some("7"));
        assert!(["c", "d", "e", "f"].iter().all(|key| id_in(&value, key).is_none()));
        assert_eq!(
            (seconds_in(&value, "t"), millis_in(&value, "t")),
            (Some(Timestamp(5_000)), Some(Timestamp(5)))
        );
    }
}

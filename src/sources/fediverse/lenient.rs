//! Reading what servers that others wrote put where something else is documented: numbers for ids, `null` or nothing for
//! texts and lists, one broken part among sound ones. None of that may cost the post.

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error};
use serde_json::Value;

fn words(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// An id, which must be there, as text or as a number.
pub fn id<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    words(Value::deserialize(from)?)
        .filter(|id| !id.is_empty())
        .ok_or_else(|| D::Error::custom("there is no id"))
}

/// A text; what is none is empty.
pub fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(words(Value::deserialize(from)?).unwrap_or_default())
}

/// A text that may be missing; what is none is missing.
pub fn maybe<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(words(Value::deserialize(from)?))
}

/// A whole number that may be missing.
pub fn count<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    })
}

/// The parts of a list that can be read; what is no list has none.
pub fn each<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<Vec<T>, D::Error> {
    let parts = match Value::deserialize(from)? {
        Value::Array(parts) => parts,
        _ => Vec::new(),
    };
    Ok(parts.into_iter().filter_map(|part| serde_json::from_value(part).ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(Debug, Deserialize, PartialEq, Eq)]
    struct Row {
        #[serde(deserialize_with = "id")]
        id: String,
        #[serde(default, deserialize_with = "text")]
        text: String,
        #[serde(default, deserialize_with = "maybe")]
        maybe: Option<String>,
        #[serde(default, deserialize_with = "count")]
        count: Option<i64>,
        #[serde(default, deserialize_with = "each")]
        each: Vec<u8>,
    }

    #[test]
    fn odd_shapes_cost_nothing_but_themselves() {
        let read = |value: Value| serde_json::from_value::<Row>(value);
        let row =
            read(json!({"id": 7, "text": null, "maybe": false, "count": "12", "each": [1, "x", null, 2]}));
        let expected =
            Row { id: "7".into(), text: String::new(), maybe: None, count: Some(12), each: vec![1, 2] };
        assert_eq!(row.unwrap(), expected);
        let bare = Row { id: "a".into(), text: String::new(), maybe: None, count: None, each: vec![] };
        assert_eq!(read(json!({"id": "a"})).unwrap(), bare);
        assert_eq!(read(json!({"id": "a", "each": {}, "count": 1.5, "maybe": null})).unwrap(), bare);
        for none in [json!({}), json!({"id": null}), json!({"id": ""}), json!({"id": {}})] {
            assert!(read(none).is_err());
        }
    }
}

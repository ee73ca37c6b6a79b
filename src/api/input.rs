//! Reads what was sent: bodies and parameters, with the place of every mistake.

use super::problem::{Kind, Problem};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads a body. None at all is an empty object, so that an act without fields needs none.
pub fn body<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_path_to_error::deserialize(&read(bytes)?).map_err(unfit)
}

/// What was sent as JSON. This and what follows stands apart from [`body`], which is made for each kind of body.
fn read(bytes: &[u8]) -> Result<Value, Problem> {
    let bytes = if bytes.is_empty() { b"{}" } else { bytes };
    let mut value: Value = serde_json::from_slice(bytes).map_err(|e| {
        let what = format!("no JSON: {e}");
        Problem::new(Kind::Body, what.clone()).at("", what)
    })?;
    clean(&mut value);
    Ok(value)
}

fn unfit(error: serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let pointer = pointer(error.path());
    let what = error.into_inner().to_string();
    Problem::new(Kind::Body, format!("{pointer}: {what}")).at(pointer, what)
}

/// Reads what stands behind the question mark.
pub fn query<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let text = cleaned(query);
    let from = serde_urlencoded::Deserializer::new(url::form_urlencoded::parse(text.as_bytes()));
    serde_path_to_error::deserialize(from).map_err(unknown)
}

fn cleaned(query: &str) -> String {
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    let pairs: Vec<(String, String)> =
        pairs.map(|(k, v)| (k.into_owned(), v.replace('\0', "\u{fffd}"))).collect();
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn unknown(error: serde_path_to_error::Error<serde::de::value::Error>) -> Problem {
    let name = error.path().to_string();
    let what = error.into_inner().to_string();
    Problem::new(Kind::Request, format!("{name}: {what}")).by(name, what)
}

/// What no text of ours may hold becomes the mark for what cannot be shown, on both engines alike.
fn clean(value: &mut Value) {
    match value {
        Value::String(text) if text.contains('\0') => *text = text.replace('\0', "\u{fffd}"),
        Value::Array(list) => list.iter_mut().for_each(clean),
        Value::Object(map) => map.values_mut().for_each(clean),
        _ => {}
    }
}

/// A path as a JSON Pointer.
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter().fold(String::new(), |text, segment| match segment {
        Segment::Seq { index } => format!("{text}/{index}"),
        Segment::Map { key } => format!("{text}/{}", key.replace('~', "~0").replace('/', "~1")),
        Segment::Enum { variant } => format!("{text}/{variant}"),
        Segment::Unknown => text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Asked {
        #[serde(default)]
        list: Vec<u8>,
        #[serde(default)]
        text: String,
    }

    fn wrong(bytes: &[u8]) -> String {
        let answer = body::<Asked>(bytes).unwrap_err();
        format!("{answer:?}")
    }

    #[test]
    fn a_mistake_has_a_place() {
        assert!(wrong(br#"{"list": [1, 300]}"#).contains("/list/1"), "{}", wrong(br#"{"list": [1, 300]}"#));
        assert!(wrong(br#"{"other": 1}"#).contains("unknown field"));
        assert!(wrong(b"{").contains("no JSON"));
        assert!(wrong(br#"{"text": "\ud800"}"#).contains("no JSON"));
        assert!(format!("{:?}", query::<Asked>("other=1").unwrap_err()).contains("unknown field"));
    }

    #[test]
    fn no_body_is_an_empty_one_and_nothing_hides() {
        assert!(body::<Asked>(b"").unwrap().list.is_empty());
        assert_eq!(body::<Asked>(br#"{"text": "a\u0000b"}"#).unwrap().text, "a\u{fffd}b");
        assert_eq!(query::<Asked>("text=a%00b").unwrap().text, "a\u{fffd}b");
    }
}

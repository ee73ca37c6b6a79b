//! Labels of a post that ask to cover it: what its author or the network's moderators say stands in it.
//!
//! An author's own stand in the record, those of moderators in the view. Only what warns of a content is taken; that
//! somebody calls a post spam, rude or misleading says nothing of whether it needs an answer, and is left alone. Lexicon
//! `com.atproto.label.defs` and the global label values of the network's documentation, November 2026.

use serde_json::Value;

/// Values that warn of a content, each with words for people.
const WARNING: [(&str, &str); 8] = [
    ("porn", "adult content"),
    ("sexual", "sexual content"),
    ("nudity", "nudity"),
    ("graphic-media", "graphic media"),
    ("gore", "graphic media"),
    ("nsfl", "graphic media"),
    ("self-harm", "self-harm"),
    ("!warn", "marked by moderators"),
];

/// What the author's own labels, as a record has them, and those of moderators, as a view has them, warn of.
pub fn warning(own: Option<&str>, told: Option<&str>) -> Option<String> {
    let read = |json: Option<&str>| -> Value {
        json.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    };
    let (own, told) = (read(own), read(told));
    let own = own["values"].as_array().into_iter().flatten();
    // A label that was taken back still stands, with a sign.
    let told = told.as_array().into_iter().flatten().filter(|label| label["neg"] != true);
    let mut words: Vec<&str> = Vec::new();
    for value in own.chain(told).filter_map(|label| label["val"].as_str()) {
        let found = WARNING.iter().find(|(known, _)| *known == value).map(|(_, word)| *word);
        words.extend(found.filter(|word| !words.contains(word)));
    }
    (!words.is_empty()).then(|| words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_warns_of_a_content_is_told_once_and_nothing_else() {
        let own =
            r#"{"$type":"com.atproto.label.defs#selfLabels","values":[{"val":"nudity"},{"val":"cats"}]}"#;
        let told = r#"[{"src":"did:plc:m","val":"graphic-media"},{"src":"did:plc:m","val":"gore"},
            {"src":"did:plc:m","val":"spam"},{"src":"did:plc:m","val":"porn","neg":true}]"#;
        assert_eq!(warning(Some(own), None).as_deref(), Some("nudity"));
        assert_eq!(warning(Some(own), Some(told)).as_deref(), Some("nudity, graphic media"));
        for none in [r#"[{"val":"spam"}]"#, "[]", "{}", "null", "7", r#"[{"val":7}]"#] {
            assert_eq!(warning(Some(none), Some(none)), None, "{none}");
        }
        assert_eq!(warning(None, None), None);
    }
}

//! A policy as it is written in a file of settings, with the calendars that it names: what a person edits. Pure.

use super::calendar::FROM_SETTINGS;
use super::policy::Policy;
use serde_json::Value;
use std::fmt::Write as _;

/// The text: one `[[policy]]`, and a `[[calendar]]` for each calendar that it names.
pub fn as_toml(policy: &Policy) -> String {
    let mut out = String::from("[[policy]]\n");
    section(&mut out, serde_json::to_value(policy).ok().as_ref());
    for calendar in policy.calendars.values() {
        out.push_str("\n[[calendar]]\n");
        let spec = calendar.spec();
        if spec.is_fed() {
            section(&mut out, serde_json::to_value(spec).ok().as_ref());
            // The address may hold a token and stands in the settings only.
            let _ = writeln!(out, "holidays_url = {FROM_SETTINGS:?}");
        } else {
            section(&mut out, serde_json::to_value(calendar.stored()).ok().as_ref());
        }
    }
    out
}

/// The fields of a table, each on a line of its own; lists of tables with a line for each.
fn section(out: &mut String, table: Option<&Value>) {
    for (key, value) in table.and_then(Value::as_object).into_iter().flatten() {
        // What is written `hours` in the database is called calendar where people write it.
        let key = if key == "hours" { "calendar" } else { key };
        match value {
            Value::Null => {}
            Value::Array(list) if list.iter().any(Value::is_object) => {
                // Writing to a text cannot fail.
                let _ = writeln!(out, "{key} = [");
                for entry in list {
                    let _ = writeln!(out, "  {},", inline(entry));
                }
                out.push_str("]\n");
            }
            other => {
                let _ = writeln!(out, "{key} = {}", inline(other));
            }
        }
    }
}

fn inline(value: &Value) -> String {
    match value {
        Value::Array(list) => format!("[{}]", list.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::Object(table) => {
            let known = table.iter().filter(|(_, v)| !v.is_null());
            let parts: Vec<String> = known.map(|(k, v)| format!("{} = {}", named(k), inline(v))).collect();
            if parts.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", parts.join(", ")) }
        }
        // The escapes of JSON are those of TOML, but for one character.
        other => other.to_string().replace('\u{7f}', "\\u007f"),
    }
}

fn named(key: &str) -> String {
    let bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    if bare { key.to_owned() } else { Value::from(key).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_table_that_people_can_read() {
        let [social, _] = Policy::ready_made();
        let text = as_toml(&social);
        assert!(text.starts_with("[[policy]]\n") && text.contains("name = \"social-30m\"\n"), "{text}");
        assert!(text.contains("calendar = \"always\"\n") && !text.contains("null"), "{text}");
        assert!(text.contains("first_response_minutes = 30"), "{text}");
        assert_eq!(inline(&serde_json::json!({ "12-25": ["a\"b"], "x": null })), "{ 12-25 = [\"a\\\"b\"] }");
        assert_eq!(named("a b"), "\"a b\"");
    }
}

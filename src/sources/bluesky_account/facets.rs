//! What the platform must be told about a text: where links, tags and handles stand in it.
//!
//! Nothing is marked up by itself: a link without a facet is plain text, and a handle without one
//! tells nobody. Places are byte offsets of UTF-8, the end left out. A handle that leads to nobody
//! stays text.

use crate::domain::reply::links;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// Most handles that are looked up for one text.
pub const HANDLES_MAX: usize = 5;
/// Longest tag, in characters as people see them and in bytes (lexicon `app.bsky.richtext.facet`).
const TAG_GRAPHEMES_MAX: usize = 64;
const TAG_BYTES_MAX: usize = 640;

/// Something in a text that must be marked.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Link,
    Tag,
    Handle,
}

fn parts(text: &str) -> Vec<(Range<usize>, Part)> {
    let links = links(text);
    let mut found: Vec<(Range<usize>, Part)> = Vec::new();
    let mut from = 0;
    for word in text.split(char::is_whitespace) {
        let start = from;
        // White space may be longer than a byte.
        from += word.len();
        from += text[from..].chars().next().map_or(0, char::len_utf8);
        let opened = word.trim_start_matches(['(', '[', '"', '\'', '«', '„', '“', '¿', '¡']);
        let at = start + word.len() - opened.len();
        if links.iter().any(|l| l.start < start + word.len() && at < l.end) {
            continue;
        }
        if let Some(end) = handle_end(opened) {
            found.push((at..at + end, Part::Handle));
        } else if let Some(end) = tag_end(opened) {
            found.push((at..at + end, Part::Tag));
        }
    }
    found.extend(links.into_iter().map(|range| (range, Part::Link)));
    found.sort_by_key(|(range, _)| range.start);
    found
}

/// Where a handle at the beginning of a word ends: a domain name, and no second `@` behind it.
fn handle_end(word: &str) -> Option<usize> {
    let name = word.strip_prefix('@')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    let end = name.find(|c| !plain(c)).unwrap_or(name.len());
    if name[end..].starts_with('@') {
        return None;
    }
    let name = name[..end].trim_end_matches(['.', '-']);
    let labels: Vec<&str> = name.split('.').collect();
    let fine = |l: &&str| !l.is_empty() && l.len() <= 63 && !l.starts_with('-') && !l.ends_with('-');
    let top = labels.last().is_some_and(|l| l.starts_with(|c: char| c.is_ascii_alphabetic()));
    (labels.len() >= 2 && top && labels.iter().all(fine)).then_some(1 + name.len())
}

/// Where a tag at the beginning of a word ends.
fn tag_end(word: &str) -> Option<usize> {
    let name = word.strip_prefix('#')?;
    let name = name.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '_');
    let fits = name.graphemes(true).count() <= TAG_GRAPHEMES_MAX && name.len() <= TAG_BYTES_MAX;
    let named = name.chars().any(|c| !c.is_ascii_digit()) && !name.contains('#');
    (fits && named).then_some(1 + name.len())
}

/// The handles in a text, each once, as many as are looked up.
pub fn handles(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (range, part) in parts(text) {
        let handle = text[range].trim_start_matches('@').to_ascii_lowercase();
        if part == Part::Handle && !found.contains(&handle) && found.len() < HANDLES_MAX {
            found.push(handle);
        }
    }
    found
}

/// The facets of a text; `dids` are the accounts to which its handles lead.
pub fn facets(text: &str, dids: &HashMap<String, String>) -> Vec<Value> {
    let feature = |range: &Range<usize>, part: &Part| {
        let words = &text[range.clone()];
        Some(match part {
            Part::Link => json!({ "$type": "app.bsky.richtext.facet#link", "uri": words }),
            Part::Tag => json!({ "$type": "app.bsky.richtext.facet#tag", "tag": words.get(1..)? }),
            Part::Handle => {
                let did = dids.get(&words.get(1..)?.to_ascii_lowercase())?;
                json!({ "$type": "app.bsky.richtext.facet#mention", "did": did })
            }
        })
    };
    let facet = |(range, part): &(Range<usize>, Part)| {
        let index = json!({ "byteStart": range.start, "byteEnd": range.end });
        Some(json!({ "index": index, "features": [feature(range, part)?] }))
    };
    parts(text).iter().filter_map(facet).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(text: &str) -> Vec<(&str, String)> {
        let dids = HashMap::from([("anna.example".to_owned(), "did:plc:anna".to_owned())]);
        let place = |v: &Value, key: &str| v["index"][key].as_u64().unwrap() as usize;
        facets(text, &dids)
            .iter()
            .map(|f| {
                let kind = f["features"][0]["$type"].as_str().unwrap().rsplit('#').next().unwrap();
                (place(f, "byteStart"), place(f, "byteEnd"), kind.to_owned())
            })
            .map(|(start, end, kind)| (&text[start..end], kind))
            .collect()
    }

    #[test]
    fn places_are_bytes_also_behind_emoji_and_umlauts() {
        let text = "Grüße 👨‍👩‍👧 an @Anna.example: siehe https://acme.example/größe, #Rückruf!\u{3000}#日本語 (@anna.example)";
        let expected = [
            ("@Anna.example", "mention"),
            ("https://acme.example/größe", "link"),
            ("#Rückruf", "tag"),
            ("#日本語", "tag"),
            ("@anna.example", "mention"),
        ];
        let found = marked(text);
        let found: Vec<(&str, &str)> = found.iter().map(|(t, k)| (*t, k.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_leads_to_nobody_and_what_only_looks_alike_stays_text() {
        for text in [
            "@nobody.example",
            "@anna",
            "mail me@anna.example",
            "@anna@anna.example",
            "#1 #! # ##",
            "@anna.example@other.example",
            "https://acme.example/@anna.example#top is a link alone",
        ] {
            let found = marked(text);
            assert!(found.iter().all(|(_, kind)| kind == "link"), "{text}: {found:?}");
        }
        assert_eq!(marked("@anna.example.").first().map(|m| m.0), Some("@anna.example"));
    }

    #[test]
    fn few_handles_are_looked_up_and_each_once() {
        assert_eq!(handles("@A.example @a.example hi @b.example"), ["a.example", "b.example"]);
        let many: Vec<String> = (0..20).map(|n| format!("@u{n}.example")).collect();
        assert_eq!(handles(&many.join(" ")).len(), HANDLES_MAX);
        assert_eq!(facets(&format!("#{}", "x".repeat(65)), &HashMap::new()).len(), 0);
    }
}

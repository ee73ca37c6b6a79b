//! The sample: posts of our own writing in ten languages that show the product alive at once.
//!
//! Their recorded afternoon is moved so that its half past five is now: what was before is loaded
//! as today's inbox, what comes after is played as it comes. Everything of it is marked as sample.

use crate::domain::time::{Span, Timestamp};
use crate::replaying::{Times, time_of};

const FILES: [&str; 10] = [
    include_str!("sample/de.jsonl"),
    include_str!("sample/en.jsonl"),
    include_str!("sample/es.jsonl"),
    include_str!("sample/fr.jsonl"),
    include_str!("sample/it.jsonl"),
    include_str!("sample/ja.jsonl"),
    include_str!("sample/nl.jsonl"),
    include_str!("sample/no.jsonl"),
    include_str!("sample/pt.jsonl"),
    include_str!("sample/ru.jsonl"),
];
/// The recorded instant that becomes now: 2026-01-05T17:30:00Z.
const RECORDED_NOW: Timestamp = Timestamp(1_767_634_200_000);

/// The sample, ready to be taken in: lines in our JSON with the instant at which each is posted.
pub fn posts(brand: &str, now: Timestamp) -> Vec<(Timestamp, Vec<u8>)> {
    let handle: String = brand.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect();
    let (name, handle) = (in_json(brand), in_json(&handle.to_lowercase()));
    let times = Times::Shifted(now.since(RECORDED_NOW));
    let mut posts: Vec<(Timestamp, Vec<u8>)> = FILES
        .iter()
        .flat_map(|file| file.lines())
        .filter_map(|line| {
            let line = line.replace("{brand}", &name).replace("{handle}", &handle);
            let mut line = times.line(line.as_bytes());
            let at = time_of(&line)?;
            // Marked as sample: the last byte is the closing brace of the object.
            line.pop()?;
            line.extend_from_slice(b",\"sample\":true}");
            Some((at, line))
        })
        .collect();
    posts.sort();
    posts
}

/// The span of recorded time after now.
pub const LIVE: Span = Span::minutes(30);

/// A text as it stands inside a JSON string.
fn in_json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted.strip_prefix('"').and_then(|q| q.strip_suffix('"')).unwrap_or(text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::post::RawPost;
    use std::collections::HashSet;

    #[test]
    fn every_line_is_a_post_about_the_brand_and_marked() {
        let now = Timestamp(1_790_000_000_000);
        let posts = posts("Happy \"Socks\"", now);
        assert!(posts.len() > 400);
        let mut ids = HashSet::new();
        let mut own = 0;
        for (at, line) in &posts {
            let raw: RawPost = serde_json::from_slice(line).unwrap();
            assert!(!raw.text.contains("{brand}") && !raw.text.contains("{handle}"));
            assert!(raw.sample && ids.insert(raw.external_id.clone()));
            own += usize::from(raw.own);
            assert_eq!(raw.check().unwrap().posted_at, *at);
        }
        assert!(own > 60);
        let live = posts.iter().filter(|(at, _)| *at > now).count();
        assert!(live > 80 && posts.iter().all(|(at, _)| *at <= now.plus(LIVE)));
    }
}

//! What a promise's scope looks at in a post: the handles that it names.

use crate::domain::brand::Brand;
use crate::domain::post::Post;

/// The handles of a brand that a post names, in its words or by its platform's list, in small
/// letters and parted by blanks. Of `@name@server` the name counts.
pub fn handles_named(brand: &Brand, post: &Post) -> String {
    if brand.handles.is_empty() {
        return String::new();
    }
    let text = if post.text.contains('@') { post.text.to_lowercase() } else { String::new() };
    let in_words = |handle: &str| {
        text.match_indices(&format!("@{handle}")).any(|(at, found)| {
            let after = text[at + found.len()..].chars().next();
            !after.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-')
        })
    };
    let listed = |handle: &str| {
        post.mentions.iter().any(|m| {
            let name = m.trim_start_matches('@').to_lowercase();
            name == handle || name.split_once('@').is_some_and(|(name, _)| name == handle)
        })
    };
    let handles = brand.handles.iter().map(|h| h.trim_start_matches('@').to_lowercase());
    let named: Vec<String> = handles.filter(|h| listed(h) || in_words(h)).collect();
    named.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str, mentions: &[&str]) -> String {
        let brand = Brand { handles: vec!["Acme".into(), "acme_care".into()], ..Brand::default() };
        let raw = serde_json::json!({
            "platform": "mastodon", "external_id": "1", "author": { "id": "jan" }, "text": text,
            "created_at": "2026-11-24T09:30:00Z", "mentions": mentions,
        });
        let raw: crate::domain::post::RawPost = serde_json::from_value(raw).unwrap();
        handles_named(&brand, &raw.check().unwrap())
    }

    #[test]
    fn a_handle_is_named_whole_in_words_or_in_the_platforms_list() {
        assert_eq!(named("@ACME it is dark", &[]), "acme");
        assert_eq!(named("@acme_care@toot.example, and @acme", &[]), "acme acme_care");
        assert_eq!(named("@acme_careful, @acme-x and acme", &[]), "");
        assert_eq!(named("it is dark", &["@Acme_Care@toot.example"]), "acme_care");
    }
}

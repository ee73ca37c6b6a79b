//! Which messages the promise covers: what a scope looks at, from what is known of a message.

use crate::catalogue::Watched;
use crate::domain::brand::Brand;
use crate::domain::judgement::Level;
use crate::domain::post::Post;
use crate::domain::scope::Message;
use crate::store::intake::CaseMessage;
use crate::store::rows::CaseRow;

/// The handles of a brand that a post names, in its words or by its platform's list, in small
/// letters and parted by blanks. Of `@name@server` the name counts.
pub fn handles_named(brand: &Brand, post: &Post) -> String {
    if brand.handles.is_empty() {
        return String::new();
    }
    let in_words = |handle: &str| {
        post.text.to_lowercase().match_indices(&format!("@{handle}")).any(|(at, found)| {
            let after = post.text.to_lowercase()[at + found.len()..].chars().next();
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

/// Whether the brand's promise covers a message of a case.
pub fn covers(watched: &Watched, case: &CaseRow, message: &CaseMessage) -> bool {
    let on = case.selector();
    let facts = Message {
        handles: Some(&message.handles),
        source: Some(&message.source),
        kind: Some(&message.kind),
        language: on.language,
        channel: on.channel,
        level: Some(Level::from_number(message.level)),
        private: Some(message.private == 1),
    };
    watched.policy.1.covers(&facts).is_ok()
}

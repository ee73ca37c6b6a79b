//! Posts of our own that are known and come again: an edit of them takes the place of the words that stood there, and the
//! case is told. Whatever else comes again is a duplicate.

use super::Rules;
use super::bodies::content_body;
use super::plan::Planner;
use super::read::Item;
use crate::domain::post::Post;
use crate::domain::recheck;
use crate::domain::time::Timestamp;
use crate::store::intake::{Key, KnownOwnPost};

/// Where looking again at a post costs nothing and tells of edits.
const LOOKED_AT: [&str; 2] = ["mastodon", "bluesky"];

/// The words in a content row.
fn words(body: &str) -> String {
    let body: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    body["text"].as_str().unwrap_or_default().trim().to_owned()
}

/// When a post of ours was edited, if that is later than what is known and its words are still kept and others now.
fn edited(own: &KnownOwnPost, post: &Post) -> Option<i64> {
    let at = post.edited_at.map(Timestamp::millis)?;
    let before = own.body.as_deref().filter(|_| own.deleted_at.is_none())?;
    let is_later = own.edited_at.is_none_or(|known| at > known);
    (is_later && words(before) != post.text.trim()).then_some(at)
}

impl Planner<'_> {
    /// A post of ours that is known. One that went out without one has an id of its source's from now on, and is looked at
    /// again by that source as if somebody had typed it there.
    pub(super) fn own_again(
        &mut self,
        item: &Item,
        post: &Post,
        identity: &Key,
        rules: &Rules,
    ) -> (&'static str, Option<String>) {
        let Some(own) = self.known.own_posts.get(identity).cloned() else { return ("duplicate", None) };
        if let Some(local) = &post.local_id {
            self.changes.handles.push((own.id.clone(), item.source.clone(), local.clone()));
        }
        self.look_again_at(item, post, &own, rules);
        let Some(at) = edited(&own, post) else { return ("duplicate", None) };
        let (body, content) = (content_body(post), format!("{}/1", own.id));
        // One statement writes all edits of a batch: the last of each post stands.
        self.changes.threads_edited.retain(|(id, _)| *id != content);
        self.changes.own_edited.retain(|(id, _)| *id != own.id);
        self.changes.threads_edited.push((content, body.clone()));
        self.changes.own_edited.push((own.id.clone(), at));
        // The next delivery of the batch must see this edit.
        if let Some(known) = self.known.own_posts.get_mut(identity) {
            (known.edited_at, known.body) = (Some(at), Some(body));
        }
        let brand = self.catalogue.brands.iter().position(|w| w.id == own.brand_id);
        if let (Some(brand), Some(author)) = (brand, &own.answers_author_id) {
            self.group(brand, &own.conversation_id, author).answers_edited.push(own.id);
        }
        ("own_echo", Some("edited".to_owned()))
    }

    fn look_again_at(&mut self, item: &Item, post: &Post, own: &KnownOwnPost, rules: &Rules) {
        let is_looked_at = LOOKED_AT.contains(&post.platform.as_str()) && own.deleted_at.is_none();
        let source = rules.get(&item.source).and_then(|r| r.recheck_by.clone());
        if let Some(source) = source.filter(|_| is_looked_at && !post.sample)
            && let Some(next) = recheck::next(post.posted_at, self.now)
        {
            let row = (own.id.clone(), source, post.posted_at.millis(), next.millis());
            self.changes.rechecks.push(row);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn words_are_compared_without_what_stands_beside_them() {
        assert_eq!(words(r#"{"text":" We look. ","url":"https://x.example"}"#), "We look.");
        assert_eq!(words("junk"), "");
    }
}

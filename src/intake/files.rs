//! The files of posts: which there are, so that somebody else may fetch them. Nothing is fetched here.
//!
//! Only what became a mention has files: what is filtered, quarantined or deleted, what we said ourselves and what only
//! shows a conversation has none. A file is known by where it is, so that a post read again or edited has each once; its id
//! holds a keyed hash of that, for where nobody says where it is its name is in its author's words, and ids are written down
//! in many places.

use super::plan::Planner;
use super::read::Item;
use crate::domain::file::{FileNote, FileState, FileWhy};
use crate::domain::post::Post;
use crate::store::attachment::FileRow;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// Where a file is, or else what it is called.
fn known_by(file: &FileNote) -> &str {
    let all = [&file.handle, &file.url, &file.name];
    all.into_iter().find(|text| !text.is_empty()).map_or("", String::as_str)
}

/// By what a file is known among the words of its post, and with them alone: a hash of where it is.
pub(super) fn key(file: &FileNote) -> String {
    Sha256::digest(known_by(file)).iter().take(8).fold(String::with_capacity(16), |mut hex, b| {
        let _ = write!(hex, "{b:02x}");
        hex
    })
}

/// How a file stands before anybody tried.
fn begins(file: &FileNote, fetchable: bool) -> (FileState, Option<FileWhy>) {
    if !file.may_be_kept() {
        (FileState::Refused, Some(FileWhy::Kind))
    } else if file.url.is_empty() && file.handle.is_empty() {
        (FileState::Refused, Some(FileWhy::Address))
    } else if !fetchable {
        (FileState::Refused, Some(FileWhy::Old))
    } else {
        (FileState::Waiting, None)
    }
}

impl Planner<'_> {
    fn file_id(&mut self, mention_id: &str, file: &FileNote) -> String {
        let (fresh, hash) = self.known.gone.file(mention_id, known_by(file), self.mint);
        self.changes.gone_key = self.changes.gone_key.take().or(fresh);
        format!("{mention_id}.{hash}")
    }

    /// Notes the files of a post. Those of an old post are named and not fetched: a replay must not call the world.
    pub(super) fn files(&mut self, item: &Item, post: &Post, mention_id: &str, author_id: &str, old: bool) {
        for (place, file) in post.files.iter().enumerate() {
            let id = self.file_id(mention_id, file);
            let (state, why) = begins(file, !old && !post.sample);
            let body = serde_json::to_string(file).unwrap_or_default();
            if !self.files_noted.insert(id.clone()) {
                // Named twice by a post, or by its edit in the same batch: one row, and the later words.
                self.changes.contents.iter_mut().filter(|c| c.0 == id).for_each(|c| c.3.clone_from(&body));
                continue;
            }
            self.changes.contents.push((id.clone(), author_id.to_owned(), "file", body));
            self.changes.files.push(FileRow {
                id,
                mention_id: mention_id.to_owned(),
                place: place as i64,
                source: item.source.clone(),
                state: state.code(),
                why: why.map_or("", FileWhy::code),
                next_at: (state == FileState::Waiting).then_some(self.now.millis()),
            });
        }
    }

    /// Notes the files of a post that was edited; those that are in it no more go.
    pub(super) fn files_again(
        &mut self,
        item: &Item,
        post: &Post,
        mention_id: &str,
        author_id: &str,
        old: bool,
    ) {
        self.files(item, post, mention_id, author_id, old);
        let stay: Vec<String> = post.files.iter().map(|f| self.file_id(mention_id, f)).collect();
        self.changes.files_left.push((mention_id.to_owned(), stay.join(" ")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_where_it_is_and_not_by_what_is_said_of_it() {
        let file =
            |url: &str, alt: &str| FileNote { url: url.into(), alt: alt.into(), ..FileNote::default() };
        assert_eq!(key(&file("https://a.example/1", "x")), key(&file("https://a.example/1", "y")));
        assert_ne!(key(&file("https://a.example/1", "")), key(&file("https://a.example/2", "")));
        let named = |name: &str| FileNote { name: name.into(), ..FileNote::default() };
        assert_ne!(key(&named("a.zip")), key(&named("b.zip")));
    }

    #[test]
    fn what_cannot_be_fetched_says_why_from_the_beginning() {
        let file =
            |kind: &str, url: &str| FileNote { kind: kind.into(), url: url.into(), ..FileNote::default() };
        assert_eq!(begins(&file("image/png", "https://a.example/1"), true), (FileState::Waiting, None));
        assert_eq!(begins(&file("video", "https://a.example/1"), true).1, Some(FileWhy::Kind));
        assert_eq!(begins(&file("image/png", ""), true).1, Some(FileWhy::Address));
        assert_eq!(begins(&file("image/png", "https://a.example/1"), false).1, Some(FileWhy::Old));
    }
}

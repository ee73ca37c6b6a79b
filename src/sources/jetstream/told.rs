//! What the stream tells of posts and accounts that stand already: edits, deletes, accounts that go and come.
//!
//! The stream carries those of the whole network, and hardly any is about a post that is kept here. They are gathered and
//! looked up together before the place behind them is stored, so that none is passed over; what is known goes into the
//! inbox like everything else, and the rest is dropped. Only ids are remembered, and only so many.

use super::super::held::AccountNews;
use super::super::{Closed, RawItem, Sink};
use crate::domain::post::RawPost;
use crate::domain::time::Timestamp;
use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::hash::BuildHasher;

/// The platform's word.
const PLATFORM: &str = "bluesky";
/// With so many things told they are looked up.
const TOLD_MAX: usize = 1_000;
/// With so many bytes of changed posts, too: whoever writes large ones must not fill the memory.
const TOLD_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How many deletes are remembered for posts that come after them.
const DELETES_MAX: usize = 20_000;
/// How many authors of posts just handed over are remembered.
const AUTHORS_MAX: usize = 1_000;
/// How often it is asked for an account whose post may still be on its way through the inbox.
const TRIES: u8 = 10;

/// What was told and not looked up yet.
#[derive(Debug, Default)]
pub(super) struct Told {
    deleted: Vec<String>,
    edited: BTreeMap<String, RawItem>,
    /// How many bytes of changed posts came in all.
    bytes: usize,
    accounts: BTreeMap<String, (AccountNews, u8)>,
}

impl Told {
    /// A post was deleted.
    pub(super) fn deleted(&mut self, uri: String) {
        self.edited.remove(&uri);
        self.deleted.push(uri);
    }

    /// A post was changed.
    pub(super) fn edited(&mut self, post: &RawPost, at: Timestamp) {
        let uri = post.external_id.clone();
        let item = RawItem::of(uri.clone(), post, at);
        self.bytes += item.body.len();
        self.edited.insert(uri, item);
    }

    /// Something became of an account.
    pub(super) fn account(&mut self, news: AccountNews) {
        match self.accounts.get_mut(&news.id) {
            Some((before, tries)) => {
                before.and(news);
                *tries = 0;
            }
            None => drop(self.accounts.insert(news.id.clone(), (news, 0))),
        }
    }

    /// Whether it is time to look up what was told.
    pub(super) fn is_full(&self) -> bool {
        let things = self.deleted.len() + self.edited.len() + self.accounts.len();
        things >= TOLD_MAX || self.bytes >= TOLD_BYTES_MAX
    }

    /// Adds to a batch what concerns posts that are kept, or that stand in it; and notes what became of accounts.
    pub(super) async fn look_up(
        &mut self,
        items: &mut Vec<RawItem>,
        authors: &Authors,
        sink: &dyn Sink,
    ) -> Result<(), Closed> {
        let (deleted, edited) = (std::mem::take(&mut self.deleted), std::mem::take(&mut self.edited));
        self.bytes = 0;
        if !deleted.is_empty() || !edited.is_empty() {
            let ids = deleted.iter().chain(edited.keys()).cloned().collect();
            let held: HashSet<String> = sink.held(PLATFORM, ids).await?.into_iter().collect();
            for (uri, edit) in edited {
                // What was changed before it was handed over goes as it is now: intake takes a post that stands twice
                // in a batch for one.
                match items.iter().position(|item| item.place == uri) {
                    Some(at) => items[at].body = edit.body,
                    None if held.contains(&uri) => items.push(edit),
                    None => {}
                }
            }
            for uri in deleted {
                if held.contains(&uri) || items.iter().any(|item| item.place == uri) {
                    items.extend(gone(&uri));
                }
            }
        }
        self.note_accounts(authors, sink).await
    }

    async fn note_accounts(&mut self, authors: &Authors, sink: &dyn Sink) -> Result<(), Closed> {
        if self.accounts.is_empty() {
            return Ok(());
        }
        let news = self.accounts.values().map(|(news, _)| news.clone()).collect();
        let known: HashSet<String> = sink.accounts(PLATFORM, news).await?.into_iter().collect();
        // Somebody's first post may still be on its way through the inbox.
        self.accounts.retain(|id, (_, tries)| {
            *tries += 1;
            !known.contains(id) && authors.holds(id) && *tries < TRIES
        });
        Ok(())
    }
}

/// That a post is gone, as it goes into the inbox.
pub(super) fn gone(uri: &str) -> Option<RawItem> {
    let post = RawPost {
        platform: PLATFORM.to_owned(),
        external_id: uri.to_owned(),
        deleted: true,
        ..RawPost::default()
    };
    Some(RawItem::raw(format!("gone/{uri}"), serde_json::to_vec(&post).ok()?))
}

/// Deletes that were told lately, by a hash of the post's address, with the server's time of each: a post that comes after
/// its delete, as from a server that repeats itself, is not taken for a new one.
#[derive(Debug, Default)]
pub(super) struct Deletes {
    by: RandomState,
    at: HashMap<u64, i64>,
    order: VecDeque<u64>,
}

impl Deletes {
    /// Notes one.
    pub(super) fn note(&mut self, uri: &str, micros: i64) {
        let hash = self.by.hash_one(uri);
        if self.at.insert(hash, micros).is_none() {
            self.order.push_back(hash);
        }
        if self.order.len() > DELETES_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.at.remove(&oldest);
        }
    }

    /// Whether a post of that instant was deleted later; what is made anew under the same key was not.
    pub(super) fn came_after(&self, uri: &str, micros: i64) -> bool {
        self.at.get(&self.by.hash_one(uri)).is_some_and(|deleted| *deleted >= micros)
    }
}

/// Who wrote what was handed over lately.
#[derive(Debug, Default)]
pub(super) struct Authors {
    ids: HashSet<String>,
    order: VecDeque<String>,
}

impl Authors {
    /// Notes the author of a post.
    pub(super) fn note(&mut self, id: &str) {
        if self.ids.insert(id.to_owned()) {
            self.order.push_back(id.to_owned());
        }
        if self.order.len() > AUTHORS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
    }

    fn holds(&self, id: &str) -> bool {
        self.ids.contains(id)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Batch;
    use super::super::super::held::Away;
    use super::*;
    use std::sync::Mutex;

    /// Knows some posts and accounts, and what it was asked.
    #[derive(Default)]
    struct Store {
        posts: Vec<&'static str>,
        accounts: Vec<&'static str>,
        asked: Mutex<Vec<Vec<String>>>,
        news: Mutex<Vec<AccountNews>>,
    }

    #[async_trait::async_trait]
    impl Sink for Store {
        async fn commit(&self, _batch: Batch) -> Result<(), Closed> {
            Ok(())
        }

        fn connected(&self, _server: &str) {}

        fn missed(&self, _from: Timestamp, _until: Timestamp) {}

        async fn held(&self, platform: &'static str, ids: Vec<String>) -> Result<Vec<String>, Closed> {
            assert_eq!(platform, "bluesky");
            self.asked.lock().unwrap().push(ids.clone());
            Ok(ids.into_iter().filter(|id| self.posts.contains(&id.as_str())).collect())
        }

        async fn accounts(
            &self,
            _platform: &'static str,
            news: Vec<AccountNews>,
        ) -> Result<Vec<String>, Closed> {
            self.news.lock().unwrap().extend(news);
            Ok(self.accounts.iter().map(|id| (*id).to_owned()).collect())
        }
    }

    fn post(uri: &str, text: &str) -> RawPost {
        RawPost {
            platform: "bluesky".into(),
            external_id: uri.into(),
            text: text.into(),
            ..RawPost::default()
        }
    }

    fn words(items: &[RawItem]) -> Vec<(String, String, bool)> {
        let read = |i: &RawItem| serde_json::from_slice::<RawPost>(&i.body).unwrap();
        items.iter().map(|i| (i.place.clone(), read(i).text, read(i).deleted)).collect()
    }

    fn away(id: &str, state: Away) -> AccountNews {
        AccountNews { id: id.to_owned(), away: Some(Some(state)), handle: None, at: Timestamp(5) }
    }

    #[tokio::test]
    async fn only_what_is_kept_or_comes_along_is_handed_on_and_all_is_asked_for_at_once() {
        let store = Store { posts: vec!["kept", "edited"], ..Store::default() };
        let mut told = Told::default();
        for uri in ["kept", "new", "nobodys"] {
            told.deleted(uri.to_owned());
        }
        told.edited(&post("edited", "other words"), Timestamp(1));
        told.edited(&post("fresh", "better words"), Timestamp(1));
        told.edited(&post("unknown", "x"), Timestamp(1));
        let mut items = vec![
            RawItem::of("new".into(), &post("new", "oops"), Timestamp(1)),
            RawItem::of("fresh".into(), &post("fresh", "words"), Timestamp(1)),
        ];
        told.look_up(&mut items, &Authors::default(), &store).await.unwrap();
        let line = |place: &str, text: &str, gone| (place.to_owned(), text.to_owned(), gone);
        assert_eq!(
            words(&items),
            [
                line("new", "oops", false),
                line("fresh", "better words", false),
                line("edited", "other words", false),
                line("gone/kept", "", true),
                line("gone/new", "", true),
            ]
        );
        assert_eq!(store.asked.lock().unwrap().len(), 1);
        told.look_up(&mut items, &Authors::default(), &store).await.unwrap();
        assert_eq!((items.len(), store.asked.lock().unwrap().len()), (5, 1), "nothing is told twice");
    }

    #[tokio::test]
    async fn what_is_deleted_after_an_edit_is_not_edited() {
        let store = Store { posts: vec!["kept"], ..Store::default() };
        let mut told = Told::default();
        told.edited(&post("kept", "other words"), Timestamp(1));
        told.deleted("kept".to_owned());
        let mut items = Vec::new();
        told.look_up(&mut items, &Authors::default(), &store).await.unwrap();
        assert_eq!(words(&items), [("gone/kept".to_owned(), String::new(), true)]);
    }

    #[tokio::test]
    async fn an_account_that_has_just_written_is_asked_for_again_and_a_stranger_is_not() {
        let store = Store { accounts: vec!["known"], ..Store::default() };
        let (mut told, mut authors) = (Told::default(), Authors::default());
        authors.note("writer");
        for id in ["known", "writer", "stranger"] {
            told.account(away(id, Away::Deactivated));
        }
        let mut items = Vec::new();
        told.look_up(&mut items, &authors, &store).await.unwrap();
        assert_eq!(told.accounts.keys().collect::<Vec<_>>(), ["writer"]);
        for _ in 1..TRIES {
            told.look_up(&mut items, &authors, &store).await.unwrap();
        }
        assert!(told.accounts.is_empty(), "not for ever");
        let asked = |id: &str| store.news.lock().unwrap().iter().filter(|n| n.id == id).count();
        assert_eq!((asked("known"), asked("stranger"), asked("writer")), (1, 1, usize::from(TRIES)));
        assert!(items.is_empty());
    }

    #[test]
    fn a_post_that_comes_after_its_delete_is_known_and_memory_is_bounded() {
        let mut deletes = Deletes::default();
        deletes.note("at://a", 10);
        assert!(deletes.came_after("at://a", 9));
        assert!(!deletes.came_after("at://a", 11), "made anew");
        assert!(!deletes.came_after("at://b", 9));
        (0..DELETES_MAX).for_each(|n| deletes.note(&n.to_string(), 20));
        assert!(!deletes.came_after("at://a", 9), "forgotten");
        assert_eq!((deletes.at.len(), deletes.order.len()), (DELETES_MAX, DELETES_MAX));
        let mut authors = Authors::default();
        (0..=AUTHORS_MAX).for_each(|n| authors.note(&n.to_string()));
        assert!(!authors.holds("0") && authors.holds("1") && authors.ids.len() == AUTHORS_MAX);
    }

    #[test]
    fn large_edits_are_looked_up_before_they_fill_the_memory() {
        let mut told = Told::default();
        let full = (0..TOLD_MAX).position(|n| {
            let (external_id, text) = (format!("at://{n}"), "x".repeat(1 << 20));
            told.edited(&RawPost { external_id, text, ..RawPost::default() }, Timestamp(0));
            told.is_full()
        });
        assert_eq!(full, Some(15), "sixteen megabytes are enough");
    }
}

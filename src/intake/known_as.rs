//! What must be known of posts before anything is made of them: under which name an author is known already, and of
//! which intent a platform tells that it was taken.
//!
//! A platform may give somebody another id, or begin to tell one where it told a number before: the account is the
//! same, and so is its conversation. A number may become another person's, so it alone never joins two who have ids
//! of their own. What a platform tells back of an intent is believed where it holds the key that only the platform was told.

use super::places::in_order;
use super::plan::Known;
use super::read::Item;
use crate::domain::post::Post;
use crate::store::alias::{self, AliasRow};
use crate::store::intake::{self as rows, Intent, IntentAsk, Key, KeyRef};
use crate::store::{StoreError, Tx};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Payloads as they are to be planned, and the names under which authors are known from now on.
#[derive(Debug, Default)]
pub struct Mended {
    items: Option<Vec<Item>>,
    aliases: BTreeMap<Key, (String, bool)>,
}

impl Mended {
    /// The payloads to plan.
    pub fn of<'a>(&'a self, items: &'a [Item]) -> &'a [Item] {
        self.items.as_deref().unwrap_or(items)
    }

    /// Names to keep.
    pub fn aliases(&self) -> Vec<AliasRow> {
        let row = |((name, platform, authority), (author, strong)): (&Key, &(String, bool))| {
            (name.clone(), platform.clone(), authority.clone(), author.clone(), i64::from(*strong))
        };
        self.aliases.iter().map(row).collect()
    }
}

fn posts(items: &[Item]) -> impl Iterator<Item = &Post> {
    items.iter().filter_map(|i| i.read.as_ref().ok()).map(|r| &r.post)
}

fn is_named_twice(post: &Post) -> bool {
    !post.deleted && (post.author_also.is_some() || post.author_was.is_some() || tells_whom(post))
}

fn tells_whom(post: &Post) -> bool {
    post.own && post.private && post.answers.is_some()
}

fn key<'a>(post: &'a Post, id: &'a str) -> KeyRef<'a> {
    (id, &post.platform, &post.authority)
}

fn owned((id, platform, authority): KeyRef<'_>) -> Key {
    (id.to_owned(), platform.to_owned(), authority.to_owned())
}

/// Reads what is known; changes nothing where no post asks for it.
pub async fn mend(tx: &mut Tx, items: &[Item]) -> Result<Mended, StoreError> {
    let (named, told) = (posts(items).any(is_named_twice), posts(items).any(|p| p.receipt.is_some()));
    if !named && !told {
        return Ok(Mended::default());
    }
    // Another replica may be learning the same names at this moment: both would be kept as somebody of their own.
    rows::lock_brands(tx).await?;
    let mut mended = items.to_vec();
    let mut aliases = BTreeMap::new();
    if named {
        let mut names = Names::load(tx, items).await?;
        for at in in_order(items) {
            if let Ok(read) = &mut mended[at].read
                && is_named_twice(&read.post)
            {
                names.rename(&mut read.post);
            }
        }
        aliases = names.fresh;
    }
    if told {
        receipts(tx, &mut mended).await?;
    }
    Ok(Mended { items: Some(mended), aliases })
}

/// Under which names authors are known.
#[derive(Debug, Default)]
struct Names {
    /// Authors with rows of their own.
    own: BTreeSet<Key>,
    /// Other names, with the id under which the author is kept.
    other: HashMap<Key, String>,
    /// Authors kept under a number of whom an id is known.
    identified: BTreeSet<Key>,
    /// What was learned just now.
    fresh: BTreeMap<Key, (String, bool)>,
}

impl Names {
    async fn load(tx: &mut Tx, items: &[Item]) -> Result<Self, StoreError> {
        let of = |p| {
            let post: &Post = p;
            let author = &post.author;
            let told = post.answers.as_deref().filter(|_| tells_whom(post));
            let ids =
                [Some(author.id.as_str()), post.author_also.as_deref(), post.author_was.as_deref(), told];
            ids.into_iter().flatten().map(move |id| key(post, id))
        };
        let mut keys: Vec<KeyRef<'_>> = posts(items).filter(|p| is_named_twice(p)).flat_map(of).collect();
        keys.sort_unstable();
        keys.dedup();
        let other = alias::kept_as(tx, &keys).await?;
        let own = rows::authors(tx, &keys).await?;
        let ids: Vec<String> = own.values().cloned().collect();
        let identified: BTreeSet<String> = alias::identified(tx, &ids).await?.into_iter().collect();
        Ok(Self {
            identified: own
                .iter()
                .filter(|(_, id)| identified.contains(*id))
                .map(|(k, _)| k.clone())
                .collect(),
            own: own.into_keys().collect(),
            other,
            fresh: BTreeMap::new(),
        })
    }

    /// The id under which an account is kept that is known by `name`, if it is known.
    fn kept(&self, name: &Key) -> Option<String> {
        self.other.get(name).cloned().or_else(|| self.own.contains(name).then(|| name.0.clone()))
    }

    fn learn(&mut self, name: Key, kept: &str, strong: bool) {
        if strong {
            self.identified.insert((kept.to_owned(), name.1.clone(), name.2.clone()));
        }
        self.other.insert(name.clone(), kept.to_owned());
        self.fresh.insert(name, (kept.to_owned(), strong));
    }

    fn rename(&mut self, post: &mut Post) {
        if tells_whom(post) {
            let told = post.answers.clone().unwrap_or_default();
            if let Some(kept) = self.kept(&owned(key(post, &told))) {
                if post.conversation.as_ref() == Some(&told) {
                    post.conversation = Some(kept.clone());
                }
                post.answers = Some(kept);
            }
            return;
        }
        let id = post.author.id.clone();
        let name = owned(key(post, &id));
        let weak = post.author_also.clone().filter(|also| *also != id).map(|also| owned(key(post, &also)));
        // A name that is nothing but a number is no id; but who left a number is not known by it any more.
        let strong = weak.is_some() || post.author_was.is_some();
        let kept = self.kept(&name).unwrap_or_else(|| {
            let was = post.author_was.as_deref().and_then(|was| self.kept(&owned(key(post, was))));
            let by_number = weak.as_ref().filter(|w| {
                self.own.contains(*w) && !self.identified.contains(*w) && !self.other.contains_key(*w)
            });
            let found = was.or_else(|| by_number.map(|w| w.0.clone()));
            if let Some(kept) = &found {
                self.learn(name.clone(), kept, strong);
            }
            found.unwrap_or_else(|| id.clone())
        });
        if let Some(weak) = weak.filter(|w| w.0 != kept && self.other.get(w) != Some(&kept)) {
            self.learn(weak, &kept, false);
        }
        if !self.own.contains(&name) && kept == id {
            self.own.insert(name);
        }
        if post.conversation.as_ref() == Some(&id) {
            post.conversation = Some(kept.clone());
        }
        post.author.id = kept;
    }
}

/// What a platform tells back of intents: where it is the first that is heard of one, the post is made of the intent.
async fn receipts(tx: &mut Tx, items: &mut [Item]) -> Result<(), StoreError> {
    let mut asked: Vec<IntentAsk> = Vec::new();
    let mut keys = Vec::new();
    for post in posts(items) {
        if let Some(receipt) = &post.receipt {
            asked.push((post.external_id.clone(), None, Some(receipt.action.clone())));
            keys.push(key(post, &post.external_id));
        }
    }
    keys.sort_unstable();
    keys.dedup();
    let known = Known { own_posts: rows::own_posts(tx, &keys).await?, ..Known::default() };
    let intents = rows::intents(tx, &asked).await?;
    for item in items {
        let Ok(read) = &mut item.read else { continue };
        let post = &mut read.post;
        let Some(receipt) = post.receipt.clone() else { continue };
        let is_known = known.own_posts.contains_key(&owned(key(post, &post.external_id)));
        let intent =
            intents.iter().find(|i| i.id == receipt.action && key_of(i) == Some(receipt.key.clone()));
        match intent {
            Some(i) if !is_known || matches!(i.state.as_str(), "sending" | "unknown") => made_of(post, i),
            _ => {
                let why = if post.undelivered.is_some() { "delivery_report" } else { "receipt" };
                post.filtered = Some(why.to_owned());
            }
        }
    }
    Ok(())
}

fn key_of(intent: &Intent) -> Option<String> {
    let payload: serde_json::Value = serde_json::from_str(&intent.payload).ok()?;
    payload["key"].as_str().filter(|k| !k.is_empty()).map(ToOwned::to_owned)
}

fn made_of(post: &mut Post, intent: &Intent) {
    post.text = intent.text.clone().unwrap_or_default();
    post.in_reply_to.clone_from(&intent.answers_id);
    post.action = Some(intent.id.clone());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::post::Author;

    fn post(id: &str, also: Option<&str>, was: Option<&str>) -> Post {
        let author = Author { id: id.into(), ..Author::default() };
        let (author_also, author_was) = (also.map(Into::into), was.map(Into::into));
        Post {
            platform: "whatsapp".into(),
            conversation: Some(id.into()),
            author,
            author_also,
            author_was,
            ..Post::default()
        }
    }

    fn name(id: &str) -> Key {
        (id.into(), "whatsapp".into(), String::new())
    }

    fn renamed(names: &mut Names, mut post: Post) -> String {
        names.rename(&mut post);
        assert_eq!(post.conversation.as_ref(), Some(&post.author.id));
        post.author.id
    }

    #[test]
    fn who_was_known_by_a_number_stays_the_same_and_keeps_the_conversation() {
        let mut names = Names { own: [name("31612345678")].into(), ..Names::default() };
        assert_eq!(renamed(&mut names, post("NL.1", Some("31612345678"), None)), "31612345678");
        assert_eq!(renamed(&mut names, post("NL.1", None, None)), "31612345678", "without a number");
        assert_eq!(
            renamed(&mut names, post("NL.2", Some("31612345678"), None)),
            "NL.2",
            "a number that became another's joins nobody"
        );
        assert_eq!(names.fresh[&name("NL.1")], ("31612345678".into(), true));
    }

    #[test]
    fn a_new_number_and_the_id_that_came_with_it_are_the_same_customer() {
        let mut names = Names { own: [name("NL.1")].into(), ..Names::default() };
        names.learn(name("316"), "NL.1", false);
        assert_eq!(renamed(&mut names, post("NL.9", Some("317"), Some("NL.1"))), "NL.1");
        assert_eq!(renamed(&mut names, post("NL.9", Some("317"), None)), "NL.1");
        assert_eq!(renamed(&mut names, post("317", Some("317"), None)), "NL.1", "by the number alone");
        let mut moved = Names { own: [name("316")].into(), ..Names::default() };
        assert_eq!(renamed(&mut moved, post("317", None, Some("316"))), "316", "by numbers alone");
        assert_eq!(
            renamed(&mut moved, post("NL.5", Some("316"), None)),
            "NL.5",
            "who has the old number now"
        );
        let mut empty = Names::default();
        assert_eq!(renamed(&mut empty, post("NL.9", Some("317"), Some("NL.1"))), "NL.9", "nobody we know");
    }

    #[test]
    fn what_we_say_goes_to_whom_we_know() {
        let mut names = Names { own: [name("NL.1")].into(), ..Names::default() };
        names.learn(name("316"), "NL.1", false);
        let mut said =
            Post { own: true, private: true, answers: Some("316".into()), ..post("acme", None, None) };
        said.conversation = Some("316".into());
        names.rename(&mut said);
        assert_eq!((said.answers.as_deref(), said.conversation.as_deref()), (Some("NL.1"), Some("NL.1")));
        assert_eq!(said.author.id, "acme");
    }
}

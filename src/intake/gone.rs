//! Posts that their authors deleted: known by keyed hashes for a time, and taken away with what
//! hangs on them.
//!
//! Nothing of a deleted post is kept but that it was deleted and when; the hash keeps a sweep, a
//! replay or a second source from bringing it in again. A delete that comes before its post is
//! remembered in the same way.

use super::bounced::{early, early_of};
use super::places::{is_own, key};
use super::plan::{Known, Planner};
use super::read::{Item, Read};
use crate::clock::Mint;
use crate::domain::ledger;
use crate::domain::post::Post;
use crate::domain::recheck::GONE_FOR;
use crate::domain::time::Timestamp;
use crate::store::intake::{self as rows, Key, KeyRef, KnownMention};
use crate::store::{StoreError, Tx, hold};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::collections::{HashMap, HashSet};

/// Which of the posts of a batch are known to be gone.
#[derive(Clone, Debug, Default)]
pub struct Gone {
    /// The key of the hashes; made with the first that is written.
    key: Option<String>,
    /// Each with why it must not come in again.
    hashes: HashMap<String, String>,
    /// Accounts that are not watched.
    objections: HashSet<String>,
    /// Mentions that the batch takes away of which a case is held.
    held: HashSet<String>,
}

impl Gone {
    /// Looks up which of these are gone. Costs next to nothing while nothing ever was.
    /// `own` are those of them that may be ours, of which something may have been told early.
    pub async fn load(
        tx: &mut Tx,
        identities: &[KeyRef<'_>],
        own: &[KeyRef<'_>],
    ) -> Result<Self, StoreError> {
        let Some(key) = rows::gone_key(tx).await? else { return Ok(Self::default()) };
        let mut wanted: Vec<String> = identities.iter().map(|i| hash(&key, *i)).collect();
        wanted.extend(own.iter().map(|i| early_hash(&key, *i)));
        Ok(Self {
            hashes: rows::gone(tx, &wanted).await?,
            objections: rows::objections(tx).await?,
            key: Some(key),
            held: HashSet::new(),
        })
    }

    /// Looks up of which of the posts that the batch takes away a case is held.
    pub(super) async fn load_held(
        &mut self,
        tx: &mut Tx,
        items: &[Item],
        mentions: &HashMap<Key, KnownMention>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let gone = items.iter().filter_map(|i| i.read.as_deref().ok()).filter(|r| r.post.deleted);
        let known = gone.filter_map(|r| mentions.get(&key(&r.post, &r.post.external_id)));
        let ids: Vec<String> = known.map(|m| m.id.clone()).collect();
        self.held = hold::posts(tx, &ids, now).await?;
        Ok(())
    }

    /// Why a post that nothing is known of must not come in: it is gone, or its author is not watched.
    pub fn unwanted(&self, post: &Post) -> Option<&'static str> {
        let key = self.key.as_ref()?;
        let (platform, authority) = (&post.platform, &post.authority);
        // Who objected under one name of their account did so under all that the platform tells of it.
        let names = [Some(post.author.id.as_str()), post.author_also.as_deref(), post.author_was.as_deref()];
        let objects = |id: &str| self.objections.contains(&ledger::account(key, platform, authority, id));
        if !self.objections.is_empty() && names.into_iter().flatten().any(objects) {
            return Some("objection");
        }
        if self.hashes.is_empty() {
            return None;
        }
        let hash = ledger::post(key, platform, authority, &post.external_id);
        self.hashes.get(&hash).map(|why| if why == "erased" { "erased" } else { "deleted_by_its_author" })
    }

    /// Whether a post is gone.
    pub fn holds(&self, identity: &Key) -> bool {
        !self.hashes.is_empty()
            && self.key.as_ref().is_some_and(|k| self.hashes.contains_key(&hash(k, borrowed(identity))))
    }

    /// The status by which it was told that something of ours did not arrive, before it was known to be ours.
    pub fn early(&self, identity: &Key) -> Option<String> {
        let why = self.hashes.get(&early_hash(self.key.as_ref()?, borrowed(identity)))?;
        early_of(why).map(ToOwned::to_owned)
    }

    /// Notes that; gives the key, if it is new, and the hash.
    pub(super) fn note_early(
        &mut self,
        identity: &Key,
        status: &str,
        mint: &Mint,
    ) -> (Option<String>, String) {
        let (fresh, key) = self.key_or_new(mint);
        let hash = early_hash(&key, borrowed(identity));
        self.hashes.entry(hash.clone()).or_insert_with(|| early(status));
        (fresh, hash)
    }

    /// By what a file is known within its post; gives the key, if it is new, and the hash.
    pub(super) fn file(&mut self, post_id: &str, told: &str, mint: &Mint) -> (Option<String>, String) {
        let (fresh, key) = self.key_or_new(mint);
        (fresh, ledger::file(&key, post_id, told))
    }

    /// The key of the hashes; given twice if it is new.
    fn key_or_new(&mut self, mint: &Mint) -> (Option<String>, String) {
        let fresh = self.key.is_none().then(|| URL_SAFE_NO_PAD.encode(mint.chance().token_bytes()));
        let key = self.key.get_or_insert_with(|| fresh.clone().unwrap_or_default()).clone();
        (fresh, key)
    }

    /// Notes that a post is gone; gives the key, if it is new, and the hash.
    fn note(&mut self, identity: &Key, mint: &Mint) -> (Option<String>, String) {
        let (fresh, key) = self.key_or_new(mint);
        let hash = hash(&key, borrowed(identity));
        self.hashes.insert(hash.clone(), "deleted".to_owned());
        (fresh, hash)
    }
}

fn borrowed(key: &Key) -> KeyRef<'_> {
    (&key.0, &key.1, &key.2)
}

fn hash(key: &str, identity: KeyRef<'_>) -> String {
    ledger::post(key, identity.1, identity.2, identity.0)
}

/// The hash of what was told early of something; never that of something that is gone.
fn early_hash(key: &str, identity: KeyRef<'_>) -> String {
    ledger::post(key, &format!("{}#undelivered", identity.1), identity.2, identity.0)
}

impl Known {
    /// Why a post must not come in, if it must not. What is known already is settled as what it is.
    pub fn unwanted(&self, read: &Read) -> Option<&'static str> {
        if is_own(read) {
            return None;
        }
        let why = self.gone.unwanted(&read.post)?;
        let identity = key(&read.post, &read.post.external_id);
        (why == "objection" || !self.mentions.contains_key(&identity)).then_some(why)
    }
}

/// The conversations and authors of posts that the batch takes away, or of which it says that they did not arrive; and of
/// ours that it brings edited.
pub(super) fn removed_pairs(items: &[Item], known: &Known) -> Vec<(String, String)> {
    let own_edit = |r: &Read| is_own(r) && r.post.edited_at.is_some();
    let told = |r: &&Read| r.post.deleted || r.post.undelivered.is_some() || own_edit(r);
    let gone = items.iter().filter_map(|i| i.read.as_deref().ok()).filter(told);
    gone.filter_map(|r| {
        let of = r.post.undelivered.as_ref().map_or(&r.post.external_id, |u| &u.of);
        let identity = key(&r.post, of);
        let mention = known.mentions.get(&identity);
        let mention = mention.map(|m| (m.conversation_id.clone(), m.case_author().to_owned()));
        mention.or_else(|| {
            let own = known.own_posts.get(&identity)?;
            Some((own.conversation_id.clone(), own.answers_author_id.clone()?))
        })
    })
    .collect()
}

impl Planner<'_> {
    /// A payload that says that a post was deleted.
    pub(super) fn removed(&mut self, item: &Item, read: &Read) -> (&'static str, Option<String>) {
        let identity = key(&read.post, &read.post.external_id);
        let first = !self.known.gone.holds(&identity);
        let (fresh, hash) = self.known.gone.note(&identity, self.mint);
        self.changes.gone_key = self.changes.gone_key.take().or(fresh);
        if first {
            let until = self.now.plus(GONE_FOR);
            self.changes.gone.push((hash, self.now.millis(), until.millis()));
        }
        // What only stands around a conversation goes as well, also where the same post came in as more than that later.
        let stood_around = self.no_context(&identity);
        let at = item.received_at;
        let verdict = match self.known.mentions.get(&identity).cloned() {
            Some(mention) if mention.deleted_at.is_some() => "duplicate",
            Some(mention) => {
                self.remove_mention(&mention.id, at);
                if let Some(known) = self.known.mentions.get_mut(&identity) {
                    known.deleted_at = Some(at.millis());
                }
                "mention"
            }
            None => match self.known.own_posts.get(&identity).cloned() {
                Some(own) if own.deleted_at.is_some() => "duplicate",
                Some(own) => {
                    self.remove_own(&own.id, at);
                    "own_echo"
                }
                None if stood_around => "filtered",
                None if first => return ("filtered", Some("deleted_before_it_came".to_owned())),
                None => "duplicate",
            },
        };
        (verdict, Some("deleted".to_owned()))
    }

    /// Takes away what is kept of a post as mere context; tells whether anything was.
    pub(super) fn no_context(&mut self, identity: &Key) -> bool {
        let Some(id) = self.known.thread_posts.remove(identity) else { return false };
        self.changes.forgotten.push((format!("{id}/1"),));
        self.changes.threads_gone.push((id,));
        true
    }

    fn remove_mention(&mut self, mention_id: &str, at: Timestamp) {
        let Some(known) = self.known.mentions.values().find(|m| m.id == mention_id) else { return };
        self.changes.deleted.push((known.id.clone(), known.seq, at.millis()));
        let contents = (1..=known.revision).map(|n| (format!("{}/{n}", known.id),));
        if self.known.gone.held.contains(&known.id) {
            self.changes.held.insert(known.id.clone());
            self.changes.sealed.extend(contents);
        } else {
            self.changes.forgotten.extend(contents);
        }
        let (conversation, author) = (known.conversation_id.clone(), known.case_author().to_owned());
        self.known.collected.retain(|c| c.mention_id != mention_id);
        let brands: Vec<String> = self
            .known
            .messages
            .iter()
            .filter(|m| m.mention_id == mention_id)
            .map(|m| m.brand_id.clone())
            .collect();
        for brand_id in brands {
            if let Some(brand) = self.catalogue.brands.iter().position(|w| w.id == brand_id) {
                self.group(brand, &conversation, &author).removed.push(mention_id.to_owned());
            }
        }
    }

    fn remove_own(&mut self, own_id: &str, at: Timestamp) {
        self.changes.own_deleted.push((own_id.to_owned(), at.millis()));
        let mark = |known: &mut Known| -> Option<(String, String, Option<String>)> {
            known
                .own_posts
                .values_mut()
                .filter(|o| o.id == own_id)
                .for_each(|o| o.deleted_at = Some(at.millis()));
            let own = known.own_in.iter_mut().find(|o| o.id == own_id)?;
            own.deleted_at = Some(at.millis());
            Some((own.brand_id.clone(), own.conversation_id.clone(), own.answers_author_id.clone()))
        };
        let Some((brand_id, conversation, Some(author))) = mark(&mut self.known) else { return };
        if let Some(brand) = self.catalogue.brands.iter().position(|w| w.id == brand_id) {
            self.group(brand, &conversation, &author).answer_removed = true;
        }
    }
}

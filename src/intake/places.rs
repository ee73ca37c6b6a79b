//! Where the posts of a batch belong: their conversation, their author, and whom they answer.
//!
//! What is known keeps its place; what is new gets one here. Pure like the rest of the plan.

use super::joining::{Decision, Proposal, Ways, first_mail_of};
use super::plan::Known;
use super::read::{Item, Read};
use crate::catalogue::Catalogue;
use crate::clock::Mint;
use crate::domain::handover::Evidence;
use crate::domain::ids::{AuthorId, ConversationId};
use crate::domain::post::Post;
use crate::domain::time::Timestamp;
use crate::store::handover::{ConversationEventRow, HandoverRow};
use crate::store::intake::{Intent, Key, KnownConversation};
use std::collections::{BTreeSet, HashMap};

/// Where a post of the batch belongs.
#[derive(Clone, Debug)]
pub struct Place {
    /// The conversation of the case that it belongs to.
    pub conversation_id: String,
    /// The conversation in which it stands on the platform; another only where that was merged.
    pub home_id: String,
    /// The author whose case takes it, where its conversation was merged.
    pub merged_as: Option<String>,
    /// Who wrote it.
    pub author_id: String,
    /// Whom it answers, if that is known.
    pub answers: Option<String>,
    /// The only brand that a private message is for, where that is known.
    pub brand: Option<String>,
    /// By what a private message was known to belong there.
    pub evidence: Option<Evidence>,
    /// What is to be done with one whose place is not certain.
    pub proposal: Option<Proposal>,
}

impl Place {
    /// The author whose case takes it.
    pub fn case_author(&self) -> &str {
        self.merged_as.as_deref().unwrap_or(&self.author_id)
    }
}

/// Conversations and authors of a batch, with the rows of those that are new.
#[derive(Debug, Default)]
pub struct Places {
    /// By place in the batch; `None` for what cannot be read.
    pub of: Vec<Option<Place>>,
    /// New conversations.
    pub conversations: Vec<(String, String, String, String, i64)>,
    /// New authors: their rows, and by whom they are to be known.
    pub authors: Vec<(String, String, String, String, Option<i64>, i64)>,
    /// Conversations that turned out to belong to a case.
    pub merges: Vec<ConversationEventRow>,
}

/// Where a conversation stands.
#[derive(Clone, Debug)]
struct Thread {
    id: String,
    stands_in: String,
    merged_as: Option<String>,
}

impl Thread {
    fn new(id: String) -> Self {
        Self { stands_in: id.clone(), id, merged_as: None }
    }

    fn of(known: &KnownConversation) -> Self {
        let stands_in = known.merged_into.clone().unwrap_or_else(|| known.id.clone());
        Self { id: known.id.clone(), stands_in, merged_as: known.merged_as.clone() }
    }
}

/// The identity of something on the platform of a post.
pub fn key(post: &Post, id: &str) -> Key {
    (id.to_owned(), post.platform.clone(), post.authority.clone())
}

/// Finds or makes the conversation and author of every post of the batch; `brands` are the ids of the
/// brands in the order of the catalogue.
pub fn places(items: &[Item], known: &Known, brands: &[String], mint: &Mint, now: Timestamp) -> Places {
    let mut finder = Finder {
        items,
        known,
        brands,
        mint,
        now,
        places: Places { of: vec![None; items.len()], ..Places::default() },
        threads: HashMap::new(),
        authors: HashMap::new(),
        placed: HashMap::new(),
        ways: known.ways.clone(),
    };
    for at in in_order(items) {
        let Ok(read) = &items[at].read else { continue };
        // What is deleted goes where it stands already, and what is filtered or unwanted goes nowhere.
        if !read.post.deleted && read.post.filtered.is_none() && known.unwanted(read).is_none() {
            finder.place(at, read);
        }
    }
    finder.places
}

/// Finds the places of a batch, one after another.
struct Finder<'a> {
    items: &'a [Item],
    known: &'a Known,
    brands: &'a [String],
    mint: &'a Mint,
    now: Timestamp,
    places: Places,
    threads: HashMap<Key, Thread>,
    authors: HashMap<Key, String>,
    placed: HashMap<Key, usize>,
    ways: Ways,
}

impl Finder<'_> {
    fn place(&mut self, at: usize, read: &Read) {
        let post = &read.post;
        let author_id = self.author(post);
        let (found, mut answers) = self.above(read, &author_id);
        if answers.is_none()
            && let Some(to) = post.answers.as_deref().map(|id| key(post, id))
        {
            answers = self.known.authors.get(&to).or_else(|| self.authors.get(&to)).cloned();
        }
        // Where the post stands that is answered, there this one belongs, whatever a source calls it:
        // two sources may have known the thread by different names.
        let is_answer = found.is_some();
        let mut thread = found.unwrap_or_else(|| self.thread(&key(post, post.conversation_key())));
        let mut place = Place {
            conversation_id: String::new(),
            home_id: String::new(),
            merged_as: None,
            author_id,
            answers,
            brand: None,
            evidence: None,
            proposal: None,
        };
        if post.private {
            thread = self.private(read, &mut place, thread, is_answer);
        }
        if let Some(case_author) = thread.merged_as.clone().filter(|_| is_own(read)) {
            place.answers = Some(case_author);
        }
        place.conversation_id = thread.stands_in;
        place.home_id = thread.id;
        place.merged_as = thread.merged_as;
        self.placed.entry(key(post, &post.external_id)).or_insert(at);
        self.places.of[at] = Some(place);
    }

    /// The thread in which a post stands by what is above it, nearest first; where nothing is known of
    /// that, by the number of the case that it names, if that is a case of the same author.
    fn above(&self, read: &Read, author_id: &str) -> (Option<Thread>, Option<String>) {
        let post = &read.post;
        for id in post.in_reply_to.iter().chain(&post.above) {
            let found = self.parent(Some(&key(post, id)));
            if found.0.is_some() {
                return found;
            }
        }
        let named = key(post, post.conversation_key());
        let is_new = !self.threads.contains_key(&named) && !self.known.conversations.contains_key(&named);
        let numbered = post.case_number.filter(|_| is_new).and_then(|number| {
            let mut brands = read.hits.iter().filter_map(|(at, _)| self.brands.get(*at));
            brands.find_map(|b| self.known.numbered.get(&(b.clone(), number)))
        });
        match numbered.filter(|(_, author)| author == author_id) {
            Some((conversation, _)) => (Some(Thread::new(conversation.clone())), None),
            None => (None, None),
        }
    }

    /// The thread of a private message: where it stands, or the one that it is merged into now.
    fn private(&mut self, read: &Read, place: &mut Place, found: Thread, is_answer: bool) -> Thread {
        let post = &read.post;
        if is_own(read) {
            return self.own_private(read, place, found, is_answer);
        }
        let hits: BTreeSet<&str> =
            read.hits.iter().filter_map(|(at, _)| self.brands.get(*at)).map(String::as_str).collect();
        let author = found.merged_as.as_deref().unwrap_or(&place.author_id);
        let standing = self.ways.standing_in(&found.stands_in, author, &hits);
        place.brand = standing.map(|w| w.brand_id.clone());
        if is_answer {
            place.evidence = Some(Evidence::Reply);
            return found;
        }
        let stands = (Some(found.id.as_str()), found.stands_in.as_str(), found.merged_as.as_deref());
        match self.ways.decide(read, &place.author_id, stands, &hits) {
            Decision::Stay => found,
            Decision::Join(at, evidence) => {
                let way = self.ways.ways[at].clone();
                place.evidence = Some(evidence);
                place.brand = Some(way.brand_id.clone());
                self.merge(&key(post, post.conversation_key()), found, &way, evidence)
            }
            Decision::Propose(proposal) => {
                place.proposal = Some(proposal);
                found
            }
        }
    }

    /// A private message of ours: the conversation in which it stands is that of the case it was said in.
    fn own_private(&mut self, read: &Read, place: &mut Place, found: Thread, is_answer: bool) -> Thread {
        let post = &read.post;
        if let Some(way) = self.mailed(read) {
            place.brand = Some(way.brand_id.clone());
            if found.stands_in == way.conversation_id {
                return found;
            }
            return self.merge(&key(post, post.conversation_key()), found, &way, Evidence::Reply);
        }
        let author = place.answers.clone().or_else(|| found.merged_as.clone());
        // Whose account said it: the intent knows, else the account itself.
        let intent = self.known.intents.iter().find(|i| Some(&i.id) == post.action.as_ref());
        let owner = read.own_of.and_then(|at| self.brands.get(at));
        let brands: BTreeSet<&str> =
            intent.map(|i| &i.brand_id).or(owner).map(String::as_str).into_iter().collect();
        let way = author.and_then(|a| self.ways.standing_in(&found.stands_in, &a, &brands).cloned());
        place.brand = way.as_ref().map(|w| w.brand_id.clone());
        let (Some(_), Some(way), true) = (&post.conversation, way, is_answer) else { return found };
        let named = key(post, post.conversation_key());
        let thread = self.thread(&named);
        if thread.stands_in == found.stands_in {
            return thread;
        }
        self.merge(&named, thread, &way, Evidence::Reply)
    }

    /// The hand-over of the case for which this first mail went to an address that its customer gave.
    fn mailed(&self, read: &Read) -> Option<HandoverRow> {
        let post = &read.post;
        let named = |i: &&Intent| {
            post.action.as_ref() == Some(&i.id) || i.expected_id.as_ref() == Some(&post.external_id)
        };
        let case = self.known.intents.iter().filter(named).find_map(first_mail_of)?;
        self.ways.ways.iter().find(|w| w.case_id == case).cloned()
    }

    fn merge(&mut self, named: &Key, thread: Thread, way: &HandoverRow, evidence: Evidence) -> Thread {
        self.places.merges.push(self.ways.merge(&thread.id, (way, evidence), self.now));
        let merged = Thread {
            id: thread.id,
            stands_in: way.conversation_id.clone(),
            merged_as: Some(way.author_id.clone()),
        };
        self.threads.insert(named.clone(), merged.clone());
        merged
    }

    fn author(&mut self, post: &Post) -> String {
        let author_key = key(post, &post.author.id);
        let found = self.known.authors.get(&author_key).or_else(|| self.authors.get(&author_key));
        if let Some(id) = found {
            return id.clone();
        }
        let id = self.mint.id(self.now, AuthorId::new).to_string();
        let (external, platform, authority) = author_key.clone();
        let row = (id.clone(), platform, authority, external, post.author.followers, self.now.millis());
        self.places.authors.push(row);
        self.authors.insert(author_key, id.clone());
        id
    }

    fn thread(&mut self, wanted: &Key) -> Thread {
        if let Some(thread) = self.threads.get(wanted) {
            return thread.clone();
        }
        let thread = if let Some(known) = self.known.conversations.get(wanted) {
            Thread::of(known)
        } else {
            let id = self.mint.id(self.now, ConversationId::new).to_string();
            let (external, platform, authority) = wanted.clone();
            let row = (id.clone(), platform, authority, external, self.now.millis());
            self.places.conversations.push(row);
            Thread::new(id)
        };
        self.threads.insert(wanted.clone(), thread.clone());
        thread
    }

    /// The thread of the post that is answered, and the author whom that addresses.
    fn parent(&self, parent: Option<&Key>) -> (Option<Thread>, Option<String>) {
        let Some(parent) = parent else { return (None, None) };
        if let Some(m) = self.known.mentions.get(parent) {
            let thread = Thread {
                id: m.home_id.clone(),
                stands_in: m.conversation_id.clone(),
                merged_as: m.merged_as.clone(),
            };
            return (Some(thread), Some(m.case_author().to_owned()));
        }
        if let Some(own) = self.known.own_posts.get(parent) {
            let thread = Thread {
                id: own.home_id.clone(),
                stands_in: own.conversation_id.clone(),
                merged_as: own.merged_as.clone(),
            };
            return (Some(thread), own.answers_author_id.clone());
        }
        let Some(at) = self.placed.get(parent) else { return (None, None) };
        let Some(place) = &self.places.of[*at] else { return (None, None) };
        let thread = Thread {
            id: place.home_id.clone(),
            stands_in: place.conversation_id.clone(),
            merged_as: place.merged_as.clone(),
        };
        // An answer to our own post goes on addressing whom that addressed.
        let own = self.items[*at].read.as_ref().is_ok_and(|r| is_own(r));
        let answers = if own { place.answers.clone() } else { Some(place.case_author().to_owned()) };
        (Some(thread), answers)
    }
}

/// The cases that posts name by number, each with the brands that it may be of.
pub fn named_cases(items: &[Item], catalogue: &Catalogue) -> Vec<(String, i64)> {
    let read = items.iter().filter_map(|i| i.read.as_ref().ok());
    let numbered = read.filter_map(|r| Some((r, r.post.case_number?)));
    let each = numbered.flat_map(|(r, number)| {
        let brands = r.hits.iter().filter_map(|(at, _)| catalogue.brands.get(*at));
        brands.map(move |w| (w.id.clone(), number))
    });
    each.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Whether one of our own accounts wrote it.
pub fn is_own(read: &Read) -> bool {
    read.post.own || read.own_of.is_some()
}

/// The batch in the platform's order.
pub fn in_order(items: &[Item]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by(|a, b| {
        let when =
            |at: usize| items[at].read.as_ref().ok().map(|r| (r.post.posted_at, r.post.external_id.as_str()));
        when(*a).cmp(&when(*b))
    });
    order
}

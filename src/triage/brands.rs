//! Which brands a post names, by handle, tag or word: all brands' terms in one automaton.
//!
//! Words are compared folded and only where they begin and end as words. A brand's `exclude` words
//! take away its keyword hits, never a handle, a tag or an address. Words inside web and mail
//! addresses and inside other accounts' handles do not name a brand. Whether a post is worth
//! answering is not decided here.

use super::marks::{self, Kind, Mark};
use super::{borders, disguise, fold};
use crate::domain::brand::Brand;
use crate::domain::post::{Glimpse, Post};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use unicode_normalization::UnicodeNormalization;

/// Up to so many bytes of words the automaton takes its faster and larger form.
const FAST_BYTES_MAX: usize = 16_384;

/// How a post named a brand, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatchedBy {
    /// Its handle stands in the text with `@`.
    Handle,
    /// The post is addressed to one of its handles or accounts.
    Addressed,
    /// Its tag stands in the text with `#`.
    Hashtag,
    /// One of its words stands in the text.
    Keyword,
    /// One of its domains stands in a web or mail address.
    Domain,
}

/// A brand that a post names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrandHit {
    /// Its index in the slice that the matcher was built from.
    pub brand: usize,
    /// The strongest way in which it is named.
    pub by: MatchedBy,
}

/// What a word of the automaton means to one brand.
#[derive(Clone, Copy)]
struct Term {
    brand: u32,
    role: Role,
    /// Counts as a part of a compound word too.
    compound: bool,
    /// The word holds a full stop itself (`klm.com`), so it may stand in a web address.
    dotted: bool,
}

/// What finding a word does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Names the brand.
    Names,
    /// Takes keyword hits away.
    Excludes,
    /// Makes keyword hits of a brand that asks for context count.
    Supports,
}

#[derive(Default)]
struct Inner {
    words: Option<AhoCorasick>,
    /// What each word of the automaton means; one word may belong to several brands.
    terms: Vec<Vec<Term>>,
    handles: HashMap<String, Vec<u32>>,
    /// Whether any handle was given with its server.
    on_servers: bool,
    tags: HashMap<String, Vec<u32>>,
    /// Platform and account, folded.
    accounts: HashMap<(String, String), Vec<u32>>,
    /// Domains without `www.`, folded.
    domains: HashMap<String, Vec<u32>>,
    /// Brands whose keywords count only beside one of their context words.
    asks_context: Vec<bool>,
    brands: usize,
}

/// Finds the brands a post names; built once per set of brands, cheap to clone.
#[derive(Clone, Default)]
pub struct Matcher(Arc<Inner>);

#[derive(Default)]
struct Buffers {
    folded: String,
    marks: Vec<Mark>,
    found: Vec<BrandHit>,
    excluded: Vec<u32>,
    supported: Vec<u32>,
}

thread_local! {
    static BUFFERS: RefCell<Buffers> = RefCell::default();
}

/// Folds a text as names are compared: letters that only look Latin are what they look like, and an i is an i with its
/// dot or without.
fn fold_into(source: &str, out: &mut String) {
    match disguise::letters(source) {
        Some(plain) => fold::fold_into(&plain, out),
        None => fold::fold_into(source, out),
    }
    if !source.is_ascii() && out.contains('ı') {
        *out = out.replace('ı', "i");
    }
}

fn folded(source: &str) -> String {
    let mut out = String::new();
    fold_into(source, &mut out);
    out
}

/// A word folded, and as people type it who have no key for its umlauts: `mueller`.
fn spellings(raw: &str) -> Vec<String> {
    let plain = folded(raw).trim().to_owned();
    let lower = raw.nfc().collect::<String>().to_lowercase();
    let typed = lower.replace('ä', "ae").replace(['ö', 'ø'], "oe").replace('ü', "ue").replace('å', "aa");
    let typed = folded(&typed).trim().to_owned();
    let mut all = vec![plain];
    if !all.contains(&typed) {
        all.push(typed);
    }
    all.retain(|word| !word.is_empty());
    all
}

fn bare(name: &str, sign: char) -> String {
    folded(name.trim().trim_start_matches(sign)).trim().to_owned()
}

fn add(map: &mut HashMap<String, Vec<u32>>, key: String, brand: u32) {
    let brands = map.entry(key).or_default();
    if !brands.contains(&brand) {
        brands.push(brand);
    }
}

impl Matcher {
    /// Builds the automaton of all brands' terms.
    pub fn new(brands: &[Brand]) -> Self {
        let mut inner = Inner { brands: brands.len(), ..Inner::default() };
        let mut words: Vec<String> = Vec::new();
        let mut known: HashMap<String, usize> = HashMap::new();
        for (index, brand) in (0u32..).zip(brands) {
            inner.add_names(index, brand);
            inner.asks_context.push(!brand.context.is_empty());
            let mut put = |word: String, role: Role, compound: bool| {
                let term = Term { brand: index, role, compound, dotted: word.contains('.') };
                let at = *known.entry(word.clone()).or_insert_with(|| {
                    words.push(word);
                    inner.terms.push(Vec::new());
                    inner.terms.len() - 1
                });
                inner.terms[at].push(term);
            };
            let lists = [
                (&brand.keywords, Role::Names),
                (&brand.exclude, Role::Excludes),
                (&brand.context, Role::Supports),
            ];
            for (list, role) in lists {
                for word in list.iter().flat_map(|word| spellings(word)) {
                    let names = role == Role::Names;
                    if names {
                        for spelt in spread(&word) {
                            put(spelt, role, false);
                        }
                    }
                    let compound = names && brand.compounds && word.chars().count() >= COMPOUND_MIN;
                    put(word, role, compound);
                }
            }
        }
        // With few words the faster form is small enough, too: well below a megabyte.
        let bytes: usize = words.iter().map(String::len).sum();
        let kind = (bytes <= FAST_BYTES_MAX).then_some(AhoCorasickKind::DFA);
        // Building fails only beyond two thousand million states; then no word matches.
        inner.words = AhoCorasick::builder().match_kind(MatchKind::Standard).kind(kind).build(&words).ok();
        Self(Arc::new(inner))
    }

    /// The brands that a post names, each once, in the order of the brands.
    pub fn matches(&self, post: &Post) -> Vec<BrandHit> {
        BUFFERS.with_borrow_mut(|buffers| {
            fold_into(&post.text, &mut buffers.folded);
            self.0.find(&post.platform, post.mentions.iter().map(String::as_str), buffers);
            buffers.found.clone()
        })
    }

    /// Whether a post names any brand; the same as [`Matcher::matches`], sooner where it names none.
    pub fn names_any(&self, seen: &Glimpse<'_>) -> bool {
        BUFFERS.with_borrow_mut(|buffers| {
            fold_into(seen.text, &mut buffers.folded);
            let folded = buffers.folded.as_bytes();
            let may = !seen.mentions.is_empty()
                || folded.contains(&b'@')
                || folded.contains(&b'#')
                || !self.0.domains.is_empty() && folded.contains(&b'.')
                || self.0.words.as_ref().is_some_and(|words| words.is_match(folded));
            if may {
                self.0.find(seen.platform, seen.mentions.iter().copied(), buffers);
            }
            may && !buffers.found.is_empty()
        })
    }

    /// How many brands it was built from.
    pub fn brands(&self) -> usize {
        self.0.brands
    }
}

impl Inner {
    fn add_names(&mut self, index: u32, brand: &Brand) {
        for handle in &brand.handles {
            let handle = bare(handle, '@');
            // A handle with its server is written without it on that server: `@acme`.
            if let Some((user, _)) = handle.split_once('@') {
                self.on_servers = true;
                add(&mut self.handles, format!("{user}@"), index);
            }
            if !handle.is_empty() {
                add(&mut self.handles, handle, index);
            }
        }
        for tag in &brand.hashtags {
            let tag = bare(tag, '#');
            if !tag.is_empty() {
                add(&mut self.tags, tag, index);
            }
        }
        for domain in &brand.domains {
            let domain = folded(domain).trim().trim_start_matches("www.").to_owned();
            if !domain.is_empty() {
                add(&mut self.domains, domain, index);
            }
        }
        for own in &brand.own_accounts {
            let key = (own.platform.to_ascii_lowercase(), bare(&own.account, '@'));
            self.accounts.entry(key).or_default().push(index);
        }
    }

    /// Brands by a handle as it stands in a text or a list of addressed accounts, folded.
    fn by_handle(&self, handle: &str, by: MatchedBy, found: &mut Vec<BrandHit>) {
        let mut take = |key: &str| {
            for &brand in self.handles.get(key).into_iter().flatten() {
                found.push(BrandHit { brand: brand as usize, by });
            }
        };
        take(handle);
        match handle.split_once('@') {
            // `@klm@any.server` names a brand whose handle is `klm`; one with a server only there.
            Some((user, _)) => take(user),
            None if self.on_servers => take(&format!("{handle}@")),
            None => {}
        }
    }

    /// Finds the brands of a text that was folded already.
    fn find<'m>(&self, platform: &str, mentions: impl Iterator<Item = &'m str>, buffers: &mut Buffers) {
        marks::find(&buffers.folded, &mut buffers.marks);
        buffers.found.clear();
        buffers.excluded.clear();
        buffers.supported.clear();
        self.addressed(platform, mentions, &mut buffers.found);
        self.marked(buffers);
        self.worded(buffers);
        buffers.found.sort_unstable_by_key(|hit| (hit.brand, hit.by));
        buffers.found.dedup_by_key(|hit| hit.brand);
    }

    fn addressed<'m>(
        &self,
        platform: &str,
        mentions: impl Iterator<Item = &'m str>,
        found: &mut Vec<BrandHit>,
    ) {
        for mention in mentions {
            let name = bare(mention, '@');
            self.by_handle(&name, MatchedBy::Addressed, found);
            if !self.accounts.is_empty() {
                let key = (platform.to_ascii_lowercase(), name);
                let brands = self.accounts.get(&key).into_iter().flatten();
                found.extend(brands.map(|&b| BrandHit { brand: b as usize, by: MatchedBy::Addressed }));
            }
        }
    }

    fn marked(&self, buffers: &mut Buffers) {
        for mark in &buffers.marks {
            let name = &buffers.folded[mark.start + 1..mark.end];
            match mark.kind {
                Kind::Handle => self.by_handle(name, MatchedBy::Handle, &mut buffers.found),
                Kind::Tag => {
                    for &brand in self.tags.get(name).into_iter().flatten() {
                        buffers.found.push(BrandHit { brand: brand as usize, by: MatchedBy::Hashtag });
                    }
                }
                Kind::Url | Kind::Mail if self.domains.is_empty() => {}
                Kind::Url | Kind::Mail => {
                    self.by_domain(&buffers.folded[mark.start..mark.end], &mut buffers.found);
                }
            }
        }
    }

    /// Brands by the host of an address or by a domain above it.
    fn by_domain(&self, address: &str, found: &mut Vec<BrandHit>) {
        let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
        let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
        let mut host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default();
        // No host has a longer name, and one is looked up once for each of its full stops.
        if host.len() > HOST_BYTES_MAX {
            return;
        }
        while host.contains('.') {
            for &brand in self.domains.get(host).into_iter().flatten() {
                found.push(BrandHit { brand: brand as usize, by: MatchedBy::Domain });
            }
            host = host.split_once('.').map_or("", |(_, above)| above);
        }
    }

    fn worded(&self, buffers: &mut Buffers) {
        let Some(words) = &self.words else { return };
        let folded = &buffers.folded;
        let first = buffers.found.len();
        for hit in words.find_overlapping_iter(folded) {
            let (start, end) = (hit.start(), hit.end());
            let (left, right) = (border(folded, start), border(folded, end));
            if !left && !right {
                continue;
            }
            let around = around(&buffers.marks, start, end);
            for term in &self.terms[hit.pattern().as_usize()] {
                if !(left && right || term.compound && goes_on(folded, start, end)) {
                    continue;
                }
                match term.role {
                    Role::Excludes => buffers.excluded.push(term.brand),
                    Role::Supports => buffers.supported.push(term.brand),
                    Role::Names if counts(folded, around, *term, start, end) => {
                        buffers.found.push(BrandHit { brand: term.brand as usize, by: MatchedBy::Keyword });
                    }
                    Role::Names => {}
                }
            }
        }
        let mut at = 0;
        let (excluded, supported) = (&buffers.excluded, &buffers.supported);
        buffers.found.retain(|hit| {
            at += 1;
            let brand = hit.brand as u32;
            let asks = self.asks_context.get(hit.brand).copied().unwrap_or(false);
            at <= first || !excluded.contains(&brand) && (!asks || supported.contains(&brand))
        });
    }
}

/// Longest name of a host, in bytes.
const HOST_BYTES_MAX: usize = 253;
/// The least letters of a keyword that may be part of a compound word.
const COMPOUND_MIN: usize = 4;
/// The most letters of a keyword that people spell out: `K L M`.
const SPELT_MAX: usize = 6;

/// A short word as people spell it out or hide it: with spaces, full stops or dashes between.
fn spread(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    let short = (3..=SPELT_MAX).contains(&letters.len());
    if !short || !letters.iter().all(char::is_ascii_alphanumeric) {
        return Vec::new();
    }
    let joined = |sign: &str| letters.iter().map(char::to_string).collect::<Vec<_>>().join(sign);
    [" ", ".", "-", "_", "*"].map(joined).to_vec()
}

/// Whether a word with letters on one side of it is part of a compound word there.
fn goes_on(folded: &str, start: usize, end: usize) -> bool {
    let letter = |c: Option<char>| c.is_none_or(|c| c.is_alphabetic() || !c.is_alphanumeric() && c != '_');
    letter(folded[..start].chars().next_back()) && letter(folded[end..].chars().next())
}

/// The mark in which a hit stands or which it touches; marks are in order and do not overlap.
fn around(marks: &[Mark], start: usize, end: usize) -> Option<&Mark> {
    let at = marks.partition_point(|m| m.end <= start);
    marks.get(at).filter(|m| m.start < end)
}

/// Ends of addresses that are words as well, with which the next sentence begins where its space was forgotten.
const ENDS_AND_WORDS: [&str; 9] = [".it", ".no", ".me", ".be", ".at", ".us", ".de", ".es", ".se"];

/// Whether there is a border at a byte offset: where words end, and where Korean begins, which writes its particles right
/// behind a name.
fn border(folded: &str, offset: usize) -> bool {
    let korean = |c: Option<char>| c.is_some_and(|c| ('\u{ac00}'..='\u{d7a3}').contains(&c));
    borders::at(folded, offset)
        || korean(folded[..offset].chars().next_back()) != korean(folded[offset..].chars().next())
}

/// Whether a word counts where it stands: not within an address, and as a handle only if it is all
/// of it.
fn counts(folded: &str, around: Option<&Mark>, term: Term, start: usize, end: usize) -> bool {
    match around {
        None | Some(Mark { kind: Kind::Tag, .. }) => true,
        Some(mark) if start < mark.start || end > mark.end => !matches!(mark.kind, Kind::Url | Kind::Mail),
        Some(mark) if mark.kind == Kind::Url => {
            // "I flew Acme.It was late" names Acme, though it could be an address.
            let rest = folded.get(end..mark.end).unwrap_or_default();
            term.dotted || (start == mark.start && ENDS_AND_WORDS.contains(&rest))
        }
        Some(Mark { kind: Kind::Mail, .. }) => false,
        Some(mark) => start <= mark.start + 1 && end == mark.end,
    }
}

#[cfg(test)]
#[path = "brands_tests.rs"]
mod tests;

//! Which brands a post names, by handle, tag or word: all brands' terms in one automaton.
//!
//! Words are compared folded and only where they begin and end as words. A brand's `exclude` words
//! take away its keyword hits, never a handle, a tag or an address. Words inside web and mail
//! addresses and inside other accounts' handles do not name a brand. Whether a post is worth
//! answering is not decided here.

use super::marks::{self, Kind, Mark};
use super::{borders, fold};
use crate::domain::brand::Brand;
use crate::domain::post::{Glimpse, Post};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

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
    excludes: bool,
    /// The word holds a full stop itself (`klm.com`), so it may stand in a web address.
    dotted: bool,
}

#[derive(Default)]
struct Inner {
    words: Option<AhoCorasick>,
    /// What each word of the automaton means; one word may belong to several brands.
    terms: Vec<Vec<Term>>,
    handles: HashMap<String, Vec<u32>>,
    tags: HashMap<String, Vec<u32>>,
    /// Platform and account, folded.
    accounts: HashMap<(String, String), Vec<u32>>,
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
}

thread_local! {
    static BUFFERS: RefCell<Buffers> = RefCell::default();
}

fn bare(name: &str, sign: char) -> String {
    fold::folded(name.trim().trim_start_matches(sign)).trim().to_owned()
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
            let keywords = brand.keywords.iter().map(|word| (word, false));
            for (word, excludes) in keywords.chain(brand.exclude.iter().map(|word| (word, true))) {
                let word = fold::folded(word).trim().to_owned();
                if word.is_empty() {
                    continue;
                }
                let term = Term { brand: index, excludes, dotted: word.contains('.') };
                let at = *known.entry(word.clone()).or_insert_with(|| {
                    words.push(word);
                    inner.terms.push(Vec::new());
                    inner.terms.len() - 1
                });
                inner.terms[at].push(term);
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
            fold::fold_into(&post.text, &mut buffers.folded);
            self.0.find(&post.platform, post.mentions.iter().map(String::as_str), buffers);
            buffers.found.clone()
        })
    }

    /// Whether a post names any brand; the same as [`Matcher::matches`], sooner where it names none.
    pub fn names_any(&self, seen: &Glimpse<'_>) -> bool {
        BUFFERS.with_borrow_mut(|buffers| {
            fold::fold_into(seen.text, &mut buffers.folded);
            let folded = buffers.folded.as_bytes();
            let may = !seen.mentions.is_empty()
                || folded.contains(&b'@')
                || folded.contains(&b'#')
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
            None => take(&format!("{handle}@")),
        }
    }

    /// Finds the brands of a text that was folded already.
    fn find<'m>(&self, platform: &str, mentions: impl Iterator<Item = &'m str>, buffers: &mut Buffers) {
        marks::find(&buffers.folded, &mut buffers.marks);
        buffers.found.clear();
        buffers.excluded.clear();
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
                Kind::Url | Kind::Mail => {}
            }
        }
    }

    fn worded(&self, buffers: &mut Buffers) {
        let Some(words) = &self.words else { return };
        let folded = &buffers.folded;
        let first = buffers.found.len();
        for hit in words.find_overlapping_iter(folded) {
            let (start, end) = (hit.start(), hit.end());
            if !borders::at(folded, start) || !borders::at(folded, end) {
                continue;
            }
            let around = around(&buffers.marks, start, end);
            for term in &self.terms[hit.pattern().as_usize()] {
                if term.excludes {
                    buffers.excluded.push(term.brand);
                } else if counts(around, *term, start, end) {
                    buffers.found.push(BrandHit { brand: term.brand as usize, by: MatchedBy::Keyword });
                }
            }
        }
        if !buffers.excluded.is_empty() {
            let mut at = 0;
            let excluded = &buffers.excluded;
            buffers.found.retain(|hit| {
                at += 1;
                at <= first || !excluded.contains(&(hit.brand as u32))
            });
        }
    }
}

/// The mark in which a hit stands or which it touches; marks are in order and do not overlap.
fn around(marks: &[Mark], start: usize, end: usize) -> Option<&Mark> {
    let at = marks.partition_point(|m| m.end <= start);
    marks.get(at).filter(|m| m.start < end)
}

/// Whether a word counts where it stands: not within an address, and as a handle only if it is all
/// of it.
fn counts(around: Option<&Mark>, term: Term, start: usize, end: usize) -> bool {
    match around {
        None | Some(Mark { kind: Kind::Tag, .. }) => true,
        Some(mark) if start < mark.start || end > mark.end => !matches!(mark.kind, Kind::Url | Kind::Mail),
        Some(Mark { kind: Kind::Url, .. }) => term.dotted,
        Some(Mark { kind: Kind::Mail, .. }) => false,
        Some(mark) => start <= mark.start + 1 && end == mark.end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::brand::OwnAccount;

    fn brand(keywords: &[&str], exclude: &[&str]) -> Brand {
        let all = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect();
        Brand { keywords: all(keywords), exclude: all(exclude), ..Brand::default() }
    }

    fn by(brand: &Brand, text: &str) -> Option<MatchedBy> {
        let post = Post { text: text.to_owned(), ..Post::default() };
        let matcher = Matcher::new(std::slice::from_ref(brand));
        let found = matcher.matches(&post).first().map(|hit| hit.by);
        assert_eq!(matcher.names_any(&Glimpse::from(&post)), found.is_some(), "{text}");
        found
    }

    #[test]
    fn words_in_ten_languages() {
        let volta = brand(&["Volta", "Café Olé", "ボルタ", "Вольта"], &[]);
        for text in [
            "my Volta is dead",
            "ma volta!",
            "mijn VOLTA.",
            "„Volta“",
            "l'volta",
            "ボルタが壊れた",
            "このボルタは最高",
            "Voltaの電池",
            "電池Volta",
            "(volta)",
            "моя Вольта сломалась",
            "cafe ole is dicht",
            "CAFÉ  OLÉ",
            "Volta's",
            "Volta-klant",
            "#volta",
            "Ｖｏｌｔａ",
            "vol\u{200b}ta",
        ] {
            assert_eq!(by(&volta, text), Some(MatchedBy::Keyword), "{text}");
        }
        for text in [
            "Voltaire",
            "revolta",
            "voltas",
            "volta2",
            "volta_x",
            "Вольтаж",
            "cafe oleander",
            "vol ta",
            "@volta_fan",
        ] {
            assert_eq!(by(&volta, text), None, "{text}");
        }
    }

    #[test]
    fn addresses_are_no_words() {
        let mut klm = brand(&["klm"], &[]);
        for text in [
            "https://x.example/klm",
            "www.klm.com/nl",
            "info@klm.com",
            "klm@example.com",
            "klm.com/help",
            "@klm.fans",
        ] {
            assert_eq!(by(&klm, text), None, "{text}");
        }
        klm.handles.push("klm".into());
        assert_eq!(by(&klm, "info@klm.com of @KLM?"), Some(MatchedBy::Handle));
        klm.keywords.push("klm.com".into());
        assert_eq!(by(&klm, "op klm.com kan ik niets"), Some(MatchedBy::Keyword));
    }

    #[test]
    fn exclusions_take_only_keywords_away() {
        let mut tempo = brand(&["tempo"], &["tempo run", "marathon"]);
        tempo.handles.push("@Tempo".into());
        tempo.hashtags.push("#tempo".into());
        assert_eq!(by(&tempo, "tempo levert niet"), Some(MatchedBy::Keyword));
        assert_eq!(by(&tempo, "easy tempo run today"), None);
        assert_eq!(by(&tempo, "marathon op tempo"), None);
        assert_eq!(by(&tempo, "marathons op tempo"), Some(MatchedBy::Keyword));
        assert_eq!(by(&tempo, "@tempo tempo run"), Some(MatchedBy::Handle));
        assert_eq!(by(&tempo, "#tempo marathon"), Some(MatchedBy::Hashtag));
    }

    #[test]
    fn handles_with_and_without_servers() {
        let with = |handle: &str| Brand { handles: vec![handle.to_owned()], ..Brand::default() };
        let check = |handle: &str, text: &str, hit: bool| {
            assert_eq!(by(&with(handle), text), hit.then_some(MatchedBy::Handle), "{handle} in {text}");
        };
        check("klm", "@klm", true);
        check("klm", "@KLM@mastodon.example", true);
        check("klm", "@klm.bsky.social", false);
        check("klm", "@klm_x @xklm", false);
        check("klm", ".@klm: help", true);
        check("klm", "klm", false);
        check("klm.bsky.social", "hi @klm.bsky.social.", true);
        check("klm.bsky.social", "@klm", false);
        check("klm@toot.example", "@klm@toot.example", true);
        check("klm@toot.example", "@klm", true);
        check("klm@toot.example", "@klm@other.example", false);
        check("klm", "@klmさん", true);
    }

    #[test]
    fn addressed_by_structure() {
        let mut acme = Brand { handles: vec!["acme".into()], ..Brand::default() };
        acme.own_accounts.push(OwnAccount { platform: "bluesky".into(), account: "did:plc:1".into() });
        let hit = |platform: &str, mention: &str| {
            let post = Post {
                platform: platform.into(),
                mentions: vec![mention.into()],
                text: "help".into(),
                ..Post::default()
            };
            Matcher::new(std::slice::from_ref(&acme)).matches(&post).first().map(|hit| hit.by)
        };
        assert_eq!(hit("x", "ACME"), Some(MatchedBy::Addressed));
        assert_eq!(hit("mastodon", "@acme@toot.example"), Some(MatchedBy::Addressed));
        assert_eq!(hit("bluesky", "did:plc:1"), Some(MatchedBy::Addressed));
        assert_eq!(hit("x", "did:plc:1"), None);
    }

    #[test]
    fn many_brands_each_once_and_in_order() {
        let brands: Vec<Brand> = (0..20_000).map(|i| brand(&[&format!("merk{i}"), "gedeeld"], &[])).collect();
        let matcher = Matcher::new(&brands);
        let post = Post { text: "merk19999 merk7 merk7".into(), ..Post::default() };
        let hits: Vec<usize> = matcher.clone().matches(&post).iter().map(|h| h.brand).collect();
        assert_eq!(hits, [7, 19_999]);
        let post = Post { text: "gedeeld".into(), ..Post::default() };
        assert_eq!(matcher.matches(&post).len(), 20_000);
        assert_eq!(Matcher::new(&[]).matches(&post), []);
    }
}

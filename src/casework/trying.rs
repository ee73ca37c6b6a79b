//! "Would this post match?": a text that somebody pasted, held against what brands watch, term by term, and judged as a post
//! would be. Nothing is kept.
//!
//! The matcher itself is asked: built with one term alone it says whether that term hits, with an exclusion beside it
//! whether that stops it, with a context word beside it whether that supports it.

use super::{Casework, CaseworkError};
use crate::catalogue::Watched;
use crate::domain::brand::Brand;
use crate::domain::judgement::Judgement;
use crate::domain::post::{Post, RawAuthor, RawPost};
use crate::triage::{self, Context, MatchedBy, Matcher};

/// Longest text that is tried, in characters.
pub const TEXT_CHARS_MAX: usize = 10_000;
/// Longest name, handle or language tag, in characters.
const FIELD_CHARS_MAX: usize = 200;
/// What stands where a platform would have put its own.
const PASTED: &str = "pasted";

/// What somebody pasted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pasted {
    /// The words.
    pub text: String,
    /// The language as a platform would tell it (BCP 47); empty where it tells none.
    pub language: String,
    /// The name that the author shows.
    pub author: String,
    /// The author's handle, without `@`.
    pub handle: String,
}

/// What kind of term it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TermKind {
    /// A handle.
    Handle,
    /// A hashtag.
    Hashtag,
    /// One word.
    Keyword,
    /// Several words.
    Phrase,
    /// A domain.
    Domain,
}

impl TermKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Handle, Self::Hashtag, Self::Keyword, Self::Phrase, Self::Domain];

    /// The code on pages and in answers.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Handle => "handle",
            Self::Hashtag => "hashtag",
            Self::Keyword => "keyword",
            Self::Phrase => "phrase",
            Self::Domain => "domain",
        }
    }

    /// Whether exclusions and context words bear upon it.
    pub const fn is_word(self) -> bool {
        matches!(self, Self::Keyword | Self::Phrase)
    }
}

/// A keyword of one word, or a phrase of several.
pub fn kind_of_word(word: &str) -> TermKind {
    if word.split_whitespace().count() > 1 { TermKind::Phrase } else { TermKind::Keyword }
}

/// A term that stands in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// What it is.
    pub kind: TermKind,
    /// The term as the settings have it.
    pub term: String,
    /// Whether it counts: neither stopped by an exclusion nor short of a context word.
    pub counts: bool,
}

/// What one brand makes of it.
#[derive(Clone, Debug, PartialEq)]
pub struct OfBrand {
    /// The brand by name.
    pub brand: String,
    /// Whether a post like this would become a mention.
    pub matches: bool,
    /// The strongest way in which it is named.
    pub by: Option<&'static str>,
    /// The platform on which its author is an account of the brand's own: then it is an answer, never a mention.
    pub own_account: Option<String>,
    /// The terms that stand in it.
    pub hits: Vec<Hit>,
    /// The exclusions by which words do not count.
    pub stopped_by: Vec<String>,
    /// Whether words count only beside a context word, and none stands there.
    pub lacks_context: bool,
    /// The context words that stand in it.
    pub supported_by: Vec<String>,
    /// The full judgement, whether or not it matches.
    pub judgement: Judgement,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    /// The words as they were read; places of reasons and personal data are in these.
    pub text: String,
    /// The brands in their order.
    pub brands: Vec<OfBrand>,
}

const fn code_of(by: MatchedBy) -> &'static str {
    match by {
        MatchedBy::Handle => "handle",
        MatchedBy::Addressed => "addressed",
        MatchedBy::Hashtag => "hashtag",
        MatchedBy::Keyword => "keyword",
        MatchedBy::Domain => "domain",
    }
}

/// How a brand that watches just this is named by a post, if it is.
fn named(brand: &Brand, post: &Post) -> Option<MatchedBy> {
    Matcher::new(std::slice::from_ref(brand)).matches(post).first().map(|hit| hit.by)
}

/// Every term of a brand that stands in a post when it is alone.
fn found(brand: &Brand, post: &Post) -> Vec<Hit> {
    let with = |kind: TermKind, term: &String| {
        let (alone, one) = (Brand { compounds: brand.compounds, ..Brand::default() }, vec![term.clone()]);
        match kind {
            TermKind::Handle => Brand { handles: one, ..alone },
            TermKind::Hashtag => Brand { hashtags: one, ..alone },
            TermKind::Keyword | TermKind::Phrase => Brand { keywords: one, ..alone },
            TermKind::Domain => Brand { domains: one, ..alone },
        }
    };
    let handles = brand.handles.iter().map(|t| (TermKind::Handle, t));
    let hashtags = brand.hashtags.iter().map(|t| (TermKind::Hashtag, t));
    let words = brand.keywords.iter().map(|t| (kind_of_word(t), t));
    let domains = brand.domains.iter().map(|t| (TermKind::Domain, t));
    let all = handles.chain(hashtags).chain(words).chain(domains);
    let hits = all.filter(|(kind, term)| named(&with(*kind, term), post).is_some());
    hits.map(|(kind, term)| Hit { kind, term: term.clone(), counts: true }).collect()
}

/// What one brand makes of a post.
fn of_brand(brand: &Brand, post: &Post) -> OfBrand {
    let mut hits = found(brand, post);
    let word = hits.iter().find(|h| h.kind.is_word()).map(|h| h.term.clone());
    let (mut stopped_by, mut supported_by) = (Vec::new(), Vec::new());
    // Exclusions and context bear upon all words of a brand alike, so that one of those that stand there tells it all.
    if let Some(word) = word {
        let alone = Brand { keywords: vec![word], compounds: brand.compounds, ..Brand::default() };
        let stops =
            |e: &&String| named(&Brand { exclude: vec![(*e).clone()], ..alone.clone() }, post).is_none();
        let supports =
            |c: &&String| named(&Brand { context: vec![(*c).clone()], ..alone.clone() }, post).is_some();
        stopped_by = brand.exclude.iter().filter(|e| !e.trim().is_empty()).filter(stops).cloned().collect();
        supported_by =
            brand.context.iter().filter(|c| !c.trim().is_empty()).filter(supports).cloned().collect();
    }
    let worded = hits.iter().any(|h| h.kind.is_word());
    let lacks_context = worded && !brand.context.is_empty() && supported_by.is_empty();
    for hit in hits.iter_mut().filter(|h| h.kind.is_word()) {
        hit.counts = stopped_by.is_empty() && !lacks_context;
    }
    let own = brand.own_accounts.iter().find(|own| {
        let handle = own.account.trim_start_matches('@');
        !post.author.handle.is_empty() && handle.eq_ignore_ascii_case(&post.author.handle)
    });
    let by = named(brand, post);
    OfBrand {
        brand: brand.name.clone(),
        matches: by.is_some() && own.is_none(),
        by: by.map(code_of),
        own_account: own.map(|o| o.platform.clone()),
        hits,
        stopped_by,
        lacks_context,
        supported_by,
        judgement: triage::judge(post, brand, &Context::default()),
    }
}

impl Pasted {
    fn check(&self) -> Result<(), CaseworkError> {
        let chars = self.text.chars().count();
        if self.text.trim().is_empty() || chars > TEXT_CHARS_MAX {
            let what = format!("{chars} characters; wanted are 1 to {TEXT_CHARS_MAX}");
            return Err(CaseworkError::Invalid { field: "text", what });
        }
        let fields = [("language", &self.language), ("author", &self.author), ("handle", &self.handle)];
        for (field, value) in fields {
            if value.chars().count() > FIELD_CHARS_MAX {
                let what = format!("allowed are at most {FIELD_CHARS_MAX} characters");
                return Err(CaseworkError::Invalid { field, what });
            }
        }
        Ok(())
    }
}

impl Casework {
    /// Holds a text against what these brands watch, and judges it for each of them. Nothing is kept, also not that it
    /// was asked. Each term is built and asked by itself, which takes seconds where a brand has a hundred thousand: this
    /// runs beside the tasks that serve others.
    ///
    /// # Errors
    /// [`CaseworkError::Invalid`] where the text is empty or too long.
    pub async fn try_post(&self, brands: &[Watched], pasted: &Pasted) -> Result<Tried, CaseworkError> {
        pasted.check()?;
        let author = RawAuthor {
            id: PASTED.to_owned(),
            handle: Some(pasted.handle.clone()),
            name: Some(pasted.author.clone()),
            followers: None,
        };
        let raw = RawPost {
            platform: PASTED.to_owned(),
            external_id: PASTED.to_owned(),
            author,
            text: pasted.text.clone(),
            created_at: self.clock.now().rfc3339(),
            lang: Some(pasted.language.trim().to_owned()).filter(|l| !l.is_empty()),
            ..RawPost::default()
        };
        let post = raw.check().map_err(|e| CaseworkError::Invalid { field: "text", what: e.to_string() })?;
        let brands = brands.to_vec();
        let trying = tokio::task::spawn_blocking(move || {
            let brands = brands.iter().map(|w| of_brand(&w.brand, &post)).collect();
            Tried { text: post.text, brands }
        });
        trying.await.map_err(|_| CaseworkError::Refused("trying this text came to no end".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::brand::OwnAccount;

    fn post(text: &str, handle: &str) -> Post {
        let mut post = Post { text: text.to_owned(), ..Post::default() };
        post.author.handle = handle.to_owned();
        post
    }

    fn tempo() -> Brand {
        Brand {
            name: "Tempo".to_owned(),
            handles: vec!["tempo".to_owned()],
            keywords: vec!["tempo".to_owned(), "tempo card".to_owned()],
            exclude: vec!["music".to_owned(), "rhythm".to_owned()],
            context: vec!["order".to_owned(), "parcel".to_owned()],
            domains: vec!["tempo.example".to_owned()],
            ..Brand::default()
        }
    }

    #[test]
    fn each_term_that_stands_there_is_told() {
        let told =
            of_brand(&tempo(), &post("@tempo my tempo card order is on https://tempo.example/x", "sanne"));
        let hits: Vec<_> = told.hits.iter().map(|h| (h.kind.code(), h.term.as_str(), h.counts)).collect();
        assert_eq!(
            hits,
            [
                ("handle", "tempo", true),
                ("keyword", "tempo", true),
                ("phrase", "tempo card", true),
                ("domain", "tempo.example", true)
            ]
        );
        assert!(told.matches && told.by == Some("handle") && told.supported_by == ["order"]);
    }

    #[test]
    fn an_exclusion_and_a_missing_context_word_stop_words_and_no_handle() {
        let music = of_brand(&tempo(), &post("the tempo of this music is my order", "sanne"));
        assert!(!music.matches && music.stopped_by == ["music"] && !music.lacks_context);
        assert!(music.hits.iter().all(|h| !h.counts));
        let bare = of_brand(&tempo(), &post("what a tempo", "sanne"));
        assert!(!bare.matches && bare.lacks_context && bare.stopped_by.is_empty());
        let handle = of_brand(&tempo(), &post("@tempo the tempo of music", "sanne"));
        assert!(handle.matches && handle.stopped_by == ["music"]);
        let other = of_brand(&tempo(), &post("nothing of the kind", "sanne"));
        assert!(!other.matches && other.hits.is_empty() && !other.lacks_context);
    }

    #[test]
    fn what_an_account_of_our_own_writes_is_no_mention() {
        let mut brand = tempo();
        brand.own_accounts.push(OwnAccount { platform: "x".to_owned(), account: "@TempoCare".to_owned() });
        let told = of_brand(&brand, &post("@tempo hello", "tempocare"));
        assert!(!told.matches && told.by.is_some());
        assert_eq!(told.own_account.as_deref(), Some("x"));
    }

    #[test]
    fn what_is_told_is_what_the_matcher_does() {
        let texts =
            ["@tempo", "tempo order", "tempo music order", "Tempo.example", "#tempo", "tempocard order"];
        for text in texts {
            let told = of_brand(&tempo(), &post(text, "sanne"));
            assert_eq!(told.matches, told.hits.iter().any(|h| h.counts), "{text}: {told:?}");
        }
    }
}

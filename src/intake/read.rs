//! Reading one payload: bytes to a checked post, which brands it is about, and what triage says.
//!
//! All of it is pure and is done before the database is asked anything, so that it can run beside
//! the transaction of the batch before. What cannot be read says why and is kept as it came.

use super::Rules;
use crate::catalogue::Catalogue;
use crate::domain::judgement::Judgement;
use crate::domain::post::{BadPost, Glimpse, Post, RawPost};
use crate::domain::time::{Span, Timestamp};
use crate::store::inbox::Waiting;
use crate::triage::{self, Context, Matcher};
use std::borrow::Cow;

/// The source under which our own outbox hands in what it sent; no other may have this name.
pub const OUTBOX: &str = "outbox";

/// What intake knows of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceRules {
    /// Posts from before this instant are history.
    pub counts_from: Timestamp,
    /// What is addressed to its account is addressed to this brand, by name.
    pub brand: Option<String>,
    /// Whether everything it brings is addressed to that brand.
    pub addresses_all: bool,
    /// For how long a question that it brings is left to members first.
    pub members_first: Option<Span>,
    /// The source that can say whether its posts still stand.
    pub recheck_by: Option<String>,
}

/// One payload on its way through intake.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its row in the inbox; `None` if it came straight here.
    pub inbox_id: Option<String>,
    /// The source by name.
    pub source: String,
    /// Where in the source.
    pub place: String,
    /// When we got it.
    pub received_at: Timestamp,
    /// The bytes as they came; empty where they need not be kept.
    pub body: Vec<u8>,
    /// What stands in it, or what is wrong with it.
    pub read: Result<Box<Read>, String>,
}

impl Item {
    /// A payload that waits in the inbox, where its bytes stay.
    pub(super) fn waiting(waiting: Waiting, read: Result<Box<Read>, String>) -> Self {
        Self {
            inbox_id: Some(waiting.id),
            source: waiting.source,
            place: waiting.place,
            received_at: Timestamp(waiting.received_at),
            body: Vec::new(),
            read,
        }
    }
}

/// A payload that could be read.
#[derive(Clone, Debug)]
pub struct Read {
    /// The post.
    pub post: Post,
    /// Whether it was posted before its source counted.
    pub historic: bool,
    /// The brand whose account wrote it, as a place in the catalogue.
    pub own_of: Option<usize>,
    /// The brands it is about, with what triage says for each.
    pub hits: Vec<(usize, Judgement)>,
    /// The words of the post as search wants them.
    pub tokens: String,
}

/// Reads payloads for one catalogue.
pub struct Reader {
    catalogue: std::sync::Arc<Catalogue>,
    matcher: Matcher,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("brands", &self.catalogue.brands.len()).finish_non_exhaustive()
    }
}

impl Reader {
    /// Builds the matcher of all brands; done anew when the catalogue changes.
    pub fn new(catalogue: std::sync::Arc<Catalogue>) -> Self {
        let brands: Vec<_> = catalogue.brands.iter().map(|w| w.brand.clone()).collect();
        Self { matcher: Matcher::new(&brands), catalogue }
    }

    /// The catalogue it reads for.
    pub const fn catalogue(&self) -> &std::sync::Arc<Catalogue> {
        &self.catalogue
    }

    /// Whether a post is about any brand; what a firehose is filtered by.
    pub fn is_wanted(&self, seen: &Glimpse<'_>) -> bool {
        self.owner(seen.platform, seen.author_id, seen.author_handle).is_some()
            || self.matcher.names_any(seen)
    }

    /// Reads one payload.
    pub fn read(
        &self,
        body: &[u8],
        rules: &SourceRules,
        received_at: Timestamp,
    ) -> Result<Box<Read>, String> {
        let raw = parse(body)?;
        let mut post = raw.check().map_err(|e| unfit(&e))?;
        if post.deleted || post.filtered.is_some() {
            let (hits, tokens) = (Vec::new(), String::new());
            return Ok(Box::new(Read { historic: false, own_of: None, hits, tokens, post }));
        }
        // A platform's clock may be a little ahead of ours; nothing is answered before it is received.
        post.posted_at = post.posted_at.min(received_at);
        let own_of = self.owner(&post.platform, &post.author.id, &post.author.handle);
        // What an account says in private it says for its brand.
        let own_of = own_of.or_else(|| self.named(rules).filter(|_| post.own && post.private));
        let hits = if own_of.is_some() || post.own { Vec::new() } else { self.judged(&post, rules) };
        let tokens = if hits.is_empty() { String::new() } else { tokens(&post) };
        Ok(Box::new(Read { historic: post.posted_at < rules.counts_from, own_of, hits, tokens, post }))
    }

    /// Reads payloads of the inbox, each by what is known of its source.
    pub(super) fn read_all(&self, rules: &Rules, waiting: Vec<Waiting>) -> Vec<Item> {
        let unknown = SourceRules::default();
        let one = |mut w: Waiting| {
            let of_source = rules.get(&w.source).unwrap_or(&unknown);
            let read = self.read(&w.body.take().unwrap_or_default(), of_source, Timestamp(w.received_at));
            Item::waiting(w, read)
        };
        waiting.into_iter().map(one).collect()
    }

    /// The brand whose account this is.
    fn owner(&self, platform: &str, id: &str, handle: &str) -> Option<usize> {
        self.catalogue.brands.iter().position(|w| w.brand.owns(platform, id, handle))
    }

    /// The brand of a source.
    fn named(&self, rules: &SourceRules) -> Option<usize> {
        let name = rules.brand.as_ref()?;
        self.catalogue.brands.iter().position(|w| w.brand.name.eq_ignore_ascii_case(name))
    }

    fn judged(&self, post: &Post, rules: &SourceRules) -> Vec<(usize, Judgement)> {
        let mut brands: Vec<usize> = self.matcher.matches(post).into_iter().map(|hit| hit.brand).collect();
        if let Some(brand) = self.named(rules).filter(|_| rules.addresses_all || post.addressed) {
            if post.letter.is_some() {
                // A mail is said to the brand whose mailbox it is, whatever other names stand in it.
                brands.clear();
            }
            brands.push(brand);
        }
        brands.sort_unstable();
        brands.dedup();
        brands.into_iter().map(|at| (at, judge(&self.catalogue, post, at))).collect()
    }
}

/// What triage says about a post for one brand of the catalogue.
pub fn judge(catalogue: &Catalogue, post: &Post, brand: usize) -> Judgement {
    let stars = post.review.as_ref().and_then(|r| r.stars);
    let watched = catalogue.brands.get(brand);
    let context = Context {
        // A deadline in the words is as near as it was when they were written.
        now_in_zone_minutes: watched.and_then(|w| catalogue.minute_of_day(w, post.posted_at)),
        followers: post.author.followers,
        stars,
        ..Context::default()
    };
    let mut judged = match watched {
        Some(watched) => triage::judge(post, &watched.brand, &context),
        None => triage::judge(post, &crate::domain::brand::Brand::default(), &context),
    };
    if let Some(review) = &post.review {
        judged.needs_answer = review.needs_answer(&post.text, judged.needs_answer);
    }
    judged
}

/// The words of a post as search wants them, separated by spaces.
pub fn tokens(post: &Post) -> String {
    crate::domain::text::token_line(&post.text)
}

/// A payload as a post in our JSON, not checked yet; or what is wrong with it.
pub fn parse(body: &[u8]) -> Result<RawPost, String> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    match serde_json::from_slice(body) {
        Ok(raw) => Ok(raw),
        Err(first) => match without_lone_surrogates(body) {
            Cow::Borrowed(_) => Err(wrong(&first)),
            Cow::Owned(mended) => serde_json::from_slice(&mended).map_err(|e| wrong(&e)),
        },
    }
}

/// What is wrong with a payload and where, without what stood there: that may be a customer's words, and reasons are
/// shown to everybody and kept longer than payloads.
fn wrong(error: &serde_json::Error) -> String {
    let told = error.to_string();
    let begins = ["invalid type: ", "invalid value: ", "unknown variant "];
    let begin = begins.into_iter().find(|begin| told.starts_with(*begin));
    let Some((begin, end)) = begin.zip(told.rfind(", expected")) else {
        return format!("not a post in our JSON: {told}");
    };
    let found = told.get(begin.len()..end).unwrap_or_default();
    let kind = found.split([' ', '`', '"']).next().unwrap_or_default();
    let expected = told.get(end..).unwrap_or_default();
    let begin = format!("{begin}{kind}");
    format!("not a post in our JSON: {}{expected}", begin.trim_end())
}

/// What is wrong with a post, as little with what stood there.
fn unfit(bad: &BadPost) -> String {
    match bad {
        BadPost::Time(_) => "created_at: no RFC 3339 instant such as 2026-11-24T09:30:00Z".to_owned(),
        BadPost::Platform(_) => "platform: allowed are 1 to 32 letters, digits, '-' and '_'".to_owned(),
        other => other.to_string(),
    }
}

/// Replaces escapes of half a surrogate pair by U+FFFD: platforms cut texts in the middle of one,
/// and neither database keeps them.
fn without_lone_surrogates(body: &[u8]) -> Cow<'_, [u8]> {
    let mut mended: Option<Vec<u8>> = None;
    let mut at = 0;
    while at + 1 < body.len() {
        if body[at] != b'\\' {
            at += 1;
            continue;
        }
        let Some(unit) = escape(body, at) else {
            at += 2;
            continue;
        };
        let next = escape(body, at + 6);
        match unit {
            0xd800..=0xdbff if next.is_some_and(|n| (0xdc00..=0xdfff).contains(&n)) => at += 12,
            0xd800..=0xdfff => {
                let copy = mended.get_or_insert_with(|| body.to_vec());
                copy[at + 2..at + 6].copy_from_slice(b"fffd");
                at += 6;
            }
            _ => at += 6,
        }
    }
    mended.map_or(Cow::Borrowed(body), Cow::Owned)
}

/// The unit of a `\uXXXX` escape at a place, if one stands there.
fn escape(body: &[u8], at: usize) -> Option<u16> {
    let digits = body.get(at..at + 6)?.strip_prefix(b"\\u")?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Vec<u8> {
        format!(
            r#"{{"platform":"x","external_id":"1","author":{{"id":"a"}},"text":"{text}","created_at":"2026-01-01T00:00:00Z"}}"#
        )
        .into_bytes()
    }

    #[test]
    fn a_deadline_is_as_near_as_the_clock_of_the_house_says() {
        use crate::catalogue::Watched;
        use crate::domain::brand::Brand;
        use crate::domain::policy::Policy;
        let [policy, _] = Policy::ready_made();
        let watched = Watched { id: "b".into(), brand: Brand::watched("Acme"), laid: 0, policy: (1, policy) };
        let reasons = |zone: Option<&str>, text: &str| -> Vec<String> {
            let zone = zone.and_then(|name| jiff::tz::TimeZone::get(name).ok());
            let catalogue = Catalogue { brands: vec![watched.clone()], zone, ..Catalogue::default() };
            let post = parse(&line(text)).unwrap().check().unwrap();
            judge(&catalogue, &post, 0).reasons.iter().map(|r| r.what.to_string()).collect()
        };
        let near = "deadline_within_2_hours".to_owned();
        let soon = "@acme my gate closes in 40 min and I still can't check in, help!";
        assert!(reasons(Some("UTC"), soon).contains(&near));
        assert!(!reasons(None, soon).contains(&near));
        // The post is of midnight in UTC: one o'clock in Amsterdam, nine in Tokyo.
        let flight = "@acme my flight departs at 10:30 and I still can't check in, help!";
        assert!(reasons(Some("Asia/Tokyo"), flight).contains(&near));
        assert!(!reasons(Some("Europe/Amsterdam"), flight).contains(&near));
    }

    #[test]
    fn half_a_pair_becomes_a_mark_and_a_whole_one_stays() {
        let check =
            |text: &str, expected: &str| assert_eq!(parse(&line(text)).unwrap().text, expected, "{text}");
        check(r"cut \ud83d", "cut \u{fffd}");
        check(r"cut \ude00 here", "cut \u{fffd} here");
        check(r"whole \ud83d\ude00", "whole 😀");
        check(r"\ud83d\ud83d\ude00", "\u{fffd}😀");
        check(r"a backslash \\ud83d stays", r"a backslash \ud83d stays");
    }

    #[test]
    fn junk_says_what_is_wrong() {
        for junk in [&b"{"[..], b"[]", b"\xff\xfe", b"{\"platform\":1}", b"null", b""] {
            assert!(parse(junk).unwrap_err().starts_with("not a post in our JSON"));
        }
        for (junk, told) in [
            (&br#""my number is 06-12345678, expected""#[..], "invalid type: string, expected"),
            (&b"612345678"[..], "invalid type: integer, expected"),
            (&br#"{"platform":"x","external_id":["06-12345678"]}"#[..], "invalid type: sequence, expected"),
        ] {
            let why = parse(junk).unwrap_err();
            assert!(why.contains(told) && why.contains(" at line 1"), "{why}");
            assert!(!why.contains("12345678"), "what stood there is nobody's to read here: {why}");
        }
        for post in [
            RawPost { platform: "call 06-12345678".into(), ..RawPost::default() },
            RawPost { created_at: "call 06-12345678".into(), ..parse(&line("hi")).unwrap() },
        ] {
            let why = unfit(&post.check().unwrap_err());
            assert!(why.contains("such as") || why.contains("allowed are"), "{why}");
            assert!(!why.contains("12345678"), "{why}");
        }
        let mut with_bom = b"\xef\xbb\xbf".to_vec();
        with_bom.extend(line("hi"));
        assert_eq!(parse(&with_bom).unwrap().text, "hi");
    }
}

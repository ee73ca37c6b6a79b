//! The floor under a firehose filter: what nobody can leave out who looks for names in every post.
//!
//! A frame is parsed into borrowed fields, as many as a post is stored with, and its text is searched
//! once for all names that stand as words.

use aho_corasick::{AhoCorasick, MatchKind};
use serde::Deserialize;
use std::borrow::Cow;

#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(borrow)]
    did: Cow<'a, str>,
    time_us: i64,
    #[serde(borrow, default)]
    commit: Option<Commit<'a>>,
}

#[derive(Deserialize)]
struct Commit<'a> {
    #[serde(borrow)]
    operation: Cow<'a, str>,
    #[serde(borrow)]
    collection: Cow<'a, str>,
    #[serde(borrow)]
    rkey: Cow<'a, str>,
    #[serde(borrow, default)]
    record: Option<Record<'a>>,
}

#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    text: Cow<'a, str>,
    #[serde(borrow, default)]
    langs: Vec<Cow<'a, str>>,
    #[serde(borrow, default, rename = "createdAt")]
    created_at: Cow<'a, str>,
}

/// Finds names without regard to the case of ASCII letters.
pub fn finder(terms: &[String]) -> AhoCorasick {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::LeftmostLongest)
        .build(terms)
        .expect("the names")
}

/// How many of the frames are new posts with one of the names.
pub fn pass(frames: &[String], finder: &AhoCorasick) -> usize {
    let mut wanted = 0;
    for text in frames {
        let frame: Frame<'_> = serde_json::from_str(text).expect("a frame");
        let Some(commit) = frame.commit else { continue };
        let Some(record) = commit.record else { continue };
        std::hint::black_box((&frame.did, frame.time_us, &commit.rkey, &record.langs, &record.created_at));
        let is_post = commit.operation == "create" && commit.collection == "app.bsky.feed.post";
        wanted += usize::from(is_post && has_word(&record.text, finder));
    }
    wanted
}

fn has_word(text: &str, finder: &AhoCorasick) -> bool {
    let is_word = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || *b >= 0x80);
    let bytes = text.as_bytes();
    finder.find_iter(bytes).any(|hit| {
        !is_word(hit.start().checked_sub(1).and_then(|at| bytes.get(at))) && !is_word(bytes.get(hit.end()))
    })
}

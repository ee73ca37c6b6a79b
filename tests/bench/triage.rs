//! T1: what judging a post costs, all heads and reasons, and how that grows with length.
//!
//! `cargo bench --bench triage`. Posts of the corpus in ten languages; beside them a floor that does
//! a hashed linear head and nothing else. A counting allocator shows what the steady state allocates.

#![allow(clippy::allow_attributes, missing_docs, clippy::pedantic, reason = "a benchmark")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark"
)]

#[path = "floor/hashlin.rs"]
mod floor;
mod support;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;
use std::hint::black_box;
use std::time::Instant;
use support::{quantile, within};
use webcared::domain::brand::Brand;
use webcared::domain::judgement::Judgement;
use webcared::domain::post::Post;
use webcared::triage::{Context, judge_into};

#[global_allocator]
static GLOBAL: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn posts() -> Vec<Post> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/triage/corpus");
    let mut posts = Vec::new();
    for lang in ["en", "fr", "nl", "de", "it", "ja", "no", "pt", "ru", "es"] {
        let text = std::fs::read_to_string(format!("{folder}/{lang}.jsonl")).unwrap();
        for line in text.lines().step_by(9) {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            posts.push(Post { text: value["text"].as_str().unwrap().to_owned(), ..Post::default() });
        }
    }
    posts
}

/// Microseconds of each call.
fn times(mut call: impl FnMut(&Post), posts: &[Post], rounds: usize) -> Vec<f64> {
    let mut times = Vec::with_capacity(posts.len() * rounds);
    for _ in 0..rounds {
        for post in posts {
            let start = Instant::now();
            call(post);
            times.push(start.elapsed().as_nanos() as f64 / 1_000.0);
        }
    }
    times
}

fn main() {
    let posts = posts();
    let (brand, context, mut out) = (Brand::default(), Context::default(), Judgement::default());
    let mut judge = |post: &Post| judge_into(post, &brand, &context, black_box(&mut out));
    posts.iter().for_each(&mut judge);
    // Numbers, mail addresses and codes of capitals are looked at for personal data together with
    // the words before them, which allocates; the rest must not.
    let coded = |text: &str| text.as_bytes().windows(6).any(|w| w.iter().all(u8::is_ascii_uppercase));
    let bare = |text: &str| !text.contains(|c: char| c.is_ascii_digit() || c == '@') && !coded(text);
    let plain: Vec<&Post> = posts.iter().filter(|p| p.text.is_ascii() && bare(&p.text)).collect();
    plain.iter().for_each(|p| judge(p));
    let region = Region::new(GLOBAL);
    plain.iter().for_each(|p| judge(p));
    let plain_allocations = region.change().allocations;
    let region = Region::new(GLOBAL);
    posts.iter().for_each(&mut judge);
    let all_allocations = region.change().allocations;
    let mut found = times(&mut judge, &posts, 10);
    let mut floor = floor::Floor::default();
    let mut base = times(|post| _ = black_box(floor.score(&post.text)), &posts, 10);
    let long: Vec<Post> = [280usize, 10_000]
        .iter()
        .map(|n| {
            let text: String = posts.iter().flat_map(|p| p.text.chars().chain([' '])).take(*n).collect();
            Post { text, ..Post::default() }
        })
        .collect();
    let mut short = times(&mut judge, &long[..1], 2_000);
    let mut endless = times(&mut judge, &long[1..], 200);
    println!("{} posts in ten languages; times in microseconds", posts.len());
    let (p50, p99) = (quantile(&mut found, 0.5), quantile(&mut found, 0.99));
    println!(
        "floor p50 {:.1}; ratio of judging to the floor {:.2}",
        quantile(&mut base, 0.5),
        p50 / quantile(&mut base, 0.5)
    );
    println!(
        "allocations: {plain_allocations} for {} posts without numbers, {all_allocations} for all {}",
        plain.len(),
        posts.len()
    );
    let ten_thousand = quantile(&mut endless, 0.5);
    let mut fine = within("a post, p50", "us", p50, 50.0);
    println!("a post of any length, p99: {p99:.1} us");
    fine &= within("280 characters, p99", "us", quantile(&mut short, 0.99), 150.0);
    // A long text is read twice, once for its language: twice the cost a character is linear still.
    fine &= within(
        "10,000 characters, times that of 280, per character",
        "x",
        ten_thousand / quantile(&mut short, 0.5) / (10_000.0 / 280.0),
        2.5,
    );
    fine &= within("allocations without numbers", "", plain_allocations as f64, 0.0);
    if !fine {
        std::process::exit(1);
    }
}

//! T2: what telling a language costs and how often it is right.
//!
//! `cargo bench --bench language`, with `-- --data DIR` for the sets that may not be shipped. Without
//! them only the time is told: the texts in the repository are learned from and prove nothing.

#![allow(clippy::allow_attributes, missing_docs, clippy::pedantic, reason = "a benchmark")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark"
)]

mod support;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;
use std::collections::BTreeMap;
use std::time::Instant;
use support::{Args, quantile, within};
use webcared::domain::language::Language;
use webcared::triage::language_of;

#[global_allocator]
static GLOBAL: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    let args = Args::of_process();
    let set = concat!(env!("CARGO_MANIFEST_DIR"), "/src/triage/corpus/language/texts.tsv");
    let text = std::fs::read_to_string(set).unwrap();
    let texts: Vec<&str> =
        text.lines().filter_map(|l| l.split_once('\t')).map(|(_, t)| t).step_by(11).collect();
    texts.iter().for_each(|t| _ = language_of(t));
    let region = Region::new(GLOBAL);
    texts.iter().for_each(|t| _ = language_of(t));
    let allocations = region.change().allocations;
    let mut times: Vec<f64> = texts
        .iter()
        .map(|t| {
            let start = Instant::now();
            std::hint::black_box(language_of(t));
            start.elapsed().as_nanos() as f64 / 1_000.0
        })
        .collect();
    println!("{} texts; {allocations} allocations in the steady state", texts.len());
    let mut fine = within("a text, p50", "us", quantile(&mut times, 0.5), 20.0);
    for name in ["lid_social_clean.test.tsv", "lid_wordpairs10.test.tsv"] {
        let file = args.value("--data").and_then(|dir| std::fs::read_to_string(format!("{dir}/{name}")).ok());
        let Some(file) = file else {
            println!("{name}: not measured, its file is not there");
            continue;
        };
        let mut codes: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
        for line in file.lines().skip(1) {
            let mut columns = line.split('\t');
            let (Some(code), Some(text)) = (columns.next(), columns.nth(1)) else { continue };
            let slot = codes.entry(code).or_default();
            slot.0 += u32::from(language_of(text).0 == Language::from_tag(code));
            slot.1 += 1;
        }
        let ten = Language::TEN.iter().filter_map(|l| codes.get(l.code()));
        let macro_accuracy = ten.map(|(right, all)| f64::from(*right) / f64::from(*all)).sum::<f64>() / 10.0;
        println!("{name}: macro accuracy of the ten {macro_accuracy:.4}");
        if name.contains("clean") {
            fine &= within("errors of the ten", "", 1.0 - macro_accuracy, 0.02);
        }
    }
    if !fine {
        std::process::exit(1);
    }
}

//! Under which licences the dependencies come, and which of them never come at all.

use super::scan::root;
use cargo_metadata::{Metadata, MetadataCommand};

const LICENCES: [&str; 13] = [
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "0BSD",
    "Unicode-3.0",
    "MPL-2.0",
    "CDLA-Permissive-2.0",
    "BSL-1.0",
    "Unlicense",
];
/// A second TLS or crypto stack, and one with an open timing leak.
const BANNED: [&str; 5] = ["openssl-sys", "native-tls", "aws-lc-sys", "rsa", "openssl"];

/// What is built on this kind of machine, from the lock file alone.
fn metadata() -> Metadata {
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let options = ["--locked", "--offline", "--filter-platform", &target].map(ToOwned::to_owned);
    MetadataCommand::new().current_dir(root()).other_options(options).exec().unwrap()
}

#[test]
fn licences_are_allowed_and_banned_crates_absent() {
    let metadata = metadata();
    let resolved = metadata.resolve.as_ref().unwrap();
    let built: Vec<_> = resolved.nodes.iter().map(|n| &metadata[&n.id]).collect();
    assert!(built.len() > 200, "only {} crates found", built.len());
    let mut wrong = Vec::new();
    for package in built {
        let name = package.name.as_str();
        if BANNED.contains(&name) {
            wrong.push(format!("{name} {} is banned", package.version));
        }
        let licence = package.license.as_deref().unwrap_or("none");
        if !is_allowed(licence) {
            wrong.push(format!("{name} {}: licence {licence}", package.version));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether some choice of an SPDX expression consists of allowed licences alone.
fn is_allowed(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let allowed = any(&words, &mut at);
    allowed && at == words.len()
}

fn any(words: &[&str], at: &mut usize) -> bool {
    let mut allowed = every(words, at);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        allowed |= every(words, at);
    }
    allowed
}

fn every(words: &[&str], at: &mut usize) -> bool {
    let mut allowed = one(words, at);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        allowed &= one(words, at);
    }
    allowed
}

fn one(words: &[&str], at: &mut usize) -> bool {
    let Some(word) = words.get(*at) else { return false };
    *at += 1;
    if *word == "(" {
        let allowed = any(words, at);
        *at += 1;
        return allowed && words.get(*at - 1) == Some(&")");
    }
    if words.get(*at) == Some(&"WITH") {
        *at += 2;
        let exception = words.get(*at - 1).copied().unwrap_or_default();
        return LICENCES.contains(&format!("{word} WITH {exception}").as_str()) || LICENCES.contains(word);
    }
    LICENCES.contains(word)
}

#[test]
fn expressions_are_read_as_spdx_means_them() {
    assert!(is_allowed("MIT OR GPL-3.0"));
    assert!(is_allowed("MIT/Apache-2.0"));
    assert!(is_allowed("(MIT OR GPL-2.0) AND Unicode-3.0"));
    assert!(is_allowed("Apache-2.0 WITH LLVM-exception OR GPL-3.0"));
    assert!(!is_allowed("GPL-3.0"));
    assert!(!is_allowed("MIT AND GPL-3.0"));
    assert!(!is_allowed("(MIT OR ISC) AND (GPL-2.0 OR GPL-3.0)"));
}

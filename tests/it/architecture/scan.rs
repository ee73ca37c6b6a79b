//! Reading our own source: comments and literals apart from code, unit tests taken out. A few rules of
//! the language suffice; whatever they misread would show as a failing rule, not as a hidden one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// One file of `src/`.
pub struct Source {
    /// Its path from the root of the repository.
    pub path: String,
    /// The module under the crate's root that it belongs to.
    pub module: String,
    /// As it stands.
    pub raw: String,
    /// Code alone: comments, literals and tests are blanks, lines and places stay the same.
    pub code: String,
    /// Literals of text outside tests: where they begin, and what they hold.
    pub texts: Vec<(usize, String)>,
    /// How many lines it has without tests.
    pub lines: usize,
}

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All files of `src/`, in order.
pub fn sources() -> Vec<Source> {
    let mut paths = Vec::new();
    walk(&root().join("src"), &mut paths);
    paths.sort();
    let read = |path: &PathBuf| {
        let shown = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        Source::new(shown, std::fs::read_to_string(path).unwrap())
    };
    let found: Vec<Source> = paths.iter().map(read).collect();
    assert!(found.len() > 20, "only {} files found", found.len());
    found
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") && !is_test(&path) {
            found.push(path);
        }
    }
}

/// Files of unit tests: `tests.rs`, `…_tests.rs` and what stands in a folder `tests`.
fn is_test(path: &Path) -> bool {
    path.with_extension("").iter().any(|part| {
        let part = part.to_string_lossy();
        part == "tests" || part.ends_with("_tests")
    })
}

impl Source {
    pub fn new(path: String, raw: String) -> Self {
        let inside = path.trim_start_matches("src/");
        let module = inside.split('/').next().unwrap().trim_end_matches(".rs").to_owned();
        let (mut code, mut texts) = split(&raw);
        let mut lines = raw.lines().count();
        for (from, to) in test_items(&code) {
            lines -= raw[from..to].lines().count();
            code[from..to].iter_mut().filter(|b| **b != b'\n').for_each(|b| *b = b' ');
            texts.retain(|(at, _)| !(from..to).contains(at));
        }
        Self { path, module, raw, code: String::from_utf8(code).unwrap(), texts, lines }
    }

    /// The modules of the crate that it names.
    pub fn imports(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let from = if matches!(self.module.as_str(), "main" | "bin") { "webcared::" } else { "crate::" };
        for (at, _) in self.code.match_indices(from) {
            let rest = &self.code[at + from.len()..];
            let before = self.code[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$') {
                continue;
            }
            if let Some(list) = rest.strip_prefix('{') {
                found.extend(heads(list));
            } else {
                found.insert(word(rest).to_owned());
            }
        }
        found.retain(|m| !m.is_empty());
        found
    }

    /// Functions with a body: name, line, how many lines.
    pub fn functions(&self) -> Vec<(String, usize, usize)> {
        let code = self.code.as_bytes();
        let mut found = Vec::new();
        for (at, _) in self.code.match_indices("fn ") {
            if at > 0 && (code[at - 1].is_ascii_alphanumeric() || code[at - 1] == b'_') {
                continue;
            }
            let name = word(&self.code[at + 3..]);
            let (Some(open), false) = (body(code, at), name.is_empty()) else { continue };
            let end = closing(code, open);
            let line = self.code[..at].matches('\n').count() + 1;
            found.push((name.to_owned(), line, self.code[at..end].matches('\n').count() + 1));
        }
        found
    }

    /// The line of a place.
    pub fn line(&self, at: usize) -> usize {
        self.raw[..at].matches('\n').count() + 1
    }
}

/// The identifier at the beginning of a text.
fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

/// The first words of a list in braces: `{a::b, c}` gives a and c.
fn heads(list: &str) -> Vec<String> {
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            ',' | '}' if depth == 0 => {
                found.push(word(list[start..at].trim()).to_owned());
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    found
}

/// Where the body of the function at `at` opens, if it has one.
fn body(code: &[u8], at: usize) -> Option<usize> {
    let mut depth = 0;
    for (n, b) in code.iter().enumerate().skip(at) {
        match b {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth -= 1,
            b'{' if depth == 0 => return Some(n),
            b';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// One past the brace that closes the one at `open`.
fn closing(code: &[u8], open: usize) -> usize {
    let mut depth = 0;
    for (n, b) in code.iter().enumerate().skip(open) {
        match b {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return n + 1;
        }
    }
    code.len()
}

/// Where items stand that are built for tests only.
fn test_items(code: &[u8]) -> Vec<(usize, usize)> {
    let text = String::from_utf8_lossy(code);
    let mark = "#[cfg(test)]";
    let end_of = |at: usize| match body(code, at + mark.len()) {
        Some(open) => closing(code, open),
        None => at + text[at..].find(';').map_or(mark.len(), |n| n + 1),
    };
    text.match_indices(mark).map(|(at, _)| (at, end_of(at))).collect()
}

/// Code with comments and literals blanked, and the literals.
fn split(raw: &str) -> (Vec<u8>, Vec<(usize, String)>) {
    let bytes = raw.as_bytes();
    let mut code = bytes.to_vec();
    let mut texts = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &raw.as_bytes()[at..];
        let end = match rest {
            [b'/', b'/', ..] => at + rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len()),
            [b'/', b'*', ..] => at + block_comment(rest),
            [b'"', ..] => text_end(bytes, at),
            [b'r', b'"' | b'#', ..] if !follows_word(bytes, at) => match raw_text(rest) {
                Some(n) => at + n,
                None => at,
            },
            [b'\'', ..] => at + letter(&raw[at..]),
            _ => at,
        };
        if end == at {
            at += 1;
            continue;
        }
        if matches!(rest[0], b'"' | b'r') {
            texts.push((at, String::from_utf8_lossy(&bytes[at..end]).into_owned()));
        }
        code[at..end].iter_mut().filter(|b| **b != b'\n').for_each(|b| *b = b' ');
        at = end;
    }
    (code, texts)
}

fn follows_word(bytes: &[u8], at: usize) -> bool {
    at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_') && bytes[at - 1] != b'b'
}

fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn text_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn raw_text(rest: &[u8]) -> Option<usize> {
    let hashes = rest[1..].iter().take_while(|b| **b == b'#').count();
    if rest.get(1 + hashes) != Some(&b'"') {
        return None;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    let body = &rest[2 + hashes..];
    let found = body.windows(end.len()).position(|w| w == end.as_bytes())?;
    Some(2 + hashes + found + end.len())
}

/// How long the literal of a character is; 0 for a lifetime.
fn letter(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => {
            text[2..].char_indices().skip(1).find(|(_, c)| *c == '\'').map_or(0, |(n, _)| n + 3)
        }
        Some(_) => chars.next().filter(|(_, c)| *c == '\'').map_or(0, |(n, _)| n + 1),
        None => 0,
    }
}

#[test]
fn code_comments_and_literals_are_told_apart() {
    let raw = "use crate::{a::b, c};\n// crate::d\nfn f<'x>(s: &'x str) -> char {\n let q = \"crate::e \\\" {\";\n \
               let r = r#\"} crate::g\"#;\n '{'\n}\n#[cfg(test)]\nmod tests {\n use crate::t;\n}\nfn g() {}\n";
    let source = Source::new("src/x/y.rs".to_owned(), raw.to_owned());
    assert_eq!(source.module, "x");
    assert_eq!(source.imports(), ["a".to_owned(), "c".to_owned()].into());
    assert_eq!(source.functions(), [("f".to_owned(), 3, 5), ("g".to_owned(), 12, 1)]);
    assert_eq!(source.texts.len(), 2);
    assert_eq!(source.code.len(), raw.len());
}

//! What a file gives twice. A parser of TOML stops at the first of these; here it gets its path, and where it stands in
//! a line of its own it is left out, so that what else is wrong is told as well.

use super::mistakes::Mistake;
use super::tree::joined;
use std::collections::HashMap;
use toml_edit::{Document, Item, Table};

/// What the parser says of a name that stands there already.
pub(super) const SAYS: &str = "duplicate key";

/// The mistake of a line that gives what was given before, and the text without it; only the mistake where the line
/// cannot be left out alone.
pub(super) fn given_twice(text: &str, line: usize) -> Option<(Mistake, Option<String>)> {
    let mut lines: Vec<&str> = text.split('\n').collect();
    let at = line.checked_sub(1)?;
    let here = Named::of(lines.get(at)?)?;
    let mut entries = HashMap::new();
    let mut section = String::new();
    for named in lines.iter().take(at).filter_map(|before| Named::of(before)) {
        if named.kind != Kind::Value {
            section = named.placed("", &mut entries);
        }
    }
    let is_value = here.kind == Kind::Value;
    let path = here.placed(if is_value { &section } else { "" }, &mut entries);
    let mistake = Mistake::new(&path, "written twice", "allowed: each name once");
    lines[at] = "";
    // Without its head, what stands in a section would be another's.
    Some((mistake, is_value.then(|| lines.join("\n"))))
}

/// What a line names, where it can be read alone.
struct Named {
    keys: Vec<String>,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `key = value`
    Value,
    /// `[section]`
    Section,
    /// `[[list]]`
    Entry,
}

impl Named {
    fn of(line: &str) -> Option<Self> {
        let document = Document::parse(line.trim_end_matches('\r')).ok()?;
        let mut table: &Table = document.as_table();
        let mut keys = Vec::new();
        loop {
            let (key, item) = table.iter().next()?;
            keys.push(key.to_owned());
            let kind = match item {
                Item::Table(inner) if !inner.is_empty() => {
                    table = inner;
                    continue;
                }
                Item::Table(_) => Kind::Section,
                Item::ArrayOfTables(_) => Kind::Entry,
                Item::Value(_) => Kind::Value,
                Item::None => return None,
            };
            return Some(Self { keys, kind });
        }
    }

    /// Its path, in which lists have the number of their last entry; an entry counts itself.
    fn placed(&self, section: &str, entries: &mut HashMap<String, usize>) -> String {
        let mut path = section.to_owned();
        for (n, key) in self.keys.iter().enumerate() {
            path = joined(&path, key);
            if self.kind == Kind::Entry && n + 1 == self.keys.len() {
                *entries.entry(path.clone()).or_default() += 1;
            }
            if let Some(count) = entries.get(&path) {
                path = format!("{path}[{}]", count.saturating_sub(1));
            }
        }
        path
    }
}

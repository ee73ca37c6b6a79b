//! The environment and the flags, laid over the file.
//!
//! `WEBCARED__SECTION__KEY` stands for `section.key`; a number stands for the entry of a list that
//! the file has, counted from 0. A variable that begins like ours and is none of ours is a
//! mistake, for it would be passed over in silence. What is given here as a secret or as its
//! file replaces both forms of the file's.

use super::mistakes::{Mistake, nearest};
use super::tree::{Node, Origin, Written, joined};
use config::{Environment, Map, Source};

/// The variable that names the file; it is read by the command line.
pub const FILE_VARIABLE: &str = "WEBCARED_CONFIG";
const PREFIX: &str = "WEBCARED";
const SEPARATOR: &str = "__";

/// Lays the variables over the tree; `known` are the names of the sections.
pub(super) fn lay_variables(
    tree: &mut Node,
    variables: impl Iterator<Item = (String, String)>,
    known: &[&str],
) -> Vec<Mistake> {
    let ours: Vec<(String, String)> =
        variables.filter(|(name, _)| name.to_uppercase().starts_with("WEBCARED_")).collect();
    let mut mistakes: Vec<Mistake> = ours.iter().filter_map(|(name, _)| misspelt(name, known)).collect();
    let names: Map<String, String> = ours.iter().map(|(name, _)| (key_of(name), name.clone())).collect();
    let source = Environment::with_prefix(PREFIX)
        .prefix_separator(SEPARATOR)
        .separator(SEPARATOR)
        .ignore_empty(true)
        .source(Some(ours.into_iter().collect()));
    let Ok(values) = source.collect() else {
        mistakes.push(Mistake::new("", "the environment cannot be read", "allowed: text in UTF-8"));
        return mistakes;
    };
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort_by(|a, b| a.0.cmp(&b.0));
    for (key, value) in values {
        let name = names.get(&key).cloned().unwrap_or_else(|| key.clone());
        let origin = Origin::Variable(name);
        let text = value.into_string().unwrap_or_default();
        if let Some(mistake) = lay(tree, &key, &origin, Written::Loose(text)) {
            mistakes.push(mistake.at(None, &origin));
        }
    }
    mistakes
}

/// Lays one value over the tree at `key`, as `section.key`; the mistake, if there is no such place.
pub(super) fn lay(tree: &mut Node, key: &str, origin: &Origin, written: Written) -> Option<Mistake> {
    if key.split('.').any(str::is_empty) {
        return Some(Mistake::new(key, "not a known setting", format!("allowed: {PREFIX}__SECTION__KEY")));
    }
    let mut node = tree;
    let mut steps = key.split('.').peekable();
    while let Some(step) = steps.next() {
        let parent = node.path.clone();
        node = match &mut node.written {
            Written::Table(table) => {
                if steps.peek().is_none() {
                    replace_other_form(table, step, origin);
                }
                let at = table.iter().position(|(k, _)| k == step).unwrap_or(table.len());
                if at == table.len() {
                    let empty = Written::Table(Vec::new());
                    table.push((step.to_owned(), Node::new(joined(&parent, step), origin.clone(), empty)));
                }
                &mut table[at].1
            }
            Written::List(list) => {
                let count = list.len();
                let Some(entry) = step.parse::<usize>().ok().and_then(|at| list.get_mut(at)) else {
                    let allowed = format!("allowed: the number of one of the {count} there are, from 0");
                    return Some(Mistake::new(&format!("{parent}[{step}]"), "not there", allowed));
                };
                entry
            }
            _ => {
                return Some(Mistake::new(key, "not a known setting", format!("'{parent}' holds one value")));
            }
        };
    }
    node.origin = origin.clone();
    node.written = written;
    None
}

/// A secret and the file with it are two forms of one setting: who sets one unsets the other.
fn replace_other_form(table: &mut Vec<(String, Node)>, key: &str, origin: &Origin) {
    let other = key.strip_suffix("_file").map_or_else(|| format!("{key}_file"), str::to_owned);
    let same_layer = |there: &Origin| std::mem::discriminant(there) == std::mem::discriminant(origin);
    table.retain(|(k, node)| *k != other || same_layer(&node.origin));
}

/// The key for which a variable stands, as the crate makes it.
fn key_of(name: &str) -> String {
    let lower = name.to_lowercase();
    lower.strip_prefix("webcared__").unwrap_or(&lower).replace(SEPARATOR, ".")
}

/// A variable that is written nearly like one of ours would do nothing, so it is refused. Those that
/// container platforms set for a service of this name (`WEBCARED_PORT_80_TCP`) are not meant.
fn misspelt(name: &str, known: &[&str]) -> Option<Mistake> {
    let upper = name.to_uppercase();
    let rest = upper.strip_prefix("WEBCARED_")?;
    if rest.starts_with('_') || upper == FILE_VARIABLE {
        return None;
    }
    let section = rest.split(SEPARATOR).next().unwrap_or(rest).to_lowercase();
    if !rest.contains(SEPARATOR) && !known.contains(&section.as_str()) {
        return None;
    }
    let meant = nearest(&section, known.iter().copied()).map(|near| {
        let tail = rest.get(section.len()..).unwrap_or_default();
        format!("{PREFIX}{SEPARATOR}{}{tail}", near.to_uppercase())
    });
    let found = "one '_' after WEBCARED, so it would be passed over";
    let mistake = Mistake::new("", found, format!("allowed: {PREFIX}__SECTION__KEY, or {FILE_VARIABLE}"));
    Some(mistake.meaning(meant).at(None, &Origin::Variable(name.to_owned())))
}

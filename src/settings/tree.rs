//! The settings as they were written, before they get their types.
//!
//! A tree of values in which every value knows its path and where it was written: a line of the
//! file, a variable of the environment or a flag. Nothing is coerced here; a text of the
//! environment stays [`Written::Loose`] until the field it is meant for tells what it should be.

use std::fmt;
use toml_edit::{Item, Table, TableLike, Value};

/// Where a value was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Origin {
    /// Nowhere: a built-in default.
    #[default]
    BuiltIn,
    /// The line of the file, counted from 1.
    Line(usize),
    /// The variable of the environment.
    Variable(String),
    /// The flag of the command line, with its dashes.
    Flag(&'static str),
}

/// One value with its path as people write it, such as `brand[0].handles`.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// The path; it stays what it was when entries before this one are taken away.
    pub path: String,
    /// Where it was written.
    pub origin: Origin,
    /// What was written.
    pub written: Written,
    /// Entries of a table that were wrong, wholly or in part, and were taken away: that they are
    /// missing proves nothing. For a misspelt key, what was probably meant.
    pub lost: Vec<String>,
}

/// What was written.
#[derive(Clone)]
pub(super) enum Written {
    /// A text.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// A number with a fraction.
    Decimal(f64),
    /// `true` or `false`.
    Flag(bool),
    /// A text of the environment, which may mean any of the others.
    Loose(String),
    /// Several values.
    List(Vec<Node>),
    /// Values by name.
    Table(Vec<(String, Node)>),
    /// Nothing, where something has to be: the mistake is noted, and the rest can be read.
    Missing,
}

impl Written {
    /// The kind in words, with the value where it cannot be a secret.
    pub fn kind(&self) -> String {
        match self {
            Self::Text(_) | Self::Loose(_) => "a text".to_owned(),
            Self::Whole(number) => format!("the number {number}"),
            Self::Decimal(number) => format!("the number {number}"),
            Self::Flag(flag) => flag.to_string(),
            Self::List(_) => "a list".to_owned(),
            Self::Table(_) => "a table".to_owned(),
            Self::Missing => "nothing".to_owned(),
        }
    }
}

impl fmt::Debug for Written {
    /// The kind of texts only: they may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List(list) => f.debug_list().entries(list).finish(),
            Self::Table(table) => f.debug_map().entries(table.iter().map(|(k, v)| (k, v))).finish(),
            _ => f.write_str("…"),
        }
    }
}

/// A step of a path into the tree as it is now.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step<'a> {
    /// The entry of a table.
    Key(&'a str),
    /// The entry of a list, counted from 0.
    At(usize),
}

impl<'a> From<&'a str> for Step<'a> {
    fn from(key: &'a str) -> Self {
        Step::Key(key)
    }
}

impl From<usize> for Step<'_> {
    fn from(at: usize) -> Self {
        Step::At(at)
    }
}

/// The path of an entry of the table at `parent`.
pub(super) fn joined(parent: &str, key: &str) -> String {
    if parent.is_empty() { key.to_owned() } else { format!("{parent}.{key}") }
}

impl Node {
    /// A value written at `path`.
    pub fn new(path: String, origin: Origin, written: Written) -> Self {
        Self { path, origin, written, lost: Vec::new() }
    }

    /// A table without entries.
    pub fn empty() -> Self {
        Self::new(String::new(), Origin::BuiltIn, Written::Table(Vec::new()))
    }

    /// The tree of a file's table; `lines` tells the line of a place in the text.
    pub fn of_file(table: &Table, lines: &Lines) -> Self {
        let origin = Origin::BuiltIn;
        Self::new(String::new(), origin, Written::Table(entries(table, "", lines)))
    }

    /// The tree of one value of a text of the environment, all of it with that origin.
    pub fn of_value(path: &str, origin: &Origin, value: &Value) -> Self {
        let mut node = of_value(path, origin.clone(), value, &Lines::default());
        node.claim(origin);
        node
    }

    fn claim(&mut self, origin: &Origin) {
        self.origin = origin.clone();
        match &mut self.written {
            Written::List(list) => list.iter_mut().for_each(|n| n.claim(origin)),
            Written::Table(table) => table.iter_mut().for_each(|(_, n)| n.claim(origin)),
            _ => {}
        }
    }

    /// The direct entry at `step`.
    pub fn entry(&self, step: Step<'_>) -> Option<&Self> {
        match (&self.written, step) {
            (Written::Table(table), Step::Key(key)) => table.iter().find(|(k, _)| k == key).map(|(_, n)| n),
            (Written::List(list), Step::At(at)) => list.get(at),
            _ => None,
        }
    }

    /// Takes away the node whose path is `path`, and notes in the table that it lost it, or lost
    /// what was `meant`; tells whether it was there.
    pub fn take_away(&mut self, path: &str, meant: Option<&str>) -> bool {
        let lost = match &mut self.written {
            Written::Table(table) => {
                let direct = table.iter().position(|(_, n)| n.path == path);
                if let Some(at) = direct {
                    let (key, _) = table.remove(at);
                    self.lost.push(meant.map_or(key, str::to_owned));
                    return true;
                }
                table
                    .iter_mut()
                    .find_map(|(key, n)| n.take_away(path, meant).then(|| (key.clone(), n.is_list())))
            }
            Written::List(list) => {
                let before = list.len();
                list.retain(|n| n.path != path);
                return list.len() < before || list.iter_mut().any(|n| n.take_away(path, meant));
            }
            _ => None,
        };
        match lost {
            // A list that lost an entry is as good as lost.
            Some((key, true)) => self.lost.push(key),
            Some(_) => {}
            None => return false,
        }
        true
    }

    fn is_list(&self) -> bool {
        matches!(self.written, Written::List(_))
    }

    /// Puts [`Written::Missing`] into the table whose path is `table`; tells whether it could.
    pub fn fill_in(&mut self, table: &str, key: &str) -> bool {
        if self.path == table {
            let Written::Table(entries) = &mut self.written else { return false };
            let node = Node::new(joined(table, key), self.origin.clone(), Written::Missing);
            entries.push((key.to_owned(), node));
            self.lost.push(key.to_owned());
            return true;
        }
        match &mut self.written {
            Written::Table(entries) => entries.iter_mut().any(|(_, n)| n.fill_in(table, key)),
            Written::List(list) => list.iter_mut().any(|n| n.fill_in(table, key)),
            _ => false,
        }
    }

    /// The node whose path is `path`.
    pub fn find(&self, path: &str) -> Option<&Self> {
        if self.path == path {
            return Some(self);
        }
        match &self.written {
            Written::Table(table) => table.iter().find_map(|(_, n)| n.find(path)),
            Written::List(list) => list.iter().find_map(|n| n.find(path)),
            _ => None,
        }
    }

    /// The node whose path is `path`, or what would hold it.
    pub fn nearest(&self, path: &str) -> &Self {
        let mut path = path;
        loop {
            match (self.find(path), path.rfind(['.', '['])) {
                (Some(node), _) => return node,
                (None, Some(cut)) => path = &path[..cut],
                (None, None) => return self,
            }
        }
    }

    /// The origins of the values in it, each once; its own where it holds none.
    pub fn origins(&self) -> Vec<Origin> {
        let mut found = Vec::new();
        self.gather(&mut found);
        found
    }

    fn gather(&self, found: &mut Vec<Origin>) {
        match &self.written {
            Written::Table(table) if !table.is_empty() => table.iter().for_each(|(_, n)| n.gather(found)),
            _ if !found.contains(&self.origin) => found.push(self.origin.clone()),
            _ => {}
        }
    }
}

/// Tells the line of a place in a text.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// Where each line but the first begins.
    begins: Vec<usize>,
}

impl Lines {
    /// The lines of a text.
    pub fn of(text: &str) -> Self {
        Self { begins: text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at + 1).collect() }
    }

    /// The line in which the byte at `at` stands, counted from 1.
    pub fn line(&self, at: usize) -> usize {
        self.begins.partition_point(|begin| *begin <= at) + 1
    }

    /// The byte with which the line of `at` begins.
    pub fn begin(&self, at: usize) -> usize {
        self.begins.iter().rev().find(|begin| **begin <= at).copied().unwrap_or(0)
    }
}

fn entries(table: &dyn TableLike, path: &str, lines: &Lines) -> Vec<(String, Node)> {
    let entry = |(key, item): (&str, &Item)| {
        let key_span = table.get_key_value(key).and_then(|(k, _)| k.span());
        let span = key_span.or_else(|| item.span());
        let origin = span.map_or(Origin::BuiltIn, |s| Origin::Line(lines.line(s.start)));
        of_item(&joined(path, key), origin, item, lines).map(|node| (key.to_owned(), node))
    };
    table.iter().filter_map(entry).collect()
}

fn of_item(path: &str, origin: Origin, item: &Item, lines: &Lines) -> Option<Node> {
    match item {
        Item::None => None,
        Item::Value(value) => Some(of_value(path, origin, value, lines)),
        Item::Table(table) => {
            Some(Node::new(path.to_owned(), origin, Written::Table(entries(table, path, lines))))
        }
        Item::ArrayOfTables(tables) => {
            let element = |(at, table): (usize, &Table)| {
                let path = format!("{path}[{at}]");
                let line = table.span().map_or(Origin::BuiltIn, |s| Origin::Line(lines.line(s.start)));
                let written = Written::Table(entries(table, &path, lines));
                Node::new(path, line, written)
            };
            let list = tables.iter().enumerate().map(element).collect();
            Some(Node::new(path.to_owned(), origin, Written::List(list)))
        }
    }
}

fn of_value(path: &str, origin: Origin, value: &Value, lines: &Lines) -> Node {
    let written = match value {
        Value::String(text) => Written::Text(text.value().clone()),
        Value::Integer(number) => Written::Whole(*number.value()),
        Value::Float(number) => Written::Decimal(*number.value()),
        Value::Boolean(flag) => Written::Flag(*flag.value()),
        // An instant may be written without quotes; it is read as the text it is.
        Value::Datetime(at) => Written::Text(at.value().to_string()),
        Value::Array(array) => {
            let element = |(at, value): (usize, &Value)| {
                let line = value.span().map_or(Origin::BuiltIn, |s| Origin::Line(lines.line(s.start)));
                of_value(&format!("{path}[{at}]"), line, value, lines)
            };
            Written::List(array.iter().enumerate().map(element).collect())
        }
        Value::InlineTable(table) => Written::Table(entries(table, path, lines)),
    };
    Node::new(path.to_owned(), origin, written)
}

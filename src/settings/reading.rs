//! Giving the tree of settings its types, and finding every value that does not fit.
//!
//! A deserializer over [`Node`] whose errors say what was wrong as data, not as a sentence, and
//! where. When it meets an error the value in question is taken out of the tree, and the rest is
//! read again, until what is left is clean. A text of the environment becomes what its field wants.

use super::mistakes::{Mistake, listed, nearest, quoted};
use super::tree::{Node, Origin, Written, joined};
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{self, DeserializeOwned, Deserializer, IntoDeserializer, Unexpected, Visitor};
use std::borrow::Cow;
use std::fmt;

/// Reads as much of the tree as fits, takes the rest out of it, and tells what the rest was.
pub(super) fn read<T: DeserializeOwned + Default>(tree: &mut Node, file: Option<&str>) -> (T, Vec<Mistake>) {
    let mut mistakes: Vec<Mistake> = Vec::new();
    let mut filled: Vec<String> = Vec::new();
    loop {
        let fault = match T::deserialize(&*tree) {
            Ok(value) => return (value, mistakes),
            Err(fault) => fault,
        };
        let at = tree.nearest(fault.path.as_deref().unwrap_or_default()).path.clone();
        let unknown = matches!(fault.why, Why::Unknown { .. });
        if let Why::Missing { key } = fault.why {
            let path = joined(&at, key);
            // What is missing because it was wrong, or misspelt, is one mistake and not two.
            let is_told = |m: &Mistake| {
                let meant = m.did_you_mean.as_deref().is_some_and(|near| near == key);
                m.path == path || (meant && m.path.rsplit_once('.').is_some_and(|(parent, _)| parent == at))
            };
            if !mistakes.iter().any(is_told) {
                mistakes.extend(fault.told(tree, file));
            }
            if !filled.contains(&path) && tree.fill_in(&at, key) {
                filled.push(path);
                continue;
            }
        } else {
            mistakes.extend(fault.told(tree, file));
        }
        // Nothing to take away would mean to go round forever; the defaults are as good as any.
        let meant = mistakes.last().and_then(|m| m.did_you_mean.as_deref());
        if !tree.take_away(&at, meant.filter(|_| unknown)) {
            return (T::default(), mistakes);
        }
    }
}

/// Why a value does not fit.
#[derive(Debug)]
pub(super) struct Fault {
    path: Option<String>,
    why: Why,
}

#[derive(Debug)]
enum Why {
    Unknown {
        key: String,
        known: &'static [&'static str],
    },
    Missing {
        key: &'static str,
    },
    /// Not of the wanted kind, or not within its bounds.
    Unfit {
        wanted: String,
    },
    Variant {
        found: String,
        known: &'static [&'static str],
    },
    Other(String),
}

impl Fault {
    fn new(why: Why) -> Self {
        Self { path: None, why }
    }

    /// The innermost place to which the error came is the place.
    fn within(mut self, node: &Node) -> Self {
        self.path.get_or_insert_with(|| node.path.clone());
        self
    }

    /// The mistake for people; several when several variables made up a table that nobody knows.
    fn told(self, tree: &Node, file: Option<&str>) -> Vec<Mistake> {
        let path = self.path.unwrap_or_default();
        let node = tree.nearest(&path);
        let kind = shown(&path, &node.written);
        let mistake = match self.why {
            Why::Unknown { key, known } => {
                // What follows the head of a section is the section's, also where its writer had done with it.
                let top = || path.contains('.') && super::TOP.contains(&key.as_str());
                let meant = nearest(&key, known.iter().copied());
                let meant = meant.or_else(|| top().then(|| format!("{key}, before the first [section]")));
                Mistake::new(&path, "not a known setting", listed(known.iter().copied())).meaning(meant)
            }
            Why::Missing { key } => Mistake::new(&joined(&path, key), "missing", "it has to be there"),
            Why::Unfit { wanted } => Mistake::new(&path, kind, format!("allowed: {}", in_words(&wanted))),
            Why::Variant { found, known } => {
                Mistake::new(&path, quoted(&found), listed(known.iter().copied()))
                    .meaning(nearest(&found, known.iter().copied()))
            }
            Why::Other(message) => Mistake::new(&path, kind, message),
        };
        let origins = node.origins();
        if origins.iter().any(|o| matches!(o, Origin::Variable(_))) {
            return origins.iter().map(|o| mistake.clone().at(file, o)).collect();
        }
        vec![mistake.at(file, &node.origin)]
    }
}

/// What was found; numbers are shown but where a secret was wanted.
fn shown(path: &str, written: &Written) -> String {
    let last = path.rsplit('.').next().unwrap_or(path);
    let secret = ["secret", "token", "url", "password"].iter().any(|word| last.contains(word));
    match written {
        Written::Whole(_) | Written::Decimal(_) if secret => "a number".to_owned(),
        other => other.kind(),
    }
}

/// What serde's own types say they expect, in words for people.
fn in_words(wanted: &str) -> String {
    let bits = |bits: u32| format!("a whole number from 0 to {}", u64::MAX >> (64 - bits));
    match wanted {
        "u8" => bits(8),
        "u16" => bits(16),
        "u32" => bits(32),
        "u64" | "usize" => "a whole number, 0 or more".to_owned(),
        "i64" | "i32" | "isize" => "a whole number".to_owned(),
        "f64" => "a number".to_owned(),
        "a string" | "a borrowed string" | "path string" | "str" => "a text".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a sequence" => "a list".to_owned(),
        other if other.starts_with("struct ") => "a table".to_owned(),
        other if other.starts_with("enum ") => "a text".to_owned(),
        other => other.to_owned(),
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a setting does not fit: {}", self.path.as_deref().unwrap_or_default())
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(Why::Other(message.to_string()))
    }

    fn invalid_type(_: Unexpected<'_>, wanted: &dyn de::Expected) -> Self {
        Self::new(Why::Unfit { wanted: wanted.to_string() })
    }

    fn invalid_value(_: Unexpected<'_>, wanted: &dyn de::Expected) -> Self {
        Self::new(Why::Unfit { wanted: wanted.to_string() })
    }

    fn unknown_variant(found: &str, known: &'static [&'static str]) -> Self {
        Self::new(Why::Variant { found: found.to_owned(), known })
    }

    fn unknown_field(key: &str, known: &'static [&'static str]) -> Self {
        Self::new(Why::Unknown { key: key.to_owned(), known })
    }

    fn missing_field(key: &'static str) -> Self {
        Self::new(Why::Missing { key })
    }
}

/// A text of the environment as a list: as TOML writes it, or parted by commas.
fn list_of(node: &Node, text: &str) -> Vec<Node> {
    if let Some(Node { written: Written::List(list), .. }) = as_toml(node, text) {
        return list;
    }
    let part = |(at, part): (usize, &str)| {
        let path = format!("{}[{at}]", node.path);
        Node::new(path, node.origin.clone(), Written::Loose(part.trim().to_owned()))
    };
    text.split(',').enumerate().map(part).collect()
}

fn as_toml(node: &Node, text: &str) -> Option<Node> {
    let value = text.trim().parse::<toml_edit::Value>().ok()?;
    Some(Node::of_value(&node.path, &node.origin, &value))
}

/// A key of a table, which on an error stands for the value under it.
struct Key<'a>(&'a str, &'a Node);

impl<'de> Deserializer<'de> for Key<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_str(self.0).map_err(|fault: Fault| fault.within(self.1))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl IntoDeserializer<'_, Fault> for Key<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl IntoDeserializer<'_, Fault> for &Node {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// The entries of a table. Made here once: a closure where a table is read would be another for each type that
/// is read from one, and with it all that reads the values of its fields.
fn entries(table: &[(String, Node)]) -> impl Iterator<Item = (Key<'_>, &Node)> {
    table.iter().map(|(key, node)| (Key(key, node), node))
}

impl Node {
    /// Itself as a number, a truth or a table is read from it: one of the environment as TOML, and what is none stays
    /// a text and is refused.
    fn meant(&self) -> Cow<'_, Self> {
        match &self.written {
            Written::Loose(text) => Cow::Owned(as_toml(self, text).unwrap_or_else(|| self.clone())),
            Written::Missing => {
                Cow::Owned(Self::new(self.path.clone(), self.origin.clone(), Written::Whole(0)))
            }
            _ => Cow::Borrowed(self),
        }
    }

    fn visited<'de, V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value, Fault> {
        match &self.written {
            Written::Text(text) | Written::Loose(text) => visitor.visit_str(text),
            Written::Whole(number) => visitor.visit_i64(*number),
            Written::Decimal(number) => visitor.visit_f64(*number),
            Written::Flag(flag) => visitor.visit_bool(*flag),
            Written::Missing => visitor.visit_str(""),
            Written::List(list) => visitor.visit_seq(SeqDeserializer::new(list.iter())),
            Written::Table(table) => visitor.visit_map(MapDeserializer::new(entries(table))),
        }
    }
}

macro_rules! scalar {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            self.meant().visited(visitor).map_err(|fault| fault.within(self))
        }
    )*};
}

impl<'de> Deserializer<'de> for &Node {
    type Error = Fault;

    scalar! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64 deserialize_map
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.visited(visitor).map_err(|fault| fault.within(self))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        // Only what a table can be is asked of the visitor: the rest would be code for each struct that nothing needs.
        let read: Result<V::Value, Fault> = match &self.meant().written {
            Written::Table(table) => visitor.visit_map(MapDeserializer::new(entries(table))),
            // A list in place of a table would be read field by field, which nobody means.
            Written::List(_) => Err(Fault::new(Why::Unfit { wanted: "a table".to_owned() })),
            _ => Err(de::Error::invalid_type(Unexpected::Unit, &visitor)),
        };
        read.map_err(|fault| fault.within(self))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.written {
            Written::Loose(text) => visitor.visit_seq(SeqDeserializer::new(list_of(self, text).iter())),
            _ => self.visited(visitor),
        }
        .map_err(|fault| fault.within(self))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match &self.written {
            Written::Text(text) | Written::Loose(text) => {
                visitor.visit_enum(IntoDeserializer::<Fault>::into_deserializer(text.as_str()))
            }
            _ => Err(Fault::new(Why::Unfit { wanted: "a text".to_owned() })),
        }
        .map_err(|fault| fault.within(self))
    }

    serde::forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any
    }
}

//! From an item of somebody's JSON to a post, by pointers; every problem is named with its pointer.
//!
//! What stood at a pointer is never told, only of which kind it was: it may be somebody's words.

use super::super::alts;
use super::super::html::to_text;
use super::super::taken::hash;
use super::config::{FieldsConfig, HttpConfig, TimeFormat};
use crate::domain::file::{FILES_MAX, FileNote};
use crate::domain::post::{RawAuthor, RawPost};
use crate::domain::time::Timestamp;
use serde_json::Value;
use url::Url;

/// Makes posts of items.
#[derive(Clone, Debug)]
pub struct Mapping {
    fields: FieldsConfig,
    time: TimeFormat,
    html: bool,
    platform: String,
    authority: String,
    kind: String,
    base: Url,
}

/// An item that could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapped {
    /// A hash of what it is called.
    pub name: u64,
    /// A hash of what it says.
    pub words: u64,
    /// When it was posted.
    pub posted_at: Timestamp,
    /// When it was edited, if it says so.
    pub edited_at: Option<Timestamp>,
    /// The post, without the time of an edit.
    pub post: RawPost,
}

/// Reads one item and gathers what is wrong.
struct Reading<'a> {
    item: &'a Value,
    wrong: Vec<String>,
}

impl Mapping {
    /// The mapping of the settings.
    pub fn new(config: &HttpConfig, base: &Url) -> Self {
        let place = || format!("{}{}", base.host_str().unwrap_or_default(), base.path());
        Self {
            fields: config.fields.clone(),
            time: config.time,
            html: config.html,
            platform: config.platform.clone(),
            authority: config.authority.clone().unwrap_or_else(place),
            kind: config.kind.clone(),
            base: base.clone(),
        }
    }

    /// Reads one item; `Err` names everything that is wrong with it.
    pub fn map(&self, item: &Value, now: Timestamp) -> Result<Mapped, String> {
        let mut read = Reading { item, wrong: Vec::new() };
        let f = &self.fields;
        let external_id = read.needed("id", f.id.as_deref());
        let deleted = read.flag("deleted", f.deleted.as_deref());
        if deleted && read.wrong.is_empty() {
            return Ok(self.deleted(external_id, now));
        }
        let author = self.author(&mut read);
        let text = read.text("text", f.text.as_deref()).unwrap_or_default();
        let said = if self.html { alts::of(&text) } else { Vec::new() };
        let text = if self.html { to_text(&text) } else { text };
        let posted_at = read.time("created_at", f.created_at.as_deref(), self.time);
        if posted_at.is_none() && !read.wrong.iter().any(|w| w.starts_with("fields.created_at")) {
            read.wrong.push(named("created_at", f.created_at.as_deref(), "not there; wanted is a time"));
        }
        let edited_at = read.time("edited_at", f.edited_at.as_deref(), self.time);
        let url = read.short("url", f.url.as_deref());
        let post = RawPost {
            platform: self.platform.clone(),
            external_id: external_id.clone(),
            author,
            text,
            authority: Some(self.authority.clone()),
            kind: Some(self.kind.clone()),
            lang: read.short("lang", f.lang.as_deref()),
            conversation_id: read.short("conversation", f.conversation.as_deref()),
            in_reply_to: read.short("in_reply_to", f.in_reply_to.as_deref()),
            url: url.and_then(|u| self.base.join(&u).ok()).map(String::from),
            private: read.flag("private", f.private.as_deref()),
            own: read.flag("own", f.own.as_deref()),
            attachments: self.files(item).into_iter().chain(said).take(FILES_MAX).collect(),
            ..RawPost::default()
        };
        let Some(posted_at) = posted_at.map(|at| at.min(now)).filter(|_| read.wrong.is_empty()) else {
            return Err(read.wrong.join("; "));
        };
        let post = RawPost { created_at: posted_at.rfc3339(), ..post };
        // What intake would not take is named here, where the item is at hand.
        post.clone().check().map_err(|e| e.to_string())?;
        let words = hash(&[&post.text, if post.private { "private" } else { "" }]);
        Ok(Mapped { name: hash(&[&external_id]), words, posted_at, edited_at, post })
    }

    fn deleted(&self, external_id: String, now: Timestamp) -> Mapped {
        let (name, words) = (hash(&[&external_id]), hash(&["", "deleted"]));
        let authority = Some(self.authority.clone());
        let platform = self.platform.clone();
        let post = RawPost { platform, external_id, authority, deleted: true, ..RawPost::default() };
        Mapped { name, words, posted_at: now, edited_at: None, post }
    }

    /// The files of an item; what is no description of one is left out, for a post is not lost for its files.
    fn files(&self, item: &Value) -> Vec<FileNote> {
        let Some(list) = self.fields.attachments.as_deref().and_then(|p| item.pointer(p)?.as_array()) else {
            return Vec::new();
        };
        let note = |one: &Value| match one.as_str() {
            Some(url) => Some(FileNote { url: url.to_owned(), ..FileNote::default() }),
            None => serde_json::from_value::<FileNote>(one.clone()).ok(),
        };
        // Only our own connectors know a file by anything but its address.
        let found = list.iter().filter_map(note).map(|f| FileNote {
            url: self.base.join(&f.url).map(String::from).unwrap_or_default(),
            handle: String::new(),
            ..f
        });
        found.take(FILES_MAX).collect()
    }

    fn author(&self, read: &mut Reading<'_>) -> RawAuthor {
        let f = &self.fields;
        let id = read.short("author_id", f.author_id.as_deref());
        let handle = read.short("author_handle", f.author_handle.as_deref());
        let name = read.short("author_name", f.author_name.as_deref());
        let known_by = id.or_else(|| handle.clone()).or_else(|| name.clone());
        if known_by.is_none() {
            let pointers = [&f.author_id, &f.author_handle, &f.author_name];
            let pointer = pointers.into_iter().flatten().next().map(String::as_str);
            read.wrong.push(named("author_id", pointer, "not there; wanted is an id, a handle or a name"));
        }
        RawAuthor { id: known_by.unwrap_or_default(), handle, name, followers: None }
    }
}

fn named(field: &str, pointer: Option<&str>, what: &str) -> String {
    match pointer {
        Some(pointer) => format!("fields.{field} '{pointer}': {what}"),
        None => format!("fields.{field}: {what}"),
    }
}

/// What a value is, in words.
pub fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

impl<'a> Reading<'a> {
    fn at(&self, pointer: Option<&str>) -> Option<&'a Value> {
        self.item.pointer(pointer?).filter(|v| !v.is_null())
    }

    fn wrong(&mut self, field: &str, pointer: Option<&str>, found: &Value, wanted: &str) {
        self.wrong.push(named(field, pointer, &format!("{}; wanted is {wanted}", kind_of(found))));
    }

    /// A text or a whole number, as a text.
    fn short(&mut self, field: &str, pointer: Option<&str>) -> Option<String> {
        match self.at(pointer)? {
            Value::String(text) => Some(text.trim().to_owned()).filter(|t| !t.is_empty()),
            Value::Number(n) if n.is_i64() || n.is_u64() => Some(n.to_string()),
            other => {
                self.wrong(field, pointer, other, "a text or a whole number");
                None
            }
        }
    }

    fn needed(&mut self, field: &str, pointer: Option<&str>) -> String {
        let before = self.wrong.len();
        let found = self.short(field, pointer);
        if found.is_none() && self.wrong.len() == before {
            self.wrong.push(named(field, pointer, "not there; wanted is a text or a whole number"));
        }
        found.unwrap_or_default()
    }

    fn text(&mut self, field: &str, pointer: Option<&str>) -> Option<String> {
        match self.at(pointer) {
            Some(Value::String(text)) => return Some(text.clone()),
            Some(other) => self.wrong(field, pointer, other, "a text"),
            None => self.wrong.push(named(field, pointer, "not there; wanted is a text")),
        }
        None
    }

    fn flag(&mut self, field: &str, pointer: Option<&str>) -> bool {
        match self.at(pointer) {
            None => false,
            Some(Value::Bool(flag)) => *flag,
            Some(Value::Number(n)) if matches!(n.as_i64(), Some(0 | 1)) => n.as_i64() == Some(1),
            Some(Value::String(text)) if matches!(text.as_str(), "true" | "false") => text == "true",
            Some(other) => {
                self.wrong(field, pointer, other, "true or false");
                false
            }
        }
    }

    fn time(&mut self, field: &str, pointer: Option<&str>, format: TimeFormat) -> Option<Timestamp> {
        let value = self.at(pointer)?;
        let number = || match value {
            Value::Number(n) => n.as_f64(),
            Value::String(text) => text.trim().parse::<f64>().ok(),
            _ => None,
        };
        let millis = |factor: f64| {
            let n = number()? * factor;
            // Up to the year 9999.
            (0.0..=253_402_300_799_000.0).contains(&n).then_some(Timestamp(n as i64))
        };
        let (read, wanted) = match format {
            TimeFormat::Rfc3339 => {
                let text = value.as_str();
                (
                    text.and_then(|t| Timestamp::parse(t).ok()),
                    "an RFC 3339 instant such as 2026-11-24T09:30:00Z",
                )
            }
            TimeFormat::EpochS => (millis(1_000.0), "seconds since 1970"),
            TimeFormat::EpochMs => (millis(1.0), "milliseconds since 1970"),
        };
        if read.is_none() {
            self.wrong(field, pointer, value, wanted);
        }
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: Timestamp = Timestamp(1_795_512_600_000);

    fn mapping(change: fn(&mut HttpConfig)) -> Mapping {
        let fields = json!({"id": "/id", "author_id": "/user/id", "author_name": "/user/name", "text": "/body",
            "created_at": "/at", "edited_at": "/edited", "url": "/link", "conversation": "/thread", "private": "/hidden",
            "own": "/staff", "lang": "/lang", "in_reply_to": "/parent", "deleted": "/gone"});
        let mut config: HttpConfig = serde_json::from_value(json!({ "fields": fields })).unwrap();
        change(&mut config);
        Mapping::new(&config, &Url::parse("https://reviews.example/api/list?key=s3cret").unwrap())
    }

    fn good() -> Value {
        json!({"id": 7, "user": {"id": "u1", "name": "Jan"}, "body": "Acme?", "at": "2026-11-24T09:30:00Z",
            "link": "/r/7", "thread": 3, "hidden": false, "staff": 0, "lang": "nl", "extra": [1]})
    }

    #[test]
    fn an_item_becomes_a_post() {
        let mapped = mapping(|_| {}).map(&good(), NOW).unwrap();
        let post = mapped.post;
        assert_eq!(
            (post.external_id.as_str(), post.author.id.as_str(), post.text.as_str()),
            ("7", "u1", "Acme?")
        );
        assert_eq!(
            post.authority.as_deref(),
            Some("reviews.example/api/list"),
            "no query: it may be a secret"
        );
        assert_eq!(post.url.as_deref(), Some("https://reviews.example/r/7"));
        assert_eq!((post.conversation_id.as_deref(), post.lang.as_deref()), (Some("3"), Some("nl")));
        assert!(!post.private && !post.own);
        assert_eq!(mapped.posted_at, Timestamp::parse("2026-11-24T09:30:00Z").unwrap());
    }

    #[test]
    fn files_come_as_addresses_or_described() {
        let mut item = good();
        item["pictures"] =
            json!(["/1.jpg", {"url": "https://p.example/2.png", "alt": "x", "handle": "y"}, 5]);
        let mapped = mapping(|c| c.fields.attachments = Some("/pictures".into())).map(&item, NOW).unwrap();
        let files = mapped.post.attachments;
        assert_eq!((files.len(), files[0].url.as_str()), (2, "https://reviews.example/1.jpg"));
        assert_eq!((files[1].alt.as_str(), files[1].handle.as_str()), ("x", ""));
    }

    #[test]
    fn every_problem_is_named_with_its_pointer() {
        let wrong = |item: Value| mapping(|_| {}).map(&item, NOW).unwrap_err();
        assert_eq!(
            wrong(json!({"id": [], "body": 5, "at": "soon", "hidden": "maybe"})),
            "fields.id '/id': a list; wanted is a text or a whole number; \
             fields.author_id '/user/id': not there; wanted is an id, a handle or a name; \
             fields.text '/body': a number; wanted is a text; \
             fields.created_at '/at': a text; wanted is an RFC 3339 instant such as 2026-11-24T09:30:00Z; \
             fields.private '/hidden': a text; wanted is true or false"
        );
        assert!(wrong(json!(7)).starts_with("fields.id '/id': not there"));
        let mut without = good();
        without["at"] = Value::Null;
        assert_eq!(wrong(without), "fields.created_at '/at': not there; wanted is a time");
    }

    #[test]
    fn times_in_each_form() {
        let check = |time: TimeFormat, at: Value, expected: Option<i64>| {
            let mut config = mapping(|_| {});
            config.time = time;
            let mut item = good();
            item["at"] = at.clone();
            assert_eq!(config.map(&item, NOW).ok().map(|m| m.posted_at.millis()), expected, "{at}");
        };
        check(TimeFormat::EpochS, json!(1_700_000_000), Some(1_700_000_000_000));
        check(TimeFormat::EpochS, json!("1700000000.5"), Some(1_700_000_000_500));
        check(TimeFormat::EpochMs, json!(1_700_000_000_123_i64), Some(1_700_000_000_123));
        check(TimeFormat::EpochMs, json!(4_000_000_000_000_i64), Some(NOW.millis()));
        check(TimeFormat::EpochS, json!(-5), None);
        check(TimeFormat::EpochS, json!("soon"), None);
        check(TimeFormat::Rfc3339, json!(1_700_000_000), None);
    }

    #[test]
    fn of_a_deleted_item_the_id_is_enough() {
        let mapped = mapping(|_| {}).map(&json!({"id": "7", "gone": true}), NOW).unwrap();
        assert!(mapped.post.deleted && mapped.post.external_id == "7");
    }

    #[test]
    fn html_becomes_text_and_names_may_stand_for_ids() {
        let html = mapping(|c| {
            c.html = true;
            c.fields.author_id = None;
        });
        let mut item = good();
        item["body"] = json!("<p>a</p><p>b</p>");
        let post = html.map(&item, NOW).unwrap().post;
        assert_eq!((post.text.as_str(), post.author.id.as_str()), ("a\n\nb", "Jan"));
    }
}

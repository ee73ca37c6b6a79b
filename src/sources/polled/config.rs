//! The settings of a JSON API that is read by a mapping: where its list is, what each field is called.

use secrecy::SecretString;
use serde::Deserialize;
use std::path::PathBuf;

/// `source.http`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpConfig {
    /// What is asked, as a web address; it may have a query.
    pub url: String,
    /// How it is asked: `GET` or `POST`.
    pub method: Method,
    /// What is sent along with `POST`, as JSON.
    pub body: Option<String>,
    /// Headers that are sent along; their values may be secrets.
    pub headers: Vec<HeaderConfig>,
    /// When what the headers hold ends, as a day such as 2027-01-31 or an instant; left out, nobody knows, unless the platform tells.
    pub expires: Option<String>,
    /// How often to look, in seconds.
    pub every_seconds: i64,
    /// How many calls a minute are made at most.
    pub calls_per_minute: u32,
    /// Whether the address may be a private one.
    pub allow_private: bool,
    /// The word by which its posts are listed and promises tell channels apart.
    pub platform: String,
    /// The namespace in which its ids are unique; left out, host and path of the address.
    pub authority: Option<String>,
    /// What its posts are: `post`, `comment`, `review`, `message` or `mail`.
    pub kind: String,
    /// Where in the answer the list stands, as a JSON Pointer; empty if the answer is the list.
    pub list: String,
    /// Where in each item what stands.
    pub fields: FieldsConfig,
    /// How times are written.
    pub time: TimeFormat,
    /// Whether texts are HTML.
    pub html: bool,
    /// How further pages are asked for; left out, there is one.
    pub paging: Option<PagingConfig>,
    /// How to ask only for what is new; left out, everything is asked for.
    pub since: Option<SinceConfig>,
    /// How old an item may be on the first look, in days; what is older is passed over.
    pub first_days: i64,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            url: String::new(),
            method: Method::Get,
            body: None,
            headers: Vec::new(),
            expires: None,
            every_seconds: 60,
            calls_per_minute: 30,
            allow_private: false,
            platform: "http".to_owned(),
            authority: None,
            kind: "post".to_owned(),
            list: String::new(),
            fields: FieldsConfig::default(),
            time: TimeFormat::Rfc3339,
            html: false,
            paging: None,
            since: None,
            first_days: 7,
        }
    }
}

/// How an address is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Method {
    /// `GET`.
    #[default]
    #[serde(rename = "GET")]
    Get,
    /// `POST`.
    #[serde(rename = "POST")]
    Post,
}

/// How times are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeFormat {
    /// As RFC 3339 has it, such as 2026-11-24T09:30:00Z.
    #[default]
    Rfc3339,
    /// Seconds since 1970.
    EpochS,
    /// Milliseconds since 1970.
    EpochMs,
}

/// One of `source.http.headers`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeaderConfig {
    /// Its name.
    pub name: String,
    /// Its value.
    #[serde(default)]
    pub value: Option<SecretString>,
    /// A file that holds the value.
    #[serde(default)]
    pub value_file: Option<PathBuf>,
}

/// `source.http.fields`: JSON Pointers into an item; one that is left out is not read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FieldsConfig {
    /// The id of the post; needed.
    pub id: Option<String>,
    /// The id of its author; needed, if there is neither handle nor name.
    pub author_id: Option<String>,
    /// The handle of its author.
    pub author_handle: Option<String>,
    /// The name of its author.
    pub author_name: Option<String>,
    /// The words; needed.
    pub text: Option<String>,
    /// When it was posted; needed.
    pub created_at: Option<String>,
    /// When it was edited.
    pub edited_at: Option<String>,
    /// Where people can read it.
    pub url: Option<String>,
    /// The id of its conversation.
    pub conversation: Option<String>,
    /// The id of the post that it answers.
    pub in_reply_to: Option<String>,
    /// Its language.
    pub lang: Option<String>,
    /// Whether only we can read it.
    pub private: Option<String>,
    /// Whether one of ours wrote it.
    pub own: Option<String>,
    /// Whether its author deleted it.
    pub deleted: Option<String>,
    /// Its files: a list of addresses, or of objects with `url`, `name`, `type`, `bytes`, `alt`.
    pub attachments: Option<String>,
}

impl FieldsConfig {
    /// All that are given, by name.
    pub fn given(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("id", &self.id),
            ("author_id", &self.author_id),
            ("author_handle", &self.author_handle),
            ("author_name", &self.author_name),
            ("text", &self.text),
            ("created_at", &self.created_at),
            ("edited_at", &self.edited_at),
            ("url", &self.url),
            ("conversation", &self.conversation),
            ("in_reply_to", &self.in_reply_to),
            ("lang", &self.lang),
            ("private", &self.private),
            ("own", &self.own),
            ("deleted", &self.deleted),
            ("attachments", &self.attachments),
        ];
        all.into_iter().filter_map(|(name, pointer)| Some((name, pointer.as_deref()?))).collect()
    }
}

/// `source.http.paging`: exactly one of `cursor`, `next`, `page`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PagingConfig {
    /// Where in the answer the word for the next page stands, as a JSON Pointer.
    pub cursor: Option<String>,
    /// Where in the answer the address of the next page stands, as a JSON Pointer.
    pub next: Option<String>,
    /// The query parameter that takes the number of a page.
    pub page: Option<String>,
    /// The query parameter that takes the word for the next page.
    pub parameter: String,
    /// The number of the first page.
    pub first: u32,
    /// Most pages of one look.
    pub pages_max: u32,
    /// Whether the list begins with what is newest, or with what is oldest.
    pub order: Order,
}

impl Default for PagingConfig {
    fn default() -> Self {
        Self {
            cursor: None,
            next: None,
            page: None,
            parameter: "cursor".to_owned(),
            first: 1,
            pages_max: 10,
            order: Order::NewestFirst,
        }
    }
}

impl PagingConfig {
    /// The ways there are.
    pub const WAYS: [&'static str; 3] = ["cursor", "next", "page"];

    /// How many ways are given; it must be one.
    pub fn ways(&self) -> usize {
        [&self.cursor, &self.next, &self.page].into_iter().filter(|w| w.is_some()).count()
    }
}

/// In which order a list stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// What is newest first: every look begins at the front.
    #[default]
    NewestFirst,
    /// What is oldest first: every look goes on where the last one ended.
    OldestFirst,
}

/// `source.http.since`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SinceConfig {
    /// The query parameter.
    pub parameter: String,
    /// How the time is written; left out, as in the items.
    pub time: Option<TimeFormat>,
    /// How far before the newest item to ask, in seconds.
    pub overlap_seconds: i64,
}

impl Default for SinceConfig {
    fn default() -> Self {
        Self { parameter: "since".to_owned(), time: None, overlap_seconds: 300 }
    }
}

/// Whether a text is a JSON Pointer (RFC 6901).
pub fn is_pointer(text: &str) -> bool {
    let escapes = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    escapes && (text.is_empty() || text.starts_with('/'))
}

/// Whether a header may be set by the settings: those that belong to the connection may not.
pub fn is_free_header(name: &str) -> bool {
    const TAKEN: [&str; 9] = [
        "host",
        "content-length",
        "content-type",
        "transfer-encoding",
        "connection",
        "upgrade",
        "te",
        "trailer",
        "accept-encoding",
    ];
    http::HeaderName::from_bytes(name.as_bytes()).is_ok()
        && !TAKEN.contains(&name.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_are_told_from_other_texts() {
        for good in ["", "/", "/a", "/a/0/b", "/a~1b/~0"] {
            assert!(is_pointer(good), "{good}");
        }
        for bad in ["a", "$.a", "a/b", "/a~", "/a~2b", " /a"] {
            assert!(!is_pointer(bad), "{bad}");
        }
    }

    #[test]
    fn headers_of_the_connection_are_not_ours() {
        assert!(is_free_header("Authorization") && is_free_header("X-Api-Key"));
        assert!(!is_free_header("Host") && !is_free_header("a b") && !is_free_header(""));
    }
}

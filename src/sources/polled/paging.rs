//! Which page comes next, and how it is asked for.

use super::config::{HttpConfig, Order, PagingConfig, SinceConfig, TimeFormat};
use super::mapping::kind_of;
use crate::domain::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

/// Longest word or address of a next page.
const WORD_BYTES_MAX: usize = 4_096;

/// A page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum At {
    /// By a word that the server gave.
    Word(String),
    /// By an address that the server gave.
    Address(String),
    /// By its number.
    Number(u32),
}

/// How the pages of a list are asked for.
#[derive(Clone, Debug)]
pub struct Pages {
    paging: Option<PagingConfig>,
    since: Option<SinceConfig>,
    time: TimeFormat,
}

impl Pages {
    /// After the settings.
    pub fn new(config: &HttpConfig) -> Result<Self, String> {
        if config.paging.as_ref().is_some_and(|p| p.ways() != 1) {
            return Err(format!("http.paging: wanted is exactly one of {}", PagingConfig::WAYS.join(", ")));
        }
        Ok(Self { paging: config.paging.clone(), since: config.since.clone(), time: config.time })
    }

    /// Whether looks go on where the last one ended.
    pub fn is_forward(&self) -> bool {
        self.paging.as_ref().is_some_and(|p| p.order == Order::OldestFirst)
    }

    /// Most pages of one look.
    pub fn most(&self) -> u32 {
        self.paging.as_ref().map_or(1, |p| p.pages_max.max(1))
    }

    /// The address of a page; `newest` is the time from which on it is asked for.
    pub fn address(&self, base: &Url, at: Option<&At>, newest: Option<Timestamp>) -> Url {
        if let Some(At::Address(address)) = at
            && let Ok(url) = Url::parse(address)
        {
            return url;
        }
        let mut url = base.clone();
        if let (Some(since), Some(newest)) = (&self.since, newest) {
            let from = newest.minus(Span::seconds(since.overlap_seconds.max(0))).max(Timestamp(0));
            let text = match since.time.unwrap_or(self.time) {
                TimeFormat::Rfc3339 => from.rfc3339(),
                TimeFormat::EpochS => (from.millis() / 1_000).to_string(),
                TimeFormat::EpochMs => from.millis().to_string(),
            };
            set(&mut url, &since.parameter, &text);
        }
        let Some(paging) = &self.paging else { return url };
        match (at, &paging.page) {
            (Some(At::Word(word)), _) => set(&mut url, &paging.parameter, word),
            (Some(At::Number(number)), Some(parameter)) => set(&mut url, parameter, &number.to_string()),
            (None, Some(parameter)) => set(&mut url, parameter, &paging.first.to_string()),
            _ => {}
        }
        url
    }

    /// The page behind an answer, if there is one.
    pub fn following(
        &self,
        base: &Url,
        at: Option<&At>,
        answer: &Value,
        items: usize,
    ) -> Result<Option<At>, String> {
        let Some(paging) = &self.paging else { return Ok(None) };
        let next = match (&paging.cursor, &paging.next, &paging.page) {
            (Some(pointer), _, _) => word(answer, pointer, "paging.cursor")?.map(At::Word),
            (_, Some(pointer), _) => match word(answer, pointer, "paging.next")? {
                Some(text) => Some(At::Address(same_host(base, &text, pointer)?)),
                None => None,
            },
            (_, _, Some(_)) => {
                let number = match at {
                    Some(At::Number(number)) => *number,
                    _ => paging.first,
                };
                (items > 0).then(|| At::Number(number.saturating_add(1)))
            }
            _ => None,
        };
        // An empty page ends a look, and so does one that leads to itself.
        Ok(next.filter(|next| items > 0 && Some(next) != at))
    }
}

fn set(url: &mut Url, name: &str, value: &str) {
    let others: Vec<(String, String)> =
        url.query_pairs().filter(|(n, _)| n != name).map(|(n, v)| (n.into_owned(), v.into_owned())).collect();
    url.query_pairs_mut().clear().extend_pairs(others).append_pair(name, value);
}

/// The word at a pointer; nothing, `null`, `false` and an empty text mean that there is none.
fn word(answer: &Value, pointer: &str, field: &str) -> Result<Option<String>, String> {
    match answer.pointer(pointer) {
        None | Some(Value::Null | Value::Bool(false)) => Ok(None),
        Some(Value::String(text)) if text.len() > WORD_BYTES_MAX => {
            Err(format!("{field} '{pointer}': too long"))
        }
        Some(Value::String(text)) => Ok(Some(text.clone()).filter(|t| !t.is_empty())),
        Some(Value::Number(n)) => Ok(Some(n.to_string())),
        Some(other) => Err(format!("{field} '{pointer}': {}; wanted is a text or a number", kind_of(other))),
    }
}

/// An address that leads nowhere else: headers may hold secrets.
fn same_host(base: &Url, text: &str, pointer: &str) -> Result<String, String> {
    let url = base.join(text).map_err(|_| format!("paging.next '{pointer}': no web address"))?;
    if url.origin() == base.origin() && url.username().is_empty() && url.password().is_none() {
        Ok(url.into())
    } else {
        Err(format!("paging.next '{pointer}': it leads to another host, which is not asked"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pages(value: Value) -> (Pages, Url) {
        let config: HttpConfig = serde_json::from_value(value).unwrap();
        let url = Url::parse("https://a.example/list?q=acme&page=9").unwrap();
        (Pages::new(&config).unwrap(), url)
    }

    #[test]
    fn each_way_asks_for_the_next_page() {
        let (by_word, url) = pages(json!({"paging": {"cursor": "/meta/next", "parameter": "after"}}));
        let next = by_word.following(&url, None, &json!({"meta": {"next": "x y"}}), 3).unwrap();
        assert_eq!(next, Some(At::Word("x y".into())));
        assert_eq!(by_word.address(&url, next.as_ref(), None).query(), Some("q=acme&page=9&after=x+y"));
        assert_eq!(
            by_word.following(&url, next.as_ref(), &json!({"meta": {"next": "x y"}}), 3).unwrap(),
            None
        );
        assert_eq!(by_word.following(&url, None, &json!({"meta": {"next": null}}), 3).unwrap(), None);
        assert!(
            by_word
                .following(&url, None, &json!({"meta": {"next": {}}}), 3)
                .unwrap_err()
                .contains("/meta/next")
        );

        let (by_link, url) = pages(json!({"paging": {"next": "/next"}}));
        let next = by_link.following(&url, None, &json!({"next": "/list?p=2"}), 3).unwrap();
        assert_eq!(by_link.address(&url, next.as_ref(), None).as_str(), "https://a.example/list?p=2");
        let elsewhere = by_link.following(&url, None, &json!({"next": "https://b.example/"}), 3);
        assert!(elsewhere.unwrap_err().contains("another host"));

        let (by_number, url) = pages(json!({"paging": {"page": "page", "first": 0}}));
        assert_eq!(by_number.address(&url, None, None).query(), Some("q=acme&page=0"));
        let next = by_number.following(&url, None, &json!([]), 3).unwrap();
        assert_eq!(by_number.address(&url, next.as_ref(), None).query(), Some("q=acme&page=1"));
        assert_eq!(by_number.following(&url, next.as_ref(), &json!([]), 0).unwrap(), None);
    }

    #[test]
    fn only_what_is_new_is_asked_for() {
        let (pages, url) =
            pages(json!({"since": {"parameter": "from", "time": "epoch_s", "overlap_seconds": 60}}));
        assert_eq!(
            pages.address(&url, None, Some(Timestamp(1_000_000))).query(),
            Some("q=acme&page=9&from=940")
        );
        assert_eq!(pages.address(&url, None, None).query(), Some("q=acme&page=9"));
    }

    #[test]
    fn one_way_only() {
        let config: HttpConfig =
            serde_json::from_value(json!({"paging": {"cursor": "/a", "page": "p"}})).unwrap();
        assert!(Pages::new(&config).is_err());
    }
}

//! Where a server says that a list goes on: the `Link` header of a page (RFC 8288).
//!
//! Some servers give ids that do not rise with time; they alone know what stands beside a page. Only the id in an address
//! is used, never the address: who asks, and whom, is not theirs to say.

use http::HeaderMap;
use http::header::LINK;

/// Longest id that is believed.
const ID_MAX: usize = 200;

/// What stands beside a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edges {
    /// The `min_id` under which what is newer begins.
    pub newer: Option<String>,
    /// The `max_id` under which what is older begins.
    pub older: Option<String>,
}

impl Edges {
    /// Reads them from an answer.
    pub fn read(headers: &HeaderMap) -> Self {
        let mut edges = Self::default();
        for text in headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok()) {
            let mut rest = text;
            while let Some((address, behind)) = rest.split_once('<').and_then(|(_, r)| r.split_once('>')) {
                let (words, next) = behind.split_at(behind.find('<').unwrap_or(behind.len()));
                edges.note(address, words);
                rest = next;
            }
        }
        edges
    }

    fn note(&mut self, address: &str, words: &str) {
        let mut words = words.split([';', ',']).map(str::trim);
        let rel = words.find_map(|word| word.strip_prefix("rel=")).map(|rel| rel.trim_matches('"'));
        let (edge, key) = match rel {
            Some("prev") => (&mut self.newer, "min_id"),
            Some("next") => (&mut self.older, "max_id"),
            _ => return,
        };
        let query = address.split_once('?').map_or("", |(_, query)| query);
        let found = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == key);
        *edge = found.map(|(_, id)| id.into_owned()).filter(|id| !id.is_empty() && id.len() <= ID_MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Option<String>, Option<String>) {
        let edges = Edges::read(&HeaderMap::from_iter([(LINK, text.parse().unwrap())]));
        (edges.newer, edges.older)
    }

    #[test]
    fn both_edges_are_read_and_what_is_none_is_left_out() {
        let both = "<https://a.example/api/v1/notifications?limit=80&max_id=b-1>; rel=\"next\", \
                    <https://a.example/api/v1/notifications?types[]=a,b&min_id=a%2F9>; rel=\"prev\"";
        assert_eq!(read(both), (Some("a/9".to_owned()), Some("b-1".to_owned())));
        let only = "<https://a.example/x?max_id=7>; title=\"older\"; rel=next";
        assert_eq!(read(only), (None, Some("7".to_owned())));
        for none in [
            "<https://a.example/x?since_id=7>; rel=\"prev\"",
            "<https://a.example/x?min_id=>; rel=\"prev\"",
            "<https://a.example/x?min_id=7>; rel=\"last\"",
            "<https://a.example/x?min_id=7",
            "",
        ] {
            assert_eq!(read(none), (None, None), "{none}");
        }
    }
}

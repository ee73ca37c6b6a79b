//! Pages of lists: a cursor names the last row of the page before by what orders the list, so that what comes meanwhile
//! moves no other row to another page, and nothing is read to get there.

use super::problem::{Kind, Problem};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Most rows of a brand that are put in order where the database does not list them in it.
pub const KEPT_MAX: i64 = 10_000;
/// Longest cursor that is read.
const CURSOR_BYTES_MAX: usize = 1_024;

/// Which page.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PageQuery {
    /// Where the page begins: `next` of the page before.
    pub cursor: Option<String>,
}

/// That a cursor is none of this list: also one of a version that counted rows.
pub fn no_cursor() -> Problem {
    let what = "take it as it came, with the same question";
    Problem::new(Kind::Request, format!("cursor: {what}")).by("cursor", what)
}

/// By what the row is ordered behind which the page begins that is asked for; nothing without a cursor.
pub fn key<K: DeserializeOwned>(cursor: Option<&str>) -> Result<Option<K>, Problem> {
    let Some(text) = cursor else { return Ok(None) };
    let bytes =
        Some(text).filter(|t| t.len() <= CURSOR_BYTES_MAX).and_then(|t| URL_SAFE_NO_PAD.decode(t).ok());
    // No text of a database holds U+0000.
    let clean = bytes.filter(|bytes| !bytes.windows(6).any(|six| six == b"\\u0000"));
    clean.and_then(|bytes| serde_json::from_slice(&bytes).ok()).map(Some).ok_or_else(no_cursor)
}

/// The first of what stands behind a row, and the cursor of the next page; `all` holds one more than a page where there
/// is one.
pub fn keyed<T, K: Serialize>(
    mut all: Vec<T>,
    size: usize,
    of: impl Fn(&T) -> K,
) -> (Vec<T>, Option<String>) {
    let more = all.len() > size;
    all.truncate(size);
    let last = all.last().filter(|_| more);
    let next = last.and_then(|row| serde_json::to_vec(&of(row)).ok()).map(|key| URL_SAFE_NO_PAD.encode(key));
    (all, next)
}

/// The parts of a list from the one on in which the page begins, where parts stand one behind another, such as brands.
pub fn from_part<P>(mut parts: Vec<P>, at: Option<&str>, id: impl Fn(&P) -> &str) -> Result<Vec<P>, Problem> {
    let Some(at) = at else { return Ok(parts) };
    let place = parts.iter().position(|part| id(part) == at).ok_or_else(no_cursor)?;
    Ok(parts.split_off(place))
}

/// A row of a list that is kept the latest first: its instant and its id.
pub type Place = (i64, String);

/// Behind which row the page begins that is asked for; without a cursor behind none. What is added meanwhile moves no
/// other row to another page.
pub fn place(cursor: Option<&str>) -> Result<Place, Problem> {
    let Some(text) = cursor else { return Ok((i64::MAX, String::new())) };
    let is_id =
        |id: &str| (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let read = text.split_once('.').filter(|(_, id)| is_id(id));
    read.and_then(|(at, id)| Some((at.parse().ok()?, id.to_owned()))).ok_or_else(no_cursor)
}

/// The first of what stands behind a place, and the cursor of the next page; `all` holds one more than a page where
/// there is one.
pub fn behind<T>(mut all: Vec<T>, size: usize, at: impl Fn(&T) -> Place) -> (Vec<T>, Option<String>) {
    let more = all.len() > size;
    all.truncate(size);
    let next = all.last().filter(|_| more).map(&at).map(|(at, id)| format!("{at}.{id}"));
    (all, next)
}

/// How many rows tell a page and whether there is a next one.
pub fn one_more(size: usize) -> i64 {
    i64::try_from(size.saturating_add(1)).unwrap_or(i64::MAX)
}

/// How many rows of the next brand are still to be read of those that are wanted, where brands stand one behind another
/// in the list.
pub fn rest(wanted: i64, found: usize) -> i64 {
    wanted.saturating_sub(i64::try_from(found).unwrap_or(i64::MAX)).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_one_another_and_end_whatever_is_added_or_taken_away() {
        let mut all: Vec<(String, i64)> =
            (0..45).map(|n| (if n < 20 { "a" } else { "b.c/é" }.to_owned(), n)).collect();
        let (mut seen, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let from: Option<(String, i64)> = key(cursor.as_deref()).unwrap();
            all.sort();
            let rest = all.iter().filter(|row| from.as_ref().is_none_or(|from| *row > from)).take(11);
            let (page, next) = keyed(rest.cloned().collect(), 10, Clone::clone);
            seen.extend(page);
            cursor = next;
            if cursor.is_none() {
                break;
            }
            // Meanwhile one comes in front, and one that was told goes.
            all.insert(0, ("a".to_owned(), -(seen.len() as i64)));
            all.retain(|row| row.1 != 3);
        }
        assert_eq!(seen.iter().map(|row| row.1).collect::<Vec<_>>(), (0..45).collect::<Vec<_>>());
        assert_eq!(keyed(vec![1, 2], 2, |n| *n), (vec![1, 2], None));
        assert_eq!((rest(201, 0), rest(201, 200), rest(201, 500)), (201, 1, 0));
        assert_eq!((one_more(200), one_more(usize::MAX)), (201, i64::MAX));
    }

    #[test]
    fn what_is_no_cursor_of_the_list_is_refused() {
        let of = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let cursor = keyed(vec![("a".to_owned(), 1_i64), ("b".to_owned(), 2)], 1, Clone::clone).1.unwrap();
        assert_eq!(key(Some(&cursor)).ok(), Some(Some(("a".to_owned(), 1_i64))));
        for bad in
            ["", "x", "-1", "200", "4000000000", &of("200"), &of("[\"a\\u0000\",1]"), &of(&" ".repeat(2_000))]
        {
            assert!(key::<(String, i64)>(Some(bad)).is_err(), "{bad}");
        }
        assert!(key::<(i64, String)>(Some(&cursor)).is_err(), "of another list");
        let parts = vec!["x".to_owned(), "y".to_owned(), "z".to_owned()];
        let from = |at: Option<&str>| from_part(parts.clone(), at, |p| p);
        assert_eq!(from(None).unwrap(), parts);
        assert_eq!(from(Some("y")).unwrap(), ["y", "z"]);
        assert!(from(Some("behind a wall")).is_err());
    }

    #[test]
    fn pages_behind_a_row_go_on_to_the_end_whatever_is_added() {
        let mut all: Vec<Place> = (0..45).map(|n| (n / 2, format!("q_{n:02}"))).collect();
        let (mut seen, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let from = place(cursor.as_deref()).unwrap();
            all.sort_by(|a, b| b.cmp(a));
            let rest: Vec<Place> = all.iter().filter(|row| **row < from).take(21).cloned().collect();
            let (page, next) = behind(rest, 20, Clone::clone);
            seen.extend(page);
            cursor = next;
            // Somebody adds one meanwhile.
            all.push((1000, format!("q_{}", 100 + seen.len())));
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen.len(), 45);
        assert!(seen.windows(2).all(|pair| pair[0] > pair[1]), "each once, in order");
        for bad in ["x", "1", "1.", "x.q_1", "1.q'1", ".q"] {
            assert!(place(Some(bad)).is_err(), "{bad}");
        }
    }
}

//! Pages of lists that are put in order here: a cursor says how many stand before it.

use super::problem::{Kind, Problem};
use schemars::JsonSchema;
use serde::Deserialize;

/// Most rows of a brand that are put in order where the database does not list them in it.
pub const KEPT_MAX: i64 = 10_000;
/// Behind how many rows a page begins at most: what stands before it is read to get there.
pub const SKIPPED_MAX: usize = 20_000;

/// Which page.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PageQuery {
    /// Where the page begins: `next` of the page before.
    pub cursor: Option<String>,
}

/// How many stand before the page that is asked for.
pub fn skip(cursor: Option<&str>) -> Result<usize, Problem> {
    skip_within(cursor, SKIPPED_MAX)
}

/// The same where rows are so small that more of them may be skipped.
pub fn skip_within(cursor: Option<&str>, most: usize) -> Result<usize, Problem> {
    match cursor.map(str::parse::<u32>) {
        None => Ok(0),
        Some(Ok(skip)) if skip as usize <= most => Ok(skip as usize),
        Some(Ok(_)) => Err(too_far(most)),
        Some(Err(_)) => Err(no_cursor()),
    }
}

fn no_cursor() -> Problem {
    let what = "take it as it came";
    Problem::new(Kind::Request, format!("cursor: {what}")).by("cursor", what)
}

fn too_far(most: usize) -> Problem {
    let what = format!("a page begins behind at most {most} rows");
    Problem::new(Kind::Request, format!("cursor: {what}")).by("cursor", what)
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

/// How many rows of each brand tell the page behind `skip` and whether there is a next one, where each brand's rows are
/// read in the order in which they are listed.
pub fn wanted(skip: usize, size: usize) -> i64 {
    i64::try_from(skip.saturating_add(size).saturating_add(1)).unwrap_or(i64::MAX)
}

/// How many rows of the next brand are still to be read of those that are wanted, where brands stand one behind another
/// in the list.
pub fn rest(wanted: i64, found: usize) -> i64 {
    wanted.saturating_sub(i64::try_from(found).unwrap_or(i64::MAX)).max(0)
}

/// The page behind `skip`, and the cursor of the next one.
pub fn cut<T>(all: Vec<T>, skip: usize, size: usize) -> (Vec<T>, Option<String>) {
    let next = (all.len() > skip.saturating_add(size)).then(|| (skip + size).to_string());
    (all.into_iter().skip(skip).take(size).collect(), next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_one_another_and_end() {
        let (mut seen, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let (page, next) = cut((0..45).collect::<Vec<_>>(), skip(cursor.as_deref()).unwrap(), 20);
            seen.extend(page);
            cursor = next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, (0..45).collect::<Vec<_>>());
        assert_eq!(cut(vec![1, 2], 2, 2), (Vec::new(), None));
        assert!(skip(Some("x")).is_err() && skip(Some("-1")).is_err());
        assert_eq!(skip(Some(&SKIPPED_MAX.to_string())).ok(), Some(SKIPPED_MAX));
        assert!(skip(Some("4000000000")).is_err(), "nobody makes us read a whole list to skip it");
        assert_eq!((rest(201, 0), rest(201, 200), rest(201, 500)), (201, 1, 0));
        assert_eq!(cut(vec![1], usize::MAX, 2), (Vec::new(), None));
        assert_eq!((wanted(0, 200), wanted(400, 200), wanted(usize::MAX, 200)), (201, 601, i64::MAX));
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

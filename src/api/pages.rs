//! Pages of lists that are put in order here: a cursor says how many stand before it.

use super::problem::{Kind, Problem};
use schemars::JsonSchema;
use serde::Deserialize;

/// Most rows of a brand that are put in order.
pub const KEPT_MAX: i64 = 10_000;

/// Which page.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PageQuery {
    /// Where the page begins: `next` of the page before.
    pub cursor: Option<String>,
}

/// How many stand before the page that is asked for.
pub fn skip(cursor: Option<&str>) -> Result<usize, Problem> {
    match cursor.map(str::parse::<u32>) {
        None => Ok(0),
        Some(Ok(skip)) => Ok(skip as usize),
        Some(Err(_)) => {
            let what = "take it as it came";
            Err(Problem::new(Kind::Request, format!("cursor: {what}")).by("cursor", what))
        }
    }
}

/// How many rows of one list suffice for a page of several lists put together, and for telling whether another follows.
pub fn enough(skip: usize, size: usize) -> i64 {
    i64::try_from(skip.saturating_add(size).saturating_add(1)).unwrap_or(KEPT_MAX).min(KEPT_MAX)
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
        assert_eq!(cut(vec![1], usize::MAX, 2), (Vec::new(), None));
        assert_eq!((enough(0, 20), enough(20, 20), enough(usize::MAX, 20)), (21, 41, KEPT_MAX));
    }
}

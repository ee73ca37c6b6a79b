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

/// How many rows of each brand tell the page behind `skip` and whether there is a next one, where each brand's rows are
/// read in the order in which they are listed.
pub fn wanted(skip: usize, size: usize) -> i64 {
    i64::try_from(skip.saturating_add(size).saturating_add(1)).map_or(KEPT_MAX, |n| n.min(KEPT_MAX))
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
        assert_eq!((wanted(0, 200), wanted(400, 200), wanted(usize::MAX, 200)), (201, 601, KEPT_MAX));
    }
}

//! The capture rate: of what came in, how much was seen in its turn, and how much only a second reading of its
//! source found. It stands beside the answers on time, for who never sees a post is never late.

use super::Ask;
use crate::store::watch::{self, CaptureRow};
use crate::store::{StoreError, Tx};
use serde::Serialize;

/// The title of the figures.
pub const TITLE: &str = "Capture rate";

/// How much of what one source brought was seen in its turn.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Captured {
    /// The source.
    pub source: String,
    /// Mentions of the period.
    pub mentions: i64,
    /// Of these, how many the looks had passed over and a second reading found.
    pub found_late: i64,
    /// Those seen in their turn of all, rounded down to a tenth; none where nothing reads the source a second
    /// time, or nothing came.
    pub rate_percent: Option<f64>,
}

/// The capture rate of each source that brought something in the period.
pub async fn of(tx: &mut Tx, asked: &Ask) -> Result<Vec<Captured>, StoreError> {
    let rows = watch::capture(tx, &asked.brands, asked.from, asked.to).await?;
    Ok(rows.into_iter().map(captured).collect())
}

fn captured(row: CaptureRow) -> Captured {
    let known = row.swept == 1 && row.mentions > 0;
    // Down, so that 99.96 never reads as all of them.
    let rate = ((row.mentions - row.late) * 1000 / row.mentions.max(1)) as f64 / 10.0;
    Captured {
        source: row.source,
        mentions: row.mentions,
        found_late: row.late,
        rate_percent: known.then_some(rate),
    }
}

/// One line a source.
pub fn lines(captured: &[Captured]) -> Vec<String> {
    let line = |c: &Captured| match c.rate_percent {
        Some(rate) => format!(
            "{}: {rate:.1} % seen in their turn; {} of {} found by reading a second time",
            c.source, c.found_late, c.mentions
        ),
        None => format!("{}: not measured, nothing reads it a second time; {} posts", c.source, c.mentions),
    };
    captured.iter().map(line).collect()
}

/// All sources that are read a second time in one line, if any is.
pub fn headline(captured: &[Captured]) -> Option<String> {
    let measured = captured.iter().filter(|c| c.rate_percent.is_some());
    let (all, late) = measured.fold((0, 0), |(all, late), c| (all + c.mentions, late + c.found_late));
    let rate = ((all - late) * 1000).checked_div(all)? as f64 / 10.0;
    Some(format!("seen in their turn: {rate:.1} %, {late} of {all} posts found late"))
}

/// Rows of CSV with their heads.
pub fn csv_rows(captured: &[Captured]) -> Vec<[String; 5]> {
    let head = ["row", "source", "mentions", "found_late", "rate_percent"].map(str::to_owned);
    let row = |c: &Captured| {
        let rate = c.rate_percent.map_or(String::new(), |r| format!("{r:.1}"));
        ["capture".to_owned(), c.source.clone(), c.mentions.to_string(), c.found_late.to_string(), rate]
    };
    std::iter::once(head).chain(captured.iter().map(row)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(source: &str, mentions: i64, late: i64, swept: i64) -> Captured {
        captured(CaptureRow { source: source.into(), mentions, late, swept })
    }

    #[test]
    fn a_miss_in_many_is_never_rounded_away() {
        let captured = [row("a", 10_000, 1, 1), row("b", 5, 0, 0)];
        assert_eq!(captured[0].rate_percent, Some(99.9));
        assert_eq!(captured[1].rate_percent, None, "nobody looks: nobody knows");
        assert!(lines(&captured)[1].contains("not measured"));
        assert_eq!(headline(&captured).unwrap(), "seen in their turn: 99.9 %, 1 of 10000 posts found late");
        assert_eq!(headline(&captured[1..]), None);
    }
}

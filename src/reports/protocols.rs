//! Protocols in reports: how many came up, were begun and declined, and how long it took until somebody was told and took it.

use super::words::Words;
use crate::domain::time::Timestamp;
use crate::store::protocol as store;
use crate::store::{StoreError, Tx};
use serde::Serialize;

/// How the protocols of one kind went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Protocols {
    /// `self_harm`, `threat`, `legal`, `press`, `troll`.
    pub kind: String,
    /// How many came up in the period: proposed, or begun by people.
    pub came_up: i64,
    /// Of these, begun.
    pub started: i64,
    /// Of these, declined.
    pub declined: i64,
    /// Median from when it came up until somebody had been told, in milliseconds; none where nobody was.
    pub told_median_ms: Option<i64>,
    /// Median until whom it is for took it.
    pub taken_median_ms: Option<i64>,
}

impl Protocols {
    /// In one line.
    pub fn line(&self, w: &Words) -> String {
        format!(
            "{} {}: {} {}, {} {}, {} {}; {} {}, {} {} ({})",
            w.protocol,
            w.protocol_kind(&self.kind),
            self.came_up,
            w.came_up,
            self.started,
            w.were_begun,
            self.declined,
            w.declined,
            w.told_after,
            Words::span(self.told_median_ms),
            w.taken_after,
            Words::span(self.taken_median_ms),
            w.median
        )
    }
}

fn median(mut all: Vec<i64>) -> Option<i64> {
    all.sort_unstable();
    all.get(all.len().checked_sub(1)? / 2).copied()
}

/// The protocols that came up in a span; an empty list of brands means all.
pub async fn figures(
    tx: &mut Tx,
    brands: &[String],
    span: (Timestamp, Timestamp),
) -> Result<Vec<Protocols>, StoreError> {
    let counts = store::counts(tx, brands, span).await?;
    if counts.is_empty() {
        return Ok(Vec::new());
    }
    let times = store::times(tx, brands, span).await?;
    let one = |c: store::CountRow| {
        let own = || times.iter().filter(|t| t.0 == c.kind);
        Protocols {
            came_up: c.all_of_them,
            started: c.started,
            declined: c.declined,
            told_median_ms: median(own().filter_map(|t| t.1).collect()),
            taken_median_ms: median(own().filter_map(|t| t.2).collect()),
            kind: c.kind,
        }
    };
    Ok(counts.into_iter().map(one).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_the_middle_and_nothing_has_none() {
        assert_eq!(median(vec![9, 1, 5]), Some(5));
        assert_eq!(median(vec![4, 2]), Some(2));
        assert_eq!(median(Vec::new()), None);
        let some = Protocols { kind: "self_harm".into(), came_up: 1, ..Protocols::default() };
        let (en, nl) = (some.line(Words::of("en")), some.line(Words::of("nl")));
        assert_eq!(
            en,
            "Protocol self harm: 1 came up, 0 begun, 0 declined; told after –, taken after – (median)"
        );
        assert!(nl.starts_with("Protocol zelfbeschadiging: 1 voorgesteld, 0 begonnen"), "{nl}");
    }
}
